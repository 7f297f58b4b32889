//! The one place where decisions become API answers: bodies that are stored with the request and
//! replayed octet by octet. JSON out, nothing in.

use crate::engine::action::{ItemAnswer, Submitted};
use crate::engine::input::{Problem, Shape};
use crate::engine::intake::finding::Severity;
use serde_json::{Value, json};

/// Prefix of every problem type. The rest is the stable code.
pub const PROBLEM_PREFIX: &str = "urn:girogate:error:";
/// Errors listed per item at most. Source: payout input, section 4 (`truncated`).
pub const ERRORS_MAX: usize = 100;

/// Renders the body of an answer and chooses its HTTP status.
pub fn render(submitted: &mut Submitted, shape: Shape) {
    let (status, body) = match (shape, submitted.items.first()) {
        (Shape::One, Some(item)) => one(item),
        _ => (200, many(&submitted.items)),
    };
    submitted.status = status;
    submitted.body = body.to_string().into_bytes();
}

fn one(item: &ItemAnswer) -> (u16, Value) {
    match item {
        ItemAnswer::Accepted { .. } => (201, item_json(item, "")),
        ItemAnswer::Known { .. } => (200, item_json(item, "")),
        ItemAnswer::Refused { problems, .. } => {
            let conflict = problems.iter().any(|problem| problem.code == "external_id.conflict");
            let status = if conflict { 409 } else { 422 };
            let code = if conflict { "external_id.conflict" } else { "payout.invalid" };
            let title =
                if conflict { "Another payout has this external_id" } else { "Instruction is not valid" };
            let mut body = problem_json(code, status, title);
            let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
            body["detail"] = json!(format!("{errors} errors"));
            add_errors(&mut body, problems, "");
            (status, body)
        }
    }
}

/// A problem document. Source: RFC 9457.
pub fn problem_json(code: &str, status: u16, title: &str) -> Value {
    json!({ "type": format!("{PROBLEM_PREFIX}{code}"), "title": title, "status": status, "code": code })
}

fn add_errors(body: &mut Value, problems: &[Problem], base: &str) {
    let mut sorted: Vec<&Problem> = problems.iter().collect();
    sorted.sort();
    let errors: Vec<Value> = sorted.iter().take(ERRORS_MAX).map(|problem| finding(problem, base)).collect();
    body["errors"] = json!(errors);
    if sorted.len() > ERRORS_MAX {
        body["truncated"] = json!(true);
    }
}

fn finding(problem: &Problem, base: &str) -> Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut value = json!({
        "pointer": format!("{base}{}", problem.pointer),
        "code": problem.code,
        "severity": severity,
        "message": problem.message,
    });
    if let Some(proposal) = &problem.proposal {
        value["proposal"] = json!(proposal);
    }
    value
}

fn item_json(item: &ItemAnswer, base: &str) -> Value {
    match item {
        ItemAnswer::Accepted { external_id, id, end_to_end_id, state, held, warnings } => {
            let mut value = json!({
                "status": "accepted",
                "id": id,
                "external_id": external_id,
                "end_to_end_id": end_to_end_id,
                "state": state.name(),
            });
            if let Some(held) = held {
                value["held"] = json!(held);
            }
            if !warnings.is_empty() {
                value["warnings"] = warnings.iter().map(|warning| finding(warning, base)).collect();
            }
            value
        }
        ItemAnswer::Known { external_id, id, state } => {
            json!({ "status": "known", "id": id, "external_id": external_id, "state": state.name() })
        }
        ItemAnswer::Refused { external_id, problems } => {
            let mut value = json!({ "status": "refused", "external_id": external_id });
            add_errors(&mut value, problems, base);
            value
        }
    }
}

fn many(items: &[ItemAnswer]) -> Value {
    let count = |fits: fn(&ItemAnswer) -> bool| items.iter().filter(|item| fits(item)).count();
    let rendered: Vec<Value> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let mut value = item_json(item, &format!("/payouts/{index}"));
            value["index"] = json!(index);
            value
        })
        .collect();
    json!({
        "accepted": count(|item| matches!(item, ItemAnswer::Accepted { .. })),
        "known": count(|item| matches!(item, ItemAnswer::Known { .. })),
        "refused": count(|item| matches!(item, ItemAnswer::Refused { .. })),
        "items": rendered,
    })
}
