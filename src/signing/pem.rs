//! PEM files with keys and certificates: bounded reading and the check of file permissions.
//! What the octets mean is for `key` and `certificate`; nothing is written here.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustls_pki_types::pem::{PemObject, SectionKind};
use zeroize::Zeroizing;

/// Longest key or certificate file we read, in octets. Chosen by us: a chain of twenty RSA-4096 certificates fits.
pub const PEM_OCTETS_MAX: u64 = 65_536;

/// Why a PEM file could not be used. All variants are for the operator to mend.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// The file cannot be opened or read.
    #[error("{}: cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A private key that others on the machine may read is treated as lost.
    #[error("{}: private key is open to group or others (mode {mode:03o}); chmod 600 it", path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Permission bits as found.
        mode: u32,
    },
    /// Longer than [`PEM_OCTETS_MAX`].
    #[error("{}: longer than {PEM_OCTETS_MAX} octets", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// Not PEM, or damaged PEM.
    #[error("not readable as PEM: {cause}")]
    Damaged {
        /// What is wrong with it.
        cause: String,
    },
    /// No section of the wanted kind.
    #[error("holds no section '{wanted}'")]
    Missing {
        /// The label that was looked for.
        wanted: &'static str,
    },
    /// More than one private key, so that it is open which one is meant.
    #[error("holds more than one private key")]
    Ambiguous,
}

impl PemError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            PemError::Unreadable { .. } => "pem.unreadable",
            PemError::Permissions { .. } => "pem.permissions",
            PemError::TooLong { .. } => "pem.too_long",
            PemError::Damaged { .. } => "pem.damaged",
            PemError::Missing { .. } => "pem.missing",
            PemError::Ambiguous => "pem.ambiguous",
        }
    }
}

/// Reads a file that may be seen by everybody: certificates, public keys.
pub fn read_public_file(path: &Path) -> Result<Vec<u8>, PemError> {
    let file = open(path)?;
    let mut octets = Vec::new();
    read_bounded(path, file, &mut octets)?;
    Ok(octets)
}

/// Reads a private key file, which must be closed to group and others. The buffer is wiped when dropped.
pub fn read_private_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let file = open(path)?;
    check_permissions(path, &file)?;
    // Full capacity at once, so that growing leaves no copies of the key behind.
    let mut octets = Zeroizing::new(Vec::with_capacity(PEM_OCTETS_MAX as usize + 1));
    read_bounded(path, file, &mut octets)?;
    Ok(octets)
}

/// The one PKCS#8 private key in PEM text, as DER.
pub fn parse_private_key(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let mut found: Option<Zeroizing<Vec<u8>>> = None;
    for section in sections(text)? {
        match section {
            (SectionKind::PrivateKey, der) if found.is_none() => found = Some(Zeroizing::new(der)),
            (SectionKind::PrivateKey, _) => return Err(PemError::Ambiguous),
            _ => {}
        }
    }
    found.ok_or(PemError::Missing { wanted: "PRIVATE KEY" })
}

/// All certificates in PEM text, as DER, in order; at least one.
pub fn parse_certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    let certificates: Vec<Vec<u8>> = sections(text)?
        .into_iter()
        .filter(|(kind, _)| *kind == SectionKind::Certificate)
        .map(|(_, der)| der)
        .collect();
    if certificates.is_empty() {
        return Err(PemError::Missing { wanted: "CERTIFICATE" });
    }
    Ok(certificates)
}

/// The public key (SubjectPublicKeyInfo) in PEM text, as DER.
pub fn parse_public_key(text: &[u8]) -> Result<Vec<u8>, PemError> {
    sections(text)?
        .into_iter()
        .find(|(kind, _)| *kind == SectionKind::PublicKey)
        .map(|(_, der)| der)
        .ok_or(PemError::Missing { wanted: "PUBLIC KEY" })
}

fn sections(text: &[u8]) -> Result<Vec<(SectionKind, Vec<u8>)>, PemError> {
    if text.len() as u64 > PEM_OCTETS_MAX {
        return Err(PemError::Damaged { cause: format!("longer than {PEM_OCTETS_MAX} octets") });
    }
    <(SectionKind, Vec<u8>)>::pem_slice_iter(text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| PemError::Damaged { cause: error.to_string() })
}

fn open(path: &Path) -> Result<File, PemError> {
    File::open(path).map_err(|cause| PemError::Unreadable { path: path.to_owned(), cause })
}

fn read_bounded(path: &Path, file: File, octets: &mut Vec<u8>) -> Result<(), PemError> {
    file.take(PEM_OCTETS_MAX + 1)
        .read_to_end(octets)
        .map_err(|cause| PemError::Unreadable { path: path.to_owned(), cause })?;
    if octets.len() as u64 > PEM_OCTETS_MAX {
        return Err(PemError::TooLong { path: path.to_owned() });
    }
    Ok(())
}

/// Looks at the opened file, not at its name, so that nobody can exchange it in between.
#[cfg(unix)]
fn check_permissions(path: &Path, file: &File) -> Result<(), PemError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(|cause| PemError::Unreadable { path: path.to_owned(), cause })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PemError::Permissions { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Other systems have no such bits; their access lists are the operator's business.
#[cfg(not(unix))]
fn check_permissions(_path: &Path, _file: &File) -> Result<(), PemError> {
    Ok(())
}
