//! The two ways into any bank document: its strict verdict alone, or its verdict with everything that could be
//! read. Documents are found inside any wrapper. Never what a record means.

mod document;
mod files;
mod inside;
mod places;
mod run;
mod search;
mod stops;

use std::io::BufRead;

use crate::messages::definitions::Definitions;
use crate::messages::reading::{Origin, Output, Place, Spool};
use crate::messages::record::{Deviation, Record, Verdict};
use crate::messages::unwrap::Source;
use crate::schema::event::{Element, NotWellFormed};
use crate::schema::model::Schema;

use run::{Run, Task};

/// How many deviations `validate_file` keeps; all are counted. Chosen by us.
pub const DEVIATIONS_KEPT_MAX: usize = 1_000;

/// How many `validate_source` keeps over all files of an input. Chosen by us.
pub const DEVIATIONS_KEPT_IN_ALL_MAX: usize = 20_000;

/// What a file turned out to be.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Documents that were handed out, those without content included.
    pub documents: u64,
    /// Of these, how many were invalid.
    pub invalid: u64,
    /// Deviations handed out.
    pub deviations: u64,
    /// Documents behind the root element of another: each has its verdict, but the file as a whole is no XML.
    pub another: u64,
    /// Why reading ended before the input did. It was handed out as a deviation too; `Io` is not the
    /// document's fault.
    pub stopped: Option<NotWellFormed>,
}

/// The verdict on a file and why.
#[derive(Debug, Default)]
pub struct Validated {
    /// Over all documents in the file: valid if each is. `schema` names the definition that judged the last.
    pub verdict: Verdict,
    /// The first [`DEVIATIONS_KEPT_MAX`], in order of place.
    pub deviations: Vec<Deviation>,
    /// What reading the file came to.
    pub parsed: Parsed,
}

/// The verdict on one file among those in an input.
#[derive(Debug)]
pub struct Judged {
    /// Its name: as given, or like `archive.zip!entry.xml`.
    pub file: String,
    /// What it turned out to be; `stopped` is told of the whole input only.
    pub validated: Validated,
}

/// What a watcher is told while documents are judged, in document order.
#[derive(Debug)]
pub enum Seen<'a> {
    /// A document begins, and the one before it has ended.
    Opened {
        /// The file that holds it, with the entry of an archive or the place of packed text behind the input's name.
        file: &'a str,
        /// Of its outermost element, like `/Envelope/Document`.
        path: String,
        /// Id of the definition it is read through, like `pain.001.001.09`; empty if there is none.
        message: &'a str,
        /// Of the outermost element.
        place: Place,
    },
    /// An element below the outermost one begins. Its place follows in [`Seen::At`].
    Start(&'a Element<'a>),
    /// Where the element that has just begun stands, and the index that paths show behind its name; 0 for none.
    At(Place, u32),
    /// The text of the open element.
    Text(&'a str),
    /// The open element ends, the outermost one at last.
    End,
}

/// Somebody who is told what is seen.
pub(crate) type Watch<'a> = &'a mut dyn FnMut(Seen<'_>);

/// Reads each document in the input and hands its records to `sink` as they become complete: `document` first,
/// `verdict` last, deviations in between where they stand. Whatever the input holds, at least one document and its verdict
/// are handed out. A message that has no reader gives the deviation `message.unsupported` and its verdict.
///
/// What is packed is opened, and documents are found inside of others. Records of a file in an archive carry the name
/// `archive.zip!entry.xml`, those of base64 text `file.xml!/Path/Of/Its/Element`; their places are in that file.
pub fn parse(input: impl BufRead, file_name: Option<&str>, sink: &mut dyn FnMut(Record, Origin)) -> Parsed {
    let mut input = input;
    parse_source(Source::Stream(&mut input), file_name, None, sink)
}

/// The same for an input that may be read from any place: a zip archive of any size needs that. With a spool an entry of any
/// size is read in flat memory.
pub fn parse_source(
    source: Source<'_>,
    file_name: Option<&str>,
    spool: Option<Spool>,
    sink: &mut dyn FnMut(Record, Origin),
) -> Parsed {
    let mut run = Run::new(Task::Read, file_name);
    files::read(&mut run, source, &mut Output::new(sink).with_spool(spool));
    run.parsed
}

/// As [`parse_source`]; a document for which there is a definition of the user's is judged by that instead of the shipped one.
pub fn parse_by(
    source: Source<'_>,
    definitions: &Definitions,
    spool: Option<Spool>,
    sink: &mut dyn FnMut(Record, Origin),
) -> Parsed {
    let mut run = Run::new(Task::Read, None);
    run.definitions = Some(definitions);
    files::read(&mut run, source, &mut Output::new(sink).with_spool(spool));
    run.parsed
}

/// What strict verdicts are given by.
#[derive(Clone, Copy)]
pub enum Judge<'s> {
    /// The shipped definition of the document's namespace.
    Shipped,
    /// This one, for each element that it declares as its root.
    One(&'s Schema),
    /// The one of these that has the document's namespace.
    Among(&'s Definitions),
}

/// Like [`parse`], but each record is only lent to the sink, which may take it: what it leaves is used for the next records,
/// so that nothing is allocated for most of them.
pub fn parse_lending(
    source: Source<'_>,
    file_name: Option<&str>,
    spool: Option<Spool>,
    sink: &mut dyn FnMut(&mut Record, Origin),
) -> Parsed {
    let mut run = Run::new(Task::Read, file_name);
    files::read(&mut run, source, &mut Output::lending(sink).with_spool(spool));
    run.parsed
}

/// The strict verdict on each document in the input, by the user's own definition if there is one (then on each element
/// that it declares as its root), else by the shipped definition of the document's namespace.
pub fn validate_file(input: impl BufRead, schema: Option<&Schema>) -> Validated {
    validate_by(input, schema.map_or(Judge::Shipped, Judge::One))
}

/// As [`validate_source`]; `watch` sees in the same pass what stands inside of each document.
pub fn validate_watched(
    source: Source<'_>,
    file_name: Option<&str>,
    judge: Judge<'_>,
    watch: &mut dyn FnMut(Seen<'_>),
) -> (Vec<Judged>, Parsed) {
    validate_run(source, (file_name, judge), Some(watch))
}

/// The strict verdict on each document in the input, taken together.
pub fn validate_by(input: impl BufRead, judge: Judge<'_>) -> Validated {
    let mut input = input;
    together(validate_source(Source::Stream(&mut input), None, judge))
}

/// The verdicts on several files as one.
pub fn together((judged, parsed): (Vec<Judged>, Parsed)) -> Validated {
    let mut whole = Validated::default();
    whole.verdict.valid = true;
    for Judged { validated, .. } in judged {
        let room = DEVIATIONS_KEPT_MAX - whole.deviations.len();
        whole.deviations.extend(validated.deviations.into_iter().take(room));
        whole.verdict.valid &= validated.verdict.valid;
        whole.verdict.errors += validated.verdict.errors;
        whole.verdict.schema = validated.verdict.schema;
    }
    whole.parsed = parsed;
    whole
}

/// The same for an input that may hold several files, one verdict for each, in the order in which they were found; and what
/// reading all of them came to.
pub fn validate_source(
    source: Source<'_>,
    file_name: Option<&str>,
    judge: Judge<'_>,
) -> (Vec<Judged>, Parsed) {
    validate_run(source, (file_name, judge), None)
}

fn validate_run<'s>(
    source: Source<'_>,
    (file_name, judge): (Option<&str>, Judge<'s>),
    watch: Option<Watch<'s>>,
) -> (Vec<Judged>, Parsed) {
    let mut files = Files::default();
    let mut sink = |record, _| files.take(record);
    let task = match judge {
        Judge::Shipped | Judge::Among(_) => Task::Judge,
        Judge::One(schema) => Task::JudgeBy(schema),
    };
    let mut run = Run::new(task, file_name);
    run.watch = watch;
    if let Judge::Among(definitions) = judge {
        run.definitions = Some(definitions);
    }
    files::read(&mut run, source, &mut Output::new(&mut sink));
    (files.judged, run.parsed)
}

/// Sorts verdicts and deviations by file.
#[derive(Default)]
struct Files {
    judged: Vec<Judged>,
    /// Index of the file that the open document is in.
    open: usize,
    /// Deviations kept, over all files.
    kept: usize,
}

impl Files {
    fn take(&mut self, record: Record) {
        if let Record::Document(document) = record {
            let name = document.file.unwrap_or_default();
            let known = self.judged.iter().rposition(|judged| judged.file == name);
            self.open = known.unwrap_or(self.judged.len());
            if known.is_none() {
                let mut validated = Validated::default();
                validated.verdict.valid = true;
                self.judged.push(Judged { file: name, validated });
            }
            return;
        }
        let Some(Judged { validated, .. }) = self.judged.get_mut(self.open) else { return };
        match record {
            Record::Deviation(deviation) => {
                validated.parsed.deviations += 1;
                let few = validated.deviations.len() < DEVIATIONS_KEPT_MAX;
                if few && self.kept < DEVIATIONS_KEPT_IN_ALL_MAX {
                    self.kept += 1;
                    validated.deviations.push(deviation);
                }
            }
            Record::Verdict(verdict) => {
                validated.parsed.documents += 1;
                validated.parsed.invalid += u64::from(!verdict.valid);
                validated.verdict.valid &= verdict.valid;
                validated.verdict.errors += verdict.errors;
                validated.verdict.schema = verdict.schema;
            }
            _ => {}
        }
    }
}
