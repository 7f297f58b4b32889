//! Accounts in the forms we can pay to, each checked once when read; never balances, never who owns them.

use std::fmt;

use thiserror::Error;

use super::country::Country;

mod bic;
mod iban;
mod national;

pub use bic::{Bic, Lei};
pub use iban::{Iban, is_sepa_iban};
pub use national::{
    AbaRouting, BankCode, OtherAccountNumber, SecondaryReference, SortCode, UkAccountNumber, UsAccountNumber,
};

/// An account, identified the way its country and rail want it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Account {
    /// By IBAN.
    Iban(Iban),
    /// United Kingdom: sort code and account number.
    Uk {
        /// Branch, six digits.
        sort_code: SortCode,
        /// Account at that branch, eight digits.
        account: UkAccountNumber,
        /// Building societies' roll number.
        secondary_reference: Option<SecondaryReference>,
    },
    /// United States: routing number, account number and kind.
    Us {
        /// American Bankers Association routing number.
        routing: AbaRouting,
        /// Account at that bank.
        account: UsAccountNumber,
        /// Checking or savings: ACH needs to know.
        kind: UsAccountKind,
    },
    /// Anywhere else: an account number at a bank named by a national code or a BIC.
    Other {
        /// Where the account is held.
        country: Country,
        /// The bank.
        agent: OtherAgent,
        /// The account number as its country writes it.
        account: OtherAccountNumber,
    },
}

/// Kind of a United States account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UsAccountKind {
    /// `CACC` in ISO 20022.
    Checking,
    /// `SVGS` in ISO 20022.
    Savings,
}

impl UsAccountKind {
    /// Reads `checking` or `savings`.
    pub fn parse(text: &str) -> Result<UsAccountKind, AccountError> {
        match text {
            "checking" => Ok(UsAccountKind::Checking),
            "savings" => Ok(UsAccountKind::Savings),
            _ => Err(AccountError::UsAccountKind),
        }
    }

    /// The word of our own input: `checking` or `savings`.
    pub fn as_str(self) -> &'static str {
        match self {
            UsAccountKind::Checking => "checking",
            UsAccountKind::Savings => "savings",
        }
    }
}

/// How the bank of an [`Account::Other`] is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OtherAgent {
    /// By a code of its country's clearing.
    BankCode(BankCode),
    /// By its BIC.
    Bic(Bic),
}

impl Account {
    /// The country in which the account is held.
    pub fn country(&self) -> Country {
        match self {
            Account::Iban(iban) => iban.country(),
            Account::Uk { .. } => Country::GB,
            Account::Us { .. } => Country::US,
            Account::Other { country, .. } => *country,
        }
    }

    /// Do both name the same account? A British IBAN and its sort code with account number do.
    pub fn same_account(&self, other: &Account) -> bool {
        match (self, other) {
            (Account::Iban(iban), Account::Uk { sort_code, account, secondary_reference: None })
            | (Account::Uk { sort_code, account, secondary_reference: None }, Account::Iban(iban)) => {
                iban.sort_code_and_account() == Some((sort_code.clone(), account.clone()))
            }
            _ => self == other,
        }
    }

    /// Enough of the account to recognise it and too little to use it: `DE89…3000`, `GB …5678`.
    pub fn masked(&self) -> String {
        match self {
            Account::Iban(iban) => iban.masked(),
            Account::Uk { account, .. } => format!("GB {}", mask_end(account.as_str())),
            Account::Us { account, .. } => format!("US {}", mask_end(account.as_str())),
            Account::Other { country, account, .. } => format!("{country} {}", mask_end(account.as_str())),
        }
    }
}

impl fmt::Debug for Account {
    /// Masked: logs and panics never show a whole account.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.masked())
    }
}

/// The last four characters of a number of eight or more, the last two of a shorter one, none of a very short one.
fn mask_end(number: &str) -> String {
    let count = number.chars().count();
    let shown = match count {
        8.. => 4,
        5..8 => 2,
        _ => 0,
    };
    let end: String = number.chars().skip(count - shown).collect();
    format!("…{end}")
}

/// The remainder of a text modulo 97, letters counting as 10 to 35. `None` for other characters.
/// Source: ISO/IEC 7064, MOD 97-10.
pub fn modulo_97(mut characters: impl Iterator<Item = char>) -> Option<u32> {
    characters.try_fold(0_u32, |remainder, character| {
        let value = character.to_digit(36)?;
        let shift = if value < 10 { 10 } else { 100 };
        Some((remainder * shift + value) % 97)
    })
}

/// What is wrong with an account or a bank identifier. The customer must correct the instruction.
///
/// The texts do not repeat the number: they end up in logs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// The first two letters are no country with IBANs.
    #[error("the IBAN registry has no country {country}")]
    IbanCountry {
        /// The first two characters.
        country: String,
    },
    /// Too short or too long for its country.
    #[error("an IBAN of {country} has {expected} characters, this one has {found}")]
    IbanLength {
        /// The country.
        country: Country,
        /// The registry's length.
        expected: usize,
        /// Characters given, without spaces.
        found: usize,
    },
    /// A letter where its country has digits, or a character that no IBAN has.
    #[error("the IBAN has a wrong character at position {position}")]
    IbanStructure {
        /// Counted from 1, without spaces.
        position: usize,
    },
    /// Check digits do not match: mistyped.
    #[error("IBAN check digits do not match")]
    IbanChecksum,
    /// Not 8 or 11 characters of the standard's shape.
    #[error(
        "a BIC has 8 or 11 characters: four for the party, a country, two for the place, three for the branch"
    )]
    BicFormat,
    /// Not 18 letters or digits and two digits.
    #[error("an LEI has 18 letters or digits and two check digits")]
    LeiFormat,
    /// Check digits do not match: mistyped.
    #[error("LEI check digits do not match")]
    LeiChecksum,
    /// Not nine digits.
    #[error("a routing number has nine digits")]
    UsRouting,
    /// Check digit does not match: mistyped.
    #[error("routing number check digit does not match")]
    UsRoutingChecksum,
    /// Not 1 to 17 letters and digits.
    #[error("a US account number has 1 to 17 letters or digits")]
    UsAccount,
    /// Neither checking nor savings.
    #[error("account type must be checking or savings")]
    UsAccountKind,
    /// Not six digits.
    #[error("a sort code has six digits")]
    GbSortCode,
    /// Not eight digits. Shorter numbers are padded by a rule of their bank, which we do not know.
    #[error("a UK account number has eight digits; ask the payee's bank how to pad a shorter one")]
    GbAccount,
    /// Roll number too long or with characters that do not travel.
    #[error("a secondary reference has 1 to 18 letters, digits, spaces or . / -")]
    GbSecondaryReference,
    /// Bank code too long or with characters that no clearing uses.
    #[error("a bank code has 1 to 35 letters or digits")]
    OtherBankCode,
    /// Account number too long or with characters that do not travel.
    #[error("an account number has 1 to 34 letters, digits or . / -")]
    OtherAccount,
}

impl AccountError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            AccountError::IbanCountry { .. } => "iban.country",
            AccountError::IbanLength { .. } => "iban.length",
            AccountError::IbanStructure { .. } => "iban.structure",
            AccountError::IbanChecksum => "iban.checksum",
            AccountError::BicFormat => "bic.format",
            AccountError::LeiFormat => "lei.format",
            AccountError::LeiChecksum => "lei.checksum",
            AccountError::UsRouting => "us.routing",
            AccountError::UsRoutingChecksum => "us.routing_checksum",
            AccountError::UsAccount => "us.account",
            AccountError::UsAccountKind => "us.account_type",
            AccountError::GbSortCode => "gb.sort_code",
            AccountError::GbAccount => "gb.account",
            AccountError::GbSecondaryReference => "gb.secondary_reference",
            AccountError::OtherBankCode => "other.bank_code",
            AccountError::OtherAccount => "other.account",
        }
    }
}
