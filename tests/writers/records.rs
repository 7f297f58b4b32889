//! Requests, answers and status reports written, read as records, and written again from the records: the octets are the
//! same in every version.

use girogate::domain::entry::Direction;
use girogate::domain::payout::Code;
use girogate::messages::assignment::{Assignment, Case, Participant};
use girogate::messages::emit::Money;
use girogate::messages::record::AccountId;
use girogate::messages::validate::parse;
use girogate::messages::write_camt_029::{
    self, Answer, BlockResolution, GroupAnswer, GroupResolution, TransactionResolution,
};
use girogate::messages::write_camt_055::{
    self, BlockCancellation, Extent, GroupCancellation, TransactionCancellation,
};
use girogate::messages::write_camt_060::{self, Period, ReportingRequest};
use girogate::messages::write_status::{
    self, BlockStatus, Echo, GroupStatus, Reason, StatusCount, TransactionStatus,
};
use serde_json::Value;

/// The records of a document, each with its own kind.
pub fn records(document: &[u8]) -> Vec<Value> {
    let mut records = Vec::new();
    parse(document, None, &mut |record, _| records.push(serde_json::to_value(&record).unwrap()));
    let verdict = records.last().unwrap();
    assert_eq!(verdict["valid"], true, "{records:?}");
    records
}

fn kind(record: &Value) -> &str {
    record["record"].as_str().unwrap()
}

fn text(record: &Value, member: &str) -> Option<String> {
    record[member].as_str().map(str::to_owned)
}

fn string(record: &Value, member: &str) -> String {
    text(record, member).unwrap_or_else(|| panic!("no {member} in {record}"))
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(record: &Value, member: &str) -> Option<T> {
    text(record, member).map(|text| text.parse().unwrap())
}

fn list(record: &Value, member: &str) -> Vec<Value> {
    record[member].as_array().cloned().unwrap_or_default()
}

fn texts(record: &Value, member: &str) -> Vec<String> {
    list(record, member).iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn participant(of: &Value) -> Participant {
    match (text(of, "name"), text(of, "bic")) {
        (Some(name), None) => Participant::Party(name),
        (None, Some(bic)) => Participant::Agent(bic),
        other => panic!("{other:?}"),
    }
}

fn assignment(record: &Value) -> Assignment {
    Assignment {
        id: string(record, "assignment_id"),
        assigner: participant(&record["assigner"]),
        assignee: participant(&record["assignee"]),
        created: parsed(record, "created").unwrap(),
    }
}

fn case(record: &Value) -> Option<Case> {
    let case = record.get("case")?;
    Some(Case { id: string(case, "id"), creator: participant(&case["creator"]) })
}

fn reasons(record: &Value) -> Vec<Reason> {
    let code = |reason: &Value| {
        let listed = text(reason, "code").map(Code::Listed);
        listed.or_else(|| text(reason, "proprietary").map(Code::Proprietary))
    };
    let reason = |reason: &Value| Reason {
        originator: text(reason, "originator"),
        code: code(reason),
        text: texts(reason, "text"),
    };
    list(record, "reasons").iter().map(reason).collect()
}

fn money(record: &Value, amount: &str, currency: &str) -> Option<Money> {
    Some(Money { value: parsed(record, amount)?, currency: string(record, currency) })
}

fn message(record: &Value) -> Option<(String, String)> {
    Some((text(record, "original_message_id")?, string(record, "original_message_name")))
}

fn extent(record: &Value) -> Extent {
    match text(record, "whole")
        .as_deref()
        .or(record["whole"].as_bool().map(|b| if b { "true" } else { "false" }))
    {
        None => Extent::Unsaid,
        Some("true") => Extent::Whole,
        Some(_) => Extent::Listed,
    }
}

/// Writes a request for cancellation from its records.
pub fn cancel_again(version: u8, document: &[u8]) -> Vec<u8> {
    let (mut header, mut group) = (None, None);
    let mut blocks: Vec<(BlockCancellation, Vec<TransactionCancellation>)> = Vec::new();
    for record in &records(document) {
        match kind(record) {
            "assignment" => {
                header = Some(write_camt_055::Header {
                    version,
                    assignment: assignment(record),
                    case: case(record),
                    count: parsed(record, "count"),
                    sum: parsed(record, "sum"),
                });
            }
            "group_cancellation" => {
                group = Some(GroupCancellation {
                    cancellation_id: text(record, "cancellation_id"),
                    message_id: string(record, "original_message_id"),
                    message_name: string(record, "original_message_name"),
                    created: text(record, "original_created"),
                    count: parsed(record, "count"),
                    sum: parsed(record, "sum"),
                    extent: extent(record),
                    reasons: reasons(record),
                });
            }
            "batch_cancellation" => {
                let block = BlockCancellation {
                    cancellation_id: text(record, "cancellation_id"),
                    payment_information_id: string(record, "original_payment_information_id"),
                    original_message: message(record),
                    count: parsed(record, "count"),
                    sum: parsed(record, "sum"),
                    extent: extent(record),
                    reasons: reasons(record),
                };
                blocks.push((block, Vec::new()));
            }
            "cancellation" => blocks.last_mut().unwrap().1.push(TransactionCancellation {
                cancellation_id: text(record, "cancellation_id"),
                instruction_id: text(record, "original_instruction_id"),
                end_to_end_id: text(record, "original_end_to_end_id"),
                uetr: text(record, "original_uetr"),
                amount: money(record, "original_amount", "original_currency"),
                execution_date: parsed(record, "original_execution_date"),
                reasons: reasons(record),
            }),
            _ => {}
        }
    }
    let mut again = Vec::new();
    write_camt_055::write(&mut again, &header.unwrap(), group.as_ref(), blocks).unwrap();
    again
}

fn answer(status: &str) -> GroupAnswer {
    match status {
        "ACCR" | "CNCL" => GroupAnswer::All(Answer::Accepted),
        "RJCR" => GroupAnswer::All(Answer::Rejected),
        "PDCR" => GroupAnswer::All(Answer::Pending),
        "PACR" | "PECR" => GroupAnswer::Partly,
        other => panic!("{other}"),
    }
}

fn answer_of(record: &Value) -> Option<GroupAnswer> {
    text(record, "status").map(|status| answer(&status))
}

/// Writes an answer from its records.
pub fn answer_again(version: u8, document: &[u8]) -> Vec<u8> {
    let (mut header, mut group) = (None, None);
    let mut blocks: Vec<(BlockResolution, Vec<TransactionResolution>)> = Vec::new();
    for record in &records(document) {
        match kind(record) {
            "resolution" => {
                header = Some(write_camt_029::Header {
                    version,
                    assignment: assignment(record),
                    resolved_case: case(record),
                    answer: answer_of(record).unwrap(),
                });
            }
            "group_cancellation_status" => {
                group = Some(GroupResolution {
                    cancellation_id: text(record, "cancellation_id"),
                    message_id: string(record, "original_message_id"),
                    message_name: string(record, "original_message_name"),
                    created: text(record, "original_created"),
                    answer: answer_of(record),
                    reasons: reasons(record),
                });
            }
            "batch_cancellation_status" => {
                let block = BlockResolution {
                    cancellation_id: text(record, "cancellation_id"),
                    payment_information_id: string(record, "original_payment_information_id"),
                    original_message: message(record),
                    answer: answer_of(record),
                    reasons: reasons(record),
                };
                blocks.push((block, Vec::new()));
            }
            "cancellation_status" => blocks.last_mut().unwrap().1.push(TransactionResolution {
                status_id: text(record, "cancellation_status_id"),
                instruction_id: text(record, "original_instruction_id"),
                end_to_end_id: text(record, "original_end_to_end_id"),
                uetr: text(record, "original_uetr"),
                answer: answer_of(record).map(|answer| match answer {
                    GroupAnswer::All(answer) => answer,
                    GroupAnswer::Partly => panic!("of one transaction: {record}"),
                }),
                reasons: reasons(record),
                amount: money(record, "original_amount", "original_currency"),
                execution_date: parsed(record, "original_execution_date"),
            }),
            _ => {}
        }
    }
    let mut again = Vec::new();
    write_camt_029::write(&mut again, &header.unwrap(), group.as_ref(), blocks).unwrap();
    again
}

/// Writes a request for reports from its records.
pub fn ask_again(version: u8, document: &[u8]) -> Vec<u8> {
    let mut header = None;
    let mut requests = Vec::new();
    for record in &records(document) {
        match kind(record) {
            "group_header" => {
                header = Some(write_camt_060::Header {
                    version,
                    message_id: string(record, "message_id"),
                    created: parsed(record, "created").unwrap(),
                    sender: record.get("message_sender").map(participant),
                });
            }
            "reporting_request" => {
                let account = record
                    .get("account")
                    .map(|account| AccountId { iban: text(account, "iban"), other: text(account, "other") });
                let times = || Some((parsed(record, "from_time")?, parsed(record, "to_time")));
                let period = || {
                    Some(Period {
                        from: parsed(record, "from_date")?,
                        to: parsed(record, "to_date"),
                        times: times(),
                    })
                };
                let direction =
                    |text: &str| if text == "debit" { Direction::Debit } else { Direction::Credit };
                let ranges = list(record, "sequence_ranges");
                requests.push(ReportingRequest {
                    id: text(record, "id"),
                    message_name: string(record, "requested_message"),
                    account,
                    currency: text(record, "currency"),
                    owner: participant(&record["account_owner"]),
                    servicer: record.get("account_servicer").and_then(|servicer| text(servicer, "bic")),
                    period: period(),
                    sequences: ranges.first().map(|range| (string(range, "from"), string(range, "to"))),
                    entries: text(record, "transaction_status")
                        .map(|status| (status, direction(&string(record, "direction")))),
                    balances: texts(record, "balance_types"),
                });
            }
            _ => {}
        }
    }
    let mut again = Vec::new();
    write_camt_060::write(&mut again, &header.unwrap(), &requests).unwrap();
    again
}

fn counts(record: &Value) -> Vec<StatusCount> {
    let count = |count: &Value| StatusCount {
        status: string(count, "status"),
        count: parsed(count, "count").unwrap(),
        sum: parsed(count, "sum"),
    };
    list(record, "counts").iter().map(count).collect()
}

/// Writes a pain.002 from its records, which do not hold the reporting bank, nor counts and dates of the original.
pub fn report_again(version: u8, document: &[u8]) -> Vec<u8> {
    let (mut header, mut group) = (None, None);
    let mut blocks: Vec<(BlockStatus, Vec<TransactionStatus>)> = Vec::new();
    for record in &records(document) {
        match kind(record) {
            "report" => {
                let created = parsed(record, "created").unwrap();
                header = Some(write_status::Header {
                    version,
                    message_id: string(record, "message_id"),
                    created,
                    agent: None,
                });
                group = Some(GroupStatus {
                    message_id: string(record, "original_message_id"),
                    message_name: string(record, "original_message_name"),
                    created: None,
                    count: parsed(record, "original_count"),
                    sum: parsed(record, "original_sum"),
                    status: text(record, "group_status"),
                    reasons: reasons(record),
                    counts: counts(record),
                });
            }
            "batch_status" => {
                let block = BlockStatus {
                    payment_information_id: string(record, "original_payment_information_id"),
                    status: text(record, "status"),
                    reasons: reasons(record),
                    counts: counts(record),
                    ..BlockStatus::default()
                };
                blocks.push((block, Vec::new()));
            }
            "status" => blocks.last_mut().unwrap().1.push(TransactionStatus {
                status_id: text(record, "status_id"),
                instruction_id: text(record, "original_instruction_id"),
                end_to_end_id: text(record, "original_end_to_end_id"),
                uetr: text(record, "original_uetr"),
                status: text(record, "status"),
                reasons: reasons(record),
                acceptance: parsed(record, "acceptance"),
                account_servicer_reference: text(record, "account_servicer_reference"),
                clearing_system_reference: text(record, "clearing_system_reference"),
                echo: record.get("echo").map(|echo| Echo {
                    amount: money(echo, "amount", "currency"),
                    date: parsed(echo, "date"),
                    creditor: text(echo, "creditor"),
                    creditor_account: None,
                }),
                ..TransactionStatus::default()
            }),
            _ => {}
        }
    }
    let mut again = Vec::new();
    write_status::write_pain_002(&mut again, &header.unwrap(), &group.unwrap(), blocks).unwrap();
    again
}

/// The same octets, shown by element where they are not.
pub fn assert_same(first: &[u8], again: &[u8]) {
    let lines = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap().replace("><", ">\n<");
    assert_eq!(lines(first), lines(again));
}
