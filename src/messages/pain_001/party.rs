//! Parties, accounts and agents of pain.001. Never which of them a rail demands.

use super::Debtor;
use super::clearing::clearing_system;
use super::version::{DebtorAgent, Shape, Since2019};
use crate::domain::account::{Account, Bic, OtherAgent, UsAccountKind};
use crate::domain::country::Country;
use crate::domain::currency::Currency;
use crate::domain::party::{Address, AddressParts, Party, PartyIdentifier, PartyKind};
use crate::domain::payout::{Code, Instruction};
use crate::messages::emit::Emitter;

/// Stands in the mandatory `DbtrAgt` where the account alone says which bank it is.
/// Source: EPC customer-to-PSP implementation guidelines for pain.001, `DbtrAgt`.
const AGENT_ABSENT: &str = "NOTPROVIDED";
/// Longest address line, in characters. Source: `PostalAddress6/AdrLine`, Max70Text.
const ADDRESS_LINE_CHARS_MAX: usize = 70;
/// Codes of `ExternalOrganisationIdentification1Code`, state of May 2025. Other scheme names are proprietary.
const ORGANISATION_SCHEMES: &[&str] = &[
    "BANK", "BDID", "BOID", "CBID", "CHID", "CINC", "COID", "CUST", "DUNS", "EMPL", "GS1G", "SREN", "SRET",
    "TXID",
];
/// Codes of `ExternalPersonIdentification1Code`, state of May 2025. Other scheme names are proprietary.
const PERSON_SCHEMES: &[&str] =
    &["ARNU", "BANK", "CCPT", "CUST", "DRLC", "EMPL", "NIDN", "POID", "SOSE", "TELE", "TXID"];
/// Scheme name of an LEI. It is in neither list: it has an element of its own in an organisation's id since 2019.
const LEI: &str = "LEI";

/// `Cdtr`.
pub(super) fn write_creditor(emitter: &mut Emitter<'_>, shape: &Shape, creditor: &Party) {
    emitter.open("Cdtr");
    emitter.text("Nm", creditor.name.as_str());
    if let Some(address) = &creditor.address {
        write_address(emitter, shape, address);
    }
    if !creditor.identifiers.is_empty() {
        emitter.open("Id");
        match creditor.kind {
            PartyKind::Organisation => write_organisation_ids(emitter, shape, &creditor.identifiers),
            PartyKind::Individual => {
                emitter.open("PrvtId");
                creditor.identifiers.iter().for_each(|id| write_identifier(emitter, PERSON_SCHEMES, id));
                emitter.close("PrvtId");
            }
        }
        emitter.close("Id");
    }
    emitter.close("Cdtr");
}

/// `OrgId`: first the LEI in its own element where the version has one, then everything else.
fn write_organisation_ids(emitter: &mut Emitter<'_>, shape: &Shape, ids: &[PartyIdentifier]) {
    let own_element = match shape.since_2019 {
        Since2019::Present => ids.iter().position(|id| id.scheme() == LEI),
        Since2019::Absent => None,
    };
    emitter.open("OrgId");
    emitter.optional("LEI", own_element.and_then(|at| ids.get(at)).map(PartyIdentifier::value));
    for (at, id) in ids.iter().enumerate() {
        if Some(at) != own_element {
            write_identifier(emitter, ORGANISATION_SCHEMES, id);
        }
    }
    emitter.close("OrgId");
}

fn write_identifier(emitter: &mut Emitter<'_>, listed: &[&str], id: &PartyIdentifier) {
    let element = if listed.contains(&id.scheme()) { "Cd" } else { "Prtry" };
    emitter.open("Othr");
    emitter.text("Id", id.value());
    emitter.nested("SchmeNm", element, id.scheme());
    emitter.close("Othr");
}

/// `Othr` of an identification.
pub(super) fn write_other_id(emitter: &mut Emitter<'_>, value: &str, scheme: Option<&Code>) {
    emitter.open("Othr");
    emitter.text("Id", value);
    emitter.code("SchmeNm", scheme);
    emitter.close("Othr");
}

/// `PstlAdr`, in the order that all versions share.
fn write_address(emitter: &mut Emitter<'_>, shape: &Shape, address: &Address) {
    let parts = address.parts();
    emitter.open("PstlAdr");
    emitter.optional("Dept", parts.department.as_deref());
    emitter.optional("SubDept", parts.sub_department.as_deref());
    emitter.optional("StrtNm", parts.street.as_deref());
    emitter.optional("BldgNb", parts.building_number.as_deref());
    if shape.since_2019 == Since2019::Present {
        emitter.optional("BldgNm", parts.building_name.as_deref());
        emitter.optional("Flr", parts.floor.as_deref());
        emitter.optional("PstBx", parts.post_box.as_deref());
        emitter.optional("Room", parts.room.as_deref());
    }
    emitter.optional("PstCd", parts.postcode.as_deref());
    emitter.optional("TwnNm", parts.town.as_deref());
    if shape.since_2019 == Since2019::Present {
        emitter.optional("TwnLctnNm", parts.town_location.as_deref());
        emitter.optional("DstrctNm", parts.district.as_deref());
    }
    emitter.optional("CtrySubDvsn", parts.country_subdivision.as_deref());
    emitter.text("Ctry", address.country().code());
    if shape.since_2019 == Since2019::Absent {
        folded_lines(parts).iter().for_each(|line| emitter.text("AdrLine", line));
    }
    parts.lines.iter().for_each(|line| emitter.text("AdrLine", line));
    emitter.close("PstlAdr");
}

/// The parts of an address that the 2009 schema has no element for, packed into as few address lines as they need:
/// nothing that the client said about where the payee is gets lost. In this order they need at most five lines
/// even at full length, so that with the two lines of a hybrid address the seven of the schema suffice.
pub(super) fn folded_lines(parts: &AddressParts) -> Vec<String> {
    let post_box = parts.post_box.as_deref().map(|number| match number.contains(char::is_alphabetic) {
        true => number.to_owned(),
        // A number by itself in a line would tell nobody what it is.
        false => format!("PO Box {number}"),
    });
    let without_element = [
        parts.building_name.as_deref(),
        post_box.as_deref(),
        parts.town_location.as_deref(),
        parts.district.as_deref(),
        parts.floor.as_deref(),
        parts.room.as_deref(),
    ];
    let mut lines: Vec<String> = Vec::new();
    for part in without_element.into_iter().flatten() {
        let chars = |text: &str| text.chars().count();
        match lines.last_mut() {
            Some(line) if chars(line) + 2 + chars(part) <= ADDRESS_LINE_CHARS_MAX => {
                line.push_str(", ");
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

/// `DbtrAcct`. Its kind is nobody's news: the bank keeps it.
pub(super) fn write_debtor_account(emitter: &mut Emitter<'_>, shape: &Shape, debtor: &Debtor) {
    emitter.open("DbtrAcct");
    write_account_id(emitter, shape, &debtor.account);
    emitter.optional("Ccy", debtor.currency.map(Currency::code));
    emitter.close("DbtrAcct");
}

/// `CdtrAcct`.
pub(super) fn write_creditor_account(emitter: &mut Emitter<'_>, shape: &Shape, account: &Account) {
    if let Account::Iban(iban) = account {
        emitter.markup("<CdtrAcct><Id><IBAN>");
        emitter.plain(iban.as_str().as_bytes());
        return emitter.markup("</IBAN></Id></CdtrAcct>");
    }
    emitter.open("CdtrAcct");
    write_account_id(emitter, shape, account);
    if let Account::Us { kind, .. } = account {
        let code = match kind {
            UsAccountKind::Checking => "CACC",
            UsAccountKind::Savings => "SVGS",
        };
        emitter.nested("Tp", "Cd", code);
    }
    emitter.close("CdtrAcct");
}

/// `Id` of an account. Of a UK or US account the bank's number stands in the agent.
fn write_account_id(emitter: &mut Emitter<'_>, shape: &Shape, account: &Account) {
    emitter.open("Id");
    match account {
        Account::Iban(iban) => emitter.text("IBAN", iban.as_str()),
        Account::Uk { account, .. } => {
            emitter.open("Othr");
            emitter.text("Id", account.as_str());
            if shape.subset.is_none() {
                emitter.nested("SchmeNm", "Cd", "BBAN");
            }
            emitter.close("Othr");
        }
        Account::Us { account, .. } => emitter.nested("Othr", "Id", account.as_str()),
        Account::Other { account, .. } => emitter.nested("Othr", "Id", account.as_str()),
    }
    emitter.close("Id");
}

/// What is known of a bank.
#[derive(Default)]
pub(super) struct KnownAgent<'a> {
    pub(super) bic: Option<&'a Bic>,
    /// Clearing system, where it has a code, and member id.
    pub(super) clearing: Option<(Option<&'a str>, &'a str)>,
    /// Says where a bank code is at home when no clearing system does.
    country: Option<Country>,
}

/// `DbtrAgt`. The element is mandatory.
pub(super) fn write_debtor_agent(emitter: &mut Emitter<'_>, shape: &Shape, debtor: &Debtor) {
    let mut known = agent_of_account(&debtor.account);
    known.bic = debtor.agent.as_ref().or(known.bic);
    let clearing = shape.subset.is_some_and(|subset| subset.debtor_agent == DebtorAgent::BicOrClearing);
    if clearing && known.bic.is_none() && known.clearing.is_none() {
        known.clearing = clearing_of_iban(&debtor.account).map(|(system, member)| (Some(system), member));
    }
    if known.bic.is_none() && known.clearing.is_none() {
        emitter.open("DbtrAgt");
        emitter.open("FinInstnId");
        emitter.nested("Othr", "Id", AGENT_ABSENT);
        emitter.close("FinInstnId");
        emitter.close("DbtrAgt");
        return;
    }
    write_agent(emitter, shape, "DbtrAgt", &known);
}

/// Clearing system and member id of the bank that an IBAN names, where they are clear. Swiss and Liechtenstein numbers
/// stand without the zeros that fill them up in an IBAN; a British one names its bank by sort code.
/// Source: SIX, Swiss Payment Standards, `DbtrAgt` (IID); IBAN registry.
pub(super) fn clearing_of_iban(account: &Account) -> Option<(&'static str, &str)> {
    let Account::Iban(iban) = account else { return None };
    let code = iban.bank_code();
    let found = match iban.country().code() {
        "CH" | "LI" => Some(("CHBCC", code.trim_start_matches('0'))),
        "GB" => iban.as_str().get(8..14).map(|sort_code| ("GBDSC", sort_code)),
        _ => clearing_system(iban.country(), code).map(|system| (system, code)),
    };
    // Where the country's code stands for its clearing system, its members need not have the codes of IBANs.
    found.filter(|(system, member)| system.len() > 2 && !member.is_empty())
}

/// `CdtrAgt`, where anything is known.
pub(super) fn write_creditor_agent(emitter: &mut Emitter<'_>, shape: &Shape, instruction: &Instruction) {
    let known = known_creditor_agent(instruction);
    if known.bic.is_some() || known.clearing.is_some() {
        write_agent(emitter, shape, "CdtrAgt", &known);
    }
}

/// A UK or US account names its own clearing and member id; for other accounts what the client says of the bank goes
/// before what the account's bank code lets us infer.
pub(super) fn known_creditor_agent(instruction: &Instruction) -> KnownAgent<'_> {
    let mut known = agent_of_account(&instruction.creditor_account);
    if let Some(agent) = &instruction.creditor_agent {
        known.bic = agent.bic.as_ref().or(known.bic);
        let fixed = matches!(instruction.creditor_account, Account::Uk { .. } | Account::Us { .. });
        if let (Some((system, member)), false) = (&agent.clearing, fixed) {
            known.clearing = Some((Some(system), member));
            known.country = None;
        }
    }
    known
}

/// What an account itself says about its bank.
pub(super) fn agent_of_account(account: &Account) -> KnownAgent<'_> {
    match account {
        Account::Iban(_) => KnownAgent::default(),
        Account::Uk { sort_code, .. } => {
            KnownAgent { clearing: Some((Some("GBDSC"), sort_code.as_str())), ..KnownAgent::default() }
        }
        Account::Us { routing, .. } => {
            KnownAgent { clearing: Some((Some("USABA"), routing.as_str())), ..KnownAgent::default() }
        }
        Account::Other { agent: OtherAgent::Bic(bic), .. } => {
            KnownAgent { bic: Some(bic), ..KnownAgent::default() }
        }
        Account::Other { agent: OtherAgent::BankCode(code), country, .. } => {
            let system = clearing_system(*country, code.as_str());
            let country = if system.is_none() { Some(*country) } else { None };
            KnownAgent { bic: None, clearing: Some((system, code.as_str())), country }
        }
    }
}

fn write_agent(emitter: &mut Emitter<'_>, shape: &Shape, name: &'static str, agent: &KnownAgent<'_>) {
    emitter.open(name);
    emitter.open("FinInstnId");
    emitter.optional(shape.agent_bic, agent.bic.map(Bic::as_str));
    if let Some((system, member)) = agent.clearing {
        emitter.open("ClrSysMmbId");
        if let Some(system) = system {
            emitter.nested("ClrSysId", "Cd", system);
        }
        emitter.text("MmbId", member);
        emitter.close("ClrSysMmbId");
    }
    if let Some(country) = agent.country {
        emitter.nested("PstlAdr", "Ctry", country.code());
    }
    emitter.close("FinInstnId");
    emitter.close(name);
}
