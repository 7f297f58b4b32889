//! The address rules by date: the settlement date decides, not the day of the run.

use girogate::rules::{self, judge::judge};
use std::path::Path;

/// Errors and warnings about unstructured addresses of a file that asks for this day, on that day.
fn judged(set: &str, requested: &str, as_of: &str, place: &str) -> (u64, u64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/rules/{set}/base.xml"));
    let text = std::fs::read_to_string(path).expect("the base document");
    let address =
        "<PstlAdr><Ctry>DE</Ctry><AdrLine>Hauptstr. 5</AdrLine><AdrLine>10115 Berlin</AdrLine></PstlAdr>";
    let text = text.replace("<ReqdExctnDt><Dt>2026-11-11</Dt>", &format!("<ReqdExctnDt>{requested}"));
    assert!(text.contains(requested) && text.contains(place));
    let text = text.replacen(place, &format!("{place}{address}"), 1);
    let set = rules::set(set).expect("a shipped set");
    let (validated, judged) = judge(text.as_bytes(), None, &[set], as_of.parse().expect("a date"));
    assert!(validated.verdict.valid, "{:?}", validated.deviations);
    let other = judged.findings.iter().find(|found| !found.rule.id.contains(".address."));
    assert!(other.is_none(), "{other:?}");
    (judged.errors, judged.warnings)
}

const PASSES: (u64, u64) = (0, 0);
const WARNS: (u64, u64) = (0, 1);
const FAILS: (u64, u64) = (1, 0);

#[test]
fn sepa_transfers_are_judged_by_the_target_day_they_settle_on() {
    for place in ["<Cdtr><Nm>Zoe Beispiel</Nm>", "<Dbtr><Nm>Muster AG</Nm>"] {
        for (requested, as_of, expected) in [
            ("<Dt>2026-11-11</Dt>", "2026-11-02", PASSES),
            ("<Dt>2026-11-12</Dt>", "2026-11-02", PASSES),
            // The next day of settlement is Monday the 16th.
            ("<Dt>2026-11-13</Dt>", "2026-11-02", WARNS),
            // A Saturday: settles on Monday the 16th.
            ("<Dt>2026-11-14</Dt>", "2026-11-02", FAILS),
            ("<Dt>2026-11-15</Dt>", "2026-11-02", FAILS),
            ("<Dt>2026-11-16</Dt>", "2026-11-02", FAILS),
            ("<Dt>2027-03-26</Dt>", "2026-11-02", FAILS),
            // The later of the two days counts.
            ("<Dt>2026-11-11</Dt>", "2026-11-13", WARNS),
            ("<Dt>2026-11-11</Dt>", "2026-11-14", FAILS),
            ("<DtTm>2026-11-13T23:59:59</DtTm>", "2026-11-02", WARNS),
        ] {
            assert_eq!(
                judged("sepa-sct-c2b", requested, as_of, place),
                expected,
                "{requested} as of {as_of}"
            );
        }
    }
}

#[test]
fn instant_transfers_settle_on_any_day() {
    let place = "<Cdtr><Nm>Zoe Beispiel</Nm>";
    for (requested, expected) in [
        ("<Dt>2026-11-13</Dt>", PASSES),
        ("<Dt>2026-11-14</Dt>", WARNS),
        ("<Dt>2026-11-15</Dt>", FAILS),
        ("<DtTm>2026-11-15T00:00:00+01:00</DtTm>", FAILS),
    ] {
        assert_eq!(judged("sepa-inst-c2b", requested, "2026-11-02", place), expected, "{requested}");
    }
}

#[test]
fn cross_border_payments_follow_the_calendar_of_their_currency() {
    let place = "<Dbtr><Nm>Muster AG</Nm>";
    for (requested, expected) in [
        // Wednesday the 11th is Veterans Day: the dollar moves on Thursday.
        ("<Dt>2026-11-11</Dt>", PASSES),
        ("<Dt>2026-11-12</Dt>", PASSES),
        ("<Dt>2026-11-13</Dt>", WARNS),
        ("<Dt>2026-11-14</Dt>", FAILS),
        ("<Dt>2026-11-16</Dt>", FAILS),
    ] {
        assert_eq!(judged("cbpr-plus", requested, "2026-11-02", place), expected, "{requested}");
    }
}
