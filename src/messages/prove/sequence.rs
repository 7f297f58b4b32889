//! The reports of one account against each other: numbers, pages, repeated ids, and balances that carry over. Keeps one
//! line per report, never entries.

use std::collections::BTreeMap;

use super::balance::Ends;
use super::check::{Check, Holds};
use crate::messages::record::{AccountId, AccountReport};

/// Most reports that are compared with each other. Chosen by us: about 200 MB at the most.
const REPORTS_MAX: usize = 500_000;

/// Most missing numbers that are listed. Chosen by us.
const MISSING_SHOWN_MAX: usize = 20;

/// Which reports follow each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    /// Like `camt.053`.
    kind: String,
    account: String,
}

/// What tells one report of an account from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Marks([Option<String>; 6]);

impl Marks {
    fn of(report: &AccountReport) -> Marks {
        Marks([
            report.id.clone(),
            report.from.clone(),
            report.to.clone(),
            report.sequence.clone(),
            report.legal_sequence.clone(),
            report.page.clone(),
        ])
    }
}

/// The reports of one series in the order they came, and where those with certain marks came first.
#[derive(Default)]
struct Line {
    seen: Vec<Seen>,
    first: BTreeMap<Marks, usize>,
}

/// What is kept of a report.
struct Seen {
    report: Option<String>,
    from: Option<String>,
    to: Option<String>,
    electronic: Option<String>,
    legal: Option<String>,
    page: Option<String>,
    last_page: Option<bool>,
    copy: Option<String>,
    file: Option<String>,
    line: u64,
    digest: [u8; 32],
    ends: Vec<Ends>,
    /// The same report came before.
    repeated: bool,
}

/// A report that was read to its end.
pub(super) struct Ended<'r> {
    pub(super) report: &'r AccountReport,
    pub(super) file: Option<&'r str>,
    pub(super) line: u64,
    /// Over everything that the report says, copy mark and message id aside.
    pub(super) digest: [u8; 32],
    pub(super) ends: Vec<Ends>,
}

/// All reports so far.
#[derive(Default)]
pub(super) struct Chain {
    series: BTreeMap<Series, Line>,
    accounts: BTreeMap<String, AccountId>,
    reports: usize,
    beyond: u64,
}

fn series_of(report: &AccountReport) -> Series {
    let account = report.account.clone().unwrap_or_default();
    let name = account.iban.or(account.other).unwrap_or_default();
    let kind = report.message.split('.').take(2).collect::<Vec<_>>().join(".");
    Series { kind, account: name }
}

impl Seen {
    /// A repetition or a marked copy says nothing new.
    fn counts(&self) -> bool {
        !self.repeated && self.copy.as_deref().is_none_or(|mark| mark == "CODU")
    }
}

impl Chain {
    /// Whether a report with these marks has been seen, so that its entries are no second ones.
    pub(super) fn is_known(&self, report: &AccountReport) -> bool {
        let line = self.series.get(&series_of(report));
        line.is_some_and(|line| line.first.contains_key(&Marks::of(report)))
    }

    /// Takes a report in; says what it is if it claims to be a copy or repeats another.
    pub(super) fn take(&mut self, ended: Ended<'_>) -> Option<Check> {
        if self.reports >= REPORTS_MAX {
            self.beyond += 1;
            return None;
        }
        self.reports += 1;
        let report = ended.report;
        let key = series_of(report);
        if let Some(account) = &report.account {
            self.accounts.entry(key.account.clone()).or_insert_with(|| account.clone());
        }
        let line = self.series.entry(key).or_default();
        let marks = Marks::of(report);
        let first = line.first.get(&marks).and_then(|index| line.seen.get(*index));
        let check = copy_check(report, first, ended.digest);
        let repeated = first.is_some();
        line.first.entry(marks).or_insert(line.seen.len());
        line.seen.push(Seen {
            report: report.id.clone(),
            from: report.from.clone(),
            to: report.to.clone(),
            electronic: report.sequence.clone(),
            legal: report.legal_sequence.clone(),
            page: report.page.clone(),
            last_page: report.last_page,
            copy: report.copy.clone(),
            file: ended.file.map(str::to_owned),
            line: ended.line,
            digest: ended.digest,
            ends: ended.ends,
            repeated,
        });
        check
    }

    /// What holds between the reports of each account.
    pub(super) fn finish(&self, give: &mut dyn FnMut(Check)) {
        for (series, Line { seen, .. }) in &self.series {
            let account = self.accounts.get(&series.account).cloned();
            let mut give = |check: Check| {
                let note = check.note.clone().or_else(|| Some(series.kind.clone()));
                give(Check { account: account.clone(), note, ..check });
            };
            let counting: Vec<&Seen> = seen.iter().filter(|seen| seen.counts()).collect();
            numbers(&ELECTRONIC, series, &counting, &mut give);
            numbers(&LEGAL, series, &counting, &mut give);
            pages(&counting, &mut give);
            if series.kind == "camt.053" {
                carried_over(&counting, &mut give);
            }
        }
        if self.beyond > 0 {
            let text = format!("{} reports beyond the first {REPORTS_MAX}", self.beyond);
            give(Check::named("sequence.electronic").missing(text));
        }
    }
}

fn copy_check(report: &AccountReport, first: Option<&Seen>, digest: [u8; 32]) -> Option<Check> {
    let mark = report.copy.as_deref();
    let check = Check { found: report.copy.clone(), ..Check::named("report.copy") };
    let Some(first) = first else {
        let mark = mark.filter(|mark| *mark != "CODU")?;
        return Some(check.missing(format!("the report that this {mark} repeats")));
    };
    let place = format!("{}:{}", first.file.as_deref().unwrap_or("-"), first.line);
    if first.digest == digest {
        return Some(Check { holds: Holds::Yes, note: Some(format!("the same report as {place}")), ..check });
    }
    let note = format!("the same id, period and numbers as {place}, but another content");
    Some(Check { holds: Holds::No, note: Some(note), ..check })
}

/// Numbers begin anew with the year; those of reports within a day, each day.
fn period(series: &Series, seen: &Seen) -> String {
    let octets = if series.kind == "camt.052" { 10 } else { 4 };
    let moment = seen.from.as_deref().or(seen.to.as_deref()).unwrap_or("");
    moment.get(..octets).unwrap_or(moment).to_owned()
}

/// One of the two numberings of reports.
struct Numbering {
    name: &'static str,
    number: fn(&Seen) -> Option<&str>,
}

const ELECTRONIC: Numbering =
    Numbering { name: "sequence.electronic", number: |seen| seen.electronic.as_deref() };
const LEGAL: Numbering = Numbering { name: "sequence.legal", number: |seen| seen.legal.as_deref() };

fn numbers(numbering: &Numbering, series: &Series, seen: &[&Seen], give: &mut dyn FnMut(Check)) {
    let name = numbering.name;
    let mut periods: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut unnumbered = 0_u64;
    for report in seen {
        match (numbering.number)(report).and_then(|text| text.parse::<u64>().ok()) {
            Some(number) => periods.entry(period(series, report)).or_default().push(number),
            None => unnumbered += 1,
        }
    }
    let count: usize = periods.values().map(Vec::len).sum();
    if count == 0 {
        return;
    }
    if count == 1 {
        return give(Check::named(name).missing("a second report of the account"));
    }
    let mut before: Option<u64> = None;
    let mut broken = false;
    for (period, mut numbers) in periods {
        numbers.sort_unstable();
        numbers.dedup();
        for (index, found) in numbers.iter().enumerate() {
            let expected = before.and_then(|before| before.checked_add(1));
            let restart = index == 0 && *found <= 1;
            if let Some(expected) = expected.filter(|expected| expected != found && !restart) {
                broken = true;
                let note = Some(missing_numbers(expected, *found, &period));
                give(Check { note, ..Check::counts(name, expected, *found) });
            }
            before = Some(*found);
        }
    }
    if !broken {
        let check = Check { holds: Holds::Yes, proved: Some(count as u64), ..Check::named(name) };
        let text = format!("{unnumbered} reports have no number");
        let note = (unnumbered > 0).then_some(text);
        give(Check { failed: Some(0), unprovable: Some(unnumbered), note, ..check });
    }
}

fn missing_numbers(expected: u64, found: u64, period: &str) -> String {
    let within = if period.is_empty() { String::new() } else { format!(" in {period}") };
    if found < expected {
        return format!("the numbers go back{within}");
    }
    let shown: Vec<String> =
        (expected..found).take(MISSING_SHOWN_MAX).map(|number| number.to_string()).collect();
    let more = if found - expected > MISSING_SHOWN_MAX as u64 { " and more" } else { "" };
    format!("missing {}{more}{within}", shown.join(", "))
}

/// Pages of one report: without gap from the first to the last.
fn pages(seen: &[&Seen], give: &mut dyn FnMut(Check)) {
    let mut reports: BTreeMap<(Option<&str>, Option<&str>), Vec<&Seen>> = BTreeMap::new();
    for report in seen.iter().filter(|report| report.page.is_some()) {
        reports.entry((report.report.as_deref(), report.electronic.as_deref())).or_default().push(report);
    }
    for ((id, _), parts) in reports {
        let mut numbers: Vec<u64> =
            parts.iter().filter_map(|part| part.page.as_deref()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let gap =
            numbers.windows(2).find(|pair| matches!(pair, [one, two] if one.checked_add(1) != Some(*two)));
        let place = parts.first().map(|part| (part.file.clone(), part.line));
        let check = Check { report: id.map(str::to_owned), ..Check::named("pages") };
        let check = Check {
            file: place.as_ref().and_then(|place| place.0.clone()),
            line: place.map(|place| place.1),
            ..check
        };
        if let Some([one, two]) = gap {
            let (expected, found) = (one.saturating_add(1), *two);
            let figures = Check::counts("pages", expected, found);
            let note = Some(missing_numbers(expected, found, ""));
            give(Check { report: check.report, file: check.file, line: check.line, note, ..figures });
            continue;
        }
        let has_end = parts.iter().any(|part| part.last_page == Some(true));
        let shown = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let check = Check { found: Some(shown), ..check };
        give(match (numbers.first(), has_end) {
            (Some(1), true) => Check { holds: Holds::Yes, ..check },
            (Some(1), false) => check.missing("the page marked as the last"),
            (Some(_), _) => check.missing("the pages before"),
            (None, _) => check.missing("a page number that is one"),
        });
    }
}

/// The closing balance of a statement is the opening balance of the next.
fn carried_over(seen: &[&Seen], give: &mut dyn FnMut(Check)) {
    let mut numbered: Vec<(u64, &Seen)> = seen
        .iter()
        .filter_map(|report| {
            let number = report.electronic.as_deref().or(report.legal.as_deref())?;
            Some((number.parse().ok()?, *report))
        })
        .collect();
    numbered.sort_by_key(|(number, report)| (report.from.as_deref().and_then(|from| from.get(..4)), *number));
    for pair in numbered.windows(2) {
        let [(number, one), (next, two)] = pair else { continue };
        if number.checked_add(1) != Some(*next) {
            continue;
        }
        for before in &one.ends {
            let after = two.ends.iter().find(|end| end.currency == before.currency);
            if let (Some(closing), Some(opening)) = (before.closing, after.and_then(|after| after.opening)) {
                let check = Check::amounts("balance.continues", closing, opening);
                let note = Some(format!("closing of {number}, opening of {next}"));
                let currency = Some(before.currency.clone());
                let (file, line, report) = (two.file.clone(), Some(two.line), two.report.clone());
                give(Check { note, currency, file, line, report, ..check });
            }
        }
    }
}
