//! Documents read and judged by definitions of the user's own, and by the nearest one where no version fits.

use girogate::messages::definitions::Definitions;
use girogate::messages::record::{Deviation, Record};
use girogate::messages::unwrap::Source;
use girogate::messages::validate::{Parsed, parse, parse_by};
use girogate::schema::{catalog, restate};

use super::definition::Definition;
use super::make;
use super::random::Random;
use super::shared;

const SUBSET: &[u8] = include_bytes!("../../fixtures/schema/subsets/pain.001.001.09.small.xsd");
const DOCUMENT: &str = include_str!("../../fixtures/schema/small-subset.xml");

/// What reading came to: deviations, the id each document was read through, and how many records there were besides.
#[derive(Default)]
struct Read {
    deviations: Vec<Deviation>,
    messages: Vec<Option<String>>,
    records: usize,
    parsed: Parsed,
}

impl Read {
    fn take(&mut self, record: Record) {
        match record {
            Record::Deviation(deviation) => self.deviations.push(deviation),
            Record::Document(document) => self.messages.push(document.message),
            _ => self.records += 1,
        }
    }

    fn codes(&self) -> Vec<&str> {
        self.deviations.iter().map(|deviation| deviation.code.as_str()).collect()
    }
}

fn read(text: &str) -> Read {
    let mut read = Read::default();
    read.parsed = parse(text.as_bytes(), None, &mut |record, _| read.take(record));
    read
}

fn read_by(text: &str, definitions: &Definitions) -> Read {
    let mut read = Read::default();
    read.parsed =
        parse_by(Source::Stream(&mut text.as_bytes()), definitions, None, &mut |record, _| read.take(record));
    read
}

#[test]
fn what_is_read_is_judged_by_the_chosen_definition() {
    let mut chosen = Definitions::default();
    chosen.add_read("small.xsd", SUBSET).unwrap();
    let good = read_by(DOCUMENT, &chosen);
    assert_eq!((good.parsed.documents, good.parsed.invalid), (1, 0));
    let dollars = DOCUMENT.replace("InstdAmt Ccy=\"EUR\"", "InstdAmt Ccy=\"USD\"");
    assert_eq!(read(&dollars).parsed.invalid, 0, "the shipped definition knows all currencies");
    let bad = read_by(&dollars, &chosen);
    assert_eq!((bad.parsed.invalid, bad.codes()), (1, vec!["schema.facet.enumeration"]));
    // Nothing that could be read is lost by that, and what has no chosen definition is judged by the shipped one.
    assert_eq!(bad.records, read(&dollars).records);
    let older = DOCUMENT.replace("pain.001.001.09", "pain.001.001.10");
    let (ours, shipped) = (read_by(&older, &chosen), read(&older));
    assert_eq!((ours.codes(), &ours.messages), (shipped.codes(), &shipped.messages));
}

#[test]
fn a_subset_with_a_namespace_of_its_own_is_read_and_judged() {
    let Some(folder) = shared("xsd/restricted/ch-six") else { return };
    let octets = std::fs::read(folder.join("pain.002.001.03.ch.02.xsd")).unwrap();
    let schema = girogate::schema::xsd::parse(octets.as_slice()).unwrap();
    let mut chosen = Definitions::default();
    chosen.add_read("pain.002.001.03.ch.02.xsd", &octets).unwrap();
    let definition = Definition::read(&restate::restate(&schema));
    let mut random = Random::new(2_002);
    let mut valid = 0;
    for _ in 0..40 {
        let document = make::document(&definition, 60, &mut random);
        let read = read_by(&document, &chosen);
        assert_eq!(read.messages, [Some("pain.002.001.03.ch.02".to_owned())]);
        assert!(read.records > 0, "{document}");
        valid += u64::from(read.parsed.invalid == 0);
        assert!(!read.codes().contains(&"schema.unknown"), "{document}");
    }
    assert!(valid > 20, "{valid}");
}

/// A version that nobody has published is read through the youngest and is never called valid.
#[test]
fn an_unknown_version_of_every_kind_is_read_through_the_nearest() {
    let mut random = Random::new(99);
    let ids: Vec<&str> = catalog::ids().collect();
    let youngest =
        ids.iter().enumerate().filter(|(at, id)| ids.get(at + 1).is_none_or(|next| next[..8] != id[..8]));
    let mut kinds = 0;
    for (_, id) in youngest {
        let definition = Definition::read(&restate::restate(catalog::by_message_id(id).unwrap()));
        let document = loop {
            let document = make::document(&definition, 40, &mut random);
            if read(&document).parsed.invalid == 0 {
                break document;
            }
        };
        let known = read(&document);
        let newer = read(&document.replace(id, &format!("{}.001.77", &id[..8])));
        assert_eq!(newer.codes(), [known.codes(), vec!["schema.unknown"]].concat(), "{id}");
        let said = &newer.deviations.iter().find(|found| found.code == "schema.unknown").unwrap().text;
        assert!(
            said.contains(&format!("{}.001.77", &id[..8])) && said.ends_with(&format!("read as {id}")),
            "{said}"
        );
        assert_eq!((&newer.messages, newer.records), (&known.messages, known.records), "{id}");
        assert_eq!((newer.parsed.documents, newer.parsed.invalid), (1, 1), "{id}");
        kinds += 1;
    }
    assert_eq!(kinds, 14);
}
