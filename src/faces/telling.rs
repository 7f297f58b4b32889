//! Facts in plain language, for timelines. Ids, codes and amounts; never names, texts or accounts.

use super::query::shown;
use crate::domain::fact::{AttemptEnd, Cause, Fact, InquiryEnd};
use crate::domain::row::{Hold, Subject};
use crate::domain::status::{StatusNews, meaning};
use crate::store::Stored;
use serde_json::{Value, json};

/// A fact as a line of a timeline.
pub fn told(stored: &Stored) -> Value {
    let recorded = &stored.recorded;
    let (event, text) = words(&recorded.fact);
    let mut line = json!({ "at": shown(recorded.at), "event": event, "text": text, "actor": recorded.actor, "fact": stored.seq });
    if let Some(evidence) = evidence(&recorded.fact, &recorded.cause) {
        line["evidence"] = json!(evidence);
    }
    line
}

fn evidence(fact: &Fact, cause: &Cause) -> Option<String> {
    match (fact, cause) {
        (Fact::MessageFrozen(message), _) => Some(message.document.hex()),
        (Fact::CancellationFrozen(request), _) => Some(request.document.hex()),
        (Fact::StepStarted { head, .. }, _) => Some(head.hex()),
        (
            Fact::StepEnded {
                end:
                    AttemptEnd::Received { reply, .. }
                    | AttemptEnd::Refused { reply, .. }
                    | AttemptEnd::Unknown { reply: Some(reply), .. },
                ..
            },
            _,
        ) => Some(reply.hex()),
        (_, Cause::Document(digest, _)) => Some(digest.hex()),
        _ => None,
    }
}

/// What an exception item is about, as text.
pub fn subject(subject: Subject) -> String {
    match subject {
        Subject::Payout(key) => format!("payout {key}"),
        Subject::Message(key) => format!("message {key}"),
        Subject::Block(key) => format!("block {key}"),
        Subject::Document(key) => format!("document {key}"),
        Subject::Entry(key) => format!("entry {key}"),
        Subject::Gateway => "gateway".to_owned(),
    }
}

fn said(news: &StatusNews) -> String {
    let reason =
        news.reason.as_ref().and_then(|reason| reason.code.as_deref().or(reason.proprietary.as_deref()));
    let reason = reason.map_or(String::new(), |code| format!(", reason {code}"));
    format!("{}: {}{reason}", news.code, meaning(&news.code).meaning)
}

fn words(fact: &Fact) -> (&'static str, String) {
    match fact {
        Fact::PayoutRecorded { payout, held, .. } => {
            let held = if held.is_some() { ", held" } else { "" };
            ("recorded", format!("accepted for {} on {}{held}", payout.rail.name(), payout.execution_date))
        }
        Fact::PayoutHeld { hold, .. } => ("held", hold_words(hold)),
        Fact::PayoutReleased { .. } => ("released", "released".to_owned()),
        Fact::PayoutCancelled { .. }
        | Fact::CancelRequested { .. }
        | Fact::CancellationWanted { .. }
        | Fact::CancellationFrozen(_)
        | Fact::CancellationNeedless { .. }
        | Fact::CancellationAnswered { .. } => cancellation_words(fact),
        Fact::RequestAnswered { status, .. } => ("request_answered", format!("answered {status}")),
        Fact::MessageFrozen(message) => (
            "frozen",
            format!(
                "frozen in {} {} with {} payments",
                message.definition, message.message_id, message.count
            ),
        ),
        Fact::MessageDissolved { reason, .. } => {
            ("dissolved", format!("message dissolved, nothing had left: {reason}"))
        }
        Fact::StepStarted { attempt, resend, .. } => {
            let again = if *resend { ", the identical octets again" } else { "" };
            ("send_started", format!("attempt {attempt} opened{again}"))
        }
        Fact::StepEnded { attempt, end, .. } => {
            ("send_ended", format!("attempt {attempt}: {}", end_words(end)))
        }
        Fact::InquiryEnded { end, .. } => ("inquired", inquiry_words(end)),
        Fact::DuplicateSeen { .. }
        | Fact::UnknownWaits { .. }
        | Fact::UnknownEscalated { .. }
        | Fact::UnknownResolved { .. }
        | Fact::DecisionProposed { .. }
        | Fact::DecisionConfirmed { .. } => unknown_words(fact),
        Fact::DocumentReceived { .. } | Fact::DocumentRead { .. } => document_words(fact),
        Fact::MessageStatus { news, .. } => ("message_status", said(news)),
        Fact::BlockStatus { news, .. } => ("block_status", said(news)),
        Fact::PayoutStatus { news, .. } => ("status", said(news)),
        Fact::InterbankStatus { news, .. } => {
            ("interbank_status", format!("relayed between banks: {}", said(news)))
        }
        Fact::EntryBooked { booking, mark, .. } => {
            ("booked", format!("debit of {} booked, {}", booking.amount, mark.name()))
        }
        Fact::BlockBooked { booking, mark, .. } => {
            ("block_booked", format!("collective debit of {} booked, {}", booking.amount, mark.name()))
        }
        Fact::EntryReturned { returned, .. } => {
            let reason = returned.reason.as_deref().unwrap_or("without reason");
            ("returned", format!("{} came back, {reason}", returned.amount))
        }
        Fact::EntryUnmatched { class, amount, currency, .. } => {
            ("entry_unmatched", format!("{} {}: {}", amount, currency.code(), class.name()))
        }
        Fact::StatementRead { id, kind, .. } => ("statement_read", format!("{kind} {id}")),
        Fact::ExceptionRaised { code, text, .. } => ("exception", format!("{code}: {text}")),
        Fact::AttemptWitnessed { .. } | Fact::GateOpened { .. } => recovery_words(fact),
        Fact::CollectedUpTo { cursor, .. } => ("collected", format!("reports up to {cursor}")),
    }
}

fn document_words(fact: &Fact) -> (&'static str, String) {
    match fact {
        Fact::DocumentReceived { channel, authenticated, size, .. } => {
            let proof = if *authenticated { "authenticated" } else { "not authenticated, kept as evidence" };
            ("document_received", format!("{} octets by {}, {proof}", size, channel.name()))
        }
        Fact::DocumentRead { part, records, .. } => {
            ("document_read", format!("part {part} with {records} records"))
        }
        _ => ("document", String::new()),
    }
}

fn cancellation_words(fact: &Fact) -> (&'static str, String) {
    match fact {
        Fact::PayoutCancelled { reason, .. } => ("cancelled", format!("cancelled here: {reason}")),
        Fact::CancelRequested { reason, .. } => {
            ("cancel_requested", format!("cancellation wanted, the bank takes no requests: {reason}"))
        }
        Fact::CancellationWanted { reason, .. } => {
            ("cancel_requested", format!("cancellation wanted, the bank will be asked: {reason}"))
        }
        Fact::CancellationFrozen(request) => {
            ("cancellation_frozen", format!("request {} {} frozen", request.definition, request.message_id))
        }
        Fact::CancellationNeedless { .. } => {
            ("cancellation_needless", "it had its end: the bank is not asked".to_owned())
        }
        Fact::CancellationAnswered { stage, news, .. } => {
            let reason = news.reason.as_ref();
            let reason = reason.and_then(|reason| reason.code.as_deref().or(reason.proprietary.as_deref()));
            let reason = reason.map_or(String::new(), |code| format!(", reason {code}"));
            ("cancellation_answered", format!("cancellation {}: {}{reason}", stage.name(), news.code))
        }
        _ => ("cancellation", String::new()),
    }
}

fn unknown_words(fact: &Fact) -> (&'static str, String) {
    match fact {
        Fact::DuplicateSeen { code, .. } => {
            ("duplicate_seen", format!("the bank calls the message a duplicate: {code}"))
        }
        Fact::UnknownWaits { .. } => ("unknown_waits", "the outcome is unknown; waiting".to_owned()),
        Fact::UnknownEscalated { reason, .. } => ("escalated", format!("people decide: {}", reason.words())),
        Fact::UnknownResolved { by, .. } => {
            ("resolved", format!("the bank has the message: shown by a {}", by.name()))
        }
        Fact::DecisionProposed { decision, reason, .. } => {
            ("decision_proposed", format!("proposed: treat as {}: {reason}", decision.name()))
        }
        Fact::DecisionConfirmed { decision, proposed_by, reason, .. } => (
            "decision_confirmed",
            format!("decided: treat as {}, proposed by {proposed_by}: {reason}", decision.name()),
        ),
        _ => ("", String::new()),
    }
}

fn recovery_words(fact: &Fact) -> (&'static str, String) {
    match fact {
        Fact::AttemptWitnessed { attempt, .. } => (
            "witnessed",
            format!(
                "attempt {attempt} stands in the send journal and not in the restored store: outcome unknown"
            ),
        ),
        Fact::GateOpened { reason, witnessed, missing, held } => (
            "gate_opened",
            format!(
                "sending again after a restore: {witnessed} attempts re-created as unknown, {missing} messages missing, \
                 {held} payouts held; {reason}"
            ),
        ),
        _ => ("", String::new()),
    }
}

fn hold_words(hold: &Hold) -> String {
    match hold {
        Hold::SuspectedDuplicate(earlier) => format!("suspected duplicate of {earlier}"),
        Hold::Operator(reason) => format!("held by an operator: {reason}"),
    }
}

fn end_words(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Received { bank_reference, .. } => {
            let reference = bank_reference.as_deref().unwrap_or("none");
            format!("the bank confirmed receipt, its reference: {reference}")
        }
        AttemptEnd::Refused { status, reason, .. } => format!("refused before processing: {status} {reason}"),
        AttemptEnd::NotSent { cause } => format!("nothing was sent: {cause}"),
        AttemptEnd::Unknown { cause, bytes_left, .. } => {
            format!("outcome unknown after {bytes_left} octets: {cause}")
        }
    }
}

fn inquiry_words(end: &InquiryEnd) -> String {
    match end {
        InquiryEnd::Found => "the bank has the message".to_owned(),
        InquiryEnd::NotFound => {
            "the bank does not know the message yet; that proves nothing by itself".to_owned()
        }
        InquiryEnd::Failed { cause } => format!("no usable answer: {cause}"),
    }
}

/// What to do about a reason code, by its family. Source: rails, section 3.1.
pub fn advice(code: &str) -> &'static str {
    match code.get(..2).unwrap_or_default() {
        "AC" | "AG" => "check the payee's account with the payee; do not repeat the same data",
        "RC" | "CN" | "DN" => {
            "the payee's bank cannot be reached this way: correct its code or take another rail"
        }
        "AM" => match code {
            "AM05" => "look for the first payment; never repeat it by itself",
            "AM04" => "provide funds, then re-issue",
            _ => "check amount, limits and control sums",
        },
        "DU" => "look for the first payment; never repeat it by itself",
        "DT" | "TM" | "ED" => "check the execution date and the cut-off",
        "BE" => "correct the payee's name or address data",
        "FF" | "CH" | "TD" => "a defect of the format: tell the operator of the gateway",
        "RR" | "FR" | "LE" => "a matter of compliance: talk to the bank, tell the payee no reason",
        "AB" => "the clearing failed technically: re-issue only after a definitive reject",
        "MS" | "NA" => "the bank gives no reason: ask it",
        _ => "ask the bank",
    }
}
