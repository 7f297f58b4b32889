//! camt.052, camt.053 and camt.054 as the bank across the street writes them.

use chrono::{DateTime, NaiveDate, Utc};
use girogate::domain::entry::Direction;
use girogate::domain::payout::Code;
use girogate::messages::emit::Money;
use girogate::messages::record::{AccountId, BankTransactionCode, RemittanceInformation, TransactionParty};
use girogate::messages::write_camt::{
    AccountReport, Balance, Batch, Charge, Entry, Header, Page, Parties, References, ReportKind, Returned,
    Transaction, write,
};

use crate::oracle::{assert_canonical, assert_valid, assert_xpath};

const KINDS: [ReportKind; 3] = [ReportKind::Intraday, ReportKind::Statement, ReportKind::Notification];

fn moment() -> DateTime<Utc> {
    "2026-11-23T18:00:00Z".parse().unwrap()
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn euro(value: &str) -> Money {
    Money { value: value.parse().unwrap(), currency: "EUR".to_owned() }
}

fn report() -> AccountReport {
    let balance = |code: &str, value: &str, direction| Balance {
        code: code.to_owned(),
        amount: euro(value),
        direction,
        date: day(),
    };
    AccountReport {
        id: "RPT-1".to_owned(),
        sequence: Some(327),
        legal_sequence: Some(7),
        created: Some(moment()),
        period: Some((moment(), moment())),
        copy: some("DUPL"),
        account: AccountId { iban: some("DE02120300000000202051"), other: None },
        currency: some("EUR"),
        owner: some("Platform & Co"),
        servicer: some("BYLADEM1001"),
        balances: vec![
            balance("OPBD", "10000.00", Direction::Credit),
            balance("CLBD", "12.50", Direction::Debit),
        ],
    }
}

fn code(sub_family: &str) -> BankTransactionCode {
    BankTransactionCode {
        domain: some("PMNT"),
        family: some("ICDT"),
        sub_family: some(sub_family),
        proprietary: some("NTRF+116"),
        issuer: some("DK"),
    }
}

fn entry(value: &str, direction: Direction) -> Entry {
    Entry {
        reference: some("N1"),
        amount: euro(value),
        direction,
        reversal: Some(false),
        status: "BOOK".to_owned(),
        booking_date: Some(day()),
        value_date: Some(day()),
        account_servicer_reference: some("2026112300001"),
        bank_transaction_code: code("ESCT"),
        charges: vec![Charge {
            amount: euro("0.15"),
            direction: Some(Direction::Debit),
            included: Some(true),
            code: some("COMM"),
        }],
        batch: None,
        additional_text: some("SEPA <credit> transfer"),
    }
}

fn transaction(number: u32) -> Transaction {
    Transaction {
        references: References {
            message_id: some("MSG-1"),
            account_servicer_reference: some("2026112300001-1"),
            payment_information_id: some("BLOCK-1"),
            instruction_id: Some(format!("INSTR{number}")),
            end_to_end_id: Some(format!("creator-{number:06}")),
            uetr: some("00000000-5a5a-4a5a-9a5a-5a5a5a5a5a5a"),
            transaction_id: some("TX-1"),
            clearing_system_reference: some("CLR-1"),
        },
        amount: Some((euro("1250.00"), Direction::Debit)),
        instructed: Some(euro("1250.00")),
        bank_transaction_code: Some(code("RRTN")),
        charges: vec![Charge { amount: euro("1"), direction: None, included: None, code: None }],
        parties: Parties {
            debtor: TransactionParty {
                name: some("Platform"),
                account: Some(AccountId { iban: None, other: some("01234567") }),
            },
            ultimate_debtor: some("On behalf of"),
            creditor: TransactionParty {
                name: some("Zoë"),
                account: Some(AccountId { iban: some("DE89370400440532013000"), other: None }),
            },
            ultimate_creditor: some("In favour of"),
        },
        purpose: Some(Code::Listed("ROYA".to_owned())),
        remittance: Some(RemittanceInformation {
            unstructured: vec!["November & reward".to_owned()],
            references: vec!["RF18539007547034".to_owned()],
        }),
        acceptance: Some(moment()),
        returned: Some(Returned {
            original_code: Some(code("ESCT")),
            originator: some("Bank"),
            reason: Some(Code::Listed("AC04".to_owned())),
            text: vec!["account closed".to_owned()],
        }),
        additional_text: some("text"),
    }
}

/// Single, batch-booked with and without details, and a bare entry.
fn entries() -> Vec<(Entry, Vec<Transaction>)> {
    let batch = |count: u64, total: &str| Batch {
        message_id: some("MSG-1"),
        payment_information_id: some("BLOCK-1"),
        count: Some(count),
        total: Some((euro(total), Direction::Debit)),
    };
    let mut bare = entry("5", Direction::Debit);
    bare.reference = None;
    bare.reversal = None;
    bare.charges.clear();
    bare.bank_transaction_code =
        BankTransactionCode { proprietary: some("FEE"), ..BankTransactionCode::default() };
    vec![
        (entry("1250.00", Direction::Credit), vec![transaction(0)]),
        (
            Entry { batch: Some(batch(2, "2500.00")), ..entry("2500.00", Direction::Debit) },
            vec![transaction(1), Transaction { references: References::default(), ..transaction(2) }],
        ),
        (Entry { batch: Some(batch(40, "99999.99")), ..entry("99999.99", Direction::Debit) }, Vec::new()),
        (bare, Vec::new()),
        (entry("1.00", Direction::Debit), vec![Transaction::default()]),
    ]
}

#[test]
fn every_form_of_entry_is_valid_in_all_three_reports() {
    let page = Some(Page { number: 1, last: true });
    let header =
        Header { message_id: "CAMT-1".to_owned(), created: moment(), recipient: some("Platform"), page };
    for kind in KINDS {
        let mut empty = report();
        empty.copy = None;
        empty.account = AccountId { iban: None, other: some("12345678") };
        let reports = vec![(report(), entries()), (empty, Vec::new())];
        let mut document = Vec::new();
        let length = write(&mut document, kind, &header, reports).unwrap();
        assert_eq!(length, document.len() as u64);
        assert_valid(&kind.definition().to_string(), &document);
        assert_canonical(&document);
        let balances = if kind == ReportKind::Notification { "0" } else { "4" };
        for (path, expected) in [
            ("count(//{Bal})", balances),
            ("count(//{Ntry})", "5"),
            ("count(//{TxDtls})", "4"),
            ("count(//{NtryDtls})", "4"),
            ("string(//{Ntry}[1]/{CdtDbtInd})", "CRDT"),
            ("string(//{Ntry}[2]/{NtryDtls}/{Btch}/{TtlAmt})", "2500.00"),
            ("string(//{Ntry}[3]/{NtryDtls}/{Btch}/{NbOfTxs})", "40"),
            ("string(//{Ntry}[1]//{RtrInf}/{Rsn}/{Cd})", "AC04"),
            ("string(//{Ntry}[1]//{Cdtr}/{Pty}/{Nm})", "Zoë"),
            ("string(//{Ntry}[1]/{Amt}/@Ccy)", "EUR"),
            ("string(//{Ntry}[4]/{Amt})", "5"),
            ("string(//{ElctrncSeqNb})", "327"),
        ] {
            assert_xpath(&document, path, expected);
        }
    }
}
