//! How a character is written in a smaller set; never whether it may be.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::CharacterSet;

/// Our own spellings, before any general romanisation.
///
/// German umlauts become `ae oe ue ss`: the German banking industry (DK, annex 3 of the remote data agreement, character
/// set) allows it beside the EPC's base letters, German payees write their names so, and a payee check compares
/// `Mueller` with `Müller` more kindly than `Muller`. Other national letters follow ICAO 9303 part 3 (machine-readable
/// passports), which is what payees' documents show; `Å` is `A` (EPC217-08). ASCII marks outside the SEPA set: `&`
/// becomes `+` (DK, EPC217-08), brackets become round, the rest is our choice.
static SPELLINGS: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    let table = include_str!("../../../schemas/codes/transliteration.tsv");
    let row = |line: &'static str| {
        let (character, rest) = line.split_once('\t')?;
        let (replacement, _source) = rest.split_once('\t')?;
        Some((only_char(character)?, replacement))
    };
    table.lines().skip(1).filter_map(row).collect()
});

/// Letters of the Latin set and the base letter and combining mark they consist of.
/// Source: Unicode Character Database, canonical decompositions of U+00C0 to U+017F and U+0218 to U+021B.
static COMPOSITIONS: LazyLock<HashMap<(char, char), char>> = LazyLock::new(|| {
    let table = include_str!("../../../schemas/codes/latin_composition.tsv");
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let composed = only_char(columns.next()?)?;
        let base = only_char(columns.next()?)?;
        let mark = char::from_u32(u32::from_str_radix(columns.next()?, 16).ok()?)?;
        Some(((base, mark), composed))
    };
    table.lines().skip(1).filter_map(row).collect()
});

/// The characters of a text, combining marks joined to the letter before them where one character exists for both.
pub(super) fn compose(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = Vec::with_capacity(text.len());
    for character in text.chars() {
        let composed = match characters.last() {
            Some(base) if is_combining(character) => COMPOSITIONS.get(&(*base, character)).copied(),
            _ => None,
        };
        match (composed, characters.last_mut()) {
            (Some(composed), Some(base)) => *base = composed,
            _ => characters.push(character),
        }
    }
    characters
}

/// Writes the characters in the set; also says how many of them the set does not have.
pub(super) fn spell(characters: &[char], set: CharacterSet) -> (String, usize) {
    let mut out = Line { text: String::with_capacity(characters.len()), substituted: false };
    let mut replaced = 0;
    for (at, character) in characters.iter().copied().enumerate() {
        if character.is_whitespace() {
            out.space();
        } else if set.contains(character) {
            out.push(character);
        } else if set.contains(character.to_ascii_uppercase()) {
            out.push(character.to_ascii_uppercase());
        } else {
            replaced += 1;
            let before = at.checked_sub(1).and_then(|before| characters.get(before)).copied();
            let capitals = capitals(character, before, characters.get(at + 1).copied());
            replace(character, capitals, set, &mut out);
        }
    }
    let end = out.text.trim_end().len();
    out.text.truncate(end);
    (out.text, replaced)
}

/// A line in the making: no space at the start, no two spaces, no two substitutes in a row.
struct Line {
    text: String,
    substituted: bool,
}

impl Line {
    fn push(&mut self, character: char) {
        self.text.push(character);
        self.substituted = false;
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        self.substituted = false;
    }

    fn substitute(&mut self, set: CharacterSet) {
        match set.substitute() {
            ' ' => self.space(),
            character if !self.substituted => self.text.push(character),
            _ => {}
        }
        self.substituted = true;
    }
}

/// Whether the letters of a spelling are all capitals (`STRAẞE`, `ÄRZTE`) or only as the table has them (`Ärzte`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Capitals {
    All,
    AsSpelled,
}

fn capitals(character: char, before: Option<char>, after: Option<char>) -> Capitals {
    let neighbour = after.filter(|c| c.is_alphabetic()).or(before.filter(|c| c.is_alphabetic()));
    match character.is_uppercase() && neighbour.is_some_and(char::is_uppercase) {
        true => Capitals::All,
        false => Capitals::AsSpelled,
    }
}

fn replace(character: char, capitals: Capitals, set: CharacterSet, out: &mut Line) {
    if is_combining(character) || is_invisible(character) {
        return;
    }
    let spelling = spelling(character);
    if spelling.is_empty() {
        return out.substitute(set);
    }
    for letter in spelling.chars() {
        let letter = if capitals == Capitals::All { letter.to_ascii_uppercase() } else { letter };
        write_letter(letter, set, out);
    }
}

/// Writes one ASCII character of a spelling, which the set need not have either: `"` in SEPA, `(` in Bacs.
fn write_letter(letter: char, set: CharacterSet, out: &mut Line) {
    let own = SPELLINGS.get(&letter).filter(|own| own.chars().all(|c| set.contains(c)));
    match (set.contains(letter), set.contains(letter.to_ascii_uppercase()), own) {
        (true, _, _) if letter == ' ' => out.space(),
        (true, _, _) => out.push(letter),
        (_, true, _) => out.push(letter.to_ascii_uppercase()),
        (_, _, Some(own)) => own.chars().for_each(|c| out.push(c)),
        _ => out.substitute(set),
    }
}

/// The ASCII spelling of a character; empty if there is none. A full stop in our table says just that, and names of
/// pictures (`:grinning:`) are no spelling.
fn spelling(character: char) -> &'static str {
    match SPELLINGS.get(&character) {
        Some(&".") => return "",
        Some(own) => return own,
        None => {}
    }
    let general = any_ascii::any_ascii_char(character);
    let picture = general.len() > 2 && general.starts_with(':') && general.ends_with(':');
    if picture || character.is_ascii() { "" } else { general }
}

/// Marks that stand on the letter before them.
/// Source: Unicode blocks Combining Diacritical Marks and its Extended, Supplement, Symbols and Half Marks.
fn is_combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Characters without a shape: soft hyphen, joiners, direction marks, variation selectors, tags.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

/// Is it text that XML can carry and a reader is not deceived by? Joiners belong to the spelling of several languages.
pub(super) fn is_text(character: char) -> bool {
    let deceiving =
        is_invisible(character) && !matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let none = u32::from(character) & 0xFFFE == 0xFFFE || matches!(character, '\u{fdd0}'..='\u{fdef}');
    !character.is_control() && !deceiving && !none
}

fn only_char(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.as_str().is_empty())
}
