//! Intake as a client meets it: files in, payouts or findings out; routing, dates and grouping.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod grouping;
mod hostile;
mod instructions;
mod robustness;

use chrono::{DateTime, NaiveDate, Utc};
use girogate::domain::charset::Policy;
use girogate::domain::payout::{Rail, Speed};
use girogate::domain::row::ConfiguredAccount;
use girogate::engine::batching::{PlannedMessage, plan};
use girogate::engine::convert::{Format, Taken, convert, take};
use girogate::engine::demonstration;
use girogate::engine::intake::check::{Checked, Context};
use girogate::engine::intake::columns::{EXAMPLES, columns};
use girogate::engine::intake::csv::{RawRows, Separator};
use girogate::engine::intake::finding::{CODES, Finding, Severity};
use girogate::engine::intake::ids::IdKey;
use girogate::engine::routing::Bank;
use girogate::messages::pain_001::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A Monday morning.
const NOW: &str = "2026-11-23T09:00:00Z";

struct World {
    accounts: Vec<ConfiguredAccount>,
    banks: Vec<Bank>,
    id_key: IdKey,
    now: DateTime<Utc>,
    text_policy: Policy,
}

impl World {
    fn new() -> World {
        World {
            accounts: demonstration::accounts(),
            banks: vec![demonstration::bank()],
            id_key: demonstration::id_key(),
            now: NOW.parse().unwrap(),
            text_policy: Policy::Transliterate,
        }
    }

    fn at(moment: &str) -> World {
        World { now: moment.parse().unwrap(), ..World::new() }
    }

    fn context(&self) -> Context<'_> {
        Context {
            accounts: &self.accounts,
            banks: &self.banks,
            now: self.now,
            tenant: "demo",
            id_key: &self.id_key,
            default_speed: Speed::Standard,
            text_policy: self.text_policy,
        }
    }

    fn take(&self, text: &[u8], format: Format) -> Taken {
        take(text, format, &self.context())
    }

    /// One instruction: a good one in euro with these members changed or, if empty, left out.
    fn one(&self, changes: &[(&str, &str)]) -> Result<Checked, Vec<Finding>> {
        let mut members: BTreeMap<&str, &str> = BTreeMap::from([
            ("external_id", "A-1"),
            ("debtor.account_ref", "demo-eur"),
            ("amount.value", "12.50"),
            ("amount.currency", "EUR"),
            ("creditor.name", "Zoe Muster"),
            ("creditor_account.iban", "DE89370400440532013000"),
        ]);
        members.extend(changes.iter().copied());
        let names: Vec<&str> = members.keys().copied().collect();
        let cells: Vec<String> =
            members.values().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        let file = format!("{}\n{}\n", names.join(","), cells.join(","));
        let mut taken = self.take(file.as_bytes(), Format::Csv(Separator::Comma));
        match taken.refused.pop() {
            Some(findings) => Err(findings),
            None => Ok(taken.accepted.pop().expect("a row is accepted or refused")),
        }
    }

    /// `member: code` of each error.
    fn errors(&self, changes: &[(&str, &str)]) -> Vec<String> {
        self.one(changes).err().map(|findings| listed(&findings, Severity::Error)).unwrap_or_default()
    }

    /// `member: code` of each warning of an accepted instruction.
    fn warnings(&self, changes: &[(&str, &str)]) -> Vec<String> {
        listed(&self.one(changes).unwrap().warnings, Severity::Warning)
    }
}

fn listed(findings: &[Finding], severity: Severity) -> Vec<String> {
    let wanted = findings.iter().filter(|finding| finding.severity == severity);
    wanted.map(|finding| format!("{}: {}", finding.member, finding.code)).collect()
}

const GBP: &[(&str, &str)] = &[
    ("debtor.account_ref", "demo-gbp"),
    ("amount.currency", "GBP"),
    ("creditor_account.iban", ""),
    ("creditor_account.gb.sort_code", "990000"),
    ("creditor_account.gb.account", "12345678"),
];
const USD: &[(&str, &str)] = &[
    ("debtor.account_ref", "demo-usd"),
    ("amount.currency", "USD"),
    ("creditor_account.iban", ""),
    ("creditor_account.us.routing", "990000026"),
    ("creditor_account.us.account", "0001234"),
    ("creditor_account.us.account_type", "checking"),
];

fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    base.iter().chain(more).copied().collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/payouts").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn places(refused: &[Vec<Finding>]) -> Vec<String> {
    let errors = refused.iter().flatten().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{}: {}", finding.place(), finding.code)).collect()
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(path);
    if !path.exists() {
        eprintln!("SKIPPED: {} is absent", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn creators_are_refused_exactly_where_expected() {
    let world = World::new();
    let taken = world.take(&fixture("creators.csv"), Format::Csv(Separator::Comma));
    let expected = String::from_utf8(fixture("expected.txt")).unwrap();
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(places(&taken.refused), expected);
    assert_eq!(taken.accepted.len() + taken.refused.len(), 1000);
    assert_eq!(taken.refused.len(), 25);
    let rails = taken.accepted.iter().fold(BTreeMap::<Rail, u32>::new(), |mut counts, checked| {
        *counts.entry(checked.payout.rail).or_default() += 1;
        counts
    });
    assert_eq!(rails.get(&Rail::UkFasterPayments), Some(&49));
    assert_eq!(rails.get(&Rail::UsAch).copied().unwrap_or_default() + rails[&Rail::UsInstant], 47);
    // Of the hundred instant rows two were made to be refused.
    assert_eq!(rails[&Rail::SepaInstant], 98);
}

#[test]
fn creators_end_the_same_on_any_day() {
    let refused = |moment: &str| {
        let taken = World::at(moment).take(&fixture("creators.csv"), Format::Csv(Separator::Comma));
        places(&taken.refused)
    };
    let expected = refused(NOW);
    for day in
        ["2026-11-29T23:30:00Z", "2026-12-25T12:00:00Z", "2027-11-22T00:00:00Z", "2027-03-28T01:30:00Z"]
    {
        assert_eq!(refused(day), expected, "{day}");
    }
}

#[test]
fn ids_and_references_of_the_creators_are_unique_and_derived() {
    let world = World::new();
    let first = world.take(&fixture("creators.csv"), Format::Csv(Separator::Comma)).accepted;
    let again = world.take(&fixture("creators.csv"), Format::Csv(Separator::Comma)).accepted;
    let ids = |all: &[Checked]| -> Vec<String> {
        all.iter().map(|one| format!("{} {}", one.payout.token, one.payout.end_to_end_id)).collect()
    };
    assert_eq!(ids(&first), ids(&again));
    let references: BTreeSet<(&str, String)> = first
        .iter()
        .map(|one| (one.payout.instruction.debtor_account_ref.as_str(), one.payout.end_to_end_id.key()))
        .collect();
    assert_eq!(references.len(), first.len());
}
