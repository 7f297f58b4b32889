//! The accept loop: TLS with client certificates, HTTP/1.1, a cap on connections, and an orderly end.
//! What is answered is the router's; the size of bodies is its handlers' to bound.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::slow::Timed;
pub use super::tls::PeerIdentity;

/// A handler that puts this into the extensions of its response hangs up instead of answering: no octet
/// of the response leaves. Only a bank that rehearses broken lines has a use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the handler hung up")]
pub struct HangUp;

/// Pause after the system refused a connection, such as for want of file handles, in milliseconds. Chosen by us.
const ACCEPT_PAUSE_MS: u64 = 50;

/// Octets of a body that earn its sender one more millisecond. Chosen by us: 16 kB a second is slower than any line
/// that a gateway or a bank has, and whoever sends less holds a connection on purpose.
pub const BODY_OCTETS_PER_MS_MIN: u64 = 16;

/// Bounds of one listener. Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait unaccepted.
    pub connections_max: usize,
    /// For the TLS handshake.
    pub handshake_ms: u64,
    /// For the head of a request, counted also while a kept connection is idle.
    pub header_ms: u64,
    /// For the body of a request, to which a millisecond is added for every [`BODY_OCTETS_PER_MS_MIN`] octets that came.
    pub body_ms: u64,
    /// For requests under way when the server stops.
    pub drain_ms: u64,
    /// Largest head of a request, in octets; at least 8,192.
    pub head_octets_max: usize,
}

impl Default for Limits {
    /// Chosen by us for loopback and data centres alike.
    fn default() -> Limits {
        Limits {
            connections_max: 1024,
            handshake_ms: 10_000,
            header_ms: 60_000,
            body_ms: 30_000,
            drain_ms: 10_000,
            head_octets_max: 65_536,
        }
    }
}

/// What a listener serves, and how.
#[derive(Clone)]
pub struct Service {
    /// Who we are and whom we let in.
    pub tls: Arc<ServerConfig>,
    /// The answers. Each request carries [`PeerIdentity`] as an extension.
    pub router: Router,
    /// Bounds.
    pub limits: Limits,
}

/// Serves until `shutdown` becomes true or its sender is gone; then lets requests under way end within `drain_ms`.
pub async fn serve(listener: TcpListener, service: Service, mut shutdown: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(service.limits.connections_max));
    let drain = Duration::from_millis(service.limits.drain_ms);
    let service = Arc::new(service);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stopped(&mut shutdown) => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        let (tcp, place) = accepted;
        let (service, shutdown) = (service.clone(), shutdown.clone());
        connections.spawn(async move {
            connection(tcp, &service, shutdown).await;
            drop(place);
        });
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(drain, all_ended).await.is_err() {
        tracing::warn!(code = "server.drain", "requests cut off at the end of the drain time");
        connections.abort_all();
    }
}

async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: nobody could ask us to stop any more.
    let _sender_gone = shutdown.wait_for(|stop| *stop).await.is_err();
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, tokio::sync::OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => return (tcp, place),
            Err(error) => {
                tracing::warn!(code = "server.accept", %error, "connection refused by the system");
                tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
            }
        }
    }
}

async fn connection(tcp: TcpStream, service: &Service, mut shutdown: watch::Receiver<bool>) {
    let limits = service.limits;
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(code = "server.socket", %error, "connection gone before it began");
        return;
    }
    let handshake = TlsAcceptor::from(service.tls.clone()).accept(tcp);
    let tls = match timeout(Duration::from_millis(limits.handshake_ms), handshake).await {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => {
            tracing::info!(code = "server.handshake", %error, "handshake refused");
            return;
        }
        Err(_) => {
            tracing::info!(code = "server.handshake", "handshake over its deadline");
            return;
        }
    };
    let Some(peer) = PeerIdentity::of_chain(tls.get_ref().1.peer_certificates()) else {
        tracing::info!(code = "server.identity", "client certificate is not readable");
        return;
    };
    let router = service.router.clone();
    let body_time = Duration::from_millis(limits.body_ms);
    let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let mut router = router.clone();
        async move {
            let request = request.map(|body| Timed::new(body, body_time));
            let response = router.call(request).await.unwrap_or_else(|never| match never {});
            match response.extensions().get::<HangUp>() {
                Some(hang_up) => Err(*hang_up),
                None => Ok(response),
            }
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_ms))
        .max_buf_size(limits.head_octets_max.max(8_192));
    let mut talking = pin!(http.serve_connection(TokioIo::new(tls), answer));
    let ended = tokio::select! {
        ended = talking.as_mut() => ended,
        _ = stopped(&mut shutdown) => {
            talking.as_mut().graceful_shutdown();
            talking.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(code = "server.connection", %error, "connection ended early");
    }
}
