//! Which code lists rules look codes up in. A code that is missing may be younger than the list.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::codes;

type Codes = LazyLock<HashSet<&'static str>>;

static SERVICE_LEVEL: Codes = LazyLock::new(|| parse(include_str!("../../schemas/codes/service_level.tsv")));
static LOCAL_INSTRUMENT: Codes =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/local_instrument.tsv")));
static ORGANISATION: Codes =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/organisation_identification.tsv")));
static PERSON: Codes = LazyLock::new(|| parse(include_str!("../../schemas/codes/person_identification.tsv")));
static PROXY: Codes = LazyLock::new(|| parse(include_str!("../../schemas/codes/proxy_account_type.tsv")));
static ACCOUNT_TYPE: Codes =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/cash_account_type.tsv")));
static ACCOUNT: Codes =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/account_identification.tsv")));
static DOCUMENT: Codes = LazyLock::new(|| parse(include_str!("../../schemas/codes/document_type.tsv")));
static CREDITOR_REFERENCE: Codes =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/creditor_reference_type.tsv")));
static CLEARING: Codes =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/clearing_system_identification.tsv")));

/// A code list, by its name in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum List {
    /// ISO 3166-1 alpha-2.
    Country,
    /// `ExternalPurpose1Code`.
    Purpose,
    /// `ExternalCategoryPurpose1Code`.
    CategoryPurpose,
    /// `ExternalServiceLevel1Code`.
    ServiceLevel,
    /// `ExternalLocalInstrument1Code`.
    LocalInstrument,
    /// `ExternalOrganisationIdentification1Code`.
    OrganisationIdentification,
    /// `ExternalPersonIdentification1Code`.
    PersonIdentification,
    /// `ExternalProxyAccountType1Code`.
    ProxyAccountType,
    /// `ExternalCashAccountType1Code`.
    CashAccountType,
    /// `ExternalAccountIdentification1Code`.
    AccountIdentification,
    /// `ExternalDocumentType1Code`.
    DocumentType,
    /// `ExternalCreditorReferenceType1Code`.
    CreditorReferenceType,
    /// `ExternalClearingSystemIdentification1Code`.
    ClearingSystem,
    /// `ExternalStatusReason1Code`.
    StatusReason,
}

impl List {
    /// Is the code on the list?
    pub fn knows(self, code: &str) -> bool {
        match self {
            List::Country => codes::country(code).is_some(),
            List::Purpose => codes::purpose_known(code),
            List::CategoryPurpose => codes::category_purpose_known(code),
            List::StatusReason => codes::status_reason(code).is_some(),
            List::ServiceLevel => SERVICE_LEVEL.contains(code),
            List::LocalInstrument => LOCAL_INSTRUMENT.contains(code),
            List::OrganisationIdentification => ORGANISATION.contains(code),
            List::PersonIdentification => PERSON.contains(code),
            List::ProxyAccountType => PROXY.contains(code),
            List::CashAccountType => ACCOUNT_TYPE.contains(code),
            List::AccountIdentification => ACCOUNT.contains(code),
            List::DocumentType => DOCUMENT.contains(code),
            List::CreditorReferenceType => CREDITOR_REFERENCE.contains(code),
            List::ClearingSystem => CLEARING.contains(code),
        }
    }

    /// As findings name it.
    pub fn title(self) -> &'static str {
        match self {
            List::Country => "ISO 3166-1",
            List::Purpose => "ExternalPurpose1Code (May 2025)",
            List::CategoryPurpose => "ExternalCategoryPurpose1Code (May 2025)",
            List::ServiceLevel => "ExternalServiceLevel1Code (May 2025)",
            List::LocalInstrument => "ExternalLocalInstrument1Code (May 2025)",
            List::OrganisationIdentification => "ExternalOrganisationIdentification1Code (May 2025)",
            List::PersonIdentification => "ExternalPersonIdentification1Code (May 2025)",
            List::ProxyAccountType => "ExternalProxyAccountType1Code (May 2025)",
            List::CashAccountType => "ExternalCashAccountType1Code (May 2025)",
            List::AccountIdentification => "ExternalAccountIdentification1Code (May 2025)",
            List::DocumentType => "ExternalDocumentType1Code (May 2025)",
            List::CreditorReferenceType => "ExternalCreditorReferenceType1Code (May 2025)",
            List::ClearingSystem => "ExternalClearingSystemIdentification1Code (May 2025)",
            List::StatusReason => "ExternalStatusReason1Code (May 2025)",
        }
    }
}

fn parse(table: &'static str) -> HashSet<&'static str> {
    table.lines().skip(1).filter_map(|line| line.split('\t').next()).collect()
}
