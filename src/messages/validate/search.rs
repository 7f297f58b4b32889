//! Goes through an input once, finds each document in whatever is wrapped around it, and reads or judges it.

use std::io::BufRead;

use crate::messages::head_001::HeaderReader;
use crate::messages::reading::{Begun, Output, Place};
use crate::messages::record::{Deviation, Document, Record, Verdict};
use crate::schema::catalog;
use crate::schema::event::{Limits, NotWellFormed};
use crate::schema::model::Schema;
use crate::schema::walk::{Namespace, Step, Walk};

use super::document::{Open, Reader, Root, UNKNOWN, kind_of_message, kind_of_root};
use super::{Parsed, Seen, Watch};

/// Code of a note that leaves a document valid.
const ENCODING_ASSUMED: &str = "encoding.assumed";

const MESSAGE_UNSUPPORTED: &str = "message.unsupported";

/// The element around every ISO 20022 message.
const DOCUMENT: &str = "Document";

/// The root of a head.001, which has no `Document` around it.
const HEADER: &str = "AppHdr";

/// What is wanted of each document.
#[derive(Clone, Copy)]
pub(super) enum Task<'s> {
    /// Records and verdict.
    Read,
    /// The verdict by a shipped definition.
    Judge,
    /// The verdict by this definition.
    JudgeBy(&'s Schema),
}

/// A start tag outside of any document.
struct Candidate {
    local: String,
    namespace: Option<String>,
}

pub(super) struct Search<'s, R> {
    walk: Walk<'s, R>,
    task: Task<'s>,
    file: Option<String>,
    header: HeaderReader,
    /// Of the open element; the outermost has 1.
    depth: u64,
    open: Option<Open>,
    /// Findings of the walk that were handed out.
    handed_out: u64,
    parsed: Parsed,
    /// Is told what stands inside of documents.
    pub(super) watch: Option<Watch<'s>>,
}

impl<'s, R: BufRead> Search<'s, R> {
    pub(super) fn new(input: R, limits: Limits, task: Task<'s>, file: Option<&str>) -> Search<'s, R> {
        Search {
            walk: Walk::without_schema(input, limits),
            task,
            file: file.map(str::to_owned),
            header: HeaderReader::default(),
            depth: 0,
            open: None,
            handed_out: 0,
            parsed: Parsed::default(),
            watch: None,
        }
    }

    /// Goes through the whole input.
    pub(super) fn run(mut self, mut output: Output<'_>) -> Parsed {
        if let Err(stopped) = self.read_to_end(&mut output) {
            self.stop(&stopped, &mut output);
            self.parsed.stopped = Some(stopped);
        }
        if self.parsed.documents == 0 {
            self.report_nothing_found(&mut output);
        }
        self.parsed
    }

    /// Takes event after event. One loop and no call per event: a report has an event every nine octets.
    fn read_to_end(&mut self, output: &mut Output<'_>) -> Result<(), NotWellFormed> {
        loop {
            let step = self.walk.next()?;
            // Only now is it known that nothing ill-formed stands right behind the document's end.
            if self.open.as_ref().is_some_and(|open| open.ended)
                && let Some(open) = self.open.take()
            {
                close(&open, &mut self.parsed, output);
                if let Some(watch) = &mut self.watch {
                    watch(Seen::Closed);
                }
            }
            match step {
                Step::Start(element) => {
                    self.depth += 1;
                    let watched = self.open.is_some();
                    if watched && let Some(watch) = &mut self.watch {
                        watch(Seen::Start(&element));
                    }
                    match &mut self.open {
                        Some(open) if open.root == Root::Inside => {
                            if open.reader.start(&element) == Begun::Record {
                                open.reader.begin(place_of(&self.walk), output);
                            }
                        }
                        Some(open) => open.enter_root(self.depth, element.local),
                        None => {
                            self.header.start(element.local);
                            if may_be_document(self.task, self.depth, element.local) {
                                let local = element.local.to_owned();
                                let namespace = element.namespace.map(str::to_owned);
                                self.consider(&Candidate { local, namespace }, output);
                            }
                        }
                    }
                    if watched && let Some(watch) = &mut self.watch {
                        watch(Seen::At(place_of(&self.walk), self.walk.index()));
                    }
                }
                Step::Text(text) => {
                    match &mut self.open {
                        Some(open) if open.root == Root::Inside => open.reader.text(text),
                        Some(_) => {}
                        None => self.header.text(text),
                    }
                    if self.open.is_some()
                        && let Some(watch) = &mut self.watch
                    {
                        watch(Seen::Text(text));
                    }
                }
                Step::End => self.end(output),
                Step::Finished => return Ok(()),
            }
            if self.walk.findings_total() != self.handed_out && self.open.is_some() {
                self.hand_out_findings(output);
            }
        }
    }

    /// The innermost element ends.
    #[inline]
    fn end(&mut self, output: &mut Output<'_>) {
        let depth = self.depth;
        self.depth = self.depth.saturating_sub(1);
        let Some(open) = &mut self.open else { return self.header.end() };
        if let Some(watch) = &mut self.watch {
            watch(Seen::End);
        }
        if open.root == Root::Inside {
            open.reader.end(output);
            let remarks = open.reader.take_remarks();
            if !remarks.is_empty() {
                let place = place_of(&self.walk);
                for remark in remarks {
                    let deviation = deviation(place, self.walk.path(), remark.code, remark.text);
                    self.parsed.deviations += 1;
                    output.aside(Record::Deviation(deviation), place);
                }
            }
            if depth == open.depth + 1 && !open.bare {
                open.root = Root::Past;
            }
        }
        open.ended = depth == open.depth;
    }

    /// Opens a document at the element that has just begun, if it is one.
    fn consider(&mut self, candidate: &Candidate, output: &mut Output<'_>) {
        let namespace = candidate.namespace.as_deref();
        if let Task::JudgeBy(schema) = self.task {
            if schema.root_name() == candidate.local && namespace.unwrap_or("") == schema.namespace() {
                self.open_judged(schema, candidate, None, output);
            }
            return;
        }
        let bare = candidate.local != DOCUMENT;
        let child = if bare { Some(candidate.local.clone()) } else { self.walk.first_child() };
        let exact = namespace.and_then(catalog::by_namespace);
        let exact = exact.filter(|schema| schema.root_name() == candidate.local);
        let kind = child.as_deref().and_then(kind_of_root);
        let kind = kind.or_else(|| (candidate.local == HEADER).then_some("head.001"));
        let kind = kind.or_else(|| kind_of_message(exact?.message_id()));
        match (exact, kind) {
            (Some(schema), _) => {
                self.open_judged(schema, candidate, kind, output);
                if kind.is_none() && matches!(self.task, Task::Read) {
                    self.deviate(MESSAGE_UNSUPPORTED, unsupported(child.as_deref()), output);
                }
            }
            (None, Some(kind)) => self.open_as_if(kind, candidate, output),
            // A wrapper that happens to be called like what it wraps, or a lone header without definition.
            (None, None) if bare || child.as_deref() == Some(DOCUMENT) => {}
            (None, None) => self.pass_unsupported(candidate, child.as_deref(), output),
        }
    }

    /// A document in the namespace of a definition that we have.
    fn open_judged(
        &mut self,
        schema: &'s Schema,
        candidate: &Candidate,
        kind: Option<&str>,
        output: &mut Output<'_>,
    ) {
        let message = schema.message_id();
        self.begin_document(Some(message), candidate, output);
        let mut open = self.opened(kind, message, message);
        if candidate.local == HEADER {
            open.enter_bare();
        }
        self.open = Some(open);
        self.walk.attach(schema, Namespace::Exact);
    }

    /// A document of a message that we read, but in a namespace that we do not know: read, and compared, as if it were in
    /// the nearest one, never called valid.
    fn open_as_if(&mut self, kind: &'static str, candidate: &Candidate, output: &mut Output<'_>) {
        let version = candidate.namespace.as_deref().and_then(|name| version_in(name, kind));
        let version = version.or_else(|| self.header.definition().and_then(|name| version_in(name, kind)));
        let nearest = catalog::nearest(kind, version);
        let message = nearest.map_or(kind, |(message, _)| message);
        self.begin_document(Some(message), candidate, output);
        let mut open = self.opened(Some(kind), message, UNKNOWN);
        if candidate.local != DOCUMENT {
            open.enter_bare();
        }
        let lacks_document = open.bare && candidate.local != HEADER;
        self.open = Some(open);
        if lacks_document {
            self.deviate(
                "document.missing",
                format!("no Document element around {}", candidate.local),
                output,
            );
        } else if let Some((_, schema)) = nearest {
            self.walk.attach(schema, Namespace::AsIf);
        }
        let text = format!("no definition for {}; read as {message}", spoken(candidate.namespace.as_deref()));
        self.deviate("schema.unknown", text, output);
    }

    /// A document that we can neither judge nor read. What it wraps may still hold others.
    fn pass_unsupported(&mut self, candidate: &Candidate, child: Option<&str>, output: &mut Output<'_>) {
        self.begin_document(None, candidate, output);
        self.open = Some(self.opened(None, "", UNKNOWN));
        self.hand_out_findings(output);
        let text = format!("no definition for {}", spoken(candidate.namespace.as_deref()));
        self.deviate("schema.unknown", text, output);
        if matches!(self.task, Task::Read) {
            self.deviate(MESSAGE_UNSUPPORTED, unsupported(child), output);
        }
        if let Some(open) = self.open.take() {
            close(&open, &mut self.parsed, output);
            self.tell_closed();
        }
    }

    fn tell_closed(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch(Seen::Closed);
        }
    }

    fn opened(&self, kind: Option<&str>, message: &str, judge: &str) -> Open {
        let reader = match kind {
            Some(kind) if matches!(self.task, Task::Read) => Reader::of(kind, message),
            _ => Reader::None,
        };
        Open {
            reader,
            message: message.to_owned(),
            depth: self.depth,
            place: place_of(&self.walk),
            root: Root::Ahead,
            bare: false,
            ended: false,
            judge: judge.to_owned(),
            errors: 0,
        }
    }

    fn begin_document(&mut self, message: Option<&str>, candidate: &Candidate, output: &mut Output<'_>) {
        output.take_count();
        let document = Document {
            file: self.file.clone(),
            message: message.map(str::to_owned),
            namespace: candidate.namespace.clone(),
        };
        let place = place_of(&self.walk);
        output.aside(Record::Document(document), place);
        if let Some(watch) = &mut self.watch {
            watch(Seen::Opened { path: self.walk.path(), message: message.unwrap_or(""), place });
        }
    }

    /// A deviation of the open document at the current event. All but an unsupported message count as errors.
    fn deviate(&mut self, code: &str, text: String, output: &mut Output<'_>) {
        let place = place_of(&self.walk);
        output.aside(Record::Deviation(deviation(place, self.walk.path(), code, text)), place);
        self.parsed.deviations += 1;
        if let Some(open) = &mut self.open {
            open.errors += u64::from(code != MESSAGE_UNSUPPORTED);
        }
    }

    #[cold]
    fn hand_out_findings(&mut self, output: &mut Output<'_>) {
        self.handed_out = self.walk.findings_total();
        for finding in self.walk.take_findings() {
            let place = Place { line: finding.line, column: finding.column };
            if let Some(open) = &mut self.open {
                open.errors += u64::from(finding.code != ENCODING_ASSUMED);
            }
            self.parsed.deviations += 1;
            output
                .aside(Record::Deviation(deviation(place, finding.path, finding.code, finding.text)), place);
        }
    }

    /// The input is not well-formed or could not be read on: what was begun goes out, then the reason, then a verdict.
    #[cold]
    fn stop(&mut self, stopped: &NotWellFormed, output: &mut Output<'_>) {
        if self.open.is_none() {
            self.begin_document(None, &Candidate { local: String::new(), namespace: None }, output);
            self.open = Some(self.opened(None, "", UNKNOWN));
        }
        self.hand_out_findings(output);
        let Some(mut open) = self.open.take() else { return };
        let complete = output.count();
        open.reader.break_off(output);
        let unfinished = output.count() - complete;
        let (line, column) = stopped.place();
        let place = Place { line, column };
        let path = Some(self.walk.path()).filter(|path| !path.is_empty()).unwrap_or("/".to_owned());
        if unfinished > 0 {
            let text = format!("the last {unfinished} records were still open; they hold only what was read");
            output.aside(Record::Deviation(deviation(place, path.clone(), "record.unfinished", text)), place);
        }
        let deviation = deviation(place, path, stopped.code(), reason(stopped));
        output.aside(Record::Deviation(deviation), place);
        self.parsed.deviations += 1 + u64::from(unfinished > 0);
        open.errors += 1;
        close(&open, &mut self.parsed, output);
        self.tell_closed();
    }

    /// A well-formed input without any document: said, not passed over.
    fn report_nothing_found(&mut self, output: &mut Output<'_>) {
        self.begin_document(None, &Candidate { local: String::new(), namespace: None }, output);
        self.open = Some(self.opened(None, "", UNKNOWN));
        self.hand_out_findings(output);
        let (code, text) = match self.task {
            Task::JudgeBy(schema) => {
                let (root, namespace) = (schema.root_name(), schema.namespace());
                ("schema.root", format!("no element {root} of namespace {namespace} found"))
            }
            Task::Read | Task::Judge => ("document.absent", "no Document element found".to_owned()),
        };
        let place = Place { line: 1, column: 1 };
        output.aside(Record::Deviation(deviation(place, "/".to_owned(), code, text)), place);
        self.parsed.deviations += 1;
        if let Some(mut open) = self.open.take() {
            open.errors += 1;
            close(&open, &mut self.parsed, output);
            self.tell_closed();
        }
    }
}

/// Whether an element outside of any document is worth a look.
fn may_be_document(task: Task<'_>, depth: u64, local_name: &str) -> bool {
    match task {
        Task::JudgeBy(schema) => local_name == schema.root_name(),
        // A header that travels alone is judged like a document.
        Task::Read | Task::Judge => {
            local_name == DOCUMENT
                || kind_of_root(local_name).is_some()
                || (depth == 1 && local_name == HEADER)
        }
    }
}

fn place_of<R: BufRead>(walk: &Walk<'_, R>) -> Place {
    let position = walk.position();
    Place { line: position.line, column: position.column }
}

fn deviation(place: Place, path: String, code: &str, text: String) -> Deviation {
    Deviation { line: place.line, column: place.column, path, code: code.to_owned(), text }
}

fn close(open: &Open, parsed: &mut Parsed, output: &mut Output<'_>) {
    let verdict: Verdict = open.verdict(output.count());
    parsed.documents += 1;
    parsed.invalid += u64::from(!verdict.valid);
    output.aside(Record::Verdict(verdict), open.place);
}

fn unsupported(child: Option<&str>) -> String {
    match child {
        Some(child) => format!("{child} is no message that has a reader"),
        None => "the document is empty".to_owned(),
    }
}

fn spoken(namespace: Option<&str>) -> String {
    namespace.map_or("a document without namespace".to_owned(), |name| format!("namespace {name}"))
}

/// Why reading stopped, without the place, which the deviation has already.
fn reason(stopped: &NotWellFormed) -> String {
    match stopped {
        NotWellFormed::Syntax { rule, .. } => format!("not well-formed: {rule}"),
        NotWellFormed::Doctype { .. } => "document type declarations are refused".to_owned(),
        NotWellFormed::Limit { what, limit, .. } => format!("{what} beyond the limit of {limit}"),
        NotWellFormed::Io { source, .. } => format!("reading failed: {source}"),
        NotWellFormed::Encoding { .. } => stopped.to_string(),
    }
}

/// The version that a text names behind the message: 3 in `…/pain.002.001.03.ch.02.xsd`.
fn version_in(text: &str, kind: &str) -> Option<u32> {
    let (_, behind) = text.split_once(kind)?;
    let version = behind.split('.').nth(2)?;
    version.parse().ok()
}
