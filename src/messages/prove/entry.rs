//! One entry against its own details: sums, counts, charges, and the stated batch. Never against other entries.

use super::check::{Check, Holds};
use super::sum::Sum;
use crate::messages::record::{Batch, Charge, Entry, Transaction};

/// An entry and the running sums of its transactions.
pub(super) struct EntryProof {
    entry: Entry,
    currency: String,
    line: u64,
    details: Details,
    charges: Charges,
}

#[derive(Default)]
struct Details {
    count: u64,
    sum: Sum,
    /// Without amount, or with one that is no decimal.
    without_amount: u64,
    other_currency: u64,
    /// Whether a direction stands on none, some or all of them.
    without_direction: u64,
    opposite: u64,
}

/// Charges as movements, debit below zero; those that are announced and booked elsewhere aside.
#[derive(Default)]
struct Charges {
    entry: Sum,
    details: Sum,
    seen: bool,
    unreadable: u64,
}

impl EntryProof {
    /// Begins with an entry; its transactions follow.
    pub(super) fn new(entry: Entry, account_currency: Option<&str>, line: u64) -> EntryProof {
        let currency = entry.currency.as_deref().or(account_currency).unwrap_or("").to_owned();
        let mut charges = Charges::default();
        charges.entry = charges.sum_of(&entry.charges, &currency);
        EntryProof { entry, currency, line, details: Details::default(), charges }
    }

    /// The next transaction of the entry.
    pub(super) fn take(&mut self, transaction: &Transaction) {
        let details = &mut self.details;
        details.count = details.count.saturating_add(1);
        self.charges.details =
            self.charges.details + self.charges.sum_of(&transaction.charges, &self.currency);
        let own = transaction.direction.as_deref();
        details.without_direction += u64::from(own.is_none());
        let direction = own.or(self.entry.direction.as_deref());
        details.opposite += u64::from(own.is_some() && own != self.entry.direction.as_deref());
        if transaction.currency.as_deref().is_some_and(|currency| currency != self.currency) {
            details.other_currency += 1;
            return;
        }
        match transaction.amount.as_deref().and_then(Sum::parse) {
            Some(amount) => details.sum = details.sum + signed(amount, direction),
            None => details.without_amount += 1,
        }
    }

    /// Sum of the details against the entry's amount.
    pub(super) fn details(&self) -> Option<Check> {
        let details = &self.details;
        if details.count == 0 {
            return None;
        }
        let booked = self.entry.amount.as_deref().and_then(Sum::parse);
        let (Some(amount), Some(direction)) = (booked, self.entry.direction.as_deref()) else {
            let check = Check { found: self.entry.amount.clone(), ..Check::named("entry.details") };
            return Some(self.placed(check.missing("the entry has no readable amount with direction")));
        };
        let found = signed(amount, Some(direction));
        let (expected, note) = self.explained(found);
        let mut check = Check::amounts("entry.details", expected, found);
        check.note = note;
        let gaps = [
            (details.without_amount, "details without readable amount"),
            (details.other_currency, "details in another currency"),
        ];
        let gaps: Vec<String> =
            gaps.iter().filter(|gap| gap.0 > 0).map(|gap| format!("{} {}", gap.0, gap.1)).collect();
        if !gaps.is_empty() {
            check = check.missing(gaps.join(", "));
        } else if check.holds == Holds::No && details.without_direction > 0 && details.opposite > 0 {
            let text =
                format!("{} details without direction beside opposite ones", details.without_direction);
            check = check.missing(text);
        }
        Some(self.placed(check))
    }

    /// What the details come to, with the charges that were netted into the entry where these explain the difference.
    fn explained(&self, booked: Sum) -> (Sum, Option<String>) {
        let sum = self.details.sum;
        let opposite = (self.details.opposite > 0).then(|| {
            format!("{} of {} details run opposite to the entry", self.details.opposite, self.details.count)
        });
        let charges = &self.charges;
        if sum == booked || !charges.seen {
            return (sum, opposite);
        }
        for (netted, of) in [
            (charges.entry, "of the entry"),
            (charges.details, "of the details"),
            (charges.entry + charges.details, "of entry and details"),
        ] {
            if !netted.is_zero() && sum + netted == booked {
                return (sum + netted, Some(format!("charges {of}, {netted}, are netted into the entry")));
            }
        }
        let all = charges.entry + charges.details;
        let unread = match charges.unreadable {
            0 => String::new(),
            count => format!("; {count} charges have no readable amount"),
        };
        (sum, Some(format!("charges {all} do not explain it{unread}")))
    }

    /// The stated number of transactions against those present.
    pub(super) fn batch_count(&self) -> Option<Check> {
        let mut stated: Option<u64> = None;
        for batch in self.batches() {
            let Some(text) = batch.count.as_deref() else { continue };
            match text.parse::<u64>() {
                Ok(count) => stated = Some(stated.unwrap_or(0).saturating_add(count)),
                Err(_) => {
                    let check = Check { found: Some(text.to_owned()), ..Check::named("entry.batch_count") };
                    return Some(self.placed(check.missing("the stated number is none")));
                }
            }
        }
        let check = Check::counts("entry.batch_count", self.details.count, stated?);
        if self.details.count == 0 {
            return Some(self.placed(check.missing("the collective booking comes without details")));
        }
        Some(self.placed(check))
    }

    /// The stated total of a batch against its details, or against the entry where there are none.
    pub(super) fn batch_total(&self) -> Option<Check> {
        let total = self.entry.batch.as_ref()?.total.as_deref()?;
        let check = Check { found: Some(total.to_owned()), ..Check::named("entry.batch_total") };
        let batch = self.entry.batch.as_ref()?;
        if !self.entry.more_batches.is_empty() {
            return Some(self.placed(check.missing("which details belong to which of several batches")));
        }
        let currency = batch.currency.as_deref().unwrap_or(&self.currency);
        let Some(amount) = Sum::parse(total).filter(|_| currency == self.currency) else {
            return Some(self.placed(check.missing("a total that is a number in the entry's currency")));
        };
        let details = &self.details;
        let direction = batch.direction.as_deref().or(self.entry.direction.as_deref());
        let (expected, of) = match (details.count, self.entry.amount.as_deref().and_then(Sum::parse)) {
            (0, Some(entry)) => (signed(entry, self.entry.direction.as_deref()), "entry"),
            (0, None) => return Some(self.placed(check.missing("neither details nor a readable amount"))),
            _ => (details.sum, "details"),
        };
        let mut check = Check::amounts("entry.batch_total", expected, signed(amount, direction));
        if of == "details" && details.without_amount + details.other_currency > 0 {
            check = check.missing("details without amount or in another currency");
        } else if of == "entry" && check.holds == Holds::No {
            check = check.missing("details; the entry's own amount is another");
        }
        Some(self.placed(check))
    }

    fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.entry.batch.iter().chain(&self.entry.more_batches)
    }

    fn placed(&self, check: Check) -> Check {
        let reference =
            self.entry.account_servicer_reference.clone().or_else(|| self.entry.reference.clone());
        let currency = Some(self.currency.clone()).filter(|currency| !currency.is_empty());
        Check { entry: reference, line: Some(self.line), currency, ..check }
    }
}

impl Charges {
    fn sum_of(&mut self, charges: &[Charge], currency: &str) -> Sum {
        let mut sum = Sum::ZERO;
        for charge in charges {
            // Charges that are not included in the amount are only announced; they are booked on their own.
            if charge.included == Some(false) || charge.currency.as_deref().is_some_and(|own| own != currency)
            {
                continue;
            }
            match charge.amount.as_deref().and_then(Sum::parse) {
                Some(amount) => {
                    sum = sum + signed(amount, Some(charge.direction.as_deref().unwrap_or("debit")))
                }
                None => self.unreadable += 1,
            }
            self.seen = true;
        }
        sum
    }
}

/// An amount as a movement of the account. `RvslInd` says that an earlier entry is taken back; the direction beside it is
/// already that of the reversing entry, so the sign stays.
pub(super) fn signed(amount: Sum, direction: Option<&str>) -> Sum {
    if direction == Some("debit") { -amount } else { amount }
}
