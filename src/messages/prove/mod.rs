//! Proves bank reports: what they claim against what follows from the rest of them. It reads the records of
//! `parse`; memory grows with the reports and with the compared entries up to a bound, never with the document. Mends nothing.

mod balance;
pub mod check;
mod entry;
mod sequence;
mod status;
pub mod sum;

use std::collections::HashSet;

use serde::Serialize;

use crate::messages::reading::Origin;
use crate::messages::record::{AccountReport, BatchStatus, Entry, Record, Report, Transaction};
use balance::BalanceProof;
use check::{Check, Holds, Tally};
use entry::EntryProof;
use sequence::{Chain, Ended};
use status::Listed;

/// Most entries of a report that are compared with each other. Chosen by us: 16 octets each, about 64 MB.
const ENTRIES_COMPARED_MAX: usize = 2_000_000;

/// A digest without known collisions, such as SHA-256.
pub type Digest = fn(&[u8]) -> [u8; 32];

/// Takes records in the order of their documents, over any number of files, and hands out proofs.
pub struct Prover {
    digest: Digest,
    file: Option<String>,
    account: Option<OpenReport>,
    statuses: Option<OpenStatuses>,
    chain: Chain,
    compared: HashSet<[u8; 16]>,
}

/// A `Rpt`, `Stmt` or `Ntfctn` whose entries come.
struct OpenReport {
    report: AccountReport,
    line: u64,
    balances: BalanceProof,
    entry: Option<EntryProof>,
    /// Over the open entry and its transactions, the entry's number aside.
    entry_digest: [u8; 32],
    entry_is_named: bool,
    entry_line: u64,
    digest: [u8; 32],
    details: Tally,
    batch_counts: Tally,
    batch_totals: Tally,
    twice: Tally,
    is_repeated: bool,
    not_compared: u64,
}

#[derive(Default)]
struct OpenStatuses {
    report: Report,
    line: u64,
    listed: Listed,
    batch: Option<(BatchStatus, u64, Listed)>,
    others: Vec<(Report, u64)>,
}

impl Prover {
    /// A prover that has seen nothing.
    pub fn new(digest: Digest) -> Prover {
        Prover {
            digest,
            file: None,
            account: None,
            statuses: None,
            chain: Chain::default(),
            compared: HashSet::new(),
        }
    }

    /// The next record of `parse`.
    pub fn take(&mut self, record: Record, origin: Origin, give: &mut dyn FnMut(Check)) {
        match record {
            Record::Document(document) => self.file = document.file,
            Record::AccountReport(report) => {
                self.end_report(give);
                self.begin_report(*report, origin.line);
            }
            Record::Entry(entry) => self.take_entry(*entry, origin.line, give),
            Record::Transaction(transaction) => self.take_transaction(&transaction),
            Record::Report(report) => self.take_status_report(*report, origin.line),
            Record::BatchStatus(batch) => {
                self.end_batch(give);
                let open = self.statuses.get_or_insert_default();
                open.batch = Some((*batch, origin.line, Listed::default()));
            }
            Record::Status(status) => {
                let open = self.statuses.get_or_insert_default();
                open.listed.take(&status);
                if let Some((_, _, listed)) = &mut open.batch {
                    listed.take(&status);
                }
            }
            Record::Verdict(_) => {
                self.end_report(give);
                self.end_statuses(give);
                self.file = None;
            }
            _ => {}
        }
    }

    /// All files have been read: what holds between the reports.
    pub fn finish(self, give: &mut dyn FnMut(Check)) {
        self.chain.finish(give);
    }

    fn begin_report(&mut self, report: AccountReport, line: u64) {
        let is_repeated =
            self.chain.is_known(&report) || report.copy.as_deref().is_some_and(|mark| mark != "CODU");
        // Reports within a day and notifications may list what an earlier one listed; statements may not.
        if !report.message.starts_with("camt.053") {
            self.compared = HashSet::new();
        }
        let described =
            AccountReport { message: String::new(), message_id: None, copy: None, ..report.clone() };
        let digest = self.chained([0; 32], &described);
        self.account = Some(OpenReport {
            report,
            line,
            balances: BalanceProof::new(),
            entry: None,
            entry_digest: [0; 32],
            entry_is_named: false,
            entry_line: 0,
            digest,
            details: Tally::default(),
            batch_counts: Tally::default(),
            batch_totals: Tally::default(),
            twice: Tally::default(),
            is_repeated,
            not_compared: 0,
        });
    }

    fn take_entry(&mut self, mut entry: Entry, line: u64, give: &mut dyn FnMut(Check)) {
        self.end_entry(give);
        let Some(mut open) = self.account.take() else { return };
        open.balances.take(&entry, open.report.currency.as_deref());
        open.digest = self.chained(open.digest, &entry);
        let reference = entry.reference.take();
        let account = open.report.account.clone().unwrap_or_default();
        open.entry_digest = self.chained(self.chained([0; 32], &account), &entry);
        open.entry_is_named = entry.account_servicer_reference.is_some();
        open.entry_line = line;
        entry.reference = reference;
        open.entry = Some(EntryProof::new(entry, open.report.currency.as_deref(), line));
        self.account = Some(open);
    }

    fn take_transaction(&mut self, transaction: &Transaction) {
        let Some(mut open) = self.account.take() else { return };
        open.digest = self.chained(open.digest, transaction);
        open.entry_digest = self.chained(open.entry_digest, transaction);
        open.entry_is_named |= transaction.uetr.is_some() || transaction.account_servicer_reference.is_some();
        if let Some(entry) = &mut open.entry {
            entry.take(transaction);
        }
        self.account = Some(open);
    }

    fn end_entry(&mut self, give: &mut dyn FnMut(Check)) {
        let Some(mut open) = self.account.take() else { return };
        if let Some(entry) = open.entry.take() {
            let proofs = [entry.details(), entry.batch_count(), entry.batch_total()];
            for (index, check) in proofs.into_iter().enumerate() {
                let Some(check) = check else { continue };
                let tally = match index {
                    0 => &mut open.details,
                    1 => &mut open.batch_counts,
                    _ => &mut open.batch_totals,
                };
                tally.count(check.holds);
                if check.holds == Holds::No {
                    give(placed(check, self.file.as_deref(), &open));
                }
            }
            self.compare_entry(&mut open, give);
        }
        self.account = Some(open);
    }

    /// Whether the same entry, with the same details, was listed before.
    fn compare_entry(&mut self, open: &mut OpenReport, give: &mut dyn FnMut(Check)) {
        if open.is_repeated {
            return;
        }
        let Some(short) = open.entry_digest.first_chunk::<16>() else { return };
        if self.compared.contains(short) {
            let check = Check { line: Some(open.entry_line), ..Check::named("entry.twice") };
            if open.entry_is_named {
                open.twice.count(Holds::No);
                let note = Some("an entry with the same references and content stands before".to_owned());
                give(placed(Check { holds: Holds::No, note, ..check }, self.file.as_deref(), open));
            } else {
                open.twice.count(Holds::NotProvable);
            }
        } else if self.compared.len() >= ENTRIES_COMPARED_MAX {
            open.not_compared += 1;
            open.twice.count(Holds::NotProvable);
        } else {
            self.compared.insert(*short);
            open.twice.count(Holds::Yes);
        }
    }

    fn end_report(&mut self, give: &mut dyn FnMut(Check)) {
        self.end_entry(give);
        let Some(open) = self.account.take() else { return };
        let file = self.file.clone();
        let mut give = |check: Check| give(placed(check, file.as_deref(), &open));
        let (checks, ends) = open.balances.balances(&open.report);
        // A notification has no balances by its nature.
        if !open.report.message.starts_with("camt.054") || !open.report.balances.is_empty() {
            if checks.is_empty() {
                give(Check::named("balance.booked").missing("balances"));
            }
            checks.into_iter().for_each(&mut give);
        }
        open.balances.summary(&open.report).into_iter().for_each(&mut give);
        let beyond = format!("comparison of {} entries beyond {ENTRIES_COMPARED_MAX}", open.not_compared);
        let twin = "a reference that tells equal entries apart";
        let tallies = [
            (open.details, "entries.details", "amounts or directions of details, or of their entries"),
            (open.batch_counts, "entries.batch_count", "details of collective bookings"),
            (open.batch_totals, "entries.batch_total", "details or totals that are numbers in one currency"),
            (open.twice, "entries.twice", if open.not_compared > 0 { &beyond } else { twin }),
        ];
        for (tally, name, missing) in tallies {
            tally.check(name, missing).into_iter().for_each(&mut give);
        }
        let (report, line, digest) = (&open.report, open.line, open.digest);
        let ended = Ended { report, file: file.as_deref(), line, digest, ends };
        self.chain.take(ended).into_iter().for_each(&mut give);
    }

    fn take_status_report(&mut self, report: Report, line: u64) {
        let open = self.statuses.get_or_insert_default();
        // Several original messages in one report share the list of transactions; the first one is compared with it.
        if open.line == 0 {
            (open.report, open.line) = (report, line);
        } else if open.others.len() < 1_000 {
            open.others.push((report, line));
        }
    }

    fn end_batch(&mut self, give: &mut dyn FnMut(Check)) {
        let Some((batch, line, listed)) = self.statuses.as_mut().and_then(|open| open.batch.take()) else {
            return;
        };
        for check in status::of_batch(&batch, &listed) {
            give(Check { file: self.file.clone(), line: Some(line), ..check });
        }
    }

    fn end_statuses(&mut self, give: &mut dyn FnMut(Check)) {
        self.end_batch(give);
        let Some(open) = self.statuses.take() else { return };
        let file = &self.file;
        for (report, line) in std::iter::once((open.report, open.line)).chain(open.others) {
            for check in status::of_group(&report, &open.listed) {
                give(Check {
                    file: file.clone(),
                    line: Some(line),
                    report: report.message_id.clone(),
                    ..check
                });
            }
        }
    }

    /// The digest of what came before and of a record.
    fn chained(&self, before: [u8; 32], record: &impl Serialize) -> [u8; 32] {
        let mut octets = before.to_vec();
        // Records are plain structures of text and numbers, which always serialise.
        let written = serde_json::to_writer(&mut octets, record);
        debug_assert!(written.is_ok());
        (self.digest)(&octets)
    }
}

fn placed(check: Check, file: Option<&str>, open: &OpenReport) -> Check {
    Check {
        account: open.report.account.clone(),
        report: open.report.id.clone(),
        file: file.map(str::to_owned),
        line: check.line.or(Some(open.line)),
        ..check
    }
}
