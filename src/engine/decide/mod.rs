//! One input, one view, one time: facts, an answer, actions. Pure. What a decision needs to see it
//! names beforehand (`needs`), so that it never sees half.

mod decision;
mod document;
mod operate;
mod sending;
mod submit;
pub(in crate::engine) mod unknown;

use crate::bank::profile::{Recall, RelayedStatus, Unlisted};
use crate::domain::fact::{AttemptEnd, Cause, Fact};
use crate::domain::row::Subject;
use crate::engine::action::{Answer, Outcome};
use crate::engine::book::{Book, Exception};
use crate::engine::input::{Envelope, GateOpening, Input};
use crate::engine::reconcile::Accounts;
use crate::engine::routing::Bank;
use crate::engine::unknown::Rules;
use crate::engine::{reconcile, report};
use crate::store::lookup::Lookup;
use crate::store::view::View;
use std::collections::{BTreeMap, BTreeSet};

/// What does not change while the process runs: accounts, and what the profiles say about reports.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The configured accounts.
    pub accounts: Accounts,
    /// Banks whose relayed pacs.002 is the customer's status, as their profiles say.
    pub relayed_is_status: BTreeSet<String>,
    /// Banks whose partly accepted reports list the exceptions only: what they do not list is accepted.
    pub unlisted_is_accepted: BTreeSet<String>,
    /// Banks that take requests for cancellation by message, and what of money that has left.
    pub cancellations: BTreeMap<String, Recall>,
    /// What the profiles say about unknown outcomes, by bank.
    pub unknown: BTreeMap<String, Rules>,
}

impl Standing {
    /// What the profiles say about these accounts.
    pub fn new(accounts: Accounts, banks: &[Bank]) -> Standing {
        let says = |bank: &&Bank| bank.profile.status.relayed_pacs_002 == RelayedStatus::Status;
        Standing {
            accounts,
            relayed_is_status: banks.iter().filter(says).map(|bank| bank.id.clone()).collect(),
            unlisted_is_accepted: banks
                .iter()
                .filter(|bank| bank.profile.status.unlisted == Unlisted::Accepted)
                .map(|bank| bank.id.clone())
                .collect(),
            cancellations: banks
                .iter()
                .filter_map(|bank| Some((bank.id.clone(), bank.profile.cancellation.as_ref()?.after_booking)))
                .collect(),
            unknown: banks.iter().map(|bank| (bank.id.clone(), Rules::of(&bank.profile))).collect(),
        }
    }
}

/// The lookups that an input needs and the view does not know yet. Asked again after loading,
/// because some are known only once others are answered.
pub fn needs(view: &View, standing: &Standing, input: &Input) -> Vec<Lookup> {
    let mut wanted = Vec::new();
    match input {
        Input::Submit(submit) => submit::needs(submit, &mut wanted),
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
        Input::CancellationWritten(draft) => {
            wanted.push(Lookup::Payout(draft.payout));
            wanted.push(Lookup::MessageId(draft.message_id.clone()));
        }
        Input::SendReady(ready) => {
            wanted.push(Lookup::Message(ready.message));
            // A repetition needs to know whether a booking has proved since that the bank has the message.
            wanted.extend(ready.resend.then_some(Lookup::MessageMembers(ready.message)));
        }
        Input::Delivered(delivered) => {
            // What becomes of an unknown outcome depends on what is known of the members by now.
            wanted.push(match delivered.end {
                AttemptEnd::Unknown { .. } | AttemptEnd::NotSent { .. } => {
                    Lookup::MessageMembers(delivered.message)
                }
                AttemptEnd::Received { .. } | AttemptEnd::Refused { .. } => {
                    Lookup::Message(delivered.message)
                }
            });
            wanted.extend(delivered.report.iter().map(|report| Lookup::Document(report.document.digest())));
        }
        Input::Inquired(inquired) => {
            wanted.push(Lookup::MessageMembers(inquired.message));
            wanted.extend(inquired.report.iter().map(|report| Lookup::Document(report.document.digest())));
        }
        Input::Judged(judgement) => decision::needs(view, judgement, &mut wanted),
        Input::Due(due) => wanted.push(Lookup::MessageMembers(due.message)),
        Input::Arrived(arrived) => wanted.push(Lookup::Document(arrived.document.digest())),
        Input::Part(part) => {
            wanted.push(Lookup::DocumentKey(part.document));
            wanted.extend(
                part.message_id.iter().map(|id| Lookup::DocumentMessageId(part.bank.clone(), id.clone())),
            );
            report::needs(view, standing, part, &mut wanted);
            reconcile::needs(view, standing, part, &mut wanted);
            // What replaces a payout that turns up after all must be stopped if nothing of it has left.
            wanted.extend(view.payouts.values().filter_map(|row| row.replaced_by.map(Lookup::Payout)));
        }
        Input::Collected { bank, .. } => wanted.push(Lookup::Cursor(bank.clone())),
        Input::Witnessed(witnessed) => wanted.push(Lookup::Message(witnessed.message)),
        Input::Alarm { .. } | Input::GateOpening(_) => {}
    }
    view.missing(wanted)
}

/// Decides. Every lookup of `needs` was answered before.
pub fn decide(book: &mut Book<'_>, standing: &Standing, envelope: &Envelope) -> Outcome {
    match &envelope.input {
        Input::Submit(submit) => submit::submit(book, envelope, submit),
        Input::Operate(operation) => operate::operate(book, (standing, envelope), operation),
        Input::CancellationWritten(draft) => operate::freeze_request(book, envelope, draft),
        Input::Frozen(draft) => sending::freeze(book, envelope, draft),
        Input::SendReady(ready) => sending::start_step(book, standing, envelope, ready),
        Input::Delivered(delivered) => sending::end_step(book, standing, envelope, delivered),
        Input::Inquired(inquired) => sending::end_inquiry(book, standing, envelope, inquired),
        Input::Judged(judgement) => decision::judge(book, envelope, judgement),
        Input::Due(due) => unknown::climb(book, standing, envelope, due),
        Input::Arrived(arrived) => {
            let known = document::receive(book, envelope, arrived);
            Outcome { answer: Answer::Stored { known }, actions: Vec::new() }
        }
        Input::Part(part) => {
            report::apply_part(book, standing, envelope, part);
            unknown::take_evidence(book, envelope);
            Outcome { answer: Answer::Applied, actions: Vec::new() }
        }
        Input::Collected { bank, cursor } => {
            if book.view.cursors.get(bank) != Some(cursor) {
                book.write(envelope, Fact::CollectedUpTo { bank: bank.clone(), cursor: cursor.clone() });
            }
            Outcome::default()
        }
        Input::Witnessed(witnessed) => sending::witness(book, envelope, witnessed),
        Input::GateOpening(GateOpening { reason, witnessed, missing, held }) => {
            let (reason, witnessed, missing, held) = (reason.clone(), *witnessed, *missing, *held);
            book.write(envelope, Fact::GateOpened { reason, witnessed, missing, held });
            Outcome::default()
        }
        Input::Alarm { code, text } => {
            let exception = Exception { subject: Subject::Gateway, code, text: text.clone(), evidence: None };
            book.raise(envelope, exception);
            Outcome::default()
        }
    }
}

/// The cause of an input that a call of ours led to.
pub fn call_cause(message_id: &str, attempt: u32) -> Cause {
    Cause::Call(message_id.to_owned(), attempt)
}
