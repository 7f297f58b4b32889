//! What every request must be before a route sees it: one host, one meaning, and octets as they are.
//! Never who asks, nor what for.

use super::problem::Problem;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::header::{CONNECTION, CONTENT_ENCODING, EXPECT, HOST, TRANSFER_ENCODING};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses a request that two readers could understand in two ways.
/// Source: RFC 9112, sections 3.2 and 6.1; RFC 9110, sections 8.4 and 10.1.1.
pub async fn guard(request: Request, next: Next) -> Response {
    match wrong_with(&request) {
        // Where a request ends is not certain any more: nothing else is read from its line.
        Some(problem) => ([(CONNECTION, "close")], problem).into_response(),
        None => next.run(request).await,
    }
}

fn wrong_with(request: &Request) -> Option<Problem> {
    let headers = request.headers();
    host(headers, request.uri(), request.version())
        .or_else(|| transfer(headers))
        .or_else(|| encoding(headers))
        .or_else(|| expectation(headers))
}

fn host(headers: &HeaderMap, uri: &Uri, version: Version) -> Option<Problem> {
    let refused = |detail: &str| {
        Some(
            Problem::new(StatusCode::BAD_REQUEST, "request.host", "The request does not name one host")
                .detail(detail),
        )
    };
    let mut named = headers.get_all(HOST).iter();
    let (first, second) = (named.next(), named.next());
    let Some(first) = first else {
        // Before 1.1 nobody had to.
        return if version < Version::HTTP_11 { None } else { refused("Host is missing") };
    };
    if second.is_some() {
        return refused("Host stands more than once");
    }
    let parsed = first.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
    let Some(authority) = parsed else { return refused("Host is not a host and port") };
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or("@");
    if authority.host().is_empty() || !(port.is_empty() || authority.port_u16().is_some()) {
        return refused("Host is not a host and port");
    }
    match uri.authority() {
        Some(target) if *target != authority => refused("Host and the target of the request differ"),
        _ => None,
    }
}

/// Only `chunked`, once: every other coding would have to be undone by somebody.
fn transfer(headers: &HeaderMap) -> Option<Problem> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let first = codings.next()?;
    let is_plain = first.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
    (!is_plain).then(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "request.transfer_encoding",
            "The transfer encoding is not one that is taken",
        )
        .detail("chunked, or a content length")
    })
}

/// A packed body is refused unread, so that nobody has to bound what comes out of it.
fn encoding(headers: &HeaderMap) -> Option<Problem> {
    let is_plain = |value: &axum::http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    let packed = headers.get_all(CONTENT_ENCODING).iter().any(|value| !is_plain(value));
    packed.then(|| {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "body.encoding",
            "The body is packed; only plain bodies are taken",
        )
    })
}

fn expectation(headers: &HeaderMap) -> Option<Problem> {
    let met = |value: &axum::http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    headers.get_all(EXPECT).iter().any(|value| !met(value)).then(|| {
        Problem::new(
            StatusCode::EXPECTATION_FAILED,
            "request.expect",
            "The request expects what this server does not do",
        )
    })
}

/// The one value of a header; `None` without it.
///
/// # Errors
/// A header that stands twice has no one value.
pub fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a axum::http::HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "request.header_repeated",
            "A header stands more than once",
        )
        .detail(name.as_str()));
    }
    Ok(first)
}

/// The parameter of a route's path, decoded. Bounds: the server's on a request's head.
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Named, Problem> {
        Path::<String>::from_request_parts(parts, state).await.map(|Path(text)| Named(text)).map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "request.path", "The path is not readable as text")
        })
    }
}
