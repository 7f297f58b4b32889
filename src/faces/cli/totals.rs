//! `girogate totals`: count and sum per currency and state; together they are all that was accepted.

use super::frame::{Asking, Exit, Failure, Means, Output};
use crate::domain::lifecycle::STATES;
use serde_json::Value;

/// What may be asked.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub asking: Asking,
}

/// Shows the totals.
pub async fn run(args: &Args, means: &Means, out: &mut Output) -> Result<Exit, Failure> {
    let totals = means.source(args.asking)?.totals().await?;
    if out.is_json() {
        out.record(&totals);
        return Ok(Exit::Done);
    }
    for (currency, entry) in totals["currencies"].as_object().into_iter().flatten() {
        for state in STATES {
            show(currency, state.name, &entry["states"][state.name], out);
        }
        show(currency, "accepted", &entry["accepted"], out);
    }
    Ok(Exit::Done)
}

fn show(currency: &str, name: &str, row: &Value, out: &mut Output) {
    if let (Some(count), Some(sum)) = (row["count"].as_u64(), row["sum"].as_str()) {
        out.line(&format!("{currency}  {name:11} {count:>9} {sum:>20}"));
    }
}
