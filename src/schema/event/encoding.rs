//! Which encoding a document is in: byte order mark, declaration, and what they contradict; and the tables of encodings
//! with one octet a character. Knows no markup beyond the XML declaration.

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE};

use super::fault::NotWellFormed;
use super::window::Octets;

/// How octets become text.
pub(super) enum Decoding {
    Utf8,
    /// US-ASCII; octets beyond it contradict the declaration.
    Ascii,
    OneOctet(Box<OneOctet>),
    /// UTF-16.
    Other(Box<Decoder>),
}

/// An encoding with one octet a character that has ASCII as its lower half.
pub(super) struct OneOctet {
    /// Characters of the octets from 80 on; [`UNDEFINED`] where there is none.
    upper: [char; 128],
    /// Octets 80 to 9F are control characters here, but rarely meant as such.
    doubts_controls: bool,
}

/// Stands for an octet without character. No encoding of one octet has it.
const UNDEFINED: char = char::REPLACEMENT_CHARACTER;

/// What `decode` found odd, and at which offset of the text it added.
pub(super) struct Odd {
    pub index: usize,
    pub about: Octets,
}

impl OneOctet {
    /// The table of an encoding by its standard label, such as `iso-8859-15` or `windows-1250`.
    fn of_label(label: &str) -> Option<OneOctet> {
        let mut upper = [UNDEFINED; 128];
        let part = match (label.strip_prefix("iso-8859-"), label.strip_prefix("windows-125")) {
            (Some(part), _) => part,
            (None, Some(page)) if page.len() == 1 => "",
            _ => return None,
        };
        match part {
            "1" => latin_1(&mut upper),
            "9" => latin_5(&mut upper),
            "11" => thai(&mut upper),
            _ => from_crate(label, &mut upper)?,
        }
        Some(OneOctet { upper, doubts_controls: part == "1" })
    }

    /// Adds the text of these octets; says what is odd first.
    pub(super) fn decode(&self, octets: &[u8], text: &mut String) -> Option<Odd> {
        let from = text.len();
        let mut odd = None;
        let mut rest = octets;
        while !rest.is_empty() {
            let (plain, after) = rest.split_at(Encoding::ascii_valid_up_to(rest));
            text.push_str(std::str::from_utf8(plain).unwrap_or(""));
            rest = after;
            let Some((octet, after)) = rest.split_first() else { break };
            let character = self.upper.get(usize::from(octet & 0x7F)).copied().unwrap_or(UNDEFINED);
            if character == UNDEFINED || (self.doubts_controls && character < '\u{A0}') {
                let index = text.len() - from;
                odd.get_or_insert_with(|| Odd { index, about: about(character) });
            }
            text.push(character);
            rest = after;
        }
        odd
    }
}

fn about(character: char) -> Octets {
    if character == UNDEFINED {
        Octets::contradicted("an octet that the announced encoding does not have")
    } else {
        Octets::assumed(
            "declared as ISO-8859-1 but holds octets 80 to 9F, control characters there; Windows-1252 may be meant",
        )
    }
}

/// ISO 8859-1: each octet is the character of that number. Source: ISO/IEC 8859-1, RFC 1345.
fn latin_1(upper: &mut [char; 128]) {
    for (slot, octet) in upper.iter_mut().zip(0x80u8..=0xFF) {
        *slot = char::from(octet);
    }
}

/// ISO 8859-9 is ISO 8859-1 with six letters of Turkish. Source: ISO/IEC 8859-9. The crate has Windows-1254 under this name.
fn latin_5(upper: &mut [char; 128]) {
    latin_1(upper);
    let letters = [(0xD0, 'Ğ'), (0xDD, 'İ'), (0xDE, 'Ş'), (0xF0, 'ğ'), (0xFD, 'ı'), (0xFE, 'ş')];
    for (octet, letter) in letters {
        upper[octet - 0x80] = letter;
    }
}

/// ISO 8859-11. Source: ISO/IEC 8859-11, TIS 620. The crate has Windows-874 under this name.
fn thai(upper: &mut [char; 128]) {
    latin_1(upper);
    for (octet, slot) in (0x80u32..=0xFF).zip(upper.iter_mut()) {
        match octet {
            0xA1..=0xDA | 0xDF..=0xFB => *slot = char::from_u32(octet - 0xA0 + 0x0E00).unwrap_or(UNDEFINED),
            0xDB..=0xDE | 0xFC..=0xFF => *slot = UNDEFINED,
            _ => {}
        }
    }
}

/// The table as the crate has it. In a Windows code page it makes control characters of octets without character.
fn from_crate(label: &str, upper: &mut [char; 128]) -> Option<()> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    if !encoding.is_single_byte() {
        return None;
    }
    let windows = label.starts_with("windows-");
    for (slot, octet) in upper.iter_mut().zip(0x80u8..=0xFF) {
        let octets = [octet];
        let decoded = encoding.decode_without_bom_handling_and_without_replacement(&octets);
        let character = decoded.and_then(|text| text.chars().next()).unwrap_or(UNDEFINED);
        *slot = if windows && character < '\u{A0}' { UNDEFINED } else { character };
    }
    Some(())
}

/// How to read a document, as its first octets say.
pub(super) struct Recognised {
    pub decoding: Decoding,
    /// Octets of the byte order mark.
    pub mark: usize,
    pub contradiction: Option<Octets>,
}

/// Settles the encoding from the first octets.
/// Source: XML 1.0 (fifth edition), section 4.3.3 and appendix F.
pub(super) fn recognise(octets: &[u8]) -> Result<Recognised, NotWellFormed> {
    match octets {
        [0x00, 0x00, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0x00, 0x00, ..] => Err(unsupported("UTF-32")),
        [0x00, 0x00, 0x00, b'<', ..] | [b'<', 0x00, 0x00, 0x00, ..] => Err(unsupported("UTF-32")),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => Err(unsupported("EBCDIC")),
        [b'+', b'/', b'v', ..] => Err(unsupported("UTF-7")),
        [0xFE, 0xFF, rest @ ..] => Ok(recognise_utf_16(UTF_16BE, rest, 2)),
        [0xFF, 0xFE, rest @ ..] => Ok(recognise_utf_16(UTF_16LE, rest, 2)),
        [0x00, b'<', ..] => Ok(recognise_utf_16(UTF_16BE, octets, 0)),
        [b'<', 0x00, ..] => Ok(recognise_utf_16(UTF_16LE, octets, 0)),
        [0xEF, 0xBB, 0xBF, rest @ ..] => recognise_marked(rest),
        _ => recognise_declared(octets),
    }
}

/// UTF-16 with a byte order mark of `mark` octets, or known by its first character alone.
fn recognise_utf_16(encoding: &'static Encoding, octets: &[u8], mark: usize) -> Recognised {
    let even = octets.get(..octets.len() / 2 * 2).unwrap_or(octets);
    let (text, _) = encoding.decode_without_bom_handling(even);
    let fits =
        |name: &str| name.to_ascii_lowercase().starts_with("utf-16") || name.eq_ignore_ascii_case("utf-8");
    let contradiction = match declared(text.as_bytes()) {
        Some(name) if !fits(name) => Some(Octets::contradicted("declared otherwise, but is UTF-16")),
        Some(_) if mark == 0 => Some(Octets::assumed("UTF-16 without a byte order mark")),
        None if mark == 0 => Some(Octets::contradicted("UTF-16 without a byte order mark and undeclared")),
        Some(_) | None => None,
    };
    Recognised {
        decoding: Decoding::Other(Box::new(encoding.new_decoder_without_bom_handling())),
        mark,
        contradiction,
    }
}

fn unsupported(name: &str) -> NotWellFormed {
    NotWellFormed::Encoding { name: name.to_owned() }
}

/// A UTF-8 byte order mark outranks the declaration; only a declaration of another one-octet encoding is let pass.
fn recognise_marked(rest: &[u8]) -> Result<Recognised, NotWellFormed> {
    let text = "declared otherwise, but begins with the byte order mark of UTF-8";
    let contradiction = match declared(rest) {
        None => None,
        Some(name) if is_utf_8(name) => None,
        Some(name) if is_ascii(name) || one_octet(name).is_some() => Some(Octets::assumed(text)),
        Some(_) => Some(Octets::contradicted(text)),
    };
    Ok(Recognised { decoding: Decoding::Utf8, mark: 3, contradiction })
}

fn recognise_declared(octets: &[u8]) -> Result<Recognised, NotWellFormed> {
    let plain = |decoding, contradiction| Ok(Recognised { decoding, mark: 0, contradiction });
    let Some(name) = declared(octets) else { return plain(Decoding::Utf8, None) };
    if is_utf_8(name) {
        return plain(Decoding::Utf8, None);
    }
    if name.to_ascii_lowercase().starts_with("utf-16") {
        let text = "declared as UTF-16, but its octets are not; read as UTF-8";
        return plain(Decoding::Utf8, Some(Octets::contradicted(text)));
    }
    if is_ascii(name) {
        return plain(Decoding::Ascii, None);
    }
    match one_octet(name) {
        Some(table) => plain(Decoding::OneOctet(Box::new(table)), None),
        None => Err(unsupported(name)),
    }
}

fn is_utf_8(name: &str) -> bool {
    ["utf-8", "utf8"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn is_ascii(name: &str) -> bool {
    ["us-ascii", "ascii"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// ISO-8859-x and Windows-125x, under their names and the usual misspellings.
fn one_octet(name: &str) -> Option<OneOctet> {
    let lower = name.to_ascii_lowercase();
    let label = match lower.as_str() {
        "latin1" | "latin-1" => "iso-8859-1".to_owned(),
        other => other.replace('_', "-").replace("iso8859", "iso-8859").replace("cp125", "windows-125"),
    };
    OneOctet::of_label(&label)
}

/// The encoding name in an XML declaration written in any superset of ASCII.
fn declared(octets: &[u8]) -> Option<&str> {
    // `<?xmlx` begins an instruction.
    let declaration =
        octets.strip_prefix(b"<?xml").filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))?;
    let end = memchr::memchr(b'>', declaration)?;
    let text = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let after = text.get(text.find("encoding")? + "encoding".len()..)?.trim_start();
    let value = after.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}
