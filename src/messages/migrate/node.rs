//! A small part of a document in memory, a header or one transaction, and how it is written. Never a whole document.

use std::io::{self, Write};

/// An element with what stands in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) text: String,
    /// `Ccy`.
    pub(super) currency: Option<String>,
    pub(super) children: Vec<Node>,
    /// It is a level that the source does not have, put around its children.
    pub(super) is_level: bool,
    /// Of its start tag in the source, from 1.
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Node {
    pub(super) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    /// Texts below and in it.
    pub(super) fn values(&self) -> u64 {
        let own = u64::from(!self.text.is_empty());
        self.children.iter().fold(own, |sum, child| sum.saturating_add(child.values()))
    }

    /// Writes it indented. The nesting is that of a definition, which bounds the depth.
    pub(super) fn write(&self, depth: usize, out: &mut dyn Write) -> io::Result<()> {
        indent(depth, out)?;
        write!(out, "<{}", self.name)?;
        if let Some(currency) = &self.currency {
            out.write_all(b" Ccy=\"")?;
            escaped(currency, out)?;
            out.write_all(b"\"")?;
        }
        out.write_all(b">")?;
        if self.is_leaf() {
            escaped(&self.text, out)?;
        } else {
            for child in &self.children {
                child.write(depth + 1, out)?;
            }
            indent(depth, out)?;
        }
        write!(out, "</{}>", self.name)
    }
}

/// Begins a line.
pub(super) fn indent(depth: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    (0..depth).try_for_each(|_| out.write_all(b"  "))
}

/// Text with what XML reserves written as references. A carriage return would otherwise be read as a line feed.
fn escaped(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\r']) {
        let (before, behind) = rest.split_at(at);
        out.write_all(before.as_bytes())?;
        let reference: &[u8] = match behind.as_bytes().first() {
            Some(b'&') => b"&amp;",
            Some(b'<') => b"&lt;",
            Some(b'>') => b"&gt;",
            Some(b'"') => b"&quot;",
            _ => b"&#13;",
        };
        out.write_all(reference)?;
        rest = behind.get(1..).unwrap_or("");
    }
    out.write_all(rest.as_bytes())
}
