//! `girogate export --since CURSOR`: the feed back to the books, each payout as it is after its last change.

use super::frame::{Asking, wait_for};
use super::screen::Screen;
use super::{Exit, Failure};
use crate::store::listing::PAGE_ITEMS_MAX;
use serde_json::Value;

/// How the feed is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// One JSON object a line
    #[default]
    Ndjson,
    /// A table with a header
    Csv,
}

/// `girogate export`
#[derive(Clone, Debug, clap::Args)]
pub struct Export {
    /// Cursor that the last export named; 0:0 is the beginning
    #[arg(long, default_value = "0:0")]
    pub since: String,
    /// How it is written
    #[arg(long = "as", value_enum, default_value_t)]
    pub shape: Shape,
    #[command(flatten)]
    pub asking: Asking,
}

/// Columns of the table, each with the path of its value.
const COLUMNS: &[(&str, &[&str])] = &[
    ("id", &["id"]),
    ("external_id", &["external_id"]),
    ("end_to_end_id", &["end_to_end_id"]),
    ("uetr", &["uetr"]),
    ("batch_id", &["batch_id"]),
    ("state", &["state"]),
    ("reason", &["reason"]),
    ("return_reason", &["return_reason"]),
    ("amount.value", &["amount", "value"]),
    ("amount.currency", &["amount", "currency"]),
    ("rail", &["rail"]),
    ("bank", &["bank"]),
    ("debtor_account", &["debtor_account"]),
    ("execution_date", &["execution_date"]),
    ("message_id", &["message_id"]),
    ("payment_information_id", &["payment_information_id"]),
    ("recorded_at", &["recorded_at"]),
    ("changed_at", &["changed_at"]),
];

impl Export {
    /// Writes the feed; the last remark names the cursor to go on from.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(feed(self, screen))
    }
}

async fn feed(args: &Export, screen: &mut Screen) -> Result<Exit, Failure> {
    let source = args.asking.source()?;
    let csv = args.shape == Shape::Csv && !screen.is_json();
    if csv {
        write_row(COLUMNS.iter().map(|(name, _)| (*name).to_owned()), screen)?;
    }
    let mut cursor = args.since.clone();
    loop {
        let Some(page) = source.changes(&cursor, PAGE_ITEMS_MAX).await? else {
            return Err(Failure::usage("export.cursor", format!("{cursor} is no cursor of ours")));
        };
        for item in page["items"].as_array().into_iter().flatten() {
            if csv {
                write_row(COLUMNS.iter().map(|(_, path)| cell(item, path)), screen)?;
            } else {
                screen.record(item);
            }
        }
        cursor = page["cursor"].as_str().unwrap_or(&cursor).to_owned();
        if page["more"] != true {
            screen.remark(&format!("next: {cursor}"));
            return Ok(Exit::Done);
        }
    }
}

fn cell(item: &Value, path: &[&str]) -> String {
    let value = path.iter().fold(item, |value, name| &value[*name]);
    neutral(value.as_str().unwrap_or_default())
}

/// A spreadsheet takes a cell with one of these beginnings for a formula, and would run it.
/// Source: OWASP, CSV injection.
pub fn neutral(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn write_row(cells: impl Iterator<Item = String>, screen: &mut Screen) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let row = writer.write_record(cells).map_err(|cause| Failure::usage("export.csv", cause.to_string()));
    row?;
    let octets = writer.into_inner().map_err(|cause| Failure::usage("export.csv", cause.to_string()))?;
    screen.octets(&octets);
    Ok(())
}
