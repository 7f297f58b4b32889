//! The gateway dies at each place of its way and is started again: nothing is lost, nothing is paid twice, and
//! the evidence is whole.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "process/mod.rs"]
mod process;

use std::collections::BTreeMap;

use girogate::domain::lifecycle::State;
use girogate::engine::runtime::crash::POINTS;
use process::{Line, audit, debits_in_journal, payout, payouts_of, until};

/// Payouts of one run.
const PAYOUTS: usize = 12;
/// Places that are passed again within one run.
const SECOND: &[&str] = &["after_arrived", "after_part", "after_frozen", "after_recorded"];

async fn dies_and_goes_on(place: &str) {
    let mut line = Line::prepare("", "");
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
    assert!(!status.success(), "{place}: {status}");
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
        assert_eq!(item.state, State::Booked, "{place}: {}", item.row.external_id);
        assert_eq!(debits.get(&item.row.end_to_end_id), Some(&1), "{place}: {}", item.row.external_id);
    }
    assert_eq!(debits.len(), PAYOUTS, "{place}");
    let report = audit(&line.setup.data_dir).await;
    assert!(report.passed(), "{place}: {:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_dies_at_each_place_and_goes_on() {
    if !cfg!(feature = "planted") {
        println!("SKIPPED: built without the feature `planted`; nothing can be made to die");
        return;
    }
    for point in POINTS {
        dies_and_goes_on(&format!("{point}:1")).await;
    }
    for point in SECOND {
        dies_and_goes_on(&format!("{point}:2")).await;
    }
}
