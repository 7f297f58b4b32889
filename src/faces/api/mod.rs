//! The HTTP API, version 1: mutual TLS only, tenant and roles from the client's certificate.
//! Parses, hands to the desk, answers with what is durable. Decides nothing.

pub mod callbacks;
mod gate;
pub mod metrics;
pub mod operate;
pub mod payouts;
pub mod problem;
pub mod read;
pub mod unknown;

use crate::domain::charset::Policy;
use crate::domain::payout::Speed;
use crate::domain::row::ConfiguredAccount;
use crate::engine::intake::check::Context;
use crate::engine::intake::ids::IdKey;
use crate::engine::routing::Bank;
use crate::engine::runtime::World;
use crate::net::tls::PeerIdentity;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use chrono::{DateTime, Utc};
use problem::Problem;
use std::sync::Arc;

/// Largest request body, in octets. Source: design of the API, fixed choices.
pub const BODY_OCTETS_MAX: usize = 8 * 1024 * 1024;
/// Largest document brought by an operator, in octets. Chosen by us: statements of large accounts.
pub const DOCUMENT_OCTETS_MAX: usize = 256 * 1024 * 1024;
/// Most items of a request. Source: design of the API, fixed choices.
pub const ITEMS_MAX: usize = 1_000;

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Ask for payouts.
    Submit,
    /// See them.
    Read,
    /// Cancel, hold, release, bring documents.
    Operate,
    /// Decide, with a second person, about messages whose outcome stays unknown. One certificate is one person.
    Decide,
}

/// Every role with its name in the configuration.
pub const ROLE_NAMES: &[(Role, &str)] =
    &[(Role::Submit, "submit"), (Role::Read, "read"), (Role::Operate, "operate"), (Role::Decide, "decide")];

impl Role {
    /// The role of that name.
    pub fn parse(name: &str) -> Option<Role> {
        ROLE_NAMES.iter().find(|(_, known)| *known == name).map(|(role, _)| *role)
    }

    /// The stable name.
    pub fn name(self) -> &'static str {
        ROLE_NAMES.iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }
}

/// A client as configured.
#[derive(Clone, Debug)]
pub struct Client {
    /// Name in every fact that it causes.
    pub name: String,
    /// SHA-256 of its certificate's public key, lower-case hexadecimal.
    pub spki_sha256: String,
    /// Whose payouts it sees and makes.
    pub tenant: String,
    /// What it may do.
    pub roles: Vec<Role>,
}

/// What every handler shares.
#[derive(Clone)]
pub struct Api {
    /// The engine.
    pub world: World,
    /// Who may call.
    pub clients: Arc<Vec<Client>>,
    /// How instructions are checked: accounts, profiles, defaults.
    pub checks: Arc<Checks>,
}

/// How instructions are checked: everything but the time and the tenant.
pub struct Checks {
    /// Accounts that may be debited.
    pub accounts: Vec<ConfiguredAccount>,
    /// Banks with their profiles.
    pub banks: Vec<Bank>,
    /// What ids are derived with.
    pub id_key: Arc<IdKey>,
    /// Speed where the instruction has none.
    pub default_speed: Speed,
    /// What to do with characters that a rail does not carry.
    pub text_policy: Policy,
    /// How far back a like payout is a suspected duplicate, in days.
    pub duplicate_window_days: i64,
}

impl Checks {
    /// The context of one check.
    pub fn context<'a>(&'a self, tenant: &'a str, now: DateTime<Utc>) -> Context<'a> {
        Context {
            accounts: &self.accounts,
            banks: &self.banks,
            now,
            tenant,
            id_key: &self.id_key,
            default_speed: self.default_speed,
            text_policy: self.text_policy,
        }
    }
}

/// The caller of a request, known by its certificate.
pub struct Caller(pub Client);

impl Caller {
    /// Refuses a caller that lacks a role.
    pub fn must(&self, role: Role) -> Result<(), Problem> {
        if self.0.roles.contains(&role) { Ok(()) } else { Err(Problem::forbidden(role)) }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Caller, Problem> {
        let peer = parts.extensions.get::<PeerIdentity>().ok_or_else(Problem::unknown_client)?;
        let found = api.clients.iter().find(|client| client.spki_sha256 == peer.spki_sha256);
        found.cloned().map(Caller).ok_or_else(Problem::unknown_client)
    }
}

/// A route: what it is called by, and what answers.
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path with its parameters in braces, as in `openapi.json`.
    pub path: &'static str,
    answers: fn() -> MethodRouter<Api>,
}

const fn route(method: &'static str, path: &'static str, answers: fn() -> MethodRouter<Api>) -> Route {
    Route { method, path, answers }
}

/// Every route. The router is made from this table, and `openapi.json` is compared with it.
pub const ROUTES: &[Route] = &[
    route("POST", "/v1/payouts", || post(payouts::submit)),
    route("GET", "/v1/payouts", || get(read::list)),
    route("GET", "/v1/payouts/{id}", || get(read::payout)),
    route("POST", "/v1/payouts/{id}/cancel", || post(operate::cancel)),
    route("POST", "/v1/payouts/{id}/hold", || post(operate::hold)),
    route("POST", "/v1/payouts/{id}/release", || post(operate::release)),
    route("GET", "/v1/batches/{batch_id}", || get(read::batch)),
    route("GET", "/v1/totals", || get(read::totals)),
    route("GET", "/v1/exceptions", || get(read::exceptions)),
    route("GET", "/v1/entries", || get(read::entries)),
    route("GET", "/v1/changes", || get(read::changes)),
    route("GET", "/v1/reports/day/{date}", || get(read::day)),
    route("GET", "/v1/unknown", || get(unknown::list)),
    route("GET", "/v1/unknown/{message_id}", || get(unknown::show)),
    route("POST", "/v1/unknown/{message_id}/decision", || post(unknown::decide)),
    route("POST", "/v1/documents/{bank}", || {
        post(operate::ingest).layer(DefaultBodyLimit::max(DOCUMENT_OCTETS_MAX))
    }),
    route("GET", "/v1/gate", || get(gate::show)),
    route("POST", "/v1/gate", || post(gate::open)),
    route("GET", "/v1/openapi.json", || get(openapi)),
];

/// What the routes answer, in OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("openapi.json");

/// The router of all routes.
pub fn router(api: Api) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, route| router.route(route.path, (route.answers)()))
        // A route's own bound lies within this one and is the one that counts.
        .layer(DefaultBodyLimit::max(BODY_OCTETS_MAX))
        .fallback(Problem::no_route)
        .method_not_allowed_fallback(Problem::no_method)
        .with_state(api)
}

async fn openapi() -> Response {
    ([("content-type", "application/json")], OPENAPI).into_response()
}

/// The body of a request. One that is too large or breaks off is answered with a problem.
pub struct Octets(pub Bytes);

impl FromRequest<Api> for Octets {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Octets, Problem> {
        Bytes::from_request(request, api).await.map(Octets).map_err(|refusal| Problem::body(&refusal))
    }
}
