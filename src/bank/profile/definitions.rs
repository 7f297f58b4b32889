//! Which definitions of the operator's own a bank's messages are judged by: subsets that the bank or its scheme has published.
//! Never what a definition says.

use super::ProfileError;
use crate::messages::definitions::{Definitions, DefinitionsError};
use serde::Deserialize;

/// The operator's own definitions. Files are named without folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefinitionRules {
    /// Folder of the files, relative to the profile.
    pub folder: String,
    /// The file that what is written must satisfy, beside the definition that `[message]` names.
    #[serde(default)]
    pub written: Option<String>,
    /// The files that judge what is read instead of the shipped definitions, each for the documents of its namespace.
    #[serde(default)]
    pub read: Vec<String>,
}

/// Hands out the octets of a definition's file, by folder and name.
pub type Fetch<'a> = &'a dyn Fn(&str, &str) -> Result<Vec<u8>, String>;

impl DefinitionRules {
    /// Names of all files, each once.
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<&str> = self.written.iter().chain(&self.read).map(String::as_str).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    pub(super) fn load(&self, fetch: Fetch<'_>) -> Result<Definitions, ProfileError> {
        let octets = |key: &str, file: &str| {
            let refused = |message: String| ProfileError::Contradiction { key: key.to_owned(), message };
            if file.is_empty() || file.contains(['/', '\\']) || file == ".." {
                return Err(refused(format!("'{file}' is no name of a file of the folder")));
            }
            fetch(&self.folder, file).map_err(refused)
        };
        let mut definitions = Definitions::default();
        if let Some(file) = &self.written {
            definitions.set_written(file, &octets("definitions.written", file)?).map_err(refused)?;
        }
        for file in &self.read {
            definitions.add_read(file, &octets("definitions.read", file)?).map_err(refused)?;
        }
        Ok(definitions)
    }
}

fn refused(cause: DefinitionsError) -> ProfileError {
    ProfileError::Definition { message: cause.to_string() }
}
