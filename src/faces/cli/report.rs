//! `girogate report day DATE`: the day per account; exit 1 when it does not foot.

use super::frame::{Asking, Exit, Failure, Means, Output};
use chrono::NaiveDate;
use serde_json::Value;

/// What may be asked.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub report: Report,
}

/// The reports.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Report {
    /// Opening, debits by batch, charges, returns, not ours, closing = the bank's
    Day(Day),
}

/// The day.
#[derive(Clone, Debug, clap::Args)]
pub struct Day {
    /// YYYY-MM-DD
    pub date: NaiveDate,
    /// One account, by its name in the configuration
    #[arg(long)]
    pub account: Option<String>,
    #[command(flatten)]
    pub asking: Asking,
}

/// Shows the report.
pub async fn run(args: &Args, means: &Means, out: &mut Output) -> Result<Exit, Failure> {
    let Report::Day(asked) = &args.report;
    let report = means.source(asked.asking)?.day(asked.date, asked.account.as_deref()).await?;
    if out.is_json() {
        out.record(&report);
    } else {
        for account in report["accounts"].as_array().into_iter().flatten() {
            show(account, out);
        }
        let foots = if report["foots"] == true { "foots" } else { "does not foot" };
        out.line(&format!("{} {foots}", asked.date));
    }
    Ok(if report["foots"] == true { Exit::Done } else { Exit::Finding })
}

/// Lines of the account in the order of an account statement, with their names in the report.
const LINES: &[(&str, &str)] = &[
    ("returns", "returns"),
    ("charges", "charges"),
    ("not_ours", "not ours"),
    ("possible_returns", "possible returns"),
    ("unexplained", "unexplained"),
];

fn show(account: &Value, out: &mut Output) {
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    out.line(&format!("{} {}", text(&account["account"]), account["currency"].as_str().unwrap_or("")));
    let row = |name: &str, count: &Value, amount: &Value| {
        let count = count.as_u64().map_or(String::new(), |count| count.to_string());
        format!("  {name:38} {count:>8} {:>20}", text(amount))
    };
    out.line(&row("opening", &Value::Null, &account["opening"]));
    for batch in account["batches"].as_array().into_iter().flatten() {
        let id = batch["payment_information_id"].as_str().unwrap_or("without batch");
        out.line(&row(&format!("debits {id}"), &batch["count"], &batch["net"]));
    }
    for (name, shown) in LINES {
        if account[name]["count"].as_u64().is_some_and(|count| count > 0) {
            out.line(&row(shown, &account[name]["count"], &account[name]["net"]));
        }
    }
    out.line(&row("closing, as the bank says", &Value::Null, &account["closing"]));
    if let Some(why) = account["why"].as_str() {
        let difference = account["difference"].as_str().map_or(String::new(), |by| format!(" (difference {by})"));
        out.line(&format!("  {why}{difference}"));
    }
    for (name, title) in [("due", "payouts of the day"), ("carried_over", "carried over from before")] {
        for (state, row) in account["payouts"][name].as_object().into_iter().flatten() {
            let count = row["count"].as_u64().unwrap_or_default();
            out.line(&format!("  {title}: {state} {count}, {}", text(&row["sum"])));
        }
    }
}
