//! `girogate replay`: a recorded exchange through the real engine.

use super::process::block_on;
use super::screen::{Screen, Tone};
use super::{Exit, Failure};
use crate::faces::replay::recording::RecordingError;
use crate::faces::replay::{self, Line, Replayed};
use crate::faces::telling;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// `girogate replay`
#[derive(Args)]
pub struct Replay {
    /// Folder of the recording: `exchange.toml` and the files that it names.
    folder: PathBuf,
    /// Show the differences only, no timeline.
    #[arg(long)]
    brief: bool,
}

impl Replay {
    /// Plays it; done when nothing differs.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let replayed = block_on(replay::folder(&self.folder))?.map_err(|cause| match cause {
            RecordingError::Store(_) => Failure::outside(cause.code(), cause),
            _ => Failure::usage(cause.code(), cause),
        })?;
        if !self.brief {
            replayed.timeline.iter().for_each(|line| show_line(line, screen));
        }
        show_end(&replayed, screen);
        Ok(if replayed.differences.is_empty() { Exit::Done } else { Exit::Finding })
    }
}

fn show_line(line: &Line, screen: &mut Screen) {
    let mut told = telling::told(&line.stored);
    told["at_ms"] = json!(line.at_ms);
    told["about"] = json!(telling::subject(line.stored.recorded.fact.subject()));
    if screen.is_json() {
        return screen.record(&told);
    }
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (seconds, rest) = (line.at_ms.div_euclid(1_000), line.at_ms.rem_euclid(1_000));
    screen.line(&format!(
        "{seconds:>6}.{rest:03}  {:<12} {:<16} {}",
        text("about"),
        text("event"),
        text("text")
    ));
}

fn show_end(replayed: &Replayed, screen: &mut Screen) {
    let count = replayed.differences.len();
    if screen.is_json() {
        let first = replayed.differences.first().map(|difference| {
            json!({
                "place": difference.place,
                "what": difference.what,
                "expected": difference.expected,
                "found": difference.found,
            })
        });
        return screen
            .record(&json!({ "differences": count, "first": first, "payouts": replayed.payouts.len() }));
    }
    match replayed.differences.first() {
        None => {
            let word = screen.word(Tone::Good, "no difference");
            screen.line(&format!(
                "{word}: {} payouts, {} facts",
                replayed.payouts.len(),
                replayed.timeline.len()
            ));
        }
        Some(first) => {
            let word = screen.word(Tone::Bad, "difference");
            screen.line(&format!("{word}: {first}"));
            screen.line(&format!("{count} in all"));
        }
    }
}
