//! What each answer of a bank proves: one row for each outcome of faults and threats, section 2.5, that an answer can
//! have. Outcomes without an answer are the client's (`tests/net`).

use girogate::bank::answers::{Asked, judge_reply};
use girogate::bank::delivery::{BankReply, Delivery, Oddity};
use girogate::bank::profile::{Profile, REFERENCE_PROFILE};
use hyper::body::Bytes;

const OURS: &str = "MSG-OURS";

fn profile() -> Profile {
    Profile::parse(REFERENCE_PROFILE).unwrap()
}

fn judged(status: u16, (kind, body): (&str, &str), proved: Result<(), String>) -> Delivery {
    let reply = BankReply {
        status,
        head: format!("HTTP {status}\n"),
        content_type: Some(kind.to_owned()),
        body: Bytes::from(body.to_owned()),
        authenticated: proved,
    };
    judge_reply(&profile(), Asked { message_id: OURS, body_octets: 7, retry_after_s: Some(3) }, reply)
}

fn problem(code: &str) -> String {
    format!("{{\"code\":\"{code}\",\"title\":\"no\"}}")
}

fn receipt(id: &str) -> String {
    format!("{{\"message_id\":\"{id}\",\"bank_reference\":\"B-1\",\"status\":\"RCVD\"}}")
}

fn report(id: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId>\
         <CreDtTm>2026-11-23T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{id}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>ACTC</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

#[derive(Debug, PartialEq)]
enum Proved {
    Received,
    Refused,
    NotSent,
    Unknown(Option<Oddity>),
}

fn proved(delivery: &Delivery) -> Proved {
    match delivery {
        Delivery::Received { .. } => Proved::Received,
        Delivery::Refused { .. } => Proved::Refused,
        Delivery::NotSent { .. } => Proved::NotSent,
        Delivery::Unknown { oddity, .. } => Proved::Unknown(*oddity),
    }
}

#[test]
fn each_answer_proves_what_its_row_says_and_no_more() {
    use Proved::{NotSent, Received, Refused, Unknown};
    let (json, xml) = ("application/json", "application/xml");
    let (ours, theirs) = (receipt(OURS), receipt("MSG-OTHER"));
    let (told, told_other) = (report(OURS), report("MSG-OTHER"));
    let rows: &[(&str, u16, (&str, &str), Proved)] = &[
        ("receipt of ours", 202, (json, &ours), Received),
        ("report of ours", 200, (xml, &told), Received),
        ("receipt of another message", 202, (json, &theirs), Unknown(Some(Oddity::Stranger))),
        ("report of another message", 200, (xml, &told_other), Unknown(Some(Oddity::Stranger))),
        ("receipt without a name", 202, (json, "{}"), Unknown(None)),
        ("unreadable 200", 200, (json, "<html>"), Unknown(None)),
        ("empty 200", 200, (json, ""), Unknown(None)),
        ("200 with XML that is no report", 200, (xml, "<a/>"), Unknown(None)),
        ("another 2xx", 204, (json, ""), Unknown(None)),
        ("moved", 301, (json, ""), Unknown(Some(Oddity::Redirect))),
        ("moved, same method", 307, (json, ""), Unknown(Some(Oddity::Redirect))),
        ("not changed", 304, (json, ""), Unknown(Some(Oddity::Redirect))),
        ("refused before processing", 400, (json, "{}"), Refused),
        ("not allowed", 403, (json, "{}"), Refused),
        ("too large", 413, (json, "{}"), Refused),
        ("refused as a duplicate in words", 422, (json, &problem("DU01")), Unknown(Some(Oddity::Duplicate))),
        ("refused as a duplicate payment", 400, (json, &problem("AM05")), Unknown(Some(Oddity::Duplicate))),
        ("duplicate", 409, (json, &problem("DU01")), Unknown(Some(Oddity::Duplicate))),
        ("time-out said by the bank", 408, (json, "{}"), Unknown(None)),
        ("too early", 425, (json, "{}"), Unknown(None)),
        ("too many, as the profile says not processed", 429, (json, "{}"), NotSent),
        ("later, as the profile says not processed", 503, (json, "{}"), NotSent),
        ("internal error", 500, (json, "{}"), Unknown(None)),
        ("bad gateway", 502, (json, "{}"), Unknown(None)),
        ("gateway time-out", 504, (json, "{}"), Unknown(None)),
    ];
    for (name, status, answer, expected) in rows {
        assert_eq!(proved(&judged(*status, *answer, Ok(()))), *expected, "{name}");
    }
}

/// An answer whose sender is not proved proves nothing; what could only warn is heeded all the same.
#[test]
fn without_a_proof_of_the_sender_every_answer_leaves_the_outcome_unknown() {
    for status in 200..600 {
        let found = proved(&judged(status, ("application/json", &receipt(OURS)), Err("no signature".into())));
        let expected = match status {
            200 | 202 => Some(Oddity::Unproved),
            409 => Some(Oddity::Duplicate),
            300..400 => Some(Oddity::Redirect),
            _ => None,
        };
        assert_eq!(found, Proved::Unknown(expected), "{status}");
    }
}
