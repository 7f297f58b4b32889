//! Exact sums of amounts as a document writes them: scaled integers that no number of entries can overflow. Knows no
//! currency and never rounds.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Neg, Sub};

/// Digits on either side of the point that are taken. Source: ISO 20022 decimals have 18 digits at most; of the longer ones
/// that banks send, the digits behind the point exceed the schema, never this bound.
const DIGITS_MAX: usize = 18;

/// Units of the fraction in one.
const UNIT: i128 = 1_000_000_000_000_000_000;

/// A sum. With at most 18 digits on either side, 10^20 summands fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    whole: i128,
    fraction: i128,
    decimals: usize,
}

impl Sum {
    /// Nothing.
    pub const ZERO: Sum = Sum { whole: 0, fraction: 0, decimals: 0 };

    /// Reads a decimal number of XML Schema. `None` for anything else, and for more digits than are taken.
    pub fn parse(text: &str) -> Option<Sum> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let shown = fraction.len().min(DIGITS_MAX);
        let fraction = fraction.trim_end_matches('0');
        if whole.len() > DIGITS_MAX || fraction.len() > DIGITS_MAX {
            return None;
        }
        let number = |part: &str| if part.is_empty() { Some(0) } else { part.parse::<i128>().ok() };
        let scale = u32::try_from(DIGITS_MAX - fraction.len()).ok()?;
        let sum = Sum {
            whole: number(whole)?,
            fraction: number(fraction)?.checked_mul(10_i128.checked_pow(scale)?)?,
            decimals: shown,
        };
        Some(if negative { -sum } else { sum })
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        let (whole, fraction) = self.carried();
        whole == 0 && fraction == 0
    }

    /// Without its sign.
    pub fn magnitude(self) -> Sum {
        if self.is_negative() { -self } else { self }
    }

    /// Below zero.
    pub fn is_negative(self) -> bool {
        self.carried() < (0, 0)
    }

    /// The fraction brought to `0..UNIT`, the rest in the whole part.
    fn carried(self) -> (i128, i128) {
        let carry = self.fraction.div_euclid(UNIT);
        (self.whole.saturating_add(carry), self.fraction.rem_euclid(UNIT))
    }
}

impl Add for Sum {
    type Output = Sum;

    fn add(self, other: Sum) -> Sum {
        Sum {
            whole: self.whole.saturating_add(other.whole),
            fraction: self.fraction.saturating_add(other.fraction),
            decimals: self.decimals.max(other.decimals),
        }
    }
}

impl Neg for Sum {
    type Output = Sum;

    fn neg(self) -> Sum {
        Sum { whole: self.whole.saturating_neg(), fraction: self.fraction.saturating_neg(), ..self }
    }
}

impl Sub for Sum {
    type Output = Sum;

    fn sub(self, other: Sum) -> Sum {
        self + -other
    }
}

impl PartialEq for Sum {
    fn eq(&self, other: &Sum) -> bool {
        self.carried() == other.carried()
    }
}

impl Eq for Sum {}

impl PartialOrd for Sum {
    fn partial_cmp(&self, other: &Sum) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sum {
    fn cmp(&self, other: &Sum) -> Ordering {
        self.carried().cmp(&other.carried())
    }
}

/// With as many decimals as the longest summand was written with, zeros included.
impl fmt::Display for Sum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let negative = self.is_negative();
        let (whole, fraction) = self.magnitude().carried();
        let sign = if negative { "-" } else { "" };
        let digits = format!("{fraction:018}");
        let needed = digits.trim_end_matches('0').len().max(self.decimals);
        match digits.get(..needed) {
            Some(shown) if !shown.is_empty() => write!(out, "{sign}{whole}.{shown}"),
            _ => write!(out, "{sign}{whole}"),
        }
    }
}
