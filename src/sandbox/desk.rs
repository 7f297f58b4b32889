//! The front desk: takes orders, decides on duplicates, tells the state of an order. Blocking, called
//! from worker threads. Never HTTP itself, and never bookings.

use std::sync::Arc;

use chrono::Utc;

use super::bank::{Bank, SandboxError};
use super::behaviour::{Fault, Rule};
use super::books::{Books, BooksError};
use super::config::{Answer as AnswerMode, Refusal};
use super::duplicates::{self, Arrival, Judgement, first_answer};
use super::envelope::{Answer, Call};
use super::intake::{self, Parts};
use super::journal::hex;
use super::order::{Code, Order};
use super::plan::{Act, BlockStatus, LineStatus, StatusReport};
use super::problem::Problem;
use super::record::{OrderLine, Verdict};
use super::reports;
use super::scenarios::Effect;
use super::{ledger, office};

/// Characters of the body's digest that make the idempotency key. Source: the protocol.
const KEY_CHARS: usize = 36;
/// First status of an order that nothing was said about yet.
const RCVD: Code = Code::of("RCVD");

/// What became of an attempt to hand in an order.
pub struct Taken {
    /// The answer, before any fault.
    pub answer: Answer,
    /// What goes wrong with it.
    pub fault: Option<Rule>,
    /// The message's scenario, where the order was taken in by this very attempt.
    pub effect: Effect,
    /// The order's number, where it was taken in by this very attempt.
    pub order: Option<u32>,
}

impl Taken {
    fn only(answer: Answer, fault: Option<Rule>) -> Taken {
        Taken { answer, fault, effect: Effect::Straight, order: None }
    }
}

/// Takes an order: everything from the octets to a durable line in the journal.
pub fn take_order(bank: &Bank, client: &str, call: &Call, arrival: u32) -> Result<Taken, SandboxError> {
    let refuse = |problem: Problem| Ok(Taken::only(Answer::from(&problem), None));
    let digest = intake::digest(&call.body);
    if let Err(problem) = check_envelope(bank, call, &digest) {
        return refuse(problem);
    }
    let mut parts = match intake::read(&call.body) {
        Ok(parts) => parts,
        Err(problem) => return refuse(problem),
    };
    let behaviour = {
        let books = bank.books()?;
        books.behaviour_of(books.behaviour_number())
    };
    let key = call.idempotency_key().unwrap_or_default();
    let fault = behaviour.answer_fault(key, &parts.message_id, arrival).cloned();
    let unprocessed = [Fault::ErrorInstead, Fault::Redirect, Fault::CutBefore, Fault::CutAmid];
    if fault.as_ref().is_some_and(|fault| unprocessed.contains(&fault.does)) {
        return Ok(Taken::only(Answer::from(&Problem::internal()), fault));
    }
    if let Err(problem) = check_order(bank, client, &parts) {
        return refuse(problem);
    }
    let effect = parts.message_scenario().map_or(Effect::Straight, |scenario| scenario.effect);
    let mut books = bank.books()?;
    let at = Utc::now().timestamp_micros();
    let arrival = Arrival { client, key, digest, parts: &parts, effect, at };
    let taken = match duplicates::judge(bank, &books, &arrival, &behaviour)? {
        Judgement::Answered(answer) => return Ok(Taken::only(answer, fault)),
        Judgement::Taken(taken) => taken,
    };
    if parts.verdict == Verdict::Processed || taken == Verdict::Duplicate {
        parts.verdict = taken;
    }
    let failed = fault.as_ref().filter(|rule| rule.does == Fault::ErrorAfter).map(|rule| rule.status);
    let order = admit(&mut books, parts, &Arriving { client, key, digest, at, failed })?;
    drop(books);
    bank.announce();
    let answer = match bank.config.processing.answer {
        AnswerMode::Later => receipt(bank, &order),
        AnswerMode::Now => first_word(bank, &order)?,
    };
    let effect = if taken == Verdict::ProcessedAgain { Effect::Straight } else { effect };
    Ok(Taken { answer, fault, effect, order: Some(order.number) })
}

fn check_envelope(bank: &Bank, call: &Call, digest: &[u8; 32]) -> Result<(), Problem> {
    let content_type = call.header("content-type").unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/xml") {
        let detail = "orders are application/xml";
        return Err(Problem::new(415, "content_type", "the content type is not ours", detail));
    }
    let digest = hex(digest);
    if duplicates::key_is_free(bank) {
        let detail = "an order needs an idempotency key";
        let missing = Problem::new(400, "idempotency_key", "the idempotency key is missing", detail);
        return if call.idempotency_key().unwrap_or_default().is_empty() { Err(missing) } else { Ok(()) };
    }
    if call.idempotency_key() != digest.get(..KEY_CHARS) {
        let detail = "the idempotency key is not the beginning of the body's digest";
        return Err(Problem::new(400, "idempotency_key", "the idempotency key does not fit", detail));
    }
    Ok(())
}

/// What is refused by the answer: other people's accounts, wrong sums where so configured, a scenario.
fn check_order(bank: &Bank, client: &str, parts: &Parts) -> Result<(), Problem> {
    let accounts = &bank.config.account;
    let is_own = |id: &str| accounts.iter().any(|account| account.id() == id && account.client == client);
    let named = |problem: Problem, parts: &Parts| problem.about(&parts.message_id, None);
    if parts.debits().any(|(account, _)| !is_own(account)) {
        let detail = "a block debits an account that is not the client's";
        let problem =
            Problem::new(403, "account", "the account is not the client's", detail).with_code("AG01");
        return Err(named(problem, parts));
    }
    if let Some(Effect::RefuseNow(code)) = parts.message_scenario().map(|scenario| scenario.effect) {
        let problem =
            Problem::new(400, "refused", "the message is refused", "as the scenario asks").with_code(code);
        return Err(named(problem, parts));
    }
    let code = match parts.verdict {
        Verdict::Processed | Verdict::ProcessedAgain | Verdict::Suspended | Verdict::Duplicate => {
            return Ok(());
        }
        Verdict::WrongGroupCount => "AM19",
        Verdict::WrongGroupSum => "AM10",
        Verdict::WrongBlockCount => "AM20",
        Verdict::WrongBlockSum => "AM17",
    };
    match bank.config.processing.wrong_sums {
        Refusal::Later => Ok(()),
        Refusal::Now => {
            let detail = "a count or sum is not what the message carries";
            Err(named(Problem::new(400, "totals", "counts or sums are wrong", detail).with_code(code), parts))
        }
    }
}

/// What an order brings besides its content.
struct Arriving<'a> {
    client: &'a str,
    key: &'a str,
    digest: [u8; 32],
    at: i64,
    failed: Option<u16>,
}

fn admit(books: &mut Books, parts: Parts, arriving: &Arriving<'_>) -> Result<Arc<Order>, SandboxError> {
    let day = books.day.map(|day| day.to_string()).unwrap_or_default();
    let line = OrderLine {
        number: books.order_next(),
        client: arriving.client.into(),
        message_id: parts.message_id.clone().into(),
        message: parts.message.clone().into(),
        digest: hex(&arriving.digest).into(),
        at: arriving.at,
        day: day.into(),
        behaviour: books.behaviour_number(),
        verdict: parts.verdict,
        key: Some(arriving.key.into()),
        failed: arriving.failed,
        count: parts.count() as u32,
        sum: parts.sum.to_string().into(),
    };
    Ok(books.admit(&line, parts)?)
}

/// The answer to an order that is taken: nothing is said yet.
pub fn receipt(bank: &Bank, order: &Order) -> Answer {
    let receipt = serde_json::json!({
        "message_id": order.message_id,
        "bank_reference": order.bank_reference(&bank.letterhead.id),
        "status": "RCVD",
    });
    Answer::of(202, "application/json", receipt.to_string().into_bytes())
}

/// The first report of an order, made at once.
fn first_word(bank: &Bank, order: &Order) -> Result<Answer, SandboxError> {
    let _turn = bank.booking()?;
    let is_report = {
        let books = bank.books()?;
        let progress = books.progress_of(order.number);
        progress.is_some_and(|progress| {
            progress.done.first() == Some(&false)
                && matches!(progress.steps.first().map(|step| &step.act), Some(Act::Report(_)))
        })
    };
    if is_report {
        office::do_step(bank, order.number, 0)?;
    }
    let books = bank.books()?;
    first_answer(bank, &books, order)
}

/// The present state of an order as a pain.002.
fn present(bank: &Bank, order: &Order) -> Result<Answer, SandboxError> {
    let now = Utc::now();
    let report = {
        let books = bank.books()?;
        books.progress_of(order.number).map(|progress| said_so_far(order, &progress.steps, &progress.done))
    };
    let id = format!("{}-Q{:08}-{}", bank.letterhead.id, order.number, now.timestamp_millis());
    let report = report.unwrap_or_default();
    let octets = reports::status_report(&bank.letterhead, order, &report, (id, now))?;
    Ok(Answer::of(200, "application/xml", octets))
}

/// Everything that was said about an order, the later word over the earlier.
fn said_so_far(order: &Order, steps: &[super::plan::Step], done: &[bool]) -> StatusReport {
    let mut group = (RCVD, None);
    let mut blocks: Vec<Option<Code>> = vec![None; order.blocks.len()];
    let mut lines: Vec<Option<LineStatus>> = vec![None; order.lines.len()];
    for (step, _) in steps.iter().zip(done).filter(|(_, done)| **done) {
        let Act::Report(report) = &step.act else { continue };
        group = report.group.unwrap_or(group);
        for block in &report.blocks {
            if let (Some(slot), Some(status)) = (blocks.get_mut(block.block as usize), block.status) {
                *slot = Some(status);
            }
            for line in &block.lines {
                if let Some(slot) = lines.get_mut(line.line as usize) {
                    *slot = Some(*line);
                }
            }
        }
    }
    let mut report = StatusReport { group: Some(group), ..StatusReport::default() };
    for (position, (block, status)) in order.blocks.iter().zip(blocks).enumerate() {
        let range = block.first as usize..(block.first + block.count) as usize;
        let lines: Vec<LineStatus> = lines.get(range).unwrap_or_default().iter().flatten().copied().collect();
        if status.is_some() || !lines.is_empty() {
            report.blocks.push(BlockStatus { block: position as u32, status, lines });
        }
    }
    report
}

/// Answers an inquiry by message identification. `seen_again` says whether the message came twice.
pub fn inquire(
    bank: &Bank,
    client: &str,
    message_id: &str,
    seen_again: bool,
) -> Result<Answer, SandboxError> {
    let nothing = || Ok(Answer::from(&Problem::not_found("no message of this identification")));
    let (order, behaviour) = {
        let books = bank.books()?;
        let Some(order) = books.order_by_message_id(client, message_id) else { return nothing() };
        let behaviour = books.behaviour_of(order.behaviour);
        (order, behaviour)
    };
    let age_ms = Utc::now().timestamp_micros().saturating_sub(order.at).unsigned_abs() / 1000;
    let times = &bank.config.processing;
    let hidden_ms = match order.message_scenario().map(|scenario| scenario.effect) {
        Some(Effect::CutThenBooked) => u64::MAX,
        Some(Effect::CutThenNotFound) => times.not_found_ms,
        Some(Effect::RepeatRejected | Effect::RepeatReplayed | Effect::RepeatExecuted) if !seen_again => {
            times.repeat_wait_ms
        }
        _ => behaviour.befalls(Fault::NotFound, message_id).map_or(0, |rule| rule.delay_ms),
    };
    if age_ms < hidden_ms { nothing() } else { present(bank, &order) }
}

/// The next report after a cursor.
pub fn next_report(bank: &Bank, client: &str, cursor: &str) -> Result<Answer, SandboxError> {
    let Ok(after) = (if cursor.is_empty() { Ok(0) } else { cursor.parse::<u32>() }) else {
        let problem =
            Problem::new(400, "cursor", "the cursor is not one of ours", "cursors come from Next-Cursor");
        return Ok(Answer::from(&problem));
    };
    let found = {
        let books = bank.books()?;
        let number = books.document_after(client, after);
        number.and_then(|number| {
            books.document(number).map(|row| (number, row.clone(), books.document_path(row.file)))
        })
    };
    let Some((number, row, path)) = found else {
        return Ok(Answer { status: 204, headers: Vec::new(), content: None });
    };
    let octets = std::fs::read(&path).map_err(|cause| BooksError::Disk { path, cause })?;
    let mut answer = Answer::of(200, "application/xml", octets);
    answer.headers.push(("report-id", report_id(&bank.letterhead.id, number)));
    answer.headers.push(("report-kind", row.kind.to_string()));
    answer.headers.push(("next-cursor", number.to_string()));
    Ok(answer)
}

/// Name of a report in the list and of its callback event.
pub fn report_id(bank: &str, document: u32) -> String {
    format!("{bank}R{document:010}")
}

/// Lines of the ledger that touch customers' accounts, after a posting number.
pub fn ledger_lines(bank: &Bank, client: &str, after: u32) -> Result<Answer, SandboxError> {
    const LINES_MAX: usize = 10_000;
    let books = bank.books()?;
    let mut body = Vec::new();
    let mut last = after;
    let mut count = 0;
    let own =
        |id: &str| bank.config.account.iter().any(|account| account.id() == id && account.client == client);
    let mut number = after.saturating_add(1);
    while let Some(posting) = books.ledger.posting(number) {
        if count == LINES_MAX {
            break;
        }
        last = number;
        let (debit, credit) =
            (books.ledger.account_at(posting.debit), books.ledger.account_at(posting.credit));
        let side = match (debit, credit) {
            (Some(account), _) if own(&account.id) => Some((account, "debit")),
            (_, Some(account)) if own(&account.id) => Some((account, "credit")),
            _ => None,
        };
        if let Some((account, direction)) = side {
            let line = ledger_line(&books, (number, posting), account, direction);
            body.extend_from_slice(line.to_string().as_bytes());
            body.push(b'\n');
            count += 1;
        }
        number = number.saturating_add(1);
    }
    let mut answer = Answer::of(200, "application/x-ndjson", body);
    answer.headers.push(("next-cursor", last.to_string()));
    Ok(answer)
}

fn ledger_line(
    books: &Books,
    (number, posting): (u32, &ledger::Posting),
    account: &ledger::LedgerAccount,
    direction: &str,
) -> serde_json::Value {
    let mut line = serde_json::json!({
        "n": number,
        "account": account.id,
        "direction": direction,
        "amount": ledger::money(posting.minor, account.currency),
        "currency": account.currency.code(),
        "kind": posting.kind.name(),
        "date": posting.day.to_string(),
    });
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            line[name] = value.into();
        }
    };
    let foreign = books.ledger.entry(posting.entry).and_then(|entry| entry.foreign.as_ref());
    if let Some(end_to_end_id) = foreign.and_then(|foreign| foreign.end_to_end_id.as_deref()) {
        put("end_to_end_id", end_to_end_id);
    }
    if let Some(order) = books.order(posting.order)
        && let Some(payment) = order.lines.get(posting.line as usize)
    {
        put("message_id", &order.message_id);
        put("end_to_end_id", order.text(payment.end_to_end_id));
        put("instruction_id", order.text(payment.instruction_id));
        put("uetr", Order::uetr(payment).as_deref().unwrap_or_default());
    }
    line
}
