//! Replaces in a document whatever names somebody, and leaves everything else as it is, octet by octet: structure, lengths,
//! check digits, sums, references that match, and oddities. The same text becomes the same under one key, so that
//! references match across files, but never what another text of the documents says. Never says who was meant.
//!
//! Amounts, numbers, dates, indicators and codes stay where the definition proves that they are such; everything else
//! is replaced, in attributes, comments and unknown elements too. Element names, prefixes and the countries of accounts and
//! banks stay.

mod charset;
mod identifiers;
mod permute;
mod place;
mod scan;
mod tokens;
mod units;
mod value;
mod wide;

use std::io::{Read, Write};

pub use permute::Keyed;
pub use tokens::Tokens;

use charset::Charset;
use identifiers::Pass;
use scan::Scan;
use wide::{Narrow, Order, Widen};

/// How much is looked at to recognise the encoding, in octets.
const SNIFF: usize = 512;

/// Why a document was not anonymised. What was written until then must be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum AnonymiseError {
    /// The input could not be read.
    #[error("reading failed: {0}")]
    Input(std::io::Error),
    /// The output could not be written.
    #[error("writing failed: {0}")]
    Output(std::io::Error),
    /// No XML: nothing says what may stay. The caller must unpack archives.
    #[error("the file is no XML document; archives are unpacked first")]
    NotXml,
    /// An encoding in which texts cannot be told from markup or cannot be replaced. The sender must act.
    #[error("encoding {name} is not supported")]
    Encoding {
        /// As announced or as recognised.
        name: String,
    },
    /// A document type declaration, which may hold texts of its own. The sender must act.
    #[error("document type declarations are refused")]
    Doctype,
    /// A tag, comment or text without end. The sender must act.
    #[error("a tag, comment or text is longer than {limit} octets")]
    TooLong {
        /// The bound.
        limit: usize,
    },
}

impl AnonymiseError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            AnonymiseError::Input(_) => "anonymise.input",
            AnonymiseError::Output(_) => "anonymise.output",
            AnonymiseError::NotXml => "anonymise.not_xml",
            AnonymiseError::Encoding { .. } => "anonymise.encoding",
            AnonymiseError::Doctype => "anonymise.doctype",
            AnonymiseError::TooLong { .. } => "anonymise.too_long",
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Texts and attribute values that were replaced.
    pub replaced: u64,
    /// Those that stayed: amounts, numbers, dates, indicators, codes.
    pub kept: u64,
    /// Words among the replaced texts that became a word of the documents, because no other of their form was free: of figures
    /// alone, say, where the documents have most of those with four.
    pub coinciding: u64,
}

impl Replaced {
    fn count(&mut self, before: &[char], after: &[char]) {
        let slot = if before == after { &mut self.kept } else { &mut self.replaced };
        *slot = slot.saturating_add(1);
    }
}

/// Gathers the words of a document that its copy must not show. Memory is that of `tokens` and of the longest text.
pub fn gather(input: &mut dyn Read, tokens: &Tokens) -> Result<(), AnonymiseError> {
    scan(input, &mut std::io::sink(), Pass::Gather(tokens)).map(|_| ())
}

/// Copies a document with its texts replaced under a key, none by a word of `tokens`, which were gathered from this document and
/// those that are copied with it. Memory is bounded by the longest text, never by the document.
pub fn anonymise(
    input: &mut dyn Read,
    output: &mut dyn Write,
    keyed: Keyed<'_>,
    tokens: &Tokens,
) -> Result<Replaced, AnonymiseError> {
    tokens.coinciding.set(0);
    let replaced = scan(input, output, Pass::Replace(keyed, tokens))?;
    Ok(Replaced { coinciding: tokens.coinciding.get(), ..replaced })
}

fn scan(input: &mut dyn Read, output: &mut dyn Write, pass: Pass<'_>) -> Result<Replaced, AnonymiseError> {
    let mut head = Vec::new();
    input.take(SNIFF as u64).read_to_end(&mut head).map_err(AnonymiseError::Input)?;
    let mut input = head.as_slice().chain(input);
    if let Some(order) = Order::of(&head) {
        let mut narrow = Narrow { input: &mut input, order, cut: Vec::new(), ready: Vec::new() };
        let mut widen = Widen { output, order, cut: Vec::new() };
        return Scan::new((&mut narrow, &mut widen), pass, Charset::Utf8, 0).run();
    }
    let charset = recognised(&head)?;
    Scan::new((&mut input, output), pass, charset, 0).run()
}

/// The charset of a document that is written in octets, as its mark or its declaration says.
fn recognised(head: &[u8]) -> Result<Charset, AnonymiseError> {
    let unsupported = |name: &str| Err(AnonymiseError::Encoding { name: name.to_owned() });
    match head {
        [0x00, 0x00, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0x00, 0x00, ..] => return unsupported("UTF-32"),
        [0x00, 0x00, 0x00, b'<', ..] => return unsupported("UTF-32"),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => return unsupported("EBCDIC"),
        _ => {}
    }
    let marked = head.strip_prefix(&[0xEF, 0xBB, 0xBF]);
    let text = marked.unwrap_or(head);
    let first = text.iter().find(|octet| !octet.is_ascii_whitespace());
    if first != Some(&b'<') {
        return Err(AnonymiseError::NotXml);
    }
    match declared(text) {
        Some(name) if marked.is_none() => match Charset::named(&name) {
            Some(charset) => Ok(charset),
            None => unsupported(&name),
        },
        _ => Ok(Charset::Utf8),
    }
}

/// The encoding that an XML declaration names.
fn declared(octets: &[u8]) -> Option<String> {
    let declaration = octets.strip_prefix(b"<?xml")?;
    let end = memchr::memmem::find(declaration, b"?>")?;
    let text = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let (_, after) = text.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split(quote).next().map(str::to_owned)
}
