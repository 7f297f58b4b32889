//! References that the payee gave out, with check digits: ISO 11649 and the Swiss QR reference; never free remittance text.

use std::fmt;

use super::ReferenceError;
use crate::domain::account::modulo_97;

/// Longest creditor reference, in characters. Source: ISO 11649.
const CREDITOR_REFERENCE_CHARS_MAX: usize = 25;
/// Digits of a Swiss QR reference. Source: SIX Swiss Payment Standards, QR reference.
const QR_REFERENCE_DIGITS: usize = 27;
/// First row of the table of the recursive modulo 10; every other row is this one, rotated.
/// Source: SIX Swiss Payment Standards, annex "check digit calculation modulo 10, recursive".
const MODULO_10: [usize; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];

/// Structured creditor reference (`SCOR`): `RF`, two check digits, 1 to 21 letters or digits.
/// Source: ISO 11649, ISO/IEC 7064 MOD 97-10.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CreditorReference(String);

impl CreditorReference {
    /// Reads a reference; spaces go, letters become capitals.
    pub fn parse(text: &str) -> Result<CreditorReference, ReferenceError> {
        let reference: String = text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).collect();
        let shape = reference.chars().all(|c| c.is_ascii_alphanumeric())
            && (5..=CREDITOR_REFERENCE_CHARS_MAX).contains(&reference.len())
            && reference.starts_with("RF")
            && reference.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit());
        if !shape {
            return Err(ReferenceError::CreditorFormat);
        }
        let (head, body) = reference.split_at_checked(4).ok_or(ReferenceError::CreditorFormat)?;
        let issued = !matches!(head, "RF00" | "RF01" | "RF99");
        match modulo_97(body.chars().chain(head.chars())) {
            Some(1) if issued => Ok(CreditorReference(reference)),
            _ => Err(ReferenceError::CreditorChecksum),
        }
    }

    /// Capitals, no spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CreditorReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Swiss QR reference (`QRR`): 27 digits, the last one a check digit.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct QrReference(String);

impl QrReference {
    /// Reads a reference; spaces go. All zeros add up but refer to nothing and are refused.
    pub fn parse(text: &str) -> Result<QrReference, ReferenceError> {
        let reference: String = text.chars().filter(|c| *c != ' ').collect();
        let shape = reference.len() == QR_REFERENCE_DIGITS
            && reference.bytes().all(|byte| byte.is_ascii_digit())
            && reference.bytes().any(|byte| byte != b'0');
        if !shape {
            return Err(ReferenceError::QrFormat);
        }
        let (body, check) =
            reference.split_at_checked(QR_REFERENCE_DIGITS - 1).ok_or(ReferenceError::QrFormat)?;
        let carry = body.bytes().fold(0, |carry, digit| MODULO_10[(carry + usize::from(digit - b'0')) % 10]);
        let expected = (10 - carry) % 10;
        if check.bytes().map(|digit| usize::from(digit - b'0')).next() != Some(expected) {
            return Err(ReferenceError::QrChecksum);
        }
        Ok(QrReference(reference))
    }

    /// The 27 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for QrReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
