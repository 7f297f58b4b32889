//! Reads the tables of rule sets. Never applies them.

use chrono::NaiveDate;
use serde::Deserialize;

use super::check::{Check, When};
use super::{Certainty, Rail, Rule, RuleSet, Severity};

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    title: String,
    about: String,
    rail: Rail,
    /// A set whose rules hold here too, under the other prefix.
    #[serde(default)]
    also: Option<Also>,
    #[serde(default)]
    rule: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Also {
    set: String,
    prefix: String,
    own_prefix: String,
    /// Ids without their prefix.
    except: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    severity: Severity,
    #[serde(default = "certain")]
    certainty: Certainty,
    valid_from: NaiveDate,
    #[serde(default)]
    valid_until: Option<NaiveDate>,
    citation: String,
    statement: String,
    mend: String,
    example: String,
    check: Check,
    #[serde(default)]
    when: When,
}

fn certain() -> Certainty {
    Certainty::Certain
}

/// Reads the tables in their order; a set may take over rules of one before it.
pub(super) fn sets(shipped: &[(&str, &str)]) -> Result<Vec<RuleSet>, String> {
    let mut sets: Vec<RuleSet> = Vec::new();
    for (name, text) in shipped {
        let table: Table = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        let mut rules = match &table.also {
            Some(also) => taken_over(also, &sets).ok_or_else(|| format!("{name}: no set {}", also.set))?,
            None => Vec::new(),
        };
        rules.extend(table.rule.into_iter().map(rule));
        let Table { title, about, rail, .. } = table;
        sets.push(RuleSet { name: (*name).to_owned(), title, about, rail, rules });
    }
    Ok(sets)
}

fn taken_over(also: &Also, sets: &[RuleSet]) -> Option<Vec<Rule>> {
    let from = sets.iter().find(|set| set.name == also.set)?;
    let take = |rule: &Rule| {
        let rest = rule.id.strip_prefix(also.prefix.as_str())?;
        let kept = !also.except.iter().any(|except| except == rest);
        kept.then(|| Rule { id: format!("{}{rest}", also.own_prefix), ..rule.clone() })
    };
    Some(from.rules.iter().filter_map(take).collect())
}

fn rule(row: Row) -> Rule {
    let Row { id, severity, certainty, valid_from, valid_until, .. } = row;
    let Row { citation, statement, mend, example, check, when, .. } = row;
    Rule { id, severity, certainty, valid_from, valid_until, citation, statement, mend, example, check, when }
}
