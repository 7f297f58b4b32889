//! Counts and sums against an oracle: XPath and exact decimals of another library, on the corpus and on made files.
//! `GIROGATE_RULES_SEED` repeats a run of the made ones.

use girogate::rules::{self, judge::judge};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const RULES: [&str; 4] = ["count.group", "control-sum.group", "count.batch", "control-sum.batch"];

/// Findings per rule by the oracle; None where it is not installed.
fn oracle(files: &[PathBuf]) -> Option<Vec<BTreeMap<String, u64>>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/oracle.py");
    for python in ["/usr/bin/python3", "python3"] {
        let Ok(output) = Command::new(python).arg(&script).args(files).output() else { continue };
        if output.status.success() {
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            return Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect());
        }
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("No module named"), "{error}");
    }
    None
}

fn ours(path: &Path) -> (u64, BTreeMap<String, u64>) {
    let set = rules::set("iso").expect("shipped");
    let input = std::io::BufReader::new(std::fs::File::open(path).expect("readable"));
    let (_, judged) = judge(input, None, &[set], "2026-11-02".parse().expect("a date"));
    let mut found: BTreeMap<String, u64> = RULES.iter().map(|rule| ((*rule).to_owned(), 0)).collect();
    for finding in &judged.findings {
        if let Some(count) = finding.rule.id.strip_prefix("iso.").and_then(|id| found.get_mut(id)) {
            *count += 1;
        }
    }
    (judged.documents, found)
}

fn agree(files: &[PathBuf]) -> Option<usize> {
    let theirs = oracle(files)?;
    assert_eq!(theirs.len(), files.len());
    let mut wrong = 0;
    for (file, theirs) in files.iter().zip(theirs) {
        let (documents, found) = ours(file);
        if documents > 0 {
            assert_eq!(found, theirs, "{}", file.display());
            wrong += usize::from(found.values().any(|count| *count > 0));
        }
    }
    Some(wrong)
}

#[test]
fn the_corpus_is_counted_as_the_oracle_counts_it() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    let Ok(folders) = std::fs::read_dir(corpus) else {
        eprintln!("SKIPPED: no corpus at {}", corpus.display());
        return;
    };
    let mut files = Vec::new();
    for folder in folders.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        if folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pain.001")) {
            let inside = std::fs::read_dir(folder).expect("readable").flatten().map(|entry| entry.path());
            files.extend(inside.filter(|path| path.extension().is_some_and(|end| end == "xml")));
        }
    }
    files.sort();
    match agree(&files) {
        Some(wrong) => {
            eprintln!("{} files, {wrong} of them with wrong counts or sums", files.len());
            assert!(files.len() >= 20 && wrong >= 2);
        }
        None => eprintln!("SKIPPED: no python with lxml"),
    }
}

/// SplitMix64: the same numbers from the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most
    }
}

/// A decimal of 1 to 18 digits, 0 to 5 of them behind the point.
fn amount(dice: &mut Dice) -> String {
    let behind = dice.below(6) as usize;
    let digits: Vec<u64> =
        (0..behind + 1 + dice.below(18 - behind as u64) as usize).map(|_| dice.below(10)).collect();
    let (whole, fraction) = digits.split_at(digits.len() - behind);
    let text = |digits: &[u64]| digits.iter().map(u64::to_string).collect::<String>();
    if behind == 0 { text(whole) } else { format!("{}.{}", text(whole), text(fraction)) }
}

/// The sum in units of 10⁻⁵, as text.
fn sum(amounts: &[String]) -> String {
    let units = |text: &String| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{fraction:0<5}").parse::<u128>().expect("digits")
    };
    let sum: u128 = amounts.iter().map(units).sum();
    format!("{}.{:05}", sum / 100_000, sum % 100_000)
}

fn message(dice: &mut Dice) -> String {
    let mut all = Vec::new();
    let mut batches = String::new();
    let off = |dice: &mut Dice, right: String| match dice.below(4) {
        0 => format!("{right}1"),
        1 => right.trim_end_matches('0').trim_end_matches('.').to_owned(),
        _ => right,
    };
    for batch in 0..1 + dice.below(3) {
        let amounts: Vec<String> = (0..1 + dice.below(40)).map(|_| amount(dice)).collect();
        let count = amounts.len() as u64 + u64::from(dice.below(5) == 0);
        let total = off(dice, sum(&amounts));
        let transactions: String = amounts
            .iter()
            .enumerate()
            .map(|(at, amount)| match at % 7 {
                3 => format!(
                    "<CdtTrfTxInf><Amt><EqvtAmt><Amt Ccy=\"EUR\">{amount}</Amt></EqvtAmt></Amt></CdtTrfTxInf>"
                ),
                _ => format!(
                    "<CdtTrfTxInf><Amt><InstdAmt Ccy=\"CHF\"> {amount}\n</InstdAmt></Amt></CdtTrfTxInf>"
                ),
            })
            .collect();
        batches.push_str(&format!(
            "<PmtInf><PmtInfId>{batch}</PmtInfId><NbOfTxs>{count:03}</NbOfTxs><CtrlSum>{total}</CtrlSum>{transactions}</PmtInf>"
        ));
        all.extend(amounts);
    }
    let (count, total) = (all.len() as u64 + u64::from(dice.below(5) == 0), off(dice, sum(&all)));
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>M</MsgId>\
         <NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum></GrpHdr>{batches}</CstmrCdtTrfInitn></Document>"
    )
}

#[test]
fn made_files_are_counted_as_the_oracle_counts_them() {
    let seed = std::env::var("GIROGATE_RULES_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(20_022);
    eprintln!("seed {seed}");
    let mut dice = Dice(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<PathBuf> = (0..200)
        .map(|number| {
            let path = folder.path().join(format!("{number}.xml"));
            std::fs::write(&path, message(&mut dice)).expect("written");
            path
        })
        .collect();
    match agree(&files) {
        Some(wrong) => {
            eprintln!("{} files, {wrong} of them with wrong counts or sums", files.len());
            assert!((50..=199).contains(&wrong), "{wrong}");
        }
        None => eprintln!("SKIPPED: no python with lxml"),
    }
}
