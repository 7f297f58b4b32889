//! Inputs of any size, the same on every run: payouts, the messages our own writers make of them, and payout files.
//! Never anything drawn at random.

use std::io;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use girogate::domain::account::{Account, Iban};
use girogate::domain::amount::Amount;
use girogate::domain::currency::Currency;
use girogate::domain::entry::Direction;
use girogate::domain::party::{Address, AddressParts, Party, PartyKind, PartyName};
use girogate::domain::payout::{
    ChargeBearer, Code, DatePolicy, Instruction, Payout, Rail, Remittance, Speed,
};
use girogate::domain::reference::{EndToEndId, ExternalId, MessageId, PaymentInformationId, PayoutToken};
use girogate::messages::emit::{Money, WriteError};
use girogate::messages::pain_001::{
    Block, Coding, Debtor, Header, InitiatingParty, Totals, UetrUse, Version, write,
};
use girogate::messages::record::{AccountId, BankTransactionCode, RemittanceInformation, TransactionParty};
use girogate::messages::write_camt::{self, ReportKind};
use girogate::messages::write_status;
use girogate::store::chain::sha256;
use rust_decimal::Decimal;

/// Different payouts made; longer messages repeat them, so that memory does not grow with the message.
const PAYOUTS_DIFFERENT_MAX: usize = 10_000;
/// A Monday morning.
const NOW_S: i64 = 1_795_424_400;
const NAMES: &[&str] = &[
    "Zoe Muller",
    "Francois Lefevre et Fils SARL",
    "Inigo Nunez Ordonez",
    "Lukasz Zolc",
    "Aegir Thordarson",
];
const TOWNS: &[&str] = &["Berlin", "Hamburg", "Leipzig", "Wuppertal", "Garmisch-Partenkirchen"];

/// The moment at which everything here happens.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW_S, 0).expect("a valid moment")
}

fn pick(texts: &[&'static str], number: usize) -> &'static str {
    texts.get(number % texts.len()).copied().expect("the remainder is an index")
}

/// A German IBAN made from a number. Source of the check digits: ISO 13616-1.
fn iban(number: usize) -> String {
    let bban = format!("99999999{:010}", 10_000 + number);
    // D and E are 13 and 14, and 00 stands where the check digits will.
    let remainder =
        format!("{bban}131400").bytes().fold(0_u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{bban}", 98 - remainder)
}

fn cents(number: usize) -> i64 {
    100 + (number as i64 * 7_919) % 250_000
}

fn money(number: usize) -> Money {
    Money { value: Decimal::new(cents(number), 2), currency: "EUR".to_owned() }
}

/// A payout in euro to an IBAN, with address and text; `number` makes its ids.
pub fn payout(number: usize) -> Payout {
    let external_id = format!("creator-{number:06}");
    let address = Address::parse(AddressParts {
        street: Some("Hauptstrasse".to_owned()),
        building_number: Some(format!("{}", 1 + number % 180)),
        postcode: Some(format!("{:05}", 10_000 + number % 80_000)),
        town: Some(pick(TOWNS, number).to_owned()),
        country: Some("DE".to_owned()),
        ..AddressParts::default()
    })
    .expect("an address with town and country");
    let mut creditor =
        Party::named(PartyName::parse(pick(NAMES, number)).expect("a name"), PartyKind::Individual);
    creditor.address = Some(address);
    Payout {
        token: PayoutToken::from_digest(sha256(&number.to_be_bytes())),
        tenant: "demo".to_owned(),
        end_to_end_id: EndToEndId::parse(&external_id).expect("a reference"),
        instruction: Instruction {
            external_id: ExternalId::parse(&external_id).expect("an id"),
            end_to_end_id: None,
            replaces: None,
            batch_id: None,
            debtor_account_ref: "demo-eur".to_owned(),
            amount: Amount::from_minor(cents(number), Currency::EUR).expect("within limits"),
            creditor,
            creditor_account: Account::Iban(Iban::parse(&iban(number)).expect("check digits are computed")),
            creditor_agent: None,
            speed: None,
            rail_preference: Vec::new(),
            requested_execution_date: None,
            date_policy: DatePolicy::RollForward,
            purpose: Some(Code::Listed("ROYA".to_owned())),
            category_purpose: None,
            remittance: Remittance::Unstructured(format!("Reward for November, statement {number}")),
            charge_bearer: None,
            batch_booking: None,
            ultimate_debtor: None,
            ultimate_creditor: None,
            allow_truncation: false,
        },
        speed: Speed::Standard,
        rail: Rail::SepaCreditTransfer,
        bank: "demo-bank".to_owned(),
        execution_date: date(),
        charge_bearer: Some(ChargeBearer::ServiceLevel),
        changes: Vec::new(),
    }
}

fn date() -> NaiveDate {
    now().date_naive()
}

/// The payouts of a message of this many payments; the message repeats them.
pub fn payouts(count: usize) -> Vec<Payout> {
    (0..count.min(PAYOUTS_DIFFERENT_MAX)).map(payout).collect()
}

/// Head and only block of a pain.001.001.09 with `count` payments.
pub fn heads(payouts: &[Payout], count: usize) -> (Header, Block) {
    let totals = Totals::of(payouts.iter().cycle().take(count)).expect("the sum fits");
    let header = Header {
        version: Version::V09,
        message_id: MessageId::parse("BENCH-0000000000000001").expect("an id"),
        created: now(),
        initiating_party: InitiatingParty { name: "Demo Creators Ltd".to_owned(), organisation_id: None },
        totals,
        uetr: UetrUse::Sent,
    };
    let block = Block {
        payment_information_id: PaymentInformationId::parse("BENCH-0000000000000001-1").expect("an id"),
        batch_booking: Some(true),
        totals,
        coding: Coding { service_level: Some(Code::Listed("SEPA".to_owned())), ..Coding::default() },
        execution_date: date(),
        debtor: Debtor {
            name: "Demo Creators Ltd".to_owned(),
            account: Account::Iban(Iban::parse(&iban(0)).expect("check digits are computed")),
            currency: Some(Currency::EUR),
            agent: None,
        },
        charge_bearer: Some(ChargeBearer::ServiceLevel),
    };
    (header, block)
}

/// Writes a pain.001.001.09 of `count` payments.
pub fn pain_001(out: &mut dyn io::Write, payouts: &[Payout], count: usize) -> Result<u64, WriteError> {
    let (header, block) = heads(payouts, count);
    write(out, &header, [(block, payouts.iter().cycle().take(count))])
}

fn account_id(number: usize) -> AccountId {
    AccountId { iban: Some(iban(number)), other: None }
}

fn transaction_code(sub_family: &str) -> BankTransactionCode {
    BankTransactionCode {
        domain: Some("PMNT".to_owned()),
        family: Some("ICDT".to_owned()),
        sub_family: Some(sub_family.to_owned()),
        ..BankTransactionCode::default()
    }
}

fn entry(number: usize) -> write_camt::Entry {
    write_camt::Entry {
        reference: Some(format!("{number:08}")),
        amount: money(number),
        direction: Direction::Debit,
        reversal: None,
        status: "BOOK".to_owned(),
        booking_date: Some(date()),
        value_date: Some(date()),
        account_servicer_reference: Some(format!("2026112300{number:012}")),
        bank_transaction_code: transaction_code("ESCT"),
        charges: Vec::new(),
        batch: None,
        additional_text: None,
    }
}

fn transaction(number: usize) -> write_camt::Transaction {
    let token = PayoutToken::from_digest(sha256(&number.to_be_bytes()));
    write_camt::Transaction {
        references: write_camt::References {
            message_id: Some("BENCH-0000000000000001".to_owned()),
            account_servicer_reference: Some(format!("2026112300{number:012}")),
            payment_information_id: Some("BENCH-0000000000000001-1".to_owned()),
            instruction_id: Some(token.base32()),
            end_to_end_id: Some(format!("creator-{number:06}")),
            uetr: Some(token.uetr()),
            ..write_camt::References::default()
        },
        amount: Some((money(number), Direction::Debit)),
        parties: write_camt::Parties {
            debtor: TransactionParty {
                name: Some("Demo Creators Ltd".to_owned()),
                account: Some(account_id(0)),
            },
            creditor: TransactionParty {
                name: Some(pick(NAMES, number).to_owned()),
                account: Some(account_id(number)),
            },
            ..write_camt::Parties::default()
        },
        purpose: Some(Code::Listed("ROYA".to_owned())),
        remittance: Some(RemittanceInformation {
            unstructured: vec![format!("Reward for November, statement {number}")],
            ..RemittanceInformation::default()
        }),
        acceptance: Some(now() + TimeDelta::seconds((number % 3_600) as i64)),
        ..write_camt::Transaction::default()
    }
}

/// Writes a camt.054.001.08 of `count` entries, each with its transaction.
pub fn camt_054(out: &mut dyn io::Write, count: usize) -> Result<u64, WriteError> {
    let entries = (0..count).map(|number| (entry(number), [transaction(number)]));
    write_report(out, ReportKind::Notification, Vec::new(), entries)
}

/// Writes a camt.053.001.08 of `count` entries, each with its transaction.
pub fn camt_053(out: &mut dyn io::Write, count: usize) -> Result<u64, WriteError> {
    let entries = (0..count).map(|number| (entry(number), [transaction(number)]));
    write_report(out, ReportKind::Statement, balances(), entries)
}

/// Writes a camt.053.001.08 with one entry that books `count` transactions.
pub fn collective(out: &mut dyn io::Write, count: usize) -> Result<u64, WriteError> {
    let entries = std::iter::once((entry(0), (0..count).map(transaction)));
    write_report(out, ReportKind::Statement, balances(), entries)
}

fn balances() -> Vec<write_camt::Balance> {
    let balance = |code: &str| write_camt::Balance {
        code: code.to_owned(),
        amount: money(0),
        direction: Direction::Credit,
        date: date(),
    };
    vec![balance("OPBD"), balance("CLBD")]
}

fn write_report(
    out: &mut dyn io::Write,
    kind: ReportKind,
    balances: Vec<write_camt::Balance>,
    entries: impl Iterator<Item = (write_camt::Entry, impl IntoIterator<Item = write_camt::Transaction>)>,
) -> Result<u64, WriteError> {
    let header = write_camt::Header {
        version: write_camt::VERSION,
        message_id: "REPORT-0000000000000001".to_owned(),
        created: now(),
        recipient: None,
        page: None,
    };
    let report = write_camt::AccountReport {
        id: "REPORT-1".to_owned(),
        created: Some(now()),
        account: account_id(0),
        currency: Some("EUR".to_owned()),
        balances,
        ..write_camt::AccountReport::default()
    };
    write_camt::write(out, kind, &header, [(report, entries)])
}

/// Writes a pain.002.001.10 of `count` statuses, every tenth a reject.
pub fn pain_002(out: &mut dyn io::Write, count: usize) -> Result<u64, WriteError> {
    let header = write_status::Header {
        version: write_status::VERSION,
        message_id: "STATUS-0000000000000001".to_owned(),
        created: now(),
        agent: Some("DEMODEFFXXX".to_owned()),
    };
    let group = write_status::GroupStatus {
        message_id: "BENCH-0000000000000001".to_owned(),
        message_name: "pain.001.001.09".to_owned(),
        count: Some(count as u64),
        status: Some("PART".to_owned()),
        ..write_status::GroupStatus::default()
    };
    let block = write_status::BlockStatus {
        payment_information_id: "BENCH-0000000000000001-1".to_owned(),
        ..write_status::BlockStatus::default()
    };
    write_status::write_pain_002(out, &header, &group, [(block, (0..count).map(status))])
}

fn status(number: usize) -> write_status::TransactionStatus {
    let token = PayoutToken::from_digest(sha256(&number.to_be_bytes()));
    let rejected = number.is_multiple_of(10);
    let reason = write_status::Reason {
        originator: None,
        code: Some(Code::Listed("AC04".to_owned())),
        text: vec!["account closed".to_owned()],
    };
    write_status::TransactionStatus {
        status_id: Some(format!("S{number:010}")),
        instruction_id: Some(token.base32()),
        end_to_end_id: Some(format!("creator-{number:06}")),
        uetr: Some(token.uetr()),
        status: Some(if rejected { "RJCT" } else { "ACSP" }.to_owned()),
        reasons: if rejected { vec![reason] } else { Vec::new() },
        echo: Some(write_status::Echo {
            amount: Some(money(number)),
            date: Some(date()),
            creditor: Some(pick(NAMES, number).to_owned()),
            creditor_account: Some(account_id(number)),
        }),
        ..write_status::TransactionStatus::default()
    }
}

/// Columns of the payout file, in the order of [`cells`].
pub const COLUMNS: &[&str] = &[
    "external_id",
    "debtor.account_ref",
    "amount.value",
    "amount.currency",
    "creditor.type",
    "creditor.name",
    "creditor.address.street",
    "creditor.address.building",
    "creditor.address.postcode",
    "creditor.address.town",
    "creditor.address.country",
    "creditor_account.iban",
    "purpose",
    "remittance.unstructured",
];

/// One row of the payout file.
fn cells(number: usize) -> [String; 14] {
    let cents = cents(number);
    [
        format!("creator-{number:06}"),
        "demo-eur".to_owned(),
        format!("{}.{:02}", cents / 100, cents % 100),
        "EUR".to_owned(),
        "individual".to_owned(),
        pick(NAMES, number).to_owned(),
        "Hauptstrasse".to_owned(),
        format!("{}", 1 + number % 180),
        format!("{:05}", 10_000 + number % 80_000),
        pick(TOWNS, number).to_owned(),
        "DE".to_owned(),
        iban(number),
        "ROYA".to_owned(),
        format!("Reward for November, statement {number}"),
    ]
}

/// A payout file of `count` rows that are all accepted.
pub fn csv(count: usize) -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for number in 0..count {
        // No cell of ours but the last has a comma.
        let cells = cells(number);
        let (last, others) = cells.split_last().expect("there are cells");
        text.push_str(&format!("{},\"{last}\"\n", others.join(",")));
    }
    text
}

/// The same rows as one JSON object a line.
pub fn json_lines(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let [
            id,
            account,
            amount,
            currency,
            kind,
            name,
            street,
            building,
            postcode,
            town,
            country,
            iban,
            purpose,
            words,
        ] = cells(number);
        text.push_str(&format!(
            r#"{{"external_id":"{id}","debtor":{{"account_ref":"{account}"}},"amount":{{"value":"{amount}","currency":"{currency}"}},"creditor":{{"type":"{kind}","name":"{name}","address":{{"street":"{street}","building":"{building}","postcode":"{postcode}","town":"{town}","country":"{country}"}}}},"creditor_account":{{"iban":"{iban}"}},"purpose":"{purpose}","remittance":{{"unstructured":"{words}"}}}}"#
        ));
        text.push('\n');
    }
    text
}
