//! Writes the payout of a `payout_recorded` fact, version 1. Never reads it.

use super::json::Members;
use crate::domain::account::{Account, OtherAgent};
use crate::domain::party::Party;
use crate::domain::payout::{Code, DatePolicy, Instruction, Payout, Remittance};

/// Writes a payout as the member `payout`.
pub fn payout(payout: &Payout, members: &mut Members<'_>) {
    let mut object = members.object("payout");
    object.text("token", &payout.token.base32());
    object.text("tenant", &payout.tenant);
    object.text("end_to_end_id", payout.end_to_end_id.as_str());
    object.text("speed", payout.speed.name());
    object.text("rail", payout.rail.name());
    object.text("bank", &payout.bank);
    object.date_if("execution_date", Some(payout.execution_date));
    object.text_if("charge_bearer", payout.charge_bearer.map(|bearer| bearer.name()));
    object.texts("changes", payout.changes.iter().map(String::as_str));
    instruction(&payout.instruction, &mut object);
    object.close();
}

fn instruction(instruction: &Instruction, members: &mut Members<'_>) {
    let mut object = members.object("instruction");
    object.text("external_id", instruction.external_id.as_str());
    object.text_if("end_to_end_id", instruction.end_to_end_id.as_ref().map(|id| id.as_str()));
    object.text_if("replaces", instruction.replaces.as_ref().map(|id| id.as_str()));
    object.text_if("batch_id", instruction.batch_id.as_deref());
    object.text("debtor_account_ref", &instruction.debtor_account_ref);
    object.decimal("amount", &instruction.amount.value());
    object.text("currency", instruction.amount.currency().code());
    party(&instruction.creditor, &mut object);
    account(&instruction.creditor_account, &mut object);
    if let Some(agent) = &instruction.creditor_agent {
        let mut inner = object.object("creditor_agent");
        inner.text_if("bic", agent.bic.as_ref().map(|bic| bic.as_str()));
        inner.text_if("clearing_system", agent.clearing.as_ref().map(|(system, _)| system.as_str()));
        inner.text_if("member_id", agent.clearing.as_ref().map(|(_, member)| member.as_str()));
        inner.close();
    }
    object.text_if("speed", instruction.speed.map(|speed| speed.name()));
    object.texts("rail_preference", instruction.rail_preference.iter().map(|rail| rail.name()));
    object.date_if("requested_execution_date", instruction.requested_execution_date);
    object.flag("date_reject", instruction.date_policy == DatePolicy::Reject);
    code("purpose", instruction.purpose.as_ref(), &mut object);
    code("category_purpose", instruction.category_purpose.as_ref(), &mut object);
    remittance(&instruction.remittance, &mut object);
    object.text_if("charge_bearer", instruction.charge_bearer.map(|bearer| bearer.name()));
    object.text_if("batch_booking", instruction.batch_booking.map(|one| if one { "block" } else { "each" }));
    object.text_if("ultimate_debtor", instruction.ultimate_debtor.as_deref());
    object.text_if("ultimate_creditor", instruction.ultimate_creditor.as_deref());
    object.flag("allow_truncation", instruction.allow_truncation);
    object.close();
}

fn party(party: &Party, members: &mut Members<'_>) {
    let mut object = members.object("creditor");
    object.text("name", party.name.as_str());
    object.text("kind", party.kind.as_str());
    if let Some(address) = &party.address {
        let mut inner = object.object("address");
        let parts = address.parts();
        inner.text_if("department", parts.department.as_deref());
        inner.text_if("sub_department", parts.sub_department.as_deref());
        inner.text_if("street", parts.street.as_deref());
        inner.text_if("building_number", parts.building_number.as_deref());
        inner.text_if("building_name", parts.building_name.as_deref());
        inner.text_if("floor", parts.floor.as_deref());
        inner.text_if("post_box", parts.post_box.as_deref());
        inner.text_if("room", parts.room.as_deref());
        inner.text_if("postcode", parts.postcode.as_deref());
        inner.text_if("town", parts.town.as_deref());
        inner.text_if("town_location", parts.town_location.as_deref());
        inner.text_if("district", parts.district.as_deref());
        inner.text_if("country_subdivision", parts.country_subdivision.as_deref());
        inner.text_if("country", parts.country.as_deref());
        inner.texts("lines", parts.lines.iter().map(String::as_str));
        inner.close();
    }
    if !party.identifiers.is_empty() {
        object.objects("identifiers", &party.identifiers, |identifier, inner| {
            inner.text("scheme", identifier.scheme());
            inner.text("value", identifier.value());
        });
    }
    object.text_if("email", party.email.as_ref().map(|email| email.as_str()));
    object.close();
}

fn account(account: &Account, members: &mut Members<'_>) {
    let mut object = members.object("creditor_account");
    match account {
        Account::Iban(iban) => object.text("iban", iban.as_str()),
        Account::Uk { sort_code, account, secondary_reference } => {
            object.text("sort_code", sort_code.as_str());
            object.text("account", account.as_str());
            object.text_if("secondary_reference", secondary_reference.as_ref().map(|roll| roll.as_str()));
        }
        Account::Us { routing, account, kind } => {
            object.text("routing", routing.as_str());
            object.text("account", account.as_str());
            object.text("account_kind", kind.as_str());
        }
        Account::Other { country, agent, account } => {
            object.text("country", country.code());
            match agent {
                OtherAgent::BankCode(code) => object.text("bank_code", code.as_str()),
                OtherAgent::Bic(bic) => object.text("bic", bic.as_str()),
            }
            object.text("account", account.as_str());
        }
    }
    object.close();
}

fn remittance(remittance: &Remittance, members: &mut Members<'_>) {
    match remittance {
        Remittance::None => {}
        Remittance::Unstructured(text) => members.text("remittance", text),
        Remittance::Reference { kind, reference } => {
            code("reference_kind", Some(kind), members);
            members.text("reference", reference);
        }
    }
}

fn code(name: &str, code: Option<&Code>, members: &mut Members<'_>) {
    let Some(code) = code else { return };
    let mut object = members.object(name);
    match code {
        Code::Listed(code) => object.text("code", code),
        Code::Proprietary(code) => object.text("proprietary", code),
    }
    object.close();
}
