//! CSV with a header (RFC 4180, strict) into drafts, one row at a time in bounded memory.
//! Never what a column means; everything is text.

use super::draft::{Draft, TEXT_OCTETS_MAX, member_index};
use super::finding::{Finding, Origin};
use std::io::{BufRead, ErrorKind};

/// Most columns kept of a row. Chosen by us: more than there are members.
const COLUMNS_MAX: usize = 256;

/// What spreadsheets put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Columns without which no row could be accepted.
const OBLIGATORY: &[&str] =
    &["external_id", "debtor.account_ref", "amount.value", "amount.currency", "creditor.name"];

/// What separates fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// `,`
    #[default]
    Comma,
    /// `;`, only when declared: a guess could read a decimal comma as a separator.
    Semicolon,
}

impl Separator {
    fn octet(self) -> u8 {
        match self {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
        }
    }
}

/// Reads drafts from CSV. Ends after a finding that leaves the place of later rows uncertain.
pub struct Reader<R> {
    input: R,
    separator: u8,
    columns: Vec<usize>,
    row: u64,
    finished: bool,
}

/// Why a record has no fields.
enum Record {
    Fields { fields: Vec<Vec<u8>>, count: usize },
    End,
    Quote,
    Failed(std::io::Error),
}

impl<R: BufRead> Reader<R> {
    /// Reads the header; its findings are listed all at once.
    pub fn new(input: R, separator: Separator) -> Result<Reader<R>, Vec<Finding>> {
        let separator = separator.octet();
        let mut reader = Reader { input, separator, columns: Vec::new(), row: 1, finished: false };
        let whole = |code, message: &str| vec![Finding::error(Origin::Row(1), "", code, message)];
        match reader.record() {
            Record::End => Err(whole("csv.header", "the input is empty; the first row names the columns")),
            Record::Quote => Err(whole("csv.quote", "the header has a quote where RFC 4180 allows none")),
            Record::Failed(error) => Err(whole("input.unreadable", &error.to_string())),
            Record::Fields { fields, count } => {
                reader.columns = columns(fields, count)?;
                Ok(reader)
            }
        }
    }

    fn record(&mut self) -> Record {
        record(&mut self.input, self.separator, self.row, &mut |_| {})
    }

    fn draft(&self, fields: Vec<Vec<u8>>, count: usize) -> Result<Draft, Vec<Finding>> {
        let origin = Origin::Row(self.row);
        let refused = |code, message: String| Err(vec![Finding::error(origin, "", code, message)]);
        if count != self.columns.len() {
            return refused("csv.fields", format!("{count} fields, the header has {}", self.columns.len()));
        }
        if fields.iter().any(|field| field.contains(&0)) {
            return refused("csv.control", "the row has a NUL".to_owned());
        }
        let mut draft = Draft::new(origin);
        for (field, index) in fields.into_iter().zip(&self.columns) {
            // A field that is too long was cut and may end within a character.
            let text = match String::from_utf8(field) {
                Ok(text) => text,
                Err(error) if error.as_bytes().len() > TEXT_OCTETS_MAX => {
                    String::from_utf8_lossy(error.as_bytes()).into_owned()
                }
                Err(_) => return refused("csv.encoding", "the row is not UTF-8".to_owned()),
            };
            if !text.is_empty() {
                draft.set(*index, text);
            }
        }
        Ok(draft)
    }
}

/// One record: fields without their quotes. Beyond [`COLUMNS_MAX`] fields are counted, not kept, and of a field no more
/// octets than make it too long. `seen` is told the octets as they stand.
fn record(input: &mut impl BufRead, separator: u8, row: u64, seen: &mut dyn FnMut(&[u8])) -> Record {
    let mark = if row == 1 { BYTE_ORDER_MARK } else { &[] };
    let mut record =
        Building { mark, fields: Vec::new(), field: Vec::new(), count: 0, state: State::Start, empty: true };
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Record::Failed(error),
        };
        if buffer.is_empty() {
            return record.end_of_input();
        }
        let mut taken = 0;
        let mut step = Step::On;
        for octet in buffer {
            taken += 1;
            step = record.take(*octet, separator);
            if !matches!(step, Step::On) {
                break;
            }
        }
        seen(buffer.get(..taken).unwrap_or(buffer));
        input.consume(taken);
        match step {
            Step::On => {}
            Step::Broken => return Record::Quote,
            Step::Complete => return Record::Fields { fields: record.fields, count: record.count },
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Draft, Vec<Finding>>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.finished {
            self.row += 1;
            let origin = Origin::Row(self.row);
            let last =
                move |code, message: String| Some(Err(vec![Finding::error(origin, "", code, message)]));
            match self.record() {
                // A blank line is a row of the sheet without a payout.
                Record::Fields { fields, count: 1 } if fields.iter().all(Vec::is_empty) => {}
                Record::Fields { fields, count } => return Some(self.draft(fields, count)),
                Record::End => self.finished = true,
                Record::Quote => {
                    let message =
                        "a quote where RFC 4180 allows none; nothing from this row on was read".to_owned();
                    self.finished = true;
                    return last("csv.quote", message);
                }
                Record::Failed(error) => {
                    self.finished = true;
                    return last("input.unreadable", error.to_string());
                }
            }
        }
        None
    }
}

/// The rows of a file as they are written, header included: for handing refused ones back unchanged. Numbers are those
/// of the findings. Ends where a [`Reader`] would end.
pub struct RawRows<R> {
    input: R,
    separator: u8,
    row: u64,
}

impl<R: BufRead> RawRows<R> {
    /// At the start of the file.
    pub fn new(input: R, separator: Separator) -> RawRows<R> {
        RawRows { input, separator: separator.octet(), row: 0 }
    }
}

impl<R: BufRead> Iterator for RawRows<R> {
    type Item = std::io::Result<(u64, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.row += 1;
        let mut raw = Vec::new();
        match record(&mut self.input, self.separator, self.row, &mut |octets| raw.extend_from_slice(octets)) {
            Record::Fields { .. } => {
                let end =
                    raw.iter().rposition(|octet| !matches!(octet, b'\n' | b'\r')).map_or(0, |at| at + 1);
                raw.truncate(end);
                Some(Ok((self.row, raw)))
            }
            Record::Failed(error) => Some(Err(error)),
            Record::End | Record::Quote => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a field.
    Start,
    /// Within a field without quotes.
    Plain,
    /// Within quotes.
    Quoted,
    /// After a quote within quotes: the end of the field, or the first of two.
    Closed,
    /// After a carriage return outside quotes: only a line feed may follow.
    Return,
}

enum Step {
    On,
    Complete,
    Broken,
}

struct Building {
    /// What is left of a byte order mark that may stand here.
    mark: &'static [u8],
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    count: usize,
    state: State,
    empty: bool,
}

impl Building {
    fn take(&mut self, octet: u8, separator: u8) -> Step {
        if let Some((_, rest)) = self.mark.split_first().filter(|(first, _)| **first == octet) {
            self.mark = rest;
            return Step::On;
        }
        self.mark = &[];
        self.empty = false;
        match (self.state, octet) {
            (State::Quoted, b'"') => self.state = State::Closed,
            (State::Quoted, _) | (State::Closed, b'"') => {
                self.state = State::Quoted;
                self.push(octet);
            }
            (State::Return, b'\n') | (State::Start | State::Plain | State::Closed, b'\n') => {
                self.close_field();
                return Step::Complete;
            }
            (State::Return, _) => return Step::Broken,
            (_, b'\r') => self.state = State::Return,
            (_, _) if octet == separator => {
                self.close_field();
                self.state = State::Start;
            }
            (State::Start, b'"') => self.state = State::Quoted,
            (State::Plain, b'"') | (State::Closed, _) => return Step::Broken,
            (State::Start | State::Plain, _) => {
                self.state = State::Plain;
                self.push(octet);
            }
        }
        Step::On
    }

    fn push(&mut self, octet: u8) {
        if self.field.len() <= TEXT_OCTETS_MAX && self.count < COLUMNS_MAX {
            self.field.push(octet);
        }
    }

    fn close_field(&mut self) {
        let field = std::mem::take(&mut self.field);
        self.count = self.count.saturating_add(1);
        if self.fields.len() < COLUMNS_MAX {
            self.fields.push(field);
        }
    }

    fn end_of_input(mut self) -> Record {
        match self.state {
            _ if self.empty => Record::End,
            State::Quoted => Record::Quote,
            _ => {
                self.close_field();
                Record::Fields { fields: self.fields, count: self.count }
            }
        }
    }
}

/// The members that the columns are, or everything that is wrong with the header.
fn columns(fields: Vec<Vec<u8>>, count: usize) -> Result<Vec<usize>, Vec<Finding>> {
    let origin = Origin::Row(1);
    if count > COLUMNS_MAX {
        let message = format!("{count} columns");
        return Err(vec![Finding::error(origin, "", "csv.too_many_columns", message)]);
    }
    let (mut findings, mut indices, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields {
        let name: String = String::from_utf8_lossy(field).chars().take(100).collect();
        match member_index(&name) {
            Some(index) if indices.contains(&index) => {
                findings.push(Finding::error(origin, &name, "csv.duplicate_column", "stands twice"));
            }
            Some(index) => indices.push(index),
            None => findings.push(Finding::error(origin, &name, "csv.unknown_column", unknown_column(&name))),
        }
        names.push(name);
    }
    let has = |name: &str| names.iter().any(|known| known == name);
    for name in OBLIGATORY.iter().filter(|name| !has(name)) {
        findings.push(Finding::error(origin, name, "csv.missing_column", "this column is obligatory"));
    }
    if !names.iter().any(|name| name.starts_with("creditor_account.")) {
        let message = "at least one form of creditor account is obligatory, like creditor_account.iban";
        findings.push(Finding::error(origin, "creditor_account", "csv.missing_column", message));
    }
    match findings.is_empty() {
        true => Ok(indices),
        false => Err(findings),
    }
}

fn unknown_column(name: &str) -> &'static str {
    match name.contains([';', ',']) {
        true => "no such column; is the file separated by another character than declared?",
        false => "no such column",
    }
}
