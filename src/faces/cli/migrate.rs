//! `girogate convert` of an XML document: into another version of its message. Nothing is written if anything would be
//! lost, unless the caller says that it may; nothing is ever written that breaks its own definition.

use super::screen::{Screen, Tone};
use super::spool::Spool;
use super::{Exit, Failure, file};
use crate::messages::migrate::change::{Became, Change};
use crate::messages::migrate::{MigrateError, migrate};
use crate::messages::validate::validate_file;
use crate::schema::catalog;
use crate::schema::event::NotWellFormed;
use serde_json::json;
use std::io::BufRead;
use std::path::Path;

/// What becomes of a document that would lose something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Losses {
    /// It is not written.
    Refused,
    /// It is written without what the target cannot say.
    Allowed,
}

/// Source, target and result.
pub struct Migration<'m> {
    /// Of the source, for messages.
    pub path: &'m Path,
    /// Message id of the target.
    pub to: &'m str,
    /// Standard output where none is named.
    pub output: Option<&'m Path>,
    /// What may be lost.
    pub losses: Losses,
}

/// Whether an input begins like an XML document, in whatever encoding.
pub fn is_xml(input: &mut dyn BufRead) -> bool {
    let Ok(octets) = input.fill_buf() else { return false };
    let octets = octets.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(octets);
    match octets {
        [0xFE, 0xFF, 0x00, b'<', ..] | [0xFF, 0xFE, b'<', 0x00, ..] | [0x00, b'<', ..] => true,
        _ => octets.iter().find(|octet| !octet.is_ascii_whitespace()) == Some(&b'<'),
    }
}

/// The definitions of the message that somebody meant, or of all.
fn shipped(wanted: &str) -> String {
    let message: Vec<&str> = wanted.split('.').take(2).collect();
    let message = format!("{}.", message.join("."));
    let alike: Vec<&str> = catalog::ids().filter(|id| id.starts_with(&message)).collect();
    if alike.is_empty() {
        return "`girogate schema list` names them".to_owned();
    }
    format!("shipped are {}", alike.join(", "))
}

/// Migrates and shows what changed.
pub fn run(input: &mut dyn BufRead, migration: &Migration<'_>, screen: &mut Screen) -> Result<Exit, Failure> {
    let Some(target) = catalog::by_message_id(migration.to) else {
        let text =
            format!("'{}' is not a definition that is shipped; {}", migration.to, shipped(migration.to));
        return Err(Failure::usage("convert.definition", text));
    };
    let mut spool = Spool::new(migration.output)?;
    let migrated = migrate(input, target, &mut spool).map_err(|error| refused(migration.path, error))?;
    for change in &migrated.changes {
        show(change, screen);
    }
    if let Some(reason) = broken(&mut spool)? {
        let text = format!("nothing written: {} demands what the source lacks: {reason}", migration.to);
        return Err(Failure::finding("migrate.target_invalid", text));
    }
    let written = migrated.lost == 0 || migration.losses == Losses::Allowed;
    if written {
        spool.keep(screen)?;
    }
    let (source, lost) = (&migrated.source, migrated.lost);
    let said = if screen.is_json() {
        json!({ "record": "migrated", "from": source, "to": migration.to, "lost": lost, "written": written })
            .to_string()
    } else if written {
        format!("{source} written as {}, {lost} lost", migration.to)
    } else {
        format!("nothing written: {lost} would be lost; --allow-loss writes the rest")
    };
    screen.remark(&said);
    Ok(if lost == 0 { Exit::Done } else { Exit::Finding })
}

fn show(change: &Change, screen: &mut Screen) {
    if screen.is_json() {
        return screen.remark(&json!(change).to_string());
    }
    let word = match change.became {
        Became::Lost => screen.remark_word(Tone::Bad, "lost"),
        Became::Changed => screen.remark_word(Tone::Warning, "changed"),
        Became::Renamed => "renamed".to_owned(),
    };
    let Change { line, column, path, text, code, count, .. } = change;
    let times = if *count > 1 { format!(", {count} times") } else { String::new() };
    screen.remark(&format!("{line}:{column}: {word}: {code}: {path}: {text}{times}"));
}

/// What the written document breaks of its own definition.
fn broken(spool: &mut Spool) -> Result<Option<String>, Failure> {
    let validated = validate_file(spool.reader()?, None);
    if validated.verdict.valid {
        return Ok(None);
    }
    let reasons: Vec<String> = validated
        .deviations
        .iter()
        .take(20)
        .map(|found| format!("{} ({})", found.text, found.path))
        .collect();
    Ok(Some(reasons.join("; ")))
}

fn refused(path: &Path, error: MigrateError) -> Failure {
    match error {
        MigrateError::NotWellFormed(NotWellFormed::Io { source, .. }) => file::refused(path, &source),
        MigrateError::Output(_) => Failure::outside("output.write", error),
        _ => Failure::finding(error.code(), format!("{}: {error}", path.display())),
    }
}
