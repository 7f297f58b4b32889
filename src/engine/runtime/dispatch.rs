//! Finds work in the views and hands it to workers: messages to freeze, to send, to inquire about,
//! documents to read, lists of reports to fetch. Holds nothing that a restart would miss.

use super::{World, cancelling, freezing, polling, reading, sending};
use crate::engine::turn::TurnError;
use crate::store::listing::{Work, WorkLimits};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the dispatcher sleeps when nothing rings, in milliseconds. Chosen by us.
const REST_MS: u64 = 500;
/// Asking for work that takes no longer than this is free. Chosen by us.
const CHEAP: Duration = Duration::from_millis(2);
/// Banks frozen for at a time. Chosen by us: two cores; with the readers this stays well below the
/// threads of the process, so that whoever waits for the loop never takes the loop's own.
const FREEZERS_MAX: usize = 2;
/// Requests for cancellation written at a time. Chosen by us: they are small and rare.
const WRITERS_MAX: usize = 4;
/// Documents read at a time. Chosen by us: two cores.
const READERS_MAX: usize = 2;

/// What is being worked on in this process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Freezing for a bank.
    Freeze(String),
    /// Sending or inquiring about a message.
    Message(String, i64),
    /// Writing a request about a payout.
    Request(i64),
    /// Reading a document.
    Document(i64),
}

/// The tasks under way. A task leaves the list when its guard is dropped.
#[derive(Clone, Default)]
pub struct UnderWay(Arc<Mutex<BTreeSet<Task>>>);

/// Keeps a task on the list.
pub struct Guard {
    list: UnderWay,
    task: Task,
    bell: Arc<tokio::sync::Notify>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.list.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.task);
        self.bell.notify_one();
    }
}

impl UnderWay {
    /// Takes a task if nobody has it.
    fn take(&self, world: &World, task: Task) -> Option<Guard> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(task.clone());
        fresh.then(|| Guard { list: self.clone(), task, bell: Arc::clone(&world.desk.bell) })
    }

    fn count(&self, fits: impl Fn(&Task) -> bool) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|task| fits(task)).count()
    }
}

/// Runs until the process stops; then waits for the tasks under way. An error means that the store has failed:
/// nothing more is handed out.
pub async fn run(world: World) -> Result<(), TurnError> {
    let under_way = UnderWay::default();
    for link in world.links.values() {
        tokio::spawn(polling::run(world.clone(), Arc::clone(link)));
    }
    let mut stop = world.stop.clone();
    loop {
        if *stop.borrow() {
            break;
        }
        if let Some(cause) = world.store.stopped() {
            return Err(TurnError::Unknown { cause });
        }
        let asked = Instant::now();
        match world.store.work(limits(&world, &under_way), world.clock.now()).await {
            Ok(work) if !world.gate.is_open() => hand_out(&world, &under_way, reading_only(work)),
            Ok(work) => hand_out(&world, &under_way, work),
            Err(cause) => tracing::error!(%cause, "the store could not be asked for work"),
        }
        // Under load asking costs milliseconds: it never takes more than a quarter of the time.
        let took = asked.elapsed();
        if took > CHEAP {
            tokio::time::sleep(took * 3).await;
        }
        tokio::select! {
            () = world.desk.bell.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(REST_MS)) => {}
            changed = stop.changed() => if changed.is_err() { break },
        }
    }
    while under_way.count(|_| true) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// What waits to be frozen is not looked up while every bank's is being frozen.
fn limits(world: &World, under_way: &UnderWay) -> WorkLimits {
    let freezing = under_way.count(|task| matches!(task, Task::Freeze(_)));
    if freezing >= world.links.len().min(FREEZERS_MAX) {
        WorkLimits { unbatched: 0, ..WorkLimits::default() }
    } else {
        WorkLimits::default()
    }
}

/// Behind a closed gate nothing is made, sent or inquired about; what the banks say is still read.
fn reading_only(work: Work) -> Work {
    Work { unbatched: Vec::new(), sendable: Vec::new(), unknown: Vec::new(), ..work }
}

fn hand_out(world: &World, under_way: &UnderWay, work: Work) {
    for batch in work.unbatched {
        let Some(link) = world.link(&batch.bank) else { continue };
        if under_way.count(|task| matches!(task, Task::Freeze(_))) >= FREEZERS_MAX {
            break;
        }
        if let Some(guard) = under_way.take(world, Task::Freeze(batch.bank.clone())) {
            tokio::spawn(freezing::run(world.clone(), link, batch, guard));
        }
    }
    for row in work.sendable.into_iter().chain(work.unknown).chain(work.awaiting) {
        let Some(link) = world.link(&row.bank) else { continue };
        let busy = under_way.count(|task| matches!(task, Task::Message(bank, _) if *bank == row.bank));
        if busy >= usize::try_from(link.profile().limits.calls_in_parallel).unwrap_or(1).max(1) {
            continue;
        }
        if let Some(guard) = under_way.take(world, Task::Message(row.bank.clone(), row.key)) {
            tokio::spawn(sending::run(world.clone(), link, row, guard));
        }
    }
    for payout in work.cancellations {
        if under_way.count(|task| matches!(task, Task::Request(_))) >= WRITERS_MAX {
            break;
        }
        if let Some(guard) = under_way.take(world, Task::Request(payout.key)) {
            tokio::spawn(cancelling::run(world.clone(), payout, guard));
        }
    }
    for document in work.unread {
        if under_way.count(|task| matches!(task, Task::Document(_))) >= READERS_MAX {
            break;
        }
        if let Some(guard) = under_way.take(world, Task::Document(document.key)) {
            tokio::spawn(reading::run(world.clone(), document, guard));
        }
    }
}
