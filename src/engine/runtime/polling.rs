//! Fetches a bank's list of reports, whatever was pushed before: a callback that got lost is found here.

use super::World;
use crate::bank::delivery::Collected;
use crate::bank::link::{Link, Moment};
use crate::domain::fact::Cause;
use crate::domain::row::Channel;
use crate::engine::input::{Arrived, Input};
use crate::store::documents::NewDocument;
use crate::store::lookup::Lookup;
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::Arc;
use std::time::Duration;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Fetches until the process stops. An error waits for the next interval.
pub async fn run(world: World, link: Arc<Link>) {
    let interval = Duration::from_millis(link.profile().polling.interval_ms.max(100));
    let mut stop = world.stop.clone();
    while !*stop.borrow() {
        match collect(&world, &link).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(cause) => tracing::warn!(bank = link.bank(), %cause, "reports could not be fetched"),
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

/// Fetches the next report; `true` says that there may be more at once. The cursor moves only after
/// the report is durable.
async fn collect(world: &World, link: &Arc<Link>) -> Result<bool, Failure> {
    let bank = link.bank().to_owned();
    let view = world.store.load(vec![Lookup::Cursor(bank.clone())]).await?;
    let cursor = view.cursors.get(&bank).cloned().unwrap_or_default();
    let mut nonce = [0u8; 16];
    SystemRandom::new().fill(&mut nonce).map_err(|_| "the system gives no random octets")?;
    let prepared = link.prepare_collect(&cursor, Moment { now: world.clock.now(), nonce })?;
    let outcome = link.call(&prepared).await;
    match link.judge_collect(&prepared, outcome, world.clock.now()) {
        Collected::Nothing => Ok(false),
        Collected::Failed { cause } => Err(cause.into()),
        Collected::Report { reply, next_cursor } => {
            let arrived = Arrived {
                bank: bank.clone(),
                channel: Channel::Poll,
                document: NewDocument::of(&reply.body[..]),
                authenticated: true,
                note: "signed answer to a call of ours".to_owned(),
            };
            world.desk.put(world.envelope(&bank, Cause::Timer, Input::Arrived(arrived))).await?;
            let moved = Input::Collected { bank: bank.clone(), cursor: next_cursor };
            world.desk.put(world.envelope(&bank, Cause::Timer, moved)).await?;
            Ok(true)
        }
    }
}
