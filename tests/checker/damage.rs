//! The judge itself is judged: evidence of a clean run is altered at one place, and the invariant concerned, and the
//! payout where there is one, must be named. Evidence that is not there is never called in order.

use std::path::Path;

use serde_json::{Value, json};

use crate::judge::judge;
use crate::process::papers::database;
use crate::scripts::Script;

/// An alteration: invariant that must be broken by it, external id that must be named, and what is done to the folder.
type Damage = (&'static str, Option<&'static str>, fn(&Path));

const DAMAGES: &[Damage] = &[
    ("I1", Some("B-1"), |dir| edit(&dir.join("export.ndjson"), |line| line["external_id"] != "B-1")),
    ("I2", Some("B-3"), |dir| {
        let payment = |line: &Value| {
            line["kind"] == "payment" && line["is"] == "posting" && line["amount"] == "399999.99"
        };
        let journal = dir.join("bank/journal.ndjson");
        let twice: Vec<Value> = lines(&journal).into_iter().filter(payment).collect();
        let order = json!({ "is": "order", "number": 99, "message_id": "X", "at": 9_999_999_999_999_999_i64,
            "digest": lines(&journal).iter().find(|line| line["number"] == twice[0]["order"] && line["is"] == "order").unwrap()["digest"] });
        let again = {
            let mut again = twice[0].clone();
            again["order"] = json!(99);
            again
        };
        append(&journal, &[order, again]);
    }),
    ("I3", Some("B-6"), |dir| {
        change(&dir.join("bank/journal.ndjson"), |line| {
            if line["is"] == "posting" && line["amount"] == "5.55" {
                line["amount"] = json!("5.56");
            }
        })
    }),
    ("I4", Some("B-6"), |dir| state(dir, "B-6", "Rejected")),
    ("I5", Some("B-2"), |dir| state(dir, "B-2", "Booked")),
    ("I6", None, |dir| edit(&dir.join("gateway/send.journal"), |line| line["attempt"] != 1)),
    ("I8", Some("B-3"), |dir| state(dir, "B-3", "InProcess")),
    ("I9", None, |dir| {
        let sql = "DELETE FROM document_body WHERE digest = (SELECT digest FROM document LIMIT 1)";
        database(&dir.join("gateway")).execute(sql, []).unwrap();
    }),
    ("I10", None, |dir| {
        database(&dir.join("gateway")).execute("UPDATE meta SET epoch = 0", []).unwrap();
    }),
    ("I11", Some("B-1"), |dir| {
        change(&dir.join("export.ndjson"), |line| {
            if line["external_id"] == "B-1" {
                line["amount"]["value"] = json!("12.35");
            }
        })
    }),
    ("I12", Some("B-4"), |dir| {
        let mut last = lines(&dir.join("client.ndjson")).pop().unwrap();
        for item in last["answer"].as_array_mut().unwrap() {
            item["id"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAA");
        }
        append(&dir.join("client.ndjson"), &[last]);
    }),
    ("I13", Some("B-4"), |dir| state(dir, "B-4", "Booked")),
    ("I15", None, |dir| {
        let log = dir.join("serve.log");
        let text = std::fs::read_to_string(&log).unwrap();
        std::fs::write(log, format!("{text}{}\n", crate::run::CANARY)).unwrap();
    }),
    ("I16", None, |dir| {
        let sql = "UPDATE facts SET body = replace(body, '12.34', '12.43') WHERE seq < 10";
        assert!(database(&dir.join("gateway")).execute(sql, []).unwrap() > 0);
    }),
    ("I16", None, |dir| {
        let sql = "DELETE FROM facts WHERE seq = (SELECT max(seq) FROM facts)";
        database(&dir.join("gateway")).execute(sql, []).unwrap();
    }),
    ("I17", Some("B-6"), |dir| state(dir, "B-6", "Submitted")),
];

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write(path: &Path, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(path, text).unwrap();
}

fn edit(path: &Path, keep: impl Fn(&Value) -> bool) {
    let kept: Vec<Value> = lines(path).into_iter().filter(|line| keep(line)).collect();
    write(path, &kept);
}

fn change(path: &Path, alter: impl Fn(&mut Value)) {
    let mut changed = lines(path);
    changed.iter_mut().for_each(alter);
    write(path, &changed);
}

fn append(path: &Path, more: &[Value]) {
    write(path, &[lines(path), more.to_vec()].concat());
}

fn state(dir: &Path, external_id: &str, state: &str) {
    change(&dir.join("export.ndjson"), |line| {
        if line["external_id"] == external_id {
            line["state"] = json!(state);
        }
    });
}

fn copied(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn altered_evidence_is_noticed_and_missing_evidence_is_not_called_in_order() {
    let run = Script::Plain.play(None).await;
    let folder = tempfile::tempdir().unwrap();
    let clean = folder.path().join("clean");
    copied(&run.dir(), &clean);
    let Some(verdicts) = judge(&clean) else { return };
    assert!(verdicts.broken().is_empty(), "{}", verdicts.told());
    let unjudged: Vec<&String> =
        verdicts.of.iter().filter(|(_, verdict)| *verdict == "not judged").map(|(n, _)| n).collect();
    assert!(unjudged.is_empty(), "everything is there to be judged: {unjudged:?}");
    for (number, (invariant, external_id, alter)) in DAMAGES.iter().enumerate() {
        let altered = folder.path().join(format!("altered-{number}"));
        copied(&clean, &altered);
        alter(&altered);
        let verdicts = judge(&altered).unwrap();
        assert_eq!(verdicts.of[*invariant], "broken", "{number} {invariant}: {}", verdicts.told());
        let named = |breaks: &Value| {
            breaks["external_id"].as_str().is_some_and(|named| named.contains(external_id.unwrap()))
        };
        assert!(
            external_id.is_none() || verdicts.breaks[*invariant].iter().any(named),
            "{number} {invariant} names {external_id:?}: {}",
            verdicts.told()
        );
    }
    missing_is_not_judged(&clean, folder.path());
}

/// Each kind of evidence is taken away; nothing that needs it may be called ok.
fn missing_is_not_judged(clean: &Path, folder: &Path) {
    let needs: &[(&str, &[&str])] = &[
        ("client.ndjson", &["I1", "I12"]),
        ("export.ndjson", &["I1", "I5", "I11", "I13", "I17"]),
        ("bank", &["I2", "I3", "I4", "I6"]),
        ("gateway", &["I5", "I6", "I8", "I9", "I10", "I13", "I16"]),
        ("gateway/send.journal", &["I6"]),
        ("run.json", &["I15", "I17"]),
    ];
    for (number, (missing, invariants)) in needs.iter().enumerate() {
        let poorer = folder.join(format!("poorer-{number}"));
        copied(clean, &poorer);
        let path = poorer.join(missing);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap()
        } else {
            std::fs::remove_file(path).unwrap()
        }
        let verdicts = judge(&poorer).unwrap();
        for invariant in *invariants {
            assert_eq!(verdicts.of[*invariant], "not judged", "without {missing}: {invariant}");
        }
    }
    let empty = folder.join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert_eq!(judge(&empty).unwrap().code, 2, "nothing can be judged");
}
