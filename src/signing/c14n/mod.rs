//! Exclusive XML canonicalisation without comments, in one streaming pass over the octets of a document.
//! Source: W3C Exclusive XML Canonicalization 1.0 (2002). No signatures here, no document tree, no DTD.

pub mod attribute;
pub mod output;
pub mod scope;
pub mod token;
pub mod walk;

use std::borrow::Cow;
use std::ops::Range;

/// Deepest nesting of elements. Chosen by us; ISO 20022 messages in envelopes stay below 30.
pub const DEPTH_MAX: usize = 64;
/// Most attributes and namespace declarations of one element. Chosen by us.
pub const ATTRIBUTES_MAX: usize = 32;
/// Longest attribute value, in octets. Chosen by us.
pub const ATTRIBUTE_OCTETS_MAX: usize = 65_536;
/// Longest element or attribute name, in octets. Chosen by us.
pub const NAME_OCTETS_MAX: usize = 256;
/// Most different namespaces of one document. Chosen by us.
pub const NAMESPACES_MAX: usize = 256;

/// Why a document has no canonical form for us; its sender must act, except for `Sink`.
#[derive(Debug, thiserror::Error)]
pub enum C14nError {
    /// Not well-formed, with or without regard to namespaces.
    #[error("{line}:{column}: not well-formed: {cause}")]
    Malformed {
        /// From 1.
        line: usize,
        /// Characters since the last line feed, plus 1.
        column: usize,
        /// What is wrong.
        cause: String,
    },
    /// A document type declaration.
    #[error("{line}:{column}: document type declarations are refused")]
    Doctype {
        /// From 1.
        line: usize,
        /// Characters since the last line feed, plus 1.
        column: usize,
    },
    /// An entity that only a document type declaration could define.
    #[error("{line}:{column}: entity '{name}' is not defined")]
    Entity {
        /// From 1.
        line: usize,
        /// Characters since the last line feed, plus 1.
        column: usize,
        /// Name of the entity.
        name: String,
    },
    /// Beyond one of the limits of this module.
    #[error("{line}:{column}: {what} over the limit of {limit}")]
    Limit {
        /// From 1.
        line: usize,
        /// Characters since the last line feed, plus 1.
        column: usize,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The octets are not text in the declared encoding, or the encoding is not one we read.
    #[error("encoding: {cause}")]
    Encoding {
        /// What is wrong.
        cause: String,
    },
    /// The receiver of the canonical octets failed.
    #[error("canonical octets cannot be written: {cause}")]
    Sink {
        /// What it said.
        cause: std::io::Error,
    },
}

impl C14nError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            C14nError::Malformed { .. } => "c14n.malformed",
            C14nError::Doctype { .. } => "c14n.doctype",
            C14nError::Entity { .. } => "c14n.entity",
            C14nError::Limit { .. } => "c14n.limit",
            C14nError::Encoding { .. } => "c14n.encoding",
            C14nError::Sink { .. } => "c14n.sink",
        }
    }
}

/// How much of a document is canonicalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The document node: the root element and the processing instructions beside it.
    Document,
    /// The root element alone.
    Root,
}

/// A namespace and a local name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpandedName<'a> {
    /// Namespace.
    pub namespace: &'a str,
    /// Name without prefix.
    pub local: &'a str,
}

/// What to do on a walk.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Namespaces in scope where the text begins: prefix (empty for the default) and namespace.
    pub scope: &'a [(&'a str, String)],
    /// Prefixes treated as in inclusive canonicalisation (`PrefixList`); the default namespace is `#default`.
    pub prefixes: &'a [String],
    /// How much is written.
    pub extent: Extent,
    /// Elements of this name are left out with all their content, and reported.
    pub omit: Option<ExpandedName<'a>>,
    /// Element to be reported as a place for insertion: local names from the root on; empty means the root.
    pub place: Option<&'a [&'a str]>,
}

impl Order<'_> {
    /// A whole document, nothing left out, nothing reported.
    pub const WHOLE: Order<'static> =
        Order { scope: &[], prefixes: &[], extent: Extent::Document, omit: None, place: None };
}

/// An element that was left out.
#[derive(Debug, Clone)]
pub struct Omitted<'i> {
    /// Its place in the text.
    pub range: Range<usize>,
    /// Elements around it; 0 for the root.
    pub depth: usize,
    /// Namespaces in scope there, without its own declarations.
    pub scope: Vec<(&'i str, String)>,
}

/// Where something can be put as the last child of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insertion<'i> {
    /// Before its end tag, at this offset.
    Before(usize),
    /// The element is written as an empty tag, which must be opened first.
    Open {
        /// The offset of its `/>`.
        at: usize,
        /// Its name with prefix.
        name: &'i str,
    },
}

/// What was met on a walk.
#[derive(Debug, Clone, Default)]
pub struct Walked<'i> {
    /// Name of the root element with its prefix.
    pub root: &'i str,
    /// Values of the root's identifier attributes (`Id`, `ID`, `id`, `xml:id`).
    pub root_ids: Vec<String>,
    /// Further elements outside what was omitted that carry one of these values.
    pub root_ids_repeated: usize,
    /// Elements left out, in order.
    pub omitted: Vec<Omitted<'i>>,
    /// Places found for [`Order::place`].
    pub insertions: Vec<Insertion<'i>>,
    /// Processing instructions beside the root element.
    pub outer_instructions: usize,
}

/// The text of a document. UTF-8 is borrowed; another declared encoding is decoded to the same characters.
pub fn decode(octets: &[u8]) -> Result<Cow<'_, str>, C14nError> {
    let refused = |cause: String| C14nError::Encoding { cause };
    let (encoding, mark_octets) = find_encoding(octets)?;
    let body = octets.get(mark_octets..).unwrap_or_default();
    if encoding == encoding_rs::UTF_8 {
        return std::str::from_utf8(body).map(Cow::Borrowed).map_err(|error| refused(error.to_string()));
    }
    encoding
        .decode_without_bom_handling_and_without_replacement(body)
        .ok_or_else(|| refused(format!("octets that are not {}", encoding.name())))
}

/// Whether a document is in UTF-8, declared so or not, without a byte order mark.
pub fn is_plain_utf8(octets: &[u8]) -> bool {
    matches!(find_encoding(octets), Ok((encoding, 0)) if encoding == encoding_rs::UTF_8)
}

/// The encoding by byte order mark and declaration, which must agree, and the length of the mark.
fn find_encoding(octets: &[u8]) -> Result<(&'static encoding_rs::Encoding, usize), C14nError> {
    let refused = |cause: String| C14nError::Encoding { cause };
    let marked = encoding_rs::Encoding::for_bom(octets);
    let mark_octets = marked.map_or(0, |(_, length)| length);
    let Some(label) = declared_encoding(octets.get(mark_octets..).unwrap_or_default()) else {
        return Ok(marked.unwrap_or((encoding_rs::UTF_8, 0)));
    };
    let known = encoding_rs::Encoding::for_label(label.as_bytes());
    let declared = known.ok_or_else(|| refused(format!("'{label}' is not read")))?;
    match marked {
        // "UTF-16" leaves the byte order to the mark.
        Some((marked, length))
            if marked == declared || label.eq_ignore_ascii_case("utf-16") && length == 2 =>
        {
            Ok((marked, length))
        }
        Some((marked, _)) => Err(refused(format!("declared as '{label}', marked as {}", marked.name()))),
        None if declared.is_ascii_compatible() => Ok((declared, 0)),
        None => Err(refused(format!("'{label}' without a byte order mark"))),
    }
}

/// The label in the XML declaration of a text whose first octets are ASCII or UTF-16, its byte order mark taken off.
fn declared_encoding(octets: &[u8]) -> Option<String> {
    let head: String =
        octets.iter().take(400).filter(|octet| **octet != 0).map(|octet| char::from(*octet)).collect();
    // `<?xmlx` begins an instruction.
    let declaration = head.strip_prefix("<?xml").filter(|rest| rest.starts_with(attribute::WHITE))?;
    let declaration = declaration.get(..declaration.find("?>")?)?;
    let (_, after) = declaration.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    after.get(1..)?.split(quote).next().map(str::to_owned)
}

/// Line and column of an offset, from 1; columns in characters.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|octet| *octet == b'\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    (line, column)
}
