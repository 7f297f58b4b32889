//! The proxy as a whole: takes connections, gives each its rule, and keeps a log of one JSON object a
//! connection. Never the octets themselves.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use rustls::ServerConfig;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::line::{Crossing, End, Line, Tally};
use super::player::Player;
use super::script::{Deed, LineScript, Rule};
use crate::net::tls::{TlsError, server_config};

/// Connections at a time. Chosen by us; further ones wait.
const CONNECTIONS_MAX: usize = 1_024;
/// Longest handshake where the proxy ends TLS itself, and longest pause within a request to it. Chosen by us.
const PAUSE: Duration = Duration::from_millis(10_000);
/// Pause after which a request to the proxy itself is taken as whole. Chosen by us.
const REQUEST_PAUSE: Duration = Duration::from_millis(100);

/// Where the log goes: one line at a time.
pub type Log = Box<dyn FnMut(&str) + Send>;

/// A proxy ready to run.
pub struct Proxy {
    /// Where clients come.
    pub listener: TcpListener,
    /// Address of the bank.
    pub to: String,
    /// What happens to whom.
    pub script: LineScript,
    /// Told about each connection when it has ended.
    pub log: Log,
}

/// What all connections share.
struct Shared {
    to: String,
    tls: Option<Arc<ServerConfig>>,
    crossing: Crossing,
    log: Mutex<Log>,
}

/// How a connection went.
struct Ended {
    end: End,
    tally: Tally,
    exchanges: u32,
    struck: bool,
}

/// Runs until `shutdown` becomes true or its sender is gone. Connections under way then are cut, and logged so.
pub async fn run(proxy: Proxy, mut shutdown: watch::Receiver<bool>) -> Result<(), TlsError> {
    let Proxy { listener, to, mut script, log } = proxy;
    let tls = script.identity().map(server_config).transpose()?;
    let shared = Arc::new(Shared { to, tls, crossing: Crossing::default(), log: Mutex::new(log) });
    let mut connections = JoinSet::new();
    let mut count = 0u32;
    loop {
        let accepted = tokio::select! {
            biased;
            _ = shutdown.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => accepted,
        };
        let Ok((client, _)) = accepted else { continue };
        count = count.saturating_add(1);
        let rule = script.choose(count);
        connections.spawn(connection(shared.clone(), (client, shutdown.clone()), (count, rule)));
    }
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// One connection and its line in the log.
async fn connection(
    shared: Arc<Shared>,
    (client, mut shutdown): (TcpStream, watch::Receiver<bool>),
    (number, rule): (u32, Option<Rule>),
) {
    let (at, began) = (Utc::now(), Instant::now());
    let does = rule.as_ref().map(|rule| rule.does);
    let went = async {
        match does {
            Some(Deed::ResetConnect) => Ok(reset_at_once(&client)),
            Some(Deed::WrongCertificate | Deed::RawAnswer) => end_tls(&shared, client, rule.as_ref()).await,
            _ => carry(&shared, client, rule).await,
        }
    };
    let ended = tokio::select! {
        ended = went => ended,
        _ = shutdown.wait_for(|stop| *stop) => Err(io::Error::other("the proxy was stopped")),
    };
    let mut line = json!({
        "connection": number,
        "at": at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        "ms": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "does": does,
    });
    match ended {
        Err(cause) => line["failed"] = cause.to_string().into(),
        Ok(ended) => {
            line["struck"] = ended.struck.into();
            line["ended_by"] = ended.end.name().into();
            line["requests"] = ended.exchanges.into();
            line["octets_from_client"] = ended.tally.from_client.into();
            line["octets_to_bank"] = ended.tally.to_bank.into();
            line["octets_from_bank"] = ended.tally.from_bank.into();
            line["octets_to_client"] = ended.tally.to_client.into();
        }
    }
    // A log is whole after any single line.
    let mut log = shared.log.lock().unwrap_or_else(PoisonError::into_inner);
    log(&line.to_string());
}

fn reset_at_once(client: &TcpStream) -> Ended {
    let end = if client.set_zero_linger().is_ok() { End::Reset } else { End::Closed };
    Ended { end, tally: Tally::default(), exchanges: 0, struck: true }
}

async fn carry(shared: &Shared, client: TcpStream, rule: Option<Rule>) -> io::Result<Ended> {
    let bank = TcpStream::connect(&shared.to).await?;
    client.set_nodelay(true)?;
    bank.set_nodelay(true)?;
    let mut player = Player::new(rule);
    let mut line = Line::new(client, bank, &shared.crossing);
    let end = line.carry(&mut player).await;
    Ok(Ended { end, tally: line.tally, exchanges: player.exchanges(), struck: player.struck() })
}

/// Ends TLS here: the octets counted are those of requests in the clear.
async fn end_tls(shared: &Shared, client: TcpStream, rule: Option<&Rule>) -> io::Result<Ended> {
    let mut ended = Ended { end: End::Client, tally: Tally::default(), exchanges: 0, struck: true };
    let Some(tls) = shared.tls.clone() else { return Ok(ended) };
    let Ok(Ok(mut stream)) = timeout(PAUSE, TlsAcceptor::from(tls).accept(client)).await else {
        return Ok(ended);
    };
    let mut buffer = vec![0u8; 16_384];
    while let Ok(Ok(count @ 1..)) =
        timeout(if ended.exchanges == 0 { PAUSE } else { REQUEST_PAUSE }, stream.read(&mut buffer)).await
    {
        ended.exchanges = 1;
        ended.tally.from_client = ended.tally.from_client.saturating_add(count as u64);
    }
    let answer = rule.map(|rule| rule.answer.as_bytes()).unwrap_or_default();
    if ended.exchanges > 0 && !answer.is_empty() {
        stream.write_all(answer).await?;
        ended.tally.to_client = answer.len() as u64;
        stream.shutdown().await?;
        ended.end = End::Closed;
    }
    Ok(ended)
}
