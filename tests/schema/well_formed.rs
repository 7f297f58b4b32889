//! A catalogue of snippets that are or are not well-formed: our verdict against xmllint's, and our bounds.

use std::path::Path;

use girogate::schema::event::{Limits, NotWellFormed};
use girogate::schema::walk::{Step, Walk};

use super::oracle::{self, Says};

/// Left out because xmllint goes its own way: `<?xml version="1."?>`, which it reads, and document type declarations.
const SNIPPETS: &[&str] = &[
    "<a/>",
    "<a></a>",
    "<a><b></a>",
    "<a>",
    "<a/><b/>",
    "<a/>x",
    "x<a/>",
    "",
    " ",
    "<a b=\"1\" b=\"2\"/>",
    "<a b=1/>",
    "<a b/>",
    "<a b = \"1\"/>",
    "<a b='1'c='2'/>",
    "<a>&</a>",
    "<a>&amp</a>",
    "<a>& </a>",
    "<a>&x;</a>",
    "<a>&#0;</a>",
    "<a>&#x0;</a>",
    "<a>&#xD800;</a>",
    "<a>&#x110000;</a>",
    "<a>&#;</a>",
    "<a>&#x;</a>",
    "<a>&#xFFFE;</a>",
    "<a>&#1;</a>",
    "<a>&#9;</a>",
    "<a>]]></a>",
    "<a>]]&gt;</a>",
    "<a>]] ></a>",
    "<a>]]]]></a>",
    "<a b=\"]]>\"/>",
    "<a b=\"<\"/>",
    "<a b=\"&lt;\"/>",
    "<a b=\"&#60;\"/>",
    "<a b=\"&\"/>",
    "<a b=\"&x;\"/>",
    "<!--a--><a/>",
    "<!--a--b--><a/>",
    "<!--a---><a/>",
    "<!----><a/>",
    "<!---><a/>",
    "<a><!-- --></a><!-- -->",
    "<a/><?p?>",
    "<?p?><a/>",
    "<?p x?><a/>",
    "<?xml version=\"1.0\"?><a/>",
    " <?xml version=\"1.0\"?><a/>",
    "<?xml version=\"1.0\"?><?xml version=\"1.0\"?><a/>",
    "<a><?xml version=\"1.0\"?></a>",
    "<?XML version=\"1.0\"?><a/>",
    "<?xMl x?><a/>",
    "<a/><?Xml x?>",
    "<?xml-stylesheet href=\"a\"?><a/>",
    "<?xml?><a/>",
    "<?xml ?><a/>",
    "<?xml version=\"1.1\"?><a/>",
    "<?xml version=\"2.0\"?><a/>",
    "<?xml version=\"1.10\"?><a/>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>",
    "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?><a/>",
    "<?xml version=\"1.0\" standalone=\"yes\" encoding=\"UTF-8\"?><a/>",
    "<?xml version=\"1.0\" standalone=\"maybe\"?><a/>",
    "<?xml encoding=\"UTF-8\"?><a/>",
    "<?xml version=\"1.0\"encoding=\"UTF-8\"?><a/>",
    "<?xml version=\"1.0\" encoding=\"\"?><a/>",
    "<?xml version=\"1.0\" foo=\"x\"?><a/>",
    "<?xml version='1.0' encoding='UTF-8' ?><a/>",
    "<?xml version = \"1.0\"?><a/>",
    "<?xml version=\"1.0\" ? ><a/>",
    "<?xml version=\"1.0\"><a/>",
    "<a>\u{1}</a>",
    "<a>\u{7f}</a>",
    "<a>\u{80}</a>",
    "<a>\u{fffe}</a>",
    "<a>\u{ffff}</a>",
    "<a>\u{fffd}</a>",
    "<a b=\"\u{2}\"/>",
    "<!--\u{3}--><a/>",
    "<a>\u{0}</a>",
    "<1a/>",
    "<-a/>",
    "<a.b-c_1/>",
    "<_a/>",
    "<\u{e9}/>",
    "<a\u{d7}/>",
    "<a:b/>",
    "<a:b xmlns:a=\"u\"/>",
    "<a:b:c xmlns:a=\"u\"/>",
    "<:a/>",
    "<a: />",
    "<a xmlns:b=\"\"/>",
    "<a xmlns=\"\"/>",
    "<a xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"/>",
    "<a xmlns:xml=\"u\"/>",
    "<a xmlns:x=\"http://www.w3.org/XML/1998/namespace\"/>",
    "<a xmlns:xmlns=\"u\"/>",
    "<a xmlns:x=\"http://www.w3.org/2000/xmlns/\"/>",
    "<a xmlns=\"http://www.w3.org/2000/xmlns/\"/>",
    "<a xmlns=\"http://www.w3.org/XML/1998/namespace\"/>",
    "<a xml:lang=\"de\"/>",
    "<a x:y=\"1\"/>",
    "<a xmlns:x=\"u\" xmlns:y=\"u\" x:a=\"1\" y:a=\"2\"/>",
    "<a xmlns:x=\"u\" x:a=\"1\" a=\"2\"/>",
    "<xmlns:a/>",
    "<a xmlns:x=\"1\" xmlns:x=\"2\"/>",
    "< a/>",
    "<a / >",
    "<a/ >",
    "</a>",
    "<a></b>",
    "<a></a >",
    "<a></ a>",
    "<a></a b=\"1\">",
    "<a\n/>",
    "<a\tb=\"1\"/>",
    "<a><![CDATA[x]]></a>",
    "<a><![CDATA[]]></a>",
    "<a><![CDATA[x]]]]></a>",
    "<a><![CDATA[x]] ></a>",
    "<![CDATA[x]]><a/>",
    "<a/><![CDATA[x]]>",
    "<a><![cdata[x]]></a>",
    "<a><![CDATA[<b>&]]></a>",
    "<a><!ELEMENT b></a>",
    "<a><!></a>",
    "<!ELEMENT a><a/>",
    "<a><? x?></a>",
    "<a><?p x></a>",
    "<a><?p",
    "<a><!-- x",
    "<a><![CDATA[ x",
    "<a",
    "<a b",
    "<a b=",
    "<a b=\"",
    "<a b=\"1\"",
    "<",
    "<a>x",
    "<a>x<",
    "<a>x</",
    "<a>x</a",
    "<?",
    "<!",
    "<?xml version=\"1.0\"",
    "\u{feff}<a/>",
    "\u{feff}\u{feff}<a/>",
    "<a>\u{feff}</a>",
    "<a b=\"&#10;&#13;\"/>",
    "<a b=\"a\nb\"/>",
    "<a b='\"'/>",
    "<a b=\"\"/>",
    "<a b=\"x\"/>\n\n",
    "<a>&lt;&gt;&quot;&apos;&amp;</a>",
    "<a>&LT;</a>",
    "<a>&#X41;</a>",
    "<a>&# 65;</a>",
    "<a>&#65</a>",
    "<a>&#0000000000000000065;</a>",
    "<a>&#x00000000000000000041;</a>",
    "<a>&#99999999999999;</a>",
    "<a>></a>",
    "<a b=\">\"/>",
    "<a>'\"</a>",
    "<a>&#x85;</a>",
    "<a>\u{85}</a>",
    "<a>\u{2028}</a>",
    "<a\u{3000}b=\"1\"/>",
    "<a\u{a0}/>",
    "<a><b/><b/></a>",
    "<a><b></b></a ><!-- x --> ",
    "<?p-- ?><a/>",
    "<?p ??><a/>",
    "<?p??><a/>",
    "<?p:q x?><a/>",
    "<a>text<!-- -- --></a>",
    "<a><!-- - - --></a>",
    "<a &amp;/>",
    "<a \"b\"/>",
    "<a b=\"1\" / >",
    "<a b=\"1\"/ >",
    "<a xmlns:b=\"u\" b:=\"1\"/>",
    "<a :b=\"1\"/>",
    "<a xmlns:=\"u\"/>",
    "<a xmlns:1=\"u\"/>",
    "<a b:c:d=\"1\" xmlns:b=\"u\"/>",
    "<a>\r\n</a>",
    "<a>\r</a>",
    "\r\n<a/>",
    "<?xml version=\"1.0\"?>\r<a/>",
    "<\u{300}a/>",
    "<a\u{300}/>",
    "<\u{2000}/>",
    "<\u{10000}/>",
    "<a\u{f0000}/>",
    "<a\u{b7}/>",
    "<\u{b7}a/>",
    "<\u{2113}/>",
    "<a&b/>",
    "<a;b/>",
    "<a@b/>",
    "<a/b/>",
    "<a/b=\"1\">",
];

fn ours(octets: &[u8]) -> Result<(), NotWellFormed> {
    let mut walk = Walk::without_schema(octets, Limits::default());
    while !matches!(walk.next()?, Step::Finished) {}
    Ok(())
}

#[test]
fn snippets_get_the_verdict_that_xmllint_gives() {
    if !oracle::is_present() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |number: usize| folder.path().join(format!("{number}.xml"));
    for (number, snippet) in SNIPPETS.iter().enumerate() {
        std::fs::write(file(number), snippet).unwrap();
    }
    let files: Vec<_> = (0..SNIPPETS.len()).map(file).collect();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/head.001.001.02.xsd");
    let says = oracle::judge(&schema, &files);
    let mut wrong = Vec::new();
    let mut refused = 0;
    for (number, snippet) in SNIPPETS.iter().enumerate() {
        let theirs = says[&files[number]] != Says::NotWellFormed;
        let ours = ours(snippet.as_bytes());
        refused += usize::from(ours.is_err());
        if ours.is_ok() != theirs {
            wrong.push(format!("{snippet:?}: xmllint {theirs}, we {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 100 && refused + 50 < SNIPPETS.len(), "{refused} of {} refused", SNIPPETS.len());
}

/// A reader that hands out one octet at a time, so that every token is cut everywhere.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let one = self.0.get(..1).unwrap_or(&[]);
        buffer[..one.len()].copy_from_slice(one);
        self.0 = &self.0[one.len()..];
        Ok(one.len())
    }
}

impl std::io::BufRead for Trickle<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        Ok(self.0.get(..1).unwrap_or(&[]))
    }

    fn consume(&mut self, amount: usize) {
        self.0 = &self.0[amount..];
    }
}

#[test]
fn the_verdict_does_not_depend_on_how_the_octets_arrive() {
    for snippet in SNIPPETS {
        // Enough in front for the window to be moved several times within the snippet's neighbourhood.
        for padding in [0, 16 * 1024 - 5, 32 * 1024 - 3] {
            let long = snippet.replacen('>', &format!("><!--{}-->", "x".repeat(padding)), 1);
            let whole = ours(long.as_bytes()).map_err(|error| error.to_string());
            let mut walk = Walk::without_schema(Trickle(long.as_bytes()), Limits::default());
            let trickled = loop {
                match walk.next() {
                    Ok(Step::Finished) => break Ok(()),
                    Ok(_) => {}
                    Err(error) => break Err(error.to_string()),
                }
            };
            assert_eq!(trickled, whole, "{snippet:?} behind {padding}");
        }
    }
}

#[test]
fn what_exceeds_a_bound_is_refused() {
    let limits = Limits::default();
    let code = |text: String| ours(text.as_bytes()).err().map(|error| error.code());
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let attributes = |count: usize| {
        let list: Vec<String> = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
        format!("<a{}/>", list.concat())
    };
    let sized = |size: usize| "x".repeat(size);
    assert_eq!(code(nested(limits.depth_max)), None);
    assert_eq!(code(nested(limits.depth_max + 1)), Some("xml.limit"));
    assert_eq!(code(attributes(limits.attributes_max)), None);
    assert_eq!(code(attributes(limits.attributes_max + 1)), Some("xml.limit"));
    assert_eq!(code(format!("<{}/>", sized(limits.name_bytes_max))), None);
    assert_eq!(code(format!("<{}/>", sized(limits.name_bytes_max + 1))), Some("xml.limit"));
    assert_eq!(code(format!("<a b='{}'/>", sized(limits.attribute_bytes_max))), None);
    assert_eq!(code(format!("<a b='{}'/>", sized(limits.attribute_bytes_max + 1))), Some("xml.limit"));
    assert_eq!(code(format!("<a>{}</a>", sized(limits.text_bytes_max))), None);
    assert_eq!(code(format!("<a>{}</a>", sized(limits.text_bytes_max + 1))), Some("xml.limit"));
    assert_eq!(code(format!("<a>{}</a>", format!("{}&lt;", sized(1000)).repeat(1100))), Some("xml.limit"));
    assert_eq!(code(format!("<!--{}--><a/>", sized(limits.text_bytes_max + 1))), Some("xml.limit"));
    assert_eq!(code(format!("<{}", sized(3_000_000))), Some("xml.limit"));
    assert_eq!(code("<!DOCTYPE a><a/>".to_owned()), Some("xml.doctype"));
    assert_eq!(code("<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>".to_owned()), Some("xml.encoding"));
    assert_eq!(code(format!("<?xml {}", sized(100_000))), Some("xml.not_well_formed"));
}

#[test]
fn a_broken_rule_is_told_with_its_place() {
    let place = |text: &str| ours(text.as_bytes()).map_err(|error| error.to_string());
    assert_eq!(
        place("<a>\n <b>ä</c></a>"),
        Err("line 2, column 6: not well-formed: an end tag other than </b>".to_owned())
    );
    assert_eq!(
        place("<a>\n\u{1}</a>"),
        Err("line 2, column 1: not well-formed: character U+0001, which XML does not allow".to_owned())
    );
    assert_eq!(
        place("<a>"),
        Err("line 1, column 4: not well-formed: the document ends too early".to_owned())
    );
}

/// Encodings that banks use come out as the same text; what cannot be told apart safely is refused.
#[test]
fn encodings_are_decoded_or_refused() {
    let octets = |label: &str, encoding: &'static encoding_rs::Encoding| {
        let text = format!("<?xml version=\"1.0\" encoding=\"{label}\"?><a>Käse</a>");
        encoding.encode(&text).0.into_owned()
    };
    let utf_16 = |little: bool| {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>Käse</a>";
        let units = text.encode_utf16();
        units
            .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect::<Vec<u8>>()
    };
    let cases = [
        octets("UTF-8", encoding_rs::UTF_8),
        octets("ISO-8859-1", encoding_rs::WINDOWS_1252),
        octets("iso-8859-15", encoding_rs::ISO_8859_15),
        octets("Windows-1252", encoding_rs::WINDOWS_1252),
        octets("ISO-8859-2", encoding_rs::ISO_8859_2),
        utf_16(true),
        utf_16(false),
        "\u{feff}<a>Käse</a>".as_bytes().to_vec(),
    ];
    for case in cases {
        let mut walk = Walk::without_schema(case.as_slice(), Limits::default());
        walk.next().unwrap();
        let text = match walk.next().unwrap() {
            Step::Text(text) => text.to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!((text.as_str(), walk.findings_total()), ("Käse", 0));
    }
    for refused in [&b"\xff\xfe\0\0<\0\0\0"[..], b"\0\0\0<", b"\x4c\x6f\xa7\x94", b"+/v8-"] {
        assert!(matches!(ours(refused), Err(NotWellFormed::Encoding { .. })), "{refused:?}");
    }
}
