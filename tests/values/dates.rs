//! Calendars against published holiday lists, and cut-offs across clock changes.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::{America::New_York, Europe::Berlin, Europe::London, Tz};
use girogate::domain::calendar::{Calendar, business_date, moment};

/// Weekdays on which the banks of England and Wales were or will be closed, as the government publishes them.
const ENGLAND_AND_WALES: &[&str] = &[
    "2020: 01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    "2021: 01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    "2022: 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    "2023: 01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    "2024: 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    "2025: 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    "2026: 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    "2027: 01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
];

/// Weekdays on which the Federal Reserve Banks were or will be closed, as they publish them.
const FEDERAL_RESERVE: &[&str] = &[
    "2021: 01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25",
    "2022: 01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
    "2023: 01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-23 12-25",
    "2024: 01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    "2025: 01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
    "2026: 01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25",
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn clock(text: &str) -> Option<NaiveTime> {
    Some(text.parse().unwrap())
}

fn closed_weekdays(calendar: Calendar, year: i32) -> Vec<String> {
    let days = NaiveDate::from_ymd_opt(year, 1, 1).unwrap().iter_days().take_while(|day| day.year() == year);
    let weekday = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let closed = days.filter(weekday).filter(|day| !calendar.is_business_day(*day));
    closed.map(|day| day.format("%m-%d").to_string()).collect()
}

#[test]
fn published_holidays_are_closed_and_no_others() {
    let published =
        [(Calendar::UnitedKingdom, ENGLAND_AND_WALES), (Calendar::UnitedStatesFed, FEDERAL_RESERVE)];
    for (calendar, years) in published {
        for line in years {
            let (year, days) = line.split_once(": ").unwrap();
            let year = year.parse().unwrap();
            assert_eq!(closed_weekdays(calendar, year).join(" "), days, "{} {year}", calendar.name());
        }
    }
}

#[test]
fn target_closes_on_its_six_days_only() {
    assert_eq!(closed_weekdays(Calendar::Target, 2027).join(" "), "01-01 03-26 03-29");
    assert_eq!(closed_weekdays(Calendar::Target, 2026).join(" "), "01-01 04-03 04-06 05-01 12-25");
    assert_eq!(closed_weekdays(Calendar::Target, 2024).join(" "), "01-01 03-29 04-01 05-01 12-25 12-26");
    // New Year on a Saturday is not made up for; the Monday after works.
    assert!(
        !Calendar::Target.is_business_day(day("2022-01-01"))
            && Calendar::Target.is_business_day(day("2022-01-03"))
    );
    // A German holiday on which TARGET works.
    assert!(Calendar::Target.is_business_day(day("2025-10-03")));
}

/// Easter Sundays at the edges of the cycle: earliest, latest, and the two exceptions of the computus.
#[test]
fn easter_is_found_at_the_edges() {
    for (easter_monday, what) in [
        ("1818-03-23", "22 March, the earliest"),
        ("2285-03-23", "22 March, the earliest"),
        ("1943-04-26", "25 April, the latest"),
        ("2038-04-26", "25 April, the latest"),
        ("1954-04-19", "exception of 18 April"),
        ("1981-04-20", "exception of 19 April"),
        ("2000-04-24", "a leap century"),
    ] {
        assert!(!Calendar::Target.is_business_day(day(easter_monday)), "{what}");
        let monday_before = day(easter_monday) - chrono::Days::new(7);
        assert!(Calendar::Target.is_business_day(monday_before), "week before {what}");
    }
}

#[test]
fn target_agrees_with_the_fact_sheet_for_every_day() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/facts/codes/target_holidays.tsv");
    let Ok(sheet) = std::fs::read_to_string(path) else {
        return eprintln!("SKIPPED: no fact sheet target_holidays.tsv beside the project");
    };
    let holidays: Vec<NaiveDate> =
        sheet.lines().skip(1).map(|line| day(line.split('\t').next().unwrap())).collect();
    assert_eq!(holidays.len(), 21 * 6);
    for date in day("2020-01-01").iter_days().take_while(|date| date.year() <= 2040) {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let open = !weekend && !holidays.contains(&date);
        assert_eq!(Calendar::Target.is_business_day(date), open, "{date}");
    }
}

#[test]
fn dates_roll_over_closed_days() {
    let target = Calendar::Target;
    assert_eq!(target.roll_forward(day("2026-12-25")), day("2026-12-28"));
    assert_eq!(target.roll_forward(day("2026-12-24")), day("2026-12-24"));
    assert_eq!(target.next_business_day(day("2026-12-24")), day("2026-12-28"));
    assert_eq!(target.roll_forward(day("2027-03-26")), day("2027-03-30"));
    assert_eq!(target.add_business_days(day("2027-03-25"), 1), day("2027-03-30"));
    assert_eq!(target.add_business_days(day("2027-03-27"), 0), day("2027-03-30"));
    assert_eq!(target.add_business_days(day("2026-11-20"), 5), day("2026-11-27"));
    assert_eq!(Calendar::EveryDay.roll_forward(day("2026-12-25")), day("2026-12-25"));
    assert_eq!(Calendar::EveryDay.add_business_days(day("2026-12-25"), 2), day("2026-12-27"));
    assert_eq!(target.next_business_day(NaiveDate::MAX), NaiveDate::MAX);
    assert_eq!(Calendar::Weekdays.roll_forward(day("2026-12-25")), day("2026-12-25"));
    assert_eq!(Calendar::Weekdays.next_business_day(day("2026-12-25")), day("2026-12-28"));
    for calendar in [
        Calendar::Target,
        Calendar::UnitedKingdom,
        Calendar::UnitedStatesFed,
        Calendar::Weekdays,
        Calendar::EveryDay,
    ] {
        assert_eq!(Calendar::parse(calendar.name()), Ok(calendar));
        let _ = (calendar.is_business_day(NaiveDate::MIN), calendar.is_business_day(NaiveDate::MAX));
    }
    assert_eq!(Calendar::parse("TARGET").unwrap_err().code(), "calendar.unknown");
}

#[test]
fn the_cut_off_is_local_and_sharp() {
    let on = |now, zone: Tz, cut_off, calendar| business_date(at(now), zone, cut_off, calendar).to_string();
    let berlin = |now| on(now, Berlin, clock("16:00:00"), Calendar::Target);
    // Winter: Berlin is one hour ahead; summer: two.
    assert_eq!(berlin("2026-11-23T14:59:59.999999Z"), "2026-11-23");
    assert_eq!(berlin("2026-11-23T15:00:00Z"), "2026-11-24");
    assert_eq!(berlin("2026-07-01T13:59:59Z"), "2026-07-01");
    assert_eq!(berlin("2026-07-01T14:00:00Z"), "2026-07-02");
    // Friday after the cut-off goes to Monday; Saturday, before or after the hour, too.
    assert_eq!(berlin("2026-11-20T15:30:00Z"), "2026-11-23");
    assert_eq!(berlin("2026-11-21T08:00:00Z"), "2026-11-23");
    assert_eq!(berlin("2026-11-21T20:00:00Z"), "2026-11-23");
    // The local date counts: late evening in London is the next day in UTC or not, by season.
    assert_eq!(on("2026-07-01T23:30:00Z", London, None, Calendar::UnitedKingdom), "2026-07-02");
    assert_eq!(on("2026-12-01T23:30:00Z", London, None, Calendar::UnitedKingdom), "2026-12-01");
    // Wires, 18:45 Eastern on a Friday.
    let wire = |now| on(now, New_York, clock("18:45:00"), Calendar::UnitedStatesFed);
    assert_eq!(
        (wire("2026-11-20T23:44:59Z"), wire("2026-11-20T23:45:00Z")),
        ("2026-11-20".into(), "2026-11-23".into())
    );
    assert_eq!(on("2026-12-25T12:00:00Z", Berlin, None, Calendar::EveryDay), "2026-12-25");
    assert_eq!(on("2026-12-25T12:00:00Z", Berlin, clock("10:00:00"), Calendar::EveryDay), "2026-12-26");
}

#[test]
fn local_times_have_a_moment_even_when_clocks_change() {
    let berlin = |date, time| moment(day(date), clock(time).unwrap(), Berlin);
    assert_eq!(berlin("2026-11-23", "16:00:00"), at("2026-11-23T15:00:00Z"));
    // 2026-10-25: 02:30 comes twice, the first time in summer time.
    assert_eq!(berlin("2026-10-25", "02:30:00"), at("2026-10-25T00:30:00Z"));
    // 2026-03-29: 02:00 to 03:00 does not exist; the clocks jump at 01:00 UTC.
    assert_eq!(berlin("2026-03-29", "02:00:00"), at("2026-03-29T01:00:00Z"));
    assert_eq!(berlin("2026-03-29", "02:30:30"), at("2026-03-29T01:00:00Z"));
    assert_eq!(berlin("2026-03-29", "03:00:00"), at("2026-03-29T01:00:00Z"));
    // In the night of the change the business date stays that of the local calendar.
    assert_eq!(
        business_date(at("2026-03-28T23:30:00Z"), Berlin, None, Calendar::EveryDay),
        day("2026-03-29")
    );
    assert_eq!(
        business_date(at("2026-10-25T22:59:59Z"), Berlin, None, Calendar::EveryDay),
        day("2026-10-25")
    );
    // Samoa left out a whole day, 30 December 2011.
    let apia = moment(day("2011-12-30"), clock("12:00:00").unwrap(), chrono_tz::Pacific::Apia);
    assert_eq!(apia, at("2011-12-30T10:00:00Z"));
}
