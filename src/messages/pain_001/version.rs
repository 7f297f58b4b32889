//! The versions and national subsets of pain.001 that are written, as a table of what differs between them.
//! Never what a payout says.

use std::borrow::Cow;

use crate::domain::charset::CharacterSet;
use crate::messages::emit::Root;
use crate::messages::kind::{Definition, Kind};

/// Versions of the standard and national subsets that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// pain.001.001.03 of 2009.
    V03,
    /// pain.001.001.08 of 2018.
    V08,
    /// pain.001.001.09 of 2019.
    V09,
    /// pain.001.001.10 of 2020.
    V10,
    /// pain.001.001.11 of 2021.
    V11,
    /// pain.001.001.12 of 2023.
    V12,
    /// pain.001.001.13 of 2025.
    V13,
    /// Swiss Payment Standards 2009, a namespace of its own.
    SwissOf03,
    /// Swiss Payment Standards since 2022, in the standard's own namespace.
    SwissOf09,
    /// German banks' form of pain.001.001.03, in the standard's own namespace.
    GermanOf03,
    /// German variant 002: SEPA with BICs only.
    German002,
    /// German variant 003: SEPA with IBANs alone, and urgent euro payments.
    German003,
}

/// What differs between the definitions, as far as we write them. One row each.
pub(super) struct Shape {
    version: Version,
    /// What commands, profiles and facts call it.
    id: &'static str,
    /// Version of the standard that it is or is a subset of.
    number: u8,
    pub(super) namespace: &'static str,
    /// Name of the schema's file for `xsi:schemaLocation`, which readers of national subsets go by.
    pub(super) schema_file: Option<&'static str>,
    /// Tag of a bank's BIC.
    pub(super) agent_bic: &'static str,
    pub(super) bic_letters: BicLetters,
    pub(super) execution_date: ExecutionDate,
    /// `PmtId/UETR`, `OrgId/LEI` and the address elements of 2019 came together.
    pub(super) since_2019: Since2019,
    pub(super) subset: Option<&'static Subset>,
}

/// What may stand in a BIC.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BicLetters {
    /// The first six characters are letters, the seventh is neither 0 nor 1, the eighth is not the letter O.
    /// Source: `BICIdentifier`, `[A-Z]{6,6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3,3}){0,1}`.
    Of2009,
    /// Every BIC. Source: `BICFIDec2014Identifier`.
    Any,
}

/// How `ReqdExctnDt` holds its date.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ExecutionDate {
    Bare,
    Choice,
}

/// Whether a version has `PmtId/UETR`, `OrgId/LEI` and all our address elements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Since2019 {
    Absent,
    Present,
}

/// What a national subset takes away from its version of the standard. In all of them references have characters
/// of Swift's X set, a party has one number besides its LEI, free text and a creditor reference exclude each other,
/// and purposes come from the external lists.
pub(super) struct Subset {
    /// Names, addresses and texts.
    pub(super) characters: fn(char) -> bool,
    pub(super) name_chars_max: usize,
    pub(super) address: AddressElements,
    pub(super) accounts: Accounts,
    pub(super) debtor_agent: DebtorAgent,
    pub(super) creditor_agent: CreditorAgent,
    pub(super) coding: CodingLimits,
    /// Euro alone, up to this many cents, charges by the service level, references of ISO 11649.
    pub(super) euro_cents_max: Option<i64>,
}

/// Which elements an address may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressElements {
    /// Those of the version, with at most two lines.
    OfVersion,
    /// Country and lines. Such an address is refused by the networks since November 2026, so none is written.
    Unstructured,
}

/// Which forms an account may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Accounts {
    /// By IBAN.
    IbanOnly,
    /// By IBAN or a number; nothing says what kind of number or account it is.
    IbanOrNumber,
}

/// What `DbtrAgt` may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DebtorAgent {
    /// A BIC.
    Bic,
    /// A BIC or `NOTPROVIDED`.
    BicOrNotProvided,
    /// A BIC or a clearing number, which many an IBAN contains.
    BicOrClearing,
}

/// What `CdtrAgt` may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CreditorAgent {
    /// A BIC; the element is mandatory.
    BicAlways,
    /// A BIC, or it is left out.
    BicOrNothing,
    /// What the version has.
    OfVersion,
}

/// What `PmtTpInf` may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CodingLimits {
    /// What the version has, but a category purpose of the list only.
    OfVersion,
    /// A service level of the list always, a local instrument never.
    ServiceLevel,
    /// The service level `SEPA` always, a local instrument never.
    Sepa,
}

const fn official(version: Version, number: u8, id: &'static str, namespace: &'static str) -> Shape {
    Shape {
        version,
        id,
        number,
        namespace,
        schema_file: None,
        agent_bic: if number < 4 { "BIC" } else { "BICFI" },
        bic_letters: if number < 9 { BicLetters::Of2009 } else { BicLetters::Any },
        execution_date: if number < 8 { ExecutionDate::Bare } else { ExecutionDate::Choice },
        since_2019: if number < 9 { Since2019::Absent } else { Since2019::Present },
        subset: None,
    }
}

const N03: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03";
const N08: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.08";
const N09: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
const N10: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.10";
const N11: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.11";
const N12: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.12";
const N13: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.13";
const SWISS_03: &str = "http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd";
const GERMAN_002: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.002.03";
const GERMAN_003: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.003.03";

/// Source: the schemas pain.001.001.03 to .13. `PostalAddress27` of .12 has the elements of `PostalAddress24` that we
/// write in the same order, with room for longer texts. The subsets: SIX, schemas pain.001.001.03.ch.02 and
/// pain.001.001.09.ch.03; Deutsche Kreditwirtschaft, schemas pain.001.001.03_GBIC, pain.001.002.03, pain.001.003.03.
const SHAPES: &[Shape] = &[
    official(Version::V03, 3, "pain.001.001.03", N03),
    official(Version::V08, 8, "pain.001.001.08", N08),
    official(Version::V09, 9, "pain.001.001.09", N09),
    official(Version::V10, 10, "pain.001.001.10", N10),
    official(Version::V11, 11, "pain.001.001.11", N11),
    official(Version::V12, 12, "pain.001.001.12", N12),
    official(Version::V13, 13, "pain.001.001.13", N13),
    Shape {
        schema_file: Some("pain.001.001.03.ch.02.xsd"),
        subset: Some(&SWISS_OF_03),
        ..official(Version::SwissOf03, 3, "pain.001.001.03.ch.02", SWISS_03)
    },
    Shape {
        schema_file: Some("pain.001.001.09.ch.03.xsd"),
        subset: Some(&SWISS_OF_09),
        ..official(Version::SwissOf09, 9, "pain.001.001.09.ch.03", N09)
    },
    Shape { subset: Some(&GERMAN), ..official(Version::GermanOf03, 3, "pain.001.001.03_GBIC", N03) },
    Shape {
        schema_file: Some("pain.001.002.03.xsd"),
        subset: Some(&GERMAN_WITH_BICS),
        ..official(Version::German002, 3, "pain.001.002.03", GERMAN_002)
    },
    Shape {
        schema_file: Some("pain.001.003.03.xsd"),
        subset: Some(&GERMAN),
        ..official(Version::German003, 3, "pain.001.003.03", GERMAN_003)
    },
];

const SWISS_OF_03: Subset = Subset {
    characters: is_swiss_of_2009,
    name_chars_max: 70,
    address: AddressElements::OfVersion,
    accounts: Accounts::IbanOrNumber,
    debtor_agent: DebtorAgent::BicOrClearing,
    creditor_agent: CreditorAgent::OfVersion,
    coding: CodingLimits::OfVersion,
    euro_cents_max: None,
};

/// The set of characters is `SPSText` of pain.001.001.09.ch.03: without the soft hyphen, as all of `\p{C}`.
const SWISS_OF_09: Subset =
    Subset { characters: |c| CharacterSet::Latin.contains(c), name_chars_max: 140, ..SWISS_OF_03 };

const GERMAN: Subset = Subset {
    characters: |_| true,
    name_chars_max: 70,
    address: AddressElements::Unstructured,
    accounts: Accounts::IbanOnly,
    debtor_agent: DebtorAgent::BicOrNotProvided,
    creditor_agent: CreditorAgent::BicOrNothing,
    coding: CodingLimits::ServiceLevel,
    euro_cents_max: Some(99_999_999_999),
};

const GERMAN_WITH_BICS: Subset = Subset {
    debtor_agent: DebtorAgent::Bic,
    creditor_agent: CreditorAgent::BicAlways,
    coding: CodingLimits::Sepa,
    ..GERMAN
};

/// Source: pattern of `BasicText-CH` in pain.001.001.03.ch.02.
fn is_swiss_of_2009(c: char) -> bool {
    matches!(c, ' '..='~') && !matches!(c, '^' | '|')
        || "´÷£àáâäçèéêëìíîïñòóôöùúûüýßÀÁÂÄÇÈÉÊËÌÍÎÏÒÓÔÖÙÚÛÜÑ".contains(c)
}

/// Whether a reference is made of `[A-Za-z0-9+?/\-:().,' ]`.
/// Source: patterns of `BasicText-Swift` and `RestrictedIdentificationSEPA1`.
pub(super) fn is_reference(text: &str) -> bool {
    text.chars().all(|c| CharacterSet::SwiftX.contains(c))
}

impl Version {
    /// Every version and subset that is written, in the order of the table.
    pub fn all() -> impl Iterator<Item = Version> {
        SHAPES.iter().map(|shape| shape.version)
    }

    /// What commands and profiles call it, like `pain.001.001.09` or `pain.001.001.09.ch.03`.
    pub fn id(self) -> &'static str {
        self.shape().id
    }

    /// The version of that id.
    pub fn parse(id: &str) -> Option<Version> {
        SHAPES.iter().find(|shape| shape.id == id).map(|shape| shape.version)
    }

    /// The version whose documents have that namespace; where several share it, the standard's own.
    pub fn of_namespace(namespace: &str) -> Option<Version> {
        SHAPES.iter().find(|shape| shape.namespace == namespace).map(|shape| shape.version)
    }

    /// The definition of the standard that its documents follow: its own, or that of which it is a subset.
    pub fn definition(self) -> Definition {
        Definition { kind: Kind::Pain001, version: self.shape().number }
    }

    /// The namespace of its documents.
    pub fn namespace(self) -> &'static str {
        self.shape().namespace
    }

    /// Whether it is a national subset.
    pub fn is_subset(self) -> bool {
        self.shape().subset.is_some()
    }

    /// Where its documents begin.
    pub(super) fn root(self) -> Root<'static> {
        let shape = self.shape();
        let namespace = Cow::Borrowed(shape.namespace);
        Root { namespace, schema_file: shape.schema_file, child: Kind::Pain001.child() }
    }

    pub(super) fn shape(self) -> &'static Shape {
        SHAPES.iter().find(|shape| shape.version == self).expect("every version has its row")
    }
}
