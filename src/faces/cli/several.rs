//! Several files at once: on as many cores as there are, shown in the order in which they were named. Never what is done
//! with a file.

use super::screen::Screen;
use super::{Exit, Failure, file};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufRead, BufWriter, Read as _, Stdout, Write};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Longest name in a list of files, in octets. Chosen by us: eight times the longest path of Linux (`PATH_MAX`).
const NAME_OCTETS_MAX: u64 = 32 * 1024;

/// What a file's output may come to before it is its turn; then the work on it waits. Chosen by us.
const HELD_OCTETS_MAX: usize = 1024 * 1024;

/// What the outputs of finished files may come to together while an earlier file is still worked on. Chosen by us.
const PARKED_OCTETS_MAX: usize = 16 * 1024 * 1024;

/// Octets passed on at once by the file whose turn it is. Chosen by us.
const PASSED_OCTETS: usize = 64 * 1024;

/// Files named ahead of those that are worked on. Chosen by us.
const AHEAD: usize = 256;

/// What is done with a file.
type Work<'a> = dyn Fn(&Path, &mut Screen) -> Result<Exit, Failure> + Sync + 'a;

/// The named files, then those of the list, one name a line.
pub struct Names<'a> {
    named: std::slice::Iter<'a, PathBuf>,
    list: Option<Box<dyn BufRead>>,
    path: Option<&'a Path>,
}

impl<'a> Names<'a> {
    /// Opens the list, if there is one.
    pub fn new(named: &'a [PathBuf], list: Option<&'a Path>) -> Result<Names<'a>, Failure> {
        Ok(Names { named: named.iter(), list: list.map(file::open).transpose()?, path: list })
    }

    fn listed(&mut self) -> Option<Result<PathBuf, Failure>> {
        let (list, path) = (self.list.as_mut()?, self.path?);
        loop {
            let mut name = Vec::new();
            let read = list.by_ref().take(NAME_OCTETS_MAX).read_until(b'\n', &mut name);
            match read {
                Err(error) => return Some(Err(file::refused(path, &error))),
                Ok(0) => return None,
                Ok(octets) if octets as u64 == NAME_OCTETS_MAX => {
                    let text = format!("{}: a name of more than {NAME_OCTETS_MAX} octets", path.display());
                    return Some(Err(Failure::usage("input.list", text)));
                }
                Ok(_) => {}
            }
            let end = name.iter().rposition(|octet| !matches!(octet, b'\n' | b'\r'));
            name.truncate(end.map_or(0, |end| end + 1));
            if !name.is_empty() {
                return Some(Ok(PathBuf::from(OsString::from_vec(name))));
            }
        }
    }
}

impl Iterator for Names<'_> {
    type Item = Result<PathBuf, Failure>;

    fn next(&mut self) -> Option<Result<PathBuf, Failure>> {
        if let Some(named) = self.named.next() {
            return Some(Ok(named.clone()));
        }
        let listed = self.listed();
        if !matches!(listed, Some(Ok(_))) {
            // A list that cannot be read is told once.
            self.list = None;
        }
        listed
    }
}

/// Does the work on each file, whatever became of the one before. One file alone needs no company.
pub fn each(mut names: Names<'_>, screen: &mut Screen, work: &Work<'_>) -> Exit {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let first: Vec<_> = names.by_ref().take(2).collect();
    if cores == 1 || first.len() < 2 {
        let all = first.into_iter().chain(names);
        return all.fold(Exit::Done, |exit, name| exit.max(one(name, screen, work)));
    }
    screen.flush();
    let line = Arc::new(Line::default());
    let (sender, receiver) = sync_channel(AHEAD);
    // Only the workers hold it: were they all gone, nobody would wait for them.
    let receiver = Arc::new(Mutex::new(receiver));
    let shown: &Screen = screen;
    let (exit, failure) = std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..cores {
            let (files, line) = (Arc::clone(&receiver), &line);
            workers.push(scope.spawn(move || serve(&files, (line, shown), work)));
        }
        drop(receiver);
        let failure = hand_out(first.into_iter().chain(names), sender, &line);
        let exits = workers.into_iter().map(|worker| worker.join().unwrap_or(Exit::Outside));
        (exits.max().unwrap_or(Exit::Done), failure)
    });
    screen.keep(line.finish());
    failure.map_or(exit, |failure| exit.max(tell(&failure, screen)))
}

fn one(name: Result<PathBuf, Failure>, screen: &mut Screen, work: &Work<'_>) -> Exit {
    match name.and_then(|path| work(&path, screen)) {
        Ok(exit) => exit,
        Err(failure) => tell(&failure, screen),
    }
}

fn tell(failure: &Failure, screen: &mut Screen) -> Exit {
    screen.failure(failure.code, &failure.text);
    failure.exit
}

/// Names the files to whoever is free. Returns why the list could not be read on.
fn hand_out(
    names: impl Iterator<Item = Result<PathBuf, Failure>>,
    sender: SyncSender<(u64, PathBuf)>,
    line: &Line,
) -> Option<Failure> {
    for (number, name) in (0..).zip(names) {
        match name {
            Err(failure) => return Some(failure),
            Ok(_) if line.closed.load(Ordering::Relaxed) => return None,
            Ok(path) => sender.send((number, path)).ok()?,
        }
    }
    None
}

/// Takes file after file.
fn serve(
    files: &Mutex<Receiver<(u64, PathBuf)>>,
    (line, shown): (&Arc<Line>, &Screen),
    work: &Work<'_>,
) -> Exit {
    let mut exit = Exit::Done;
    loop {
        let next = files.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, path)) = next else { return exit };
        let turn = Turn { line: Arc::clone(line), number, held: Vec::new(), is_mine: false };
        exit = exit.max(one(Ok(path), &mut shown.for_turn(turn), work));
    }
}

/// Whose output comes next.
#[derive(Default)]
struct Line {
    state: Mutex<State>,
    moved: Condvar,
    /// Nobody takes the output any more.
    closed: AtomicBool,
}

struct State {
    next: u64,
    /// Outputs of files that were finished before their turn, by number.
    parked: BTreeMap<u64, Vec<u8>>,
    parked_octets: usize,
    out: BufWriter<Stdout>,
    failed: Option<io::Error>,
}

impl Default for State {
    fn default() -> State {
        let out = BufWriter::with_capacity(PASSED_OCTETS, io::stdout());
        State { next: 0, parked: BTreeMap::new(), parked_octets: 0, out, failed: None }
    }
}

impl State {
    fn write(&mut self, octets: &[u8]) {
        if self.failed.is_none()
            && let Err(error) = self.out.write_all(octets)
        {
            self.failed = Some(error);
        }
    }

    /// The turn passes on, over all that are finished.
    fn move_on(&mut self) {
        self.next += 1;
        while let Some(held) = self.parked.remove(&self.next) {
            self.parked_octets = self.parked_octets.saturating_sub(held.len());
            self.write(&held);
            self.next += 1;
        }
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for(&self, number: u64) -> MutexGuard<'_, State> {
        let waiting = self.moved.wait_while(self.lock(), |state| state.next != number);
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is left.
    fn finish(&self) -> io::Result<()> {
        let mut state = self.lock();
        let flushed = state.out.flush();
        state.failed.take().map_or(flushed, Err)
    }
}

/// One file's place in the line. Its output appears when all before it have appeared; the turn ends when it is dropped,
/// whatever became of the work.
pub struct Turn {
    line: Arc<Line>,
    number: u64,
    held: Vec<u8>,
    is_mine: bool,
}

impl Turn {
    /// Waits until all before have appeared, and lets appear what is there.
    pub fn wait(&mut self) {
        let mut state = self.line.wait_for(self.number);
        self.is_mine = true;
        state.write(&self.held);
        self.line.closed.fetch_or(state.failed.is_some(), Ordering::Relaxed);
        self.held.clear();
    }

    /// Whether nobody takes the output any more.
    pub fn is_closed(&self) -> bool {
        self.line.closed.load(Ordering::Relaxed)
    }
}

impl Write for Turn {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(octets);
        if self.held.len() >= if self.is_mine { PASSED_OCTETS } else { HELD_OCTETS_MAX } {
            self.wait();
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.line.lock();
        let room = PARKED_OCTETS_MAX.saturating_sub(state.parked_octets);
        if state.next != self.number && self.held.len() <= room {
            state.parked_octets += self.held.len();
            state.parked.insert(self.number, std::mem::take(&mut self.held));
            return;
        }
        drop(state);
        let mut state = self.line.wait_for(self.number);
        state.write(&self.held);
        state.move_on();
        self.line.closed.fetch_or(state.failed.is_some(), Ordering::Relaxed);
        self.line.moved.notify_all();
    }
}
