//! Countries as two-letter codes; never what they demand of a payment.

use std::fmt;

use thiserror::Error;

use super::codes;

/// A country code of ISO 3166-1 alpha-2, or `XK` (Kosovo), which the IBAN registry uses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(&'static str);

/// The text is not a country code. The customer must correct the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("country is not a two-letter code of ISO 3166 in capital letters")]
pub struct CountryError;

impl CountryError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        "country.unknown"
    }
}

impl Country {
    /// Germany.
    pub const DE: Country = Country("DE");
    /// United Kingdom.
    pub const GB: Country = Country("GB");
    /// United States.
    pub const US: Country = Country("US");

    /// Reads two capital letters of a country that exists.
    pub fn parse(text: &str) -> Result<Country, CountryError> {
        codes::country(text).map(|(code, _)| Country(code)).ok_or(CountryError)
    }

    /// The two letters.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// The usual English name.
    pub fn name(self) -> &'static str {
        codes::country(self.0).map_or(self.0, |(_, name)| name)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}
