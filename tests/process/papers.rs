//! What gateway and bank have written, read without their help: the bank's journal line by line, the gateway's
//! documents straight from its database and folder, judged by xmllint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// How often each end-to-end identification was debited.
pub fn debits(journal: &Path) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(journal).unwrap();
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["is"] == "posting" && line["kind"] == "payment" {
            *found.entry(line["end_to_end_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    found.into_iter().collect()
}

/// The store's database, as SQLite sees it.
pub fn database(data_dir: &Path) -> Connection {
    let path = data_dir.join("store.sqlite3");
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
}

/// Every document of the gateway: rows of the database and files of the folder.
pub fn documents(data_dir: &Path) -> Vec<Vec<u8>> {
    let connection = database(data_dir);
    let mut statement = connection.prepare("SELECT octets FROM document_body").unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let mut found: Vec<Vec<u8>> = rows.map(Result::unwrap).collect();
    let folders = std::fs::read_dir(data_dir.join("documents")).into_iter().flatten();
    for folder in folders.map(|folder| folder.unwrap().path()).filter(|path| path.is_dir()) {
        for file in std::fs::read_dir(folder).unwrap() {
            found.push(std::fs::read(file.unwrap().path()).unwrap());
        }
    }
    found
}

/// Message name of a document in an ISO 20022 namespace.
fn kind(octets: &[u8]) -> Option<String> {
    const SPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";
    let head = String::from_utf8_lossy(&octets[..octets.len().min(2_000)]).into_owned();
    let (_, after) = head.split_once(SPACE)?;
    let name = after.split(['"', '\'']).next()?.to_owned();
    head.trim_start_matches('\u{feff}').trim_start().starts_with('<').then_some(name)
}

/// Writes the messages into `dir` and lets xmllint judge them; returns how many of each kind there were.
pub fn judged(data_dir: &Path, dir: &Path) -> BTreeMap<String, usize> {
    let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    std::fs::create_dir_all(dir).unwrap();
    for (number, octets) in documents(data_dir).into_iter().enumerate() {
        let Some(kind) = kind(&octets) else { continue };
        let path = dir.join(format!("{number}.xml"));
        std::fs::write(&path, octets).unwrap();
        files.entry(kind).or_default().push(path);
    }
    let official = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/xsd"));
    let own = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas"));
    if !official.is_dir() {
        eprintln!("SKIPPED: ../shared/xsd is not here; the restated definitions judge instead");
    }
    let folder = if official.is_dir() { official } else { own };
    let counts = files.iter().map(|(kind, paths)| (kind.clone(), paths.len())).collect();
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("SKIPPED: xmllint is not installed; no document was judged");
        return counts;
    }
    for (kind, paths) in files {
        let schema = folder.join(format!("{kind}.xsd"));
        assert!(schema.is_file(), "no definition of {kind}");
        let judged =
            Command::new("xmllint").arg("--noout").arg("--schema").arg(schema).args(paths).output().unwrap();
        assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    }
    counts
}
