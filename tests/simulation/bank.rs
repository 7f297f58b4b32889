//! The bank of the model: its own ledger, its own duplicate check, its own way of telling. It knows
//! nothing of the gateway's code but the writers of its reports. What it tells is written in `telling`.

use super::options::{Fault, Options, Recognises};
use super::order::{Order, Payment};
use super::random::Stream;
use super::telling;
use super::world::{Event, Violation, World};
use chrono::{DateTime, Duration, Utc};
use girogate::bank::profile::REFERENCE_PROFILE;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Its id in the gateway's configuration.
pub const BANK: &str = girogate::engine::demonstration::BANK;
/// How long a message is on its way inside the bank before inquiries know it, as the profile states.
const INGESTION_LAG_MS: u64 = 5_000;
/// How long the check by the header's key remembers.
const KEY_WINDOW_S: i64 = 1_800;
/// How often a callback is tried.
const CALLBACK_TRIES: u32 = 4;

/// The profile that tells the truth about this bank.
pub fn profile_text(options: &Options) -> String {
    let (check, attempts, window_ms) = match options.recognises {
        Recognises::Nothing => ("none", 1, 0),
        Recognises::MessageId => ("message_id", 3, 864_000_000),
        Recognises::EndToEndId => ("end_to_end_id", 3, 864_000_000),
        Recognises::HeaderKey => ("idempotency_key", 3, KEY_WINDOW_S * 1_000),
        Recognises::BodyBlind => ("body_blind_cache", 1, KEY_WINDOW_S * 1_000),
    };
    let inquiry = "inquiry_path = \"/v1/payments/{message_id}\"";
    let asked = if options.faults.contains(&Fault::NoInquiry) { "" } else { inquiry };
    let changes = [
        (inquiry.to_owned(), asked.to_owned()),
        ("duplicate_check = \"message_id\"".to_owned(), format!("duplicate_check = \"{check}\"")),
        ("duplicate_window_ms = 864000000".to_owned(), format!("duplicate_window_ms = {window_ms}")),
        ("attempts_max = 2".to_owned(), format!("attempts_max = {attempts}")),
        ("ingestion_lag_ms = 5000".to_owned(), format!("ingestion_lag_ms = {INGESTION_LAG_MS}")),
        (
            "inquiry_waits_ms = [1000, 2000, 4000]".to_owned(),
            "inquiry_waits_ms = [1000, 6000, 60000, 1800000]".to_owned(),
        ),
    ];
    changes.iter().fold(REFERENCE_PROFILE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the reference profile no longer says {from}");
        text.replace(from, to)
    })
}

/// What the bank answers to a submission.
pub enum Answer {
    /// It has it, under this reference of its own.
    Receipt(String),
    /// It has something of these ids already.
    Duplicate,
}

/// What the bank does next.
#[derive(Clone, Copy, Debug)]
pub enum Doing {
    /// Confirms a message.
    Confirm(usize),
    /// Executes a message: books, rejects.
    Execute(usize),
    /// Executes what waited.
    Late(usize),
    /// Sends money of a payment back.
    Return(usize, usize),
    /// Says again what it said earlier.
    Regress(usize),
    /// Says no after all.
    Deny(usize, usize),
    /// Closes the day: statements.
    CloseDay,
}

/// What becomes of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Book,
    Reject,
    Wait,
    RejectThenBook,
}

/// A movement on an account.
#[derive(Clone, Debug)]
pub struct Movement {
    pub account: String,
    pub debit: bool,
    pub amount: Decimal,
    pub currency: String,
    pub reference: String,
    pub at: DateTime<Utc>,
    /// The payments: one, or all of a block.
    pub payments: Vec<Payment>,
    pub message_id: String,
    pub payment_information_id: String,
    pub collective: bool,
}

/// A message at the bank.
pub struct Held {
    pub order: Order,
    pub key: String,
    pub at: DateTime<Utc>,
    pub reference: String,
    /// Inquiries know it from here on.
    pub known_from: DateTime<Utc>,
    /// The last group status that it was given.
    pub said: Option<&'static str>,
    pub fates: Vec<Fate>,
    pub silent: bool,
}

/// The bank.
pub struct Bank {
    seed: u64,
    pub recognises: Recognises,
    faults: BTreeSet<Fault>,
    pub held: Vec<Held>,
    pub ledger: Vec<Movement>,
    pub reports: Vec<Vec<u8>>,
    /// What it has told of each payment, by instruction id: the codes in authenticated reports.
    pub told: BTreeMap<String, BTreeSet<&'static str>>,
    /// Payments of requests that it refused before processing.
    pub refused: BTreeSet<String>,
    /// Payments that it booked twice of its own doing.
    pub doubled: BTreeSet<String>,
    pub answered: BTreeSet<usize>,
    /// Where the last statement ended in the ledger.
    pub stated: usize,
    pub statements: u64,
    sequence: u64,
}

impl Bank {
    pub fn new(seed: u64, options: &Options) -> Bank {
        Bank {
            seed,
            recognises: options.recognises,
            faults: options.faults.clone(),
            held: Vec::new(),
            ledger: Vec::new(),
            reports: Vec::new(),
            told: BTreeMap::new(),
            refused: BTreeSet::new(),
            doubled: BTreeSet::new(),
            answered: BTreeSet::new(),
            stated: 0,
            statements: 0,
            sequence: 0,
        }
    }

    pub fn recognises_messages(&self) -> bool {
        self.recognises != Recognises::Nothing
    }

    pub fn reports_count(&self) -> usize {
        self.reports.len()
    }

    pub fn report(&self, index: usize) -> Vec<u8> {
        self.reports[index].clone()
    }

    /// Debits of single payments in the ledger.
    pub fn debits(&self) -> usize {
        self.ledger.iter().filter(|movement| movement.debit).map(|movement| movement.payments.len()).sum()
    }

    /// Debits of an instruction, and what came back.
    pub fn booked(&self, instruction_id: &str) -> (usize, usize) {
        let of = |debit: bool| {
            let same = |movement: &&Movement| movement.debit == debit;
            let payments = self.ledger.iter().filter(same).flat_map(|movement| &movement.payments);
            payments.filter(|payment| payment.instruction_id == instruction_id).count()
        };
        (of(true), of(false))
    }

    /// A reference of its own.
    pub fn reference(&mut self) -> String {
        self.sequence += 1;
        format!("B{:08}", self.sequence)
    }

    /// The manner of this bank: whether it does such a thing to what bears this name.
    fn manner(&self, fault: Fault, name: &str, percent: u64) -> bool {
        self.faults.contains(&fault) && Stream::of(self.seed, name, fault as u64).percent(percent)
    }

    fn known(&self, order: &Order, key: &str, now: DateTime<Utc>) -> Option<usize> {
        let same = |held: &Held| match self.recognises {
            Recognises::Nothing => false,
            Recognises::MessageId => held.order.message_id == order.message_id,
            Recognises::EndToEndId => held
                .order
                .payments()
                .any(|(_, one)| order.payments().any(|(_, other)| one.end_to_end_id == other.end_to_end_id)),
            Recognises::HeaderKey | Recognises::BodyBlind => {
                held.key == key && now - held.at < Duration::seconds(KEY_WINDOW_S)
            }
        };
        self.held.iter().position(same)
    }

    fn fate(&self, payment: &Payment) -> Fate {
        let name = &payment.end_to_end_id;
        if self.manner(Fault::BookedAfterReject, name, 25) {
            Fate::RejectThenBook
        } else if self.manner(Fault::Reject, name, 35) {
            Fate::Reject
        } else if self.manner(Fault::Pending, name, 35) {
            Fate::Wait
        } else {
            Fate::Book
        }
    }

    pub fn tell(&mut self, instruction_id: &str, code: &'static str) {
        self.told.entry(instruction_id.to_owned()).or_default().insert(code);
    }
}

/// Takes a message, or recognises it.
pub fn receive(world: &mut World, octets: &[u8], key: &str) -> Result<Answer, Violation> {
    let order = Order::read(octets)
        .ok_or_else(|| world.violation("engine", "the bank cannot read a message of ours".to_owned()))?;
    if let Some(known) = world.bank.known(&order, key, world.now) {
        world.reach("resend recognised by the bank");
        world.note(format!("the bank has {} already", order.message_id));
        return Ok(match world.bank.recognises {
            Recognises::BodyBlind => Answer::Receipt(world.bank.held[known].reference.clone()),
            _ => Answer::Duplicate,
        });
    }
    world.note(format!("the bank takes {}", order.message_id));
    let lies = if world.fault(Fault::InquiryLies, 50) { 120_000 } else { INGESTION_LAG_MS };
    let lag = world.delay(0, lies);
    let reference = world.bank.reference();
    let mut fates: Vec<Fate> = order.payments().map(|(_, payment)| world.bank.fate(payment)).collect();
    if world.bank.manner(Fault::RejectMessage, &order.message_id, 40) {
        fates.iter_mut().for_each(|fate| *fate = Fate::Reject);
        world.reach("rejected message");
    }
    let silent = world.bank.manner(Fault::NoStatus, &order.message_id, 50);
    let index = world.bank.held.len();
    let duplicate_report = world.bank.manner(Fault::DuplicateReport, &order.message_id, 40);
    world.bank.held.push(Held {
        known_from: world.now + Duration::milliseconds(lag),
        at: world.now,
        key: key.to_owned(),
        reference: reference.clone(),
        said: None,
        fates,
        silent,
        order,
    });
    if duplicate_report {
        world.reach("duplicate called in a report");
        telling::duplicate(world, index);
    }
    let early = world.fault(Fault::CallbackEarly, 50);
    let confirm = if early { 0 } else { world.delay(300, 20_000) };
    world.at(confirm, Event::Bank(Doing::Confirm(index)));
    let execute = world.delay(30_000, 300_000);
    world.at(execute, Event::Bank(Doing::Execute(index)));
    Ok(Answer::Receipt(reference))
}

/// Refuses a request before processing.
pub fn refuse(world: &mut World, octets: &[u8]) {
    world.reach("message refused before processing");
    let Some(order) = Order::read(octets) else { return };
    world.note(format!("the bank refuses this request with {}", order.message_id));
    for (_, payment) in order.payments() {
        world.bank.refused.insert(payment.instruction_id.clone());
    }
}

/// What the bank says when asked about a message id.
pub fn inquired(world: &mut World, message_id: &str) -> Option<Vec<u8>> {
    let index = world.bank.held.iter().position(|held| held.order.message_id == message_id)?;
    if world.bank.held[index].known_from > world.now {
        world.reach("inquiry: not found though the bank has it");
        return None;
    }
    Some(telling::on_request(world, index))
}

/// Goes on.
pub fn go_on(world: &mut World, doing: Doing) -> Result<(), Violation> {
    match doing {
        Doing::Confirm(index) => {
            if !world.bank.held[index].silent {
                telling::group(world, index, "ACCP");
            }
            Ok(())
        }
        Doing::Execute(index) => execute(world, index),
        Doing::Late(index) => late(world, index),
        Doing::Return(index, payment) => send_back(world, index, payment),
        Doing::Regress(index) => {
            world.reach("status went back");
            telling::group(world, index, "ACSP");
            Ok(())
        }
        Doing::Deny(index, payment) => {
            world.reach("rejected after settlement");
            telling::payments(world, index, &[(payment, "RJCT")]);
            Ok(())
        }
        Doing::CloseDay => {
            let from = telling::statement(world);
            if world.bank.faults.contains(&Fault::StatementTwice) {
                telling::statement_again(world, from);
            }
            Ok(())
        }
    }
}

fn execute(world: &mut World, index: usize) -> Result<(), Violation> {
    let held = &world.bank.held[index];
    let (fates, silent) = (held.fates.clone(), held.silent);
    let names: Vec<String> =
        held.order.payments().map(|(_, payment)| payment.end_to_end_id.clone()).collect();
    let message_id = held.order.message_id.clone();
    let all_booked = fates.iter().all(|fate| *fate == Fate::Book);
    let words: Vec<(usize, &'static str)> = fates
        .iter()
        .enumerate()
        .map(|(number, fate)| match fate {
            Fate::Book => (number, "ACSC"),
            Fate::Reject | Fate::RejectThenBook => (number, "RJCT"),
            Fate::Wait => (number, "PDNG"),
        })
        .collect();
    let collective = all_booked && world.bank.manner(Fault::Collective, &message_id, 60);
    let settled: Vec<usize> =
        words.iter().filter(|(_, word)| *word == "ACSC").map(|(number, _)| *number).collect();
    book(world, index, &settled, collective)?;
    if words.iter().any(|(_, word)| *word == "RJCT") {
        world.reach("rejected");
    }
    let speaks = !silent || words.iter().any(|(_, word)| *word == "RJCT");
    if silent {
        world.reach("booked without a status");
    }
    if speaks {
        match all_booked {
            true => telling::group(world, index, "ACSC"),
            false => telling::payments(world, index, &words),
        }
    }
    let later = fates.iter().any(|fate| matches!(fate, Fate::Wait | Fate::RejectThenBook));
    if later {
        let delay = world.delay(600_000, 7_200_000);
        world.at(delay, Event::Bank(Doing::Late(index)));
    }
    if all_booked && !silent && world.bank.manner(Fault::Regress, &message_id, 60) {
        let delay = world.delay(1_000, 600_000);
        world.at(delay, Event::Bank(Doing::Regress(index)));
    }
    for number in settled {
        after_booking(world, (index, number), &names[number], words.len() > 1 && !all_booked);
    }
    Ok(())
}

fn after_booking(world: &mut World, (index, number): (usize, usize), name: &str, partial: bool) {
    if world.bank.manner(Fault::RejectAfterSettled, name, 30) {
        let delay = world.delay(1_000, 600_000);
        world.at(delay, Event::Bank(Doing::Deny(index, number)));
    }
    if world.bank.manner(Fault::LateReturn, name, 30) {
        if partial {
            world.reach("partly rejected message with a late return");
        }
        let delay = world.delay(86_400_000, 140_000_000);
        world.at(delay, Event::Bank(Doing::Return(index, number)));
    } else if world.bank.manner(Fault::Return, name, 30) {
        let delay = world.delay(60_000, 7_200_000);
        world.at(delay, Event::Bank(Doing::Return(index, number)));
    }
}

/// What waited is booked, and what was rejected by mistake too.
fn late(world: &mut World, index: usize) -> Result<(), Violation> {
    let fates = world.bank.held[index].fates.clone();
    let waited = |wanted: Fate| -> Vec<usize> {
        fates.iter().enumerate().filter(|(_, fate)| **fate == wanted).map(|(number, _)| number).collect()
    };
    let (waiting, mistaken) = (waited(Fate::Wait), waited(Fate::RejectThenBook));
    if !mistaken.is_empty() {
        world.reach("debit after rejection");
    }
    book(world, index, &[waiting.clone(), mistaken].concat(), false)?;
    let words: Vec<(usize, &'static str)> = waiting.iter().map(|number| (*number, "ACSC")).collect();
    if !words.is_empty() && !world.bank.held[index].silent {
        telling::payments(world, index, &words);
    }
    Ok(())
}

/// Books payments of a message, each by itself or each block at once, and tells of it.
fn book(world: &mut World, index: usize, numbers: &[usize], collective: bool) -> Result<(), Violation> {
    let order = world.bank.held[index].order.clone();
    let mut movements = Vec::new();
    let mut number = 0;
    for block in &order.blocks {
        let mut chosen = Vec::new();
        for payment in &block.payments {
            if numbers.contains(&number) {
                chosen.push(payment.clone());
            }
            number += 1;
        }
        let groups: Vec<Vec<Payment>> = match collective && chosen.len() > 1 {
            true => vec![chosen],
            false => chosen.into_iter().map(|payment| vec![payment]).collect(),
        };
        for payments in groups {
            if payments.len() > 1 {
                world.reach("collective debit");
            }
            let twice =
                payments.len() == 1 && world.bank.manner(Fault::BookedTwice, &payments[0].end_to_end_id, 30);
            for time in 0..=u32::from(twice) {
                if time == 1 {
                    world.bank.doubled.insert(payments[0].instruction_id.clone());
                }
                let movement = Movement {
                    account: block.debtor.clone(),
                    debit: true,
                    amount: payments.iter().map(|payment| payment.amount).sum(),
                    currency: payments[0].currency.clone(),
                    reference: world.bank.reference(),
                    at: world.now,
                    payments: payments.clone(),
                    message_id: order.message_id.clone(),
                    payment_information_id: block.id.clone(),
                    collective: payments.len() > 1,
                };
                world.bank.ledger.push(movement.clone());
                movements.push(movement);
            }
        }
    }
    super::watch::ledger(world)?;
    let notice = format!("notice of {}", order.message_id);
    let only_statement = [Fault::Collective, Fault::NoStatus];
    if !movements.is_empty() && !only_statement.iter().any(|fault| world.bank.manner(*fault, &notice, 40)) {
        telling::notification(world, &movements);
    }
    Ok(())
}

fn send_back(world: &mut World, index: usize, number: usize) -> Result<(), Violation> {
    world.reach("return");
    let order = &world.bank.held[index].order;
    let Some((block, payment)) = order.payments().nth(number) else { return Ok(()) };
    let movement = Movement {
        account: block.debtor.clone(),
        debit: false,
        amount: payment.amount,
        currency: payment.currency.clone(),
        reference: String::new(),
        at: world.now,
        payments: vec![payment.clone()],
        message_id: order.message_id.clone(),
        payment_information_id: block.id.clone(),
        collective: false,
    };
    let movement = Movement { reference: world.bank.reference(), ..movement };
    world.bank.ledger.push(movement.clone());
    telling::notification(world, &[movement]);
    Ok(())
}

/// A report is there: it can be fetched, and is pushed.
pub fn publish(world: &mut World, octets: Vec<u8>, what: &str) {
    let report = world.bank.reports.len();
    world.note(format!("the bank says {what} in report {report}"));
    world.bank.reports.push(octets);
    let life = world.gateway.life;
    let poll = world.delay(2_000, 30_000);
    world.at(poll, Event::Poll(life));
    if world.fault(Fault::CallbackLost, 50) {
        return;
    }
    let late = world.fault(Fault::CallbackLate, 50);
    let delay = if late { world.delay(1_000, 600_000) } else { world.delay(1, 400) };
    world.at(delay, Event::Callback(report, 0));
    if world.fault(Fault::CallbackTwice, 50) {
        world.reach("callback repeated");
        let delay = world.delay(1, 60_000);
        world.at(delay, Event::Callback(report, 0));
    }
}

/// The gateway has answered a callback: from here on it must have it.
pub fn callback_answered(world: &mut World, report: usize, _count: u32) {
    world.bank.answered.insert(report);
}

/// Nobody answered; the bank tries again some times.
pub fn callback_unanswered(world: &mut World, report: usize, count: u32) {
    if count + 1 < CALLBACK_TRIES {
        let delay = world.delay(5_000, 60_000);
        world.at(delay, Event::Callback(report, count + 1));
    }
}
