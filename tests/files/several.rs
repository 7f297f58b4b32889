//! Several files in one call: whatever core a file is worked on, what appears is what calls with one file each give.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FILES: usize = 400;

fn girogate(arguments: &[&str], fed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_girogate"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let fed = fed.to_owned();
    let feeding = std::thread::spawn(move || drop(stdin.write_all(fed.as_bytes())));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

/// Statements of one entry each; the third file has so many that its output comes to several megabytes.
fn statements(folder: &Path) -> Vec<PathBuf> {
    let path = |number: usize| folder.join(format!("{number:04}.xml"));
    for number in 0..FILES {
        let entries = if number == 2 { 20_000 } else { 1 };
        let entry = format!(
            "<Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BkTxCd/></Ntry>"
        );
        let text = format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M{number}</MsgId><CreDtTm>2025-03-14T06:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>{number}</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>{}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>",
            entry.repeat(entries)
        );
        fs::write(path(number), text).unwrap();
    }
    (0..FILES).map(path).collect()
}

#[test]
fn what_appears_is_what_each_file_alone_gives_in_the_order_of_the_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = statements(folder.path());
    files.insert(7, folder.path().join("absent.xml"));
    let names: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let listed = names.join("\n");
    for command in ["parse", "validate"] {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        // A few of them alone: a process for each is what takes the time.
        for name in &names[..40] {
            let alone = girogate(&[command, name], "");
            out.extend(alone.stdout);
            err.extend(alone.stderr);
        }
        let arguments: Vec<&str> = [command].into_iter().chain(names.iter().copied()).collect();
        let at_once = girogate(&arguments, "");
        assert_eq!(at_once.status.code(), Some(2), "a file is missing");
        assert!(at_once.stdout.starts_with(&out), "{command}: not what each file alone gives");
        assert_eq!(String::from_utf8_lossy(&at_once.stderr), String::from_utf8_lossy(&err));
        let from_list = girogate(&[command, "--files-from", "-"], &listed);
        assert_eq!(from_list.stdout, at_once.stdout, "{command}: a list gives something else");
        assert_eq!(from_list.status.code(), Some(2));
        let documents = String::from_utf8(at_once.stdout).unwrap();
        let word = if command == "parse" { "\"record\":\"verdict\"" } else { ".xml: " };
        assert_eq!(documents.lines().filter(|line| line.contains(word)).count(), FILES, "{command}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let files = statements(folder.path());
    let listed: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let mut child = Command::new(env!("CARGO_BIN_EXE_girogate"))
        .args(["parse", "--files-from", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let fed = child.stdin.take().unwrap().write_all(listed.join("\n").as_bytes());
    assert!(fed.is_ok() || fed.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe));
    assert!(matches!(child.wait().unwrap().code(), Some(0 | 1)), "a closed pipe is no failure");
}

#[test]
fn a_list_is_read_with_care() {
    let folder = tempfile::tempdir().unwrap();
    let files = statements(folder.path());
    let name = files[0].to_str().unwrap();
    let list = folder.path().join("list");
    // Blank lines, CRLF and a last line without line feed.
    fs::write(&list, format!("\n{name}\r\n\n{name}")).unwrap();
    let twice = girogate(&["parse", name, "--files-from", list.to_str().unwrap()], "");
    let once = girogate(&["parse", name], "");
    assert_eq!(twice.stdout, once.stdout.repeat(3));
    assert_eq!(twice.status.code(), once.status.code());
    assert_eq!(girogate(&["parse"], "").status.code(), Some(2));
    assert_eq!(girogate(&["parse", "--files-from", "/absent"], "").status.code(), Some(2));
    let long = girogate(&["parse", "--files-from", "-"], &format!("{name}\n{}", "x".repeat(40_000)));
    assert_eq!(long.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&long.stderr).contains("input.list"));
    assert_eq!(long.stdout, once.stdout);
    // Nothing to do is done.
    assert_eq!(girogate(&["parse", "--files-from", "-"], "").status.code(), Some(0));
}
