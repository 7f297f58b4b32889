//! What a bank's profile says about outcomes that nobody knows: how it is asked, what its duplicate check
//! remembers, which rungs are climbed. Never the climbing itself: that is `engine::unknown`.

use super::{Answers, Profile, ProfileError};
use serde::Deserialize;

/// After so long without news people decide, where the profile does not say, in milliseconds. Chosen by us after
/// the public interface with the shortest stated time before its desk is to be called (15 minutes).
/// Source: bank APIs, section 17.
const ESCALATE_AFTER_MS: u64 = 15 * 60 * 1_000;
/// Answers that never prove that nothing was processed. Source: faults and threats, section 2.5.
const NEVER_PROOF: &[u16] = &[500, 502, 504];

/// What to do when nobody knows whether a message arrived.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownOutcome {
    /// The rungs in their order; people come last. Rungs left out are not climbed.
    #[serde(default)]
    pub policy: Option<Vec<Rung>>,
    /// Path template of the inquiry by `{message_id}`; absent means that there is none.
    #[serde(default)]
    pub inquiry_path: Option<String>,
    /// Statuses that say that the bank has it.
    #[serde(default)]
    pub inquiry_found: Vec<u16>,
    /// Statuses that say that it does not have it (which proves nothing by itself).
    #[serde(default)]
    pub inquiry_not_found: Vec<u16>,
    /// Waits before the first, second … inquiry; the last one repeats.
    #[serde(default)]
    pub inquiry_waits_ms: Vec<u64>,
    /// What the bank recognises a message by that it has already.
    #[serde(default)]
    pub duplicate_check: DuplicateCheck,
    /// Whether the check also recognises a message whose first attempt ended in an error or a time-out.
    #[serde(default)]
    pub duplicate_covers_errors: bool,
    /// How long it remembers. Octets are sent again only within half of it, counted from the first attempt.
    #[serde(default)]
    pub duplicate_window_ms: u64,
    /// How long a message may be on its way inside the bank before an inquiry or the check knows it.
    pub ingestion_lag_ms: u64,
    /// How long after the end of an attempt "not found" begins to count; by default the longest duration of an attempt
    /// and the ingestion lag. Only a bank that says so is given less.
    #[serde(default)]
    pub not_found_wait_ms: Option<u64>,
    /// Whether the bank promises that what it does not find after `not_found_wait_ms` was never and will never be
    /// processed. Then the identical octets may go again whatever its duplicate check remembers.
    #[serde(default)]
    pub not_found_is_proof: bool,
    /// Most attempts with the identical octets, the first one included.
    #[serde(default = "one")]
    pub attempts_max: u32,
    /// Days after the execution date whose end a statement must reach to prove that nothing was booked.
    #[serde(default)]
    pub statement_days: Option<u32>,
    /// Whether a statement, once made, is complete: the bank never books into a day that it has stated.
    #[serde(default)]
    pub statement_is_final: bool,
    /// How long after the outcome became unknown people are asked.
    #[serde(default)]
    pub escalate_after_ms: Option<u64>,
}

fn one() -> u32 {
    1
}

/// A rung of the ladder. Source: faults and threats, section 2.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Wait for a callback or a poll before the first inquiry.
    Wait,
    /// Ask by our own ids.
    Inquire,
    /// Send the identical octets again, if every condition holds.
    Resend,
    /// Let a final statement without gaps prove that nothing was booked.
    Statement,
    /// Two people decide.
    People,
}

/// What the bank recognises a message by that it has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateCheck {
    /// It does not promise to.
    #[default]
    None,
    /// `GrpHdr/MsgId`.
    MessageId,
    /// `EndToEndId` of each payment.
    EndToEndId,
    /// The idempotency key in a header of the step.
    IdempotencyKey,
    /// A key whose answer is replayed whatever the body is. It proves nothing about the body: the same as none.
    BodyBlindCache,
}

impl DuplicateCheck {
    /// Whether identical octets that come again are recognised for what they are.
    pub fn is_safe(self) -> bool {
        matches!(
            self,
            DuplicateCheck::MessageId | DuplicateCheck::EndToEndId | DuplicateCheck::IdempotencyKey
        )
    }
}

impl UnknownOutcome {
    /// Whether a rung is climbed.
    pub fn climbs(&self, rung: Rung) -> bool {
        let wanted = self.policy.as_ref().is_none_or(|policy| policy.contains(&rung));
        wanted
            && match rung {
                Rung::Inquire => self.inquiry_path.is_some(),
                Rung::Resend => self.may_resend(),
                Rung::Statement => self.statement_days.is_some() && self.statement_is_final,
                Rung::Wait | Rung::People => true,
            }
    }

    fn may_resend(&self) -> bool {
        self.attempts_max > 1
            && (self.not_found_is_proof || self.duplicate_check.is_safe() && self.duplicate_covers_errors)
    }

    /// How long after it became unknown people are asked, in milliseconds.
    pub fn escalate_ms(&self) -> u64 {
        self.escalate_after_ms.unwrap_or(ESCALATE_AFTER_MS)
    }

    /// What contradicts itself: the key and why.
    fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        self.of_resending().or_else(|| self.of_inquiring()).or_else(|| self.of_policy())
    }

    fn of_resending(&self) -> Option<(&'static str, &'static str)> {
        if self.attempts_max == 0 {
            return Some(("unknown.attempts_max", "the first attempt counts"));
        }
        if self.not_found_is_proof {
            let stated = self.inquiry_path.is_some() && !self.inquiry_not_found.is_empty();
            let why = "only an inquiry with a stated not_found_wait_ms can prove anything";
            let sound = stated && self.not_found_wait_ms.is_some() && self.climbs(Rung::Inquire);
            return (!sound).then_some(("unknown.not_found_is_proof", why));
        }
        if self.attempts_max > 1 && !self.duplicate_check.is_safe() {
            return Some(("unknown.attempts_max", "without a duplicate check there is one attempt"));
        }
        if self.attempts_max > 1 && !self.duplicate_covers_errors {
            let why = "a duplicate check that does not cover errors and time-outs permits one attempt";
            return Some(("unknown.attempts_max", why));
        }
        if self.attempts_max > 1 && self.duplicate_window_ms == 0 {
            return Some(("unknown.duplicate_window_ms", "how long the bank remembers must be said"));
        }
        None
    }

    fn of_inquiring(&self) -> Option<(&'static str, &'static str)> {
        if self.inquiry_path.is_some() && self.inquiry_found.is_empty() {
            return Some(("unknown.inquiry_found", "an inquiry needs an answer that says: found"));
        }
        if self.inquiry_found.iter().any(|status| self.inquiry_not_found.contains(status)) {
            return Some(("unknown.inquiry_not_found", "one status says found and not found"));
        }
        if self.statement_days.is_some() && !self.statement_is_final {
            let why =
                "a statement that is not final proves nothing: say statement_is_final or leave the days out";
            return Some(("unknown.statement_days", why));
        }
        None
    }

    fn of_policy(&self) -> Option<(&'static str, &'static str)> {
        let policy = self.policy.as_ref()?;
        let why = if !policy.windows(2).all(|pair| pair.first() < pair.last()) {
            "the rungs are wait, inquire, resend, statement, people, in this order and each once"
        } else if policy.last() != Some(&Rung::People) {
            "people come last: somebody has to decide in the end"
        } else if policy.contains(&Rung::Inquire) && self.inquiry_path.is_none() {
            "there is no inquiry_path to inquire by"
        } else if policy.contains(&Rung::Resend) && !self.may_resend() {
            "attempts_max or the duplicate check does not permit to send again"
        } else if policy.contains(&Rung::Statement) && self.statement_days.is_none() {
            "there are no statement_days to wait for"
        } else {
            return None;
        };
        Some(("unknown.policy", why))
    }
}

/// Refuses what contradicts itself about unknown outcomes, and answers said to prove what they cannot.
pub(super) fn check(profile: &Profile) -> Result<(), ProfileError> {
    let refused = |(key, message): (&str, &str)| {
        Err(ProfileError::Contradiction { key: key.to_owned(), message: message.to_owned() })
    };
    if let Some(found) = profile.unknown.contradiction() {
        return refused(found);
    }
    let has_key =
        profile.steps.iter().filter(|step| step.takes_effect).all(|step| step.idempotency.is_some());
    if profile.unknown.duplicate_check == DuplicateCheck::IdempotencyKey && !has_key {
        return refused(("unknown.duplicate_check", "no step sends an idempotency key"));
    }
    let Answers { received, refused_before_processing, try_later, .. } = &profile.answers;
    if received.iter().any(|status| !(200..300).contains(status)) {
        return refused(("answers.received", "only 2xx can say that the bank has the message"));
    }
    if refused_before_processing.iter().chain(try_later).any(|status| NEVER_PROOF.contains(status)) {
        return refused(("answers", "500, 502 and 504 prove nothing about what was processed"));
    }
    Ok(())
}
