//! XML itself: our scanner and our canonical form against libxml2, quick-xml and the W3C conformance suite.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

mod corpus;
mod differential;
mod events;
mod generate;
mod lxml;
#[path = "../schema/random.rs"]
mod random;
mod trickle;
mod w3c;
