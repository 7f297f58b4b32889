//! The text of a definition as a tree: its elements with their places and attributes. Knows names, never what they mean together.

use std::io::BufRead;

use super::{Place, SchemaError, XS, broken, unsupported};
use crate::schema::event::{ABSENT, Limits, NamespaceId, Scanner, Token, XSI, is_blank};
use crate::schema::lexical;
use crate::schema::model::UNBOUNDED;

/// The elements of XML Schema. Those that are not read are named here so that they can be refused by name.
const KINDS: &[&str] = &[
    "element",
    "complexType",
    "simpleType",
    "sequence",
    "choice",
    "restriction",
    "extension",
    "enumeration",
    "pattern",
    "minLength",
    "maxLength",
    "length",
    "totalDigits",
    "fractionDigits",
    "minInclusive",
    "maxInclusive",
    "minExclusive",
    "maxExclusive",
    "whiteSpace",
    "simpleContent",
    "complexContent",
    "attribute",
    "any",
    "annotation",
    "schema",
];

/// The attributes of those elements that mean something to us, or must be refused with a value.
const ATTRIBUTES: &[&str] = &[
    "name",
    "type",
    "value",
    "base",
    "minOccurs",
    "maxOccurs",
    "use",
    "ref",
    "namespace",
    "processContents",
    "targetNamespace",
    "elementFormDefault",
    "attributeFormDefault",
    "version",
    "id",
    "abstract",
    "mixed",
    "nillable",
];

/// An element of the definition's text.
pub(super) struct Node {
    pub kind: &'static str,
    pub place: Place,
    /// Counts the elements of the text.
    pub number: u32,
    attributes: Vec<(&'static str, Box<str>)>,
    /// `type`, `base` or `ref`, resolved.
    pub reference: Option<Reference>,
    pub children: Vec<Node>,
}

/// A qualified name in an attribute.
pub(super) struct Reference {
    pub space: Space,
    pub local: Box<str>,
}

/// Which namespace a reference is in.
#[derive(PartialEq, Eq)]
pub(super) enum Space {
    /// The target namespace.
    Own,
    /// That of XML Schema.
    Schema,
    Other(String),
}

impl Node {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }

    pub fn required(&self, name: &str) -> Result<&str, SchemaError> {
        match self.attribute(name) {
            Some(value) => Ok(value),
            None => broken(self.place, format!("xs:{} without {name}", self.kind)),
        }
    }

    /// Refuses all attributes but these, an `id`, and switches that are off.
    pub fn allow(&self, names: &[&str]) -> Result<(), SchemaError> {
        let off = |name: &str, value: &str| {
            matches!(name, "abstract" | "mixed" | "nillable") && matches!(value, "false" | "0")
        };
        let surplus = self
            .attributes
            .iter()
            .find(|(name, value)| !names.contains(name) && *name != "id" && !off(name, value));
        match surplus {
            Some((name, _)) => unsupported(self.place, format!("attribute {name} of xs:{}", self.kind)),
            None => Ok(()),
        }
    }

    /// Refuses whatever stands inside.
    pub fn allow_nothing_inside(&self) -> Result<(), SchemaError> {
        self.children.first().map_or(Ok(()), Node::refused)
    }

    pub fn refused<T>(&self) -> Result<T, SchemaError> {
        unsupported(self.place, format!("xs:{} here", self.kind))
    }

    /// `minOccurs` and `maxOccurs`; the latter may be 0, which takes the particle away.
    pub fn occurrence(&self) -> Result<(u32, u32), SchemaError> {
        let number = |name: &str| match self.attribute(name) {
            None => Ok(1),
            Some("unbounded") if name == "maxOccurs" => Ok(UNBOUNDED),
            Some(text) => match text.parse::<u32>() {
                Ok(number) if number < UNBOUNDED && !text.starts_with('+') => Ok(number),
                _ => broken(self.place, format!("{name} {text}")),
            },
        };
        let (min, max) = (number("minOccurs")?, number("maxOccurs")?);
        if min > max { broken(self.place, "minOccurs above maxOccurs") } else { Ok((min, max)) }
    }
}

/// Reads the whole text; annotations, which change nothing that an instance could show, are left out.
pub(super) fn read(input: impl BufRead) -> Result<Node, SchemaError> {
    let mut reader =
        Reader { scanner: Scanner::new(input, Limits::default()), own: ABSENT, schema: ABSENT, count: 0 };
    reader.schema = reader.scanner.intern_namespace(XS);
    let mut open: Vec<Node> = Vec::new();
    // Open elements from the outermost annotation on.
    let mut annotated = 0_usize;
    loop {
        match reader.scanner.next()? {
            Token::Start if annotated > 0 => annotated += 1,
            Token::Start => {
                if open.is_empty() {
                    reader.find_own();
                }
                let node = reader.node()?;
                if node.kind == "annotation" && !open.is_empty() { annotated = 1 } else { open.push(node) }
            }
            Token::Text if annotated == 0 && !is_blank(reader.scanner.text()) => {
                return broken(reader.text_place(), "text between the elements of a definition");
            }
            Token::Text => {}
            Token::End if annotated > 0 => annotated -= 1,
            Token::End => {
                let Some(node) = open.pop() else { continue };
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return reader.finish(node),
                }
            }
            Token::Finished => return broken(Place { line: 1, column: 1 }, "an empty definition"),
        }
    }
}

struct Reader<R> {
    scanner: Scanner<R>,
    /// The target namespace.
    own: NamespaceId,
    /// That of XML Schema.
    schema: NamespaceId,
    count: u32,
}

impl<R: BufRead> Reader<R> {
    fn place(&self) -> Place {
        let position = self.scanner.position();
        Place { line: position.line, column: position.column }
    }

    /// Where the current text stops being white space.
    fn text_place(&self) -> Place {
        let Place { line, column } = self.place();
        let text = self.scanner.text();
        let blank = text.get(..text.len() - lexical::trim_start(text).len()).unwrap_or("");
        let feeds = blank.bytes().filter(|octet| *octet == b'\n').count() as u64;
        let behind = blank.chars().rev().take_while(|character| *character != '\n').count() as u64;
        Place { line: line + feeds, column: if feeds > 0 { behind + 1 } else { column + behind } }
    }

    /// Reads on to the end, because what follows the root element must be well-formed too.
    fn finish(mut self, root: Node) -> Result<Node, SchemaError> {
        while self.scanner.next()? != Token::Finished {}
        match self.scanner.take_contradiction() {
            Some((at, about)) => broken(Place { line: at.line, column: at.column }, about.text),
            None => Ok(root),
        }
    }

    fn node(&mut self) -> Result<Node, SchemaError> {
        let place = self.place();
        let local = self.scanner.local_name();
        if self.scanner.namespace() != self.schema {
            return unsupported(place, format!("element {local}"));
        }
        let Some(kind) = KINDS.iter().find(|kind| **kind == local) else {
            return unsupported(place, format!("xs:{local}"));
        };
        self.count = self.count.saturating_add(1);
        let mut node = Node {
            kind,
            place,
            number: self.count,
            attributes: Vec::with_capacity(self.scanner.attributes().len()),
            reference: None,
            children: Vec::new(),
        };
        for attribute in self.scanner.attributes() {
            let name = self.scanner.attribute_name(attribute);
            // Where an editor finds the definition of definitions, and the language of a text, change nothing.
            if attribute.namespace == XSI && name.ends_with("chemaLocation") {
                continue;
            }
            let known = ATTRIBUTES.iter().find(|known| **known == name && attribute.namespace == ABSENT);
            let Some(known) = known else {
                return unsupported(place, format!("attribute {name} of xs:{kind}"));
            };
            let value = self.scanner.attribute_value(attribute);
            if matches!(*known, "type" | "base" | "ref") {
                node.reference = Some(self.reference(place, &lexical::collapse(value))?);
            }
            // A pattern or an enumerated value means what it says, white space included.
            let value = if *known == "value" { value.into() } else { lexical::collapse(value).into() };
            node.attributes.push((known, value));
        }
        Ok(node)
    }

    fn find_own(&mut self) {
        let is_target = |name: &str| name == "targetNamespace";
        let attributes = self.scanner.attributes().iter();
        let target = attributes.filter(|attribute| is_target(self.scanner.attribute_name(attribute)));
        let target =
            target.map(|attribute| lexical::collapse(self.scanner.attribute_value(attribute)).into_owned());
        if let Some(target) = target.last() {
            self.own = self.scanner.intern_namespace(&target);
        }
    }

    fn reference(&self, place: Place, value: &str) -> Result<Reference, SchemaError> {
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        let namespaces = self.scanner.namespaces();
        let namespace = match prefix {
            "" => namespaces.default_namespace(),
            prefix => match namespaces.resolve(prefix) {
                Some(namespace) => namespace,
                None => return broken(place, format!("prefix {prefix} is not bound")),
            },
        };
        let space = match namespace {
            known if known == self.own && known != ABSENT => Space::Own,
            known if known == self.schema => Space::Schema,
            other => Space::Other(namespaces.name(other).unwrap_or("").to_owned()),
        };
        Ok(Reference { space, local: local.into() })
    }
}
