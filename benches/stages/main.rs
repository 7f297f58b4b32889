//! The stages of the straight line, each beside a reference: benches (divan), ratios, and single runs for instruction
//! counts and for comparisons with other programs. Never a verdict: nothing fails here because it is slow.
//! `docs/performance.md` says how to run them.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod clock;
mod inputs;
mod intake;
mod messages;
mod signing;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// Work of ours and a reference on the same input.
pub struct Stage {
    /// Payments, entries, rows or calls of one run.
    items: usize,
    /// Octets of the input or output of one run; 0 where they say nothing.
    octets: usize,
    reference: &'static str,
    ours: Box<dyn FnMut()>,
    theirs: Box<dyn FnMut()>,
}

/// A stage by its name, made when it is asked for.
type Named = (&'static str, fn() -> Stage);

/// Every stage by its name.
const STAGES: &[Named] = &[
    ("write", messages::write_only),
    ("write-checked", messages::write_checked),
    ("walk-pain-001-5MB", || messages::walked(messages::pain_001(8_000), 8_000)),
    ("walk-pain-001-60MB", || messages::walked(messages::pain_001(100_000), 100_000)),
    ("walk-camt-054-5MB", || messages::walked(messages::camt_054(4_500), 4_500)),
    ("walk-camt-054-60MB", || messages::walked(messages::camt_054(52_000), 52_000)),
    ("parse-camt-054", || messages::parsed(messages::camt_054(52_000), 52_000)),
    ("parse-pain-002", || messages::parsed(messages::pain_002(100_000), 100_000)),
    ("intake-csv", intake::csv_rows),
    ("intake-json", intake::json_rows),
    ("append", intake::append),
    ("intake-durable", intake::durable),
    ("sign", signing::sign_document),
    ("verify", signing::verify_document),
    ("http-signature", signing::http_calls),
];

fn names() -> impl Iterator<Item = &'static str> {
    STAGES.iter().map(|(name, _)| *name)
}

fn prepare(name: &str) -> Option<Stage> {
    STAGES.iter().find(|(known, _)| *known == name).map(|(_, prepare)| prepare())
}

#[divan::bench(args = names(), sample_count = 5, sample_size = 1)]
fn gateway(bencher: divan::Bencher<'_, '_>, name: &str) {
    let mut stage = prepare(name).expect("a name of the table");
    bencher.counter(divan::counter::ItemsCount::new(stage.items)).bench_local(|| (stage.ours)());
}

#[divan::bench(args = names(), sample_count = 5, sample_size = 1)]
fn reference(bencher: divan::Bencher<'_, '_>, name: &str) {
    let mut stage = prepare(name).expect("a name of the table");
    bencher.counter(divan::counter::ItemsCount::new(stage.items)).bench_local(|| (stage.theirs)());
}

/// Both sides of each stage in turn, their medians and the ratio: 2.00 means that we are twice as fast.
fn ratios(wanted: &[String]) {
    println!(
        "{:<20} {:>12} {:>8} {:>12} {:>8} {:>8}  reference",
        "stage", "items/s", "MB/s", "reference/s", "cpu x", "wall x"
    );
    for name in names().filter(|name| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)) {
        let mut stage = prepare(name).expect("a name of the table");
        let (ours, theirs) = clock::in_turn(&mut stage.ours, &mut stage.theirs);
        let seconds = ours.processor.as_secs_f64();
        println!(
            "{name:<20} {:>12.0} {:>8.0} {:>12.0} {:>8.2} {:>8.2}  {}",
            stage.items as f64 / seconds,
            stage.octets as f64 / seconds / 1e6,
            stage.items as f64 / theirs.processor.as_secs_f64(),
            theirs.processor.as_secs_f64() / seconds,
            theirs.wall.as_secs_f64() / ours.wall.as_secs_f64(),
            stage.reference
        );
    }
}

fn file(path: &str) -> BufReader<File> {
    BufReader::with_capacity(1 << 16, File::open(path).expect("the input can be read"))
}

/// Writes an input: kind, how many, path.
fn generate(kind: &str, count: usize, path: &str) {
    let mut out = BufWriter::new(File::create(path).expect("the output can be written"));
    let written = match kind {
        "pain.001" => inputs::pain_001(&mut out, &inputs::payouts(count), count),
        "camt.054" => inputs::camt_054(&mut out, count),
        "camt.053" => inputs::camt_053(&mut out, count),
        "collective" => inputs::collective(&mut out, count),
        "pain.002" => inputs::pain_002(&mut out, count),
        "csv" => out.write_all(inputs::csv(count).as_bytes()).map(|()| 0).map_err(Into::into),
        other => return println!("no such kind of input: {other}"),
    };
    written.and_then(|_| Ok(out.flush()?)).expect("the disk takes it");
}

/// One run of one stage on a file, for counting instructions and for `benches/peers.sh`.
fn once(stage: &str, arguments: &[&str]) -> Option<()> {
    let path = *arguments.first()?;
    match stage {
        "nothing" => {}
        "write" => {
            let count = path.parse().ok()?;
            println!("octets {}", messages::pain_001(count).len());
        }
        "write-checked" => {
            let octets = messages::pain_001(path.parse().ok()?);
            messages::walk_once(octets.as_slice());
            println!("octets {}", octets.len());
        }
        "walk" => messages::walk_once(file(path)),
        "parse" => println!("records {}", messages::parse_once(file(path))),
        "intake" => println!("payouts {}", intake::take_once(&std::fs::read_to_string(path).ok()?)),
        "durable" => (intake::durable().ours)(),
        "sign" => {
            let (key, certificate) = (Path::new(arguments.get(1)?), Path::new(arguments.get(2)?));
            let mut out = BufWriter::new(File::create(arguments.get(3)?).ok()?);
            signing::sign_once(&std::fs::read(path).ok()?, key, certificate, &mut out);
            out.flush().ok()?;
        }
        "verify" => signing::verify_once(&std::fs::read(path).ok()?, Path::new(arguments.get(1)?)),
        _ => return None,
    }
    println!("memory peak {} KiB", clock::memory_peak_kib().unwrap_or_default());
    Some(())
}

const USAGE: &str =
    "stages [--ratios [STAGE…] | --generate KIND COUNT PATH | --once STAGE INPUT [KEY CERTIFICATE OUTPUT]]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--ratios", ..] => ratios(arguments.get(1..).unwrap_or_default()),
        ["--generate", kind, count, path] => match count.parse() {
            Ok(count) => generate(kind, count, path),
            Err(_) => return usage(),
        },
        ["--once", stage, rest @ ..] => match once(stage, rest) {
            Some(()) => {}
            None => return usage(),
        },
        _ => divan::main(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    println!("{USAGE}");
    ExitCode::FAILURE
}
