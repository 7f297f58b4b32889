//! One run of real processes that leaves evidence: what the client saw is written down line by line, the export is
//! taken at the end, and the folder is what the judge reads.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use girogate::domain::lifecycle::State;
use girogate::faces::demo::payouts::api_client;
use girogate::net::client::{Client, Outcome, Request};
use girogate::store::listing::PayoutListed;
use hyper::Method;
use hyper::body::Bytes;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::process::{Line, PROGRAM, payouts_of, until};

/// A name that must never be seen in a log.
pub const CANARY: &str = "Kanarienvogel Zitronengelb";
/// A text that must never be seen in a log.
pub const CANARY_TEXT: &str = "Kanarientext Pfefferminz";

/// Gateway, bank and a client that writes down what it sees.
pub struct Run {
    pub line: Line,
    client: Client,
    log: std::fs::File,
}

/// SHA-256 as hex.
pub fn hex_digest(octets: &[u8]) -> String {
    digest(&SHA256, octets).as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A payout in euro whose payee may play a scenario.
pub fn payout(external_id: &str, scenario: &str, amount: &str) -> Value {
    let mut payout = crate::process::payout(external_id, &format!("{CANARY} {scenario}"), amount);
    payout["remittance"]["unstructured"] = json!(format!("{CANARY_TEXT} {external_id}"));
    payout
}

impl Run {
    /// Bank and gateway, ready. The profile waits less than the shipped one, so that a run is short.
    pub fn start(behaviour: &str, processing: &str, defect: Option<&'static str>) -> Run {
        let mut line = Line::prepare(behaviour, processing);
        line.defect = defect;
        impatient(&line.setup.gateway_config, &line.setup.dir);
        line.start_bank();
        line.start_gateway(None);
        let client = api_client(&line.setup).unwrap();
        let log = std::fs::File::create(line.setup.dir.join("client.ndjson")).unwrap();
        Run { line, client, log }
    }

    /// The folder of the run.
    pub fn dir(&self) -> PathBuf {
        self.line.setup.dir.clone()
    }

    /// One request, written down whatever came of it; the status, if an answer came.
    pub async fn submit(&mut self, key: &str, payouts: &[Value]) -> Option<u16> {
        let body = json!({ "mode": "per_item", "payouts": payouts }).to_string();
        let (line, status) = ask(&self.client, key, payouts, body).await;
        self.write(&line);
        status
    }

    /// Writes a line of the client's log, durably.
    pub fn write(&mut self, line: &Value) {
        writeln!(self.log, "{line}").unwrap();
        self.log.sync_data().unwrap();
    }

    /// A second client of the same gateway, for requests at the same time.
    pub fn client(&self) -> Client {
        api_client(&self.line.setup).unwrap()
    }

    /// Every payout as the store shows it.
    pub async fn payouts(&self) -> Vec<PayoutListed> {
        payouts_of(&self.line.store()).await
    }

    /// Waits until what is looked for is there, or for so long; whether it came.
    pub async fn watch(&self, longest: Duration, mut fits: impl FnMut(&[PayoutListed]) -> bool) -> bool {
        let began = Instant::now();
        until("the end of the watch", async || {
            let found = fits(&self.payouts().await);
            (found || began.elapsed() > longest).then_some(found)
        })
        .await
    }

    /// Waits until every payout has its end.
    pub async fn ended(&self, longest: Duration) -> bool {
        self.watch(longest, |payouts| payouts.iter().all(|item| item.state.is_end())).await
    }

    /// Waits until every payout is in one of these states.
    pub async fn reached(&self, states: &[State], longest: Duration) -> bool {
        self.watch(longest, |payouts| payouts.iter().all(|item| states.contains(&item.state))).await
    }

    /// Number of facts that hold a text, such as their kind, read without the program's help.
    pub fn facts(&self, text: &str) -> i64 {
        let connection = crate::process::papers::database(&self.line.setup.data_dir);
        let sql = "SELECT count(*) FROM facts WHERE instr(body, ?1) > 0";
        connection.query_row(sql, [text], |row| row.get(0)).unwrap()
    }

    /// Waits until so many facts hold a text, or for so long.
    pub async fn told(&self, text: &str, least: i64, longest: Duration) -> bool {
        let began = Instant::now();
        until("the end of the watch", async || {
            let found = self.facts(text) >= least;
            (found || began.elapsed() > longest).then_some(found)
        })
        .await
    }

    /// Waits until the bank has carried out every order it took, or for so long.
    pub async fn carried_out(&self, longest: Duration) {
        let began = Instant::now();
        let journal = self.dir().join("bank/journal.ndjson");
        until("the bank's work", async || {
            let text = std::fs::read_to_string(&journal).unwrap();
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let (mut ordered, mut paid) = (0, 0);
            for line in lines {
                if line["is"] == "order" {
                    ordered += line["count"].as_u64().unwrap();
                } else if line["is"] == "posting" && line["kind"] == "payment" {
                    paid += 1;
                }
            }
            (paid >= ordered || began.elapsed() > longest).then_some(())
        })
        .await
    }

    /// Stops both, takes the export, says whether the run came to rest. The folder is then complete.
    pub async fn finish(&mut self, converged: bool) {
        self.line.stop_gateway().await;
        self.line.kill_bank();
        self.export(converged);
    }

    /// Writes the export and what is known about the run.
    pub fn export(&self, converged: bool) {
        let dir = self.dir();
        let mut command = Command::new(PROGRAM);
        command.args(["export", "--offline", "--format", "json", "-c"]).arg(&self.line.setup.gateway_config);
        if let Some(defect) = self.line.defect {
            command.env("GIROGATE_DEFECT", defect);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::write(dir.join("export.ndjson"), output.stdout).unwrap();
        let run = json!({
            "converged": converged,
            "canaries": [CANARY, CANARY_TEXT],
            "accounts": { "demo-eur": "DE90999999990000004711" },
        });
        std::fs::write(dir.join("run.json"), run.to_string()).unwrap();
    }
}

/// One request and how the client's log tells of it.
pub async fn ask(client: &Client, key: &str, payouts: &[Value], body: String) -> (Value, Option<u16>) {
    let body_sha256 = hex_digest(body.as_bytes());
    let request = Request {
        method: Method::POST,
        path_and_query: "/v1/payouts".to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("idempotency-key".to_owned(), format!("\"{key}\"")),
        ],
        body: Bytes::from(body),
    };
    let (status, answer) = match client.call(&request).await {
        Outcome::Replied(reply) => {
            (Some(reply.status), serde_json::from_slice(&reply.body).unwrap_or_default())
        }
        _ => (None, Value::Null),
    };
    let items: Vec<Value> = payouts.iter().map(item).collect();
    let line = json!({
        "at": chrono::Utc::now().to_rfc3339(),
        "request": key,
        "body_sha256": body_sha256,
        "external_ids": payouts.iter().map(|payout| &payout["external_id"]).collect::<Vec<_>>(),
        "items": items,
        "status": status,
        "answer": status.filter(|status| *status < 300).map(|_| told(payouts, &answer)),
    });
    (line, status)
}

fn item(payout: &Value) -> Value {
    json!({
        "external_id": payout["external_id"],
        "amount": payout["amount"]["value"],
        "currency": payout["amount"]["currency"],
        "debtor_account": payout["debtor"]["account_ref"],
        "creditor_account": payout["creditor_account"]["iban"],
        "execution_date": payout["requested_execution_date"],
    })
}

/// What the client was told of each payout.
fn told(payouts: &[Value], answer: &Value) -> Vec<Value> {
    let of = |(index, payout): (usize, &Value)| {
        let item =
            answer["items"].as_array().into_iter().flatten().find(|item| item["index"] == json!(index));
        let id = item.map(|item| item["id"].clone()).unwrap_or_default();
        json!({ "external_id": payout["external_id"], "id": id, "accepted": id.is_string(), "known": false })
    };
    payouts.iter().enumerate().map(of).collect()
}

/// Lets the gateway wait less than the shipped profile has it.
fn impatient(config: &Path, dir: &Path) {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/reference-rfc9421.toml");
    let text = std::fs::read_to_string(shipped).unwrap();
    let mut lines = Vec::new();
    for line in text.lines() {
        let name = line.split(" = ").next().unwrap_or_default();
        lines.push(match name {
            "inquiry_waits_ms" => "inquiry_waits_ms = [300, 300, 600]".to_owned(),
            "not_found_wait_ms" => "not_found_wait_ms = 500".to_owned(),
            "ingestion_lag_ms" => "ingestion_lag_ms = 500".to_owned(),
            "interval_ms" => "interval_ms = 500".to_owned(),
            _ => line.to_owned(),
        });
    }
    std::fs::write(dir.join("impatient.toml"), lines.join("\n")).unwrap();
    let gateway = std::fs::read_to_string(config).unwrap();
    let chosen = gateway.replace("profile = \"reference-rfc9421\"", "profile = \"impatient.toml\"");
    assert_ne!(gateway, chosen, "the configuration names the shipped profile");
    std::fs::write(config, chosen).unwrap();
}
