//! The rows of the views: what follows from the facts, one struct per table.
//! Written by `store::view::apply` alone.

use super::account::{Account, Bic};
use super::amount::Amount;
use super::currency::Currency;
use super::entry::{Booking, Digest, Direction, Evidence, Mark, Return, UnmatchedClass};
use super::payout::Rail;
use super::reference::PayoutToken;
use super::status::StatusNews;
use super::unknown::UnknownRow;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// Rising integer of a table, never shown.
pub type Key = i64;

/// Why a payout waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Same creditor account, amount, currency and debtor within the window: `external_id` of the earlier one.
    SuspectedDuplicate(String),
    /// An operator held it, with the reason given.
    Operator(String),
}

/// How far a cancellation that the bank is asked for got. The later one of two answers in this order stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelStage {
    /// Wanted; the request is not written yet.
    Wanted,
    /// The request is written; its message says how far sending got.
    Asked,
    /// The payout had its end before the request was written.
    Needless,
    /// The bank has not decided.
    Pending,
    /// The bank refused: the payout goes on.
    Refused,
    /// The bank cancelled it, or asks the money back.
    Accepted,
}

/// Every stage with its stable name.
pub const CANCEL_STAGE_NAMES: &[(CancelStage, &str)] = &[
    (CancelStage::Wanted, "wanted"),
    (CancelStage::Asked, "asked"),
    (CancelStage::Needless, "needless"),
    (CancelStage::Pending, "pending"),
    (CancelStage::Refused, "refused"),
    (CancelStage::Accepted, "accepted"),
];

impl CancelStage {
    /// The stable name.
    pub fn name(self) -> &'static str {
        CANCEL_STAGE_NAMES.iter().find(|(stage, _)| *stage == self).map_or("", |(_, name)| name)
    }

    /// The stage of that name.
    pub fn parse(name: &str) -> Option<CancelStage> {
        CANCEL_STAGE_NAMES.iter().find(|(_, known)| *known == name).map(|(stage, _)| *stage)
    }
}

/// A cancellation that the bank is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// How far it got.
    pub stage: CancelStage,
    /// The message that asks for it.
    pub request: Option<Key>,
    /// Code of the answer as the bank wrote it, with its reason: `RJCR ARDT`.
    pub answer: Option<String>,
    /// What says so.
    pub evidence: Option<Evidence>,
}

/// A payout: only what was said or booked about it itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutRow {
    /// Table key.
    pub key: Key,
    /// Counts the facts applied: checked on write, orders the history.
    pub version: i64,
    /// Whose.
    pub tenant: String,
    /// Derived identity.
    pub token: PayoutToken,
    /// The client's key.
    pub external_id: String,
    /// The reference that goes out.
    pub end_to_end_id: String,
    /// The client's batch.
    pub batch_id: Option<String>,
    /// Debited account (configuration name).
    pub debtor_account_ref: String,
    /// Bank id in the configuration.
    pub bank: String,
    /// Rail chosen.
    pub rail: Rail,
    /// Instructed amount.
    pub amount: Amount,
    /// Execution date that goes out.
    pub execution_date: NaiveDate,
    /// Key of the payout that replaces this one.
    pub replaced_by: Option<Key>,
    /// Hash for the search of suspected duplicates (creditor account, amount, currency, remittance, debtor account).
    pub likeness: u64,
    /// Hash of the whole instruction: tells a repetition from another payout under the same external id.
    pub content: u64,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When anything was last said about it.
    pub changed_at: DateTime<Utc>,
    /// Waits for a person, before batching.
    pub held: Option<Hold>,
    /// Cancelled here, before anything was sent.
    pub cancelled: bool,
    /// A cancellation was asked of the bank.
    pub cancel_requested: bool,
    /// The block it is in.
    pub block: Option<Key>,
    /// What the bank said about it, by `status::merge`.
    pub status: Option<StatusNews>,
    /// Evidence of that status.
    pub status_evidence: Option<Evidence>,
    /// The bank's own references (transaction id, servicer's and clearing references), sorted, at most eight.
    pub bank_references: Vec<String>,
    /// Codes of the exception items raised about it, each once.
    pub exceptions: Vec<String>,
    /// The booked debit.
    pub booking: Option<Booking>,
    /// The credit that brought it back.
    pub returned: Option<Return>,
    /// The cancellation that the bank is asked for.
    pub cancellation: Option<Cancellation>,
}

/// How far the sending of a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SendPhase {
    /// Octets, ids and digest exist; nothing was attempted.
    Frozen,
    /// An attempt is open.
    Open,
    /// An attempt ended without an answer that proves anything.
    Unknown,
    /// The last attempt provably sent nothing.
    NotSent,
    /// The bank confirmed receipt.
    Received,
    /// The bank refused before processing, as its profile says such answers mean.
    Refused,
}

/// Every phase with its stable name.
pub const SEND_PHASE_NAMES: &[(SendPhase, &str)] = &[
    (SendPhase::Frozen, "frozen"),
    (SendPhase::Open, "open"),
    (SendPhase::Unknown, "unknown"),
    (SendPhase::NotSent, "not_sent"),
    (SendPhase::Received, "received"),
    (SendPhase::Refused, "refused"),
];

impl SendPhase {
    /// The stable name.
    pub fn name(self) -> &'static str {
        SEND_PHASE_NAMES.iter().find(|(phase, _)| *phase == self).map_or("", |(_, name)| name)
    }

    /// The phase of that name.
    pub fn parse(name: &str) -> Option<SendPhase> {
        SEND_PHASE_NAMES.iter().find(|(_, known)| *known == name).map(|(phase, _)| *phase)
    }
}

/// A message of ours: a pain.001, or a request about a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Table key.
    pub key: Key,
    /// Counts the facts applied.
    pub version: i64,
    /// Whose.
    pub tenant: String,
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// Bank id in the configuration.
    pub bank: String,
    /// Digest of the frozen octets.
    pub document: Digest,
    /// Number of transactions.
    pub count: u64,
    /// Sum without regard to currency.
    pub sum: Decimal,
    /// How far sending got.
    pub phase: SendPhase,
    /// Number of the last attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// Some attempt ended without proof that nothing had left: no later attempt can undo that.
    pub maybe_sent: bool,
    /// Start of the first attempt.
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// End of the last attempt.
    pub last_attempt_ended_at: Option<DateTime<Utc>>,
    /// Inquiries made since the outcome became unknown.
    pub inquiries: u32,
    /// When there is something to do next (send again, inquire, poll).
    pub due_at: Option<DateTime<Utc>>,
    /// The bank's reference from its receipt.
    pub bank_reference: Option<String>,
    /// Group status, by `status::merge`.
    pub status: Option<StatusNews>,
    /// Evidence of that status.
    pub status_evidence: Option<Evidence>,
    /// The last group status code seen, whatever it means.
    pub last_code: Option<String>,
    /// Dissolved before anything had left: its members were batched anew.
    pub dissolved: bool,
    /// When it was frozen.
    pub frozen_at: DateTime<Utc>,
    /// The payout that a request (camt.055) is about; a pain.001 has blocks instead.
    pub about: Option<Key>,
    /// What is known about its outcome while, or after, it was unknown.
    pub unknown: UnknownRow,
}

/// A payment information block of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRow {
    /// Table key.
    pub key: Key,
    /// Counts the facts applied.
    pub version: i64,
    /// The message it is in.
    pub message: Key,
    /// `PmtInf/PmtInfId`.
    pub payment_information_id: String,
    /// Debited account (configuration name).
    pub debtor_account_ref: String,
    /// Currency of all members.
    pub currency: Currency,
    /// Execution date of all members.
    pub execution_date: NaiveDate,
    /// Number of members.
    pub count: u64,
    /// Exact sum of the members.
    pub sum: Decimal,
    /// Batch status, by `status::merge`.
    pub status: Option<StatusNews>,
    /// Evidence of that status.
    pub status_evidence: Option<Evidence>,
    /// The last batch status code seen, whatever it means.
    pub last_code: Option<String>,
    /// A collective debit without details equals all its members: they are booked by it.
    pub booked: bool,
    /// Where the collective debit stands.
    pub booking: Option<Booking>,
}

/// What an exception item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A payout.
    Payout(Key),
    /// A message.
    Message(Key),
    /// A block.
    Block(Key),
    /// A document, by its row.
    Document(Key),
    /// An account entry that is no payout's.
    Entry(Key),
    /// The gateway, a bank or an account as a whole.
    Gateway,
}

/// Something a person has to look at; stands beside the state, never is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRow {
    /// Table key.
    pub key: Key,
    /// What it is about.
    pub subject: Subject,
    /// Stable code, like `duplicate_debit`, `status_contradiction`, `amount_mismatch`, `key_conflict`.
    pub code: String,
    /// In words, with ids and amounts, without names or accounts.
    pub text: String,
    /// What says so.
    pub evidence: Option<Evidence>,
    /// Since when.
    pub raised_at: DateTime<Utc>,
}

/// An account entry that belongs to no payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Table key.
    pub key: Key,
    /// Identity across reports: account, bank reference or composite with an occurrence counter.
    pub identity: String,
    /// Configured account.
    pub account_ref: String,
    /// Why it is nobody's.
    pub class: UnmatchedClass,
    /// Debit or credit.
    pub direction: Direction,
    /// Booked amount, exact.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// Ledger date.
    pub booking_date: Option<NaiveDate>,
    /// Bank transaction code as text (`PMNT/ICDT/ESCT` or the bank's own).
    pub transaction_code: Option<String>,
    /// The bank's id.
    pub account_servicer_reference: Option<String>,
    /// Marks seen.
    pub notified: Option<Evidence>,
    /// Seen on a statement.
    pub on_statement: Option<Evidence>,
}

impl EntryRow {
    /// Remembers where it was seen.
    pub fn mark(&mut self, mark: Mark, evidence: Evidence) {
        match mark {
            Mark::Notified => self.notified.get_or_insert(evidence),
            Mark::OnStatement => self.on_statement.get_or_insert(evidence),
        };
    }
}

/// A statement or report of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// Table key.
    pub key: Key,
    /// account, from/to, sequence: identity of a statement.
    pub identity: String,
    /// Configured account.
    pub account_ref: String,
    /// The bank's id of the statement.
    pub id: String,
    /// `camt.053`, `camt.052` or `camt.054`.
    pub kind: String,
    /// Sequence number as text.
    pub sequence: Option<String>,
    /// Day it closes, from its closing balance.
    pub date: Option<NaiveDate>,
    /// Opening booked balance, signed, exact.
    pub opening: Option<Decimal>,
    /// Closing booked balance, signed, exact.
    pub closing: Option<Decimal>,
    /// Currency of the balances.
    pub currency: Option<Currency>,
    /// Sum of its booked entries, signed, exact.
    pub movement: Decimal,
    /// The document.
    pub document: Digest,
}

/// How a document came in or went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Our own message.
    Outbound,
    /// Answer to a call of ours.
    Reply,
    /// Pushed by the bank.
    Callback,
    /// Fetched by us.
    Poll,
    /// Brought by an operator.
    Hand,
}

/// Every channel with its stable name.
pub const CHANNEL_NAMES: &[(Channel, &str)] = &[
    (Channel::Outbound, "outbound"),
    (Channel::Reply, "reply"),
    (Channel::Callback, "callback"),
    (Channel::Poll, "poll"),
    (Channel::Hand, "hand"),
];

impl Channel {
    /// The stable name.
    pub fn name(self) -> &'static str {
        CHANNEL_NAMES.iter().find(|(channel, _)| *channel == self).map_or("", |(_, name)| name)
    }

    /// The channel of that name.
    pub fn parse(name: &str) -> Option<Channel> {
        CHANNEL_NAMES.iter().find(|(_, known)| *known == name).map(|(channel, _)| *channel)
    }
}

/// A bank document that was received, and how far its reading got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRow {
    /// Table key.
    pub key: Key,
    /// Counts the facts applied.
    pub version: i64,
    /// SHA-256 of the octets.
    pub digest: Digest,
    /// Bank id in the configuration.
    pub bank: String,
    /// How it came.
    pub channel: Channel,
    /// Signature or transport proved the sender. Unauthenticated documents are evidence, never applied.
    pub authenticated: bool,
    /// Size in octets.
    pub size: u64,
    /// Parts whose facts are durable.
    pub parts_read: u32,
    /// Everything was read (or it proved unreadable).
    pub finished: bool,
    /// Identity of the report it holds (message id of the bank), for duplicates with other content.
    pub message_id: Option<String>,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// A configured account as the engine knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredAccount {
    /// Name in the configuration.
    pub account_ref: String,
    /// Bank id in the configuration.
    pub bank: String,
    /// The account itself.
    pub account: Account,
    /// Its currency.
    pub currency: Currency,
    /// Debtor name as it goes out.
    pub name: String,
    /// The bank's BIC, where the account has one configured.
    pub bic: Option<Bic>,
}
