//! Girogate: an ISO 20022 bank-connectivity gateway. This file is the map of the house.
//!
//! Floors, from the ground; imports point down, never up (`tests/house.rs` holds the table):
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`domain`]; and [`planted`], errors on purpose that only tests switch on |
//! | 1 | [`schema`], [`messages`], [`rules`] |
//! | 2 | [`signing`], [`store`], [`net`] |
//! | 3 | [`bank`] |
//! | 4 | [`engine`] |
//! | 5 | [`faces`]; and [`sandbox`], the bank across the street |
//!
//! One payout goes down: intake, routing, batching, pain.001, signature, delivery. One report
//! comes up: inbox, reader, reconcile, facts, views. Both walk the same five steps:
//! receive, decide, append, apply, act.

pub mod bank;
pub mod domain;
pub mod engine;
pub mod faces;
pub mod messages;
pub mod net;
pub mod planted;
pub mod rules;
pub mod sandbox;
pub mod schema;
pub mod signing;
pub mod store;
