//! Routes for messages whose outcome is unknown: the list, one with its evidence, and the decision of two people.

use super::problem::Problem;
use super::read::answered;
use super::{Api, Caller, Octets, Role};
use crate::domain::fact::Cause;
use crate::domain::unknown::Decision;
use crate::engine::action::{Answer, Decided};
use crate::engine::input::{Envelope, Input, Judgement};
use crate::engine::reissue::Office;
use crate::faces::unknown;
use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest reason, in characters. Chosen by us.
const REASON_CHARS_MAX: usize = 500;

/// Body of a decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    treat_as: String,
    reason: String,
}

/// `GET /v1/unknown`
pub async fn list(Shared(api): Shared<Api>, caller: Caller) -> Result<Json<Value>, Problem> {
    caller.must(Role::Read)?;
    let (world, tenant) = (&api.world, caller.0.tenant.as_str());
    answered(unknown::list(&world.store, &world.standing, Some(tenant), world.clock.now()).await)
}

/// `GET /v1/unknown/{message_id}`
pub async fn show(
    Shared(api): Shared<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    caller.must(Role::Read)?;
    let world = &api.world;
    let asked = (Some(caller.0.tenant.as_str()), id.as_str());
    let found = unknown::show(&world.store, &world.standing, asked, world.clock.now()).await;
    answered(found.map(Option::unwrap_or_default))
        .and_then(|Json(value)| if value.is_null() { Err(Problem::not_found()) } else { Ok(Json(value)) })
}

/// `POST /v1/unknown/{message_id}/decision`: the caller's certificate is the person.
pub async fn decide(
    Shared(api): Shared<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Octets(body): Octets,
) -> Result<Response, Problem> {
    caller.must(Role::Decide)?;
    let asked: Asked = serde_json::from_slice(&body).map_err(|cause| {
        Problem::new(StatusCode::BAD_REQUEST, "body.malformed", "The body is not readable")
            .detail(cause.to_string())
    })?;
    let refused = |detail: &str| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "decision.invalid", "The decision is not valid")
            .detail(detail)
    };
    let decision = Decision::parse(&asked.treat_as).ok_or_else(|| refused("treat_as: sent or not-sent"))?;
    let reason: String = asked.reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    if reason.trim().is_empty() {
        return Err(refused("reason: say what makes you sure"));
    }
    let world = &api.world;
    let failed = |_| Problem::store_unknown();
    let tenant = caller.0.tenant.clone();
    let row = unknown::message(&world.store, Some(&tenant), &id).await.map_err(failed)?;
    let row = row.ok_or_else(Problem::not_found)?;
    let office = Office { banks: &world.banks, id_key: &world.id_key, now: world.clock.now() };
    let prepared = unknown::judgement(&world.store, &office, &row, decision).await.map_err(failed)?;
    let envelope = Envelope {
        at: world.clock.now(),
        tenant,
        actor: caller.0.name.clone(),
        cause: Cause::Request(format!("decide:{id}")),
        input: Input::Judged(Arc::new(Judgement { reason, ..prepared })),
    };
    let outcome = world.desk.put(envelope).await.map_err(|_| Problem::store_unknown())?;
    match outcome.answer {
        Answer::Decided(decided) => Ok(answer(&decided)),
        _ => Err(Problem::store_unknown()),
    }
}

fn answer(decided: &Decided) -> Response {
    let (status, body): (StatusCode, Value) = match decided {
        Decided::NotFound => return Problem::not_found().into_response(),
        Decided::NotWaiting => (StatusCode::CONFLICT, json!({ "result": "not_waiting" })),
        Decided::SamePerson => (StatusCode::CONFLICT, json!({ "result": "same_person" })),
        Decided::Stale => (StatusCode::CONFLICT, json!({ "result": "not_reissuable" })),
        Decided::Proposed { instead_of } => {
            let instead =
                instead_of.as_ref().map(|(decision, by)| json!({ "treat_as": decision.name(), "by": by }));
            (StatusCode::ACCEPTED, json!({ "result": "proposed", "instead_of": instead }))
        }
        Decided::Confirmed { decision, replaced } => {
            let replaced: Vec<Value> = replaced
                .iter()
                .map(|one| json!({ "replaces": one.old, "external_id": one.external_id, "id": one.id }))
                .collect();
            let body = json!({ "result": "confirmed", "treat_as": decision.name(), "reissued": replaced });
            (StatusCode::OK, body)
        }
    };
    (status, Json(body)).into_response()
}
