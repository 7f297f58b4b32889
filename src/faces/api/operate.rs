//! Operating routes: cancel, hold, release, and documents fetched by hand.

use super::problem::Problem;
use super::{Api, Caller, Octets, Role};
use crate::domain::fact::Cause;
use crate::domain::reference::PayoutToken;
use crate::domain::row::Channel;
use crate::engine::action::{Answer, Operated};
use crate::engine::input::{Act, Arrived, Envelope, Input, Operation};
use crate::store::documents::NewDocument;
use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest reason, in characters. Chosen by us.
const REASON_CHARS_MAX: usize = 140;

/// Body of an operation.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    reason: String,
}

/// `POST /v1/payouts/{id}/cancel`
pub async fn cancel(
    Shared(api): Shared<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Octets(body): Octets,
) -> Result<Response, Problem> {
    operate(&api, &caller, (id, Act::Cancel), &body).await
}

/// `POST /v1/payouts/{id}/hold`
pub async fn hold(
    Shared(api): Shared<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Octets(body): Octets,
) -> Result<Response, Problem> {
    operate(&api, &caller, (id, Act::Hold), &body).await
}

/// `POST /v1/payouts/{id}/release`
pub async fn release(
    Shared(api): Shared<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Octets(body): Octets,
) -> Result<Response, Problem> {
    operate(&api, &caller, (id, Act::Release), &body).await
}

async fn operate(
    api: &Api,
    caller: &Caller,
    (id, act): (String, Act),
    body: &[u8],
) -> Result<Response, Problem> {
    caller.must(Role::Operate)?;
    let asked: Asked = if body.is_empty() {
        Asked::default()
    } else {
        serde_json::from_slice(body).map_err(|cause| {
            Problem::new(StatusCode::BAD_REQUEST, "body.malformed", "The body is not readable")
                .detail(cause.to_string())
        })?
    };
    let token = token_of(api, caller, &id).await?;
    let reason = asked.reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    let envelope = Envelope {
        at: api.world.clock.now(),
        tenant: caller.0.tenant.clone(),
        actor: caller.0.name.clone(),
        cause: Cause::Request(format!("operate:{id}")),
        input: Input::Operate(Operation { token, act, reason }),
    };
    let outcome = api.world.desk.put(envelope).await.map_err(|_| Problem::store_unknown())?;
    match outcome.answer {
        Answer::Operated(operated) => Ok(answer(&operated)),
        _ => Err(Problem::store_unknown()),
    }
}

/// The payout that an id names: exactly one, or a problem.
async fn token_of(api: &Api, caller: &Caller, id: &str) -> Result<PayoutToken, Problem> {
    let found =
        api.world.store.find(Some(&caller.0.tenant), id).await.map_err(|_| Problem::store_unknown())?;
    match found.payouts.as_slice() {
        [one] => Ok(one.row.token),
        [] => Err(Problem::not_found()),
        _ => Err(Problem::new(StatusCode::CONFLICT, "id.ambiguous", "Several payouts have this id")),
    }
}

fn answer(operated: &Operated) -> Response {
    let (status, body): (StatusCode, Value) = match operated {
        Operated::NotFound => return Problem::not_found().into_response(),
        Operated::CancelledHere => (StatusCode::OK, json!({ "result": "cancelled_here" })),
        Operated::CancelledFromBatch { message_id, others } => (
            StatusCode::OK,
            json!({ "result": "cancelled_from_batch", "message_id": message_id, "batched_anew": others }),
        ),
        Operated::AskedOfBank { state, stage } => (
            StatusCode::ACCEPTED,
            json!({ "result": "asked_of_bank", "state": state.name(), "request": stage.name() }),
        ),
        Operated::NotedOnly { state } => {
            (StatusCode::ACCEPTED, json!({ "result": "noted_only", "state": state.name() }))
        }
        Operated::TooLate { state } => {
            (StatusCode::CONFLICT, json!({ "result": "too_late", "state": state.name() }))
        }
        Operated::Held => (StatusCode::OK, json!({ "result": "held" })),
        Operated::Released => (StatusCode::OK, json!({ "result": "released" })),
        Operated::NotPossible { state } => {
            (StatusCode::CONFLICT, json!({ "result": "not_possible", "state": state.name() }))
        }
    };
    (status, Json(body)).into_response()
}

/// `POST /v1/documents/{bank}`: a bank message fetched by hand, through the same pipeline; the
/// operator answers for where it came from.
pub async fn ingest(
    Shared(api): Shared<Api>,
    caller: Caller,
    Path(bank): Path<String>,
    Octets(body): Octets,
) -> Result<Json<Value>, Problem> {
    caller.must(Role::Operate)?;
    if api.world.link(&bank).is_none() {
        return Err(Problem::not_found().detail("no bank of that id is configured"));
    }
    let document = NewDocument::of(&body[..]);
    let digest = document.digest();
    let arrived = Arrived {
        bank,
        channel: Channel::Hand,
        document,
        authenticated: true,
        note: format!("brought by {}", caller.0.name),
    };
    let envelope = Envelope {
        at: api.world.clock.now(),
        tenant: caller.0.tenant.clone(),
        actor: caller.0.name.clone(),
        cause: Cause::Request(format!("ingest:{}", digest.hex())),
        input: Input::Arrived(arrived),
    };
    let outcome = api.world.desk.put(envelope).await.map_err(|_| Problem::store_unknown())?;
    let known = matches!(outcome.answer, Answer::Stored { known: true });
    Ok(Json(json!({ "document": digest.hex(), "known": known })))
}
