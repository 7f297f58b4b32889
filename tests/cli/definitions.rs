//! Definitions of the user's own: as files, as folders, and named by a bank's profile.

use super::{
    CONFIGURATION, GOOD_ROW, HEADER, NOTE, NOW, Ran, close_to_others, girogate, girogate_fed, lines, text,
};
use std::path::{Path, PathBuf};

const SUBSET: &str = include_str!("../../fixtures/schema/subsets/pain.001.001.09.small.xsd");
const DOCUMENT: &str = include_str!("../../fixtures/schema/small-subset.xml");
const PROFILE: &str = include_str!("../../profiles/reference-rfc9421.toml");

/// Subsets that schemes and banks have published; absent on most machines.
fn published() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/xsd/restricted"));
    if !folder.is_dir() {
        eprintln!("SKIPPED: no published subsets beside the project");
    }
    folder.is_dir().then(|| folder.to_owned())
}

#[test]
fn in_a_folder_the_namespace_chooses() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    let judged = |document: &str| {
        girogate_fed(&["validate", "--schema", text(folder.path()), "-"], document.as_bytes())
    };
    let none = judged(DOCUMENT);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("definitions.none"), "{}", none.err);
    put("small.xsd", SUBSET);
    put("note.xsd", NOTE);
    put("readme.txt", "not a definition");
    assert_eq!(judged(DOCUMENT).code, 0);
    assert_eq!(judged("<Note xmlns=\"urn:note\"><Nb>12</Nb></Note>").code, 0);
    // The shipped definition knows other currencies than the euro; the subset does not.
    let dollars = DOCUMENT.replace("InstdAmt Ccy=\"EUR\"", "InstdAmt Ccy=\"USD\"");
    assert_eq!(girogate_fed(&["validate", "-"], dollars.as_bytes()).code, 0);
    let refused = judged(&dollars);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("schema.facet.enumeration"), "{}", refused.out);
    // Nothing else judges for a folder that has no definition.
    let other = judged(&DOCUMENT.replace("pain.001.001.09", "pain.001.001.03"));
    assert_eq!(other.code, 1);
    assert!(other.out.contains("schema.unknown"), "{}", other.out);
    put("small-too.xsd", SUBSET);
    let ambiguous = judged(DOCUMENT);
    assert_eq!(ambiguous.code, 2);
    assert!(ambiguous.err.contains("definitions.ambiguous"), "{}", ambiguous.err);
    assert!(
        ambiguous.err.contains("small.xsd") && ambiguous.err.contains("small-too.xsd"),
        "{}",
        ambiguous.err
    );
    let broken =
        SUBSET.replace("pain.001.001.09", "pain.001.001.10").replace("value=\"SLEV\"", "value=\"SLEVS\"");
    put("small-too.xsd", &broken);
    let line = SUBSET.lines().position(|line| line.contains("\"SLEV\"")).unwrap() + 1;
    let unreadable = judged(DOCUMENT);
    assert_eq!(unreadable.code, 2);
    assert!(
        unreadable.err.contains(&format!("small-too.xsd: line {line}, column 7: ")),
        "{}",
        unreadable.err
    );
    assert!(unreadable.err.contains("xsd.broken"), "{}", unreadable.err);
}

#[test]
fn the_list_names_what_is_built_in_and_where_it_came_from() {
    let listed = girogate(&["schema", "list"]);
    assert_eq!((listed.code, listed.out.lines().count()), (0, 163));
    let records = girogate(&["--format", "json", "schema", "list"]);
    let records = lines(&records.out);
    assert_eq!(records.len(), 163);
    for record in records {
        let (message, digest) =
            (record["message"].as_str().unwrap(), record["source_sha256"].as_str().unwrap());
        assert!(listed.out.contains(&format!("{message}  ISO 20022  sha256 {digest}\n")), "{message}");
        let Some(original) = super::official(message) else { return };
        let octets = std::fs::read(original).unwrap();
        let found = ring::digest::digest(&ring::digest::SHA256, &octets);
        let hex: String = found.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, digest, "{message}");
    }
}

#[test]
fn a_check_tells_all_that_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.xsd"), folder.path().join("bad.xsd"));
    std::fs::write(&good, SUBSET).unwrap();
    let two = SUBSET
        .replace("type=\"xs:boolean\"", "type=\"xs:anyURI\"")
        .replace("<xs:length value=\"4\"/>", "<xs:length value=\"four\"/>");
    std::fs::write(&bad, two).unwrap();
    let checked = girogate(&["schema", "check", text(&good)]);
    assert_eq!(checked.code, 0);
    assert!(
        checked.out.contains("loadable (pain.001.001.09, Document of namespace urn:iso"),
        "{}",
        checked.out
    );
    let checked = girogate(&["schema", "check", text(&bad), text(&good)]);
    assert_eq!(checked.code, 1);
    assert!(checked.out.contains("xsd.unsupported: type xs:anyURI is outside"), "{}", checked.out);
    assert!(checked.out.contains("xsd.broken: xs:length four"), "{}", checked.out);
    let records = lines(&girogate(&["--format", "json", "schema", "check", text(&bad)]).out);
    assert_eq!(records.last().unwrap()["loadable"], false);
    assert!(records.iter().all(|record| record["file"] == text(&bad)));
}

#[test]
fn published_subsets_are_checked_and_judge_by_folder() {
    let Some(folder) = published() else { return };
    let files = |name: &str| {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    };
    for (name, refused) in [
        ("ch-six", ""),
        ("de-dk", ""),
        ("epc-c2b-2025", ":793:7: xsd.broken"),
        ("br-spi", ":388:9: xsd.unsupported: xs:unique"),
    ] {
        let paths = files(name);
        let mut arguments = vec!["schema", "check"];
        arguments.extend(paths.iter().map(|path| text(path)));
        let checked = girogate(&arguments);
        assert_eq!(checked.code, i32::from(!refused.is_empty()), "{}", checked.out);
        assert!(checked.out.contains(refused), "{}", checked.out);
    }
    let judged = |part: &str| {
        girogate_fed(&["validate", "--schema", text(&folder.join(part)), "-"], DOCUMENT.as_bytes())
    };
    let (by_folder, by_file) = (judged("ch-six"), judged("ch-six/pain.001.001.09.ch.03.xsd"));
    assert_eq!((by_folder.code, &by_folder.out), (by_file.code, &by_file.out));
    assert_eq!(judged("epc-c2b-2019").code, 2, "three subsets of one namespace");
    assert_eq!(judged("de-dk").code, 1, "no subset of this version");
}

/// Converts one row with a configuration whose bank has `definitions` in its profile.
fn converted(definitions: &str, row: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    put("id.key", "0123456789abcdef0123456789abcdef");
    close_to_others(&folder.path().join("id.key"));
    for sub in ["bank", "bank/subsets"] {
        std::fs::create_dir(folder.path().join(sub)).unwrap();
    }
    put("bank/subsets/small.xsd", SUBSET);
    put("bank/subsets/broken.xsd", &SUBSET.replace("type=\"Country\"", "type=\"Land\""));
    put("bank/house.toml", &format!("{PROFILE}\n{definitions}"));
    put("girogate.toml", &CONFIGURATION.replace("\"reference-rfc9421\"", "\"bank/house.toml\""));
    let file = folder.path().join("girogate.toml");
    let csv = format!("{HEADER}{row}").replace("demo-eur", "payroll");
    girogate_fed(
        &["convert", "-", "--to", "pain.001.001.09", "--now", NOW, "-c", text(&file)],
        csv.as_bytes(),
    )
}

#[test]
fn a_profile_names_the_subset_that_what_is_written_must_satisfy() {
    let section = "[definitions]\nfolder = \"subsets\"\nwritten = \"small.xsd\"\n";
    let good = converted(section, GOOD_ROW);
    assert_eq!(good.code, 0, "{}", good.err);
    // The subset takes no name that begins with a hyphen; the published definition does.
    let hyphen = GOOD_ROW.replace("Zoe", "-Zoe");
    assert_eq!(converted("", &hyphen).code, 0);
    let refused = converted(section, &hyphen);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{}", refused.err);
    assert!(refused.err.contains("definition.unfit") && refused.err.contains("small.xsd"), "{}", refused.err);
    assert!(refused.err.contains("/CdtTrfTxInf[1]/Cdtr/Nm"), "{}", refused.err);
}

#[test]
fn definitions_that_cannot_be_loaded_stop_the_start() {
    let said = |definitions: &str, expected: &[&str]| {
        let ran = converted(definitions, GOOD_ROW);
        assert_eq!(ran.code, 2, "{}", ran.err);
        for part in expected {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
    };
    let line = SUBSET.lines().position(|line| line.contains("type=\"Country\"")).unwrap() + 1;
    let place = format!("line {line}, column 7: type Land is not defined");
    said(
        "[definitions]\nfolder = \"subsets\"\nread = [\"broken.xsd\"]\n",
        &["bank house", "broken.xsd", &place],
    );
    said(
        "[definitions]\nfolder = \"subsets\"\nwritten = \"absent.xsd\"\n",
        &["definitions.written", "absent.xsd"],
    );
    said(
        "[definitions]\nfolder = \"subsets\"\nread = [\"../x.xsd\"]\n",
        &["definitions.read", "'../x.xsd' is no name"],
    );
    said(
        "[definitions]\nfolder = \"subsets\"\nread = [\"small.xsd\", \"small.xsd\"]\n",
        &["both define Document"],
    );
    said("[definitions]\nfolder = \"subsets\"\nwrite = \"small.xsd\"\n", &["unknown field `write`"]);
    said("[definitions]\nwritten = \"small.xsd\"\n", &["missing field `folder`"]);
}
