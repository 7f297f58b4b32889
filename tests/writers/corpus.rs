//! pain.001 documents of other people's making: our reader finds what an XPath processor finds, and judges as xmllint
//! does against the official schema.

use girogate::messages::read_pain_001::{Part, Reader};

use crate::oracle::{shared, xpath};

/// One row of the corpus' own list.
struct Sample {
    file: String,
    message_id: String,
    verdict: String,
    document: Vec<u8>,
}

fn samples() -> Vec<Sample> {
    let Some(folder) = shared("corpus") else { return Vec::new() };
    let list = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let sample = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, message_id, .., verdict] = columns.as_slice() else { panic!("{line}") };
        let document = std::fs::read(folder.join(file)).unwrap();
        let (file, message_id, verdict) =
            ((*file).to_owned(), (*message_id).to_owned(), (*verdict).to_owned());
        Sample { file, message_id, verdict, document }
    };
    list.lines().skip(1).filter(|line| line.starts_with("pain.001")).map(sample).collect()
}

#[test]
fn orders_of_others_are_read_whole_and_judged_as_by_xmllint() {
    for sample in samples() {
        let file = &sample.file;
        let mut reader = Reader::new(sample.document.as_slice());
        let (mut blocks, mut ids, mut amounts) = (0, Vec::new(), Vec::new());
        while let Some(part) = reader.next_part().unwrap_or_else(|error| panic!("{file}: {error}")) {
            match part {
                Part::Header(_) => {}
                Part::Block(_) => blocks += 1,
                Part::Transaction(transaction) => {
                    ids.extend(transaction.end_to_end_id);
                    amounts.extend(transaction.amount);
                }
            }
        }
        let Some(found) = xpath(&sample.document, "count(//{PmtInf})") else { return };
        assert_eq!(blocks.to_string(), found, "{file}");
        for (texts, element) in [(&ids, "{PmtId}/{EndToEndId}"), (&amounts, "{Amt}//*[@Ccy]")] {
            let path = format!("count(//{{CdtTrfTxInf}}/{element})");
            assert_eq!(xpath(&sample.document, &path).unwrap(), texts.len().to_string(), "{file}: {element}");
            for (at, text) in texts.iter().enumerate().step_by(1 + texts.len() / 8) {
                let path = format!("string((//{{CdtTrfTxInf}}/{element})[{}])", at + 1);
                assert_eq!(xpath(&sample.document, &path).unwrap().trim(), text.trim(), "{file}: {path}");
            }
        }
        let own_definition = reader.definition() == Some(sample.message_id.as_str());
        let expected = own_definition && sample.verdict.starts_with("valid");
        assert_eq!(reader.is_valid(), expected, "{file}: {:?}", reader.findings());
    }
}
