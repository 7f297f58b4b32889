//! Cuts a watched document into its parts: group, batches, transactions. Never what the parts must be.

use crate::messages::kind::Kind;
use crate::messages::reading::{Place, trimmed};
use crate::messages::validate::Seen;
use crate::schema::event::Element;

use super::unit::{Leaf, Unit};

/// Which elements of a message are its parts.
#[derive(Debug)]
struct Shape {
    /// Message id without variant and version.
    message: &'static str,
    group: &'static [&'static str],
    /// None where transactions stand right below the root.
    batch: Option<&'static str>,
    transaction: &'static str,
}

/// Source: the message definitions in `schemas/`.
const SHAPES: &[Shape] = &[
    Shape { message: "pain.001", group: &["GrpHdr"], batch: Some("PmtInf"), transaction: "CdtTrfTxInf" },
    Shape {
        message: "pain.002",
        group: &["GrpHdr", "OrgnlGrpInfAndSts"],
        batch: Some("OrgnlPmtInfAndSts"),
        transaction: "TxInfAndSts",
    },
    Shape { message: "camt.052", group: &["GrpHdr"], batch: Some("Rpt"), transaction: "Ntry" },
    Shape { message: "camt.053", group: &["GrpHdr"], batch: Some("Stmt"), transaction: "Ntry" },
    Shape { message: "camt.054", group: &["GrpHdr"], batch: Some("Ntfctn"), transaction: "Ntry" },
    Shape { message: "pacs.008", group: &["GrpHdr"], batch: None, transaction: "CdtTrfTxInf" },
];

/// What has just become complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A document begins.
    Document,
    /// A group header; its leaves are in [`Gather::group`].
    Group,
    /// A transaction; the head of its batch, as far as it was read, is in [`Gather::batch`].
    Transaction,
    /// A batch with all its transactions.
    Batch,
    /// The message with all its batches.
    Message,
}

#[derive(Debug)]
struct Open {
    /// Lengths of the two paths before the element.
    plain: usize,
    shown: usize,
    place: Place,
    serial: u64,
    childless: bool,
    currency: Option<String>,
}

/// Where the gathering stands.
#[derive(Debug, Default)]
pub struct Gather {
    /// The message that is read, like `pain.001`; empty if it is none that has parts.
    pub message: &'static str,
    /// Its version, where the id names it.
    pub version: Option<u32>,
    /// Group header.
    pub group: Unit,
    /// The batch that is open or has just ended, without its transactions.
    pub batch: Unit,
    /// The transaction that has just ended.
    pub transaction: Unit,
    shape: Option<&'static Shape>,
    open: Vec<Open>,
    /// Path below the document's outermost element, without indexes.
    plain: String,
    /// Path from the root of the input, with indexes.
    shown: String,
    text: String,
    serial: u64,
    /// How many elements are open with the outermost one of the part that is open now; 0 for none.
    in_group: usize,
    in_batch: usize,
    in_transaction: usize,
    /// The document is the message's root itself.
    bare: bool,
}

impl Gather {
    /// Takes what was seen.
    pub fn see(&mut self, seen: Seen<'_>) -> Option<Part> {
        match seen {
            Seen::Opened { path, message, place, .. } => {
                self.document(&path, message, place);
                return Some(Part::Document);
            }
            Seen::Start(element) => self.start(element),
            Seen::At(place, index) => self.at(place, index),
            Seen::Text(text) => self.text.push_str(text),
            Seen::End => return self.end(),
        }
        None
    }

    fn document(&mut self, path: &str, message: &str, place: Place) {
        let group = std::mem::take(&mut self.group);
        let batch = std::mem::take(&mut self.batch);
        let transaction = std::mem::take(&mut self.transaction);
        *self = Gather { group, batch, transaction, ..Gather::default() };
        for unit in [&mut self.group, &mut self.batch, &mut self.transaction] {
            unit.begin(path, place);
        }
        self.shown.push_str(path);
        self.version = message.rsplit('.').next().and_then(|version| version.parse().ok());
        let last = path.rsplit('/').next().unwrap_or_default();
        if let Some(kind) = Kind::of_child(last) {
            self.bare = true;
            self.take_shape(kind.name());
        }
    }

    fn take_shape(&mut self, message: &str) {
        self.shape = SHAPES.iter().find(|shape| shape.message == message);
        self.message = self.shape.map_or("", |shape| shape.message);
    }

    /// Elements between the document's outermost one and the message's own.
    fn root_depth(&self) -> usize {
        usize::from(!self.bare)
    }

    fn start(&mut self, element: &Element<'_>) {
        if let Some(around) = self.open.last_mut() {
            around.childless = false;
        }
        if self.open.is_empty()
            && !self.bare
            && let Some(kind) = Kind::of_child(element.local)
        {
            self.take_shape(kind.name());
        }
        self.serial += 1;
        let open = Open {
            plain: self.plain.len(),
            shown: self.shown.len(),
            place: Place::default(),
            serial: self.serial,
            childless: true,
            currency: element.attribute("Ccy").map(str::to_owned),
        };
        self.open.push(open);
        for path in [&mut self.plain, &mut self.shown] {
            path.push('/');
            path.push_str(element.local);
        }
        self.text.clear();
    }

    fn at(&mut self, place: Place, index: u32) {
        if index > 0 {
            self.shown.push_str(&format!("[{index}]"));
        }
        let depth = self.open.len();
        if let Some(open) = self.open.last_mut() {
            open.place = place;
        }
        let (Some(shape), Some(above)) = (self.shape, depth.checked_sub(self.root_depth())) else { return };
        let name = self.plain.rsplit('/').next().unwrap_or_default();
        let group_again = self.group.leaves().next().is_some();
        match above {
            1 if shape.group.contains(&name) => {
                self.in_group = depth;
                if !group_again {
                    self.group.begin(&self.shown, place);
                }
            }
            1 if shape.batch == Some(name) => {
                self.in_batch = depth;
                self.batch.begin(&self.shown, place);
            }
            1 if shape.batch.is_none() && shape.transaction == name => self.begin_transaction(place),
            2 if self.in_batch > 0 && shape.transaction == name => self.begin_transaction(place),
            _ => {}
        }
    }

    fn begin_transaction(&mut self, place: Place) {
        self.in_transaction = self.open.len();
        self.transaction.begin(&self.shown, place);
    }

    fn end(&mut self) -> Option<Part> {
        let depth = self.open.len();
        let Some(open) = self.open.pop() else {
            return (self.bare && self.shape.is_some()).then_some(Part::Message);
        };
        if open.childless {
            self.keep_leaf(&open);
        }
        self.plain.truncate(open.plain);
        self.shown.truncate(open.shown);
        self.text.clear();
        let ends = |at: &mut usize| *at == depth && std::mem::take(at) > 0;
        if ends(&mut self.in_transaction) {
            Some(Part::Transaction)
        } else if ends(&mut self.in_batch) {
            Some(Part::Batch)
        } else if ends(&mut self.in_group) {
            Some(Part::Group)
        } else if depth == 1 && !self.bare && self.shape.is_some() {
            Some(Part::Message)
        } else {
            None
        }
    }

    fn keep_leaf(&mut self, open: &Open) {
        let (unit, depth) = match (self.in_transaction, self.in_batch, self.in_group) {
            (depth, _, _) if depth > 0 => (&mut self.transaction, depth),
            (_, depth, _) if depth > 0 => (&mut self.batch, depth),
            (_, _, depth) if depth > 0 => (&mut self.group, depth),
            _ => return,
        };
        // The part's own element stands `depth` deep, so that many names are left off.
        let from = self.plain.match_indices('/').nth(depth).map_or(self.plain.len(), |(at, _)| at + 1);
        unit.keep(Leaf {
            path: self.plain.get(from..).unwrap_or_default(),
            text: trimmed(&self.text),
            currency: open.currency.as_deref(),
            shown: &self.shown,
            place: open.place,
            parent: self.open.last().map_or(0, |around| around.serial),
        });
    }
}
