//! Mutants of made documents of every definition, shipped or not: our verdict against xmllint's.
//!
//! An ordinary run takes a few of each. The long run:
//! `GIROGATE_TEST_MUTANTS=2000 GIROGATE_TEST_SEED=1 cargo test --release --test schema every:: -- --nocapture`
//! makes that many of each definition; seed, number and disagreements are printed. `GIROGATE_TEST_ONLY` picks definitions whose
//! path holds a text.

use std::path::{Path, PathBuf};

use girogate::schema::event::NotWellFormed;
use girogate::schema::model::Schema;
use girogate::schema::walk::validate;
use girogate::schema::{catalog, restate, xsd};

use super::definition::{Definition, Kind};
use super::make;
use super::mutate::{Piece, change, cut, declare, join};
use super::oracle::{self, Says};
use super::random::Random;
use super::shared;

/// Mutants of each definition in an ordinary run.
const MUTANTS_EACH: usize = 12;

/// Mutants of one made document.
const MUTANTS_PER_DOCUMENT: usize = 10;

fn number_from(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn read(path: &Path) -> Result<Schema, xsd::SchemaError> {
    xsd::parse(std::fs::read(path).unwrap().as_slice())
}

/// The subsets that banks and schemes restrict; absent on most machines.
fn restricted() -> Vec<PathBuf> {
    let Some(folder) = shared("xsd/restricted") else { return Vec::new() };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        paths.extend(super::official_paths(&entry.unwrap().path()));
    }
    paths.sort();
    assert!(paths.len() >= 43, "{}", paths.len());
    paths
}

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    catalog::ids().map(|id| folder.join(format!("{id}.xsd"))).collect()
}

fn own() -> Vec<PathBuf> {
    super::official_paths(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema/subsets"))
}

fn ours(text: &str, schema: &Schema) -> Says {
    match validate(text.as_bytes(), schema) {
        Ok(verdict) if verdict.valid => Says::Valid,
        Ok(_) => Says::Invalid,
        Err(NotWellFormed::Syntax { .. }) => Says::NotWellFormed,
        Err(other) => panic!("{other}"),
    }
}

/// What a definition's mutants came to.
#[derive(Default)]
struct Outcome {
    counts: [usize; 3],
    disagreements: Vec<String>,
}

/// Makes documents and their mutants, each document first as it is.
fn texts(definition: &Definition, count: usize, random: &mut Random) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.len() < count {
        let room = *random.pick(&[0, 10, 40, 100]);
        let document = make::document(definition, room, random);
        let pieces = cut(&document);
        texts.push(document);
        for _ in 1..MUTANTS_PER_DOCUMENT {
            texts.push(mutant(&pieces, definition, random));
        }
    }
    texts.truncate(count);
    texts
}

fn mutant(document: &[Piece], definition: &Definition, random: &mut Random) -> String {
    let mut pieces = document.to_vec();
    for _ in 0..1 + random.below(2) {
        match random.below(8) {
            0..=2 => edge_value(&mut pieces, definition, random),
            3 => edge_attribute(&mut pieces, definition, random),
            4 => known_element(&mut pieces, definition, random),
            5 => other_type(&mut pieces, definition, random),
            _ => change(&mut pieces, &definition.namespace, random),
        }
    }
    declare(&mut pieces, &definition.namespace);
    join(&pieces, "")
}

/// The values that an element of this name may have somewhere.
fn edge_of(name: &str, definition: &Definition, random: &mut Random) -> Option<String> {
    let known: Vec<_> = definition.elements().into_iter().filter(|element| element.name == name).collect();
    if known.is_empty() {
        return None;
    }
    let mut kind = random.pick(&known).kind.clone();
    loop {
        let mut spare = Kind::Elements(Vec::new());
        match definition.kind(&kind, &mut spare) {
            Kind::Simple(values) => return Some(make::escape(&make::edge(values, random))),
            Kind::Text(base, _) => kind = base.clone(),
            Kind::Elements(_) => return None,
        }
    }
}

fn edge_value(pieces: &mut Vec<Piece>, definition: &Definition, random: &mut Random) {
    let leaves: Vec<usize> = (0..pieces.len())
        .filter(|at| {
            let next = &pieces[at + 1..(at + 3).min(pieces.len())];
            matches!(&pieces[*at], Piece::Open(..))
                && (matches!(next, [Piece::Close(_), ..])
                    || matches!(next, [Piece::Text(_), Piece::Close(_)]))
        })
        .collect();
    if leaves.is_empty() {
        return;
    }
    let at = *random.pick(&leaves);
    let Piece::Open(name, _) = &pieces[at] else { return };
    let Some(value) = edge_of(name, definition, random) else { return };
    match &mut pieces[at + 1] {
        Piece::Text(text) => *text = value,
        _ => pieces.insert(at + 1, Piece::Text(value)),
    }
}

/// Gives an attribute of the definition a value on the edge of its type.
fn edge_attribute(pieces: &mut [Piece], definition: &Definition, random: &mut Random) {
    let places: Vec<usize> = (1..pieces.len())
        .filter(|at| matches!(&pieces[*at], Piece::Open(_, rest) if rest.contains("=\"")))
        .collect();
    if places.is_empty() {
        return;
    }
    let at = *random.pick(&places);
    let Piece::Open(name, rest) = &mut pieces[at] else { return };
    let known: Vec<_> = definition.elements().into_iter().filter(|element| element.name == *name).collect();
    let Some(element) = known.first() else { return };
    let mut spare = Kind::Elements(Vec::new());
    let Kind::Text(_, attributes) = definition.kind(&element.kind, &mut spare) else { return };
    let Some((attribute, kind, _)) = attributes.first() else { return };
    let mut other = Kind::Elements(Vec::new());
    if let Kind::Simple(values) = definition.kind(kind, &mut other) {
        *rest = format!(" {attribute}=\"{}\"", make::escape(&make::edge(values, random)));
    }
}

/// Puts an element that the definition knows somewhere.
fn known_element(pieces: &mut Vec<Piece>, definition: &Definition, random: &mut Random) {
    let elements = definition.elements();
    let chosen = *random.pick(&elements);
    let text = make::element(definition, chosen, random);
    let at = 1 + random.below(pieces.len() - 1);
    pieces.insert(at, Piece::Text(text));
}

/// Asks for a type of the definition by `xsi:type`.
fn other_type(pieces: &mut [Piece], definition: &Definition, random: &mut Random) {
    let at = random.below(pieces.len());
    let names = definition.type_names();
    let name = random.pick(&names);
    if let Piece::Open(_, rest) = &mut pieces[at] {
        rest.push_str(&format!(" xsi:type=\"{name}\""));
    }
}

fn compare(path: &Path, schema: &Schema, (count, seed): (usize, u64), folder: &Path) -> Outcome {
    let definition = Definition::read(&restate::restate(schema));
    let mut random = Random::new(seed);
    let texts = texts(&definition, count, &mut random);
    let files: Vec<PathBuf> = (0..texts.len()).map(|number| folder.join(format!("{number}.xml"))).collect();
    for (file, text) in files.iter().zip(&texts) {
        std::fs::write(file, text).unwrap();
    }
    let says = oracle::judge(path, &files);
    let mut outcome = Outcome::default();
    for (file, text) in files.iter().zip(&texts) {
        let (theirs, ours) = (says[file], ours(text, schema));
        outcome.counts[theirs as usize] += 1;
        if theirs != ours {
            outcome
                .disagreements
                .push(format!("{}: xmllint {theirs:?}, we {ours:?}:\n{text}", path.display()));
        }
    }
    outcome
}

#[test]
fn mutants_of_every_definition_get_the_verdict_that_xmllint_gives() {
    if !oracle::is_present() {
        return;
    }
    let (count, seed) =
        (number_from("GIROGATE_TEST_MUTANTS", MUTANTS_EACH), number_from("GIROGATE_TEST_SEED", 20_022));
    let only = std::env::var("GIROGATE_TEST_ONLY").unwrap_or_default();
    let folder = tempfile::tempdir().unwrap();
    let mut total = Outcome::default();
    let mut definitions = 0;
    for path in shipped().into_iter().chain(own()).chain(restricted()) {
        if !path.to_str().unwrap().contains(&only) {
            continue;
        }
        // What is refused is refused by name; another test says which.
        let Ok(schema) = read(&path) else { continue };
        definitions += 1;
        let outcome = compare(&path, &schema, (count, seed as u64 + definitions), folder.path());
        if count >= 500 {
            eprintln!("{} {:?} {}", path.display(), outcome.counts, outcome.disagreements.len());
        }
        for (sum, count) in total.counts.iter_mut().zip(outcome.counts) {
            *sum += count;
        }
        total.disagreements.extend(outcome.disagreements);
    }
    let [valid, invalid, broken] = total.counts;
    eprintln!(
        "seed {seed}: {} mutants of {definitions} definitions, {valid} valid, {invalid} invalid, {broken} not well-formed, {} disagreements",
        valid + invalid + broken,
        total.disagreements.len()
    );
    assert!(
        total.disagreements.is_empty(),
        "{}",
        total.disagreements.iter().take(20).cloned().collect::<Vec<_>>().join("\n\n")
    );
    assert!(valid > invalid / 8 && invalid > valid / 8, "the mutants are too much alike");
}
