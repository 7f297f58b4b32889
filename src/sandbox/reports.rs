//! The documents the bank writes: pain.002 and pacs.002 from a plan's words, camt.054 and camt.053 from
//! the ledger. Each is walked through its schema before it leaves. Never decides what is said.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;

use super::ledger::{Entry, LedgerAccount, NONE, Posting};
use super::order::{AccountSpan, Code, Line, Order};
use super::plan::{BlockStatus, LineStatus, RJCT, StatusReport};
use super::record::{Kind, Shown, Side};
use crate::domain::currency::Currency;
use crate::domain::entry::Direction;
use crate::domain::payout::Code as ListCode;
use crate::messages::emit::{Money, WriteError};
use crate::messages::record::{AccountId, BankTransactionCode, TransactionParty};
use crate::messages::{write_camt as camt, write_status as status};
use crate::schema::{catalog, walk};

/// The status report to customers that this bank writes.
pub const PAIN_002: &str = "pain.002.001.10";
/// The interbank status report that this bank passes on.
pub const PACS_002: &str = "pacs.002.001.10";
/// The answer to requests for cancellation that this bank writes.
pub const CAMT_029: &str = "camt.029.001.09";
/// The notification that this bank writes.
pub const CAMT_054: &str = "camt.054.001.08";
/// The statement that this bank writes.
pub const CAMT_053: &str = "camt.053.001.08";
/// Entries on one page of a statement. Chosen by us: such a page stays below ten megabytes.
pub const PAGE_ENTRIES_MAX: usize = 10_000;

/// A document that cannot leave. The bank is at fault.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It could not be written.
    #[error("{kind}: {cause}")]
    Write {
        /// Message name.
        kind: &'static str,
        /// What is wrong.
        cause: WriteError,
    },
    /// It breaks its own schema.
    #[error("{kind}: our own document is not valid: {finding}")]
    Invalid {
        /// Message name.
        kind: &'static str,
        /// The first finding.
        finding: String,
    },
}

impl ReportError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ReportError::Write { cause, .. } => cause.code(),
            ReportError::Invalid { .. } => "sandbox.report.invalid",
        }
    }
}

/// Who signs the reports by name.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// Identifier within references.
    pub id: String,
    /// Name.
    pub name: String,
    /// Business identifier code.
    pub bic: String,
}

impl Letterhead {
    /// Identification of a report, the same whenever the step is repeated.
    pub fn report_id(&self, order: u32, step: u32) -> String {
        format!("{}-{order:08}-{step:03}", self.id)
    }

    /// The bank's identification of a payment in the clearing.
    pub fn transaction_id(&self, order: u32, line: u32) -> String {
        format!("{}T{order:08}{line:07}", self.id)
    }

    /// The bank's identification of an entry, the same in every report.
    pub fn entry_reference(&self, entry: u32) -> String {
        format!("{}E{entry:010}", self.id)
    }
}

/// A finished document.
pub type Octets = Vec<u8>;

/// Writes a pain.002.
pub fn status_report(
    letterhead: &Letterhead,
    order: &Order,
    report: &StatusReport,
    (message_id, created): (String, DateTime<Utc>),
) -> Result<Octets, ReportError> {
    let header =
        status::Header { version: status::VERSION, message_id, created, agent: Some(letterhead.bic.clone()) };
    let (code, reason) = report.group.map_or((None, None), |(code, reason)| (Some(code), reason));
    let group = status::GroupStatus {
        message_id: order.message_id.clone(),
        message_name: order.message.clone(),
        created: None,
        count: Some(order.lines.len() as u64),
        sum: Some(order.sum),
        status: code.map(|code| code.as_str().to_owned()),
        reasons: reasons(letterhead, reason),
        counts: rejected_counts(order, &report.blocks),
    };
    let blocks = report.blocks.iter().filter_map(|block| {
        let ordered = order.blocks.get(block.block as usize)?;
        let status = status::BlockStatus {
            payment_information_id: order.text(ordered.payment_information_id).to_owned(),
            count: Some(u64::from(ordered.count)),
            status: block.status.map(|code| code.as_str().to_owned()),
            ..status::BlockStatus::default()
        };
        let lines = block.lines.iter().filter_map(|said| line_status(letterhead, order, said, created));
        Some((status, lines))
    });
    let mut octets = Vec::new();
    let written = status::write_pain_002(&mut octets, &header, &group, blocks);
    checked(PAIN_002, octets, written)
}

/// Writes a pacs.002 as the other side's bank sent it.
pub fn relayed_report(
    letterhead: &Letterhead,
    order: &Order,
    lines: &[LineStatus],
    (message_id, created): (String, DateTime<Utc>),
) -> Result<Octets, ReportError> {
    let header =
        status::Header { version: status::VERSION, message_id, created, agent: Some(letterhead.bic.clone()) };
    let group = status::GroupStatus {
        message_id: format!("{}-IB{:08}", letterhead.id, order.number),
        message_name: "pacs.008.001.08".to_owned(),
        ..status::GroupStatus::default()
    };
    let transactions = lines.iter().filter_map(|said| {
        let mut transaction = line_status(letterhead, order, said, created)?;
        transaction.instruction_id = None;
        transaction.echo = None;
        transaction.transaction_id = Some(letterhead.transaction_id(order.number, said.line));
        Some(transaction)
    });
    let mut octets = Vec::new();
    let written = status::write_pacs_002(&mut octets, &header, &[group], transactions);
    checked(PACS_002, octets, written)
}

fn line_status(
    letterhead: &Letterhead,
    order: &Order,
    said: &LineStatus,
    created: DateTime<Utc>,
) -> Option<status::TransactionStatus> {
    let line = order.lines.get(said.line as usize)?;
    let is_rejected = said.status == RJCT;
    let has_echo = is_rejected || said.date.is_some();
    let amount = Some(money_of(line.minor, line.currency));
    let echo = status::Echo { amount, date: said.date, ..status::Echo::default() };
    Some(status::TransactionStatus {
        status_id: Some(format!("{}S{:07}", order.number, said.line)),
        instruction_id: non_empty(order.text(line.instruction_id)),
        end_to_end_id: non_empty(order.text(line.end_to_end_id)),
        uetr: Order::uetr(line),
        status: Some(said.status.as_str().to_owned()),
        reasons: reasons(letterhead, said.reason),
        acceptance: (!is_rejected).then_some(created),
        echo: has_echo.then_some(echo),
        ..status::TransactionStatus::default()
    })
}

fn reasons(letterhead: &Letterhead, reason: Option<Code>) -> Vec<status::Reason> {
    let one = |code: Code| status::Reason {
        originator: Some(letterhead.name.clone()),
        code: Some(ListCode::Listed(code.as_str().to_owned())),
        text: Vec::new(),
    };
    reason.map(one).into_iter().collect()
}

/// How many of the payments spoken of are rejected, and their sum.
fn rejected_counts(order: &Order, blocks: &[BlockStatus]) -> Vec<status::StatusCount> {
    let rejected = blocks.iter().flat_map(|block| &block.lines).filter(|said| said.status == RJCT);
    let rejected = rejected.filter_map(|said| order.lines.get(said.line as usize));
    let (count, sum) = rejected.fold((0, Decimal::ZERO), |(count, sum), line| {
        (count + 1, sum.saturating_add(money_of(line.minor, line.currency).value))
    });
    match count {
        0 => Vec::new(),
        count => vec![status::StatusCount { status: RJCT.as_str().to_owned(), count, sum: Some(sum) }],
    }
}

/// A piece of the ledger with all that is needed to show it.
pub struct Extract {
    /// The account.
    pub account: LedgerAccount,
    /// Name of its owner.
    pub owner: String,
    /// Whether the account is named by IBAN.
    pub is_iban: bool,
    /// Entries with their numbers.
    pub entries: Vec<(u32, Entry)>,
    /// Postings of these entries.
    pub postings: BTreeMap<u32, Vec<Posting>>,
    /// Orders that the entries execute.
    pub orders: BTreeMap<u32, Arc<Order>>,
    /// What the entries' amounts are wrong by, in minor units: a bank that misbehaves.
    pub error_minor: i64,
}

/// Which pages of a statement.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// From 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// Writes a camt.054 without balances.
pub fn notification(
    letterhead: &Letterhead,
    extract: &Extract,
    (message_id, created): (String, DateTime<Utc>),
) -> Result<Octets, ReportError> {
    let report = account_report(letterhead, extract, message_id.clone());
    let header = camt::Header { version: camt::VERSION, message_id, created, recipient: None, page: None };
    let entries = extract.entries.iter().map(|(number, entry)| {
        let details = details(letterhead, extract, (*number, entry), camt::ReportKind::Notification);
        (entry_of(letterhead, extract, *number, entry), details)
    });
    let mut octets = Vec::new();
    let written = camt::write(&mut octets, camt::ReportKind::Notification, &header, [(report, entries)]);
    checked(CAMT_054, octets, written)
}

/// Writes one page of a camt.053: opening balance, entries, closing balance.
pub fn statement(
    letterhead: &Letterhead,
    extract: &Extract,
    (day, page): (NaiveDate, Page),
    created: DateTime<Utc>,
) -> Result<Octets, ReportError> {
    let sequence = u64::from(extract.account.statements) + 1;
    let (account, currency) = (tail(&extract.account.id), extract.account.currency);
    let id = format!("{}-{account}{currency}-{sequence:06}", letterhead.id);
    let mut report = account_report(letterhead, extract, id.clone());
    report.sequence = Some(sequence);
    report.created = Some(created);
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    report.period = Some((midnight, midnight + chrono::TimeDelta::seconds(86_399)));
    let first = PAGE_ENTRIES_MAX * (page.number - 1);
    let last = (first + PAGE_ENTRIES_MAX).min(extract.entries.len());
    let (opening, closing) = page_balances(extract, first, last);
    let code = |is_outer: bool, outer: &str| if is_outer { outer.to_owned() } else { "ITBD".to_owned() };
    report.balances = vec![
        balance(code(page.number == 1, "OPBD"), opening, extract.account.currency, day),
        balance(code(page.number == page.of, "CLBD"), closing, extract.account.currency, day),
    ];
    let header = camt::Header {
        version: camt::VERSION,
        message_id: format!("{id}-{}", page.number),
        created,
        recipient: None,
        page: (page.of > 1)
            .then_some(camt::Page { number: page.number as u64, last: page.number == page.of }),
    };
    let shown = extract.entries.get(first..last).unwrap_or_default();
    let entries = shown.iter().map(|(number, entry)| {
        let details = details(letterhead, extract, (*number, entry), camt::ReportKind::Statement);
        (entry_of(letterhead, extract, *number, entry), details)
    });
    let mut octets = Vec::new();
    let written = camt::write(&mut octets, camt::ReportKind::Statement, &header, [(report, entries)]);
    checked(CAMT_053, octets, written)
}

/// Balances before and after a page, in minor units.
fn page_balances(extract: &Extract, first: usize, last: usize) -> (i64, i64) {
    let moved = |until: usize| -> i64 {
        let entries = extract.entries.get(..until).unwrap_or_default();
        entries.iter().fold(0i64, |total, (_, entry)| match entry.side {
            Side::Debit => total.saturating_sub(entry.minor),
            Side::Credit => total.saturating_add(entry.minor),
        })
    };
    let opening = extract.account.opening_minor;
    (opening.saturating_add(moved(first)), opening.saturating_add(moved(last)))
}

fn balance(code: String, minor: i64, currency: Currency, date: NaiveDate) -> camt::Balance {
    let direction = if minor < 0 { Direction::Debit } else { Direction::Credit };
    camt::Balance { code, amount: money_of(minor, currency), direction, date }
}

fn account_report(letterhead: &Letterhead, extract: &Extract, id: String) -> camt::AccountReport {
    camt::AccountReport {
        id,
        account: account_id(&extract.account.id, extract.is_iban),
        currency: Some(extract.account.currency.code().to_owned()),
        owner: non_empty(&extract.owner),
        servicer: Some(letterhead.bic.clone()),
        ..camt::AccountReport::default()
    }
}

fn entry_of(letterhead: &Letterhead, extract: &Extract, number: u32, entry: &Entry) -> camt::Entry {
    let currency = extract.account.currency;
    let charge = camt::Charge {
        amount: money_of(entry.charge_minor, currency),
        direction: Some(Direction::Debit),
        included: Some(true),
        code: None,
    };
    camt::Entry {
        reference: Some(number.to_string()),
        amount: money_of(entry.minor.saturating_add(extract.error_minor), currency),
        direction: direction(entry.side),
        reversal: None,
        status: "BOOK".to_owned(),
        booking_date: Some(entry.day),
        value_date: Some(entry.day),
        account_servicer_reference: Some(letterhead.entry_reference(number)),
        bank_transaction_code: transaction_code(extract, (number, entry)),
        charges: if entry.charge_minor == 0 { Vec::new() } else { vec![charge] },
        batch: batch_of(extract, entry),
        additional_text: entry.foreign.as_ref().map(|foreign| foreign.text.clone().into_owned()),
    }
}

fn batch_of(extract: &Extract, entry: &Entry) -> Option<camt::Batch> {
    let order = extract.orders.get(&entry.order)?;
    let block = order.blocks.get(entry.block as usize)?;
    Some(camt::Batch {
        message_id: Some(order.message_id.clone()),
        payment_information_id: Some(order.text(block.payment_information_id).to_owned()),
        count: Some(u64::from(entry.postings)),
        total: Some((money_of(entry.minor, extract.account.currency), direction(entry.side))),
    })
}

/// The transactions shown with an entry: on a statement a batch has none.
fn details<'a>(
    letterhead: &'a Letterhead,
    extract: &'a Extract,
    (number, entry): (u32, &'a Entry),
    kind: camt::ReportKind,
) -> impl Iterator<Item = camt::Transaction> + 'a {
    let hidden = entry.block != NONE && kind == camt::ReportKind::Statement;
    let postings = extract.postings.get(&number).map(Vec::as_slice).unwrap_or_default();
    let postings = if hidden { &[] } else { postings };
    let is_alone = entry.block == NONE;
    postings.iter().take(if is_alone { 1 } else { usize::MAX }).map(move |posting| {
        let minor = if is_alone { entry.minor } else { posting.minor };
        let mut transaction = camt::Transaction {
            amount: Some((money_of(minor, extract.account.currency), direction(entry.side))),
            ..camt::Transaction::default()
        };
        match (&entry.foreign, extract.orders.get(&posting.order)) {
            (Some(foreign), _) => fill_foreign(&mut transaction, entry.side, foreign),
            (None, Some(order)) => fill_ordered(&mut transaction, letterhead, order, (entry, posting.line)),
            (None, None) => {}
        }
        if is_alone {
            transaction.references.account_servicer_reference = Some(letterhead.entry_reference(number));
        }
        transaction
    })
}

fn fill_ordered(
    transaction: &mut camt::Transaction,
    letterhead: &Letterhead,
    order: &Order,
    (entry, position): (&Entry, u32),
) {
    let Some(line) = order.lines.get(position as usize) else { return };
    transaction.references.transaction_id = Some(letterhead.transaction_id(order.number, position));
    if entry.shown != Shown::TransactionIdOnly {
        let block = order.block_of(line).map(|block| order.text(block.payment_information_id).to_owned());
        transaction.references.message_id = Some(order.message_id.clone());
        transaction.references.payment_information_id = block;
        transaction.references.instruction_id = non_empty(order.text(line.instruction_id));
        transaction.references.end_to_end_id = non_empty(order.text(line.end_to_end_id));
        transaction.references.uetr = Order::uetr(line);
        transaction.parties.creditor = creditor(order, line);
    }
    if entry.block == NONE && entry.minor != line.minor {
        transaction.instructed = Some(money_of(line.minor, line.currency));
    }
    transaction.returned = entry.reason.as_deref().map(|reason| camt::Returned {
        reason: Some(ListCode::Listed(reason.to_owned())),
        ..camt::Returned::default()
    });
}

fn fill_foreign(transaction: &mut camt::Transaction, side: Side, foreign: &super::record::Foreign<'_>) {
    let end_to_end_id = foreign.end_to_end_id.as_deref().unwrap_or("NOTPROVIDED");
    transaction.references.end_to_end_id = Some(end_to_end_id.to_owned());
    let other = TransactionParty {
        name: Some(foreign.name.clone().into_owned()),
        account: foreign.account.as_deref().map(|account| account_id(account, true)),
    };
    match side {
        Side::Debit => transaction.parties.creditor = other,
        Side::Credit => transaction.parties.debtor = other,
    }
}

fn creditor(order: &Order, line: &Line) -> TransactionParty {
    TransactionParty {
        name: non_empty(order.text(line.creditor_name)),
        account: line
            .creditor_account
            .map(|account| account_id(order.text(account.span()), matches!(account, AccountSpan::Iban(_)))),
    }
}

/// Source: ISO 20022 bank transaction codes, domains PMNT and ACMT.
fn transaction_code(extract: &Extract, (number, entry): (u32, &Entry)) -> BankTransactionCode {
    let order = extract.orders.get(&entry.order);
    let posting = extract.postings.get(&number).and_then(|postings| postings.first());
    let is_instant = order.is_some_and(|order| {
        let block = posting.and_then(|posting| order.lines.get(posting.line as usize)).map(|line| line.block);
        block.and_then(|block| order.blocks.get(block as usize)).is_some_and(|block| block.instant)
    });
    let transfer = if extract.account.currency == Currency::EUR { "ESCT" } else { "DMCT" };
    let (domain, family, sub_family) = match (entry.kind, is_instant) {
        (Kind::Payment, true) => ("PMNT", "IRCT", transfer),
        (Kind::Return | Kind::Refund, _) => ("PMNT", "ICDT", "RRTN"),
        (Kind::Fee, _) if entry.foreign.as_ref().is_some_and(|foreign| foreign.end_to_end_id.is_some()) => {
            ("PMNT", "ICDT", "CHRG")
        }
        (Kind::Fee, _) => ("ACMT", "MDOP", "CHRG"),
        (Kind::Incoming, _) => ("PMNT", "RCDT", transfer),
        (Kind::ForeignDebit, _) => ("PMNT", "RDDT", "ESDD"),
        _ => ("PMNT", "ICDT", transfer),
    };
    BankTransactionCode {
        domain: Some(domain.to_owned()),
        family: Some(family.to_owned()),
        sub_family: Some(sub_family.to_owned()),
        proprietary: None,
        issuer: None,
    }
}

/// Lets a document leave only if it is what it says it is.
pub(super) fn checked(
    kind: &'static str,
    octets: Octets,
    written: Result<u64, WriteError>,
) -> Result<Octets, ReportError> {
    written.map_err(|cause| ReportError::Write { kind, cause })?;
    let invalid = |finding: String| ReportError::Invalid { kind, finding };
    let schema = catalog::by_message_id(kind).ok_or_else(|| invalid("no schema".to_owned()))?;
    let verdict = walk::validate(octets.as_slice(), schema).map_err(|error| invalid(error.to_string()))?;
    match verdict.findings.first() {
        Some(finding) if !verdict.valid => {
            Err(invalid(format!("{}:{}: {}", finding.line, finding.column, finding.code)))
        }
        _ => Ok(octets),
    }
}

fn money_of(minor: i64, currency: Currency) -> Money {
    Money { value: Decimal::new(minor, currency.minor_units()).abs(), currency: currency.code().to_owned() }
}

fn account_id(id: &str, is_iban: bool) -> AccountId {
    match is_iban {
        true => AccountId { iban: Some(id.to_owned()), other: None },
        false => AccountId { iban: None, other: Some(id.to_owned()) },
    }
}

fn direction(side: Side) -> Direction {
    match side {
        Side::Debit => Direction::Debit,
        Side::Credit => Direction::Credit,
    }
}

pub(super) fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The last eight characters of an account, enough to tell statements apart within 35 characters.
fn tail(account: &str) -> &str {
    account.len().checked_sub(8).and_then(|start| account.get(start..)).unwrap_or(account)
}
