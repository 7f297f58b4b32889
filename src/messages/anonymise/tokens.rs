//! The words that a copy must not show, in bounded memory: a filter that forgets none, and now and then takes another for
//! one of them. Never the words themselves.

use std::cell::Cell;

use super::charset::is_word;
use super::identifiers::is_universal;

/// Shortest word that is avoided, in characters. Chosen by us: shorter ones say nothing, and every document has them all.
const LENGTH_MIN: usize = 4;

/// Longest word whose form may be used up by the documents themselves, in characters. Chosen by us.
const COUNTED_MAX: usize = 8;

/// Bits of the filter for each octet of the documents: a word takes five octets at least. Chosen by us.
const BITS_PER_OCTET: u64 = 4;
/// Fewest and most bits of the filter, the most being 16 MiB: with ten million different words, it takes one in two hundred
/// others for one of them. Chosen by us.
const BITS_MIN: u64 = 1 << 16;
const BITS_MAX: u64 = 1 << 27;
/// Bits that each word sets. Chosen by us.
const PROBES: u64 = 4;

/// Identifiers of 36 characters whose groups are avoided one by one. Of more, any group of four is one of theirs, and says
/// nothing. Chosen by us.
const UNIVERSAL_MAX: u32 = 200;

/// How many of a form may be words of the documents before none is avoided any more, per cent: where more than half are, not
/// each finds another. Chosen by us.
const USED_PERCENT_MAX: u64 = 30;

/// The words of documents that their copies must not show. Whoever copies several documents gathers the words of all of them
/// first, so that equal texts become equal in all copies.
#[derive(Debug)]
pub struct Tokens {
    bits: Vec<Cell<u64>>,
    /// Different words of each form, by length and by which characters are letters.
    forms: Vec<Cell<u32>>,
    universal: Cell<u32>,
    /// Words that became one of these because no other of their form was free.
    pub(super) coinciding: Cell<u64>,
}

impl Tokens {
    /// None yet; with room for those of documents of so many octets.
    pub fn of_octets(octets: u64) -> Tokens {
        let bits = octets.saturating_mul(BITS_PER_OCTET).clamp(BITS_MIN, BITS_MAX).next_power_of_two();
        let words = usize::try_from(bits / 64).unwrap_or(0);
        Tokens {
            bits: vec![Cell::new(0); words],
            forms: vec![Cell::new(0); 2 << COUNTED_MAX],
            universal: Cell::new(0),
            coinciding: Cell::new(0),
        }
    }

    /// Takes in the words of a text.
    pub(super) fn gather(&self, text: &[char]) {
        if is_universal(text) {
            self.universal.set(self.universal.get().saturating_add(1));
            if self.universal.get() > UNIVERSAL_MAX {
                return;
            }
        }
        for word in words(text).filter(|word| !is_mask(word)) {
            let mut is_new = false;
            for (index, bit) in self.places(word) {
                if let Some(slot) = self.bits.get(index) {
                    is_new |= slot.get() & bit == 0;
                    slot.set(slot.get() | bit);
                }
            }
            if let Some(slot) = form(word).and_then(|form| self.forms.get(form)).filter(|_| is_new) {
                slot.set(slot.get().saturating_add(1));
            }
        }
    }

    /// Whether one of the words of a text was gathered.
    pub(super) fn holds_one_of(&self, text: &[char]) -> bool {
        words(text).any(|word| self.holds(word))
    }

    fn holds(&self, word: &[char]) -> bool {
        self.places(word)
            .into_iter()
            .all(|(index, bit)| self.bits.get(index).is_some_and(|slot| slot.get() & bit != 0))
    }

    /// Whether the documents have so many words of this form that there are not enough others.
    pub(super) fn has_used_up(&self, text: &[char]) -> bool {
        let used = form(text).and_then(|form| self.forms.get(form)).map_or(0, Cell::get);
        let all = text.iter().fold(1_u64, |all, character| {
            all.saturating_mul(if character.is_ascii_digit() { 10 } else { 26 })
        });
        u64::from(used).saturating_mul(100) > all.saturating_mul(USED_PERCENT_MAX)
    }

    /// The bits of a word, whatever the case of its letters.
    fn places(&self, word: &[char]) -> [(usize, u64); PROBES as usize] {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for character in word.iter().flat_map(|character| character.to_lowercase()) {
            hash = (hash ^ u64::from(u32::from(character))).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let step = mixed(hash) | 1;
        let count = (self.bits.len() as u64).saturating_mul(64).max(1);
        std::array::from_fn(|probe| {
            let bit = mixed(hash.wrapping_add(step.wrapping_mul(probe as u64))) % count;
            (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
        })
    }
}

/// Spreads a number over all its bits. Source: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn words(text: &[char]) -> impl Iterator<Item = &[char]> {
    text.split(|character| !is_word(*character)).filter(|word| word.len() >= LENGTH_MIN)
}

/// `XXXX` and `DEXXXX` mask something, and stay.
fn is_mask(word: &[char]) -> bool {
    let masks = |word: &[char]| word.iter().all(|character| matches!(character, 'X' | 'x'));
    masks(word) || word.get(2..).is_some_and(masks)
}

/// Number of a short form: its length, and which of its characters are letters.
fn form(word: &[char]) -> Option<usize> {
    let is_plain = word.iter().all(char::is_ascii_alphanumeric) && word.len() <= COUNTED_MAX;
    is_plain.then(|| {
        word.iter().fold(1, |form, character| form << 1 | usize::from(character.is_ascii_alphabetic()))
    })
}
