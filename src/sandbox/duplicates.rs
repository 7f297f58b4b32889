//! What the bank's duplicate check remembers, for how long, and what it says to a repetition. Never
//! reads a message and never books.

use super::bank::{Bank, SandboxError};
use super::behaviour::{Behaviour, Fault};
use super::books::{Books, BooksError};
use super::config::{Answer as AnswerMode, OfError, Temper};
use super::desk::receipt;
use super::envelope::Answer;
use super::intake::Parts;
use super::order::Order;
use super::problem::Problem;
use super::record::Verdict;
use super::scenarios::Effect;

/// By what an order is known again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// `GrpHdr/MsgId`.
    MessageId(String),
    /// The header `Idempotency-Key`.
    Key(String),
    /// `EndToEndId` of one payment.
    EndToEndId(String),
    /// Fingerprint of the payments, whatever the message identification.
    Content(u64),
}

/// An order that asks to be taken.
pub struct Arrival<'a> {
    /// Whose it is.
    pub client: &'a str,
    /// Its idempotency key.
    pub key: &'a str,
    /// SHA-256 of its octets.
    pub digest: [u8; 32],
    /// What it says.
    pub parts: &'a Parts,
    /// The scenario over the whole message.
    pub effect: Effect,
    /// Now, microseconds since 1970.
    pub at: i64,
}

/// What the duplicate check decided.
pub enum Judgement {
    /// The order is taken in, with this verdict where nothing worse is wrong with it.
    Taken(Verdict),
    /// It is not; this is the answer.
    Answered(Answer),
}

/// Judges an order before it is taken in.
pub fn judge(
    bank: &Bank,
    books: &Books,
    arrival: &Arrival<'_>,
    behaviour: &Behaviour,
) -> Result<Judgement, SandboxError> {
    let message_id = Mark::MessageId(arrival.parts.message_id.clone());
    let named_before = books.order_by_message_id(arrival.client, &arrival.parts.message_id).is_some();
    let again = if named_before { Verdict::ProcessedAgain } else { Verdict::Processed };
    let temper = temper_of(bank, arrival, behaviour);
    let mark = match temper {
        Temper::None | Temper::EndToEndId => return Ok(Judgement::Taken(again)),
        Temper::Execute | Temper::Reject | Temper::Replay | Temper::Report => message_id,
        Temper::IdempotencyKey | Temper::BodyBlind => Mark::Key(arrival.key.to_owned()),
        Temper::Content => Mark::Content(arrival.parts.content),
    };
    let known = books.recall(arrival.client, &mark, arrival.at);
    let known = known.filter(|order| !(order.failed.is_some() && of_error(bank) == OfError::Execute));
    let Some(known) = known else {
        let by_content = Mark::Content(arrival.parts.content);
        let held = bank.config.processing.same_content_held || arrival.effect == Effect::Suspend;
        let is_held = held && !named_before;
        return Ok(Judgement::Taken(match books.recall(arrival.client, &by_content, arrival.at) {
            Some(_) if is_held => Verdict::Suspended,
            _ => again,
        }));
    };
    let same = known.digest == arrival.digest;
    match (temper, same) {
        (Temper::Content, _) => Ok(Judgement::Taken(Verdict::Suspended)),
        (Temper::Report, _) => Ok(Judgement::Taken(Verdict::Duplicate)),
        (Temper::Execute, true) => Ok(Judgement::Taken(again)),
        (Temper::BodyBlind, _) | (Temper::Replay | Temper::IdempotencyKey, true) => {
            first_answer(bank, books, &known).map(Judgement::Answered)
        }
        (Temper::IdempotencyKey, false) => {
            let detail = "the key was used before with another body";
            let problem = Problem::new(409, "idempotency_key", "the idempotency key is known", detail);
            Ok(Judgement::Answered(Answer::from(&problem)))
        }
        (_, true) => Ok(refusal(bank, &known, "the same octets were taken before")),
        (_, false) => Ok(refusal(bank, &known, "it was taken before with other content")),
    }
}

/// Whether the idempotency key is free, or bound to be the beginning of the body's digest.
pub fn key_is_free(bank: &Bank) -> bool {
    matches!(bank.config.processing.duplicate, Temper::IdempotencyKey | Temper::BodyBlind)
}

fn of_error(bank: &Bank) -> OfError {
    bank.config.processing.duplicate_of_error
}

fn temper_of(bank: &Bank, arrival: &Arrival<'_>, behaviour: &Behaviour) -> Temper {
    match arrival.effect {
        Effect::RepeatRejected => Temper::Reject,
        Effect::RepeatReplayed => Temper::Replay,
        Effect::RepeatExecuted => Temper::Execute,
        _ if behaviour.befalls(Fault::IgnoreDuplicates, &arrival.parts.message_id).is_some() => {
            Temper::Execute
        }
        _ => bank.config.processing.duplicate,
    }
}

fn refusal(bank: &Bank, known: &Order, detail: &'static str) -> Judgement {
    let problem = Problem::new(409, "duplicate", "the message identification is known", detail)
        .with_code("DU01")
        .about(&known.message_id, Some(known.bank_reference(&bank.letterhead.id)));
    Judgement::Answered(Answer::from(&problem))
}

/// What an order was answered with when it came first: its error only where the bank repeats errors.
pub fn first_answer(bank: &Bank, books: &Books, order: &Order) -> Result<Answer, SandboxError> {
    if let (Some(status), OfError::Replay) = (order.failed, of_error(bank)) {
        return Ok(Answer::from(&Problem::unavailable(status)));
    }
    let first_report = match bank.config.processing.answer {
        AnswerMode::Later => None,
        AnswerMode::Now => books.progress_of(order.number).and_then(|progress| progress.reported.get(&0)),
    };
    let Some(row) = first_report.and_then(|number| books.document(*number)) else {
        return Ok(receipt(bank, order));
    };
    let path = books.document_path(row.file);
    let octets = std::fs::read(&path).map_err(|cause| BooksError::Disk { path, cause })?;
    Ok(Answer::of(200, "application/xml", octets))
}
