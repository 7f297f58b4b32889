//! The pull reader: one pass over a document that checks well-formedness and schema and hands out events. Knows no message.

mod check;
mod quick;

use std::io::BufRead;

use super::automaton::{self, Followers, Place};
use super::catalog;
use super::event::{
    ABSENT, Element, Follower, Limits, NamespaceId, NotWellFormed, Piece, Position, Scanner, Token,
};
use super::model::{Key, MemberId, Schema, TypeId};

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

/// One event of a walk in which an element with text and nothing else is one event too. The walk is asked for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An element begins: [`Walk::element`].
    Start,
    /// An element that holds text alone, whole: [`Walk::element`] and [`Walk::text_of_event`].
    Leaf,
    /// The text of an element, whole: [`Walk::text_of_event`].
    Text,
    /// The innermost element ends.
    End,
    /// The document has ended well-formed.
    Finished,
}

/// A leaf that was passed as one event, and how much of it `Walk::next` has still to hand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LeafStep {
    None,
    /// Whole, or as a start, with the index that the path shows.
    Start(u32),
    Text(u32),
    End(u32),
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
    /// Child elements are expected that the definition names.
    is_usual: bool,
}

/// Equal siblings outside of a schema: the last one among the children of the element at this depth, and how often it has come in
/// a row.
#[derive(Clone, Copy)]
struct Run {
    depth: usize,
    last: Key,
    count: u32,
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
            is_usual: false,
        }
    }

    #[inline]
    fn of(schema: &Schema, kind: TypeId, index: u32) -> Frame {
        match automaton::model(schema, kind) {
            Some((members, required)) => Frame::of_elements(kind, index, (members, required)),
            None => Frame { kind, index, ..Frame::free(Mode::Value) },
        }
    }

    #[inline]
    fn of_elements(kind: TypeId, index: u32, (members, required): ((MemberId, MemberId), u16)) -> Frame {
        Frame {
            mode: Mode::Elements,
            kind,
            members,
            required,
            place: Place::START,
            index,
            has_text: false,
            has_child: false,
            is_usual: members.0 != members.1,
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
    /// For those open elements only that have children outside of a schema.
    runs: Vec<Run>,
    /// The innermost element has ended.
    closing: bool,
    leaf: LeafStep,
    /// Where the definition names the element that began last.
    member: Option<MemberId>,
    /// What followed last time where this stood last: tried first, never trusted.
    followers: Followers,
    /// Nothing unusual has happened since it was seen that usual shapes may follow.
    at_ease: bool,
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
        Walk::over(Scanner::new(input, limits))
    }

    /// The same for a text that was decoded: it is UTF-8, whatever encoding its own declaration names.
    pub fn of_characters(input: R, limits: Limits) -> Walk<'s, R> {
        Walk::over(Scanner::of_characters(input, limits))
    }

    fn over(scanner: Scanner<R>) -> Walk<'s, R> {
        Walk {
            scanner,
            root: None,
            validation: None,
            frames: Vec::with_capacity(16),
            runs: Vec::new(),
            closing: false,
            leaf: LeafStep::None,
            member: None,
            followers: Followers::default(),
            at_ease: false,
            findings: Vec::new(),
            total: 0,
            violations: 0,
        }
    }

    /// Checks the element that has just begun, with everything in it, against `schema`. To be called right behind its `Start`,
    /// outside of any subtree that is being checked already.
    pub fn attach(&mut self, schema: &'s Schema, how: Namespace) {
        self.at_ease = false;
        let own = self.scanner.intern_namespace(schema.namespace());
        let namespace = if how == Namespace::AsIf { self.scanner.namespace() } else { own };
        self.validation = Some(Validation { schema, namespace, how });
        self.followers = Followers::of(schema);
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
        self.at_ease = false;
        self.scanner.first_child()
    }

    /// The input behind the start tag that was read last, as it stands: so many octets if there are as many.
    pub fn ahead(&mut self, octets: usize) -> &str {
        self.at_ease = false;
        self.scanner.ahead(octets)
    }

    /// The next stretch of the text of the element that has just begun, unbounded and unchecked; none at the next tag, with which
    /// `next` goes on.
    pub fn next_piece(&mut self) -> Result<Option<Piece<'_>>, NotWellFormed> {
        self.at_ease = false;
        self.scanner.next_piece()
    }

    /// What stands behind the root element, after `next` has refused it.
    pub fn follower(&mut self) -> Option<Follower> {
        self.at_ease = false;
        self.scanner.follower()
    }

    /// The next event. An error ends the walk: the document is not well-formed, exceeds a limit or cannot be read.
    #[inline]
    #[allow(
        clippy::should_implement_trait,
        reason = "events borrow from the walk, which an iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Step<'_>, NotWellFormed> {
        match self.leaf {
            LeafStep::Start(index) => {
                self.leaf = LeafStep::Text(index);
                self.scanner.turn_to_leaf_text();
                return Ok(Step::Text(self.scanner.text()));
            }
            LeafStep::Text(index) => {
                self.leaf = LeafStep::End(index);
                self.scanner.turn_to_leaf_end();
                return Ok(Step::End);
            }
            LeafStep::End(_) | LeafStep::None => {}
        }
        Ok(match self.advance()? {
            Event::Start | Event::Leaf => Step::Start(self.element()),
            Event::Text => Step::Text(self.scanner.text()),
            Event::End => Step::End,
            Event::Finished => Step::Finished,
        })
    }

    /// The next event, leaves whole. An error ends the walk. Not to be mixed with `next` between the start and the end of a leaf.
    #[inline(always)]
    pub fn advance(&mut self) -> Result<Event, NotWellFormed> {
        self.leaf = LeafStep::None;
        loop {
            if self.closing {
                self.closing = false;
                self.frames.pop();
                if !self.runs.is_empty() {
                    self.runs.pop_if(|run| run.depth > self.frames.len());
                }
            }
            if let Some(event) = self.quick() {
                return Ok(event);
            }
            if let Some(event) = self.general()? {
                return Ok(event);
            }
        }
    }

    /// The next event, token by token. None: a text that is not handed out.
    #[inline(never)]
    fn general(&mut self) -> Result<Option<Event>, NotWellFormed> {
        self.at_ease = false;
        let token = match self.scanner.next() {
            Ok(token) => token,
            Err(stopped) => return Err(self.stop(stopped)),
        };
        if self.scanner.is_contradicted() {
            self.note_contradiction();
        }
        Ok(match token {
            Token::Start => {
                self.start();
                Some(Event::Start)
            }
            Token::Text => self.text().then_some(Event::Text),
            Token::End => {
                self.end();
                Some(Event::End)
            }
            Token::Finished => Some(Event::Finished),
        })
    }

    /// Where the definition names the element that has just begun, or the leaf; see [`Element::member`].
    #[inline]
    pub fn member(&self) -> Option<MemberId> {
        self.member
    }

    /// The element that has just begun, or the leaf.
    #[inline]
    pub fn element(&self) -> Element<'_> {
        self.scanner.element(self.member)
    }

    /// The text of the event: of a `Text` or of a `Leaf`.
    #[inline]
    pub fn text_of_event(&self) -> &str {
        self.scanner.text()
    }

    /// Where the leaf that is the current event ends: at its end tag.
    pub fn leaf_end(&self) -> Position {
        self.scanner.leaf_end()
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
            path.push_str(&name);
            if let Some(index) = frames.next().map(|frame| frame.index).filter(|index| *index > 0) {
                path.push_str(&format!("[{index}]"));
            }
        }
        if let LeafStep::Start(index) | LeafStep::Text(index) | LeafStep::End(index) = self.leaf {
            path.push('/');
            path.push_str(self.scanner.local_name());
            if index > 0 {
                path.push_str(&format!("[{index}]"));
            }
        }
        path
    }

    /// The index that [`Walk::path`] shows behind the current element's name; 0 for none.
    #[inline]
    pub fn index(&self) -> u32 {
        match self.leaf {
            LeafStep::Start(index) | LeafStep::Text(index) | LeafStep::End(index) => index,
            _ => self.frames.last().map_or(0, |frame| frame.index),
        }
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

    /// What contradicts the encoding up to the place where a document stops belongs to it. What was only read ahead does not: how
    /// much that is depends on how the octets arrive.
    #[cold]
    fn stop(&mut self, stopped: NotWellFormed) -> NotWellFormed {
        if let Some((place, about)) = self.scanner.take_contradiction()
            && (place.line, place.column) <= stopped.place()
        {
            self.report_at(place, about.code, about.text.to_owned());
        }
        stopped
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
    while walk.advance()? != Event::Finished {}
    Ok(walk.verdict(Some(schema.namespace().to_owned())))
}

/// Checks a document against the shipped definition that its `Document` asks for by namespace, inside of any wrapper.
/// A `Document` of no shipped namespace, or none at all, is the finding `schema.unknown`.
pub fn validate_shipped(input: impl BufRead) -> Result<Verdict, NotWellFormed> {
    let mut walk = Walk::without_schema(input, Limits::default());
    let mut namespace = None;
    let mut found = false;
    loop {
        match walk.advance()? {
            Event::Start if !found && walk.element().local == "Document" => {
                found = true;
                namespace = walk.element().namespace.map(str::to_owned);
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
            Event::Finished => break,
            Event::Start | Event::Leaf | Event::Text | Event::End => {}
        }
    }
    if !found {
        walk.report("schema.unknown", "no element Document".to_owned());
    }
    Ok(walk.verdict(namespace))
}
