//! One input, one view, one time: facts, an answer, actions. Pure. What a decision needs to see it
//! names beforehand (`needs`), so that it never sees half.

use crate::bank::profile::RelayedStatus;
use crate::domain::entry::Digest;
use crate::domain::fact::{AttemptEnd, Cause, Fact, FrozenBlock, FrozenMessage};
use crate::domain::lifecycle::State;
use crate::domain::row::{Hold, Key, PayoutRow, SendPhase, Subject};
use crate::engine::action::{Action, Answer, ItemAnswer, Operated, Outcome, Submitted};
use crate::engine::book::{Book, Exception};
use crate::engine::input::{
    Act, Arrived, Asked, Candidate, Delivered, Draft, Envelope, Input, Inquired, Mode, Operation, Problem,
    SendReady, Submit,
};
use crate::engine::intake::finding::Severity;
use crate::engine::reconcile::Accounts;
use crate::engine::routing::Bank;
use crate::engine::{reconcile, report};
use crate::store::documents::NewDocument;
use crate::store::lookup::Lookup;
use crate::store::view::View;
use chrono::Duration;
use std::collections::BTreeSet;

/// What does not change while the process runs: accounts, and what the profiles say about reports.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The configured accounts.
    pub accounts: Accounts,
    /// Banks whose relayed pacs.002 is the customer's status, as their profiles say.
    pub relayed_is_status: BTreeSet<String>,
}

impl Standing {
    /// What the profiles say about these accounts.
    pub fn new(accounts: Accounts, banks: &[Bank]) -> Standing {
        let says = |bank: &&Bank| bank.profile.status.relayed_pacs_002 == RelayedStatus::Status;
        Standing {
            accounts,
            relayed_is_status: banks.iter().filter(says).map(|bank| bank.id.clone()).collect(),
        }
    }
}

/// The lookups that an input needs and the view does not know yet. Asked again after loading,
/// because some are known only once others are answered.
pub fn needs(view: &View, standing: &Standing, input: &Input) -> Vec<Lookup> {
    let mut wanted = Vec::new();
    match input {
        Input::Submit(submit) => submit_needs(submit, &mut wanted),
        Input::Operate(operation) => {
            wanted.push(Lookup::Token(operation.token));
            if let Some(block) = view.by_token(operation.token).and_then(|row| view.block_of(row)) {
                wanted.push(Lookup::MessageMembers(block.message));
            }
        }
        Input::Frozen(draft) => {
            wanted.push(Lookup::MessageId(draft.message_id.clone()));
            wanted.extend(
                draft.blocks.iter().flat_map(|block| block.members.iter().map(|key| Lookup::Payout(*key))),
            );
        }
        Input::SendReady(ready) => {
            wanted.push(Lookup::Message(ready.message));
            // A repetition needs to know whether a booking has proved since that the bank has the message.
            wanted.extend(ready.resend.then_some(Lookup::MessageMembers(ready.message)));
        }
        Input::Delivered(delivered) => {
            wanted.push(Lookup::Message(delivered.message));
            wanted.extend(delivered.report.iter().map(|report| Lookup::Document(report.document.digest())));
        }
        Input::Inquired(inquired) => {
            wanted.push(Lookup::Message(inquired.message));
            wanted.extend(inquired.report.iter().map(|report| Lookup::Document(report.document.digest())));
        }
        Input::Arrived(arrived) => wanted.push(Lookup::Document(arrived.document.digest())),
        Input::Part(part) => {
            wanted.push(Lookup::DocumentKey(part.document));
            wanted.extend(
                part.message_id.iter().map(|id| Lookup::DocumentMessageId(part.bank.clone(), id.clone())),
            );
            report::needs(view, standing, part, &mut wanted);
            reconcile::needs(view, standing, part, &mut wanted);
        }
        Input::Collected { bank, .. } => wanted.push(Lookup::Cursor(bank.clone())),
        Input::Alarm { .. } => {}
    }
    view.missing(wanted)
}

fn submit_needs(submit: &Submit, wanted: &mut Vec<Lookup>) {
    wanted.extend(submit.request.iter().map(|request| Lookup::Request(request.clone())));
    for asked in &submit.items {
        let Asked::Good(candidate) = asked else { continue };
        let payout = &candidate.payout;
        let account_ref = &payout.instruction.debtor_account_ref;
        wanted.push(Lookup::Token(payout.token));
        wanted.push(Lookup::Likeness(candidate.likeness));
        for id in [Some(&payout.end_to_end_id), candidate.end_to_end_fallback.as_ref()].into_iter().flatten()
        {
            wanted.push(Lookup::EndToEnd { account_ref: account_ref.clone(), key: id.key() });
        }
        wanted.extend(candidate.replaces.map(Lookup::Token));
    }
}

/// Decides. Every lookup of `needs` was answered before.
pub fn decide(book: &mut Book<'_>, standing: &Standing, envelope: &Envelope) -> Outcome {
    match &envelope.input {
        Input::Submit(submit) => submit_payouts(book, envelope, submit),
        Input::Operate(operation) => operate(book, envelope, operation),
        Input::Frozen(draft) => freeze(book, envelope, draft),
        Input::SendReady(ready) => start_step(book, envelope, ready),
        Input::Delivered(delivered) => end_step(book, envelope, delivered),
        Input::Inquired(inquired) => end_inquiry(book, envelope, inquired),
        Input::Arrived(arrived) => {
            let known = receive(book, envelope, arrived);
            Outcome { answer: Answer::Stored { known }, actions: Vec::new() }
        }
        Input::Part(part) => {
            report::apply_part(book, standing, envelope, part);
            Outcome { answer: Answer::Applied, actions: Vec::new() }
        }
        Input::Collected { bank, cursor } => {
            if book.view.cursors.get(bank) != Some(cursor) {
                book.write(envelope, Fact::CollectedUpTo { bank: bank.clone(), cursor: cursor.clone() });
            }
            Outcome::default()
        }
        Input::Alarm { code, text } => {
            let exception = Exception { subject: Subject::Gateway, code, text: text.clone(), evidence: None };
            book.raise(envelope, exception);
            Outcome::default()
        }
    }
}

// ------------------------------------------------------------------------------------------ submit

fn submit_payouts(book: &mut Book<'_>, envelope: &Envelope, submit: &Submit) -> Outcome {
    if let Some(row) = submit.request.as_ref().and_then(|request| book.view.requests.get(request)) {
        let answer = if row.body == submit.body {
            Answer::Replay { status: row.status, body: row.answer }
        } else {
            Answer::Mismatch
        };
        return Outcome { answer, actions: Vec::new() };
    }
    let refused =
        submit.mode == Mode::Atomic && submit.items.iter().any(|asked| !acceptable(book.view, asked));
    let items: Vec<ItemAnswer> = submit
        .items
        .iter()
        .map(|asked| match asked {
            Asked::Refused { external_id, problems } => {
                ItemAnswer::Refused { external_id: external_id.clone(), problems: problems.clone() }
            }
            Asked::Good(candidate) if refused => refuse_with_others(book.view, candidate),
            Asked::Good(candidate) => record(book, envelope, submit, candidate),
        })
        .collect();
    let mut submitted = Submitted { items, status: 0, body: Vec::new() };
    crate::engine::answer::render(&mut submitted, submit.shape);
    remember_answer(book, envelope, submit, &submitted);
    Outcome { answer: Answer::Submitted(submitted), actions: Vec::new() }
}

fn acceptable(view: &View, asked: &Asked) -> bool {
    match asked {
        Asked::Refused { .. } => false,
        Asked::Good(candidate) => conflicts(view, candidate).is_empty(),
    }
}

fn remember_answer(book: &mut Book<'_>, envelope: &Envelope, submit: &Submit, submitted: &Submitted) {
    let Some(request) = &submit.request else { return };
    let document = NewDocument::of(submitted.body.clone());
    let fact = Fact::RequestAnswered {
        request: request.clone(),
        body: submit.body,
        status: submitted.status,
        answer: document.digest(),
    };
    book.documents.push(document);
    book.write(envelope, fact);
}

fn refuse(candidate: &Candidate, problems: Vec<Problem>) -> ItemAnswer {
    let external_id = candidate.payout.instruction.external_id.as_str().to_owned();
    ItemAnswer::Refused { external_id: Some(external_id), problems }
}

/// One bad item refuses all: a good one is told so.
fn refuse_with_others(view: &View, candidate: &Candidate) -> ItemAnswer {
    let mut problems = conflicts(view, candidate);
    if problems.is_empty() {
        problems.push(problem("", "batch.atomic", "another item of this request was refused, so all are"));
    }
    refuse(candidate, problems)
}

/// What stands in the store against a candidate. An identical repetition is no conflict.
fn conflicts(view: &View, candidate: &Candidate) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(row) = view.by_token(candidate.payout.token) {
        if row.content != candidate.content {
            problems.push(problem(
                "/external_id",
                "external_id.conflict",
                "another payout was recorded under this external_id",
            ));
        }
        return problems;
    }
    if candidate.end_to_end_fallback.is_none()
        && taken(view, candidate, &candidate.payout.end_to_end_id.key())
    {
        problems.push(problem(
            "/end_to_end_id",
            "end_to_end_id.taken",
            "this end_to_end_id is already used on the debtor account",
        ));
    }
    problems.extend(replacement_problem(view, candidate));
    problems
}

fn replacement_problem(view: &View, candidate: &Candidate) -> Option<Problem> {
    let token = candidate.replaces?;
    let (code, message) = match view.by_token(token) {
        None => ("replaces.unknown", "no payout of that external_id is known"),
        Some(old) if old.replaced_by.is_some() => ("replaces.taken", "that payout was already replaced"),
        Some(old) if !matches!(view.state_of(old), State::Rejected | State::Cancelled | State::Returned) => {
            ("replaces.alive", "that payout may still pay")
        }
        Some(_) => return None,
    };
    Some(problem("/replaces", code, message))
}

fn problem(pointer: &str, code: &str, message: &str) -> Problem {
    Problem {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        severity: Severity::Error,
        message: message.to_owned(),
        proposal: None,
    }
}

fn taken(view: &View, candidate: &Candidate, key: &str) -> bool {
    view.by_end_to_end(&candidate.payout.instruction.debtor_account_ref, key).is_some()
}

fn record(book: &mut Book<'_>, envelope: &Envelope, submit: &Submit, candidate: &Candidate) -> ItemAnswer {
    let problems = conflicts(book.view, candidate);
    if !problems.is_empty() {
        return refuse(candidate, problems);
    }
    let external_id = candidate.payout.instruction.external_id.as_str().to_owned();
    if let Some(row) = book.view.by_token(candidate.payout.token) {
        return ItemAnswer::Known { external_id, id: row.token.base32(), state: book.view.state_of(row) };
    }
    let mut payout = candidate.payout.clone();
    if let Some(fallback) = &candidate.end_to_end_fallback
        && taken(book.view, candidate, &payout.end_to_end_id.key())
    {
        payout.end_to_end_id = fallback.clone();
    }
    let key = book.view.counters.payout;
    let held = suspected_duplicate(book.view, envelope, submit, candidate);
    let state = if held.is_some() { State::Held } else { State::Recorded };
    let answer = ItemAnswer::Accepted {
        external_id,
        id: payout.token.base32(),
        end_to_end_id: payout.end_to_end_id.as_str().to_owned(),
        state,
        held: held.as_ref().map(hold_text),
        warnings: candidate.warnings.clone(),
    };
    let replaces = candidate.replaces.and_then(|token| book.view.by_token(token)).map(|row| row.key);
    let (likeness, content) = (candidate.likeness, candidate.content);
    book.write(
        envelope,
        Fact::PayoutRecorded { key, payout: Box::new(payout), held, likeness, content, replaces },
    );
    answer
}

/// A reason to hold, in words for the client.
pub fn hold_text(hold: &Hold) -> String {
    match hold {
        Hold::SuspectedDuplicate(earlier) => format!("duplicate.suspected: like {earlier}"),
        Hold::Operator(reason) => format!("held: {reason}"),
    }
}

/// The same content under another external id, within the window and not dead, is held.
/// A payout that replaces another one is a repetition on purpose.
fn suspected_duplicate(
    view: &View,
    envelope: &Envelope,
    submit: &Submit,
    candidate: &Candidate,
) -> Option<Hold> {
    let since = envelope.at - Duration::days(submit.duplicate_window_days);
    let replaced = candidate.replaces.and_then(|token| view.by_token(token)).map(|row| row.key);
    view.by_likeness(candidate.likeness)
        .filter(|row| row.recorded_at > since && Some(row.key) != replaced && row.tenant == envelope.tenant)
        .find(|row| !matches!(view.state_of(row), State::Rejected | State::Cancelled | State::Returned))
        .map(|row| Hold::SuspectedDuplicate(row.external_id.clone()))
}

// ----------------------------------------------------------------------------------------- operate

fn operate(book: &mut Book<'_>, envelope: &Envelope, operation: &Operation) -> Outcome {
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

// ------------------------------------------------------------------------------------ freeze, send

/// Freezes a draft if every member is still free; else the draft is dropped and planned anew.
fn freeze(book: &mut Book<'_>, envelope: &Envelope, draft: &Draft) -> Outcome {
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
fn start_step(book: &mut Book<'_>, envelope: &Envelope, ready: &SendReady) -> Outcome {
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

fn end_step(book: &mut Book<'_>, envelope: &Envelope, delivered: &Delivered) -> Outcome {
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

fn end_inquiry(book: &mut Book<'_>, envelope: &Envelope, inquired: &Inquired) -> Outcome {
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

// --------------------------------------------------------------------------------------- documents

/// Makes a bank document durable; `true` says that its octets were known. Repetition is a no-op,
/// but octets that came unauthenticated before and authenticated now are taken.
fn receive(book: &mut Book<'_>, envelope: &Envelope, arrived: &Arrived) -> bool {
    let digest: Digest = arrived.document.digest();
    if book.view.by_digest(&digest).is_some_and(|row| row.authenticated || !arrived.authenticated) {
        return true;
    }
    let fact = Fact::DocumentReceived {
        key: book.view.counters.document,
        digest,
        bank: arrived.bank.clone(),
        channel: arrived.channel,
        authenticated: arrived.authenticated,
        size: arrived.document.octets().len() as u64,
        note: arrived.note.clone(),
    };
    book.documents.push(arrived.document.clone());
    book.write(envelope, fact);
    false
}

/// The cause of an input that a call of ours led to.
pub fn call_cause(message_id: &str, attempt: u32) -> Cause {
    Cause::Call(message_id.to_owned(), attempt)
}
