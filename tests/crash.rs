//! The gateway dies at each place of its way and is started again: nothing is lost, nothing is paid twice, and
//! the evidence is whole.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "process/mod.rs"]
mod process;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::rc::Rc;

use girogate::domain::lifecycle::State;
use girogate::engine::runtime::crash::POINTS;
use process::{Line, audit, debits_in_journal, payout, payouts_of, until};

/// Payouts of one run.
const PAYOUTS: usize = 12;
/// Runs at the same time; each is two processes that mostly wait.
const TOGETHER: usize = 3;

/// A bank on a bad day: lines cut before, amid and after, errors, silence, disorder, rejects and returns.
const BAD_DAY: &str = "version = 1\nseed = 7\npreset = \"faults\"\n";

/// Dies at the place, is started again, and every payout ends rightly.
async fn dies_and_goes_on(place: &str, behaviour: &str) {
    let mut line = Line::prepare(behaviour, "");
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
    let payouts = until("every payout's end", async || {
        let payouts = payouts_of(&store).await;
        payouts.iter().all(|item| item.state.is_end()).then_some(payouts)
    })
    .await;
    assert_eq!(payouts.len(), PAYOUTS, "{place}");
    line.stop_gateway().await;
    let debits: BTreeMap<String, u64> = debits_in_journal(&line.setup.dir).into_iter().collect();
    for item in &payouts {
        let (id, state) = (&item.row.external_id, item.state);
        assert!(state == State::Booked || !behaviour.is_empty(), "{place}: {id} is {state:?}");
        let expected = u64::from(matches!(state, State::Booked | State::Returned));
        let debited = debits.get(&item.row.end_to_end_id).copied().unwrap_or(0);
        assert_eq!(debited, expected, "{place}: {id} is {state:?}");
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
