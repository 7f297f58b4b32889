//! A run of document text taken apart into characters, and put together again in the form it had: literal or referred
//! to, in its encoding. Knows no elements.

use super::charset::Charset;

/// How a character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Literal,
    /// `&#…;`: digits in all, leading zeros included.
    Decimal(usize),
    /// `&#x…;`
    Hexadecimal(usize),
    /// `&amp;` and its like, or what cannot be read as a reference: never replaced.
    Kept,
}

/// One character of a text and where it is written.
#[derive(Clone, Copy, Debug)]
struct Unit {
    form: Form,
    start: usize,
    end: usize,
}

/// A text with the octets that it came from.
#[derive(Debug, Default)]
pub(super) struct Units {
    octets: Vec<u8>,
    units: Vec<Unit>,
    /// The characters as they are meant.
    pub(super) text: Vec<char>,
}

/// Whether `&` refers to something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum References {
    Read,
    /// As in CDATA sections, comments and instructions.
    Literal,
}

impl Units {
    /// Adds octets that are written as they are and belong to no character of the text: delimiters, comments.
    pub(super) fn push_markup(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Octets so far.
    pub(super) fn len(&self) -> usize {
        self.octets.len()
    }

    /// Adds a run of text.
    pub(super) fn push(&mut self, run: &[u8], references: References, charset: &Charset) {
        let mut rest = run;
        while let Some(first) = rest.first() {
            let (character, form, taken) = match (first, references) {
                (b'&', References::Read) => referred(rest),
                _ => {
                    let read = charset.read(rest);
                    (read.character, Form::Literal, read.octets)
                }
            };
            let (octets, behind) = rest.split_at_checked(taken.max(1)).unwrap_or((rest, &[]));
            let start = self.octets.len();
            self.octets.extend_from_slice(octets);
            self.units.push(Unit { form, start, end: self.octets.len() });
            self.text.push(character);
            rest = behind;
        }
    }

    /// Writes everything with the text replaced by another of the same number of characters, and forgets it.
    pub(super) fn write(&mut self, replaced: &[char], charset: &Charset, out: &mut Vec<u8>) {
        let mut at = 0;
        for ((unit, before), after) in self.units.iter().zip(&self.text).zip(replaced) {
            if before == after || unit.form == Form::Kept {
                continue;
            }
            out.extend_from_slice(self.octets.get(at..unit.start).unwrap_or(&[]));
            let number = u32::from(*after);
            match unit.form {
                Form::Literal => charset.write(*after, out),
                Form::Decimal(width) => out.extend_from_slice(format!("&#{number:0width$};").as_bytes()),
                Form::Hexadecimal(width) => {
                    out.extend_from_slice(format!("&#x{number:0width$X};").as_bytes())
                }
                Form::Kept => {}
            }
            at = unit.end;
        }
        out.extend_from_slice(self.octets.get(at..).unwrap_or(&[]));
        self.octets.clear();
        self.units.clear();
        self.text.clear();
    }
}

/// A character or entity reference at the start of some octets.
fn referred(octets: &[u8]) -> (char, Form, usize) {
    let lone = ('&', Form::Kept, 1);
    let Some(end) = octets.iter().take(16).position(|octet| *octet == b';') else { return lone };
    let name = octets.get(1..end).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or("");
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let known = match name {
        "amp" => Some(('&', Form::Kept)),
        "lt" => Some(('<', Form::Kept)),
        "gt" => Some(('>', Form::Kept)),
        "quot" => Some(('"', Form::Kept)),
        "apos" => Some(('\'', Form::Kept)),
        _ => match name.strip_prefix('#') {
            Some(digits) if digits.starts_with('x') => {
                let digits = digits.get(1..).unwrap_or("");
                number(digits, 16).map(|character| (character, Form::Hexadecimal(digits.len())))
            }
            Some(digits) => number(digits, 10).map(|character| (character, Form::Decimal(digits.len()))),
            None => None,
        },
    };
    known.map_or(lone, |(character, form)| (character, form, end + 1))
}
