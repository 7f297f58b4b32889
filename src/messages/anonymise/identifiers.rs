//! Identifiers with a form of their own: their country, check digits and version stay what they were, right or wrong.
//! Never free text.

use super::charset::Charset;
use super::permute::{Alphabet, Keyed, alphabets, permute};
use super::tokens::Tokens;
use crate::domain::account::modulo_97;

/// How far a text is followed until one is found that stands nowhere in the documents. Chosen by us: where not even a third
/// of a form are words of the documents, this is never too little.
const STEPS_MAX: usize = 256;

/// What a scan is for.
#[derive(Clone, Copy)]
pub(super) enum Pass<'k> {
    /// Only to know the words. Nothing is replaced.
    Gather(&'k Tokens),
    /// To replace them, by none of themselves.
    Replace(Keyed<'k>, &'k Tokens),
}

/// What replacing needs.
#[derive(Clone, Copy)]
pub(super) struct Means<'k> {
    pub(super) pass: Pass<'k>,
    pub(super) charset: &'k Charset,
}

impl Means<'_> {
    /// Whether nothing is replaced.
    pub(super) fn only_gathers(&self) -> bool {
        matches!(self.pass, Pass::Gather(_))
    }

    /// Replaces a text by steps of a permutation, so that no word of it is one of the documents', or gathers its words.
    ///
    /// The first step that leads to such a text would let two texts become the same, where one of them is a step of the
    /// other. So texts with words of the documents are opening brackets, all others closing ones, and a text becomes the
    /// bracket that closes it.
    pub(super) fn replace(&self, text: &mut [char], step: &dyn Fn(&mut [char])) {
        let tokens = match self.pass {
            Pass::Gather(tokens) => return tokens.gather(text),
            Pass::Replace(_, tokens) => tokens,
        };
        let before = text.to_vec();
        step(text);
        if *text == *before || !tokens.holds_one_of(text) {
            return;
        }
        let first = text.to_vec();
        let steps = if tokens.has_used_up(text) { 0 } else { STEPS_MAX };
        let mut open = 1_usize;
        for _ in 0..steps {
            open = if tokens.holds_one_of(text) { open + 1 } else { open - 1 };
            if open == 0 {
                return;
            }
            step(text);
        }
        text.copy_from_slice(&first);
        tokens.coinciding.set(tokens.coinciding.get().saturating_add(1));
    }

    fn permute(&self, text: &mut [char], alphabets: &[Alphabet]) {
        if let Pass::Replace(keyed, _) = self.pass {
            permute(text, alphabets, keyed);
        }
    }

    /// Replaces a text by another of the same form.
    pub(super) fn plain(&self, text: &mut [char]) {
        let alphabets = alphabets(text, self.charset);
        self.permute(text, &alphabets);
    }

    fn with_fixed(&self, text: &mut [char], fixed: &[usize]) {
        let mut alphabets = alphabets(text, self.charset);
        for at in fixed {
            if let Some(slot) = alphabets.get_mut(*at) {
                *slot = Alphabet::Fixed;
            }
        }
        self.permute(text, &alphabets);
    }

    /// Replaces a word, by its own form where it has one.
    pub(super) fn word(&self, word: &mut [char]) {
        if !self.formed(word) {
            self.plain(word);
        }
    }

    /// Whether a word has a form of its own.
    pub(super) fn has_form(&self, word: &[char]) -> bool {
        self.formed(&mut word.to_vec())
    }

    fn formed(&self, word: &mut [char]) -> bool {
        self.account(word, Known::ByCheckDigits)
            || self.creditor_reference(word)
            || self.legal_entity(word)
            || self.slip_reference(word)
    }

    /// An IBAN, or a creditor identifier, which is built alike: the country stays, the check digits stay right or wrong.
    /// Sources: ISO 13616-1; EPC262-08 (creditor identifier: characters 5 to 7 are not checked).
    pub(super) fn account(&self, word: &mut [char], known: Known) -> bool {
        let [one, two, three, four, rest @ ..] = &*word else { return false };
        let is_formed = one.is_ascii_uppercase()
            && two.is_ascii_uppercase()
            && three.is_ascii_digit()
            && four.is_ascii_digit();
        if !is_formed || rest.len() < 4 || !rest.iter().all(char::is_ascii_alphanumeric) {
            return false;
        }
        let skipped = [0, 3].into_iter().find(|skipped| checks(word, *skipped));
        match (skipped, known) {
            (None, Known::ByCheckDigits) => return false,
            (None, Known::ByPlace) => {
                self.with_fixed(word, &[0, 1]);
                if checks(word, 0)
                    && let Some(digit) = word.get_mut(3)
                {
                    *digit = if *digit == '9' { '8' } else { '9' };
                }
                return true;
            }
            (Some(_), _) => {}
        }
        // The Swiss range of QR-IBANs is part of the form.
        let quick =
            matches!((&*word, word.get(4..6)), (['C', 'H', ..] | ['L', 'I', ..], Some(['3', '0' | '1'])));
        let fixed: &[usize] = if quick { &[0, 1, 2, 3, 4, 5] } else { &[0, 1, 2, 3] };
        self.with_fixed(word, fixed);
        set_check_digits(word, skipped.unwrap_or(0));
        true
    }

    /// `RF` and check digits. Source: ISO 11649.
    fn creditor_reference(&self, word: &mut [char]) -> bool {
        let is_formed =
            matches!(&*word, ['R', 'F', one, two, _, ..] if one.is_ascii_digit() && two.is_ascii_digit());
        if !is_formed || !checks(word, 0) {
            return false;
        }
        self.with_fixed(word, &[0, 1, 2, 3]);
        set_check_digits(word, 0);
        true
    }

    /// A legal entity identifier: the last two digits check the others. Source: ISO 17442.
    pub(super) fn legal_entity(&self, word: &mut [char]) -> bool {
        let is_formed = word.len() == 20
            && word.iter().all(|character| character.is_ascii_digit() || character.is_ascii_uppercase())
            && word.iter().skip(18).all(char::is_ascii_digit);
        if !is_formed || modulo_97(word.iter().copied()) != Some(1) {
            return false;
        }
        self.with_fixed(word, &[18, 19]);
        let body = word.iter().take(18).copied();
        if let Some(digits) = modulo_97(body.chain(['0', '0'])).map(|rest| 98 - rest) {
            put_two_digits(word, 18, digits);
        }
        true
    }

    /// A Swiss payment slip reference: 26 digits and a check digit. Source: Swiss Implementation Guidelines QR-bill, annex B.
    fn slip_reference(&self, word: &mut [char]) -> bool {
        if word.len() != 27 || check_digit(word.get(..26).unwrap_or(&[])) != word.get(26).copied() {
            return false;
        }
        self.with_fixed(word, &[26]);
        if let (Some(digit), Some(slot)) = (check_digit(word.get(..26).unwrap_or(&[])), word.get_mut(26)) {
            *slot = digit;
        }
        true
    }

    /// An account that is none: the two letters of a country in front stay.
    pub(super) fn with_country(&self, word: &mut [char]) {
        let has_country =
            matches!(&*word, [one, two, ..] if one.is_ascii_uppercase() && two.is_ascii_uppercase());
        self.with_fixed(word, if has_country { &[0, 1] } else { &[] });
    }

    /// A BIC: its country stays. Source: ISO 9362.
    pub(super) fn bank(&self, word: &mut [char]) {
        self.with_fixed(word, &[4, 5]);
    }

    /// A universally unique identifier: version and variant stay. Source: RFC 9562, section 4.
    pub(super) fn universal(&self, text: &mut [char]) {
        let mut alphabets: Vec<Alphabet> =
            text.iter().map(|character| Alphabet::hexadecimal(*character)).collect();
        for at in [14, 19] {
            if let Some(slot) = alphabets.get_mut(at) {
                *slot = Alphabet::Fixed;
            }
        }
        self.permute(text, &alphabets);
    }
}

/// How an account is recognised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It stands where an IBAN must stand.
    ByPlace,
    /// Its check digits are right.
    ByCheckDigits,
}

/// Length of a UUID as text.
pub(super) const UNIVERSAL_LENGTH: usize = 36;

/// Whether some characters are a UUID as text.
pub(super) fn is_universal(text: &[char]) -> bool {
    text.len() == UNIVERSAL_LENGTH
        && text.iter().enumerate().all(|(at, character)| match at {
            8 | 13 | 18 | 23 => *character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}

/// Whether the check digits at the third and fourth place are right, `skipped` characters behind them aside.
fn checks(word: &[char], skipped: usize) -> bool {
    let (front, rest) = (word.get(..4).unwrap_or(&[]), word.get(4 + skipped..).unwrap_or(&[]));
    !rest.is_empty() && modulo_97(rest.iter().chain(front).copied()) == Some(1)
}

fn set_check_digits(word: &mut [char], skipped: usize) {
    let (country, rest) = (word.get(..2).unwrap_or(&[]), word.get(4 + skipped..).unwrap_or(&[]));
    let number = rest.iter().chain(country).copied().chain(['0', '0']);
    if let Some(digits) = modulo_97(number).map(|rest| 98 - rest) {
        put_two_digits(word, 2, digits);
    }
}

fn put_two_digits(word: &mut [char], at: usize, number: u32) {
    for (slot, digit) in word.iter_mut().skip(at).zip([number / 10, number % 10]) {
        *slot = char::from_digit(digit % 10, 10).unwrap_or('0');
    }
}

/// The check digit of modulo 10, recursive.
fn check_digit(digits: &[char]) -> Option<char> {
    const TABLE: [u32; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
    let mut carry = 0_u32;
    for digit in digits {
        let index = usize::try_from((carry + digit.to_digit(10)?) % 10).ok()?;
        carry = *TABLE.get(index)?;
    }
    char::from_digit((10 - carry) % 10, 10)
}
