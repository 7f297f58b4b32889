//! The commands about payouts as a user runs them: the real program against a gateway, and against its store.

use super::gateway::{Gateway, TREASURY, instruction};
use girogate::faces::client::{path, query};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn last(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }

    fn records(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

async fn girogate(config: &Path, arguments: &[&str]) -> Ran {
    let run = tokio::process::Command::new(env!("CARGO_BIN_EXE_girogate"))
        .args(arguments)
        .arg("--config")
        .arg(config)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output();
    let output = run.await.unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const TABLE: &str = "external_id,debtor.account_ref,amount.value,amount.currency,creditor.name,creditor_account.iban\r\n\
                     row-1,main-eur,10.00,EUR,\"Zoe, \"\"the\"\" Example\",DE89370400440532013000\r\n\
                     row-2,main-eur,11.00,EUR,\"Zoe\nExample\",DE89370400440532013001\r\n\
                     row-3,main-eur,12.00,EUR,Zoe Example,DE89370400440532013000\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_submitted_once_however_often() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let (file, refused) = (gateway.dir.path().join("rows.csv"), gateway.dir.path().join("refused.csv"));
    std::fs::write(&file, TABLE).unwrap();
    let (name, out) = (file.to_str().unwrap(), refused.to_str().unwrap());

    let tried = girogate(&gateway.config, &["submit", "--dry-run", name]).await;
    assert_eq!(
        (tried.code, tried.last()),
        (1, "2 would be accepted, 1 refused; nothing was stored"),
        "{}",
        tried.err
    );
    assert!(tried.out.contains("3:creditor_account.iban: iban.checksum:"), "{}", tried.out);
    assert!(tried.out.contains("funding: main-eur needs 22.00 EUR on "), "{}", tried.out);
    assert!(tried.out.contains(": 2 payouts, 22.00 EUR"), "{}", tried.out);
    assert_eq!(gateway.get("/v1/payouts").await.json()["items"], json!([]));

    let first = girogate(&gateway.config, &["submit", name, "--refused", out]).await;
    assert_eq!((first.code, first.last()), (1, "2 accepted, 1 refused, 0 already known"), "{}", first.err);
    assert!(first.out.contains("3:creditor_account.iban: iban.checksum:"), "{}", first.out);
    let kept = std::fs::read_to_string(&refused).unwrap();
    let header = TABLE.lines().next().unwrap();
    let row = kept.strip_prefix(&format!("{header},error_code,error_column,error_text\n")).unwrap();
    assert!(
        row.starts_with("row-2,main-eur,11.00,EUR,\"Zoe\nExample\",DE89370400440532013001,iban.checksum,creditor_account.iban,"),
        "{row}"
    );
    assert_eq!(row.lines().count(), 2, "one row, which a quoted line feed does not end");

    let again = girogate(&gateway.config, &["submit", name]).await;
    assert_eq!((again.code, again.last()), (1, "0 accepted, 1 refused, 2 already known"));

    std::fs::write(&file, TABLE.replace("013001", "013000")).unwrap();
    let mended = girogate(&gateway.config, &["submit", name]).await;
    assert_eq!((mended.code, mended.last()), (0, "1 accepted, 0 refused, 2 already known"), "{}", mended.err);
    let repeated = girogate(&gateway.config, &["submit", name]).await;
    assert_eq!((repeated.code, repeated.last()), (0, "0 accepted, 0 refused, 3 already known"));
    assert_eq!(gateway.get("/v1/payouts").await.json()["items"].as_array().unwrap().len(), 3);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_in_each_form_and_all_or_nothing() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let write = |name: &str, text: String| {
        let path = gateway.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut bad = instruction(3);
    bad["amount"]["value"] = json!("0.00");
    let lines = write("rows.ndjson", format!("{}\n{{\"external_id\":\n{}\n", instruction(1), bad));
    let ran = girogate(&gateway.config, &["--format", "json", "submit", &lines]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    let records = ran.records();
    let places: Vec<&Value> = records
        .iter()
        .filter(|record| record["record"] == "refused")
        .map(|record| &record["place"])
        .collect();
    assert_eq!(places, [&json!("2:"), &json!("3:/amount/value")], "{}", ran.out);
    assert_eq!(
        records.last().unwrap(),
        &json!({ "record": "summary", "accepted": 1, "refused": 2, "known": 0 })
    );

    let list = write("rows.json", json!([instruction(4), bad]).to_string());
    let none = girogate(&gateway.config, &["submit", "--atomic", &list]).await;
    assert_eq!((none.code, none.last()), (1, "0 accepted, 2 refused, 0 already known"), "{}", none.err);
    let some = girogate(&gateway.config, &["submit", &list]).await;
    assert_eq!((some.code, some.last()), (1, "1 accepted, 1 refused, 0 already known"), "{}", some.err);
    assert!(some.out.contains("[1]/amount/value: amount.zero:"), "{}", some.out);

    let count = async || gateway.get("/v1/payouts").await.json()["items"].as_array().unwrap().len();
    let before = count().await;
    for (surrounding, code) in [
        (json!({ "expected_count": 2 }), "batch.count"),
        (json!({ "expected_sum": { "EUR": "2.00" } }), "batch.sum"),
        (json!({ "mode": "some" }), "batch.mode"),
    ] {
        let mut wrong = surrounding;
        wrong["payouts"] = json!([instruction(9)]);
        let file = write("surrounded.json", wrong.to_string());
        let refused = girogate(&gateway.config, &["submit", &file]).await;
        assert_eq!(refused.code, 1, "{code}: {}", refused.err);
        assert!(refused.out.contains(code), "{code}: {}", refused.out);
    }
    let broken = girogate(&gateway.config, &["submit", &write("broken.json", "[{},".to_owned())]).await;
    assert!(broken.code == 1 && broken.out.contains("json.syntax"), "{}", broken.out);
    assert_eq!(count().await, before, "nothing was sent");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_says_the_store_says_without_it() {
    let gateway = Gateway::start(&[TREASURY]).await;
    for number in 1..=3 {
        let mut payout = instruction(number);
        if number == 2 {
            payout["end_to_end_id"] = json!("+SUM(A1)");
        }
        assert_eq!(gateway.post("/v1/payouts", &payout).await.status, 201);
    }
    let mut alike = instruction(1);
    alike["external_id"] = json!("twin");
    assert_eq!(gateway.post("/v1/payouts", &alike).await.json()["state"], "Held");

    let config = gateway.config.clone();
    let cancelled = girogate(&config, &["cancel", "twin", "--reason", "a twin"]).await;
    assert_eq!((cancelled.code, cancelled.last()), (0, "twin: cancelled here: it was in no message"));
    let late = girogate(&config, &["cancel", "twin"]).await;
    assert_eq!((late.code, late.last()), (1, "twin: too late: it has its end (Cancelled)"));
    let missing = girogate(&config, &["hold", "nobody"]).await;
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("not_found"), "{}", missing.err);

    let rows = gateway.dir.path().join("row.json");
    std::fs::write(&rows, alike.to_string()).unwrap();
    let from = rows.to_str().unwrap();
    let reissue =
        ["reissue", "twin", "--external-id", "twin-2", "--from", from, "--set", "amount.value=77.00"];
    let reissued = girogate(&config, &reissue).await;
    assert_eq!(reissued.code, 0, "{}", reissued.err);
    assert!(reissued.last().contains(" twin-2 replaces twin: "), "{}", reissued.out);
    assert_eq!(girogate(&config, &reissue).await.code, 0, "a repetition is known");

    let listed = girogate(&config, &["list", "--state", "cancelled"]).await;
    assert_eq!((listed.code, listed.out.lines().count()), (0, 1));
    let pages = girogate(&config, &["--format", "json", "list", "--limit", "2"]).await;
    assert_eq!(pages.records().len(), 2);
    let old = girogate(&config, &["list", "--age", "1d"]).await;
    assert_eq!((old.code, old.out.as_str()), (0, ""));

    let dir = gateway.stop().await;
    let away = girogate(&config, &["totals"]).await;
    assert_eq!(away.code, 3);
    assert!(away.err.contains("gateway.unreachable"), "{}", away.err);

    let totals = girogate(&config, &["--format", "json", "totals", "--offline"]).await;
    let accepted = &totals.records()[0]["currencies"]["EUR"]["accepted"];
    assert_eq!(accepted, &json!({ "count": 5, "sum": "477.07" }), "{}", totals.err);
    let status = girogate(&config, &["status", "--offline", "creator-2", "unknown-id"]).await;
    assert_eq!(status.code, 1);
    assert!(status.out.starts_with("payout creator-2\n"), "{}", status.out);
    assert!(status.err.contains("unknown-id"), "{}", status.err);
    let listed = girogate(&config, &["--format", "json", "list", "--offline"]).await;
    assert_eq!(listed.records().len(), 5);
    let day = girogate(&config, &["report", "day", "2020-01-01", "--account", "main-eur", "--offline"]).await;
    assert_eq!((day.code, day.last()), (1, "2020-01-01 does not foot"));

    let table = girogate(&config, &["export", "--as", "csv", "--offline"]).await;
    assert_eq!(table.code, 0);
    assert!(table.out.starts_with("id,external_id,end_to_end_id,uetr,"), "{}", table.out);
    assert!(table.out.contains(",creator-2,'+SUM(A1),"), "no spreadsheet runs it: {}", table.out);
    assert!(table.out.contains(",creator-1,"), "{}", table.out);
    let next = table.err.lines().last().unwrap().strip_prefix("next: ").unwrap().to_owned();
    let rest = girogate(&config, &["export", "--since", &next, "--offline"]).await;
    assert_eq!((rest.code, rest.out.as_str()), (0, ""));
    assert_eq!(girogate(&config, &["export", "--since", "yesterday", "--offline"]).await.code, 2);

    let audit = girogate(&config, &["audit", "verify"]).await;
    assert_eq!((audit.code, audit.last()), (0, "passed"), "{}{}", audit.out, audit.err);
    drop(dir);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_configuration_or_store_is_said() {
    let dir = tempfile::TempDir::new().unwrap();
    let none = girogate(&dir.path().join("none.toml"), &["totals"]).await;
    assert_eq!(none.code, 2);
    assert!(none.err.contains("config.unreadable"), "{}", none.err);
}

#[test]
fn what_an_id_contains_stays_in_its_segment() {
    assert_eq!(path(&["v1", "payouts", "a/b?c d"]), "/v1/payouts/a%2Fb%3Fc%20d");
    assert_eq!(query(&[("since", "0:17".to_owned())]), "?since=0%3A17");
    assert_eq!(query(&[]), "");
}
