//! `girogate diff`: whether two documents say the same, and where not. Values are shown: this is for the terminal of whoever
//! holds both files.

use super::screen::Screen;
use super::{Exit, Failure, file};
use crate::messages::compare::{CompareError, Difference, Side, compare};
use crate::schema::event::NotWellFormed;
use crate::store::chain::sha256;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// `girogate diff`
#[derive(Args)]
pub struct Diff {
    /// One document: pain.001, pain.002, pacs.002 or camt.052/053/054 of any version.
    #[arg(value_name = "A")]
    left: PathBuf,
    /// Another of the same message.
    #[arg(value_name = "B")]
    right: PathBuf,
}

/// What went wrong with one of the two.
struct Wrong(Failure);

impl From<CompareError> for Wrong {
    fn from(error: CompareError) -> Wrong {
        Wrong(match error {
            CompareError::NotWellFormed(NotWellFormed::Io { source, .. }) => {
                Failure::outside("input.unreadable", source)
            }
            CompareError::OtherMessage { .. } | CompareError::Unsupported { .. } => {
                Failure::usage(error.code(), error)
            }
            _ => Failure::finding(error.code(), error),
        })
    }
}

impl Diff {
    /// One line per difference.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        if [&self.left, &self.right].contains(&&PathBuf::from("-")) {
            return Err(Failure::usage(
                "compare.twice",
                "both documents are read twice; standard input cannot be",
            ));
        }
        let mut open = |side| file::open(if side == 0 { &self.left } else { &self.right }).map_err(Wrong);
        let (left, right) = (self.left.as_path(), self.right.as_path());
        let mut give = |difference: Difference| show(&difference, (left, right), screen);
        let compared = compare(&mut open, sha256, &mut give).map_err(|Wrong(failure)| failure)?;
        let same = compared.differences == 0 && compared.untold == 0;
        if screen.is_json() {
            screen.record(&json!({
                "record": "compared", "same": same, "left": compared.left, "right": compared.right,
                "differences": compared.differences, "untold": compared.untold,
            }));
        } else {
            let said = if same {
                "same meaning".to_owned()
            } else {
                format!("{} differences", compared.differences)
            };
            screen.line(&format!("{said}; {} and {} compared", compared.left, compared.right));
            if compared.untold > 0 {
                screen.line(&format!("{} more differ and are not shown", compared.untold));
            }
        }
        Ok(if same { Exit::Done } else { Exit::Finding })
    }
}

fn show(difference: &Difference, (left, right): (&Path, &Path), screen: &mut Screen) {
    if screen.is_json() {
        return screen.record(difference);
    }
    let place = |side: &Option<Side>, path: &Path| match side {
        Some(Side { line, path: inside, value }) => {
            let value = value.as_deref().map_or(String::new(), |value| format!(" = {value:?}"));
            format!("{}:{line}{value} ({inside})", path.display())
        }
        None => format!("{}: nothing", path.display()),
    };
    let key = difference.key.as_deref().unwrap_or("document");
    let element = difference.element.as_deref().unwrap_or("the whole");
    screen.line(&format!(
        "{key}: {element}: {} | {}",
        place(&difference.left, left),
        place(&difference.right, right)
    ));
}
