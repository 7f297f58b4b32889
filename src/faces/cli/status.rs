//! `girogate status ID…`: everything about whatever carries an id, in plain language.

use super::frame::{Asking, tell, wait_for};
use super::screen::Screen;
use super::{Exit, Failure};
use serde_json::{Value, json};

/// `girogate status`
#[derive(Clone, Debug, clap::Args)]
pub struct Status {
    /// external_id, end_to_end_id, UETR, our id, message, payment information or bank reference
    #[arg(required = true)]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub asking: Asking,
}

impl Status {
    /// Shows each; an id that nothing carries exits with 1.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(show_all(self, screen))
    }
}

async fn show_all(args: &Status, screen: &mut Screen) -> Result<Exit, Failure> {
    let source = args.asking.source()?;
    let mut exit = Exit::Done;
    for id in &args.ids {
        let Some(found) = source.status(id).await? else {
            screen.failure("not_found", &format!("nothing carries the id {id}"));
            exit = exit.max(Exit::Finding);
            continue;
        };
        if screen.is_json() {
            screen.record(&json!({ "id": id, "found": found }));
            continue;
        }
        list(&found["payouts"]).for_each(|payout| show_payout(payout, screen));
        list(&found["messages"]).for_each(|message| show_message(message, screen));
        list(&found["blocks"]).for_each(|block| show_block(block, screen));
    }
    Ok(exit)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn money(value: &Value) -> String {
    format!("{} {}", text(value, "value"), text(value, "currency"))
}

fn row(name: &str, shown: &str, screen: &mut Screen) {
    if !shown.trim().is_empty() {
        tell(screen, &format!("  {name:16} {shown}"));
    }
}

fn show_payout(payout: &Value, screen: &mut Screen) {
    tell(screen, &format!("payout {}", text(payout, "external_id")));
    row("state", &format!("{}: {}", text(payout, "state"), text(payout, "meaning")), screen);
    row("by", text(payout, "by"), screen);
    row("since", text(payout, "since"), screen);
    row("waits for", text(payout, "waits_for"), screen);
    row("held", text(payout, "held"), screen);
    row("amount", &money(&payout["amount"]), screen);
    row("rail", &asked_and_taken(payout, ("requested_speed", "rail")), screen);
    row("execution date", &asked_and_taken(payout, ("requested_execution_date", "execution_date")), screen);
    row(
        "debited account",
        &format!("{} at {}", text(payout, "debtor_account"), text(payout, "bank")),
        screen,
    );
    for (name, member) in IDS {
        row(name, text(payout, member), screen);
    }
    let references: Vec<&str> = list(&payout["bank_references"]).filter_map(Value::as_str).collect();
    row("bank references", &references.join(", "), screen);
    show_bank_word(&payout["bank_said"], screen);
    show_booking(payout, screen);
    show_cancellation(&payout["cancellation"], screen);
    let exceptions: Vec<&str> = list(&payout["exceptions"]).filter_map(Value::as_str).collect();
    row("to be looked at", &exceptions.join(", "), screen);
    show_timeline(&payout["timeline"], screen);
}

/// Ids with their names.
const IDS: &[(&str, &str)] = &[
    ("id", "id"),
    ("end-to-end id", "end_to_end_id"),
    ("UETR", "uetr"),
    ("batch", "batch_id"),
    ("message", "message_id"),
    ("block", "payment_information_id"),
];

fn asked_and_taken(payout: &Value, (asked, taken): (&str, &str)) -> String {
    match (text(payout, asked), text(payout, taken)) {
        ("", taken) => taken.to_owned(),
        (asked, taken) if asked == taken => taken.to_owned(),
        (asked, taken) => format!("{taken} (asked for: {asked})"),
    }
}

fn show_bank_word(said: &Value, screen: &mut Screen) {
    let word = |name: &str| text(said, name);
    if word("code").is_empty() {
        return;
    }
    row("the bank said", &format!("{}: {}", word("code"), word("meaning")), screen);
    if !word("reason").is_empty() {
        row("reason", &format!("{} {}", word("reason"), word("reason_meaning")), screen);
        row("what to do", word("advice"), screen);
    }
}

fn show_cancellation(cancellation: &Value, screen: &mut Screen) {
    let part = |name: &str| text(cancellation, name);
    let sending =
        if part("sending").is_empty() { String::new() } else { format!(", sending: {}", part("sending")) };
    if !part("stage").is_empty() {
        row("cancellation", &format!("{} {}{sending}", part("stage"), part("answer")), screen);
        row("request", part("message_id"), screen);
    }
}

fn show_booking(payout: &Value, screen: &mut Screen) {
    let booking = &payout["booking"];
    if booking.is_object() {
        let reference = text(booking, "account_servicer_reference");
        let on = text(booking, "booking_date");
        row("booked", &format!("{} on {on} {reference}", money(&booking["amount"])), screen);
        row("notified by", text(booking, "notified"), screen);
        row("on statement", text(booking, "on_statement"), screen);
    }
    let returned = &payout["returned"];
    if returned.is_object() {
        let (on, reason) = (text(returned, "booking_date"), text(returned, "reason"));
        let meaning = text(returned, "reason_meaning");
        row("came back", &format!("{} on {on} {reason} {meaning}", money(&returned["amount"])), screen);
        row("shown by", text(returned, "evidence"), screen);
    }
}

fn show_message(message: &Value, screen: &mut Screen) {
    tell(screen, &format!("message {}", text(message, "message_id")));
    let count = message["count"].as_u64().unwrap_or_default();
    let content = match message["request"] == true {
        true => "a request to cancel one payout".to_owned(),
        false => format!("{count} payments, sum {}", text(message, "sum")),
    };
    row("content", &content, screen);
    row("bank", text(message, "bank"), screen);
    let attempts = message["attempts"].as_u64().unwrap_or_default();
    row("sending", &format!("{}, {attempts} attempts", text(message, "phase")), screen);
    row("bank's status", text(message, "status"), screen);
    row("bank's reference", text(message, "bank_reference"), screen);
    row("octets", text(message, "document"), screen);
    if message["dissolved"] == true {
        row("dissolved", "nothing had left; its payouts were batched anew", screen);
    }
    show_timeline(&message["timeline"], screen);
}

fn show_block(block: &Value, screen: &mut Screen) {
    tell(screen, &format!("block {}", text(block, "payment_information_id")));
    let count = block["count"].as_u64().unwrap_or_default();
    let (sum, currency) = (text(block, "sum"), text(block, "currency"));
    row("content", &format!("{count} payments, {sum} {currency}"), screen);
    row("debited account", text(block, "debtor_account"), screen);
    row("execution date", text(block, "execution_date"), screen);
    row("bank's status", text(block, "status"), screen);
}

fn show_timeline(timeline: &Value, screen: &mut Screen) {
    for line in list(timeline) {
        let evidence = text(line, "evidence");
        let evidence = if evidence.is_empty() { String::new() } else { format!("  [{evidence}]") };
        tell(
            screen,
            &format!("  {}  {} ({}){evidence}", text(line, "at"), text(line, "text"), text(line, "actor")),
        );
    }
}
