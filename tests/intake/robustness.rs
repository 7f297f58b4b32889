//! Lists that must agree, and input that nobody meant.

use super::*;

#[test]
fn every_code_is_documented_and_every_documented_code_exists() {
    let text = include_str!("../../docs/errors.md");
    let (_, part) = text.split_once("<!-- intake -->").expect("the part of intake has its mark");
    let part = part.split("<!-- ").next().unwrap();
    let documented: Vec<(&str, &str)> = part
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(code, meaning)| (code, meaning.trim_end_matches(" |")))
        .collect();
    for (documented, known) in documented.iter().zip(CODES) {
        assert_eq!(documented, known);
    }
    assert_eq!(documented.len(), CODES.len());
    assert!(CODES.is_sorted(), "codes stand in order");
}

#[test]
fn the_example_of_each_account_form_is_accepted_and_every_column_is_explained() {
    assert!(columns().all(|column| !column.explanation.is_empty()));
    let names: BTreeSet<&str> = columns().map(|column| column.name).collect();
    for example in EXAMPLES {
        assert!(example.cells.iter().all(|(column, _)| names.contains(column)), "{}", example.form);
        let errors = World::new().errors(&with(&[("creditor_account.iban", "")], example.cells));
        match example.form {
            "other" => assert_eq!(errors, ["creditor_account: account.form_not_on_rail"]),
            form => assert_eq!(errors, Vec::<String>::new(), "{form}"),
        }
    }
}

#[test]
fn the_demonstration_has_three_accounts() {
    let accounts = demonstration::accounts();
    let names: Vec<(&str, &str)> =
        accounts.iter().map(|account| (account.account_ref.as_str(), account.currency.code())).collect();
    assert_eq!(names, [("demo-eur", "EUR"), ("demo-gbp", "GBP"), ("demo-usd", "USD")]);
}

proptest::proptest! {
    #[test]
    fn no_octets_make_a_reader_panic(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
        let world = World::new();
        for format in [Format::Csv(Separator::Comma), Format::Csv(Separator::Semicolon), Format::Json, Format::NdJson] {
            world.take(&octets, format);
        }
    }

    #[test]
    fn no_cell_makes_a_check_panic(
        column in 0_usize..100,
        cell in "\\PC{0,40}|[0-9.+Ee-]{0,20}|[A-Z]{2}[0-9A-Z]{0,30}",
    ) {
        let all: Vec<&str> = columns().map(|column| column.name).collect();
        let _ = World::new().one(&[(all[column % all.len()], &cell)]);
    }

    /// Our strict reader and serde_json agree on what is JSON, up to our bounds on depth and members.
    #[test]
    fn our_json_is_everybodys_json(text in "[\\[\\]{}:,\"0-9eE.+\\-\\\\ntfu ]{0,24}") {
        let ours = World::new().take(format!("[{text}]").as_bytes(), Format::Json);
        let syntax = ours.refused.iter().flatten().any(|finding| finding.code == "json.syntax");
        // Numbers too large for a double are JSON all the same, so they are read unrounded.
        let theirs = serde_json::from_str::<Vec<Box<serde_json::value::RawValue>>>(&format!("[{text}]"));
        proptest::prop_assert_eq!(!syntax, theirs.is_ok(), "{}", text);
    }
}
