//! Brings reports to the clients' callback addresses, in order, again and again until they are taken.
//! What is never taken stays in the list of reports. Never makes a report.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use hyper::Method;
use hyper::body::Bytes;
use tokio::task::JoinSet;

use super::bank::{Bank, SandboxError};
use super::books::BooksError;
use super::config::ClientSection;
use super::desk::report_id;
use super::envelope::Callback;
use super::record::{Delivery, Record};
use super::visits;
use crate::net::client::{Client, Limits, Outcome, Request, Timeouts};
use crate::net::tls::{TlsFiles, client_config};

/// Largest answer to a callback, in octets. Chosen by us: a client says nothing but 204.
const ANSWER_OCTETS_MAX: usize = 65_536;

/// Rounds of three by which a callback comes a hundred times. Chosen by us.
const REPEATS: usize = 33;

/// One client's callbacks.
struct Caller {
    bank: Arc<Bank>,
    name: String,
    http: Client,
    path: String,
}

/// Starts one worker for each client with a callback address.
pub fn start(bank: &Arc<Bank>) -> Result<JoinSet<Result<(), SandboxError>>, SandboxError> {
    let mut workers = JoinSet::new();
    for section in &bank.config.client {
        if let Some(caller) = caller(bank, section)? {
            workers.spawn(caller.run());
        }
    }
    Ok(workers)
}

/// Waits for a worker to fail; without workers for ever.
pub async fn watch(mut workers: JoinSet<Result<(), SandboxError>>) -> Result<(), SandboxError> {
    match workers.join_next().await {
        Some(Ok(ended)) => ended,
        Some(Err(_)) => Err(SandboxError::Died { part: "the callbacks" }),
        None => std::future::pending().await,
    }
}

fn caller(bank: &Arc<Bank>, section: &ClientSection) -> Result<Option<Caller>, SandboxError> {
    let (Some(url), Some(ca)) = (&section.callback_url, &section.callback_ca) else { return Ok(None) };
    let files = TlsFiles {
        certificate: bank.config.keys.tls_certificate.clone(),
        key: bank.config.keys.tls_key.clone(),
        ca: ca.clone(),
    };
    let wait_ms = bank.config.callbacks.answer_ms_max;
    let timeouts =
        Timeouts { connect_ms: wait_ms, handshake_ms: wait_ms, first_byte_ms: wait_ms, total_ms: wait_ms };
    let limits =
        Limits { reply_octets_max: ANSWER_OCTETS_MAX, idle_connections_max: 1, keep_alive_ms: 5_000 };
    let after_scheme = url.find("://").map_or(0, |position| position + 3);
    let slash =
        url.get(after_scheme..).and_then(|rest| rest.find('/')).map(|position| position + after_scheme);
    let (base, path) = url.split_at(slash.unwrap_or(url.len()));
    let http = Client::new(base, client_config(&files)?, timeouts, limits)
        .map_err(|cause| SandboxError::Callback { client: section.name.clone(), cause })?;
    let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    Ok(Some(Caller { bank: bank.clone(), name: section.name.clone(), http, path }))
}

impl Caller {
    async fn run(self) -> Result<(), SandboxError> {
        let mut news = self.bank.news();
        while !self.bank.is_stopping() {
            let first = self.bank.books()?.outbox_first(&self.name);
            let now = Utc::now().timestamp_micros();
            match first {
                Some((due, number)) if due <= now => self.bring(number).await?,
                Some((due, _)) => {
                    let pause = Duration::from_micros(due.saturating_sub(now).unsigned_abs());
                    let _elapsed = tokio::time::timeout(pause, news.changed()).await.is_err();
                }
                // The sender lives in the bank, so news can only come.
                None => news.changed().await.map_err(|_| SandboxError::Died { part: "the bank" })?,
            }
        }
        Ok(())
    }

    /// Brings one report, until it is taken or there were too many tries.
    async fn bring(&self, number: u32) -> Result<(), SandboxError> {
        let (row, path) = {
            let books = self.bank.books()?;
            let Some(row) = books.document(number).cloned() else { return Ok(()) };
            let path = books.document_path(row.file);
            (row, path)
        };
        let read = tokio::fs::read(&path).await;
        let body = Bytes::from(read.map_err(|cause| BooksError::Disk { path, cause })?);
        let limits = &self.bank.config.callbacks;
        let mut pause_ms = limits.retry_ms;
        let mut news = self.bank.news();
        for attempt in 1..=limits.attempts_max {
            if self.send(number, row.delivery, &body).await? {
                if row.delivery == Delivery::Twice {
                    let _taken_again = self.send(number, row.delivery, &body).await?;
                }
                if row.delivery == Delivery::Hundredfold {
                    for _ in 0..REPEATS {
                        let again = || self.send(number, row.delivery, &body);
                        let _taken_again = tokio::join!(again(), again(), again());
                    }
                }
                return self.settle(number).await;
            }
            tracing::debug!(client = self.name, number, attempt, "callback not taken");
            let until = tokio::time::Instant::now() + Duration::from_millis(pause_ms);
            while !self.bank.is_stopping() && tokio::time::timeout_at(until, news.changed()).await.is_ok() {}
            if self.bank.is_stopping() {
                return Ok(());
            }
            pause_ms = pause_ms.saturating_mul(2).min(limits.retry_ms_max);
        }
        tracing::warn!(
            client = self.name,
            number,
            code = "sandbox.callback.given_up",
            "report left to polling"
        );
        self.bank.books()?.leave_outbox(number);
        Ok(())
    }

    /// One try; whether the client took it.
    async fn send(&self, number: u32, delivery: Delivery, body: &Bytes) -> Result<bool, SandboxError> {
        let event_id = report_id(&self.bank.letterhead.id, number);
        let target_uri = self.http.target_uri(&self.path);
        let callback = Callback { target_uri: &target_uri, event_id: &event_id, body };
        let headers = match delivery {
            Delivery::Unsigned => callback.fields(Utc::now()),
            _ => self.bank.envelope.sign_callback(&callback, Utc::now())?,
        };
        let request =
            Request { method: Method::POST, path_and_query: self.path.clone(), headers, body: body.clone() };
        let outcome = self.http.call(&request).await;
        let answered = match &outcome {
            Outcome::Replied(reply) => Some(reply.status),
            _ => None,
        };
        visits::called_back(&self.bank, number, (&event_id, body), answered)?;
        match outcome {
            Outcome::Replied(reply) if (200..300).contains(&reply.status) => Ok(true),
            // An unsigned callback is refused for good: it was sent once, to see that.
            Outcome::Replied(reply) if delivery == Delivery::Unsigned => {
                tracing::debug!(status = reply.status, "unsigned callback refused");
                Ok(true)
            }
            outcome => {
                tracing::debug!(?outcome, "callback failed");
                Ok(false)
            }
        }
    }

    async fn settle(&self, number: u32) -> Result<(), SandboxError> {
        let bank = self.bank.clone();
        let settled = tokio::task::spawn_blocking(move || -> Result<(), SandboxError> {
            let at = Utc::now().timestamp_micros();
            bank.books()?.commit(&[Record::Delivered { document: number, at }])?;
            bank.announce();
            Ok(())
        });
        settled.await.map_err(|_| SandboxError::Died { part: "the callbacks" })?
    }
}
