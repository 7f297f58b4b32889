//! Judging a signed document: what it refers to, whether it is unchanged, and whose pinned key signed it.
//! Callers read what was signed only from [`Verified::signed_octets`], never from the document received.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::structure::{self, Structure};
use super::{Hashing, SIGNATURE, VerifyError};
use crate::signing::c14n::walk::canonicalise;
use crate::signing::c14n::{Extent, Order, Walked, decode};
use crate::signing::certificate::Certificate;
use crate::signing::key::{Algorithm, KeyError, hex};

/// What a valid signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The element that was signed, such as `/Document`: always the root, with everything in it but the signature.
    pub signed_path: String,
    /// SHA-256 of the canonical octets, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// How it was signed.
    pub algorithm: Algorithm,
    /// SHA-256 of the pinned certificate whose key signed, 64 lower-case hexadecimal digits.
    pub certificate_fingerprint: String,
    /// Subject of that certificate, for people only.
    pub certificate_subject: String,
    prefixes: Vec<String>,
    extent: Extent,
}

impl Verified {
    /// The canonical octets that were signed, made from the same document once more; `DigestMismatch` if it is another one.
    pub fn signed_octets(&self, document: &[u8]) -> Result<Vec<u8>, VerifyError> {
        let text = decode(document)?;
        let mut octets = Vec::with_capacity(text.len());
        canonicalise(&text, &document_order(&self.prefixes, self.extent), &mut octets)?;
        let digest = ring::digest::digest(&ring::digest::SHA256, &octets);
        if hex(digest.as_ref()) == self.digest { Ok(octets) } else { Err(VerifyError::DigestMismatch) }
    }
}

/// Verifies a document against pinned certificates, which must hold at `as_of`.
pub fn verify(
    document: &[u8],
    pinned: &[Certificate],
    as_of: DateTime<Utc>,
) -> Result<Verified, VerifyError> {
    if pinned.is_empty() {
        return Err(VerifyError::NoCertificates);
    }
    let text: Cow<'_, str> = decode(document)?;
    // Most signatures refer to the whole document and list no prefixes: then this pass is the only one.
    let mut hashing = Hashing::new();
    let walked = canonicalise(&text, &document_order(&[], Extent::Document), &mut hashing)?;
    let mut digest = hashing.finish();
    let (element, said) = read_signature(&text, &walked)?;
    let extent = referred(&said, &walked)?;
    let same_extent = extent == Extent::Document || walked.outer_instructions == 0;
    if !said.document_prefixes.is_empty() || !same_extent {
        let mut hashing = Hashing::new();
        canonicalise(&text, &document_order(&said.document_prefixes, extent), &mut hashing)?;
        digest = hashing.finish();
    }
    // Both values are known to the sender, so comparing them needs no constant time.
    if digest.as_ref() != said.digest.as_slice() {
        return Err(VerifyError::DigestMismatch);
    }
    let certificate = check_signature(element, &said, pinned)?;
    certificate.check_signature_usage()?;
    certificate.check_validity(as_of)?;
    Ok(Verified {
        signed_path: format!("/{}", walked.root),
        digest: hex(digest.as_ref()),
        algorithm: said.algorithm,
        certificate_fingerprint: certificate.fingerprint_sha256(),
        certificate_subject: certificate.subject().to_owned(),
        prefixes: said.document_prefixes,
        extent,
    })
}

fn document_order(prefixes: &[String], extent: Extent) -> Order<'_> {
    Order { prefixes, extent, omit: Some(SIGNATURE), ..Order::WHOLE }
}

/// The one Signature element and what it says.
fn read_signature<'t>(text: &'t str, walked: &Walked<'_>) -> Result<(&'t str, Structure), VerifyError> {
    let omitted = match walked.omitted.as_slice() {
        [] => return Err(VerifyError::NoSignature),
        [omitted] => omitted,
        several => return Err(VerifyError::ManySignatures { found: several.len() }),
    };
    let element = text.get(omitted.range.clone()).unwrap_or_default();
    if omitted.depth == 0 {
        return Err(VerifyError::NotEnveloped);
    }
    let said = structure::read(element, &omitted.scope)?;
    Ok((element, said))
}

/// What the reference covers. An identifier must be the root's and nobody else's.
fn referred(said: &Structure, walked: &Walked<'_>) -> Result<Extent, VerifyError> {
    let refused = || VerifyError::Reference { uri: said.uri.clone() };
    if said.uri.is_empty() {
        return Ok(Extent::Document);
    }
    let id = said.uri.strip_prefix('#').filter(|id| !id.is_empty()).ok_or_else(refused)?;
    if !walked.root_ids.iter().any(|root_id| root_id == id) {
        return Err(refused());
    }
    if walked.root_ids_repeated > 0 || said.ids.iter().any(|other| walked.root_ids.contains(other)) {
        return Err(VerifyError::AmbiguousId { id: id.to_owned() });
    }
    Ok(Extent::Root)
}

/// Finds the pinned certificate whose key signed SignedInfo. KeyInfo can only narrow the choice.
fn check_signature<'c>(
    element: &str,
    said: &Structure,
    pinned: &'c [Certificate],
) -> Result<&'c Certificate, VerifyError> {
    let shown = |certificate: &&Certificate| {
        said.certificates.is_empty() || said.certificates.iter().any(|der| der == certificate.der())
    };
    let candidates: Vec<&Certificate> = pinned.iter().filter(shown).collect();
    if candidates.is_empty() {
        return Err(VerifyError::UnknownCertificate);
    }
    let signed_info = element.get(said.signed_info.clone()).unwrap_or_default();
    let scope: Vec<(&str, String)> =
        said.scope.iter().map(|(prefix, namespace)| (prefix.as_str(), namespace.clone())).collect();
    let order = Order { scope: &scope, prefixes: &said.signed_info_prefixes, ..Order::WHOLE };
    let mut canonical = Vec::new();
    canonicalise(signed_info, &order, &mut canonical)?;
    for certificate in candidates {
        match certificate.verifying_key()?.verify(said.algorithm, &canonical, &said.signature) {
            Ok(()) => return Ok(certificate),
            Err(KeyError::Unverified | KeyError::Mismatch { .. }) => {}
            Err(cause) => {
                let subject = certificate.subject().to_owned();
                return Err(crate::signing::certificate::CertificateError::Key { subject, cause }.into());
            }
        }
    }
    Err(VerifyError::Unverified)
}
