//! The counts of a status report against the transactions it lists. Never what a status means.

use std::collections::BTreeMap;

use super::check::{Check, Holds};
use super::sum::Sum;
use crate::messages::record::{BatchStatus, Report, Status, StatusCount};

/// Most different statuses that are counted apart. Chosen by us; the standard has some thirty.
const STATUSES_MAX: usize = 1_000;

/// The transactions listed so far, by status.
#[derive(Default)]
pub(super) struct Listed {
    by_status: BTreeMap<String, Line>,
    total: u64,
    without_status: u64,
    beyond: u64,
}

#[derive(Default)]
struct Line {
    count: u64,
    sum: Sum,
    without_amount: u64,
}

impl Listed {
    /// The next transaction.
    pub(super) fn take(&mut self, status: &Status) {
        self.total = self.total.saturating_add(1);
        let Some(code) = status.status.as_deref() else {
            self.without_status += 1;
            return;
        };
        if !self.by_status.contains_key(code) && self.by_status.len() >= STATUSES_MAX {
            self.beyond += 1;
            return;
        }
        let line = self.by_status.entry(code.to_owned()).or_default();
        line.count = line.count.saturating_add(1);
        match status.echo.as_ref().and_then(|echo| echo.amount.as_deref()).and_then(Sum::parse) {
            Some(amount) => line.sum = line.sum + amount,
            None => line.without_amount += 1,
        }
    }

    /// Each line of counts against what is listed.
    fn compare(&self, counts: &[StatusCount]) -> Vec<Check> {
        let mut checks = Vec::new();
        for stated in counts {
            let code = stated.status.as_deref().unwrap_or("");
            let none = Line::default();
            let line = self.by_status.get(code).unwrap_or(&none);
            let note = Some(code.to_owned());
            let Some(count) = stated.count.as_deref().and_then(|count| count.parse::<u64>().ok()) else {
                let check = Check { found: stated.count.clone(), note, ..Check::named("status.count") };
                checks.push(check.missing("the stated number is none"));
                continue;
            };
            let check = Check { note: note.clone(), ..Check::counts("status.count", line.count, count) };
            let gap = self.gap(line).filter(|_| check.holds == Holds::No);
            checks.extend(
                self.sum(line, stated, gap.as_deref()).map(|check| Check { note: note.clone(), ..check }),
            );
            checks.push(match gap {
                Some(gap) => check.missing(gap),
                None => check,
            });
        }
        checks
    }

    /// Why fewer may be listed than there are.
    fn gap(&self, line: &Line) -> Option<String> {
        match (line.count, self.without_status, self.beyond) {
            (_, 1.., _) => Some(format!("the status of {} transactions", self.without_status)),
            (_, _, 1..) => Some(format!("{} transactions with further statuses", self.beyond)),
            (0, 0, 0) => Some("transactions with this status are not listed".to_owned()),
            _ => None,
        }
    }

    fn sum(&self, line: &Line, stated: &StatusCount, gap: Option<&str>) -> Option<Check> {
        let text = stated.sum.as_deref()?;
        let check = Check { found: Some(text.to_owned()), ..Check::named("status.sum") };
        let Some(found) = Sum::parse(text) else { return Some(check.missing("the stated sum is no number")) };
        if let Some(gap) = gap {
            return Some(check.missing(gap));
        }
        if line.without_amount > 0 {
            return Some(check.missing(format!("amounts of {} transactions", line.without_amount)));
        }
        Some(Check::amounts("status.sum", line.sum, found))
    }
}

/// Group level: counts of the whole report, and the number of transactions of the original message.
pub(super) fn of_group(report: &Report, listed: &Listed) -> Vec<Check> {
    let mut checks = listed.compare(&report.counts);
    let stated = report.original_count.as_deref().and_then(|count| count.parse::<u64>().ok());
    if let Some(original) = stated.filter(|_| !report.counts.is_empty()) {
        let mut each = report.counts.iter().map(|line| line.count.as_deref()?.parse::<u64>().ok());
        let total = each.try_fold(0_u64, |total, count| total.checked_add(count?));
        checks.push(match total {
            Some(total) => Check::counts("status.total", original, total),
            None => Check::named("status.total").missing("counts that are numbers"),
        });
    }
    checks
}

/// Batch level.
pub(super) fn of_batch(batch: &BatchStatus, listed: &Listed) -> Vec<Check> {
    let report = batch.original_payment_information_id.clone();
    listed.compare(&batch.counts).into_iter().map(|check| Check { report: report.clone(), ..check }).collect()
}
