//! Rules beyond the schema: rule sets as data, the small checks they name, and the judge that applies them in the same pass
//! as the schema walk. Elements are named here, since rules speak of them; what a bank answers is never guessed.

pub mod address;
mod amounts;
mod check;
mod codes;
pub mod duplicates;
mod gather;
pub mod judge;
mod named;
mod parties;
pub mod proposal;
mod read;
pub mod report;
mod settlement;
pub mod unit;

use std::sync::LazyLock;

use chrono::NaiveDate;
use thiserror::Error;

pub use check::Check;
pub use settlement::Rail;

/// Every rule set that is shipped: name and table.
const SHIPPED: &[(&str, &str)] = &[
    ("iso", include_str!("sets/iso.toml")),
    ("sepa-sct-c2b", include_str!("sets/sepa-sct-c2b.toml")),
    ("sepa-inst-c2b", include_str!("sets/sepa-inst-c2b.toml")),
    ("cbpr-plus", include_str!("sets/cbpr-plus.toml")),
    ("ch-sps", include_str!("sets/ch-sps.toml")),
    ("uk", include_str!("sets/uk.toml")),
    ("us", include_str!("sets/us.toml")),
    ("cgi-mp", include_str!("sets/cgi-mp.toml")),
];

static SETS: LazyLock<Vec<RuleSet>> =
    LazyLock::new(|| read::sets(SHIPPED).expect("a test reads every shipped table"));

/// What breaking a rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Told; changes no verdict.
    Warning,
    /// The document breaks the rule set.
    Error,
}

impl Severity {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// How well a rule is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// The source states it.
    Certain,
    /// Sources differ, or it is known to change. Such a rule only warns, and says so.
    Uncertain,
}

/// One rule: what must hold, since when, by which source, and how to mend what breaks it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Stable, like `iso.control-sum.group`.
    pub id: String,
    /// What breaking it means.
    pub severity: Severity,
    /// How well it is founded.
    pub certainty: Certainty,
    /// First day on which it holds.
    pub valid_from: NaiveDate,
    /// Last day on which it holds; open if there is none.
    pub valid_until: Option<NaiveDate>,
    /// Document and section.
    pub citation: String,
    /// One sentence.
    pub statement: String,
    /// What to change.
    pub mend: String,
    /// What breaks it and what keeps it, in a few characters.
    pub example: String,
    /// How it is judged.
    pub check: Check,
    /// Where it applies at all.
    pub when: check::When,
}

impl Rule {
    /// Does it hold on this day?
    pub fn holds_on(&self, date: NaiveDate) -> bool {
        self.valid_from <= date && self.valid_until.is_none_or(|until| date <= until)
    }
}

/// Rules that belong together.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Like `sepa-sct-c2b`.
    pub name: String,
    /// In one line.
    pub title: String,
    /// Where the rules come from and what is left out.
    pub about: String,
    /// Which days its payments settle on.
    pub rail: Rail,
    /// In the order of the table.
    pub rules: Vec<Rule>,
}

/// A name that is none of ours. The caller must correct it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RulesError {
    /// No such rule set.
    #[error("no rule set is called {name}; nearest: {nearest}")]
    UnknownSet {
        /// As given.
        name: String,
        /// Names like it.
        nearest: String,
    },
    /// No such rule.
    #[error("no rule is called {name}; nearest: {nearest}")]
    UnknownRule {
        /// As given.
        name: String,
        /// Ids like it.
        nearest: String,
    },
}

impl RulesError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            RulesError::UnknownSet { .. } => "rules.unknown_set",
            RulesError::UnknownRule { .. } => "rules.unknown_rule",
        }
    }
}

/// Every shipped rule set.
pub fn sets() -> &'static [RuleSet] {
    &SETS
}

/// The rule set of that name.
pub fn set(name: &str) -> Result<&'static RuleSet, RulesError> {
    let nearest = || nearest(name, sets().iter().map(|set| set.name.as_str()));
    let found = sets().iter().find(|set| set.name == name);
    found.ok_or_else(|| RulesError::UnknownSet { name: name.to_owned(), nearest: nearest() })
}

/// The rule of that id, and its set.
pub fn rule(id: &str) -> Result<(&'static RuleSet, &'static Rule), RulesError> {
    let mut all = sets().iter().flat_map(|set| set.rules.iter().map(move |rule| (set, rule)));
    all.find(|(_, rule)| rule.id == id).ok_or_else(|| {
        let ids = sets().iter().flat_map(|set| set.rules.iter().map(|rule| rule.id.as_str()));
        RulesError::UnknownRule { name: id.to_owned(), nearest: nearest(id, ids) }
    })
}

/// The three names that take the fewest changes to become the one given, nearest first.
fn nearest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> String {
    // A name of any length comes from the command line; only its beginning is compared.
    let given: Vec<char> = given.chars().take(80).collect();
    let part: String = given.iter().collect();
    // A name that holds what was given comes before one that is merely like it.
    let rank = |name: &'a str| (!name.contains(&part), changes(&given, name), name);
    let mut ranked: Vec<(bool, usize, &str)> = names.map(rank).collect();
    ranked.sort_unstable();
    let first: Vec<&str> = ranked.into_iter().take(3).map(|(.., name)| name).collect();
    first.join(", ")
}

/// Levenshtein distance.
fn changes(from: &[char], to: &str) -> usize {
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (at, letter) in to.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, own) in from.iter().enumerate() {
            let replaced = diagonal + usize::from(*own != letter);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
