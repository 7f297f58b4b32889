//! Writes tables back as a definition, in one canonical layout. Never reads one.

use std::collections::HashSet;
use std::fmt::Write;

use super::facet::Facets;
use super::model::{
    AttributeRule, Content, Member, Name, Presence, Process, Schema, Shape, Simple, Slot, SlotKind, Type,
    TypeId, UNBOUNDED, Wildcard, WildcardNamespaces,
};
use super::pattern::Pattern;
use super::xsd::{BUILTIN_PREFIX, XS};

/// The definition behind the tables, types breadth-first from the global element, one space per level, line feeds.
/// Reading it gives equal tables, and restating those gives the same text. Of a subset it says the same about values and elements,
/// but no longer which types were made from which, nor which were inline: those get a name.
pub fn restate(schema: &Schema) -> String {
    let mut page = Page { schema, names: names_of(schema), text: String::new() };
    page.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let id = schema.message_id();
    page.line(
        0,
        &format!(
            "<!-- {} restated from its tables: the rules of the published definition, in our layout. -->",
            escape(id)
        ),
    );
    let namespace = escape(&schema.namespace);
    page.line(
        0,
        &format!("<xs:schema xmlns:xs=\"{XS}\" xmlns=\"{namespace}\" targetNamespace=\"{namespace}\" elementFormDefault=\"qualified\">"),
    );
    page.line(
        1,
        &format!("<xs:element name=\"{}\" type=\"{}\"/>", schema.root.text(), page.name_of(schema.root_type)),
    );
    for id in 0..schema.types.len() {
        page.write_type(id as TypeId);
    }
    page.line(0, "</xs:schema>");
    page.text
}

struct Page<'s> {
    schema: &'s Schema,
    /// Of the types, by their ids.
    names: Vec<String>,
    text: String,
}

/// The names of the types; for an inline type one that no other has.
fn names_of(schema: &Schema) -> Vec<String> {
    let mut taken: HashSet<String> = schema.types.iter().map(|kind| kind.name.clone()).collect();
    let name = |kind: &Type| {
        if !kind.name.contains('/') {
            return kind.name.clone();
        }
        let mut name = kind.name.trim_start_matches('/').replace('/', ".");
        while !taken.insert(name.clone()) {
            name.push('.');
        }
        name
    };
    schema.types.iter().map(name).collect()
}

impl<'s> Page<'s> {
    fn line(&mut self, level: usize, text: &str) {
        for _ in 0..level {
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn name_of(&self, id: TypeId) -> String {
        self.names.get(usize::from(id)).cloned().unwrap_or_default()
    }

    fn write_type(&mut self, id: TypeId) {
        let kind = self.schema.type_at(id);
        if kind.name.starts_with(BUILTIN_PREFIX) {
            return;
        }
        let element = match kind.content {
            Content::Simple(_) => "simpleType",
            Content::Elements { .. } | Content::Extended { .. } => "complexType",
        };
        self.line(1, &format!("<xs:{element} name=\"{}\">", self.name_of(id)));
        match &kind.content {
            Content::Simple(simple) => self.write_simple(simple),
            Content::Extended { base, attributes } => self.write_extended(*base, attributes),
            Content::Elements { shape, .. } => self.write_elements(id, *shape),
        }
        self.line(1, &format!("</xs:{element}>"));
    }

    fn write_simple(&mut self, simple: &Simple) {
        let base = simple.primitive.name();
        let facets = list_facets(&simple.facets);
        let steps = &simple.facets.further_patterns;
        if steps.is_empty() && facets.is_empty() {
            return self.line(2, &format!("<xs:restriction base=\"xs:{base}\"/>"));
        }
        // Patterns that must all match are steps of restriction, the last one outermost.
        for level in 0..steps.len() {
            self.line(2 + 2 * level, "<xs:restriction>");
            self.line(3 + 2 * level, "<xs:simpleType>");
        }
        let innermost = 2 + 2 * steps.len();
        for (index, step) in steps.iter().enumerate() {
            let level = innermost - 2 * index;
            if index == 0 {
                self.line(level, &format!("<xs:restriction base=\"xs:{base}\">"));
            }
            self.write_patterns(step, level + 1);
            self.line(level, "</xs:restriction>");
            self.line(level - 1, "</xs:simpleType>");
        }
        if steps.is_empty() {
            self.line(2, &format!("<xs:restriction base=\"xs:{base}\">"));
        }
        for (name, value) in facets {
            self.line(3, &format!("<xs:{name} value=\"{}\"/>", escape(&value)));
        }
        self.line(2, "</xs:restriction>");
    }

    fn write_patterns(&mut self, patterns: &[Pattern], level: usize) {
        for pattern in patterns {
            self.line(level, &format!("<xs:pattern value=\"{}\"/>", escape(pattern.source())));
        }
    }

    fn write_extended(&mut self, base: TypeId, attributes: &[AttributeRule]) {
        self.line(2, "<xs:simpleContent>");
        self.line(3, &format!("<xs:extension base=\"{}\">", self.name_of(base)));
        for rule in attributes {
            let presence = match rule.presence {
                Presence::Required => " use=\"required\"",
                Presence::Optional => "",
            };
            let kind = self.name_of(rule.kind);
            self.line(4, &format!("<xs:attribute name=\"{}\" type=\"{kind}\"{presence}/>", rule.name));
        }
        self.line(3, "</xs:extension>");
        self.line(2, "</xs:simpleContent>");
    }

    fn write_elements(&mut self, id: TypeId, shape: Shape) {
        let slots = self.schema.slots_of(id);
        if slots.is_empty() {
            return self.line(2, "<xs:sequence/>");
        }
        if shape == Shape::Choice {
            for slot in slots {
                self.write_slot(slot, 2);
            }
            return;
        }
        self.line(2, "<xs:sequence>");
        for slot in slots {
            self.write_slot(slot, 3);
        }
        self.line(2, "</xs:sequence>");
    }

    fn write_slot(&mut self, slot: &Slot, level: usize) {
        let members = &self.schema.members[usize::from(slot.first)..usize::from(slot.end)];
        match &slot.kind {
            SlotKind::Element => {
                for member in members {
                    self.write_member(member, (slot.min, slot.max), level);
                }
            }
            SlotKind::Choice => {
                self.line(level, &format!("<xs:choice{}>", occurrence(slot.min, slot.max)));
                for member in members {
                    // A repeated choice has its counts on itself.
                    let counts = if slot.max > 1 { (1, 1) } else { (member.min, member.max) };
                    self.write_member(member, counts, level + 1);
                }
                self.line(level, "</xs:choice>");
            }
            SlotKind::Any(wildcard) => self.write_wildcard(wildcard, slot, level),
        }
    }

    fn write_member(&mut self, member: &Member, (min, max): (u32, u32), level: usize) {
        let (name, kind) = (member.name.text(), self.name_of(member.kind));
        self.line(level, &format!("<xs:element name=\"{name}\" type=\"{kind}\"{}/>", occurrence(min, max)));
    }

    fn write_wildcard(&mut self, wildcard: &Wildcard, slot: &Slot, level: usize) {
        let namespaces = match &wildcard.namespaces {
            WildcardNamespaces::Any => String::new(),
            WildcardNamespaces::Listed(names) => format!(" namespace=\"{}\"", escape(&names.join(" "))),
        };
        let process = match wildcard.process {
            Process::Lax => "lax",
            Process::Skip => "skip",
            Process::Strict => "strict",
        };
        let counts = occurrence(slot.min, slot.max);
        self.line(level, &format!("<xs:any{namespaces} processContents=\"{process}\"{counts}/>"));
    }
}

fn occurrence(min: u32, max: u32) -> String {
    let mut text = String::new();
    if min != 1 {
        write!(text, " minOccurs=\"{min}\"").expect("a String takes any text");
    }
    match max {
        1 => {}
        UNBOUNDED => text.push_str(" maxOccurs=\"unbounded\""),
        max => write!(text, " maxOccurs=\"{max}\"").expect("a String takes any text"),
    }
    text
}

/// The facets in the canonical order.
fn list_facets(facets: &Facets) -> Vec<(&'static str, String)> {
    let mut list = Vec::new();
    let mut number = |name, value: Option<u64>| list.extend(value.map(|value| (name, value.to_string())));
    number("length", facets.length);
    number("minLength", facets.min_length);
    number("maxLength", facets.max_length);
    list.extend(facets.patterns.iter().map(|pattern| ("pattern", pattern.source().to_owned())));
    list.extend(facets.enumeration.iter().map(Name::text).map(|value| ("enumeration", value.to_owned())));
    list.extend(facets.total_digits.map(|value| ("totalDigits", value.to_string())));
    list.extend(facets.fraction_digits.map(|value| ("fractionDigits", value.to_string())));
    list.extend(facets.bounds.iter().map(|(bound, value)| (bound.name(), value.clone())));
    list
}

/// A value as it stands between double quotes.
fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '"' => text.push_str("&quot;"),
            '\t' | '\n' | '\r' => text.push_str(&format!("&#{};", u32::from(character))),
            other => text.push(other),
        }
    }
    text
}
