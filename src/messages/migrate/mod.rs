//! Brings a document from one version of its message into another, older or younger, and says what was renamed, changed
//! or lost on the way. Streams: a header or one transaction is in memory at a time. Never invents what a version demands;
//! whether the result is valid its caller finds out by the walk. Comments and everything around the `Document` stay behind.

pub mod change;
mod node;
mod rewrite;

use std::io::{self, BufRead, Write};

use crate::messages::kind::{Definition, Kind};
use crate::schema::catalog;
use crate::schema::event::{Limits, NotWellFormed};
use crate::schema::model::Schema;
use crate::schema::outline::ElementType;
use crate::schema::walk::{Finding, Namespace, Step, Walk};
use change::{Became, Change, Changes};
use node::{Node, indent};
use rewrite::{Rewrite, named};

/// Elements that are gone through rather than held, because they repeat what can be long.
const GONE_THROUGH: &[&str] = &["PmtInf", "Rpt", "Stmt", "Ntfctn", "Ntry", "NtryDtls", "OrgnlPmtInfAndSts"];

/// Elements that repeat without bound in those.
const REPEATED: &[&str] = &["CdtTrfTxInf", "TxInfAndSts", "TxDtls"];

/// Most elements of one header or transaction. Chosen by us.
const ELEMENTS_MAX: usize = 1_000_000;

/// Why a document was not migrated. What was written until then must be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The source is not well-formed, or could not be read. The sender must act.
    #[error(transparent)]
    NotWellFormed(#[from] NotWellFormed),
    /// The source breaks its own definition, so that nothing can be said about its meaning. The sender must act.
    #[error("line {line}, column {column}: the source breaks its own definition: {code}: {text} ({path})", line = .0.line, column = .0.column, code = .0.code, text = .0.text, path = .0.path)]
    Invalid(Box<Finding>),
    /// No `Document`, or none of a message that is known. The caller must choose another file.
    #[error("no document that could be migrated")]
    NoDocument,
    /// A second `Document`; which one is meant? The caller must part them.
    #[error("line {line}: a second document")]
    Several {
        /// Of the second, from 1.
        line: u64,
    },
    /// Another message than the source. The caller must choose another target.
    #[error("{source_message} cannot become {target}")]
    OtherMessage {
        /// Message id of the source.
        source_message: String,
        /// Message id that was wanted.
        target: String,
    },
    /// A header or transaction of a size that is not held. The sender must act.
    #[error("line {line}: more than {limit} elements in one part")]
    TooLarge {
        /// Where it grew too large, from 1.
        line: u64,
        /// The bound.
        limit: usize,
    },
    /// The result could not be written.
    #[error("writing failed: {0}")]
    Output(#[from] io::Error),
}

impl MigrateError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            MigrateError::NotWellFormed(error) => error.code(),
            MigrateError::Invalid(_) => "migrate.source_invalid",
            MigrateError::NoDocument => "migrate.no_document",
            MigrateError::Several { .. } => "migrate.several",
            MigrateError::OtherMessage { .. } => "migrate.other_message",
            MigrateError::TooLarge { .. } => "migrate.too_large",
            MigrateError::Output(_) => "migrate.output",
        }
    }
}

/// What a migration came to.
#[derive(Debug)]
pub struct Migrated {
    /// Message id that the source was read as.
    pub source: String,
    /// What became of its elements, in the order of the source; equal ones counted.
    pub changes: Vec<Change>,
    /// How many elements or values were lost.
    pub lost: u64,
}

/// An element that is gone through.
struct Open {
    name: String,
    kind: ElementType<'static>,
    path: String,
    /// What came before the first repeated element, in no order yet.
    held: Vec<Node>,
    depth: usize,
}

struct Migration<'o> {
    out: &'o mut dyn Write,
    changes: Changes,
    open: Vec<Open>,
    /// The part that is being read, outermost element first.
    part: Vec<Node>,
    elements: usize,
    source: Option<String>,
}

/// Writes the document of the input in the version of `target`.
pub fn migrate(
    input: impl BufRead,
    target: &'static Schema,
    out: &mut dyn Write,
) -> Result<Migrated, MigrateError> {
    let mut walk = Walk::without_schema(input, Limits::default());
    let mut migration = Migration {
        out,
        changes: Changes::default(),
        open: Vec::new(),
        part: Vec::new(),
        elements: 0,
        source: None,
    };
    let mut depth = 0_usize;
    let mut document = None;
    loop {
        let inside = document.is_some_and(|start| depth >= start);
        match walk.next()? {
            Step::Start(element) => {
                depth += 1;
                let name = element.local.to_owned();
                if inside {
                    let currency = element.attribute("Ccy").map(str::to_owned);
                    let place = walk.position();
                    let node =
                        Node { name, currency, line: place.line, column: place.column, ..Node::default() };
                    migration.start(node)?;
                } else if name == "Document" {
                    if document.is_some() {
                        return Err(MigrateError::Several { line: walk.position().line });
                    }
                    let namespace = element.namespace.map(str::to_owned);
                    if migration.begin(&mut walk, namespace.as_deref(), target)? {
                        document = Some(depth);
                        migration.note_wrapper(depth, walk.position().line);
                    }
                }
            }
            Step::Text(text) if inside => migration.text(text),
            Step::Text(_) => {}
            Step::End => {
                if inside {
                    migration.end()?;
                }
                depth = depth.saturating_sub(1);
            }
            Step::Finished => break,
        }
        if let Some(finding) = walk.findings().first() {
            return Err(MigrateError::Invalid(Box::new(finding.clone())));
        }
    }
    let source = migration.source.ok_or(MigrateError::NoDocument)?;
    writeln!(migration.out)?;
    let lost = migration.changes.lost;
    Ok(Migrated { source, changes: migration.changes.in_order(), lost })
}

impl Migration<'_> {
    /// A `Document` begins; false if it is of no message.
    fn begin<'s, R: BufRead>(
        &mut self,
        walk: &mut Walk<'s, R>,
        namespace: Option<&str>,
        target: &'static Schema,
    ) -> Result<bool, MigrateError> {
        let exact =
            namespace.and_then(catalog::by_namespace).filter(|schema| schema.root_name() == "Document");
        let (schema, how) = match exact {
            Some(schema) => (schema, Namespace::Exact),
            None => {
                let kind = walk.first_child().as_deref().and_then(Kind::of_child);
                let version = kind.and_then(|kind| version_in(namespace?, kind));
                match kind.and_then(|kind| catalog::nearest(kind.name(), version)) {
                    Some((_, schema)) => (schema, Namespace::AsIf),
                    None => return Ok(false),
                }
            }
        };
        walk.attach(schema, how);
        let (source, wanted) = (schema.message_id(), target.message_id());
        let kind = |id: &str| Definition::parse(id).map(|definition| definition.kind);
        if kind(source).is_none() || kind(source) != kind(wanted) {
            let (source_message, target) = (source.to_owned(), wanted.to_owned());
            return Err(MigrateError::OtherMessage { source_message, target });
        }
        if how == Namespace::AsIf {
            let text = format!("read as {source}, written as {wanted}");
            self.note("migrate.namespace", walk.position().line, text);
        }
        self.source = Some(source.to_owned());
        write!(
            self.out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"{}\">",
            target.namespace()
        )?;
        let kind = target.outline();
        self.open.push(Open {
            name: "Document".to_owned(),
            kind,
            path: "/Document".to_owned(),
            held: Vec::new(),
            depth: 0,
        });
        Ok(true)
    }

    fn note_wrapper(&mut self, depth: usize, line: u64) {
        if depth > 1 {
            self.note("migrate.wrapper", line, "what is around the document stays behind".to_owned());
        }
    }

    fn note(&mut self, code: &'static str, line: u64, text: String) {
        let path = "/Document".to_owned();
        self.changes.add(Change { became: Became::Changed, code, line, column: 1, path, text, count: 1 });
    }

    fn start(&mut self, node: Node) -> Result<(), MigrateError> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(MigrateError::TooLarge { line: node.line, limit: ELEMENTS_MAX });
        }
        let is_through =
            self.part.is_empty() && (self.open.len() == 1 || GONE_THROUGH.contains(&node.name.as_str()));
        let parent = self.open.last().map(|open| (open.kind, open.depth, open.path.clone()));
        if let (true, Some((kind, depth, path))) = (is_through, parent) {
            // The message's own element has had other names.
            let child = match depth {
                0 => kind.child(&node.name).or_else(|| kind.children().next()),
                _ => named(kind, &node.name),
            };
            if let Some(child) = child.filter(|child| child.kind.holds_elements()) {
                self.release(None)?;
                indent(depth + 1, self.out)?;
                write!(self.out, "<{}>", child.name)?;
                let path = format!("{path}/{}", node.name);
                let (name, held) = (child.name.to_owned(), Vec::new());
                self.open.push(Open { name, kind: child.kind, path, held, depth: depth + 1 });
                self.elements = 0;
                return Ok(());
            }
        }
        self.part.push(node);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(node) = self.part.last_mut() {
            node.text.push_str(text);
        }
    }

    fn end(&mut self) -> Result<(), MigrateError> {
        let Some(node) = self.part.pop() else { return self.close() };
        if let Some(parent) = self.part.last_mut() {
            parent.text.clear();
            parent.children.push(node);
            return Ok(());
        }
        self.elements = 0;
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let is_repeated = REPEATED.contains(&node.name.as_str());
        let mut rewrite = Rewrite { changes: &mut self.changes, path: open.path.clone() };
        let rewritten = rewrite.element(node, open.kind);
        if is_repeated {
            return self.release(Some(rewritten));
        }
        open.held.extend(rewritten);
        Ok(())
    }

    /// Writes what was held in the order of the target, then what follows it.
    fn release(&mut self, then: Option<Vec<Node>>) -> Result<(), MigrateError> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let held = std::mem::take(&mut open.held);
        let mut rewrite = Rewrite { changes: &mut self.changes, path: open.path.clone() };
        let fitted = rewrite.fitted(held, open.kind);
        for node in fitted.iter().chain(then.iter().flatten()) {
            node.write(open.depth + 1, self.out)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), MigrateError> {
        self.release(None)?;
        let Some(open) = self.open.pop() else { return Ok(()) };
        indent(open.depth, self.out)?;
        write!(self.out, "</{}>", open.name)?;
        Ok(())
    }
}

/// The version that a namespace names behind the message, whatever variant stands between: 3 in `pain.001.003.03`.
fn version_in(namespace: &str, kind: Kind) -> Option<u32> {
    let (_, behind) = namespace.split_once(kind.name())?;
    behind.split('.').nth(2)?.parse().ok()
}
