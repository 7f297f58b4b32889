//! Hostile requests against the running gateway. Each case of `fixtures/hostile/http.ndjson` is sent octet by octet, and after
//! it on the same connection a harmless question, so that it shows how many requests the gateway saw.

use super::gateway::{Answer, Gateway, TREASURY, get, instruction};
use super::raw::{Hangs, PATIENCE, answers, connect, octets, talk};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const AFTERWARDS: &str = "GET /v1/totals HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n";

pub fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let cases: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: BTreeSet<&str> = cases.iter().map(|case| case["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), cases.len(), "each case has its own name");
    cases
}

/// The external ids of all payouts.
pub async fn recorded(gateway: &Gateway) -> BTreeSet<String> {
    let listed: Answer = gateway.get("/v1/payouts?limit=1000").await;
    let items = listed.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["external_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_request_is_refused_in_words_or_by_an_orderly_end() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let (mut wrong, mut paid) = (Vec::new(), BTreeSet::new());
    let cases = cases("http.ndjson");
    for (number, case) in (1..).zip(&cases) {
        let mut sent = octets(&case["send"], number);
        let hangs = if case["cut"] == true { Hangs::Up } else { Hangs::On };
        if hangs == Hangs::On {
            sent.extend(AFTERWARDS.as_bytes());
        }
        let began = Instant::now();
        let mut stream = connect(&gateway).await;
        let heard = answers(&talk(&mut stream, &sent, hangs).await);
        assert!(heard.iter().all(|answer| !answer.starts_with('5')), "{case}: {heard:?}");
        if heard.iter().any(|answer| answer == "201") {
            paid.insert(format!("creator-{number}"));
        }
        let heard = heard.join(", ");
        // A server that closes upon octets that it will not read resets the line, and the answer may be lost with it.
        let may_lose = hangs == Hangs::Up || sent.len() > 16_384;
        let expected = case["expect"].as_str().unwrap();
        if expected != heard && !(may_lose && expected.starts_with(&heard)) {
            wrong.push(format!("{}\t{heard}", case["name"].as_str().unwrap()));
        }
        assert!(began.elapsed() < PATIENCE, "{case}");
    }
    assert!(wrong.is_empty(), "{} of {} otherwise:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 250, "{}", cases.len());
    // Only what was answered with 201 is there, and those are the forms that the standards allow.
    assert_eq!(recorded(&gateway).await, paid);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_endless_callers_do_not_keep_others_waiting() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let mut waiting = Vec::new();
    for number in 0..200 {
        let mut stream = connect(&gateway).await;
        let begun: &[u8] = match number % 4 {
            0 => b"",
            1 => b"GET /v1/totals HTTP/1.1\r\nHost: a\r\nX: ",
            2 => b"POST /v1/payouts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
            _ => b"POST /v1/payouts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n",
        };
        stream.write_all(begun).await.unwrap();
        stream.flush().await.unwrap();
        waiting.push(stream);
    }
    let began = Instant::now();
    assert_eq!(gateway.get("/v1/totals").await.status, 200);
    assert_eq!(gateway.post("/v1/payouts", &instruction(1)).await.status, 201);
    assert!(began.elapsed() < PATIENCE);
    drop(waiting);
    assert_eq!(recorded(&gateway).await.len(), 1, "what broke off made nothing");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_is_cut_at_the_bound() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let stream = connect(&gateway).await;
    let (mut reading, mut writing) = tokio::io::split(stream);
    let sending = tokio::spawn(async move {
        let head = "POST /v1/payouts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut sent = writing.write_all(head.as_bytes()).await.map(|()| 0_usize).unwrap();
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(65_536));
        while sent < 64 << 20 && writing.write_all(chunk.as_bytes()).await.is_ok() {
            sent += chunk.len();
        }
        sent
    });
    let mut heard = Vec::new();
    drop(tokio::time::timeout(PATIENCE, reading.read_to_end(&mut heard)).await.unwrap());
    let sent = tokio::time::timeout(PATIENCE, sending).await.unwrap().unwrap();
    assert!(sent < 32 << 20, "{sent} octets were taken");
    // The answer may be lost to the reset that follows it.
    let heard = answers(&heard);
    assert!(heard.is_empty() || heard == ["413 body.too_large"], "{heard:?}");
    assert_eq!(gateway.call("treasury-tls", get("/v1/payouts")).await.json()["items"], serde_json::json!([]));
    gateway.stop().await;
}
