//! The payouts of the demonstration: the embedded file, row by row, repeated under ids of their own
//! when more are wanted. Handed to the API like anybody's.

use super::setup::Setup;
use super::{DemoError, Options};
use crate::engine::intake::csv::{Reader, Separator};
use crate::engine::intake::draft::{Draft, member_index};
use crate::net::client::{Client, Limits, Outcome, Request, Timeouts};
use crate::net::tls::{TlsFiles, client_config};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::{JoinError, JoinSet};

/// The embedded payouts.
pub const CREATORS: &str = include_str!("../../../fixtures/payouts/creators.csv");
/// Payouts of one request.
const CHUNK: usize = 1_000;
/// Requests under way at a time. Chosen by us: one is checked while another is written.
const CALLS_MAX: usize = 3;
/// Deadlines of a call to the API, in milliseconds. Chosen by us: a chunk takes well below a second.
const TIMEOUTS: Timeouts =
    Timeouts { connect_ms: 5_000, handshake_ms: 5_000, first_byte_ms: 60_000, total_ms: 60_000 };
/// Tries of one chunk: the idempotency key makes each one harmless.
const TRIES: u32 = 60;

/// What became of the submission.
#[derive(Clone, Debug, Default)]
pub struct Submitted {
    /// Recorded.
    pub accepted: u64,
    /// Refused.
    pub refused: u64,
    /// Recorded before.
    pub known: u64,
    /// Refusals by code of the first error.
    pub codes: BTreeMap<String, u64>,
}

/// A client of the gateway's API.
pub fn api_client(setup: &Setup) -> Result<Client, DemoError> {
    let files = TlsFiles {
        certificate: setup.pki.join("treasury-tls-cert.pem"),
        key: setup.pki.join("treasury-tls-key.pem"),
        ca: setup.pki.join("ca-cert.pem"),
    };
    let tls = client_config(&files).map_err(|cause| DemoError::Keys(cause.to_string()))?;
    let limits = Limits { reply_octets_max: 64 << 20, idle_connections_max: 4, keep_alive_ms: 5_000 };
    Client::new(&setup.api_url, tls, TIMEOUTS, limits).map_err(|cause| DemoError::Api(cause.to_string()))
}

/// Hands in the payouts, a few chunks at a time.
pub async fn submit(setup: &Setup, options: &Options) -> Result<Submitted, DemoError> {
    let client = Arc::new(api_client(setup)?);
    let rows = rows(options.payouts)?;
    let mut submitted = Submitted::default();
    let mut calls = JoinSet::new();
    for (number, chunk) in rows.chunks(CHUNK).enumerate() {
        if calls.len() == CALLS_MAX {
            take(calls.join_next().await, &mut submitted)?;
        }
        let payouts: Vec<Value> = chunk.iter().map(Draft::to_json).collect();
        let body = Bytes::from(json!({ "mode": "per_item", "payouts": payouts }).to_string());
        let (client, key) = (Arc::clone(&client), format!("demo-{}-{number}", options.payouts));
        calls.spawn(async move { post(&client, &key, body).await });
    }
    while !calls.is_empty() {
        take(calls.join_next().await, &mut submitted)?;
    }
    Ok(submitted)
}

type Ended = Option<Result<Result<Value, DemoError>, JoinError>>;

fn take(ended: Ended, submitted: &mut Submitted) -> Result<(), DemoError> {
    let answer = match ended {
        Some(Ok(answer)) => answer?,
        Some(Err(cause)) => return Err(DemoError::Api(cause.to_string())),
        None => return Ok(()),
    };
    count(&answer, submitted);
    Ok(())
}

async fn post(client: &Client, key: &str, body: Bytes) -> Result<Value, DemoError> {
    let request = Request {
        method: Method::POST,
        path_and_query: "/v1/payouts".to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("idempotency-key".to_owned(), format!("\"{key}\"")),
        ],
        body,
    };
    let mut last = String::new();
    for _ in 0..TRIES {
        match client.call(&request).await {
            Outcome::Replied(reply) if reply.status == 200 || reply.status == 201 => {
                return serde_json::from_slice(&reply.body)
                    .map_err(|cause| DemoError::Api(cause.to_string()));
            }
            Outcome::Replied(reply) if reply.status != 503 => {
                let text = String::from_utf8_lossy(&reply.body).chars().take(400).collect::<String>();
                return Err(DemoError::Api(format!("{}: {text}", reply.status)));
            }
            Outcome::Replied(reply) => last = format!("answer {}", reply.status),
            Outcome::NotSent { cause } | Outcome::Broken { cause, .. } => last = cause,
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    Err(DemoError::Api(last))
}

fn count(answer: &Value, submitted: &mut Submitted) {
    let number = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
    submitted.accepted += number("accepted");
    submitted.refused += number("refused");
    submitted.known += number("known");
    for item in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
        let errors = item.get("errors").and_then(Value::as_array).into_iter().flatten();
        let first =
            errors.into_iter().find(|error| error.get("severity").and_then(Value::as_str) == Some("error"));
        if let Some(code) = first.and_then(|error| error.get("code")).and_then(Value::as_str) {
            *submitted.codes.entry(code.to_owned()).or_default() += 1;
        }
    }
}

/// The rows of the embedded file; a wish for more repeats them under ids of their own.
fn rows(wanted: usize) -> Result<Vec<Draft>, DemoError> {
    let reader = Reader::new(CREATORS.as_bytes(), Separator::Comma)
        .map_err(|findings| DemoError::Api(format!("the embedded file: {findings:?}")))?;
    let all: Vec<Draft> = reader.filter_map(Result::ok).collect();
    let rows = (0..wanted).filter_map(|number| {
        let row = all.get(number % all.len().max(1))?;
        let round = number / all.len();
        Some(if round == 0 { row.clone() } else { repeated(row, number) })
    });
    Ok(rows.collect())
}

/// The same payee under other ids and another text, so that it is a payout of its own and no
/// suspected duplicate. Short enough for every rail.
fn repeated(row: &Draft, number: usize) -> Draft {
    let mut row = row.clone();
    let external_id = row.text("external_id").map(|text| format!("{text}-{number}"));
    let end_to_end_id = row.text("end_to_end_id").map(|_| format!("R{number}"));
    let structured = row.text("remittance.structured.reference").is_some();
    let amount = row.text("amount.value").and_then(|text| other_amount(text, number)).filter(|_| structured);
    let text = (!structured).then(|| format!("Reward {number}"));
    let changes = [
        ("external_id", external_id),
        ("end_to_end_id", end_to_end_id),
        ("amount.value", amount),
        ("remittance.unstructured", text),
    ];
    for (member, value) in changes {
        if let (Some(value), Some(index)) = (value, member_index(member)) {
            row.set(index, value);
        }
    }
    row
}

/// An amount that this payee does not get twice; an amount that is to be refused stays as it is.
fn other_amount(text: &str, number: usize) -> Option<String> {
    let (whole, cents) = text.split_once('.')?;
    let whole: u64 = whole.parse().ok()?;
    (cents.len() == 2).then(|| format!("{}.{cents}", whole + u64::try_from(number / 1_000).unwrap_or(0)))
}
