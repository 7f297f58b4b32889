//! What the gateway must not believe: reports forged by strangers, answers in the bank's place, contradicting reports
//! brought by hand. Writes down what was planted, so that the judge knows it.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as Incoming, State as Shared};
use axum::response::Response;
use chrono::Utc;
use girogate::domain::lifecycle::State;
use girogate::faces::client::{ApiClient, Settings};
use girogate::net::client::{Client, Limits, Outcome, Request, Timeouts};
use girogate::net::server::{Limits as ServerLimits, Service, serve};
use girogate::net::tls::{TlsFiles, client_config, server_config};
use girogate::sandbox::config::Config;
use girogate::sandbox::envelope::{Answer, Call, Callback, Envelope, plain_fields};
use girogate::store::listing::PayoutListed;
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Bytes;
use serde_json::json;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::run::{Run, hex_digest, payout};

/// Longest wait for something that happens at once.
const SOON: Duration = Duration::from_secs(10);

/// Whether the one who answers in the bank's place has its signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    No,
    ByTheBank,
}

/// A pain.002 about one payment.
fn status_report(id: &str, item: &PayoutListed, code: &str, created: &str) -> String {
    let reason = match code {
        "RJCT" => "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>",
        _ => "",
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>{id}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>\
         <OrgnlPmtInfAndSts><OrgnlPmtInfId>{}</OrgnlPmtInfId><TxInfAndSts><StsId>{id}-1</StsId>\
         <OrgnlInstrId>{}</OrgnlInstrId><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>{code}</TxSts>{reason}\
         </TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n",
        item.message_id.as_deref().unwrap_or_default(),
        item.payment_information_id.as_deref().unwrap_or_default(),
        item.row.token.base32(),
        item.row.end_to_end_id,
    )
}

/// A camt.054 with a stranger's debit of the same amount as the payout, and a charge that names the payout.
fn strangers_debit(id: &str, item: &PayoutListed, amount: &str) -> String {
    let entry = |reference: &str, amount: &str, sub_family: &str, end_to_end_id: &str| {
        format!(
            "<Ntry><NtryRef>{reference}</NtryRef><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>\
             <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt><ValDt><Dt>2026-11-23</Dt></ValDt>\
             <AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd>\
             <SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs>\
             <AcctSvcrRef>{reference}</AcctSvcrRef>{end_to_end_id}</Refs><Amt Ccy=\"EUR\">{amount}</Amt>\
             <CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls></Ntry>"
        )
    };
    let named = format!("<EndToEndId>{}</EndToEndId>", item.row.end_to_end_id);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>{id}</MsgId><CreDtTm>2026-11-23T10:00:00Z</CreDtTm></GrpHdr>\
         <Ntfctn><Id>{id}-1</Id><CreDtTm>2026-11-23T10:00:00Z</CreDtTm>\
         <Acct><Id><IBAN>DE90999999990000004711</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}</Ntfctn>\
         </BkToCstmrDbtCdtNtfctn></Document>\n",
        entry("X-STRANGER-1", amount, "ESCT", ""),
        entry("X-CHARGE-1", "0.25", "CHRG", &named),
    )
}

/// Reports brought by hand and callbacks of strangers, about payouts of which the bank says nothing.
pub async fn papers(run: &mut Run) -> bool {
    let names = ["P-1", "P-2", "P-3", "P-4", "P-5", "P-6"];
    let amounts = ["10.01", "20.02", "30.03", "40.04", "50.05", "60.06"];
    let payouts: Vec<_> = names.iter().zip(amounts).map(|(name, amount)| payout(name, "", amount)).collect();
    run.submit("papers", &payouts).await;
    assert!(run.reached(&[State::Submitted], SOON).await, "{}", run.line.gateway_log());
    let items = run.payouts().await;
    let of = |name: &str| items.iter().find(|item| item.row.external_id == name).unwrap();
    let by_hand = [
        status_report("H1", of("P-1"), "ACSC", "2026-11-23T10:00:00Z"),
        status_report("H2", of("P-1"), "ACSP", "2026-11-23T09:00:00Z"),
        status_report("H3", of("P-2"), "ACSC", "2026-11-23T10:00:00Z"),
        status_report("H4", of("P-2"), "RJCT", "2026-11-23T11:00:00Z"),
        status_report("H5", of("P-3"), "RJCT", "2026-11-23T10:00:00Z"),
        strangers_debit("H6", of("P-3"), "30.03"),
    ];
    let api = api(run);
    for (number, document) in (1..).zip(by_hand) {
        let answered =
            api.post("/v1/documents/demo-bank", "application/octet-stream", document.into()).await.unwrap();
        assert!(answered.is_success(), "{answered:?}");
        assert!(run.told("\"document_read\"", number, SOON).await, "document {number} is not read");
    }
    forge(run, &items).await;
    // One more by hand: when it is read, what came before it has been read as well, if it ever is.
    let last = status_report("H7", of("P-1"), "ACTC", "2026-11-23T08:00:00Z");
    api.post("/v1/documents/demo-bank", "application/octet-stream", last.into()).await.unwrap();
    assert!(run.told("\"document_read\"", 7, SOON).await, "the last document is not read");
    false
}

fn api(run: &Run) -> ApiClient {
    let setup = &run.line.setup;
    let config = girogate::faces::config::load(&setup.gateway_config).unwrap();
    let section = config.client.unwrap();
    let files = TlsFiles {
        certificate: setup.pki.join("treasury-tls-cert.pem"),
        key: setup.pki.join("treasury-tls-key.pem"),
        ca: setup.pki.join("ca-cert.pem"),
    };
    ApiClient::new(&Settings { url: section.url, tls: files }).unwrap()
}

/// Callbacks that only a careless gateway believes: signed an hour ago, signed for another body, not signed at all.
async fn forge(run: &Run, items: &[PayoutListed]) {
    let of = |name: &str| items.iter().find(|item| item.row.external_id == name).unwrap();
    let settled = |id: &str, name: &str| status_report(id, of(name), "ACSC", "2026-11-23T10:00:00Z");
    let (stale, other, unsigned) = (settled("F1", "P-4"), settled("F2", "P-5"), settled("F3", "P-6"));
    let (client, target_uri, path) = callback_client(run);
    let envelope = Envelope::open(&bank_config(run)).unwrap();
    let callback =
        |event_id: &'static str, body: &'static [u8]| Callback { target_uri: &target_uri, event_id, body };
    let hour_ago = Utc::now() - chrono::Duration::hours(1);
    let body = |text: &String| -> &'static [u8] { text.clone().into_bytes().leak() };
    let harmless: &'static [u8] = b"<Document/>";
    let signed_for_another = {
        let fields = envelope.sign_callback(&callback("F-2", harmless), Utc::now()).unwrap();
        (fields, body(&other))
    };
    let forged = [
        (envelope.sign_callback(&callback("F-1", body(&stale)), hour_ago).unwrap(), body(&stale)),
        signed_for_another,
        (callback("F-3", body(&unsigned)).fields(Utc::now()), body(&unsigned)),
    ];
    let mut log = std::fs::File::create(run.dir().join("callbacks.ndjson")).unwrap();
    for (event, (headers, octets)) in (1..).zip(forged) {
        let request = Request {
            method: Method::POST,
            path_and_query: path.clone(),
            headers,
            body: Bytes::from_static(octets),
        };
        let answered = match client.call(&request).await {
            Outcome::Replied(reply) => Some(reply.status),
            _ => None,
        };
        let line = json!({
            "at": Utc::now().to_rfc3339(), "event": format!("F-{event}"), "digest": hex_digest(octets),
            "authentic": false, "answered": answered,
        });
        writeln!(log, "{line}").unwrap();
    }
}

fn bank_config(run: &Run) -> Config {
    girogate::sandbox::config::load(&run.line.setup.bank_config).unwrap()
}

/// A client of the gateway's door for callbacks, the absolute address of that door, and its path.
fn callback_client(run: &Run) -> (Client, String, String) {
    let config = bank_config(run);
    let url = config.client[0].callback_url.clone().unwrap();
    let position = url.find("/v1/").unwrap();
    let (base, path) = url.split_at(position);
    let tls = client_config(&identity(&run.line.setup.pki, "bank-tls")).unwrap();
    let timeouts =
        Timeouts { connect_ms: 5_000, handshake_ms: 5_000, first_byte_ms: 10_000, total_ms: 10_000 };
    let limits = Limits { reply_octets_max: 1 << 20, idle_connections_max: 1, keep_alive_ms: 0 };
    (Client::new(base, tls, timeouts, limits).unwrap(), url.clone(), path.to_owned())
}

fn identity(pki: &Path, role: &str) -> TlsFiles {
    TlsFiles {
        certificate: pki.join(format!("{role}-cert.pem")),
        key: pki.join(format!("{role}-key.pem")),
        ca: pki.join("ca-cert.pem"),
    }
}

/// What the one in the bank's place knows.
struct Place {
    envelope: Envelope,
    public_url: String,
    signed: Signed,
}

/// The bank is gone and somebody answers in its place: to an order with a receipt, to everything else with nothing.
pub async fn impostor(run: &mut Run, signed: Signed) -> bool {
    run.line.kill_bank();
    let config = bank_config(run);
    let listener = TcpListener::bind(&config.bank.listen).await.unwrap();
    let place = Arc::new(Place {
        envelope: Envelope::open(&config).unwrap(),
        public_url: run.line.setup.bank_url.clone(),
        signed,
    });
    let router = Router::new().fallback(pretend).with_state(place);
    let tls = server_config(&identity(&run.line.setup.pki, "bank-tls")).unwrap();
    let (stop, stopping) = watch::channel(false);
    let serving = tokio::spawn(serve(
        listener,
        Service { tls, router, limits: ServerLimits { drain_ms: 100, ..ServerLimits::default() } },
        stopping,
    ));
    run.submit("one", &[payout("I-1", "", "12.34"), payout("I-2", "", "56.78")]).await;
    assert!(run.told("\"step_ended\"", 1, SOON).await, "{}", run.line.gateway_log());
    stop.send(true).unwrap();
    serving.await.unwrap();
    false
}

async fn pretend(Shared(place): Shared<Arc<Place>>, request: Incoming) -> Response {
    let (head, body) = request.into_parts();
    let path_and_query = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let call = Call {
        method: head.method.as_str().to_owned(),
        target_uri: format!("{}{path_and_query}", place.public_url),
        path_and_query,
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: body.collect().await.unwrap().to_bytes().to_vec(),
    };
    let answer = match call.method.as_str() {
        "POST" => receipt(&place, &call),
        _ => Answer { status: 503, headers: Vec::new(), content: None },
    };
    let fields = match place.signed {
        Signed::ByTheBank => place.envelope.sign_answer(&answer, &call, Utc::now()).unwrap(),
        Signed::No => plain_fields(&answer, Utc::now()),
    };
    let mut response = Response::builder().status(answer.status);
    for (name, value) in fields {
        response = response.header(name, value);
    }
    response.body(answer.content.map_or_else(Body::empty, |(_, body)| Body::from(body))).unwrap()
}

/// A receipt: for our message from who cannot sign, for another message from who can.
fn receipt(place: &Place, call: &Call) -> Answer {
    let octets = String::from_utf8_lossy(&call.body);
    let ours = octets.split("<MsgId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    let named = if place.signed == Signed::ByTheBank { "ANOTHERMESSAGE" } else { ours };
    let receipt = json!({ "message_id": named, "bank_reference": "X-1", "status": "RCVD" });
    Answer::of(202, "application/json", receipt.to_string().into_bytes())
}
