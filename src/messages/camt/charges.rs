//! Charges as records, from the two shapes that versions use. Never what a charge explains.

use crate::messages::reading::{Value, boolean, direction, keep, keep_amount};
use crate::messages::record::Charge;

use super::node::Node;

/// Charges of an entry or a transaction while they are read. Up to version 03 each `Chrgs` is one charge; later
/// one `Chrgs` holds a total and `Rcrd`s. A total alone is one charge of that amount.
#[derive(Default)]
pub(super) struct ChargesRead {
    read: Vec<Charge>,
    /// The last charge holds a total that an amount or a record will replace.
    only_total: bool,
}

impl ChargesRead {
    /// Takes a start tag or a value; false if it is none of a charge.
    pub(super) fn fill(&mut self, node: Node, value: Value<'_>) -> bool {
        match node {
            Node::Charges => self.open(),
            Node::ChargeRecord if self.only_total => {
                self.read.pop();
                self.open();
            }
            Node::ChargeRecord => self.open(),
            _ => return self.fill_last(node, value),
        }
        true
    }

    fn open(&mut self) {
        self.only_total = false;
        if self.read.last().is_none_or(|last| *last != Charge::default()) {
            self.read.push(Charge::default());
        }
    }

    fn fill_last(&mut self, node: Node, value: Value<'_>) -> bool {
        let Some(last) = self.read.last_mut() else { return false };
        match node {
            Node::ChargesTotal => {
                self.only_total = last.amount.is_none();
                keep_amount(&mut last.amount, &mut last.currency, value);
            }
            Node::ChargeAmount => {
                if self.only_total {
                    (last.amount, self.only_total) = (None, false);
                }
                keep_amount(&mut last.amount, &mut last.currency, value);
            }
            Node::ChargeDirection => last.direction = direction(value.text),
            Node::ChargeIncluded => last.included = boolean(value.text),
            Node::ChargeKind | Node::ChargeTypeProprietary => keep(&mut last.kind, value.text),
            _ => return false,
        }
        true
    }

    /// The charges; an empty `Chrgs` is none.
    pub(super) fn take(&mut self) -> Vec<Charge> {
        let mut read = std::mem::take(&mut self.read);
        read.retain(|charge| *charge != Charge::default());
        read
    }
}
