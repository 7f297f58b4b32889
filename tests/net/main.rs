//! Calls over mutual TLS on loopback: what the client reports after each way in which a server can fail,
//! and whom the server lets in. Real sockets, a development PKI per test.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod configuration;
mod line;
mod profile;
mod slow;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Extension;
use axum::routing::{get, post};
use chrono::{TimeDelta, Utc};
use girogate::net::client::{Client, Limits, Outcome, Reply, Request, Timeouts};
use girogate::net::server::{self, PeerIdentity, Service, serve};
use girogate::net::tls::{TlsFiles, client_config, server_config};
use girogate::signing::certificate::Certificate;
use girogate::signing::dev_pki;
use hyper::Method;
use hyper::body::Bytes;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const TIMEOUTS: Timeouts =
    Timeouts { connect_ms: 5_000, handshake_ms: 5_000, first_byte_ms: 5_000, total_ms: 10_000 };
const LIMITS: Limits = Limits { reply_octets_max: 100_000, idle_connections_max: 4, keep_alive_ms: 60_000 };

fn pki() -> TempDir {
    let dir = TempDir::new().unwrap();
    dev_pki::write(dir.path(), Utc::now()).unwrap();
    dir
}

fn files(dir: &Path, role: &str) -> TlsFiles {
    TlsFiles {
        certificate: dir.join(format!("{role}-cert.pem")),
        key: dir.join(format!("{role}-key.pem")),
        ca: dir.join("ca-cert.pem"),
    }
}

fn client(base_url: &str, files: &TlsFiles) -> Client {
    Client::new(base_url, client_config(files).unwrap(), TIMEOUTS, LIMITS).unwrap()
}

fn post_of(body: &[u8]) -> Request {
    Request {
        method: Method::POST,
        path_and_query: "/v1/payments".to_owned(),
        headers: vec![("content-type".to_owned(), "application/xml".to_owned())],
        body: Bytes::copy_from_slice(body),
    }
}

fn replied(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Replied(reply) => reply,
        other => panic!("no reply: {other:?}"),
    }
}

fn broken(outcome: Outcome) -> (String, u64) {
    match outcome {
        Outcome::Broken { cause, bytes_left } => (cause, bytes_left),
        other => panic!("not broken: {other:?}"),
    }
}

fn not_sent(outcome: Outcome) -> String {
    match outcome {
        Outcome::NotSent { cause } => cause,
        other => panic!("something was sent: {other:?}"),
    }
}

struct Running {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

async fn start_on(address: &str, files: &TlsFiles, limits: server::Limits) -> Running {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let echo = move |Extension(peer): Extension<PeerIdentity>, body: Bytes| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move { format!("{} {} {}", peer.spki_sha256, peer.subject, body.len()) }
    };
    let moved = || async { (axum::http::StatusCode::TEMPORARY_REDIRECT, [("location", "/v1/payments")]) };
    let router = Router::new().route("/v1/payments", post(echo)).route("/moved", get(moved));
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let service = Service { tls: server_config(files).unwrap(), router, limits };
    let task = tokio::spawn(serve(listener, service, stopped));
    Running { address, requests, stop, task }
}

async fn start_bank(dir: &Path) -> Running {
    start_on("127.0.0.1:0", &files(dir, "bank-tls"), server::Limits::default()).await
}

/// A server that does to each connection what the test says, below HTTP; reports what each made of it.
async fn misbehave<F, R>(dir: &Path, each: F) -> (String, mpsc::UnboundedReceiver<usize>)
where
    F: Fn(usize, TlsStream<TcpStream>) -> R + Send + Sync + 'static,
    R: Future<Output = usize> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let acceptor = TlsAcceptor::from(server_config(&files(dir, "bank-tls")).unwrap());
    let (report, reports) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for number in 0.. {
            let (tcp, _) = listener.accept().await.unwrap();
            let Ok(tls) = acceptor.accept(tcp).await else { continue };
            let octets = each(number, tls).await;
            if report.send(octets).is_err() {
                return;
            }
        }
    });
    (url, reports)
}

/// Reads one request with Content-Length to its end; returns the octets read.
async fn read_request(tls: &mut TlsStream<TcpStream>) -> usize {
    let mut seen = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = tls.read(&mut buffer).await.unwrap_or(0);
        seen.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&seen).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .split_once("content-length: ")
                .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse().unwrap());
            if body.len() >= length {
                return seen.len();
            }
        }
        if count == 0 {
            return seen.len();
        }
    }
}

async fn answer_with(dir: &Path, reply: &'static [u8]) -> Outcome {
    let (url, _reports) = misbehave(dir, move |_, mut tls| async move {
        let octets = read_request(&mut tls).await;
        tls.write_all(reply).await.unwrap();
        tls.shutdown().await.unwrap();
        octets
    })
    .await;
    client(&url, &files(dir, "gateway-tls")).call(&post_of(b"<Document/>")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_know_each_other() {
    let dir = pki();
    let bank = start_bank(dir.path()).await;
    let caller = client(&bank.url(), &files(dir.path(), "gateway-tls"));
    let reply = replied(caller.call(&post_of(b"12345")).await);
    let ours = Certificate::read_file(&dir.path().join("gateway-tls-cert.pem")).unwrap();
    let theirs = Certificate::read_file(&dir.path().join("bank-tls-cert.pem")).unwrap();
    let expected = format!("{} CN=girogate dev gateway-tls 5", ours.spki_sha256());
    assert_eq!(reply.status, 200);
    assert_eq!(String::from_utf8_lossy(&reply.body), expected);
    assert_eq!(reply.peer.spki_sha256, theirs.spki_sha256());
    assert_eq!(reply.peer.certificate_der, theirs.der());
}

#[tokio::test(flavor = "multi_thread")]
async fn address_in_place_of_a_name_is_verified_too() {
    let dir = pki();
    let bank = start_bank(dir.path()).await;
    let url = format!("https://127.0.0.1:{}", bank.address.port());
    assert_eq!(
        replied(client(&url, &files(dir.path(), "treasury-tls")).call(&post_of(b"")).await).status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_is_used_again() {
    let dir = pki();
    let (url, _reports) = misbehave(dir.path(), |number, mut tls| async move {
        while read_request(&mut tls).await > 0 {
            let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
            tls.write_all(reply.as_bytes()).await.unwrap();
        }
        0
    })
    .await;
    let caller = client(&url, &files(dir.path(), "gateway-tls"));
    for _ in 0..3 {
        assert_eq!(replied(caller.call(&post_of(b"x")).await).body.as_ref(), b"0");
    }
}

/// In TLS 1.3 the server's verdict on our certificate comes after our first flight, so bytes may have left:
/// either end is right, but a count of bytes must come with the one and none with the other.
#[tokio::test(flavor = "multi_thread")]
async fn client_of_a_foreign_authority_is_refused() {
    let (dir, foreign) = (pki(), pki());
    let bank = start_bank(dir.path()).await;
    let mut stranger = files(foreign.path(), "gateway-tls");
    stranger.ca = dir.path().join("ca-cert.pem");
    match client(&bank.url(), &stranger).call(&post_of(b"x")).await {
        Outcome::Broken { bytes_left, .. } => assert!(bytes_left > 0),
        Outcome::NotSent { cause } => assert!(!cause.is_empty()),
        Outcome::Replied(reply) => panic!("let in: {reply:?}"),
    }
    assert_eq!(bank.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn client_without_certificate_is_refused() {
    let dir = pki();
    let bank = start_bank(dir.path()).await;
    let mut roots = rustls::RootCertStore::empty();
    let ca = Certificate::read_file(&dir.path().join("ca-cert.pem")).unwrap();
    roots.add(rustls::pki_types::CertificateDer::from(ca.der().to_vec())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let nobody = Client::new(&bank.url(), Arc::new(config), TIMEOUTS, LIMITS).unwrap();
    let outcome = nobody.call(&post_of(b"x")).await;
    assert!(!matches!(outcome, Outcome::Replied(_)), "{outcome:?}");
    assert_eq!(bank.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_of_a_foreign_authority_is_refused_before_anything_leaves() {
    let (dir, foreign) = (pki(), pki());
    let bank = start_bank(foreign.path()).await;
    let cause = not_sent(client(&bank.url(), &files(dir.path(), "gateway-tls")).call(&post_of(b"x")).await);
    assert!(cause.starts_with("handshake:"), "{cause}");
    assert_eq!(bank.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_with_another_name_is_refused() {
    let dir = pki();
    // This address reaches the same host, but the certificate does not name it.
    let bank = start_on("127.0.0.2:0", &files(dir.path(), "bank-tls"), server::Limits::default()).await;
    let url = format!("https://{}", bank.address);
    let cause = not_sent(client(&url, &files(dir.path(), "gateway-tls")).call(&post_of(b"x")).await);
    assert!(cause.starts_with("handshake:") && cause.contains("not valid for"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_for_calling_cannot_answer() {
    let dir = pki();
    let bank = start_on("127.0.0.1:0", &files(dir.path(), "treasury-tls"), server::Limits::default()).await;
    let cause = not_sent(client(&bank.url(), &files(dir.path(), "gateway-tls")).call(&post_of(b"x")).await);
    assert!(cause.starts_with("handshake:"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_client_certificate_is_refused() {
    let (dir, old) = (pki(), TempDir::new().unwrap());
    // The authority of three years ago still holds, its clients' certificates do not.
    dev_pki::write(old.path(), Utc::now() - TimeDelta::days(3 * 365)).unwrap();
    let mut server_files = files(dir.path(), "bank-tls");
    let both = [dir.path(), old.path()].map(|dir| std::fs::read(dir.join("ca-cert.pem")).unwrap()).concat();
    server_files.ca = dir.path().join("both-cas.pem");
    std::fs::write(&server_files.ca, both).unwrap();
    let bank = start_on("127.0.0.1:0", &server_files, server::Limits::default()).await;
    let mut late = files(old.path(), "gateway-tls");
    late.ca = dir.path().join("ca-cert.pem");
    let outcome = client(&bank.url(), &late).call(&post_of(b"x")).await;
    assert!(!matches!(outcome, Outcome::Replied(_)), "{outcome:?}");
    let fresh = client(&bank.url(), &files(dir.path(), "gateway-tls")).call(&post_of(b"x")).await;
    assert_eq!(replied(fresh).status, 200);
    assert_eq!(bank.requests.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_server_certificate_is_refused() {
    let (dir, old) = (pki(), TempDir::new().unwrap());
    dev_pki::write(old.path(), Utc::now() - TimeDelta::days(3 * 365)).unwrap();
    let bank = start_bank(old.path()).await;
    let mut ours = files(dir.path(), "gateway-tls");
    ours.ca = old.path().join("ca-cert.pem");
    let cause = not_sent(client(&bank.url(), &ours).call(&post_of(b"x")).await);
    assert!(cause.starts_with("handshake:") && cause.contains("xpired"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_port_is_not_sent() {
    let dir = pki();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let cause = not_sent(client(&url, &files(dir.path(), "gateway-tls")).call(&post_of(b"x")).await);
    assert!(cause.starts_with("connect:"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_listener_is_not_sent_after_the_handshake_deadline() {
    let dir = pki();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let timeouts = Timeouts { handshake_ms: 100, ..TIMEOUTS };
    let config = client_config(&files(dir.path(), "gateway-tls")).unwrap();
    let caller = Client::new(&url, config, timeouts, LIMITS).unwrap();
    assert_eq!(not_sent(caller.call(&post_of(b"x")).await), "handshake: deadline passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn close_amid_the_request_is_broken() {
    let dir = pki();
    let (url, _reports) = misbehave(dir.path(), |_, mut tls| async move {
        let mut head = [0; 512];
        tls.read(&mut head).await.unwrap()
    })
    .await;
    let body = vec![b'x'; 8_000_000];
    let (_, bytes_left) = broken(client(&url, &files(dir.path(), "gateway-tls")).call(&post_of(&body)).await);
    assert!(bytes_left > 0 && bytes_left < 8_000_000 + 1_000, "{bytes_left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn close_after_the_request_is_broken_with_every_byte_counted() {
    let dir = pki();
    let (url, mut reports) =
        misbehave(dir.path(), |_, mut tls| async move { read_request(&mut tls).await }).await;
    let caller = client(&url, &files(dir.path(), "gateway-tls"));
    let (_, bytes_left) = broken(caller.call(&post_of(b"12345")).await);
    assert_eq!(bytes_left, reports.recv().await.unwrap() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn stall_is_broken_at_the_deadline() {
    let dir = pki();
    let (url, _reports) = misbehave(dir.path(), |_, mut tls| async move {
        read_request(&mut tls).await;
        // Nothing more comes: this ends when the client hangs up.
        tls.read(&mut [0; 1]).await.unwrap_or(0)
    })
    .await;
    let config = client_config(&files(dir.path(), "gateway-tls")).unwrap();
    let timeouts = Timeouts { first_byte_ms: 150, ..TIMEOUTS };
    let caller = Client::new(&url, config, timeouts, LIMITS).unwrap();
    let (cause, bytes_left) = broken(caller.call(&post_of(b"x")).await);
    assert_eq!(cause, "reply: deadline passed before its head");
    assert!(bytes_left > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn stall_amid_the_reply_is_broken_at_the_total_deadline() {
    let dir = pki();
    let (url, _reports) = misbehave(dir.path(), |_, mut tls| async move {
        read_request(&mut tls).await;
        tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123").await.unwrap();
        tls.read(&mut [0; 1]).await.unwrap_or(0)
    })
    .await;
    let config = client_config(&files(dir.path(), "gateway-tls")).unwrap();
    let timeouts = Timeouts { total_ms: 800, ..TIMEOUTS };
    let caller = Client::new(&url, config, timeouts, LIMITS).unwrap();
    assert_eq!(broken(caller.call(&post_of(b"x")).await).0, "reply: deadline passed amid its body");
}

/// What the client gives up on must not leave later from a buffer: the server sees a reset, not an orderly end.
#[tokio::test(flavor = "multi_thread")]
async fn deadline_resets_the_connection() {
    let dir = pki();
    let (url, mut reports) = misbehave(dir.path(), |_, mut tls| async move {
        read_request(&mut tls).await;
        match tls.read(&mut [0; 1]).await {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 1,
            _ => 0,
        }
    })
    .await;
    let config = client_config(&files(dir.path(), "gateway-tls")).unwrap();
    let caller = Client::new(&url, config, Timeouts { first_byte_ms: 150, ..TIMEOUTS }, LIMITS).unwrap();
    broken(caller.call(&post_of(b"x")).await);
    assert_eq!(reports.recv().await.unwrap(), 1, "no reset seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirect_is_a_reply_and_not_followed() {
    let dir = pki();
    let bank = start_bank(dir.path()).await;
    let request = Request {
        method: Method::GET,
        path_and_query: "/moved".to_owned(),
        headers: Vec::new(),
        body: Bytes::new(),
    };
    let reply = replied(client(&bank.url(), &files(dir.path(), "gateway-tls")).call(&request).await);
    assert_eq!(reply.status, 307);
    assert!(reply.headers.contains(&("location".to_owned(), "/v1/payments".to_owned())));
    assert_eq!(bank.requests.load(Ordering::SeqCst), 0);
}

/// Each request arrives once, although the server closes every connection behind the client's back.
#[tokio::test(flavor = "multi_thread")]
async fn connection_closed_while_idle_is_replaced_and_nothing_arrives_twice() {
    let dir = pki();
    let (url, mut reports) = misbehave(dir.path(), |_, mut tls| async move {
        let octets = read_request(&mut tls).await;
        tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        tls.shutdown().await.unwrap();
        octets
    })
    .await;
    let caller = client(&url, &files(dir.path(), "gateway-tls"));
    for length in [10, 200, 3000] {
        assert_eq!(replied(caller.call(&post_of(&vec![b'x'; length])).await).body.as_ref(), b"ok");
        // The report comes after the close, so the next call meets a dead connection.
        let octets = reports.recv().await.unwrap();
        assert!(octets > length && octets < length + 200, "{octets} octets for a body of {length}");
    }
    assert!(reports.try_recv().is_err(), "a further connection carried a request");
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_that_prove_nothing_are_broken() {
    let dir = pki();
    let cases: [(&str, &'static [u8]); 9] = [
        ("truncated", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"),
        ("truncated head", b"HTTP/1.1 200 OK\r\nContent-Le"),
        ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
        ("two equal lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab"),
        ("listed lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab"),
        ("signed length", b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab"),
        ("truncated chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        ("oversized", b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\nab"),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ];
    for (name, reply) in cases {
        let outcome = answer_with(dir.path(), reply).await;
        assert!(matches!(outcome, Outcome::Broken { bytes_left: 1.., .. }), "{name}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_ended_by_close_counts_only_with_a_proper_end_of_tls() {
    let dir = pki();
    let whole = answer_with(dir.path(), b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc").await;
    assert_eq!(replied(whole).body.as_ref(), b"abc");
    let (url, _reports) = misbehave(dir.path(), |_, mut tls| async move {
        let octets = read_request(&mut tls).await;
        tls.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc").await.unwrap();
        tls.flush().await.unwrap();
        // Dropped without close_notify: somebody on the way may have cut the reply.
        octets
    })
    .await;
    broken(client(&url, &files(dir.path(), "gateway-tls")).call(&post_of(b"x")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_frame_a_message_are_the_clients_own() {
    let dir = pki();
    let bank = start_bank(dir.path()).await;
    let caller = client(&bank.url(), &files(dir.path(), "gateway-tls"));
    let cases = [
        ("Content-Length", "7"),
        ("transfer-encoding", "chunked"),
        ("Host", "elsewhere"),
        ("x y", "1"),
        ("x", "a\r\nb: c"),
    ];
    for (name, value) in cases {
        let mut request = post_of(b"x");
        request.headers.push((name.to_owned(), value.to_owned()));
        not_sent(caller.call(&request).await);
    }
    assert_eq!(bank.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_the_request_under_way_end() {
    let dir = pki();
    let (begun, mut beginnings) = mpsc::unbounded_channel();
    let (release, released) = watch::channel(false);
    let slow = move || {
        let mut released = released.clone();
        begun.send(()).unwrap();
        async move {
            released.wait_for(|go| *go).await.unwrap();
            "done"
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (stop, stopped) = watch::channel(false);
    let service = Service {
        tls: server_config(&files(dir.path(), "bank-tls")).unwrap(),
        router: Router::new().route("/v1/payments", post(slow)),
        limits: server::Limits::default(),
    };
    let serving = tokio::spawn(serve(listener, service, stopped));
    let caller = Arc::new(client(&url, &files(dir.path(), "gateway-tls")));
    let calling = tokio::spawn({
        let caller = caller.clone();
        async move { caller.call(&post_of(b"x")).await }
    });
    beginnings.recv().await.unwrap();
    stop.send(true).unwrap();
    release.send(true).unwrap();
    assert_eq!(replied(calling.await.unwrap()).body.as_ref(), b"done");
    serving.await.unwrap();
    assert!(not_sent(caller.call(&post_of(b"x")).await).starts_with("connect:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_hold_up_a_shutdown() {
    let dir = pki();
    let bank = start_bank(dir.path()).await;
    let caller = client(&bank.url(), &files(dir.path(), "gateway-tls"));
    assert_eq!(replied(caller.call(&post_of(b"x")).await).status, 200);
    bank.stop.send(true).unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(5), bank.task).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_handshake_is_cut() {
    let dir = pki();
    let limits = server::Limits { handshake_ms: 100, ..server::Limits::default() };
    let bank = start_on("127.0.0.1:0", &files(dir.path(), "bank-tls"), limits).await;
    let mut tcp = TcpStream::connect(bank.address).await.unwrap();
    assert_eq!(tcp.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_without_or_with_a_foreign_certificate_gets_nowhere() {
    let (dir, foreign) = (pki(), pki());
    let bank = start_bank(dir.path()).await;
    let address = format!("localhost:{}", bank.address.port());
    let cases = [
        ("-tls1_2", None, false),
        ("-tls1_3", None, false),
        ("-tls1_2", Some(foreign.path()), false),
        ("-tls1_3", Some(foreign.path()), false),
        ("-tls1_3", Some(dir.path()), true),
    ];
    for (version, identity, let_in) in cases {
        let mut command = std::process::Command::new("openssl");
        command.args(["s_client", "-connect", &address, version, "-quiet", "-no_ign_eof"]);
        if let Some(dir) = identity {
            let files = files(dir, "treasury-tls");
            command.arg("-cert").arg(files.certificate).arg("-key").arg(files.key);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            eprintln!("SKIPPED: openssl is not installed");
            return;
        };
        let text =
            b"POST /v1/payments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
        // The server may have hung up already; then there is nobody to write to.
        let _hung_up = std::io::Write::write_all(child.stdin.as_mut().unwrap(), text);
        let output = tokio::task::spawn_blocking(move || {
            let mut stdout = String::new();
            std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut stdout).unwrap();
            child.wait().unwrap();
            stdout
        });
        let output = output.await.unwrap();
        assert_eq!(output.contains("200 OK"), let_in, "{version}: {output}");
    }
    assert_eq!(bank.requests.load(Ordering::SeqCst), 1);
}
