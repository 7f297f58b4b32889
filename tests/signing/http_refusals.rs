//! HTTP message signatures that must be refused, one change each to a message that is accepted.

use chrono::DateTime;
use girogate::signing::http_message::base::{Parameter, Recipe, SignatureBase, sign_now};
use girogate::signing::http_message::component::Component;
use girogate::signing::http_message::digest::{self, DigestAlgorithm};
use girogate::signing::http_message::verify::{Policy, TrustedKey, Verified, verify};
use girogate::signing::http_message::{HttpMessageError, MessageView, RequestView};
use girogate::signing::key::Algorithm;

use crate::http_message::{
    BODY, CREATED, components, ed25519_signer, headers, request, request_headers, test_key_ed25519,
};

const REQUIRED: [&str; 6] =
    ["@method", "@target-uri", "@authority", "content-type", "content-digest", "idempotency-key"];

/// A signed request as it arrives, to be changed by a case.
struct Arrival {
    method: String,
    target_uri: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    now_s: i64,
    label: String,
    tag: String,
    required: Vec<String>,
}

impl Arrival {
    /// Signed over [`REQUIRED`], as the policy demands.
    fn good() -> Arrival {
        Arrival::signed(&REQUIRED, good_parameters())
    }

    fn signed(names: &[&str], parameters: Vec<Parameter>) -> Arrival {
        let mut lines = request_headers();
        lines.extend(headers(&[("Idempotency-Key", "\"abc\"")]));
        let recipe = Recipe { label: "sig1".to_owned(), components: components(names), parameters };
        let fields = sign_now(
            &MessageView::Request(request(&lines)),
            &recipe,
            &test_key_ed25519(),
            Algorithm::Ed25519,
        )
        .unwrap();
        lines.push(("Signature-Input".to_owned(), fields.signature_input));
        lines.push(("Signature".to_owned(), fields.signature));
        Arrival {
            method: "POST".to_owned(),
            target_uri: crate::http_message::URI.to_owned(),
            headers: lines,
            body: BODY.to_vec(),
            now_s: CREATED + 5,
            label: "sig1".to_owned(),
            tag: "payment".to_owned(),
            required: REQUIRED.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn field(&mut self, name: &str) -> &mut String {
        &mut self.headers.iter_mut().find(|(found, _)| found.eq_ignore_ascii_case(name)).unwrap().1
    }

    fn without(&mut self, name: &str) {
        self.headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
    }

    fn replace(&mut self, name: &str, from: &str, to: &str) {
        let field = self.field(name);
        assert!(field.contains(from), "{field} has no {from}");
        *field = field.replace(from, to);
    }

    fn judge(&self) -> Result<Verified, HttpMessageError> {
        let required: Vec<Component> =
            self.required.iter().map(|name| Component::parse(name).unwrap()).collect();
        let keys = [
            trusted("k1", Algorithm::Ed25519),
            TrustedKey {
                key_id: "k2".to_owned(),
                algorithm: Algorithm::Ed25519,
                key: ed25519_signer("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").verifying_key().clone(),
            },
            trusted("k3", Algorithm::EcdsaP256Sha256),
        ];
        let policy = Policy {
            label: &self.label,
            tag: Some(&self.tag),
            required: &required,
            age_s_max: 300,
            skew_s: 30,
            now: DateTime::from_timestamp(self.now_s, 0).unwrap(),
            keys: &keys,
        };
        let view = RequestView {
            method: &self.method,
            target_uri: &self.target_uri,
            headers: &self.headers,
            body: &self.body,
        };
        verify(&MessageView::Request(view), &policy)
    }
}

fn trusted(key_id: &str, algorithm: Algorithm) -> TrustedKey {
    TrustedKey { key_id: key_id.to_owned(), algorithm, key: test_key_ed25519().verifying_key().clone() }
}

fn good_parameters() -> Vec<Parameter> {
    vec![
        Parameter::Created(CREATED),
        Parameter::Expires(CREATED + 120),
        Parameter::Nonce("n-1".to_owned()),
        Parameter::Alg("ed25519".to_owned()),
        Parameter::KeyId("k1".to_owned()),
        Parameter::Tag("payment".to_owned()),
    ]
}

fn parameters_with(change: impl Fn(&mut Vec<Parameter>)) -> Arrival {
    let mut parameters = good_parameters();
    change(&mut parameters);
    Arrival::signed(&REQUIRED, parameters)
}

#[test]
fn unchanged_message_is_accepted_and_says_what_to_remember() {
    let verified = Arrival::good().judge().unwrap();
    assert_eq!(verified.key_id, "k1");
    assert_eq!((verified.created_s, verified.expires_s), (CREATED, Some(CREATED + 120)));
    assert_eq!(verified.nonce.as_deref(), Some("n-1"));
    assert_eq!(verified.tag.as_deref(), Some("payment"));
    assert_eq!(verified.components, components(&REQUIRED));
    assert_eq!(verified.signature.len(), 64);
}

type Change = fn(&mut Arrival);

#[test]
fn changed_messages_are_refused() {
    let cases: &[(&str, &str, Change)] = &[
        ("method", "unverified", |a| a.method = "PUT".to_owned()),
        ("method in another case", "unverified", |a| a.method = "post".to_owned()),
        ("path", "unverified", |a| a.target_uri = a.target_uri.replace("/foo", "/bar")),
        ("path normalised", "unverified", |a| a.target_uri = a.target_uri.replace("/foo", "/./foo")),
        ("host", "unverified", |a| a.target_uri = a.target_uri.replace("example.com", "example.org")),
        ("scheme", "unverified", |a| a.target_uri = a.target_uri.replace("https", "http")),
        ("query order", "unverified", |a| {
            a.target_uri = "https://example.com/foo?Pet=dog&param=Value".to_owned();
        }),
        ("relative target", "component", |a| a.target_uri = "/foo".to_owned()),
        ("user in target", "component", |a| a.target_uri = "https://a@example.com/foo".to_owned()),
        ("content type", "unverified", |a| *a.field("content-type") = "text/plain".to_owned()),
        ("second content type", "unverified", |a| {
            a.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }),
        ("idempotency key", "unverified", |a| *a.field("idempotency-key") = "\"abd\"".to_owned()),
        ("second idempotency key", "unverified", |a| {
            a.headers.push(("IDEMPOTENCY-KEY".to_owned(), "\"abc\"".to_owned()));
        }),
        ("field gone", "component", |a| a.without("idempotency-key")),
        ("body", "digest_mismatch", |a| a.body[3] ^= 1),
        ("body cut", "digest_mismatch", |a| a.body.truncate(5)),
        ("body gone", "digest_mismatch", |a| a.body.clear()),
        ("body and digest", "unverified", |a| {
            a.body = b"other".to_vec();
            *a.field("content-digest") = digest::write(DigestAlgorithm::Sha512, b"other");
        }),
        ("digest of another algorithm", "unverified", |a| {
            *a.field("content-digest") = digest::write(DigestAlgorithm::Sha256, BODY);
        }),
        ("second digest that is wrong", "digest_mismatch", |a| {
            let line = digest::write(DigestAlgorithm::Sha256, b"other");
            a.headers.push(("content-digest".to_owned(), line));
        }),
        ("digest twice", "duplicate", |a| {
            let line = a.field("content-digest").clone();
            a.headers.push(("content-digest".to_owned(), line));
        }),
        ("digest gone", "digest_missing", |a| a.without("content-digest")),
        ("only a weak digest", "digest_unknown", |a| *a.field("content-digest") = "md5=:AAAA:".to_owned()),
        ("digest as text", "damaged", |a| *a.field("content-digest") = "sha-512=\"AAAA\"".to_owned()),
        ("digest unreadable", "damaged", |a| *a.field("content-digest") = "sha-512=:A:, =".to_owned()),
        ("no signature", "missing", |a| a.without("signature")),
        ("no signature input", "missing", |a| a.without("signature-input")),
        ("other label expected", "label_missing", |a| a.label = "sig2".to_owned()),
        ("label differs", "label_missing", |a| a.replace("signature", "sig1=", "sig2=")),
        ("input label differs", "label_missing", |a| a.replace("signature-input", "sig1=", "sig2=")),
        ("label twice in the signature", "duplicate", |a| {
            let line = a.field("signature").clone();
            a.headers.push(("signature".to_owned(), line));
        }),
        ("label twice in the input", "duplicate", |a| {
            let line = a.field("signature-input").clone();
            a.headers.insert(0, ("signature-input".to_owned(), line));
        }),
        ("signature as text", "damaged", |a| *a.field("signature") = "sig1=\"AAAA\"".to_owned()),
        ("input without list", "damaged", |a| *a.field("signature-input") = "sig1=\"x\"".to_owned()),
        ("input unreadable", "damaged", |a| *a.field("signature-input") = "sig1=(".to_owned()),
        ("input too long", "damaged", |a| {
            a.field("signature-input").push_str(&format!(", x=({})", " ".repeat(20_000)))
        }),
        ("signature changed", "unverified", |a| {
            *a.field("signature") = format!("sig1=:{}:", "A".repeat(86) + "==")
        }),
        ("signature empty", "unverified", |a| *a.field("signature") = "sig1=::".to_owned()),
        ("component left out", "not_covered", |a| a.replace("signature-input", "\"@method\" ", "")),
        ("component twice", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"@method\"");
        }),
        ("components reordered", "unverified", |a| {
            a.replace("signature-input", "\"@method\" \"@target-uri\"", "\"@target-uri\" \"@method\"");
        }),
        ("component in upper case", "component", |a| {
            a.replace("signature-input", "content-type", "Content-Type")
        }),
        ("component as token", "component", |a| a.replace("signature-input", "\"@method\"", "method")),
        ("unknown derived component", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"@body\"");
        }),
        ("params listed", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"@signature-params\"");
        }),
        ("status in a request", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"@status\"");
        }),
        ("req in a request", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"@method\";req");
        }),
        ("trailer", "component", |a| a.replace("signature-input", "\"@method\"", "\"@method\" \"date\";tr")),
        ("unknown component parameter", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"date\";zz");
        }),
        ("bs with sf", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"date\";bs;sf");
        }),
        ("sf of an unknown type", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"date\";sf");
        }),
        ("absent dictionary member", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"content-digest\";key=\"crc32\"");
        }),
        ("absent query parameter", "component", |a| {
            a.replace("signature-input", "\"@method\"", "\"@method\" \"@query-param\";name=\"x\"");
        }),
        ("key id of another key", "unverified", |a| a.replace("signature-input", "\"k1\"", "\"k2\"")),
        ("key id unknown", "unknown_key", |a| a.replace("signature-input", "\"k1\"", "\"../k1\"")),
        ("key fixed to another algorithm", "algorithm", |a| a.replace("signature-input", "\"k1\"", "\"k3\"")),
        ("alg changed", "algorithm", |a| a.replace("signature-input", "\"ed25519\"", "\"hmac-sha256\"")),
        ("alg in another case", "algorithm", |a| a.replace("signature-input", "\"ed25519\"", "\"Ed25519\"")),
        ("alg removed", "unverified", |a| a.replace("signature-input", ";alg=\"ed25519\"", "")),
        ("nonce changed", "unverified", |a| a.replace("signature-input", "n-1", "n-2")),
        ("created later", "unverified", |a| {
            a.replace("signature-input", "created=1618884473", "created=1618884474")
        }),
        ("created gone", "parameter", |a| a.replace("signature-input", ";created=1618884473", "")),
        ("created as text", "parameter", |a| a.replace("signature-input", "1618884473", "\"1618884473\"")),
        ("created as decimal", "parameter", |a| a.replace("signature-input", "1618884473", "1618884473.0")),
        ("key id gone", "parameter", |a| a.replace("signature-input", ";keyid=\"k1\"", "")),
        ("unknown parameter", "parameter", |a| a.field("signature-input").push_str(";scope=1")),
        ("tag changed", "parameter", |a| a.replace("signature-input", "\"payment\"", "\"inquiry\"")),
        ("tag of another use", "parameter", |a| a.tag = "inquiry".to_owned()),
        ("expires prolonged", "unverified", |a| {
            a.replace("signature-input", "expires=1618884593", "expires=1618884600")
        }),
        ("after its end", "expired", |a| a.now_s = CREATED + 121),
        ("from the future", "future", |a| a.now_s = CREATED - 31),
        ("too old", "stale", |a| a.now_s = CREATED + 301),
        ("line break in a covered field", "component", |a| *a.field("content-type") = "a\nb".to_owned()),
        ("letters beyond ASCII", "component", |a| *a.field("content-type") = "a\u{e9}".to_owned()),
    ];
    for (name, code, change) in cases {
        let mut arrival = Arrival::good();
        change(&mut arrival);
        match arrival.judge() {
            Ok(_) => panic!("{name}: accepted"),
            Err(error) => assert_eq!(error.code(), format!("http_signature.{code}"), "{name}: {error}"),
        }
    }
}

#[test]
fn clocks_within_bounds_are_accepted() {
    for offset in [-30, 0, 120] {
        let mut arrival = Arrival::good();
        arrival.now_s = CREATED + offset;
        arrival.judge().unwrap();
    }
    let mut endless =
        parameters_with(|parameters| parameters.retain(|p| !matches!(p, Parameter::Expires(_))));
    endless.now_s = CREATED + 300;
    endless.judge().unwrap();
    endless.now_s = CREATED + 301;
    assert_eq!(endless.judge().unwrap_err().code(), "http_signature.stale");
}

#[test]
fn badly_made_signatures_are_refused_although_they_verify() {
    let code = |arrival: Arrival| arrival.judge().unwrap_err().code();
    let long = parameters_with(|all| all[1] = Parameter::Expires(CREATED + 301));
    assert_eq!(code(long), "http_signature.parameter");
    let inverted = parameters_with(|all| all[1] = Parameter::Expires(CREATED - 1));
    assert_eq!(code(inverted), "http_signature.parameter");
    let huge = parameters_with(|all| {
        all[0] = Parameter::Created(999_999_999_999_999);
        all[1] = Parameter::Expires(-999_999_999_999_999);
    });
    assert_eq!(code(huge), "http_signature.future");
    let bare = Arrival::signed(&["@method"], good_parameters());
    assert_eq!(code(bare), "http_signature.not_covered");
    let names: Vec<&str> = REQUIRED.into_iter().filter(|name| *name != "content-digest").collect();
    let mut uncovered = Arrival::signed(&names, good_parameters());
    uncovered.required = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(code(uncovered), "http_signature.not_covered");
    let partly: Vec<&str> = names.iter().copied().chain(["content-digest;key=\"sha-512\""]).collect();
    let mut partly_covered = Arrival::signed(&partly, good_parameters());
    partly_covered.required = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(code(partly_covered), "http_signature.not_covered");
}

#[test]
fn signature_of_somebody_else_under_another_label_changes_nothing() {
    let mut arrival = Arrival::good();
    arrival.field("signature-input").push_str(", proxy=(\"@path\");created=1");
    arrival.field("signature").push_str(", proxy=:AAAA:");
    arrival.judge().unwrap();
}

#[test]
fn what_cannot_be_signed_is_refused_before_signing() {
    let lines = request_headers();
    let message = MessageView::Request(request(&lines));
    let build = |names: &[&str], parameters: Vec<Parameter>| {
        let recipe = Recipe { label: "s".to_owned(), components: components(names), parameters };
        SignatureBase::build(&message, &recipe).map(|_| ()).unwrap_err().code()
    };
    assert_eq!(build(&["x-absent"], vec![]), "http_signature.component");
    assert_eq!(build(&["@method", "@method"], vec![]), "http_signature.component");
    let twice = vec![Parameter::Created(1), Parameter::Created(2)];
    assert_eq!(build(&["@method"], twice), "http_signature.parameter");
    let accent = vec![Parameter::Nonce("\u{e9}".to_owned())];
    assert_eq!(build(&["@method"], accent), "http_signature.parameter");
    for text in
        ["", "Date", "@signature-params", "a b", "date;sf=1", "date;name=\"x\"", "@method;sf", "date;;"]
    {
        assert!(Component::parse(text).is_err(), "{text}");
    }
}
