//! An input of which a part can be read again: of several documents one behind another, the reader of the first has taken in
//! more than its own. Never where a document ends.

use std::io::{self, BufRead, Read};

/// How much can be read again, in octets. A reader takes in far less beyond what it has used. Chosen by us.
const KEPT_OCTETS: usize = 256 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An input that can be set back.
pub struct Rewinding<'i> {
    input: &'i mut dyn BufRead,
    /// Octets to be read again, from `at` on, before the input goes on.
    again: Vec<u8>,
    at: usize,
    history: History,
}

/// What was taken.
#[derive(Default)]
struct History {
    /// The last octets.
    taken: Vec<u8>,
    /// The first octets of the document, which tell how wide a character is.
    first: Vec<u8>,
}

/// How a less-than sign looks in octets.
#[derive(Clone, Copy)]
enum Unit {
    One,
    TwoLittle,
    TwoBig,
}

impl<'i> Rewinding<'i> {
    /// Over this input.
    pub fn new(input: &'i mut dyn BufRead) -> Rewinding<'i> {
        Rewinding { input, again: Vec::new(), at: 0, history: History::default() }
    }

    /// Goes back to the less-than sign that is the `markup`-th from the end of what was taken. False if it is not known any more.
    pub fn go_back(&mut self, markup: usize) -> bool {
        let unit = self.history.unit();
        let Some(mut place) = nth_from_end(&self.history.taken, unit, markup) else { return false };
        let before = self.history.taken.get(..place).unwrap_or(&[]);
        if before.ends_with(BYTE_ORDER_MARK) {
            place -= BYTE_ORDER_MARK.len();
        }
        let mut again = self.history.taken.split_off(place);
        again.extend_from_slice(self.again.get(self.at..).unwrap_or(&[]));
        self.again = again;
        self.at = 0;
        self.history = History::default();
        true
    }

    /// Passes over white space, NUL and byte order marks. Says how many lines and, behind the last line feed, octets were passed;
    /// none if the input ends there or something else than markup follows.
    pub fn pass_blank(&mut self) -> io::Result<Option<(u64, u64)>> {
        let (mut lines, mut columns) = (0, 0);
        loop {
            let octet = match self.fill_buf()? {
                [] => return Ok(None),
                [octet, ..] => *octet,
            };
            match octet {
                b'<' => {
                    self.history = History::default();
                    return Ok(Some((lines, columns)));
                }
                b'\n' => (lines, columns) = (lines + 1, 0),
                b' ' | b'\t' | b'\r' | 0 => columns += 1,
                // The octets of the byte order mark of UTF-8, which is one character.
                0xEF => columns += 1,
                0xBB | 0xBF => {}
                _ => return Ok(None),
            }
            self.consume(1);
        }
    }
}

impl History {
    fn unit(&self) -> Unit {
        match self.first.as_slice() {
            [0xFF, 0xFE, ..] | [b'<', 0, ..] => Unit::TwoLittle,
            [0xFE, 0xFF, ..] | [0, b'<', ..] => Unit::TwoBig,
            _ => Unit::One,
        }
    }

    fn note(&mut self, octets: &[u8]) {
        let missing = 4 - self.first.len().min(4);
        self.first.extend_from_slice(octets.get(..missing).unwrap_or(octets));
        self.taken.extend_from_slice(octets);
        if self.taken.len() > 2 * KEPT_OCTETS {
            // An even number, so that characters of two octets stay whole.
            let surplus = (self.taken.len() - KEPT_OCTETS) / 2 * 2;
            self.taken.drain(..surplus);
        }
    }
}

fn nth_from_end(octets: &[u8], unit: Unit, number: usize) -> Option<usize> {
    let back = number.checked_sub(1)?;
    match unit {
        Unit::One => memchr::memrchr_iter(b'<', octets).nth(back),
        Unit::TwoLittle | Unit::TwoBig => {
            let sign = if matches!(unit, Unit::TwoLittle) { [b'<', 0] } else { [0, b'<'] };
            let mut pairs = octets.chunks_exact(2).enumerate().rev().filter(|(_, pair)| **pair == sign);
            pairs.nth(back).map(|(index, _)| 2 * index)
        }
    }
}

impl Read for Rewinding<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Rewinding<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.again.len() {
            return Ok(self.again.get(self.at..).unwrap_or(&[]));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, octets: usize) {
        if self.at < self.again.len() {
            let end = (self.at + octets).min(self.again.len());
            self.history.note(self.again.get(self.at..end).unwrap_or(&[]));
            self.at = end;
            return;
        }
        // The reader was shown these octets just now, so they are still there.
        if let Ok(shown) = self.input.fill_buf() {
            self.history.note(shown.get(..octets).unwrap_or(shown));
        }
        self.input.consume(octets);
    }
}
