//! The line between gateway and bank: what leaves, what arrives, what comes back. Judged by the
//! engine's own rules for answers; never what the gateway does next.

use super::bank::Answer;
use super::options::Fault;
use super::world::{Event, Violation, World};
use girogate::bank::answers::{Asked, judge_inquiry_reply, judge_reply};
use girogate::bank::delivery::{BankReply, Delivery, Inquiry};
use girogate::bank::profile::Profile;
use girogate::domain::entry::Digest;
use girogate::domain::row::MessageRow;
use hyper::body::Bytes;
use serde_json::json;

/// A call under way.
#[derive(Debug)]
pub struct Wire {
    /// The process that waits for its end.
    pub life: u64,
    pub call: Call,
    /// The message it is about, as the caller knew it.
    pub row: Option<Box<MessageRow>>,
}

/// What is called.
#[derive(Clone, Debug)]
pub enum Call {
    /// The frozen octets under a key.
    Submit { octets: Vec<u8>, key: String, attempt: u32, head: Digest },
    /// By our message id.
    Inquiry,
    /// Reports after a cursor.
    Collect(String),
}

/// How a call ended for the caller.
#[derive(Clone, Debug)]
pub enum Ending {
    /// No byte left.
    NotSent(&'static str),
    /// The line broke.
    Broken { cause: &'static str, bytes_left: u64 },
    /// A reply.
    Reply(BankReply),
    /// A report, and where to go on.
    Report { octets: Vec<u8>, next: String },
    /// No report.
    NothingMore,
}

impl Ending {
    /// What the link makes of it for a submission.
    pub fn delivery(self, profile: &Profile, row: &MessageRow, body_octets: u64) -> Delivery {
        match self {
            Ending::NotSent(cause) => {
                Delivery::NotSent { cause: cause.to_owned(), reply: None, retry_after_s: None }
            }
            Ending::Reply(reply) => {
                let asked = Asked { message_id: &row.message_id, body_octets, retry_after_s: None };
                judge_reply(profile, asked, reply)
            }
            Ending::Broken { cause, bytes_left } => {
                Delivery::Unknown { cause: cause.to_owned(), bytes_left, reply: None, oddity: None }
            }
            Ending::Report { .. } | Ending::NothingMore => {
                Delivery::Unknown { cause: "no answer".to_owned(), bytes_left: 0, reply: None, oddity: None }
            }
        }
    }

    /// What the link makes of it for an inquiry.
    pub fn inquiry(self, profile: &Profile) -> Inquiry {
        match self {
            Ending::Reply(reply) => judge_inquiry_reply(profile, reply),
            Ending::NotSent(cause) | Ending::Broken { cause, .. } => {
                Inquiry::Failed { cause: cause.to_owned() }
            }
            Ending::Report { .. } | Ending::NothingMore => Inquiry::Failed { cause: "no answer".to_owned() },
        }
    }
}

pub fn name(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Received { .. } => "received".to_owned(),
        Delivery::Refused { reason, .. } => format!("refused: {reason}"),
        Delivery::NotSent { cause, .. } => format!("not sent: {cause}"),
        Delivery::Unknown { cause, .. } => format!("unknown: {cause}"),
    }
}

pub fn told(inquiry: &Inquiry) -> &'static str {
    match inquiry {
        Inquiry::Found(_) => "found",
        Inquiry::NotFound(_) => "not found",
        Inquiry::Failed { .. } => "failed",
    }
}

fn end(world: &mut World, wire: Wire, (low, high): (u64, u64), ending: Ending) {
    let delay = world.delay(low, high);
    world.at(delay, Event::Ended(wire, ending));
}

/// A call leaves the gateway.
pub fn leave(world: &mut World, wire: Wire) {
    if world.fault(Fault::Refused, 25) {
        return end(world, wire, (1, 2_000), Ending::NotSent("connection refused"));
    }
    if world.fault(Fault::CutBefore, 20) {
        return end(world, wire, (1, 500), Ending::NotSent("cut before the first byte"));
    }
    let Call::Submit { octets, key, attempt, head } = &wire.call else {
        let fails = matches!(wire.call, Call::Inquiry) && world.fault(Fault::InquiryFails, 40);
        if fails {
            return end(world, wire, (1, 30_000), Ending::Broken { cause: "no answer", bytes_left: 300 });
        }
        let delay = world.delay(5, 200);
        return world.at(delay, Event::AtBank(wire));
    };
    if world.fault(Fault::CutAmid, 40) {
        world.reach("request cut amid");
        let bytes_left = world.drawn(Fault::CutAmid, 1, octets.len() as u64);
        return end(world, wire, (1, 1_000), Ending::Broken { cause: "reset amid the request", bytes_left });
    }
    if world.fault(Fault::RequestDelayed, 40) {
        let copy = Call::Submit { octets: octets.clone(), key: key.clone(), attempt: *attempt, head: *head };
        let late = Wire { life: 0, call: copy, row: wire.row.clone() };
        let delay = world.drawn(Fault::RequestDelayed, 100, 60_000) as i64;
        if delay > 30_000 {
            world.reach("request arrived after the sender gave up");
        }
        world.at(delay, Event::AtBank(late));
        let bytes_left = octets.len() as u64;
        return world
            .at(30_000, Event::Ended(wire, Ending::Broken { cause: "no answer in time", bytes_left }));
    }
    let delay = world.delay(5, 300);
    world.at(delay, Event::AtBank(wire));
}

/// A call reaches the bank, which answers at once.
pub fn at_bank(world: &mut World, wire: Wire) -> Result<(), Violation> {
    match &wire.call {
        Call::Submit { octets, key, .. } => {
            let (octets, key) = (octets.clone(), key.clone());
            super::watch::at_the_bank(world, &wire)?;
            if world.fault(Fault::Busy, 30) {
                let reply = reply(503, "application/problem+json", br#"{"code":"busy"}"#.to_vec());
                end(world, wire, (1, 50), Ending::Reply(reply));
                return Ok(());
            }
            if world.fault(Fault::FailedBefore, 30) {
                let reply = reply(500, "text/plain", Vec::new());
                end(world, wire, (1, 50), Ending::Reply(reply));
                return Ok(());
            }
            super::watch::taken_up(world, &octets, &key)?;
            if world.fault(Fault::RefusedMessage, 30) {
                super::bank::refuse(world, &octets);
                let body = br#"{"code":"schema","title":"not processed"}"#.to_vec();
                end(world, wire, (1, 50), Ending::Reply(reply(400, "application/problem+json", body)));
                return Ok(());
            }
            let answer = super::bank::receive(world, &octets, &key)?;
            // Where the bank recognises nothing, a second delivery by the line would be its own second booking.
            if wire.life != 0 && world.bank.recognises_messages() && world.fault(Fault::RequestTwice, 30) {
                let twin = Wire { life: 0, call: wire.call.clone(), row: wire.row.clone() };
                let delay = world.delay(1, 5_000);
                world.at(delay, Event::AtBank(twin));
            }
            answered(world, wire, answer);
        }
        Call::Inquiry => {
            let message_id = wire.row.as_ref().map(|row| row.message_id.clone()).unwrap_or_default();
            let ending = match super::bank::inquired(world, &message_id) {
                Some(octets) => Ending::Reply(reply(200, "application/xml", octets)),
                None => Ending::Reply(reply(404, "application/problem+json", b"{}".to_vec())),
            };
            end(world, wire, (5, 200), ending);
        }
        Call::Collect(cursor) => {
            let after: usize = cursor.parse().unwrap_or(0);
            let ending = if after < world.bank.reports_count() {
                Ending::Report { octets: world.bank.report(after), next: (after + 1).to_string() }
            } else {
                Ending::NothingMore
            };
            end(world, wire, (5, 200), ending);
        }
    }
    Ok(())
}

/// The bank's answer on its way back.
fn answered(world: &mut World, wire: Wire, answer: Answer) {
    let (octets_left, message_id) = match (&wire.call, &wire.row) {
        (Call::Submit { octets, .. }, Some(row)) => (octets.len() as u64, row.message_id.clone()),
        _ => (0, String::new()),
    };
    let broken = |cause| Ending::Broken { cause, bytes_left: octets_left };
    if world.fault(Fault::CutAfter, 40) {
        world.reach("request processed, no reply");
        return end(world, wire, (1, 30_000), broken("reset after the request"));
    }
    if world.fault(Fault::ReplyCut, 30) {
        world.reach("request processed, no reply");
        return end(world, wire, (1, 500), broken("the reply is cut"));
    }
    if world.fault(Fault::FailedAfter, 30) {
        return end(world, wire, (1, 500), Ending::Reply(reply(500, "text/plain", Vec::new())));
    }
    if world.fault(Fault::ReplyPage, 30) {
        world.reach("reply is a page");
        let page = b"<html><body>Please log in</body></html>".to_vec();
        return end(world, wire, (1, 500), Ending::Reply(reply(200, "text/html", page)));
    }
    let mut given = match answer {
        Answer::Receipt(reference) => {
            let body = json!({ "message_id": message_id, "bank_reference": reference });
            reply(202, "application/json", body.to_string().into_bytes())
        }
        Answer::Duplicate => {
            world.reach("unknown: bank called it a duplicate");
            reply(409, "application/problem+json", br#"{"code":"duplicate"}"#.to_vec())
        }
    };
    if world.fault(Fault::ReplyForeign, 30) {
        world.reach("reply about another message");
        let body = json!({ "message_id": "ANOTHER-MESSAGE", "bank_reference": "B-OTHER" });
        given = reply(202, "application/json", body.to_string().into_bytes());
    }
    if world.fault(Fault::ReplyUnsigned, 30) {
        world.reach("reply unproved");
        given.authenticated = Err("signature.invalid".to_owned());
    }
    let delays = if world.fault(Fault::ReplyDelayed, 50) { (2_000, 29_000) } else { (1, 100) };
    end(world, wire, delays, Ending::Reply(given));
}

fn reply(status: u16, content_type: &str, body: Vec<u8>) -> BankReply {
    BankReply {
        status,
        head: format!("HTTP {status}\ncontent-type: {content_type}\n"),
        content_type: Some(content_type.to_owned()),
        body: Bytes::from(body),
        authenticated: Ok(()),
    }
}
