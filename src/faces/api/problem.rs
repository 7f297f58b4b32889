//! The one function that turns errors of the API into answers: problem documents with stable codes.
//! Source: RFC 9457. The caller's text and the log's text are two different texts.

use super::Role;
use crate::engine::answer::problem_json;
use crate::engine::runtime::gate::Reason;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A problem to be answered.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    body: Value,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem with a code and a title.
    pub fn new(status: StatusCode, code: &str, title: &str) -> Problem {
        Problem { status, body: problem_json(code, status.as_u16(), title), retry_after_s: None }
    }

    /// Adds what is wrong in this case.
    pub fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.body["detail"] = json!(detail.into());
        self
    }

    /// Adds findings, each with its pointer.
    pub fn errors(mut self, errors: Vec<Value>) -> Problem {
        self.body["errors"] = json!(errors);
        self
    }

    /// The certificate is not that of a configured client.
    pub fn unknown_client() -> Problem {
        Problem::new(
            StatusCode::FORBIDDEN,
            "client.unknown",
            "This certificate is not that of a configured client",
        )
    }

    /// The client lacks a role.
    pub fn forbidden(role: Role) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "client.role", "The client lacks a role")
            .detail(format!("needed: {}", role.name()))
    }

    /// No such payout, batch or document of this tenant.
    pub fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "Nothing has this id")
    }

    /// No such route.
    pub async fn no_route() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "route.unknown", "There is no such route")
    }

    /// No such method on the route.
    pub async fn no_method() -> Problem {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "route.method", "The route does not take this method")
    }

    /// A query parameter is wrong.
    pub fn query(name: &str, detail: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "query.invalid", "A query parameter is not valid")
            .detail(format!("{name}: {detail}"))
    }

    /// The body is too large, or did not come to its end.
    pub fn body(refusal: &BytesRejection) -> Problem {
        match refusal.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", "The body is too large")
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "body.broken_off", "The body did not come to its end"),
        }
    }

    /// The body is of another media type.
    pub fn media_type(wanted: &str) -> Problem {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "body.media_type",
            "The body is of another media type",
        )
        .detail(format!("wanted: {wanted}"))
    }

    /// The gateway takes nothing in for the time; nothing of the request was kept.
    pub fn closed(reason: Reason) -> Problem {
        let (status, code, title) = match reason {
            Reason::Recovery => (
                StatusCode::SERVICE_UNAVAILABLE,
                "gateway.recovery",
                "The gateway was restored from a copy and waits for a person",
            ),
            Reason::DiskFull => {
                (StatusCode::INSUFFICIENT_STORAGE, "store.full", "The gateway's disk has no room for payouts")
            }
            Reason::Ending => {
                (StatusCode::SERVICE_UNAVAILABLE, "gateway.ending", "The gateway is about to end")
            }
        };
        let mut problem = Problem::new(status, code, title)
            .detail("nothing of the request was kept; repeat it later with the same key");
        problem.retry_after_s = Some(if reason == Reason::Ending { 5 } else { 60 });
        problem
    }

    /// Nobody knows whether the request took effect: the same key tells.
    pub fn store_unknown() -> Problem {
        let mut problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store.unknown",
            "It is not known whether the request took effect",
        )
        .detail("repeat it with the same idempotency key or external_id");
        problem.retry_after_s = Some(5);
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.body.to_string();
        let mut response =
            (self.status, [("content-type", "application/problem+json")], body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert("retry-after", seconds.into());
        }
        response
    }
}
