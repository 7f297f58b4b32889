//! XML Signature, the one form we make and accept: enveloped in the document, one reference to the whole
//! document or its root, exclusive canonicalisation, SHA-256 with RSA or ECDSA. Everything else is refused.
//! Source: W3C XML Signature Syntax and Processing 1.1. Keys come from pinned certificates, never from the document.

pub mod sign;
pub mod structure;
pub mod verify;

use std::io::{self, Write};

use super::c14n::{C14nError, ExpandedName};
use super::certificate::CertificateError;
use super::key::{Algorithm, KeyError};

/// Namespace of signatures. Source: XML Signature 1.1, section 1.3.
pub const DSIG_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The element that carries a signature.
pub const SIGNATURE: ExpandedName<'static> = ExpandedName { namespace: DSIG_NAMESPACE, local: "Signature" };
/// Exclusive canonicalisation without comments. Source: Exclusive XML Canonicalization 1.0, section 4.
pub const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// Transform that leaves the signature itself out. Source: XML Signature 1.1, section 6.6.4.
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Digest SHA-256. Source: XML Encryption 1.1, section 5.8.2.
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// RSA PKCS#1 v1.5 with SHA-256. Source: RFC 6931, section 2.3.2.
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// ECDSA with SHA-256, value r‖s. Source: RFC 6931, section 2.3.6.
pub const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// The signature methods that we make and accept.
pub const METHODS: [(&str, Algorithm); 2] =
    [(RSA_SHA256, Algorithm::RsaV15Sha256), (ECDSA_SHA256, Algorithm::EcdsaP256Sha256)];

/// Why a document could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The document is not one that we canonicalise; for whoever made it.
    #[error(transparent)]
    Document(#[from] C14nError),
    /// Only UTF-8 is signed, as the signature is put between the octets.
    #[error("document is not UTF-8 or has a byte order mark")]
    Encoding,
    /// It has a signature already.
    #[error("document has a signature already")]
    SignedAlready,
    /// The place is not there, or there more than once.
    #[error("place '{place}' is found {found} times in the document instead of once")]
    Place {
        /// As asked for.
        place: String,
        /// How often it was found.
        found: usize,
    },
    /// The certificate is unusable.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate is for another key.
    #[error("certificate '{subject}' does not belong to the key")]
    KeyMismatch {
        /// Subject of the certificate.
        subject: String,
    },
    /// The key is of a type without a signature method here, or could not sign.
    #[error("key: {0}")]
    Key(#[from] KeyError),
}

impl SignError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            SignError::Document(error) => error.code(),
            SignError::Encoding => "xmldsig.encoding",
            SignError::SignedAlready => "xmldsig.signed_already",
            SignError::Place { .. } => "xmldsig.place",
            SignError::Certificate(error) => error.code(),
            SignError::KeyMismatch { .. } => "xmldsig.key_mismatch",
            SignError::Key(error) => error.code(),
        }
    }
}

/// Why a document was refused. The sender must act, but for `NoCertificates` and `Certificate`, which are the operator's.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The document is not one that we canonicalise.
    #[error(transparent)]
    Document(#[from] C14nError),
    /// Nobody is trusted.
    #[error("no certificate to verify with")]
    NoCertificates,
    /// No signature.
    #[error("document has no signature")]
    NoSignature,
    /// More than one.
    #[error("document has {found} signatures instead of one")]
    ManySignatures {
        /// How many.
        found: usize,
    },
    /// The root element itself is a signature.
    #[error("signature is not enveloped in the document")]
    NotEnveloped,
    /// The signature is not of the one structure that we accept.
    #[error("signature: {element}: {cause}")]
    Structure {
        /// The element, by its name in the standard.
        element: String,
        /// What is wrong.
        cause: String,
    },
    /// An algorithm or transform outside the list of accepted ones.
    #[error("signature: {element}: '{found}' is not accepted")]
    Algorithm {
        /// The element that names it.
        element: &'static str,
        /// As received.
        found: String,
    },
    /// It refers to something other than the document or its root.
    #[error("reference '{uri}' is not to the document or its root")]
    Reference {
        /// As received.
        uri: String,
    },
    /// More than one element carries the identifier that is referred to.
    #[error("identifier '{id}' is carried by more than one element")]
    AmbiguousId {
        /// As received.
        id: String,
    },
    /// The document is not the one that was signed.
    #[error("digest does not match the document")]
    DigestMismatch,
    /// The certificate in the document is none of the pinned ones.
    #[error("certificate in the document is not a trusted one")]
    UnknownCertificate,
    /// The pinned certificate does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No trusted key made this signature.
    #[error("signature was not made by a trusted key")]
    Unverified,
}

impl VerifyError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            VerifyError::Document(error) => error.code(),
            VerifyError::NoCertificates => "xmldsig.no_certificates",
            VerifyError::NoSignature => "xmldsig.no_signature",
            VerifyError::ManySignatures { .. } => "xmldsig.many_signatures",
            VerifyError::NotEnveloped => "xmldsig.not_enveloped",
            VerifyError::Structure { .. } => "xmldsig.structure",
            VerifyError::Algorithm { .. } => "xmldsig.algorithm",
            VerifyError::Reference { .. } => "xmldsig.reference",
            VerifyError::AmbiguousId { .. } => "xmldsig.ambiguous_id",
            VerifyError::DigestMismatch => "xmldsig.digest_mismatch",
            VerifyError::UnknownCertificate => "xmldsig.unknown_certificate",
            VerifyError::Certificate(error) => error.code(),
            VerifyError::Unverified => "xmldsig.unverified",
        }
    }
}

/// SHA-256 of what is written to it.
struct Hashing(ring::digest::Context);

impl Hashing {
    fn new() -> Hashing {
        Hashing(ring::digest::Context::new(&ring::digest::SHA256))
    }

    fn finish(self) -> ring::digest::Digest {
        self.0.finish()
    }
}

impl Write for Hashing {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
