//! Documents in everything that banks wrap around them: what is read is what is read of the document alone, and every place
//! points at the same characters in the file around it.

use super::reading::{Document, read};

/// Valid, with an entry and details.
const REPORT: &str = include_str!("../../fixtures/messages/camt.054.001.08/same-content/in.xml");
/// Breaks its schema in several places.
const ODD: &str = include_str!("../../fixtures/messages/camt.054.001.08/amounts-of-many-shapes/in.xml");
const STATUS: &str = include_str!("../../fixtures/messages/pain.002.001.10/received-only/in.xml");

const HEADER: &str = "<AppHdr xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.02\">\
<Fr><FIId><FinInstnId><BICFI>AAAADEFFXXX</BICFI></FinInstnId></FIId></Fr>\
<To><OrgId><Nm>Treasury</Nm><Id><OrgId><AnyBIC>BBBBDEFFXXX</AnyBIC></OrgId></Id></OrgId></To>\
<BizMsgIdr>BIZ-1</BizMsgIdr><MsgDefIdr>camt.054.001.08</MsgDefIdr><BizSvc>own.service</BizSvc>\
<CreDt>2025-03-14T09:30:47Z</CreDt><CpyDplct>DUPL</CpyDplct><PssblDplct>true</PssblDplct>\
<Rltd><Fr><FIId><FinInstnId><BICFI>CCCCDEFFXXX</BICFI></FinInstnId></FIId></Fr><To><FIId><FinInstnId>\
<BICFI>AAAADEFFXXX</BICFI></FinInstnId></FIId></To><BizMsgIdr>BIZ-0</BizMsgIdr>\
<MsgDefIdr>pain.001.001.09</MsgDefIdr><CreDt>2025-03-13T09:30:47Z</CreDt></Rltd></AppHdr>";

/// The document without its declaration.
fn bare(document: &str) -> &str {
    document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap().trim()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn one(octets: &[u8]) -> Document {
    let (mut documents, parsed) = read(octets);
    assert_eq!(documents.len(), 1, "{documents:#?}");
    assert!(parsed.stopped.is_none(), "{:?}", parsed.stopped);
    documents.remove(0)
}

/// What the file says at a place, some characters.
fn at(file: &str, deviation: &serde_json::Value) -> String {
    let line = deviation["line"].as_u64().unwrap() as usize;
    let column = deviation["column"].as_u64().unwrap() as usize;
    file.split('\n').nth(line - 1).unwrap().chars().skip(column - 1).take(24).collect()
}

#[test]
fn wrappers_change_nothing() {
    for document in [REPORT, ODD, STATUS] {
        let alone = one(document.as_bytes());
        let inner = bare(document);
        let prefixed = inner.replace("<", "<d:").replace("<d:/", "</d:").replace("xmlns=", "xmlns:d=");
        assert_eq!(one(prefixed.as_bytes()).records, alone.records);
        for (name, wrapped) in [
            ("envelope", format!("<Envelope>{inner}</Envelope>")),
            ("business message", format!("<BizMsgEnvlp xmlns='urn:x'><Bd>{inner}</Bd></BizMsgEnvlp>")),
            ("payload", format!("<RequestPayload xmlns='urn:x'>\n{inner}\n</RequestPayload>")),
            (
                "data unit",
                format!(
                    "<Saa:DataPDU xmlns:Saa='urn:swift:saa:xsd:saa.2.0'><Saa:Header><Saa:Message/></Saa:Header>\
                     <Saa:Body>{inner}</Saa:Body></Saa:DataPDU>"
                ),
            ),
            (
                "soap",
                format!(
                    "<?xml version='1.0'?><s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'>\
                     <s:Header/><s:Body><r:get xmlns:r='urn:r'>{inner}</r:get></s:Body></s:Envelope>"
                ),
            ),
        ] {
            let read = one(wrapped.as_bytes());
            assert_eq!(read.records, alone.records, "{name}");
            assert_eq!(read.codes(), alone.codes(), "{name}");
            assert_eq!(read.verdict, alone.verdict, "{name}");
        }
    }
}

#[test]
fn text_of_an_element_is_read_as_a_document() {
    for document in [REPORT, ODD, STATUS] {
        let alone = one(document.as_bytes());
        let inner = bare(document);
        // What the declaration inside says of the encoding is about another form of these characters.
        let latin = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n{inner}");
        let split = document.replace("</GrpHdr>", "</Grp]]><![CDATA[Hdr>");
        let mixed = document.replacen('<', "&lt;", 3).replacen('<', "&#60;", 3);
        let mixed =
            format!("{}<![CDATA[{}", &mixed[..mixed.find('<').unwrap()], &mixed[mixed.find('<').unwrap()..]);
        for (name, wrapped) in [
            ("section", format!("<a>\n  <b><![CDATA[{document}]]></b></a>")),
            ("section without declaration", format!("<a>\n<b>\n<![CDATA[\n\n {inner}\n]]>\n</b></a>")),
            ("section of another encoding", format!("<a><b><![CDATA[{latin}]]></b></a>")),
            ("two sections", format!("<a><b><![CDATA[{split}]]></b></a>")),
            ("escaped", format!("<a>x<b>\n {}</b></a>", escaped(document))),
            ("escaped without declaration", format!("<a><b>{}</b></a>", escaped(inner))),
            ("numbers", format!("<a><b>{}</b></a>", escaped(document).replace("&lt;", "&#x3c;"))),
            ("escaped and section", format!("<a><b>{mixed}]]></b></a>")),
            ("carriage returns", format!("<a>\r\n<b><![CDATA[{}]]></b></a>", document.replace('\n', "\r\n"))),
            ("twice", format!("<a><b><![CDATA[<?xml version='1.0'?><c>{}</c>]]></b></a>", escaped(document))),
            ("with a wrapper", format!("<a><b><![CDATA[<Envelope>{inner}</Envelope>]]></b></a>")),
        ] {
            let read = one(wrapped.as_bytes());
            assert_eq!(read.records, alone.records, "{name}");
            assert_eq!(read.codes(), alone.codes(), "{name}");
            assert_eq!(read.verdict, alone.verdict, "{name}");
            for (theirs, ours) in alone.deviations.iter().zip(&read.deviations) {
                let path = ours["path"].as_str().unwrap();
                assert!(path.starts_with("/a/b/text()/"), "{name}: {path}");
                assert!(path.ends_with(theirs["path"].as_str().unwrap()), "{name}: {path}");
                let (expected, found) = (at(document, theirs), at(&wrapped, ours));
                let unescaped = found
                    .replace("&lt;", "<")
                    .replace("&#x3c;", "<")
                    .replace("&#60;", "<")
                    .replace("&gt;", ">");
                let length = unescaped.trim_end().len().min(5);
                assert!(expected.starts_with(&unescaped[..length]), "{name}: {expected:?} {found:?} {ours}");
            }
        }
    }
}

#[test]
fn text_that_only_looks_like_a_document_is_left_alone() {
    for text in
        ["<![CDATA[<b>bold</i>]]>", "&lt;3", "<![CDATA[<]]>", "<![CDATA[<html><p>&nbsp;</html>]]>", "PD94"]
    {
        let wrapped = format!("<a><b>{text}</b>{}</a>", bare(REPORT));
        assert_eq!(one(wrapped.as_bytes()), one(format!("<a>{}</a>", bare(REPORT)).as_bytes()), "{text}");
    }
    let (documents, _) = read(b"<a><![CDATA[<b>bold</i>]]></a>");
    assert_eq!(documents[0].codes(), ["document.absent"]);
}

#[test]
fn a_broken_document_in_a_text_does_not_hide_the_next() {
    let broken = REPORT.replace("</GrpHdr>", "");
    let wrapped = format!("<a><b><![CDATA[{broken}]]></b><b><![CDATA[{STATUS}]]></b></a>");
    let (documents, _) = read(wrapped.as_bytes());
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0].codes().last(), Some(&"xml.not_well_formed"));
    assert_eq!(documents[1].records, one(STATUS.as_bytes()).records);
}

#[test]
fn a_wrapper_that_breaks_off_is_told_once_with_its_place() {
    let whole = format!("<a>\n<b><![CDATA[{REPORT}]]></b>\n<c/></a>");
    let alone = one(REPORT.as_bytes());
    for length in (0..whole.len()).filter(|length| whole.is_char_boundary(*length)) {
        let (documents, parsed) = read(&whole.as_bytes()[..length]);
        assert_eq!(
            documents.len(),
            if whole[..length].contains("]]>") { documents.len() } else { 1 },
            "{length}"
        );
        let stops =
            documents.iter().flat_map(Document::codes).filter(|code| *code == "xml.not_well_formed").count();
        assert_eq!(stops, 1, "at {length}: {documents:#?}");
        assert!(parsed.stopped.is_some());
        if whole[..length].contains("</Document>") {
            assert_eq!(documents[0].records, alone.records);
        }
    }
}

#[test]
fn documents_one_behind_another_are_read_each() {
    let (report, status) = (one(REPORT.as_bytes()), one(STATUS.as_bytes()));
    for (name, between) in [
        ("nothing", ""),
        ("a line", "\n"),
        ("NUL", "\0\0\n"),
        ("a mark", "\u{FEFF}"),
        ("all", "\r\n\0 \u{FEFF}"),
    ] {
        for (second, third) in [(STATUS, REPORT), (bare(STATUS), bare(REPORT)), (bare(STATUS), REPORT)] {
            let file = format!("{}{between}{second}{between}{third}{}", REPORT.trim_end(), "\n");
            let (documents, parsed) = read(file.as_bytes());
            assert_eq!(documents.len(), 3, "{name}: {documents:#?}");
            assert!(parsed.stopped.is_none(), "{name}");
            for (document, alone) in documents.iter().zip([&report, &status, &report]) {
                assert_eq!(document.records, alone.records, "{name}");
                assert!(document.is_valid(), "{name}: {document:?}");
            }
            assert_eq!(documents[0].codes(), Vec::<&str>::new());
            for document in &documents[1..] {
                assert_eq!(document.codes(), ["document.another"], "{name}");
                assert_eq!(at(&file, &document.deviations[0]), "<Document xmlns=\"urn:iso", "{name}");
            }
        }
    }
}

#[test]
fn each_of_several_documents_has_its_own_encoding() {
    let named = |encoding: &str, text: &str| {
        let inner = bare(REPORT).replace("REP-1", text);
        format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{inner}")
    };
    let utf_8 = named("UTF-8", "Zürich");
    let latin: Vec<u8> =
        named("ISO-8859-1", "Zürich").chars().map(|character| character as u32 as u8).collect();
    let marked = format!("\u{FEFF}{}", named("UTF-8", "Zürich"));
    let file = [utf_8.as_bytes(), &latin, marked.as_bytes(), &latin].concat();
    let (documents, _) = read(&file);
    assert_eq!(documents.len(), 4);
    for document in &documents {
        assert_eq!(document.records[0]["message_id"], "Zürich");
        assert!(document.is_valid(), "{document:?}");
    }
    // Characters of two octets: the second begins where the first ends, to the octet.
    for encode in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide = |text: &str| text.encode_utf16().flat_map(encode).collect::<Vec<u8>>();
        let one = wide(&format!("\u{FEFF}{}", named("UTF-16", "Zürich")));
        let two = wide(&named("UTF-16", "Genève"));
        let (documents, _) = read(&[one, two].concat());
        let ids: Vec<&str> =
            documents.iter().map(|read| read.records[0]["message_id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["Zürich", "Genève"]);
    }
}

#[test]
fn many_documents_one_behind_another_are_all_found() {
    let file = REPORT.repeat(300);
    let (documents, _) = read(file.as_bytes());
    assert_eq!(documents.len(), 300);
    assert!(documents.iter().all(|document| document.is_valid() && document.records == documents[0].records));
}

#[test]
fn what_is_no_document_behind_a_document_is_refused() {
    for behind in
        ["x", "<a/>", "&amp;", "\0", "\0x", "\u{FEFF}", "<", "<?xml", "\u{1}<?xml version='1.0'?><a/>"]
    {
        let (documents, parsed) = read(format!("{}{behind}", REPORT.trim_end()).as_bytes());
        assert_eq!(documents.len(), 1, "{behind:?}");
        assert_eq!(documents[0].codes(), ["xml.not_well_formed"], "{behind:?}");
        assert!(parsed.stopped.is_some());
    }
    // Without a document before it there is no file of documents.
    for octets in ["<a/><a/>", "<a/><?xml version='1.0'?><b/>"] {
        let (documents, _) = read(octets.as_bytes());
        assert_eq!(documents[0].codes(), ["xml.not_well_formed"], "{octets}");
    }
}

#[test]
fn the_header_stands_with_its_document() {
    let inner = bare(REPORT);
    let expected = serde_json::json!({
        "record": "header", "from": {"bic": "AAAADEFFXXX"}, "to": {"name": "Treasury", "bic": "BBBBDEFFXXX"},
        "business_message_id": "BIZ-1", "message_definition": "camt.054.001.08", "business_service": "own.service",
        "created": "2025-03-14T09:30:47Z", "copy": "DUPL", "possible_duplicate": true,
        "related": [{
            "from": {"bic": "CCCCDEFFXXX"}, "to": {"bic": "AAAADEFFXXX"}, "business_message_id": "BIZ-0",
            "message_definition": "pain.001.001.09", "created": "2025-03-13T09:30:47Z",
        }],
    });
    for (name, file) in [
        ("beside", format!("<BizMsgEnvlp>{HEADER}{inner}</BizMsgEnvlp>")),
        ("apart", format!("<Envelope><Header>{HEADER}</Header><Body>{inner}</Body></Envelope>")),
        (
            "with a prefix",
            format!(
                "<a>{}{inner}</a>",
                HEADER.replace("<", "<h:").replace("<h:/", "</h:").replace("xmlns=", "xmlns:h=")
            ),
        ),
        ("before a section", format!("<a>{HEADER}<b><![CDATA[{REPORT}]]></b></a>")),
        ("in a section", format!("<a><b><![CDATA[<m>{HEADER}{inner}</m>]]></b></a>")),
    ] {
        let document = one(file.as_bytes());
        assert_eq!(document.header.as_ref(), Some(&expected), "{name}");
        assert_eq!(document.codes(), Vec::<&str>::new(), "{name}");
        assert!(document.is_valid(), "{name}");
    }
}

#[test]
fn a_header_in_front_of_its_document_stands_for_it() {
    let (documents, _) = read(format!("{HEADER}\n{}", bare(REPORT)).as_bytes());
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0].verdict["schema"], "head.001.001.02");
    assert!(documents.iter().all(Document::is_valid));
    assert_eq!(documents[1].header.as_ref().unwrap()["business_message_id"], "BIZ-1");
    assert_eq!(documents[1].records, one(REPORT.as_bytes()).records);
}

#[test]
fn a_header_stands_for_no_other_document() {
    let (header, inner) = (HEADER, bare(REPORT));
    let with = |file: String| -> Vec<bool> {
        read(file.as_bytes()).0.iter().map(|document| document.header.is_some()).collect()
    };
    assert_eq!(with(format!("<a><m>{header}{inner}</m><m>{inner}</m></a>")), [true, false]);
    assert_eq!(with(format!("<a>{header}{inner}{inner}</a>")), [true, true]);
    assert_eq!(with(format!("<a>{inner}{header}{inner}</a>")), [false, true]);
    assert_eq!(with(format!("<a><h>{header}</h><d>{inner}</d><d>{inner}</d></a>")), [true, false]);
}

#[test]
fn a_header_that_announces_another_message_is_told() {
    let header = HEADER.replace("camt.054.001.08", "camt.053.001.08");
    let document = one(format!("<a>{header}{}</a>", bare(REPORT)).as_bytes());
    assert_eq!(document.codes(), ["header.mismatch"]);
    assert!(document.is_valid(), "the document itself is what its schema wants");
}

#[test]
fn base64_is_opened_where_it_is_certain() {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let alone = one(ODD.as_bytes());
    let text = engine.encode(ODD);
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for content in [
        text.clone(),
        lines.join("\r\n"),
        text.trim_end_matches('=').to_owned(),
        format!("<![CDATA[{text}]]>"),
    ] {
        let document = one(format!("<a><Content>\n{content}\n</Content></a>").as_bytes());
        assert_eq!(document.records, alone.records);
        assert_eq!(document.deviations, alone.deviations, "places are those of the decoded file");
        assert_eq!(document.file(), "in!/a/Content");
    }
    // Damaged in the middle: what was read stays, and the rest is told.
    let damaged = format!("{}*{}", &text[..2000], &text[2000..]);
    let document = &read(format!("<a>{damaged}</a>").as_bytes()).0[0];
    assert_eq!(document.codes().last(), Some(&"archive.damaged"));
    // A certificate, a signature, a picture.
    for other in ["MIIC", "iVBORw0KGgo", "PEZvbz4="] {
        let (documents, _) = read(format!("<a>{other}</a>").as_bytes());
        assert_eq!(documents[0].codes(), ["document.absent"]);
    }
}

#[test]
fn nesting_is_bounded() {
    let mut file = REPORT.to_owned();
    for _ in 0..4 {
        file = format!("<?xml version='1.0'?><a>{}</a>", escaped(&file));
    }
    assert_eq!(one(file.as_bytes()).records, one(REPORT.as_bytes()).records);
    let file = format!("<?xml version='1.0'?><a>{}</a>", escaped(&file));
    assert_eq!(read(file.as_bytes()).0[0].codes(), ["document.depth"]);
}
