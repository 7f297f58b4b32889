//! Control of the demonstration's bank: its business day and its ledger, by signed calls.

use super::DemoError;
use super::setup::Setup;
use crate::bank::link::algorithm_of;
use crate::net::client::{Client, Limits, Outcome, Reply, Request, Timeouts};
use crate::net::tls::{TlsFiles, client_config};
use crate::signing::http_message::base::{Parameter, Recipe, sign_now};
use crate::signing::http_message::component::Component;
use crate::signing::http_message::digest::{DigestAlgorithm, write as write_digest};
use crate::signing::http_message::{HttpMessageError, MessageView, RequestView};
use crate::signing::key::Signer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hyper::Method;
use hyper::body::Bytes;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;
use std::path::PathBuf;

/// Deadlines of a control call, in milliseconds. Chosen by us: a statement of 100,000 entries is written meanwhile.
const TIMEOUTS: Timeouts =
    Timeouts { connect_ms: 5_000, handshake_ms: 5_000, first_byte_ms: 120_000, total_ms: 120_000 };
/// Tries of one control call; the bank of a run with faults may cut the line.
const TRIES: u32 = 30;

/// A signed line to the bank's control routes.
pub struct Desk {
    client: Client,
    signer: Signer,
}

/// Where a bank is, and with which files a client of it shows itself.
pub struct Access {
    /// Where the bank answers.
    pub url: String,
    /// TLS certificate, key and the bank's authority.
    pub tls: TlsFiles,
    /// The client's signing key.
    pub signing_key: PathBuf,
}

impl Access {
    /// With the gateway's keys of a run.
    pub fn of(setup: &Setup) -> Access {
        Access {
            url: setup.bank_url.clone(),
            tls: TlsFiles {
                certificate: setup.pki.join("gateway-tls-cert.pem"),
                key: setup.pki.join("gateway-tls-key.pem"),
                ca: setup.pki.join("ca-cert.pem"),
            },
            signing_key: setup.pki.join("gateway-signing-key.pem"),
        }
    }
}

impl Desk {
    /// The line.
    pub fn new(access: &Access) -> Result<Desk, DemoError> {
        let keys = |cause: String| DemoError::Keys(cause);
        let tls = client_config(&access.tls).map_err(|cause| keys(cause.to_string()))?;
        let limits = Limits { reply_octets_max: 64 << 20, idle_connections_max: 1, keep_alive_ms: 2_000 };
        let client =
            Client::new(&access.url, tls, TIMEOUTS, limits).map_err(|cause| keys(cause.to_string()))?;
        let signer = Signer::read_file(&access.signing_key).map_err(|cause| keys(cause.to_string()))?;
        Ok(Desk { client, signer })
    }

    /// A signed call; repeated when the line breaks, which every control call bears.
    pub async fn call(&self, method: &Method, path: &str, body: &str) -> Result<Reply, DemoError> {
        let mut last = String::new();
        for _ in 0..TRIES {
            let request = self
                .signed((method, path, body), Utc::now())
                .map_err(|cause| DemoError::Bank(cause.to_string()))?;
            match self.client.call(&request).await {
                Outcome::Replied(reply) if reply.status == 200 => return Ok(reply),
                Outcome::Replied(reply) => last = format!("{path}: answer {}", reply.status),
                Outcome::NotSent { cause } | Outcome::Broken { cause, .. } => {
                    last = format!("{path}: {cause}")
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        Err(DemoError::Bank(last))
    }

    fn signed(
        &self,
        (method, path, body): (&Method, &str, &str),
        now: DateTime<Utc>,
    ) -> Result<Request, HttpMessageError> {
        let mut headers = Vec::new();
        let mut components = vec!["\"@method\"", "\"@target-uri\"", "\"@authority\""];
        if !body.is_empty() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            headers
                .push(("content-digest".to_owned(), write_digest(DigestAlgorithm::Sha256, body.as_bytes())));
            headers.push(("idempotency-key".to_owned(), format!("\"control-{}\"", now.timestamp_micros())));
            components.extend(["\"content-digest\"", "\"content-type\"", "\"idempotency-key\""]);
        }
        components.push("\"date\"");
        headers.push(("date".to_owned(), now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        let recipe = self.recipe(&components, now)?;
        let target_uri = self.client.target_uri(path);
        let view = MessageView::Request(RequestView {
            method: method.as_str(),
            target_uri: &target_uri,
            headers: &headers,
            body: body.as_bytes(),
        });
        let algorithm = algorithm_of(self.signer.verifying_key().kind());
        let fields = sign_now(&view, &recipe, &self.signer, algorithm)?;
        headers.push(("signature-input".to_owned(), fields.signature_input));
        headers.push(("signature".to_owned(), fields.signature));
        let body = Bytes::from(body.to_owned());
        Ok(Request { method: method.clone(), path_and_query: path.to_owned(), headers, body })
    }

    fn recipe(&self, components: &[&str], now: DateTime<Utc>) -> Result<Recipe, HttpMessageError> {
        let mut nonce = [0u8; 16];
        // Without random octets the nonce is the time's; the bank refuses a repeated one.
        if SystemRandom::new().fill(&mut nonce).is_err() {
            nonce = i128::from(now.timestamp_micros()).to_be_bytes();
        }
        let key = self.signer.verifying_key();
        Ok(Recipe {
            label: "sig1".to_owned(),
            components: components.iter().map(|text| Component::parse(text)).collect::<Result<_, _>>()?,
            parameters: vec![
                Parameter::Created(now.timestamp()),
                Parameter::Expires(now.timestamp() + 300),
                Parameter::Nonce(URL_SAFE_NO_PAD.encode(nonce)),
                Parameter::KeyId(key.spki_sha256()),
                Parameter::Alg(algorithm_of(key.kind()).http_name().to_owned()),
                Parameter::Tag("girogate-request".to_owned()),
            ],
        })
    }
}

/// Ends the bank's business day: statements follow.
pub async fn end_day(access: &Access) -> Result<String, DemoError> {
    let reply = Desk::new(access)?.call(&Method::POST, "/v1/sandbox/day-end", "{}").await?;
    Ok(String::from_utf8_lossy(&reply.body).into_owned())
}

/// One line of the bank's ledger.
#[derive(Clone, Debug)]
pub struct LedgerLine {
    /// Our instruction id, where the line is about an order of ours.
    pub instruction_id: Option<String>,
    /// A debit of the customer's account.
    pub debit: bool,
    /// Exact amount as text.
    pub amount: String,
    /// `payment`, `return`, `refund`, `fee` …
    pub kind: String,
}

/// The bank's whole ledger.
pub async fn ledger(setup: &Setup) -> Result<Vec<LedgerLine>, DemoError> {
    let desk = Desk::new(&Access::of(setup))?;
    let mut lines = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let reply = desk.call(&Method::GET, &format!("/v1/sandbox/ledger?after={after}"), "").await?;
        let before = lines.len();
        for text in String::from_utf8_lossy(&reply.body).lines().filter(|line| !line.is_empty()) {
            let value: Value =
                serde_json::from_str(text).map_err(|cause| DemoError::Bank(cause.to_string()))?;
            lines.push(line_of(&value));
        }
        let next =
            reply.headers.iter().find(|(name, _)| name == "next-cursor").map(|(_, value)| value.clone());
        match next {
            Some(next) if lines.len() > before && next != after => after = next,
            _ => return Ok(lines),
        }
    }
}

fn line_of(value: &Value) -> LedgerLine {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    LedgerLine {
        instruction_id: text("instruction_id"),
        debit: text("direction").as_deref() == Some("debit"),
        amount: text("amount").unwrap_or_default(),
        kind: text("kind").unwrap_or_default(),
    }
}
