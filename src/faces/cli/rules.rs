//! `girogate rules` and `girogate explain`: what is checked beyond the schema, since when, by which source, and how to mend it.

use super::screen::Screen;
use super::{Exit, Failure};
use crate::rules::{self, Certainty, Rule, RuleSet, RulesError};
use clap::Args;
use serde_json::{Value, json};

/// `girogate rules`
#[derive(Args)]
pub struct Rules {
    /// Only this rule set; without it, every set with its rules.
    #[arg(value_name = "SET")]
    set: Option<String>,
}

/// `girogate explain`
#[derive(Args)]
pub struct Explain {
    /// Id of a rule, such as iso.control-sum.group.
    #[arg(value_name = "RULE")]
    rule: String,
}

/// A name that is none of ours is wrong use.
pub fn unknown(error: RulesError) -> Failure {
    Failure::usage(error.code(), error)
}

/// When the rule ends, in words.
fn until(rule: &Rule) -> String {
    rule.valid_until.map_or("open".to_owned(), |until| until.to_string())
}

fn certainty(rule: &Rule) -> &'static str {
    match rule.certainty {
        Certainty::Certain => "certain",
        Certainty::Uncertain => "uncertain",
    }
}

fn record(set: &RuleSet, rule: &Rule) -> Value {
    json!({
        "record": "rule", "set": set.name, "rule": rule.id, "severity": rule.severity.name(),
        "certainty": certainty(rule), "valid_from": rule.valid_from.to_string(),
        "valid_until": rule.valid_until.map(|until| until.to_string()), "citation": rule.citation,
        "statement": rule.statement, "mend": rule.mend, "example": rule.example,
    })
}

impl Rules {
    /// Lists rule sets and rules with severity and validity.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let chosen = match &self.set {
            Some(name) => std::slice::from_ref(rules::set(name).map_err(unknown)?),
            None => rules::sets(),
        };
        for set in chosen {
            if screen.is_json() {
                set.rules.iter().for_each(|rule| screen.record(&record(set, rule)));
            } else {
                list(set, screen);
            }
        }
        Ok(Exit::Done)
    }
}

fn list(set: &RuleSet, screen: &mut Screen) {
    screen.line(&format!("{}: {} ({} rules)", set.name, set.title, set.rules.len()));
    screen.line(&format!("  {}", set.about));
    for rule in &set.rules {
        let (severity, until) = (rule.severity.name(), until(rule));
        let doubt = if rule.certainty == Certainty::Uncertain { ", uncertain" } else { "" };
        screen.line(&format!("  {:<46} {severity}{doubt}, {} to {until}", rule.id, rule.valid_from));
    }
}

impl Explain {
    /// Shows everything about one rule.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let (set, rule) = rules::rule(&self.rule).map_err(unknown)?;
        if screen.is_json() {
            screen.record(&record(set, rule));
            return Ok(Exit::Done);
        }
        let severity = format!("{}, {}", rule.severity.name(), certainty(rule));
        let dates = format!("from {}, until {}", rule.valid_from, until(rule));
        let rows = [
            ("rule", &rule.id),
            ("set", &set.name),
            ("says", &rule.statement),
            ("severity", &severity),
            ("valid", &dates),
            ("source", &rule.citation),
            ("to mend", &rule.mend),
            ("example", &rule.example),
        ];
        for (name, text) in rows {
            screen.line(&format!("{name:<9} {text}"));
        }
        Ok(Exit::Done)
    }
}
