//! Goes through a document's octets once, copies markup as it stands and has texts replaced. Judges nothing: what is not
//! well-formed stays so, at the same place.

use std::io::{Read, Write};

use super::charset::Charset;
use super::identifiers::{Means, Pass};
use super::place::Trail;
use super::units::{References, Units};
use super::value::{Where, replace, words};
use super::{AnonymiseError, Replaced};

/// Octets read at once. Chosen by us.
const CHUNK: usize = 128 * 1024;

/// Longest piece that is kept at once: a tag, comment, instruction, or the text of an element. Chosen by us; the readers
/// take a quarter of it.
const PIECE_MAX: usize = 4 * 1024 * 1024;

/// How deep documents may be escaped as the text of others. Chosen by us.
pub(super) const NESTING_MAX: u8 = 3;

pub(super) struct Scan<'a> {
    input: &'a mut dyn Read,
    output: &'a mut dyn Write,
    pass: Pass<'a>,
    charset: Charset,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    trail: Trail,
    /// The text since the last tag.
    units: Units,
    out: Vec<u8>,
    in_section: bool,
    nesting: u8,
    replaced: Replaced,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        (input, output): (&'a mut dyn Read, &'a mut dyn Write),
        pass: Pass<'a>,
        charset: Charset,
        nesting: u8,
    ) -> Scan<'a> {
        Scan {
            input,
            output,
            pass,
            charset,
            buffer: Vec::with_capacity(2 * CHUNK),
            at: 0,
            ended: false,
            trail: Trail::default(),
            units: Units::default(),
            out: Vec::with_capacity(2 * CHUNK),
            in_section: false,
            nesting,
            replaced: Replaced::default(),
        }
    }

    /// Goes through everything.
    pub(super) fn run(mut self) -> Result<Replaced, AnonymiseError> {
        while self.fill(1)? {
            if self.rest().first() == Some(&b'<') {
                self.markup()?;
            } else {
                self.text_run()?;
            }
            if self.out.len() >= CHUNK {
                self.flush()?;
            }
        }
        self.end_text();
        self.flush()?;
        Ok(self.replaced)
    }

    fn flush(&mut self) -> Result<(), AnonymiseError> {
        self.output.write_all(&self.out).map_err(AnonymiseError::Output)?;
        self.out.clear();
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or(&[])
    }

    /// Takes in until that many octets lie ahead; false where the input ends before.
    fn fill(&mut self, octets: usize) -> Result<bool, AnonymiseError> {
        while self.rest().len() < octets && !self.ended {
            if self.at > 0 {
                self.buffer.drain(..self.at);
                self.at = 0;
            }
            let from = self.buffer.len();
            self.buffer.resize(from + CHUNK, 0);
            let read = loop {
                match self.input.read(self.buffer.get_mut(from..).unwrap_or(&mut [])) {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    other => break other.map_err(AnonymiseError::Input)?,
                }
            };
            self.buffer.truncate(from + read);
            self.ended = read == 0;
        }
        Ok(self.rest().len() >= octets)
    }

    /// Length up to and with `closing`, searched from `from`; all that is left where it never comes.
    fn until(&mut self, from: usize, closing: &[u8]) -> Result<usize, AnonymiseError> {
        let mut searched = from;
        loop {
            let found = self.rest().get(searched..).and_then(|rest| memchr::memmem::find(rest, closing));
            if let Some(index) = found {
                return Ok(searched + index + closing.len());
            }
            let held = self.rest().len();
            if held > PIECE_MAX {
                return Err(AnonymiseError::TooLong { limit: PIECE_MAX });
            }
            searched = held.saturating_sub(closing.len()).max(from);
            if !self.fill(held + 1)? {
                return Ok(self.rest().len());
            }
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let taken = self.rest().get(..length).unwrap_or(self.rest()).to_vec();
        self.at += taken.len();
        taken
    }

    /// What begins with `<`.
    fn markup(&mut self) -> Result<(), AnonymiseError> {
        self.fill(9)?;
        let rest = self.rest();
        if rest.starts_with(b"<!--") {
            let length = self.until(4, b"-->")?;
            self.aside(length, (4, 3));
        } else if rest.starts_with(b"<![CDATA[") {
            self.section()?;
        } else if rest.starts_with(b"<!DOCTYPE") {
            return Err(AnonymiseError::Doctype);
        } else if rest.starts_with(b"<?") {
            let length = self.until(2, b"?>")?;
            let name = self
                .rest()
                .iter()
                .skip(2)
                .take_while(|octet| octet.is_ascii_alphanumeric() || **octet == b'-')
                .count();
            let target = self.rest().get(2..2 + name).unwrap_or(&[]);
            let kept = if target == b"xml" {
                length
            } else if target.starts_with(b"xml-") {
                2 + name
            } else {
                2
            };
            self.aside(length, (kept.min(length), 2));
        } else if rest.starts_with(b"</") {
            let length = self.until(2, b">")?;
            self.end_text();
            let tag = self.take(length);
            self.out.extend_from_slice(&tag);
            self.trail.leave();
        } else if rest.get(1).is_some_and(|octet| is_name(*octet)) {
            let length = self.start_tag_length()?;
            self.end_text();
            let tag = self.take(length);
            self.start_tag(&tag);
        } else {
            // No markup: a character like any other.
            let sign = self.take(1);
            self.units.push(&sign, References::Literal, &self.charset);
        }
        Ok(())
    }

    /// A comment or instruction: what is between its kept ends is replaced on its own.
    fn aside(&mut self, length: usize, (front, back): (usize, usize)) {
        let piece = self.take(length);
        let end = piece.len().saturating_sub(back).max(front.min(piece.len()));
        let (start, inner) = (piece.get(..front).unwrap_or(&piece), piece.get(front..end).unwrap_or(&[]));
        let mut units = Units::default();
        units.push(inner, References::Literal, &self.charset);
        let mut changed = units.text.clone();
        words(&mut changed, Means { pass: self.pass, charset: &self.charset });
        let mut octets = start.to_vec();
        units.write(&changed, &self.charset, &mut octets);
        octets.extend_from_slice(piece.get(end..).unwrap_or(&[]));
        self.units.push_markup(&octets);
    }

    /// A CDATA section. One that holds a document is gone through like the rest.
    fn section(&mut self) -> Result<(), AnonymiseError> {
        let opening = self.take(9);
        self.fill(1024)?;
        let first = self.rest().iter().find(|octet| !octet.is_ascii_whitespace());
        if first == Some(&b'<') && !self.in_section {
            self.end_text();
            self.out.extend_from_slice(&opening);
            self.in_section = true;
            return Ok(());
        }
        self.units.push_markup(&opening);
        let length = self.until(0, b"]]>")?;
        let piece = self.take(length);
        let inner = piece.strip_suffix(b"]]>").unwrap_or(&piece);
        self.units.push(inner, References::Literal, &self.charset);
        self.units.push_markup(piece.get(inner.len()..).unwrap_or(&[]));
        Ok(())
    }

    /// Text up to the next tag, or to the end of a section that holds a document.
    fn text_run(&mut self) -> Result<(), AnonymiseError> {
        let rest = self.rest();
        let mut length = memchr::memchr(b'<', rest).unwrap_or(rest.len());
        if self.in_section {
            match memchr::memmem::find(rest.get(..length).unwrap_or(rest), b"]]>") {
                Some(0) => {
                    self.end_text();
                    let closing = self.take(3);
                    self.out.extend_from_slice(&closing);
                    self.in_section = false;
                    return Ok(());
                }
                Some(index) => length = index,
                None => {}
            }
        }
        let whole = length < rest.len();
        if !whole && !self.ended {
            // A reference, a character or a closing may be cut: what is ahead must be known.
            if rest.len() > PIECE_MAX {
                return Err(AnonymiseError::TooLong { limit: PIECE_MAX });
            }
            let held = rest.len();
            self.fill(held + 1)?;
            return Ok(());
        }
        let run = self.take(length);
        if self.units.len() + run.len() > PIECE_MAX {
            return Err(AnonymiseError::TooLong { limit: PIECE_MAX });
        }
        self.units.push(&run, References::Read, &self.charset);
        Ok(())
    }

    /// The text of an element is complete.
    fn end_text(&mut self) {
        let mut units = std::mem::take(&mut self.units);
        let text = &units.text;
        if text.iter().all(|character| character.is_whitespace()) {
            let same = text.clone();
            units.write(&same, &self.charset, &mut self.out);
        } else {
            let place = Where { element: self.trail.element(), kinds: self.trail.kinds(), attribute: None };
            let means = Means { pass: self.pass, charset: &self.charset };
            let changed = self.escaped(text).unwrap_or_else(|| replace(text, place, means));
            self.replaced.count(text, &changed);
            units.write(&changed, &self.charset, &mut self.out);
        }
        self.units = units;
    }

    /// A document that is written with references as the text of another.
    fn escaped(&self, text: &[char]) -> Option<Vec<char>> {
        let first = text.iter().find(|character| !character.is_whitespace());
        if first != Some(&'<') || self.nesting >= NESTING_MAX {
            return None;
        }
        let inner: String = text.iter().collect();
        let (mut input, mut output) = (inner.as_bytes(), Vec::new());
        let ends: (&mut dyn Read, &mut dyn Write) = (&mut input, &mut output);
        Scan::new(ends, self.pass, Charset::Utf8, self.nesting + 1).run().ok()?;
        let changed: Vec<char> = String::from_utf8(output).ok()?.chars().collect();
        (changed.len() == text.len()).then_some(changed)
    }

    /// Length of the start tag ahead; a `>` in an attribute does not end it.
    fn start_tag_length(&mut self) -> Result<usize, AnonymiseError> {
        let (mut at, mut quote) = (1, None);
        loop {
            while let Some(octet) = self.rest().get(at) {
                at += 1;
                match (quote, *octet) {
                    (None, b'>') => return Ok(at),
                    (None, b'"' | b'\'') => quote = Some(*octet),
                    (Some(open), octet) if octet == open => quote = None,
                    _ => {}
                }
            }
            let held = self.rest().len();
            if held > PIECE_MAX {
                return Err(AnonymiseError::TooLong { limit: PIECE_MAX });
            }
            if !self.fill(held + 1)? {
                return Ok(held);
            }
        }
    }

    fn start_tag(&mut self, tag: &[u8]) {
        let name_length = tag.iter().skip(1).take_while(|octet| is_name(**octet)).count();
        let name = String::from_utf8_lossy(tag.get(1..=name_length).unwrap_or(&[])).into_owned();
        let attributes = attributes(tag, 1 + name_length);
        let text_of = |value: &(usize, usize)| {
            String::from_utf8_lossy(tag.get(value.0..value.1).unwrap_or(&[])).into_owned()
        };
        let declared = attributes.iter().filter_map(|(name, value)| match name.as_str() {
            "xmlns" => Some((String::new(), text_of(value))),
            _ => name.strip_prefix("xmlns:").map(|prefix| (prefix.to_owned(), text_of(value))),
        });
        self.trail.enter(&name, declared.collect());
        let mut at = 0;
        for (name, (start, end)) in &attributes {
            self.out.extend_from_slice(tag.get(at..*start).unwrap_or(&[]));
            self.attribute(name, tag.get(*start..*end).unwrap_or(&[]));
            at = *end;
        }
        self.out.extend_from_slice(tag.get(at..).unwrap_or(&[]));
        if tag.ends_with(b"/>") {
            self.trail.leave();
        }
    }

    fn attribute(&mut self, name: &str, value: &[u8]) {
        let mut units = Units::default();
        units.push(value, References::Read, &self.charset);
        let means = Means { pass: self.pass, charset: &self.charset };
        let text: String = units.text.iter().collect();
        let (prefix, local) = name.rsplit_once(':').unwrap_or(("", name));
        let is_declaration = name == "xmlns" || prefix == "xmlns" || local.ends_with("chemaLocation");
        let changed = if is_declaration {
            namespaces(&units.text, means)
        } else if is_public(&text) || (!prefix.is_empty() && is_plain_instruction(local, &text)) {
            units.text.clone()
        } else {
            let place = Where { element: "", kinds: self.trail.kinds(), attribute: Some(name) };
            replace(&units.text, place, means)
        };
        self.replaced.count(&units.text, &changed);
        units.write(&changed, &self.charset, &mut self.out);
    }
}

/// Names and places of attributes: the name, and where its value lies in the tag.
fn attributes(tag: &[u8], from: usize) -> Vec<(String, (usize, usize))> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(quoted) = tag.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\'', rest)) {
        let start = at + quoted + 1;
        let quote = tag.get(start - 1).copied().unwrap_or(b'"');
        let length = tag.get(start..).and_then(|rest| memchr::memchr(quote, rest));
        let end = length.map_or(tag.len(), |length| start + length);
        let before = String::from_utf8_lossy(tag.get(at..start - 1).unwrap_or(&[])).into_owned();
        let name = before.trim_matches(|character: char| character.is_whitespace() || character == '=');
        found.push((name.to_owned(), (start, end)));
        at = (end + 1).min(tag.len());
    }
    found
}

fn is_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b':' | b'_' | b'-' | b'.') || octet >= 0x80
}

/// Names that standards publish say nothing about anybody.
fn is_public(name: &str) -> bool {
    name.starts_with("urn:iso:std:iso:20022:") || name.starts_with("http://www.w3.org/")
}

/// `xsi:type`, `xsi:nil`, `xml:lang` and `xml:space` with a value of the right form.
fn is_plain_instruction(local: &str, value: &str) -> bool {
    match local {
        "type" => value.rsplit(':').next().is_some_and(|name| name.len() <= 40) && !value.contains(' '),
        "nil" => matches!(value, "true" | "false" | "1" | "0"),
        "lang" => value.len() <= 8,
        "space" => matches!(value, "default" | "preserve"),
        _ => false,
    }
}

/// Namespace names, parted by white space: public ones stay.
fn namespaces(text: &[char], means: Means<'_>) -> Vec<char> {
    let mut changed = text.to_vec();
    for part in changed.split_mut(|character| character.is_whitespace()) {
        let name: String = part.iter().collect();
        if is_public(&name) {
            continue;
        }
        let scheme = ["http://", "https://", "urn:"].iter().find(|scheme| name.starts_with(**scheme));
        let kept = scheme.map_or(0, |scheme| scheme.len());
        words(part.get_mut(kept..).unwrap_or(&mut []), means);
    }
    changed
}
