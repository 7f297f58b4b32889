//! The readers of bank reports against what others find in the same documents: an XPath script, libxml2, and the
//! fixtures of `fixtures/messages`, each of which shows one thing that banks do.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and a child process reports by its output"
)]

#[path = "readers/flat.rs"]
mod flat;
#[path = "readers/huge_entry.rs"]
mod huge_entry;
#[path = "readers/kinds.rs"]
mod kinds;
#[path = "readers/versions.rs"]
mod versions;

use std::fs;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use girogate::messages::reading::Origin;
use girogate::messages::record::Record;
use girogate::messages::validate::{Parsed, parse, validate_file};
use girogate::schema::xsd;
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A document as it was handed out.
#[derive(Debug, Default)]
struct Document {
    head: Value,
    headers: Vec<Value>,
    records: Vec<Value>,
    deviations: Vec<Value>,
    verdict: Value,
}

/// Parses, and checks on the way what holds for every input: each document begins and ends as it should, the records are
/// numbered in order, and the verdict counts them.
fn documents(input: impl std::io::BufRead, name: &str) -> (Vec<Document>, Parsed) {
    let mut documents: Vec<Document> = Vec::new();
    let mut open = false;
    let mut sink = |record: Record, origin: Origin| {
        let value = serde_json::to_value(&record).unwrap();
        if matches!(record, Record::Document(_)) {
            assert!(!open, "{name}: a document inside a document");
            open = true;
            documents.push(Document { head: value, ..Document::default() });
            return;
        }
        assert!(open, "{name}: {value} outside of a document");
        let document = documents.last_mut().unwrap();
        match record {
            Record::Deviation(_) => document.deviations.push(value),
            Record::Header(_) => document.headers.push(value),
            Record::Verdict(verdict) => {
                open = false;
                assert_eq!(verdict.records, document.records.len() as u64, "{name}");
                assert!(
                    verdict.valid == (verdict.errors == 0 && verdict.schema != "unknown"),
                    "{name}: {value}"
                );
                document.verdict = value;
            }
            _ => {
                assert_eq!(origin.record_index, document.records.len() as u64, "{name}");
                document.records.push(value);
            }
        }
    };
    let parsed = parse(input, Some(name), &mut sink);
    assert!(!open, "{name}: no verdict at the end");
    assert!(!documents.is_empty(), "{name}: nothing handed out");
    assert_eq!(parsed.documents, documents.len() as u64, "{name}");
    (documents, parsed)
}

fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(ROOT).join("../shared").join(part);
    let path = if path.exists() { Some(path) } else { None };
    if path.is_none() {
        eprintln!("SKIPPED: ../shared/{part} is not here; nothing was compared");
    }
    path
}

fn corpus() -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in fs::read_dir(shared("corpus")?).unwrap().map(|entry| entry.unwrap().path()) {
        if folder.is_dir() {
            files.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    files.sort();
    assert!(files.len() > 150, "the corpus has more than a hundred and fifty messages");
    Some(files)
}

/// What the XPath script finds, one value per file. None, said aloud, where Python with lxml is missing.
fn oracle(files: &[PathBuf], schemas: &Path) -> Option<Vec<Value>> {
    let script = Path::new(ROOT).join("tests/oracle/count_records.py");
    let child = Command::new("/usr/bin/python3")
        .arg(script)
        .arg(schemas)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: no /usr/bin/python3; nothing was compared");
        return None;
    };
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all((names.join("\n") + "\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    if String::from_utf8_lossy(&output.stderr).contains("No module named 'lxml'") {
        eprintln!("SKIPPED: python3 has no lxml; nothing was compared");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let found: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), files.len());
    Some(found)
}

/// The record without the id of the definition, which XPath does not know.
fn anonymous(record: &Value) -> Value {
    let mut record = record.clone();
    if record.get("message").is_some() {
        record["message"] = json!("?");
    }
    record
}

fn compare(file: &Path, expected: &Value) -> Vec<String> {
    let name = file.display().to_string();
    let (found, _) = documents(fs::read(file).unwrap().as_slice(), &name);
    let expected = expected["documents"].as_array().unwrap();
    if expected.is_empty() {
        let absent = found.len() == 1 && found[0].deviations.iter().any(|d| d["code"] == "document.absent");
        return if absent { vec![] } else { vec![format!("{name}: found a document where there is none")] };
    }
    if expected.len() != found.len() {
        return vec![format!("{name}: {} documents, expected {}", found.len(), expected.len())];
    }
    let mut differences = Vec::new();
    for (expected, found) in expected.iter().zip(&found) {
        if found.verdict["schema"] != "unknown" && found.verdict["valid"] != expected["valid"] {
            let first = found.deviations.first();
            differences.push(format!("{name}: libxml2 says {}, we {first:?}", expected["valid"]));
        }
        let records = expected["records"].as_array().unwrap();
        if records.len() != found.records.len() {
            differences.push(format!("{name}: {} records, expected {}", found.records.len(), records.len()));
        }
        for (expected, found) in records.iter().zip(&found.records) {
            let found = anonymous(found);
            if *expected != found {
                differences.push(format!("{name}:\n  expected {expected}\n  found    {found}"));
            }
        }
    }
    differences
}

#[test]
fn the_corpus_reads_as_an_xpath_script_reads_it() {
    let (Some(files), Some(schemas)) = (corpus(), shared("xsd")) else { return };
    let Some(expected) = oracle(&files, &schemas) else { return };
    let mut records = 0_usize;
    let mut differences = Vec::new();
    for (file, expected) in files.iter().zip(&expected) {
        assert!(expected.get("error").is_none(), "{expected}");
        differences.extend(compare(file, expected));
        for document in expected["documents"].as_array().unwrap() {
            records += document["records"].as_array().unwrap().len();
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    assert!(records > 1000, "only {records} records compared");
}

#[test]
fn the_corpus_is_judged_by_published_schemas_as_libxml2_judges_it() {
    let (Some(files), Some(schemas)) = (corpus(), shared("xsd")) else { return };
    let Some(expected) = oracle(&files, &schemas) else { return };
    let mut judged = 0;
    for (file, expected) in files.iter().zip(&expected) {
        for document in expected["documents"].as_array().unwrap() {
            let Some(valid) = document["valid"].as_bool() else { continue };
            let id = document["namespace"].as_str().unwrap().rsplit(':').next().unwrap();
            let definition = fs::read(schemas.join(format!("{id}.xsd"))).unwrap();
            let schema = xsd::parse(definition.as_slice()).unwrap();
            let ours = validate_file(fs::read(file).unwrap().as_slice(), Some(&schema));
            assert_eq!(ours.verdict.valid, valid, "{}: {:?}", file.display(), ours.deviations);
            assert_eq!(ours.verdict.errors > 0, !valid);
            judged += 1;
        }
    }
    assert!(judged > 80, "only {judged} documents judged");
}

#[test]
fn a_schema_that_fits_nothing_in_the_file_refuses_it() {
    let definition: &[u8] = br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:test:a" targetNamespace="urn:test:a" elementFormDefault="qualified"><xs:element name="Document" type="D"/><xs:complexType name="D"><xs:sequence><xs:element name="A" type="T"/></xs:sequence></xs:complexType><xs:simpleType name="T"><xs:restriction base="xs:string"/></xs:simpleType></xs:schema>"#;
    let schema = xsd::parse(definition).unwrap();
    let judge = |text: &str| {
        let validated = validate_file(text.as_bytes(), Some(&schema));
        let codes: Vec<_> = validated.deviations.iter().map(|deviation| deviation.code.clone()).collect();
        (validated.verdict.valid, codes)
    };
    let own = r#"<Document xmlns="urn:test:a"><A>1</A></Document>"#;
    assert_eq!(judge(own), (true, vec![]));
    assert_eq!(judge(&format!("<Envelope><Head/>{own}</Envelope>")), (true, vec![]));
    assert_eq!(judge(&own.replace("urn:test:a", "urn:test:b")), (false, vec!["schema.root".to_owned()]));
    assert_eq!(judge("<Other/>"), (false, vec!["schema.root".to_owned()]));
    assert_eq!(judge(&own.replace("<A>1</A>", "")), (false, vec!["schema.missing_element".to_owned()]));
    assert_eq!(judge(&format!("{own}<")), (false, vec!["xml.not_well_formed".to_owned()]));
}

/// What a truncated document must still do. The records that are complete before the cut must be the same as in the whole.
#[test]
fn every_corpus_file_cut_anywhere_ends_with_a_verdict() {
    let Some(files) = corpus() else { return };
    for file in files {
        let octets = fs::read(&file).unwrap();
        let name = file.display().to_string();
        let (whole, _) = documents(octets.as_slice(), &name);
        let stride = (octets.len() / 24).max(1);
        for cut in (0..octets.len()).step_by(stride).chain(octets.len().saturating_sub(20)..octets.len()) {
            let (found, parsed) = documents(&octets[..cut], &name);
            let last = found.last().unwrap();
            if parsed.stopped.is_none() {
                // Nothing but white space or a comment was cut off.
                assert_eq!(found.len(), whole.len(), "{name} cut at {cut}");
                continue;
            }
            assert_eq!(last.verdict["valid"], false, "{name} cut at {cut}");
            let codes: Vec<_> = last.deviations.iter().map(|d| d["code"].as_str().unwrap()).collect();
            assert_eq!(codes.last(), Some(&"xml.not_well_formed"), "{name} cut at {cut}");
            assert_prefix(&found, &whole, &format!("{name} cut at {cut}"));
        }
    }
}

/// All records but those still open at the cut (at most an entry and its last transaction, or a status and its batch)
/// stand in the whole document too.
fn assert_prefix(found: &[Document], whole: &[Document], name: &str) {
    for (found, whole) in found.iter().zip(whole) {
        assert!(found.records.len() <= whole.records.len().max(1), "{name}");
        let differing = found
            .records
            .iter()
            .zip(&whole.records)
            .filter(|(a, b)| a != b && a["record"] != "entry" && a["record"] != "account_report");
        assert!(differing.count() <= 2, "{name}");
    }
}

#[test]
fn damaged_octets_never_panic_and_end_with_a_verdict() {
    let Some(files) = corpus() else { return };
    let seed = 0x9E37_79B9_7F4A_7C15_u64;
    println!("seed {seed:#x}");
    let mut state = seed;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for file in files {
        let octets = fs::read(&file).unwrap();
        for _ in 0..6 {
            let mut damaged = octets.clone();
            for _ in 0..=random() % 4 {
                let at = usize::try_from(random()).unwrap_or(0) % damaged.len();
                let length = usize::try_from(random() % 40).unwrap().min(damaged.len() - at);
                match random() % 3 {
                    0 => damaged[at] = (random() % 256) as u8,
                    1 => drop(damaged.drain(at..at + length)),
                    _ => {
                        let piece = damaged[at..at + length].to_vec();
                        let to = usize::try_from(random()).unwrap_or(0) % damaged.len();
                        damaged.splice(to..to, piece);
                    }
                }
            }
            documents(damaged.as_slice(), &file.display().to_string());
        }
    }
}

fn fixture_cases() -> Vec<PathBuf> {
    let mut cases = Vec::new();
    for kind in fs::read_dir(Path::new(ROOT).join("fixtures/messages")).unwrap() {
        let kind = kind.unwrap().path();
        cases.extend(fs::read_dir(kind).unwrap().map(|case| case.unwrap().path()));
    }
    cases.retain(|case| case.join("in.xml").exists());
    cases.sort();
    cases
}

#[test]
fn fixtures_read_as_expected() {
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let cases = fixture_cases();
    assert!(cases.len() > 30);
    let mut differences = Vec::new();
    for case in cases {
        let octets = fs::read(case.join("in.xml")).unwrap();
        let mut lines = String::new();
        parse(octets.as_slice(), Some("in.xml"), &mut |record, _| {
            lines.push_str(&serde_json::to_string(&record).unwrap());
            lines.push('\n');
        });
        let expected = case.join("expected.ndjson");
        if update {
            fs::write(&expected, &lines).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != lines {
            differences.push(format!("{}:\n{lines}", case.display()));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn fixtures_read_as_an_xpath_script_reads_them() {
    let Some(schemas) = shared("xsd") else { return };
    let files: Vec<PathBuf> = fixture_cases().iter().map(|case| case.join("in.xml")).collect();
    let Some(expected) = oracle(&files, &schemas) else { return };
    let (mut differences, mut compared) = (Vec::new(), 0);
    for (file, expected) in files.iter().zip(&expected) {
        let name = file.display().to_string();
        let (found, parsed) = documents(fs::read(file).unwrap().as_slice(), &name);
        let late = found.iter().flat_map(|document| &document.deviations).any(|d| d["code"] == "record.late");
        // What we stop at, and what comes behind its record, XPath sees nevertheless.
        if expected.get("error").is_none() && parsed.stopped.is_none() && !late {
            differences.extend(compare(file, expected));
            compared += 1;
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared > 70, "only {compared} fixtures compared");
}

/// Status-lifecycle test 15.
#[test]
fn two_versions_of_the_same_content_read_alike() {
    let read = |version: &str| {
        let path = Path::new(ROOT).join(format!("fixtures/messages/{version}/same-content/in.xml"));
        let (documents, _) = documents(fs::read(path).unwrap().as_slice(), version);
        assert_eq!(documents[0].verdict["valid"], true);
        documents[0].records.iter().map(anonymous).collect::<Vec<_>>()
    };
    assert_eq!(read("camt.054.001.02"), read("camt.054.001.08"));
}

/// Documents that have no reader are named and judged, never passed over.
#[test]
fn a_message_without_reader_is_named_and_judged() {
    let summary = |text: &str| {
        let (documents, _) = documents(text.as_bytes(), "-");
        let of = |document: &Document| {
            let codes: Vec<_> =
                document.deviations.iter().map(|d| d["code"].as_str().unwrap().to_owned()).collect();
            let (schema, valid) = (&document.verdict["schema"], &document.verdict["valid"]);
            format!("{} {schema} {valid} {}", document.head["message"], codes.join(" "))
        };
        documents.iter().map(of).collect::<Vec<_>>()
    };
    let foreign =
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:seev.031.001.09"><CorpActnNtfctn/></Document>"#;
    let unknown = r#"null "unknown" false schema.unknown message.unsupported"#;
    assert_eq!(summary(foreign), [unknown]);
    let report = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn/></Document>"#;
    let judged = r#""camt.054.001.08" "camt.054.001.08" false schema.missing_element"#;
    assert_eq!(summary(&format!("<Envelope>{foreign}{report}</Envelope>")), [unknown, judged]);
    assert_eq!(summary(&format!("<Document>{report}</Document>")), [judged]);
    let empty = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>"#;
    assert_eq!(summary(empty), [judged]);
    let order =
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn/></Document>"#;
    let order_judged = r#""pain.001.001.09" "pain.001.001.09" false schema.missing_element"#;
    assert_eq!(summary(order), [order_judged]);
    assert_eq!(summary("<Envelope/>"), [r#"null "unknown" false document.absent"#]);
    assert_eq!(summary(""), [r#"null "unknown" false xml.not_well_formed"#]);
}

/// What breaks every schema is read all the same.
#[test]
fn several_messages_in_one_document_are_read() {
    let report = "<BkToCstmrStmt><Stmt><Id>S</Id><Ntry/></Stmt></BkToCstmrStmt>";
    let text = format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><Extra><Stmt/></Extra>{report}{report}</Document>"#
    );
    let (documents, _) = documents(text.as_bytes(), "-");
    let kinds: Vec<_> =
        documents[0].records.iter().map(|record| record["record"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["account_report", "entry", "account_report", "entry"]);
    assert_eq!(documents[0].verdict["valid"], false);
}

/// More deviations than the walk keeps at a time: each is handed out, and memory does not grow with them.
#[test]
fn every_deviation_is_handed_out() {
    let entry = "<Ntry><Sts>X</Sts></Ntry>";
    let text = format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn>{}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"#,
        entry.repeat(3000)
    );
    let (documents, parsed) = documents(text.as_bytes(), "-");
    assert_eq!(documents[0].verdict["errors"].as_u64(), Some(documents[0].deviations.len() as u64));
    assert_eq!(parsed.deviations, documents[0].deviations.len() as u64);
    assert!(parsed.deviations > 3000);
    assert_eq!(documents[0].records.len(), 3001);
}

/// A camt.054 of as many entries as wanted, each with as many details, made while it is read.
struct Notification {
    part: Vec<u8>,
    at: usize,
    entries: u64,
    details: u64,
    entry: u64,
    detail: u64,
}

impl Notification {
    fn new(entries: u64, details: u64) -> Notification {
        let part = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">\n <BkToCstmrDbtCdtNtfctn>\n  <GrpHdr>\n   <MsgId>LARGE</MsgId>\n   <CreDtTm>2025-03-14T06:00:00Z</CreDtTm>\n  </GrpHdr>\n  <Ntfctn>\n   <Id>LARGE-1</Id>\n   <Acct>\n    <Id>\n     <IBAN>DE89370400440532013000</IBAN>\n    </Id>\n   </Acct>\n".to_vec();
        Notification { part, at: 0, entries, details, entry: 0, detail: 0 }
    }

    fn next_part(&mut self) -> Vec<u8> {
        if self.entry == self.entries {
            self.entry += 1;
            return b"  </Ntfctn>\n </BkToCstmrDbtCdtNtfctn>\n</Document>\n".to_vec();
        }
        if self.entry > self.entries {
            return Vec::new();
        }
        let mut part = String::new();
        if self.detail == 0 {
            part.push_str(&format!("   <Ntry>\n    <NtryRef>{}</NtryRef>\n    <Amt Ccy=\"EUR\">{}.00</Amt>\n    <CdtDbtInd>DBIT</CdtDbtInd>\n    <Sts>\n     <Cd>BOOK</Cd>\n    </Sts>\n    <BookgDt>\n     <Dt>2025-03-14</Dt>\n    </BookgDt>\n    <ValDt>\n     <Dt>2025-03-14</Dt>\n    </ValDt>\n    <AcctSvcrRef>SVCR-{0}</AcctSvcrRef>\n    <BkTxCd>\n     <Domn>\n      <Cd>PMNT</Cd>\n      <Fmly>\n       <Cd>ICDT</Cd>\n       <SubFmlyCd>ESCT</SubFmlyCd>\n      </Fmly>\n     </Domn>\n    </BkTxCd>\n    <NtryDtls>\n", self.entry, 12 * self.details));
        }
        let number = self.entry * self.details + self.detail;
        part.push_str(&format!("     <TxDtls>\n      <Refs>\n       <PmtInfId>PMT-{}</PmtInfId>\n       <InstrId>INSTR-{number}</InstrId>\n       <EndToEndId>E2E-{number}</EndToEndId>\n       <UETR>6b1f5f0e-7c6d-4a7a-9c5e-{number:012}</UETR>\n      </Refs>\n      <Amt Ccy=\"EUR\">12.00</Amt>\n      <CdtDbtInd>DBIT</CdtDbtInd>\n      <RltdPties>\n       <Cdtr>\n        <Pty>\n         <Nm>Creator number {number}</Nm>\n        </Pty>\n       </Cdtr>\n       <CdtrAcct>\n        <Id>\n         <IBAN>FR1420041010050500013M02606</IBAN>\n        </Id>\n       </CdtrAcct>\n      </RltdPties>\n      <RmtInf>\n       <Ustrd>Earnings of March, statement {number}</Ustrd>\n      </RmtInf>\n     </TxDtls>\n", self.entry));
        self.detail += 1;
        if self.detail == self.details {
            part.push_str("    </NtryDtls>\n   </Ntry>\n");
            self.detail = 0;
            self.entry += 1;
        }
        part.into_bytes()
    }
}

impl Read for Notification {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.part.len() {
            (self.part, self.at) = (self.next_part(), 0);
        }
        let length = buffer.len().min(self.part.len() - self.at);
        buffer[..length].copy_from_slice(&self.part[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Highest resident memory of this process so far, in KiB. Source: proc(5), `VmHWM`.
fn memory_peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Child process of the two tests below; alone it does nothing.
#[test]
fn memory_child() {
    let Ok(size) = std::env::var("GIROGATE_TEST_NOTIFICATION") else { return };
    let (entries, details) = size.split_once('x').unwrap();
    let (entries, details) = (entries.parse().unwrap(), details.parse().unwrap());
    let mut transactions = 0_u64;
    let before = memory_peak_kib();
    let input = BufReader::new(Notification::new(entries, details));
    let parsed = parse(input, None, &mut |record, _| {
        transactions += u64::from(matches!(record, Record::Transaction(_)));
    });
    assert_eq!((parsed.documents, parsed.invalid, parsed.deviations), (1, 0, 0));
    assert_eq!(transactions, entries * details);
    println!("grown {}", memory_peak_kib() - before);
}

fn memory_growth_kib(size: &str) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory_child", "--nocapture"])
        .env("GIROGATE_TEST_NOTIFICATION", size)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (_, rest) = text.split_once("grown ").unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn memory_stays_flat_over_a_large_notification() {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED: no /proc here; memory was not measured");
        return;
    }
    // About 20 MB of XML in single bookings.
    let grown = memory_growth_kib("15000x1");
    println!("15,000 entries: {grown} KiB");
    assert!(grown < 8 * 1024, "{grown} KiB more for 15,000 single bookings");
}

#[test]
fn a_collective_booking_of_100_000_stays_below_its_bound() {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED: no /proc here; memory was not measured");
        return;
    }
    let grown = memory_growth_kib("1x100000");
    println!("100,000 details in one entry: {grown} KiB");
    assert!(grown < 150 * 1024, "{grown} KiB more for one collective booking");
}
