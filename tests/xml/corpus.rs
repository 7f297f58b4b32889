//! Real messages, and every document among the fixtures, in the eyes of three readers: ours, libxml2's and quick-xml's.

use std::path::{Path, PathBuf};

use super::events;
use super::lxml;

/// Longest document taken, in octets: longer ones only repeat themselves.
const DOCUMENT_OCTETS_MAX: u64 = 1_000_000;

/// Made cases in which libxml2 goes its own way, each with its reason.
const OTHERWISE: &[(&str, &str)] = &[
    ("character-reference-more-zeros-than-sense", "we bound the length of a reference"),
    ("character-nul-behind-document", "libxml2 stops at NUL as at the end"),
    ("declaration-version-point", "libxml2 reads `1.` as a version"),
    ("encoding-latin-1-holds-windows", "we read Windows-1252 there, with the note encoding.assumed"),
    ("encoding-mark-and-latin-1", "we believe the mark, libxml2 the declaration"),
    ("encoding-utf-16-odd-octet", "libxml2 leaves half a character unread"),
    ("namespace-with-line-end", "libxml2 checks that a namespace is a URI"),
    ("namespace-with-space", "libxml2 checks that a namespace is a URI"),
    ("namespace-with-trailing-space", "libxml2 checks that a namespace is a URI"),
];

/// Made cases that quick-xml reads otherwise, each with its reason.
const OTHERWISE_QUICK: &[(&str, &str)] = &[
    ("encoding-latin-1-declared-but-utf-8", "it was given the octets as UTF-8"),
    ("namespace-with-line-end", "it does not normalise the name of a namespace"),
];

fn is_listed(list: &[(&str, &str)], path: &Path) -> bool {
    path.parent().is_some_and(|case| list.iter().any(|(name, _)| case.ends_with(name)))
}

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
    let read = |path: PathBuf| (std::fs::read(&path).unwrap(), path);
    let all = documents().into_iter().map(read);
    // Entities would be expanded, and some of these do not end.
    let (octets, paths): (Vec<Vec<u8>>, Vec<PathBuf>) =
        all.filter(|(octets, _)| memchr::memmem::find(octets, b"<!ENTITY").is_none()).unzip();
    let Some(said) = lxml::read(&octets) else { return };
    let (mut wrong, mut read) = (Vec::new(), 0);
    for ((path, octets), said) in paths.iter().zip(&octets).zip(&said) {
        let told = events::ours(octets.as_slice(), &said.names);
        match (&told, said.read) {
            (Ok(events), true) if *events == said.events => read += 1,
            (Err(_), false) => {}
            (Ok(_), false) if is_contradicted(octets) => {}
            (Ok(_), _) if is_listed(OTHERWISE, path) => {}
            (Ok(_), _) => wrong.push(format!("{}: read otherwise, libxml2 {:?}", path.display(), said.why)),
            _ if is_listed(OTHERWISE, path) => {}
            // What we refuse by design, or bound more tightly.
            (Err(error), true) if matches!(error.code(), "xml.limit" | "xml.encoding") => {}
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
            Ok(_) if is_listed(OTHERWISE_QUICK, &path) => {}
            Ok(_) => wrong.push(format!("{}: read otherwise", path.display())),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 50, "{read} documents read alike");
}
