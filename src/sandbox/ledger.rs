//! The bank's double-entry ledger in memory, rebuilt from the journal at start. Every posting takes an
//! amount out of one account and puts it into another, so all balances together are zero. Never files.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::record::{EntryLine, Foreign, Kind, PostingLine, Shown, Side};
use crate::domain::amount::Amount;
use crate::domain::currency::Currency;

/// No order, line, block or entry.
pub const NONE: u32 = u32::MAX;

/// An account of the ledger: a customer's, or one of the bank's own such as `suspense`.
#[derive(Clone, Debug)]
pub struct LedgerAccount {
    /// IBAN, other identification, or name of an own account.
    pub id: String,
    /// Its currency.
    pub currency: Currency,
    /// Credits minus debits, in minor units.
    pub balance_minor: i64,
    /// Balance when the open business day began, in minor units.
    pub opening_minor: i64,
    /// Entries since then, by number.
    pub entries_open: Vec<u32>,
    /// Statements made so far.
    pub statements: u32,
}

/// One posting. Numbers are positions in the ledger, from 1.
#[derive(Clone, Copy, Debug)]
pub struct Posting {
    /// Account the amount is taken from.
    pub debit: u16,
    /// Account the amount goes to.
    pub credit: u16,
    /// What kind of movement.
    pub kind: Kind,
    /// Minor units.
    pub minor: i64,
    /// The entry, or 0.
    pub entry: u32,
    /// The order, or [`NONE`].
    pub order: u32,
    /// The payment within the order, or [`NONE`].
    pub line: u32,
    /// Booking day.
    pub day: NaiveDate,
}

/// One movement on a customer's account.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The account.
    pub account: u16,
    /// Whether money leaves.
    pub side: Side,
    /// What kind of movement.
    pub kind: Kind,
    /// Which identifiers the reports show.
    pub shown: Shown,
    /// Total, in minor units.
    pub minor: i64,
    /// Charge included or taken off, in minor units.
    pub charge_minor: i64,
    /// Booking day.
    pub day: NaiveDate,
    /// The order, or [`NONE`].
    pub order: u32,
    /// The block that one entry stands for, or [`NONE`].
    pub block: u32,
    /// First posting (number), postings follow each other.
    pub posting_first: u32,
    /// How many postings.
    pub postings: u32,
    /// Return reason.
    pub reason: Option<Box<str>>,
    /// For movements that no order explains.
    pub foreign: Option<Box<Foreign<'static>>>,
}

/// A finding of our own books that cannot be: the journal was written by somebody else.
#[derive(Debug, thiserror::Error)]
#[error("the journal does not make a ledger: {cause} at {place} {number}")]
pub struct LedgerError {
    /// `entry` or `posting`.
    pub place: &'static str,
    /// Its number.
    pub number: u32,
    /// What is wrong.
    pub cause: &'static str,
}

/// All accounts, postings and entries.
#[derive(Default)]
pub struct Ledger {
    accounts: Vec<LedgerAccount>,
    by_id: HashMap<(String, Currency), u16>,
    postings: Vec<Posting>,
    entries: Vec<Entry>,
}

impl Ledger {
    /// The account of that identification and currency.
    pub fn account(&self, id: &str, currency: Currency) -> Option<&LedgerAccount> {
        self.accounts.iter().find(|account| account.id == id && account.currency == currency)
    }

    /// The account at a position taken from a posting or entry.
    pub fn account_at(&self, position: u16) -> Option<&LedgerAccount> {
        self.accounts.get(usize::from(position))
    }

    /// All accounts.
    pub fn accounts(&self) -> &[LedgerAccount] {
        &self.accounts
    }

    /// The entry of that number.
    pub fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The posting of that number.
    pub fn posting(&self, number: u32) -> Option<&Posting> {
        self.postings.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// Number that the next entry gets.
    pub fn entry_next(&self) -> u32 {
        self.entries.len() as u32 + 1
    }

    /// Number that the next posting gets.
    pub fn posting_next(&self) -> u32 {
        self.postings.len() as u32 + 1
    }

    /// Folds an entry line in. Its postings follow.
    pub fn apply_entry(&mut self, line: &EntryLine<'_>) -> Result<(), LedgerError> {
        let refused = |cause| LedgerError { place: "entry", number: line.number, cause };
        if line.number != self.entry_next() {
            return Err(refused("number out of sequence"));
        }
        let currency = Currency::parse(&line.currency).map_err(|_| refused("unknown currency"))?;
        let account = self.position(&line.account, currency);
        let charge = line.charge.as_deref().map_or(Some(0), |charge| minor_of(charge, currency));
        self.entries.push(Entry {
            account,
            side: line.direction,
            kind: line.kind,
            shown: line.shown,
            minor: minor_of(&line.amount, currency).ok_or(refused("bad amount"))?,
            charge_minor: charge.ok_or(refused("bad charge"))?,
            day: line.day.parse().map_err(|_| refused("bad day"))?,
            order: line.order.unwrap_or(NONE),
            block: line.block.unwrap_or(NONE),
            posting_first: self.posting_next(),
            postings: 0,
            reason: line.reason.as_deref().map(Box::from),
            foreign: line.foreign.as_ref().map(|foreign| Box::new(owned(foreign))),
        });
        if let Some(row) = self.accounts.get_mut(usize::from(account)) {
            row.entries_open.push(line.number);
        }
        Ok(())
    }

    /// Folds a posting line in: both accounts move by the same amount.
    pub fn apply_posting(&mut self, line: &PostingLine<'_>) -> Result<(), LedgerError> {
        let refused = |cause| LedgerError { place: "posting", number: line.number, cause };
        if line.number != self.posting_next() {
            return Err(refused("number out of sequence"));
        }
        let currency = Currency::parse(&line.currency).map_err(|_| refused("unknown currency"))?;
        let minor = minor_of(&line.amount, currency).ok_or(refused("bad amount"))?;
        let (debit, credit) = (self.position(&line.debit, currency), self.position(&line.credit, currency));
        self.move_balance(debit, minor.checked_neg()).ok_or(refused("balance out of range"))?;
        self.move_balance(credit, Some(minor)).ok_or(refused("balance out of range"))?;
        if let (Kind::Opening, Some(account)) = (line.kind, self.accounts.get_mut(usize::from(credit))) {
            account.opening_minor = account.balance_minor;
        }
        if let Some(entry) = line.entry {
            let position = (entry as usize).wrapping_sub(1);
            self.entries.get_mut(position).ok_or(refused("no such entry"))?.postings += 1;
        }
        self.postings.push(Posting {
            debit,
            credit,
            kind: line.kind,
            minor,
            entry: line.entry.unwrap_or(0),
            order: line.order.unwrap_or(NONE),
            line: line.line.unwrap_or(NONE),
            day: line.day.parse().map_err(|_| refused("bad day"))?,
        });
        Ok(())
    }

    /// Folds the end of a business day in: balances become the opening balances of the next.
    pub fn apply_day_closed(&mut self, is_customer: &dyn Fn(&str) -> bool) {
        for account in &mut self.accounts {
            if is_customer(&account.id) {
                account.opening_minor = account.balance_minor;
                account.entries_open.clear();
                account.statements += 1;
            }
        }
    }

    /// Position of an account, opened with nothing on it where it is new.
    fn position(&mut self, id: &str, currency: Currency) -> u16 {
        if let Some(position) = self.by_id.get(&(id.to_owned(), currency)) {
            return *position;
        }
        let position = self.accounts.len() as u16;
        self.by_id.insert((id.to_owned(), currency), position);
        self.accounts.push(LedgerAccount {
            id: id.to_owned(),
            currency,
            balance_minor: 0,
            opening_minor: 0,
            entries_open: Vec::new(),
            statements: 0,
        });
        position
    }

    fn move_balance(&mut self, position: u16, by_minor: Option<i64>) -> Option<()> {
        let account = self.accounts.get_mut(usize::from(position))?;
        account.balance_minor = account.balance_minor.checked_add(by_minor?)?;
        Some(())
    }
}

/// Minor units of an amount text. Zero is allowed: an opening balance may be nothing.
pub fn minor_of(text: &str, currency: Currency) -> Option<i64> {
    if text.bytes().all(|octet| matches!(octet, b'0' | b'.')) {
        return Some(0);
    }
    Amount::parse(text, currency).ok().map(|amount| amount.minor())
}

/// Decimal text of minor units without a sign: directions say which way.
pub fn money(minor: i64, currency: Currency) -> String {
    let digits = currency.minor_units() as usize;
    let text = format!("{:0width$}", minor.unsigned_abs(), width = digits + 1);
    if digits == 0 {
        return text;
    }
    let (whole, fraction) = text.split_at(text.len() - digits);
    format!("{whole}.{fraction}")
}

fn owned(foreign: &Foreign<'_>) -> Foreign<'static> {
    let own = |text: &Cow<'_, str>| Cow::Owned(text.clone().into_owned());
    Foreign {
        name: own(&foreign.name),
        account: foreign.account.as_ref().map(own),
        end_to_end_id: foreign.end_to_end_id.as_ref().map(own),
        text: own(&foreign.text),
    }
}
