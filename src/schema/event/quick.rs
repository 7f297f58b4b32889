//! The usual shapes, recognised by whole words: `<Name>`, `</Name>`, `<Name>text</Name>` and white space in front of them,
//! in content without prefixes, references or comments. Anything else is left to the scanner proper, untouched.

use std::io::BufRead;

use super::names::{QName, skip_space};
use super::{ABSENT, Attribute, NamespaceId, Open, Part, Position, Scanner, Value};
use crate::schema::model::{Key, Name, first_octets};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// A tag ahead of the cursor.
#[derive(Clone, Copy)]
pub(in crate::schema) enum Ahead {
    /// The end tag of the innermost element. It has been passed.
    End,
    /// What may be a start tag, at the cursor: the sixteen octets behind its `<`.
    Start((u64, u64)),
}

/// Where text and attribute value of an element lie that holds nothing else and is complete in the window.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Leaf {
    text: (usize, usize),
    value: (usize, usize),
}

impl<R: BufRead> Scanner<R> {
    /// Forgets the element that has ended, and says whether usual shapes may follow. As long as nothing else is passed, they may.
    pub fn is_in_usual_content(&mut self) -> bool {
        if self.closing {
            self.close();
        }
        self.part == Part::Content
            && !self.empty_element
            && self.merging.is_none()
            && self.window.contradicted_at().is_none()
    }

    /// The tag ahead, if it can have one of the usual shapes. White space in front of it is passed: text that nobody hears of
    /// between elements. Only in usual content.
    #[inline]
    pub fn tag_ahead(&mut self) -> Option<Ahead> {
        if self.closing {
            self.closing = false;
            self.open.pop();
        }
        let mut near = near_at(self.window.bytes(), self.cursor)?;
        if near[0] != b'<' {
            self.pass_blank()?;
            near = near_at(self.window.bytes(), self.cursor)?;
        }
        if near[1] != b'/' {
            return Some(Ahead::Start(words_of(near, 1)));
        }
        let open = self.open.last()?;
        // What ends with the root, or with namespaces of its own, changes more than the innermost element.
        if self.open.len() == 1 || open.declares || !is_end_of(open.name, near) {
            return None;
        }
        self.pass_own_end(open.name.length);
        Some(Ahead::End)
    }

    /// Passes white space in front of a tag.
    #[inline(never)]
    fn pass_blank(&mut self) -> Option<()> {
        let bytes = self.window.bytes();
        let at = skip_space(bytes, self.cursor);
        // What begins like this may part a text that is not over yet.
        let parted = matches!(bytes.get(at + 1)?, b'!' | b'?' | b'&');
        if bytes[at] != b'<' || parted || at - self.cursor > self.limits.text_bytes_max {
            return None;
        }
        self.cursor = at;
        Some(())
    }

    /// Passes the end tag at the cursor, if it is that of the innermost element, written without white space.
    #[inline]
    pub(super) fn pass_end(&mut self) -> bool {
        let (Some(open), Some(near)) = (self.open.last(), near_at(self.window.bytes(), self.cursor)) else {
            return false;
        };
        let name = open.name;
        let is_own = is_end_of(name, near);
        if is_own {
            self.pass_own_end(name.length);
        }
        is_own
    }

    #[inline]
    fn pass_own_end(&mut self, length: usize) {
        self.begin_token(self.cursor, self.cursor + 3 + length);
        self.closing = true;
    }

    #[inline]
    fn begin_token(&mut self, at: usize, end: usize) {
        self.merged_at = None;
        self.token = at;
        self.cursor = end;
    }

    /// The octet behind the name of this length that begins behind the `<` at the cursor.
    #[inline]
    pub fn behind_name(&self, length: usize) -> u8 {
        self.window.bytes().get(self.cursor + 1 + length).copied().unwrap_or(0)
    }

    /// Passes the start tag at the cursor, which is this name without attributes. False if it would break a limit; then nothing was
    /// passed.
    #[inline]
    pub fn pass_start(&mut self, name: Key) -> bool {
        if !self.fits(name) {
            return false;
        }
        self.open.push(Open { name, at: 0, declares: false });
        self.name_element(name.length);
        self.begin_token(self.cursor, self.cursor + 2 + name.length);
        true
    }

    #[inline]
    fn fits(&self, name: Key) -> bool {
        self.open.len() < self.limits.depth_max && name.length <= self.limits.name_bytes_max
    }

    #[inline]
    fn name_element(&mut self, length: usize) {
        let start = self.cursor + 1;
        self.name = QName { start, local: start, end: start + length };
        self.element_namespace = self.namespaces.default;
        self.attributes.clear();
    }

    /// The leaf of this name at the cursor, with that one attribute, or without any. Passes nothing.
    #[inline]
    pub fn leaf(&self, name: &Name, attribute: Option<&str>) -> Option<Leaf> {
        let bytes = self.window.bytes();
        let length = name.key().length;
        let mut start = self.cursor + 2 + length;
        let mut value = (0, 0);
        if let Some(attribute) = attribute {
            value = attribute_value(bytes, start, attribute)?;
            start = value.1 + 2;
        }
        let end = text_end(bytes, start)?;
        let near = near_at(bytes, end)?;
        let closes = near[1] == b'/' && name.begins(words_of(near, 2)) && near.get(2 + length) == Some(&b'>');
        let bounded = end > start && end - start <= self.limits.text_bytes_max && self.fits(name.key());
        (closes && bounded && self.is_plain(start, end)).then_some(Leaf { text: (start, end), value })
    }

    /// Whether a run without tags has nothing in it that would have to be resolved or refused.
    #[inline]
    fn is_plain(&self, start: usize, end: usize) -> bool {
        if !self.window.has_special {
            return true;
        }
        let run = self.window.bytes().get(start..end).unwrap_or(&[]);
        memchr::memchr3(b'\r', b']', b'&', run).is_none()
    }

    /// The text of a leaf ahead.
    #[inline]
    pub fn leaf_text(&self, leaf: Leaf) -> &str {
        &self.window.text()[leaf.text.0..leaf.text.1]
    }

    /// The value of its attribute.
    #[inline]
    pub fn leaf_value(&self, leaf: Leaf) -> &str {
        &self.window.text()[leaf.value.0..leaf.value.1]
    }

    /// Passes a leaf as one token. Name, attribute and text are those of the leaf.
    #[inline]
    pub fn pass_leaf(&mut self, length: usize, leaf: Leaf) {
        self.name_element(length);
        if leaf.value.0 > 0 {
            let start = self.cursor + 2 + length;
            let name = QName { start, local: start, end: leaf.value.0 - 2 };
            let value = Value::Window(leaf.value.0, leaf.value.1);
            self.attributes.push(Attribute { name, value, namespace: ABSENT });
        }
        self.plain_text = leaf.text;
        self.merged = false;
        self.begin_token(self.cursor, leaf.text.1 + 3 + length);
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

/// How far a tag is looked at, in octets: farther than one reaches whose name is as long as its key.
const NEAR: usize = 32;

/// What stands here.
#[inline]
fn near_at(bytes: &[u8], at: usize) -> Option<&[u8; NEAR]> {
    bytes.get(at..)?.first_chunk()
}

/// Sixteen octets of it, as [`words_at`] gives them; there are as many behind the first one or two.
#[inline]
fn words_of(near: &[u8; NEAR], at: usize) -> (u64, u64) {
    words_at(near, at).unwrap_or((0, 0))
}

/// Whether this is the end tag of an element of this name, written without white space.
#[inline]
fn is_end_of(name: Key, near: &[u8; NEAR]) -> bool {
    let (head, tail) = words_of(near, 2);
    name.length <= Key::WHOLE
        && near[1] == b'/'
        && first_octets(head, name.length) == name.head
        && (name.length <= 8 || first_octets(tail, name.length - 8) == name.tail)
        && near.get(2 + name.length) == Some(&b'>')
}

/// Sixteen octets as two little-endian words.
#[inline]
pub(super) fn words_at(bytes: &[u8], at: usize) -> Option<(u64, u64)> {
    let sixteen = u128::from_le_bytes(*bytes.get(at..)?.first_chunk::<16>()?);
    Some((sixteen as u64, (sixteen >> 64) as u64))
}

/// A bit in each octet of the word that equals `octet`; above the lowest such octet there may be wrong ones.
#[inline]
fn equal_octets(word: u64, octet: u8) -> u64 {
    let zeros = word ^ (ONES * u64::from(octet));
    zeros.wrapping_sub(ONES) & !zeros & HIGHS
}

/// The name that these octets begin with, up to a `>` or a blank. None if there is none in them.
#[inline]
pub(in crate::schema) fn name_in((head, tail): (u64, u64)) -> Option<Key> {
    let in_head = equal_octets(head, b'>') | equal_octets(head, b' ');
    let in_tail = equal_octets(tail, b'>') | equal_octets(tail, b' ');
    let length = match (in_head, in_tail) {
        (0, 0) => return None,
        (0, found) => 8 + found.trailing_zeros() / 8,
        (found, _) => found.trailing_zeros() / 8,
    } as usize;
    Some(Key { head: first_octets(head, length), tail: first_octets(tail, length.saturating_sub(8)), length })
}

/// Where the text at `at` ends: at a `<`. None if the window ends first.
#[inline]
fn text_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let (words, _) = bytes.get(at..)?.as_chunks::<8>();
    for word in words {
        let found = equal_octets(u64::from_le_bytes(*word), b'<');
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    None
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
