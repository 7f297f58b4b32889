//! Calls the judge and reads its verdicts. Knows nothing about what it judges.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// A Python, preferably one with lxml.
static PYTHON: LazyLock<Option<&str>> = LazyLock::new(|| {
    let runs = |python: &&str, code: &str| {
        Command::new(python).args(["-c", code]).output().is_ok_and(|output| output.status.success())
    };
    let found = ["/usr/bin/python3", "python3"];
    let with_lxml = found.into_iter().find(|python| runs(python, "import lxml.etree"));
    with_lxml.or_else(|| found.into_iter().find(|python| runs(python, "import xml.etree")))
});

/// What the judge says of a run.
#[derive(Debug)]
pub struct Verdicts {
    /// Exit code.
    pub code: i32,
    /// Verdict by invariant.
    pub of: BTreeMap<String, String>,
    /// Breaks by invariant.
    pub breaks: BTreeMap<String, Vec<Value>>,
}

impl Verdicts {
    /// The invariants that are broken.
    pub fn broken(&self) -> Vec<&str> {
        let broken = self.of.iter().filter(|(_, verdict)| *verdict == "broken");
        broken.map(|(number, _)| number.as_str()).collect()
    }

    /// The invariants that hold.
    pub fn held(&self) -> Vec<&str> {
        self.of.iter().filter(|(_, verdict)| *verdict == "ok").map(|(number, _)| number.as_str()).collect()
    }

    /// What is broken, in full, for the reader of a failed test.
    pub fn told(&self) -> String {
        let lines = self.breaks.iter().filter(|(_, breaks)| !breaks.is_empty());
        lines.map(|(number, breaks)| format!("{number}: {breaks:#?}")).collect::<Vec<_>>().join("\n")
    }
}

/// The judge's verdicts; none, and says so, where there is no Python.
pub fn judge(folder: &Path) -> Option<Verdicts> {
    let Some(python) = *PYTHON else {
        eprintln!("SKIPPED: there is no Python; nothing was judged");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checker/check.py");
    let output = Command::new(python).args(["-B", script, "--format", "json"]).arg(folder).output().unwrap();
    let code = output.status.code().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "the judge failed: {errors}");
    let mut verdicts = Verdicts { code, of: BTreeMap::new(), breaks: BTreeMap::new() };
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let number = line["invariant"].as_str().unwrap().to_owned();
        verdicts.of.insert(number.clone(), line["verdict"].as_str().unwrap().to_owned());
        verdicts.breaks.insert(number, line["breaks"].as_array().unwrap().clone());
    }
    let expected = if !verdicts.broken().is_empty() {
        1
    } else if verdicts.held().is_empty() {
        2
    } else {
        0
    };
    assert_eq!(code, expected, "the exit code says what the verdicts say");
    Some(verdicts)
}
