//! Signing and verifying, with the bare cryptography on the same octets as reference.

use std::path::Path;

use chrono::{DateTime, Utc};
use girogate::signing::certificate::Certificate;
use girogate::signing::dev_pki;
use girogate::signing::http_message::base::{Parameter, Recipe, sign_now};
use girogate::signing::http_message::component::Component;
use girogate::signing::http_message::digest::{self, DigestAlgorithm};
use girogate::signing::http_message::verify::{Policy, TrustedKey, verify as verify_message};
use girogate::signing::http_message::{MessageView, RequestView};
use girogate::signing::key::{Algorithm, Signer};
use girogate::signing::xmldsig::sign::{Place, sign};
use girogate::signing::xmldsig::verify::verify;

use super::{Stage, messages};

/// Payments of a pain.001 of about 62 MB.
const PAYMENTS: usize = 100_000;
/// Calls signed and verified in one run.
const CALLS: usize = 1_000;
/// Octets of the body of a call.
const BODY_OCTETS: usize = 4_096;

/// A key and its certificate, which is pinned.
struct Keys {
    signer: Signer,
    certificate: Certificate,
}

impl Keys {
    /// Keys of the development authority, made for this run.
    fn new() -> Keys {
        let folder = tempfile::tempdir().expect("a folder for keys");
        dev_pki::write(folder.path(), Utc::now()).expect("keys can be made");
        Keys::read(
            &folder.path().join("gateway-signing-key.pem"),
            &folder.path().join("gateway-signing-cert.pem"),
        )
    }

    fn read(key: &Path, certificate: &Path) -> Keys {
        Keys {
            signer: Signer::read_file(key).expect("a private key with safe permissions"),
            certificate: Certificate::read_file(certificate).expect("a certificate"),
        }
    }

    /// The lower limit: a digest over the octets and one signature over the digest.
    fn bare_sign(&self, octets: &[u8]) -> Vec<u8> {
        let digest = ring::digest::digest(&ring::digest::SHA256, octets);
        self.signer.sign_now(Algorithm::EcdsaP256Sha256, digest.as_ref()).expect("a P-256 key")
    }

    fn bare_verify(&self, octets: &[u8], made: &[u8]) {
        let digest = ring::digest::digest(&ring::digest::SHA256, octets);
        let key = self.signer.verifying_key();
        key.verify(Algorithm::EcdsaP256Sha256, digest.as_ref(), made).expect("just signed");
    }
}

/// Signs a document.
pub fn sign_document() -> Stage {
    let document = messages::pain_001(PAYMENTS);
    let (again, keys, bare) = (document.clone(), Keys::new(), Keys::new());
    Stage {
        items: 1,
        octets: document.len(),
        reference: "SHA-256 of the same octets and one signature, no canonical form",
        ours: Box::new(move || {
            let signed = sign(&document, &keys.signer, &keys.certificate, &Place::Root);
            std::hint::black_box(signed.expect("our own document can be signed").pieces());
        }),
        theirs: Box::new(move || drop(std::hint::black_box(bare.bare_sign(&again)))),
    }
}

/// Verifies a document.
pub fn verify_document() -> Stage {
    let keys = Keys::new();
    let document = messages::pain_001(PAYMENTS);
    let signed = sign(&document, &keys.signer, &keys.certificate, &Place::Root)
        .expect("our own document can be signed")
        .to_octets();
    let bare = Keys::new();
    let made = bare.bare_sign(&document);
    Stage {
        items: 1,
        octets: signed.len(),
        reference: "SHA-256 of the same octets and one verification, no canonical form",
        ours: Box::new(move || {
            let pinned = std::slice::from_ref(&keys.certificate);
            std::hint::black_box(verify(&signed, pinned, Utc::now()).expect("just signed"));
        }),
        theirs: Box::new(move || bare.bare_verify(&document, &made)),
    }
}

/// Signs a document of a file; gives the signed octets.
pub fn sign_once(document: &[u8], key: &Path, certificate: &Path, out: &mut dyn std::io::Write) {
    let keys = Keys::read(key, certificate);
    let signed = sign(document, &keys.signer, &keys.certificate, &Place::Root).expect("it can be signed");
    signed.pieces().into_iter().for_each(|piece| out.write_all(piece).expect("the file takes it"));
}

/// Verifies a document of a file.
pub fn verify_once(document: &[u8], certificate: &Path) {
    let certificate = Certificate::read_file(certificate).expect("a certificate");
    verify(document, &[certificate], Utc::now()).expect("the signature is valid");
}

/// Signs and verifies the calls of a bank's interface.
pub fn http_calls() -> Stage {
    let keys = Keys::new();
    let bare = Keys::new();
    let body = vec![b'x'; BODY_OCTETS];
    let again = body.clone();
    Stage {
        items: CALLS,
        octets: CALLS * BODY_OCTETS,
        reference: "SHA-256 of the body twice, one signature, one verification",
        ours: Box::new(move || (0..CALLS).for_each(|_| call(&keys, &body))),
        theirs: Box::new(move || {
            for _ in 0..CALLS {
                let made = bare.bare_sign(&again);
                bare.bare_verify(&again, &made);
            }
        }),
    }
}

const COVERED: &[&str] = &["\"@method\"", "\"@target-uri\"", "\"content-digest\"", "\"content-type\""];

fn call(keys: &Keys, body: &[u8]) {
    let now: DateTime<Utc> = super::inputs::now();
    let components: Vec<Component> =
        COVERED.iter().map(|text| Component::parse(text).expect("a component")).collect();
    let mut headers = vec![
        ("content-type".to_owned(), "application/xml".to_owned()),
        (digest::CONTENT_DIGEST.to_owned(), digest::write(DigestAlgorithm::Sha256, body)),
    ];
    let recipe = Recipe {
        label: "sig1".to_owned(),
        components: components.clone(),
        parameters: vec![Parameter::Created(now.timestamp()), Parameter::KeyId("gateway".to_owned())],
    };
    let algorithm = Algorithm::EcdsaP256Sha256;
    let fields =
        sign_now(&request(&headers, body), &recipe, &keys.signer, algorithm).expect("it can be signed");
    headers.push(("signature-input".to_owned(), fields.signature_input));
    headers.push(("signature".to_owned(), fields.signature));
    let trusted =
        TrustedKey { key_id: "gateway".to_owned(), algorithm, key: keys.signer.verifying_key().clone() };
    let policy = Policy {
        label: "sig1",
        tag: None,
        required: &components,
        age_s_max: 60,
        skew_s: 5,
        now,
        keys: std::slice::from_ref(&trusted),
    };
    std::hint::black_box(verify_message(&request(&headers, body), &policy).expect("just signed"));
}

fn request<'a>(headers: &'a [(String, String)], body: &'a [u8]) -> MessageView<'a> {
    let target_uri = "https://bank.example/v1/payments";
    MessageView::Request(RequestView { method: "POST", target_uri, headers, body })
}
