//! `POST /v1/payouts`: one payout or many. Everything that needs no store is checked on a worker
//! thread, all errors at once; the rest is decided in the loop.

use super::problem::Problem;
use super::{Api, Caller, Checks, ITEMS_MAX, Octets, Role};
use crate::domain::amount::Sums;
use crate::domain::fact::Cause;
use crate::engine::action::{Answer, Submitted};
use crate::engine::input::{Asked, Candidate, Envelope, Input, Mode, Problem as Wrong, Shape, Submit};
use crate::engine::intake::check::{Checked, Context, Seen};
use crate::engine::intake::finding::{Finding, Origin};
use crate::engine::intake::payouts::{Envelope as Around, Reader};
use crate::engine::runtime::recording::Note;
use crate::store::documents::NewDocument;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest idempotency key, in characters. Chosen by us.
const KEY_CHARS_MAX: usize = 128;

/// `POST /v1/payouts`
pub async fn submit(
    Shared(api): Shared<Api>,
    caller: Caller,
    headers: HeaderMap,
    Octets(body): Octets,
) -> Result<Response, Problem> {
    caller.must(Role::Submit)?;
    if let Some(reason) = api.world.gate.reasons().first() {
        return Err(Problem::closed(*reason));
    }
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(Problem::media_type("application/json"));
    }
    let key = idempotency_key(&headers)?;
    let now = api.world.clock.now();
    let (checks, tenant) = (Arc::clone(&api.checks), caller.0.tenant.clone());
    let request = key.map(|key| format!("{tenant}|POST /v1/payouts|{key}"));
    let octets = body.clone();
    let submit = tokio::task::spawn_blocking(move || checked(&checks, (&tenant, now), &octets, request))
        .await
        .map_err(|_| Problem::store_unknown())??;
    api.world.note(|| Note::Body(NewDocument::of(body.to_vec())));
    let cause = Cause::Request(submit.request.clone().unwrap_or_else(|| submit.body.hex()));
    let envelope = Envelope {
        at: now,
        tenant: caller.0.tenant.clone(),
        actor: caller.0.name.clone(),
        cause,
        input: Input::Submit(Arc::new(submit)),
    };
    let outcome = api.world.desk.put(envelope).await.map_err(|_| Problem::store_unknown())?;
    answer(&api, outcome.answer).await
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let fits =
        !text.is_empty() && text.len() <= KEY_CHARS_MAX && text.bytes().all(|octet| octet.is_ascii_graphic());
    if fits {
        Ok(Some(text.to_owned()))
    } else {
        Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency.key", "The idempotency key is not usable"))
    }
}

async fn answer(api: &Api, answer: Answer) -> Result<Response, Problem> {
    match answer {
        Answer::Submitted(Submitted { status, body, .. }) => Ok(reply(status, body, None)),
        Answer::Replay { status, body } => {
            let stored =
                api.world.store.document(body).await.ok().flatten().ok_or_else(Problem::store_unknown)?;
            // What was created then is not created again.
            let status = if status == 201 { 200 } else { status };
            Ok(reply(status, stored, Some(("idempotency-replayed", "true"))))
        }
        Answer::Mismatch => Err(Problem::new(
            StatusCode::CONFLICT,
            "idempotency.mismatch",
            "The idempotency key was used with another body",
        )),
        _ => Err(Problem::store_unknown()),
    }
}

fn reply(status: u16, body: Vec<u8>, extra: Option<(&'static str, &'static str)>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = (status, [("content-type", kind)], body).into_response();
    if let Some((name, value)) = extra {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

/// Reads and checks a body; a body that is unreadable as a whole is a problem of its own.
pub fn checked(
    checks: &Checks,
    (tenant, now): (&str, DateTime<Utc>),
    body: &Bytes,
    request: Option<String>,
) -> Result<Submit, Problem> {
    let context = checks.context(tenant, now);
    let mut reader = Reader::new(&body[..]);
    let mut seen = Seen::default();
    let mut items = Vec::new();
    for row in &mut reader {
        if items.len() == ITEMS_MAX {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "payouts.too_many",
                "Too many payouts in one request",
            )
            .detail(format!("at most {ITEMS_MAX}")));
        }
        items.push(asked(row, (&mut seen, &context))?);
    }
    as_expected(reader.envelope(), &items)?;
    let mode = if reader.envelope().atomic { Mode::Atomic } else { Mode::PerItem };
    let shape = if reader.is_single() { Shape::One } else { Shape::Many };
    Ok(Submit {
        request,
        body: NewDocument::of(&body[..]).digest(),
        shape,
        mode,
        duplicate_window_days: checks.duplicate_window_days,
        items,
    })
}

fn asked(
    row: Result<crate::engine::intake::draft::Draft, Vec<Finding>>,
    (seen, context): (&mut Seen, &Context<'_>),
) -> Result<Asked, Problem> {
    let draft = match row {
        Ok(draft) => draft,
        // Nothing after it was read: nobody knows what the rest of the request was meant to be.
        Err(findings) if findings.iter().any(leaves_rest_unread) => return Err(malformed(&findings)),
        Err(findings) => {
            return Ok(Asked::Refused { external_id: None, problems: findings.iter().map(wrong).collect() });
        }
    };
    let external_id = draft.text("external_id").map(str::to_owned);
    Ok(match seen.check(&draft, context) {
        Ok(checked) => Asked::Good(Box::new(candidate(checked))),
        Err(findings) => Asked::Refused { external_id, problems: findings.iter().map(wrong).collect() },
    })
}

fn leaves_rest_unread(finding: &Finding) -> bool {
    matches!(finding.origin, Origin::Whole)
        || ["json.syntax", "json.too_large", "input.unreadable"].contains(&finding.code)
}

fn malformed(findings: &[Finding]) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "body.malformed", "The body is not readable")
        .errors(shown(findings))
}

fn shown(findings: &[Finding]) -> Vec<Value> {
    findings
        .iter()
        .map(|finding| json!({ "pointer": finding.pointer(), "code": finding.code, "message": finding.message }))
        .collect()
}

/// What the client expects of the whole is compared where nothing is refused: refused items have no amount to add,
/// and the client hears of them anyway.
fn as_expected(envelope: &Around, items: &[Asked]) -> Result<(), Problem> {
    let mut sums = Sums::default();
    for item in items {
        let Asked::Good(candidate) = item else { return Ok(()) };
        sums.add(&candidate.payout.instruction.amount).map_err(|cause| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch.sum", "The amounts cannot be added")
                .detail(cause.to_string())
        })?;
    }
    let findings = envelope.check(items.len() as u64, &sums);
    if findings.is_empty() {
        return Ok(());
    }
    let title = "The payouts are not what the request says to expect";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "payouts.unexpected", title).errors(shown(&findings)))
}

/// A finding as the engine's answer carries it.
pub fn wrong(finding: &Finding) -> Wrong {
    Wrong {
        pointer: finding.pointer(),
        code: finding.code.to_owned(),
        severity: finding.severity,
        message: finding.message.clone(),
        proposal: finding.proposal.clone(),
    }
}

/// A checked instruction as the engine takes it.
pub fn candidate(checked: Checked) -> Candidate {
    Candidate {
        payout: checked.payout,
        end_to_end_fallback: checked.end_to_end_fallback,
        replaces: checked.replaces,
        likeness: checked.likeness,
        content: checked.content,
        warnings: checked.warnings.iter().map(wrong).collect(),
    }
}
