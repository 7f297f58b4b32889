//! Where in which definition a scan stands: the open elements with their types. Tolerant like the readers: any
//! wrapper, any namespace, misplaced elements.

use crate::messages::kind::Kind;
use crate::schema::catalog;
use crate::schema::outline::ElementType;

/// Most open elements. Chosen by us; the readers take fewer.
const DEPTH_MAX: usize = 4_096;

struct Open {
    name: String,
    kind: Option<ElementType<'static>>,
    message: Option<Kind>,
    /// Prefix and name of each namespace that the element declares.
    namespaces: Vec<(String, String)>,
    is_document: bool,
    /// Its own.
    namespace: String,
}

/// The open elements.
#[derive(Default)]
pub(super) struct Trail {
    open: Vec<Open>,
    /// Open elements beyond the bound.
    beyond: usize,
    /// Types of elements that stand where the definition does not know them.
    strangers: Vec<ElementType<'static>>,
}

impl Trail {
    /// An element begins.
    pub(super) fn enter(&mut self, name: &str, namespaces: Vec<(String, String)>) {
        if self.open.len() >= DEPTH_MAX {
            self.beyond += 1;
            return;
        }
        let (prefix, local) = name.rsplit_once(':').unwrap_or(("", name));
        let own = namespaces.iter().find(|(known, _)| known == prefix);
        let inherited =
            || self.open.iter().rev().flat_map(|open| &open.namespaces).find(|(known, _)| known == prefix);
        let namespace = own.or_else(inherited).map(|(_, name)| name.clone()).unwrap_or_default();
        let parent = self.open.last();
        let known =
            parent.and_then(|parent| parent.kind).and_then(|kind| kind.child(local)).map(|child| child.kind);
        let mut message = parent.and_then(|parent| parent.message);
        let mut kind = known;
        let is_document = local == "Document";
        if kind.is_none() && (is_document || local == "AppHdr") {
            let exact = catalog::by_namespace(&namespace).filter(|schema| schema.root_name() == local);
            kind = exact.map(crate::schema::model::Schema::outline);
            message = exact.and_then(|schema| Kind::of_child(schema.message_elements().next()?));
        }
        if let (None, Some(found)) = (kind, Kind::of_child(local)) {
            // The document around it names the version, if anything does.
            let around = self.open.last().filter(|open| open.is_document);
            let named = around.map_or(namespace.as_str(), |open| open.namespace.as_str());
            kind = nearest(found, local, named);
            message = Some(found);
        }
        self.strangers = match (kind, message) {
            (None, Some(message)) => of_name(message, local),
            _ => Vec::new(),
        };
        self.open.push(Open { name: local.to_owned(), kind, message, namespaces, is_document, namespace });
    }

    /// The innermost element ends.
    pub(super) fn leave(&mut self) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else {
            self.open.pop();
        }
        self.strangers.clear();
    }

    /// Local name of the innermost element.
    pub(super) fn element(&self) -> &str {
        self.open.last().map_or("", |open| &open.name)
    }

    /// The types that the innermost element may have.
    pub(super) fn kinds(&self) -> &[ElementType<'static>] {
        match self.open.last() {
            Some(Open { kind: Some(kind), .. }) => std::slice::from_ref(kind),
            _ => &self.strangers,
        }
    }
}

/// The type of a message's root element in the shipped version that is nearest to what a namespace says.
fn nearest(kind: Kind, local: &str, namespace: &str) -> Option<ElementType<'static>> {
    let version = namespace
        .split_once(kind.name())
        .and_then(|(_, behind)| behind.split('.').nth(2))
        .and_then(|version| version.parse().ok());
    let (_, schema) = catalog::nearest(kind.name(), version)?;
    let root = schema.outline();
    let child = root.child(local).or_else(|| root.children().next())?;
    Some(child.kind)
}

/// The text types that elements of a name have anywhere in any version of a message.
fn of_name(message: Kind, name: &str) -> Vec<ElementType<'static>> {
    let mut found: Vec<ElementType<'static>> = Vec::new();
    let ids =
        catalog::ids().filter(|id| id.strip_prefix(message.name()).is_some_and(|rest| rest.starts_with('.')));
    for schema in ids.filter_map(catalog::by_message_id) {
        let of_schema = schema.types_of_elements(name);
        found.extend(of_schema.filter(|kind| !kind.holds_elements()));
    }
    found
}
