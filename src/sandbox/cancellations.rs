//! Requests for cancellation (camt.055): read, decided, and answered by camt.029. What is not debited yet is
//! cancelled; what is, is refused, or asked back from the payee. Never books.

use chrono::{NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::bank::{Bank, SandboxError, write_durably};
use super::books::Progress;
use super::config::Processing;
use super::envelope::{Answer, Call};
use super::intake;
use super::journal::hex;
use super::order::{Code, Order};
use super::plan::{ACTC, Act, Credit, LineStatus, RJCT, StatusReport, Step, by_block};
use super::problem::Problem;
use super::record::{CancellationLine, Delivery, DocumentLine, Kind, Record};
use super::reports::CAMT_029;
use super::resolutions::resolution;
use super::scenarios::{self, Effect, Returned};
use crate::domain::calendar::Calendar;
use crate::messages::record::Record as Read;
use crate::messages::validate;

/// Why a cancellation is refused once the money has left. Source: ISO 20022, payment cancellation rejection codes.
pub const REFUSED: Code = Code::of("CUST");
/// Why it is refused where nothing of that name was ordered. Source: the same.
pub const UNKNOWN: Code = Code::of("NOOR");
/// Why money comes back after a recall. Source: ISO 20022, return reason codes.
const FOLLOWING: Code = Code::of("FOCR");
/// Cancelled. Source: ISO 20022, payment transaction status codes.
const CANC: Code = Code::of("CANC");

/// What is decided about one payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is cancelled: nothing was debited.
    Granted,
    /// It stands.
    Refused,
    /// The payee is asked; the money comes back.
    Asked,
}

/// A request as it was read.
#[derive(Debug, Default)]
struct Asked {
    id: String,
    message_id: Option<String>,
    blocks: Vec<String>,
    payments: Vec<[Option<String>; 3]>,
}

/// Takes a request. Everything from the octets to a durable line in the journal.
pub fn take(bank: &Bank, client: &str, call: &Call) -> Result<Answer, SandboxError> {
    let asked = match read(&call.body) {
        Ok(asked) => asked,
        Err(problem) => return Ok(Answer::from(&problem)),
    };
    let digest = hex(&intake::digest(&call.body));
    // Nothing is debited between the decision and its line in the journal.
    let _turn = bank.booking()?;
    let mut books = bank.books()?;
    if let Some(known) = books.cancellation(client, &asked.id) {
        return Ok(match known.digest == digest {
            true => receipt(&asked.id),
            false => {
                let detail = "a request of this identification had other content";
                let problem = Problem::new(409, "duplicate", "the identification is known", detail);
                Answer::from(&problem.with_code("DU01").about(&asked.id, None))
            }
        });
    }
    let order =
        asked.message_id.as_ref().and_then(|message_id| books.order_by_message_id(client, message_id));
    let named = order.as_ref().map(|order| named(order, &asked)).unwrap_or_default();
    let decisions = order.as_ref().and_then(|order| {
        let progress = books.progress_of(order.number)?;
        Some(named.iter().map(|line| (*line, decide(order, progress, *line))).collect())
    });
    let now = Utc::now();
    let line = CancellationLine {
        number: books.cancellation_next(),
        client: client.to_owned().into(),
        id: asked.id.clone().into(),
        message_id: asked.message_id.unwrap_or_default().into(),
        digest: digest.into(),
        at: now.timestamp_micros(),
        day: books.day.map(|day| day.to_string()).unwrap_or_default().into(),
        order: order.map(|order| order.number).filter(|_| !named.is_empty()),
        decisions: decisions.unwrap_or_default(),
    };
    let mut records = vec![Record::Cancellation(line.clone())];
    if line.order.is_none() {
        let number = books.document_next();
        let id = format!("{}-X{:08}-0", bank.letterhead.id, line.number);
        let octets = resolution(&bank.letterhead, None, (&line, Stage::First), (id, now))?;
        write_durably(&books.document_path(number), &octets)?;
        records.push(Record::Document(DocumentLine {
            number,
            client: client.to_owned().into(),
            kind: CAMT_029.into(),
            order: None,
            step: None,
            delivery: Delivery::Once,
            due: now.timestamp_micros(),
            file: number,
        }));
    }
    books.commit(&records)?;
    drop(books);
    bank.announce();
    Ok(receipt(&asked.id))
}

fn receipt(id: &str) -> Answer {
    let receipt = serde_json::json!({ "message_id": id, "status": "RCVD" });
    Answer::of(202, "application/json", receipt.to_string().into_bytes())
}

/// Tells what became of a request: its answer as it stands now.
pub fn inquire(bank: &Bank, client: &str, id: &str) -> Result<Answer, SandboxError> {
    let now = Utc::now();
    let (line, stage, order) = {
        let books = bank.books()?;
        let Some(line) = books.cancellation(client, id).cloned() else {
            return Ok(Answer::from(&Problem::not_found("no request of this identification")));
        };
        let order = line.order.and_then(|number| books.order(number));
        let progress = line.order.and_then(|number| books.progress_of(number));
        (line.clone(), progress.map_or(Stage::First, |progress| stage_of(progress, line.number)), order)
    };
    let message_id = format!("{}-Y{:08}-{}", bank.letterhead.id, line.number, now.timestamp_millis());
    let octets = resolution(&bank.letterhead, order.as_deref(), (&line, stage), (message_id, now))?;
    Ok(Answer::of(200, "application/xml", octets))
}

fn stage_of(progress: &Progress, number: u32) -> Stage {
    let mut done = progress.steps.iter().zip(&progress.done).filter(|(_, done)| **done);
    let last = Act::Resolve { cancellation: number, stage: Stage::Last };
    if done.any(|(step, _)| step.act == last) { Stage::Last } else { Stage::First }
}

fn read(octets: &[u8]) -> Result<Asked, Problem> {
    let refused = |detail: &str| {
        Problem::new(400, "schema", "the message is not one of ours", detail).with_code("FF01")
    };
    let mut asked = Asked::default();
    let mut valid = true;
    let mut seen = false;
    validate::parse(octets, None, &mut |record, _| match record {
        Read::Plain(plain) => {
            let text = |name: &str| plain.fields().text(name).map(str::to_owned);
            asked.message_id = asked.message_id.take().or_else(|| text("original_message_id"));
            match plain.record() {
                "assignment" => {
                    seen = true;
                    asked.id = text("assignment_id").unwrap_or_default();
                }
                "batch_cancellation" => asked.blocks.extend(text("original_payment_information_id")),
                "cancellation" => asked.payments.push([
                    text("original_instruction_id"),
                    text("original_end_to_end_id"),
                    text("original_uetr"),
                ]),
                _ => {}
            }
        }
        Read::Verdict(verdict) => valid &= verdict.valid,
        _ => {}
    });
    match seen && valid && !asked.id.is_empty() {
        true => Ok(asked),
        false => Err(refused("not a camt.055 that its schema allows")),
    }
}

/// The payments that a request names: single ones, else whole blocks, else the whole message.
fn named(order: &Order, asked: &Asked) -> Vec<u32> {
    let is_named = |position: &u32| {
        let Some(line) = order.lines.get(*position as usize) else { return false };
        if !asked.payments.is_empty() {
            return asked.payments.iter().any(|ids| is_payment(order, line, ids));
        }
        let block = order.block_of(line).map(|block| order.text(block.payment_information_id));
        asked.blocks.is_empty() || block.is_some_and(|block| asked.blocks.iter().any(|name| name == block))
    };
    (0..order.lines.len() as u32).filter(is_named).collect()
}

/// Whether every identification that is given is the payment's, and at least one is.
fn is_payment(order: &Order, line: &super::order::Line, ids: &[Option<String>; 3]) -> bool {
    let [instruction, end_to_end, uetr] = ids;
    let own_uetr = Order::uetr(line);
    let pairs = [
        (instruction.as_deref(), Some(order.text(line.instruction_id))),
        (end_to_end.as_deref(), Some(order.text(line.end_to_end_id))),
        (uetr.as_deref(), own_uetr.as_deref()),
    ];
    pairs.iter().any(|(given, _)| given.is_some())
        && pairs.iter().all(|(given, own)| match (given, own) {
            (None, _) => true,
            (Some(given), Some(own)) => given.eq_ignore_ascii_case(own),
            (Some(_), None) => false,
        })
}

fn decide(order: &Order, progress: &Progress, line: u32) -> Decision {
    let mut debits = progress.steps.iter().zip(&progress.done).filter(|(_, done)| **done);
    let is_debited =
        debits.any(|(step, _)| matches!(&step.act, Act::Debit { lines } if lines.contains(&line)));
    let effect = order.lines.get(line as usize).map(|line| scenarios::at(line.scenario).effect);
    match (is_debited, effect) {
        (false, _) => Decision::Granted,
        (true, Some(Effect::RecallAsked)) => Decision::Asked,
        (true, _) => Decision::Refused,
    }
}

/// How far an answer to a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The payee has not answered yet.
    First,
    /// Whoever was asked has agreed.
    Last,
}

/// What follows from a request: steps behind the `before` that the order already has.
pub fn steps(
    order: &Order,
    line: &CancellationLine<'_>,
    (today, before): (NaiveDate, u32),
    processing: &Processing,
) -> Vec<Step> {
    let step = |day, after_ms, act| Step { day, after_ms, act, quiet: false, since: Some((today, line.at)) };
    let of = |decision: Decision| {
        let lines = line.decisions.iter().filter(move |(_, found)| *found == decision);
        lines.map(|(line, _)| *line).collect::<Vec<u32>>()
    };
    let resolve = |stage| Act::Resolve { cancellation: line.number, stage };
    let mut steps = vec![step(today, processing.acceptance_ms, resolve(Stage::First))];
    let granted: Vec<LineStatus> =
        of(Decision::Granted).iter().map(|line| LineStatus::of(*line, CANC, None)).collect();
    if !granted.is_empty() {
        let report = StatusReport { blocks: by_block(order, &granted), ..StatusReport::default() };
        steps.push(step(today, processing.acceptance_ms + 1, Act::Report(report)));
    }
    let asked = of(Decision::Asked);
    let due = (0..processing.recall_days).fold(today, |day, _| Calendar::Target.next_business_day(day));
    for position in &asked {
        let credit = Credit { line: *position, kind: Kind::Return, reason: FOLLOWING, how: Returned::Full };
        let booking = before + steps.len() as u32;
        steps.push(step(due, processing.return_ms, Act::Credit(credit)));
        steps.push(step(due, processing.return_ms, Act::Notify { step: booking }));
    }
    if !asked.is_empty() {
        steps.push(step(due, processing.return_ms + 1, resolve(Stage::Last)));
    }
    steps
}

/// Takes payments that were cancelled out of what is still to be done.
pub fn withdraw(order: &Order, (steps, done): (&mut [Step], &[bool]), cancelled: &[u32]) {
    let is_live = |line: u32| !cancelled.contains(&line);
    let undone = steps.iter_mut().zip(done).filter(|(_, done)| !**done);
    for (step, _) in undone {
        match &mut step.act {
            Act::Debit { lines } => lines.retain(|line| is_live(*line)),
            Act::Relay { lines } => lines.retain(|said| is_live(said.line)),
            Act::Credit(credit) if !is_live(credit.line) => step.act = Act::Debit { lines: Vec::new() },
            Act::Report(report) => speak_of(order, report, &is_live),
            _ => {}
        }
    }
}

/// Makes a report speak of live payments only: one by one where a whole block or message had one status.
fn speak_of(order: &Order, report: &mut StatusReport, is_live: &dyn Fn(u32) -> bool) {
    let all_live = (0..order.lines.len() as u32).all(is_live);
    // A refusal and a receipt are words on the message as such.
    if all_live || report.group.is_some_and(|(status, _)| status == RJCT || status == ACTC) {
        return;
    }
    let mut said: Vec<LineStatus> = Vec::new();
    if let Some((status, reason)) = report.group.filter(|_| report.blocks.is_empty()) {
        said.extend((0..order.lines.len() as u32).map(|line| LineStatus::of(line, status, reason)));
    }
    for block in &report.blocks {
        let Some(ordered) = order.blocks.get(block.block as usize) else { continue };
        if let (Some(status), true) = (block.status, block.lines.is_empty()) {
            let lines = ordered.first..ordered.first.saturating_add(ordered.count);
            said.extend(lines.map(|line| LineStatus::of(line, status, None)));
        }
        said.extend(&block.lines);
    }
    said.retain(|said| is_live(said.line));
    report.group = None;
    report.blocks = by_block(order, &said);
}
