//! Freezing a message, opening and ending attempts, inquiries: the send path of one message. Pure.

use super::document::receive;
use super::operate::withdraw;
use crate::domain::fact::{AttemptEnd, Fact, FrozenBlock, FrozenMessage};
use crate::domain::lifecycle::State;
use crate::domain::row::{Key, PayoutRow, SendPhase, Subject};
use crate::engine::action::{Action, Answer, Outcome};
use crate::engine::book::{Book, Exception};
use crate::engine::input::{Delivered, Draft, Envelope, Inquired, SendReady};
use crate::store::view::View;

/// Freezes a draft if every member is still free; else the draft is dropped and planned anew.
pub(super) fn freeze(book: &mut Book<'_>, envelope: &Envelope, draft: &Draft) -> Outcome {
    let free = |key: &Key| {
        book.view
            .payouts
            .get(key)
            .is_some_and(|row| row.block.is_none() && book.view.state_of(row) == State::Recorded)
    };
    let all_free = draft.blocks.iter().flat_map(|block| &block.members).all(free);
    if !all_free || book.view.by_message_id(&draft.message_id).is_some() {
        return Outcome::default();
    }
    let mut next_block = book.view.counters.block;
    let blocks = draft
        .blocks
        .iter()
        .map(|block| {
            let key = next_block;
            next_block += 1;
            FrozenBlock {
                key,
                payment_information_id: block.payment_information_id.clone(),
                debtor_account_ref: block.debtor_account_ref.clone(),
                currency: block.currency,
                execution_date: block.execution_date,
                sum: block.sum,
                members: block.members.clone(),
            }
        })
        .collect();
    let message = FrozenMessage {
        key: book.view.counters.message,
        message_id: draft.message_id.clone(),
        bank: draft.bank.clone(),
        definition: draft.definition.clone(),
        document: draft.document.digest(),
        profile: draft.profile,
        count: draft.count,
        sum: draft.sum,
        blocks,
    };
    book.documents.push(draft.document.clone());
    book.write(envelope, Fact::MessageFrozen(Box::new(message)));
    Outcome::default()
}

/// Opens an attempt. Durable before the first byte leaves; whoever finds an open attempt that is
/// not its own live one must not send.
pub(super) fn start_step(book: &mut Book<'_>, envelope: &Envelope, ready: &SendReady) -> Outcome {
    let forget = Outcome { answer: Answer::None, actions: vec![Action::Forget { message: ready.message }] };
    let Some(row) = book.view.messages.get(&ready.message) else { return forget };
    let may = !row.dissolved
        && match row.phase {
            SendPhase::Frozen | SendPhase::NotSent => !ready.resend && !row.maybe_sent,
            SendPhase::Unknown => ready.resend && row.status.is_none() && !has_evidence(book.view, row.key),
            SendPhase::Open | SendPhase::Received | SendPhase::Refused => false,
        };
    if !may {
        return forget;
    }
    let attempt = row.attempt + 1;
    let document = row.document;
    let fact = Fact::StepStarted {
        key: ready.message,
        step: ready.step.clone(),
        attempt,
        epoch: ready.epoch,
        document,
        head: ready.head.digest(),
        resend: ready.resend,
    };
    book.documents.push(ready.head.clone());
    book.write(envelope, fact);
    Outcome { answer: Answer::None, actions: vec![Action::Deliver { message: ready.message, attempt }] }
}

/// Whether a status or a booking of any member proves that the bank has the message.
fn has_evidence(view: &View, message: Key) -> bool {
    let is_member = |row: &&PayoutRow| view.message_of(row).is_some_and(|of| of.key == message);
    view.payouts.values().filter(is_member).any(|row| row.booking.is_some() || row.status.is_some())
        || view
            .blocks
            .values()
            .any(|block| block.message == message && (block.booked || block.status.is_some()))
}

/// Ends an open attempt; one that is not open any more is left alone.
pub(super) fn end_step(book: &mut Book<'_>, envelope: &Envelope, delivered: &Delivered) -> Outcome {
    let open = book
        .view
        .messages
        .get(&delivered.message)
        .is_some_and(|row| row.phase == SendPhase::Open && row.attempt == delivered.attempt);
    if !open {
        return Outcome::default();
    }
    book.documents.extend(delivered.documents.iter().cloned());
    let fact = Fact::StepEnded {
        key: delivered.message,
        step: delivered.step.clone(),
        attempt: delivered.attempt,
        end: delivered.end.clone(),
        due_at: delivered.due_at,
    };
    book.write(envelope, fact);
    if let Some(report) = &delivered.report {
        receive(book, envelope, report);
    }
    withdraw(book, envelope, delivered.message);
    if let AttemptEnd::Refused { status, reason, .. } = &delivered.end {
        let text = format!("the bank refused the message before processing: {status} {reason}");
        let exception = Exception {
            subject: Subject::Message(delivered.message),
            code: "message_refused",
            text,
            evidence: None,
        };
        book.raise(envelope, exception);
    }
    Outcome::default()
}

/// Records what an inquiry told.
pub(super) fn end_inquiry(book: &mut Book<'_>, envelope: &Envelope, inquired: &Inquired) -> Outcome {
    if !book.view.messages.contains_key(&inquired.message) {
        return Outcome::default();
    }
    let fact =
        Fact::InquiryEnded { key: inquired.message, end: inquired.end.clone(), due_at: inquired.due_at };
    book.write(envelope, fact);
    if let Some(report) = &inquired.report {
        receive(book, envelope, report);
    }
    Outcome::default()
}
