//! `girogate keys`: keys and certificates for development. Real ones come from elsewhere and are only named in the configuration.

use super::screen::{Screen, Tone};
use super::{Exit, Failure};
use crate::signing::dev_pki::{self, DevPkiError};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// `girogate keys`
#[derive(Args)]
pub struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make an authority and, for each role, a certificate and a key. Nothing that exists is overwritten.
    DevPki {
        /// Folder for the files; made if it does not exist.
        dir: PathBuf,
    },
}

impl Keys {
    /// Writes the files and names them.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let What::DevPki { dir } = &self.what;
        let files = dev_pki::write(dir, chrono::Utc::now()).map_err(|error| match error {
            DevPkiError::Exists { .. } => Failure::usage(error.code(), error),
            _ => Failure::outside(error.code(), error),
        })?;
        for file in &files {
            if screen.is_json() {
                screen.record(&json!({ "file": file.display().to_string() }));
            } else {
                screen.line(&file.display().to_string());
            }
        }
        let word = screen.remark_word(Tone::Warning, "for development only");
        screen.remark(&format!("{word}: the authority's key lies beside the certificates"));
        Ok(Exit::Done)
    }
}
