//! Values that no bank should send, each in every element of its kind in real messages: our verdict is xmllint's, and the words
//! of each are in `fixtures/hostile/values/<message>.txt`, which `UPDATE_FIXTURES=1` rewrites.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use girogate::messages::validate::validate_file;

use super::oracle::{self, Says};

/// A message and the fixture that its cases are made of.
const MESSAGES: &[(&str, &str)] = &[
    ("pain.002.001.10", "accepted-with-change"),
    ("pacs.002.001.10", "relayed"),
    ("camt.052.001.08", "pending-then-booked"),
    ("camt.053.001.08", "pages"),
    ("camt.054.001.08", "same-content"),
    ("camt.029.001.09", "refused-cancellation"),
    ("pacs.004.001.09", "returned-with-charges"),
];

/// Names of elements and what kind of value they hold. An element that a message does not have is left out there.
const KINDS: &[(&[Value], &[&str])] = &[
    (AMOUNTS, &["Amt", "IntrBkSttlmAmt", "OrgnlInstdAmt", "RtrdInstdAmt", "InstdAmt", "DtldCtrlSum"]),
    (MOMENTS, &["CreDtTm", "AccptncDtTm", "DtTm"]),
    (DATES, &["Dt", "IntrBkSttlmDt"]),
    (TEXTS, &["MsgId", "OrgnlEndToEndId", "EndToEndId", "Nm", "AcctSvcrRef"]),
    (ACCOUNTS, &["IBAN"]),
    (INSTITUTIONS, &["BICFI", "AnyBIC"]),
    (TOKENS, &["OrgnlUETR", "UETR"]),
    (CODES, &["CdtDbtInd", "TxSts", "TxCxlSts", "ChrgBr", "Cd", "GrpSts"]),
    (SWITCHES, &["LastPgInd", "ReopCaseIndctn"]),
    (COUNTS, &["NbOfTxs", "OrgnlNbOfTxs", "PgNb", "ElctrncSeqNb"]),
];

/// A name and the value, as it stands between the tags.
type Value = (&'static str, &'static str);

const AMOUNTS: &[Value] = &[
    ("empty", ""),
    ("blank", " "),
    ("zero", "0"),
    ("zero-with-fraction", "0.00"),
    ("minus-zero", "-0"),
    ("minus", "-12.50"),
    ("plus", "+12.50"),
    ("two-signs", "+-12.50"),
    ("exponent", "1e2"),
    ("exponent-upper-case", "1E2"),
    ("hexadecimal", "0x10"),
    ("not-a-number", "NaN"),
    ("infinite", "INF"),
    ("comma", "12,50"),
    ("thousands-comma", "1,212.50"),
    ("thousands-point", "1.212.50"),
    ("thousands-apostrophe", "1'212.50"),
    ("thousands-space", "1 212.50"),
    ("thousands-no-break-space", "1\u{a0}212.50"),
    ("point-first", ".50"),
    ("point-last", "12."),
    ("point-alone", "."),
    ("leading-zeros", "000000000000000000000000012.50"),
    ("trailing-zeros", "12.5000000000000000000000000"),
    ("five-fraction-digits", "12.12345"),
    ("six-fraction-digits", "12.123456"),
    ("eighteen-digits", "999999999999999999"),
    ("nineteen-digits", "9999999999999999999"),
    ("eighteen-digits-with-fraction", "9999999999999.99999"),
    ("nineteen-digits-with-fraction", "99999999999999.99999"),
    ("seventy-digits", "1234567890123456789012345678901234567890123456789012345678901234567890"),
    ("space-before", " 12.50"),
    ("space-behind", "12.50 "),
    ("line-feed-before", "\n12.50"),
    ("space-inside", "12. 50"),
    ("currency-inside", "EUR 12.50"),
    ("currency-sign", "€12.50"),
    ("full-width", "１２.50"),
    ("arabic", "١٢"),
    ("percent", "12%"),
    ("parentheses", "(12.50)"),
    ("letter-o", "1O.50"),
    ("comment-inside", "12<!-- 9 -->.50"),
    ("section-inside", "12<![CDATA[.5]]>0"),
    ("reference-inside", "12&#46;50"),
    ("element-inside", "12<Amt>.50</Amt>"),
];

const MOMENTS: &[Value] = &[
    ("empty", ""),
    ("utc", "2026-11-02T08:00:00Z"),
    ("utc-lower-case", "2026-11-02T08:00:00z"),
    ("separator-lower-case", "2026-11-02t08:00:00"),
    ("separator-space", "2026-11-02 08:00:00"),
    ("offset", "2026-11-02T08:00:00+01:00"),
    ("offset-of-fourteen", "2026-11-02T08:00:00+14:00"),
    ("offset-beyond-fourteen", "2026-11-02T08:00:00+14:01"),
    ("offset-of-fifteen", "2026-11-02T08:00:00-15:00"),
    ("offset-without-colon", "2026-11-02T08:00:00+0100"),
    ("offset-of-one-digit", "2026-11-02T08:00:00+1:00"),
    ("offset-without-minutes", "2026-11-02T08:00:00+01"),
    ("offset-minus-zero", "2026-11-02T08:00:00-00:00"),
    ("offset-of-sixty-minutes", "2026-11-02T08:00:00+01:60"),
    ("zone-by-name", "2026-11-02T08:00:00CET"),
    ("midnight-as-24", "2026-11-02T24:00:00"),
    ("beyond-midnight", "2026-11-02T24:00:01"),
    ("hour-25", "2026-11-02T25:00:00"),
    ("minute-60", "2026-11-02T08:60:00"),
    ("second-60", "2026-12-31T23:59:60Z"),
    ("second-61", "2026-12-31T23:59:61Z"),
    ("without-seconds", "2026-11-02T08:00"),
    ("fraction", "2026-11-02T08:00:00.123"),
    ("fraction-long", "2026-11-02T08:00:00.123456789012345678901234567890"),
    ("fraction-empty", "2026-11-02T08:00:00."),
    ("fraction-comma", "2026-11-02T08:00:00,123"),
    ("fraction-by-colon", "2026-11-02T11:17:11:735"),
    ("space-inside", "2026-11-02T20:23: 34"),
    ("hour-of-one-digit", "2026-11-02T8:00:00"),
    ("date-alone", "2026-11-02"),
    ("time-alone", "08:00:00"),
    ("february-30", "2026-02-30T08:00:00"),
    ("february-29", "2026-02-29T08:00:00"),
    ("february-29-leap", "2028-02-29T08:00:00"),
    ("february-29-of-1900", "1900-02-29T08:00:00"),
    ("february-29-of-2000", "2000-02-29T08:00:00"),
    ("month-13", "2026-13-01T08:00:00"),
    ("month-0", "2026-00-10T08:00:00"),
    ("day-0", "2026-01-00T08:00:00"),
    ("year-0", "0000-01-01T00:00:00"),
    ("year-minus-1", "-0001-01-01T00:00:00"),
    ("year-of-five-digits", "12026-11-02T08:00:00"),
    ("year-of-five-digits-and-zero", "02026-11-02T08:00:00"),
    ("year-of-two-digits", "26-11-02T08:00:00"),
    ("year-plus", "+2026-11-02T08:00:00"),
    ("basic-format", "20261102T080000"),
    ("week-date", "2026-W45-1T08:00:00"),
    ("space-around", " 2026-11-02T08:00:00 "),
    ("full-width", "２０２６-11-02T08:00:00"),
    ("seconds-since-1970", "1795424400"),
];

const DATES: &[Value] = &[
    ("empty", ""),
    ("right", "2026-11-02"),
    ("zone", "2026-11-02Z"),
    ("offset", "2026-11-02+01:00"),
    ("offset-beyond-fourteen", "2026-11-02+14:01"),
    ("moment", "2026-11-02T00:00:00"),
    ("february-30", "2026-02-30"),
    ("february-29", "2026-02-29"),
    ("february-29-leap", "2028-02-29"),
    ("february-29-of-2100", "2100-02-29"),
    ("april-31", "2026-04-31"),
    ("month-13", "2026-13-01"),
    ("month-0", "2026-00-01"),
    ("day-32", "2026-01-32"),
    ("day-0", "2026-01-00"),
    ("year-0", "0000-01-01"),
    ("year-1", "0001-01-01"),
    ("year-9999", "9999-12-31"),
    ("year-10000", "10000-01-01"),
    ("year-of-ten-digits", "2026202620-01-01"),
    ("year-minus", "-2026-11-02"),
    ("year-of-three-digits", "026-11-02"),
    ("without-hyphens", "20261102"),
    ("slashes", "2026/11/02"),
    ("points", "02.11.2026"),
    ("american", "11/02/2026"),
    ("one-digit", "2026-1-2"),
    ("en-dash", "2026–11–02"),
    ("space-around", " 2026-11-02\n"),
    ("space-inside", "2026- 11-02"),
    ("arabic", "٢٠٢٦-١١-٠٢"),
    ("words", "today"),
];

const TEXTS: &[Value] = &[
    ("empty", ""),
    ("blank", " "),
    ("one", "x"),
    ("thirty-five", "12345678901234567890123456789012345"),
    ("thirty-six", "123456789012345678901234567890123456"),
    ("thirty-five-emoji", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"),
    ("thirty-six-emoji", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"),
    (
        "one-hundred-and-forty",
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    ),
    (
        "one-hundred-and-forty-one",
        "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901",
    ),
    ("thirty-five-with-space-behind", "1234567890123456789012345678901234 "),
    ("thirty-six-with-space-behind", "12345678901234567890123456789012345 "),
    ("thirty-six-by-references", "12345678901234567890123456789012345&#54;"),
    (
        "thirty-five-of-references",
        "&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;",
    ),
    (
        "returns-count-once",
        "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8",
    ),
    (
        "combining-marks-count",
        "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
    ),
    ("zero-width", "\u{200b}"),
    ("override", "\u{202e}1-VNI"),
    ("bidi-mark", "\u{200f}"),
    ("non-character", "\u{fdd0}"),
    ("replacement", "\u{fffd}"),
    ("line-feed", "a\nb"),
    ("tab", "a\tb"),
    ("delete", "a\u{7f}b"),
    ("control-80", "a\u{80}b"),
    ("formula", "=1+1"),
    ("markup", "&lt;b&gt;"),
    ("comment-alone", "<!-- INV-1 -->"),
    ("section-empty", "<![CDATA[]]>"),
    ("section", "<![CDATA[INV-1]]>"),
    ("element", "<x>INV-1</x>"),
    ("not-provided", "NOTPROVIDED"),
];

const ACCOUNTS: &[Value] = &[
    ("empty", ""),
    ("right", "DE89370400440532013000"),
    ("wrong-check-digits-fit-the-definition", "DE88370400440532013000"),
    ("check-digits-swapped-fit-the-definition", "DE98370400440532013000"),
    ("check-digits-00", "DE00370400440532013000"),
    ("check-digits-missing", "DE"),
    ("one-digit-short-fits-the-definition", "DE8937040044053201300"),
    ("country-of-nobody-fits-the-definition", "XX89370400440532013000"),
    ("country-lower-case", "de89370400440532013000"),
    ("country-digit", "D189370400440532013000"),
    ("spaces", "DE89 3704 0044 0532 0130 00"),
    ("space-behind", "DE89370400440532013000 "),
    ("hyphens", "DE89-3704-0044-0532-0130-00"),
    ("masked", "DE89xxxxxxxxxxxxxx3000"),
    ("masked-by-stars", "DE89**************3000"),
    ("lower-case-letters", "GB29nwbk60161331926819"),
    ("thirty-four", "MT84MALT011000012345MTLCAST001S123"),
    ("thirty-five", "MT84MALT011000012345MTLCAST001S1234"),
    ("cyrillic", "DЕ89370400440532013000"),
    ("full-width", "DE８９370400440532013000"),
    ("zero-width", "DE89\u{200b}370400440532013000"),
    ("prefix", "IBAN DE89370400440532013000"),
    ("old-number", "0532013000"),
];

const INSTITUTIONS: &[Value] = &[
    ("empty", ""),
    ("eight", "AAAADEFF"),
    ("eleven", "AAAADEFFXXX"),
    ("nine", "AAAADEFFX"),
    ("ten", "AAAADEFFXX"),
    ("twelve", "AAAADEFFXXXX"),
    ("seven", "AAAADEF"),
    ("lower-case", "aaaadeffxxx"),
    ("digit-in-country", "AAAAD1FFXXX"),
    ("digit-in-institution", "AA1ADEFFXXX"),
    ("country-of-nobody-fits-the-definition", "AAAAXXFFXXX"),
    ("location-0", "AAAADE0FXXX"),
    ("location-o", "AAAADEFOXXX"),
    ("test-address", "AAAADEF0XXX"),
    ("space-inside", "AAAADEFF XXX"),
    ("space-behind", "AAAADEFF "),
    ("umlaut", "ÄAAADEFF"),
    ("cyrillic", "АAAADEFF"),
    ("placeholder", "NOTPROVIDED"),
];

const TOKENS: &[Value] = &[
    ("empty", ""),
    ("right", "6b1f5f0e-7c6d-4a7a-9c5e-000000000001"),
    ("upper-case", "6B1F5F0E-7C6D-4A7A-9C5E-000000000001"),
    ("version-5", "6b1f5f0e-7c6d-5a7a-9c5e-000000000001"),
    ("version-0", "6b1f5f0e-7c6d-0a7a-9c5e-000000000001"),
    ("variant-c", "6b1f5f0e-7c6d-4a7a-cc5e-000000000001"),
    ("nil", "00000000-0000-0000-0000-000000000000"),
    ("one-short", "6b1f5f0e-7c6d-4a7a-9c5e-00000000000"),
    ("one-long", "6b1f5f0e-7c6d-4a7a-9c5e-0000000000011"),
    ("without-hyphens", "6b1f5f0e7c6d4a7a9c5e000000000001"),
    ("braces", "{6b1f5f0e-7c6d-4a7a-9c5e-000000000001}"),
    ("urn", "urn:uuid:6b1f5f0e-7c6d-4a7a-9c5e-000000000001"),
    ("letter-g", "6b1f5f0g-7c6d-4a7a-9c5e-000000000001"),
    ("en-dash", "6b1f5f0e–7c6d–4a7a–9c5e–000000000001"),
    ("space-behind", "6b1f5f0e-7c6d-4a7a-9c5e-000000000001 "),
];

const CODES: &[Value] = &[
    ("empty", ""),
    ("debit", "DBIT"),
    ("accepted", "ACSC"),
    ("lower-case", "dbit"),
    ("space-behind", "DBIT "),
    ("two", "DBITCRDT"),
    ("five", "AAAAA"),
    ("unknown", "ZZZZ"),
    ("words", "rejected"),
    ("digits", "0000"),
    ("cyrillic", "DВIT"),
    ("element", "<Cd>DBIT</Cd>"),
];

const SWITCHES: &[Value] = &[
    ("empty", ""),
    ("true", "true"),
    ("one", "1"),
    ("zero", "0"),
    ("upper-case", "TRUE"),
    ("capital", "True"),
    ("yes", "yes"),
    ("two", "2"),
    ("space-around", " true\n"),
    ("zero-zero", "00"),
];

const COUNTS: &[Value] = &[
    ("empty", ""),
    ("zero", "0"),
    ("minus", "-1"),
    ("plus", "+1"),
    ("fraction", "1.0"),
    ("exponent", "1e1"),
    ("five-digits", "99999"),
    ("six-digits", "100000"),
    ("fifteen-digits", "999999999999999"),
    ("sixteen-digits", "1000000000000000"),
    ("eighteen-digits", "999999999999999999"),
    ("nineteen-digits", "9999999999999999999"),
    ("leading-zeros", "00000000000000001"),
    ("space-before", " 1"),
    ("letters", "one"),
    ("arabic", "١"),
    ("hexadecimal", "0x1"),
];

/// Where our verdict is not that of xmllint, each with its reason.
const OTHERWISE: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The document with the first leaf of a name holding another value.
fn with(text: &str, tag: &str, value: &str) -> Option<String> {
    let closing = format!("</{tag}>");
    let mut from = 0;
    while let Some(found) = text[from..].find(&format!("<{tag}")) {
        let open = from + found;
        let start = open + text[open..].find('>')? + 1;
        let named = matches!(text.as_bytes()[open + 1 + tag.len()], b'>' | b' ');
        let length = text[start..].find('<')?;
        if named && text[start + length..].starts_with(&closing) {
            return Some(format!("{}{value}{}", &text[..start], &text[start + length..]));
        }
        from = open + 1;
    }
    None
}

/// Cases of a message: their names and documents.
fn cases(message: &str, fixture: &str) -> Vec<(String, String)> {
    let path = root().join("fixtures/messages").join(message).join(fixture).join("in.xml");
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases = Vec::new();
    for (values, tags) in KINDS {
        for tag in *tags {
            for (name, value) in *values {
                if let Some(document) = with(&text, tag, value) {
                    cases.push((format!("{tag}/{name}"), document));
                }
            }
        }
    }
    cases
}

/// Verdict and, where it is no, the first reason.
fn said(document: &str) -> (bool, String) {
    let said = validate_file(document.as_bytes(), None);
    let valid = said.verdict.valid && said.parsed.stopped.is_none();
    let first = said.deviations.first();
    let reason =
        first.map(|found| format!("{}:{}: {}: {}", found.line, found.column, found.code, found.text));
    (valid, reason.unwrap_or_else(|| "valid".to_owned()))
}

/// What the verdicts of a message disagree with.
fn judge(message: &str, fixture: &str, wrong: &mut Vec<String>) -> usize {
    let cases = cases(message, fixture);
    let folder = tempfile::tempdir().unwrap();
    let file = |number: usize| folder.path().join(format!("{number}.xml"));
    let files: Vec<PathBuf> = (0..cases.len()).map(file).collect();
    for (path, (_, document)) in files.iter().zip(&cases) {
        std::fs::write(path, document).unwrap();
    }
    let schema = root().join("schemas").join(format!("{message}.xsd"));
    let says = if oracle::is_present() { oracle::judge(&schema, &files) } else { Default::default() };
    let mut words = String::new();
    for (path, (name, document)) in files.iter().zip(&cases) {
        let (valid, reason) = said(document);
        writeln!(words, "{name}: {reason}").unwrap();
        let theirs = says.get(path).map(|says| *says == Says::Valid);
        if theirs.is_some_and(|theirs| theirs != valid)
            && !OTHERWISE.iter().any(|(listed, _)| name.ends_with(listed))
        {
            wrong.push(format!("{message} {name}: xmllint {theirs:?}, we {reason}"));
        }
    }
    let expected = root().join("fixtures/hostile/values").join(format!("{message}.txt"));
    if std::env::var_os("UPDATE_FIXTURES").is_some_and(|value| value == "1") {
        std::fs::write(&expected, &words).unwrap();
    }
    let told = std::fs::read_to_string(&expected).unwrap_or_default();
    for (ours, theirs) in words.lines().zip(told.lines()).filter(|(ours, theirs)| ours != theirs) {
        wrong.push(format!("{message}: {ours}\n  expected {theirs}"));
    }
    assert_eq!(words.lines().count(), told.lines().count(), "{message}: each case has its line");
    cases.len()
}

#[test]
fn values_are_judged_as_xmllint_judges_them() {
    let mut wrong = Vec::new();
    let count: usize = MESSAGES.iter().map(|(message, fixture)| judge(message, fixture, &mut wrong)).sum();
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 1_100, "{count} cases");
}
