//! Currencies of ISO 4217 and their decimals; never exchange rates, never display names.

use std::fmt;
use std::sync::LazyLock;

use thiserror::Error;

/// Our restatement of ISO 4217 list one as published 2026-01-01: code, decimals (`-` = none defined).
static TABLE: LazyLock<Vec<(&'static str, Option<u8>)>> = LazyLock::new(|| {
    let table = include_str!("../../schemas/codes/currency.tsv");
    let row = |line: &'static str| line.split_once('\t').map(|(code, units)| (code, units.parse().ok()));
    table.lines().skip(1).filter_map(row).collect()
});

/// A currency that money can be paid in: on the ISO 4217 list and with a number of decimals.
///
/// Metals, test codes and units of account (`XAU`, `XTS`, `XXX` …) have no decimals in the standard and are refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    minor_units: u8,
}

/// Why a text is not a currency we can pay in. The customer must correct the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CurrencyError {
    /// Not three ASCII capital letters.
    #[error("currency is not three capital letters")]
    Format,
    /// Three letters that ISO 4217 does not list.
    #[error("currency {code} is not in ISO 4217")]
    Unknown {
        /// The code as given.
        code: String,
    },
    /// Listed, but without decimals: not money that can be transferred.
    #[error("{code} has no minor unit in ISO 4217 and cannot be paid")]
    NotPayable {
        /// The code as given.
        code: String,
    },
}

impl CurrencyError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            CurrencyError::Format => "currency.format",
            CurrencyError::Unknown { .. } => "currency.unknown",
            CurrencyError::NotPayable { .. } => "currency.not_payable",
        }
    }
}

impl Currency {
    /// Euro.
    pub const EUR: Currency = Currency { code: "EUR", minor_units: 2 };
    /// Pound sterling.
    pub const GBP: Currency = Currency { code: "GBP", minor_units: 2 };
    /// United States dollar.
    pub const USD: Currency = Currency { code: "USD", minor_units: 2 };
    /// Swiss franc.
    pub const CHF: Currency = Currency { code: "CHF", minor_units: 2 };

    /// Reads a code of exactly three capital letters. Lower case is refused: a code is not free text.
    pub fn parse(text: &str) -> Result<Currency, CurrencyError> {
        if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(CurrencyError::Format);
        }
        match TABLE.binary_search_by(|row| row.0.cmp(text)).ok().and_then(|at| TABLE.get(at)) {
            None => Err(CurrencyError::Unknown { code: text.to_owned() }),
            Some((_, None)) => Err(CurrencyError::NotPayable { code: text.to_owned() }),
            Some((code, Some(minor_units))) => Ok(Currency { code, minor_units: *minor_units }),
        }
    }

    /// The three letters.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// Decimals of the currency: EUR 2, JPY 0, BHD 3. Source: ISO 4217 list one, 2026-01-01.
    pub fn minor_units(self) -> u32 {
        u32::from(self.minor_units)
    }

    /// Every payable currency, in the order of the codes.
    pub fn all() -> impl Iterator<Item = Currency> {
        TABLE.iter().filter_map(|(code, units)| units.map(|minor_units| Currency { code, minor_units }))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code)
    }
}
