//! The transactions of one entry, kept until the entry is complete: the record of an entry says how many there are, and
//! stands before them. Never more than one entry.
//!
//! Memory: the text of the fields that we read, 12 octets a field and 16 a transaction, up to [`HELD_BYTES_MAX`]. What
//! comes then is set aside in parts of that size, where there is a place for it; without one it is held as well.

use std::io;

use crate::messages::camt::node::Node;
use crate::messages::reading::{Aside, Place, Spool, Value};

/// Most octets held before they are set aside. Chosen by us: some 4,000 transactions.
const HELD_BYTES_MAX: usize = 2 << 20;

/// Octets of a field that is set aside: the number of its node, the lengths of its currency and of its text.
const FIELD_BYTES: usize = 9;

/// Octets of a place that is set aside.
const PLACE_BYTES: usize = 16;

#[derive(Clone, Copy)]
struct Field {
    node: Node,
    currency: u32,
    text: u32,
}

/// Transactions in the order they were written.
#[derive(Default)]
struct Part {
    text: String,
    fields: Vec<Field>,
    places: Vec<Place>,
}

/// Where parts are that were set aside.
struct Store {
    file: Aside,
    /// Every node that occurs in them, by its number.
    nodes: Vec<Node>,
    parts: Vec<[usize; 3]>,
}

/// What was read of an entry's transactions.
#[derive(Default)]
pub(super) struct Tape {
    part: Part,
    aside: Option<Store>,
    /// Setting aside has failed, or there is no place for it.
    holds_all: bool,
    transactions: u64,
}

/// What stands on a tape, in the order it was written.
pub(super) enum Mark<'a> {
    /// A transaction begins at this place.
    Transaction(Place),
    /// A value of it.
    Field(Node, Value<'a>),
}

impl Tape {
    /// A transaction begins. What was written of those before it may be set aside.
    pub(super) fn begin(&mut self, place: Place, spool: Option<Spool>) {
        if self.part.bytes() >= HELD_BYTES_MAX && !self.holds_all {
            self.holds_all = spool.is_none_or(|spool| self.set_aside(spool).is_err());
        }
        self.transactions += 1;
        self.part.places.push(place);
        self.part.fields.push(Field { node: Node::Transaction, currency: 0, text: 0 });
    }

    /// A value of the transaction that began last. Text that stands right in `TxDtls` is none; the walk reports it.
    pub(super) fn write(&mut self, node: Node, value: Value<'_>) {
        if node == Node::Transaction {
            return;
        }
        let currency = self.part.put(value.currency.unwrap_or(""));
        let text = self.part.put(value.text);
        self.part.fields.push(Field { node, currency, text });
    }

    /// Number of transactions.
    pub(super) fn count(&self) -> u64 {
        self.transactions
    }

    /// Hands back everything in order and forgets it. An error: what was set aside could not be read back, from the
    /// transaction on that was to come.
    pub(super) fn replay(&mut self, mut each: impl FnMut(Mark<'_>)) -> io::Result<()> {
        let stored = self.aside.take().map_or(Ok(()), |store| store.replay(&mut each));
        if stored.is_ok() {
            self.part.replay(&mut each);
        }
        self.part.forget();
        (self.transactions, self.holds_all) = (0, false);
        stored
    }

    /// Nothing is lost where this fails: the part is held until it is written whole.
    fn set_aside(&mut self, spool: Spool) -> io::Result<()> {
        let mut store = match self.aside.take() {
            Some(store) => store,
            None => Store { file: spool()?, nodes: Vec::new(), parts: Vec::new() },
        };
        let written = store.write(&self.part);
        self.aside = Some(store);
        written?;
        self.part.clear();
        Ok(())
    }
}

impl Part {
    fn bytes(&self) -> usize {
        self.text.len() + self.fields.len() * size_of::<Field>() + self.places.len() * size_of::<Place>()
    }

    fn replay(&self, each: &mut impl FnMut(Mark<'_>)) {
        let mut at = 0;
        let mut places = self.places.iter();
        for field in &self.fields {
            if field.node == Node::Transaction {
                each(Mark::Transaction(places.next().copied().unwrap_or_default()));
                continue;
            }
            let currency = slice(&self.text, at, field.currency);
            at += currency.len();
            let text = slice(&self.text, at, field.text);
            at += text.len();
            let currency = Some(currency).filter(|currency| !currency.is_empty());
            each(Mark::Field(field.node, Value { text, currency }));
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
        self.places.clear();
    }

    /// A huge entry must not hold its memory for the rest of the document.
    fn forget(&mut self) {
        const KEPT_BYTES: usize = 1 << 20;
        self.clear();
        self.text.shrink_to(KEPT_BYTES);
        self.fields.shrink_to(KEPT_BYTES / size_of::<Field>());
        self.places.shrink_to(KEPT_BYTES / size_of::<Place>());
    }

    /// Adds to the text; the walk bounds a text far below what 32 bits count.
    fn put(&mut self, text: &str) -> u32 {
        let Ok(length) = u32::try_from(text.len()) else { return 0 };
        self.text.push_str(text);
        length
    }
}

impl Store {
    /// Writes a part behind the others. After one that was not written whole no other may come.
    fn write(&mut self, part: &Part) -> io::Result<()> {
        let mut octets = Vec::with_capacity(part.bytes());
        for field in &part.fields {
            let known = self.nodes.iter().position(|node| *node == field.node);
            let number = known.unwrap_or(self.nodes.len());
            if known.is_none() {
                self.nodes.push(field.node);
            }
            octets.push(u8::try_from(number).map_err(io::Error::other)?);
            octets.extend(field.currency.to_le_bytes());
            octets.extend(field.text.to_le_bytes());
        }
        for place in &part.places {
            octets.extend(place.line.to_le_bytes());
            octets.extend(place.column.to_le_bytes());
        }
        self.file.writer.write_all(&octets)?;
        self.file.writer.write_all(part.text.as_bytes())?;
        self.parts.push([part.fields.len(), part.places.len(), part.text.len()]);
        Ok(())
    }

    fn replay(mut self, each: &mut impl FnMut(Mark<'_>)) -> io::Result<()> {
        self.file.writer.flush()?;
        let (mut octets, mut part) = (Vec::new(), Part::default());
        for lengths in &self.parts {
            octets.resize(part_bytes(lengths), 0);
            self.file.reader.read_exact(&mut octets)?;
            part.clear();
            fill(&mut part, &octets, *lengths, &self.nodes).ok_or(io::ErrorKind::InvalidData)?;
            part.replay(each);
        }
        Ok(())
    }
}

fn part_bytes([fields, places, text]: &[usize; 3]) -> usize {
    fields * FIELD_BYTES + places * PLACE_BYTES + text
}

/// `None` where the octets are not those that were written.
fn fill(part: &mut Part, octets: &[u8], [fields, places, _]: [usize; 3], nodes: &[Node]) -> Option<()> {
    let (of_fields, rest) = octets.split_at_checked(fields * FIELD_BYTES)?;
    let (of_places, text) = rest.split_at_checked(places * PLACE_BYTES)?;
    for field in of_fields.chunks_exact(FIELD_BYTES) {
        let (number, lengths) = field.split_first()?;
        let (currency, text) = lengths.split_first_chunk::<4>()?;
        let node = *nodes.get(usize::from(*number))?;
        let text = u32::from_le_bytes(*text.first_chunk()?);
        part.fields.push(Field { node, currency: u32::from_le_bytes(*currency), text });
    }
    for place in of_places.chunks_exact(PLACE_BYTES) {
        let (line, column) = place.split_first_chunk::<8>()?;
        let column = u64::from_le_bytes(*column.first_chunk()?);
        part.places.push(Place { line: u64::from_le_bytes(*line), column });
    }
    part.text.push_str(std::str::from_utf8(text).ok()?);
    Some(())
}

fn slice(text: &str, at: usize, length: u32) -> &str {
    text.get(at..at + length as usize).unwrap_or("")
}
