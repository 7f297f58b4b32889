//! What of an order a definition has no room for, so that it is refused by name and never left out. Never what a rail
//! demands.

use super::party::{agent_of_account, clearing_of_iban, folded_lines, known_creditor_agent};
use super::version::{Accounts, AddressElements, BicLetters, CodingLimits, CreditorAgent, DebtorAgent};
use super::version::{Shape, Since2019, Subset, Version, is_reference};
use super::{Block, Coding, Debtor, Header};
use crate::domain::account::{Account, Bic};
use crate::domain::amount::Amount;
use crate::domain::currency::Currency;
use crate::domain::party::{Party, PartyIdentifier, PartyKind};
use crate::domain::payout::{ChargeBearer, Code, Instruction, Payout, Remittance};

/// Most address lines. Source: `AdrLine` of a creditor in pain.001.001.03.ch.02 and pain.001.001.09.ch.03.
const ADDRESS_LINES_MAX: usize = 2;

/// One member that a definition cannot carry. The customer must change it, or the operator choose another definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Member of the instruction with dots, like `creditor.address`; for what all payouts of a block share, the
    /// member that it comes from.
    pub member: &'static str,
    /// In words, without values.
    pub why: &'static str,
}

/// Gathers what does not fit.
struct Gathered<'s> {
    shape: &'s Shape,
    found: Vec<Unfit>,
}

/// What of a payout the definition cannot carry; empty where everything fits.
pub fn unfit_payout(version: Version, payout: &Payout) -> Vec<Unfit> {
    let mut gathered = Gathered { shape: version.shape(), found: Vec::new() };
    gathered.creditor_agent(&payout.instruction);
    if let Some(subset) = gathered.shape.subset {
        gathered.payout(subset, payout);
    }
    gathered.found
}

/// What of the things that the payouts of a block share the definition cannot carry.
pub fn unfit_shared(
    version: Version,
    coding: &Coding,
    debtor: &Debtor,
    bearer: Option<ChargeBearer>,
) -> Vec<Unfit> {
    let mut gathered = Gathered { shape: version.shape(), found: Vec::new() };
    if let Some(bic) = &debtor.agent {
        gathered.bic("debtor.account_ref", bic);
    }
    if let Some(subset) = gathered.shape.subset {
        gathered.text("debtor.account_ref", &debtor.name, subset);
        gathered.name_length("debtor.account_ref", &debtor.name, subset);
        gathered.account("debtor.account_ref", &debtor.account, subset);
        gathered.debtor_agent(subset, debtor);
        gathered.coding(subset, coding);
        let foreign = bearer.is_some_and(|bearer| bearer != ChargeBearer::ServiceLevel);
        if subset.euro_cents_max.is_some() && foreign {
            gathered.refuse("charge_bearer", "only service_level is carried");
        }
    }
    gathered.found
}

/// What of a block's head the definition cannot carry.
pub(super) fn unfit_block(version: Version, block: &Block) -> Vec<Unfit> {
    let mut found = unfit_shared(version, &block.coding, &block.debtor, block.charge_bearer);
    if version.is_subset() && !is_reference(block.payment_information_id.as_str()) {
        found.push(Unfit { member: "payment_information_id", why: NOT_A_REFERENCE });
    }
    found
}

/// What of a message's head the definition cannot carry.
pub(super) fn unfit_header(version: Version, header: &Header) -> Vec<Unfit> {
    let mut gathered = Gathered { shape: version.shape(), found: Vec::new() };
    if let Some(subset) = gathered.shape.subset {
        let party = &header.initiating_party;
        gathered.text("initiating_party", &party.name, subset);
        gathered.name_length("initiating_party", &party.name, subset);
        if let Some(id) = &party.organisation_id {
            gathered.text("initiating_party", &id.value, subset);
        }
        if !is_reference(header.message_id.as_str()) {
            gathered.refuse("message_id", NOT_A_REFERENCE);
        }
    }
    gathered.found
}

const NOT_A_REFERENCE: &str = "a reference has letters, digits, space and / - ? : ( ) . , ' + only";

impl Gathered<'_> {
    fn refuse(&mut self, member: &'static str, why: &'static str) {
        self.found.push(Unfit { member, why });
    }

    fn text(&mut self, member: &'static str, text: &str, subset: &Subset) {
        let foreign = !text.chars().all(subset.characters);
        if foreign {
            self.refuse(member, "has a character outside of the definition's set");
        }
    }

    fn name_length(&mut self, member: &'static str, name: &str, subset: &Subset) {
        let long = name.chars().count() > subset.name_chars_max;
        if long {
            self.refuse(member, "a name has at most 70 characters");
        }
    }

    fn bic(&mut self, member: &'static str, bic: &Bic) {
        let letters = self.shape.bic_letters;
        let why = "this definition takes BICs of ISO 9362:2009 only, which begin with six letters";
        if letters == BicLetters::Of2009 && !is_of_2009(bic) {
            self.refuse(member, why);
        }
    }

    fn payout(&mut self, subset: &Subset, payout: &Payout) {
        let instruction = &payout.instruction;
        if !is_reference(payout.end_to_end_id.as_str()) {
            self.refuse("end_to_end_id", NOT_A_REFERENCE);
        }
        self.amount(subset, &instruction.amount);
        self.creditor(subset, &instruction.creditor);
        self.account("creditor_account", &instruction.creditor_account, subset);
        for (member, name) in [
            ("ultimate_debtor", &instruction.ultimate_debtor),
            ("ultimate_creditor", &instruction.ultimate_creditor),
        ] {
            if let Some(name) = name {
                self.text(member, name, subset);
                self.name_length(member, name, subset);
            }
        }
        let listed = |code: Option<&Code>| !matches!(code, Some(Code::Proprietary(_)));
        if !listed(instruction.purpose.as_ref()) {
            self.refuse("purpose", "only codes of the list are carried");
        }
        self.remittance(subset, instruction);
    }

    fn amount(&mut self, subset: &Subset, amount: &Amount) {
        if let Some(most) = subset.euro_cents_max {
            if amount.currency() != Currency::EUR {
                self.refuse("amount.currency", "only euro is carried");
            }
            if amount.minor() > most {
                self.refuse("amount.value", "at most 999999999.99 is carried");
            }
        }
    }

    fn creditor(&mut self, subset: &Subset, creditor: &Party) {
        self.text("creditor.name", creditor.name.as_str(), subset);
        self.name_length("creditor.name", creditor.name.as_str(), subset);
        let is_lei = |id: &&PartyIdentifier| id.scheme() == "LEI";
        let own_element =
            self.shape.since_2019 == Since2019::Present && creditor.kind == PartyKind::Organisation;
        let leis = if own_element { creditor.identifiers.iter().filter(is_lei).count().min(1) } else { 0 };
        let several = creditor.identifiers.len().saturating_sub(leis) > 1;
        if several {
            self.refuse(
                "creditor.identifiers",
                "one number is carried, besides an LEI where it has an element",
            );
        }
        for id in &creditor.identifiers {
            self.text("creditor.identifiers", id.value(), subset);
            self.text("creditor.identifiers", id.scheme(), subset);
        }
        let Some(address) = &creditor.address else { return };
        let parts = address.parts();
        if subset.address == AddressElements::Unstructured {
            let why = "town and country have no elements of their own, and an address in lines only is refused since \
                       November 2026";
            return self.refuse("creditor.address", why);
        }
        let folded = match self.shape.since_2019 {
            Since2019::Present => 0,
            Since2019::Absent => folded_lines(parts).len(),
        };
        let many = folded.saturating_add(parts.lines.len()) > ADDRESS_LINES_MAX;
        if many {
            self.refuse("creditor.address", "parts without elements of their own need more than two lines");
        }
        let texts = parts.texts().into_iter().filter_map(|(_, text, _)| text);
        let foreign = texts
            .chain(parts.lines.iter().map(String::as_str))
            .any(|text| !text.chars().all(subset.characters));
        if foreign {
            self.refuse("creditor.address", "has a character outside of the definition's set");
        }
    }

    fn account(&mut self, member: &'static str, account: &Account, subset: &Subset) {
        match account {
            Account::Iban(_) => {}
            _ if subset.accounts == Accounts::IbanOnly => {
                self.refuse(member, "only accounts with an IBAN are carried");
            }
            Account::Us { .. } if member == "creditor_account" => {
                self.refuse(member, "there is no element for the kind of account, checking or savings");
            }
            Account::Other { account, .. } => self.text(member, account.as_str(), subset),
            Account::Uk { .. } | Account::Us { .. } => {}
        }
    }

    fn debtor_agent(&mut self, subset: &Subset, debtor: &Debtor) {
        let known = agent_of_account(&debtor.account);
        let bic = debtor.agent.is_some() || known.bic.is_some();
        match subset.debtor_agent {
            DebtorAgent::BicOrNotProvided => {}
            DebtorAgent::Bic => {
                if !bic {
                    self.refuse(
                        "debtor.account_ref",
                        "the debtor's bank is named by its BIC, which is not configured",
                    );
                }
            }
            DebtorAgent::BicOrClearing => {
                let clearing = known.clearing.is_some() || clearing_of_iban(&debtor.account).is_some();
                let why = "the debtor's bank is named by BIC or clearing number, and neither is known";
                if !bic && !clearing {
                    self.refuse("debtor.account_ref", why);
                }
            }
        }
    }

    fn creditor_agent(&mut self, instruction: &Instruction) {
        let known = known_creditor_agent(instruction);
        if let Some(bic) = known.bic {
            self.bic("creditor_agent.bic", bic);
        }
        let Some(subset) = self.shape.subset else { return };
        let stated = instruction.creditor_agent.as_ref().and_then(|agent| agent.clearing.as_ref());
        match subset.creditor_agent {
            CreditorAgent::OfVersion => {
                if let Some((_, member)) = known.clearing {
                    self.text("creditor_agent", member, subset);
                }
            }
            CreditorAgent::BicOrNothing | CreditorAgent::BicAlways => {
                if stated.is_some() {
                    self.refuse("creditor_agent", "the payee's bank is named by its BIC only");
                }
                let missing = subset.creditor_agent == CreditorAgent::BicAlways && known.bic.is_none();
                if missing {
                    self.refuse("creditor_agent.bic", "the BIC of the payee's bank is mandatory");
                }
            }
        }
    }

    fn coding(&mut self, subset: &Subset, coding: &Coding) {
        let proprietary = |code: &Option<Code>| matches!(code, Some(Code::Proprietary(_)));
        let why = "only codes of the list are carried";
        if proprietary(&coding.category_purpose) {
            self.refuse("category_purpose", why);
        }
        if subset.coding == CodingLimits::OfVersion {
            return;
        }
        let why =
            "the rail's local instrument, which says that it is not an ordinary transfer, has no element";
        if coding.local_instrument.is_some() {
            self.refuse("rail_preference", why);
        }
        if proprietary(&coding.service_level) {
            self.refuse("rail_preference", "the rail's service level is not of the list");
        }
        let sepa = coding.service_level == Some(Code::Listed("SEPA".to_owned()));
        let other = subset.coding == CodingLimits::Sepa && coding.service_level.is_some() && !sepa;
        if other {
            self.refuse("rail_preference", "only the service level SEPA is carried");
        }
        let bare = coding.service_level.is_none() && coding.category_purpose.is_some();
        if bare {
            self.refuse(
                "category_purpose",
                "it is carried beside a service level only, and the rail has none",
            );
        }
    }

    fn remittance(&mut self, subset: &Subset, instruction: &Instruction) {
        let roll_number =
            matches!(&instruction.creditor_account, Account::Uk { secondary_reference: Some(_), .. });
        let both = roll_number && instruction.remittance != Remittance::None;
        let why = "text and roll number of a building society do not both find room";
        if both {
            self.refuse("remittance", why);
        }
        match &instruction.remittance {
            Remittance::None => {}
            Remittance::Unstructured(text) => self.text("remittance.unstructured", text, subset),
            Remittance::Reference { kind, reference } => {
                let member = "remittance.structured.reference";
                self.text(member, reference, subset);
                let iso = matches!(kind, Code::Listed(code) if code == "SCOR");
                if subset.euro_cents_max.is_some() && !iso {
                    self.refuse(member, "only references of ISO 11649 are carried");
                }
            }
        }
    }
}

fn is_of_2009(bic: &Bic) -> bool {
    let octets = bic.as_str().as_bytes();
    octets.iter().take(6).all(u8::is_ascii_uppercase)
        && octets.get(6).is_some_and(|octet| !matches!(octet, b'0' | b'1'))
        && octets.get(7).is_some_and(|octet| *octet != b'O')
}
