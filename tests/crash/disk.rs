//! The disk fails under the running gateway: the Nth call that makes something durable is answered with an error by
//! strace. The process leaves with code 3, what was acknowledged is there after the next start, and nothing is debited
//! twice. Nothing here knows how the store works; it only names its files.
//!
//! A run of all tests takes a handful of N for each fault; `GIROGATE_TEST_SWEEP=all` takes every N up to the first one
//! that is never reached (780 of them, about five minutes).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use girogate::domain::lifecycle::State;

use crate::process::{Line, Process, audit, debits_in_journal, payout, payouts_of, signal, until};

/// Payouts of one request.
const PAYOUTS: usize = 2;
/// Longest wait for a fault to be reached after the payouts have ended.
const QUIET: Duration = Duration::from_millis(500);
/// Longest sweep of one fault; far above what is ever reached.
const CALLS_MAX: u64 = 2_000;

/// What a call of the system is made to answer, and on which file.
struct Fault {
    file: &'static str,
    call: &'static str,
    answer: &'static str,
    /// Whether the process must leave; an interrupted call is to be repeated instead.
    leaves: bool,
    /// Which calls, in a run of all tests.
    handful: &'static [u64],
}

const LOG: &str = "store.sqlite3-wal";
const JOURNAL: &str = "send.journal";

const FAULTS: &[Fault] = &[
    Fault { file: LOG, call: "fsync,fdatasync", answer: "error=EIO", leaves: true, handful: &[1, 2, 3, 5] },
    Fault { file: JOURNAL, call: "fdatasync", answer: "error=EIO", leaves: true, handful: &[1] },
    Fault { file: LOG, call: "pwrite64", answer: "error=ENOSPC", leaves: true, handful: &[1, 30, 70] },
    // A write that takes nothing, as on a full disk that says so only the next time.
    Fault { file: LOG, call: "pwrite64", answer: "retval=0", leaves: true, handful: &[2, 31] },
    Fault { file: JOURNAL, call: "write", answer: "error=ENOSPC", leaves: true, handful: &[1] },
    Fault { file: JOURNAL, call: "write", answer: "retval=0", leaves: true, handful: &[1] },
    // The file system has become one that may only be read.
    Fault { file: LOG, call: "pwrite64", answer: "error=EROFS", leaves: true, handful: &[1, 12] },
    Fault { file: LOG, call: "pwrite64", answer: "error=EINTR", leaves: false, handful: &[1, 30] },
    Fault { file: JOURNAL, call: "write", answer: "error=EINTR", leaves: false, handful: &[1] },
];

/// strace at work on a process.
struct Tracer {
    child: Process,
    log: PathBuf,
}

impl Tracer {
    /// Attaches; answers when every thread is held.
    async fn attach(id: u32, fault: &Fault, file: &Path, nth: u64) -> Tracer {
        let log = file.with_file_name("strace.log");
        let said = file.with_file_name("strace.said");
        let child = Command::new("strace")
            .args(["-f", "-p", &id.to_string(), "-o"])
            .arg(&log)
            .arg("-P")
            .arg(file)
            .args(["-e", &format!("trace={}", fault.call)])
            .args(["-e", &format!("inject={}:{}:when={nth}", fault.call, fault.answer)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let tracer = Tracer { child: Process(child), log };
        until("strace at work", async || {
            std::fs::read_to_string(&said).unwrap_or_default().contains("attached").then_some(())
        })
        .await;
        tracer
    }

    fn has_struck(&self) -> bool {
        std::fs::read_to_string(&self.log).unwrap_or_default().contains("(INJECTED)")
    }

    /// Lets the process go on alone.
    async fn detach(mut self) {
        signal("-INT", self.child.0.id());
        until("strace's end", async || self.child.0.try_wait().unwrap()).await;
    }
}

/// Whether processes may be traced here.
fn may_trace() -> bool {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let may = tried.is_ok_and(|status| status.success());
    if !may {
        eprintln!("SKIPPED: strace is not there or may not trace; failing disks are not tried");
    }
    may
}

/// What one strike came to.
#[derive(PartialEq)]
enum Strike {
    Struck,
    NeverReached,
}

/// Submits while the Nth call is made to fail, and starts again if the gateway left.
async fn strike(line: &mut Line, fault: &Fault, nth: u64) -> Strike {
    let key = format!("{}-{}-{}-{nth}", fault.file, fault.call.replace(',', "-"), fault.answer);
    let batch: Vec<_> = (0..PAYOUTS)
        .map(|number| payout(&format!("{}-{number}", key.replace(['.', '='], "-")), "Anna Muster", "7.10"))
        .collect();
    let file = line.setup.data_dir.join(fault.file);
    let tracer = Tracer::attach(line.gateway_id(), fault, &file, nth).await;
    let answer = line.try_submit(&key, &batch).await;
    let mut quiet_since = None;
    until("a strike or rest", async || {
        let gone = line.gateway_is_dead();
        let rests = !gone && all_ended(line).await;
        if rests && quiet_since.is_none() {
            quiet_since = Some(Instant::now());
        }
        let rested = quiet_since.is_some_and(|since| since.elapsed() > QUIET);
        (gone || rested).then_some(())
    })
    .await;
    let struck = tracer.has_struck();
    assert_eq!(line.gateway_is_dead(), struck && fault.leaves, "{key}: {}", line.gateway_log());
    if struck && fault.leaves {
        let status = line.gateway_died().await;
        assert_eq!(status.code(), Some(3), "{key}: {}", line.gateway_log());
        let kept: Vec<String> =
            payouts_of(&line.store()).await.into_iter().map(|item| item.row.external_id).collect();
        for one in batch.iter().filter(|_| answer.is_some()) {
            let id = one["external_id"].as_str().unwrap().to_owned();
            assert!(kept.contains(&id), "{key}: {id} was acknowledged and is not there");
        }
        line.start_gateway(None);
    } else {
        tracer.detach().await;
    }
    line.submit(&key, &batch).await;
    if struck { Strike::Struck } else { Strike::NeverReached }
}

async fn all_ended(line: &Line) -> bool {
    payouts_of(&line.store()).await.iter().all(|item| item.state.is_end())
}

/// Every Nth call in turn, on one gateway and one bank that carries out again whatever it gets again.
async fn sweep(fault: &Fault) {
    let all = std::env::var("GIROGATE_TEST_SWEEP").is_ok_and(|text| text == "all");
    let mut line = Line::prepare("", "duplicate = \"execute\"\n");
    line.start_bank();
    line.start_gateway(None);
    let every = if all { (1..=CALLS_MAX).collect() } else { fault.handful.to_vec() };
    let mut struck = 0usize;
    for nth in every {
        if strike(&mut line, fault, nth).await == Strike::NeverReached {
            break;
        }
        struck += 1;
    }
    assert!(struck > 0, "{} of {} was never reached", fault.call, fault.file);
    until("every payout's end", async || all_ended(&line).await.then_some(())).await;
    let payouts = payouts_of(&line.store()).await;
    line.stop_gateway().await;
    let debits: BTreeMap<String, u64> = debits_in_journal(&line.setup.dir).into_iter().collect();
    for item in &payouts {
        let (id, state) = (&item.row.external_id, item.state);
        assert_eq!(state, State::Booked, "{id}");
        assert_eq!(debits.get(&item.row.end_to_end_id), Some(&1), "{id}");
    }
    assert_eq!(debits.len(), payouts.len(), "the bank debited what is no payout of ours");
    let report = audit(&line.setup.data_dir).await;
    assert!(report.passed(), "{:?}", report.findings);
    eprintln!(
        "{} {} {}: {struck} strikes, {} payouts, each debited once",
        fault.file,
        fault.call,
        fault.answer,
        payouts.len()
    );
}

/// Two faults at a time; each is two processes that mostly wait.
#[tokio::test]
async fn whatever_call_of_the_disk_fails_nothing_is_lost_and_nothing_is_paid_twice() {
    if !may_trace() {
        return;
    }
    let local = tokio::task::LocalSet::new();
    let slots = std::rc::Rc::new(tokio::sync::Semaphore::new(2));
    let runs: Vec<_> = FAULTS
        .iter()
        .map(|fault| {
            let slots = std::rc::Rc::clone(&slots);
            local.spawn_local(async move {
                let _slot = slots.acquire().await.unwrap();
                sweep(fault).await;
            })
        })
        .collect();
    local.await;
    for run in runs {
        run.await.unwrap();
    }
}

/// The names of new files are made durable by the gateway itself; where that fails, it does not begin.
#[tokio::test]
async fn a_folder_that_cannot_be_made_durable_stops_the_start() {
    if !may_trace() {
        return;
    }
    let mut line = Line::prepare("", "");
    let starting = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-P"])
        .arg(&line.setup.data_dir)
        .args(["-e", "trace=fsync", "-e", "inject=fsync:error=EIO"])
        .arg(crate::process::PROGRAM)
        .args(["serve", "-c"])
        .arg(&line.setup.gateway_config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut starting = Process(starting);
    let status = until("the refusal to start", async || starting.0.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(3));
    line.start_gateway(None);
    line.stop_gateway().await;
}
