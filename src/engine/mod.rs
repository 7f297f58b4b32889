//! Decides what happens to payouts. Rules are pure; only the runtime touches the world.

pub mod action;
pub mod batching;
pub mod decide;
pub mod ingest;
pub mod input;
pub mod intake;
pub mod reconcile;
pub mod routing;
pub mod runtime;
pub mod unknown;
