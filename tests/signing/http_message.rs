//! RFC 9421 and RFC 9530 vectors: signature bases by digest, signatures by verification or octet by octet.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use girogate::signing::http_message::base::{Parameter, Recipe, SignatureBase, sign, sign_now};
use girogate::signing::http_message::component::Component;
use girogate::signing::http_message::digest::{self, DigestAlgorithm, Presence};
use girogate::signing::http_message::verify::{Policy, TrustedKey, Verified, verify};
use girogate::signing::http_message::{HttpMessageError, MessageView, RequestView, ResponseView};
use girogate::signing::key::{Algorithm, Signer, SigningKey, VerifyingKey, hex};

pub const BODY: &[u8] = br#"{"hello": "world"}"#;
pub const REPLY_BODY: &[u8] = br#"{"message": "good dog"}"#;
pub const URI: &str = "https://example.com/foo?param=Value&Pet=dog";
/// `created` of all vectors, seconds since 1970.
pub const CREATED: i64 = 1_618_884_473;

const RSA_PSS_SPKI: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI2wIDAQAB";

pub fn headers(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn request_headers() -> Vec<(String, String)> {
    headers(&[
        ("Host", "example.com"),
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", "application/json"),
        ("Content-Digest", &digest::write(DigestAlgorithm::Sha512, BODY)),
        ("Content-Length", "18"),
    ])
}

fn reply_headers() -> Vec<(String, String)> {
    headers(&[
        ("Date", "Tue, 20 Apr 2021 02:07:56 GMT"),
        ("Content-Type", "application/json"),
        ("Content-Digest", &digest::write(DigestAlgorithm::Sha512, REPLY_BODY)),
        ("Content-Length", "23"),
    ])
}

pub fn request(headers: &[(String, String)]) -> RequestView<'_> {
    RequestView { method: "POST", target_uri: URI, headers, body: BODY }
}

fn reply(headers: &[(String, String)]) -> ResponseView<'_> {
    ResponseView { status: 200, headers, body: REPLY_BODY, request: None }
}

pub fn components(names: &[&str]) -> Vec<Component> {
    names.iter().map(|name| Component::parse(name).unwrap()).collect()
}

fn recipe(label: &str, names: &[&str], parameters: &[Parameter]) -> Recipe {
    Recipe { label: label.to_owned(), components: components(names), parameters: parameters.to_vec() }
}

fn key_id(name: &str) -> Parameter {
    Parameter::KeyId(name.to_owned())
}

/// PKCS#8 of an Ed25519 seed. Source: RFC 8410, section 7.
pub fn ed25519_signer(seed: &str) -> Signer {
    let prefix =
        [0x30, 0x2e, 0x02, 0x01, 0, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let der = [prefix.as_slice(), &URL_SAFE_NO_PAD.decode(seed).unwrap()].concat();
    Signer::File(SigningKey::parse_pkcs8(&der).unwrap())
}

pub fn test_key_ed25519() -> Signer {
    ed25519_signer("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU")
}

fn test_key_p256() -> VerifyingKey {
    let prefix = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    let x = URL_SAFE_NO_PAD.decode("qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA").unwrap();
    let y = URL_SAFE_NO_PAD.decode("Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0").unwrap();
    VerifyingKey::parse_spki(&[prefix.as_slice(), &x, &y].concat()).unwrap()
}

fn test_key_rsa_pss() -> VerifyingKey {
    VerifyingKey::parse_spki(&STANDARD.decode(RSA_PSS_SPKI).unwrap()).unwrap()
}

fn assert_base(base: &SignatureBase, octets: usize, sha256: &str) {
    assert_eq!(base.text().len(), octets, "{}", base.text());
    let found = hex(ring::digest::digest(&ring::digest::SHA256, base.text().as_bytes()).as_ref());
    assert_eq!(found, sha256, "{}", base.text());
}

struct Vector<'a> {
    message: MessageView<'a>,
    recipe: Recipe,
    octets: usize,
    sha256: &'a str,
    signature: &'a str,
}

impl Vector<'_> {
    fn verify(&self, algorithm: Algorithm, key: VerifyingKey) {
        let base = SignatureBase::build(&self.message, &self.recipe).unwrap();
        assert_base(&base, self.octets, self.sha256);
        let made = STANDARD.decode(self.signature).unwrap();
        key.verify(algorithm, base.text().as_bytes(), &made).unwrap();
        let mut other = made.clone();
        other[20] ^= 1;
        assert!(key.verify(algorithm, base.text().as_bytes(), &other).is_err());
    }
}

#[test]
fn rfc_9421_b_2_1_to_b_2_3_rsa_pss() {
    let headers = request_headers();
    let message = MessageView::Request(request(&headers));
    let created = Parameter::Created(CREATED);
    let nonce = Parameter::Nonce("b3k2pp5k7z-50gnwp.yemd".to_owned());
    let tag = Parameter::Tag("header-example".to_owned());
    let id = key_id("test-key-rsa-pss");
    let vectors = [
        Vector {
            message,
            recipe: recipe("sig-b21", &[], &[created.clone(), id.clone(), nonce]),
            octets: 98,
            sha256: "f1203cf63332f016993ca3ff7aa06e65bfe86828641ed386cd70dbfc913f7374",
            signature: "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==",
        },
        Vector {
            message,
            recipe: recipe(
                "sig-b22",
                &["@authority", "content-digest", "@query-param;name=\"Pet\""],
                &[created.clone(), id.clone(), tag],
            ),
            octets: 317,
            sha256: "583b3f0c08dd5411e7274618358d36d7cd7cd380724d4ed2f8105b435babcae6",
            signature: "LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==",
        },
        Vector {
            message,
            recipe: recipe(
                "sig-b23",
                &[
                    "date",
                    "@method",
                    "@path",
                    "@query",
                    "@authority",
                    "content-type",
                    "content-digest",
                    "content-length",
                ],
                &[created, id],
            ),
            octets: 458,
            sha256: "d786e78f598692440526474950ca190880abd4e2de8c5c3458b256ec0236de96",
            signature: "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==",
        },
    ];
    for vector in vectors {
        vector.verify(Algorithm::RsaPssSha512, test_key_rsa_pss());
    }
}

#[test]
fn rfc_9421_b_2_4_ecdsa_response() {
    let headers = reply_headers();
    let names = ["@status", "content-type", "content-digest", "content-length"];
    let vector = Vector {
        message: MessageView::Response(reply(&headers)),
        recipe: recipe("sig-b24", &names, &[Parameter::Created(CREATED), key_id("test-key-ecc-p256")]),
        octets: 312,
        sha256: "a44c7b3073f410ccc0fe106b2deddabe48dbd3fcbf04a1965ecbf3b6f8241c3d",
        signature: "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==",
    };
    vector.verify(Algorithm::EcdsaP256Sha256, test_key_p256());
}

/// HMAC is in the standard and in this vector, and nowhere in the product.
#[test]
fn rfc_9421_b_2_5_hmac_octet_by_octet() {
    let headers = request_headers();
    let names = ["date", "@authority", "content-type"];
    let recipe = recipe("sig-b25", &names, &[Parameter::Created(CREATED), key_id("test-shared-secret")]);
    let base = SignatureBase::build(&MessageView::Request(request(&headers)), &recipe).unwrap();
    assert_base(&base, 200, "82faed1b67e492cfc8fe50fee1b6fdbdcf9f4d6384af8282339dcad5e44310e7");
    let secret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &STANDARD.decode(secret).unwrap());
    let made = ring::hmac::sign(&key, base.text().as_bytes());
    assert_eq!(STANDARD.encode(made.as_ref()), "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    assert!(Algorithm::parse_http_name("hmac-sha256").is_none());
}

#[test]
fn rfc_9421_b_2_6_ed25519_octet_by_octet() {
    let headers = request_headers();
    let names = ["date", "@method", "@path", "@authority", "content-type", "content-length"];
    let recipe = recipe("sig-b26", &names, &[Parameter::Created(CREATED), key_id("test-key-ed25519")]);
    let message = MessageView::Request(request(&headers));
    let base = SignatureBase::build(&message, &recipe).unwrap();
    assert_base(&base, 284, "e6402577f54303accfda63dfbde1a7b8c5e5e6f3f7898637b7d78dc07ee1896a");
    let fields = sign_now(&message, &recipe, &test_key_ed25519(), Algorithm::Ed25519).unwrap();
    assert_eq!(
        fields.signature,
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
    );
    assert_eq!(
        fields.signature_input,
        "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
         ;created=1618884473;keyid=\"test-key-ed25519\""
    );
}

#[test]
fn content_digests_of_rfc_9530() {
    let with_line_feed = [BODY, b"\n"].concat();
    let cases: [(&[u8], &str, &str); 4] = [
        (
            BODY,
            "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
            "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==",
        ),
        (
            REPLY_BODY,
            "z0bm/K2/kBiAHdTk/FHlB2NyoHqaTdzCA9k+jeJ0ezA=",
            "mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==",
        ),
        (
            b"",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        ),
        (
            &with_line_feed,
            "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
            "YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==",
        ),
    ];
    for (body, sha256, sha512) in cases {
        assert_eq!(digest::write(DigestAlgorithm::Sha256, body), format!("sha-256=:{sha256}:"));
        assert_eq!(digest::write(DigestAlgorithm::Sha512, body), format!("sha-512=:{sha512}:"));
        let both = format!("sha-256=:{sha256}:, sha-512=:{sha512}:, md5=:AAAA:");
        let lines = headers(&[("content-digest", &both)]);
        assert_eq!(digest::check(&lines, body).unwrap(), Presence::Fits);
        let other = [body, b"x"].concat();
        assert_eq!(digest::check(&lines, &other).unwrap_err().code(), "http_signature.digest_mismatch");
    }
}

/// Values of RFC 9421, sections 2.1 and 2.2, as its text gives them.
#[test]
fn component_values_of_rfc_9421_section_2() {
    let lines = headers(&[
        ("Host", "www.example.com"),
        ("Date", "Tue, 20 Apr 2021 02:07:56 GMT"),
        ("X-OWS-Header", "   Leading and trailing whitespace.   "),
        ("X-Obs-Fold-Header", "Obsolete\r\n    line folding."),
        ("Cache-Control", "max-age=60"),
        ("Cache-Control", "    must-revalidate"),
        ("Example-Dict", "  a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
        ("X-Empty-Header", ""),
        ("Example-Header", "value, with, lots"),
        ("Example-Header", "of, commas"),
        ("Content-Digest", "sha-256=:AAAA: ,   sha-512=:BBBB:"),
    ]);
    let uri = "https://www.Example.com:443/path?param=value&foo=bar&baz=batman&qux=&v%61r=this%20is%20a%20big%0Amultiline%20value&b=%7E+x";
    let message =
        MessageView::Request(RequestView { method: "GET", target_uri: uri, headers: &lines, body: b"" });
    let cases = [
        ("host", "www.example.com"),
        ("x-ows-header", "Leading and trailing whitespace."),
        ("x-obs-fold-header", "Obsolete line folding."),
        ("cache-control", "max-age=60, must-revalidate"),
        ("example-dict", "a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
        ("x-empty-header", ""),
        ("example-dict;key=\"a\"", "1"),
        ("example-dict;key=\"b\"", "2;x=1;y=2"),
        ("example-dict;key=\"c\"", "(a b c)"),
        ("example-dict;key=\"d\"", "?1"),
        ("example-header", "value, with, lots, of, commas"),
        ("example-header;bs", ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"),
        ("content-digest;sf", "sha-256=:AAAA:, sha-512=:BBBB:"),
        ("@method", "GET"),
        ("@target-uri", uri),
        ("@authority", "www.example.com"),
        ("@scheme", "https"),
        (
            "@request-target",
            "/path?param=value&foo=bar&baz=batman&qux=&v%61r=this%20is%20a%20big%0Amultiline%20value&b=%7E+x",
        ),
        ("@path", "/path"),
        (
            "@query",
            "?param=value&foo=bar&baz=batman&qux=&v%61r=this%20is%20a%20big%0Amultiline%20value&b=%7E+x",
        ),
        ("@query-param;name=\"baz\"", "batman"),
        ("@query-param;name=\"qux\"", ""),
        ("@query-param;name=\"var\"", "this%20is%20a%20big%0Amultiline%20value"),
        ("@query-param;name=\"b\"", "%7E%20x"),
    ];
    for (component, expected) in cases {
        assert_eq!(Component::parse(component).unwrap().value(&message).unwrap(), expected, "{component}");
    }
    let bare = MessageView::Request(RequestView {
        method: "GET",
        target_uri: "http://Example.com:8080",
        headers: &[],
        body: b"",
    });
    for (component, expected) in
        [("@path", "/"), ("@query", "?"), ("@authority", "example.com:8080"), ("@request-target", "/")]
    {
        assert_eq!(Component::parse(component).unwrap().value(&bare).unwrap(), expected, "{component}");
    }
}

/// A request signed by us, and the response of the other side bound to it: RFC 9421, section 2.4.
#[test]
fn response_bound_to_its_request() {
    let signer = test_key_ed25519();
    let trusted = [TrustedKey {
        key_id: "k".to_owned(),
        algorithm: Algorithm::Ed25519,
        key: signer.verifying_key().clone(),
    }];
    let parameters = [Parameter::Created(CREATED), key_id("k")];
    let mut asked = request_headers();
    let order = recipe("sig1", &["@method", "@target-uri", "content-digest"], &parameters);
    let fields =
        sign_now(&MessageView::Request(request(&asked)), &order, &signer, Algorithm::Ed25519).unwrap();
    asked.extend(headers(&[("Signature-Input", &fields.signature_input), ("Signature", &fields.signature)]));
    let mut answered = reply_headers();
    let names = [
        "@status",
        "content-digest",
        "@method;req",
        "@target-uri;req",
        "content-digest;req",
        "signature;req;key=\"sig1\"",
        "signature-input;req",
    ];
    let bound = ResponseView { request: Some(request(&asked)), ..reply(&answered) };
    let order = recipe("reply", &names, &parameters);
    let fields = sign_now(&MessageView::Response(bound), &order, &signer, Algorithm::Ed25519).unwrap();
    answered
        .extend(headers(&[("Signature-Input", &fields.signature_input), ("Signature", &fields.signature)]));
    let required = components(&names);
    let policy = Policy {
        label: "reply",
        tag: None,
        required: &required,
        age_s_max: 300,
        skew_s: 30,
        now: DateTime::from_timestamp(CREATED + 10, 0).unwrap(),
        keys: &trusted,
    };
    let judged = |asked: &[(String, String)], method| -> Result<Verified, HttpMessageError> {
        let request = RequestView { method, ..request(asked) };
        let response = ResponseView { request: Some(request), ..reply(&answered) };
        verify(&MessageView::Response(response), &policy)
    };
    assert_eq!(judged(&asked, "POST").unwrap().components, required);
    assert_eq!(judged(&asked, "PUT").unwrap_err().code(), "http_signature.unverified");
    let mut other = asked.clone();
    other[3].1 = digest::write(DigestAlgorithm::Sha512, b"another body");
    assert_eq!(judged(&other, "POST").unwrap_err().code(), "http_signature.unverified");
    let unbound = verify(&MessageView::Response(reply(&answered)), &policy);
    assert_eq!(unbound.unwrap_err().code(), "http_signature.component");
}

#[tokio::test]
async fn signing_later_and_signing_at_once_agree() {
    let lines = request_headers();
    let message = MessageView::Request(request(&lines));
    let order = recipe("s", &["@method"], &[Parameter::Created(CREATED), key_id("k")]);
    let signer = test_key_ed25519();
    let now = sign_now(&message, &order, &signer, Algorithm::Ed25519).unwrap();
    assert_eq!(sign(&message, &order, &signer, Algorithm::Ed25519).await.unwrap(), now);
}
