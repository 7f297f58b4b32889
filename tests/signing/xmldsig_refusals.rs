//! Signed documents that must be refused: wrapping, foreign structure, weak algorithms, and public vectors
//! whose algorithms are outside our list.

use chrono::Utc;
use girogate::signing::certificate::Certificate;
use girogate::signing::key::Signer;
use girogate::signing::xmldsig::verify::verify;

use crate::c14n::shared;
use crate::xmldsig::Party;

const SAMPLE: &str = "<Document xmlns=\"urn:d\" Id=\"doc\"><A><B>1</B></A><C>2</C></Document>";

/// A signed document in its parts.
struct Parts {
    signed: String,
    signature: String,
    bare: String,
}

fn parts(party: &Party) -> Parts {
    let signed = party.sign(SAMPLE);
    let start = signed.find("<ds:Signature ").unwrap();
    let end = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = signed[start..end].to_owned();
    let bare = signed.replace(&signature, "");
    Parts { signed, signature, bare }
}

fn evil() -> String {
    SAMPLE.replace("<B>1</B>", "<B>9</B>")
}

/// The signed original is hidden somewhere and another document put in its place.
#[test]
fn wrapped_signatures_are_refused() {
    let party = Party::p256(Utc::now());
    let Parts { signed, signature, bare } = parts(&party);
    assert!(party.verdict(&signed).is_ok());
    let evil_with = |inner: &str| evil().replace("</Document>", &format!("{inner}</Document>"));
    let object = |inner: &str| {
        signature.replace("</ds:Signature>", &format!("<ds:Object>{inner}</ds:Object></ds:Signature>"))
    };
    let cases = [
        ("original beside the signature", evil_with(&format!("{signature}{bare}"))),
        ("original before the signature", evil_with(&format!("{bare}{signature}"))),
        ("original in an unknown element", evil_with(&format!("<X>{bare}</X>{signature}"))),
        ("signed original inside", evil_with(&signed)),
        ("signed original inside an unknown element", evil_with(&format!("<X>{signed}</X>"))),
        ("original in an Object of the signature", evil_with(&object(&bare))),
        (
            "original in KeyInfo",
            evil_with(&signature.replace("<ds:X509Data>", &format!("{bare}<ds:X509Data>"))),
        ),
        (
            "original in SignedInfo",
            evil_with(&signature.replace("<ds:Reference ", &format!("{bare}<ds:Reference "))),
        ),
        ("evil twin after the original", format!("<W>{signed}{}</W>", evil())),
        ("evil twin before the original", format!("<W>{}{signed}</W>", evil())),
        ("signature around the evil twin", signed.replace(&signature, &object(&evil()))),
        ("original as the first child", signed.replace("<A>", &format!("{bare}<A>"))),
        ("signature moved to a new root", format!("<W>{bare}{signature}</W>")),
        ("signature and original in a new root", format!("<W>{}{bare}{signature}</W>", evil())),
    ];
    for (name, document) in &cases {
        assert!(party.verdict(document).is_err(), "{name}: accepted {document}");
    }
    // Moved inside the same document a signature still covers all the rest, and the caller gets just that.
    let moved = bare.replace("<C>", &format!("{signature}<C>"));
    assert_eq!(party.verdict(&moved).unwrap(), party.verdict(&signed).unwrap());
    let around = format!("<Z>{}</Z>", signed);
    assert_eq!(party.verdict(&around), Err("xmldsig.digest_mismatch"));
}

/// The same with a reference by identifier, where the digest of the hidden original would still fit.
#[test]
fn identifiers_do_not_open_a_way_around() {
    let party = Party::p256(Utc::now());
    let Parts { signed, .. } = parts(&party);
    // These signatures are not valid; the reference must be refused before that matters.
    let by = |uri: &str| signed.replace("URI=\"\"", &format!("URI=\"{uri}\""));
    let cases = [
        ("#other", "xmldsig.reference"),
        ("#", "xmldsig.reference"),
        ("doc", "xmldsig.reference"),
        ("http://example.com/doc.xml", "xmldsig.reference"),
        ("file:///etc/passwd", "xmldsig.reference"),
        ("#xpointer(/)", "xmldsig.reference"),
        ("#xpointer(id('doc'))", "xmldsig.reference"),
        ("?", "xmldsig.reference"),
        ("#doc ", "xmldsig.reference"),
        ("#doc", "xmldsig.unverified"),
    ];
    for (uri, code) in cases {
        assert_eq!(party.verdict(&by(uri)), Err(code), "{uri}");
    }
    let hidden = format!("<W Id=\"x\">{}</W>", by("#doc"));
    assert_eq!(party.verdict(&hidden), Err("xmldsig.reference"));
    let twin = format!("<W Id=\"doc\">{}</W>", by("#doc"));
    assert_eq!(party.verdict(&twin), Err("xmldsig.ambiguous_id"));
}

#[test]
fn foreign_structures_and_algorithms_are_refused() {
    let party = Party::p256(Utc::now());
    let Parts { signed, signature, .. } = parts(&party);
    let (transforms, exclusive) =
        ("<ds:Transforms>", "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>");
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    let c14n_method = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let method = |uri: &str| c14n_method.replace("http://www.w3.org/2001/10/xml-exc-c14n#", uri);
    let transform = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"/>");
    let start = signed.find("<ds:Reference ").unwrap();
    let end = signed.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    let reference = &signed[start..end];
    let named = format!("SignatureMethod Algorithm=\"{ecdsa}\"");
    let closed = format!("{ecdsa}\"/>");
    let both = format!("{enveloped}{exclusive}");
    let cases: Vec<(&str, &str, String, &str)> = vec![
        ("second signature", "</Document>", format!("{signature}</Document>"), "many_signatures"),
        ("signature elsewhere too", "<B>", format!("<B>{signature}"), "many_signatures"),
        (
            "signature in the signature",
            "<ds:X509Data>",
            format!("{signature}<ds:X509Data>"),
            "many_signatures",
        ),
        ("no signature", &signature, String::new(), "no_signature"),
        (
            "signature of another namespace",
            "xmldsig#\"><ds:SignedInfo>",
            "xmldsig2#\"><ds:SignedInfo>".to_owned(),
            "no_signature",
        ),
        ("two references", reference, reference.repeat(2), "structure"),
        ("no reference", reference, String::new(), "structure"),
        ("no transforms", transforms, "<ds:Transforms/><ds:X>".to_owned(), "malformed"),
        ("one transform", exclusive, String::new(), "structure"),
        ("transforms turned round", &both, format!("{exclusive}{enveloped}"), "algorithm"),
        ("third transform", exclusive, format!("{exclusive}{exclusive}"), "structure"),
        ("XPath", exclusive, transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), "algorithm"),
        ("XPath filter 2", enveloped, transform("http://www.w3.org/2002/06/xmldsig-filter2"), "algorithm"),
        ("XSLT", exclusive, transform("http://www.w3.org/TR/1999/REC-xslt-19991116"), "algorithm"),
        ("base64", exclusive, transform("http://www.w3.org/2000/09/xmldsig#base64"), "algorithm"),
        (
            "inclusive canonicalisation",
            exclusive,
            transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
            "algorithm",
        ),
        (
            "with comments",
            exclusive,
            transform("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            "algorithm",
        ),
        (
            "SignedInfo inclusive",
            c14n_method,
            method("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
            "algorithm",
        ),
        (
            "SignedInfo with comments",
            c14n_method,
            method("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            "algorithm",
        ),
        ("content in a transform", exclusive, exclusive.replace("/>", "><X/></ds:Transform>"), "structure"),
        ("content in enveloped", enveloped, enveloped.replace("/>", "><X/></ds:Transform>"), "structure"),
        (
            "list without prefixes",
            exclusive,
            exclusive.replace(
                "/>",
                "><InclusiveNamespaces xmlns=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transform>",
            ),
            "structure",
        ),
        ("SHA-1", sha256, "http://www.w3.org/2000/09/xmldsig#sha1".to_owned(), "algorithm"),
        ("MD5", sha256, "http://www.w3.org/2001/04/xmldsig-more#md5".to_owned(), "algorithm"),
        ("SHA-512 digest", sha256, "http://www.w3.org/2001/04/xmlenc#sha512".to_owned(), "algorithm"),
        ("RSA-SHA1", ecdsa, "http://www.w3.org/2000/09/xmldsig#rsa-sha1".to_owned(), "algorithm"),
        ("ECDSA-SHA1", ecdsa, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1".to_owned(), "algorithm"),
        ("DSA", ecdsa, "http://www.w3.org/2000/09/xmldsig#dsa-sha1".to_owned(), "algorithm"),
        ("HMAC", ecdsa, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256".to_owned(), "algorithm"),
        ("HMAC-SHA1", ecdsa, "http://www.w3.org/2000/09/xmldsig#hmac-sha1".to_owned(), "algorithm"),
        (
            "RSA for an ECDSA key",
            ecdsa,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256".to_owned(),
            "unverified",
        ),
        (
            "truncation",
            &closed,
            format!("{ecdsa}\"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>"),
            "structure",
        ),
        ("no algorithm", &named, "SignatureMethod".to_owned(), "structure"),
        ("object", "</ds:KeyInfo>", "</ds:KeyInfo><ds:Object/>".to_owned(), "structure"),
        (
            "manifest type",
            "<ds:Reference URI=\"\"",
            "<ds:Reference URI=\"\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"".to_owned(),
            "structure",
        ),
        ("no URI", "<ds:Reference URI=\"\"", "<ds:Reference".to_owned(), "structure"),
        ("comment in the digest", "<ds:DigestValue>", "<ds:DigestValue><!-- -->".to_owned(), "structure"),
        (
            "comment in the value",
            "<ds:SignatureValue>",
            "<ds:SignatureValue>AA<!-- -->".to_owned(),
            "structure",
        ),
        (
            "instruction in the value",
            "<ds:SignatureValue>",
            "<ds:SignatureValue><?x?>".to_owned(),
            "structure",
        ),
        ("CDATA in the digest", "<ds:DigestValue>", "<ds:DigestValue><![CDATA[]]>".to_owned(), "structure"),
        ("reference in the digest", "<ds:DigestValue>", "<ds:DigestValue>&#65;".to_owned(), "structure"),
        ("element in the digest", "<ds:DigestValue>", "<ds:DigestValue><X/>".to_owned(), "structure"),
        (
            "empty digest",
            "<ds:DigestValue>",
            "<ds:DigestValue></ds:DigestValue><ds:DigestValue>".to_owned(),
            "structure",
        ),
        ("digest not base64", "</ds:DigestValue>", "*</ds:DigestValue>".to_owned(), "structure"),
        ("digest longer", "<ds:DigestValue>", "<ds:DigestValue>AAAA".to_owned(), "digest_mismatch"),
        ("value longer", "<ds:SignatureValue>", "<ds:SignatureValue>AAAA".to_owned(), "unverified"),
        ("text in SignedInfo", "<ds:SignedInfo>", "<ds:SignedInfo>text".to_owned(), "structure"),
        (
            "element order",
            "<ds:SignedInfo>",
            "<ds:SignatureValue>AAAA</ds:SignatureValue><ds:SignedInfo>".to_owned(),
            "structure",
        ),
        (
            "nothing in it",
            &signature,
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>".to_owned(),
            "structure",
        ),
        ("unknown element", "<ds:KeyInfo>", "<X/><ds:KeyInfo>".to_owned(), "structure"),
        (
            "SignedInfo of another namespace",
            "<ds:SignedInfo>",
            "<ds:SignedInfo xmlns:ds=\"urn:x\">".to_owned(),
            "structure",
        ),
        ("attribute in SignedInfo", "<ds:SignedInfo>", "<ds:SignedInfo x=\"1\">".to_owned(), "structure"),
        ("identifier in SignedInfo", "<ds:SignedInfo>", "<ds:SignedInfo Id=\"x\">".to_owned(), "unverified"),
        (
            "certificate in a strange place",
            "<ds:X509Data>",
            "<ds:X509Certificate>AAAA</ds:X509Certificate><ds:X509Data>".to_owned(),
            "structure",
        ),
        (
            "DTD",
            "<Document",
            "<!DOCTYPE Document [<!ATTLIST X Id ID #IMPLIED>]><Document".to_owned(),
            "doctype",
        ),
        ("entity", "<B>1", "<B>&one;".to_owned(), "entity"),
        (
            "second certificate, wrong one only",
            "<ds:X509Certificate>",
            "<ds:X509Certificate>AAAA</ds:X509Certificate><ds:X509Certificate>".to_owned(),
            "",
        ),
    ];
    for (name, from, to, code) in &cases {
        assert!(signed.contains(from), "{name}: nothing to replace");
        let changed = signed.replacen(from, to, 1);
        match (party.verdict(&changed), *code) {
            (Ok(_), "") => {}
            (Ok(_), _) => panic!("{name}: accepted {changed}"),
            (Err(found), _) => assert!(found.ends_with(&format!(".{code}")), "{name}: {found}"),
        }
    }
    let root = signature.replace("<ds:Signature ", "<ds:Signature Id=\"doc\" ");
    assert_eq!(party.verdict(&root), Err("xmldsig.not_enveloped"));
    let long = signed
        .replace("<ds:X509Data>", &format!("<ds:KeyName>{}</ds:KeyName><ds:X509Data>", "x".repeat(140_000)));
    assert_eq!(party.verdict(&long), Err("xmldsig.structure"));
    let many = signed.replace("<ds:X509Data>", &format!("{}<ds:X509Data>", "<ds:KeyName/>".repeat(250)));
    assert_eq!(party.verdict(&many), Err("xmldsig.structure"));
}

/// An RSA signature value is a number: with zeros in front, cut, or made for another padding it is another one.
#[test]
fn rsa_values_are_taken_literally() {
    let Some(party) = Party::rsa() else { return };
    let signed = party.sign(SAMPLE);
    assert!(party.verdict(&signed).is_ok());
    let value = signed.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap();
    let shorter = &value[4..];
    let wrapped: String =
        value.as_bytes().chunks(64).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    assert_eq!(party.verdict(&signed.replace(value, shorter)), Err("xmldsig.unverified"));
    assert_eq!(party.verdict(&signed.replace(value, &format!("AAAA{value}"))), Err("xmldsig.unverified"));
    assert!(party.verdict(&signed.replace(value, &wrapped)).is_ok());
    let unpadded = value.trim_end_matches('=');
    assert_eq!(party.verdict(&signed.replace(value, unpadded)), Err("xmldsig.structure"));
    let weak = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
    let pss = signed.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", weak);
    assert_eq!(party.verdict(&pss), Err("xmldsig.algorithm"));
}

/// An ECDSA value in DER, as many libraries make it, is not the r‖s that the standard asks for.
#[test]
fn ecdsa_value_in_der_is_refused() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let party = Party::p256(Utc::now());
    let signed = party.sign(SAMPLE);
    let value = signed.split("<ds:SignatureValue>").nth(1).unwrap().split('<').next().unwrap();
    let raw = STANDARD.decode(value).unwrap();
    let integer = |number: &[u8]| [&[2, 33, 0], number].concat();
    let pair = [integer(&raw[..32]), integer(&raw[32..])].concat();
    let der = [&[0x30, u8::try_from(pair.len()).unwrap()], pair.as_slice()].concat();
    let changed = signed.replace(value, &STANDARD.encode(der));
    assert_eq!(party.verdict(&changed), Err("xmldsig.unverified"));
    let zeros = signed.replace(value, &STANDARD.encode([0; 64]));
    assert_eq!(party.verdict(&zeros), Err("xmldsig.unverified"));
}

/// Every document of the public sets is refused with a reason: none of them keeps to the one form we accept.
#[test]
fn public_vectors_outside_our_form_are_refused() {
    let Some(folder) = shared("vectors/xmlsec") else { return };
    let party = Party::p256(Utc::now());
    let (mut seen, mut codes) = (0, std::collections::BTreeMap::new());
    let mut folders = vec![folder];
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
            let pinned = std::slice::from_ref(&party.certificate);
            match verify(&octets, pinned, Utc::now()) {
                Ok(_) => panic!("{}: accepted", path.display()),
                Err(error) => *codes.entry(error.code()).or_insert(0) += 1,
            }
            seen += 1;
        }
    }
    eprintln!("{seen} documents: {codes:?}");
    assert!(seen > 100 && codes.len() >= 5, "{codes:?}");
}

/// A key outside of certificates cannot be pinned by accident: the parts of a party belong together.
#[test]
fn key_of_another_role_does_not_sign_for_this_one() {
    let party = Party::p256(Utc::now());
    let dir = party.dir.path();
    let bank = Signer::read_file(&dir.join("bank-signing-key.pem")).unwrap();
    let certificate = Certificate::read_file(&dir.join("bank-signing-cert.pem")).unwrap();
    let place = girogate::signing::xmldsig::sign::Place::Root;
    let signed =
        girogate::signing::xmldsig::sign::sign(SAMPLE.as_bytes(), &bank, &certificate, &place).unwrap();
    let signed = String::from_utf8(signed.to_octets()).unwrap();
    assert_eq!(party.verdict(&signed), Err("xmldsig.unknown_certificate"));
}
