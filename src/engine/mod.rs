//! Decides what happens to payouts. Rules are pure; only the runtime touches the world.
//! The straight line: receive, decide, append, apply, act.

pub mod action;
pub mod answer;
pub mod batching;
pub mod book;
pub mod cancellation;
pub mod convert;
pub mod decide;
pub mod demonstration;
pub mod ingest;
pub mod input;
pub mod intake;
pub mod outgoing;
pub mod reconcile;
pub mod reissue;
pub mod report;
pub mod routing;
pub mod runtime;
pub mod turn;
pub mod unknown;
