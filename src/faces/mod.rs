//! What users touch: command line, API, demo, conformance, replay, configuration.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod conform;
pub mod day;
pub mod demo;
pub mod query;
pub mod record;
pub mod replay;
pub mod serve;
pub mod telling;
pub mod unknown;
