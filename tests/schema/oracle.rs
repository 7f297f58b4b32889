//! xmllint as the judge of schema validity and well-formedness. Knows files and verdicts, nothing of ours.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What xmllint says of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    Valid,
    Invalid,
    NotWellFormed,
}

/// Whether xmllint is installed; says so when it is not.
pub fn is_present() -> bool {
    let present = Command::new("xmllint").arg("--version").output().is_ok();
    if !present {
        eprintln!("SKIPPED: xmllint is not installed");
    }
    present
}

/// Asks one process about many files. Files whose names xmllint does not mention with a verdict are not well-formed.
pub fn judge(schema: &Path, files: &[PathBuf]) -> HashMap<PathBuf, Says> {
    let mut says = HashMap::new();
    for some in files.chunks(400) {
        let output = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(schema)
            .args(some)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut verdicts: HashMap<&str, Says> = HashMap::new();
        for line in text.lines() {
            if let Some(file) = line.strip_suffix(" validates") {
                verdicts.insert(file, Says::Valid);
            } else if let Some(file) = line.strip_suffix(" fails to validate") {
                verdicts.insert(file, Says::Invalid);
            }
        }
        // To xmllint a broken rule of Namespaces in XML is an error beside the verdict; to us such a document is not well-formed.
        for line in text.lines() {
            if let Some((place, _)) = line.split_once(": namespace error :")
                && let Some((file, _)) = place.rsplit_once(':')
            {
                verdicts.insert(file, Says::NotWellFormed);
            }
        }
        for file in some {
            let verdict = verdicts.get(file.to_str().unwrap()).copied().unwrap_or(Says::NotWellFormed);
            says.insert(file.clone(), verdict);
        }
    }
    says
}
