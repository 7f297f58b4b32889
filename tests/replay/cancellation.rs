//! Cancellations: local and certain before an attempt, a tracked request after it, and whatever the bank answers.

use crate::room::{Room, Sent, operated};
use girogate::domain::fact::{AttemptEnd, Fact};
use girogate::domain::lifecycle::State;
use girogate::domain::row::{CancelStage, SendPhase};
use girogate::engine::action::{Action, Operated};
use girogate::engine::input::Input;
use girogate::messages::validate;
use girogate::store::memory::Fault;
use serde_json::json;

/// A camt.029 as a bank writes it about one payment.
fn resolution(id: &str, names: &str, code: &str, reason: &str) -> String {
    let reason = match reason {
        "" => String::new(),
        code => format!("<CxlStsRsnInf><Rsn><Cd>{code}</Cd></Rsn></CxlStsRsnInf>"),
    };
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.09"><RsltnOfInvstgtn>
<Assgnmt><Id>{id}</Id><Assgnr><Agt><FinInstnId><BICFI>AAAADEFFXXX</BICFI></FinInstnId></Agt></Assgnr>
<Assgne><Pty><Nm>Demo</Nm></Pty></Assgne><CreDtTm>2026-11-23T09:00:00Z</CreDtTm></Assgnmt>
<Sts><Conf>INFO</Conf></Sts><CxlDtls><TxInfAndSts>{names}<TxCxlSts>{code}</TxCxlSts>{reason}</TxInfAndSts></CxlDtls>
</RsltnOfInvstgtn></Document>"#
    )
}

/// A camt.029 that names nothing but the case.
fn of_case(id: &str, case: &str, confirmation: &str) -> String {
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.09"><RsltnOfInvstgtn>
<Assgnmt><Id>{id}</Id><Assgnr><Agt><FinInstnId><BICFI>AAAADEFFXXX</BICFI></FinInstnId></Agt></Assgnr>
<Assgne><Pty><Nm>Demo</Nm></Pty></Assgne><CreDtTm>2026-11-23T09:00:00Z</CreDtTm></Assgnmt>
<RslvdCase><Id>{case}</Id><Cretr><Pty><Nm>Demo</Nm></Pty></Cretr></RslvdCase>
<Sts><Conf>{confirmation}</Conf></Sts></RsltnOfInvstgtn></Document>"#
    )
}

pub fn pain_002(id: &str, sent: &Sent, group: &str, payments: &str) -> String {
    let (message, block) = (&sent.message.message_id, &sent.block.payment_information_id);
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>{id}</MsgId><CreDtTm>2026-11-23T09:10:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{block}</OrgnlPmtInfId>{payments}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"#
    )
}

pub fn status(end_to_end_id: &str, code: &str) -> String {
    format!(
        "<TxInfAndSts><OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId><TxSts>{code}</TxSts></TxInfAndSts>"
    )
}

/// A notification with one entry: direction, amount, the bank's reference and what stands in its detail.
pub fn notification(id: &str, (direction, amount, reference): (&str, &str, &str), detail: &str) -> String {
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{id}</MsgId><CreDtTm>2026-11-23T10:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>{id}</Id>
<CreDtTm>2026-11-23T10:00:00Z</CreDtTm><Acct><Id><IBAN>DE90999999990000004711</IBAN></Id></Acct>
<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-23</Dt></BookgDt><ValDt><Dt>2026-11-23</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls>{detail}</TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"#
    )
}

pub fn keyed(end_to_end_id: &str, rest: &str) -> String {
    format!("<Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>{rest}")
}

const E2E_1: &str = "<OrgnlEndToEndId>P1</OrgnlEndToEndId>";

/// What stands where: state, stage, codes of exceptions.
async fn standing(room: &Room) -> (State, Option<CancelStage>, Vec<String>) {
    let item = room.payout("P1").await;
    (item.state, item.row.cancellation.map(|known| known.stage), room.codes().await)
}

async fn asked(room: &mut Room) -> Sent {
    let sent = room.at_the_bank(&["10.00", "20.00"]).await;
    let answer = room.cancel("P1").await;
    assert_eq!(answer, Operated::AskedOfBank { state: State::Submitted, stage: CancelStage::Wanted });
    let request = room.frozen_request().await;
    room.deliver(request.key).await;
    sent
}

// ------------------------------------------------------------------------------------------ the race

/// In one turn, cancellation first: nothing leaves, the cancelled one is cancelled, the other is batched anew.
#[tokio::test]
async fn a_cancellation_before_the_attempt_wins() {
    let mut room = Room::open();
    room.submit(&["10.00", "20.00"], json!({})).await;
    let sent = room.freeze().await;
    let inputs = vec![room.cancel_input("P1").await, room.ready(sent.message.key)];
    let mut outcomes = room.put_together(inputs).await;
    let attempt = outcomes.pop().unwrap();
    assert_eq!(attempt.actions, [Action::Forget { message: sent.message.key }], "nothing may leave");
    let Operated::CancelledFromBatch { others, .. } = operated(outcomes.pop().unwrap()) else { panic!() };
    assert_eq!(others, 1);
    assert_eq!((room.state("P1").await, room.state("P2").await), (State::Cancelled, State::Recorded));
    assert!(!room.facts().await.iter().any(|fact| matches!(fact, Fact::StepStarted { .. })));
    assert!(room.work().await.cancellations.is_empty());
    room.audited().await;
}

/// In one turn, attempt first: it leaves, and the cancellation becomes a request.
#[tokio::test]
async fn a_cancellation_after_the_attempt_becomes_a_request() {
    let mut room = Room::open();
    room.submit(&["10.00"], json!({})).await;
    let sent = room.freeze().await;
    let inputs = vec![room.ready(sent.message.key), room.cancel_input("P1").await];
    let mut outcomes = room.put_together(inputs).await;
    let wanted = Operated::AskedOfBank { state: State::Unconfirmed, stage: CancelStage::Wanted };
    assert_eq!(operated(outcomes.pop().unwrap()), wanted);
    assert!(matches!(outcomes.pop().unwrap().actions[..], [Action::Deliver { .. }]));
    assert!(room.request().await.is_none(), "while nobody knows whether the bank has it, it is not asked");
    room.ended(sent.message.key, Room::received()).await;
    assert!(room.request().await.is_some());
    room.audited().await;
}

/// In two turns of which the second one decided on rows that the first one changed: it is decided again.
#[tokio::test]
async fn the_store_decides_the_race_between_two_turns() {
    for cancel_first in [true, false] {
        let mut room = Room::open();
        room.submit(&["10.00"], json!({})).await;
        let sent = room.freeze().await;
        let (cancel, ready) = (room.cancel_input("P1").await, room.ready(sent.message.key));
        let (first, second) = if cancel_first { (cancel, ready) } else { (ready, cancel) };
        room.put(first).await;
        // The second turn meets a conflict and is decided anew, on what the first one left.
        room.memory.inject(Fault::Conflict);
        let outcome = room.put(second).await;
        let leaves = outcome.actions.iter().any(|action| matches!(action, Action::Deliver { .. }));
        let started =
            room.facts().await.iter().filter(|fact| matches!(fact, Fact::StepStarted { .. })).count();
        let cancelled = room.state("P1").await == State::Cancelled;
        assert_eq!((started == 1, cancelled, leaves), (!cancel_first, cancel_first, false));
        room.audited().await;
    }
}

/// A view that is older than the other turn is refused by the store, whichever of the two is late.
#[tokio::test]
async fn a_turn_on_old_rows_is_refused() {
    use girogate::engine::book::Book;
    use girogate::engine::decide::{decide, needs};
    use girogate::store::{Appended, Turn};
    for cancel_first in [true, false] {
        let mut room = Room::open();
        room.submit(&["10.00"], json!({})).await;
        let sent = room.freeze().await;
        let (cancel, ready) = (room.cancel_input("P1").await, room.ready(sent.message.key));
        let (first, second) = if cancel_first { (cancel, ready) } else { (ready, cancel) };
        let late = room.envelope(girogate::domain::fact::Cause::Timer, second);
        let mut view = room.store.load(Vec::new()).await.unwrap();
        loop {
            let wanted = needs(&view, &room.standing, &late.input);
            if wanted.is_empty() {
                break;
            }
            view = room.store.load_more(view, wanted).await.unwrap();
        }
        room.put(first).await;
        let mut book = Book::new(&mut view);
        decide(&mut book, &room.standing, &late);
        let Book { facts, documents, .. } = book;
        assert!(!facts.is_empty(), "on its old rows it would go ahead");
        assert_eq!(room.store.append(Turn { facts, view, documents }).await, Appended::Conflict);
    }
}

/// The attempt was open when it was wanted, and then provably sent nothing: it is cancelled here and never sent.
#[tokio::test]
async fn proof_that_nothing_left_cancels_here() {
    let mut room = Room::open();
    room.submit(&["10.00", "20.00"], json!({})).await;
    let sent = room.freeze().await;
    room.put(room.ready(sent.message.key)).await;
    room.cancel("P1").await;
    room.ended(sent.message.key, AttemptEnd::NotSent { cause: "refused".to_owned() }).await;
    assert_eq!(standing(&room).await, (State::Cancelled, Some(CancelStage::Needless), vec![]));
    assert_eq!(room.state("P2").await, State::Recorded, "the other one is batched anew");
    assert!(room.request().await.is_none());
    let outcome = room.put(room.ready(sent.message.key)).await;
    assert_eq!(outcome.actions, [Action::Forget { message: sent.message.key }]);
    room.audited().await;
}

/// After an unknown attempt a later one that sent nothing proves nothing about the first: the bank is asked.
#[tokio::test]
async fn what_may_have_left_is_never_cancelled_here() {
    let mut room = Room::open();
    room.submit(&["10.00"], json!({})).await;
    let sent = room.freeze().await;
    room.put(room.ready(sent.message.key)).await;
    room.ended(sent.message.key, Room::unknown()).await;
    let answer = room.cancel("P1").await;
    assert_eq!(answer, Operated::AskedOfBank { state: State::Unconfirmed, stage: CancelStage::Wanted });
    assert_eq!(room.state("P1").await, State::Unconfirmed);
    assert!(room.request().await.is_none());
    room.arrive(&pain_002("R1", &sent, "<GrpSts>ACTC</GrpSts>", "")).await;
    assert!(room.request().await.is_some(), "now the bank has it");
}

// ------------------------------------------------------------------------------------------ the request

#[tokio::test]
async fn the_request_is_valid_names_the_payment_and_is_made_once() {
    let mut room = Room::open();
    let sent = room.at_the_bank(&["10.00", "20.00"]).await;
    room.cancel("P1").await;
    let draft = room.request().await.unwrap();
    let again = room.request().await.unwrap();
    assert_eq!(draft.document.digest(), again.document.digest(), "the same request gives the same octets");
    let mut records = Vec::new();
    validate::parse(draft.document.octets().as_ref(), None, &mut |record, _| {
        records.push(serde_json::to_value(&record).unwrap());
    });
    let found = |kind: &str| records.iter().find(|record| record["record"] == kind).unwrap();
    assert_eq!((&found("verdict")["valid"], &found("verdict")["errors"]), (&json!(true), &json!(0)));
    assert_eq!(found("assignment")["assignment_id"], json!(draft.message_id));
    assert_eq!(found("group_cancellation")["original_message_id"], json!(sent.message.message_id));
    assert_eq!(found("group_cancellation")["original_message_name"], "pain.001.001.09");
    let payment = found("cancellation");
    let row = room.payout("P1").await.row;
    assert_eq!(payment["original_end_to_end_id"], "P1");
    assert_eq!(payment["original_uetr"], json!(row.token.uetr()));
    assert_eq!(
        (&payment["original_amount"], &payment["original_currency"]),
        (&json!("10.00"), &json!("EUR"))
    );
    assert_eq!(payment["reasons"][0]["code"], "DUPL");
    let request = room.frozen_request().await;
    assert_eq!((request.about, request.phase), (Some(row.key), SendPhase::Frozen));
    assert!(room.request().await.is_none());
    // Wanted again, and written again by somebody who was late: nothing comes of it.
    let facts = room.facts().await.len();
    let stage = CancelStage::Asked;
    assert_eq!(room.cancel("P1").await, Operated::AskedOfBank { state: State::Submitted, stage });
    room.put(Input::CancellationWritten(Box::new(draft))).await;
    assert_eq!(room.facts().await.len(), facts);
    // It waits to be sent like every message, and only once.
    assert_eq!(room.work().await.sendable.iter().map(|row| row.key).collect::<Vec<_>>(), [request.key]);
    room.deliver(request.key).await;
    let second = room.put(room.ready(request.key)).await;
    assert_eq!(second.actions, [Action::Forget { message: request.key }]);
    room.audited().await;
}

#[tokio::test]
async fn a_bank_that_takes_no_requests_is_not_asked() {
    let reference = girogate::bank::profile::REFERENCE_PROFILE;
    let from = reference.find("[cancellation]").unwrap();
    let to = reference.find("[polling]").unwrap();
    let mut room = Room::with(&[(&reference[from..to], "")]);
    room.at_the_bank(&["10.00"]).await;
    for _ in 0..2 {
        assert_eq!(room.cancel("P1").await, Operated::NotedOnly { state: State::Submitted });
    }
    assert!(room.request().await.is_none());
    let wishes =
        room.facts().await.iter().filter(|fact| matches!(fact, Fact::CancelRequested { .. })).count();
    assert_eq!(wishes, 1);
}

#[tokio::test]
async fn an_end_that_comes_first_makes_the_request_needless() {
    let mut room = Room::open();
    let sent = room.at_the_bank(&["10.00"]).await;
    room.cancel("P1").await;
    let draft = room.request().await.unwrap();
    room.arrive(&pain_002("R1", &sent, "", &status("P1", "RJCT"))).await;
    room.put(Input::CancellationWritten(Box::new(draft))).await;
    assert_eq!(standing(&room).await, (State::Rejected, Some(CancelStage::Needless), vec![]));
    assert!(room.work().await.sendable.is_empty());
    assert_eq!(room.cancel("P1").await, Operated::TooLate { state: State::Rejected });
}

/// Nobody knows whether the request arrived; the bank's answer is the proof, and nothing is sent again.
#[tokio::test]
async fn an_answer_proves_that_the_request_arrived() {
    let mut room = Room::open();
    room.at_the_bank(&["10.00"]).await;
    room.cancel("P1").await;
    let request = room.frozen_request().await;
    room.put(room.ready(request.key)).await;
    room.ended(request.key, Room::unknown()).await;
    assert_eq!(room.message(request.key).await.phase, SendPhase::Unknown);
    room.arrive(&resolution("A1", E2E_1, "PDCR", "")).await;
    assert_eq!(room.message(request.key).await.phase, SendPhase::Received);
    room.later(chrono::Duration::days(1));
    let work = room.work().await;
    assert!(work.unknown.is_empty() && work.sendable.is_empty());
    room.audited().await;
}

// ------------------------------------------------------------------------------------------ the answers

#[tokio::test]
async fn granted_before_settlement_is_cancelled_with_its_evidence() {
    let mut room = Room::open();
    asked(&mut room).await;
    room.arrive(&resolution("A1", E2E_1, "ACCR", "DUPL")).await;
    assert_eq!(standing(&room).await, (State::Cancelled, Some(CancelStage::Accepted), vec![]));
    let row = room.payout("P1").await.row;
    let known = row.cancellation.unwrap();
    assert_eq!((known.answer.as_deref(), known.evidence), (Some("ACCR DUPL"), row.status_evidence));
    assert_eq!(room.state("P2").await, State::Submitted, "the other payment of the message goes on");
    room.audited().await;
}

/// An answer that names only the case: it is the id of our request.
#[tokio::test]
async fn the_case_names_the_payout() {
    let mut room = Room::open();
    asked(&mut room).await;
    let request = room.payout("P1").await.row.cancellation.unwrap().request.unwrap();
    let case = room.message(request).await.message_id;
    room.arrive(&of_case("A1", &case, "CNCL")).await;
    assert_eq!(standing(&room).await, (State::Cancelled, Some(CancelStage::Accepted), vec![]));
    room.arrive(&of_case("A2", "SOMEBODY-ELSES", "CNCL")).await;
    assert_eq!(room.codes().await, ["unknown_cancellation"]);
}

#[tokio::test]
async fn refused_and_the_payout_goes_on() {
    let mut room = Room::open();
    let sent = asked(&mut room).await;
    room.arrive(&resolution("A1", E2E_1, "RJCR", "ARDT")).await;
    assert_eq!(standing(&room).await, (State::Submitted, Some(CancelStage::Refused), vec![]));
    assert_eq!(room.payout("P1").await.row.cancellation.unwrap().answer.as_deref(), Some("RJCR ARDT"));
    let stage = CancelStage::Refused;
    assert_eq!(room.cancel("P1").await, Operated::AskedOfBank { state: State::Submitted, stage });
    room.arrive(&pain_002("R1", &sent, "", &status("P1", "ACSC"))).await;
    room.arrive(&notification("N1", ("DBIT", "10.00", "B1"), &keyed("P1", ""))).await;
    assert_eq!(standing(&room).await, (State::Booked, Some(CancelStage::Refused), vec![]));
}

/// Pending, then granted after the booking: the money comes back by an entry, and only that ends it.
#[tokio::test]
async fn a_recall_ends_with_the_money_back() {
    let mut room = Room::open();
    room.at_the_bank(&["10.00"]).await;
    room.arrive(&notification("N1", ("DBIT", "10.00", "B1"), &keyed("P1", ""))).await;
    let answer = room.cancel("P1").await;
    assert_eq!(answer, Operated::AskedOfBank { state: State::Booked, stage: CancelStage::Wanted });
    let request = room.frozen_request().await;
    room.deliver(request.key).await;
    room.arrive(&resolution("A1", E2E_1, "PDCR", "")).await;
    assert_eq!(standing(&room).await, (State::Booked, Some(CancelStage::Pending), vec![]));
    room.later(chrono::Duration::days(10));
    room.arrive(&resolution("A2", E2E_1, "ACCR", "")).await;
    assert_eq!(standing(&room).await, (State::Booked, Some(CancelStage::Accepted), vec![]));
    let back = keyed("P1", "<RtrInf><Rsn><Cd>FOCR</Cd></Rsn></RtrInf>");
    room.arrive(&notification("N2", ("CRDT", "10.00", "B2"), &back)).await;
    assert_eq!(standing(&room).await, (State::Returned, Some(CancelStage::Accepted), vec![]));
    assert_eq!(room.payout("P1").await.row.returned.unwrap().reason.as_deref(), Some("FOCR"));
    room.audited().await;
}

#[tokio::test]
async fn cancelled_and_then_booked_is_for_a_person_and_the_money_rules() {
    let mut room = Room::open();
    asked(&mut room).await;
    room.arrive(&resolution("A1", E2E_1, "ACCR", "")).await;
    room.arrive(&notification("N1", ("DBIT", "10.00", "B1"), &keyed("P1", ""))).await;
    let (state, stage, codes) = standing(&room).await;
    assert_eq!((state, stage), (State::Booked, Some(CancelStage::Accepted)), "overwritten is nothing");
    assert_eq!(codes, ["debit_after_reject"]);
    let text = room.exceptions().await.swap_remove(0).row.text;
    assert!(text.contains("Cancelled"), "{text}");
}

/// The order in which the bank's words come changes no end; an answer that comes twice changes nothing.
#[tokio::test]
async fn any_order_of_answer_status_and_entry_ends_alike() {
    let make = |sent: &Sent| {
        [
            resolution("A1", E2E_1, "PDCR", ""),
            resolution("A2", E2E_1, "ACCR", ""),
            pain_002("R1", sent, "", &status("P1", "CANC")),
            pain_002("R2", sent, "", &status("P1", "ACSP")),
        ]
    };
    let mut orders: Vec<Vec<usize>> = vec![vec![]];
    for item in 0..4 {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, item);
                    longer
                })
            })
            .collect();
    }
    assert_eq!(orders.len(), 24);
    for order in orders {
        let mut room = Room::open();
        let sent = asked(&mut room).await;
        let papers = make(&sent);
        for place in order.iter().chain(&order) {
            room.arrive(&papers[*place]).await;
        }
        let end = standing(&room).await;
        assert_eq!(end, (State::Cancelled, Some(CancelStage::Accepted), vec![]), "order {order:?}");
    }
}

#[tokio::test]
async fn both_refused_and_granted_is_shown() {
    for codes in [["RJCR", "ACCR"], ["ACCR", "RJCR"]] {
        let mut room = Room::open();
        asked(&mut room).await;
        room.arrive(&resolution("A1", E2E_1, codes[0], "")).await;
        room.arrive(&resolution("A2", E2E_1, codes[1], "")).await;
        let (state, stage, raised) = standing(&room).await;
        assert_eq!((state, stage), (State::Cancelled, Some(CancelStage::Accepted)));
        assert_eq!(raised, ["cancellation_contradiction"]);
    }
}

#[tokio::test]
async fn what_nobody_asked_or_says_half_is_shown() {
    let mut room = Room::open();
    room.at_the_bank(&["10.00", "20.00"]).await;
    room.arrive(&resolution("A1", E2E_1, "ACCR", "")).await;
    let (state, stage, codes) = standing(&room).await;
    assert_eq!((state, stage), (State::Cancelled, Some(CancelStage::Accepted)), "the bank's word counts");
    assert_eq!(codes, ["cancellation_unasked"]);
    room.arrive(&resolution("A2", "<OrgnlEndToEndId>P2</OrgnlEndToEndId>", "PACR", "")).await;
    room.arrive(&resolution("A3", "<OrgnlEndToEndId>P2</OrgnlEndToEndId>", "IPAY", "")).await;
    let mut codes = room.codes().await;
    // The codes are not in the list of the schema, which is said as well.
    codes.retain(|code| code != "document_deviates");
    assert_eq!(codes, ["cancellation_unasked", "cancellation_partly", "cancellation_unclear"]);
    assert_eq!(room.state("P2").await, State::Submitted);
}

/// Version 01 of the fixture and the one with two levels, read as a bank wrote them, about payments of nobody here.
#[tokio::test]
async fn answers_about_strangers_change_nothing() {
    for file in ["camt.029.001.09", "camt.029.001.01"] {
        let room = Room::open();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/messages");
        let octets = std::fs::read_to_string(folder.join(file).join("refused-cancellation/in.xml")).unwrap();
        room.arrive(&octets).await;
        let codes = room.codes().await;
        assert!(!codes.is_empty() && codes.iter().all(|code| code == "unknown_cancellation"), "{codes:?}");
    }
}
