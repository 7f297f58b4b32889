//! Who is calling and whether they signed it; and the bank's own signature under every answer and
//! callback. Source: the protocol "reference-rfc9421" (RFC 9421, RFC 9530). Never what is asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::rand::{SecureRandom, SystemRandom};

use super::config::{ClientSection, Config};
use super::problem::Problem;
use crate::net::server::PeerIdentity;
use crate::signing::certificate::{Certificate, CertificateError};
use crate::signing::http_message::base::{Parameter, Recipe, sign_now};
use crate::signing::http_message::component::Component;
use crate::signing::http_message::digest::{self, DigestAlgorithm};
use crate::signing::http_message::verify::{Policy, TrustedKey, verify};
use crate::signing::http_message::{HttpMessageError, MessageView, RequestView, ResponseView};
use crate::signing::key::{Algorithm, KeyError, Signer};

/// Where orders go. Source: the protocol.
pub const ORDERS: &str = "/v1/payments";
/// Where requests for cancellation (camt.055) go. Chosen by us, in the manner of orders.
pub const CANCELLATIONS: &str = "/v1/cancellations";
/// Validity of a signature, in seconds. Source: the protocol.
pub const SIGNATURE_S: i64 = 300;
/// Tolerated lead of a client's clock, in seconds. Chosen by us.
const SKEW_S: i64 = 30;
/// Greatest difference between `Date` and now, in seconds. Chosen by us: as a signature's age.
const DATE_S_MAX: u64 = 300;
/// Nonces kept before old ones are thrown out. Chosen by us.
const NONCES_SWEEP: usize = 10_000;
/// Label of every signature in the protocol.
const LABEL: &str = "sig1";
/// Octets in a nonce. Source: the protocol.
const NONCE_OCTETS: usize = 16;

const REQUEST_WITH_BODY: &[&str] =
    &["@method", "@target-uri", "@authority", "content-digest", "content-type", "idempotency-key", "date"];
const REQUEST_WITH_CONTROL: &[&str] =
    &["@method", "@target-uri", "@authority", "content-digest", "content-type", "date"];
const REQUEST_PLAIN: &[&str] = &["@method", "@target-uri", "@authority", "date"];
const CALLBACK: &[&str] =
    &["@method", "@target-uri", "@authority", "content-digest", "content-type", "date", "event-id"];

/// Why the bank's keys cannot be used. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// A client's certificate.
    #[error("client '{client}': {cause}")]
    Client {
        /// Its name.
        client: String,
        /// What is wrong.
        cause: CertificateError,
    },
    /// The bank's signing key.
    #[error("signing key: {0}")]
    Key(#[from] KeyError),
}

impl EnvelopeError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            EnvelopeError::Client { cause, .. } => cause.code(),
            EnvelopeError::Key(cause) => cause.code(),
        }
    }
}

/// A client as the bank knows it.
#[derive(Debug)]
pub struct Client {
    /// Name in the configuration.
    pub name: String,
    tls_spki_sha256: String,
    keys: Vec<TrustedKey>,
}

/// A request, whole.
#[derive(Debug)]
pub struct Call {
    /// Method.
    pub method: String,
    /// Path and query.
    pub path_and_query: String,
    /// Absolute URI under the bank's public address.
    pub target_uri: String,
    /// Fields in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Content.
    pub body: Vec<u8>,
}

impl Call {
    /// A field's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether it brings an order.
    pub fn is_order(&self) -> bool {
        self.method == "POST" && self.path() == ORDERS
    }

    /// Whether it asks for a cancellation.
    pub fn is_cancellation(&self) -> bool {
        self.method == "POST" && self.path() == CANCELLATIONS
    }

    /// Whether it asks what became of an order.
    pub fn is_inquiry(&self) -> bool {
        self.method == "GET" && self.path().starts_with(ORDERS)
    }

    /// The idempotency key without its quotes.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.header("idempotency-key").map(|value| value.trim_matches('"'))
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// The value of a query parameter, as written.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path_and_query.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    fn view(&self) -> RequestView<'_> {
        RequestView {
            method: &self.method,
            target_uri: &self.target_uri,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

/// What an answer consists of before it is signed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Fields besides Content-Type, Date, Content-Digest and the signature.
    pub headers: Vec<(&'static str, String)>,
    /// Content and its type; none for 204.
    pub content: Option<(&'static str, Vec<u8>)>,
}

impl Answer {
    /// An answer with content.
    pub fn of(status: u16, content_type: &'static str, body: Vec<u8>) -> Answer {
        Answer { status, headers: Vec::new(), content: Some((content_type, body)) }
    }
}

impl From<&Problem> for Answer {
    fn from(problem: &Problem) -> Answer {
        let mut answer = Answer::of(problem.status, "application/problem+json", problem.body());
        if let Some(seconds) = problem.retry_after_s {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        answer
    }
}

/// Verifies requests and signs answers and callbacks.
pub struct Envelope {
    clients: Vec<Arc<Client>>,
    signer: Signer,
    algorithm: Algorithm,
    key_id: String,
    random: SystemRandom,
    nonces: Mutex<BTreeMap<(String, String), i64>>,
}

impl Envelope {
    /// Reads certificates and the signing key.
    pub fn open(config: &Config) -> Result<Envelope, EnvelopeError> {
        let signer = Signer::read_file(&config.keys.signing_key)?;
        let key_id = signer.verifying_key().spki_sha256();
        let clients = config.client.iter().map(|section| client(section).map(Arc::new));
        Ok(Envelope {
            clients: clients.collect::<Result<_, _>>()?,
            algorithm: algorithm_of(signer.verifying_key().kind()),
            signer,
            key_id,
            random: SystemRandom::new(),
            nonces: Mutex::new(BTreeMap::new()),
        })
    }

    /// The client behind a verified connection.
    pub fn client_of(&self, peer: Option<&PeerIdentity>) -> Result<Arc<Client>, Problem> {
        let spki = peer.map(|peer| peer.spki_sha256.as_str()).unwrap_or_default();
        let found = self.clients.iter().find(|client| client.tls_spki_sha256 == spki);
        found.cloned().ok_or_else(|| {
            Problem::new(
                401,
                "client",
                "the client is not known",
                "the certificate belongs to no client of this bank",
            )
        })
    }

    /// Whether a request is signed by this client, now, and for the first time.
    pub fn verify(&self, client: &Client, call: &Call, now: DateTime<Utc>) -> Result<(), Problem> {
        let names = match (call.body.is_empty(), call.is_order() || call.is_cancellation()) {
            (true, _) => REQUEST_PLAIN,
            (false, true) => REQUEST_WITH_BODY,
            (false, false) => REQUEST_WITH_CONTROL,
        };
        let policy = Policy {
            label: LABEL,
            tag: Some("girogate-request"),
            required: &components(names),
            age_s_max: SIGNATURE_S,
            skew_s: SKEW_S,
            now,
            keys: &client.keys,
        };
        check_date(call, now)?;
        let verified = verify(&MessageView::Request(call.view()), &policy)
            .map_err(|error| Problem::signature(format!("{}: {error}", error.code())))?;
        let nonce = verified.nonce.ok_or_else(|| Problem::signature("the signature has no nonce"))?;
        self.first_time((client.name.clone(), nonce), verified.created_s, now.timestamp())
    }

    fn first_time(&self, nonce: (String, String), created_s: i64, now_s: i64) -> Result<(), Problem> {
        // A map of nonces is whole after any single change.
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if nonces.len() >= NONCES_SWEEP {
            nonces.retain(|_, created_s| now_s.saturating_sub(*created_s) <= SIGNATURE_S + SKEW_S);
        }
        match nonces.insert(nonce, created_s) {
            None => Ok(()),
            Some(_) => Err(Problem::signature("http_signature.replay: this nonce was used before")),
        }
    }

    /// The fields of a signed answer, all of them.
    pub fn sign_answer(
        &self,
        answer: &Answer,
        call: &Call,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, String)>, HttpMessageError> {
        let mut headers = plain_fields(answer, now);
        let mut names = vec!["@status"];
        if answer.content.is_some() {
            names.extend(["content-digest", "content-type"]);
        }
        names.extend(["@method;req", "@target-uri;req"]);
        if call.header("signature").is_some() {
            names.push("signature;req");
        }
        if call.header("content-digest").is_some() {
            names.push("content-digest;req");
        }
        let own = ["report-id", "report-kind", "next-cursor"];
        names.extend(own.iter().filter(|name| answer.headers.iter().any(|(found, _)| found == *name)));
        let body = answer.content.as_ref().map(|(_, body)| body.as_slice()).unwrap_or_default();
        let view =
            ResponseView { status: answer.status, headers: &headers, body, request: Some(call.view()) };
        let recipe = self.recipe(&names, "girogate-response", now);
        let fields = sign_now(&MessageView::Response(view), &recipe, &self.signer, self.algorithm)?;
        headers.push(("signature-input".to_owned(), fields.signature_input));
        headers.push(("signature".to_owned(), fields.signature));
        Ok(headers)
    }

    /// The fields of a signed callback.
    pub fn sign_callback(
        &self,
        callback: &Callback<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, String)>, HttpMessageError> {
        let mut headers = callback.fields(now);
        let view = RequestView {
            method: "POST",
            target_uri: callback.target_uri,
            headers: &headers,
            body: callback.body,
        };
        let recipe = self.recipe(CALLBACK, "girogate-callback", now);
        let fields = sign_now(&MessageView::Request(view), &recipe, &self.signer, self.algorithm)?;
        headers.push(("signature-input".to_owned(), fields.signature_input));
        headers.push(("signature".to_owned(), fields.signature));
        Ok(headers)
    }

    fn recipe(&self, names: &[&str], tag: &str, now: DateTime<Utc>) -> Recipe {
        let created_s = now.timestamp();
        Recipe {
            label: LABEL.to_owned(),
            components: components(names),
            parameters: vec![
                Parameter::Created(created_s),
                Parameter::Expires(created_s + SIGNATURE_S),
                Parameter::Nonce(self.nonce()),
                Parameter::KeyId(self.key_id.clone()),
                Parameter::Alg(self.algorithm.http_name().to_owned()),
                Parameter::Tag(tag.to_owned()),
            ],
        }
    }

    fn nonce(&self) -> String {
        let mut octets = [0u8; NONCE_OCTETS];
        self.random.fill(&mut octets).expect("the operating system gives random octets");
        URL_SAFE_NO_PAD.encode(octets)
    }
}

/// A report on its way to a client's callback address.
#[derive(Clone, Copy, Debug)]
pub struct Callback<'a> {
    /// Absolute URI of the callback address.
    pub target_uri: &'a str,
    /// Unique per document.
    pub event_id: &'a str,
    /// The document.
    pub body: &'a [u8],
}

impl Callback<'_> {
    /// The fields without a signature.
    pub fn fields(&self, now: DateTime<Utc>) -> Vec<(String, String)> {
        vec![
            ("content-type".to_owned(), "application/xml".to_owned()),
            ("content-digest".to_owned(), digest::write(DigestAlgorithm::Sha256, self.body)),
            ("date".to_owned(), http_date(now)),
            ("event-id".to_owned(), self.event_id.to_owned()),
        ]
    }
}

/// The fields of an answer without its signature.
pub fn plain_fields(answer: &Answer, now: DateTime<Utc>) -> Vec<(String, String)> {
    let mut headers = vec![("date".to_owned(), http_date(now))];
    if let Some((content_type, body)) = &answer.content {
        headers.push(("content-type".to_owned(), (*content_type).to_owned()));
        headers.push(("content-digest".to_owned(), digest::write(DigestAlgorithm::Sha256, body)));
    }
    headers.extend(answer.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    headers
}

/// A date as HTTP writes it. Source: RFC 9110, section 5.6.7.
pub fn http_date(now: DateTime<Utc>) -> String {
    now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn check_date(call: &Call, now: DateTime<Utc>) -> Result<(), Problem> {
    let date = call.header("date").ok_or_else(|| Problem::signature("the request has no date"))?;
    let date = chrono::NaiveDateTime::parse_from_str(date, "%a, %d %b %Y %H:%M:%S GMT")
        .map_err(|_| Problem::signature("the date is not an HTTP date"))?;
    if now.timestamp().abs_diff(date.and_utc().timestamp()) > DATE_S_MAX {
        return Err(Problem::signature(format!("the date is more than {DATE_S_MAX} seconds from now")));
    }
    Ok(())
}

fn components(names: &[&str]) -> Vec<Component> {
    names
        .iter()
        .map(|name| Component::parse(name).expect("the protocol's components are well-formed"))
        .collect()
}

fn client(section: &ClientSection) -> Result<Client, EnvelopeError> {
    let wrong = |cause| EnvelopeError::Client { client: section.name.clone(), cause };
    let tls = Certificate::read_file(&section.tls_certificate).map_err(wrong)?;
    let signing = Certificate::read_file(&section.signing_certificate).map_err(wrong)?;
    let key = signing.verifying_key().map_err(wrong)?;
    let trusted = TrustedKey { key_id: signing.spki_sha256(), algorithm: algorithm_of(key.kind()), key };
    Ok(Client { name: section.name.clone(), tls_spki_sha256: tls.spki_sha256(), keys: vec![trusted] })
}

fn algorithm_of(kind: crate::signing::key::KeyKind) -> Algorithm {
    let fits = Algorithm::ALL.into_iter().find(|algorithm| algorithm.key_kind() == kind);
    fits.expect("each kind of key has an algorithm")
}
