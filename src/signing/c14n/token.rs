//! XML text cut into tokens that borrow from it, with the rules that concern single tokens.
//! Nesting, names and namespaces are for the walk; document type declarations are recognised only to be refused.
//!
//! Written for this room because every token must be known by its exact place in the text: what is
//! canonical already is hashed from there without a copy.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3, memmem};

use super::attribute::WHITE;

/// Longest reference, in octets between `&` and `;`. Chosen by us: the longest sensible one is `#x0010FFFF`.
const REFERENCE_OCTETS_MAX: usize = 40;

/// A token's kind, with the text inside its delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'i> {
    /// `<…>`.
    Start(&'i str),
    /// `<…/>`.
    Empty(&'i str),
    /// `</…>`, white space at the end left out.
    End(&'i str),
    /// Literal text without references.
    Text(&'i str),
    /// `<![CDATA[…]]>`.
    Section(&'i str),
    /// `&…;`.
    Reference(&'i str),
    /// `<?…?>`.
    Instruction(&'i str),
    /// `<?xml …?>` at the very beginning.
    Declaration,
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
}

impl<'i> Tokens<'i> {
    /// From the beginning.
    pub fn new(text: &'i str) -> Tokens<'i> {
        Tokens { text, at: 0 }
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
            [b'<', b'/', ..] => end_tag(rest)?,
            [b'<', b'?', ..] => instruction(rest, self.at)?,
            [b'<', b'!', ..] => exclamation(rest)?,
            [b'<', ..] => start_tag(rest)?,
            [b'&', ..] => reference(rest)?,
            octets => {
                let length = memchr2(b'<', b'&', octets).unwrap_or(octets.len());
                (Kind::Text(part(rest, 0, length)), length)
            }
        };
        let range = self.at..self.at + length;
        self.at = range.end;
        Ok(Some(Token { kind, range }))
    }
}

/// A part between two ASCII delimiters, which are always at boundaries of characters.
fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

fn end_tag(rest: &str) -> Result<(Kind<'_>, usize), &'static str> {
    let end = memchr(b'>', rest.as_bytes()).ok_or("end tag is not closed")?;
    Ok((Kind::End(part(rest, 2, end).trim_end_matches(WHITE)), end + 1))
}

/// The `>` outside of quotes.
fn start_tag(rest: &str) -> Result<(Kind<'_>, usize), &'static str> {
    let octets = rest.as_bytes();
    let mut at = 1;
    loop {
        let tail = octets.get(at..).unwrap_or_default();
        let found = memchr3(b'>', b'"', b'\'', tail).ok_or("start tag is not closed")?;
        at += found + 1;
        match tail.get(found) {
            Some(b'>') => break,
            Some(quote) => {
                let tail = octets.get(at..).unwrap_or_default();
                at += memchr(*quote, tail).ok_or("attribute value is not closed")? + 1;
            }
            None => return Err("start tag is not closed"),
        }
    }
    let kind = match octets.get(at.saturating_sub(2)) {
        Some(b'/') if at > 2 => Kind::Empty(part(rest, 1, at - 2)),
        _ => Kind::Start(part(rest, 1, at - 1)),
    };
    Ok((kind, at))
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
    let declares = inner.strip_prefix("xml").is_some_and(|after| after.starts_with(WHITE));
    Ok((if at == 0 && declares { Kind::Declaration } else { Kind::Instruction(inner) }, end + 2))
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
