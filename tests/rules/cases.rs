//! Every rule against one file that breaks it alone and one that is right, though unusual. Cases are edits of base documents
//! in `fixtures/rules/SET/`; what was found stands in `expected.txt` beside them (`UPDATE_FIXTURES=1` rewrites it).

use chrono::NaiveDate;
use girogate::rules::judge::{Judged, judge};
use girogate::rules::{self, Rule, RuleSet, Severity};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    #[serde(default = "base")]
    base: String,
    holds_base: Option<String>,
    #[serde(default = "today")]
    as_of: NaiveDate,
    /// `invalid` where no shipped schema lets the mistake pass.
    schema: Option<String>,
    breaks: Vec<(String, String)>,
    holds: Vec<(String, String)>,
}

fn base() -> String {
    "base.xml".to_owned()
}

fn today() -> NaiveDate {
    "2026-11-02".parse().expect("a date")
}

fn folder(set: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules").join(set)
}

/// A rule whose breaking file would hold more than four million transactions; `duplicates.rs` tests it.
const WITHOUT_FILE: &[&str] = &["iso.duplicate.limit"];

fn cases(set: &RuleSet) -> Vec<Case> {
    let path = folder(&set.name).join("cases.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases: Cases = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    cases.case
}

/// The base document with each edit made where its text stands first. `*N*TEXT*` is TEXT so many times.
fn edited(set: &str, base: &str, edits: &[(String, String)]) -> String {
    let path = folder(set).join(base);
    let mut text =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for (from, to) in edits {
        assert!(text.contains(from.as_str()), "{set}/{base} does not hold {from}");
        text = text.replacen(from.as_str(), &repeated(to), 1);
    }
    text
}

fn repeated(text: &str) -> String {
    let parts: Vec<&str> = text.split('*').collect();
    match parts.as_slice() {
        [before, count, piece, after] => {
            format!("{before}{}{after}", piece.repeat(count.parse().expect("a number")))
        }
        _ => text.to_owned(),
    }
}

fn judged(text: &str, set: &'static RuleSet, today: NaiveDate) -> (bool, Judged) {
    let (validated, judged) = judge(text.as_bytes(), None, &[set], today);
    assert_eq!(judged.documents, text.matches("<Document").count() as u64, "{text}");
    (validated.verdict.valid, judged)
}

fn rule(set: &'static RuleSet, id: &str) -> &'static Rule {
    set.rules.iter().find(|rule| rule.id == id).unwrap_or_else(|| panic!("{id} is no rule of {}", set.name))
}

#[test]
fn every_rule_is_broken_alone_and_kept() {
    for set in rules::sets() {
        let mut expected = String::new();
        for case in cases(set) {
            let rule = rule(set, &case.rule);
            let text = edited(&set.name, &case.base, &case.breaks);
            let (valid, found) = judged(&text, set, case.as_of);
            assert_eq!(valid, case.schema.is_none(), "{}: schema\n{text}", case.rule);
            let broken: BTreeSet<&str> = found.findings.iter().map(|one| one.rule.id.as_str()).collect();
            assert_eq!(broken, BTreeSet::from([rule.id.as_str()]), "{} alone\n{text}", case.rule);
            assert_eq!(found.errors > 0, rule.severity == Severity::Error, "{}", case.rule);
            for one in &found.findings {
                let (line, column, severity) = (one.line, one.column, one.rule.severity.name());
                let (text, path, id) = (&one.text, &one.path, &one.rule.id);
                expected.push_str(&format!("{line}:{column}: {id}: {text} ({path}), {severity}\n"));
            }
            let text = edited(&set.name, case.holds_base.as_ref().unwrap_or(&case.base), &case.holds);
            let (valid, found) = judged(&text, set, case.as_of);
            assert!(valid, "{}: the right file breaks its schema\n{text}", case.rule);
            let told = found.findings.iter().filter(|one| one.rule.id == rule.id).count();
            assert_eq!((found.errors, told), (0, 0), "{} is kept: {:?}\n{text}", case.rule, found.findings);
        }
        compare(&folder(&set.name).join("expected.txt"), &expected);
    }
}

fn compare(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(path, text).expect("written");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(text, expected, "left: found; right: {}", path.display());
}

#[test]
fn every_rule_has_a_case_and_everything_it_must_tell() {
    let mut ids = BTreeSet::new();
    for set in rules::sets() {
        let covered: BTreeSet<String> = cases(set).into_iter().map(|case| case.rule).collect();
        for rule in &set.rules {
            let id = &rule.id;
            assert!(ids.insert(id.clone()), "{id} twice");
            assert!(covered.contains(id) || WITHOUT_FILE.contains(&id.as_str()), "{id} has no case");
            for (what, text) in [
                ("citation", &rule.citation),
                ("statement", &rule.statement),
                ("mend", &rule.mend),
                ("example", &rule.example),
            ] {
                assert!(text.chars().count() >= 8, "{id}: {what}");
            }
            assert!(rule.statement.ends_with('.') && rule.mend.ends_with('.'), "{id}: a sentence");
            let example = &rule.example;
            assert!(example.contains("breaks: ") && example.contains("; keeps: "), "{id}: {example}");
            assert!(rule.valid_until.is_none_or(|until| until >= rule.valid_from), "{id}: dates");
            let uncertain = rule.certainty == rules::Certainty::Uncertain;
            assert!(!uncertain || rule.severity == Severity::Warning, "{id} refuses, though uncertain");
        }
    }
    assert!(ids.len() > 150, "{} rules", ids.len());
}

/// The base documents break nothing, so that what a case finds comes from its edits.
#[test]
fn base_documents_keep_every_rule() {
    for set in rules::sets() {
        for case in cases(set).iter().filter(|case| !case.breaks.is_empty()) {
            let (valid, found) = judged(&edited(&set.name, &case.base, &[]), set, today());
            assert!(valid && found.findings.is_empty(), "{}/{}: {:?}", set.name, case.base, found.findings);
        }
    }
}
