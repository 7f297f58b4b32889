//! The two ways into any bank document: its strict verdict alone, or its verdict with everything that could be
//! read. Documents are found inside any wrapper. Never what a record means.

mod document;
mod search;

use std::io::BufRead;

use crate::messages::definitions::Definitions;
use crate::messages::reading::{Origin, Output};
use crate::messages::record::{Deviation, Record, Verdict};
use crate::schema::event::{Limits, NotWellFormed};
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

/// Reads each document in the input and hands its records to `sink` as they become complete: `document` first,
/// `verdict` last, deviations in between where they stand. Whatever the input holds, at least one document and its verdict
/// are handed out. A message that has no reader gives the deviation `message.unsupported` and its verdict.
pub fn parse(input: impl BufRead, file_name: Option<&str>, sink: &mut dyn FnMut(Record, Origin)) -> Parsed {
    let output = Output::new(sink);
    Search::new(input, Limits::default(), Task::Read, file_name).run(output)
}

/// As [`parse`]; a document for which there is a definition of the user's is judged by that instead of the shipped one.
pub fn parse_by(
    input: impl BufRead,
    definitions: &Definitions,
    sink: &mut dyn FnMut(Record, Origin),
) -> Parsed {
    let output = Output::new(sink);
    let mut search = Search::new(input, Limits::default(), Task::Read, None);
    search.definitions = Some(definitions);
    search.run(output)
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
    input: impl BufRead,
    file_name: Option<&str>,
    sink: &mut dyn FnMut(&mut Record, Origin),
) -> Parsed {
    let output = Output::lending(sink);
    Search::new(input, Limits::default(), Task::Read, file_name).run(output)
}

/// The strict verdict on each document in the input, by the user's own definition if there is one (then on each element
/// that it declares as its root), else by the shipped definition of the document's namespace.
pub fn validate_file(input: impl BufRead, schema: Option<&Schema>) -> Validated {
    validate_by(input, schema.map_or(Judge::Shipped, Judge::One))
}

/// The strict verdict on each document in the input.
pub fn validate_by(input: impl BufRead, judge: Judge<'_>) -> Validated {
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
    let task = match judge {
        Judge::Shipped | Judge::Among(_) => Task::Judge,
        Judge::One(schema) => Task::JudgeBy(schema),
    };
    let mut search = Search::new(input, Limits::default(), task, None);
    if let Judge::Among(definitions) = judge {
        search.definitions = Some(definitions);
    }
    let parsed = search.run(output);
    validated.parsed = parsed;
    validated
}
