//! Freezes what waits for a bank: groups it, writes the message, walks it through its definition and
//! hands it in. A document that our own walk refuses never leaves.

use super::World;
use super::dispatch::Guard;
use super::recording::Note;
use crate::bank::link::Link;
use crate::bank::profile::Profile;
use crate::domain::entry::Digest;
use crate::domain::fact::Cause;
use crate::domain::payout::Payout;
use crate::domain::row::{ConfiguredAccount, PayoutRow};
use crate::engine::batching::{PlannedMessage, batch_wait_ms, plan};
use crate::engine::input::{Draft, DraftBlock, Input};
use crate::engine::intake::ids::IdKey;
use crate::engine::outgoing::{Sender, octets, version_of};
use crate::engine::routing::Bank;
use crate::messages::own;
use crate::store::documents::NewDocument;
use crate::store::listing::Unbatched;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Why a message cannot be written; for the operator.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Freezes as many messages as are due.
pub async fn run(world: World, link: Arc<Link>, batch: Unbatched, guard: Guard) {
    let bank = batch.bank.clone();
    if let Err(cause) = freeze(&world, &link, batch).await {
        tracing::error!(bank, %cause, "a message could not be frozen");
        let text = format!("a message for {bank} could not be frozen: {cause}");
        let alarm = Input::Alarm { code: "freeze_failed", text };
        // If the desk is gone, the process ends anyway.
        drop(world.desk.put(world.envelope("gateway", Cause::Timer, alarm)).await);
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    }
    drop(guard);
}

async fn freeze(world: &World, link: &Arc<Link>, batch: Unbatched) -> Result<(), Failure> {
    let now = world.clock.now();
    let due = due(link.profile(), batch, now);
    if due.is_empty() {
        return Ok(());
    }
    let bodies = world.store.payout_bodies(due.iter().map(|row| row.key).collect()).await?;
    if bodies.len() != due.len() {
        return Err("a recorded payout has no body".into());
    }
    let (sender, mut drafts) = tokio::sync::mpsc::channel::<Result<Draft, String>>(2);
    let (writing, bank) = (world.clone(), link.bank().to_owned());
    let writer = tokio::task::spawn_blocking(move || {
        let Some(bank) = writing.banks.iter().find(|known| known.id == bank) else { return };
        let press = Press {
            bank,
            accounts: &writing.standing.accounts.0,
            tenant: &writing.tenant,
            id_key: &writing.id_key,
            profile: writing.profiles.get(&bank.id).copied().unwrap_or(Digest([0; 32])),
        };
        for draft in press.drafts(&due, &bodies, now) {
            if sender.blocking_send(draft.map_err(|cause| cause.to_string())).is_err() {
                return;
            }
        }
    });
    while let Some(draft) = drafts.recv().await {
        let draft = draft?;
        world.note(|| Note::Written { message_id: draft.message_id.clone(), created: now });
        let input = Input::Frozen(Arc::new(draft));
        world.desk.put(world.envelope("gateway", Cause::Timer, input)).await?;
    }
    writer.await?;
    Ok(())
}

/// Those that have waited long enough for company, or all where a message can be filled.
pub fn due(profile: &Profile, batch: Unbatched, now: DateTime<Utc>) -> Vec<PayoutRow> {
    let limit = usize::try_from(profile.limits.payments_per_message).unwrap_or(usize::MAX);
    let full = batch.more || batch.payouts.len() >= limit;
    let waited = |row: &PayoutRow| {
        let wait = i64::try_from(batch_wait_ms(profile, row.rail)).unwrap_or(i64::MAX);
        let age = (now - row.recorded_at).num_milliseconds();
        // Recorded in the future: the clock was wrong then, and nobody waits until it is right again.
        age >= wait || age < 0
    };
    batch.payouts.into_iter().filter(|row| full || waited(row)).collect()
}

/// What a message is written with.
#[derive(Clone, Copy)]
pub struct Press<'a> {
    /// The bank.
    pub bank: &'a Bank,
    /// Configured accounts.
    pub accounts: &'a [ConfiguredAccount],
    /// Whose messages they are.
    pub tenant: &'a str,
    /// What ids are derived with.
    pub id_key: &'a IdKey,
    /// Digest of the profile's octets.
    pub profile: Digest,
}

impl<'a> Press<'a> {
    /// Plans the messages of these payouts and writes one after the other.
    pub fn drafts<'b>(
        self,
        rows: &'b [PayoutRow],
        bodies: &'b [Payout],
        created: DateTime<Utc>,
    ) -> impl Iterator<Item = Result<Draft, Failure>> + use<'a, 'b> {
        let payouts: Vec<&'b Payout> = bodies.iter().collect();
        let planned = plan(self.bank, &payouts, self.id_key);
        planned.into_iter().map(move |message| self.write(&message, (rows, &payouts), created))
    }

    fn write(
        &self,
        message: &PlannedMessage,
        (rows, payouts): (&[PayoutRow], &[&Payout]),
        created: DateTime<Utc>,
    ) -> Result<Draft, Failure> {
        let outgoing = Sender { bank: self.bank, accounts: self.accounts, tenant: self.tenant, created };
        let version = version_of(self.bank)?;
        let written = octets(&outgoing, version, message, payouts)?;
        own::check(&written, &self.bank.profile.message.definition)?;
        self.bank.profile.chosen.check_written(&written)?;
        let keys = |members: &[usize]| {
            members.iter().filter_map(|member| rows.get(*member)).map(|row| row.key).collect()
        };
        let blocks = message
            .blocks
            .iter()
            .map(|block| DraftBlock {
                payment_information_id: block.payment_information_id.clone(),
                debtor_account_ref: block.key.debtor_account_ref.clone(),
                currency: block.key.currency,
                execution_date: block.key.execution_date,
                sum: block.sum,
                members: keys(&block.members),
            })
            .collect();
        Ok(Draft {
            message_id: message.message_id.clone(),
            bank: self.bank.id.clone(),
            definition: self.bank.profile.message.definition.clone(),
            profile: self.profile,
            document: NewDocument::of(written),
            count: message.count,
            sum: message.sum,
            blocks,
        })
    }
}
