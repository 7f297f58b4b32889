//! The door for the banks: a callback is proved, stored, durable, and only then answered. One whose
//! proof fails is kept as evidence and refused without details.

use crate::bank::inbox::{Callback, Inbox};
use crate::domain::fact::Cause;
use crate::domain::row::Channel;
use crate::engine::input::{Arrived, Input};
use crate::engine::runtime::World;
use crate::faces::api::problem::Problem;
use crate::net::tls::PeerIdentity;
use crate::planted::{self, Defect};
use crate::store::documents::NewDocument;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest callback, in octets. Chosen by us: a notification of a large batch.
pub const CALLBACK_OCTETS_MAX: usize = 256 * 1024 * 1024;
/// Largest callback kept as evidence when its proof failed, in octets. Chosen by us: strangers get no storage.
const EVIDENCE_OCTETS_MAX: usize = 1024 * 1024;

/// What the door needs.
#[derive(Clone)]
pub struct Door {
    /// The engine.
    pub world: World,
    /// One inbox per bank.
    pub inboxes: Arc<BTreeMap<String, Inbox>>,
    /// Our public address, without a path: what the banks sign as target.
    pub public_url: String,
}

/// The route for callbacks.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/v1/callbacks/{bank}", post(receive))
        .layer(DefaultBodyLimit::max(CALLBACK_OCTETS_MAX))
        .fallback(Problem::no_route)
        .with_state(door)
}

async fn receive(Shared(door): Shared<Door>, Path(bank): Path<String>, request: Request) -> Response {
    let Some(inbox) = door.inboxes.get(&bank) else { return Problem::not_found().into_response() };
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    let headers = plain(request.headers());
    let peer =
        request.extensions().get::<PeerIdentity>().map(|peer| peer.spki_sha256.clone()).unwrap_or_default();
    let Ok(body) = axum::body::to_bytes(request.into_body(), CALLBACK_OCTETS_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let target_uri = format!("{}{path}", door.public_url);
    let callback = Callback { method: "POST", target_uri: &target_uri, headers: &headers, body: &body };
    let verdict = inbox.authenticate(&callback, door.world.clock.now());
    if let Err(cause) = &verdict {
        tracing::warn!(bank, peer, cause, "a callback could not be proved");
        if body.len() > EVIDENCE_OCTETS_MAX {
            return refused();
        }
    }
    keep(&door, bank, body, verdict).await
}

async fn keep(door: &Door, bank: String, body: Bytes, verdict: Result<String, String>) -> Response {
    let authenticated = verdict.is_ok() || planted::is(Defect::UnprovedCallback);
    let note = match verdict {
        Ok(note) | Err(note) => note,
    };
    let document = NewDocument::of(&body[..]);
    let arrived = Arrived { bank: bank.clone(), channel: Channel::Callback, document, authenticated, note };
    let cause = Cause::Document(arrived.document.digest(), 0);
    let outcome = door.world.desk.put(door.world.envelope(&bank, cause, Input::Arrived(arrived))).await;
    match outcome {
        Ok(_) if authenticated => StatusCode::NO_CONTENT.into_response(),
        Ok(_) => refused(),
        // Not durable: the bank repeats.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn refused() -> Response {
    Problem::new(StatusCode::UNAUTHORIZED, "callback.unproved", "The callback could not be proved")
        .into_response()
}

/// Fields in order, names in lower case; a value that is no text is taken octet by octet.
fn plain(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), value.as_bytes().iter().map(|octet| char::from(*octet)).collect())
        })
        .collect()
}
