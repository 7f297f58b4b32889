//! Payouts, facts and a journey through all tables for the contract of the store.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use girogate::domain::account::{Account, Iban};
use girogate::domain::amount::Amount;
use girogate::domain::currency::Currency;
use girogate::domain::entry::{Booking, Digest, Direction, Evidence, Mark, Return, UnmatchedClass};
use girogate::domain::fact::{
    AttemptEnd, Cause, Fact, FrozenBlock, FrozenCancellation, FrozenMessage, Recorded,
};
use girogate::domain::party::{Party, PartyKind, PartyName};
use girogate::domain::payout::{DatePolicy, Instruction, Payout, Rail, Remittance, Speed};
use girogate::domain::reference::{EndToEndId, ExternalId, PayoutToken};
use girogate::domain::row::{
    BlockRow, CancelStage, Channel, Hold, Key, MessageRow, PayoutRow, SEND_PHASE_NAMES, SendPhase, Subject,
};
use girogate::domain::status::{Reason, StatusNews};
use girogate::domain::unknown::{Decision, Escalation, Proposal, Told, UnknownRow};
use girogate::store::chain::sha256;
use girogate::store::documents::NewDocument;
use girogate::store::lookup::Lookup;
use girogate::store::view::View;
use girogate::store::view::apply::apply;
use girogate::store::{Appended, Store, Turn};
use rust_decimal::Decimal;

/// Seconds after the time at which everything here happens.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + Duration::seconds(seconds)
}

/// A day in November 2026.
pub fn date(day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 11, day)
}

/// SHA-256 of a text.
pub fn digest_of(text: &str) -> Digest {
    Digest(sha256(text.as_bytes()))
}

/// A checked end-to-end id.
pub fn end_to_end_id(text: &str) -> EndToEndId {
    EndToEndId::parse(text).unwrap()
}

/// How long something takes.
pub async fn timed(act: impl AsyncFnOnce()) -> Duration {
    let begin = std::time::Instant::now();
    act().await;
    Duration::from_std(begin.elapsed()).unwrap()
}

/// A payout made from its number; number 4 is in pounds.
pub fn payout(number: i64) -> Payout {
    let currency = if number == 4 { Currency::GBP } else { Currency::EUR };
    Payout {
        // Spread like real tokens, which are keyed hashes.
        token: PayoutToken::from_digest(sha256(&number.to_be_bytes())),
        tenant: "acme".into(),
        instruction: Instruction {
            external_id: ExternalId::parse(&format!("P-{number}")).unwrap(),
            end_to_end_id: Some(end_to_end_id(&format!("INV-{number}"))),
            replaces: None,
            batch_id: Some(if number % 2 == 0 { "even" } else { "odd" }.into()),
            debtor_account_ref: "main".into(),
            amount: Amount::from_minor(1_000 + number, currency).unwrap(),
            creditor: Party::named(PartyName::parse("Ana Ruiz").unwrap(), PartyKind::Individual),
            creditor_account: Account::Iban(Iban::parse("DE89370400440532013000").unwrap()),
            creditor_agent: None,
            speed: None,
            rail_preference: Vec::new(),
            requested_execution_date: None,
            date_policy: DatePolicy::RollForward,
            purpose: None,
            category_purpose: None,
            remittance: Remittance::Unstructured(format!("Invoice {number} of 23 November, thank you")),
            charge_bearer: None,
            batch_booking: None,
            ultimate_debtor: None,
            ultimate_creditor: None,
            allow_truncation: false,
        },
        end_to_end_id: end_to_end_id(&format!("INV-{number}")),
        speed: Speed::Standard,
        rail: Rail::SepaCreditTransfer,
        bank: "reference".into(),
        execution_date: date(23).unwrap(),
        charge_bearer: None,
        changes: Vec::new(),
    }
}

/// The same payout with another amount.
pub fn priced(mut payout: Payout, minor: i64) -> Payout {
    payout.instruction.amount = Amount::from_minor(minor, payout.instruction.amount.currency()).unwrap();
    payout
}

/// The fact that records a payout.
pub fn recording(key: Key, payout: Payout) -> Fact {
    let likeness = u64::from_be_bytes(payout.token.octets()[..8].try_into().unwrap());
    Fact::PayoutRecorded {
        key,
        payout: Box::new(payout),
        held: None,
        likeness,
        content: likeness / 3,
        replaces: None,
    }
}

/// An attempt that opens.
pub fn started(key: Key, attempt: u32, epoch: i64) -> Fact {
    Fact::StepStarted {
        key,
        step: "submit".into(),
        attempt,
        epoch,
        document: digest_of("pain.001"),
        head: digest_of("head"),
        resend: false,
    }
}

/// An attempt of which nobody knows what became.
pub fn ended_unknown(key: Key, attempt: u32, due_at: DateTime<Utc>) -> Fact {
    let end = AttemptEnd::Unknown { cause: "reset".into(), bytes_left: 10, reply: None };
    Fact::StepEnded { key, step: "submit".into(), attempt, end, due_at: Some(due_at) }
}

/// A status of a payout.
pub fn status(key: Key, code: &str) -> Fact {
    Fact::PayoutStatus { key, news: news(code), bank_references: Vec::new(), evidence: evidence() }
}

fn news(code: &str) -> StatusNews {
    let reason = (code == "RJCT").then(|| Reason {
        code: Some("AC04".into()),
        proprietary: None,
        text: vec!["closed".into(), "ask \"them\"".into()],
    });
    StatusNews { code: code.into(), reason, created: "2026-11-23T10:00:00".into() }
}

fn evidence() -> Evidence {
    Evidence { document: digest_of("report one"), record: 3 }
}

/// Applies facts to a view and makes a turn of them.
pub fn turn(view: &mut View, facts: Vec<Fact>, documents: Vec<NewDocument>) -> Turn {
    let facts: Vec<Recorded> = facts
        .into_iter()
        .map(|fact| Recorded {
            at: at(0),
            tenant: "acme".into(),
            actor: "treasury".into(),
            cause: Cause::Request("key-1".into()),
            fact,
        })
        .collect();
    facts.iter().for_each(|recorded| apply(view, recorded));
    Turn { facts, view: view.clone(), documents }
}

/// What a journey left behind.
pub struct Seen {
    /// All rows, by folding the facts.
    pub view: View,
    /// All facts.
    pub facts: Vec<Recorded>,
}

/// Seven payouts through every table: 1 returned, 2 rejected, 3 booked with its block, 4 in a message
/// that was not sent, 5 and 6 recorded, 7 held. One attempt, two messages, two documents.
pub async fn journey(store: &Store) -> Seen {
    let mut seen = Seen { view: View::default(), facts: Vec::new() };
    let documents = ["pain.001 one", "pain.001 two", "report one", "report two", "answer"];
    for (step, facts) in steps().into_iter().enumerate() {
        let mut view = store.load(lookups(&facts)).await.unwrap();
        let names = if step == 0 { &documents[..] } else { &[] };
        let documents = names.iter().map(|text| NewDocument::of(text.as_bytes())).collect();
        let turn = turn(&mut view, facts, documents);
        turn.facts.iter().for_each(|recorded| apply(&mut seen.view, recorded));
        seen.facts.extend(turn.facts.clone());
        assert_eq!(store.append(turn).await, Appended::Done { seq: seen.facts.len() as i64 });
    }
    seen
}

fn steps() -> Vec<Vec<Fact>> {
    let mut held = recording(7, payout(7));
    if let Fact::PayoutRecorded { held, .. } = &mut held {
        *held = Some(Hold::SuspectedDuplicate("P-1".into()));
    }
    let received =
        AttemptEnd::Received { bank_reference: Some("RECEIPT-1".into()), reply: digest_of("reply") };
    vec![
        (1..=6).map(|number| recording(number, payout(number))).chain([held]).collect(),
        vec![frozen(1, &[(1, &[1, 2]), (2, &[3])]), frozen(2, &[(3, &[4])])],
        vec![started(1, 1, 1)],
        vec![Fact::StepEnded {
            key: 1,
            step: "submit".into(),
            attempt: 1,
            end: received,
            due_at: Some(at(100)),
        }],
        vec![document(1, "report one"), document(2, "report two")],
        report(),
        vec![
            Fact::CancellationWanted { key: 3, reason: "CUST".into() },
            Fact::CancellationAnswered {
                key: 3,
                request: None,
                stage: CancelStage::Refused,
                news: news("RJCR"),
                evidence: evidence(),
            },
        ],
        vec![
            Fact::RequestAnswered {
                request: "POST /v1/payouts key-1".into(),
                body: digest_of("body"),
                status: 201,
                answer: digest_of("answer"),
            },
            Fact::CollectedUpTo { bank: "reference".into(), cursor: "17".into() },
            Fact::DocumentRead {
                key: 1,
                part: 0,
                records: 9,
                message_id: Some("REPORT-1".into()),
                finished: true,
            },
        ],
    ]
}

fn report() -> Vec<Fact> {
    let amount = |number: i64| payout(number).instruction.amount;
    let booking = |number: i64, reference: &str, notified: Option<Evidence>| {
        Box::new(Booking {
            amount: amount(number),
            account_servicer_reference: Some(reference.into()),
            booking_date: date(23),
            value_date: date(23),
            notified,
            on_statement: None,
        })
    };
    vec![
        Fact::MessageStatus { key: 1, news: news("ACSP"), evidence: evidence() },
        Fact::BlockStatus { key: 2, news: news("ACSC"), evidence: evidence() },
        Fact::EntryBooked {
            key: 1,
            account_ref: "main".into(),
            counter_account: "DE89…3000".into(),
            on_behalf_of: None,
            booking: booking(1, "ASR-1", Some(evidence())),
            bank_references: vec!["CLEARING-1".into()],
            mark: Mark::Notified,
        },
        Fact::EntryReturned {
            key: 1,
            account_ref: "main".into(),
            returned: Box::new(Return {
                amount: amount(1),
                reason: Some("AC04".into()),
                account_servicer_reference: Some("RET-1".into()),
                booking_date: date(23),
                evidence: evidence(),
            }),
        },
        Fact::BlockBooked {
            key: 2,
            account_ref: "main".into(),
            booking: booking(3, "ASR-3", None),
            mark: Mark::OnStatement,
        },
        status(2, "RJCT"),
        Fact::ExceptionRaised {
            key: 1,
            subject: Subject::Payout(2),
            code: "late_reject".into(),
            text: "rejected late".into(),
            evidence: Some(evidence()),
        },
        Fact::EntryUnmatched {
            key: 1,
            identity: "main/FEE-1".into(),
            account_ref: "main".into(),
            class: UnmatchedClass::Charge,
            direction: Direction::Debit,
            amount: Decimal::new(150, 2),
            currency: Currency::EUR,
            booking_date: date(23),
            transaction_code: Some("PMNT/ICDT/CHRG".into()),
            account_servicer_reference: Some("FEE-1".into()),
            mark: Mark::Notified,
            evidence: evidence(),
        },
        Fact::StatementRead {
            key: 1,
            identity: "main/1".into(),
            account_ref: "main".into(),
            id: "STMT-1".into(),
            kind: "camt.053".into(),
            sequence: Some("1".into()),
            date: date(23),
            opening: Some(Decimal::new(100_000, 2)),
            closing: Some(Decimal::new(-500, 2)),
            currency: Some(Currency::EUR),
            movement: Decimal::new(-100_500, 2),
            document: digest_of("report one"),
        },
    ]
}

fn document(key: Key, text: &str) -> Fact {
    Fact::DocumentReceived {
        key,
        digest: digest_of(text),
        bank: "reference".into(),
        channel: Channel::Callback,
        authenticated: true,
        size: text.len() as u64,
        note: "signature valid".into(),
    }
}

fn frozen(key: Key, blocks: &[(Key, &[Key])]) -> Fact {
    let block = |(block, members): &(Key, &[Key])| FrozenBlock {
        key: *block,
        payment_information_id: format!("BLK-{block}"),
        debtor_account_ref: "main".into(),
        currency: if *block == 3 { Currency::GBP } else { Currency::EUR },
        execution_date: date(23).unwrap(),
        sum: members.iter().map(|number| payout(*number).instruction.amount.value()).sum(),
        members: members.to_vec(),
    };
    let blocks: Vec<FrozenBlock> = blocks.iter().map(block).collect();
    let text = if key == 1 { "pain.001 one" } else { "pain.001 two" };
    Fact::MessageFrozen(Box::new(FrozenMessage {
        key,
        message_id: format!("MSG-{key}"),
        bank: "reference".into(),
        definition: "pain.001.001.09".into(),
        document: digest_of(text),
        profile: digest_of("profile"),
        count: blocks.iter().map(|block| block.members.len() as u64).sum(),
        sum: blocks.iter().map(|block| block.sum).sum(),
        blocks,
    }))
}

/// A request about a payout.
pub fn cancellation_frozen(key: Key, payout: Key) -> Fact {
    Fact::CancellationFrozen(Box::new(FrozenCancellation {
        key,
        payout,
        message_id: format!("CXL-{payout}"),
        bank: "reference".into(),
        definition: "camt.055.001.08".into(),
        document: digest_of("pain.001 two"),
        profile: digest_of("profile"),
    }))
}

/// What the facts are about.
fn lookups(facts: &[Fact]) -> Vec<Lookup> {
    let about = |fact: &Fact| match fact {
        Fact::MessageFrozen(frozen) => {
            frozen.blocks.iter().flat_map(|block| &block.members).map(|key| Lookup::Payout(*key)).collect()
        }
        Fact::CancellationFrozen(request) => vec![Lookup::Payout(request.payout)],
        other => match other.subject() {
            Subject::Payout(key) => vec![Lookup::Payout(key)],
            Subject::Message(key) => vec![Lookup::Message(key)],
            Subject::Block(key) => vec![Lookup::Block(key)],
            Subject::Document(key) => vec![Lookup::DocumentKey(key)],
            Subject::Entry(_) | Subject::Gateway => Vec::new(),
        },
    };
    facts.iter().flat_map(about).collect()
}

/// Every way to name the rows of a view.
pub fn every_lookup(view: &View) -> Vec<Lookup> {
    let mut lookups = Vec::new();
    for row in view.payouts.values() {
        let account_ref = row.debtor_account_ref.clone();
        lookups.push(Lookup::Token(row.token));
        lookups.push(Lookup::EndToEnd { account_ref, key: row.end_to_end_id.to_ascii_uppercase() });
        lookups.push(Lookup::Likeness(row.likeness));
        lookups.push(Lookup::Payout(row.key));
        lookups.extend(row.bank_references.iter().cloned().map(Lookup::BankReference));
    }
    for row in view.messages.values() {
        lookups.extend([Lookup::MessageMembers(row.key), Lookup::MessageId(row.message_id.clone())]);
    }
    for row in view.blocks.values() {
        let id = row.payment_information_id.clone();
        lookups.extend([Lookup::BlockMembers(row.key), Lookup::PaymentInformationId(id)]);
    }
    for row in view.documents.values() {
        lookups.extend([Lookup::Document(row.digest), Lookup::DocumentKey(row.key)]);
    }
    lookups.push(Lookup::DocumentMessageId("reference".into(), "REPORT-1".into()));
    lookups.extend(view.entries.values().map(|row| Lookup::Entry(row.identity.clone())));
    lookups.extend(view.statements.values().map(|row| Lookup::Statement(row.identity.clone())));
    lookups.extend(view.requests.keys().cloned().map(Lookup::Request));
    lookups.extend(view.cursors.keys().cloned().map(Lookup::Cursor));
    lookups
}

/// Every kind of lookup, for rows that nobody has.
pub fn strange_lookups(number: i64) -> Vec<Lookup> {
    let id = format!("NOBODY-{number}");
    let key = 1_000 + number;
    vec![
        Lookup::Token(PayoutToken::from_digest(sha256(id.as_bytes()))),
        Lookup::Payout(key),
        Lookup::EndToEnd { account_ref: "main".into(), key: id.clone() },
        Lookup::BankReference(id.clone()),
        Lookup::Likeness(number.unsigned_abs()),
        Lookup::Message(key),
        Lookup::MessageId(id.clone()),
        Lookup::Block(key),
        Lookup::PaymentInformationId(id.clone()),
        Lookup::BlockMembers(key),
        Lookup::MessageMembers(key),
        Lookup::Document(digest_of(&id)),
        Lookup::DocumentKey(key),
        Lookup::DocumentMessageId("reference".into(), id.clone()),
        Lookup::Entry(id.clone()),
        Lookup::Statement(id.clone()),
        Lookup::Statements(id.clone()),
        Lookup::Request(id.clone()),
        Lookup::Cursor(id),
    ]
}

/// Blocks in messages of every phase and several statuses; `None` stands for no block.
pub fn block_variants(view: &mut View) -> Vec<Option<Key>> {
    let mut keys = vec![None];
    let codes = [None, Some("ACSP"), Some("RJCT"), Some("XXXX")];
    let phases = SEND_PHASE_NAMES.iter().map(|(phase, _)| (*phase, UnknownRow::default()));
    for (phase, unknown) in phases.chain([(SendPhase::Unknown, escalated())]) {
        for message_code in codes {
            let mut message = message_row(view.counters.message);
            message.phase = phase;
            message.unknown = unknown.clone();
            message.status = message_code.map(news);
            for (block_code, booked) in
                [(None, false), (Some("ACCP"), false), (Some("PART"), false), (None, true)]
            {
                let mut block = block_row(view.counters.block, message.key);
                block.status = block_code.map(news);
                block.booked = booked;
                keys.push(Some(block.key));
                view.dirty.blocks.insert(block.key, 0);
                view.put_block(block);
                view.counters.block += 1;
            }
            view.dirty.messages.insert(message.key, 0);
            view.put_message(message);
            view.counters.message += 1;
        }
    }
    keys
}

/// All that can be known about an unknown outcome.
fn escalated() -> UnknownRow {
    UnknownRow {
        since: Some(at(1)),
        inquired_at: Some(at(2)),
        told: Some(Told::NotFound),
        duplicate_at: Some(at(3)),
        escalation: Some(Escalation::NotFound),
        escalated_at: Some(at(4)),
        proposal: Some(Proposal {
            decision: Decision::NotSent,
            by: "alice".into(),
            at: at(5),
            reason: "the bank's desk says so".into(),
        }),
        decision: Some(Decision::NotSent),
    }
}

/// A payout of that status, plain, booked, returned, cancelled or held.
pub fn payout_variant(key: Key, code: Option<&str>, twist: u32, block: Option<Key>) -> PayoutRow {
    let mut view = View::default();
    turn(&mut view, vec![recording(key, payout(key))], Vec::new());
    let mut row = view.payouts.remove(&key).unwrap();
    row.status = code.map(news);
    row.block = block;
    match (twist, report().remove(2), report().remove(3)) {
        (1, Fact::EntryBooked { booking, .. }, _) => row.booking = Some(*booking),
        (2, _, Fact::EntryReturned { returned, .. }) => row.returned = Some(*returned),
        (3, ..) => row.cancelled = true,
        (4, ..) => row.held = Some(Hold::Operator("look".into())),
        _ => {}
    }
    row
}

fn message_row(key: Key) -> MessageRow {
    let mut view = View::default();
    turn(&mut view, vec![frozen(key, &[])], Vec::new());
    view.messages.remove(&key).unwrap()
}

fn block_row(key: Key, message: Key) -> BlockRow {
    let mut view = View::default();
    turn(&mut view, vec![frozen(message, &[(key, &[])])], Vec::new());
    view.blocks.remove(&key).unwrap()
}
