//! The lines of the bank's journal: what happened, one JSON object a line. Never how they reach the
//! disk (`journal`) and never what follows from them (`ledger`, `books`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::behaviour::Fault;
use super::cancellations::Decision;

/// One line. Dates are ISO 8601 days, instants microseconds since 1970 UTC, amounts decimal text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Record<'a> {
    /// The bank opens its books.
    Opened {
        /// Identifier of the bank, from its configuration.
        bank: Cow<'a, str>,
        /// When.
        at: i64,
        /// First business day.
        day: Cow<'a, str>,
    },
    /// A behaviour script is in force from here on.
    Behaviour {
        /// Counted from 1.
        number: u32,
        /// When.
        at: i64,
        /// The script.
        text: Cow<'a, str>,
    },
    /// A request arrived at the door; what follows from it comes after.
    Request(RequestLine<'a>),
    /// A request was answered, or its line was cut.
    Answered(AnsweredLine),
    /// A message is accepted for processing. Its octets lie beside the journal.
    Order(OrderLine<'a>),
    /// A cancellation is asked for, and decided.
    Cancellation(CancellationLine<'a>),
    /// One movement on a customer's account, as a statement shows it.
    Entry(EntryLine<'a>),
    /// One double-entry posting: the same amount out of one account and into another.
    Posting(PostingLine<'a>),
    /// A report exists. Its octets lie beside the journal.
    Document(DocumentLine<'a>),
    /// A step of an order is done; what it made stands before it in the same batch.
    Step {
        /// The order.
        order: u32,
        /// Position in the order's plan, from 0.
        step: u32,
        /// When.
        at: i64,
    },
    /// A callback was tried.
    Callback(CallbackLine<'a>),
    /// The client's callback address took a report.
    Delivered {
        /// The report.
        document: u32,
        /// When.
        at: i64,
    },
    /// A business day ended.
    DayClosed {
        /// The day that ended.
        closed: Cow<'a, str>,
        /// The day that begins.
        next: Cow<'a, str>,
        /// When.
        at: i64,
    },
    /// Ends a batch: what stands before it counts, or nothing of it.
    End {
        /// SHA-256 over the hash before and the octets of the batch, lower-case hex.
        hash: Cow<'a, str>,
    },
}

/// A request as it arrived, before anything is decided and before any fault strikes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestLine<'a> {
    /// Counted from 1.
    pub number: u32,
    /// When.
    pub at: i64,
    /// Name of the client by its certificate; absent for a stranger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Cow<'a, str>>,
    /// Method.
    pub method: Cow<'a, str>,
    /// Path and query.
    pub path: Cow<'a, str>,
    /// Header fields in order, names in lower case; left out for polls and control calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub head: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Octets of the body that were read.
    pub octets: u64,
    /// Whether that is the whole body: a script can cut the line before its end.
    pub whole: bool,
    /// SHA-256 of a whole body, lower-case hex. Bodies of orders and cancellations lie in `orders/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Cow<'a, str>>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnsweredLine {
    /// The request.
    pub request: u32,
    /// When.
    pub at: i64,
    /// HTTP status of the answer; absent where the line was cut instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The fault that struck the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The order that this very request became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
}

/// One try to bring a report to the client's callback address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallbackLine<'a> {
    /// The report.
    pub document: u32,
    /// When the answer was there, or none came.
    pub at: i64,
    /// Field `event-id`.
    pub event: Cow<'a, str>,
    /// SHA-256 of the octets sent, lower-case hex.
    pub sha256: Cow<'a, str>,
    /// HTTP status of the client's answer; absent where none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<u16>,
}

/// An accepted message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderLine<'a> {
    /// Counted from 1.
    pub number: u32,
    /// Name of the client in the configuration.
    pub client: Cow<'a, str>,
    /// `GrpHdr/MsgId`.
    pub message_id: Cow<'a, str>,
    /// Message name, like `pain.001.001.09`.
    pub message: Cow<'a, str>,
    /// SHA-256 of the octets, lower-case hex.
    pub digest: Cow<'a, str>,
    /// When.
    pub at: i64,
    /// Business day of acceptance.
    pub day: Cow<'a, str>,
    /// Behaviour script in force.
    pub behaviour: u32,
    /// What the bank decided on arrival.
    pub verdict: Verdict,
    /// Idempotency key it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Cow<'a, str>>,
    /// The error status by which it was answered although it was processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u16>,
    /// Transactions, for the reader of the file.
    pub count: u32,
    /// Sum of the transactions, for the reader of the file.
    pub sum: Cow<'a, str>,
}

/// A request for cancellation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CancellationLine<'a> {
    /// Counted from 1.
    pub number: u32,
    /// Name of the client in the configuration.
    pub client: Cow<'a, str>,
    /// `Assgnmt/Id`.
    pub id: Cow<'a, str>,
    /// `GrpHdr/MsgId` of the order it names; empty where it names none.
    pub message_id: Cow<'a, str>,
    /// SHA-256 of the octets, lower-case hex.
    pub digest: Cow<'a, str>,
    /// When.
    pub at: i64,
    /// Business day.
    pub day: Cow<'a, str>,
    /// The order; absent where nothing of that name was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// Position of each payment it reaches, from 0, and what is decided.
    pub decisions: Vec<(u32, Decision)>,
}

impl CancellationLine<'_> {
    /// The line with its own texts.
    pub fn into_owned(self) -> CancellationLine<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        CancellationLine {
            number: self.number,
            client: own(self.client),
            id: own(self.id),
            message_id: own(self.message_id),
            digest: own(self.digest),
            at: self.at,
            day: own(self.day),
            order: self.order,
            decisions: self.decisions,
        }
    }
}

/// What is decided on arrival, beyond what the order itself says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Goes its way.
    Processed,
    /// Was taken before and goes its way once more: a bank that does not check.
    ProcessedAgain,
    /// `GrpHdr/NbOfTxs` is not what the message carries; the client is told by a report.
    WrongGroupCount,
    /// `GrpHdr/CtrlSum` likewise.
    WrongGroupSum,
    /// `PmtInf/NbOfTxs` likewise.
    WrongBlockCount,
    /// `PmtInf/CtrlSum` likewise.
    WrongBlockSum,
    /// The same payments under another message identification: a person at the bank looks at it.
    Suspended,
    /// Its identification was seen before; the client is told by a report.
    Duplicate,
}

/// A movement on a customer's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryLine<'a> {
    /// Counted from 1 over all accounts.
    pub number: u32,
    /// IBAN or other identification.
    pub account: Cow<'a, str>,
    /// ISO 4217.
    pub currency: Cow<'a, str>,
    /// Whether money leaves or arrives.
    pub direction: Side,
    /// Total of the entry.
    pub amount: Cow<'a, str>,
    /// Charge included in the amount (debit) or taken off it (credit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Cow<'a, str>>,
    /// What kind of movement.
    pub kind: Kind,
    /// Which identifiers the reports show.
    #[serde(default, skip_serializing_if = "Shown::is_all")]
    pub shown: Shown,
    /// Booking day.
    pub day: Cow<'a, str>,
    /// The order it executes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// The step of the order's plan that booked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The payment information block, where one entry stands for a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// Return reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// For movements that no order of the client explains: whom they name, and what they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign<'a>>,
}

/// What a movement that is not the client's own order shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Foreign<'a> {
    /// The other side.
    pub name: Cow<'a, str>,
    /// Its account, where shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Cow<'a, str>>,
    /// End-to-end identification it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end_id: Option<Cow<'a, str>>,
    /// Text for the account owner.
    pub text: Cow<'a, str>,
}

/// A posting between two accounts of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostingLine<'a> {
    /// Counted from 1.
    pub number: u32,
    /// The entry it belongs to; absent for movements between the bank's own accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u32>,
    /// Account the amount is taken from.
    pub debit: Cow<'a, str>,
    /// Account the amount goes to.
    pub credit: Cow<'a, str>,
    /// The amount.
    pub amount: Cow<'a, str>,
    /// ISO 4217.
    pub currency: Cow<'a, str>,
    /// What kind of movement.
    pub kind: Kind,
    /// Booking day.
    pub day: Cow<'a, str>,
    /// The order line it executes or undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// Position of the payment in the order, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The payment's end-to-end identification, for the reader of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end_id: Option<Cow<'a, str>>,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentLine<'a> {
    /// Counted from 1 over all clients.
    pub number: u32,
    /// Whose it is.
    pub client: Cow<'a, str>,
    /// Message name, like `pain.002.001.10`.
    pub kind: Cow<'a, str>,
    /// The order it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// The step of the order's plan that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// How it is to be delivered.
    pub delivery: Delivery,
    /// Not before this instant.
    pub due: i64,
    /// Number of the file with its octets: its own, or that of the report it repeats.
    pub file: u32,
}

/// How a report is delivered by callback. Polling always finds every report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Once.
    Once,
    /// Twice with the same event id.
    Twice,
    /// Not at all: the callback gets lost.
    Never,
    /// Once, without a signature.
    Unsigned,
    /// A hundred times, several at once.
    Hundredfold,
}

/// Which side of the account moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Money leaves.
    Debit,
    /// Money arrives.
    Credit,
}

/// What kind of movement an entry or posting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The balance brought into the ledger when an account is opened.
    Opening,
    /// A payment ordered by the client.
    Payment,
    /// Between the bank's own accounts.
    Settlement,
    /// The payee's bank sent the money back.
    Return,
    /// The bank gives back what it debited for a payment it then refused.
    Refund,
    /// A charge.
    Fee,
    /// Money from somebody else.
    Incoming,
    /// A direct debit by somebody else.
    ForeignDebit,
    /// A payment that the account owner ordered on another channel.
    ForeignPayment,
}

impl Kind {
    /// The name in the ledger listing.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Opening => "opening",
            Kind::Payment => "payment",
            Kind::Settlement => "settlement",
            Kind::Return => "return",
            Kind::Refund => "refund",
            Kind::Fee => "fee",
            Kind::Incoming => "incoming",
            Kind::ForeignDebit => "foreign_debit",
            Kind::ForeignPayment => "foreign_payment",
        }
    }
}

/// Which of the client's identifiers a report shows with an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// All that the client gave.
    #[default]
    All,
    /// None: only the bank's own transaction identification.
    TransactionIdOnly,
    /// The amount in another currency, as instructed and exchanged.
    Exchanged,
}

impl Shown {
    fn is_all(&self) -> bool {
        *self == Shown::All
    }
}
