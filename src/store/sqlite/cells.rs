//! Cells of rows, read one after the other and written in the same order. Never knows a table.

use crate::domain::amount::Amount;
use crate::domain::currency::Currency;
use crate::domain::entry::{Booking, Digest, Evidence, Return};
use crate::domain::status::{Reason, StatusNews};
use crate::domain::unknown::{Decision, Escalation, Proposal, Told, UnknownRow};
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, Type, Value};
use rusqlite::{Error, Result, Row};
use rust_decimal::Decimal;
use std::str::FromStr;

/// Reads the columns of a row from left to right.
pub struct Cells<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Cells<'r, 's> {
    /// From the first column on.
    pub fn of(row: &'r Row<'s>) -> Self {
        Cells { row, next: 0 }
    }

    /// From a later column on.
    pub fn from(row: &'r Row<'s>, first: usize) -> Self {
        Cells { row, next: first }
    }

    /// The next column, of any type that SQLite knows.
    pub fn plain<T: FromSql>(&mut self) -> Result<T> {
        let place = self.next;
        self.next += 1;
        self.row.get(place)
    }

    /// The next column through a check of ours.
    pub fn checked<T: FromSql, U>(&mut self, check: impl FnOnce(T) -> Option<U>) -> Result<U> {
        let place = self.next;
        let value = self.plain()?;
        check(value).ok_or_else(|| self.refused(place))
    }

    /// The next column through a check of ours, unless it is empty.
    pub fn checked_if<T: FromSql, U>(&mut self, check: impl FnOnce(T) -> Option<U>) -> Result<Option<U>> {
        let place = self.next;
        match self.plain::<Option<T>>()? {
            Some(value) => check(value).map(Some).ok_or_else(|| self.refused(place)),
            None => Ok(None),
        }
    }

    /// A whole number that is never negative.
    pub fn count(&mut self) -> Result<u64> {
        self.checked(|number: i64| u64::try_from(number).ok())
    }

    /// A small whole number.
    pub fn small(&mut self) -> Result<u32> {
        self.checked(|number: i64| u32::try_from(number).ok())
    }

    /// 64 bits.
    pub fn bits(&mut self) -> Result<u64> {
        Ok(self.plain::<i64>()?.cast_unsigned())
    }

    /// A digest.
    pub fn digest(&mut self) -> Result<Digest> {
        Ok(Digest(self.plain()?))
    }

    /// A time.
    pub fn time(&mut self) -> Result<DateTime<Utc>> {
        self.checked(DateTime::from_timestamp_micros)
    }

    /// A time, if there is one.
    pub fn time_if(&mut self) -> Result<Option<DateTime<Utc>>> {
        self.checked_if(DateTime::from_timestamp_micros)
    }

    /// A date.
    pub fn date(&mut self) -> Result<NaiveDate> {
        self.checked(|text: String| NaiveDate::from_str(&text).ok())
    }

    /// A date, if there is one.
    pub fn date_if(&mut self) -> Result<Option<NaiveDate>> {
        self.checked_if(|text: String| NaiveDate::from_str(&text).ok())
    }

    /// An exact decimal.
    pub fn decimal(&mut self) -> Result<Decimal> {
        self.checked(|text: String| Decimal::from_str(&text).ok())
    }

    /// An exact decimal, if there is one.
    pub fn decimal_if(&mut self) -> Result<Option<Decimal>> {
        self.checked_if(|text: String| Decimal::from_str(&text).ok())
    }

    /// A currency.
    pub fn currency(&mut self) -> Result<Currency> {
        self.checked(|code: String| Currency::parse(&code).ok())
    }

    /// Two columns: minor units and currency.
    pub fn amount(&mut self) -> Result<Amount> {
        let minor = self.plain()?;
        self.checked(|code: String| Amount::from_minor(minor, Currency::parse(&code).ok()?).ok())
    }

    /// Two columns: minor units and currency, if there is an amount.
    pub fn amount_if(&mut self) -> Result<Option<Amount>> {
        let minor: Option<i64> = self.plain()?;
        self.checked_if(|code: String| Amount::from_minor(minor?, Currency::parse(&code).ok()?).ok())
    }

    /// Evidence, if there is any.
    pub fn evidence_if(&mut self) -> Result<Option<Evidence>> {
        self.checked_if(|octets: [u8; 40]| {
            let (document, record) = octets.split_at(32);
            Some(Evidence {
                document: Digest(document.try_into().ok()?),
                record: u64::from_be_bytes(record.try_into().ok()?),
            })
        })
    }

    /// A list of texts.
    pub fn texts(&mut self) -> Result<Vec<String>> {
        let list = self.checked_if(|text: String| serde_json::from_str(&text).ok())?;
        Ok(list.unwrap_or_default())
    }

    /// Five columns: what a bank said last, if it said anything.
    pub fn news_if(&mut self) -> Result<Option<StatusNews>> {
        let (code, created): (Option<String>, Option<String>) = (self.plain()?, self.plain()?);
        let (reason_code, proprietary) = (self.plain()?, self.plain()?);
        let text = self.checked_if(|text: String| serde_json::from_str::<Vec<String>>(&text).ok())?;
        let reason = text.map(|text| Reason { code: reason_code, proprietary, text });
        Ok(code.map(|code| StatusNews { code, reason, created: created.unwrap_or_default() }))
    }

    /// Seven columns: a booked debit, if there is one.
    pub fn booking_if(&mut self) -> Result<Option<Booking>> {
        let amount = self.amount_if()?;
        let (account_servicer_reference, booking_date) = (self.plain()?, self.date_if()?);
        let (value_date, notified, on_statement) =
            (self.date_if()?, self.evidence_if()?, self.evidence_if()?);
        Ok(amount.map(|amount| Booking {
            amount,
            account_servicer_reference,
            booking_date,
            value_date,
            notified,
            on_statement,
        }))
    }

    /// Six columns: a return, if there is one.
    pub fn return_if(&mut self) -> Result<Option<Return>> {
        let amount = self.amount_if()?;
        let (reason, account_servicer_reference) = (self.plain()?, self.plain()?);
        let (booking_date, place) = (self.date_if()?, self.next);
        let evidence = self.evidence_if()?;
        match (amount, evidence) {
            (Some(amount), Some(evidence)) => {
                Ok(Some(Return { amount, reason, account_servicer_reference, booking_date, evidence }))
            }
            (None, None) => Ok(None),
            _ => Err(self.refused(place)),
        }
    }

    /// Eleven columns: what is known about an unknown outcome.
    pub fn unknown(&mut self) -> Result<UnknownRow> {
        let (since, inquired_at) = (self.time_if()?, self.time_if()?);
        let told = self.checked_if(|name: String| Told::parse(&name))?;
        let duplicate_at = self.time_if()?;
        let escalation = self.checked_if(|name: String| Escalation::parse(&name))?;
        let escalated_at = self.time_if()?;
        let proposed = self.checked_if(|name: String| Decision::parse(&name))?;
        let (by, at, reason): (Option<String>, _, Option<String>) =
            (self.plain()?, self.time_if()?, self.plain()?);
        let proposal = match (proposed, by, at, reason) {
            (Some(decision), Some(by), Some(at), Some(reason)) => Some(Proposal { decision, by, at, reason }),
            _ => None,
        };
        let decision = self.checked_if(|name: String| Decision::parse(&name))?;
        Ok(UnknownRow {
            since,
            inquired_at,
            told,
            duplicate_at,
            escalation,
            escalated_at,
            proposal,
            decision,
        })
    }

    fn refused(&self, place: usize) -> Error {
        let column = self.row.as_ref().column_name(place).unwrap_or("?").to_owned();
        Error::InvalidColumnType(place, column, Type::Null)
    }
}

/// The cells of a row to be written, in the order of its columns.
#[derive(Default)]
pub struct Written<'v>(pub Vec<Cell<'v>>);

/// A cell to be written; texts and octets are borrowed where they can be.
pub enum Cell<'v> {
    /// Nothing.
    Null,
    /// A whole number.
    Number(i64),
    /// A text that the row holds.
    Text(&'v str),
    /// Octets that the row holds.
    Octets(&'v [u8]),
    /// A value made for writing.
    Made(Value),
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        use rusqlite::types::ValueRef;
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Number(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Octets(octets) => ValueRef::Blob(octets),
            Cell::Made(value) => value.into(),
        }))
    }
}

impl<'v> Written<'v> {
    /// A whole number.
    pub fn number(&mut self, number: i64) -> &mut Self {
        self.put(Cell::Number(number))
    }

    /// A whole number, if there is one.
    pub fn number_if(&mut self, number: Option<i64>) -> &mut Self {
        self.put(number.map_or(Cell::Null, Cell::Number))
    }

    /// A number that is never negative; no count here ever reaches 2^63.
    pub fn count(&mut self, count: u64) -> &mut Self {
        self.number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// 64 bits.
    pub fn bits(&mut self, bits: u64) -> &mut Self {
        self.number(bits.cast_signed())
    }

    /// A flag.
    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.number(i64::from(flag))
    }

    /// A text.
    pub fn text(&mut self, text: &'v str) -> &mut Self {
        self.put(Cell::Text(text))
    }

    /// A text, if there is one.
    pub fn text_if(&mut self, text: Option<&'v str>) -> &mut Self {
        self.put(text.map_or(Cell::Null, Cell::Text))
    }

    /// A text made for writing.
    pub fn made(&mut self, text: String) -> &mut Self {
        self.put(Cell::Made(Value::Text(text)))
    }

    /// Octets.
    pub fn octets(&mut self, octets: &'v [u8]) -> &mut Self {
        self.put(Cell::Octets(octets))
    }

    /// A time.
    pub fn time(&mut self, time: DateTime<Utc>) -> &mut Self {
        self.number(time.timestamp_micros())
    }

    /// A time, if there is one.
    pub fn time_if(&mut self, time: Option<DateTime<Utc>>) -> &mut Self {
        self.number_if(time.map(|time| time.timestamp_micros()))
    }

    /// A date, if there is one.
    pub fn date_if(&mut self, date: Option<NaiveDate>) -> &mut Self {
        match date {
            Some(date) => self.made(date.to_string()),
            None => self.put(Cell::Null),
        }
    }

    /// An exact decimal, if there is one.
    pub fn decimal_if(&mut self, decimal: Option<&Decimal>) -> &mut Self {
        match decimal {
            Some(decimal) => self.made(decimal.to_string()),
            None => self.put(Cell::Null),
        }
    }

    /// Minor units and currency.
    pub fn amount_if(&mut self, amount: Option<&Amount>) -> &mut Self {
        self.number_if(amount.map(Amount::minor)).text_if(amount.map(|amount| amount.currency().code()))
    }

    /// Evidence, if there is any.
    pub fn evidence_if(&mut self, evidence: Option<&Evidence>) -> &mut Self {
        match evidence {
            Some(evidence) => {
                let mut octets = evidence.document.0.to_vec();
                octets.extend_from_slice(&evidence.record.to_be_bytes());
                self.put(Cell::Made(Value::Blob(octets)))
            }
            None => self.put(Cell::Null),
        }
    }

    /// A list of texts; an empty one is nothing.
    pub fn texts(&mut self, texts: &[String]) -> &mut Self {
        if texts.is_empty() { self.put(Cell::Null) } else { self.made(list(texts)) }
    }

    /// What a bank said last: code, time, reason.
    pub fn news_if(&mut self, news: Option<&'v StatusNews>) -> &mut Self {
        let reason = news.and_then(|news| news.reason.as_ref());
        self.text_if(news.map(|news| news.code.as_str()))
            .text_if(news.map(|news| news.created.as_str()))
            .text_if(reason.and_then(|reason| reason.code.as_deref()))
            .text_if(reason.and_then(|reason| reason.proprietary.as_deref()));
        match reason {
            Some(reason) => self.made(list(&reason.text)),
            None => self.put(Cell::Null),
        }
    }

    /// A booked debit.
    pub fn booking_if(&mut self, booking: Option<&'v Booking>) -> &mut Self {
        self.amount_if(booking.map(|booking| &booking.amount))
            .text_if(booking.and_then(|booking| booking.account_servicer_reference.as_deref()))
            .date_if(booking.and_then(|booking| booking.booking_date))
            .date_if(booking.and_then(|booking| booking.value_date))
            .evidence_if(booking.and_then(|booking| booking.notified.as_ref()))
            .evidence_if(booking.and_then(|booking| booking.on_statement.as_ref()))
    }

    /// A return.
    pub fn return_if(&mut self, returned: Option<&'v Return>) -> &mut Self {
        self.amount_if(returned.map(|returned| &returned.amount))
            .text_if(returned.and_then(|returned| returned.reason.as_deref()))
            .text_if(returned.and_then(|returned| returned.account_servicer_reference.as_deref()))
            .date_if(returned.and_then(|returned| returned.booking_date))
            .evidence_if(returned.map(|returned| &returned.evidence))
    }

    /// What is known about an unknown outcome.
    pub fn unknown(&mut self, known: &'v UnknownRow) -> &mut Self {
        let proposal = known.proposal.as_ref();
        self.time_if(known.since)
            .time_if(known.inquired_at)
            .text_if(known.told.map(Told::name))
            .time_if(known.duplicate_at)
            .text_if(known.escalation.map(Escalation::name))
            .time_if(known.escalated_at)
            .text_if(proposal.map(|proposal| proposal.decision.name()))
            .text_if(proposal.map(|proposal| proposal.by.as_str()))
            .time_if(proposal.map(|proposal| proposal.at))
            .text_if(proposal.map(|proposal| proposal.reason.as_str()))
            .text_if(known.decision.map(Decision::name))
    }

    fn put(&mut self, cell: Cell<'v>) -> &mut Self {
        self.0.push(cell);
        self
    }
}

fn list(texts: &[String]) -> String {
    serde_json::Value::from(texts.to_vec()).to_string()
}
