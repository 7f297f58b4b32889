//! `girogate list`: payouts, exception items or account entries, filtered, page after page.

use super::frame::{Asking, tell, wait_for};
use super::screen::Screen;
use super::source::{Listing, Narrowed, Source};
use super::{Exit, Failure};
use crate::domain::currency::Currency;
use crate::domain::lifecycle::State;
use crate::store::listing::PAGE_ITEMS_MAX;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::Value;

/// `girogate list`
#[derive(Clone, Debug, clap::Args)]
pub struct List {
    /// What to list
    #[arg(long, value_enum, default_value_t)]
    pub of: Listing,
    /// State, like Booked or Unconfirmed
    #[arg(long, value_parser = state)]
    pub state: Option<State>,
    /// Your batch_id
    #[arg(long)]
    pub batch: Option<String>,
    /// Debited account, by its name in the configuration
    #[arg(long)]
    pub account: Option<String>,
    /// Bank id
    #[arg(long)]
    pub bank: Option<String>,
    /// Currency
    #[arg(long, value_parser = currency)]
    pub currency: Option<Currency>,
    /// First execution or booking date, YYYY-MM-DD
    #[arg(long)]
    pub date_from: Option<NaiveDate>,
    /// Last execution or booking date, YYYY-MM-DD
    #[arg(long)]
    pub date_to: Option<NaiveDate>,
    /// Reason code of the bank, code of an exception item, class of an entry
    #[arg(long)]
    pub reason: Option<String>,
    /// Recorded at least this long ago: 90s, 30m, 2h, 3d
    #[arg(long, value_parser = age)]
    pub age: Option<Duration>,
    /// Show at most this many
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    #[command(flatten)]
    pub asking: Asking,
}

fn state(name: &str) -> Result<State, String> {
    State::parse(name).ok_or_else(|| "no such state".to_owned())
}

fn currency(code: &str) -> Result<Currency, String> {
    Currency::parse(code).map_err(|cause| cause.to_string())
}

fn age(text: &str) -> Result<Duration, String> {
    let wrong = || "a number and s, m, h or d, like 30m".to_owned();
    let (at, unit) = text.char_indices().next_back().ok_or_else(wrong)?;
    let number: i64 = text.get(..at).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    let seconds = match unit {
        's' => Some(number),
        'm' => number.checked_mul(60),
        'h' => number.checked_mul(3_600),
        'd' => number.checked_mul(86_400),
        _ => None,
    };
    seconds.filter(|seconds| *seconds >= 0).and_then(Duration::try_seconds).ok_or_else(wrong)
}

impl List {
    /// Lists, page after page.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(list(self, screen))
    }

    fn narrowed(&self, now: DateTime<Utc>) -> Result<Narrowed, Failure> {
        let until = match self.age {
            None => None,
            Some(age) => {
                let far = || Failure::usage("list.age", "longer ago than time goes back");
                Some(now.checked_sub_signed(age).ok_or_else(far)?)
            }
        };
        Ok(Narrowed {
            state: self.state,
            batch_id: self.batch.clone(),
            account: self.account.clone(),
            bank: self.bank.clone(),
            currency: self.currency,
            reason: self.reason.clone(),
            date_from: self.date_from,
            date_to: self.date_to,
            since: None,
            until,
        })
    }
}

async fn list(args: &List, screen: &mut Screen) -> Result<Exit, Failure> {
    let source = args.asking.source()?;
    let narrowed = args.narrowed(Utc::now())?;
    let (mut shown, mut cursor): (usize, Option<String>) = (0, None);
    loop {
        let limit = args.limit.saturating_sub(shown).min(PAGE_ITEMS_MAX);
        if limit == 0 {
            screen.remark(&format!("the first {shown}; --limit shows more"));
            return Ok(Exit::Done);
        }
        let page = source.list(args.of, &narrowed, (cursor.as_deref(), limit)).await?;
        for item in page["items"].as_array().into_iter().flatten() {
            show(args.of, item, screen);
            shown += 1;
        }
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            if !screen.is_json() {
                screen.remark(&format!("{shown} in all"));
            }
            return Ok(Exit::Done);
        }
    }
}

fn show(listing: Listing, item: &Value, screen: &mut Screen) {
    if screen.is_json() {
        screen.record(item);
        return;
    }
    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let line = match listing {
        Listing::Payouts => payout_line(item),
        Listing::Exceptions => {
            format!("{}  {:24} {:16} {}", text("raised_at"), text("code"), text("about"), text("text"))
        }
        Listing::Entries => format!(
            "{:10}  {:6} {:>16} {}  {:15} {:12} {}",
            text("booking_date"),
            text("direction"),
            text("amount"),
            text("currency"),
            text("class"),
            text("account"),
            text("account_servicer_reference"),
        ),
    };
    tell(screen, &line);
}

/// A payout on a line: state, amount, ids, and why it came back or was refused.
pub fn payout_line(item: &Value) -> String {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let amount = item["amount"]["value"].as_str().unwrap_or_default();
    let currency = item["amount"]["currency"].as_str().unwrap_or_default();
    let reason = if item["return_reason"].is_string() { text("return_reason") } else { text("reason") };
    format!(
        "{:11} {amount:>14} {currency}  {}  {:12} {}  {:24} {reason}",
        text("state"),
        text("execution_date"),
        text("rail"),
        text("id"),
        text("external_id"),
    )
    .trim_end()
    .to_owned()
}

/// State of each of these payouts, by id; those that the lists do not show are left out. Lists are newest first, so
/// that young payouts cost few pages.
pub async fn states(
    source: &Source,
    wanted: &std::collections::BTreeSet<String>,
) -> Result<Vec<Value>, super::source::AskError> {
    let (mut found, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let page =
            source.list(Listing::Payouts, &Narrowed::default(), (cursor.as_deref(), PAGE_ITEMS_MAX)).await?;
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let ours = |item: &Value| item["id"].as_str().is_some_and(|id| wanted.contains(id));
        found.extend(items.into_iter().filter(ours));
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() || found.len() >= wanted.len() {
            return Ok(found);
        }
    }
}
