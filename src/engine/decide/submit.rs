//! A request for payouts: repetitions, conflicts, suspected duplicates, what is recorded. Pure.

use crate::domain::fact::Fact;
use crate::domain::lifecycle::State;
use crate::domain::row::Hold;
use crate::engine::action::{Answer, ItemAnswer, Outcome, Submitted};
use crate::engine::book::Book;
use crate::engine::input::{Asked, Candidate, Envelope, Mode, Problem, Submit};
use crate::engine::intake::finding::Severity;
use crate::planted::{self, Defect};
use crate::store::documents::NewDocument;
use crate::store::lookup::Lookup;
use crate::store::view::View;
use chrono::Duration;

/// The lookups of a request.
pub(super) fn needs(submit: &Submit, wanted: &mut Vec<Lookup>) {
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

/// Records what is asked for, or answers as before.
pub(super) fn submit(book: &mut Book<'_>, envelope: &Envelope, submit: &Submit) -> Outcome {
    if let Some(row) = submit.request.as_ref().and_then(|request| book.view.requests.get(request)) {
        let answer = if row.body == submit.body || planted::is(Defect::KeyIgnoresBody) {
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
    if planted::is(Defect::RoundedAmount) {
        // What a number with 24 bits of mantissa keeps of it.
        let amount = payout.instruction.amount;
        let bits = 40u32.saturating_sub(amount.minor().leading_zeros());
        let rounded = amount.minor() >> bits << bits;
        payout.instruction.amount =
            crate::domain::amount::Amount::from_minor(rounded, amount.currency()).unwrap_or(amount);
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
fn hold_text(hold: &Hold) -> String {
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
