//! The checks that rule tables are made of: each looks at one part of a message. Never which rule set uses them.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::calendar::Calendar;
use crate::domain::charset::CharacterSet;
use crate::messages::reading::Place;

use super::codes::List;
use super::duplicates::Remembered;
use super::gather::Gather;
use super::named::{self, Named};
use super::parties;
use super::unit::{Leaf, Level, Unit, is_within};
use crate::domain::exact::{Exact, Total};

/// How a rule is judged. Paths are those below the part; `**/` before a name means anywhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// At least one of the elements is there, with something in it.
    Required {
        /// The part that is looked at.
        at: Level,
        /// Any of them will do.
        any: Vec<String>,
    },
    /// None of the elements is there.
    Forbidden {
        /// The parts that are looked at.
        at: Vec<Level>,
        /// All of them are unwanted.
        paths: Vec<String>,
    },
    /// Where the element is there, it has one of these values.
    OneOf {
        /// The parts that are looked at.
        at: Vec<Level>,
        /// The elements.
        paths: Vec<String>,
        /// What they may say.
        values: Vec<String>,
    },
    /// Not longer than so many characters.
    MaxChars {
        /// The parts that are looked at.
        at: Vec<Level>,
        /// The elements.
        paths: Vec<String>,
        /// In characters.
        most: usize,
    },
    /// The element does not come more often.
    MaxCount {
        /// The part that is looked at.
        at: Level,
        /// The element that repeats.
        path: String,
        /// How often it may come.
        most: usize,
    },
    /// Only characters of a set.
    Charset {
        /// The parts that are looked at.
        at: Vec<Level>,
        /// The elements.
        paths: Vec<String>,
        /// Their characters.
        set: Characters,
    },
    /// No `/` at the ends and no `//`.
    Slashes {
        /// The parts that are looked at.
        at: Vec<Level>,
        /// The elements.
        paths: Vec<String>,
    },
    /// A code of an external code list.
    CodeList {
        /// The elements.
        paths: Vec<String>,
        /// The list.
        list: List,
    },
    /// An identifier whose form and check digits are right.
    Form {
        /// The elements.
        paths: Vec<String>,
        /// The identifier.
        form: named::Form,
    },
    /// The element is in the batch or in its transactions, not in both.
    OneLevel {
        /// The element.
        path: String,
    },
    /// Where the element is there, the other is too.
    OnlyWith {
        /// The part that is looked at.
        at: Level,
        /// The element that depends.
        path: String,
        /// What it depends on.
        needs: String,
    },
    /// Not both elements.
    NotBoth {
        /// The part that is looked at.
        at: Level,
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// The amount is not greater.
    AmountMax {
        /// A decimal.
        most: String,
    },
    /// The amount's currency is this one.
    Currency {
        /// ISO 4217.
        is: String,
    },
    /// A check of its own.
    Named {
        /// Which.
        name: Named,
        /// The day from which the form that it looks for is refused, where it needs one.
        #[serde(default)]
        ends: Option<NaiveDate>,
    },
}

/// A set of characters, by its name in the tables.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Characters {
    /// EPC.
    Sepa,
    /// Swift X.
    SwiftX,
    /// Printable ASCII.
    Ascii,
    /// SIX.
    Latin,
    /// Bacs.
    Bacs,
}

impl Characters {
    fn set(self) -> CharacterSet {
        match self {
            Characters::Sepa => CharacterSet::Sepa,
            Characters::SwiftX => CharacterSet::SwiftX,
            Characters::Ascii => CharacterSet::Ascii,
            Characters::Latin => CharacterSet::Latin,
            Characters::Bacs => CharacterSet::Bacs,
        }
    }
}

/// Where a rule applies: every condition that is given must hold. Nothing given: everywhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The message; `pain.001` where none is named.
    #[serde(default)]
    pub message: Vec<String>,
    /// The transaction's currency.
    #[serde(default)]
    pub currency: Vec<String>,
    /// `SvcLvl/Cd` of the transaction or its batch.
    #[serde(default)]
    pub service_level: Vec<String>,
    /// `PmtMtd` of the batch.
    #[serde(default)]
    pub method: Vec<String>,
    /// Versions of the message from this one on.
    #[serde(default)]
    pub version_min: Option<u32>,
    /// Versions of the message up to this one.
    #[serde(default)]
    pub version_max: Option<u32>,
    /// Kind of payment by the Swiss Payment Standards: `D`, `S` or `X`.
    #[serde(default)]
    pub swiss_type: Option<char>,
}

/// Lines where identifications of the part that is judged came before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repeated {
    pub message_id: Option<u32>,
    pub payment_information_id: Option<u32>,
    pub instruction_id: Option<u32>,
    pub end_to_end_id: Option<u32>,
}

/// Counts and sums that are running.
#[derive(Clone, Copy, Debug, Default)]
pub struct Running {
    pub count: u64,
    pub total: Total,
    pub credits: (u64, Total),
    pub debits: (u64, Total),
}

/// Everything that a check may look at.
pub struct Scene<'j> {
    pub level: Level,
    pub gathered: &'j Gather,
    /// The whole part has been read; for a group and a batch also what belongs to it.
    pub today: NaiveDate,
    pub tested: NaiveDate,
    pub days: Calendar,
    pub repeated: Repeated,
    pub running: Running,
    pub remembered: &'j [Remembered],
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub place: Place,
    pub path: String,
    pub text: String,
}

impl Found {
    pub fn at(leaf: &Leaf<'_>, text: String) -> Found {
        Found { place: leaf.place, path: leaf.shown.to_owned(), text }
    }
}

impl Scene<'_> {
    /// The part that is judged.
    pub fn unit(&self) -> &Unit {
        match self.level {
            Level::Group => &self.gathered.group,
            Level::Batch => &self.gathered.batch,
            Level::Transaction => &self.gathered.transaction,
        }
    }
}

impl When {
    /// Does the rule apply to this part?
    pub fn applies(&self, scene: &Scene<'_>) -> bool {
        let gathered = scene.gathered;
        let among = |list: &[String], value: Option<&str>| {
            value.is_some_and(|value| list.iter().any(|one| one == value))
        };
        let message = match self.message.is_empty() {
            true => gathered.message == "pain.001",
            false => self.message.iter().any(|message| message == gathered.message),
        };
        let version = gathered.version;
        let service_level = || match scene.level {
            Level::Transaction => parties::service_level(gathered),
            _ => gathered.batch.text("PmtTpInf/SvcLvl/Cd"),
        };
        message
            && (self.currency.is_empty() || among(&self.currency, parties::currency(&gathered.transaction)))
            && (self.service_level.is_empty() || among(&self.service_level, service_level()))
            && (self.method.is_empty() || among(&self.method, gathered.batch.text("PmtMtd")))
            && self.version_min.is_none_or(|least| version.is_some_and(|version| version >= least))
            && self.version_max.is_none_or(|most| version.is_some_and(|version| version <= most))
            && self.swiss_type.is_none_or(|kind| parties::swiss_type(gathered) == kind)
    }

    /// Needs a transaction to be judged; a batch is judged by its last one.
    pub fn needs_transaction(&self) -> bool {
        !self.currency.is_empty() || self.swiss_type.is_some()
    }
}

impl Check {
    /// The parts that this check looks at.
    pub fn levels(&self) -> Vec<Level> {
        match self {
            Check::Required { at, .. }
            | Check::MaxCount { at, .. }
            | Check::OnlyWith { at, .. }
            | Check::NotBoth { at, .. } => vec![*at],
            Check::Forbidden { at, .. }
            | Check::OneOf { at, .. }
            | Check::MaxChars { at, .. }
            | Check::Charset { at, .. }
            | Check::Slashes { at, .. } => at.clone(),
            Check::CodeList { .. } | Check::Form { .. } => {
                vec![Level::Group, Level::Batch, Level::Transaction]
            }
            Check::OneLevel { .. } | Check::AmountMax { .. } | Check::Currency { .. } => {
                vec![Level::Transaction]
            }
            Check::Named { name, .. } => name.levels().to_vec(),
        }
    }

    /// Compares what a header counts with what came after it.
    pub fn counts(&self) -> bool {
        matches!(self, Check::Named { name: Named::CountGroup | Named::SumGroup, .. })
    }

    /// Looks at the part of the scene.
    pub fn find(&self, scene: &Scene<'_>, found: &mut Vec<Found>) {
        let unit = scene.unit();
        match self {
            Check::Required { any, .. } => required(unit, any, found),
            Check::Forbidden { paths, .. } => forbidden(unit, paths, found),
            Check::OneOf { paths, values, .. } => one_of(unit, paths, values, found),
            Check::MaxChars { paths, most, .. } => max_chars(unit, paths, *most, found),
            Check::MaxCount { path, most, .. } => max_count(unit, path, *most, found),
            Check::Charset { paths, set, .. } => charset(unit, paths, set.set(), found),
            Check::Slashes { paths, .. } => slashes(unit, paths, found),
            Check::CodeList { paths, list } => code_list(unit, paths, *list, found),
            Check::Form { paths, form } => form.find(&matching(unit, paths), found),
            Check::OneLevel { path } => one_level(scene, path, found),
            Check::OnlyWith { path, needs, .. } => only_with(unit, path, needs, found),
            Check::NotBoth { first, second, .. } => not_both(unit, first, second, found),
            Check::AmountMax { most } => amount_max(unit, most, found),
            Check::Currency { is } => currency(unit, is, found),
            Check::Named { name, ends } => name.find(scene, *ends, found),
        }
    }
}

/// The leaves that one of the patterns means, in document order.
pub(super) fn matching<'u>(unit: &'u Unit, patterns: &'u [String]) -> Vec<Leaf<'u>> {
    let means = |pattern: &String, path: &str| match pattern.strip_prefix("**/") {
        Some(name) => path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/')),
        None => path == pattern,
    };
    unit.with_path(move |path| patterns.iter().any(|pattern| means(pattern, path))).collect()
}

fn required(unit: &Unit, any: &[String], found: &mut Vec<Found>) {
    let there = |path: &String| unit.leaves().any(|leaf| is_within(leaf.path, path) && !leaf.text.is_empty());
    if !any.iter().any(there) {
        found.push(Found::at(&unit.itself(), format!("{} is missing", any.join(" or "))));
    }
}

fn forbidden(unit: &Unit, paths: &[String], found: &mut Vec<Found>) {
    for path in paths {
        if let Some(leaf) = unit.within(path) {
            found.push(Found::at(&leaf, format!("{path} is not allowed here")));
        }
    }
}

fn one_of(unit: &Unit, paths: &[String], values: &[String], found: &mut Vec<Found>) {
    for leaf in matching(unit, paths).iter().filter(|leaf| !values.iter().any(|value| value == leaf.text)) {
        found.push(Found::at(leaf, format!("{} instead of {}", cut(leaf.text), values.join(" or "))));
    }
}

fn max_chars(unit: &Unit, paths: &[String], most: usize, found: &mut Vec<Found>) {
    for leaf in matching(unit, paths) {
        let length = leaf.text.chars().count();
        if length > most {
            found.push(Found::at(&leaf, format!("{length} characters, at most {most} travel")));
        }
    }
}

fn max_count(unit: &Unit, path: &str, most: usize, found: &mut Vec<Found>) {
    let depth = path.split('/').count();
    let index = |leaf: &Leaf<'_>| {
        let below = leaf.shown.strip_prefix(unit.shown.as_str())?.strip_prefix('/')?;
        let (_, index) = below.split('/').nth(depth - 1)?.split_once('[')?;
        index.strip_suffix(']')?.parse::<usize>().ok()
    };
    let beyond = |leaf: &Leaf<'_>| is_within(leaf.path, path) && index(leaf).is_some_and(|at| at > most);
    if let Some(leaf) = unit.leaves().find(beyond) {
        found.push(Found::at(&leaf, format!("{path} comes more than {most} times")));
    }
}

fn charset(unit: &Unit, paths: &[String], set: CharacterSet, found: &mut Vec<Found>) {
    for leaf in matching(unit, paths) {
        let outside = |(_, character): &(usize, char)| !set.contains(*character);
        if let Some((at, character)) = leaf.text.chars().enumerate().find(outside) {
            let (number, at) = (u32::from(character), at + 1);
            found
                .push(Found::at(&leaf, format!("character U+{number:04X} at position {at} does not travel")));
        }
    }
}

fn slashes(unit: &Unit, paths: &[String], found: &mut Vec<Found>) {
    for leaf in matching(unit, paths) {
        let text = leaf.text;
        if text.starts_with('/') || text.ends_with('/') || text.contains("//") {
            let text = format!("{} begins or ends with / or contains //", cut(text));
            found.push(Found::at(&leaf, text));
        }
    }
}

fn code_list(unit: &Unit, paths: &[String], list: List, found: &mut Vec<Found>) {
    for leaf in matching(unit, paths).iter().filter(|leaf| !list.knows(leaf.text)) {
        found.push(Found::at(leaf, format!("{} is not in {}", cut(leaf.text), list.title())));
    }
}

fn one_level(scene: &Scene<'_>, path: &str, found: &mut Vec<Found>) {
    if scene.gathered.batch.within(path).is_some()
        && let Some(leaf) = scene.gathered.transaction.within(path)
    {
        found.push(Found::at(&leaf, format!("{path} stands in the batch and in the transaction")));
    }
}

fn only_with(unit: &Unit, path: &str, needs: &str, found: &mut Vec<Found>) {
    if let Some(leaf) = unit.within(path)
        && unit.within(needs).is_none()
    {
        found.push(Found::at(&leaf, format!("{path} without {needs}")));
    }
}

fn not_both(unit: &Unit, first: &str, second: &str, found: &mut Vec<Found>) {
    if unit.within(first).is_some()
        && let Some(leaf) = unit.within(second)
    {
        found.push(Found::at(&leaf, format!("both {first} and {second}")));
    }
}

fn amount_max(unit: &Unit, most: &str, found: &mut Vec<Found>) {
    let Some(leaf) = parties::amount(unit) else { return };
    if let (Some(amount), Some(limit)) = (Exact::parse(leaf.text), Exact::parse(most))
        && amount > limit
    {
        found.push(Found::at(&leaf, format!("{amount} is more than {limit}")));
    }
}

fn currency(unit: &Unit, is: &str, found: &mut Vec<Found>) {
    if let Some(leaf) = parties::amount(unit)
        && let Some(currency) = parties::currency(unit).filter(|currency| *currency != is)
    {
        found.push(Found::at(&leaf, format!("{} instead of {is}", cut(currency))));
    }
}

/// A value as findings quote it: its beginning, in quotation marks.
pub(super) fn cut(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 60;
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("\"{shown}{more}\"")
}
