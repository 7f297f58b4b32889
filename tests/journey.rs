//! The straight line from a payout to its end, with gateway and bank as real processes: the demonstration, each
//! scenario of the bank, a gateway killed on the way, and callers whom nobody knows.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "journey/canaries.rs"]
mod canaries;
#[path = "journey/damage.rs"]
mod damage;
#[path = "process/mod.rs"]
mod process;
#[path = "journey/scenarios.rs"]
mod scenarios;
#[path = "journey/strangers.rs"]
mod strangers;

use std::collections::BTreeMap;

use girogate::domain::lifecycle::State;
use process::{Demo, debits_in_journal, papers, payouts_of, store_of};

/// Payouts by state.
async fn states(demo: &Demo) -> BTreeMap<State, usize> {
    let mut found = BTreeMap::new();
    for item in payouts_of(&store_of(&demo.dir.join("gateway"))).await {
        *found.entry(item.state).or_default() += 1;
    }
    found
}

/// Each payout has its end, and the bank's own journal has exactly one debit for each that ended debited, none for others.
async fn ended_and_debited_once(demo: &Demo) {
    let debits: BTreeMap<String, u64> = debits_in_journal(&demo.dir).into_iter().collect();
    let payouts = payouts_of(&store_of(&demo.dir.join("gateway"))).await;
    let mut debited = 0;
    for item in &payouts {
        let id = &item.row.end_to_end_id;
        let expected = match item.state {
            State::Booked | State::Returned => 1,
            State::Rejected | State::Cancelled | State::Held => 0,
            other => panic!("{id} is still {other:?}"),
        };
        assert_eq!(debits.get(id).copied().unwrap_or(0), expected, "{id} is {:?}", item.state);
        debited += expected;
    }
    assert_eq!(debits.values().sum::<u64>(), debited, "the bank debited what is no payout of ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demonstration_ends_with_nothing_unexplained() {
    let mut demo = Demo::start(&["--payouts", "30"]);
    let output = demo.ended_well().await;
    ended_and_debited_once(&demo).await;
    let states = states(&demo).await;
    let accepted = format!("submitted: {} accepted, ", states.values().sum::<usize>());
    assert!(output.contains(&accepted), "{states:?}: {output}");
    assert!(states.get(&State::Booked).is_some_and(|count| *count >= 25), "{states:?}");
    let kinds = papers::judged(&demo.dir.join("gateway"), &demo.dir.join("judged"));
    for kind in ["pain.001.001.09", "pain.002.001.10", "camt.054.001.08", "camt.053.001.08"] {
        assert!(kinds.get(kind).is_some_and(|count| *count > 0), "{kind} is missing: {kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_day_at_the_bank_debits_nothing_twice() {
    let mut demo = Demo::start(&["--faults", "--payouts", "60"]);
    demo.ended_well().await;
    ended_and_debited_once(&demo).await;
    assert!(process::audit(&demo.dir.join("gateway")).await.passed());
}
