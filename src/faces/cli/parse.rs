//! `girogate parse`: what a bank's reports say, one JSON object a line, in the order of the document.

use super::screen::Screen;
use super::several::{self, Names};
use super::{Exit, Failure, check, file, spool};
use crate::messages::validate;
use crate::schema::event::NotWellFormed;
use clap::Args;
use std::path::{Path, PathBuf};

/// `girogate parse`
#[derive(Args)]
pub struct Parse {
    /// Prove the reports instead: balances, sums, counts, sequence, pages, copies.
    #[arg(long)]
    check: bool,
    /// Read these files too: one name a line; `-` is standard input.
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// Messages of a bank; `-` is standard input.
    #[arg(required_unless_present = "files_from", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Parse {
    /// The records of each file; each is read, whatever became of the one before.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let names = Names::new(&self.files, self.files_from.as_deref())?;
        if self.check {
            return Ok(check::run(names, screen));
        }
        Ok(several::each(names, screen, &read))
    }
}

fn read(path: &Path, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut input = file::open_source(path)?;
    let parsed = validate::parse_lending(
        input.source(),
        Some(&file::shown(path)),
        Some(spool::nameless),
        &mut |record, _| {
            if !screen.is_closed() {
                screen.record(record);
            }
        },
    );
    match &parsed.stopped {
        Some(NotWellFormed::Io { source, .. }) => Err(file::refused(path, source)),
        Some(_) => Ok(Exit::Finding),
        None if parsed.invalid == 0 && parsed.deviations == 0 => Ok(Exit::Done),
        None => Ok(Exit::Finding),
    }
}
