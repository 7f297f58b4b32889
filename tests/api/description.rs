//! `openapi.json` against the table of routes, and its own structure: what it refers to exists, what it says is whole.

use super::gateway::{Gateway, TREASURY, instruction};
use girogate::domain::lifecycle::STATES;
use girogate::engine::intake::draft::MEMBERS;
use girogate::faces::api::{OPENAPI, ROUTES};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_ascii_uppercase(), path.clone(), operation.clone()));
        }
    }
    operations
}

#[test]
fn routes_and_description_are_the_same() {
    let described: BTreeSet<(String, String)> =
        operations(&document()).into_iter().map(|(method, path, _)| (method, path)).collect();
    let routed: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(described, routed);
    assert_eq!(ROUTES.len(), routed.len(), "a route stands twice");
}

#[test]
fn it_is_openapi() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path}")).to_owned();
        assert!(ids.insert(id), "{method} {path}: operationId stands twice");
        let responses = operation["responses"].as_object().unwrap();
        assert!(!responses.is_empty());
        for (status, response) in responses {
            assert!(
                status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)),
                "{path} {status}"
            );
            let response = follow(&document, response);
            assert!(response["description"].is_string(), "{method} {path} {status}");
        }
        let wanted: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let within = |parameter: &&Value| parameter["in"] == "path";
        let given: BTreeSet<&str> =
            parameters.iter().filter(within).map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(wanted, given, "{method} {path}");
        assert!(parameters.iter().filter(within).all(|parameter| parameter["required"] == true), "{path}");
    }
}

/// The object that a reference names, or the object itself.
fn follow<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

#[test]
fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let document = document();
    let mut used = BTreeSet::new();
    collect(&document, &mut used);
    for reference in &used {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(used.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is never used");
        }
    }
}

fn collect(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            used.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| collect(value, used));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, used)),
        _ => {}
    }
}

#[test]
fn states_and_members_are_those_of_the_program() {
    let document = document();
    let states: Vec<&str> = STATES.iter().map(|row| row.name).collect();
    assert_eq!(document["components"]["schemas"]["State"]["enum"], json!(states));
    for member in MEMBERS {
        let mut at = &document["components"]["schemas"]["Instruction"];
        for part in member.name.split('.') {
            at = follow(&document, at);
            let branch =
                at["oneOf"].as_array().and_then(|forms| forms.iter().find(|form| form["type"] == "object"));
            let at_branch = branch.unwrap_or(at);
            at = if part.parse::<usize>().is_ok() { &at["items"] } else { &at_branch["properties"][part] };
            assert!(!at.is_null(), "{} is not described", member.name);
        }
    }
}

/// Every member of an answer is described: an answer that grows without its description fails here.
fn described(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = follow(document, schema);
    let parts: Vec<&Value> = schema["allOf"]
        .as_array()
        .map_or(vec![schema], |all| all.iter().map(|part| follow(document, part)).collect());
    match value {
        Value::Object(members) => {
            let free = parts.iter().any(|part| part["additionalProperties"].is_object());
            for (name, member) in members {
                let known = parts
                    .iter()
                    .map(|part| follow(document, part))
                    .flat_map(|part| [vec![part], inner(document, part)].concat())
                    .find_map(|part| part["properties"].get(name));
                match known {
                    Some(known) => described(document, known, member, &format!("{at}/{name}")),
                    None => assert!(free, "{at}/{name} is not described"),
                }
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| described(document, &schema["items"], item, &format!("{at}/0")));
        }
        _ => {}
    }
}

fn inner<'d>(document: &'d Value, part: &'d Value) -> Vec<&'d Value> {
    part["allOf"].as_array().map_or(Vec::new(), |all| all.iter().map(|part| follow(document, part)).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_no_member_that_is_not_described() {
    let gateway = Gateway::start(&[TREASURY]).await;
    let document = document();
    let rows = json!({ "payouts": [instruction(1), instruction(1), { "external_id": "x" }] });
    let submitted = gateway.post("/v1/payouts", &rows).await.json();
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    described(&document, &schema("SubmittedMany"), &submitted, "SubmittedMany");
    for (path, name) in [
        ("/v1/payouts", "PayoutPage"),
        ("/v1/payouts/creator-1", "Found"),
        ("/v1/totals", "Totals"),
        ("/v1/changes", "Changes"),
        ("/v1/exceptions", "ExceptionPage"),
        ("/v1/entries", "EntryPage"),
        ("/v1/reports/day/2099-01-01?account=main-eur", "Day"),
        ("/v1/payouts/nothing", "Problem"),
    ] {
        described(&document, &schema(name), &gateway.get(path).await.json(), name);
    }
    let served = gateway.get("/v1/openapi.json").await;
    assert_eq!((served.status, served.json()), (200, document));
    gateway.stop().await;
}
