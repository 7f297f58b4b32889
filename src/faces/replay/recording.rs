//! A recorded exchange: a folder of plain files that a person can read and write by hand. Here is the
//! shape of its `exchange.toml`; never how it is played or made.

use crate::faces::config::AccountSection;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the list of events within the folder.
pub const FILE: &str = "exchange.toml";
/// Version of the format that this program reads and writes.
pub const VERSION: u32 = 1;
/// Longest file of a recording, in octets. Chosen by us.
const FILE_OCTETS_MAX: u64 = 256 << 20;

/// Why a recording cannot be played. Whoever wrote it must correct it.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Not TOML, an unknown or missing key, or a value of the wrong kind.
    #[error("{}: {cause}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place.
        cause: String,
    },
    /// A value that cannot be.
    #[error("{key}: {cause}")]
    Value {
        /// The key, like `event[2].file`.
        key: String,
        /// What is wrong.
        cause: String,
    },
    /// The store in memory failed: ours to mend.
    #[error("the store failed: {0}")]
    Store(String),
}

impl RecordingError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            RecordingError::Unreadable { .. } => "recording.unreadable",
            RecordingError::Shape { .. } => "recording.shape",
            RecordingError::Value { .. } => "recording.value",
            RecordingError::Store(_) => "recording.store",
        }
    }
}

/// The whole of `exchange.toml`. Files are named relative to its folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Always [`VERSION`].
    pub version: u32,
    /// For people: what it shows.
    #[serde(default)]
    pub note: String,
    /// RFC 3339; all times of events count from here.
    pub started_at: String,
    /// Whose payouts they are.
    pub tenant: String,
    /// Key of the derived ids, in hexadecimal. In clear: a recording is as secret as what it recorded.
    pub id_key_hex: String,
    /// Speed of an instruction that names none.
    pub default_speed: String,
    /// `transliterate` or `refuse`.
    pub characters: String,
    /// How far back a like payout is a suspected duplicate, in days.
    pub duplicate_window_days: i64,
    /// The banks.
    pub bank: Vec<BankRecorded>,
    /// The accounts.
    pub account: Vec<AccountSection>,
    /// What happened, in the order in which it was decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub event: Vec<Event>,
    /// Where each payout ended. Empty checks none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expected>,
    /// What was to be seen besides; absent checks nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// `[[bank]]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BankRecorded {
    /// Id in accounts and facts.
    pub id: String,
    /// Name of a shipped profile, or a file of the folder.
    pub profile: String,
}

/// `[[event]]`. All times are in milliseconds from the start.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A client asks for payouts.
    Instructions {
        /// When.
        at_ms: i64,
        /// A JSON body of `POST /v1/payouts`, or a CSV file.
        file: String,
        /// Who asks.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        actor: String,
        /// Whose payouts, where not the recording's tenant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    /// A message is written and frozen.
    Frozen {
        /// The time that the message carries.
        at_ms: i64,
        /// Bank id.
        bank: String,
        /// The octets; other events name the message by this file.
        file: String,
    },
    /// A request for cancellation is written and frozen.
    Requested {
        /// The time that the request carries.
        at_ms: i64,
        /// Bank id.
        bank: String,
        /// The octets; other events name the request by this file.
        file: String,
    },
    /// An attempt to hand it over begins.
    Sent {
        /// When.
        at_ms: i64,
        /// File of the message.
        message: String,
        /// Number of the attempt, from 1.
        attempt: u32,
    },
    /// The attempt ends.
    Answer {
        /// When.
        at_ms: i64,
        /// File of the message.
        message: String,
        /// How.
        reply: Reply,
    },
    /// The bank was asked by our message id.
    Inquiry {
        /// When.
        at_ms: i64,
        /// File of the message.
        message: String,
        /// How.
        reply: Reply,
    },
    /// The time came to look at a message of unknown outcome, and nobody had to be called.
    Due {
        /// When.
        at_ms: i64,
        /// File of the message.
        message: String,
    },
    /// A person decides about a message whose outcome stays unknown.
    Judged {
        /// When.
        at_ms: i64,
        /// File of the message.
        message: String,
        /// `sent` or `not-sent`.
        decision: String,
        /// Reason given.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// Who.
        actor: String,
    },
    /// A bank document comes.
    Document {
        /// When.
        at_ms: i64,
        /// Bank id.
        bank: String,
        /// `callback`, `poll` or `hand`.
        channel: String,
        /// The octets.
        file: String,
        /// Why the sender could not be proved; absent where it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unproved: Option<String>,
    },
    /// Somebody acts on a payout.
    Operation {
        /// When.
        at_ms: i64,
        /// `cancel`, `hold` or `release`.
        act: String,
        /// Any id of the payout.
        payout: String,
        /// Reason given.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// Who.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        actor: String,
        /// Whose payout, where not the recording's tenant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
}

/// What came back: exactly one of `status`, `not_sent`, `broken` and, for an inquiry, `not_asked`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// HTTP status of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Its body; absent where it was empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Why its sender could not be proved; absent where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproved: Option<String>,
    /// Wait that the bank asked for, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// No octet left, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_sent: Option<String>,
    /// Octets left and no usable answer came, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// How many octets had left before it broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub octets_left: Option<u64>,
    /// Nobody had to ask: the bank had spoken since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_asked: Option<bool>,
}

/// `[[expect]]`: where a payout ended. An absent member says that there was none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The client's key.
    pub external_id: String,
    /// State by its stable name.
    pub state: String,
    /// Reason code of the bank's last word, or of the return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Amount of the booked debit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked: Option<String>,
    /// Amount that came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
    /// Codes of its exception items, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
}

/// `[end]`: what was seen besides the payouts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Codes of all exception items, sorted.
    #[serde(default)]
    pub exceptions: Vec<String>,
    /// Classes of the entries that are no payout's, sorted.
    #[serde(default)]
    pub unmatched: Vec<String>,
}

impl Event {
    /// When, in milliseconds from the start.
    pub fn at_ms(&self) -> i64 {
        match self {
            Event::Instructions { at_ms, .. }
            | Event::Frozen { at_ms, .. }
            | Event::Sent { at_ms, .. }
            | Event::Answer { at_ms, .. }
            | Event::Inquiry { at_ms, .. }
            | Event::Due { at_ms, .. }
            | Event::Judged { at_ms, .. }
            | Event::Document { at_ms, .. }
            | Event::Requested { at_ms, .. }
            | Event::Operation { at_ms, .. } => *at_ms,
        }
    }
}

/// Reads the list of events of a folder.
pub fn read(folder: &Path) -> Result<Recording, RecordingError> {
    let path = folder.join(FILE);
    let octets = octets_of(folder, FILE)?;
    let shape = |cause: String| RecordingError::Shape { path: path.clone(), cause };
    let text = std::str::from_utf8(&octets).map_err(|cause| shape(cause.to_string()))?;
    let recording: Recording =
        toml::from_str(text).map_err(|cause| shape(cause.to_string().trim().replace('\n', " ")))?;
    if recording.version == VERSION {
        Ok(recording)
    } else {
        let cause = format!("this program reads version {VERSION}");
        Err(RecordingError::Value { key: "version".to_owned(), cause })
    }
}

/// The octets of one of the folder's files. A name never leads out of the folder.
pub fn octets_of(folder: &Path, name: &str) -> Result<Vec<u8>, RecordingError> {
    let path = folder.join(name);
    let unreadable = |cause| RecordingError::Unreadable { path: path.clone(), cause };
    let plain = Path::new(name).file_name().is_some_and(|last| last == name);
    if !plain {
        let cause = "must be the name of a file of the folder".to_owned();
        return Err(RecordingError::Value { key: name.to_owned(), cause });
    }
    let size = std::fs::metadata(&path).map_err(unreadable)?.len();
    if size > FILE_OCTETS_MAX {
        let cause = format!("longer than {FILE_OCTETS_MAX} octets");
        return Err(RecordingError::Value { key: name.to_owned(), cause });
    }
    std::fs::read(&path).map_err(unreadable)
}
