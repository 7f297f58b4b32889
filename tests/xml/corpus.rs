//! Real messages, and every document among the fixtures, in the eyes of three readers: ours, libxml2's and quick-xml's.

use std::path::{Path, PathBuf};

use super::events;
use super::lxml;

/// Longest document taken, in octets: longer ones only repeat themselves.
const DOCUMENT_OCTETS_MAX: u64 = 1_000_000;

fn documents_below(path: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let is_document = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
        if path.is_dir() {
            documents_below(&path, found);
        } else if is_document && path.metadata().unwrap().len() <= DOCUMENT_OCTETS_MAX {
            found.push(path);
        }
    }
}

/// All documents within reach; the corpus of real ones lies beside the repository, where it lies at all.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    documents_below(&root.join("fixtures"), &mut found);
    let corpus = root.join("../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("SKIPPED: {} is absent", corpus.display());
    }
    documents_below(&corpus, &mut found);
    assert!(found.len() > 50, "{} documents", found.len());
    found
}

/// Whether our tolerance goes beyond that of libxml2 here: octets that contradict the announced encoding are a finding
/// to us, and the end to it.
fn is_contradicted(octets: &[u8]) -> bool {
    events::verdict(octets).is_ok_and(|valid| !valid)
}

#[test]
fn real_documents_are_read_as_libxml2_reads_them() {
    let paths = documents();
    let octets: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let Some(said) = lxml::read(&octets) else { return };
    let (mut wrong, mut read) = (Vec::new(), 0);
    for ((path, octets), said) in paths.iter().zip(&octets).zip(&said) {
        let told = events::ours(octets.as_slice(), &said.names);
        match (&told, said.read) {
            (Ok(events), true) if *events == said.events => read += 1,
            (Err(_), false) => {}
            (Ok(_), false) if is_contradicted(octets) => {}
            (Ok(_), _) => wrong.push(format!("{}: read otherwise, libxml2 {:?}", path.display(), said.why)),
            (Err(error), true) => wrong.push(format!("{}: {error}, libxml2 reads it", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 50, "{read} documents read alike");
}

#[test]
fn real_documents_are_read_as_quick_xml_reads_them() {
    let (mut wrong, mut read) = (Vec::new(), 0);
    for path in documents() {
        let octets = std::fs::read(&path).unwrap();
        let Ok(text) = std::str::from_utf8(&octets) else { continue };
        let Ok((theirs, names)) = events::quick_xml(text) else { continue };
        // What we refuse, the other test compares; quick-xml does not check as much.
        match events::ours(octets.as_slice(), &names) {
            Ok(events) if events == theirs => read += 1,
            Ok(_) => wrong.push(format!("{}: read otherwise", path.display())),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 50, "{read} documents read alike");
}
