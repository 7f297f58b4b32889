//! Checks that no table can spell out: identifiers with check digits, duplicates, dates, addresses, national forms.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::account::{AbaRouting, Bic, Iban, Lei, is_sepa_iban};
use crate::domain::codes;
use crate::domain::reference::{CreditorReference, END_TO_END_ID_ABSENT, QrReference, Uetr};

use super::address::{AddressKind, Weight, Written, addresses};
use super::check::{Found, Scene, cut};
use super::settlement::{Speed, requested_date, speed, written_date};
use super::unit::{Leaf, Level, Unit};
use super::{amounts, parties};
use crate::domain::exact::Exact;

/// An identifier whose form can be checked.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// ISO 13616.
    Iban,
    /// ISO 9362, with a country that exists.
    Bic,
    /// ISO 17442.
    Lei,
    /// UUID version 4.
    Uetr,
    /// ISO 11649, where the reference begins with `RF` and two digits.
    CreditorReference,
    /// Sort code, BLZ and the like: digits of a given length are checked by the named checks.
    AbaRouting,
}

impl Form {
    /// Looks at the leaves.
    pub fn find(self, leaves: &[Leaf<'_>], found: &mut Vec<Found>) {
        for leaf in leaves.iter().filter(|leaf| !leaf.text.is_empty()) {
            if let Some(text) = self.fault(leaf.text) {
                found.push(Found::at(leaf, text));
            }
        }
    }

    /// What is wrong with it. Account numbers are not repeated: findings end up in logs.
    fn fault(self, text: &str) -> Option<String> {
        match self {
            Form::Iban => Iban::parse(text).err().map(|fault| fault.to_string()),
            Form::Lei => Lei::parse(text).err().map(|fault| fault.to_string()),
            Form::Uetr => Uetr::parse(text).err().map(|fault| fault.to_string()),
            Form::AbaRouting => AbaRouting::parse(text).err().map(|fault| fault.to_string()),
            Form::Bic => match Bic::parse(text) {
                Err(fault) => Some(fault.to_string()),
                Ok(bic) if codes::country(bic.country_code()).is_none() => {
                    Some(format!("{} names no country", bic.country_code()))
                }
                Ok(_) => None,
            },
            Form::CreditorReference => {
                let digits =
                    text.get(2..4).is_some_and(|two| two.bytes().all(|octet| octet.is_ascii_digit()));
                let claims = digits && text.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("RF"));
                CreditorReference::parse(text).err().filter(|_| claims).map(|fault| fault.to_string())
            }
        }
    }
}

/// A check that has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is told by the rule that names it")]
pub enum Named {
    CountGroup,
    CountBatch,
    SumGroup,
    SumBatch,
    EntryTotals,
    StatusCounts,
    DuplicateMessageId,
    DuplicatePaymentInformationId,
    DuplicateInstructionId,
    DuplicateEndToEndId,
    DuplicatesForgotten,
    PartTooLarge,
    MinorUnits,
    CurrencyKnown,
    AmountPositive,
    ExecutionPast,
    CreatedLater,
    ExecutionPlaceholder,
    EndToEndIdAbsent,
    AddressUnstructured,
    AddressStaysBehind,
    AddressEndsSoon,
    AddressLines,
    AddressTown,
    AddressRepeats,
    AddressPlaceholder,
    ChequeWithoutMethod,
    ChequeAndAccount,
    DebtorAgent,
    SepaArea,
    AllInstant,
    SwissReference,
    SwissReferenceDigits,
    SwissSepa,
    SwissForeignAgent,
    SortCode,
    UnitedKingdomAccount,
    SortCodeOfIban,
    UnitedStatesAccount,
    UnitedStatesAgent,
    RoutingNumber,
    ParticipantNumber,
    OldVersion,
    CountryPurpose,
    SwissInstant,
}

const MESSAGE: &[Level] = &[Level::Group];
const BATCH: &[Level] = &[Level::Batch];
const TRANSACTION: &[Level] = &[Level::Transaction];
const ANYWHERE: &[Level] = &[Level::Group, Level::Batch, Level::Transaction];

impl Named {
    /// The parts that this check looks at.
    pub fn levels(self) -> &'static [Level] {
        use Named::*;
        match self {
            CountGroup | SumGroup | DuplicateMessageId | DuplicatesForgotten | CreatedLater
            | StatusCounts | OldVersion => MESSAGE,
            CountBatch
            | SumBatch
            | EntryTotals
            | DuplicatePaymentInformationId
            | ExecutionPast
            | ExecutionPlaceholder => BATCH,
            PartTooLarge | MinorUnits | CurrencyKnown | AddressUnstructured | AddressStaysBehind
            | AddressEndsSoon | AddressLines | AddressTown | AddressRepeats | AddressPlaceholder => ANYWHERE,
            DebtorAgent => BATCH,
            _ => TRANSACTION,
        }
    }

    /// Looks at the part of the scene.
    pub fn find(self, scene: &Scene<'_>, ends: Option<NaiveDate>, found: &mut Vec<Found>) {
        let unit = scene.unit();
        let running = scene.running;
        match self {
            Named::CountGroup | Named::CountBatch => amounts::count(scene, "NbOfTxs", running.count, found),
            Named::SumGroup | Named::SumBatch => amounts::sum(scene, "CtrlSum", running.total, found),
            Named::EntryTotals => amounts::entry_totals(scene, found),
            Named::StatusCounts => amounts::status_counts(unit, found),
            Named::DuplicateMessageId => repeated(unit, "MsgId", scene.repeated.message_id, found),
            Named::DuplicatePaymentInformationId => {
                repeated(unit, "PmtInfId", scene.repeated.payment_information_id, found);
            }
            Named::DuplicateInstructionId => {
                repeated(unit, "PmtId/InstrId", scene.repeated.instruction_id, found);
            }
            Named::DuplicateEndToEndId => {
                repeated(unit, "PmtId/EndToEndId", scene.repeated.end_to_end_id, found);
            }
            Named::DuplicatesForgotten => forgotten(scene, found),
            Named::PartTooLarge => too_large(unit, found),
            Named::MinorUnits => amounts::minor_units(unit, found),
            Named::CurrencyKnown => amounts::known_currency(unit, found),
            Named::AmountPositive => amounts::positive(parties::amount(unit), found),
            Named::ExecutionPast | Named::CreatedLater | Named::ExecutionPlaceholder => {
                self.find_date(scene, found);
            }
            Named::EndToEndIdAbsent => end_to_end_id_absent(unit, found),
            Named::ChequeWithoutMethod | Named::ChequeAndAccount => self.find_cheque(scene, found),
            Named::DebtorAgent => debtor_agent(unit, found),
            Named::SepaArea => sepa_area(unit, found),
            Named::OldVersion => {
                let text = "a version that cannot carry a UETR".to_owned();
                found.push(Found::at(&unit.itself(), text));
            }
            Named::CountryPurpose => country_purpose(unit, found),
            Named::SwissInstant => swiss_instant(scene, found),
            Named::AllInstant => all_instant(scene, found),
            Named::SwissReference
            | Named::SwissReferenceDigits
            | Named::SwissSepa
            | Named::SwissForeignAgent => {
                self.find_swiss(scene, found);
            }
            Named::SortCode
            | Named::UnitedKingdomAccount
            | Named::SortCodeOfIban
            | Named::UnitedStatesAccount
            | Named::UnitedStatesAgent
            | Named::RoutingNumber
            | Named::ParticipantNumber => self.find_national(unit, found),
            _ => self.find_address(scene, ends, found),
        }
    }

    fn find_date(self, scene: &Scene<'_>, found: &mut Vec<Found>) {
        let unit = scene.unit();
        let date_leaf = unit.within("ReqdExctnDt");
        match (self, requested_date(unit), date_leaf) {
            (Named::ExecutionPast, Some(date), Some(leaf)) if date < scene.today => {
                let text = format!("{date} has passed as of {}", scene.today);
                found.push(Found::at(&leaf, text));
            }
            (Named::ExecutionPlaceholder, Some(date), Some(leaf)) if date.to_string() == "1999-01-01" => {
                found.push(Found::at(&leaf, "1999-01-01 means \"now\" to some German banks only".to_owned()));
            }
            _ => {}
        }
        if let (Named::CreatedLater, Some(leaf)) = (self, unit.one("CreDtTm"))
            && let Some(date) = written_date(leaf.text)
            && scene.today.succ_opt().is_some_and(|tomorrow| date > tomorrow)
        {
            found.push(Found::at(&leaf, format!("{date} lies ahead of {}", scene.today)));
        }
    }

    fn find_cheque(self, scene: &Scene<'_>, found: &mut Vec<Found>) {
        let unit = scene.unit();
        let cheque = scene.gathered.batch.text("PmtMtd") == Some("CHK");
        match self {
            Named::ChequeWithoutMethod if !cheque => {
                if let Some(leaf) = unit.within("ChqInstr") {
                    found.push(Found::at(&leaf, "ChqInstr, but PmtMtd is not CHK".to_owned()));
                }
            }
            Named::ChequeAndAccount if cheque => {
                if let Some(leaf) = unit.within("CdtrAcct") {
                    found.push(Found::at(&leaf, "an account to be credited, but PmtMtd is CHK".to_owned()));
                }
            }
            _ => {}
        }
    }

    fn find_address(self, scene: &Scene<'_>, ends: Option<NaiveDate>, found: &mut Vec<Found>) {
        for address in addresses(scene.unit()) {
            if let Some(text) = self.address_fault(&address, scene, ends) {
                found.push(Found::at(&address.first, text));
            }
        }
    }

    fn address_fault(
        self,
        address: &Written<'_>,
        scene: &Scene<'_>,
        ends: Option<NaiveDate>,
    ) -> Option<String> {
        let (kind, travels) = (address.kind(), address.weight() == Weight::Travels);
        let unstructured = kind == AddressKind::Unstructured;
        let tested = scene.tested;
        match self {
            Named::AddressUnstructured if unstructured && travels => {
                Some(format!("address lines without TwnNm and Ctry, expected to settle on {tested}"))
            }
            Named::AddressStaysBehind if unstructured && !travels => {
                Some(format!("address lines without TwnNm and Ctry, expected to settle on {tested}"))
            }
            Named::AddressEndsSoon if unstructured && travels => {
                let ends = ends.filter(|ends| tested < *ends)?;
                let next = scene.days.next_business_day(tested);
                let text = format!(
                    "address lines without TwnNm and Ctry: accepted on {tested}, refused on {next}, the next day of settlement"
                );
                (next >= ends).then_some(text)
            }
            Named::AddressLines if kind == AddressKind::Hybrid && travels => {
                let lines = address.lines().count();
                (lines > 2).then(|| format!("{lines} address lines beside TwnNm and Ctry, at most 2"))
            }
            Named::AddressTown if kind == AddressKind::Structured && travels => {
                let missing: Vec<&str> =
                    ["TwnNm", "Ctry"].into_iter().filter(|name| address.text(name).is_none()).collect();
                (!missing.is_empty()).then(|| format!("an address without {}", missing.join(" and ")))
            }
            Named::AddressRepeats if kind == AddressKind::Hybrid => repeats(address),
            Named::AddressPlaceholder => placeholder(address),
            _ => None,
        }
    }

    /// Is this address of a form that the check refuses once its rule holds?
    pub fn refuses(self, address: &Written<'_>) -> bool {
        if address.weight() != Weight::Travels {
            return false;
        }
        match (self, address.kind()) {
            (Named::AddressUnstructured, AddressKind::Unstructured) => true,
            (Named::AddressLines, AddressKind::Hybrid) => address.lines().count() > 2,
            (Named::AddressTown, AddressKind::Structured) => {
                address.text("TwnNm").is_none() || address.text("Ctry").is_none()
            }
            (Named::AddressPlaceholder, _) => placeholder(address).is_some(),
            _ => false,
        }
    }

    fn find_swiss(self, scene: &Scene<'_>, found: &mut Vec<Found>) {
        let unit = scene.unit();
        let account = parties::iban(unit, "CdtrAcct/Id/IBAN");
        let qr = account.as_ref().is_some_and(Iban::is_qr_iban);
        let proprietary =
            unit.one("RmtInf/Strd/CdtrRefInf/Tp/CdOrPrtry/Prtry").filter(|leaf| leaf.text == "QRR");
        let scor = unit.one("RmtInf/Strd/CdtrRefInf/Tp/CdOrPrtry/Cd").filter(|leaf| leaf.text == "SCOR");
        match (self, proprietary, scor) {
            (Named::SwissReference, None, Some(leaf)) if qr => {
                found.push(Found::at(&leaf, "SCOR with a QR-IBAN, which wants QRR".to_owned()));
            }
            (Named::SwissReference, None, None) if qr => {
                found.push(Found::at(&unit.itself(), "a QR-IBAN without QRR reference".to_owned()));
            }
            (Named::SwissReference, Some(leaf), _) if !qr && account.is_some() => {
                found.push(Found::at(&leaf, "QRR with an IBAN that is no QR-IBAN".to_owned()));
            }
            (Named::SwissReferenceDigits, Some(_), _) => {
                let reference = unit.one("RmtInf/Strd/CdtrRefInf/Ref");
                if let Some(leaf) = reference
                    && let Err(fault) = QrReference::parse(leaf.text)
                {
                    found.push(Found::at(&leaf, fault.to_string()));
                }
            }
            (Named::SwissSepa, ..) => swiss_sepa(unit, found),
            (Named::SwissForeignAgent, ..) => swiss_foreign_agent(unit, found),
            _ => {}
        }
    }

    fn find_national(self, unit: &Unit, found: &mut Vec<Found>) {
        let clearing = |code: &str| {
            let system = unit.text("CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd") == Some(code);
            unit.one("CdtrAgt/FinInstnId/ClrSysMmbId/MmbId").filter(|_| system)
        };
        let digits = |text: &str, count: usize| {
            text.len() == count && text.bytes().all(|octet| octet.is_ascii_digit())
        };
        let own_account = unit.one("CdtrAcct/Id/Othr/Id");
        match self {
            Named::SortCode => {
                if let Some(leaf) = clearing("GBDSC").filter(|leaf| !digits(leaf.text, 6)) {
                    found.push(Found::at(&leaf, format!("{} is no sort code of 6 digits", cut(leaf.text))));
                }
            }
            Named::UnitedKingdomAccount => {
                if let (Some(_), Some(leaf)) =
                    (clearing("GBDSC"), own_account.filter(|leaf| !digits(leaf.text, 8)))
                {
                    found.push(Found::at(&leaf, "an account number without exactly 8 digits".to_owned()));
                }
            }
            Named::SortCodeOfIban => {
                let iban = parties::iban(unit, "CdtrAcct/Id/IBAN");
                let inside = iban.as_ref().and_then(Iban::sort_code_and_account);
                if let (Some(leaf), Some((sort_code, _))) = (clearing("GBDSC"), inside)
                    && sort_code.as_str() != leaf.text
                {
                    let text = format!("{} is not the sort code inside the IBAN", cut(leaf.text));
                    found.push(Found::at(&leaf, text));
                }
            }
            Named::UnitedStatesAccount => {
                if let (Some(_), Some(leaf)) =
                    (clearing("USABA"), own_account.filter(|leaf| leaf.text.chars().count() > 17))
                {
                    found.push(Found::at(&leaf, "an account number of more than 17 characters".to_owned()));
                }
            }
            Named::RoutingNumber => {
                if let Some(leaf) = clearing("USABA") {
                    Form::AbaRouting.find(&[leaf], found);
                }
            }
            Named::ParticipantNumber => {
                if let Some(leaf) = clearing("USPID").filter(|leaf| !digits(leaf.text, 4)) {
                    found.push(Found::at(&leaf, format!("{} has not four digits", cut(leaf.text))));
                }
            }
            Named::UnitedStatesAgent => {
                let named = clearing("USABA").is_some()
                    || clearing("USPID").is_some()
                    || parties::agent_bic(unit, "CdtrAgt").is_some();
                if let Some(leaf) = own_account.filter(|_| !named) {
                    let text = "an account number, but no routing number and no BIC beside it";
                    found.push(Found::at(&leaf, text.to_owned()));
                }
            }
            _ => {}
        }
    }
}

fn repeated(unit: &Unit, path: &str, first: Option<u32>, found: &mut Vec<Found>) {
    if let (Some(line), Some(leaf)) = (first, unit.one(path)) {
        found.push(Found::at(&leaf, format!("{} stands in line {line} already", cut(leaf.text))));
    }
}

fn forgotten(scene: &Scene<'_>, found: &mut Vec<Found>) {
    let omitted: u64 = scene.remembered.iter().map(|kind| kind.omitted).sum();
    if omitted > 0 {
        let text = format!("{omitted} identifications were not compared with those after them");
        found.push(Found::at(&scene.unit().itself(), text));
    }
}

fn too_large(unit: &Unit, found: &mut Vec<Found>) {
    if unit.omitted > 0 {
        let text = format!("{} elements of this part were not judged", unit.omitted);
        found.push(Found::at(&unit.itself(), text));
    }
}

fn end_to_end_id_absent(unit: &Unit, found: &mut Vec<Found>) {
    if let Some(leaf) = unit.one("PmtId/EndToEndId").filter(|leaf| leaf.text == END_TO_END_ID_ABSENT) {
        found.push(Found::at(&leaf, "nothing to find the payment by".to_owned()));
    }
}

fn debtor_agent(unit: &Unit, found: &mut Vec<Found>) {
    let other = unit.one("DbtrAgt/FinInstnId/Othr/Id");
    if parties::agent_bic(unit, "DbtrAgt").is_none() && other.is_none_or(|leaf| leaf.text != "NOTPROVIDED") {
        let leaf = unit.within("DbtrAgt").unwrap_or(unit.itself());
        found.push(Found::at(&leaf, "neither a BIC nor Othr/Id NOTPROVIDED".to_owned()));
    }
}

fn sepa_area(unit: &Unit, found: &mut Vec<Found>) {
    if let (Some(iban), Some(leaf)) = (parties::iban(unit, "CdtrAcct/Id/IBAN"), unit.one("CdtrAcct/Id/IBAN"))
        && !is_sepa_iban(&iban)
    {
        let text = format!("{} is not among the SEPA countries of November 2026", iban.country().name());
        found.push(Found::at(&leaf, text));
    }
}

/// Countries whose payments ask for a purpose. Source: rule data of single countries, none of it complete.
const PURPOSE_COUNTRIES: &[&str] = &["AE", "QA", "MY", "IN", "CN", "TH", "ID", "KR", "SA"];

fn country_purpose(unit: &Unit, found: &mut Vec<Found>) {
    let iban = parties::iban(unit, "CdtrAcct/Id/IBAN").map(|iban| iban.country().code());
    let bic = parties::agent_bic(unit, "CdtrAgt").and_then(|leaf| leaf.text.get(4..6));
    let wants = |country: &&str| PURPOSE_COUNTRIES.contains(country);
    let said = unit.within("Purp").is_some() || unit.within("RgltryRptg").is_some();
    if let (Some(country), false) = (iban.or(bic).filter(wants), said) {
        found.push(Found::at(&unit.itself(), format!("a payment to {country} without a purpose")));
    }
}

fn swiss_instant(scene: &Scene<'_>, found: &mut Vec<Found>) {
    const FRANCS_MAX: &str = "20000";
    let unit = scene.unit();
    let instant = [speed(unit), speed(&scene.gathered.batch)].contains(&Speed::Instant);
    let Some(leaf) = parties::amount(unit).filter(|leaf| leaf.currency == Some("CHF") && instant) else {
        return;
    };
    if let (Some(amount), Some(limit)) = (Exact::parse(leaf.text), Exact::parse(FRANCS_MAX))
        && amount > limit
    {
        found.push(Found::at(&leaf, format!("{amount} is more than {limit}")));
    }
}

fn all_instant(scene: &Scene<'_>, found: &mut Vec<Found>) {
    let path = "PmtTpInf/LclInstrm/Cd";
    let unit = scene.unit();
    let said = unit.text(path).or_else(|| scene.gathered.batch.text(path));
    if said != Some("INST") {
        let leaf = unit.one(path).unwrap_or(unit.itself());
        found.push(Found::at(&leaf, "LclInstrm/Cd INST is missing".to_owned()));
    }
}

fn swiss_sepa(unit: &Unit, found: &mut Vec<Found>) {
    if let Some(leaf) = parties::amount(unit).filter(|leaf| leaf.currency != Some("EUR")) {
        found.push(Found::at(&leaf, "SvcLvl SEPA with another currency than EUR".to_owned()));
    }
    if unit.text("CdtrAcct/Id/IBAN").is_none() {
        found.push(Found::at(&unit.itself(), "SvcLvl SEPA without IBAN of the creditor".to_owned()));
    }
}

fn swiss_foreign_agent(unit: &Unit, found: &mut Vec<Found>) {
    let there = |path: &str| unit.text(path).is_some();
    let by_code = parties::agent_bic(unit, "CdtrAgt").is_some();
    let by_name = there("CdtrAgt/FinInstnId/Nm") && unit.within("CdtrAgt/FinInstnId/PstlAdr").is_some();
    if !by_code && !by_name {
        let leaf = unit.within("CdtrAgt").unwrap_or(unit.itself());
        found.push(Found::at(&leaf, "the creditor's bank has no BIC and no name with address".to_owned()));
    }
}

fn placeholder(address: &Written<'_>) -> Option<String> {
    let town = address.text("TwnNm")?;
    is_placeholder(town).then(|| format!("{} is no town", cut(town)))
}

/// Words that others put into mandatory elements to get past a check, or none at all.
pub(super) fn is_placeholder(text: &str) -> bool {
    let letters: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let empty = ["NOTPROVIDED", "NOTAVAILABLE", "UNKNOWN", "NA"];
    letters.is_empty() || empty.iter().any(|word| letters.eq_ignore_ascii_case(word))
}

/// A line that says nothing but town, postcode and country again.
fn repeats(address: &Written<'_>) -> Option<String> {
    let words = |text: &str| -> Vec<String> {
        let split = text.split(|letter: char| !letter.is_alphanumeric());
        split.filter(|word| !word.is_empty()).map(str::to_uppercase).collect()
    };
    let tagged = ["TwnNm", "PstCd", "Ctry"].iter().filter_map(|name| address.text(name));
    let known: Vec<String> = tagged.flat_map(words).collect();
    let again = |leaf: &&Leaf<'_>| {
        let line = words(leaf.text);
        !line.is_empty() && line.iter().all(|word| known.contains(word))
    };
    address.lines().find(again).map(|leaf| format!("line {} repeats what is tagged", cut(leaf.text)))
}
