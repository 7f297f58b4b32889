//! A certificate authority and keys for demonstrations and tests. Never for a real bank:
//! the authority's key lies in a file beside the others.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};

/// Validity of the authority, in days. Chosen by us: ten years.
pub const CA_DAYS: i64 = 3650;
/// Validity of all other certificates, in days. Chosen by us: longer than a demonstration directory lives.
pub const ROLE_DAYS: i64 = 825;
/// Common name of the authority.
pub const CA_NAME: &str = "Girogate development CA";

/// What the certificate of a role is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Answers and calls: both ends of TLS.
    TlsBothEnds,
    /// Only calls.
    TlsClient,
    /// Signs messages; of no use for TLS.
    Signing,
}

/// The roles: file name stem and purpose.
pub const ROLES: &[(&str, Purpose)] = &[
    ("gateway-tls", Purpose::TlsBothEnds),
    ("bank-tls", Purpose::TlsBothEnds),
    ("treasury-tls", Purpose::TlsClient),
    ("gateway-signing", Purpose::Signing),
    ("bank-signing", Purpose::Signing),
];

/// Why the files could not be made; for the operator.
#[derive(Debug, thiserror::Error)]
pub enum DevPkiError {
    /// A file is there already; nothing was written.
    #[error("{}: exists already and is not overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The disk refused.
    #[error("{}: cannot be written: {cause}", path.display())]
    Unwritable {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("certificate for '{role}' could not be made: {cause}")]
    Certificate {
        /// The role.
        role: String,
        /// What is wrong.
        cause: String,
    },
}

impl DevPkiError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            DevPkiError::Exists { .. } => "dev_pki.exists",
            DevPkiError::Unwritable { .. } => "dev_pki.unwritable",
            DevPkiError::Certificate { .. } => "dev_pki.certificate",
        }
    }
}

/// Makes an authority and a key with certificate per role, valid from the day before `now`.
/// Writes `ca-cert.pem`, `ca-key.pem` and `ROLE-cert.pem`, `ROLE-key.pem`; keys with mode 0600. Returns the files in the order written.
pub fn write(dir: &Path, now: DateTime<Utc>) -> Result<Vec<PathBuf>, DevPkiError> {
    let unwritable = |path: &Path, cause| DevPkiError::Unwritable { path: path.to_owned(), cause };
    fs::create_dir_all(dir).map_err(|cause| unwritable(dir, cause))?;
    let stems = std::iter::once("ca").chain(ROLES.iter().map(|(role, _)| *role));
    for path in stems.flat_map(|stem| [file(dir, stem, "cert"), file(dir, stem, "key")]) {
        if path.symlink_metadata().is_ok() {
            return Err(DevPkiError::Exists { path });
        }
    }
    let mut written = Vec::new();
    let (issuer, ca_pem) = authority(now)?;
    written.extend(write_pair(dir, "ca", &ca_pem, &issuer.key().serialize_pem())?);
    for (role, purpose) in ROLES {
        let key = new_key(role)?;
        let certificate = role_parameters(role, *purpose, now)?
            .signed_by(&key, &issuer)
            .map_err(|error| refused(role, error))?;
        written.extend(write_pair(dir, role, &certificate.pem(), &key.serialize_pem())?);
    }
    Ok(written)
}

fn authority(now: DateTime<Utc>) -> Result<(Issuer<'static, KeyPair>, String), DevPkiError> {
    let key = new_key("ca")?;
    let mut parameters = named(CA_NAME, &[])?;
    set_validity(&mut parameters, now, CA_DAYS);
    // Path length 0: this authority signs end certificates only.
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = parameters.self_signed(&key).map_err(|error| refused("ca", error))?;
    Ok((Issuer::new(parameters, key), certificate.pem()))
}

fn role_parameters(
    role: &str,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<CertificateParams, DevPkiError> {
    let loopback: &[&str] = match purpose {
        Purpose::Signing => &[],
        Purpose::TlsBothEnds | Purpose::TlsClient => &["localhost", "127.0.0.1", "::1"],
    };
    let mut parameters = named(&format!("girogate dev {role}"), loopback)?;
    set_validity(&mut parameters, now, ROLE_DAYS);
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.use_authority_key_identifier_extension = true;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = match purpose {
        Purpose::TlsBothEnds => {
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]
        }
        Purpose::TlsClient => vec![ExtendedKeyUsagePurpose::ClientAuth],
        Purpose::Signing => Vec::new(),
    };
    Ok(parameters)
}

fn named(name: &str, alternatives: &[&str]) -> Result<CertificateParams, DevPkiError> {
    let alternatives: Vec<String> = alternatives.iter().map(|text| (*text).to_owned()).collect();
    let mut parameters = CertificateParams::new(alternatives).map_err(|error| refused(name, error))?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters)
}

/// Whole days: from the day before `now`, so that a clock slightly behind does not refuse a fresh certificate.
fn set_validity(parameters: &mut CertificateParams, now: DateTime<Utc>, days: i64) {
    let day = |moment: DateTime<Utc>| {
        let month = u8::try_from(moment.month()).expect("months are 1 to 12");
        let day = u8::try_from(moment.day()).expect("days are 1 to 31");
        rcgen::date_time_ymd(moment.year(), month, day)
    };
    parameters.not_before = day(now - TimeDelta::days(1));
    parameters.not_after = day(now + TimeDelta::days(days));
}

fn new_key(role: &str) -> Result<KeyPair, DevPkiError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| refused(role, error))
}

fn refused(role: &str, error: rcgen::Error) -> DevPkiError {
    DevPkiError::Certificate { role: role.to_owned(), cause: error.to_string() }
}

fn file(dir: &Path, stem: &str, part: &str) -> PathBuf {
    dir.join(format!("{stem}-{part}.pem"))
}

fn write_pair(dir: &Path, stem: &str, certificate: &str, key: &str) -> Result<[PathBuf; 2], DevPkiError> {
    let paths = [file(dir, stem, "cert"), file(dir, stem, "key")];
    let [certificate_path, key_path] = &paths;
    write_new(certificate_path, certificate, 0o644)?;
    write_new(key_path, key, 0o600)?;
    Ok(paths)
}

/// Creates the file with its final mode, so that a key is never readable by others, not even for a moment.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), DevPkiError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _unused_here = mode;
    let made = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    made.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => DevPkiError::Exists { path: path.to_owned() },
        _ => DevPkiError::Unwritable { path: path.to_owned(), cause },
    })
}
