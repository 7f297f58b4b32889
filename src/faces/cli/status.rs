//! `girogate status ID…`: everything about whatever carries an id, in plain language.

use super::frame::{Asking, Exit, Failure, Means, Output};
use serde_json::{Value, json};

/// What may be asked.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// external_id, end_to_end_id, UETR, our id, message, payment information or bank reference
    #[arg(required = true)]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub asking: Asking,
}

/// Shows each; an id that nothing carries exits with 1.
pub async fn run(args: &Args, means: &Means, out: &mut Output) -> Result<Exit, Failure> {
    let source = means.source(args.asking)?;
    let mut exit = Exit::Done;
    for id in &args.ids {
        let Some(found) = source.status(id).await? else {
            exit = exit.max(out.fail(&Failure::finding("not_found", format!("nothing carries the id {id}"))));
            continue;
        };
        if out.is_json() {
            out.record(&json!({ "id": id, "found": found }));
            continue;
        }
        list(&found["payouts"]).for_each(|payout| show_payout(payout, out));
        list(&found["messages"]).for_each(|message| show_message(message, out));
        list(&found["blocks"]).for_each(|block| show_block(block, out));
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

fn row(name: &str, shown: &str, out: &mut Output) {
    if !shown.trim().is_empty() {
        out.line(&format!("  {name:16} {shown}"));
    }
}

fn show_payout(payout: &Value, out: &mut Output) {
    out.line(&format!("payout {}", text(payout, "external_id")));
    row("state", &format!("{}: {}", text(payout, "state"), text(payout, "meaning")), out);
    row("since", text(payout, "since"), out);
    row("waits for", text(payout, "waits_for"), out);
    row("held", text(payout, "held"), out);
    row("amount", &money(&payout["amount"]), out);
    row("rail", &asked_and_taken(payout, ("requested_speed", "rail")), out);
    row("execution date", &asked_and_taken(payout, ("requested_execution_date", "execution_date")), out);
    row("debited account", &format!("{} at {}", text(payout, "debtor_account"), text(payout, "bank")), out);
    for (name, member) in IDS {
        row(name, text(payout, member), out);
    }
    let references: Vec<&str> = list(&payout["bank_references"]).filter_map(Value::as_str).collect();
    row("bank references", &references.join(", "), out);
    show_bank_word(&payout["bank_said"], out);
    show_booking(payout, out);
    let exceptions: Vec<&str> = list(&payout["exceptions"]).filter_map(Value::as_str).collect();
    row("to be looked at", &exceptions.join(", "), out);
    show_timeline(&payout["timeline"], out);
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

fn show_bank_word(said: &Value, out: &mut Output) {
    let word = |name: &str| text(said, name);
    if word("code").is_empty() {
        return;
    }
    row("the bank said", &format!("{}: {}", word("code"), word("meaning")), out);
    if !word("reason").is_empty() {
        row("reason", &format!("{} {}", word("reason"), word("reason_meaning")), out);
        row("what to do", word("advice"), out);
    }
}

fn show_booking(payout: &Value, out: &mut Output) {
    let booking = &payout["booking"];
    if booking.is_object() {
        let reference = text(booking, "account_servicer_reference");
        let on = text(booking, "booking_date");
        row("booked", &format!("{} on {on} {reference}", money(&booking["amount"])), out);
        row("notified by", text(booking, "notified"), out);
        row("on statement", text(booking, "on_statement"), out);
    }
    let returned = &payout["returned"];
    if returned.is_object() {
        let (on, reason) = (text(returned, "booking_date"), text(returned, "reason"));
        let meaning = text(returned, "reason_meaning");
        row("came back", &format!("{} on {on} {reason} {meaning}", money(&returned["amount"])), out);
        row("shown by", text(returned, "evidence"), out);
    }
}

fn show_message(message: &Value, out: &mut Output) {
    out.line(&format!("message {}", text(message, "message_id")));
    let count = message["count"].as_u64().unwrap_or_default();
    row("content", &format!("{count} payments, sum {}", text(message, "sum")), out);
    row("bank", text(message, "bank"), out);
    let attempts = message["attempts"].as_u64().unwrap_or_default();
    row("sending", &format!("{}, {attempts} attempts", text(message, "phase")), out);
    row("bank's status", text(message, "status"), out);
    row("bank's reference", text(message, "bank_reference"), out);
    row("octets", text(message, "document"), out);
    if message["dissolved"] == true {
        row("dissolved", "nothing had left; its payouts were batched anew", out);
    }
    show_timeline(&message["timeline"], out);
}

fn show_block(block: &Value, out: &mut Output) {
    out.line(&format!("block {}", text(block, "payment_information_id")));
    let count = block["count"].as_u64().unwrap_or_default();
    let (sum, currency) = (text(block, "sum"), text(block, "currency"));
    row("content", &format!("{count} payments, {sum} {currency}"), out);
    row("debited account", text(block, "debtor_account"), out);
    row("execution date", text(block, "execution_date"), out);
    row("bank's status", text(block, "status"), out);
}

fn show_timeline(timeline: &Value, out: &mut Output) {
    for line in list(timeline) {
        let evidence = text(line, "evidence");
        let evidence = if evidence.is_empty() { String::new() } else { format!("  [{evidence}]") };
        out.line(&format!("  {}  {} ({}){evidence}", text(line, "at"), text(line, "text"), text(line, "actor")));
    }
}
