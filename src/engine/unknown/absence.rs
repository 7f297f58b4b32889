//! Whether statements prove that nothing of a message was booked: final by the profile, complete, without
//! gaps, and without a debit that nobody can explain. Pure; in doubt it is no proof.
//! Source: faults and threats, section 2.5 (d).

use crate::domain::entry::{Direction, UnmatchedClass};
use crate::domain::row::{BlockRow, EntryRow, StatementRow};
use chrono::NaiveDate;

/// Kind of report that closes a day.
const STATEMENT: &str = "camt.053";

/// What is looked at for one message.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    /// Blocks of the message; statements and entries of their accounts are needed.
    pub blocks: &'a [BlockRow],
    /// Statements of these accounts, in any order.
    pub statements: &'a [StatementRow],
    /// Entries of these accounts that belong to no payout.
    pub strangers: &'a [EntryRow],
}

/// Whether the statements of every account prove that no block of the message was booked between the day of its
/// first attempt and the last day that is looked at. Members that are booked are evidence and known otherwise.
pub fn is_proven(account: &Account<'_>, first: NaiveDate, days: u32) -> bool {
    !account.blocks.is_empty()
        && account.blocks.iter().all(|block| {
            let until = block.execution_date.checked_add_days(chrono::Days::new(u64::from(days)));
            until.is_some_and(|until| {
                has_chain(account, block, (first, until)) && !has_stranger(account, block, first)
            })
        })
}

/// Statements that follow one another from the first day to the last: each opens where the one before closed, and
/// each adds up.
fn has_chain(account: &Account<'_>, block: &BlockRow, (first, until): (NaiveDate, NaiveDate)) -> bool {
    let mut days: Vec<(NaiveDate, &StatementRow)> = account
        .statements
        .iter()
        .filter(|row| row.account_ref == block.debtor_account_ref && row.kind == STATEMENT)
        .filter_map(|row| row.date.map(|date| (date, row)))
        .collect();
    days.sort_by_key(|(date, row)| (*date, row.key));
    // The statement that closes on the first day, or the last one before it, begins the chain.
    let Some(begin) = days.iter().rposition(|(date, _)| *date <= first) else { return false };
    let begin = days.iter().position(|(date, _)| Some(*date) == days.get(begin).map(|(date, _)| *date));
    let chain = days.get(begin.unwrap_or(0)..).unwrap_or_default();
    let reaches = chain.last().is_some_and(|(date, _)| *date >= until);
    let adds_up = |row: &StatementRow| match (row.opening, row.closing) {
        (Some(opening), Some(closing)) => opening.checked_add(row.movement) == Some(closing),
        _ => false,
    };
    let follows = |pair: &[(NaiveDate, &StatementRow)]| match pair {
        [(_, one), (_, other)] => {
            one.closing.is_some() && one.closing == other.opening && in_sequence(one, other)
        }
        _ => false,
    };
    reaches && chain.iter().all(|(_, row)| adds_up(row)) && chain.windows(2).all(follows)
}

/// Where both statements are numbered, the numbers follow; a new year may begin again at 1.
fn in_sequence(one: &StatementRow, other: &StatementRow) -> bool {
    let number =
        |row: &StatementRow| row.sequence.as_deref().and_then(|text| text.trim().parse::<u64>().ok());
    match (number(one), number(other)) {
        (Some(one), Some(other)) => other == 1 || one.checked_add(1) == Some(other),
        _ => true,
    }
}

/// A debit since the first attempt that is no charge and no payout's: it may be one of ours that lost its ids.
fn has_stranger(account: &Account<'_>, block: &BlockRow, first: NaiveDate) -> bool {
    account.strangers.iter().any(|entry| {
        entry.account_ref == block.debtor_account_ref
            && entry.direction == Direction::Debit
            && entry.class != UnmatchedClass::Charge
            && entry.booking_date.is_none_or(|date| date >= first)
    })
}
