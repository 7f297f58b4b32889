//! Content-Digest: made for what we send, recomputed over what we received.
//! Source: RFC 9530, section 2. Nothing but sha-256 and sha-512 counts; the others are deprecated or unregistered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, SHA512, digest};
use sfv::{BareItem, ListEntry};

use super::HttpMessageError;
use super::base::{field_value, parse_dictionary};

/// Name of the field, lower case.
pub const CONTENT_DIGEST: &str = "content-digest";

/// Digest algorithms that we make and accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// Key in the dictionary. Source: RFC 9530, section 5.
    pub fn name(self) -> &'static str {
        match self {
            DigestAlgorithm::Sha256 => "sha-256",
            DigestAlgorithm::Sha512 => "sha-512",
        }
    }

    fn compute(self, body: &[u8]) -> ring::digest::Digest {
        match self {
            DigestAlgorithm::Sha256 => digest(&SHA256, body),
            DigestAlgorithm::Sha512 => digest(&SHA512, body),
        }
    }
}

/// The value of Content-Digest for a body, such as `sha-256=:…:`.
pub fn write(algorithm: DigestAlgorithm, body: &[u8]) -> String {
    format!("{}=:{}:", algorithm.name(), STANDARD.encode(algorithm.compute(body)))
}

/// Whether a message carries a digest, and that it fits the body. All accepted digests in the field must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// No such field.
    Absent,
    /// Present, and every accepted digest in it fits the body.
    Fits,
}

/// Compares Content-Digest with the raw octets of the body.
pub fn check(headers: &[(String, String)], body: &[u8]) -> Result<Presence, HttpMessageError> {
    let Some(value) = field_value(headers, CONTENT_DIGEST) else {
        return Ok(Presence::Absent);
    };
    let digests = parse_dictionary(CONTENT_DIGEST, &value)?;
    let mut known = 0;
    for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
        let Some(entry) = digests.get(algorithm.name()) else { continue };
        let ListEntry::Item(sfv::Item { bare_item: BareItem::ByteSequence(found), .. }) = entry else {
            return Err(HttpMessageError::Damaged {
                field: CONTENT_DIGEST,
                cause: "not a byte sequence".to_owned(),
            });
        };
        // Both values are public, so comparing them needs no constant time.
        if found.as_slice() != algorithm.compute(body).as_ref() {
            return Err(HttpMessageError::DigestMismatch { algorithm: algorithm.name() });
        }
        known += 1;
    }
    if known == 0 { Err(HttpMessageError::DigestUnknown) } else { Ok(Presence::Fits) }
}
