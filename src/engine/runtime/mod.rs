//! The loop and its workers: the only part of the engine that knows a clock, tasks and sockets.
//! Receive, decide, append, apply, act. After a crash it looks at the views and finds what is
//! unfinished: there is no separate recovery code.

pub mod cancelling;
pub mod clock;
pub mod crash;
pub mod desk;
pub mod dispatch;
pub mod freezing;
pub mod gate;
pub mod polling;
pub mod reading;
pub mod recording;
pub mod recovery;
pub mod sending;

use crate::bank::link::Link;
use crate::domain::entry::Digest;
use crate::domain::fact::AttemptEnd;
use crate::domain::row::MessageRow;
use crate::engine::decide::{Standing, call_cause};
use crate::engine::input::{Delivered, Envelope, Input};
use crate::engine::intake::ids::IdKey;
use crate::engine::routing::Bank;
use crate::engine::turn::TurnError;
use crate::store::Store;
use crate::store::listing::WorkLimits;
use chrono::{DateTime, Utc};
use clock::Clock;
use desk::Desk;
use gate::{Gate, Reason};
use recording::{Note, Tap};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// What a running engine is made of.
pub struct Parts {
    /// Facts, views and documents.
    pub store: Store,
    /// Accounts and what does not change.
    pub standing: Standing,
    /// The banks with their profiles.
    pub banks: Vec<Bank>,
    /// Digest of each bank's profile octets, by bank id.
    pub profiles: BTreeMap<String, Digest>,
    /// The links by bank id.
    pub links: BTreeMap<String, Arc<Link>>,
    /// Key of the derived ids.
    pub id_key: IdKey,
    /// The tenant of a single-tenant gateway.
    pub tenant: String,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where a recording listens, if one is made.
    pub tap: Option<Tap>,
}

/// What every worker holds.
#[derive(Clone)]
pub struct World {
    /// Facts, views and documents.
    pub store: Store,
    /// Where inputs are handed in.
    pub desk: Desk,
    /// Accounts and what does not change.
    pub standing: Arc<Standing>,
    /// The banks with their profiles.
    pub banks: Arc<Vec<Bank>>,
    /// Digest of each bank's profile octets, by bank id.
    pub profiles: Arc<BTreeMap<String, Digest>>,
    /// The links by bank id.
    pub links: Arc<BTreeMap<String, Arc<Link>>>,
    /// Key of the derived ids.
    pub id_key: Arc<IdKey>,
    /// The tenant.
    pub tenant: String,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where a recording listens, if one is made.
    pub tap: Option<Tap>,
    /// Epoch of this process.
    pub epoch: i64,
    /// Whether payouts are taken in and messages are sent.
    pub gate: Gate,
    /// Set when the process has to end.
    pub stop: watch::Receiver<bool>,
}

impl World {
    /// An envelope of the gateway's own doing.
    pub fn envelope(&self, actor: &str, cause: crate::domain::fact::Cause, input: Input) -> Envelope {
        Envelope { at: self.clock.now(), tenant: self.tenant.clone(), actor: actor.to_owned(), cause, input }
    }

    /// Tells a recording, if one is made.
    pub fn note(&self, note: impl FnOnce() -> Note) {
        if let Some(tap) = &self.tap {
            tap.note(note());
        }
    }

    /// The link of a bank.
    pub fn link(&self, bank: &str) -> Option<Arc<Link>> {
        self.links.get(bank).cloned()
    }
}

/// A running engine: hand inputs to `world.desk`; wait for `ended`.
pub struct Engine {
    /// What workers and faces share.
    pub world: World,
    /// Resolves when the loop has ended; an error means that the store has to be opened again.
    pub ended: tokio::task::JoinHandle<Result<(), TurnError>>,
}

/// Starts the loop and the workers. `stop` ends them: no new work, open attempts finish.
pub async fn start(parts: Parts, stop: watch::Receiver<bool>) -> Result<Engine, TurnError> {
    let gate = Gate::default();
    let restored = parts.store.is_restored();
    let mut epoch = parts.store.next_epoch().await?;
    if restored {
        gate.close(Reason::Recovery);
        // The copy's epochs were drawn again by whoever sent after it was made.
        let witnessed = parts.store.witnessed_epoch().await?;
        while epoch <= witnessed {
            epoch = parts.store.next_epoch().await?;
        }
    }
    let standing = Arc::new(parts.standing);
    let (desk, inbox) = desk::open();
    let world = World {
        store: parts.store,
        desk,
        standing,
        banks: Arc::new(parts.banks),
        profiles: Arc::new(parts.profiles),
        links: Arc::new(parts.links),
        id_key: Arc::new(parts.id_key),
        tenant: parts.tenant,
        clock: parts.clock,
        tap: parts.tap,
        epoch,
        gate,
        stop,
    };
    let turns = tokio::spawn(desk::turns(world.clone(), inbox));
    let dispatcher_world = world.clone();
    let ended = tokio::spawn(async move {
        let desk = dispatcher_world.desk.clone();
        let mut turns = turns;
        tokio::select! {
            ended = &mut turns => return end_of(ended),
            done = dispatch::run(dispatcher_world) => done?,
        }
        desk.close();
        end_of(turns.await)
    });
    close_lost_attempts(&world).await?;
    if restored {
        recovery::audit(&world).await?;
        return Ok(Engine { world, ended });
    }
    for line in world.store.unconfirmed_attempts().await? {
        // Announced, never committed: the first byte leaves only after the commit, so nothing was sent.
        tracing::warn!(
            message_id = line.message_id,
            attempt = line.attempt,
            "an announced attempt was never opened"
        );
    }
    Ok(Engine { world, ended })
}

fn end_of(ended: Result<Result<(), TurnError>, tokio::task::JoinError>) -> Result<(), TurnError> {
    ended.unwrap_or_else(|_| Err(TurnError::Unknown { cause: "the loop panicked".to_owned() }))
}

/// Attempts that are open at the start belong to a process that is gone: whatever they sent, nothing
/// proves it. They become unknown, and the inquiry goes on from there.
async fn close_lost_attempts(world: &World) -> Result<(), TurnError> {
    loop {
        let work = world.store.work(WorkLimits::default(), world.clock.now()).await?;
        if work.open.is_empty() {
            return Ok(());
        }
        for row in &work.open {
            let ended = lost_attempt(row, world.clock.now());
            let cause = call_cause(&row.message_id, row.attempt);
            world.desk.put(world.envelope("gateway", cause, Input::Delivered(ended))).await?;
        }
    }
}

/// The end of an attempt whose process is gone: unknown, and looked at again at once. Pure.
pub fn lost_attempt(row: &MessageRow, now: DateTime<Utc>) -> Delivered {
    let end = AttemptEnd::Unknown {
        cause: "the gateway stopped while the attempt was open".to_owned(),
        bytes_left: 0,
        reply: None,
    };
    Delivered {
        message: row.key,
        step: if row.about.is_some() { "cancel" } else { "submit" }.to_owned(),
        attempt: row.attempt,
        end,
        documents: Vec::new(),
        report: None,
        oddity: None,
        due_at: Some(now),
    }
}
