//! `fixtures/hostile/xml/<case>`: `in.xml` is what is sent, `expected.txt` what each door says of it, with code and place.
//! `UPDATE_FIXTURES=1` rewrites what is expected. Whether a case is well-formed at all, `tests/xml` asks libxml2.

use std::path::{Path, PathBuf};

use super::doors;

/// As many as the sheet of hostile input lists for XML beside the W3C suite.
const CASES_MIN: usize = 300;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile/xml");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

#[test]
fn every_door_says_what_is_expected() {
    let cases = cases();
    assert!(cases.len() >= CASES_MIN, "{} cases", cases.len());
    let update = std::env::var_os("UPDATE_FIXTURES").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for case in &cases {
        let octets = std::fs::read(case.join("in.xml")).unwrap();
        let said = doors::said(&octets);
        let path = case.join("expected.txt");
        if update {
            std::fs::write(&path, &said).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if said != expected {
            let differs = |(said, expected): &(&str, &str)| said != expected;
            let line = said.lines().zip(expected.lines()).find(differs);
            wrong.push(format!("{}: {line:?}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ\n{}", wrong.len(), wrong.join("\n"));
}

/// Nothing that a document names is fetched: the addresses in the cases are those of a port that is watched here.
#[test]
fn nothing_is_fetched() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let here = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (mut tried, file) = (0, tempfile::NamedTempFile::new().unwrap());
    std::fs::write(file.path(), "a secret of this machine").unwrap();
    for case in cases() {
        let octets = std::fs::read(case.join("in.xml")).unwrap();
        let Ok(text) = String::from_utf8(octets) else { continue };
        let aimed = text
            .replace("127.0.0.1:1", &here)
            .replace("/etc/passwd", &file.path().to_string_lossy())
            .replace("\"in.xml\"", &format!("\"{}\"", file.path().display()));
        if aimed == text {
            continue;
        }
        tried += 1;
        let said = doors::said(aimed.as_bytes());
        assert!(!said.contains("a secret of this machine"), "{}: {said}", case.display());
        let knocked = listener.accept();
        assert!(
            knocked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock),
            "{}",
            case.display()
        );
    }
    assert!(tried > 15, "{tried} cases name something to fetch");
}
