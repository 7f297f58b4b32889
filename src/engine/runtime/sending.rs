//! Sends one message, or does what is due about its unknown outcome: the order of steps of faults and threats, section 2.3.
//! Frozen octets are read, the request is signed, the attempt becomes durable, and only then the
//! first byte leaves. What the outcome means is decided elsewhere.

use super::dispatch::Guard;
use super::recording::Note;
use super::{World, crash};
use crate::bank::delivery::{BankReply, Delivery, Inquiry};
use crate::bank::link::{Link, Moment, Outgoing, Prepared, Purpose};
use crate::bank::profile::Profile;
use crate::domain::fact::{AttemptEnd, Cause, InquiryEnd};
use crate::domain::row::{Channel, MessageRow, SendPhase};
use crate::engine::action::Action;
use crate::engine::decide::call_cause;
use crate::engine::input::{Arrived, Delivered, Due, Input, Inquired, SendReady};
use crate::engine::unknown::{Rules, Seen, absence, retry_at};
use crate::planted::{self, Defect};
use crate::store::documents::NewDocument;
use crate::store::listing::{Filter, PAGE_ITEMS_MAX};
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use hyper::body::Bytes;
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Why a message could not be handled now; it stays where it is and is found again.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends, or does what is due about an unknown outcome, by the message's phase.
pub async fn run(world: World, link: Arc<Link>, row: MessageRow, guard: Guard) {
    let result = match row.phase {
        SendPhase::Frozen | SendPhase::NotSent => send(&world, &link, &row, Resend::No).await,
        SendPhase::Unknown if planted::is(Defect::ResendOnTimeout) => {
            send(&world, &link, &row, Resend::Yes).await
        }
        SendPhase::Unknown | SendPhase::Received => climb(&world, &link, &row).await,
        SendPhase::Open | SendPhase::Refused => Ok(()),
    };
    if let Err(cause) = result {
        tracing::error!(message_id = row.message_id, %cause, "the message could not be handled");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    drop(guard);
}

/// One rung: what it is was decided on what is durable, and is done here.
async fn climb(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<(), Failure> {
    let due =
        Due { message: row.key, seen: seen(&world.store, link.profile(), row, world.clock.now()).await? };
    let cause = Cause::Call(row.message_id.clone(), row.attempt);
    let outcome = world.desk.put(world.envelope("gateway", cause, Input::Due(due))).await?;
    for action in outcome.actions {
        match action {
            Action::Inquire { .. } => inquire(world, link, row).await?,
            Action::Resend { .. } => {
                tracing::warn!(message_id = row.message_id, "the identical octets go once more");
                send(world, link, row, Resend::Yes).await?;
            }
            Action::Deliver { .. } | Action::Forget { .. } => {}
        }
    }
    Ok(())
}

/// What statements show of a message, once they can show anything.
pub async fn seen(
    store: &Store,
    profile: &Profile,
    row: &MessageRow,
    now: DateTime<Utc>,
) -> Result<Seen, StoreError> {
    let rules = Rules::of(profile);
    let (Some(days), Some(first)) = (rules.outcome.statement_days, row.first_attempt_at) else {
        return Ok(Seen::Nothing);
    };
    let blocks = store.blocks(row.key).await?;
    let latest = blocks.iter().map(|block| block.execution_date).max();
    if latest.and_then(|latest| rules.statements_from(latest)).is_none_or(|from| now < from) {
        return Ok(Seen::Nothing);
    }
    let (mut statements, mut strangers) = (Vec::new(), Vec::new());
    let accounts: BTreeSet<&str> = blocks.iter().map(|block| block.debtor_account_ref.as_str()).collect();
    for account in accounts {
        let of = Filter { account_ref: Some(account.to_owned()), ..Filter::default() };
        let mut cursor = None;
        loop {
            let page = store.statements(of.clone(), cursor, PAGE_ITEMS_MAX).await?;
            statements.extend(page.items.into_iter().map(|item| item.row));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        loop {
            let page = store.entries(of.clone(), cursor, PAGE_ITEMS_MAX).await?;
            strangers.extend(page.items.into_iter().map(|item| item.row));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    let first = first.with_timezone(&rules.zone).date_naive();
    let account = absence::Account { blocks: &blocks, statements: &statements, strangers: &strangers };
    Ok(if absence::is_proven(&account, first, days) { Seen::Absent } else { Seen::Nothing })
}

/// Whether identical octets go once more after an unknown outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// A first attempt, or one after proof that nothing was sent.
    No,
    /// The profile allows it.
    Yes,
}

fn moment(world: &World) -> Result<Moment, Failure> {
    let mut nonce = [0u8; 16];
    SystemRandom::new().fill(&mut nonce).map_err(|_| "the system gives no random octets")?;
    Ok(Moment { now: world.clock.now(), nonce })
}

async fn send(world: &World, link: &Arc<Link>, row: &MessageRow, resend: Resend) -> Result<(), Failure> {
    if !world.gate.is_open() {
        return Ok(());
    }
    let prepared = prepare(world, link, row).await?;
    crash::point("after_prepared");
    let ready = SendReady {
        message: row.key,
        step: prepared.step.clone(),
        epoch: world.epoch,
        head: NewDocument::of(prepared.head.clone().into_bytes()),
        resend: resend == Resend::Yes,
    };
    let cause = call_cause(&row.message_id, row.attempt + 1);
    let early = if planted::is(Defect::SkippedIntent) { Some(link.call(&prepared).await) } else { None };
    let outcome = world.desk.put(world.envelope("gateway", cause.clone(), Input::SendReady(ready))).await?;
    let Some(attempt) = outcome.actions.iter().find_map(|action| match action {
        Action::Deliver { message, attempt } if *message == row.key => Some(*attempt),
        _ => None,
    }) else {
        return Ok(());
    };
    let outcome = match early {
        Some(outcome) => outcome,
        None => link.call(&prepared).await,
    };
    crash::point("after_delivered");
    let delivery = link.judge(&prepared, outcome, world.clock.now());
    tracing::info!(message_id = row.message_id, attempt, outcome = name_of(&delivery), "delivery ended");
    world.note(|| Note::Answered { message: row.key, delivery: delivery.clone() });
    let attempt = Attempt { row, attempt, step: &prepared.step };
    let delivered = delivered(attempt, delivery, world.clock.now());
    world.desk.put(world.envelope(&row.bank, cause, Input::Delivered(delivered))).await?;
    Ok(())
}

/// What a message is for: a request is about a payout, payments are in blocks.
fn purpose_of(row: &MessageRow) -> Purpose {
    if row.about.is_some() { Purpose::Cancellation } else { Purpose::Payments }
}

async fn prepare(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<Prepared, Failure> {
    let mut octets = world.store.document(row.document).await?.ok_or("the frozen octets are gone")?;
    let mut digest = row.document;
    if row.attempt > 0
        && let Some(ids) = planted_ids(&octets, row)
    {
        digest = NewDocument::of(&ids[..]).digest();
        octets = ids;
    }
    if planted::is(Defect::MessageLogged) {
        tracing::info!(message_id = row.message_id, octets = %String::from_utf8_lossy(&octets), "sending");
    }
    let outgoing = Outgoing {
        purpose: purpose_of(row),
        message_id: row.message_id.clone(),
        octets: Bytes::from(octets),
        sha256_hex: digest.hex(),
    };
    let (link, moment) = (Arc::clone(link), moment(world)?);
    let prepared = tokio::task::spawn_blocking(move || link.prepare(&outgoing, moment)).await??;
    Ok(prepared)
}

/// Octets of a further attempt with other ids, if that defect is planted.
fn planted_ids(octets: &[u8], row: &MessageRow) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(octets);
    if planted::is(Defect::MessageIdPerAttempt) {
        let other = format!("{}{}", row.message_id.get(..30)?, 90 + row.attempt);
        return Some(text.replace(&row.message_id, &other).into_bytes());
    }
    planted::is(Defect::EndToEndIdPerAttempt)
        .then(|| text.replace("<EndToEndId>", "<EndToEndId>R").into_bytes())
}

fn name_of(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Received { .. } => "received",
        Delivery::Refused { .. } => "refused",
        Delivery::NotSent { .. } => "not_sent",
        Delivery::Unknown { .. } => "unknown",
    }
}

/// An attempt that ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The message before it.
    pub row: &'a MessageRow,
    /// Its number.
    pub attempt: u32,
    /// Step of the profile.
    pub step: &'a str,
}

/// The outcome as the loop takes it: what it proves, its evidence, and when something is due next.
pub fn delivered(
    Attempt { row, attempt, step }: Attempt<'_>,
    delivery: Delivery,
    now: DateTime<Utc>,
) -> Delivered {
    let mut documents = Vec::new();
    let mut report = None;
    let mut keep = |reply: &BankReply| {
        documents.push(NewDocument::of(reply.head.clone().into_bytes()));
        let body = NewDocument::of(&reply.body[..]);
        documents.push(body.clone());
        report = report_of(&row.bank, Channel::Reply, reply, body.clone());
        body.digest()
    };
    let mut oddity = None;
    let (end, due_at) = match delivery {
        Delivery::Received { reply, bank_reference } => {
            (AttemptEnd::Received { bank_reference, reply: keep(&reply) }, None)
        }
        Delivery::Refused { reply, reason } => {
            (AttemptEnd::Refused { status: reply.status, reason, reply: keep(&reply) }, None)
        }
        Delivery::NotSent { cause, reply, retry_after_s } => {
            reply.as_ref().map(&mut keep);
            (AttemptEnd::NotSent { cause }, Some(retry_at(attempt, retry_after_s, now)))
        }
        Delivery::Unknown { cause, bytes_left, reply, oddity: found } => {
            oddity = found;
            (AttemptEnd::Unknown { cause, bytes_left, reply: reply.as_ref().map(&mut keep) }, None)
        }
    };
    Delivered { message: row.key, step: step.to_owned(), attempt, end, documents, report, oddity, due_at }
}

/// A reply that is itself a report is read like any other, if its sender was proved.
fn report_of(bank: &str, channel: Channel, reply: &BankReply, document: NewDocument) -> Option<Arrived> {
    (reply.is_xml() && reply.authenticated.is_ok() && !reply.body.is_empty()).then(|| Arrived {
        bank: bank.to_owned(),
        channel,
        document,
        authenticated: true,
        note: "signed answer to a call of ours".to_owned(),
    })
}

/// Asks the bank by our message id.
async fn inquire(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<(), Failure> {
    let inquiry = ask(world, link, row).await?;
    world.note(|| Note::Inquired { message: row.key, inquiry: inquiry.clone() });
    let inquired = inquired(row, inquiry);
    let cause = Cause::Call(row.message_id.clone(), row.attempt);
    world.desk.put(world.envelope(&row.bank, cause, Input::Inquired(inquired))).await?;
    Ok(())
}

/// What the bank says of a message.
async fn ask(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<Inquiry, Failure> {
    let Some(prepared) = link.prepare_inquiry((purpose_of(row), &row.message_id), moment(world)?) else {
        return Ok(Inquiry::Failed { cause: "the bank answers no inquiries".to_owned() });
    };
    let prepared = prepared?;
    let outcome = link.call(&prepared).await;
    Ok(link.judge_inquiry(&prepared, outcome, world.clock.now()))
}

/// An inquiry as the loop takes it.
pub fn inquired(row: &MessageRow, inquiry: Inquiry) -> Inquired {
    let (end, report) = match inquiry {
        Inquiry::Found(reply) => {
            let body = NewDocument::of(&reply.body[..]);
            (InquiryEnd::Found, report_of(&row.bank, Channel::Reply, &reply, body))
        }
        Inquiry::NotFound(_) => (InquiryEnd::NotFound, None),
        Inquiry::Failed { cause } => (InquiryEnd::Failed { cause }, None),
    };
    Inquired { message: row.key, end, report }
}
