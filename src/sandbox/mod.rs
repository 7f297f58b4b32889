//! A bank across the street: its own process, its own double-entry ledger, no decision code shared with the gateway.
//!
//! An order comes in at the `server`, is judged by `envelope` and `intake`, becomes a line of the `journal`
//! and a `plan`; the `office` does the plan's steps, `postings` and `reports` make what they say, `callbacks`
//! bring it home. `books` is what follows from the journal.

pub mod bank;
pub mod behaviour;
pub mod books;
pub mod callbacks;
pub mod cancellations;
pub mod config;
pub mod desk;
pub mod duplicates;
pub mod envelope;
pub mod intake;
pub mod journal;
pub mod ledger;
pub mod office;
pub mod order;
pub mod plan;
pub mod postings;
pub mod problem;
pub mod proxy;
pub mod record;
mod repertoire;
pub mod reports;
pub mod resolutions;
pub mod scenarios;
pub mod server;
pub mod visits;
mod waits;
