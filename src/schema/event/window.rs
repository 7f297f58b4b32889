//! The sliding window over the input: octets in, checked UTF-8 text out, with line and column of any place in it. Knows characters, never markup.

use std::cell::Cell;
use std::io::{BufRead, Error, ErrorKind};

use encoding_rs::{CoderResult, WINDOWS_1252};

use super::encoding::Decoding;

/// How much is decoded at a time, in octets. Chosen by us: the window then stays within the second-level cache.
const CHUNK_BYTES: usize = 32 * 1024;

/// How much is copied and looked through at a time, in octets. Chosen by us: both then find it in the first-level cache.
const PIECE_BYTES: usize = 1024;

/// How much is looked at to recognise the encoding, in octets. An XML declaration is far shorter.
const SNIFF_BYTES: usize = 512;

/// A place in the document. `byte` counts octets of the text as UTF-8; for UTF-8 input these are the octets of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: u64,
    /// Characters since the last line feed, plus 1.
    pub column: u64,
    /// Offset of the event's first octet.
    pub byte: u64,
}

/// What ends the text before the input does. It stands right behind the last character of the window.
pub(super) enum Trouble {
    /// A character that XML does not allow.
    Character(char),
    Io(Error),
}

/// The announced encoding and the octets disagree at this offset of the window.
pub(super) struct Contradiction {
    pub at: usize,
    pub about: Octets,
}

/// What the octets of a document say against its announced encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schema) struct Octets {
    /// `encoding.contradicted` where the document breaks a rule of XML, `encoding.assumed` where it only leaves something open.
    pub code: &'static str,
    /// What was found, and what was assumed.
    pub text: &'static str,
}

impl Octets {
    pub(super) const fn contradicted(text: &'static str) -> Octets {
        Octets { code: "encoding.contradicted", text }
    }

    pub(super) const fn assumed(text: &'static str) -> Octets {
        Octets { code: "encoding.assumed", text }
    }
}

pub(super) struct Window<R> {
    input: R,
    /// Octets taken from the input to recognise the encoding, not yet decoded.
    sniffed: Vec<u8>,
    text: String,
    /// Octets of the stream before `text`.
    base: u64,
    /// Line and column of the first character of `text`.
    start: (u64, u64),
    /// The place that was counted last: offset in `text`, line, column.
    anchor: Cell<(usize, u64, u64)>,
    decoding: Decoding,
    /// First octets of a character that the end of a chunk cut.
    cut: Vec<u8>,
    trouble: Option<Trouble>,
    /// What was decoded behind a character that XML does not allow, that one included.
    lost: String,
    ended: bool,
    contradiction: Option<Contradiction>,
    contradicted: bool,
    /// Whether a carriage return occurred: only then must line ends be normalised.
    pub has_carriage_return: bool,
    /// Whether a carriage return, a reference or a closing bracket may have occurred: only then must a text be looked through.
    pub has_special: bool,
    /// From here on there is neither a line feed nor a character of more than one octet: columns need not be counted.
    even_from: usize,
}

impl<R: BufRead> Window<R> {
    pub fn new(input: R) -> Window<R> {
        Window {
            input,
            sniffed: Vec::new(),
            text: String::with_capacity(CHUNK_BYTES / 4),
            base: 0,
            start: (1, 1),
            anchor: Cell::new((0, 1, 1)),
            decoding: Decoding::Utf8,
            cut: Vec::new(),
            trouble: None,
            lost: String::new(),
            ended: false,
            contradiction: None,
            contradicted: false,
            has_carriage_return: false,
            has_special: false,
            even_from: 0,
        }
    }

    /// The first octets of the input, before anything was decoded.
    pub fn sniff(&mut self) -> Result<&[u8], Error> {
        while self.sniffed.len() < SNIFF_BYTES {
            let taken = match self.input.fill_buf() {
                Ok(octets) => {
                    let few = octets.get(..SNIFF_BYTES).unwrap_or(octets);
                    self.sniffed.extend_from_slice(few);
                    few.len()
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if taken == 0 {
                break;
            }
            self.input.consume(taken);
        }
        Ok(&self.sniffed)
    }

    /// Settles how the octets are read; `mark` octets in front are a byte order mark and are dropped.
    pub fn set_decoding(&mut self, decoding: Decoding, mark: usize) {
        self.decoding = decoding;
        self.sniffed.drain(..mark.min(self.sniffed.len()));
        self.base += mark as u64;
    }

    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// What was decoded but cannot be read, since its first character is one that XML does not allow.
    pub fn lost(&self) -> &str {
        &self.lost
    }

    pub fn take_trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    pub fn take_contradiction(&mut self) -> Option<Contradiction> {
        self.contradiction.take()
    }

    /// Where what is to be taken by `take_contradiction` stands.
    #[inline]
    pub fn contradicted_at(&self) -> Option<usize> {
        self.contradiction.as_ref().map(|contradiction| contradiction.at)
    }

    /// Notes the first contradiction; the others of a document would only repeat it.
    pub fn report_contradiction(&mut self, at: usize, about: Octets) {
        if !self.contradicted {
            self.contradicted = true;
            self.contradiction = Some(Contradiction { at, about });
        }
    }

    /// Line, column and offset of a place in the window. Cheap when places are asked in rising order.
    pub fn position(&self, at: usize) -> Position {
        let (mut from, mut line, mut column) = self.anchor.get();
        if from > at {
            (from, line, column) = (0, self.start.0, self.start.1);
        }
        if from >= self.even_from {
            column += at.saturating_sub(from) as u64;
            self.anchor.set((at, line, column));
            return Position { line, column, byte: self.base + at as u64 };
        }
        let passed = self.text.get(from..at).unwrap_or("");
        match memchr::memrchr(b'\n', passed.as_bytes()) {
            Some(last) => {
                line += memchr::memchr_iter(b'\n', passed.as_bytes()).count() as u64;
                column = 1 + passed.get(last + 1..).map_or(0, characters);
            }
            None => column += characters(passed),
        }
        self.anchor.set((at, line, column));
        Position { line, column, byte: self.base + at as u64 }
    }

    /// Forgets everything before `upto`, which becomes offset 0.
    pub fn discard(&mut self, upto: usize) {
        let place = self.position(upto);
        self.text.drain(..upto);
        if let Some(contradiction) = &mut self.contradiction {
            contradiction.at = contradiction.at.saturating_sub(upto);
        }
        self.even_from = self.even_from.saturating_sub(upto);
        self.base += upto as u64;
        self.start = (place.line, place.column);
        self.anchor.set((0, place.line, place.column));
    }

    /// Takes in about one chunk more. False at the end of the text; then `take_trouble` says whether it ended well.
    pub fn refill(&mut self) -> bool {
        let before = self.text.len();
        while !self.ended && self.text.len() < before + CHUNK_BYTES / 2 {
            if !self.sniffed.is_empty() {
                let octets = std::mem::take(&mut self.sniffed);
                self.decode(&octets);
                continue;
            }
            let octets = match self.input.fill_buf() {
                Ok(octets) => octets,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.trouble = Some(Trouble::Io(error));
                    self.ended = true;
                    break;
                }
            };
            if octets.is_empty() {
                self.finish();
                break;
            }
            let chunk = octets.get(..CHUNK_BYTES).unwrap_or(octets);
            let taken = chunk.len();
            // The common case by hand: whole UTF-8 goes straight from the reader's buffer into the window.
            if matches!(self.decoding, Decoding::Utf8)
                && self.cut.is_empty()
                && let Ok(text) = std::str::from_utf8(chunk)
            {
                let from = self.text.len();
                let mut seen = Seen::default();
                let mut rest = text;
                while !rest.is_empty() {
                    let (piece, behind) = rest.split_at(boundary(rest, PIECE_BYTES));
                    seen.look_through(piece.as_bytes());
                    self.text.push_str(piece);
                    rest = behind;
                }
                self.input.consume(taken);
                self.heed(seen, from);
                continue;
            }
            let owned = chunk.to_vec();
            self.input.consume(taken);
            self.decode(&owned);
        }
        self.text.len() > before
    }

    fn decode(&mut self, octets: &[u8]) {
        let from = self.text.len();
        match &mut self.decoding {
            Decoding::Utf8 => self.decode_utf8(octets),
            Decoding::Ascii => {
                if let Some(index) = octets.iter().position(|octet| !octet.is_ascii()) {
                    let text = "declared as US-ASCII but holds other octets; these are read as UTF-8";
                    self.report_contradiction(from + index, Octets::contradicted(text));
                }
                self.decode_utf8(octets);
            }
            Decoding::OneOctet(table) => {
                if let Some(odd) = table.decode(octets, &mut self.text) {
                    self.report_contradiction(from + odd.index, odd.about);
                }
            }
            Decoding::Other(_) => self.decode_other(octets, Turn::Middle),
        }
        self.check(from);
    }

    fn decode_utf8(&mut self, octets: &[u8]) {
        let joined;
        let mut rest = octets;
        if !self.cut.is_empty() {
            self.cut.extend_from_slice(octets);
            joined = std::mem::take(&mut self.cut);
            rest = &joined;
        }
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(text) => return self.text.push_str(text),
                Err(error) => error,
            };
            let (good, bad) = rest.split_at(error.valid_up_to());
            self.text.push_str(std::str::from_utf8(good).unwrap_or(""));
            let Some(length) = error.error_len() else {
                self.cut = bad.to_vec();
                return;
            };
            let at = self.text.len();
            self.report_contradiction(
                at,
                Octets::contradicted("taken as UTF-8 but holds other octets; these are read as Windows-1252"),
            );
            let (wrong, after) = bad.split_at(length);
            self.text.push_str(&WINDOWS_1252.decode_without_bom_handling(wrong).0);
            rest = after;
        }
    }

    fn finish(&mut self) {
        self.ended = true;
        let from = self.text.len();
        if !self.cut.is_empty() {
            let cut = std::mem::take(&mut self.cut);
            let text = "ends within a UTF-8 character; its octets are read as Windows-1252";
            self.report_contradiction(from, Octets::contradicted(text));
            self.text.push_str(&WINDOWS_1252.decode_without_bom_handling(&cut).0);
        }
        self.decode_other(&[], Turn::Last);
        self.check(from);
    }

    /// Looks through what was taken in since `from` for characters that XML does not allow, and cuts the text there.
    fn check(&mut self, from: usize) {
        let mut seen = Seen::default();
        seen.look_through(self.text.as_bytes().get(from..).unwrap_or(&[]));
        self.heed(seen, from);
    }

    fn heed(&mut self, seen: Seen, from: usize) {
        if seen.wide {
            self.even_from = self.text.len();
        }
        if seen.special {
            self.look_closer(from);
        }
    }

    fn look_closer(&mut self, from: usize) {
        let added = self.text.as_bytes().get(from..).unwrap_or(&[]);
        if !self.has_carriage_return {
            self.has_carriage_return = memchr::memchr(b'\r', added).is_some();
        }
        if memchr::memchr(b'\n', added).is_some() {
            self.even_from = self.text.len();
        }
        if !self.has_special {
            self.has_special = memchr::memchr3(b'\r', b']', b'&', added).is_some();
        }
        let suspicious = added.iter().fold(false, |found, &octet| {
            let control = (octet < 0x20) & (octet != b'\t') & (octet != b'\n') & (octet != b'\r');
            found | control | (octet == 0xEF)
        });
        if !suspicious {
            return;
        }
        let wrong = added.iter().enumerate().find(|(index, octet)| match octet {
            b'\t' | b'\n' | b'\r' => false,
            0..0x20 => true,
            // U+FFFE and U+FFFF.
            0xEF => matches!(added.get(index + 1..index + 3), Some([0xBF, 0xBE | 0xBF])),
            _ => false,
        });
        if let Some((index, _)) = wrong {
            let at = from + index;
            let character = self.text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('\u{0}');
            self.lost = self.text.split_off(at);
            self.trouble = Some(Trouble::Character(character));
            self.ended = true;
        }
    }

    /// Decodes UTF-16; octets that it does not have become replacement characters.
    fn decode_other(&mut self, octets: &[u8], turn: Turn) {
        let Decoding::Other(decoder) = &mut self.decoding else { return };
        let from = self.text.len();
        let mut rest = octets;
        let mut replaced = false;
        loop {
            self.text.reserve(decoder.max_utf8_buffer_length(rest.len()).unwrap_or(rest.len()).max(16));
            let (result, read, had_errors) =
                decoder.decode_to_string(rest, &mut self.text, turn == Turn::Last);
            replaced |= had_errors;
            rest = rest.get(read..).unwrap_or(&[]);
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        if replaced {
            let wrong = self.text.get(from..).and_then(|added| added.find('\u{FFFD}')).unwrap_or(0);
            let text = "octets that the announced encoding does not have";
            self.report_contradiction(from + wrong, Octets::contradicted(text));
        }
    }
}

/// What was seen in passing.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Something that needs a closer look: controls, carriage returns, references, closing brackets, or what may be one of the
    /// characters at the end of the basic plane. Most text has none.
    special: bool,
    /// A character of more than one octet.
    wide: bool,
}

impl Seen {
    /// Written so that the compiler makes vector instructions of it.
    fn look_through(&mut self, octets: &[u8]) {
        let marks = |octet: u8| u8::from(octet == b']') | u8::from(octet == b'&');
        let (blocks, rest) = octets.as_chunks::<32>();
        let (mut least, mut all, mut found) = ([0xFF_u8; 32], [0_u8; 32], [0_u8; 32]);
        for block in blocks {
            for (((least, all), found), octet) in least.iter_mut().zip(&mut all).zip(&mut found).zip(block) {
                *least = (*least).min(*octet);
                *all |= *octet;
                *found |= marks(*octet);
            }
        }
        let least = least.iter().chain(rest).fold(0xFF, |least, octet| (*octet).min(least));
        let all = all.iter().chain(rest).fold(0, |all, octet| all | *octet);
        let in_rest = rest.iter().fold(0, |found, octet| found | marks(*octet));
        let found = found.iter().fold(in_rest, |all, found| all | *found);
        let wide = all >= 0x80;
        self.wide |= wide;
        self.special |= least < 0x20 || found != 0 || (wide && memchr::memchr(0xEF, octets).is_some());
    }
}

/// The last boundary between characters that is not behind `limit`, or the end of the first character.
fn boundary(text: &str, limit: usize) -> usize {
    if text.len() <= limit {
        return text.len();
    }
    (1..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

fn characters(text: &str) -> u64 {
    if text.is_ascii() { text.len() as u64 } else { text.chars().count() as u64 }
}

/// Whether more octets follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Middle,
    Last,
}
