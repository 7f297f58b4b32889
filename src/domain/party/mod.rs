//! Who pays and who is paid: name, kind, identifiers, address; never the account.

use std::fmt;

use thiserror::Error;

use super::account::Lei;
use super::charset::{TextError, check_length, collapse_white_space, refuse_controls};

mod address;

pub use address::{Address, AddressError, AddressForm, AddressParts, address_form};

/// Longest name of a party, in characters. Source: ISO 20022 `PartyIdentification135/Nm`, Max140Text. Rails allow less.
pub const NAME_CHARS_MAX: usize = 140;
/// Longest value of an identifier, in characters. Source: ISO 20022 `GenericPersonIdentification1/Id`, Max35Text.
pub const IDENTIFIER_CHARS_MAX: usize = 35;
/// Longest scheme name of an identifier, in characters. Source: ISO 20022 `SchmeNm/Prtry`, Max35Text.
pub const IDENTIFIER_SCHEME_CHARS_MAX: usize = 35;
/// Longest e-mail address, in octets. Source: RFC 5321, section 4.5.3.1.3.
pub const EMAIL_OCTETS_MAX: usize = 254;
/// Somebody who pays or is paid. Every part masks itself in `Debug`: names and numbers of people stay out of logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The name, as the payee's bank knows it.
    pub name: PartyName,
    /// A person or an organisation.
    pub kind: PartyKind,
    /// Where they are.
    pub address: Option<Address>,
    /// Tax numbers, register numbers, LEI.
    pub identifiers: Vec<PartyIdentifier>,
    /// Kept for the client; banks do not get it.
    pub email: Option<Email>,
}

impl Party {
    /// A party of which only the name and kind are known.
    pub fn named(name: PartyName, kind: PartyKind) -> Party {
        Party { name, kind, address: None, identifiers: Vec::new(), email: None }
    }
}

/// A person or an organisation: decides where identifiers go and what payee checks compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PartyKind {
    /// A person.
    Individual,
    /// A company, authority or association; assumed when nothing is said.
    #[default]
    Organisation,
}

impl PartyKind {
    /// Reads `individual` or `organisation`.
    pub fn parse(text: &str) -> Result<PartyKind, PartyError> {
        match text {
            "individual" => Ok(PartyKind::Individual),
            "organisation" => Ok(PartyKind::Organisation),
            _ => Err(PartyError::Kind),
        }
    }

    /// The word of our own input.
    pub fn as_str(self) -> &'static str {
        match self {
            PartyKind::Individual => "individual",
            PartyKind::Organisation => "organisation",
        }
    }
}

/// What is wrong with a party, its address apart. The customer must correct the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PartyError {
    /// Neither individual nor organisation.
    #[error("type must be individual or organisation")]
    Kind,
    /// No letter or digit in the name.
    #[error("a name is required")]
    NameRequired,
    /// The name is too long or has control characters.
    #[error("name: {0}")]
    Name(TextError),
    /// Scheme or value missing, too long, or with control characters.
    #[error("an identifier has a scheme and a value of 1 to 35 characters each")]
    Identifier,
    /// An LEI that is none.
    #[error("identifier with scheme LEI is not a valid LEI")]
    Lei,
    /// No e-mail address.
    #[error("not an e-mail address")]
    Email,
}

impl PartyError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            PartyError::Kind => "party.type",
            PartyError::NameRequired => "name.required",
            PartyError::Name(TextError::Length { .. }) => "name.length",
            PartyError::Name(text) => text.code(),
            PartyError::Identifier => "identifier.format",
            PartyError::Lei => "identifier.lei",
            PartyError::Email => "contact.email",
        }
    }
}

/// A name: 1 to 140 characters, at least one letter or digit, white space collapsed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PartyName(String);

impl PartyName {
    /// Reads a name. What a rail makes of it is decided by [`fit_name`](super::charset::fit_name).
    pub fn parse(text: &str) -> Result<PartyName, PartyError> {
        refuse_controls(text).map_err(PartyError::Name)?;
        let name = collapse_white_space(text);
        if !name.chars().any(char::is_alphanumeric) {
            return Err(PartyError::NameRequired);
        }
        check_length(&name, NAME_CHARS_MAX).map_err(PartyError::Name)?;
        Ok(PartyName(name))
    }

    /// The whole name. For messages, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PartyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        mask(&self.0, out)
    }
}

/// A number under which a party is registered: scheme (`TXID`, `LEI`, a proprietary name) and value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PartyIdentifier {
    scheme: String,
    value: String,
}

impl PartyIdentifier {
    /// Reads scheme and value; the check digits of an LEI are verified.
    pub fn parse(scheme: &str, value: &str) -> Result<PartyIdentifier, PartyError> {
        let fits = |text: &str, most: usize| {
            !text.is_empty()
                && text.trim() == text
                && text.chars().count() <= most
                && !text.contains(char::is_control)
        };
        if !fits(scheme, IDENTIFIER_SCHEME_CHARS_MAX) || !fits(value, IDENTIFIER_CHARS_MAX) {
            return Err(PartyError::Identifier);
        }
        let value = match scheme {
            "LEI" => Lei::parse(value).map_err(|_| PartyError::Lei)?.as_str().to_owned(),
            _ => value.to_owned(),
        };
        Ok(PartyIdentifier { scheme: scheme.to_owned(), value })
    }

    /// The code or proprietary name of the register.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The number. For messages, never for logs.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for PartyIdentifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ", self.scheme)?;
        mask(&self.value, out)
    }
}

/// An e-mail address, checked for its outline only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads something before and something after an `@`, without white space.
    pub fn parse(text: &str) -> Result<Email, PartyError> {
        let sides =
            text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
        (sides && plain && text.len() <= EMAIL_OCTETS_MAX)
            .then(|| Email(text.to_owned()))
            .ok_or(PartyError::Email)
    }

    /// The whole address. Never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        mask(&self.0, out)
    }
}

/// Shows how long a text is and nothing of it.
fn mask(text: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(out, "<{} characters>", text.chars().count())
}
