//! What a finding says: code, place, path and text, asserted on a document made by hand.

use girogate::schema::catalog;
use girogate::schema::event::Limits;
use girogate::schema::model::Schema;
use girogate::schema::walk::{Finding, Namespace, Step, Walk, validate, validate_shipped};

fn head(inner: &str) -> String {
    format!("<AppHdr xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.02\">\n{inner}</AppHdr>")
}

const PARTY: &str = "<OrgId><Nm>ä</Nm></OrgId>";

fn schema() -> &'static Schema {
    catalog::by_message_id("head.001.001.02").unwrap()
}

/// The lines `line:column code text (path)`.
fn findings(document: &str) -> Vec<String> {
    validate(document.as_bytes(), schema()).unwrap().findings.iter().map(show).collect()
}

fn show(finding: &Finding) -> String {
    let Finding { code, line, column, path, text } = finding;
    format!("{line}:{column} {code} {text} ({path})")
}

#[test]
fn each_kind_of_violation_is_told_with_its_place() {
    let start = format!("<Fr>{PARTY}</Fr><To>{PARTY}</To>\n");
    let rest = "<BizMsgIdr>B</BizMsgIdr><MsgDefIdr>M</MsgDefIdr><CreDt>2026-01-05T10:00:00Z</CreDt>";
    let cases = [
        (format!("{start}{rest}"), vec![]),
        (
            format!("{start} <MsgDefIdr>M</MsgDefIdr><CreDt>2026-01-05T10:00:00Z</CreDt>"),
            vec![
                "3:2 schema.missing_element element MsgDefIdr comes too early; expected one of BizMsgIdr (/AppHdr/MsgDefIdr)",
            ],
        ),
        (
            format!("{start}{rest}<Prty>NORM</Prty><CpyDplct>COPY</CpyDplct>"),
            vec![
                "3:101 schema.unexpected_element element CpyDplct comes too late; expected one of Sgntr, Rltd (/AppHdr/CpyDplct)",
            ],
        ),
        (
            format!("{start}<BizMsgIdr>B</BizMsgIdr>"),
            vec![
                "3:25 schema.missing_element the content ends too early; expected one of MsgDefIdr (/AppHdr)",
            ],
        ),
        (
            format!("{start}{rest}<Made>up<Deep/></Made>"),
            vec![
                "3:84 schema.unexpected_element element Made is not known here; expected one of BizPrcgDt, CpyDplct, PssblDplct, Prty, Sgntr, Rltd (/AppHdr/Made)",
            ],
        ),
        (
            format!("{start}{rest}<Prty>NORM</Prty><Prty>NORM</Prty>"),
            vec![
                "3:101 schema.unexpected_element element Prty is one too many; expected one of Sgntr, Rltd (/AppHdr/Prty)",
            ],
        ),
        (
            format!("{start}{}", rest.replace("00Z", "60Z")),
            vec!["3:56 schema.value '2026-01-05T10:00:60Z' is not a value of xs:dateTime (/AppHdr/CreDt)"],
        ),
        (
            format!("{start}{}", rest.replace("<BizMsgIdr>B", "<BizMsgIdr>")),
            vec!["3:12 schema.facet.minLength 0 characters, at least 1 expected (/AppHdr/BizMsgIdr)"],
        ),
        (
            format!("{start}{}", rest.replace("<MsgDefIdr>", "<MsgDefIdr ü=\"1\">")),
            vec!["3:25 schema.attribute attribute ü is not known here (/AppHdr/MsgDefIdr)"],
        ),
        (
            format!("{start}{rest}<CpyDplct>BOTH</CpyDplct>"),
            vec!["3:94 schema.facet.enumeration 'BOTH' is not one of CODU, COPY, DUPL (/AppHdr/CpyDplct)"],
        ),
        (
            format!("{start}text{rest}"),
            vec!["2:69 schema.text text where only elements are expected (/AppHdr)"],
        ),
    ];
    for (inner, expected) in cases {
        assert_eq!(findings(&head(&inner)), expected, "{inner}");
    }
}

#[test]
fn the_path_shows_an_index_on_what_may_repeat() {
    let related = format!(
        "<Fr>{PARTY}</Fr><To>{PARTY}</To><BizMsgIdr>B</BizMsgIdr><MsgDefIdr>M</MsgDefIdr><CreDt>2026-01-05T10:00:00Z</CreDt>"
    );
    let inner = format!("{related}<Rltd>{related}</Rltd>\n<Rltd>{}</Rltd>", related.replace(">B<", "><"));
    assert_eq!(
        findings(&head(&inner)),
        ["3:86 schema.facet.minLength 0 characters, at least 1 expected (/AppHdr/Rltd[2]/BizMsgIdr)"]
    );
}

#[test]
fn a_foreign_root_is_one_finding() {
    assert_eq!(
        findings("<?xml version=\"1.0\"?>\n<Document><x/></Document>"),
        [
            "2:1 schema.root expected element AppHdr of namespace urn:iso:std:iso:20022:tech:xsd:head.001.001.02 (/Document)"
        ]
    );
}

#[test]
fn findings_beyond_the_bound_are_counted_only() {
    let verdict = validate(head(&"<X/>".repeat(1_500)).as_bytes(), schema()).unwrap();
    // One for each unknown element, one for what is missing at the end.
    assert_eq!((verdict.findings.len(), verdict.total, verdict.valid), (1_000, 1_501, false));
}

#[test]
fn events_come_whole_and_in_order_whatever_splits_the_text() {
    let inner =
        "<Fr/>\n <BizMsgIdr>a&amp;<!-- c -->b<![CDATA[<c>]]>&#x64;<?p i?>\r\ne</BizMsgIdr> <Odd> x </Odd>";
    let document = head(inner);
    let mut walk = Walk::with_schema(document.as_bytes(), schema(), Limits::default());
    let mut events = Vec::new();
    loop {
        events.push(match walk.next().unwrap() {
            Step::Start(element) => format!("<{}>", element.local),
            Step::Text(text) => text.to_owned(),
            Step::End => format!("end of {}", walk.path()),
            Step::Finished => break,
        });
    }
    let expected = [
        "<AppHdr>",
        "<Fr>",
        "end of /AppHdr/Fr",
        "<BizMsgIdr>",
        "a&b<c>d\ne",
        "end of /AppHdr/BizMsgIdr",
        "<Odd>",
        " x ",
        "end of /AppHdr/Odd",
        "end of /AppHdr",
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_wrapped_document_is_found_and_its_wrapper_left_alone() {
    let document = include_str!("../../fixtures/schema/valid/pain.002.001.10-1.xml");
    let body = document.split_once("?>").unwrap().1;
    let envelope =
        format!("<e:Envelope xmlns:e=\"urn:e\" odd=\"1\">text{}{body}</e:Envelope>", head("<Nonsense/>"));
    let verdict = validate_shipped(envelope.as_bytes()).unwrap();
    assert_eq!((verdict.valid, verdict.findings), (true, vec![]));
    let broken = envelope.replace("<OrgnlGrpInfAndSts>", "<OrgnlGrpInfAndSts><Zz/>");
    let verdict = validate_shipped(broken.as_bytes()).unwrap();
    assert_eq!(verdict.findings[0].code, "schema.unexpected_element");
    assert!(verdict.findings[0].path.starts_with("/Envelope/Document/CstmrPmtStsRpt/OrgnlGrpInfAndSts"));
    let unknown = validate_shipped(&b"<Document xmlns='urn:x'/>"[..]).unwrap();
    assert_eq!(unknown.findings[0].code, "schema.unknown");
    assert!(!unknown.valid);
}

#[test]
fn a_document_of_a_wrong_or_no_namespace_is_read_as_if_it_were_right() {
    let document = include_str!("../../fixtures/schema/valid/pain.002.001.10-1.xml");
    for namespace in ["urn:bank:own", ""] {
        let foreign = document.replace("urn:iso:std:iso:20022:tech:xsd:pain.002.001.10", namespace);
        let mut walk = Walk::without_schema(foreign.as_bytes(), Limits::default());
        let mut texts = 0;
        loop {
            match walk.next().unwrap() {
                Step::Start(element) if element.local == "Document" => {
                    assert_eq!(walk.first_child().as_deref(), Some("CstmrPmtStsRpt"));
                    walk.attach(catalog::by_message_id("pain.002.001.10").unwrap(), Namespace::AsIf);
                }
                Step::Text(_) => texts += 1,
                Step::Finished => break,
                _ => {}
            }
        }
        assert_eq!(walk.findings(), []);
        assert!(texts > 20);
    }
}

#[test]
fn attributes_are_given_without_prefix_and_normalised() {
    let mut walk =
        Walk::without_schema(&b"<p:a xmlns:p='urn:p' p:Ccy='no' Ccy='E&#85;\nR'/>"[..], Limits::default());
    let Step::Start(element) = walk.next().unwrap() else { panic!("no start") };
    assert_eq!((element.local, element.namespace), ("a", Some("urn:p")));
    assert_eq!((element.attribute("Ccy"), element.attribute("p")), (Some("EU R"), None));
}

/// As xmllint has it: what an element declares ends with it.
#[test]
fn a_namespace_reaches_no_further_than_the_element_that_declares_it() {
    let space = schema().namespace();
    let rest = "<BizMsgIdr>B</BizMsgIdr><MsgDefIdr>M</MsgDefIdr><CreDt>2026-01-05T10:00:00Z</CreDt>";
    let with = |to: &str, rest: &str| {
        format!(
            "<h:AppHdr xmlns:h='{space}'><Fr xmlns='{space}'>{PARTY}</Fr><{to}>{PARTY}</To>{rest}</h:AppHdr>"
        )
    };
    let found = findings(&with("To", rest));
    assert!(found[0].contains("element To without namespace is not known here"), "{found:?}");
    let declared = format!("To xmlns='{space}'");
    let found = findings(&with(&declared, rest));
    assert!(found[0].contains("element BizMsgIdr without namespace is not known here"), "{found:?}");
    let prefixed =
        rest.replace("</", "</h:").replace("<B", "<h:B").replace("<M", "<h:M").replace("<C", "<h:C");
    let found = findings(&with(&declared, &prefixed));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn octets_that_contradict_the_encoding_are_read_and_told() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>M\u{fc}ller \u{20ac}</a>";
    let mixed: Vec<u8> = text
        .chars()
        .flat_map(|c| if c == '\u{fc}' { vec![0xFC] } else { c.to_string().into_bytes() })
        .collect();
    let mut walk = Walk::without_schema(mixed.as_slice(), Limits::default());
    walk.next().unwrap();
    let Step::Text(read) = walk.next().unwrap() else { panic!("no text") };
    assert_eq!(read, "Müller €");
    assert_eq!(walk.findings()[0].code, "encoding.contradicted");
    assert_eq!((walk.findings()[0].line, walk.findings()[0].column), (1, 43));
}
