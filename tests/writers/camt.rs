//! camt.052, camt.053 and camt.054 as the bank across the street writes them.

use chrono::{DateTime, NaiveDate, Utc};
use girogate::domain::entry::Direction;
use girogate::domain::payout::Code;
use girogate::messages::emit::Money;
use girogate::messages::record::{AccountId, BankTransactionCode, RemittanceInformation, TransactionParty};
use girogate::messages::write_camt::{
    AccountReport, Balance, Batch, Charge, Entry, Header, Page, Parties, References, ReportKind, Returned,
    Transaction, VERSION, VERSIONS, write,
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

fn header(version: u8) -> Header {
    let page = Some(Page { number: 1, last: true });
    Header { version, message_id: "CAMT-1".to_owned(), created: moment(), recipient: some("Platform"), page }
}

/// The entries without what a version has no room for.
fn entries_of(version: u8) -> Vec<(Entry, Vec<Transaction>)> {
    let mut entries = entries();
    for (entry, transactions) in &mut entries {
        let of_transactions = transactions.iter_mut().flat_map(|transaction| &mut transaction.charges);
        for charge in entry.charges.iter_mut().chain(of_transactions) {
            if version < 4 {
                charge.included = None;
            }
        }
        for transaction in transactions {
            match &mut transaction.amount {
                Some((_, direction)) if version < 3 => *direction = entry.direction,
                Some(_) => {}
                absent if (3..7).contains(&version) => *absent = Some((euro("1"), Direction::Debit)),
                None => {}
            }
        }
    }
    entries
}

fn written(version: u8, kind: ReportKind) -> Vec<u8> {
    let mut other = report();
    other.copy = None;
    other.account = AccountId { iban: None, other: some("12345678") };
    let reports = vec![(report(), entries_of(version)), (other, Vec::new())];
    let mut document = Vec::new();
    let length = write(&mut document, kind, &header(version), reports).unwrap();
    assert_eq!(length, document.len() as u64);
    document
}

#[test]
fn every_form_of_entry_is_valid_in_every_version_of_all_three_reports() {
    for (version, kind) in VERSIONS.flat_map(|version| KINDS.map(|kind| (version, kind))) {
        let document = written(version, kind);
        assert_valid(&kind.definition(version).to_string(), &document);
        assert_canonical(&document);
    }
}

#[test]
fn every_element_says_what_it_was_given() {
    for kind in KINDS {
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
            assert_xpath(&written(VERSION, kind), path, expected);
        }
    }
}

/// Where the versions differ, the values stand in their places.
#[test]
fn each_version_has_its_own_places() {
    for (version, path, expected) in [
        (2, "string(//{Svcr}//{BIC})", "BYLADEM1001"),
        (2, "string(//{Ntry}[1]/{Chrgs}/{Amt})", "0.15"),
        (2, "string(//{Ntry}[1]//{AmtDtls}/{TxAmt}/{Amt})", "1250.00"),
        (2, "count(//{TxDtls}/{Amt}|//{TxDtls}/{CdtDbtInd})", "0"),
        (3, "string(//{Svcr}//{BICFI})", "BYLADEM1001"),
        (3, "string(//{Ntry}[1]/{Chrgs}/{Rcrd}/{Amt})", "0.15"),
        (3, "string(//{Ntry}[1]//{TxDtls}/{Amt})", "1250.00"),
        (3, "count(//{ChrgInclInd})", "0"),
        (4, "string(//{Ntry}[1]/{Chrgs}/{Rcrd}/{ChrgInclInd})", "true"),
        (6, "string(//{Ntry}[1]/{Sts})", "BOOK"),
        (6, "string(//{Ntry}[1]//{Cdtr}/{Nm})", "Zoë"),
        (7, "string(//{Ntry}[1]/{Sts}/{Cd})", "BOOK"),
        (7, "string(//{Ntry}[1]//{Cdtr}/{Pty}/{Nm})", "Zoë"),
        (7, "count(//{UETR})", "0"),
        (8, "count(//{UETR})", "2"),
        (14, "count(//{UETR})", "2"),
    ] {
        assert_xpath(&written(version, ReportKind::Statement), path, expected);
    }
}

/// What a version has no room for is refused, each thing by its name.
#[test]
fn what_a_version_cannot_carry_is_refused() {
    let refusal = |version: u8, change: &dyn Fn(&mut AccountReport, &mut Entry, &mut Transaction)| {
        let (mut report, (mut entry, mut transactions)) = (report(), entries_of(version).swap_remove(0));
        change(&mut report, &mut entry, &mut transactions[0]);
        let kind = ReportKind::Statement;
        match write(&mut Vec::new(), kind, &header(version), [(report, [(entry, transactions)])]) {
            Ok(_) => String::new(),
            Err(error) => format!("{} {error}", error.code()),
        }
    };
    assert_eq!(refusal(2, &|_, _, _| {}), "");
    let text = |version: u8, member: &str, why: &str| {
        format!("write.unfit report CAMT-1: {member} cannot be carried by camt.053.001.{version:02}: {why}")
    };
    let later = "the code is of a later version";
    assert_eq!(
        refusal(6, &|report, _, _| report.created = None),
        text(6, "created", "the moment of the report is mandatory")
    );
    assert_eq!(refusal(7, &|report, _, _| report.created = None), "");
    assert_eq!(
        refusal(6, &|report, _, _| report.balances[0].code = "AVLB".to_owned()),
        text(6, "balance.code", later)
    );
    assert_eq!(refusal(7, &|report, _, _| report.balances[0].code = "AVLB".to_owned()), "");
    assert_eq!(
        refusal(6, &|_, entry, _| entry.status = "FUTR".to_owned()),
        text(6, "entry.status", "the status is of a later version")
    );
    assert_eq!(
        refusal(6, &|_, _, transaction| transaction.amount = None),
        text(6, "transaction.amount", "it is mandatory")
    );
    assert_eq!(refusal(2, &|_, _, transaction| transaction.amount = None), "");
    assert_eq!(
        refusal(2, &|_, _, transaction| transaction.amount = Some((euro("1"), Direction::Debit))),
        text(2, "transaction.amount", "its direction is that of the entry")
    );
    assert_eq!(
        refusal(3, &|_, entry, _| entry.charges[0].included = Some(true)),
        text(3, "charge.included", "there is no element for it")
    );
    assert_eq!(
        refusal(2, &|_, entry, _| entry.charges[0].code = some("AMND")),
        text(2, "charge.code", later)
    );
    let none = write(
        &mut Vec::new(),
        ReportKind::Intraday,
        &header(15),
        Vec::<(AccountReport, Vec<(Entry, Vec<Transaction>)>)>::new(),
    );
    assert_eq!(none.unwrap_err().to_string(), "camt.052.001.15 is not written");
}
