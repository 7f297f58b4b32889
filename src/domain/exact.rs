//! Exact totals of decimal numbers, however many and however long. Never a currency.

use std::cmp::Ordering;
use std::fmt;

/// Digits behind the point that are kept. ISO 20022 allows 5 in an amount and 17 in a control sum.
const FRACTION_DIGITS: usize = 18;
/// Digits before the point that are read; ISO 20022 allows 18.
const WHOLE_DIGITS: usize = 30;
const ONE: i128 = 1_000_000_000_000_000_000;

/// An exact number: whole part and fraction in units of 10⁻¹⁸, kept apart so that 10⁸ terms of 30 digits find room.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exact {
    whole: i128,
    fraction: i128,
}

impl Exact {
    /// Nothing.
    pub const ZERO: Exact = Exact { whole: 0, fraction: 0 };

    /// Reads an XML Schema decimal; None if it is none or has more digits than we keep.
    pub fn parse(text: &str) -> Option<Exact> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let ascii = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !ascii(whole) || !ascii(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        if whole.len() > WHOLE_DIGITS || fraction.len() > FRACTION_DIGITS {
            return None;
        }
        let number =
            |text: &str| text.bytes().fold(0_i128, |number, digit| number * 10 + i128::from(digit - b'0'));
        let scale = (fraction.len()..FRACTION_DIGITS).fold(1_i128, |scale, _| scale * 10);
        Some(Exact { whole: sign * number(whole), fraction: sign * number(fraction) * scale })
    }

    /// The sum; None beyond what can be kept.
    pub fn plus(self, other: Exact) -> Option<Exact> {
        let whole = self.whole.checked_add(other.whole)?;
        Some(Exact { whole, fraction: self.fraction.checked_add(other.fraction)? })
    }

    /// The sum; the bound instead of what is beyond it.
    pub fn saturating_plus(self, other: Exact) -> Exact {
        Exact {
            whole: self.whole.saturating_add(other.whole),
            fraction: self.fraction.saturating_add(other.fraction),
        }
    }

    /// With the other sign.
    pub fn negated(self) -> Exact {
        Exact { whole: self.whole.saturating_neg(), fraction: self.fraction.saturating_neg() }
    }

    /// Each number in one form: the fraction lies in [0, 1).
    fn normal(self) -> (i128, i128) {
        (self.whole.saturating_add(self.fraction.div_euclid(ONE)), self.fraction.rem_euclid(ONE))
    }

    /// Is it more than nothing?
    pub fn is_positive(self) -> bool {
        self.normal() > (0, 0)
    }

    /// Is it less than nothing?
    pub fn is_negative(self) -> bool {
        self.normal() < (0, 0)
    }

    /// As text with so many decimals or, where it has more, with all of them.
    pub fn shown(self, decimals: usize) -> String {
        let sign = if self.is_negative() { "-" } else { "" };
        let magnitude = if self.is_negative() { self.negated() } else { self };
        let (whole, fraction) = magnitude.normal();
        let digits = format!("{fraction:018}");
        let needed = digits.trim_end_matches('0').len().max(decimals);
        match digits.get(..needed) {
            Some(shown) if !shown.is_empty() => format!("{sign}{whole}.{shown}"),
            _ => format!("{sign}{whole}"),
        }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.normal() == other.normal()
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        self.normal().cmp(&other.normal())
    }
}

/// With no decimals or with two at least.
impl fmt::Display for Exact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, fraction) = self.normal();
        out.write_str(&self.shown(if fraction == 0 { 0 } else { 2 }))
    }
}

/// A running total that may contain something unreadable, and then proves nothing.
#[derive(Clone, Copy, Debug)]
pub enum Total {
    /// Every term was read.
    Known(Exact),
    /// A term was none, or there is no room.
    Unknown,
}

impl Default for Total {
    fn default() -> Total {
        Total::Known(Exact::default())
    }
}

impl Total {
    /// Adds a term; None is one that could not be read.
    pub fn add(&mut self, term: Option<Exact>) {
        let sum = match (*self, term) {
            (Total::Known(sum), Some(term)) => sum.plus(term),
            _ => None,
        };
        *self = sum.map_or(Total::Unknown, Total::Known);
    }

    /// The total, if it is known.
    pub fn known(self) -> Option<Exact> {
        match self {
            Total::Known(sum) => Some(sum),
            Total::Unknown => None,
        }
    }
}
