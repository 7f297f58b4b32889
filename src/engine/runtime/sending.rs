//! Sends one message, or inquires about it: the order of steps of faults and threats, section 2.3.
//! Frozen octets are read, the request is signed, the attempt becomes durable, and only then the
//! first byte leaves. What the outcome means is decided elsewhere.

use super::dispatch::Guard;
use super::{World, crash};
use crate::bank::delivery::{BankReply, Delivery, Inquiry};
use crate::bank::link::{Link, Moment, Outgoing, Prepared};
use crate::domain::fact::{AttemptEnd, Cause, InquiryEnd};
use crate::domain::row::{Channel, MessageRow, SendPhase};
use crate::engine::action::Action;
use crate::engine::decide::call_cause;
use crate::engine::input::{Arrived, Delivered, Input, Inquired, SendReady};
use crate::engine::unknown::{inquire_at, may_resend, retry_at};
use crate::store::documents::NewDocument;
use hyper::body::Bytes;
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::Arc;

/// Why a message could not be handled now; it stays where it is and is found again.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends or inquires, by the message's phase.
pub async fn run(world: World, link: Arc<Link>, row: MessageRow, guard: Guard) {
    let result = match row.phase {
        SendPhase::Frozen | SendPhase::NotSent => send(&world, &link, &row, Resend::No).await,
        SendPhase::Unknown => inquire(&world, &link, &row).await,
        SendPhase::Open | SendPhase::Received | SendPhase::Refused => Ok(()),
    };
    if let Err(cause) = result {
        tracing::error!(message_id = row.message_id, %cause, "the message could not be handled");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    drop(guard);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Resend {
    No,
    Yes,
}

fn moment(world: &World) -> Result<Moment, Failure> {
    let mut nonce = [0u8; 16];
    SystemRandom::new().fill(&mut nonce).map_err(|_| "the system gives no random octets")?;
    Ok(Moment { now: world.clock.now(), nonce })
}

async fn send(world: &World, link: &Arc<Link>, row: &MessageRow, resend: Resend) -> Result<(), Failure> {
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
    let outcome = world.desk.put(world.envelope("gateway", cause.clone(), Input::SendReady(ready))).await?;
    let Some(attempt) = outcome.actions.iter().find_map(|action| match action {
        Action::Deliver { message, attempt } if *message == row.key => Some(*attempt),
        _ => None,
    }) else {
        return Ok(());
    };
    let outcome = link.call(&prepared).await;
    crash::point("after_delivered");
    let delivery = link.judge(&prepared, outcome, world.clock.now());
    tracing::info!(message_id = row.message_id, attempt, outcome = name_of(&delivery), "delivery ended");
    let delivered = delivered(world, link, (row, attempt, &prepared), delivery);
    world.desk.put(world.envelope(&row.bank, cause, Input::Delivered(delivered))).await?;
    Ok(())
}

async fn prepare(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<Prepared, Failure> {
    let octets = world.store.document(row.document).await?.ok_or("the frozen octets are gone")?;
    let outgoing = Outgoing {
        message_id: row.message_id.clone(),
        octets: Bytes::from(octets),
        sha256_hex: row.document.hex(),
    };
    let (link, moment) = (Arc::clone(link), moment(world)?);
    let prepared = tokio::task::spawn_blocking(move || link.prepare(&outgoing, moment)).await??;
    Ok(prepared)
}

fn name_of(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Received { .. } => "received",
        Delivery::Refused { .. } => "refused",
        Delivery::NotSent { .. } => "not_sent",
        Delivery::Unknown { .. } => "unknown",
    }
}

/// The outcome as the loop takes it: what it proves, its evidence, and when something is due next.
fn delivered(
    world: &World,
    link: &Link,
    (row, attempt, prepared): (&MessageRow, u32, &Prepared),
    delivery: Delivery,
) -> Delivered {
    let now = world.clock.now();
    let mut documents = Vec::new();
    let mut report = None;
    let mut keep = |reply: &BankReply| {
        documents.push(NewDocument::of(reply.head.clone().into_bytes()));
        let body = NewDocument::of(reply.body.to_vec());
        documents.push(body.clone());
        report = report_of(&row.bank, Channel::Reply, reply, body.clone());
        body.digest()
    };
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
        Delivery::Unknown { cause, bytes_left, reply, duplicate } => {
            let due_at = inquire_at(&link.profile().unknown, row.inquiries, duplicate, now);
            (AttemptEnd::Unknown { cause, bytes_left, reply: reply.as_ref().map(&mut keep) }, Some(due_at))
        }
    };
    Delivered { message: row.key, step: prepared.step.clone(), attempt, end, documents, report, due_at }
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

/// One rung: ask the bank by our message id. If it does not know the message and the profile allows
/// it, the identical octets go once more; else the end-of-day statement will tell.
async fn inquire(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<(), Failure> {
    let profile = &link.profile().unknown;
    if row.status.is_some() {
        // The bank has spoken about the message since: it has it.
        return end_inquiry(world, row, (InquiryEnd::Found, None), None).await;
    }
    let Some(prepared) = link.prepare_inquiry(&row.message_id, moment(world)?) else {
        let again = inquire_at(profile, row.inquiries + 1, false, world.clock.now());
        let end = InquiryEnd::Failed { cause: "the bank answers no inquiries".to_owned() };
        return end_inquiry(world, row, (end, None), Some(again)).await;
    };
    let prepared = prepared?;
    let outcome = link.call(&prepared).await;
    let now = world.clock.now();
    let again = Some(inquire_at(profile, row.inquiries + 1, false, now));
    match link.judge_inquiry(&prepared, outcome, now) {
        Inquiry::Found(reply) => {
            let body = NewDocument::of(reply.body.to_vec());
            let report = report_of(&row.bank, Channel::Reply, &reply, body);
            end_inquiry(world, row, (InquiryEnd::Found, report), None).await
        }
        Inquiry::NotFound(_) if may_resend(profile, row, now) => {
            end_inquiry(world, row, (InquiryEnd::NotFound, None), again).await?;
            tracing::warn!(
                message_id = row.message_id,
                "the bank does not know the message; the identical octets go once more"
            );
            send(world, link, row, Resend::Yes).await
        }
        Inquiry::NotFound(_) => end_inquiry(world, row, (InquiryEnd::NotFound, None), again).await,
        Inquiry::Failed { cause } => {
            end_inquiry(world, row, (InquiryEnd::Failed { cause }, None), again).await
        }
    }
}

async fn end_inquiry(
    world: &World,
    row: &MessageRow,
    (end, report): (InquiryEnd, Option<Arrived>),
    due_at: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<(), Failure> {
    let cause = Cause::Call(row.message_id.clone(), row.attempt);
    let inquired = Inquired { message: row.key, end, report, due_at };
    world.desk.put(world.envelope(&row.bank, cause, Input::Inquired(inquired))).await?;
    Ok(())
}
