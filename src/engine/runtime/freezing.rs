//! Freezes what waits for a bank: groups it, writes the message, walks it through its definition and
//! hands it in. A document that our own walk refuses never leaves.

use super::World;
use super::dispatch::Guard;
use crate::bank::link::Link;
use crate::domain::entry::Digest;
use crate::domain::fact::Cause;
use crate::domain::payout::Payout;
use crate::domain::row::PayoutRow;
use crate::engine::batching::{PlannedMessage, batch_wait_ms, plan};
use crate::engine::input::{Draft, DraftBlock, Input};
use crate::engine::outgoing::{Sender, octets, version_of};
use crate::engine::routing::Bank;
use crate::messages::own;
use crate::store::documents::NewDocument;
use crate::store::listing::Unbatched;
use chrono::{DateTime, Utc};
use std::sync::Arc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

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
    let limit = usize::try_from(link.profile().limits.payments_per_message).unwrap_or(usize::MAX);
    let full = batch.more || batch.payouts.len() >= limit;
    let due: Vec<PayoutRow> =
        batch.payouts.into_iter().filter(|row| full || waited(link, row, now)).collect();
    if due.is_empty() {
        return Ok(());
    }
    let bodies = world.store.payout_bodies(due.iter().map(|row| row.key).collect()).await?;
    if bodies.len() != due.len() {
        return Err("a recorded payout has no body".into());
    }
    let Some(bank) = world.banks.iter().find(|bank| bank.id == link.bank()).cloned() else {
        return Err("the bank is not configured".into());
    };
    let writing = Writing { world: world.clone(), bank, rows: due, bodies, created: now };
    let (sender, mut drafts) = tokio::sync::mpsc::channel::<Result<Draft, String>>(2);
    let writer = tokio::task::spawn_blocking(move || writing.write_all(&sender));
    while let Some(draft) = drafts.recv().await {
        let input = Input::Frozen(Arc::new(draft?));
        world.desk.put(world.envelope("gateway", Cause::Timer, input)).await?;
    }
    writer.await?;
    Ok(())
}

/// Whether a payout has waited long enough for company.
fn waited(link: &Link, row: &PayoutRow, now: DateTime<Utc>) -> bool {
    let wait = i64::try_from(batch_wait_ms(link.profile(), row.rail)).unwrap_or(i64::MAX);
    (now - row.recorded_at).num_milliseconds() >= wait
}

struct Writing {
    world: World,
    bank: Bank,
    rows: Vec<PayoutRow>,
    bodies: Vec<Payout>,
    created: DateTime<Utc>,
}

impl Writing {
    fn write_all(&self, sender: &tokio::sync::mpsc::Sender<Result<Draft, String>>) {
        let payouts: Vec<&Payout> = self.bodies.iter().collect();
        for message in plan(&self.bank, &payouts, &self.world.id_key) {
            let draft = self.write(&message, &payouts).map_err(|cause| cause.to_string());
            if sender.blocking_send(draft).is_err() {
                return;
            }
        }
    }

    fn write(&self, message: &PlannedMessage, payouts: &[&Payout]) -> Result<Draft, Failure> {
        let outgoing = Sender {
            bank: &self.bank,
            accounts: &self.world.standing.accounts.0,
            tenant: &self.world.tenant,
            created: self.created,
        };
        let version = version_of(&self.bank)?;
        let written = octets(&outgoing, version, message, payouts)?;
        own::check(&written, &self.bank.profile.message.definition)?;
        let blocks = message
            .blocks
            .iter()
            .map(|block| DraftBlock {
                payment_information_id: block.payment_information_id.clone(),
                debtor_account_ref: block.key.debtor_account_ref.clone(),
                currency: block.key.currency,
                execution_date: block.key.execution_date,
                sum: block.sum,
                members: block
                    .members
                    .iter()
                    .filter_map(|member| self.rows.get(*member))
                    .map(|row| row.key)
                    .collect(),
            })
            .collect();
        Ok(Draft {
            message_id: message.message_id.clone(),
            bank: self.bank.id.clone(),
            definition: self.bank.profile.message.definition.clone(),
            profile: self.world.profiles.get(&self.bank.id).copied().unwrap_or(Digest([0; 32])),
            document: NewDocument::of(written),
            count: message.count,
            sum: message.sum,
            blocks,
        })
    }
}
