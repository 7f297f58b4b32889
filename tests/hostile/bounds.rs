//! Input without end: each door must stop by itself, and how much it has taken by then is counted, not timed.

use std::io::{BufRead, Read};

use girogate::messages::read_pain_001::Reader;
use girogate::messages::validate::{parse, validate_file};
use girogate::schema::event::Limits;
use girogate::schema::xsd;

/// Most that may be taken of an endless token, in octets: the largest bound on one, twice, and a few chunks ahead.
const TAKEN_MAX: u64 = 2 * 1024 * 1024 + 4 * 64 * 1024;
/// The same of text made of references, whose bound counts the letters that they stand for: four octets each here.
const REFERENCES_TAKEN_MAX: u64 = 4 * 1024 * 1024 + 4 * 64 * 1024;

/// A beginning and then the same for ever; counts what was taken.
struct Endless<'a> {
    begin: &'a [u8],
    again: Vec<u8>,
    at: usize,
    taken: u64,
    /// Even the most patient door must have stopped by then.
    taken_max: u64,
}

impl<'a> Endless<'a> {
    fn new(begin: &'a str, again: &str) -> Endless<'a> {
        // Handed out in large pieces, as a file would be.
        let again = again.repeat(64 * 1024 / again.len() + 1).into_bytes();
        Endless { begin: begin.as_bytes(), again, at: 0, taken: 0, taken_max: 1 << 30 }
    }
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let some = self.fill_buf()?;
        let length = some.len().min(buffer.len());
        buffer[..length].copy_from_slice(&some[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Endless<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        assert!(self.taken < self.taken_max, "{} octets were taken, and no end", self.taken);
        Ok(if self.begin.is_empty() { &self.again[self.at..] } else { self.begin })
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount as u64;
        if self.begin.is_empty() {
            self.at = (self.at + amount) % self.again.len();
        } else {
            self.begin = &self.begin[amount..];
        }
    }
}

/// What never ends: a name for it, how it begins, what comes again and again, and the code it ends with.
type Case = (&'static str, &'static str, &'static str, &'static str);

const ENDLESS: &[Case] = &[
    ("nesting", "", "<a>", "xml.limit"),
    ("nesting with namespaces", "", "<a xmlns:p='urn:p'>", "xml.limit"),
    ("name", "<", "a", "xml.limit"),
    ("name beyond ascii", "<", "é", "xml.limit"),
    ("name of an end tag", "<a></", "a", "xml.not_well_formed"),
    ("end tag with space", "<a></a", " ", "xml.limit"),
    ("prefix and local", "<p:", "a", "xml.limit"),
    ("attributes", "<a", " b='c'", "xml.not_well_formed"),
    ("name of an attribute", "<a ", "b", "xml.limit"),
    ("value", "<a b='", "c", "xml.limit"),
    ("value of references", "<a b='", "&#65;", "xml.limit"),
    ("value of spaces", "<a b='", " ", "xml.limit"),
    ("space in a tag", "<a", " ", "xml.limit"),
    ("space around an equals sign", "<a b", "\n", "xml.limit"),
    ("text", "<a>", "x", "xml.limit"),
    ("text of brackets", "<a>", "]", "xml.limit"),
    ("text of white space", "<a>", " ", "xml.limit"),
    ("text of returns", "<a>", "\r", "xml.limit"),
    ("text of references", "<a>", "&lt;", "xml.limit"),
    (
        "text in pieces between comments",
        "<a>",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx<!---->",
        "xml.limit",
    ),
    (
        "text of sections",
        "<a>",
        "<![CDATA[xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]]>",
        "xml.limit",
    ),
    ("section", "<a><![CDATA[", "x", "xml.limit"),
    ("section of brackets", "<a><![CDATA[", "]", "xml.limit"),
    ("comment", "<!--", "x", "xml.limit"),
    ("comment of single hyphens", "<!--", "- ", "xml.limit"),
    ("comment behind the root", "<a/><!--", "x", "xml.limit"),
    ("instruction", "<?a ", "x", "xml.limit"),
    ("instruction of question marks", "<?a ", "?", "xml.limit"),
    ("name of an instruction", "<?", "a", "xml.limit"),
    ("declaration", "<?xml ", "x", "xml.not_well_formed"),
    ("declaration of spaces", "<?xml version='1.0'", " ", "xml.not_well_formed"),
    ("reference by number", "<a>&#", "0", "xml.not_well_formed"),
    ("reference by name", "<a>&", "a", "xml.not_well_formed"),
    ("document type", "<!DOCTYPE a [", "<!ENTITY b 'c'>", "xml.doctype"),
    ("entities", "<!DOCTYPE a [<!ENTITY a '", "x", "xml.doctype"),
    ("namespaces", "<r>", "<a xmlns='urn:COUNT'/>", "xml.limit"),
    ("second root", "<a/>", "<a/>", "xml.not_well_formed"),
    ("text behind the root", "<a/>", "x", "xml.not_well_formed"),
    ("nothing but octets", "", "\u{FFFD}", "xml.not_well_formed"),
    ("nul", "", "\0", "xml.not_well_formed"),
];

/// A door that reads a stream, and the code with which it refused the input.
type Door = (&'static str, fn(&mut Endless<'_>) -> String);

const DOORS: &[Door] = &[
    ("validate", |input| {
        validate_file(input, None).parsed.stopped.map_or("read", |error| error.code()).to_owned()
    }),
    ("parse", |input| {
        parse(input, None, &mut |_, _| {}).stopped.map_or("read", |error| error.code()).to_owned()
    }),
    ("initiation", |input| {
        let mut reader = Reader::new(input);
        loop {
            match reader.next_part() {
                Ok(Some(_)) => {}
                Ok(None) => return "read".to_owned(),
                Err(error) => return error.code().to_owned(),
            }
        }
    }),
    ("definition", |input| xsd::parse(input).map_or_else(|error| error.code(), |_| "read").to_owned()),
];

/// Namespaces that are all different must be made, not repeated.
fn again(case: &Case) -> String {
    if !case.2.contains("COUNT") {
        return case.2.to_owned();
    }
    (0..5_000).map(|number| case.2.replace("COUNT", &number.to_string())).collect()
}

#[test]
fn a_token_without_end_is_given_up() {
    let mut wrong = Vec::new();
    for case in ENDLESS {
        for (door, enter) in DOORS {
            let mut input = Endless::new(case.1, &again(case));
            let code = enter(&mut input);
            // A code of the door's own may come first, but only one that it gives to what it does not know.
            let refused = code == case.3 || code.starts_with("xsd.") || code == "xml.limit";
            let most = if case.2 == "&lt;" { REFERENCES_TAKEN_MAX } else { TAKEN_MAX };
            if !refused || input.taken > most {
                wrong.push(format!("{} at {door}: {code} after {} octets", case.0, input.taken));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is never given up, because it is a document like others, only longer: it must be passed without being kept.
const LONG: &[(&str, &str, &str)] = &[
    ("white space before the root", "", " \n"),
    ("comments before the root", "", "<!-- x -->"),
    ("instructions before the root", "", "<?a b?>"),
    ("elements", "<r>", "<a b='c'>text</a>"),
    ("empty elements", "<r>", "<a/>"),
    ("comments in the root", "<r>", "<!-- x -->"),
    ("white space behind the root", "<r/>", "\n"),
    ("comments behind the root", "<r/>", "<!-- x -->"),
];

/// Each is read until the input breaks off, far beyond any bound on a token, and the end is told with its place.
#[test]
fn a_document_without_end_is_read_as_long_as_it_lasts() {
    for (name, begin, piece) in LONG {
        let mut input = Endless::new(begin, piece);
        let length = 4 * TAKEN_MAX;
        let said = validate_file((&mut input).take(length), None);
        let taken = input.taken;
        assert_eq!(taken, length, "{name}");
        let code = said.parsed.stopped.map_or("read", |error| error.code());
        let ended = *begin == "<r/>" || code == "xml.not_well_formed";
        assert!(ended, "{name}: {code}");
    }
}

/// The bounds themselves, so that nobody moves them unseen.
#[test]
fn bounds_are_what_they_are_said_to_be() {
    let limits = Limits::default();
    assert_eq!((limits.depth_max, limits.attributes_max, limits.name_bytes_max), (64, 32, 256));
    assert_eq!((limits.attribute_bytes_max, limits.text_bytes_max), (8 * 1024, 1024 * 1024));
    assert_eq!(limits.namespaces_max, 256);
}
