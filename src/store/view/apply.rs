//! Facts into rows: the only writer of rows. Pure.

use super::{RequestRow, View, cancellation};
use crate::domain::entry::{Booking, Digest, Mark};
use crate::domain::fact::{AttemptEnd, Fact, FrozenMessage, InquiryEnd, Recorded};
use crate::domain::payout::Payout;
use crate::domain::row::{
    BlockRow, DocumentRow, EntryRow, ExceptionRow, Key, MessageRow, PayoutRow, SendPhase, StatementRow,
    Subject,
};
use crate::domain::status::{self, StatusNews};
use crate::domain::unknown::{Decision, Proposal, Told, UnknownRow};
use crate::planted::{self, Defect};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Folds a fact into the view. A fact about a row that is not loaded changes nothing here;
/// decisions load what they write about.
pub fn apply(view: &mut View, recorded: &Recorded) {
    match &recorded.fact {
        Fact::PayoutRecorded { key, payout, held, likeness, content, replaces } => {
            let mut row = new_payout(*key, payout, recorded);
            row.held = held.clone();
            row.likeness = *likeness;
            row.content = *content;
            view.index_payout(&row);
            view.dirty.payouts.insert(*key, 0);
            view.payouts.insert(*key, row);
            view.counters.payout = view.counters.payout.max(key + 1);
            if let Some(old) = replaces.and_then(|old| view.payout_mut(old, recorded)) {
                old.replaced_by = Some(*key);
            }
        }
        Fact::MessageFrozen(message) => apply_frozen(view, message, recorded),
        Fact::CancellationWanted { .. }
        | Fact::CancellationFrozen(_)
        | Fact::CancellationNeedless { .. }
        | Fact::CancellationAnswered { .. } => cancellation::apply(view, recorded),
        Fact::MessageDissolved { key, .. } => apply_dissolved(view, *key, recorded),
        Fact::PayoutHeld { .. }
        | Fact::PayoutReleased { .. }
        | Fact::PayoutCancelled { .. }
        | Fact::CancelRequested { .. }
        | Fact::PayoutStatus { .. }
        | Fact::InterbankStatus { .. }
        | Fact::EntryBooked { .. }
        | Fact::EntryReturned { .. } => apply_to_payout(view, recorded),
        Fact::StepStarted { .. }
        | Fact::AttemptWitnessed { .. }
        | Fact::StepEnded { .. }
        | Fact::InquiryEnded { .. }
        | Fact::DuplicateSeen { .. }
        | Fact::UnknownWaits { .. }
        | Fact::UnknownEscalated { .. }
        | Fact::UnknownResolved { .. }
        | Fact::DecisionProposed { .. }
        | Fact::DecisionConfirmed { .. }
        | Fact::MessageStatus { .. } => apply_to_message(view, recorded),
        Fact::BlockStatus { .. } | Fact::BlockBooked { .. } => apply_to_block(view, recorded),
        Fact::DocumentReceived { .. } | Fact::DocumentRead { .. } => apply_to_document(view, recorded),
        Fact::EntryUnmatched { .. } | Fact::StatementRead { .. } | Fact::ExceptionRaised { .. } => {
            apply_to_account(view, recorded);
        }
        Fact::RequestAnswered { request, body, status, answer } => {
            let row = RequestRow { body: *body, status: *status, answer: *answer };
            view.requests.insert(request.clone(), row);
            view.dirty.requests.insert(request.clone());
        }
        // Nothing follows from it in the views; it stands in the chain with name, time and reason.
        Fact::GateOpened { .. } => {}
        Fact::CollectedUpTo { bank, cursor } => {
            view.cursors.insert(bank.clone(), cursor.clone());
            view.dirty.cursors.insert(bank.clone());
        }
    }
}

fn new_payout(key: Key, payout: &Payout, recorded: &Recorded) -> PayoutRow {
    PayoutRow {
        key,
        version: 1,
        tenant: payout.tenant.clone(),
        token: payout.token,
        external_id: payout.instruction.external_id.as_str().to_owned(),
        end_to_end_id: payout.end_to_end_id.as_str().to_owned(),
        batch_id: payout.instruction.batch_id.clone(),
        debtor_account_ref: payout.instruction.debtor_account_ref.clone(),
        bank: payout.bank.clone(),
        rail: payout.rail,
        amount: payout.instruction.amount,
        execution_date: payout.execution_date,
        replaced_by: None,
        likeness: 0,
        content: 0,
        recorded_at: recorded.at,
        changed_at: recorded.at,
        held: None,
        cancelled: false,
        cancel_requested: false,
        block: None,
        status: None,
        status_evidence: None,
        bank_references: Vec::new(),
        exceptions: Vec::new(),
        booking: None,
        returned: None,
        cancellation: None,
    }
}

/// A message of which nothing was attempted.
pub(super) fn new_message(key: Key, message_id: &str, recorded: &Recorded) -> MessageRow {
    MessageRow {
        key,
        version: 1,
        tenant: recorded.tenant.clone(),
        message_id: message_id.to_owned(),
        bank: String::new(),
        document: Digest([0; 32]),
        count: 0,
        sum: Decimal::ZERO,
        phase: SendPhase::Frozen,
        attempt: 0,
        maybe_sent: false,
        first_attempt_at: None,
        last_attempt_ended_at: None,
        inquiries: 0,
        due_at: Some(recorded.at),
        bank_reference: None,
        status: None,
        status_evidence: None,
        last_code: None,
        dissolved: false,
        frozen_at: recorded.at,
        unknown: UnknownRow::default(),
        about: None,
    }
}

fn apply_frozen(view: &mut View, frozen: &FrozenMessage, recorded: &Recorded) {
    view.message_ids.insert(frozen.message_id.clone(), frozen.key);
    let mut row = new_message(frozen.key, &frozen.message_id, recorded);
    row.bank.clone_from(&frozen.bank);
    row.document = frozen.document;
    row.count = frozen.count;
    row.sum = frozen.sum;
    view.messages.insert(frozen.key, row);
    view.dirty.messages.insert(frozen.key, 0);
    view.counters.message = view.counters.message.max(frozen.key + 1);
    for block in &frozen.blocks {
        view.payment_information_ids.insert(block.payment_information_id.clone(), block.key);
        view.blocks.insert(
            block.key,
            BlockRow {
                key: block.key,
                version: 1,
                message: frozen.key,
                payment_information_id: block.payment_information_id.clone(),
                debtor_account_ref: block.debtor_account_ref.clone(),
                currency: block.currency,
                execution_date: block.execution_date,
                count: block.members.len() as u64,
                sum: block.sum,
                status: None,
                status_evidence: None,
                last_code: None,
                booked: false,
                booking: None,
            },
        );
        view.dirty.blocks.insert(block.key, 0);
        view.counters.block = view.counters.block.max(block.key + 1);
        for member in &block.members {
            if let Some(payout) = view.payout_mut(*member, recorded) {
                payout.block = Some(block.key);
            }
        }
    }
}

fn apply_dissolved(view: &mut View, key: Key, recorded: &Recorded) {
    if let Some(message) = view.message_mut(key) {
        message.dissolved = true;
        message.due_at = None;
    }
    let blocks: BTreeSet<Key> =
        view.blocks.values().filter(|block| block.message == key).map(|block| block.key).collect();
    let members: Vec<Key> = view
        .payouts
        .values()
        .filter(|payout| payout.block.is_some_and(|block| blocks.contains(&block)))
        .map(|payout| payout.key)
        .collect();
    for member in members {
        if let Some(payout) = view.payout_mut(member, recorded) {
            payout.block = None;
        }
    }
}

fn apply_to_payout(view: &mut View, recorded: &Recorded) {
    let Subject::Payout(key) = recorded.fact.subject() else { return };
    let Some(row) = view.payout_mut(key, recorded) else { return };
    let mut references: Vec<String> = Vec::new();
    match &recorded.fact {
        Fact::PayoutHeld { hold, .. } => row.held = Some(hold.clone()),
        Fact::PayoutReleased { .. } => row.held = None,
        Fact::PayoutCancelled { .. } => row.cancelled = true,
        Fact::CancelRequested { .. } => row.cancel_requested = true,
        Fact::PayoutStatus { news, bank_references, evidence, .. } => {
            if take_news(&mut row.status, news) {
                row.status_evidence = Some(*evidence);
            }
            references.clone_from(bank_references);
        }
        Fact::InterbankStatus { bank_references, .. } => references.clone_from(bank_references),
        Fact::EntryBooked { booking, bank_references, mark, .. } => {
            take_booking(&mut row.booking, booking, *mark);
            references.clone_from(bank_references);
            references.extend(booking.account_servicer_reference.clone());
        }
        Fact::EntryReturned { returned, .. } => {
            if planted::is(Defect::ReturnUnsettles) {
                row.booking = None;
                return;
            }
            row.returned.get_or_insert_with(|| (**returned).clone());
        }
        _ => {}
    }
    for reference in references {
        view.learn_reference(key, reference);
    }
}

fn apply_to_message(view: &mut View, recorded: &Recorded) {
    let Subject::Message(key) = recorded.fact.subject() else { return };
    if let Some(row) = view.message_mut(key) {
        fold_message(row, recorded);
    }
}

/// What a fact about a message makes of its row. Public so that a decision can see what comes next
/// before it writes the fact.
pub fn fold_message(row: &mut MessageRow, recorded: &Recorded) {
    match &recorded.fact {
        Fact::StepStarted { attempt, .. } => {
            row.phase = SendPhase::Open;
            row.attempt = *attempt;
            row.first_attempt_at.get_or_insert(recorded.at);
            row.due_at = None;
        }
        Fact::AttemptWitnessed { attempt, due_at, .. } => {
            row.attempt = row.attempt.max(*attempt);
            row.first_attempt_at.get_or_insert(recorded.at);
            row.last_attempt_ended_at = Some(recorded.at);
            row.maybe_sent = true;
            if !matches!(row.phase, SendPhase::Received | SendPhase::Refused) {
                row.phase = SendPhase::Unknown;
                row.due_at = *due_at;
                row.unknown.since.get_or_insert(recorded.at);
            }
        }
        Fact::StepEnded { end, due_at, .. } => {
            row.last_attempt_ended_at = Some(recorded.at);
            row.due_at = *due_at;
            apply_end(row, end);
            if row.phase == SendPhase::Unknown {
                row.unknown.since.get_or_insert(recorded.at);
            }
        }
        Fact::InquiryEnded { end, due_at, .. } => {
            row.inquiries += 1;
            row.due_at = *due_at;
            row.unknown.inquired_at = Some(recorded.at);
            row.unknown.told = Some(told(end));
            let is_failure = match end {
                InquiryEnd::NotFound => planted::is(Defect::NotFoundIsRejected),
                InquiryEnd::Failed { .. } => planted::is(Defect::SilenceIsFailure),
                InquiryEnd::Found => false,
            };
            if is_failure {
                row.phase = SendPhase::Refused;
                row.due_at = None;
            }
            if *end == InquiryEnd::Found && row.phase != SendPhase::Refused {
                row.phase = SendPhase::Received;
                row.unknown.proposal = None;
            }
        }
        Fact::DuplicateSeen { .. }
        | Fact::UnknownWaits { .. }
        | Fact::UnknownEscalated { .. }
        | Fact::UnknownResolved { .. }
        | Fact::DecisionProposed { .. }
        | Fact::DecisionConfirmed { .. } => fold_unknown(row, recorded),
        Fact::MessageStatus { news, evidence, .. } => {
            row.last_code = Some(news.code.clone());
            if take_news(&mut row.status, news) {
                row.status_evidence = Some(*evidence);
            }
        }
        _ => {}
    }
}

fn told(end: &InquiryEnd) -> Told {
    match end {
        InquiryEnd::Found => Told::Found,
        InquiryEnd::NotFound => Told::NotFound,
        InquiryEnd::Failed { .. } => Told::Failed,
    }
}

/// News of any kind takes a proposal back: it was made without knowing of it.
fn fold_unknown(row: &mut MessageRow, recorded: &Recorded) {
    let known = &mut row.unknown;
    match &recorded.fact {
        Fact::DuplicateSeen { due_at, .. } => {
            known.duplicate_at.get_or_insert(recorded.at);
            known.proposal = None;
            row.due_at = due_at.or(row.due_at);
        }
        Fact::UnknownWaits { due_at, .. } => row.due_at = *due_at,
        Fact::UnknownEscalated { reason, due_at, .. } => {
            known.escalation = Some(*reason);
            known.escalated_at = Some(recorded.at);
            known.proposal = None;
            row.due_at = *due_at;
        }
        Fact::UnknownResolved { .. } => {
            known.proposal = None;
            row.phase = SendPhase::Received;
            row.due_at = None;
        }
        Fact::DecisionProposed { decision, reason, .. } => {
            known.proposal = Some(Proposal {
                decision: *decision,
                by: recorded.actor.clone(),
                at: recorded.at,
                reason: reason.clone(),
            });
        }
        Fact::DecisionConfirmed { decision, .. } => {
            known.decision = Some(*decision);
            row.due_at = None;
            if *decision == Decision::TreatAsSent {
                row.phase = SendPhase::Received;
            }
        }
        _ => {}
    }
}

/// An outcome never takes back what an earlier answer proved.
fn apply_end(row: &mut MessageRow, end: &AttemptEnd) {
    row.phase = match end {
        AttemptEnd::Received { bank_reference, .. } => {
            learn(&mut row.bank_reference, bank_reference.as_ref());
            SendPhase::Received
        }
        // That this attempt sent nothing, or was refused before processing, proves nothing about the earlier ones.
        AttemptEnd::NotSent { .. } | AttemptEnd::Refused { .. } if row.maybe_sent => SendPhase::Unknown,
        AttemptEnd::Refused { .. } => SendPhase::Refused,
        AttemptEnd::NotSent { .. } => SendPhase::NotSent,
        AttemptEnd::Unknown { .. } => {
            row.maybe_sent = true;
            SendPhase::Unknown
        }
    };
}

fn apply_to_block(view: &mut View, recorded: &Recorded) {
    let Subject::Block(key) = recorded.fact.subject() else { return };
    let Some(row) = view.block_mut(key) else { return };
    match &recorded.fact {
        Fact::BlockStatus { news, evidence, .. } => {
            row.last_code = Some(news.code.clone());
            if take_news(&mut row.status, news) {
                row.status_evidence = Some(*evidence);
            }
        }
        Fact::BlockBooked { booking, mark, .. } => {
            row.booked = true;
            take_booking(&mut row.booking, booking, *mark);
        }
        _ => {}
    }
}

fn apply_to_document(view: &mut View, recorded: &Recorded) {
    match &recorded.fact {
        Fact::DocumentReceived { key, digest, bank, channel, authenticated, size, .. } => {
            view.document_digests.insert(*digest, *key);
            view.documents.insert(
                *key,
                DocumentRow {
                    key: *key,
                    version: 1,
                    digest: *digest,
                    bank: bank.clone(),
                    channel: *channel,
                    authenticated: *authenticated,
                    size: *size,
                    parts_read: 0,
                    finished: !*authenticated,
                    message_id: None,
                    received_at: recorded.at,
                },
            );
            view.dirty.documents.insert(*key, 0);
            view.counters.document = view.counters.document.max(key + 1);
        }
        Fact::DocumentRead { key, part, message_id, finished, .. } => {
            if let Some(row) = view.document_mut(*key) {
                row.parts_read = row.parts_read.max(part + 1);
                row.finished |= *finished;
                if message_id.is_some() {
                    row.message_id.clone_from(message_id);
                }
            }
        }
        _ => {}
    }
}

fn apply_to_account(view: &mut View, recorded: &Recorded) {
    match &recorded.fact {
        Fact::EntryUnmatched { key, identity, mark, evidence, .. } => {
            if !view.entries.contains_key(key)
                && let Some(row) = new_entry(&recorded.fact)
            {
                view.entry_identities.insert(identity.clone(), *key);
                view.entries.insert(*key, row);
                view.counters.entry = view.counters.entry.max(key + 1);
            }
            if let Some(row) = view.entries.get_mut(key) {
                row.mark(*mark, *evidence);
            }
            view.dirty.entries.insert(*key);
        }
        Fact::StatementRead { key, identity, .. } => {
            if let Some(row) = new_statement(&recorded.fact) {
                view.statement_identities.insert(identity.clone(), *key);
                view.statements.insert(*key, row);
                view.dirty.statements.insert(*key);
                view.counters.statement = view.counters.statement.max(key + 1);
            }
        }
        Fact::ExceptionRaised { key, subject, code, text, evidence } => {
            view.exceptions.insert(
                *key,
                ExceptionRow {
                    key: *key,
                    subject: *subject,
                    code: code.clone(),
                    text: text.clone(),
                    evidence: *evidence,
                    raised_at: recorded.at,
                },
            );
            view.dirty.exceptions.insert(*key);
            view.counters.exception = view.counters.exception.max(key + 1);
            if let Subject::Payout(payout) = subject
                && let Some(row) = view.payout_mut(*payout, recorded)
                && !row.exceptions.contains(code)
            {
                row.exceptions.push(code.clone());
            }
        }
        _ => {}
    }
}

fn new_entry(fact: &Fact) -> Option<EntryRow> {
    let Fact::EntryUnmatched {
        key,
        identity,
        account_ref,
        class,
        direction,
        amount,
        currency,
        booking_date,
        transaction_code,
        account_servicer_reference,
        ..
    } = fact
    else {
        return None;
    };
    Some(EntryRow {
        key: *key,
        identity: identity.clone(),
        account_ref: account_ref.clone(),
        class: *class,
        direction: *direction,
        amount: *amount,
        currency: *currency,
        booking_date: *booking_date,
        transaction_code: transaction_code.clone(),
        account_servicer_reference: account_servicer_reference.clone(),
        notified: None,
        on_statement: None,
    })
}

fn new_statement(fact: &Fact) -> Option<StatementRow> {
    let Fact::StatementRead {
        key,
        identity,
        account_ref,
        id,
        kind,
        sequence,
        date,
        opening,
        closing,
        currency,
        movement,
        document,
    } = fact
    else {
        return None;
    };
    Some(StatementRow {
        key: *key,
        identity: identity.clone(),
        account_ref: account_ref.clone(),
        id: id.clone(),
        kind: kind.clone(),
        sequence: sequence.clone(),
        date: *date,
        opening: *opening,
        closing: *closing,
        currency: *currency,
        movement: *movement,
        document: *document,
    })
}

fn take_news(known: &mut Option<StatusNews>, news: &StatusNews) -> bool {
    let (merged, mut wins) = status::merge(known.as_ref(), news);
    wins |= planted::is(Defect::LastStatusWins);
    wins |= merged == status::Merge::Contradicts && planted::is(Defect::ContradictionOverwrites);
    if wins {
        *known = Some(news.clone());
    }
    wins
}

/// The first booking stands; a later sight of it adds its mark and what the first one lacked.
fn take_booking(known: &mut Option<Booking>, news: &Booking, mark: Mark) {
    let booking = known.get_or_insert_with(|| news.clone());
    match mark {
        Mark::Notified => booking.notified = booking.notified.or(news.notified),
        Mark::OnStatement => booking.on_statement = booking.on_statement.or(news.on_statement),
    }
    learn(&mut booking.account_servicer_reference, news.account_servicer_reference.as_ref());
    booking.booking_date = booking.booking_date.or(news.booking_date);
    booking.value_date = booking.value_date.or(news.value_date);
}

fn learn(known: &mut Option<String>, news: Option<&String>) {
    if known.is_none() {
        *known = news.cloned();
    }
}
