//! Business days and cut-offs of payment systems; never the clock itself.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use std::collections::HashMap;
use std::sync::LazyLock;
use thiserror::Error;

/// First year in which the Federal Reserve Banks closed on Juneteenth.
/// Source: Federal Reserve Banks' holiday schedule.
const JUNETEENTH_SINCE: i32 = 2022;

/// Days proclaimed for one year only and days moved for one year: `closed` or `open`.
static ONE_OFF_UNITED_KINGDOM: LazyLock<HashMap<NaiveDate, OneOff>> =
    LazyLock::new(|| one_off(include_str!("../../profiles/calendars/united_kingdom.tsv")));

#[derive(Clone, Copy, PartialEq, Eq)]
enum OneOff {
    Closed,
    Open,
}

/// On which days a payment system works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Calendar {
    /// Euro: closed on weekends, 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December; nothing is moved.
    /// Source: European Central Bank, T2 long-term calendar, since 2002.
    Target,
    /// England and Wales: bank holidays with substitute days.
    /// Source: Banking and Financial Dealings Act 1971, schedule 1, and royal proclamations.
    UnitedKingdom,
    /// Federal Reserve Banks: a holiday on a Sunday moves to Monday, one on a Saturday is lost.
    /// Source: Federal Reserve Banks' holiday schedule.
    UnitedStatesFed,
    /// Monday to Friday: a system whose holidays are not known to us.
    Weekdays,
    /// Systems that never close: instant payments.
    EveryDay,
}

/// The name is no calendar we have. The operator must correct the profile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "no calendar is called {name}; there are target, united_kingdom, united_states_fed, weekdays, every_day"
)]
pub struct CalendarError {
    /// The name as given.
    pub name: String,
}

impl CalendarError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        "calendar.unknown"
    }
}

impl Calendar {
    /// Reads the name used in profiles.
    pub fn parse(name: &str) -> Result<Calendar, CalendarError> {
        match name {
            "target" => Ok(Calendar::Target),
            "united_kingdom" => Ok(Calendar::UnitedKingdom),
            "united_states_fed" => Ok(Calendar::UnitedStatesFed),
            "weekdays" => Ok(Calendar::Weekdays),
            "every_day" => Ok(Calendar::EveryDay),
            _ => Err(CalendarError { name: name.to_owned() }),
        }
    }

    /// The name used in profiles.
    pub fn name(self) -> &'static str {
        match self {
            Calendar::Target => "target",
            Calendar::UnitedKingdom => "united_kingdom",
            Calendar::UnitedStatesFed => "united_states_fed",
            Calendar::Weekdays => "weekdays",
            Calendar::EveryDay => "every_day",
        }
    }

    /// Does the system work on this day?
    pub fn is_business_day(self, date: NaiveDate) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        match self {
            Calendar::EveryDay => true,
            Calendar::Weekdays => !weekend,
            Calendar::Target => !weekend && !target_holiday(date),
            Calendar::UnitedKingdom => !weekend && !united_kingdom_holiday(date),
            Calendar::UnitedStatesFed => !weekend && !united_states_holiday(date),
        }
    }

    /// The day itself if it is a business day, else the next one.
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

    /// The first business day after this day.
    pub fn next_business_day(self, date: NaiveDate) -> NaiveDate {
        date.succ_opt().map_or(date, |next| self.roll_forward(next))
    }

    /// So many business days later; 0 is [`Calendar::roll_forward`].
    pub fn add_business_days(self, date: NaiveDate, days: u16) -> NaiveDate {
        (0..days).fold(self.roll_forward(date), |date, _| self.next_business_day(date))
    }
}

/// The business date to which a moment belongs: the local date, rolled forward if that is no business day, and the
/// next business day from the cut-off on. The cut-off itself is already late.
pub fn business_date(
    now: DateTime<Utc>,
    zone: Tz,
    cut_off: Option<NaiveTime>,
    calendar: Calendar,
) -> NaiveDate {
    let local = now.with_timezone(&zone).naive_local();
    let date = local.date();
    let late = cut_off.is_some_and(|cut_off| local.time() >= cut_off);
    match calendar.is_business_day(date) && late {
        true => calendar.next_business_day(date),
        false => calendar.roll_forward(date),
    }
}

/// The moment of a local time. Of a time that the clocks show twice, the first; of one they skip, the moment of the skip.
pub fn moment(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = date.and_time(time);
    if let Some(moment) = zone.from_local_datetime(&local).earliest() {
        return moment.with_timezone(&Utc);
    }
    // The local time falls into a gap, which ends on a whole minute within a day; its end is the moment of the skip.
    let start =
        date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(time.num_seconds_from_midnight() / 60));
    let minutes = (1..=24 * 60).filter_map(|minutes| start.checked_add_signed(TimeDelta::minutes(minutes)));
    let end = minutes.filter_map(|minute| zone.from_local_datetime(&minute).earliest()).next();
    end.map_or(local.and_utc(), |end| end.with_timezone(&Utc))
}

/// Easter Sunday of the Gregorian calendar. Source: the anonymous computus (Nature, 20 April 1876).
fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, of_century) = (year.div_euclid(100), year.rem_euclid(100));
    let (leap_centuries, rest) = (century.div_euclid(4), century.rem_euclid(4));
    let moon = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - leap_centuries - moon + 15).rem_euclid(30);
    let (leap_years, of_leap) = (of_century / 4, of_century % 4);
    let weekday = (32 + 2 * rest + 2 * leap_years - epact - of_leap).rem_euclid(7);
    let correction = (golden + 11 * epact + 22 * weekday) / 451;
    let sum = epact + weekday - 7 * correction + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(sum / 31).ok()?, u32::try_from(sum % 31 + 1).ok()?)
}

fn good_friday_or_easter_monday(date: NaiveDate) -> bool {
    let Some(easter) = easter_sunday(date.year()) else { return false };
    Some(date) == easter.checked_sub_days(Days::new(2)) || Some(date) == easter.checked_add_days(Days::new(1))
}

fn target_holiday(date: NaiveDate) -> bool {
    matches!((date.month(), date.day()), (1, 1) | (5, 1) | (12, 25 | 26))
        || good_friday_or_easter_monday(date)
}

fn united_kingdom_holiday(date: NaiveDate) -> bool {
    match ONE_OFF_UNITED_KINGDOM.get(&date) {
        Some(OneOff::Closed) => return true,
        Some(OneOff::Open) => return false,
        None => {}
    }
    let monday = date.weekday() == Weekday::Mon;
    let by_rule = match (date.month(), date.day()) {
        (1, 1) => true,
        (1, 2 | 3) => monday,
        (5, 1..=7 | 25..=31) => monday,
        (8, 25..=31) => monday,
        (12, 25 | 26) => true,
        // Substitutes: Monday for the day that fell on the weekend, Tuesday too when both or the Sunday did.
        (12, 27 | 28) => matches!(date.weekday(), Weekday::Mon | Weekday::Tue),
        _ => false,
    };
    by_rule || good_friday_or_easter_monday(date)
}

fn united_states_holiday(date: NaiveDate) -> bool {
    let fixed = |date: NaiveDate| match (date.month(), date.day()) {
        (1, 1) | (7, 4) | (11, 11) | (12, 25) => true,
        (6, 19) => date.year() >= JUNETEENTH_SINCE,
        _ => false,
    };
    let observed = date.weekday() == Weekday::Mon && date.pred_opt().is_some_and(fixed);
    let floating = matches!(
        (date.weekday(), date.month(), date.day()),
        (Weekday::Mon, 1 | 2, 15..=21)
            | (Weekday::Mon, 5, 25..=31)
            | (Weekday::Mon, 9, 1..=7)
            | (Weekday::Mon, 10, 8..=14)
            | (Weekday::Thu, 11, 22..=28)
    );
    fixed(date) || observed || floating
}

/// Reads rows like `2022-09-19`, `closed`, name, source.
fn one_off(table: &str) -> HashMap<NaiveDate, OneOff> {
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let date = columns.next()?.parse().ok()?;
        match columns.next()? {
            "closed" => Some((date, OneOff::Closed)),
            "open" => Some((date, OneOff::Open)),
            _ => None,
        }
    };
    table.lines().skip(1).filter_map(row).collect()
}
