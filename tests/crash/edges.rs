//! What a machine can do to the running gateway besides failing disks: no descriptors, no memory, no processor, a full or
//! frozen disk, a log that takes nothing, callers that read nothing, signals. Afterwards every payout is booked once.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use girogate::domain::lifecycle::State;
use girogate::net::tls::{TlsFiles, client_config};
use girogate::sandbox::proxy::run::{Proxy, run};
use girogate::sandbox::proxy::script::LineScript;
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::process::{Line, PROGRAM, Process, audit, debits_in_journal, payout, payouts_of, signal, until};

const UNGUARDED: &str = "duplicate = \"execute\"\n";

fn batch(name: &str, count: usize) -> Vec<Value> {
    (0..count).map(|number| payout(&format!("{name}-{number}"), "Anna Muster", "7.10")).collect()
}

async fn open() -> Line {
    Line::start("", UNGUARDED).await
}

/// All payouts end booked, each debited once by a bank that carries out whatever it gets.
async fn each_is_paid_once(line: &mut Line, count: usize) {
    let store = line.store();
    let payouts = until("every payout's end", async || {
        let payouts = payouts_of(&store).await;
        payouts.iter().all(|item| item.state.is_end()).then_some(payouts)
    })
    .await;
    assert_eq!(payouts.len(), count);
    line.stop_gateway().await;
    let debits: BTreeMap<String, u64> = debits_in_journal(&line.setup.dir).into_iter().collect();
    for item in &payouts {
        assert_eq!(item.state, State::Booked, "{}", item.row.external_id);
        assert_eq!(debits.get(&item.row.end_to_end_id), Some(&1), "{}", item.row.external_id);
    }
    assert_eq!(debits.len(), count, "the bank debited what is no payout of ours");
    let report = audit(&line.setup.data_dir).await;
    assert!(report.passed(), "{:?}", report.findings);
}

fn has(tool: &str, arguments: &[&str]) -> bool {
    let tried = Command::new(tool).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let has = tried.is_ok_and(|status| status.success());
    if !has {
        eprintln!("SKIPPED: {tool} is not there or may not do what is asked of it");
    }
    has
}

fn did(tool: &str, arguments: &[&str]) {
    let status = Command::new(tool).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().success(), "{tool} {arguments:?}");
}

// ------------------------------------------------------------------------------------------ signals

/// Half of a request has been sent when the gateway is killed: nothing of it is there, and it may come again.
#[tokio::test]
async fn a_request_cut_by_a_kill_leaves_nothing() {
    let mut line = open().await;
    let pki = &line.setup.pki;
    let files = TlsFiles {
        certificate: pki.join("treasury-tls-cert.pem"),
        key: pki.join("treasury-tls-key.pem"),
        ca: pki.join("ca-cert.pem"),
    };
    let address = line.setup.api_url.strip_prefix("https://").unwrap().to_owned();
    let tcp = tokio::net::TcpStream::connect(&address).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let connector = tokio_rustls::TlsConnector::from(client_config(&files).unwrap());
    let mut tls = connector.connect(name, tcp).await.unwrap();
    let wanted = batch("CUT", 3);
    let body = serde_json::json!({ "mode": "per_item", "payouts": wanted }).to_string();
    let head = format!(
        "POST /v1/payouts HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nidempotency-key: \"cut\"\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    tls.write_all(head.as_bytes()).await.unwrap();
    tls.write_all(&body.as_bytes()[..body.len() - 20]).await.unwrap();
    tls.flush().await.unwrap();
    signal("-9", line.gateway_id());
    line.gateway_died().await;
    drop(tls);
    assert_eq!(payouts_of(&line.store()).await.len(), 0);
    line.start_gateway(None);
    line.submit("cut", &wanted).await;
    each_is_paid_once(&mut line, 3).await;
}

/// The line between gateway and bank.
struct Between {
    end: tokio::sync::watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Between {
    fn open(listener: tokio::net::TcpListener, bank: &str, script: &str) -> Between {
        let proxy = Proxy {
            listener,
            to: bank.to_owned(),
            script: LineScript::parse(script, Path::new(".")).unwrap(),
            log: Box::new(|_| {}),
        };
        let (end, ended) = tokio::sync::watch::channel(false);
        Between { end, task: tokio::spawn(async move { run(proxy, ended).await.unwrap() }) }
    }

    async fn close(self) {
        self.end.send(true).unwrap();
        self.task.await.unwrap();
    }
}

/// The order lies on the line, or with the bank whose answer is on its way, when the gateway is killed.
async fn killed_with_an_open_attempt(rule: &str) {
    let mut line = Line::prepare("", UNGUARDED);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shown = listener.local_addr().unwrap();
    let bank = line.setup.bank_url.strip_prefix("https://").unwrap().to_owned();
    // The bank knows itself by the address that the gateway calls.
    for path in [&line.setup.gateway_config, &line.setup.bank_config] {
        let text = std::fs::read_to_string(path).unwrap();
        let changed = text
            .replace(&format!("base_url = \"https://{bank}\""), &format!("base_url = \"https://{shown}\""))
            .replace(
                &format!("public_url = \"https://{bank}\""),
                &format!("public_url = \"https://{shown}\""),
            );
        assert_ne!(text, changed);
        std::fs::write(path, changed).unwrap();
    }
    let script = format!("version = 1\n[[rule]]\n{rule}\n");
    let broken = Between::open(listener, &bank, &script);
    line.start_bank();
    line.start_gateway(None);
    line.submit("open", &batch("OPEN", 3)).await;
    let store = line.store();
    until("an open attempt", async || {
        let payouts = payouts_of(&store).await;
        payouts.iter().all(|item| item.state == State::Unconfirmed).then_some(())
    })
    .await;
    signal("-9", line.gateway_id());
    line.gateway_died().await;
    broken.close().await;
    let listener = tokio::net::TcpListener::bind(shown).await.unwrap();
    let whole = Between::open(listener, &bank, "version = 1\n");
    line.start_gateway(None);
    each_is_paid_once(&mut line, 3).await;
    whole.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_amid_the_request_and_before_the_answer() {
    for rule in ["does = \"stall_request\"\noctets = 900", "does = \"stall_answer\""] {
        killed_with_an_open_attempt(rule).await;
    }
}

/// Told to end under load it ends well; told to end and killed at once it has lost nothing either.
#[tokio::test]
async fn told_to_end_under_load_it_loses_nothing() {
    let mut line = open().await;
    line.submit("first", &batch("FIRST", 30)).await;
    line.stop_gateway().await;
    let kept = payouts_of(&line.store()).await;
    assert_eq!(kept.len(), 30);
    line.start_gateway(None);
    line.submit("second", &batch("SECOND", 30)).await;
    signal("-TERM", line.gateway_id());
    signal("-9", line.gateway_id());
    line.gateway_died().await;
    line.start_gateway(None);
    line.submit("second", &batch("SECOND", 30)).await;
    each_is_paid_once(&mut line, 60).await;
}

/// Stopped amid its work it still owns the folder: nobody takes over, and it goes on where it was.
#[tokio::test]
async fn a_gateway_that_stands_still_has_no_successor() {
    let mut line = open().await;
    line.submit("still", &batch("STILL", 10)).await;
    signal("-STOP", line.gateway_id());
    let other = Command::new(PROGRAM)
        .args(["serve", "-c"])
        .arg(&line.setup.gateway_config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut other = Process(other);
    let status = until("the refusal of a second one", async || other.0.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(3));
    assert!(!line.gateway_is_dead());
    signal("-CONT", line.gateway_id());
    each_is_paid_once(&mut line, 10).await;
}

// ------------------------------------------------------------------------------------------ scarcity

/// Connections take every descriptor; when they are gone the gateway works as before.
#[tokio::test]
async fn without_descriptors_it_waits_and_goes_on() {
    if !has("prlimit", &["--version"]) {
        return;
    }
    let mut line = open().await;
    let id = line.gateway_id();
    let used = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
    did("prlimit", &["--pid", &id.to_string(), &format!("--nofile={0}:{0}", used + 6)]);
    let address = line.setup.api_url.strip_prefix("https://").unwrap().to_owned();
    let crowd: Vec<TcpStream> = (0..60).filter_map(|_| TcpStream::connect(&address).ok()).collect();
    until("no descriptor left", async || {
        let now = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
        (now >= used + 6).then_some(())
    })
    .await;
    assert!(!line.gateway_is_dead(), "{}", line.gateway_log());
    drop(crowd);
    line.submit("crowd", &batch("CROWD", 5)).await;
    assert!(!line.gateway_is_dead(), "{}", line.gateway_log());
    each_is_paid_once(&mut line, 5).await;
}

/// A control group whose processes together get so many octets of memory; removed at the end.
struct Bounded(std::path::PathBuf);

impl Bounded {
    /// Takes a process in; `None` where control groups are not ours to make.
    fn of(id: u32, octets: u64) -> Option<Bounded> {
        let hierarchies =
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        let bounded = hierarchies.into_iter().find_map(|(root, limit)| {
            let place = Path::new(root).join(format!("girogate-test-{id}"));
            std::fs::create_dir(&place).ok()?;
            let bounded = Bounded(place);
            std::fs::write(bounded.0.join(limit), octets.to_string()).ok()?;
            std::fs::write(bounded.0.join("cgroup.procs"), id.to_string()).ok()?;
            Some(bounded)
        });
        if bounded.is_none() {
            eprintln!("SKIPPED: no control group of ours bounds memory; the system kills nobody for it");
        }
        bounded
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        drop(std::fs::remove_dir(&self.0));
    }
}

/// The system has no more memory and kills the process: what was acknowledged is there and paid once.
#[tokio::test]
async fn killed_for_want_of_memory_it_goes_on() {
    let mut line = open().await;
    line.submit("before", &batch("BEFORE", 5)).await;
    let Some(_bounded) = Bounded::of(line.gateway_id(), 2 << 20) else { return };
    let mut count = 5;
    for round in 0..40 {
        let wanted = batch(&format!("MEMORY{round}"), 200);
        count += wanted.len();
        if line.try_submit(&format!("memory-{round}"), &wanted).await.is_none() {
            let status = line.gateway_died().await;
            assert_eq!(status.signal(), Some(9));
            line.start_gateway(None);
            line.submit(&format!("memory-{round}"), &wanted).await;
            return each_is_paid_once(&mut line, count).await;
        }
    }
    panic!("the gateway never needed memory");
}

/// Two others keep the only processor busy.
#[tokio::test]
async fn with_a_busy_processor_everything_ends_all_the_same() {
    if !has("taskset", &["-c", "0", "true"]) {
        return;
    }
    let mut line = open().await;
    did("taskset", &["-a", "-p", "-c", "0", &line.gateway_id().to_string()]);
    let busy = || {
        let child = Command::new("taskset").args(["-c", "0", "sh", "-c", "while :; do :; done"]).spawn();
        Process(child.unwrap())
    };
    let others = [busy(), busy()];
    line.submit("busy", &batch("BUSY", 20)).await;
    each_is_paid_once(&mut line, 20).await;
    drop(others);
}

/// Every wait for the disk takes half a second.
#[tokio::test]
async fn with_a_slow_disk_everything_ends_all_the_same() {
    if !has("strace", &["-f", "-o", "/dev/null", "true"]) {
        return;
    }
    let mut line = open().await;
    let said = line.setup.dir.join("strace.said");
    let tracer = Command::new("strace")
        .args(["-f", "-p", &line.gateway_id().to_string(), "-o", "/dev/null", "-e", "trace=fsync,fdatasync"])
        .args(["-e", "inject=fsync,fdatasync:delay_enter=500000"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let tracer = Process(tracer);
    until("strace at work", async || {
        std::fs::read_to_string(&said).unwrap_or_default().contains("attached").then_some(())
    })
    .await;
    line.submit("slow", &batch("SLOW", 3)).await;
    let store = line.store();
    until("every payout's end", async || {
        payouts_of(&store).await.iter().all(|item| item.state.is_end()).then_some(())
    })
    .await;
    signal("-INT", tracer.0.id());
    each_is_paid_once(&mut line, 3).await;
}

// ------------------------------------------------------------------------------------------ where it writes

/// A file system of its own for the gateway's folder, taken away at the end.
struct Island<'a>(&'a Path);

impl Drop for Island<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").args(["-l"]).arg(self.0).stderr(Stdio::null()).status());
    }
}

fn mounted(place: &Path, options: &str) -> bool {
    std::fs::create_dir_all(place).unwrap();
    has("mount", &["-t", "tmpfs", "-o", options, "none", place.to_str().unwrap()])
}

/// Fills the file system to the last octet.
fn fill(place: &Path) {
    let mut file = std::fs::File::create(place.join("ballast-of-others")).unwrap();
    let block = vec![0u8; 4_096];
    while file.write_all(&block).is_ok() {}
}

/// Makes files until there is no name left.
fn use_up_names(place: &Path) {
    std::fs::create_dir(place.join("names")).unwrap();
    for number in 0..100_000 {
        if std::fs::File::create(place.join(format!("names/{number}"))).is_err() {
            return;
        }
    }
}

type Deed = fn(&Path);

/// The disk is full, or has no name left. What is not stored is not acknowledged; when there is room
/// again the same request is taken and everything is paid once.
#[tokio::test]
async fn a_disk_that_takes_nothing_more_costs_no_payout() {
    let emptied: Deed = |place| std::fs::remove_file(place.join("ballast-of-others")).unwrap();
    let named: Deed = |place| std::fs::remove_dir_all(place.join("names")).unwrap();
    let rows: [(&str, Deed, Deed); 2] = [("full", fill, emptied), ("names", use_up_names, named)];
    for (name, harm, mend) in rows {
        let mut line = Line::prepare("", UNGUARDED);
        let place = line.setup.data_dir.clone();
        if !mounted(&place, "size=160m,nr_inodes=500") {
            return;
        }
        let _island = Island(&place);
        line.start_bank();
        line.start_gateway(None);
        line.submit("before", &batch("BEFORE", 4)).await;
        harm(&place);
        let wanted = batch("AFTER", 40);
        let answer = line.try_submit("after", &wanted).await;
        // Without the program: what the disk holds is what was acknowledged.
        let kept = payouts_of(&line.store()).await.len();
        assert!(kept >= 4, "{name}");
        if answer.is_some() {
            assert_eq!(kept, 44, "{name}: acknowledged and not there");
        }
        mend(&place);
        if line.gateway_is_dead() {
            let status = line.gateway_died().await;
            assert_eq!(status.code(), Some(3), "{name}: {}", line.gateway_log());
            line.start_gateway(None);
        }
        line.submit("after", &wanted).await;
        each_is_paid_once(&mut line, 44).await;
    }
}

/// The log's disk is full from the first line on.
#[tokio::test]
async fn a_log_that_takes_nothing_stops_no_payment() {
    let mut line = Line::prepare("", UNGUARDED);
    std::os::unix::fs::symlink("/dev/full", line.setup.dir.join("serve.log")).unwrap();
    line.start_bank();
    line.start_gateway(None);
    line.submit("log", &batch("LOG", 5)).await;
    each_is_paid_once(&mut line, 5).await;
}

/// Whoever asks for figures and never reads the answer keeps no payment waiting.
#[tokio::test]
async fn slow_readers_of_figures_hold_up_no_payment() {
    let mut line = open().await;
    let config = std::fs::read_to_string(&line.setup.gateway_config).unwrap();
    let section = config.split_once("[metrics]").unwrap().1;
    let address = section.split_once("listen = \"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\n\r\n").repeat(200);
    let slow: Vec<TcpStream> = (0..50)
        .filter_map(|number| {
            let mut caller = TcpStream::connect(&address).ok()?;
            caller.set_nonblocking(true).unwrap();
            // Half of them stop amid their question, half ask two hundred times and read nothing.
            let length = if number % 2 == 0 { 20 } else { request.len() };
            drop(caller.write_all(&request.as_bytes()[..length]));
            Some(caller)
        })
        .collect();
    assert!(slow.len() > 10);
    line.submit("figures", &batch("FIGURES", 5)).await;
    each_is_paid_once(&mut line, 5).await;
    drop(slow);
}

/// The number of injected answers in a log of strace.
fn injected(log: &Path) -> usize {
    std::fs::read_to_string(log).unwrap_or_default().matches("(INJECTED)").count()
}

/// The system gives no random octets: nothing is signed and nothing leaves until it does.
#[tokio::test]
async fn without_random_octets_nothing_leaves() {
    if !has("strace", &["-f", "-o", "/dev/null", "true"]) {
        return;
    }
    let mut line = Line::prepare("", UNGUARDED);
    line.start_gateway(None);
    line.submit("random", &batch("RANDOM", 3)).await;
    let (log, said) = (line.setup.dir.join("strace.log"), line.setup.dir.join("strace.said"));
    let tracer = Command::new("strace")
        .args(["-f", "-p", &line.gateway_id().to_string(), "-o", log.to_str().unwrap()])
        .args(["-e", "trace=getrandom", "-e", "inject=getrandom:error=EIO"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let mut tracer = Process(tracer);
    until("strace at work", async || {
        std::fs::read_to_string(&said).unwrap_or_default().contains("attached").then_some(())
    })
    .await;
    line.start_bank();
    let before = injected(&log);
    until("tries without random octets", async || {
        (injected(&log) >= before + 3 || line.gateway_is_dead()).then_some(())
    })
    .await;
    assert_eq!(debits_in_journal(&line.setup.dir), []);
    signal("-INT", tracer.0.id());
    until("strace's end", async || tracer.0.try_wait().unwrap()).await;
    if line.gateway_is_dead() {
        line.gateway_died().await;
        line.start_gateway(None);
    }
    each_is_paid_once(&mut line, 3).await;
}

/// Somebody holds the database for longer than the gateway waits: nothing is acknowledged that is not there.
#[tokio::test]
async fn a_database_that_somebody_holds_takes_nothing_and_loses_nothing() {
    let mut line = open().await;
    line.submit("before", &batch("BEFORE", 3)).await;
    let holder = rusqlite::Connection::open(line.setup.data_dir.join("store.sqlite3")).unwrap();
    holder.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let wanted = batch("HELD", 5);
    assert!(line.try_submit("held", &wanted).await.is_none(), "acknowledged, and nobody may write");
    assert_eq!(payouts_of(&line.store()).await.len(), 3);
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    // It answers that nobody knows and leaves soon after.
    assert_eq!(line.gateway_died().await.code(), Some(3), "{}", line.gateway_log());
    line.start_gateway(None);
    line.submit("held", &wanted).await;
    each_is_paid_once(&mut line, 8).await;
}

/// Messages are frozen when the bank's profile becomes another: they leave as they are.
#[tokio::test]
async fn frozen_messages_outlive_a_change_of_the_profile() {
    let mut line = Line::prepare("", UNGUARDED);
    line.start_gateway(None);
    line.submit("frozen", &batch("FROZEN", 3)).await;
    let store = line.store();
    until("frozen messages", async || {
        payouts_of(&store).await.iter().all(|item| item.message_id.is_some()).then_some(())
    })
    .await;
    let messages = |line: &Line| -> Vec<(String, Vec<u8>)> {
        let connection = crate::process::papers::database(&line.setup.data_dir);
        let mut statement =
            connection.prepare("SELECT message_id, document FROM message ORDER BY key").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let frozen = messages(&line);
    assert!(!frozen.is_empty());
    line.stop_gateway().await;
    let reference = girogate::bank::profile::REFERENCE_PROFILE;
    let other = reference.replace("pain.001.001.09", "pain.001.001.03");
    assert_ne!(other, reference);
    std::fs::write(line.setup.dir.join("other.toml"), other).unwrap();
    let config = std::fs::read_to_string(&line.setup.gateway_config).unwrap();
    let changed = config.replace("profile = \"reference-rfc9421\"", "profile = \"other.toml\"");
    assert_ne!(config, changed);
    std::fs::write(&line.setup.gateway_config, changed).unwrap();
    line.start_bank();
    line.start_gateway(None);
    until("every payout's end", async || {
        payouts_of(&store).await.iter().all(|item| item.state.is_end()).then_some(())
    })
    .await;
    assert_eq!(messages(&line), frozen, "the same messages, octet by octet, and no others");
    each_is_paid_once(&mut line, 3).await;
}
