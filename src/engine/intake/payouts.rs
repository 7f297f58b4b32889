//! Instructions in JSON and NDJSON into drafts: one object, a list, an object with `payouts`, or one object a line.
//! Never what the texts of members mean.

use super::draft::{Draft, Kind, MEMBERS, member_index};
use super::finding::{Finding, Origin};
use super::json::{Json, JsonError, Scanner, VALUE_OCTETS_MAX};
use crate::domain::amount::{Sums, lexical_decimal};
use crate::domain::currency::Currency;
use std::io::{BufRead, ErrorKind, Read};

/// Members that the instruction has in the standard shape and that this release cannot honour: refused, because
/// going on without them would not be what the client asked for.
const UNSUPPORTED: &[&str] = &[
    "on_behalf_of",
    "equivalent",
    "regulatory",
    "priority_deadline",
    "verification",
    "requested_execution.date_time",
    "requested_execution.time_zone",
];
/// Members that change nothing about the payment and are not kept.
const NOT_KEPT: &[&str] = &["metadata"];

/// Most members of an object at the top. Chosen by us: an instruction has far fewer.
const ENVELOPE_MEMBERS_MAX: usize = 256;

/// What surrounds the payouts of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// All or nothing (`atomic`), or each by itself (`per_item`, the default).
    pub atomic: bool,
    /// How many payouts the client says there are.
    pub expected_count: Option<u64>,
    /// What the client says they add up to, by currency.
    pub expected_sum: Vec<(Currency, rust_decimal::Decimal)>,
}

impl Envelope {
    /// Compares what the client says with what came.
    pub fn check(&self, count: u64, sums: &Sums) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(expected) = self.expected_count.filter(|expected| *expected != count) {
            let message = format!("{expected} payouts expected, {count} given");
            findings.push(Finding::error(Origin::Whole, "expected_count", "batch.count", message));
        }
        for (currency, expected) in &self.expected_sum {
            let total = sums.of(*currency).total;
            if total != *expected {
                let message = format!("{expected} {currency} expected, {total} given");
                let member = format!("expected_sum.{currency}");
                findings.push(Finding::error(Origin::Whole, &member, "batch.sum", message));
            }
        }
        findings
    }
}

enum Position {
    Start,
    /// In the list; the number of items taken, and whether the list stands in an envelope.
    InList {
        item: u64,
        enveloped: bool,
    },
    Finished,
}

/// Reads drafts from one JSON text. Ends after a finding that leaves the rest unreadable.
pub struct Reader<R> {
    scanner: Scanner<R>,
    position: Position,
    envelope: Envelope,
    /// Members of the envelope that were read; each stands once.
    named: Vec<String>,
    single: bool,
}

impl<R: BufRead> Reader<R> {
    /// At the start of the text.
    pub fn new(input: R) -> Reader<R> {
        let (position, envelope) = (Position::Start, Envelope::default());
        Reader { scanner: Scanner::new(input, 1), position, envelope, named: Vec::new(), single: false }
    }

    /// What surrounds the payouts; complete when the last draft was taken.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Whether the whole text was one instruction; known once it was read.
    pub fn is_single(&self) -> bool {
        self.single
    }

    fn start(&mut self) -> Result<Option<Result<Draft, Vec<Finding>>>, JsonError> {
        self.scanner.skip_byte_order_mark()?;
        match self.scanner.peek_token()? {
            Some(b'[') => {
                self.scanner.take_token(b'[', "a list must start here")?;
                self.position = Position::InList { item: 0, enveloped: false };
                Ok(None)
            }
            Some(b'{') => self.object(),
            _ => {
                let value = self.scanner.value()?;
                self.scanner.end()?;
                self.position = Position::Finished;
                let message = format!("{} where an instruction or a list must stand", value.kind());
                Ok(Some(Err(vec![Finding::error(Origin::Whole, "", "json.shape", message)])))
            }
        }
    }

    /// An object at the top: an instruction, or an envelope as soon as `payouts` comes.
    fn object(&mut self) -> Result<Option<Result<Draft, Vec<Finding>>>, JsonError> {
        self.scanner.take_token(b'{', "an object must start here")?;
        let mut members = Vec::new();
        if self.scanner.peek_token()? == Some(b'}') {
            self.scanner.take_token(b'}', "")?;
        } else if self.members(&mut members)? {
            self.position = Position::InList { item: 0, enveloped: true };
            let findings = self.take_envelope(members);
            return Ok((!findings.is_empty()).then_some(Err(findings)));
        }
        self.scanner.end()?;
        self.position = Position::Finished;
        self.single = true;
        Ok(Some(draft(&Json::Object(members), Origin::Whole)))
    }

    /// Takes members up to the end of the object, or up to the start of the list `payouts` (then true).
    fn members(&mut self, members: &mut Vec<(String, Json)>) -> Result<bool, JsonError> {
        loop {
            let name = self.scanner.name()?;
            if name == "payouts" && self.scanner.peek_token()? == Some(b'[') {
                self.scanner.take_token(b'[', "a list must start here")?;
                return Ok(true);
            }
            if members.len() >= ENVELOPE_MEMBERS_MAX {
                return Err(self.scanner.syntax("an object with more members than there can be"));
            }
            members.push((name, self.scanner.value()?));
            match self.scanner.peek_token()? {
                Some(b',') => self.scanner.take_token(b',', "")?,
                Some(b'}') => return self.scanner.take_token(b'}', "").map(|()| false),
                _ => return Err(self.scanner.syntax("a comma or the end of the object must stand here")),
            }
        }
    }

    fn next_item(
        &mut self,
        item: u64,
        enveloped: bool,
    ) -> Result<Option<Result<Draft, Vec<Finding>>>, JsonError> {
        match (self.scanner.peek_token()?, item) {
            (Some(b']'), _) => {
                self.scanner.take_token(b']', "")?;
                self.position = Position::Finished;
                let findings = if enveloped { self.end_of_envelope()? } else { Vec::new() };
                self.scanner.end()?;
                return Ok((!findings.is_empty()).then_some(Err(findings)));
            }
            (_, 0) => {}
            _ => self.scanner.take_token(b',', "a comma or the end of the list must stand here")?,
        }
        let value = self.scanner.value()?;
        self.position = Position::InList { item: item + 1, enveloped };
        Ok(Some(draft(&value, Origin::Item(item))))
    }

    fn end_of_envelope(&mut self) -> Result<Vec<Finding>, JsonError> {
        let mut members = Vec::new();
        match self.scanner.peek_token()? {
            Some(b',') => {
                self.scanner.take_token(b',', "")?;
                if self.members(&mut members)? {
                    return Err(self.scanner.syntax("payouts stands twice"));
                }
            }
            _ => self.scanner.take_token(b'}', "a comma or the end of the object must stand here")?,
        }
        Ok(self.take_envelope(members))
    }

    fn take_envelope(&mut self, members: Vec<(String, Json)>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, value) in members {
            let mut refuse = |code, message: &str| {
                findings.push(Finding::error(Origin::Whole, &name, code, message));
            };
            if self.named.contains(&name) {
                refuse("json.duplicate_member", "a member stands twice");
                continue;
            }
            self.named.push(name.clone());
            match (name.as_str(), &value) {
                ("mode", Json::Text(mode)) if mode == "per_item" || mode == "atomic" => {
                    self.envelope.atomic = mode == "atomic";
                }
                ("mode", _) => refuse("batch.mode", "mode is per_item or atomic"),
                ("expected_count", Json::Number(count)) if count.parse::<u64>().is_ok() => {
                    self.envelope.expected_count = count.parse().ok();
                }
                ("expected_sum", Json::Object(sums)) => match expected_sums(sums) {
                    Some(sums) => self.envelope.expected_sum = sums,
                    None => {
                        refuse("batch.sum", "expected_sum is an object of currencies and decimal strings")
                    }
                },
                ("expected_count" | "expected_sum", _) => refuse("member.type", "of another JSON type"),
                _ => refuse("member.unknown", "no such member beside payouts"),
            }
        }
        findings
    }
}

fn expected_sums(sums: &[(String, Json)]) -> Option<Vec<(Currency, rust_decimal::Decimal)>> {
    let sum = |(currency, value): &(String, Json)| match value {
        Json::Text(text) => Some((Currency::parse(currency).ok()?, lexical_decimal(text)?)),
        _ => None,
    };
    sums.iter().map(sum).collect()
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Draft, Vec<Finding>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let origin = match self.position {
                Position::InList { item, .. } => Origin::Item(item),
                _ => Origin::Whole,
            };
            let taken = match self.position {
                Position::Finished => return None,
                Position::Start => self.start(),
                Position::InList { item, enveloped } => self.next_item(item, enveloped),
            };
            match taken {
                Ok(Some(item)) => return Some(item),
                Ok(None) => {}
                Err(error) => {
                    self.position = Position::Finished;
                    return Some(Err(vec![Finding::error(origin, "", error.code(), error)]));
                }
            }
        }
    }
}

/// Reads drafts from one object a line; a line that is not JSON does not touch the next one.
pub struct LineReader<R> {
    input: R,
    line: u64,
    finished: bool,
}

impl<R: BufRead> LineReader<R> {
    /// At the start of the text.
    pub fn new(input: R) -> LineReader<R> {
        LineReader { input, line: 0, finished: false }
    }

    /// The next line without its line feed, and whether it was too long to keep.
    fn read_line(&mut self) -> std::io::Result<Option<(Vec<u8>, Fit)>> {
        let mut line = Vec::new();
        let taken = (&mut self.input).take(VALUE_OCTETS_MAX).read_until(b'\n', &mut line)?;
        if taken == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            return Ok(Some((line, Fit::Whole)));
        }
        let whole = self.skip_line()? == 0;
        Ok(Some((line, if whole { Fit::Whole } else { Fit::TooLong })))
    }

    /// Skips to the next line; says how many octets that were.
    fn skip_line(&mut self) -> std::io::Result<usize> {
        let mut skipped = 0;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let (length, found) = match memchr::memchr(b'\n', buffer) {
                Some(at) => (at + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.input.consume(length);
            skipped += length;
            if found {
                return Ok(skipped);
            }
        }
    }

    fn parse_line(&self, line: &[u8]) -> Result<Draft, Vec<Finding>> {
        let origin = Origin::Line(self.line);
        let mut scanner = Scanner::new(line, self.line);
        let value = match self.line {
            1 => scanner.skip_byte_order_mark().and_then(|()| scanner.value()),
            _ => scanner.value(),
        };
        let value = value.and_then(|value| scanner.end().map(|()| value));
        match value {
            Ok(value) => draft(&value, origin),
            Err(error) => Err(vec![Finding::error(origin, "", error.code(), error)]),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    TooLong,
}

impl<R: BufRead> Iterator for LineReader<R> {
    type Item = Result<Draft, Vec<Finding>>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.finished {
            self.line += 1;
            let origin = Origin::Line(self.line);
            match self.read_line() {
                Ok(None) => self.finished = true,
                Ok(Some((_, Fit::TooLong))) => {
                    let error = JsonError::TooLarge { line: self.line };
                    return Some(Err(vec![Finding::error(origin, "", error.code(), error)]));
                }
                Ok(Some((line, Fit::Whole))) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Some((line, Fit::Whole))) => return Some(self.parse_line(&line)),
                Err(error) => {
                    self.finished = true;
                    return Some(Err(vec![Finding::error(origin, "", "input.unreadable", error)]));
                }
            }
        }
        None
    }
}

/// A draft from a value. Findings about its members stay in the draft, so that they are listed with all others.
fn draft(value: &Json, origin: Origin) -> Result<Draft, Vec<Finding>> {
    let Json::Object(members) = value else {
        let message = format!("{} where an instruction must stand", value.kind());
        return Err(vec![Finding::error(origin, "", "json.shape", message)]);
    };
    let mut draft = Draft::new(origin);
    flatten(&mut draft, "", members);
    Ok(draft)
}

/// Depth is bounded by the scanner.
fn flatten(draft: &mut Draft, path: &str, members: &[(String, Json)]) {
    for (at, (name, value)) in members.iter().enumerate() {
        // A dot within a name would make two different paths look alike.
        let member = match (path, name.contains('.')) {
            (_, true) => {
                let shown: String = name.chars().take(100).collect();
                draft.refuse(&shown.replace('.', "~."), "member.unknown", "no such member");
                continue;
            }
            ("", _) => name.clone(),
            _ => format!("{path}.{name}"),
        };
        if members.iter().take(at).any(|(earlier, _)| earlier == name) {
            draft.refuse(&member, "json.duplicate_member", "this member stands twice");
        } else {
            place(draft, &member, value);
        }
    }
}

fn place(draft: &mut Draft, member: &str, value: &Json) {
    if UNSUPPORTED.contains(&member) {
        // The form without any effect may be there, as in the documented example.
        if *value != Json::Null {
            draft.refuse(member, "member.unsupported", "this release cannot honour this member");
        }
        return;
    }
    if NOT_KEPT.contains(&member) {
        let mut finding = Finding::error(draft.origin, member, "member.not_kept", "not kept by this release");
        finding.severity = super::finding::Severity::Warning;
        draft.findings.push(finding);
        return;
    }
    match (value, member_index(member)) {
        (Json::Null, _) if is_known(member) => {}
        (Json::Text(text), Some(_)) if text.is_empty() => {
            draft.refuse(member, "member.empty", "empty text; leave the member out instead");
        }
        (Json::Text(text), Some(index)) if kind(index) == Kind::Text => draft.set(index, text.clone()),
        (Json::Flag(flag), Some(index)) if kind(index) == Kind::Flag => draft.set(index, flag.to_string()),
        (Json::Number(_), Some(_)) if member == "amount.value" => {
            draft.refuse(
                member,
                "amount.number",
                "a JSON number may lose digits; write the amount as a string",
            );
        }
        (Json::Object(members), _) if is_branch(member) => flatten(draft, member, members),
        (Json::List(items), _) if is_list(member) => place_items(draft, member, items),
        _ if is_known(member) => {
            draft.refuse(member, "member.type", format!("{} cannot stand here", value.kind()));
        }
        _ => {
            let shown: String = member.chars().take(200).collect();
            draft.refuse(&shown, "member.unknown", "no such member");
        }
    }
}

fn place_items(draft: &mut Draft, member: &str, items: &[Json]) {
    for (at, item) in items.iter().enumerate() {
        let path = format!("{member}.{at}");
        if is_known(&path) {
            place(draft, &path, item);
        } else {
            draft.refuse(&path, "member.too_many", "more entries than can be sent");
            return;
        }
    }
}

fn kind(index: usize) -> Kind {
    MEMBERS.get(index).map_or(Kind::Text, |member| member.kind)
}

fn is_branch(path: &str) -> bool {
    MEMBERS.iter().any(|member| member.name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
        && !is_list(path)
}

fn is_list(path: &str) -> bool {
    MEMBERS.iter().any(|member| member.name.strip_prefix(path).is_some_and(|rest| rest.starts_with(".0")))
}

fn is_known(path: &str) -> bool {
    member_index(path).is_some() || is_branch(path) || is_list(path)
}
