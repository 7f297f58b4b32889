//! What to do when nobody knows whether a message arrived, and when to try again after proof that it
//! did not. Pure: rows, the profile and the time in, the next rung out. No time-out permits a re-send
//! by itself. Source: faults and threats, section 2.5.

use crate::bank::profile::{DuplicateCheck, UnknownOutcome};
use crate::domain::row::{MessageRow, SendPhase};
use chrono::{DateTime, Duration, Utc};

/// Waits before another attempt when no byte had left, in milliseconds; the last one repeats. Chosen by us.
pub const RETRY_WAITS_MS: &[u64] = &[500, 1_000, 2_000, 5_000, 15_000, 30_000];
/// Wait between inquiries where the profile names none, in milliseconds. Chosen by us.
const INQUIRY_WAIT_MS: u64 = 60_000;

/// When to try again after an attempt that provably sent nothing.
pub fn retry_at(attempt: u32, retry_after_s: Option<u64>, now: DateTime<Utc>) -> DateTime<Utc> {
    let own = nth(RETRY_WAITS_MS, attempt.saturating_sub(1)).unwrap_or(30_000);
    let asked = retry_after_s.unwrap_or(0).saturating_mul(1_000);
    now + millis(own.max(asked))
}

/// When to inquire next. `duplicate` says that the bank has just claimed to have it: ask at once.
pub fn inquire_at(
    profile: &UnknownOutcome,
    inquiries: u32,
    duplicate: bool,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    if duplicate {
        return now;
    }
    now + millis(nth(&profile.inquiry_waits_ms, inquiries).unwrap_or(INQUIRY_WAIT_MS))
}

/// Whether the identical octets may be sent once more after the bank said "not found". All must
/// hold: the bank recognises our message id, long enough for 5xx and time-outs; its ingestion lag has
/// passed since the attempt ended; half of the window has not; attempts are left; no evidence came.
pub fn may_resend(profile: &UnknownOutcome, row: &MessageRow, now: DateTime<Utc>) -> bool {
    let (Some(first), Some(ended)) = (row.first_attempt_at, row.last_attempt_ended_at) else { return false };
    row.phase == SendPhase::Unknown
        && row.status.is_none()
        && row.bank_reference.is_none()
        && !row.dissolved
        && profile.duplicate_check == DuplicateCheck::MessageId
        && row.attempt < profile.attempts_max
        && now - ended >= millis(profile.ingestion_lag_ms)
        && now - first < millis(profile.duplicate_window_ms / 2)
}

fn nth(waits: &[u64], index: u32) -> Option<u64> {
    let last = waits.len().checked_sub(1)?;
    waits.get(last.min(usize::try_from(index).unwrap_or(usize::MAX))).copied()
}

fn millis(count: u64) -> Duration {
    Duration::milliseconds(i64::try_from(count).unwrap_or(i64::MAX / 2_000_000))
}
