//! The command line's way to a running gateway: one request, one JSON answer, over mutual TLS.
//! Decides nothing; that a request may be repeated is known by its caller.

use crate::net::client::{Client, ClientError, Limits, Outcome, Reply, Request, Timeouts};
use crate::net::tls::{TlsError, TlsFiles, client_config};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::Value;
use std::time::Duration;

/// Deadlines of a call. Chosen by us: the answer to a thousand payouts waits for the disk, not for the bank.
const TIMEOUTS: Timeouts =
    Timeouts { connect_ms: 5_000, handshake_ms: 5_000, first_byte_ms: 60_000, total_ms: 120_000 };
/// Bounds of the connection. Chosen by us: an answer about a thousand payouts with a hundred findings each.
const LIMITS: Limits =
    Limits { reply_octets_max: 64 * 1024 * 1024, idle_connections_max: 4, keep_alive_ms: 20_000 };
/// Attempts of a request that may be repeated. Chosen by us.
const ATTEMPTS_MAX: u32 = 4;
/// Pause before the second attempt; each further one is twice as long. Chosen by us.
const PAUSE_MS: u64 = 250;

/// Where the gateway is, and who we are: the section `[client]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `https://host:port`.
    pub url: String,
    /// Our certificate and key, and the authority of the gateway's certificate.
    pub tls: TlsFiles,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Certificate, key or authority are not usable. The operator must correct the configuration.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is not usable. The operator must correct the configuration.
    #[error(transparent)]
    Address(#[from] ClientError),
    /// Nothing was sent: the gateway is not there, or does not let us in.
    #[error("the gateway cannot be reached: {cause}")]
    Unreachable {
        /// Why.
        cause: String,
    },
    /// The request left and no whole answer came. Whether it took effect is not known here.
    #[error("the gateway's answer did not come: {cause}")]
    Broken {
        /// Why.
        cause: String,
    },
    /// The answer is not what our API answers. Something else listens there.
    #[error("status {status} with a body that is not JSON")]
    Unreadable {
        /// HTTP status.
        status: u16,
    },
}

impl CallError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            CallError::Tls(cause) => cause.code(),
            CallError::Address(cause) => cause.code(),
            CallError::Unreachable { .. } => "gateway.unreachable",
            CallError::Broken { .. } => "gateway.broken",
            CallError::Unreadable { .. } => "gateway.unreadable",
        }
    }

    /// Whether the configuration is at fault, not the outside.
    pub fn is_configuration(&self) -> bool {
        matches!(self, CallError::Tls(_) | CallError::Address(_))
    }
}

/// An answer of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The body was stored by an earlier request with the same idempotency key.
    pub replayed: bool,
    /// The body.
    pub body: Value,
}

impl Answered {
    /// Whether the request was carried out.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Code and text of a problem document, as a person reads them.
    pub fn problem(&self) -> String {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        let (code, title, detail) = (text("code"), text("title"), text("detail"));
        match (code.is_empty(), detail.is_empty()) {
            (true, _) => format!("status {}", self.status),
            (false, true) => format!("{code}: {title}"),
            (false, false) => format!("{code}: {title} ({detail})"),
        }
    }
}

/// Calls one gateway.
#[derive(Debug)]
pub struct ApiClient {
    client: Client,
}

impl ApiClient {
    /// Reads certificate and key; calls nobody yet.
    pub fn new(settings: &Settings) -> Result<ApiClient, CallError> {
        let tls = client_config(&settings.tls)?;
        Ok(ApiClient { client: Client::new(&settings.url, tls, TIMEOUTS, LIMITS)? })
    }

    /// `GET`, repeated when it fails, because reading changes nothing.
    pub async fn read(&self, path_and_query: &str) -> Result<Answered, CallError> {
        self.repeat(&request(Method::GET, path_and_query, Vec::new(), Bytes::new())).await
    }

    /// `POST` of JSON under an idempotency key: the same key and body may be repeated, and are.
    pub async fn submit(
        &self,
        path: &str,
        idempotency_key: &str,
        body: Bytes,
    ) -> Result<Answered, CallError> {
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("idempotency-key".to_owned(), idempotency_key.to_owned()),
        ];
        self.repeat(&request(Method::POST, path, headers, body)).await
    }

    /// `POST` once.
    pub async fn post(&self, path: &str, content_type: &str, body: Bytes) -> Result<Answered, CallError> {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        self.once(&request(Method::POST, path, headers, body)).await
    }

    async fn repeat(&self, request: &Request) -> Result<Answered, CallError> {
        let mut pause = Duration::from_millis(PAUSE_MS);
        for _ in 1..ATTEMPTS_MAX {
            match self.once(request).await {
                // 503: the gateway itself does not know whether it took effect; the same key tells.
                Ok(answered) if answered.status == 503 => {}
                Err(CallError::Unreachable { .. } | CallError::Broken { .. }) => {}
                outcome => return outcome,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.once(request).await
    }

    async fn once(&self, request: &Request) -> Result<Answered, CallError> {
        match self.client.call(request).await {
            Outcome::Replied(reply) => answered(&reply),
            Outcome::NotSent { cause } => Err(CallError::Unreachable { cause }),
            Outcome::Broken { cause, .. } => Err(CallError::Broken { cause }),
        }
    }
}

fn request(method: Method, path_and_query: &str, headers: Vec<(String, String)>, body: Bytes) -> Request {
    Request { method, path_and_query: path_and_query.to_owned(), headers, body }
}

fn answered(reply: &Reply) -> Result<Answered, CallError> {
    let body = if reply.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&reply.body).map_err(|_| CallError::Unreadable { status: reply.status })?
    };
    let replayed =
        reply.headers.iter().any(|(name, value)| name == "idempotency-replayed" && value == "true");
    Ok(Answered { status: reply.status, replayed, body })
}

/// Path segments joined by `/`, each with everything escaped that is not unreserved. Source: RFC 3986, section 2.3.
pub fn path(segments: &[&str]) -> String {
    segments.iter().flat_map(|segment| ["/".to_owned(), escaped(segment)]).collect()
}

/// A query string with its `?`, or nothing where nothing is asked.
pub fn query(parameters: &[(&str, String)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(octet))
            }
            _ => escaped.push_str(&format!("%{octet:02X}")),
        }
    }
    escaped
}
