//! Namespaces in scope and namespaces already written, on two stacks that grow and shrink with the elements.
//! Knows prefixes and numbers of namespaces, no XML text.

use std::borrow::Cow;

use super::NAMESPACES_MAX;

/// Number of "no namespace".
pub const NONE: usize = 0;
/// Number of the namespace of `xml:`.
pub const XML: usize = 1;
/// Namespace of the prefix `xml`. Source: Namespaces in XML 1.0, section 3.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of the prefix `xmlns`. Source: Namespaces in XML 1.0, section 3.
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

#[derive(Debug, Clone, Copy)]
struct Binding<'i> {
    prefix: &'i str,
    namespace: usize,
}

/// The two stacks.
#[derive(Debug)]
pub struct Scope<'i> {
    namespaces: Vec<Cow<'i, str>>,
    declared: Vec<Binding<'i>>,
    rendered: Vec<Binding<'i>>,
    frames: Vec<(usize, usize)>,
    /// The prefix asked for last, if its namespace was in effect already and nothing has changed since.
    settled: Option<(&'i str, usize)>,
}

impl<'i> Scope<'i> {
    /// With no namespaces but those of XML itself.
    pub fn new() -> Scope<'i> {
        Scope {
            namespaces: vec![Cow::Borrowed(""), Cow::Borrowed(XML_NAMESPACE)],
            declared: Vec::new(),
            rendered: Vec::new(),
            frames: Vec::new(),
            settled: None,
        }
    }

    /// An element begins.
    pub fn push(&mut self) {
        self.frames.push((self.declared.len(), self.rendered.len()));
    }

    /// An element ends.
    pub fn pop(&mut self) {
        if let Some((declared, rendered)) = self.frames.pop()
            && (declared, rendered) != (self.declared.len(), self.rendered.len())
        {
            self.settled = None;
            self.declared.truncate(declared);
            self.rendered.truncate(rendered);
        }
    }

    /// Elements that are open.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Declares a prefix on the current element; false if there are too many namespaces.
    #[must_use]
    pub fn declare(&mut self, prefix: &'i str, namespace: Cow<'i, str>) -> bool {
        let number = match self.namespaces.iter().position(|known| *known == namespace) {
            Some(number) => number,
            None if self.namespaces.len() >= NAMESPACES_MAX => return false,
            None => {
                self.namespaces.push(namespace);
                self.namespaces.len() - 1
            }
        };
        self.settled = None;
        self.declared.push(Binding { prefix, namespace: number });
        true
    }

    /// The namespace of a prefix; none if the prefix is not declared.
    pub fn resolve(&self, prefix: &str) -> Option<usize> {
        match self.declared.iter().rev().find(|binding| same(binding.prefix, prefix)) {
            Some(binding) => Some(binding.namespace),
            None if prefix.is_empty() => Some(NONE),
            None if prefix == "xml" => Some(XML),
            None => None,
        }
    }

    /// The namespace of a prefix that is known to be in effect in the output.
    pub fn settled(&self, prefix: &str) -> Option<usize> {
        self.settled.filter(|(known, _)| same(known, prefix)).map(|(_, namespace)| namespace)
    }

    /// Notes that a declaration is being written on the current element, unless the output has it in
    /// effect already; says whether it must be written.
    #[must_use]
    pub fn render(&mut self, prefix: &'i str, namespace: usize) -> bool {
        let in_effect = self.rendered.iter().rev().find(|binding| same(binding.prefix, prefix));
        let in_effect = match in_effect {
            Some(binding) => binding.namespace == namespace,
            None => prefix.is_empty() && namespace == NONE,
        };
        if in_effect || namespace == XML {
            self.settled = Some((prefix, namespace));
            return false;
        }
        self.settled = None;
        self.rendered.push(Binding { prefix, namespace });
        true
    }

    /// The text of a namespace.
    pub fn text(&self, namespace: usize) -> &str {
        self.namespaces.get(namespace).map_or("", |text| text)
    }

    /// All prefixes in scope with their namespaces, innermost declaration only.
    pub fn snapshot(&self) -> Vec<(&'i str, String)> {
        let mut all: Vec<(&'i str, String)> = Vec::new();
        for binding in self.declared.iter().rev() {
            if !all.iter().any(|(prefix, _)| *prefix == binding.prefix) {
                all.push((binding.prefix, self.text(binding.namespace).to_owned()));
            }
        }
        all
    }
}

/// Whether two prefixes are the same. Most are empty, and comparing no octets at all with the library's routine costs
/// some processors a hundred times what it costs to see that there are none: the empty text stands at no real address.
fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && (left.is_empty() || left == right)
}

impl Default for Scope<'_> {
    fn default() -> Self {
        Scope::new()
    }
}
