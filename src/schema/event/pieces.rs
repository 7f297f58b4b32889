//! Text handed out piece by piece, for a document that stands as text inside another, and what follows behind the root
//! element. Knows neither what the text says nor what it is for.

use std::io::BufRead;

use super::fault::{Stop, rule};
use super::names::reference;
use super::{Limits, NotWellFormed, Part, Position, Scanner};

/// A stretch of an element's text.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// As it stands in the input; of a reference, the character that it stands for.
    pub text: Text<'a>,
    /// Where it begins in the input.
    pub at: Position,
}

/// The characters of a piece.
#[derive(Debug, Clone, Copy)]
pub enum Text<'a> {
    /// As in the input, line ends included.
    Run(&'a str),
    /// What a reference stands for.
    Character(char),
}

/// What stands behind a root element that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follower {
    /// Markup that begins like another document.
    Document {
        /// Where it begins.
        at: Position,
        /// How many characters `<` were taken in from there on, this one included.
        markup: usize,
        /// What it begins with: the declaration or start tag as far as it was taken in, at most 256 octets.
        opening: String,
    },
    /// Nothing but white space, byte order marks and NUL as far as was taken in.
    Blank {
        /// Where the taken in ends.
        at: Position,
    },
}

/// How much of a follower is looked at, in octets.
const OPENING_BYTES: usize = 256;

/// What `piece` came upon.
enum Found {
    Run(usize, usize),
    Character(char),
    /// The text has ended.
    Tag,
    /// Something without characters was passed.
    Nothing,
}

impl<R: BufRead> Scanner<R> {
    /// A scanner of a text that was decoded: it is UTF-8, whatever encoding its own declaration names.
    pub fn of_characters(input: R, limits: Limits) -> Scanner<R> {
        Scanner { settled: true, ..Scanner::new(input, limits) }
    }

    /// The next stretch of the text of the open element; none at the next tag. To be called instead of `next`, which goes on
    /// with that tag. No bound on the length of the text holds here.
    pub fn next_piece(&mut self) -> Result<Option<Piece<'_>>, NotWellFormed> {
        if self.empty_element || self.part != Part::Content {
            return Ok(None);
        }
        let found = loop {
            match self.piece() {
                Ok(Found::Nothing) => {}
                Ok(found) => break found,
                Err(Stop::More) => self.more()?,
                Err(stop) => return Err(self.fault(stop)),
            }
        };
        let at = self.window.position(self.token);
        Ok(match found {
            Found::Run(start, end) => {
                let run = self.window.text().get(start..end).unwrap_or("");
                Some(Piece { text: Text::Run(run), at })
            }
            Found::Character(character) => Some(Piece { text: Text::Character(character), at }),
            Found::Tag | Found::Nothing => None,
        })
    }

    fn piece(&mut self) -> Result<Found, Stop> {
        self.merged_at = None;
        self.token = self.cursor;
        if self.in_cdata {
            return self.cdata_piece();
        }
        let bytes = self.window.bytes();
        let rest = bytes.get(self.cursor..).unwrap_or(&[]);
        let opening = b"<![CDATA[";
        match rest {
            [] | [b'<'] => Err(Stop::More),
            [b'&', ..] => {
                let (character, end) = reference(bytes, self.cursor)?;
                self.cursor = end;
                Ok(Found::Character(character))
            }
            rest if rest.starts_with(opening) => {
                self.cursor += opening.len();
                self.in_cdata = true;
                Ok(Found::Nothing)
            }
            [b'<', b'!' | b'?', ..] if opening.starts_with(rest) => Err(Stop::More),
            [b'<', b'!' | b'?', ..] => self.declaration_like().map(|_| Found::Nothing),
            [b'<', ..] => Ok(Found::Tag),
            rest => {
                let length = memchr::memchr2(b'<', b'&', rest);
                self.run_piece(length.unwrap_or(rest.len() - brackets_behind(rest)))
            }
        }
    }

    /// Characters up to a tag or reference, or to the end of the window.
    fn run_piece(&mut self, length: usize) -> Result<Found, Stop> {
        let start = self.cursor;
        let run = self.window.bytes().get(start..start + length).unwrap_or(&[]);
        if let Some(index) = memchr::memmem::find(run, b"]]>") {
            return rule(start + index, "]]> outside of a CDATA section");
        }
        self.hand_out(start + length)
    }

    fn cdata_piece(&mut self) -> Result<Found, Stop> {
        let start = self.cursor;
        let rest = self.window.bytes().get(start..).unwrap_or(&[]);
        match memchr::memmem::find(rest, b"]]>") {
            Some(0) => {
                self.cursor += 3;
                self.in_cdata = false;
                Ok(Found::Nothing)
            }
            Some(length) => self.hand_out(start + length),
            None => self.hand_out(start + rest.len() - brackets_behind(rest)),
        }
    }

    fn hand_out(&mut self, end: usize) -> Result<Found, Stop> {
        let start = self.cursor;
        if end <= start {
            return Err(Stop::More);
        }
        self.cursor = end;
        Ok(Found::Run(start, end))
    }

    /// The input behind the start tag that was read last, as it stands: so many octets if there are as many.
    pub fn ahead(&mut self, octets: usize) -> &str {
        if self.empty_element {
            return "";
        }
        while self.window.bytes().len() < self.cursor.saturating_add(octets) && self.window.refill() {}
        let text = self.window.text().get(self.cursor..).unwrap_or("");
        beginning(text, octets)
    }

    /// What stands behind the root element, after `next` has refused it.
    pub fn follower(&mut self) -> Option<Follower> {
        if self.part != Part::Epilog {
            return None;
        }
        while self.window.bytes().len() < self.cursor.saturating_add(OPENING_BYTES) && self.window.refill() {}
        let text = self.window.text().get(self.cursor..).unwrap_or("");
        let is_blank = |character| matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{FEFF}' | '\0');
        let mut all = text.to_owned();
        all.push_str(self.window.lost());
        let trimmed = all.trim_start_matches(is_blank);
        // The byte order mark of UTF-8, as it looks behind a document in ISO-8859-1.
        let trimmed = trimmed.strip_prefix("\u{EF}\u{BB}\u{BF}").unwrap_or(trimmed);
        let mut at = self.window.position(self.cursor);
        for character in all.chars().take(all.chars().count() - trimmed.chars().count()) {
            (at.line, at.column) =
                if character == '\n' { (at.line + 1, 1) } else { (at.line, at.column + 1) };
        }
        if trimmed.is_empty() {
            return Some(Follower::Blank { at });
        }
        let markup = memchr::memchr_iter(b'<', trimmed.as_bytes()).count();
        let opening = beginning(trimmed, OPENING_BYTES).to_owned();
        opening.starts_with('<').then_some(Follower::Document { at, markup, opening })
    }
}

/// How many closing brackets end these octets, two at most: they may belong to the end of a CDATA section.
fn brackets_behind(octets: &[u8]) -> usize {
    octets.iter().rev().take(2).take_while(|octet| **octet == b']').count()
}

/// At most so many octets of a text, whole characters only.
fn beginning(text: &str, octets: usize) -> &str {
    let end = (0..=octets.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or("")
}
