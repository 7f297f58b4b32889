//! Many histories: played on all cores with a result that does not depend on their number, summed up,
//! and the failing one made small.

use super::options::Options;
use super::sometimes::Reached;
use super::world::{Summary, Violation, run};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What many histories came to.
#[derive(Default)]
pub struct Run {
    pub histories: u64,
    pub events: u64,
    pub payouts: u64,
    pub debits: u64,
    pub unknowns: u64,
    pub reached: Reached,
    /// The seeds that broke a promise: only the first one, unless told to go on.
    pub broken: Vec<(u64, Violation)>,
}

impl Run {
    fn add(&mut self, summary: Summary) {
        self.histories += 1;
        self.events += summary.events;
        self.payouts += summary.payouts;
        self.debits += summary.debits;
        self.unknowns += summary.unknowns;
        for (name, count) in summary.reached {
            *self.reached.entry(name).or_default() += count;
        }
    }

    fn take(&mut self, other: Run) {
        self.histories += other.histories;
        self.events += other.events;
        self.payouts += other.payouts;
        self.debits += other.debits;
        self.unknowns += other.unknowns;
        for (name, count) in other.reached {
            *self.reached.entry(name).or_default() += count;
        }
        self.broken.extend(other.broken);
        self.broken.sort_by_key(|(seed, _)| *seed);
    }
}

/// A number in the environment.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Plays histories; stops at the first seed that breaks a promise.
pub fn play(first: u64, histories: u64) -> Run {
    let threads = number("GIROGATE_SIMULATION_THREADS")
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |count| count.get() as u64));
    let goes_on = number("GIROGATE_SIMULATION_GO_ON").is_some();
    let broken = AtomicU64::new(u64::MAX);
    let mut run = Run::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let broken = &broken;
                scope.spawn(move || {
                    let mut mine = Run::default();
                    for seed in (first..first + histories).skip(worker as usize).step_by(threads as usize) {
                        if broken.load(Ordering::Relaxed) < seed {
                            break;
                        }
                        match super::world::run(seed, Options::draw(seed)) {
                            Ok(summary) => mine.add(summary),
                            Err(violation) => {
                                mine.broken.push((seed, violation));
                                if !goes_on {
                                    broken.fetch_min(seed, Ordering::Relaxed);
                                    break;
                                }
                            }
                        }
                    }
                    mine
                })
            })
            .collect();
        for worker in workers {
            run.take(worker.join().expect("a history does not panic"));
        }
    });
    run
}

/// Makes the options of a failing seed small: fewer faults, fewer payouts, a smaller budget.
pub fn shrink(seed: u64, options: Options, invariant: &str) -> Options {
    let fails = |options: &Options| {
        run(seed, options.clone()).err().is_some_and(|violation| violation.invariant == invariant)
    };
    let mut smallest = options;
    loop {
        let before = smallest.clone();
        for fault in before.faults.clone() {
            let mut fewer = smallest.clone();
            fewer.faults.remove(&fault);
            if fails(&fewer) {
                smallest = fewer;
            }
        }
        let present: BTreeSet<u64> =
            (0..smallest.payouts).filter(|number| !smallest.without.contains(number)).collect();
        for number in present {
            let mut fewer = smallest.clone();
            fewer.without.insert(number);
            if fewer.without.len() < fewer.payouts as usize && fails(&fewer) {
                smallest = fewer;
            }
        }
        while smallest.budget > 0 {
            let fewer = Options { budget: smallest.budget - 1, ..smallest.clone() };
            if !fails(&fewer) {
                break;
            }
            smallest = fewer;
        }
        if smallest == before {
            return smallest;
        }
    }
}

/// A violation with the line that plays it again.
pub fn told(seed: u64, options: &Options, violation: &Violation) -> String {
    let trace = violation.trace.join("\n");
    format!(
        "\n{}: {}\n{trace}\nPlay it again:\nGIROGATE_SIMULATION_SEED={seed} GIROGATE_SIMULATION_OPTIONS='{options}' \
         cargo test --features planted --test simulation histories\nLine for regressions.txt:\n{seed} {options}\n",
        violation.invariant, violation.text
    )
}

/// The sums of a run.
pub fn table(run: &Run, first: u64, histories: u64, took: Duration) -> String {
    let mut text = format!(
        "simulation: {} of {histories} histories from seed {first}, {} events, {} payouts, {} debits, \
         {} unknown outcomes resolved, {} s\n",
        run.histories,
        run.events,
        run.payouts,
        run.debits,
        run.unknowns,
        took.as_secs()
    );
    for (seed, violation) in &run.broken {
        text.push_str(&format!("  seed {seed} {}: {}\n", violation.invariant, violation.text));
    }
    for (name, count) in &run.reached {
        text.push_str(&format!("sometimes {count:>8}  {name}\n"));
    }
    text
}
