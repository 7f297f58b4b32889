//! Requests for cancellation, their answers, and requests for reports, in every version.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use girogate::domain::entry::Direction;
use girogate::domain::payout::Code;
use girogate::messages::assignment::{Assignment, Case, Participant};
use girogate::messages::emit::{Money, WriteError};
use girogate::messages::record::AccountId;
use girogate::messages::write_camt_029::{
    self, Answer, BlockResolution, GroupAnswer, GroupResolution, TransactionResolution,
};
use girogate::messages::write_camt_055::{
    self, BlockCancellation, Extent, GroupCancellation, TransactionCancellation,
};
use girogate::messages::write_camt_060::{self, Period, ReportingRequest};
use girogate::messages::write_status::Reason;

use crate::oracle::{assert_canonical, assert_valid, assert_xpath};
use crate::records::{answer_again, ask_again, assert_same, cancel_again};

fn moment() -> DateTime<Utc> {
    "2026-11-23T09:00:01Z".parse().unwrap()
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn assignment() -> Assignment {
    Assignment {
        id: "CASE-1".to_owned(),
        assigner: Participant::Party("Platform & Co".to_owned()),
        assignee: Participant::Agent("BYLADEM1001".to_owned()),
        created: moment(),
    }
}

fn case() -> Option<Case> {
    Some(Case { id: "C-1".to_owned(), creator: Participant::Agent("BYLADEM1001".to_owned()) })
}

fn reasons(code: &str) -> Vec<Reason> {
    vec![
        Reason {
            originator: some("Zoë <Treasury>"),
            code: Some(Code::Listed(code.to_owned())),
            text: vec!["paid twice".to_owned(), "x".repeat(105)],
        },
        Reason { code: Some(Code::Proprietary("OWN-1".to_owned())), ..Reason::default() },
        Reason { text: vec!["text alone".to_owned()], ..Reason::default() },
    ]
}

fn euro(value: &str) -> Option<Money> {
    Some(Money { value: value.parse().unwrap(), currency: "EUR".to_owned() })
}

fn message() -> Option<(String, String)> {
    Some(("MSG-1".to_owned(), "pain.001.001.09".to_owned()))
}

fn header_055(version: u8) -> write_camt_055::Header {
    let sum = Some("2500.00".parse().unwrap());
    write_camt_055::Header { version, assignment: assignment(), case: case(), count: Some(2), sum }
}

fn group_055(extent: Extent) -> GroupCancellation {
    GroupCancellation {
        cancellation_id: some("GC-1"),
        message_id: "MSG-1".to_owned(),
        message_name: "pain.001.001.09".to_owned(),
        created: some("2026-11-22T16:54:34Z"),
        count: Some(3),
        sum: Some("3750.00".parse().unwrap()),
        extent,
        reasons: reasons("DUPL"),
    }
}

fn block_055(extent: Extent) -> BlockCancellation {
    BlockCancellation {
        cancellation_id: some("PC-1"),
        payment_information_id: "BLOCK-1".to_owned(),
        original_message: message(),
        count: Some(2),
        sum: Some("2500.00".parse().unwrap()),
        extent,
        reasons: reasons("CUST"),
    }
}

fn transactions_055() -> Vec<TransactionCancellation> {
    vec![
        TransactionCancellation {
            cancellation_id: some("TC-1"),
            instruction_id: some("AAAAAAC2LJFFVGS2LJNFUWS2LI"),
            end_to_end_id: some("creator-000000"),
            uetr: some("00000000-5a5a-4a5a-9a5a-5a5a5a5a5a5a"),
            amount: euro("1250.00"),
            execution_date: Some(day()),
            reasons: reasons("DUPL"),
        },
        TransactionCancellation { end_to_end_id: some("creator-000001"), ..Default::default() },
    ]
}

type Blocks<B, T> = Vec<(B, Vec<T>)>;

fn cancel(
    version: u8,
    group: Option<&GroupCancellation>,
    blocks: Blocks<BlockCancellation, TransactionCancellation>,
) -> Vec<u8> {
    let mut document = Vec::new();
    let length = write_camt_055::write(&mut document, &header_055(version), group, blocks).unwrap();
    assert_eq!(length, document.len() as u64);
    document
}

/// A whole message, whole blocks, single transactions.
#[test]
fn cancellations_are_asked_for_at_every_level_in_every_version() {
    for version in write_camt_055::VERSIONS {
        let id = format!("camt.055.001.{version:02}");
        let bare = BlockCancellation { payment_information_id: "BLOCK-2".to_owned(), ..Default::default() };
        let whole = cancel(version, Some(&group_055(Extent::Whole)), Vec::new());
        let blocks = vec![(block_055(Extent::Whole), Vec::new()), (bare, Vec::new())];
        let blocks = cancel(version, Some(&group_055(Extent::Listed)), blocks);
        let single = vec![(block_055(Extent::Listed), transactions_055())];
        let single = cancel(version, None, single);
        for document in [&whole, &blocks, &single] {
            assert_valid(&id, document);
            assert_canonical(document);
            assert_same(document, &cancel_again(version, document));
        }
        let of_bic = if version < 2 { "BIC" } else { "BICFI" };
        let date = if version < 6 { "{OrgnlReqdExctnDt}[not(*)]" } else { "{OrgnlReqdExctnDt}/{Dt}" };
        for (document, path, expected) in [
            (&whole, "string(//{GrpCxl})", "true"),
            (&whole, "string(//{OrgnlGrpInfAndCxl}/{CxlRsnInf}[1]/{Rsn}/{Cd})", "DUPL"),
            (&whole, "string(//{Assgnr}/{Pty}/{Nm})", "Platform & Co"),
            (&whole, &format!("string(//{{Assgne}}//{{{of_bic}}})"), "BYLADEM1001"),
            (&whole, "string(//{Case}/{Id})", "C-1"),
            (&whole, "string(//{CtrlData}/{CtrlSum})", "2500.00"),
            (&blocks, "string(//{GrpCxl})", "false"),
            (&blocks, "string(//{OrgnlPmtInfAndCxl}[1]/{PmtInfCxl})", "true"),
            (&blocks, "count(//{OrgnlPmtInfAndCxl}[2]/*)", "1"),
            (&single, "string(//{OrgnlPmtInfAndCxl}/{PmtInfCxl})", "false"),
            (&single, "string(//{TxInf}[1]/{OrgnlInstrId})", "AAAAAAC2LJFFVGS2LJNFUWS2LI"),
            (&single, "string(//{TxInf}[2]/{OrgnlEndToEndId})", "creator-000001"),
            (&single, "string(//{TxInf}[1]/{OrgnlInstdAmt}/@Ccy)", "EUR"),
            (&single, &format!("string(//{{TxInf}}[1]/{date})"), "2026-11-23"),
            (&single, "string(//{TxInf}[1]/{CxlRsnInf}[2]/{Rsn}/{Prtry})", "OWN-1"),
            (&single, "count(//{OrgnlUETR})", if version < 8 { "0" } else { "1" }),
        ] {
            assert_xpath(document, path, expected);
        }
    }
}

fn header_029(version: u8, answer: GroupAnswer) -> write_camt_029::Header {
    write_camt_029::Header { version, assignment: assignment(), resolved_case: case(), answer }
}

fn answers() -> Blocks<BlockResolution, TransactionResolution> {
    let block = BlockResolution {
        cancellation_id: some("PC-1"),
        payment_information_id: "BLOCK-1".to_owned(),
        original_message: message(),
        answer: Some(GroupAnswer::Partly),
        reasons: reasons("LEGL"),
    };
    let transaction = |answer, code: &str| TransactionResolution {
        status_id: some("S-1"),
        instruction_id: some("AAAAAAC2LJFFVGS2LJNFUWS2LI"),
        end_to_end_id: some("creator-000000"),
        uetr: some("00000000-5a5a-4a5a-9a5a-5a5a5a5a5a5a"),
        answer: Some(answer),
        reasons: reasons(code),
        amount: euro("1250.00"),
        execution_date: Some(day()),
    };
    let transactions = vec![
        TransactionResolution { reasons: Vec::new(), ..transaction(Answer::Accepted, "LEGL") },
        transaction(Answer::Rejected, "AGNT"),
        transaction(Answer::Pending, "CUST"),
        TransactionResolution { instruction_id: some("C"), ..Default::default() },
    ];
    vec![(block, transactions)]
}

fn answer(version: u8, header: &write_camt_029::Header, group: Option<&GroupResolution>) -> Vec<u8> {
    let mut document = Vec::new();
    let blocks = if group.is_some() { answers() } else { Vec::new() };
    let length = write_camt_029::write(&mut document, header, group, blocks).unwrap();
    assert_eq!(length, document.len() as u64);
    let id = format!("camt.029.001.{version:02}");
    assert_valid(&id, &document);
    assert_canonical(&document);
    assert_same(&document, &answer_again(version, &document));
    document
}

#[test]
fn cancellations_are_answered_in_every_version() {
    let group = GroupResolution {
        cancellation_id: some("GC-1"),
        message_id: "MSG-1".to_owned(),
        message_name: "pain.001.001.09".to_owned(),
        created: some("2026-11-22T16:54:34Z"),
        answer: Some(GroupAnswer::Partly),
        reasons: reasons("CUST"),
    };
    for version in write_camt_029::VERSIONS {
        for (given, confirmation) in [
            (GroupAnswer::All(Answer::Accepted), "CNCL"),
            (GroupAnswer::All(Answer::Rejected), "RJCR"),
            (GroupAnswer::All(Answer::Pending), "PDCR"),
            (GroupAnswer::Partly, "PECR"),
        ] {
            let bare = answer(version, &header_029(version, given), None);
            assert_xpath(&bare, "string(//{Sts}/{Conf})", confirmation);
        }
        let document = answer(version, &header_029(version, GroupAnswer::Partly), Some(&group));
        let date = if version < 7 { "{OrgnlReqdExctnDt}[not(*)]" } else { "{OrgnlReqdExctnDt}/{Dt}" };
        for (path, expected) in [
            ("string(//{RslvdCase}/{Id})", "C-1"),
            ("string(//{GrpCxlSts})", "PACR"),
            ("string(//{PmtInfCxlSts})", "PACR"),
            ("string(//{TxInfAndSts}[1]/{TxCxlSts})", "ACCR"),
            ("string(//{TxInfAndSts}[2]/{TxCxlSts})", "RJCR"),
            ("string(//{TxInfAndSts}[3]/{TxCxlSts})", "PDCR"),
            ("string(//{TxInfAndSts}[2]/{CxlStsRsnInf}[1]/{Rsn}/{Cd})", "AGNT"),
            ("count(//{TxInfAndSts}[4]/*)", "1"),
            (&format!("string(//{{TxInfAndSts}}[1]/{date})"), "2026-11-23"),
            ("count(//{UETR})", if version < 9 { "0" } else { "3" }),
        ] {
            assert_xpath(&document, path, expected);
        }
    }
}

fn requests(version: u8) -> Vec<ReportingRequest> {
    let time = |hour| NaiveTime::from_hms_opt(hour, 30, 0).unwrap();
    let iban = AccountId { iban: some("DE02120300000000202051"), other: None };
    let full = ReportingRequest {
        id: some("R-1"),
        message_name: "camt.053.001.08".to_owned(),
        account: Some(iban),
        currency: some("EUR"),
        owner: Participant::Party("Platform & Co".to_owned()),
        servicer: some("BYLADEM1001"),
        period: Some(Period { from: day(), to: Some(day()), times: Some((time(6), Some(time(18)))) }),
        sequences: Some(("17".to_owned(), "19".to_owned())).filter(|_| version > 3),
        entries: Some(("BOOK".to_owned(), Direction::Debit)),
        balances: vec!["OPBD".to_owned(), "CLBD".to_owned()],
    };
    let bare = ReportingRequest {
        id: None,
        message_name: "camt.054.001.08".to_owned(),
        account: None,
        currency: None,
        owner: Participant::Agent("BYLADEM1001".to_owned()),
        servicer: None,
        period: None,
        sequences: None,
        entries: None,
        balances: Vec::new(),
    };
    let other = ReportingRequest {
        account: Some(AccountId { iban: None, other: some("12345678") }),
        currency: None,
        period: Some(Period { from: day(), to: None, times: Some((time(6), None)) }),
        entries: Some(("PDNG".to_owned(), Direction::Credit)),
        ..full.clone()
    };
    vec![full, bare, other]
}

fn header_060(version: u8) -> write_camt_060::Header {
    let sender = Some(Participant::Party("Platform & Co".to_owned()));
    write_camt_060::Header { version, message_id: "REQ-1".to_owned(), created: moment(), sender }
}

#[test]
fn reports_are_asked_for_in_every_version() {
    for version in write_camt_060::VERSIONS {
        let mut document = Vec::new();
        let length = write_camt_060::write(&mut document, &header_060(version), &requests(version)).unwrap();
        assert_eq!(length, document.len() as u64);
        assert_valid(&format!("camt.060.001.{version:02}"), &document);
        assert_canonical(&document);
        assert_same(&document, &ask_again(version, &document));
        let status = if version < 4 { "{Sts}" } else { "{Sts}/{Cd}" };
        for (path, expected) in [
            ("count(//{RptgReq})", "3"),
            ("string(//{MsgSndr}/{Pty}/{Nm})", "Platform & Co"),
            ("string(//{RptgReq}[1]/{ReqdMsgNmId})", "camt.053.001.08"),
            ("string(//{RptgReq}[1]/{Acct}/{Id}/{IBAN})", "DE02120300000000202051"),
            ("string(//{RptgReq}[2]/{AcctOwnr}/{Agt}//{BICFI})", "BYLADEM1001"),
            ("string(//{RptgReq}[3]/{Acct}/{Id}/{Othr}/{Id})", "12345678"),
            ("string(//{RptgReq}[1]/{RptgPrd}/{FrToTm}/{ToTm})", "18:30:00"),
            ("count(//{RptgReq}[3]//{ToDt}|//{RptgReq}[3]//{ToTm})", "0"),
            ("string(//{RptgReq}[1]/{ReqdBalTp}[2]/{CdOrPrtry}/{Cd})", "CLBD"),
            (&format!("string(//{{RptgReq}}[3]/{{ReqdTxTp}}/{status})"), "PDNG"),
            ("string(//{RptgReq}[3]/{ReqdTxTp}/{CdtDbtInd})", "CRDT"),
            ("string(//{RptgReq}[1]//{ToSeq})", if version < 4 { "" } else { "19" }),
        ] {
            assert_xpath(&document, path, expected);
        }
    }
}

/// What a version has no room for is refused, each thing by its name.
#[test]
fn what_a_version_cannot_carry_is_refused() {
    let told =
        |result: Result<u64, WriteError>| result.err().map_or(String::new(), |error| error.to_string());
    let later = "the code is of a later version";
    let out = &mut Vec::new();

    let group = GroupCancellation { reasons: reasons("AM09"), ..group_055(Extent::Whole) };
    let none = Blocks::<BlockCancellation, TransactionCancellation>::new;
    let mut cancel =
        |version: u8| told(write_camt_055::write(out, &header_055(version), Some(&group), none()));
    assert_eq!(cancel(5), format!("request CASE-1: reason cannot be carried by camt.055.001.05: {later}"));
    assert_eq!(cancel(6), "");
    assert_eq!(cancel(14), "camt.055.001.14 is not written");
    let header = write_camt_055::Header { count: None, ..header_055(9) };
    let text = "request CASE-1: sum cannot be carried by camt.055.001.09: it stands beside a count only";
    assert_eq!(told(write_camt_055::write(&mut Vec::new(), &header, Some(&group), none())), text);

    let group = GroupResolution { reasons: reasons("AM04"), ..GroupResolution::default() };
    let none = Blocks::<BlockResolution, TransactionResolution>::new;
    let header = |version| header_029(version, GroupAnswer::Partly);
    let answer =
        |version: u8| told(write_camt_029::write(&mut Vec::new(), &header(version), Some(&group), none()));
    assert_eq!(answer(3), format!("answer CASE-1: reason cannot be carried by camt.029.001.03: {later}"));
    assert_eq!(answer(4), "");
    assert_eq!(answer(2), "camt.029.001.02 is not written");

    let ask = |version: u8, change: &dyn Fn(&mut ReportingRequest)| {
        let mut request = requests(3).swap_remove(0);
        change(&mut request);
        told(write_camt_060::write(&mut Vec::new(), &header_060(version), &[request]))
    };
    let text = |member: &str, why: &str| {
        format!("request REQ-1: {member} cannot be carried by camt.060.001.03: {why}")
    };
    let untimed = |request: &mut ReportingRequest| {
        request.period = Some(Period { from: day(), to: None, times: None });
    };
    assert_eq!(ask(3, &untimed), text("period.times", "they are mandatory"));
    assert_eq!(ask(4, &untimed), "");
    let numbered =
        |request: &mut ReportingRequest| request.sequences = Some(("1".to_owned(), "2".to_owned()));
    assert_eq!(ask(3, &numbered), text("sequences", "there is no element for them"));
    let future =
        |request: &mut ReportingRequest| request.entries = Some(("FUTR".to_owned(), Direction::Debit));
    assert_eq!(ask(3, &future), text("entries", later));
    assert_eq!(ask(4, &future), "");
    assert_eq!(ask(3, &|request| request.balances.push("AVLB".to_owned())), text("balances", later));
    let nobody = |request: &mut ReportingRequest| request.account = None;
    assert_eq!(ask(3, &nobody), text("currency", "it belongs to an account"));
    assert_eq!(ask(8, &|_| {}), "camt.060.001.08 is not written");
}
