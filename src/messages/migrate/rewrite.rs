//! One element of the source as the target version wants it. Versions differ by few things, which stand here as tables;
//! the rest follows from the definitions. Never values of its own making.

use super::change::{Became, Change, Changes, class};
use super::node::Node;
use crate::schema::facet::Primitive;
use crate::schema::outline::{Child, ElementType};

/// Elements that have another name in other versions, with the same meaning.
/// Source: the ISO 20022 message definitions; the names of 2009 stand first.
const RENAMES: &[(&str, &str)] = &[
    ("BIC", "BICFI"),
    ("BICOrBEI", "AnyBIC"),
    ("BEI", "AnyBIC"),
    ("RmtLctnMtd", "Mtd"),
    ("RmtLctnElctrncAdr", "ElctrncAdr"),
    ("RmtLctnPstlAdr", "PstlAdr"),
];

/// Elements that some versions put between another and its content.
const LEVELS: &[&str] = &["Pty", "RmtLctnDtls", "Rcrd"];

/// Alternatives in which a bare value of another version goes on, the better one first.
const WRAPS: &[&str] = &["Cd", "Dt", "DtTm", "Prtry", "InstrInf"];

/// Octets of a date at the start of a date and time.
const DATE: usize = 10;

/// Rewrites elements and notes what became of them.
pub(super) struct Rewrite<'c> {
    pub(super) changes: &'c mut Changes,
    /// The path of the element that is being rewritten, in the source.
    pub(super) path: String,
}

impl Rewrite<'_> {
    /// An element as it stands in the target's `parent`; empty if it is lost. The depth is that of a document, which the walk bounds.
    pub(super) fn element(&mut self, node: Node, parent: ElementType<'static>) -> Vec<Node> {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(&node.name);
        let rewritten = self.placed(node, parent);
        self.path.truncate(length);
        rewritten
    }

    fn placed(&mut self, node: Node, parent: ElementType<'static>) -> Vec<Node> {
        if let Some(child) = named(parent, &node.name) {
            if child.name != node.name {
                self.note(&node, Became::Renamed, "migrate.renamed", format!("as {}", child.name));
            }
            return self.filled(node, child).into_iter().collect();
        }
        // A level more in the target.
        let level = LEVELS.iter().find_map(|level| {
            let level = parent.child(level).filter(|level| level.kind.holds_elements())?;
            named(level.kind, &node.name).map(|_| level)
        });
        if let Some(level) = level {
            self.note(&node, Became::Renamed, "migrate.moved", format!("into {}", level.name));
            let (line, column) = (node.line, node.column);
            let children = self.placed(node, level.kind);
            if children.is_empty() {
                return Vec::new();
            }
            let name = level.name.to_owned();
            return vec![Node { name, children, line, column, is_level: true, ..Node::default() }];
        }
        // A level less.
        if LEVELS.contains(&node.name.as_str())
            && node.children.iter().any(|child| named(parent, &child.name).is_some())
        {
            self.note(&node, Became::Renamed, "migrate.moved", "its content, a level up".to_owned());
            return node.children.into_iter().flat_map(|child| self.element(child, parent)).collect();
        }
        self.lose(&node, "migrate.unknown", "the target version has no such element");
        Vec::new()
    }

    fn filled(&mut self, node: Node, child: Child<'static>) -> Option<Node> {
        let kind = child.kind;
        if kind.holds_anything() {
            self.lose(&node, "migrate.supplementary", "supplementary data is not carried over");
            return None;
        }
        match (node.is_leaf(), kind.holds_elements()) {
            (true, false) => self.value(node, child),
            (true, true) if node.text.trim().is_empty() => {
                Some(Node { name: child.name.to_owned(), text: String::new(), ..node })
            }
            (true, true) => self.wrapped(node, child),
            (false, false) => self.unwrapped(node, child),
            (false, true) => self.content(node, child),
        }
    }

    fn value(&mut self, node: Node, child: Child<'static>) -> Option<Node> {
        let attribute = node.currency.as_deref().filter(|_| child.kind.attribute().is_none());
        if attribute.is_some() {
            self.lose(&node, "migrate.attribute", "the target version has no currency here");
        }
        let currency = node.currency.clone().filter(|_| child.kind.attribute().is_some());
        match fitting(child.kind, &node.text) {
            Fits::AsItIs => Some(Node { name: child.name.to_owned(), currency, ..node }),
            Fits::WithoutTime(date) => {
                self.note(&node, Became::Lost, "migrate.time", "the time of day, the date stays".to_owned());
                Some(Node { name: child.name.to_owned(), text: date, currency, ..node })
            }
            Fits::Not(code) => {
                self.lose(&node, "migrate.value", code);
                None
            }
        }
    }

    /// A bare value goes into the first alternative that takes it.
    fn wrapped(&mut self, node: Node, child: Child<'static>) -> Option<Node> {
        let taking = WRAPS.iter().filter_map(|wrap| child.kind.child(wrap)).find(|wrap| {
            !wrap.kind.holds_elements() && matches!(fitting(wrap.kind, &node.text), Fits::AsItIs)
        });
        let Some(wrap) = taking else {
            self.lose(&node, "migrate.value", "no alternative of the target version takes it");
            return None;
        };
        let inner = [Node { name: wrap.name.to_owned(), ..Node::default() }];
        if let Some(missing) = missing(&inner, child.kind) {
            self.lose(&node, "migrate.incomplete", &format!("the target version wants {missing} beside it"));
            return None;
        }
        self.note(&node, Became::Changed, "migrate.wrapped", format!("as {}/{}", child.name, wrap.name));
        let (line, column, text) = (node.line, node.column, node.text);
        let inner = Node { name: wrap.name.to_owned(), text, line, column, ..Node::default() };
        Some(Node { name: child.name.to_owned(), children: vec![inner], line, column, ..Node::default() })
    }

    /// Of several alternatives only the bare value is left.
    fn unwrapped(&mut self, node: Node, child: Child<'static>) -> Option<Node> {
        let inner = match node.children.as_slice() {
            [inner] if inner.is_leaf() && WRAPS.contains(&inner.name.as_str()) => inner.clone(),
            _ => {
                self.lose(&node, "migrate.value", "the target version takes a bare value here");
                return None;
            }
        };
        match fitting(child.kind, &inner.text) {
            Fits::AsItIs => {
                self.note(
                    &node,
                    Became::Changed,
                    "migrate.unwrapped",
                    format!("{} as a bare value", inner.name),
                );
            }
            Fits::WithoutTime(date) => {
                self.note(&node, Became::Lost, "migrate.time", "the time of day, the date stays".to_owned());
                return Some(Node { name: child.name.to_owned(), text: date, children: Vec::new(), ..node });
            }
            Fits::Not(code) => {
                self.lose(&node, "migrate.value", code);
                return None;
            }
        }
        Some(Node { name: child.name.to_owned(), text: inner.text, children: Vec::new(), ..node })
    }

    fn content(&mut self, mut node: Node, child: Child<'static>) -> Option<Node> {
        let children = std::mem::take(&mut node.children);
        let mut rewritten: Vec<Node> =
            children.into_iter().flat_map(|inner| self.element(inner, child.kind)).collect();
        merge_levels(&mut rewritten);
        let fitted = self.fitted(rewritten, child.kind);
        if fitted.is_empty() {
            return None;
        }
        if let Some(missing) = missing(&fitted, child.kind) {
            let whole = Node { children: fitted, ..node.clone() };
            if !child.required || child.alternative {
                self.lose(&whole, "migrate.incomplete", &format!("the target version wants {missing} in it"));
                return None;
            }
            return Some(Node { name: child.name.to_owned(), ..whole });
        }
        Some(Node { name: child.name.to_owned(), children: fitted, ..node })
    }

    /// Brings siblings into the order of the target; what is one too many there is lost.
    pub(super) fn fitted(&mut self, nodes: Vec<Node>, kind: ElementType<'static>) -> Vec<Node> {
        let mut placed: Vec<(u16, u32, Node)> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Some(child) = kind.child(&node.name) else { continue };
            placed.push((child.slot, child.max, node));
        }
        placed.sort_by_key(|(slot, _, _)| *slot);
        let mut kept: Vec<Node> = Vec::with_capacity(placed.len());
        let (mut last, mut count) = (0, 0_u32);
        for (slot, max, node) in placed {
            count = if slot == last { count.saturating_add(1) } else { 1 };
            last = slot;
            let before = kept.last_mut().filter(|before| before.name == node.name && node.name == "Chrgs");
            if let (true, Some(before)) = (count > max, before) {
                // What repeats as a whole in one version repeats inside in another.
                count = max;
                before.children.extend(node.children);
            } else if count > max {
                self.lose(&node, "migrate.surplus", &format!("the target version takes {max}"));
            } else {
                kept.push(node);
            }
        }
        kept
    }

    fn lose(&mut self, node: &Node, code: &'static str, why: &str) {
        let what = if node.is_leaf() { class(&node.text) } else { format!("{} values", node.values()) };
        self.note(node, Became::Lost, code, format!("{what}: {why}"));
    }

    fn note(&mut self, node: &Node, became: Became, code: &'static str, text: String) {
        let path = self.path.clone();
        self.changes.add(Change { became, code, line: node.line, column: node.column, path, text, count: 1 });
    }
}

/// The child of that name, or of the name that it has in this version.
pub(super) fn named(parent: ElementType<'static>, name: &str) -> Option<Child<'static>> {
    parent.child(name).or_else(|| {
        RENAMES.iter().find_map(|(one, two)| match name {
            _ if name == *one => parent.child(two),
            _ if name == *two => parent.child(one),
            _ => None,
        })
    })
}

/// Whether a value fits a type.
enum Fits {
    AsItIs,
    /// The date alone does.
    WithoutTime(String),
    /// It breaks this.
    Not(&'static str),
}

fn fitting(kind: ElementType<'_>, text: &str) -> Fits {
    let Err(code) = kind.check(text) else { return Fits::AsItIs };
    let date = text.trim().get(..DATE).filter(|_| text.contains('T'));
    match date {
        Some(date) if kind.primitive() == Some(Primitive::Date) && kind.check(date).is_ok() => {
            Fits::WithoutTime(date.to_owned())
        }
        _ => Fits::Not(code),
    }
}

/// Levels that several siblings were put into become one.
fn merge_levels(nodes: &mut Vec<Node>) {
    let mut at = 0;
    while at + 1 < nodes.len() {
        let mergeable = matches!(nodes.get(at..at + 2), Some([one, two])
            if one.is_level && two.is_level && one.name == two.name);
        if mergeable {
            let two = nodes.remove(at + 1);
            if let Some(one) = nodes.get_mut(at) {
                one.children.extend(two.children);
            }
        } else {
            at += 1;
        }
    }
}

/// What a type cannot be without and is not there.
fn missing(nodes: &[Node], kind: ElementType<'static>) -> Option<&'static str> {
    let present: Vec<u16> =
        nodes.iter().filter_map(|node| kind.child(&node.name)).map(|child| child.slot).collect();
    kind.children().find(|child| child.required && !present.contains(&child.slot)).map(|child| child.name)
}
