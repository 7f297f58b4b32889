//! What the bank of the model tells: real pain.002, camt.054 and camt.053 octets, made with the
//! writers of the gateway's own messages, so that its real readers run. Never what happens.

use super::bank::{Movement, publish};
use super::order::Order;
use super::world::World;
use chrono::{DateTime, Utc};
use girogate::domain::entry::Direction;
use girogate::domain::payout::Code;
use girogate::messages::emit::Money;
use girogate::messages::record::{AccountId, BankTransactionCode};
use girogate::messages::write_camt::{
    self as camt, AccountReport, Balance, Batch, Entry, References, ReportKind, Returned, Transaction,
};
use girogate::messages::write_status::{
    self as status, BlockStatus, GroupStatus, Header, Reason, TransactionStatus, write_pain_002,
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What lies on an account at the start.
const OPENING: i64 = 1_000_000;
/// The account that is stated every day, whether or not anything moved.
pub const ACCOUNT: &str = "DE90999999990000004711";

fn header(world: &World, number: usize) -> Header {
    Header {
        version: status::VERSION,
        message_id: format!("STATUS-{number:06}"),
        created: world.now,
        agent: None,
    }
}

fn group_of(order: &Order, said: Option<&str>) -> GroupStatus {
    GroupStatus {
        message_id: order.message_id.clone(),
        message_name: "pain.001.001.09".to_owned(),
        created: Some(order.created.clone()),
        status: said.map(str::to_owned),
        ..GroupStatus::default()
    }
}

fn reason(code: &str) -> Vec<Reason> {
    vec![Reason { code: Some(Code::Listed(code.to_owned())), ..Reason::default() }]
}

fn only_group(header: &Header, group: &GroupStatus) -> Vec<u8> {
    let mut octets = Vec::new();
    let none: Vec<(BlockStatus, Vec<TransactionStatus>)> = Vec::new();
    write_pain_002(&mut octets, header, group, none).expect("the writer takes it");
    octets
}

/// A word about a whole message.
pub fn group(world: &mut World, index: usize, code: &'static str) {
    let header = header(world, world.bank.reports.len());
    let order = world.bank.held[index].order.clone();
    let octets = only_group(&header, &group_of(&order, Some(code)));
    world.bank.held[index].said = Some(code);
    for (_, payment) in order.payments() {
        world.bank.tell(&payment.instruction_id, code);
    }
    publish(world, octets, &format!("{code} of {}", order.message_id));
}

/// The bank calls a message a duplicate, although it has it only once.
pub fn duplicate(world: &mut World, index: usize) {
    let header = header(world, world.bank.reports.len());
    let order = world.bank.held[index].order.clone();
    let group = GroupStatus { reasons: reason("DU01"), ..group_of(&order, Some("RJCT")) };
    let octets = only_group(&header, &group);
    publish(world, octets, &format!("duplicate of {}", order.message_id));
}

/// The answer to an inquiry: the last word, or that it has the message.
pub fn on_request(world: &mut World, index: usize) -> Vec<u8> {
    let header = Header { message_id: format!("ASKED-{:06}", world.events), ..header(world, 0) };
    let order = world.bank.held[index].order.clone();
    let code = world.bank.held[index].said.unwrap_or("RCVD");
    for (_, payment) in order.payments() {
        world.bank.tell(&payment.instruction_id, code);
    }
    only_group(&header, &group_of(&order, Some(code)))
}

/// Words about single payments of a message, by their numbers.
pub fn payments(world: &mut World, index: usize, words: &[(usize, &'static str)]) {
    let header = header(world, world.bank.reports.len());
    let order = world.bank.held[index].order.clone();
    let whole = words.len() == order.payments().count();
    let all = words.iter().all(|(_, code)| Some(*code) == words.first().map(|(_, code)| *code));
    let group = match (whole, all) {
        (true, true) => words.first().map(|(_, code)| *code),
        (true, false) => Some("PART"),
        (false, _) => None,
    };
    let mut number = 0;
    let mut blocks = Vec::new();
    for block in &order.blocks {
        let mut said = Vec::new();
        for payment in &block.payments {
            if let Some((_, code)) = words.iter().find(|(wanted, _)| *wanted == number) {
                world.bank.tell(&payment.instruction_id, code);
                said.push(TransactionStatus {
                    instruction_id: Some(payment.instruction_id.clone()),
                    end_to_end_id: Some(payment.end_to_end_id.clone()),
                    uetr: Some(payment.uetr.clone()).filter(|uetr| !uetr.is_empty()),
                    status: Some((*code).to_owned()),
                    reasons: if *code == "RJCT" { reason("AC04") } else { Vec::new() },
                    ..TransactionStatus::default()
                });
            }
            number += 1;
        }
        if !said.is_empty() {
            let about = BlockStatus { payment_information_id: block.id.clone(), ..BlockStatus::default() };
            blocks.push((about, said));
        }
    }
    if let Some(code) = group.filter(|code| *code != "PART") {
        world.bank.held[index].said = Some(code);
    }
    let mut octets = Vec::new();
    write_pain_002(&mut octets, &header, &group_of(&order, group), blocks).expect("the writer takes it");
    publish(world, octets, &format!("{words:?} of {}", order.message_id));
}

fn money(amount: Decimal, currency: &str) -> Money {
    let mut value = amount;
    value.rescale(2);
    Money { value, currency: currency.to_owned() }
}

fn entry_of(movement: &Movement) -> (Entry, Vec<Transaction>) {
    let direction = if movement.debit { Direction::Debit } else { Direction::Credit };
    let code = BankTransactionCode {
        domain: Some("PMNT".to_owned()),
        family: Some("ICDT".to_owned()),
        sub_family: Some(if movement.debit { "ESCT" } else { "RRTN" }.to_owned()),
        ..BankTransactionCode::default()
    };
    let amount = money(movement.amount, &movement.currency);
    let batch = movement.collective.then(|| Batch {
        message_id: Some(movement.message_id.clone()),
        payment_information_id: Some(movement.payment_information_id.clone()),
        count: Some(movement.payments.len() as u64),
        total: Some((amount.clone(), direction)),
    });
    let entry = Entry {
        reference: None,
        amount,
        direction,
        reversal: None,
        status: "BOOK".to_owned(),
        booking_date: Some(movement.at.date_naive()),
        value_date: Some(movement.at.date_naive()),
        account_servicer_reference: Some(movement.reference.clone()),
        bank_transaction_code: code,
        charges: Vec::new(),
        batch,
        additional_text: None,
    };
    let detail = |payment: &super::order::Payment| Transaction {
        references: References {
            message_id: Some(movement.message_id.clone()),
            payment_information_id: Some(movement.payment_information_id.clone()),
            instruction_id: Some(payment.instruction_id.clone()),
            end_to_end_id: Some(payment.end_to_end_id.clone()),
            uetr: Some(payment.uetr.clone()).filter(|uetr| !uetr.is_empty()),
            account_servicer_reference: Some(movement.reference.clone()),
            ..References::default()
        },
        amount: Some((money(payment.amount, &payment.currency), direction)),
        returned: (!movement.debit).then(|| Returned {
            original_code: None,
            originator: None,
            reason: Some(Code::Listed("AC04".to_owned())),
            text: Vec::new(),
        }),
        ..Transaction::default()
    };
    let details = match movement.collective {
        true => Vec::new(),
        false => movement.payments.iter().map(detail).collect(),
    };
    (entry, details)
}

fn account(number: &str) -> AccountId {
    let iban = number.starts_with(|first: char| first.is_ascii_alphabetic());
    AccountId { iban: iban.then(|| number.to_owned()), other: (!iban).then(|| number.to_owned()) }
}

fn by_account(movements: &[Movement]) -> BTreeMap<(String, String), Vec<&Movement>> {
    let mut accounts: BTreeMap<(String, String), Vec<&Movement>> = BTreeMap::new();
    for movement in movements {
        accounts.entry((movement.account.clone(), movement.currency.clone())).or_default().push(movement);
    }
    accounts
}

fn camt_header(world: &World, message_id: String) -> camt::Header {
    camt::Header { version: camt::VERSION, message_id, created: world.now, recipient: None, page: None }
}

/// Movements as they happen.
pub fn notification(world: &mut World, movements: &[Movement]) {
    let number = world.bank.reports.len();
    let reports = by_account(movements).into_iter().map(|((name, currency), movements)| {
        let report = AccountReport {
            id: format!("N{number:06}-{currency}"),
            created: Some(world.now),
            account: account(&name),
            currency: Some(currency),
            ..AccountReport::default()
        };
        (report, movements.into_iter().map(entry_of).collect::<Vec<_>>())
    });
    let mut octets = Vec::new();
    let header = camt_header(world, format!("NOTICE-{number:06}"));
    camt::write(&mut octets, ReportKind::Notification, &header, reports.collect::<Vec<_>>())
        .expect("the writer takes it");
    let what: Vec<String> = movements.iter().map(|movement| movement.reference.clone()).collect();
    publish(world, octets, &format!("notification of {what:?}"));
}

fn balance(code: &str, amount: Decimal, (currency, at): (&str, DateTime<Utc>)) -> Balance {
    let direction = if amount.is_sign_negative() { Direction::Debit } else { Direction::Credit };
    Balance { code: code.to_owned(), amount: money(amount.abs(), currency), direction, date: at.date_naive() }
}

fn net(movements: &[Movement], account: &str) -> Decimal {
    let signed = |movement: &Movement| if movement.debit { -movement.amount } else { movement.amount };
    movements.iter().filter(|movement| movement.account == account).map(signed).sum()
}

/// The statements of the day: everything since the last ones. Gives where they began.
pub fn statement(world: &mut World) -> usize {
    world.bank.statements += 1;
    let from = world.bank.stated;
    write_statement(world, from, "");
    world.bank.stated = world.bank.ledger.len();
    from
}

/// The same statements again under another message id, marked as a copy.
pub fn statement_again(world: &mut World, from: usize) {
    write_statement(world, from, "-AGAIN");
}

fn write_statement(world: &mut World, from: usize, suffix: &str) {
    let (before, after) = world.bank.ledger.split_at(from);
    let number = world.bank.statements;
    let mut reports = Vec::new();
    let mut accounts = by_account(after);
    accounts.entry((ACCOUNT.to_owned(), "EUR".to_owned())).or_default();
    for ((name, currency), movements) in accounts {
        let opening = Decimal::from(OPENING) + net(before, &name);
        let closing = opening + net(after, &name);
        let at = (currency.as_str(), world.now);
        let report = AccountReport {
            id: format!("S{number:04}-{currency}"),
            sequence: Some(number),
            created: Some(world.now),
            copy: (!suffix.is_empty()).then(|| "DUPL".to_owned()),
            account: account(&name),
            currency: Some(currency.clone()),
            balances: vec![balance("OPBD", opening, at), balance("CLBD", closing, at)],
            ..AccountReport::default()
        };
        reports.push((report, movements.into_iter().map(entry_of).collect::<Vec<_>>()));
    }
    let header = camt_header(world, format!("STATEMENT-{number:04}{suffix}"));
    let mut octets = Vec::new();
    camt::write(&mut octets, ReportKind::Statement, &header, reports).expect("the writer takes it");
    publish(world, octets, &format!("statement {number}{suffix}"));
}
