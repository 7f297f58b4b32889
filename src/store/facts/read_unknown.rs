//! Reads facts about messages whose outcome is unknown. Never writes them.

use super::FactError;
use super::read_value::{EvidenceBody, evidence_if, present, time_if};
use crate::domain::fact::Fact;
use crate::domain::row::Key;
use crate::domain::unknown::{Decision, Escalation, Proof};
use serde::Deserialize;

/// The members of all these kinds; each kind has some of them.
#[derive(Deserialize)]
pub struct UnknownBody<'a> {
    code: Option<String>,
    #[serde(borrow)]
    evidence: Option<EvidenceBody<'a>>,
    due_at: Option<i64>,
    by: Option<String>,
    decision: Option<String>,
    proposed_by: Option<String>,
    reason: Option<String>,
}

/// A fact of one of these kinds.
pub fn unknown(kind: &str, key: Key, body: UnknownBody<'_>) -> Result<Fact, FactError> {
    let due_at = time_if("due_at", body.due_at)?;
    let decision = || present("decision", body.decision.as_deref().and_then(Decision::parse));
    Ok(match kind {
        "duplicate_seen" => Fact::DuplicateSeen {
            key,
            code: present("code", body.code)?,
            evidence: evidence_if(body.evidence.as_ref())?,
            due_at,
        },
        "unknown_waits" => Fact::UnknownWaits { key, due_at },
        "unknown_escalated" => {
            let reason = present("reason", body.reason.as_deref().and_then(Escalation::parse))?;
            Fact::UnknownEscalated { key, reason, due_at }
        }
        "unknown_resolved" => {
            Fact::UnknownResolved { key, by: present("by", body.by.as_deref().and_then(Proof::parse))? }
        }
        "decision_proposed" => {
            Fact::DecisionProposed { key, decision: decision()?, reason: present("reason", body.reason)? }
        }
        _ => Fact::DecisionConfirmed {
            key,
            decision: decision()?,
            proposed_by: present("proposed_by", body.proposed_by)?,
            reason: present("reason", body.reason)?,
        },
    })
}
