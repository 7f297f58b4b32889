//! Payout instructions from outside: read (CSV, JSON, NDJSON), checked all at once, routed, and made into payouts.
//! Never whether the store knows them already (`decide`), never how they are sent.

pub mod check;
pub mod columns;
pub mod csv;
pub mod draft;
pub mod finding;
pub mod fit;
pub mod ids;
pub mod json;
pub mod parts;
pub mod payouts;
mod subset;
