//! Requests for cancellation: what is cancelled, refused or asked back, and that a bank that was down remembers it.

use hyper::Method;

use crate::judged::all_valid;
use crate::open;
use crate::seen::{Mine, Node, seen};
use crate::street::{Bank, Block, Checked, Setup, message, pay, until};

const SLOW: &str = "acceptance_ms = 1\nbooking_ms = 3600000\ncompletion_ms = 3600001\n";

/// A camt.055.001.09 for one payment of a message, written by hand.
pub fn request(id: &str, message_id: &str, end_to_end_id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.055.001.09\"><CstmrPmtCxlReq>\
         <Assgnmt><Id>{id}</Id><Assgnr><Pty><Nm>Treasury</Nm></Pty></Assgnr>\
         <Assgne><Agt><FinInstnId><BICFI>GGRBDEFFXXX</BICFI></FinInstnId></Agt></Assgne><CreDtTm>2026-11-23T09:00:00Z</CreDtTm></Assgnmt>\
         <Undrlyg><OrgnlGrpInfAndCxl><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndCxl>\
         <OrgnlPmtInfAndCxl><OrgnlPmtInfId>{message_id}-B0</OrgnlPmtInfId>\
         <TxInf><OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId></TxInf></OrgnlPmtInfAndCxl></Undrlyg></CstmrPmtCxlReq></Document>\n"
    )
}

async fn cancel(bank: &Bank, text: &str) -> Checked {
    bank.client.call((Method::POST, "/v1/cancellations"), text.as_bytes()).await
}

/// End-to-end identifications that the ledger has a payment for.
async fn paid(bank: &Bank) -> Vec<String> {
    let lines = bank.client.ledger().await;
    let paid = lines.iter().filter(|line| line["kind"] == "payment");
    paid.map(|line| line["end_to_end_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_cancelled_in_time_is_never_paid() {
    let (mut street, bank) = open(Setup { processing: SLOW, callbacks: true, ..Setup::default() }).await;
    let block =
        Block::of(vec![pay("A", "Anna", "10.00"), pay("B", "Bert", "1.00"), pay("C", "Carl", "2.00")]);
    assert_eq!(bank.client.send(&message("ORDER", &[block])).await.status, 202);
    let first = cancel(&bank, &request("CXL1", "ORDER", "B")).await;
    assert_eq!((first.status, first.is_signed, &first.json()["message_id"]), (202, true, &"CXL1".into()));
    assert_eq!(
        cancel(&bank, &request("CXL1", "ORDER", "B")).await.status,
        202,
        "the same again changes nothing"
    );
    assert_eq!(cancel(&bank, &request("CXL1", "ORDER", "C")).await.status, 409);
    assert_eq!(cancel(&bank, "<nonsense/>").await.status, 400);
    until("the answer is called back", async || street.mailbox().received.lock().unwrap().len() >= 3).await;
    bank.close().await;
    let bank = street.open_bank().await;
    let asked = bank.client.call((Method::GET, "/v1/cancellations/CXL1"), b"").await;
    assert_eq!(
        (asked.status, Node::parse(&asked.body).first("TxCxlSts").unwrap().text.as_str()),
        (200, "ACCR")
    );
    bank.client.end_day().await;
    assert_eq!(paid(&bank).await, ["A", "C"]);
    let reports = bank.client.reports().await;
    let said = |end_to_end_id: &'static str| -> Vec<String> {
        let block_id = "ORDER-B0".to_owned();
        let mut mine = Mine { message_id: "ORDER", block_id, end_to_end_id, transaction_id: None };
        reports.iter().flat_map(|(kind, octets)| seen(&mut mine, kind, octets)).collect()
    };
    assert_eq!(said("B"), ["pain.002 group ACTC", "camt.029 CNCL", "pain.002 transaction CANC"]);
    assert_eq!(said("A")[1..], ["camt.054 debit", "pain.002 transaction ACSC", "camt.053 debit"]);
    all_valid(&street, &reports);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_about_nothing_is_refused_by_a_report() {
    let (street, bank) = open(Setup::default()).await;
    assert_eq!(cancel(&bank, &request("CXL1", "NEVER", "A")).await.status, 202);
    let reports = bank.client.reports().await;
    let answer = Node::parse(&reports[0].1);
    assert_eq!(reports[0].0, "camt.029.001.09");
    assert_eq!(answer.first("GrpCxlSts").map(|status| status.text.as_str()), Some("RJCR"));
    assert_eq!(answer.first("CxlStsRsnInf").unwrap().at("Rsn/Cd"), Some("NOOR"));
    let unknown = bank.client.call((Method::GET, "/v1/cancellations/OTHER"), b"").await;
    assert_eq!(unknown.status, 404);
    all_valid(&street, &reports);
    bank.close().await;
}

/// Three of a hundred refused, by a bank that reports nothing else: one debit of the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_of_a_hundred_are_refused() {
    let processing = "acceptance_level = \"none\"\ncompletion_level = \"none\"\n";
    let (street, bank) = open(Setup { processing, ..Setup::default() }).await;
    let name = |number: usize| match number {
        10 => "SANDBOX S3A",
        20 => "SANDBOX S3B",
        30 => "SANDBOX S3C",
        _ => "Anna",
    };
    let payments = (0..100).map(|number| pay(&format!("P{number}"), name(number), "1.01")).collect();
    let block = Block { batch_booking: true, ..Block::of(payments) };
    assert_eq!(bank.client.send(&message("HUNDRED", &[block])).await.status, 202);
    bank.client.end_day().await;
    let reports = bank.client.reports().await;
    let statuses: Vec<Node> = reports
        .iter()
        .filter(|(kind, _)| kind.starts_with("pain.002"))
        .map(|(_, octets)| Node::parse(octets))
        .collect();
    assert_eq!(statuses.len(), 1, "rejects only");
    assert_eq!(statuses[0].first("GrpSts").unwrap().text, "PART");
    let reasons: Vec<&str> =
        statuses[0].all("TxInfAndSts").iter().map(|said| said.at("StsRsnInf/Rsn/Cd").unwrap()).collect();
    assert_eq!(reasons, ["AC01", "AC04", "BE04"]);
    let notified = reports.iter().find(|(kind, _)| kind.starts_with("camt.054")).unwrap();
    let notified = Node::parse(&notified.1);
    assert_eq!((notified.all("Ntry").len(), notified.all("TxDtls").len()), (1, 97));
    assert_eq!(notified.first("Ntry").unwrap().at("Amt"), Some("97.97"));
    all_valid(&street, &reports);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payment_that_is_too_late_gets_another_day() {
    let (street, bank) = open(Setup::default()).await;
    let text = message("LATE", &[Block::of(vec![pay("A", "SANDBOX S8A", "10.00")])]);
    assert_eq!(bank.client.send(&text).await.status, 202);
    bank.client.end_day().await;
    assert!(paid(&bank).await.is_empty(), "not on this day");
    bank.client.end_day().await;
    let reports = bank.client.reports().await;
    let told: Vec<Node> = reports.iter().map(|(_, octets)| Node::parse(octets)).collect();
    let changed = told.iter().flat_map(|report| report.all("TxInfAndSts")).next().unwrap();
    assert_eq!((changed.at("TxSts"), changed.at("StsRsnInf/Rsn/Cd")), (Some("ACWC"), Some("DT06")));
    assert_eq!(changed.at("OrgnlTxRef/ReqdExctnDt/Dt"), Some("2026-11-24"));
    let entry = told.iter().flat_map(|report| report.all("Ntry")).next().unwrap();
    assert_eq!(entry.at("BookgDt/Dt"), Some("2026-11-24"));
    all_valid(&street, &reports);
    bank.close().await;
}
