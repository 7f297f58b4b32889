//! What of a text may stay because the definition proves that it names nobody, and how the rest is replaced. Knows
//! types and texts, never octets.

use super::charset::is_word;
use super::identifiers::{Known, Means, UNIVERSAL_LENGTH, is_universal};
use crate::schema::facet::Primitive;
use crate::schema::outline::ElementType;

/// How often a text is replaced again to keep its verdict. Chosen by us; a permutation always comes back, but not always soon.
const TURNS_MAX: usize = 200;

/// Elements whose digits count something, although their type is a text of digits.
const COUNTS: [&str; 6] = ["NbOfTxs", "OrgnlNbOfTxs", "DtldNbOfTxs", "NbOfNtries", "PgNb", "TtlNbOfTxs"];

/// Elements that name a message definition.
const DEFINITIONS: [&str; 5] = ["OrgnlMsgNmId", "MsgNmId", "MsgDefIdr", "ReqdMsgNmId", "MsgNm"];

/// Words that stand for "no reference".
/// Sources: EPC132-08 (`NOTPROVIDED`); `NONREF` and the others as banks send them.
const NO_REFERENCE: [&str; 5] = ["NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTAVAILABLE", "NONE"];

/// Codes that readers and proofs look for even where a text type lets anything stand.
/// Source: ISO 20022 external code sets, balance type and entry status.
const READ_CODES: [&str; 26] = [
    "OPBD", "CLBD", "PRCD", "ITBD", "OPAV", "CLAV", "ITAV", "FWAV", "XPCD", "INFO", "INTM", "BOOK", "PDNG",
    "FUTR", "CRDT", "DBIT", "DUPL", "COPY", "CODU", "SEPA", "RJCT", "ACCP", "ACTC", "ACSC", "ACSP", "PART",
];

/// Where a text stands.
#[derive(Clone, Copy)]
pub(super) struct Where<'w> {
    /// Local name of its element, or empty.
    pub(super) element: &'w str,
    /// The types that it may have: one where the definition knows the place, those of the same name otherwise.
    pub(super) kinds: &'w [ElementType<'static>],
    /// Its attribute, where it is one.
    pub(super) attribute: Option<&'w str>,
}

impl Where<'_> {
    fn verdict(&self, text: &str) -> Option<Result<(), &'static str>> {
        let [kind] = self.kinds else { return None };
        Some(match self.attribute {
            Some(name) => kind.check_attribute(name, text),
            None => kind.check(text),
        })
    }
}

/// Replaces a text as its place asks; the number of characters stays.
pub(super) fn replace(text: &[char], place: Where<'_>, means: Means<'_>) -> Vec<char> {
    let whole: String = text.iter().collect();
    let mut replaced = text.to_vec();
    if whole.trim().is_empty() || stays(whole.trim(), place) {
        return replaced;
    }
    if means.only_gathers() {
        turn(&mut replaced, place, means);
        return replaced;
    }
    let verdict = place.verdict(&whole);
    for _ in 0..TURNS_MAX {
        turn(&mut replaced, place, means);
        let candidate: String = replaced.iter().collect();
        if candidate != whole && place.verdict(&candidate) == verdict {
            break;
        }
    }
    replaced
}

/// Replaces once.
fn turn(text: &mut [char], place: Where<'_>, means: Means<'_>) {
    let start = text.iter().position(|character| !character.is_whitespace()).unwrap_or(0);
    let end = text.iter().rposition(|character| !character.is_whitespace()).map_or(0, |last| last + 1);
    let Some(inner) = text.get_mut(start..end) else { return };
    let type_name = place.kinds.first().map_or("", |kind| kind.name());
    let is_bank =
        type_name.contains("BIC") || matches!(place.element, "BIC" | "BICFI" | "AnyBIC" | "BICOrBEI" | "BEI");
    if is_bank && matches!(inner.len(), 8 | 11) && inner.iter().all(char::is_ascii_alphanumeric) {
        return means.replace(inner, &|text| means.bank(text));
    }
    if place.element == "IBAN" {
        return means.replace(inner, &|text| account(text, means));
    }
    if grouped(inner, means) {
        return;
    }
    words(inner, means);
}

/// What stands where an IBAN must stand, in whatever form: its country stays.
fn account(text: &mut [char], means: Means<'_>) {
    let mut joined = joined(text);
    if !means.account(&mut joined, Known::ByPlace) {
        means.with_country(&mut joined);
    }
    spread(joined, text);
}

/// An account or reference written in groups: replaced as if it were not.
fn grouped(text: &mut [char], means: Means<'_>) -> bool {
    if !text.contains(&' ')
        || !text.iter().all(|character| character.is_ascii_alphanumeric() || *character == ' ')
    {
        return false;
    }
    // What has no form of its own is replaced word by word.
    if !means.has_form(&joined(text)) {
        return false;
    }
    means.replace(text, &|text| {
        let mut formed = joined(text);
        means.word(&mut formed);
        spread(formed, text);
    });
    true
}

fn joined(text: &[char]) -> Vec<char> {
    text.iter().copied().filter(|character| *character != ' ').collect()
}

/// Puts characters back around the spaces of a text.
fn spread(joined: Vec<char>, text: &mut [char]) {
    for (slot, character) in text.iter_mut().filter(|slot| **slot != ' ').zip(joined) {
        *slot = character;
    }
}

/// Replaces word after word: what punctuation and white space part.
pub(super) fn words(text: &mut [char], means: Means<'_>) {
    let mut at = 0;
    while at < text.len() {
        let ahead = text.get_mut(at..).unwrap_or(&mut []);
        if let Some(id) = ahead.get_mut(..UNIVERSAL_LENGTH).filter(|id| is_universal(id)) {
            means.replace(id, &|id| means.universal(id));
            at += UNIVERSAL_LENGTH;
            continue;
        }
        let definition = definition_length(ahead);
        if definition > 0 {
            at += definition;
            continue;
        }
        let length = ahead.iter().take_while(|character| is_word(**character)).count();
        if let Some(word) = ahead.get_mut(..length).filter(|word| !word.is_empty()) {
            means.replace(word, &|word| means.word(word));
        }
        at += length.max(1);
    }
}

/// Characters of a message id like `pain.001.001.09` at the start of a text; 0 where none stands.
fn definition_length(text: &[char]) -> usize {
    const FORM: &str = "aaaa.000.000.00";
    let fits = |(form, character): (char, &char)| match form {
        'a' => character.is_ascii_lowercase(),
        '0' => character.is_ascii_digit(),
        _ => *character == form,
    };
    let is_whole = text.len() >= FORM.len() && FORM.chars().zip(text).all(fits);
    let ends = text.get(FORM.len()).is_none_or(|character| !character.is_alphanumeric());
    if is_whole && ends { FORM.len() } else { 0 }
}

/// Whether a text stays as it is. It does only where it provably is an amount, number, date, indicator or code.
fn stays(text: &str, place: Where<'_>) -> bool {
    if let Some(name) = place.attribute {
        let is_currency = text.len() == 3 && text.bytes().all(|octet| octet.is_ascii_uppercase());
        return name == "Ccy" && is_currency;
    }
    if NO_REFERENCE.contains(&text) || (READ_CODES.contains(&text) && !place.element.ends_with("Id")) {
        return true;
    }
    if COUNTS.contains(&place.element) {
        return text.bytes().all(|octet| octet.is_ascii_digit());
    }
    if DEFINITIONS.contains(&place.element) {
        return is_definition(text);
    }
    !place.kinds.is_empty() && place.kinds.iter().all(|kind| proves(*kind, text))
}

/// Whether a type proves that a text names nobody.
fn proves(kind: ElementType<'_>, text: &str) -> bool {
    let Some(primitive) = kind.primitive() else { return false };
    let valid = kind.check(text).is_ok();
    match primitive {
        Primitive::String if kind.is_enumerated() => valid,
        Primitive::String => {
            let is_code = text.bytes().all(|octet| octet.is_ascii_digit() || octet.is_ascii_uppercase());
            valid && kind.name().ends_with("Code") && is_code && text.len() <= 5
        }
        Primitive::Base64Binary => false,
        Primitive::Boolean => valid,
        // Wrong numbers and times stay too, as long as they are made of what numbers and times are made of.
        _ => {
            valid
                || text
                    .chars()
                    .all(|character| character.is_ascii_digit() || " \t\r\n.,:+-TZ'".contains(character))
        }
    }
}

/// `pain.001`, `pain.001.001` and `pain.001.001.09`, and these with a variant behind.
fn is_definition(text: &str) -> bool {
    let mut parts = text.split('.');
    let area = parts
        .next()
        .is_some_and(|area| area.len() == 4 && area.bytes().all(|octet| octet.is_ascii_lowercase()));
    let numbers: Vec<&str> = parts.collect();
    let is_number =
        |part: &&str| (2..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit());
    area && (1..=3).contains(&numbers.len()) && numbers.iter().all(is_number)
}
