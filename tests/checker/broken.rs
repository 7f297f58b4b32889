//! What only a broken machine or a sender out of time does: a power cut, and an attempt of an older epoch.

use std::path::Path;
use std::process::{Command, Stdio};

use chrono::Utc;
use girogate::domain::fact::{Cause, Fact, Recorded};
use girogate::planted::{parse, plant_everywhere};
use girogate::store::lookup::Lookup;
use girogate::store::sqlite::{Places, SqliteStore};
use girogate::store::view::apply::apply;
use girogate::store::{Appended, Store, Turn};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::process::{Process, signal, until};
use crate::run::Run;

/// Whether all threads of a process are being traced.
fn is_traced(id: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else { return true };
    threads.filter_map(Result::ok).all(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        status
            .lines()
            .any(|line| line.starts_with("TracerPid:") && line.split_whitespace().nth(1) != Some("0"))
    })
}

/// The power goes right after the answer. A tracer saw whether the log of the database was ever brought to the disk; if
/// not, it is gone. Where nothing can be traced, nothing is lost, and that is said.
pub async fn power_cut(run: &mut Run, payouts: &[Value]) -> bool {
    let (gateway, seen) = (run.line.gateway_id(), run.dir().join("synced"));
    let tracer = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync", "-p", &gateway.to_string(), "-o"])
        .arg(&seen)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(tracer) = tracer else {
        return skipped(run, "there is no strace");
    };
    let mut tracer = Process(tracer);
    let attached = until("the tracer", async || {
        let gone = tracer.0.try_wait().unwrap().is_some();
        (gone || is_traced(gateway)).then_some(!gone)
    })
    .await;
    run.submit("one", payouts).await;
    signal("-9", gateway);
    run.line.gateway_died().await;
    until("the tracer's end", async || tracer.0.try_wait().unwrap()).await;
    if attached {
        lose_what_was_not_synced(&run.line.setup.data_dir, &seen);
    } else {
        skipped(run, "strace may not look here");
    }
    // A place that is never passed: the gateway may refuse what it finds, and then does not get ready.
    run.line.start_gateway(Some("nowhere:1"));
    let address = run.line.setup.api_url.trim_start_matches("https://").to_owned();
    until("the gateway's start or refusal", async || {
        let is_up = std::net::TcpStream::connect(&address).is_ok();
        (is_up || run.line.gateway_is_dead()).then_some(())
    })
    .await;
    if run.line.gateway_is_dead() {
        run.line.gateway_died().await;
    }
    false
}

/// Says that no power was cut, and marks the run: it shows nothing about the store.
fn skipped(run: &Run, why: &str) -> bool {
    eprintln!("SKIPPED: {why}; no power was cut");
    std::fs::write(run.dir().join("skipped"), why).unwrap();
    false
}

fn lose_what_was_not_synced(data_dir: &Path, seen: &Path) {
    let told = std::fs::read_to_string(seen).unwrap();
    if !told.lines().any(|line| line.contains("store.sqlite3-wal>")) {
        for name in ["store.sqlite3-wal", "store.sqlite3-shm"] {
            drop(std::fs::remove_file(data_dir.join(name)));
        }
    }
}

/// A sender that believes in an epoch long over opens an attempt for the first message.
pub async fn stale_sender(run: &mut Run) {
    // The defect is on for the whole process: one at a time.
    static ALONE: Mutex<()> = Mutex::const_new(());
    run.line.stop_gateway().await;
    let _alone = ALONE.lock().await;
    plant_everywhere(run.line.defect.and_then(parse));
    let store = Store::Sqlite(SqliteStore::open(&Places::within(&run.line.setup.data_dir)).unwrap());
    let mut view = store.load(vec![Lookup::Message(1)]).await.unwrap();
    let row = view.messages.values().next().unwrap().clone();
    let recorded = Recorded {
        at: Utc::now(),
        tenant: row.tenant.clone(),
        actor: "gateway".to_owned(),
        cause: Cause::Call(row.message_id.clone(), row.attempt + 1),
        fact: Fact::StepStarted {
            key: row.key,
            step: "submit".to_owned(),
            attempt: row.attempt + 1,
            epoch: 0,
            document: row.document,
            head: row.document,
            resend: true,
        },
    };
    apply(&mut view, &recorded);
    let appended = store.append(Turn { facts: vec![recorded], view, documents: Vec::new() }).await;
    plant_everywhere(None);
    assert_eq!(matches!(appended, Appended::Done { .. }), run.line.defect.is_some(), "{appended:?}");
}
