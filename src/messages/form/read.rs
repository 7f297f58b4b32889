//! Follows a form through a document and hands out its records as they become complete. Knows no message.
//!
//! Values stand as in the document, without the white space around them. A record goes out before the first record inside
//! it, else when its element ends: memory grows with one record of each level, never with the document.

use std::sync::OnceLock;

use super::compile::{Content, NodeId, ROOT, Step, Taken, Tree, Way};
use super::fields::{Fields, Plain};
use super::{Form, of};
use crate::messages::kind::Kind;
use crate::messages::reading::{Begun, Output, Place, Remark, Took, Trail, boolean, direction, trimmed};
use crate::messages::record::Record;
use crate::schema::event::Element;

/// The tree of each form, built when it is first needed, in the order of [`Kind`].
static TREES: [OnceLock<Tree>; KINDS] = [const { OnceLock::new() }; KINDS];

/// Chosen by us: no fewer than there are kinds.
const KINDS: usize = 32;

/// What the lists of one record hold together; further items are counted and told. Chosen by us: memory must not grow
/// with a list that never ends.
const ITEMS_MAX: u64 = 100_000;

/// A record that is being read.
struct Open {
    record: u16,
    place: Place,
    fields: Fields,
    given: bool,
    /// Items of its lists, those left out included.
    items: u64,
}

impl Open {
    fn new(record: u16, place: Place) -> Open {
        Open { record, place, fields: Fields::default(), given: false, items: 0 }
    }

    /// Whether another item of a list is kept.
    fn admit(&mut self) -> bool {
        self.items = self.items.saturating_add(1);
        self.items <= ITEMS_MAX
    }

    fn left_out(&self) -> u64 {
        self.items.saturating_sub(ITEMS_MAX)
    }
}

/// Reads one message by its form.
pub struct FormReader {
    tree: &'static Tree,
    trail: Trail<NodeId>,
    message: String,
    /// From the message's own record to the innermost open one. The first is there as soon as the message has an element.
    open: Vec<Open>,
    currency: String,
    remarks: Vec<Remark>,
}

impl FormReader {
    /// A reader that stands in the root element; `message` is the id of the definition it is read through. None for a
    /// message without form.
    pub fn new(kind: Kind, message: &str) -> Option<FormReader> {
        let form: &'static Form = of(kind)?;
        let tree = TREES.get(kind as usize)?.get_or_init(|| Tree::of(form));
        Some(FormReader {
            tree,
            trail: Trail::in_root(ROOT),
            message: message.to_owned(),
            open: Vec::new(),
            currency: String::new(),
            remarks: Vec::new(),
        })
    }

    /// An element begins.
    #[inline]
    pub fn start(&mut self, element: &Element<'_>) -> Begun {
        let id = self.trail.here().and_then(|above| self.tree.child(above, element.local));
        self.trail.enter(id);
        let first = self.open.is_empty();
        let Some(node) = id.and_then(|id| self.tree.nodes.get(usize::from(id))) else {
            return if first { Begun::Record } else { Begun::Inside };
        };
        if node.has_currency {
            self.currency.clear();
            self.currency.push_str(element.attribute("Ccy").unwrap_or(""));
        }
        if first || node.begins.is_some() {
            return Begun::Record;
        }
        self.grow(&node.grows);
        Begun::Inside
    }

    /// An element with text and nothing else, where it begins neither a record nor an item of a list.
    pub fn leaf(&mut self, element: &Element<'_>, text: &str) -> Took {
        if self.open.is_empty() {
            return Took::Nothing;
        }
        let id = self.trail.here().and_then(|above| self.tree.child(above, element.local));
        let node = id.and_then(|id| self.tree.nodes.get(usize::from(id)));
        if node.is_some_and(|node| node.begins.is_some() || !node.grows.is_empty()) {
            return Took::Nothing;
        }
        self.trail.text_seen();
        let Some(node) = node else { return Took::All };
        if node.has_currency {
            self.currency.clear();
            self.currency.push_str(element.attribute("Ccy").unwrap_or(""));
        }
        let text = trimmed(text);
        if !text.is_empty() || node.children.is_empty() {
            self.take(&node.takes, text);
        }
        Took::All
    }

    /// The record that `start` announced begins here.
    pub fn begin(&mut self, place: Place, output: &mut Output<'_>) {
        if self.open.is_empty() {
            self.open.push(Open::new(0, place));
        }
        let here = self.trail.here().and_then(|id| self.tree.nodes.get(usize::from(id)));
        let Some(node) = here else { return };
        if let Some(record) = node.begins {
            self.give_all(output);
            self.open.push(Open::new(record, place));
        }
        self.grow(&node.grows);
    }

    /// The text of the open element.
    #[inline]
    pub fn text(&mut self, text: &str) {
        let Some(id) = self.trail.here() else { return };
        self.trail.text_seen();
        let Some(node) = self.tree.nodes.get(usize::from(id)) else { return };
        let text = trimmed(text);
        // White space between the elements of one that may hold either text or elements.
        if !text.is_empty() || node.children.is_empty() {
            self.take(&node.takes, text);
        }
    }

    /// The open element ends.
    #[inline]
    pub fn end(&mut self, output: &mut Output<'_>) {
        let Some(left) = self.trail.leave() else { return };
        let Some(node) = self.tree.nodes.get(usize::from(left.node)) else { return };
        if left.empty {
            self.take(&node.takes, "");
        }
        if node.begins.is_some() {
            self.end_record(output);
        }
    }

    /// The document breaks off: hands out what was begun, as far as it was read.
    pub fn break_off(&mut self, output: &mut Output<'_>) {
        self.give_all(output);
        self.open.clear();
    }

    /// Whether something did not fit into a record since the last call of `take_remarks`.
    #[inline]
    pub fn has_remarks(&self) -> bool {
        !self.remarks.is_empty()
    }

    /// What did not fit into a record since the last call.
    pub fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }

    fn grow(&mut self, lists: &'static [Way]) {
        let Some(open) = self.open.last_mut() else { return };
        for way in lists {
            if open.admit()
                && let Some(fields) = walk(&mut open.fields, &way.through)
            {
                fields.add_object(way.slot);
            }
        }
    }

    fn take(&mut self, takes: &'static [Taken], text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        for taken in takes {
            let in_list = taken.way.through.iter().any(|step| matches!(step, Step::Many(_)));
            let kept = match taken.content {
                Content::Texts => open.admit(),
                // It would go into the last item that was kept.
                _ => !in_list || open.left_out() == 0,
            };
            if kept {
                put(&mut open.fields, taken, text, &self.currency);
            }
        }
    }

    /// Hands out all that stands open, outermost first: a record inside follows the one around it.
    fn give_all(&mut self, output: &mut Output<'_>) {
        for open in self.open.iter_mut().filter(|open| !open.given) {
            open.given = true;
            let fields = std::mem::take(&mut open.fields);
            let message = (open.record == 0).then(|| self.message.clone());
            let record = self.tree.records.get(usize::from(open.record)).copied().unwrap_or_default();
            output.give(Record::Plain(Box::new(Plain { record, message, fields })), open.place);
        }
    }

    fn end_record(&mut self, output: &mut Output<'_>) {
        if self.open.last().is_some_and(|open| !open.given) {
            self.give_all(output);
        }
        let Some(ended) = self.open.pop() else { return };
        let record = self.tree.records.get(usize::from(ended.record)).copied().unwrap_or_default();
        if !ended.fields.is_empty() {
            self.remarks.push(Remark::late("the records inside it", record, &ended.fields));
        }
        if ended.left_out() > 0 {
            let text = format!(
                "the lists of the {record} record are kept up to {ITEMS_MAX} items; {} are left out",
                ended.left_out()
            );
            self.remarks.push(Remark { code: "record.cut", text });
        }
    }
}

/// The innermost object on the way.
fn walk<'f>(fields: &'f mut Fields, through: &[Step]) -> Option<&'f mut Fields> {
    through.iter().try_fold(fields, |fields, step| match *step {
        Step::One(slot) => fields.object(slot),
        Step::Many(slot) => fields.last_object(slot),
    })
}

fn put(record: &mut Fields, taken: &Taken, text: &str, currency: &str) {
    let (slot, rank) = (taken.way.slot, taken.rank);
    // A value that means nothing makes no empty object.
    match taken.content {
        Content::Direction if direction(text).is_none() => return,
        Content::Boolean if boolean(text).is_none() => return,
        _ => {}
    }
    let Some(fields) = walk(record, &taken.way.through) else { return };
    match taken.content {
        Content::Text => drop(fields.keep_text(slot, rank, text)),
        Content::Texts => fields.add_text(slot, text),
        Content::Direction => drop(direction(text).map(|word| fields.keep_text(slot, rank, &word))),
        Content::Boolean => drop(boolean(text).map(|value| fields.keep_boolean(slot, rank, value))),
        Content::Amount(beside) => {
            if fields.keep_text(slot, rank, text) {
                fields.forget(beside);
                if !currency.is_empty() {
                    fields.keep_text(beside, rank, currency);
                }
            }
        }
    }
}
