//! `girogate demo`: the whole main job on one machine. A supervisor with two children, the gateway
//! and the bank; submits the embedded payouts, shows progress until each has its end, compares the
//! bank's ledger with the gateway, and says where to look. Decides nothing about payouts.

pub mod bank;
pub mod children;
pub mod payouts;
pub mod setup;
pub mod summary;

use crate::domain::lifecycle::State;
use crate::faces::query::shown_minor;
use crate::store::listing::TotalsRow;
use crate::store::sqlite::{Places, SqliteStore};
use crate::store::{Store, StoreError};
use children::{Children, Killing};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How the demonstration is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of payouts.
    pub payouts: usize,
    /// Let the bank misbehave.
    pub faults: bool,
    /// Folder of the run; an existing run is resumed.
    pub dir: Option<PathBuf>,
    /// Kill gateway and bank without warning while they work.
    pub killing: Killing,
    /// Keep gateway and bank up at the end.
    pub stay: bool,
    /// Give up when nothing changes for this long, in seconds.
    pub patience_s: u64,
}

/// Why the demonstration stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A folder or file.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Keys or certificates.
    #[error("{0}")]
    Keys(String),
    /// A child process.
    #[error("{0}")]
    Child(String),
    /// The API refused what it should take.
    #[error("{0}")]
    Api(String),
    /// The bank refused a control call.
    #[error("{0}")]
    Bank(String),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing changed any more.
    #[error("nothing changed for {0} seconds; look at the logs in the folder of the run")]
    Stuck(u64),
}

/// Runs the demonstration; the number of payouts and entries that nothing explains is the verdict.
pub async fn run(options: &Options, out: &mut dyn Write) -> Result<u64, DemoError> {
    let setup = setup::prepare(options)?;
    say(out, &format!("run in {}", setup.dir.display()));
    let mut children = Children::start(&setup, options.killing).await?;
    say(out, &format!("bank    {}\ngateway {}", setup.bank_url, setup.api_url));
    let started = Instant::now();
    let submitted = children.during(payouts::submit(&setup, options), out).await?;
    say(
        out,
        &format!(
            "submitted: {} accepted, {} refused, {} already known",
            submitted.accepted, submitted.refused, submitted.known
        ),
    );
    let store = Store::Sqlite(SqliteStore::open_read_only(&Places::within(&setup.data_dir))?);
    let watch = Watch { store: &store, patience: Duration::from_secs(options.patience_s) };
    let elapsed = watch.until_ended(&mut children, (&setup, started), out).await?;
    let access = bank::Access::of(&setup);
    children.during(bank::end_day(&access), out).await?;
    watch.until_on_statement(&mut children, out).await?;
    let kills = children.spare();
    if options.killing == Killing::EveryFewSeconds {
        say(out, &format!("killed without warning: {kills} times"));
    }
    let summary = children.during(summary::make(&setup, &store, &submitted), out).await?;
    summary.print(out, elapsed, &setup);
    if options.stay {
        say(out, "gateway and bank stay up; end with Ctrl-C");
        // A signal that cannot be waited for ends the stay at once.
        drop(tokio::signal::ctrl_c().await);
    }
    children.stop().await;
    Ok(summary.unexplained)
}

fn say(out: &mut dyn Write, text: &str) {
    // Nobody may be reading any more; the run goes on.
    drop(writeln!(out, "{text}"));
    drop(out.flush());
}

struct Watch<'a> {
    store: &'a Store,
    patience: Duration,
}

/// What has changed since the last look.
#[derive(Clone, PartialEq, Eq, Default)]
struct Seen(Vec<(&'static str, State, u64)>);

impl Watch<'_> {
    /// Shows progress until every payout has its end or waits for a person; says when that was for all
    /// that was due on the first day. Payouts dated ahead wait for the bank's next business days.
    async fn until_ended(
        &self,
        children: &mut Children,
        (setup, started): (&setup::Setup, Instant),
        out: &mut dyn Write,
    ) -> Result<Duration, DemoError> {
        let mut progress = Progress::new();
        let mut seen = Seen::default();
        let mut changed_at = Instant::now();
        let mut first_day = None;
        loop {
            children.look_after(out).await?;
            let totals = self.store.totals(None).await?;
            let now = Seen(totals.iter().map(|row| (row.currency.code(), row.state, row.count)).collect());
            if now != seen {
                seen = now;
                changed_at = Instant::now();
            }
            progress.show(&totals, out);
            let open: u64 = totals.iter().filter(|row| !has_end(row.state)).map(|row| row.count).sum();
            if open == 0 && !totals.is_empty() {
                progress.finish(out);
                return Ok(first_day.unwrap_or_else(|| changed_at.duration_since(started)));
            }
            let at_bank = totals.iter().all(|row| has_end(row.state) || waits_at_bank(row.state));
            if at_bank && changed_at.elapsed() > DAY_REST {
                first_day.get_or_insert(changed_at.duration_since(started));
                children.during(bank::end_day(&bank::Access::of(setup)), out).await?;
                tokio::time::sleep(DAY_REST).await;
            }
            self.check(changed_at)?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until every booked payout also stands on a statement.
    async fn until_on_statement(
        &self,
        children: &mut Children,
        out: &mut dyn Write,
    ) -> Result<(), DemoError> {
        let mut seen = u64::MAX;
        let mut changed_at = Instant::now();
        loop {
            children.look_after(out).await?;
            let waiting = summary::not_on_statement(self.store).await?;
            if waiting == 0 {
                return Ok(());
            }
            if waiting != seen {
                seen = waiting;
                changed_at = Instant::now();
            }
            self.check(changed_at)?;
            // Counting reads every payout: the more there are, the rarer.
            tokio::time::sleep(Duration::from_millis(200 + waiting.min(20_000) / 10)).await;
        }
    }

    fn check(&self, changed_at: Instant) -> Result<(), DemoError> {
        if changed_at.elapsed() > self.patience {
            Err(DemoError::Stuck(self.patience.as_secs()))
        } else {
            Ok(())
        }
    }
}

/// How long nothing changes before the bank's day is ended. Chosen by us: longer than the bank's longest pause.
const DAY_REST: Duration = Duration::from_millis(2_500);

/// The bank has it and says nothing more today.
fn waits_at_bank(state: State) -> bool {
    matches!(state, State::Submitted | State::InReview | State::InProcess | State::Settled)
}

/// Nothing more is to come without a person.
fn has_end(state: State) -> bool {
    state.is_end() || state == State::Held
}

/// Live progress: one changing line on a terminal, a line every few seconds elsewhere.
struct Progress {
    live: bool,
    began: Instant,
    shown_at: Option<Instant>,
}

impl Progress {
    fn new() -> Progress {
        Progress { live: std::io::stdout().is_terminal(), began: Instant::now(), shown_at: None }
    }

    fn show(&mut self, totals: &[TotalsRow], out: &mut dyn Write) {
        let pause = if self.live { 100 } else { 2_000 };
        if self.shown_at.is_some_and(|at| at.elapsed() < Duration::from_millis(pause)) {
            return;
        }
        self.shown_at = Some(Instant::now());
        let line = line(totals, self.began.elapsed());
        // Nobody may be reading any more; the run goes on.
        drop(if self.live { write!(out, "\r\x1b[K{line}") } else { writeln!(out, "{line}") });
        drop(out.flush());
    }

    fn finish(&mut self, out: &mut dyn Write) {
        if self.live {
            drop(writeln!(out));
        }
    }
}

/// `Booked 900  Rejected 4 · EUR 12,345.00 booked · 1,234/s`
fn line(totals: &[TotalsRow], elapsed: Duration) -> String {
    let mut counts: Vec<(State, u64)> = Vec::new();
    for row in totals {
        match counts.iter_mut().find(|(state, _)| *state == row.state) {
            Some((_, count)) => *count += row.count,
            None => counts.push((row.state, row.count)),
        }
    }
    counts.sort();
    let states: Vec<String> =
        counts.iter().map(|(state, count)| format!("{} {count}", state.name())).collect();
    let money: Vec<String> = totals
        .iter()
        .filter(|row| row.state == State::Booked)
        .map(|row| format!("{} {}", row.currency.code(), shown_minor(row.sum_minor, row.currency)))
        .collect();
    let ended: u64 = counts.iter().filter(|(state, _)| has_end(*state)).map(|(_, count)| count).sum();
    let rate = u128::from(ended) * 1_000 / elapsed.as_millis().max(1);
    format!("{} · booked {} · {rate}/s", states.join("  "), money.join(", "))
}
