//! What was written is read back as it was; texts of any kind survive; orders of other people's making are read.

use girogate::domain::account::{Account, OtherAgent, UsAccountKind};
use girogate::domain::party::{AddressParts, PartyKind};
use girogate::domain::payout::{Code, Payout, Remittance};
use girogate::messages::pain_001::{Totals, Version, write};
use girogate::messages::read_pain_001::{
    AccountDetails, AgentDetails, CreditorReference, Identifier, Part, Reader, Transaction,
};
use proptest::prelude::*;

use crate::oracle::{assert_canonical, xpath};
use crate::pain_001::{block, header, written};
use crate::payouts::{plain, varied};

fn parts(document: &[u8]) -> (Vec<Part>, bool) {
    let mut reader = Reader::new(document);
    let mut parts = Vec::new();
    while let Some(part) = reader.next_part().unwrap() {
        parts.push(part);
    }
    (parts, reader.is_valid())
}

fn transactions(document: &[u8]) -> Vec<Transaction> {
    let of_part = |part| match part {
        Part::Transaction(transaction) => Some(*transaction),
        _ => None,
    };
    parts(document).0.into_iter().filter_map(of_part).collect()
}

fn some(text: impl ToString) -> Option<String> {
    Some(text.to_string())
}

/// What a reader of versions since 2019 must find of a payout, told independently of the writer.
fn expected(payout: &Payout) -> Transaction {
    let instruction = &payout.instruction;
    let mut transaction = Transaction {
        instruction_id: some(payout.token.base32()),
        end_to_end_id: some(payout.end_to_end_id.as_str()),
        uetr: some(payout.token.uetr()),
        amount: some(instruction.amount),
        currency: some(instruction.amount.currency()),
        purpose: instruction.purpose.clone(),
        ..Transaction::default()
    };
    transaction.ultimate_debtor.name = instruction.ultimate_debtor.clone();
    transaction.ultimate_creditor.name = instruction.ultimate_creditor.clone();
    transaction.creditor.name = some(instruction.creditor.name.as_str());
    transaction.creditor.address =
        instruction.creditor.address.as_ref().map_or_else(AddressParts::default, |a| a.parts().clone());
    for id in &instruction.creditor.identifiers {
        let scheme = match id.scheme() {
            "TXID" | "NIDN" => Code::Listed(id.scheme().to_owned()),
            "LEI" => {
                transaction.creditor.lei = some(id.value());
                continue;
            }
            other => Code::Proprietary(other.to_owned()),
        };
        let id = Identifier { value: some(id.value()), scheme: Some(scheme) };
        match instruction.creditor.kind {
            PartyKind::Organisation => transaction.creditor.organisation_ids.push(id),
            PartyKind::Individual => transaction.creditor.private_ids.push(id),
        }
    }
    (transaction.creditor_account, transaction.creditor_agent) = expected_account(payout);
    if let Account::Uk { secondary_reference: Some(roll_number), .. } = &instruction.creditor_account {
        transaction.unstructured.push(roll_number.as_str().to_owned());
    }
    match &instruction.remittance {
        Remittance::None => {}
        Remittance::Unstructured(text) => transaction.unstructured.push(text.clone()),
        Remittance::Reference { kind, reference } => transaction
            .creditor_references
            .push(CreditorReference { kind: Some(kind.clone()), reference: some(reference) }),
    }
    transaction
}

fn expected_account(payout: &Payout) -> (AccountDetails, AgentDetails) {
    let mut details = AccountDetails::default();
    let mut agent = AgentDetails::default();
    let mut clearing = |system: &str, member: &str| {
        agent.clearing_system = Some(Code::Listed(system.to_owned()));
        agent.member_id = some(member);
    };
    let stated = payout.instruction.creditor_agent.as_ref();
    match &payout.instruction.creditor_account {
        Account::Iban(iban) => details.id.iban = some(iban.as_str()),
        Account::Uk { sort_code, account, .. } => {
            details.id.other = some(account.as_str());
            details.scheme = Some(Code::Listed("BBAN".to_owned()));
            clearing("GBDSC", sort_code.as_str());
        }
        Account::Us { routing, account, kind } => {
            details.id.other = some(account.as_str());
            let code = if *kind == UsAccountKind::Savings { "SVGS" } else { "CACC" };
            details.kind = Some(Code::Listed(code.to_owned()));
            clearing("USABA", routing.as_str());
        }
        Account::Other { agent: OtherAgent::Bic(bic), account, .. } => {
            details.id.other = some(account.as_str());
            agent.bic = some(bic.as_str());
        }
        Account::Other { agent: OtherAgent::BankCode(code), account, country } => {
            details.id.other = some(account.as_str());
            match country.code() {
                "CA" => clearing("CACPA", code.as_str()),
                "VN" => clearing("VN", code.as_str()),
                country => {
                    agent.member_id = some(code.as_str());
                    agent.country = if stated.is_none() { some(country) } else { None };
                }
            }
        }
    }
    if let Some(stated) = stated {
        agent.bic = stated.bic.as_ref().map(|bic| bic.as_str().to_owned()).or(agent.bic);
        let own = matches!(payout.instruction.creditor_account, Account::Uk { .. } | Account::Us { .. });
        if let (Some((system, member)), false) = (&stated.clearing, own) {
            agent.clearing_system = Some(Code::Listed(system.clone()));
            agent.member_id = some(member);
        }
    }
    (details, agent)
}

#[test]
fn what_was_written_is_read_back() {
    let payouts = varied();
    for version in [Version::V03, Version::V09, Version::V12] {
        let (parts, valid) = parts(&written(version, &payouts));
        assert!(valid, "{version:?}");
        let read: Vec<&Transaction> = parts
            .iter()
            .filter_map(
                |part| if let Part::Transaction(transaction) = part { Some(&**transaction) } else { None },
            )
            .collect();
        assert_eq!(read.len(), payouts.len());
        for (read, payout) in read.into_iter().zip(&payouts) {
            let mut expected = expected(payout);
            let mut read = read.clone();
            if version == Version::V03 {
                // Where the version lacks an element: no UETR, the LEI among the others, the address folded.
                expected.uetr = None;
                if let Some(lei) = expected.creditor.lei.take() {
                    let scheme = Some(Code::Proprietary("LEI".to_owned()));
                    expected.creditor.organisation_ids.insert(1, Identifier { value: Some(lei), scheme });
                }
                let lines = read.creditor.address.lines.join(" ");
                for (field, text, _) in expected.creditor.address.texts() {
                    let own = read.creditor.address.texts();
                    let kept = own.iter().any(|(name, found, _)| *name == field && *found == text);
                    assert!(kept || text.is_none_or(|text| lines.contains(text)), "{field}");
                }
                expected.creditor.address = AddressParts::default();
                read.creditor.address = AddressParts::default();
            }
            assert_eq!(read, expected);
        }
    }
}

#[test]
fn header_and_blocks_are_read_back() {
    let document = written(Version::V09, &varied());
    let (parts, _) = parts(&document);
    let Some(Part::Header(header)) = parts.first() else { panic!("the header comes first") };
    assert_eq!(header.message_id.as_deref(), Some("MSG-1"));
    assert_eq!(header.created.as_deref(), Some("2026-11-22T16:54:34Z"));
    assert_eq!(header.count.as_deref(), Some("135"));
    assert_eq!(header.initiating_party.name.as_deref(), Some("Girogate & Co"));
    assert_eq!(header.initiating_party.organisation_ids.len(), 1);
    let blocks: Vec<_> = parts
        .iter()
        .enumerate()
        .filter_map(|(at, part)| if let Part::Block(block) = part { Some((at, block)) } else { None })
        .collect();
    let [(first, full), (second, bare)] = blocks.as_slice() else { panic!("two blocks: {blocks:?}") };
    // Each block stands before its own transactions.
    assert_eq!((*first, *second), (1, 2 + 45));
    assert_eq!(full.payment_information_id.as_deref(), Some("BLOCK-1"));
    assert_eq!(full.batch_booking.as_deref(), Some("true"));
    assert_eq!(full.coding.service_level, Some(Code::Listed("SEPA".to_owned())));
    assert_eq!(full.coding.local_instrument, Some(Code::Proprietary("OWN".to_owned())));
    assert_eq!(full.execution_date.as_deref(), Some("2026-11-23"));
    assert_eq!(full.debtor.name.as_deref(), Some("Platform GmbH"));
    assert_eq!(full.debtor_account.id.iban.as_deref(), Some("DE02120300000000202051"));
    assert_eq!(full.debtor_account.currency.as_deref(), Some("EUR"));
    assert_eq!(full.debtor_agent.bic.as_deref(), Some("BYLADEM1001"));
    assert_eq!(full.charge_bearer.as_deref(), Some("SLEV"));
    assert_eq!(bare.debtor_agent.other.as_deref(), Some("NOTPROVIDED"));
    assert_eq!((bare.batch_booking.as_ref(), bare.charge_bearer.as_ref()), (None, None));
}

#[test]
fn orders_in_envelopes_and_of_unknown_versions_are_read() {
    let document = String::from_utf8(written(Version::V09, &[plain(1), plain(2), plain(3)])).unwrap();
    let (_, element) = document.split_once('\n').unwrap();
    let wrapped = format!("<Envelope><Other/>{element}<PmtInf>not ours</PmtInf></Envelope>");
    assert_eq!(transactions(wrapped.as_bytes()).len(), 3);

    let younger = document.replace("pain.001.001.09", "pain.001.001.99");
    let mut reader = Reader::new(younger.as_bytes());
    let mut count = 0;
    while reader.next_part().unwrap().is_some() {
        count += 1;
    }
    // Header, two blocks, three payments; read through another version, so never called valid.
    assert_eq!((count, reader.definition()), (6, Some("pain.001.001.13")));
    assert!(!reader.is_valid());
}

#[test]
fn broken_orders_are_read_as_far_as_they_go_and_called_invalid() {
    let document = String::from_utf8(written(Version::V09, &[plain(1), plain(2), plain(3)])).unwrap();
    let odd = document.replacen("<EndToEndId>creator-000001</EndToEndId>", "<Unheard>x</Unheard>", 1);
    let mut reader = Reader::new(odd.as_bytes());
    let mut ids = Vec::new();
    while let Some(part) = reader.next_part().unwrap() {
        if let Part::Transaction(transaction) = part {
            ids.push(transaction.end_to_end_id);
        }
    }
    assert_eq!(ids, [None, some("creator-000002"), some("creator-000003")]);
    assert!(!reader.is_valid());
    assert!(
        reader.findings().iter().any(|finding| finding.path.contains("PmtInf[1]")),
        "{:?}",
        reader.findings()
    );

    let cut = &document[..document.len() / 2];
    let mut reader = Reader::new(cut.as_bytes());
    let ended = loop {
        match reader.next_part() {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert_eq!(ended.unwrap_err().code(), "xml.not_well_formed");

    let other =
        b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt/></Document>";
    let error = Reader::new(&other[..]).next_part().unwrap_err();
    assert_eq!(error.to_string(), "no pain.001 in the document, root element Document");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any text that XML can carry arrives at another XML processor as it was, and the document stays canonical.
    #[test]
    fn any_text_survives(text in "[\\x20-\\x7e\u{a0}-\u{24f}<>&\"'\\]漢🎉\u{fffd}\u{f8ff}]{1,140}") {
        let mut payout = plain(1);
        payout.instruction.remittance = Remittance::Unstructured(text.clone());
        let totals = Totals::of([&payout]).unwrap();
        let mut document = Vec::new();
        write(&mut document, &header(Version::V09, totals), [(block("B", totals), [&payout])]).unwrap();
        prop_assert_eq!(transactions(&document)[0].unstructured.clone(), vec![text.clone()]);
        if let Some(found) = xpath(&document, "string(//{Ustrd})") {
            prop_assert_eq!(found, text);
        }
        assert_canonical(&document);
    }

    /// Text with white space of every kind and characters that XML cannot carry: written faithfully or refused.
    #[test]
    fn odd_characters_are_escaped_or_refused(text in "[ -~\t\r\n<>&]{1,20}[\u{0}-\u{1f}\u{fffe}\u{ffff}]{0,1}") {
        let mut payout = plain(1);
        payout.instruction.ultimate_debtor = Some(text.clone());
        let totals = Totals::of([&payout]).unwrap();
        let mut document = Vec::new();
        let result = write(&mut document, &header(Version::V09, totals), [(block("B", totals), [&payout])]);
        let carried = |c: char| !matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
        if text.chars().all(carried) {
            prop_assert!(result.is_ok());
            assert_canonical(&document);
            if let Some(found) = xpath(&document, "concat(string(//{UltmtDbtr}/{Nm}), '|')") {
                prop_assert_eq!(found, format!("{text}|"));
            }
        } else {
            prop_assert_eq!(result.unwrap_err().code(), "write.character");
        }
    }
}
