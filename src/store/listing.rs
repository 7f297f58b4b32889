//! What is asked of the store to be shown or done: filters, pages, work, totals. Never how it is
//! looked up.

use crate::domain::amount::Amount;
use crate::domain::currency::Currency;
use crate::domain::lifecycle::State;
use crate::domain::row::{
    BlockRow, DocumentRow, EntryRow, ExceptionRow, Key, MessageRow, PayoutRow, StatementRow, Subject,
};
use chrono::{DateTime, NaiveDate, Utc};

/// Most items of a page. Chosen by us: a page is at most about 1 MB.
pub const PAGE_ITEMS_MAX: usize = 1_000;

/// Which items to show; an absent member does not restrict. Members that a kind of item does not
/// have do not restrict it either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub tenant: Option<String>,
    /// State of a payout.
    pub state: Option<State>,
    /// The client's batch.
    pub batch_id: Option<String>,
    /// Debited account (configuration name).
    pub account_ref: Option<String>,
    /// Bank id in the configuration.
    pub bank: Option<String>,
    /// Currency.
    pub currency: Option<Currency>,
    /// First execution, booking or statement date.
    pub date_from: Option<NaiveDate>,
    /// Last execution, booking or statement date.
    pub date_to: Option<NaiveDate>,
    /// Day on which a payout's own debit was booked or its money came back. Other items have no such day.
    pub booked_on: Option<NaiveDate>,
    /// Recorded or raised at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Recorded or raised before this time.
    pub until: Option<DateTime<Utc>>,
    /// Reason code of the bank's last word on the payout itself, or of its return; code of an exception item; class of an entry.
    pub reason: Option<String>,
    /// Beginning of the client's own key.
    pub external_id_prefix: Option<String>,
    /// What an exception item is about.
    pub subject: Option<Subject>,
}

/// Where the page before ended; `None` begins.
pub type Cursor = Option<Key>;

/// Some items, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the next page, if there may be one.
    pub next: Cursor,
}

impl<T> Page<T> {
    /// A page of items read with one more than `limit` wanted.
    pub fn cut(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> Key) -> Page<T> {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Page { items, next }
    }
}

/// A payout as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutListed {
    /// Its row.
    pub row: PayoutRow,
    /// The state that follows from everything said.
    pub state: State,
    /// `MsgId` of its message.
    pub message_id: Option<String>,
    /// `PmtInfId` of its block.
    pub payment_information_id: Option<String>,
}

/// An exception item and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionListed {
    /// Whose.
    pub tenant: String,
    /// Its row.
    pub row: ExceptionRow,
}

/// An unmatched entry and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryListed {
    /// Whose.
    pub tenant: String,
    /// Its row.
    pub row: EntryRow,
}

/// A statement and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementListed {
    /// Whose.
    pub tenant: String,
    /// Its row.
    pub row: StatementRow,
}

/// Everything that carries an id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Payouts by token, UETR, external id, end-to-end id or bank reference.
    pub payouts: Vec<PayoutListed>,
    /// Messages by `MsgId` or the bank's reference of its receipt.
    pub messages: Vec<MessageRow>,
    /// Blocks by `PmtInfId`.
    pub blocks: Vec<BlockRow>,
    /// Unmatched entries by the bank's reference.
    pub entries: Vec<EntryRow>,
}

impl Found {
    /// Whether nothing carries the id.
    pub fn is_empty(&self) -> bool {
        self.payouts.is_empty()
            && self.messages.is_empty()
            && self.blocks.is_empty()
            && self.entries.is_empty()
    }
}

/// Count and sum of the payouts of one currency in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TotalsRow {
    /// Currency.
    pub currency: Currency,
    /// State.
    pub state: State,
    /// Number of payouts.
    pub count: u64,
    /// Sum of the instructed amounts in minor units.
    pub sum_minor: i128,
}

impl TotalsRow {
    /// Adds one payout to the rows.
    pub fn add(rows: &mut Vec<TotalsRow>, state: State, amount: &Amount) {
        let (currency, minor) = (amount.currency(), i128::from(amount.minor()));
        match rows.iter_mut().find(|row| row.currency == currency && row.state == state) {
            Some(row) => {
                row.count += 1;
                row.sum_minor += minor;
            }
            None => rows.push(TotalsRow { currency, state, count: 1, sum_minor: minor }),
        }
    }
}

/// How much work to hand out at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkLimits {
    /// Unbatched payouts per bank.
    pub unbatched: usize,
    /// Messages per list.
    pub messages: usize,
    /// Documents.
    pub documents: usize,
}

impl Default for WorkLimits {
    fn default() -> Self {
        WorkLimits { unbatched: 10_000, messages: 100, documents: 100 }
    }
}

/// Payouts of one bank that are in no message yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbatched {
    /// Bank id in the configuration.
    pub bank: String,
    /// The oldest ones, oldest first: recorded, not held, not cancelled, in no block.
    pub payouts: Vec<PayoutRow>,
    /// Whether there are more than these.
    pub more: bool,
    /// When the oldest was recorded.
    pub oldest_at: DateTime<Utc>,
}

/// What there is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Payouts to be batched, per bank.
    pub unbatched: Vec<Unbatched>,
    /// Messages to be sent (phase `Frozen` or `NotSent`) and due.
    pub sendable: Vec<MessageRow>,
    /// Messages of unknown outcome whose next inquiry or decision is due.
    pub unknown: Vec<MessageRow>,
    /// Messages with an open attempt: at start-up these belong to a process that died.
    pub open: Vec<MessageRow>,
    /// Received messages whose next poll is due.
    pub awaiting: Vec<MessageRow>,
    /// Payouts whose cancellation is wanted and can be asked for: sending has an outcome, or the bank spoke.
    pub cancellations: Vec<PayoutRow>,
    /// Authenticated documents that are not read to their end, oldest first.
    pub unread: Vec<DocumentRow>,
    /// When the next message becomes due, if any is.
    pub next_due: Option<DateTime<Utc>>,
}
