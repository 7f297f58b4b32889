//! A payout anew: same payee, amount and texts under new ids, dated from today on. Made only where people decided that
//! the old one was never sent. Pure; what is recorded of it is decided elsewhere.

use super::intake::ids::{IdKey, token_end_to_end_id};
use super::routing::{Bank, Request, choose, local_date};
use crate::domain::payout::Payout;
use crate::domain::reference::{ExternalId, PayoutToken};
use chrono::{DateTime, Utc};

/// What a re-issue is made with.
#[derive(Clone, Copy, Debug)]
pub struct Office<'a> {
    /// Banks with their profiles.
    pub banks: &'a [Bank],
    /// What ids are derived with.
    pub id_key: &'a IdKey,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Why a payout cannot be issued anew by the gateway. A person has to enter it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReissueError {
    /// Its rail does not take it (any more).
    #[error("{external_id}: its rail does not take it any more; re-issue it by hand")]
    Rail {
        /// Which.
        external_id: String,
    },
}

impl ReissueError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ReissueError::Rail { .. } => "reissue.rail",
        }
    }
}

/// The id of the next version of a payout: its own with a number behind, or its token where that is too long.
pub fn next_external_id(old: &Payout, version: u32) -> ExternalId {
    let own = format!("{}:{version}", old.instruction.external_id);
    ExternalId::parse(&own)
        .or_else(|_| ExternalId::parse(&format!("{}:{version}", old.token.base32())))
        .expect("letters and digits of a token, a colon and a number are an external id")
}

/// The token of the next version.
pub fn next_token(office: &Office<'_>, old: &Payout, version: u32) -> PayoutToken {
    office.id_key.payout_token(&old.tenant, next_external_id(old, version).as_str())
}

/// The payout anew, as its given version. A date that has passed becomes the earliest; the rail stays.
pub fn reissued(office: &Office<'_>, old: &Payout, version: u32) -> Result<Payout, ReissueError> {
    let refused = || ReissueError::Rail { external_id: old.instruction.external_id.as_str().to_owned() };
    let bank = office.banks.iter().find(|bank| bank.id == old.bank).ok_or_else(refused)?;
    let mut payout = old.clone();
    let instruction = &mut payout.instruction;
    instruction.replaces = Some(old.instruction.external_id.clone());
    instruction.external_id = next_external_id(old, version);
    instruction.end_to_end_id = None;
    instruction.rail_preference = vec![old.rail];
    let today = local_date(&bank.profile, office.now);
    instruction.requested_execution_date = instruction.requested_execution_date.filter(|date| *date >= today);
    payout.token = office.id_key.payout_token(&old.tenant, payout.instruction.external_id.as_str());
    let routing = choose(&Request::of(&payout.instruction, &old.bank, old.speed), office.banks, office.now);
    let choice = routing.choice.filter(|choice| choice.rail == old.rail).ok_or_else(refused)?;
    let coding = bank.profile.rail(choice.rail).ok_or_else(refused)?;
    payout.end_to_end_id = token_end_to_end_id(&payout.token, coding.end_to_end_max);
    payout.execution_date = choice.execution_date;
    Ok(payout)
}
