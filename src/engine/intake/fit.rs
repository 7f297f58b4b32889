//! The texts of an instruction in the characters and lengths of its rail, with a warning for each change.
//! Never which rail that is.

use super::finding::{Finding, Origin, Severity};
use super::parts::{Parts, ULTIMATE_NAME_CHARS_MAX, address_member};
use crate::bank::profile::rails::RailCoding;
use crate::domain::charset::{Fitted, Policy, TextError, fit, fit_name};
use crate::domain::party::{Address, AddressParts, Party, PartyName};
use crate::domain::payout::{Code, Remittance};

/// What a text is, which decides how it is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Name,
    Remittance,
    Address,
}

impl Use {
    fn too_long(self) -> &'static str {
        match self {
            Use::Name => "name.length",
            Use::Remittance => "remittance.length",
            Use::Address => "address.part_length",
        }
    }
}

struct Fitter<'a> {
    origin: Origin,
    coding: &'a RailCoding,
    policy: Policy,
    truncate: bool,
    findings: Vec<Finding>,
}

/// Replaces the texts of an instruction by what the rail carries; the findings say what was changed or cannot be.
pub fn fit_to_rail(
    parts: &mut Parts<'_>,
    coding: &RailCoding,
    policy: Policy,
    origin: Origin,
) -> Vec<Finding> {
    let mut fitter =
        Fitter { origin, coding, policy, truncate: parts.allow_truncation, findings: Vec::new() };
    if let Some(creditor) = &mut parts.creditor {
        fitter.party(creditor);
    }
    for (member, name) in
        [("ultimate_debtor", &mut parts.ultimate_debtor), ("ultimate_creditor", &mut parts.ultimate_creditor)]
    {
        let most = ULTIMATE_NAME_CHARS_MAX.min(coding.name_max);
        if let Some(fitted) = name.as_ref().and_then(|name| fitter.text(member, name, most, Use::Name)) {
            *name = Some(fitted);
        }
    }
    match &mut parts.remittance {
        Remittance::Unstructured(text) => {
            let most = coding.remittance_max;
            if let Some(fitted) = fitter.text("remittance.unstructured", text, most, Use::Remittance) {
                *text = fitted;
            }
        }
        Remittance::Reference { kind: Code::Proprietary(_), .. } if coding.currency.code() == "EUR" => {
            let message = "SEPA carries creditor references of type SCOR only";
            fitter.refuse("remittance.structured.type", "reference.not_on_rail", message.to_owned(), None);
        }
        _ => {}
    }
    fitter.end_to_end_id(parts);
    fitter.findings
}

impl Fitter<'_> {
    fn refuse(&mut self, member: &str, code: &'static str, message: String, proposal: Option<String>) {
        let mut finding = Finding::error(self.origin, member, code, message);
        finding.rail = Some(self.coding.rail);
        finding.proposal = proposal;
        self.findings.push(finding);
    }

    fn warn(&mut self, member: &str, code: &'static str, message: String, proposal: String) {
        self.refuse(member, code, message, Some(proposal));
        if let Some(finding) = self.findings.last_mut() {
            finding.severity = Severity::Warning;
        }
    }

    fn party(&mut self, party: &mut Party) {
        let name = self.text("creditor.name", party.name.as_str(), self.coding.name_max, Use::Name);
        if let Some(Ok(name)) = name.map(|name| PartyName::parse(&name)) {
            party.name = name;
        }
        if let Some(address) = &party.address {
            party.address = self.address(address);
        }
        for (at, identifier) in party.identifiers.iter().enumerate() {
            let member = format!("creditor.identifiers.{at}.value");
            if let Some(position) = foreign(identifier.value(), self.coding) {
                let message = format!("the rail cannot carry the character at position {position}");
                self.refuse(&member, "identifier.format", message, None);
            }
        }
    }

    /// The text as it will be sent, or `None` with a finding that refuses it.
    fn text(&mut self, member: &str, text: &str, most: usize, used: Use) -> Option<String> {
        let set = self.coding.character_set;
        let fitted = match used {
            Use::Name => fit_name(text, set, self.policy),
            Use::Remittance | Use::Address => fit(text, set, self.policy),
        };
        let fitted = match fitted {
            Ok(fitted) => fitted,
            Err(error) => {
                self.refuse(member, error.code(), error.to_string(), proposal_for(&error, text, self.coding));
                return None;
            }
        };
        let found = fitted.text.chars().count();
        if found == 0 {
            self.refuse(member, "member.empty", "nothing of it can be sent".to_owned(), None);
            return None;
        }
        if found <= most {
            self.tell_change(member, &fitted);
            return Some(fitted.text);
        }
        let cut: String = fitted.text.chars().take(most).collect::<String>().trim_end().to_owned();
        if self.truncate && cut.chars().any(char::is_alphanumeric) {
            self.tell_change(member, &fitted);
            let message = format!("cut from {found} to {most} characters");
            self.warn(member, "text.truncated", message, cut.clone());
            return Some(cut);
        }
        let message = format!("{found} characters, the rail carries at most {most}");
        self.refuse(member, used.too_long(), message, Some(cut));
        None
    }

    fn tell_change(&mut self, member: &str, fitted: &Fitted) {
        let proposal = fitted.text.clone();
        match (fitted.changed, fitted.replaced) {
            (false, _) => {}
            (true, 0) => {
                let message = "white space or capitals changed to what the rail carries".to_owned();
                self.warn(member, "text.changed", message, proposal);
            }
            (true, 1) => self.warn(member, "text.charset", "1 character replaced".to_owned(), proposal),
            (true, count) => {
                self.warn(member, "text.charset", format!("{count} characters replaced"), proposal)
            }
        }
    }

    fn address(&mut self, address: &Address) -> Option<Address> {
        let before = address.parts();
        let mut parts = AddressParts { country: before.country.clone(), ..AddressParts::default() };
        let slots: [&mut Option<String>; 13] = [
            &mut parts.department,
            &mut parts.sub_department,
            &mut parts.street,
            &mut parts.building_number,
            &mut parts.building_name,
            &mut parts.floor,
            &mut parts.post_box,
            &mut parts.room,
            &mut parts.postcode,
            &mut parts.town,
            &mut parts.town_location,
            &mut parts.district,
            &mut parts.country_subdivision,
        ];
        for (slot, (name, text, most)) in slots.into_iter().zip(before.texts()) {
            *slot = text.and_then(|text| self.text(&address_member(name), text, most, Use::Address));
        }
        for (at, line) in before.lines.iter().enumerate() {
            let member = format!("creditor.address.lines.{at}");
            parts.lines.extend(self.text(&member, line, 70, Use::Address));
        }
        if self.findings.iter().any(|finding| finding.severity == Severity::Error) {
            return None;
        }
        // In other letters a line may repeat the town that it did not repeat before.
        match Address::parse(parts) {
            Ok(address) => Some(address),
            Err(errors) => {
                for error in errors {
                    self.refuse(&address_member(&error.place()), error.code(), error.to_string(), None);
                }
                None
            }
        }
    }

    /// A reference that was given is never changed: the client's books clear by it.
    fn end_to_end_id(&mut self, parts: &Parts<'_>) {
        let Some(id) = &parts.end_to_end_id else { return };
        let (found, most) = (id.as_str().chars().count(), self.coding.end_to_end_max);
        if found > most {
            let message = format!("{found} characters, the rail carries at most {most} to the payee");
            self.refuse("end_to_end_id", "reference.length", message, None);
        } else if let Some(at) = foreign(id.as_str(), self.coding) {
            let message = format!("the rail cannot carry the character at position {at}");
            self.refuse("end_to_end_id", "reference.charset", message, None);
        }
    }
}

/// Place of the first character that the rail does not carry, from 1. Small letters arrive as capitals where the set has
/// no small ones; references compare without regard to case.
pub(super) fn foreign(text: &str, coding: &RailCoding) -> Option<usize> {
    let carried =
        |c: char| coding.character_set.contains(c) || coding.character_set.contains(c.to_ascii_uppercase());
    text.chars().position(|c| !carried(c)).map(|at| at + 1)
}

fn proposal_for(error: &TextError, text: &str, coding: &RailCoding) -> Option<String> {
    match error {
        TextError::Charset { .. } => {
            fit(text, coding.character_set, Policy::Transliterate).ok().map(|fitted| fitted.text)
        }
        _ => None,
    }
}

/// A line of `Payout::changes`: where and what, never the text.
pub(super) fn change(finding: &Finding) -> String {
    format!("{}: {}", finding.pointer(), finding.code)
}
