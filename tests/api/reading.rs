//! Lists and their pages, operations, reports, documents and metrics.

use super::gateway::{Gateway, TREASURY, get, instruction, post};
use serde_json::{Value, json};

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["external_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_come_page_by_page() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let mut rows: Vec<Value> = (1..=5).map(instruction).collect();
    rows[0]["batch_id"] = json!("november");
    rows[1]["batch_id"] = json!("november");
    let mut british = instruction(6);
    british["debtor"]["account_ref"] = json!("main-gbp");
    british["amount"]["currency"] = json!("GBP");
    british["creditor_account"] = json!({ "gb": { "sort_code": "040004", "account": "12345678" } });
    rows.push(british);
    let answer = gateway.post("/v1/payouts", &json!({ "payouts": rows })).await.json();
    assert_eq!(answer["accepted"], 6, "{answer}");

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = gateway.get(&format!("/v1/payouts?limit=4{cursor}")).await.json();
        seen.extend(ids(&page));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(page["items"].as_array().unwrap().len(), 4);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["creator-6", "creator-5", "creator-4", "creator-3", "creator-2", "creator-1"]);

    let filtered = |query: &str| {
        let path = format!("/v1/payouts?{query}");
        let gateway = &gateway;
        async move { ids(&gateway.get(&path).await.json()) }
    };
    assert_eq!(filtered("batch_id=november").await, ["creator-2", "creator-1"]);
    assert_eq!(filtered("account=main-gbp").await, ["creator-6"]);
    assert_eq!(filtered("currency=EUR").await.len(), 5);
    assert_eq!(filtered("bank=house-bank").await.len(), 6);
    assert_eq!(filtered("bank=other").await.len(), 0);
    assert_eq!(filtered("date_to=2020-01-01").await.len(), 0);
    assert_eq!(filtered("state=Booked").await.len(), 0);
    assert_eq!(filtered("until=2020-01-01T00:00:00Z").await.len(), 0);

    let batch = gateway.get("/v1/batches/november").await.json();
    assert_eq!(batch["currencies"]["EUR"]["accepted"], json!({ "count": 2, "sum": "200.03" }));
    let totals = gateway.get("/v1/totals").await.json();
    assert_eq!(totals["currencies"]["EUR"]["accepted"], json!({ "count": 5, "sum": "500.15" }));
    assert_eq!(totals["currencies"]["GBP"]["accepted"], json!({ "count": 1, "sum": "100.06" }));

    let found = gateway.get("/v1/payouts/creator-6").await.json();
    let payout = &found["payouts"][0];
    for id in [payout["id"].as_str().unwrap(), payout["uetr"].as_str().unwrap()] {
        let again = gateway.get(&format!("/v1/payouts/{id}")).await.json();
        assert_eq!(again["payouts"][0]["external_id"], "creator-6");
    }
    assert_eq!(payout["timeline"][0]["event"], "recorded");
    assert_eq!(payout["timeline"][0]["actor"], "treasury-tls");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspected_duplicate_waits_and_can_be_released_or_cancelled() {
    let gateway = Gateway::start(&[TREASURY]).await;
    assert_eq!(gateway.post("/v1/payouts", &instruction(1)).await.status, 201);
    for twin in ["twin-a", "twin-b"] {
        let mut alike = instruction(1);
        alike["external_id"] = json!(twin);
        let held = gateway.post("/v1/payouts", &alike).await;
        assert_eq!((held.status, &held.json()["state"]), (201, &json!("Held")));
        assert!(held.json()["held"].is_string());
    }
    assert_eq!(ids(&gateway.get("/v1/payouts?state=held").await.json()), ["twin-b", "twin-a"]);

    let cancelled = gateway.post("/v1/payouts/twin-a/cancel", &json!({ "reason": "a twin" })).await;
    assert_eq!((cancelled.status, &cancelled.json()["result"]), (200, &json!("cancelled_here")));
    let again = gateway.post("/v1/payouts/twin-a/cancel", &json!({})).await;
    assert_eq!((again.status, &again.json()["result"]), (409, &json!("too_late")));
    let released = gateway.post("/v1/payouts/twin-b/release", &json!({})).await;
    assert_eq!((released.status, &released.json()["result"]), (200, &json!("released")));
    assert_eq!(ids(&gateway.get("/v1/payouts?state=Cancelled").await.json()), ["twin-a"]);
    assert_eq!(ids(&gateway.get("/v1/payouts?state=Held").await.json()), Vec::<String>::new());

    let mut reissued = instruction(1);
    reissued["external_id"] = json!("twin-c");
    reissued["replaces"] = json!("twin-b");
    let refused = gateway.post("/v1/payouts", &reissued).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["errors"][0]["code"], "replaces.alive");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_followed_by_cursor() {
    let gateway = Gateway::start(&[TREASURY]).await;
    assert_eq!(gateway.post("/v1/payouts", &instruction(1)).await.status, 201);
    let mut cursor = "0:0".to_owned();
    let mut seen = Vec::new();
    while !seen.contains(&"creator-1".to_owned()) {
        let page = gateway.get(&format!("/v1/changes?since={cursor}&limit=1")).await.json();
        seen.extend(ids(&page));
        cursor = page["cursor"].as_str().unwrap().to_owned();
    }
    assert_eq!(gateway.post("/v1/payouts", &instruction(2)).await.status, 201);
    let news = gateway.get(&format!("/v1/changes?since={cursor}")).await.json();
    assert!(ids(&news).contains(&"creator-2".to_owned()), "{news}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_kept_once() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let bring = || post("/v1/documents/house-bank", &[("content-type", "application/xml")], "<Document/>");
    let first = gateway.call("treasury-tls", bring()).await;
    assert_eq!((first.status, &first.json()["known"]), (200, &json!(false)));
    assert_eq!(
        first.json()["document"],
        "aef08da16b2f66638a4c39560733b0def8b2db4955c64f8e567f8b6a7bca6685",
        "by sha256sum"
    );
    let second = gateway.call("treasury-tls", bring()).await;
    assert_eq!((second.status, &second.json()["known"]), (200, &json!(true)));
    assert_eq!(second.json()["document"], first.json()["document"]);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_for_the_operator_name_nobody() {
    let gateway = Gateway::start(&[TREASURY]).await;
    assert_eq!(gateway.post("/v1/payouts", &instruction(1)).await.status, 201);
    let text = gateway.metrics().await;
    let payouts: u64 = text
        .lines()
        .filter(|line| line.starts_with("girogate_payouts{") && line.contains("currency=\"EUR\""))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(payouts, 1, "{text}");
    for private in ["Zoe", "Example", "Acme", "DE89", "0532013000", "4711", "creator-1", "main-eur"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    for told in
        [gateway.get("/v1/payouts/creator-1").await, gateway.call("treasury-tls", get("/v1/payouts")).await]
    {
        let text = String::from_utf8(told.octets.to_vec()).unwrap();
        for private in ["Zoe", "DE89", "0532013000", "4711"] {
            assert!(!text.contains(private), "{private} in {text}");
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_statement_does_not_foot() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let mut dated = instruction(1);
    dated["requested_execution"] = json!({ "date": "+1" });
    dated["speed"] = json!("standard");
    let recorded = gateway.post("/v1/payouts", &dated).await;
    assert_eq!(recorded.status, 201, "{recorded:?}");
    let payout = gateway.get("/v1/payouts/creator-1").await.json()["payouts"][0].clone();
    let date = payout["execution_date"].as_str().unwrap();
    let report = gateway.get(&format!("/v1/reports/day/{date}")).await.json();
    assert_eq!(report["foots"], false);
    let account = &report["accounts"][0];
    assert_eq!((&account["account"], &account["currency"]), (&json!("main-eur"), &json!("EUR")));
    assert_eq!(account["why"], "no statement of this day was read");
    let due: u64 = account["payouts"]["due"]
        .as_object()
        .unwrap()
        .values()
        .map(|row| row["count"].as_u64().unwrap())
        .sum();
    assert_eq!(due, 1, "{report}");
    let after = gateway.get("/v1/reports/day/2099-01-01").await.json();
    assert_eq!(after["accounts"][0]["payouts"]["due"], json!({}));
    assert_eq!(after["accounts"][0]["payouts"]["carried_over"].as_object().unwrap().len(), 1, "{after}");
    gateway.stop().await;
}
