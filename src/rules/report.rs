//! One row per party of a message: the form of its address, which rails refuse it from which day, and what to write instead.

use std::io::BufRead;

use chrono::NaiveDate;

use crate::messages::reading::Place;
use crate::messages::unwrap::Source;
use crate::messages::validate::{Judge, Seen, Validated, together, validate_watched};

use super::address::{AddressKind, Written, addresses};
use super::check::Check;
use super::gather::{Gather, Part};
use super::parties;
use super::proposal::{Proposal, propose};
use super::unit::{Leaf, Unit};
use super::{Severity, sets};

/// A rail that refuses an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Like `sepa-sct`, `cbpr-plus`, `uk.chaps`.
    pub rail: String,
    /// The first day of settlement on which it does.
    pub from: NaiveDate,
}

/// A party and its address.
#[derive(Clone, Debug)]
pub struct PartyRow {
    /// Where the address begins, or the party if it has none.
    pub place: Place,
    /// Of the party, with indexes.
    pub path: String,
    /// Like `Cdtr`, `CdtrAgt/FinInstnId`.
    pub role: String,
    /// Of its transaction; none for a party of the batch or the whole message.
    pub end_to_end_id: Option<String>,
    /// The form of its address.
    pub kind: AddressKind,
    /// Rails of the payment's currency that refuse it.
    pub refused: Vec<Refusal>,
    /// What to write in place of lines.
    pub proposal: Option<Proposal>,
}

/// Parties that get a row even without address.
const PARTIES: &[&str] = &["InitgPty", "UltmtDbtr", "Dbtr", "Cdtr", "UltmtCdtr"];

/// Rails by the beginning of their address rules, and the currency of their payments; none for any currency.
const RAILS: &[(&str, Option<&str>)] = &[
    ("sepa-sct", Some("EUR")),
    ("sepa-inst", Some("EUR")),
    ("uk.chaps", Some("GBP")),
    ("us.fedwire", Some("USD")),
    ("cbpr-plus", None),
];

/// Messages that carry payments, and so parties who get rows.
const PAYMENTS: &[&str] = &["pain.001", "pacs.008"];

/// Whether there was a payment message in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payments {
    /// One at least.
    Some,
    /// None: what the input holds has no parties to tell of.
    None,
}

/// Hands out the parties of every payment message in the input as they are read.
pub fn parties(input: impl BufRead, sink: &mut dyn FnMut(PartyRow)) -> (Validated, Payments) {
    let mut report = Report {
        gathered: Gather::default(),
        batch_told: false,
        group_told: false,
        payments: Payments::None,
        sink,
    };
    let mut input = input;
    let source = Source::Stream(&mut input);
    let validated = together(validate_watched(source, None, Judge::Shipped, &mut |seen| report.see(seen)));
    (validated, report.payments)
}

struct Report<'s> {
    gathered: Gather,
    group_told: bool,
    batch_told: bool,
    payments: Payments,
    sink: &'s mut dyn FnMut(PartyRow),
}

impl Report<'_> {
    fn see(&mut self, seen: Seen<'_>) {
        let part = self.gathered.see(seen);
        if part.is_some() && PAYMENTS.contains(&self.gathered.message) {
            self.payments = Payments::Some;
        }
        match part {
            Some(Part::Document) => (self.group_told, self.batch_told) = (false, false),
            Some(Part::Group) if std::mem::replace(&mut self.group_told, true) => {}
            Some(Part::Group) => {
                rows(&self.gathered.group, None, None).into_iter().for_each(&mut *self.sink);
            }
            Some(Part::Transaction) => {
                self.tell_batch();
                let unit = &self.gathered.transaction;
                let id = unit.text("PmtId/EndToEndId");
                rows(unit, id, parties::currency(unit)).into_iter().for_each(&mut *self.sink);
            }
            Some(Part::Batch) => {
                self.tell_batch();
                self.batch_told = false;
            }
            Some(Part::Message) | None => {}
        }
    }

    /// The head of the batch, before its first transaction.
    fn tell_batch(&mut self) {
        if !std::mem::replace(&mut self.batch_told, true) {
            let Gather { batch, transaction, .. } = &self.gathered;
            rows(batch, None, parties::currency(transaction)).into_iter().for_each(&mut *self.sink);
        }
    }
}

/// The parties of one part, in document order.
fn rows(unit: &Unit, id: Option<&str>, currency: Option<&str>) -> Vec<PartyRow> {
    let written = addresses(unit);
    let mut rows: Vec<PartyRow> =
        written.iter().map(|address| with_address(unit, address, currency)).collect();
    for party in PARTIES.iter().filter(|party| !written.iter().any(|address| address.role == **party)) {
        if let Some(leaf) = unit.within(party) {
            rows.push(PartyRow {
                place: leaf.place,
                path: path_of(unit, &leaf, party),
                role: (*party).to_owned(),
                end_to_end_id: None,
                kind: AddressKind::None,
                refused: Vec::new(),
                proposal: None,
            });
        }
    }
    for row in &mut rows {
        row.end_to_end_id = id.map(str::to_owned);
    }
    rows.sort_by_key(|row| (row.place.line, row.place.column));
    rows
}

fn with_address(unit: &Unit, address: &Written<'_>, currency: Option<&str>) -> PartyRow {
    let kind = address.kind();
    let lines = matches!(kind, AddressKind::Unstructured | AddressKind::Hybrid);
    PartyRow {
        place: address.first.place,
        path: path_of(unit, &address.first, address.role),
        role: address.role.to_owned(),
        end_to_end_id: None,
        kind,
        refused: refusals(address, currency),
        proposal: lines.then(|| propose(address)),
    }
}

/// The path of the party that a leaf stands in.
fn path_of(unit: &Unit, leaf: &Leaf<'_>, role: &str) -> String {
    let depth = unit.shown.split('/').count() + role.split('/').count();
    leaf.shown.split('/').take(depth).collect::<Vec<_>>().join("/")
}

/// The rails of that currency that refuse the address, each with its first day.
fn refusals(address: &Written<'_>, currency: Option<&str>) -> Vec<Refusal> {
    let concerns = |of: &Option<&str>| match (of, currency) {
        (None, _) | (_, None) => true,
        (Some(of), Some(currency)) => *of == currency,
    };
    let first_day = |rail: &str| {
        let rules = sets().iter().flat_map(|set| &set.rules);
        let own =
            rules.filter(|rule| rule.id.strip_prefix(rail).is_some_and(|rest| rest.starts_with(".address.")));
        let refusing = own.filter(|rule| match &rule.check {
            Check::Named { name, .. } => rule.severity == Severity::Error && name.refuses(address),
            _ => false,
        });
        refusing.map(|rule| rule.valid_from).min()
    };
    let rails = RAILS.iter().filter(|(_, of)| concerns(of));
    rails.filter_map(|(rail, _)| Some(Refusal { rail: (*rail).to_owned(), from: first_day(rail)? })).collect()
}
