//! `girogate submit FILE…`: payout files to a running gateway, in chunks that may be repeated. The gateway's check is
//! the one that counts; here rows are only read and, with `--dry-run`, tried.

pub mod dry_run;
pub mod rows;
pub mod told;

use super::file;
use super::frame::{Configured, Means, tell, wait_for};
use super::list::{payout_line, states};
use super::screen::Screen;
use super::source::{AskError, Source};
use super::{Exit, Failure};
use crate::domain::lifecycle::State;
use crate::engine::convert::Format;
use crate::engine::input::Mode;
use crate::engine::intake::finding::Origin;
use crate::faces::api::{BODY_OCTETS_MAX, ITEMS_MAX};
use crate::faces::client::{Answered, ApiClient};
use crate::store::documents::NewDocument;
use indicatif::ProgressBar;
use rows::{Row, Rows, Written};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;
use told::Told;

/// Room that a request's body keeps for what surrounds the rows, in octets. Chosen by us.
const ENVELOPE_OCTETS: usize = 1_024;
/// Pause between two looks at payouts that are waited for. Chosen by us.
const LOOK_MS: u64 = 1_000;

/// `girogate submit`
#[derive(Clone, Debug, clap::Args)]
pub struct Submit {
    /// CSV, JSON or NDJSON; - is standard input. The same file again is a repetition: nothing is paid twice
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Wait until every payout has its end; exit 1 if any was rejected or returned
    #[arg(long)]
    pub wait: bool,
    /// How long --wait waits at most, in seconds
    #[arg(long, default_value_t = 600)]
    pub timeout: u64,
    /// All rows of a file or none; at most 1000 rows a file
    #[arg(long)]
    pub atomic: bool,
    /// Store nothing; show refusals, warnings, batches and the money needed per account. What the gateway knows
    /// already is not seen
    #[arg(long, conflicts_with_all = ["wait", "refused"])]
    pub dry_run: bool,
    /// Write refused rows unchanged, with the columns error_code, error_column and error_text
    #[arg(long, value_name = "OUT.csv")]
    pub refused: Option<PathBuf>,
    /// How the files are written, where their names do not say so
    #[arg(long, value_enum)]
    pub input_format: Option<Written>,
    #[command(flatten)]
    pub configured: Configured,
}

impl Submit {
    /// Submits, or tries.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(submit_all(self, screen))
    }
}

/// What came of all files.
#[derive(Clone, Debug, Default)]
struct Sum {
    accepted: u64,
    refused: u64,
    known: u64,
    ids: BTreeSet<String>,
}

/// One file with its rows.
struct Input {
    name: String,
    octets: Vec<u8>,
    format: Format,
}

async fn submit_all(args: &Submit, screen: &mut Screen) -> Result<Exit, Failure> {
    if args.refused.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("submit.refused", "--refused goes with one file"));
    }
    let files: Vec<Input> =
        args.files.iter().map(|path| read(path, args.input_format)).collect::<Result<_, _>>()?;
    let means = args.configured.means()?;
    if args.dry_run {
        return try_out(&files, &means, screen);
    }
    let api = means.api()?;
    let mut sum = Sum::default();
    for file in &files {
        submit(file, (&api, args), &mut sum, screen).await?;
    }
    let mut exit = if sum.refused == 0 { Exit::Done } else { Exit::Finding };
    if args.wait {
        exit = exit.max(wait(&Source::Gateway(Box::new(api)), (&sum.ids, args.timeout), screen).await?);
    }
    if screen.is_json() {
        let (accepted, refused, known) = (sum.accepted, sum.refused, sum.known);
        screen.record(
            &json!({ "record": "summary", "accepted": accepted, "refused": refused, "known": known }),
        );
    } else {
        tell(
            screen,
            &format!("{} accepted, {} refused, {} already known", sum.accepted, sum.refused, sum.known),
        );
    }
    Ok(exit)
}

fn read(path: &std::path::Path, declared: Option<Written>) -> Result<Input, Failure> {
    let name = path.display().to_string();
    let format = rows::format_of(&name, declared)?;
    Ok(Input { octets: file::read(path)?, name, format })
}

fn try_out(files: &[Input], means: &Means, screen: &mut Screen) -> Result<Exit, Failure> {
    let checks = dry_run::checks(means)?;
    let (mut exit, mut accepted, mut refused) = (Exit::Done, 0, 0);
    for file in files {
        let input = (file.name.as_str(), &file.octets[..], file.format);
        let tried = dry_run::run(input, &checks, &means.config.gateway.tenant, screen)?;
        (exit, accepted, refused) = (exit.max(tried.0), accepted + tried.1, refused + tried.2);
    }
    if screen.is_json() {
        screen.record(
            &json!({ "record": "summary", "dry_run": true, "accepted": accepted, "refused": refused }),
        );
    } else {
        tell(screen, &format!("{accepted} would be accepted, {refused} refused; nothing was stored"));
    }
    Ok(exit)
}

async fn submit(
    input: &Input,
    (api, args): (&ApiClient, &Submit),
    sum: &mut Sum,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let Rows { rows, refused, mode } = rows::read(&input.octets, input.format);
    let mode = if args.atomic { Mode::Atomic } else { mode };
    if mode == Mode::Atomic && rows.len() > ITEMS_MAX {
        let text = format!("{}: all or nothing takes at most {ITEMS_MAX} rows", input.name);
        return Err(Failure::usage("submit.atomic", text));
    }
    let mut told: Vec<Told> = refused.iter().flatten().map(Told::of_finding).collect();
    told.iter().for_each(|told| told.show(&input.name, screen));
    sum.refused += refused.len() as u64;
    if mode == Mode::Atomic && !refused.is_empty() {
        screen.remark(&format!("{}: nothing was sent, because all or nothing was asked for", input.name));
        sum.refused += rows.len() as u64;
    } else {
        let chunks = chunks(&rows);
        let bar = progress(rows.len());
        for (number, chunk) in (1u64..).zip(&chunks) {
            let answered =
                api.submit("/v1/payouts", &key(input, number, mode), body(chunk, mode).into()).await?;
            told.extend(take_answer((&input.name, chunk), answered, sum, screen)?);
            bar.inc(chunk.len() as u64);
        }
        bar.finish_and_clear();
    }
    if let Some(path) = &args.refused {
        let json_of =
            |origin: Origin| rows.iter().find(|row| row.origin == origin).map(|row| row.json.clone());
        let text = told::refused_rows((&input.octets, input.format), &told, json_of);
        file::write(Some(path), &[&text], screen)?;
    }
    Ok(())
}

fn progress(rows: usize) -> ProgressBar {
    if rows > ITEMS_MAX && std::io::stderr().is_terminal() {
        ProgressBar::new(rows as u64)
    } else {
        ProgressBar::hidden()
    }
}

/// The same file gives the same keys, so that it may be submitted again after whatever happened.
fn key(file: &Input, chunk: u64, mode: Mode) -> String {
    let digest = NewDocument::of(file.octets.clone()).digest().hex();
    let all_or_nothing = if mode == Mode::Atomic { "/atomic" } else { "" };
    format!("{digest}/{chunk}{all_or_nothing}")
}

/// Rows for one request each, within the bounds of the API. The same rows give the same chunks.
fn chunks(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut chunks: Vec<Vec<&Row>> = Vec::new();
    let mut octets = BODY_OCTETS_MAX;
    for row in rows {
        // One more for the comma.
        octets = octets.saturating_add(row.json.len() + 1);
        let full = chunks.last().is_none_or(|chunk| chunk.len() >= ITEMS_MAX);
        if full || octets > BODY_OCTETS_MAX - ENVELOPE_OCTETS {
            chunks.push(Vec::new());
            octets = row.json.len() + 1;
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(row);
        }
    }
    chunks
}

fn body(chunk: &[&Row], mode: Mode) -> String {
    let rows: Vec<&str> = chunk.iter().map(|row| row.json.as_str()).collect();
    let mode = match mode {
        Mode::Atomic => "atomic",
        Mode::PerItem => "per_item",
    };
    format!("{{\"mode\":\"{mode}\",\"payouts\":[{}]}}", rows.join(","))
}

fn take_answer(
    (name, chunk): (&str, &[&Row]),
    answered: Answered,
    sum: &mut Sum,
    screen: &mut Screen,
) -> Result<Vec<Told>, Failure> {
    if !answered.is_success() {
        return Err(AskError::Refused(answered).into());
    }
    let items = answered.body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if items.len() != chunk.len() {
        let text = format!("{} answers to {} rows", items.len(), chunk.len());
        return Err(Failure::outside("gateway.unreadable", text));
    }
    let mut all_told = Vec::new();
    for (row, item) in chunk.iter().zip(items) {
        sum.ids.extend(item["id"].as_str().map(str::to_owned));
        match item["status"].as_str() {
            // What an earlier submission of the file was accepted for is known by now.
            Some("accepted") if answered.replayed => sum.known += 1,
            Some("accepted") => sum.accepted += 1,
            Some("known") => sum.known += 1,
            _ => sum.refused += 1,
        }
        if let Some(held) = item["held"].as_str() {
            screen.remark(&format!("{}held: {held}", place(row)));
        }
        let told =
            item["errors"].as_array().into_iter().flatten().map(|error| Told::of_answer(row.origin, error));
        let warnings = item["warnings"].as_array().filter(|_| screen.is_json());
        let warnings = warnings.into_iter().flatten().map(|warning| Told::of_answer(row.origin, warning));
        let told: Vec<Told> = told.chain(warnings).collect();
        told.iter().for_each(|told| told.show(name, screen));
        all_told.extend(told);
    }
    if answered.replayed && !all_told.is_empty() {
        screen.remark("these rows were answered before; in a file of their own they are checked anew");
    }
    Ok(all_told)
}

fn place(row: &Row) -> String {
    match row.origin {
        Origin::Row(number) | Origin::Line(number) => format!("{number}: "),
        Origin::Item(number) => format!("[{number}]: "),
        Origin::Whole => String::new(),
    }
}

/// Looks until every payout has its end, then shows how many are where and which came to grief.
async fn wait(
    source: &Source,
    (ids, timeout_s): (&BTreeSet<String>, u64),
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let deadline = Instant::now() + Duration::from_secs(timeout_s);
    let found = loop {
        let found = states(source, ids).await?;
        let all = found.len() >= ids.len() && found.iter().all(|item| state(item).is_some_and(State::is_end));
        if all || Instant::now() >= deadline {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    };
    let mut counts: BTreeMap<State, u64> = BTreeMap::new();
    let mut exit = Exit::Done;
    for item in &found {
        let Some(state) = state(item) else { continue };
        *counts.entry(state).or_default() += 1;
        if !matches!(state, State::Booked) {
            exit = Exit::Finding;
            if screen.is_json() {
                screen.record(item);
            } else {
                tell(screen, &payout_line(item));
            }
        }
    }
    if screen.is_json() {
        let counts: serde_json::Map<String, Value> =
            counts.iter().map(|(state, count)| (state.name().to_owned(), json!(count))).collect();
        screen.record(&json!({ "record": "states", "counts": counts }));
    } else {
        let shown: Vec<String> =
            counts.iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
        tell(screen, &shown.join(", "));
    }
    let open: u64 = counts.iter().filter(|(state, _)| !state.is_end()).map(|(_, count)| count).sum();
    if open > 0 {
        screen.remark(&format!("{open} had no end after {timeout_s} seconds; the gateway goes on with them"));
    }
    Ok(exit)
}

fn state(item: &Value) -> Option<State> {
    item["state"].as_str().and_then(State::parse)
}
