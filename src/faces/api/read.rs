//! Reading routes: payouts, batches, totals, exception items, entries, changes, the day.

use super::guard::Named;
use super::problem::Problem;
use super::{Api, Caller, Role};
use crate::domain::currency::Currency;
use crate::domain::lifecycle::State;
use crate::faces::{day, query};
use crate::store::StoreError;
use crate::store::listing::{Filter, PAGE_ITEMS_MAX};
use axum::Json;
use axum::extract::{Query, State as Shared};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::Value;

/// Items of a page when the caller does not say. Chosen by us.
const PAGE_ITEMS: usize = 100;

/// Query parameters of lists.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    state: Option<String>,
    batch_id: Option<String>,
    account: Option<String>,
    bank: Option<String>,
    currency: Option<String>,
    reason: Option<String>,
    date_from: Option<NaiveDate>,
    date_to: Option<NaiveDate>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    cursor: Option<String>,
    limit: Option<usize>,
}

struct Wanted {
    filter: Filter,
    cursor: Option<i64>,
    limit: usize,
}

impl Asked {
    fn wanted(self, tenant: &str) -> Result<Wanted, Problem> {
        let state = match self.state.as_deref() {
            None => None,
            Some(name) => Some(State::parse(name).ok_or_else(|| Problem::query("state", "no such state"))?),
        };
        let currency = match self.currency.as_deref() {
            None => None,
            Some(code) => {
                Some(Currency::parse(code).map_err(|_| Problem::query("currency", "no such currency"))?)
            }
        };
        let cursor = match self.cursor.as_deref() {
            None | Some("") => None,
            Some(text) => Some(text.parse().map_err(|_| Problem::query("cursor", "not a cursor of ours"))?),
        };
        let limit = self.limit.unwrap_or(PAGE_ITEMS);
        if !(1..=PAGE_ITEMS_MAX).contains(&limit) {
            return Err(Problem::query("limit", "from 1 to 1000"));
        }
        let filter = Filter {
            tenant: Some(tenant.to_owned()),
            state,
            batch_id: self.batch_id,
            account_ref: self.account,
            bank: self.bank,
            currency,
            date_from: self.date_from,
            date_to: self.date_to,
            since: self.since,
            until: self.until,
            reason: self.reason,
            ..Filter::default()
        };
        Ok(Wanted { filter, cursor, limit })
    }
}

/// What the store says, as an answer; an error of reading is ours.
pub fn answered(result: Result<Value, StoreError>) -> Result<Json<Value>, Problem> {
    result.map(Json).map_err(|cause| {
        tracing::error!(code = cause.code(), %cause, "the store could not be read");
        Problem::store_unknown()
    })
}

type Answer = Result<Json<Value>, Problem>;
type Parameters<T> = Result<Query<T>, axum::extract::rejection::QueryRejection>;

fn parameters<T>(asked: Parameters<T>) -> Result<T, Problem> {
    // What the caller wrote is not repeated; what could have been written is.
    asked.map(|Query(asked)| asked).map_err(|cause| {
        let text = cause.body_text();
        let known = text.split_once("expected one of ").map(|(_, known)| known);
        let told = known.map_or("a value is not of its parameter's form".to_owned(), |known| {
            format!("no such parameter; there are {known}")
        });
        Problem::query("query", &told)
    })
}

/// `GET /v1/payouts`
pub async fn list(Shared(api): Shared<Api>, caller: Caller, asked: Parameters<Asked>) -> Answer {
    caller.must(Role::Read)?;
    let wanted = parameters(asked)?.wanted(&caller.0.tenant)?;
    answered(query::payouts(&api.world.store, wanted.filter, wanted.cursor, wanted.limit).await)
}

/// `GET /v1/payouts/{id}`, by any id.
pub async fn payout(Shared(api): Shared<Api>, caller: Caller, Named(id): Named) -> Answer {
    caller.must(Role::Read)?;
    let found = query::status(&api.world.store, Some(&caller.0.tenant), &id).await;
    answered(found.map(Option::unwrap_or_default))
        .and_then(|Json(value)| if value.is_null() { Err(Problem::not_found()) } else { Ok(Json(value)) })
}

/// `GET /v1/batches/{batch_id}`
pub async fn batch(Shared(api): Shared<Api>, caller: Caller, Named(id): Named) -> Answer {
    caller.must(Role::Read)?;
    let found = query::batch(&api.world.store, Some(&caller.0.tenant), &id).await;
    answered(found.map(Option::unwrap_or_default))
        .and_then(|Json(value)| if value.is_null() { Err(Problem::not_found()) } else { Ok(Json(value)) })
}

/// `GET /v1/totals`
pub async fn totals(Shared(api): Shared<Api>, caller: Caller) -> Answer {
    caller.must(Role::Read)?;
    answered(query::totals(&api.world.store, Some(&caller.0.tenant)).await)
}

/// `GET /v1/exceptions`
pub async fn exceptions(Shared(api): Shared<Api>, caller: Caller, asked: Parameters<Asked>) -> Answer {
    caller.must(Role::Read)?;
    let wanted = parameters(asked)?.wanted(&caller.0.tenant)?;
    answered(query::exceptions(&api.world.store, wanted.filter, wanted.cursor, wanted.limit).await)
}

/// `GET /v1/entries`
pub async fn entries(Shared(api): Shared<Api>, caller: Caller, asked: Parameters<Asked>) -> Answer {
    caller.must(Role::Read)?;
    let wanted = parameters(asked)?.wanted(&caller.0.tenant)?;
    answered(query::entries(&api.world.store, wanted.filter, wanted.cursor, wanted.limit).await)
}

/// Query parameters of the feed of changes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    since: Option<String>,
    limit: Option<usize>,
}

/// `GET /v1/changes?since=CURSOR`
pub async fn changes(Shared(api): Shared<Api>, caller: Caller, asked: Parameters<Since>) -> Answer {
    caller.must(Role::Read)?;
    let asked = parameters(asked)?;
    let limit = asked.limit.unwrap_or(PAGE_ITEMS_MAX).clamp(1, PAGE_ITEMS_MAX);
    let found = query::changes(&api.world.store, &caller.0.tenant, asked.since.as_deref(), limit).await;
    answered(found.map(Option::unwrap_or_default)).and_then(|Json(value)| {
        if value.is_null() { Err(Problem::query("since", "not a cursor of ours")) } else { Ok(Json(value)) }
    })
}

/// Query parameters of the day's report.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfAccount {
    account: Option<String>,
}

/// `GET /v1/reports/day/{date}`
pub async fn day(
    Shared(api): Shared<Api>,
    caller: Caller,
    Named(date): Named,
    asked: Parameters<OfAccount>,
) -> Answer {
    caller.must(Role::Read)?;
    let asked = parameters(asked)?;
    let date = date.parse().map_err(|_| Problem::query("date", "not YYYY-MM-DD"))?;
    let wanted = day::Wanted { tenant: Some(caller.0.tenant.clone()), account_ref: asked.account, date };
    answered(day::report(&api.world.store, &wanted).await)
}
