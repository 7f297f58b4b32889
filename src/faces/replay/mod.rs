//! `girogate replay`: a recorded exchange through the real engine, with a store in memory and a
//! clock that stands still between events. Says what happened and where it differs from the
//! recording. No network, no keys, nothing on the disk.

pub mod ending;
pub mod player;
pub mod recording;

use crate::store::Stored;
use recording::RecordingError;
use std::fmt;
use std::path::Path;

/// Name of the profile that is built in.
pub const SHIPPED_PROFILE: &str = "reference-rfc9421";

/// The name that a bank's own definition has in a recording.
pub fn definition_file(bank: &str, file: &str) -> String {
    format!("definition-{bank}-{file}")
}

/// Something that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: the event or the payout.
    pub place: String,
    /// What about it.
    pub what: String,
    /// As recorded.
    pub expected: String,
    /// As played.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { place, what, expected, found } = self;
        write!(formatter, "{place}: {what}: expected {expected}, found {found}")
    }
}

/// A line of the timeline.
#[derive(Clone, Debug)]
pub struct Line {
    /// Milliseconds from the start.
    pub at_ms: i64,
    /// The fact.
    pub stored: Stored,
}

/// What playing a recording showed.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Every fact in order.
    pub timeline: Vec<Line>,
    /// Every difference, in the order in which they were met.
    pub differences: Vec<Difference>,
    /// Where each payout ended.
    pub payouts: Vec<recording::Expected>,
    /// What was seen besides.
    pub end: recording::End,
}

/// Plays the recording of a folder.
pub async fn folder(folder: &Path) -> Result<Replayed, RecordingError> {
    player::play(folder, &recording::read(folder)?).await
}
