//! The last check of what we write: our own octets through our own walk. What it refuses never leaves.

use super::pain_001::Version;
use crate::schema::event::{Limits, NotWellFormed};
use crate::schema::model::Schema;
use crate::schema::walk::{Finding, Namespace, Step, Walk};
use crate::schema::{catalog, walk};

/// Why our own octets must not leave. We must act: it is a defect of the writer or of intake.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// The definition is not shipped.
    #[error("definition {0} is not shipped")]
    Definition(String),
    /// The walk could not even read it.
    #[error("not well-formed: {0}")]
    NotWellFormed(#[from] NotWellFormed),
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

/// Walks octets through the definition they claim. A national subset is walked through the version of the standard that
/// it is a subset of; what the subset takes away is the writer's to refuse.
pub fn check(octets: &[u8], definition: &str) -> Result<(), OwnError> {
    let subset = Version::parse(definition).filter(|version| version.is_subset());
    let standard = subset.map(|version| version.definition().to_string());
    let schema = catalog::by_message_id(standard.as_deref().unwrap_or(definition))
        .ok_or_else(|| OwnError::Definition(definition.to_owned()))?;
    match subset {
        Some(version) => {
            let (valid, findings) = walk_as_if(octets, schema, version.namespace())?;
            if valid { Ok(()) } else { Err(first(findings)) }
        }
        None => check_by(octets, schema),
    }
}

/// Walks octets through a definition.
pub(super) fn check_by(octets: &[u8], schema: &Schema) -> Result<(), OwnError> {
    let verdict = walk::validate(octets, schema)?;
    if verdict.valid { Ok(()) } else { Err(first(verdict.findings)) }
}

fn first(findings: Vec<Finding>) -> OwnError {
    match findings.into_iter().next() {
        Some(finding) => OwnError::Invalid { code: finding.code, path: finding.path },
        None => OwnError::Invalid { code: "schema.unknown", path: String::new() },
    }
}

/// Walks a document of another namespace through a definition; without such a root it is not valid.
fn walk_as_if(
    octets: &[u8],
    schema: &'static Schema,
    namespace: &str,
) -> Result<(bool, Vec<Finding>), NotWellFormed> {
    let mut walk = Walk::without_schema(octets, Limits::default());
    let mut attached = false;
    loop {
        match walk.next()? {
            Step::Start(root) if !attached && root.namespace == Some(namespace) => {
                walk.attach(schema, Namespace::AsIf);
                attached = true;
            }
            Step::Finished => break,
            _ => {}
        }
    }
    Ok((attached && walk.violations_total() == 0, walk.take_findings()))
}
