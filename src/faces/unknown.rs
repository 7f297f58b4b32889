//! Messages whose outcome is unknown, as they are shown, and a person's word about one as the engine takes it. Reads
//! only; ids, codes, amounts and digests, never names, texts or accounts.

use super::query::shown;
use super::telling;
use crate::domain::row::{Key, MessageRow, Subject};
use crate::domain::unknown::{Decision, Told};
use crate::engine::decide::Standing;
use crate::engine::input::Judgement;
use crate::engine::reissue::{Office, next_token, reissued};
use crate::engine::unknown::{Case, Rules, Rung, Seen, next, why_not_resend};
use crate::store::lookup::Lookup;
use crate::store::{Store, StoreError};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

/// Messages of one list. Chosen by us: more than these are one incident, not many.
pub const LIST_MAX: usize = 1_000;
/// Payouts shown of one message. Chosen by us; their number and sum are always shown.
const PAYOUTS_MAX: usize = 100;
/// Versions tried for the ids of a payout issued anew. Chosen by us.
const VERSIONS_MAX: u32 = 99;

/// Every message whose outcome is unknown, longest first, with the age of the oldest.
pub async fn list(
    store: &Store,
    standing: &Standing,
    tenant: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Value, StoreError> {
    let mut items = Vec::new();
    for row in store.unknown(tenant, LIST_MAX).await? {
        items.push(summary(store, standing, &row, now).await?);
    }
    Ok(json!({ "items": items }))
}

/// One message with its evidence; `None` where no message has the id.
pub async fn show(
    store: &Store,
    standing: &Standing,
    (tenant, message_id): (Option<&str>, &str),
    now: DateTime<Utc>,
) -> Result<Option<Value>, StoreError> {
    let Some(row) = message(store, tenant, message_id).await? else { return Ok(None) };
    let mut value = summary(store, standing, &row, now).await?;
    let members = store.members(Subject::Message(row.key), None, PAYOUTS_MAX).await?;
    value["payouts"] = members.items.iter().map(super::query::listed).collect();
    let history = store.history(Subject::Message(row.key)).await?;
    value["timeline"] = history.iter().map(telling::told).collect();
    value["octets"] = json!(row.document.hex());
    Ok(Some(value))
}

/// The message of that id, the newest where it was dissolved before.
pub async fn message(
    store: &Store,
    tenant: Option<&str>,
    message_id: &str,
) -> Result<Option<MessageRow>, StoreError> {
    let found = store.find(tenant, message_id).await?.messages;
    Ok(found
        .into_iter()
        .filter(|row| row.message_id == message_id)
        .max_by_key(|row| (!row.dissolved, row.key)))
}

async fn summary(
    store: &Store,
    standing: &Standing,
    row: &MessageRow,
    now: DateTime<Utc>,
) -> Result<Value, StoreError> {
    let known = &row.unknown;
    let blocks = store.blocks(row.key).await?;
    let dates = blocks.iter().map(|block| block.execution_date);
    let dates: Option<(NaiveDate, NaiveDate)> = dates.clone().min().zip(dates.max());
    let since = known.since.or(row.first_attempt_at);
    let mut value = json!({
        "message_id": row.message_id,
        "bank": row.bank,
        "count": row.count,
        "sum": row.sum.to_string(),
        "waits_for": if known.escalation.is_some() { "people" } else { "the bank" },
        "since": since.map(shown),
        "age_s": since.map(|since| (now - since).num_seconds().max(0)),
        "attempts": row.attempt,
        "first_attempt_at": row.first_attempt_at.map(shown),
        "inquiries": row.inquiries,
        "inquired_at": known.inquired_at.map(shown),
        "told": known.told.map(Told::name),
        "duplicate_at": known.duplicate_at.map(shown),
        "execution_date": dates.map(|(earliest, _)| earliest.to_string()),
    });
    if let Some(rules) = standing.unknown.get(&row.bank) {
        add_next(&mut value, &case(row, rules, dates), now);
    }
    if let (Some(reason), Some(at)) = (known.escalation, known.escalated_at) {
        value["escalated"] = json!({ "reason": reason.name(), "text": reason.words(), "at": shown(at) });
    }
    if let Some(proposal) = &known.proposal {
        let at = shown(proposal.at);
        value["proposed"] = json!({ "decision": proposal.decision.name(), "by": proposal.by, "at": at, "reason": proposal.reason });
    }
    value["decision"] = json!(known.decision.map(Decision::name));
    Ok(value)
}

fn case<'a>(row: &'a MessageRow, rules: &'a Rules, dates: Option<(NaiveDate, NaiveDate)>) -> Case<'a> {
    Case { row, rules, dates, seen: Seen::Nothing }
}

/// The next rung and when it is due, and why the octets are not sent again.
fn add_next(value: &mut Value, case: &Case<'_>, now: DateTime<Utc>) {
    let (at, rung) = match next(case, now) {
        Rung::Wait(until) => (Some(until), next(case, until)),
        rung => (Some(now), rung),
    };
    let name = match rung {
        Rung::Inquire => "inquire",
        Rung::Resend => "resend",
        Rung::Escalate(_) => "people",
        Rung::Wait(_) => "statement",
        Rung::Rest => "news_or_people",
        Rung::Resolved => "resolved",
    };
    let at = at.filter(|_| !matches!(rung, Rung::Rest | Rung::Resolved));
    value["next"] = json!({ "rung": name, "at": at.map(shown) });
    value["not_sent_again_because"] = json!(why_not_resend(case, now));
}

/// A person's word as the engine takes it, with an empty reason. Where the payouts are to be issued anew, what would
/// replace each is made here: bodies are read and ids derived outside of the decision.
pub async fn judgement(
    store: &Store,
    office: &Office<'_>,
    row: &MessageRow,
    decision: Decision,
) -> Result<Judgement, StoreError> {
    let mut replacements = Vec::new();
    if decision == Decision::NotSent {
        let mut cursor = None;
        loop {
            let page = store.members(Subject::Message(row.key), cursor, LIST_MAX).await?;
            let keys: Vec<Key> = page.items.iter().map(|item| item.row.key).collect();
            for (key, old) in keys.iter().zip(store.payout_bodies(keys.clone()).await?) {
                let version = free_version(store, office, &old).await?;
                // One that cannot be issued anew is left out, and the decision is refused for want of it.
                replacements.extend(reissued(office, &old, version).ok().map(|payout| (*key, payout)));
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(Judgement { message_id: row.message_id.clone(), decision, reason: String::new(), replacements })
}

async fn free_version(
    store: &Store,
    office: &Office<'_>,
    old: &crate::domain::payout::Payout,
) -> Result<u32, StoreError> {
    for version in 2..VERSIONS_MAX {
        let token = next_token(office, old, version);
        if store.load(vec![Lookup::Token(token)]).await?.by_token(token).is_none() {
            return Ok(version);
        }
    }
    Ok(VERSIONS_MAX)
}
