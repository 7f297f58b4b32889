//! Callers that trickle: the server cuts each within its time, and never calls the handler.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use girogate::net::server;
use girogate::net::tls::client_config;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{files, pki, start_on};

/// Far above the server's times in this test and far below those of its defaults.
const PATIENCE: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn a_trickling_head_or_body_is_cut_in_time() {
    let dir = pki();
    let limits = server::Limits { header_ms: 400, body_ms: 400, ..server::Limits::default() };
    let running = start_on("127.0.0.1:0", &files(dir.path(), "bank-tls"), limits).await;
    let heads: &[&str] = &[
        "",
        "POST /v1/payments HTTP/1.1\r\nHost: a\r\nX: ",
        "POST /v1/payments HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
        "POST /v1/payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /v1/payments HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n",
    ];
    for head in heads {
        let tcp = TcpStream::connect(running.address).await.unwrap();
        let config = client_config(&files(dir.path(), "gateway-tls")).unwrap();
        let name = ServerName::from(running.address.ip());
        let tls = TlsConnector::from(config).connect(name, tcp).await.unwrap();
        let (mut reading, mut writing) = tokio::io::split(tls);
        let drip = if head.contains("chunked") { "1\r\nx\r\n" } else { "x" };
        writing.write_all(head.as_bytes()).await.unwrap();
        let dripping = tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(20));
            loop {
                pace.tick().await;
                if writing.write_all(drip.as_bytes()).await.is_err() || writing.flush().await.is_err() {
                    return;
                }
            }
        });
        let began = Instant::now();
        let mut heard = Vec::new();
        // A reset is an end like another.
        let ended = tokio::time::timeout(PATIENCE, reading.read_to_end(&mut heard)).await;
        dripping.abort();
        assert!(ended.is_ok(), "{head:?} is still served after {:?}", began.elapsed());
        let heard = String::from_utf8_lossy(&heard).into_owned();
        let last = heard.replace("HTTP/1.1 100 Continue\r\n\r\n", "");
        assert!(last.is_empty() || last.starts_with("HTTP/1.1 4"), "{head:?}: {heard}");
    }
    assert_eq!(running.requests.load(Ordering::SeqCst), 0, "no body came to its end");
}
