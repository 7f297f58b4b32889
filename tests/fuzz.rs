//! Mutated seeds through every door of `fuzz/targets.rs`: no panic, no hang, an error always with its code. The same
//! cases on every run; `FUZZ_SEED` and `FUZZ_ITERATIONS` make others and more.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use targets::{DOORS, Door};

/// Cases of a door, unless `FUZZ_ITERATIONS` says otherwise.
const ITERATIONS: u64 = 150;
/// Longest seed taken, in octets: long ones say nothing that short ones do not.
const SEED_OCTETS_MAX: usize = 12_000;
/// Beyond this a case hangs. It is no measure of speed: such cases take milliseconds.
const CASE_MAX: Duration = Duration::from_secs(60);
/// What breaks readers: ends, entities, prefixes, numbers at their limits, foreign encodings.
const WORDS: &[&[u8]] = &[
    b"<",
    b">",
    b"</",
    b"/>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a [",
    b"<?xml",
    b"&#0;",
    b"&#x10FFFF;",
    b"&lt;",
    b"&x;",
    b" xmlns=\"\"",
    b" xmlns:a=\"a\"",
    b"a:",
    b" xsi:nil=\"1\"",
    b"\"",
    b"'",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b";",
    b"=",
    b"\r",
    b"\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\xf0\x9f\x8e\x89",
    b"-1",
    b"0",
    b"9223372036854775808",
    b"1e999999",
    b"0.000000000000000000001",
    b"99999999999999999999999999999",
    b"12020-01-01",
    b"2026-02-30",
    b"true",
    b"null",
];

/// SplitMix64. Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

fn number_of(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn files_below(path: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else { return found.push(path.to_owned()) };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() || path.to_string_lossy().ends_with(ending) {
            files_below(&path, ending, found);
        }
    }
}

fn seeds(door: &Door) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    door.seeds.iter().for_each(|seed| files_below(&root.join(seed), door.ending, &mut files));
    let mut seeds = targets::seeds(door.name);
    for file in files {
        let mut octets = std::fs::read(&file).expect("a fixture can be read");
        octets.truncate(SEED_OCTETS_MAX);
        seeds.push(octets);
    }
    assert!(!seeds.is_empty(), "{} has no seeds", door.name);
    seeds
}

/// Changes a case in one to four places.
fn mutate(case: &mut Vec<u8>, random: &mut Random, others: &[Vec<u8>]) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(case.len() + 1);
        let end = (at + random.below(40)).min(case.len());
        match random.below(7) {
            0 => drop(case.drain(at..end)),
            1 => case.truncate(at),
            2 => {
                let again = case[at..end].to_vec();
                drop(case.splice(at..at, again));
            }
            3 => {
                if let Some(octet) = case.get_mut(at) {
                    *octet ^= 1 << random.below(8);
                }
            }
            4 => {
                let other = &others[random.below(others.len())];
                let from = random.below(other.len() + 1);
                let to = (from + random.below(400)).min(other.len());
                drop(case.splice(at..end, other[from..to].to_vec()));
            }
            5 => {
                let longer = case[at..end].repeat(1 + random.below(60));
                drop(case.splice(at..end, longer));
            }
            _ => drop(case.splice(at..end, WORDS[random.below(WORDS.len())].to_vec())),
        }
    }
}

fn enter(door: &Door, case: &[u8], number: u64) -> bool {
    let begun = Instant::now();
    let said = catch_unwind(AssertUnwindSafe(|| (door.enter)(case)));
    let shown = || format!("door {}, case {number}, octets:\n{}", door.name, case.escape_ascii());
    let said = said.unwrap_or_else(|_| panic!("panicked: {}", shown()));
    assert!(begun.elapsed() < CASE_MAX, "hangs: {}", shown());
    assert!(said.is_none_or(|code| !code.is_empty()), "an error without a code: {}", shown());
    said.is_some()
}

fn run(name: &str) {
    let door = DOORS.iter().find(|door| door.name == name).expect("a name of the table");
    let (seed, iterations) = (number_of("FUZZ_SEED", 1), number_of("FUZZ_ITERATIONS", ITERATIONS));
    eprintln!("door {name}, FUZZ_SEED={seed}, FUZZ_ITERATIONS={iterations}");
    let seeds = seeds(door);
    for seed in &seeds {
        enter(door, seed, 0);
    }
    let mut refused = 0;
    for number in 1..=iterations {
        let mut random = Random(seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
        let mut case = seeds[random.below(seeds.len())].clone();
        mutate(&mut case, &mut random, &seeds);
        refused += u64::from(enter(door, &case, number));
    }
    assert!(refused > 0, "mutated input that is never refused is not looked at");
}

#[test]
fn walk() {
    run("walk");
}

#[test]
fn records() {
    run("records");
}

#[test]
fn initiation() {
    run("initiation");
}

#[test]
fn definition() {
    run("definition");
}

#[test]
fn csv() {
    run("csv");
}

#[test]
fn json() {
    run("json");
}

#[test]
fn json_lines() {
    run("json-lines");
}

#[test]
fn http_signature() {
    run("http-signature");
}

#[test]
fn canonical() {
    run("canonical");
}

#[test]
fn xml_signature() {
    run("xml-signature");
}

#[test]
fn profile() {
    run("profile");
}

#[test]
fn configuration() {
    run("configuration");
}

#[test]
fn facts() {
    run("facts");
}
