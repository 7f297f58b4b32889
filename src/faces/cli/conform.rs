//! `girogate conform`: whether a running bank does what its profile claims.

use super::process::block_on;
use super::screen::{Screen, Tone};
use super::{Exit, Failure};
use crate::faces::config;
use crate::faces::conform::row::Row;
use crate::faces::conform::{self, ConformError, Options};
use clap::Args;
use std::path::PathBuf;

/// `girogate conform`
#[derive(Args)]
pub struct Conform {
    /// Id of the bank in the configuration.
    #[arg(long, value_name = "ID")]
    bank: String,
    /// Folder for `junit.xml`, `report.html` and the evidence.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// The configuration file.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    config: PathBuf,
    /// Only these rows of those that the profile claims.
    #[arg(long = "row", value_name = "ROW")]
    rows: Vec<String>,
    /// Give up after this long, in seconds.
    #[arg(long, default_value_t = 300)]
    patience: u64,
    /// How long nothing may come before nothing more is expected, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = conform::QUIET_MS)]
    quiet: u64,
}

impl Conform {
    /// Runs the claimed rows; done when all pass.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let config = config::load(&self.config).map_err(|cause| Failure::usage(cause.code(), cause))?;
        let options = Options {
            bank: self.bank.clone(),
            report: self.report.clone(),
            rows: self.rows.clone(),
            patience_s: self.patience,
            quiet_ms: self.quiet,
        };
        let rows = block_on(conform::run(&config, &self.config, &options))?.map_err(|cause| match cause {
            ConformError::Use { .. } => Failure::usage(cause.code(), cause),
            ConformError::Serve(ref inner) if inner.is_configuration() => Failure::usage(cause.code(), cause),
            _ => Failure::outside(cause.code(), cause),
        })?;
        rows.iter().for_each(|row| show(row, screen));
        let failed = rows.iter().filter(|row| !row.has_passed()).count();
        if !screen.is_json() {
            screen.line(&format!("{} of {} rows pass", rows.len() - failed, rows.len()));
        }
        Ok(if failed == 0 { Exit::Done } else { Exit::Finding })
    }
}

fn show(row: &Row, screen: &mut Screen) {
    if screen.is_json() {
        return screen.record(row);
    }
    let word = match row.has_passed() {
        true => screen.word(Tone::Good, "pass"),
        false => screen.word(Tone::Bad, "FAIL"),
    };
    screen.line(&format!("{word}  {:<5} {}", row.code, row.name));
    screen.line(&format!("      expected  {}", row.expected.join(" · ")));
    screen.line(&format!("      seen      {}", row.seen.join(" · ")));
    if row.state != row.expected_state {
        screen.line(&format!("      state     {} instead of {}", row.state, row.expected_state));
    }
    if !row.remark.is_empty() {
        screen.line(&format!("      {}", row.remark));
    }
}
