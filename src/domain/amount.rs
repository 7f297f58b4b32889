//! Exact amounts of money: what we are told to pay, and sums of it; never a float, never two currencies in one sum.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use thiserror::Error;

use super::currency::Currency;

/// Most digits of an amount, the currency's decimals included.
/// Source: ISO 20022 `ActiveOrHistoricCurrencyAndAmount`, totalDigits 18.
pub const AMOUNT_DIGITS_MAX: usize = 18;

/// Largest number of minor units that still has [`AMOUNT_DIGITS_MAX`] digits.
const MINOR_MAX: i64 = 999_999_999_999_999_999;

/// Most fraction digits that [`lexical_decimal`] keeps; what `Decimal` can hold.
const DECIMAL_SCALE_MAX: usize = 28;

/// An exact, never negative amount of one currency, with no more decimals than the currency has.
///
/// Zero exists (the start of a sum, an entry of nothing), but [`Amount::parse`] refuses it: nobody is paid nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    value: Decimal,
    currency: Currency,
}

/// Why a text or number is not an amount. The customer must correct the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Nothing there.
    #[error("amount is empty")]
    Empty,
    /// Not digits with at most one point between them.
    #[error("amount must be ASCII digits with an optional decimal point, like 1250.00")]
    Format,
    /// A plus or minus sign.
    #[error("amount must not carry a sign")]
    Sign,
    /// `1E5` and its kind: what a spreadsheet makes of a long number, with digits lost.
    #[error("amount is in scientific notation; a spreadsheet may have rounded it")]
    Scientific,
    /// `1,250.00`, `1.250,00`, `1 250`.
    #[error("amount must have a decimal point and no thousands separators")]
    Separator,
    /// More decimals than the currency has; zeros count, because more decimals mean another understanding of the currency.
    #[error("{currency} has {allowed} decimals, the amount has {found} (trailing zeros count)")]
    Decimals {
        /// The currency of the amount.
        currency: Currency,
        /// Its decimals.
        allowed: u32,
        /// Digits after the point as given.
        found: usize,
    },
    /// More than [`AMOUNT_DIGITS_MAX`] digits, the currency's decimals included.
    #[error("amount has more than 18 digits, counting the decimals of its currency")]
    Digits,
    /// Zero.
    #[error("amount must be more than zero")]
    Zero,
    /// A calculation went below zero.
    #[error("amount must not be negative")]
    Negative,
    /// Two currencies met in one sum.
    #[error("{left} and {right} cannot be added")]
    CurrencyMismatch {
        /// Currency of the first operand.
        left: Currency,
        /// Currency of the second operand.
        right: Currency,
    },
}

impl AmountError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            AmountError::Empty => "amount.empty",
            AmountError::Format => "amount.format",
            AmountError::Sign => "amount.sign",
            AmountError::Scientific => "amount.scientific",
            AmountError::Separator => "amount.separator",
            AmountError::Decimals { .. } => "amount.decimals",
            AmountError::Digits => "amount.digits",
            AmountError::Zero => "amount.zero",
            AmountError::Negative => "amount.negative",
            AmountError::CurrencyMismatch { .. } => "amount.currency_mismatch",
        }
    }
}

impl Amount {
    /// Reads the amount of an instruction: ASCII digits and an optional `.`, more than zero, at most
    /// [`AMOUNT_DIGITS_MAX`] digits, no more decimals than the currency has.
    ///
    /// `1250.000` EUR is refused although its value would fit: the sender means another currency or another number.
    /// Fewer decimals are fine (`1250`, `1250.5`).
    pub fn parse(text: &str, currency: Currency) -> Result<Amount, AmountError> {
        let (whole, fraction) = split_digits(text)?;
        let allowed = currency.minor_units();
        if fraction.len() > allowed as usize {
            return Err(AmountError::Decimals { currency, allowed, found: fraction.len() });
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() + allowed as usize > AMOUNT_DIGITS_MAX {
            return Err(AmountError::Digits);
        }
        let minor = (whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat(b'0')))
            .take(whole.len() + allowed as usize)
            .fold(0_i64, |minor, digit| minor * 10 + i64::from(digit - b'0'));
        if minor == 0 {
            return Err(AmountError::Zero);
        }
        Amount::from_minor(minor, currency)
    }

    /// An amount of so many minor units (cents). Refuses negative numbers and more than 18 digits; zero is allowed.
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Amount, AmountError> {
        match minor {
            ..0 => Err(AmountError::Negative),
            0..=MINOR_MAX => Ok(Amount { value: Decimal::new(minor, currency.minor_units()), currency }),
            _ => Err(AmountError::Digits),
        }
    }

    /// An amount of an exact value, for example one a bank stated and [`lexical_decimal`] read. Zeros beyond the
    /// currency's decimals are fine here: a bank writes `12.500` and means 12.50.
    pub fn from_decimal(value: Decimal, currency: Currency) -> Result<Amount, AmountError> {
        if value.is_sign_negative() && !value.is_zero() {
            return Err(AmountError::Negative);
        }
        let least = value.normalize();
        let allowed = currency.minor_units();
        if least.scale() > allowed {
            return Err(AmountError::Decimals { currency, allowed, found: least.scale() as usize });
        }
        let factor = 10_i128.pow(allowed - least.scale());
        let minor = least.mantissa().checked_mul(factor).and_then(|minor| i64::try_from(minor).ok());
        Amount::from_minor(minor.ok_or(AmountError::Digits)?, currency)
    }

    /// The amount in minor units (cents).
    pub fn minor(&self) -> i64 {
        // The scale is always the currency's own, so the mantissa is the number of minor units.
        i64::try_from(self.value.mantissa()).expect("18 digits fit an i64")
    }

    /// The exact value, with as many decimals as the currency has.
    pub fn value(&self) -> Decimal {
        self.value
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The sum; refuses two currencies and sums of more than 18 digits.
    pub fn checked_add(&self, other: &Amount) -> Result<Amount, AmountError> {
        self.same_currency(other)?;
        let minor = self.minor().checked_add(other.minor()).ok_or(AmountError::Digits)?;
        Amount::from_minor(minor, self.currency)
    }

    /// The difference; refuses two currencies and results below zero.
    pub fn checked_sub(&self, other: &Amount) -> Result<Amount, AmountError> {
        self.same_currency(other)?;
        Amount::from_minor(self.minor() - other.minor(), self.currency)
    }

    fn same_currency(&self, other: &Amount) -> Result<(), AmountError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(AmountError::CurrencyMismatch { left: self.currency, right: other.currency })
    }
}

impl fmt::Display for Amount {
    /// The value alone, always with the currency's decimals: `1250.00`. It is the form sent to banks.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.value)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.value, self.currency)
    }
}

/// Splits an instruction's amount into the digits before and after the point, or says what else it is.
fn split_digits(text: &str) -> Result<(&str, &str), AmountError> {
    if text.is_empty() {
        return Err(AmountError::Empty);
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if digits(whole) && fraction.is_none_or(digits) {
        return Ok((whole, fraction.unwrap_or_default()));
    }
    Err(explain(text))
}

/// Names the mistake in a text that is not a plain amount.
fn explain(text: &str) -> AmountError {
    let only = |allowed: &str| text.chars().all(|c| c.is_ascii_digit() || allowed.contains(c));
    let digit = text.contains(|c: char| c.is_ascii_digit());
    if digit && text.contains(['e', 'E']) && only("eE+-.,") {
        return AmountError::Scientific;
    }
    if digit && text.starts_with(['+', '-']) {
        return AmountError::Sign;
    }
    let points = text.matches('.').count();
    if digit
        && only(".,' \u{a0}\u{202f}_")
        && (points > 1 || text.contains([',', '\'', ' ', '\u{a0}', '\u{202f}', '_']))
    {
        return AmountError::Separator;
    }
    AmountError::Format
}

/// Reads a number in any form that XML Schema allows for a decimal: white space around it, a sign, leading and
/// trailing zeros, `1.`, `.5`. Exact, or `None` when the text is no decimal or has more digits than 28.
/// Source: XML Schema Part 2, section 3.2.3 (decimal), white space collapsed.
pub fn lexical_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let ascii = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !ascii(whole) || !ascii(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    // Zeros at the end of a fraction say nothing about the value; they go only when there is no room for them.
    let fraction = match whole.len() + fraction.len() > DECIMAL_SCALE_MAX {
        true => fraction.trim_end_matches('0'),
        false => fraction,
    };
    if whole.len() + fraction.len() > DECIMAL_SCALE_MAX {
        return None;
    }
    let mantissa =
        whole.bytes().chain(fraction.bytes()).fold(0_i128, |n, digit| n * 10 + i128::from(digit - b'0'));
    let mantissa = if negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(mantissa, u32::try_from(fraction.len()).ok()?).ok()
}

/// Counts and sums per currency, in the order of the currency codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    by_currency: BTreeMap<Currency, Sum>,
}

/// How many amounts of one currency, and how much together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Number of amounts added.
    pub count: u64,
    /// Their exact total. Not an [`Amount`]: a day's total may have more than 18 digits.
    pub total: Decimal,
}

impl Sums {
    /// Counts the amount into its currency. Refused when the total would leave what a decimal can hold.
    pub fn add(&mut self, amount: &Amount) -> Result<(), AmountError> {
        let sum = self.by_currency.entry(amount.currency).or_default();
        sum.total = sum.total.checked_add(amount.value).ok_or(AmountError::Digits)?;
        sum.count += 1;
        Ok(())
    }

    /// The sum of one currency; zero if there was none.
    pub fn of(&self, currency: Currency) -> Sum {
        self.by_currency.get(&currency).copied().unwrap_or_default()
    }

    /// All currencies with their sums.
    pub fn iter(&self) -> impl Iterator<Item = (Currency, Sum)> + '_ {
        self.by_currency.iter().map(|(currency, sum)| (*currency, *sum))
    }
}
