//! A message whose outcome nobody knows: what was learned about it, why it waits for people and what
//! they decided. Never what to do next: that is `engine::unknown`.

use chrono::{DateTime, Utc};

/// What the last inquiry told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The bank has it.
    Found,
    /// The bank does not know it (which proves nothing by itself).
    NotFound,
    /// No usable answer.
    Failed,
}

/// Every answer with its stable name.
pub const TOLD_NAMES: &[(Told, &str)] =
    &[(Told::Found, "found"), (Told::NotFound, "not_found"), (Told::Failed, "failed")];

impl Told {
    /// The stable name.
    pub fn name(self) -> &'static str {
        TOLD_NAMES.iter().find(|(told, _)| *told == self).map_or("", |(_, name)| name)
    }

    /// The answer of that name.
    pub fn parse(name: &str) -> Option<Told> {
        TOLD_NAMES.iter().find(|(_, known)| *known == name).map(|(told, _)| *told)
    }
}

/// Why a message waits for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escalation {
    /// The bank answers no inquiries and nothing came.
    NoInquiry,
    /// The bank was asked and gave no usable answer.
    NoAnswer,
    /// The bank says that it does not know it, and the identical octets may not be sent again.
    NotFound,
    /// The bank called it a duplicate, and no answer says of what.
    DuplicateUnexplained,
    /// A final, complete statement without gaps shows no debit of it.
    ProvenNotBooked,
}

/// Every reason with its stable name and what it says to a person.
pub const ESCALATIONS: &[(Escalation, &str, &str)] = &[
    (Escalation::NoInquiry, "no_inquiry", "the bank answers no inquiries, and nothing came from it"),
    (Escalation::NoAnswer, "no_answer", "the bank was asked and gave no usable answer"),
    (
        Escalation::NotFound,
        "not_found",
        "the bank says that it does not know the message, which proves nothing by itself",
    ),
    (
        Escalation::DuplicateUnexplained,
        "duplicate_unexplained",
        "the bank called the message a duplicate, and no answer says of what",
    ),
    (
        Escalation::ProvenNotBooked,
        "proven_not_booked",
        "proven not booked: a final statement without gaps shows no debit of it",
    ),
];

impl Escalation {
    /// The stable name.
    pub fn name(self) -> &'static str {
        ESCALATIONS.iter().find(|(reason, ..)| *reason == self).map_or("", |(_, name, _)| name)
    }

    /// What it says to a person.
    pub fn words(self) -> &'static str {
        ESCALATIONS.iter().find(|(reason, ..)| *reason == self).map_or("", |(.., words)| words)
    }

    /// The reason of that name.
    pub fn parse(name: &str) -> Option<Escalation> {
        ESCALATIONS.iter().find(|(_, known, _)| *known == name).map(|(reason, ..)| *reason)
    }
}

/// What two people can decide about a message whose outcome stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It counts as received by the bank; later news is taken as ever.
    TreatAsSent,
    /// It is proven not sent: its payouts end as cancelled and are issued anew as linked payouts.
    NotSent,
}

/// Every decision with its stable name.
pub const DECISION_NAMES: &[(Decision, &str)] =
    &[(Decision::TreatAsSent, "sent"), (Decision::NotSent, "not-sent")];

impl Decision {
    /// The stable name.
    pub fn name(self) -> &'static str {
        DECISION_NAMES.iter().find(|(decision, _)| *decision == self).map_or("", |(_, name)| name)
    }

    /// The decision of that name.
    pub fn parse(name: &str) -> Option<Decision> {
        DECISION_NAMES.iter().find(|(_, known)| *known == name).map(|(decision, _)| *decision)
    }
}

/// What showed that the bank has a message whose outcome was unknown, where no answer of the bank to a
/// call of ours did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The bank said something about it, its blocks or its payouts.
    Status,
    /// The account shows it.
    Booking,
}

/// Every proof with its stable name.
pub const PROOF_NAMES: &[(Proof, &str)] = &[(Proof::Status, "status"), (Proof::Booking, "booking")];

impl Proof {
    /// The stable name.
    pub fn name(self) -> &'static str {
        PROOF_NAMES.iter().find(|(proof, _)| *proof == self).map_or("", |(_, name)| name)
    }

    /// The proof of that name.
    pub fn parse(name: &str) -> Option<Proof> {
        PROOF_NAMES.iter().find(|(_, known)| *known == name).map(|(proof, _)| *proof)
    }
}

/// What one person proposed; another one has to confirm it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What.
    pub decision: Decision,
    /// Who: the name of the client certificate.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// What is known about a message whose outcome is or was unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownRow {
    /// Since when the outcome is unknown.
    pub since: Option<DateTime<Utc>>,
    /// When the bank was last asked.
    pub inquired_at: Option<DateTime<Utc>>,
    /// What it told then.
    pub told: Option<Told>,
    /// When the bank first called it a duplicate.
    pub duplicate_at: Option<DateTime<Utc>>,
    /// Why it waits for people.
    pub escalation: Option<Escalation>,
    /// Since when it does.
    pub escalated_at: Option<DateTime<Utc>>,
    /// What one person proposed.
    pub proposal: Option<Proposal>,
    /// What two people decided.
    pub decision: Option<Decision>,
}
