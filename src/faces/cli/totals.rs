//! `girogate totals`: conservation per currency: what was accepted, where it counts, what was moved.

use super::frame::{Asking, tell, wait_for};
use super::screen::Screen;
use super::{Exit, Failure};
use crate::domain::lifecycle::STATES;
use crate::store::conservation::{PORTIONS, portion_of};
use serde_json::Value;

/// `girogate totals`
#[derive(Clone, Debug, clap::Args)]
pub struct Totals {
    #[command(flatten)]
    pub asking: Asking,
}

/// Money lines with their words.
const MOVED: &[(&str, &str)] = &[
    ("instructed", "instructed, of payouts that are debited"),
    ("debited", "debited by the bank"),
    ("charges_included", "charges within the debits"),
    ("returned", "came back"),
    ("return_fees", "kept of what came back"),
    ("charges_apart", "charges with entries of their own"),
];

impl Totals {
    /// Shows the totals; a finding where a currency does not add up.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(show_all(self, screen))
    }
}

async fn show_all(args: &Totals, screen: &mut Screen) -> Result<Exit, Failure> {
    let totals = args.asking.source()?.totals().await?;
    let currencies = || totals["currencies"].as_object().into_iter().flatten();
    if screen.is_json() {
        screen.record(&totals);
    } else {
        currencies().for_each(|(currency, entry)| show(currency, entry, screen));
    }
    let adds_up = currencies().all(|(_, entry)| entry["adds_up"] == true);
    Ok(if adds_up { Exit::Done } else { Exit::Finding })
}

fn show(currency: &str, entry: &Value, screen: &mut Screen) {
    line(currency, "accepted", &entry["accepted"], screen);
    for (portion, name) in PORTIONS {
        line(currency, &format!("= {}", name.replace('_', " a ")), &entry["portions"][name], screen);
        for state in STATES.iter().filter(|row| portion_of(row.state) == *portion) {
            line(currency, &format!("    {}", state.name), &entry["states"][state.name], screen);
        }
    }
    let verdict =
        if entry["adds_up"] == true { "the parts are all of it" } else { "THE PARTS DO NOT ADD UP" };
    tell(screen, &format!("{currency}  {verdict}"));
    for (name, words) in MOVED {
        let sum = entry["moved"][name].as_str().unwrap_or_default();
        tell(screen, &format!("{currency}  {words:<40} {sum:>20}"));
    }
}

fn line(currency: &str, name: &str, row: &Value, screen: &mut Screen) {
    if let (Some(count), Some(sum)) = (row["count"].as_u64(), row["sum"].as_str()) {
        tell(screen, &format!("{currency}  {name:<18} {count:>10} {sum:>31}"));
    }
}
