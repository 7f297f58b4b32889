//! States that must be reached over a run, or the run has not tested them. One table.

use std::collections::BTreeMap;

/// Counters by name.
pub type Reached = BTreeMap<&'static str, u64>;

/// Everything that a full run must have reached at least once.
pub const REQUIRED: &[&str] = &[
    "unknown resolved by inquiry",
    "unknown resolved by statement",
    "unknown resolved by notification",
    "unknown resolved by callback status",
    "unknown waits for people",
    "unknown resolved after people were asked",
    "two people: not sent, issued anew",
    "unknown: bank called it a duplicate",
    "resend accepted",
    "resend recognised by the bank",
    "not sent, sent again",
    "message refused before processing",
    "callback before the reply",
    "callback repeated",
    "callback unproved, kept, not applied",
    "partly rejected message with a late return",
    "return",
    "rejected",
    "rejected message",
    "status went back",
    "rejected after settlement",
    "debit after rejection",
    "second debit raised",
    "collective debit",
    "booked without a status",
    "duplicate called in a report",
    "crash at after_recorded",
    "crash at after_frozen",
    "crash at after_prepared",
    "crash at after_step_started",
    "crash at after_delivered",
    "crash at after_step_ended",
    "crash at after_arrived",
    "crash at after_part",
    "crash between events",
    "crash with an open attempt",
    "commit unknown, was durable",
    "commit unknown, was not durable",
    "commit conflict",
    "request processed, no reply",
    "request cut amid",
    "request arrived after the sender gave up",
    "reply about another message",
    "reply unproved",
    "reply is a page",
    "inquiry: not found though the bank has it",
    "client: same key, same answer",
    "client: parallel requests, one payout",
    "client: same key, other body refused",
    "cancelled here",
    "cancelled from a batch",
    "cancel asked of the bank",
    "cancel came too late",
    "held and released",
    "clock jumped",
];

/// What a run should have reached and did not.
pub fn missing(reached: &Reached) -> Vec<&'static str> {
    REQUIRED.iter().filter(|name| reached.get(*name).copied().unwrap_or(0) == 0).copied().collect()
}
