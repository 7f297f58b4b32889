//! Random octets and mutated seeds through every door of `targets`: no panic, no hang, an error always with its code. The
//! seeded cases are the same on every run; `FUZZ_SEED` and `FUZZ_ITERATIONS` make others and more. Beside them each door is a
//! target of bolero: its corpus and a few random inputs here, as many as one likes under `cargo bolero` (see `README.md`).

mod mutate;
mod properties;
mod targets;
#[path = "../tests/xml/trickle.rs"]
mod trickle;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::Numbers;
use targets::{DOORS, Door};

/// Cases of a door, unless `FUZZ_ITERATIONS` says otherwise.
const ITERATIONS: u64 = 150;
/// Inputs that bolero makes for a door, unless `BOLERO_RANDOM_ITERATIONS` says otherwise. Chosen by us: seconds for all doors.
const INPUTS: usize = 60;
/// Longest seed taken, in octets: long ones say nothing that short ones do not.
const SEED_OCTETS_MAX: usize = 12_000;
/// Beyond this a case hangs. It is no measure of speed: such cases take milliseconds.
const CASE_MAX: Duration = Duration::from_secs(60);

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

fn enter(door: &Door, case: &[u8], number: u64) -> bool {
    let begun = Instant::now();
    let said = catch_unwind(AssertUnwindSafe(|| (door.enter)(case)));
    let shown = || format!("door {}, case {number}, octets:\n{}", door.name, case.escape_ascii());
    let said = said.unwrap_or_else(|_| panic!("panicked: {}", shown()));
    assert!(begun.elapsed() < CASE_MAX, "hangs: {}", shown());
    assert!(said.is_none_or(|code| !code.is_empty()), "an error without a code: {}", shown());
    said.is_some()
}

fn door(name: &str) -> &'static Door {
    DOORS.iter().find(|door| door.name == name).expect("a name of the table")
}

/// One input of bolero's: as it stands, and as the orders by which a seed is changed.
fn take(name: &str, seeds: &[Vec<u8>], octets: &[u8]) {
    (door(name).enter)(octets);
    (door(name).enter)(&mutate::case(seeds, &mut Numbers::Told(octets)));
}

/// All seeds, then the seeded cases.
fn run(name: &str) {
    let door = door(name);
    let (seed, iterations) = (number_of("FUZZ_SEED", 1), number_of("FUZZ_ITERATIONS", ITERATIONS));
    eprintln!("door {name}, FUZZ_SEED={seed}, FUZZ_ITERATIONS={iterations}");
    let seeds = seeds(door);
    for seed in &seeds {
        enter(door, seed, 0);
    }
    let mut refused = 0;
    for number in 1..=iterations {
        let mut numbers = Numbers::Seeded(seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
        refused += u64::from(enter(door, &mutate::case(&seeds, &mut numbers), number));
    }
    assert!(refused > 0, "mutated input that is never refused is not looked at");
}

#[test]
fn walk() {
    let seeds = seeds(door("walk"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("walk", &seeds, octets));
    run("walk");
}

#[test]
fn records() {
    let seeds = seeds(door("records"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("records", &seeds, octets));
    run("records");
}

#[test]
fn initiation() {
    let seeds = seeds(door("initiation"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("initiation", &seeds, octets));
    run("initiation");
}

#[test]
fn definition() {
    let seeds = seeds(door("definition"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("definition", &seeds, octets));
    run("definition");
}

#[test]
fn csv() {
    let seeds = seeds(door("csv"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("csv", &seeds, octets));
    run("csv");
}

#[test]
fn json() {
    let seeds = seeds(door("json"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("json", &seeds, octets));
    run("json");
}

#[test]
fn json_lines() {
    let seeds = seeds(door("json-lines"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("json-lines", &seeds, octets));
    run("json-lines");
}

#[test]
fn http_signature() {
    let seeds = seeds(door("http-signature"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("http-signature", &seeds, octets));
    run("http-signature");
}

#[test]
fn canonical() {
    let seeds = seeds(door("canonical"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("canonical", &seeds, octets));
    run("canonical");
}

#[test]
fn xml_signature() {
    let seeds = seeds(door("xml-signature"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("xml-signature", &seeds, octets));
    run("xml-signature");
}

#[test]
fn profile() {
    let seeds = seeds(door("profile"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("profile", &seeds, octets));
    run("profile");
}

#[test]
fn configuration() {
    let seeds = seeds(door("configuration"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("configuration", &seeds, octets));
    run("configuration");
}

#[test]
fn facts() {
    let seeds = seeds(door("facts"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("facts", &seeds, octets));
    run("facts");
}

#[test]
fn arrival() {
    let seeds = seeds(door("arrival"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("arrival", &seeds, octets));
    run("arrival");
}

#[test]
fn encodings() {
    let seeds = seeds(door("encodings"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("encodings", &seeds, octets));
    run("encodings");
}

#[test]
fn patterns() {
    let seeds = seeds(door("patterns"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("patterns", &seeds, octets));
    run("patterns");
}

#[test]
fn bank_intake() {
    let seeds = seeds(door("bank-intake"));
    bolero::check!().with_iterations(INPUTS).for_each(|octets: &[u8]| take("bank-intake", &seeds, octets));
    run("bank-intake");
}
