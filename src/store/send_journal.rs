//! The send journal: a file of its own that names each attempt before the database does. It is
//! the witness against a database that lost a commit or its tail. Never read to decide a send.

use super::StoreError;
use super::chain::Head;
use super::documents::sync_folder;
use crate::domain::entry::Digest;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// One attempt that is about to be announced in the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// `GrpHdr/MsgId` of the message.
    pub message_id: String,
    /// Digest of the frozen octets.
    pub digest: Digest,
    /// Epoch of the sender.
    pub epoch: i64,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The `now` of the decision.
    pub at: DateTime<Utc>,
    /// Head of the chain of facts just before the turn that announces the attempt.
    pub head: Head,
}

impl JournalLine {
    /// A line that announces no attempt: a person opened the gate of a restored store. The lines before it may name
    /// facts that the store does not hold any more, and were audited then.
    pub fn gate(epoch: i64, at: DateTime<Utc>, head: Head) -> JournalLine {
        JournalLine { message_id: String::new(), digest: Digest([0; 32]), epoch, attempt: 0, at, head }
    }

    /// Whether it says that a gate was opened.
    pub fn is_gate(&self) -> bool {
        self.attempt == 0
    }
}

/// What a journal file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalRead {
    /// Whole lines in order.
    pub lines: Vec<JournalLine>,
    /// Numbers (from 1) of lines cut off by a crash while they were written: what they would have
    /// announced was never sent.
    pub torn: Vec<u64>,
    /// Numbers (from 1) of lines that look whole and do not read: somebody changed them.
    pub damaged: Vec<u64>,
}

/// The line as it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    message_id: String,
    digest: String,
    epoch: i64,
    attempt: u32,
    at: i64,
    head: LineHead,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineHead {
    seq: i64,
    hash: String,
}

/// The journal, open for appending.
#[derive(Debug)]
pub struct SendJournal {
    path: PathBuf,
    file: File,
}

impl SendJournal {
    /// Opens the journal, creating it durably. A line that a crash cut off is ended, so that the
    /// next one stands alone.
    pub fn open(path: &Path) -> Result<SendJournal, StoreError> {
        let io = |source| StoreError::Io { path: path.to_path_buf(), source };
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path).map_err(io)?;
        if !ends_with_line_feed(&mut file).map_err(io)? {
            file.write_all(b"\n").map_err(io)?;
        }
        file.sync_all().map_err(io)?;
        // Always: a process that died right after creating it left a name that is not durable.
        sync_folder(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
        Ok(SendJournal { path: path.to_path_buf(), file })
    }

    /// Appends lines and makes them durable with one sync.
    pub fn append(&mut self, lines: &[JournalLine]) -> Result<(), StoreError> {
        let io = |source| StoreError::Io { path: self.path.clone(), source };
        let mut octets = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut octets, &Line::from(line)).map_err(|error| io(error.into()))?;
            octets.push(b'\n');
        }
        self.file.write_all(&octets).map_err(io)?;
        self.file.sync_data().map_err(io)
    }
}

/// Reads a whole journal; a file that is not there holds nothing.
pub fn read_all(path: &Path) -> Result<JournalRead, StoreError> {
    let io = |source| StoreError::Io { path: path.to_path_buf(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(JournalRead::default()),
        Err(error) => return Err(io(error)),
    };
    let mut read = JournalRead::default();
    let mut reader = BufReader::new(file);
    let mut octets = Vec::new();
    for number in 1u64.. {
        octets.clear();
        if reader.read_until(b'\n', &mut octets).map_err(io)? == 0 {
            break;
        }
        let text = octets.strip_suffix(b"\n").unwrap_or(&octets);
        match serde_json::from_slice::<Line>(text).ok().and_then(Line::checked) {
            Some(line) => read.lines.push(line),
            None if text.ends_with(b"}}") => read.damaged.push(number),
            None => read.torn.push(number),
        }
    }
    Ok(read)
}

impl Line {
    fn from(line: &JournalLine) -> Line {
        Line {
            message_id: line.message_id.clone(),
            digest: line.digest.hex(),
            epoch: line.epoch,
            attempt: line.attempt,
            at: line.at.timestamp_micros(),
            head: LineHead { seq: line.head.seq, hash: Digest(line.head.hash).hex() },
        }
    }

    fn checked(self) -> Option<JournalLine> {
        Some(JournalLine {
            digest: Digest::parse(&self.digest)?,
            at: DateTime::from_timestamp_micros(self.at)?,
            head: Head { seq: self.head.seq, hash: Digest::parse(&self.head.hash)?.0 },
            message_id: self.message_id,
            epoch: self.epoch,
            attempt: self.attempt,
        })
    }
}

fn ends_with_line_feed(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0u8; 1];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}
