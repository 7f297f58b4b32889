//! Reads the payout of a `payout_recorded` fact, version 1. Never writes it.

use super::FactError;
use super::read_value::{Text, amount, checked, date, date_if};
use crate::domain::account::{
    AbaRouting, Account, BankCode, Bic, Iban, OtherAccountNumber, OtherAgent, SecondaryReference, SortCode,
    UkAccountNumber, UsAccountKind, UsAccountNumber,
};
use crate::domain::country::Country;
use crate::domain::party::{Address, AddressParts, Email, Party, PartyIdentifier, PartyKind, PartyName};
use crate::domain::payout::{
    Agent, ChargeBearer, Code, DatePolicy, Instruction, Payout, Rail, Remittance, Speed,
};
use crate::domain::reference::{EndToEndId, ExternalId, PayoutToken};
use serde::Deserialize;

/// A payout as it stands in the fact.
#[derive(Deserialize)]
pub struct PayoutBody<'a> {
    #[serde(borrow)]
    token: Text<'a>,
    tenant: String,
    end_to_end_id: Text<'a>,
    speed: Text<'a>,
    rail: Text<'a>,
    bank: String,
    execution_date: Text<'a>,
    charge_bearer: Option<Text<'a>>,
    #[serde(default)]
    changes: Vec<String>,
    instruction: InstructionBody<'a>,
}

#[derive(Deserialize)]
struct InstructionBody<'a> {
    #[serde(borrow)]
    external_id: Text<'a>,
    end_to_end_id: Option<Text<'a>>,
    replaces: Option<Text<'a>>,
    batch_id: Option<String>,
    debtor_account_ref: String,
    amount: Text<'a>,
    currency: Text<'a>,
    creditor: CreditorBody<'a>,
    creditor_account: AccountBody<'a>,
    creditor_agent: Option<AgentBody<'a>>,
    speed: Option<Text<'a>>,
    #[serde(default)]
    rail_preference: Vec<Text<'a>>,
    requested_execution_date: Option<Text<'a>>,
    #[serde(default)]
    date_reject: bool,
    purpose: Option<CodeBody>,
    category_purpose: Option<CodeBody>,
    remittance: Option<String>,
    reference_kind: Option<CodeBody>,
    reference: Option<String>,
    charge_bearer: Option<Text<'a>>,
    batch_booking: Option<Text<'a>>,
    ultimate_debtor: Option<String>,
    ultimate_creditor: Option<String>,
    #[serde(default)]
    allow_truncation: bool,
}

#[derive(Deserialize)]
struct CreditorBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    kind: Text<'a>,
    address: Option<Box<AddressBody>>,
    #[serde(default)]
    identifiers: Vec<IdentifierBody<'a>>,
    email: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct IdentifierBody<'a> {
    #[serde(borrow)]
    scheme: Text<'a>,
    value: Text<'a>,
}

#[derive(Deserialize)]
struct AddressBody {
    department: Option<String>,
    sub_department: Option<String>,
    street: Option<String>,
    building_number: Option<String>,
    building_name: Option<String>,
    floor: Option<String>,
    post_box: Option<String>,
    room: Option<String>,
    postcode: Option<String>,
    town: Option<String>,
    town_location: Option<String>,
    district: Option<String>,
    country_subdivision: Option<String>,
    country: Option<String>,
    #[serde(default)]
    lines: Vec<String>,
}

#[derive(Deserialize)]
struct AccountBody<'a> {
    #[serde(borrow)]
    iban: Option<Text<'a>>,
    sort_code: Option<Text<'a>>,
    secondary_reference: Option<Text<'a>>,
    routing: Option<Text<'a>>,
    account_kind: Option<Text<'a>>,
    country: Option<Text<'a>>,
    bank_code: Option<Text<'a>>,
    bic: Option<Text<'a>>,
    account: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct AgentBody<'a> {
    #[serde(borrow)]
    bic: Option<Text<'a>>,
    clearing_system: Option<String>,
    member_id: Option<String>,
}

#[derive(Deserialize)]
struct CodeBody {
    code: Option<String>,
    proprietary: Option<String>,
}

impl PayoutBody<'_> {
    /// The checked payout.
    pub fn checked(self) -> Result<Payout, FactError> {
        Ok(Payout {
            token: checked("token", PayoutToken::parse_base32(&self.token))?,
            tenant: self.tenant,
            end_to_end_id: checked("end_to_end_id", EndToEndId::parse(&self.end_to_end_id))?,
            speed: named("speed", Speed::parse(&self.speed))?,
            rail: named("rail", Rail::parse(&self.rail))?,
            bank: self.bank,
            execution_date: date("execution_date", &self.execution_date)?,
            charge_bearer: charge_bearer(self.charge_bearer.as_ref())?,
            changes: self.changes,
            instruction: self.instruction.checked()?,
        })
    }
}

impl InstructionBody<'_> {
    fn checked(self) -> Result<Instruction, FactError> {
        let rails = self.rail_preference.iter().map(|rail| named("rail_preference", Rail::parse(rail)));
        Ok(Instruction {
            external_id: checked("external_id", ExternalId::parse(&self.external_id))?,
            end_to_end_id: match &self.end_to_end_id {
                Some(id) => Some(checked("end_to_end_id", EndToEndId::parse(id))?),
                None => None,
            },
            replaces: match &self.replaces {
                Some(id) => Some(checked("replaces", ExternalId::parse(id))?),
                None => None,
            },
            batch_id: self.batch_id,
            debtor_account_ref: self.debtor_account_ref,
            amount: amount("amount", &self.amount, &self.currency)?,
            creditor: self.creditor.checked()?,
            creditor_account: self.creditor_account.checked()?,
            creditor_agent: self.creditor_agent.map(AgentBody::checked).transpose()?,
            speed: match &self.speed {
                Some(speed) => Some(named("speed", Speed::parse(speed))?),
                None => None,
            },
            rail_preference: rails.collect::<Result<_, _>>()?,
            requested_execution_date: date_if(
                "requested_execution_date",
                self.requested_execution_date.as_ref(),
            )?,
            date_policy: if self.date_reject { DatePolicy::Reject } else { DatePolicy::RollForward },
            purpose: self.purpose.map(CodeBody::checked).transpose()?,
            category_purpose: self.category_purpose.map(CodeBody::checked).transpose()?,
            remittance: remittance(self.remittance, self.reference_kind, self.reference)?,
            charge_bearer: charge_bearer(self.charge_bearer.as_ref())?,
            batch_booking: match self.batch_booking.as_deref() {
                None => None,
                Some("block") => Some(true),
                Some("each") => Some(false),
                Some(_) => return Err(FactError::Member { member: "batch_booking" }),
            },
            ultimate_debtor: self.ultimate_debtor,
            ultimate_creditor: self.ultimate_creditor,
            allow_truncation: self.allow_truncation,
        })
    }
}

impl CreditorBody<'_> {
    fn checked(self) -> Result<Party, FactError> {
        let identifiers = self
            .identifiers
            .iter()
            .map(|each| checked("identifiers", PartyIdentifier::parse(&each.scheme, &each.value)));
        Ok(Party {
            name: checked("creditor.name", PartyName::parse(&self.name))?,
            kind: checked("creditor.kind", PartyKind::parse(&self.kind))?,
            address: match self.address {
                Some(address) => Some(checked("creditor.address", Address::parse(address.parts()))?),
                None => None,
            },
            identifiers: identifiers.collect::<Result<_, _>>()?,
            email: match &self.email {
                Some(email) => Some(checked("creditor.email", Email::parse(email))?),
                None => None,
            },
        })
    }
}

impl AddressBody {
    fn parts(self) -> AddressParts {
        AddressParts {
            department: self.department,
            sub_department: self.sub_department,
            street: self.street,
            building_number: self.building_number,
            building_name: self.building_name,
            floor: self.floor,
            post_box: self.post_box,
            room: self.room,
            postcode: self.postcode,
            town: self.town,
            town_location: self.town_location,
            district: self.district,
            country_subdivision: self.country_subdivision,
            country: self.country,
            lines: self.lines,
        }
    }
}

impl AccountBody<'_> {
    fn checked(self) -> Result<Account, FactError> {
        const MEMBER: &str = "creditor_account";
        if let Some(iban) = &self.iban {
            return Ok(Account::Iban(checked("creditor_account.iban", Iban::parse(iban))?));
        }
        let account = self.account.as_deref().ok_or(FactError::Member { member: MEMBER })?;
        if let Some(sort_code) = &self.sort_code {
            return Ok(Account::Uk {
                sort_code: checked(MEMBER, SortCode::parse(sort_code))?,
                account: checked(MEMBER, UkAccountNumber::parse(account))?,
                secondary_reference: match &self.secondary_reference {
                    Some(roll) => Some(checked(MEMBER, SecondaryReference::parse(roll))?),
                    None => None,
                },
            });
        }
        if let (Some(routing), Some(kind)) = (&self.routing, &self.account_kind) {
            return Ok(Account::Us {
                routing: checked(MEMBER, AbaRouting::parse(routing))?,
                account: checked(MEMBER, UsAccountNumber::parse(account))?,
                kind: checked(MEMBER, UsAccountKind::parse(kind))?,
            });
        }
        let country = self.country.as_deref().ok_or(FactError::Member { member: MEMBER })?;
        let agent = match (&self.bank_code, &self.bic) {
            (Some(code), None) => OtherAgent::BankCode(checked(MEMBER, BankCode::parse(code))?),
            (None, Some(bic)) => OtherAgent::Bic(checked(MEMBER, Bic::parse(bic))?),
            _ => return Err(FactError::Member { member: MEMBER }),
        };
        Ok(Account::Other {
            country: checked(MEMBER, Country::parse(country))?,
            agent,
            account: checked(MEMBER, OtherAccountNumber::parse(account))?,
        })
    }
}

impl AgentBody<'_> {
    fn checked(self) -> Result<Agent, FactError> {
        Ok(Agent {
            bic: match &self.bic {
                Some(bic) => Some(checked("creditor_agent.bic", Bic::parse(bic))?),
                None => None,
            },
            clearing: self.clearing_system.zip(self.member_id),
        })
    }
}

impl CodeBody {
    fn checked(self) -> Result<Code, FactError> {
        match (self.code, self.proprietary) {
            (Some(code), None) => Ok(Code::Listed(code)),
            (None, Some(code)) => Ok(Code::Proprietary(code)),
            _ => Err(FactError::Member { member: "code" }),
        }
    }
}

fn remittance(
    text: Option<String>,
    kind: Option<CodeBody>,
    reference: Option<String>,
) -> Result<Remittance, FactError> {
    match (text, kind, reference) {
        (None, None, None) => Ok(Remittance::None),
        (Some(text), None, None) => Ok(Remittance::Unstructured(text)),
        (None, Some(kind), Some(reference)) => Ok(Remittance::Reference { kind: kind.checked()?, reference }),
        _ => Err(FactError::Member { member: "remittance" }),
    }
}

fn charge_bearer(name: Option<&Text<'_>>) -> Result<Option<ChargeBearer>, FactError> {
    name.map(|name| named("charge_bearer", ChargeBearer::parse(name))).transpose()
}

fn named<T>(member: &'static str, value: Option<T>) -> Result<T, FactError> {
    value.ok_or(FactError::Member { member })
}
