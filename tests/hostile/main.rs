//! Hostile and broken input: every case has its expected words at every door, and no case takes more than its bound.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

mod bounds;
mod cases;
mod doors;
mod memory;
#[path = "../schema/oracle.rs"]
mod oracle;
mod values;
