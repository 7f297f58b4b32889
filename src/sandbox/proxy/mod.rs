//! A line that breaks: a proxy between a client and the bank which passes TLS through unread and, by
//! script and seed, delays, cuts, drips or swaps what it carries. Never the content of a message.

pub mod line;
pub mod player;
pub mod records;
pub mod run;
pub mod script;
