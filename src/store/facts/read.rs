//! Reads facts of every version ever released. Never writes them.

use super::read_money::{booked, entry_returned, entry_unmatched, statement_read};
use super::read_payout::PayoutBody;
use super::read_unknown::unknown;
use super::read_value::{
    EvidenceBody, Text, bits, checked, date, decimal, digest, evidence_if, parse, present, shape, time,
    time_if,
};
use super::{FactError, cancellation, parse_subject};
use crate::domain::currency::Currency;
use crate::domain::fact::{AttemptEnd, Cause, Fact, FrozenBlock, FrozenMessage, InquiryEnd, Recorded};
use crate::domain::row::{CancelStage, Channel, Hold, Key, Subject};
use crate::domain::status::{Reason, StatusNews};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    v: u32,
    at: i64,
    tenant: String,
    subject: Text<'a>,
    actor: String,
    cause: CauseBody<'a>,
    body: &'a RawValue,
}

#[derive(Deserialize)]
struct CauseBody<'a> {
    request: Option<String>,
    #[serde(borrow)]
    document: Option<Text<'a>>,
    part: Option<u32>,
    call: Option<String>,
    attempt: Option<u32>,
    #[serde(default)]
    timer: bool,
}

/// The fact that the octets hold.
pub fn recorded(octets: &[u8]) -> Result<Recorded, FactError> {
    let envelope: Envelope<'_> = serde_json::from_slice(octets).map_err(|error| shape(&error))?;
    let subject = parse_subject(&envelope.subject).ok_or(FactError::Member { member: "subject" })?;
    let fact = fact(&envelope, subject)?;
    Ok(Recorded {
        at: time("at", envelope.at)?,
        tenant: envelope.tenant,
        actor: envelope.actor,
        cause: envelope.cause.checked()?,
        fact,
    })
}

impl CauseBody<'_> {
    fn checked(self) -> Result<Cause, FactError> {
        match (self.request, self.document, self.part, self.call, self.attempt, self.timer) {
            (Some(request), None, None, None, None, false) => Ok(Cause::Request(request)),
            (None, Some(document), Some(part), None, None, false) => {
                Ok(Cause::Document(digest("cause", &document)?, part))
            }
            (None, None, None, Some(call), Some(attempt), false) => Ok(Cause::Call(call, attempt)),
            (None, None, None, None, None, true) => Ok(Cause::Timer),
            _ => Err(FactError::Member { member: "cause" }),
        }
    }
}

fn fact(envelope: &Envelope<'_>, subject: Subject) -> Result<Fact, FactError> {
    let body = envelope.body;
    let key = key_of(subject);
    Ok(match (&*envelope.kind, envelope.v) {
        ("payout_recorded", 1) => payout_recorded(key, parse(body)?)?,
        ("payout_held", 1) => Fact::PayoutHeld { key, hold: parse::<HeldBody>(body)?.held.checked()? },
        ("payout_released", 1) => Fact::PayoutReleased { key },
        ("payout_cancelled", 1) => Fact::PayoutCancelled { key, reason: parse::<ReasonBody>(body)?.reason },
        ("cancel_requested", 1) => Fact::CancelRequested { key, reason: parse::<ReasonBody>(body)?.reason },
        ("cancellation_wanted", 1) => {
            Fact::CancellationWanted { key, reason: parse::<ReasonBody>(body)?.reason }
        }
        ("cancellation_frozen", 1) => cancellation::frozen(key, parse(body)?)?,
        ("cancellation_needless", 1) => Fact::CancellationNeedless { key },
        ("cancellation_answered", 1) => cancellation_answered(key, parse(body)?)?,
        ("message_dissolved", 1) => Fact::MessageDissolved { key, reason: parse::<ReasonBody>(body)?.reason },
        ("request_answered", 1) => request_answered(parse(body)?)?,
        ("message_frozen", 1) => message_frozen(key, parse(body)?)?,
        ("step_started", 1) => step_started(key, parse(body)?)?,
        ("step_ended", 1) => step_ended(key, parse(body)?)?,
        ("inquiry_ended", 1) => inquiry_ended(key, parse(body)?)?,
        (
            "duplicate_seen" | "unknown_waits" | "unknown_escalated" | "unknown_resolved"
            | "decision_proposed" | "decision_confirmed",
            1,
        ) => unknown(&envelope.kind, key, parse(body)?)?,
        ("document_received", 1) => document_received(key, parse(body)?)?,
        ("document_read", 1) => document_read(key, parse(body)?),
        ("message_status" | "block_status" | "payout_status" | "interbank_status", 1) => {
            status(&envelope.kind, key, parse(body)?)?
        }
        ("entry_booked" | "block_booked", 1) => booked(&envelope.kind, key, parse(body)?)?,
        ("entry_returned", 1) => entry_returned(key, parse(body)?)?,
        ("entry_unmatched", 1) => entry_unmatched(key, parse(body)?)?,
        ("statement_read", 1) => statement_read(parse(body)?)?,
        ("exception_raised", 1) => exception_raised(subject, parse(body)?)?,
        ("collected_up_to", 1) => {
            let body: CollectedBody = parse(body)?;
            Fact::CollectedUpTo { bank: body.bank, cursor: body.cursor }
        }
        ("attempt_witnessed", 1) => attempt_witnessed(key, parse(body)?)?,
        ("gate_opened", 1) => {
            let GateBody { reason, witnessed, missing, held } = parse(body)?;
            Fact::GateOpened { reason, witnessed, missing, held }
        }
        (kind, version) => return Err(FactError::UnknownKind { kind: kind.to_owned(), version }),
    })
}

fn key_of(subject: Subject) -> Key {
    match subject {
        Subject::Payout(key)
        | Subject::Message(key)
        | Subject::Block(key)
        | Subject::Document(key)
        | Subject::Entry(key) => key,
        Subject::Gateway => 0,
    }
}

#[derive(Deserialize)]
struct RecordedBody<'a> {
    #[serde(borrow)]
    payout: PayoutBody<'a>,
    held: Option<HoldBody>,
    likeness: Text<'a>,
    content: Text<'a>,
    replaces: Option<Key>,
}

fn payout_recorded(key: Key, body: RecordedBody<'_>) -> Result<Fact, FactError> {
    Ok(Fact::PayoutRecorded {
        key,
        payout: Box::new(body.payout.checked()?),
        held: body.held.map(HoldBody::checked).transpose()?,
        likeness: bits("likeness", &body.likeness)?,
        content: bits("content", &body.content)?,
        replaces: body.replaces,
    })
}

#[derive(Deserialize)]
struct HeldBody {
    held: HoldBody,
}

#[derive(Deserialize)]
struct HoldBody {
    suspected_duplicate: Option<String>,
    operator: Option<String>,
}

impl HoldBody {
    fn checked(self) -> Result<Hold, FactError> {
        match (self.suspected_duplicate, self.operator) {
            (Some(earlier), None) => Ok(Hold::SuspectedDuplicate(earlier)),
            (None, Some(reason)) => Ok(Hold::Operator(reason)),
            _ => Err(FactError::Member { member: "held" }),
        }
    }
}

#[derive(Deserialize)]
struct ReasonBody {
    reason: String,
}

#[derive(Deserialize)]
struct CollectedBody {
    bank: String,
    cursor: String,
}

#[derive(Deserialize)]
struct AnsweredBody<'a> {
    request: String,
    #[serde(borrow)]
    request_body: Text<'a>,
    status: u16,
    answer: Text<'a>,
}

fn request_answered(body: AnsweredBody<'_>) -> Result<Fact, FactError> {
    Ok(Fact::RequestAnswered {
        request: body.request,
        body: digest("request_body", &body.request_body)?,
        status: body.status,
        answer: digest("answer", &body.answer)?,
    })
}

#[derive(Deserialize)]
struct FrozenBody<'a> {
    message_id: String,
    bank: String,
    definition: String,
    #[serde(borrow)]
    document: Text<'a>,
    profile: Text<'a>,
    count: u64,
    sum: Text<'a>,
    blocks: Vec<BlockBody<'a>>,
}

#[derive(Deserialize)]
struct BlockBody<'a> {
    key: Key,
    payment_information_id: String,
    debtor_account_ref: String,
    #[serde(borrow)]
    currency: Text<'a>,
    execution_date: Text<'a>,
    sum: Text<'a>,
    members: Vec<Key>,
}

fn message_frozen(key: Key, body: FrozenBody<'_>) -> Result<Fact, FactError> {
    let block = |block: BlockBody<'_>| {
        Ok(FrozenBlock {
            key: block.key,
            payment_information_id: block.payment_information_id,
            debtor_account_ref: block.debtor_account_ref,
            currency: checked("currency", Currency::parse(&block.currency))?,
            execution_date: date("execution_date", &block.execution_date)?,
            sum: decimal("sum", &block.sum)?,
            members: block.members,
        })
    };
    Ok(Fact::MessageFrozen(Box::new(FrozenMessage {
        key,
        message_id: body.message_id,
        bank: body.bank,
        definition: body.definition,
        document: digest("document", &body.document)?,
        profile: digest("profile", &body.profile)?,
        count: body.count,
        sum: decimal("sum", &body.sum)?,
        blocks: body.blocks.into_iter().map(block).collect::<Result<_, FactError>>()?,
    })))
}

#[derive(Deserialize)]
struct StartedBody<'a> {
    step: String,
    attempt: u32,
    epoch: i64,
    #[serde(borrow)]
    document: Text<'a>,
    head: Text<'a>,
    #[serde(default)]
    resend: bool,
}

fn step_started(key: Key, body: StartedBody<'_>) -> Result<Fact, FactError> {
    Ok(Fact::StepStarted {
        key,
        step: body.step,
        attempt: body.attempt,
        epoch: body.epoch,
        document: digest("document", &body.document)?,
        head: digest("head", &body.head)?,
        resend: body.resend,
    })
}

#[derive(Deserialize)]
struct WitnessedBody<'a> {
    attempt: u32,
    epoch: i64,
    #[serde(borrow)]
    document: Text<'a>,
    due_at: Option<i64>,
}

fn attempt_witnessed(key: Key, body: WitnessedBody<'_>) -> Result<Fact, FactError> {
    Ok(Fact::AttemptWitnessed {
        key,
        attempt: body.attempt,
        epoch: body.epoch,
        document: digest("document", &body.document)?,
        due_at: time_if("due_at", body.due_at)?,
    })
}

#[derive(Deserialize)]
struct GateBody {
    reason: String,
    witnessed: u64,
    missing: u64,
    held: u64,
}

#[derive(Deserialize)]
struct EndedBody<'a> {
    step: String,
    attempt: u32,
    #[serde(borrow)]
    end: EndBody<'a>,
    due_at: Option<i64>,
}

#[derive(Deserialize)]
struct EndBody<'a> {
    #[serde(borrow)]
    outcome: Text<'a>,
    bank_reference: Option<String>,
    reply: Option<Text<'a>>,
    status: Option<u16>,
    reason: Option<String>,
    cause: Option<String>,
    bytes_left: Option<u64>,
}

fn step_ended(key: Key, body: EndedBody<'_>) -> Result<Fact, FactError> {
    let end = body.end;
    let reply = end.reply.as_ref().map(|reply| digest("reply", reply)).transpose()?;
    let end = match (&*end.outcome, reply, end.cause) {
        ("received", Some(reply), None) => AttemptEnd::Received { bank_reference: end.bank_reference, reply },
        ("refused", Some(reply), None) => AttemptEnd::Refused {
            status: present("status", end.status)?,
            reason: present("reason", end.reason)?,
            reply,
        },
        ("not_sent", None, Some(cause)) => AttemptEnd::NotSent { cause },
        ("unknown", reply, Some(cause)) => {
            AttemptEnd::Unknown { cause, bytes_left: present("bytes_left", end.bytes_left)?, reply }
        }
        _ => return Err(FactError::Member { member: "end" }),
    };
    let due_at = time_if("due_at", body.due_at)?;
    Ok(Fact::StepEnded { key, step: body.step, attempt: body.attempt, end, due_at })
}

#[derive(Deserialize)]
struct InquiryBody<'a> {
    #[serde(borrow)]
    end: Text<'a>,
    cause: Option<String>,
    due_at: Option<i64>,
}

fn inquiry_ended(key: Key, body: InquiryBody<'_>) -> Result<Fact, FactError> {
    let end = match (&*body.end, body.cause) {
        ("found", None) => InquiryEnd::Found,
        ("not_found", None) => InquiryEnd::NotFound,
        ("failed", Some(cause)) => InquiryEnd::Failed { cause },
        _ => return Err(FactError::Member { member: "end" }),
    };
    Ok(Fact::InquiryEnded { key, end, due_at: time_if("due_at", body.due_at)? })
}

#[derive(Deserialize)]
struct ReceivedBody<'a> {
    #[serde(borrow)]
    digest: Text<'a>,
    bank: String,
    channel: Text<'a>,
    #[serde(default)]
    authenticated: bool,
    size: u64,
    note: String,
}

fn document_received(key: Key, body: ReceivedBody<'_>) -> Result<Fact, FactError> {
    Ok(Fact::DocumentReceived {
        key,
        digest: digest("digest", &body.digest)?,
        bank: body.bank,
        channel: present("channel", Channel::parse(&body.channel))?,
        authenticated: body.authenticated,
        size: body.size,
        note: body.note,
    })
}

#[derive(Deserialize)]
struct ReadBody {
    part: u32,
    records: u32,
    message_id: Option<String>,
    #[serde(default)]
    finished: bool,
}

fn document_read(key: Key, body: ReadBody) -> Fact {
    Fact::DocumentRead {
        key,
        part: body.part,
        records: body.records,
        message_id: body.message_id,
        finished: body.finished,
    }
}

#[derive(Deserialize)]
struct StatusBody<'a> {
    code: String,
    reason: Option<StatusReason>,
    created: String,
    #[serde(default)]
    bank_references: Vec<String>,
    #[serde(borrow)]
    evidence: EvidenceBody<'a>,
}

/// A reason as facts and rows keep it.
#[derive(Deserialize)]
struct StatusReason {
    code: Option<String>,
    proprietary: Option<String>,
    #[serde(default)]
    text: Vec<String>,
}

impl StatusReason {
    fn checked(self) -> Reason {
        Reason { code: self.code, proprietary: self.proprietary, text: self.text }
    }
}

fn status(kind: &str, key: Key, body: StatusBody<'_>) -> Result<Fact, FactError> {
    let evidence = body.evidence.checked()?;
    let reason = body.reason.map(StatusReason::checked);
    let news = StatusNews { code: body.code, reason, created: body.created };
    let bank_references = body.bank_references;
    Ok(match kind {
        "message_status" => Fact::MessageStatus { key, news, evidence },
        "block_status" => Fact::BlockStatus { key, news, evidence },
        "payout_status" => Fact::PayoutStatus { key, news, bank_references, evidence },
        _ => Fact::InterbankStatus { key, news, bank_references, evidence },
    })
}

#[derive(Deserialize)]
struct CancellationBody<'a> {
    request: Option<Key>,
    stage: String,
    code: String,
    reason: Option<StatusReason>,
    created: String,
    #[serde(borrow)]
    evidence: EvidenceBody<'a>,
}

fn cancellation_answered(key: Key, body: CancellationBody<'_>) -> Result<Fact, FactError> {
    let reason = body.reason.map(StatusReason::checked);
    Ok(Fact::CancellationAnswered {
        key,
        request: body.request,
        stage: present("stage", CancelStage::parse(&body.stage))?,
        news: StatusNews { code: body.code, reason, created: body.created },
        evidence: body.evidence.checked()?,
    })
}

#[derive(Deserialize)]
struct ExceptionBody<'a> {
    exception: Key,
    code: String,
    text: String,
    #[serde(borrow)]
    evidence: Option<EvidenceBody<'a>>,
}

fn exception_raised(subject: Subject, body: ExceptionBody<'_>) -> Result<Fact, FactError> {
    let evidence = evidence_if(body.evidence.as_ref())?;
    Ok(Fact::ExceptionRaised { key: body.exception, subject, code: body.code, text: body.text, evidence })
}
