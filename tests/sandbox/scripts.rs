//! What is written for the bank: its configuration, its behaviour, and the triggers of its scenarios.

use girogate::domain::lifecycle::State;
use girogate::sandbox::behaviour::{Behaviour, Fault};
use girogate::sandbox::config::parse;
use girogate::sandbox::scenarios::{at, list, triggered};
use std::path::Path;

const GOOD: &str = r#"version = 1
[bank]
id = "GGBANK"
name = "Reference Bank"
bic = "GGRBDEFFXXX"
listen = "127.0.0.1:0"
data_dir = "bank"
[keys]
tls_certificate = "t.pem"
tls_key = "k.pem"
signing_key = "s.pem"
client_ca = "/ca.pem"
[[client]]
name = "treasury"
tls_certificate = "c.pem"
signing_certificate = "sc.pem"
[[account]]
client = "treasury"
iban = "DE89370400440532013000"
currency = "EUR"
name = "Treasury"
opening_balance = "1000000.00"
"#;

#[test]
fn paths_are_relative_to_the_file() {
    let config = parse(GOOD, Path::new("/etc/bank/sandbox.toml")).unwrap();
    assert_eq!(config.keys.tls_key, Path::new("/etc/bank/k.pem"));
    assert_eq!(config.keys.client_ca, Path::new("/ca.pem"));
    assert_eq!(config.bank.data_dir, Path::new("/etc/bank/bank"));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let cases = [
        ("bic = ", "bick = ", "f.toml:5:1: unknown field `bick`"),
        ("version = 1", "version = 2", "f.toml: version: only version 1 is known"),
        ("\"EUR\"", "\"EUX\"", "f.toml: account[0].currency: is not a currency of ISO 4217"),
        ("client = \"treasury\"", "client = \"other\"", "f.toml: account[0].client: names no client"),
        ("\"GGBANK\"", "\"bank\"", "f.toml: bank.id: must be 1 to 8 capital letters and digits"),
        ("\"1000000.00\"", "\"-5\"", "f.toml: account[0].opening_balance: must be a decimal number"),
    ];
    for (from, to, expected) in cases {
        let text = GOOD.replacen(from, to, 1);
        let refused = parse(&text, Path::new("f.toml")).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
}

#[test]
fn decisions_repeat_and_shares_hold() {
    let script = "version = 1\nseed = 42\n[[rule]]\ndoes = \"cut_after\"\nper_mille = 250\n";
    let behaviour = Behaviour::parse(script).unwrap();
    let hits = |behaviour: &Behaviour| -> Vec<usize> {
        (0..4000)
            .filter(|number| behaviour.befalls(Fault::CutAfter, &format!("MSG{number}")).is_some())
            .collect()
    };
    let first = hits(&behaviour);
    assert_eq!(first, hits(&Behaviour::parse(script).unwrap()));
    assert!((850..1150).contains(&first.len()), "{}", first.len());
    assert_ne!(first, hits(&Behaviour::parse(&script.replace("42", "43")).unwrap()));
    assert!(behaviour.befalls(Fault::CutBefore, "MSG1").is_none());
}

#[test]
fn an_answer_fault_ends_with_its_attempts() {
    let script =
        "version = 1\n[[rule]]\ndoes = \"error_instead\"\nstatus = 503\nattempts = 2\nonly = [\"M1\"]\n";
    let behaviour = Behaviour::parse(script).unwrap();
    assert_eq!(behaviour.answer_fault("K", "M1", 2).map(|rule| rule.status), Some(503));
    assert_eq!(behaviour.answer_fault("K", "M1", 3), None);
    assert_eq!(behaviour.answer_fault("K", "M2", 1), None);
}

#[test]
fn a_wrong_script_is_refused_with_its_place() {
    let cases = [
        ("version = 1\nsede = 4\n", "2:1: unknown field `sede`"),
        ("version = 1\n[[rule]]\ndoes = \"explode\"\n", "3:8: unknown variant `explode`"),
        (
            "version = 1\n[[rule]]\ndoes = \"silent\"\nper_mille = 1001\n",
            "rule[0].per_mille: is more than 1000",
        ),
        ("version = 2\n", "version: only version 1 is known"),
    ];
    for (script, expected) in cases {
        let refused = Behaviour::parse(script).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    assert_eq!(Behaviour::parse(" \n").unwrap(), Behaviour::default());
    assert_ne!(Behaviour::parse("version = 1\npreset = \"faults\"\n").unwrap(), Behaviour::default());
}

#[test]
fn codes_are_unique_and_end_states_exist() {
    for (index, scenario) in list().iter().enumerate() {
        assert!(!list()[..index].iter().any(|other| other.code == scenario.code), "{}", scenario.code);
        assert_eq!(State::parse(scenario.end_state).map(State::name), Some(scenario.end_state));
        assert!(scenario.sequence.first().is_some_and(|first| first.starts_with("answer")));
    }
}

#[test]
fn a_trigger_is_found_in_a_name() {
    let code = |text: &str| triggered(text).map(|position| at(position).code);
    assert_eq!(code("SANDBOX S16B Anna Muster"), Some("S16B"));
    assert_eq!(code("Muster GmbH sandbox s3 3"), Some("S3A"));
    assert_eq!(code("Invoice 7, SANDBOX S4"), Some("S4"));
    assert_eq!(code("SANDBOX"), None);
    assert_eq!(code("SANDBOX S99"), None);
    assert_eq!(code("Sandboxes Ltd"), None);
}
