//! The usual shapes, recognised by whole words: `<Name>`, `</Name>`, `<Name>text</Name>` and white space in front of them,
//! in content without prefixes, references or comments. Anything else is left to the scanner proper, untouched.

use std::io::BufRead;

use super::names::{QName, skip_space};
use super::{Open, Part, Scanner, Value};
use crate::schema::event::{ABSENT, Attribute, NamespaceId, Position};
use crate::schema::model::Key;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// A tag ahead of the cursor, complete in the window.
#[derive(Clone, Copy)]
pub(in crate::schema) enum Ahead {
    /// The end tag of the innermost element. It has been passed.
    End,
    /// A start tag. Nothing has been passed but the white space in front of it.
    Start(Tag),
}

/// A start tag that may be a usual one: nobody has looked at the octets of its name yet.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Tag {
    /// Of `<`.
    at: usize,
    pub key: Key,
    /// Whether a blank stands behind the name, and not `>`.
    pub has_attribute: bool,
}

/// An element with text and nothing else, complete in the window.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Leaf {
    tag: Tag,
    attribute: Option<Attribute>,
    text: (usize, usize),
}

impl<R: BufRead> Scanner<R> {
    /// The tag ahead, if it has one of the usual shapes.
    #[inline]
    pub fn ahead(&mut self) -> Option<Ahead> {
        if self.closing {
            self.close();
        }
        if self.part != Part::Content || self.empty_element || self.merging.is_some() {
            return None;
        }
        let bytes = self.window.bytes();
        let mut at = self.cursor;
        if *bytes.get(at)? != b'<' {
            at = skip_space(bytes, at);
            let parted = matches!(bytes.get(at + 1)?, b'!' | b'?' | b'&');
            if bytes[at] != b'<' || parted || at - self.cursor > self.limits.text_bytes_max {
                return None;
            }
        }
        let (head, tail) = words_at(bytes, at + 1)?;
        if head as u8 == b'/' {
            return self.pass_end(at).then_some(Ahead::End);
        }
        let (length, has_attribute) = name_length(head, tail)?;
        // The white space may be passed even if this tag proves unusual: only what follows it decides whether it is heard of.
        self.cursor = at;
        let key = Key {
            head: first_octets(head, length),
            tail: first_octets(tail, length.saturating_sub(8)),
            length,
        };
        Some(Ahead::Start(Tag { at, key, has_attribute }))
    }

    /// Passes the end tag at `at`, if it is that of the innermost element, written without white space.
    #[inline]
    pub(super) fn pass_end(&mut self, at: usize) -> bool {
        let Some(open) = self.open.last() else { return false };
        if open.name.length > Key::WHOLE || !self.ends_with(at, open.name) {
            return false;
        }
        self.begin_token(at, at + 3 + open.name.length);
        self.closing = true;
        true
    }

    /// Whether the end tag of this name stands at `at`.
    #[inline]
    fn ends_with(&self, at: usize, name: Key) -> bool {
        let bytes = self.window.bytes();
        let Some((head, tail)) = words_at(bytes, at + 2) else { return false };
        first_octets(head, name.length) == name.head
            && (name.length <= 8 || first_octets(tail, name.length - 8) == name.tail)
            && bytes.get(at + 2 + name.length) == Some(&b'>')
    }

    #[inline]
    fn begin_token(&mut self, at: usize, end: usize) {
        self.merged_at = None;
        self.token = at;
        self.cursor = end;
    }

    /// Passes a start tag without attributes whose name is known to be one. False if it would break a limit; then nothing was passed.
    #[inline]
    pub fn pass_start(&mut self, tag: Tag) -> bool {
        if !self.fits(tag) {
            return false;
        }
        self.open.push(Open { name: tag.key, at: self.open_names.len(), declares: false });
        self.name_element(tag);
        self.begin_token(tag.at, tag.at + 2 + tag.key.length);
        true
    }

    #[inline]
    fn fits(&self, tag: Tag) -> bool {
        self.open.len() < self.limits.depth_max && tag.key.length <= self.limits.name_bytes_max
    }

    #[inline]
    fn name_element(&mut self, tag: Tag) {
        let start = tag.at + 1;
        self.name = QName { start, local: start, end: start + tag.key.length };
        self.element_namespace = self.namespaces.default;
        self.attributes.clear();
    }

    /// The leaf that begins with `tag`, whose one attribute may be `attribute`. Passes nothing.
    #[inline]
    pub fn leaf(&self, tag: Tag, attribute: Option<&str>) -> Option<Leaf> {
        if !self.fits(tag) {
            return None;
        }
        let bytes = self.window.bytes();
        let mut start = tag.at + 2 + tag.key.length;
        let mut read = None;
        if tag.has_attribute {
            let value = attribute_value(bytes, start, attribute?)?;
            read = Some(Attribute {
                name: QName { start, local: start, end: start + attribute?.len() },
                value: Value::Window(value.0, value.1),
                namespace: ABSENT,
            });
            start = value.1 + 2;
        }
        let end = text_end(bytes, start)?;
        if end == start || end - start > self.limits.text_bytes_max || !self.ends_with(end, tag.key) {
            return None;
        }
        if bytes.get(end + 1) != Some(&b'/') || !self.is_plain(start, end) {
            return None;
        }
        Some(Leaf { tag, attribute: read, text: (start, end) })
    }

    /// Whether a run has nothing in it that would have to be resolved or refused, references and tags aside.
    #[inline]
    fn is_plain(&self, start: usize, end: usize) -> bool {
        if !self.window.has_carriage_return && !self.window.has_bracket {
            return true;
        }
        let run = self.window.bytes().get(start..end).unwrap_or(&[]);
        memchr::memchr2(b'\r', b']', run).is_none()
    }

    /// The text of a leaf ahead.
    #[inline]
    pub fn leaf_text(&self, leaf: Leaf) -> &str {
        &self.window.text()[leaf.text.0..leaf.text.1]
    }

    /// The value of its attribute, if it has one.
    #[inline]
    pub fn leaf_attribute(&self, leaf: Leaf) -> Option<&str> {
        leaf.attribute.map(|attribute| self.attribute_value(&attribute))
    }

    /// Passes a leaf as one token. Name, attributes and text are those of the leaf.
    #[inline]
    pub fn pass_leaf(&mut self, leaf: Leaf) {
        self.name_element(leaf.tag);
        self.attributes.extend(leaf.attribute);
        self.plain_text = leaf.text;
        self.merged = false;
        self.begin_token(leaf.tag.at, leaf.text.1 + 3 + leaf.tag.key.length);
    }

    /// Where the end tag of the leaf that was passed stands.
    pub fn leaf_end(&self) -> Position {
        self.window.position(self.plain_text.1)
    }

    /// Makes the text of the leaf that was passed the current token.
    pub fn turn_to_leaf_text(&mut self) {
        self.token = self.plain_text.0;
    }

    /// Makes the end tag of the leaf that was passed the current token.
    pub fn turn_to_leaf_end(&mut self) {
        self.token = self.plain_text.1;
    }

    /// The namespace of names without prefix.
    #[inline]
    pub fn default_namespace(&self) -> NamespaceId {
        self.namespaces.default
    }
}

/// Sixteen octets as two little-endian words.
#[inline]
pub(super) fn words_at(bytes: &[u8], at: usize) -> Option<(u64, u64)> {
    let sixteen = u128::from_le_bytes(*bytes.get(at..)?.first_chunk::<16>()?);
    Some((sixteen as u64, (sixteen >> 64) as u64))
}

/// The first octets of a word, the others zero.
#[inline]
pub(super) fn first_octets(word: u64, octets: usize) -> u64 {
    if octets >= 8 { word } else { word & ((1 << (8 * octets)) - 1) }
}

/// A bit in each octet of the word that equals `octet`; above the lowest such octet there may be wrong ones.
#[inline]
fn equal_octets(word: u64, octet: u8) -> u64 {
    let zeros = word ^ (ONES * u64::from(octet));
    zeros.wrapping_sub(ONES) & !zeros & HIGHS
}

/// How many octets stand before the first `>` or blank, and whether it is a blank. None if there is none in the two words.
#[inline]
fn name_length(head: u64, tail: u64) -> Option<(usize, bool)> {
    let found = equal_octets(head, b'>') | equal_octets(head, b' ');
    if found != 0 {
        let bits = found.trailing_zeros() & !7;
        return Some(((bits / 8) as usize, head >> bits & 0xFF == u64::from(b' ')));
    }
    let found = equal_octets(tail, b'>') | equal_octets(tail, b' ');
    if found == 0 {
        return None;
    }
    let bits = found.trailing_zeros() & !7;
    Some((8 + (bits / 8) as usize, tail >> bits & 0xFF == u64::from(b' ')))
}

/// Where the text at `at` ends: at a `<`. None if a reference comes first or the window ends.
#[inline]
fn text_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?);
        let found = equal_octets(word, b'<') | equal_octets(word, b'&');
        if found != 0 {
            at += (found.trailing_zeros() / 8) as usize;
            return (bytes[at] == b'<').then_some(at);
        }
        at += 8;
    }
}

/// Where the value of the one attribute lies that a start tag has, written as `name="value">`. None for any other spelling.
#[inline]
fn attribute_value(bytes: &[u8], at: usize, name: &str) -> Option<(usize, usize)> {
    let rest = bytes.get(at..)?.strip_prefix(name.as_bytes())?.strip_prefix(b"=\"")?;
    let start = at + name.len() + 2;
    let is_plain = |octet: &u8| *octet >= b' ' && !matches!(octet, b'"' | b'<' | b'&');
    let end = start + rest.iter().position(|octet| !is_plain(octet))?;
    (bytes.get(end..end + 2)? == b"\">").then_some((start, end))
}
