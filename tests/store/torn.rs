//! What a disk can leave of the log that SQLite writes ahead, who reads long while it grows, and a process that dies amid
//! the making of the tables.

use super::fixture::*;
use girogate::domain::fact::Fact;
use girogate::store::sqlite::{Places, SqliteStore};
use girogate::store::{Appended, Store};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const LOG: &str = "store.sqlite3-wal";

/// The files of a running store as a power cut leaves them, with the log as it is given.
fn left_behind(folder: &Path, log: &[u8]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["store.sqlite3", "send.journal"] {
        std::fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    std::fs::write(copy.path().join(LOG), log).unwrap();
    copy
}

/// Opens what was left: so many facts, with a whole audit; `None` where it is refused because the journal saw more.
async fn recovered(folder: &Path) -> Option<i64> {
    match SqliteStore::open(&Places::within(folder)) {
        Ok(store) => {
            let store = Store::Sqlite(store);
            let report = store.audit().await.unwrap();
            assert!(report.passed(), "{:?}", report.findings);
            Some(store.head().await.unwrap().seq)
        }
        Err(refused) => {
            assert_eq!(refused.code(), "store.behind", "{refused}");
            None
        }
    }
}

/// Commits of two payouts each, on a store that stays open; how many facts there are.
async fn filled(store: &Store, turns: i64) -> i64 {
    for _ in 0..turns {
        let mut view = store.load(Vec::new()).await.unwrap();
        let first = view.counters.payout;
        let facts: Vec<Fact> = (first..first + 2).map(|key| recording(key, payout(key))).collect();
        assert!(matches!(store.append(turn(&mut view, facts, vec![])).await, Appended::Done { .. }));
    }
    store.head().await.unwrap().seq
}

/// The log is cut at any place, or a part of a page in it is old: whole commits come back, in order, and no others.
#[tokio::test]
async fn a_torn_log_gives_back_whole_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::Sqlite(SqliteStore::open(&Places::within(folder.path())).unwrap());
    let all = filled(&store, 12).await;
    let whole = std::fs::read(folder.path().join(LOG)).unwrap();
    let mut last = 0;
    // A prime, so that cuts fall into headers, frames and between them.
    for length in (0..whole.len()).step_by(7_919).chain([whole.len() - 1, whole.len()]) {
        let copy = left_behind(folder.path(), &whole[..length]);
        let Some(found) = recovered(copy.path()).await else { continue };
        assert_eq!(found % 2, 0, "{length} octets: half of a commit came back");
        assert!(found >= last && found <= all, "{length} octets: {found} facts after {last}");
        last = found;
    }
    assert_eq!(last, all, "the whole log has everything");
    for place in (32..whole.len()).step_by(39_119) {
        let mut torn = whole.clone();
        // A sector that never reached the disk.
        let end = torn.len().min(place + 512);
        torn[place..end].fill(0);
        let copy = left_behind(folder.path(), &torn);
        if let Some(found) = recovered(copy.path()).await {
            assert!(found % 2 == 0 && found <= all, "torn at {place}: {found} facts");
        }
    }
}

/// Somebody reads the whole time: who writes does not wait for him, and when he is gone the log is cut back.
#[tokio::test]
async fn a_long_reader_holds_nobody_up_and_the_log_is_cut_back_after_him() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::Sqlite(SqliteStore::open(&Places::within(folder.path())).unwrap());
    filled(&store, 1).await;
    let size = || std::fs::metadata(folder.path().join(LOG)).unwrap().len();
    let reader = rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let seen = || -> i64 { reader.query_row("SELECT count(*) FROM payout", [], |row| row.get(0)).unwrap() };
    assert_eq!(seen(), 2);
    let mut turns = 0;
    // Beyond four checkpoints' worth of pages.
    while size() < 4 * 4_000 * 4_096 {
        let mut view = store.load(Vec::new()).await.unwrap();
        let first = view.counters.payout;
        let facts: Vec<Fact> = (first..first + 500).map(|key| recording(key, payout(key))).collect();
        assert!(matches!(store.append(turn(&mut view, facts, vec![])).await, Appended::Done { .. }));
        turns += 1;
        assert!(turns < 500, "the log does not grow: the reader does not hold it");
    }
    assert_eq!(seen(), 2, "the reader still sees what he began with");
    let grown = size();
    reader.execute_batch("COMMIT").unwrap();
    for _ in 0..20 {
        filled(&store, 1).await;
    }
    // Without him the log begins anew: what follows is written over what was moved.
    let before = size();
    filled(&store, 20).await;
    assert!(before <= grown + (4 << 20) && size() <= before, "{grown}, {before}, {}", size());
    drop(store);
    assert!(
        Store::Sqlite(SqliteStore::open(&Places::within(folder.path())).unwrap())
            .audit()
            .await
            .unwrap()
            .passed()
    );
}

const CHILD_FOLDER: &str = "GIROGATE_TEST_STORE_MADE";

/// Not a test by itself: the process that the next one kills.
#[test]
fn child_that_makes_the_tables() {
    let Ok(folder) = std::env::var(CHILD_FOLDER) else { return };
    drop(SqliteStore::open(&Places::within(&PathBuf::from(folder))).unwrap());
}

/// Dies at the Nth call that writes to the disk; whether it was reached.
fn dies_making(folder: &Path, nth: u32) -> bool {
    let calls = "pwrite64,fsync,fdatasync,ftruncate,unlink";
    let status = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:signal=SIGKILL:when={nth}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "store::torn::child_that_makes_the_tables"])
        .env(CHILD_FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    !status.success()
}

/// Wherever the making of the tables ends, the next start completes it.
#[tokio::test]
async fn a_death_amid_the_making_of_the_tables_is_made_good() {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: strace is not there or may not trace; nothing dies while tables are made");
        return;
    }
    let mut deaths = 0;
    for nth in (1..200).map(|step: u32| step * step.div_ceil(4)) {
        let folder = tempfile::tempdir().unwrap();
        if !dies_making(folder.path(), nth) {
            break;
        }
        deaths += 1;
        let seen = journey(&Store::Sqlite(SqliteStore::open(&Places::within(folder.path())).unwrap())).await;
        let store = Store::Sqlite(SqliteStore::open(&Places::within(folder.path())).unwrap());
        assert_eq!(store.head().await.unwrap().seq as usize, seen.facts.len(), "call {nth}");
        assert!(store.audit().await.unwrap().passed(), "call {nth}");
    }
    assert!(deaths > 5, "only {deaths} calls were reached");
}
