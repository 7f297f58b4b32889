//! A record that a form describes: names and values, in the form's order. Never a meaning of its own.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A record read by a form: its kind by name, and its members.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    pub(super) record: &'static str,
    /// Message id of the definition; only the outermost record of a message carries it.
    pub(super) message: Option<String>,
    pub(super) fields: Fields,
}

impl Plain {
    /// What stands as `record`, like `cancellation_status`.
    pub fn record(&self) -> &'static str {
        self.record
    }

    /// The members.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("record", self.record)?;
        if let Some(message) = &self.message {
            map.serialize_entry("message", message)?;
        }
        self.fields.serialize_into(&mut map)?;
        map.end()
    }
}

/// Members with their values, in the order of the form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Vec<Field>);

#[derive(Clone, Debug, PartialEq)]
struct Field {
    /// Place in the form.
    order: u16,
    /// Which of the alternative paths gave the value; the lowest stays.
    rank: u8,
    name: &'static str,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Boolean(bool),
    Texts(Vec<String>),
    One(Fields),
    Many(Vec<Fields>),
}

/// Which member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) order: u16,
    pub(super) name: &'static str,
}

impl Fields {
    /// The text of a member, if it has one.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.iter().find(|field| field.name == name).map(|field| &field.value) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The object of a member, if it has one.
    pub fn one(&self, name: &str) -> Option<&Fields> {
        match self.0.iter().find(|field| field.name == name).map(|field| &field.value) {
            Some(Value::One(fields)) => Some(fields),
            _ => None,
        }
    }

    /// The objects of a member, in document order.
    pub fn many(&self, name: &str) -> &[Fields] {
        match self.0.iter().find(|field| field.name == name).map(|field| &field.value) {
            Some(Value::Many(objects)) => objects,
            _ => &[],
        }
    }

    /// The texts of a member, in document order.
    pub fn texts(&self, name: &str) -> &[String] {
        match self.0.iter().find(|field| field.name == name).map(|field| &field.value) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// Whether no member has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps a text unless one of the same or a lower rank is there; true if it was kept.
    pub(super) fn keep_text(&mut self, slot: Slot, rank: u8, text: &str) -> bool {
        self.keep(slot, rank, || Value::Text(text.to_owned()))
    }

    pub(super) fn keep_boolean(&mut self, slot: Slot, rank: u8, value: bool) {
        self.keep(slot, rank, || Value::Boolean(value));
    }

    pub(super) fn forget(&mut self, slot: Slot) {
        self.0.retain(|field| field.order != slot.order);
    }

    pub(super) fn add_text(&mut self, slot: Slot, text: &str) {
        if let Value::Texts(texts) = self.value(slot, || Value::Texts(Vec::new())) {
            texts.push(text.to_owned());
        }
    }

    pub(super) fn add_object(&mut self, slot: Slot) {
        if let Value::Many(objects) = self.value(slot, || Value::Many(Vec::new())) {
            objects.push(Fields::default());
        }
    }

    /// The object of a member, made if there is none.
    pub(super) fn object(&mut self, slot: Slot) -> Option<&mut Fields> {
        match self.value(slot, || Value::One(Fields::default())) {
            Value::One(fields) => Some(fields),
            _ => None,
        }
    }

    /// The last object of a list.
    pub(super) fn last_object(&mut self, slot: Slot) -> Option<&mut Fields> {
        match self.0.iter_mut().find(|field| field.order == slot.order).map(|field| &mut field.value) {
            Some(Value::Many(objects)) => objects.last_mut(),
            _ => None,
        }
    }

    fn keep(&mut self, slot: Slot, rank: u8, value: impl Fn() -> Value) -> bool {
        match self.0.binary_search_by_key(&slot.order, |field| field.order) {
            Err(at) => {
                self.0.insert(at, Field { order: slot.order, rank, name: slot.name, value: value() });
                true
            }
            Ok(at) => match self.0.get_mut(at) {
                Some(field) if rank < field.rank => {
                    (field.rank, field.value) = (rank, value());
                    true
                }
                _ => false,
            },
        }
    }

    fn value(&mut self, slot: Slot, empty: impl Fn() -> Value) -> &mut Value {
        let at = match self.0.binary_search_by_key(&slot.order, |field| field.order) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, Field { order: slot.order, rank: 0, name: slot.name, value: empty() });
                at
            }
        };
        &mut self.0.get_mut(at).expect("the search found it or it was just put there").value
    }

    fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.0.iter().try_for_each(|field| map.serialize_entry(field.name, &field.value))
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.serialize_into(&mut map)?;
        map.end()
    }
}
