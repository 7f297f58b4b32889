//! XML text cut into tokens that borrow from it.
//! Tags must nest; roots, attributes and namespaces are for the walk; document type declarations are recognised only to be refused.
//!
//! Written for this room because every token must be known by its exact place in the text: what is
//! canonical already is hashed from there without a copy.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3, memmem};

use super::attribute::{WHITE, scan_name};

/// Longest reference, in octets between `&` and `;`. Chosen by us: the longest sensible one is `#x0010FFFF`.
const REFERENCE_OCTETS_MAX: usize = 40;

/// A start tag taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'i> {
    /// Name with prefix.
    pub name: &'i str,
    /// Prefix, empty if there is none.
    pub prefix: &'i str,
    /// Name without prefix.
    pub local: &'i str,
    /// What follows the name: attributes with the white space before them.
    pub rest: &'i str,
}

/// A token's kind, with the text inside its delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'i> {
    /// `<…>`.
    Start(Tag<'i>),
    /// `<…/>`.
    Empty(Tag<'i>),
    /// `</…>` of the element that was opened last, with its name.
    End(&'i str),
    /// Literal text without references.
    Text(&'i str),
    /// `<![CDATA[…]]>`.
    Section(&'i str),
    /// `&…;`.
    Reference(&'i str),
    /// `<?…?>`.
    Instruction(&'i str),
    /// `<?xml …?>` at the very beginning: what follows the `xml`.
    Declaration(&'i str),
    /// `<!--…-->`.
    Comment,
    /// The beginning of a document type declaration.
    Doctype,
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'i> {
    /// What it is.
    pub kind: Kind<'i>,
    /// Where it stands, delimiters included.
    pub range: Range<usize>,
}

/// The tokens of a text.
#[derive(Debug, Clone)]
pub struct Tokens<'i> {
    text: &'i str,
    at: usize,
    /// Names of the open elements.
    open: Vec<&'i str>,
}

impl<'i> Tokens<'i> {
    /// From the beginning.
    pub fn new(text: &'i str) -> Tokens<'i> {
        Tokens { text, at: 0, open: Vec::new() }
    }

    /// Where the next token begins.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next token; none at the end. An error says what is wrong at [`Tokens::offset`].
    pub fn next_token(&mut self) -> Result<Option<Token<'i>>, &'static str> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (kind, length) = match rest.as_bytes() {
            [] => return Ok(None),
            [b'<', b'/', ..] => end_tag(rest, self.open.pop())?,
            [b'<', b'?', ..] => instruction(rest, self.at)?,
            [b'<', b'!', ..] => exclamation(rest)?,
            [b'<', ..] => start_tag(rest)?,
            [b'&', ..] => reference(rest)?,
            octets => {
                let length = memchr2(b'<', b'&', octets).unwrap_or(octets.len());
                (Kind::Text(part(rest, 0, length)), length)
            }
        };
        if let Kind::Start(tag) = kind {
            self.open.push(tag.name);
        }
        let range = self.at..self.at + length;
        self.at = range.end;
        Ok(Some(Token { kind, range }))
    }
}

/// A part between two ASCII delimiters, which are always at boundaries of characters.
fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

fn end_tag<'i>(rest: &'i str, open: Option<&'i str>) -> Result<(Kind<'i>, usize), &'static str> {
    let name = open.ok_or("end tag without a start tag")?;
    let after = rest.get(2..).and_then(|inner| inner.strip_prefix(name));
    let after = after.ok_or("end tag of another element than the one open")?;
    if after.as_bytes().first() == Some(&b'>') {
        return Ok((Kind::End(name), name.len() + 3));
    }
    match after.trim_start_matches(WHITE).strip_prefix('>') {
        Some(behind) => Ok((Kind::End(name), rest.len() - behind.len())),
        None => Err("end tag of another element than the one open"),
    }
}

fn start_tag(rest: &str) -> Result<(Kind<'_>, usize), &'static str> {
    let (length, colon) = scan_name(rest.as_bytes().get(1..).unwrap_or_default())?;
    let name_end = length + 1;
    let (prefix, local) = match colon {
        Some(colon) => (part(rest, 1, colon + 1), part(rest, colon + 2, name_end)),
        None => ("", part(rest, 1, name_end)),
    };
    let tag = |end| Tag { name: part(rest, 1, name_end), prefix, local, rest: part(rest, name_end, end) };
    let after = rest.as_bytes().get(name_end..).unwrap_or_default();
    match after {
        [b'>', ..] => return Ok((Kind::Start(tag(name_end)), name_end + 1)),
        [b'/', b'>', ..] => return Ok((Kind::Empty(tag(name_end)), name_end + 2)),
        [b' ' | b'\t' | b'\n' | b'\r', ..] => {}
        _ => return Err("element name with a character that no name has"),
    }
    let end = name_end + find_end(after)?;
    match rest.as_bytes().get(end - 1) {
        Some(b'/') => Ok((Kind::Empty(tag(end - 1)), end + 1)),
        _ => Ok((Kind::Start(tag(end)), end + 1)),
    }
}

/// The `>` outside of quotes.
fn find_end(octets: &[u8]) -> Result<usize, &'static str> {
    let mut at = 0;
    loop {
        let tail = octets.get(at..).unwrap_or_default();
        let found = memchr3(b'>', b'"', b'\'', tail).ok_or("start tag is not closed")?;
        at += found;
        let quote = match tail.get(found) {
            Some(b'>') | None => return Ok(at),
            Some(quote) => *quote,
        };
        let tail = octets.get(at + 1..).unwrap_or_default();
        at += memchr(quote, tail).ok_or("attribute value is not closed")? + 2;
    }
}

fn reference(rest: &str) -> Result<(Kind<'_>, usize), &'static str> {
    let head = rest.as_bytes().get(1..).unwrap_or_default();
    let head = head.get(..REFERENCE_OCTETS_MAX + 1).unwrap_or(head);
    let end = memchr(b';', head).ok_or("'&' that begins no reference")?;
    Ok((Kind::Reference(part(rest, 1, end + 1)), end + 2))
}

fn instruction(rest: &str, at: usize) -> Result<(Kind<'_>, usize), &'static str> {
    let end = memmem::find(rest.as_bytes().get(2..).unwrap_or_default(), b"?>")
        .ok_or("processing instruction is not closed")?
        + 2;
    let inner = part(rest, 2, end);
    let kind = match inner.strip_prefix("xml").filter(|after| at == 0 && after.starts_with(WHITE)) {
        Some(after) => Kind::Declaration(after),
        None => Kind::Instruction(inner),
    };
    Ok((kind, end + 2))
}

fn exclamation(rest: &str) -> Result<(Kind<'_>, usize), &'static str> {
    if let Some(inner) = rest.strip_prefix("<![CDATA[") {
        let end = memmem::find(inner.as_bytes(), b"]]>").ok_or("CDATA section is not closed")?;
        return Ok((Kind::Section(part(inner, 0, end)), end + 12));
    }
    if let Some(inner) = rest.strip_prefix("<!--") {
        let end = memmem::find(inner.as_bytes(), b"--").ok_or("comment is not closed")?;
        return match inner.as_bytes().get(end + 2) {
            Some(b'>') => Ok((Kind::Comment, end + 7)),
            _ => Err("'--' in a comment"),
        };
    }
    if rest.starts_with("<!DOCTYPE") {
        return Ok((Kind::Doctype, rest.len()));
    }
    Err("'<!' that begins nothing")
}
