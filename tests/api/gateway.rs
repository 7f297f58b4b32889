//! A gateway within the test: the real listeners, store and keys in a folder of its own, and a bank that nobody runs.

use chrono::Utc;
use girogate::faces::{config, serve};
use girogate::net::client::{Client, Limits, Outcome, Request, Timeouts};
use girogate::net::tls::{TlsFiles, client_config};
use girogate::signing::certificate::Certificate;
use girogate::signing::dev_pki;
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{oneshot, watch};

const TIMEOUTS: Timeouts =
    Timeouts { connect_ms: 10_000, handshake_ms: 30_000, first_byte_ms: 60_000, total_ms: 120_000 };
const LIMITS: Limits =
    Limits { reply_octets_max: 16_000_000, idle_connections_max: 8, keep_alive_ms: 20_000 };

/// A client of the API: role of its certificate, tenant, roles.
pub type Who<'a> = (&'a str, &'a str, &'a [&'a str]);

/// The one client of most tests.
pub const TREASURY: Who<'static> = ("treasury-tls", "acme", &["submit", "read", "operate"]);

pub struct Gateway {
    pub dir: TempDir,
    pub api: SocketAddr,
    pub metrics: SocketAddr,
    pub config: PathBuf,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<Result<(), serve::ServeError>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub octets: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.octets).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn is_problem(&self) -> bool {
        let body = self.json();
        self.header("content-type") == Some("application/problem+json")
            && body["status"] == self.status
            && body["type"] == format!("urn:girogate:error:{}", self.code())
            && body["title"].is_string()
    }
}

impl Gateway {
    pub async fn start(clients: &[Who<'_>]) -> Gateway {
        let dir = TempDir::new().unwrap();
        dev_pki::write(&dir.path().join("pki"), Utc::now()).unwrap();
        let path = dir.path().join("gateway.toml");
        std::fs::write(&path, text(dir.path(), clients, 0)).unwrap();
        let key = dir.path().join("id.key");
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(key).unwrap();
        file.write_all(b"0123456789abcdef0123456789abcdef").unwrap();
        let parsed = config::load(&path).unwrap();
        let (stop, stopped) = watch::channel(false);
        let (ready, bound) = oneshot::channel();
        let served = path.clone();
        let task = tokio::spawn(async move {
            serve::run(&parsed, &served, |bound| drop(ready.send(bound.clone())), stopped).await
        });
        let bound = match bound.await {
            Ok(bound) => bound,
            Err(_) => panic!("the gateway did not start: {:?}", task.await),
        };
        std::fs::write(&path, text(dir.path(), clients, bound.api.port())).unwrap();
        Gateway { api: bound.api, metrics: bound.metrics, config: path, dir, stop, task }
    }

    pub async fn stop(self) -> TempDir {
        self.stop.send(true).unwrap();
        self.task.await.unwrap().unwrap();
        self.dir
    }

    pub fn client(&self, role: &str) -> Client {
        let pki = self.dir.path().join("pki");
        let files = TlsFiles {
            certificate: pki.join(format!("{role}-cert.pem")),
            key: pki.join(format!("{role}-key.pem")),
            ca: pki.join("ca-cert.pem"),
        };
        let url = format!("https://{}", self.api);
        Client::new(&url, client_config(&files).unwrap(), TIMEOUTS, LIMITS).unwrap()
    }

    pub async fn call(&self, role: &str, request: Request) -> Answer {
        call(&self.client(role), request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("treasury-tls", get(path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("treasury-tls", post(path, &[], body.to_string())).await
    }

    /// What the loopback listener says.
    pub async fn metrics(&self) -> String {
        let mut stream = tokio::net::TcpStream::connect(self.metrics).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }
}

pub async fn call(client: &Client, request: Request) -> Answer {
    match client.call(&request).await {
        Outcome::Replied(reply) => {
            Answer { status: reply.status, headers: reply.headers, octets: reply.body }
        }
        other => panic!("no answer: {other:?}"),
    }
}

pub fn get(path: &str) -> Request {
    Request { method: Method::GET, path_and_query: path.to_owned(), headers: Vec::new(), body: Bytes::new() }
}

pub fn post(path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let mut all: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        all.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Request { method: Method::POST, path_and_query: path.to_owned(), headers: all, body: body.into() }
}

/// A good instruction; the number makes its id and its amount its own.
pub fn instruction(number: u32) -> Value {
    json!({
        "external_id": format!("creator-{number}"),
        "debtor": { "account_ref": "main-eur" },
        "amount": { "value": format!("{}.{:02}", 100 + number / 100, number % 100), "currency": "EUR" },
        "creditor": { "name": "Zoe Example" },
        "creditor_account": { "iban": "DE89370400440532013000" },
    })
}

pub fn text(dir: &Path, clients: &[Who<'_>], port: u16) -> String {
    let listed: Vec<String> = clients
        .iter()
        .map(|(role, tenant, roles)| {
            let certificate = dir.join("pki").join(format!("{role}-cert.pem"));
            let spki = Certificate::read_file(&certificate).unwrap().spki_sha256();
            format!(
                "{{ name = \"{role}\", spki_sha256 = \"{spki}\", tenant = \"{tenant}\", roles = {roles:?} }}"
            )
        })
        .collect();
    format!(
        r#"version = 1
[gateway]
data_dir = "data"
tenant = "acme"
id_key = "id.key"
[api]
listen = "127.0.0.1:0"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
clients = [{}]
[metrics]
listen = "127.0.0.1:0"
[[bank]]
id = "house-bank"
profile = "reference-rfc9421"
base_url = "https://127.0.0.1:1"
server_ca = "pki/ca-cert.pem"
[bank.keys]
tls = {{ certificate = "pki/gateway-tls-cert.pem", key = "pki/gateway-tls-key.pem" }}
signing = {{ certificate = "pki/gateway-signing-cert.pem", key = "pki/gateway-signing-key.pem" }}
bank_signing = "pki/bank-signing-cert.pem"
[[account]]
ref = "main-eur"
bank = "house-bank"
iban = "DE90999999990000004711"
currency = "EUR"
name = "Acme Payouts Ltd"
[[account]]
ref = "main-gbp"
bank = "house-bank"
iban = "GB49DEMO99000100004712"
currency = "GBP"
name = "Acme Payouts Ltd"
[client]
url = "https://127.0.0.1:{port}"
certificate = "pki/treasury-tls-cert.pem"
key = "pki/treasury-tls-key.pem"
ca = "pki/ca-cert.pem"
"#,
        listed.join(", "),
    )
}
