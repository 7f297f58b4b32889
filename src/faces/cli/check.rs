//! `girogate parse --check`: what account and status reports claim, proved against the rest of them. It shows proofs;
//! how they are reached is `messages::prove`'s.

use super::screen::{Screen, Tone};
use super::several::Names;
use super::{Exit, Failure, file, spool};
use crate::messages::prove::Prover;
use crate::messages::prove::check::{Check, Holds};
use crate::messages::validate;
use crate::schema::event::NotWellFormed;
use crate::store::chain::sha256;
use std::path::Path;

/// Proves each file, then what holds between them.
pub fn run(names: Names<'_>, screen: &mut Screen) -> Exit {
    let mut prover = Prover::new(sha256);
    let mut counted = Counted::default();
    let mut exit = Exit::Done;
    for name in names {
        let proved = name.and_then(|path| prove(&path, &mut prover, &mut counted, screen));
        exit = exit.max(match proved {
            Ok(exit) => exit,
            Err(failure) => {
                screen.failure(failure.code, &failure.text);
                failure.exit
            }
        });
    }
    prover.finish(&mut |check| counted.show(&check, screen));
    if !screen.is_json() {
        let Counted { held, failed, unprovable } = counted;
        screen.line(&format!("{held} hold, {failed} fail, {unprovable} not provable"));
    }
    if counted.failed > 0 { exit.max(Exit::Finding) } else { exit }
}

#[derive(Default)]
struct Counted {
    held: u64,
    failed: u64,
    unprovable: u64,
}

impl Counted {
    fn show(&mut self, check: &Check, screen: &mut Screen) {
        let (count, tone, word) = match check.holds {
            Holds::Yes => (&mut self.held, Tone::Good, "holds"),
            Holds::No => (&mut self.failed, Tone::Bad, "fails"),
            Holds::NotProvable => (&mut self.unprovable, Tone::Warning, "not provable"),
        };
        *count += 1;
        if screen.is_json() {
            return screen.record(check);
        }
        let place = match (&check.file, check.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: "),
            (Some(file), None) => format!("{file}: "),
            (None, _) => String::new(),
        };
        let word = screen.word(tone, word);
        screen.line(&format!("{place}{word}: {check}"));
    }
}

fn prove(
    path: &Path,
    prover: &mut Prover,
    counted: &mut Counted,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let mut input = file::open_source(path)?;
    let parsed = validate::parse_source(
        input.source(),
        Some(&file::shown(path)),
        Some(spool::nameless),
        &mut |record, origin| {
            prover.take(record, origin, &mut |check| counted.show(&check, screen));
        },
    );
    match &parsed.stopped {
        Some(NotWellFormed::Io { source, .. }) => Err(file::refused(path, source)),
        Some(stopped) => {
            // What could not be read could not be proved either.
            screen.failure(stopped.code(), &format!("{}: {stopped}", file::shown(path)));
            Ok(Exit::Finding)
        }
        None => Ok(Exit::Done),
    }
}
