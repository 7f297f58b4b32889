//! The page of versions says what the code has.

use std::path::Path;

use girogate::messages::pain_001::Version;
use girogate::messages::{write_camt, write_camt_029, write_camt_055, write_camt_060, write_status};
use girogate::schema::catalog;

/// Versions as they are shown, `.03 .08-.13`: runs are drawn together.
fn shown(versions: impl IntoIterator<Item = u8>) -> String {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for version in versions {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == version => *last = version,
            _ => runs.push((version, version)),
        }
    }
    let run = |(first, last): (u8, u8)| match last - first {
        0 => format!(".{first:02}"),
        1 => format!(".{first:02} .{last:02}"),
        _ => format!(".{first:02}-.{last:02}"),
    };
    runs.into_iter().map(run).collect::<Vec<_>>().join(" ")
}

fn written(message: &str) -> String {
    match message {
        "pain.001" => {
            let (subsets, versions): (Vec<Version>, Vec<Version>) =
                Version::all().partition(|version| version.is_subset());
            let versions = shown(versions.into_iter().map(|version| version.definition().version));
            let subsets: Vec<String> =
                subsets.into_iter().map(|version| format!("`{}`", version.id())).collect();
            format!("{versions}, {}", subsets.join(", "))
        }
        "pain.002" => shown(write_status::PAIN_002_VERSIONS),
        "pacs.002" => shown(write_status::PACS_002_VERSIONS),
        "camt.052" | "camt.053" | "camt.054" => shown(write_camt::VERSIONS),
        "camt.029" => shown(write_camt_029::VERSIONS),
        "camt.055" => shown(write_camt_055::VERSIONS),
        "camt.060" => shown(write_camt_060::VERSIONS),
        _ => String::new(),
    }
}

/// `UPDATE_FIXTURES=1` rewrites the table.
#[test]
fn the_page_of_versions_says_what_the_code_has() {
    let mut read: std::collections::BTreeMap<&str, Vec<u8>> = std::collections::BTreeMap::new();
    for id in catalog::ids() {
        let (message, version) = (&id[..8], id[id.len() - 2..].parse().unwrap());
        read.entry(message).or_default().push(version);
    }
    let mut table = "\n| message | read | written |\n|---|---|---|\n".to_owned();
    for (message, mut versions) in read {
        versions.sort_unstable();
        let row = format!("| {message} | {} | {} |\n", shown(versions), written(message));
        table.push_str(&row.replace("|  |", "| |"));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/versions.md");
    // The scratch folder beside a working tree has no docs of its own.
    let Ok(page) = std::fs::read_to_string(&file) else { return eprintln!("SKIPPED: no docs here") };
    let (before, rest) = page.split_once("<!-- versions -->\n").unwrap();
    let (between, after) = rest.split_once("<!-- end -->").unwrap();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        let page = format!("{before}<!-- versions -->\n{table}\n<!-- end -->{after}");
        return std::fs::write(&file, page).unwrap();
    }
    assert_eq!(between.trim(), table.trim());
}
