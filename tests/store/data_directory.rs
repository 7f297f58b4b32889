//! What only a data directory can suffer: crashes, changed octets, a cut tail, a second owner.

use super::fixture::*;
use girogate::domain::entry::Digest;
use girogate::domain::fact::Fact;
use girogate::store::backup::{backup, restore};
use girogate::store::documents::{DOCUMENT_ROW_OCTETS_MAX, NewDocument};
use girogate::store::lookup::Lookup;
use girogate::store::sqlite::{Places, SqliteStore};
use girogate::store::{Appended, Store, StoreError};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&Places::within(folder)).unwrap()
}

fn open_to_read(folder: &Path) -> Store {
    Store::Sqlite(SqliteStore::open_read_only(&Places::within(folder)).unwrap())
}

#[tokio::test]
async fn a_store_opened_again_is_the_same_and_passes_its_audit() {
    let folder = tempfile::tempdir().unwrap();
    let seen = journey(&Store::Sqlite(open(folder.path()))).await;
    let store = Store::Sqlite(open(folder.path()));
    let view = store.load(every_lookup(&seen.view)).await.unwrap();
    assert_eq!(view.payouts, seen.view.payouts);
    let report = store.audit().await.unwrap();
    assert_eq!(report.findings, [], "nothing is wrong");
    assert_eq!((report.facts as usize, report.journal_lines), (seen.facts.len(), 1));
    assert!(report.documents >= 4 && report.rows > 15);
    // It goes on where it was, in the same chain.
    let mut view = store.load(vec![Lookup::Payout(5)]).await.unwrap();
    let fact = Fact::PayoutCancelled { key: 5, reason: "asked".into() };
    assert!(matches!(store.append(turn(&mut view, vec![fact], vec![])).await, Appended::Done { .. }));
    assert!(store.audit().await.unwrap().passed());
}

#[tokio::test]
async fn one_process_owns_a_data_directory_and_others_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::within(folder.path());
    assert!(matches!(SqliteStore::open_read_only(&places), Err(StoreError::Absent { .. })));
    let owner = Store::Sqlite(open(folder.path()));
    let seen = journey(&owner).await;
    let refused = SqliteStore::open(&places).unwrap_err();
    assert_eq!(refused.code(), "store.locked");
    let reader = Store::Sqlite(SqliteStore::open_read_only(&places).unwrap());
    assert_eq!(reader.facts_after(0, 1_000).await.unwrap().len(), seen.facts.len());
    assert!(reader.audit().await.unwrap().passed());
    let mut view = reader.load(vec![Lookup::Payout(5)]).await.unwrap();
    let fact = Fact::PayoutCancelled { key: 5, reason: "asked".into() };
    assert!(matches!(reader.append(turn(&mut view, vec![fact], vec![])).await, Appended::Unknown { .. }));
    drop(owner);
    open(folder.path());
}

#[tokio::test]
async fn the_settings_that_durability_needs_are_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let _store = open(folder.path());
    let raw = rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    let mode: String = raw.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

/// Another program's database is refused before an octet of it is changed; ours carries its mark.
#[tokio::test]
async fn a_foreign_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::within(folder.path());
    let foreign = |mark: i64, table: &str| {
        drop(std::fs::remove_file(places.database()));
        let raw = rusqlite::Connection::open(places.database()).unwrap();
        raw.pragma_update(None, "application_id", mark).unwrap();
        raw.execute_batch(table).unwrap();
        drop(raw);
        let before = std::fs::read(places.database()).unwrap();
        assert_eq!(SqliteStore::open(&places).unwrap_err().code(), "store.foreign");
        assert_eq!(SqliteStore::open_read_only(&places).unwrap_err().code(), "store.foreign");
        assert_eq!(std::fs::read(places.database()).unwrap(), before);
    };
    foreign(0, "CREATE TABLE song (title TEXT)");
    foreign(0x1234, "CREATE TABLE layout (version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT");
    std::fs::remove_file(places.database()).unwrap();
    journey(&Store::Sqlite(open(folder.path()))).await;
    let mark = || std::fs::read(places.database()).unwrap()[68..72].to_owned();
    assert_eq!(mark(), b"GIRG");
    // A store from before the mark is ours by its layout, and gets the mark.
    let raw = rusqlite::Connection::open(places.database()).unwrap();
    raw.pragma_update(None, "application_id", 0).unwrap();
    drop(raw);
    assert_eq!(mark(), [0; 4]);
    assert!(Store::Sqlite(open(folder.path())).audit().await.unwrap().passed());
    assert_eq!(mark(), b"GIRG");
}

/// Whoever loses the database and keeps the journal must not start anew: what was sent is unknown.
#[tokio::test]
async fn a_database_that_lost_what_the_journal_saw_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::within(folder.path());
    let store = Store::Sqlite(open(folder.path()));
    let before = copy_of(folder.path());
    journey(&store).await;
    drop(store);
    let whole = std::fs::read(places.database()).unwrap();
    for content in [Vec::new(), before] {
        std::fs::write(places.database(), content).unwrap();
        let refused = SqliteStore::open(&places).unwrap_err();
        assert!(matches!(refused, StoreError::Behind { witnessed: 9, head: 0 }), "{refused}");
    }
    std::fs::write(places.database(), vec![b'x'; 8192]).unwrap();
    assert_eq!(SqliteStore::open(&places).unwrap_err().code(), "store.foreign");
    std::fs::write(places.database(), whole).unwrap();
    open(folder.path());
}

/// The database as a copy of it would be, its log included.
fn copy_of(folder: &Path) -> Vec<u8> {
    let copy = folder.join("copy");
    let raw = rusqlite::Connection::open(folder.join("store.sqlite3")).unwrap();
    raw.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    std::fs::read(copy).unwrap()
}

#[tokio::test]
async fn an_older_program_refuses_a_newer_store_and_another_layout() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let raw = || rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    raw().pragma_update(None, "user_version", 999).unwrap();
    let places = Places::within(folder.path());
    assert_eq!(SqliteStore::open(&places).unwrap_err().code(), "store.newer");
    assert_eq!(SqliteStore::open_read_only(&places).unwrap_err().code(), "store.newer");
    raw().pragma_update(None, "user_version", 1).unwrap();
    raw().execute("UPDATE layout SET sha256 = 'other'", []).unwrap();
    assert_eq!(SqliteStore::open(&places).unwrap_err().code(), "store.migration");
}

/// A file is moved away or deleted while it is open: nothing more is acknowledged.
#[tokio::test]
async fn a_replaced_file_stops_the_store() {
    for name in ["store.sqlite3", "store.sqlite3-wal", "send.journal"] {
        replaced(name).await;
    }
    for name in ["store.sqlite3-wal", "send.journal"] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::Sqlite(open(folder.path()));
        std::fs::remove_file(folder.path().join(name)).unwrap();
        assert_eq!(store.next_epoch().await.unwrap_err().code(), "store.replaced", "{name}");
        assert!(store.stopped().unwrap().contains(name));
    }
}

async fn replaced(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open(folder.path());
    let store = Store::Sqlite(sqlite.clone());
    journey(&store).await;
    let path = folder.path().join(name);
    std::fs::rename(&path, folder.path().join("away")).unwrap();
    std::fs::copy(folder.path().join("away"), &path).unwrap();
    let mut view = store.load(vec![Lookup::Payout(5)]).await.unwrap();
    let fact = Fact::PayoutCancelled { key: 5, reason: "asked".into() };
    assert!(matches!(store.append(turn(&mut view, vec![fact], vec![])).await, Appended::Unknown { .. }));
    assert!(sqlite.stopped().unwrap().contains("no longer the file"));
    assert_eq!(store.next_epoch().await.unwrap_err().code(), "store.stopped");
    assert_eq!(store.put_document(NewDocument::of(vec![1])).await.unwrap_err().code(), "store.stopped");
}

/// Changes a store by hand and tells what its audit finds first.
async fn first_finding(change: impl FnOnce(&rusqlite::Connection, &Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    journey(&Store::Sqlite(open(folder.path()))).await;
    change(&rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap(), folder.path());
    let report = open_to_read(folder.path()).audit().await.unwrap();
    assert!(!report.passed());
    format!("{} {}", report.findings[0].code, report.findings[0].place)
}

async fn first_finding_after(sql: &str) -> String {
    first_finding(|raw, _| raw.execute_batch(sql).unwrap()).await
}

#[tokio::test]
async fn an_audit_names_the_place_that_was_changed() {
    let flip = |seq: i64| {
        first_finding(move |raw, _| {
            let mut body: String =
                raw.query_row("SELECT body FROM facts WHERE seq = ?1", [seq], |row| row.get(0)).unwrap();
            let place = body.find("\"actor\":\"").unwrap() + 9;
            let flipped = char::from(body.as_bytes()[place] ^ 1).to_string();
            body.replace_range(place..=place, &flipped);
            assert_eq!(raw.execute("UPDATE facts SET body = ?2 WHERE seq = ?1", (seq, body)).unwrap(), 1);
        })
    };
    for seq in [1, 8, 15] {
        assert_eq!(flip(seq).await, format!("audit.chain fact {seq}"));
    }
    assert_eq!(
        first_finding_after("UPDATE facts SET hash = zeroblob(32) WHERE seq = 4").await,
        "audit.chain fact 4"
    );
    assert_eq!(first_finding_after("DELETE FROM facts WHERE seq = 4").await, "audit.fact_missing fact 4");
    let end = "audit.tail fact 12";
    assert_eq!(first_finding_after("DELETE FROM facts WHERE seq > 11").await, end);
    let view = "UPDATE payout SET status_code = 'ACSC' WHERE key = 2";
    assert_eq!(first_finding_after(view).await, "audit.view payout 2 status_code");
    assert_eq!(first_finding_after("DELETE FROM payout WHERE key = 3").await, "audit.view payout 3");
    assert_eq!(
        first_finding_after("UPDATE payout SET amount_minor = amount_minor + 1 WHERE key = 6").await,
        "audit.view payout 6 amount_minor"
    );
    assert_eq!(first_finding_after("DELETE FROM bank_reference").await, "audit.view bank_reference ASR-1 1");
    assert_eq!(first_finding_after("UPDATE entry SET tenant = 'x'").await, "audit.view entry 1 tenant");
    let statement = "UPDATE statement SET closing = '1'";
    assert_eq!(first_finding_after(statement).await, "audit.view statement 1 closing");
}

/// Who cuts the tail and mends the head beside it is given away by the send journal.
#[tokio::test]
async fn a_cut_tail_with_a_mended_head_is_witnessed_by_the_send_journal() {
    let sql = "DELETE FROM facts WHERE seq > 7; \
               UPDATE meta SET head_seq = 7, head_hash = (SELECT hash FROM facts WHERE seq = 7)";
    let folder = tempfile::tempdir().unwrap();
    journey(&Store::Sqlite(open(folder.path()))).await;
    rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap().execute_batch(sql).unwrap();
    assert_eq!(SqliteStore::open(&Places::within(folder.path())).unwrap_err().code(), "store.behind");
    let report = open_to_read(folder.path()).audit().await.unwrap();
    assert_eq!(report.findings[0].code, "audit.witness");
    assert_eq!(report.findings[0].place, "fact 9");
}

#[tokio::test]
async fn a_lost_journal_line_is_found() {
    let finding = first_finding(|_, folder| std::fs::write(folder.join("send.journal"), b"").unwrap()).await;
    assert_eq!(finding, "audit.journal_line_missing fact 10");
}

#[tokio::test]
async fn damaged_and_missing_documents_are_found_and_never_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::Sqlite(open(folder.path()));
    journey(&store).await;
    let large = NewDocument::of(vec![7; DOCUMENT_ROW_OCTETS_MAX + 1]);
    let small = NewDocument::of(b"small".to_vec());
    store.put_document(large.clone()).await.unwrap();
    store.put_document(small.clone()).await.unwrap();
    let hex = large.digest().hex();
    let path = folder.path().join("documents").join(&hex[..2]).join(&hex);
    std::fs::write(&path, vec![8; DOCUMENT_ROW_OCTETS_MAX + 1]).unwrap();
    let raw = rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    raw.execute("UPDATE document_body SET octets = x'00' WHERE digest = ?1", [small.digest().0]).unwrap();
    raw.execute("DELETE FROM document_body WHERE digest = ?1", [digest_of("pain.001 one").0]).unwrap();
    for digest in [large.digest(), small.digest()] {
        assert_eq!(store.document(digest).await.unwrap_err().code(), "store.document_damaged");
    }
    let report = store.audit().await.unwrap();
    let places: Vec<&str> = report.findings.iter().map(|finding| finding.place.as_str()).collect();
    let named = |digest: Digest| format!("document {}", digest.hex());
    assert_eq!(
        places,
        [named(small.digest()).as_str(), named(large.digest()).as_str(), "message 1 document"]
    );
}

/// A crash after the journal was synced and before the transaction committed: the database as it
/// was before, the journal as it was after.
#[tokio::test]
async fn an_announced_attempt_that_never_committed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("store.sqlite3");
    journey(&Store::Sqlite(open(folder.path()))).await;
    let before = std::fs::read(&database).unwrap();
    let store = Store::Sqlite(open(folder.path()));
    assert_eq!(store.unconfirmed_attempts().await.unwrap(), []);
    let mut view = store.load(vec![Lookup::Message(2)]).await.unwrap();
    store.append(turn(&mut view, vec![started(2, 1, 4)], vec![])).await;
    assert_eq!(store.unconfirmed_attempts().await.unwrap(), []);
    drop(store);
    std::fs::write(&database, before).unwrap();
    let store = Store::Sqlite(open(folder.path()));
    let unconfirmed = store.unconfirmed_attempts().await.unwrap();
    assert_eq!(unconfirmed.len(), 1);
    assert_eq!(
        (unconfirmed[0].message_id.as_str(), unconfirmed[0].attempt, unconfirmed[0].epoch),
        ("MSG-2", 1, 4)
    );
    let report = store.audit().await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.remarks.len(), 1);
}

/// What an older epoch sends is refused by the database, whatever the sender believes.
#[tokio::test]
async fn an_older_epoch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::Sqlite(open(folder.path()));
    journey(&store).await;
    for (attempt, epoch, refused) in [(1, 7, false), (2, 6, true), (2, 7, false)] {
        let mut view = store.load(vec![Lookup::Message(2)]).await.unwrap();
        let appended = store.append(turn(&mut view, vec![started(2, attempt, epoch)], vec![])).await;
        assert_eq!(
            appended == Appended::Conflict,
            refused,
            "attempt {attempt} of epoch {epoch}: {appended:?}"
        );
    }
}

const CHILD_FOLDER: &str = "GIROGATE_TEST_STORE_FOLDER";

/// Not a test by itself: the process that the next one kills.
#[tokio::test]
async fn child_that_appends_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD_FOLDER) else { return };
    let store = Store::Sqlite(open(Path::new(&folder)));
    loop {
        let mut view = store.load(Vec::new()).await.unwrap();
        let first = view.counters.payout;
        let facts = (first..first + 5).map(|key| recording(key, payout(key))).collect();
        let Appended::Done { seq } = store.append(turn(&mut view, facts, vec![])).await else {
            panic!("not appended")
        };
        eprintln!("acknowledged {seq}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::data_directory::child_that_appends_until_it_is_killed", "--nocapture"])
            .env(CHILD_FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in
            lines.map_while(Result::ok).filter(|line| line.starts_with("acknowledged")).take(7 * round)
        {
            acknowledged = line.split(' ').nth(1).unwrap().parse().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::Sqlite(open(folder.path()));
        let head = store.head().await.unwrap();
        assert!(
            acknowledged > 0 && head.seq >= acknowledged,
            "{acknowledged} acknowledged, {} there",
            head.seq
        );
        assert_eq!(head.seq % 5, 0, "a turn is there as a whole or not at all");
        assert_eq!(
            store.totals(None).await.unwrap().iter().map(|row| row.count).sum::<u64>() as i64,
            head.seq
        );
        assert!(store.audit().await.unwrap().passed());
    }
}

/// A copy is whole or it is refused; a folder in which a restore ended half-way is no store.
#[tokio::test]
async fn only_a_whole_copy_is_laid_back() {
    let folder = tempfile::tempdir().unwrap();
    let (places, copy) = (Places::within(&folder.path().join("data")), folder.path().join("copy"));
    let store = Store::Sqlite(SqliteStore::open(&places).unwrap());
    let seen = journey(&store).await;
    store.put_document(NewDocument::of(vec![7; DOCUMENT_ROW_OCTETS_MAX + 1])).await.unwrap();
    let manifest = backup(&places, &copy, at(0)).unwrap();
    assert_eq!(manifest.facts as usize, seen.facts.len());
    assert_eq!(backup(&places, &copy, at(0)).unwrap_err().code(), "store.exists");
    let to = folder.path().join("new");
    for file in manifest.files.iter().map(|file| file.path.as_str()).chain(["manifest.json"]) {
        let path = copy.join(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(restore(&copy, &to, None, at(0)).unwrap_err().code(), "store.copy_not_whole", "{file}");
        assert!(!to.exists());
        std::fs::write(&path, whole).unwrap();
    }
    let foreign = folder.path().join("foreign.journal");
    std::fs::write(&foreign, "another\n").unwrap();
    assert_eq!(restore(&copy, &to, Some(&foreign), at(0)).unwrap_err().code(), "store.copy_not_whole");
    restore(&copy, &to, None, at(0)).unwrap();
    assert_eq!(restore(&copy, &to, None, at(0)).unwrap_err().code(), "store.exists");
    let laid = SqliteStore::open(&Places::within(&to)).unwrap();
    assert!(laid.is_restored());
    let report = laid.check().await.unwrap();
    assert_eq!((report.findings, report.facts as usize), (Vec::new(), seen.facts.len()));
    drop(laid);
    std::fs::rename(to.join("restored"), to.join("restoring")).unwrap();
    assert_eq!(SqliteStore::open(&Places::within(&to)).unwrap_err().code(), "store.copy_not_whole");
}
