//! The sandbox's own calls: its business day and its behaviour. A real test system has none of them.

use crate::bank::link::{Link, Moment};
use crate::net::client::{Outcome, Request};
use crate::signing::http_message::digest::{DigestAlgorithm, write as write_digest};
use crate::signing::key::hex;
use chrono::Utc;
use hyper::Method;
use hyper::body::Bytes;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// A moment with a nonce of its own.
pub fn moment() -> Result<Moment, String> {
    let mut nonce = [0u8; 16];
    SystemRandom::new().fill(&mut nonce).map_err(|_| "the system gives no random octets".to_owned())?;
    Ok(Moment { now: Utc::now(), nonce })
}

/// A signed `POST`; the status of its answer, or why there was none.
pub async fn post(link: &Link, path: &str, body: &str) -> Result<u16, String> {
    let moment = moment()?;
    let key =
        hex(digest(&SHA256, format!("{path} {body} {}", moment.now.timestamp_micros()).as_bytes()).as_ref());
    let request = Request {
        method: Method::POST,
        path_and_query: path.to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("content-digest".to_owned(), write_digest(DigestAlgorithm::Sha256, body.as_bytes())),
            ("idempotency-key".to_owned(), format!("\"{}\"", key.get(..36).unwrap_or(&key))),
        ],
        body: Bytes::from(body.to_owned()),
    };
    let prepared = link.prepare_call(request, moment).map_err(|cause| cause.to_string())?;
    match link.call(&prepared).await {
        Outcome::Replied(reply) => Ok(reply.status),
        Outcome::NotSent { cause } | Outcome::Broken { cause, .. } => Err(cause),
    }
}

/// Ends the sandbox's business day: statements follow. `false` where the bank closes its day by itself.
pub async fn end_day(link: &Link) -> Result<bool, String> {
    post(link, "/v1/sandbox/day-end", "{}").await.map(|status| status == 200)
}

/// Replaces the sandbox's behaviour script.
pub async fn behave(link: &Link, script: &str) -> Result<u16, String> {
    post(link, "/v1/sandbox/behaviour", script).await
}
