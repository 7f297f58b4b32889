//! On which day a payment will settle, as far as the document tells. Never the clock.

use chrono::NaiveDate;
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

/// Days of a payment in that currency.
pub fn days(rail: Rail, currency: Option<&str>, instant: Speed) -> Calendar {
    match (rail, currency) {
        (Rail::EveryDay, _) => Calendar::EveryDay,
        (Rail::Target, _) if instant == Speed::Instant => Calendar::EveryDay,
        (Rail::Target, _) | (Rail::Currency, Some("EUR")) => Calendar::Target,
        (Rail::Currency, Some("GBP")) => Calendar::UnitedKingdom,
        (Rail::Currency, Some("USD")) => Calendar::UnitedStatesFed,
        (Rail::Currency, _) => Calendar::Weekdays,
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
pub fn tested_date(gathered: &Gather, days: Calendar, today: NaiveDate) -> NaiveDate {
    let requested = requested_date(&gathered.batch).unwrap_or(today);
    days.roll_forward(requested.max(today))
}
