//! The event seam: octets in, checked XML events out, each with its place. Knows XML 1.0 with namespaces, never schemas.

pub mod fault;

mod encoding;
mod names;
mod namespaces;
mod pieces;
mod prolog;
mod quick;
mod tag;
mod text;
mod window;

use std::io::BufRead;

pub use fault::NotWellFormed;
pub use pieces::{Follower, Piece, Text};
pub use window::Position;

pub(super) use names::is_blank;
pub(super) use namespaces::{ABSENT, NamespaceId, XSI};
pub(super) use quick::{Ahead, name_in};

use super::model::{Key, MemberId, first_octets};
use fault::{Stop, rule};
use names::{QName, skip_space};
use namespaces::Namespaces;
use window::{Contradiction, Octets, Trouble, Window};

/// Bounds on what a document may demand of us. All chosen by us: each lies far above what banks send and far below what would hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of elements.
    pub depth_max: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes_max: usize,
    /// One name with its prefix, in octets.
    pub name_bytes_max: usize,
    /// One attribute value, in octets as written.
    pub attribute_bytes_max: usize,
    /// One text node, comment or processing instruction, in octets. The longest text that ISO 20022 knows is 20,000 characters.
    pub text_bytes_max: usize,
    /// Different namespace names in one document.
    pub namespaces_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            depth_max: 64,
            attributes_max: 32,
            name_bytes_max: 256,
            attribute_bytes_max: 8 * 1024,
            text_bytes_max: 1024 * 1024,
            namespaces_max: 256,
        }
    }
}

/// What the scanner found. Names, attributes and text are asked from the scanner until the next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Start,
    /// A whole text node; `plain` unless a reference, a CDATA section, a comment or a carriage return had to be resolved.
    Text,
    End,
    Finished,
}

/// An attribute of the current start tag, namespace declarations excepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute {
    name: QName,
    value: Value,
    pub namespace: NamespaceId,
}

/// Where an attribute value lies.
#[derive(Debug, Clone, Copy)]
enum Value {
    /// In the window, as written.
    Window(usize, usize),
    /// In the scratch text, normalised.
    Scratch(usize, usize),
}

/// An element that begins.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    /// Name without prefix.
    pub local: &'a str,
    /// Namespace name.
    pub namespace: Option<&'a str>,
    pub(super) member: Option<MemberId>,
    attributes: &'a [Attribute],
    text: &'a str,
    scratch: &'a str,
}

impl<'a> Element<'a> {
    /// Where the definition in force names this element: one number for one name in one type. None outside of a definition and
    /// for elements that it does not name here.
    #[inline]
    pub fn member(&self) -> Option<MemberId> {
        self.member
    }

    /// The value of an attribute without namespace, normalised.
    pub fn attribute(&self, local: &str) -> Option<&'a str> {
        let matches = |attribute: &&Attribute| {
            attribute.namespace == ABSENT && attribute.name.whole(self.text) == local
        };
        let attribute = self.attributes.iter().find(matches)?;
        Some(attribute.value.text(self.text, self.scratch))
    }
}

impl Value {
    fn text<'a>(self, window: &'a str, scratch: &'a str) -> &'a str {
        match self {
            Value::Window(start, end) => &window[start..end],
            Value::Scratch(start, end) => &scratch[start..end],
        }
    }
}

/// Which part of a document the scanner is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Unopened,
    Prolog,
    Content,
    Epilog,
}

/// An element that has begun.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Its qualified name.
    name: Key,
    /// Where the name stands among the long open names, if its key does not say all of it.
    at: usize,
    /// Whether it declares namespaces: the bindings before it are the last ones saved.
    declares: bool,
}

/// Most octets behind the cursor that the window holds. Chosen by us: more than is ever taken in at once.
const PASSED_BYTES_MAX: usize = 256 * 1024;

/// Pulls tokens out of octets. Every rule of well-formedness is checked here; memory is bounded by the limits.
pub(super) struct Scanner<R> {
    window: Window<R>,
    limits: Limits,
    part: Part,
    /// Where the next token begins in the window.
    cursor: usize,
    /// Where the current token begins in the window.
    token: usize,
    /// Name of the current start tag.
    name: QName,
    element_namespace: NamespaceId,
    attributes: Vec<Attribute>,
    attribute_scratch: String,
    /// The current start tag was `<a/>`: its end is due.
    empty_element: bool,
    /// The innermost element has ended; it is forgotten when the next token is asked.
    closing: bool,
    /// Names of the open elements that are too long for a key, one behind the other.
    open_names: String,
    open: Vec<Open>,
    namespaces: Namespaces,
    /// Text of the current text token, where it lies in the window.
    plain_text: (usize, usize),
    /// Text that had to be put together, and where it began.
    merged_text: String,
    merging: Option<Position>,
    merged: bool,
    has_cdata: bool,
    /// Place of a merged text that was delivered.
    merged_at: Option<Position>,
    /// The window holds all there is.
    at_end: bool,
    /// The encoding is known.
    settled: bool,
    /// Text is handed out piece by piece, and a CDATA section stands open.
    in_cdata: bool,
}

impl<R: BufRead> Scanner<R> {
    pub fn new(input: R, limits: Limits) -> Scanner<R> {
        Scanner {
            window: Window::new(input),
            limits,
            part: Part::Unopened,
            cursor: 0,
            token: 0,
            name: QName::default(),
            element_namespace: ABSENT,
            attributes: Vec::with_capacity(8),
            attribute_scratch: String::new(),
            empty_element: false,
            closing: false,
            settled: false,
            in_cdata: false,
            open_names: String::new(),
            open: Vec::with_capacity(limits.depth_max.min(32)),
            namespaces: Namespaces::new(),
            plain_text: (0, 0),
            merged_text: String::new(),
            merging: None,
            merged: false,
            has_cdata: false,
            merged_at: None,
            at_end: false,
        }
    }

    /// The next token. After an error the scanner must not be asked again.
    #[inline]
    pub fn next(&mut self) -> Result<Token, NotWellFormed> {
        if self.closing {
            self.close();
        }
        if self.empty_element {
            self.empty_element = false;
            self.closing = true;
            return Ok(Token::End);
        }
        if self.cursor > PASSED_BYTES_MAX {
            self.forget_passed();
        }
        loop {
            match self.step() {
                Ok(Some(token)) => return Ok(token),
                Ok(None) => {}
                Err(Stop::More) => self.more()?,
                Err(stop) => return Err(self.fault(stop)),
            }
        }
    }

    /// Local name of the element that begins.
    #[inline]
    pub fn local_name(&self) -> &str {
        self.name.local(self.window.text())
    }

    /// The key of that name.
    #[inline]
    pub fn local_key(&self) -> Key {
        self.key_of(self.name.local, self.name.end)
    }

    /// The key of the name at `start..end`, read at once where the window reaches far enough.
    #[inline]
    fn key_of(&self, start: usize, end: usize) -> Key {
        let length = end - start;
        match quick::words_at(self.window.bytes(), start) {
            Some((head, tail)) => Key {
                head: first_octets(head, length),
                tail: first_octets(tail, length.saturating_sub(8)),
                length,
            },
            None => Key::of(self.window.bytes().get(start..end).unwrap_or(&[])),
        }
    }

    #[inline]
    pub fn namespace(&self) -> NamespaceId {
        self.element_namespace
    }

    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    #[inline]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    pub fn attribute_name(&self, attribute: &Attribute) -> &str {
        attribute.name.local(self.window.text())
    }

    pub fn attribute_value(&self, attribute: &Attribute) -> &str {
        attribute.value.text(self.window.text(), &self.attribute_scratch)
    }

    /// The element that begins, as it is handed out.
    #[inline]
    pub fn element(&self, member: Option<MemberId>) -> Element<'_> {
        Element {
            local: self.local_name(),
            namespace: self.namespaces.name(self.element_namespace),
            member,
            attributes: &self.attributes,
            text: self.window.text(),
            scratch: &self.attribute_scratch,
        }
    }

    /// The number of a namespace name in this document.
    pub fn intern_namespace(&mut self, name: &str) -> NamespaceId {
        self.namespaces.intern(name)
    }

    /// The current text node, whole.
    #[inline]
    pub fn text(&self) -> &str {
        if self.merged {
            &self.merged_text
        } else {
            &self.window.text()[self.plain_text.0..self.plain_text.1]
        }
    }

    /// Whether a CDATA section had part in the current text node.
    pub fn text_has_cdata(&self) -> bool {
        self.merged && self.has_cdata
    }

    /// Whether the next octets are an end tag.
    pub fn end_follows(&self) -> bool {
        self.window.bytes().get(self.cursor..).is_some_and(|rest| rest.starts_with(b"</"))
    }

    /// Start of the current token.
    pub fn position(&self) -> Position {
        match self.merged_at {
            Some(position) => position,
            None => self.window.position(self.token),
        }
    }

    /// The first place where octets and announced encoding were found to disagree since the last call.
    pub fn take_contradiction(&mut self) -> Option<(Position, Octets)> {
        let Contradiction { at, about } = self.window.take_contradiction()?;
        Some((self.window.position(at), about))
    }

    /// Whether such a place was passed: what stands ahead may belong to another document.
    #[inline]
    pub fn is_contradicted(&self) -> bool {
        self.window.contradicted_at().is_some_and(|at| at < self.cursor)
    }

    /// Local names of the open elements, outermost first. An element that ends is open until the next token.
    pub fn open_names(&self) -> impl Iterator<Item = String> {
        self.open.iter().map(|open| {
            let name = self.open_name(open);
            name.rsplit(':').next().unwrap_or_default().to_owned()
        })
    }

    /// The qualified name of an open element.
    fn open_name(&self, open: &Open) -> String {
        match open.name.octets() {
            Some(octets) => String::from_utf8_lossy(&octets).into_owned(),
            None => self.open_names.get(open.at..open.at + open.name.length).unwrap_or("").to_owned(),
        }
    }

    /// Local name of the first child of the element that has just begun, without moving on.
    pub fn first_child(&mut self) -> Option<String> {
        if self.empty_element {
            return None;
        }
        loop {
            match tag::child_ahead(self.window.text(), self.cursor) {
                Ok(found) => return found,
                Err(Stop::More) if self.window.bytes().len() < self.cursor + self.limits.text_bytes_max => {
                    if !self.window.refill() {
                        return None;
                    }
                }
                Err(_) => return None,
            }
        }
    }

    /// Recognises what stands at the cursor. `None`: something without an event was passed, such as a comment.
    #[inline]
    fn step(&mut self) -> Result<Option<Token>, Stop> {
        self.merged_at = None;
        self.token = self.cursor;
        let bytes = self.window.bytes();
        match (self.part, bytes.get(self.cursor), bytes.get(self.cursor + 1)) {
            (Part::Content, Some(b'<'), Some(b'/')) => self.unless_text_is_due(Scanner::end_tag),
            (Part::Content, Some(b'<'), Some(b'!' | b'?')) => self.declaration_like(),
            (Part::Content, Some(b'<'), Some(_)) => self.unless_text_is_due(Scanner::start_tag),
            (Part::Content, Some(b'<'), None) => Err(Stop::More),
            (Part::Content, Some(_), _) => self.text_run(),
            (Part::Content, None, _) => Err(Stop::More),
            _ => self.outside(),
        }
    }

    /// Before and behind the root element.
    fn outside(&mut self) -> Result<Option<Token>, Stop> {
        if self.part == Part::Unopened {
            return self.begin();
        }
        let bytes = self.window.bytes();
        self.cursor = skip_space(bytes, self.cursor);
        self.token = self.cursor;
        match (bytes.get(self.cursor), bytes.get(self.cursor + 1)) {
            (None, _) if self.at_end && self.part == Part::Epilog => Ok(Some(Token::Finished)),
            (None, _) if self.at_end => rule(self.cursor, "no root element"),
            (None, _) | (Some(b'<'), None) => Err(Stop::More),
            (Some(b'<'), Some(b'!' | b'?')) => self.declaration_like(),
            (Some(b'<'), Some(b'/')) => rule(self.cursor, "an end tag without its start"),
            (Some(b'<'), Some(_)) if self.part == Part::Prolog => self.start_tag(),
            (Some(b'<'), Some(_)) => rule(self.cursor, "a second root element"),
            (Some(_), _) => rule(self.cursor, "text outside of the root element"),
        }
    }

    /// Delivers the text put together so far, if any, before the tag at the cursor is read.
    #[inline]
    fn unless_text_is_due(
        &mut self,
        tag: fn(&mut Scanner<R>) -> Result<Option<Token>, Stop>,
    ) -> Result<Option<Token>, Stop> {
        if self.merging.is_none() {
            return tag(self);
        }
        self.merged_at = self.merging.take();
        self.merged = true;
        Ok(Some(Token::Text))
    }

    /// Keeps what stands from the cursor on. `more` does this; but who looks ahead at every element takes in more without end, and
    /// then `more` is never asked.
    #[cold]
    fn forget_passed(&mut self) {
        self.window.discard(self.cursor);
        self.cursor = 0;
        self.token = 0;
    }

    /// Takes in more, keeping everything from the cursor on.
    fn more(&mut self) -> Result<(), NotWellFormed> {
        if !self.settled {
            self.settle_encoding()?;
            self.settled = true;
        }
        // A token longer than any text may be is a tag that never ends.
        let pending = self.window.bytes().len() - self.cursor;
        if pending > self.limits.text_bytes_max.saturating_mul(2) {
            return Err(self.fault(Stop::Limit(self.cursor, "a tag", self.limits.text_bytes_max)));
        }
        self.forget_passed();
        if self.window.refill() {
            return Ok(());
        }
        let end = self.window.bytes().len();
        match self.window.take_trouble() {
            Some(Trouble::Io(source)) => {
                let Position { line, column, .. } = self.window.position(end);
                return Err(NotWellFormed::Io { source, line, column });
            }
            Some(Trouble::Character(character)) => {
                let text = format!("character U+{:04X}, which XML does not allow", u32::from(character));
                return Err(self.fault(Stop::Rule(end, text)));
            }
            None => {}
        }
        if self.at_end || self.part == Part::Content {
            return Err(self.fault(Stop::Rule(end, "the document ends too early".to_owned())));
        }
        self.at_end = true;
        Ok(())
    }

    fn fault(&self, stop: Stop) -> NotWellFormed {
        let place = |at| self.window.position(at);
        match stop {
            Stop::More => self.fault(Stop::Rule(self.cursor, "the document ends too early".to_owned())),
            Stop::Rule(at, rule) => {
                let Position { line, column, .. } = place(at);
                NotWellFormed::Syntax { rule, line, column }
            }
            Stop::Limit(at, what, limit) => {
                let Position { line, column, .. } = place(at);
                NotWellFormed::Limit { what, limit, line, column }
            }
            Stop::Doctype(at) => {
                let Position { line, column, .. } = place(at);
                NotWellFormed::Doctype { line, column }
            }
        }
    }

    /// The innermost element ends.
    #[inline]
    fn close(&mut self) {
        self.closing = false;
        if let Some(open) = self.open.pop() {
            if open.name.length > Key::WHOLE {
                self.open_names.truncate(open.at);
            }
            if open.declares {
                self.namespaces.restore();
            }
        }
        if self.open.is_empty() {
            self.part = Part::Epilog;
        }
    }
}
