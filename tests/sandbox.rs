//! The bank across the street, asked from outside: real TLS, real signatures, its own ledger on the disk.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use girogate::net::client::Outcome;
use girogate::sandbox::scenarios::{self, Needs, Scenario};
use hyper::Method;

#[path = "house/block.rs"]
mod block;
#[path = "sandbox/books.rs"]
mod books;
#[path = "sandbox/cancellations.rs"]
mod cancellations;
#[path = "sandbox/judged.rs"]
mod judged;
#[path = "sandbox/killed.rs"]
mod killed;
#[path = "sandbox/line.rs"]
mod line;
#[path = "sandbox/scripts.rs"]
mod scripts;
#[path = "sandbox/seen.rs"]
mod seen;
#[path = "sandbox/street.rs"]
mod street;
#[path = "sandbox/tempers.rs"]
mod tempers;
#[path = "sandbox/visits.rs"]
mod visits;
#[path = "sandbox/wrongs.rs"]
mod wrongs;

use judged::{all_valid, money_adds_up};
use seen::{Mine, Node, seen};
use street::{Bank, Bend, Block, Checked, GBP, Setup, Street, message, pay, until};

const QUICK: &str = "acceptance_ms = 1\nbooking_ms = 4\ncompletion_ms = 6\ninstant_ms = 2\nlate_ms = 30\nreturn_ms = 10\nnot_found_ms = 200\nrepeat_wait_ms = 60000\nrecall_days = 1\n";

async fn open(setup: Setup) -> (Street, Bank) {
    let mut street = Street::new(setup).await;
    let bank = street.open_bank().await;
    (street, bank)
}

fn quick() -> Setup {
    Setup { processing: QUICK, ..Setup::default() }
}

fn answer_word(answer: &Outcome, check: impl FnOnce() -> Checked) -> String {
    match answer {
        Outcome::Replied(_) => {
            let checked = check();
            assert!(checked.is_signed, "unsigned: {checked:?}");
            let code = match checked.header("content-type") {
                Some("application/problem+json") => format!(" {}", checked.json()["code"].as_str().unwrap()),
                _ => String::new(),
            };
            format!("answer {}{code}", checked.status)
        }
        Outcome::Broken { .. } => "answer cut".to_owned(),
        Outcome::NotSent { cause } => panic!("{cause}"),
    }
}

async fn hand_in(bank: &Bank, text: &str) -> String {
    let request = bank.client.request((Method::POST, "/v1/payments"), text.as_bytes(), Bend::Nothing);
    let outcome = bank.client.attempt(&request).await;
    answer_word(&outcome, || match outcome.clone() {
        Outcome::Replied(reply) => bank.client.check(&request, reply),
        _ => unreachable!("only called for replies"),
    })
}

/// What an inquiry about a message tells.
async fn told(bank: &Bank, message_id: &str) -> String {
    let answer = bank.client.call((Method::GET, &format!("/v1/payments/{message_id}")), b"").await;
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Sends what a scenario needs and returns the answers, with the message identification that counts.
async fn play(bank: &Bank, scenario: &Scenario, name: &str) -> (String, Vec<String>) {
    let block = Block {
        batch_booking: scenario.needs == Needs::BatchBooking,
        instant: scenario.needs == Needs::Instant,
        ..Block::of(vec![
            pay(&format!("{name}-MINE"), &format!("Payee SANDBOX {}", scenario.code), "12.50"),
            pay(&format!("{name}-PLAIN"), "Somebody Else", "7.25"),
        ])
    };
    let text = message(name, std::slice::from_ref(&block));
    let mut answers = vec![hand_in(bank, &text).await];
    match scenario.needs {
        Needs::SameAgain => answers.push(hand_in(bank, &text).await),
        Needs::CancelEarly | Needs::CancelLate => {
            if scenario.needs == Needs::CancelLate {
                until("the debit is told", async || told(bank, name).await.contains("ACSC")).await;
            }
            let asked = cancellations::request(&format!("CXL-{name}"), name, &format!("{name}-MINE"));
            let answer = bank.client.call((Method::POST, "/v1/cancellations"), asked.as_bytes()).await;
            answers.push(format!("cancellation {}", answer.status));
        }
        Needs::OtherMessageId => {
            let other = format!("{name}-O");
            return (other.clone(), vec![hand_in(bank, &message(&other, &[block])).await]);
        }
        _ => {}
    }
    (name.to_owned(), answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_scenario_shows_its_sequence() {
    let (street, bank) = open(quick()).await;
    let mut played = Vec::new();
    for scenario in scenarios::list() {
        let name = format!("M{}", scenario.code);
        let (message_id, answers) = play(&bank, scenario, &name).await;
        played.push((scenario, name, message_id, answers));
    }
    let first = bank.client.end_day().await;
    assert_eq!((&first["closed"], &first["next"]), (&"2026-11-23".into(), &"2026-11-24".into()));
    assert_eq!(first["statements"], 2);
    bank.client.end_day().await;
    let reports = bank.client.reports().await;
    for (scenario, name, message_id, mut sequence) in played {
        let end_to_end_id = format!("{name}-MINE");
        let mut mine = Mine {
            message_id: &message_id,
            block_id: format!("{message_id}-B0"),
            end_to_end_id: &end_to_end_id,
            transaction_id: None,
        };
        for (kind, octets) in &reports {
            // Two messages carry the payment of S7D; only the second one is held and looked at here.
            if scenario.needs != Needs::OtherMessageId || kind == "pain.002.001.10" {
                sequence.extend(seen(&mut mine, kind, octets));
            }
        }
        assert_eq!(sequence, scenario.sequence, "{}", scenario.code);
    }
    all_valid(&street, &reports);
    money_adds_up(&street, &bank.client, &reports).await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_straight_line_arrives_by_signed_callback() {
    let (street, bank) = open(Setup { callbacks: true, ..quick() }).await;
    let text = message("LINE", &[Block::of(vec![pay("A", "Anna", "10.00"), pay("B", "Bert", "0.01")])]);
    let receipt = bank.client.send(&text).await;
    assert_eq!((receipt.status, receipt.is_signed), (202, true));
    assert_eq!(receipt.json()["message_id"], "LINE");
    assert_eq!(receipt.json()["status"], "RCVD");
    until("three callbacks", async || street.mailbox().received.lock().unwrap().len() >= 3).await;
    let received = street.mailbox().received.lock().unwrap().clone();
    let mut mine =
        Mine { message_id: "LINE", block_id: "LINE-B0".to_owned(), end_to_end_id: "B", transaction_id: None };
    let kinds = ["pain.002.001.10", "camt.054.001.08", "pain.002.001.10"];
    let words: Vec<String> = received
        .iter()
        .zip(kinds)
        .flat_map(|(callback, kind)| seen(&mut mine, kind, &callback.body))
        .collect();
    assert_eq!(words, ["pain.002 group ACTC", "camt.054 debit", "pain.002 block ACSC"]);
    assert!(received.iter().all(|callback| callback.is_signed));
    assert_eq!(received.iter().map(|callback| &callback.event_id).collect::<BTreeSet<_>>().len(), 3);
    let listed: Vec<Vec<u8>> = bank.client.reports().await.into_iter().map(|(_, octets)| octets).collect();
    assert_eq!(listed, received.iter().map(|callback| callback.body.clone()).collect::<Vec<_>>());
    let found = bank.client.call((Method::GET, "/v1/payments/LINE"), b"").await;
    assert_eq!((found.status, found.is_signed), (200, true));
    assert_eq!(seen(&mut mine, "pain.002.001.10", &found.body), ["pain.002 block ACSC"]);
    let unknown = bank.client.call((Method::GET, "/v1/payments/NEVER"), b"").await;
    assert_eq!((unknown.status, unknown.is_signed), (404, true));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_callback_can_come_before_the_answer() {
    let (street, bank) = open(Setup { callbacks: true, ..quick() }).await;
    let text = message("EARLY", &[Block::of(vec![pay("A", "SANDBOX S15D", "10.00")])]);
    assert_eq!(bank.client.send(&text).await.status, 202);
    let first =
        street.mailbox().received.lock().unwrap().first().cloned().expect("it came before the answer");
    assert!(String::from_utf8(first.body).unwrap().contains("ACTC"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_not_signed_as_agreed_is_refused_with_a_signed_problem() {
    let (street, bank) = open(quick()).await;
    let text = message("BENT", &[Block::of(vec![pay("A", "Anna", "10.00")])]);
    let cases = [
        (Bend::Unsigned, "http_signature.missing"),
        (Bend::NoDigest, "http_signature.not_covered"),
        (Bend::DigestUncovered, "http_signature.not_covered"),
        (Bend::ChangedBody, "http_signature.digest_mismatch"),
        (Bend::ChangedSignature, "http_signature."),
        (Bend::Stale, "the date is more than 300 seconds from now"),
        (Bend::StaleDate, "the date is more than 300 seconds from now"),
        (Bend::NoNonce, "the signature has no nonce"),
    ];
    for (bend, expected) in cases {
        let refused = bank.client.call_bent((Method::POST, "/v1/payments"), text.as_bytes(), bend).await;
        assert_eq!((refused.status, refused.is_signed), (401, true), "{bend:?}");
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        assert_eq!(refused.json()["type"], "urn:girogate:bank:signature");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(expected), "{bend:?}: {detail}");
    }
    let twice = bank.client.request((Method::POST, "/v1/payments"), text.as_bytes(), Bend::Nothing);
    for expected in [202, 401] {
        let Outcome::Replied(reply) = bank.client.attempt(&twice).await else { panic!("no answer") };
        assert_eq!(reply.status, expected, "the same signature again is a replay");
    }
    let stranger = street.caller(&bank.client.base, &bank.url, "treasury-tls", "gateway-signing");
    let refused = stranger.send(&text).await;
    assert_eq!((refused.status, refused.is_signed), (401, true));
    assert_eq!(refused.json()["type"], "urn:girogate:bank:client");
    let wrong_key = street.caller(&bank.client.base, &bank.url, "gateway-tls", "treasury-tls");
    let refused = wrong_key.send(&text).await;
    assert_eq!(refused.status, 401);
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("http_signature.unknown_key"));
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_wrong_with_an_order_is_said_by_code() {
    let now = Setup { processing: "wrong_sums = \"now\"\n", ..Setup::default() };
    let (_street, bank) = open(now).await;
    let good = message("WRONG", &[Block::of(vec![pay("A", "Anna", "10.00")])]);
    let cases = [
        (good.replacen("<CtrlSum>10.00", "<CtrlSum>10.01", 1), 400, "AM10"),
        (good.replacen("<NbOfTxs>1", "<NbOfTxs>2", 1), 400, "AM19"),
        (
            good.replace("<CtrlSum>10.00</CtrlSum><PmtTpInf>", "<CtrlSum>9.99</CtrlSum><PmtTpInf>"),
            400,
            "AM17",
        ),
        (
            good.replace(
                "<NbOfTxs>1</NbOfTxs><CtrlSum>10.00</CtrlSum><PmtTpInf>",
                "<NbOfTxs>3</NbOfTxs><CtrlSum>10.00</CtrlSum><PmtTpInf>",
            ),
            400,
            "AM20",
        ),
        (good.replace("<PmtMtd>TRF</PmtMtd>", ""), 400, "FF01"),
        (good.replace("</Document>", ""), 400, "FF01"),
        (good.replace("DE89370400440532013000", "DE02120300000000202051"), 403, "AG01"),
    ];
    for (text, status, code) in cases {
        let refused = bank.client.send(&text).await;
        assert_eq!((refused.status, refused.is_signed), (status, true), "{code}");
        assert_eq!(refused.json()["code"], code);
        assert!(!String::from_utf8_lossy(&refused.body).contains("DE"), "no account numbers in problems");
    }
    let request =
        bank.client.call((Method::POST, "/v1/sandbox/behaviour"), b"version = 1\nnonsense = 2\n").await;
    assert_eq!(request.status, 400);
    assert!(request.json()["detail"].as_str().unwrap().starts_with("2:1:"));
    let defects = message(
        "DEFECT",
        &[
            Block { currency: "USD", ..Block::of(vec![pay("USD", "Anna", "10.00")]) },
            Block::of(vec![pay("OK", "Bert", "1.00")]),
        ],
    );
    assert_eq!(bank.client.send(&defects).await.status, 202);
    bank.client.end_day().await;
    let said = bank.client.reports().await;
    let mut mine = Mine {
        message_id: "DEFECT",
        block_id: "DEFECT-B0".to_owned(),
        end_to_end_id: "USD",
        transaction_id: None,
    };
    let words: Vec<String> = said.iter().flat_map(|(kind, octets)| seen(&mut mine, kind, octets)).collect();
    assert_eq!(words, ["pain.002 group ACTC", "pain.002 transaction RJCT AM03"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bank_that_was_down_goes_on_where_it_was() {
    let slow = "acceptance_ms = 1\nbooking_ms = 4\ncompletion_ms = 3600000\n";
    let mut street = Street::new(Setup { processing: slow, callbacks: true, ..Setup::default() }).await;
    street.mailbox().is_open.store(false, std::sync::atomic::Ordering::Release);
    let bank = street.open_bank().await;
    let text = message("DOWN", &[Block::of(vec![pay("A", "Anna", "10.00")])]);
    assert_eq!(bank.client.send(&text).await.status, 202);
    until("the notification", async || bank.client.reports().await.len() == 2).await;
    let before = (bank.client.reports().await, bank.client.ledger().await);
    bank.close().await;
    let journal = street.dir.path().join("bank/journal.ndjson");
    let whole = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, [whole.as_slice(), b"{\"is\":\"posting\",\"number\":99"].concat()).unwrap();
    street.mailbox().is_open.store(true, std::sync::atomic::Ordering::Release);
    let bank = street.open_bank().await;
    assert_eq!((bank.client.reports().await, bank.client.ledger().await), before);
    until("both callbacks", async || street.mailbox().received.lock().unwrap().len() == 2).await;
    let again = bank.client.send(&text).await;
    assert_eq!(again.status, 202, "the first answer again");
    bank.client.end_day().await;
    let kinds: Vec<String> = bank.client.reports().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        ["pain.002.001.10", "camt.054.001.08", "pain.002.001.10", "camt.053.001.08", "camt.053.001.08"]
    );
    assert_eq!(bank.client.ledger().await, before.1, "nothing is booked a second time");
    bank.close().await;
    let flipped = String::from_utf8(std::fs::read(&journal).unwrap()).unwrap().replacen("10.00", "90.00", 1);
    std::fs::write(&journal, flipped).unwrap();
    let path = street.dir.path().join("sandbox.toml");
    let config = girogate::sandbox::config::load(&path).unwrap();
    let refused =
        girogate::sandbox::books::Books::open(std::sync::Arc::new(config)).err().unwrap().to_string();
    assert!(refused.contains("the journal is damaged"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_for_a_later_day_waits_for_it() {
    let (_street, bank) = open(quick()).await;
    let later = Block { date: "2026-11-24", ..Block::of(vec![pay("LATER", "Anna", "10.00")]) };
    let pounds = Block { account: GBP, currency: "GBP", ..Block::of(vec![pay("NOW", "Bert", "5.00")]) };
    assert_eq!(bank.client.send(&message("DAYS", &[later, pounds])).await.status, 202);
    let paid = async || -> Vec<(String, String)> {
        let text = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
        let lines = bank.client.ledger().await;
        let paid = lines.iter().filter(|line| line["kind"] == "payment");
        paid.map(|line| (text(line, "end_to_end_id"), text(line, "date"))).collect()
    };
    let now = ("NOW".to_owned(), "2026-11-23".to_owned());
    until("the payment of the day", async || paid().await.len() == 1).await;
    assert_eq!(paid().await, std::slice::from_ref(&now));
    bank.client.end_day().await;
    until("the later payment", async || paid().await.len() == 2).await;
    assert_eq!(paid().await, [now, ("LATER".to_owned(), "2026-11-24".to_owned())]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_script_breaks_the_line_where_it_says() {
    let (street, bank) = open(Setup { callbacks: true, ..quick() }).await;
    let cases: [(&str, &str, usize); 8] = [
        ("cut_before", "answer cut", 0),
        ("cut_amid", "answer cut", 0),
        ("cut_after", "answer cut", 1),
        ("cut_reply", "answer cut", 1),
        ("empty_answer", "answer 200", 1),
        ("error_after", "answer 500", 1),
        ("redirect", "answer 307", 0),
        ("error_instead", "answer 503", 0),
    ];
    for (index, (fault, expected, debits)) in cases.into_iter().enumerate() {
        let script = format!(
            "version = 1\n[[rule]]\ndoes = \"{fault}\"\nstatus = {}\nretry_after_s = 7\n",
            &expected[7..].replace("cut", "500").replace("200", "500").replace("307", "500")
        );
        let told = bank.client.call((Method::POST, "/v1/sandbox/behaviour"), script.as_bytes()).await;
        assert_eq!(told.status, 200, "{told:?}");
        let text =
            message(&format!("CUT{index}"), &[Block::of(vec![pay(&format!("E{index}"), "Anna", "10.00")])]);
        let request = bank.client.request((Method::POST, "/v1/payments"), text.as_bytes(), Bend::Nothing);
        let word = match bank.client.attempt(&request).await {
            Outcome::Broken { .. } => "answer cut".to_owned(),
            Outcome::Replied(reply) => {
                let checked = bank.client.check(&request, reply);
                assert!(checked.is_signed);
                if checked.status == 503 {
                    assert_eq!(checked.header("retry-after"), Some("7"));
                }
                format!("answer {}", checked.status)
            }
            Outcome::NotSent { cause } => panic!("{cause}"),
        };
        assert_eq!(word, expected, "{fault}");
        let found = bank.client.call((Method::GET, &format!("/v1/payments/CUT{index}")), b"").await;
        assert_eq!(found.status, if debits == 1 { 200 } else { 404 }, "{fault}");
        assert_eq!(hand_in(&bank, &text).await, "answer 202", "{fault}: the second arrival is answered");
    }
    let script = "version = 1\n[[rule]]\ndoes = \"unsigned_answer\"\nattempts = 9\n[[rule]]\ndoes = \"lose_callback\"\nper_mille = 0\n[[rule]]\ndoes = \"duplicate_callback\"\n";
    bank.client.call((Method::POST, "/v1/sandbox/behaviour"), script.as_bytes()).await;
    let text = message("LAST", &[Block::of(vec![pay("Z", "Anna", "10.00")])]);
    let unsigned = bank.client.send(&text).await;
    assert_eq!((unsigned.status, unsigned.is_signed), (202, false));
    bank.client.end_day().await;
    let ledger = bank.client.ledger().await;
    assert_eq!(ledger.iter().filter(|line| line["kind"] == "payment").count(), 9, "each order was paid once");
    until("doubled callbacks", async || {
        let received = street.mailbox().received.lock().unwrap();
        let mut counts: HashMap<&str, u32> = HashMap::new();
        received.iter().for_each(|callback| *counts.entry(&callback.event_id).or_default() += 1);
        counts.values().filter(|count| **count == 2).count() == 3
    })
    .await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bad_day_preset_ends_with_every_payment_explained() {
    let behaviour = "version = 1\nseed = 11\npreset = \"faults\"\n";
    let (_street, bank) = open(Setup { behaviour, ..quick() }).await;
    let mut broken = 0;
    for index in 0..20 {
        let payments = (0..50).map(|payment| pay(&format!("F{index}-{payment}"), "Anna", "1.00")).collect();
        let text = message(&format!("FAULT{index}"), &[Block::of(payments)]);
        for _attempt in 0..3 {
            let request = bank.client.request((Method::POST, "/v1/payments"), text.as_bytes(), Bend::Nothing);
            match bank.client.attempt(&request).await {
                Outcome::Replied(reply) if reply.status == 202 => break,
                _ => broken += 1,
            }
        }
    }
    assert!((5..20).contains(&broken), "the script breaks about two thirds of the lines: {broken}");
    bank.client.end_day().await;
    let mut debits: HashMap<String, i32> = HashMap::new();
    let mut credits = 0;
    for line in bank.client.ledger().await.iter().filter(|line| line["end_to_end_id"].is_string()) {
        match line["kind"].as_str().unwrap() {
            "payment" => *debits.entry(line["end_to_end_id"].as_str().unwrap().to_owned()).or_default() += 1,
            "return" => credits += 1,
            other => panic!("{other}"),
        }
    }
    assert!(debits.values().all(|count| *count == 1), "nothing is debited twice");
    let mut rejected = BTreeSet::new();
    for index in 0..20 {
        let path = format!("/v1/payments/FAULT{index}");
        let mut found = Vec::new();
        until("an inquiry that finds something", async || {
            let answer = bank.client.call((Method::GET, &path), b"").await;
            found = answer.body.to_vec();
            answer.status == 200
        })
        .await;
        let said = Node::parse(&found);
        for transaction in said.all("TxInfAndSts") {
            if transaction.at("TxSts") == Some("RJCT") {
                rejected.insert(transaction.at("OrgnlEndToEndId").unwrap().to_owned());
            }
        }
    }
    assert_eq!(debits.len() + rejected.len(), 1000);
    assert!(rejected.iter().all(|rejected| !debits.contains_key(rejected)));
    assert!(!rejected.is_empty() && credits > 0, "{} rejected, {credits} returned", rejected.len());
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instant_status_of_the_other_bank_is_passed_on() {
    let processing = "relay_pacs_002 = true\nanswer = \"now\"\nin_process_level = \"block\"\ncompletion_level = \"transaction\"\n";
    let (street, bank) = open(Setup { processing, ..Setup::default() }).await;
    let instant = Block { instant: true, ..Block::of(vec![pay("FAST", "Anna", "10.00")]) };
    let text = message("NOW", &[instant, Block::of(vec![pay("SLOW", "Bert", "1.00")])]);
    let answer = bank.client.send(&text).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/xml")));
    assert_eq!(bank.client.send(&text).await.body, answer.body, "the first answer again");
    bank.client.end_day().await;
    let reports = bank.client.reports().await;
    let words = |end_to_end_id: &str, block: &str| {
        let mut mine =
            Mine { message_id: "NOW", block_id: format!("NOW-{block}"), end_to_end_id, transaction_id: None };
        let words: Vec<String> =
            reports.iter().flat_map(|(kind, octets)| seen(&mut mine, kind, octets)).collect();
        words
    };
    assert_eq!(
        words("FAST", "B0"),
        [
            "pain.002 group ACTC",
            "camt.054 debit",
            "pacs.002 transaction ACCC",
            "pain.002 transaction ACCC",
            "camt.053 debit"
        ]
    );
    assert_eq!(
        words("SLOW", "B1"),
        [
            "pain.002 group ACTC",
            "pain.002 block ACSP",
            "camt.054 debit",
            "pain.002 transaction ACSC",
            "camt.053 debit"
        ]
    );
    all_valid(&street, &reports);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_script_makes_the_bank_lie() {
    let behaviour = r#"version = 1
[[rule]]
does = "wrong_sums"
only = ["SUMS"]
[[rule]]
does = "silent"
only = ["SILENT"]
[[rule]]
does = "other_content"
only = ["OTHER"]
[[rule]]
does = "ignore_duplicates"
only = ["AGAIN"]
[[rule]]
does = "unsigned_callback"
only = ["LOUD/0/0"]
[[rule]]
does = "lose_callback"
only = ["LOUD/2/0"]
"#;
    let (street, bank) = open(Setup { behaviour, callbacks: true, ..quick() }).await;
    for name in ["SUMS", "SILENT", "OTHER", "AGAIN", "AGAIN", "LOUD"] {
        let text = message(name, &[Block::of(vec![pay(&format!("E-{name}"), "Anna", "10.00")])]);
        assert_eq!(bank.client.send(&text).await.status, 202);
    }
    bank.client.end_day().await;
    let reports = bank.client.reports().await;
    let of = |name: &str, kind: &str| -> Vec<Node> {
        let is_about = |octets: &[u8]| String::from_utf8_lossy(octets).contains(&format!(">{name}<"));
        let found = reports.iter().filter(|(found, octets)| found.starts_with(kind) && is_about(octets));
        found.map(|(_, octets)| Node::parse(octets)).collect()
    };
    let wrong = of("SUMS", "camt.054");
    let entry = wrong[0].first("Ntry").unwrap();
    assert_eq!((entry.at("Amt"), entry.at("NtryDtls/TxDtls/Amt")), (Some("10.01"), Some("10.00")));
    assert_eq!((of("SILENT", "pain.002").len(), of("SILENT", "camt.054").len()), (0, 1));
    let ids: Vec<String> = of("OTHER", "pain.002")
        .iter()
        .map(|report| report.first("GrpHdr").unwrap().at("MsgId").unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 2, "one identification, two contents");
    assert_eq!(of("AGAIN", "camt.054").len(), 2, "executed twice");
    let loud = of("LOUD", "pain.002").len() + of("LOUD", "camt.054").len();
    until("all callbacks but the lost one", async || {
        street.mailbox().received.lock().unwrap().len() == reports.len() - 1
    })
    .await;
    let received = street.mailbox().received.lock().unwrap().clone();
    assert_eq!(received.iter().filter(|callback| !callback.is_signed).count(), 1);
    let about_loud = |body: &[u8]| String::from_utf8_lossy(body).contains(">LOUD<");
    let arrived = received.iter().filter(|callback| about_loud(&callback.body)).count();
    assert_eq!((loud, arrived), (3, 2 + 1), "the statement names it too, the notification got lost");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_body_beyond_the_limit_is_refused() {
    let (_street, bank) = open(Setup { processing: "order_octets_max = 500\n", ..Setup::default() }).await;
    let refused = bank.client.send(&message("LARGE", &[Block::of(vec![pay("A", "Anna", "1.00")])])).await;
    assert_eq!((refused.status, refused.is_signed), (413, true));
    bank.close().await;
}

#[test]
fn the_paper_lists_the_scenarios_as_they_are() {
    let mut table = "| code | scenario | reaches | needs | sequence | ends in | for a person |\n|---|---|---|---|---|---|---|\n".to_owned();
    for scenario in scenarios::list() {
        let reach = format!("{:?}", scenario.scope).to_lowercase();
        let needs = match scenario.needs {
            Needs::Nothing => "",
            Needs::BatchBooking => "`BtchBookg` true",
            Needs::Instant => "an instant rail",
            Needs::SameAgain => "the same octets again",
            Needs::OtherMessageId => "the same payments under another message identification",
            Needs::CancelEarly => "a camt.055 before execution",
            Needs::CancelLate => "a camt.055 after the debit",
        };
        let (code, name, sequence) = (scenario.code, scenario.name, scenario.sequence.join(" · "));
        let (end, exception) = (scenario.end_state, scenario.exception);
        table += &format!("| `{code}` | {name} | {reach} | {needs} | {sequence} | {end} | {exception} |\n");
    }
    block::check(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sandbox.md")), "scenarios", &table);
}

#[test]
fn the_example_configuration_is_one() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sandbox/sandbox.toml"));
    let config = girogate::sandbox::config::load(path).unwrap();
    assert_eq!(config.bank.data_dir, path.with_file_name("bank"));
    assert_eq!((config.processing.return_days, config.callbacks.attempts_max), (2, 10));
    let behaviour = girogate::sandbox::behaviour::Behaviour::parse(&config.behaviour_text).unwrap();
    assert!(behaviour.answer_fault("", "MSG1", 2).is_some());
}
