//! What somebody does to a payout: cancel, hold, release; and the request to the bank that a cancellation becomes
//! once the payout may have left. Pure. Before an attempt a cancellation is local and certain; the store decides
//! the race, because both turns write the row of the message.

use super::Standing;
use crate::bank::profile::Recall;
use crate::domain::fact::{Fact, FrozenCancellation};
use crate::domain::lifecycle::State;
use crate::domain::row::{CancelStage, Hold, Key, MessageRow, PayoutRow, SendPhase};
use crate::engine::action::{Action, Answer, Operated, Outcome};
use crate::engine::book::Book;
use crate::engine::input::{Act, CancellationDraft, Envelope, Operation};

/// Carries an act out, or says why not.
pub(super) fn operate(
    book: &mut Book<'_>,
    (standing, envelope): (&Standing, &Envelope),
    operation: &Operation,
) -> Outcome {
    let Some(row) = book.view.by_token(operation.token).filter(|row| row.tenant == envelope.tenant).cloned()
    else {
        return Outcome { answer: Answer::Operated(Operated::NotFound), actions: Vec::new() };
    };
    let state = book.view.state_of(&row);
    let mut actions = Vec::new();
    let answer = match operation.act {
        Act::Cancel => {
            let recall = standing.cancellations.get(&row.bank).copied();
            cancel(book, (envelope, recall), (operation, &row), &mut actions)
        }
        Act::Hold if state == State::Recorded => {
            let hold = Hold::Operator(operation.reason.clone());
            book.write(envelope, Fact::PayoutHeld { key: row.key, hold });
            Operated::Held
        }
        Act::Release if state == State::Held && row.block.is_none() => {
            book.write(envelope, Fact::PayoutReleased { key: row.key });
            Operated::Released
        }
        Act::Hold | Act::Release => Operated::NotPossible { state },
    };
    Outcome { answer: Answer::Operated(answer), actions }
}

fn cancel(
    book: &mut Book<'_>,
    (envelope, recall): (&Envelope, Option<Recall>),
    (operation, row): (&Operation, &PayoutRow),
    actions: &mut Vec<Action>,
) -> Operated {
    let state = book.view.state_of(row);
    let reason = operation.reason.clone();
    if matches!(state, State::Rejected | State::Cancelled | State::Returned) {
        return Operated::TooLate { state };
    }
    let Some(message) = book.view.message_of(row).cloned() else {
        book.write(envelope, Fact::PayoutCancelled { key: row.key, reason });
        return Operated::CancelledHere;
    };
    if state == State::Batched && !message.maybe_sent {
        book.write(envelope, Fact::MessageDissolved { key: message.key, reason: reason.clone() });
        book.write(envelope, Fact::PayoutCancelled { key: row.key, reason });
        actions.push(Action::Forget { message: message.key });
        let others = usize::try_from(message.count).unwrap_or(usize::MAX).saturating_sub(1);
        return Operated::CancelledFromBatch { message_id: message.message_id, others };
    }
    ask(book, (envelope, recall), row, operation)
}

/// The payout may be at the bank: the bank is asked, once, if it takes such requests.
fn ask(
    book: &mut Book<'_>,
    (envelope, recall): (&Envelope, Option<Recall>),
    row: &PayoutRow,
    operation: &Operation,
) -> Operated {
    let state = book.view.state_of(row);
    if let Some(known) = &row.cancellation {
        return Operated::AskedOfBank { state, stage: known.stage };
    }
    let (key, reason) = (row.key, operation.reason.clone());
    match recall {
        Some(recall) if state != State::Booked || recall == Recall::Taken => {
            book.write(envelope, Fact::CancellationWanted { key, reason });
            Operated::AskedOfBank { state, stage: CancelStage::Wanted }
        }
        _ if state == State::Booked => Operated::TooLate { state },
        _ => {
            if !row.cancel_requested {
                book.write(envelope, Fact::CancelRequested { key, reason });
            }
            Operated::NotedOnly { state }
        }
    }
}

/// Freezes a request if it is still wanted; a payout that has its end by now needs none.
pub(super) fn freeze_request(book: &mut Book<'_>, envelope: &Envelope, draft: &CancellationDraft) -> Outcome {
    let Some(row) = book.view.payouts.get(&draft.payout) else { return Outcome::default() };
    let wanted = row.cancellation.as_ref().is_some_and(|known| known.stage == CancelStage::Wanted);
    if !wanted || book.view.by_message_id(&draft.message_id).is_some() {
        return Outcome::default();
    }
    if matches!(book.view.state_of(row), State::Rejected | State::Cancelled | State::Returned) {
        book.write(envelope, Fact::CancellationNeedless { key: draft.payout });
        return Outcome::default();
    }
    let request = FrozenCancellation {
        key: book.view.counters.message,
        payout: draft.payout,
        message_id: draft.message_id.clone(),
        bank: draft.bank.clone(),
        definition: draft.definition.clone(),
        document: draft.document.digest(),
        profile: draft.profile,
    };
    book.documents.push(draft.document.clone());
    book.write(envelope, Fact::CancellationFrozen(Box::new(request)));
    Outcome::default()
}

/// After proof that nothing of a message has left: members whose cancellation is wanted are cancelled here, the
/// others are batched anew. Nothing happens where nobody wants one.
pub(super) fn withdraw(book: &mut Book<'_>, envelope: &Envelope, message: Key) {
    let unsent = |row: &MessageRow| {
        row.phase == SendPhase::NotSent && !row.maybe_sent && !row.dissolved && row.status.is_none()
    };
    if !book.view.messages.get(&message).is_some_and(unsent) {
        return;
    }
    let wants = |row: &&PayoutRow| {
        row.cancellation.as_ref().is_some_and(|known| known.stage == CancelStage::Wanted)
            && book.view.message_of(row).is_some_and(|of| of.key == message)
            && book.view.state_of(row) == State::Batched
    };
    let wanted: Vec<Key> = book.view.payouts.values().filter(wants).map(|row| row.key).collect();
    if wanted.is_empty() {
        return;
    }
    let reason = "cancelled: the attempt to send it provably sent nothing".to_owned();
    book.write(envelope, Fact::MessageDissolved { key: message, reason: reason.clone() });
    for key in wanted {
        book.write(envelope, Fact::PayoutCancelled { key, reason: reason.clone() });
        book.write(envelope, Fact::CancellationNeedless { key });
    }
}
