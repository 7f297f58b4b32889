//! `girogate conform`: whether a bank does what its profile claims.

pub mod control;
pub mod report;
pub mod row;
pub mod seen;

use super::serve::ServeError;
use std::path::PathBuf;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bank id in the configuration.
    pub bank: String,
    /// Folder for the reports.
    pub report: Option<PathBuf>,
    /// Only these rows.
    pub rows: Vec<String>,
    /// Longest time for the whole run, in seconds.
    pub patience_s: u64,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// Wrong use: the operator must correct the call, the configuration or the profile.
    #[error("{cause}")]
    Use {
        /// What is wrong.
        cause: String,
    },
    /// The private engine did not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl ConformError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ConformError::Use { .. } => "conform.use",
            ConformError::Serve(_) => "conform.engine",
        }
    }
}

/// Runs.
pub async fn run(
    _config: &super::config::Config,
    _path: &std::path::Path,
    _options: &Options,
) -> Result<Vec<row::Row>, ConformError> {
    Ok(Vec::new())
}
