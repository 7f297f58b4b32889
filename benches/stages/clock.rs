//! Time on the wall and on the processors, and the two compared: ours and a reference, in turn. Never a verdict.

use std::fs;
use std::time::{Duration, Instant};

/// Rounds of each side; the median counts.
pub const ROUNDS: usize = 5;

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub wall: Duration,
    /// On all threads of this process. Equal to `wall` where the system does not tell.
    pub processor: Duration,
}

/// Time that the threads of this process have spent on processors. Source: Linux, `/proc/<pid>/schedstat`.
fn processor_time() -> Option<Duration> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let spent = |task: fs::DirEntry| -> Option<u64> {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    Some(Duration::from_nanos(tasks.filter_map(Result::ok).filter_map(spent).sum()))
}

/// Runs the work once.
pub fn time(work: &mut dyn FnMut()) -> Took {
    let (processor, wall) = (processor_time(), Instant::now());
    work();
    let wall = wall.elapsed();
    // A thread that ended in between takes its time with it.
    let spent = processor_time().zip(processor).and_then(|(after, before)| after.checked_sub(before));
    Took { wall, processor: spent.unwrap_or(wall) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Medians of both, measured in turn.
pub fn in_turn(ours: &mut dyn FnMut(), reference: &mut dyn FnMut()) -> (Took, Took) {
    let (mut of_ours, mut of_reference) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_ours.push(time(ours));
        of_reference.push(time(reference));
    }
    let middle = |times: &[Took]| Took {
        wall: median(times.iter().map(|took| took.wall).collect()),
        processor: median(times.iter().map(|took| took.processor).collect()),
    };
    (middle(&of_ours), middle(&of_reference))
}

/// The most memory that this process has held, in KiB. Source: Linux, `/proc/<pid>/status`.
pub fn memory_peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
