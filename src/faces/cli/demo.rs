//! `girogate demo`: the whole main job on one machine, without configuration.

use super::process::block_on;
use super::screen::Screen;
use super::{Exit, Failure};
use crate::faces::demo::children::Killing;
use crate::faces::demo::{self, DemoError, Options};
use clap::Args;
use std::path::PathBuf;

/// `girogate demo`
#[derive(Args)]
pub struct Demo {
    /// Number of payouts.
    #[arg(long, default_value_t = 1_000)]
    payouts: usize,
    /// Let the bank misbehave: cuts, duplicates, reordering, silence, rejects, returns.
    #[arg(long)]
    faults: bool,
    /// Kill the gateway, and now and then the bank, without warning every few seconds.
    #[arg(long)]
    kill: bool,
    /// Folder of the run; the folder of an earlier run is resumed.
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
    /// Keep gateway and bank up at the end.
    #[arg(long)]
    stay: bool,
    /// Give up when nothing changes for this long, in seconds.
    #[arg(long, default_value_t = 120)]
    patience: u64,
}

impl Demo {
    /// Runs it; done when nothing is unexplained.
    pub fn run(&self, _screen: &mut Screen) -> Result<Exit, Failure> {
        let options = Options {
            payouts: self.payouts,
            faults: self.faults,
            killing: if self.kill { Killing::EveryFewSeconds } else { Killing::None },
            dir: self.dir.clone(),
            stay: self.stay,
            patience_s: self.patience,
        };
        match block_on(demo::run(&options, &mut std::io::stdout()))? {
            Ok(0) => Ok(Exit::Done),
            Ok(_) => Ok(Exit::Finding),
            Err(cause @ DemoError::Api(_)) => Err(Failure::finding("demo.api", cause)),
            Err(cause) => Err(Failure::outside("demo.stopped", cause)),
        }
    }
}
