//! The report on addresses: forms, refusals by rail and day, and proposals that never hold a word the lines do not.

use girogate::rules::proposal::Confidence;
use girogate::rules::report::{PartyRow, parties};
use std::path::{Path, PathBuf};

fn rows(path: &Path) -> Vec<PartyRow> {
    let mut rows = Vec::new();
    let input = std::io::BufReader::new(std::fs::File::open(path).expect("readable"));
    parties(input, &mut |row| rows.push(row));
    rows
}

fn shown(row: &PartyRow) -> String {
    let id = row.end_to_end_id.as_deref().unwrap_or("-");
    let refused: Vec<String> = row.refused.iter().map(|one| format!("{} {}", one.rail, one.from)).collect();
    let mut text =
        format!("{} {} {id} {} [{}]", row.place.line, row.role, row.kind.name(), refused.join(", "));
    if let Some(proposal) = &row.proposal {
        text.push_str(&format!(" {}:", proposal.confidence.name()));
        let parts = [
            ("StrtNm", &proposal.street),
            ("BldgNb", &proposal.building),
            ("PstCd", &proposal.postcode),
            ("TwnNm", &proposal.town),
            ("CtrySubDvsn", &proposal.subdivision),
            ("Ctry", &proposal.country),
        ];
        for (name, part) in parts {
            if let Some(part) = part {
                text.push_str(&format!(" {name}={part}"));
            }
        }
        proposal.lines.iter().for_each(|line| text.push_str(&format!(" | {line}")));
    }
    text
}

#[test]
fn every_party_has_its_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/addresses");
    let text: String = rows(&folder.join("in.xml")).iter().map(|row| shown(row) + "\n").collect();
    let expected = folder.join("expected.txt");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&expected, &text).expect("written");
    }
    assert_eq!(text, std::fs::read_to_string(&expected).unwrap_or_default());
}

/// Town, street and postcode of each proposal stand in the document's own text, and no proposal without a town is confident.
#[test]
fn nothing_is_invented() {
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/addresses/in.xml")];
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    match std::fs::read_dir(corpus) {
        Ok(folders) => {
            let folders = folders.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
            let inside = folders.flat_map(|folder| std::fs::read_dir(folder).expect("readable").flatten());
            let paths = inside.map(|entry| entry.path());
            files.extend(paths.filter(|path: &PathBuf| path.extension().is_some_and(|end| end == "xml")));
        }
        Err(_) => eprintln!("SKIPPED: no corpus at {}", corpus.display()),
    }
    let mut proposals = 0;
    for file in files {
        let octets = std::fs::read(&file).expect("readable");
        let text = String::from_utf8_lossy(&octets).split_whitespace().collect::<Vec<_>>().join(" ");
        for proposal in rows(&file).into_iter().filter_map(|row| row.proposal) {
            proposals += 1;
            for part in [&proposal.town, &proposal.street, &proposal.building, &proposal.postcode] {
                let Some(part) = part else { continue };
                let written = part.replace('&', "&amp;");
                assert!(
                    text.contains(part.as_str()) || text.contains(&written),
                    "{}: {part}",
                    file.display()
                );
            }
            assert!(proposal.town.is_some() || proposal.confidence == Confidence::None, "{proposal:?}");
        }
    }
    assert!(proposals >= 20, "{proposals} proposals");
}
