//! The pull reader: one pass over a document that checks well-formedness and schema and hands out events. Knows no message.

mod check;

use std::io::BufRead;

use super::automaton::{self, Place};
use super::catalog;
use super::event::{ABSENT, Element, Limits, NamespaceId, NotWellFormed, Position, Scanner, Token};
use super::model::{MemberId, Schema, TypeId};

/// How many findings wait to be taken at most; the others are only counted. Chosen by us.
pub const FINDINGS_KEPT_MAX: usize = 1_000;

/// Code of a note about the encoding that does not make a document invalid.
const ENCODING_ASSUMED: &str = "encoding.assumed";

/// A deviation of a document from its schema, or from its announced encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code, such as `schema.unexpected_element`.
    pub code: &'static str,
    /// From 1.
    pub line: u64,
    /// Characters since the last line feed, plus 1.
    pub column: u64,
    /// Like `/Document/CstmrCdtTrfInitn/PmtInf[2]/Dbtr`.
    pub path: String,
    /// In words.
    pub text: String,
}

/// How the namespace of an instance is compared with that of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// It must be the schema's.
    Exact,
    /// Whatever namespace the root has, a wrong one or none, is taken for the schema's; so are children without namespace.
    AsIf,
}

/// One event of a walk.
#[derive(Debug)]
pub enum Step<'a> {
    /// An element begins.
    Start(Element<'a>),
    /// The text of an element, whole. White space between elements is left out.
    Text(&'a str),
    /// The innermost element ends.
    End,
    /// The document has ended well-formed.
    Finished,
}

/// Where a walk stands with one open element.
#[derive(Debug, Clone, Copy)]
struct Frame {
    mode: Mode,
    kind: TypeId,
    members: (MemberId, MemberId),
    required: u16,
    place: Place,
    /// The index that the path shows; 0 for none.
    index: u32,
    has_text: bool,
    has_child: bool,
    /// The last child outside of a schema and how often it has come in a row.
    last: (u64, usize),
    run: u32,
}

/// What is checked about an element's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Child elements by the schema.
    Elements,
    /// A value by the schema.
    Value,
    /// A value of a built-in type that `xsi:type` names inside of a wildcard; the frame's type is an index in `PRIMITIVES`.
    Builtin,
    /// Only elements that the schema declares globally.
    Lax,
    /// Nothing.
    Free,
}

impl Frame {
    #[inline]
    fn free(mode: Mode) -> Frame {
        Frame {
            mode,
            kind: 0,
            members: (0, 0),
            required: 0,
            place: Place::START,
            index: 0,
            has_text: false,
            has_child: false,
            last: (0, 0),
            run: 0,
        }
    }

    #[inline]
    fn of(schema: &Schema, kind: TypeId, index: u32) -> Frame {
        let free = Frame::free(Mode::Value);
        match automaton::model(schema, kind) {
            Some((members, required)) => {
                Frame { mode: Mode::Elements, kind, members, required, index, ..free }
            }
            None => Frame { kind, index, ..free },
        }
    }
}

/// The schema in force and the namespace that its elements have in this document.
#[derive(Clone, Copy)]
struct Validation<'s> {
    schema: &'s Schema,
    namespace: NamespaceId,
    how: Namespace,
}

impl Validation<'_> {
    #[inline]
    fn covers(&self, namespace: NamespaceId) -> bool {
        namespace == self.namespace || (self.how == Namespace::AsIf && namespace == ABSENT)
    }
}

/// Reads one document in one pass: well-formedness, schema verdict, events.
///
/// A violation of the schema never ends a walk: it becomes a [`Finding`], and the events go on. The subtree of an element that
/// nobody expected is not checked.
pub struct Walk<'s, R> {
    scanner: Scanner<R>,
    /// For the root element, until it has begun.
    root: Option<&'s Schema>,
    validation: Option<Validation<'s>>,
    frames: Vec<Frame>,
    /// The innermost element has ended.
    closing: bool,
    findings: Vec<Finding>,
    total: u64,
    violations: u64,
}

impl<'s, R: BufRead> Walk<'s, R> {
    /// A walk in which the whole document must be an instance of `schema`.
    pub fn with_schema(input: R, schema: &'s Schema, limits: Limits) -> Walk<'s, R> {
        Walk { root: Some(schema), ..Walk::without_schema(input, limits) }
    }

    /// A walk that checks well-formedness only, until a schema is attached.
    pub fn without_schema(input: R, limits: Limits) -> Walk<'s, R> {
        Walk {
            scanner: Scanner::new(input, limits),
            root: None,
            validation: None,
            frames: Vec::with_capacity(16),
            closing: false,
            findings: Vec::new(),
            total: 0,
            violations: 0,
        }
    }

    /// Checks the element that has just begun, with everything in it, against `schema`. To be called right behind its `Start`,
    /// outside of any subtree that is being checked already.
    pub fn attach(&mut self, schema: &'s Schema, how: Namespace) {
        let own = self.scanner.intern_namespace(schema.namespace());
        let namespace = if how == Namespace::AsIf { self.scanner.namespace() } else { own };
        self.validation = Some(Validation { schema, namespace, how });
        let index = self.frames.last().map_or(0, |frame| frame.index);
        if self.scanner.local_name() != schema.root_name() || self.scanner.namespace() != namespace {
            let text = format!("expected element {} of namespace {}", schema.root_name(), schema.namespace());
            return self.report("schema.root", text);
        }
        self.frames.pop();
        self.frames.push(Frame::of(schema, schema.root_type, index));
        self.check_attributes(schema.root_type);
    }

    /// Local name of the first child element of the element that has just begun, looked up without moving on. None if text or
    /// the end comes first.
    pub fn first_child(&mut self) -> Option<String> {
        self.scanner.first_child()
    }

    /// The next event. An error ends the walk: the document is not well-formed, exceeds a limit or cannot be read.
    #[inline]
    #[allow(
        clippy::should_implement_trait,
        reason = "events borrow from the walk, which an iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Step<'_>, NotWellFormed> {
        loop {
            if self.closing {
                self.closing = false;
                self.frames.pop();
            }
            let token = self.scanner.next()?;
            if self.scanner.is_contradicted() {
                self.note_contradiction();
            }
            match token {
                Token::Start => {
                    self.start();
                    return Ok(Step::Start(self.scanner.element()));
                }
                Token::Text => {
                    if self.text() {
                        return Ok(Step::Text(self.scanner.text()));
                    }
                }
                Token::End => {
                    self.end();
                    return Ok(Step::End);
                }
                Token::Finished => return Ok(Step::Finished),
            }
        }
    }

    /// Where the current event begins.
    pub fn position(&self) -> Position {
        self.scanner.position()
    }

    /// The path of the current element; at an `End`, of the element that ends. Indexes `[n]` stand on elements that the schema
    /// lets repeat, and, outside of a schema, on those that do repeat, from the second of a run on.
    pub fn path(&self) -> String {
        let mut path = String::new();
        let mut frames = self.frames.iter();
        for name in self.scanner.open_names() {
            path.push('/');
            path.push_str(name);
            if let Some(index) = frames.next().map(|frame| frame.index).filter(|index| *index > 0) {
                path.push_str(&format!("[{index}]"));
            }
        }
        path
    }

    /// The index that [`Walk::path`] shows behind the current element's name; 0 for none.
    #[inline]
    pub fn index(&self) -> u32 {
        self.frames.last().map_or(0, |frame| frame.index)
    }

    /// The findings that were not taken, at most [`FINDINGS_KEPT_MAX`].
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings there were so far, kept or not.
    pub fn findings_total(&self) -> u64 {
        self.total
    }

    /// How many of them make the document invalid: all but `encoding.assumed`.
    pub fn violations_total(&self) -> u64 {
        self.violations
    }

    /// Hands out the findings so far.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    fn verdict(self, namespace: Option<String>) -> Verdict {
        Verdict { valid: self.violations == 0, total: self.total, findings: self.findings, namespace }
    }

    fn report(&mut self, code: &'static str, text: String) {
        let place = self.scanner.position();
        self.report_at(place, code, text);
    }

    fn report_at(&mut self, place: Position, code: &'static str, text: String) {
        if self.findings.len() < FINDINGS_KEPT_MAX {
            let Position { line, column, .. } = place;
            self.findings.push(Finding { code, line, column, path: self.path(), text });
        }
        self.total += 1;
        self.violations += u64::from(code != ENCODING_ASSUMED);
    }

    #[cold]
    fn note_contradiction(&mut self) {
        if let Some((place, about)) = self.scanner.take_contradiction() {
            self.report_at(place, about.code, about.text.to_owned());
        }
    }
}

/// What a whole document was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// No violation, and the octets are what they were announced to be.
    pub valid: bool,
    /// All findings, kept or not.
    pub total: u64,
    /// The first [`FINDINGS_KEPT_MAX`] of them.
    pub findings: Vec<Finding>,
    /// Namespace of the element that was checked: the root, or the wrapped `Document`.
    pub namespace: Option<String>,
}

/// Checks a whole document against a schema.
pub fn validate(input: impl BufRead, schema: &Schema) -> Result<Verdict, NotWellFormed> {
    let mut walk = Walk::with_schema(input, schema, Limits::default());
    while !matches!(walk.next()?, Step::Finished) {}
    Ok(walk.verdict(Some(schema.namespace().to_owned())))
}

/// Checks a document against the shipped definition that its `Document` asks for by namespace, inside of any wrapper.
/// A `Document` of no shipped namespace, or none at all, is the finding `schema.unknown`.
pub fn validate_shipped(input: impl BufRead) -> Result<Verdict, NotWellFormed> {
    let mut walk = Walk::without_schema(input, Limits::default());
    let mut namespace = None;
    let mut found = false;
    loop {
        match walk.next()? {
            Step::Start(element) if !found && element.local == "Document" => {
                found = true;
                namespace = element.namespace.map(str::to_owned);
                match namespace.as_deref().and_then(catalog::by_namespace) {
                    Some(schema) => walk.attach(schema, Namespace::Exact),
                    None => {
                        let name = namespace.as_deref().unwrap_or("none");
                        walk.report(
                            "schema.unknown",
                            format!("no definition is shipped for namespace {name}"),
                        );
                    }
                }
            }
            Step::Finished => break,
            Step::Start(_) | Step::Text(_) | Step::End => {}
        }
    }
    if !found {
        walk.report("schema.unknown", "no element Document".to_owned());
    }
    Ok(walk.verdict(namespace))
}
