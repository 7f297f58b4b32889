//! The bank as a process of its own, killed without warning again and again: what it accepted it carries
//! out once, and what it wrote it wrote once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use girogate::net::client::Outcome;
use girogate::sandbox::{config, server};
use hyper::Method;

use crate::judged;
use crate::street::{self, Bend, Block, Caller, Setup, Street, message, pay};

/// Names the configuration of a bank that this very program shall run.
const CHILD: &str = "GIROGATE_TEST_SANDBOX";
/// Name of the bank, whatever its port.
const NAME: &str = "https://sandbox.test";
/// Kills.
const ROUNDS: usize = 8;
/// Messages a round.
const MESSAGES: usize = 3;
/// Payments a message.
const PAYMENTS: usize = 20;

/// Not a test of its own: the body of the child process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let config = config::load(Path::new(&path)).unwrap();
    let (_end, ended) = tokio::sync::watch::channel(false);
    let start = server::Start {
        today: chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
        ready: Box::new(|ready| eprintln!("\nREADY {}", ready.address)),
    };
    server::run(config, start, ended).await.unwrap();
}

struct Process {
    child: Child,
    client: Caller,
}

fn start(street: &Street, config: &Path) -> Process {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--nocapture"])
        .env(CHILD, config)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let ready = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("READY ").map(str::to_owned));
    let address = ready.expect("the bank says where it is");
    let client = street.caller(&format!("https://{address}"), NAME, "gateway-tls", "gateway-signing");
    Process { child, client }
}

fn text(number: usize) -> String {
    let name = |payment: usize| if payment == 0 { "SANDBOX S16A" } else { "Anna" };
    let payments = (0..PAYMENTS).map(|payment| pay(&format!("K{number}-{payment}"), name(payment), "1.25"));
    message(&format!("KILL{number}"), &[Block::of(payments.collect())])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_bank_neither_forgets_nor_repeats() {
    let processing = "acceptance_ms = 1\nbooking_ms = 10\ncompletion_ms = 20\nreturn_ms = 20\n";
    let mut street = Street::new(Setup { processing, ..Setup::default() }).await;
    street.name(NAME);
    let config = street.write_config();
    let mut unanswered: Vec<usize> = Vec::new();
    for round in 0..ROUNDS {
        let mut process = start(&street, &config);
        unanswered.extend(round * MESSAGES..(round + 1) * MESSAGES);
        // Each round dies at another moment: after so many reports, some of them while orders still arrive.
        let reports_before = process.client.reports().await.len();
        let (sender, orders) = (process.client.clone(), unanswered.clone());
        let sending = tokio::spawn(async move {
            let mut refused = Vec::new();
            for number in orders {
                let request =
                    sender.request((Method::POST, "/v1/payments"), text(number).as_bytes(), Bend::Nothing);
                match sender.attempt(&request).await {
                    Outcome::Replied(reply) if reply.status == 202 => {}
                    _ => refused.push(number),
                }
            }
            refused
        });
        street::until("the moment to die", async || {
            process.client.reports().await.len() >= reports_before + round
        })
        .await;
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        unanswered = sending.await.unwrap();
    }
    let mut process = start(&street, &config);
    for number in unanswered {
        assert_eq!(process.client.send(&text(number)).await.status, 202);
    }
    process.client.end_day().await;
    let mut lines: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in process.client.ledger().await.iter().filter(|line| line["kind"] != "opening") {
        let word = |name: &str| line[name].as_str().unwrap().to_owned();
        *lines.entry((word("end_to_end_id"), word("kind"))).or_default() += 1;
    }
    let messages = ROUNDS * MESSAGES;
    assert!(lines.values().all(|count| *count == 1), "{lines:?}");
    assert_eq!(lines.len(), messages * (PAYMENTS + 1), "every payment once, every return once");
    let reports = process.client.reports().await;
    let count = |kind: &str| reports.iter().filter(|(found, _)| found == kind).count();
    let (statuses, notifications) = (count("pain.002.001.10"), count("camt.054.001.08"));
    assert_eq!((statuses, notifications, count("camt.053.001.08")), (2 * messages, 2 * messages, 2));
    judged::all_valid(&street, &reports);
    judged::money_adds_up(&street, &process.client, &reports).await;
    process.child.kill().unwrap();
    process.child.wait().unwrap();
}
