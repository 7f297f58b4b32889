//! Namespace names and the prefixes bound to them. Knows Namespaces in XML 1.0, nothing else.

/// A namespace name, numbered in order of appearance.
pub(in crate::schema) type NamespaceId = u32;

/// No namespace.
pub(in crate::schema) const ABSENT: NamespaceId = 0;
const XML: NamespaceId = 1;
/// The namespace of `xsi:type` and its like.
pub(in crate::schema) const XSI: NamespaceId = 2;

const XML_NAME: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAME: &str = "http://www.w3.org/2000/xmlns/";
const XSI_NAME: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// All namespace names seen, and the bindings in force.
pub(in crate::schema) struct Namespaces {
    names: Vec<String>,
    bindings: Vec<(String, NamespaceId)>,
    live: usize,
    pub(super) default: NamespaceId,
    /// What was in force before each open element that declares something.
    saved: Vec<(usize, NamespaceId)>,
}

impl Namespaces {
    pub(super) fn new() -> Namespaces {
        let names = ["", XML_NAME, XSI_NAME].map(str::to_owned).to_vec();
        Namespaces { names, bindings: Vec::new(), live: 0, default: ABSENT, saved: Vec::new() }
    }

    /// The name behind a number; none for no namespace.
    #[inline]
    pub fn name(&self, id: NamespaceId) -> Option<&str> {
        if id == ABSENT { None } else { self.names.get(id as usize).map(String::as_str) }
    }

    /// The number of a name, given out on first sight.
    pub fn intern(&mut self, name: &str) -> NamespaceId {
        if let Some(index) = self.names.iter().position(|known| known == name) {
            return index as NamespaceId;
        }
        self.names.push(name.to_owned());
        (self.names.len() - 1) as NamespaceId
    }

    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// What a prefix stands for here.
    pub fn resolve(&self, prefix: &str) -> Option<NamespaceId> {
        let live = self.bindings.get(..self.live).unwrap_or(&[]);
        if let Some((_, id)) = live.iter().rev().find(|(bound, _)| bound == prefix) {
            return Some(*id);
        }
        (prefix == "xml").then_some(XML)
    }

    /// The namespace of names without prefix.
    #[inline]
    pub fn default_namespace(&self) -> NamespaceId {
        self.default
    }

    /// Binds a prefix, or says which rule forbids it.
    pub(super) fn bind(&mut self, prefix: &str, name: &str) -> Result<(), &'static str> {
        match (prefix, name) {
            ("xml", XML_NAME) => return Ok(()),
            ("xml", _) | (_, XML_NAME) => return Err("the prefix xml and its namespace belong together"),
            ("xmlns", _) | (_, XMLNS_NAME) => {
                return Err("the prefix xmlns and its namespace cannot be bound");
            }
            (_, "") => return Err("a prefix bound to no namespace"),
            _ => {}
        }
        let id = self.intern(name);
        if let Some(slot) = self.bindings.get_mut(self.live) {
            slot.0.clear();
            slot.0.push_str(prefix);
            slot.1 = id;
        } else {
            self.bindings.push((prefix.to_owned(), id));
        }
        self.live += 1;
        Ok(())
    }

    pub(super) fn bind_default(&mut self, name: &str) -> Result<(), &'static str> {
        if name == XML_NAME || name == XMLNS_NAME {
            return Err("a reserved namespace as the default");
        }
        self.default = if name.is_empty() { ABSENT } else { self.intern(name) };
        Ok(())
    }

    /// Keeps what is in force, for the end of an element that declares something.
    pub(super) fn save(&mut self) {
        self.saved.push((self.live, self.default));
    }

    /// Brings back what was saved last.
    pub(super) fn restore(&mut self) {
        if let Some((live, default)) = self.saved.pop() {
            self.live = live;
            self.default = default;
        }
    }
}
