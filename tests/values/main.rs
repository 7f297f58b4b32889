//! The leaf values of the domain against registry examples, published vectors and calendars; never a file or socket of the gateway.

#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed, and says where")]

mod accounts;
mod amounts;
mod dates;
mod exact;
mod lifecycle;
mod references;
mod text;

use girogate::domain::account::*;
use girogate::domain::amount::{Amount, lexical_decimal};
use girogate::domain::codes;
use girogate::domain::country::Country;
use girogate::domain::currency::Currency;
use girogate::domain::reference::*;
use proptest::prelude::*;

#[test]
fn code_lists_answer() {
    assert!(codes::purpose_known("ROYA") && codes::purpose_known("SALA") && !codes::purpose_known("roya"));
    assert!(codes::category_purpose_known("SUPP") && !codes::category_purpose_known("ROYA"));
    assert!(codes::status_reason("AC04").is_some_and(|meaning| meaning.contains("closed")));
    assert!(codes::return_reason("AC04").is_some_and(|meaning| meaning.contains("closed")));
    assert!(codes::transaction_status("ACSC").is_some() && codes::group_status("PART").is_some());
    assert_eq!((codes::status_reason("ZZZZ"), codes::transaction_status("PART")), (None, None));
    assert!(Country::parse("XK").is_ok() && Country::parse("UK").is_err() && Country::parse("de").is_err());
    assert_eq!(Country::DE.name(), "Germany");
}

/// The tables we ship say the same as the fact sheets they were restated from.
#[test]
fn shipped_tables_agree_with_the_fact_sheets() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/facts/codes/");
    let mut compared = 0;
    for (name, theirs, ours, columns) in [
        (
            "currency_minor_units.tsv",
            &[0, 2][..],
            include_str!("../../schemas/codes/currency.tsv"),
            &[0, 1][..],
        ),
        ("iban_structure.tsv", &[0, 2, 4, 5], include_str!("../../schemas/codes/iban.tsv"), &[0, 1, 2, 3]),
        ("sepa_area.tsv", &[0, 2, 4], include_str!("../../schemas/codes/sepa_area.tsv"), &[0, 1, 2]),
        ("purpose.tsv", &[0], include_str!("../../schemas/codes/purpose.tsv"), &[0]),
        ("category_purpose.tsv", &[0], include_str!("../../schemas/codes/category_purpose.tsv"), &[0]),
        ("status_reason.tsv", &[0], include_str!("../../schemas/codes/status_reason.tsv"), &[0]),
        ("return_reason.tsv", &[0], include_str!("../../schemas/codes/return_reason.tsv"), &[0]),
        (
            "payment_transaction_status.tsv",
            &[0],
            include_str!("../../schemas/codes/payment_transaction_status.tsv"),
            &[0],
        ),
        (
            "payment_group_status.tsv",
            &[0],
            include_str!("../../schemas/codes/payment_group_status.tsv"),
            &[0],
        ),
    ] {
        let Ok(sheet) = std::fs::read_to_string(format!("{folder}{name}")) else {
            eprintln!("SKIPPED: no fact sheet {name} beside the project");
            continue;
        };
        let rows = |table: &str, columns: &[usize]| {
            let row =
                |line: &str| columns.iter().map(|at| line.split('\t').nth(*at).unwrap().to_owned()).collect();
            let mut rows: Vec<Vec<String>> = table.lines().skip(1).map(row).collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(ours, columns), rows(&sheet, theirs), "{name}");
        compared += 1;
    }
    eprintln!("{compared} tables compared");
}

proptest! {
    #[test]
    fn no_text_makes_the_number_readers_panic(text in "\\PC*|[0-9.,eE+ -]{0,60}") {
        let _ = (Amount::parse(&text, Currency::EUR), lexical_decimal(&text), Iban::parse(&text), Bic::parse(&text));
        let _ = (CreditorReference::parse(&text), QrReference::parse(&text), PayoutToken::parse_base32(&text));
        let _ = (Lei::parse(&text), SortCode::parse(&text), Currency::parse(&text), Country::parse(&text));
    }
}
