//! Gateway and bank killed in the middle of a demonstration, and evidence that somebody changed afterwards.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::process::{Demo, audit, children_of, papers, payouts_of, signal, store_of, until};

const PAYOUTS: usize = 2_000;
/// Who is killed, in this order.
const KILLED: [&str; 3] = [" serve ", " sandbox ", " serve "];
/// Most facts between two kills; the whole run writes about twice as many.
const FACTS_BETWEEN: i64 = 4_000;

fn child_of(demo: &Demo, command: &str) -> Option<u32> {
    let children = children_of(demo.process.0.id());
    children.into_iter().find(|(_, arguments)| arguments.contains(command)).map(|(id, _)| id)
}

/// Facts in the store, 0 while there is none.
fn facts(data_dir: &Path) -> i64 {
    if !data_dir.join("store.sqlite3").is_file() {
        return 0;
    }
    let connection = papers::database(data_dir);
    connection.query_row("SELECT coalesce(max(seq), 0) FROM facts", [], |row| row.get(0)).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_killed_go_on_and_damage_is_named() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    eprintln!("seed {seed}");
    let count = PAYOUTS.to_string();
    let mut demo = Demo::start(&["--payouts", &count]);
    let data_dir = demo.dir.join("gateway");
    let mut killed = 0;
    let mut before = 0;
    for (round, victim) in KILLED.into_iter().enumerate() {
        // So many facts after the last kill: anywhere between the first payouts and the last bookings.
        let after = before + 100 + i64::from(seed >> (8 * round)) % FACTS_BETWEEN;
        until("the moment to kill", async || {
            let over = demo.process.0.try_wait().unwrap().is_some();
            (over || facts(&data_dir) >= after).then_some(())
        })
        .await;
        let Some(id) = child_of(&demo, victim) else { break };
        signal("-9", id);
        killed += 1;
        before = facts(&data_dir);
        until("the return of the dead", async || {
            let successor = child_of(&demo, victim).filter(|other| *other != id);
            successor.or_else(|| over(&mut demo))
        })
        .await;
    }
    let output = demo.ended_well().await;
    assert!(killed == 0 || output.contains("starting it again"), "seed {seed}: {output}");
    assert!(killed > 0, "seed {seed}: the run was over before anything was killed");
    crate::ended_and_debited_once(&demo).await;
    let payouts = payouts_of(&store_of(&data_dir)).await.len();
    assert!(payouts > PAYOUTS * 9 / 10, "seed {seed}: {payouts} payouts");
    let report = audit(&data_dir).await;
    assert!(report.passed(), "seed {seed}: {:?}", report.findings);
    a_flipped_octet_is_named(&data_dir, i64::from(seed)).await;
    a_cut_tail_is_named(&data_dir).await;
}

fn over(demo: &mut Demo) -> Option<u32> {
    demo.process.0.try_wait().unwrap().map(|_| 0)
}

/// One octet of one fact is another; the audit fails and says which fact. Put back, it passes.
async fn a_flipped_octet_is_named(data_dir: &Path, seed: i64) {
    let last = facts(data_dir);
    let seq = 1 + seed % last;
    let read = |connection: &rusqlite::Connection| -> String {
        connection.query_row("SELECT body FROM facts WHERE seq = ?1", [seq], |row| row.get(0)).unwrap()
    };
    let write = |text: &str| {
        let connection = papers::database(data_dir);
        let changed = connection
            .execute("UPDATE facts SET body = ?2 WHERE seq = ?1", rusqlite::params![seq, text])
            .unwrap();
        assert_eq!(changed, 1);
    };
    let whole = read(&papers::database(data_dir));
    let place = whole.char_indices().rev().find(|(_, letter)| letter.is_ascii_alphanumeric()).unwrap().0;
    let mut octets = whole.clone().into_bytes();
    octets[place] ^= 1;
    write(&String::from_utf8(octets).unwrap());
    let report = audit(data_dir).await;
    let named = report.findings.iter().any(|finding| finding.place.contains(&format!("fact {seq}")));
    assert!(named, "fact {seq}: {:?}", report.findings);
    write(&whole);
    assert!(audit(data_dir).await.passed());
}

/// The last facts are gone, as if a part of the file had been lost; the audit fails.
async fn a_cut_tail_is_named(data_dir: &Path) {
    let last = facts(data_dir);
    let connection = papers::database(data_dir);
    assert_eq!(connection.execute("DELETE FROM facts WHERE seq > ?1", [last - 3]).unwrap(), 3);
    drop(connection);
    let report = audit(data_dir).await;
    assert!(!report.passed());
    let near = report.findings.iter().any(|finding| {
        [last - 3, last - 2, last]
            .iter()
            .any(|seq| finding.place.contains(&seq.to_string()) || finding.text.contains(&seq.to_string()))
    });
    assert!(near, "{:?}", report.findings);
}
