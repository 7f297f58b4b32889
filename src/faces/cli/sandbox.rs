//! `girogate sandbox`: the bank across the street, its scenarios and its business day.

use super::process::{block_on, logs, stop_signal};
use super::screen::{Format, Screen};
use super::{Exit, Failure};
use crate::faces::config as gateway;
use crate::faces::demo::bank::{Access, end_day};
use crate::net::tls::TlsFiles;
use crate::sandbox::proxy::{run, script::LineScript};
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
    /// End the bank's business day, by a call signed with the gateway's keys: statements follow.
    DayEnd {
        /// The configuration file of the gateway.
        #[arg(short = 'c', long = "config", value_name = "FILE")]
        config: PathBuf,
        /// The bank, where several are configured.
        #[arg(long, value_name = "ID")]
        bank: Option<String>,
    },
    /// Stand between a client and the bank as a line that breaks, by script and seed; TLS passes through unread.
    ///
    /// Shows one JSON object a connection: octets each way and what was done to it.
    Proxy(Proxy),
}

#[derive(Args)]
struct Proxy {
    /// Where clients come, like 127.0.0.1:9444; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: String,
    /// Where the bank is, like 127.0.0.1:9443.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// What happens to which connection.
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    /// Replaces the seed of the script.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Sandbox {
    /// Runs the bank, or lists its scenarios.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        match (&self.what, &self.config) {
            (Some(What::Scenarios), _) => Ok(list(screen)),
            (Some(What::DayEnd { config, bank }), _) => day_end(config, bank.as_deref(), screen),
            (Some(What::Proxy(proxy)), _) => carry(proxy),
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

fn day_end(path: &Path, bank: Option<&str>, screen: &mut Screen) -> Result<Exit, Failure> {
    let config = gateway::load(path).map_err(|cause| Failure::usage(cause.code(), cause))?;
    let named = config.bank.iter().find(|section| bank.is_none_or(|id| section.id == id));
    let section = named.ok_or_else(|| Failure::usage("sandbox.bank", "no such bank in the configuration"))?;
    let access = Access {
        url: section.base_url.clone(),
        tls: TlsFiles {
            certificate: section.keys.tls.certificate.clone(),
            key: section.keys.tls.key.clone(),
            ca: section.server_ca.clone(),
        },
        signing_key: section.keys.signing.key.clone(),
    };
    let answer = block_on(end_day(&access))?.map_err(|cause| Failure::outside("sandbox.day_end", cause))?;
    screen.line(answer.trim());
    Ok(Exit::Done)
}

fn carry(proxy: &Proxy) -> Result<Exit, Failure> {
    logs();
    let script =
        LineScript::load(&proxy.script, proxy.seed).map_err(|cause| Failure::usage(cause.code(), cause))?;
    block_on(async {
        let failed = |cause| Failure::outside("sandbox.listen", cause);
        let listener = tokio::net::TcpListener::bind(&proxy.listen).await.map_err(failed)?;
        let listens = listener.local_addr().map_err(failed)?;
        let stop = stop_signal()?;
        Screen::new(Format::Json).now(&json!({ "ready": true, "listen": listens.to_string() }).to_string());
        // Connections end on several threads; each line is shown whole and at once.
        let log = Box::new(|line: &str| Screen::new(Format::Json).now(line));
        let proxy = run::Proxy { listener, to: proxy.to.clone(), script, log };
        let ran = run::run(proxy, stop).await;
        ran.map(|()| Exit::Done).map_err(|cause| Failure::usage(cause.code(), cause))
    })?
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
