//! What one payment, entry or status says, as a sorted list of facts that do not depend on version, prefix or order of
//! blocks. Knows names and values, never documents.

use crate::schema::facet::Primitive;
use crate::schema::outline::ElementType;

/// Names that versions have for the same element; the first stands for all.
/// Source: the ISO 20022 message definitions.
const SAME: &[(&str, &[&str])] = &[
    ("BICFI", &["BIC"]),
    ("AnyBIC", &["BICOrBEI", "BEI"]),
    ("Mtd", &["RmtLctnMtd"]),
    ("ElctrncAdr", &["RmtLctnElctrncAdr"]),
];

/// Levels and alternatives that some versions have and others have not. `Prtry` stays: a proprietary value is another value.
const LEFT_OUT: &[&str] = &["Dt", "DtTm", "Cd", "InstrInf", "Pty", "RmtLctnDtls", "Rcrd"];

/// Ids and time stamps of a message and its blocks, and what only counts its blocks.
const ASIDE: &[&str] =
    &["MsgId", "PmtInfId", "CreDtTm", "NbOfTxs", "CtrlSum", "InstrId", "UETR", "StsId", "ElctrncSeqNb"];

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    /// Names below the message's own element, parted by `/`.
    pub(super) path: String,
    /// Amounts and indicators in one form; with the currency in front of an amount.
    pub(super) value: String,
    /// From 1; compared last.
    pub(super) line: u64,
}

/// The name that stands for an element in all versions; `None` for a level that is left out.
pub(super) fn name_of(local: &str) -> Option<&str> {
    if LEFT_OUT.contains(&local) {
        return None;
    }
    let same = SAME.iter().find(|(_, others)| others.contains(&local));
    Some(same.map_or(local, |(name, _)| name))
}

/// Whether an element is an id or time stamp that says nothing about what is paid.
pub(super) fn is_aside(local: &str) -> bool {
    ASIDE.contains(&local)
}

/// A value in the form in which it is compared.
pub(super) fn normal(text: &str, kind: Option<ElementType<'_>>, currency: Option<&str>) -> String {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let value = match kind.and_then(ElementType::primitive) {
        Some(Primitive::Decimal) => decimal(text),
        Some(Primitive::Boolean) => match text {
            "1" => "true".to_owned(),
            "0" => "false".to_owned(),
            other => other.to_owned(),
        },
        _ => text.to_owned(),
    };
    match currency {
        Some(currency) => format!("{currency} {value}"),
        None => value,
    }
}

/// A decimal without the zeros and signs that change nothing; anything else as it is.
fn decimal(text: &str) -> String {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or("")),
        Some(b'+') => (false, text.get(1..).unwrap_or("")),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = whole.len() + fraction.len() > 0
        && whole.bytes().chain(fraction.bytes()).all(|octet| octet.is_ascii_digit());
    if !is_number {
        return text.to_owned();
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A digest over sorted facts, lines aside.
pub(super) fn digest_of(facts: &[Fact], digest: fn(&[u8]) -> [u8; 32]) -> [u8; 16] {
    let mut octets = Vec::new();
    for fact in facts {
        for part in [&fact.path, &fact.value] {
            octets.extend_from_slice(&(part.len() as u64).to_le_bytes());
            octets.extend_from_slice(part.as_bytes());
        }
    }
    short(digest(&octets))
}

/// The first half of a digest.
pub(super) fn short(digest: [u8; 32]) -> [u8; 16] {
    digest.first_chunk::<16>().copied().unwrap_or_default()
}
