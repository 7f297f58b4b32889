//! The conformance kit against the sandbox: a right bank passes every row that its profile claims, and of a bank that
//! misbehaves exactly the right rows fail.

#![allow(clippy::unwrap_used)] // a failing step of a test may panic

#[path = "exchange/mod.rs"]
mod exchange;

use exchange::{Street, quick_profile};
use girogate::bank::link::Link;
use girogate::faces::conform::row::Row;
use girogate::faces::conform::{self, ConformError, Options, control, report};
use girogate::faces::serve;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

const QUICK_BANK: &str = "booking_ms = 100\ncompletion_ms = 160\nreturn_ms = 100\nlate_ms = 400\nnot_found_ms = 700\nacceptance_ms = 10\n";

fn options(report: Option<PathBuf>, rows: &[&str]) -> Options {
    let rows = rows.iter().map(|row| (*row).to_owned()).collect();
    Options { bank: "bank".to_owned(), report, rows, patience_s: 180, quiet_ms: 6_000 }
}

async fn run(street: &Street, report: Option<PathBuf>, rows: &[&str]) -> Result<Vec<Row>, ConformError> {
    let (config, path) = street.config(quick_profile(street.dir.path()));
    conform::run(&config, &path, &options(report, rows)).await
}

fn link(street: &Street) -> Arc<Link> {
    let (config, path) = street.config(quick_profile(street.dir.path()));
    let banks = serve::banks(&config, &path).unwrap().banks;
    serve::links(&config, &banks).unwrap().0["bank"].clone()
}

fn failures(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .filter(|row| !row.has_passed())
        .map(|row| format!("{}: {}", row.code, row.failure()))
        .collect()
}

fn failed(rows: &[Row]) -> Vec<&str> {
    rows.iter().filter(|row| !row.has_passed()).map(|row| row.code.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_passes_every_row_that_its_profile_claims() {
    let street = Street::open(QUICK_BANK).await;
    let folder = street.dir.path().join("report");
    let rows = run(&street, Some(folder.clone()), &[]).await.unwrap();
    assert_eq!(failures(&rows), Vec::<String>::new());
    // S20D is not claimed: a debit that differs after an exchange is a matter for a person, and not booked by the gateway alone.
    let unclaimed = ["S8", "S9", "S10", "S12", "S13", "S17", "S20D"];
    let is_claimed = |code: &str| {
        !unclaimed.iter().any(|family| {
            code.trim_end_matches(|letter: char| letter.is_ascii_uppercase()) == *family || code == *family
        })
    };
    let claimed =
        girogate::sandbox::scenarios::list().iter().filter(|scenario| is_claimed(scenario.code)).count();
    assert_eq!(rows.len(), 7 + claimed);
    let junit = std::fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert!(junit.contains(&format!("tests=\"{}\" failures=\"0\"", rows.len())), "{junit}");
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains(&format!("{} of {} rows pass", rows.len(), rows.len())));
    let loads = ["src=", "href=", "url(", "http://", "https://", "@import"];
    assert!(loads.iter().all(|word| !page.contains(word)), "the page loads nothing");
    street.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_misbehaving_bank_the_right_rows_fail() {
    let rows = ["S1", "S3A", "C2", "C7"];
    let cases: [(&str, &[&str]); 4] = [
        ("does = \"unsigned_answer\"\nattempts = 1000\n", &["S1", "S3A"]),
        ("does = \"ignore_duplicates\"\n", &["C7"]),
        ("does = \"wrong_sums\"\n", &["S1"]),
        ("does = \"silent\"\n", &["S1", "S3A"]),
    ];
    for (rule, expected) in cases {
        let street = Street::open(QUICK_BANK).await;
        let script = format!("version = 1\n[[rule]]\n{rule}");
        assert_eq!(control::behave(&link(&street), &script).await, Ok(200));
        let seen = run(&street, None, &rows).await.unwrap();
        let mut found = failed(&seen);
        found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{rule} {:#?}", failures(&seen));
        street.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_that_is_away_gives_no_verdict() {
    let street = Street::open("").await;
    let (mut config, path) = street.config(quick_profile(street.dir.path()));
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.bank[0].base_url = format!("https://{away}");
    let refused = conform::run(&config, &path, &options(None, &["S1"])).await.unwrap_err();
    assert_eq!(refused.code(), "conform.unreachable");
    let unknown = Options { bank: "nobody".to_owned(), ..options(None, &[]) };
    let refused = conform::run(&config, &path, &unknown).await.unwrap_err();
    assert_eq!(refused.code(), "conform.use");
    let text = std::fs::read_to_string(&path).unwrap();
    let here = text.lines().find(|line| line.starts_with("base_url")).unwrap();
    std::fs::write(&path, text.replace(here, &format!("base_url = \"https://{away}\""))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_girogate"));
    let run = command.args(["conform", "--bank", "bank", "-c"]).arg(&path).output().unwrap();
    assert_eq!(run.status.code(), Some(3), "{}", String::from_utf8_lossy(&run.stderr));
    street.close().await;
}

#[test]
fn what_a_bank_says_cannot_break_the_reports() {
    let row = Row {
        code: "S1".to_owned(),
        name: "a \"name\" & <b>more</b>".to_owned(),
        expected: vec!["answer 202".to_owned()],
        seen: vec!["<script>alert('x')</script>\u{1}]]>".to_owned()],
        ..Row::default()
    };
    let page = report::page("<bank>", "now", std::slice::from_ref(&row));
    assert!(!page.contains("<script") && !page.contains("<bank>") && !page.contains("<b>more"), "{page}");
    let junit = report::junit("<bank>", &[row]);
    let mut reader = Reader::from_reader(junit.as_bytes());
    let (mut failures, mut texts) = (0, String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) if start.local_name().as_ref() == "failure" => failures += 1,
            Event::Text(text) => texts.push_str(&text),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(failures, 1, "well-formed, with the one failure");
    assert!(texts.contains("alert"), "{texts}");
}

#[test]
fn a_claim_covers_its_code_and_its_family() {
    let planned = |claim: &str| {
        let plan = conform::plan(&[claim.to_owned()], &[]).unwrap();
        (plan.scenarios.iter().map(|scenario| scenario.code).collect::<Vec<_>>(), plan.checks.len())
    };
    let (family, checks) = planned("S3");
    assert!(family.len() > 1 && family.iter().all(|code| code.starts_with("S3")), "{family:?}");
    assert_eq!(checks, 0);
    assert_eq!(planned("S3A"), (vec!["S3A"], 0));
    assert_eq!(planned("S1"), (vec!["S1"], 0), "neither S11 nor S16A");
    let several = conform::plan(&["S7".to_owned(), "C2".to_owned()], &[]).unwrap();
    assert_eq!((several.scenarios.len(), several.checks.len()), (4, 1));
}

#[test]
fn a_claim_that_names_nothing_is_refused() {
    let refused = conform::plan(&["S99".to_owned()], &[]).unwrap_err();
    assert_eq!(refused.code(), "conform.use");
}
