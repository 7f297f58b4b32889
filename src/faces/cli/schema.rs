//! `girogate schema`: the message definitions that are shipped, those of the user's, and their one layout in this house.

use super::screen::{Screen, Tone};
use super::{Exit, Failure, file};
use crate::messages::definitions::Definitions;
use crate::schema::xsd::SchemaError;
use crate::schema::{catalog, model, restate, xsd};
use clap::{Args, Subcommand};
use serde_json::json;
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
    /// List the definitions that are built in, with the publisher and the SHA-256 of what they restate.
    List,
    /// Say of each schema whether it can be judged by, or all that is refused in it.
    Check {
        /// Schemas; `-` is standard input.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

impl Schema {
    /// Does what was asked.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        match &self.what {
            What::Restate { file, output } => {
                let schema = read(file, Failure::finding)?;
                file::write(output.as_deref(), &[restate::restate(&schema).as_bytes()], screen)?;
                Ok(Exit::Done)
            }
            What::List => {
                list(screen);
                Ok(Exit::Done)
            }
            What::Check { files } => Ok(check_all(files, screen)),
        }
    }
}

fn list(screen: &mut Screen) {
    for (message, source) in catalog::ids().zip(catalog::sources()) {
        let (publisher, digest) = source;
        if screen.is_json() {
            screen.record(&json!({
                "record": "definition", "message": message, "namespace": format!("{}{message}", catalog::NAMESPACE_PREFIX),
                "publisher": publisher, "source_sha256": digest,
            }));
        } else {
            screen.line(&format!("{message}  {publisher}  sha256 {digest}"));
        }
    }
}

/// Every file is looked at, whatever became of the one before.
fn check_all(files: &[PathBuf], screen: &mut Screen) -> Exit {
    let mut exit = Exit::Done;
    for path in files {
        exit = exit.max(match file::read(path) {
            Ok(octets) => check(&file::shown(path), &octets, screen),
            Err(failure) => {
                screen.failure(failure.code, &failure.text);
                failure.exit
            }
        });
    }
    exit
}

fn check(name: &str, octets: &[u8], screen: &mut Screen) -> Exit {
    let refused = match xsd::parse_all(octets) {
        Ok(schema) => {
            let (message, root, namespace) = (schema.message_id(), schema.root_name(), schema.namespace());
            if screen.is_json() {
                screen.record(&json!({
                    "record": "schema", "file": name, "loadable": true, "message": message, "root": root,
                    "namespace": namespace, "errors": 0,
                }));
            } else {
                let good = screen.word(Tone::Good, "loadable");
                screen.line(&format!("{name}: {good} ({message}, {root} of namespace {namespace})"));
            }
            return Exit::Done;
        }
        Err(refused) => refused,
    };
    let all: Vec<&SchemaError> = std::iter::once(&refused.first).chain(&refused.others).collect();
    for error in &all {
        show_refused(name, error, screen);
    }
    if screen.is_json() {
        screen.record(&json!({ "record": "schema", "file": name, "loadable": false, "errors": all.len() }));
    } else {
        screen.line(&format!("{name}: {}, {} errors", screen.word(Tone::Bad, "refused"), all.len()));
    }
    Exit::Finding
}

fn show_refused(name: &str, error: &SchemaError, screen: &mut Screen) {
    let (line, column) = error.place();
    let text = error.said();
    if screen.is_json() {
        screen.record(&json!({
            "record": "refusal", "file": name, "line": line, "column": column, "code": error.code(), "text": text,
        }));
    } else {
        screen.line(&format!("{name}:{line}:{column}: {}: {text}", error.code()));
    }
}

/// Reads a definition; `blame` says whose fault a bad one is.
pub fn read(path: &Path, blame: fn(&'static str, String) -> Failure) -> Result<model::Schema, Failure> {
    let octets = file::read(path)?;
    xsd::parse(octets.as_slice())
        .map_err(|error| blame(error.code(), format!("{}: {error}", file::shown(path))))
}

/// Reads all definitions of a folder; a document's namespace chooses among them.
pub fn read_folder(folder: &Path) -> Result<Definitions, Failure> {
    let unreadable = |cause| file::refused(folder, &cause);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xsd")) {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::usage("definitions.none", format!("{}: no .xsd files", folder.display())));
    }
    let mut definitions = Definitions::default();
    for path in paths {
        let octets = file::read(&path)?;
        definitions
            .add_read(&file::shown(&path), &octets)
            .map_err(|cause| Failure::usage(cause.code(), cause.to_string()))?;
    }
    Ok(definitions)
}
