//! What a bank's answer proves, by its profile: pure, so that a recorded answer is judged as a live
//! one is. Never signatures, never what to do next.

use super::delivery::{BankReply, Delivery, Inquiry};
use super::profile::Profile;
use crate::planted::{self, Defect};
use serde_json::Value;

/// Longest reason taken from a bank's answer, in characters. Chosen by us.
const REASON_CHARS_MAX: usize = 200;

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
    let answers = &profile.answers;
    let unknown = |cause: String, duplicate: bool, reply: BankReply| Delivery::Unknown {
        cause,
        bytes_left: asked.body_octets,
        reply: Some(reply),
        duplicate,
    };
    if let Err(cause) = &reply.authenticated
        && !planted::is(Defect::UnsignedReplyTrusted)
    {
        let cause = format!("answer {} is not authenticated: {cause}", reply.status);
        return unknown(cause, false, reply);
    }
    if answers.try_later.contains(&reply.status) {
        let cause = format!("the bank answered {}: not processed", reply.status);
        return Delivery::NotSent { cause, retry_after_s: asked.retry_after_s, reply: Some(reply) };
    }
    let is_error = planted::is(Defect::ErrorIsRefusal) && reply.status >= 500;
    let is_repeated = planted::is(Defect::DuplicateIsRejection) && answers.duplicate.contains(&reply.status);
    if answers.refused_before_processing.contains(&reply.status) || is_error || is_repeated {
        return Delivery::Refused { reason: reason_of(&reply), reply };
    }
    if answers.duplicate.contains(&reply.status) {
        return unknown(format!("the bank calls it a duplicate: {}", reason_of(&reply)), true, reply);
    }
    if !answers.received.contains(&reply.status) {
        return unknown(format!("answer {} proves nothing", reply.status), false, reply);
    }
    match receipt(profile, asked.message_id, &reply) {
        Ok(bank_reference) => Delivery::Received { reply, bank_reference },
        Err(cause) => unknown(cause, false, reply),
    }
}

/// A receipt must name our message. A report in its place is judged when it is read.
fn receipt(profile: &Profile, message_id: &str, reply: &BankReply) -> Result<Option<String>, String> {
    if reply.is_xml() && !reply.body.is_empty() {
        return Ok(None);
    }
    let body: Value =
        serde_json::from_slice(&reply.body).map_err(|_| "the receipt is not readable".to_owned())?;
    let captures = profile.steps.first().map(|step| step.captures.as_slice()).unwrap_or_default();
    let captured = |name: &str| {
        let capture = captures.iter().find(|capture| capture.name == name)?;
        body.pointer(&capture.json)?.as_str().map(str::to_owned)
    };
    match captured("message_id") {
        Some(id) if id != message_id && !planted::is(Defect::ForeignReceipt) => {
            Err("the receipt names another message".to_owned())
        }
        None if captures.iter().any(|capture| capture.name == "message_id") => {
            Err("the receipt names no message".to_owned())
        }
        _ => Ok(captured("bank_reference")),
    }
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
