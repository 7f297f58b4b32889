//! The bank's journal: an append-only file of JSON lines in batches, each batch ended by a line with
//! a running SHA-256 and brought to the disk before anybody is told. Never what the lines mean.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use super::record::Record;

/// Why the journal cannot be used. The operator must act; the bank stops.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("{}: {cause}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A whole batch does not fit the running hash, or a line is not a record: somebody changed the file.
    #[error("{}:{line}: the journal is damaged: {cause}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        cause: String,
    },
    /// An earlier write failed: what is on the disk is not known, so nothing more is written.
    #[error("{}: an earlier write failed; the journal must be opened again", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
}

impl JournalError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            JournalError::Disk { .. } => "sandbox.journal.disk",
            JournalError::Damaged { .. } => "sandbox.journal.damaged",
            JournalError::Broken { .. } => "sandbox.journal.broken",
        }
    }
}

/// Lines that become durable together or not at all.
#[derive(Default)]
pub struct Batch {
    octets: Vec<u8>,
}

impl Batch {
    /// Adds a line.
    pub fn push(&mut self, record: &Record<'_>) {
        serde_json::to_writer(&mut self.octets, record)
            .expect("records are plain structures of text and numbers");
        self.octets.push(b'\n');
    }
}

/// The open file.
pub struct Journal {
    path: PathBuf,
    file: File,
    hash: [u8; 32],
    broken: bool,
}

impl Journal {
    /// Opens or makes the file and hands each record of each whole batch to `apply`, in order.
    /// A last batch without its end line never counted; it is cut off.
    pub fn open(path: &Path, apply: &mut dyn FnMut(Record<'_>)) -> Result<Journal, JournalError> {
        let disk = |cause| JournalError::Disk { path: path.to_owned(), cause };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(disk)?;
        let (hash, length) = replay(path, &file, apply)?;
        if file.metadata().map_err(disk)?.len() > length {
            file.set_len(length).map_err(disk)?;
            file.sync_data().map_err(disk)?;
        }
        file.seek(SeekFrom::Start(length)).map_err(disk)?;
        Ok(Journal { path: path.to_owned(), file, hash, broken: false })
    }

    /// Makes a batch durable. After an error nothing more is accepted.
    pub fn append(&mut self, batch: Batch) -> Result<(), JournalError> {
        self.note(batch)?;
        self.file.sync_data().map_err(|cause| {
            self.broken = true;
            JournalError::Disk { path: self.path.clone(), cause }
        })
    }

    /// Writes a batch that becomes durable with the next one appended: it outlives a killed process, and
    /// only a machine that stops may lose it.
    pub fn note(&mut self, batch: Batch) -> Result<(), JournalError> {
        if self.broken {
            return Err(JournalError::Broken { path: self.path.clone() });
        }
        let hash = chained(&self.hash, &batch.octets);
        let mut octets = batch.octets;
        let end = Record::End { hash: Cow::Owned(hex(&hash)) };
        serde_json::to_writer(&mut octets, &end).expect("records are plain structures of text and numbers");
        octets.push(b'\n');
        if let Err(cause) = self.file.write_all(&octets) {
            self.broken = true;
            return Err(JournalError::Disk { path: self.path.clone(), cause });
        }
        self.hash = hash;
        Ok(())
    }
}

/// Reads whole batches; returns the last hash and the length up to which they reach.
fn replay(
    path: &Path,
    file: &File,
    apply: &mut dyn FnMut(Record<'_>),
) -> Result<([u8; 32], u64), JournalError> {
    let disk = |cause| JournalError::Disk { path: path.to_owned(), cause };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut hash, mut length) = ([0u8; 32], 0u64);
    let mut batch: Vec<u8> = Vec::new();
    let mut line_number = 0u64;
    loop {
        let start = batch.len();
        let count = reader.read_until(b'\n', &mut batch).map_err(disk)?;
        line_number += 1;
        let line = batch.get(start..).unwrap_or_default();
        if count == 0 || line.last() != Some(&b'\n') {
            return Ok((hash, length));
        }
        if !line.starts_with(br#"{"is":"end""#) {
            continue;
        }
        let damaged =
            |cause: String| JournalError::Damaged { path: path.to_owned(), line: line_number, cause };
        let Ok(Record::End { hash: stated }) = serde_json::from_slice::<Record<'_>>(line) else {
            return Err(damaged("not an end line".to_owned()));
        };
        let found = chained(&hash, batch.get(..start).unwrap_or_default());
        if hex(&found) != stated {
            return Err(damaged("the batch before it does not fit its hash".to_owned()));
        }
        length += batch.len() as u64;
        for record in batch.get(..start).unwrap_or_default().split(|octet| *octet == b'\n') {
            if record.is_empty() {
                continue;
            }
            apply(serde_json::from_slice(record).map_err(|error| damaged(error.to_string()))?);
        }
        hash = found;
        batch.clear();
    }
}

fn chained(before: &[u8; 32], octets: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(before);
    context.update(octets);
    let mut hash = [0u8; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Lower-case hex.
pub fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        let _infallible = write!(text, "{octet:02x}");
    }
    text
}
