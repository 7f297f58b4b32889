//! Writes facts, each kind in its present version. Never reads them.

use super::json::Members;
use super::{cancellation, subject_text, write_payout};
use crate::domain::entry::{Booking, Evidence, Return};
use crate::domain::fact::{AttemptEnd, Cause, Fact, FrozenBlock, FrozenMessage, InquiryEnd, Recorded};
use crate::domain::row::Hold;
use crate::domain::status::StatusNews;

/// Appends the octets of a fact.
pub fn recorded(recorded: &Recorded, out: &mut Vec<u8>) {
    let mut members = Members::open(out);
    members.text("kind", kind(&recorded.fact));
    members.number("v", 1u32);
    members.number("at", recorded.at.timestamp_micros());
    members.text("tenant", &recorded.tenant);
    members.text("subject", &subject_text(recorded.fact.subject()));
    members.text("actor", &recorded.actor);
    cause(&recorded.cause, &mut members);
    let mut inner = members.object("body");
    body(&recorded.fact, &mut inner);
    inner.close();
    members.close();
}

fn cause(cause: &Cause, members: &mut Members<'_>) {
    let mut object = members.object("cause");
    match cause {
        Cause::Request(request) => object.text("request", request),
        Cause::Document(digest, part) => {
            object.digest("document", digest);
            object.number("part", *part);
        }
        Cause::Call(message_id, attempt) => {
            object.text("call", message_id);
            object.number("attempt", *attempt);
        }
        Cause::Timer => object.flag("timer", true),
    }
    object.close();
}

fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::PayoutRecorded { .. } => "payout_recorded",
        Fact::PayoutHeld { .. } => "payout_held",
        Fact::PayoutReleased { .. } => "payout_released",
        Fact::PayoutCancelled { .. } => "payout_cancelled",
        Fact::CancelRequested { .. } => "cancel_requested",
        Fact::RequestAnswered { .. } => "request_answered",
        Fact::MessageFrozen(_) => "message_frozen",
        Fact::MessageDissolved { .. } => "message_dissolved",
        Fact::StepStarted { .. } => "step_started",
        Fact::AttemptWitnessed { .. } => "attempt_witnessed",
        Fact::GateOpened { .. } => "gate_opened",
        Fact::StepEnded { .. } => "step_ended",
        Fact::InquiryEnded { .. } => "inquiry_ended",
        Fact::DuplicateSeen { .. } => "duplicate_seen",
        Fact::UnknownWaits { .. } => "unknown_waits",
        Fact::UnknownEscalated { .. } => "unknown_escalated",
        Fact::UnknownResolved { .. } => "unknown_resolved",
        Fact::DecisionProposed { .. } => "decision_proposed",
        Fact::DecisionConfirmed { .. } => "decision_confirmed",
        Fact::DocumentReceived { .. } => "document_received",
        Fact::DocumentRead { .. } => "document_read",
        Fact::MessageStatus { .. } => "message_status",
        Fact::BlockStatus { .. } => "block_status",
        Fact::PayoutStatus { .. } => "payout_status",
        Fact::InterbankStatus { .. } => "interbank_status",
        Fact::EntryBooked { .. } => "entry_booked",
        Fact::BlockBooked { .. } => "block_booked",
        Fact::EntryReturned { .. } => "entry_returned",
        Fact::EntryUnmatched { .. } => "entry_unmatched",
        Fact::StatementRead { .. } => "statement_read",
        Fact::ExceptionRaised { .. } => "exception_raised",
        Fact::CollectedUpTo { .. } => "collected_up_to",
        Fact::CancellationWanted { .. } => "cancellation_wanted",
        Fact::CancellationFrozen(_) => "cancellation_frozen",
        Fact::CancellationNeedless { .. } => "cancellation_needless",
        Fact::CancellationAnswered { .. } => "cancellation_answered",
    }
}

fn body(fact: &Fact, members: &mut Members<'_>) {
    match fact {
        Fact::PayoutRecorded { payout, held, likeness, content, replaces, .. } => {
            write_payout::payout(payout, members);
            if let Some(held) = held {
                hold(held, members);
            }
            members.bits("likeness", *likeness);
            members.bits("content", *content);
            if let Some(replaces) = replaces {
                members.number("replaces", *replaces);
            }
        }
        Fact::PayoutHeld { hold: why, .. } => hold(why, members),
        Fact::PayoutReleased { .. } | Fact::CancellationNeedless { .. } => {}
        Fact::CancellationFrozen(request) => cancellation::write_frozen(request, members),
        Fact::CancellationAnswered { .. } => answered(fact, members),
        Fact::PayoutCancelled { reason, .. }
        | Fact::CancelRequested { reason, .. }
        | Fact::CancellationWanted { reason, .. }
        | Fact::MessageDissolved { reason, .. } => members.text("reason", reason),
        Fact::RequestAnswered { request, body, status, answer } => {
            members.text("request", request);
            members.digest("request_body", body);
            members.number("status", u32::from(*status));
            members.digest("answer", answer);
        }
        Fact::MessageFrozen(message) => frozen(message, members),
        Fact::StepStarted { .. } | Fact::StepEnded { .. } | Fact::InquiryEnded { .. } => {
            sending(fact, members)
        }
        Fact::DuplicateSeen { .. }
        | Fact::UnknownWaits { .. }
        | Fact::UnknownEscalated { .. }
        | Fact::UnknownResolved { .. }
        | Fact::DecisionProposed { .. }
        | Fact::DecisionConfirmed { .. } => unknown(fact, members),
        Fact::DocumentReceived { .. } | Fact::DocumentRead { .. } => document(fact, members),
        Fact::MessageStatus { news: said, evidence: place, .. }
        | Fact::BlockStatus { news: said, evidence: place, .. } => {
            news(said, members);
            evidence("evidence", place, members);
        }
        Fact::PayoutStatus { news: said, bank_references, evidence: place, .. }
        | Fact::InterbankStatus { news: said, bank_references, evidence: place, .. } => {
            news(said, members);
            members.texts("bank_references", bank_references.iter().map(String::as_str));
            evidence("evidence", place, members);
        }
        Fact::EntryBooked { .. } | Fact::BlockBooked { .. } | Fact::EntryReturned { .. } => {
            money(fact, members)
        }
        Fact::EntryUnmatched { .. } | Fact::StatementRead { .. } => account(fact, members),
        Fact::ExceptionRaised { key, code, text, evidence: place, .. } => {
            members.number("exception", *key);
            members.text("code", code);
            members.text("text", text);
            if let Some(place) = place {
                evidence("evidence", place, members);
            }
        }
        Fact::AttemptWitnessed { .. } | Fact::GateOpened { .. } => recovery(fact, members),
        Fact::CollectedUpTo { bank, cursor } => {
            members.text("bank", bank);
            members.text("cursor", cursor);
        }
    }
}

fn recovery(fact: &Fact, members: &mut Members<'_>) {
    match fact {
        Fact::AttemptWitnessed { attempt, epoch, document, due_at, .. } => {
            members.number("attempt", *attempt);
            members.number("epoch", *epoch);
            members.digest("document", document);
            members.time_if("due_at", *due_at);
        }
        Fact::GateOpened { reason, witnessed, missing, held } => {
            members.text("reason", reason);
            members.number("witnessed", *witnessed);
            members.number("missing", *missing);
            members.number("held", *held);
        }
        _ => {}
    }
}

fn answered(fact: &Fact, members: &mut Members<'_>) {
    let Fact::CancellationAnswered { request, stage, news: said, evidence: place, .. } = fact else { return };
    if let Some(request) = request {
        members.number("request", *request);
    }
    members.text("stage", stage.name());
    news(said, members);
    evidence("evidence", place, members);
}

fn hold(hold: &Hold, members: &mut Members<'_>) {
    let mut object = members.object("held");
    match hold {
        Hold::SuspectedDuplicate(earlier) => object.text("suspected_duplicate", earlier),
        Hold::Operator(reason) => object.text("operator", reason),
    }
    object.close();
}

fn frozen(message: &FrozenMessage, members: &mut Members<'_>) {
    members.text("message_id", &message.message_id);
    members.text("bank", &message.bank);
    members.text("definition", &message.definition);
    members.digest("document", &message.document);
    members.digest("profile", &message.profile);
    members.number("count", message.count);
    members.decimal("sum", &message.sum);
    members.objects("blocks", &message.blocks, |block: &FrozenBlock, inner| {
        inner.number("key", block.key);
        inner.text("payment_information_id", &block.payment_information_id);
        inner.text("debtor_account_ref", &block.debtor_account_ref);
        inner.text("currency", block.currency.code());
        inner.date_if("execution_date", Some(block.execution_date));
        inner.decimal("sum", &block.sum);
        inner.numbers("members", &block.members);
    });
}

fn sending(fact: &Fact, members: &mut Members<'_>) {
    match fact {
        Fact::StepStarted { step, attempt, epoch, document, head, resend, .. } => {
            members.text("step", step);
            members.number("attempt", *attempt);
            members.number("epoch", *epoch);
            members.digest("document", document);
            members.digest("head", head);
            members.flag("resend", *resend);
        }
        Fact::StepEnded { step, attempt, end, due_at, .. } => {
            members.text("step", step);
            members.number("attempt", *attempt);
            attempt_end(end, members);
            members.time_if("due_at", *due_at);
        }
        Fact::InquiryEnded { end, due_at, .. } => {
            let (name, cause) = match end {
                InquiryEnd::Found => ("found", None),
                InquiryEnd::NotFound => ("not_found", None),
                InquiryEnd::Failed { cause } => ("failed", Some(cause.as_str())),
            };
            members.text("end", name);
            members.text_if("cause", cause);
            members.time_if("due_at", *due_at);
        }
        _ => {}
    }
}

fn attempt_end(end: &AttemptEnd, members: &mut Members<'_>) {
    let mut object = members.object("end");
    match end {
        AttemptEnd::Received { bank_reference, reply } => {
            object.text("outcome", "received");
            object.text_if("bank_reference", bank_reference.as_deref());
            object.digest("reply", reply);
        }
        AttemptEnd::Refused { status, reason, reply } => {
            object.text("outcome", "refused");
            object.number("status", u32::from(*status));
            object.text("reason", reason);
            object.digest("reply", reply);
        }
        AttemptEnd::NotSent { cause } => {
            object.text("outcome", "not_sent");
            object.text("cause", cause);
        }
        AttemptEnd::Unknown { cause, bytes_left, reply } => {
            object.text("outcome", "unknown");
            object.text("cause", cause);
            object.number("bytes_left", *bytes_left);
            if let Some(reply) = reply {
                object.digest("reply", reply);
            }
        }
    }
    object.close();
}

fn unknown(fact: &Fact, members: &mut Members<'_>) {
    match fact {
        Fact::DuplicateSeen { code, evidence: place, due_at, .. } => {
            members.text("code", code);
            if let Some(place) = place {
                evidence("evidence", place, members);
            }
            members.time_if("due_at", *due_at);
        }
        Fact::UnknownWaits { due_at, .. } => members.time_if("due_at", *due_at),
        Fact::UnknownEscalated { reason, due_at, .. } => {
            members.text("reason", reason.name());
            members.time_if("due_at", *due_at);
        }
        Fact::UnknownResolved { by, .. } => members.text("by", by.name()),
        Fact::DecisionProposed { decision, reason, .. } => {
            members.text("decision", decision.name());
            members.text("reason", reason);
        }
        Fact::DecisionConfirmed { decision, proposed_by, reason, .. } => {
            members.text("decision", decision.name());
            members.text("proposed_by", proposed_by);
            members.text("reason", reason);
        }
        _ => {}
    }
}

fn document(fact: &Fact, members: &mut Members<'_>) {
    match fact {
        Fact::DocumentReceived { digest, bank, channel, authenticated, size, note, .. } => {
            members.digest("digest", digest);
            members.text("bank", bank);
            members.text("channel", channel.name());
            members.flag("authenticated", *authenticated);
            members.number("size", *size);
            members.text("note", note);
        }
        Fact::DocumentRead { part, records, message_id, finished, .. } => {
            members.number("part", *part);
            members.number("records", *records);
            members.text_if("message_id", message_id.as_deref());
            members.flag("finished", *finished);
        }
        _ => {}
    }
}

fn news(news: &StatusNews, members: &mut Members<'_>) {
    members.text("code", &news.code);
    if let Some(reason) = &news.reason {
        let mut object = members.object("reason");
        object.text_if("code", reason.code.as_deref());
        object.text_if("proprietary", reason.proprietary.as_deref());
        object.texts("text", reason.text.iter().map(String::as_str));
        object.close();
    }
    members.text("created", &news.created);
}

fn evidence(name: &str, evidence: &Evidence, members: &mut Members<'_>) {
    let mut object = members.object(name);
    object.digest("document", &evidence.document);
    object.number("record", evidence.record);
    object.close();
}

fn money(fact: &Fact, members: &mut Members<'_>) {
    match fact {
        Fact::EntryBooked {
            account_ref,
            counter_account,
            on_behalf_of,
            booking: booked,
            bank_references,
            mark,
            ..
        } => {
            members.text("account_ref", account_ref);
            members.text("counter_account", counter_account);
            members.text_if("on_behalf_of", on_behalf_of.as_deref());
            booking(booked, members);
            members.texts("bank_references", bank_references.iter().map(String::as_str));
            members.text("mark", mark.name());
        }
        Fact::BlockBooked { account_ref, booking: booked, mark, .. } => {
            members.text("account_ref", account_ref);
            booking(booked, members);
            members.text("mark", mark.name());
        }
        Fact::EntryReturned { account_ref, returned: credit, .. } => {
            members.text("account_ref", account_ref);
            returned(credit, members);
        }
        _ => {}
    }
}

fn booking(booking: &Booking, members: &mut Members<'_>) {
    let mut object = members.object("booking");
    object.decimal("amount", &booking.amount.value());
    object.text("currency", booking.amount.currency().code());
    object.text_if("account_servicer_reference", booking.account_servicer_reference.as_deref());
    object.date_if("booking_date", booking.booking_date);
    object.date_if("value_date", booking.value_date);
    if let Some(place) = &booking.notified {
        evidence("notified", place, &mut object);
    }
    if let Some(place) = &booking.on_statement {
        evidence("on_statement", place, &mut object);
    }
    object.close();
}

fn returned(returned: &Return, members: &mut Members<'_>) {
    let mut object = members.object("returned");
    object.decimal("amount", &returned.amount.value());
    object.text("currency", returned.amount.currency().code());
    object.text_if("reason", returned.reason.as_deref());
    object.text_if("account_servicer_reference", returned.account_servicer_reference.as_deref());
    object.date_if("booking_date", returned.booking_date);
    evidence("evidence", &returned.evidence, &mut object);
    object.close();
}

fn account(fact: &Fact, members: &mut Members<'_>) {
    match fact {
        Fact::EntryUnmatched {
            identity,
            account_ref,
            class,
            direction,
            amount,
            currency,
            booking_date,
            transaction_code,
            account_servicer_reference,
            mark,
            evidence: place,
            ..
        } => {
            members.text("identity", identity);
            members.text("account_ref", account_ref);
            members.text("class", class.name());
            members.text("direction", direction.name());
            members.decimal("amount", amount);
            members.text("currency", currency.code());
            members.date_if("booking_date", *booking_date);
            members.text_if("transaction_code", transaction_code.as_deref());
            members.text_if("account_servicer_reference", account_servicer_reference.as_deref());
            members.text("mark", mark.name());
            evidence("evidence", place, members);
        }
        Fact::StatementRead {
            key,
            identity,
            account_ref,
            id,
            kind,
            sequence,
            date,
            opening,
            closing,
            currency,
            movement,
            document,
        } => {
            members.number("statement", *key);
            members.text("identity", identity);
            members.text("account_ref", account_ref);
            members.text("id", id);
            members.text("report", kind);
            members.text_if("sequence", sequence.as_deref());
            members.date_if("date", *date);
            if let Some(opening) = opening {
                members.decimal("opening", opening);
            }
            if let Some(closing) = closing {
                members.decimal("closing", closing);
            }
            members.text_if("currency", currency.map(|currency| currency.code()));
            members.decimal("movement", movement);
            members.digest("document", document);
        }
        _ => {}
    }
}
