//! Orders written, read, and written again from what was read: the octets are the same in every version and subset.

use girogate::domain::account::{
    AbaRouting, Account, BankCode, Bic, Iban, OtherAccountNumber, OtherAgent, SortCode, UkAccountNumber,
    UsAccountKind, UsAccountNumber,
};
use girogate::domain::country::Country;
use girogate::domain::party::{Address, AddressParts, Party, PartyIdentifier, PartyKind, PartyName};
use girogate::domain::payout::{Agent, Code, Payout, Remittance};
use girogate::domain::reference::{EndToEndId, PayoutToken};
use girogate::messages::pain_001::{Version, unfit_payout, write};
use girogate::messages::read_pain_001::{AgentDetails, Part, Reader, Transaction};

use crate::payouts::{amount, plain, varied};
use crate::random::Dice;
use crate::subsets::modest;

fn document(version: Version, payouts: &[Payout]) -> Vec<u8> {
    let (header, block) = modest(version, payouts);
    let mut document = Vec::new();
    write(&mut document, &header, [(block, payouts)]).unwrap_or_else(|error| panic!("{version:?}: {error}"));
    document
}

fn read(document: &[u8]) -> Vec<Transaction> {
    let mut reader = Reader::new(document);
    let mut transactions = Vec::new();
    while let Some(part) = reader.next_part().unwrap() {
        if let Part::Transaction(transaction) = part {
            transactions.push(*transaction);
        }
    }
    transactions
}

fn account(transaction: &Transaction) -> Account {
    let details = &transaction.creditor_account;
    let agent = &transaction.creditor_agent;
    if let Some(iban) = &details.id.iban {
        return Account::Iban(Iban::parse(iban).unwrap());
    }
    let number = details.id.other.as_deref().unwrap();
    let member = agent.member_id.as_deref();
    let system = match &agent.clearing_system {
        Some(Code::Listed(system)) => Some(system.as_str()),
        _ => None,
    };
    let other = |country: &str, agent| Account::Other {
        country: Country::parse(country).unwrap(),
        agent,
        account: OtherAccountNumber::parse(number).unwrap(),
    };
    let code = || OtherAgent::BankCode(BankCode::parse(member.unwrap()).unwrap());
    match (system, &details.kind) {
        (Some("GBDSC"), _) => Account::Uk {
            sort_code: SortCode::parse(member.unwrap()).unwrap(),
            account: UkAccountNumber::parse(number).unwrap(),
            // A roll number stands before the text and cannot be told from it.
            secondary_reference: None,
        },
        (Some("USABA"), Some(kind)) => Account::Us {
            routing: AbaRouting::parse(member.unwrap()).unwrap(),
            account: UsAccountNumber::parse(number).unwrap(),
            kind: match kind {
                Code::Listed(code) if code == "SVGS" => UsAccountKind::Savings,
                _ => UsAccountKind::Checking,
            },
        },
        (Some("CACPA"), _) => other("CA", code()),
        (Some("VN"), _) => other("VN", code()),
        (Some(_), _) => other("VN", code()),
        (None, _) if member.is_some() => other(agent.country.as_deref().unwrap(), code()),
        (None, _) => other("JP", OtherAgent::Bic(Bic::parse(agent.bic.as_deref().unwrap()).unwrap())),
    }
}

fn agent(details: &AgentDetails) -> Option<Agent> {
    let clearing = match (&details.clearing_system, &details.member_id) {
        (Some(Code::Listed(system)), Some(member)) => Some((system.clone(), member.clone())),
        _ => None,
    };
    let bic = details.bic.as_deref().map(|bic| Bic::parse(bic).unwrap());
    (bic.is_some() || clearing.is_some()).then_some(Agent { bic, clearing })
}

fn creditor(transaction: &Transaction) -> Party {
    let read = &transaction.creditor;
    let kind = if read.private_ids.is_empty() { PartyKind::Organisation } else { PartyKind::Individual };
    let mut party = Party::named(PartyName::parse(read.name.as_deref().unwrap()).unwrap(), kind);
    if read.address != AddressParts::default() {
        party.address = Some(Address::parse(read.address.clone()).unwrap());
    }
    let lei = read.lei.iter().map(|lei| PartyIdentifier::parse("LEI", lei).unwrap());
    let others = read.organisation_ids.iter().chain(&read.private_ids).map(|id| {
        let (Some(Code::Listed(scheme) | Code::Proprietary(scheme)), Some(value)) = (&id.scheme, &id.value)
        else {
            panic!("{id:?}")
        };
        PartyIdentifier::parse(scheme, value).unwrap()
    });
    party.identifiers = lei.chain(others).collect();
    party
}

/// A payout that says what the transaction says.
fn payout(transaction: &Transaction) -> Payout {
    let mut payout = plain(0);
    payout.token = PayoutToken::parse_base32(transaction.instruction_id.as_deref().unwrap()).unwrap();
    payout.end_to_end_id = EndToEndId::parse(transaction.end_to_end_id.as_deref().unwrap()).unwrap();
    let instruction = &mut payout.instruction;
    let (value, currency) =
        (transaction.amount.as_deref().unwrap(), transaction.currency.as_deref().unwrap());
    instruction.amount = amount(value, currency);
    instruction.creditor = creditor(transaction);
    instruction.creditor_account = account(transaction);
    instruction.creditor_agent = agent(&transaction.creditor_agent);
    instruction.purpose = transaction.purpose.clone();
    instruction.ultimate_debtor = transaction.ultimate_debtor.name.clone();
    instruction.ultimate_creditor = transaction.ultimate_creditor.name.clone();
    instruction.remittance =
        match (transaction.unstructured.as_slice(), transaction.creditor_references.as_slice()) {
            ([], []) => Remittance::None,
            ([text], []) => Remittance::Unstructured(text.clone()),
            ([], [reference]) => Remittance::Reference {
                kind: reference.kind.clone().unwrap(),
                reference: reference.reference.clone().unwrap(),
            },
            other => panic!("{other:?}"),
        };
    payout
}

/// What reading cannot give back to a payout: two texts of which one was a roll number, and lines that no payout has,
/// where an old version had no elements for the parts of an address.
fn comes_back(version: Version, payout: &Payout) -> bool {
    let read = read(&document(version, std::slice::from_ref(payout)));
    let address = &read[0].creditor.address;
    let known = *address == AddressParts::default() || Address::parse(address.clone()).is_ok();
    known && read[0].unstructured.len() + read[0].creditor_references.len() <= 1
}

#[test]
fn what_was_read_is_written_again_octet_for_octet() {
    let mut payouts = varied();
    payouts.extend(Dice::new(20_261_122).payouts(150));
    for version in Version::all() {
        let mut fit: Vec<Payout> =
            payouts.iter().filter(|payout| unfit_payout(version, payout).is_empty()).cloned().collect();
        fit.retain(|payout| comes_back(version, payout));
        assert!(fit.len() >= 10, "{version:?}: {}", fit.len());
        let first = document(version, &fit);
        let again: Vec<Payout> = read(&first).iter().map(payout).collect();
        let second = document(version, &again);
        let lines = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap().replace("><", ">\n<");
        assert_eq!(lines(&first), lines(&second), "{version:?}");
    }
}
