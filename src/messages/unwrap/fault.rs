//! Why an archive, or a part of it, is not read. Never what is wrong with the documents inside.

use std::io;

/// The sender of the archive must act. `entry` is a name within the archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// A kind of archive or envelope that is not opened.
    #[error("{what} is not opened")]
    Unsupported {
        /// Its name.
        what: &'static str,
    },
    /// An archive inside an archive.
    #[error("{what} inside another archive is not opened")]
    Nested {
        /// Its name.
        what: &'static str,
    },
    /// An entry that needs a password.
    #[error("entry {entry} is encrypted")]
    Encrypted {
        /// Which.
        entry: String,
    },
    /// An entry compressed in another way than by deflate.
    #[error("entry {entry} is compressed by {method}, which is not read")]
    Method {
        /// Which.
        entry: String,
        /// Name or number of the method.
        method: String,
    },
    /// An entry that is no file.
    #[error("entry {entry} is {what}")]
    Entry {
        /// Which.
        entry: String,
        /// What it is instead.
        what: &'static str,
    },
    /// Two entries of the same name: other programs see only one of them.
    #[error("a second entry is called {entry}")]
    DuplicateName {
        /// The name.
        entry: String,
    },
    /// Ends too early.
    #[error("the archive ends too early")]
    Truncated,
    /// The octets are not those that were packed.
    #[error("the checksum does not fit: the archive is damaged")]
    Checksum,
    /// Contradicts itself or the format.
    #[error("the archive is damaged: {cause}")]
    Damaged {
        /// In words.
        cause: String,
    },
    /// Demands more than a bound of [`super::Bounds`].
    #[error("{what} beyond the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// There is no file in it.
    #[error("the archive holds no file")]
    Empty,
}

impl ArchiveError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ArchiveError::Unsupported { .. } => "archive.unsupported",
            ArchiveError::Nested { .. } => "archive.nested",
            ArchiveError::Encrypted { .. } => "archive.encrypted",
            ArchiveError::Method { .. } => "archive.method",
            ArchiveError::Entry { .. } => "archive.entry",
            ArchiveError::DuplicateName { .. } => "archive.duplicate_name",
            ArchiveError::Truncated => "archive.truncated",
            ArchiveError::Checksum => "archive.checksum",
            ArchiveError::Damaged { .. } => "archive.damaged",
            ArchiveError::Limit { .. } => "archive.limit",
            ArchiveError::Empty => "archive.empty",
        }
    }

    pub(super) fn damaged(cause: impl Into<String>) -> ArchiveError {
        ArchiveError::Damaged { cause: cause.into() }
    }

    /// What an error of reading carries, if it is the archive's fault and not the disk's.
    pub fn of(error: &io::Error) -> Option<&ArchiveError> {
        error.get_ref()?.downcast_ref()
    }

    /// The archive's fault in an error of the inflating library, whose input did not fail.
    pub(super) fn of_inflating(error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ArchiveError::Truncated.into(),
            // The library has no type for it.
            _ if error.to_string().contains("checksum") => ArchiveError::Checksum.into(),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                ArchiveError::damaged(error.to_string()).into()
            }
            _ => error,
        }
    }
}

impl From<ArchiveError> for io::Error {
    fn from(error: ArchiveError) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}
