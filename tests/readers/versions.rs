//! Every shipped definition of every message: documents made from the definition alone are read as an XPath script reads
//! them. `GIROGATE_DOCUMENTS_PER_VERSION` makes more of them than three; `GIROGATE_SEED` others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::{ROOT, compare, documents, fixture_cases, oracle, shared};

/// Documents of every definition, by name; none, said aloud, without Python and lxml. Both tests read the same ones.
fn made() -> Option<&'static Vec<PathBuf>> {
    static MADE: OnceLock<Option<Vec<PathBuf>>> = OnceLock::new();
    MADE.get_or_init(make).as_ref()
}

fn make() -> Option<Vec<PathBuf>> {
    let seed = std::env::var("GIROGATE_SEED").unwrap_or_else(|_| "1".to_owned());
    let count = std::env::var("GIROGATE_DOCUMENTS_PER_VERSION").unwrap_or_else(|_| "3".to_owned());
    eprintln!("seed {seed}, {count} documents of each definition");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents-of-every-version");
    fs::create_dir_all(&folder).unwrap();
    let output = Command::new("/usr/bin/python3")
        .arg(Path::new(ROOT).join("tests/oracle/make_documents.py"))
        .arg(Path::new(ROOT).join("schemas"))
        .arg(&folder)
        .args([seed, count])
        .output();
    let Ok(output) = output else {
        eprintln!("SKIPPED: no /usr/bin/python3; nothing was made");
        return None;
    };
    if String::from_utf8_lossy(&output.stderr).contains("No module named 'lxml'") {
        eprintln!("SKIPPED: python3 has no lxml; nothing was made");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    Some(names.lines().map(PathBuf::from).collect())
}

#[test]
fn every_version_of_every_message_reads_as_an_xpath_script_reads_it() {
    let Some(files) = made() else { return };
    let versions: BTreeSet<_> = files.iter().map(|file| version_of(file)).collect();
    assert!(versions.len() >= 141, "only {} definitions", versions.len());
    let schemas = shared("xsd").unwrap_or_else(|| Path::new(ROOT).join("schemas"));
    let Some(expected) = oracle(files, &schemas) else { return };
    let mut differences = Vec::new();
    let mut records = BTreeMap::new();
    for (file, expected) in files.iter().zip(&expected) {
        assert!(expected.get("error").is_none(), "{expected}");
        differences.extend(compare(file, expected));
        for document in expected["documents"].as_array().unwrap() {
            assert_eq!(document["valid"], true, "{}", file.display());
            for record in document["records"].as_array().unwrap() {
                *records.entry(record["record"].as_str().unwrap().to_owned()).or_insert(0_u64) += 1;
            }
        }
    }
    eprintln!("{} definitions, {} documents, records {records:?}", versions.len(), files.len());
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

fn version_of(file: &Path) -> String {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    name.rsplit_once('-').unwrap().0.to_owned()
}

/// Each kind of record, and each member that holds objects (`…reasons`), with its members.
fn collect(place: &str, value: &Value, seen: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members.iter().filter(|(name, _)| *name != "record") {
                seen.entry(place.to_owned()).or_default().insert(name.clone());
                collect(&format!("…{name}"), inner, seen);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(place, item, seen)),
        _ => {}
    }
}

/// What `docs/records.md` says: its rows are those that begin with a name.
fn page() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/records.md")).unwrap();
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.split('|').skip(1);
        let kind = cells.next().unwrap().trim().trim_matches('`').to_owned();
        let members = cells.next().unwrap().split('`').skip(1).step_by(2).map(str::to_owned);
        named.entry(kind).or_default().extend(members);
    }
    named
}

/// `docs/records.md` names each kind of record and its members: no more and no fewer than documents of every version, with
/// the fixtures, give.
#[test]
fn the_page_of_records_names_what_the_readers_give() {
    let Some(mut files) = made().cloned() else { return };
    files.extend(fixture_cases().iter().map(|case| case.join("in.xml")));
    let mut seen = BTreeMap::new();
    for file in files {
        let name = file.display().to_string();
        let (found, _) = documents(fs::read(&file).unwrap().as_slice(), &name);
        for document in found {
            let all = [&document.head, &document.verdict];
            for record in
                all.into_iter().chain(&document.headers).chain(&document.records).chain(&document.deviations)
            {
                collect(record["record"].as_str().unwrap(), record, &mut seen);
            }
        }
    }
    let named = page();
    let lacking = beyond(&seen, &named);
    assert!(lacking.is_empty(), "docs/records.md lacks {lacking:#?}");
    // Documents of another seed need not show every member.
    if std::env::var_os("GIROGATE_SEED").is_none() {
        let idle = beyond(&named, &seen);
        assert!(idle.is_empty(), "docs/records.md names what nothing gives: {idle:#?}");
    }
}

/// What the first has and the second has not.
fn beyond(
    first: &BTreeMap<String, BTreeSet<String>>,
    second: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (kind, members) in first {
        let known = second.get(kind).cloned().unwrap_or_default();
        found.extend(members.difference(&known).map(|member| format!("{kind}: {member}")));
    }
    found
}
