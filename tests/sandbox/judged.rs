//! What holds for everything the bank wrote: valid by the official definitions, and the money adds up.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Command;

use crate::seen::Node;
use crate::street::{Caller, GBP, Street};

/// Each document is an instance of its official definition, says xmllint.
pub fn all_valid(street: &Street, reports: &[(String, Vec<u8>)]) {
    let official = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/xsd"));
    let own = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas"));
    let folder = if official.is_dir() { official } else { own };
    if !official.is_dir() {
        eprintln!("SKIPPED: ../shared/xsd is not here; the restated definitions judge instead");
    }
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("SKIPPED: xmllint is not installed; no document was judged");
        return;
    }
    let mut files: BTreeMap<&str, Vec<std::path::PathBuf>> = BTreeMap::new();
    for (number, (kind, octets)) in reports.iter().enumerate() {
        let path = street.dir.path().join(format!("report-{number}.xml"));
        std::fs::write(&path, octets).unwrap();
        files.entry(kind).or_default().push(path);
    }
    for (kind, paths) in files {
        let schema = folder.join(format!("{kind}.xsd"));
        let judged =
            Command::new("xmllint").arg("--noout").arg("--schema").arg(schema).args(paths).output().unwrap();
        assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    }
}

fn minor(amount: &str) -> i64 {
    amount.replace('.', "").parse().unwrap()
}

/// The journal's postings sum to zero over all accounts; each statement foots; the statements' entries are the
/// ledger's lines; and no payment is on the statements more often than in the ledger.
pub async fn money_adds_up(street: &Street, caller: &Caller, reports: &[(String, Vec<u8>)]) {
    let journal = std::fs::read_to_string(street.dir.path().join("bank/journal.ndjson")).unwrap();
    let mut balances: HashMap<(String, String), i64> = HashMap::new();
    for line in journal.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if line["is"] == "posting" {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            *balances.entry((text("debit"), text("currency"))).or_default() -= minor(&text("amount"));
            *balances.entry((text("credit"), text("currency"))).or_default() += minor(&text("amount"));
        }
    }
    assert!(balances.len() > 5);
    assert_eq!(balances.values().sum::<i64>(), 0);
    let mut closing: HashMap<String, i64> = HashMap::new();
    let mut moved: BTreeMap<(String, &str), i64> = BTreeMap::new();
    for (_, octets) in reports.iter().filter(|(kind, _)| kind == "camt.053.001.08") {
        let statement = Node::parse(octets);
        let statement = statement.first("Stmt").unwrap();
        let account = statement.at("Acct/Id/IBAN").unwrap().to_owned();
        let balance = |code: &str| {
            let found = statement
                .all("Bal")
                .into_iter()
                .find(|balance| balance.at("Tp/CdOrPrtry/Cd") == Some(code))
                .unwrap();
            let sign = if found.at("CdtDbtInd") == Some("CRDT") { 1 } else { -1 };
            sign * minor(found.at("Amt").unwrap())
        };
        let mut total = 0;
        for entry in statement.all("Ntry") {
            assert_eq!(entry.at("Sts/Cd"), Some("BOOK"));
            let (sign, side) =
                if entry.at("CdtDbtInd") == Some("CRDT") { (1, "credit") } else { (-1, "debit") };
            total += sign * minor(entry.at("Amt").unwrap());
            *moved.entry((account.clone(), side)).or_default() += minor(entry.at("Amt").unwrap());
        }
        assert_eq!(balance("OPBD") + total, balance("CLBD"), "{account}");
        if let Some(before) = closing.insert(account.clone(), balance("CLBD")) {
            assert_eq!(before, balance("OPBD"), "{account}");
        }
    }
    for (account, closing) in &closing {
        let currency = if account == GBP { "GBP" } else { "EUR" };
        assert_eq!(balances[&(account.clone(), currency.to_owned())], *closing);
    }
    let mut listed: BTreeMap<(String, &str), i64> = BTreeMap::new();
    for line in caller.ledger().await {
        if line["kind"] != "opening" {
            let side = if line["direction"] == "credit" { "credit" } else { "debit" };
            let account = line["account"].as_str().unwrap().to_owned();
            *listed.entry((account, side)).or_default() += minor(line["amount"].as_str().unwrap());
        }
    }
    assert_eq!(listed, moved);
}
