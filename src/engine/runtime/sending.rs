//! Sends one message, or inquires about it: the order of steps of faults and threats, section 2.3.
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
use crate::engine::input::{Arrived, Delivered, Input, Inquired, SendReady};
use crate::engine::unknown::{inquire_at, may_resend, retry_at};
use crate::store::documents::NewDocument;
use chrono::{DateTime, Utc};
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
    world.note(|| Note::Answered { message: row.key, delivery: delivery.clone() });
    let attempt = Attempt { row, attempt, step: &prepared.step };
    let delivered = delivered(link.profile(), attempt, delivery, world.clock.now());
    world.desk.put(world.envelope(&row.bank, cause, Input::Delivered(delivered))).await?;
    Ok(())
}

/// What a message is for: a request is about a payout, payments are in blocks.
fn purpose_of(row: &MessageRow) -> Purpose {
    if row.about.is_some() { Purpose::Cancellation } else { Purpose::Payments }
}

async fn prepare(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<Prepared, Failure> {
    let octets = world.store.document(row.document).await?.ok_or("the frozen octets are gone")?;
    let outgoing = Outgoing {
        purpose: purpose_of(row),
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
    profile: &Profile,
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
            let due_at = inquire_at(&profile.unknown, row.inquiries, duplicate, now);
            (AttemptEnd::Unknown { cause, bytes_left, reply: reply.as_ref().map(&mut keep) }, Some(due_at))
        }
    };
    Delivered { message: row.key, step: step.to_owned(), attempt, end, documents, report, due_at }
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
    let inquiry = ask(world, link, row).await?;
    if let Some(inquiry) = &inquiry {
        world.note(|| Note::Inquired { message: row.key, inquiry: inquiry.clone() });
    }
    let (inquired, resend) = inquired(link.profile(), row, inquiry, world.clock.now());
    let cause = Cause::Call(row.message_id.clone(), row.attempt);
    world.desk.put(world.envelope(&row.bank, cause, Input::Inquired(inquired))).await?;
    if resend == Resend::Yes {
        tracing::warn!(
            message_id = row.message_id,
            "the bank does not know the message; the identical octets go once more"
        );
        send(world, link, row, Resend::Yes).await?;
    }
    Ok(())
}

/// What the bank says of a message; `None` where it has spoken about it since and nobody has to ask.
async fn ask(world: &World, link: &Arc<Link>, row: &MessageRow) -> Result<Option<Inquiry>, Failure> {
    if row.status.is_some() {
        return Ok(None);
    }
    let Some(prepared) = link.prepare_inquiry((purpose_of(row), &row.message_id), moment(world)?) else {
        return Ok(Some(Inquiry::Failed { cause: "the bank answers no inquiries".to_owned() }));
    };
    let prepared = prepared?;
    let outcome = link.call(&prepared).await;
    Ok(Some(link.judge_inquiry(&prepared, outcome, world.clock.now())))
}

/// An inquiry as the loop takes it, and whether the identical octets may go once more.
pub fn inquired(
    profile: &Profile,
    row: &MessageRow,
    inquiry: Option<Inquiry>,
    now: DateTime<Utc>,
) -> (Inquired, Resend) {
    let again = Some(inquire_at(&profile.unknown, row.inquiries + 1, false, now));
    let (end, report, due_at, resend) = match inquiry {
        None => (InquiryEnd::Found, None, None, Resend::No),
        Some(Inquiry::Found(reply)) => {
            let body = NewDocument::of(&reply.body[..]);
            (InquiryEnd::Found, report_of(&row.bank, Channel::Reply, &reply, body), None, Resend::No)
        }
        Some(Inquiry::NotFound(_)) => {
            let resend = if may_resend(&profile.unknown, row, now) { Resend::Yes } else { Resend::No };
            (InquiryEnd::NotFound, None, again, resend)
        }
        Some(Inquiry::Failed { cause }) => (InquiryEnd::Failed { cause }, None, again, Resend::No),
    };
    (Inquired { message: row.key, end, report, due_at }, resend)
}
