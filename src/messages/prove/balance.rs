//! The entries of one report against its balances and its own summary. Never against other reports.

use std::collections::BTreeMap;

use super::check::{Check, Holds};
use super::entry::signed;
use super::sum::Sum;
use crate::messages::record::{AccountReport, Balance, EntriesTotal, Entry};

/// Most currencies of one report that are added up apart. Chosen by us; an account has one, a pooled one a few.
const CURRENCIES_MAX: usize = 1_000;

/// Balances that begin a period, the better one first. Source: ISO 20022 external code set, balance types: `OPBD` opening booked,
/// `PRCD` previously closed booked, `ITBD` interim booked.
const OPENING: [&str; 3] = ["OPBD", "PRCD", "ITBD"];
/// Balances that end a period, the better one first: `CLBD` closing booked.
const CLOSING: [&str; 2] = ["CLBD", "ITBD"];
/// Balances that move with value dates and limits too, so that booked entries prove nothing about them.
const AVAILABLE: [&str; 4] = ["OPAV", "CLAV", "ITAV", "FWAV"];

/// Running sums of one report.
pub(super) struct BalanceProof {
    booked: BTreeMap<String, Booked>,
    /// Entries of currencies beyond the bound.
    not_added: u64,
    all: Totals,
    only_booked: Totals,
}

#[derive(Default)]
struct Booked {
    sum: Sum,
    unreadable: u64,
    without_direction: u64,
    without_status: u64,
}

/// What `TxsSummry` states, counted.
#[derive(Default)]
struct Totals {
    credits: u64,
    debits: u64,
    credit_sum: Sum,
    debit_sum: Sum,
    unreadable: u64,
}

/// First and last booked balance of a report in one currency, for the chain of reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) currency: String,
    pub(super) opening: Option<Sum>,
    pub(super) closing: Option<Sum>,
}

impl BalanceProof {
    pub(super) fn new() -> BalanceProof {
        BalanceProof {
            booked: BTreeMap::new(),
            not_added: 0,
            all: Totals::default(),
            only_booked: Totals::default(),
        }
    }

    /// The next entry.
    pub(super) fn take(&mut self, entry: &Entry, account_currency: Option<&str>) {
        let status = entry.status.as_deref();
        let amount = entry.amount.as_deref().and_then(Sum::parse);
        let direction = entry.direction.as_deref();
        self.all.take(amount, direction);
        // A status that is no code of the standard says nothing about booking.
        if !matches!(status, None | Some("BOOK")) {
            return;
        }
        self.only_booked.take(amount, direction);
        let currency = entry.currency.as_deref().or(account_currency).unwrap_or("");
        if !self.booked.contains_key(currency) && self.booked.len() >= CURRENCIES_MAX {
            self.not_added += 1;
            return;
        }
        let booked = self.booked.entry(currency.to_owned()).or_default();
        booked.without_status += u64::from(status.is_none());
        match (amount, direction) {
            (Some(amount), Some(_)) => booked.sum = booked.sum + signed(amount, direction),
            (None, _) => booked.unreadable += 1,
            (Some(_), None) => booked.without_direction += 1,
        }
    }

    /// Opening + booked entries = closing, per currency.
    pub(super) fn balances(&self, report: &AccountReport) -> (Vec<Check>, Vec<Ends>) {
        let (mut checks, mut ends) = (Vec::new(), Vec::new());
        let own = report.currency.as_deref().unwrap_or("");
        let mut currencies: Vec<&str> = self.booked.keys().map(String::as_str).collect();
        currencies.extend(report.balances.iter().map(|balance| balance.currency.as_deref().unwrap_or(own)));
        currencies.sort_unstable();
        currencies.dedup();
        for currency in currencies {
            let of_currency: Vec<&Balance> = report
                .balances
                .iter()
                .filter(|balance| balance.currency.as_deref().unwrap_or(own) == currency)
                .collect();
            let (found, end) = self.in_currency(report, currency, &of_currency);
            checks.extend(
                found.into_iter().map(|check| Check { currency: Some(currency.to_owned()), ..check }),
            );
            ends.push(end);
        }
        if self.not_added > 0 {
            let text = format!("{} entries in more than {CURRENCIES_MAX} currencies", self.not_added);
            checks.push(Check::named("balance.booked").missing(text));
        }
        (checks, ends)
    }

    fn in_currency(
        &self,
        report: &AccountReport,
        currency: &str,
        balances: &[&Balance],
    ) -> (Vec<Check>, Ends) {
        let mut checks = Vec::new();
        let opening = chosen(balances, &OPENING, End::First);
        let mut closing = chosen(balances, &CLOSING, End::Last);
        // One and the same interim balance cannot be both ends.
        if let (Ok(Some(first)), Ok(Some(last))) = (&opening, &closing)
            && std::ptr::eq(*first, *last)
        {
            closing = Ok(None);
        }
        let value = |end: &Found<'_>| end.as_ref().ok().copied().flatten().and_then(amount_of);
        let ends = Ends { currency: currency.to_owned(), opening: value(&opening), closing: value(&closing) };
        checks.push(self.booked(report, currency, (opening, closing)));
        checks.extend(two_openings(balances));
        for balance in balances.iter().filter(|balance| is_one_of(balance, &AVAILABLE)) {
            let kind = balance.kind.as_deref().unwrap_or("");
            let check = Check { found: balance.amount.clone(), ..Check::named("balance.available") };
            checks.push(check.missing(format!("{kind} moves with value dates and limits too")));
        }
        (checks, ends)
    }

    fn booked(
        &self,
        report: &AccountReport,
        currency: &str,
        (opening, closing): (Found<'_>, Found<'_>),
    ) -> Check {
        let none = Booked::default();
        let booked = self.booked.get(currency).unwrap_or(&none);
        let mut gaps = Vec::new();
        let mut end = |end: Found<'_>, name: &str| match end {
            Ok(Some(balance)) => match readable(balance) {
                Ok(sum) => Some((sum, balance.kind.clone().unwrap_or_default())),
                Err((gap, sum)) => {
                    gaps.push(gap);
                    sum.map(|sum| (sum, balance.kind.clone().unwrap_or_default()))
                }
            },
            Ok(None) => {
                let page = if report.page.is_some() && report.last_page != Some(true) || is_later_page(report)
                {
                    "; it may stand on another page"
                } else {
                    ""
                };
                gaps.push(format!("no {name} balance{page}"));
                None
            }
            Err(gap) => {
                gaps.push(gap);
                None
            }
        };
        let (first, last) = (end(opening, "opening"), end(closing, "closing"));
        gaps.extend(booked.gaps(&report.message));
        let check = match (&first, &last) {
            (Some((first, _)), Some((last, _))) => {
                Check::amounts("balance.booked", *first + booked.sum, *last)
            }
            (Some((first, _)), None) => {
                let expected = Some((*first + booked.sum).to_string());
                Check { expected, ..Check::named("balance.booked") }
            }
            (None, last) => {
                let found = last.as_ref().map(|(last, _)| last.to_string());
                Check { found, ..Check::named("balance.booked") }
            }
        };
        let kinds = |end: &Option<(Sum, String)>| {
            end.as_ref().map_or("none".to_owned(), |(sum, kind)| format!("{kind} {sum}"))
        };
        let note = format!("{} + booked entries {}, {}", kinds(&first), booked.sum, kinds(&last));
        let check = Check { note: Some(note), ..check };
        if gaps.is_empty() { check } else { check.missing(gaps.join(", ")) }
    }

    /// `TxsSummry` against the entries.
    pub(super) fn summary(&self, report: &AccountReport) -> Vec<Check> {
        let Some(summary) = &report.summary else { return Vec::new() };
        let partial = report.page.is_some() && (report.last_page != Some(true) || is_later_page(report));
        let mut checks = Vec::new();
        let (all, booked) = (&self.all, &self.only_booked);
        let lines = [
            ("", &summary.entries, (all.together(), booked.together())),
            ("credit_", &summary.credits, (all.credits(), booked.credits())),
            ("debit_", &summary.debits, (all.debits(), booked.debits())),
        ];
        for (which, stated, ((count, sum), (booked_count, booked_sum))) in lines {
            let Some(stated) = stated else { continue };
            let (count_name, sum_name) = names(which);
            checks.extend(count_check(count_name, stated, (count, booked_count)));
            checks.extend(sum_check(sum_name, stated.sum.as_deref(), (sum, booked_sum)));
        }
        let net = |totals: &Totals| totals.credit_sum - totals.debit_sum;
        let stated = summary.net.as_deref().and_then(Sum::parse);
        if let Some(stated) = stated {
            let stated = signed(stated, summary.net_direction.as_deref());
            checks.extend(sum_check(
                "summary.net",
                Some(&stated.to_string()),
                (net(&self.all), net(&self.only_booked)),
            ));
        }
        for check in &mut checks {
            if self.all.unreadable > 0 {
                let text = format!("{} entries without readable amount and direction", self.all.unreadable);
                *check = check.clone().missing(text);
            } else if partial && check.holds == Holds::No {
                *check = check.clone().missing("the other pages of the report");
            }
        }
        checks
    }
}

/// Names of the two proofs of a line of `TxsSummry`.
fn names(which: &str) -> (&'static str, &'static str) {
    match which {
        "credit_" => ("summary.credit_count", "summary.credit_sum"),
        "debit_" => ("summary.debit_count", "summary.debit_sum"),
        _ => ("summary.count", "summary.sum"),
    }
}

impl Totals {
    fn together(&self) -> (u64, Sum) {
        (self.credits.saturating_add(self.debits), self.credit_sum + self.debit_sum)
    }

    fn credits(&self) -> (u64, Sum) {
        (self.credits, self.credit_sum)
    }

    fn debits(&self) -> (u64, Sum) {
        (self.debits, self.debit_sum)
    }

    fn take(&mut self, amount: Option<Sum>, direction: Option<&str>) {
        let (count, sum) = match direction {
            Some("debit") => (&mut self.debits, &mut self.debit_sum),
            _ => (&mut self.credits, &mut self.credit_sum),
        };
        *count = count.saturating_add(1);
        match amount.filter(|_| direction.is_some()) {
            Some(amount) => *sum = *sum + amount,
            None => self.unreadable += 1,
        }
    }
}

impl Booked {
    fn gaps(&self, message: &str) -> Vec<String> {
        let mut gaps = Vec::new();
        if self.unreadable > 0 {
            gaps.push(format!("{} booked entries without readable amount", self.unreadable));
        }
        if self.without_direction > 0 {
            gaps.push(format!("{} booked entries without direction", self.without_direction));
        }
        // A statement lists booked entries; the other reports list pending ones too.
        if self.without_status > 0 && !message.starts_with("camt.053") {
            gaps.push(format!("{} entries without status", self.without_status));
        }
        gaps
    }
}

fn count_check(name: &'static str, stated: &EntriesTotal, (all, booked): (u64, u64)) -> Option<Check> {
    let text = stated.count.as_deref()?;
    let Ok(found) = text.parse::<u64>() else {
        let check = Check { found: Some(text.to_owned()), ..Check::named(name) };
        return Some(check.missing("the stated number is none"));
    };
    if found != all && found == booked {
        let note = Some("booked entries only".to_owned());
        return Some(Check { note, ..Check::counts(name, booked, found) });
    }
    Some(Check::counts(name, all, found))
}

fn sum_check(name: &'static str, stated: Option<&str>, (all, booked): (Sum, Sum)) -> Option<Check> {
    let text = stated?;
    let Some(found) = Sum::parse(text) else {
        let check = Check { found: Some(text.to_owned()), ..Check::named(name) };
        return Some(check.missing("the stated sum is no number"));
    };
    if found != all && found == booked {
        let note = Some("booked entries only".to_owned());
        return Some(Check { note, ..Check::amounts(name, booked, found) });
    }
    Some(Check::amounts(name, all, found))
}

/// Where the previous closing balance stands beside the opening one, they must be the same money.
fn two_openings(balances: &[&Balance]) -> Option<Check> {
    let of = |kind: &'static str| chosen(balances, &[kind], End::First).ok().flatten().and_then(amount_of);
    Some(Check::amounts("balance.opening", of("PRCD")?, of("OPBD")?))
}

/// A balance, none, or why it is not clear which.
type Found<'b> = Result<Option<&'b Balance>, String>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// The balance of the first kind that occurs; of several of that kind the earliest or latest by date.
fn chosen<'b>(balances: &[&'b Balance], kinds: &[&str], end: End) -> Found<'b> {
    for kind in kinds {
        let mut found: Vec<&Balance> =
            balances.iter().copied().filter(|balance| balance.kind.as_deref() == Some(*kind)).collect();
        let (Some(first), several) = (found.first().copied(), found.len() > 1) else { continue };
        if !several {
            return Ok(Some(first));
        }
        let day =
            |balance: &&Balance| balance.date.as_deref().and_then(|date| date.get(..10)).map(str::to_owned);
        if *kind != "ITBD" && found.iter().any(|balance| day(balance).is_none()) {
            return Err(format!("which of {} {kind} balances counts", found.len()));
        }
        // A stable order: of equal days the first, respectively the last, in the document.
        found.sort_by_key(|balance| day(balance));
        let best = if end == End::First { found.first() } else { found.last() };
        let Some(best) = best.copied() else { continue };
        let rivals = found.iter().filter(|balance| day(balance) == day(&best));
        if *kind != "ITBD" && rivals.clone().any(|balance| amount_of(balance) != amount_of(best)) {
            return Err(format!("which of {} {kind} balances of one day counts", rivals.count()));
        }
        return Ok(Some(best));
    }
    Ok(None)
}

fn is_one_of(balance: &Balance, kinds: &[&str]) -> bool {
    balance.kind.as_deref().is_some_and(|kind| kinds.contains(&kind))
}

fn is_later_page(report: &AccountReport) -> bool {
    report.page.as_deref().is_some_and(|page| page.trim_start_matches('0') != "1")
}

/// A balance with its sign; an empty one needs none.
fn amount_of(balance: &Balance) -> Option<Sum> {
    readable(balance).ok()
}

/// A balance with its sign, or why it has none and what it would be as a credit.
fn readable(balance: &Balance) -> Result<Sum, (String, Option<Sum>)> {
    let kind = balance.kind.as_deref().unwrap_or("");
    let Some(amount) = balance.amount.as_deref().and_then(Sum::parse) else {
        return Err((format!("{kind} has no readable amount"), None));
    };
    match balance.direction.as_deref() {
        None if !amount.is_zero() => Err((format!("{kind} has no direction, taken as credit"), Some(amount))),
        direction => Ok(signed(amount, direction)),
    }
}
