//! The walk: events of the document in, canonical octets out, and a report of what was met.
//! Memory is a buffer of fixed size and the names that are in scope, whatever the size of the document.

use std::borrow::Cow;
use std::io::Write;
use std::ops::Range;

use super::attribute::{
    WHITE, is_canonical_text, next_attribute, normalise, resolve_reference, split_name, split_tag,
    write_attribute, write_lines, write_referenced, write_text,
};
use super::output::Output;
use super::scope::{NONE, Scope, XML_NAMESPACE, XMLNS_NAMESPACE};
use super::token::{Kind, Tag, Token, Tokens};
use super::{
    ATTRIBUTE_OCTETS_MAX, ATTRIBUTES_MAX, C14nError, DEPTH_MAX, Extent, Insertion, NAME_OCTETS_MAX,
    NAMESPACES_MAX, Omitted, Order, Walked, line_and_column,
};

/// Attributes that may identify an element. Chosen by us after the signature formats that banks use.
pub const ID_NAMES: [&str; 4] = ["Id", "ID", "id", "xml:id"];

/// Writes the canonical form of `text` to `sink`.
pub fn canonicalise<'i>(
    text: &'i str,
    order: &Order<'i>,
    sink: &mut dyn Write,
) -> Result<Walked<'i>, C14nError> {
    let mut walk = Walk::new(text, order, sink)?;
    let mut tokens = Tokens::new(text);
    loop {
        walk.at = tokens.offset();
        match tokens.next_token() {
            Ok(Some(token)) => walk.token(&token)?,
            Ok(None) => return walk.finish(),
            Err(cause) => return Err(walk.malformed(cause)),
        }
    }
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
    out: Output<'i, 'w>,
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
            out: Output::new(text, sink),
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

    fn token(&mut self, token: &Token<'i>) -> Result<(), C14nError> {
        let range = token.range.clone();
        match token.kind {
            Kind::Start(tag) => self.start(&tag, range),
            Kind::Empty(tag) => {
                // Canonically it is a pair of tags, so nothing of it can be kept as it stands.
                self.start(&tag, 0..0)?;
                let open = Insertion::Open { at: range.end - 2, name: tag.name };
                self.end(tag.name, range, open)
            }
            Kind::End(name) => self.end(name, range, Insertion::Before(self.at)),
            Kind::Text(text) => self.characters(text, range),
            Kind::Section(text) => self.section(text),
            Kind::Reference(name) => self.reference(name, range),
            Kind::Instruction(content) => self.instruction(content),
            Kind::Comment => Ok(()),
            Kind::Declaration(rest) => check_declaration(rest).map_err(|cause| self.malformed(cause)),
            Kind::Doctype => {
                let (line, column) = line_and_column(self.text, self.at);
                Err(C14nError::Doctype { line, column })
            }
        }
    }

    fn finish(mut self) -> Result<Walked<'i>, C14nError> {
        self.at = self.text.len();
        if !self.root_ended {
            return Err(self.malformed("the document ends before its root element does"));
        }
        self.out.finish()?;
        Ok(self.walked)
    }

    fn start(&mut self, tag: &Tag<'i>, range: Range<usize>) -> Result<(), C14nError> {
        if self.root_ended {
            return Err(self.malformed("a second root element"));
        }
        let depth = self.scope.depth();
        if depth >= DEPTH_MAX {
            return Err(self.limit("nesting of elements", DEPTH_MAX));
        }
        if tag.name.len() > NAME_OCTETS_MAX {
            return Err(self.limit("octets of a name", NAME_OCTETS_MAX));
        }
        if depth == 0 {
            self.walked.root = tag.name;
        }
        let outside = self.order.omit.filter(|omit| omit.local == tag.local);
        let outside = outside.map(|omit| (omit, self.scope.snapshot()));
        self.scope.push();
        self.attributes.clear();
        if !tag.rest.is_empty() {
            self.read_attributes(tag.rest)?;
        }
        if self.omitting > 0 {
            self.omitting += 1;
            return self.resolve(tag.prefix).map(|_| ());
        }
        let simple = tag.rest.is_empty() && outside.is_none() && self.order.prefixes.is_empty();
        if simple && self.scope.settled(tag.prefix).is_some() && !range.is_empty() {
            self.match_place(depth, tag.local);
            return self.out.keep(range);
        }
        let namespace = self.resolve(tag.prefix)?;
        if let Some((omit, scope)) = outside
            && self.scope.text(namespace) == omit.namespace
        {
            self.omitting = 1;
            self.walked.omitted.push(Omitted { range: self.at..self.at, depth, scope });
            return Ok(());
        }
        self.note_ids(depth);
        self.match_place(depth, tag.local);
        self.render_namespaces(tag.prefix, namespace);
        if tag.rest.is_empty() && self.fresh.is_empty() && !range.is_empty() {
            return self.out.keep(range);
        }
        self.write_start(tag.name)
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

    /// Finds the declarations that must be written here: of prefixes that are used or listed and not yet in effect.
    fn render_namespaces(&mut self, prefix: &'i str, namespace: usize) {
        if self.scope.render(prefix, namespace) {
            self.fresh.push((prefix, namespace));
        }
        for listed in self.order.prefixes {
            let prefix: &'i str = if listed == "#default" { "" } else { listed };
            if let Some(namespace) = self.scope.resolve(prefix)
                && self.scope.render(prefix, namespace)
            {
                self.fresh.push((prefix, namespace));
            }
        }
        for attribute in self.attributes.iter().filter(|attribute| attribute.namespace != NONE) {
            let prefix = split_name(attribute.name).map_or("", |(prefix, _)| prefix);
            if self.scope.render(prefix, attribute.namespace) {
                self.fresh.push((prefix, attribute.namespace));
            }
        }
    }

    fn write_start(&mut self, name: &'i str) -> Result<(), C14nError> {
        let out = self.out.anew()?;
        out.push(b'<');
        out.extend_from_slice(name.as_bytes());
        self.fresh.sort_by_key(|(prefix, _)| *prefix);
        for (prefix, namespace) in self.fresh.drain(..) {
            let text = self.scope.text(namespace);
            if prefix.is_empty() {
                write_attribute(out, "xmlns", text);
            } else {
                write_attribute(out, &format!("xmlns:{prefix}"), text);
            }
        }
        let scope = &self.scope;
        self.attributes
            .sort_by(|a, b| (scope.text(a.namespace), a.local).cmp(&(scope.text(b.namespace), b.local)));
        for attribute in &self.attributes {
            write_attribute(out, attribute.name, &attribute.value);
        }
        out.push(b'>');
        Ok(())
    }

    fn end(&mut self, name: &str, range: Range<usize>, insertion: Insertion<'i>) -> Result<(), C14nError> {
        self.scope.pop();
        let depth = self.scope.depth();
        self.root_ended = depth == 0;
        if self.omitting > 0 {
            self.omitting -= 1;
            if self.omitting == 0
                && let Some(omitted) = self.walked.omitted.last_mut()
            {
                omitted.range.end = range.end;
            }
            return Ok(());
        }
        if let Some(place) = self.order.place {
            let whole = self.matched == depth + 1 && self.matched == place.len();
            if whole || (place.is_empty() && depth == 0) {
                self.walked.insertions.push(insertion);
            }
            self.matched = self.matched.min(depth);
        }
        // `</`, the name and `>`, without white space: the tag is canonical as it stands.
        if range.len() == name.len() + 3 && matches!(self.text.as_bytes().get(range.start + 1), Some(b'/')) {
            return self.out.keep(range);
        }
        let out = self.out.anew()?;
        out.extend_from_slice(b"</");
        out.extend_from_slice(name.as_bytes());
        out.push(b'>');
        Ok(())
    }

    fn characters(&mut self, text: &str, range: Range<usize>) -> Result<(), C14nError> {
        if self.scope.depth() == 0 {
            if text.trim_matches(WHITE).is_empty() {
                return Ok(());
            }
            return Err(self.malformed("text outside the root element"));
        }
        if is_canonical_text(text) {
            return if self.omitting == 0 { self.out.keep(range) } else { Ok(()) };
        }
        if text.contains("]]>") {
            return Err(self.malformed("']]>' in text"));
        }
        if self.omitting == 0 {
            write_text(self.out.anew()?, text);
        }
        Ok(())
    }

    fn section(&mut self, text: &str) -> Result<(), C14nError> {
        if self.scope.depth() == 0 {
            return Err(self.malformed("text outside the root element"));
        }
        if self.omitting == 0 {
            write_text(self.out.anew()?, text);
        }
        Ok(())
    }

    fn reference(&mut self, name: &str, range: Range<usize>) -> Result<(), C14nError> {
        if self.scope.depth() == 0 {
            return Err(self.malformed("text outside the root element"));
        }
        let letter = resolve_reference(name).ok_or_else(|| self.undefined(name))?;
        if self.omitting > 0 {
            return Ok(());
        }
        if matches!(name, "amp" | "lt" | "gt") {
            return self.out.keep(range);
        }
        write_referenced(self.out.anew()?, letter);
        Ok(())
    }

    fn instruction(&mut self, content: &str) -> Result<(), C14nError> {
        let (target, rest) = split_tag(content);
        let proper = split_name(target).is_ok_and(|(prefix, _)| prefix.is_empty());
        if !proper || target.eq_ignore_ascii_case("xml") {
            return Err(self.malformed("processing instruction without a proper target"));
        }
        let outside = self.scope.depth() == 0;
        self.walked.outer_instructions += usize::from(outside);
        if self.omitting > 0 || (outside && self.order.extent == Extent::Root) {
            return Ok(());
        }
        let out = self.out.anew()?;
        if outside && self.root_ended {
            out.push(b'\n');
        }
        out.extend_from_slice(b"<?");
        out.extend_from_slice(target.as_bytes());
        let rest = rest.trim_start_matches(WHITE);
        if !rest.is_empty() {
            out.push(b' ');
            write_lines(out, rest);
        }
        out.extend_from_slice(b"?>");
        if outside && !self.root_ended {
            out.push(b'\n');
        }
        Ok(())
    }
}

/// Source: XML 1.0, section 2.8. XML 1.1 has other rules for line ends and characters, so it is refused.
fn check_declaration(mut rest: &str) -> Result<(), &'static str> {
    let letters = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(&octet))
    };
    let mut last = 0;
    while let Some(part) = next_attribute(&mut rest)? {
        let place = match (part.name, part.value) {
            ("version", "1.0") => 1,
            ("encoding", label) if letters(label) => 2,
            ("standalone", "yes" | "no") => 3,
            _ => return Err("XML declaration with something unknown"),
        };
        if place <= last || (last == 0 && place != 1) {
            return Err("XML declaration out of order");
        }
        last = place;
    }
    if last == 0 { Err("XML declaration without a version") } else { Ok(()) }
}

/// Whether a namespace is a URI with a scheme. Canonical XML 1.0, section 1.3 excludes relative ones; characters
/// that no URI has (RFC 3986, section 2) are refused, as parsers differ on what to make of them.
fn is_absolute(namespace: &str) -> bool {
    let Some((scheme, rest)) = namespace.split_once(':') else { return false };
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=%".contains(&octet);
    let (before, after) = rest.split_once('#').unwrap_or((rest, ""));
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && before.bytes().chain(after.bytes()).all(plain)
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
