//! Whether a payout fits the definition that the bank's profile has chosen for what is written: judged at the door, alone, so that
//! no payout can hold up the others of its message later.

use super::check::Context;
use super::finding::{Finding, Origin};
use crate::domain::payout::Payout;
use crate::engine::batching::plan;
use crate::engine::outgoing::{Sender, octets, version_of};

/// Writes the payout as a message of its own and has the chosen definition judge it.
pub(super) fn unfit(payout: &Payout, context: &Context<'_>, origin: Origin) -> Option<Finding> {
    let bank = context.banks.iter().find(|bank| bank.id == payout.bank)?;
    if !bank.profile.chosen.judges_written() {
        return None;
    }
    let version = version_of(bank).ok()?;
    let sender = Sender { bank, accounts: context.accounts, tenant: context.tenant, created: context.now };
    let payouts = [payout];
    let message = plan(bank, &payouts, context.id_key).into_iter().next()?;
    // What cannot even be written is a finding of its own.
    let written = octets(&sender, version, &message, &payouts).ok()?;
    let refused = bank.profile.chosen.check_written(&written).err()?;
    Some(Finding::error(origin, "payout", "definition.unfit", refused))
}
