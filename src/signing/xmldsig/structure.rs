//! The Signature element read into a small tree and checked against the one structure we accept.
//! No digest and no key here: only what the element says.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{DSIG_NAMESPACE, ENVELOPED, EXCLUSIVE_C14N, METHODS, SHA256, VerifyError};
use crate::signing::c14n::ATTRIBUTES_MAX;
use crate::signing::c14n::attribute::{WHITE, next_attribute, normalise, resolve_reference, split_name};
use crate::signing::c14n::scope::Scope;
use crate::signing::c14n::token::{Kind, Tag, Tokens};
use crate::signing::c14n::walk::ID_NAMES;
use crate::signing::key::Algorithm;

/// Longest Signature element, in octets. Chosen by us: a dozen RSA-4096 certificates fit.
pub const SIGNATURE_OCTETS_MAX: usize = 131_072;
/// Most elements in a Signature. Chosen by us.
pub const SIGNATURE_ELEMENTS_MAX: usize = 200;
/// Most prefixes in one PrefixList. Chosen by us.
pub const PREFIXES_MAX: usize = 32;

/// What a Signature element says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// Place of SignedInfo within the Signature element.
    pub signed_info: Range<usize>,
    /// Namespaces in scope on SignedInfo, its own declarations left out.
    pub scope: Vec<(String, String)>,
    /// Prefix list of the canonicalisation of SignedInfo.
    pub signed_info_prefixes: Vec<String>,
    /// Signature method.
    pub algorithm: Algorithm,
    /// URI of the reference: empty, or `#` and an identifier.
    pub uri: String,
    /// Prefix list of the canonicalisation of the document.
    pub document_prefixes: Vec<String>,
    /// Digest of the document.
    pub digest: Vec<u8>,
    /// Signature octets.
    pub signature: Vec<u8>,
    /// Certificates that KeyInfo shows, DER. For comparison with the pinned ones, for nothing else.
    pub certificates: Vec<Vec<u8>>,
    /// Identifiers on elements of the Signature.
    pub ids: Vec<String>,
}

/// Reads a Signature element, given with the namespaces in scope around it.
pub fn read(element: &str, scope: &[(&str, String)]) -> Result<Structure, VerifyError> {
    let tree = Tree::read(element, scope)?;
    let root = tree.only_root()?;
    let children = tree.children(root, "Signature")?;
    let (signed_info, value, key_info) = match children.as_slice() {
        [info, value] => (*info, *value, None),
        [info, value, key_info] => (*info, *value, Some(*key_info)),
        _ => return Err(wrong("Signature", "must hold SignedInfo, SignatureValue and at most KeyInfo")),
    };
    tree.expect(root, "Signature", &["Id"])?;
    tree.expect(signed_info, "SignedInfo", &["Id"])?;
    tree.expect(value, "SignatureValue", &["Id"])?;
    let certificates = match key_info {
        Some(key_info) => {
            tree.expect(key_info, "KeyInfo", &["Id"])?;
            tree.certificates(key_info)?
        }
        None => Vec::new(),
    };
    let signature = tree.base64(value, "SignatureValue")?;
    let [method_of_c14n, method, reference] = tree.children(signed_info, "SignedInfo")?[..] else {
        return Err(wrong("SignedInfo", "must hold one canonicalisation, one method and one reference"));
    };
    let algorithm = tree.signature_method(method)?;
    let (uri, document_prefixes, digest) = tree.reference(reference)?;
    Ok(Structure {
        signed_info: tree.node(signed_info)?.range.clone(),
        scope: tree.node(signed_info)?.scope.clone(),
        signed_info_prefixes: tree.canonicalisation(method_of_c14n, "CanonicalizationMethod")?,
        algorithm,
        uri,
        document_prefixes,
        digest,
        signature,
        certificates,
        ids: tree.ids(),
    })
}

fn wrong(element: &str, cause: &str) -> VerifyError {
    VerifyError::Structure { element: element.to_owned(), cause: cause.to_owned() }
}

struct Node {
    parent: Option<usize>,
    namespace: String,
    local: String,
    attributes: Vec<(String, String)>,
    scope: Vec<(String, String)>,
    /// Pieces of text, white space included; a reference is a piece of its own.
    text: Vec<String>,
    range: Range<usize>,
}

/// Elements in document order, each knowing its parent.
struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    fn read(element: &str, outside: &[(&str, String)]) -> Result<Tree, VerifyError> {
        if element.len() > SIGNATURE_OCTETS_MAX {
            return Err(wrong("Signature", "is too long"));
        }
        let mut building = Building { scope: Scope::new(), nodes: Vec::new(), open: Vec::new() };
        for (prefix, namespace) in outside {
            if !building.scope.declare(prefix, namespace.clone().into()) {
                return Err(wrong("Signature", "has too many namespaces"));
            }
        }
        let mut tokens = Tokens::new(element);
        while let Some(token) = tokens.next_token().map_err(|cause| wrong("Signature", cause))? {
            let range = token.range;
            match token.kind {
                Kind::Start(tag) => building.start(&tag, range.start)?,
                Kind::Empty(tag) => {
                    building.start(&tag, range.start)?;
                    building.end(range.end);
                }
                Kind::End(_) => building.end(range.end),
                Kind::Text(text) => building.text(text.to_owned()),
                Kind::Reference(name) => {
                    let letter = resolve_reference(name)
                        .ok_or_else(|| wrong("Signature", "has an undefined entity"))?;
                    building.text(letter.to_string());
                }
                // What splits a text node, or shows one text to us and another to others, has no place in a signature.
                Kind::Section(_)
                | Kind::Comment
                | Kind::Instruction(_)
                | Kind::Declaration(_)
                | Kind::Doctype => {
                    return Err(wrong("Signature", "has a comment, processing instruction or CDATA section"));
                }
            }
        }
        Ok(Tree { nodes: building.nodes })
    }

    fn node(&self, index: usize) -> Result<&Node, VerifyError> {
        self.nodes.get(index).ok_or_else(|| wrong("Signature", "is empty"))
    }

    fn only_root(&self) -> Result<usize, VerifyError> {
        self.node(0).map(|_| 0)
    }

    /// Child elements; text between them must be white space.
    fn children(&self, parent: usize, element: &str) -> Result<Vec<usize>, VerifyError> {
        if self.node(parent)?.text.iter().any(|text| !text.trim_matches(WHITE).is_empty()) {
            return Err(wrong(element, "has text between its elements"));
        }
        let is_child = |(_, node): &(usize, &Node)| node.parent == Some(parent);
        Ok(self.nodes.iter().enumerate().filter(is_child).map(|(index, _)| index).collect())
    }

    fn is(&self, index: usize, local: &str) -> bool {
        self.nodes.get(index).is_some_and(|node| node.local == local && node.namespace == DSIG_NAMESPACE)
    }

    fn expect(&self, index: usize, local: &str, attributes: &[&str]) -> Result<(), VerifyError> {
        if !self.is(index, local) {
            return Err(wrong(local, "is missing or not in its place"));
        }
        let node = self.node(index)?;
        match node.attributes.iter().find(|(name, _)| !attributes.contains(&name.as_str())) {
            Some((name, _)) => Err(wrong(local, &format!("attribute '{name}' is not accepted"))),
            None => Ok(()),
        }
    }

    fn algorithm_of(&self, index: usize, local: &'static str) -> Result<&str, VerifyError> {
        self.expect(index, local, &["Algorithm"])?;
        let attribute = self.node(index)?.attributes.first();
        attribute.map(|(_, value)| value.as_str()).ok_or_else(|| wrong(local, "has no Algorithm"))
    }

    fn no_children(&self, index: usize, local: &'static str) -> Result<(), VerifyError> {
        if self.children(index, local)?.is_empty() { Ok(()) } else { Err(wrong(local, "must be empty")) }
    }

    fn signature_method(&self, index: usize) -> Result<Algorithm, VerifyError> {
        let found = self.algorithm_of(index, "SignatureMethod")?;
        let method = METHODS.into_iter().find(|(uri, _)| *uri == found);
        let (_, algorithm) = method
            .ok_or_else(|| VerifyError::Algorithm { element: "SignatureMethod", found: found.to_owned() })?;
        self.no_children(index, "SignatureMethod")?;
        Ok(algorithm)
    }

    /// Exclusive canonicalisation and its PrefixList.
    fn canonicalisation(&self, index: usize, local: &'static str) -> Result<Vec<String>, VerifyError> {
        let found = self.algorithm_of(index, local)?;
        if found != EXCLUSIVE_C14N {
            return Err(VerifyError::Algorithm { element: local, found: found.to_owned() });
        }
        let inclusive = match self.children(index, local)?[..] {
            [] => return Ok(Vec::new()),
            [inclusive] => self.node(inclusive)?,
            _ => return Err(wrong(local, "holds more than InclusiveNamespaces")),
        };
        let named = inclusive.local == "InclusiveNamespaces" && inclusive.namespace == EXCLUSIVE_C14N;
        match inclusive.attributes.as_slice() {
            [(name, list)] if named && name == "PrefixList" => {
                let prefixes: Vec<String> =
                    list.split(WHITE).filter(|prefix| !prefix.is_empty()).map(str::to_owned).collect();
                if prefixes.len() > PREFIXES_MAX {
                    return Err(wrong(local, "has too many prefixes"));
                }
                Ok(prefixes)
            }
            _ => Err(wrong(local, "holds something other than InclusiveNamespaces with a PrefixList")),
        }
    }

    /// URI, prefix list and digest of the one reference.
    fn reference(&self, index: usize) -> Result<(String, Vec<String>, Vec<u8>), VerifyError> {
        self.expect(index, "Reference", &["URI", "Id"])?;
        let uri = self.node(index)?.attributes.iter().find(|(name, _)| name == "URI");
        let (_, uri) = uri.ok_or_else(|| wrong("Reference", "has no URI"))?;
        let [transforms, method, value] = self.children(index, "Reference")?[..] else {
            return Err(wrong("Reference", "must hold transforms, digest method and digest value"));
        };
        self.expect(transforms, "Transforms", &[])?;
        let steps = self.children(transforms, "Transforms")?;
        let [enveloped, exclusive] = steps[..] else {
            return Err(wrong("Transforms", "must be two: enveloped signature, exclusive canonicalisation"));
        };
        let found = self.algorithm_of(enveloped, "Transform")?;
        if found != ENVELOPED {
            return Err(VerifyError::Algorithm { element: "Transform", found: found.to_owned() });
        }
        self.no_children(enveloped, "Transform")?;
        let prefixes = self.canonicalisation(exclusive, "Transform")?;
        let found = self.algorithm_of(method, "DigestMethod")?;
        if found != SHA256 {
            return Err(VerifyError::Algorithm { element: "DigestMethod", found: found.to_owned() });
        }
        self.no_children(method, "DigestMethod")?;
        self.expect(value, "DigestValue", &[])?;
        Ok((uri.clone(), prefixes, self.base64(value, "DigestValue")?))
    }

    /// One piece of text, white space between the digits allowed, nothing else within.
    fn base64(&self, index: usize, local: &str) -> Result<Vec<u8>, VerifyError> {
        let [text] = self.node(index)?.text.as_slice() else {
            return Err(wrong(local, "is not one piece of text"));
        };
        if self.nodes.iter().any(|node| node.parent == Some(index)) {
            return Err(wrong(local, "has elements in it"));
        }
        let digits: String = text.split(WHITE).collect();
        match STANDARD.decode(digits) {
            Ok(octets) if !octets.is_empty() => Ok(octets),
            _ => Err(wrong(local, "is not base64")),
        }
    }

    /// X509Certificate elements directly in X509Data; all else in KeyInfo is not looked at.
    fn certificates(&self, key_info: usize) -> Result<Vec<Vec<u8>>, VerifyError> {
        let mut found = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(data) = node.parent.filter(|_| self.is(index, "X509Certificate")) else { continue };
            let in_place = self.is(data, "X509Data")
                && self.nodes.get(data).is_some_and(|node| node.parent == Some(key_info));
            if !in_place {
                return Err(wrong("X509Certificate", "is not in KeyInfo/X509Data"));
            }
            found.push(self.base64(index, "X509Certificate")?);
        }
        Ok(found)
    }

    fn ids(&self) -> Vec<String> {
        let all = self.nodes.iter().flat_map(|node| &node.attributes);
        all.filter(|(name, _)| ID_NAMES.contains(&name.as_str())).map(|(_, value)| value.clone()).collect()
    }
}

struct Building<'i> {
    scope: Scope<'i>,
    nodes: Vec<Node>,
    open: Vec<usize>,
}

impl<'i> Building<'i> {
    fn start(&mut self, tag: &Tag<'i>, at: usize) -> Result<(), VerifyError> {
        let malformed = |cause: &str| wrong("Signature", cause);
        if self.nodes.len() >= SIGNATURE_ELEMENTS_MAX {
            return Err(malformed("has too many elements"));
        }
        let outside = self.scope.snapshot();
        let outside = outside.into_iter().map(|(prefix, namespace)| (prefix.to_owned(), namespace)).collect();
        let Tag { prefix, local, mut rest, .. } = *tag;
        self.scope.push();
        let mut attributes = Vec::new();
        while let Some(raw) = next_attribute(&mut rest).map_err(malformed)? {
            let value = normalise(raw.value).map_err(|_| malformed("has an undefined entity"))?;
            let declared = match split_name(raw.name).map_err(malformed)? {
                ("", "xmlns") => self.scope.declare("", value),
                ("xmlns", prefix) => self.scope.declare(prefix, value),
                _ => {
                    attributes.push((raw.name.to_owned(), value.into_owned()));
                    attributes.len() <= ATTRIBUTES_MAX
                }
            };
            if !declared {
                return Err(malformed("has too many namespaces or attributes"));
            }
        }
        let namespace = self.scope.resolve(prefix).ok_or_else(|| malformed("has an undeclared prefix"))?;
        let namespace = self.scope.text(namespace).to_owned();
        if namespace == DSIG_NAMESPACE && local == "Signature" && !self.nodes.is_empty() {
            return Err(VerifyError::ManySignatures { found: 2 });
        }
        self.nodes.push(Node {
            parent: self.open.last().copied(),
            namespace,
            local: local.to_owned(),
            attributes,
            scope: outside,
            text: Vec::new(),
            range: at..at,
        });
        self.open.push(self.nodes.len() - 1);
        Ok(())
    }

    fn end(&mut self, end: usize) {
        self.scope.pop();
        if let Some(node) = self.open.pop().and_then(|index| self.nodes.get_mut(index)) {
            node.range.end = end;
        }
    }

    fn text(&mut self, text: String) {
        if let Some(node) = self.open.last().and_then(|index| self.nodes.get_mut(*index)) {
            node.text.push(text);
        }
    }
}
