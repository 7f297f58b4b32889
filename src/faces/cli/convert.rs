//! `girogate convert`: a payout file to pain.001, without store or bank. Nothing is written unless every row is good or
//! the caller says that the others may be left out.

use super::migrate::{Losses, Migration};
use super::screen::{Screen, Tone};
use super::{Exit, Failure, file, migrate};
use crate::domain::charset::Policy;
use crate::domain::payout::Speed;
use crate::domain::row::ConfiguredAccount;
use crate::engine::convert::{self, Document, Format, Taken};
use crate::engine::demonstration;
use crate::engine::intake::check::Context;
use crate::engine::intake::csv::Separator;
use crate::engine::intake::finding::{Finding, Origin, Severity};
use crate::engine::intake::ids::IdKey;
use crate::engine::routing::Bank;
use crate::faces::{config, serve};
use crate::messages::pain_001::Version;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `girogate convert`
#[derive(Args)]
pub struct Convert {
    /// Payouts as CSV, JSON or NDJSON, or an XML document of another version; `-` is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Message definition: a version of pain.001 or a national subset, like pain.001.001.09 or
    /// pain.001.001.09.ch.03.
    #[arg(long, value_name = "DEFINITION")]
    to: String,
    /// How the input is written; by default what its name ends in says, else CSV.
    #[arg(long, value_enum)]
    input_format: Option<InputFormat>,
    /// Where to write; standard output by default.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Write the good rows although others are refused.
    #[arg(long)]
    skip_refused: bool,
    /// Write an XML document although the version asked for cannot say all of it.
    #[arg(long)]
    allow_loss: bool,
    /// Convert only the payouts of this bank, where the configuration has several.
    #[arg(long, value_name = "ID")]
    bank: Option<String>,
    /// The moment of the conversion, RFC 3339; the present by default.
    #[arg(long, value_name = "T")]
    now: Option<DateTime<Utc>>,
    /// Configuration; by default that of the demonstration.
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum InputFormat {
    /// Comma-separated, RFC 4180.
    Csv,
    /// The same with semicolons.
    CsvSemicolon,
    /// One JSON text.
    Json,
    /// One JSON object a line.
    Ndjson,
}

impl InputFormat {
    fn format(self) -> Format {
        match self {
            InputFormat::Csv => Format::Csv(Separator::Comma),
            InputFormat::CsvSemicolon => Format::Csv(Separator::Semicolon),
            InputFormat::Json => Format::Json,
            InputFormat::Ndjson => Format::NdJson,
        }
    }
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| {
        let ids: Vec<&str> = Version::all().map(Version::id).collect();
        format!("'{text}' is not a definition that is written; written are {}", ids.join(", "))
    })
}

/// What is needed of the configuration.
struct Setting {
    tenant: String,
    banks: Vec<Bank>,
    accounts: Vec<ConfiguredAccount>,
    id_key: IdKey,
    text_policy: Policy,
}

impl Convert {
    /// Lists every finding, then writes the document.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        file::unpacked(&self.input, |input| {
            if self.input_format.is_none() && migrate::is_xml(input) {
                let losses = if self.allow_loss { Losses::Allowed } else { Losses::Refused };
                let (path, to, output) = (self.input.as_path(), self.to.as_str(), self.output.as_deref());
                return migrate::run(input, &Migration { path, to, output, losses }, screen);
            }
            self.write_payouts(input, screen)
        })?
    }

    fn write_payouts(&self, input: &mut dyn BufRead, screen: &mut Screen) -> Result<Exit, Failure> {
        let to = version(&self.to).map_err(|text| Failure::usage("convert.definition", text))?;
        let mut setting = match &self.config {
            Some(path) => configured(path)?,
            None => demonstration(),
        };
        for bank in &mut setting.banks {
            // Rows are refused for what this definition cannot carry, not for what the bank's own cannot, and the
            // bank's own subset judges only what is written for the bank.
            if bank.profile.message.definition != to.id() {
                bank.profile.message.definition = to.id().to_owned();
                bank.profile.chosen = Arc::default();
            }
        }
        let context = Context {
            accounts: &setting.accounts,
            banks: &setting.banks,
            now: self.now.unwrap_or_else(Utc::now),
            tenant: &setting.tenant,
            id_key: &setting.id_key,
            default_speed: Speed::Standard,
            text_policy: setting.text_policy,
        };
        let taken = convert::take(input, self.format(), &context);
        let exit = show_findings(&taken, screen)?;
        if exit != Exit::Done && !self.skip_refused {
            self.summary((0, taken.refused.len()), screen);
            return Ok(exit);
        }
        let documents = convert::convert(&taken.accepted, to, &context)
            .map_err(|error| Failure::usage(error.code(), error))?;
        let document = self.only(documents)?;
        file::write(self.output.as_deref(), &[&document.octets], screen)?;
        self.summary((document.count, taken.refused.len()), screen);
        Ok(exit)
    }

    fn format(&self) -> Format {
        let by_name = || Format::of_name(&file::shown(&self.input));
        self.input_format.map(InputFormat::format).or_else(by_name).unwrap_or(Format::Csv(Separator::Comma))
    }

    /// The one document to be written.
    fn only(&self, mut documents: Vec<Document>) -> Result<Document, Failure> {
        documents.retain(|document| self.bank.as_ref().is_none_or(|bank| *bank == document.bank));
        let banks: Vec<&str> = documents.iter().map(|document| document.bank.as_str()).collect();
        match banks.as_slice() {
            [] => Err(Failure::finding(
                "convert.empty",
                format!("{}: no payouts to write", file::shown(&self.input)),
            )),
            [_] => Ok(documents.remove(0)),
            several => {
                let text = format!(
                    "the payouts are of several banks ({}); choose one with --bank",
                    several.join(", ")
                );
                Err(Failure::usage("convert.banks", text))
            }
        }
    }

    fn summary(&self, (converted, refused): (u64, usize), screen: &mut Screen) {
        if screen.is_json() {
            screen.remark(&json!({ "converted": converted, "refused": refused }).to_string());
        } else if converted == 0 {
            screen.remark(&format!("{refused} refused, nothing written"));
        } else if refused > 0 {
            screen.remark(&format!("{converted} converted, {refused} refused and left out"));
        } else {
            screen.remark(&format!("{converted} converted"));
        }
    }
}

fn demonstration() -> Setting {
    Setting {
        tenant: demonstration::TENANT.to_owned(),
        banks: vec![demonstration::bank()],
        accounts: demonstration::accounts(),
        id_key: demonstration::id_key(),
        text_policy: Policy::Transliterate,
    }
}

fn configured(path: &Path) -> Result<Setting, Failure> {
    let wrong = |error: config::ConfigError| Failure::usage(error.code(), error);
    let unfit = |error: serve::ServeError| Failure::usage("config.unfit", error);
    let read = config::load(path).map_err(wrong)?;
    Ok(Setting {
        accounts: read.accounts(path).map_err(wrong)?,
        text_policy: read.text_policy(path).map_err(wrong)?,
        banks: serve::banks(&read, path).map_err(unfit)?.banks,
        id_key: serve::id_key(&read.gateway.id_key).map_err(unfit)?,
        tenant: read.gateway.tenant,
    })
}

/// Warnings of the good rows and everything about the refused ones, on standard error.
fn show_findings(taken: &Taken, screen: &mut Screen) -> Result<Exit, Failure> {
    let warnings = taken.accepted.iter().flat_map(|checked| &checked.warnings);
    for finding in warnings.chain(taken.refused.iter().flatten()) {
        let line = if screen.is_json() { as_json(finding).to_string() } else { as_text(finding, screen) };
        screen.remark(&line);
    }
    let unreadable = taken.refused.iter().flatten().find(|finding| finding.code == "input.unreadable");
    if let Some(finding) = unreadable {
        return Err(Failure::outside(finding.code, &finding.message));
    }
    Ok(if taken.refused.is_empty() { Exit::Done } else { Exit::Finding })
}

fn as_text(finding: &Finding, screen: &Screen) -> String {
    let proposal = finding.proposal.as_ref().map_or(String::new(), |proposal| format!(" ({proposal})"));
    match finding.severity {
        Severity::Error => format!("{finding}{proposal}"),
        Severity::Warning => format!("{}: {finding}{proposal}", screen.remark_word(Tone::Warning, "warning")),
    }
}

fn as_json(finding: &Finding) -> Value {
    let mut members = Map::new();
    match finding.origin {
        Origin::Row(row) => members.insert("row".to_owned(), json!(row)),
        Origin::Line(line) => members.insert("line".to_owned(), json!(line)),
        Origin::Item(item) => members.insert("item".to_owned(), json!(item)),
        Origin::Whole => None,
    };
    let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
    members.insert("column".to_owned(), json!(finding.member));
    members.insert("pointer".to_owned(), json!(finding.pointer()));
    members.insert("code".to_owned(), json!(finding.code));
    members.insert("severity".to_owned(), json!(severity));
    members.insert("message".to_owned(), json!(finding.message));
    members.extend(finding.proposal.iter().map(|proposal| ("proposal".to_owned(), json!(proposal))));
    members.extend(finding.rail.iter().map(|rail| ("rail".to_owned(), json!(rail.name()))));
    Value::Object(members)
}
