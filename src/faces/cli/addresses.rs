//! `girogate addresses`: one row per party, which rails refuse its address from which day, and what to write instead.

use super::export::neutral;
use super::screen::Screen;
use super::{Exit, Failure, file};
use crate::rules::proposal::{Confidence, Proposal};
use crate::rules::report::{PartyRow, Payments, parties};
use crate::schema::event::NotWellFormed;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// `girogate addresses`
#[derive(Args)]
pub struct Addresses {
    /// Payment messages (pain.001, pacs.008); `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Columns of the table.
const COLUMNS: &[&str] = &[
    "file",
    "line",
    "path",
    "role",
    "end_to_end_id",
    "kind",
    "refused",
    "confidence",
    "street",
    "building",
    "postcode",
    "town",
    "subdivision",
    "country",
    "lines",
];

impl Addresses {
    /// Rows of each file; exit 1 if a rail refuses one of the addresses.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        if !screen.is_json() {
            row(COLUMNS.iter().map(|name| (*name).to_owned()).collect(), screen)?;
        }
        let mut exit = Exit::Done;
        for path in &self.files {
            exit = exit.max(match report(path, screen) {
                Ok(exit) => exit,
                Err(failure) => {
                    screen.failure(failure.code, &failure.text);
                    failure.exit
                }
            });
        }
        Ok(exit)
    }
}

fn report(path: &Path, screen: &mut Screen) -> Result<Exit, Failure> {
    let name = file::shown(path);
    let (mut found, mut refused, mut failed) = (0_u64, 0_u64, None);
    let input = file::open(path)?;
    let (validated, payments) = parties(input, &mut |party| {
        found += 1;
        refused += u64::from(!party.refused.is_empty());
        if screen.is_json() {
            screen.record(&record(&name, &party));
        } else if let Err(failure) = row(cells(&name, &party), screen) {
            failed.get_or_insert(failure);
        }
    });
    if let Some(failure) = failed {
        return Err(failure);
    }
    if payments == Payments::Some {
        screen.remark(&format!("{name}: {found} parties, {refused} with an address that a rail refuses"));
    }
    match &validated.parsed.stopped {
        Some(NotWellFormed::Io { source, .. }) => Err(file::refused(path, source)),
        Some(stopped) => Err(Failure::finding(stopped.code(), format!("{name}: {stopped}"))),
        None if payments == Payments::None => {
            let text = format!("{name}: no payment message: addresses are told of pain.001 and pacs.008");
            Err(Failure::finding("message.unsupported", text))
        }
        None if refused > 0 => Ok(Exit::Finding),
        None => Ok(Exit::Done),
    }
}

fn record(name: &str, party: &PartyRow) -> Value {
    let refused: Vec<Value> =
        (party.refused.iter()).map(|one| json!({ "rail": one.rail, "from": one.from.to_string() })).collect();
    let mut record = json!({
        "record": "party", "file": name, "line": party.place.line, "column": party.place.column, "path": party.path,
        "role": party.role, "kind": party.kind.name(), "refused": refused,
    });
    if let Some(id) = &party.end_to_end_id {
        record["end_to_end_id"] = json!(id);
    }
    if let Some(proposal) = &party.proposal {
        record["proposal"] = proposed(proposal);
    }
    record
}

fn proposed(proposal: &Proposal) -> Value {
    let mut value = json!({ "confidence": proposal.confidence.name(), "lines": proposal.lines });
    for (name, part) in parts(proposal) {
        if let Some(part) = part {
            value[name] = json!(part);
        }
    }
    value
}

fn parts(proposal: &Proposal) -> [(&'static str, &Option<String>); 6] {
    [
        ("street", &proposal.street),
        ("building", &proposal.building),
        ("postcode", &proposal.postcode),
        ("town", &proposal.town),
        ("subdivision", &proposal.subdivision),
        ("country", &proposal.country),
    ]
}

fn cells(name: &str, party: &PartyRow) -> Vec<String> {
    let refused: Vec<String> =
        party.refused.iter().map(|one| format!("{} from {}", one.rail, one.from)).collect();
    let mut cells = vec![
        neutral(name),
        party.place.line.to_string(),
        party.path.clone(),
        party.role.clone(),
        neutral(party.end_to_end_id.as_deref().unwrap_or_default()),
        party.kind.name().to_owned(),
        refused.join("; "),
    ];
    match &party.proposal {
        Some(proposal) if proposal.confidence > Confidence::None => {
            cells.push(proposal.confidence.name().to_owned());
            let texts = parts(proposal).map(|(_, part)| neutral(part.as_deref().unwrap_or_default()));
            cells.extend(texts);
            cells.push(neutral(&proposal.lines.join(" | ")));
        }
        Some(_) => {
            cells.push(Confidence::None.name().to_owned());
            cells.resize(COLUMNS.len(), String::new());
        }
        None => cells.resize(COLUMNS.len(), String::new()),
    }
    cells
}

fn row(cells: Vec<String>, screen: &mut Screen) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |cause: &dyn std::fmt::Display| Failure::outside("output.write", cause);
    writer.write_record(cells).map_err(|cause| failed(&cause))?;
    let octets = writer.into_inner().map_err(|cause| failed(&cause))?;
    screen.octets(&octets);
    Ok(())
}
