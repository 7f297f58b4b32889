//! A gateway and the sandbox bank in one process, both real: TLS on loopback, signatures, stores on the disk.

#![allow(dead_code)] // each test takes what it needs of the street

use girogate::faces::config::{self, Config};
use girogate::faces::serve::{self, ServeError};
use girogate::net::client::{Client, Limits, Outcome, Request, Timeouts};
use girogate::net::tls::{TlsFiles, client_config};
use girogate::sandbox;
use girogate::sandbox::bank::SandboxError;
use girogate::signing::certificate::Certificate;
use girogate::signing::dev_pki;
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub const PATIENCE: Duration = Duration::from_secs(60);
const ACCOUNT: &str = "DE89370400440532013000";

pub struct Street {
    pub dir: tempfile::TempDir,
    bank_url: String,
    bank_end: watch::Sender<bool>,
    bank: JoinHandle<Result<(), SandboxError>>,
    pub callback: u16,
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Street {
    /// Opens the bank; `processing` are lines of its section of that name.
    pub async fn open(processing: &str) -> Street {
        let dir = tempfile::tempdir().unwrap();
        dev_pki::write(&dir.path().join("pki"), chrono::Utc::now()).unwrap();
        let callback = free_port();
        let path = dir.path().join("bank.toml");
        std::fs::write(&path, bank_text(callback, processing)).unwrap();
        let (bank_end, ended) = watch::channel(false);
        let (tell, told) = tokio::sync::oneshot::channel();
        let start = sandbox::server::Start {
            today: chrono::Utc::now().date_naive(),
            ready: Box::new(move |ready| tell.send(ready.public_url.clone()).unwrap()),
        };
        let bank = tokio::spawn(sandbox::server::run(sandbox::config::load(&path).unwrap(), start, ended));
        let bank_url = told.await.unwrap();
        Street { dir, bank_url, bank_end, bank, callback }
    }

    pub async fn close(self) {
        self.bank_end.send(true).unwrap();
        self.bank.await.unwrap().unwrap();
    }

    /// The gateway's configuration with a profile by name or relative file.
    pub fn config(&self, profile: &str) -> (Config, PathBuf) {
        let path = self.dir.path().join("gateway.toml");
        let pki = self.dir.path().join("pki");
        let treasury = Certificate::read_file(&pki.join("treasury-tls-cert.pem")).unwrap().spki_sha256();
        let second = Certificate::read_file(&pki.join("gateway-tls-cert.pem")).unwrap().spki_sha256();
        let text = gateway_text(&self.bank_url, self.callback, (&treasury, &second), profile);
        std::fs::write(&path, text).unwrap();
        let key = self.dir.path().join("id.key");
        std::fs::write(&key, "girogate fixtures: no key at all").unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        (config::load(&path).unwrap(), path)
    }

    pub async fn gateway(&self, profile: &str, record: Option<PathBuf>) -> Gateway {
        let (config, path) = self.config(profile);
        let (end, ended) = watch::channel(false);
        let (tell, told) = tokio::sync::oneshot::channel();
        let links = {
            let banks = serve::banks(&config, &path).unwrap();
            serve::links(&config, &banks.banks).unwrap().0
        };
        let task = tokio::spawn(async move {
            let source = serve::Source { config: &config, path: &path, record: record.as_deref() };
            serve::run_source(source, move |bound| tell.send(bound.api).unwrap(), ended).await
        });
        let Ok(api) = told.await else { panic!("the gateway did not open: {:?}", task.await) };
        let pki = self.dir.path().join("pki");
        let client = |role: &str| {
            let files = TlsFiles {
                certificate: pki.join(format!("{role}-cert.pem")),
                key: pki.join(format!("{role}-key.pem")),
                ca: pki.join("ca-cert.pem"),
            };
            let ms = 30_000;
            let timeouts = Timeouts { connect_ms: ms, handshake_ms: ms, first_byte_ms: ms, total_ms: ms };
            let limits = Limits { reply_octets_max: 64 << 20, idle_connections_max: 2, keep_alive_ms: 1_000 };
            Client::new(&format!("https://{api}"), client_config(&files).unwrap(), timeouts, limits).unwrap()
        };
        Gateway { client: client("treasury-tls"), second: client("gateway-tls"), links, end, task }
    }
}

pub struct Gateway {
    client: Client,
    /// A second person, who may decide and nothing else.
    second: Client,
    pub links: serve::Links,
    end: watch::Sender<bool>,
    task: JoinHandle<Result<(), ServeError>>,
}

impl Gateway {
    pub async fn close(self) {
        self.end.send(true).unwrap();
        self.task.await.unwrap().unwrap();
    }

    /// A call of the treasury.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        Gateway::call_by(&self.client, method, path, body).await
    }

    /// A call of the second person.
    pub async fn call_of_second(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        Gateway::call_by(&self.second, method, path, body).await
    }

    async fn call_by(client: &Client, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let body = body.map_or(Bytes::new(), |body| Bytes::from(body.to_string()));
        let request = Request { method, path_and_query: path.to_owned(), headers, body };
        match client.call(&request).await {
            Outcome::Replied(reply) => {
                (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
            }
            other => panic!("{other:?}"),
        }
    }

    pub async fn submit(&self, payouts: &[Value]) {
        let body = json!({ "mode": "atomic", "payouts": payouts });
        let (status, answer) = self.call(Method::POST, "/v1/payouts", Some(&body)).await;
        assert_eq!((status, &answer["accepted"]), (200, &json!(payouts.len())), "{answer}");
    }

    pub async fn state(&self, id: &str) -> String {
        let (_, value) = self.call(Method::GET, &format!("/v1/payouts/{id}"), None).await;
        let found = value.pointer("/payouts/0/state").or(value.get("state")).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    }

    /// Waits until a payout is where it should be; says where it is when that takes too long.
    pub async fn until(&self, id: &str, state: &str, patience: Duration) -> Result<(), String> {
        let end = tokio::time::Instant::now() + patience;
        loop {
            let found = self.state(id).await;
            if found == state {
                return Ok(());
            }
            if tokio::time::Instant::now() > end {
                return Err(format!("{id} is {found}, not {state}"));
            }
            pause(50).await;
        }
    }
}

/// Lets the two processes go on; only where something is asked again, with a limit, or where fixtures are made anew.
pub async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// An instruction as a client writes it.
pub fn payout(external_id: &str, name: &str, amount: &str, wishes: &Value) -> Value {
    let mut payout = json!({
        "external_id": external_id,
        "debtor": { "account_ref": "eur" },
        "amount": { "value": amount, "currency": "EUR" },
        "speed": "standard",
        "creditor": { "name": name, "address": { "town": "Paris", "country": "FR" } },
        "creditor_account": { "iban": "FR1420041010050500013M02606" },
        "remittance": { "unstructured": format!("Reward {external_id}") },
    });
    for (key, value) in wishes.as_object().unwrap() {
        payout[key] = value.clone();
    }
    payout
}

fn bank_text(callback: u16, processing: &str) -> String {
    format!(
        r#"version = 1
[bank]
id = "GGBANK"
name = "Reference Bank"
bic = "GGRBDEFFXXX"
listen = "127.0.0.1:0"
data_dir = "bank"
[keys]
tls_certificate = "pki/bank-tls-cert.pem"
tls_key = "pki/bank-tls-key.pem"
signing_key = "pki/bank-signing-key.pem"
client_ca = "pki/ca-cert.pem"
[[client]]
name = "gateway"
tls_certificate = "pki/gateway-tls-cert.pem"
signing_certificate = "pki/gateway-signing-cert.pem"
callback_url = "https://127.0.0.1:{callback}/v1/callbacks/bank"
callback_ca = "pki/ca-cert.pem"
[[account]]
client = "gateway"
iban = "{ACCOUNT}"
currency = "EUR"
name = "Treasury"
opening_balance = "1000000.00"
[processing]
{processing}
"#
    )
}

fn gateway_text(bank_url: &str, callback: u16, (treasury, second): (&str, &str), profile: &str) -> String {
    format!(
        r#"version = 1
[gateway]
data_dir = "gateway"
tenant = "fixture"
id_key = "id.key"
[api]
listen = "127.0.0.1:0"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
clients = [{{ name = "treasury", spki_sha256 = "{treasury}", tenant = "fixture", roles = ["submit", "read", "operate", "decide"] }}, {{ name = "second", spki_sha256 = "{second}", tenant = "fixture", roles = ["decide"] }}]
[callback]
listen = "127.0.0.1:{callback}"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
public_url = "https://127.0.0.1:{callback}"
[metrics]
listen = "127.0.0.1:0"
[[bank]]
id = "bank"
profile = "{profile}"
base_url = "{bank_url}"
server_ca = "pki/ca-cert.pem"
[bank.keys]
tls = {{ certificate = "pki/gateway-tls-cert.pem", key = "pki/gateway-tls-key.pem" }}
signing = {{ certificate = "pki/gateway-signing-cert.pem", key = "pki/gateway-signing-key.pem" }}
bank_signing = "pki/bank-signing-cert.pem"
[[account]]
ref = "eur"
bank = "bank"
iban = "{ACCOUNT}"
currency = "EUR"
name = "Treasury"
"#
    )
}

/// A profile like the shipped one with short waits; returns its name within the street.
pub fn quick_profile(street: &Path) -> &'static str {
    let text = girogate::bank::profile::REFERENCE_PROFILE
        .replace("interval_ms = 2000", "interval_ms = 200")
        .replace("inquiry_waits_ms = [1000, 2000, 4000]", "inquiry_waits_ms = [300, 600, 1200]")
        .replace("not_found_wait_ms = 5000", "not_found_wait_ms = 2000");
    std::fs::write(street.join("quick.toml"), text).unwrap();
    "quick.toml"
}
