//! Account and bank numbers of single countries; never a modulus check that only proves a typing error sometimes.

use std::fmt;

use super::{AccountError, mask_end};

/// Most characters of a US account number. Source: Nacha entry detail record, DFI account number field.
const US_ACCOUNT_CHARS_MAX: usize = 17;
/// Most characters of a building society's roll number. Source: Bacs reference field.
const SECONDARY_REFERENCE_CHARS_MAX: usize = 18;
/// Most characters of a clearing member id. Source: ISO 20022 `ClearingSystemMemberIdentification2/MmbId`.
const BANK_CODE_CHARS_MAX: usize = 35;
/// Most characters of an account number. Source: ISO 20022 `GenericAccountIdentification1/Id`.
const OTHER_ACCOUNT_CHARS_MAX: usize = 34;

/// American Bankers Association routing number: nine digits, weights 3-7-1, sum divisible by ten.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbaRouting(String);

impl AbaRouting {
    /// Reads nine digits and verifies the last one. Nine zeros add up, but no bank has them.
    pub fn parse(text: &str) -> Result<AbaRouting, AccountError> {
        if text.len() != 9 || !all_digits(text) || text == "000000000" {
            return Err(AccountError::UsRouting);
        }
        let weighted = text.bytes().zip([3, 7, 1].into_iter().cycle());
        let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        if !sum.is_multiple_of(10) {
            return Err(AccountError::UsRoutingChecksum);
        }
        Ok(AbaRouting(text.to_owned()))
    }

    /// The nine digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AbaRouting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Account number at a US bank: 1 to 17 letters and digits, leading zeros kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsAccountNumber(String);

impl UsAccountNumber {
    /// Reads the number as text; zeros in front belong to it.
    pub fn parse(text: &str) -> Result<UsAccountNumber, AccountError> {
        let shape = (1..=US_ACCOUNT_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        shape.then(|| UsAccountNumber(text.to_owned())).ok_or(AccountError::UsAccount)
    }

    /// The whole number. For messages and keys, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UsAccountNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&mask_end(&self.0))
    }
}

/// UK sort code: six digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortCode(String);

impl SortCode {
    /// Reads `123456` or `12-34-56`.
    pub fn parse(text: &str) -> Result<SortCode, AccountError> {
        let bytes = text.as_bytes();
        let plain = match (bytes.len(), bytes.get(2), bytes.get(5)) {
            (8, Some(b'-'), Some(b'-')) => text.replace('-', ""),
            _ => text.to_owned(),
        };
        (plain.len() == 6 && all_digits(&plain)).then_some(SortCode(plain)).ok_or(AccountError::GbSortCode)
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SortCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// UK account number: eight digits. Six or seven are refused, because the way to pad them differs by bank.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UkAccountNumber(String);

impl UkAccountNumber {
    /// Reads eight digits.
    pub fn parse(text: &str) -> Result<UkAccountNumber, AccountError> {
        let shape = text.len() == 8 && all_digits(text);
        shape.then(|| UkAccountNumber(text.to_owned())).ok_or(AccountError::GbAccount)
    }

    /// The eight digits. For messages and keys, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UkAccountNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&mask_end(&self.0))
    }
}

/// A building society's reference for the account behind its collection account (roll number).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecondaryReference(String);

impl SecondaryReference {
    /// Reads 1 to 18 letters, digits, spaces or `. / -`, without spaces at the ends.
    pub fn parse(text: &str) -> Result<SecondaryReference, AccountError> {
        let shape = within(text, SECONDARY_REFERENCE_CHARS_MAX, b"./- ") && text.trim() == text;
        shape.then(|| SecondaryReference(text.to_owned())).ok_or(AccountError::GbSecondaryReference)
    }

    /// The whole reference. For messages and keys, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecondaryReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&mask_end(&self.0))
    }
}

/// A bank's code in its national clearing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankCode(String);

impl BankCode {
    /// Reads 1 to 35 letters or digits. Shapes per country are a matter of the rail's profile.
    pub fn parse(text: &str) -> Result<BankCode, AccountError> {
        let shape = within(text, BANK_CODE_CHARS_MAX, b"");
        shape.then(|| BankCode(text.to_owned())).ok_or(AccountError::OtherBankCode)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BankCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An account number in the form of a country that has no form of its own here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherAccountNumber(String);

impl OtherAccountNumber {
    /// Reads 1 to 34 letters, digits or `. / -`; leading zeros belong to the number.
    pub fn parse(text: &str) -> Result<OtherAccountNumber, AccountError> {
        let shape = within(text, OTHER_ACCOUNT_CHARS_MAX, b"./-");
        shape.then(|| OtherAccountNumber(text.to_owned())).ok_or(AccountError::OtherAccount)
    }

    /// The whole number. For messages and keys, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OtherAccountNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&mask_end(&self.0))
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// 1 to `most` ASCII letters, digits or characters of `others`, at least one of them a letter or digit.
fn within(text: &str, most: usize, others: &[u8]) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
}
