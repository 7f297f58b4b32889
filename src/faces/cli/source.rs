//! The two places that answer questions: a running gateway, or the store itself. The answers are the same JSON.

use crate::domain::currency::Currency;
use crate::domain::lifecycle::State;
use crate::faces::client::{Answered, ApiClient, CallError, path, query as query_string};
use crate::faces::{day, query};
use crate::store::listing::Filter;
use crate::store::{Store, StoreError};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

/// Whom a command asks.
pub enum Source {
    /// A running gateway, through its API.
    Gateway(Box<ApiClient>),
    /// The store, read directly.
    Store {
        /// Opened for reading.
        store: Store,
        /// Whose payouts are shown.
        tenant: String,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The gateway did not answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gateway refused.
    #[error("{}", .0.problem())]
    Refused(Answered),
}

/// Which lists there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Listing {
    /// Payouts.
    #[default]
    Payouts,
    /// Exception items: what a person has to look at.
    Exceptions,
    /// Account entries that belong to no payout.
    Entries,
}

impl Listing {
    fn path(self) -> &'static str {
        match self {
            Listing::Payouts => "/v1/payouts",
            Listing::Exceptions => "/v1/exceptions",
            Listing::Entries => "/v1/entries",
        }
    }
}

/// Which items of a list; an absent member does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// State of a payout.
    pub state: Option<State>,
    /// The client's batch.
    pub batch_id: Option<String>,
    /// Debited account, by its name in the configuration.
    pub account: Option<String>,
    /// Bank id.
    pub bank: Option<String>,
    /// Currency.
    pub currency: Option<Currency>,
    /// Reason code, exception code or class.
    pub reason: Option<String>,
    /// First execution or booking date.
    pub date_from: Option<NaiveDate>,
    /// Last one.
    pub date_to: Option<NaiveDate>,
    /// Recorded or raised at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Recorded or raised before this time.
    pub until: Option<DateTime<Utc>>,
}

impl Narrowed {
    fn filter(&self, tenant: &str) -> Filter {
        Filter {
            tenant: Some(tenant.to_owned()),
            state: self.state,
            batch_id: self.batch_id.clone(),
            account_ref: self.account.clone(),
            bank: self.bank.clone(),
            currency: self.currency,
            reason: self.reason.clone(),
            date_from: self.date_from,
            date_to: self.date_to,
            since: self.since,
            until: self.until,
            ..Filter::default()
        }
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let given = [
            ("state", self.state.map(|state| state.name().to_owned())),
            ("batch_id", self.batch_id.clone()),
            ("account", self.account.clone()),
            ("bank", self.bank.clone()),
            ("currency", self.currency.map(|currency| currency.code().to_owned())),
            ("reason", self.reason.clone()),
            ("date_from", self.date_from.map(|date| date.to_string())),
            ("date_to", self.date_to.map(|date| date.to_string())),
            ("since", self.since.map(query::shown)),
            ("until", self.until.map(query::shown)),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Source {
    /// Everything about what carries this id; `None` where nothing does.
    pub async fn status(&self, id: &str) -> Result<Option<Value>, AskError> {
        match self {
            Source::Gateway(api) => match found(api.read(&path(&["v1", "payouts", id])).await?) {
                Err(AskError::Refused(answered)) if answered.status == 404 => Ok(None),
                answer => answer.map(Some),
            },
            Source::Store { store, tenant } => Ok(query::status(store, Some(tenant), id).await?),
        }
    }

    /// A page of a list: `items`, and `next` where there is more.
    pub async fn list(
        &self,
        listing: Listing,
        narrowed: &Narrowed,
        (cursor, limit): (Option<&str>, usize),
    ) -> Result<Value, AskError> {
        match self {
            Source::Gateway(api) => {
                let mut parameters = narrowed.parameters();
                parameters.push(("limit", limit.to_string()));
                parameters.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
                found(api.read(&format!("{}{}", listing.path(), query_string(&parameters))).await?)
            }
            Source::Store { store, tenant } => {
                let (filter, cursor) =
                    (narrowed.filter(tenant), cursor.and_then(|cursor| cursor.parse().ok()));
                Ok(match listing {
                    Listing::Payouts => query::payouts(store, filter, cursor, limit).await,
                    Listing::Exceptions => query::exceptions(store, filter, cursor, limit).await,
                    Listing::Entries => query::entries(store, filter, cursor, limit).await,
                }?)
            }
        }
    }

    /// Counts and sums per currency and state.
    pub async fn totals(&self) -> Result<Value, AskError> {
        match self {
            Source::Gateway(api) => found(api.read("/v1/totals").await?),
            Source::Store { store, tenant } => Ok(query::totals(store, Some(tenant)).await?),
        }
    }

    /// The day per account.
    pub async fn day(&self, date: NaiveDate, account: Option<&str>) -> Result<Value, AskError> {
        match self {
            Source::Gateway(api) => {
                let asked: Vec<(&str, String)> =
                    account.into_iter().map(|account| ("account", account.to_owned())).collect();
                found(api.read(&format!("/v1/reports/day/{date}{}", query_string(&asked))).await?)
            }
            Source::Store { store, tenant } => {
                let (tenant, account_ref) = (Some(tenant.clone()), account.map(str::to_owned));
                Ok(day::report(store, &day::Wanted { tenant, account_ref, date }).await?)
            }
        }
    }

    /// Payouts that changed after a cursor; `None` where the cursor is none of ours.
    pub async fn changes(&self, since: &str, limit: usize) -> Result<Option<Value>, AskError> {
        match self {
            Source::Gateway(api) => {
                let asked = [("since", since.to_owned()), ("limit", limit.to_string())];
                match found(api.read(&format!("/v1/changes{}", query_string(&asked))).await?) {
                    Err(AskError::Refused(answered)) if answered.body["code"] == "query.invalid" => Ok(None),
                    answer => answer.map(Some),
                }
            }
            Source::Store { store, tenant } => Ok(query::changes(store, tenant, Some(since), limit).await?),
        }
    }
}

fn found(answered: Answered) -> Result<Value, AskError> {
    if answered.is_success() { Ok(answered.body) } else { Err(AskError::Refused(answered)) }
}
