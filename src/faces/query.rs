//! What is shown of the store, as JSON: the same answers for the API and for the command line that
//! reads a store by itself. Reads only; never a name, a remittance text or a whole account number.

use super::telling;
use crate::domain::amount::Amount;
use crate::domain::lifecycle::State;
use crate::domain::payout::Speed;
use crate::domain::row::{Hold, Key, MessageRow, PayoutRow, SendPhase, Subject};
use crate::domain::status::{StatusNews, meaning};
use crate::domain::unknown::{Decision, Told};
use crate::planted::{self, Defect};
use crate::store::conservation::{PORTIONS, Tally};
use crate::store::listing::{Cursor, Filter, PayoutListed, TotalsRow};
use crate::store::lookup::Lookup;
use crate::store::{Store, StoreError};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// A time as it is shown.
pub fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Minor units as a decimal with the currency's digits.
pub fn shown_minor(minor: i128, currency: crate::domain::currency::Currency) -> String {
    let digits = currency.minor_units() as usize;
    let sign = if minor < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn amount(amount: &Amount) -> Value {
    json!({ "value": shown_minor(i128::from(amount.minor()), amount.currency()), "currency": amount.currency().code() })
}

/// What the bank last said, in plain words, with what to do.
fn bank_word(news: &StatusNews) -> Value {
    let mut word = json!({ "code": news.code, "meaning": meaning(&news.code).meaning });
    if let Some(reason) = &news.reason {
        let code = reason.code.as_deref().or(reason.proprietary.as_deref());
        word["reason"] = json!(code);
        word["reason_meaning"] = json!(code.and_then(crate::domain::codes::status_reason));
        word["advice"] = json!(code.map(telling::advice));
    }
    word
}

/// A payout as lists show it.
pub fn listed(item: &PayoutListed) -> Value {
    let row = &item.row;
    let mut value = json!({
        "id": row.token.base32(),
        "external_id": row.external_id,
        "end_to_end_id": row.end_to_end_id,
        "uetr": row.token.uetr(),
        "state": item.state.name(),
        "amount": amount(&row.amount),
        "rail": row.rail.name(),
        "bank": row.bank,
        "debtor_account": row.debtor_account_ref,
        "execution_date": row.execution_date.to_string(),
        "recorded_at": shown(row.recorded_at),
        "changed_at": shown(row.changed_at),
    });
    let optional = [
        ("batch_id", row.batch_id.clone()),
        ("message_id", item.message_id.clone()),
        ("payment_information_id", item.payment_information_id.clone()),
        ("reason", row.status.as_ref().and_then(reason_code)),
        ("return_reason", row.returned.as_ref().and_then(|returned| returned.reason.clone())),
    ];
    for (name, text) in optional {
        if let Some(text) = text {
            value[name] = json!(text);
        }
    }
    value
}

fn reason_code(news: &StatusNews) -> Option<String> {
    news.reason.as_ref().and_then(|reason| reason.code.clone().or_else(|| reason.proprietary.clone()))
}

/// A page of payouts.
pub async fn payouts(
    store: &Store,
    filter: Filter,
    cursor: Cursor,
    limit: usize,
) -> Result<Value, StoreError> {
    let page = store.list(filter, cursor, limit).await?;
    Ok(json!({
        "items": page.items.iter().map(listed).collect::<Vec<_>>(),
        "next": page.next.map(|key| key.to_string()),
    }))
}

/// Everything about whatever carries this id; `None` where nothing does.
pub async fn status(store: &Store, tenant: Option<&str>, id: &str) -> Result<Option<Value>, StoreError> {
    let found = store.find(tenant, id).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut payouts = Vec::new();
    for item in &found.payouts {
        payouts.push(detailed(store, item).await?);
    }
    let mut messages = Vec::new();
    for row in &found.messages {
        messages.push(message(store, row).await?);
    }
    let blocks: Vec<Value> = found
        .blocks
        .iter()
        .map(|row| {
            json!({
                "payment_information_id": row.payment_information_id,
                "debtor_account": row.debtor_account_ref,
                "count": row.count,
                "sum": row.sum.to_string(),
                "currency": row.currency.code(),
                "execution_date": row.execution_date.to_string(),
                "status": row.last_code,
                "booked": row.booked,
            })
        })
        .collect();
    Ok(Some(json!({ "payouts": payouts, "messages": messages, "blocks": blocks })))
}

async fn message(store: &Store, row: &MessageRow) -> Result<Value, StoreError> {
    let history = store.history(Subject::Message(row.key)).await?;
    Ok(json!({
        "message_id": row.message_id,
        "bank": row.bank,
        "count": row.count,
        "sum": row.sum.to_string(),
        "phase": row.phase.name(),
        "attempts": row.attempt,
        "inquiries": row.inquiries,
        "status": row.last_code,
        "bank_reference": row.bank_reference,
        "document": row.document.hex(),
        "dissolved": row.dissolved,
        "request": row.about.is_some(),
        "timeline": history.iter().map(telling::told).collect::<Vec<_>>(),
    }))
}

/// A payout with its timeline: its own facts, its block's and its message's, by time.
pub async fn detailed(store: &Store, item: &PayoutListed) -> Result<Value, StoreError> {
    let row = &item.row;
    let mut value = listed(item);
    let described = item.state.described();
    value["meaning"] = json!(described.meaning);
    value["waits_for"] = json!(described.waits_for);
    if let Some(payout) = store.payout_bodies(vec![row.key]).await?.first() {
        // What was asked for, beside what was taken.
        value["requested_speed"] = json!(payout.instruction.speed.map(Speed::name));
        value["requested_execution_date"] =
            json!(payout.instruction.requested_execution_date.map(|date| date.to_string()));
    }
    let mut history = store.history(Subject::Payout(row.key)).await?;
    let mut sent = None;
    if let Some(block) = row.block {
        history.extend(store.history(Subject::Block(block)).await?);
        if let Some(message_id) = &item.message_id
            && let Some(message) = store.find(None, message_id).await?.messages.into_iter().next()
        {
            history.extend(store.history(Subject::Message(message.key)).await?);
            sent = Some(message);
        }
    }
    value["by"] = json!(stands_by(item, sent.as_ref()));
    history.sort_by_key(|stored| (stored.recorded.at, stored.seq));
    value["since"] = json!(shown(history.last().map_or(row.recorded_at, |stored| stored.recorded.at)));
    value["timeline"] = json!(history.iter().map(telling::told).collect::<Vec<_>>());
    if let Some(news) = &row.status {
        value["bank_said"] = bank_word(news);
    }
    add_money(&mut value, row);
    if row.cancellation.is_some() || row.cancel_requested {
        value["cancellation"] = cancellation(store, row).await?;
    }
    if let Some(hold) = &row.held {
        value["held"] = json!(match hold {
            Hold::SuspectedDuplicate(earlier) => format!("suspected duplicate of {earlier}"),
            Hold::Operator(reason) => format!("by an operator: {reason}"),
        });
    }
    if !row.exceptions.is_empty() {
        value["exceptions"] = json!(row.exceptions);
    }
    if !row.bank_references.is_empty() {
        value["bank_references"] = json!(row.bank_references);
    }
    Ok(value)
}

/// How far the cancellation got that the bank is asked for; `noted` where the bank takes no requests by message.
async fn cancellation(store: &Store, row: &PayoutRow) -> Result<Value, StoreError> {
    let Some(known) = &row.cancellation else { return Ok(json!({ "stage": "noted" })) };
    let mut value = json!({ "stage": known.stage.name() });
    if let Some(answer) = &known.answer {
        value["answer"] = json!(answer);
    }
    value["evidence"] = json!(known.evidence.map(|evidence| evidence.document.hex()));
    if let Some(request) = known.request {
        let view = store.load(vec![Lookup::Message(request)]).await?;
        if let Some(message) = view.messages.get(&request) {
            value["message_id"] = json!(message.message_id);
            value["sending"] = json!(message.phase.name());
        }
    }
    Ok(value)
}

/// By which evidence the state stands.
fn stands_by(item: &PayoutListed, message: Option<&MessageRow>) -> &'static str {
    let decision = message.and_then(|message| message.unknown.decision);
    let told = message.and_then(|message| message.unknown.told);
    match item.state {
        State::Returned | State::Booked => "booking",
        State::Recorded | State::Batched => "our own record",
        State::Cancelled if item.row.cancelled && decision == Some(Decision::NotSent) => "decision",
        State::Cancelled if item.row.cancelled => "our own record",
        State::Held if item.row.block.is_none() => "our own record",
        State::Held if message.is_some_and(|message| message.phase == SendPhase::Unknown) => {
            "nothing: people decide"
        }
        State::Rejected if message.is_some_and(|message| message.phase == SendPhase::Refused) => "refusal",
        State::Unconfirmed => "nothing yet",
        State::Submitted if decision == Some(Decision::TreatAsSent) => "decision",
        State::Submitted if item.row.status.is_none() && told == Some(Told::Found) => "inquiry",
        State::Submitted if item.row.status.is_none() => "receipt",
        _ => "bank status",
    }
}

fn add_money(value: &mut Value, row: &PayoutRow) {
    if let Some(booking) = &row.booking {
        value["booking"] = json!({
            "amount": amount(&booking.amount),
            "account_servicer_reference": booking.account_servicer_reference,
            "booking_date": booking.booking_date.map(|date| date.to_string()),
            "value_date": booking.value_date.map(|date| date.to_string()),
            "notified": booking.notified.map(|evidence| evidence.document.hex()),
            "on_statement": booking.on_statement.map(|evidence| evidence.document.hex()),
        });
    }
    if let Some(returned) = &row.returned {
        value["returned"] = json!({
            "amount": amount(&returned.amount),
            "reason": returned.reason,
            "reason_meaning": returned.reason.as_deref().and_then(crate::domain::codes::return_reason),
            "booking_date": returned.booking_date.map(|date| date.to_string()),
            "evidence": returned.evidence.document.hex(),
        });
    }
}

/// What was accepted, where it counts and what was moved, per currency and at one moment (I11).
pub async fn totals(store: &Store, tenant: Option<&str>) -> Result<Value, StoreError> {
    let conservation = store.conservation(tenant).await?;
    let mut value = totals_json(&conservation.states);
    for (currency, accepted) in &conservation.accepted {
        let shown = |minor: i128| shown_minor(minor, *currency);
        let tally = |tally: Tally| json!({ "count": tally.count, "sum": shown(tally.sum_minor) });
        let entry = &mut value["currencies"][currency.code()];
        entry["accepted"] = tally(*accepted);
        for (portion, name) in PORTIONS {
            entry["portions"][name] = tally(conservation.portion(*currency, *portion));
        }
        entry["adds_up"] = json!(conservation.adds_up(*currency));
        let moved = conservation.moved(*currency);
        let charged = conservation.charged.iter().find(|charged| charged.currency == *currency);
        entry["moved"] = json!({
            "instructed": shown(moved.instructed_minor),
            "debited": shown(moved.debited_minor),
            "charges_included": shown(moved.charges_minor()),
            "returned": shown(moved.returned_minor),
            "return_fees": shown(moved.return_fees_minor()),
            "charges_apart": charged.map_or_else(|| shown(0), |charged| charged.sum.to_string()),
        });
    }
    Ok(value)
}

/// Totals as JSON.
pub fn totals_json(rows: &[TotalsRow]) -> Value {
    let mut currencies: Map<String, Value> = Map::new();
    for row in rows {
        let entry = currencies.entry(row.currency.code()).or_insert_with(|| json!({ "states": {} }));
        let state = json!({ "count": row.count, "sum": shown_minor(row.sum_minor, row.currency) });
        entry["states"][row.state.name()] = state;
    }
    for (code, entry) in &mut currencies {
        let of: Vec<&TotalsRow> = rows.iter().filter(|row| row.currency.code() == code).collect();
        let count: u64 = of.iter().map(|row| row.count).sum();
        let sum: i128 = of.iter().map(|row| row.sum_minor).sum();
        if let Some(first) = of.first() {
            entry["accepted"] = json!({ "count": count, "sum": shown_minor(sum, first.currency) });
        }
    }
    json!({ "currencies": currencies })
}

/// Counts and sums of one of the client's batches, per currency and state.
pub async fn batch(store: &Store, tenant: Option<&str>, batch_id: &str) -> Result<Option<Value>, StoreError> {
    let filter = Filter {
        tenant: tenant.map(str::to_owned),
        batch_id: Some(batch_id.to_owned()),
        ..Filter::default()
    };
    let mut rows: Vec<TotalsRow> = Vec::new();
    let mut cursor: Cursor = None;
    loop {
        let page = store.list(filter.clone(), cursor, crate::store::listing::PAGE_ITEMS_MAX).await?;
        for item in &page.items {
            TotalsRow::add(&mut rows, item.state, &item.row.amount);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let mut value = totals_json(&rows);
    value["batch_id"] = json!(batch_id);
    value["state"] = json!(batch_state(&rows));
    Ok(Some(value))
}

/// State of a batch from its members. Source: status life cycle, section 4.2.
fn batch_state(rows: &[TotalsRow]) -> &'static str {
    let has = |state: State| rows.iter().any(|row| row.state == state && row.count > 0);
    let only =
        |states: &[State]| rows.iter().filter(|row| row.count > 0).all(|row| states.contains(&row.state));
    if only(&[State::Rejected]) {
        "Rejected"
    } else if only(&[State::Cancelled]) {
        "Cancelled"
    } else if only(&[State::Rejected, State::Cancelled]) {
        "Rejected"
    } else if has(State::Unconfirmed) {
        "Unconfirmed"
    } else if has(State::Rejected) || has(State::Cancelled) {
        "Partial"
    } else if has(State::Returned) && only(&[State::Settled, State::Booked, State::Returned]) {
        "SettledWithReturns"
    } else {
        rows.iter().filter(|row| row.count > 0).map(|row| row.state).min().map_or("Recorded", State::name)
    }
}

/// Exception items.
pub async fn exceptions(
    store: &Store,
    filter: Filter,
    cursor: Cursor,
    limit: usize,
) -> Result<Value, StoreError> {
    let page = store.exceptions(filter, cursor, limit).await?;
    let items: Vec<Value> = page
        .items
        .iter()
        .map(|item| {
            json!({
                "code": item.row.code,
                "about": telling::subject(item.row.subject),
                "text": item.row.text,
                "raised_at": shown(item.row.raised_at),
                "evidence": item.row.evidence.map(|evidence| evidence.document.hex()),
            })
        })
        .collect();
    Ok(json!({ "items": items, "next": page.next.map(|key| key.to_string()) }))
}

/// Account entries that belong to no payout.
pub async fn entries(
    store: &Store,
    filter: Filter,
    cursor: Cursor,
    limit: usize,
) -> Result<Value, StoreError> {
    let page = store.entries(filter, cursor, limit).await?;
    let items: Vec<Value> = page
        .items
        .iter()
        .map(|item| {
            let row = &item.row;
            json!({
                "account": row.account_ref,
                "class": row.class.name(),
                "direction": row.direction.name(),
                "amount": row.amount.to_string(),
                "currency": row.currency.code(),
                "booking_date": row.booking_date.map(|date| date.to_string()),
                "transaction_code": row.transaction_code,
                "account_servicer_reference": row.account_servicer_reference,
                "on_statement": row.on_statement.is_some(),
            })
        })
        .collect();
    Ok(json!({ "items": items, "next": page.next.map(|key| key.to_string()) }))
}

/// Payouts that changed after a cursor, in the order of the facts, with the cursor to go on from.
/// The cursor is `lane:seq`; one writer makes the order of lane 0 final.
pub async fn changes(
    store: &Store,
    tenant: &str,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Option<Value>, StoreError> {
    let Some(after) = parse_cursor(cursor) else { return Ok(None) };
    let facts = store.facts_after(after, limit).await?;
    let last = facts.last().map_or(after, |stored| stored.seq);
    let mut keys: Vec<Key> = facts
        .iter()
        .filter_map(|stored| match stored.recorded.fact.subject() {
            Subject::Payout(key) => Some(key),
            _ => None,
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let payouts = store.payouts(keys).await?;
    let hidden =
        |item: &&PayoutListed| planted::is(Defect::ExportHidesRejected) && item.state == State::Rejected;
    let shown = payouts.iter().filter(|item| item.row.tenant == tenant && !hidden(item));
    let items: Vec<Value> = shown.map(listed).collect();
    Ok(Some(json!({ "items": items, "cursor": format!("0:{last}"), "more": facts.len() == limit })))
}

fn parse_cursor(cursor: Option<&str>) -> Option<i64> {
    match cursor {
        None | Some("") => Some(0),
        Some(text) => text.strip_prefix("0:")?.parse().ok().filter(|seq| *seq >= 0),
    }
}
