//! Migrations of every valid pain.001 of the corpus to every version: libxml2 must call the result valid, and an independent
//! lxml script must find the same payment facts in it, those aside that were reported lost. Without lxml the tests say so and skip.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use girogate::messages::migrate::change::{Became, Change};
use girogate::messages::migrate::{MigrateError, Migrated, migrate};
use girogate::messages::validate::validate_file;
use girogate::schema::catalog;
use serde_json::Value;

use super::{ROOT, corpus, oracle};

fn migrated(octets: &[u8], to: &str) -> Result<(Migrated, Vec<u8>), MigrateError> {
    let mut out = Vec::new();
    let target = catalog::by_message_id(to).unwrap();
    migrate(octets, target, &mut out).map(|migrated| (migrated, out))
}

/// What the script says of files, each judged by a schema of ours or by none.
fn facts(pairs: &[(PathBuf, String)]) -> Option<Vec<Value>> {
    let schema = |id: &str| match id {
        "" => String::new(),
        id => Path::new(ROOT).join(format!("schemas/{id}.xsd")).display().to_string(),
    };
    let lines: String =
        pairs.iter().map(|(file, id)| format!("{}\t{}\n", file.display(), schema(id))).collect();
    oracle("payment_facts.py", &[], lines)
}

/// Facts of one document and not of the other, each as often as it is missing.
fn missing(from: &Value, to: &Value) -> Vec<String> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for fact in from["facts"].as_array().unwrap() {
        *counts.entry(fact.to_string()).or_default() += 1;
    }
    for fact in to["facts"].as_array().unwrap() {
        *counts.entry(fact.to_string()).or_default() -= 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 0).map(|(fact, _)| fact).collect()
}

/// The last names of everything that was reported lost: what stands below one of them may be missing.
fn lost_names(changes: &[Change]) -> Vec<String> {
    let lost = changes.iter().filter(|change| change.became == Became::Lost);
    lost.map(|change| change.path.rsplit('/').next().unwrap().to_owned()).collect()
}

fn run(kind: &str, versions: std::ops::RangeInclusive<u32>) {
    let Some(files) = corpus(&[kind]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut pairs, mut cases, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for file in &files {
        let octets = fs::read(file).unwrap();
        for version in versions.clone() {
            let to = format!("{kind}.001.{version:02}");
            let (result, out) = match migrated(&octets, &to) {
                Ok(result) => result,
                Err(MigrateError::Invalid(_)) => continue,
                Err(error) => panic!("{} to {to}: {error}", file.display()),
            };
            let verdict = validate_file(out.as_slice(), None);
            if !verdict.verdict.valid {
                // What the target demands and the source lacks is no fault of ours; it must be an absence.
                let first = &verdict.deviations[0];
                assert_eq!(first.code, "schema.missing_element", "{} to {to}: {first:?}", file.display());
                refused.push(format!("{} to {to}: {} ({})", file.display(), first.text, first.path));
                continue;
            }
            let copy = folder.path().join(format!("{}.xml", cases.len()));
            fs::write(&copy, &out).unwrap();
            pairs.push((file.clone(), String::new()));
            pairs.push((copy, to.clone()));
            cases.push((format!("{} to {to}", file.display()), result));
        }
    }
    let Some(found) = facts(&pairs) else { return };
    let mut wrong = Vec::new();
    for ((name, result), pair) in cases.iter().zip(found.chunks(2)) {
        let [before, after] = pair else { unreachable!() };
        if after["valid"] != true {
            wrong.push(format!("{name}: libxml2: {}", after["errors"]));
        }
        let lost = lost_names(&result.changes);
        let unexplained: Vec<String> = missing(before, after)
            .into_iter()
            .filter(|fact| {
                !lost
                    .iter()
                    .any(|name| fact.contains(&format!("{name}/")) || fact.contains(&format!("{name}\"")))
            })
            .collect();
        let invented = missing(after, before);
        let invented: Vec<&String> = invented.iter().filter(|_| result.lost == 0).collect();
        if !unexplained.is_empty() || !invented.is_empty() {
            wrong.push(format!("{name}: missing {unexplained:?}, invented {invented:?}"));
        }
        if result.lost == 0 {
            assert!(lost.is_empty());
        }
    }
    let whole = cases.iter().filter(|(_, result)| result.lost == 0).count();
    eprintln!(
        "{kind}: {} migrations, {whole} without loss, {} refused by the target",
        cases.len(),
        refused.len()
    );
    refused.iter().take(5).for_each(|refused| eprintln!("  {refused}"));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases.len() > 20, "{kind}: only {} migrations", cases.len());
}

#[test]
fn every_order_of_the_corpus_goes_to_every_version() {
    run("pain.001", 3..=13);
}

#[test]
fn statements_and_status_reports_go_to_every_version() {
    run("camt.053", 2..=14);
    run("pain.002", 3..=15);
}
