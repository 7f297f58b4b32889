//! Which encoding a document is in: byte order mark, declaration, and what they contradict. Decodes nothing itself.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::fault::NotWellFormed;
use super::window::{Decoding, Octets};

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
    let other =
        |encoding: &'static Encoding| Decoding::Other(Box::new(encoding.new_decoder_without_bom_handling()));
    match octets {
        [0x00, 0x00, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0x00, 0x00, ..] => Err(unsupported("UTF-32")),
        [0x00, 0x00, 0x00, b'<', ..] | [b'<', 0x00, 0x00, 0x00, ..] => Err(unsupported("UTF-32")),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => Err(unsupported("EBCDIC")),
        [b'+', b'/', b'v', ..] => Err(unsupported("UTF-7")),
        [0xFE, 0xFF, ..] => Ok(Recognised { decoding: other(UTF_16BE), mark: 2, contradiction: None }),
        [0xFF, 0xFE, ..] => Ok(Recognised { decoding: other(UTF_16LE), mark: 2, contradiction: None }),
        [0x00, b'<', ..] => Ok(without_mark(other(UTF_16BE))),
        [b'<', 0x00, ..] => Ok(without_mark(other(UTF_16LE))),
        [0xEF, 0xBB, 0xBF, rest @ ..] => recognise_marked(rest),
        _ => recognise_declared(octets),
    }
}

fn without_mark(decoding: Decoding) -> Recognised {
    Recognised { decoding, mark: 0, contradiction: Some(Octets::assumed("UTF-16 without a byte order mark")) }
}

fn unsupported(name: &str) -> NotWellFormed {
    NotWellFormed::Encoding { name: name.to_owned() }
}

/// A UTF-8 byte order mark outranks the declaration.
fn recognise_marked(rest: &[u8]) -> Result<Recognised, NotWellFormed> {
    let agrees = declared(rest).is_none_or(|name| name.eq_ignore_ascii_case("utf-8"));
    let contradiction = (!agrees)
        .then_some(Octets::assumed("declared otherwise, but begins with the byte order mark of UTF-8"));
    Ok(Recognised { decoding: Decoding::Utf8, mark: 3, contradiction })
}

fn recognise_declared(octets: &[u8]) -> Result<Recognised, NotWellFormed> {
    let Some(name) = declared(octets) else {
        return Ok(Recognised { decoding: Decoding::Utf8, mark: 0, contradiction: None });
    };
    let lower = name.to_ascii_lowercase();
    let plain = |decoding| Ok(Recognised { decoding, mark: 0, contradiction: None });
    match lower.as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => plain(Decoding::Utf8),
        "iso-8859-1" | "latin1" | "iso_8859-1" => plain(Decoding::Latin1),
        "utf-16" | "utf-16le" | "utf-16be" | "utf16" => Ok(Recognised {
            decoding: Decoding::Utf8,
            mark: 0,
            contradiction: Some(Octets::contradicted(
                "declared as UTF-16, but its octets are not; read as UTF-8",
            )),
        }),
        _ => match Encoding::for_label(lower.as_bytes()) {
            Some(encoding) if lower.starts_with("iso-8859-") || lower.starts_with("windows-125") => {
                plain(Decoding::Other(Box::new(encoding.new_decoder_without_bom_handling())))
            }
            Some(encoding) if encoding == UTF_8 => plain(Decoding::Utf8),
            _ => Err(unsupported(name)),
        },
    }
}

/// The encoding name in an XML declaration written in any superset of ASCII.
fn declared(octets: &[u8]) -> Option<&str> {
    let declaration = octets.strip_prefix(b"<?xml")?;
    let end = memchr::memchr(b'>', declaration)?;
    let text = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let after = text.get(text.find("encoding")? + "encoding".len()..)?.trim_start();
    let value = after.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}
