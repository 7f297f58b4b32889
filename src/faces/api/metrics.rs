//! Health and metrics for the operator, on a loopback listener without TLS: numbers only.
//! Text format: Prometheus exposition, version 0.0.4.

use crate::domain::row::MessageRow;
use crate::engine::runtime::World;
use crate::faces::unknown::LIST_MAX;
use crate::store::listing::WorkLimits;
use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};

/// The routes of the loopback listener.
pub fn router(world: World) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/health", get(health)).with_state(world)
}

async fn health(Shared(world): Shared<World>) -> Response {
    if let Some(reason) = world.gate.reasons().first() {
        let text = format!("closed: {}\n", reason.name());
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    match world.store.work(WorkLimits::default(), world.clock.now()).await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

/// How many messages have an unknown outcome, how many of them wait for people, and how old the oldest is.
fn unknown_gauges(rows: &[MessageRow], now: DateTime<Utc>) -> String {
    let oldest = rows.iter().filter_map(|row| row.unknown.since).min();
    let age = oldest.map_or(0, |since| (now - since).num_seconds().max(0));
    let people = rows.iter().filter(|row| row.unknown.escalation.is_some()).count();
    let gauges = [
        ("girogate_unknown_messages", "Messages of unknown outcome.", rows.len().to_string()),
        (
            "girogate_unknown_waiting_for_people",
            "Of these, those that people decide about.",
            people.to_string(),
        ),
        ("girogate_unknown_oldest_seconds", "Age of the longest unknown outcome.", age.to_string()),
    ];
    let line = |(name, help, value): (&str, &str, String)| {
        format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n")
    };
    gauges.into_iter().map(line).collect()
}

async fn metrics(Shared(world): Shared<World>) -> Response {
    let (Ok(totals), Ok(work), Ok(unknown)) = (
        world.store.totals(None).await,
        world.store.work(WorkLimits::default(), world.clock.now()).await,
        world.store.unknown(None, LIST_MAX).await,
    ) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response();
    };
    let mut text = String::from("# HELP girogate_payouts Payouts by state.\n# TYPE girogate_payouts gauge\n");
    for row in &totals {
        let (state, currency) = (row.state.name(), row.currency.code());
        text.push_str(&format!(
            "girogate_payouts{{state=\"{state}\",currency=\"{currency}\"}} {}\n",
            row.count
        ));
    }
    text.push_str("# HELP girogate_money_minor Instructed money by state, in minor units.\n# TYPE girogate_money_minor gauge\n");
    for row in &totals {
        let (state, currency) = (row.state.name(), row.currency.code());
        text.push_str(&format!(
            "girogate_money_minor{{state=\"{state}\",currency=\"{currency}\"}} {}\n",
            row.sum_minor
        ));
    }
    let sizes = world.store.sizes();
    let octets = [
        ("girogate_store_octets", "Size of the database.", sizes.database),
        (
            "girogate_store_log_octets",
            "Size of the database's log; grows while a long reader holds it back.",
            sizes.log,
        ),
        ("girogate_send_journal_octets", "Size of the send journal.", sizes.journal),
        ("girogate_gate_open", "1 while payouts are taken in and sent.", u64::from(world.gate.is_open())),
    ];
    for (name, help, value) in octets {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"));
    }
    let gauges = [
        ("girogate_messages_sendable", "Messages that could be sent.", work.sendable.len()),
        (
            "girogate_messages_unknown",
            "Messages whose outcome is unknown and due for inquiry.",
            work.unknown.len(),
        ),
        ("girogate_documents_unread", "Documents that wait to be read.", work.unread.len()),
    ];
    for (name, help, value) in gauges {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"));
    }
    text.push_str(&unknown_gauges(&unknown, world.clock.now()));
    ([("content-type", "text/plain; version=0.0.4")], text).into_response()
}
