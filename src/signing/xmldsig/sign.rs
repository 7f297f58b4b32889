//! Making a signature: one pass over the document for its digest and the place, then a few hundred octets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{DSIG_NAMESPACE, ENVELOPED, EXCLUSIVE_C14N, Hashing, METHODS, SHA256, SIGNATURE, SignError};
use crate::signing::c14n::walk::canonicalise;
use crate::signing::c14n::{Insertion, Order, is_plain_utf8};
use crate::signing::certificate::Certificate;
use crate::signing::key::{KeyError, Signer};

/// Where the signature goes: always as the last child of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Of the root.
    Root,
    /// Of the only element with this path.
    Path(String),
}

impl Place {
    /// Parses an absolute path of local names such as `/Document/CstmrCdtTrfInitn`.
    pub fn parse(text: &str) -> Result<Place, SignError> {
        let names = text.strip_prefix('/').map(|rest| rest.split('/'));
        let plain = |name: &str| !name.is_empty() && !name.contains([':', '[', '@', '*', '(', '.']);
        match names {
            Some(names) if names.clone().all(plain) => Ok(Place::Path(text.to_owned())),
            _ => Err(SignError::Place { place: text.to_owned(), found: 0 }),
        }
    }

    fn names(&self) -> Vec<&str> {
        match self {
            Place::Root => Vec::new(),
            Place::Path(path) => path.trim_start_matches('/').split('/').collect(),
        }
    }

    fn text(&self) -> &str {
        match self {
            Place::Root => "/*",
            Place::Path(path) => path,
        }
    }
}

/// A signed document in three pieces, so that a large one need not be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<'i> {
    before: &'i [u8],
    signature: String,
    after: &'i [u8],
}

impl Signed<'_> {
    /// The pieces in order.
    pub fn pieces(&self) -> [&[u8]; 3] {
        [self.before, self.signature.as_bytes(), self.after]
    }

    /// The whole.
    pub fn to_octets(&self) -> Vec<u8> {
        self.pieces().concat()
    }
}

/// Signs a UTF-8 document. The signature names `certificate`; whether that holds at the moment is for whoever verifies.
pub fn sign<'i>(
    document: &'i [u8],
    signer: &Signer,
    certificate: &Certificate,
    place: &Place,
) -> Result<Signed<'i>, SignError> {
    let text = std::str::from_utf8(document).map_err(|_| SignError::Encoding)?;
    if !is_plain_utf8(document) {
        return Err(SignError::Encoding);
    }
    certificate.check_signature_usage()?;
    if certificate.verifying_key()? != *signer.verifying_key() {
        return Err(SignError::KeyMismatch { subject: certificate.subject().to_owned() });
    }
    let names = place.names();
    let order = Order { omit: Some(SIGNATURE), place: Some(&names), ..Order::WHOLE };
    let mut hashing = Hashing::new();
    let walked = canonicalise(text, &order, &mut hashing)?;
    if !walked.omitted.is_empty() {
        return Err(SignError::SignedAlready);
    }
    let [insertion] = walked.insertions.as_slice() else {
        return Err(SignError::Place { place: place.text().to_owned(), found: walked.insertions.len() });
    };
    let signature = write_signature(&STANDARD.encode(hashing.finish()), signer, certificate)?;
    Ok(insert(document, insertion, signature))
}

fn insert<'i>(document: &'i [u8], insertion: &Insertion<'_>, signature: String) -> Signed<'i> {
    let (before_at, after_at, signature) = match insertion {
        Insertion::Before(at) => (*at, *at, signature),
        Insertion::Open { at, name } => (*at, at + 2, format!(">{signature}</{name}>")),
    };
    Signed {
        before: document.get(..before_at).unwrap_or_default(),
        signature,
        after: document.get(after_at..).unwrap_or_default(),
    }
}

fn write_signature(digest: &str, signer: &Signer, certificate: &Certificate) -> Result<String, SignError> {
    let kind = signer.verifying_key().kind();
    let (method, algorithm) = METHODS
        .into_iter()
        .find(|(_, algorithm)| algorithm.key_kind() == kind)
        .ok_or(KeyError::Mismatch { algorithm: METHODS[0].1, kind })?;
    let signed_info = format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"/>\
         <ds:SignatureMethod Algorithm=\"{method}\"/>\
         <ds:Reference URI=\"\"><ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"/>\
         <ds:Transform Algorithm=\"{EXCLUSIVE_C14N}\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{SHA256}\"/><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>\
         </ds:SignedInfo>"
    );
    let scope = [("ds", DSIG_NAMESPACE.to_owned())];
    let mut canonical = Vec::new();
    canonicalise(&signed_info, &Order { scope: &scope, ..Order::WHOLE }, &mut canonical)?;
    let value = STANDARD.encode(signer.sign_now(algorithm, &canonical)?);
    let certificate = STANDARD.encode(certificate.der());
    Ok(format!(
        "<ds:Signature xmlns:ds=\"{DSIG_NAMESPACE}\">{signed_info}<ds:SignatureValue>{value}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
         </ds:Signature>"
    ))
}
