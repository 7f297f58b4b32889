//! What a proof came to: the record that `girogate parse --check` prints. Proves nothing itself.

use std::fmt;

use serde::{Serialize, Serializer};

use super::sum::Sum;
use crate::messages::record::AccountId;

/// Whether what a document claims follows from the rest of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It follows.
    Yes,
    /// It contradicts the rest.
    No,
    /// Something is missing; `missing` says what.
    NotProvable,
}

impl Serialize for Holds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Holds::Yes => serializer.serialize_bool(true),
            Holds::No => serializer.serialize_bool(false),
            Holds::NotProvable => serializer.serialize_str("not_provable"),
        }
    }
}

/// One proof. Amounts are decimals; those of movements and balances carry a sign, credit above zero.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "record", rename = "check")]
pub struct Check {
    /// What was proved, like `balance.booked`.
    pub name: &'static str,
    /// What it came to.
    pub holds: Holds,
    /// What must be, by the rest of the document or of the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What the document says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// `found` less `expected`, also where it is zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remainder: Option<String>,
    /// Of the amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// How many entries or transactions were proved, where one record speaks for many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved: Option<u64>,
    /// How many contradict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// How many could not be proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unprovable: Option<u64>,
    /// What is missing, where nothing can be proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// What explains the result, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The account that the report is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// `Id` of the report, or of the batch that a status report speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// Reference of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// File name as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of the report or entry, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Check {
    /// A proof of that name without result yet.
    pub(super) fn named(name: &'static str) -> Check {
        Check {
            name,
            holds: Holds::NotProvable,
            expected: None,
            found: None,
            remainder: None,
            currency: None,
            proved: None,
            failed: None,
            unprovable: None,
            missing: None,
            note: None,
            account: None,
            report: None,
            entry: None,
            file: None,
            line: None,
        }
    }

    /// Compares two amounts.
    pub(super) fn amounts(name: &'static str, expected: Sum, found: Sum) -> Check {
        let remainder = found - expected;
        Check {
            holds: if remainder.is_zero() { Holds::Yes } else { Holds::No },
            expected: Some(expected.to_string()),
            found: Some(found.to_string()),
            remainder: Some(remainder.to_string()),
            ..Check::named(name)
        }
    }

    /// Compares two counts.
    pub(super) fn counts(name: &'static str, expected: u64, found: u64) -> Check {
        Check {
            holds: if expected == found { Holds::Yes } else { Holds::No },
            expected: Some(expected.to_string()),
            found: Some(found.to_string()),
            remainder: Some((i128::from(found) - i128::from(expected)).to_string()),
            ..Check::named(name)
        }
    }

    /// A proof that something is missing for; figures that were reached stay.
    pub(super) fn missing(self, what: impl Into<String>) -> Check {
        Check { holds: Holds::NotProvable, missing: Some(what.into()), ..self }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.name)?;
        for part in [&self.report, &self.entry, &self.currency].into_iter().flatten() {
            write!(out, " {part}")?;
        }
        if let (Some(expected), Some(found)) = (&self.expected, &self.found) {
            write!(out, ": expected {expected}, found {found}")?;
        }
        if let Some(remainder) = &self.remainder {
            write!(out, ", remainder {remainder}")?;
        }
        if let (Some(proved), Some(failed), Some(unprovable)) = (self.proved, self.failed, self.unprovable) {
            write!(out, ": {proved} proved, {failed} contradict, {unprovable} not provable")?;
        }
        for part in [&self.missing, &self.note].into_iter().flatten() {
            write!(out, "; {part}")?;
        }
        Ok(())
    }
}

/// How many of many hold; printed as one record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    proved: u64,
    failed: u64,
    unprovable: u64,
}

impl Tally {
    /// Takes one result in.
    pub(super) fn count(&mut self, holds: Holds) {
        let slot = match holds {
            Holds::Yes => &mut self.proved,
            Holds::No => &mut self.failed,
            Holds::NotProvable => &mut self.unprovable,
        };
        *slot = slot.saturating_add(1);
    }

    /// The record, unless there was nothing to prove.
    pub(super) fn check(self, name: &'static str, missing: &str) -> Option<Check> {
        let holds = match (self.proved, self.failed, self.unprovable) {
            (0, 0, 0) => return None,
            (_, 1.., _) => Holds::No,
            (0, 0, _) => Holds::NotProvable,
            _ => Holds::Yes,
        };
        let check = Check {
            holds,
            proved: Some(self.proved),
            failed: Some(self.failed),
            unprovable: Some(self.unprovable),
            ..Check::named(name)
        };
        let missing = (self.unprovable > 0).then(|| missing.to_owned());
        Some(Check { missing, ..check })
    }
}
