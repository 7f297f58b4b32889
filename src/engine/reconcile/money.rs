//! Debits and credits of single payouts: what a movement that names a payout does to it.

use super::account::unmatched;
use super::twice::second_debit;
use super::{Movement, detail_references};
use crate::domain::amount::{Amount, lexical_decimal};
use crate::domain::currency::Currency;
use crate::domain::entry::{Booking, Mark, Return, UnmatchedClass};
use crate::domain::fact::Fact;
use crate::domain::lifecycle::State;
use crate::domain::row::{PayoutRow, Subject};
use crate::engine::book::{Book, Exception};
use crate::engine::input::Envelope;
use crate::engine::report::reference;
use crate::messages::record::{BankTransactionCode, Charge};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Money and references of a detail as booked.
pub(super) fn amount_of(movement: &Movement<'_>) -> Option<Amount> {
    let of_detail =
        movement.detail.and_then(|detail| Some((detail.amount.as_deref()?, detail.currency.as_deref()?)));
    let of_entry = || Some((movement.entry.amount.as_deref()?, movement.entry.currency.as_deref()?));
    let (text, currency) = of_detail.or_else(of_entry)?;
    let currency = Currency::parse(currency.trim()).ok()?;
    Amount::from_decimal(lexical_decimal(text)?, currency).ok()
}

pub(super) fn debit(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>, row: &PayoutRow) {
    let amount = amount_of(movement);
    if is_charge(movement) && amount.as_ref() != Some(&row.amount) {
        return unmatched(book, envelope, movement, UnmatchedClass::Charge);
    }
    let Some(amount) = amount.filter(|amount| explained(amount, &row.amount, movement)) else {
        let subject = Subject::Payout(row.key);
        let booked =
            movement.detail.and_then(|detail| detail.amount.as_deref()).or(movement.entry.amount.as_deref());
        let text = format!("instructed {}, booked {}", row.amount, booked.unwrap_or("without amount"));
        let exception =
            Exception { subject, code: "amount_mismatch", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    };
    if let Some(text) = second_debit(book.view, row, movement) {
        let subject = Subject::Payout(row.key);
        let exception =
            Exception { subject, code: "duplicate_debit", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
        return unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
    }
    if already_marked(row, movement) {
        return;
    }
    let before = book.view.state_of(row);
    let fact = Fact::EntryBooked {
        key: row.key,
        account_ref: movement.account.account_ref.clone(),
        counter_account: format!("creditor:{}", row.token.base32()),
        on_behalf_of: None,
        booking: Box::new(booking(movement, amount)),
        bank_references: movement
            .detail
            .map(|detail| detail_references(movement.entry, detail))
            .unwrap_or_default(),
        mark: movement.mark,
    };
    book.write(envelope, fact);
    if matches!(before, State::Rejected | State::Cancelled) {
        let subject = Subject::Payout(row.key);
        let text = format!("money left although the payout was {}", before.name());
        let exception =
            Exception { subject, code: "debit_after_reject", text, evidence: Some(movement.evidence) };
        book.raise(envelope, exception);
    }
}

/// Entry = instructed + charges marked as included; nothing else explains a difference in one currency.
fn explained(booked: &Amount, instructed: &Amount, movement: &Movement<'_>) -> bool {
    if booked.currency() != instructed.currency() {
        return false;
    }
    if booked == instructed {
        return true;
    }
    let of_detail = movement.detail.map(|detail| detail.charges.as_slice()).unwrap_or_default();
    let of_entry = if movement.entry.transactions <= 1 { movement.entry.charges.as_slice() } else { &[] };
    let charges = if of_detail.is_empty() { of_entry } else { of_detail };
    let included: Option<Decimal> = charges
        .iter()
        .filter(|charge| charge.included != Some(false))
        .map(|charge| charge_amount(charge, instructed.currency()))
        .sum();
    included.is_some_and(|included| {
        !included.is_zero() && instructed.value().checked_add(included) == Some(booked.value())
    })
}

fn charge_amount(charge: &Charge, currency: Currency) -> Option<Decimal> {
    if charge.currency.as_deref().map(str::trim) != Some(currency.code()) {
        return None;
    }
    let amount = lexical_decimal(charge.amount.as_deref()?)?;
    Some(if charge.direction.as_deref() == Some("credit") { -amount } else { amount })
}

/// A fee entry, by its transaction code. Source: status life cycle, section 6.1 (`CHRG`, `FEES`, `COMC`).
fn is_charge(movement: &Movement<'_>) -> bool {
    let code = |code: &BankTransactionCode| {
        code.sub_family
            .as_deref()
            .is_some_and(|sub_family| matches!(sub_family, "CHRG" | "FEES" | "COMC" | "COMM"))
    };
    let of_detail = movement.detail.and_then(|detail| detail.bank_transaction_code.as_ref());
    of_detail.or(movement.entry.bank_transaction_code.as_ref()).is_some_and(code)
}

fn already_marked(row: &PayoutRow, movement: &Movement<'_>) -> bool {
    row.booking.as_ref().is_some_and(|known| match movement.mark {
        Mark::Notified => known.notified.is_some(),
        Mark::OnStatement => known.on_statement.is_some(),
    })
}

pub(super) fn booking_reference(movement: &Movement<'_>) -> Option<String> {
    let of_detail = movement.detail.and_then(|detail| reference(detail.account_servicer_reference.as_ref()));
    let single = movement.entry.transactions <= 1;
    let of_entry = reference(movement.entry.account_servicer_reference.as_ref()).filter(|_| single);
    of_detail.or(of_entry).map(str::to_owned)
}

pub(super) fn booking(movement: &Movement<'_>, amount: Amount) -> Booking {
    let marked = |mark: Mark| (movement.mark == mark).then_some(movement.evidence);
    Booking {
        amount,
        account_servicer_reference: booking_reference(movement),
        booking_date: date(movement.entry.booking_date.as_deref()),
        value_date: date(movement.entry.value_date.as_deref()),
        notified: marked(Mark::Notified),
        on_statement: marked(Mark::OnStatement),
    }
}

/// The day of a date or date-time; no zone is assumed.
pub(super) fn date(text: Option<&str>) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text?.trim().get(..10)?, "%Y-%m-%d").ok()
}

/// Money back: known by `RtrInf`, by its transaction code, or by a reversal that carries our keys.
fn is_return(movement: &Movement<'_>) -> bool {
    let by_code = |code: &BankTransactionCode| {
        code.sub_family.as_deref().is_some_and(|sub_family| matches!(sub_family, "RRTN" | "RPCR"))
    };
    let detail = movement.detail;
    detail.is_some_and(|detail| detail.returned.is_some())
        || detail.and_then(|detail| detail.bank_transaction_code.as_ref()).is_some_and(by_code)
        || movement.entry.bank_transaction_code.as_ref().is_some_and(by_code)
        || movement.entry.reversal == Some(true)
}

pub(super) fn credit(book: &mut Book<'_>, envelope: &Envelope, movement: &Movement<'_>, row: &PayoutRow) {
    let amount = amount_of(movement);
    let plausible = amount.as_ref().is_some_and(|amount| {
        amount.currency() == row.amount.currency() && amount.value() <= row.amount.value()
    });
    let (true, true, Some(amount)) = (is_return(movement), plausible, amount) else {
        let subject = Subject::Payout(row.key);
        let text = "a credit carries the keys of this payout but is no return of it".to_owned();
        book.raise(
            envelope,
            Exception { subject, code: "possible_return", text, evidence: Some(movement.evidence) },
        );
        return unmatched(book, envelope, movement, UnmatchedClass::PossibleReturn);
    };
    let news = booking_reference(movement);
    if let Some(known) = &row.returned {
        let differs = match (&known.account_servicer_reference, &news) {
            (Some(known), Some(news)) => known != news,
            _ => known.evidence.document == movement.evidence.document,
        };
        if differs {
            let subject = Subject::Payout(row.key);
            let text = "the money came back a second time".to_owned();
            let exception =
                Exception { subject, code: "second_return", text, evidence: Some(movement.evidence) };
            book.raise(envelope, exception);
            unmatched(book, envelope, movement, UnmatchedClass::Unexplained);
        }
        return;
    }
    let undebited = book.view.state_of(row) != State::Booked;
    let information = movement.detail.and_then(|detail| detail.returned.as_ref());
    let returned = Return {
        amount,
        reason: information
            .and_then(|returned| returned.reason.clone().or_else(|| returned.proprietary.clone())),
        account_servicer_reference: news,
        booking_date: date(movement.entry.booking_date.as_deref()),
        evidence: movement.evidence,
    };
    let account_ref = movement.account.account_ref.clone();
    book.write(envelope, Fact::EntryReturned { key: row.key, account_ref, returned: Box::new(returned) });
    if undebited {
        let subject = Subject::Payout(row.key);
        let text = "money came back before a debit was seen".to_owned();
        book.raise(
            envelope,
            Exception { subject, code: "return_without_debit", text, evidence: Some(movement.evidence) },
        );
    }
}

// ------------------------------------------------------------------------------------- collective
