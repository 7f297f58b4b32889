//! `girogate validate`: the strict verdict on documents, with the place of everything that breaks the schema.

use super::screen::{Screen, Tone};
use super::several::{self, Names};
use super::{Exit, Failure, file, schema};
use crate::messages::definitions::Definitions;
use crate::messages::validate::{Judge, Validated, validate_source};
use crate::schema::event::NotWellFormed;
use crate::schema::model;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// `girogate validate`
#[derive(Args)]
pub struct Validate {
    /// Judge by this schema instead of those that are built in; in a folder the document's namespace chooses.
    #[arg(long, value_name = "XSD|FOLDER")]
    schema: Option<PathBuf>,
    /// Judge these files too: one name a line; `-` is standard input.
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// Documents; `-` is standard input.
    #[arg(required_unless_present = "files_from", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Validate {
    /// One verdict per file; each is judged, whatever became of the one before.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let chosen = match &self.schema {
            Some(path) if path.is_dir() => Chosen::Folder(schema::read_folder(path)?),
            Some(path) => Chosen::File(Box::new(schema::read(path, Failure::usage)?)),
            None => Chosen::Shipped,
        };
        let names = Names::new(&self.files, self.files_from.as_deref())?;
        Ok(several::each(names, screen, &|path: &Path, screen: &mut Screen| judge(path, &chosen, screen)))
    }
}

/// What the documents are judged by.
enum Chosen {
    Shipped,
    File(Box<model::Schema>),
    Folder(Definitions),
}

/// One verdict for the file, or for each file in the archive that it is.
fn judge(path: &Path, chosen: &Chosen, screen: &mut Screen) -> Result<Exit, Failure> {
    let judge = match chosen {
        Chosen::Shipped => Judge::Shipped,
        Chosen::File(schema) => Judge::One(schema),
        Chosen::Folder(definitions) => Judge::Among(definitions),
    };
    let mut input = file::open_source(path)?;
    let (judged, parsed) = validate_source(input.source(), Some(&file::shown(path)), judge);
    for one in &judged {
        if screen.is_json() {
            show_json(&one.file, &one.validated, screen)
        } else {
            show(&one.file, &one.validated, screen)
        }
    }
    let is_valid = judged.iter().all(|one| one.validated.verdict.valid);
    match &parsed.stopped {
        Some(NotWellFormed::Io { source, .. }) => Err(file::refused(path, source)),
        Some(_) => Ok(Exit::Finding),
        None if is_valid && parsed.another == 0 => Ok(Exit::Done),
        None => Ok(Exit::Finding),
    }
}

fn show(name: &str, validated: &Validated, screen: &mut Screen) {
    for found in &validated.deviations {
        let (line, column, code, text, path) =
            (found.line, found.column, &found.code, &found.text, &found.path);
        screen.line(&format!("{name}:{line}:{column}: {code}: {text} ({path})"));
    }
    let kept = validated.deviations.len() as u64;
    if validated.parsed.deviations > kept {
        screen.line(&format!("{name}: {} more are not shown", validated.parsed.deviations - kept));
    }
    let verdict = &validated.verdict;
    let said = if verdict.valid {
        screen.word(Tone::Good, "valid")
    } else {
        format!("{}, {} errors", screen.word(Tone::Bad, "invalid"), verdict.errors)
    };
    screen.line(&format!("{name}: {said} ({})", verdict.schema));
}

fn show_json(name: &str, validated: &Validated, screen: &mut Screen) {
    for found in &validated.deviations {
        screen.record(&json!({
            "record": "deviation", "file": name, "line": found.line, "column": found.column,
            "path": found.path, "code": found.code, "text": found.text,
        }));
    }
    let verdict = &validated.verdict;
    screen.record(&json!({
        "record": "verdict", "file": name, "schema": verdict.schema, "valid": verdict.valid, "errors": verdict.errors,
    }));
}
