//! `girogate totals`: count and sum per currency and state; together they are all that was accepted.

use super::frame::{Asking, tell, wait_for};
use super::screen::Screen;
use super::{Exit, Failure};
use crate::domain::lifecycle::STATES;
use serde_json::Value;

/// `girogate totals`
#[derive(Clone, Debug, clap::Args)]
pub struct Totals {
    #[command(flatten)]
    pub asking: Asking,
}

impl Totals {
    /// Shows the totals.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(show_all(self, screen))
    }
}

async fn show_all(args: &Totals, screen: &mut Screen) -> Result<Exit, Failure> {
    let totals = args.asking.source()?.totals().await?;
    if screen.is_json() {
        screen.record(&totals);
        return Ok(Exit::Done);
    }
    for (currency, entry) in totals["currencies"].as_object().into_iter().flatten() {
        for state in STATES {
            show(currency, state.name, &entry["states"][state.name], screen);
        }
        show(currency, "accepted", &entry["accepted"], screen);
    }
    Ok(Exit::Done)
}

fn show(currency: &str, name: &str, row: &Value, screen: &mut Screen) {
    if let (Some(count), Some(sum)) = (row["count"].as_u64(), row["sum"].as_str()) {
        tell(screen, &format!("{currency}  {name:11} {count:>9} {sum:>20}"));
    }
}
