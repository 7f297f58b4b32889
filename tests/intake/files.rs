//! CSV, JSON and NDJSON as they come, damaged and whole.

use super::*;

#[test]
fn byte_order_mark_semicolon_and_quotes_are_read() {
    let world = World::new();
    let names = |file: &str, separator| -> Vec<String> {
        let taken = world.take(&fixture(file), Format::Csv(separator));
        assert_eq!(places(&taken.refused), Vec::<String>::new(), "{file}");
        taken.accepted.iter().map(|one| one.payout.instruction.creditor.name.as_str().to_owned()).collect()
    };
    assert_eq!(names("byte-order-mark.csv", Separator::Comma), ["Zoe Muster"]);
    assert_eq!(names("semicolon.csv", Separator::Semicolon), ["Muster, Zoe"]);
    assert_eq!(names("quotes.csv", Separator::Comma), ["Zoe 'Z' Muster, Ltd", "Li"]);
    let undeclared = world.take(&fixture("semicolon.csv"), Format::Csv(Separator::Comma));
    assert!(places(&undeclared.refused)[0].ends_with("csv.unknown_column"));
}

#[test]
fn a_field_with_a_line_feed_is_one_row_and_a_blank_line_is_a_row() {
    let world = World::new();
    let mut text = fixture("quotes.csv");
    text.extend_from_slice(b"\nA-3,demo-eur,0,EUR,Li,DE89370400440532013000,\n");
    let taken = world.take(&text, Format::Csv(Separator::Comma));
    assert_eq!(places(&taken.refused), ["5:amount.value: amount.zero"]);
}

#[test]
fn damaged_files_are_refused_row_by_row_as_far_as_rows_are_certain() {
    let world = World::new();
    let refused = |file: &str| {
        let taken = world.take(&fixture(file), Format::Csv(Separator::Comma));
        (places(&taken.refused), taken.accepted.len())
    };
    let row = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        refused("scientific.csv"),
        (
            row(&[
                "2:amount.value: amount.scientific",
                "3:amount.value: amount.scientific",
                "4:external_id: cell.scientific"
            ]),
            0
        )
    );
    assert_eq!(refused("formula.csv"), (row(&["4:amount.value: amount.sign"]), 2));
    assert_eq!(
        refused("missing-column.csv"),
        (row(&["1:amount.currency: csv.missing_column", "1:creditor_account: csv.missing_column"]), 0)
    );
    assert_eq!(
        refused("unknown-column.csv"),
        (row(&["1:remitance.unstructured: csv.unknown_column", "1:creditor.name: csv.duplicate_column"]), 0)
    );
    assert_eq!(refused("ragged.csv"), (row(&["2:: csv.fields", "3:: csv.fields"]), 1));
    assert_eq!(refused("broken-quote.csv"), (row(&["3:: csv.quote"]), 1));
    assert_eq!(refused("nul.csv"), (row(&["2:: csv.control", "3:: csv.encoding"]), 1));
}

#[test]
fn formula_cells_are_data() {
    let world = World::new();
    let taken = world.take(&fixture("formula.csv"), Format::Csv(Separator::Comma));
    let names: Vec<&str> =
        taken.accepted.iter().map(|one| one.payout.instruction.creditor.name.as_str()).collect();
    assert!(names[0].contains("HYPERLINK"), "{names:?}");
    assert!(names[1].contains("SUM Ltd"), "{names:?}");
}

#[test]
fn the_same_payouts_in_three_formats_are_the_same() {
    let world = World::new();
    let payouts = |file: &str, format| {
        let taken = world.take(&fixture(file), format);
        assert_eq!(places(&taken.refused), Vec::<String>::new(), "{file}");
        taken.accepted.into_iter().map(|one| (one.payout, one.content, one.likeness)).collect::<Vec<_>>()
    };
    let csv = payouts("equal.csv", Format::Csv(Separator::Comma));
    assert_eq!(csv.len(), 2);
    assert_eq!(csv, payouts("equal.json", Format::Json));
    assert_eq!(csv, payouts("equal.ndjson", Format::NdJson));
}

#[test]
fn huge_fields_rows_and_headers_are_bounded() {
    let world = World::new();
    let header =
        "external_id,debtor.account_ref,amount.value,amount.currency,creditor.name,creditor_account.iban";
    let refused = |text: String| places(&world.take(text.as_bytes(), Format::Csv(Separator::Comma)).refused);
    let field = format!("{header}\nA-1,demo-eur,1,EUR,{},DE89370400440532013000\n", "é".repeat(3_000_000));
    assert_eq!(refused(field), ["2:creditor.name: member.too_long"]);
    assert_eq!(refused(format!("{header}\n{}\n", ",".repeat(100_000))), ["2:: csv.fields"]);
    assert_eq!(refused(format!("{header}{}\n", ",x".repeat(100_000))), ["1:: csv.too_many_columns"]);
    assert_eq!(refused(String::new()), ["1:: csv.header"]);
}

fn json(text: &str) -> Vec<String> {
    places(&World::new().take(text.as_bytes(), Format::Json).refused)
}

const GOOD: &str = r#"{"external_id":"A-1","debtor":{"account_ref":"demo-eur"},"amount":{"value":"12.50","currency":"EUR"},
"creditor":{"name":"Zoe"},"creditor_account":{"iban":"DE89370400440532013000"}}"#;

#[test]
fn json_shapes_are_strict() {
    let with = |from: &str, to: &str| json(&GOOD.replace(from, to));
    assert_eq!(json(GOOD), Vec::<String>::new());
    assert_eq!(with("\"12.50\"", "12.50"), ["/amount/value: amount.number"]);
    assert_eq!(
        with("\"name\":", "\"nmae\":"),
        ["/creditor/name: member.required", "/creditor/nmae: member.unknown"]
    );
    assert_eq!(
        with("{\"name\":\"Zoe\"}", "{\"name\":\"Zoe\",\"name\":\"Eve\"}"),
        ["/creditor/name: json.duplicate_member"]
    );
    assert_eq!(with("\"Zoe\"", "7"), ["/creditor/name: member.type"]);
    assert_eq!(with("\"Zoe\"", "\"\""), ["/creditor/name: member.empty"]);
    assert_eq!(with("\"Zoe\"", "\"Z\\u0000\""), ["/creditor/name: text.control"]);
    assert_eq!(with("{\"name\":\"Zoe\"}", "{\"name\":\"Zoe\",\"type\":null}"), Vec::<String>::new());
    assert_eq!(
        with("{\"name\":\"Zoe\"}", "{\"name\":\"Zoe\"},\"verification\":{\"policy\":\"skip\"}"),
        ["/verification: member.unsupported"]
    );
    assert_eq!(
        with("{\"name\":\"Zoe\"}", "{\"name\":\"Zoe\"},\"allow_truncation\":\"true\""),
        ["/allow_truncation: member.type"]
    );
    assert_eq!(with("{\"name\":\"Zoe\"}", "{\"name\":\"Zoe\"},\"a/b~c\":1"), ["/a~1b~0c: member.unknown"]);
    let lines = r#"{"name":"Zoe","address":{"town":"X","country":"DE","lines":["a","b","c"]}}"#;
    assert_eq!(with("{\"name\":\"Zoe\"}", lines), ["/creditor/address/lines/2: member.too_many"]);
    assert_eq!(json("[1]"), ["[0]: json.shape"]);
    assert_eq!(json("7"), [": json.shape"]);
    assert_eq!(json("[]"), Vec::<String>::new());
    assert_eq!(json(&format!("[{GOOD}] x")), ["[1]: json.syntax"]);
    assert_eq!(json(&format!("[{GOOD},{GOOD}]")), ["[1]/external_id: external_id.duplicate_in_file"]);
}

#[test]
fn metadata_is_accepted_and_said_not_to_be_kept() {
    let text = GOOD.replace("{\"name\":\"Zoe\"}", "{\"name\":\"Zoe\"},\"metadata\":{\"campaign\":\"c-77\"}");
    let taken = World::new().take(text.as_bytes(), Format::Json);
    assert_eq!(listed(&taken.accepted[0].warnings, Severity::Warning), ["metadata: member.not_kept"]);
}

#[test]
fn batches_are_counted_and_summed_and_atomic_ones_stand_or_fall_together() {
    let world = World::new();
    let other = GOOD.replace("A-1", "A-2");
    let batch = |rest: &str| {
        let taken = world.take(format!("{{\"payouts\":[{GOOD},{other}]{rest}}}").as_bytes(), Format::Json);
        (places(&taken.refused), taken.accepted.len())
    };
    let one = |text: &str| vec![text.to_owned()];
    assert_eq!(batch(""), (Vec::new(), 2));
    assert_eq!(batch(",\"expected_count\":2,\"expected_sum\":{\"EUR\":\"25\"}"), (Vec::new(), 2));
    assert_eq!(batch(",\"expected_count\":3"), (one("/expected_count: batch.count"), 0));
    assert_eq!(batch(",\"expected_sum\":{\"EUR\":\"25.01\"}"), (one("/expected_sum/EUR: batch.sum"), 0));
    assert_eq!(batch(",\"mode\":\"all\""), (one("/mode: batch.mode"), 2));
    assert_eq!(batch(",\"mood\":1"), (one("/mood: member.unknown"), 2));
    let bad = other.replace("12.50", "12.505");
    let mode = |mode: &str| {
        let text = format!("{{\"mode\":\"{mode}\",\"payouts\":[{GOOD},{bad}]}}");
        let taken = world.take(text.as_bytes(), Format::Json);
        (places(&taken.refused), taken.accepted.len())
    };
    assert_eq!(mode("per_item"), (one("[1]/amount/value: amount.decimals"), 1));
    assert_eq!(mode("atomic"), (one("[1]/amount/value: amount.decimals"), 0));
}

#[test]
fn a_broken_ndjson_line_does_not_touch_the_next() {
    let text = format!("{{\"external_id\":\n{}\n{}\n", GOOD.replace('\n', ""), "7");
    let taken = World::new().take(text.as_bytes(), Format::NdJson);
    assert_eq!(places(&taken.refused), ["1:: json.syntax", "3:: json.shape"]);
    assert_eq!(taken.accepted.len(), 1);
    let long = format!("\"{}\"\n{}\n", "x".repeat(3 << 20), GOOD.replace('\n', ""));
    let taken = World::new().take(long.as_bytes(), Format::NdJson);
    assert_eq!((places(&taken.refused), taken.accepted.len()), (vec!["1:: json.too_large".to_owned()], 1));
}

/// JSONTestSuite: `n_` is no JSON, `y_` is; what `i_` is may be chosen.
#[test]
fn json_test_suite() {
    let Some(folder) = shared("vectors/json/test_parsing") else { return };
    let (mut refused, mut accepted) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let findings = World::new().take(&std::fs::read(&path).unwrap(), Format::Json).refused;
        let syntax = findings.iter().flatten().any(|finding| finding.code == "json.syntax");
        match name.as_bytes()[0] {
            b'n' => {
                assert!(syntax, "{name} is no JSON: {findings:?}");
                refused += 1;
            }
            b'y' => {
                assert!(!syntax, "{name} is JSON: {findings:?}");
                accepted += 1;
            }
            _ => {}
        }
    }
    assert!(refused > 150 && accepted > 80, "{refused} refused, {accepted} accepted");
}

#[test]
fn raw_rows_have_the_numbers_of_the_findings_and_are_unchanged() {
    let file = fixture("quotes.csv");
    let rows: Vec<(u64, Vec<u8>)> =
        RawRows::new(file.as_slice(), Separator::Comma).map(Result::unwrap).collect();
    assert_eq!(rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(rows[1].1.starts_with(b"\"A-1\",") && rows[1].1.ends_with(b"line two\""));
    let joined: Vec<u8> = rows.iter().map(|(_, row)| row.as_slice()).collect::<Vec<_>>().join(&b'\n');
    assert_eq!(joined, file);
}

/// A row that is handed to the API in JSON is the same instruction.
#[test]
fn a_draft_in_json_is_the_same_draft() {
    let file = fixture("creators.csv");
    let rows = girogate::engine::intake::csv::Reader::new(file.as_slice(), Separator::Comma).unwrap();
    let mut count = 0;
    for draft in rows.map(Result::unwrap) {
        let text = draft.to_json().to_string();
        let mut reader = girogate::engine::intake::payouts::Reader::new(text.as_bytes());
        let again = reader.next().unwrap().unwrap();
        assert_eq!(again.findings, []);
        assert!(draft.members().eq(again.members()), "{}", draft.text("external_id").unwrap_or_default());
        count += 1;
    }
    assert_eq!(count, 1000);
}
