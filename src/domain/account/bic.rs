//! Identifiers of banks and legal entities: BIC and LEI; never a directory of who they are.

use std::fmt;

use super::{AccountError, modulo_97};

/// Business identifier code, 8 or 11 capital letters and digits. Source: ISO 9362:2014, the pattern of ISO 20022
/// `BICFIDec2014Identifier`: `[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bic(String);

impl Bic {
    /// Reads a BIC; letters become capitals, nothing else is changed.
    pub fn parse(text: &str) -> Result<Bic, AccountError> {
        let bic = text.to_ascii_uppercase();
        let shape = matches!(bic.len(), 8 | 11)
            && bic.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && bic.get(4..6).is_some_and(|country| country.bytes().all(|byte| byte.is_ascii_uppercase()));
        shape.then_some(Bic(bic)).ok_or(AccountError::BicFormat)
    }

    /// As given, in capitals: 8 or 11 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two letters of the country. Not looked up: a BIC with a country that does not exist has the right form.
    pub fn country_code(&self) -> &str {
        self.0.get(4..6).unwrap_or_default()
    }

    /// The branch, `XXX` (head office) when the BIC has 8 characters.
    pub fn branch(&self) -> &str {
        self.0.get(8..).filter(|branch| !branch.is_empty()).unwrap_or("XXX")
    }

    /// Do both name the same office? `COBADEFF` and `COBADEFFXXX` do.
    pub fn same_office(&self, other: &Bic) -> bool {
        self.0.get(..8) == other.0.get(..8) && self.branch() == other.branch()
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Bic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Legal entity identifier, check digits verified. Source: ISO 17442, ISO/IEC 7064 MOD 97-10.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lei(String);

impl Lei {
    /// Reads an LEI; letters become capitals, nothing else is changed.
    pub fn parse(text: &str) -> Result<Lei, AccountError> {
        let lei = text.to_ascii_uppercase();
        let shape = lei.len() == 20
            && lei.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && lei.get(18..).is_some_and(|check| check.bytes().all(|byte| byte.is_ascii_digit()));
        if !shape {
            return Err(AccountError::LeiFormat);
        }
        match modulo_97(lei.chars()) {
            Some(1) => Ok(Lei(lei)),
            _ => Err(AccountError::LeiChecksum),
        }
    }

    /// The 20 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Lei {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Lei {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
