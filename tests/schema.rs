//! Message definitions and the walk, against the official definitions, xmllint and a corpus of real messages.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

#[path = "schema/chosen.rs"]
mod chosen;
#[path = "schema/corpus.rs"]
mod corpus;
#[path = "schema/definition.rs"]
mod definition;
#[path = "schema/every.rs"]
mod every;
#[path = "schema/findings.rs"]
mod findings;
#[path = "schema/make.rs"]
mod make;
#[path = "schema/mutants.rs"]
mod mutants;
#[path = "schema/mutate.rs"]
mod mutate;
#[path = "schema/oracle.rs"]
mod oracle;
#[path = "schema/patterns.rs"]
mod patterns;
#[path = "schema/random.rs"]
mod random;
#[path = "schema/strings.rs"]
mod strings;
#[path = "schema/subsets.rs"]
mod subsets;
#[path = "schema/well_formed.rs"]
mod well_formed;

use std::path::{Path, PathBuf};

use girogate::schema::model::Schema;
use girogate::schema::{catalog, restate, xsd};

/// The folder of oracles beside the repository; absent on most machines.
fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(part);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is absent", path.display());
    None
}

fn official(path: &Path) -> Schema {
    let file = std::fs::File::open(path).unwrap();
    match xsd::parse(std::io::BufReader::new(file)) {
        Ok(schema) => schema,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

fn official_paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "xsd"));
    paths.sort();
    paths
}

#[test]
fn every_official_definition_loads() {
    let Some(folder) = shared("xsd") else { return };
    let paths = official_paths(&folder);
    assert_eq!(paths.len(), 197);
    for path in paths {
        let schema = official(&path);
        let id = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(schema.message_id(), id);
        assert!(["Document", "AppHdr", "Xchg"].contains(&schema.root_name()), "{id}");
    }
}

#[test]
fn restating_is_a_fixpoint_and_keeps_the_tables() {
    let Some(folder) = shared("xsd") else { return };
    for path in official_paths(&folder) {
        let schema = official(&path);
        let text = restate::restate(&schema);
        let again = xsd::parse(text.as_bytes()).unwrap();
        assert!(again.tables_equal(&schema), "{}", path.display());
        assert_eq!(restate::restate(&again), text, "{}", path.display());
    }
}

/// What `schemas/` holds is what `restate` makes of the published definitions, and `SOURCES.txt` names all of it.
#[test]
fn shipped_definitions_equal_the_official_ones() {
    let sources = include_str!("../schemas/SOURCES.txt");
    let listed: Vec<&str> = sources.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(listed, catalog::ids().collect::<Vec<_>>());
    for id in catalog::ids() {
        let schema = catalog::by_message_id(id).unwrap();
        let namespace = format!("{}{id}", catalog::NAMESPACE_PREFIX);
        assert_eq!(catalog::by_namespace(&namespace), Some(schema));
    }
    let Some(folder) = shared("xsd") else { return };
    for id in catalog::ids() {
        let path = folder.join(format!("{id}.xsd"));
        let schema = official(&path);
        assert!(catalog::by_message_id(id).unwrap().tables_equal(&schema), "{id}");
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!("{id}.xsd"));
        assert_eq!(std::fs::read_to_string(ours).unwrap(), restate::restate(&schema), "{id}");
    }
}

#[test]
fn the_nearest_definition_is_the_version_itself_or_a_neighbour() {
    let nearest = |kind, version| catalog::nearest(kind, version).map(|(id, _)| id);
    assert_eq!(nearest("camt.054", Some(8)), Some("camt.054.001.08"));
    assert_eq!(nearest("camt.054", Some(5)), Some("camt.054.001.05"));
    assert_eq!(nearest("camt.054", Some(15)), Some("camt.054.001.14"));
    assert_eq!(nearest("camt.054", None), Some("camt.054.001.14"));
    assert_eq!(nearest("pacs.028", Some(4)), Some("pacs.028.001.05"));
    assert_eq!(nearest("pain.002", Some(1)), Some("pain.002.001.03"));
    assert_eq!(nearest("camt.05", Some(8)), None);
    assert_eq!(nearest("seev.031", None), None);
}
