//! On which day a payment will settle, as far as the document tells. Never the clock.

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

use crate::domain::calendar::Calendar;

use super::gather::Gather;
use super::unit::Unit;

/// Which days the payments of a rule set settle on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rail {
    /// TARGET days; every day for batches that are marked instant.
    Target,
    /// Every day.
    EveryDay,
    /// Business days of the currency: EUR, GBP, USD by their systems, others Monday to Friday.
    Currency,
}

/// Days on which money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// By a calendar that we have.
    Of(Calendar),
    /// Monday to Friday: no calendar of that currency is known to us.
    Weekdays,
}

impl Days {
    fn is_business_day(self, date: NaiveDate) -> bool {
        match self {
            Days::Of(calendar) => calendar.is_business_day(date),
            Days::Weekdays => !matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// The day itself if money moves on it, else the next such day.
    pub fn roll_forward(self, date: NaiveDate) -> NaiveDate {
        let mut date = date;
        while !self.is_business_day(date) {
            match date.succ_opt() {
                Some(next) => date = next,
                None => return date,
            }
        }
        date
    }

    /// The first such day after this one.
    pub fn next(self, date: NaiveDate) -> NaiveDate {
        date.succ_opt().map_or(date, |next| self.roll_forward(next))
    }
}

/// Days of a payment in that currency.
pub fn days(rail: Rail, currency: Option<&str>, instant: Speed) -> Days {
    match (rail, currency) {
        (Rail::EveryDay, _) => Days::Of(Calendar::EveryDay),
        (Rail::Target, _) if instant == Speed::Instant => Days::Of(Calendar::EveryDay),
        (Rail::Target, _) | (Rail::Currency, Some("EUR")) => Days::Of(Calendar::Target),
        (Rail::Currency, Some("GBP")) => Days::Of(Calendar::UnitedKingdom),
        (Rail::Currency, Some("USD")) => Days::Of(Calendar::UnitedStatesFed),
        (Rail::Currency, _) => Days::Weekdays,
    }
}

/// Whether a batch or transaction is marked instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// `LclInstrm` or `SvcLvl` says `INST`.
    Instant,
    /// Anything else.
    Ordinary,
}

/// How a part is marked.
pub fn speed(unit: &Unit) -> Speed {
    let marks = ["PmtTpInf/LclInstrm/Cd", "PmtTpInf/SvcLvl/Cd"];
    let marked = marks.iter().any(|path| unit.all(path).any(|leaf| leaf.text == "INST"));
    if marked { Speed::Instant } else { Speed::Ordinary }
}

/// `ReqdExctnDt` of a batch, in each of its forms; of a time, the date as it is written. None if it is no date.
pub fn requested_date(batch: &Unit) -> Option<NaiveDate> {
    let paths = ["ReqdExctnDt", "ReqdExctnDt/Dt", "ReqdExctnDt/DtTm"];
    let text = paths.iter().find_map(|path| batch.text(path))?;
    written_date(text)
}

/// The date at the beginning of an XML Schema date or time; a zone behind it changes nothing.
pub fn written_date(text: &str) -> Option<NaiveDate> {
    let date = text.get(..10)?;
    let rest = text.get(10..)?;
    let ends = rest.is_empty() || rest.starts_with(['T', 'Z', '+', '-']);
    let shape = date.bytes().enumerate().all(|(at, octet)| match at {
        4 | 7 => octet == b'-',
        _ => octet.is_ascii_digit(),
    });
    (ends && shape).then(|| date.parse().ok()).flatten()
}

/// The day that decides about a batch or transaction: the later of today and the requested date, rolled to a day on which
/// money moves.
pub fn tested_date(gathered: &Gather, days: Days, today: NaiveDate) -> NaiveDate {
    let requested = requested_date(&gathered.batch).unwrap_or(today);
    days.roll_forward(requested.max(today))
}
