//! The characters that a document's encoding can carry, and how they are written there. Knows octets, never markup.

use encoding_rs::Encoding;

/// Octets that are no character of the announced encoding stand in texts as characters of this private range.
const STRAY: u32 = 0xF_7F00;

/// How a document writes characters above ASCII.
#[derive(Debug)]
pub(super) enum Charset {
    Utf8,
    /// One octet a character; the characters of octets 128 to 255.
    OneOctet(Vec<Option<char>>),
}

/// A character and how many octets it takes.
pub(super) struct Read {
    pub(super) character: char,
    pub(super) octets: usize,
}

impl Charset {
    /// The charset of an encoding that a declaration names; `None` for one that we do not read.
    pub(super) fn named(name: &str) -> Option<Charset> {
        let lower = name.to_ascii_lowercase();
        if ["utf-8", "utf8", "us-ascii", "ascii"].contains(&lower.as_str()) || lower.starts_with("utf-16") {
            // Octets that contradict UTF-16 are read as UTF-8 everywhere in this house.
            return Some(Charset::Utf8);
        }
        let label = match lower.as_str() {
            "latin1" | "latin-1" => "iso-8859-1".to_owned(),
            other => other.replace('_', "-").replace("iso8859", "iso-8859").replace("cp125", "windows-125"),
        };
        if !label.starts_with("iso-8859-") && !label.starts_with("windows-125") {
            return None;
        }
        let encoding = Encoding::for_label(label.as_bytes())?;
        let decoded = (128..=255_u8).map(|octet| {
            let octets = [octet];
            let (text, failed) = encoding.decode_without_bom_handling(&octets);
            text.chars().next().filter(|_| !failed)
        });
        Some(Charset::OneOctet(decoded.collect()))
    }

    /// The first character of some octets, which must not be empty.
    pub(super) fn read(&self, octets: &[u8]) -> Read {
        let first = octets.first().copied().unwrap_or(0);
        if first.is_ascii() {
            return Read { character: char::from(first), octets: 1 };
        }
        let stray = Read { character: stray(first), octets: 1 };
        match self {
            Charset::OneOctet(table) => {
                let known = table.get(usize::from(first) - 128).copied().flatten();
                known.map_or(stray, |character| Read { character, octets: 1 })
            }
            Charset::Utf8 => {
                let length = match first {
                    0xC2..=0xDF => 2,
                    0xE0..=0xEF => 3,
                    0xF0..=0xF4 => 4,
                    _ => return stray,
                };
                let whole = octets.get(..length).and_then(|octets| std::str::from_utf8(octets).ok());
                match whole.and_then(|text| text.chars().next()) {
                    Some(character) => Read { character, octets: length },
                    None => stray,
                }
            }
        }
    }

    /// Writes a character; one that `read` or `relatives` gave can always be written.
    pub(super) fn write(&self, character: char, out: &mut Vec<u8>) {
        if let Some(octet) = stray_octet(character) {
            return out.push(octet);
        }
        match self {
            Charset::Utf8 => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Charset::OneOctet(_) if character.is_ascii() => out.push(character as u8),
            Charset::OneOctet(table) => {
                let at = table.iter().position(|known| *known == Some(character));
                out.push(at.and_then(|at| u8::try_from(at + 128).ok()).unwrap_or(b'?'));
            }
        }
    }

    /// The characters above ASCII that may stand for this one, itself among them: letters of the same case, or digits, of the
    /// same neighbourhood of the character set. Empty where it is neither.
    pub(super) fn relatives(&self, character: char) -> Vec<char> {
        if let Some(octet) = stray_octet(character) {
            // Read as Windows-1252 by the readers: letters there, none of which continues a UTF-8 character.
            let letters = |range: std::ops::RangeInclusive<u8>, not: u8| {
                range.filter(|octet| *octet != not).map(stray).collect()
            };
            return match octet {
                0xC0..=0xDE if octet != 0xD7 => letters(0xC0..=0xDE, 0xD7),
                0xDF..=0xFF if octet != 0xF7 => letters(0xDF..=0xFF, 0xF7),
                _ => Vec::new(),
            };
        }
        let alike = |other: char| {
            other.is_alphabetic() == character.is_alphabetic()
                && other.is_numeric() == character.is_numeric()
                && other.is_uppercase() == character.is_uppercase()
                && other.is_lowercase() == character.is_lowercase()
        };
        if !character.is_alphanumeric() {
            return Vec::new();
        }
        match self {
            Charset::OneOctet(table) => {
                table.iter().flatten().copied().filter(|other| alike(*other)).collect()
            }
            Charset::Utf8 => {
                let first = u32::from(character) & !0x3F;
                (first..first + 0x40).filter_map(char::from_u32).filter(|other| alike(*other)).collect()
            }
        }
    }
}

fn stray(octet: u8) -> char {
    char::from_u32(STRAY + u32::from(octet)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn stray_octet(character: char) -> Option<u8> {
    u32::from(character).checked_sub(STRAY).and_then(|octet| u8::try_from(octet).ok())
}

/// Whether a character belongs to a word: what is replaced together.
pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || stray_octet(character).is_some()
}
