//! Work with files: what is proved of a report, what two documents say, copies without names, other versions, many files at once.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod anonymise;
mod compare;
mod migrate;
mod prove;
mod several;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn sha_256(octets: &[u8]) -> [u8; 32] {
    ring::digest::digest(&ring::digest::SHA256, octets).as_ref().try_into().unwrap()
}

/// Documents of the corpus of these messages, by the beginnings of their names; none, said aloud, without ../shared.
fn corpus(messages: &[&str]) -> Option<Vec<PathBuf>> {
    let folder = Path::new(ROOT).join("../shared/corpus");
    if !folder.exists() {
        eprintln!("SKIPPED: ../shared/corpus is not here; none of it was looked at");
        return None;
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() && messages.iter().any(|message| name.starts_with(message)) {
            files.extend(fs::read_dir(entry).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    files.sort();
    Some(files)
}

/// What a script of tests/oracle says of some lines, a JSON text a line; nothing, said aloud, without Python and lxml.
fn oracle(script: &str, arguments: &[&str], lines: String) -> Option<Vec<Value>> {
    let child = Command::new("/usr/bin/python3")
        .arg(Path::new(ROOT).join("tests/oracle").join(script))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: no /usr/bin/python3; nothing was compared");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let written = writer.join().unwrap();
    if errors.contains("No module named 'lxml'") {
        eprintln!("SKIPPED: python3 has no lxml; nothing was compared");
        return None;
    }
    assert!(output.status.success(), "{errors}");
    written.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    Some(said.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}
