//! The gateway dies at each place of its way and is started again: nothing is lost, nothing is paid twice, and
//! the evidence is whole.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "crash/disk.rs"]
mod disk;
#[path = "crash/edges.rs"]
mod edges;
#[path = "process/mod.rs"]
mod process;
#[path = "crash/restore.rs"]
mod restore;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use girogate::domain::lifecycle::State;
use girogate::engine::runtime::crash::POINTS;
use girogate::store::listing::PayoutListed;
use process::{Line, audit, debits_in_journal, payout, payouts_of, until};

/// Payouts of one run.
const PAYOUTS: usize = 12;
/// Longest wait for the end of a run after the gateway is back.
const RUN: Duration = Duration::from_secs(60);
/// After so long a second attempt has been made and answered, if it ever is.
const QUIET: Duration = Duration::from_secs(20);
/// Runs at the same time; each is two processes that mostly wait.
const TOGETHER: usize = 3;

/// A bank on a bad day: lines cut before, amid and after, errors, silence, disorder, rejects and returns.
const BAD_DAY: &str = "version = 1\nseed = 7\npreset = \"faults\"\n";

/// The bank carries out again whatever it gets again: only the gateway stands between a payout and a second debit.
const UNGUARDED: &str = "duplicate = \"execute\"\n";

/// Messages whose permitted attempts are spent without an answer that proves anything.
fn attempts_spent(line: &Line) -> Vec<String> {
    let connection = process::papers::database(&line.setup.data_dir);
    let mut statement = connection.prepare("SELECT message_id FROM message WHERE attempt >= 2").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Nothing is known and nothing more may be sent: only the bank's account report can tell. A death after the
/// attempt was written and before a byte left costs one attempt; a line cut at the bank costs the other.
fn waits_for_the_day(item: &PayoutListed, spent: &[String]) -> bool {
    item.state == State::Unconfirmed && item.message_id.as_ref().is_some_and(|id| spent.contains(id))
}

/// Dies at the place, is started again, and every payout ends rightly.
async fn dies_and_goes_on(place: &str, behaviour: &str) {
    let mut line = Line::prepare(behaviour, UNGUARDED);
    line.start_bank();
    line.start_gateway(Some(place));
    let halves: Vec<Vec<_>> = (0..2)
        .map(|half| {
            let one =
                |number| payout(&format!("C{half}-{number}"), "Anna Muster", &format!("{}.10", number + 1));
            (0..PAYOUTS / 2).map(one).collect()
        })
        .collect();
    // Two requests, so that places are passed more than once; the gateway may die before it answers.
    for (number, half) in halves.iter().enumerate() {
        if number > 0 {
            until("the first message or death", async || {
                let recorded = payouts_of(&line.store()).await;
                let moved = !recorded.is_empty() && recorded.iter().all(|item| item.state != State::Recorded);
                (line.gateway_is_dead() || moved).then_some(())
            })
            .await;
        }
        if !line.gateway_is_dead() {
            line.try_submit(&format!("half-{number}"), half).await;
        }
    }
    let status = line.gateway_died().await;
    assert_eq!(status.signal(), Some(6), "{place}: it is to die there and nowhere else");
    line.start_gateway(None);
    for (number, half) in halves.iter().enumerate() {
        line.submit(&format!("half-{number}"), half).await;
    }
    let store = line.store();
    let began = Instant::now();
    let payouts = until("every payout's end", async || {
        let payouts = payouts_of(&store).await;
        let spent = if began.elapsed() > QUIET { attempts_spent(&line) } else { Vec::new() };
        let open: Vec<_> =
            payouts.iter().filter(|item| !item.state.is_end() && !waits_for_the_day(item, &spent)).collect();
        assert!(
            open.is_empty() || began.elapsed() < RUN,
            "{place}: {open:?}\n{}\n{}",
            line.gateway_log(),
            std::fs::read_to_string(line.setup.dir.join("bank/journal.ndjson")).unwrap(),
        );
        open.is_empty().then_some(payouts)
    })
    .await;
    assert_eq!(payouts.len(), PAYOUTS, "{place}");
    line.stop_gateway().await;
    let debits: BTreeMap<String, u64> = debits_in_journal(&line.setup.dir).into_iter().collect();
    for item in &payouts {
        let (id, state) = (&item.row.external_id, item.state);
        assert!(state == State::Booked || !behaviour.is_empty(), "{place}: {id} is {state:?}");
        let debited = debits.get(&item.row.end_to_end_id).copied().unwrap_or(0);
        match state {
            State::Booked | State::Returned => assert_eq!(debited, 1, "{place}: {id} is {state:?}"),
            _ => assert_eq!(debited, 0, "{place}: {id} is {state:?}"),
        }
    }
    assert!(debits.len() <= PAYOUTS, "{place}: the bank debited what is no payout of ours");
    let report = audit(&line.setup.data_dir).await;
    assert!(report.passed(), "{place}: {:?}", report.findings);
}

/// All places at once, each with a gateway and a bank of its own.
async fn at_all(places: Vec<String>, behaviour: &'static str) {
    if !cfg!(feature = "planted") {
        eprintln!("SKIPPED: built without the feature `planted`; nothing can be made to die");
        return;
    }
    let local = tokio::task::LocalSet::new();
    let slots = Rc::new(tokio::sync::Semaphore::new(TOGETHER));
    let runs: Vec<_> = places
        .into_iter()
        .map(|place| {
            let slots = Rc::clone(&slots);
            local.spawn_local(async move {
                let _slot = slots.acquire().await.unwrap();
                dies_and_goes_on(&place, behaviour).await;
            })
        })
        .collect();
    local.await;
    for run in runs {
        run.await.unwrap();
    }
}

#[tokio::test]
async fn it_dies_at_each_place_and_goes_on() {
    let first = POINTS.iter().map(|point| format!("{point}:1"));
    let second = POINTS.iter().map(|point| format!("{point}:2"));
    at_all(first.chain(second).collect(), "").await;
}

#[tokio::test]
async fn it_dies_on_a_bad_day_and_goes_on() {
    at_all(POINTS.iter().map(|point| format!("{point}:1")).collect(), BAD_DAY).await;
}
