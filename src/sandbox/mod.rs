//! A bank across the street: its own process, its own double-entry ledger, no decision code shared with the gateway.

pub mod behaviour;
pub mod config;
pub mod ledger;
pub mod reports;
pub mod scenarios;
pub mod server;
