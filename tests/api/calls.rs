//! What the API does with requests for payouts: repeated, changed, many at once, wrong in every way.

use super::gateway::{Gateway, TREASURY, call, get, instruction, post};
use serde_json::json;
use std::sync::Arc;

const KEYED: &[(&str, &str)] = &[("idempotency-key", "order-1")];

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_stored_answer_and_a_changed_one_none() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let body = instruction(1).to_string();
    let first = gateway.call("treasury-tls", post("/v1/payouts", KEYED, body.clone())).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(first.json()["status"], "accepted");
    assert_eq!(first.json()["external_id"], "creator-1");

    let second = gateway.call("treasury-tls", post("/v1/payouts", KEYED, body)).await;
    assert_eq!((second.status, second.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!(second.octets, first.octets);

    let other = gateway.call("treasury-tls", post("/v1/payouts", KEYED, instruction(2).to_string())).await;
    assert_eq!((other.status, other.code().as_str()), (409, "idempotency.mismatch"));
    assert!(other.is_problem());

    let known = gateway.post("/v1/payouts", &instruction(1)).await;
    assert_eq!((known.status, &known.json()["status"]), (200, &json!("known")));
    assert_eq!(known.json()["id"], first.json()["id"]);

    let mut changed = instruction(1);
    changed["amount"]["value"] = json!("999.99");
    let refused = gateway.post("/v1/payouts", &changed).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "external_id.conflict"));
    assert!(refused.is_problem());

    let listed = gateway.get("/v1/payouts").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_parallel_requests_one_creates() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let client = Arc::new(gateway.client("treasury-tls"));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                call(&client, post("/v1/payouts", KEYED, instruction(7).to_string())).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for one in calls {
        answers.push(one.await.unwrap());
    }
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(created.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (200, Some("true")));
        assert_eq!(answer.octets, created[0].octets);
    }
    let listed = gateway.get("/v1/payouts").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_go_each_by_itself_or_all_or_none() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let mut bad = instruction(12);
    bad["creditor_account"]["iban"] = json!("DE89370400440532013001");
    let rows = [instruction(11), bad.clone(), instruction(13)];

    let none = gateway.post("/v1/payouts", &json!({ "mode": "atomic", "payouts": rows })).await;
    assert_eq!(none.status, 200);
    assert_eq!((&none.json()["accepted"], &none.json()["refused"]), (&json!(0), &json!(3)));
    assert_eq!(gateway.get("/v1/payouts").await.json()["items"], json!([]));

    let each = gateway.post("/v1/payouts", &json!({ "mode": "per_item", "payouts": rows })).await.json();
    assert_eq!((&each["accepted"], &each["refused"], &each["known"]), (&json!(2), &json!(1), &json!(0)));
    assert_eq!(each["items"][1]["errors"][0]["pointer"], "/payouts/1/creditor_account/iban");
    assert_eq!(each["items"][1]["errors"][0]["code"], "iban.checksum");
    assert_eq!(each["items"][2]["index"], 2);

    let all = [instruction(14), instruction(15)];
    let all = gateway.post("/v1/payouts", &json!({ "mode": "atomic", "payouts": all })).await.json();
    assert_eq!((&all["accepted"], &all["refused"]), (&json!(2), &json!(0)));
    assert_eq!(gateway.get("/v1/payouts").await.json()["items"].as_array().unwrap().len(), 4);

    let unexpected =
        json!({ "expected_sum": { "EUR": "1.00" }, "expected_count": 2, "payouts": [instruction(16)] });
    let refused = gateway.post("/v1/payouts", &unexpected).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "payouts.unexpected"));
    let codes: Vec<_> =
        refused.json()["errors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
    assert_eq!(codes, [json!("batch.count"), json!("batch.sum")]);
    assert_eq!(gateway.get("/v1/payouts/creator-16").await.status, 404);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_told_at_once_with_its_pointer() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let wrong = json!({
        "external_id": "has space",
        "debtor": { "account_ref": "nobody" },
        "amount": { "value": 10.5, "currency": "EUR" },
        "creditor": { "name": "Zoe Example", "address": { "country": "XX", "town": "Berlin" } },
        "creditor_account": { "iban": "DE89370400440532013001" },
        "surprise": 1,
    });
    let answer = gateway.post("/v1/payouts", &wrong).await;
    assert_eq!((answer.status, answer.code().as_str()), (422, "payout.invalid"));
    assert!(answer.is_problem());
    let body = answer.json();
    let told = |pointer: &str, code: &str| {
        body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .any(|error| error["pointer"] == pointer && error["code"] == code)
    };
    assert!(told("/amount/value", "amount.number"), "{body}");
    assert!(told("/debtor/account_ref", "debtor.unknown"), "{body}");
    assert!(told("/creditor_account/iban", "iban.checksum"), "{body}");
    assert!(told("/creditor/address/country", "address.country"), "{body}");
    assert!(told("/surprise", "member.unknown"), "{body}");
    assert!(
        body["errors"].as_array().unwrap().iter().any(|error| error["pointer"] == "/external_id"),
        "{body}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_routed_is_a_problem() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let text: &[(&str, &str)] = &[("content-type", "text/csv")];
    let empty_key: &[(&str, &str)] = &[("idempotency-key", "a b")];
    let large = vec![b' '; 8 * 1024 * 1024 + 1];
    let many = json!({ "payouts": (0..1001).map(instruction).collect::<Vec<_>>() }).to_string();
    let cut = format!("{{\"payouts\":[{},", instruction(1));
    for (request, status, code) in [
        (get("/v1/nothing"), 404, "route.unknown"),
        (get("/"), 404, "route.unknown"),
        (post("/v1/totals", &[], "{}"), 405, "route.method"),
        (post("/v1/payouts", text, "a,b"), 415, "body.media_type"),
        (post("/v1/payouts", &[], large), 413, "body.too_large"),
        (post("/v1/payouts", &[], many), 413, "payouts.too_many"),
        (post("/v1/payouts", &[], "not json"), 400, "body.malformed"),
        (post("/v1/payouts", &[], cut), 400, "body.malformed"),
        (post("/v1/payouts", &[], "17"), 400, "body.malformed"),
        (post("/v1/payouts", empty_key, instruction(1).to_string()), 400, "idempotency.key"),
        (post("/v1/payouts/creator-1/cancel", &[], "{\"why\":1}"), 400, "body.malformed"),
        (post("/v1/payouts/creator-1/cancel", &[], "{}"), 404, "not_found"),
        (get("/v1/payouts?state=Lost"), 400, "query.invalid"),
        (get("/v1/payouts?colour=red"), 400, "query.invalid"),
        (get("/v1/payouts?limit=0"), 400, "query.invalid"),
        (get("/v1/payouts?limit=1001"), 400, "query.invalid"),
        (get("/v1/payouts?cursor=x"), 400, "query.invalid"),
        (get("/v1/payouts?date_from=yesterday"), 400, "query.invalid"),
        (get("/v1/changes?since=7"), 400, "query.invalid"),
        (get("/v1/changes?limit=many"), 400, "query.invalid"),
        (get("/v1/reports/day/tomorrow"), 400, "query.invalid"),
        (get("/v1/payouts/unknown"), 404, "not_found"),
        (get("/v1/batches/unknown"), 404, "not_found"),
        (post("/v1/documents/no-bank", &[], "<x/>"), 404, "not_found"),
    ] {
        let asked = format!("{} {}", request.method, request.path_and_query);
        let answer = gateway.call("treasury-tls", request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{asked}");
        assert!(answer.is_problem(), "{asked}");
    }
    assert_eq!(gateway.get("/v1/payouts").await.json()["items"], json!([]), "nothing of it was stored");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_decides_who_may_what() {
    let others: &[(&str, &str, &[&str])] =
        &[TREASURY, ("bank-tls", "globex", &["submit", "read", "operate"])];
    let gateway = Gateway::start(others).await;
    let mine = gateway.post("/v1/payouts", &instruction(1)).await.json();
    let id = mine["id"].as_str().unwrap();

    // Another tenant neither sees nor touches it, and may use the same external id.
    for path in [format!("/v1/payouts/{id}"), "/v1/payouts/creator-1".to_owned()] {
        let hidden = gateway.call("bank-tls", get(&path)).await;
        assert_eq!((hidden.status, hidden.code().as_str()), (404, "not_found"));
    }
    let cancelled = gateway.call("bank-tls", post(&format!("/v1/payouts/{id}/cancel"), &[], "{}")).await;
    assert_eq!(cancelled.status, 404);
    assert_eq!(gateway.call("bank-tls", get("/v1/payouts")).await.json()["items"], json!([]));
    assert_eq!(gateway.call("bank-tls", get("/v1/totals")).await.json(), json!({ "currencies": {} }));
    assert_eq!(gateway.call("bank-tls", get("/v1/changes")).await.json()["items"], json!([]));
    // The two share the debtor account, so that the reference cannot be taken twice; the ids are not the same.
    let theirs = gateway.call("bank-tls", post("/v1/payouts", &[], instruction(1).to_string())).await;
    assert_eq!(theirs.status, 201, "{theirs:?}");
    assert_ne!(theirs.json()["id"], mine["id"]);
    assert_eq!(gateway.get("/v1/payouts").await.json()["items"].as_array().unwrap().len(), 1);

    // The gateway's own certificate is of the same authority and is nobody's client.
    for request in [get("/v1/payouts"), post("/v1/payouts", &[], instruction(2).to_string())] {
        let stranger = gateway.call("gateway-tls", request).await;
        assert_eq!((stranger.status, stranger.code().as_str()), (403, "client.unknown"));
        assert!(stranger.is_problem());
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_missing_is_named() {
    let clients: &[(&str, &str, &[&str])] =
        &[("treasury-tls", "acme", &["read"]), ("bank-tls", "acme", &["submit"])];
    let gateway = Gateway::start(clients).await;
    let submit = || post("/v1/payouts", &[], instruction(1).to_string());
    for (role, request, needed) in [
        ("treasury-tls", submit(), "needed: submit"),
        ("treasury-tls", post("/v1/payouts/creator-1/hold", &[], ""), "needed: operate"),
        ("treasury-tls", post("/v1/documents/house-bank", &[], "<x/>"), "needed: operate"),
        ("bank-tls", get("/v1/payouts"), "needed: read"),
        ("bank-tls", get("/v1/changes"), "needed: read"),
    ] {
        let answer = gateway.call(role, request).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "client.role"));
        assert_eq!(answer.json()["detail"], needed);
    }
    assert_eq!(gateway.call("bank-tls", submit()).await.status, 201);
    assert_eq!(gateway.get("/v1/payouts/creator-1").await.status, 200);
    gateway.stop().await;
}
