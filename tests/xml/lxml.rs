//! libxml2 as the independent reader: verdict, events and canonical form of documents. Knows nothing of ours.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// What libxml2 saw in a document.
#[derive(Deserialize, Debug)]
pub struct Said {
    /// Well-formed, with regard to namespaces.
    pub read: bool,
    #[serde(default)]
    pub why: String,
    /// As `events` tells them.
    #[serde(default)]
    pub events: Vec<String>,
    /// Names of attributes without prefix anywhere in the document.
    #[serde(default)]
    pub names: Vec<String>,
    #[serde(default)]
    canonical: Option<String>,
}

impl Said {
    /// Exclusive canonical form without comments; none where libxml2 has none.
    pub fn canonical(&self) -> Option<Vec<u8>> {
        self.canonical.as_ref().map(|text| STANDARD.decode(text).unwrap())
    }
}

/// A Python that has lxml, if there is one.
static PYTHON: LazyLock<Option<&str>> = LazyLock::new(|| {
    let has_lxml = |python: &&str| {
        let output = Command::new(python).args(["-c", "import lxml.etree"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    ["/usr/bin/python3", "python3"].into_iter().find(has_lxml)
});

/// Asks one process about all documents. None, and says so, where there is no lxml.
pub fn read(documents: &[Vec<u8>]) -> Option<Vec<Said>> {
    let Some(python) = *PYTHON else {
        eprintln!("SKIPPED: no Python has lxml");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/read_xml.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let mut asked = Vec::new();
    for document in documents {
        asked.extend_from_slice(&u32::try_from(document.len()).unwrap().to_le_bytes());
        asked.extend_from_slice(document);
    }
    let writer = std::thread::spawn(move || pipe.write_all(&asked));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<Said> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), documents.len(), "each document has its answer");
    Some(said)
}
