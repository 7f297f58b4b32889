//! Postal addresses in the forms that the networks accept since November 2026; never a guess at what belongs in which part.

use std::fmt;

use thiserror::Error;

use crate::domain::country::Country;

/// Most address lines beside structured parts. Source: Swift and EPC153-22, hybrid address.
pub const ADDRESS_LINES_MAX: usize = 2;
/// Longest address line, in characters. Source: ISO 20022 `PostalAddress24/AdrLine`, Max70Text.
pub const ADDRESS_LINE_CHARS_MAX: usize = 70;

/// The parts of a postal address as given or as sent; every one may be absent.
/// Source of names and lengths: ISO 20022 `PostalAddress24`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct AddressParts {
    /// `Dept`, at most 70.
    pub department: Option<String>,
    /// `SubDept`, at most 70.
    pub sub_department: Option<String>,
    /// `StrtNm`, at most 70.
    pub street: Option<String>,
    /// `BldgNb`, at most 16.
    pub building_number: Option<String>,
    /// `BldgNm`, at most 35.
    pub building_name: Option<String>,
    /// `Flr`, at most 70.
    pub floor: Option<String>,
    /// `PstBx`, at most 16.
    pub post_box: Option<String>,
    /// `Room`, at most 70.
    pub room: Option<String>,
    /// `PstCd`, at most 16.
    pub postcode: Option<String>,
    /// `TwnNm`, at most 35.
    pub town: Option<String>,
    /// `TwnLctnNm`, at most 35.
    pub town_location: Option<String>,
    /// `DstrctNm`, at most 35.
    pub district: Option<String>,
    /// `CtrySubDvsn`, at most 35.
    pub country_subdivision: Option<String>,
    /// `Ctry`, two capital letters.
    pub country: Option<String>,
    /// `AdrLine`, at most two of at most 70.
    pub lines: Vec<String>,
}

impl fmt::Debug for AddressParts {
    /// Country and number of parts; where somebody lives stays out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.texts().iter().filter(|(_, text, _)| text.is_some()).count();
        let country = self.country.as_deref().unwrap_or("-");
        write!(out, "<address {country}, {parts} parts, {} lines>", self.lines.len())
    }
}

impl AddressParts {
    /// Every part but country and lines: name in our input, text, most characters.
    pub fn texts(&self) -> [(&'static str, Option<&str>, usize); 13] {
        [
            ("department", self.department.as_deref(), 70),
            ("sub_department", self.sub_department.as_deref(), 70),
            ("street", self.street.as_deref(), 70),
            ("building_number", self.building_number.as_deref(), 16),
            ("building_name", self.building_name.as_deref(), 35),
            ("floor", self.floor.as_deref(), 70),
            ("post_box", self.post_box.as_deref(), 16),
            ("room", self.room.as_deref(), 70),
            ("postcode", self.postcode.as_deref(), 16),
            ("town", self.town.as_deref(), 35),
            ("town_location", self.town_location.as_deref(), 35),
            ("district", self.district.as_deref(), 35),
            ("country_subdivision", self.country_subdivision.as_deref(), 35),
        ]
    }
}

/// How much of an address stands in fields of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressForm {
    /// No lines.
    Structured,
    /// Town and country in their fields, the rest in at most two lines.
    Hybrid,
    /// Lines without town; a country alone does not save it. Refused by the networks since 14 and 15 November 2026.
    Unstructured,
}

/// An address that may be sent: structured or hybrid, town and country in their fields.
/// Source: EPC153-22 v2.1 and Swift's rules for CBPR+, both in force since November 2026.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    parts: AddressParts,
    country: Country,
}

/// One finding about an address. The customer must correct the instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Lines only.
    #[error(
        "an address in lines only is refused since November 2026; town and country need fields of their own"
    )]
    Unstructured,
    /// No town.
    #[error("town is required")]
    TownRequired,
    /// No country.
    #[error("country is required")]
    CountryRequired,
    /// A country that does not exist.
    #[error("country is not a two-letter code of ISO 3166 in capital letters")]
    Country,
    /// A word that stands for "unknown". Source: Swift, hybrid address rules.
    #[error("{field} must not be a placeholder")]
    Placeholder {
        /// Member of the address.
        field: &'static str,
    },
    /// A part is too long, empty or has control characters.
    #[error("{field} must have 1 to {most} characters and no control characters")]
    Part {
        /// Member of the address.
        field: &'static str,
        /// Most characters.
        most: usize,
    },
    /// More than two lines.
    #[error("{found} address lines, at most 2 are allowed")]
    TooManyLines {
        /// Lines given.
        found: usize,
    },
    /// A line is too long, empty or has control characters.
    #[error("an address line must have 1 to 70 characters and no control characters")]
    LineLength {
        /// Index of the line, from 0.
        line: usize,
    },
    /// A line repeats what stands in a field of its own.
    #[error("an address line repeats the town, postcode or country")]
    DuplicateLine {
        /// Index of the line, from 0.
        line: usize,
    },
}

impl AddressError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            AddressError::Unstructured => "address.unstructured",
            AddressError::TownRequired => "address.town_required",
            AddressError::CountryRequired => "address.country_required",
            AddressError::Country => "address.country",
            AddressError::Placeholder { .. } => "address.placeholder",
            AddressError::Part { .. } => "address.part_length",
            AddressError::TooManyLines { .. } => "address.too_many_lines",
            AddressError::LineLength { .. } => "address.line_length",
            AddressError::DuplicateLine { .. } => "address.duplicate_line",
        }
    }

    /// Where in the address: `town`, `lines/0`.
    pub fn place(&self) -> String {
        match self {
            AddressError::TownRequired => "town".to_owned(),
            AddressError::CountryRequired | AddressError::Country => "country".to_owned(),
            AddressError::Placeholder { field } | AddressError::Part { field, .. } => (*field).to_owned(),
            AddressError::Unstructured | AddressError::TooManyLines { .. } => "lines".to_owned(),
            AddressError::LineLength { line } | AddressError::DuplicateLine { line } => {
                format!("lines/{line}")
            }
        }
    }
}

impl Address {
    /// Checks an address and reports everything that is wrong with it at once.
    pub fn parse(parts: AddressParts) -> Result<Address, Vec<AddressError>> {
        let mut errors = part_errors(&parts);
        let country = parts.country.as_deref().and_then(|country| Country::parse(country).ok());
        if address_form(&parts) == AddressForm::Unstructured {
            errors.push(AddressError::Unstructured);
        } else {
            match (&parts.country, country) {
                (None, _) => errors.push(AddressError::CountryRequired),
                (Some(_), None) => errors.push(AddressError::Country),
                (Some(_), Some(_)) => {}
            }
            if parts.town.is_none() {
                errors.push(AddressError::TownRequired);
            }
        }
        errors.extend(line_errors(&parts, country));
        match country {
            Some(country) if errors.is_empty() => Ok(Address { parts, country }),
            _ => Err(errors),
        }
    }

    /// Its parts.
    pub fn parts(&self) -> &AddressParts {
        &self.parts
    }

    /// Its country.
    pub fn country(&self) -> Country {
        self.country
    }

    /// Its town.
    pub fn town(&self) -> &str {
        self.parts.town.as_deref().unwrap_or_default()
    }

    /// Structured or hybrid.
    pub fn form(&self) -> AddressForm {
        address_form(&self.parts)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.fmt(out)
    }
}

/// The form of an address, whether it may be sent or not.
pub fn address_form(parts: &AddressParts) -> AddressForm {
    let structured = parts.texts().iter().any(|(_, text, _)| text.is_some());
    match (parts.lines.is_empty(), structured) {
        (true, _) => AddressForm::Structured,
        (false, true) => AddressForm::Hybrid,
        (false, false) => AddressForm::Unstructured,
    }
}

fn part_errors(parts: &AddressParts) -> Vec<AddressError> {
    let mut errors = Vec::new();
    for (field, text, most) in parts.texts() {
        let Some(text) = text else { continue };
        if !fits(text, most) {
            errors.push(AddressError::Part { field, most });
        } else if is_placeholder(text) {
            errors.push(AddressError::Placeholder { field });
        }
    }
    errors
}

fn line_errors(parts: &AddressParts, country: Option<Country>) -> Vec<AddressError> {
    let mut errors = Vec::new();
    if parts.lines.len() > ADDRESS_LINES_MAX {
        errors.push(AddressError::TooManyLines { found: parts.lines.len() });
    }
    for (line, text) in parts.lines.iter().enumerate() {
        if !fits(text, ADDRESS_LINE_CHARS_MAX) {
            errors.push(AddressError::LineLength { line });
        } else if repeats(text, parts, country) {
            errors.push(AddressError::DuplicateLine { line });
        }
    }
    errors
}

fn fits(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.contains(char::is_control)
}

/// Words that others put into mandatory fields to get past a check.
fn is_placeholder(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.eq_ignore_ascii_case("NOTPROVIDED") || letters.eq_ignore_ascii_case("NOTAVAILABLE")
}

/// Does a part of the line between commas consist of nothing but town, postcode and country, or does the line have
/// postcode and town side by side? A street named after its town is no repetition.
fn repeats(line: &str, parts: &AddressParts, country: Option<Country>) -> bool {
    let town = words(parts.town.as_deref().unwrap_or_default());
    let postcode = words(parts.postcode.as_deref().unwrap_or_default());
    let country = country.map_or_else(Vec::new, |c| [words(c.code()), words(c.name())].concat());
    let known = |word: &String| town.contains(word) || postcode.contains(word) || country.contains(word);
    let whole_segment = line.split([',', ';']).any(|segment| {
        let segment = words(segment);
        !segment.is_empty() && segment.iter().all(known)
    });
    let (all, pair, reverse) =
        (words(line), [&postcode[..], &town].concat(), [&town[..], &postcode].concat());
    let beside = |pair: &[String]| all.windows(pair.len().max(1)).any(|window| window == pair);
    whole_segment || (!town.is_empty() && !postcode.is_empty() && (beside(&pair) || beside(&reverse)))
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect()
}
