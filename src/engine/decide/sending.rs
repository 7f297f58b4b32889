//! Freezing a message, opening and ending attempts, inquiries: the send path of one message. Pure.

use super::document::receive;
use super::operate::withdraw;
use super::unknown::{dates_of, due_after, proof_of, saw_duplicate, take_evidence};
use crate::bank::delivery::Oddity;
use crate::domain::entry::Evidence;
use crate::domain::fact::{AttemptEnd, Fact, FrozenBlock, FrozenMessage, InquiryEnd};
use crate::domain::lifecycle::State;
use crate::domain::row::{Key, MessageRow, SendPhase, Subject};
use crate::domain::status::StatusNews;
use crate::domain::unknown::Decision;
use crate::engine::action::{Action, Answer, Outcome};
use crate::engine::book::{Book, Exception};
use crate::engine::decide::Standing;
use crate::engine::input::{Delivered, Draft, Envelope, Inquired, SendReady, Witnessed};
use crate::engine::unknown::{Case, Rung, Seen, next};
use crate::planted::{self, Defect};
use crate::store::view::View;
use chrono::{DateTime, Utc};

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
/// not its own live one must not send. The identical octets go again only if the ladder says so at this moment.
pub(super) fn start_step(
    book: &mut Book<'_>,
    standing: &Standing,
    envelope: &Envelope,
    ready: &SendReady,
) -> Outcome {
    let forget = Outcome { answer: Answer::None, actions: vec![Action::Forget { message: ready.message }] };
    let Some(row) = book.view.messages.get(&ready.message) else { return forget };
    let may = !row.dissolved
        && match row.phase {
            SendPhase::Frozen | SendPhase::NotSent => !ready.resend && !row.maybe_sent,
            SendPhase::Unknown if planted::is(Defect::ResendOnTimeout) => ready.resend,
            SendPhase::Unknown => ready.resend && may_resend(book.view, standing, envelope, row),
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

fn may_resend(view: &View, standing: &Standing, envelope: &Envelope, row: &MessageRow) -> bool {
    let Some(rules) = standing.unknown.get(&row.bank) else { return false };
    let seen = if proof_of(view, row.key).is_some() { Seen::Evidence } else { Seen::Nothing };
    let case = Case { row, rules, dates: dates_of(view, row.key), seen };
    next(&case, envelope.at) == Rung::Resend
}

/// Takes in an attempt that only the send journal remembers; one that the store knows is left alone.
pub(super) fn witness(book: &mut Book<'_>, envelope: &Envelope, witnessed: &Witnessed) -> Outcome {
    let line = &witnessed.line;
    let is_new = book
        .view
        .messages
        .get(&witnessed.message)
        .is_some_and(|row| !row.dissolved && row.attempt < line.attempt);
    if is_new {
        let fact = Fact::AttemptWitnessed {
            key: witnessed.message,
            attempt: line.attempt,
            epoch: line.epoch,
            document: line.digest,
            due_at: witnessed.due_at,
        };
        book.write(envelope, fact);
    }
    Outcome::default()
}

/// Ends an open attempt; one that is not open any more is left alone.
pub(super) fn end_step(
    book: &mut Book<'_>,
    standing: &Standing,
    envelope: &Envelope,
    delivered: &Delivered,
) -> Outcome {
    let open = book
        .view
        .messages
        .get(&delivered.message)
        .is_some_and(|row| row.phase == SendPhase::Open && row.attempt == delivered.attempt);
    if !open {
        return Outcome::default();
    }
    book.documents.extend(delivered.documents.iter().cloned());
    let ended = |due_at: Option<DateTime<Utc>>| Fact::StepEnded {
        key: delivered.message,
        step: delivered.step.clone(),
        attempt: delivered.attempt,
        end: delivered.end.clone(),
        due_at,
    };
    let due_at = due_after(book.view, standing, envelope, &ended(None)).or(delivered.due_at);
    book.write(envelope, ended(due_at));
    if let (true, AttemptEnd::Received { reply, .. }) =
        (planted::is(Defect::ReceiptIsSettlement), &delivered.end)
    {
        let news = StatusNews { code: "ACSC".to_owned(), reason: None, created: String::new() };
        let evidence = Evidence { document: *reply, record: 0 };
        book.write(envelope, Fact::MessageStatus { key: delivered.message, news, evidence });
    }
    if let Some(report) = &delivered.report {
        receive(book, envelope, report);
    }
    if let Some(oddity) = delivered.oddity {
        odd(book, envelope, delivered, oddity);
    }
    withdraw(book, envelope, delivered.message);
    take_evidence(book, envelope);
    if let AttemptEnd::Refused { status, reason, .. } = &delivered.end {
        let text = format!("the bank refused the message before processing: {status} {reason}");
        raise(book, envelope, delivered.message, ("message_refused", text));
    }
    Outcome::default()
}

/// An answer that is more than a line that broke is shown to people besides being climbed from.
fn odd(book: &mut Book<'_>, envelope: &Envelope, delivered: &Delivered, oddity: Oddity) {
    let AttemptEnd::Unknown { cause, .. } = &delivered.end else { return };
    let code = match oddity {
        Oddity::Duplicate => "duplicate_at_bank",
        Oddity::Redirect => "redirect_on_submit",
        Oddity::Stranger => "answer_of_another",
        Oddity::Unproved => "answer_unproved",
    };
    // After a repetition of ours a duplicate is what is to be expected; after a first attempt somebody else was there.
    if oddity != Oddity::Duplicate || delivered.attempt == 1 {
        raise(book, envelope, delivered.message, (code, format!("attempt {}: {cause}", delivered.attempt)));
    }
    if oddity == Oddity::Duplicate {
        saw_duplicate(book, envelope, delivered.message, ("answer", None));
    }
}

fn raise(book: &mut Book<'_>, envelope: &Envelope, message: Key, (code, text): (&'static str, String)) {
    let subject = Subject::Message(message);
    book.raise(envelope, Exception { subject, code, text, evidence: None });
}

/// Records what an inquiry told.
pub(super) fn end_inquiry(
    book: &mut Book<'_>,
    standing: &Standing,
    envelope: &Envelope,
    inquired: &Inquired,
) -> Outcome {
    let Some(row) = book.view.messages.get(&inquired.message) else { return Outcome::default() };
    let decided = row.unknown.decision;
    let ended = |due_at: Option<DateTime<Utc>>| Fact::InquiryEnded {
        key: inquired.message,
        end: inquired.end.clone(),
        due_at,
    };
    let due_at = due_after(book.view, standing, envelope, &ended(None));
    book.write(envelope, ended(due_at));
    if decided == Some(Decision::NotSent) && inquired.end == InquiryEnd::Found {
        let text = "the bank has the message although two people decided that it was never sent".to_owned();
        raise(book, envelope, inquired.message, ("double_risk", text));
    }
    if let Some(report) = &inquired.report {
        receive(book, envelope, report);
    }
    Outcome::default()
}
