//! Makes mutants of a document by cutting its text into tags and values, without any of the code under test.

use super::random::Random;

/// A piece of a document: a tag or what stands between two tags.
#[derive(Clone, PartialEq)]
pub enum Piece {
    /// Name and the rest of the tag up to `>`.
    Open(String, String),
    Close(String),
    Text(String),
}

/// Cuts a document without comments, references to `>` in attributes, CDATA or empty-element tags.
pub fn cut(document: &str) -> Vec<Piece> {
    let body = document.find("?>").map_or(document, |end| &document[end + 2..]);
    let mut pieces = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        match tag.strip_prefix('/') {
            Some(name) => pieces.push(Piece::Close(name.to_owned())),
            None => {
                let (name, rest) = tag.split_at(tag.find([' ', '\n']).unwrap_or(tag.len()));
                pieces.push(Piece::Open(name.to_owned(), rest.to_owned()));
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
    }
    pieces
}

/// Puts the pieces together, every name behind `prefix`.
pub fn join(pieces: &[Piece], prefix: &str) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Open(name, rest) => text.push_str(&format!("<{}{rest}>", prefixed(name, prefix))),
            Piece::Close(name) => text.push_str(&format!("</{}>", prefixed(name, prefix))),
            Piece::Text(inner) => text.push_str(inner),
        }
    }
    text
}

fn prefixed(name: &str, prefix: &str) -> String {
    if name.contains(':') { name.to_owned() } else { format!("{prefix}{name}") }
}

/// Values that sit on the edges of the built-in types and of the facets in use.
const NASTY: &[&str] = &[
    "",
    " ",
    "0",
    "-0",
    "+1.5",
    " +1.5 ",
    "1.",
    ".5",
    ".",
    "-",
    "+",
    "1e5",
    "1,5",
    "00000000000000000000001.00",
    "1.000000",
    "1.123456",
    "123456789012345678",
    "1234567890123456789",
    "0.000000000000000000000000000",
    "-1",
    "INF",
    "NaN",
    "1 000",
    "1.0000000000000000000000000000000",
    "99999999999999999999999999",
    "--1",
    "\t12.50\n",
    "true",
    "TRUE",
    "1",
    " false ",
    "2",
    "2026-02-29",
    "2024-02-29",
    "2026-02-28Z",
    "2026-02-28+14:00",
    "2026-02-28+14:01",
    "2026-02-28-13:59",
    "12020-01-01",
    "02020-01-01",
    "0000-01-01",
    "-0001-01-01",
    "-0004-02-29",
    "-0005-02-29",
    "1900-02-29",
    "2000-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-1-1",
    "26-01-01",
    "2026-04-31",
    " 2026-01-05 ",
    "2026-01-05T",
    "2026-01-05T24:00:00",
    "2026-01-05T24:00:01",
    "2026-01-05T24:00:00.0",
    "2026-01-05T24:00:00.1",
    "2026-01-05T23:59:60",
    "2026-01-05T23:59:59.999999999",
    "2026-01-05T10:00",
    "2026-01-05T10:00:00.",
    "2026-01-05T10:00:00Z",
    "2026-01-05T10:00:00z",
    "2026-01-05t10:00:00",
    "2026-01-05T10:00:00+01",
    "2026-01-05T10:00:00+0100",
    "2026-01-05T10:00:00+01:60",
    "2026-01-05T10:00:00-15:00",
    "2026-01-05 10:00:00",
    "10:00:00",
    "24:00:00",
    "25:00:00",
    "10:60:00",
    "11:17:11:735",
    "20:23: 34",
    "10:00:00Z",
    "10:00:00.5+02:00",
    "2026",
    "2026Z",
    "02026",
    "12026",
    "-2026",
    "0000",
    "2026-01",
    "2026-01+01:00",
    "12026-12",
    "2026-13",
    "QUJD",
    "QUJDRA==",
    "QUJDRA=",
    "QUJDRB==",
    "QUJDREU=",
    "QUJDREV=",
    "QU JD",
    "QUJD\nRA==",
    "====",
    "QQ",
    "QUJDR",
    "Q!U#J$D",
    "!!!!",
    "=QUJD",
    "QUJDRA==QUJD",
    "EUR",
    "eur",
    "EURO",
    "EU",
    " EUR",
    "EUR ",
    "ÉUR",
    "COBADEFF",
    "COBADEFFXXX",
    "COBADEFFXX",
    "cobadeff",
    "DE",
    "DE89370400440532013000",
    "DE89 3704",
    "8a562c67-ca16-48ba-b074-65581be6f011",
    "8a562c67-ca16-58ba-b074-65581be6f011",
    "8A562C67-CA16-48BA-B074-65581BE6F011",
    "ACCP",
    "RJCT",
    "BOOK",
    "NOTPROVIDED",
    "x",
    "ä",
    "數字數字",
    "12345678901234567890123456789012345",
    "123456789012345678901234567890123456",
    "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäö",
    "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü",
    "a&amp;b",
    "&#65;BC",
    "A<!-- c -->B",
    "A<?p i?>B",
    "<![CDATA[EUR]]>",
    "<![CDATA[]]>",
    "E<![CDATA[U]]>R",
    "&#32;",
    "&#x1F600;",
    "1<!-- -->2",
    "20<![CDATA[26-01-]]>05",
    "line\r\nline",
    "a&#13;b",
    "<Inner/>",
    "text<Inner>x</Inner>",
    "+49-30",
    "+4-1",
    "0123",
    "1234567890123456",
];

const ATTRIBUTES: &[&str] = &[
    " foreign=\"1\"",
    " Ccy=\"EUR\"",
    " Ccy=\"eur\"",
    " Ccy=\"\"",
    " Ccy=\" EUR\"",
    " xml:lang=\"de\"",
    " xml:space=\"preserve\"",
    " xmlns:q=\"urn:q\" q:a=\"1\"",
    " xmlns:q=\"urn:q\"",
    " xmlns=\"urn:other\"",
    " xmlns=\"\"",
    " xsi:nil=\"true\"",
    " xsi:nil=\"false\"",
    " xsi:schemaLocation=\"urn:x x.xsd\"",
    " xsi:schemaLocation=\"odd\"",
    " xsi:noNamespaceSchemaLocation=\"x.xsd\"",
    " xsi:type=\"Max35Text\"",
    " xsi:type=\"Nonsense\"",
    " xsi:type=\"xsd:string\"",
    " xsi:other=\"1\"",
    " xsi:type=\"\"",
    " xsi:type=\"ISODate\"",
    " xsi:type=\" Max35Text \"",
    " xsi:type=\"Document\"",
];

/// What a wildcard, or any other place, may be given.
const WILD: &[&str] = &[
    "<any xmlns=\"\"/>",
    "<any xmlns=\"urn:any\">text<b>x</b></any>",
    "<a:any xmlns:a=\"urn:a\" a:x=\"1\"/>",
    "<any xmlns=\"\" xsi:nil=\"true\"/>",
    "<any xmlns=\"\" xsi:type=\"xsd:string\">1</any>",
    "<any xmlns=\"\" xsi:type=\"Nonsense\"/>",
    "<any xmlns=\"\" xml:lang=\"de\" y=\"1\"/>",
    "<Unknown/>",
    "<Document/>",
    "<any xmlns=\"\"><Document xmlns=\"urn:z\"/></any>",
    "<any xmlns=\"\"><b/>mixed<b/></any>",
    "<MsgId>x</MsgId>",
    "text",
    "<![CDATA[ ]]>",
    "&#32;",
    "<!-- c -->",
    "<?p i?>",
    "<any xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/><any xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>",
];

/// Cuts that mostly destroy well-formedness.
const BROKEN: &[&str] = &[
    "&",
    "<",
    "]]>",
    "<!--x--y-->",
    "&nbsp;",
    "&#0;",
    "<a",
    "</a>",
    "\u{1}",
    "<a b=1/>",
    "<a b='1' b='2'/>",
    "<?xml version='1.0'?>",
];

/// One mutant: up to three changes.
pub fn mutant(document: &[Piece], namespace: &str, random: &mut Random) -> String {
    let mut pieces = document.to_vec();
    for _ in 0..1 + random.below(3) {
        change(&mut pieces, namespace, random);
    }
    declare(&mut pieces, namespace);
    if random.below(8) > 0 {
        return join(&pieces, "");
    }
    let prefixed = format!("xmlns:p=\"{namespace}\"");
    join(&pieces, "p:").replacen(&format!("xmlns=\"{namespace}\""), &prefixed, 1)
}

/// Declares the prefixes that the changes use.
pub fn declare(pieces: &mut [Piece], namespace: &str) {
    let declarations = concat!(
        " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
        " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
    );
    if let Some(Piece::Open(_, rest)) = pieces.first_mut()
        && rest.contains(namespace)
    {
        rest.push_str(declarations);
    }
}

pub fn change(pieces: &mut Vec<Piece>, namespace: &str, random: &mut Random) {
    let opens: Vec<usize> = (1..pieces.len()).filter(|at| matches!(pieces[*at], Piece::Open(..))).collect();
    if opens.is_empty() {
        return;
    }
    let at = *random.pick(&opens);
    let end = end_of(pieces, at);
    match random.below(22) {
        0 => drop(pieces.drain(at..end)),
        1 => {
            let copy = pieces[at..end].to_vec();
            pieces.splice(at..at, copy);
        }
        2 => swap(pieces, at, end),
        3 => rename(pieces, at, end, random),
        4 => {
            let other = *random.pick(&opens);
            let copy = pieces[other..end_of(pieces, other)].to_vec();
            pieces.splice(at..at, copy);
        }
        5..=7 => attribute(pieces, at, namespace, random),
        8 => pieces.insert(at + 1, Piece::Text((*random.pick(WILD)).to_owned())),
        9 | 10 => wildcard(pieces, namespace, random),
        11 => pieces.insert(at + 1, Piece::Text((*random.pick(BROKEN)).to_owned())),
        _ => nasty(pieces, random),
    }
}

/// Behind the closing tag of the element that opens at `at`.
fn end_of(pieces: &[Piece], at: usize) -> usize {
    let mut depth = 0;
    for (index, piece) in pieces.iter().enumerate().skip(at) {
        match piece {
            Piece::Open(_, rest) if rest.ends_with('/') => {}
            Piece::Open(..) => depth += 1,
            Piece::Close(_) => depth -= 1,
            Piece::Text(_) => continue,
        }
        if depth == 0 {
            return index + 1;
        }
    }
    pieces.len()
}

/// Exchanges an element with the one behind it.
fn swap(pieces: &mut Vec<Piece>, at: usize, end: usize) {
    let Some(next) = (end..pieces.len()).find(|index| !matches!(pieces[*index], Piece::Text(_))) else {
        return;
    };
    if matches!(pieces[next], Piece::Open(..)) {
        let stop = end_of(pieces, next);
        let second: Vec<Piece> = pieces[next..stop].to_vec();
        let first: Vec<Piece> = pieces[at..end].to_vec();
        pieces.splice(at..stop, second.into_iter().chain(first));
    }
}

fn rename(pieces: &mut [Piece], at: usize, end: usize, random: &mut Random) {
    let names: Vec<String> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Open(name, _) => Some(name.clone()),
            _ => None,
        })
        .collect();
    let new = if random.below(3) == 0 { "Xyz".to_owned() } else { random.pick(&names).clone() };
    if let Piece::Open(name, _) = &mut pieces[at] {
        *name = new.clone();
    }
    if let Some(Piece::Close(name)) = pieces.get_mut(end - 1) {
        *name = new;
    }
}

fn attribute(pieces: &mut [Piece], at: usize, namespace: &str, random: &mut Random) {
    let Piece::Open(_, rest) = &mut pieces[at] else { return };
    if random.below(6) == 0 {
        // Takes the attributes away.
        rest.clear();
        return;
    }
    if random.below(8) == 0 {
        rest.push_str(&format!(" xmlns=\"{namespace}\""));
        return;
    }
    let chosen = *random.pick(ATTRIBUTES);
    rest.push_str(chosen);
}

/// Puts something where the schema has its wildcard, if the document uses it.
fn wildcard(pieces: &mut Vec<Piece>, namespace: &str, random: &mut Random) {
    let is_wild = |piece: &Piece| matches!(piece, Piece::Open(name, _) if name == "Envlp" || name == "Sgntr");
    let places: Vec<usize> = (0..pieces.len()).filter(|at| is_wild(&pieces[*at])).collect();
    if places.is_empty() {
        return nasty(pieces, random);
    }
    let at = *random.pick(&places);
    let end = end_of(pieces, at);
    let root = match &pieces[0] {
        Piece::Open(name, _) => name.clone(),
        _ => return,
    };
    let inner = match random.below(4) {
        0 => format!("<{root} xmlns=\"{namespace}\"/>"),
        1 => format!("<any xmlns=\"\"><deep><{root} xmlns=\"{namespace}\"><x/></{root}></deep></any>"),
        2 => join(&pieces.clone(), ""),
        _ => (*random.pick(WILD)).to_owned(),
    };
    if random.below(2) == 0 && end > at + 1 {
        pieces.splice(at + 1..end - 1, [Piece::Text(inner)]);
    } else {
        pieces.insert(at + 1, Piece::Text(inner));
    }
}

/// Gives a leaf another value.
fn nasty(pieces: &mut [Piece], random: &mut Random) {
    let leaves: Vec<usize> = (1..pieces.len())
        .filter(|at| matches!(pieces[*at], Piece::Text(_)))
        .filter(|at| {
            matches!((&pieces[at - 1], pieces.get(at + 1)), (Piece::Open(..), Some(Piece::Close(_))))
        })
        .collect();
    if leaves.is_empty() {
        return;
    }
    let at = *random.pick(&leaves);
    let Piece::Text(old) = pieces[at].clone() else { return };
    // Half of the values stay near to what the type wants.
    let kin: Vec<&&str> = NASTY.iter().filter(|value| alike(value, &old)).collect();
    let new = if kin.is_empty() || random.below(3) == 0 { *random.pick(NASTY) } else { random.pick(&kin) };
    pieces[at] = Piece::Text(new.to_owned());
}

/// Whether two values look like ones of the same type.
fn alike(value: &str, other: &str) -> bool {
    let shape = |text: &str| {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let has = |wanted| text.contains(wanted);
        match (digits * 2 > text.len(), has('-') || has(':'), has('T')) {
            (true, true, true) => 0,
            (true, true, false) => 1,
            (true, false, _) => 2,
            (false, ..) => 3,
        }
    };
    shape(value) == shape(other)
}
