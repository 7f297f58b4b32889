//! Postal addresses as they stand in a message: whose they are and what form they have. Never whether a rail takes them.

use super::unit::{Leaf, Unit};

/// The form of an address. Source: EPC153-22 "Provision of addresses under the EPC payment schemes"; CBPR+ usage guidelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// No address at all.
    None,
    /// Lines without both `TwnNm` and `Ctry` beside them: a country alone does not save an address.
    Unstructured,
    /// `TwnNm` and `Ctry` in their elements, and lines.
    Hybrid,
    /// No lines.
    Structured,
}

impl AddressKind {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            AddressKind::None => "none",
            AddressKind::Unstructured => "unstructured",
            AddressKind::Hybrid => "hybrid",
            AddressKind::Structured => "structured",
        }
    }
}

/// How much an address weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It travels with the payment: debtor, creditor, ultimate parties, agents.
    Travels,
    /// It may stay behind: initiating party, parties named in the remittance information.
    StaysBehind,
}

/// One `PstlAdr`.
#[derive(Clone, Debug)]
pub struct Written<'u> {
    /// Path of the party: `Cdtr`, `CdtrAgt/FinInstnId`.
    pub role: &'u str,
    /// First element of the address.
    pub first: Leaf<'u>,
    /// Its elements, `AdrTp` left out.
    pub leaves: Vec<Leaf<'u>>,
    parent: u64,
}

/// The addresses of a part, in document order.
pub fn addresses(unit: &Unit) -> Vec<Written<'_>> {
    let mut found: Vec<Written<'_>> = Vec::new();
    for leaf in unit.with_path(|path| path.contains("/PstlAdr/")) {
        let Some((role, name)) = leaf.path.rsplit_once("/PstlAdr/") else { continue };
        if name.contains('/') {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.parent == leaf.parent => last.leaves.push(leaf),
            _ => found.push(Written { role, first: leaf, leaves: vec![leaf], parent: leaf.parent }),
        }
    }
    for address in &mut found {
        address.leaves.retain(|leaf| !leaf.path.ends_with("/AdrTp"));
    }
    found
}

impl<'u> Written<'u> {
    /// The text of an element of the address, such as `TwnNm`.
    pub fn text(&self, name: &str) -> Option<&'u str> {
        let named = |leaf: &&Leaf<'u>| leaf.path.rsplit('/').next() == Some(name);
        self.leaves.iter().find(named).map(|leaf| leaf.text).filter(|text| !text.is_empty())
    }

    /// The address lines that say something.
    pub fn lines(&self) -> impl Iterator<Item = &Leaf<'u>> {
        let line = |leaf: &&Leaf<'u>| leaf.path.ends_with("/AdrLine") && !leaf.text.is_empty();
        self.leaves.iter().filter(line)
    }

    /// Its form.
    pub fn kind(&self) -> AddressKind {
        let said = self.leaves.iter().any(|leaf| !leaf.text.is_empty());
        let tagged = self.text("TwnNm").is_some() && self.text("Ctry").is_some();
        match (said, self.lines().next().is_some(), tagged) {
            (false, ..) => AddressKind::None,
            (true, false, _) => AddressKind::Structured,
            (true, true, true) => AddressKind::Hybrid,
            (true, true, false) => AddressKind::Unstructured,
        }
    }

    /// Whether it travels with the payment.
    pub fn weight(&self) -> Weight {
        let party = self.role.split('/').next().unwrap_or_default();
        let travels = matches!(party, "Dbtr" | "UltmtDbtr" | "Cdtr" | "UltmtCdtr")
            || party.ends_with("Agt")
            || party.starts_with("IntrmyAgt");
        if travels { Weight::Travels } else { Weight::StaysBehind }
    }
}
