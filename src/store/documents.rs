//! Documents: octets kept by their SHA-256, the evidence behind every state. Large ones are files,
//! small ones rows beside the facts. Never what the octets say.

use super::StoreError;
use super::chain::sha256;
use crate::domain::entry::Digest;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Octets up to which a document is a row in the database. Source: architecture, "data_dir".
pub const DOCUMENT_ROW_OCTETS_MAX: usize = 1 << 20;

/// Numbers the files that are being written by this process, which owns the folder.
static PARTS: AtomicU64 = AtomicU64::new(0);

/// A document to be kept. Its digest is always that of its octets.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDocument {
    digest: Digest,
    octets: Arc<[u8]>,
}

impl NewDocument {
    /// Takes octets and names them by their digest.
    pub fn of(octets: impl Into<Arc<[u8]>>) -> NewDocument {
        let octets = octets.into();
        NewDocument { digest: Digest(sha256(&octets)), octets }
    }

    /// SHA-256 of the octets.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The octets.
    pub fn octets(&self) -> &Arc<[u8]> {
        &self.octets
    }

    /// Whether it is too long for a row.
    pub fn is_large(&self) -> bool {
        self.octets.len() > DOCUMENT_ROW_OCTETS_MAX
    }
}

/// Documents carry names and accounts; logs get the digest.
impl std::fmt::Debug for NewDocument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewDocument({:?}, {} octets)", self.digest, self.octets.len())
    }
}

/// The octets, if they are what their digest says.
pub fn verified(digest: Digest, octets: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    if sha256(&octets) == digest.0 { Ok(octets) } else { Err(StoreError::DocumentDamaged { digest }) }
}

/// The folder of large documents: `documents/ab/<sha256>`.
#[derive(Clone, Debug)]
pub struct DocumentFiles {
    root: PathBuf,
}

impl DocumentFiles {
    /// Files under `root`, which need not exist yet.
    pub fn at(root: PathBuf) -> DocumentFiles {
        DocumentFiles { root }
    }

    /// Writes a document durably: file, then its name, then every new folder on the way.
    /// A document that is there already is left alone, but its name is made durable: whoever wrote it may have
    /// died before that.
    pub fn write(&self, document: &NewDocument) -> Result<(), StoreError> {
        let path = self.path(document.digest);
        let folder = path.parent().unwrap_or(&self.root);
        if path.exists() {
            sync_folder(folder)?;
            return sync_folder(&self.root);
        }
        create_folder(&self.root)?;
        create_folder(folder)?;
        // Two writers of one document do not meet: each has a name of its own until it is whole.
        let number = PARTS.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!("{}.{number}.part", document.digest.hex()));
        let io = |source| StoreError::Io { path: temporary.clone(), source };
        let mut file = File::create(&temporary).map_err(io)?;
        file.write_all(&document.octets).map_err(io)?;
        file.sync_all().map_err(io)?;
        fs::rename(&temporary, &path).map_err(io)?;
        sync_folder(folder)
    }

    /// The octets of a document that is a file, verified.
    pub fn read(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(digest);
        match fs::read(&path) {
            Ok(octets) => verified(digest, octets).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { path, source }),
        }
    }

    /// Digests of all files, in order; names that are no digest are left out.
    pub fn list(&self) -> Result<Vec<Digest>, StoreError> {
        let mut digests = Vec::new();
        for folder in listed(&self.root)? {
            for file in listed(&folder)? {
                digests.extend(file.file_name().and_then(|name| name.to_str()).and_then(Digest::parse));
            }
        }
        digests.sort_unstable();
        Ok(digests)
    }

    fn path(&self, digest: Digest) -> PathBuf {
        let hex = digest.hex();
        self.root.join(hex.get(..2).unwrap_or_default()).join(&hex)
    }
}

/// Creates a folder and makes its name durable in its parent.
pub fn create_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Io { path: folder.to_path_buf(), source: error });
        }
        _ => {}
    }
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

/// Makes the names within a folder durable. SQLite ignores a failure of this; we do not.
pub fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|source| StoreError::Io { path: folder.to_path_buf(), source })
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let io = |source| StoreError::Io { path: folder.to_path_buf(), source };
    match fs::read_dir(folder) {
        Ok(listing) => listing.map(|entry| entry.map(|entry| entry.path()).map_err(io)).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(source) => Err(io(source)),
    }
}
