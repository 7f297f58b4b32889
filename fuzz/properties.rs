//! What must hold for any octets at the doors for documents, whatever is said of them: the same words however the octets
//! arrive, two doors of one mind, places that lie within the input. Knows no case.

use std::io::BufRead;

use girogate::messages::record::Deviation;
use girogate::messages::validate;
use girogate::schema::event::{Limits, NotWellFormed};
use girogate::schema::pattern::Pattern;
use girogate::schema::walk::{Step, Walk};

use super::trickle::Trickle;

/// Octets handed out at once by the readers that are compared with one that hands out all.
const STEPS: [usize; 4] = [1, 2, 3, 7];

/// Every event with its place, or the error, as text.
fn events(input: impl BufRead) -> Result<Vec<String>, NotWellFormed> {
    let mut walk = Walk::without_schema(input, Limits::default());
    let mut events = Vec::new();
    loop {
        let told = match walk.next()? {
            Step::Start(element) => format!("{:?} {}", element.namespace, element.local),
            Step::Text(text) => text.to_owned(),
            Step::End => "end".to_owned(),
            Step::Finished => {
                events.push(format!("{:?}", walk.findings()));
                return Ok(events);
            }
        };
        events.push(format!("{told} {:?}", walk.position()));
    }
}

/// The scanner says the same, at the same places, whatever the pieces in which the octets arrive.
pub fn same_events_in_pieces(octets: &[u8]) -> Result<(), &'static str> {
    let whole = events(octets);
    let shown = |said: &Result<Vec<String>, NotWellFormed>| match said {
        Ok(events) => events.join("\n"),
        Err(error) => error.to_string(),
    };
    for step in STEPS {
        let cut = events(Trickle { rest: octets, step });
        assert_eq!(shown(&cut), shown(&whole), "{step} octets at a time");
    }
    whole.map(|_| ()).map_err(|error| error.code())
}

fn records(input: impl BufRead) -> (Vec<String>, validate::Parsed) {
    let mut records = Vec::new();
    let parsed = validate::parse(input, Some("in.xml"), &mut |record, _| {
        records.push(serde_json::to_string(&record).expect("a record can be written"));
    });
    (records, parsed)
}

/// The records are the same, too; and what they say of validity is what the other door says.
pub fn same_records_in_pieces(octets: &[u8]) {
    let (whole, parsed) = records(octets);
    for step in [1, 7] {
        let (cut, _) = records(Trickle { rest: octets, step });
        assert_eq!(cut, whole, "{step} octets at a time");
    }
    let judged = validate::validate_file(octets, None);
    let valid = parsed.invalid == 0 && parsed.stopped.is_none();
    let judged_valid = judged.verdict.valid && judged.parsed.stopped.is_none();
    assert_eq!(valid, judged_valid, "parse and validate are of one mind");
    assert_eq!(parsed.documents, judged.parsed.documents, "both doors find the same documents");
    judged.deviations.iter().for_each(|deviation| is_within(deviation, octets));
}

/// UTF-16 has a line feed in two octets, so that no input has more lines than octets; in UTF-8 the place is exact.
fn is_within(deviation: &Deviation, octets: &[u8]) {
    let lines = 1 + octets.iter().filter(|octet| **octet == b'\n').count() as u64;
    let widest = octets.split(|octet| *octet == b'\n').map(<[u8]>::len).max().unwrap_or(0) as u64;
    let wide = octets.contains(&0);
    let (line_max, column_max) =
        if wide { (octets.len() as u64 + 1, octets.len() as u64 + 1) } else { (lines, widest + 1) };
    let Deviation { line, column, code, .. } = deviation;
    assert!(*line >= 1 && *line <= line_max, "{code} in line {line} of {line_max}");
    assert!(*column >= 1 && *column <= column_max, "{code} in column {column} of {column_max}");
    assert!(!code.is_empty(), "a deviation without a code");
}

/// The same document announced in one of the encodings that are read, its octets unchanged.
pub fn announced(octets: &[u8]) -> Vec<u8> {
    const LABELS: [&str; 8] = [
        "UTF-8",
        "UTF-16",
        "ISO-8859-1",
        "ISO-8859-15",
        "windows-1252",
        "ISO-8859-2",
        "US-ASCII",
        "windows-1251",
    ];
    let Some((first, rest)) = octets.split_first() else { return Vec::new() };
    let label = LABELS[usize::from(*first) % LABELS.len()];
    let text = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>");
    match first >> 6 {
        0 => [text.as_bytes(), rest].concat(),
        1 => [b"\xef\xbb\xbf", text.as_bytes(), rest].concat(),
        2 => text.encode_utf16().flat_map(u16::to_le_bytes).chain(wide(rest, u16::to_le_bytes)).collect(),
        _ => {
            let mark = [0xfe, 0xff];
            let text = text.encode_utf16().flat_map(u16::to_be_bytes);
            mark.into_iter().chain(text).chain(wide(rest, u16::to_be_bytes)).collect()
        }
    }
}

fn wide(octets: &[u8], split: fn(u16) -> [u8; 2]) -> impl Iterator<Item = u8> {
    let units: Vec<u16> = String::from_utf8_lossy(octets).encode_utf16().collect();
    units.into_iter().flat_map(split)
}

/// The first line is a pattern, the others are values; what it says of a value must not depend on what it was asked before.
pub fn pattern(octets: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(octets);
    let mut lines = text.lines();
    let source = lines.next().unwrap_or("");
    let Ok(pattern) = Pattern::parse(source) else { return Some("pattern.refused") };
    assert_eq!(pattern.source(), source);
    let values: Vec<&str> = lines.collect();
    let forth: Vec<bool> = values.iter().map(|value| pattern.matches(value)).collect();
    let mut back: Vec<bool> = values.iter().rev().map(|value| pattern.matches(value)).collect();
    back.reverse();
    assert_eq!(forth, back);
    None
}
