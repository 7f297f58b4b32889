//! X.509 certificates: what they say, when they hold, which key they carry.
//! No chains and no trust: TLS checks chains in `net`, signatures pin the certificate itself.

use std::path::Path;

use chrono::{DateTime, Utc};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

use super::key::{KeyError, VerifyingKey, hex};
use super::pem::{self, PemError};

/// Why a certificate cannot be used; for the operator, or for the party whose certificate it is.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file is unusable.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// Not an X.509 certificate in DER.
    #[error("not an X.509 certificate: {cause}")]
    Damaged {
        /// What is wrong with it.
        cause: String,
    },
    /// The key inside is of a type we do not use, or too short.
    #[error("certificate '{subject}': {cause}")]
    Key {
        /// Subject of the certificate.
        subject: String,
        /// What is wrong with the key.
        cause: KeyError,
    },
    /// Not valid yet.
    #[error("certificate '{subject}' is not valid before {not_before}, asked for {as_of}")]
    NotYetValid {
        /// Subject of the certificate.
        subject: String,
        /// Start of validity.
        not_before: DateTime<Utc>,
        /// The moment asked for.
        as_of: DateTime<Utc>,
    },
    /// Not valid any more.
    #[error("certificate '{subject}' expired {not_after}, asked for {as_of}")]
    Expired {
        /// Subject of the certificate.
        subject: String,
        /// End of validity.
        not_after: DateTime<Utc>,
        /// The moment asked for.
        as_of: DateTime<Utc>,
    },
    /// Its key usage does not allow signatures.
    #[error("certificate '{subject}' is not for digital signatures")]
    NotForSigning {
        /// Subject of the certificate.
        subject: String,
    },
}

impl CertificateError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            CertificateError::Pem(error) => error.code(),
            CertificateError::Damaged { .. } => "certificate.damaged",
            CertificateError::Key { .. } => "certificate.key",
            CertificateError::NotYetValid { .. } => "certificate.not_yet_valid",
            CertificateError::Expired { .. } => "certificate.expired",
            CertificateError::NotForSigning { .. } => "certificate.not_for_signing",
        }
    }
}

/// What the key usage extension says about signatures. Source: RFC 5280, section 4.2.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureUsage {
    /// No key usage extension: nothing is forbidden.
    Unstated,
    /// digitalSignature or contentCommitment is set.
    Allowed,
    /// The extension is there and allows neither.
    Forbidden,
}

/// A certificate, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    names: Vec<String>,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    signature_usage: SignatureUsage,
    extended_key_usages: Vec<String>,
    is_ca: bool,
    spki: Vec<u8>,
}

impl Certificate {
    /// Reads the first certificate of a PEM file.
    pub fn read_file(path: &Path) -> Result<Certificate, CertificateError> {
        Certificate::parse_pem(&pem::read_public_file(path)?)
    }

    /// Parses the first certificate of PEM text; a chain may follow.
    pub fn parse_pem(text: &[u8]) -> Result<Certificate, CertificateError> {
        let ders = pem::parse_certificates(text)?;
        let first = ders.first().ok_or(PemError::Missing { wanted: "CERTIFICATE" })?;
        Certificate::parse_der(first)
    }

    /// Parses one certificate, DER.
    pub fn parse_der(der: &[u8]) -> Result<Certificate, CertificateError> {
        let damaged = |cause: &str| CertificateError::Damaged { cause: cause.to_owned() };
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|error| damaged(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(damaged("octets after the certificate"));
        }
        let moment = |time: x509_parser::time::ASN1Time| {
            DateTime::from_timestamp(time.timestamp(), 0).ok_or_else(|| damaged("date out of range"))
        };
        let mut certificate = Certificate {
            der: der.to_vec(),
            subject: parsed.subject().to_string(),
            names: Vec::new(),
            not_before: moment(parsed.validity().not_before)?,
            not_after: moment(parsed.validity().not_after)?,
            signature_usage: SignatureUsage::Unstated,
            extended_key_usages: Vec::new(),
            is_ca: parsed.is_ca(),
            spki: parsed.public_key().raw.to_vec(),
        };
        // A doubled extension could be read in two ways (RFC 5280, 4.2 forbids it), so it is refused whole.
        parsed.extensions_map().map_err(|_| damaged("an extension appears twice"))?;
        for extension in parsed.extensions() {
            certificate.read_extension(extension.parsed_extension());
        }
        Ok(certificate)
    }

    fn read_extension(&mut self, extension: &ParsedExtension<'_>) {
        match extension {
            ParsedExtension::KeyUsage(usage) => {
                self.signature_usage = match usage.digital_signature() || usage.non_repudiation() {
                    true => SignatureUsage::Allowed,
                    false => SignatureUsage::Forbidden,
                };
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let known = [
                    (usage.any, "anyExtendedKeyUsage"),
                    (usage.server_auth, "serverAuth"),
                    (usage.client_auth, "clientAuth"),
                ];
                self.extended_key_usages =
                    known.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned()).collect();
                self.extended_key_usages.extend(usage.other.iter().map(|oid| oid.to_id_string()));
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.names = names.general_names.iter().filter_map(name_text).collect();
            }
            _ => {}
        }
    }

    /// The octets.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Subject as text, for people; never a basis for a decision.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Subject alternative names: DNS names, addresses, mail addresses and URIs.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Start of validity.
    pub fn not_before(&self) -> DateTime<Utc> {
        self.not_before
    }

    /// End of validity, inclusive.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// What it says about signatures.
    pub fn signature_usage(&self) -> SignatureUsage {
        self.signature_usage
    }

    /// Purposes such as `serverAuth`, `clientAuth`, others as object identifiers.
    pub fn extended_key_usages(&self) -> &[String] {
        &self.extended_key_usages
    }

    /// Whether it may sign certificates.
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// SHA-256 of SubjectPublicKeyInfo, 64 lower-case hexadecimal digits: the identity of a peer.
    pub fn spki_sha256(&self) -> String {
        hex(ring::digest::digest(&ring::digest::SHA256, &self.spki).as_ref())
    }

    /// SHA-256 of the whole certificate, 64 lower-case hexadecimal digits.
    pub fn fingerprint_sha256(&self) -> String {
        hex(ring::digest::digest(&ring::digest::SHA256, &self.der).as_ref())
    }

    /// The key inside.
    pub fn verifying_key(&self) -> Result<VerifyingKey, CertificateError> {
        VerifyingKey::parse_spki(&self.spki)
            .map_err(|cause| CertificateError::Key { subject: self.subject.clone(), cause })
    }

    /// Refuses a certificate that does not hold at `as_of`.
    pub fn check_validity(&self, as_of: DateTime<Utc>) -> Result<(), CertificateError> {
        let subject = || self.subject.clone();
        if as_of < self.not_before {
            return Err(CertificateError::NotYetValid {
                subject: subject(),
                not_before: self.not_before,
                as_of,
            });
        }
        if as_of > self.not_after {
            return Err(CertificateError::Expired { subject: subject(), not_after: self.not_after, as_of });
        }
        Ok(())
    }

    /// Refuses a certificate whose key usage excludes signatures over documents.
    pub fn check_signature_usage(&self) -> Result<(), CertificateError> {
        match self.signature_usage {
            SignatureUsage::Unstated | SignatureUsage::Allowed => Ok(()),
            SignatureUsage::Forbidden => {
                Err(CertificateError::NotForSigning { subject: self.subject.clone() })
            }
        }
    }
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::IPAddress(octets) => match octets.len() {
            4 => <[u8; 4]>::try_from(*octets).ok().map(|four| std::net::Ipv4Addr::from(four).to_string()),
            16 => <[u8; 16]>::try_from(*octets).ok().map(|all| std::net::Ipv6Addr::from(all).to_string()),
            _ => None,
        },
        _ => None,
    }
}
