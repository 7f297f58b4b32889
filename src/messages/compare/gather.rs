//! Goes through a document and hands out its payments, entries or statuses one by one, each with what its blocks say
//! about it. Memory: one of them, and what precedes it in its blocks.

use std::io::BufRead;

use super::CompareError;
use super::fact::{Fact, is_aside, name_of, normal};
use crate::messages::kind::{Definition, Kind};
use crate::schema::catalog;
use crate::schema::event::Limits;
use crate::schema::outline::ElementType;
use crate::schema::walk::{Step, Walk};

/// Elements that are compared one by one, for each kind of message that can be compared.
const UNITS: &[(Kind, &str)] = &[
    (Kind::Pain001, "CdtTrfTxInf"),
    (Kind::Pain002, "TxInfAndSts"),
    (Kind::Pacs002, "TxInfAndSts"),
    (Kind::Camt052, "Ntry"),
    (Kind::Camt053, "Ntry"),
    (Kind::Camt054, "Ntry"),
];

/// Elements that name a unit, the better one first.
const KEYS: &[&str] = &["EndToEndId", "OrgnlEndToEndId", "AcctSvcrRef", "OrgnlPmtInfId", "NtryRef"];

/// Repeated elements whose order says nothing, or that repeat at another level in other versions.
const NOT_NUMBERED: &[&str] = &[
    "PmtInf",
    "CdtTrfTxInf",
    "OrgnlPmtInfAndSts",
    "TxInfAndSts",
    "Rpt",
    "Stmt",
    "Ntfctn",
    "Ntry",
    "Chrgs",
    "Rcrd",
];

/// What names the block around an entry or status.
const BLOCK_IDS: &[&str] = &["/OrgnlPmtInfAndSts/OrgnlPmtInfId", "/Stmt/Id", "/Rpt/Id", "/Ntfctn/Id"];

/// Most facts of one unit with its blocks. Chosen by us; an entry with 50,000 transactions has about a million.
const FACTS_MAX: usize = 2_000_000;

/// One payment, entry or status; the last one of a document stands for what belongs to none.
#[derive(Debug)]
pub(super) struct Unit {
    /// Its end-to-end id, or another reference of its own; empty for the document itself.
    pub(super) key: String,
    /// Sorted.
    pub(super) facts: Vec<Fact>,
    /// Of its start tag, from 1.
    pub(super) line: u64,
    /// As the walk shows it, with indexes.
    pub(super) path: String,
    /// What is counted: payments, entries, statuses; not the blocks around them.
    pub(super) rank: Rank,
}

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// A payment, entry or status.
    One,
    /// What a block or the message says beside them.
    Around,
}

struct Level {
    local: String,
    kind: Option<ElementType<'static>>,
    /// Length of the facts' path before this level.
    path: usize,
    /// Facts of the blocks around, before this level began.
    block: usize,
    aside: bool,
    has_child: bool,
    /// Name of the last child that may repeat, and how many of them came in a row.
    last: (String, u32),
    text: String,
    currency: Option<String>,
    line: u64,
}

/// A unit that is being read.
struct Begun {
    depth: usize,
    line: u64,
    path: String,
    key: Option<(usize, String)>,
    facts: Vec<Fact>,
}

#[derive(Default)]
struct Gather {
    levels: Vec<Level>,
    path: String,
    block: Vec<Fact>,
    unit: Option<Begun>,
    kind: Option<Kind>,
    /// What stands outside of all blocks.
    document: Vec<Fact>,
    units_in_block: Vec<u64>,
}

/// Hands out the units of a document; returns which message it is.
pub(super) fn gather(
    input: impl BufRead,
    give: &mut dyn FnMut(Unit) -> Result<(), CompareError>,
) -> Result<Kind, CompareError> {
    let mut walk = Walk::without_schema(input, Limits::default());
    let mut gather = Gather::default();
    let mut namespace: Option<String> = None;
    loop {
        match walk.next()? {
            Step::Start(element) => {
                let local = element.local.to_owned();
                let currency = element.attribute("Ccy").map(str::to_owned);
                if gather.kind.is_none() {
                    if local == "Document" {
                        namespace = element.namespace.map(str::to_owned);
                    }
                    let Some(kind) = Kind::of_child(&local) else { continue };
                    if UNITS.iter().all(|(known, _)| *known != kind) {
                        return Err(CompareError::Unsupported { message: kind.name().to_owned() });
                    }
                    gather.kind = Some(kind);
                    let line = walk.position().line;
                    gather.push(local.clone(), root_of(kind, namespace.as_deref(), &local), (currency, line));
                } else if gather.levels.is_empty() {
                    if Kind::of_child(&local).is_some() {
                        return Err(CompareError::Several { line: walk.position().line });
                    }
                } else {
                    let line = walk.position().line;
                    let begins = gather.start(local, currency, line);
                    if begins && let Some(unit) = &mut gather.unit {
                        unit.path = walk.path();
                    }
                }
            }
            Step::Text(text) => {
                if let Some(level) = gather.levels.last_mut() {
                    level.text.push_str(text);
                }
            }
            Step::End => gather.end(give)?,
            Step::Finished => break,
        }
        if gather.block.len() + gather.unit.as_ref().map_or(0, |unit| unit.facts.len()) > FACTS_MAX {
            return Err(CompareError::TooLarge { line: walk.position().line, limit: FACTS_MAX });
        }
    }
    let kind = gather.kind.ok_or(CompareError::NoDocument)?;
    let mut facts = gather.document;
    facts.sort();
    give(Unit { key: String::new(), facts, line: 1, path: "/".to_owned(), rank: Rank::Around })?;
    Ok(kind)
}

/// The type of a message's own element, in the version that the namespace names or the nearest one.
fn root_of(kind: Kind, namespace: Option<&str>, local: &str) -> Option<ElementType<'static>> {
    let version =
        namespace.and_then(Definition::of_namespace).map(|definition| u32::from(definition.version));
    let (_, schema) = catalog::nearest(kind.name(), version)?;
    let root = schema.outline();
    root.child(local).or_else(|| root.children().next()).map(|child| child.kind)
}

impl Gather {
    fn push(
        &mut self,
        local: String,
        kind: Option<ElementType<'static>>,
        (currency, line): (Option<String>, u64),
    ) {
        let aside = self.levels.last().is_some_and(|level| level.aside) || is_aside(&local);
        let path = self.path.len();
        if !self.levels.is_empty()
            && let Some(name) = name_of(&local)
        {
            self.path.push('/');
            self.path.push_str(name);
            // Which of several belongs to what it holds; the order of blocks says nothing.
            let run = self.levels.last().map_or(0, |parent| parent.last.1);
            if run > 1 {
                self.path.push_str(&format!("[{run}]"));
            }
        }
        let (block, text, has_child) = (self.block.len(), String::new(), false);
        let last = (String::new(), 0);
        self.levels.push(Level { local, kind, path, block, aside, has_child, last, text, currency, line });
        self.units_in_block.push(0);
    }

    /// An element begins; says whether a unit does.
    fn start(&mut self, local: String, currency: Option<String>, line: u64) -> bool {
        let kind = self.levels.last_mut().and_then(|parent| {
            parent.has_child = true;
            parent.text.clear();
            let child = parent.kind.and_then(|kind| kind.child(&local));
            let told_apart = child.is_some_and(|child| child.max > 1 && child.kind.holds_elements())
                && !NOT_NUMBERED.contains(&local.as_str());
            let run = if told_apart && parent.last.0 == local { parent.last.1.saturating_add(1) } else { 1 };
            parent.last = if told_apart { (local.clone(), run) } else { (String::new(), 0) };
            child.map(|child| child.kind)
        });
        let is_unit = self.unit.is_none()
            && UNITS.iter().any(|(message, name)| Some(*message) == self.kind && *name == local);
        self.push(local, kind, (currency, line));
        if is_unit {
            let (path, facts) = (String::new(), Vec::new());
            self.unit = Some(Begun { depth: self.levels.len(), line, path, key: None, facts });
        }
        is_unit
    }

    fn end(&mut self, give: &mut dyn FnMut(Unit) -> Result<(), CompareError>) -> Result<(), CompareError> {
        let depth = self.levels.len();
        let Some(level) = self.levels.pop() else { return Ok(()) };
        if !level.has_child {
            self.note(&level);
        }
        self.path.truncate(level.path);
        let inside = self.units_in_block.pop().unwrap_or(0);
        if let Some(unit) = self.unit.take_if(|unit| unit.depth == depth) {
            if let Some(count) = self.units_in_block.last_mut() {
                *count += 1;
            }
            return self.complete(unit, give);
        }
        if let Some(count) = self.units_in_block.last_mut() {
            *count += inside;
        }
        // What a block of payments says has been told with each of them; any other is told on its own.
        if self.unit.is_none() && is_block(&level.local) {
            let mut facts = self.block.split_off(level.block.min(self.block.len()));
            if inside == 0 || self.kind != Some(Kind::Pain001) {
                facts.sort();
                let id = facts.iter().find(|fact| BLOCK_IDS.contains(&fact.path.as_str()));
                let key = id.map_or(level.local.clone(), |fact| fact.value.clone());
                let path = format!("/{}", level.local);
                give(Unit { key, facts, line: level.line, path, rank: Rank::Around })?;
            }
        }
        if self.levels.is_empty() {
            self.document.append(&mut self.block);
        }
        Ok(())
    }

    /// A value.
    fn note(&mut self, level: &Level) {
        let value = normal(&level.text, level.kind, level.currency.as_deref());
        if let Some(unit) = &mut self.unit
            && let Some(rank) = KEYS.iter().position(|key| *key == level.local)
            && unit.key.as_ref().is_none_or(|(known, _)| rank < *known)
        {
            unit.key = Some((rank, value.clone()));
        }
        if level.aside {
            return;
        }
        let fact = Fact { path: self.path.clone(), value, line: level.line };
        match &mut self.unit {
            Some(unit) => unit.facts.push(fact),
            None => self.block.push(fact),
        }
    }

    fn complete(
        &self,
        unit: Begun,
        give: &mut dyn FnMut(Unit) -> Result<(), CompareError>,
    ) -> Result<(), CompareError> {
        let mut facts = unit.facts;
        let own: Vec<String> = facts.iter().map(|fact| fact.path.clone()).collect();
        // What a payment says itself goes before what its block says for all; of other blocks only the name counts.
        for fact in self.block.iter().filter(|fact| !fact.path.starts_with("/GrpHdr")) {
            let counts = match self.kind {
                Some(Kind::Pain001) => !overrides(&own, &fact.path),
                _ => BLOCK_IDS.contains(&fact.path.as_str()),
            };
            if counts {
                facts.push(fact.clone());
            }
        }
        for fact in &mut facts {
            if let Some(rest) =
                fact.path.strip_prefix("/PmtInf/CdtTrfTxInf").or_else(|| fact.path.strip_prefix("/PmtInf"))
            {
                fact.path = rest.to_owned();
            }
        }
        facts.sort();
        let key = unit.key.map(|(_, key)| key).filter(|key| !key.is_empty());
        let key = key.unwrap_or_else(|| "without reference".to_owned());
        give(Unit { key, facts, line: unit.line, path: unit.path, rank: Rank::One })
    }
}

/// Elements that hold units and say something for all of them.
fn is_block(local: &str) -> bool {
    matches!(local, "PmtInf" | "OrgnlPmtInfAndSts" | "Rpt" | "Stmt" | "Ntfctn")
}

/// Whether a payment says for itself what its block says: payment type, charge bearer, ultimate debtor.
/// Source: ISO 20022 pain.001, rules on elements that stand on both levels.
fn overrides(own: &[String], block: &str) -> bool {
    let Some(rest) = block.strip_prefix("/PmtInf/") else { return false };
    let element = rest.split('/').next().unwrap_or(rest);
    if !matches!(element, "PmtTpInf" | "ChrgBr" | "UltmtDbtr") {
        return false;
    }
    let prefix = format!("/PmtInf/CdtTrfTxInf/{element}");
    own.iter()
        .any(|path| path.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}
