//! Hostile CSV: each case of `fixtures/hostile/csv.ndjson` with what is accepted and what each refused row is told.

use super::*;
use std::time::{Duration, Instant};

/// Longest reading of one case; generous, because a loaded machine is no finding.
const PATIENCE: Duration = Duration::from_secs(30);

/// Text whose characters are one octet each, or such text with how often it is repeated.
fn octets(parts: &serde_json::Value) -> Vec<u8> {
    let text =
        |part: &str| -> Vec<u8> { part.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect() };
    let mut all = Vec::new();
    for part in parts.as_array().unwrap() {
        match part.as_str() {
            Some(part) => all.extend(text(part)),
            None => {
                all.extend(text(part[0].as_str().unwrap()).repeat(part[1].as_u64().unwrap() as usize));
            }
        }
    }
    all
}

#[test]
fn hostile_csv_is_refused_in_words() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile/csv.ndjson");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let separator = match case["separator"].as_str() {
            Some(";") => Separator::Semicolon,
            _ => Separator::Comma,
        };
        let began = Instant::now();
        let taken = World::new().take(&octets(&case["text"]), Format::Csv(separator));
        assert!(began.elapsed() < PATIENCE, "{line}");
        let mut words = vec![format!("{} accepted", taken.accepted.len())];
        let told = places(&taken.refused);
        words.extend(told.iter().take(4).cloned());
        if told.len() > 4 {
            words.push(format!("{} in all", told.len()));
        }
        let words = words.join("; ");
        if case["expect"] != words {
            wrong.push(format!("{}\t{words}", case["name"].as_str().unwrap()));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} otherwise:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 200, "{count}");
}
