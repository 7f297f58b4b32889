//! Random documents through our scanner, our canonicaliser, quick-xml and libxml2: verdict, events and canonical octets
//! agree. `XML_SEED` and `XML_DOCUMENTS` make others and more; a document that fails is printed whole.

use girogate::signing::c14n::walk::canonicalise;
use girogate::signing::c14n::{C14nError, Order, decode};

use super::events;
use super::generate::{self, Taste, mutate};
use super::lxml::{self, Said};
use super::random::Random;
use super::trickle::Trickle;

/// Documents of one kind, unless `XML_DOCUMENTS` says otherwise.
const DOCUMENTS: u64 = 1_500;

/// What our canonicaliser says of `xmlns="a"`.
const RELATIVE: &str = "a namespace must be an absolute URI";
/// What only libxml2 says: Namespaces in XML demands no check of the syntax of a namespace name.
const NOT_CHECKED: &str = "is not a valid URI";

fn number_of(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn made(make: fn(&mut Random) -> Vec<u8>, salt: u64) -> Vec<Vec<u8>> {
    let seed = number_of("XML_SEED", 1);
    eprintln!("XML_SEED={seed}");
    let count = number_of("XML_DOCUMENTS", DOCUMENTS);
    (0..count)
        .map(|number| make(&mut Random::new(seed.wrapping_mul(1_000_003) + salt * 7919 + number)))
        .collect()
}

fn canonical(octets: &[u8]) -> Result<Vec<u8>, C14nError> {
    let mut out = Vec::new();
    canonicalise(&decode(octets)?, &Order::WHOLE, &mut out)?;
    Ok(out)
}

fn complain(wrong: &[String]) {
    let shown: Vec<&str> = wrong.iter().take(8).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} disagreements\n{}", wrong.len(), shown.join("\n\n"));
}

/// An XML declaration that a mutation has hit. libxml2 reads more of them than productions 23 to 32 and 80 allow:
/// `1.` as a version, no white space before `standalone`, names of encodings that only iconv forgives.
fn has_odd_declaration(text: &str) -> bool {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.starts_with("<?xml ") && !generate::DECLARATIONS.iter().any(|usual| text.starts_with(usual))
}

/// libxml2 tells an ampersand in a namespace as `&#38;`, which would then stand for five characters.
fn mended(canonical: Vec<u8>) -> Vec<u8> {
    String::from_utf8(canonical).unwrap().replace("&#38;", "&amp;").into_bytes()
}

fn equal(ours: &[String], theirs: &[String]) -> bool {
    let same = |(ours, theirs): (&String, &String)| ours == theirs || *ours == theirs.replace("&#38;", "&");
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
}

/// Disagreements about a document that libxml2 reads.
fn compare(octets: &[u8], said: &Said, wrong: &mut Vec<String>) {
    let text = String::from_utf8_lossy(octets);
    if has_odd_declaration(&text) {
        return;
    }
    match events::ours(octets, &said.names) {
        Ok(events) if equal(&events, &said.events) => {}
        Ok(events) => wrong.push(format!("{text:?}\nours {events:?}\nlibxml2 {:?}", said.events)),
        Err(error) => wrong.push(format!("{text:?}\nours {error}, libxml2 reads it")),
    }
    let theirs = said.canonical().map(mended);
    match (canonical(octets), theirs) {
        (Ok(ours), Some(theirs)) if ours != theirs => wrong.push(format!(
            "{text:?}\ncanonical {:?}\nlibxml2 {:?}",
            String::from_utf8_lossy(&ours),
            String::from_utf8_lossy(&theirs)
        )),
        // Canonical XML 1.0 has no form for relative namespaces; what is one, libxml2 takes less strictly.
        (Err(error), _) if error.to_string().ends_with(RELATIVE) => {}
        (Err(error), _) => wrong.push(format!("{text:?}\ncanonical {error}, libxml2 reads it")),
        (Ok(_), _) => {}
    }
}

#[test]
fn well_formed_documents_are_read_alike() {
    let documents = made(|random| generate::document(random).into_bytes(), 1);
    let Some(said) = lxml::read(&documents) else { return };
    let mut wrong = Vec::new();
    for (document, said) in documents.iter().zip(&said) {
        if !said.read {
            wrong.push(format!("{:?}\nlibxml2: {}", String::from_utf8_lossy(document), said.why));
            continue;
        }
        compare(document, said, &mut wrong);
    }
    complain(&wrong);
}

/// A document in UTF-16 or in an encoding of one octet a character, declared as such.
fn encoded(random: &mut Random) -> Vec<u8> {
    let label =
        *random.pick(&["UTF-16LE", "UTF-16BE", "ISO-8859-1", "ISO-8859-15", "windows-1252", "ISO-8859-2"]);
    let wide = label.starts_with("UTF-16");
    // Names cannot be written as references, so only UTF-16 has them beyond ASCII; text has letters of all these encodings.
    let body = generate::body(random, Taste { depth: 8, beyond_ascii: wide }).replace("nn", "é\u{A0}ß");
    let declared = if wide { "UTF-16" } else { label };
    let text = format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>\n{body}");
    let units = || format!("\u{FEFF}{text}").encode_utf16().collect::<Vec<u16>>();
    match label {
        "UTF-16LE" => units().iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        "UTF-16BE" => units().iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        other => {
            let encoding = encoding_rs::Encoding::for_label(other.as_bytes()).unwrap();
            encoding.encode(&text.replace('\u{A0}', "")).0.into_owned()
        }
    }
}

#[test]
fn documents_in_other_encodings_are_read_alike() {
    let documents = made(encoded, 4);
    let Some(said) = lxml::read(&documents) else { return };
    let mut wrong = Vec::new();
    for (document, said) in documents.iter().zip(&said) {
        if !said.read {
            wrong.push(format!("{:?}\nlibxml2: {}", String::from_utf8_lossy(document), said.why));
            continue;
        }
        compare(document, said, &mut wrong);
    }
    complain(&wrong);
}

/// The same events, or the same error at the same place, whatever the pieces in which the octets arrive.
#[test]
fn reading_does_not_depend_on_how_the_octets_arrive() {
    let mut documents = made(encoded, 5);
    documents.extend(made(
        |random| {
            let document = generate::document(random);
            mutate(&document, random).into_bytes()
        },
        6,
    ));
    let names = ["a", "b", "Id", "Amt", "x-1", "y.z", "_"].map(str::to_owned);
    for document in &documents {
        let whole = events::ours(document.as_slice(), &names).map_err(|error| error.to_string());
        for step in [1, 2, 3, 7, 61] {
            let cut =
                events::ours(Trickle { rest: document, step }, &names).map_err(|error| error.to_string());
            assert_eq!(cut, whole, "{step} at a time: {:?}", String::from_utf8_lossy(document));
        }
    }
}

#[test]
fn broken_documents_get_the_same_verdict() {
    let documents = made(
        |random| {
            let document = generate::document(random);
            mutate(&document, random).into_bytes()
        },
        2,
    );
    let Some(said) = lxml::read(&documents) else { return };
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for (document, said) in documents.iter().zip(&said) {
        refused += usize::from(!said.read);
        if said.read {
            compare(document, said, &mut wrong);
            continue;
        }
        if said.why.contains(NOT_CHECKED) {
            continue;
        }
        let text = String::from_utf8_lossy(document);
        if events::verdict(document).is_ok_and(|valid| valid) {
            wrong.push(format!("{text:?}\nours reads it, libxml2: {}", said.why));
        }
        if canonical(document).is_ok() {
            wrong.push(format!("{text:?}\nhas a canonical form, libxml2: {}", said.why));
        }
    }
    complain(&wrong);
    assert!(refused * 4 > documents.len() && refused < documents.len(), "{refused} refused");
}

/// quick-xml is told only of documents that libxml2 or, without it, we hold for well-formed: it checks less.
#[test]
fn quick_xml_reads_the_same_events() {
    let documents = made(|random| generate::document(random).into_bytes(), 3);
    let mut wrong = Vec::new();
    for document in &documents {
        let text = std::str::from_utf8(document).unwrap();
        match events::quick_xml(text) {
            Ok((theirs, names)) => {
                let ours = events::ours(document.as_slice(), &names).map_err(|error| error.to_string());
                if ours.as_ref() != Ok(&theirs) {
                    wrong.push(format!("{text:?}\nours {ours:?}\nquick-xml {theirs:?}"));
                }
            }
            Err(error) => wrong.push(format!("{text:?}\nquick-xml: {error}")),
        }
    }
    complain(&wrong);
}
