//! References and identifiers that travel with a payout: the client's, ours, the payee's; never how they are looked up.

use std::fmt;

use thiserror::Error;

use super::charset::CharacterSet;

mod creditor;
mod token;

pub use creditor::{CreditorReference, QrReference};
pub use token::{PayoutToken, Uetr, token_text};

/// Longest external id, in characters. Chosen by us (payout input, version 1).
pub const EXTERNAL_ID_CHARS_MAX: usize = 64;
/// Longest reference of a message, batch or transaction, in characters.
/// Source: ISO 20022 `Max35Text`: `MsgId`, `PmtInfId`, `InstrId`, `EndToEndId`.
pub const REFERENCE_CHARS_MAX: usize = 35;
/// What others write when there is no end-to-end reference. We never send it: nothing could be matched by it.
/// Source: EPC customer-to-PSP implementation guidelines for pain.001, `EndToEndId`.
pub const END_TO_END_ID_ABSENT: &str = "NOTPROVIDED";

/// What is wrong with a reference. The customer must correct the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReferenceError {
    /// Nothing there.
    #[error("{field} is empty")]
    Empty {
        /// The member of the instruction.
        field: &'static str,
    },
    /// Too long.
    #[error("{field} has {found} characters, at most {most} are allowed")]
    Length {
        /// The member of the instruction.
        field: &'static str,
        /// Longest allowed, in characters.
        most: usize,
        /// As given, in characters.
        found: usize,
    },
    /// A character that is not allowed there.
    #[error("{field} has a character that is not allowed at position {position}")]
    Characters {
        /// The member of the instruction.
        field: &'static str,
        /// Counted from 1.
        position: usize,
    },
    /// Starts or ends with a slash or has two in a row; the interbank network reads those as separators.
    #[error("{field} must not start or end with / nor contain //")]
    Slashes {
        /// The member of the instruction.
        field: &'static str,
    },
    /// `NOTPROVIDED` given as if it were a reference.
    #[error("{field} must not be NOTPROVIDED; leave it out instead")]
    Placeholder {
        /// The member of the instruction.
        field: &'static str,
    },
    /// Not a UUID of version 4.
    #[error("not a version 4 UUID")]
    Uetr,
    /// Not one of our tokens.
    #[error("not a payout token")]
    Token,
    /// Not `RF`, two digits and 1 to 21 letters or digits.
    #[error("a creditor reference is RF, two check digits and up to 21 letters or digits")]
    CreditorFormat,
    /// Check digits do not match: mistyped.
    #[error("creditor reference check digits do not match")]
    CreditorChecksum,
    /// Not 27 digits.
    #[error("a QR reference has 27 digits")]
    QrFormat,
    /// Check digit does not match: mistyped.
    #[error("QR reference check digit does not match")]
    QrChecksum,
}

impl ReferenceError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            ReferenceError::Empty { .. } => "reference.empty",
            ReferenceError::Length { .. } => "reference.length",
            ReferenceError::Characters { .. } => "reference.charset",
            ReferenceError::Slashes { .. } => "reference.slashes",
            ReferenceError::Placeholder { .. } => "reference.placeholder",
            ReferenceError::Uetr => "uetr.format",
            ReferenceError::Token => "token.format",
            ReferenceError::CreditorFormat => "rf.format",
            ReferenceError::CreditorChecksum => "rf.checksum",
            ReferenceError::QrFormat => "qrr.format",
            ReferenceError::QrChecksum => "qrr.checksum",
        }
    }
}

/// The client's own name for a payout, unique per client for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId(String);

impl ExternalId {
    /// Reads 1 to 64 of `A-Z a-z 0-9 . _ : -`.
    pub fn parse(text: &str) -> Result<ExternalId, ReferenceError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        check(text, "external_id", EXTERNAL_ID_CHARS_MAX, allowed)?;
        Ok(ExternalId(text.to_owned()))
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The reference that goes from the payer to the payee unchanged.
/// Source: ISO 20022 `PmtId/EndToEndId`; characters and slashes: EPC customer-to-PSP guidelines, section 1.4.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndToEndId(String);

impl EndToEndId {
    /// Reads 1 to 35 characters of the SEPA set, no spaces at the ends, no `/` at the ends, no `//`, not `NOTPROVIDED`.
    pub fn parse(text: &str) -> Result<EndToEndId, ReferenceError> {
        let field = "end_to_end_id";
        check_travelling(text, field)?;
        if text.eq_ignore_ascii_case(END_TO_END_ID_ABSENT) {
            return Err(ReferenceError::Placeholder { field });
        }
        Ok(EndToEndId(text.to_owned()))
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For uniqueness per debtor account: banks hand references back in capitals.
    pub fn key(&self) -> String {
        self.0.to_ascii_uppercase()
    }
}

/// Identification of a message (`GrpHdr/MsgId`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// Reads 1 to 35 characters of the SEPA set, no spaces at the ends, no `/` at the ends, no `//`.
    pub fn parse(text: &str) -> Result<MessageId, ReferenceError> {
        check_travelling(text, "message_id").map(|()| MessageId(text.to_owned()))
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Identification of a block of payments with one debit (`PmtInf/PmtInfId`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentInformationId(String);

impl PaymentInformationId {
    /// Reads 1 to 35 characters of the SEPA set, no spaces at the ends, no `/` at the ends, no `//`.
    pub fn parse(text: &str) -> Result<PaymentInformationId, ReferenceError> {
        check_travelling(text, "payment_information_id").map(|()| PaymentInformationId(text.to_owned()))
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Identification of a transfer between us and the bank (`PmtId/InstrId`); the payee never sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstructionId(String);

impl InstructionId {
    /// Reads 1 to 35 characters of the SEPA set, no spaces at the ends, no `/` at the ends, no `//`.
    pub fn parse(text: &str) -> Result<InstructionId, ReferenceError> {
        check_travelling(text, "instruction_id").map(|()| InstructionId(text.to_owned()))
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for EndToEndId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for PaymentInformationId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for InstructionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Does a reference keep its slashes where networks allow them: none at the ends, never two in a row?
/// Source: EPC customer-to-PSP guidelines, section 1.4; Swift user handbook, field 20.
pub fn reference_ok(text: &str) -> bool {
    !text.starts_with('/') && !text.ends_with('/') && !text.contains("//")
}

fn check_travelling(text: &str, field: &'static str) -> Result<(), ReferenceError> {
    check(text, field, REFERENCE_CHARS_MAX, |c| CharacterSet::Sepa.contains(c))?;
    if text.starts_with(' ') {
        return Err(ReferenceError::Characters { field, position: 1 });
    }
    if text.ends_with(' ') {
        return Err(ReferenceError::Characters { field, position: text.chars().count() });
    }
    if !reference_ok(text) {
        return Err(ReferenceError::Slashes { field });
    }
    Ok(())
}

fn check(
    text: &str,
    field: &'static str,
    most: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<(), ReferenceError> {
    if text.is_empty() {
        return Err(ReferenceError::Empty { field });
    }
    let found = text.chars().count();
    if found > most {
        return Err(ReferenceError::Length { field, most, found });
    }
    match text.chars().position(|c| !allowed(c)) {
        Some(at) => Err(ReferenceError::Characters { field, position: at + 1 }),
        None => Ok(()),
    }
}
