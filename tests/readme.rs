//! The README against the code: the tables of states and arrows are made from the lifecycle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "house/block.rs"]
mod block;

use girogate::domain::lifecycle::{CONTRADICTIONS, FactKind, STATES, State, TRANSITIONS};
use std::fmt::Write as _;

fn readme() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Where a state leads, one part for each target.
fn arrows(state: State) -> String {
    let mut targets: Vec<State> = Vec::new();
    for (_, _, to) in TRANSITIONS.iter().filter(|(from, ..)| *from == state) {
        if !targets.contains(to) {
            targets.push(*to);
        }
    }
    let kinds = |target: State| {
        let drawn = TRANSITIONS.iter().filter(|(from, _, to)| *from == state && *to == target);
        let shown = |kind: FactKind| match CONTRADICTIONS.contains(&(state, kind)) {
            true => format!("{kind:?}*"),
            false => format!("{kind:?}"),
        };
        drawn.map(|(_, kind, _)| shown(*kind)).collect::<Vec<_>>().join(", ")
    };
    let parts: Vec<String> = targets.iter().map(|to| format!("{} ({})", to.name(), kinds(*to))).collect();
    if parts.is_empty() { "–".to_owned() } else { parts.join(" · ") }
}

fn table() -> String {
    let mut table = "| state | what it means | waits for | leads to (by) |\n|---|---|---|---|\n".to_owned();
    for row in STATES {
        let (name, meaning, waits_for) = (row.name, row.meaning, row.waits_for);
        writeln!(table, "| {name} | {meaning} | {waits_for} | {} |", arrows(row.state)).unwrap();
    }
    table
}

#[test]
fn the_table_of_states_is_the_table_of_the_code() {
    block::check(&readme(), "states", &table());
}

#[test]
fn every_arrow_is_in_the_table() {
    let table = table();
    assert_eq!(table.lines().count(), STATES.len() + 2);
    for (from, kind, to) in TRANSITIONS {
        let row = table.lines().find(|line| line.starts_with(&format!("| {} |", from.name()))).unwrap();
        let target = row.split(" · ").find(|part| part.contains(&format!("{} (", to.name()))).unwrap();
        assert!(target.contains(&format!("{kind:?}")), "{from:?} {kind:?} {to:?}");
    }
}
