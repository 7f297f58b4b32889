//! A bank as data: how its calls are made, answered, retried and polled, and which rails it offers.
//! Never where one operator's instance of it is (addresses and keys are configuration), never any money.

pub mod cancellation;
pub mod definitions;
pub mod rails;
pub mod unknown;

use crate::messages::definitions::Definitions;
pub use cancellation::{CancellationRules, Recall};
use definitions::{DefinitionRules, Fetch};
use rails::{RailCoding, RailPatch};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use unknown::UnknownOutcome;

/// The profile of the reference bank that the sandbox plays.
pub const REFERENCE_PROFILE: &str = include_str!("../../../profiles/reference-rfc9421.toml");

/// What a bank profile says. Unknown keys are refused. All times are in the unit that the key names.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Rises with every change of the profile.
    pub version: u32,
    /// Stable id, like `reference-rfc9421`.
    pub id: String,
    /// What it describes.
    pub identity: Identity,
    /// Calls that hand over a message, in order.
    pub steps: Vec<Step>,
    /// What a message looks like.
    pub message: MessageRules,
    /// The operator's own definitions, if there are any.
    pub definitions: Option<DefinitionRules>,
    /// The same, loaded.
    pub chosen: Arc<Definitions>,
    /// Sizes and counts.
    pub limits: Limits,
    /// Deadlines and connections.
    pub http: Http,
    /// Signatures by the name that steps use: `request`, `request_without_body`, `response`, `callback`.
    pub signatures: BTreeMap<String, Signature>,
    /// What the statuses of answers mean.
    pub answers: Answers,
    /// What to do when nobody knows whether a message arrived.
    pub unknown: UnknownOutcome,
    /// How a cancellation is asked for; absent where the bank takes no such requests by message.
    pub cancellation: Option<CancellationRules>,
    /// How reports are fetched.
    pub polling: Polling,
    /// How reports are pushed.
    pub callback: Callback,
    /// How status codes are read.
    pub status: StatusRules,
    /// Dates as the bank counts them.
    pub dates: Dates,
    /// The rails offered, defaults of `rails.toml` filled in.
    pub rails: Vec<RailCoding>,
    /// Rows of the conformance kit that the bank claims to pass: scenario codes or families (`S1`, `S3`, `S16A`) and
    /// checks of the channel (`C1` …).
    pub conformance: Vec<String>,
}

/// What the profile describes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// For people.
    pub name: String,
    /// The document that the profile was written from.
    pub standard: String,
    /// Anything a reader should know.
    #[serde(default)]
    pub note: String,
}

/// One call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Name in facts, like `submit`.
    pub name: String,
    /// HTTP method.
    pub method: String,
    /// Path template; `{message_id}` is filled in.
    pub path: String,
    /// Whether this call can make money move. Only such a step can have an unknown outcome.
    pub takes_effect: bool,
    /// Of the body.
    pub content_type: String,
    /// Names of signatures, in the order in which they are made.
    #[serde(default)]
    pub signatures: Vec<String>,
    /// Header that carries the idempotency key, if the bank has one.
    #[serde(default)]
    pub idempotency: Option<Idempotency>,
    /// What is taken from the answer.
    #[serde(default)]
    pub captures: Vec<Capture>,
}

/// How the idempotency key is made and sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// Header field name in lower case.
    pub header: String,
    /// How the key is derived, so that the same octets always carry the same key.
    pub value: IdempotencyValue,
    /// Quoted as a structured-field string, or bare.
    pub quoted: bool,
}

/// Ways to derive an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdempotencyValue {
    /// The first 36 hexadecimal characters of the SHA-256 of the body.
    #[serde(rename = "body_sha256_hex36")]
    BodySha256Hex36,
    /// The message id.
    MessageId,
}

/// Something taken from an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// What it is, like `bank_reference`.
    pub name: String,
    /// JSON pointer into the answer's body.
    pub json: String,
}

/// What a message looks like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRules {
    /// Message definition, like `pain.001.001.09`.
    pub definition: String,
    /// Whether the UETR goes out.
    pub uetr: Uetr,
    /// What stands in `InitgPty`.
    pub initiating_party: InitiatingParty,
    /// What `BtchBookg` says when neither instruction nor rail does; absent leaves the element out.
    #[serde(default)]
    pub batch_booking: Option<bool>,
}

/// Whether the UETR goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uetr {
    /// In every transaction, where the message definition has it.
    Send,
    /// Never.
    Omit,
}

/// What stands in `InitgPty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitiatingParty {
    /// The name of the debtor of the first block.
    DebtorName,
    /// The tenant's name.
    Tenant,
}

/// Sizes and counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Most transactions in a message.
    pub payments_per_message: u32,
    /// Most transactions in a block.
    pub payments_per_block: u32,
    /// Largest sum of a block, in the block's currency.
    #[serde(deserialize_with = "rails::decimal")]
    pub sum_per_block: rust_decimal::Decimal,
    /// Largest message, in octets.
    pub octets_max: u64,
    /// How long a payout may wait for company.
    pub batch_wait_ms: u64,
    /// Calls at the same time.
    pub calls_in_parallel: u32,
}

/// Deadlines and connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// To open the connection.
    pub connect_ms: u64,
    /// For the TLS handshake.
    pub handshake_ms: u64,
    /// From the end of the request to the first octet of the answer.
    pub first_byte_ms: u64,
    /// For the whole exchange.
    pub total_ms: u64,
    /// A connection idle for less than this may be used again.
    pub keep_alive_ms: u64,
    /// Largest answer taken.
    pub reply_octets_max: u64,
}

/// How something is signed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The family.
    pub kind: SignatureKind,
    /// Label in the signature fields.
    pub label: String,
    /// Covered components in order, as RFC 9421 writes them: `"@method"`, `"@target-uri";req`.
    pub components: Vec<String>,
    /// Covered as well where the message has a request with a body (`;req`) or the field at all.
    #[serde(default)]
    pub components_if_present: Vec<String>,
    /// Left out where the message has no body, as with 204.
    #[serde(default)]
    pub components_of_body: Vec<String>,
    /// The `tag` parameter.
    pub tag: String,
    /// Algorithm name of the RFC 9421 registry, or `by_key`.
    pub algorithm: String,
    /// `expires` is `created` plus this.
    pub expires_s: u32,
    /// Tolerated difference of clocks when verifying.
    #[serde(default)]
    pub clock_skew_s: u32,
}

/// Families of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureKind {
    /// HTTP Message Signatures with Content-Digest.
    Rfc9421,
}

/// What the statuses of answers mean. A status in none of the lists proves nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The bank has the message.
    pub received: Vec<u16>,
    /// The bank refused it before processing: no money can move.
    pub refused_before_processing: Vec<u16>,
    /// The bank has a message of these ids already.
    pub duplicate: Vec<u16>,
    /// Nothing was processed; the same octets may come later (`Retry-After`).
    #[serde(default)]
    pub try_later: Vec<u16>,
}

/// How reports are fetched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polling {
    /// Path template; `{cursor}` is filled in.
    pub path: String,
    /// Between two polls that found nothing.
    pub interval_ms: u64,
    /// Header with the bank's id of the report, in lower case.
    pub report_id_header: String,
    /// Header with the kind of the report, in lower case.
    pub report_kind_header: String,
    /// Header with the next cursor, in lower case.
    pub next_cursor_header: String,
    /// Status that says that there is nothing more.
    pub nothing_more: u16,
}

/// How reports are pushed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Whether the bank pushes at all.
    pub enabled: bool,
    /// Header with the event's id, in lower case.
    pub event_id_header: String,
    /// Status that we answer once the event is durable.
    pub answer: u16,
}

/// How status codes are read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRules {
    /// What a partly accepted group says about transactions that its report does not list.
    pub unlisted: Unlisted,
    /// What an interbank report (pacs.002) that the bank relays says about our payout.
    pub relayed_pacs_002: RelayedStatus,
}

/// Meaning of transactions that a `PART` report does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlisted {
    /// They are accepted: the bank lists the exceptions only.
    Accepted,
    /// Nothing is said about them.
    Unknown,
}

/// Meaning of a relayed pacs.002.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelayedStatus {
    /// As good as a pain.002 of the bank's own.
    Status,
    /// Shown and stored; moves nothing.
    Information,
}

/// Dates as the bank counts them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// Zone of the bank's business date.
    #[serde(deserialize_with = "rails::zone")]
    pub time_zone: chrono_tz::Tz,
    /// Longest time ahead that a payout may be dated, in days.
    pub horizon_days: u32,
    /// Taken off each cut-off for our own work.
    pub cut_off_margin_s: u32,
    /// Days on which this bank is closed though its calendars are open.
    #[serde(default, deserialize_with = "rails::dates")]
    pub closed: Vec<chrono::NaiveDate>,
}

/// Why a profile was refused. The operator must correct it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML, a key that is not known, missing or of the wrong kind.
    #[error("line {line}, column {column}: {message}")]
    Shape {
        /// From 1.
        line: usize,
        /// Characters since the line feed, plus 1.
        column: usize,
        /// In words.
        message: String,
    },
    /// A rail for which neither the profile nor `rails.toml` has a value.
    #[error("rail {rail}: {key} is missing, and rails.toml has no default for it")]
    RailIncomplete {
        /// Its name.
        rail: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A definition that cannot be used; the message names its file and places.
    #[error("definitions: {message}")]
    Definition {
        /// In words.
        message: String,
    },
    /// Values that contradict each other.
    #[error("{key}: {message}")]
    Contradiction {
        /// Path of the key.
        key: String,
        /// In words.
        message: String,
    },
}

impl ProfileError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ProfileError::Shape { .. } => "profile.shape",
            ProfileError::RailIncomplete { .. } => "profile.rail_incomplete",
            ProfileError::Definition { .. } => "profile.definition",
            ProfileError::Contradiction { .. } => "profile.contradiction",
        }
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    id: String,
    #[serde(default)]
    conformance: Vec<String>,
    identity: Identity,
    #[serde(rename = "step")]
    steps: Vec<Step>,
    message: MessageRules,
    #[serde(default)]
    definitions: Option<DefinitionRules>,
    limits: Limits,
    http: Http,
    #[serde(rename = "signature")]
    signatures: BTreeMap<String, Signature>,
    answers: Answers,
    unknown: UnknownOutcome,
    #[serde(default)]
    cancellation: Option<CancellationRules>,
    polling: Polling,
    callback: Callback,
    status: StatusRules,
    dates: Dates,
    #[serde(rename = "rail")]
    rails: Vec<RailPatch>,
}

impl Profile {
    /// Parses a profile that has no definitions of the operator's own; one that has is refused.
    pub fn parse(text: &str) -> Result<Profile, ProfileError> {
        Profile::load(text, &|folder, file| Err(format!("{folder}/{file} cannot be read here")))
    }

    /// Parses a profile and loads its definitions; rails it offers take what they do not say from the embedded `rails.toml`.
    pub fn load(text: &str, fetch: Fetch<'_>) -> Result<Profile, ProfileError> {
        let file: File = rails::parse_toml(text)?;
        let profile = Profile {
            version: file.version,
            id: file.id,
            identity: file.identity,
            steps: file.steps,
            message: file.message,
            chosen: match &file.definitions {
                Some(rules) => Arc::new(rules.load(fetch)?),
                None => Arc::default(),
            },
            definitions: file.definitions,
            limits: file.limits,
            http: file.http,
            signatures: file.signatures,
            answers: file.answers,
            unknown: file.unknown,
            cancellation: file.cancellation,
            polling: file.polling,
            callback: file.callback,
            status: file.status,
            dates: file.dates,
            rails: rails::with_defaults(file.rails)?,
            conformance: file.conformance,
        };
        profile.check().map(|()| profile)
    }

    /// The coding of a rail, where the bank offers it.
    pub fn rail(&self, rail: crate::domain::payout::Rail) -> Option<&RailCoding> {
        self.rails.iter().find(|coding| coding.rail == rail)
    }

    fn check(&self) -> Result<(), ProfileError> {
        let contradiction = |key: &str, message: &str| {
            Err(ProfileError::Contradiction { key: key.to_owned(), message: message.to_owned() })
        };
        if self.version == 0 {
            return contradiction("version", "versions count from 1");
        }
        if !self.steps.iter().any(|step| step.takes_effect) {
            return contradiction("step", "no step takes effect, so nothing could ever be paid");
        }
        for name in self.steps.iter().flat_map(|step| &step.signatures) {
            if !self.signatures.contains_key(name) {
                return contradiction("step.signatures", &format!("there is no [signature.{name}]"));
            }
        }
        if let Some(rules) = &self.cancellation {
            rules.check(|name| self.signatures.contains_key(name))?;
        }
        if self.limits.payments_per_message == 0 || self.limits.payments_per_block == 0 {
            return contradiction("limits", "a message and a block hold at least one payment");
        }
        let overlapping = |status: &u16| {
            self.answers.refused_before_processing.contains(status) || self.answers.try_later.contains(status)
        };
        if self.answers.received.iter().chain(&self.answers.duplicate).any(overlapping) {
            return contradiction("answers", "one status has two meanings");
        }
        unknown::check(self)
    }
}
