//! What an audit of the store found: whether the evidence is whole, and where it is not.
//! Never repairs.

use super::chain::Head;

/// Findings kept; the first ones say where to look. Chosen by us.
pub const FINDINGS_MAX: usize = 100;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable code, like `audit.chain`.
    pub code: &'static str,
    /// Where: `fact 812`, `payout 7 status_code`, `document 9f86…`.
    pub place: String,
    /// What is wrong there, without names or accounts.
    pub text: String,
}

/// What an audit looked at, and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The head that the facts lead to.
    pub head: Head,
    /// Facts read.
    pub facts: u64,
    /// Full sections whose roots were made again.
    pub sections: u64,
    /// Documents whose digests were made again.
    pub documents: u64,
    /// Lines of the send journal.
    pub journal_lines: u64,
    /// Rows of the views compared with what the facts say.
    pub rows: u64,
    /// What is wrong, in the order found; at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// What is unusual and in order, like a journal line that a crash cut off.
    pub remarks: Vec<String>,
}

impl AuditReport {
    /// A report of nothing looked at yet.
    pub fn new() -> AuditReport {
        AuditReport {
            head: Head::GENESIS,
            facts: 0,
            sections: 0,
            documents: 0,
            journal_lines: 0,
            rows: 0,
            findings: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Whether everything is as it must be.
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds a finding, up to the bound.
    pub fn find(&mut self, code: &'static str, place: String, text: impl Into<String>) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { code, place, text: text.into() });
        }
    }
}

impl Default for AuditReport {
    fn default() -> Self {
        AuditReport::new()
    }
}
