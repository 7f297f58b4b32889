//! `girogate serve`: the gateway.

use super::process::{block_on, logs, stop_signal};
use super::screen::Screen;
use super::{Exit, Failure};
use crate::faces::{config, serve};
use clap::Args;
use std::path::PathBuf;

/// `girogate serve`
#[derive(Args)]
pub struct Serve {
    /// The configuration file.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    config: PathBuf,
    /// Record the whole exchange with the banks in this new folder, for `replay`. It holds payouts and keys of ids in clear.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

impl Serve {
    /// Runs until it is told to end or the store no longer answers.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        logs();
        let config = config::load(&self.config).map_err(|cause| Failure::usage(cause.code(), cause))?;
        block_on(async {
            let stop = stop_signal()?;
            let ready = |bound: &serve::Bound| screen.now(&bound.line());
            let source =
                serve::Source { config: &config, path: &self.config, record: self.record.as_deref() };
            match serve::run_source(source, ready, stop).await {
                Ok(()) => Ok(Exit::Done),
                Err(cause) if cause.is_configuration() => Err(Failure::usage("serve.configuration", cause)),
                Err(cause) => Err(Failure::outside("serve.stopped", cause)),
            }
        })?
    }
}
