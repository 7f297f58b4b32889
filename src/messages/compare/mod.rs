//! Compares what two documents of one message say, whatever their versions: payments by end-to-end id, entries and
//! statuses by their references. Order of blocks, ids and time stamps of the messages, prefixes and white space aside. Judges neither.
//!
//! Two passes: the first keeps 32 octets for each payment and pairs those that say the same; the second reads only what
//! is left again and tells the differences. Memory grows with the number of payments, not with their length.

mod fact;
mod gather;

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;

use serde::Serialize;

use crate::messages::kind::Kind;
use crate::schema::event::NotWellFormed;
use fact::{Fact, digest_of, short};
use gather::{Rank, Unit, gather};

/// Most payments that are compared fact by fact. Chosen by us; of the others it is only said that they differ.
const DETAILED_MAX: usize = 10_000;

/// Why two documents were not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// One of them is not well-formed, or could not be read. The sender must act.
    #[error(transparent)]
    NotWellFormed(#[from] NotWellFormed),
    /// One holds no message that is known. The caller must choose another file.
    #[error("no document that could be compared")]
    NoDocument,
    /// A message that is not compared. The caller must choose another file.
    #[error("{message} is not compared")]
    Unsupported {
        /// Like `pacs.008`.
        message: String,
    },
    /// They are of different messages. The caller must choose another file.
    #[error("{left} and {right} are different messages")]
    OtherMessage {
        /// Like `pain.001`.
        left: &'static str,
        /// Like `camt.053`.
        right: &'static str,
    },
    /// A second message in one file; which one is meant? The caller must part them.
    #[error("line {line}: a second document")]
    Several {
        /// From 1.
        line: u64,
    },
    /// One payment or entry is larger than is held. The sender must act.
    #[error("line {line}: more than {limit} values in one part")]
    TooLarge {
        /// From 1.
        line: u64,
        /// The bound.
        limit: usize,
    },
}

impl CompareError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CompareError::NotWellFormed(error) => error.code(),
            CompareError::NoDocument => "compare.no_document",
            CompareError::Unsupported { .. } => "compare.unsupported",
            CompareError::OtherMessage { .. } => "compare.other_message",
            CompareError::Several { .. } => "compare.several",
            CompareError::TooLarge { .. } => "compare.too_large",
        }
    }
}

/// Where one of the two documents says something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// From 1.
    pub line: u64,
    /// Of the payment, entry or status, with indexes.
    pub path: String,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "record", rename = "difference")]
pub struct Difference {
    /// End-to-end id or other reference; absent for what belongs to the whole document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The element that differs, in words of all versions; absent where the whole is on one side only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// Absent where only the other document says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Side>,
    /// Absent where only the first document says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<Side>,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Payments, entries or statuses of the first document.
    pub left: u64,
    /// Of the second.
    pub right: u64,
    /// Differences handed out.
    pub differences: u64,
    /// Payments that differ but were too many to be told fact by fact.
    pub untold: u64,
}

/// What is left of a payment after the first pass.
type Marks = ([u8; 16], [u8; 16]);

/// How often a payment with a key and content is in the first document more than in the second.
struct Balance {
    kind: Option<Kind>,
    counts: HashMap<Marks, i64>,
    units: [u64; 2],
    digest: fn(&[u8]) -> [u8; 32],
}

impl Balance {
    fn take(&mut self, input: impl BufRead, side: usize) -> Result<Kind, CompareError> {
        let (step, digest) = (if side == 0 { 1 } else { -1 }, self.digest);
        gather(input, &mut |unit| {
            let marks = marks(&unit, digest);
            let count = self.counts.entry(marks).or_insert(0);
            *count += step;
            if *count == 0 {
                self.counts.remove(&marks);
            }
            if let Some(units) = self.units.get_mut(side).filter(|_| unit.rank == Rank::One) {
                *units += 1;
            }
            Ok(())
        })
    }
}

fn marks(unit: &Unit, digest: fn(&[u8]) -> [u8; 32]) -> Marks {
    (short(digest(unit.key.as_bytes())), digest_of(&unit.facts, digest))
}

/// Compares two documents, each of which `open` gives twice, and hands out the differences in the order of their keys. `open` is
/// asked for side 0 and 1.
pub fn compare<R: BufRead, E: From<CompareError>>(
    open: &mut dyn FnMut(usize) -> Result<R, E>,
    digest: fn(&[u8]) -> [u8; 32],
    give: &mut dyn FnMut(Difference),
) -> Result<Compared, E> {
    let mut balance = Balance { kind: None, counts: HashMap::new(), units: [0; 2], digest };
    for side in [0, 1] {
        let kind = balance.take(open(side)?, side)?;
        if let Some(left) = balance.kind.replace(kind).filter(|left| *left != kind) {
            let (left, right) = (left.name(), kind.name());
            return Err(CompareError::OtherMessage { left, right }.into());
        }
    }
    let mut left_over: BTreeMap<String, [Vec<Unit>; 2]> = BTreeMap::new();
    let (mut held, mut untold) = (0_usize, 0_u64);
    for side in [0, 1] {
        if balance.counts.is_empty() {
            break;
        }
        let input = open(side)?;
        gather(input, &mut |unit| {
            let sign = if side == 0 { 1 } else { -1 };
            let count = balance.counts.get_mut(&marks(&unit, digest)).filter(|count| **count * sign > 0);
            let Some(count) = count else { return Ok(()) };
            *count -= sign;
            if held >= DETAILED_MAX {
                untold += 1;
                return Ok(());
            }
            held += 1;
            let sides = left_over.entry(unit.key.clone()).or_default();
            if let Some(units) = sides.get_mut(side) {
                units.push(unit);
            }
            Ok(())
        })?;
    }
    let mut differences = 0;
    for (key, [left, right]) in left_over {
        tell(&key, left, right, &mut |difference| {
            differences += 1;
            give(difference);
        });
    }
    let [left, right] = balance.units;
    Ok(Compared { left, right, differences, untold })
}

/// Pairs what has the same key in order, and tells what is different in each pair and what has no partner.
fn tell(key: &str, left: Vec<Unit>, right: Vec<Unit>, give: &mut dyn FnMut(Difference)) {
    let key = Some(key.to_owned()).filter(|key| !key.is_empty());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    loop {
        match (left.next(), right.next()) {
            (Some(one), Some(two)) => tell_pair(key.as_deref(), &one, &two, give),
            (None, None) => return,
            (one, two) => {
                let side = |unit: Unit| Side { line: unit.line, path: unit.path, value: None };
                give(Difference {
                    key: key.clone(),
                    element: None,
                    left: one.map(side),
                    right: two.map(side),
                });
            }
        }
    }
}

fn tell_pair(key: Option<&str>, one: &Unit, two: &Unit, give: &mut dyn FnMut(Difference)) {
    let only = |these: &Unit, those: &Unit| -> BTreeMap<String, Vec<Fact>> {
        let mut counts: HashMap<(&str, &str), i64> = HashMap::new();
        for fact in &those.facts {
            *counts.entry((&fact.path, &fact.value)).or_insert(0) += 1;
        }
        let mut found: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        for fact in &these.facts {
            match counts.get_mut(&(fact.path.as_str(), fact.value.as_str())).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => found.entry(fact.path.clone()).or_default().push(fact.clone()),
            }
        }
        found
    };
    let (left, mut right) = (only(one, two), only(two, one));
    let side =
        |fact: Fact, unit: &Unit| Side { line: fact.line, path: unit.path.clone(), value: Some(fact.value) };
    let mut told = |path: &str, left: Option<Fact>, right: Option<Fact>| {
        let element = Some(path.trim_start_matches('/').to_owned());
        let (left, right) = (left.map(|fact| side(fact, one)), right.map(|fact| side(fact, two)));
        give(Difference { key: key.map(str::to_owned), element, left, right });
    };
    for (path, facts) in left {
        let mut others = right.remove(&path).unwrap_or_default().into_iter();
        for fact in facts {
            told(&path, Some(fact), others.next());
        }
        others.for_each(|fact| told(&path, None, Some(fact)));
    }
    for (path, facts) in right {
        facts.into_iter().for_each(|fact| told(&path, None, Some(fact)));
    }
}
