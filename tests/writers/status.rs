//! pain.002.001.10 and pacs.002.001.10 as the bank across the street writes them.

use chrono::{DateTime, NaiveDate, Utc};
use girogate::domain::payout::Code;
use girogate::messages::emit::Money;
use girogate::messages::record::AccountId;
use girogate::messages::write_status::{
    BlockStatus, Echo, GroupStatus, Header, PACS_002_VERSIONS, PAIN_002_VERSIONS, Reason, StatusCount,
    TransactionStatus, VERSION, write_pacs_002, write_pain_002,
};

use crate::oracle::{assert_canonical, assert_valid, assert_xpath};
use crate::records::{assert_same, report_again};

fn moment() -> DateTime<Utc> {
    "2026-11-23T09:00:01Z".parse().unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn header(version: u8) -> Header {
    Header { version, message_id: "STS-1".to_owned(), created: moment(), agent: some("BYLADEM1001") }
}

fn reasons() -> Vec<Reason> {
    vec![
        Reason {
            originator: some("Bank & Söhne"),
            code: Some(Code::Listed("AC04".to_owned())),
            text: vec!["account <closed>".to_owned(), "x".repeat(105)],
        },
        Reason { code: Some(Code::Proprietary("OWN-1".to_owned())), ..Reason::default() },
    ]
}

fn group(status: Option<String>) -> GroupStatus {
    GroupStatus {
        message_id: "MSG-1".to_owned(),
        message_name: "pain.001.001.09".to_owned(),
        created: some("2026-11-22T16:54:34Z"),
        count: Some(3),
        sum: Some("3750.00".parse().unwrap()),
        status,
        reasons: reasons(),
        counts: vec![StatusCount {
            status: "ACSC".to_owned(),
            count: 2,
            sum: Some("2500.00".parse().unwrap()),
        }],
    }
}

/// One with everything, one accepted, one with nothing but its id.
fn transactions() -> Vec<TransactionStatus> {
    vec![
        TransactionStatus {
            status_id: some("S1"),
            original_message: Some(("MSG-1".to_owned(), "pacs.008.001.08".to_owned())),
            instruction_id: some("AAAAAAC2LJFFVGS2LJNFUWS2LI"),
            end_to_end_id: some("creator-000000"),
            transaction_id: some("TX-1"),
            uetr: some("00000000-5a5a-4a5a-9a5a-5a5a5a5a5a5a"),
            status: some("RJCT"),
            reasons: reasons(),
            acceptance: Some(moment()),
            settlement_date: NaiveDate::from_ymd_opt(2026, 11, 23),
            account_servicer_reference: some("REF-1"),
            clearing_system_reference: some("CLR-1"),
            echo: Some(Echo {
                amount: Some(Money { value: "1250.00".parse().unwrap(), currency: "EUR".to_owned() }),
                date: NaiveDate::from_ymd_opt(2026, 11, 23),
                creditor: some("Zoe & Ana"),
                creditor_account: Some(AccountId { iban: some("DE89370400440532013000"), other: None }),
            }),
        },
        TransactionStatus {
            end_to_end_id: some("creator-000001"),
            status: some("ACSC"),
            echo: Some(Echo {
                creditor_account: Some(AccountId { iban: None, other: some("01234567") }),
                ..Echo::default()
            }),
            ..TransactionStatus::default()
        },
        TransactionStatus { instruction_id: some("C"), ..TransactionStatus::default() },
    ]
}

fn blocks() -> Vec<(BlockStatus, Vec<TransactionStatus>)> {
    let block = BlockStatus {
        payment_information_id: "BLOCK-1".to_owned(),
        count: Some(3),
        sum: Some("3750.00".parse().unwrap()),
        status: some("PART"),
        reasons: reasons(),
        counts: group(None).counts,
    };
    let bare = BlockStatus { payment_information_id: "BLOCK-2".to_owned(), ..BlockStatus::default() };
    vec![(block, transactions()), (bare, Vec::new())]
}

fn pain_002(version: u8, blocks: Vec<(BlockStatus, Vec<TransactionStatus>)>) -> Vec<u8> {
    let mut document = Vec::new();
    let length = write_pain_002(&mut document, &header(version), &group(some("PART")), blocks).unwrap();
    assert_eq!(length, document.len() as u64);
    document
}

/// The transactions without what a version of pacs.002 has no room for.
fn between_banks(version: u8) -> Vec<TransactionStatus> {
    let mut transactions = transactions();
    for transaction in &mut transactions {
        transaction.settlement_date = transaction.settlement_date.filter(|_| version >= 10);
        let message = || ("MSG-1".to_owned(), "pain.001.001.09".to_owned());
        if version < 6 {
            transaction.original_message = transaction.original_message.as_ref().map(|_| message());
        }
    }
    transactions
}

#[test]
fn reports_to_customers_speak_of_group_block_and_transaction() {
    let document = pain_002(VERSION, blocks());
    for (path, expected) in [
        ("count(//{TxInfAndSts})", "3"),
        ("string(//{GrpSts})", "PART"),
        ("string(//{TxInfAndSts}[1]/{StsRsnInf}[1]/{Rsn}/{Cd})", "AC04"),
        ("string(//{TxInfAndSts}[1]/{StsRsnInf}[2]/{Rsn}/{Prtry})", "OWN-1"),
        ("string(//{TxInfAndSts}[1]/{StsRsnInf}[1]/{AddtlInf}[1])", "account <closed>"),
        ("string(//{OrgnlTxRef}/{Amt}/{InstdAmt})", "1250.00"),
        ("string(//{OrgnlTxRef}/{ReqdExctnDt}/{Dt})", "2026-11-23"),
        ("string(//{OrgnlPmtInfAndSts}[1]/{NbOfTxsPerSts}/{DtldCtrlSum})", "2500.00"),
        ("string(//{AcctSvcrRef})", "REF-1"),
        // What only the report between banks has stays away.
        ("count(//{OrgnlTxId}|//{OrgnlGrpInf}|//{FctvIntrBkSttlmDt})", "0"),
    ] {
        assert_xpath(&document, path, expected);
    }
    for version in PAIN_002_VERSIONS {
        let id = format!("pain.002.001.{version:02}");
        let document = pain_002(version, blocks());
        assert_valid(&id, &document);
        assert_canonical(&document);
        assert_valid(&id, &pain_002(version, Vec::new()));
    }
}

#[test]
fn reports_between_banks_have_no_block() {
    for version in PACS_002_VERSIONS {
        let mut document = Vec::new();
        write_pacs_002(&mut document, &header(version), &[group(None)], between_banks(version)).unwrap();
        assert_valid(&format!("pacs.002.001.{version:02}"), &document);
        assert_canonical(&document);
        if version >= 6 {
            let mut without_group = Vec::new();
            write_pacs_002(&mut without_group, &header(version), &[], Vec::new()).unwrap();
            assert_valid(&format!("pacs.002.001.{version:02}"), &without_group);
        }
        if version == VERSION {
            for (path, expected) in [
                ("count(//{FIToFIPmtStsRpt}/{TxInfAndSts})", "3"),
                ("string(//{GrpHdr}/{InstgAgt}//{BICFI})", "BYLADEM1001"),
                ("string(//{OrgnlTxId})", "TX-1"),
                ("string(//{OrgnlGrpInf}/{OrgnlMsgNmId})", "pacs.008.001.08"),
                ("string(//{OrgnlTxRef}/{IntrBkSttlmAmt}/@Ccy)", "EUR"),
                ("string(//{FctvIntrBkSttlmDt}/{Dt})", "2026-11-23"),
            ] {
                assert_xpath(&document, path, expected);
            }
        }
    }
}

/// What the records hold of a report is enough to write it again.
#[test]
fn reports_to_customers_are_written_again_from_their_records() {
    for version in PAIN_002_VERSIONS {
        let header = Header { agent: None, ..header(version) };
        let group = GroupStatus { created: None, ..group(some("PART")) };
        let mut blocks = blocks();
        for (block, transactions) in &mut blocks {
            (block.count, block.sum) = (None, None);
            for transaction in transactions {
                transaction.original_message = None;
                if let Some(echo) = &mut transaction.echo {
                    echo.creditor_account = None;
                }
                transaction.echo = transaction.echo.take().filter(|echo| *echo != Echo::default());
            }
        }
        let mut document = Vec::new();
        write_pain_002(&mut document, &header, &group, blocks).unwrap();
        assert_same(&document, &report_again(version, &document));
    }
}

/// Where the versions differ, the values stand in their places.
#[test]
fn each_version_has_its_own_places() {
    for (version, path, expected) in [
        (3, "string(//{DbtrAgt}//{BIC})", "BYLADEM1001"),
        (4, "string(//{DbtrAgt}//{BICFI})", "BYLADEM1001"),
        (7, "string(//{OrgnlTxRef}/{ReqdExctnDt}[not(*)])", "2026-11-23"),
        (8, "string(//{OrgnlTxRef}/{ReqdExctnDt}/{Dt})", "2026-11-23"),
        (8, "string(//{OrgnlTxRef}/{Cdtr}/{Nm})", "Zoe & Ana"),
        (9, "string(//{OrgnlTxRef}/{Cdtr}/{Pty}/{Nm})", "Zoe & Ana"),
        (9, "count(//{OrgnlUETR})", "0"),
        (10, "count(//{OrgnlUETR})", "1"),
        (15, "count(//{OrgnlUETR})", "1"),
    ] {
        assert_xpath(&pain_002(version, blocks()), path, expected);
    }
}

/// What a version has no room for is refused, each thing by its name.
#[test]
fn what_a_version_cannot_carry_is_refused() {
    let customer = |version: u8, status: &str| {
        let result = write_pain_002(&mut Vec::new(), &header(version), &group(some(status)), blocks());
        result.map_err(|error| error.to_string())
    };
    assert!(customer(7, "RCVD").is_ok() && customer(8, "ACCC").is_ok());
    assert_eq!(
        customer(7, "ACCC").unwrap_err(),
        "report STS-1: status cannot be carried by pain.002.001.07: the status is of a later version"
    );
    assert_eq!(customer(16, "ACCC").unwrap_err(), "pain.002.001.16 is not written");
    let bank = |version: u8, groups: &[GroupStatus], transactions| {
        let result = write_pacs_002(&mut Vec::new(), &header(version), groups, transactions);
        result.err().map_or(String::new(), |error| error.to_string())
    };
    assert_eq!(bank(10, &[group(None)], transactions()), "");
    assert_eq!(bank(5, &[group(None)], between_banks(5)), "");
    let text = |version: u8, member: &str, why: &str| {
        format!("report STS-1: {member} cannot be carried by pacs.002.001.{version:02}: {why}")
    };
    assert_eq!(bank(5, &[], Vec::new()), text(5, "groups", "it speaks of exactly one message"));
    let message = "a transaction is of the message that the report speaks of";
    assert_eq!(bank(5, &[group(None)], transactions()), text(5, "original_message", message));
    let there_is_none = "there is no element for it";
    assert_eq!(bank(9, &[group(None)], transactions()), text(9, "settlement_date", there_is_none));
}
