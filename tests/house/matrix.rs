//! The table of faults is true: every place that it names exists. What the places play is for its reader to judge.

use std::path::Path;

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// Why a place of the table is none.
fn fault(place: &str, parts: &str) -> Option<String> {
    if let Some(part) = place.strip_prefix("campaign:") {
        let known = parts.contains(&format!("\"{part}\":"));
        return (!known).then(|| format!("{place} is no part of the campaign"));
    }
    let Some((file, function)) = place.split_once("::") else {
        return Some(format!("{place} is neither FILE::function nor campaign:PART"));
    };
    let Some(text) = read(file) else { return Some(format!("{file} does not exist")) };
    let stands = text.contains(&format!("fn {function}(")) || text.contains(&format!("\ndef {function}("));
    (!stands).then(|| format!("{file} has no {function}"))
}

/// Rows as `number TAB fault TAB invariants TAB places`, 1 to 120 in order.
#[test]
fn the_fault_matrix_names_tests_that_exist() {
    let table = read("tests/proof/matrix.tsv").expect("the table lies there");
    let campaign = read("tests/proof/campaign.py").expect("the campaign lies there");
    let begun = campaign.split_once("\nPARTS = {").map(|(_, rest)| rest);
    let parts = begun.and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner).expect("a list of parts");
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in table.lines().skip(1) {
        rows += 1;
        let fields: Vec<&str> = line.split('\t').collect();
        let [number, _, _, places] = fields[..] else {
            wrong.push(format!("line {}: {} fields", rows + 1, fields.len()));
            continue;
        };
        if number != rows.to_string() {
            wrong.push(format!("line {}: row {number}", rows + 1));
        }
        if !matches!(places, "open" | "nodes") {
            let faults = places.split(' ').filter_map(|place| fault(place, parts));
            wrong.extend(faults.map(|why| format!("row {number}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows, 120);
}
