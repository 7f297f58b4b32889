//! Turns the tree of a definition into tables: which types there are, and in which order. Knows names, never content models.

use std::collections::{HashMap, HashSet};

use super::simple::{self, Patterns};
use super::tree::{Node, Reference, Space};
use super::{BUILTIN_PREFIX, Place, Refused, SchemaError, broken, unsupported};
use crate::schema::facet::Facets;
use crate::schema::model::{Content, Member, Name, Schema, Simple, Slot, Type, TypeId};

/// Longest chain of types, each made from the next. Chosen by us: subsets have three.
pub(super) const DERIVATIONS_MAX: usize = 32;

/// Compiles the tree; lists everything that is refused.
pub(super) fn compile(root: &Node) -> Result<Schema, Refused> {
    Compiler::new(root)?.compile()
}

/// Where a type comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'n> {
    /// A named or inline `xs:complexType` or `xs:simpleType`.
    Definition(&'n Node),
    /// The text of a complex type that restricts the text of another: the restriction.
    Value(&'n Node),
    /// A built-in type that an element or attribute has directly.
    Builtin(&'n Node),
}

/// What a type is known by before it is compiled.
#[derive(PartialEq, Eq, Hash)]
enum Key<'n> {
    Named(&'n str),
    Builtin(&'n str),
    /// The number of the defining element.
    Inline(u32),
}

/// Types stand in breadth-first order from the document's element; those that it does not reach follow, because an instance may
/// name them in `xsi:type`, and because what is wrong with them must be said.
pub(super) struct Compiler<'n> {
    root: &'n Node,
    namespace: &'n str,
    /// The document's element.
    document: &'n Node,
    /// The other global elements.
    others: Vec<&'n Node>,
    elements: HashMap<&'n str, &'n Node>,
    named: HashMap<&'n str, &'n Node>,
    /// Names and origins of the types in the order of their ids.
    order: Vec<(String, Origin<'n>)>,
    ids: HashMap<Key<'n>, TypeId>,
    pub(super) patterns: Patterns<'n>,
    pub(super) slots: Vec<Slot>,
    pub(super) members: Vec<Member>,
    refused: Vec<SchemaError>,
}

impl<'n> Compiler<'n> {
    fn new(root: &'n Node) -> Result<Compiler<'n>, SchemaError> {
        if root.kind != "schema" {
            return root.refused();
        }
        root.allow(&["targetNamespace", "elementFormDefault", "attributeFormDefault", "version"])?;
        if root.attribute("elementFormDefault") != Some("qualified") {
            return unsupported(root.place, "elementFormDefault other than qualified");
        }
        if root.attribute("attributeFormDefault").is_some_and(|form| form != "unqualified") {
            return unsupported(root.place, "attributeFormDefault other than unqualified");
        }
        let namespace = root.required("targetNamespace")?;
        let (mut elements, mut named) = (HashMap::new(), HashMap::new());
        for node in &root.children {
            let (what, known) = match node.kind {
                "element" => ("element", elements.insert(node.required("name")?, node)),
                "complexType" | "simpleType" => ("type", named.insert(node.required("name")?, node)),
                _ => return node.refused(),
            };
            if known.is_some() {
                return broken(node.place, format!("{what} {} twice", node.required("name")?));
            }
        }
        let (document, others) = find_document(root)?;
        Ok(Compiler {
            root,
            namespace,
            document,
            others,
            elements,
            named,
            order: Vec::new(),
            ids: HashMap::new(),
            patterns: HashMap::new(),
            slots: Vec::new(),
            members: Vec::new(),
            refused: Vec::new(),
        })
    }

    fn compile(mut self) -> Result<Schema, Refused> {
        let root_type = self.global(self.document)?;
        let mut types = Vec::new();
        self.compile_found(&mut types);
        let mut others = Vec::new();
        for node in std::mem::take(&mut self.others) {
            match self.global(node) {
                Ok(kind) => others.push((Name::new(node.required("name")?), kind)),
                Err(error) => self.refused.push(error),
            }
        }
        self.compile_found(&mut types);
        for node in &self.root.children {
            if node.kind != "element" {
                self.named(node.required("name")?, node)?;
                self.compile_found(&mut types);
            }
        }
        self.refused.sort_by_key(SchemaError::place);
        if !self.refused.is_empty() {
            let first = self.refused.remove(0);
            return Err(Refused { first, others: self.refused });
        }
        Ok(Schema {
            namespace: self.namespace.to_owned(),
            root: Name::new(self.document.required("name")?),
            root_type,
            others,
            types,
            slots: self.slots,
            members: self.members,
        })
    }

    /// Compiles the types that were found and are not compiled yet; those may find more.
    fn compile_found(&mut self, types: &mut Vec<Type>) {
        while let Some((name, origin)) = self.order.get(types.len()).cloned() {
            let compiled = match origin {
                Origin::Definition(node) if node.kind == "complexType" => self.complex_type(&name, node),
                Origin::Definition(node) => self.simple_type(node),
                Origin::Value(step) => self.value_type(step),
                Origin::Builtin(node) => builtin_of(node).map(|simple| (simple_content(simple), None)),
            };
            let (content, base) = compiled.unwrap_or_else(|error| {
                self.refused.push(error);
                (simple_content(Simple::any()), None)
            });
            types.push(Type { name, content, base });
        }
    }

    /// The type of a global element.
    fn global(&mut self, node: &'n Node) -> Result<TypeId, SchemaError> {
        node.allow(&["name", "type"])?;
        self.type_of(node, "")
    }

    /// The type that an element or attribute has by name or inline; `owner` is the type that it belongs to.
    pub(super) fn type_of(&mut self, node: &'n Node, owner: &str) -> Result<TypeId, SchemaError> {
        match (&node.reference, node.children.as_slice()) {
            (Some(reference), []) => self.type_id(node, reference),
            (None, [inner]) if matches!(inner.kind, "complexType" | "simpleType") => {
                inner.allow(&[])?;
                let name = format!("{owner}/{}", node.required("name")?);
                self.give(Key::Inline(inner.number), name, Origin::Definition(inner))
            }
            (None, []) => unsupported(node.place, format!("xs:{} without a type", node.kind)),
            (Some(_), [inner]) if matches!(inner.kind, "complexType" | "simpleType") => {
                broken(inner.place, format!("xs:{} with two types", node.kind))
            }
            (_, [inner, ..]) => inner.refused(),
        }
    }

    /// The id of the type that a reference names; gives out a new one on first sight.
    pub(super) fn type_id(
        &mut self,
        node: &'n Node,
        reference: &'n Reference,
    ) -> Result<TypeId, SchemaError> {
        match reference.space {
            Space::Own => {
                let node = self.definition(node, reference)?;
                self.named(&reference.local, node)
            }
            Space::Schema => {
                let name = format!("{BUILTIN_PREFIX}{}", reference.local);
                self.give(Key::Builtin(&reference.local), name, Origin::Builtin(node))
            }
            Space::Other(_) => refuse_other(node, reference),
        }
    }

    fn named(&mut self, name: &'n str, node: &'n Node) -> Result<TypeId, SchemaError> {
        self.give(Key::Named(name), name.to_owned(), Origin::Definition(node))
    }

    /// The id of the text of a complex type that restricts another's.
    pub(super) fn value_id(&mut self, owner: &str, step: &'n Node) -> Result<TypeId, SchemaError> {
        self.give(Key::Inline(step.number), format!("{owner}/value"), Origin::Value(step))
    }

    fn give(&mut self, key: Key<'n>, name: String, origin: Origin<'n>) -> Result<TypeId, SchemaError> {
        if let Some(id) = self.ids.get(&key) {
            return Ok(*id);
        }
        let (Origin::Definition(node) | Origin::Value(node) | Origin::Builtin(node)) = origin;
        let id = index(self.order.len(), node)?;
        self.ids.insert(key, id);
        self.order.push((name, origin));
        Ok(id)
    }

    /// The definition that a reference into the target namespace names.
    pub(super) fn definition(
        &self,
        node: &'n Node,
        reference: &'n Reference,
    ) -> Result<&'n Node, SchemaError> {
        match self.named.get(&*reference.local) {
            Some(definition) => Ok(definition),
            None => broken(node.place, format!("type {} is not defined", reference.local)),
        }
    }

    /// The global element that `ref` names.
    pub(super) fn element(&self, node: &'n Node, reference: &'n Reference) -> Result<&'n Node, SchemaError> {
        if let Space::Other(_) = reference.space {
            return refuse_other(node, reference);
        }
        match self.elements.get(&*reference.local).filter(|_| reference.space == Space::Own) {
            Some(element) => Ok(element),
            None => broken(node.place, format!("element {} is not defined", reference.local)),
        }
    }

    /// Whether a type holds text and has no attributes.
    pub(super) fn is_simple(&self, id: TypeId) -> bool {
        match self.order.get(usize::from(id)) {
            Some((_, Origin::Definition(node))) => node.kind == "simpleType",
            Some((_, Origin::Value(_) | Origin::Builtin(_))) => true,
            None => false,
        }
    }

    fn simple_type(&mut self, node: &'n Node) -> Result<(Content, Option<TypeId>), SchemaError> {
        let simple = self.simple(node)?;
        // Inline steps have no name by which an instance could ask for them; what they restrict may have one.
        let mut step = node.children.first();
        while let Some(inline) =
            step.and_then(|step| step.children.iter().find(|child| child.kind == "simpleType"))
        {
            step = inline.children.first();
        }
        let base = step.and_then(|step| Some((step, step.reference.as_ref()?)));
        let base = match base.filter(|(_, reference)| reference.space == Space::Own) {
            Some((step, reference)) => Some(self.type_id(step, reference)?),
            None => None,
        };
        Ok((simple_content(simple), base))
    }

    fn value_type(&mut self, step: &'n Node) -> Result<(Content, Option<TypeId>), SchemaError> {
        let simple = self.restricted_text(step)?;
        Ok((simple_content(simple), None))
    }
}

/// The document's element is the one global element to which nothing refers.
fn find_document(root: &Node) -> Result<(&Node, Vec<&Node>), SchemaError> {
    let mut referred: HashSet<&str> = HashSet::new();
    let mut waiting: Vec<&Node> = vec![root];
    while let Some(node) = waiting.pop() {
        if node.kind == "element" && node.attribute("ref").is_some() {
            referred.extend(node.reference.as_ref().map(|reference| &*reference.local));
        }
        waiting.extend(&node.children);
    }
    let globals = || root.children.iter().filter(|node| node.kind == "element");
    let is_referred = |node: &&Node| node.attribute("name").is_some_and(|name| referred.contains(name));
    let (others, mut free): (Vec<&Node>, Vec<&Node>) = globals().partition(is_referred);
    match (free.pop(), free.first()) {
        (Some(document), None) => Ok((document, others)),
        (Some(surplus), Some(_)) => {
            unsupported(surplus.place, "a second global element to which nothing refers")
        }
        (None, _) => broken(root.place, "no global element that could be the document"),
    }
}

fn refuse_other<T>(node: &Node, reference: &Reference) -> Result<T, SchemaError> {
    let namespace = match &reference.space {
        Space::Other(namespace) => namespace.as_str(),
        Space::Own | Space::Schema => "",
    };
    unsupported(node.place, format!("{} of namespace {namespace}", reference.local))
}

/// The built-in type that an element or attribute names.
pub(super) fn builtin_of(node: &Node) -> Result<Simple, SchemaError> {
    let name = node.reference.as_ref().map_or("", |reference| &*reference.local);
    match simple::builtin(name) {
        Some(simple) => Ok(simple),
        None => unsupported(node.place, format!("type xs:{name}")),
    }
}

fn simple_content(simple: Simple) -> Content {
    Content::Simple(Box::new(simple))
}

impl Simple {
    /// Any text.
    fn any() -> Simple {
        Simple { primitive: crate::schema::facet::Primitive::String, facets: Facets::default() }
    }
}

pub(super) fn index(value: usize, node: &Node) -> Result<u16, SchemaError> {
    match u16::try_from(value) {
        Ok(number) if number < u16::MAX => Ok(number),
        _ => unsupported(node.place, "a definition of more than 65,534 parts"),
    }
}

/// Names the circle that a chain of derivations most likely is.
pub(super) fn too_long<T>(place: Place, name: &str) -> Result<T, SchemaError> {
    broken(place, format!("type {name} is made from itself, or over more than {DERIVATIONS_MAX} others"))
}
