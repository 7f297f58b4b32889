//! Named places where a test lets the process die. They exist only under the feature `planted`,
//! which a release profile refuses; without it a call is nothing.

/// The arrows of the send path and of ingest, in order. Tests walk over all of them.
/// Source: faults and threats, section 2.3.
pub const POINTS: &[&str] = &[
    "after_recorded",
    "after_frozen",
    "after_prepared",
    "after_step_started",
    "after_delivered",
    "after_step_ended",
    "after_arrived",
    "after_part",
];

/// Dies here if `GIROGATE_CRASH_AT=name:n` names this point and this is its n-th passing.
#[cfg(feature = "planted")]
pub fn point(name: &str) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let Ok(wanted) = std::env::var("GIROGATE_CRASH_AT") else { return };
    let Some((wanted, count)) = wanted.split_once(':') else { return };
    if wanted == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == count.parse().unwrap_or(1) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(feature = "planted"))]
pub fn point(_name: &str) {}
