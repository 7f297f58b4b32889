//! The contract of the store, the same for the database and for memory; then what only a data
//! directory can suffer: crashes, changed octets, a cut tail, a second owner.

#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

mod store {
    pub mod fixture;
}

use chrono::Duration;
use girogate::domain::currency::Currency;
use girogate::domain::entry::Digest;
use girogate::domain::fact::Fact;
use girogate::domain::lifecycle::{State, effective};
use girogate::domain::row::{Hold, SendPhase, Subject};
use girogate::domain::status::STATUSES;
use girogate::store::documents::{DOCUMENT_ROW_OCTETS_MAX, NewDocument};
use girogate::store::listing::{Filter, TotalsRow, WorkLimits};
use girogate::store::lookup::Lookup;
use girogate::store::memory::{Fault, MemoryStore};
use girogate::store::sqlite::{Places, SqliteStore};
use girogate::store::view::{Counters, View};
use girogate::store::{Appended, Store, StoreError, Turn, chain};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use store::fixture::*;

/// Runs a test over both kinds of store.
async fn over_both(test: impl AsyncFn(Store)) {
    let folder = tempfile::tempdir().unwrap();
    test(Store::Sqlite(open(folder.path()))).await;
    test(Store::Memory(MemoryStore::new())).await;
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&Places::within(folder)).unwrap()
}

fn open_to_read(folder: &Path) -> Store {
    Store::Sqlite(SqliteStore::open_read_only(&Places::within(folder)).unwrap())
}

#[tokio::test]
async fn what_is_appended_is_what_is_loaded() {
    over_both(async |store| {
        let seen = journey(&store).await;
        let lookups = every_lookup(&seen.view);
        let count = lookups.len();
        let view = store.load(lookups).await.unwrap();
        assert_eq!(view.payouts, seen.view.payouts);
        assert_eq!(view.messages, seen.view.messages);
        assert_eq!(view.blocks, seen.view.blocks);
        assert_eq!(view.documents, seen.view.documents);
        assert_eq!(view.entries, seen.view.entries);
        assert_eq!(view.statements, seen.view.statements);
        assert_eq!(view.requests, seen.view.requests);
        assert_eq!(view.cursors, seen.view.cursors);
        assert_eq!(view.counters, seen.view.counters);
        assert!(count > 30);
    })
    .await;
}

#[tokio::test]
async fn history_and_feed_are_the_facts_in_order() {
    over_both(async |store| {
        let seen = journey(&store).await;
        let all = store.facts_after(0, 1_000).await.unwrap();
        assert_eq!(
            all.iter().map(|stored| &stored.recorded).collect::<Vec<_>>(),
            seen.facts.iter().collect::<Vec<_>>()
        );
        assert_eq!(
            all.iter().map(|stored| stored.seq).collect::<Vec<_>>(),
            (1..=all.len() as i64).collect::<Vec<_>>()
        );
        for subject in [Subject::Payout(1), Subject::Message(1), Subject::Block(2), Subject::Gateway] {
            let history = store.history(subject).await.unwrap();
            let expected: Vec<_> =
                all.iter().filter(|stored| stored.recorded.fact.subject() == subject).cloned().collect();
            assert_eq!(history, expected);
            assert!(!history.is_empty());
        }
        let later = store.facts_after(3, 2).await.unwrap();
        assert_eq!(later.iter().map(|stored| stored.seq).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(store.head().await.unwrap().seq, all.len() as i64);
    })
    .await;
}

#[tokio::test]
async fn bodies_are_the_payouts_that_were_recorded() {
    over_both(async |store| {
        journey(&store).await;
        let bodies = store.payout_bodies(vec![3, 1, 99]).await.unwrap();
        assert_eq!(bodies, [payout(3), payout(1)]);
        let listed = store.payouts(vec![2, 99]).await.unwrap();
        assert_eq!(listed.iter().map(|item| item.row.key).collect::<Vec<_>>(), [2]);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_changed_meanwhile_is_a_conflict_and_nothing_is_written() {
    over_both(async |store| {
        journey(&store).await;
        let before = store.head().await.unwrap();
        let mut first = store.load(vec![Lookup::Payout(5)]).await.unwrap();
        let mut second = first.clone();
        let hold = |reason: &str| vec![Fact::PayoutHeld { key: 5, hold: Hold::Operator(reason.into()) }];
        let first = turn(&mut first, hold("first"), Vec::new());
        let second = turn(&mut second, hold("second"), Vec::new());
        assert_eq!(store.append(first).await, Appended::Done { seq: before.seq + 1 });
        assert_eq!(store.append(second).await, Appended::Conflict);
        assert_eq!(store.head().await.unwrap().seq, before.seq + 1);
        let view = store.load(vec![Lookup::Payout(5)]).await.unwrap();
        assert_eq!(view.payouts[&5].held, Some(Hold::Operator("first".into())));
        assert!(store.audit().await.unwrap().passed());
    })
    .await;
}

/// Two turns draw the same keys, or record the same payout twice: the second one is decided again.
#[tokio::test]
async fn keys_tokens_and_references_are_taken_once() {
    over_both(async |store| {
        let mut first = store.load(Vec::new()).await.unwrap();
        let mut second = first.clone();
        assert_eq!(
            store.append(turn(&mut first, vec![recording(1, payout(1))], vec![])).await,
            Appended::Done { seq: 1 }
        );
        assert_eq!(
            store.append(turn(&mut second, vec![recording(1, payout(2))], vec![])).await,
            Appended::Conflict
        );
        let mut same_token = payout(9);
        same_token.token = payout(1).token;
        let mut same_reference = payout(9);
        same_reference.end_to_end_id = end_to_end_id("inv-1");
        for twin in [same_token, same_reference] {
            let mut view = store.load(Vec::new()).await.unwrap();
            assert_eq!(
                store.append(turn(&mut view, vec![recording(2, twin)], vec![])).await,
                Appended::Conflict
            );
        }
        let mut other_account = payout(9);
        other_account.end_to_end_id = end_to_end_id("inv-1");
        other_account.instruction.debtor_account_ref = "other".into();
        let mut view = store.load(Vec::new()).await.unwrap();
        assert_eq!(
            store.append(turn(&mut view, vec![recording(2, other_account)], vec![])).await,
            Appended::Done { seq: 2 }
        );
        let answered = |status| Fact::RequestAnswered {
            request: "k".into(),
            body: digest_of("b"),
            status,
            answer: digest_of("a"),
        };
        let mut view = store.load(vec![]).await.unwrap();
        let mut late = view.clone();
        let document = vec![NewDocument::of(b"a".to_vec())];
        assert_eq!(
            store.append(turn(&mut view, vec![answered(201)], document)).await,
            Appended::Done { seq: 3 }
        );
        assert_eq!(store.append(turn(&mut late, vec![answered(202)], vec![])).await, Appended::Conflict);
    })
    .await;
}

#[tokio::test]
async fn work_is_what_waits_and_is_due() {
    over_both(async |store| {
        let seen = journey(&store).await;
        let limits = WorkLimits { unbatched: 1, messages: 10, documents: 10 };
        let work = store.work(limits, at(-1)).await.unwrap();
        assert_eq!(work.unbatched.len(), 1);
        let waiting = &work.unbatched[0];
        assert_eq!((waiting.bank.as_str(), waiting.more), ("reference", true));
        assert_eq!(
            waiting.payouts,
            [seen.view.payouts[&5].clone()],
            "oldest first, none that is held or batched"
        );
        assert_eq!(waiting.oldest_at, seen.view.payouts[&5].recorded_at);
        assert!(work.sendable.is_empty(), "nothing is due before its time");
        assert_eq!(work.next_due, Some(at(0)));
        let work = store.work(WorkLimits::default(), at(100)).await.unwrap();
        assert_eq!(work.unbatched[0].payouts.iter().map(|row| row.key).collect::<Vec<_>>(), [5, 6]);
        assert_eq!(work.awaiting, [seen.view.messages[&1].clone()]);
        assert_eq!(work.sendable, [seen.view.messages[&2].clone()]);
        assert_eq!((work.open.len(), work.unknown.len(), work.next_due), (0, 0, None));
        assert_eq!(work.unread, [seen.view.documents[&2].clone()]);
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_open_then_unknown_then_due() {
    over_both(async |store| {
        journey(&store).await;
        let mut view = store.load(vec![Lookup::Message(2)]).await.unwrap();
        let epoch = store.next_epoch().await.unwrap();
        assert!(matches!(
            store.append(turn(&mut view, vec![started(2, 1, epoch)], vec![])).await,
            Appended::Done { .. }
        ));
        let work = store.work(WorkLimits::default(), at(1_000)).await.unwrap();
        assert_eq!(work.open.iter().map(|row| row.key).collect::<Vec<_>>(), [2]);
        assert!(work.sendable.is_empty());
        let mut view = store.load(vec![Lookup::Message(2)]).await.unwrap();
        store.append(turn(&mut view, vec![ended_unknown(2, 1, at(500))], vec![])).await;
        let work = store.work(WorkLimits::default(), at(499)).await.unwrap();
        assert_eq!((work.unknown.len(), work.open.len(), work.next_due), (0, 0, Some(at(500))));
        let work = store.work(WorkLimits::default(), at(500)).await.unwrap();
        assert_eq!(work.unknown[0].phase, SendPhase::Unknown);
        assert!(store.next_epoch().await.unwrap() > epoch);
    })
    .await;
}

#[tokio::test]
async fn everything_is_found_by_any_of_its_ids() {
    over_both(async |store| {
        let seen = journey(&store).await;
        let first = &seen.view.payouts[&1];
        let ids = [
            first.token.base32(),
            first.token.uetr(),
            "P-1".into(),
            "INV-1".into(),
            "inv-1".into(),
            "ASR-1".into(),
        ];
        for id in ids {
            let found = store.find(Some("acme"), &id).await.unwrap();
            assert_eq!(found.payouts.iter().map(|item| item.row.key).collect::<Vec<_>>(), [1], "{id}");
            assert_eq!(found.payouts[0].row, *first);
            assert_eq!(found.payouts[0].message_id.as_deref(), Some("MSG-1"));
            assert_eq!(found.payouts[0].payment_information_id.as_deref(), Some("BLK-1"));
            assert!(store.find(Some("other"), &id).await.unwrap().is_empty(), "{id} is not another tenant's");
            assert_eq!(store.find(None, &id).await.unwrap(), found);
        }
        assert_eq!(store.find(None, "MSG-1").await.unwrap().messages[0].key, 1);
        assert_eq!(store.find(Some("acme"), "RECEIPT-1").await.unwrap().messages[0].key, 1);
        assert_eq!(store.find(Some("acme"), "BLK-2").await.unwrap().blocks[0].key, 2);
        assert_eq!(store.find(None, "FEE-1").await.unwrap().entries[0].key, 1);
        assert!(store.find(Some("other"), "MSG-1").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn unknown_ids_lead_to_nothing() {
    over_both(async |store| {
        journey(&store).await;
        for number in 0..100 {
            let id = format!("NOBODY-{number}");
            assert!(store.find(None, &id).await.unwrap().is_empty());
            let strangers = strange_lookups(number);
            let view = store.load(strangers.clone()).await.unwrap();
            assert!(view.payouts.is_empty() && view.messages.is_empty() && view.blocks.is_empty());
            assert!(view.documents.is_empty() && view.entries.is_empty() && view.statements.is_empty());
            assert!(view.requests.is_empty() && view.cursors.is_empty());
            assert!(view.missing(strangers).is_empty(), "a lookup is answered, found or not");
        }
    })
    .await;
}

#[tokio::test]
async fn totals_are_all_that_was_accepted() {
    over_both(async |store| {
        let seen = journey(&store).await;
        let totals = store.totals(Some("acme")).await.unwrap();
        let mut expected: Vec<TotalsRow> = Vec::new();
        for row in seen.view.payouts.values() {
            TotalsRow::add(&mut expected, seen.view.state_of(row), &row.amount);
        }
        expected.sort_by_key(|row| (row.currency, row.state));
        assert_eq!(totals, expected);
        assert_eq!(totals.iter().map(|row| row.count).sum::<u64>(), 7);
        let accepted: i128 =
            (1..=7).map(|number| i128::from(payout(number).instruction.amount.minor())).sum();
        assert_eq!(totals.iter().map(|row| row.sum_minor).sum::<i128>(), accepted);
        assert!(store.totals(Some("other")).await.unwrap().is_empty());
    })
    .await;
}

/// Seven payouts of almost the largest amount there is: more than 64 bits of minor units.
#[tokio::test]
async fn sums_do_not_overflow() {
    over_both(async |store| {
        let mut view = store.load(Vec::new()).await.unwrap();
        let most = 999_999_999_999_999_999;
        let facts = (1..=20).map(|key| recording(key, priced(payout(key), most))).collect();
        store.append(turn(&mut view, facts, vec![])).await;
        let totals = store.totals(None).await.unwrap();
        assert_eq!(totals.iter().map(|row| row.sum_minor).sum::<i128>(), 20 * i128::from(most));
    })
    .await;
}

#[tokio::test]
async fn lists_are_filtered_and_turned_page_by_page() {
    over_both(async |store| {
        let seen = journey(&store).await;
        let keys = async |filter: Filter| -> Vec<i64> {
            let (mut keys, mut cursor) = (Vec::new(), None);
            loop {
                let page = store.list(filter.clone(), cursor, 2).await.unwrap();
                assert!(page.items.len() <= 2);
                keys.extend(page.items.iter().map(|item| item.row.key));
                assert!(page.items.iter().all(|item| item.state == seen.view.state_of(&item.row)));
                cursor = page.next;
                if cursor.is_none() {
                    return keys;
                }
            }
        };
        let any = Filter::default;
        assert_eq!(keys(any()).await, [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(keys(Filter { state: Some(State::Recorded), ..any() }).await, [6, 5]);
        assert_eq!(keys(Filter { state: Some(State::Held), ..any() }).await, [7]);
        assert_eq!(keys(Filter { state: Some(State::Returned), ..any() }).await, [1]);
        assert_eq!(keys(Filter { reason: Some("AC04".into()), ..any() }).await, [2, 1]);
        assert_eq!(keys(Filter { batch_id: Some("even".into()), ..any() }).await, [6, 4, 2]);
        assert_eq!(keys(Filter { external_id_prefix: Some("P-".into()), ..any() }).await.len(), 7);
        assert_eq!(keys(Filter { external_id_prefix: Some("-".into()), ..any() }).await, [] as [i64; 0]);
        assert_eq!(keys(Filter { currency: Some(Currency::GBP), ..any() }).await, [4]);
        assert_eq!(keys(Filter { tenant: Some("other".into()), ..any() }).await, [] as [i64; 0]);
        assert_eq!(
            keys(Filter { account_ref: Some("main".into()), bank: Some("reference".into()), ..any() })
                .await
                .len(),
            7
        );
        assert_eq!(keys(Filter { since: Some(at(1)), ..any() }).await, [] as [i64; 0]);
        assert_eq!(keys(Filter { date_from: date(24), ..any() }).await, [] as [i64; 0]);
        let members = store.members(Subject::Message(1), None, 2).await.unwrap();
        assert_eq!(members.items.iter().map(|item| item.row.key).collect::<Vec<_>>(), [1, 2]);
        let rest = store.members(Subject::Message(1), members.next, 2).await.unwrap();
        assert_eq!(
            (rest.items.iter().map(|item| item.row.key).collect::<Vec<_>>(), rest.next),
            (vec![3], None)
        );
        assert_eq!(store.members(Subject::Block(2), None, 9).await.unwrap().items.len(), 1);
        assert_eq!(store.blocks(1).await.unwrap().len(), 2);
        assert_eq!(store.exceptions(any(), None, 9).await.unwrap().items[0].row.code, "late_reject");
        let about = Filter { subject: Some(Subject::Payout(2)), tenant: Some("acme".into()), ..any() };
        assert_eq!(store.exceptions(about, None, 9).await.unwrap().items.len(), 1);
        let about = Filter { subject: Some(Subject::Payout(1)), ..any() };
        assert!(store.exceptions(about, None, 9).await.unwrap().items.is_empty());
        assert_eq!(
            store
                .entries(Filter { reason: Some("charge".into()), ..any() }, None, 9)
                .await
                .unwrap()
                .items
                .len(),
            1
        );
        assert_eq!(
            store
                .entries(Filter { tenant: Some("other".into()), ..any() }, None, 9)
                .await
                .unwrap()
                .items
                .len(),
            0
        );
        assert_eq!(
            store.statements(Filter { date_to: date(23), ..any() }, None, 9).await.unwrap().items.len(),
            1
        );
        assert_eq!(
            store.statements(Filter { date_to: date(22), ..any() }, None, 9).await.unwrap().items.len(),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn documents_are_kept_by_their_digest_small_and_large() {
    over_both(async |store| {
        for size in [0, 1, DOCUMENT_ROW_OCTETS_MAX, DOCUMENT_ROW_OCTETS_MAX + 1] {
            let document = NewDocument::of(vec![b'x'; size]);
            assert_eq!(store.document(document.digest()).await.unwrap(), None);
            store.put_document(document.clone()).await.unwrap();
            store.put_document(document.clone()).await.unwrap();
            assert_eq!(
                store.document(document.digest()).await.unwrap().as_deref(),
                Some(&**document.octets())
            );
        }
    })
    .await;
}

/// Ten thousand facts fill a section: each of them is proved by its root.
#[tokio::test]
async fn a_full_section_proves_its_facts() {
    over_both(async |store| {
        for part in 0..11 {
            let mut view = store.load(Vec::new()).await.unwrap();
            let facts =
                (0..1_000).map(|_| Fact::CollectedUpTo { bank: "b".into(), cursor: format!("{part}") });
            assert!(matches!(
                store.append(turn(&mut view, facts.collect(), vec![])).await,
                Appended::Done { .. }
            ));
        }
        assert_eq!(store.prove(10_001).await.unwrap(), None, "the section is not full");
        for seq in [1, 2, 4_097, 10_000] {
            let proof = store.prove(seq).await.unwrap().unwrap();
            let mut octets = Vec::new();
            let stored = store.facts_after(seq - 1, 1).await.unwrap();
            girogate::store::facts::encode(&stored[0].recorded, &mut octets);
            assert!(chain::check(&octets, &proof), "fact {seq}");
            octets[0] ^= 1;
            assert!(!chain::check(&octets, &proof));
        }
        assert!(store.audit().await.unwrap().passed());
    })
    .await;
}

#[tokio::test]
async fn injected_faults_leave_what_they_say() {
    let memory = MemoryStore::new();
    let store = Store::Memory(memory.clone());
    let record = async |key: i64| {
        let mut view = store.load(vec![Lookup::Payout(key)]).await.unwrap();
        assert!(!view.payouts.contains_key(&key));
        store.append(turn(&mut view, vec![recording(key, payout(key))], vec![])).await
    };
    memory.inject(Fault::Conflict);
    memory.inject(Fault::UnknownLost);
    assert_eq!(record(1).await, Appended::Conflict);
    assert!(matches!(record(1).await, Appended::Unknown { .. }));
    assert!(matches!(record(1).await, Appended::Unknown { .. }), "stopped until it is opened again");
    memory.reopen();
    memory.inject(Fault::UnknownApplied);
    assert!(matches!(record(1).await, Appended::Unknown { .. }));
    memory.reopen();
    assert_eq!(record(2).await, Appended::Done { seq: 2 });
}

/// The state as a function and as a view of SQL, over every status code, phase and booking.
#[tokio::test]
async fn the_view_and_the_function_say_the_same_state() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::Sqlite(open(folder.path()));
    let codes: Vec<Option<&str>> =
        STATUSES.iter().map(|status| Some(status.code)).chain([Some("XXXX"), None]).collect();
    let mut view = View::new(Counters::default());
    let blocks = block_variants(&mut view);
    let mut expected = Vec::new();
    for code in &codes {
        for twist in 0..5 {
            for block in &blocks {
                let key = view.counters.payout;
                let row = payout_variant(key, *code, twist, *block);
                let block = block.and_then(|key| view.blocks.get(&key));
                let message = block.and_then(|block| view.messages.get(&block.message));
                expected.push((key, effective(&row, block, message)));
                view.dirty.payouts.insert(key, 0);
                view.put_payout(row);
                view.counters.payout += 1;
            }
        }
    }
    let turn = Turn { facts: Vec::new(), view, documents: Vec::new() };
    assert_eq!(store.append(turn).await, Appended::Done { seq: 0 });
    let mut states = std::collections::BTreeSet::new();
    for (key, state) in &expected {
        states.insert(*state);
        let listed = store.payouts(vec![*key]).await.unwrap();
        assert_eq!(listed[0].state, *state, "payout {key}: {:?}", listed[0].row);
    }
    assert_eq!(states.len(), 12, "all states are met in {} combinations", expected.len());
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
    assert_eq!(SqliteStore::open(&places).unwrap_err().code(), "store.database");
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

/// The file is moved away while it is open: nothing more is acknowledged.
#[tokio::test]
async fn a_replaced_file_stops_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open(folder.path());
    let store = Store::Sqlite(sqlite.clone());
    journey(&store).await;
    let path = folder.path().join("store.sqlite3");
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
            .args(["--exact", "child_that_appends_until_it_is_killed", "--nocapture"])
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

/// Turns of a thousand payouts; `GIROGATE_MEASURE_TURNS` makes it a measurement.
#[tokio::test]
async fn a_thousand_payouts_are_one_turn() {
    let turns: i64 =
        std::env::var("GIROGATE_MEASURE_TURNS").ok().and_then(|turns| turns.parse().ok()).unwrap_or(2);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::Sqlite(open(folder.path()));
    let (mut appending, mut said) = (Duration::zero(), Duration::zero());
    for part in 0..turns {
        let mut view = store.load(Vec::new()).await.unwrap();
        let facts = (1..=1_000)
            .map(|number| recording(part * 1_000 + number, payout(part * 1_000 + number)))
            .collect();
        let recorded = turn(&mut view, facts, vec![]);
        appending +=
            timed(async || assert!(matches!(store.append(recorded).await, Appended::Done { .. }))).await;
        let keys: Vec<i64> = (1..=1_000).map(|number| part * 1_000 + number).collect();
        let lookups = keys.iter().map(|key| Lookup::Payout(*key)).collect();
        said += timed(async || {
            let mut view = store.load(lookups).await.unwrap();
            let facts = keys.iter().map(|key| status(*key, "ACSC")).collect();
            let statuses = turn(&mut view, facts, vec![]);
            assert!(matches!(store.append(statuses).await, Appended::Done { .. }));
        })
        .await;
    }
    let rate = |spent: Duration| turns * 1_000 * 1_000_000 / spent.num_microseconds().unwrap().max(1);
    eprintln!("recorded {}/s, statuses loaded, applied and appended {}/s", rate(appending), rate(said));
    assert_eq!(
        store.totals(None).await.unwrap().iter().map(|row| row.count).sum::<u64>() as i64,
        turns * 1_000
    );
    assert!(store.audit().await.unwrap().passed());
}
