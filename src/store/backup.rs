//! Copies of a data directory: made while it is in use, checked before they are laid back, and marked so that nothing
//! is sent from them before a person looked. Never decides what a restored store means for payments.

use super::StoreError;
use super::documents::{DocumentFiles, NewDocument, create_folder, sync_folder};
use super::sqlite::{Places, SqliteStore};
use crate::domain::entry::Digest;
use chrono::{DateTime, SecondsFormat, Utc};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

/// Version of the manifest that this program writes and reads.
const VERSION: u32 = 1;
/// Name of the manifest; written last, so that a copy without one is not whole.
const MANIFEST: &str = "manifest.json";
/// Name of the send journal within a copy.
const JOURNAL: &str = "send.journal";
/// Marks a folder that a copy is being laid into.
const UNFINISHED: &str = "restoring";
/// Marks a data directory that came from a copy and whose gate no person has opened yet.
const RESTORED: &str = "restored";
/// Longest manifest read, in octets. Chosen by us: half a million files.
const MANIFEST_OCTETS_MAX: u64 = 64 * 1024 * 1024;
/// Octets copied and hashed at a time.
const PIECE_OCTETS: usize = 256 * 1024;

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`VERSION`].
    pub version: u32,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Number of the last fact in it.
    pub facts: i64,
    /// Hash of that fact, hexadecimal.
    pub head: String,
    /// Every file.
    pub files: Vec<FileInCopy>,
}

/// A file of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileInCopy {
    /// Within the copy.
    pub path: String,
    /// Size.
    pub octets: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Copies a data directory into a folder that must not be there yet. The database is one moment's; documents and
/// journal are of that moment or later, which is more evidence, never less.
pub fn backup(places: &Places, to: &Path, now: DateTime<Utc>) -> Result<Manifest, StoreError> {
    if to.exists() {
        return Err(StoreError::Exists { path: to.to_path_buf() });
    }
    create_folder(to)?;
    let database = to.join("store.sqlite3");
    let head = SqliteStore::copy_database(places, &database)?;
    sync_file(&database)?;
    let (from, into) = (DocumentFiles::at(places.documents()), DocumentFiles::at(to.join("documents")));
    for digest in from.list()? {
        if let Some(octets) = from.read(digest)? {
            into.write(&NewDocument::of(octets))?;
        }
    }
    if places.send_journal.exists() {
        copy(&places.send_journal, &to.join(JOURNAL))?;
    }
    sync_folder(to)?;
    let mut files = Vec::new();
    for path in files_within(to)? {
        let (octets, digest) = digest_of(&to.join(&path))?;
        files.push(FileInCopy { path, octets, sha256: digest.hex() });
    }
    let manifest = Manifest {
        version: VERSION,
        made_at: now.to_rfc3339_opts(SecondsFormat::Micros, true),
        facts: head.seq,
        head: Digest(head.hash).hex(),
        files,
    };
    let octets = serde_json::to_vec_pretty(&manifest).map_err(|cause| not_whole(to, cause.to_string()))?;
    write_new(&to.join(MANIFEST), &octets)?;
    sync_folder(to)?;
    Ok(manifest)
}

/// Lays a copy into a folder that is empty or not there yet. `journal` is the node's own send journal where it
/// outlived the store: it must begin with the journal in the copy, and takes its place.
pub fn restore(
    from: &Path,
    to: &Path,
    journal: Option<&Path>,
    now: DateTime<Utc>,
) -> Result<Manifest, StoreError> {
    let manifest = verified(from)?;
    if let Some(journal) = journal {
        check_continues(&from.join(JOURNAL), journal)?;
    }
    let occupied = to.exists() && fs::read_dir(to).map_err(io(to))?.next().is_some();
    if occupied {
        return Err(StoreError::Exists { path: to.to_path_buf() });
    }
    create_folder(to)?;
    let mark = serde_json::json!({
        "made_at": manifest.made_at, "facts": manifest.facts, "head": manifest.head,
        "restored_at": now.to_rfc3339_opts(SecondsFormat::Micros, true),
    });
    // First of all: a folder in which this ends half-way is never taken for a store.
    write_new(&to.join(UNFINISHED), mark.to_string().as_bytes())?;
    sync_folder(to)?;
    for file in manifest.files.iter().filter(|file| file.path != JOURNAL || journal.is_none()) {
        let target = to.join(&file.path);
        create_folder(target.parent().unwrap_or(to))?;
        copy(&from.join(&file.path), &target)?;
        sync_folder(target.parent().unwrap_or(to))?;
    }
    if let Some(journal) = journal {
        copy(journal, &to.join(JOURNAL))?;
    }
    fs::rename(to.join(UNFINISHED), to.join(RESTORED)).map_err(io(to))?;
    sync_folder(to)?;
    Ok(manifest)
}

/// Whether a data directory came from a copy and waits for a person.
pub fn is_restored(data_dir: &Path) -> Result<bool, StoreError> {
    if data_dir.join(UNFINISHED).exists() {
        let cause = "a restore into it did not come to its end".to_owned();
        return Err(not_whole(data_dir, cause));
    }
    Ok(data_dir.join(RESTORED).exists())
}

/// Takes the mark away, after the fact that a person opened the gate is durable.
pub fn take_mark_away(data_dir: &Path) -> Result<(), StoreError> {
    let path = data_dir.join(RESTORED);
    match fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(io(&path)(cause)),
        _ => sync_folder(data_dir),
    }
}

/// Reads a manifest and compares every file with it.
fn verified(from: &Path) -> Result<Manifest, StoreError> {
    let path = from.join(MANIFEST);
    let mut octets = Vec::new();
    let file = File::open(&path).map_err(io(&path))?;
    file.take(MANIFEST_OCTETS_MAX).read_to_end(&mut octets).map_err(io(&path))?;
    let manifest: Manifest =
        serde_json::from_slice(&octets).map_err(|cause| not_whole(&path, cause.to_string()))?;
    if manifest.version != VERSION {
        return Err(not_whole(&path, format!("this program reads version {VERSION}")));
    }
    for file in &manifest.files {
        let plain =
            Path::new(&file.path).components().all(|component| matches!(component, Component::Normal(_)));
        if !plain || [UNFINISHED, RESTORED].contains(&file.path.as_str()) {
            return Err(not_whole(&path, format!("{} is no file of a copy", file.path)));
        }
        let (size, digest) = digest_of(&from.join(&file.path))?;
        if size != file.octets || digest.hex() != file.sha256 {
            return Err(not_whole(&from.join(&file.path), "it is not what the manifest says".to_owned()));
        }
    }
    if !manifest.files.iter().any(|file| file.path == "store.sqlite3") {
        return Err(not_whole(&path, "it names no database".to_owned()));
    }
    Ok(manifest)
}

/// The journal of the node goes on where the one in the copy ends; else it is another node's.
fn check_continues(copied: &Path, journal: &Path) -> Result<(), StoreError> {
    let earlier = if copied.exists() { fs::read(copied).map_err(io(copied))? } else { Vec::new() };
    let later = fs::read(journal).map_err(io(journal))?;
    if later.starts_with(&earlier) {
        Ok(())
    } else {
        Err(not_whole(journal, "it does not go on where the journal in the copy ends".to_owned()))
    }
}

/// Files of a folder and of its folders down to documents, in order, as paths within it.
fn files_within(root: &Path) -> Result<Vec<String>, StoreError> {
    let mut waiting = vec![root.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).map_err(io(&folder))? {
            let path = entry.map_err(io(&folder))?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                found.push(name.to_owned());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn digest_of(path: &Path) -> Result<(u64, Digest), StoreError> {
    let mut file = File::open(path).map_err(io(path))?;
    let mut context = Context::new(&SHA256);
    let (mut piece, mut size) = (vec![0; PIECE_OCTETS], 0u64);
    loop {
        let read = file.read(&mut piece).map_err(io(path))?;
        if read == 0 {
            break;
        }
        context.update(piece.get(..read).unwrap_or_default());
        size += read as u64;
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    Ok((size, Digest(digest)))
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = File::open(from).map_err(io(from))?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(to).map_err(io(to))?;
    std::io::copy(&mut source, &mut target).map_err(io(to))?;
    target.sync_all().map_err(io(to))
}

fn write_new(path: &Path, octets: &[u8]) -> Result<(), StoreError> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(io(path))?;
    file.write_all(octets).map_err(io(path))?;
    file.sync_all().map_err(io(path))
}

fn sync_file(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(io(path))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path: PathBuf = path.to_path_buf();
    move |source| StoreError::Io { path, source }
}

fn not_whole(path: &Path, cause: String) -> StoreError {
    StoreError::CopyNotWhole { path: path.to_path_buf(), cause }
}
