//! What the long-running commands share: a runtime, logs, and the signal that ends them.

use super::Failure;
use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// Threads for reading, hashing and signing at most. Chosen by us: more would hold documents in memory
/// that two cores cannot read anyway.
const BLOCKING_THREADS_MAX: usize = 8;

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()
        .map_err(|cause| Failure::outside("process.runtime", cause))?;
    Ok(runtime.block_on(future))
}

/// Logs as JSON lines on standard error; `GIROGATE_LOG` says how much.
pub fn logs() {
    let filter = EnvFilter::try_from_env("GIROGATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter);
    // A second subscriber in one process is no failure of the command.
    let _ = subscriber.with_writer(std::io::stderr).try_init();
}

/// Becomes true when the process is asked to end.
pub fn stop_signal() -> Result<watch::Receiver<bool>, Failure> {
    let failed = |cause| Failure::outside("process.signal", cause);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // The sender stays until every listener is gone.
        if sender.send(true).is_ok() {
            sender.closed().await;
        }
    });
    Ok(receiver)
}
