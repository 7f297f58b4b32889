//! What a migration did to a document: renamed, changed or lost, and where. Says of a value what it is like, never the value.

use std::collections::BTreeMap;

use serde::Serialize;

/// Most different changes that are told apart. Chosen by us; the places of a definition are far fewer.
const CHANGES_MAX: usize = 10_000;

/// What became of an element or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// The same under another name or at another level.
    Renamed,
    /// Written otherwise, with the same meaning.
    Changed,
    /// The target version cannot say it.
    Lost,
}

/// One kind of change at one kind of place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "record", rename = "change")]
pub struct Change {
    /// What became of it.
    pub became: Became,
    /// Stable code.
    pub code: &'static str,
    /// In the source, from 1; the first of several.
    pub line: u64,
    /// Characters since the last line feed, plus 1.
    pub column: u64,
    /// In the source, without indexes.
    pub path: String,
    /// The new name, the class of the value, or the reason.
    pub text: String,
    /// How often.
    pub count: u64,
}

/// All changes of a document, equal ones counted.
#[derive(Debug, Default)]
pub(super) struct Changes {
    found: BTreeMap<(String, &'static str), Change>,
    pub(super) lost: u64,
}

impl Changes {
    /// Takes a change in.
    pub(super) fn add(&mut self, change: Change) {
        if change.became == Became::Lost {
            self.lost = self.lost.saturating_add(change.count);
        }
        let key = (change.path.clone(), change.code);
        if let Some(known) = self.found.get_mut(&key) {
            known.count = known.count.saturating_add(change.count);
        } else if self.found.len() < CHANGES_MAX {
            self.found.insert(key, change);
        }
    }

    /// In the order of the source.
    pub(super) fn in_order(self) -> Vec<Change> {
        let mut changes: Vec<Change> = self.found.into_values().collect();
        changes.sort_by(|one, two| (one.line, one.column, &one.path).cmp(&(two.line, two.column, &two.path)));
        changes
    }
}

/// What a value is like.
pub(super) fn class(text: &str) -> String {
    let count = text.chars().count();
    let like = if text.chars().all(|character| character.is_ascii_digit()) { "digits" } else { "characters" };
    format!("{count} {like}")
}
