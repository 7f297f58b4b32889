//! Checks of the channel that a client can make alone: what must be refused, is it? Each sends what a
//! right client never would, past the engine. Source: sandbox scenarios, section 2, rows 1, 2, 5 and 9.

use super::ConformError;
use super::control::moment;
use super::row::Row;
use super::seen;
use super::stage::Stage;
use crate::bank::delivery::{Delivery, Oddity};
use crate::bank::link::{Moment, Outgoing, Prepared, Purpose};
use crate::domain::payout::Payout;
use crate::engine::batching::plan;
use crate::engine::outgoing::{Sender, octets, version_of};
use crate::net::client::{Client, Limits, Outcome, Timeouts};
use crate::net::tls::{TlsFiles, client_config};
use crate::sandbox::scenarios::{Needs, Scenario, TRIGGER_WORD};
use crate::signing::dev_pki;
use crate::signing::key::hex;
use chrono::{Duration, Utc};
use hyper::body::Bytes;
use ring::digest::{SHA256, digest};

/// How old a stale request is, in seconds. Chosen by us: beyond every tolerance that profiles give.
const STALE_S: i64 = 3_600;

/// What is bent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bend {
    /// Another authority's certificate in TLS.
    Certificate,
    /// A changed signature.
    Signature,
    /// A date long past.
    Date,
    /// A changed body under the old digest.
    Digest,
    /// A control sum that is not the sum.
    ControlSum,
    /// Other content under a message id that was used.
    MessageId,
    /// The same octets once more.
    Again,
}

/// A check.
#[derive(Debug)]
pub struct Check {
    /// Code of the row.
    pub code: &'static str,
    /// In a few words.
    pub name: &'static str,
    /// What is bent.
    pub bend: Bend,
    /// What a right bank does.
    pub expected: &'static str,
}

const fn check(code: &'static str, name: &'static str, bend: Bend, expected: &'static str) -> Check {
    Check { code, name, bend, expected }
}

const NOTHING: &str = "no connection";
const REFUSED: &str = "refused before processing";
const DEBITED_ONCE: &str = "camt.054 debit";
const REFUSED_ANYHOW: &str = "refused";

/// Every check.
pub const CHECKS: &[Check] = &[
    check("C1", "connectivity: another authority's certificate gets nowhere", Bend::Certificate, NOTHING),
    check("C2", "a changed signature is refused", Bend::Signature, REFUSED),
    check("C3", "a stale date is refused", Bend::Date, REFUSED),
    check("C4", "a body that is not the digest's is refused", Bend::Digest, REFUSED),
    check("C5", "a wrong control sum is refused, by answer or report", Bend::ControlSum, REFUSED_ANYHOW),
    check(
        "C6",
        "other content under a used message id is refused, by answer or report",
        Bend::MessageId,
        REFUSED_ANYHOW,
    ),
    check("C7", "the same octets once more are not executed again", Bend::Again, DEBITED_ONCE),
];

/// A payment that the engine does not know.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// `MsgId`.
    pub message_id: String,
    /// `PmtInfId`.
    pub payment_information_id: String,
    /// `EndToEndId`.
    pub end_to_end_id: String,
    octets: Vec<u8>,
}

/// A check whose requests were made.
#[derive(Debug)]
pub struct Started {
    code: &'static str,
    name: &'static str,
    expected: Vec<String>,
    judged: Judged,
    answer: String,
    /// The payment whose reports count, if any do.
    foreign: Option<Foreign>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    /// By the answer alone.
    Yes,
    /// The answer was a receipt: a report has to refuse it.
    ByReport,
    /// Word by word.
    Literally,
    /// By the debits that the bank notifies.
    ByDebits,
}

fn failed(cause: impl std::fmt::Display) -> ConformError {
    ConformError::Run { cause: cause.to_string() }
}

/// A message with one payment, as the engine would write it.
fn message(stage: &Stage, code: &str, payee: &str) -> Result<Foreign, ConformError> {
    let id = format!("CT{}-{code}", stage.run());
    let payouts = stage.payouts(&[stage.instruction(&id, payee, Needs::Nothing)])?;
    let payouts: Vec<&Payout> = payouts.iter().collect();
    let checks = stage.checks();
    let planned = plan(stage.bank(), &payouts, &checks.id_key);
    let planned = planned.first().ok_or_else(|| failed("nothing to send"))?;
    let sender = Sender {
        bank: stage.bank(),
        accounts: &checks.accounts,
        tenant: stage.tenant(),
        created: Utc::now(),
    };
    let version = version_of(stage.bank()).map_err(failed)?;
    Ok(Foreign {
        message_id: planned.message_id.clone(),
        payment_information_id: planned
            .blocks
            .first()
            .map(|block| block.payment_information_id.clone())
            .unwrap_or_default(),
        end_to_end_id: payouts
            .first()
            .map(|payout| payout.end_to_end_id.as_str().to_owned())
            .unwrap_or_default(),
        octets: octets(&sender, version, planned, &payouts).map_err(failed)?,
    })
}

/// The message with one text of it replaced, once.
fn replaced(message: &Foreign, from: &str, to: &str) -> Foreign {
    let text = String::from_utf8_lossy(&message.octets).replacen(from, to, 1);
    Foreign { octets: text.into_bytes(), ..message.clone() }
}

fn prepared(stage: &Stage, message: &Foreign, moment: Moment) -> Result<Prepared, ConformError> {
    let outgoing = Outgoing {
        purpose: Purpose::Payments,
        message_id: message.message_id.clone(),
        octets: Bytes::from(message.octets.clone()),
        sha256_hex: hex(digest(&SHA256, &message.octets).as_ref()),
    };
    stage.link().prepare(&outgoing, moment).map_err(failed)
}

/// Hands a request over; the word for what came back, and what it proves.
async fn hand_over(stage: &Stage, prepared: &Prepared) -> (String, Delivery) {
    let outcome = stage.link().call(prepared).await;
    let delivery = stage.link().judge(prepared, outcome, Utc::now());
    (seen::answer(&delivery), delivery)
}

/// Makes the requests of a check.
pub async fn start(stage: &Stage, check: &'static Check) -> Result<Started, ConformError> {
    let started = |answer: String, judged, foreign| Started {
        code: check.code,
        name: check.name,
        expected: vec![check.expected.to_owned()],
        judged,
        answer,
        foreign,
    };
    if check.bend == Bend::Certificate {
        return Ok(started(with_foreign_certificate(stage).await?, Judged::Yes, None));
    }
    let plain = message(stage, check.code, "Carla Ejemplo")?;
    let now = moment().map_err(failed)?;
    let (bent, foreign) = match check.bend {
        Bend::Date => {
            (prepared(stage, &plain, Moment { now: now.now - Duration::seconds(STALE_S), ..now })?, plain)
        }
        Bend::Signature => (with_changed_signature(prepared(stage, &plain, now)?), plain),
        Bend::Digest => (with_changed_body(prepared(stage, &plain, now)?), plain),
        Bend::ControlSum => {
            let wrong = replaced(&plain, "<CtrlSum>1.01<", "<CtrlSum>1.02<");
            (prepared(stage, &wrong, now)?, wrong)
        }
        Bend::Again => {
            let (first, _) = hand_over(stage, &prepared(stage, &plain, now)?).await;
            let (second, _) = hand_over(stage, &prepared(stage, &plain, moment().map_err(failed)?)?).await;
            return Ok(started(format!("{first}, then {second}"), Judged::ByDebits, Some(plain)));
        }
        Bend::MessageId | Bend::Certificate => {
            let (first, _) = hand_over(stage, &prepared(stage, &plain, now)?).await;
            if first != "answer 202" && first != "answer 200" {
                return Ok(started(format!("the first one: {first}"), Judged::Yes, None));
            }
            let other = replaced(&plain, "Carla Ejemplo", "Dora Esempio");
            (prepared(stage, &other, moment().map_err(failed)?)?, other)
        }
    };
    let (answer, delivery) = hand_over(stage, &bent).await;
    let (answer, judged) = match delivery {
        Delivery::Refused { .. } => (format!("{} ({answer})", check.expected), Judged::Yes),
        // A duplicate's own answer refuses it as well.
        Delivery::Unknown { oddity: Some(Oddity::Duplicate), .. } => {
            (format!("{} ({answer})", check.expected), Judged::Yes)
        }
        Delivery::Received { .. } if check.expected == REFUSED_ANYHOW => (answer, Judged::ByReport),
        _ => (answer, Judged::Yes),
    };
    Ok(started(answer, judged, Some(foreign)))
}

/// The same payments once more under another message id, after they were received under the first.
pub async fn start_again(stage: &Stage, scenario: &'static Scenario) -> Result<Started, ConformError> {
    let first = message(stage, scenario.code, &format!("Carla Ejemplo {TRIGGER_WORD} {}", scenario.code))?;
    hand_over(stage, &prepared(stage, &first, moment().map_err(failed)?)?).await;
    let other = format!("CT{}{}", stage.run(), scenario.code);
    let again = Foreign { message_id: other.clone(), ..replaced(&first, &first.message_id, &other) };
    let (answer, _) = hand_over(stage, &prepared(stage, &again, moment().map_err(failed)?)?).await;
    Ok(Started {
        code: scenario.code,
        name: scenario.name,
        expected: scenario.sequence.iter().map(|word| (*word).to_owned()).collect(),
        judged: Judged::Literally,
        answer,
        foreign: Some(again),
    })
}

impl Started {
    /// The row as it is at this moment.
    pub fn row(&self, stage: &Stage) -> Row {
        let said = self.foreign.as_ref().map(|foreign| stage.said_of(foreign)).unwrap_or_default();
        let refused = |word: &&String| ["RJCT", "PDNG"].iter().any(|status| word.contains(status));
        let (seen, remark) = match self.judged {
            Judged::Literally => ([vec![self.answer.clone()], status_reports(said)].concat(), String::new()),
            Judged::ByDebits => {
                let debits = said.into_iter().filter(|word| word == DEBITED_ONCE).collect();
                (debits, self.answer.clone())
            }
            // The kind of refusal is the bank's own; that it refuses is what counts.
            Judged::ByReport => match said.iter().find(refused) {
                Some(word) => (vec![REFUSED_ANYHOW.to_owned()], format!("{}, then {word}", self.answer)),
                None => (vec![format!("{}, no refusal", self.answer)], said.join(", ")),
            },
            Judged::Yes => {
                let expected = self.expected.first().cloned().unwrap_or_default();
                let rest = self.answer.strip_prefix(&expected).map(|rest| rest.trim().to_owned());
                rest.map_or((vec![self.answer.clone()], String::new()), |rest| (vec![expected], rest))
            }
        };
        Row {
            code: self.code.to_owned(),
            name: self.name.to_owned(),
            expected: self.expected.clone(),
            seen,
            remark,
            ..Row::default()
        }
    }
}

fn status_reports(said: Vec<String>) -> Vec<String> {
    said.into_iter().filter(|word| word.starts_with("pain.002")).collect()
}

fn with_changed_signature(mut prepared: Prepared) -> Prepared {
    for (name, value) in &mut prepared.request.headers {
        if name == "signature" {
            let (label, rest) = value.split_once(":").unwrap_or((value, ""));
            let first = if rest.starts_with('A') { 'B' } else { 'A' };
            *value = format!("{label}:{first}{}", rest.get(1..).unwrap_or_default());
        }
    }
    prepared
}

fn with_changed_body(mut prepared: Prepared) -> Prepared {
    let text = String::from_utf8_lossy(&prepared.request.body).replacen("Carla", "Karla", 1);
    prepared.request.body = Bytes::from(text.into_bytes());
    prepared
}

/// Knocks with the certificate of an authority that the bank cannot know.
async fn with_foreign_certificate(stage: &Stage) -> Result<String, ConformError> {
    let folder = stage.folder().join("foreign");
    dev_pki::write(&folder, Utc::now()).map_err(failed)?;
    let files = TlsFiles {
        certificate: folder.join("gateway-tls-cert.pem"),
        key: folder.join("gateway-tls-key.pem"),
        ca: stage.server_ca().to_owned(),
    };
    let tls = client_config(&files).map_err(failed)?;
    let http = &stage.profile().http;
    let timeouts = Timeouts {
        connect_ms: http.connect_ms,
        handshake_ms: http.handshake_ms,
        first_byte_ms: http.first_byte_ms,
        total_ms: http.total_ms,
    };
    let limits = Limits { reply_octets_max: 1 << 20, idle_connections_max: 1, keep_alive_ms: 1 };
    let client = Client::new(stage.base_url(), tls, timeouts, limits).map_err(failed)?;
    let prepared = stage.link().prepare_collect("", moment().map_err(failed)?).map_err(failed)?;
    Ok(match client.call(&prepared.request).await {
        Outcome::Replied(reply) => format!("answer {}", reply.status),
        Outcome::NotSent { cause } | Outcome::Broken { cause, .. } => format!("{NOTHING} ({cause})"),
    })
}
