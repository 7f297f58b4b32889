//! The fact that freezes a request for cancellation, written and read. Never what follows from it.

use super::FactError;
use super::json::Members;
use super::read_value::{Text, digest};
use crate::domain::fact::{Fact, FrozenCancellation};
use crate::domain::row::Key;
use serde::Deserialize;

/// Writes the members of a frozen request.
pub fn write_frozen(request: &FrozenCancellation, members: &mut Members<'_>) {
    members.number("payout", request.payout);
    members.text("message_id", &request.message_id);
    members.text("bank", &request.bank);
    members.text("definition", &request.definition);
    members.digest("document", &request.document);
    members.digest("profile", &request.profile);
}

/// A frozen request as facts hold it.
#[derive(Deserialize)]
pub struct FrozenBody<'a> {
    payout: Key,
    message_id: String,
    bank: String,
    definition: String,
    #[serde(borrow)]
    document: Text<'a>,
    profile: Text<'a>,
}

/// The fact of such members.
pub fn frozen(key: Key, body: FrozenBody<'_>) -> Result<Fact, FactError> {
    Ok(Fact::CancellationFrozen(Box::new(FrozenCancellation {
        key,
        payout: body.payout,
        message_id: body.message_id,
        bank: body.bank,
        definition: body.definition,
        document: digest("document", &body.document)?,
        profile: digest("profile", &body.profile)?,
    })))
}
