//! The journal as an outsider judges by it: every request as it arrived, whatever was done to it, and every callback.

use std::collections::BTreeMap;

use girogate::net::client::Outcome;
use hyper::Method;

use crate::open;
use crate::street::{Bend, Block, Setup, Street, message, pay, until};

/// The journal's lines of a kind.
pub fn lines(street: &Street, kind: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(street.dir.path().join("bank/journal.ndjson")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.filter(|line| line["is"] == kind).collect()
}

fn sha256(octets: &[u8]) -> String {
    girogate::signing::key::hex(ring::digest::digest(&ring::digest::SHA256, octets).as_ref())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_is_in_the_book_as_it_arrived() {
    let behaviour = r#"version = 1
[[rule]]
does = "cut_after"
only = ["CUT"]
[[rule]]
does = "error_instead"
only = ["ERR"]
status = 503
"#;
    let (street, bank) = open(Setup { behaviour, callbacks: true, ..Setup::default() }).await;
    let text = |name: &str| message(name, &[Block::of(vec![pay(name, "Anna", "10.00")])]);
    let texts = ["CUT", "CUT", "ERR", "GOOD", "GOOD", "BENT"].map(text);
    let bends = [Bend::Nothing; 5].into_iter().chain([Bend::Unsigned]);
    let mut seen = Vec::new();
    for (text, bend) in texts.iter().zip(bends) {
        let request = bank.client.request((Method::POST, "/v1/payments"), text.as_bytes(), bend);
        seen.push(match bank.client.attempt(&request).await {
            Outcome::Replied(reply) => Some(u64::from(reply.status)),
            _ => None,
        });
    }
    assert_eq!(seen, [None, Some(202), Some(503), Some(202), Some(202), Some(401)]);
    bank.client.call((Method::GET, "/v1/payments/NEVER"), b"").await;
    let stranger = street.caller(&bank.client.base, &bank.url, "treasury-tls", "gateway-signing");
    assert_eq!(stranger.send(&texts[0]).await.status, 401);
    until("the callbacks", async || street.mailbox().received.lock().unwrap().len() >= 6).await;
    bank.close().await;

    let requests = lines(&street, "request");
    let endings: BTreeMap<u64, serde_json::Value> = lines(&street, "answered")
        .into_iter()
        .map(|line| (line["request"].as_u64().unwrap(), line))
        .collect();
    let numbers: Vec<u64> = requests.iter().map(|line| line["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    for (index, line) in requests.iter().take(6).enumerate() {
        assert_eq!((&line["method"], &line["path"]), (&"POST".into(), &"/v1/payments".into()));
        assert_eq!((&line["client"], &line["whole"]), (&"treasury".into(), &true.into()));
        let octets = texts[index].as_bytes();
        assert_eq!(
            (line["octets"].as_u64(), &line["sha256"]),
            (Some(octets.len() as u64), &sha256(octets).into())
        );
        let kept = street.dir.path().join(format!("bank/orders/{}.xml", sha256(octets)));
        assert_eq!(std::fs::read(kept).unwrap(), octets, "refused or not, the octets are kept");
        let key =
            line["head"].as_array().unwrap().iter().find(|field| field[0] == "idempotency-key").unwrap();
        assert_eq!(key[1], format!("\"{}\"", &sha256(octets)[..36]));
        assert_eq!(endings[&numbers[index]]["status"].as_u64(), seen[index], "{line}");
    }
    assert_eq!((&endings[&1]["fault"], endings[&1]["order"].as_u64()), (&"cut_after".into(), Some(1)));
    assert_eq!((&endings[&3]["fault"], endings[&3]["order"].as_u64()), (&"error_instead".into(), None));
    assert_eq!((&endings[&5]["fault"], endings[&5]["order"].as_u64()), (&serde_json::Value::Null, None));
    assert_eq!(
        (&requests[6]["path"], endings[&7]["status"].as_u64()),
        (&"/v1/payments/NEVER".into(), Some(404))
    );
    assert_eq!(
        (&requests[7]["client"], endings[&8]["status"].as_u64()),
        (&serde_json::Value::Null, Some(401))
    );
    callbacks_are_in_the_book(&street);
}

fn callbacks_are_in_the_book(street: &Street) {
    let callbacks = lines(street, "callback");
    let received = street.mailbox().received.lock().unwrap().clone();
    assert_eq!(callbacks.len(), received.len());
    for (line, received) in callbacks.iter().zip(&received) {
        assert_eq!(
            (&line["event"], &line["sha256"]),
            (&received.event_id.as_str().into(), &sha256(&received.body).into())
        );
        assert_eq!(line["answered"].as_u64(), Some(204));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_that_was_cut_off_is_in_the_book() {
    let behaviour = "version = 1\n[[rule]]\ndoes = \"cut_before\"\n";
    let (mut street, bank) = open(Setup { behaviour, ..Setup::default() }).await;
    let text = message("CUT", &[Block::of(vec![pay("A", "Anna", "10.00")])]);
    let request = bank.client.request((Method::POST, "/v1/payments"), text.as_bytes(), Bend::Nothing);
    assert!(matches!(bank.client.attempt(&request).await, Outcome::Broken { .. }));
    bank.close().await;
    let bank = street.open_bank().await;
    assert_eq!(bank.client.call((Method::GET, "/v1/payments/CUT"), b"").await.status, 404);
    bank.close().await;
    let requests = lines(&street, "request");
    assert_eq!(requests.iter().map(|line| line["number"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((&requests[0]["whole"], &requests[0]["octets"]), (&false.into(), &0.into()));
    assert_eq!(lines(&street, "answered")[0]["fault"], "cut_before");
    assert_eq!(lines(&street, "answered")[0]["status"], serde_json::Value::Null);
}
