//! The link to one bank: requests are made and signed as its profile says, answers are judged.
//! Time and randomness are passed in; the only effect is `call`. Never decides what to do next.

use super::answers::{Asked, judge_inquiry_reply, judge_reply};
use super::delivery::{BankReply, Collected, Delivery, Inquiry};
use super::profile::{Idempotency, IdempotencyValue, Profile, ProfileError, Signature, Step};
use crate::net::client::{Client, Outcome, Reply, Request};
use crate::signing::http_message::base::{Parameter, Recipe, sign_now};
use crate::signing::http_message::component::Component;
use crate::signing::http_message::digest::{DigestAlgorithm, write as write_digest};
use crate::signing::http_message::verify::{Policy, TrustedKey, verify};
use crate::signing::http_message::{HttpMessageError, MessageView, RequestView, ResponseView};
use crate::signing::key::{Algorithm, KeyKind, Signer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hyper::Method;
use hyper::body::Bytes;

/// Longest wait that a bank may ask for, in seconds. Chosen by us; an absurd value is capped.
const RETRY_AFTER_S_MAX: u64 = 3_600;

/// Why a request cannot be made, or a profile not be used; for the operator.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The profile lacks something that the link needs.
    #[error("profile {profile}: {cause}")]
    Profile {
        /// Profile id.
        profile: String,
        /// What is missing or wrong.
        cause: String,
    },
    /// The profile itself.
    #[error(transparent)]
    ProfileText(#[from] ProfileError),
    /// The request could not be signed.
    #[error("signature: {0}")]
    Signature(#[from] HttpMessageError),
}

impl LinkError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            LinkError::Profile { .. } | LinkError::ProfileText(_) => "link.profile",
            LinkError::Signature(_) => "link.signature",
        }
    }
}

/// The time and the randomness of one request.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time.
    pub now: DateTime<Utc>,
    /// Unique value against replays.
    pub nonce: [u8; 16],
}

/// What a message is for; decides about the call that hands it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Payments (pain.001).
    Payments,
    /// A request for cancellation (camt.055).
    Cancellation,
}

/// What goes out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What it is for.
    pub purpose: Purpose,
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// The frozen octets.
    pub octets: Bytes,
    /// Lower-case hexadecimal SHA-256 of the octets.
    pub sha256_hex: String,
}

/// A signed request that can leave.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Step of the profile.
    pub step: String,
    /// Message it is about.
    pub message_id: String,
    /// The request.
    pub request: Request,
    /// Head as text, for evidence: method, target and fields with signatures.
    pub head: String,
}

/// One bank, its profile and its keys.
pub struct Link {
    bank: String,
    profile: Profile,
    client: Client,
    signer: Signer,
    algorithm: Algorithm,
    key_id: String,
    bank_keys: Vec<TrustedKey>,
    response_required: Vec<Component>,
    response_required_empty: Vec<Component>,
}

/// What a link is made of.
pub struct Parts {
    /// Bank id in the configuration.
    pub bank: String,
    /// Profile.
    pub profile: Profile,
    /// Client with our TLS identity.
    pub client: Client,
    /// Our signing key.
    pub signer: Signer,
    /// The bank's signing keys.
    pub bank_keys: Vec<TrustedKey>,
}

/// The algorithm that a key signs with by default.
pub fn algorithm_of(kind: KeyKind) -> Algorithm {
    match kind {
        KeyKind::P256 => Algorithm::EcdsaP256Sha256,
        KeyKind::Ed25519 => Algorithm::Ed25519,
        KeyKind::Rsa => Algorithm::RsaPssSha512,
    }
}

fn components(texts: &[String], without: &[String]) -> Result<Vec<Component>, HttpMessageError> {
    texts.iter().filter(|text| !without.contains(text)).map(|text| Component::parse(text)).collect()
}

impl Link {
    /// A link; everything that the profile promises is checked here, not at the first payment.
    pub fn new(parts: Parts) -> Result<Link, LinkError> {
        let Parts { bank, profile, client, signer, bank_keys } = parts;
        let lacks = |cause: &str| LinkError::Profile { profile: profile.id.clone(), cause: cause.to_owned() };
        let request =
            profile.signatures.get("request").ok_or_else(|| lacks("signature.request is missing"))?;
        let response =
            profile.signatures.get("response").ok_or_else(|| lacks("signature.response is missing"))?;
        profile
            .signatures
            .get("request_without_body")
            .ok_or_else(|| lacks("signature.request_without_body is missing"))?;
        if profile.steps.len() != 1 || !profile.steps.iter().all(|step| step.takes_effect) {
            return Err(lacks("exactly one step is supported, and it takes effect"));
        }
        let algorithm = match request.algorithm.as_str() {
            "by_key" => algorithm_of(signer.verifying_key().kind()),
            name => Algorithm::parse_http_name(name).ok_or_else(|| lacks("unknown signature algorithm"))?,
        };
        let response_required = components(&response.components, &[])?;
        let response_required_empty = components(&response.components, &response.components_of_body)?;
        let key_id = signer.verifying_key().spki_sha256();
        Ok(Link {
            bank,
            client,
            signer,
            algorithm,
            key_id,
            bank_keys,
            response_required,
            response_required_empty,
            profile,
        })
    }

    /// Bank id in the configuration.
    pub fn bank(&self) -> &str {
        &self.bank
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The call that hands over what is of this purpose.
    fn step_of(&self, purpose: Purpose) -> Option<&Step> {
        match purpose {
            Purpose::Payments => self.profile.steps.first(),
            Purpose::Cancellation => self.profile.cancellation.as_ref().map(|rules| &rules.step),
        }
    }

    /// Prepares the submission of a message.
    pub fn prepare(&self, outgoing: &Outgoing, moment: Moment) -> Result<Prepared, LinkError> {
        let Some(step) = self.step_of(outgoing.purpose) else {
            return Err(LinkError::Profile { profile: self.profile.id.clone(), cause: "no step".to_owned() });
        };
        let mut headers = vec![
            ("content-type".to_owned(), step.content_type.clone()),
            ("content-digest".to_owned(), write_digest(DigestAlgorithm::Sha256, &outgoing.octets)),
        ];
        headers
            .extend(step.idempotency.as_ref().map(|idempotency| idempotency_header(idempotency, outgoing)));
        self.finish(step, outgoing, (headers, outgoing.octets.clone()), moment)
    }

    fn finish(
        &self,
        step: &Step,
        outgoing: &Outgoing,
        (headers, body): (Vec<(String, String)>, Bytes),
        moment: Moment,
    ) -> Result<Prepared, LinkError> {
        let method = Method::from_bytes(step.method.as_bytes()).map_err(|_| LinkError::Profile {
            profile: self.profile.id.clone(),
            cause: "unknown method".to_owned(),
        })?;
        let path = step.path.replace("{message_id}", &outgoing.message_id);
        self.signed(
            &step.name,
            &outgoing.message_id,
            Request { method, path_and_query: path, headers, body },
            moment,
        )
    }

    /// Prepares a call without a body.
    fn prepare_get(
        &self,
        (name, message_id, path): (&str, &str, String),
        moment: Moment,
    ) -> Result<Prepared, LinkError> {
        let request =
            Request { method: Method::GET, path_and_query: path, headers: Vec::new(), body: Bytes::new() };
        self.signed(name, message_id, request, moment)
    }

    /// Prepares any other call; the caller brings the fields that the profile's signature covers.
    pub fn prepare_call(&self, request: Request, moment: Moment) -> Result<Prepared, LinkError> {
        self.signed("call", "", request, moment)
    }

    fn signed(
        &self,
        step: &str,
        message_id: &str,
        mut request: Request,
        moment: Moment,
    ) -> Result<Prepared, LinkError> {
        request.headers.push(("date".to_owned(), moment.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        let name = if request.body.is_empty() { "request_without_body" } else { "request" };
        let Some(signature) = self.profile.signatures.get(name) else {
            return Err(LinkError::Profile {
                profile: self.profile.id.clone(),
                cause: format!("signature.{name} is missing"),
            });
        };
        let target_uri = self.client.target_uri(&request.path_and_query);
        let recipe = self.recipe(signature, moment)?;
        let view = MessageView::Request(RequestView {
            method: request.method.as_str(),
            target_uri: &target_uri,
            headers: &request.headers,
            body: &request.body,
        });
        let fields = sign_now(&view, &recipe, &self.signer, self.algorithm)?;
        request.headers.push(("signature-input".to_owned(), fields.signature_input));
        request.headers.push(("signature".to_owned(), fields.signature));
        let head = head_text(&format!("{} {target_uri}", request.method), &request.headers);
        Ok(Prepared { step: step.to_owned(), message_id: message_id.to_owned(), request, head })
    }

    fn recipe(&self, signature: &Signature, moment: Moment) -> Result<Recipe, LinkError> {
        let created = moment.now.timestamp();
        Ok(Recipe {
            label: signature.label.clone(),
            components: components(&signature.components, &[])?,
            parameters: vec![
                Parameter::Created(created),
                Parameter::Expires(created + i64::from(signature.expires_s)),
                Parameter::Nonce(URL_SAFE_NO_PAD.encode(moment.nonce)),
                Parameter::KeyId(self.key_id.clone()),
                Parameter::Alg(self.algorithm.http_name().to_owned()),
                Parameter::Tag(signature.tag.clone()),
            ],
        })
    }

    /// The one effect: hands a prepared request to the connection and waits for the reply.
    pub async fn call(&self, prepared: &Prepared) -> Outcome {
        self.client.call(&prepared.request).await
    }

    /// Judges the outcome of a submission.
    pub fn judge(&self, prepared: &Prepared, outcome: Outcome, now: DateTime<Utc>) -> Delivery {
        match outcome {
            Outcome::NotSent { cause } => Delivery::NotSent { cause, reply: None, retry_after_s: None },
            Outcome::Broken { cause, bytes_left } => {
                Delivery::Unknown { cause, bytes_left, reply: None, oddity: None }
            }
            Outcome::Replied(reply) => self.judge_reply(prepared, &reply, now),
        }
    }

    fn judge_reply(&self, prepared: &Prepared, reply: &Reply, now: DateTime<Utc>) -> Delivery {
        let asked = Asked {
            message_id: &prepared.message_id,
            body_octets: prepared.request.body.len() as u64,
            retry_after_s: retry_after(reply, now),
        };
        judge_reply(&self.profile, asked, self.authenticated(prepared, reply, now))
    }

    /// Prepares an inquiry by our own message id; `None` where the bank offers none.
    pub fn prepare_inquiry(
        &self,
        (purpose, message_id): (Purpose, &str),
        moment: Moment,
    ) -> Option<Result<Prepared, LinkError>> {
        let template = match purpose {
            Purpose::Payments => self.profile.unknown.inquiry_path.as_ref(),
            Purpose::Cancellation => self.profile.cancellation.as_ref()?.inquiry_path.as_ref(),
        };
        let path = template?.replace("{message_id}", message_id);
        Some(self.prepare_get(("inquiry", message_id, path), moment))
    }

    /// Judges the outcome of an inquiry.
    pub fn judge_inquiry(&self, prepared: &Prepared, outcome: Outcome, now: DateTime<Utc>) -> Inquiry {
        let reply = match outcome {
            Outcome::Replied(reply) => reply,
            Outcome::NotSent { cause } | Outcome::Broken { cause, .. } => return Inquiry::Failed { cause },
        };
        judge_inquiry_reply(&self.profile, self.authenticated(prepared, &reply, now))
    }

    /// Prepares the fetching of the next report.
    pub fn prepare_collect(&self, cursor: &str, moment: Moment) -> Result<Prepared, LinkError> {
        let path = self.profile.polling.path.replace("{cursor}", &query_escape(cursor));
        self.prepare_get(("collect", "", path), moment)
    }

    /// Judges what a fetch brought.
    pub fn judge_collect(&self, prepared: &Prepared, outcome: Outcome, now: DateTime<Utc>) -> Collected {
        let polling = &self.profile.polling;
        let reply = match outcome {
            Outcome::Replied(reply) => reply,
            Outcome::NotSent { cause } | Outcome::Broken { cause, .. } => return Collected::Failed { cause },
        };
        let judged = self.authenticated(prepared, &reply, now);
        if let Err(cause) = &judged.authenticated {
            return Collected::Failed {
                cause: format!("answer {} is not authenticated: {cause}", reply.status),
            };
        }
        if reply.status == polling.nothing_more {
            return Collected::Nothing;
        }
        let cursor = header(&reply, &polling.next_cursor_header);
        match (reply.status, cursor) {
            (200, Some(next_cursor)) => Collected::Report { reply: judged, next_cursor },
            (200, None) => Collected::Failed { cause: "the report names no next cursor".to_owned() },
            (status, _) => Collected::Failed { cause: format!("answer {status}") },
        }
    }

    /// Verifies an answer against the request it answers.
    fn authenticated(&self, prepared: &Prepared, reply: &Reply, now: DateTime<Utc>) -> BankReply {
        let target_uri = self.client.target_uri(&prepared.request.path_and_query);
        let request = RequestView {
            method: prepared.request.method.as_str(),
            target_uri: &target_uri,
            headers: &prepared.request.headers,
            body: &prepared.request.body,
        };
        let response = ResponseView {
            status: reply.status,
            headers: &reply.headers,
            body: &reply.body,
            request: Some(request),
        };
        let verdict = match self.required(&prepared.request, reply) {
            Ok(required) => self.verify_response(&MessageView::Response(response), &required, now),
            Err(cause) => Err(cause.to_string()),
        };
        BankReply {
            status: reply.status,
            head: head_text(&format!("HTTP {}", reply.status), &reply.headers),
            content_type: header(reply, "content-type").map(|kind| media_type(&kind)),
            body: reply.body.clone(),
            authenticated: verdict,
        }
    }

    fn required(&self, request: &Request, reply: &Reply) -> Result<Vec<Component>, HttpMessageError> {
        let base =
            if reply.body.is_empty() { &self.response_required_empty } else { &self.response_required };
        let mut required = base.clone();
        let optional = self
            .profile
            .signatures
            .get("response")
            .map(|s| s.components_if_present.as_slice())
            .unwrap_or_default();
        for text in optional {
            let component = Component::parse(text)?;
            let present = if text.ends_with(";req") {
                request.headers.iter().any(|(name, _)| name == component.name())
            } else {
                header(reply, component.name()).is_some()
            };
            if present {
                required.push(component);
            }
        }
        Ok(required)
    }

    fn verify_response(
        &self,
        view: &MessageView<'_>,
        required: &[Component],
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let Some(signature) = self.profile.signatures.get("response") else {
            return Err("the profile knows no signature of answers".to_owned());
        };
        let policy = Policy {
            label: &signature.label,
            tag: Some(&signature.tag),
            required,
            age_s_max: i64::from(signature.expires_s),
            skew_s: i64::from(signature.clock_skew_s),
            now,
            keys: &self.bank_keys,
        };
        verify(view, &policy).map(|_| ()).map_err(|cause| cause.to_string())
    }
}

fn idempotency_header(idempotency: &Idempotency, outgoing: &Outgoing) -> (String, String) {
    let value = match idempotency.value {
        IdempotencyValue::BodySha256Hex36 => {
            outgoing.sha256_hex.get(..36).unwrap_or(&outgoing.sha256_hex).to_owned()
        }
        IdempotencyValue::MessageId => outgoing.message_id.clone(),
    };
    let value = if idempotency.quoted { format!("\"{value}\"") } else { value };
    (idempotency.header.clone(), value)
}

/// The head of a message as evidence.
fn head_text(first: &str, headers: &[(String, String)]) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(first);
    text.push('\n');
    for (name, value) in headers {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push('\n');
    }
    text
}

fn header(reply: &Reply, name: &str) -> Option<String> {
    reply.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Seconds, or a date (RFC 9110, section 10.2.3); what is past asks for no wait, an absurd one is capped, anything else
/// is ignored.
fn retry_after(reply: &Reply, now: DateTime<Utc>) -> Option<u64> {
    let text = header(reply, "retry-after")?;
    let text = text.trim();
    let seconds = text.parse::<u64>().ok().or_else(|| {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        Some(u64::try_from(date.to_utc().signed_duration_since(now).num_seconds()).unwrap_or(0))
    });
    seconds.map(|seconds| seconds.min(RETRY_AFTER_S_MAX))
}

fn query_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(octet as char);
        } else {
            escaped.push_str(&format!("%{octet:02X}"));
        }
    }
    escaped
}
