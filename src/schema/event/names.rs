//! Character classes of XML names and white space, and references. Knows characters, never events.

use super::fault::{Stop, rule};

const NAME: u8 = 1;
const START: u8 = 2;
const SPACE: u8 = 4;
const HIGH: u8 = 8;

/// Class of each octet. A colon is in no class: it parts a qualified name.
static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = match octet as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => NAME | START,
            b'0'..=b'9' | b'-' | b'.' => NAME,
            b' ' | b'\t' | b'\n' | b'\r' => SPACE,
            0x80..=0xFF => NAME | START | HIGH,
            _ => 0,
        };
        octet += 1;
    }
    table
}

#[inline]
pub(super) fn is_space(octet: u8) -> bool {
    CLASS[usize::from(octet)] & SPACE != 0
}

/// Whether all of a text is XML white space.
#[inline]
pub(in crate::schema) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// Where the white space at `at` ends.
#[inline]
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|octet| is_space(*octet)) {
        at += 1;
    }
    at
}

/// A qualified name in the window: `start..end`, the local part beginning at `local`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct QName {
    pub start: usize,
    pub local: usize,
    pub end: usize,
}

impl QName {
    /// The prefix, without its colon.
    #[inline]
    pub fn prefix<'a>(&self, text: &'a str) -> Option<&'a str> {
        if self.local == self.start { None } else { text.get(self.start..self.local - 1) }
    }

    #[inline]
    pub fn local<'a>(&self, text: &'a str) -> &'a str {
        &text[self.local..self.end]
    }

    #[inline]
    pub fn whole<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }
}

/// Reads a qualified name. The octet behind it is in the window.
#[inline]
pub(super) fn qualified_name(text: &str, start: usize) -> Result<QName, Stop> {
    let end = part(text, start)?;
    if text.as_bytes()[end] != b':' {
        return Ok(QName { start, local: start, end });
    }
    let local = end + 1;
    let end = part(text, local)?;
    if text.as_bytes()[end] == b':' {
        return rule(start, "a name with two colons");
    }
    Ok(QName { start, local, end })
}

/// Reads a name without colon and returns its end, which lies within the window.
#[inline]
pub(super) fn part(text: &str, start: usize) -> Result<usize, Stop> {
    let bytes = text.as_bytes();
    let Some(first) = bytes.get(start) else { return Err(Stop::More) };
    let mut seen = CLASS[usize::from(*first)];
    if seen & START == 0 {
        return rule(start, "a name was expected");
    }
    let mut end = start + 1;
    loop {
        let Some(octet) = bytes.get(end) else { return Err(Stop::More) };
        let class = CLASS[usize::from(*octet)];
        if class & NAME == 0 {
            break;
        }
        seen |= class;
        end += 1;
    }
    if seen & HIGH != 0 {
        check_high(text, start, end)?;
    }
    Ok(end)
}

fn check_high(text: &str, start: usize, end: usize) -> Result<(), Stop> {
    let name = text.get(start..end).unwrap_or("");
    for (index, character) in name.chars().enumerate() {
        let allowed = if index == 0 { starts_name(character) } else { continues_name(character) };
        if !allowed {
            return rule(start, format!("character U+{:04X} in a name", u32::from(character)));
        }
    }
    Ok(())
}

/// Source: XML 1.0 (fifth edition), production 4, without the colon.
fn starts_name(character: char) -> bool {
    matches!(character, 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Source: XML 1.0 (fifth edition), production 4a.
fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Reads the reference at `at`, which is an ampersand: the character it stands for, and where it ends.
pub(super) fn reference(bytes: &[u8], at: usize) -> Result<(char, usize), Stop> {
    // The longest that can be right is `&#x0010FFFF;` with some zeros more; 64 octets are plenty.
    let window = bytes.get(at + 1..).unwrap_or(&[]);
    let near = window.get(..64).unwrap_or(window);
    let Some(length) = memchr::memchr(b';', near) else {
        let broken = near.iter().any(|octet| !(octet.is_ascii_alphanumeric() || *octet == b'#'));
        return if broken || near.len() == 64 { rule(at, "a bare ampersand") } else { Err(Stop::More) };
    };
    let name = near.get(..length).unwrap_or(&[]);
    let character = match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x', digits @ ..] => numbered(at, digits, 16)?,
        [b'#', digits @ ..] => numbered(at, digits, 10)?,
        _ => return rule(at, format!("entity reference &{};", String::from_utf8_lossy(name))),
    };
    Ok((character, at + 2 + length))
}

fn numbered(at: usize, digits: &[u8], radix: u32) -> Result<char, Stop> {
    let mut value: u32 = 0;
    for digit in digits {
        let Some(digit) = char::from(*digit).to_digit(radix) else {
            return rule(at, "a malformed character reference");
        };
        value = value.saturating_mul(radix).saturating_add(digit);
    }
    match char::from_u32(value) {
        Some(character) if !digits.is_empty() && is_allowed(character) => Ok(character),
        _ => rule(at, "a reference to a character that XML does not allow"),
    }
}

/// Source: XML 1.0 (fifth edition), production 2.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
