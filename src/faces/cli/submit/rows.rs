//! A payout file as rows that can be sent: each as a JSON instruction, with its place and its octets in the file.
//! Never whether a row is good; that is the gateway's to say.

use super::super::Failure;
use crate::domain::amount::{Amount, Sums};
use crate::domain::currency::Currency;
use crate::engine::convert::Format;
use crate::engine::input::Mode;
use crate::engine::intake::csv::{Reader as CsvRows, Separator};
use crate::engine::intake::draft::Draft;
use crate::engine::intake::finding::{Finding, Origin};
use crate::engine::intake::json::VALUE_OCTETS_MAX;
use crate::engine::intake::payouts::Reader;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::ops::Range;

/// A row to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub origin: Origin,
    /// The instruction.
    pub json: String,
}

/// A file, read.
#[derive(Debug)]
pub struct Rows {
    /// What can be sent.
    pub rows: Vec<Row>,
    /// What cannot even be sent.
    pub refused: Vec<Vec<Finding>>,
    /// What the file itself asks for.
    pub mode: Mode,
}

impl Rows {
    fn none() -> Rows {
        Rows { rows: Vec::new(), refused: Vec::new(), mode: Mode::PerItem }
    }
}

/// How a file is written that does not say so by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Written {
    /// CSV with commas
    Csv,
    /// CSV with semicolons
    CsvSemicolon,
    /// One JSON text
    Json,
    /// One JSON object a line
    Ndjson,
}

impl Written {
    /// As the engine calls it.
    pub fn format(self) -> Format {
        match self {
            Written::Csv => Format::Csv(Separator::Comma),
            Written::CsvSemicolon => Format::Csv(Separator::Semicolon),
            Written::Json => Format::Json,
            Written::Ndjson => Format::NdJson,
        }
    }
}

/// The format that was declared, or that the name says.
pub fn format_of(name: &str, declared: Option<Written>) -> Result<Format, Failure> {
    let unknown = || {
        let text = format!("{name}: neither .csv, .json nor .ndjson; say --input-format");
        Failure::usage("file.format", text)
    };
    declared.map(Written::format).or_else(|| Format::of_name(name)).ok_or_else(unknown)
}

/// Reads a file.
pub fn read(octets: &[u8], format: Format) -> Rows {
    match format {
        Format::Csv(separator) => csv_rows(octets, separator),
        Format::NdJson => lines(octets),
        Format::Json => json_rows(octets),
    }
}

fn csv_rows(octets: &[u8], separator: Separator) -> Rows {
    let mut rows = Rows::none();
    let drafts = match CsvRows::new(octets, separator) {
        Ok(drafts) => drafts,
        Err(findings) => {
            rows.refused.push(findings);
            return rows;
        }
    };
    for draft in drafts {
        match draft {
            // What was too long to be kept is told here: the instruction would go without it.
            Ok(draft) if !draft.findings.is_empty() => rows.refused.push(draft.findings),
            Ok(draft) => rows.rows.push(Row { origin: draft.origin, json: draft.to_json().to_string() }),
            Err(findings) => rows.refused.push(findings),
        }
    }
    rows
}

fn lines(octets: &[u8]) -> Rows {
    let mut rows = Rows::none();
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    for (number, line) in (1u64..).zip(octets.split(|octet| *octet == b'\n')) {
        let origin = Origin::Line(number);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if line.len() as u64 >= VALUE_OCTETS_MAX {
            let text = "one instruction is larger than 1 MiB";
            rows.refused.push(vec![Finding::error(origin, "", "json.too_large", text)]);
            continue;
        }
        match serde_json::from_slice::<&RawValue>(line) {
            Ok(value) => rows.rows.push(Row { origin, json: value.get().to_owned() }),
            Err(cause) => rows.refused.push(vec![Finding::error(origin, "", "json.syntax", cause)]),
        }
    }
    rows
}

/// A JSON text that is broken anywhere is refused as a whole: nobody knows what its rest was meant to be.
fn json_rows(octets: &[u8]) -> Rows {
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let mut rows = Rows::none();
    match instructions(octets) {
        Ok((values, surrounded)) => {
            let findings = if surrounded { envelope(octets, &mut rows) } else { Vec::new() };
            if findings.is_empty() {
                let numbered = (0u64..).zip(values);
                rows.rows = numbered
                    .map(|(number, value)| Row { origin: Origin::Item(number), json: value.get().to_owned() })
                    .collect();
            } else {
                rows.refused.push(findings);
            }
        }
        Err(cause) => rows.refused.push(vec![Finding::error(Origin::Whole, "", "json.syntax", cause)]),
    }
    rows
}

/// The instructions as they are written, and whether something surrounds them.
fn instructions(octets: &[u8]) -> Result<(Vec<&RawValue>, bool), serde_json::Error> {
    let start = octets.iter().find(|octet| !octet.is_ascii_whitespace());
    if start == Some(&b'[') {
        return Ok((serde_json::from_slice(octets)?, false));
    }
    if start == Some(&b'{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_slice(octets)?;
        if let Some(list) = members.get("payouts").filter(|value| value.get().starts_with('[')) {
            return Ok((serde_json::from_str(list.get())?, true));
        }
    }
    Ok((vec![serde_json::from_slice(octets)?], false))
}

/// What surrounds the instructions must be right before any of them is sent.
fn envelope(octets: &[u8], rows: &mut Rows) -> Vec<Finding> {
    let mut reader = Reader::new(octets);
    let (mut count, mut sums, mut findings) = (0u64, Sums::default(), Vec::new());
    for draft in &mut reader {
        match draft {
            Ok(draft) => {
                count += 1;
                // An amount that does not read is refused by the gateway, with its row.
                if let Some(Err(cause)) = amount(&draft).map(|amount| sums.add(&amount)) {
                    findings.push(Finding::error(Origin::Whole, "expected_sum", "batch.sum", cause));
                }
            }
            Err(wrong) if wrong.iter().any(|finding| finding.origin == Origin::Whole) => {
                findings.extend(wrong)
            }
            Err(_) => count += 1,
        }
    }
    findings.extend(reader.envelope().check(count, &sums));
    rows.mode = if reader.envelope().atomic { Mode::Atomic } else { Mode::PerItem };
    findings
}

fn amount(draft: &Draft) -> Option<Amount> {
    let currency = Currency::parse(draft.text("amount.currency")?).ok()?;
    Amount::parse(draft.text("amount.value")?, currency).ok()
}

/// The octets of each record of a CSV text, without its line end; the first is the header. A quote that RFC 4180 does
/// not allow ends the reading of such a file, so that what comes after it is one record.
pub fn records(octets: &[u8]) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, octet) in octets.iter().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                ranges.push(start..without_return(octets, start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < octets.len() {
        ranges.push(start..without_return(octets, start, octets.len()));
    }
    ranges
}

fn without_return(octets: &[u8], start: usize, end: usize) -> usize {
    let last = end.checked_sub(1).filter(|last| *last >= start);
    match last.and_then(|last| octets.get(last)) {
        Some(b'\r') => end - 1,
        _ => end,
    }
}
