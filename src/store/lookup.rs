//! What a decision asks the store for, and the reverse: what a view already knows.
//! A lookup names rows; it is never a query that scans.

use crate::domain::entry::Digest;
use crate::domain::reference::PayoutToken;
use crate::domain::row::Key;

/// Names the rows that a decision needs. Loading a payout also loads its block and message;
/// loading a block also loads its message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// The payout of that token (so also by UETR, instruction id, payout id, external id).
    Token(PayoutToken),
    /// The payout of that key.
    Payout(Key),
    /// The payout of that end-to-end id on an account; `key` is in upper case.
    EndToEnd {
        /// Account by its name in the configuration.
        account_ref: String,
        /// `EndToEndId::key()`.
        key: String,
    },
    /// Payouts whose bank reference (transaction id, servicer's or clearing reference) this is.
    BankReference(String),
    /// Payouts that look alike (same creditor account, amount, currency, debtor account); newest 20.
    Likeness(u64),
    /// The message of that key.
    Message(Key),
    /// The message of that `MsgId`.
    MessageId(String),
    /// The block of that key.
    Block(Key),
    /// The block of that `PmtInfId`.
    PaymentInformationId(String),
    /// All payouts of a block.
    BlockMembers(Key),
    /// All blocks of a message and all their payouts.
    MessageMembers(Key),
    /// The document of that digest.
    Document(Digest),
    /// The document of that key.
    DocumentKey(Key),
    /// Documents of a bank that carry that message id of the bank's.
    DocumentMessageId(String, String),
    /// The unmatched entry of that identity.
    Entry(String),
    /// The statement of that identity.
    Statement(String),
    /// The newest statements (camt.053) of an account, at most 40.
    Statements(String),
    /// The answered request of that idempotency key.
    Request(String),
    /// The cursor of a bank's list of reports.
    Cursor(String),
}
