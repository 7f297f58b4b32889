//! Reads a message definition: the subset of XML Schema that ISO 20022 uses. Anything else is refused by name and line.

use std::collections::HashMap;
use std::io::BufRead;

use super::event::{Limits, NotWellFormed, Scanner, Token};
use super::facet::{Bound, Facets, PRIMITIVES, Primitive};
use super::lexical;
use super::model::{
    AttributeRule, Content, Member, MemberId, Name, Presence, Process, Schema, Shape, Simple, Slot, SlotKind,
    Type, TypeId, UNBOUNDED, Wildcard, WildcardNamespaces,
};
use super::pattern::Pattern;

pub(super) const XS: &str = "http://www.w3.org/2001/XMLSchema";

/// Why a definition was refused. Whoever supplied the file must act.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The file is not XML.
    #[error(transparent)]
    NotWellFormed(#[from] NotWellFormed),
    /// Uses something outside of the subset.
    #[error("line {line}: {construct} is outside of the subset that is read")]
    Unsupported {
        /// The construct by name.
        construct: String,
        /// From 1.
        line: u64,
    },
    /// Contradicts itself or the rules of XML Schema.
    #[error("line {line}: {what}")]
    Broken {
        /// What is wrong, with the name it is about.
        what: String,
        /// From 1.
        line: u64,
    },
}

impl SchemaError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SchemaError::NotWellFormed(error) => error.code(),
            SchemaError::Unsupported { .. } => "xsd.unsupported",
            SchemaError::Broken { .. } => "xsd.broken",
        }
    }
}

fn unsupported<T>(line: u64, construct: impl Into<String>) -> Result<T, SchemaError> {
    Err(SchemaError::Unsupported { construct: construct.into(), line })
}

fn broken<T>(line: u64, what: impl Into<String>) -> Result<T, SchemaError> {
    Err(SchemaError::Broken { what: what.into(), line })
}

/// Reads and compiles a definition.
pub fn parse(input: impl BufRead) -> Result<Schema, SchemaError> {
    let root = read_tree(input)?;
    Compiler::new(&root)?.compile()
}

/// An element of the definition's text.
struct Node {
    kind: String,
    line: u64,
    attributes: Vec<(String, String)>,
    /// `type` or `base`, resolved: namespace and local name.
    reference: Option<(String, String)>,
    children: Vec<Node>,
}

impl Node {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str, SchemaError> {
        match self.attribute(name) {
            Some(value) => Ok(value),
            None => broken(self.line, format!("xs:{} without {name}", self.kind)),
        }
    }

    fn allow(&self, names: &[&str]) -> Result<(), SchemaError> {
        match self.attributes.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => unsupported(self.line, format!("attribute {name} of xs:{}", self.kind)),
            None => Ok(()),
        }
    }

    fn refused<T>(&self) -> Result<T, SchemaError> {
        unsupported(self.line, format!("xs:{} here", self.kind))
    }

    fn occurrence(&self) -> Result<(u32, u32), SchemaError> {
        let number = |name: &str| match self.attribute(name) {
            None => Ok(1),
            Some("unbounded") if name == "maxOccurs" => Ok(UNBOUNDED),
            Some(text) => match text.parse::<u32>() {
                Ok(number) if number < UNBOUNDED => Ok(number),
                _ => broken(self.line, format!("{name} {text}")),
            },
        };
        let (min, max) = (number("minOccurs")?, number("maxOccurs")?);
        if max == 0 {
            return unsupported(self.line, "maxOccurs 0");
        }
        if min > max { broken(self.line, "minOccurs above maxOccurs") } else { Ok((min, max)) }
    }
}

fn read_tree(input: impl BufRead) -> Result<Node, SchemaError> {
    let mut scanner = Scanner::new(input, Limits::default());
    let mut open: Vec<Node> = Vec::new();
    loop {
        match scanner.next()? {
            Token::Start => {
                let node = read_node(&scanner)?;
                open.push(node);
            }
            Token::Text => {
                let line = scanner.position().line;
                let annotated = open.iter().any(|node| node.kind == "annotation");
                if !annotated && !super::event::is_blank(scanner.text()) {
                    return broken(line, "text between the elements of a definition");
                }
            }
            Token::End => {
                let Some(node) = open.pop() else { continue };
                match open.last_mut() {
                    // Annotations change nothing that an instance could show.
                    Some(_) if node.kind == "annotation" => {}
                    Some(parent) => parent.children.push(node),
                    None => return finish_tree(scanner, node),
                }
            }
            Token::Finished => return broken(1, "an empty definition"),
        }
    }
}

/// Reads on to the end, because what follows the root element must be well-formed too.
fn finish_tree<R: BufRead>(mut scanner: Scanner<R>, root: Node) -> Result<Node, SchemaError> {
    while scanner.next()? != Token::Finished {}
    if let Some((place, text)) = scanner.take_contradiction() {
        return broken(place.line, text.text);
    }
    Ok(root)
}

fn read_node<R: BufRead>(scanner: &Scanner<R>) -> Result<Node, SchemaError> {
    let line = scanner.position().line;
    if scanner.namespaces().name(scanner.namespace()) != Some(XS) {
        return unsupported(line, format!("element {}", scanner.local_name()));
    }
    let mut node = Node {
        kind: scanner.local_name().to_owned(),
        line,
        attributes: Vec::new(),
        reference: None,
        children: Vec::new(),
    };
    for attribute in scanner.attributes() {
        let name = scanner.attribute_name(attribute).to_owned();
        if attribute.namespace != super::event::ABSENT {
            return unsupported(line, format!("attribute {name} in a namespace"));
        }
        let value = lexical::collapse(scanner.attribute_value(attribute)).into_owned();
        if name == "type" || name == "base" {
            let (prefix, local) = value.split_once(':').unwrap_or(("", &value));
            let namespace = match prefix {
                "" => scanner.namespaces().default_namespace(),
                prefix => match scanner.namespaces().resolve(prefix) {
                    Some(namespace) => namespace,
                    None => return broken(line, format!("prefix {prefix} is not bound")),
                },
            };
            let namespace = scanner.namespaces().name(namespace).unwrap_or("").to_owned();
            node.reference = Some((namespace, local.to_owned()));
        }
        // A pattern or an enumerated value means what it says, white space included.
        let raw = if name == "value" { scanner.attribute_value(attribute).to_owned() } else { value };
        node.attributes.push((name, raw));
    }
    Ok(node)
}

/// Turns the tree into tables, in breadth-first order from the global element. Types that it does not reach are left out.
struct Compiler<'n> {
    namespace: &'n str,
    root: &'n Node,
    named: HashMap<&'n str, &'n Node>,
    /// Types in the order of their ids.
    order: Vec<&'n Node>,
    ids: HashMap<&'n str, TypeId>,
    slots: Vec<Slot>,
    members: Vec<Member>,
}

impl<'n> Compiler<'n> {
    fn new(schema: &'n Node) -> Result<Compiler<'n>, SchemaError> {
        if schema.kind != "schema" {
            return schema.refused();
        }
        schema.allow(&["targetNamespace", "elementFormDefault", "attributeFormDefault", "version", "id"])?;
        if schema.attribute("elementFormDefault") != Some("qualified") {
            return unsupported(schema.line, "elementFormDefault other than qualified");
        }
        if schema.attribute("attributeFormDefault").is_some_and(|form| form != "unqualified") {
            return unsupported(schema.line, "attributeFormDefault other than unqualified");
        }
        let namespace = schema.required("targetNamespace")?;
        let mut named = HashMap::new();
        let mut root = None;
        for node in &schema.children {
            let name = node.required("name")?;
            let known = match node.kind.as_str() {
                "element" => root.replace(node).is_some(),
                "complexType" | "simpleType" => named.insert(name, node).is_some(),
                _ => return node.refused(),
            };
            if known && node.kind == "element" {
                return unsupported(node.line, "a second global element");
            }
            if known {
                return broken(node.line, format!("type {name} twice"));
            }
        }
        let Some(root) = root else { return broken(schema.line, "no global element") };
        Ok(Compiler {
            namespace,
            root,
            named,
            order: Vec::new(),
            ids: HashMap::new(),
            slots: Vec::new(),
            members: Vec::new(),
        })
    }

    fn compile(mut self) -> Result<Schema, SchemaError> {
        self.root.allow(&["name", "type"])?;
        let root_type = self.type_id(self.root)?;
        let mut types = Vec::new();
        let mut next = 0;
        while let Some(node) = self.order.get(next).copied() {
            next += 1;
            types.push(self.compile_type(node)?);
        }
        Ok(Schema {
            namespace: self.namespace.to_owned(),
            root: Name::new(self.root.required("name")?),
            root_type,
            types,
            slots: self.slots,
            members: self.members,
        })
    }

    /// The id of the type that `type` or `base` names; gives out a new one on first sight.
    fn type_id(&mut self, node: &'n Node) -> Result<TypeId, SchemaError> {
        let Some((namespace, local)) = &node.reference else {
            return unsupported(node.line, format!("xs:{} without a named type", node.kind));
        };
        if namespace != self.namespace {
            return unsupported(node.line, format!("type {local} of namespace {namespace}"));
        }
        if let Some(id) = self.ids.get(local.as_str()) {
            return Ok(*id);
        }
        let Some((name, definition)) = self.named.get_key_value(local.as_str()) else {
            return broken(node.line, format!("type {local} is not defined"));
        };
        let id = index(self.order.len(), node)?;
        self.ids.insert(name, id);
        self.order.push(definition);
        Ok(id)
    }

    fn compile_type(&mut self, node: &'n Node) -> Result<Type, SchemaError> {
        node.allow(&["name"])?;
        let name = node.required("name")?.to_owned();
        let [inner] = node.children.as_slice() else {
            return unsupported(node.line, format!("type {name} with other than one part"));
        };
        let content = match (node.kind.as_str(), inner.kind.as_str()) {
            ("simpleType", "restriction") => Content::Simple(Box::new(simple(inner)?)),
            ("complexType", "simpleContent") => self.extended(inner)?,
            ("complexType", "sequence") => self.sequence(inner)?,
            ("complexType", "choice") => {
                let start = self.start();
                self.choice(inner)?;
                self.finish(start, Shape::Choice, inner)?
            }
            _ => return inner.refused(),
        };
        Ok(Type { name, content })
    }

    fn extended(&mut self, node: &'n Node) -> Result<Content, SchemaError> {
        node.allow(&[])?;
        let extension = match node.children.as_slice() {
            [extension] if extension.kind == "extension" => extension,
            [other, ..] => return other.refused(),
            [] => return node.refused(),
        };
        extension.allow(&["base"])?;
        let base = self.type_id(extension)?;
        if !self.is_simple(base) {
            return unsupported(extension.line, "an extension of a complex type");
        }
        let mut attributes: Vec<AttributeRule> = Vec::new();
        for child in &extension.children {
            if child.kind != "attribute" {
                return child.refused();
            }
            child.allow(&["name", "type", "use"])?;
            let name = child.required("name")?.to_owned();
            let presence = match child.attribute("use") {
                Some("required") => Presence::Required,
                None | Some("optional") => Presence::Optional,
                Some(other) => return unsupported(child.line, format!("use {other}")),
            };
            let kind = self.type_id(child)?;
            if !self.is_simple(kind) {
                return broken(child.line, format!("attribute {name} of a complex type"));
            }
            if attributes.iter().any(|known| known.name == name) {
                return broken(child.line, format!("attribute {name} twice"));
            }
            attributes.push(AttributeRule { name, kind, presence });
        }
        Ok(Content::Extended { base, attributes })
    }

    fn is_simple(&self, id: TypeId) -> bool {
        self.order.get(usize::from(id)).is_some_and(|node| node.kind == "simpleType")
    }

    fn start(&self) -> (usize, usize) {
        (self.slots.len(), self.members.len())
    }

    fn sequence(&mut self, node: &'n Node) -> Result<Content, SchemaError> {
        node.allow(&[])?;
        let start = self.start();
        for child in &node.children {
            match child.kind.as_str() {
                "element" => {
                    let (min, max) = child.occurrence()?;
                    let first = index(self.members.len(), child)?;
                    self.member(child)?;
                    self.slot(SlotKind::Element, (min, max), first, child)?;
                }
                "choice" => self.choice(child)?,
                "any" => self.wildcard(child, node)?,
                _ => return child.refused(),
            }
        }
        self.finish(start, Shape::Sequence, node)
    }

    fn choice(&mut self, node: &'n Node) -> Result<(), SchemaError> {
        node.allow(&["minOccurs", "maxOccurs"])?;
        let (min, max) = node.occurrence()?;
        let first = index(self.members.len(), node)?;
        for child in &node.children {
            if child.kind != "element" {
                return child.refused();
            }
            self.member(child)?;
            if max > 1 {
                if child.occurrence()? != (1, 1) {
                    return unsupported(child.line, "occurrence within a repeated choice");
                }
                // A repeated choice counts all alternatives together.
                if let Some(member) = self.members.last_mut() {
                    (member.min, member.max, member.repeatable) = (min, max, true);
                }
            }
        }
        if node.children.is_empty() {
            return broken(node.line, "an empty choice");
        }
        self.slot(SlotKind::Choice, (min, max), first, node)
    }

    fn wildcard(&mut self, node: &'n Node, parent: &'n Node) -> Result<(), SchemaError> {
        node.allow(&["minOccurs", "maxOccurs", "namespace", "processContents"])?;
        if parent.children.len() != 1 {
            return unsupported(node.line, "xs:any beside other particles");
        }
        let namespaces = match node.attribute("namespace") {
            None | Some("##any") => WildcardNamespaces::Any,
            Some(list) if list.contains("##") => return unsupported(node.line, format!("namespace {list}")),
            Some(list) => WildcardNamespaces::Listed(list.split(' ').map(str::to_owned).collect()),
        };
        let process = match node.attribute("processContents") {
            Some("lax") => Process::Lax,
            Some("skip") => Process::Skip,
            _ => return unsupported(node.line, "xs:any with strict processing"),
        };
        let occurrence = node.occurrence()?;
        let first = index(self.members.len(), node)?;
        self.slot(SlotKind::Any(Wildcard { namespaces, process }), occurrence, first, node)
    }

    fn member(&mut self, node: &'n Node) -> Result<(), SchemaError> {
        node.allow(&["name", "type", "minOccurs", "maxOccurs"])?;
        if !node.children.is_empty() {
            return unsupported(node.line, "an element with a definition inside");
        }
        let (min, max) = node.occurrence()?;
        let kind = self.type_id(node)?;
        let name = Name::new(node.required("name")?);
        self.members.push(Member { name, kind, min, max, slot: 0, needs: 0, rescan: 0, repeatable: max > 1 });
        Ok(())
    }

    fn slot(
        &mut self,
        kind: SlotKind,
        (min, max): (u32, u32),
        first: MemberId,
        node: &'n Node,
    ) -> Result<(), SchemaError> {
        let end = index(self.members.len(), node)?;
        self.slots.push(Slot { kind, min, max, first, end });
        Ok(())
    }

    /// Closes a content model: numbers its slots and works out what each member needs before it.
    fn finish(
        &mut self,
        start: (usize, usize),
        shape: Shape,
        node: &'n Node,
    ) -> Result<Content, SchemaError> {
        let (first_slot, first) = (index(start.0, node)?, index(start.1, node)?);
        let (end_slot, end) = (index(self.slots.len(), node)?, index(self.members.len(), node)?);
        let mut required: u16 = 0;
        for (number, slot) in (1..).zip(&self.slots[start.0..]) {
            for member in &mut self.members[usize::from(slot.first)..usize::from(slot.end)] {
                (member.slot, member.needs, member.rescan) = (number, required, slot.first);
            }
            if !slot.is_optional(&self.members) {
                required = number;
            }
        }
        let members = &self.members[start.1..];
        for (position, member) in members.iter().enumerate() {
            if members[..position].iter().any(|other| other.name == member.name) {
                return unsupported(
                    node.line,
                    format!("element {} twice in one content model", member.name.text()),
                );
            }
        }
        Ok(Content::Elements { shape, first_slot, end_slot, first, end, required })
    }
}

fn index(value: usize, node: &Node) -> Result<u16, SchemaError> {
    match u16::try_from(value) {
        Ok(number) if number < u16::MAX => Ok(number),
        _ => unsupported(node.line, "a definition of more than 65,534 parts"),
    }
}

fn simple(node: &Node) -> Result<Simple, SchemaError> {
    node.allow(&["base"])?;
    let (namespace, local) = match &node.reference {
        Some(reference) => reference,
        None => return unsupported(node.line, "a restriction without named base"),
    };
    let primitive = PRIMITIVES.iter().find(|(name, _)| namespace == XS && name == local);
    let Some((_, primitive)) = primitive else { return unsupported(node.line, format!("base {local}")) };
    let mut facets = Facets::default();
    for child in &node.children {
        child.allow(&["value"])?;
        add_facet(&mut facets, *primitive, child)?;
    }
    facets.bounds.sort();
    Ok(Simple { primitive: *primitive, facets })
}

fn add_facet(facets: &mut Facets, primitive: Primitive, node: &Node) -> Result<(), SchemaError> {
    let value = node.required("value")?;
    let kind = node.kind.as_str();
    let (text, decimal) =
        (matches!(primitive, Primitive::String | Primitive::Base64Binary), primitive == Primitive::Decimal);
    let bound = match kind {
        "minInclusive" => Some(Bound::MinInclusive),
        "minExclusive" => Some(Bound::MinExclusive),
        "maxInclusive" => Some(Bound::MaxInclusive),
        "maxExclusive" => Some(Bound::MaxExclusive),
        _ => None,
    };
    match kind {
        "length" if text => set(&mut facets.length, node),
        "minLength" if text => set(&mut facets.min_length, node),
        "maxLength" if text => set(&mut facets.max_length, node),
        "totalDigits" if decimal => set(&mut facets.total_digits, node),
        "fractionDigits" if decimal => set(&mut facets.fraction_digits, node),
        "pattern" => match Pattern::parse(value) {
            Ok(pattern) => {
                facets.patterns.push(pattern);
                Ok(())
            }
            Err(reason) => unsupported(node.line, format!("pattern {value}: {reason}")),
        },
        "enumeration" if primitive == Primitive::String => {
            if value.is_empty() {
                return broken(node.line, "an empty enumeration value");
            }
            facets.enumeration.push(Name::new(value));
            Ok(())
        }
        _ => match bound.filter(|_| decimal) {
            Some(_) if lexical::Decimal::parse(value).is_none() => {
                broken(node.line, format!("{kind} {value}"))
            }
            Some(bound) => {
                facets.bounds.push((bound, value.to_owned()));
                Ok(())
            }
            None => unsupported(node.line, format!("xs:{kind} on xs:{}", primitive.name())),
        },
    }
}

fn set(facet: &mut Option<u64>, node: &Node) -> Result<(), SchemaError> {
    let value = node.required("value")?;
    match value.parse() {
        Ok(number) if facet.replace(number).is_none() => Ok(()),
        Ok(_) => broken(node.line, format!("xs:{} twice", node.kind)),
        Err(_) => broken(node.line, format!("xs:{} {value}", node.kind)),
    }
}
