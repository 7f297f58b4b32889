//! What somebody does to a payout: cancel, hold, release. Pure.

use crate::domain::fact::Fact;
use crate::domain::lifecycle::State;
use crate::domain::row::{Hold, PayoutRow};
use crate::engine::action::{Action, Answer, Operated, Outcome};
use crate::engine::book::Book;
use crate::engine::input::{Act, Envelope, Operation};

/// Carries an act out, or says why not.
pub(super) fn operate(book: &mut Book<'_>, envelope: &Envelope, operation: &Operation) -> Outcome {
    let Some(row) = book.view.by_token(operation.token).filter(|row| row.tenant == envelope.tenant).cloned()
    else {
        return Outcome { answer: Answer::Operated(Operated::NotFound), actions: Vec::new() };
    };
    let state = book.view.state_of(&row);
    let mut actions = Vec::new();
    let answer = match operation.act {
        Act::Cancel => cancel(book, envelope, operation, &row, &mut actions),
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
    envelope: &Envelope,
    operation: &Operation,
    row: &PayoutRow,
    actions: &mut Vec<Action>,
) -> Operated {
    let state = book.view.state_of(row);
    let reason = operation.reason.clone();
    if state.is_end() {
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
    if !row.cancel_requested {
        book.write(envelope, Fact::CancelRequested { key: row.key, reason });
    }
    Operated::AskedOfBank { state }
}
