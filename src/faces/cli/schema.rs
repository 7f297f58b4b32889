//! `girogate schema`: message definitions in the one layout of this house.

use super::screen::Screen;
use super::{Exit, Failure, file};
use crate::schema::{model, restate, xsd};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// `girogate schema`
#[derive(Args)]
pub struct Schema {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Read a schema and write it again in one canonical layout.
    Restate {
        /// The schema; `-` is standard input.
        file: PathBuf,
        /// Where to write; standard output by default.
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
}

impl Schema {
    /// Writes the restated definition.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let What::Restate { file, output } = &self.what;
        let schema = read(file, Failure::finding)?;
        file::write(output.as_deref(), &[restate::restate(&schema).as_bytes()], screen)?;
        Ok(Exit::Done)
    }
}

/// Reads a definition; `blame` says whose fault a bad one is.
pub fn read(path: &Path, blame: fn(&'static str, String) -> Failure) -> Result<model::Schema, Failure> {
    let octets = file::read(path)?;
    xsd::parse(octets.as_slice())
        .map_err(|error| blame(error.code(), format!("{}: {error}", file::shown(path))))
}
