//! The transactions of one entry, kept as text until the entry is complete: the record of an entry says how many
//! there are, and stands before them. Never more than one entry.
//!
//! Memory: the text of the fields that we read, 12 octets a field and 16 a transaction; about 60 MB for
//! 100,000 transactions of a collective booking.

use crate::messages::camt::node::Node;
use crate::messages::reading::{Place, Value};

struct Field {
    node: Node,
    currency: u32,
    text: u32,
}

/// What was read of an entry's transactions.
#[derive(Default)]
pub(super) struct Tape {
    text: String,
    fields: Vec<Field>,
    places: Vec<Place>,
}

/// What stands on a tape, in the order it was written.
pub(super) enum Mark<'a> {
    /// A transaction begins at this place.
    Transaction(Place),
    /// A value of it.
    Field(Node, Value<'a>),
}

impl Tape {
    /// A transaction begins.
    pub(super) fn begin(&mut self, place: Place) {
        self.places.push(place);
        self.fields.push(Field { node: Node::Transaction, currency: 0, text: 0 });
    }

    /// A value of the transaction that began last. Text that stands right in `TxDtls` is none; the walk reports it.
    pub(super) fn write(&mut self, node: Node, value: Value<'_>) {
        if node == Node::Transaction {
            return;
        }
        let currency = self.put(value.currency.unwrap_or(""));
        let text = self.put(value.text);
        self.fields.push(Field { node, currency, text });
    }

    /// Number of transactions.
    pub(super) fn count(&self) -> u64 {
        self.places.len() as u64
    }

    /// Hands back everything in order and forgets it.
    pub(super) fn replay(&mut self, mut each: impl FnMut(Mark<'_>)) {
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
        self.forget();
    }

    /// A huge entry must not hold its memory for the rest of the document.
    fn forget(&mut self) {
        const KEPT_BYTES: usize = 1 << 20;
        self.text.clear();
        self.text.shrink_to(KEPT_BYTES);
        self.fields.clear();
        self.fields.shrink_to(KEPT_BYTES / size_of::<Field>());
        self.places.clear();
        self.places.shrink_to(KEPT_BYTES / size_of::<Place>());
    }

    /// Adds to the text; the walk bounds a text far below what 32 bits count.
    fn put(&mut self, text: &str) -> u32 {
        let Ok(length) = u32::try_from(text.len()) else { return 0 };
        self.text.push_str(text);
        length
    }
}

fn slice(text: &str, at: usize, length: u32) -> &str {
    text.get(at..at + length as usize).unwrap_or("")
}
