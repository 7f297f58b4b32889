//! What is told about rows, in the words of their file: refusals and warnings with places, and the file of refused rows.
//! Never decides whether a row is good.

use super::super::frame::tell;
use super::super::screen::Screen;
use super::rows::records;
use crate::engine::convert::Format;
use crate::engine::intake::csv::Separator;
use crate::engine::intake::finding::{Finding, Origin, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One thing about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where the row stands.
    pub origin: Origin,
    /// Member as column name; empty for the whole row.
    pub member: String,
    /// Stable code.
    pub code: String,
    /// In words.
    pub text: String,
    /// What would be right, or what is sent instead.
    pub proposal: Option<String>,
    /// Refusal or warning.
    pub severity: Severity,
}

impl Told {
    /// From a finding of this program's own.
    pub fn of_finding(finding: &Finding) -> Told {
        Told {
            origin: finding.origin,
            member: finding.member.clone(),
            code: finding.code.to_owned(),
            text: finding.message.clone(),
            proposal: finding.proposal.clone(),
            severity: finding.severity,
        }
    }

    /// From an error or warning of the API's answer about one item.
    pub fn of_answer(origin: Origin, answer: &Value) -> Told {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let severity = if answer["severity"] == "warning" { Severity::Warning } else { Severity::Error };
        Told {
            origin,
            member: member_of(&text("pointer")),
            code: text("code"),
            text: text("message"),
            proposal: answer["proposal"].as_str().map(str::to_owned),
            severity,
        }
    }

    /// `17:creditor.name` in a table, `17:/creditor/name` in lines, `[16]/creditor/name` in JSON.
    pub fn place(&self) -> String {
        let pointer = || match self.member.is_empty() {
            true => String::new(),
            false => format!("/{}", self.member.replace('.', "/")),
        };
        match self.origin {
            Origin::Row(row) => format!("{row}:{}", self.member),
            Origin::Line(line) => format!("{line}:{}", pointer()),
            Origin::Item(item) => format!("[{item}]{}", pointer()),
            Origin::Whole => pointer(),
        }
    }

    /// Shows it: a line for people, an object for programs.
    pub fn show(&self, file: &str, screen: &mut Screen) {
        if screen.is_json() {
            let record = if self.severity == Severity::Error { "refused" } else { "warning" };
            screen.record(&json!({
                "record": record, "file": file, "place": self.place(), "code": self.code, "text": self.text,
                "proposal": self.proposal,
            }));
            return;
        }
        let warning = if self.severity == Severity::Warning { "warning: " } else { "" };
        let proposal = self.proposal.as_ref().map_or(String::new(), |proposal| format!(" -> {proposal}"));
        tell(screen, &format!("{}: {}: {warning}{}{proposal}", self.place(), self.code, self.text));
    }
}

/// `/payouts/3/creditor/name` or `/creditor/name` as `creditor.name`.
fn member_of(pointer: &str) -> String {
    let within = pointer
        .strip_prefix("/payouts/")
        .and_then(|rest| rest.find('/').map_or(Some(""), |at| rest.get(at..)));
    let parts: Vec<String> = within
        .unwrap_or(pointer)
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    parts.join(".")
}

/// The refused rows unchanged, each with the columns `error_code`, `error_column`, `error_text`; several errors
/// of a row are joined by `; `. Rows of JSON stand in a column `row`.
pub fn refused_rows(
    (octets, format): (&[u8], Format),
    refused: &[Told],
    json_of: impl Fn(Origin) -> Option<String>,
) -> Vec<u8> {
    let mut rows: BTreeMap<(u8, u64), Vec<&Told>> = BTreeMap::new();
    for told in refused.iter().filter(|told| told.severity == Severity::Error) {
        rows.entry(order(told.origin)).or_default().push(told);
    }
    let mut text: Vec<u8> = Vec::new();
    let separator = match format {
        Format::Csv(Separator::Semicolon) => b';',
        _ => b',',
    };
    let ranges = if matches!(format, Format::Csv(_)) { records(octets) } else { Vec::new() };
    let header = ranges.first().and_then(|range| octets.get(range.clone())).unwrap_or(b"row");
    line(&mut text, separator, header, ["error_code", "error_column", "error_text"].map(str::to_owned));
    for told in rows.values() {
        let Some(origin) = told.first().map(|told| told.origin) else { continue };
        let raw = match (format, origin) {
            (Format::Csv(_), Origin::Row(1)) => continue,
            (Format::Csv(_), Origin::Row(row)) => ranges
                .get(usize::try_from(row - 1).unwrap_or(usize::MAX))
                .and_then(|range| octets.get(range.clone()))
                .unwrap_or_default()
                .to_vec(),
            _ => quoted(&json_of(origin).unwrap_or_default(), separator).into_bytes(),
        };
        let joined =
            |part: fn(&Told) -> &str| told.iter().map(|told| part(told)).collect::<Vec<_>>().join("; ");
        let errors = [joined(|told| &told.code), joined(|told| &told.member), joined(|told| &told.text)];
        line(&mut text, separator, &raw, errors);
    }
    text
}

fn order(origin: Origin) -> (u8, u64) {
    match origin {
        Origin::Whole => (0, 0),
        Origin::Row(number) | Origin::Line(number) | Origin::Item(number) => (1, number),
    }
}

fn line(text: &mut Vec<u8>, separator: u8, raw: &[u8], errors: [String; 3]) {
    text.extend_from_slice(raw);
    for error in errors {
        text.push(separator);
        text.extend_from_slice(quoted(&error, separator).as_bytes());
    }
    text.push(b'\n');
}

fn quoted(cell: &str, separator: u8) -> String {
    if cell.contains(['"', '\n', '\r', char::from(separator)]) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
