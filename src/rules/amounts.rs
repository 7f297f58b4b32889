//! Checks of amounts, counts and sums. Never a tolerance: a sum is right or wrong.

use crate::domain::currency::{Currency, CurrencyError};

use super::check::{Found, Running, Scene, cut};
use super::unit::{Leaf, Unit};
use crate::domain::exact::{Exact, Total};

/// Every amount of a part that stands in a currency.
fn amounts(unit: &Unit) -> impl Iterator<Item = (Leaf<'_>, &str)> {
    unit.leaves().filter_map(|leaf| leaf.currency.map(|currency| (leaf, currency)))
}

/// Digits behind the point against ISO 4217.
pub fn minor_units(unit: &Unit, found: &mut Vec<Found>) {
    for (leaf, currency) in amounts(unit) {
        let Ok(currency) = Currency::parse(currency) else { continue };
        let digits = leaf.text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let most = currency.minor_units() as usize;
        if digits > most && Exact::parse(leaf.text).is_some() {
            let text = format!("{} has {digits} digits behind the point, {currency} has {most}", leaf.text);
            found.push(Found::at(&leaf, text));
        }
    }
}

/// Currencies against ISO 4217.
pub fn known_currency(unit: &Unit, found: &mut Vec<Found>) {
    let tagged = unit.leaves().filter(|leaf| leaf.path.ends_with("/Ccy") || leaf.path == "Ccy");
    let tagged = tagged.chain(unit.leaves().filter(|leaf| leaf.path.ends_with("/CcyOfTrf")));
    let named = tagged.map(|leaf| (leaf, leaf.text));
    for (leaf, currency) in amounts(unit).chain(named) {
        match Currency::parse(currency) {
            Ok(_) => {}
            Err(CurrencyError::NotPayable { .. }) => {
                found.push(Found::at(&leaf, format!("{} is no money that can be paid", cut(currency))));
            }
            Err(_) => {
                found.push(Found::at(&leaf, format!("{} is not in ISO 4217", cut(currency))));
            }
        }
    }
}

/// The amount to be paid is more than nothing.
pub fn positive(amount: Option<Leaf<'_>>, found: &mut Vec<Found>) {
    if let Some(leaf) = amount
        && Exact::parse(leaf.text).is_some_and(|amount| !amount.is_positive())
    {
        found.push(Found::at(&leaf, format!("{} is not more than nothing", leaf.text)));
    }
}

/// `NbOfTxs` against the transactions there are.
pub fn count(scene: &Scene<'_>, path: &str, count: u64, found: &mut Vec<Found>) {
    if let Some(leaf) = scene.unit().one(path)
        && is_count(leaf.text)
        && number(leaf.text) != Some(count)
    {
        found.push(Found::at(&leaf, format!("{path} says {}, there are {count}", leaf.text)));
    }
}

/// `CtrlSum` against the amounts there are.
pub fn sum(scene: &Scene<'_>, path: &str, total: Total, found: &mut Vec<Found>) {
    let Some(leaf) = scene.unit().one(path) else { return };
    if let (Some(said), Some(sum)) = (Exact::parse(leaf.text), total.known())
        && said != sum
    {
        found.push(Found::at(&leaf, format!("{path} says {}, the amounts add up to {sum}", leaf.text)));
    }
}

/// Counts and sums of a report against its entries.
pub fn entry_totals(scene: &Scene<'_>, found: &mut Vec<Found>) {
    let header = scene.gathered.group.leaves();
    let paged = |leaf: Leaf<'_>| match leaf.path.rsplit('/').next() {
        Some("LastPgInd") => leaf.text != "true" && leaf.text != "1",
        Some("PgNb") => leaf.text != "1",
        _ => false,
    };
    // On one page of several the summary covers the others too.
    if header.chain(scene.unit().leaves()).any(paged) {
        return;
    }
    let Running { count: entries, credits, debits, total } = scene.running;
    let rows = [
        ("TxsSummry/TtlNtries", entries, total),
        ("TxsSummry/TtlCdtNtries", credits.0, credits.1),
        ("TxsSummry/TtlDbtNtries", debits.0, debits.1),
    ];
    for (path, entries, total) in rows {
        count(scene, &format!("{path}/NbOfNtries"), entries, found);
        sum(scene, &format!("{path}/Sum"), total, found);
    }
}

/// `NbOfTxsPerSts` against `OrgnlNbOfTxs`.
pub fn status_counts(unit: &Unit, found: &mut Vec<Found>) {
    let Some(original) = unit.one("OrgnlNbOfTxs") else { return };
    let counts: Vec<Option<u64>> =
        unit.all("NbOfTxsPerSts/DtldNbOfTxs").map(|leaf| number(leaf.text)).collect();
    let sum = counts.iter().try_fold(0_u64, |sum, count| sum.checked_add((*count)?));
    if let (false, Some(sum), Some(all)) = (counts.is_empty(), sum, number(original.text))
        && sum > all
    {
        let text = format!("{all} transactions, but the statuses count {sum}");
        found.push(Found::at(&original, text));
    }
}

fn is_count(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// A count with any number of zeros before it; None beyond 64 bits.
fn number(text: &str) -> Option<u64> {
    if !is_count(text) {
        return None;
    }
    let digits = text.trim_start_matches('0');
    if digits.is_empty() { Some(0) } else { digits.parse().ok() }
}
