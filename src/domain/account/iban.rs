//! IBANs and their country table; never whether the account exists.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use super::{AccountError, SortCode, UkAccountNumber, modulo_97};
use crate::domain::country::Country;

/// What the registry says about a country's IBANs.
struct Structure {
    country: Country,
    /// Characters in all.
    length: usize,
    /// One class per character of the BBAN: `n` digit, `a` capital letter, `c` either.
    classes: Vec<u8>,
    /// Where the bank code stands in the IBAN, from 0.
    bank_code: Range<usize>,
}

/// Our restatement of the IBAN registry (release 101): country, length, BBAN structure, place of the bank code.
static TABLE: LazyLock<HashMap<&'static str, Structure>> = LazyLock::new(|| {
    let table = include_str!("../../../schemas/codes/iban.tsv");
    let row = |line| structure(line).map(|structure| (structure.country.code(), structure));
    table.lines().skip(1).filter_map(row).collect()
});

/// Countries whose IBANs can be paid by SEPA transfer (EPC list, state of November 2026; ME, AL, MD, MK and RS from one source only).
static SEPA: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let table = include_str!("../../../schemas/codes/sepa_area.tsv");
    table.lines().skip(1).filter_map(|line| line.split('\t').nth(1)).collect()
});

/// International bank account number: upper case, no spaces, check digits verified.
/// Source: ISO 13616-1 (structure), ISO/IEC 7064 MOD 97-10 (check digits).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iban(String);

impl Iban {
    /// The only way in. Spaces go, letters become capitals; then country, length, structure and check digits are
    /// verified in this order.
    pub fn parse(text: &str) -> Result<Iban, AccountError> {
        let iban: String = text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).collect();
        if let Some(at) = iban.chars().position(|c| !c.is_ascii_alphanumeric()) {
            return Err(AccountError::IbanStructure { position: at + 1 });
        }
        let country = iban.get(..2).unwrap_or(&iban);
        let structure =
            TABLE.get(country).ok_or_else(|| AccountError::IbanCountry { country: country.to_owned() })?;
        if iban.len() != structure.length {
            let (country, expected) = (structure.country, structure.length);
            return Err(AccountError::IbanLength { country, expected, found: iban.len() });
        }
        let classes = b"aann".iter().chain(structure.classes.iter());
        if let Some(at) = iban.bytes().zip(classes).position(|(byte, class)| !fits(byte, *class)) {
            return Err(AccountError::IbanStructure { position: at + 1 });
        }
        check_digits(&iban)?;
        Ok(Iban(iban))
    }

    /// The whole IBAN in electronic form. For messages and keys, never for logs; hence no `Display`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country of the first two letters.
    pub fn country(&self) -> Country {
        self.structure().country
    }

    /// The national bank code inside the IBAN: `37040044` of `DE89370400440532013000`.
    pub fn bank_code(&self) -> &str {
        self.0.get(self.structure().bank_code.clone()).unwrap_or_default()
    }

    /// The national account identification: everything after the check digits.
    pub fn bban(&self) -> &str {
        self.0.get(4..).unwrap_or_default()
    }

    /// Sort code and account number inside a British IBAN: four letters, six digits, eight digits.
    pub fn sort_code_and_account(&self) -> Option<(SortCode, UkAccountNumber)> {
        let (sort_code, account) = match self.country() {
            Country::GB => (self.0.get(8..14)?, self.0.get(14..)?),
            _ => return None,
        };
        Some((SortCode::parse(sort_code).ok()?, UkAccountNumber::parse(account).ok()?))
    }

    /// Is it a Swiss or Liechtenstein QR-IBAN, which demands a QR reference?
    /// Source: SIX Swiss Payment Standards: bank identification 30000 to 31999.
    pub fn is_qr_iban(&self) -> bool {
        matches!(self.country().code(), "CH" | "LI")
            && (self.bank_code().parse::<u32>()).is_ok_and(|bank| (30_000..=31_999).contains(&bank))
    }

    /// `DE89…3000`.
    pub fn masked(&self) -> String {
        let start = self.0.get(..4).unwrap_or_default();
        let end = self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default();
        format!("{start}…{end}")
    }

    fn structure(&self) -> &'static Structure {
        TABLE.get(&self.0[..2]).expect("parse accepts only countries of the table")
    }
}

impl fmt::Debug for Iban {
    /// Logs and panics show `DE89…3000`, never the whole account.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.masked())
    }
}

/// Can the account be paid by SEPA transfer, as far as its country decides it?
pub fn is_sepa_iban(iban: &Iban) -> bool {
    SEPA.contains(iban.country().code())
}

/// Check digits are 02 to 98: 00, 01 and 99 have the same remainder as a valid pair but are never issued.
fn check_digits(iban: &str) -> Result<(), AccountError> {
    let (head, bban) = iban.split_at_checked(4).ok_or(AccountError::IbanChecksum)?;
    let issued = !matches!(head.get(2..), Some("00" | "01" | "99"));
    match modulo_97(bban.chars().chain(head.chars())) {
        Some(1) if issued => Ok(()),
        _ => Err(AccountError::IbanChecksum),
    }
}

fn fits(byte: u8, class: u8) -> bool {
    match class {
        b'n' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_alphanumeric(),
    }
}

/// Reads a row like `DE`, `22`, `8!n10!n`, `5-12`.
fn structure(line: &str) -> Option<Structure> {
    let mut columns = line.split('\t');
    let country = Country::parse(columns.next()?).ok()?;
    let length = columns.next()?.parse().ok()?;
    let mut classes = Vec::new();
    let mut rest = columns.next()?;
    while let Some((count, after)) = rest.split_once('!') {
        let class = *after.as_bytes().first()?;
        classes.resize(classes.len() + count.parse::<usize>().ok()?, class);
        rest = after.get(1..)?;
    }
    let (first, last) = columns.next()?.split_once('-')?;
    let bank_code = first.parse::<usize>().ok()?.checked_sub(1)?..last.parse().ok()?;
    (classes.len() + 4 == length).then_some(Structure { country, length, classes, bank_code })
}
