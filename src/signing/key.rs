//! Private keys behind slots, public keys, and the four signature algorithms we use.
//! No certificates, no formats of signed messages, and no key ever leaves in readable form.

use std::fmt;
use std::path::Path;

use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair, UnparsedPublicKey};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::pem::{self, PemError};

/// Smallest RSA modulus we use, in bits. Source: NIST SP 800-131A rev. 2, table 2.
pub const RSA_BITS_MIN: usize = 2048;

/// DER of SubjectPublicKeyInfo up to the uncompressed P-256 point. Source: RFC 5480, section 2.
const SPKI_P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// DER of SubjectPublicKeyInfo up to the 32 octets of an Ed25519 key. Source: RFC 8410, section 4.
const SPKI_ED25519_PREFIX: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// DER of the AlgorithmIdentifier rsaEncryption with NULL. Source: RFC 3279, section 2.3.1.
const RSA_ALGORITHM: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Object identifiers of the key types. Source: RFC 5480, RFC 8410, RFC 3279, RFC 4055.
const OID_EC: &str = "1.2.840.10045.2.1";
const OID_P256: &str = "1.2.840.10045.3.1.7";
const OID_ED25519: &str = "1.3.101.112";
const OID_RSA: &str = "1.2.840.113549.1.1.1";

/// A signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256; the signature is r‖s, 64 octets, not DER.
    EcdsaP256Sha256,
    /// Ed25519, 64 octets.
    Ed25519,
    /// RSASSA-PSS, SHA-512, MGF1 with SHA-512, salt of 64 octets.
    RsaPssSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaV15Sha256,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Algorithm; 4] =
        [Algorithm::EcdsaP256Sha256, Algorithm::Ed25519, Algorithm::RsaPssSha512, Algorithm::RsaV15Sha256];

    /// Name in the registry of HTTP signature algorithms. Source: RFC 9421, section 6.2.2.
    pub fn http_name(self) -> &'static str {
        match self {
            Algorithm::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Algorithm::Ed25519 => "ed25519",
            Algorithm::RsaPssSha512 => "rsa-pss-sha512",
            Algorithm::RsaV15Sha256 => "rsa-v1_5-sha256",
        }
    }

    /// The reverse of [`Algorithm::http_name`].
    pub fn parse_http_name(name: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.http_name() == name)
    }

    /// The type of key that this algorithm needs.
    pub fn key_kind(self) -> KeyKind {
        match self {
            Algorithm::EcdsaP256Sha256 => KeyKind::P256,
            Algorithm::Ed25519 => KeyKind::Ed25519,
            Algorithm::RsaPssSha512 | Algorithm::RsaV15Sha256 => KeyKind::Rsa,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.http_name())
    }
}

/// The type of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Elliptic curve P-256.
    P256,
    /// Ed25519.
    Ed25519,
    /// RSA of 2048 bits or more.
    Rsa,
}

/// Why a key cannot be used. All variants but `Unverified` are for the operator to mend.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is unusable.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The file was read, the key in it is not one we take.
    #[error("{}: {cause}", path.display())]
    InFile {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with its content.
        cause: Box<KeyError>,
    },
    /// Not a PKCS#8 private key of a type we support.
    #[error("private key is not PKCS#8 of type P-256, Ed25519 or RSA 2048 to 4096: {cause}")]
    PrivateKey {
        /// What each reader said.
        cause: String,
    },
    /// Not a public key of a type we support.
    #[error("public key is not P-256, Ed25519 or RSA of at least {RSA_BITS_MIN} bits: {cause}")]
    PublicKey {
        /// What is wrong with it.
        cause: String,
    },
    /// The key cannot make or check signatures of this algorithm.
    #[error("algorithm {algorithm} does not go with a key of type {kind:?}")]
    Mismatch {
        /// The algorithm asked for.
        algorithm: Algorithm,
        /// The type of the key at hand.
        kind: KeyKind,
    },
    /// The signing operation itself failed.
    #[error("signing failed in the key slot")]
    Slot,
    /// The signature was not made by this key over these octets.
    #[error("signature does not verify")]
    Unverified,
}

impl KeyError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            KeyError::Pem(error) => error.code(),
            KeyError::InFile { cause, .. } => cause.code(),
            KeyError::PrivateKey { .. } => "key.private",
            KeyError::PublicKey { .. } => "key.public",
            KeyError::Mismatch { .. } => "key.mismatch",
            KeyError::Slot => "key.slot",
            KeyError::Unverified => "key.unverified",
        }
    }
}

/// A place where a private key lives. A hardware token joins as one more variant.
#[derive(Debug)]
pub enum Signer {
    /// A key read from a file and held in memory.
    File(SigningKey),
}

impl Signer {
    /// Reads a PKCS#8 PEM file whose permissions are closed to group and others.
    pub fn read_file(path: &Path) -> Result<Signer, KeyError> {
        SigningKey::read_file(path).map(Signer::File)
    }

    /// Signs short octets: a signature base or canonical SignedInfo, never a whole document.
    pub async fn sign(&self, algorithm: Algorithm, octets: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            // 25 to 650 µs of computing: cheaper than a hand-over to another thread.
            Signer::File(key) => key.sign(algorithm, octets),
        }
    }

    /// As [`Signer::sign`], for worker threads; may block for as long as the slot takes.
    pub fn sign_now(&self, algorithm: Algorithm, octets: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Signer::File(key) => key.sign(algorithm, octets),
        }
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        match self {
            Signer::File(key) => &key.public,
        }
    }
}

/// A private key in memory.
pub struct SigningKey {
    pair: KeyPair,
    public: VerifyingKey,
}

enum KeyPair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// Shows the type of the key and nothing of the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, ***)", self.public.kind)
    }
}

impl SigningKey {
    /// Reads a PKCS#8 PEM file whose permissions are closed to group and others.
    pub fn read_file(path: &Path) -> Result<SigningKey, KeyError> {
        let text = pem::read_private_file(path)?;
        SigningKey::parse_pem(&text)
            .map_err(|cause| KeyError::InFile { path: path.to_owned(), cause: Box::new(cause) })
    }

    /// Parses PEM text that holds exactly one PKCS#8 private key.
    pub fn parse_pem(text: &[u8]) -> Result<SigningKey, KeyError> {
        SigningKey::parse_pkcs8(&pem::parse_private_key(text)?)
    }

    /// Parses a PKCS#8 private key, DER.
    pub fn parse_pkcs8(der: &[u8]) -> Result<SigningKey, KeyError> {
        let random = SystemRandom::new();
        let p256 = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der, &random);
        let p256_cause = match p256 {
            Ok(pair) => {
                let public = VerifyingKey::from_point(KeyKind::P256, pair.public_key().as_ref());
                return Ok(SigningKey { pair: KeyPair::P256(pair), public });
            }
            Err(cause) => cause,
        };
        // Many tools write Ed25519 keys without the public half, hence "maybe unchecked": ring then derives it.
        let ed25519_cause = match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            Ok(pair) => {
                let public = VerifyingKey::from_point(KeyKind::Ed25519, pair.public_key().as_ref());
                return Ok(SigningKey { pair: KeyPair::Ed25519(pair), public });
            }
            Err(cause) => cause,
        };
        match RsaKeyPair::from_pkcs8(der) {
            Ok(pair) => {
                let public = VerifyingKey::from_point(KeyKind::Rsa, pair.public().as_ref());
                Ok(SigningKey { pair: KeyPair::Rsa(Box::new(pair)), public })
            }
            Err(rsa_cause) => Err(KeyError::PrivateKey {
                cause: format!("P-256 {p256_cause}, Ed25519 {ed25519_cause}, RSA {rsa_cause}"),
            }),
        }
    }

    /// Signs octets.
    pub fn sign(&self, algorithm: Algorithm, octets: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match (&self.pair, algorithm) {
            (KeyPair::P256(pair), Algorithm::EcdsaP256Sha256) => {
                pair.sign(&random, octets).map(|made| made.as_ref().to_vec()).map_err(|_| KeyError::Slot)
            }
            (KeyPair::Ed25519(pair), Algorithm::Ed25519) => Ok(pair.sign(octets).as_ref().to_vec()),
            (KeyPair::Rsa(pair), Algorithm::RsaPssSha512) => {
                sign_rsa(pair, &signature::RSA_PSS_SHA512, octets)
            }
            (KeyPair::Rsa(pair), Algorithm::RsaV15Sha256) => {
                sign_rsa(pair, &signature::RSA_PKCS1_SHA256, octets)
            }
            _ => Err(KeyError::Mismatch { algorithm, kind: self.public.kind }),
        }
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }
}

fn sign_rsa(
    pair: &RsaKeyPair,
    encoding: &'static dyn signature::RsaEncoding,
    octets: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let mut made = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), octets, &mut made).map_err(|_| KeyError::Slot)?;
    Ok(made)
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    kind: KeyKind,
    /// The point (P-256 uncompressed, Ed25519) or the RSAPublicKey DER (RFC 8017, A.1.1).
    public: Vec<u8>,
    spki: Vec<u8>,
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({:?}, {})", self.kind, self.spki_sha256())
    }
}

impl VerifyingKey {
    /// Parses SubjectPublicKeyInfo, DER. Source: RFC 5280, section 4.1.2.7.
    pub fn parse_spki(der: &[u8]) -> Result<VerifyingKey, KeyError> {
        let refused = |cause: &str| KeyError::PublicKey { cause: cause.to_owned() };
        let (rest, spki) = SubjectPublicKeyInfo::from_der(der).map_err(|_| refused("not DER"))?;
        if !rest.is_empty() {
            return Err(refused("octets after the key"));
        }
        let public = spki.subject_public_key.data.as_ref();
        let kind = match spki.algorithm.algorithm.to_id_string().as_str() {
            OID_EC => {
                let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
                if curve.map(|oid| oid.to_id_string()).as_deref() != Some(OID_P256) {
                    return Err(refused("elliptic curve other than P-256"));
                }
                KeyKind::P256
            }
            OID_ED25519 => KeyKind::Ed25519,
            OID_RSA => KeyKind::Rsa,
            other => return Err(refused(&format!("key type {other}"))),
        };
        check_public(kind, public)?;
        Ok(VerifyingKey { kind, public: public.to_vec(), spki: der.to_vec() })
    }

    /// Parses PEM text with a section `PUBLIC KEY`.
    pub fn parse_pem(text: &[u8]) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::parse_spki(&pem::parse_public_key(text)?)
    }

    /// Takes a public key in the form that the signature library gives; only for keys made by it.
    fn from_point(kind: KeyKind, public: &[u8]) -> VerifyingKey {
        let spki = match kind {
            KeyKind::P256 => [SPKI_P256_PREFIX, public].concat(),
            KeyKind::Ed25519 => [SPKI_ED25519_PREFIX, public].concat(),
            KeyKind::Rsa => {
                let bits = der_wrap(0x03, &[&[0], public].concat());
                der_wrap(0x30, &[RSA_ALGORITHM, &bits].concat())
            }
        };
        VerifyingKey { kind, public: public.to_vec(), spki }
    }

    /// The type of the key.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of SubjectPublicKeyInfo, 64 lower-case hexadecimal digits. Our name for a key everywhere.
    pub fn spki_sha256(&self) -> String {
        hex(ring::digest::digest(&ring::digest::SHA256, &self.spki).as_ref())
    }

    /// Checks a signature over octets.
    pub fn verify(&self, algorithm: Algorithm, octets: &[u8], made: &[u8]) -> Result<(), KeyError> {
        if algorithm.key_kind() != self.kind {
            return Err(KeyError::Mismatch { algorithm, kind: self.kind });
        }
        let scheme: &'static dyn signature::VerificationAlgorithm = match algorithm {
            Algorithm::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::Ed25519 => &signature::ED25519,
            Algorithm::RsaPssSha512 => &signature::RSA_PSS_2048_8192_SHA512,
            Algorithm::RsaV15Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(scheme, &self.public).verify(octets, made).map_err(|_| KeyError::Unverified)
    }
}

/// Sizes that the verifier would refuse later; said early, when the operator is looking.
fn check_public(kind: KeyKind, public: &[u8]) -> Result<(), KeyError> {
    let refused = |cause: &str| Err(KeyError::PublicKey { cause: cause.to_owned() });
    match kind {
        KeyKind::P256 if public.len() != 65 || public.first() != Some(&4) => {
            refused("point is not uncompressed")
        }
        KeyKind::Ed25519 if public.len() != 32 => refused("key is not 32 octets"),
        KeyKind::Rsa => {
            let Ok((_, key)) = x509_parser::public_key::RSAPublicKey::from_der(public) else {
                return refused("not an RSAPublicKey");
            };
            // `key_size` counts whole octets of the modulus, in bits, without the sign octet.
            if key.key_size() < RSA_BITS_MIN { refused("RSA modulus too short") } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// One DER value: tag, length, content. Lengths up to 65,535 octets, which holds any RSA key.
fn der_wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let [.., high, low] = (length as u64).to_be_bytes();
    let mut der = vec![tag];
    match length {
        0..=127 => der.push(low),
        128..=255 => der.extend([0x81, low]),
        _ => der.extend([0x82, high, low]),
    }
    der.extend_from_slice(content);
    der
}

/// Lower-case hexadecimal digits.
pub fn hex(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    octets
        .iter()
        .flat_map(|octet| [DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]])
        .map(char::from)
        .collect()
}
