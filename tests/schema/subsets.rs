//! Definitions that banks and schemes have published: which load, and why the others are refused. What we call broken xmllint
//! refuses too; what is merely outside of what we read is named.

use std::path::Path;
use std::process::Command;

use girogate::schema::model::Schema;
use girogate::schema::walk::validate;
use girogate::schema::xsd::{self, Refused, SchemaError};

use super::{oracle, shared};

fn subset() -> Schema {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/schema/subsets/pain.001.001.09.small.xsd");
    xsd::parse(std::fs::read(path).unwrap().as_slice()).unwrap()
}

#[test]
fn published_subsets_load_or_are_refused_by_name() {
    let Some(folder) = shared("xsd/restricted") else { return };
    let mut refused = Vec::new();
    let mut loaded = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        for path in super::official_paths(&entry.unwrap().path()) {
            match xsd::parse_all(std::fs::read(&path).unwrap().as_slice()) {
                Ok(_) => loaded += 1,
                Err(Refused { first, others }) => {
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    refused.push((name, first.to_string(), others.len()));
                }
            }
        }
    }
    refused.sort();
    let text = |name: &str, why: &str| (name.to_owned(), why.to_owned(), 0);
    let expected = [
        text("pacs.008.spi.1.13.xsd", "line 388, column 9: xs:unique is outside of the subset that is read"),
        text(
            "pain.001.001.09_TB.xsd",
            "line 793, column 7: enumerated value '' is none of the base type: 0 characters, at least 1 expected",
        ),
    ];
    assert_eq!((loaded, refused), (41, expected.to_vec()));
}

#[test]
fn messages_are_known_by_what_their_namespace_says() {
    let message_id = |namespace: &str| {
        let text = definition(&DOCUMENT.replace("urn:x", namespace)).replace("urn:x", namespace);
        xsd::parse(text.as_bytes()).unwrap().message_id().to_owned()
    };
    assert_eq!(message_id("urn:iso:std:iso:20022:tech:xsd:pain.001.003.03"), "pain.001.003.03");
    assert_eq!(
        message_id("http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd"),
        "pain.001.001.03.ch.02"
    );
    assert_eq!(message_id("https://www.bcb.gov.br/pi/pacs.002/1.14"), "pacs.002/1.14");
    assert_eq!(message_id("https://example.com/note"), "https://example.com/note");
    assert_eq!(message_id("urn:note"), "note");
}

const DOCUMENT: &str = r#"<xs:element name="Document" type="D"/>"#;

fn definition(body: &str) -> String {
    let types = if body.contains("name=\"D\"") {
        ""
    } else {
        r#"<xs:complexType name="D"><xs:sequence><xs:element name="A" type="T" minOccurs="0"/></xs:sequence></xs:complexType>"#
    };
    let text = if body.contains("name=\"T\"") {
        ""
    } else {
        r#"<xs:simpleType name="T"><xs:restriction base="xs:string"><xs:minLength value="2"/><xs:maxLength value="5"/></xs:restriction></xs:simpleType>"#
    };
    let root = if body.contains("name=\"Document\"") { "" } else { DOCUMENT };
    format!(
        "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"urn:x\" targetNamespace=\"urn:x\" \
         elementFormDefault=\"qualified\">\n{root}\n{body}\n{types}\n{text}\n</xs:schema>\n"
    )
}

/// A definition's body and the beginning of what is said of it. The body stands on line 3.
const REFUSED: &[(&str, &str)] = &[
    // Outside of what is read.
    ("<xs:import namespace='urn:y'/>", "xs:import"),
    ("<xs:include schemaLocation='y.xsd'/>", "xs:include"),
    ("<xs:redefine schemaLocation='y.xsd'/>", "xs:redefine"),
    ("<xs:group name='g'><xs:sequence/></xs:group>", "xs:group"),
    ("<xs:attributeGroup name='g'/>", "xs:attributeGroup"),
    ("<xs:notation name='n' public='p'/>", "xs:notation"),
    ("<xs:simpleType name='L'><xs:list itemType='T'/></xs:simpleType>", "xs:list"),
    ("<xs:simpleType name='U'><xs:union memberTypes='T'/></xs:simpleType>", "xs:union"),
    ("<xs:complexType name='C'><xs:all><xs:element name='B' type='T'/></xs:all></xs:complexType>", "xs:all"),
    ("<xs:complexType name='C' mixed='true'/>", "attribute mixed of xs:complexType"),
    ("<xs:complexType name='C' abstract='true'/>", "attribute abstract of xs:complexType"),
    ("<xs:complexType name='C' block='extension'/>", "attribute block of xs:complexType"),
    ("<xs:complexType name='C'><xs:anyAttribute/></xs:complexType>", "xs:anyAttribute"),
    (
        "<xs:complexType name='C'><xs:sequence/><xs:attribute name='a' type='T'/></xs:complexType>",
        "xs:attribute here",
    ),
    (
        "<xs:complexType name='C'><xs:sequence maxOccurs='2'><xs:element name='B' type='T'/></xs:sequence></xs:complexType>",
        "a sequence that may",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:sequence/></xs:sequence></xs:complexType>",
        "xs:sequence here",
    ),
    ("<xs:complexType name='C'><xs:choice><xs:choice/></xs:choice></xs:complexType>", "xs:choice here"),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T' default='x'/></xs:sequence></xs:complexType>",
        "attribute default of xs:element",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T' nillable='true'/></xs:sequence></xs:complexType>",
        "attribute nillable of xs:element",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B'/></xs:sequence></xs:complexType>",
        "xs:element without a type",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T'><xs:key name='k'><xs:selector xpath='.'/><xs:field xpath='.'/></xs:key></xs:element></xs:sequence></xs:complexType>",
        "xs:key",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T'/><xs:any namespace='##other'/></xs:sequence></xs:complexType>",
        "xs:any beside",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T'/><xs:element name='C' type='T'/><xs:element name='B' type='T'/></xs:sequence></xs:complexType>",
        "element B twice",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='xs:anyURI'/></xs:sequence></xs:complexType>",
        "type xs:anyURI",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:date'><xs:enumeration value='2026-01-01'/></xs:restriction></xs:simpleType>",
        "xs:enumeration on xs:date",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:date'><xs:minInclusive value='2026-01-01'/></xs:restriction></xs:simpleType>",
        "xs:minInclusive on xs:date",
    ),
    ("<xs:element name='Other' type='T'/>", "a second global element"),
    ("<xs:element name='Document' type='D' substitutionGroup='x'/>", "attribute substitutionGroup"),
];

/// The same for what xmllint refuses as well.
const BROKEN: &[(&str, &str)] = &[
    (
        "<xs:simpleType name='E'><xs:restriction base='T'><xs:enumeration value=''/></xs:restriction></xs:simpleType>",
        "enumerated value ''",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='T'><xs:enumeration value='toolong'/></xs:restriction></xs:simpleType>",
        "enumerated value 'toolong'",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='T'><xs:maxLength value='6'/></xs:restriction></xs:simpleType>",
        "xs:maxLength 6 is more",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='T'><xs:minLength value='1'/></xs:restriction></xs:simpleType>",
        "minLength below",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:string'><xs:maxLength value='-1'/></xs:restriction></xs:simpleType>",
        "xs:maxLength -1",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:decimal'><xs:minInclusive value='a'/></xs:restriction></xs:simpleType>",
        "minInclusive a",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:decimal'><xs:totalDigits value='2'/><xs:fractionDigits value='3'/></xs:restriction></xs:simpleType>",
        "fractionDigits above",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:string'><xs:pattern value='[z-a]'/></xs:restriction></xs:simpleType>",
        "pattern [z-a]",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:string'><xs:pattern value='(a'/></xs:restriction></xs:simpleType>",
        "pattern (a",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='F'/></xs:simpleType><xs:simpleType name='F'><xs:restriction base='E'/></xs:simpleType>",
        "type E is made from itself",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='Nowhere'/></xs:simpleType>",
        "type Nowhere is not defined",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='D'/></xs:simpleType>",
        "a simple type made from the complex type D",
    ),
    (
        "<xs:complexType name='C'><xs:complexContent><xs:extension base='C'><xs:sequence/></xs:extension></xs:complexContent></xs:complexType>",
        "type C is made from itself",
    ),
    (
        "<xs:complexType name='C'><xs:complexContent><xs:restriction base='T'><xs:sequence/></xs:restriction></xs:complexContent></xs:complexType>",
        "T holds no elements",
    ),
    (
        "<xs:complexType name='C'><xs:simpleContent><xs:extension base='D'/></xs:simpleContent></xs:complexType>",
        "D has no text",
    ),
    (
        "<xs:complexType name='C'><xs:simpleContent><xs:restriction base='T'/></xs:simpleContent></xs:complexType>",
        "a complex type that restricts a simple one",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='Nowhere'/></xs:sequence></xs:complexType>",
        "type Nowhere is not defined",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element ref='Nowhere'/></xs:sequence></xs:complexType>",
        "element Nowhere is not defined",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T' minOccurs='3' maxOccurs='2'/></xs:sequence></xs:complexType>",
        "minOccurs above",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T' maxOccurs='many'/></xs:sequence></xs:complexType>",
        "maxOccurs many",
    ),
    ("<xs:complexType name='C'/><xs:complexType name='C'/>", "type C twice"),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='q:T'/></xs:sequence></xs:complexType>",
        "prefix q is not bound",
    ),
    (
        "<xs:complexType name='C'><xs:sequence><xs:element name='B' type='T'><xs:simpleType><xs:restriction base='T'/></xs:simpleType></xs:element></xs:sequence></xs:complexType>",
        "xs:element with two types",
    ),
    ("text", "text between"),
];

/// What only the standard refuses. Source: XML Schema 1.0 part 2, sections 4.3.1 to 4.3.6.
const BROKEN_TO_THE_STANDARD: &[(&str, &str)] = &[
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:string'><xs:minLength value='3'/><xs:maxLength value='2'/></xs:restriction></xs:simpleType>",
        "minLength above",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:string'><xs:maxLength value='3'/><xs:maxLength value='2'/></xs:restriction></xs:simpleType>",
        "xs:maxLength twice",
    ),
    (
        "<xs:simpleType name='E'><xs:restriction base='xs:token'><xs:whiteSpace value='preserve'/></xs:restriction></xs:simpleType>",
        "whiteSpace preserve",
    ),
];

fn first_refusal(body: &str) -> SchemaError {
    match xsd::parse(definition(body).as_bytes()) {
        Ok(_) => panic!("loaded: {body}"),
        Err(error) => error,
    }
}

#[test]
fn what_is_not_read_is_refused_by_name_and_line() {
    for (body, said) in REFUSED.iter().chain(BROKEN).chain(BROKEN_TO_THE_STANDARD) {
        let error = first_refusal(body);
        assert!(error.said().starts_with(said), "{body}: {error}");
        assert_eq!(error.place().0, 3, "{body}: {error}");
    }
    for (body, _) in REFUSED {
        assert_eq!(first_refusal(body).code(), "xsd.unsupported", "{body}");
    }
}

#[test]
fn what_is_called_broken_xmllint_refuses_too() {
    if !oracle::is_present() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let taken: Vec<&str> = BROKEN
        .iter()
        .map(|(body, _)| *body)
        .filter(|body| compiles(&definition(body), folder.path()))
        .collect();
    assert!(taken.is_empty(), "xmllint takes\n{}", taken.join("\n"));
    // The frame itself is sound.
    assert!(compiles(&definition(""), folder.path()));
    assert!(xsd::parse(definition("").as_bytes()).is_ok());
}

fn compiles(text: &str, folder: &Path) -> bool {
    let (schema, document) = (folder.join("s.xsd"), folder.join("d.xml"));
    std::fs::write(&schema, text).unwrap();
    std::fs::write(&document, "<Document xmlns=\"urn:x\"/>").unwrap();
    let output =
        Command::new("xmllint").arg("--noout").arg("--schema").arg(&schema).arg(&document).output().unwrap();
    !String::from_utf8_lossy(&output.stderr).contains("failed to compile")
}

#[test]
fn everything_refused_is_told_at_once_in_the_order_of_the_text() {
    let body = "<xs:simpleType name='E'><xs:restriction base='T'><xs:enumeration value=''/></xs:restriction></xs:simpleType>\n\
                <xs:complexType name='C'><xs:all/></xs:complexType>\n\
                <xs:simpleType name='F'><xs:restriction base='Nowhere'/></xs:simpleType>";
    let text = definition(body).replace("<xs:all/>", "<xs:sequence><xs:element name='B'/></xs:sequence>");
    let Err(Refused { first, others }) = xsd::parse_all(text.as_bytes()) else { panic!("loaded") };
    let lines: Vec<u64> = std::iter::once(&first).chain(&others).map(|error| error.place().0).collect();
    assert_eq!(lines, [3, 4, 5]);
}

#[test]
fn a_subset_judges_what_its_types_were_made_of() {
    let schema = subset();
    let document = include_str!("../../fixtures/schema/small-subset.xml");
    let findings = |from: &str, to: &str| {
        assert!(document.contains(from), "{from}");
        let verdict = validate(document.replacen(from, to, 1).as_bytes(), &schema).unwrap();
        verdict.findings.into_iter().map(|found| found.code).collect::<Vec<_>>()
    };
    assert_eq!(findings("<Document", "<Document"), [] as [&str; 0]);
    // The extension adds to its base, the restriction leaves out what it does not repeat.
    assert_eq!(findings("<Ccy>EUR</Ccy>", ""), [] as [&str; 0]);
    assert_eq!(
        findings("</Nm></Cdtr>", "</Nm><CtryOfRes>DE</CtryOfRes></Cdtr>"),
        ["schema.unexpected_element"]
    );
    // Two steps of patterns and the facets of three types.
    assert_eq!(findings("<MsgId>M-1</MsgId>", "<MsgId>M/1/2</MsgId>"), [] as [&str; 0]);
    assert_eq!(findings("<MsgId>M-1</MsgId>", "<MsgId>/M-1</MsgId>"), ["schema.facet.pattern"]);
    assert_eq!(findings("<MsgId>M-1</MsgId>", "<MsgId>M_1</MsgId>"), ["schema.facet.pattern"]);
    assert_eq!(findings("<MsgId>M-1</MsgId>", "<MsgId></MsgId>"), ["schema.facet.minLength"]);
    // The restricted text and attribute of an amount.
    assert_eq!(findings("EUR\">12.50<", "EUR\">0.001<"), ["schema.facet.fractionDigits"]);
    assert_eq!(findings("EUR\">12.50<", "EUR\">1000000000<"), ["schema.facet.maxExclusive"]);
    assert_eq!(findings("Ccy=\"EUR\"", "Ccy=\"USD\""), ["schema.facet.enumeration"]);
    assert_eq!(findings("Ccy=\"EUR\"", "Ccy=\"EUR\" Note=\"x\""), ["schema.attribute"]);
    // White space, what may never occur, and another type asked for by the document.
    assert_eq!(findings(">Zoe Example<", ">\n Zoe\tExample <"), [] as [&str; 0]);
    assert_eq!(
        findings("<Dbtr>", "<PoolgAdjstmntDt>2026-11-22</PoolgAdjstmntDt><Dbtr>"),
        ["schema.unexpected_element"]
    );
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type";
    assert_eq!(findings("<CdtrAcct>", &format!("<CdtrAcct {xsi}=\"AccountWithCurrency\">")), [] as [&str; 0]);
    assert_eq!(findings("<DbtrAcct>", &format!("<DbtrAcct {xsi}=\"Account\">"))[0], "schema.attribute");
}
