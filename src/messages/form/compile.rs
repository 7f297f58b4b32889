//! From a form to a tree of elements, each with what is to be done at it. Built once for each message; never sees a document.

use super::fields::Slot;
use super::{Form, Member, Takes};

/// Index of an element in [`Tree::nodes`].
pub(super) type NodeId = u16;

/// Where reading begins.
pub(super) const ROOT: NodeId = 0;

/// A form, ready to be followed through a document.
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) records: Vec<&'static str>,
}

/// An element that the form knows.
#[derive(Default)]
pub(super) struct Node {
    pub(super) children: Vec<(&'static str, NodeId)>,
    /// Index of the record that begins here in [`Tree::records`].
    pub(super) begins: Option<u16>,
    /// Lists that grow by one object where the element begins.
    pub(super) grows: Vec<Way>,
    /// What becomes of the element's text.
    pub(super) takes: Vec<Taken>,
    /// Whether an amount is among them.
    pub(super) has_currency: bool,
}

/// The way from a record to a member in it.
pub(super) struct Way {
    /// Objects and lists on the way.
    pub(super) through: Vec<Step>,
    pub(super) slot: Slot,
}

/// One object further inside.
#[derive(Clone, Copy)]
pub(super) enum Step {
    One(Slot),
    /// Its last object.
    Many(Slot),
}

/// A text that goes into a member.
pub(super) struct Taken {
    pub(super) way: Way,
    pub(super) rank: u8,
    pub(super) content: Content,
}

/// What of the element.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Text,
    Texts,
    Direction,
    Boolean,
    /// With its currency in this member beside it.
    Amount(Slot),
}

impl Tree {
    pub(super) fn of(form: &'static Form) -> Tree {
        let mut tree = Tree { nodes: vec![Node::default()], records: Vec::new() };
        tree.add_form(form, ROOT);
        tree
    }

    /// The known child of a node.
    #[inline]
    pub(super) fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        let children = &self.nodes.get(usize::from(node))?.children;
        children.iter().find(|(known, _)| *known == name).map(|(_, child)| *child)
    }

    fn add_form(&mut self, form: &'static Form, above: NodeId) {
        let record = u16::try_from(self.records.len()).expect("a form has few records");
        self.records.push(form.record);
        for path in form.at.split('|') {
            let node = self.node(above, path);
            self.at(node).begins = Some(record);
            self.add_members(form.members, node, &[], 0);
            for inner in form.inside {
                self.add_form(inner, node);
            }
        }
    }

    fn add_members(&mut self, members: &'static [Member], above: NodeId, through: &[Step], rank: u8) {
        for (index, member) in members.iter().enumerate() {
            let order = u16::try_from(2 * index).expect("a record has few members");
            let slot = Slot { order, name: member.name };
            for (alternative, path) in member.at.split('|').enumerate() {
                let alternative = u8::try_from(alternative).expect("a member has few paths");
                let node = self.node(above, path);
                let way = Way { through: through.to_vec(), slot };
                let content = match member.takes {
                    Takes::One(inner) => {
                        let through = with(through, Step::One(slot));
                        self.add_members(inner, node, &through, alternative);
                        continue;
                    }
                    Takes::Many(inner) => {
                        self.at(node).grows.push(way);
                        let through = with(through, Step::Many(slot));
                        self.add_members(inner, node, &through, alternative);
                        continue;
                    }
                    Takes::Text => Content::Text,
                    Takes::Texts => Content::Texts,
                    Takes::Direction => Content::Direction,
                    Takes::Boolean => Content::Boolean,
                    Takes::Amount(currency) => Content::Amount(Slot { order: order + 1, name: currency }),
                };
                let node = self.at(node);
                node.has_currency |= matches!(content, Content::Amount(_));
                // An object that stands in another place than usual comes after one in the usual place.
                let rank = rank.saturating_mul(16).saturating_add(alternative);
                node.takes.push(Taken { way, rank, content });
            }
        }
    }

    /// The node at a path, made where there is none.
    fn node(&mut self, above: NodeId, path: &'static str) -> NodeId {
        let mut node = above;
        for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
            node = self.child(node, name).unwrap_or_else(|| {
                let next = NodeId::try_from(self.nodes.len()).expect("a form has few elements");
                self.nodes.push(Node::default());
                self.at(node).children.push((name, next));
                next
            });
        }
        node
    }

    fn at(&mut self, node: NodeId) -> &mut Node {
        self.nodes.get_mut(usize::from(node)).expect("nodes are only ever added")
    }
}

fn with(through: &[Step], step: Step) -> Vec<Step> {
    through.iter().copied().chain([step]).collect()
}
