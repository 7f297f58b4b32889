//! The two streams of an outgoing connection, below and above TLS, with the count of what left.
//! Says whether a byte of a request can have gone out; knows no HTTP.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Counts of the request under way on one connection.
#[derive(Debug, Default)]
pub struct Counters {
    /// Octets of the request handed to TLS.
    plain: AtomicU64,
    /// Octets handed to the operating system since the request began, TLS framing included.
    wire: AtomicU64,
    /// Whether a request is under way.
    busy: AtomicBool,
}

impl Counters {
    /// A request begins.
    pub fn begin(&self) {
        self.plain.store(0, Ordering::Relaxed);
        self.wire.store(0, Ordering::Relaxed);
        self.busy.store(true, Ordering::Relaxed);
    }

    /// Its reply has been read to the end.
    pub fn end(&self) {
        self.busy.store(false, Ordering::Relaxed);
    }

    /// Octets of the request that may have left. Zero is a proof: TLS took none, or the operating
    /// system took none of what TLS made of them.
    pub fn bytes_left(&self) -> u64 {
        match self.wire.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.plain.load(Ordering::Relaxed),
        }
    }
}

/// The TCP connection below TLS. Dropped amid a request it resets the connection, so that nothing
/// still in the send buffer leaves later.
#[derive(Debug)]
pub struct Wire {
    tcp: TcpStream,
    counters: Arc<Counters>,
}

impl Wire {
    /// Wraps a fresh connection.
    pub fn new(tcp: TcpStream, counters: Arc<Counters>) -> Wire {
        Wire { tcp, counters }
    }

    fn count(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(octets)) = written {
            self.counters.wire.fetch_add(*octets as u64, Ordering::Relaxed);
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.counters.busy.load(Ordering::Relaxed) {
            // Where the system refuses, the close is an ordinary one; the outcome has been judged already.
            let _refused = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.count(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.count(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// The TLS connection that HTTP is spoken on.
#[derive(Debug)]
pub struct Counted {
    tls: TlsStream<Wire>,
    counters: Arc<Counters>,
}

impl Counted {
    /// Wraps a connection whose handshake is done.
    pub fn new(tls: TlsStream<Wire>, counters: Arc<Counters>) -> Counted {
        Counted { tls, counters }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tls).poll_write(cx, buf);
        let octets = match &written {
            Poll::Ready(Ok(octets)) => *octets as u64,
            // TLS may have taken and sent a part before it failed; what it does not tell counts as left.
            Poll::Ready(Err(_)) => buf.len() as u64,
            Poll::Pending => 0,
        };
        self.counters.plain.fetch_add(octets, Ordering::Relaxed);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
