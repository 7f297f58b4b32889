//! gzip and zip: what gzip(1) and zip(1) pack is read as if it were not packed; everything else gets its typed error within
//! bounded memory, and nothing makes us panic.

use std::io::{Cursor, Read, Write};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use girogate::messages::unwrap::fault::ArchiveError;
use girogate::messages::unwrap::gzip::Gzip;
use girogate::messages::unwrap::zip::Archive;
use girogate::messages::unwrap::{Bounds, Seekable};

use super::reading::{Document, read, read_seekable};

pub const REPORT: &str = include_str!("../../fixtures/messages/camt.054.001.08/same-content/in.xml");
pub const STATUS: &str = include_str!("../../fixtures/messages/pain.002.001.10/received-only/in.xml");

pub fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

pub fn deflated(octets: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

/// An entry as a test wants it, right or wrong.
#[derive(Clone)]
pub struct Entry {
    pub name: Vec<u8>,
    pub data: Vec<u8>,
    pub octets: u32,
    pub checksum: u32,
    pub method: u16,
    pub flags: u16,
    pub version: u16,
    pub attributes: u32,
}

pub fn entry(name: &str, content: &[u8]) -> Entry {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    Entry {
        name: name.as_bytes().to_vec(),
        data: deflated(content),
        octets: content.len() as u32,
        checksum: crc.sum(),
        method: 8,
        flags: 0,
        version: 20,
        attributes: 0,
    }
}

fn push(octets: &mut Vec<u8>, halves: &[u16]) {
    halves.iter().for_each(|half| octets.extend(half.to_le_bytes()));
}

/// Writes an archive. Source: PKWARE APPNOTE, section 4.3.
pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut octets, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = octets.len() as u32;
        let mut both = Vec::new();
        push(&mut both, &[20, entry.flags, entry.method, 0, 0]);
        both.extend(entry.checksum.to_le_bytes());
        both.extend((entry.data.len() as u32).to_le_bytes());
        both.extend(entry.octets.to_le_bytes());
        push(&mut both, &[entry.name.len() as u16, 0]);
        octets.extend(b"PK\x03\x04");
        octets.extend(&both);
        octets.extend(&entry.name);
        octets.extend(&entry.data);
        directory.extend(b"PK\x01\x02");
        push(&mut directory, &[entry.version]);
        directory.extend(&both);
        push(&mut directory, &[0, 0, 0]);
        directory.extend(entry.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&entry.name);
    }
    let offset = octets.len() as u32;
    octets.extend(&directory);
    octets.extend(b"PK\x05\x06");
    push(&mut octets, &[0, 0, entries.len() as u16, entries.len() as u16]);
    octets.extend((directory.len() as u32).to_le_bytes());
    octets.extend(offset.to_le_bytes());
    push(&mut octets, &[0]);
    octets
}

pub fn codes(octets: &[u8]) -> Vec<String> {
    let (documents, _) = read_seekable(octets);
    documents.iter().flat_map(Document::codes).map(str::to_owned).collect()
}

#[test]
fn packed_is_read_like_plain() {
    let (plain, _) = read(REPORT.as_bytes());
    for packed in
        [gzip(REPORT.as_bytes()), [gzip(&REPORT.as_bytes()[..500]), gzip(&REPORT.as_bytes()[500..])].concat()]
    {
        for (documents, parsed) in [read(&packed), read_seekable(&packed)] {
            assert_eq!(documents, plain);
            assert!(parsed.stopped.is_none());
        }
    }
    let mut padded = gzip(REPORT.as_bytes());
    padded.extend([0; 700]);
    assert_eq!(read(&padded).0, plain);
    let archive = zip(&[
        entry("a/", b""),
        entry("a/one.xml", REPORT.as_bytes()),
        entry("../../two.xml", STATUS.as_bytes()),
    ]);
    for (documents, parsed) in [read(&archive), read_seekable(&archive)] {
        assert!(parsed.stopped.is_none());
        let files: Vec<&str> = documents.iter().map(Document::file).collect();
        assert_eq!(files, ["in!a/one.xml", "in!../../two.xml"], "a name is shown, never used");
        assert_eq!(documents[0].records, plain[0].records);
        assert_eq!(documents[1].records, read(STATUS.as_bytes()).0[0].records);
        assert!(documents.iter().all(Document::is_valid));
    }
}

#[test]
fn what_zip_and_gzip_pack_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.xml"), REPORT).unwrap();
    std::fs::write(folder.path().join("zwei-ü.xml"), STATUS).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let ran =
            Command::new(program).args(arguments).current_dir(folder.path()).stdout(Stdio::piped()).output();
        if ran.is_err() {
            eprintln!("SKIPPED: {program} is not installed");
        }
        ran.ok().filter(|output| output.status.success()).map(|output| output.stdout)
    };
    if let Some(packed) = run("gzip", &["-c", "one.xml"]) {
        assert_eq!(read(&packed).0[0].records, read(REPORT.as_bytes()).0[0].records);
    }
    for arguments in [["-q", "a.zip"], ["-q0", "b.zip"], ["-qfz", "c.zip"], ["-q9", "d.zip"]] {
        let all = [&arguments[..], &["one.xml", "zwei-ü.xml"]].concat();
        if run("zip", &all).is_some() {
            let (documents, _) = read_seekable(&std::fs::read(folder.path().join(arguments[1])).unwrap());
            assert_eq!(documents.len(), 2, "{arguments:?} {documents:#?}");
            assert!(documents.iter().all(Document::is_valid), "{arguments:?} {documents:#?}");
        }
    }
    // Written to a pipe, sizes and checksum stand behind the data.
    if let Some(packed) = run("zip", &["-q", "-", "one.xml"]) {
        assert!(read(&packed).0[0].is_valid());
    }
    if run("zip", &["-q", "-P", "secret", "e.zip", "one.xml"]).is_some() {
        assert_eq!(codes(&std::fs::read(folder.path().join("e.zip")).unwrap()), ["archive.encrypted"]);
    }
}

#[test]
fn what_is_not_opened_is_named() {
    let good = entry("a.xml", REPORT.as_bytes());
    let broken = |change: &dyn Fn(&mut Entry)| {
        let mut entry = good.clone();
        change(&mut entry);
        // The next entry is read all the same.
        let found = codes(&zip(&[entry, good.clone()]));
        let (last, others) =
            found.split_last().map(|(last, others)| (last.clone(), others.to_vec())).unwrap_or_default();
        if last == "archive.duplicate_name" { others } else { found }
    };
    assert_eq!(broken(&|entry| entry.flags = 1), ["archive.encrypted"]);
    assert_eq!(broken(&|entry| entry.method = 12), ["archive.method"]);
    assert_eq!(broken(&|entry| entry.method = 4711), ["archive.method"]);
    assert_eq!(
        broken(&|entry| (entry.version, entry.attributes) = (3 << 8, 0o120_777 << 16)),
        ["archive.entry"]
    );
    assert_eq!(broken(&|entry| entry.checksum ^= 1), ["archive.checksum"]);
    assert_eq!(broken(&|entry| entry.octets -= 1), ["archive.damaged"]);
    assert_eq!(broken(&|entry| entry.octets += 1), ["archive.damaged"]);
    assert_eq!(broken(&|entry| entry.data.push(0)), ["archive.damaged"]);
    assert_eq!(codes(&zip(&[entry("a.gz", &gzip(REPORT.as_bytes()))])), ["archive.nested"]);
    assert_eq!(codes(&zip(&[entry("a.zip", &zip(std::slice::from_ref(&good)))])), ["archive.nested"]);
    assert_eq!(codes(&gzip(&zip(std::slice::from_ref(&good)))), ["archive.nested"]);
    let mut tar = vec![b'x'; 1024];
    tar[257..262].copy_from_slice(b"ustar");
    assert_eq!(codes(&gzip(&tar)), ["archive.nested"]);
    assert_eq!(codes(&tar), ["archive.unsupported"]);
    for mark in [
        &b"BZh91AY"[..],
        b"\xFD7zXZ\x00",
        b"\x28\xB5\x2F\xFD",
        b"7z\xBC\xAF\x27\x1C",
        b"-----BEGIN PGP MESSAGE-----",
    ] {
        assert_eq!(codes(mark), ["archive.unsupported"]);
    }
    assert_eq!(codes(&zip(&[])), ["archive.empty"]);
    assert_eq!(codes(&zip(&[entry("a/", b"")])), ["archive.empty"]);
    assert_eq!(codes(&[gzip(REPORT.as_bytes()), b"rest".to_vec()].concat()), ["archive.damaged"]);
    let two = zip(&[good.clone(), good.clone()]);
    let (documents, _) = read_seekable(&two);
    assert_eq!(documents.iter().filter(|document| !document.records.is_empty()).count(), 2, "both are read");
    assert_eq!(codes(&two), ["archive.duplicate_name"]);
}

#[test]
fn bombs_are_refused_early() {
    let many: Vec<Entry> = (0..10_000).map(|number| entry(&format!("{number}.xml"), b"<a/>")).collect();
    assert_eq!(codes(&zip(&many)), ["archive.limit"]);
    // An endless first element: XML alone would not stop it before the bound of a text.
    let mut blank = b"<?xml version='1.0'?><a>".to_vec();
    blank.resize(32 << 20, b' ');
    let bomb = gzip(&blank);
    assert!(bomb.len() < 64 << 10);
    let mut inflated = Gzip::new(bomb.as_slice(), Bounds::default());
    let mut read = 0;
    let mut buffer = vec![0; 64 * 1024];
    let error = loop {
        match inflated.read(&mut buffer) {
            Ok(0) => panic!("the bomb went off"),
            Ok(octets) => read += octets,
            Err(error) => break error,
        }
    };
    assert!(matches!(ArchiveError::of(&error), Some(ArchiveError::Limit { .. })), "{error}");
    assert!(read <= 5 << 20, "{read} octets before it was refused");
    let bounds = Bounds { inflated_octets_max: 1000, ..Bounds::default() };
    let packed = gzip(&vec![b'x'; 1001]);
    assert!(Gzip::new(packed.as_slice(), bounds).read_to_end(&mut Vec::new()).is_err());
    let packed = gzip(&vec![b'x'; 1000]);
    assert!(Gzip::new(packed.as_slice(), bounds).read_to_end(&mut Vec::new()).is_ok());
}

#[test]
fn one_entry_may_not_stand_for_many() {
    // All names point at the data of the first.
    let mut octets =
        zip(&(0..50).map(|number| entry(&format!("{number:02}.xml"), REPORT.as_bytes())).collect::<Vec<_>>());
    let mut at = 0;
    while let Some(found) = octets[at..].windows(4).position(|four| four == b"PK\x01\x02") {
        at += found + 4;
        octets[at + 38..at + 42].fill(0);
    }
    assert_eq!(codes(&octets), ["archive.damaged"]);
}

#[test]
fn totals_count_over_all_entries() {
    let bounds = Bounds { inflated_octets_max: 3 * REPORT.len() as u64, ..Bounds::default() };
    let octets =
        zip(&(0..4).map(|number| entry(&format!("{number}.xml"), REPORT.as_bytes())).collect::<Vec<_>>());
    let mut input = Cursor::new(octets);
    let mut archive = Archive::open(&mut input as &mut dyn Seekable, bounds).unwrap();
    let entries = archive.entries().to_vec();
    let read: Vec<bool> = entries
        .iter()
        .map(|entry| archive.member(entry).unwrap().read_to_end(&mut Vec::new()).is_ok())
        .collect();
    assert_eq!(read, [true, true, true, false]);
}

#[test]
fn truncated_or_flipped_octets_get_an_error_and_never_a_panic() {
    let packed = gzip(REPORT.as_bytes());
    let archive = zip(&[entry("a.xml", REPORT.as_bytes()), entry("b.xml", STATUS.as_bytes())]);
    for octets in [&packed, &archive] {
        // From its second octet on the mark is there.
        for length in 4..octets.len() {
            let found = codes(&octets[..length]);
            assert!(found.iter().any(|code| code.starts_with("archive.")), "cut at {length}: {found:?}");
        }
    }
    let whole = read_seekable(&archive).0;
    let mut unnoticed = Vec::new();
    for octets in [&packed, &archive] {
        for at in 0..octets.len() {
            for bit in [0x01, 0x80] {
                let mut flipped = octets.clone();
                flipped[at] ^= bit;
                let (documents, parsed) = read_seekable(&flipped);
                if parsed.deviations == 0
                    && documents.iter().map(|read| &read.records).ne(whole.iter().map(|read| &read.records))
                    && octets.len() == archive.len()
                {
                    unnoticed.push(at);
                }
            }
        }
    }
    assert_eq!(unnoticed, Vec::<usize>::new(), "other records without a word");
}
