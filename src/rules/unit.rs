//! One part of a message while it is judged: its group header, a batch's own elements, a transaction. Never what they must be.

use crate::messages::reading::Place;

/// Most octets of one part that are kept: paths, texts and places of its elements. A transaction with a thousand
/// invoices needs about a tenth. Chosen by us.
pub const PART_OCTETS_MAX: usize = 4 * 1024 * 1024;

/// Which part of a message something stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// What holds for the whole message: `GrpHdr`, in a status report also `OrgnlGrpInfAndSts`.
    Group,
    /// `PmtInf` without its transactions, a statement without its entries.
    Batch,
    /// `CdtTrfTxInf`, `TxInfAndSts`, `Ntry`.
    Transaction,
}

/// An element without children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf<'u> {
    /// Below the part's own element, without indexes: `Cdtr/PstlAdr/AdrLine`.
    pub path: &'u str,
    /// Its text without white space around it.
    pub text: &'u str,
    /// Its attribute `Ccy`.
    pub currency: Option<&'u str>,
    /// The whole path with indexes, as findings show it.
    pub shown: &'u str,
    /// Of its start tag.
    pub place: Place,
    /// Number of the element around it; elements of one group share it.
    pub parent: u64,
}

#[derive(Clone, Copy, Debug)]
struct Span(usize, usize);

#[derive(Clone, Debug)]
struct Cell {
    path: Span,
    text: Span,
    currency: Option<Span>,
    shown: Span,
    place: Place,
    parent: u64,
}

/// The leaves of one part, in document order.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    cells: Vec<Cell>,
    octets: String,
    /// Path of the part's own element, with indexes.
    pub shown: String,
    /// Of its start tag.
    pub place: Place,
    /// Leaves that found no room.
    pub omitted: u64,
}

impl Unit {
    /// Forgets everything; `shown` and `place` are those of the part that begins.
    pub fn begin(&mut self, shown: &str, place: Place) {
        self.cells.clear();
        self.octets.clear();
        self.shown.clear();
        self.shown.push_str(shown);
        self.place = place;
        self.omitted = 0;
    }

    /// Keeps a leaf, as long as there is room.
    pub fn keep(&mut self, leaf: Leaf<'_>) {
        let wanted = leaf.path.len() + leaf.text.len() + leaf.shown.len() + size_of::<Cell>();
        if self.octets.len() + self.cells.len() * size_of::<Cell>() + wanted > PART_OCTETS_MAX {
            self.omitted += 1;
            return;
        }
        let path = self.push(leaf.path);
        let text = self.push(leaf.text);
        let currency = leaf.currency.map(|currency| self.push(currency));
        let shown = self.push(leaf.shown);
        self.cells.push(Cell { path, text, currency, shown, place: leaf.place, parent: leaf.parent });
    }

    fn push(&mut self, text: &str) -> Span {
        let from = self.octets.len();
        self.octets.push_str(text);
        Span(from, self.octets.len())
    }

    fn text_of(&self, span: Span) -> &str {
        self.octets.get(span.0..span.1).unwrap_or_default()
    }

    fn leaf(&self, cell: &Cell) -> Leaf<'_> {
        Leaf {
            path: self.text_of(cell.path),
            text: self.text_of(cell.text),
            currency: cell.currency.map(|span| self.text_of(span)),
            shown: self.text_of(cell.shown),
            place: cell.place,
            parent: cell.parent,
        }
    }

    /// Every leaf, in document order.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf<'_>> {
        self.cells.iter().map(|cell| self.leaf(cell))
    }

    /// Every leaf with such a path, in document order. Nothing of the others is looked at.
    pub fn with_path<'u>(&'u self, means: impl Fn(&str) -> bool + 'u) -> impl Iterator<Item = Leaf<'u>> {
        let cells = self.cells.iter().filter(move |cell| means(self.text_of(cell.path)));
        cells.map(|cell| self.leaf(cell))
    }

    /// Every leaf of that path.
    pub fn all<'u>(&'u self, path: &'u str) -> impl Iterator<Item = Leaf<'u>> {
        self.with_path(move |own| own == path)
    }

    /// The first leaf of that path.
    pub fn one<'u>(&'u self, path: &'u str) -> Option<Leaf<'u>> {
        self.all(path).next()
    }

    /// The text of the first leaf of that path, if it has one.
    pub fn text<'u>(&'u self, path: &'u str) -> Option<&'u str> {
        self.one(path).map(|leaf| leaf.text).filter(|text| !text.is_empty())
    }

    /// The first leaf at this path or anywhere below it: whether the element is there at all.
    pub fn within<'u>(&'u self, path: &'u str) -> Option<Leaf<'u>> {
        self.with_path(move |own| is_within(own, path)).next()
    }

    /// A leaf that stands for the part itself, for findings about what is not there.
    pub fn itself(&self) -> Leaf<'_> {
        Leaf { path: "", text: "", currency: None, shown: &self.shown, place: self.place, parent: 0 }
    }
}

/// Is `path` the element `outer` or something inside of it?
pub fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
