//! The texts of a draft as values of the domain, each checked by itself; everything that is wrong is listed.
//! Never what a rail makes of them.

use super::check::Context;
use super::draft::Draft;
use super::finding::{Finding, Origin, Severity};
use crate::domain::account::{
    AbaRouting, Account, BankCode, Bic, Iban, OtherAccountNumber, OtherAgent, SecondaryReference, SortCode,
    UkAccountNumber, UsAccountKind, UsAccountNumber,
};
use crate::domain::amount::{Amount, AmountError};
use crate::domain::charset::{CharacterSet, refuse_controls};
use crate::domain::codes;
use crate::domain::country::Country;
use crate::domain::currency::Currency;
use crate::domain::party::{Address, AddressParts, Email, Party, PartyIdentifier, PartyKind, PartyName};
use crate::domain::payout::{Agent, ChargeBearer, Code, DatePolicy, Rail, Remittance, Speed};
use crate::domain::reference::{CreditorReference, EndToEndId, ExternalId, QrReference, ReferenceError};
use crate::domain::row::ConfiguredAccount;
use chrono::{Days, NaiveDate};
use std::fmt;

/// Longest proprietary code, in characters. Source: ISO 20022 `Purp/Prtry`, Max35Text.
const PROPRIETARY_CHARS_MAX: usize = 35;
/// Longest clearing system code, in characters. Source: ISO 20022 `ClrSysId/Cd`, at most 5.
const CLEARING_CODE_CHARS_MAX: usize = 5;
/// Longest name of an ultimate party, in characters. Source: EPC customer-to-PSP guidelines, `UltmtDbtr/Nm`.
pub const ULTIMATE_NAME_CHARS_MAX: usize = 70;

/// The members of an instruction as far as they could be read.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    pub(super) external_id: Option<ExternalId>,
    pub(super) end_to_end_id: Option<EndToEndId>,
    pub(super) replaces: Option<ExternalId>,
    pub(super) batch_id: Option<String>,
    pub(super) debtor: Option<&'a ConfiguredAccount>,
    pub(super) currency: Option<Currency>,
    pub(super) amount: Option<Amount>,
    pub(super) creditor: Option<Party>,
    pub(super) creditor_account: Option<Account>,
    pub(super) creditor_agent: Option<Agent>,
    pub(super) speed: Option<Speed>,
    pub(super) rail_preference: Vec<Rail>,
    pub(super) date: Option<NaiveDate>,
    pub(super) date_policy: DatePolicy,
    pub(super) purpose: Option<Code>,
    pub(super) category_purpose: Option<Code>,
    pub(super) remittance: Remittance,
    pub(super) charge_bearer: Option<ChargeBearer>,
    pub(super) batch_booking: Option<bool>,
    pub(super) ultimate_debtor: Option<String>,
    pub(super) ultimate_creditor: Option<String>,
    pub(super) allow_truncation: bool,
}

/// Reads every member; the findings say what could not be read.
pub fn parse<'a>(draft: &Draft, context: &'a Context<'_>) -> (Parts<'a>, Vec<Finding>) {
    let mut reader = Reader { draft, findings: Vec::new(), broken: Vec::new() };
    reader.find_broken_texts();
    let debtor = reader.debtor(context);
    let currency = reader.read("amount.currency", Currency::parse, |error| error.code());
    reader.need("amount.currency");
    let parts = Parts {
        external_id: reader.needed("external_id", ExternalId::parse, ReferenceError::code),
        end_to_end_id: reader.read("end_to_end_id", EndToEndId::parse, ReferenceError::code),
        replaces: reader.read("replaces", ExternalId::parse, ReferenceError::code),
        batch_id: reader
            .read("batch_id", ExternalId::parse, |_| "batch_id.format")
            .map(|id| id.as_str().to_owned()),
        debtor,
        currency,
        amount: reader.amount(currency),
        creditor: reader.creditor(),
        creditor_account: reader.account(),
        creditor_agent: reader.agent(),
        speed: reader.word("speed", Speed::parse, "speed.unknown"),
        rail_preference: reader.rail_preference(),
        date: reader.date(debtor, context),
        date_policy: reader
            .word("requested_execution.date_policy", date_policy, "date.policy")
            .unwrap_or_default(),
        purpose: reader.purpose("purpose", codes::purpose_known),
        category_purpose: reader.purpose("category_purpose", codes::category_purpose_known),
        remittance: reader.remittance(),
        charge_bearer: reader.word("charge_bearer", charge_bearer, "charge_bearer.unknown").flatten(),
        batch_booking: reader.word("batch_booking", flag, "flag.unknown"),
        ultimate_debtor: reader.ultimate("ultimate_debtor"),
        ultimate_creditor: reader.ultimate("ultimate_creditor"),
        allow_truncation: reader.word("allow_truncation", flag, "flag.unknown").unwrap_or_default(),
    };
    if parts.replaces.is_some() && parts.replaces == parts.external_id {
        reader.refuse("replaces", "replaces.self", "a payout cannot replace itself");
    }
    (parts, reader.findings)
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn date_policy(text: &str) -> Option<DatePolicy> {
    match text {
        "roll_forward" => Some(DatePolicy::RollForward),
        "reject" => Some(DatePolicy::Reject),
        _ => None,
    }
}

fn charge_bearer(text: &str) -> Option<Option<ChargeBearer>> {
    match text {
        "auto" => Some(None),
        _ => ChargeBearer::parse(text).map(Some),
    }
}

/// `1.23E+15`: digits, perhaps a point, an exponent with its sign, as spreadsheets write long numbers.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let exponent = exponent.strip_prefix(['+', '-']);
    exponent.is_some_and(digits) && digits(&mantissa.replacen(['.', ','], "", 1))
}

/// Members in which people write free text, where `1E+5` may stand.
fn is_free_text(member: &str) -> bool {
    member.starts_with("creditor.name")
        || member.starts_with("creditor.address.lines")
        || member.starts_with("remittance.unstructured")
        || member.starts_with("ultimate_")
        || member == "amount.value"
}

struct Reader<'a> {
    draft: &'a Draft,
    findings: Vec<Finding>,
    /// Members that have a finding about their characters: nothing more is said about them.
    broken: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    fn origin(&self) -> Origin {
        self.draft.origin
    }

    fn refuse(&mut self, member: &str, code: &'static str, message: impl fmt::Display) {
        let finding = Finding::error(self.origin(), member, code, message);
        self.findings.push(finding);
    }

    fn warn(&mut self, member: &str, code: &'static str, message: impl fmt::Display) {
        let mut finding = Finding::error(self.origin(), member, code, message);
        finding.severity = Severity::Warning;
        self.findings.push(finding);
    }

    fn find_broken_texts(&mut self) {
        for (member, text) in self.draft.members() {
            if let Err(error) = refuse_controls(text) {
                self.broken.push(member);
                self.refuse(member, "text.control", error);
            } else if text.trim().is_empty() {
                self.broken.push(member);
                self.refuse(member, "member.empty", "white space only; leave it out instead");
            } else if !is_free_text(member) && is_scientific(text) {
                self.broken.push(member);
                let message = "a number in scientific notation: a spreadsheet has changed it; format the column as text";
                self.refuse(member, "cell.scientific", message);
            }
        }
    }

    fn text(&self, member: &str) -> Option<&'a str> {
        self.draft.text(member).filter(|_| !self.broken.contains(&member))
    }

    fn need(&mut self, member: &str) {
        let known = |finding: &Finding| finding.member == member;
        if self.draft.text(member).is_none() && !self.draft.findings.iter().any(known) {
            self.refuse(member, "member.required", "this member is obligatory");
        }
    }

    fn read<T, E: fmt::Display>(
        &mut self,
        member: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        code: impl FnOnce(&E) -> &'static str,
    ) -> Option<T> {
        match parse(self.text(member)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(member, code(&error), error);
                None
            }
        }
    }

    fn needed<T, E: fmt::Display>(
        &mut self,
        member: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        code: impl FnOnce(&E) -> &'static str,
    ) -> Option<T> {
        self.need(member);
        self.read(member, parse, code)
    }

    fn word<T>(
        &mut self,
        member: &str,
        parse: impl FnOnce(&str) -> Option<T>,
        code: &'static str,
    ) -> Option<T> {
        self.read(member, |text| parse(text).ok_or("no such value; see the list of columns"), |_| code)
    }

    fn debtor<'c>(&mut self, context: &'c Context<'_>) -> Option<&'c ConfiguredAccount> {
        self.need("debtor.account_ref");
        let find = |name: &str| context.accounts.iter().find(|account| account.account_ref == name);
        self.read(
            "debtor.account_ref",
            |text| find(text).ok_or("no configured account has this name"),
            |_| "debtor.unknown",
        )
    }

    fn amount(&mut self, currency: Option<Currency>) -> Option<Amount> {
        self.need("amount.value");
        // Without its currency the shape of an amount can still be checked; three decimals offend none that has four.
        let Some(currency) = currency else {
            let shape = |text: &str| match Amount::parse(text, Currency::EUR) {
                Err(AmountError::Decimals { .. }) => Ok(()),
                other => other.map(|_| ()),
            };
            self.read("amount.value", shape, AmountError::code);
            return None;
        };
        self.read("amount.value", |text| Amount::parse(text, currency), AmountError::code)
    }

    fn creditor(&mut self) -> Option<Party> {
        let name = self.needed("creditor.name", PartyName::parse, |error| error.code());
        let kind = self.read("creditor.type", PartyKind::parse, |error| error.code()).unwrap_or_default();
        let address = self.address();
        let email = self.read("creditor.contact.email", Email::parse, |error| error.code());
        let identifiers = ["creditor.identifiers.0", "creditor.identifiers.1"];
        let identifiers = identifiers.into_iter().filter_map(|path| self.identifier(path)).collect();
        Some(Party { name: name?, kind, address, identifiers, email })
    }

    fn identifier(&mut self, path: &str) -> Option<PartyIdentifier> {
        if !self.draft.has_below(path) {
            return None;
        }
        let scheme = self.text(&format!("{path}.scheme")).unwrap_or_default();
        let value = self.text(&format!("{path}.value")).unwrap_or_default();
        match PartyIdentifier::parse(scheme, value) {
            Ok(identifier) => Some(identifier),
            Err(error) => {
                self.refuse(&format!("{path}.value"), error.code(), error);
                None
            }
        }
    }

    fn address(&mut self) -> Option<Address> {
        if !self.draft.has_below("creditor.address") {
            return None;
        }
        let part = |member: &str| self.text(member).map(str::to_owned);
        let parts = AddressParts {
            department: part("creditor.address.department"),
            sub_department: part("creditor.address.sub_department"),
            street: part("creditor.address.street"),
            building_number: part("creditor.address.building"),
            building_name: part("creditor.address.building_name"),
            floor: part("creditor.address.floor"),
            post_box: part("creditor.address.post_box"),
            room: part("creditor.address.room"),
            postcode: part("creditor.address.postcode"),
            town: part("creditor.address.town"),
            town_location: part("creditor.address.town_location"),
            district: part("creditor.address.district"),
            country_subdivision: part("creditor.address.country_subdivision"),
            country: part("creditor.address.country"),
            lines: ["creditor.address.lines.0", "creditor.address.lines.1"]
                .into_iter()
                .filter_map(part)
                .collect(),
        };
        match Address::parse(parts) {
            Ok(address) => Some(address),
            Err(errors) => {
                for error in errors {
                    self.refuse(&address_member(&error.place()), error.code(), error);
                }
                None
            }
        }
    }

    fn account(&mut self) -> Option<Account> {
        let forms = ["creditor_account.gb", "creditor_account.us", "creditor_account.other"];
        let given: Vec<&str> = forms.into_iter().filter(|form| self.draft.has_below(form)).collect();
        let iban = self.draft.text("creditor_account.iban").is_some();
        match (iban, given.as_slice()) {
            (true, []) => {
                self.read("creditor_account.iban", Iban::parse, |error| error.code()).map(Account::Iban)
            }
            (false, ["creditor_account.gb"]) => self.uk_account(),
            (false, ["creditor_account.us"]) => self.us_account(),
            (false, ["creditor_account.other"]) => self.other_account(),
            (false, []) => {
                let below = |finding: &Finding| finding.member.starts_with("creditor_account");
                if !self.draft.findings.iter().any(below) {
                    self.refuse("creditor_account", "account.required", "a creditor account is obligatory");
                }
                None
            }
            _ => {
                let message = "exactly one form of creditor account may be given";
                self.refuse("creditor_account", "account.several_forms", message);
                None
            }
        }
    }

    fn uk_account(&mut self) -> Option<Account> {
        let path = "creditor_account.gb";
        let sort_code = self.needed(&format!("{path}.sort_code"), SortCode::parse, |error| error.code());
        let account = self.needed(&format!("{path}.account"), UkAccountNumber::parse, |error| error.code());
        let reference = format!("{path}.secondary_reference");
        let secondary_reference = self.read(&reference, SecondaryReference::parse, |error| error.code());
        Some(Account::Uk { sort_code: sort_code?, account: account?, secondary_reference })
    }

    fn us_account(&mut self) -> Option<Account> {
        let path = "creditor_account.us";
        let routing = self.needed(&format!("{path}.routing"), AbaRouting::parse, |error| error.code());
        let account = self.needed(&format!("{path}.account"), UsAccountNumber::parse, |error| error.code());
        let kind = self.needed(&format!("{path}.account_type"), UsAccountKind::parse, |error| error.code());
        Some(Account::Us { routing: routing?, account: account?, kind: kind? })
    }

    fn other_account(&mut self) -> Option<Account> {
        let path = "creditor_account.other";
        let country = self.needed(&format!("{path}.country"), Country::parse, |_| "country.unknown");
        let account =
            self.needed(&format!("{path}.account"), OtherAccountNumber::parse, |error| error.code());
        let code = self.read(&format!("{path}.bank_code"), BankCode::parse, |error| error.code());
        let bic = self.read(&format!("{path}.bic"), Bic::parse, |error| error.code());
        let given = |name: &str| self.draft.text(&format!("{path}.{name}")).is_some();
        if given("bank_code") == given("bic") {
            self.refuse(
                path,
                "account.other_agent",
                "either bank_code or bic names the bank: exactly one of them",
            );
            return None;
        }
        let agent = code.map(OtherAgent::BankCode).or(bic.map(OtherAgent::Bic));
        Some(Account::Other { country: country?, agent: agent?, account: account? })
    }

    fn agent(&mut self) -> Option<Agent> {
        if !self.draft.has_below("creditor_agent") {
            return None;
        }
        let bic = self.read("creditor_agent.bic", Bic::parse, |error| error.code());
        let code = self.text("creditor_agent.clearing_code");
        let member = self.text("creditor_agent.member_id");
        let shaped = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_alphanumeric())
        };
        let clearing = match (code, member) {
            (None, None) => None,
            (Some(code), Some(member)) if shaped(code, CLEARING_CODE_CHARS_MAX) && shaped(member, 35) => {
                Some((code.to_owned(), member.to_owned()))
            }
            _ => {
                let message =
                    "clearing_code (1 to 5 letters) and member_id (1 to 35 letters or digits) go together";
                self.refuse("creditor_agent.clearing_code", "agent.clearing", message);
                None
            }
        };
        (bic.is_some() || clearing.is_some()).then_some(Agent { bic, clearing })
    }

    fn rail_preference(&mut self) -> Vec<Rail> {
        let members = ["rail_preference.0", "rail_preference.1", "rail_preference.2"];
        let mut rails: Vec<Rail> = Vec::new();
        for member in members {
            let rail = self.word(member, Rail::parse, "rail.unknown");
            rails.extend(rail.filter(|rail| !rails.contains(rail)));
        }
        rails
    }

    /// An absolute date, `today`, or `+N` days from the bank's present date.
    fn date(&mut self, debtor: Option<&ConfiguredAccount>, context: &Context<'_>) -> Option<NaiveDate> {
        let today = || context.local_date(debtor);
        let parse = |text: &str| match text.strip_prefix('+') {
            None if text == "today" => Some(today()),
            None => iso_date(text),
            Some(days) if days.len() <= 4 && days.bytes().all(|octet| octet.is_ascii_digit()) => {
                today().checked_add_days(Days::new(days.parse().ok()?))
            }
            Some(_) => None,
        };
        self.read(
            "requested_execution.date",
            |text| parse(text).ok_or("a date is YYYY-MM-DD, today or +N"),
            |_| "date.format",
        )
    }

    fn purpose(&mut self, member: &str, known: impl Fn(&str) -> bool) -> Option<Code> {
        let proprietary_member = format!("{member}.proprietary");
        let listed = self.text(member);
        let proprietary = self.text(&proprietary_member);
        let capital = |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
        match (listed, proprietary) {
            (Some(code), None) if code.len() == 4 && code.bytes().all(capital) => {
                if !known(code) {
                    self.warn(
                        member,
                        "purpose.unknown",
                        "this code is not in the external list that we have",
                    );
                }
                Some(Code::Listed(code.to_owned()))
            }
            (None, Some(text))
                if text.chars().count() <= PROPRIETARY_CHARS_MAX
                    && text.trim() == text
                    && text.chars().all(|c| CharacterSet::Sepa.contains(c)) =>
            {
                Some(Code::Proprietary(text.to_owned()))
            }
            (None, None) => None,
            (Some(_), _) => {
                self.refuse(
                    member,
                    "purpose.format",
                    "a code of four capitals or digits, or else a proprietary text",
                );
                None
            }
            (None, Some(_)) => {
                self.refuse(
                    &proprietary_member,
                    "purpose.format",
                    "a proprietary text has 1 to 35 plain characters",
                );
                None
            }
        }
    }

    fn remittance(&mut self) -> Remittance {
        let text = self.text("remittance.unstructured");
        let reference = self.text("remittance.structured.reference");
        let kind = self.text("remittance.structured.type");
        if text.is_some() && reference.is_some() {
            let message = "unstructured and structured remittance exclude each other";
            self.refuse("remittance", "remittance.both", message);
        }
        match (reference, kind) {
            (Some(_), None | Some("SCOR")) => {
                let member = "remittance.structured.reference";
                let read = self.read(member, CreditorReference::parse, ReferenceError::code);
                read.map_or(Remittance::None, |reference| Remittance::Reference {
                    kind: Code::Listed("SCOR".to_owned()),
                    reference: reference.as_str().to_owned(),
                })
            }
            (Some(_), Some("QRR")) => {
                let read =
                    self.read("remittance.structured.reference", QrReference::parse, ReferenceError::code);
                read.map_or(Remittance::None, |reference| Remittance::Reference {
                    kind: Code::Proprietary("QRR".to_owned()),
                    reference: reference.as_str().to_owned(),
                })
            }
            (Some(_), Some(_)) => {
                self.refuse("remittance.structured.type", "reference.type", "the type is SCOR or QRR");
                Remittance::None
            }
            (None, Some(_)) => {
                self.need("remittance.structured.reference");
                Remittance::None
            }
            (None, None) => text.map_or(Remittance::None, |text| Remittance::Unstructured(text.to_owned())),
        }
    }

    fn ultimate(&mut self, member: &str) -> Option<String> {
        let name = self.read(member, PartyName::parse, |error| error.code())?;
        let found = name.as_str().chars().count();
        if found > ULTIMATE_NAME_CHARS_MAX {
            self.refuse(
                member,
                "name.length",
                format!("{found} characters, at most {ULTIMATE_NAME_CHARS_MAX} are allowed"),
            );
            return None;
        }
        Some(name.as_str().to_owned())
    }
}

/// `YYYY-MM-DD` and nothing else.
fn iso_date(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10 && text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'-');
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| shaped)
}

/// The member of the instruction that a place within an address is.
pub(super) fn address_member(place: &str) -> String {
    match place {
        "building_number" => "creditor.address.building".to_owned(),
        _ => format!("creditor.address.{}", place.replace('/', ".")),
    }
}
