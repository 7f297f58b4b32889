//! What each door for documents says of one input, as lines of text. Judges nothing.

use std::fmt::Write as _;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use girogate::messages::read_pain_001::Reader;
use girogate::messages::record::{Deviation, Record};
use girogate::messages::validate::{parse, validate_file};
use girogate::sandbox::intake;
use girogate::schema::xsd;
use girogate::signing::c14n::walk::canonicalise;
use girogate::signing::c14n::{Order, decode};
use girogate::signing::certificate::Certificate;
use girogate::signing::dev_pki;
use girogate::signing::xmldsig;

/// Findings shown; of the others only the number.
const SHOWN_MAX: usize = 6;

/// All doors, one after the other.
pub fn said(octets: &[u8]) -> String {
    let mut text = judged(octets);
    text.push_str(&parsed(octets));
    let doors: [(&str, String); 5] = [
        ("initiation", initiation(octets)),
        ("intake", received(octets)),
        ("definition", definition(octets)),
        ("canonical", canonical(octets)),
        ("signature", signature(octets)),
    ];
    for (name, words) in doors {
        writeln!(text, "{name}: {words}").unwrap();
    }
    text
}

fn show(found: &[Deviation], text: &mut String) {
    for one in found.iter().take(SHOWN_MAX) {
        let Deviation { line, column, path, code, text: words, .. } = one;
        writeln!(text, "  {line}:{column}: {code}: {words} ({path})").unwrap();
    }
    if found.len() > SHOWN_MAX {
        writeln!(text, "  and {} more", found.len() - SHOWN_MAX).unwrap();
    }
}

fn judged(octets: &[u8]) -> String {
    let said = validate_file(octets, None);
    let valid = said.verdict.valid && said.parsed.stopped.is_none();
    let word = if valid { "valid" } else { "invalid" };
    let mut text = format!("validate: {word}, {} errors ({})\n", said.verdict.errors, said.verdict.schema);
    show(&said.deviations, &mut text);
    text
}

/// Number of documents and records, and what stands in the entries.
fn parsed(octets: &[u8]) -> String {
    let (mut records, mut entries) = (0_u64, Vec::new());
    let parsed = parse(octets, None, &mut |record, _| {
        records += 1;
        if let Record::Entry(entry) = record {
            entries.push(serde_json::to_string(&Record::Entry(entry)).unwrap());
        }
    });
    let mut text =
        format!("parse: {} documents, {} invalid, {records} records\n", parsed.documents, parsed.invalid);
    for entry in entries {
        writeln!(text, "  {entry}").unwrap();
    }
    text
}

fn initiation(octets: &[u8]) -> String {
    let mut reader = Reader::new(octets);
    loop {
        match reader.next_part() {
            Ok(Some(_)) => {}
            Ok(None) => return format!("read, {} findings", reader.findings().len()),
            Err(error) => return format!("{}: {error}", error.code()),
        }
    }
}

fn received(octets: &[u8]) -> String {
    intake::read(octets).map_or_else(|problem| problem.detail, |_| "accepted".to_owned())
}

fn definition(octets: &[u8]) -> String {
    xsd::parse(octets).map_or_else(|error| format!("{}: {error}", error.code()), |_| "read".to_owned())
}

/// Only how long it is: its octets are compared with libxml2's elsewhere.
fn canonical(octets: &[u8]) -> String {
    let mut out = Vec::new();
    let made = decode(octets).and_then(|text| canonicalise(&text, &Order::WHOLE, &mut out).map(|_| ()));
    made.map_or_else(|error| format!("{}: {error}", error.code()), |()| format!("{} octets", out.len()))
}

/// A certificate that has signed nothing.
static PINNED: LazyLock<Certificate> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let written = dev_pki::write(folder.path(), Utc::now()).unwrap();
    let path =
        written.iter().find(|path| path.to_string_lossy().ends_with("gateway-signing-cert.pem")).unwrap();
    Certificate::read_file(path).unwrap()
});

fn signature(octets: &[u8]) -> String {
    let pinned = std::slice::from_ref(&*PINNED);
    let as_of: DateTime<Utc> = Utc::now();
    xmldsig::verify::verify(octets, pinned, as_of)
        .map_or_else(|error| error.code().to_owned(), |_| "valid, which is impossible".to_owned())
}
