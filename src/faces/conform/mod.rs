//! `girogate conform`: whether a bank does what its profile claims. A private gateway engine, with a
//! store of its own, sends what triggers each row and collects what the bank says; the rows say what
//! should come. Never a payout of anybody's: every id belongs to the run.

pub mod channel;
pub mod control;
pub mod report;
pub mod row;
pub mod seen;
pub mod stage;

use super::config::Config;
use super::serve::ServeError;
use crate::sandbox::scenarios::{self, Effect, Needs, Returned, Scenario};
use row::Row;
use stage::Stage;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long nothing may come before a stage of the run counts as ended. Chosen by us: longer than the reference
/// bank's polls and inquiries take.
pub const QUIET_MS: u64 = 9_000;
/// How often the rows are looked at while news may come.
const LOOK_MS: u64 = 200;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bank id in the configuration.
    pub bank: String,
    /// Folder for the reports.
    pub report: Option<PathBuf>,
    /// Only these rows of those that the profile claims; empty means all.
    pub rows: Vec<String>,
    /// Longest time for the whole run, in seconds.
    pub patience_s: u64,
    /// How long nothing may come before a stage counts as ended, in milliseconds.
    pub quiet_ms: u64,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// Wrong use: the operator must correct the call, the configuration or the profile.
    #[error("{cause}")]
    Use {
        /// What is wrong.
        cause: String,
    },
    /// The bank cannot be reached.
    #[error("the bank cannot be reached: {cause}")]
    Unreachable {
        /// Why.
        cause: String,
    },
    /// The private engine did not start or stopped.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Something of ours failed during the run.
    #[error("{cause}")]
    Run {
        /// What.
        cause: String,
    },
    /// A report could not be written.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
}

impl ConformError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ConformError::Use { .. } => "conform.use",
            ConformError::Unreachable { .. } => "conform.unreachable",
            ConformError::Serve(_) => "conform.engine",
            ConformError::Run { .. } => "conform.run",
            ConformError::File { .. } => "conform.file",
        }
    }
}

/// Whether a claim covers a row: the same code, or the number of its family.
fn covers(claim: &str, code: &str) -> bool {
    let family = code.strip_suffix(|letter: char| letter.is_ascii_uppercase()).unwrap_or(code);
    claim.eq_ignore_ascii_case(code) || claim.eq_ignore_ascii_case(family)
}

/// The rows of a run.
#[derive(Debug, Default)]
pub struct Plan {
    /// Scenarios of the bank.
    pub scenarios: Vec<&'static Scenario>,
    /// Checks of the channel.
    pub checks: Vec<&'static channel::Check>,
}

/// What the profile claims and the caller wants. A claim that names nothing is a mistake.
pub fn plan(claims: &[String], wanted: &[String]) -> Result<Plan, ConformError> {
    let mut plan = Plan::default();
    for claim in claims {
        let known = scenarios::list().iter().any(|scenario| covers(claim, scenario.code))
            || channel::CHECKS.iter().any(|check| covers(claim, check.code));
        if !known {
            return Err(ConformError::Use { cause: format!("the profile claims {claim}, which is no row") });
        }
    }
    let taken = |code: &str| {
        claims.iter().any(|claim| covers(claim, code))
            && (wanted.is_empty() || wanted.iter().any(|wanted| covers(wanted, code)))
    };
    plan.scenarios = scenarios::list().iter().filter(|scenario| taken(scenario.code)).collect();
    plan.checks = channel::CHECKS.iter().filter(|check| taken(check.code)).collect();
    if plan.scenarios.is_empty() && plan.checks.is_empty() {
        return Err(ConformError::Use { cause: "no row is claimed and wanted".to_owned() });
    }
    Ok(plan)
}

/// Runs the claimed rows against the running bank; writes the reports where a folder is named.
pub async fn run(config: &Config, path: &Path, options: &Options) -> Result<Vec<Row>, ConformError> {
    let folder = folder(options)?;
    let rows = staged((config, path), options, &folder).await;
    match &options.report {
        Some(report) => rows.and_then(|rows| write(report, (&options.bank, &rows)).map(|()| rows)),
        None => {
            // What stays behind lies in the system's temporary folder, closed to others.
            drop(std::fs::remove_dir_all(&folder));
            rows
        }
    }
}

async fn staged(
    (config, path): (&Config, &Path),
    options: &Options,
    folder: &Path,
) -> Result<Vec<Row>, ConformError> {
    let mut stage = Stage::open(config, path, (&options.bank, folder)).await?;
    let planned = plan(&stage.profile().conformance, &options.rows)?;
    stage.reach().await?;
    let deadline = Instant::now() + Duration::from_secs(options.patience_s);
    let quiet = Duration::from_millis(options.quiet_ms);
    let mut checks = Vec::new();
    for check in &planned.checks {
        checks.push(channel::start(&stage, check).await?);
    }
    for scenario in &planned.scenarios {
        match scenario.needs {
            Needs::OtherMessageId => checks.push(channel::start_again(&stage, scenario).await?),
            _ => stage.send(scenario).await?,
        }
    }
    settle(&mut stage, &checks, (Until::States, deadline, quiet)).await?;
    let days = if planned.scenarios.iter().any(|scenario| ends_later(scenario)) { 2 } else { 1 };
    for _ in 0..days {
        // A bank that closes its day by itself is waited for as long as something comes.
        let closed = control::end_day(stage.link()).await == Ok(true);
        settle(&mut stage, &checks, (Until::Everything, deadline, quiet)).await?;
        if !closed {
            break;
        }
    }
    let mut rows = stage.rows().await?;
    rows.extend(checks.iter().map(|check| check.row(&stage)));
    rows.sort_by_key(|row| place(&row.code));
    stage.close().await;
    Ok(rows)
}

fn ends_later(scenario: &Scenario) -> bool {
    scenario.effect == Effect::Returned(Returned::AfterStatement)
}

/// Checks of the channel first, then the scenarios in the order of their table.
fn place(code: &str) -> (usize, usize) {
    match scenarios::list().iter().position(|scenario| scenario.code == code) {
        Some(at) => (1, at),
        None => (0, channel::CHECKS.iter().position(|check| check.code == code).unwrap_or(usize::MAX)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Payouts are where they should be before the day ends.
    States,
    /// Every row passes.
    Everything,
}

/// Waits until nothing more is to come: all is as wanted, or nothing came for a while.
async fn settle(
    stage: &mut Stage,
    checks: &[channel::Started],
    (until, deadline, quiet): (Until, Instant, Duration),
) -> Result<(), ConformError> {
    let (mut count, mut since) = (stage.news(), Instant::now());
    loop {
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        let rows = stage.rows().await?;
        let done = match until {
            Until::States => {
                let early =
                    |row: &&Row| scenarios::find(&row.code).is_none_or(|scenario| !ends_later(scenario));
                rows.iter().filter(early).all(|row| row.state == row.expected_state)
            }
            Until::Everything => rows.iter().all(Row::has_passed),
        };
        if done && checks.iter().all(|check| check.row(stage).has_passed()) {
            return Ok(());
        }
        if stage.news() != count {
            (count, since) = (stage.news(), Instant::now());
        }
        if since.elapsed() > quiet || Instant::now() > deadline {
            return Ok(());
        }
    }
}

/// The folder of the run: the report's, or one for the time being.
fn folder(options: &Options) -> Result<PathBuf, ConformError> {
    let file = |path: &Path, cause| ConformError::File { path: path.to_owned(), cause };
    if let Some(report) = &options.report {
        std::fs::create_dir_all(report).map_err(|cause| file(report, cause))?;
        return Ok(report.clone());
    }
    let number = chrono::Utc::now().timestamp_micros();
    let folder = std::env::temp_dir().join(format!("girogate-conform-{}-{number}", std::process::id()));
    // Closed to others, and never a folder that somebody else has made.
    std::fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|cause| file(&folder, cause))?;
    Ok(folder)
}

fn write(folder: &Path, (bank, rows): (&str, &[Row])) -> Result<(), ConformError> {
    let made_at = super::query::shown(chrono::Utc::now());
    let files =
        [("junit.xml", report::junit(bank, rows)), ("report.html", report::page(bank, &made_at, rows))];
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|cause| ConformError::File { path, cause })?;
    }
    Ok(())
}
