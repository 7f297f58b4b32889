//! The back office: does what is due, step by step. Money first, made durable together with the step;
//! then the word about it. Killed anywhere, it goes on with the first step that is not done.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::bank::{Bank, SandboxError, write_durably};
use super::behaviour::{Behaviour, Fault};
use super::order::Order;
use super::plan::{Act, StatusReport, Step};
use super::postings::Sheet;
use super::record::{Delivery, DocumentLine, Record};
use super::reports::{
    self, CAMT_029, CAMT_053, CAMT_054, Octets, PACS_002, PAGE_ENTRIES_MAX, PAIN_002, Page,
};
use super::resolutions::resolution;
use crate::domain::calendar::Calendar;

/// Does all that is due until the bank stops. Returns why it had to.
pub async fn run(bank: Arc<Bank>) -> Result<(), SandboxError> {
    let mut news = bank.news();
    while !bank.is_stopping() {
        let due = bank.books()?.due_first();
        let wait_us = due.map(|(at, ..)| at.saturating_sub(Utc::now().timestamp_micros()));
        match wait_us {
            Some(..=0) => {
                let worker = bank.clone();
                let worked = tokio::task::spawn_blocking(move || work_until(&worker, Utc::now())).await;
                worked.map_err(|_| SandboxError::Died { part: "the back office" })??;
            }
            Some(wait_us) => {
                let pause = std::time::Duration::from_micros(wait_us.unsigned_abs());
                let _elapsed = tokio::time::timeout(pause, news.changed()).await.is_err();
            }
            // The sender lives in the bank, so news can only come.
            None => news.changed().await.map_err(|_| SandboxError::Died { part: "the bank" })?,
        }
    }
    Ok(())
}

/// Does everything that is due by an instant, in order.
fn work_until(bank: &Bank, until: DateTime<Utc>) -> Result<(), SandboxError> {
    let _turn = bank.booking()?;
    loop {
        let due = bank.books()?.due_first();
        match due {
            Some((at, order, step)) if at <= until.timestamp_micros() && !bank.is_stopping() => {
                attempt(bank, order, step)?;
            }
            _ => return Ok(()),
        }
    }
}

/// What a step works on.
struct Desk {
    order: Arc<Order>,
    steps: Arc<Vec<Step>>,
    behaviour: Arc<Behaviour>,
    position: u32,
    day: NaiveDate,
    now: DateTime<Utc>,
    document_next: u32,
}

impl Desk {
    fn open(bank: &Bank, order: u32, position: u32) -> Result<Desk, SandboxError> {
        let books = bank.books()?;
        let died = SandboxError::Died { part: "an order" };
        let (Some(order), Some(day)) = (books.order(order), books.day) else { return Err(died) };
        let Some(progress) = books.progress_of(order.number) else { return Err(died) };
        Ok(Desk {
            steps: progress.steps.clone(),
            behaviour: books.behaviour_of(order.behaviour),
            document_next: books.document_next(),
            now: Utc::now(),
            position,
            day,
            order,
        })
    }

    /// The line of a report that this step makes.
    fn document(&self, number: u32, kind: &'static str, delivery: (Delivery, u64), file: u32) -> Record<'_> {
        let delay_us = i64::try_from(delivery.1.saturating_mul(1000)).unwrap_or(i64::MAX);
        Record::Document(DocumentLine {
            number,
            client: self.order.client.as_str().into(),
            kind: kind.into(),
            order: Some(self.order.number),
            step: Some(self.position),
            delivery: delivery.0,
            due: self.now.timestamp_micros().saturating_add(delay_us),
            file,
        })
    }

    fn step_done<'a>(&self) -> Record<'a> {
        Record::Step { order: self.order.number, step: self.position, at: self.now.timestamp_micros() }
    }
}

/// One report that a step makes.
struct Made {
    kind: &'static str,
    octets: Octets,
}

/// Does a step. A report that cannot be written is left out and shown in the log: an inquiry still tells
/// what it would have said, and the other clients' reports must not wait for it.
fn attempt(bank: &Bank, order: u32, step: u32) -> Result<(), SandboxError> {
    match do_step(bank, order, step) {
        Err(SandboxError::Report(error)) => {
            tracing::error!(code = error.code(), order, step, %error, "a report cannot leave");
            let at = Utc::now().timestamp_micros();
            commit(bank, &[Record::Step { order, step, at }])
        }
        done => done,
    }
}

/// Does one step at once, outside its turn. The caller holds the right to book.
pub fn do_step(bank: &Bank, order: u32, position: u32) -> Result<(), SandboxError> {
    let desk = Desk::open(bank, order, position)?;
    let Some(step) = desk.steps.get(position as usize) else {
        return Err(SandboxError::Died { part: "a plan" });
    };
    match &step.act {
        Act::Debit { .. } | Act::Credit(_) | Act::Stranger { .. } => book(bank, &desk, &step.act),
        _ if step.quiet => commit(bank, &[desk.step_done()]),
        Act::Report(report) => {
            let octets = report_of(bank, &desk, report)?;
            publish(bank, &desk, vec![Made { kind: PAIN_002, octets }])
        }
        Act::ReportAgain { step } => repeat(bank, &desk, *step),
        Act::Relay { lines } => {
            let id = bank.letterhead.report_id(order, position);
            let octets = reports::relayed_report(&bank.letterhead, &desk.order, lines, (id, desk.now))?;
            publish(bank, &desk, vec![Made { kind: PACS_002, octets }])
        }
        Act::Notify { step } => notify(bank, &desk, *step),
        Act::Resolve { cancellation, stage } => {
            let Some(line) = bank.books()?.cancellation_at(*cancellation).cloned() else {
                return Err(SandboxError::Died { part: "a request for cancellation" });
            };
            let id = bank.letterhead.report_id(order, position);
            let octets = resolution(&bank.letterhead, Some(&desk.order), (&line, *stage), (id, desk.now))?;
            publish(bank, &desk, vec![Made { kind: CAMT_029, octets }])
        }
    }
}

fn commit(bank: &Bank, records: &[Record<'_>]) -> Result<(), SandboxError> {
    bank.books()?.commit(records)?;
    Ok(())
}

fn book(bank: &Bank, desk: &Desk, act: &Act) -> Result<(), SandboxError> {
    let numbers = {
        let books = bank.books()?;
        (books.ledger.entry_next(), books.ledger.posting_next())
    };
    let mut sheet = Sheet::new(&desk.order, desk.position, desk.day, numbers);
    match act {
        Act::Debit { lines } => sheet.debit(lines, bank.config.processing.booking),
        Act::Credit(credit) => sheet.credit(credit),
        Act::Stranger { line, what } => sheet.stranger(*line, *what, &bank.letterhead.name),
        _ => {}
    }
    let mut records = sheet.records;
    records.push(desk.step_done());
    commit(bank, &records)
}

/// The notification of what a step booked, one document per account.
fn notify(bank: &Bank, desk: &Desk, step: u32) -> Result<(), SandboxError> {
    let mut extracts = {
        let books = bank.books()?;
        let booked =
            books.progress_of(desk.order.number).and_then(|progress| progress.booked.get(&step).copied());
        let (first, count) = booked.unwrap_or((0, 0));
        books.extracts(first..first.saturating_add(count))
    };
    let wrong = desk.behaviour.befalls(Fault::WrongSums, &desk.order.message_id).is_some();
    let id = bank.letterhead.report_id(desk.order.number, desk.position);
    let mut made = Vec::new();
    for (index, extract) in extracts.iter_mut().enumerate() {
        extract.error_minor = i64::from(wrong);
        let octets = reports::notification(&bank.letterhead, extract, (format!("{id}-{index}"), desk.now))?;
        made.push(Made { kind: CAMT_054, octets });
    }
    publish(bank, desk, made)
}

fn report_of(bank: &Bank, desk: &Desk, report: &StatusReport) -> Result<Octets, SandboxError> {
    let named_by = report.identification_of.unwrap_or(desk.position);
    let id = bank.letterhead.report_id(desk.order.number, named_by);
    Ok(reports::status_report(&bank.letterhead, &desk.order, report, (id, desk.now))?)
}

/// Lists the report of an earlier step once more, with the same octets.
fn repeat(bank: &Bank, desk: &Desk, step: u32) -> Result<(), SandboxError> {
    let mut records = Vec::new();
    {
        let books = bank.books()?;
        let made =
            books.progress_of(desk.order.number).and_then(|progress| progress.reported.get(&step).copied());
        if let Some(row) = made.and_then(|number| books.document(number)) {
            records.push(desk.document(desk.document_next, PAIN_002, (Delivery::Once, 0), row.file));
        }
    }
    records.push(desk.step_done());
    commit(bank, &records)?;
    bank.announce();
    Ok(())
}

/// Puts the reports of a step on the disk and into the list, and the step behind them.
fn publish(bank: &Bank, desk: &Desk, made: Vec<Made>) -> Result<(), SandboxError> {
    let mut records = Vec::new();
    for (index, report) in made.iter().enumerate() {
        let number = desk.document_next + index as u32;
        let path = bank.books()?.document_path(number);
        write_durably(&path, &report.octets)?;
        let subject = format!("{}/{}/{index}", desk.order.message_id, desk.position);
        let (delivery, delay_ms) = delivery_of(&desk.behaviour, &subject);
        records.push(desk.document(number, report.kind, (delivery, delay_ms), number));
    }
    records.push(desk.step_done());
    commit(bank, &records)?;
    bank.announce();
    Ok(())
}

/// What the script does to the callback of a report.
fn delivery_of(behaviour: &Behaviour, subject: &str) -> (Delivery, u64) {
    let befalls = |fault| behaviour.befalls(fault, subject);
    let delay_ms = befalls(Fault::LateCallback).map_or(0, |rule| rule.delay_ms);
    let delivery = match () {
        () if befalls(Fault::LoseCallback).is_some() => Delivery::Never,
        () if befalls(Fault::UnsignedCallback).is_some() => Delivery::Unsigned,
        () if befalls(Fault::RepeatCallback).is_some() => Delivery::Hundredfold,
        () if befalls(Fault::DuplicateCallback).is_some() => Delivery::Twice,
        () => Delivery::Once,
    };
    (delivery, delay_ms)
}

/// What the end of a business day brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayEnd {
    /// The day that ended.
    pub closed: NaiveDate,
    /// The day that begins.
    pub next: NaiveDate,
    /// Statements made.
    pub statements: usize,
}

/// Ends the business day: what is due on it is done, each account gets its statement, the next day begins.
pub fn end_day(bank: &Bank) -> Result<DayEnd, SandboxError> {
    work_until(bank, DateTime::<Utc>::MAX_UTC)?;
    let _turn = bank.booking()?;
    let now = Utc::now();
    let (closed, due, first) = {
        let books = bank.books()?;
        let day = books.day.ok_or(SandboxError::Died { part: "the calendar" })?;
        (day, books.statements_due(), books.document_next())
    };
    let next = Calendar::Target.next_business_day(closed);
    let mut records = Vec::new();
    let mut number = first;
    for (client, extract) in &due {
        let pages = extract.entries.len().div_ceil(PAGE_ENTRIES_MAX).max(1);
        for page in 1..=pages {
            let page = Page { number: page, of: pages };
            let octets = reports::statement(&bank.letterhead, extract, (closed, page), now)?;
            let path = bank.books()?.document_path(number);
            write_durably(&path, &octets)?;
            records.push(Record::Document(DocumentLine {
                number,
                client: client.as_str().into(),
                kind: CAMT_053.into(),
                order: None,
                step: None,
                delivery: Delivery::Once,
                due: now.timestamp_micros(),
                file: number,
            }));
            number += 1;
        }
    }
    let (closed_text, next_text) = (closed.to_string(), next.to_string());
    let at = now.timestamp_micros();
    records.push(Record::DayClosed { closed: closed_text.into(), next: next_text.into(), at });
    commit(bank, &records)?;
    bank.announce();
    Ok(DayEnd { closed, next, statements: due.len() })
}
