//! Where a line leads nowhere, breaks at any octet of the answer, or brings an answer of two minds; and how long a bank
//! may ask us to wait.

use super::{LIMITS, TIMEOUTS, answer_with, client, files, misbehave, not_sent, pki, post_of, read_request};
use chrono::{DateTime, TimeDelta, Utc};
use girogate::bank::delivery::Delivery;
use girogate::bank::link::{Link, Moment, Outgoing, Parts, Prepared, Purpose, algorithm_of};
use girogate::bank::profile::{Profile, REFERENCE_PROFILE};
use girogate::net::client::{Client, Outcome, Reply, Timeouts};
use girogate::net::tls::{PeerIdentity, client_config};
use girogate::signing::certificate::Certificate;
use girogate::signing::http_message::base::{Parameter, Recipe, sign_now};
use girogate::signing::http_message::component::Component;
use girogate::signing::http_message::verify::TrustedKey;
use girogate::signing::http_message::{MessageView, RequestView, ResponseView};
use girogate::signing::key::Signer;
use hyper::body::Bytes;
use std::path::Path;
use tokio::io::AsyncWriteExt;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_address_is_not_sent() {
    let dir = pki();
    // RFC 6761: nobody may have this name.
    let url = "https://bank.girogate.invalid:8443";
    let cause = not_sent(client(url, &files(dir.path(), "gateway-tls")).call(&post_of(b"x")).await);
    assert!(cause.starts_with("connect:"), "{cause}");
}

/// Once its queue is full a listener's system drops further knocks, as a silent firewall does.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_knock_is_not_sent_after_the_deadline() {
    let dir = pki();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    let wait = std::time::Duration::from_millis(200);
    while let Ok(Ok(line)) = tokio::time::timeout(wait, tokio::net::TcpStream::connect(address)).await {
        queue.push(line);
        assert!(queue.len() < 100, "the queue takes whoever comes");
    }
    let config = client_config(&files(dir.path(), "gateway-tls")).unwrap();
    let timeouts = Timeouts { connect_ms: 200, ..TIMEOUTS };
    let caller = Client::new(&format!("https://{address}"), config, timeouts, LIMITS).unwrap();
    assert_eq!(not_sent(caller.call(&post_of(b"x")).await), "connect: deadline passed");
    drop(queue);
}

const WHOLE: &[u8] =
    b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{\"message_id\":\"OURS\"}";

/// Whatever is left of the answer, it is none; the same connection whole is one.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_at_any_octet_is_none() {
    let dir = pki();
    let whole = WHOLE.len() - 1;
    let (url, mut reports) = misbehave(dir.path(), move |number, mut tls| async move {
        let octets = read_request(&mut tls).await;
        let length = number.min(whole);
        tls.write_all(&WHOLE[..length]).await.unwrap();
        // An orderly end of TLS, so that only the lengths can tell.
        drop(tls.shutdown().await);
        octets
    })
    .await;
    let caller = client(&url, &files(dir.path(), "gateway-tls"));
    for length in 0..whole {
        let outcome = caller.call(&post_of(b"<Document/>")).await;
        assert!(matches!(outcome, Outcome::Broken { bytes_left: 1.., .. }), "{length} octets: {outcome:?}");
        reports.recv().await.unwrap();
    }
    let outcome = caller.call(&post_of(b"<Document/>")).await;
    assert!(matches!(outcome, Outcome::Replied(ref reply) if reply.status == 202), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_two_minds_is_none() {
    let dir = pki();
    let cases: [(&str, &'static [u8]); 3] = [
        (
            "chunks and a length",
            b"HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ),
        ("a folded field", b"HTTP/1.1 202 Accepted\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n"),
        ("a naked carriage return", b"HTTP/1.1 202 Accepted\r\nx: a\rcontent-length: 0\r\n\r\n"),
    ];
    for (name, reply) in cases {
        let outcome = answer_with(dir.path(), reply).await;
        assert!(matches!(outcome, Outcome::Broken { bytes_left: 1.., .. }), "{name}: {outcome:?}");
    }
    // A second answer behind the first belongs to nobody, above all not to the next request.
    let (url, _reports) = misbehave(dir.path(), |number, mut tls| async move {
        while read_request(&mut tls).await > 0 {
            let split = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
            );
            tls.write_all(split.as_bytes()).await.unwrap();
        }
        0
    })
    .await;
    let caller = client(&url, &files(dir.path(), "gateway-tls"));
    for _ in 0..3 {
        if let Outcome::Replied(reply) = caller.call(&post_of(b"x")).await {
            assert_ne!(reply.body.as_ref(), b"forged");
        }
    }
}

fn link(pki: &Path) -> (Link, Signer) {
    let ours = client("https://localhost:1", &files(pki, "gateway-tls"));
    let bank = Signer::read_file(&pki.join("bank-signing-key.pem")).unwrap();
    let key = bank.verifying_key().clone();
    let parts = Parts {
        bank: "bank".to_owned(),
        profile: Profile::parse(REFERENCE_PROFILE).unwrap(),
        client: ours,
        signer: Signer::read_file(&pki.join("gateway-signing-key.pem")).unwrap(),
        bank_keys: vec![TrustedKey { key_id: "bank".to_owned(), algorithm: algorithm_of(key.kind()), key }],
    };
    (Link::new(parts).unwrap(), bank)
}

/// The bank's signed answer "not now" without a body.
fn not_now(
    prepared: &Prepared,
    bank: &Signer,
    retry_after: &str,
    (now, peer): (DateTime<Utc>, PeerIdentity),
) -> Reply {
    let names = [
        "\"@status\"",
        "\"@method\";req",
        "\"@target-uri\";req",
        "\"signature\";req",
        "\"content-digest\";req",
    ];
    let mut headers = vec![("retry-after".to_owned(), retry_after.to_owned())];
    let target_uri = format!("https://localhost:1{}", prepared.request.path_and_query);
    let request = RequestView {
        method: prepared.request.method.as_str(),
        target_uri: &target_uri,
        headers: &prepared.request.headers,
        body: &prepared.request.body,
    };
    let recipe = Recipe {
        label: "sig1".to_owned(),
        components: names.iter().map(|name| Component::parse(name).unwrap()).collect(),
        parameters: vec![
            Parameter::Created(now.timestamp()),
            Parameter::KeyId("bank".to_owned()),
            Parameter::Tag("girogate-response".to_owned()),
        ],
    };
    let view = ResponseView { status: 503, headers: &headers, body: b"", request: Some(request) };
    let algorithm = algorithm_of(bank.verifying_key().kind());
    let fields = sign_now(&MessageView::Response(view), &recipe, bank, algorithm).unwrap();
    headers.push(("signature-input".to_owned(), fields.signature_input));
    headers.push(("signature".to_owned(), fields.signature));
    Reply { status: 503, headers, body: Bytes::new(), peer }
}

#[tokio::test]
async fn a_bank_may_ask_for_an_hour_at_most() {
    let dir = pki();
    let (link, bank) = link(dir.path());
    let now = DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap();
    let certificate = Certificate::read_file(&dir.path().join("bank-tls-cert.pem")).unwrap();
    let peer = PeerIdentity {
        spki_sha256: certificate.spki_sha256(),
        subject: String::new(),
        certificate_der: certificate.der().to_vec(),
    };
    let outgoing = Outgoing {
        purpose: Purpose::Payments,
        message_id: "M".to_owned(),
        octets: Bytes::from_static(b"<Document/>"),
        sha256_hex: "0".repeat(64),
    };
    let prepared = link.prepare(&outgoing, Moment { now, nonce: [7; 16] }).unwrap();
    let date =
        |seconds: i64| (now + TimeDelta::seconds(seconds)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let cases = [
        ("0".to_owned(), Some(0)),
        ("120".to_owned(), Some(120)),
        (" 7 ".to_owned(), Some(7)),
        ("3601".to_owned(), Some(3_600)),
        ("18446744073709551615".to_owned(), Some(3_600)),
        ("18446744073709551616".to_owned(), None),
        ("-5".to_owned(), None),
        ("1.5".to_owned(), None),
        ("soon".to_owned(), None),
        (String::new(), None),
        (date(90), Some(90)),
        (date(-90), Some(0)),
        (date(86_400 * 365), Some(3_600)),
        ("Sun, 99 Nov 2026 08:49:37 GMT".to_owned(), None),
    ];
    for (said, expected) in cases {
        let reply = not_now(&prepared, &bank, &said, (now, peer.clone()));
        let Delivery::NotSent { retry_after_s, .. } = link.judge(&prepared, Outcome::Replied(reply), now)
        else {
            panic!("{said}: the profile calls 503 not processed")
        };
        assert_eq!(retry_after_s, expected, "{said}");
    }
    // Whoever cannot prove to be the bank may neither say "not processed" nor keep us waiting.
    let mut forged = not_now(&prepared, &bank, "120", (now, peer));
    forged.headers.truncate(1);
    let judged = link.judge(&prepared, Outcome::Replied(forged), now);
    assert!(matches!(judged, Delivery::Unknown { .. }), "{judged:?}");
}
