//! An input of which a part can be read again: of several documents one behind another, the reader of the first has taken in
//! more than its own. Never where a document ends.

use std::io::{self, BufRead, Read};

/// How much of what was taken can be read again, in octets. A reader takes in far less beyond what it has used. Chosen by us.
const KEPT_OCTETS: usize = 128 * 1024;

/// How much is held before what is not kept is forgotten, in octets. Chosen by us: it stays within the second-level cache.
const HELD_OCTETS_MAX: usize = 384 * 1024;

/// How much is taken from the input at a time, in octets: first a little, since most documents are small, then twice as much each
/// time. Chosen by us.
const STEP_OCTETS_MIN: usize = 8 * 1024;
const STEP_OCTETS_MAX: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An input that can be set back. It is read straight into memory of our own, so that keeping what was taken costs no copy.
pub struct Rewinding<'i> {
    input: &'i mut dyn BufRead,
    /// Up to `end`: what was taken last, then what is still to be taken. Behind that, room.
    held: Vec<u8>,
    end: usize,
    /// The document's first octet that is held.
    from: usize,
    /// What is to be taken next.
    at: usize,
    step: usize,
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
        Rewinding {
            input,
            held: Vec::new(),
            end: 0,
            from: 0,
            at: 0,
            step: STEP_OCTETS_MIN,
            first: Vec::new(),
        }
    }

    /// Goes back to the less-than sign that is the `markup`-th from the end of what was taken. False if it is not known any more.
    pub fn go_back(&mut self, markup: usize) -> bool {
        let taken = self.held.get(self.from..self.at).unwrap_or(&[]);
        let Some(place) = nth_from_end(taken, self.unit(), markup) else { return false };
        let before = taken.get(..place).unwrap_or(&[]);
        let mark = if before.ends_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        self.at = self.from + place - mark;
        self.begin_document();
        true
    }

    /// What was taken belongs to the document before.
    fn begin_document(&mut self) {
        self.from = self.at;
        self.first.clear();
    }

    fn unit(&self) -> Unit {
        match self.first.as_slice() {
            [0xFF, 0xFE, ..] | [b'<', 0, ..] => Unit::TwoLittle,
            [0xFE, 0xFF, ..] | [0, b'<', ..] => Unit::TwoBig,
            _ => Unit::One,
        }
    }

    /// Forgets what need not be kept; an even number of octets, so that characters of two octets stay whole.
    fn forget(&mut self) {
        let surplus = self.at.saturating_sub(self.from).saturating_sub(KEPT_OCTETS) / 2 * 2;
        let kept = self.from + surplus;
        self.held.copy_within(kept..self.end, 0);
        (self.from, self.at, self.end) = (0, self.at - kept, self.end - kept);
    }

    fn take_in(&mut self) -> io::Result<()> {
        if self.end + self.step > HELD_OCTETS_MAX {
            self.forget();
        }
        if self.held.len() < self.end + self.step {
            self.held.resize(self.end + self.step, 0);
        }
        let room = self.held.get_mut(self.end..self.end + self.step).unwrap_or(&mut []);
        let read = self.input.read(room)?;
        self.end += read;
        if read == self.step {
            self.step = (self.step * 2).min(STEP_OCTETS_MAX);
        }
        Ok(())
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
                    self.begin_document();
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
        if self.at >= self.end {
            self.take_in()?;
        }
        Ok(self.held.get(self.at..self.end).unwrap_or(&[]))
    }

    fn consume(&mut self, octets: usize) {
        let end = (self.at + octets).min(self.end);
        let missing = 4 - self.first.len().min(4);
        let taken = self.held.get(self.at..end).unwrap_or(&[]);
        self.first.extend(taken.iter().take(missing));
        self.at = end;
    }
}
