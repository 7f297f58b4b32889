//! Reads a message definition: the part of XML Schema that ISO 20022 and the subsets of banks and schemes use. Anything else is
//! refused by name and place, never passed over.

mod compile;
mod content;
mod derive;
mod simple;
mod tree;

use std::io::BufRead;

use super::event::NotWellFormed;
use super::model::Schema;

pub(super) const XS: &str = "http://www.w3.org/2001/XMLSchema";

/// How the name of a built-in type begins in the tables, where it stands beside the types of the definition.
pub(super) const BUILTIN_PREFIX: &str = "xs:";

/// Why a definition was refused. Whoever supplied the file must act.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The file is not XML.
    #[error(transparent)]
    NotWellFormed(#[from] NotWellFormed),
    /// Uses something outside of the subset.
    #[error("line {line}, column {column}: {construct} is outside of the subset that is read")]
    Unsupported {
        /// The construct by name.
        construct: String,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
    },
    /// Contradicts itself or the rules of XML Schema.
    #[error("line {line}, column {column}: {what}")]
    Broken {
        /// What is wrong, with the name it is about.
        what: String,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
    },
}

impl SchemaError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SchemaError::NotWellFormed(error) => error.code(),
            SchemaError::Unsupported { .. } => "xsd.unsupported",
            SchemaError::Broken { .. } => "xsd.broken",
        }
    }

    /// What was refused and why, without the place.
    pub fn said(&self) -> String {
        match self {
            SchemaError::NotWellFormed(error) => error.to_string(),
            SchemaError::Unsupported { construct, .. } => {
                format!("{construct} is outside of the subset that is read")
            }
            SchemaError::Broken { what, .. } => what.clone(),
        }
    }

    /// Line and column, from 1, of what was refused.
    pub fn place(&self) -> (u64, u64) {
        match self {
            SchemaError::NotWellFormed(error) => error.place(),
            SchemaError::Unsupported { line, column, .. } | SchemaError::Broken { line, column, .. } => {
                (*line, *column)
            }
        }
    }
}

/// Where an element of the definition begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: u64,
    column: u64,
}

fn unsupported<T>(place: Place, construct: impl Into<String>) -> Result<T, SchemaError> {
    Err(SchemaError::Unsupported { construct: construct.into(), line: place.line, column: place.column })
}

fn broken<T>(place: Place, what: impl Into<String>) -> Result<T, SchemaError> {
    Err(SchemaError::Broken { what: what.into(), line: place.line, column: place.column })
}

/// Reads and compiles a definition; stops at the first refusal.
pub fn parse(input: impl BufRead) -> Result<Schema, SchemaError> {
    parse_all(input).map_err(|refused| refused.first)
}

/// Everything for which a definition was refused, in the order of the text.
#[derive(Debug)]
pub struct Refused {
    /// What stands first.
    pub first: SchemaError,
    /// All others.
    pub others: Vec<SchemaError>,
}

impl From<SchemaError> for Refused {
    fn from(first: SchemaError) -> Refused {
        Refused { first, others: Vec::new() }
    }
}

/// Reads and compiles a definition; lists everything that is refused.
pub fn parse_all(input: impl BufRead) -> Result<Schema, Refused> {
    let tree = tree::read(input)?;
    compile::compile(&tree)
}
