//! Exclusive canonicalisation compared with libxml2's, and with digests that another implementation published.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use girogate::signing::c14n::walk::canonicalise;
use girogate::signing::c14n::{DEPTH_MAX, Order, decode};

/// The folder of public vectors and real files, where it is there.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is not there", path.display());
    None
}

/// Documents that differ from their canonical form in every way we know of.
pub const DOCUMENTS: &[(&str, &str)] = &[
    (
        "plain",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:a\"><A>1</A>\n</Document>\n",
    ),
    ("cdata", "<a><![CDATA[<x> & ]] > \"q\"]]><b><![CDATA[]]></b>tail<![CDATA[\r\nline]]></a>"),
    ("comments", "<!-- before --><a>one<!-- in -->two<b><!-- only --></b></a><!-- after -->"),
    ("instructions", "<?p  one  two ?><?q?>\n<a><?r \r\n x?></a>\n<?s t?>\n<?u?>\n"),
    ("carriage returns", "<a x=\"1\r\n2\r3\">one\r\ntwo\rthree\n\r\r\n</a>\r\n"),
    ("references to returns", "<a x=\"&#13;&#xD;&#10;&#9; &#x20;\">&#13;&#xD;&#10;&#9;\r\n</a>"),
    (
        "white space in attributes",
        "<a x=\"one\ntwo\tthree  four\" y='\n\n' xmlns:s=\"urn:s\" s:loc=\"urn:a\n     a.xsd\"/>",
    ),
    (
        "predefined references",
        "<a x=\"&lt;&gt;&amp;&quot;&apos;\" y='\"'>&lt;&gt;&amp;&quot;&apos; > ' \"</a>",
    ),
    ("letters by number", "<a x=\"&#228;&#x20AC;&#x1F600;\">&#228;&#x20AC;&#x1F600; äöü €</a>"),
    (
        "attribute order",
        "<a xmlns:z=\"urn:1\" xmlns:b=\"urn:2\" b:a=\"1\" z:z=\"2\" z:b=\"3\" c=\"4\" A=\"5\" a=\"6\" xml:lang=\"en\"/>",
    ),
    (
        "prefix order",
        "<p:a xmlns:p=\"urn:p\" xmlns:a=\"urn:a\" xmlns=\"urn:d\" xmlns:B=\"urn:B\" a:x=\"1\" B:x=\"2\"/>",
    ),
    ("unused prefixes", "<a xmlns:u=\"urn:u\" xmlns:v=\"urn:v\"><v:b xmlns:w=\"urn:w\"><c/></v:b><v:b/></a>"),
    ("redeclared alike", "<p:a xmlns:p=\"urn:p\"><p:b xmlns:p=\"urn:p\"><p:c/></p:b></p:a>"),
    (
        "redeclared differently",
        "<p:a xmlns:p=\"urn:p\"><p:b xmlns:p=\"urn:q\"><p:c xmlns:p=\"urn:p\"/></p:b><p:d/></p:a>",
    ),
    (
        "default undeclared",
        "<a xmlns=\"urn:a\"><b xmlns=\"\"><c/><d xmlns=\"urn:a\"/></b><e xmlns=\"urn:a\"/></a>",
    ),
    ("default undeclared for nothing", "<a xmlns=\"\"><b xmlns=\"\"/></a>"),
    ("default declared and unused", "<p:a xmlns=\"urn:d\" xmlns:p=\"urn:p\"><b/><p:c><d/></p:c></p:a>"),
    ("default hidden", "<a xmlns=\"urn:d\"><p:b xmlns:p=\"urn:p\" xmlns=\"urn:e\"><c/></p:b></a>"),
    (
        "prefix used by an attribute only",
        "<a xmlns:p=\"urn:p\"><b p:x=\"1\"><c p:y=\"2\"/></b><d p:x=\"1\"/></a>",
    ),
    (
        "two prefixes of one namespace",
        "<a xmlns:p=\"urn:p\" xmlns:q=\"urn:p\"><p:b q:x=\"1\" p:y=\"2\"/></a>",
    ),
    ("xml prefix", "<a xml:space=\"preserve\" xml:base=\"urn:x\"> <b xml:lang=\"de\"/> </a>"),
    ("white space in tags", "<a\n  x = \"1\"\r\n\ty='2'\n><b  /><c\n></c\n></a  >"),
    ("greater than in attributes", "<a x=\"a>b\" y=\"]]>\">]] ></a>"),
    ("empty", "<a/>"),
    ("names beyond ASCII", "<größe élan=\"1\"><ß:b xmlns:ß=\"urn:s\"/></größe>"),
    ("declaration alone", "<?xml version='1.0' standalone='yes'?><a/>"),
];

fn ours(octets: &[u8]) -> Result<Vec<u8>, girogate::signing::c14n::C14nError> {
    let mut out = Vec::new();
    canonicalise(&decode(octets)?, &Order::WHOLE, &mut out)?;
    Ok(out)
}

/// libxml2's answer: the canonical octets, an empty refusal, or nothing where the program is not installed.
/// It keeps comments, so they are taken out of the input first, where the caller knows how.
fn libxml2(path: &Path) -> Option<Option<Vec<u8>>> {
    let output = match Command::new("xmllint").args(["--nonet", "--exc-c14n"]).arg(path).output() {
        Ok(output) => output,
        Err(_) => {
            eprintln!("SKIPPED: xmllint is not installed");
            return None;
        }
    };
    Some(output.status.success().then_some(output.stdout))
}

/// Removes comments the plain way; only for documents in which `<!--` stands nowhere else.
fn without_comments(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, b"<!--") {
        out.extend_from_slice(&rest[..at]);
        let end = memchr::memmem::find(&rest[at..], b"-->").map_or(rest.len(), |end| at + end + 3);
        rest = &rest[end..];
    }
    out.extend_from_slice(rest);
    out
}

#[test]
fn agrees_with_libxml2_on_awkward_documents() {
    let dir = tempfile::TempDir::new().unwrap();
    for (name, text) in DOCUMENTS {
        let path = dir.path().join("in.xml");
        std::fs::write(&path, without_comments(text.as_bytes())).unwrap();
        let Some(expected) = libxml2(&path) else { return };
        let expected =
            String::from_utf8(expected.unwrap_or_else(|| panic!("{name}: refused by libxml2"))).unwrap();
        assert_eq!(String::from_utf8(ours(text.as_bytes()).unwrap()).unwrap(), expected, "{name}");
        let again = ours(expected.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), expected, "{name}: not stable");
    }
}

/// libxml2 writes such a namespace without escaping, which is not even XML; the standard (Canonical XML 1.0,
/// section 2.3, "Namespace Nodes" are written like attributes) leaves no doubt, so ours differs on purpose.
#[test]
fn namespaces_are_escaped_like_attributes() {
    let octets = ours(b"<a xmlns=\"urn:x?a=1&amp;b=2\" xmlns:p='urn:q&#38;r' p:y=\"1\"/>").unwrap();
    let expected = "<a xmlns=\"urn:x?a=1&amp;b=2\" xmlns:p=\"urn:q&amp;r\" p:y=\"1\"></a>";
    assert_eq!(String::from_utf8(octets).unwrap(), expected);
}

#[test]
fn agrees_with_libxml2_on_real_files() {
    let Some(corpus) = shared("corpus") else { return };
    let dir = tempfile::TempDir::new().unwrap();
    let (mut agreed, mut refused, mut folders) = (0, 0, vec![corpus]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "xml") {
                continue;
            }
            let octets = std::fs::read(&path).unwrap();
            let bare = dir.path().join("bare.xml");
            std::fs::write(&bare, without_comments(&octets)).unwrap();
            let Some(expected) = libxml2(&bare) else { return };
            match (ours(&octets), expected) {
                (Ok(ours), Some(expected)) => {
                    assert!(ours == expected, "{}: other octets", path.display());
                    agreed += 1;
                }
                (Err(_), None) => refused += 1,
                // Ours is stricter by purpose in these.
                (Err(error), Some(_)) => {
                    assert!(
                        matches!(error.code(), "c14n.doctype" | "c14n.encoding")
                            || error.to_string().contains("URI"),
                        "{}: {error}",
                        path.display()
                    );
                    refused += 1;
                }
                (Ok(_), None) => panic!("{}: refused by libxml2 only", path.display()),
            }
        }
    }
    eprintln!("{agreed} files agree, {refused} are refused");
    assert!(agreed > 100, "{agreed}");
}

#[test]
fn documents_in_other_encodings_have_the_same_canonical_form() {
    let text = "<?xml version=\"1.0\" encoding=\"E\"?><a x=\"é\">ä&#228;</a>";
    let expected = "<a x=\"é\">ää</a>".as_bytes();
    let latin = |text: &str| -> Vec<u8> { text.chars().map(|letter| letter as u8).collect() };
    let wide = |text: &str, mark: &[u8], big: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(big)).collect()
    };
    let cases = [
        text.replace("\"E\"", "\"utf-8\"").into_bytes(),
        [b"\xef\xbb\xbf", text.replace("\"E\"", "\"UTF-8\"").as_bytes()].concat(),
        latin(&text.replace("\"E\"", "\"ISO-8859-1\"")),
        latin(&text.replace("\"E\"", "'windows-1252'")),
        wide(&text.replace("\"E\"", "\"UTF-16\""), b"\xff\xfe", u16::to_le_bytes),
        wide(&text.replace(" encoding=\"E\"", ""), b"\xfe\xff", u16::to_be_bytes),
    ];
    for case in &cases {
        assert_eq!(String::from_utf8_lossy(&ours(case).unwrap()), String::from_utf8_lossy(expected));
    }
    let refused = [
        latin(&text.replace("\"E\"", "\"UTF-8\"")),
        latin(&text.replace("\"E\"", "\"UTF-7\"")),
        latin(&text.replace("\"E\"", "\"nonsense\"")),
        latin(&text.replace("\"E\"", "\"UTF-16\"")),
        [b"\xef\xbb\xbf".to_vec(), latin(&text.replace("\"E\"", "\"ISO-8859-1\""))].concat(),
    ];
    for case in &refused {
        assert_eq!(ours(case).unwrap_err().code(), "c14n.encoding", "{}", String::from_utf8_lossy(case));
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let deep = "<a>".repeat(DEPTH_MAX + 1) + &"</a>".repeat(DEPTH_MAX + 1);
    let wide: String = (0..40).map(|number| format!(" a{number}=''")).collect();
    let many: String = (0..300).map(|number| format!("<p:a xmlns:p='urn:{number}'/>")).collect();
    let cases = [
        ("", "malformed"),
        ("text", "malformed"),
        ("<a>", "malformed"),
        ("<a></b>", "malformed"),
        ("<a/><b/>", "malformed"),
        ("<a/>text", "malformed"),
        ("&#65;<a/>", "malformed"),
        ("<a/><![CDATA[x]]>", "malformed"),
        ("</a>", "malformed"),
        ("<!DOCTYPE a><a/>", "doctype"),
        ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "doctype"),
        ("<a>&e;</a>", "entity"),
        ("<a x='&e;'/>", "entity"),
        ("<a>&#0;</a>", "entity"),
        ("<a>&#x110000;</a>", "entity"),
        ("<a>&#xD800;</a>", "entity"),
        ("<a>&#+65;</a>", "entity"),
        ("<a>&#X41;</a>", "entity"),
        ("<a>a & b</a>", "malformed"),
        ("<a>\u{1}</a>", "malformed"),
        ("<a>\u{ffff}</a>", "malformed"),
        ("<a x='<'/>", "malformed"),
        ("<a x=1/>", "malformed"),
        ("<a x/>", "malformed"),
        ("<a x='1'y='2'/>", "malformed"),
        ("<a x='1' x='2'/>", "malformed"),
        ("<a xmlns:p='urn:1' xmlns:q='urn:1' p:x='1' q:x='2'/>", "malformed"),
        ("<a xmlns='urn:1' xmlns='urn:1'/>", "malformed"),
        ("<p:a/>", "malformed"),
        ("<a p:x='1'/>", "malformed"),
        ("<a xmlns:p=''/>", "malformed"),
        ("<a xmlns:p='relative'/>", "malformed"),
        ("<a xmlns='../x'/>", "malformed"),
        ("<a xmlns:xml='urn:x'/>", "malformed"),
        ("<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>", "malformed"),
        ("<a xmlns:xmlns='urn:x'/>", "malformed"),
        ("<a:b:c xmlns:a='urn:x'/>", "malformed"),
        ("<:a/>", "malformed"),
        ("<1a/>", "malformed"),
        ("<a><?xml version='1.0'?></a>", "malformed"),
        ("<a><!-- -- --></a>", "malformed"),
        ("<a><!-- --->x</a>", "malformed"),
        ("<a>]]></a>", "malformed"),
        ("<a>x]]>y</a>", "malformed"),
        ("<a><![CDATA[x</a>", "malformed"),
        ("<a><!-- x</a>", "malformed"),
        ("<a><?p x</a>", "malformed"),
        ("<a x='1></a>", "malformed"),
        ("<a", "malformed"),
        ("<a><", "malformed"),
        ("<a>&amp</a>", "malformed"),
        ("<a><!ELEMENT b></a>", "malformed"),
        ("<a></ a>", "malformed"),
        ("<a></a b>", "malformed"),
        ("< a/>", "malformed"),
        ("<></>", "malformed"),
        ("</>", "malformed"),
        ("<a:/>", "malformed"),
        (" <?xml version='1.0'?><a/>", "malformed"),
        ("<?xml?><a/>", "malformed"),
        ("<a><? x?></a>", "malformed"),
        ("<a><?p:q x?></a>", "malformed"),
        (deep.as_str(), "limit"),
    ];
    for (text, code) in cases {
        match ours(text.as_bytes()) {
            Ok(octets) => panic!("{text}: {}", String::from_utf8_lossy(&octets)),
            Err(error) => assert_eq!(error.code(), format!("c14n.{code}"), "{text}: {error}"),
        }
    }
    assert_eq!(ours(format!("<a{wide}/>").as_bytes()).unwrap_err().code(), "c14n.limit");
    assert_eq!(ours(format!("<r>{many}</r>").as_bytes()).unwrap_err().code(), "c14n.limit");
    let long = format!("<a x='{}'/>", "x".repeat(70_000));
    assert_eq!(ours(long.as_bytes()).unwrap_err().code(), "c14n.limit");
    let named = format!("<{}/>", "n".repeat(300));
    assert_eq!(ours(named.as_bytes()).unwrap_err().code(), "c14n.limit");
    let error = ours("<a>\n  <b>ä<p:c/></b></a>".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "2:7: not well-formed: prefix 'p' is not declared");
}

/// The element `to-be-signed` of the merlin set, with and without a list of prefixes, against the digests that it publishes.
#[test]
fn exclusive_canonicalisation_of_the_merlin_set() {
    let Some(folder) = shared("vectors/xmlsec/merlin-exc-c14n-one") else { return };
    let text = std::fs::read_to_string(folder.join("exc-signature.xml")).unwrap();
    let end_tag = "</dsig:Object>";
    let start = text.find("<dsig:Object").unwrap();
    let end = text.find(end_tag).unwrap() + end_tag.len();
    let element = &text[start..end];
    let digests: Vec<&str> =
        text.split("<dsig:DigestValue>").skip(1).map(|rest| rest.split('<').next().unwrap().trim()).collect();
    let scope = [
        ("dsig", "http://www.w3.org/2000/09/xmldsig#".to_owned()),
        ("bar", "urn:bar".to_owned()),
        ("", "urn:foo".to_owned()),
    ];
    let listed = ["bar".to_owned(), "#default".to_owned()];
    let mut found = Vec::new();
    for prefixes in [&[] as &[String], &listed] {
        let mut octets = Vec::new();
        canonicalise(element, &Order { scope: &scope, prefixes, ..Order::WHOLE }, &mut octets).unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &octets);
        found.push(STANDARD.encode(digest.as_ref()));
    }
    assert_eq!(found[0], digests[0], "without a list");
    assert_eq!(found[1], digests[1], "with a list");
}

/// Letters from all that means something to a parser.
const ALPHABET: &[u8] = b"<>/=\"'&;:!?-[]#x ap\n\r\t1DCAT";

/// Small random numbers that are the same on each run of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// Whatever we let through after random changes, libxml2 lets through too, with the same canonical octets.
#[test]
fn changed_documents_are_never_read_differently() {
    let dir = tempfile::TempDir::new().unwrap();
    let seed =
        std::env::var("GIROGATE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_250_314);
    eprintln!("GIROGATE_TEST_SEED={seed}");
    let mut dice = Dice(seed);
    let (mut refused, mut compared) = (0, 0);
    // Documents with comments are left out, as libxml2 keeps those.
    let texts: Vec<&str> =
        DOCUMENTS.iter().map(|(_, text)| *text).filter(|text| !text.contains("<!--")).collect();
    while compared < 150 {
        let mut octets = texts[dice.below(texts.len())].as_bytes().to_vec();
        for _ in 0..=dice.below(2) {
            let (at, letter) = (dice.below(octets.len()), ALPHABET[dice.below(ALPHABET.len())]);
            match dice.below(3) {
                0 => octets[at] = letter,
                1 => octets.insert(at, letter),
                _ => drop(octets.remove(at)),
            }
        }
        let Ok(canonical) = ours(&octets) else {
            refused += 1;
            continue;
        };
        let path = dir.path().join("in.xml");
        std::fs::write(&path, &octets).unwrap();
        let Some(expected) = libxml2(&path) else { return };
        let shown = String::from_utf8_lossy(&octets).into_owned();
        let expected = expected.unwrap_or_else(|| panic!("refused by libxml2 only: {shown}"));
        assert_eq!(String::from_utf8_lossy(&canonical), String::from_utf8_lossy(&expected), "{shown}");
        compared += 1;
    }
    assert!(refused > 50, "{refused}");
}
