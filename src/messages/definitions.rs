//! The user's own definitions, such as a bank's subset of a message: which of them judges what. Never reads a file, never ships one.

use crate::messages::own::{self, OwnError};
use crate::schema::model::Schema;
use crate::schema::xsd::{self, Refused, SchemaError};

/// Most refusals of one file that are told. Chosen by us: who mends the first twenty has understood.
const REFUSALS_TOLD_MAX: usize = 20;

/// Why definitions cannot be used. Whoever supplied the files must act.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionsError {
    /// A file is no definition that could be read; everything that was refused in it, with its place.
    #[error("{file}: {}", told(first, others))]
    Refused {
        /// Its name.
        file: String,
        /// What stands first.
        first: SchemaError,
        /// The others.
        others: Vec<SchemaError>,
    },
    /// Two files define the same document, and nothing tells which is meant.
    #[error("{file} and {other} both define {root} of namespace {namespace}; name the one to judge by")]
    Ambiguous {
        /// The later of the two.
        file: String,
        /// The earlier.
        other: String,
        /// The document's element.
        root: String,
        /// Their namespace.
        namespace: String,
    },
}

fn told(first: &SchemaError, others: &[SchemaError]) -> String {
    let mut text = first.to_string();
    for other in others.iter().take(REFUSALS_TOLD_MAX) {
        text.push_str(&format!("; {other}"));
    }
    if others.len() > REFUSALS_TOLD_MAX {
        text.push_str(&format!("; and {} more", others.len() - REFUSALS_TOLD_MAX));
    }
    text
}

impl DefinitionsError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            DefinitionsError::Refused { first, .. } => first.code(),
            DefinitionsError::Ambiguous { .. } => "definitions.ambiguous",
        }
    }
}

/// A definition and the name of its file.
#[derive(Debug)]
struct Definition {
    file: String,
    schema: Schema,
}

/// Definitions of the user's. Those that judge what is read are told apart by namespace and document element.
#[derive(Debug, Default)]
pub struct Definitions {
    written: Option<Definition>,
    read: Vec<Definition>,
}

impl Definitions {
    /// Takes a definition for what is read.
    pub fn add_read(&mut self, file: &str, octets: &[u8]) -> Result<(), DefinitionsError> {
        let added = parse(file, octets)?;
        let (root, namespace) = (added.schema.root_name(), added.schema.namespace());
        if let Some(other) = self
            .read
            .iter()
            .find(|other| other.schema.namespace() == namespace && other.schema.root_name() == root)
        {
            return Err(DefinitionsError::Ambiguous {
                file: added.file.clone(),
                other: other.file.clone(),
                root: root.to_owned(),
                namespace: namespace.to_owned(),
            });
        }
        self.read.push(added);
        Ok(())
    }

    /// Takes the definition for what is written.
    pub fn set_written(&mut self, file: &str, octets: &[u8]) -> Result<(), DefinitionsError> {
        self.written = Some(parse(file, octets)?);
        Ok(())
    }

    /// Whether what is written must satisfy a definition of the user's.
    pub fn judges_written(&self) -> bool {
        self.written.is_some()
    }

    /// Walks what we wrote through the definition for it, if there is one.
    pub fn check_written(&self, octets: &[u8]) -> Result<(), OwnError> {
        let Some(written) = &self.written else { return Ok(()) };
        own::check_by(octets, &written.schema)
            .map_err(|cause| OwnError::Chosen { file: written.file.clone(), cause: Box::new(cause) })
    }

    /// The definition for a document that is read.
    pub fn of(&self, root: &str, namespace: &str) -> Option<&Schema> {
        let schemas = self.read.iter().map(|read| &read.schema);
        schemas.into_iter().find(|schema| schema.namespace() == namespace && schema.root_name() == root)
    }

    /// Whether some document that is read begins with an element of this name.
    pub fn has_root(&self, root: &str) -> bool {
        self.read.iter().any(|read| read.schema.root_name() == root)
    }
}

fn parse(file: &str, octets: &[u8]) -> Result<Definition, DefinitionsError> {
    match xsd::parse_all(octets) {
        Ok(schema) => Ok(Definition { file: file.to_owned(), schema }),
        Err(Refused { first, others }) => {
            Err(DefinitionsError::Refused { file: file.to_owned(), first, others })
        }
    }
}
