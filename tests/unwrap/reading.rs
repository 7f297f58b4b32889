//! What `parse` hands out of some octets, as values that a test can look at. Knows no fixture.

use girogate::messages::record::Record;
use girogate::messages::unwrap::Source;
use girogate::messages::validate::{Parsed, parse, parse_source};
use serde_json::Value;

/// A document as it was handed out.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Document {
    pub head: Value,
    pub header: Option<Value>,
    pub records: Vec<Value>,
    pub deviations: Vec<Value>,
    pub verdict: Value,
}

impl Document {
    /// Codes of what deviates.
    pub fn codes(&self) -> Vec<&str> {
        self.deviations.iter().map(|deviation| deviation["code"].as_str().unwrap()).collect()
    }

    pub fn file(&self) -> &str {
        self.head["file"].as_str().unwrap()
    }

    pub fn is_valid(&self) -> bool {
        self.verdict["valid"] == true
    }
}

fn collect(documents: &mut Vec<Document>, record: &Record) {
    let value = serde_json::to_value(record).unwrap();
    match record {
        Record::Document(_) => documents.push(Document { head: value, ..Document::default() }),
        Record::Header(_) => documents.last_mut().unwrap().header = Some(value),
        Record::Deviation(_) => documents.last_mut().unwrap().deviations.push(value),
        Record::Verdict(_) => documents.last_mut().unwrap().verdict = value,
        _ => documents.last_mut().unwrap().records.push(value),
    }
}

/// Read from a pipe.
pub fn read(octets: &[u8]) -> (Vec<Document>, Parsed) {
    let mut documents = Vec::new();
    let parsed = parse(octets, Some("in"), &mut |record, _| collect(&mut documents, &record));
    check(&documents, &parsed);
    (documents, parsed)
}

/// Read from what can be read from any place.
pub fn read_seekable(octets: &[u8]) -> (Vec<Document>, Parsed) {
    let mut documents = Vec::new();
    let mut input = std::io::Cursor::new(octets);
    let source = Source::Seekable(&mut input);
    let parsed = parse_source(source, Some("in"), None, &mut |record, _| collect(&mut documents, &record));
    check(&documents, &parsed);
    (documents, parsed)
}

/// What holds for every input.
fn check(documents: &[Document], parsed: &Parsed) {
    assert!(!documents.is_empty(), "nothing was handed out");
    assert_eq!(parsed.documents, documents.len() as u64);
    assert_eq!(parsed.invalid, documents.iter().filter(|document| !document.is_valid()).count() as u64);
    let deviations: usize = documents.iter().map(|document| document.deviations.len()).sum();
    assert_eq!(parsed.deviations, deviations as u64);
    for document in documents {
        assert_eq!(document.verdict["record"], "verdict", "{document:?}");
    }
}
