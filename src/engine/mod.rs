//! Decides what happens to payouts. Rules are pure; only the runtime touches the world.

pub mod action;
pub mod batching;
pub mod convert;
pub mod decide;
pub mod demonstration;
pub mod ingest;
pub mod input;
pub mod intake;
pub mod outgoing;
pub mod reconcile;
pub mod routing;
pub mod runtime;
pub mod unknown;
