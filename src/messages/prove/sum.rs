//! Sums of amounts as a document writes them: exact, with as many decimals as the longest summand shows. Knows no currency and
//! never rounds.

use std::fmt;
use std::ops::{Add, Neg, Sub};

use crate::domain::exact::Exact;

/// Digits before the point that are taken, and decimals that are shown. Source: ISO 20022 decimals have 18 digits at most; of
/// the longer ones that banks send, the digits behind the point exceed the schema, never this bound.
const DIGITS_MAX: usize = 18;

/// A sum. With at most 18 digits on either side, 10^20 summands fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    value: Exact,
    decimals: usize,
}

impl Sum {
    /// Nothing.
    pub const ZERO: Sum = Sum { value: Exact::ZERO, decimals: 0 };

    /// Reads a decimal number of XML Schema. `None` for anything else, and for more digits than are taken.
    pub fn parse(text: &str) -> Option<Sum> {
        let value = Exact::parse(text)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = whole.trim_start_matches(['+', '-']).trim_start_matches('0');
        let decimals = fraction.len().min(DIGITS_MAX);
        (whole.len() <= DIGITS_MAX).then_some(Sum { value, decimals })
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.value == Exact::ZERO
    }

    /// Without its sign.
    pub fn magnitude(self) -> Sum {
        if self.is_negative() { -self } else { self }
    }

    /// Below zero.
    pub fn is_negative(self) -> bool {
        self.value.is_negative()
    }
}

impl Add for Sum {
    type Output = Sum;

    fn add(self, other: Sum) -> Sum {
        Sum { value: self.value.saturating_plus(other.value), decimals: self.decimals.max(other.decimals) }
    }
}

impl Neg for Sum {
    type Output = Sum;

    fn neg(self) -> Sum {
        Sum { value: self.value.negated(), ..self }
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
        self.value == other.value
    }
}

impl Eq for Sum {}

impl PartialOrd for Sum {
    fn partial_cmp(&self, other: &Sum) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sum {
    fn cmp(&self, other: &Sum) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

/// With as many decimals as the longest summand was written with, zeros included.
impl fmt::Display for Sum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.value.shown(self.decimals))
    }
}
