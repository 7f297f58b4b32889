//! Documents as plain lists of events: by our walk, and by quick-xml. Judges nothing.

use std::io::BufRead;

use girogate::schema::event::{Limits, NotWellFormed};
use girogate::schema::walk::{Step, Walk};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// A start: element, then the attributes without prefix.
fn start(namespace: Option<&str>, local: &str, mut attributes: Vec<String>) -> String {
    attributes.sort();
    let name = namespace.map_or_else(|| local.to_owned(), |namespace| format!("{{{namespace}}}{local}"));
    [vec!["S".to_owned(), name], attributes].concat().join("\0")
}

/// Ours. An element says the value of an attribute only by its name, so the names are told.
pub fn ours(input: impl BufRead, names: &[String]) -> Result<Vec<String>, NotWellFormed> {
    let mut walk = Walk::without_schema(input, Limits::default());
    let mut events = Vec::new();
    loop {
        match walk.next()? {
            Step::Start(element) => {
                let value = |name: &String| Some(format!("{name}={}", element.attribute(name)?));
                let attributes = names.iter().filter_map(value).collect();
                events.push(start(element.namespace, element.local, attributes));
            }
            Step::Text(text) => events.push(format!("T\0{text}")),
            Step::End => events.push("E".to_owned()),
            Step::Finished => return Ok(events),
        }
    }
}

/// Whether our walk reads a document to its end without a contradiction of its encoding.
pub fn verdict(octets: &[u8]) -> Result<bool, NotWellFormed> {
    let mut walk = Walk::without_schema(octets, Limits::default());
    while !matches!(walk.next()?, Step::Finished) {}
    Ok(walk.violations_total() == 0)
}

/// An element that quick-xml has not closed yet.
struct Open {
    text: String,
    has_child: bool,
}

/// quick-xml's, for a well-formed document in UTF-8 without a document type.
pub fn quick_xml(text: &str) -> Result<(Vec<String>, Vec<String>), String> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut events, mut names, mut open) = (Vec::new(), Vec::new(), Vec::<Open>::new());
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| error.to_string())?;
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => Some(unescaped(namespace.0)?),
            _ => None,
        };
        match event {
            Event::Start(tag) => {
                let attributes = attributes(&tag, &mut names)?;
                if let Some(parent) = open.last_mut() {
                    parent.has_child = true;
                    tell(&mut parent.text, false, &mut events);
                }
                let local = tag.local_name().as_ref().to_owned();
                events.push(start(namespace.as_deref(), &local, attributes));
                open.push(Open { text: String::new(), has_child: false });
            }
            Event::End(_) => {
                let mut last = open.pop().ok_or("an end too many")?;
                tell(&mut last.text, !last.has_child, &mut events);
                events.push("E".to_owned());
            }
            Event::Text(text) => add(&mut open, &text.xml10_content()),
            Event::CData(text) => add(&mut open, &text.xml10_content()),
            Event::GeneralRef(name) => add(&mut open, &resolved(&name)?),
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_) | Event::Empty(_) => {}
        }
    }
    names.sort();
    names.dedup();
    Ok((events, names))
}

fn resolved(name: &quick_xml::events::BytesRef<'_>) -> Result<String, String> {
    match name.resolve_char_ref().map_err(|error| error.to_string())? {
        Some(letter) => Ok(letter.to_string()),
        None => unescaped(&format!("&{};", &**name)),
    }
}

fn unescaped(text: &str) -> Result<String, String> {
    quick_xml::escape::unescape(text).map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

fn add(open: &mut [Open], text: &str) {
    if let Some(innermost) = open.last_mut() {
        innermost.text.push_str(text);
    }
}

/// Blank text is told only in elements without children, as our walk does outside of a schema.
fn tell(text: &mut String, bare: bool, events: &mut Vec<String>) {
    let blank = text.chars().all(|letter| matches!(letter, ' ' | '\t' | '\n' | '\r'));
    if !text.is_empty() && (bare || !blank) {
        events.push(format!("T\0{text}"));
    }
    text.clear();
}

/// Attributes without prefix, normalised. Source: XML 1.0, section 3.3.3.
fn attributes(tag: &BytesStart<'_>, names: &mut Vec<String>) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = attribute.key.as_ref().to_owned();
        if name == "xmlns" || name.contains(':') {
            continue;
        }
        let spaced = attribute.value.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
        found.push(format!("{name}={}", unescaped(&spaced)?));
        names.push(name);
    }
    Ok(found)
}
