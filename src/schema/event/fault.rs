//! What ends a walk: the document is not XML, breaks a bound, or cannot be read. Never a schema violation.

/// Why reading a document had to stop. The sender of the document must act, except for `Io`, which is ours or the disk's.
#[derive(Debug, thiserror::Error)]
pub enum NotWellFormed {
    /// Breaks a rule of XML 1.0 or of Namespaces in XML.
    #[error("line {line}, column {column}: not well-formed: {rule}")]
    Syntax {
        /// Which rule, in words.
        rule: String,
        /// From 1.
        line: u64,
        /// Characters since the last line feed, plus 1.
        column: u64,
    },
    /// Holds a document type declaration, which we refuse whatever it says.
    #[error("line {line}, column {column}: document type declarations are refused")]
    Doctype {
        /// From 1.
        line: u64,
        /// Characters since the last line feed, plus 1.
        column: u64,
    },
    /// Larger than a bound of [`super::Limits`].
    #[error("line {line}, column {column}: {what} beyond the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The bound.
        limit: usize,
        /// From 1.
        line: u64,
        /// Characters since the last line feed, plus 1.
        column: u64,
    },
    /// Announces an encoding that we do not read, or is none that can be recognised.
    #[error("encoding {name} is not supported")]
    Encoding {
        /// As announced or as recognised.
        name: String,
    },
    /// The input could not be read.
    #[error("line {line}, column {column}: reading failed: {source}")]
    Io {
        /// The operating system's word.
        source: std::io::Error,
        /// From 1.
        line: u64,
        /// Characters since the last line feed, plus 1.
        column: u64,
    },
}

impl NotWellFormed {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            NotWellFormed::Syntax { .. } => "xml.not_well_formed",
            NotWellFormed::Doctype { .. } => "xml.doctype",
            NotWellFormed::Limit { .. } => "xml.limit",
            NotWellFormed::Encoding { .. } => "xml.encoding",
            NotWellFormed::Io { .. } => "xml.io",
        }
    }

    /// Line and column, both from 1.
    pub fn place(&self) -> (u64, u64) {
        match self {
            NotWellFormed::Syntax { line, column, .. }
            | NotWellFormed::Doctype { line, column }
            | NotWellFormed::Limit { line, column, .. }
            | NotWellFormed::Io { line, column, .. } => (*line, *column),
            NotWellFormed::Encoding { .. } => (1, 1),
        }
    }
}

/// Why scanning stopped at an offset of the window.
pub(super) enum Stop {
    /// The window ends inside a token.
    More,
    /// A rule is broken at this offset.
    Rule(usize, String),
    /// A bound is exceeded at this offset.
    Limit(usize, &'static str, usize),
    /// A document type declaration at this offset.
    Doctype(usize),
}

/// A broken rule at an offset.
pub(super) fn rule<T>(at: usize, text: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Rule(at, text.into()))
}
