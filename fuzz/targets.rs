//! The doors through which octets of strangers come in: each takes anything and gives the code of the error it ended
//! with. Never a judgement on what is read; the rooms' own tests have that.

use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use girogate::bank::profile::Profile;
use girogate::domain::charset::Policy as TextPolicy;
use girogate::domain::payout::Speed;
use girogate::engine::convert::{Format, take};
use girogate::engine::demonstration;
use girogate::engine::intake::check::Context;
use girogate::engine::intake::csv::Separator;
use girogate::engine::intake::finding::is_code;
use girogate::faces::config;
use girogate::messages::read_pain_001::Reader;
use girogate::messages::record::Record;
use girogate::messages::validate;
use girogate::sandbox::intake as bank_intake;
use girogate::schema::{walk, xsd};
use girogate::signing::c14n::walk::canonicalise;
use girogate::signing::c14n::{Order, decode};
use girogate::signing::certificate::Certificate;
use girogate::signing::dev_pki;
use girogate::signing::http_message::component::Component;
use girogate::signing::http_message::verify::{Policy, TrustedKey, verify};
use girogate::signing::http_message::{MessageView, RequestView};
use girogate::signing::key::{Algorithm, VerifyingKey};
use girogate::signing::xmldsig;
use girogate::store::facts;

use super::properties;

/// What a door says of its input: nothing, or the code of the first error.
pub type Said = Option<&'static str>;

/// A door: name, function, folders or files of the repository with seeds, and the ending of their names.
pub struct Door {
    pub name: &'static str,
    pub enter: fn(&[u8]) -> Said,
    pub seeds: &'static [&'static str],
    pub ending: &'static str,
}

const fn door(
    name: &'static str,
    enter: fn(&[u8]) -> Said,
    seeds: &'static [&'static str],
    ending: &'static str,
) -> Door {
    Door { name, enter, seeds, ending }
}

/// Every door.
pub const DOORS: &[Door] = &[
    door("walk", walk_shipped, &["fixtures/schema/valid", "fixtures/messages"], ".xml"),
    door("records", records, &["fixtures/messages"], ".xml"),
    door("initiation", initiation, &["fixtures/messages/pain.001.001.09", "fixtures/schema/valid"], ".xml"),
    door("definition", definition, &["schemas"], ".xsd"),
    door("csv", |octets| intake(octets, Format::Csv(Separator::Comma)), &["fixtures/payouts"], ".csv"),
    door("json", |octets| intake(octets, Format::Json), &["fixtures/payouts"], ".json"),
    door("json-lines", |octets| intake(octets, Format::NdJson), &["fixtures/payouts"], ".ndjson"),
    door("http-signature", http_signature, &[], ""),
    door("canonical", canonical, &["fixtures/schema/valid", "fixtures/messages"], ".xml"),
    door("xml-signature", xml_signature, &["fixtures/schema/valid"], ".xml"),
    door("profile", profile, &["profiles/reference-rfc9421.toml"], ".toml"),
    door("configuration", configuration, &[], ""),
    door("facts", fact, &[], ""),
    door("arrival", arrival, &["fixtures/messages", "fixtures/hostile/xml"], ".xml"),
    door("encodings", |octets| arrival(&properties::announced(octets)), &["fixtures/messages"], ".xml"),
    door("patterns", properties::pattern, &[], ""),
    door("bank-intake", bank_intake, &["fixtures/messages/pain.001.001.09", "fixtures/schema/valid"], ".xml"),
];

/// However the octets arrive, the scanner says the same.
fn arrival(octets: &[u8]) -> Said {
    properties::same_events_in_pieces(octets).err()
}

fn bank_intake(octets: &[u8]) -> Said {
    bank_intake::read(octets).err().map(|problem| problem.kind)
}

fn walk_shipped(octets: &[u8]) -> Said {
    match walk::validate_shipped(octets) {
        Ok(verdict) => {
            // A note about the encoding leaves a document valid.
            let violated = verdict.findings.iter().any(|finding| finding.code != "encoding.assumed");
            assert_eq!(verdict.valid, !violated, "what is invalid has a finding, and nothing else has");
            verdict.findings.first().map(|finding| finding.code)
        }
        Err(error) => Some(error.code()),
    }
}

fn records(octets: &[u8]) -> Said {
    let (mut documents, mut verdicts) = (0_u64, 0_u64);
    let parsed = validate::parse(octets, Some("in.xml"), &mut |record, _| match record {
        Record::Document(_) => documents += 1,
        Record::Verdict(_) => verdicts += 1,
        _ => {}
    });
    assert!(documents >= 1, "whatever the input holds, a document is handed out");
    assert_eq!(documents, verdicts, "each document has its verdict");
    assert_eq!(documents, parsed.documents);
    properties::same_records_in_pieces(octets);
    parsed.stopped.map(|error| error.code())
}

fn initiation(octets: &[u8]) -> Said {
    let mut reader = Reader::new(octets);
    loop {
        match reader.next_part() {
            Ok(Some(_)) => {}
            Ok(None) => return reader.findings().first().map(|finding| finding.code),
            Err(error) => return Some(error.code()),
        }
    }
}

fn definition(octets: &[u8]) -> Said {
    xsd::parse(octets).err().map(|error| error.code())
}

fn intake(octets: &[u8], format: Format) -> Said {
    let (accounts, banks) = (demonstration::accounts(), [demonstration::bank()]);
    let id_key = demonstration::id_key();
    let context = Context {
        accounts: &accounts,
        banks: &banks,
        now: now(),
        tenant: demonstration::TENANT,
        id_key: &id_key,
        default_speed: Speed::Standard,
        text_policy: TextPolicy::Transliterate,
    };
    let taken = take(octets, format, &context);
    for finding in taken.refused.iter().flatten() {
        assert!(is_code(finding.code), "{} is not in the table", finding.code);
    }
    taken.refused.first().and_then(|findings| findings.first()).map(|finding| finding.code)
}

/// A Monday morning.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_424_400, 0).expect("a valid moment")
}

/// The signing key of RFC 9421, appendix B.1.4 (Ed25519).
const KEY: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 0x26, 0xb4, 0x0b, 0x8f, 0x93,
    0xff, 0xf3, 0xd8, 0x97, 0x11, 0x2f, 0x7e, 0xbc, 0x58, 0x2b, 0x23, 0x2d, 0xbd, 0x72, 0x51, 0x7d, 0x08,
    0x2f, 0xe8, 0x3c, 0xfb, 0x30, 0xdd, 0xce, 0x43, 0xd1, 0xbb,
];

/// Each line of the input is a field; all of it is the body as well.
fn http_signature(octets: &[u8]) -> Said {
    let text = String::from_utf8_lossy(octets);
    let field =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers: Vec<(String, String)> = text.lines().filter_map(field).collect();
    let key = VerifyingKey::parse_spki(KEY).expect("a key of the standard");
    let trusted = TrustedKey { key_id: "test-key-ed25519".to_owned(), algorithm: Algorithm::Ed25519, key };
    let required = [Component::parse("\"@method\"").expect("a component")];
    let policy = Policy {
        label: "sig1",
        tag: None,
        required: &required,
        age_s_max: 300,
        skew_s: 30,
        now: now(),
        keys: std::slice::from_ref(&trusted),
    };
    let view =
        RequestView { method: "POST", target_uri: "https://example.com/v1", headers: &headers, body: octets };
    let error = verify(&MessageView::Request(view), &policy).expect_err("nobody can have signed this");
    Some(error.code())
}

fn canonical(octets: &[u8]) -> Said {
    let text = match decode(octets) {
        Ok(text) => text,
        Err(error) => return Some(error.code()),
    };
    let mut once = Vec::new();
    if let Err(error) = canonicalise(&text, &Order::WHOLE, &mut once) {
        return Some(error.code());
    }
    let again = String::from_utf8(once).expect("canonical XML is UTF-8");
    let mut twice = Vec::new();
    canonicalise(&again, &Order::WHOLE, &mut twice).expect("what is canonical can be read");
    assert!(again.as_bytes() == twice, "what is canonical stays as it is");
    None
}

static PINNED: LazyLock<Certificate> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder for keys");
    let written = dev_pki::write(folder.path(), Utc::now()).expect("keys can be made");
    let is_certificate =
        |path: &&std::path::PathBuf| path.to_string_lossy().ends_with("gateway-signing-cert.pem");
    let path = written.iter().find(is_certificate).expect("the gateway signs");
    Certificate::read_file(path).expect("just written")
});

fn xml_signature(octets: &[u8]) -> Said {
    let pinned = std::slice::from_ref(&*PINNED);
    let error = xmldsig::verify::verify(octets, pinned, Utc::now()).expect_err("nobody has signed this");
    Some(error.code())
}

fn profile(octets: &[u8]) -> Said {
    Profile::parse(std::str::from_utf8(octets).ok()?).err().map(|error| error.code())
}

fn configuration(octets: &[u8]) -> Said {
    let text = std::str::from_utf8(octets).ok()?;
    config::parse(text, Path::new("girogate.toml"), Vec::new()).err().map(|error| error.code())
}

fn fact(octets: &[u8]) -> Said {
    let recorded = match facts::decode(octets) {
        Ok(recorded) => recorded,
        Err(error) => return Some(error.code()),
    };
    let mut written = Vec::new();
    facts::encode(&recorded, &mut written);
    assert_eq!(
        facts::decode(&written).as_ref(),
        Ok(&recorded),
        "what was read can be written and read again"
    );
    None
}

/// Seeds that are no fixtures.
pub fn seeds(door: &str) -> Vec<Vec<u8>> {
    let texts: &[&str] = match door {
        "http-signature" => &[HTTP_FIELDS],
        "configuration" => &[CONFIGURATION],
        "facts" => FACTS,
        "xml-signature" => &[SIGNED],
        "patterns" => PATTERNS,
        _ => &[],
    };
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const HTTP_FIELDS: &str = r#"content-type: application/xml
content-digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
signature-input: sig1=("@method" "@target-uri" "content-digest";req "content-type");created=1795424400;keyid="test-key-ed25519";alg="ed25519";nonce="b3k2pp5k7z"
signature: sig1=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:
"#;

const CONFIGURATION: &str = r#"version = 1

[gateway]
data_dir = "gateway"
tenant = "demo"
id_key = "id.key"

[api]
listen = "127.0.0.1:0"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
clients = [{ name = "treasury", spki_sha256 = "0000000000000000000000000000000000000000000000000000000000000000", tenant = "demo", roles = ["submit"] }]

[[account]]
ref = "demo-eur"
bank = "demo-bank"
iban = "DE90999999990000004711"
currency = "EUR"
name = "Demo Creators Ltd"
"#;

const FACTS: &[&str] = &[
    r#"{"kind":"payout_released","v":1,"at":1700000000000000,"tenant":"acme","subject":"payout:12","actor":"alice","cause":{"request":"key-1"},"body":{}}"#,
    r#"{"kind":"collected_up_to","v":1,"at":1700000000000000,"tenant":"acme","subject":"gateway","actor":"gateway","cause":{"timer":true},"body":{"bank":"reference","cursor":"17"}}"#,
    r#"{"kind":"payout_held","v":1,"at":1700000000000000,"tenant":"acme","subject":"payout:12","actor":"alice","cause":{"timer":true},"body":{"hold":{"operator":"why"}}}"#,
];

const PATTERNS: &[&str] = &[
    "[A-Z]{6,6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3,3}){0,1}\nDEUTDEFF\nDEUTDEFF500\n",
    "[a-zA-Z0-9]{4}-[0-9]{0,3}|x*\nabcd-12\nxxxx\n",
    "(a+)+b\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "\\+[0-9]{1,3}-[0-9()+\\-]{1,30}\n+49-301234\n",
    "[\\p{L}-[a-z]]{1,5}.?\\s\\d\nABC 1\n",
];

const SIGNED: &str = r##"<Document xmlns="urn:x"><a Id="i">text</a><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/><ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature></Document>"##;
