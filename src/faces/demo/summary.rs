//! The end of a demonstration: every payout against the bank's own ledger, to the cent, and where to
//! look further. What nothing explains is counted and named.

use super::bank::{LedgerLine, ledger};
use super::payouts::Submitted;
use super::setup::Setup;
use super::{DemoError, say};
use crate::domain::amount::lexical_decimal;
use crate::domain::lifecycle::State;
use crate::faces::query::shown_minor;
use crate::store::listing::{Cursor, Filter, PAGE_ITEMS_MAX, PayoutListed, TotalsRow};
use crate::store::{Store, StoreError};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

/// Unexplained payouts named in the summary at most.
const NAMED_MAX: usize = 20;

/// The end of a run.
#[derive(Debug, Default)]
pub struct Summary {
    submitted: Submitted,
    totals: Vec<TotalsRow>,
    /// Rejects by reason code.
    rejected: BTreeMap<String, u64>,
    /// Returns by reason code.
    returned: BTreeMap<String, u64>,
    /// Exception items by code.
    exceptions: BTreeMap<String, u64>,
    on_statement: u64,
    /// What nothing explains.
    pub unexplained: u64,
    named: Vec<String>,
}

/// What the bank's ledger says about one instruction.
#[derive(Clone, Copy, Debug, Default)]
struct AtBank {
    debits: u32,
    debited: Decimal,
    credited: Decimal,
}

async fn every(store: &Store, mut look: impl FnMut(&PayoutListed)) -> Result<(), StoreError> {
    let mut cursor: Cursor = None;
    loop {
        let page = store.list(Filter::default(), cursor, PAGE_ITEMS_MAX).await?;
        page.items.iter().for_each(&mut look);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

/// Booked payouts that stand on no statement yet.
pub async fn not_on_statement(store: &Store) -> Result<u64, StoreError> {
    let mut waiting = 0;
    every(store, |item| {
        let missing = item.row.booking.as_ref().is_some_and(|booking| booking.on_statement.is_none());
        waiting += u64::from(missing);
    })
    .await?;
    Ok(waiting)
}

/// Compares and counts.
pub async fn make(setup: &Setup, store: &Store, submitted: &Submitted) -> Result<Summary, DemoError> {
    let mut at_bank = by_instruction(&ledger(setup).await?);
    let mut summary =
        Summary { submitted: submitted.clone(), totals: store.totals(None).await?, ..Summary::default() };
    every(store, |item| summary.take(item, at_bank.remove(&item.row.token.base32()).unwrap_or_default()))
        .await?;
    for (instruction_id, _) in at_bank {
        summary.unexplained(format!("the bank's ledger has {instruction_id}, which is no payout of ours"));
    }
    let mut cursor: Cursor = None;
    loop {
        let page = store.exceptions(Filter::default(), cursor, PAGE_ITEMS_MAX).await?;
        for item in &page.items {
            *summary.exceptions.entry(item.row.code.clone()).or_default() += 1;
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(summary);
        }
    }
}

fn by_instruction(lines: &[LedgerLine]) -> BTreeMap<String, AtBank> {
    let mut found: BTreeMap<String, AtBank> = BTreeMap::new();
    for line in lines {
        let ours = matches!(line.kind.as_str(), "payment" | "return" | "refund");
        let Some(id) = line.instruction_id.as_ref().filter(|_| ours) else { continue };
        let entry = found.entry(id.clone()).or_default();
        let amount = lexical_decimal(&line.amount).unwrap_or_default();
        if line.debit {
            entry.debits += 1;
            entry.debited += amount;
        } else {
            entry.credited += amount;
        }
    }
    found
}

impl Summary {
    fn take(&mut self, item: &PayoutListed, bank: AtBank) {
        let row = &item.row;
        let instructed = row.amount.value();
        let reason = |code: Option<&String>| code.cloned().unwrap_or_else(|| "without reason".to_owned());
        self.on_statement +=
            u64::from(row.booking.as_ref().is_some_and(|booking| booking.on_statement.is_some()));
        match item.state {
            State::Rejected => {
                let given = row.status.as_ref().and_then(|news| news.reason.as_ref());
                let code = given.and_then(|given| given.code.as_ref().or(given.proprietary.as_ref()));
                *self.rejected.entry(reason(code)).or_default() += 1;
            }
            State::Returned => {
                let code = row.returned.as_ref().and_then(|returned| returned.reason.as_ref());
                *self.returned.entry(reason(code)).or_default() += 1;
            }
            _ => {}
        }
        let agrees = match item.state {
            State::Booked => bank.debits == 1 && bank.debited == instructed && bank.credited.is_zero(),
            State::Returned => {
                let back = row.returned.as_ref().map(|returned| returned.amount.value());
                bank.debits == 1 && bank.debited == instructed && Some(bank.credited) == back
            }
            State::Rejected | State::Cancelled | State::Held => bank.debits == 0,
            _ => false,
        };
        if !agrees {
            self.unexplained(format!(
                "{} is {}, instructed {instructed}; the bank booked {} debits of {} and credits of {}",
                row.external_id,
                item.state.name(),
                bank.debits,
                bank.debited,
                bank.credited,
            ));
        }
    }

    fn unexplained(&mut self, text: String) {
        self.unexplained += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(text);
        }
    }

    /// Prints the table and where to look.
    pub fn print(&self, out: &mut dyn Write, elapsed: Duration, setup: &Setup) {
        let count: u64 = self.totals.iter().map(|row| row.count).sum();
        let row = |name: &str, value: String| format!("  {name:<22}{value}");
        let mut lines = vec![String::new()];
        lines.push(row(
            "submitted",
            (self.submitted.accepted + self.submitted.refused + self.submitted.known).to_string(),
        ));
        lines.push(row("refused at intake", with_codes(self.submitted.refused, &self.submitted.codes)));
        for state in [State::Booked, State::Returned, State::Rejected, State::Cancelled, State::Held] {
            let of: Vec<&TotalsRow> = self.totals.iter().filter(|row| row.state == state).collect();
            let number: u64 = of.iter().map(|row| row.count).sum();
            let money: Vec<String> = of
                .iter()
                .map(|row| format!("{} {}", row.currency.code(), shown_minor(row.sum_minor, row.currency)))
                .collect();
            let text = match state {
                State::Booked => format!("{number}  {}", money.join("  ")),
                State::Rejected => with_codes(number, &self.rejected),
                State::Returned => with_codes(number, &self.returned),
                _ if number == 0 => continue,
                _ => number.to_string(),
            };
            let name = match state {
                State::Booked => "reconciled",
                State::Returned => "returned",
                State::Rejected => "rejected",
                State::Cancelled => "cancelled",
                _ => "held for a person",
            };
            lines.push(row(name, text));
        }
        lines.push(row("on the statement", self.on_statement.to_string()));
        if !self.exceptions.is_empty() {
            let total = self.exceptions.values().sum();
            lines.push(row("exception items", with_codes(total, &self.exceptions)));
        }
        lines.push(row("unexplained", self.unexplained.to_string()));
        let rate = u128::from(count) * 1_000 / elapsed.as_millis().max(1);
        lines.push(row(
            "time",
            format!("{}.{:03} s, {rate} payouts/s", elapsed.as_secs(), elapsed.subsec_millis()),
        ));
        lines.extend(self.named.iter().map(|text| format!("  ! {text}")));
        lines.push(String::new());
        lines.push(format!("unexplained {}", self.unexplained));
        lines.push(String::new());
        lines.push("Look further:".to_owned());
        let config = setup.gateway_config.display();
        for command in
            ["list --state returned --offline", "totals --offline", "status ID --offline", "audit verify"]
        {
            lines.push(format!("  girogate {command} -c {config}"));
        }
        say(out, &lines.join("\n"));
    }
}

fn with_codes(count: u64, codes: &BTreeMap<String, u64>) -> String {
    let parts: Vec<String> = codes.iter().map(|(code, count)| format!("{code} {count}")).collect();
    if parts.is_empty() { count.to_string() } else { format!("{count}  ({})", parts.join(", ")) }
}
