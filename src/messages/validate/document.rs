//! One document while it is read: which reader takes it, which definition judges it. Never where it was found.

use crate::messages::camt::AccountReader;
use crate::messages::form::FormReader;
use crate::messages::kind::Kind;
use crate::messages::pain_002::StatusReader;
use crate::messages::reading::{Begun, Output, Place, Remark, Took};
use crate::messages::{pacs_002, record};
use crate::schema::event::Element;

/// `schema` of a verdict that no definition of ours could give.
pub(super) const UNKNOWN: &str = "unknown";

/// The message that an element below `Document` belongs to, if it is one that we read: like `pain.002`. A header is none:
/// it stands beside a document.
pub(super) fn kind_of_root(local_name: &str) -> Option<&'static str> {
    Kind::of_child(local_name).filter(|kind| *kind != Kind::Head001).map(Kind::name)
}

/// The same for a message id, like `pain.002.001.10`.
pub(super) fn kind_of_message(message: &str) -> Option<&'static str> {
    Kind::all().map(Kind::name).find(|name| message.starts_with(name))
}

/// The reader of a message.
pub(super) enum Reader {
    Status(Box<StatusReader>),
    Account(Box<AccountReader>),
    Form(Box<FormReader>),
    /// Judged only.
    None,
}

impl Reader {
    /// A reader that stands in the root element of a message of this kind.
    pub(super) fn of(kind: &str, message: &str) -> Reader {
        match kind {
            "pain.002" => Reader::Status(Box::new(StatusReader::new(message))),
            "pacs.002" => Reader::Status(Box::new(pacs_002::reader(message))),
            "camt.052" | "camt.053" | "camt.054" => Reader::Account(Box::new(AccountReader::new(message))),
            _ => {
                let reader = Kind::parse(kind).and_then(|kind| FormReader::new(kind, message));
                reader.map_or(Reader::None, |reader| Reader::Form(Box::new(reader)))
            }
        }
    }

    #[inline]
    pub(super) fn start<'e>(&mut self, member: Option<u16>, element: impl Fn() -> Element<'e>) -> Begun {
        match self {
            Reader::Status(reader) => reader.start(member, element),
            Reader::Account(reader) => reader.start(member, element),
            Reader::Form(reader) => reader.start(&element()),
            Reader::None => Begun::Inside,
        }
    }

    /// Start, text and end of an element in one, which can give no remarks; or nothing, where one of them does more than fill a
    /// field.
    #[inline]
    pub(super) fn leaf<'e>(
        &mut self,
        member: Option<u16>,
        element: impl Fn() -> Element<'e>,
        text: &str,
    ) -> Took {
        match self {
            Reader::Status(reader) => reader.leaf(member, &element, text),
            Reader::Account(reader) => reader.leaf(member, &element, text),
            Reader::Form(reader) => reader.leaf(&element(), text),
            Reader::None => Took::All,
        }
    }

    /// Start, text and end, one by one; `place` is where the element begins.
    #[cold]
    pub(super) fn leaf_in_parts<'e>(
        &mut self,
        (member, element): (Option<u16>, impl Fn() -> Element<'e>),
        text: &str,
        (place, output): (impl FnOnce() -> Place, &mut Output<'_>),
    ) {
        if self.start(member, &element) == Begun::Record {
            self.begin(place(), output);
        }
        self.text(text);
        self.end(output);
    }

    /// Whether `take_remarks` may have something.
    #[inline]
    pub(super) fn has_remarks(&self) -> bool {
        match self {
            Reader::Status(reader) => reader.has_remarks(),
            Reader::Account(reader) => reader.has_remarks(),
            Reader::Form(reader) => reader.has_remarks(),
            Reader::None => false,
        }
    }

    pub(super) fn begin(&mut self, place: Place, output: &mut Output<'_>) {
        match self {
            Reader::Status(reader) => reader.begin(place, output),
            Reader::Account(reader) => reader.begin(place, output),
            Reader::Form(reader) => reader.begin(place, output),
            Reader::None => {}
        }
    }

    #[inline]
    pub(super) fn text(&mut self, text: &str) {
        match self {
            Reader::Status(reader) => reader.text(text),
            Reader::Account(reader) => reader.text(text),
            Reader::Form(reader) => reader.text(text),
            Reader::None => {}
        }
    }

    #[inline]
    pub(super) fn end(&mut self, output: &mut Output<'_>) {
        match self {
            Reader::Status(reader) => reader.end(output),
            Reader::Account(reader) => reader.end(output),
            Reader::Form(reader) => reader.end(output),
            Reader::None => {}
        }
    }

    pub(super) fn break_off(&mut self, output: &mut Output<'_>) {
        match self {
            Reader::Status(reader) => reader.break_off(output),
            Reader::Account(reader) => reader.break_off(output),
            Reader::Form(reader) => reader.break_off(output),
            Reader::None => {}
        }
    }

    #[inline]
    pub(super) fn take_remarks(&mut self) -> Vec<Remark> {
        match self {
            Reader::Status(reader) => reader.take_remarks(),
            Reader::Account(reader) => reader.take_remarks(),
            Reader::Form(reader) => reader.take_remarks(),
            Reader::None => Vec::new(),
        }
    }
}

/// Where reading stands with the message's root, the element below `Document`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Ahead,
    Inside,
    /// Inside of a header that travels alone: it may stand for a document that follows.
    InHeader,
    Past,
}

/// An open document.
pub(super) struct Open {
    pub(super) reader: Reader,
    /// Id of the definition that it is read through.
    pub(super) message: String,
    /// Of its outermost element.
    pub(super) depth: u64,
    pub(super) place: Place,
    pub(super) root: Root,
    /// It is the message itself, without `Document` around it.
    pub(super) bare: bool,
    /// Its end tag was read; only what stands behind it is not known yet.
    pub(super) ended: bool,
    /// Message id of the definition that judges it, or [`UNKNOWN`].
    pub(super) judge: String,
    pub(super) errors: u64,
}

impl Open {
    /// The element that was found is the message itself.
    pub(super) fn enter_bare(&mut self) {
        (self.bare, self.root) = (true, Root::Inside);
    }

    /// An element begins in the document, but not in its message. If it is a message, it is read: even a second one,
    /// which breaks every schema.
    pub(super) fn enter_root(&mut self, depth: u64, local_name: &str) {
        if depth != self.depth + 1 || self.ended || matches!(self.reader, Reader::None) {
            return;
        }
        let Some(kind) = kind_of_root(local_name) else { return };
        if self.root == Root::Past {
            self.reader = Reader::of(kind, &self.message);
        }
        self.root = Root::Inside;
    }

    /// The verdict after so many records.
    pub(super) fn verdict(&self, records: u64) -> record::Verdict {
        let valid = self.errors == 0 && self.judge != UNKNOWN;
        record::Verdict { schema: self.judge.clone(), valid, errors: self.errors, records }
    }
}

/// Why nothing is read of a document.
pub(super) fn unsupported(child: Option<&str>) -> String {
    match child {
        Some(child) => format!("{child} is no message that has a reader"),
        None => "the document is empty".to_owned(),
    }
}

/// A namespace in words.
pub(super) fn spoken(namespace: Option<&str>) -> String {
    namespace.map_or("a document without namespace".to_owned(), |name| format!("namespace {name}"))
}

/// The version that a text names behind the message: 3 in `…/pain.002.001.03.ch.02.xsd`.
pub(super) fn version_in(text: &str, kind: &str) -> Option<u32> {
    let (_, behind) = text.split_once(kind)?;
    let version = behind.split('.').nth(2)?;
    version.parse().ok()
}
