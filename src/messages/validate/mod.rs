//! The two ways into any bank document: its strict verdict alone, or its verdict with everything that could be
//! read. Documents are found inside any wrapper. Never what a record means.

mod document;
mod search;

use std::io::BufRead;

use crate::messages::reading::{Origin, Output, Place};
use crate::messages::record::{Deviation, Record, Verdict};
use crate::schema::event::{Element, Limits, NotWellFormed};
use crate::schema::model::Schema;

use search::{Search, Task};

/// How many deviations `validate_file` keeps; all are counted. Chosen by us.
pub const DEVIATIONS_KEPT_MAX: usize = 1_000;

/// What a file turned out to be.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Documents that were handed out, those without content included.
    pub documents: u64,
    /// Of these, how many were invalid.
    pub invalid: u64,
    /// Deviations handed out.
    pub deviations: u64,
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

/// What a watcher is told while documents are judged, in document order.
#[derive(Debug)]
pub enum Seen<'a> {
    /// A document begins: the path of its outermost element, the id of the definition it is read through (empty if
    /// there is none), and where it begins.
    Opened {
        /// Like `/Envelope/Document`.
        path: String,
        /// Like `pain.001.001.09`.
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
    /// The document is closed, be it that the input broke off.
    Closed,
}

/// Somebody who is told what is seen.
pub(crate) type Watch<'a> = &'a mut dyn FnMut(Seen<'_>);

/// Reads each document in the input and hands its records to `sink` as they become complete: `document` first,
/// `verdict` last, deviations in between where they stand. Whatever the input holds, at least one document and its verdict
/// are handed out. A message that has no reader gives the deviation `message.unsupported` and its verdict.
pub fn parse(input: impl BufRead, file_name: Option<&str>, sink: &mut dyn FnMut(Record, Origin)) -> Parsed {
    let output = Output::new(sink);
    Search::new(input, Limits::default(), Task::Read, file_name).run(output)
}

/// The strict verdict on each document in the input, by the user's own definition if there is one (then on each element
/// that it declares as its root), else by the shipped definition of the document's namespace.
pub fn validate_file(input: impl BufRead, schema: Option<&Schema>) -> Validated {
    judge(input, schema, None)
}

/// As [`validate_file`]; `watch` sees in the same pass what stands inside of each document.
pub fn validate_watched(
    input: impl BufRead,
    schema: Option<&Schema>,
    watch: &mut dyn FnMut(Seen<'_>),
) -> Validated {
    judge(input, schema, Some(watch))
}

fn judge<'s>(input: impl BufRead, schema: Option<&'s Schema>, watch: Option<Watch<'s>>) -> Validated {
    let mut validated = Validated::default();
    validated.verdict.valid = true;
    let mut sink = |record, _| match record {
        Record::Deviation(deviation) if validated.deviations.len() < DEVIATIONS_KEPT_MAX => {
            validated.deviations.push(deviation);
        }
        Record::Verdict(verdict) => {
            validated.verdict.valid &= verdict.valid;
            validated.verdict.errors += verdict.errors;
            validated.verdict.schema = verdict.schema;
        }
        _ => {}
    };
    let output = Output::new(&mut sink);
    let task = schema.map_or(Task::Judge, Task::JudgeBy);
    let mut search = Search::new(input, Limits::default(), task, None);
    search.watch = watch;
    let parsed = search.run(output);
    validated.parsed = parsed;
    validated
}
