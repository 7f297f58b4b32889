//! What a transaction says, wherever its version says it: amount, currency, service level, accounts, addresses.

use crate::domain::account::Iban;

use super::gather::Gather;
use super::unit::{Leaf, Unit};

/// The amount of a transaction, in each message that has one.
pub fn amount(transaction: &Unit) -> Option<Leaf<'_>> {
    let paths = ["Amt/InstdAmt", "Amt/EqvtAmt/Amt", "IntrBkSttlmAmt", "Amt"];
    paths.iter().find_map(|path| transaction.one(path))
}

/// Currency of the transfer.
pub fn currency(transaction: &Unit) -> Option<&str> {
    transaction.text("Amt/EqvtAmt/CcyOfTrf").or_else(|| amount(transaction)?.currency)
}

/// `SvcLvl/Cd` of the transaction, else of its batch.
pub fn service_level(gathered: &Gather) -> Option<&str> {
    let path = "PmtTpInf/SvcLvl/Cd";
    gathered.transaction.text(path).or_else(|| gathered.batch.text(path))
}

/// The BIC of an agent, in each version.
pub fn agent_bic<'u>(unit: &'u Unit, agent: &str) -> Option<Leaf<'u>> {
    let inside = |leaf: &Leaf<'_>| {
        leaf.path
            .strip_prefix(agent)
            .is_some_and(|rest| matches!(rest, "/FinInstnId/BICFI" | "/FinInstnId/BIC"))
    };
    unit.leaves().find(inside)
}

/// The IBAN of an account, if it is one.
pub fn iban(unit: &Unit, path: &str) -> Option<Iban> {
    Iban::parse(unit.text(path)?).ok()
}

/// Kind of payment by the Swiss Payment Standards, as far as the instruction tells: `S` SEPA, `D` domestic, `X` foreign,
/// `C` cheque. Source: SIX Swiss Payment Standards, implementation guidelines for credit transfers, payment types.
pub fn swiss_type(gathered: &Gather) -> char {
    let transaction = &gathered.transaction;
    if gathered.batch.text("PmtMtd") == Some("CHK") {
        return 'C';
    }
    if service_level(gathered) == Some("SEPA") {
        return 'S';
    }
    // The letters are enough: an IBAN with wrong digits is another rule's finding.
    let account = transaction.text("CdtrAcct/Id/IBAN").and_then(|iban| iban.get(..2));
    let swiss = |country: &str| matches!(country, "CH" | "LI");
    let agent = transaction.text("CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd");
    let bic = agent_bic(transaction, "CdtrAgt").and_then(|leaf| leaf.text.get(4..6));
    let domestic = match (account, agent, bic) {
        (Some(country), ..) => swiss(country),
        (None, Some(agent), _) => matches!(agent, "CHBCC" | "CHSIC"),
        (None, None, Some(country)) => swiss(country),
        // A postal account number in francs stands alone.
        (None, None, None) => currency(transaction) == Some("CHF"),
    };
    match currency(transaction) {
        Some("CHF" | "EUR") if domestic => 'D',
        _ => 'X',
    }
}
