//! HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530), for requests and responses.
//! Works on views of messages; knows no HTTP client and no server.

pub mod base;
pub mod component;
pub mod digest;
pub mod verify;

use super::key::{Algorithm, KeyError};

/// What the caller sees of a request. Names compare without regard to case.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// Method, in its own case.
    pub method: &'a str,
    /// Absolute URI that the request is meant for. A server builds it from its configured public
    /// address and the path received, never from the Host field alone.
    pub target_uri: &'a str,
    /// Fields in the order of the message, one entry per line.
    pub headers: &'a [(String, String)],
    /// Content octets exactly as sent.
    pub body: &'a [u8],
}

/// What the caller sees of a response.
#[derive(Debug, Clone, Copy)]
pub struct ResponseView<'a> {
    /// Status code.
    pub status: u16,
    /// Fields in the order of the message, one entry per line.
    pub headers: &'a [(String, String)],
    /// Content octets exactly as sent.
    pub body: &'a [u8],
    /// The request that it answers, as sent, with its signature fields; for components with `req`.
    pub request: Option<RequestView<'a>>,
}

/// Either kind of message.
#[derive(Debug, Clone, Copy)]
pub enum MessageView<'a> {
    /// A request.
    Request(RequestView<'a>),
    /// A response.
    Response(ResponseView<'a>),
}

impl<'a> MessageView<'a> {
    /// Fields of the message itself.
    pub fn headers(&self) -> &'a [(String, String)] {
        match self {
            MessageView::Request(request) => request.headers,
            MessageView::Response(response) => response.headers,
        }
    }

    /// Content of the message itself.
    pub fn body(&self) -> &'a [u8] {
        match self {
            MessageView::Request(request) => request.body,
            MessageView::Response(response) => response.body,
        }
    }
}

/// Why a message could not be signed, or was refused. When verifying, the sender must act, except
/// for `Component` in a policy of ours and `Key`, which the operator must look at.
#[derive(Debug, thiserror::Error)]
pub enum HttpMessageError {
    /// No signature fields.
    #[error("field '{field}' is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A signature field that is not a structured field dictionary of the wanted shape, or too long.
    #[error("field '{field}' is not readable: {cause}")]
    Damaged {
        /// The field.
        field: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// The same label or digest name twice.
    #[error("field '{field}' names '{key}' twice")]
    Duplicate {
        /// The field.
        field: &'static str,
        /// The dictionary key.
        key: String,
    },
    /// No signature under the label that we expect.
    #[error("no signature with label '{label}'")]
    LabelMissing {
        /// The label expected.
        label: String,
    },
    /// A component that RFC 9421 does not allow, or whose value cannot be made from the message.
    #[error("component {component}: {cause}")]
    Component {
        /// The component as written.
        component: String,
        /// What is wrong.
        cause: &'static str,
    },
    /// A component that our policy demands is not covered.
    #[error("component {component} is not covered by the signature")]
    NotCovered {
        /// The component demanded.
        component: String,
    },
    /// A signature parameter is missing, of the wrong type, or unknown.
    #[error("signature parameter '{parameter}': {cause}")]
    Parameter {
        /// Its name.
        parameter: String,
        /// What is wrong.
        cause: &'static str,
    },
    /// Made after now, beyond the tolerated difference of clocks.
    #[error("signature was made at {created_s}, in the future of {now_s}")]
    Future {
        /// Seconds since 1970.
        created_s: i64,
        /// Seconds since 1970.
        now_s: i64,
    },
    /// Made too long ago.
    #[error("signature was made at {created_s}, too long before {now_s}")]
    Stale {
        /// Seconds since 1970.
        created_s: i64,
        /// Seconds since 1970.
        now_s: i64,
    },
    /// Its own end has passed.
    #[error("signature expired at {expires_s}, now {now_s}")]
    Expired {
        /// Seconds since 1970.
        expires_s: i64,
        /// Seconds since 1970.
        now_s: i64,
    },
    /// A key id that we do not trust for this sender.
    #[error("key id '{key_id}' is not known")]
    UnknownKey {
        /// As received.
        key_id: String,
    },
    /// `alg` contradicts the algorithm that is fixed for the key.
    #[error("algorithm '{found}' where the key is fixed to {expected}")]
    AlgorithmMismatch {
        /// As received.
        found: String,
        /// As configured.
        expected: Algorithm,
    },
    /// A body without Content-Digest.
    #[error("message has a body but no content-digest")]
    DigestMissing,
    /// Content-Digest names no algorithm that we accept.
    #[error("content-digest has neither sha-256 nor sha-512")]
    DigestUnknown,
    /// The body is not the one that was signed.
    #[error("content-digest {algorithm} does not match the body")]
    DigestMismatch {
        /// `sha-256` or `sha-512`.
        algorithm: &'static str,
    },
    /// The key could not sign, or the signature does not verify.
    #[error("signature: {cause}")]
    Key {
        /// What the key said.
        cause: KeyError,
    },
}

impl HttpMessageError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            HttpMessageError::Missing { .. } => "http_signature.missing",
            HttpMessageError::Damaged { .. } => "http_signature.damaged",
            HttpMessageError::Duplicate { .. } => "http_signature.duplicate",
            HttpMessageError::LabelMissing { .. } => "http_signature.label_missing",
            HttpMessageError::Component { .. } => "http_signature.component",
            HttpMessageError::NotCovered { .. } => "http_signature.not_covered",
            HttpMessageError::Parameter { .. } => "http_signature.parameter",
            HttpMessageError::Future { .. } => "http_signature.future",
            HttpMessageError::Stale { .. } => "http_signature.stale",
            HttpMessageError::Expired { .. } => "http_signature.expired",
            HttpMessageError::UnknownKey { .. } => "http_signature.unknown_key",
            HttpMessageError::AlgorithmMismatch { .. } => "http_signature.algorithm",
            HttpMessageError::DigestMissing => "http_signature.digest_missing",
            HttpMessageError::DigestUnknown => "http_signature.digest_unknown",
            HttpMessageError::DigestMismatch { .. } => "http_signature.digest_mismatch",
            HttpMessageError::Key { cause: KeyError::Unverified } => "http_signature.unverified",
            HttpMessageError::Key { .. } => "http_signature.key",
        }
    }
}
