//! One request, one outcome: the reply, the proof that nothing left, or the count of what did.
//! No retry after the first byte, no redirect, no proxy, no cookie; those are for nobody here.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::stream::{Counted, Counters, Wire};
use super::tls::PeerIdentity;
use crate::planted::{self, Defect};

/// Largest head of a reply, in octets. Chosen by us; with this many the largest real head fits four times.
const HEAD_OCTETS_MAX: usize = 65_536;
/// Most fields in a reply. Chosen by us.
const HEAD_FIELDS_MAX: usize = 100;
/// Fields that the client alone decides on, because they rule where a message ends or where it goes.
const FIELDS_RESERVED: &[HeaderName] = &[
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Deadlines, each from its own beginning, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name look-up and TCP connection.
    pub connect_ms: u64,
    /// TLS handshake.
    pub handshake_ms: u64,
    /// From the beginning of the request to the complete head of the reply.
    pub first_byte_ms: u64,
    /// Everything from the call to the last byte of the reply.
    pub total_ms: u64,
}

/// Bounds of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest body of a reply, in octets.
    pub reply_octets_max: usize,
    /// Connections kept open between calls.
    pub idle_connections_max: usize,
    /// Longest idle time after which a connection is used again, in milliseconds; 0 means never.
    /// Must lie below what the bank grants.
    pub keep_alive_ms: u64,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path and query, beginning with `/`; the path of the base URL goes in front of it.
    pub path_and_query: String,
    /// Fields in order. `Host` and `Content-Length` are written by the client.
    pub headers: Vec<(String, String)>,
    /// Content.
    pub body: Bytes,
}

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code; a redirect is a reply like any other.
    pub status: u16,
    /// Fields in order, names in lower case, values octet by octet as ISO 8859-1.
    pub headers: Vec<(String, String)>,
    /// Content.
    pub body: Bytes,
    /// Who answered.
    pub peer: PeerIdentity,
}

/// What is known after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A complete reply.
    Replied(Reply),
    /// No byte of this request left.
    NotSent {
        /// Why.
        cause: String,
    },
    /// Bytes left, and there is no complete, well-formed reply.
    Broken {
        /// Why.
        cause: String,
        /// Octets of the request, before encryption, that may have left; at least 1.
        bytes_left: u64,
    },
}

/// Why a client cannot be made; for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The base URL is not usable.
    #[error("base URL '{url}': {cause}")]
    BaseUrl {
        /// As configured.
        url: String,
        /// What is wrong.
        cause: &'static str,
    },
}

impl ClientError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            ClientError::BaseUrl { .. } => "client.base_url",
        }
    }
}

/// Calls one server. Cheap to share behind an `Arc`; each call has a connection of its own while it lasts.
pub struct Client {
    base: Base,
    tls: TlsConnector,
    timeouts: Timeouts,
    limits: Limits,
    idle: Mutex<Vec<Line>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({}:{})", self.base.host, self.base.port)
    }
}

impl Client {
    /// Makes a client for `base_url`, which must be `https://host[:port][/path]`.
    pub fn new(
        base_url: &str,
        tls: Arc<ClientConfig>,
        timeouts: Timeouts,
        limits: Limits,
    ) -> Result<Client, ClientError> {
        let base = Base::parse(base_url)
            .map_err(|cause| ClientError::BaseUrl { url: base_url.to_owned(), cause })?;
        Ok(Client { base, tls: TlsConnector::from(tls), timeouts, limits, idle: Mutex::new(Vec::new()) })
    }

    /// The absolute URI that a request for `path_and_query` has: what its signature covers as `@target-uri`.
    pub fn target_uri(&self, path_and_query: &str) -> String {
        format!("https://{}{}{path_and_query}", self.base.authority, self.base.path)
    }

    /// Makes one call.
    pub async fn call(&self, request: &Request) -> Outcome {
        let outcome = self.once(request).await;
        let again = match &outcome {
            Outcome::Broken { .. } => planted::is(Defect::ClientRetries),
            Outcome::Replied(reply) => reply.status == 307 && planted::is(Defect::RedirectFollowed),
            Outcome::NotSent { .. } => false,
        };
        if again { self.once(request).await } else { outcome }
    }

    async fn once(&self, request: &Request) -> Outcome {
        let deadline = Instant::now() + Duration::from_millis(self.timeouts.total_ms);
        let message = match self.build(request) {
            Ok(message) => message,
            Err(cause) => return Outcome::NotSent { cause },
        };
        while let Some(line) = self.take_idle() {
            match self.exchange(line, message.clone(), deadline).await {
                // It had died unseen, before it took a byte. A fresh connection is no second attempt then.
                Outcome::NotSent { .. } => {}
                outcome => return outcome,
            }
        }
        match self.connect(deadline).await {
            Ok(line) => self.exchange(line, message, deadline).await,
            Err(cause) => Outcome::NotSent { cause },
        }
    }

    fn build(&self, request: &Request) -> Result<hyper::Request<Full<Bytes>>, String> {
        if !request.path_and_query.starts_with('/') {
            return Err(format!("path '{}' does not begin with '/'", request.path_and_query));
        }
        let target = format!("{}{}", self.base.path, request.path_and_query);
        let target: Uri = target.parse().map_err(|error| format!("path: {error}"))?;
        let mut message = hyper::Request::new(Full::new(request.body.clone()));
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = target;
        message.headers_mut().insert(header::HOST, self.base.host_field.clone());
        for (name, value) in &request.headers {
            let name: HeaderName = name.parse().map_err(|_| format!("field name '{name}' is not allowed"))?;
            if FIELDS_RESERVED.contains(&name) {
                return Err(format!("field '{name}' is the client's to write"));
            }
            let value =
                HeaderValue::from_str(value).map_err(|_| format!("value of '{name}' is not allowed"))?;
            message.headers_mut().append(name, value);
        }
        if !request.body.is_empty() || matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
            message.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        }
        Ok(message)
    }

    fn idle_lines(&self) -> std::sync::MutexGuard<'_, Vec<Line>> {
        // A list of connections is whole after any single push or pop.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_idle(&self) -> Option<Line> {
        let keep_alive = Duration::from_millis(self.limits.keep_alive_ms);
        loop {
            let line = self.idle_lines().pop()?;
            if line.idle_since.elapsed() < keep_alive && line.is_quiet() {
                return Some(line);
            }
        }
    }

    fn put_idle(&self, mut line: Line) {
        line.idle_since = Instant::now();
        let mut idle = self.idle_lines();
        if idle.len() < self.limits.idle_connections_max {
            idle.push(line);
        }
    }

    async fn connect(&self, deadline: Instant) -> Result<Line, String> {
        let limit = deadline.min(Instant::now() + Duration::from_millis(self.timeouts.connect_ms));
        let address = (self.base.host.as_str(), self.base.port);
        let tcp = timeout_at(limit, TcpStream::connect(address))
            .await
            .map_err(|_| "connect: deadline passed".to_owned())?
            .map_err(|error| format!("connect: {error}"))?;
        let total = Duration::from_millis(self.timeouts.total_ms);
        let (tcp, probe) = with_probe(tcp, total).map_err(|error| format!("connect: {error}"))?;
        let counters = Arc::new(Counters::default());
        let wire = Wire::new(tcp, counters.clone());
        let limit = deadline.min(Instant::now() + Duration::from_millis(self.timeouts.handshake_ms));
        let tls = timeout_at(limit, self.tls.connect(self.base.server_name.clone(), wire))
            .await
            .map_err(|_| "handshake: deadline passed".to_owned())?
            .map_err(|error| format!("handshake: {error}"))?;
        let peer = PeerIdentity::of_chain(tls.get_ref().1.peer_certificates())
            .ok_or("handshake: server certificate is not readable")?;
        let (sender, connection) = http1::Builder::new()
            .max_headers(HEAD_FIELDS_MAX)
            .max_buf_size(HEAD_OCTETS_MAX)
            .handshake(TokioIo::new(Counted::new(tls, counters.clone())))
            .await
            .map_err(|error| format!("connect: {}", chain_text(&error)))?;
        let connection = Some(Box::pin(connection));
        Ok(Line { sender, connection, probe, counters, peer, idle_since: Instant::now() })
    }

    async fn exchange(
        &self,
        mut line: Line,
        message: hyper::Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Outcome {
        line.counters.begin();
        // Should the process die amid the request, the system resets the connection instead of sending what it still holds.
        if let Err(cause) = SockRef::from(&line.probe).set_linger(Some(Duration::ZERO)) {
            return Outcome::NotSent { cause: format!("connect: {cause}") };
        }
        let limit = deadline.min(Instant::now() + Duration::from_millis(self.timeouts.first_byte_ms));
        let sending = line.sender.send_request(message);
        let response = match timeout_at(limit, drive(&mut line.connection, sending)).await {
            Err(_) => return line.failed("reply: deadline passed before its head"),
            Ok(Err(error)) => return line.failed(&format!("reply: {}", chain_text(&error))),
            Ok(Ok(response)) => response,
        };
        if let Err(cause) = check_head(&response) {
            return line.failed(cause);
        }
        let (head, body) = response.into_parts();
        let collecting = Limited::new(body, self.limits.reply_octets_max).collect();
        let body = match timeout_at(deadline, drive(&mut line.connection, collecting)).await {
            Err(_) => return line.failed("reply: deadline passed amid its body"),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return line.failed(&format!("reply: body over {} octets", self.limits.reply_octets_max));
            }
            Ok(Err(error)) => return line.failed(&format!("reply: {}", chain_text(error.as_ref()))),
            Ok(Ok(body)) => body.to_bytes(),
        };
        let reply = Reply {
            status: head.status.as_u16(),
            headers: field_texts(&head.headers),
            body,
            peer: line.peer.clone(),
        };
        line.counters.end();
        // The exchange is whole: from here on the connection ends in the ordinary way. Where the system refuses, it is reset.
        let _refused = SockRef::from(&line.probe).set_linger(None);
        if line.settle().await {
            self.put_idle(line);
        }
        Outcome::Replied(reply)
    }
}

/// Where the server is.
struct Base {
    host: String,
    port: u16,
    authority: String,
    host_field: HeaderValue,
    path: String,
    server_name: ServerName<'static>,
}

impl Base {
    fn parse(url: &str) -> Result<Base, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "is not a URL")?;
        if uri.scheme_str() != Some("https") {
            return Err("does not begin with https://");
        }
        let authority = uri.authority().ok_or("has no host")?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err("has user information or a query");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => 443,
            Some(written) => written.trim_start_matches(':').parse().map_err(|_| "has an unusable port")?,
            None => return Err("has an unusable host name"),
        };
        let written = authority.as_str().to_ascii_lowercase();
        let written = written.strip_suffix(":443").map(str::to_owned).unwrap_or(written);
        Ok(Base {
            server_name: ServerName::try_from(host.clone()).map_err(|_| "has an unusable host name")?,
            host_field: HeaderValue::from_str(&written).map_err(|_| "has an unusable host name")?,
            authority: written,
            path: uri.path().trim_end_matches('/').to_owned(),
            host,
            port,
        })
    }
}

type Exchange = Connection<TokioIo<Counted>, Full<Bytes>>;

/// A connection with its HTTP state. It moves only while a call drives it.
struct Line {
    sender: SendRequest<Full<Bytes>>,
    connection: Option<Pin<Box<Exchange>>>,
    /// A second handle on the socket, which asks the operating system itself; the runtime's
    /// knowledge of the socket may be as old as its last turn.
    probe: std::net::TcpStream,
    counters: Arc<Counters>,
    peer: PeerIdentity,
    idle_since: Instant,
}

impl Line {
    /// Whether nothing waits to be read: neither the end of the stream nor an alert nor stray data.
    fn is_quiet(&self) -> bool {
        let waiting = self.probe.peek(&mut [0; 1]);
        matches!(waiting, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// Lets the HTTP state come to rest after a reply; says whether the connection can be used again.
    async fn settle(&mut self) -> bool {
        let Line { sender, connection, .. } = self;
        poll_fn(|cx| {
            let alive = match connection {
                Some(running) => running.as_mut().poll(cx).is_pending(),
                None => false,
            };
            Poll::Ready(alive && matches!(sender.poll_ready(cx), Poll::Ready(Ok(()))))
        })
        .await
    }

    fn failed(self, cause: &str) -> Outcome {
        match self.counters.bytes_left() {
            _ if planted::is(Defect::BrokenIsNotSent) => Outcome::NotSent { cause: cause.to_owned() },
            0 => Outcome::NotSent { cause: cause.to_owned() },
            bytes_left => Outcome::Broken { cause: cause.to_owned(), bytes_left },
        }
    }
}

/// Moves a connection while waiting for work on it. A connection that has ended is dropped at once,
/// which in turn ends the work.
async fn drive<W: Future>(connection: &mut Option<Pin<Box<Exchange>>>, work: W) -> W::Output {
    let mut work = pin!(work);
    poll_fn(|cx| {
        if let Some(running) = connection
            && running.as_mut().poll(cx).is_ready()
        {
            *connection = None;
        }
        work.as_mut().poll(cx)
    })
    .await
}

/// A second handle on the socket. What the bank does not acknowledge within `total` is given up by the system as well,
/// so that no octet of a request leaves later than its call may last. Source: faults and threats, section 2.6.
#[cfg_attr(not(target_os = "linux"), allow(unused_variables))] // the option is missing there
fn with_probe(tcp: TcpStream, total: Duration) -> std::io::Result<(TcpStream, std::net::TcpStream)> {
    tcp.set_nodelay(true)?;
    // Only this system has the option.
    #[cfg(target_os = "linux")]
    SockRef::from(&tcp).set_tcp_user_timeout(Some(total))?;
    let tcp = tcp.into_std()?;
    let probe = tcp.try_clone()?;
    Ok((TcpStream::from_std(tcp)?, probe))
}

/// Refuses heads that two readers could frame differently, and protocol switches we never asked for.
fn check_head(response: &Response<Incoming>) -> Result<(), &'static str> {
    let headers = response.headers();
    if response.status().is_informational() {
        return Err("reply: switches protocols");
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    if let Some(length) = lengths.next() {
        let digits = !length.is_empty() && length.as_bytes().iter().all(u8::is_ascii_digit);
        if lengths.next().is_some() || !digits {
            return Err("reply: more than one Content-Length, or not a number");
        }
        if headers.contains_key(header::TRANSFER_ENCODING) {
            return Err("reply: Content-Length beside Transfer-Encoding");
        }
    }
    Ok(())
}

fn field_texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().map(|octet| char::from(*octet)).collect();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn chain_text(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
