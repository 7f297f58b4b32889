//! The line that breaks, between a real client and a real bank: what the client knows, and what reached the bank.

use std::path::Path;
use std::sync::{Arc, Mutex};

use girogate::net::client::{Client, Limits, Outcome, Timeouts};
use girogate::net::tls::{TlsFiles, client_config};
use girogate::sandbox::proxy::player::{Player, Then};
use girogate::sandbox::proxy::run::{Proxy, run};
use girogate::sandbox::proxy::script::LineScript;
use hyper::Method;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::open;
use crate::street::{Bank, Bend, Block, Caller, Setup, Street, message, pay};
use crate::visits::lines;

/// A proxy in front of a bank, with the client that goes through it.
struct Broken {
    caller: Caller,
    log: Arc<Mutex<Vec<serde_json::Value>>>,
    end: watch::Sender<bool>,
    task: JoinHandle<()>,
}

async fn broken(street: &Street, bank: &Bank, script: &str) -> Broken {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let log = Arc::new(Mutex::new(Vec::new()));
    let (kept, (end, ended)) = (log.clone(), watch::channel(false));
    let proxy = Proxy {
        listener,
        to: bank.client.base.trim_start_matches("https://").to_owned(),
        script: LineScript::parse(script, &street.dir.path().join("pki")).unwrap(),
        log: Box::new(move |line| kept.lock().unwrap().push(serde_json::from_str(line).unwrap())),
    };
    let task = tokio::spawn(async move { run(proxy, ended).await.unwrap() });
    let mut caller = street.caller(&base, &bank.url, "gateway-tls", "gateway-signing");
    let files = TlsFiles {
        certificate: street.pki("gateway-tls-cert.pem"),
        key: street.pki("gateway-tls-key.pem"),
        ca: street.pki("ca-cert.pem"),
    };
    let timeouts = Timeouts { connect_ms: 2_000, handshake_ms: 2_000, first_byte_ms: 700, total_ms: 5_000 };
    let limits = Limits { reply_octets_max: 1 << 20, idle_connections_max: 2, keep_alive_ms: 1_000 };
    caller.http = Arc::new(Client::new(&base, client_config(&files).unwrap(), timeouts, limits).unwrap());
    Broken { caller, log, end, task }
}

impl Broken {
    async fn order(&self, message_id: &str) -> &'static str {
        let text = message(message_id, &[Block::of(vec![pay(message_id, "Anna", "10.00")])]);
        let request = self.caller.request((Method::POST, "/v1/payments"), text.as_bytes(), Bend::Nothing);
        match self.caller.attempt(&request).await {
            Outcome::Replied(_) => "replied",
            Outcome::Broken { .. } => "unknown",
            Outcome::NotSent { .. } => "not sent",
        }
    }

    /// Ends the proxy; its log.
    async fn close(self) -> Vec<serde_json::Value> {
        drop(self.caller);
        self.end.send(true).unwrap();
        self.task.await.unwrap();
        Arc::try_unwrap(self.log).unwrap().into_inner().unwrap()
    }
}

/// Orders whose octets the bank read whole.
fn read_whole(street: &Street) -> usize {
    let requests = lines(street, "request");
    requests.iter().filter(|line| line["path"] == "/v1/payments" && line["whole"] == true).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_broken_line_leaves_the_client_with_what_it_can_know() {
    let (street, bank) = open(Setup::default()).await;
    // What the script says, what the client knows, and whether the order reached the bank.
    let cases = [
        ("reset_connect", "", "not sent", false),
        ("reset_handshake", "", "not sent", false),
        ("wrong_certificate", "", "not sent", false),
        ("reset_before", "", "unknown", false),
        ("reset_amid", "octets = 700", "unknown", false),
        ("stall_request", "octets = 700", "unknown", false),
        ("reset_answer", "", "unknown", true),
        ("reset_answer", "octets = 400", "unknown", true),
        ("truncate_answer", "octets = 400", "unknown", true),
        ("corrupt_answer", "octets = 40", "unknown", true),
        ("stall_answer", "", "unknown", true),
        ("stall_answer", "octets = 300", "unknown", true),
        ("close_quietly", "delay_ms = 20", "replied", true),
        ("delay_request", "delay_ms = 20", "replied", true),
        ("delay_answer", "delay_ms = 20", "replied", true),
        ("delay_answer", "delay_ms = 1500", "unknown", true),
        ("trickle_request", "delay_ms = 0", "replied", true),
        ("trickle_answer", "delay_ms = 0", "replied", true),
        ("swap_answers", "delay_ms = 20", "replied", true),
    ];
    let identity = "[identity]\ncertificate = \"treasury-tls-cert.pem\"\nkey = \"treasury-tls-key.pem\"\nca = \"ca-cert.pem\"\n";
    let mut whole = 0;
    for (index, (deed, more, knows, reaches)) in cases.into_iter().enumerate() {
        let script = format!("{identity}[[rule]]\ndoes = \"{deed}\"\n{more}\n");
        let line = broken(&street, &bank, &script).await;
        assert_eq!(line.order(&format!("LINE{index}")).await, knows, "{deed} {more}");
        let found = bank.client.call((Method::GET, &format!("/v1/payments/LINE{index}")), b"").await;
        assert_eq!(found.status == 200, reaches, "{deed} {more}");
        whole += usize::from(reaches);
        assert_eq!(read_whole(&street), whole, "{deed} {more}");
        let log = line.close().await;
        assert_eq!(log.len(), 1, "{deed} {more}: {log:?}");
        assert_eq!(log[0]["does"], deed);
        if log[0]["failed"].is_null() {
            assert_eq!(log[0]["struck"], true, "{deed} {more}: {}", log[0]);
        }
        if deed == "wrong_certificate" {
            assert_eq!(log[0]["octets_from_client"], 0, "not one octet of a request went to a stranger");
        }
    }
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn swapped_answers_reach_nobody() {
    let (street, bank) = open(Setup::default()).await;
    let line = broken(&street, &bank, "[[rule]]\ndoes = \"swap_answers\"\ndelay_ms = 5000\n").await;
    assert_eq!(tokio::join!(line.order("LEFT"), line.order("RIGHT")), ("unknown", "unknown"));
    assert_eq!(read_whole(&street), 2);
    line.close().await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_of_two_lengths_is_none() {
    let (street, bank) = open(Setup::default()).await;
    let identity =
        "[identity]\ncertificate = \"bank-tls-cert.pem\"\nkey = \"bank-tls-key.pem\"\nca = \"ca-cert.pem\"\n";
    let answers = [
        "HTTP/1.1 202 Accepted\\r\\ncontent-length: 2\\r\\ncontent-length: 3\\r\\n\\r\\n{}",
        "HTTP/1.1 202 Accepted\\r\\ncontent-length: 99\\r\\n\\r\\n{}",
        "HTTP/1.1 202 Accepted\\r\\ntransfer-encoding: chunked\\r\\n\\r\\nxx\\r\\n{}",
        "no answer at all",
    ];
    for (index, answer) in answers.into_iter().enumerate() {
        let script = format!("{identity}[[rule]]\ndoes = \"raw_answer\"\nanswer = \"{answer}\"\n");
        let line = broken(&street, &bank, &script).await;
        assert_eq!(line.order(&format!("RAW{index}")).await, "unknown", "{answer}");
        line.close().await;
    }
    assert_eq!(read_whole(&street), 0);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kept_line_breaks_only_where_the_request_is_large() {
    let (street, bank) = open(Setup::default()).await;
    let script = "[[rule]]\ndoes = \"reset_answer\"\nrequest_octets_min = 1500\n";
    let line = broken(&street, &bank, script).await;
    for _ in 0..3 {
        let asked = line.caller.call((Method::GET, "/v1/payments/NEVER"), b"").await;
        assert_eq!(asked.status, 404, "small requests pass");
    }
    assert_eq!(line.order("LARGE").await, "unknown");
    let log = line.close().await;
    assert_eq!((&log[0]["requests"], &log[0]["ended_by"]), (&4.into(), &"reset".into()));
    bank.close().await;
}

#[test]
fn a_seed_chooses_the_same_connections_again() {
    let text = "seed = 7\n[[rule]]\ndoes = \"reset_amid\"\nper_mille = 250\n[[rule]]\ndoes = \"stall_answer\"\ntimes = 3\n";
    let choose = |text: &str| -> Vec<Option<_>> {
        let mut script = LineScript::parse(text, Path::new("")).unwrap();
        (1..=1000).map(|connection| script.choose(connection).map(|rule| rule.does)).collect()
    };
    let first = choose(text);
    assert_eq!(first, choose(text));
    let struck = first.iter().flatten().count();
    assert!((200..310).contains(&struck), "{struck}");
    assert_ne!(first, choose(&text.replace("seed = 7", "seed = 8")));
    let refused = |text: &str| LineScript::parse(text, Path::new("")).unwrap_err().to_string();
    assert!(refused("[[rule]]\ndoes = \"explode\"\n").starts_with("2:8: unknown variant `explode`"));
    assert_eq!(refused("[[rule]]\ndoes = \"raw_answer\"\n"), "rule[0].does: needs an [identity]");
}

/// However the octets arrive, the place of the cut is the same.
#[test]
fn the_cut_does_not_depend_on_how_octets_arrive() {
    let record = |kind: u8, length: usize| -> Vec<u8> {
        let mut octets = vec![kind, 3, 3, (length >> 8) as u8, length as u8];
        octets.resize(5 + length, 0xAA);
        octets
    };
    let modern = [record(22, 300), record(20, 1), record(23, 700), record(23, 900)].concat();
    let older = [record(22, 200), record(22, 600), record(20, 1), record(22, 40), record(23, 900)].concat();
    for (octets, handshake) in [(&modern, 305 + 6 + 705), (&older, 205 + 605 + 6 + 45)] {
        for size in (1..40).chain([octets.len()]) {
            let script = "[[rule]]\ndoes = \"reset_amid\"\noctets = 123\n";
            let mut player = Player::new(LineScript::parse(script, Path::new("")).unwrap().choose(1));
            let mut passed = 0;
            for chunk in octets.chunks(size) {
                let made = player.client(chunk);
                passed += made.pass;
                if made.then == Then::Reset {
                    break;
                }
            }
            assert_eq!(passed, handshake + 123, "in pieces of {size}");
        }
    }
}
