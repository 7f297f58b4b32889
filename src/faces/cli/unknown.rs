//! `girogate unknown list | show | decide`: messages whose outcome nobody knows, their evidence, and the decision of
//! two people.

use super::frame::{Configured, tell, wait_for};
use super::screen::Screen;
use super::source::AskError;
use super::{Exit, Failure};
use crate::faces::client::{Answered, path};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

/// `girogate unknown`
#[derive(Clone, Debug, clap::Args)]
pub struct Unknown {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// List every message whose outcome is unknown: age, next step and when, what was learned
    List(List),
    /// Show one with its evidence: attempts, inquiries, replies, payouts
    Show(Show),
    /// Say what becomes of one that waits for people; takes effect when a second person says the same
    Decide(Decide),
}

/// `girogate unknown list`
#[derive(Clone, Debug, clap::Args)]
struct List {
    #[command(flatten)]
    configured: Configured,
}

/// `girogate unknown show`
#[derive(Clone, Debug, clap::Args)]
struct Show {
    /// Message id
    message_id: String,
    #[command(flatten)]
    configured: Configured,
}

/// `girogate unknown decide`
#[derive(Clone, Debug, clap::Args)]
struct Decide {
    /// Message id
    message_id: String,
    /// Whether it counts as sent, or as proven not sent: then its payouts are issued anew under new ids
    #[arg(long)]
    treat_as: TreatAs,
    /// What makes you sure, for the record
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    configured: Configured,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TreatAs {
    /// The bank has it; its payouts stand as submitted and later news is taken as ever
    Sent,
    /// The bank never got it; its payouts end as cancelled and new, linked payouts are sent
    NotSent,
}

impl Unknown {
    /// Runs the command; a decision that was not taken exits with 1.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        match &self.command {
            Command::List(command) => wait_for(list(command, screen)),
            Command::Show(command) => wait_for(show(command, screen)),
            Command::Decide(command) => wait_for(decide(command, screen)),
        }
    }
}

fn successful(answered: Answered) -> Result<Value, Failure> {
    if answered.is_success() { Ok(answered.body) } else { Err(AskError::Refused(answered).into()) }
}

async fn list(args: &List, screen: &mut Screen) -> Result<Exit, Failure> {
    let body = successful(args.configured.means()?.api()?.read(&path(&["v1", "unknown"])).await?)?;
    let items = body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if screen.is_json() {
        items.iter().for_each(|item| screen.record(item));
        return Ok(Exit::Done);
    }
    for item in items {
        tell(screen, &line(item));
    }
    let people = items.iter().filter(|item| item["waits_for"] == "people").count();
    tell(screen, &format!("{} of unknown outcome, {people} wait for people", items.len()));
    Ok(Exit::Done)
}

fn line(item: &Value) -> String {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let number = |name: &str| item[name].as_u64().unwrap_or_default();
    let rung = item["next"]["rung"].as_str().unwrap_or_default();
    let at = item["next"]["at"].as_str().map_or(String::new(), |at| format!(" at {at}"));
    let told = item["told"].as_str().unwrap_or("nothing yet");
    format!(
        "{}  {} payments, {} s, {} attempts, {} inquiries (told: {told}), waits for {}, next: {rung}{at}",
        text("message_id"),
        number("count"),
        number("age_s"),
        number("attempts"),
        number("inquiries"),
        text("waits_for"),
    )
}

async fn show(args: &Show, screen: &mut Screen) -> Result<Exit, Failure> {
    let route = path(&["v1", "unknown", &args.message_id]);
    let body = successful(args.configured.means()?.api()?.read(&route).await?)?;
    if screen.is_json() {
        screen.record(&body);
        return Ok(Exit::Done);
    }
    tell(screen, &line(&body));
    let why = body["not_sent_again_because"].as_str().unwrap_or_default();
    for (name, text) in [
        ("execution date", body["execution_date"].as_str().unwrap_or_default()),
        ("not sent again", why),
        ("people decide", body["escalated"]["text"].as_str().unwrap_or_default()),
        ("proposed", body["proposed"]["decision"].as_str().unwrap_or_default()),
        ("by", body["proposed"]["by"].as_str().unwrap_or_default()),
        ("because", body["proposed"]["reason"].as_str().unwrap_or_default()),
        ("decided", body["decision"].as_str().unwrap_or_default()),
        ("octets", body["octets"].as_str().unwrap_or_default()),
    ] {
        if !text.is_empty() {
            tell(screen, &format!("  {name:16} {text}"));
        }
    }
    for payout in body["payouts"].as_array().into_iter().flatten() {
        let text = |name: &str| payout[name].as_str().unwrap_or_default();
        let amount = &payout["amount"];
        let money = |name: &str| amount[name].as_str().unwrap_or_default();
        tell(
            screen,
            &format!(
                "  payout {} {} {} {}",
                text("external_id"),
                money("value"),
                money("currency"),
                text("state")
            ),
        );
    }
    for line in body["timeline"].as_array().into_iter().flatten() {
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let evidence = match text("evidence") {
            "" => String::new(),
            evidence => format!("  [{evidence}]"),
        };
        tell(screen, &format!("  {}  {} ({}){evidence}", text("at"), text("text"), text("actor")));
    }
    Ok(Exit::Done)
}

/// Results of the API in words.
const RESULTS: &[(&str, &str)] = &[
    ("proposed", "proposed: it takes effect when another person says the same"),
    ("confirmed", "confirmed by a second person: done"),
    ("same_person", "you have proposed it: another person has to confirm"),
    ("not_waiting", "it does not wait for people: not yet, or the bank has spoken since"),
    ("not_reissuable", "a payout of it cannot be issued anew by the gateway; look at it and ask again"),
];

async fn decide(args: &Decide, screen: &mut Screen) -> Result<Exit, Failure> {
    let treat_as = match args.treat_as {
        TreatAs::Sent => "sent",
        TreatAs::NotSent => "not-sent",
    };
    let body = json!({ "treat_as": treat_as, "reason": args.reason }).to_string();
    let route = path(&["v1", "unknown", &args.message_id, "decision"]);
    let answered = args.configured.means()?.api()?.post(&route, "application/json", body.into()).await?;
    let Some(result) = answered.body["result"].as_str() else {
        return Err(AskError::Refused(answered).into());
    };
    if screen.is_json() {
        screen.record(&answered.body);
    } else {
        let words = RESULTS.iter().find(|(name, _)| *name == result).map_or(result, |(_, words)| words);
        tell(screen, &format!("{}: {words}", args.message_id));
        for one in answered.body["reissued"].as_array().into_iter().flatten() {
            let text = |name: &str| one[name].as_str().unwrap_or_default();
            tell(screen, &format!("  {} replaces {}", text("external_id"), text("replaces")));
        }
    }
    Ok(if answered.is_success() { Exit::Done } else { Exit::Finding })
}
