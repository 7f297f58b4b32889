//! One row of a conformance run: what was expected and what was seen.

use serde::Serialize;

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Code, like `S3A` or `C2`.
    pub code: String,
    /// In a few words.
    pub name: String,
    /// Messages in order, as they should come.
    pub expected: Vec<String>,
    /// Messages in order, as they came.
    pub seen: Vec<String>,
    /// State in which the payout should end; empty where the row has none.
    pub expected_state: String,
    /// State in which it ended.
    pub state: String,
    /// What else a reader should know: ids, exceptions that nobody expected.
    pub remark: String,
    /// Exception items that the row should not have raised.
    pub unexpected: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl Row {
    /// Whether everything is as expected.
    pub fn has_passed(&self) -> bool {
        self.expected == self.seen && self.expected_state == self.state && self.unexpected.is_empty()
    }

    /// In one line why not; empty where it has.
    pub fn failure(&self) -> String {
        let mut causes = Vec::new();
        if self.expected != self.seen {
            causes.push(format!("expected [{}], seen [{}]", self.expected.join(", "), self.seen.join(", ")));
        }
        if self.expected_state != self.state {
            causes.push(format!("state {} instead of {}", self.state, self.expected_state));
        }
        if !self.unexpected.is_empty() {
            causes.push(format!("unexpected: {}", self.unexpected.join(", ")));
        }
        causes.join("; ")
    }
}
