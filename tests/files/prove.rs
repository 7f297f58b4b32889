//! The proofs of bank reports against an independent XPath and decimal script over the corpus, and against made reports
//! in which one thing is wrong. The script needs /usr/bin/python3 with lxml; without it the test says so and skips.

use std::fs;

use girogate::messages::prove::Prover;
use girogate::messages::validate::parse;
use serde_json::{Value, json};

use super::{corpus, oracle, sha_256};

/// The proofs of some documents, in order.
fn proofs(documents: &[(&str, &[u8])]) -> Vec<Value> {
    let mut prover = Prover::new(sha_256);
    let mut found = Vec::new();
    for (name, octets) in documents {
        parse(*octets, Some(name), &mut |record, origin| {
            prover.take(record, origin, &mut |check| found.push(serde_json::to_value(check).unwrap()));
        });
    }
    prover.finish(&mut |check| found.push(serde_json::to_value(check).unwrap()));
    found
}

fn named<'c>(checks: &'c [Value], name: &str) -> Vec<&'c Value> {
    checks.iter().filter(|check| check["name"] == name).collect()
}

/// A decimal without the zeros that end it.
fn plain(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return Value::Null };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    json!(if text == "-0" { "0" } else { text })
}

/// Our proofs in the form of the script, those that it does not state left out.
fn comparable(checks: &[Value]) -> Vec<Value> {
    let mut rows = Vec::new();
    for check in checks {
        let (name, holds) = (check["name"].as_str().unwrap(), &check["holds"]);
        let row = match name {
            "balance.booked" if holds == "not_provable" => {
                let whole = check.get("currency").is_some() || check["missing"] == "balances";
                assert!(whole && check["missing"].as_str().is_some_and(|missing| !missing.is_empty()));
                json!([name, holds, check.get("currency"), null, null])
            }
            "balance.booked" => {
                json!([name, holds, check["currency"], plain(&check["expected"]), plain(&check["found"])])
            }
            "entries.details" | "entries.batch_count" => {
                json!([name, holds, check["proved"], check["failed"], check["unprovable"]])
            }
            "status.count" => json!([name, holds, check["note"]]),
            _ if name.starts_with("summary.") => json!([name, holds]),
            _ => continue,
        };
        rows.push(row);
    }
    rows.sort_by_key(Value::to_string);
    rows
}

#[test]
fn the_corpus_proves_as_a_decimal_script_proves_it() {
    let Some(files) = corpus(&[""]) else { return };
    let names = files.iter().map(|file| format!("{}\n", file.display())).collect();
    let Some(expected) = oracle("prove_reports.py", &[], names) else { return };
    let (mut compared, mut differences) = (0, Vec::new());
    for (file, expected) in files.iter().zip(&expected) {
        let Some(checks) = expected["checks"].as_array() else { continue };
        let mut checks = checks.clone();
        checks.sort_by_key(Value::to_string);
        let octets = fs::read(file).unwrap();
        let found = comparable(&proofs(&[("-", &octets)]));
        compared += found.len();
        if found != checks {
            let only = |left: &[Value], right: &[Value]| -> Vec<String> {
                left.iter().filter(|row| !right.contains(row)).map(Value::to_string).collect()
            };
            let (ours, theirs) = (only(&found, &checks), only(&checks, &found));
            differences.push(format!("{}: ours {ours:?}, the script's {theirs:?}", file.display()));
        }
    }
    eprintln!("{compared} proofs compared over {} files", files.len());
    assert!(differences.is_empty(), "{} files differ:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 200, "the corpus has more than 200 things to prove, {compared} compared");
}

/// A statement of which only the inside differs.
fn statement(id: &str, inside: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId>\
         <CreDtTm>2025-03-14T10:00:00</CreDtTm></GrpHdr><Stmt><Id>{id}</Id>{inside}</Stmt></BkToCstmrStmt></Document>"
    )
}

const HEAD: &str = "<CreDtTm>2025-03-14T10:00:00</CreDtTm>";
const ACCOUNT: &str = "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>";

fn balance(kind: &str, amount: &str, direction: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
         <CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>2025-03-14</Dt></Dt></Bal>"
    )
}

fn entry(amount: &str, direction: &str, more: &str) -> String {
    format!("<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{more}<BkTxCd/></Ntry>")
}

fn inside(sequence: &str, content: &[String]) -> String {
    format!("{sequence}{HEAD}{ACCOUNT}{}", content.concat())
}

fn prove(inside: &str) -> Vec<Value> {
    proofs(&[("-", statement("S", inside).as_bytes())])
}

#[test]
fn opening_and_booked_entries_are_the_closing() {
    let ends = [balance("OPBD", "100.00", "CRDT"), balance("CLBD", "30.10", "DBIT")];
    let booked = "<Sts>BOOK</Sts>";
    let entries = [
        entry("150.00", "DBIT", booked),
        entry("20", "CRDT", "<RvslInd>true</RvslInd><Sts>BOOK</Sts>"),
        entry("999.99", "CRDT", "<Sts>PDNG</Sts>"),
        entry("0.10", "DBIT", "<RvslInd>true</RvslInd><Sts>BOOK</Sts>"),
    ];
    let whole = [ends.as_slice(), entries.as_slice()].concat();
    let found = prove(&inside("", &whole));
    let check = named(&found, "balance.booked")[0];
    assert_eq!(check["holds"], true, "{check}");
    assert_eq!(check["remainder"], "0.00");
    // One cent more is a finding with its remainder.
    let wrong = [balance("OPBD", "100.00", "CRDT"), balance("CLBD", "30.09", "DBIT"), entries.concat()];
    let found = prove(&inside("", &wrong));
    let check = named(&found, "balance.booked")[0];
    assert_eq!((&check["holds"], &check["remainder"]), (&json!(false), &json!("0.01")), "{check}");
    // Without a closing balance nothing is proved, and what is missing is said.
    let found = prove(&inside("", &[balance("OPBD", "1.00", "CRDT")]));
    let check = named(&found, "balance.booked")[0];
    assert_eq!(check["holds"], "not_provable");
    assert!(check["missing"].as_str().unwrap().contains("closing"), "{check}");
    assert_eq!(check["expected"], "1.00");
}

#[test]
fn amounts_of_any_size_are_added_exactly() {
    let most = "9".repeat(18);
    let many: Vec<String> = (0..40).map(|_| entry(&most, "CRDT", "<Sts>BOOK</Sts>")).collect();
    let ends = balance("OPBD", "0", "CRDT") + &balance("CLBD", "1", "CRDT");
    let found = prove(&inside("", &[ends.clone(), many.concat()]));
    assert_eq!(named(&found, "balance.booked")[0]["expected"], "39999999999999999960");
    for unreadable in ["1e3", "", "1 000.00", "99999999999999999999", "NaN"] {
        let found = prove(&inside("", &[ends.clone(), entry(unreadable, "CRDT", "<Sts>BOOK</Sts>")]));
        let check = named(&found, "balance.booked")[0];
        assert_eq!(check["holds"], "not_provable", "{unreadable}: {check}");
        assert_eq!(check["remainder"], "1", "what could be added is shown: {check}");
    }
}

fn detail(amount: &str, direction: &str) -> String {
    format!(
        "<TxDtls><AmtDtls><TxAmt><Amt Ccy=\"EUR\">{amount}</Amt></TxAmt></AmtDtls>\
         <RltdPties><TradgPty/></RltdPties>{direction}</TxDtls>"
    )
}

#[test]
fn details_charges_and_batches_are_added_up() {
    let with = |amount: &str, charges: &str, details: &str| {
        let ntry = format!(
            "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BkTxCd/>{charges}\
             <NtryDtls>{details}</NtryDtls></Ntry>"
        );
        prove(&inside("", &[ntry]))
    };
    let batch = |count: u32, total: &str| {
        format!("<Btch><NbOfTxs>{count}</NbOfTxs><TtlAmt Ccy=\"EUR\">{total}</TtlAmt></Btch>")
    };
    let two = detail("1000", "") + &detail("500.00", "");
    let holds = |found: &[Value], name: &str| named(found, name)[0]["holds"].clone();
    let found = with("1500.00", "", &(batch(2, "1500") + &two));
    for name in ["entries.details", "entries.batch_count", "entries.batch_total"] {
        assert_eq!(holds(&found, name), true, "{name}: {found:?}");
    }
    let charge = "<Chrgs><Amt Ccy=\"EUR\">26.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs>";
    let found = with("1526.00", charge, &(batch(3, "1500.01") + &two));
    assert_eq!(holds(&found, "entries.details"), true, "charges were netted: {found:?}");
    assert_eq!(named(&found, "entry.batch_count")[0]["remainder"], "1");
    assert_eq!(named(&found, "entry.batch_total")[0]["remainder"], "-0.01");
    let found = with("1526.00", "", &two);
    assert_eq!(named(&found, "entry.details")[0]["remainder"], "-26.00", "{found:?}");
}

#[test]
fn entries_listed_twice_are_found_where_a_reference_tells() {
    let named_entry = entry("5.00", "CRDT", "<Sts>BOOK</Sts>")
        .replace("<BkTxCd/>", "<AcctSvcrRef>R-1</AcctSvcrRef><BkTxCd/>");
    let found = prove(&inside(
        "",
        &[named_entry.clone(), named_entry.replace("<Ntry>", "<Ntry><NtryRef>2</NtryRef>")],
    ));
    assert_eq!(named(&found, "entry.twice")[0]["holds"], false, "{found:?}");
    let bare = entry("5.00", "CRDT", "<Sts>BOOK</Sts>");
    let found = prove(&inside("", &[bare.clone(), bare]));
    assert!(named(&found, "entry.twice").is_empty(), "{found:?}");
    assert_eq!(named(&found, "entries.twice")[0]["unprovable"], 1);
}

#[test]
fn numbers_pages_copies_and_carried_balances_are_compared_across_files() {
    let numbered = |number: u32, opening: &str, more: &str| {
        let sequence = format!("<ElctrncSeqNb>{number}</ElctrncSeqNb>");
        let ends = [balance("OPBD", opening, "CRDT"), balance("CLBD", opening, "CRDT"), more.to_owned()];
        statement(&format!("S{number}"), &inside(&sequence, &ends))
    };
    let (one, two, four) = (numbered(1, "5", ""), numbered(2, "5", ""), numbered(4, "6", ""));
    let run = |files: &[&String]| {
        let files: Vec<(&str, &[u8])> = files.iter().map(|file| ("-", file.as_bytes())).collect();
        proofs(&files)
    };
    let found = run(&[&two, &one]);
    assert_eq!(named(&found, "sequence.electronic")[0]["holds"], true, "{found:?}");
    assert_eq!(named(&found, "balance.continues")[0]["holds"], true, "{found:?}");
    let found = run(&[&one, &two, &four]);
    let gap = named(&found, "sequence.electronic")[0];
    assert_eq!((&gap["holds"], &gap["expected"], &gap["found"]), (&json!(false), &json!("3"), &json!("4")));
    assert_eq!(named(&found, "balance.continues").len(), 1, "there is no word about what is missing");
    let found = run(&[&one, &numbered(2, "7", "")]);
    assert_eq!(named(&found, "balance.continues")[0]["remainder"], "2", "{found:?}");
    // The same file again is a copy; the same marks with other content are not.
    let found = run(&[&one, &one]);
    assert_eq!(named(&found, "report.copy")[0]["holds"], true, "{found:?}");
    let corrected = one.replace("<Amt Ccy=\"EUR\">5<", "<Amt Ccy=\"EUR\">8<");
    let found = run(&[&one, &corrected]);
    assert_eq!(named(&found, "report.copy")[0]["holds"], false, "{found:?}");
}

#[test]
fn counts_of_a_status_report_are_compared_with_what_it_lists() {
    let report = |count: u32, listed: &str| {
        let text = format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><MsgId>M</MsgId>\
             <CreDtTm>2025-03-14T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>O</OrgnlMsgId>\
             <OrgnlMsgNmId>pain.001</OrgnlMsgNmId><OrgnlNbOfTxs>3</OrgnlNbOfTxs><NbOfTxsPerSts><DtldNbOfTxs>{count}\
             </DtldNbOfTxs><DtldSts>RJCT</DtldSts></NbOfTxsPerSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>\
             <OrgnlPmtInfId>P</OrgnlPmtInfId>{listed}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
        );
        let found = proofs(&[("-", text.as_bytes())]);
        named(&found, "status.count")[0]["holds"].clone()
    };
    let rejected = "<TxInfAndSts><TxSts>RJCT</TxSts></TxInfAndSts>";
    assert_eq!(report(1, rejected), true);
    assert_eq!(report(2, rejected), false);
    assert_eq!(report(2, ""), "not_provable");
    assert_eq!(report(2, &format!("{rejected}<TxInfAndSts/>")), "not_provable");
}
