//! The list in docs/rules.md is the list of the tables.

#[path = "../house/block.rs"]
mod block;

use girogate::rules::{self, Certainty};
use std::path::Path;

#[test]
fn the_paper_lists_every_rule() {
    let mut text = String::new();
    for set in rules::sets() {
        text.push_str(&format!("## {}\n\n{}. {}\n\n", set.name, set.title, set.about));
        text.push_str("| rule | severity | holds | says | source |\n|---|---|---|---|---|\n");
        for rule in &set.rules {
            let severity = rule.severity.name();
            let doubt = if rule.certainty == Certainty::Uncertain { ", uncertain" } else { "" };
            let until = rule.valid_until.map_or("open".to_owned(), |until| until.to_string());
            let (from, says, source) = (rule.valid_from, &rule.statement, &rule.citation);
            let row =
                format!("| `{}` | {severity}{doubt} | {from} – {until} | {says} | {source} |\n", rule.id);
            text.push_str(&row);
        }
        text.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    block::check(&path, "rules", &format!("{}\n", text.trim_end()));
}
