//! Every encoding that banks use, written by Python's codecs and read by lxml: our text and our verdict beside theirs.

use std::fs;
use std::path::Path;
use std::process::Command;

use girogate::schema::event::Limits;
use girogate::schema::walk::{Step, Walk};
use serde_json::Value;

/// What we read of a document: its text, and whether the octets are what they claim to be.
#[derive(Debug, PartialEq)]
enum Read {
    /// No finding that makes a document invalid.
    Clean(String),
    /// Read, with something against it.
    Contradicted(String),
    Refused(String),
}

fn read(octets: &[u8]) -> Read {
    let mut walk = Walk::without_schema(octets, Limits::default());
    let mut text = String::new();
    loop {
        match walk.next() {
            Ok(Step::Text(part)) => text.push_str(part),
            Ok(Step::Finished) => break,
            Ok(_) => {}
            Err(refused) => return Read::Refused(refused.to_string()),
        }
    }
    if walk.violations_total() == 0 { Read::Clean(text) } else { Read::Contradicted(text) }
}

/// A Python that has lxml, if there is one.
fn python() -> Option<&'static str> {
    let has_lxml = |name: &&str| {
        let asked = Command::new(name).args(["-c", "import lxml.etree"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has_lxml);
    if found.is_none() {
        eprintln!("SKIPPED: no Python with lxml; nothing was compared");
    }
    found
}

/// Where we differ on purpose, with the reason.
const OTHERWISE: &[(&str, &str)] = &[
    ("windows-1255-ca", "iconv has no character there; Microsoft's later tables and ours have U+05BA"),
    (
        "windows-1258-all",
        "iconv composes letter and tone mark into one character; we leave both as they stand",
    ),
    ("windows-1258-upper", "the same"),
    ("ebcdic", "refused by name: no bank sends XML so"),
];

#[test]
fn every_encoding_is_read_as_lxml_reads_it() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unwrap/encodings.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut compared = 0;
    let mut differences = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let said: Value = serde_json::from_str(line).unwrap();
        let name = said["file"].as_str().unwrap();
        let ours = read(&fs::read(folder.path().join(name)).unwrap());
        let same = match (said["text"].as_str(), &ours) {
            (Some(theirs), Read::Clean(text)) => theirs == text,
            (None, Read::Contradicted(_) | Read::Refused(_)) => true,
            _ => false,
        };
        if !same && !OTHERWISE.iter().any(|(known, _)| *known == name) {
            let shown: String = format!("{ours:?}").chars().take(80).collect();
            let theirs: String = said["text"].to_string().chars().take(80).collect();
            differences.push(format!("{name}: lxml {theirs}, we {shown}"));
        }
        compared += 1;
    }
    assert!(compared > 3_000, "only {compared} documents");
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
