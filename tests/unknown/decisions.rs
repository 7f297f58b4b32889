//! What two people decide about an outcome that stays unknown, what the bank's news does before, between and after,
//! and what a duplicate refusal does to nothing.

use super::room::{Room, at, booked, broken, found, report};
use girogate::domain::fact::Fact;
use girogate::domain::lifecycle::State;
use girogate::domain::row::SendPhase;
use girogate::domain::unknown::Decision::{NotSent, TreatAsSent};
use girogate::engine::action::{Action, Decided};

#[tokio::test]
async fn before_the_ladder_is_at_its_end_nobody_decides() {
    let (room, id) = Room::frozen(1).await;
    assert_eq!(room.says("anna", &id, TreatAsSent).await, Decided::NotWaiting, "nothing was sent yet");
    room.start(&id, false).await;
    assert_eq!(room.says("anna", &id, TreatAsSent).await, Decided::NotWaiting, "the attempt is open");
    room.end(&id, broken()).await;
    assert_eq!(room.says("anna", &id, NotSent).await, Decided::NotWaiting, "the gateway still asks the bank");
}

#[tokio::test]
async fn one_person_is_not_two_and_two_must_say_the_same() {
    let (room, id) = Room::escalated(2).await;
    assert_eq!(room.says("anna", &id, TreatAsSent).await, Decided::Proposed { instead_of: None });
    assert_eq!(room.says("anna", &id, TreatAsSent).await, Decided::SamePerson);
    let other = Decided::Proposed { instead_of: Some((TreatAsSent, "anna".into())) };
    assert_eq!(room.says("berta", &id, NotSent).await, other, "another word confirms nothing");
    assert_eq!(room.says("berta", &id, NotSent).await, Decided::SamePerson);
    assert_eq!(room.states().await, [State::Held, State::Held]);
    assert!(matches!(room.says("anna", &id, NotSent).await, Decided::Confirmed { decision: NotSent, .. }));
    assert_eq!(room.says("carla", &id, TreatAsSent).await, Decided::NotWaiting, "decided is decided");
}

#[tokio::test]
async fn treated_as_sent_the_payouts_stand_as_submitted_and_later_news_counts() {
    let (room, id) = Room::escalated(2).await;
    room.says("anna", &id, TreatAsSent).await;
    let confirmed = room.says("berta", &id, TreatAsSent).await;
    assert_eq!(confirmed, Decided::Confirmed { decision: TreatAsSent, replaced: Vec::new() });
    assert_eq!(room.states().await, [State::Submitted, State::Submitted]);
    assert_eq!(room.start(&id, true).await, None, "nothing goes out again");
    let facts = room.facts().await;
    let said: Vec<(String, String)> = facts
        .iter()
        .filter_map(|stored| match &stored.recorded.fact {
            Fact::DecisionProposed { reason, .. } | Fact::DecisionConfirmed { reason, .. } => {
                Some((stored.recorded.actor.clone(), reason.clone()))
            }
            _ => None,
        })
        .collect();
    let pair = |name: &str| (name.to_owned(), format!("{name} is sure"));
    assert_eq!(said, [pair("anna"), pair("berta")], "names, reasons and times are facts");
    let rejected = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>";
    room.document(&report(1, &id, rejected)).await;
    assert_eq!(room.states().await, [State::Rejected, State::Rejected], "the bank's word counts as ever");
    assert!(room.store.audit().await.unwrap().passed());
}

#[tokio::test]
async fn never_sent_ends_the_old_payouts_and_issues_linked_ones_with_new_ids_once() {
    let (mut room, id) = Room::escalated(3).await;
    room.says("anna", &id, NotSent).await;
    let Decided::Confirmed { replaced, .. } = room.says("berta", &id, NotSent).await else { panic!() };
    let ids: Vec<&str> = replaced.iter().map(|one| one.external_id.as_str()).collect();
    assert_eq!(ids, ["U-1:2", "U-2:2", "U-3:2"]);
    let payouts = room.payouts().await;
    assert_eq!(payouts.len(), 6);
    for (old, new) in payouts[..3].iter().zip(&payouts[3..]) {
        assert_eq!((old.state, new.state), (State::Cancelled, State::Recorded));
        assert_eq!(old.row.replaced_by, Some(new.row.key));
        assert_eq!(old.row.amount, new.row.amount);
        assert_ne!(old.row.token, new.row.token);
        assert_ne!(old.row.end_to_end_id, new.row.end_to_end_id);
    }
    let again = room.freeze().await;
    assert_eq!(again.len(), 1);
    assert_ne!(again[0], id, "a message of its own");
    assert_eq!(room.start(&again[0], false).await, Some(1), "sent like any other");
    assert_eq!(room.start(&id, true).await, None, "the old octets never leave again");
    assert!(room.store.audit().await.unwrap().passed());
}

#[tokio::test]
async fn what_the_client_wanted_cancelled_is_not_issued_anew() {
    use girogate::engine::input::{Act, Input, Operation};
    let (room, id) = Room::escalated(2).await;
    let token = room.payouts().await[0].row.token;
    let operation = Operation { token, act: Act::Cancel, reason: "wrong payee".into() };
    room.put("treasury", Input::Operate(operation)).await;
    room.says("anna", &id, NotSent).await;
    let Decided::Confirmed { replaced, .. } = room.says("berta", &id, NotSent).await else { panic!() };
    assert_eq!(replaced.len(), 1);
    assert_eq!(room.states().await, [State::Cancelled, State::Cancelled, State::Recorded]);
}

#[tokio::test]
async fn news_between_proposal_and_confirmation_takes_the_decision_away() {
    let (room, id) = Room::escalated(2).await;
    room.says("anna", &id, NotSent).await;
    let first = room.payouts().await[0].row.clone();
    room.document(&booked(&first.end_to_end_id, "1.50")).await;
    assert_eq!(
        room.states().await,
        [State::Booked, State::Submitted],
        "one booked member shows that all arrived"
    );
    assert_eq!(room.says("berta", &id, NotSent).await, Decided::NotWaiting);
    assert_eq!(room.payouts().await.len(), 2, "nothing was issued anew");
    let row = room.row(&id).await;
    assert_eq!((row.phase, row.unknown.proposal), (SendPhase::Received, None));
}

#[tokio::test]
async fn an_answer_after_people_were_asked_resolves_it_without_them() {
    let (mut room, id) = Room::escalated(1).await;
    room.says("anna", &id, NotSent).await;
    room.now = at(1_100);
    assert!(matches!(room.due(&id).await[..], [Action::Inquire { .. }]), "the bank is asked on");
    room.inquired(&id, found()).await;
    assert_eq!(room.states().await, [State::Submitted]);
    assert_eq!(room.says("berta", &id, NotSent).await, Decided::NotWaiting);
}

#[tokio::test]
async fn a_payout_that_turns_up_after_it_was_issued_anew_stops_the_new_one_and_is_loud() {
    let (room, id) = Room::escalated(1).await;
    room.says("anna", &id, NotSent).await;
    room.says("berta", &id, NotSent).await;
    let old = room.payouts().await[0].row.clone();
    room.document(&booked(&old.end_to_end_id, "1.50")).await;
    assert_eq!(
        room.states().await,
        [State::Booked, State::Held],
        "money outranks people; the new one is stopped"
    );
    assert_eq!(room.exceptions().await, ["debit_after_reject", "double_risk"]);
    room.document(&booked(&old.end_to_end_id, "1.50").replace("<MsgId>N<", "<MsgId>N2<")).await;
    let loud = room.exceptions().await.iter().filter(|code| *code == "double_risk").count();
    assert_eq!(loud, 1, "said once");
    assert!(room.store.audit().await.unwrap().passed());
}

// --------------------------------------------------------------------------------- duplicate refusals

/// The three levels at which a report can call something a duplicate.
fn refusals(room_id: &str, end_to_end_id: &str, block_id: &str) -> Vec<(String, &'static str)> {
    let reason = |code: &str| format!("<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>");
    let group = format!("<GrpSts>RJCT</GrpSts>{}</OrgnlGrpInfAndSts>", reason("DU01"));
    let block = format!(
        "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{block_id}</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>{}\
         </OrgnlPmtInfAndSts>",
        reason("DU02")
    );
    let payment = format!(
        "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{block_id}</OrgnlPmtInfId><TxInfAndSts>\
         <OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId><TxSts>RJCT</TxSts>{}</TxInfAndSts></OrgnlPmtInfAndSts>",
        reason("AM05")
    );
    vec![
        (report(1, room_id, &group), "group"),
        (report(2, room_id, &block), "block"),
        (report(3, room_id, &payment), "payment"),
    ]
}

#[tokio::test]
async fn a_duplicate_refusal_in_a_report_rejects_nothing_and_has_the_bank_asked_once() {
    for level in 0..3 {
        let (room, id) = Room::frozen(2).await;
        room.start(&id, false).await;
        room.end(&id, broken()).await;
        let row = room.row(&id).await;
        let block = room.store.blocks(row.key).await.unwrap()[0].payment_information_id.clone();
        let end_to_end_id = room.payouts().await[0].row.end_to_end_id.clone();
        let (octets, name) = refusals(&id, &end_to_end_id, &block).remove(level);
        room.document(&octets).await;
        assert_eq!(room.states().await, [State::Unconfirmed, State::Unconfirmed], "{name}");
        assert_eq!(room.exceptions().await, ["duplicate_at_bank"], "{name}");
        assert_eq!(room.row(&id).await.due_at, Some(room.now), "{name}: at once");
        assert!(matches!(room.due(&id).await[..], [Action::Inquire { .. }]), "{name}");
        // The bank's answer repeats the refusal: that is no reason to ask at once again.
        room.inquired(&id, girogate::bank::delivery::Inquiry::Failed { cause: "answer 500".into() }).await;
        room.document(&octets.replace("T10:00:00", "T10:00:01")).await;
        assert!(room.row(&id).await.due_at > Some(room.now), "{name}: asked once");
        assert_eq!(room.start(&id, true).await, None, "{name}: and nothing is sent again");
        assert_eq!(room.attempts().await, 1);
    }
}

#[tokio::test]
async fn a_duplicate_refusal_after_a_receipt_changes_no_state_and_has_the_bank_asked() {
    let (mut room, id) = Room::frozen(1).await;
    room.start(&id, false).await;
    room.end(&id, broken()).await;
    room.inquired(&id, found()).await;
    assert_eq!(room.states().await, [State::Submitted]);
    room.now = at(30);
    let group = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>";
    room.document(&report(1, &id, group)).await;
    assert_eq!(room.states().await, [State::Submitted]);
    assert!(matches!(room.due(&id).await[..], [Action::Inquire { .. }]));
    room.inquired(&id, found()).await;
    assert_eq!(room.row(&id).await.due_at, None, "it has answered");
}

#[tokio::test]
async fn evidence_that_came_while_the_attempt_was_open_resolves_it_when_it_ends() {
    let (room, id) = Room::frozen(2).await;
    room.start(&id, false).await;
    room.document(&report(1, &id, "<GrpSts>ACTC</GrpSts></OrgnlGrpInfAndSts>")).await;
    room.end(&id, broken()).await;
    assert_eq!(room.row(&id).await.phase, SendPhase::Received, "the report came before the line broke");
    assert_eq!(room.row(&id).await.due_at, None);
    assert_eq!(room.states().await, [State::InReview, State::InReview]);
}
