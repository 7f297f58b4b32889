//! The lexical rules of the built-in types, as libxml2 applies XML Schema 1.0. Knows single values, never facets.

use std::borrow::Cow;
use std::cmp::Ordering;

/// Most digits of a decimal, leading zeros and the zeros that end a fraction aside. Source: libxml2 2.9.14, which takes no more.
const DECIMAL_DIGITS_MAX: usize = 24;

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r')
}

/// The value without white space at its ends.
#[inline]
pub(super) fn trim(value: &str) -> &str {
    match value.as_bytes() {
        [first, .., last] if !is_space(*first) && !is_space(*last) => value,
        _ => value.trim_matches([' ', '\t', '\n', '\r']),
    }
}

/// The value without white space at its start.
#[inline]
pub(super) fn trim_start(value: &str) -> &str {
    value.trim_start_matches([' ', '\t', '\n', '\r'])
}

/// The value with white space collapsed.
pub(super) fn collapse(value: &str) -> Cow<'_, str> {
    if !value.bytes().any(is_space) {
        return Cow::Borrowed(value);
    }
    let words: Vec<&str> = value.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect();
    Cow::Owned(words.join(" "))
}

/// The value with each white space character as a space.
pub(super) fn replace(value: &str) -> Cow<'_, str> {
    if value.bytes().any(|octet| is_space(octet) && octet != b' ') {
        return Cow::Owned(value.replace(['\t', '\n', '\r'], " "));
    }
    Cow::Borrowed(value)
}

/// `xs:integer` without white space at its ends.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit())
}

/// A decimal number taken apart; the parts lie in the text. A lone sign is none, although libxml2 lets one with white space
/// behind it pass.
pub(super) struct Decimal<'a> {
    negative: bool,
    /// Without leading zeros.
    whole: &'a [u8],
    /// Without the zeros at its end.
    fraction: &'a [u8],
}

impl<'a> Decimal<'a> {
    /// Takes a number apart that has no white space at its ends.
    #[inline]
    pub fn parse(text: &'a str) -> Option<Decimal<'a>> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let point = digits.iter().position(|octet| !octet.is_ascii_digit());
        let (whole, fraction) = match point {
            None => (digits, &digits[digits.len()..]),
            Some(at) if digits[at] == b'.' => (&digits[..at], &digits[at + 1..]),
            Some(_) => return None,
        };
        if (whole.is_empty() && fraction.is_empty()) || !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let whole = &whole[whole.iter().take_while(|octet| **octet == b'0').count()..];
        if whole.len() + fraction.len() > DECIMAL_DIGITS_MAX {
            return None;
        }
        let zeros = fraction.iter().rev().take_while(|octet| **octet == b'0').count();
        Some(Decimal { negative, whole, fraction: &fraction[..fraction.len() - zeros] })
    }

    pub fn total_digits(&self) -> u64 {
        (self.whole.len() + self.fraction.len()) as u64
    }

    pub fn fraction_digits(&self) -> u64 {
        self.fraction.len() as u64
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    pub fn compare(&self, other: &Decimal<'_>) -> Ordering {
        let sign = |decimal: &Decimal<'_>| match (decimal.is_zero(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = || {
            let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(other.whole));
            whole.then_with(|| self.fraction.cmp(other.fraction))
        };
        sign(self)
            .cmp(&sign(other))
            .then_with(|| if self.negative { magnitude().reverse() } else { magnitude() })
    }
}

/// Number of octets that a base64 text stands for. Like libxml2, which follows RFC 2045, characters outside of the alphabet are passed over.
pub(super) fn base64_octets(value: &str) -> Option<u64> {
    let alphabet = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/');
    let mut characters = 0_u64;
    let mut padding = 0_u64;
    let mut last = b'A';
    for octet in value.bytes() {
        if octet == b'=' {
            padding += 1;
        } else if alphabet(octet) {
            if padding > 0 {
                return None;
            }
            characters += 1;
            last = octet;
        }
    }
    let spare = match (characters % 4, padding) {
        (0, 0) => return Some(characters / 4 * 3),
        (2, 2) => 0b1111,
        (3, 1) => 0b0011,
        _ => return None,
    };
    (sextet(last) & spare == 0).then_some((characters * 6) / 8)
}

fn sextet(octet: u8) -> u8 {
    match octet {
        b'A'..=b'Z' => octet - b'A',
        b'a'..=b'z' => octet - b'a' + 26,
        b'0'..=b'9' => octet - b'0' + 52,
        b'+' => 62,
        _ => 63,
    }
}

/// `xs:date`.
pub(super) fn is_date(text: &str) -> bool {
    date(text.as_bytes()).is_some_and(is_zone)
}

/// `xs:dateTime`.
pub(super) fn is_date_time(text: &str) -> bool {
    let time_part = date(text.as_bytes()).and_then(|rest| rest.strip_prefix(b"T"));
    time_part.and_then(time).is_some_and(is_zone)
}

/// `xs:dateTime` as it stands: white space may follow a zone, and nothing else.
pub(super) fn is_exact_date_time(text: &str) -> bool {
    let trimmed = text.trim_end_matches([' ', '\t', '\n', '\r']);
    let sign = trimmed.len().checked_sub("+00:00".len()).and_then(|at| trimmed.as_bytes().get(at));
    let has_zone = trimmed.ends_with('Z') || matches!(sign, Some(b'+' | b'-'));
    is_date_time(trimmed) && (has_zone || trimmed.len() == text.len())
}

/// `xs:time`.
pub(super) fn is_time(text: &str) -> bool {
    time(text.as_bytes()).is_some_and(is_zone)
}

/// `xs:gYear`.
pub(super) fn is_year(text: &str) -> bool {
    year(text.as_bytes()).is_some_and(|(_, rest)| is_zone(rest))
}

/// `xs:gYearMonth`.
pub(super) fn is_year_month(text: &str) -> bool {
    year_month(text.as_bytes()).is_some_and(|(_, _, rest)| is_zone(rest))
}

/// Takes a year off the front. Like libxml2, no year beyond 64 bits.
fn year(text: &[u8]) -> Option<(i64, &[u8])> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    if let Some((four, rest)) = text.split_first_chunk::<4>()
        && four.iter().all(u8::is_ascii_digit)
        && !rest.first().is_some_and(u8::is_ascii_digit)
    {
        let value = four.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        return (value != 0).then_some((value, rest));
    }
    let length = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    if length < 4 || (length > 4 && digits[0] == b'0') {
        return None;
    }
    let value = digits
        .iter()
        .try_fold(0_i64, |value, digit| value.checked_mul(10)?.checked_add(i64::from(digit - b'0')));
    value.filter(|year| *year != 0).map(|year| (year, rest))
}

fn year_month(text: &[u8]) -> Option<(i64, u32, &[u8])> {
    let (year, rest) = year(text)?;
    let (month, rest) = two_digits(rest.strip_prefix(b"-")?)?;
    (1..=12).contains(&month).then_some((year, month, rest))
}

fn date(text: &[u8]) -> Option<&[u8]> {
    let (year, month, rest) = year_month(text)?;
    let (day, rest) = two_digits(rest.strip_prefix(b"-")?)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=days).contains(&day).then_some(rest)
}

fn two_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            Some((u32::from(tens - b'0') * 10 + u32::from(ones - b'0'), rest))
        }
        _ => None,
    }
}

fn time(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = two_digits(text)?;
    let (minute, rest) = two_digits(rest.strip_prefix(b":")?)?;
    let (second, mut rest) = two_digits(rest.strip_prefix(b":")?)?;
    let mut fraction_is_zero = true;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = fraction.iter().take_while(|octet| octet.is_ascii_digit()).count();
        if length == 0 {
            return None;
        }
        fraction_is_zero = fraction.iter().take(length).all(|digit| *digit == b'0');
        rest = &fraction[length..];
    }
    let end_of_day = hour == 24 && minute == 0 && second == 0 && fraction_is_zero;
    (end_of_day || (hour < 24 && minute < 60 && second < 60)).then_some(rest)
}

fn is_zone(text: &[u8]) -> bool {
    let offset = match text {
        [] | [b'Z'] => return true,
        [b'+' | b'-', rest @ ..] => rest,
        _ => return false,
    };
    let parts = two_digits(offset).and_then(|(hours, rest)| {
        let (minutes, rest) = two_digits(rest.strip_prefix(b":")?)?;
        rest.is_empty().then_some((hours, minutes))
    });
    parts.is_some_and(|(hours, minutes)| minutes < 60 && hours * 60 + minutes <= 14 * 60)
}
