//! Reads the values inside facts: digests, decimals, dates, evidence, names. Never a whole fact.

use super::FactError;
use crate::domain::amount::Amount;
use crate::domain::currency::Currency;
use crate::domain::entry::{Digest, Direction, Evidence, Mark, UnmatchedClass};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Deref;
use std::str::FromStr;

/// A text of a fact, borrowed where it holds no escapes.
#[derive(Deserialize)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Evidence as it stands in a fact.
#[derive(Deserialize)]
pub struct EvidenceBody<'a> {
    #[serde(borrow)]
    document: Text<'a>,
    record: u64,
}

impl EvidenceBody<'_> {
    /// The checked evidence.
    pub fn checked(&self) -> Result<Evidence, FactError> {
        Ok(Evidence { document: digest("evidence", &self.document)?, record: self.record })
    }
}

/// Evidence, if there is any.
pub fn evidence_if(body: Option<&EvidenceBody<'_>>) -> Result<Option<Evidence>, FactError> {
    body.map(EvidenceBody::checked).transpose()
}

/// Reads the body of a fact.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a RawValue) -> Result<T, FactError> {
    serde_json::from_str(body.get()).map_err(|error| shape(&error))
}

/// What serde says about the shape names members and types and, for wrong types, scalar values;
/// so only the category and the place are kept.
pub fn shape(error: &serde_json::Error) -> FactError {
    FactError::Shape { cause: format!("{:?}", error.classify()).to_lowercase(), octet: error.column() }
}

/// A value that its type accepts.
pub fn checked<T, E>(member: &'static str, value: Result<T, E>) -> Result<T, FactError> {
    value.map_err(|_| FactError::Member { member })
}

/// A value that must be there.
pub fn present<T>(member: &'static str, value: Option<T>) -> Result<T, FactError> {
    value.ok_or(FactError::Member { member })
}

/// A digest in hex.
pub fn digest(member: &'static str, text: &str) -> Result<Digest, FactError> {
    present(member, Digest::parse(text))
}

/// An exact decimal.
pub fn decimal(member: &'static str, text: &str) -> Result<Decimal, FactError> {
    checked(member, Decimal::from_str(text))
}

/// An amount of money.
pub fn amount(member: &'static str, value: &str, currency: &str) -> Result<Amount, FactError> {
    let currency = checked("currency", Currency::parse(currency))?;
    checked(member, Amount::from_decimal(decimal(member, value)?, currency))
}

/// An ISO date.
pub fn date(member: &'static str, text: &str) -> Result<NaiveDate, FactError> {
    checked(member, NaiveDate::from_str(text))
}

/// An ISO date, if there is one.
pub fn date_if(member: &'static str, text: Option<&Text<'_>>) -> Result<Option<NaiveDate>, FactError> {
    text.map(|text| date(member, text)).transpose()
}

/// A time in microseconds.
pub fn time(member: &'static str, micros: i64) -> Result<DateTime<Utc>, FactError> {
    present(member, DateTime::from_timestamp_micros(micros))
}

/// A time in microseconds, if there is one.
pub fn time_if(member: &'static str, micros: Option<i64>) -> Result<Option<DateTime<Utc>>, FactError> {
    micros.map(|micros| time(member, micros)).transpose()
}

/// 64 bits in hex.
pub fn bits(member: &'static str, text: &str) -> Result<u64, FactError> {
    checked(member, u64::from_str_radix(text, 16))
}

/// The mark of a stored name.
pub fn mark(member: &'static str, name: &str) -> Result<Mark, FactError> {
    present(member, [Mark::Notified, Mark::OnStatement].into_iter().find(|mark| mark.name() == name))
}

/// The class of a stored name.
pub fn class(member: &'static str, name: &str) -> Result<UnmatchedClass, FactError> {
    use UnmatchedClass::{Charge, NotOurs, PossibleReturn, Unexplained};
    let all = [NotOurs, Charge, Unexplained, PossibleReturn];
    present(member, all.into_iter().find(|class| class.name() == name))
}

/// The direction of a stored name.
pub fn direction(member: &'static str, name: &str) -> Result<Direction, FactError> {
    let all = [Direction::Debit, Direction::Credit];
    present(member, all.into_iter().find(|direction| direction.name() == name))
}
