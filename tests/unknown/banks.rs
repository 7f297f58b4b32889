//! Every kind of duplicate check × where the line is cut, with a real gateway against the real sandbox bank: at most one
//! debit for each payout, and nobody has to decide where the bank can be asked and its word counts. What happened is told
//! from the facts and stands in `docs/unknown.md` (`UPDATE_FIXTURES=1` writes it).

use super::block;
use super::exchange::{Street, pause, payout};
use super::papers::debits;
use girogate::bank::profile::REFERENCE_PROFILE;
use girogate::domain::fact::{AttemptEnd, Fact, InquiryEnd};
use girogate::domain::lifecycle::State;
use girogate::domain::row::Subject;
use girogate::engine::intake::ids::IdKey;
use girogate::faces::conform::control;
use girogate::faces::serve::id_key_octets;
use girogate::store::listing::PayoutListed;
use girogate::store::sqlite::{Places, SqliteStore};
use girogate::store::{Store, Stored};
use hyper::Method;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// What the bank's check remembers (`processing.duplicate` of the sandbox), what the profile says of it, and in words.
struct Check {
    temper: &'static str,
    profile: &'static [(&'static str, &'static str)],
    words: &'static str,
}

const SAFE: &[(&str, &str)] = &[];
const BY_END_TO_END: &[(&str, &str)] =
    &[("duplicate_check = \"message_id\"", "duplicate_check = \"end_to_end_id\"")];
const BY_KEY: &[(&str, &str)] =
    &[("duplicate_check = \"message_id\"", "duplicate_check = \"idempotency_key\"")];
const PROMISED: &[(&str, &str)] = &[
    ("duplicate_check = \"message_id\"", "duplicate_check = \"none\""),
    ("duplicate_covers_errors = true", "not_found_is_proof = true"),
];
const BLIND: &[(&str, &str)] = &[
    ("duplicate_check = \"message_id\"", "duplicate_check = \"body_blind_cache\""),
    ("duplicate_covers_errors = true", "not_found_is_proof = true"),
];
const NOTHING: &[(&str, &str)] = &[
    ("duplicate_check = \"message_id\"", "duplicate_check = \"none\""),
    ("duplicate_covers_errors = true", ""),
    ("attempts_max = 2", "attempts_max = 1"),
];

const CHECKS: &[Check] = &[
    Check { temper: "reject", profile: SAFE, words: "message id; a repetition is refused (409)" },
    Check { temper: "replay", profile: SAFE, words: "message id; a repetition gets the first answer" },
    Check {
        temper: "report",
        profile: SAFE,
        words: "message id; a repetition is refused by a report (AM05)",
    },
    Check {
        temper: "end_to_end_id",
        profile: BY_END_TO_END,
        words: "end-to-end ids; refused by a report (DU04)",
    },
    Check { temper: "idempotency_key", profile: BY_KEY, words: "key in a header; gets the first answer" },
    Check {
        temper: "body_blind",
        profile: BLIND,
        words: "body-blind cache; \"not found\" is promised to be true",
    },
    Check {
        temper: "content",
        profile: PROMISED,
        words: "the payments themselves; \"not found\" is promised to be true",
    },
    Check {
        temper: "execute",
        profile: PROMISED,
        words: "nothing it acts on; \"not found\" is promised to be true",
    },
    Check { temper: "none", profile: PROMISED, words: "nothing; \"not found\" is promised to be true" },
    Check { temper: "none", profile: NOTHING, words: "nothing; \"not found\" proves nothing" },
];

/// Where the line is cut: what the bank's script does, and in words.
const CUTS: &[(&str, &[&str], &str)] = &[
    ("before", &["cut_before"], "before the body"),
    ("amid", &["cut_amid"], "amid the body"),
    ("after", &["cut_after"], "after processing"),
    ("error", &["error_after"], "processed, answered 500"),
    ("late", &["cut_after", "silent", "not_found"], "after processing; inquiries find nothing for long"),
];

/// How long the late bank finds nothing: longer than its stated wait.
const LATE_MS: u64 = 6_500;
/// Longest wait for the ends of one bank.
const PATIENCE: Duration = Duration::from_secs(90);

impl Check {
    fn is_promised(&self) -> bool {
        self.profile.iter().any(|(_, to)| to.contains("not_found_is_proof"))
    }

    /// The bank's promise that "not found" is true excludes the late bank.
    fn cuts(&self) -> impl Iterator<Item = &'static (&'static str, &'static [&'static str], &'static str)> {
        let promised = self.is_promised();
        CUTS.iter().filter(move |(name, ..)| !(promised && *name == "late"))
    }

    fn needs_people(&self, cut: &str) -> bool {
        self.profile == NOTHING && matches!(cut, "before" | "amid")
    }

    fn profile(&self, street: &Path) -> &'static str {
        let quick = [
            ("interval_ms = 2000", "interval_ms = 200"),
            ("inquiry_waits_ms = [1000, 2000, 4000]", "inquiry_waits_ms = [300, 600, 600]"),
            ("not_found_wait_ms = 5000", "not_found_wait_ms = 1500"),
            ("escalate_after_ms = 900000", "escalate_after_ms = 4000"),
        ];
        let text = quick.iter().chain(self.profile).fold(REFERENCE_PROFILE.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        // Only the bank of which nothing is to be learnt has people asked within the test.
        let text = if self.profile == NOTHING {
            text
        } else {
            text.replacen("escalate_after_ms = 4000", "escalate_after_ms = 600000", 1)
        };
        std::fs::write(street.join("check.toml"), text).unwrap();
        "check.toml"
    }
}

fn script(key: &IdKey, check: &Check) -> String {
    let mut script = "version = 1\nseed = 1\n".to_owned();
    for (name, faults, _) in check.cuts() {
        let message_id = key.message_id(&[key.payout_token("fixture", &format!("T-{name}"))]);
        for fault in *faults {
            script.push_str(&format!(
                "[[rule]]\ndoes = \"{fault}\"\nonly = [\"{message_id}\"]\ndelay_ms = {LATE_MS}\nattempts = 1\n"
            ));
        }
    }
    script
}

fn store_of(street: &Street) -> Store {
    Store::Sqlite(SqliteStore::open_read_only(&Places::within(&street.dir.path().join("gateway"))).unwrap())
}

async fn listed(store: &Store) -> Vec<PayoutListed> {
    let mut items = store.list(Default::default(), None, 100).await.unwrap().items;
    items.reverse();
    items
}

/// What the facts of a message say, each thing once, in the order in which it first happened.
fn told(history: &[Stored]) -> (Vec<&'static str>, usize) {
    let (mut said, mut attempts) = (Vec::new(), 0);
    for stored in history {
        let words = match &stored.recorded.fact {
            Fact::StepStarted { resend, .. } => {
                attempts += 1;
                if *resend { "the same octets sent again" } else { "sent" }
            }
            Fact::StepEnded { end: AttemptEnd::Unknown { .. }, .. } => "outcome unknown",
            Fact::StepEnded { end: AttemptEnd::Received { .. }, .. }
            | Fact::UnknownResolved { .. }
            | Fact::InquiryEnded { end: InquiryEnd::Found, .. } => "the bank has it",
            Fact::InquiryEnded { end: InquiryEnd::NotFound, .. } => "asked: not found",
            Fact::DuplicateSeen { .. } => "called a duplicate",
            Fact::UnknownEscalated { .. } => "people asked",
            _ => continue,
        };
        if !said.contains(&words) {
            said.push(words);
        }
    }
    (said, attempts)
}

/// One bank, all cuts at once; the rows of its table.
async fn rows_of(check: &'static Check) -> Vec<String> {
    let processing = format!("duplicate = \"{}\"\nbooking_ms = 7000\ncompletion_ms = 7200\n", check.temper);
    let street = Street::open(&processing).await;
    let gateway = street.gateway(check.profile(street.dir.path()), None).await;
    let key = IdKey::new(&id_key_octets(&street.dir.path().join("id.key")).unwrap());
    assert_eq!(control::behave(&gateway.links["bank"], &script(&key, check)).await, Ok(200));
    let store = store_of(&street);
    for (number, (name, ..)) in check.cuts().enumerate() {
        let amount = format!("{}.00", number + 10);
        gateway.submit(&[payout(&format!("T-{name}"), &format!("Anna {name}"), &amount, &json!({}))]).await;
        // Each goes into a message of its own, whose id the script knows.
        while listed(&store).await.iter().any(|item| item.row.block.is_none()) {
            pause(50).await;
        }
    }
    let began = Instant::now();
    let ended = |item: &PayoutListed| {
        let cut = item.row.external_id.trim_start_matches("T-");
        item.state == if check.needs_people(cut) { State::Held } else { State::Booked }
    };
    while !listed(&store).await.iter().all(ended) {
        let states: Vec<(String, State)> =
            listed(&store).await.into_iter().map(|item| (item.row.external_id, item.state)).collect();
        assert!(began.elapsed() < PATIENCE, "{}: {states:?}", check.words);
        pause(100).await;
    }
    let mut rows = Vec::new();
    for (item, (name, _, cut)) in listed(&store).await.iter().zip(check.cuts()) {
        let message_id = item.message_id.clone().unwrap();
        let message = store.find(None, &message_id).await.unwrap().messages.remove(0);
        let (said, attempts) = told(&store.history(Subject::Message(message.key)).await.unwrap());
        let debits = debits(&street.dir.path().join("bank/journal.ndjson"));
        let debited =
            debits.iter().find(|(id, _)| *id == item.row.end_to_end_id).map_or(0, |(_, count)| *count);
        assert!(debited <= 1, "{} × {name}: debited {debited} times", check.words);
        assert_eq!(debited, u64::from(item.state == State::Booked), "{} × {name}", check.words);
        assert!(said.contains(&"outcome unknown"), "{} × {name}: the line was not cut", check.words);
        if check.profile != NOTHING {
            assert!(
                !said.contains(&"people asked"),
                "{} × {name}: it can be asked and its word counts",
                check.words
            );
        }
        let (state, said) = (item.state.name(), said.join(" → "));
        rows.push(format!("| {} | {cut} | {said} | {state} | {attempts} | {debited} |\n", check.words));
    }
    gateway.close().await;
    street.close().await;
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_duplicate_check_and_each_cut_ends_with_at_most_one_debit() {
    let runs: Vec<_> = CHECKS.iter().map(|check| tokio::spawn(rows_of(check))).collect();
    let head = "| the bank remembers | the line is cut | what the gateway did | end | sent | debited |\n|---|---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for run in runs {
        table.extend(run.await.unwrap());
    }
    eprintln!("{table}");
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/unknown.md");
    block::check(&document, "banks", &table);
}

/// A bank of which nothing is to be learnt, a line cut before the body, and two people at the API.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_decide_over_the_api_and_the_payout_is_paid_once() {
    let check = CHECKS.last().unwrap();
    let street = Street::open("duplicate = \"none\"\n").await;
    let gateway = street.gateway(check.profile(street.dir.path()), None).await;
    let key = IdKey::new(&id_key_octets(&street.dir.path().join("id.key")).unwrap());
    assert_eq!(control::behave(&gateway.links["bank"], &script(&key, check)).await, Ok(200));
    gateway.submit(&[payout("T-before", "Anna before", "10.00", &json!({}))]).await;
    gateway.until("T-before", "Held", PATIENCE).await.unwrap();
    let (status, list) = gateway.call(Method::GET, "/v1/unknown", None).await;
    let item = &list["items"][0];
    assert_eq!(
        (status, list["items"].as_array().unwrap().len(), &item["waits_for"]),
        (200, 1, &json!("people"))
    );
    assert_eq!(item["escalated"]["reason"], "not_found");
    assert_eq!(item["not_sent_again_because"], "the profile does not permit it");
    let path = format!("/v1/unknown/{}", item["message_id"].as_str().unwrap());
    let (_, shown) = gateway.call(Method::GET, &path, None).await;
    assert_eq!(shown["payouts"][0]["external_id"], "T-before");
    assert!(shown["timeline"].as_array().unwrap().iter().any(|line| line["event"] == "inquired"), "{shown}");
    let decision = format!("{path}/decision");
    let says = json!({ "treat_as": "not-sent", "reason": "the bank's desk has nothing" });
    let without = json!({ "treat_as": "not-sent", "reason": " " });
    assert_eq!(gateway.call(Method::POST, &decision, Some(&without)).await.0, 422, "a reason is needed");
    let (status, answer) = gateway.call(Method::POST, &decision, Some(&says)).await;
    assert_eq!((status, &answer["result"]), (202, &json!("proposed")));
    let (status, answer) = gateway.call(Method::POST, &decision, Some(&says)).await;
    assert_eq!((status, &answer["result"]), (409, &json!("same_person")));
    assert_eq!(
        gateway.call_of_second(Method::GET, &path, None).await.0,
        403,
        "the role is for deciding only"
    );
    let (status, answer) = gateway.call_of_second(Method::POST, &decision, Some(&says)).await;
    assert_eq!((status, &answer["result"]), (200, &json!("confirmed")), "{answer}");
    assert_eq!(answer["reissued"][0]["external_id"], "T-before:2");
    gateway.until("T-before:2", "Booked", PATIENCE).await.unwrap();
    for (id, state, by) in [("T-before", "Cancelled", "decision"), ("T-before:2", "Booked", "booking")] {
        let (_, found) = gateway.call(Method::GET, &format!("/v1/payouts/{id}"), None).await;
        let payout = &found["payouts"][0];
        assert_eq!((&payout["state"], &payout["by"]), (&json!(state), &json!(by)), "{id}");
    }
    let debits = debits(&street.dir.path().join("bank/journal.ndjson"));
    assert_eq!(debits.iter().map(|(_, count)| count).sum::<u64>(), 1, "{debits:?}");
    gateway.close().await;
    street.close().await;
}
