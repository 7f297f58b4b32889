//! Goes through a stream of XML once, finds each document in whatever is wrapped around it, and reads or judges it.

mod message;

use std::io::{BufRead, BufReader};

use crate::messages::head_001::HEADER;
use crate::messages::reading::{Begun, Output, Place};
use crate::messages::record::{Document, Record};
use crate::messages::unwrap::Source;
use crate::messages::unwrap::base64::Base64;
use crate::messages::unwrap::rewinding::Rewinding;
use crate::schema::catalog;
use crate::schema::event::{Follower, Limits, NotWellFormed, Position};
use crate::schema::model::Schema;
use crate::schema::walk::{Namespace, Step, Walk};

use super::Seen;
use super::document::{
    Open, Reader, Root, UNKNOWN, kind_of_message, kind_of_root, spoken, unsupported, version_in,
};
use super::files;
use super::inside::{self, Inside, Pieces, is_message};
use super::places::Places;
use super::run::{
    Run, Task, close, deviation, may_be_document, report_apart, report_nothing_found, report_stop,
};
use super::stops::Stop;

/// Code of a note that leaves a document valid.
const ENCODING_ASSUMED: &str = "encoding.assumed";

const MESSAGE_UNSUPPORTED: &str = "message.unsupported";

/// The header announces another message than the one that stands there. The document may be valid for all that.
const HEADER_MISMATCH: &str = "header.mismatch";

/// The document stands behind another one in a file that is therefore no XML, valid or not.
const DOCUMENT_ANOTHER: &str = "document.another";

/// The element around every ISO 20022 message.
pub(super) const DOCUMENT: &str = "Document";

/// How deep documents are looked for in the text of others. Chosen by us; banks go one deep.
const NESTING_MAX: u32 = 4;

/// A start tag outside of any document.
struct Candidate {
    local: String,
    namespace: Option<String>,
}

/// A stream of XML and where it stands.
#[derive(Clone)]
pub(super) struct Stream {
    places: Places,
    /// Path of the text that the stream is.
    prefix: String,
    inside: Option<Inside>,
    /// It stands behind another document of the same stream.
    is_another: bool,
}

impl Default for Stream {
    /// A file of its own.
    fn default() -> Stream {
        Stream { places: Places::default(), prefix: String::new(), inside: None, is_another: false }
    }
}

/// How a search ended.
enum Ended {
    /// With the stream, or for good.
    Whole,
    /// Another document begins at the place, which is so many less-than signs before the end of what was taken in.
    Another(Place, usize),
    /// What was taken in behind the root, up to the place, is blank but no XML; the rest must tell.
    Blank(Place, Option<Open>, NotWellFormed),
}

/// Reads the documents of a stream, one behind another.
pub(super) fn read_stream(
    run: &mut Run<'_>,
    input: &mut dyn BufRead,
    stream: Stream,
    output: &mut Output<'_>,
) {
    let mut input = Rewinding::new(input);
    let mut stream = stream;
    loop {
        let ended = Search::new(run, &mut input, stream.clone()).run(output);
        let next = match ended {
            Ended::Whole => None,
            Ended::Another(at, markup) => input.go_back(markup).then_some(at),
            Ended::Blank(at, open, stopped) => match input.pass_blank() {
                Ok(Some((lines, columns))) => {
                    if let Some(open) = open {
                        close(&open, &mut run.parsed, output);
                    }
                    let column = if lines > 0 { 1 } else { at.column } + columns;
                    Some(Place { line: at.line + lines, column })
                }
                _ => {
                    let stop = Stop::of(stopped, &stream.places, "/".to_owned());
                    report_stop(run, open, stop, output);
                    None
                }
            },
        };
        let Some(at) = next else { break };
        stream.places = stream.places.behind(at);
        stream.is_another = true;
    }
    if run.nesting == 0 && run.parsed.documents == run.documents_before {
        report_nothing_found(run, output);
    }
}

struct Search<'s, 'r, 'i> {
    run: &'r mut Run<'s>,
    walk: Walk<'s, &'i mut dyn BufRead>,
    stream: Stream,
    /// Of the open element; the outermost has 1.
    depth: u64,
    /// Name of the outermost.
    root: String,
    open: Option<Open>,
    /// Findings of the walk that were handed out.
    handed_out: u64,
    documents_before: u64,
}

impl<'s, 'r, 'i> Search<'s, 'r, 'i> {
    fn new(run: &'r mut Run<'s>, input: &'i mut dyn BufRead, stream: Stream) -> Search<'s, 'r, 'i> {
        let walk = match stream.inside {
            // Text has been decoded, whatever encoding its own declaration names.
            Some(Inside::Xml | Inside::Markup) => Walk::of_characters(input, Limits::default()),
            Some(Inside::Base64) | None => Walk::without_schema(input, Limits::default()),
        };
        let documents_before = run.parsed.documents;
        Search {
            run,
            walk,
            stream,
            depth: 0,
            root: String::new(),
            open: None,
            handed_out: 0,
            documents_before,
        }
    }

    /// Goes through the stream up to the end of its first root element, and what may stand behind.
    fn run(mut self, output: &mut Output<'_>) -> Ended {
        let Err(stopped) = self.read_to_end(output) else { return Ended::Whole };
        let is_syntax = matches!(stopped, NotWellFormed::Syntax { .. });
        match self.walk.follower().filter(|_| is_syntax && self.has_found()) {
            Some(Follower::Document { at, markup, opening }) if self.is_another(&opening) => {
                if let Some(open) = self.open.take() {
                    close(&open, &mut self.run.parsed, output);
                }
                return Ended::Another(Place { line: at.line, column: at.column }, markup);
            }
            Some(Follower::Blank { at }) => {
                return Ended::Blank(Place { line: at.line, column: at.column }, self.open.take(), stopped);
            }
            Some(Follower::Document { .. }) | None => {}
        }
        let is_markup = self.stream.inside == Some(Inside::Markup);
        let stop = Stop::of(stopped, &self.stream.places, self.path());
        // What only looks like XML may be anything, unless a document was found in it.
        if !(is_markup && self.open.is_none() && !self.has_found() && stop.is_of_text) {
            self.hand_out_findings_before_stop(output);
            report_stop(self.run, self.open.take(), stop, output);
        }
        Ended::Whole
    }

    /// Whether there was a document, or a header that stands for one to come.
    fn has_found(&self) -> bool {
        self.open.is_some() || self.run.parsed.documents > self.documents_before
    }

    /// Whether what stands behind the root begins like another document.
    fn is_another(&self, opening: &str) -> bool {
        let rest = opening.strip_prefix('<').unwrap_or("");
        if rest.strip_prefix("?xml").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n'])) {
            return true;
        }
        let name = rest.split([' ', '\t', '\r', '\n', '>', '/']).next().unwrap_or("");
        is_message(name) || name.rsplit(':').next() == Some(self.root.as_str())
    }

    /// Takes event after event. One loop and no call per event: a report has an event every nine octets.
    fn read_to_end(&mut self, output: &mut Output<'_>) -> Result<(), NotWellFormed> {
        loop {
            let inside = self.open.as_ref().is_some_and(|open| open.root == Root::Inside && !open.ended);
            if inside && self.run.watch.is_none() {
                self.read_message(output)?;
            }
            let step = self.walk.next()?;
            // Only now is it known that nothing ill-formed stands right behind the document's end.
            if self.open.as_ref().is_some_and(|open| open.ended)
                && let Some(open) = self.open.take()
            {
                close(&open, &mut self.run.parsed, output);
            }
            if let (Step::Text(text), true, Some(watch)) = (&step, self.open.is_some(), &mut self.run.watch) {
                watch(Seen::Text(text));
            }
            match step {
                Step::Start(element) => {
                    self.depth += 1;
                    let watched = self.open.is_some();
                    if watched && let Some(watch) = &mut self.run.watch {
                        watch(Seen::Start(&element));
                    }
                    match &mut self.open {
                        Some(open) if open.root == Root::Inside => {
                            if open.reader.start(element.member(), || element) == Begun::Record {
                                open.reader.begin(place_of(&self.walk, &self.stream), output);
                            }
                        }
                        Some(open) if open.root == Root::InHeader => {
                            self.run.header.start(element.local, self.depth);
                            if open.reader.start(element.member(), || element) == Begun::Record {
                                open.reader.begin(place_of(&self.walk, &self.stream), output);
                            }
                        }
                        Some(open) => open.enter_root(self.depth, element.local),
                        None => {
                            let candidate = Candidate {
                                local: element.local.to_owned(),
                                namespace: element.namespace.map(str::to_owned),
                            };
                            if self.start_outside(candidate, output)? {
                                return Ok(());
                            }
                        }
                    }
                    if watched && let Some(watch) = &mut self.run.watch {
                        watch(Seen::At(place_of(&self.walk, &self.stream), self.walk.index()));
                    }
                }
                Step::Text(text) => match &mut self.open {
                    Some(open) if open.root == Root::Inside => open.reader.text(text),
                    Some(open) if open.root == Root::InHeader => {
                        self.run.header.text(text);
                        open.reader.text(text);
                    }
                    Some(_) => {}
                    None => self.run.header.text(text),
                },
                Step::End => self.end(output),
                Step::Finished => return Ok(()),
            }
            if self.walk.findings_total() != self.handed_out && self.open.is_some() {
                self.hand_out_findings(output);
            }
        }
    }

    #[cold]
    fn hand_out_remarks(&mut self, place: Place, output: &mut Output<'_>) {
        let Some(open) = &mut self.open else { return };
        for remark in open.reader.take_remarks() {
            let path = path_of(&self.walk, &self.stream);
            let deviation = deviation(place, path, remark.code, remark.text);
            self.run.parsed.deviations += 1;
            output.aside(Record::Deviation(deviation), place);
        }
    }

    /// The innermost element ends.
    #[inline]
    fn end(&mut self, output: &mut Output<'_>) {
        let depth = self.depth;
        self.depth = self.depth.saturating_sub(1);
        let Some(open) = &mut self.open else { return self.run.header.end(depth) };
        if let Some(watch) = &mut self.run.watch {
            watch(Seen::End);
        }
        if open.root == Root::InHeader {
            self.run.header.end(depth);
        }
        let mut has_remarks = false;
        if matches!(open.root, Root::Inside | Root::InHeader) {
            open.reader.end(output);
            has_remarks = open.reader.has_remarks();
            if depth == open.depth + 1 && !open.bare {
                open.root = Root::Past;
            }
        }
        open.ended = depth == open.depth;
        if has_remarks {
            self.hand_out_remarks(place_of(&self.walk, &self.stream), output);
        }
    }

    /// An element begins outside of any document. True if what stands in it has ended the reading for good.
    fn start_outside(
        &mut self,
        candidate: Candidate,
        output: &mut Output<'_>,
    ) -> Result<bool, NotWellFormed> {
        if self.depth == 1 {
            self.root.clone_from(&candidate.local);
        }
        self.run.header.start(&candidate.local, self.depth);
        let chosen = self.run.definitions.is_some_and(|chosen| chosen.has_root(&candidate.local));
        if chosen || may_be_document(self.run.task, self.depth, &candidate.local) {
            self.consider(&candidate, output);
        }
        if self.open.is_some() || self.run.header.is_inside() {
            return Ok(false);
        }
        match inside::recognise(self.walk.ahead(inside::LOOKED_AT_OCTETS)) {
            Some(inside) => self.read_inside(inside, output),
            None => Ok(false),
        }
    }

    /// Reads the text of the element that has just begun as a document of its own.
    fn read_inside(&mut self, inside: Inside, output: &mut Output<'_>) -> Result<bool, NotWellFormed> {
        let path = self.path();
        if self.run.nesting >= NESTING_MAX {
            let place = self.place();
            let text = format!("documents within documents beyond the limit of {NESTING_MAX}");
            report_apart(self.run, deviation(place, path, "document.depth", text), output);
            return Ok(false);
        }
        self.run.nesting += 1;
        let places = Places::inside(&self.stream.places);
        let mut pieces = Pieces::new(&mut self.walk, (places.clone(), self.stream.places.clone()));
        if inside == Inside::Base64 {
            let outer = self.run.file.clone();
            self.run.file = Some(format!("{}!{path}", outer.as_deref().unwrap_or("-")));
            let mut decoded = BufReader::new(Base64::new(&mut pieces));
            files::read(self.run, Source::Stream(&mut decoded), output);
            self.run.file = outer;
        } else {
            let prefix = format!("{path}/text()");
            let stream = Stream { places, prefix, inside: Some(inside), is_another: false };
            read_stream(self.run, &mut pieces, stream, output);
        }
        self.run.nesting -= 1;
        let is_over = pieces.finish()?;
        Ok(is_over || self.run.is_over())
    }

    /// Opens a document at the element that has just begun, if it is one.
    fn consider(&mut self, candidate: &Candidate, output: &mut Output<'_>) {
        let namespace = candidate.namespace.as_deref();
        if let Task::JudgeBy(schema) = self.run.task {
            if schema.root_name() == candidate.local && namespace.unwrap_or("") == schema.namespace() {
                self.open_judged(schema, candidate, None, output);
            }
            return;
        }
        let chosen = self.run.definitions.map(|chosen| chosen.of(&candidate.local, namespace.unwrap_or("")));
        let bare = candidate.local != DOCUMENT;
        if let (Some(None), Task::Judge) = (chosen, self.run.task) {
            return self.pass_unchosen(candidate, output);
        }
        let child = if bare { Some(candidate.local.clone()) } else { self.walk.first_child() };
        let shipped = namespace.and_then(catalog::by_namespace);
        let shipped = shipped.filter(|schema| schema.root_name() == candidate.local);
        let exact = chosen.flatten().or(shipped);
        let kind = child.as_deref().and_then(kind_of_root);
        let kind = kind.or_else(|| (candidate.local == HEADER).then_some("head.001"));
        let kind = kind.or_else(|| kind_of_message(exact?.message_id()));
        match (exact, kind) {
            (Some(schema), _) => {
                self.open_judged(schema, candidate, kind, output);
                if kind.is_none() && matches!(self.run.task, Task::Read) {
                    self.deviate(MESSAGE_UNSUPPORTED, unsupported(child.as_deref()), output);
                }
            }
            (None, Some(kind)) => self.open_as_if(kind, candidate, output),
            // A wrapper that happens to be called like what it wraps, or a lone header without definition.
            (None, None) if bare || child.as_deref() == Some(DOCUMENT) => {}
            (None, None) => self.pass_unsupported(candidate, child.as_deref(), output),
        }
    }

    /// A document for which the user's folder has no definition. What it wraps may be another.
    fn pass_unchosen(&mut self, candidate: &Candidate, output: &mut Output<'_>) {
        let wraps = candidate.local != DOCUMENT || self.walk.first_child().as_deref() == Some(DOCUMENT);
        if !wraps {
            self.pass_unsupported(candidate, None, output);
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
            open.root = Root::InHeader;
        }
        self.open = Some(open);
        self.walk.attach(schema, Namespace::Exact);
    }

    /// A document of a message that we read, but in a namespace that we do not know: read, and compared, as if it were in
    /// the nearest one, never called valid.
    fn open_as_if(&mut self, kind: &'static str, candidate: &Candidate, output: &mut Output<'_>) {
        let version = candidate.namespace.as_deref().and_then(|name| version_in(name, kind));
        let version = version.or_else(|| {
            self.run
                .header
                .current()
                .and_then(|header| header.message.message_definition.as_deref())
                .and_then(|name| version_in(name, kind))
        });
        let nearest = catalog::nearest(kind, version);
        let message = nearest.map_or(kind, |(message, _)| message);
        self.begin_document(Some(message), candidate, output);
        let mut open = self.opened(Some(kind), message, UNKNOWN);
        if candidate.local != DOCUMENT {
            open.enter_bare();
        }
        let lacks_document = open.bare && candidate.local != HEADER;
        self.open = Some(open);
        if candidate.local == HEADER
            && let Some(open) = &mut self.open
        {
            open.root = Root::InHeader;
        }
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
        if matches!(self.run.task, Task::Read) {
            self.deviate(MESSAGE_UNSUPPORTED, unsupported(child), output);
        }
        if let Some(open) = self.open.take() {
            close(&open, &mut self.run.parsed, output);
        }
    }

    fn opened(&self, kind: Option<&str>, message: &str, judge: &str) -> Open {
        let reader = match kind {
            Some(kind) if matches!(self.run.task, Task::Read) => Reader::of(kind, message),
            _ => Reader::None,
        };
        Open {
            reader,
            message: message.to_owned(),
            depth: self.depth,
            place: self.place(),
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
            file: self.run.file.clone(),
            message: message.map(str::to_owned),
            namespace: candidate.namespace.clone(),
        };
        let (place, path) = (self.place(), self.path());
        output.aside(Record::Document(document), place);
        if let Some(watch) = &mut self.run.watch {
            let file = self.run.file.as_deref().unwrap_or("");
            watch(Seen::Opened { file, path, message: message.unwrap_or(""), place });
        }
        if self.stream.is_another {
            self.run.parsed.another += 1;
            let text = "stands behind the root element of the document before it".to_owned();
            self.deviate(DOCUMENT_ANOTHER, text, output);
        }
        let Some(header) = self.run.header.take() else { return };
        let announced = header.message.message_definition.clone();
        output.aside(Record::Header(Box::new(header)), place);
        let namespace = candidate.namespace.as_deref().unwrap_or("");
        if let (Some(announced), Some(is)) = (announced, namespace.strip_prefix(catalog::NAMESPACE_PREFIX))
            && announced != is
        {
            let text = format!("the header announces {announced}, the document is {is}");
            self.deviate(HEADER_MISMATCH, text, output);
        }
    }

    /// A deviation of the open document at the current event. Those that say nothing against its schema count as no errors.
    fn deviate(&mut self, code: &str, text: String, output: &mut Output<'_>) {
        let place = self.place();
        output.aside(Record::Deviation(deviation(place, self.path(), code, text)), place);
        self.run.parsed.deviations += 1;
        if let Some(open) = &mut self.open {
            let is_note = [MESSAGE_UNSUPPORTED, HEADER_MISMATCH, DOCUMENT_ANOTHER].contains(&code);
            open.errors += u64::from(!is_note);
        }
    }

    #[cold]
    fn hand_out_findings(&mut self, output: &mut Output<'_>) {
        self.handed_out = self.walk.findings_total();
        for finding in self.walk.take_findings() {
            let place = self.stream.places.outer(Place { line: finding.line, column: finding.column });
            let path = format!("{}{}", self.stream.prefix, finding.path);
            if let Some(open) = &mut self.open {
                open.errors += u64::from(finding.code != ENCODING_ASSUMED);
            }
            self.run.parsed.deviations += 1;
            output.aside(Record::Deviation(deviation(place, path, finding.code, finding.text)), place);
        }
    }

    /// Findings wait until a document is open; the stream stops, so the one that says why takes them.
    #[cold]
    fn hand_out_findings_before_stop(&mut self, output: &mut Output<'_>) {
        if self.open.is_none() && self.walk.findings_total() != self.handed_out {
            self.begin_document(None, &Candidate { local: String::new(), namespace: None }, output);
            self.open = Some(self.opened(None, "", UNKNOWN));
        }
        if self.open.is_some() {
            self.hand_out_findings(output);
        }
    }

    fn place(&self) -> Place {
        place_of(&self.walk, &self.stream)
    }

    fn path(&self) -> String {
        path_of(&self.walk, &self.stream)
    }
}

/// Where the current event begins, in the file.
fn place_of(walk: &Walk<'_, &mut dyn BufRead>, stream: &Stream) -> Place {
    place_at(walk.position(), stream)
}

fn place_at(position: Position, stream: &Stream) -> Place {
    stream.places.outer(Place { line: position.line, column: position.column })
}

fn path_of(walk: &Walk<'_, &mut dyn BufRead>, stream: &Stream) -> String {
    format!("{}{}", stream.prefix, walk.path())
}
