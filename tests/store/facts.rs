//! Every kind of fact reads back as it was written, and stands in the octets that were released.

use chrono::{DateTime, NaiveDate};
use girogate::domain::account::{
    AbaRouting, Account, BankCode, Bic, Iban, OtherAccountNumber, OtherAgent, SecondaryReference, SortCode,
    UkAccountNumber, UsAccountKind, UsAccountNumber,
};
use girogate::domain::amount::Amount;
use girogate::domain::country::Country;
use girogate::domain::currency::Currency;
use girogate::domain::entry::{Booking, Digest, Direction, Evidence, Mark, Return, UnmatchedClass};
use girogate::domain::fact::{
    AttemptEnd, Cause, Fact, FrozenBlock, FrozenCancellation, FrozenMessage, InquiryEnd, Recorded,
};
use girogate::domain::party::{Address, AddressParts, Email, Party, PartyIdentifier, PartyKind, PartyName};
use girogate::domain::payout::{
    Agent, CHARGE_BEARER_NAMES, Code, DatePolicy, Instruction, Payout, RAIL_NAMES, Remittance, SPEED_NAMES,
};
use girogate::domain::reference::{EndToEndId, ExternalId, PayoutToken};
use girogate::domain::row::{CANCEL_STAGE_NAMES, CancelStage, Channel, Hold, Subject};
use girogate::domain::status::{Reason, StatusNews};
use girogate::domain::unknown::{Decision, Escalation, Proof};
use girogate::store::facts::{FACT_KINDS, FactError, decode, encode, subject_text};
use proptest::prelude::*;
use rust_decimal::Decimal;

const TEXT: &str = "Zoë \"the\\fox\"\n\u{1F98A} <&>";

fn digest(octet: u8) -> Digest {
    Digest([octet; 32])
}

fn evidence() -> Evidence {
    Evidence { document: digest(0xEF), record: u64::MAX }
}

fn amount() -> Amount {
    Amount::from_minor(125_050, Currency::EUR).unwrap()
}

fn date() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 11, 23)
}

fn due() -> Option<DateTime<chrono::Utc>> {
    DateTime::from_timestamp_micros(1_700_000_000_000_007)
}

fn news() -> StatusNews {
    let reason = Reason {
        code: Some("AC04".into()),
        proprietary: Some(TEXT.into()),
        text: vec![TEXT.into(), "".into()],
    };
    StatusNews { code: "RJCT".into(), reason: Some(reason), created: "2026-11-23T10:00:00".into() }
}

fn booking() -> Box<Booking> {
    Box::new(Booking {
        amount: amount(),
        account_servicer_reference: Some("ASR-1".into()),
        booking_date: date(),
        value_date: date(),
        notified: Some(evidence()),
        on_statement: Some(evidence()),
    })
}

fn bare_booking() -> Box<Booking> {
    Box::new(Booking {
        amount: amount(),
        account_servicer_reference: None,
        booking_date: None,
        value_date: None,
        notified: None,
        on_statement: None,
    })
}

fn accounts() -> Vec<Account> {
    vec![
        Account::Iban(Iban::parse("DE89370400440532013000").unwrap()),
        Account::Uk {
            sort_code: SortCode::parse("200000").unwrap(),
            account: UkAccountNumber::parse("55779911").unwrap(),
            secondary_reference: Some(SecondaryReference::parse("ROLL123").unwrap()),
        },
        Account::Us {
            routing: AbaRouting::parse("021000021").unwrap(),
            account: UsAccountNumber::parse("123456789").unwrap(),
            kind: UsAccountKind::Savings,
        },
        Account::Other {
            country: Country::parse("AU").unwrap(),
            agent: OtherAgent::BankCode(BankCode::parse("062000").unwrap()),
            account: OtherAccountNumber::parse("12345678").unwrap(),
        },
        Account::Other {
            country: Country::parse("JP").unwrap(),
            agent: OtherAgent::Bic(Bic::parse("BOTKJPJT").unwrap()),
            account: OtherAccountNumber::parse("1234567").unwrap(),
        },
    ]
}

fn bare_payout() -> Payout {
    Payout {
        token: PayoutToken::from_digest([3; 32]),
        tenant: "acme".into(),
        instruction: Instruction {
            external_id: ExternalId::parse("P-1").unwrap(),
            end_to_end_id: None,
            replaces: None,
            batch_id: None,
            debtor_account_ref: "main".into(),
            amount: amount(),
            creditor: Party::named(PartyName::parse("Ana Ruiz").unwrap(), PartyKind::Individual),
            creditor_account: accounts().remove(0),
            creditor_agent: None,
            speed: None,
            rail_preference: Vec::new(),
            requested_execution_date: None,
            date_policy: DatePolicy::RollForward,
            purpose: None,
            category_purpose: None,
            remittance: Remittance::None,
            charge_bearer: None,
            batch_booking: None,
            ultimate_debtor: None,
            ultimate_creditor: None,
            allow_truncation: false,
        },
        end_to_end_id: EndToEndId::parse("P-1").unwrap(),
        speed: SPEED_NAMES[0].0,
        rail: RAIL_NAMES[0].0,
        bank: "reference".into(),
        execution_date: date().unwrap(),
        charge_bearer: None,
        changes: Vec::new(),
    }
}

fn full_payout() -> Payout {
    let parts = AddressParts {
        street: Some("Calle de Alcalá".into()),
        building_number: Some("1".into()),
        postcode: Some("28014".into()),
        town: Some("Madrid".into()),
        country: Some("ES".into()),
        lines: vec!["Planta 3".into()],
        ..AddressParts::default()
    };
    let mut payout = bare_payout();
    let instruction = &mut payout.instruction;
    instruction.end_to_end_id = Some(EndToEndId::parse("INV-1").unwrap());
    instruction.replaces = Some(ExternalId::parse("P-0").unwrap());
    instruction.batch_id = Some(TEXT.into());
    instruction.creditor = Party {
        name: PartyName::parse("Zoë \"Fox\" \\ Ltd").unwrap(),
        kind: PartyKind::Organisation,
        address: Some(Address::parse(parts).unwrap()),
        identifiers: vec![PartyIdentifier::parse("TXID", "X1234567L").unwrap()],
        email: Some(Email::parse("zoe@example.org").unwrap()),
    };
    instruction.creditor_agent = Some(Agent {
        bic: Some(Bic::parse("DEUTDEFF").unwrap()),
        clearing: Some(("USABA".into(), "021000021".into())),
    });
    instruction.speed = Some(SPEED_NAMES[1].0);
    instruction.rail_preference = RAIL_NAMES.iter().map(|(rail, _)| *rail).collect();
    instruction.requested_execution_date = date();
    instruction.date_policy = DatePolicy::Reject;
    instruction.purpose = Some(Code::Listed("SALA".into()));
    instruction.category_purpose = Some(Code::Proprietary(TEXT.into()));
    instruction.remittance = Remittance::Unstructured(TEXT.into());
    instruction.charge_bearer = Some(CHARGE_BEARER_NAMES[1].0);
    instruction.batch_booking = Some(false);
    instruction.ultimate_debtor = Some(TEXT.into());
    instruction.ultimate_creditor = Some(TEXT.into());
    instruction.allow_truncation = true;
    payout.charge_bearer = Some(CHARGE_BEARER_NAMES[0].0);
    payout.changes = vec!["/creditor/name: text.charset".into()];
    payout
}

fn payouts() -> Vec<Payout> {
    let mut payouts = vec![bare_payout(), full_payout()];
    payouts.extend(accounts().into_iter().map(|account| {
        let mut payout = bare_payout();
        payout.instruction.creditor_account = account;
        payout.instruction.batch_booking = Some(true);
        payout.instruction.remittance =
            Remittance::Reference { kind: Code::Listed("SCOR".into()), reference: "RF18539007547034".into() };
        payout
    }));
    payouts
}

fn recording(payout: Payout) -> Fact {
    Fact::PayoutRecorded {
        key: 12,
        payout: Box::new(payout),
        held: Some(Hold::SuspectedDuplicate("P-9".into())),
        likeness: u64::MAX,
        content: 1,
        replaces: Some(11),
    }
}

fn sending() -> Vec<Fact> {
    let ends = [
        AttemptEnd::Received { bank_reference: Some("B-1".into()), reply: digest(1) },
        AttemptEnd::Received { bank_reference: None, reply: digest(1) },
        AttemptEnd::Refused { status: 422, reason: TEXT.into(), reply: digest(2) },
        AttemptEnd::NotSent { cause: TEXT.into() },
        AttemptEnd::Unknown { cause: TEXT.into(), bytes_left: 4096, reply: Some(digest(3)) },
        AttemptEnd::Unknown { cause: TEXT.into(), bytes_left: 0, reply: None },
    ];
    let inquiries = [InquiryEnd::Found, InquiryEnd::NotFound, InquiryEnd::Failed { cause: TEXT.into() }];
    let step = "submit".to_owned();
    let mut facts = vec![
        Fact::MessageFrozen(Box::new(FrozenMessage {
            key: 4,
            message_id: "M-1".into(),
            bank: "reference".into(),
            definition: "pain.001.001.09".into(),
            document: digest(4),
            profile: digest(5),
            count: 2,
            sum: Decimal::new(250_100, 2),
            blocks: vec![FrozenBlock {
                key: 5,
                payment_information_id: "B-1".into(),
                debtor_account_ref: "main".into(),
                currency: Currency::EUR,
                execution_date: date().unwrap(),
                sum: Decimal::new(250_100, 2),
                members: vec![1, 2],
            }],
        })),
        Fact::MessageDissolved { key: 4, reason: TEXT.into() },
        Fact::StepStarted {
            key: 4,
            step: step.clone(),
            attempt: 2,
            epoch: 3,
            document: digest(4),
            head: digest(6),
            resend: true,
        },
        Fact::AttemptWitnessed { key: 4, attempt: 3, epoch: 4, document: digest(4), due_at: due() },
        Fact::GateOpened { reason: TEXT.into(), witnessed: 1, missing: 2, held: 3 },
    ];
    facts.extend(ends.map(|end| Fact::StepEnded {
        key: 4,
        step: step.clone(),
        attempt: 2,
        end,
        due_at: due(),
    }));
    facts.extend(inquiries.map(|end| Fact::InquiryEnded { key: 4, end, due_at: None }));
    facts.extend(cancelling());
    facts.extend(unknown());
    facts
}

fn cancelling() -> Vec<Fact> {
    let request = FrozenCancellation {
        key: 9,
        payout: 12,
        message_id: "C-1".into(),
        bank: "reference".into(),
        definition: "camt.055.001.08".into(),
        document: digest(8),
        profile: digest(5),
    };
    let mut facts = vec![
        Fact::CancellationWanted { key: 12, reason: TEXT.into() },
        Fact::CancellationFrozen(Box::new(request)),
        Fact::CancellationNeedless { key: 12 },
    ];
    facts.extend(CANCEL_STAGE_NAMES.iter().map(|(stage, _)| Fact::CancellationAnswered {
        key: 12,
        request: (*stage != CancelStage::Refused).then_some(9),
        stage: *stage,
        news: news(),
        evidence: evidence(),
    }));
    facts
}

fn unknown() -> Vec<Fact> {
    let reason = TEXT.to_owned();
    vec![
        Fact::DuplicateSeen { key: 4, code: "DU01".into(), evidence: Some(evidence()), due_at: due() },
        Fact::UnknownWaits { key: 4, due_at: due() },
        Fact::UnknownEscalated { key: 4, reason: Escalation::NotFound, due_at: None },
        Fact::UnknownResolved { key: 4, by: Proof::Booking },
        Fact::DecisionProposed { key: 4, decision: Decision::NotSent, reason: reason.clone() },
        Fact::DecisionConfirmed {
            key: 4,
            decision: Decision::TreatAsSent,
            proposed_by: "alice".into(),
            reason,
        },
    ]
}

fn reading() -> Vec<Fact> {
    let references = vec!["R-1".to_owned(), TEXT.to_owned()];
    vec![
        Fact::RequestAnswered { request: TEXT.into(), body: digest(1), status: 201, answer: digest(2) },
        Fact::DocumentReceived {
            key: 6,
            digest: digest(7),
            bank: "reference".into(),
            channel: Channel::Callback,
            authenticated: true,
            size: 9,
            note: TEXT.into(),
        },
        Fact::DocumentRead { key: 6, part: 0, records: 1000, message_id: Some("S-1".into()), finished: true },
        Fact::DocumentRead { key: 6, part: 1, records: 0, message_id: None, finished: false },
        Fact::MessageStatus { key: 4, news: news(), evidence: evidence() },
        Fact::BlockStatus { key: 5, news: news(), evidence: evidence() },
        Fact::PayoutStatus {
            key: 1,
            news: news(),
            bank_references: references.clone(),
            evidence: evidence(),
        },
        Fact::InterbankStatus {
            key: 1,
            news: StatusNews { reason: None, ..news() },
            bank_references: Vec::new(),
            evidence: evidence(),
        },
        Fact::EntryBooked {
            key: 1,
            account_ref: "main".into(),
            counter_account: TEXT.into(),
            on_behalf_of: Some(TEXT.into()),
            booking: booking(),
            bank_references: references,
            mark: Mark::OnStatement,
        },
        Fact::BlockBooked {
            key: 5,
            account_ref: "main".into(),
            booking: bare_booking(),
            mark: Mark::Notified,
        },
        Fact::EntryReturned {
            key: 1,
            account_ref: "main".into(),
            returned: Box::new(Return {
                amount: amount(),
                reason: Some("AC04".into()),
                account_servicer_reference: None,
                booking_date: None,
                evidence: evidence(),
            }),
        },
        Fact::CollectedUpTo { bank: "reference".into(), cursor: TEXT.into() },
    ]
}

fn accounting() -> Vec<Fact> {
    let classes = [
        UnmatchedClass::NotOurs,
        UnmatchedClass::Charge,
        UnmatchedClass::Unexplained,
        UnmatchedClass::PossibleReturn,
    ];
    let mut facts: Vec<Fact> = classes
        .into_iter()
        .map(|class| Fact::EntryUnmatched {
            key: 7,
            identity: TEXT.into(),
            account_ref: "main".into(),
            class,
            direction: if class == UnmatchedClass::Charge { Direction::Debit } else { Direction::Credit },
            amount: Decimal::new(1_234_567, 5),
            currency: Currency::GBP,
            booking_date: date(),
            transaction_code: Some("PMNT/ICDT/ESCT".into()),
            account_servicer_reference: Some("A".into()),
            mark: Mark::Notified,
            evidence: evidence(),
        })
        .collect();
    let statement = |sequence: Option<&str>, balance: Option<Decimal>| Fact::StatementRead {
        key: 8,
        identity: "main/2026-11-23/1".into(),
        account_ref: "main".into(),
        id: "S-1".into(),
        kind: "camt.053".into(),
        sequence: sequence.map(str::to_owned),
        date: balance.and(date()),
        opening: balance,
        closing: balance,
        currency: balance.map(|_| Currency::EUR),
        movement: Decimal::new(-5, 1),
        document: digest(9),
    };
    facts.extend([statement(Some("12"), Some(Decimal::new(-100, 2))), statement(None, None)]);
    let subjects = [
        Subject::Payout(1),
        Subject::Message(4),
        Subject::Block(5),
        Subject::Document(6),
        Subject::Entry(7),
        Subject::Gateway,
    ];
    facts.extend(subjects.map(|subject| Fact::ExceptionRaised {
        key: 9,
        subject,
        code: "duplicate_debit".into(),
        text: TEXT.into(),
        evidence: (subject == Subject::Gateway).then(evidence),
    }));
    facts
}

fn every_kind() -> Vec<Fact> {
    let mut facts: Vec<Fact> = payouts().into_iter().map(recording).collect();
    facts.extend([
        Fact::PayoutHeld { key: 1, hold: Hold::Operator(TEXT.into()) },
        Fact::PayoutReleased { key: 1 },
        Fact::PayoutCancelled { key: 1, reason: TEXT.into() },
        Fact::CancelRequested { key: 1, reason: TEXT.into() },
    ]);
    facts.extend(sending());
    facts.extend(reading());
    facts.extend(accounting());
    facts
}

fn recorded(fact: Fact, cause: Cause) -> Recorded {
    Recorded { at: due().unwrap(), tenant: "acme".into(), actor: TEXT.into(), cause, fact }
}

fn octets(recorded: &Recorded) -> Vec<u8> {
    let mut out = Vec::new();
    encode(recorded, &mut out);
    out
}

#[test]
fn every_kind_reads_back_as_it_was_written() {
    let causes = [
        Cause::Request(TEXT.into()),
        Cause::Document(digest(8), 3),
        Cause::Call("M-1".into(), 2),
        Cause::Timer,
    ];
    let mut kinds = std::collections::BTreeSet::new();
    for fact in every_kind() {
        for cause in &causes {
            let written = recorded(fact.clone(), cause.clone());
            let octets = octets(&written);
            assert_eq!(decode(&octets).as_ref(), Ok(&written), "{}", String::from_utf8_lossy(&octets));
            let value: serde_json::Value = serde_json::from_slice(&octets).unwrap();
            assert_eq!(value["subject"], subject_text(fact.subject()));
            kinds.insert((value["kind"].as_str().unwrap().to_owned(), value["v"].as_u64().unwrap() as u32));
        }
    }
    let listed = FACT_KINDS.iter().map(|(kind, version)| ((*kind).to_owned(), *version)).collect();
    assert_eq!(kinds, listed, "each kind is listed and tested");
}

/// Octets as they were released: stores in the field hold them for ever.
#[test]
fn released_octets_stay_as_they_are() {
    let news = StatusNews { code: "ACSC".into(), reason: None, created: "2026-11-23".into() };
    let status = Fact::PayoutStatus {
        key: 12,
        news,
        bank_references: vec!["R".into()],
        evidence: Evidence { document: digest(0xAB), record: 7 },
    };
    let hex = "ab".repeat(32);
    let expected = format!(
        "{{\"kind\":\"payout_status\",\"v\":1,\"at\":1700000000000007,\"tenant\":\"acme\",\"subject\":\"payout:12\",\
         \"actor\":\"reference\",\"cause\":{{\"document\":\"{hex}\",\"part\":0}},\"body\":{{\"code\":\"ACSC\",\
         \"created\":\"2026-11-23\",\"bank_references\":[\"R\"],\"evidence\":{{\"document\":\"{hex}\",\"record\":7}}}}}}"
    );
    let mut written = recorded(status, Cause::Document(digest(0xAB), 0));
    written.actor = "reference".into();
    assert_eq!(String::from_utf8(octets(&written)).unwrap(), expected);
}

#[test]
fn what_is_no_fact_is_refused_with_its_reason_and_without_its_values() {
    let good = String::from_utf8(octets(&recorded(recording(bare_payout()), Cause::Timer))).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} is in {good}");
        decode(good.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    assert_eq!(
        changed("\"v\":1", "\"v\":2"),
        FactError::UnknownKind { kind: "payout_recorded".into(), version: 2 }
    );
    assert_eq!(changed("DE89", "DE88").to_string(), "member creditor_account.iban holds no valid value");
    assert_eq!(changed("payout:12", "payee:12"), FactError::Member { member: "subject" });
    assert_eq!(changed("\"1250.50\"", "\"1250.505\""), FactError::Member { member: "amount" });
    assert!(matches!(changed("\"Ana Ruiz\"", "77"), FactError::Shape { cause, .. } if cause == "data"));
    assert!(matches!(decode(b""), Err(FactError::Shape { cause, .. }) if cause == "eof"));
}

proptest! {
    /// Whatever stands in the store: an answer, never a panic.
    #[test]
    fn no_octets_make_the_reader_panic(cut in 0usize..2000, place in 0usize..2000, octet in any::<u8>()) {
        let mut octets = octets(&recorded(recording(full_payout()), Cause::Timer));
        if let Some(target) = octets.get_mut(place) {
            *target = octet;
        }
        octets.truncate(cut.max(1));
        let _ = decode(&octets);
    }

    /// What another reader of JSON finds is what was written, whatever the text and the numbers are.
    #[test]
    fn texts_and_numbers_read_back(text in any::<String>(), whole in any::<i64>(), bits in any::<u64>()) {
        let Fact::PayoutRecorded { payout, held, replaces, .. } = recording(bare_payout()) else { unreachable!() };
        let fact = Fact::PayoutRecorded { key: whole, payout, held, likeness: bits, content: bits, replaces };
        let mut written = recorded(fact, Cause::Document(digest(1), 7));
        written.actor = text.clone();
        let read: serde_json::Value = serde_json::from_slice(&octets(&written)).unwrap();
        prop_assert_eq!(read["actor"].as_str(), Some(text.as_str()));
        prop_assert_eq!(&read["subject"], &format!("payout:{whole}"));
        prop_assert_eq!(read["cause"]["part"].as_u64(), Some(7));
        let likeness = read["body"]["likeness"].as_str().unwrap();
        prop_assert_eq!(u64::from_str_radix(likeness, 16), Ok(bits));
    }
}
