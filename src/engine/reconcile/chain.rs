//! What the statements of one account say about each other: numbers without gaps, each opening where the one before
//! closed, no page missing, nothing issued again with other content. Pure; whatever is wrong is for a person.
//! Source: faults and threats, matrix rows 97 and 98.

use crate::domain::row::StatementRow;
use crate::store::view::View;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// Kind of report that closes a day: only these have a chain.
pub(super) const STATEMENT: &str = "camt.053";

/// A statement with all its pages.
struct Whole {
    number: Option<u64>,
    date: Option<NaiveDate>,
    opening: Option<Decimal>,
    closing: Option<Decimal>,
}

fn number(row: &StatementRow) -> Option<u64> {
    row.sequence.as_deref().and_then(|text| text.trim().parse().ok())
}

/// The page stands last in the identity.
fn page(row: &StatementRow) -> u64 {
    row.identity.rsplit('|').next().and_then(|text| text.trim().parse().ok()).unwrap_or(1)
}

/// Pages of one statement, or the same one again. Only the page that closes it may know the day.
fn is_same(one: &StatementRow, other: &StatementRow) -> bool {
    let same_day =
        one.date == other.date || (one.id == other.id && (one.date.is_none() || other.date.is_none()));
    match (number(one), number(other)) {
        (Some(one_number), Some(other_number)) => one_number == other_number && same_day,
        _ => one.id == other.id && same_day,
    }
}

/// A statement of a known identity came again: other figures are a correction, the same ones a repetition.
pub(super) fn corrected(known: &StatementRow, again: &StatementRow) -> Option<(&'static str, String)> {
    let figures = |row: &StatementRow| (row.opening, row.closing, row.movement);
    (known.document != again.document && figures(known) != figures(again)).then(|| {
        let text = format!(
            "statement {} of account {} came again with other figures; the entries of both are read",
            known.id, known.account_ref
        );
        ("statement_corrected", text)
    })
}

/// What a statement that was not there before does not fit to.
pub(super) fn findings(view: &View, new: &StatementRow) -> Vec<(&'static str, String)> {
    let others: Vec<&StatementRow> = view
        .statements
        .values()
        .filter(|row| row.key != new.key && row.account_ref == new.account_ref && row.kind == STATEMENT)
        .filter(|row| row.currency == new.currency)
        .collect();
    let mut found = Vec::new();
    let pages: Vec<&StatementRow> = others.iter().copied().filter(|row| is_same(row, new)).collect();
    if pages.iter().any(|row| page(row) == page(new)) {
        let text = format!("statement {} of account {} was issued again", new.id, new.account_ref);
        found.push(("statement_reissued", text));
        return found;
    }
    if page(new) > 1 && !pages.iter().any(|row| page(row) + 1 == page(new)) {
        let text = format!("page {} of statement {} came, the one before it did not", page(new), new.id);
        found.push(("statement_page_missing", text));
    }
    let wholes: Vec<Whole> = wholes(&others);
    let this = whole(&pages.iter().copied().chain([new]).collect::<Vec<_>>());
    let before =
        wholes.iter().filter(|other| precedes(other, &this)).max_by_key(|other| (other.date, other.number));
    let after =
        wholes.iter().filter(|other| precedes(&this, other)).min_by_key(|other| (other.date, other.number));
    for (one, other) in [(before, Some(&this)), (Some(&this), after)] {
        if let (Some(one), Some(other)) = (one, other) {
            found.extend(link(one, other, &new.account_ref));
        }
    }
    found
}

fn wholes(rows: &[&StatementRow]) -> Vec<Whole> {
    let mut groups: Vec<Vec<&StatementRow>> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| is_same(first, row))) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups.iter().map(|group| whole(group)).collect()
}

/// The first page that says it opens it, the last one closes it.
fn whole(pages: &[&StatementRow]) -> Whole {
    let mut pages = pages.to_vec();
    pages.sort_by_key(|row| page(row));
    Whole {
        number: pages.first().and_then(|row| number(row)),
        date: pages.iter().find_map(|row| row.date),
        opening: pages.iter().find_map(|row| row.opening),
        closing: pages.iter().rev().find_map(|row| row.closing),
    }
}

fn precedes(one: &Whole, other: &Whole) -> bool {
    match (one.date, other.date) {
        (Some(one_date), Some(other_date)) if one_date != other_date => one_date < other_date,
        _ => one.number.zip(other.number).is_some_and(|(one, other)| one < other),
    }
}

/// What is wrong between a statement and the next one that is there. Numbers may begin again at 1 in a new year.
fn link(one: &Whole, other: &Whole, account_ref: &str) -> Option<(&'static str, String)> {
    let (from, to) = (one.number.unwrap_or_default(), other.number.unwrap_or_default());
    let new_year = match (one.date, other.date) {
        (Some(one), Some(other)) => one.year() < other.year() && to == 1,
        _ => false,
    };
    if one.number.is_some() && other.number.is_some() && !new_year && from.checked_add(1) != Some(to) {
        let text = format!("account {account_ref}: statement {to} follows statement {from}");
        return Some(("statement_gap", text));
    }
    match (one.closing, other.opening) {
        (Some(closing), Some(opening)) if closing != opening => {
            let text = format!(
                "account {account_ref}: a statement closes with {closing}, the next one opens with {opening}; \
                 its statements prove nothing until a person has looked"
            );
            Some(("opening_differs", text))
        }
        _ => None,
    }
}
