//! Writes the request for a cancellation that is wanted and hands it in: from there it is sent like every message.
//! A document that our own walk refuses never leaves.

use super::World;
use super::dispatch::Guard;
use super::freezing::Failure;
use super::recording::Note;
use crate::domain::entry::Digest;
use crate::domain::fact::{Cause, Fact};
use crate::domain::row::{ConfiguredAccount, PayoutRow, Subject};
use crate::engine::cancellation::{Asking, octets};
use crate::engine::input::{CancellationDraft, Input};
use crate::engine::intake::ids::IdKey;
use crate::engine::routing::Bank;
use crate::messages::own;
use crate::store::Store;
use crate::store::documents::NewDocument;
use crate::store::lookup::Lookup;
use chrono::{DateTime, Utc};

/// Writes one request.
pub async fn run(world: World, row: PayoutRow, guard: Guard) {
    if let Err(cause) = freeze(&world, &row).await {
        tracing::error!(payout_id = row.token.base32(), %cause, "a request for cancellation could not be written");
        let text =
            format!("the request to cancel payout {} could not be written: {cause}", row.token.base32());
        let alarm = Input::Alarm { code: "cancellation_failed", text };
        // If the desk is gone, the process ends anyway.
        drop(world.desk.put(world.envelope("gateway", Cause::Timer, alarm)).await);
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    }
    drop(guard);
}

async fn freeze(world: &World, row: &PayoutRow) -> Result<(), Failure> {
    let created = world.clock.now();
    let pen = Pen {
        banks: &world.banks,
        accounts: &world.standing.accounts.0,
        id_key: &world.id_key,
        profile: world.profiles.get(&row.bank).copied().unwrap_or(Digest([0; 32])),
    };
    let draft = pen.draft(&world.store, row, created).await?;
    world.note(|| Note::Written { message_id: draft.message_id.clone(), created });
    let input = Input::CancellationWritten(Box::new(draft));
    world.desk.put(world.envelope("gateway", Cause::Timer, input)).await?;
    Ok(())
}

/// What a request is written with.
#[derive(Clone, Copy)]
pub struct Pen<'a> {
    /// The banks with their profiles.
    pub banks: &'a [Bank],
    /// Configured accounts.
    pub accounts: &'a [ConfiguredAccount],
    /// What ids are derived with.
    pub id_key: &'a IdKey,
    /// Digest of the profile's octets.
    pub profile: Digest,
}

impl Pen<'_> {
    /// The request to cancel a payout, from what the store holds of it.
    pub async fn draft(
        self,
        store: &Store,
        row: &PayoutRow,
        created: DateTime<Utc>,
    ) -> Result<CancellationDraft, Failure> {
        let bank = self.banks.iter().find(|bank| bank.id == row.bank).ok_or("the bank is not configured")?;
        let rules = bank.profile.cancellation.as_ref().ok_or("the bank takes no such requests any more")?;
        let account = self.accounts.iter().find(|account| account.account_ref == row.debtor_account_ref);
        let view = store.load(vec![Lookup::Payout(row.key)]).await?;
        let (Some(block), Some(message)) = (view.block_of(row), view.message_of(row)) else {
            return Err("the payout is in no message".into());
        };
        let frozen = store.history(Subject::Message(message.key)).await?;
        let definition = frozen.iter().find_map(|stored| match &stored.recorded.fact {
            Fact::MessageFrozen(frozen) => Some(frozen.definition.clone()),
            _ => None,
        });
        let wanted = store.history(Subject::Payout(row.key)).await?;
        let reason = wanted.iter().rev().find_map(|stored| match &stored.recorded.fact {
            Fact::CancellationWanted { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        let id = self.id_key.cancellation_id(row.token);
        let written = octets(&Asking {
            bank,
            rules,
            payout: row,
            block,
            original: (&message.message_id, definition.as_deref().ok_or("the message was never frozen")?),
            account: account.ok_or("the account is not configured")?,
            id: &id,
            reason: reason.as_deref().unwrap_or_default(),
            created,
        })?;
        own::check(&written, &rules.definition)?;
        Ok(CancellationDraft {
            payout: row.key,
            message_id: id,
            bank: bank.id.clone(),
            definition: rules.definition.clone(),
            profile: self.profile,
            document: NewDocument::of(written),
        })
    }
}
