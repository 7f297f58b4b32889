//! Which encoding a document is in: byte order mark, declaration, and what they contradict. Decodes nothing itself.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

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
    let contradiction = match declared(rest).map(|name| (name, one_octet(name))) {
        None => None,
        Some((name, _)) if is_utf_8(name) => None,
        Some((_, Some(_))) => {
            Some(Octets::assumed("declared otherwise, but begins with the byte order mark of UTF-8"))
        }
        Some((_, None)) => {
            Some(Octets::contradicted("declared otherwise, but begins with the byte order mark of UTF-8"))
        }
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
    match one_octet(name) {
        Some((label, _)) if label == "iso-8859-1" => plain(Decoding::Latin1, None),
        Some((_, encoding)) => {
            plain(Decoding::Other(Box::new(encoding.new_decoder_without_bom_handling())), None)
        }
        None => Err(unsupported(name)),
    }
}

fn is_utf_8(name: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// ISO-8859-x and Windows-125x, under their names and the usual misspellings, with the standard label.
fn one_octet(name: &str) -> Option<(String, &'static Encoding)> {
    let lower = name.to_ascii_lowercase();
    let label = match lower.as_str() {
        "latin1" | "latin-1" => "iso-8859-1".to_owned(),
        other => other.replace('_', "-").replace("iso8859", "iso-8859").replace("cp125", "windows-125"),
    };
    let is_known = label.starts_with("iso-8859-") || label.starts_with("windows-125");
    let encoding = Encoding::for_label(label.as_bytes()).filter(|_| is_known)?;
    Some((label, encoding))
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
