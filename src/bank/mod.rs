//! A bank is a profile: how its calls are made, signed, answered and polled. No store, no engine.

pub mod answers;
pub mod delivery;
pub mod inbox;
pub mod link;
pub mod profile;
