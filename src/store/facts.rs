//! Facts as octets: compact JSON, one object per fact. A released (kind, version) is read for ever
//! and never changed; another content is another version. Never what follows from a fact.
//!
//! `{"kind":"payout_held","v":1,"at":1700000000000000,"tenant":"acme","subject":"payout:12","actor":"alice","cause":{"timer":true},"body":{…}}`:
//! `at` in microseconds since 1970 UTC, decimals and dates as text, digests as hex.

mod cancellation;
pub(in crate::store) mod json;
mod read;
mod read_money;
mod read_payout;
mod read_unknown;
pub(in crate::store) mod read_value;
mod write;
mod write_payout;

use crate::domain::fact::{Fact, Recorded};
use crate::domain::payout::Payout;
use crate::domain::row::Subject;
use thiserror::Error;

/// Every kind of fact with the version that is written. Reading knows all versions ever released.
pub const FACT_KINDS: &[(&str, u32)] = &[
    ("payout_recorded", 1),
    ("payout_held", 1),
    ("payout_released", 1),
    ("payout_cancelled", 1),
    ("cancel_requested", 1),
    ("request_answered", 1),
    ("message_frozen", 1),
    ("message_dissolved", 1),
    ("step_started", 1),
    ("step_ended", 1),
    ("inquiry_ended", 1),
    ("duplicate_seen", 1),
    ("unknown_waits", 1),
    ("unknown_escalated", 1),
    ("unknown_resolved", 1),
    ("decision_proposed", 1),
    ("decision_confirmed", 1),
    ("document_received", 1),
    ("document_read", 1),
    ("message_status", 1),
    ("block_status", 1),
    ("payout_status", 1),
    ("interbank_status", 1),
    ("entry_booked", 1),
    ("block_booked", 1),
    ("entry_returned", 1),
    ("entry_unmatched", 1),
    ("statement_read", 1),
    ("exception_raised", 1),
    ("collected_up_to", 1),
    ("attempt_witnessed", 1),
    ("gate_opened", 1),
    ("cancellation_wanted", 1),
    ("cancellation_frozen", 1),
    ("cancellation_needless", 1),
    ("cancellation_answered", 1),
];

/// Why octets are not a fact we know. Somebody changed the store, or a newer program wrote it: the operator must act.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FactError {
    /// Not the JSON object that it should be.
    #[error("not a fact: {cause} at octet {octet}")]
    Shape {
        /// What the JSON reader says, without the text read.
        cause: String,
        /// Place within the fact, from 1; 0 if unknown.
        octet: usize,
    },
    /// A (kind, version) that this program does not know.
    #[error("kind {kind} version {version} is unknown to this program")]
    UnknownKind {
        /// The kind.
        kind: String,
        /// The version.
        version: u32,
    },
    /// A member that does not hold what its name promises. Values are never shown: they may be personal.
    #[error("member {member} holds no valid value")]
    Member {
        /// Name of the member.
        member: &'static str,
    },
}

impl FactError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            FactError::Shape { .. } => "store.fact_shape",
            FactError::UnknownKind { .. } => "store.fact_kind",
            FactError::Member { .. } => "store.fact_member",
        }
    }
}

/// Appends the octets of a fact to `out`.
pub fn encode(recorded: &Recorded, out: &mut Vec<u8>) {
    write::recorded(recorded, out);
}

/// The fact that the octets hold.
pub fn decode(octets: &[u8]) -> Result<Recorded, FactError> {
    read::recorded(octets)
}

/// The payout that a `payout_recorded` fact holds.
pub fn decode_payout(octets: &[u8]) -> Result<Payout, FactError> {
    match decode(octets)?.fact {
        Fact::PayoutRecorded { payout, .. } => Ok(*payout),
        _ => Err(FactError::Member { member: "kind" }),
    }
}

/// A subject as text, like `payout:12`.
pub fn subject_text(subject: Subject) -> String {
    let (kind, key) = subject_parts(subject);
    let name = SUBJECT_NAMES.get(usize::from(kind)).copied().unwrap_or_default();
    if subject == Subject::Gateway { name.to_owned() } else { format!("{name}:{key}") }
}

/// The subject of a text like `payout:12`.
pub fn parse_subject(text: &str) -> Option<Subject> {
    if text == "gateway" {
        return Some(Subject::Gateway);
    }
    let (name, key) = text.split_once(':')?;
    let kind = SUBJECT_NAMES.iter().position(|known| *known == name)?;
    subject_of(u8::try_from(kind).ok()?, key.parse().ok()?)
}

/// Names of subjects by their number in the store. The numbers are stored: append only.
const SUBJECT_NAMES: &[&str] = &["gateway", "payout", "message", "block", "document", "entry"];

/// A subject as the store indexes it: number of its kind, and key.
pub fn subject_parts(subject: Subject) -> (u8, i64) {
    match subject {
        Subject::Gateway => (0, 0),
        Subject::Payout(key) => (1, key),
        Subject::Message(key) => (2, key),
        Subject::Block(key) => (3, key),
        Subject::Document(key) => (4, key),
        Subject::Entry(key) => (5, key),
    }
}

/// The subject of a stored number and key.
pub fn subject_of(kind: u8, key: i64) -> Option<Subject> {
    Some(match kind {
        0 => Subject::Gateway,
        1 => Subject::Payout(key),
        2 => Subject::Message(key),
        3 => Subject::Block(key),
        4 => Subject::Document(key),
        5 => Subject::Entry(key),
        _ => return None,
    })
}
