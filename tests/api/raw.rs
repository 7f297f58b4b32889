//! Octets by hand over mutual TLS: what a caller can send that no HTTP library would, and every answer that comes back.

use super::gateway::{Gateway, instruction};
use girogate::net::tls::{TlsFiles, client_config};
use rustls_pki_types::ServerName;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longest wait for a connection to end; generous, because a loaded machine is no finding.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A connection of the treasury.
pub async fn connect(gateway: &Gateway) -> TlsStream<TcpStream> {
    let pki = gateway.dir.path().join("pki");
    let files = TlsFiles {
        certificate: pki.join("treasury-tls-cert.pem"),
        key: pki.join("treasury-tls-key.pem"),
        ca: pki.join("ca-cert.pem"),
    };
    let tcp = TcpStream::connect(gateway.api).await.unwrap();
    let name = ServerName::from(gateway.api.ip());
    TlsConnector::from(client_config(&files).unwrap()).connect(name, tcp).await.unwrap()
}

/// Octets of a fixture: text whose characters are one octet each, or such text with how often it is repeated.
/// `{pay}` is a good instruction with this number, `{length}` its length.
pub fn octets(parts: &Value, number: u32) -> Vec<u8> {
    let pay = instruction(number).to_string();
    let text = |part: &str| -> Vec<u8> {
        let filled = part
            .replace("{pay}", &pay)
            .replace("{length}", &pay.len().to_string())
            .replace("{hex}", &format!("{:x}", pay.len()));
        filled.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect()
    };
    let mut all = Vec::new();
    for part in parts.as_array().unwrap() {
        match part {
            Value::String(part) => all.extend(text(part)),
            _ => all.extend(text(part[0].as_str().unwrap()).repeat(part[1].as_u64().unwrap() as usize)),
        }
    }
    all
}

/// Everything that comes until the connection ends; what could not be written any more is no matter.
pub async fn talk(stream: &mut TlsStream<TcpStream>, octets: &[u8], hangs_up: Hangs) -> Vec<u8> {
    let mut heard = Vec::new();
    let (mut reading, mut writing) = tokio::io::split(stream);
    let write = async {
        let written = writing.write_all(octets).await;
        if written.is_ok() && hangs_up == Hangs::Up {
            drop(writing.shutdown().await);
        }
        drop(writing.flush().await);
    };
    let read = async {
        // A reset after the answer is an end like another.
        drop(reading.read_to_end(&mut heard).await);
    };
    let both = async { tokio::join!(write, read) };
    tokio::time::timeout(PATIENCE, both).await.expect("the server ends the connection");
    heard
}

/// What the caller does when all is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hangs {
    /// Says that nothing more comes.
    Up,
    /// Stays.
    On,
}

/// Each answer in words: status, and the code if it is a problem document. Panics at anything that is no answer.
pub fn answers(mut heard: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while !heard.is_empty() {
        let end = heard.windows(4).position(|four| four == b"\r\n\r\n").expect("a head has its end") + 4;
        let head = String::from_utf8(heard[..end].to_vec()).unwrap();
        heard = &heard[end..];
        let status: u16 = head.strip_prefix("HTTP/1.").unwrap()[2..5].parse().unwrap();
        let field = |name: &str| {
            let lower = head.to_ascii_lowercase();
            let line =
                lower.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned));
            line.unwrap_or_default()
        };
        let length = if status == 100 { 0 } else { field("content-length").parse().unwrap_or(0) };
        // Of a HEAD only the head is answered.
        let length = if heard.starts_with(b"HTTP/1.") { 0 } else { length };
        let body = &heard[..length.min(heard.len())];
        heard = &heard[body.len()..];
        let code = match field("content-type").as_str() {
            "application/problem+json" if !body.is_empty() => {
                let problem: Value = serde_json::from_slice(body).unwrap_or_default();
                format!(" {}", problem["code"].as_str().unwrap_or("cut"))
            }
            _ => String::new(),
        };
        assert!(status < 400 || !code.is_empty() || body.is_empty(), "an error without a code: {head}");
        found.push(format!("{status}{code}"));
    }
    found
}
