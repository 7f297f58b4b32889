//! Random mutants of valid documents: our verdict against xmllint's.

use std::path::{Path, PathBuf};

use girogate::schema::catalog;
use girogate::schema::event::NotWellFormed;
use girogate::schema::walk::validate;

use super::mutate::{cut, mutant};
use super::oracle::{self, Says};
use super::random::Random;

/// Mutants of each fixture; eighteen fixtures make 3,600 of them.
const MUTANTS_EACH: usize = 200;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema/valid");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// `camt.054.001.08` for `camt.054.001.08-1.xml`.
fn message_id(file: &Path) -> String {
    let stem = file.file_stem().unwrap().to_str().unwrap();
    stem.rsplit_once('-').unwrap().0.to_owned()
}

fn ours(text: &str, id: &str) -> Says {
    match validate(text.as_bytes(), catalog::by_message_id(id).unwrap()) {
        Ok(verdict) if verdict.valid => Says::Valid,
        Ok(_) => Says::Invalid,
        Err(NotWellFormed::Syntax { .. }) => Says::NotWellFormed,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_fixtures_are_valid() {
    for file in fixtures() {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(ours(&text, &message_id(&file)), Says::Valid, "{}", file.display());
    }
}

#[test]
fn mutants_get_the_verdict_that_xmllint_gives() {
    if !oracle::is_present() {
        return;
    }
    let seed = std::env::var("GIROGATE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_022);
    eprintln!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut counts = [0; 3];
    let mut disagreements = Vec::new();
    for fixture in fixtures() {
        let id = message_id(&fixture);
        let document = cut(&std::fs::read_to_string(&fixture).unwrap());
        let namespace = format!("{}{id}", catalog::NAMESPACE_PREFIX);
        let mutants: Vec<(PathBuf, String)> = (0..MUTANTS_EACH)
            .map(|number| {
                let name = fixture.file_stem().unwrap().to_str().unwrap();
                (
                    folder.path().join(format!("{name}-{number}.xml")),
                    mutant(&document, &namespace, &mut random),
                )
            })
            .collect();
        for (file, text) in &mutants {
            std::fs::write(file, text).unwrap();
        }
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!("{id}.xsd"));
        let files: Vec<PathBuf> = mutants.iter().map(|(file, _)| file.clone()).collect();
        let says = oracle::judge(&schema, &files);
        for (file, text) in &mutants {
            let (theirs, ours) = (says[file], ours(text, &id));
            counts[theirs as usize] += 1;
            if theirs != ours {
                disagreements.push(format!("{} xmllint {theirs:?}, we {ours:?}", file.display()));
            }
        }
    }
    eprintln!("{} valid, {} invalid, {} not well-formed", counts[0], counts[1], counts[2]);
    if !disagreements.is_empty() {
        let kept = folder.keep();
        panic!("seed {seed}, files in {}:\n{}", kept.display(), disagreements.join("\n"));
    }
    assert!(counts.iter().all(|count| *count > 100), "the mutants are too much alike: {counts:?}");
}

/// Octets changed, lost, doubled or cut off: nothing may panic, and what xmllint calls valid is valid, and nothing else.
#[test]
fn damaged_octets_get_the_verdict_that_xmllint_gives() {
    if !oracle::is_present() {
        return;
    }
    let mut random = Random::new(9_362);
    let folder = tempfile::tempdir().unwrap();
    for fixture in fixtures() {
        let id = message_id(&fixture);
        let whole = std::fs::read(&fixture).unwrap();
        let mut damaged = Vec::new();
        for number in 0..50 {
            let mut octets = whole.clone();
            for _ in 0..1 + random.below(2) {
                damage(&mut octets, &mut random);
            }
            let file = folder.path().join(format!("{id}-{number}.xml"));
            std::fs::write(&file, &octets).unwrap();
            damaged.push((file, octets));
        }
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!("{id}.xsd"));
        let files: Vec<PathBuf> = damaged.iter().map(|(file, _)| file.clone()).collect();
        let says = oracle::judge(&schema, &files);
        for (file, octets) in &damaged {
            let verdict = validate(octets.as_slice(), catalog::by_message_id(&id).unwrap());
            let ours = verdict.is_ok_and(|verdict| verdict.valid);
            assert_eq!(
                ours,
                says[file] == Says::Valid,
                "{}: {}",
                file.display(),
                String::from_utf8_lossy(octets)
            );
        }
    }
}

fn damage(octets: &mut Vec<u8>, random: &mut Random) {
    let last = octets.len() - 1;
    let at = random.below(octets.len());
    match random.below(5) {
        0 => octets[at] = random.below(256) as u8,
        1 => drop(octets.remove(at)),
        2 => octets.insert(at, octets[at]),
        3 => octets[at] = *random.pick(b"<>&'\"/=!?-[] :;#x\r\n\t\0"),
        _ if random.below(10) == 0 => octets.truncate(at),
        _ => octets.swap(at, (at + 1).min(last)),
    }
}
