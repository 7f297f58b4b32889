//! `girogate validate`: the strict verdict on documents, with the place of everything that breaks the schema or a rule.

use super::screen::{Screen, Tone};
use super::several::{self, Names};
use super::{Exit, Failure, file, rules as named_rules, schema};
use crate::messages::definitions::Definitions;
use crate::messages::validate::{Judge, Validated, validate_source};
use crate::rules::judge::{Asked, Judged, judge_source};
use crate::rules::{self, RuleSet};
use crate::schema::event::NotWellFormed;
use crate::schema::model;
use chrono::{NaiveDate, Utc};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// `girogate validate`
#[derive(Args)]
pub struct Validate {
    /// Judge by this schema instead of those that are built in; in a folder the document's namespace chooses.
    #[arg(long, value_name = "XSD|FOLDER")]
    schema: Option<PathBuf>,
    /// Apply these rule sets too; `girogate rules` lists them.
    #[arg(long, value_name = "SET", value_delimiter = ',')]
    rules: Vec<String>,
    /// The day that stands for today; rules are judged for the later of it and the requested date.
    #[arg(long, value_name = "DATE", requires = "rules")]
    as_of: Option<NaiveDate>,
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
            Some(path) if path.is_dir() => Chosen::Folder(Box::new(schema::read_folder(path)?)),
            Some(path) => Chosen::File(Box::new(schema::read(path, Failure::usage)?)),
            None => Chosen::Shipped,
        };
        let by = self.by_rules()?;
        let work = |path: &Path, screen: &mut Screen| judge(path, &chosen, &by, screen);
        let names = Names::new(&self.files, self.files_from.as_deref())?;
        Ok(several::each(names, screen, &work))
    }

    fn by_rules(&self) -> Result<ByRules, Failure> {
        let mut sets: Vec<&'static RuleSet> = Vec::new();
        for name in &self.rules {
            let set = rules::set(name).map_err(named_rules::unknown)?;
            if !sets.iter().any(|there| there.name == set.name) {
                sets.push(set);
            }
        }
        Ok(ByRules { sets, today: self.as_of.unwrap_or_else(|| Utc::now().date_naive()) })
    }
}

/// Which rules are asked for, and for which day.
struct ByRules {
    sets: Vec<&'static RuleSet>,
    today: NaiveDate,
}

/// What the documents are judged by.
enum Chosen {
    Shipped,
    File(Box<model::Schema>),
    Folder(Box<Definitions>),
}

/// One verdict for the file, or for each file in the archive that it is.
fn judge(path: &Path, chosen: &Chosen, by: &ByRules, screen: &mut Screen) -> Result<Exit, Failure> {
    let judge = match chosen {
        Chosen::Shipped => Judge::Shipped,
        Chosen::File(schema) => Judge::One(schema),
        Chosen::Folder(definitions) => Judge::Among(definitions),
    };
    let mut input = file::open_source(path)?;
    let name = file::shown(path);
    let ((judged, parsed), ruled) = match by.sets.is_empty() {
        true => (validate_source(input.source(), Some(&name), judge), None),
        false => {
            let asked = Asked { sets: &by.sets, today: by.today };
            let (files, ruled) = judge_source(input.source(), Some(&name), judge, asked);
            (files, Some(ruled))
        }
    };
    for one in &judged {
        if screen.is_json() {
            show_json(&one.file, &one.validated, screen)
        } else {
            show(&one.file, &one.validated, screen)
        }
    }
    if let Some(ruled) = &ruled {
        if screen.is_json() {
            show_rules_json(&name, ruled, by, screen)
        } else {
            show_rules(&name, ruled, by, screen)
        }
    }
    let kept = ruled.is_none_or(|ruled| ruled.errors == 0);
    let is_valid = kept && judged.iter().all(|one| one.validated.verdict.valid);
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

fn names(by: &ByRules) -> Vec<&'static str> {
    by.sets.iter().map(|set| set.name.as_str()).collect()
}

fn show_rules(name: &str, judged: &Judged, by: &ByRules, screen: &mut Screen) {
    for found in &judged.findings {
        let (line, column, id) = (found.line, found.column, &found.rule.id);
        let (text, path, severity) = (&found.text, &found.path, found.rule.severity.name());
        let name = &found.file;
        screen.line(&format!("{name}:{line}:{column}: {id}: {text} ({path}), {severity}"));
    }
    let (kept, all) = (judged.findings.len() as u64, judged.errors + judged.warnings);
    if all > kept {
        screen.line(&format!("{name}: {} more are not shown", all - kept));
    }
    let said = match (judged.documents, judged.errors) {
        (0, _) => screen.word(Tone::Bad, "not judged: no message that these rules know"),
        (_, 0) => screen.word(Tone::Good, "kept"),
        _ => screen.word(Tone::Bad, "broken"),
    };
    let (errors, warnings, today) = (judged.errors, judged.warnings, by.today);
    let sets = names(by).join(", ");
    screen.line(&format!("{name}: rules {sets} as of {today}: {said}, {errors} errors, {warnings} warnings"));
}

fn show_rules_json(name: &str, judged: &Judged, by: &ByRules, screen: &mut Screen) {
    for found in &judged.findings {
        screen.record(&json!({
            "record": "finding", "file": *found.file, "line": found.line, "column": found.column, "path": found.path,
            "set": found.set, "rule": found.rule.id, "severity": found.rule.severity.name(),
            "text": found.text, "mend": found.rule.mend, "tested_date": found.tested.to_string(),
        }));
    }
    screen.record(&json!({
        "record": "rules_verdict", "file": name, "sets": names(by), "as_of": by.today.to_string(),
        "judged": judged.documents > 0, "kept": judged.documents > 0 && judged.errors == 0,
        "errors": judged.errors, "warnings": judged.warnings,
    }));
}
