//! `girogate cancel | hold | release ID` and `reissue ID`: what a person does to a payout, through the gateway.

use super::file::read;
use super::frame::{Configured, tell, wait_for};
use super::screen::Screen;
use super::source::AskError;
use super::{Exit, Failure};
use crate::engine::convert::Format as FileFormat;
use crate::engine::intake::csv;
use crate::engine::intake::draft::{Draft, MEMBERS, member_index};
use crate::engine::intake::finding::{Finding, Origin};
use crate::engine::intake::payouts::{LineReader, Reader};
use crate::faces::client::{Answered, path};
use serde_json::json;
use std::path::PathBuf;

/// What may be asked about a payout.
#[derive(Clone, Debug, clap::Args)]
pub struct Asked {
    /// Any id of exactly one payout
    pub id: String,
    /// Why, for the record
    #[arg(long, default_value = "")]
    pub reason: String,
    #[command(flatten)]
    pub configured: Configured,
}

/// `girogate cancel`
#[derive(Clone, Debug, clap::Args)]
pub struct Cancel {
    #[command(flatten)]
    asked: Asked,
}

/// `girogate hold`
#[derive(Clone, Debug, clap::Args)]
pub struct Hold {
    #[command(flatten)]
    asked: Asked,
}

/// `girogate release`
#[derive(Clone, Debug, clap::Args)]
pub struct Release {
    #[command(flatten)]
    asked: Asked,
}

impl Cancel {
    /// Says which case held.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(operate(Act::Cancel, &self.asked, screen))
    }
}

impl Hold {
    /// Says which case held.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(operate(Act::Hold, &self.asked, screen))
    }
}

impl Release {
    /// Says which case held.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(operate(Act::Release, &self.asked, screen))
    }
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Stop it here, or ask the bank to
    Cancel,
    /// Keep it from being sent
    Hold,
    /// Let it go on
    Release,
}

impl Act {
    fn segment(self) -> &'static str {
        match self {
            Act::Cancel => "cancel",
            Act::Hold => "hold",
            Act::Release => "release",
        }
    }
}

/// Results of the API in words.
const RESULTS: &[(&str, &str)] = &[
    ("cancelled_here", "cancelled here: it was in no message"),
    ("cancelled_from_batch", "cancelled here: nothing of its message had left, the others are batched anew"),
    ("asked_of_bank", "it may be at the bank: the bank is asked by message, the outcome is the bank's"),
    (
        "noted_only",
        "it may be at the bank, which takes no such requests by message: noted; ask the bank yourself",
    ),
    ("too_late", "too late: it has its end"),
    ("held", "held: it is not sent until it is released"),
    ("released", "released"),
    ("not_possible", "not possible in this state"),
];

/// Does it, and says which case held. What was too late or not possible exits with 1.
async fn operate(act: Act, args: &Asked, screen: &mut Screen) -> Result<Exit, Failure> {
    let body = json!({ "reason": args.reason }).to_string();
    let route = path(&["v1", "payouts", &args.id, act.segment()]);
    let answered = args.configured.means()?.api()?.post(&route, "application/json", body.into()).await?;
    let Some(result) = answered.body["result"].as_str() else {
        return Err(AskError::Refused(answered).into());
    };
    if screen.is_json() {
        screen.record(&answered.body);
    } else {
        let words = RESULTS.iter().find(|(name, _)| *name == result).map_or(result, |(_, words)| words);
        let shown = |name: &str| answered.body[name].as_str();
        let request = shown("request").map_or(String::new(), |stage| format!(", request {stage}"));
        let state = shown("state").map_or(String::new(), |state| format!(" ({state}{request})"));
        tell(screen, &format!("{}: {words}{state}", args.id));
    }
    Ok(if answered.is_success() { Exit::Done } else { Exit::Finding })
}

/// `girogate reissue`
#[derive(Clone, Debug, clap::Args)]
pub struct Reissue {
    /// Any id of the rejected, returned or cancelled payout
    pub id: String,
    /// external_id of the new payout; the old one is used up for ever
    #[arg(long)]
    pub external_id: String,
    /// File with the instruction: the one submitted then (CSV, JSON, NDJSON; the row with the old external_id is
    /// taken), or a single one. The gateway shows nobody's name or account again, so it cannot fill them in
    #[arg(long)]
    pub from: PathBuf,
    /// Members to change, by column name; an empty value leaves the member out
    #[arg(long = "set", value_name = "MEMBER=VALUE", value_parser = assignment)]
    pub set: Vec<(usize, String)>,
    #[command(flatten)]
    pub configured: Configured,
}

impl Reissue {
    /// Submits a new payout that replaces an old one.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(reissue(self, screen))
    }
}

fn assignment(text: &str) -> Result<(usize, String), String> {
    let (member, value) = text.split_once('=').ok_or_else(|| "MEMBER=VALUE".to_owned())?;
    let index =
        member_index(member).ok_or_else(|| format!("no member {member}; `girogate columns` lists them"))?;
    Ok((index, value.to_owned()))
}

/// The gateway refuses where the old payout may still pay.
async fn reissue(args: &Reissue, screen: &mut Screen) -> Result<Exit, Failure> {
    let api = args.configured.means()?.api()?;
    let old = old_external_id(&api.read(&path(&["v1", "payouts", &args.id])).await?)?;
    let mut draft = pick(drafts(&args.from)?, &old)?;
    let set = |draft: &mut Draft, member: &str, value: &str| {
        if let Some(index) = member_index(member) {
            draft.set(index, value.to_owned());
        }
    };
    // What identified the old payout must not identify the new one.
    draft.clear("end_to_end_id");
    for (index, value) in &args.set {
        match (value.is_empty(), MEMBERS.get(*index)) {
            (true, Some(member)) => draft.clear(member.name),
            _ => draft.set(*index, value.clone()),
        }
    }
    set(&mut draft, "external_id", &args.external_id);
    set(&mut draft, "replaces", &old);
    let body = draft.to_json().to_string();
    // No idempotency key: it would keep a refusal for ever, and the external_id tells a repetition by itself.
    let answered = api.post("/v1/payouts", "application/json", body.into()).await?;
    if !answered.is_success() {
        for error in answered.body["errors"].as_array().into_iter().flatten() {
            let text = |name: &str| error[name].as_str().unwrap_or_default();
            screen.remark(&format!("{}: {}: {}", text("pointer"), text("code"), text("message")));
        }
        return Err(AskError::Refused(answered).into());
    }
    if screen.is_json() {
        screen.record(&answered.body);
    } else {
        let text = |name: &str| answered.body[name].as_str().unwrap_or_default();
        tell(screen, &format!("{} {} replaces {old}: {}", text("id"), text("external_id"), text("state")));
    }
    Ok(Exit::Done)
}

fn old_external_id(answered: &Answered) -> Result<String, Failure> {
    if !answered.is_success() {
        return Err(AskError::Refused(answered.clone()).into());
    }
    match answered.body["payouts"].as_array().map(Vec::as_slice) {
        Some([payout]) => Ok(payout["external_id"].as_str().unwrap_or_default().to_owned()),
        Some([]) | None => Err(Failure::finding("not_found", "no payout has this id")),
        Some(_) => Err(Failure::finding("id.ambiguous", "several payouts have this id")),
    }
}

fn refused(findings: &[Finding]) -> Failure {
    let text: Vec<String> = findings.iter().map(Finding::to_string).collect();
    Failure::finding("payout.invalid", text.join("; "))
}

fn drafts(file: &std::path::Path) -> Result<Vec<Draft>, Failure> {
    let octets = read(file)?;
    let format = FileFormat::of_name(&file.to_string_lossy());
    let rows: Result<Vec<Draft>, Vec<Finding>> = match format {
        Some(FileFormat::Csv(separator)) => {
            csv::Reader::new(&octets[..], separator).and_then(Iterator::collect)
        }
        Some(FileFormat::NdJson) => LineReader::new(&octets[..]).collect(),
        Some(FileFormat::Json) | None => Reader::new(&octets[..]).collect(),
    };
    rows.map_err(|findings| refused(&findings))
}

/// The row of the old payout, or the only instruction there is.
fn pick(mut drafts: Vec<Draft>, old: &str) -> Result<Draft, Failure> {
    let single = drafts.len() == 1;
    let fits = |draft: &Draft| single || draft.text("external_id") == Some(old);
    let Some(at) = drafts.iter().position(fits) else {
        return Err(Failure::finding("reissue.row", format!("no row of the file has external_id {old}")));
    };
    let mut draft = drafts.swap_remove(at);
    draft.origin = Origin::Whole;
    Ok(draft)
}
