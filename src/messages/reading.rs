//! What the readers of bank reports share: where a record began, where it goes, and how element text
//! becomes a value. Knows no message.

use std::io::{self, Read, Write};

use serde::Serialize;

use crate::messages::record::Record;
use crate::messages::spare::Spare;
use crate::schema::event::Element;

/// A place in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// Characters since the last line feed, plus 1.
    pub column: u64,
}

/// Where a record came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Line of the element's start tag, from 1.
    pub line: u64,
    /// Its column, from 1.
    pub column: u64,
    /// Records before it in the same document, from 0; `document`, deviations and verdict aside. Ingest
    /// cuts a document into parts by it.
    pub record_index: u64,
}

/// A place where octets can be set aside and read back from their start, such as a file without a name.
pub struct Aside {
    /// Takes octets.
    pub writer: Box<dyn Write>,
    /// Gives all that were taken.
    pub reader: Box<dyn Read>,
}

/// Makes such a place. What one entry holds beyond a few megabytes goes there; without one it is held in memory.
pub type Spool = fn() -> io::Result<Aside>;

/// Who gets the records.
enum Sink<'a> {
    /// Each for good.
    Given(&'a mut dyn FnMut(Record, Origin)),
    /// Each to look at; what is left in it is used again.
    Lent(&'a mut dyn FnMut(&mut Record, Origin)),
}

/// Hands records out in document order and numbers them.
pub struct Output<'a> {
    sink: Sink<'a>,
    records: u64,
    spool: Option<Spool>,
}

impl<'a> Output<'a> {
    /// An output that has given nothing yet.
    pub fn new(sink: &'a mut dyn FnMut(Record, Origin)) -> Output<'a> {
        Output { sink: Sink::Given(sink), records: 0, spool: None }
    }

    /// An output whose records are only lent: their memory serves the next ones.
    pub fn lending(sink: &'a mut dyn FnMut(&mut Record, Origin)) -> Output<'a> {
        Output { sink: Sink::Lent(sink), records: 0, spool: None }
    }

    /// The same output with a place to set octets aside.
    pub fn with_spool(self, spool: Option<Spool>) -> Output<'a> {
        Output { spool, ..self }
    }

    /// Where octets can be set aside.
    pub fn spool(&self) -> Option<Spool> {
        self.spool
    }

    /// Hands out a record that counts.
    pub fn give(&mut self, record: Record, place: Place) {
        self.aside(record, place);
        self.records += 1;
    }

    /// Hands out what does not count as a record: document, deviation, verdict.
    pub fn aside(&mut self, mut record: Record, place: Place) {
        let origin = Origin { line: place.line, column: place.column, record_index: self.records };
        match &mut self.sink {
            Sink::Given(sink) => sink(record, origin),
            Sink::Lent(sink) => sink(&mut record, origin),
        }
    }

    /// Hands out a record that counts, and gives it back if it was only looked at.
    pub fn lend(&mut self, mut record: Record, place: Place) -> Option<Record> {
        let origin = Origin { line: place.line, column: place.column, record_index: self.records };
        self.records += 1;
        match &mut self.sink {
            Sink::Given(sink) => {
                sink(record, origin);
                None
            }
            Sink::Lent(sink) => {
                sink(&mut record, origin);
                Some(record)
            }
        }
    }

    /// Records given since the count began.
    pub fn count(&self) -> u64 {
        self.records
    }

    /// Records given since the last call, which begins the count anew.
    pub fn take_count(&mut self) -> u64 {
        std::mem::take(&mut self.records)
    }
}

/// What a reader says of a start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing in particular.
    Inside,
    /// A record begins: `begin` is due with the place.
    Record,
}

/// What a reader could not put into a record, for a deviation at the place where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Stable code.
    pub code: &'static str,
    /// In words, with the value.
    pub text: String,
}

impl Remark {
    /// Values that came after the record they belong to had been handed out: possible only where the document breaks
    /// the order of its schema. `after` is the element that came too early.
    pub fn late(after: &str, record: &str, values: &impl Serialize) -> Remark {
        let mut values = serde_json::to_value(values).unwrap_or_default();
        if let Some(members) = values.as_object_mut() {
            members.remove("message");
        }
        Remark {
            code: "record.late",
            text: format!("stands after {after} and is therefore not in the {record} record: {values}"),
        }
    }
}

/// Children that a trail remembers. A power of two. Chosen by us: a report has some sixty different places.
const REMEMBERED: usize = 512;

/// Stands for an element whose children are not remembered.
const UNNUMBERED: u32 = u32::MAX;

/// A child that was looked up: of the element with this number, in this place of the definition.
#[derive(Clone, Copy)]
struct Child<N> {
    parent: u32,
    number: u32,
    member: u16,
    node: Option<N>,
}

/// The open elements that a reader knows. Below an unknown one everything is passed over.
pub struct Trail<N> {
    /// With the number under which each is remembered.
    open: Vec<(N, u32)>,
    passed_over: u64,
    childless: bool,
    /// By the parent's number and the place in the definition. A child depends on nothing else than its parent and its name.
    children: Box<[Child<N>; REMEMBERED]>,
    /// The last number given out.
    number: u32,
}

/// Whether a reader took an element that holds text alone in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// Start, text and end.
    All,
    /// Nothing: the three are still due, one by one.
    Nothing,
}

/// What an end tag closed.
pub struct Left<N> {
    /// The element, as the reader knows it.
    pub node: N,
    /// Whether it had neither text nor elements inside.
    pub empty: bool,
}

impl<N: Copy> Trail<N> {
    /// A trail that stands in the message's root.
    pub fn in_root(root: N) -> Trail<N> {
        let nothing = Child { parent: UNNUMBERED, number: UNNUMBERED, member: 0, node: None };
        Trail {
            open: vec![(root, 0)],
            passed_over: 0,
            childless: false,
            children: Box::new([nothing; REMEMBERED]),
            number: 0,
        }
    }

    /// Looks an element up among the children of the open one; `child` knows them by name. Gives its number, too.
    #[inline(always)]
    fn look_up<'e>(
        &mut self,
        (member, element): (Option<u16>, impl Fn() -> Element<'e>),
        child: impl Fn(N, &str) -> Option<N>,
    ) -> (Option<N>, u32) {
        let (Some((parent, above)), 0) = (self.open.last().copied(), self.passed_over) else {
            return (None, UNNUMBERED);
        };
        let Some(member) = member else { return (child(parent, element().local), UNNUMBERED) };
        let slot = (u32::from(member) + above.wrapping_mul(37)) as usize % REMEMBERED;
        match self.children.get_mut(slot) {
            Some(known) if known.parent == above && known.member == member && above != UNNUMBERED => {
                (known.node, known.number)
            }
            Some(other) if above != UNNUMBERED && self.number < UNNUMBERED - 1 => {
                self.number += 1;
                let node = child(parent, element().local);
                *other = Child { parent: above, number: self.number, member, node };
                (node, self.number)
            }
            _ => (child(parent, element().local), UNNUMBERED),
        }
    }

    /// Enters an element, which is known if `child` knows its name below the open one. `named` says where the definition names it,
    /// and what it is.
    #[inline]
    pub fn start<'e>(
        &mut self,
        named: (Option<u16>, impl Fn() -> Element<'e>),
        child: impl Fn(N, &str) -> Option<N>,
    ) -> Option<N> {
        let (node, number) = self.look_up(named, child);
        match node {
            Some(node) => {
                self.open.push((node, number));
                self.childless = true;
            }
            None => {
                self.passed_over += 1;
                self.childless = false;
            }
        }
        node
    }

    /// Passes an element that holds text alone, as if it had been entered, its text seen, and left.
    #[inline]
    pub fn leaf<'e>(
        &mut self,
        named: (Option<u16>, impl Fn() -> Element<'e>),
        child: impl Fn(N, &str) -> Option<N>,
    ) -> Option<N> {
        self.childless = false;
        self.look_up(named, child).0
    }

    /// The element that stands open, unless it is one that the reader does not know.
    #[inline]
    pub fn here(&self) -> Option<N> {
        if self.passed_over > 0 { None } else { self.open.last().map(|(node, _)| *node) }
    }

    /// Enters a known element, or passes over an unknown one.
    #[inline]
    pub fn enter(&mut self, node: Option<N>) {
        match node {
            Some(node) if self.passed_over == 0 => {
                self.open.push((node, UNNUMBERED));
                self.childless = true;
            }
            _ => {
                self.passed_over += 1;
                self.childless = false;
            }
        }
    }

    /// Text was seen in the open element.
    #[inline]
    pub fn text_seen(&mut self) {
        self.childless = false;
    }

    /// Leaves the open element; `None` for one that was passed over.
    #[inline]
    pub fn leave(&mut self) -> Option<Left<N>> {
        if self.passed_over > 0 {
            self.passed_over -= 1;
            return None;
        }
        let empty = std::mem::replace(&mut self.childless, false);
        self.open.pop().map(|(node, _)| Left { node, empty })
    }
}

/// Element text without the white space that XML puts around it. White space inside stays, as does anything else.
#[inline]
pub fn trimmed(text: &str) -> &str {
    let is_space = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t' | b'\n' | b'\r'));
    let octets = text.as_bytes();
    if is_space(octets.first()) || is_space(octets.last()) {
        text.trim_matches([' ', '\t', '\n', '\r'])
    } else {
        text
    }
}

/// The first value stays: a second one breaks the schema, and the walk says so.
#[inline]
pub fn keep(slot: &mut Option<String>, text: &str) {
    if slot.is_none() {
        *slot = Some(text.to_owned());
    }
}

/// The first amount stays, together with its own currency; both in spare memory.
#[inline]
pub fn keep_amount_in(
    spare: &mut Spare,
    (amount, currency): (&mut Option<String>, &mut Option<String>),
    value: Value<'_>,
) {
    if amount.is_none() {
        *amount = Some(spare.own(value.text));
        *currency = value.currency.map(|currency| spare.own(currency));
    }
}

/// The first amount stays, together with its own currency.
pub fn keep_amount(amount: &mut Option<String>, currency: &mut Option<String>, value: Value<'_>) {
    if amount.is_none() {
        *amount = Some(value.text.to_owned());
        *currency = value.currency.map(str::to_owned);
    }
}

/// Text of an element with, for an amount, its `Ccy`.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    /// Without white space around it.
    pub text: &'a str,
    /// `None` where the attribute is absent or empty.
    pub currency: Option<&'a str>,
}

/// `CdtDbtInd` in words; anything else stays out of the record, since the walk reports it as a deviation.
pub fn direction(text: &str) -> Option<String> {
    direction_word(text).map(str::to_owned)
}

/// The word for a `CdtDbtInd`.
pub fn direction_word(text: &str) -> Option<&'static str> {
    match text {
        "CRDT" => Some("credit"),
        "DBIT" => Some("debit"),
        _ => None,
    }
}

/// An XML Schema boolean.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
