//! The beginning of a document: encoding and XML declaration.

use std::io::BufRead;

use super::encoding::{Recognised, recognise};
use super::fault::{Stop, rule};
use super::names::{is_space, skip_space};
use super::{NotWellFormed, Part, Scanner, Token};

impl<R: BufRead> Scanner<R> {
    /// Settles the encoding. Called once, before anything is scanned.
    pub(super) fn settle_encoding(&mut self) -> Result<(), NotWellFormed> {
        let octets = match self.window.sniff() {
            Ok(octets) => octets,
            Err(source) => return Err(NotWellFormed::Io { source, line: 1, column: 1 }),
        };
        let Recognised { decoding, mark, contradiction } = recognise(octets)?;
        self.window.set_decoding(decoding, mark);
        if let Some(text) = contradiction {
            self.window.report_contradiction(0, text);
        }
        Ok(())
    }

    /// Passes the XML declaration, if there is one.
    pub(super) fn begin(&mut self) -> Result<Option<Token>, Stop> {
        let text = self.window.text();
        let opening = "<?xml";
        if text.len() <= opening.len() && !self.at_end {
            return Err(Stop::More);
        }
        let follower = text.as_bytes().get(opening.len());
        if text.starts_with(opening) && follower.is_some_and(|octet| is_space(*octet)) {
            let Some(length) = memchr::memmem::find(text.as_bytes(), b"?>") else {
                return if text.len() > 1024 {
                    rule(0, "an XML declaration without end")
                } else {
                    Err(Stop::More)
                };
            };
            check_declaration(text.get(opening.len()..length).unwrap_or(""))?;
            self.cursor = length + 2;
        }
        self.part = Part::Prolog;
        Ok(None)
    }
}

/// Checks what stands between `<?xml` and `?>`. Source: XML 1.0, productions 23 to 32 and 80.
fn check_declaration(declaration: &str) -> Result<(), Stop> {
    let mut rest = declaration;
    let mut seen = Vec::new();
    while !rest.trim_matches(is_space_character).is_empty() {
        let Some((name, value, after)) = pseudo_attribute(rest) else {
            return rule(0, "a malformed XML declaration");
        };
        let fits = match name {
            "version" => value
                .strip_prefix("1.")
                .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|octet| octet.is_ascii_digit())),
            "encoding" => is_encoding_name(value),
            "standalone" => matches!(value, "yes" | "no"),
            _ => false,
        };
        if !fits {
            return rule(0, format!("{name} in the XML declaration"));
        }
        seen.push(name);
        rest = after;
    }
    match seen.as_slice() {
        ["version"] | ["version", "encoding" | "standalone"] | ["version", "encoding", "standalone"] => {
            Ok(())
        }
        _ => rule(0, "an XML declaration without version, or in another order"),
    }
}

fn is_space_character(character: char) -> bool {
    u8::try_from(character).is_ok_and(is_space)
}

/// Splits ` name = "value" rest`; the white space in front is required.
fn pseudo_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let start = skip_space(text.as_bytes(), 0);
    if start == 0 {
        return None;
    }
    let text = text.get(start..)?;
    let (name, after) = text.split_once('=')?;
    let after = after.trim_start_matches(is_space_character);
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, rest) = after.get(1..)?.split_once(quote)?;
    Some((name.trim_end_matches(is_space_character), value, rest))
}

fn is_encoding_name(value: &str) -> bool {
    let mut octets = value.bytes();
    octets.next().is_some_and(|octet| octet.is_ascii_alphabetic())
        && octets.all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'_' | b'-'))
}
