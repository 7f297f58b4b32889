//! What a bank's answer proves, by its profile: pure, so that a recorded answer is judged as a live
//! one is. Never signatures, never what to do next.

use super::delivery::{BankReply, Delivery, Inquiry, Oddity};
use super::profile::Profile;
use crate::messages::definitions::Definitions;
use crate::messages::record::Record;
use crate::messages::unwrap::Source;
use crate::messages::validate::parse_by;
use crate::planted::{self, Defect};
use serde_json::Value;
use std::io::Cursor;

/// Longest reason taken from a bank's answer, in characters. Chosen by us.
const REASON_CHARS_MAX: usize = 200;
/// Reason codes that call something a duplicate: message, block, transaction, end-to-end id, instruction id, payment.
/// Source: faults and threats, section 2.4; codes of the ISO status reason list.
pub const DUPLICATE_CODES: &[&str] = &["DU01", "DU02", "DU03", "DU04", "DU05", "AM05"];

/// What an answer is about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `GrpHdr/MsgId` of the message that was handed over.
    pub message_id: &'a str,
    /// Octets of the request's body.
    pub body_octets: u64,
    /// Wait that the bank asked for, in seconds.
    pub retry_after_s: Option<u64>,
}

/// Judges the answer to a submission.
pub fn judge_reply(profile: &Profile, asked: Asked<'_>, reply: BankReply) -> Delivery {
    let (answers, status) = (&profile.answers, reply.status);
    let unknown = |cause: String, oddity: Option<Oddity>, reply: BankReply| Delivery::Unknown {
        cause,
        bytes_left: asked.body_octets,
        reply: Some(reply),
        oddity,
    };
    if let Err(cause) = &reply.authenticated
        && !planted::is(Defect::UnsignedReplyTrusted)
    {
        let cause = format!("answer {status} is not authenticated: {cause}");
        return unknown(cause, oddity_of_unproved(profile, status), reply);
    }
    if answers.try_later.contains(&status) {
        let cause = format!("the bank answered {status}: not processed");
        return Delivery::NotSent { cause, retry_after_s: asked.retry_after_s, reply: Some(reply) };
    }
    let is_error = planted::is(Defect::ErrorIsRefusal) && status >= 500;
    if is_error || planted::is(Defect::DuplicateIsRejection) && answers.duplicate.contains(&status) {
        return Delivery::Refused { reason: reason_of(&reply), reply };
    }
    if answers.refused_before_processing.contains(&status) {
        let reason = reason_of(&reply);
        // Whatever the status: a refusal as duplicate shows that something with our identity is there.
        if is_duplicate_code(&reason) {
            return unknown(
                format!("the bank calls it a duplicate: {reason}"),
                Some(Oddity::Duplicate),
                reply,
            );
        }
        return Delivery::Refused { reason, reply };
    }
    if answers.duplicate.contains(&status) {
        let cause = format!("the bank calls it a duplicate: {}", reason_of(&reply));
        return unknown(cause, Some(Oddity::Duplicate), reply);
    }
    if !answers.received.contains(&status) {
        let oddity = (300..400).contains(&status).then_some(Oddity::Redirect);
        return unknown(format!("answer {status} proves nothing"), oddity, reply);
    }
    match receipt(profile, asked.message_id, &reply) {
        Ok(bank_reference) => Delivery::Received { reply, bank_reference },
        Err((cause, oddity)) => unknown(cause, oddity, reply),
    }
}

/// An unproved claim that there is a duplicate is heeded, because heeding it can only prevent a second payment.
fn oddity_of_unproved(profile: &Profile, status: u16) -> Option<Oddity> {
    match status {
        status if profile.answers.duplicate.contains(&status) => Some(Oddity::Duplicate),
        status if profile.answers.received.contains(&status) => Some(Oddity::Unproved),
        300..400 => Some(Oddity::Redirect),
        _ => None,
    }
}

/// Whether a refusal's code says that the bank has it already. Source: ISO 20022 external status reasons.
fn is_duplicate_code(reason: &str) -> bool {
    reason.split_whitespace().next().is_some_and(|code| DUPLICATE_CODES.contains(&code))
}

/// A receipt must name our message, and so must a report in its place.
fn receipt(
    profile: &Profile,
    message_id: &str,
    reply: &BankReply,
) -> Result<Option<String>, (String, Option<Oddity>)> {
    let stranger = |text: &str| Err((text.to_owned(), Some(Oddity::Stranger)));
    if reply.is_xml() && !reply.body.is_empty() {
        return match reported_message(&reply.body, &profile.chosen) {
            Some(id) if id == message_id => Ok(None),
            Some(_) => stranger("the report names another message"),
            None => Err(("the report names no message".to_owned(), None)),
        };
    }
    let body: Value =
        serde_json::from_slice(&reply.body).map_err(|_| ("the receipt is not readable".to_owned(), None))?;
    let captures = profile.steps.first().map(|step| step.captures.as_slice()).unwrap_or_default();
    let captured = |name: &str| {
        let capture = captures.iter().find(|capture| capture.name == name)?;
        body.pointer(&capture.json)?.as_str().map(str::to_owned)
    };
    match captured("message_id") {
        Some(id) if id != message_id && !planted::is(Defect::ForeignReceipt) => {
            stranger("the receipt names another message")
        }
        None if captures.iter().any(|capture| capture.name == "message_id") => {
            Err(("the receipt names no message".to_owned(), None))
        }
        _ => Ok(captured("bank_reference")),
    }
}

/// The message that a status report is about.
fn reported_message(octets: &[u8], chosen: &Definitions) -> Option<String> {
    let mut found = None;
    parse_by(Source::Seekable(&mut Cursor::new(octets)), chosen, None, &mut |record, _origin| {
        if let Record::Report(report) = record
            && found.is_none()
        {
            found = report.original_message_id.clone();
        }
    });
    found
}

/// Judges the answer to an inquiry.
pub fn judge_inquiry_reply(profile: &Profile, reply: BankReply) -> Inquiry {
    if let Err(cause) = &reply.authenticated {
        return Inquiry::Failed { cause: format!("answer {} is not authenticated: {cause}", reply.status) };
    }
    let unknown = &profile.unknown;
    if unknown.inquiry_found.contains(&reply.status) {
        Inquiry::Found(reply)
    } else if unknown.inquiry_not_found.contains(&reply.status) {
        Inquiry::NotFound(reply)
    } else {
        Inquiry::Failed { cause: format!("answer {}", reply.status) }
    }
}

/// Code and title of a problem document, bounded; never its free text, which may quote our data.
pub fn reason_of(reply: &BankReply) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let member = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let text = format!("{} {}", member("code"), member("title"));
    text.trim().chars().take(REASON_CHARS_MAX).collect()
}
