//! The ladder: what to do next about a message whose outcome nobody knows. Pure: its row, what the bank's
//! profile says, what was seen and the time in, the next rung out. Nothing decays into failed by time, no
//! time-out permits a re-send by itself, and "not found" is no proof before its stated wait.
//! Source: faults and threats, sections 2.4 and 2.5; bank APIs, section 17.

pub mod absence;

use crate::bank::profile::Profile;
use crate::bank::profile::unknown::{Rung as Climbed, UnknownOutcome};
use crate::domain::row::{MessageRow, SendPhase};
use crate::domain::unknown::{Escalation, Told};
use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;

/// Waits before another attempt when no byte had left, in milliseconds; the last one repeats. Chosen by us.
pub const RETRY_WAITS_MS: &[u64] = &[500, 1_000, 2_000, 5_000, 15_000, 30_000];
/// Wait between inquiries where the profile names none, in milliseconds. Chosen by us.
const INQUIRY_WAIT_MS: u64 = 60_000;
/// Shortest wait between inquiries, in milliseconds, whatever the profile says. Chosen by us.
const INQUIRY_WAIT_MS_MIN: u64 = 100;
/// How often statements are looked at once they could prove something, in milliseconds. Chosen by us.
const STATEMENT_LOOK_MS: u64 = 3_600_000;
/// Inquiries after a duplicate refusal of a message that the bank had received. Chosen by us.
const DUPLICATE_INQUIRIES_MAX: u32 = 5;

/// What a bank's profile says about unknown outcomes, with what it needs from elsewhere in the profile.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `[unknown]`.
    pub outcome: UnknownOutcome,
    /// Longest duration of an attempt, in milliseconds.
    pub attempt_ms: u64,
    /// Zone of the bank's business date.
    pub zone: Tz,
}

impl Rules {
    /// The rules of a profile.
    pub fn of(profile: &Profile) -> Rules {
        Rules {
            outcome: profile.unknown.clone(),
            attempt_ms: profile.http.total_ms,
            zone: profile.dates.time_zone,
        }
    }

    /// From when on statements can prove that a message with this latest execution date was not booked.
    pub fn statements_from(&self, latest: NaiveDate) -> Option<DateTime<Utc>> {
        if !self.outcome.climbs(Climbed::Statement) {
            return None;
        }
        let after =
            latest.checked_add_days(chrono::Days::new(u64::from(self.outcome.statement_days?) + 1))?;
        let midnight = after.and_hms_opt(0, 0, 0)?;
        self.zone.from_local_datetime(&midnight).earliest().map(|time| time.with_timezone(&Utc))
    }
}

/// What was seen of a message besides the answers to our calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    #[default]
    Nothing,
    /// A status or a booking of the message, a block or a payout of it.
    Evidence,
    /// Final, complete statements without gaps in which no debit could be one of its payouts.
    Absent,
}

/// One message as the ladder looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Its row.
    pub row: &'a MessageRow,
    /// What the bank's profile says.
    pub rules: &'a Rules,
    /// Earliest and latest execution date of its blocks.
    pub dates: Option<(NaiveDate, NaiveDate)>,
    /// What was seen besides.
    pub seen: Seen,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// Nothing before this time, unless the bank says something.
    Wait(DateTime<Utc>),
    /// Nothing until the bank says something or people decide.
    Rest,
    /// Ask the bank by our own ids.
    Inquire,
    /// Send the identical octets once more.
    Resend,
    /// People decide.
    Escalate(Escalation),
    /// The outcome is not unknown (any more).
    Resolved,
}

/// The next rung.
pub fn next(case: &Case<'_>, now: DateTime<Utc>) -> Rung {
    let (row, known) = (case.row, &case.row.unknown);
    if row.phase == SendPhase::Received {
        return after_receipt(case, now);
    }
    let spoken = row.status.is_some() || case.seen == Seen::Evidence;
    if row.phase != SendPhase::Unknown || row.dissolved || spoken || known.decision.is_some() {
        return Rung::Resolved;
    }
    if case.seen == Seen::Absent && known.escalation != Some(Escalation::ProvenNotBooked) {
        return Rung::Escalate(Escalation::ProvenNotBooked);
    }
    let resend_at = resend_at(case);
    if resend_at.is_some_and(|at| at <= now) && why_not_resend(case, now).is_none() {
        return Rung::Resend;
    }
    let inquire_at = inquire_at(case);
    if inquire_at.is_some_and(|at| at <= now) {
        return Rung::Inquire;
    }
    let escalate_at = escalate_at(case);
    if escalate_at.is_some_and(|at| at <= now) {
        return Rung::Escalate(escalation(case));
    }
    let resend_at = resend_at.filter(|at| *at > now && why_not_resend(case, *at).is_none());
    let look_at = statement_look_at(case, now);
    [inquire_at, escalate_at, resend_at, look_at].into_iter().flatten().min().map_or(Rung::Rest, Rung::Wait)
}

/// When there is something to do next; `None` where there is nothing until news comes.
pub fn due_at(case: &Case<'_>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match next(case, now) {
        Rung::Wait(until) => Some(until),
        Rung::Inquire | Rung::Resend | Rung::Escalate(_) => Some(now),
        Rung::Rest | Rung::Resolved => None,
    }
}

/// When to try again after an attempt that provably sent nothing.
pub fn retry_at(attempt: u32, retry_after_s: Option<u64>, now: DateTime<Utc>) -> DateTime<Utc> {
    let own = nth(RETRY_WAITS_MS, attempt.saturating_sub(1)).unwrap_or(30_000);
    let asked = retry_after_s.unwrap_or(0).saturating_mul(1_000);
    now + millis(own.max(asked))
}

/// Why the identical octets may not be sent once more; `None` where every condition holds.
pub fn why_not_resend(case: &Case<'_>, now: DateTime<Utc>) -> Option<&'static str> {
    let (row, known, outcome) = (case.row, &case.row.unknown, &case.rules.outcome);
    let (Some(first), Some(ended)) = (row.first_attempt_at, row.last_attempt_ended_at) else {
        return Some("no attempt has ended");
    };
    let today = now.with_timezone(&case.rules.zone).date_naive();
    let conditions = [
        (outcome.climbs(Climbed::Resend), "the profile does not permit it"),
        (row.attempt < outcome.attempts_max, "the permitted attempts are spent"),
        (known.duplicate_at.is_none(), "the bank has called the message a duplicate"),
        (row.bank_reference.is_none() && row.status.is_none(), "the bank has spoken about the message"),
        (known.escalation.is_none(), "people decide"),
        (
            outcome.not_found_is_proof || now - first < millis(outcome.duplicate_window_ms / 2),
            "half of the time for which the bank recognises a repetition has passed",
        ),
        (case.dates.is_some_and(|(earliest, _)| earliest >= today), "the execution date has passed"),
        (now - ended >= not_found_wait(case.rules), "the stated wait has not passed"),
        (
            not_found_counts(case, ended),
            "the bank has not said after the stated wait that it does not know it",
        ),
    ];
    conditions.into_iter().find(|(holds, _)| !holds).map(|(_, why)| why)
}

/// "Not found" counts only where it was said after the stated wait. Where the bank is not asked, the wait alone counts.
fn not_found_counts(case: &Case<'_>, ended: DateTime<Utc>) -> bool {
    let known = &case.row.unknown;
    !case.rules.outcome.climbs(Climbed::Inquire)
        || (known.told == Some(Told::NotFound)
            && known.inquired_at.is_some_and(|at| at - ended >= not_found_wait(case.rules)))
}

fn not_found_wait(rules: &Rules) -> Duration {
    let stated = rules.outcome.not_found_wait_ms;
    millis(stated.unwrap_or_else(|| rules.attempt_ms.saturating_add(rules.outcome.ingestion_lag_ms)))
}

/// When the octets could go again if nothing else spoke against it: an inquiry makes the time its own.
fn resend_at(case: &Case<'_>) -> Option<DateTime<Utc>> {
    Some(case.row.last_attempt_ended_at? + not_found_wait(case.rules))
}

fn inquire_at(case: &Case<'_>) -> Option<DateTime<Utc>> {
    let (row, known, outcome) = (case.row, &case.row.unknown, &case.rules.outcome);
    if !outcome.climbs(Climbed::Inquire) {
        return None;
    }
    // What was claimed a duplicate is asked about at once, but once: the answer may claim the same again.
    if let Some(claimed) = known.duplicate_at
        && known.inquired_at.is_none_or(|asked| asked < claimed)
    {
        return Some(claimed);
    }
    let since = known.inquired_at.into_iter().chain(row.last_attempt_ended_at).chain(known.since).max()?;
    if row.inquiries == 0 && !outcome.climbs(Climbed::Wait) {
        return Some(since);
    }
    let wait = nth(&outcome.inquiry_waits_ms, row.inquiries).unwrap_or(INQUIRY_WAIT_MS);
    Some(since + millis(wait.max(INQUIRY_WAIT_MS_MIN)))
}

fn escalate_at(case: &Case<'_>) -> Option<DateTime<Utc>> {
    let known = &case.row.unknown;
    let since = known.since.or(case.row.first_attempt_at)?;
    known.escalation.is_none().then(|| since + millis(case.rules.outcome.escalate_ms()))
}

fn escalation(case: &Case<'_>) -> Escalation {
    let known = &case.row.unknown;
    match known.told {
        _ if known.duplicate_at.is_some() => Escalation::DuplicateUnexplained,
        _ if !case.rules.outcome.climbs(Climbed::Inquire) => Escalation::NoInquiry,
        Some(Told::NotFound) => Escalation::NotFound,
        Some(Told::Found | Told::Failed) | None => Escalation::NoAnswer,
    }
}

fn statement_look_at(case: &Case<'_>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if case.row.unknown.escalation == Some(Escalation::ProvenNotBooked) {
        return None;
    }
    let from = case.rules.statements_from(case.dates?.1)?;
    Some(from.max(now + millis(STATEMENT_LOOK_MS)))
}

/// The bank confirmed receipt and then called the message a duplicate: it is asked what it has.
fn after_receipt(case: &Case<'_>, now: DateTime<Utc>) -> Rung {
    let (row, known) = (case.row, &case.row.unknown);
    let Some(claimed) = known.duplicate_at else { return Rung::Resolved };
    let answered = known.told == Some(Told::Found) && known.inquired_at.is_some_and(|at| at >= claimed);
    if answered || row.inquiries >= DUPLICATE_INQUIRIES_MAX {
        return Rung::Resolved;
    }
    match inquire_at(case) {
        Some(at) if at <= now => Rung::Inquire,
        Some(at) => Rung::Wait(at),
        None => Rung::Resolved,
    }
}

fn nth(waits: &[u64], index: u32) -> Option<u64> {
    let last = waits.len().checked_sub(1)?;
    waits.get(last.min(usize::try_from(index).unwrap_or(usize::MAX))).copied()
}

fn millis(count: u64) -> Duration {
    Duration::milliseconds(i64::try_from(count).unwrap_or(i64::MAX / 2_000_000))
}
