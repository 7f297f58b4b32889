//! The door for the banks of a running gateway: too many callbacks, old ones again, ones that somebody else signed; and
//! a list of reports whose reader has lost his place.

use crate::exchange::{self, Gateway, Street, payout};
use chrono::{DateTime, TimeDelta, Utc};
use girogate::bank::link::algorithm_of;
use girogate::net::client::{Client, Limits, Outcome, Request, Timeouts};
use girogate::net::tls::{TlsFiles, client_config};
use girogate::signing::http_message::base::{Parameter, Recipe, sign_now};
use girogate::signing::http_message::component::Component;
use girogate::signing::http_message::digest::{self, DigestAlgorithm};
use girogate::signing::http_message::{MessageView, RequestView};
use girogate::signing::key::Signer;
use hyper::Method;
use hyper::body::Bytes;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Callbacks of the flood, and how many are under way at a time.
const FLOOD: usize = 1_000;
const TOGETHER: usize = 50;

/// Somebody who brings callbacks with the bank's certificate, signed by a key of the folder.
struct Caller {
    client: Client,
    url: String,
    signer: Signer,
}

impl Caller {
    fn of(street: &Street, key: &str) -> Caller {
        let pki = street.dir.path().join("pki");
        let files = TlsFiles {
            certificate: pki.join("bank-tls-cert.pem"),
            key: pki.join("bank-tls-key.pem"),
            ca: pki.join("ca-cert.pem"),
        };
        let ms = 60_000;
        let timeouts = Timeouts { connect_ms: ms, handshake_ms: ms, first_byte_ms: ms, total_ms: ms };
        let limits =
            Limits { reply_octets_max: 1 << 20, idle_connections_max: TOGETHER, keep_alive_ms: 5_000 };
        let url = format!("https://127.0.0.1:{}", street.callback);
        let client = Client::new(&url, client_config(&files).unwrap(), timeouts, limits).unwrap();
        Caller { client, url, signer: Signer::read_file(&pki.join(key)).unwrap() }
    }

    /// A callback as the profile wants it, made at some time.
    fn signed(&self, event: &str, body: &str, at: DateTime<Utc>) -> Request {
        let path = "/v1/callbacks/bank";
        let mut headers = vec![
            ("content-type".to_owned(), "application/xml".to_owned()),
            ("content-digest".to_owned(), digest::write(DigestAlgorithm::Sha256, body.as_bytes())),
            ("date".to_owned(), at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
            ("event-id".to_owned(), event.to_owned()),
        ];
        let names =
            ["@method", "@target-uri", "@authority", "content-digest", "content-type", "date", "event-id"];
        let key = self.signer.verifying_key();
        let recipe = Recipe {
            label: "sig1".to_owned(),
            components: names.iter().map(|name| Component::parse(&format!("\"{name}\"")).unwrap()).collect(),
            parameters: vec![
                Parameter::Created(at.timestamp()),
                Parameter::KeyId(key.spki_sha256()),
                Parameter::Tag("girogate-callback".to_owned()),
            ],
        };
        let target_uri = format!("{}{path}", self.url);
        let view =
            RequestView { method: "POST", target_uri: &target_uri, headers: &headers, body: body.as_bytes() };
        let fields =
            sign_now(&MessageView::Request(view), &recipe, &self.signer, algorithm_of(key.kind())).unwrap();
        headers.push(("signature-input".to_owned(), fields.signature_input));
        headers.push(("signature".to_owned(), fields.signature));
        Request {
            method: Method::POST,
            path_and_query: path.to_owned(),
            headers,
            body: Bytes::from(body.to_owned()),
        }
    }

    async fn call(&self, request: &Request) -> u16 {
        match self.client.call(request).await {
            Outcome::Replied(reply) => reply.status,
            other => panic!("no answer: {other:?}"),
        }
    }
}

fn report(id: &str, message: &str, status: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>{id}</MsgId>\
         <CreDtTm>2026-11-23T10:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>{status}</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

/// A number that the store of the gateway answers.
fn asked(street: &Street, question: &str) -> i64 {
    let connection = rusqlite::Connection::open(street.dir.path().join("gateway/store.sqlite3")).unwrap();
    connection.query_row(question, [], |row| row.get(0)).unwrap()
}

async fn open() -> (Street, Gateway) {
    let street = Street::open("").await;
    let profile = exchange::quick_profile(street.dir.path());
    let gateway = street.gateway(profile, None).await;
    (street, gateway)
}

/// Each is stored before it is answered, or the bank is told to come again: none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_flood_of_callbacks_none_is_lost() {
    let (street, gateway) = open().await;
    let caller = Arc::new(Caller::of(&street, "bank-signing-key.pem"));
    let mut stored = 0;
    for first in (0..FLOOD).step_by(TOGETHER) {
        let calls: Vec<_> = (first..first + TOGETHER)
            .map(|number| {
                let caller = Arc::clone(&caller);
                tokio::spawn(async move {
                    let body = report(&format!("FLOOD-{number}"), "NOBODYS", "ACTC");
                    caller.call(&caller.signed(&format!("event-{number}"), &body, Utc::now())).await
                })
            })
            .collect();
        for call in calls {
            match call.await.unwrap() {
                204 => stored += 1,
                status => assert_eq!(status, 503, "stored, or to be repeated"),
            }
        }
    }
    assert!(stored > 0);
    assert_eq!(asked(&street, "SELECT count(*) FROM document WHERE authenticated = 1"), stored);
    // Behind the flood a payout goes its way.
    gateway.submit(&[payout("AFTER", "Anna Muster", "10.00", &json!({}))]).await;
    gateway.until("AFTER", "Booked", exchange::PATIENCE).await.unwrap();
    gateway.close().await;
    street.close().await;
}

/// The same callback at once again is known; last week's and tomorrow's are refused, however well they are signed; so is
/// one that another key signed. What is refused changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_counts_once_and_in_its_time_and_by_its_bank() {
    let (street, gateway) = open().await;
    gateway.submit(&[payout("ONCE", "Anna Muster", "10.00", &json!({}))]).await;
    gateway.until("ONCE", "Booked", exchange::PATIENCE).await.unwrap();
    let (bank, other) =
        (Caller::of(&street, "bank-signing-key.pem"), Caller::of(&street, "gateway-signing-key.pem"));
    let now = Utc::now();
    let fresh = bank.signed("again", &report("AGAIN", "NOBODYS", "ACTC"), now);
    let told = |body: &str| {
        let digest = girogate::store::documents::NewDocument::of(body.as_bytes()).digest().hex();
        asked(
            &street,
            &format!("SELECT count(*) FROM document WHERE authenticated = 1 AND digest = x'{digest}'"),
        )
    };
    for _ in 0..3 {
        assert_eq!(bank.call(&fresh).await, 204);
    }
    assert_eq!(told(&report("AGAIN", "NOBODYS", "ACTC")), 1, "the same octets are one paper");
    let refusal = report("LATE", "NOBODYS", "RJCT");
    let cases = [
        ("last week", bank.signed("late", &refusal, now - TimeDelta::days(7))),
        ("ten minutes ago", bank.signed("late", &refusal, now - TimeDelta::minutes(10))),
        ("tomorrow", bank.signed("early", &refusal, now + TimeDelta::days(1))),
        ("another key", other.signed("other", &refusal, now)),
        (
            "another body",
            Request { body: Bytes::from(refusal.replace("RJCT", "ACSC")), ..bank.signed("b", &refusal, now) },
        ),
    ];
    for (name, request) in cases {
        assert_eq!(bank.call(&request).await, 401, "{name}");
    }
    assert_eq!(told(&refusal), 0, "what is not proved is no paper of the bank");
    assert_eq!(gateway.state("ONCE").await, "Booked");
    gateway.close().await;
    street.close().await;
}

/// The place in the bank's list is lost: everything is fetched again, and nothing has a second effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_place_in_the_banks_list_repeats_nothing() {
    let (street, gateway) = open().await;
    gateway.submit(&[payout("PLACE", "Anna Muster", "10.00", &json!({}))]).await;
    gateway.until("PLACE", "Booked", exchange::PATIENCE).await.unwrap();
    let polled = "SELECT count(*) FROM cursor";
    let end = std::time::Instant::now() + exchange::PATIENCE;
    while asked(&street, polled) == 0 {
        assert!(std::time::Instant::now() < end, "the list is never read");
        exchange::pause(50).await;
    }
    gateway.close().await;
    let connection = rusqlite::Connection::open(street.dir.path().join("gateway/store.sqlite3")).unwrap();
    let place: String = connection.query_row("SELECT cursor FROM cursor", [], |row| row.get(0)).unwrap();
    assert_eq!(connection.execute("DELETE FROM cursor", []).unwrap(), 1);
    drop(connection);
    let again = "SELECT count(*) - count(DISTINCT digest) FROM document";
    let counted = "SELECT count(*) FROM facts WHERE body LIKE '%entry_booked%'";
    let before = (asked(&street, counted), asked(&street, again));
    let profile = exchange::quick_profile(street.dir.path());
    let gateway = street.gateway(profile, None).await;
    // The list may have grown meanwhile: at the old place or behind it.
    let there = format!(
        "SELECT count(*) FROM cursor WHERE length(cursor) > length('{place}') \
         OR (length(cursor) = length('{place}') AND cursor >= '{place}')"
    );
    while asked(&street, &there) == 0 {
        assert!(std::time::Instant::now() < end + Duration::from_secs(60), "the list is never read again");
        exchange::pause(50).await;
    }
    assert_eq!(gateway.state("PLACE").await, "Booked");
    gateway.close().await;
    assert_eq!((asked(&street, counted), asked(&street, again)), before);
    street.close().await;
}
