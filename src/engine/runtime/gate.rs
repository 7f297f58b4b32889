//! The gate: whether payouts are taken in and messages are sent, and why not. Closed by a restore until a person opens
//! it, and by whatever else makes sending unsafe for the time. Never decides about a payout.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Why the gate is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The data directory came from a copy: what was sent since is not in it.
    Recovery,
    /// The disk has no room but the ballast.
    DiskFull,
    /// The process was told to end.
    Ending,
}

impl Reason {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Recovery => "recovery",
            Reason::DiskFull => "disk_full",
            Reason::Ending => "ending",
        }
    }
}

/// What the audit of a restored store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Messages with the number of their last attempt, re-created as unknown.
    pub witnessed: Vec<(String, u32)>,
    /// Messages that the send journal names and the store does not hold.
    pub missing: Vec<String>,
    /// Payouts that wait for a person, because they may stand in one of those messages.
    pub held: u64,
}

#[derive(Debug, Default)]
struct State {
    reasons: BTreeSet<Reason>,
    report: RecoveryReport,
}

/// The gate. Handles are cheap to clone and speak of the same one.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Mutex<State>>);

impl Gate {
    /// Closes it for a reason.
    pub fn close(&self, reason: Reason) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).reasons.insert(reason);
    }

    /// Takes a reason away; it is open when none is left.
    pub fn open(&self, reason: Reason) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).reasons.remove(&reason);
    }

    /// Why it is closed; empty when it is open.
    pub fn reasons(&self) -> Vec<Reason> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).reasons.iter().copied().collect()
    }

    /// Whether messages may be made and sent.
    pub fn is_open(&self) -> bool {
        self.reasons().is_empty()
    }

    /// Keeps what the audit of a restored store found.
    pub fn keep_report(&self, report: RecoveryReport) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).report = report;
    }

    /// What the audit of a restored store found.
    pub fn report(&self) -> RecoveryReport {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).report.clone()
    }
}
