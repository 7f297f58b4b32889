//! `girogate columns`: the columns of a payout file, explained, and an example row for each form of account.

use super::screen::Screen;
use super::{Exit, Failure};
use crate::engine::intake::columns::{EXAMPLES, Example, columns};
use clap::Args;
use serde_json::{Map, Value, json};

/// `girogate columns`
#[derive(Args)]
pub struct Columns {}

impl Columns {
    /// Shows them.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        if screen.is_json() {
            columns().for_each(|column| {
                screen.record(&json!({ "column": column.name, "explanation": column.explanation }));
            });
            EXAMPLES.iter().for_each(|example| screen.record(&as_json(example)));
            return Ok(Exit::Done);
        }
        let width = columns().map(|column| column.name.len()).max().unwrap_or(0);
        columns().for_each(|column| screen.line(&format!("{:width$}  {}", column.name, column.explanation)));
        for example in EXAMPLES {
            screen.line(&format!("\nexample, account form {}:", example.form));
            let (header, row): (Vec<String>, Vec<String>) =
                example.cells.iter().map(|(name, text)| (quoted(name), quoted(text))).unzip();
            screen.line(&header.join(","));
            screen.line(&row.join(","));
        }
        Ok(Exit::Done)
    }
}

fn as_json(example: &Example) -> Value {
    let cells: Map<String, Value> =
        example.cells.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    json!({ "form": example.form, "example": cells })
}

/// A field of CSV. Source: RFC 4180, section 2.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
