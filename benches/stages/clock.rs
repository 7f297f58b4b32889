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

/// Time on processors: of the threads that live, to the nanosecond; and of the whole process, threads that have ended
/// included, in steps of 10 ms. Source: Linux, `/proc/<pid>/schedstat` and `/proc/<pid>/stat` (14 and 15).
#[derive(Clone, Copy)]
struct Spent {
    living: Duration,
    all: Duration,
}

fn spent() -> Option<Spent> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let of_task = |task: fs::DirEntry| -> Option<u64> {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    let living = Duration::from_nanos(tasks.filter_map(Result::ok).filter_map(of_task).sum());
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets and may have spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let steps: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|steps| steps.parse::<u64>().ok()).sum();
    Some(Spent { living, all: Duration::from_millis(steps * 10) })
}

/// The coarse clock where the work is long enough for it, because it alone knows the threads that have ended.
const COARSE_MIN: Duration = Duration::from_millis(300);

/// Runs the work once.
pub fn time(work: &mut dyn FnMut()) -> Took {
    let (before, begun) = (spent(), Instant::now());
    work();
    let wall = begun.elapsed();
    let between = spent().zip(before).map(|(after, before)| {
        let all = after.all.saturating_sub(before.all);
        if all >= COARSE_MIN { all } else { after.living.saturating_sub(before.living) }
    });
    Took { wall, processor: between.unwrap_or(wall) }
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
