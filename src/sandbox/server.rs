//! The bank's door: HTTP over mutual TLS in, signed answers out, and the ways in which a line breaks.
//! Never what is decided behind it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use chrono::{NaiveDate, Utc};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Frame, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::bank::{Bank, SandboxError};
use super::behaviour::{Behaviour, Fault, Rule};
use super::config::{ClientSection, Config};
use super::desk::{self, Taken};
use super::envelope::{Answer, CANCELLATIONS, Call, Client, ORDERS, plain_fields};
use super::problem::Problem;
use super::scenarios::Effect;
use super::visits::{self, Ending, Read};
use super::{callbacks, cancellations, office};
use crate::net::server::{HangUp, Limits, PeerIdentity, Service, serve};
use crate::net::tls::{TlsFiles, server_config};

/// Largest body of anything but an order, in octets. Chosen by us.
const CONTROL_OCTETS_MAX: usize = 1 << 20;
/// Longest wait of an answer for its callback to be delivered first, in milliseconds. Chosen by us.
const CALLBACK_FIRST_MS_MAX: u64 = 3_000;
/// Idempotency keys whose arrivals are counted. Chosen by us; a bank that forgets commits its faults anew.
const ARRIVALS_MAX: usize = 100_000;

/// By how much a signature's time is wrong where a script asks for it. Chosen by us: far beyond any tolerance.
const AN_HOUR: chrono::TimeDelta = chrono::TimeDelta::seconds(3_600);

/// How the bank is started.
pub struct Start {
    /// First business day of a new bank whose configuration names none; rolled forward to a working day.
    pub today: NaiveDate,
    /// Told once the bank listens.
    pub ready: Box<dyn FnOnce(&Ready) + Send>,
}

/// Where the bank is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Address that it listens on.
    pub address: SocketAddr,
    /// Address that clients call and sign.
    pub public_url: String,
}

/// Runs the bank until `shutdown` becomes true or its sender is gone.
pub async fn run(config: Config, start: Start, shutdown: watch::Receiver<bool>) -> Result<(), SandboxError> {
    let listen = |cause| SandboxError::Listen { address: config.bank.listen.clone(), cause };
    let listener = TcpListener::bind(&config.bank.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let public_url = config.bank.public_url.clone().unwrap_or_else(|| format!("https://{address}"));
    let files = TlsFiles {
        certificate: config.keys.tls_certificate.clone(),
        key: config.keys.tls_key.clone(),
        ca: config.keys.client_ca.clone(),
    };
    let tls = server_config(&files)?;
    let opened = public_url.trim_end_matches('/').to_owned();
    let opening = tokio::task::spawn_blocking(move || Bank::open(config, opened, start.today));
    let bank = Arc::new(opening.await.map_err(|_| SandboxError::Died { part: "the opening" })??);
    let door = Arc::new(Door { bank: bank.clone(), arrivals: Mutex::new(HashMap::new()) });
    let router = Router::new().fallback(enter).with_state(door);
    let limits = Limits { drain_ms: 2_000, ..Limits::default() };
    let callers = callbacks::start(&bank)?;
    (start.ready)(&Ready { address, public_url });
    let ended = tokio::select! {
        () = serve(listener, Service { tls, router, limits }, shutdown) => Ok(()),
        ended = office::run(bank.clone()) => ended,
        ended = callbacks::watch(callers) => ended,
    };
    bank.stop();
    // Whoever works now ends its step: the right to book is free when it has.
    let stopped = bank.clone();
    let last = tokio::task::spawn_blocking(move || stopped.booking().map(drop)).await;
    ended.and(last.map_err(|_| SandboxError::Died { part: "the back office" })?)
}

/// What the door remembers.
struct Door {
    bank: Arc<Bank>,
    arrivals: Mutex<HashMap<String, u32>>,
}

impl Door {
    /// Counts an arrival of an idempotency key; the first is 1.
    fn arrival(&self, key: &str) -> u32 {
        // A map of counters is whole after any single change.
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if arrivals.len() >= ARRIVALS_MAX {
            arrivals.clear();
        }
        let count = arrivals.entry(key.to_owned()).or_insert(0);
        *count += 1;
        *count
    }

    fn seen_again(&self, key: &str) -> bool {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.get(key).is_some_and(|count| *count > 1)
    }

    fn behaviour(&self) -> Result<Arc<Behaviour>, SandboxError> {
        let books = self.bank.books()?;
        Ok(books.behaviour_of(books.behaviour_number()))
    }
}

/// What leaves through the door, and how it is entered in the visitors' book.
struct Left {
    response: Response,
    fault: Option<Fault>,
    order: Option<u32>,
}

impl From<Response> for Left {
    fn from(response: Response) -> Left {
        Left { response, fault: None, order: None }
    }
}

/// Every request comes in here.
async fn enter(State(door): State<Arc<Door>>, request: Request) -> Response {
    match receive(&door, request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(code = error.code(), %error, "the bank cannot answer");
            // Unsigned: whatever failed may be what signs. A client takes it as an unknown outcome.
            let answer = Answer::from(&Problem::internal());
            response(&answer, plain_fields(&answer, Utc::now()))
        }
    }
}

/// Reads a request, enters it in the visitors' book, and lets it be handled.
async fn receive(door: &Arc<Door>, request: Request) -> Result<Response, SandboxError> {
    let (head, body) = request.into_parts();
    let path_and_query = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let mut call = Call {
        method: head.method.as_str().to_owned(),
        target_uri: format!("{}{path_and_query}", door.bank.public_url),
        path_and_query,
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), latin(value))).collect(),
        body: Vec::new(),
    };
    let client = door.bank.envelope.client_of(head.extensions.get::<PeerIdentity>());
    let arrival = match (&client, call.is_order()) {
        (Ok(_), true) => door.arrival(call.idempotency_key().unwrap_or_default()),
        _ => 0,
    };
    let (cut, read) = match client {
        Ok(_) => read_body(door, &mut call, body, arrival).await?,
        Err(_) => (None, Read::Part(0)),
    };
    let (worker, name) = (door.clone(), client.as_ref().ok().map(|client| client.name.clone()));
    let noted = tokio::task::spawn_blocking(move || {
        let number = visits::received(&worker.bank, name.as_deref(), &call, read);
        (number, call)
    });
    let (number, call) = noted.await.map_err(|_| SandboxError::Died { part: "the visitors' book" })?;
    let number = number?;
    let left = match (client, cut) {
        (Err(problem), _) => signed(door, &call, &Answer::from(&problem))?.into(),
        (Ok(_), Some(fault)) => Left { fault: Some(fault), ..hang_up().into() },
        (Ok(_), None) if read != Read::Whole => unread(door, &call, read)?,
        (Ok(client), None) => handle(door, client, call, arrival).await?,
    };
    let is_cut = left.response.extensions().get::<HangUp>().is_some();
    let status = (!is_cut).then_some(left.response.status().as_u16());
    visits::answered(&door.bank, number, Ending { status, fault: left.fault, order: left.order })?;
    Ok(left.response)
}

/// Reads a body as far as it is to be read; and the fault by which the line is cut before its end.
async fn read_body(
    door: &Door,
    call: &mut Call,
    mut body: Body,
    arrival: u32,
) -> Result<(Option<Fault>, Read), SandboxError> {
    if call.is_order() {
        let key = call.idempotency_key().unwrap_or_default();
        match door.behaviour()?.answer_fault(key, "", arrival).map(|rule| rule.does) {
            Some(Fault::CutBefore) => return Ok((Some(Fault::CutBefore), Read::Part(0))),
            Some(Fault::CutAmid) => {
                let some = body.frame().await.and_then(Result::ok);
                let octets = some.and_then(|frame| frame.into_data().ok()).map_or(0, |data| data.len());
                return Ok((Some(Fault::CutAmid), Read::Part(octets as u64)));
            }
            _ => {}
        }
    }
    match Limited::new(body, octets_max(door, call)).collect().await {
        Ok(body) => {
            call.body = body.to_bytes().to_vec();
            Ok((None, Read::Whole))
        }
        Err(error) if error.is::<LengthLimitError>() => Ok((None, Read::Part(octets_max(door, call) as u64))),
        // The client hung up in the middle.
        Err(_) => Ok((None, Read::Part(0))),
    }
}

fn octets_max(door: &Door, call: &Call) -> usize {
    let is_large = call.is_order() || call.is_cancellation();
    if is_large { door.bank.config.processing.order_octets_max } else { CONTROL_OCTETS_MAX }
}

/// Says no to a body that is too large; a client that hung up in the middle gets no answer.
fn unread(door: &Door, call: &Call, read: Read) -> Result<Left, SandboxError> {
    let limit = octets_max(door, call);
    if read != Read::Part(limit as u64) {
        return Ok(hang_up().into());
    }
    let problem = Problem::new(413, "size", "the body is too large", format!("at most {limit} octets"));
    Ok(signed(door, call, &Answer::from(&problem))?.into())
}

async fn handle(
    door: &Arc<Door>,
    client: Arc<Client>,
    call: Call,
    arrival: u32,
) -> Result<Left, SandboxError> {
    if let Err(problem) = door.bank.envelope.verify(&client, &call, Utc::now()) {
        return Ok(signed(door, &call, &Answer::from(&problem))?.into());
    }
    if call.is_order() {
        return order(door, client, call, arrival).await;
    }
    let worker = door.clone();
    let done = tokio::task::spawn_blocking(move || {
        let answer = route(&worker, &client, &call)?;
        signed(&worker, &call, &answer)
    });
    Ok(done.await.map_err(|_| SandboxError::Died { part: "the front desk" })??.into())
}

/// Everything but orders.
fn route(door: &Door, client: &Client, call: &Call) -> Result<Answer, SandboxError> {
    let bank = &door.bank;
    match (call.method.as_str(), call.path()) {
        ("GET", "/v1/reports") => {
            desk::next_report(bank, &client.name, call.query("after").unwrap_or_default())
        }
        ("GET", "/v1/sandbox/ledger") => {
            let after = call.query("after").unwrap_or_default().parse().unwrap_or(0);
            desk::ledger_lines(bank, &client.name, after)
        }
        ("POST", "/v1/sandbox/day-end") => {
            let end = office::end_day(bank)?;
            let body = serde_json::json!({
                "closed": end.closed.to_string(),
                "next": end.next.to_string(),
                "statements": end.statements,
            });
            Ok(Answer::of(200, "application/json", body.to_string().into_bytes()))
        }
        ("POST", "/v1/sandbox/behaviour") => behave(bank, call),
        ("POST", CANCELLATIONS) => cancellations::take(bank, &client.name, call),
        ("GET", path) if path.starts_with(CANCELLATIONS) => {
            let id = path.get(CANCELLATIONS.len()..).and_then(|rest| rest.strip_prefix('/'));
            cancellations::inquire(bank, &client.name, id.unwrap_or_default())
        }
        ("GET", path) => match path.strip_prefix("/v1/payments/") {
            Some(message_id) => {
                let again = |key: String| door.seen_again(&key);
                let known = bank.books()?.order_by_message_id(&client.name, message_id);
                let key = known.map(|order| super::journal::hex(&order.digest).chars().take(36).collect());
                desk::inquire(bank, &client.name, message_id, key.is_some_and(again))
            }
            None => Ok(Answer::from(&Problem::not_found("no such resource"))),
        },
        _ => Ok(Answer::from(&Problem::not_found("no such resource"))),
    }
}

fn behave(bank: &Bank, call: &Call) -> Result<Answer, SandboxError> {
    let refused =
        |detail: String| Answer::from(&Problem::new(400, "behaviour", "the script is not usable", detail));
    let Ok(text) = std::str::from_utf8(&call.body) else {
        return Ok(refused("not UTF-8".to_owned()));
    };
    if let Err(error) = Behaviour::parse(text) {
        return Ok(refused(error.to_string()));
    }
    let number = bank.behave(text)?;
    let body = serde_json::json!({ "behaviour": number });
    Ok(Answer::of(200, "application/json", body.to_string().into_bytes()))
}

async fn order(
    door: &Arc<Door>,
    client: Arc<Client>,
    call: Call,
    arrival: u32,
) -> Result<Left, SandboxError> {
    let worker = door.clone();
    let done = tokio::task::spawn_blocking(move || {
        let mut taken = desk::take_order(&worker.bank, &client.name, &call, arrival);
        let is_repeated =
            |taken: &Taken| taken.fault.as_ref().is_some_and(|rule| rule.does == Fault::DuplicateRequest);
        if taken.as_ref().is_ok_and(is_repeated) {
            // As the line would repeat it: the same octets once more, whose answer nobody hears.
            let again = desk::take_order(&worker.bank, &client.name, &call, arrival.saturating_add(1));
            taken = again.and(taken);
        }
        (taken, call, client)
    });
    let (taken, call, client) = done.await.map_err(|_| SandboxError::Died { part: "the front desk" })?;
    let taken = taken?;
    let response = match taken.effect {
        Effect::CutThenNotFound
        | Effect::CutThenBooked
        | Effect::RepeatRejected
        | Effect::RepeatReplayed
        | Effect::RepeatExecuted => hang_up(),
        effect => {
            if effect == Effect::CallbackFirst {
                wait_for_callback(&door.bank, &client, taken.order).await?;
            }
            match &taken.fault {
                None => signed(door, &call, &taken.answer)?,
                Some(rule) => faulty(door, &call, &taken, rule).await?,
            }
        }
    };
    Ok(Left { response, fault: taken.fault.map(|rule| rule.does), order: taken.order })
}

/// The answer that a script spoils.
async fn faulty(door: &Arc<Door>, call: &Call, taken: &Taken, rule: &Rule) -> Result<Response, SandboxError> {
    match rule.does {
        Fault::CutBefore | Fault::CutAmid | Fault::CutAfter => Ok(hang_up()),
        Fault::SlowAnswer => {
            tokio::time::sleep(Duration::from_millis(rule.delay_ms)).await;
            signed(door, call, &taken.answer)
        }
        Fault::CutReply => Ok(broken_off(signed(door, call, &taken.answer)?).await),
        Fault::ErrorAfter | Fault::ErrorInstead => {
            let written = !rule.retry_after.is_empty();
            let retry_after_s = (rule.retry_after_s > 0 && !written).then_some(rule.retry_after_s);
            let mut answer = Answer::from(&Problem { retry_after_s, ..Problem::unavailable(rule.status) });
            if written {
                answer.headers.push(("retry-after", rule.retry_after.clone()));
            }
            signed(door, call, &answer)
        }
        Fault::EmptyAnswer => signed(door, call, &Answer { status: 200, headers: Vec::new(), content: None }),
        Fault::Redirect => {
            let elsewhere = vec![("location", format!("{}{ORDERS}/elsewhere", door.bank.public_url))];
            signed(door, call, &Answer { status: 307, headers: elsewhere, content: None })
        }
        Fault::HtmlAnswer => {
            let page = b"<!DOCTYPE html><html><body><form>Please sign in.</form></body></html>".to_vec();
            let answer = Answer::of(200, "text/html", page);
            Ok(response(&answer, plain_fields(&answer, Utc::now())))
        }
        Fault::MalformedAnswer => {
            signed(door, call, &Answer::of(200, "application/xml", b"<Document><CstmrPmtStsRpt>".to_vec()))
        }
        Fault::OtherAnswer => {
            let other = serde_json::json!({
                "message_id": "SOMEBODY-ELSES", "bank_reference": "SOMEBODY-ELSES", "status": "RCVD",
            });
            signed(door, call, &Answer::of(202, "application/json", other.to_string().into_bytes()))
        }
        Fault::ExpiredAnswer => signed_at(door, call, &taken.answer, Utc::now() - AN_HOUR),
        Fault::EarlyAnswer => signed_at(door, call, &taken.answer, Utc::now() + AN_HOUR),
        Fault::UnsignedAnswer => Ok(response(&taken.answer, plain_fields(&taken.answer, Utc::now()))),
        _ => signed(door, call, &taken.answer),
    }
}

/// Lets the first callback about an order go before the answer, as long as the client takes callbacks.
async fn wait_for_callback(
    bank: &Arc<Bank>,
    client: &Client,
    order: Option<u32>,
) -> Result<(), SandboxError> {
    let Some(order) = order else { return Ok(()) };
    let is_called_back =
        |section: &ClientSection| section.name == client.name && section.callback_url.is_some();
    if !bank.config.client.iter().any(is_called_back) {
        return Ok(());
    }
    let mut news = bank.news();
    let delivered = async {
        loop {
            let is_delivered = {
                let books = bank.books()?;
                let reported =
                    books.progress_of(order).and_then(|progress| progress.reported.get(&0).copied());
                reported.is_some_and(|number| !books.is_in_outbox(number))
            };
            if is_delivered || news.changed().await.is_err() {
                return Ok(());
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_millis(CALLBACK_FIRST_MS_MAX), delivered).await;
    waited.unwrap_or(Ok(()))
}

fn signed(door: &Door, call: &Call, answer: &Answer) -> Result<Response, SandboxError> {
    signed_at(door, call, answer, Utc::now())
}

fn signed_at(
    door: &Door,
    call: &Call,
    answer: &Answer,
    now: chrono::DateTime<Utc>,
) -> Result<Response, SandboxError> {
    let fields = door.bank.envelope.sign_answer(answer, call, now)?;
    Ok(response(answer, fields))
}

fn response(answer: &Answer, fields: Vec<(String, String)>) -> Response {
    let body = answer.content.as_ref().map_or_else(Body::empty, |(_, body)| Body::from(body.clone()));
    let mut response = Response::new(body);
    *response.status_mut() =
        hyper::StatusCode::from_u16(answer.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in fields {
        let (name, value) = (HeaderName::try_from(name), HeaderValue::from_str(&value));
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

/// The same response, ending in the middle of its body.
async fn broken_off(whole: Response) -> Response {
    let (head, body) = whole.into_parts();
    let octets = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let half = octets.slice(..octets.len() / 2);
    Response::from_parts(head, Body::new(BrokenOff { announced: octets.len() as u64, half: Some(half) }))
}

/// A body that announces more than it sends.
struct BrokenOff {
    announced: u64,
    half: Option<Bytes>,
}

impl hyper::body::Body for BrokenOff {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        Poll::Ready(Some(self.half.take().map(Frame::data).ok_or(HangUp)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

fn latin(value: &HeaderValue) -> String {
    value.as_bytes().iter().map(|octet| char::from(*octet)).collect()
}
