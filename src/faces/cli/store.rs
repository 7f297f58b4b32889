//! `girogate store check | backup | restore | gate | open-gate`: the operator's hand on a data directory.

use super::frame::{Configured, tell, wait_for};
use super::screen::Screen;
use super::source::AskError;
use super::{Exit, Failure, audit};
use crate::engine::runtime::clock::Clock;
use crate::store::backup;
use crate::store::sqlite::SqliteStore;
use serde_json::json;
use std::path::PathBuf;

/// `girogate store`
#[derive(Clone, Debug, clap::Args)]
pub struct Store {
    #[command(subcommand)]
    what: What,
}

/// The acts.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum What {
    /// Check the database file, the chain of facts, documents, views and send journal; a running gateway is not disturbed.
    Check(Configured),
    /// Copy the data directory into a new folder while the gateway runs; a manifest with digests is written last.
    Backup(Backup),
    /// Lay a copy into a new data directory, which a gateway then opens in recovery mode: it sends nothing.
    Restore(Restore),
    /// Show whether the gateway sends, and what the audit of a restored store found.
    Gate(Configured),
    /// Let a restored gateway send again, in your name, after the report of `store gate` was read.
    OpenGate(OpenGate),
}

/// `girogate store backup`
#[derive(Clone, Debug, clap::Args)]
pub struct Backup {
    /// The new folder; never one that is there.
    to: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

/// `girogate store restore`
#[derive(Clone, Debug, clap::Args)]
pub struct Restore {
    /// The copy.
    from: PathBuf,
    /// The new data directory; empty or not there.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The node's own send journal, where it outlived the store: it knows what was sent since the copy was made.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

/// `girogate store open-gate`
#[derive(Clone, Debug, clap::Args)]
pub struct OpenGate {
    /// Why, for the record.
    #[arg(long)]
    reason: String,
    /// Attempts that the report re-created as unknown.
    #[arg(long)]
    witnessed: u64,
    /// Messages that the report says are missing.
    #[arg(long)]
    missing: u64,
    #[command(flatten)]
    configured: Configured,
}

impl Store {
    /// Does it; findings exit with 1.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        match &self.what {
            What::Check(configured) => wait_for(check(configured, screen)),
            What::Backup(asked) => make(asked, screen),
            What::Restore(asked) => lay_back(asked, screen),
            What::Gate(configured) => wait_for(gate(configured, screen)),
            What::OpenGate(asked) => wait_for(open_gate(asked, screen)),
        }
    }
}

async fn check(configured: &Configured, screen: &mut Screen) -> Result<Exit, Failure> {
    let store = SqliteStore::open_read_only(&configured.means()?.config.places())?;
    let report = store.check().await?;
    let sizes = store.sizes();
    if screen.is_json() {
        screen.record(&json!({
            "record": "sizes", "database": sizes.database, "log": sizes.log, "send_journal": sizes.journal,
            "restored": store.is_restored(),
        }));
    } else {
        let restored = if store.is_restored() { "; restored from a copy, the gate is closed" } else { "" };
        let (database, log, journal) = (sizes.database, sizes.log, sizes.journal);
        tell(screen, &format!("octets: database {database}, log {log}, send journal {journal}{restored}"));
    }
    Ok(audit::show(&report, screen))
}

fn make(asked: &Backup, screen: &mut Screen) -> Result<Exit, Failure> {
    let places = asked.configured.means()?.config.places();
    let manifest = backup::backup(&places, &asked.to, Clock::System.now())?;
    told("backup", &manifest, screen);
    Ok(Exit::Done)
}

fn lay_back(asked: &Restore, screen: &mut Screen) -> Result<Exit, Failure> {
    let manifest = backup::restore(&asked.from, &asked.to, asked.journal.as_deref(), Clock::System.now())?;
    told("restore", &manifest, screen);
    if !screen.is_json() {
        tell(screen, "a gateway on it starts in recovery mode: see `girogate store gate`");
    }
    Ok(Exit::Done)
}

fn told(record: &str, manifest: &backup::Manifest, screen: &mut Screen) {
    let octets: u64 = manifest.files.iter().map(|file| file.octets).sum();
    if screen.is_json() {
        screen.record(&json!({
            "record": record, "made_at": manifest.made_at, "facts": manifest.facts, "head": manifest.head,
            "files": manifest.files.len(), "octets": octets,
        }));
    } else {
        let files = manifest.files.len();
        tell(
            screen,
            &format!(
                "copy of {}: {} facts, {files} files, {octets} octets",
                manifest.made_at, manifest.facts
            ),
        );
        tell(screen, &format!("head {} {}", manifest.facts, manifest.head));
    }
}

async fn gate(configured: &Configured, screen: &mut Screen) -> Result<Exit, Failure> {
    let answered = configured.means()?.api()?.read("/v1/gate").await?;
    if !answered.is_success() {
        return Err(AskError::Refused(answered).into());
    }
    let is_open = answered.body["open"] == true;
    if screen.is_json() {
        screen.record(&answered.body);
        return Ok(if is_open { Exit::Done } else { Exit::Finding });
    }
    let list = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|item| item.as_str()).map(str::to_owned).collect()
    };
    let reasons = list(&answered.body["reasons"]).join(", ");
    tell(
        screen,
        &if is_open { "the gate is open".to_owned() } else { format!("the gate is closed: {reasons}") },
    );
    let report = &answered.body["recovery"];
    let counts =
        ["witnessed_count", "missing_count", "held_count"].map(|name| report[name].as_u64().unwrap_or(0));
    if counts.iter().any(|count| *count > 0) || reasons.contains("recovery") {
        let [witnessed, missing, held] = counts;
        tell(
            screen,
            &format!("{witnessed} attempts stand in the send journal only: their outcome is unknown"),
        );
        tell(screen, &format!("{missing} messages were sent and are not in the copy"));
        list(&report["missing"]).iter().for_each(|id| tell(screen, &format!("  {id}")));
        tell(screen, &format!("{held} payouts are held"));
    }
    Ok(if is_open { Exit::Done } else { Exit::Finding })
}

async fn open_gate(asked: &OpenGate, screen: &mut Screen) -> Result<Exit, Failure> {
    let OpenGate { reason, witnessed, missing, configured } = asked;
    let body = json!({ "reason": reason, "witnessed": witnessed, "missing": missing }).to_string();
    let answered = configured.means()?.api()?.post("/v1/gate", "application/json", body.into()).await?;
    if !answered.is_success() {
        return Err(AskError::Refused(answered).into());
    }
    if screen.is_json() {
        screen.record(&answered.body);
    } else {
        tell(screen, "the gate is open");
    }
    Ok(Exit::Done)
}
