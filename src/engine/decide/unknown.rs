//! Unknown outcomes: the rung that is due, evidence that resolves them, duplicate refusals. Pure; which rung it is
//! says `engine::unknown`.

use crate::domain::entry::Evidence;
use crate::domain::fact::Fact;
use crate::domain::row::{Key, MessageRow, PayoutRow, SendPhase, Subject};
use crate::domain::unknown::{Decision, Proof};
use crate::engine::action::{Action, Answer, Outcome};
use crate::engine::book::{Book, Exception};
use crate::engine::decide::Standing;
use crate::engine::input::{Due, Envelope};
use crate::engine::unknown::{Case, Rung, Seen, due_at, next};
use crate::store::view::View;
use crate::store::view::apply::fold_message;
use chrono::{DateTime, NaiveDate, Utc};

/// Climbs the rung that is due for a message.
pub(super) fn climb(book: &mut Book<'_>, standing: &Standing, envelope: &Envelope, due: &Due) -> Outcome {
    let Some(row) = book.view.messages.get(&due.message).cloned() else { return Outcome::default() };
    let Some(rules) = standing.unknown.get(&row.bank) else { return Outcome::default() };
    let key = row.key;
    let seen = match proof_of(book.view, key) {
        Some(_) => Seen::Evidence,
        None => due.seen,
    };
    let case = Case { row: &row, rules, dates: dates_of(book.view, key), seen };
    let action = |action: Action| Outcome { answer: Answer::None, actions: vec![action] };
    match next(&case, envelope.at) {
        Rung::Inquire => return action(Action::Inquire { message: key }),
        Rung::Resend => return action(Action::Resend { message: key }),
        Rung::Wait(until) => book.write(envelope, Fact::UnknownWaits { key, due_at: Some(until) }),
        Rung::Rest => book.write(envelope, Fact::UnknownWaits { key, due_at: None }),
        Rung::Escalate(reason) => {
            let fact = Fact::UnknownEscalated { key, reason, due_at: None };
            let due_at = due_after(book.view, standing, envelope, &fact);
            book.write(envelope, Fact::UnknownEscalated { key, reason, due_at });
        }
        Rung::Resolved if row.phase == SendPhase::Unknown && row.unknown.decision.is_none() => {
            let by = proof_of(book.view, key).unwrap_or(Proof::Status);
            book.write(envelope, Fact::UnknownResolved { key, by });
        }
        Rung::Resolved => book.write(envelope, Fact::UnknownWaits { key, due_at: None }),
    }
    Outcome::default()
}

/// When there is something to do next once this fact about a message is written. The members of the message are loaded.
pub(super) fn due_after(
    view: &View,
    standing: &Standing,
    envelope: &Envelope,
    fact: &Fact,
) -> Option<DateTime<Utc>> {
    let Subject::Message(key) = fact.subject() else { return None };
    let mut row: MessageRow = view.messages.get(&key)?.clone();
    let rules = standing.unknown.get(&row.bank)?;
    fold_message(&mut row, &super::super::book::recorded(envelope, fact.clone()));
    let case = Case { row: &row, rules, dates: dates_of(view, key), seen: Seen::Nothing };
    due_at(&case, envelope.at)
}

/// Earliest and latest execution date of a message's blocks, as far as they are loaded.
pub(super) fn dates_of(view: &View, message: Key) -> Option<(NaiveDate, NaiveDate)> {
    let dates = || view.blocks.values().filter(|row| row.message == message).map(|row| row.execution_date);
    Some((dates().min()?, dates().max()?))
}

/// What proves that the bank has the message: a status or a booking of it, a block or a member, as far as these are loaded.
pub(super) fn proof_of(view: &View, message: Key) -> Option<Proof> {
    let blocks = || view.blocks.values().filter(|block| block.message == message);
    let members = || members_of(view, message);
    if blocks().any(|block| block.booked)
        || members().any(|row| row.booking.is_some() || row.returned.is_some())
    {
        return Some(Proof::Booking);
    }
    let spoken = view.messages.get(&message).is_some_and(|row| row.status.is_some())
        || blocks().any(|block| block.status.is_some())
        || members().any(|row| row.status.is_some());
    spoken.then_some(Proof::Status)
}

/// The payouts of a message that are loaded.
pub(super) fn members_of(view: &View, message: Key) -> impl Iterator<Item = &PayoutRow> {
    view.payouts.values().filter(move |row| view.message_of(row).is_some_and(|of| of.key == message))
}

/// After news of a bank: messages whose outcome was unknown and that the news proves to be there are resolved; what
/// people decided otherwise is a danger that is told loudly.
pub(in crate::engine) fn take_evidence(book: &mut Book<'_>, envelope: &Envelope) {
    let open: Vec<(Key, Option<Decision>)> = book
        .view
        .messages
        .values()
        .filter(|row| row.phase == SendPhase::Unknown && !row.dissolved)
        .map(|row| (row.key, row.unknown.decision))
        .collect();
    for (key, decision) in open {
        match (decision, proof_of(book.view, key)) {
            (None, Some(by)) => book.write(envelope, Fact::UnknownResolved { key, by }),
            (Some(Decision::NotSent), Some(_)) => double_risk(book, envelope, key),
            _ => {}
        }
    }
}

/// The bank has payouts that people decided were never sent and that were issued anew: the new one is held if
/// nothing of it has left; either way somebody has to look at once.
fn double_risk(book: &mut Book<'_>, envelope: &Envelope, message: Key) {
    let there: Vec<PayoutRow> = members_of(book.view, message)
        .filter(|row| {
            row.booking.is_some() || row.status.as_ref().is_some_and(|news| !is_refusal(&news.code))
        })
        .filter(|row| !row.exceptions.iter().any(|code| code == DOUBLE_RISK))
        .cloned()
        .collect();
    for row in there {
        let text = match row.replaced_by {
            Some(_) => {
                "the bank has this payout although two people decided that it was never sent; it was issued anew"
            }
            None => "the bank has this payout although two people decided that it was never sent",
        };
        let evidence = row.booking.as_ref().and_then(|booking| booking.notified.or(booking.on_statement));
        let evidence = evidence.or(row.status_evidence);
        let subject = Subject::Payout(row.key);
        book.raise(envelope, Exception { subject, code: DOUBLE_RISK, text: text.to_owned(), evidence });
        let new = row.replaced_by.and_then(|key| book.view.payouts.get(&key)).cloned();
        if let Some(new) =
            new.filter(|new| book.view.state_of(new) == crate::domain::lifecycle::State::Recorded)
        {
            let hold =
                crate::domain::row::Hold::Operator("the payout that it replaces is at the bank".to_owned());
            book.write(envelope, Fact::PayoutHeld { key: new.key, hold });
        }
    }
}

/// Code of the exception item about a payout that may be paid a second time by its replacement.
const DOUBLE_RISK: &str = "double_risk";

fn is_refusal(code: &str) -> bool {
    matches!(code, "RJCT" | "CANC")
}

/// The bank called a message a duplicate: something with our identity is there. It is asked at once; nothing is refused.
pub(in crate::engine) fn saw_duplicate(
    book: &mut Book<'_>,
    envelope: &Envelope,
    message: Key,
    (code, evidence): (&str, Option<Evidence>),
) {
    let Some(row) = book.view.messages.get(&message) else { return };
    // Said again it is no news: asking at once each time could go round for ever.
    let due_at = match (row.phase, row.unknown.duplicate_at) {
        (SendPhase::Unknown | SendPhase::Received, None) => Some(envelope.at),
        _ => None,
    };
    let known = row.unknown.duplicate_at.is_some();
    if !known {
        let code = code.to_owned();
        book.write(envelope, Fact::DuplicateSeen { key: message, code, evidence, due_at });
    }
}
