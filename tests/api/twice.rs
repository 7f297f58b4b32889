//! The same payout, and the same reference, by every way that a client has.

use super::gateway::{Gateway, TREASURY, call, instruction, post};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn an_end_to_end_id_is_taken_once_per_account() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let mut first = instruction(1);
    first["end_to_end_id"] = json!("INVOICE-7");
    assert_eq!(gateway.post("/v1/payouts", &first).await.status, 201);
    let mut second = instruction(2);
    second["end_to_end_id"] = json!("INVOICE-7");
    let refused = gateway.post("/v1/payouts", &second).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json()["errors"][0]["code"], "end_to_end_id.taken");
    // Within one request, too.
    let pair = [3, 4].map(|number| {
        let mut one = instruction(number);
        one["end_to_end_id"] = json!("INVOICE-8");
        one
    });
    let answer = gateway.post("/v1/payouts", &json!({ "mode": "per_item", "payouts": pair })).await.json();
    assert_eq!((&answer["accepted"], &answer["refused"]), (&json!(1), &json!(1)), "{answer}");
    gateway.stop().await;
}

const TABLE: &str = "external_id,debtor.account_ref,amount.value,amount.currency,creditor.name,creditor_account.iban\r\n\
                     creator-9,main-eur,100.09,EUR,Zoe Example,DE89370400440532013000\r\n";

/// Single, in a list, with and without a key, and as a table by the command line, all at once: one payout.
#[tokio::test(flavor = "multi_thread")]
async fn one_payout_by_every_way_at_once_is_one() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let file = gateway.dir.path().join("rows.csv");
    std::fs::write(&file, TABLE).unwrap();
    let tables: Vec<_> = (0..2)
        .map(|_| {
            tokio::process::Command::new(env!("CARGO_BIN_EXE_girogate"))
                .arg("submit")
                .arg(&file)
                .arg("--config")
                .arg(&gateway.config)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let client = Arc::new(gateway.client("treasury-tls"));
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                let (key, one) = (format!("\"way-{number}\""), instruction(9));
                let headers = [("idempotency-key", key.as_str())];
                let headers = if number % 4 < 2 { &headers[..] } else { &[] };
                let body = if number % 2 == 0 { one } else { json!({ "payouts": [one] }) };
                call(&client, post("/v1/payouts", headers, body.to_string())).await
            })
        })
        .collect();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for one in calls {
        *statuses.entry(one.await.unwrap().status).or_default() += 1;
    }
    for table in tables {
        let output = table.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(statuses.keys().all(|status| matches!(status, 200 | 201)), "{statuses:?}");
    let totals = gateway.get("/v1/totals").await.json();
    assert_eq!(totals["currencies"]["EUR"]["accepted"], json!({ "count": 1, "sum": "100.09" }));
    gateway.stop().await;
}
