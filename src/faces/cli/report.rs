//! `girogate report day DATE`: the day per account; exit 1 when it does not foot.

use super::frame::{Asking, tell, wait_for};
use super::screen::Screen;
use super::{Exit, Failure};
use chrono::NaiveDate;
use serde_json::Value;

/// `girogate report`
#[derive(Clone, Debug, clap::Args)]
pub struct Report {
    #[command(subcommand)]
    of: Of,
}

/// The reports.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Of {
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

impl Report {
    /// Shows the report.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let Of::Day(asked) = &self.of;
        wait_for(day(asked, screen))
    }
}

async fn day(asked: &Day, screen: &mut Screen) -> Result<Exit, Failure> {
    let report = asked.asking.source()?.day(asked.date, asked.account.as_deref()).await?;
    if screen.is_json() {
        screen.record(&report);
    } else {
        for account in report["accounts"].as_array().into_iter().flatten() {
            show(account, screen);
        }
        let foots = if report["foots"] == true { "foots" } else { "does not foot" };
        tell(screen, &format!("{} {foots}", asked.date));
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

fn show(account: &Value, screen: &mut Screen) {
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    tell(screen, &format!("{} {}", text(&account["account"]), account["currency"].as_str().unwrap_or("")));
    let row = |name: &str, count: &Value, amount: &Value| {
        let count = count.as_u64().map_or(String::new(), |count| count.to_string());
        format!("  {name:38} {count:>8} {:>20}", text(amount))
    };
    tell(screen, &row("opening", &Value::Null, &account["opening"]));
    for batch in account["batches"].as_array().into_iter().flatten() {
        let id = batch["payment_information_id"].as_str().unwrap_or("without batch");
        tell(screen, &row(&format!("debits {id}"), &batch["count"], &batch["net"]));
    }
    for (name, shown) in LINES {
        if account[name]["count"].as_u64().is_some_and(|count| count > 0) {
            tell(screen, &row(shown, &account[name]["count"], &account[name]["net"]));
        }
    }
    tell(screen, &row("closing, as the bank says", &Value::Null, &account["closing"]));
    if let Some(why) = account["why"].as_str() {
        let difference =
            account["difference"].as_str().map_or(String::new(), |by| format!(" (difference {by})"));
        tell(screen, &format!("  {why}{difference}"));
    }
    for (name, title) in [("due", "payouts of the day"), ("carried_over", "carried over from before")] {
        for (state, row) in account["payouts"][name].as_object().into_iter().flatten() {
            let count = row["count"].as_u64().unwrap_or_default();
            tell(screen, &format!("  {title}: {state} {count}, {}", text(&row["sum"])));
        }
    }
}
