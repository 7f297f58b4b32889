//! JSON through the running API: the public suite of parsers, and cases of our own.

use super::gateway::{Answer, Gateway, TREASURY, call, post};
use super::hostile::{cases, recorded};
use super::raw::octets;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Codes of a problem's findings; of many payouts, those of each.
fn codes(answer: &Answer) -> BTreeSet<String> {
    let body = answer.json();
    let items = body["items"].as_array().cloned().unwrap_or_default();
    let of = |value: &Value| value["errors"].as_array().cloned().unwrap_or_default();
    let all = of(&body).into_iter().chain(items.iter().flat_map(of));
    all.filter_map(|error| error["code"].as_str().map(str::to_owned)).collect()
}

fn words(answer: &Answer) -> String {
    let mut words = vec![answer.status.to_string()];
    words.extend(codes(answer));
    if words.len() == 1 {
        words.extend(Some(answer.code()).filter(|code| !code.is_empty()));
    }
    words.join(" ")
}

/// JSONTestSuite: `n_` is no JSON, `y_` is. What `i_` is may be chosen: our choice is a fixture.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_suite_is_read_as_its_names_say() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors/json/test_parsing"));
    if !folder.exists() {
        eprintln!("SKIPPED: {} is absent", folder.display());
        return;
    }
    let chosen: BTreeMap<String, String> = include_str!("../../fixtures/hostile/json-chosen.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, word)| (name.to_owned(), word.to_owned()))
        .collect();
    let gateway = Gateway::start(&[TREASURY]).await;
    let client = gateway.client("treasury-tls");
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let answer = call(&client, post("/v1/payouts", &[], std::fs::read(&path).unwrap())).await;
        assert!(answer.status < 500, "{name}: {answer:?}");
        let refused = codes(&answer).contains("json.syntax");
        let word = if refused { "refused" } else { "read" };
        let expected = match name.as_bytes()[0] {
            b'n' => "refused",
            b'y' => "read",
            _ => chosen.get(&name).map_or("not chosen", String::as_str),
        };
        if word != expected || (refused && (answer.status, answer.code().as_str()) != (400, "body.malformed"))
        {
            wrong.push(format!("{name} {word} {}", words(&answer)));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 318, "{count}");
    assert!(recorded(&gateway).await.is_empty());
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_json_is_refused_in_words() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let client = gateway.client("treasury-tls");
    let (mut wrong, mut paid) = (Vec::new(), 0);
    let cases = cases("json.ndjson");
    for (number, case) in (1..).zip(&cases) {
        let answer = call(&client, post("/v1/payouts", &[], octets(&case["send"], number))).await;
        assert!(answer.status < 500, "{case}: {answer:?}");
        paid += usize::from(answer.status == 201);
        let words = words(&answer);
        if case["expect"] != words {
            wrong.push(format!("{}\t{words}", case["name"].as_str().unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} otherwise:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 80, "{}", cases.len());
    assert_eq!(recorded(&gateway).await.len(), paid);
    gateway.stop().await;
}
