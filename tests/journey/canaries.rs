//! Quiet logs: unmistakable names, accounts and secrets go in by every door, good and refused, through deaths and wrong
//! configurations; none of them stands in a log, an error, a figure, or the name or content of a file outside the evidence.
//! The canaries are the lines of `fixtures/hostile/canaries.txt`; `tests/oracle/scan_canaries.py` finds the same ones in
//! whatever another run has left behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use girogate::domain::lifecycle::State;
use girogate::net::client::{Client, Limits, Outcome, Request, Timeouts};
use girogate::net::tls::{TlsFiles, client_config};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::process::{Line, PROGRAM, payouts_of, until};

const CANARIES: &str = include_str!("../../fixtures/hostile/canaries.txt");
const IBAN: &str = "DE23999999997777000123";
const TIMEOUTS: Timeouts =
    Timeouts { connect_ms: 10_000, handshake_ms: 30_000, first_byte_ms: 60_000, total_ms: 120_000 };
const LIMITS: Limits =
    Limits { reply_octets_max: 16_000_000, idle_connections_max: 8, keep_alive_ms: 20_000 };

/// Canaries in some text.
fn in_text(text: &[u8]) -> Vec<&'static str> {
    let lower = String::from_utf8_lossy(text).to_lowercase();
    CANARIES.lines().filter(|canary| lower.contains(&canary.to_lowercase())).collect()
}

fn payout(external_id: &str) -> Value {
    json!({
        "external_id": external_id,
        "debtor": { "account_ref": "demo-eur" },
        "amount": { "value": "17.10", "currency": "EUR" },
        "creditor": {
            "type": "individual",
            "name": format!("Canarium {external_id}"),
            "address": { "street": "Canarystrasse", "building": "7", "town": "Berlin", "country": "DE" },
        },
        "creditor_account": { "iban": IBAN },
        "remittance": { "unstructured": format!("canarytext {external_id}") },
    })
}

/// Bodies that are refused, each with a canary where it hurts.
fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let with = |pointer: &str, value: Value| {
        let mut body = payout("R-1");
        *body.pointer_mut(pointer).unwrap() = value;
        body.to_string().into_bytes()
    };
    let payouts = "/v1/payouts";
    vec![
        (payouts, with("/creditor_account/iban", json!("DE00999999997777000123"))),
        (payouts, with("/creditor_account/iban", json!("7777000123"))),
        (payouts, with("/creditor_account", json!("7777000123"))),
        (
            payouts,
            with(
                "/creditor_account",
                json!({ "us": { "routing": "7777000123", "account": "7777000123777700012377" } }),
            ),
        ),
        (
            payouts,
            with(
                "/creditor_account",
                json!({ "gb": { "sort_code": "7777000123", "account": "7777000123" } }),
            ),
        ),
        (payouts, with("/creditor/name", json!("Canarium\u{7}"))),
        (payouts, with("/creditor/name", json!("Canarium".repeat(400)))),
        (payouts, with("/creditor/address/country", json!("Canarium"))),
        (payouts, with("/creditor/address", json!("Canarystrasse 7"))),
        (payouts, with("/creditor/type", json!("Canarium"))),
        (payouts, with("/amount/value", json!("canarytext"))),
        (payouts, with("/amount/currency", json!("canarytext"))),
        (payouts, with("/debtor/account_ref", json!("Canarium"))),
        (payouts, with("/external_id", json!("Canarium Canarium"))),
        (payouts, with("/remittance", json!({ "structured": "canarytext" }))),
        (payouts, with("/remittance/unstructured", json!("canarytext\u{0}"))),
        (payouts, b"{\"creditor\": Canarium".to_vec()),
        (payouts, b"Canarium".to_vec()),
        (payouts, b"\"Canarium\"".to_vec()),
        (payouts, br#"{"mode":"Canarium","payouts":[]}"#.to_vec()),
        (payouts, br#"{"expected_sum":{"EUR":"canarytext"},"payouts":[]}"#.to_vec()),
        ("/v1/payouts?state=Canarium", Vec::new()),
        ("/v1/payouts/none/cancel", br#"{"reason":"Canarium"}"#.to_vec()),
        ("/v1/payouts/none/hold", br#"{"canarymember":"Canarium"}"#.to_vec()),
        ("/v1/payouts/none/hold", br#"{"reason":["Canarium"]}"#.to_vec()),
        ("/v1/payouts/none/hold", br#""Canarium""#.to_vec()),
        ("/v1/payouts/Canarium/release", Vec::new()),
        ("/v1/documents/Canarium", b"<Canarium/>".to_vec()),
        ("/v1/Canarium", b"Canarium".to_vec()),
    ]
}

/// Questions that are refused.
const ASKED: &[&str] = &[
    "/v1/payouts?state=Canarium",
    "/v1/payouts?canarymember=1",
    "/v1/payouts?limit=Canarium",
    "/v1/payouts?cursor=Canarium",
    "/v1/payouts?currency=Canarium",
    "/v1/payouts?date_from=Canarium",
    "/v1/changes?since=Canarium",
    "/v1/changes?canarymember=1",
    "/v1/payouts/7777000123",
    "/v1/batches/Canarium",
    "/v1/reports/day/Canarium",
    "/v1/Canarium",
];

fn treasury(line: &Line, url: &str) -> Client {
    let file = |name: &str| line.setup.pki.join(name);
    let files = TlsFiles {
        certificate: file("treasury-tls-cert.pem"),
        key: file("treasury-tls-key.pem"),
        ca: file("ca-cert.pem"),
    };
    Client::new(url, client_config(&files).unwrap(), TIMEOUTS, LIMITS).unwrap()
}

/// Status and body of an answer, with tokens in headers that nobody asked for.
async fn ask(client: &Client, method: Method, path: &str, body: Vec<u8>) -> (u16, Bytes) {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![
        header("content-type", "application/json"),
        header("authorization", "Bearer canary-token-5b1e77"),
        header("cookie", "session=canary-token-5b1e77"),
        header("x-api-key", "canary-secret-c0ffee"),
    ];
    let request = Request { method, path_and_query: path.to_owned(), headers, body: body.into() };
    match client.call(&request).await {
        Outcome::Replied(reply) => (reply.status, reply.body),
        other => panic!("{path}: {other:?}"),
    }
}

/// Every file beneath a folder.
fn beneath(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path.clone());
            }
            found.push(path);
        }
    }
    found
}

/// What may hold personal data: the store and its documents, the bank's own books, and the files of this test.
fn is_evidence(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("store.sqlite3")
        || ["/gateway/documents/", "/bank/", "/planted/"].iter().any(|place| text.contains(place))
}

fn run(arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output =
        Command::new(PROGRAM).args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "{arguments:?} was to be refused");
    [output.stdout, output.stderr].concat()
}

/// Configurations with secrets where none belongs: each is refused without repeating them.
fn wrong_configurations(line: &Line) -> Vec<(String, Vec<u8>)> {
    let text = std::fs::read_to_string(&line.setup.gateway_config).unwrap();
    let planted = line.setup.dir.join("planted");
    std::fs::create_dir_all(&planted).unwrap();
    let mark = |word: &str| format!("-----{word} {} KEY-----", "PRIVATE");
    let pem = format!("\"\"\"{}\nQ0FOQVJZS0VZ\n{}\n\"\"\"", mark("BEGIN"), mark("END"));
    let changes = [
        ("id_key = \"id.key\"".to_owned(), format!("id_key = {pem}")),
        ("key = \"pki/gateway-tls-key.pem\"".to_owned(), format!("key = {pem}")),
        ("client_ca = \"pki/ca-cert.pem\"".to_owned(), format!("client_ca = {pem}")),
        ("tenant = \"demo\"".to_owned(), "tenant = \"demo\"\npassword = \"canary-secret-c0ffee\"".to_owned()),
        ("version = 1".to_owned(), "version = \"canary-secret-c0ffee\"".to_owned()),
        (
            "tenant = \"demo\"".to_owned(),
            "tenant = \"demo\"\nduplicate_window_days = \"canary-secret-c0ffee\"".to_owned(),
        ),
        ("[gateway]".to_owned(), "[gateway]\ndefault_speed = \"canary-secret-c0ffee\"".to_owned()),
        ("[gateway]".to_owned(), "[gateway]\ncharacters = \"canary-secret-c0ffee\"".to_owned()),
        ("roles = [\"submit\"".to_owned(), "roles = [\"canary-secret-c0ffee\"".to_owned()),
        ("roles = [\"submit\"".to_owned(), "roles = [7, \"canary-secret-c0ffee\"".to_owned()),
        ("base_url = \"https://".to_owned(), "base_url = \"https://user:canary-secret-c0ffee@".to_owned()),
        ("iban = \"".to_owned(), "iban = \"7777000123".to_owned()),
        ("iban = \"".to_owned(), "iban = 7777000123 # \"".to_owned()),
        ("currency = \"EUR\"".to_owned(), "currency = \"canary-secret-c0ffee\"".to_owned()),
        ("[gateway]".to_owned(), "[gateway]\nsecret = canary-secret-c0ffee".to_owned()),
        ("[gateway]".to_owned(), "[gateway]\nsecret = \"canary-secret-c0ffee".to_owned()),
        ("[[bank]]".to_owned(), "[[bank]]\npassphrase = \"canary-secret-c0ffee\"".to_owned()),
    ];
    let mut said = Vec::new();
    for (number, (from, to)) in changes.into_iter().enumerate() {
        assert!(text.contains(&from), "{from}");
        let name = format!("wrong-{number}.toml");
        std::fs::write(planted.join(&name), text.replacen(&from, &to, 1)).unwrap();
        said.push((to.clone(), run(&["serve", "-c", &name], &planted)));
    }
    said
}

/// Whether a call's words are quiet; the words are collected, so that all findings are told at once.
fn hear(loud: &mut Vec<String>, what: &str, words: &[u8]) {
    for canary in in_text(words) {
        loud.push(format!("{what}: {canary}: {}", String::from_utf8_lossy(&words[..words.len().min(600)])));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_and_no_secret_is_said_anywhere() {
    let mut loud = Vec::new();
    let rules = "version = 1\nseed = 4\n[[rule]]\ndoes = \"reject\"\nper_mille = 200\ncode = \"AC04\"\n";
    let mut line = Line::prepare(rules, "");
    line.start_bank();
    line.start_gateway(Some("after_delivered:1"));
    let good: Vec<Value> = (0..6).map(|number| payout(&format!("G-{number}"))).collect();
    until("the first request's end", async || {
        (line.gateway_is_dead() || line.try_submit("canaries", &good).await.is_some()).then_some(())
    })
    .await;
    // Only with the feature `planted` has the program places to die at.
    if cfg!(feature = "planted") {
        line.gateway_died().await;
    } else {
        line.stop_gateway().await;
    }
    line.start_gateway(None);
    line.submit("canaries", &good).await;

    let api = treasury(&line, &line.setup.api_url);
    for (path, body) in refused() {
        let (status, words) = ask(&api, Method::POST, path, body).await;
        assert!(status >= 400 || path == "/v1/payouts", "{path} {status}");
        hear(&mut loud, path, &words);
    }
    for path in ASKED {
        let (status, words) = ask(&api, Method::GET, path, Vec::new()).await;
        assert!((400..500).contains(&status), "{path} {status}");
        hear(&mut loud, path, &words);
    }
    strange_messages(&line, &api, &mut loud).await;
    until("the good ones' ends", async || {
        let known = payouts_of(&line.store()).await;
        let ended = |state| matches!(state, State::Settled | State::Booked | State::Rejected);
        (known.len() == good.len() && known.iter().all(|item| ended(item.state))).then_some(())
    })
    .await;
    refused_files(&line, &mut loud);
    let figures = metrics(&line).await;
    assert!(figures.contains("girogate_payouts"), "{figures}");
    hear(&mut loud, "metrics", figures.as_bytes());
    line.stop_gateway().await;
    for (change, words) in wrong_configurations(&line) {
        hear(&mut loud, &change, &words);
    }
    let mut looked = 0;
    for path in beneath(&line.setup.dir) {
        hear(&mut loud, "name of a file", path.to_string_lossy().as_bytes());
        if path.is_file() && !is_evidence(&path) {
            looked += 1;
            hear(&mut loud, &path.to_string_lossy(), &std::fs::read(&path).unwrap());
        }
    }
    assert!(looked > 10, "{looked}");
    // The planted names did go through: the evidence has them.
    let evidence = crate::process::papers::documents(&line.setup.data_dir);
    assert!(evidence.iter().any(|octets| in_text(octets).contains(&"Canarium")));
    assert!(loud.is_empty(), "{}", loud.join("\n"));
}

/// Callbacks that nobody signed, and statements that nobody can read.
async fn strange_messages(line: &Line, api: &Client, loud: &mut Vec<String>) {
    let config = std::fs::read_to_string(&line.setup.gateway_config).unwrap();
    let (_, after) = config.split_once("public_url = \"").unwrap();
    let door = treasury(line, after.split('"').next().unwrap());
    let bank = girogate::engine::demonstration::BANK;
    let statement = include_str!("../../fixtures/messages/camt.054.001.08/same-content/in.xml");
    let named = statement.replace("</Nm>", " Canarium</Nm>").replace("<IBAN>", "<IBAN>7777000123");
    let wrong_money = statement.replacen("<Amt Ccy=\"", "<Amt Ccy=\"canarytext", 1);
    for body in [
        "<Canarium>7777000123</Canarium>".to_owned(),
        named.clone(),
        named[..named.len() / 2].to_owned(),
        wrong_money,
        format!("<!DOCTYPE x [<!ENTITY a \"Canarium\">]>{named}"),
        named.replacen("<Document", "<Canarium", 1),
        "Canarium".to_owned(),
    ] {
        let path = format!("/v1/callbacks/{bank}");
        let (status, words) = ask(&door, Method::POST, &path, body.clone().into_bytes()).await;
        assert_eq!(status, 401, "unsigned");
        hear(loud, "callback", &words);
        let path = format!("/v1/documents/{bank}");
        let (_, words) = ask(api, Method::POST, &path, body.into_bytes()).await;
        hear(loud, "document", &words);
    }
    let (_, words) = ask(&door, Method::POST, "/v1/callbacks/Canarium", Vec::new()).await;
    hear(loud, "callback of nobody", &words);
}

/// Files that the command line refuses.
fn refused_files(line: &Line, loud: &mut Vec<String>) {
    let planted = line.setup.dir.join("planted");
    std::fs::create_dir_all(&planted).unwrap();
    let header = "external_id,debtor.account_ref,amount.value,amount.currency,creditor.name,creditor_account.iban,remittance.unstructured\n";
    for (number, row) in [
        "C-1,demo-eur,canarytext,EUR,Canarium,DE00999999997777000123,canarytext\n",
        "C-2,demo-eur,1.00,EUR,Canarium\x07,7777000123,canarytext\n",
        "C-3,demo-eur,1.00,EUR,\"Canarium,7777000123\n",
        "C-4,Canarium,1.00,canarytext,Canarium\n",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("refused-{number}.csv");
        std::fs::write(planted.join(&name), format!("{header}{row}")).unwrap();
        hear(loud, &name, &run(&["submit", "-c", "../gateway.toml", &name], &planted));
    }
}

async fn metrics(line: &Line) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let config = std::fs::read_to_string(&line.setup.gateway_config).unwrap();
    let (_, after) = config.split_once("[metrics]\nlisten = \"").unwrap();
    let mut stream = tokio::net::TcpStream::connect(after.split('"').next().unwrap()).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}
