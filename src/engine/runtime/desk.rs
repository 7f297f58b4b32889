//! The desk: where inputs are handed in, and the loop that takes them turn by turn. Many inputs go
//! into one transaction: group commit is the normal case.

use super::recording::Note;
use super::{World, crash};
use crate::engine::action::Outcome;
use crate::engine::input::{Envelope, Input};
use crate::engine::turn::{TurnError, turn};
use crate::planted::{self, Defect};
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};

/// Inputs that may wait at the desk before callers are held back. Chosen by us.
const WAITING_MAX: usize = 256;
/// Inputs of one turn at most. Chosen by us.
const TURN_INPUTS_MAX: usize = 64;
/// Weight of one turn at most, counted in rows that its inputs are about. Chosen by us: about 50 ms of writing.
const TURN_WEIGHT_MAX: usize = 4_000;

struct Job {
    envelope: Envelope,
    reply: oneshot::Sender<Outcome>,
}

/// Where inputs are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    jobs: mpsc::Sender<Job>,
    /// Rung after every turn, so that new work is found at once.
    pub bell: Arc<Notify>,
    closing: Arc<Notify>,
}

/// The other side of the desk.
pub struct Waiting(mpsc::Receiver<Job>);

/// A desk and its other side.
pub fn open() -> (Desk, Waiting) {
    let (jobs, waiting) = mpsc::channel(WAITING_MAX);
    (Desk { jobs, bell: Arc::new(Notify::new()), closing: Arc::new(Notify::new()) }, Waiting(waiting))
}

impl Desk {
    /// Ends the loop once nothing waits: the store is free when its last handle is gone.
    pub fn close(&self) {
        self.closing.notify_one();
    }

    /// Hands in an input and waits until its facts are durable.
    pub async fn put(&self, envelope: Envelope) -> Result<Outcome, TurnError> {
        let gone = || TurnError::Unknown { cause: "the loop has ended".to_owned() };
        let (reply, outcome) = oneshot::channel();
        self.jobs.send(Job { envelope, reply }).await.map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())
    }
}

/// The loop. Ends when the desk is closed, the process stops, or the store no longer answers.
pub async fn turns(world: World, mut waiting: Waiting) -> Result<(), TurnError> {
    let mut carried: Vec<Job> = Vec::new();
    let (scratch, mut later) = (Store::Memory(Default::default()), Vec::new());
    loop {
        if carried.is_empty() {
            tokio::select! {
                biased;
                job = waiting.0.recv() => match job {
                    Some(job) => carried.push(job),
                    None => return Ok(()),
                },
                () = world.desk.closing.notified() => return Ok(()),
            }
        }
        gather(&mut carried, &mut waiting.0);
        let inputs: Vec<Envelope> = carried.iter().map(|job| job.envelope.clone()).collect();
        if planted::is(Defect::DroppedOnStop) && is_for_later(&inputs) {
            answered_early(&world, &scratch, std::mem::take(&mut carried)).await?;
            later.extend(inputs);
            let rest = later.split_off(later.len().saturating_sub(HELD_BACK));
            let due = std::mem::replace(&mut later, rest);
            drop(turn(&world.store, &world.standing, &due).await?);
            continue;
        }
        let outcomes = match turn(&world.store, &world.standing, &inputs).await {
            Ok(outcomes) => outcomes,
            Err(cause) => {
                tracing::error!(%cause, "the store does not answer; stopping");
                return Err(cause);
            }
        };
        let rest = carried.split_off(outcomes.len());
        for (job, outcome) in carried.into_iter().zip(outcomes) {
            passed(&job.envelope.input);
            world.note(|| Note::Decided {
                envelope: Box::new(job.envelope.clone()),
                actions: outcome.actions.clone(),
            });
            // Whoever asked may have gone away; the facts are durable all the same.
            drop(job.reply.send(outcome));
        }
        carried = rest;
        world.desk.bell.notify_one();
    }
}

/// Requests that the planted defect answers and does not write until more come.
const HELD_BACK: usize = 3;

fn is_for_later(inputs: &[Envelope]) -> bool {
    inputs.iter().all(|envelope| matches!(envelope.input, Input::Submit(_)))
}

async fn answered_early(world: &World, scratch: &Store, jobs: Vec<Job>) -> Result<(), TurnError> {
    for job in jobs {
        let outcomes = turn(scratch, &world.standing, std::slice::from_ref(&job.envelope)).await?;
        drop(outcomes.into_iter().next().map(|outcome| job.reply.send(outcome)));
    }
    Ok(())
}

fn gather(carried: &mut Vec<Job>, waiting: &mut mpsc::Receiver<Job>) {
    let mut weight: usize = carried.iter().map(|job| weight_of(&job.envelope.input)).sum();
    while carried.len() < TURN_INPUTS_MAX && weight < TURN_WEIGHT_MAX {
        let Ok(job) = waiting.try_recv() else { return };
        weight += weight_of(&job.envelope.input);
        carried.push(job);
    }
}

fn weight_of(input: &Input) -> usize {
    match input {
        Input::Submit(submit) => submit.items.len(),
        Input::Frozen(draft) => usize::try_from(draft.count).unwrap_or(usize::MAX),
        Input::Part(part) => part.items.len(),
        _ => 1,
    }
}

fn passed(input: &Input) {
    match input {
        Input::Submit(_) => crash::point("after_recorded"),
        Input::Frozen(_) => crash::point("after_frozen"),
        Input::SendReady(_) => crash::point("after_step_started"),
        Input::Delivered(_) => crash::point("after_step_ended"),
        Input::Arrived(_) => crash::point("after_arrived"),
        Input::Part(_) => crash::point("after_part"),
        _ => {}
    }
}
