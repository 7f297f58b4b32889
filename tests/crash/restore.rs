//! A copy is made while the gateway runs, more is sent after it, the data directory is lost and the copy laid back: the
//! gateway sends nothing until a person opened its gate, knows what its send journal knows, and pays nothing twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use girogate::domain::lifecycle::State;
use serde_json::Value;

use crate::process::{Line, PROGRAM, audit, debits_in_journal, exceptions_of, payout, payouts_of, until};

fn run(arguments: &[&str], config: Option<&Path>) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["--format", "json", "store"]).args(arguments).stdin(Stdio::null());
    if let Some(config) = config {
        command.arg("-c").arg(config);
    }
    command.output().unwrap()
}

fn records(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn batch(name: &str) -> Vec<Value> {
    (0..3).map(|number| payout(&format!("{name}-{number}"), "Anna Muster", "9.20")).collect()
}

async fn state_is(line: &Line, prefix: &str, fits: impl Fn(State) -> bool) {
    until(prefix, async || {
        let found = payouts_of(&line.store()).await;
        let mut of = found.iter().filter(|item| item.row.external_id.starts_with(prefix)).peekable();
        (of.peek().is_some() && of.all(|item| fits(item.state))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_restored_gateway_sends_nothing_before_a_person_looked_and_pays_nothing_twice() {
    let mut line = Line::start("", "").await;
    let config = line.setup.gateway_config.clone();
    line.submit("a", &batch("A")).await;
    state_is(&line, "A", |state| state == State::Booked).await;
    // C is frozen in the copy and sent after it; B is not in the copy at all.
    line.kill_bank();
    line.submit("c", &batch("C")).await;
    state_is(&line, "C", |state| state == State::Batched).await;
    let copy = line.setup.dir.join("copy");
    let made = run(&["backup", copy.to_str().unwrap()], Some(&config));
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    assert_eq!(
        run(&["backup", copy.to_str().unwrap()], Some(&config)).status.code(),
        Some(3),
        "never over it"
    );
    line.start_bank();
    line.submit("b", &batch("B")).await;
    state_is(&line, "", |state| state == State::Booked).await;
    line.stop_gateway().await;

    let lost = line.setup.dir.join("lost");
    std::fs::rename(&line.setup.data_dir, &lost).unwrap();
    let (to, journal) = (line.setup.data_dir.to_str().unwrap(), lost.join("send.journal"));
    let laid =
        run(&["restore", copy.to_str().unwrap(), "--to", to, "--journal", journal.to_str().unwrap()], None);
    assert_eq!(laid.status.code(), Some(0), "{laid:?}");
    line.start_gateway(None);
    let shown = run(&["gate"], Some(&config));
    assert_eq!(shown.status.code(), Some(1), "{shown:?}");
    let report = &records(&shown)[0];
    assert_eq!(report["reasons"], serde_json::json!(["recovery"]));
    assert_eq!(report["recovery"]["witnessed_count"], 1, "{report}");
    assert_eq!(report["recovery"]["missing_count"], 1, "{report}");
    assert!(line.try_submit("b", &batch("B")).await.is_none(), "nothing is taken in");
    let missing = report["recovery"]["missing"][0].as_str().unwrap();
    let items = exceptions_of(&line.store()).await;
    let told = items.iter().filter(|item| item.row.code == "recovery_message_missing");
    assert!(told.map(|item| item.row.text.contains(missing)).eq([true]), "{items:?}");
    // What was sent after the copy is found in the bank's reports, without a word of ours.
    state_is(&line, "C", |state| state == State::Booked).await;

    let open = |missing: &str| {
        run(
            &["open-gate", "--reason", "reports read", "--witnessed", "1", "--missing", missing],
            Some(&config),
        )
    };
    assert_eq!(open("0").status.code(), Some(1), "not the report's numbers");
    assert_eq!(open("1").status.code(), Some(0));
    assert_eq!(open("1").status.code(), Some(1), "it is open");
    line.submit("b", &batch("B")).await;
    state_is(&line, "B", |state| !matches!(state, State::Recorded | State::Batched)).await;
    line.stop_gateway().await;
    // It opens like any other store from here on.
    line.start_gateway(None);
    assert_eq!(run(&["gate"], Some(&config)).status.code(), Some(0));
    line.stop_gateway().await;
    let debits: BTreeMap<String, u64> = debits_in_journal(&line.setup.dir).into_iter().collect();
    let payouts = payouts_of(&line.store()).await;
    assert_eq!((payouts.len(), debits.len()), (9, 9));
    for item in &payouts {
        assert_eq!(debits.get(&item.row.end_to_end_id), Some(&1), "{}", item.row.external_id);
    }
    let report = audit(&line.setup.data_dir).await;
    assert!(report.passed(), "{:?}", report.findings);
    assert_eq!(run(&["check"], Some(&config)).status.code(), Some(0));
}
