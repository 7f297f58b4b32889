//! The last check of what we write: our own octets through our own walk. What it refuses never leaves.

use crate::schema::model::Schema;
use crate::schema::{catalog, walk};

/// Why our own octets must not leave. We must act: it is a defect of the writer or of intake.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// The definition is not shipped.
    #[error("definition {0} is not shipped")]
    Definition(String),
    /// The walk could not even read it.
    #[error("not well-formed: {0}")]
    NotWellFormed(#[from] crate::schema::event::NotWellFormed),
    /// The walk found a violation.
    #[error("{code} at {path}")]
    Invalid {
        /// Stable code of the first finding.
        code: &'static str,
        /// Where.
        path: String,
    },
    /// The definition that the bank's profile has chosen refuses it.
    #[error("{file}: {cause}")]
    Chosen {
        /// Name of the definition's file.
        file: String,
        /// What it refuses.
        cause: Box<OwnError>,
    },
}

/// Walks octets through the definition they claim.
pub fn check(octets: &[u8], definition: &str) -> Result<(), OwnError> {
    let schema =
        catalog::by_message_id(definition).ok_or_else(|| OwnError::Definition(definition.to_owned()))?;
    check_by(octets, schema)
}

/// Walks octets through a definition.
pub(super) fn check_by(octets: &[u8], schema: &Schema) -> Result<(), OwnError> {
    let verdict = walk::validate(octets, schema)?;
    match verdict.findings.into_iter().next() {
        _ if verdict.valid => Ok(()),
        Some(finding) => Err(OwnError::Invalid { code: finding.code, path: finding.path }),
        None => Err(OwnError::Invalid { code: "schema.unknown", path: String::new() }),
    }
}
