//! Turns the records of a bank report into items that a decision can take one by one: each item
//! carries what stands above it. Pure reading; what an item means is decided elsewhere.

use super::cancellation::{Resolution, Resolved};
use crate::domain::amount::lexical_decimal;
use crate::messages::record::{AccountReport, BatchStatus, Entry, Record, Report, Status, Transaction};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Items of one part. Chosen so that the writer is never away for more than about 50 ms.
pub const PART_ITEMS_MAX: usize = 1_000;

/// One thing a report says, with what stands above it and its place in the document.
#[derive(Clone, Debug)]
pub struct Item {
    /// Position of the record within the document.
    pub record: u64,
    /// What is said.
    pub said: Said,
}

/// What a report says.
#[derive(Clone, Debug)]
pub enum Said {
    /// About a message.
    Group(Arc<Report>),
    /// About a block.
    Batch(Arc<Report>, Arc<BatchStatus>),
    /// About a payment.
    Payment {
        /// The report.
        report: Arc<Report>,
        /// The block it stands in.
        batch: Option<Arc<BatchStatus>>,
        /// The status.
        status: Box<Status>,
    },
    /// About a cancellation that was asked for.
    Cancellation(Box<Resolved>),
    /// An entry without details.
    Collective {
        /// The report.
        account: Arc<AccountReport>,
        /// The entry.
        entry: Arc<Entry>,
    },
    /// A detail of an entry.
    Detail {
        /// The report.
        account: Arc<AccountReport>,
        /// The entry.
        entry: Arc<Entry>,
        /// The detail.
        transaction: Box<Transaction>,
    },
    /// The details of an entry do not add up to it.
    Unbalanced {
        /// The report.
        account: Arc<AccountReport>,
        /// The entry.
        entry: Arc<Entry>,
        /// What the details add up to.
        details: Decimal,
    },
    /// An account report ended.
    ReportEnd {
        /// The report.
        account: Arc<AccountReport>,
        /// Sum of its booked entries, signed.
        movement: Decimal,
        /// Number of entries.
        entries: u64,
    },
    /// Something breaks the schema or could not be read.
    Broken {
        /// Stable code.
        code: String,
        /// Place and words, without content.
        text: String,
    },
}

/// Collects records into items.
#[derive(Debug, Default)]
pub struct Collector {
    report: Option<Arc<Report>>,
    batch: Option<Arc<BatchStatus>>,
    account: Option<OpenAccount>,
    entry: Option<OpenEntry>,
    /// The bank's message id, once it was read.
    pub message_id: Option<String>,
    /// Items that are ready.
    pub ready: Vec<Item>,
    broken: u32,
    resolution: Option<(Resolution, u64)>,
    /// It was said of this document that it holds records without effect.
    unused_told: bool,
}

#[derive(Debug)]
struct OpenAccount {
    report: Arc<AccountReport>,
    record: u64,
    movement: Decimal,
    entries: u64,
}

#[derive(Debug)]
struct OpenEntry {
    entry: Arc<Entry>,
    record: u64,
    details: Decimal,
    seen: u64,
    unread: bool,
}

/// Deviations kept per document; a document that breaks its schema everywhere says so once enough.
const BROKEN_MAX: u32 = 20;

impl Collector {
    /// Takes a record.
    pub fn take(&mut self, record: Record, place: u64) {
        match record {
            Record::Report(report) => {
                self.close_account();
                if self.message_id.is_none() {
                    self.message_id.clone_from(&report.message_id);
                }
                let report = Arc::new(*report);
                self.report = Some(Arc::clone(&report));
                self.batch = None;
                self.push(place, Said::Group(report));
            }
            Record::BatchStatus(batch) => {
                let batch = Arc::new(*batch);
                self.batch = Some(Arc::clone(&batch));
                if let Some(report) = self.report.clone() {
                    self.push(place, Said::Batch(report, batch));
                }
            }
            Record::Status(status) => {
                if let Some(report) = self.report.clone() {
                    let batch = self.batch.clone();
                    self.push(place, Said::Payment { report, batch, status });
                }
            }
            Record::AccountReport(report) => self.open_account(*report, place),
            Record::Entry(entry) => self.open_entry(*entry, place),
            Record::Transaction(transaction) => self.detail(transaction, place),
            Record::Deviation(deviation) => {
                self.broken += 1;
                if self.broken <= BROKEN_MAX {
                    let text =
                        format!("line {} column {}: {}", deviation.line, deviation.column, deviation.path);
                    self.push(place, Said::Broken { code: deviation.code, text });
                }
            }
            Record::Plain(plain) if plain.record() == "resolution" => {
                self.resolution = Some((Resolution::begin(&plain), place));
                self.message_id =
                    self.message_id.take().or(plain.fields().text("assignment_id").map(str::to_owned));
            }
            Record::Plain(plain) => match &mut self.resolution {
                Some((resolution, _)) => {
                    let resolved = resolution.take(&plain);
                    let said = resolved.map(|resolved| Said::Cancellation(Box::new(resolved)));
                    self.ready.extend(said.map(|said| Item { record: place, said }));
                }
                // Returns and orders are read, but no decision uses them: the document says so once.
                None if !self.unused_told => {
                    self.unused_told = true;
                    let text = format!("records of kind {} have no effect", plain.record());
                    self.push(place, Said::Broken { code: "record.unused".to_owned(), text });
                }
                None => {}
            },
            Record::Verdict(_) => {
                self.close_account();
                self.close_resolution();
                self.report = None;
                self.batch = None;
                self.unused_told = false;
            }
            Record::Document(_) | Record::Header(_) => {}
        }
    }

    /// An answer that listed no payment speaks for its case.
    fn close_resolution(&mut self) {
        let Some((resolution, record)) = self.resolution.take() else { return };
        let told = resolution.has_told();
        match resolution.end() {
            Some(resolved) => self.push(record, Said::Cancellation(Box::new(resolved))),
            None if !told => {
                let text = "an answer to an investigation has no status".to_owned();
                self.push(record, Said::Broken { code: "record.unused".to_owned(), text });
            }
            None => {}
        }
    }

    fn push(&mut self, record: u64, said: Said) {
        self.ready.push(Item { record, said });
    }

    fn open_account(&mut self, report: AccountReport, place: u64) {
        self.close_account();
        if self.message_id.is_none() {
            self.message_id.clone_from(&report.message_id);
        }
        self.account = Some(OpenAccount {
            report: Arc::new(report),
            record: place,
            movement: Decimal::ZERO,
            entries: 0,
        });
    }

    fn open_entry(&mut self, entry: Entry, place: u64) {
        self.close_entry();
        let Some(account) = &mut self.account else { return };
        account.entries += 1;
        let amount = entry.amount.as_deref().and_then(lexical_decimal);
        if is_booked(&entry, &account.report) {
            let signed = match entry.direction.as_deref() {
                Some("debit") => amount.map(|amount| -amount),
                _ => amount,
            };
            account.movement = account.movement.saturating_add(signed.unwrap_or_default());
        }
        let entry = Arc::new(entry);
        if entry.transactions == 0 {
            let account = Arc::clone(&account.report);
            self.push(place, Said::Collective { account, entry });
            return;
        }
        self.entry = Some(OpenEntry {
            entry,
            record: place,
            details: Decimal::ZERO,
            seen: 0,
            unread: amount.is_none(),
        });
    }

    fn detail(&mut self, transaction: Box<Transaction>, place: u64) {
        let (Some(account), Some(open)) = (&self.account, &mut self.entry) else { return };
        open.seen += 1;
        let amount = transaction.amount.as_deref().and_then(lexical_decimal);
        let same_currency = transaction.currency == open.entry.currency;
        match amount {
            Some(amount) if same_currency => {
                let against =
                    transaction.direction.is_some() && transaction.direction != open.entry.direction;
                let signed = if against { -amount } else { amount };
                open.details = open.details.saturating_add(signed);
            }
            // A foreign amount or none is no proof of a wrong sum.
            _ => open.unread = true,
        }
        let said = Said::Detail {
            account: Arc::clone(&account.report),
            entry: Arc::clone(&open.entry),
            transaction,
        };
        let last = open.seen == open.entry.transactions;
        self.push(place, said);
        if last {
            self.close_entry();
        }
    }

    fn close_entry(&mut self) {
        let (Some(open), Some(account)) = (self.entry.take(), &self.account) else { return };
        let amount = open.entry.amount.as_deref().and_then(lexical_decimal);
        if !open.unread && amount != Some(open.details) {
            let account = Arc::clone(&account.report);
            let said = Said::Unbalanced { account, entry: open.entry, details: open.details };
            self.ready.push(Item { record: open.record, said });
        }
    }

    fn close_account(&mut self) {
        self.close_entry();
        if let Some(open) = self.account.take() {
            let said =
                Said::ReportEnd { account: open.report, movement: open.movement, entries: open.entries };
            self.ready.push(Item { record: open.record, said });
        }
    }
}

/// Whether an entry is a booking. Only `BOOK` counts; a statement's entry without a status is one,
/// because a statement lists nothing else.
pub fn is_booked(entry: &Entry, report: &AccountReport) -> bool {
    match entry.status.as_deref() {
        Some(status) => status == "BOOK",
        None => !report.message.starts_with("camt.052"),
    }
}
