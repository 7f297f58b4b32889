//! Reads the facts about entries and statements. Never writes them.

use super::FactError;
use super::read_value::{
    EvidenceBody, Text, amount, checked, class, date_if, decimal, digest, direction, evidence_if, mark,
    present,
};
use crate::domain::currency::Currency;
use crate::domain::entry::{Booking, Return};
use crate::domain::fact::Fact;
use crate::domain::row::Key;
use serde::Deserialize;

/// Members of the fact.
#[derive(Deserialize)]
pub struct BookedBody<'a> {
    account_ref: String,
    counter_account: Option<String>,
    on_behalf_of: Option<String>,
    #[serde(borrow)]
    booking: BookingBody<'a>,
    #[serde(default)]
    bank_references: Vec<String>,
    mark: Text<'a>,
}

#[derive(Deserialize)]
struct BookingBody<'a> {
    #[serde(borrow)]
    amount: Text<'a>,
    currency: Text<'a>,
    account_servicer_reference: Option<String>,
    booking_date: Option<Text<'a>>,
    value_date: Option<Text<'a>>,
    notified: Option<EvidenceBody<'a>>,
    on_statement: Option<EvidenceBody<'a>>,
}

/// A booked debit of a payout or block.
pub fn booked(kind: &str, key: Key, body: BookedBody<'_>) -> Result<Fact, FactError> {
    let mark = mark("mark", &body.mark)?;
    let booking = body.booking;
    let booking = Box::new(Booking {
        amount: amount("amount", &booking.amount, &booking.currency)?,
        account_servicer_reference: booking.account_servicer_reference,
        booking_date: date_if("booking_date", booking.booking_date.as_ref())?,
        value_date: date_if("value_date", booking.value_date.as_ref())?,
        notified: evidence_if(booking.notified.as_ref())?,
        on_statement: evidence_if(booking.on_statement.as_ref())?,
    });
    let account_ref = body.account_ref;
    if kind == "block_booked" {
        return Ok(Fact::BlockBooked { key, account_ref, booking, mark });
    }
    Ok(Fact::EntryBooked {
        key,
        account_ref,
        counter_account: present("counter_account", body.counter_account)?,
        on_behalf_of: body.on_behalf_of,
        booking,
        bank_references: body.bank_references,
        mark,
    })
}

/// Members of the fact.
#[derive(Deserialize)]
pub struct ReturnedBody<'a> {
    account_ref: String,
    #[serde(borrow)]
    returned: ReturnBody<'a>,
}

#[derive(Deserialize)]
struct ReturnBody<'a> {
    #[serde(borrow)]
    amount: Text<'a>,
    currency: Text<'a>,
    reason: Option<String>,
    account_servicer_reference: Option<String>,
    booking_date: Option<Text<'a>>,
    evidence: EvidenceBody<'a>,
}

/// A fact about an entry.
pub fn entry_returned(key: Key, body: ReturnedBody<'_>) -> Result<Fact, FactError> {
    let returned = body.returned;
    let returned = Box::new(Return {
        amount: amount("amount", &returned.amount, &returned.currency)?,
        reason: returned.reason,
        account_servicer_reference: returned.account_servicer_reference,
        booking_date: date_if("booking_date", returned.booking_date.as_ref())?,
        evidence: returned.evidence.checked()?,
    });
    Ok(Fact::EntryReturned { key, account_ref: body.account_ref, returned })
}

/// Members of the fact.
#[derive(Deserialize)]
pub struct UnmatchedBody<'a> {
    identity: String,
    account_ref: String,
    #[serde(borrow)]
    class: Text<'a>,
    direction: Text<'a>,
    amount: Text<'a>,
    currency: Text<'a>,
    booking_date: Option<Text<'a>>,
    transaction_code: Option<String>,
    account_servicer_reference: Option<String>,
    mark: Text<'a>,
    evidence: EvidenceBody<'a>,
}

/// A fact about an entry.
pub fn entry_unmatched(key: Key, body: UnmatchedBody<'_>) -> Result<Fact, FactError> {
    Ok(Fact::EntryUnmatched {
        key,
        identity: body.identity,
        account_ref: body.account_ref,
        class: class("class", &body.class)?,
        direction: direction("direction", &body.direction)?,
        amount: decimal("amount", &body.amount)?,
        currency: checked("currency", Currency::parse(&body.currency))?,
        booking_date: date_if("booking_date", body.booking_date.as_ref())?,
        transaction_code: body.transaction_code,
        account_servicer_reference: body.account_servicer_reference,
        mark: mark("mark", &body.mark)?,
        evidence: body.evidence.checked()?,
    })
}

/// Members of the fact.
#[derive(Deserialize)]
pub struct StatementBody<'a> {
    statement: Key,
    identity: String,
    account_ref: String,
    id: String,
    report: String,
    sequence: Option<String>,
    #[serde(borrow)]
    date: Option<Text<'a>>,
    opening: Option<Text<'a>>,
    closing: Option<Text<'a>>,
    currency: Option<Text<'a>>,
    movement: Text<'a>,
    document: Text<'a>,
}

/// A statement that was read.
pub fn statement_read(body: StatementBody<'_>) -> Result<Fact, FactError> {
    let balance = |member, text: Option<Text<'_>>| text.map(|text| decimal(member, &text)).transpose();
    let currency = body.currency.map(|code| checked("currency", Currency::parse(&code))).transpose()?;
    Ok(Fact::StatementRead {
        key: body.statement,
        identity: body.identity,
        account_ref: body.account_ref,
        id: body.id,
        kind: body.report,
        sequence: body.sequence,
        date: date_if("date", body.date.as_ref())?,
        opening: balance("opening", body.opening)?,
        closing: balance("closing", body.closing)?,
        currency,
        movement: decimal("movement", &body.movement)?,
        document: digest("document", &body.document)?,
    })
}
