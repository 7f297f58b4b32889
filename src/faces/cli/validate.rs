//! `girogate validate`: the strict verdict on documents, with the place of everything that breaks the schema or a rule.

use super::screen::{Screen, Tone};
use super::{Exit, Failure, file, rules as named_rules, schema};
use crate::messages::validate::{Validated, validate_file};
use crate::rules::judge::{Judged, judge as judge_by_rules};
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
    /// Judge by this schema instead of those that are built in.
    #[arg(long, value_name = "XSD")]
    schema: Option<PathBuf>,
    /// Apply these rule sets too; `girogate rules` lists them.
    #[arg(long, value_name = "SET", value_delimiter = ',')]
    rules: Vec<String>,
    /// The day that stands for today; rules are judged for the later of it and the requested date.
    #[arg(long, value_name = "DATE", requires = "rules")]
    as_of: Option<NaiveDate>,
    /// Documents; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Validate {
    /// One verdict per file; each is judged, whatever became of the one before.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let schema = match &self.schema {
            Some(path) => Some(schema::read(path, Failure::usage)?),
            None => None,
        };
        let by = self.by_rules()?;
        let mut exit = Exit::Done;
        for path in &self.files {
            exit = exit.max(match judge(path, schema.as_ref(), &by, screen) {
                Ok(exit) => exit,
                Err(failure) => {
                    screen.failure(failure.code, &failure.text);
                    failure.exit
                }
            });
        }
        Ok(exit)
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

fn judge(
    path: &Path,
    schema: Option<&model::Schema>,
    by: &ByRules,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let input = file::open(path)?;
    let (validated, judged) = match by.sets.is_empty() {
        true => (validate_file(input, schema), None),
        false => {
            let (validated, judged) = judge_by_rules(input, schema, &by.sets, by.today);
            (validated, Some(judged))
        }
    };
    let name = file::shown(path);
    if screen.is_json() {
        show_json(&name, &validated, screen)
    } else {
        show(&name, &validated, screen)
    }
    if let Some(judged) = &judged {
        if screen.is_json() {
            show_rules_json(&name, judged, by, screen)
        } else {
            show_rules(&name, judged, by, screen)
        }
    }
    let broken = judged.is_some_and(|judged| judged.errors > 0);
    match &validated.parsed.stopped {
        Some(NotWellFormed::Io { source, .. }) => Err(file::refused(path, source)),
        Some(_) => Ok(Exit::Finding),
        None if validated.verdict.valid && !broken => Ok(Exit::Done),
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
    let said = if verdict.valid && validated.parsed.stopped.is_none() {
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
    let valid = verdict.valid && validated.parsed.stopped.is_none();
    screen.record(&json!({
        "record": "verdict", "file": name, "schema": verdict.schema, "valid": valid, "errors": verdict.errors,
    }));
}

fn names(by: &ByRules) -> Vec<&'static str> {
    by.sets.iter().map(|set| set.name.as_str()).collect()
}

fn show_rules(name: &str, judged: &Judged, by: &ByRules, screen: &mut Screen) {
    for found in &judged.findings {
        let (line, column, id) = (found.line, found.column, &found.rule.id);
        let (text, path, severity) = (&found.text, &found.path, found.rule.severity.name());
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
            "record": "finding", "file": name, "line": found.line, "column": found.column, "path": found.path,
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
