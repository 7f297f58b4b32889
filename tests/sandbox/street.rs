//! A sandbox bank with a client in front of it, both real: TLS on loopback, signatures, a callback server.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use girogate::net::client::{Client, Limits, Outcome, Reply, Request, Timeouts};
use girogate::net::server::{self, Service};
use girogate::net::tls::{TlsFiles, client_config, server_config};
use girogate::sandbox::bank::SandboxError;
use girogate::sandbox::{config, server as bank};
use girogate::signing::certificate::Certificate;
use girogate::signing::http_message::base::{Parameter, Recipe, sign_now};
use girogate::signing::http_message::component::Component;
use girogate::signing::http_message::digest::{self, DigestAlgorithm};
use girogate::signing::http_message::verify::{Policy, TrustedKey, verify};
use girogate::signing::http_message::{MessageView, RequestView, ResponseView};
use girogate::signing::key::{Algorithm, Signer};
use girogate::signing::{dev_pki, key};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Bytes;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longest wait for anything that is to happen.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The client's euro account.
pub const EUR: &str = "DE89370400440532013000";
/// Its pound account.
pub const GBP: &str = "GB82WEST12345698765432";

/// A callback that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub event_id: String,
    pub body: Vec<u8>,
    pub is_signed: bool,
}

/// How a test wants its bank.
#[derive(Clone, Default)]
pub struct Setup {
    /// Lines of `[processing]`.
    pub processing: &'static str,
    /// The behaviour script.
    pub behaviour: &'static str,
    /// Whether the client takes callbacks.
    pub callbacks: bool,
}

/// The client's callback server.
pub struct Mailbox {
    pub received: Mutex<Vec<Received>>,
    /// While false every callback is refused.
    pub is_open: std::sync::atomic::AtomicBool,
    trusted: Vec<TrustedKey>,
    url: Mutex<String>,
}

/// The folder of a bank and its client, which outlives both.
pub struct Street {
    pub dir: tempfile::TempDir,
    setup: Setup,
    mailbox: Option<Arc<Mailbox>>,
    _mail_end: Option<watch::Sender<bool>>,
    first_url: Option<String>,
}

/// A bank that runs.
pub struct Bank {
    pub url: String,
    pub client: Caller,
    end: watch::Sender<bool>,
    task: JoinHandle<Result<(), SandboxError>>,
}

fn trusted(path: &Path) -> TrustedKey {
    let certificate = Certificate::read_file(path).unwrap();
    TrustedKey {
        key_id: certificate.spki_sha256(),
        algorithm: Algorithm::EcdsaP256Sha256,
        key: certificate.verifying_key().unwrap(),
    }
}

impl Street {
    pub async fn new(setup: Setup) -> Street {
        let dir = tempfile::tempdir().unwrap();
        dev_pki::write(&dir.path().join("pki"), Utc::now()).unwrap();
        let mut street = Street { dir, setup, mailbox: None, _mail_end: None, first_url: None };
        if street.setup.callbacks {
            street.open_mailbox().await;
        }
        street
    }

    pub fn pki(&self, name: &str) -> PathBuf {
        self.dir.path().join("pki").join(name)
    }

    pub fn mailbox(&self) -> &Mailbox {
        self.mailbox.as_ref().unwrap()
    }

    async fn open_mailbox(&mut self) {
        let mailbox = Arc::new(Mailbox {
            received: Mutex::new(Vec::new()),
            is_open: true.into(),
            trusted: vec![trusted(&self.pki("bank-signing-cert.pem"))],
            url: Mutex::new(String::new()),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        *mailbox.url.lock().unwrap() =
            format!("https://{}/v1/callbacks/ggbank", listener.local_addr().unwrap());
        let tls = server_config(&TlsFiles {
            certificate: self.pki("gateway-tls-cert.pem"),
            key: self.pki("gateway-tls-key.pem"),
            ca: self.pki("ca-cert.pem"),
        })
        .unwrap();
        let router = Router::new().fallback(take_callback).with_state(mailbox.clone());
        let (end, ended) = watch::channel(false);
        let limits = server::Limits { drain_ms: 100, ..server::Limits::default() };
        tokio::spawn(server::serve(listener, Service { tls, router, limits }, ended));
        self.mailbox = Some(mailbox);
        self._mail_end = Some(end);
    }

    fn config_text(&self) -> String {
        let callback = self.mailbox.as_ref().map_or(String::new(), |mailbox| {
            let url = mailbox.url.lock().unwrap();
            format!("callback_url = \"{url}\"\ncallback_ca = \"pki/ca-cert.pem\"\n")
        });
        // After a restart the bank has another port and still its old name: as behind a proxy.
        let public = self.first_url.as_ref().map_or(String::new(), |url| format!("public_url = \"{url}\"\n"));
        let account = |iban: &str, currency: &str| {
            format!(
                "[[account]]\nclient = \"treasury\"\niban = \"{iban}\"\ncurrency = \"{currency}\"\nname = \"Treasury\"\nopening_balance = \"1000000.00\"\n"
            )
        };
        format!(
            "version = 1\n[bank]\nid = \"GGBANK\"\nname = \"Reference Bank\"\nbic = \"GGRBDEFFXXX\"\nlisten = \"127.0.0.1:0\"\ndata_dir = \"bank\"\n\
             business_date = \"2026-11-23\"\nbehaviour = \"behaviour.toml\"\n{public}[keys]\ntls_certificate = \"pki/bank-tls-cert.pem\"\n\
             tls_key = \"pki/bank-tls-key.pem\"\nsigning_key = \"pki/bank-signing-key.pem\"\nclient_ca = \"pki/ca-cert.pem\"\n\
             [[client]]\nname = \"treasury\"\ntls_certificate = \"pki/gateway-tls-cert.pem\"\nsigning_certificate = \"pki/gateway-signing-cert.pem\"\n{callback}\
             {}{}[processing]\n{}\n[callbacks]\nretry_ms = 20\nretry_ms_max = 50\nattempts_max = 1000\n",
            account(EUR, "EUR"),
            account(GBP, "GBP"),
            self.setup.processing
        )
    }

    /// Writes the bank's configuration and script; returns where.
    pub fn write_config(&self) -> PathBuf {
        let path = self.dir.path().join("sandbox.toml");
        std::fs::write(self.dir.path().join("behaviour.toml"), self.setup.behaviour).unwrap();
        std::fs::write(&path, self.config_text()).unwrap();
        path
    }

    /// Gives the bank a name that stays, whatever its port.
    pub fn name(&mut self, url: &str) {
        self.first_url = Some(url.to_owned());
    }

    /// Starts the bank on the folder as it is.
    pub async fn open_bank(&mut self) -> Bank {
        let config = config::load(&self.write_config()).unwrap();
        let (end, ended) = watch::channel(false);
        let (tell, told) = tokio::sync::oneshot::channel();
        let (bound_tell, bound_told) = tokio::sync::oneshot::channel();
        let start = bank::Start {
            today: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
            ready: Box::new(move |ready: &bank::Ready| {
                tell.send(ready.public_url.clone()).unwrap();
                bound_tell.send(ready.address).unwrap();
            }),
        };
        let task = tokio::spawn(bank::run(config, start, ended));
        let (url, address) = match (told.await, bound_told.await) {
            (Ok(url), Ok(address)) => (url, address),
            _ => panic!("the bank did not open: {:?}", task.await),
        };
        self.first_url.get_or_insert(url.clone());
        let client = self.caller(&format!("https://{address}"), &url, "gateway-tls", "gateway-signing");
        Bank { url, client, end, task }
    }

    /// A client of the bank with the given TLS and signing identities.
    pub fn caller(&self, base: &str, url: &str, tls: &str, signing: &str) -> Caller {
        let files = TlsFiles {
            certificate: self.pki(&format!("{tls}-cert.pem")),
            key: self.pki(&format!("{tls}-key.pem")),
            ca: self.pki("ca-cert.pem"),
        };
        let ms = PATIENCE.as_millis() as u64;
        let timeouts = Timeouts { connect_ms: ms, handshake_ms: ms, first_byte_ms: ms, total_ms: ms };
        let limits = Limits { reply_octets_max: 64 << 20, idle_connections_max: 2, keep_alive_ms: 1_000 };
        Caller {
            http: Arc::new(Client::new(base, client_config(&files).unwrap(), timeouts, limits).unwrap()),
            base: base.to_owned(),
            url: url.to_owned(),
            signer: Arc::new(Signer::read_file(&self.pki(&format!("{signing}-key.pem"))).unwrap()),
            bank: Arc::new(trusted(&self.pki("bank-signing-cert.pem"))),
        }
    }
}

impl Bank {
    /// Ends the bank in an orderly way.
    pub async fn close(self) {
        self.end.send(true).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

async fn take_callback(State(mailbox): State<Arc<Mailbox>>, request: HttpRequest) -> Response {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect();
    let header = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
    let url = mailbox.url.lock().unwrap().clone();
    let view = RequestView { method: "POST", target_uri: &url, headers: &headers, body: &body };
    let names =
        ["@method", "@target-uri", "@authority", "content-digest", "content-type", "date", "event-id"];
    let is_signed = is_valid(&MessageView::Request(view), &names, "girogate-callback", &mailbox.trusted);
    let is_open = mailbox.is_open.load(std::sync::atomic::Ordering::Acquire);
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = match (is_open, is_signed) {
        (false, _) => hyper::StatusCode::SERVICE_UNAVAILABLE,
        (true, false) => hyper::StatusCode::UNAUTHORIZED,
        (true, true) => hyper::StatusCode::NO_CONTENT,
    };
    if is_open {
        let event_id = header("event-id").unwrap();
        mailbox.received.lock().unwrap().push(Received { event_id, body, is_signed });
    }
    response
}

fn is_valid(message: &MessageView<'_>, names: &[&str], tag: &str, keys: &[TrustedKey]) -> bool {
    let required: Vec<Component> = names.iter().map(|name| Component::parse(name).unwrap()).collect();
    let policy = Policy {
        label: "sig1",
        tag: Some(tag),
        required: &required,
        age_s_max: 300,
        skew_s: 30,
        now: Utc::now(),
        keys,
    };
    verify(message, &policy).is_ok()
}

/// What a test bends in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bend {
    Nothing,
    Unsigned,
    NoDigest,
    ChangedBody,
    ChangedSignature,
    Stale,
    StaleDate,
    NoNonce,
    DigestUncovered,
    FixedKey,
}

/// Calls the bank as the protocol says, or as a test bends it.
#[derive(Clone)]
pub struct Caller {
    pub http: Arc<Client>,
    /// Where the bank listens.
    pub base: String,
    /// Where it says it is.
    pub url: String,
    signer: Arc<Signer>,
    bank: Arc<TrustedKey>,
}

/// A reply whose signature was checked.
#[derive(Debug)]
pub struct Checked {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub is_signed: bool,
}

impl Checked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub fn http_date(now: DateTime<Utc>) -> String {
    now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

impl Caller {
    /// A signed request, bent or not.
    pub fn request(&self, (method, path): (Method, &str), body: &[u8], bend: Bend) -> Request {
        let now = if bend == Bend::Stale { Utc::now() - chrono::TimeDelta::seconds(400) } else { Utc::now() };
        let date = if bend == Bend::StaleDate { now - chrono::TimeDelta::hours(1) } else { now };
        let mut names = vec!["@method", "@target-uri", "@authority"];
        let mut headers = vec![("date".to_owned(), http_date(date))];
        if !body.is_empty() {
            let hex = key::hex(ring::digest::digest(&ring::digest::SHA256, body).as_ref());
            let content_type = if matches!(path, "/v1/payments" | "/v1/cancellations") {
                "application/xml"
            } else {
                "application/toml"
            };
            headers.push(("content-type".to_owned(), content_type.to_owned()));
            let key = if bend == Bend::FixedKey { "one-key-for-all" } else { &hex[..36] };
            headers.push(("idempotency-key".to_owned(), format!("\"{key}\"")));
            if bend != Bend::NoDigest {
                headers.push(("content-digest".to_owned(), digest::write(DigestAlgorithm::Sha256, body)));
            }
            if bend != Bend::NoDigest && bend != Bend::DigestUncovered {
                names.push("content-digest");
            }
            names.extend(["content-type", "idempotency-key"]);
        }
        names.push("date");
        let mut parameters = vec![
            Parameter::Created(now.timestamp()),
            Parameter::Expires(now.timestamp() + 300),
            Parameter::KeyId(self.signer.verifying_key().spki_sha256()),
            Parameter::Alg("ecdsa-p256-sha256".to_owned()),
            Parameter::Tag("girogate-request".to_owned()),
        ];
        if bend != Bend::NoNonce {
            parameters.push(Parameter::Nonce(nonce()));
        }
        let components = names.iter().map(|name| Component::parse(name).unwrap()).collect();
        let recipe = Recipe { label: "sig1".to_owned(), components, parameters };
        let target_uri = format!("{}{path}", self.url);
        let view = RequestView { method: method.as_str(), target_uri: &target_uri, headers: &headers, body };
        let fields =
            sign_now(&MessageView::Request(view), &recipe, &self.signer, Algorithm::EcdsaP256Sha256).unwrap();
        if bend != Bend::Unsigned {
            let mut signature = fields.signature;
            if bend == Bend::ChangedSignature {
                let old = signature.as_bytes()[10];
                signature.replace_range(10..11, if old == b'A' { "B" } else { "A" });
            }
            headers.push(("signature-input".to_owned(), fields.signature_input));
            headers.push(("signature".to_owned(), signature));
        }
        let mut body = body.to_vec();
        if bend == Bend::ChangedBody {
            let last = body.len() - 3;
            body[last] ^= 1;
        }
        Request { method, path_and_query: path.to_owned(), headers, body: Bytes::from(body) }
    }

    /// Makes a call; the outcome as it is.
    pub async fn attempt(&self, request: &Request) -> Outcome {
        self.http.call(request).await
    }

    /// Makes a call that must be answered, and checks the bank's signature.
    pub async fn call(&self, call: (Method, &str), body: &[u8]) -> Checked {
        self.call_bent(call, body, Bend::Nothing).await
    }

    /// As [`Caller::call`], bent.
    pub async fn call_bent(&self, call: (Method, &str), body: &[u8], bend: Bend) -> Checked {
        let request = self.request(call, body, bend);
        match self.attempt(&request).await {
            Outcome::Replied(reply) => self.check(&request, reply),
            outcome => panic!("no answer: {outcome:?}"),
        }
    }

    /// Checks the signature of an answer.
    pub fn check(&self, request: &Request, reply: Reply) -> Checked {
        let target_uri = format!("{}{}", self.url, request.path_and_query);
        let asked = RequestView {
            method: request.method.as_str(),
            target_uri: &target_uri,
            headers: &request.headers,
            body: &request.body,
        };
        let view = ResponseView {
            status: reply.status,
            headers: &reply.headers,
            body: &reply.body,
            request: Some(asked),
        };
        let has = |name: &str| request.headers.iter().any(|(found, _)| found == name);
        let mut names = vec!["@status", "@method;req", "@target-uri;req"];
        if has("signature") {
            names.push("signature;req");
        }
        if has("content-digest") {
            names.push("content-digest;req");
        }
        if !reply.body.is_empty() {
            names.extend(["content-digest", "content-type"]);
        }
        let keys = [TrustedKey::clone(&self.bank)];
        let is_signed = is_valid(&MessageView::Response(view), &names, "girogate-response", &keys);
        Checked { status: reply.status, headers: reply.headers, body: reply.body, is_signed }
    }

    pub async fn send(&self, message: &str) -> Checked {
        self.call((Method::POST, "/v1/payments"), message.as_bytes()).await
    }

    pub async fn end_day(&self) -> serde_json::Value {
        let answer = self.call((Method::POST, "/v1/sandbox/day-end"), b"{}").await;
        assert_eq!(answer.status, 200, "{:?}", answer);
        answer.json()
    }

    /// Every report there is: kind and octets.
    pub async fn reports(&self) -> Vec<(String, Vec<u8>)> {
        let mut cursor = String::new();
        let mut found = Vec::new();
        loop {
            let answer = self.call((Method::GET, &format!("/v1/reports?after={cursor}")), b"").await;
            assert!(answer.is_signed);
            if answer.status == 204 {
                return found;
            }
            assert_eq!(answer.status, 200);
            found.push((answer.header("report-kind").unwrap().to_owned(), answer.body.to_vec()));
            cursor = answer.header("next-cursor").unwrap().to_owned();
        }
    }

    /// Every line of the ledger.
    pub async fn ledger(&self) -> Vec<serde_json::Value> {
        let mut after = "0".to_owned();
        let mut lines = Vec::new();
        loop {
            let answer = self.call((Method::GET, &format!("/v1/sandbox/ledger?after={after}")), b"").await;
            assert_eq!(answer.status, 200);
            let text = std::str::from_utf8(&answer.body).unwrap();
            if text.is_empty() {
                return lines;
            }
            lines.extend(text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()));
            after = answer.header("next-cursor").unwrap().to_owned();
        }
    }
}

fn nonce() -> String {
    use base64::Engine as _;
    use ring::rand::SecureRandom as _;
    let mut octets = [0u8; 16];
    ring::rand::SystemRandom::new().fill(&mut octets).unwrap();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(octets)
}

/// Waits until something holds, or panics.
pub async fn until<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    let end = tokio::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(tokio::time::Instant::now() < end, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A payment in a message.
#[derive(Clone)]
pub struct Pay {
    pub end_to_end_id: String,
    pub name: String,
    pub amount: String,
}

/// A block.
#[derive(Clone)]
pub struct Block {
    pub account: &'static str,
    pub currency: &'static str,
    pub batch_booking: bool,
    pub instant: bool,
    pub date: &'static str,
    pub payments: Vec<Pay>,
}

impl Block {
    pub fn of(payments: Vec<Pay>) -> Block {
        Block {
            account: EUR,
            currency: "EUR",
            batch_booking: false,
            instant: false,
            date: "2026-11-23",
            payments,
        }
    }
}

pub fn pay(end_to_end_id: &str, name: &str, amount: &str) -> Pay {
    Pay { end_to_end_id: end_to_end_id.to_owned(), name: name.to_owned(), amount: amount.to_owned() }
}

fn cents(amount: &str) -> u64 {
    amount.replace('.', "").parse().unwrap()
}

fn total<'a>(amounts: impl Iterator<Item = &'a Pay>) -> String {
    let sum: u64 = amounts.map(|payment| cents(&payment.amount)).sum();
    format!("{}.{:02}", sum / 100, sum % 100)
}

/// The UETR that a test payment has.
pub fn uetr(end_to_end_id: &str) -> String {
    let hex = key::hex(ring::digest::digest(&ring::digest::SHA256, end_to_end_id.as_bytes()).as_ref());
    format!("{}-{}-4{}-a{}-{}", &hex[0..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// A pain.001.001.09, written by hand so that no code of ours is between the test and the bank.
pub fn message(message_id: &str, blocks: &[Block]) -> String {
    let count: usize = blocks.iter().map(|block| block.payments.len()).sum();
    let sum = total(blocks.iter().flat_map(|block| &block.payments));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn>\
         <GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2026-11-23T08:00:00Z</CreDtTm><NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum>\
         <InitgPty><Nm>Treasury</Nm></InitgPty></GrpHdr>"
    );
    for (index, block) in blocks.iter().enumerate() {
        let instant = if block.instant { "<LclInstrm><Cd>INST</Cd></LclInstrm>" } else { "" };
        let sum = total(block.payments.iter());
        text += &format!(
            "<PmtInf><PmtInfId>{message_id}-B{index}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>{}</BtchBookg><NbOfTxs>{}</NbOfTxs><CtrlSum>{sum}</CtrlSum>\
             <PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl>{instant}</PmtTpInf><ReqdExctnDt><Dt>{}</Dt></ReqdExctnDt><Dbtr><Nm>Treasury</Nm></Dbtr>\
             <DbtrAcct><Id><IBAN>{}</IBAN></Id></DbtrAcct><DbtrAgt><FinInstnId><BICFI>GGRBDEFFXXX</BICFI></FinInstnId></DbtrAgt>",
            block.batch_booking,
            block.payments.len(),
            block.date,
            block.account
        );
        for payment in &block.payments {
            text += &format!(
                "<CdtTrfTxInf><PmtId><InstrId>I{0}</InstrId><EndToEndId>{0}</EndToEndId><UETR>{1}</UETR></PmtId><Amt><InstdAmt Ccy=\"{2}\">{3}</InstdAmt></Amt>\
                 <Cdtr><Nm>{4}</Nm></Cdtr><CdtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></CdtrAcct></CdtTrfTxInf>",
                payment.end_to_end_id,
                uetr(&payment.end_to_end_id),
                block.currency,
                payment.amount,
                payment.name
            );
        }
        text += "</PmtInf>";
    }
    text + "</CstmrCdtTrfInitn></Document>\n"
}
