//! Gateway and bank as the processes that they are in earnest: started in a folder of their own, watched with
//! deadlines, killed without warning, ended with the test. Decides nothing about payouts.

#![allow(dead_code)] // each test program uses a part of it

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use girogate::faces::demo::children::Killing;
use girogate::faces::demo::{Options, payouts, setup};
use girogate::net::client::{Client, Outcome, Request};
use girogate::store::listing::{Cursor, ExceptionListed, Filter, PAGE_ITEMS_MAX, PayoutListed};
use girogate::store::sqlite::{Places, SqliteStore};
use girogate::store::{Store, audit::AuditReport};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;

pub mod papers;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_girogate");
/// Longest wait for anything that is to happen; generous, because a loaded machine is no finding.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// A child that does not outlive the test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let own = children_of(self.0.id());
        drop(self.0.kill());
        drop(self.0.wait());
        for (id, _) in own {
            signal("-9", id);
        }
    }
}

/// Sends a signal by the system's own command.
pub fn signal(kind: &str, id: u32) {
    drop(Command::new("kill").arg(kind).arg(id.to_string()).stderr(Stdio::null()).status());
}

/// Children of a process with their arguments.
pub fn children_of(parent: u32) -> Vec<(u32, String)> {
    let Ok(listed) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = listed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The name stands in parentheses and may hold anything; after it come state and parent.
        let after = stat.rsplit_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        after.split_whitespace().nth(1).and_then(|text| text.parse().ok()) == Some(parent)
    };
    let arguments = |id: u32| {
        std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default().replace('\0', " ")
    };
    ids.filter(is_child).map(|id| (id, arguments(id))).collect()
}

/// Looks until there is something to see.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
    }
}

/// A gateway, its bank and the folder of both.
pub struct Line {
    pub setup: setup::Setup,
    gateway: Option<Process>,
    bank: Option<Process>,
    client: Client,
    /// Planted defect that the gateway is started with.
    pub defect: Option<&'static str>,
    _folder: TempDir,
}

/// The demonstration's options with a folder.
pub fn options(dir: &Path) -> Options {
    Options {
        payouts: 0,
        faults: false,
        killing: Killing::None,
        dir: Some(dir.to_owned()),
        stay: false,
        patience_s: 60,
    }
}

impl Line {
    /// Keys and configurations; `behaviour` is the bank's script and `processing` are lines of its `[processing]`.
    pub fn prepare(behaviour: &str, processing: &str) -> Line {
        let folder = tempfile::tempdir().unwrap();
        let setup = setup::prepare(&options(&folder.path().join("run"))).unwrap();
        std::fs::write(setup.dir.join("behaviour.toml"), behaviour).unwrap();
        let bank = std::fs::read_to_string(&setup.bank_config).unwrap();
        std::fs::write(&setup.bank_config, format!("{bank}\n[processing]\n{processing}")).unwrap();
        let client = payouts::api_client(&setup).unwrap();
        Line { setup, gateway: None, bank: None, client, defect: None, _folder: folder }
    }

    /// Both, ready.
    pub async fn start(behaviour: &str, processing: &str) -> Line {
        let mut line = Line::prepare(behaviour, processing);
        line.start_bank();
        line.start_gateway(None);
        line
    }

    pub fn start_bank(&mut self) {
        self.bank = Some(self.spawn("sandbox", &self.setup.bank_config, None));
    }

    /// Ends the bank without warning.
    pub fn kill_bank(&mut self) {
        self.bank = None;
    }

    /// Starts the gateway; `crash_at` names the place where it is to die.
    pub fn start_gateway(&mut self, crash_at: Option<&str>) {
        self.gateway = Some(self.spawn("serve", &self.setup.gateway_config, crash_at));
    }

    fn spawn(&self, command: &str, config: &Path, crash_at: Option<&str>) -> Process {
        let log = self.setup.dir.join(format!("{command}.log"));
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut starting = Command::new(PROGRAM);
        starting.arg(command).arg("-c").arg(config);
        starting.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        if let Some(place) = crash_at {
            starting.env("GIROGATE_CRASH_AT", place);
        }
        if let Some(defect) = self.defect.filter(|_| command == "serve") {
            starting.env("GIROGATE_DEFECT", defect);
        }
        let mut child = Process(starting.spawn().unwrap());
        let output = child.0.stdout.take().unwrap();
        let (said, heard) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                drop(said.send(line));
            }
        });
        let ready = heard.recv_timeout(PATIENCE).unwrap_or_default();
        let is_ready = ready.contains("\"ready\":true");
        // A process with a crash point may die before it is ready.
        assert!(is_ready || crash_at.is_some(), "{command}: {}", tail(&log));
        child
    }

    /// Process id of the gateway, for signals.
    pub fn gateway_id(&self) -> u32 {
        self.gateway.as_ref().unwrap().0.id()
    }

    /// Waits until the gateway has died by itself.
    pub async fn gateway_died(&mut self) -> ExitStatus {
        let gateway = &mut self.gateway.as_mut().unwrap().0;
        let status = until("the gateway's death", async || gateway.try_wait().unwrap()).await;
        self.gateway = None;
        status
    }

    /// Whether the gateway has died.
    pub fn gateway_is_dead(&mut self) -> bool {
        self.gateway.as_mut().is_none_or(|gateway| gateway.0.try_wait().unwrap().is_some())
    }

    /// Asks for an orderly end and waits for it.
    pub async fn stop_gateway(&mut self) {
        let Some(mut gateway) = self.gateway.take() else { return };
        signal("-TERM", gateway.0.id());
        let status = until("the gateway's end", async || gateway.0.try_wait().unwrap()).await;
        assert!(status.success(), "the gateway ended with {status}: {}", self.gateway_log());
    }

    pub fn gateway_log(&self) -> String {
        tail(&self.setup.dir.join("serve.log"))
    }

    /// The store, for reading only, whether the gateway runs or not.
    pub fn store(&self) -> Store {
        store_of(&self.setup.data_dir)
    }

    /// One try at submitting; `None` when no answer came.
    pub async fn try_submit(&self, key: &str, payouts: &[Value]) -> Option<Value> {
        let request = Request {
            method: Method::POST,
            path_and_query: "/v1/payouts".to_owned(),
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("idempotency-key".to_owned(), format!("\"{key}\"")),
            ],
            body: Bytes::from(json!({ "mode": "per_item", "payouts": payouts }).to_string()),
        };
        match self.client.call(&request).await {
            Outcome::Replied(reply) if matches!(reply.status, 200 | 201) => {
                Some(serde_json::from_slice(&reply.body).unwrap())
            }
            Outcome::Replied(reply) if reply.status != 503 => {
                panic!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body))
            }
            _ => None,
        }
    }

    /// Submits and insists that all are accepted.
    pub async fn submit(&self, key: &str, payouts: &[Value]) {
        let answer = until("an answer", async || self.try_submit(key, payouts).await).await;
        let taken = answer["accepted"].as_u64().unwrap_or(0) + answer["known"].as_u64().unwrap_or(0);
        assert_eq!(taken, payouts.len() as u64, "{answer}");
    }
}

/// The end of a log, to be shown.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// A data directory, for reading only.
pub fn store_of(data_dir: &Path) -> Store {
    Store::Sqlite(SqliteStore::open_read_only(&Places::within(data_dir)).unwrap())
}

/// Every payout, oldest first.
pub async fn payouts_of(store: &Store) -> Vec<PayoutListed> {
    let mut found = Vec::new();
    let mut cursor: Cursor = None;
    loop {
        let page = store.list(Filter::default(), cursor, PAGE_ITEMS_MAX).await.unwrap();
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            found.reverse();
            return found;
        }
    }
}

/// Every exception item.
pub async fn exceptions_of(store: &Store) -> Vec<ExceptionListed> {
    let mut found = Vec::new();
    let mut cursor: Cursor = None;
    loop {
        let page = store.exceptions(Filter::default(), cursor, PAGE_ITEMS_MAX).await.unwrap();
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

/// The audit of a store that nobody writes.
pub async fn audit(data_dir: &Path) -> AuditReport {
    store_of(data_dir).audit().await.unwrap()
}

/// A payout as the API takes it: a SEPA transfer in euro to a person.
pub fn payout(external_id: &str, name: &str, amount: &str) -> Value {
    json!({
        "external_id": external_id,
        "debtor": { "account_ref": "demo-eur" },
        "amount": { "value": amount, "currency": "EUR" },
        "creditor": { "type": "individual", "name": name },
        "creditor_account": { "iban": "DE89370400440532013000" },
        "remittance": { "unstructured": format!("Reward {external_id}") },
    })
}

/// What the bank's own journal says: debits of the customer per instruction identification, read without
/// the program's help.
pub fn debits_in_journal(dir: &Path) -> Vec<(String, u64)> {
    papers::debits(&dir.join("bank").join("journal.ndjson"))
}

/// A run of `girogate demo` in a folder.
pub struct Demo {
    pub process: Process,
    pub dir: PathBuf,
    folder: TempDir,
}

impl Demo {
    pub fn start(arguments: &[&str]) -> Demo {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("run");
        let output = std::fs::File::create(folder.path().join("output")).unwrap();
        let errors = output.try_clone().unwrap();
        let child = Command::new(PROGRAM)
            .arg("demo")
            .args(arguments)
            .arg("--dir")
            .arg(&dir)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap();
        Demo { process: Process(child), dir, folder }
    }

    /// What it has printed.
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }

    /// Waits for its end and insists that it is a good one.
    pub async fn ended_well(&mut self) -> String {
        let child = &mut self.process.0;
        let status = until("the demonstration's end", async || child.try_wait().unwrap()).await;
        let output = self.output();
        assert!(status.success(), "{status}\n{output}\n{}", tail(&self.dir.join("gateway.log")));
        assert!(output.lines().any(|line| line == "unexplained 0"), "{output}");
        output
    }
}
