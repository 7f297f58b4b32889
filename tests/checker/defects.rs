//! Each planted defect is noticed at the invariant that the table promises, and the same run without it is clean.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use girogate::planted::DEFECTS;

use crate::judge::{Verdicts, judge};
use crate::scripts::Script;

/// Runs at the same time; each is two processes that mostly wait.
const TOGETHER: usize = 8;

/// One line of the table.
struct Row {
    defect: &'static str,
    script: Script,
    invariant: &'static str,
}

fn table() -> Vec<Row> {
    let lines = include_str!("defects.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let script = Script::ALL.iter().find(|(name, _)| *name == cells[1]);
        Row { defect: cells[0], script: script.expect(cells[1]).1, invariant: cells[2] }
    };
    lines.map(row).collect()
}

#[test]
fn the_table_names_every_defect_that_is_planted() {
    let table = table();
    let listed: BTreeMap<&str, &str> = table.iter().map(|row| (row.defect, row.invariant)).collect();
    let planted: BTreeMap<&str, &str> = DEFECTS.iter().map(|row| (row.name, row.invariant)).collect();
    assert_eq!(listed.len(), table.len(), "a defect stands there twice");
    assert_eq!(listed, planted);
    assert!(listed.len() >= 25);
}

/// What may be chosen by `GIROGATE_TEST_DEFECTS`.
fn chosen() -> Option<Vec<String>> {
    let text = std::env::var("GIROGATE_TEST_DEFECTS").ok().filter(|text| text != "all")?;
    Some(text.split(',').map(str::to_owned).collect())
}

/// What is wrong with a run, if anything.
fn finding(script: Script, defect: Option<&Row>, verdicts: &Verdicts) -> Option<String> {
    let broken = verdicts.broken();
    let told = || verdicts.told();
    match defect {
        None if !broken.is_empty() => Some(format!("{script:?} without a defect: {}", told())),
        None if verdicts.held().len() < 10 => Some(format!("{script:?}: only {:?} judged", verdicts.held())),
        Some(row) if !broken.contains(&row.invariant) => Some(format!(
            "{} in {script:?}: {} holds; broken {broken:?}\n{}",
            row.defect,
            row.invariant,
            told()
        )),
        _ => None,
    }
}

#[tokio::test]
async fn each_planted_defect_is_noticed_and_a_clean_run_holds() {
    if !cfg!(feature = "planted") {
        eprintln!("SKIPPED: built without the feature `planted`; nothing can be planted");
        return;
    }
    let (table, chosen) = (Rc::new(table()), chosen());
    let wanted = |name: &str| chosen.as_ref().is_none_or(|names| names.iter().any(|chosen| chosen == name));
    let needed = |script: Script| table.iter().any(|row| row.script == script && wanted(row.defect));
    let heavy = std::env::var("GIROGATE_TEST_DEFECTS").is_ok_and(|text| text == "all");
    let all = Script::ALL.iter().map(|(_, script)| *script);
    let all = all.filter(|script| heavy || *script != Script::Scenarios);
    let scripts: BTreeSet<Script> = all.filter(|script| chosen.is_none() || needed(*script)).collect();
    let mut runs: Vec<(Script, Option<usize>)> = scripts.into_iter().map(|script| (script, None)).collect();
    let planted = table.iter().enumerate().filter(|(_, row)| wanted(row.defect));
    runs.extend(planted.map(|(place, row)| (row.script, Some(place))));
    let slots = Rc::new(tokio::sync::Semaphore::new(TOGETHER));
    let local = tokio::task::LocalSet::new();
    let tasks: Vec<_> = runs
        .into_iter()
        .map(|(script, place)| {
            let (slots, table) = (Rc::clone(&slots), Rc::clone(&table));
            local.spawn_local(async move {
                let _slot = slots.acquire().await.unwrap();
                let row = place.map(|place| &table[place]);
                let run = script.play(row.map(|row| row.defect)).await;
                let verdicts = judge(&run.dir())?;
                if let Some(keep) = std::env::var_os("GIROGATE_TEST_KEEP") {
                    let name = format!("{script:?}-{}", row.map_or("clean", |row| row.defect));
                    let target = std::path::Path::new(&keep).join(name);
                    drop(std::process::Command::new("cp").arg("-a").arg(run.dir()).arg(target).status());
                }
                if run.dir().join("skipped").exists() {
                    return None;
                }
                finding(script, row, &verdicts)
            })
        })
        .collect();
    local.await;
    let mut findings = Vec::new();
    for task in tasks {
        findings.extend(task.await.unwrap());
    }
    assert!(findings.is_empty(), "{}", findings.join("\n\n"));
}
