//! What holds for a whole input while it is read, and what is handed out about it apart from its documents. Never looks at
//! XML.

use std::io;

use super::document::{Open, Reader, Root, UNKNOWN, kind_of_root};
use super::places::Places;
use super::search::DOCUMENT;
use super::stops::Stop;
use super::{Parsed, Watch};
use crate::messages::definitions::Definitions;
use crate::messages::head_001::{HEADER, HeaderReader};
use crate::messages::reading::{Output, Place};
use crate::messages::record::{Deviation, Document, Record, Verdict};
use crate::messages::unwrap::Bounds;
use crate::schema::event::NotWellFormed;
use crate::schema::model::Schema;

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

/// What holds for a whole input, through everything that is unwrapped.
pub(super) struct Run<'s> {
    pub(super) task: Task<'s>,
    /// The user's own. Who judges without reading judges by nothing else.
    pub(super) definitions: Option<&'s Definitions>,
    /// Name of the file, of the entry in the archive, or of the element whose text was decoded.
    pub(super) file: Option<String>,
    pub(super) bounds: Bounds,
    pub(super) header: HeaderReader,
    pub(super) parsed: Parsed,
    /// Is told what stands inside of documents.
    pub(super) watch: Option<Watch<'s>>,
    /// Documents of the files before this one.
    pub(super) documents_before: u64,
    pub(super) nesting: u32,
}

impl<'s> Run<'s> {
    pub(super) fn new(task: Task<'s>, file: Option<&str>) -> Run<'s> {
        Run {
            task,
            definitions: None,
            file: file.map(str::to_owned),
            bounds: Bounds::default(),
            header: HeaderReader::default(),
            parsed: Parsed::default(),
            watch: None,
            documents_before: 0,
            nesting: 0,
        }
    }

    /// Another file of an archive begins.
    pub(super) fn begin_file(&mut self) {
        self.documents_before = self.parsed.documents;
        self.header = HeaderReader::default();
    }

    /// Whether the input itself cannot be read on.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.parsed.stopped, Some(NotWellFormed::Io { .. }))
    }
}

/// The input is not well-formed or could not be read on: what was begun goes out, then the reason, then a verdict.
#[cold]
pub(super) fn report_stop(run: &mut Run<'_>, open: Option<Open>, stop: Stop, output: &mut Output<'_>) {
    let mut open = match open {
        Some(open) => open,
        None => begin_nameless(run, output),
    };
    let complete = output.count();
    open.reader.break_off(output);
    let unfinished = output.count() - complete;
    let place = stop.place;
    let path = Some(stop.path).filter(|path| !path.is_empty()).unwrap_or("/".to_owned());
    if unfinished > 0 {
        let text = format!("the last {unfinished} records were still open; they hold only what was read");
        output.aside(Record::Deviation(deviation(place, path.clone(), "record.unfinished", text)), place);
    }
    output.aside(Record::Deviation(deviation(place, path, stop.code, stop.text)), place);
    run.parsed.deviations += 1 + u64::from(unfinished > 0);
    open.errors += 1;
    close(&open, &mut run.parsed, output);
    run.parsed.stopped = Some(stop.stopped);
}

/// An archive, or an entry of one, that is not read.
pub(super) fn refuse(run: &mut Run<'_>, error: io::Error, output: &mut Output<'_>) {
    let stopped = NotWellFormed::Io { source: error, line: 1, column: 1 };
    let stop = Stop::of(stopped, &Places::default(), "/".to_owned());
    report_stop(run, None, stop, output);
}

/// A deviation that belongs to no document gets one of its own.
pub(super) fn report_apart(run: &mut Run<'_>, deviation: Deviation, output: &mut Output<'_>) {
    let mut open = begin_nameless(run, output);
    let place = Place { line: deviation.line, column: deviation.column };
    output.aside(Record::Deviation(deviation), place);
    run.parsed.deviations += 1;
    open.errors += 1;
    close(&open, &mut run.parsed, output);
}

fn begin_nameless(run: &Run<'_>, output: &mut Output<'_>) -> Open {
    output.take_count();
    let place = Place { line: 1, column: 1 };
    let document = Document { file: run.file.clone(), message: None, namespace: None };
    output.aside(Record::Document(document), place);
    Open {
        reader: Reader::None,
        message: String::new(),
        depth: 0,
        place,
        root: Root::Ahead,
        bare: false,
        ended: false,
        judge: UNKNOWN.to_owned(),
        errors: 0,
    }
}

/// A well-formed input without any document: said, not passed over.
pub(super) fn report_nothing_found(run: &mut Run<'_>, output: &mut Output<'_>) {
    let (code, text) = match run.task {
        Task::JudgeBy(schema) => {
            let (root, namespace) = (schema.root_name(), schema.namespace());
            ("schema.root", format!("no element {root} of namespace {namespace} found"))
        }
        Task::Read | Task::Judge => ("document.absent", "no Document element found".to_owned()),
    };
    let place = Place { line: 1, column: 1 };
    report_apart(run, deviation(place, "/".to_owned(), code, text), output);
}

pub(super) fn deviation(place: Place, path: String, code: &str, text: String) -> Deviation {
    Deviation { line: place.line, column: place.column, path, code: code.to_owned(), text }
}

pub(super) fn close(open: &Open, parsed: &mut Parsed, output: &mut Output<'_>) {
    let verdict: Verdict = open.verdict(output.count());
    parsed.documents += 1;
    parsed.invalid += u64::from(!verdict.valid);
    output.aside(Record::Verdict(verdict), open.place);
}

/// Whether an element outside of any document is worth a look.
pub(super) fn may_be_document(task: Task<'_>, depth: u64, local_name: &str) -> bool {
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
