//! An instruction as texts with their places, whatever it was read from, and the table of its members.
//! Never what the texts mean.

use super::finding::{Finding, Origin};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// Longest text of a member, in octets. Chosen by us: far more than any member may have in the end.
pub const TEXT_OCTETS_MAX: usize = 4096;

/// How a member is written in JSON. In CSV everything is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
}

/// A member of the instruction, which is also a CSV column.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Path with dots.
    pub name: &'static str,
    /// JSON type.
    pub kind: Kind,
    /// A line of explanation.
    pub explanation: &'static str,
}

const fn text(name: &'static str, explanation: &'static str) -> Member {
    Member { name, kind: Kind::Text, explanation }
}

const fn flag(name: &'static str, explanation: &'static str) -> Member {
    Member { name, kind: Kind::Flag, explanation }
}

/// Every member, in the order in which findings are listed. Source: payout input, section 1.
pub const MEMBERS: &[Member] = &[
    text("external_id", "your own id, unique for ever: 1 to 64 of A-Z a-z 0-9 . _ : - (obligatory)"),
    text(
        "end_to_end_id",
        "the reference your books clear by and the payee sees; without it external_id where it fits",
    ),
    text("replaces", "external_id of the rejected, cancelled or returned payout that this one re-issues"),
    text("batch_id", "your batch, for grouping in lists: 1 to 64 of A-Z a-z 0-9 . _ : -"),
    text("debtor.account_ref", "name of the configured account to be debited (obligatory)"),
    text("amount.value", "decimal point, no separators, no more decimals than the currency has (obligatory)"),
    text("amount.currency", "ISO 4217 (obligatory)"),
    text("speed", "instant_required, instant_preferred, same_day, standard or urgent"),
    text("rail_preference.0", "first allowed rail, like sepa_inst; none leaves the choice to routing"),
    text("rail_preference.1", "second allowed rail"),
    text("rail_preference.2", "third allowed rail"),
    text("requested_execution.date", "YYYY-MM-DD, today, or +N for N days from today; none is the earliest"),
    text("requested_execution.date_policy", "roll_forward (default) or reject, when that is no business day"),
    text("creditor.type", "individual or organisation (default)"),
    text("creditor.name", "as the payee's bank knows it (obligatory)"),
    text("creditor.address.department", "at most 70 characters"),
    text("creditor.address.sub_department", "at most 70 characters"),
    text("creditor.address.street", "at most 70 characters"),
    text("creditor.address.building", "house number, at most 16 characters"),
    text("creditor.address.building_name", "at most 35 characters"),
    text("creditor.address.floor", "at most 70 characters"),
    text("creditor.address.post_box", "at most 16 characters"),
    text("creditor.address.room", "at most 70 characters"),
    text("creditor.address.postcode", "at most 16 characters"),
    text("creditor.address.town", "at most 35 characters; obligatory in an address"),
    text("creditor.address.town_location", "at most 35 characters"),
    text("creditor.address.district", "at most 35 characters"),
    text("creditor.address.country_subdivision", "state or province, at most 35 characters"),
    text("creditor.address.country", "two letters of ISO 3166; obligatory in an address"),
    text(
        "creditor.address.lines.0",
        "free line of at most 70 characters, never town, postcode or country again",
    ),
    text("creditor.address.lines.1", "second free line"),
    text("creditor.identifiers.0.scheme", "like TXID or LEI, or a proprietary name"),
    text("creditor.identifiers.0.value", "the number"),
    text("creditor.identifiers.1.scheme", "of a second identifier"),
    text("creditor.identifiers.1.value", "of a second identifier"),
    text("creditor.contact.email", "kept for you; banks do not get it"),
    text("creditor_account.iban", "International bank account number; spaces and small letters are fine"),
    text("creditor_account.gb.sort_code", "United Kingdom: six digits"),
    text("creditor_account.gb.account", "United Kingdom: eight digits"),
    text("creditor_account.gb.secondary_reference", "United Kingdom: roll number of a building society"),
    text("creditor_account.us.routing", "United States: ABA routing number, nine digits"),
    text("creditor_account.us.account", "United States: 1 to 17 letters or digits"),
    text("creditor_account.us.account_type", "United States: checking or savings"),
    text("creditor_account.other.country", "any other country: two letters"),
    text("creditor_account.other.bank_code", "any other country: code of the bank in its clearing, or bic"),
    text("creditor_account.other.bic", "any other country: BIC of the bank, or bank_code"),
    text("creditor_account.other.account", "any other country: account number"),
    text("creditor_agent.bic", "BIC of the payee's bank"),
    text("creditor_agent.clearing_code", "clearing system of the payee's bank, like USABA"),
    text("creditor_agent.member_id", "id of the payee's bank in that clearing system"),
    text("ultimate_debtor", "name on whose behalf you pay, at most 70 characters"),
    text("ultimate_creditor", "name for whom the payee receives, at most 70 characters"),
    text("purpose", "code of the external purpose list, like ROYA"),
    text("purpose.proprietary", "a purpose of the bank's own instead"),
    text("category_purpose", "code of the external category purpose list, like SUPP"),
    text("category_purpose.proprietary", "a category purpose of the bank's own instead"),
    text(
        "remittance.unstructured",
        "what the payee is told, at most 140 characters or what the rail carries",
    ),
    text("remittance.structured.reference", "the payee's own reference with check digits, instead of a text"),
    text("remittance.structured.type", "SCOR (ISO 11649, default) or QRR (Switzerland)"),
    text("charge_bearer", "auto (default), shared, debtor, creditor or service_level"),
    flag("batch_booking", "true: one debit for the block, false: one each, none: as agreed with the bank"),
    flag("allow_truncation", "true: cut texts that are longer than the rail carries, instead of a refusal"),
];

static INDEX: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| MEMBERS.iter().enumerate().map(|(at, member)| (member.name, at)).collect());

/// Place of a member in [`MEMBERS`].
pub fn member_index(name: &str) -> Option<usize> {
    INDEX.get(name).copied()
}

/// An instruction as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where it stands.
    pub origin: Origin,
    /// What was wrong with its shape.
    pub findings: Vec<Finding>,
    texts: Vec<Option<String>>,
}

impl Draft {
    /// One without members.
    pub fn new(origin: Origin) -> Draft {
        Draft { origin, findings: Vec::new(), texts: vec![None; MEMBERS.len()] }
    }

    /// Sets a member by its place in [`MEMBERS`]; texts that no member may have become findings.
    pub fn set(&mut self, index: usize, value: String) {
        let Some((slot, member)) = self.texts.get_mut(index).zip(MEMBERS.get(index)) else { return };
        if value.len() > TEXT_OCTETS_MAX {
            let message = format!("{} octets, at most {TEXT_OCTETS_MAX} are read", value.len());
            self.findings.push(Finding::error(self.origin, member.name, "member.too_long", message));
            return;
        }
        *slot = Some(value);
    }

    /// Leaves a member out.
    pub fn clear(&mut self, member: &str) {
        if let Some(slot) = member_index(member).and_then(|at| self.texts.get_mut(at)) {
            *slot = None;
        }
    }

    /// The text of a member, if there is one.
    pub fn text(&self, member: &str) -> Option<&str> {
        let index = member_index(member);
        debug_assert!(index.is_some(), "{member} is missing in MEMBERS");
        index.and_then(|at| self.texts.get(at)).and_then(Option::as_deref)
    }

    /// Whether any member below this path has a text.
    pub fn has_below(&self, path: &str) -> bool {
        let below = |name: &str| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        MEMBERS.iter().zip(&self.texts).any(|(member, text)| text.is_some() && below(member.name))
    }

    /// Adds an error.
    pub fn refuse(&mut self, member: &str, code: &'static str, message: impl fmt::Display) {
        self.findings.push(Finding::error(self.origin, member, code, message));
    }

    /// Members with their texts, in the order of [`MEMBERS`].
    pub fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        MEMBERS.iter().zip(&self.texts).filter_map(|(member, text)| Some((member.name, text.as_deref()?)))
    }
}

impl Draft {
    /// The instruction in JSON, for the API: a row of a file is handed in as what it says, unchecked.
    pub fn to_json(&self) -> Value {
        let mut json = Value::Null;
        for (member, text) in MEMBERS.iter().zip(&self.texts) {
            let Some(text) = text else { continue };
            let value = match (member.kind, text.as_str()) {
                (Kind::Flag, "true") => Value::Bool(true),
                (Kind::Flag, "false") => Value::Bool(false),
                _ => Value::String(text.clone()),
            };
            insert(&mut json, member.name, value);
        }
        json
    }
}

/// Puts a value at its path; a number in the path is a place in a list. Where a text stands in the way already (a code
/// and a proprietary one), the path stays whole, which no reader accepts.
fn insert(json: &mut Value, path: &str, value: Value) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if let Ok(at) = name.parse::<usize>() {
        if json.is_null() {
            *json = Value::Array(Vec::new());
        }
        let Some(list) = json.as_array_mut() else { return };
        while list.len() <= at {
            list.push(Value::Null);
        }
        match (list.get_mut(at), rest) {
            (Some(slot), Some(rest)) => insert(slot, rest, value),
            (Some(slot), None) => *slot = value,
            (None, _) => {}
        }
        return;
    }
    if json.is_null() {
        *json = Value::Object(Map::new());
    }
    let Some(members) = json.as_object_mut() else { return };
    match rest {
        Some(_) if members.get(name).is_some_and(Value::is_string) => {
            members.insert(path.to_owned(), value);
        }
        Some(rest) => insert(members.entry(name).or_insert(Value::Null), rest, value),
        None => {
            members.insert(name.to_owned(), value);
        }
    }
}

impl fmt::Debug for Draft {
    /// Which members there are, not what they say.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.members().map(|(name, _)| name).collect();
        out.debug_struct("Draft").field("origin", &self.origin).field("members", &names).finish()
    }
}
