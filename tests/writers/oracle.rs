//! xmllint and the official schemas, which judge what we write. Never our own code.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A file or folder of the oracles beside the project, or `None`, loudly, where they are not at hand.
pub fn shared(path: &str) -> Option<PathBuf> {
    let project = env!("CARGO_MANIFEST_DIR");
    // A linked working tree lies one folder deeper than the project.
    let places = [format!("{project}/../shared/{path}"), format!("{project}/../../shared/{path}")];
    let found = places.iter().map(PathBuf::from).find(|place| place.exists());
    if found.is_none() {
        eprintln!("SKIPPED: there is no {path} beside the project");
    }
    found
}

/// The official schema of a message, or that of a national subset.
fn official_schema(message: &str) -> Option<PathBuf> {
    let folders = ["xsd", "xsd/restricted/ch-six", "xsd/restricted/de-dk"];
    let root = shared("xsd")?;
    let root = root.parent()?;
    let found = folders.iter().map(|folder| root.join(folder).join(format!("{message}.xsd")));
    let found = found.into_iter().find(|file| file.exists());
    assert!(found.is_some(), "there is no schema of {message}");
    found
}

/// Runs xmllint over a document on its standard input; `None`, loudly, where it is not installed.
fn xmllint(arguments: &[&str], document: &[u8]) -> Option<(bool, Vec<u8>, String)> {
    let child = Command::new("xmllint")
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: xmllint is not installed");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let document = document.to_vec();
    let feeder = std::thread::spawn(move || {
        // xmllint may stop reading early; its verdict says why.
        let _ = input.write_all(&document);
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Some((output.status.success(), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Whether the document is an instance of the official schema, or `None` where that cannot be told.
pub fn is_valid(message: &str, document: &[u8]) -> Option<bool> {
    let schema = official_schema(message)?;
    let schema = schema.to_str().unwrap();
    xmllint(&["--noout", "--schema", schema], document).map(|(valid, ..)| valid)
}

/// The document is an instance of the official schema.
pub fn assert_valid(message: &str, document: &[u8]) {
    let Some(schema) = official_schema(message) else { return };
    let schema = schema.to_str().unwrap();
    if let Some((valid, _, errors)) = xmllint(&["--noout", "--schema", schema], document) {
        assert!(valid, "{message}: {}", shortened(&errors));
    }
}

/// The document is in exclusive canonical form behind its XML declaration.
pub fn assert_canonical(document: &[u8]) {
    let declaration = girogate::messages::emit::DECLARATION.as_bytes();
    let element = document.strip_prefix(declaration).expect("the declaration comes first");
    if let Some((done, canonical, errors)) = xmllint(&["--exc-c14n"], document) {
        assert!(done, "{errors}");
        let at = canonical.iter().zip(element).position(|(left, right)| left != right);
        let around =
            at.map(|at| String::from_utf8_lossy(&element[at.saturating_sub(60)..at + 1]).into_owned());
        assert_eq!((around, canonical.len()), (None, element.len()));
    }
}

/// What an XPath expression gives, or `None` where xmllint is missing. Names are compared without namespace:
/// `{Amt}` stands for `*[local-name()='Amt']`.
pub fn xpath(document: &[u8], expression: &str) -> Option<String> {
    let expression = expression.replace('{', "*[local-name()='").replace('}', "']");
    let (_, value, _) = xmllint(&["--xpath", &expression], document)?;
    Some(String::from_utf8(value).unwrap().trim_end_matches('\n').to_owned())
}

/// The XPath expression gives this text.
pub fn assert_xpath(document: &[u8], expression: &str, expected: &str) {
    if let Some(found) = xpath(document, expression) {
        assert_eq!(found, expected, "{expression}");
    }
}

/// The first lines of what xmllint complains about.
fn shortened(errors: &str) -> String {
    errors.lines().take(5).map(|line| line.chars().take(300).collect::<String>() + "\n").collect()
}
