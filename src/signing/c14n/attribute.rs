//! Start tags taken apart, references resolved, values normalised, and text escaped the canonical way.
//! Source: XML 1.0 sections 2.11, 3.1, 3.3.3, 4.1; Canonical XML 1.0 section 2.3.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

/// An attribute as written.
#[derive(Debug, Clone, Copy)]
pub struct RawAttribute<'i> {
    /// Name with prefix.
    pub name: &'i str,
    /// Text between the quotes.
    pub value: &'i str,
}

/// XML white space.
pub const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Splits the content of a processing instruction into target and the rest.
pub fn split_tag(tag: &str) -> (&str, &str) {
    // Characters below the space are white space or have been refused before.
    match tag.as_bytes().iter().position(|octet| *octet <= b' ') {
        Some(at) => tag.split_at(at),
        None => (tag, ""),
    }
}

/// Takes the next attribute from the rest of a start tag; none at its end.
pub fn next_attribute<'i>(rest: &mut &'i str) -> Result<Option<RawAttribute<'i>>, &'static str> {
    let trimmed = rest.trim_start_matches(WHITE);
    if trimmed.is_empty() {
        return Ok(None);
    }
    if trimmed.len() == rest.len() {
        return Err("attributes are not separated by white space");
    }
    let (name, after) = trimmed.split_once('=').ok_or("attribute without a value")?;
    let name = name.trim_end_matches(WHITE);
    let after = after.trim_start_matches(WHITE);
    let quote = match after.as_bytes().first() {
        Some(quote @ (b'"' | b'\'')) => *quote,
        _ => return Err("attribute value is not in quotes"),
    };
    let inner = after.get(1..).unwrap_or_default();
    let end = memchr(quote, inner.as_bytes()).ok_or("attribute value is not closed")?;
    let (value, after) = inner.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    Ok(Some(RawAttribute { name, value }))
}

/// An octet that may begin a name.
const FIRST: u8 = 1;
/// An octet that may follow in a name.
const WITHIN: u8 = 2;

/// Octets of names by the rules of XML for ASCII; letters beyond ASCII are looked at one by one afterwards.
const NAME_OCTETS: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = match octet as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => FIRST | WITHIN,
            b'0'..=b'9' | b'-' | b'.' => WITHIN,
            _ => 0,
        };
        octet += 1;
    }
    table
};

/// Measures the qualified name at the beginning of some text: its length, and where its colon is.
pub fn scan_name(octets: &[u8]) -> Result<(usize, Option<usize>), &'static str> {
    let wrong = "name is not a qualified name";
    let length = scan_plain_name(octets).ok_or(wrong)?;
    if octets.get(length) != Some(&b':') {
        return Ok((length, None));
    }
    let local = octets.get(length + 1..).unwrap_or_default();
    let end = length + 1 + scan_plain_name(local).ok_or(wrong)?;
    if octets.get(end) == Some(&b':') { Err(wrong) } else { Ok((end, Some(length))) }
}

fn scan_plain_name(octets: &[u8]) -> Option<usize> {
    let is = |octet: &u8, class: u8| NAME_OCTETS[usize::from(*octet)] & class != 0;
    if !octets.first().is_some_and(|first| is(first, FIRST)) {
        return None;
    }
    let length = octets.iter().position(|octet| !is(octet, WITHIN)).unwrap_or(octets.len());
    let name = octets.get(..length)?;
    (name.is_ascii() || is_name(name)).then_some(length)
}

/// Whether letters beyond ASCII stand where XML allows them: what has a canonical form must be what the scanner reads.
fn is_name(octets: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(octets) else { return false };
    name.char_indices().all(|(at, letter)| if at == 0 { starts_name(letter) } else { continues_name(letter) })
}

/// Source: XML 1.0 (fifth edition), production 4, without the colon.
fn starts_name(letter: char) -> bool {
    matches!(letter, 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Source: XML 1.0 (fifth edition), production 4a.
fn continues_name(letter: char) -> bool {
    starts_name(letter)
        || matches!(letter, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Splits a qualified name into prefix and local name; refuses what is not one.
pub fn split_name(name: &str) -> Result<(&str, &str), &'static str> {
    match scan_name(name.as_bytes())? {
        (length, _) if length < name.len() => Err("name with a character that no name has"),
        (_, Some(at)) => Ok((name.get(..at).unwrap_or_default(), name.get(at + 1..).unwrap_or_default())),
        (_, None) => Ok(("", name)),
    }
}

/// A character that XML allows. Source: XML 1.0, section 2.2.
pub fn is_xml_char(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The character of a reference, given without `&` and `;`. None if it needs a DTD or is no character.
pub fn resolve_reference(name: &str) -> Option<char> {
    let code = match name.strip_prefix('#') {
        None => {
            return match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                _ => None,
            };
        }
        Some(number) => match number.strip_prefix('x') {
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                u32::from_str_radix(digits, 16).ok()?
            }
            None if number.bytes().all(|digit| digit.is_ascii_digit()) => number.parse().ok()?,
            _ => return None,
        },
    };
    char::from_u32(code).filter(|letter| is_xml_char(*letter))
}

/// The value of an attribute after normalisation: literal white space is a space, references are resolved.
/// On failure returns the offending reference or letter.
pub fn normalise(value: &str) -> Result<Cow<'_, str>, &str> {
    let octets = value.as_bytes();
    if memchr(b'<', octets).is_some() {
        return Err("<");
    }
    if memchr2(b'&', b'\t', octets).is_none() && memchr2(b'\n', b'\r', octets).is_none() {
        return Ok(Cow::Borrowed(value));
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        let (before, special) = rest.split_at(at);
        text.push_str(before);
        rest = if let Some(reference) = special.strip_prefix('&') {
            let (name, after) = reference.split_once(';').ok_or(special)?;
            text.push(resolve_reference(name).ok_or(name)?);
            after
        } else {
            text.push(' ');
            // A line end of two characters is one character before values are normalised.
            special.strip_prefix("\r\n").or_else(|| special.get(1..)).unwrap_or_default()
        };
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}

/// Whether literal text is canonical as it stands: no line ends to change and nothing to escape.
pub fn is_canonical_text(text: &str) -> bool {
    memchr2(b'>', b'\r', text.as_bytes()).is_none()
}

/// Writes literal text: line ends become line feeds, `&`, `<` and `>` are escaped.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr2(b'>', b'\r', rest).into_iter().chain(memchr2(b'<', b'&', rest)).min() {
        let (before, special) = rest.split_at(at);
        out.extend_from_slice(before);
        let (escaped, length): (&[u8], usize) = match special {
            [b'\r', b'\n', ..] => (b"\n", 2),
            [b'\r', ..] => (b"\n", 1),
            [b'<', ..] => (b"&lt;", 1),
            [b'&', ..] => (b"&amp;", 1),
            _ => (b"&gt;", 1),
        };
        out.extend_from_slice(escaped);
        rest = special.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Writes the character of a reference in text. A carriage return can only come from one, and stays one.
pub fn write_referenced(out: &mut Vec<u8>, letter: char) {
    match letter {
        '&' => out.extend_from_slice(b"&amp;"),
        '<' => out.extend_from_slice(b"&lt;"),
        '>' => out.extend_from_slice(b"&gt;"),
        '\r' => out.extend_from_slice(b"&#xD;"),
        other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Writes a processing instruction's content or any text in which only line ends change.
pub fn write_lines(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr(b'\r', rest) {
        let (before, special) = rest.split_at(at);
        out.extend_from_slice(before);
        out.push(b'\n');
        rest = special.strip_prefix(b"\r\n").or_else(|| special.get(1..)).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Writes ` name="value"` with a normalised value.
pub fn write_attribute(out: &mut Vec<u8>, name: &str, value: &str) {
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    let mut rest = value.as_bytes();
    while let Some(at) =
        memchr3(b'&', b'<', b'"', rest).into_iter().chain(memchr3(b'\t', b'\n', b'\r', rest)).min()
    {
        let (before, special) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(match special.first() {
            Some(b'&') => b"&amp;",
            Some(b'<') => b"&lt;",
            Some(b'"') => b"&quot;",
            Some(b'\t') => b"&#x9;",
            Some(b'\n') => b"&#xA;",
            _ => b"&#xD;",
        });
        rest = special.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
