//! Simulated histories: the real engine with a model of the store, the bank and the line, in one
//! thread, seeded, on virtual time. Safety is checked at every step, liveness once faults have ended.
//!
//! `GIROGATE_SIMULATION_HISTORIES=N` plays N histories (2,000 without it; 100,000 before a release),
//! `GIROGATE_SIMULATION_FIRST=SEED` says where they begin, and `GIROGATE_SIMULATION_SEED=SEED` with
//! `GIROGATE_SIMULATION_OPTIONS=…` plays one. `GIROGATE_SIMULATION_GO_ON=1` lists all that break a promise. A history that breaks a promise prints the line that plays it again.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

mod bank;
mod client;
mod confluence;
mod disk;
mod gateway;
mod network;
mod options;
mod order;
mod people;
mod random;
mod runs;
mod sometimes;
mod telling;
mod watch;
mod world;

use options::{Fault, Options};
use std::time::Instant;

/// Histories of a run when nothing says otherwise.
const HISTORIES: u64 = 2_000;
/// Histories of the control at most.
const CONTROL_HISTORIES: u64 = 300;

#[test]
fn what_once_broke_a_promise_keeps_it() {
    let text = include_str!("regressions.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let (seed, options) = line.split_once(' ').expect("SEED OPTIONS");
        let (seed, options) = (seed.parse().expect("a number"), Options::parse(options).expect("options"));
        if let Err(violation) = world::run(seed, options.clone()) {
            panic!("{}", runs::told(seed, &options, &violation));
        }
    }
}

#[test]
fn histories_keep_every_promise() {
    if let Some(seed) = runs::number("GIROGATE_SIMULATION_SEED") {
        return single(seed);
    }
    let histories = runs::number("GIROGATE_SIMULATION_HISTORIES").unwrap_or(HISTORIES);
    let first = runs::number("GIROGATE_SIMULATION_FIRST").unwrap_or(1);
    let began = Instant::now();
    let run = runs::play(first, histories);
    eprintln!("{}", runs::table(&run, first, histories, began.elapsed()));
    if let Some((seed, violation)) = run.broken.into_iter().next() {
        let smallest = runs::shrink(seed, Options::draw(seed), violation.invariant);
        let violation = world::run(seed, smallest.clone()).err().unwrap_or(violation);
        panic!("{}", runs::told(seed, &smallest, &violation));
    }
    let missing = sometimes::missing(&run.reached);
    if histories >= HISTORIES {
        assert!(missing.is_empty(), "{histories} histories never reached: {missing:?}");
    } else if !missing.is_empty() {
        eprintln!("SKIPPED {histories} histories are too few to reach everything; missing: {missing:?}");
    }
}

fn single(seed: u64) {
    let text = std::env::var("GIROGATE_SIMULATION_OPTIONS").unwrap_or_default();
    let options = match text.as_str() {
        "" => Options::draw(seed),
        text => Options::parse(text).expect("GIROGATE_SIMULATION_OPTIONS"),
    };
    match world::run(seed, options.clone()) {
        Ok(summary) => eprintln!("seed {seed}: {summary:?}"),
        Err(violation) => panic!("{}", runs::told(seed, &options, &violation)),
    }
}

/// A store that loses what it acknowledged must be found out: else the run proves nothing.
#[test]
fn a_store_that_loses_acknowledged_commits_is_found_out() {
    let caught = (1..=CONTROL_HISTORIES).find_map(|seed| {
        let options = Options::draw(seed).with(Fault::Crash).with(Fault::LoseAcknowledged);
        world::run(seed, options).err().map(|violation| (seed, violation))
    });
    let (seed, violation) = caught.expect("no history found out that commits were lost");
    assert!(matches!(violation.invariant, "I1" | "I2" | "I6" | "I7"), "seed {seed}: {violation:?}");
}

#[test]
fn a_seed_plays_the_same_history_every_time() {
    for seed in 1..=20 {
        let (one, other) = (world::run(seed, Options::draw(seed)), world::run(seed, Options::draw(seed)));
        match (one, other) {
            (Ok(one), Ok(other)) => assert_eq!(format!("{one:?}"), format!("{other:?}"), "seed {seed}"),
            (Err(one), Err(other)) => assert_eq!(one.text, other.text, "seed {seed}"),
            _ => panic!("seed {seed} breaks a promise only sometimes"),
        }
    }
}

#[test]
fn options_read_as_they_are_written() {
    for seed in 1..=200 {
        let options = Options::draw(seed);
        assert_eq!(Options::parse(&options.to_string()), Ok(options), "seed {seed}");
    }
}
