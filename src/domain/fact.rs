//! The facts: everything that can happen, append-only, released kinds never change.
//! Never how they are stored (`store::facts`) or folded (`store::view`).

use super::amount::Amount;
use super::currency::Currency;
use super::entry::{Booking, Digest, Direction, Evidence, Mark, Return, UnmatchedClass};
use super::payout::Payout;
use super::row::{CancelStage, Channel, Hold, Key, Subject};
use super::status::StatusNews;
use super::unknown::{Decision, Escalation, Proof};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// What led to a fact: with it any history can be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A request to our API, by its idempotency key or generated id.
    Request(String),
    /// A record of a document: digest and part number.
    Document(Digest, u32),
    /// The end of a call of ours: message id and attempt.
    Call(String, u32),
    /// Time passed.
    Timer,
}

/// A fact with its circumstances, as it is appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The `now` that the decision was told.
    pub at: DateTime<Utc>,
    /// Whose.
    pub tenant: String,
    /// Who: the client's or operator's name, the bank's id, or `gateway`.
    pub actor: String,
    /// What led to it.
    pub cause: Cause,
    /// What happened.
    pub fact: Fact,
}

/// A block as it is frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenBlock {
    /// Key that the block's row gets.
    pub key: Key,
    /// `PmtInf/PmtInfId`.
    pub payment_information_id: String,
    /// Debited account.
    pub debtor_account_ref: String,
    /// Currency of all members.
    pub currency: Currency,
    /// Execution date of all members.
    pub execution_date: NaiveDate,
    /// Exact sum.
    pub sum: Decimal,
    /// Payout keys in the order in which they stand in the message.
    pub members: Vec<Key>,
}

/// A message as it is frozen: nothing of it is ever made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenMessage {
    /// Key that the message's row gets.
    pub key: Key,
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// Bank id in the configuration.
    pub bank: String,
    /// Message definition, like `pain.001.001.09`.
    pub definition: String,
    /// Digest of the octets.
    pub document: Digest,
    /// Digest of the profile's octets it was made under.
    pub profile: Digest,
    /// Number of transactions.
    pub count: u64,
    /// Sum without regard to currency.
    pub sum: Decimal,
    /// Its blocks.
    pub blocks: Vec<FrozenBlock>,
}

/// A request for cancellation as it is frozen: one message about one payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenCancellation {
    /// Key that the message's row gets.
    pub key: Key,
    /// Payout that it is about.
    pub payout: Key,
    /// `Assgnmt/Id`, derived from the payout: there is one request per payout.
    pub message_id: String,
    /// Bank id in the configuration.
    pub bank: String,
    /// Message definition, like `camt.055.001.08`.
    pub definition: String,
    /// Digest of the octets.
    pub document: Digest,
    /// Digest of the profile's octets it was made under.
    pub profile: Digest,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The bank confirmed receipt in an authenticated answer that matches.
    Received {
        /// The bank's reference.
        bank_reference: Option<String>,
        /// The answer's octets.
        reply: Digest,
    },
    /// Refused before processing, as the profile says such answers mean.
    Refused {
        /// HTTP status.
        status: u16,
        /// Reason code or text of the answer, bounded.
        reason: String,
        /// The answer's octets.
        reply: Digest,
    },
    /// No byte of this request left.
    NotSent {
        /// Why.
        cause: String,
    },
    /// After the first byte, or an answer that proves nothing.
    Unknown {
        /// Why.
        cause: String,
        /// Request octets handed to the connection.
        bytes_left: u64,
        /// The answer's octets, if any came.
        reply: Option<Digest>,
    },
}

/// What an inquiry told about a message whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InquiryEnd {
    /// The bank has it.
    Found,
    /// The bank says that it does not have it (which proves nothing by itself).
    NotFound,
    /// No usable answer.
    Failed {
        /// Why.
        cause: String,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A payout was accepted.
    PayoutRecorded {
        /// Key that its row gets.
        key: Key,
        /// The payout.
        payout: Box<Payout>,
        /// Waits for a person from the start.
        held: Option<Hold>,
        /// For the search of suspected duplicates.
        likeness: u64,
        /// Hash of the whole instruction.
        content: u64,
        /// Key of the payout it replaces.
        replaces: Option<Key>,
    },
    /// An operator or a rule holds it.
    PayoutHeld {
        /// Which.
        key: Key,
        /// Why.
        hold: Hold,
    },
    /// An operator released it.
    PayoutReleased {
        /// Which.
        key: Key,
    },
    /// Cancelled here; nothing had left.
    PayoutCancelled {
        /// Which.
        key: Key,
        /// Reason given.
        reason: String,
    },
    /// The client wants it cancelled, but it may be at the bank, which takes no requests by message.
    CancelRequested {
        /// Which.
        key: Key,
        /// Reason given.
        reason: String,
    },
    /// The client wants it cancelled; it may be at the bank, which will be asked.
    CancellationWanted {
        /// Which.
        key: Key,
        /// Reason given.
        reason: String,
    },
    /// The request to the bank exists.
    CancellationFrozen(Box<FrozenCancellation>),
    /// The payout had its end before the request was written: the bank is not asked.
    CancellationNeedless {
        /// Which.
        key: Key,
    },
    /// The bank answered a request for cancellation (camt.029).
    CancellationAnswered {
        /// Payout.
        key: Key,
        /// The message that asked, if it was ours.
        request: Option<Key>,
        /// What the answer amounts to.
        stage: CancelStage,
        /// What the bank said.
        news: StatusNews,
        /// Where.
        evidence: Evidence,
    },
    /// An API request was answered; the same key replays the answer.
    RequestAnswered {
        /// Idempotency key with its route.
        request: String,
        /// Digest of the request's body.
        body: Digest,
        /// HTTP status of the answer.
        status: u16,
        /// Digest of the answer's body, stored as a document.
        answer: Digest,
    },
    /// Octets, ids and digest exist.
    MessageFrozen(Box<FrozenMessage>),
    /// Nothing of it had left; its members are batched anew.
    MessageDissolved {
        /// Which.
        key: Key,
        /// Why.
        reason: String,
    },
    /// An attempt opens. Durable before the first byte leaves.
    StepStarted {
        /// Message.
        key: Key,
        /// Step of the profile.
        step: String,
        /// Number of the attempt, from 1.
        attempt: u32,
        /// Epoch of the sender.
        epoch: i64,
        /// Digest of the frozen octets.
        document: Digest,
        /// Digest of the request's head (method, path, headers with signatures).
        head: Digest,
        /// A re-send of the identical octets after an unknown outcome.
        resend: bool,
    },
    /// The send journal names an attempt that a restored store does not hold: its outcome is unknown.
    AttemptWitnessed {
        /// Message.
        key: Key,
        /// Number of the attempt.
        attempt: u32,
        /// Epoch of the sender.
        epoch: i64,
        /// Digest of the frozen octets, as the journal has it.
        document: Digest,
        /// When there is something to do next.
        due_at: Option<DateTime<Utc>>,
    },
    /// The attempt ended.
    StepEnded {
        /// Message.
        key: Key,
        /// Step of the profile.
        step: String,
        /// Number of the attempt.
        attempt: u32,
        /// How.
        end: AttemptEnd,
        /// When there is something to do next.
        due_at: Option<DateTime<Utc>>,
    },
    /// An inquiry by our own ids ended.
    InquiryEnded {
        /// Message.
        key: Key,
        /// What it told.
        end: InquiryEnd,
        /// When there is something to do next.
        due_at: Option<DateTime<Utc>>,
    },
    /// The bank called a message a duplicate: something with our identity is there. Refuses nothing by itself.
    DuplicateSeen {
        /// Message.
        key: Key,
        /// HTTP status or reason code that said so.
        code: String,
        /// Where, if a document said so.
        evidence: Option<Evidence>,
        /// When there is something to do next, if that changes.
        due_at: Option<DateTime<Utc>>,
    },
    /// Nothing is to be done about an unknown outcome before a time, or at all until news comes.
    UnknownWaits {
        /// Message.
        key: Key,
        /// When there is something to do next.
        due_at: Option<DateTime<Utc>>,
    },
    /// The gateway cannot resolve an unknown outcome by itself: people decide.
    UnknownEscalated {
        /// Message.
        key: Key,
        /// Why.
        reason: Escalation,
        /// When there is something to do next all the same.
        due_at: Option<DateTime<Utc>>,
    },
    /// News of the bank proves that it has a message whose outcome was unknown.
    UnknownResolved {
        /// Message.
        key: Key,
        /// What kind of news.
        by: Proof,
    },
    /// One person proposes what becomes of a message whose outcome stays unknown.
    DecisionProposed {
        /// Message.
        key: Key,
        /// What.
        decision: Decision,
        /// Why.
        reason: String,
    },
    /// Another person confirms the proposal.
    DecisionConfirmed {
        /// Message.
        key: Key,
        /// What.
        decision: Decision,
        /// Who had proposed it.
        proposed_by: String,
        /// Why the second person agrees.
        reason: String,
    },
    /// A bank document was received and is durable.
    DocumentReceived {
        /// Key that its row gets.
        key: Key,
        /// SHA-256 of the octets.
        digest: Digest,
        /// Bank id.
        bank: String,
        /// How it came.
        channel: Channel,
        /// The sender was proved.
        authenticated: bool,
        /// Size in octets.
        size: u64,
        /// Why it is not authenticated, or what the signature said.
        note: String,
    },
    /// A part of a document was applied.
    DocumentRead {
        /// Document row.
        key: Key,
        /// Part number, from 0.
        part: u32,
        /// Records in this part.
        records: u32,
        /// The bank's message id, once known.
        message_id: Option<String>,
        /// Nothing is left to read.
        finished: bool,
    },
    /// The bank said something about a whole message.
    MessageStatus {
        /// Message.
        key: Key,
        /// What.
        news: StatusNews,
        /// Where.
        evidence: Evidence,
    },
    /// The bank said something about a block.
    BlockStatus {
        /// Block.
        key: Key,
        /// What.
        news: StatusNews,
        /// Where.
        evidence: Evidence,
    },
    /// The bank said something about one payout.
    PayoutStatus {
        /// Payout.
        key: Key,
        /// What.
        news: StatusNews,
        /// The bank's own references that the report carries.
        bank_references: Vec<String>,
        /// Where.
        evidence: Evidence,
    },
    /// A relayed pacs.002 said something about one interbank attempt: evidence, never the customer's status.
    InterbankStatus {
        /// Payout.
        key: Key,
        /// What.
        news: StatusNews,
        /// The bank's own references that the report carries.
        bank_references: Vec<String>,
        /// Where.
        evidence: Evidence,
    },
    /// A debit of this payout is booked (or seen again in another report).
    EntryBooked {
        /// Payout.
        key: Key,
        /// The account, by its name in the configuration.
        account_ref: String,
        /// The payee's side of the ledger: where it went.
        counter_account: String,
        /// On whose behalf.
        on_behalf_of: Option<String>,
        /// The booking.
        booking: Box<Booking>,
        /// Further references of the bank that the entry carries.
        bank_references: Vec<String>,
        /// Kind of report.
        mark: Mark,
    },
    /// A collective debit without details equals all members of a block.
    BlockBooked {
        /// Block.
        key: Key,
        /// The account.
        account_ref: String,
        /// The booking.
        booking: Box<Booking>,
        /// Kind of report.
        mark: Mark,
    },
    /// A credit brings the money of a payout back.
    EntryReturned {
        /// Payout.
        key: Key,
        /// The account.
        account_ref: String,
        /// The return.
        returned: Box<Return>,
    },
    /// An entry belongs to no payout.
    EntryUnmatched {
        /// Key that its row gets (or has).
        key: Key,
        /// Identity across reports.
        identity: String,
        /// The account.
        account_ref: String,
        /// Why.
        class: UnmatchedClass,
        /// Debit or credit.
        direction: Direction,
        /// Exact amount.
        amount: Decimal,
        /// Its currency.
        currency: Currency,
        /// Ledger date.
        booking_date: Option<NaiveDate>,
        /// Transaction code as text.
        transaction_code: Option<String>,
        /// The bank's id.
        account_servicer_reference: Option<String>,
        /// Kind of report.
        mark: Mark,
        /// Where.
        evidence: Evidence,
    },
    /// A statement or report of one of our accounts was read.
    StatementRead {
        /// Key that its row gets.
        key: Key,
        /// Identity of the statement.
        identity: String,
        /// The account.
        account_ref: String,
        /// The bank's id.
        id: String,
        /// `camt.053` and so on.
        kind: String,
        /// Sequence number as text.
        sequence: Option<String>,
        /// Day it closes.
        date: Option<NaiveDate>,
        /// Opening booked balance, signed.
        opening: Option<Decimal>,
        /// Closing booked balance, signed.
        closing: Option<Decimal>,
        /// Currency of the balances.
        currency: Option<Currency>,
        /// Sum of booked entries, signed.
        movement: Decimal,
        /// The document.
        document: Digest,
    },
    /// A person has to look at something.
    ExceptionRaised {
        /// Key that its row gets.
        key: Key,
        /// What it is about.
        subject: Subject,
        /// Stable code.
        code: String,
        /// In words, with ids, without names or accounts.
        text: String,
        /// What says so.
        evidence: Option<Evidence>,
    },
    /// A person let a restored gateway send again, after the audit of its send journal.
    GateOpened {
        /// Reason given.
        reason: String,
        /// Attempts that the audit re-created as unknown.
        witnessed: u64,
        /// Messages that the journal names and the restored store does not hold.
        missing: u64,
        /// Payouts that were held, because they may stand in one of those messages.
        held: u64,
    },
    /// The place in a bank's list of reports moved on.
    CollectedUpTo {
        /// Bank id.
        bank: String,
        /// The bank's cursor.
        cursor: String,
    },
}

impl Fact {
    /// The row whose history the fact belongs to.
    pub fn subject(&self) -> Subject {
        match self {
            Fact::PayoutRecorded { key, .. }
            | Fact::PayoutHeld { key, .. }
            | Fact::PayoutReleased { key }
            | Fact::PayoutCancelled { key, .. }
            | Fact::CancelRequested { key, .. }
            | Fact::CancellationWanted { key, .. }
            | Fact::CancellationNeedless { key }
            | Fact::CancellationAnswered { key, .. }
            | Fact::PayoutStatus { key, .. }
            | Fact::InterbankStatus { key, .. }
            | Fact::EntryBooked { key, .. }
            | Fact::EntryReturned { key, .. } => Subject::Payout(*key),
            Fact::MessageFrozen(message) => Subject::Message(message.key),
            Fact::CancellationFrozen(request) => Subject::Message(request.key),
            Fact::MessageDissolved { key, .. }
            | Fact::StepStarted { key, .. }
            | Fact::AttemptWitnessed { key, .. }
            | Fact::StepEnded { key, .. }
            | Fact::InquiryEnded { key, .. }
            | Fact::DuplicateSeen { key, .. }
            | Fact::UnknownWaits { key, .. }
            | Fact::UnknownEscalated { key, .. }
            | Fact::UnknownResolved { key, .. }
            | Fact::DecisionProposed { key, .. }
            | Fact::DecisionConfirmed { key, .. }
            | Fact::MessageStatus { key, .. } => Subject::Message(*key),
            Fact::BlockStatus { key, .. } | Fact::BlockBooked { key, .. } => Subject::Block(*key),
            Fact::DocumentReceived { key, .. } | Fact::DocumentRead { key, .. } => Subject::Document(*key),
            Fact::EntryUnmatched { key, .. } => Subject::Entry(*key),
            Fact::ExceptionRaised { subject, .. } => *subject,
            Fact::StatementRead { .. }
            | Fact::CollectedUpTo { .. }
            | Fact::GateOpened { .. }
            | Fact::RequestAnswered { .. } => Subject::Gateway,
        }
    }

    /// The money that moved, for ledgers folded from the facts.
    pub fn money(&self) -> Option<&Amount> {
        match self {
            Fact::EntryBooked { booking, .. } | Fact::BlockBooked { booking, .. } => Some(&booking.amount),
            Fact::EntryReturned { returned, .. } => Some(&returned.amount),
            _ => None,
        }
    }
}
