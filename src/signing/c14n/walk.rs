//! The walk: events of the document in, canonical octets out, and a report of what was met.
//! Memory is a buffer of fixed size and the names that are in scope, whatever the size of the document.

use std::borrow::Cow;
use std::io::Write;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::attribute::{
    WHITE, next_attribute, normalise, resolve_reference, split_name, split_tag, write_attribute, write_lines,
    write_referenced, write_text,
};
use super::scope::{NONE, Scope, XML, XML_NAMESPACE, XMLNS_NAMESPACE};
use super::{
    ATTRIBUTE_OCTETS_MAX, ATTRIBUTES_MAX, C14nError, DEPTH_MAX, Extent, Insertion, NAME_OCTETS_MAX,
    NAMESPACES_MAX, Omitted, Order, Walked, line_and_column,
};

/// Canonical octets gathered before they are handed on. Chosen by us.
const BUFFER_OCTETS: usize = 65_536;
/// Attributes that may identify an element. Chosen by us after the signature formats that banks use.
pub const ID_NAMES: [&str; 4] = ["Id", "ID", "id", "xml:id"];

/// Writes the canonical form of `text` to `sink`.
pub fn canonicalise<'i>(
    text: &'i str,
    order: &Order<'i>,
    sink: &mut dyn Write,
) -> Result<Walked<'i>, C14nError> {
    let mut walk = Walk::new(text, order, sink)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    loop {
        walk.at = offset(&reader);
        let event = reader.read_event();
        let end = offset(&reader);
        match event {
            Ok(Event::Eof) => break,
            Ok(event) => walk.event(&event, end)?,
            Err(error) => {
                walk.at = usize::try_from(reader.error_position()).unwrap_or(walk.at);
                return Err(walk.malformed(&error.to_string()));
            }
        }
    }
    walk.finish()
}

fn offset(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).expect("offsets into a slice fit usize")
}

/// An attribute that is not a namespace declaration.
struct Attribute<'i> {
    name: &'i str,
    local: &'i str,
    namespace: usize,
    value: Cow<'i, str>,
}

struct Walk<'i, 'w> {
    text: &'i str,
    order: Order<'i>,
    sink: &'w mut dyn Write,
    out: Vec<u8>,
    scope: Scope<'i>,
    attributes: Vec<Attribute<'i>>,
    /// Prefixes to be written on the current element.
    fresh: Vec<(&'i str, usize)>,
    walked: Walked<'i>,
    /// Offset of the current event.
    at: usize,
    /// Open elements inside an omitted one, that one included; 0 outside.
    omitting: usize,
    /// Leading names of the place that the open elements match.
    matched: usize,
    root_ended: bool,
}

impl<'i, 'w> Walk<'i, 'w> {
    fn new(text: &'i str, order: &Order<'i>, sink: &'w mut dyn Write) -> Result<Walk<'i, 'w>, C14nError> {
        let mut walk = Walk {
            text,
            order: *order,
            sink,
            out: Vec::with_capacity(BUFFER_OCTETS + 4096),
            scope: Scope::new(),
            attributes: Vec::new(),
            fresh: Vec::new(),
            walked: Walked::default(),
            at: 0,
            omitting: 0,
            matched: 0,
            root_ended: false,
        };
        if let Some(at) = find_forbidden(text) {
            walk.at = at;
            return Err(walk.malformed("a character that XML forbids"));
        }
        for (prefix, namespace) in order.scope {
            if !walk.scope.declare(prefix, Cow::Borrowed(namespace)) {
                return Err(walk.limit("namespaces", NAMESPACES_MAX));
            }
        }
        Ok(walk)
    }

    fn malformed(&self, cause: &str) -> C14nError {
        let (line, column) = line_and_column(self.text, self.at);
        C14nError::Malformed { line, column, cause: cause.to_owned() }
    }

    fn limit(&self, what: &'static str, limit: usize) -> C14nError {
        let (line, column) = line_and_column(self.text, self.at);
        C14nError::Limit { line, column, what, limit }
    }

    fn undefined(&self, name: &str) -> C14nError {
        let (line, column) = line_and_column(self.text, self.at);
        C14nError::Entity { line, column, name: name.chars().take(40).collect() }
    }

    /// The octets of the current event without its delimiters, borrowed from the document itself.
    fn inner(&self, end: usize, before: usize, after: usize) -> &'i str {
        end.checked_sub(after).and_then(|end| self.text.get(self.at + before..end)).unwrap_or_default()
    }

    fn event(&mut self, event: &Event<'_>, end: usize) -> Result<(), C14nError> {
        match event {
            Event::Start(_) => self.start(self.inner(end, 1, 1))?,
            Event::Empty(_) => {
                let tag = self.inner(end, 1, 2);
                self.start(tag)?;
                self.end(split_tag(tag).0, end, Insertion::Open { at: end - 2, name: split_tag(tag).0 })?;
            }
            Event::End(_) => {
                let name = self.inner(end, 2, 1).trim_end_matches(WHITE);
                self.end(name, end, Insertion::Before(self.at))?;
            }
            Event::Text(_) => self.characters(self.inner(end, 0, 0))?,
            Event::CData(_) => self.section(self.inner(end, 9, 3))?,
            Event::GeneralRef(_) => self.reference(self.inner(end, 1, 1))?,
            Event::PI(_) => self.instruction(self.inner(end, 2, 2))?,
            Event::Comment(_) => {}
            Event::Decl(_) if self.at == 0 => {}
            Event::Decl(_) => return Err(self.malformed("XML declaration that is not at the beginning")),
            Event::DocType(_) => {
                let (line, column) = line_and_column(self.text, self.at);
                return Err(C14nError::Doctype { line, column });
            }
            Event::Eof => {}
        }
        if self.out.len() >= BUFFER_OCTETS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), C14nError> {
        self.sink.write_all(&self.out).map_err(|cause| C14nError::Sink { cause })?;
        self.out.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Walked<'i>, C14nError> {
        self.at = self.text.len();
        if !self.root_ended {
            return Err(self.malformed("the document ends before its root element does"));
        }
        self.flush()?;
        Ok(self.walked)
    }

    fn start(&mut self, tag: &'i str) -> Result<(), C14nError> {
        if self.root_ended {
            return Err(self.malformed("a second root element"));
        }
        let depth = self.scope.depth();
        if depth >= DEPTH_MAX {
            return Err(self.limit("nesting of elements", DEPTH_MAX));
        }
        let (name, rest) = split_tag(tag);
        if name.len() > NAME_OCTETS_MAX {
            return Err(self.limit("octets of a name", NAME_OCTETS_MAX));
        }
        let (prefix, local) = split_name(name).map_err(|cause| self.malformed(cause))?;
        let outside = if self.order.omit.is_some_and(|omit| omit.local == local) {
            Some(self.scope.snapshot())
        } else {
            None
        };
        self.scope.push();
        self.attributes.clear();
        if !rest.is_empty() {
            self.read_attributes(rest)?;
        }
        let namespace = self.resolve(prefix)?;
        if depth == 0 {
            self.walked.root = name;
        }
        if self.omitting > 0 {
            self.omitting += 1;
            return Ok(());
        }
        if let (Some(scope), Some(omit)) = (outside, self.order.omit)
            && self.scope.text(namespace) == omit.namespace
        {
            self.omitting = 1;
            self.walked.omitted.push(Omitted { range: self.at..self.at, depth, scope });
            return Ok(());
        }
        self.note_ids(depth);
        self.match_place(depth, local);
        self.write_start(name, prefix, namespace)
    }

    fn resolve(&self, prefix: &str) -> Result<usize, C14nError> {
        self.scope
            .resolve(prefix)
            .ok_or_else(|| self.malformed(&format!("prefix '{prefix}' is not declared")))
    }

    fn read_attributes(&mut self, mut rest: &'i str) -> Result<(), C14nError> {
        let mut count = 0;
        let declared_before = self.fresh.len();
        while let Some(raw) = next_attribute(&mut rest).map_err(|cause| self.malformed(cause))? {
            count += 1;
            if count > ATTRIBUTES_MAX {
                return Err(self.limit("attributes of an element", ATTRIBUTES_MAX));
            }
            if raw.value.len() > ATTRIBUTE_OCTETS_MAX {
                return Err(self.limit("octets of an attribute", ATTRIBUTE_OCTETS_MAX));
            }
            if raw.name.len() > NAME_OCTETS_MAX {
                return Err(self.limit("octets of a name", NAME_OCTETS_MAX));
            }
            let value = normalise(raw.value).map_err(|wrong| match wrong {
                "<" => self.malformed("'<' in an attribute value"),
                name => self.undefined(name),
            })?;
            let (prefix, local) = split_name(raw.name).map_err(|cause| self.malformed(cause))?;
            match (prefix, local) {
                ("", "xmlns") => self.declare("", value)?,
                ("xmlns", prefix) => self.declare(prefix, value)?,
                _ => self.attributes.push(Attribute { name: raw.name, local, namespace: NONE, value }),
            }
        }
        self.fresh.truncate(declared_before);
        for index in 0..self.attributes.len() {
            let Some(attribute) = self.attributes.get(index) else { break };
            let namespace = match split_name(attribute.name) {
                Ok((prefix, _)) if !prefix.is_empty() => self.resolve(prefix)?,
                _ => NONE,
            };
            if let Some(attribute) = self.attributes.get_mut(index) {
                attribute.namespace = namespace;
            }
        }
        self.check_duplicates()
    }

    /// `fresh` serves here to see a prefix that is declared twice on one element.
    fn declare(&mut self, prefix: &'i str, namespace: Cow<'i, str>) -> Result<(), C14nError> {
        let refused = match (prefix, namespace.as_ref()) {
            ("xml", XML_NAMESPACE) => return Ok(()),
            ("xml", _) | (_, XML_NAMESPACE) => "the namespace of 'xml' belongs to that prefix alone",
            ("xmlns", _) | (_, XMLNS_NAMESPACE) => "'xmlns' must not be declared",
            ("", "") => "",
            (_, "") => "a prefix cannot be undeclared",
            (_, namespace) if !is_absolute(namespace) => "a namespace must be an absolute URI",
            _ => "",
        };
        if !refused.is_empty() {
            return Err(self.malformed(refused));
        }
        if self.fresh.iter().any(|(declared, _)| *declared == prefix) {
            return Err(self.malformed("a prefix is declared twice"));
        }
        self.fresh.push((prefix, NONE));
        if !self.scope.declare(prefix, namespace) {
            return Err(self.limit("namespaces", NAMESPACES_MAX));
        }
        Ok(())
    }

    fn check_duplicates(&self) -> Result<(), C14nError> {
        for (index, attribute) in self.attributes.iter().enumerate() {
            let same = |other: &Attribute<'_>| {
                other.local == attribute.local && other.namespace == attribute.namespace
            };
            if self.attributes.iter().take(index).any(same) {
                return Err(self.malformed(&format!("attribute '{}' is given twice", attribute.name)));
            }
        }
        Ok(())
    }

    fn note_ids(&mut self, depth: usize) {
        for attribute in self.attributes.iter().filter(|attribute| ID_NAMES.contains(&attribute.name)) {
            let value = attribute.value.as_ref();
            if depth == 0 {
                self.walked.root_ids.push(value.to_owned());
            } else if self.walked.root_ids.iter().any(|id| id == value) {
                self.walked.root_ids_repeated += 1;
            }
        }
    }

    fn match_place(&mut self, depth: usize, local: &str) {
        if let Some(place) = self.order.place
            && self.matched == depth
            && place.get(depth) == Some(&local)
        {
            self.matched += 1;
        }
    }

    fn write_start(&mut self, name: &'i str, prefix: &'i str, namespace: usize) -> Result<(), C14nError> {
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        if self.scope.render(prefix, namespace) {
            self.fresh.push((prefix, namespace));
        }
        if !self.order.prefixes.is_empty() {
            self.render_listed()?;
        }
        if self.attributes.is_empty() {
            self.write_namespaces();
            self.out.push(b'>');
            return Ok(());
        }
        for attribute in &self.attributes {
            if attribute.namespace != NONE && attribute.namespace != XML {
                let prefix = split_name(attribute.name).map_or("", |(prefix, _)| prefix);
                if self.scope.render(prefix, attribute.namespace) {
                    self.fresh.push((prefix, attribute.namespace));
                }
            }
        }
        self.write_namespaces();
        let scope = &self.scope;
        self.attributes
            .sort_by(|a, b| (scope.text(a.namespace), a.local).cmp(&(scope.text(b.namespace), b.local)));
        for attribute in &self.attributes {
            write_attribute(&mut self.out, attribute.name, &attribute.value);
        }
        self.out.push(b'>');
        Ok(())
    }

    /// Listed prefixes are written wherever they are in scope and not yet in effect, used or not.
    fn render_listed(&mut self) -> Result<(), C14nError> {
        for listed in self.order.prefixes {
            let prefix: &'i str = if listed == "#default" { "" } else { listed };
            if let Some(namespace) = self.scope.resolve(prefix)
                && self.scope.render(prefix, namespace)
            {
                self.fresh.push((prefix, namespace));
            }
        }
        Ok(())
    }

    fn write_namespaces(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        self.fresh.sort_by_key(|(prefix, _)| *prefix);
        for (prefix, namespace) in self.fresh.drain(..) {
            let text = self.scope.text(namespace);
            if prefix.is_empty() {
                write_attribute(&mut self.out, "xmlns", text);
            } else {
                write_attribute(&mut self.out, &format!("xmlns:{prefix}"), text);
            }
        }
    }

    fn end(&mut self, name: &str, end: usize, insertion: Insertion<'i>) -> Result<(), C14nError> {
        if self.scope.depth() == 0 {
            return Err(self.malformed("an end tag without a start tag"));
        }
        self.scope.pop();
        let depth = self.scope.depth();
        self.root_ended = depth == 0;
        if self.omitting > 0 {
            self.omitting -= 1;
            if self.omitting == 0
                && let Some(omitted) = self.walked.omitted.last_mut()
            {
                omitted.range.end = end;
            }
            return Ok(());
        }
        if let Some(place) = self.order.place {
            let is_place = if place.is_empty() {
                depth == 0
            } else {
                self.matched == depth + 1 && self.matched == place.len()
            };
            if is_place {
                self.walked.insertions.push(insertion);
            }
            self.matched = self.matched.min(depth);
        }
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'>');
        Ok(())
    }

    fn characters(&mut self, text: &str) -> Result<(), C14nError> {
        if self.scope.depth() == 0 {
            if text.trim_matches(WHITE).is_empty() {
                return Ok(());
            }
            return Err(self.malformed("text outside the root element"));
        }
        if self.omitting == 0 {
            write_text(&mut self.out, text);
        }
        Ok(())
    }

    fn section(&mut self, text: &str) -> Result<(), C14nError> {
        if self.scope.depth() == 0 {
            return Err(self.malformed("text outside the root element"));
        }
        self.characters(text)
    }

    fn reference(&mut self, name: &str) -> Result<(), C14nError> {
        if self.scope.depth() == 0 {
            return Err(self.malformed("text outside the root element"));
        }
        let letter = resolve_reference(name).ok_or_else(|| self.undefined(name))?;
        if self.omitting == 0 {
            write_referenced(&mut self.out, letter);
        }
        Ok(())
    }

    fn instruction(&mut self, content: &str) -> Result<(), C14nError> {
        let (target, rest) = split_tag(content);
        if split_name(target).is_err() || target.eq_ignore_ascii_case("xml") {
            return Err(self.malformed("processing instruction without a proper target"));
        }
        let outside = self.scope.depth() == 0;
        self.walked.outer_instructions += usize::from(outside);
        if self.omitting > 0 || (outside && self.order.extent == Extent::Root) {
            return Ok(());
        }
        if outside && self.root_ended {
            self.out.push(b'\n');
        }
        self.out.extend_from_slice(b"<?");
        self.out.extend_from_slice(target.as_bytes());
        let rest = rest.trim_start_matches(WHITE);
        if !rest.is_empty() {
            self.out.push(b' ');
            write_lines(&mut self.out, rest);
        }
        self.out.extend_from_slice(b"?>");
        if outside && !self.root_ended {
            self.out.push(b'\n');
        }
        Ok(())
    }
}

/// Whether a namespace begins with a scheme. Canonical XML 1.0, section 1.3 excludes relative ones.
fn is_absolute(namespace: &str) -> bool {
    let Some((scheme, _)) = namespace.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'))
}

/// The first character that XML forbids: controls but tab, line feed and return, and the two non-characters U+FFFE and U+FFFF.
fn find_forbidden(text: &str) -> Option<usize> {
    let control = |octet: u8| octet < 0x20 && !matches!(octet, b'\t' | b'\n' | b'\r');
    let octets = text.as_bytes();
    // In chunks without early exit, so that the compiler can compare many octets at once.
    let mut at = 0;
    for chunk in octets.chunks(4096) {
        if chunk.iter().fold(0_u8, |found, octet| found | u8::from(control(*octet))) != 0 {
            return chunk.iter().position(|octet| control(*octet)).map(|inside| at + inside);
        }
        at += chunk.len();
    }
    // Only these two begin with EF BF BE and EF BF BF.
    let mut finder = memchr::memmem::find_iter(octets, b"\xef\xbf");
    finder.find(|at| matches!(octets.get(at + 2), Some(0xbe | 0xbf)))
}
