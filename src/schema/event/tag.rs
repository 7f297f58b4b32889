//! Start and end tags with their attributes. Knows one tag at a time.

use std::io::BufRead;

use super::fault::{Stop, rule};
use super::names::{QName, is_space, part, qualified_name, reference, skip_space};
use super::namespaces::ABSENT;
use super::{Attribute, Open, Part, Scanner, Token, Value};
use crate::schema::model::Key;

impl<R: BufRead> Scanner<R> {
    #[inline]
    pub(super) fn start_tag(&mut self) -> Result<Option<Token>, Stop> {
        let text = self.window.text();
        let name = qualified_name(text, self.cursor + 1)?;
        if name.end - name.start > self.limits.name_bytes_max {
            return Err(Stop::Limit(name.start, "a name", self.limits.name_bytes_max));
        }
        self.attributes.clear();
        let mut empty = false;
        let mut declares = false;
        let end = if text.as_bytes()[name.end] == b'>' {
            name.end + 1
        } else {
            let (end, is_empty) = self.read_attributes(name.end)?;
            empty = is_empty;
            end
        };
        if self.open.len() >= self.limits.depth_max {
            return Err(Stop::Limit(self.cursor, "nesting", self.limits.depth_max));
        }
        if !self.attributes.is_empty() {
            declares = self.bind_namespaces()?;
        }
        self.element_namespace = self.namespace_of(name)?;
        self.name = name;
        let open = Open { name: self.key_of(name.start, name.end), at: self.open_names.len(), declares };
        if open.name.length > Key::WHOLE {
            self.open_names.push_str(name.whole(self.window.text()));
        }
        self.open.push(open);
        self.cursor = end;
        self.empty_element = empty;
        self.part = Part::Content;
        Ok(Some(Token::Start))
    }

    #[inline]
    pub(super) fn end_tag(&mut self) -> Result<Option<Token>, Stop> {
        if self.pass_end() {
            return Ok(Some(Token::End));
        }
        let rest = self.window.bytes().get(self.cursor + 2..).unwrap_or(&[]);
        let name = self.open.last().map_or_else(String::new, |open| self.open_name(open));
        if rest.len() <= name.len() {
            return if name.as_bytes().starts_with(rest) { Err(Stop::More) } else { self.wrong_end() };
        }
        if !rest.starts_with(name.as_bytes()) {
            return self.wrong_end();
        }
        let mut length = name.len();
        if rest[length] != b'>' {
            length = skip_space(rest, length);
            match rest.get(length) {
                None => return Err(Stop::More),
                Some(b'>') => {}
                Some(_) => return self.wrong_end(),
            }
        }
        self.cursor += 3 + length;
        self.closing = true;
        Ok(Some(Token::End))
    }

    fn wrong_end<T>(&self) -> Result<T, Stop> {
        let name = self.open.last().map_or_else(String::new, |open| self.open_name(open));
        rule(self.cursor, format!("an end tag other than </{name}>"))
    }

    /// Reads from behind the name to behind the tag; says also whether the element is empty.
    fn read_attributes(&mut self, from: usize) -> Result<(usize, bool), Stop> {
        self.attribute_scratch.clear();
        let mut at = from;
        loop {
            let bytes = self.window.bytes();
            let next = skip_space(bytes, at);
            match (bytes.get(next), bytes.get(next + 1)) {
                (None, _) | (Some(b'/'), None) => return Err(Stop::More),
                (Some(b'>'), _) => return Ok((next + 1, false)),
                (Some(b'/'), Some(b'>')) => return Ok((next + 2, true)),
                (Some(_), _) if next == at => return rule(at, "no white space before an attribute"),
                (Some(_), _) => {}
            }
            if self.attributes.len() >= self.limits.attributes_max {
                return Err(Stop::Limit(next, "attributes", self.limits.attributes_max));
            }
            at = self.read_attribute(next)?;
        }
    }

    fn read_attribute(&mut self, from: usize) -> Result<usize, Stop> {
        let text = self.window.text();
        let bytes = text.as_bytes();
        let name = qualified_name(text, from)?;
        let same = |other: &Attribute| other.name.whole(text) == name.whole(text);
        if self.attributes.iter().any(same) {
            return rule(from, format!("attribute {} twice", name.whole(text)));
        }
        let equals = skip_space(bytes, name.end);
        let opening = skip_space(bytes, equals + 1);
        match (bytes.get(equals), bytes.get(opening)) {
            (None, _) | (Some(b'='), None) => return Err(Stop::More),
            (Some(b'='), Some(b'"' | b'\'')) => {}
            (Some(b'='), Some(_)) => return rule(opening, "an attribute value without quotes"),
            (Some(_), _) => return rule(equals, "an attribute without value"),
        }
        let rest = bytes.get(opening + 1..).unwrap_or(&[]);
        let Some(length) = memchr::memchr(bytes[opening], rest) else {
            return if rest.len() > self.limits.attribute_bytes_max {
                Err(Stop::Limit(opening, "an attribute value", self.limits.attribute_bytes_max))
            } else {
                Err(Stop::More)
            };
        };
        if length > self.limits.attribute_bytes_max {
            return Err(Stop::Limit(opening, "an attribute value", self.limits.attribute_bytes_max));
        }
        let (start, end) = (opening + 1, opening + 1 + length);
        let plain =
            bytes[start..end].iter().all(|octet| !matches!(octet, b'<' | b'&' | b'\t' | b'\n' | b'\r'));
        let value = if plain { Value::Window(start, end) } else { self.normalise(start, end)? };
        self.attributes.push(Attribute { name, value, namespace: ABSENT });
        Ok(end + 1)
    }

    /// Attribute-value normalisation. Source: XML 1.0, section 3.3.3, for attributes without declared type.
    fn normalise(&mut self, start: usize, end: usize) -> Result<Value, Stop> {
        let text = self.window.text();
        let from = self.attribute_scratch.len();
        let mut at = start;
        while let Some(character) = text.get(at..end).and_then(|rest| rest.chars().next()) {
            match character {
                '<' => return rule(at, "a less-than sign in an attribute value"),
                '&' => {
                    let (referred, after) =
                        reference(&text.as_bytes()[..end], at).map_err(|stop| match stop {
                            Stop::More => Stop::Rule(at, "a bare ampersand".to_owned()),
                            other => other,
                        })?;
                    self.attribute_scratch.push(referred);
                    at = after;
                    continue;
                }
                // A line end of two octets is one line feed before it becomes one space.
                '\r' if text.as_bytes().get(at + 1) == Some(&b'\n') => {}
                '\t' | '\n' | '\r' => self.attribute_scratch.push(' '),
                other => self.attribute_scratch.push(other),
            }
            at += character.len_utf8();
        }
        Ok(Value::Scratch(from, self.attribute_scratch.len()))
    }

    /// Takes the namespace declarations out of the attributes and resolves the prefixes of the others. Says whether there were any;
    /// then what was in force before has been saved.
    fn bind_namespaces(&mut self) -> Result<bool, Stop> {
        let text = self.window.text();
        let declaration = |attribute: &Attribute| {
            attribute.name.prefix(text) == Some("xmlns") || attribute.name.whole(text) == "xmlns"
        };
        let declares = self.attributes.iter().any(declaration);
        if declares {
            self.namespaces.save();
        }
        for attribute in &self.attributes {
            let prefix = attribute.name.prefix(text);
            let local = attribute.name.local(text);
            let value = attribute.value.text(text, &self.attribute_scratch);
            let bound = match (prefix, local) {
                (None, "xmlns") => self.namespaces.bind_default(value),
                (Some("xmlns"), prefix) => self.namespaces.bind(prefix, value),
                _ => continue,
            };
            if let Err(broken) = bound {
                return rule(attribute.name.start, broken);
            }
        }
        if self.namespaces.count() > self.limits.namespaces_max {
            return Err(Stop::Limit(self.cursor, "namespaces", self.limits.namespaces_max));
        }
        if declares {
            self.attributes.retain(|attribute| !declaration(attribute));
        }
        self.resolve_attributes().map(|()| declares)
    }

    fn resolve_attributes(&mut self) -> Result<(), Stop> {
        let text = self.window.text();
        for index in 0..self.attributes.len() {
            let name = self.attributes[index].name;
            let Some(prefix) = name.prefix(text) else { continue };
            let Some(namespace) = self.namespaces.resolve(prefix) else {
                return rule(name.start, format!("prefix {prefix} is not bound"));
            };
            self.attributes[index].namespace = namespace;
            let twice = self.attributes[..index]
                .iter()
                .any(|other| other.namespace == namespace && other.name.local(text) == name.local(text));
            if twice {
                return rule(name.start, format!("attribute {} twice in one namespace", name.local(text)));
            }
        }
        Ok(())
    }

    #[inline]
    fn namespace_of(&self, name: QName) -> Result<super::NamespaceId, Stop> {
        match name.prefix(self.window.text()) {
            None => Ok(self.namespaces.default_namespace()),
            Some("xmlns") => rule(name.start, "an element with the prefix xmlns"),
            Some(prefix) => match self.namespaces.resolve(prefix) {
                Some(namespace) => Ok(namespace),
                None => rule(name.start, format!("prefix {prefix} is not bound")),
            },
        }
    }
}

/// The local name of the first element behind `at`, past white space, comments and processing instructions; none where text or an end tag comes first.
pub(super) fn child_ahead(text: &str, mut at: usize) -> Result<Option<String>, Stop> {
    let bytes = text.as_bytes();
    loop {
        at = skip_space(bytes, at);
        let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= 4) else { return Err(Stop::More) };
        let closing: &[u8] = match rest {
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'?', ..] => b"?>",
            [b'<', octet, ..] if *octet != b'/' && *octet != b'!' && !is_space(*octet) => break,
            _ => return Ok(None),
        };
        match memchr::memmem::find(rest, closing) {
            Some(length) => at += length + closing.len(),
            None => return Err(Stop::More),
        }
    }
    let end = part(text, at + 1)?;
    let (start, end) = if bytes[end] == b':' { (end + 1, part(text, end + 1)?) } else { (at + 1, end) };
    Ok(text.get(start..end).map(str::to_owned))
}
