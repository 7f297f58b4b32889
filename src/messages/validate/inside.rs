//! A document that stands as text inside of another: how it is recognised, and its octets as they come out of the events of
//! the outer one. Never which message it is.

use std::io::{self, BufRead, Read};

use super::document::kind_of_root;
use super::places::Places;
use crate::messages::head_001::HEADER;
use crate::messages::reading::Place;
use crate::messages::unwrap::base64;
use crate::schema::event::{NotWellFormed, Text};
use crate::schema::walk::Walk;

/// How much of an element's text is looked at, in octets as they stand in the file.
pub(super) const LOOKED_AT_OCTETS: usize = 512;

/// How much text is handed on at a time, in octets. Chosen by us.
const BUFFER_OCTETS: usize = 32 * 1024;

/// What the text of an element seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// XML beyond doubt: it begins with a declaration, or with an element of a message.
    Xml,
    /// Something that begins like a tag. It is read, and nothing is said of it unless it holds a document.
    Markup,
    /// Base64 of something that is read.
    Base64,
}

/// What stands behind a start tag, where it is text and no element. Character references other than `<` in the very first
/// characters are not looked through: nobody writes so.
pub(super) fn recognise(ahead: &str) -> Option<Inside> {
    let text = trimmed(ahead);
    if let Some(section) = text.strip_prefix("<![CDATA[") {
        let section = trimmed(section);
        return if base64::is_certain(section) { Some(Inside::Base64) } else { markup(section) };
    }
    if text.starts_with('&') {
        let mut unescaped = text.to_owned();
        for reference in ["&lt;", "&#60;", "&#x3c;", "&#x3C;"] {
            unescaped = unescaped.replace(reference, "<");
        }
        return markup(&unescaped);
    }
    base64::is_certain(text).then_some(Inside::Base64)
}

fn trimmed(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n', '\u{FEFF}'])
}

fn markup(text: &str) -> Option<Inside> {
    let rest = text.strip_prefix('<')?;
    let first = rest.chars().next()?;
    if rest.strip_prefix("?xml").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n'])) {
        return Some(Inside::Xml);
    }
    let name = rest.split([' ', '\t', '\r', '\n', '>', '/']).next().unwrap_or("");
    if is_message(name) {
        return Some(Inside::Xml);
    }
    (first.is_alphabetic() || matches!(first, '_' | '?' | '!')).then_some(Inside::Markup)
}

/// Whether an element of this name, prefix and all, can only be a message or its header.
pub(super) fn is_message(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or(name);
    local == "Document" || local == HEADER || kind_of_root(local).is_some()
}

/// The document around a text could not be read on. Handed through the reader of the text, which says so.
#[derive(Debug, thiserror::Error)]
#[error("{stopped}")]
pub(super) struct OuterStopped {
    pub(super) stopped: NotWellFormed,
    /// In the file.
    pub(super) place: Place,
}

/// The text of the element that has just begun, as UTF-8, without the white space in front.
pub(super) struct Pieces<'w, 's, 'i> {
    walk: &'w mut Walk<'s, &'i mut dyn BufRead>,
    places: Places,
    outer: Places,
    text: String,
    at: usize,
    /// Of what comes next, in this text.
    here: Place,
    /// Offset in the outer text that the last run reached: what begins there needs no anchor.
    reached: Option<u64>,
    stopped: bool,
    /// Told when the text before it was handed on.
    fault: Option<OuterStopped>,
}

impl<'w, 's, 'i> Pieces<'w, 's, 'i> {
    /// Sets the anchors of the first places as the text is read; the second are those of the walk.
    pub(super) fn new(
        walk: &'w mut Walk<'s, &'i mut dyn BufRead>,
        (places, outer): (Places, Places),
    ) -> Pieces<'w, 's, 'i> {
        let here = Place { line: 1, column: 1 };
        Pieces {
            walk,
            places,
            outer,
            text: String::new(),
            at: 0,
            here,
            reached: None,
            stopped: false,
            fault: None,
        }
    }

    /// Passes over what was not read. True if the outer document cannot be read on, which was handed out with the text.
    pub(super) fn finish(self) -> Result<bool, NotWellFormed> {
        while !self.stopped && self.walk.next_piece()?.is_some() {}
        Ok(self.stopped)
    }

    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.at = 0;
        while !self.stopped && self.text.len() < BUFFER_OCTETS {
            let piece = match self.walk.next_piece() {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(()),
                Err(stopped) => {
                    self.stopped = true;
                    let (line, column) = stopped.place();
                    let place = self.outer.outer(Place { line, column });
                    self.fault = Some(OuterStopped { stopped, place });
                    break;
                }
            };
            let mut at = Place { line: piece.at.line, column: piece.at.column };
            let mut byte = piece.at.byte;
            let mut one = [0; 4];
            let whole = match piece.text {
                Text::Run(run) => run,
                Text::Character(character) => character.encode_utf8(&mut one),
            };
            let is_run = matches!(piece.text, Text::Run(_));
            let first = self.reached.is_none() && self.text.is_empty();
            let run = if first { trimmed(whole) } else { whole };
            if run.is_empty() {
                continue;
            }
            let left_out = whole.get(..whole.len() - run.len()).unwrap_or("");
            at = moved(at, left_out);
            byte += left_out.len() as u64;
            if self.reached != Some(byte) {
                self.places.anchor(self.here, at);
            }
            self.reached = is_run.then_some(byte + run.len() as u64).or(Some(u64::MAX));
            self.here = moved(self.here, run);
            self.text.push_str(run);
        }
        match self.fault.take_if(|_| self.text.is_empty()) {
            Some(fault) => Err(io::Error::other(fault)),
            None => Ok(()),
        }
    }
}

/// The place behind a text that begins at this one.
fn moved(place: Place, text: &str) -> Place {
    match text.rfind('\n') {
        None => Place { line: place.line, column: place.column + text.chars().count() as u64 },
        Some(last) => Place {
            line: place.line + memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64,
            column: 1 + text.get(last + 1..).map_or(0, |rest| rest.chars().count() as u64),
        },
    }
}

impl Read for Pieces<'_, '_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Pieces<'_, '_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.text.len() {
            self.refill()?;
        }
        Ok(self.text.as_bytes().get(self.at..).unwrap_or(&[]))
    }

    fn consume(&mut self, octets: usize) {
        self.at = (self.at + octets).min(self.text.len());
    }
}
