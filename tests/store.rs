//! The contract of the store, the same for the database and for memory.

#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

mod store {
    mod chain;
    mod conservation;
    mod data_directory;
    mod facts;
    pub mod fixture;
    mod send_journal;
    mod torn;
}

use chrono::Duration;
use girogate::domain::currency::Currency;
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
use girogate::store::{Appended, Store, Turn, chain};
use std::path::Path;
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

/// A cancellation is work once sending has an outcome, and not again once its request exists.
#[tokio::test]
async fn a_cancellation_is_kept_with_its_request() {
    over_both(async |store| {
        journey(&store).await;
        let wanted =
            vec![1, 4].into_iter().map(|key| Fact::CancellationWanted { key, reason: "CUST".into() });
        let mut view = store.load(vec![Lookup::Payout(1), Lookup::Payout(4)]).await.unwrap();
        store.append(turn(&mut view, wanted.collect(), vec![])).await;
        let keys = async || {
            let work = store.work(WorkLimits::default(), at(0)).await.unwrap();
            work.cancellations.iter().map(|row| row.key).collect::<Vec<_>>()
        };
        assert_eq!(keys().await, [1], "the message of payout 4 was never sent");
        let mut view = store.load(vec![Lookup::Payout(1)]).await.unwrap();
        let key = view.counters.message;
        store.append(turn(&mut view, vec![cancellation_frozen(key, 1)], vec![])).await;
        assert_eq!(keys().await, Vec::<i64>::new());
        let again = store.load(vec![Lookup::Payout(1), Lookup::Message(key)]).await.unwrap();
        assert_eq!((&again.payouts[&1], &again.messages[&key]), (&view.payouts[&1], &view.messages[&key]));
        assert_eq!(again.messages[&key].about, Some(1));
        assert_eq!(again.payouts[&1].cancellation.as_ref().unwrap().request, Some(key));
        assert!(store.audit().await.unwrap().passed());
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
