//! `girogate sandbox`: the bank across the street, its scenarios and its business day.

use super::process::{block_on, logs, stop_signal};
use super::screen::Screen;
use super::{Exit, Failure};
use crate::sandbox::{config, scenarios, server};
use chrono::Utc;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `girogate sandbox`
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Sandbox {
    /// The bank's configuration file.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// List what the bank plays: trigger, messages, end state.
    Scenarios,
}

impl Sandbox {
    /// Runs the bank, or lists its scenarios.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        match (&self.what, &self.config) {
            (Some(What::Scenarios), _) => Ok(list(screen)),
            (None, Some(config)) => serve(config, screen),
            (None, None) => {
                Err(Failure::usage("sandbox.config", "name a configuration with -c FILE, or a subcommand"))
            }
        }
    }
}

fn list(screen: &mut Screen) -> Exit {
    for scenario in scenarios::list() {
        let trigger = format!("creditor name contains \"{} {}\"", scenarios::TRIGGER_WORD, scenario.code);
        if screen.is_json() {
            screen.record(&json!({
                "scenario": scenario.code,
                "name": scenario.name,
                "trigger": trigger,
                "messages": scenario.sequence,
                "end_state": scenario.end_state,
                "exception": scenario.exception,
            }));
            continue;
        }
        screen.line(&format!("{:<5} {}", scenario.code, scenario.name));
        screen.line(&format!("      trigger   {trigger}"));
        screen.line(&format!("      messages  {}", scenario.sequence.join(" · ")));
        screen.line(&format!("      end       {}", scenario.end_state));
        if !scenario.exception.is_empty() {
            screen.line(&format!("      exception {}", scenario.exception));
        }
    }
    Exit::Done
}

fn serve(path: &Path, screen: &mut Screen) -> Result<Exit, Failure> {
    logs();
    let config = config::load(path).map_err(|cause| Failure::usage(cause.code(), cause))?;
    block_on(async {
        let stop = stop_signal()?;
        let (ready, bound) = tokio::sync::oneshot::channel();
        let start = server::Start {
            today: Utc::now().date_naive(),
            // Nobody waits any more where the process is ending.
            ready: Box::new(move |ready_at| drop(ready.send(ready_at.clone()))),
        };
        let running = tokio::spawn(server::run(config, start, stop));
        if let Ok(bound) = bound.await {
            screen.now(&json!({ "ready": true, "api": bound.public_url }).to_string());
        }
        match running.await {
            Ok(Ok(())) => Ok(Exit::Done),
            Ok(Err(cause)) => Err(Failure::outside(cause.code(), cause)),
            Err(_) => Err(Failure::outside("sandbox.died", "the bank ended badly")),
        }
    })?
}
