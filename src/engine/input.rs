//! What reaches the loop: one enum, each input with its circumstances. Everything costly (parsing,
//! hashing, signing, writing XML) happened before an input was made of it.

use crate::bank::delivery::Oddity;
use crate::domain::entry::Digest;
use crate::domain::fact::{AttemptEnd, Cause, InquiryEnd};
use crate::domain::payout::Payout;
use crate::domain::reference::{EndToEndId, PayoutToken};
use crate::domain::row::{Channel, Key};
use crate::domain::unknown::Decision;
use crate::engine::ingest::Item;
use crate::engine::intake::finding::Severity;
use crate::engine::unknown::Seen;
use crate::store::documents::NewDocument;
use crate::store::send_journal::JournalLine;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::sync::Arc;

/// An input with its circumstances.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The time that the decision is told.
    pub at: DateTime<Utc>,
    /// Whose.
    pub tenant: String,
    /// Who: client, operator, bank, or `gateway`.
    pub actor: String,
    /// What led to it.
    pub cause: Cause,
    /// The input.
    pub input: Input,
}

/// What can reach the loop.
#[derive(Clone, Debug)]
pub enum Input {
    /// Payouts that a client asks for.
    Submit(Arc<Submit>),
    /// Somebody acts on a payout.
    Operate(Operation),
    /// A message was written, checked and hashed.
    Frozen(Arc<Draft>),
    /// A request for cancellation was written, checked and hashed.
    CancellationWritten(Box<CancellationDraft>),
    /// A request is signed and could leave.
    SendReady(SendReady),
    /// A delivery ended.
    Delivered(Delivered),
    /// An inquiry ended.
    Inquired(Inquired),
    /// Something is due for a message of unknown outcome.
    Due(Due),
    /// A person says what is to become of a message whose outcome stays unknown.
    Judged(Arc<Judgement>),
    /// A bank document arrived.
    Arrived(Arrived),
    /// Part of a document was read.
    Part(Arc<Part>),
    /// The place in a bank's list of reports moved on.
    Collected {
        /// Bank id.
        bank: String,
        /// The bank's cursor.
        cursor: String,
    },
    /// The send journal names an attempt that a restored store does not hold.
    Witnessed(Witnessed),
    /// A person opens the gate of a restored store.
    GateOpening(GateOpening),
    /// A person has to look at something that happened outside a decision.
    Alarm {
        /// Stable code.
        code: &'static str,
        /// In words, with ids only.
        text: String,
    },
}

/// Whether one bad item refuses all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Good items go on.
    PerItem,
    /// One bad item refuses all.
    Atomic,
}

/// Whether a request is about one payout or about many: decides the shape of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    One,
    /// `{"payouts": […]}`.
    Many,
}

/// A request for payouts, checked as far as that needs no store.
#[derive(Clone, Debug)]
pub struct Submit {
    /// Idempotency key with its route; `None` where the caller gave none.
    pub request: Option<String>,
    /// Digest of the request's body.
    pub body: Digest,
    /// One payout or many.
    pub shape: Shape,
    /// Whether one bad item refuses all.
    pub mode: Mode,
    /// How far back a like payout is a suspected duplicate, in days.
    pub duplicate_window_days: i64,
    /// The items in their order.
    pub items: Vec<Asked>,
}

/// One item of a request.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Passed the checks.
    Good(Box<Candidate>),
    /// Refused by the checks; never stored.
    Refused {
        /// As the client gave it, if it was readable.
        external_id: Option<String>,
        /// Why, all at once.
        problems: Vec<Problem>,
    },
}

/// A payout that passed the checks.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The payout as it would be recorded.
    pub payout: Payout,
    /// Taken where the end-to-end id is not the client's own and is already used on the account.
    pub end_to_end_fallback: Option<EndToEndId>,
    /// Token of the payout it replaces.
    pub replaces: Option<PayoutToken>,
    /// For the search of suspected duplicates.
    pub likeness: u64,
    /// Hash of the whole instruction.
    pub content: u64,
    /// What was changed or moved; goes back to the client.
    pub warnings: Vec<Problem>,
}

/// One thing that is wrong with, or was changed in, an instruction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// JSON pointer within the instruction, like `/creditor_account/iban`.
    pub pointer: String,
    /// Stable code, like `iban.checksum`.
    pub code: String,
    /// Whether it stops the payout.
    pub severity: Severity,
    /// In words, for the client.
    pub message: String,
    /// What would be, or was, taken instead.
    pub proposal: Option<String>,
}

/// What somebody does to a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The payout.
    pub token: PayoutToken,
    /// What is done.
    pub act: Act,
    /// Reason given.
    pub reason: String,
}

/// An act on a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Stop it, or ask the bank to.
    Cancel,
    /// Keep it from being sent.
    Hold,
    /// Let it go on.
    Release,
}

/// A message as it was written: would be frozen if its members are still free.
#[derive(Clone, Debug)]
pub struct Draft {
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// Bank id.
    pub bank: String,
    /// Message definition.
    pub definition: String,
    /// Digest of the profile's octets.
    pub profile: Digest,
    /// The octets that are signed, sent and stored.
    pub document: NewDocument,
    /// Number of transactions.
    pub count: u64,
    /// Sum without regard to currency.
    pub sum: Decimal,
    /// Its blocks.
    pub blocks: Vec<DraftBlock>,
}

/// A block of a draft.
#[derive(Clone, Debug)]
pub struct DraftBlock {
    /// `PmtInf/PmtInfId`.
    pub payment_information_id: String,
    /// Account by its name in the configuration.
    pub debtor_account_ref: String,
    /// Currency of all members.
    pub currency: crate::domain::currency::Currency,
    /// Execution date of all members.
    pub execution_date: chrono::NaiveDate,
    /// Exact sum.
    pub sum: Decimal,
    /// Payout keys in the order in which they stand.
    pub members: Vec<Key>,
}

/// A request for cancellation as it was written: would be frozen if it is still wanted.
#[derive(Clone, Debug)]
pub struct CancellationDraft {
    /// Payout that it is about.
    pub payout: Key,
    /// `Assgnmt/Id`.
    pub message_id: String,
    /// Bank id.
    pub bank: String,
    /// Message definition.
    pub definition: String,
    /// Digest of the profile's octets.
    pub profile: Digest,
    /// The octets that are signed, sent and stored.
    pub document: NewDocument,
}

/// A signed request that could leave.
#[derive(Clone, Debug)]
pub struct SendReady {
    /// Message.
    pub message: Key,
    /// Step of the profile.
    pub step: String,
    /// Epoch of this process.
    pub epoch: i64,
    /// The head of the request: method, path, headers with signatures.
    pub head: NewDocument,
    /// After an unknown outcome, as the profile allows.
    pub resend: bool,
}

/// An attempt that only the send journal remembers.
#[derive(Clone, Debug)]
pub struct Witnessed {
    /// Message.
    pub message: Key,
    /// The line.
    pub line: JournalLine,
    /// When there is something to do next.
    pub due_at: Option<DateTime<Utc>>,
}

/// A person's word that a restored store may send again.
#[derive(Clone, Debug)]
pub struct GateOpening {
    /// Reason given.
    pub reason: String,
    /// Attempts re-created as unknown.
    pub witnessed: u64,
    /// Messages that are missing.
    pub missing: u64,
    /// Payouts that were held.
    pub held: u64,
}

/// A delivery that ended.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Message.
    pub message: Key,
    /// Step of the profile.
    pub step: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// How.
    pub end: AttemptEnd,
    /// The exchange: request head, reply head and reply body, as evidence.
    pub documents: Vec<NewDocument>,
    /// A reply that is itself a report, to be read like any other.
    pub report: Option<Arrived>,
    /// What was odd about the answer.
    pub oddity: Option<Oddity>,
    /// When there is something to do next, where the ladder of unknown outcomes does not say.
    pub due_at: Option<DateTime<Utc>>,
}

/// What a person says about a message whose outcome stays unknown. Who says it is the envelope's actor.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// What.
    pub decision: Decision,
    /// Why.
    pub reason: String,
    /// Where it was never sent: each payout by its key, with what would replace it.
    pub replacements: Vec<(Key, Payout)>,
}

/// A message of unknown outcome for which something is due.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Message.
    pub message: Key,
    /// What statements show; statuses and bookings are seen in the rows.
    pub seen: Seen,
}

/// An inquiry that ended.
#[derive(Clone, Debug)]
pub struct Inquired {
    /// Message.
    pub message: Key,
    /// What it told.
    pub end: InquiryEnd,
    /// The reply, as evidence; read like any other report if it is one.
    pub report: Option<Arrived>,
}

/// A bank document that arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Bank id.
    pub bank: String,
    /// How it came.
    pub channel: Channel,
    /// The octets.
    pub document: NewDocument,
    /// The sender was proved.
    pub authenticated: bool,
    /// What the signature said.
    pub note: String,
}

/// Part of a document, as read.
#[derive(Clone, Debug)]
pub struct Part {
    /// Document row.
    pub document: Key,
    /// Digest of the document.
    pub digest: Digest,
    /// Bank id.
    pub bank: String,
    /// Part number, from 0.
    pub part: u32,
    /// Nothing is left to read.
    pub finished: bool,
    /// The bank's message id, once known.
    pub message_id: Option<String>,
    /// What was read.
    pub items: Vec<Item>,
}
