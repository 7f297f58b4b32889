//! XML signatures against xmlsec1, both ways, and every change that must be refused.

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use girogate::signing::certificate::Certificate;
use girogate::signing::dev_pki;
use girogate::signing::key::Signer;
use girogate::signing::xmldsig::sign::{Place, sign};
use girogate::signing::xmldsig::verify::verify;
use tempfile::TempDir;

use crate::c14n::DOCUMENTS;
use crate::keys::{openssl, openssl_key};

/// A signing key with its certificate, in a folder of its own.
pub struct Party {
    pub dir: TempDir,
    pub signer: Signer,
    pub certificate: Certificate,
    pub stem: &'static str,
}

impl Party {
    fn load(dir: TempDir, stem: &'static str) -> Party {
        let signer = Signer::read_file(&dir.path().join(format!("{stem}-key.pem"))).unwrap();
        let certificate = Certificate::read_file(&dir.path().join(format!("{stem}-cert.pem"))).unwrap();
        Party { dir, signer, certificate, stem }
    }

    /// P-256, from the development PKI.
    pub fn p256(now: DateTime<Utc>) -> Party {
        let dir = TempDir::new().unwrap();
        dev_pki::write(dir.path(), now).unwrap();
        Party::load(dir, "gateway-signing")
    }

    /// RSA 2048, made by openssl; none where it is not installed.
    pub fn rsa() -> Option<Party> {
        let dir = TempDir::new().unwrap();
        let options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
        openssl_key(dir.path(), "rsa-key.pem", &options)?;
        let request = ["req", "-new", "-x509", "-key", "rsa-key.pem", "-subj", "/CN=rsa", "-days", "30"];
        openssl(dir.path(), &[&request, ["-out", "rsa-cert.pem"].as_slice()].concat())?;
        Some(Party::load(dir, "rsa"))
    }

    fn file(&self, part: &str) -> PathBuf {
        self.dir.path().join(format!("{}-{part}.pem", self.stem))
    }

    pub fn sign(&self, document: &str) -> String {
        let signed = sign(document.as_bytes(), &self.signer, &self.certificate, &Place::Root).unwrap();
        String::from_utf8(signed.to_octets()).unwrap()
    }

    pub fn verdict(&self, document: &str) -> Result<String, &'static str> {
        match verify(document.as_bytes(), std::slice::from_ref(&self.certificate), Utc::now()) {
            Ok(verified) => {
                let octets = verified.signed_octets(document.as_bytes()).unwrap();
                Ok(String::from_utf8(octets).unwrap())
            }
            Err(error) => Err(error.code()),
        }
    }
}

/// Runs xmlsec1; its exit status, or nothing where it is not installed.
fn xmlsec1(arguments: &[&str], files: &[(&str, &Path)], document: &Path) -> Option<bool> {
    let mut command = Command::new("xmlsec1");
    command.args(arguments);
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    match command.arg(document).output() {
        Ok(output) => Some(output.status.success()),
        Err(_) => {
            eprintln!("SKIPPED: xmlsec1 is not installed");
            None
        }
    }
}

fn xmlsec1_verifies(party: &Party, document: &str) -> Option<bool> {
    let path = party.dir.path().join("signed.xml");
    std::fs::write(&path, document).unwrap();
    let certificate = party.file("cert");
    xmlsec1(&["--verify", "--enabled-key-data", "key-name"], &[("--pubkey-cert-pem", &certificate)], &path)
}

const SAMPLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>M-1</MsgId>\
    </GrpHdr><PmtInf><CdtTrfTxInf><Amt><InstdAmt Ccy=\"EUR\">12.50</InstdAmt></Amt></CdtTrfTxInf></PmtInf>\
    </CstmrCdtTrfInitn></Document>\n";

/// Puts a template for xmlsec1 before the end tag of the root.
fn template(document: &str, method: &str, reference: &str) -> Option<String> {
    let at = document.trim_end().rfind("</")?;
    let tail = document.get(at..)?;
    // Comments and instructions after the root would move the place; such documents are left out.
    if tail.matches('>').count() != 1 {
        return None;
    }
    Some(format!(
        "{}<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n  <SignedInfo>\n\
         <CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\n\
         <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#{method}\"/>\n{reference}\n\
         </SignedInfo><SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature>{tail}",
        document.get(..at)?
    ))
}

fn reference(inner: &str) -> String {
    format!(
        "<Reference URI=\"\"><Transforms>\
         <Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">{inner}</Transform></Transforms>\
         <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><DigestValue/></Reference>"
    )
}

fn xmlsec1_signs(party: &Party, template: &str) -> Option<String> {
    let (input, output) = (party.dir.path().join("template.xml"), party.dir.path().join("made.xml"));
    std::fs::write(&input, template).unwrap();
    let key = format!("{},{}", party.file("key").display(), party.file("cert").display());
    let files = [("--privkey-pem", Path::new(&key)), ("--output", output.as_path())];
    assert!(xmlsec1(&["--sign"], &files, &input)?, "xmlsec1 does not sign {template}");
    Some(std::fs::read_to_string(&output).unwrap())
}

fn parties() -> Vec<(&'static str, Party)> {
    let p256 = Some(("ecdsa-sha256", Party::p256(Utc::now())));
    let rsa = Party::rsa().map(|party| ("rsa-sha256", party));
    p256.into_iter().chain(rsa).collect()
}

#[test]
fn xmlsec1_accepts_what_we_sign() {
    for (method, party) in parties() {
        for (name, document) in DOCUMENTS.iter().chain([&("sample", SAMPLE)]) {
            let signed = party.sign(document);
            assert!(party.verdict(&signed).is_ok(), "{method} {name}: {:?}", party.verdict(&signed));
            let Some(accepted) = xmlsec1_verifies(&party, &signed) else { return };
            assert!(accepted, "{method} {name}: {signed}");
        }
    }
}

#[test]
fn we_accept_what_xmlsec1_signs() {
    let mut tried = 0;
    for (method, party) in parties() {
        for (name, document) in DOCUMENTS.iter().chain([&("sample", SAMPLE)]) {
            let Some(template) = template(document, method, &reference("")) else { continue };
            let Some(signed) = xmlsec1_signs(&party, &template) else { return };
            assert!(party.verdict(&signed).is_ok(), "{method} {name}: {:?} {signed}", party.verdict(&signed));
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn prefix_lists_are_honoured() {
    let document =
        "<a xmlns=\"urn:d\" xmlns:u=\"urn:u\" xmlns:v=\"urn:v\"><v:b><c xmlns:u=\"urn:w\"/></v:b></a>";
    for (method, party) in parties() {
        for list in ["u", "u v", "#default u", "nowhere", ""] {
            let inner = format!(
                "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{list}\"/>"
            );
            let Some(mut signed) = template(document, method, &reference(&inner)) else { continue };
            // The same list on SignedInfo itself.
            let plain = "<CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
            let listed = plain.replace("/>", &format!(">{inner}</CanonicalizationMethod>"));
            signed = signed.replace(plain, &listed);
            let Some(signed) = xmlsec1_signs(&party, &signed) else { return };
            assert!(
                party.verdict(&signed).is_ok(),
                "{method} '{list}': {:?} {signed}",
                party.verdict(&signed)
            );
            if list.contains('u') {
                assert_eq!(party.verdict(&signed.replace("urn:u", "urn:x")), Err("xmldsig.digest_mismatch"));
            }
        }
    }
}

#[test]
fn reference_to_the_root_by_identifier() {
    let party = Party::p256(Utc::now());
    let by_id = reference("").replace("URI=\"\"", "URI=\"#doc\"");
    for id in ["Id", "ID", "id", "xml:id"] {
        let document = format!("<?p outside?><Document {id}=\"doc\"><A>1</A></Document>");
        let template = template(&document, "ecdsa-sha256", &by_id).unwrap();
        let (input, output) = (party.dir.path().join("t.xml"), party.dir.path().join("o.xml"));
        std::fs::write(&input, template).unwrap();
        let key = format!("{},{}", party.file("key").display(), party.file("cert").display());
        let files = [("--privkey-pem", Path::new(&key)), ("--output", output.as_path())];
        // libxml2 knows xml:id by itself and has to be told of the others.
        let option = format!("--id-attr:{}", id.trim_start_matches("xml:"));
        let arguments = ["--sign", option.as_str(), "Document"];
        let arguments = if id == "xml:id" { &arguments[..1] } else { &arguments[..] };
        let Some(made) = xmlsec1(arguments, &files, &input) else { return };
        assert!(made, "xmlsec1 does not sign with {id}");
        let signed = std::fs::read_to_string(&output).unwrap();
        assert_eq!(party.verdict(&signed).unwrap(), format!("<Document {id}=\"doc\"><A>1</A></Document>"));
        // An instruction outside the root is outside of what was signed.
        assert!(party.verdict(&signed.replace("outside", "changed")).is_ok());
        let twin = signed.replace("<A>1</A>", "<A>1</A><B ID=\"doc\"/>");
        assert_eq!(party.verdict(&twin), Err("xmldsig.ambiguous_id"));
        let own = signed.replace("<Signature ", "<Signature Id=\"doc\" ");
        assert_eq!(party.verdict(&own), Err("xmldsig.ambiguous_id"));
    }
}

#[test]
fn every_changed_octet_is_refused() {
    let party = Party::p256(Utc::now());
    let signed = party.sign(SAMPLE);
    let canonical = party.verdict(&signed).unwrap();
    let mut accepted = 0;
    for at in 0..signed.len() {
        let mut octets = signed.clone().into_bytes();
        octets[at] ^= 1;
        let Ok(changed) = String::from_utf8(octets) else { continue };
        if let Ok(octets) = party.verdict(&changed) {
            // White space outside the root and the declaration's version are in no canonical form.
            assert_eq!(octets, canonical, "offset {at}");
            accepted += 1;
        }
    }
    assert!(accepted < 45, "{accepted}");
}

#[test]
fn what_was_signed_is_what_the_caller_gets() {
    let party = Party::p256(Utc::now());
    let signed = party.sign("<a><!-- c -->1<!-- d -->2<b x='&lt;'/></a>");
    assert_eq!(party.verdict(&signed).unwrap(), "<a>12<b x=\"&lt;\"></b></a>");
    let pinned = [party.certificate.clone()];
    let verified = verify(signed.as_bytes(), &pinned, Utc::now()).unwrap();
    assert_eq!(verified.signed_path, "/a");
    assert_eq!(verified.certificate_fingerprint, party.certificate.fingerprint_sha256());
    let other = verified.signed_octets(b"<a>13</a>").unwrap_err();
    assert_eq!(other.code(), "xmldsig.digest_mismatch");
}

#[test]
fn wrong_keys_and_certificates_are_refused() {
    let now = Utc::now();
    let (party, stranger) = (Party::p256(now), Party::p256(now));
    let signed = party.sign(SAMPLE);
    let code = |pinned: &[&Certificate], as_of| {
        let pinned: Vec<Certificate> = pinned.iter().map(|certificate| (*certificate).clone()).collect();
        verify(signed.as_bytes(), &pinned, as_of).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(code(&[&party.certificate], now), Ok(()));
    assert_eq!(code(&[&stranger.certificate, &party.certificate], now), Ok(()));
    assert_eq!(code(&[&stranger.certificate], now), Err("xmldsig.unknown_certificate"));
    assert_eq!(code(&[], now), Err("xmldsig.no_certificates"));
    assert_eq!(code(&[&party.certificate], now + TimeDelta::days(900)), Err("certificate.expired"));
    assert_eq!(code(&[&party.certificate], now - TimeDelta::days(3)), Err("certificate.not_yet_valid"));
    // Its key, shown as if the certificate of the other: what KeyInfo says never makes a key trusted.
    let shown = signed.split("<ds:X509Certificate>").nth(1).unwrap().split('<').next().unwrap();
    let foreign = stranger.sign(SAMPLE);
    let theirs = foreign.split("<ds:X509Certificate>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(stranger.verdict(&signed.replace(shown, theirs)), Err("xmldsig.unverified"));
    assert_eq!(party.verdict(&foreign.replace(theirs, shown)), Err("xmldsig.unverified"));
    assert_eq!(party.verdict(&foreign), Err("xmldsig.unknown_certificate"));
    // Without KeyInfo the pinned certificates are tried.
    let start = signed.find("<ds:KeyInfo>").unwrap();
    let end = signed.find("</ds:KeyInfo>").unwrap() + "</ds:KeyInfo>".len();
    let bare = format!("{}{}", &signed[..start], &signed[end..]);
    assert!(party.verdict(&bare).is_ok());
    assert_eq!(stranger.verdict(&bare), Err("xmldsig.unverified"));
    let value = signed.replace(
        "<ds:KeyInfo>",
        "<ds:KeyInfo><ds:KeyName>other</ds:KeyName><ds:RetrievalMethod URI=\"http://x/\"/>",
    );
    assert!(party.verdict(&value).is_ok(), "KeyInfo is not signed and not believed");
}

#[test]
fn signing_refuses_what_it_cannot_do_well() {
    let now = Utc::now();
    let (party, other) = (Party::p256(now), Party::p256(now));
    let code = |document: &[u8], certificate: &Certificate, place: &Place| {
        sign(document, &party.signer, certificate, place).map(|_| ()).unwrap_err().code()
    };
    let own = &party.certificate;
    let signed = party.sign(SAMPLE);
    assert_eq!(code(signed.as_bytes(), own, &Place::Root), "xmldsig.signed_already");
    assert_eq!(code(SAMPLE.as_bytes(), &other.certificate, &Place::Root), "xmldsig.key_mismatch");
    let authority = Certificate::read_file(&party.dir.path().join("ca-cert.pem")).unwrap();
    assert_eq!(code(SAMPLE.as_bytes(), &authority, &Place::Root), "certificate.not_for_signing");
    assert_eq!(code(b"<a>\xff</a>", own, &Place::Root), "xmldsig.encoding");
    assert_eq!(code(b"\xef\xbb\xbf<a/>", own, &Place::Root), "xmldsig.encoding");
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>";
    assert_eq!(code(latin, own, &Place::Root), "xmldsig.encoding");
    assert_eq!(code(b"<!DOCTYPE a><a/>", own, &Place::Root), "c14n.doctype");
    let place = |text: &str| Place::parse(text).unwrap();
    assert_eq!(code(SAMPLE.as_bytes(), own, &place("/Document/Nowhere")), "xmldsig.place");
    assert_eq!(code(b"<a><b/><b/></a>", own, &place("/a/b")), "xmldsig.place");
    for text in ["", "Document", "//Document", "/a/", "/a[1]", "/*", "/p:a", "/a/.."] {
        assert_eq!(Place::parse(text).unwrap_err().code(), "xmldsig.place", "{text}");
    }
}

#[test]
fn signature_goes_where_it_is_told_to() {
    let party = Party::p256(Utc::now());
    let cases = [
        (
            SAMPLE,
            "/Document/CstmrCdtTrfInitn",
            "</PmtInf><ds:Signature ",
            "</ds:Signature></CstmrCdtTrfInitn></Document>",
        ),
        (SAMPLE, "/Document", "</CstmrCdtTrfInitn><ds:Signature ", "</ds:Signature></Document>"),
        (
            "<p:a xmlns:p='urn:p'><b/><p:c /><d/></p:a>",
            "/a/c",
            "<p:c ><ds:Signature ",
            "</ds:Signature></p:c><d/>",
        ),
        ("<a><b><c/></b><c/></a>", "/a/c", "</b><c><ds:Signature ", "</ds:Signature></c></a>"),
    ];
    for (document, path, before, after) in cases {
        let place = Place::parse(path).unwrap();
        let signed = sign(document.as_bytes(), &party.signer, &party.certificate, &place).unwrap();
        let signed = String::from_utf8(signed.to_octets()).unwrap();
        assert!(signed.contains(before) && signed.contains(after), "{path}: {signed}");
        assert!(party.verdict(&signed).is_ok());
        let Some(accepted) = xmlsec1_verifies(&party, &signed) else { return };
        assert!(accepted, "{path}: {signed}");
    }
}
