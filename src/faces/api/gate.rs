//! `GET /v1/gate` and `POST /v1/gate`: whether the gateway sends, what the audit of a restored store found, and the
//! person who lets it send again.

use super::problem::Problem;
use super::{Api, Caller, Octets, Role};
use crate::domain::fact::Cause;
use crate::engine::input::Envelope;
use crate::engine::runtime::gate::Reason;
use crate::engine::runtime::recovery;
use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest reason, in characters. Chosen by us.
const REASON_CHARS_MAX: usize = 140;
/// Ids listed at most. Chosen by us; the counts are whole, and each missing message has its exception item.
const LISTED_MAX: usize = 1_000;

/// Who opens the gate repeats what the report says: so it was read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    reason: String,
    witnessed: u64,
    missing: u64,
}

/// `GET /v1/gate`
pub async fn show(Shared(api): Shared<Api>, caller: Caller) -> Result<Json<Value>, Problem> {
    caller.must(Role::Read)?;
    Ok(Json(shown(&api)))
}

fn shown(api: &Api) -> Value {
    let (reasons, report) = (api.world.gate.reasons(), api.world.gate.report());
    let witnessed: Vec<Value> = report
        .witnessed
        .iter()
        .take(LISTED_MAX)
        .map(|(message_id, attempt)| json!({ "message_id": message_id, "attempt": attempt }))
        .collect();
    json!({
        "open": reasons.is_empty(),
        "reasons": reasons.iter().map(|reason| reason.name()).collect::<Vec<_>>(),
        "recovery": {
            "witnessed_count": report.witnessed.len(), "witnessed": witnessed,
            "missing_count": report.missing.len(),
            "missing": report.missing.iter().take(LISTED_MAX).collect::<Vec<_>>(),
            "held_count": report.held,
        },
    })
}

/// `POST /v1/gate`
pub async fn open(
    Shared(api): Shared<Api>,
    caller: Caller,
    Octets(body): Octets,
) -> Result<Json<Value>, Problem> {
    caller.must(Role::Operate)?;
    let opening: Opening = serde_json::from_slice(&body).map_err(|cause| {
        Problem::new(StatusCode::BAD_REQUEST, "body.malformed", "The body is not readable")
            .detail(cause.to_string())
    })?;
    let reason: String = opening.reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    if reason.trim().is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "gate.reason", "A reason is needed"));
    }
    if !api.world.gate.reasons().contains(&Reason::Recovery) {
        return Err(Problem::new(StatusCode::CONFLICT, "gate.open", "The gate waits for no person"));
    }
    let report = api.world.gate.report();
    if (opening.witnessed, opening.missing) != (report.witnessed.len() as u64, report.missing.len() as u64) {
        let problem = Problem::new(StatusCode::CONFLICT, "gate.report", "These are not the report's numbers");
        return Err(problem.detail("read the report, then repeat its numbers"));
    }
    let envelope = Envelope {
        at: api.world.clock.now(),
        tenant: caller.0.tenant.clone(),
        actor: caller.0.name.clone(),
        cause: Cause::Request("gate".to_owned()),
        input: recovery::opening(&api.world, reason),
    };
    recovery::open(&api.world, envelope).await.map_err(|_| Problem::store_unknown())?;
    Ok(Json(shown(&api)))
}
