//! Judging a received signature against our policy: what must be covered, by whom, and when it was made.
//! A replay cache is the caller's: the verified parameters say what to remember.

use crate::planted::{self, Defect};
use chrono::{DateTime, Utc};
use sfv::{BareItem, InnerList, ListEntry};

use super::base::{
    COMPONENTS_MAX, Parameter, SIGNATURE, SIGNATURE_INPUT, SignatureBase, field_value, parse_dictionary,
    read_parameters,
};
use super::component::Component;
use super::digest::{self, CONTENT_DIGEST, Presence};
use super::{HttpMessageError, MessageView};
use crate::signing::key::{Algorithm, VerifyingKey};

/// Oldest signature accepted whatever the policy says, in seconds. Chosen by us: five minutes.
pub const AGE_S_MAX: i64 = 300;
/// Widest difference of clocks tolerated whatever the policy says, in seconds. Chosen by us.
pub const SKEW_S_MAX: i64 = 30;

/// A key that we accept from this sender. The algorithm is fixed here, never by the message.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// The `keyid` under which the sender uses it.
    pub key_id: String,
    /// The one algorithm it signs with.
    pub algorithm: Algorithm,
    /// The key.
    pub key: VerifyingKey,
}

/// What we demand of a signature.
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    /// The label that is judged. Signatures under other labels are neither needed nor looked at.
    pub label: &'a str,
    /// The tag that it must carry; `None` demands nothing.
    pub tag: Option<&'a str>,
    /// Components that must be covered, exactly so. Content-Digest is demanded besides wherever there is a body.
    pub required: &'a [Component],
    /// Greatest age in seconds; above [`AGE_S_MAX`] counts as that.
    pub age_s_max: i64,
    /// Greatest lead of the sender's clock in seconds; above [`SKEW_S_MAX`] counts as that.
    pub skew_s: i64,
    /// The time.
    pub now: DateTime<Utc>,
    /// Keys of this sender.
    pub keys: &'a [TrustedKey],
}

/// What a valid signature says.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Components covered, in order.
    pub components: Vec<Component>,
    /// Key that made it.
    pub key_id: String,
    /// When it was made, seconds since 1970.
    pub created_s: i64,
    /// When it ends, seconds since 1970.
    pub expires_s: Option<i64>,
    /// Unique value; the caller keeps (key id, nonce) until `created_s` plus the age limit to refuse replays.
    pub nonce: Option<String>,
    /// What it is for.
    pub tag: Option<String>,
    /// The octets of the signature: what to remember where there is no nonce.
    pub signature: Vec<u8>,
}

/// Verifies the signature of a message and the digest of its body.
pub fn verify(message: &MessageView<'_>, policy: &Policy<'_>) -> Result<Verified, HttpMessageError> {
    let (list, signature) = read_fields(message, policy.label)?;
    if list.items.len() > COMPONENTS_MAX {
        return Err(HttpMessageError::Damaged {
            field: SIGNATURE_INPUT,
            cause: format!("more than {COMPONENTS_MAX} components"),
        });
    }
    let components: Vec<Component> =
        list.items.iter().cloned().map(Component::from_item).collect::<Result<_, _>>()?;
    let stated = Stated::read(&list)?;
    stated.check_tag(policy)?;
    stated.check_time(policy)?;
    check_coverage(message, &components, policy)?;
    let trusted = policy
        .keys
        .iter()
        .find(|trusted| trusted.key_id == stated.key_id)
        .ok_or_else(|| HttpMessageError::UnknownKey { key_id: stated.key_id.clone() })?;
    if let Some(found) = stated.alg.filter(|found| found != trusted.algorithm.http_name()) {
        return Err(HttpMessageError::AlgorithmMismatch { found, expected: trusted.algorithm });
    }
    let base = SignatureBase::from_list(message, &list, &components)?;
    trusted
        .key
        .verify(trusted.algorithm, base.text().as_bytes(), &signature)
        .map_err(|cause| HttpMessageError::Key { cause })?;
    Ok(Verified {
        components,
        key_id: stated.key_id,
        created_s: stated.created_s,
        expires_s: stated.expires_s,
        nonce: stated.nonce,
        tag: stated.tag,
        signature,
    })
}

/// The inner list and the signature octets under a label.
fn read_fields(message: &MessageView<'_>, label: &str) -> Result<(InnerList, Vec<u8>), HttpMessageError> {
    let field = |name: &'static str| {
        let value = field_value(message.headers(), name).ok_or(HttpMessageError::Missing { field: name })?;
        parse_dictionary(name, &value)
    };
    let (mut inputs, mut signatures) = (field(SIGNATURE_INPUT)?, field(SIGNATURE)?);
    let missing = || HttpMessageError::LabelMissing { label: label.to_owned() };
    let wrong = |field| HttpMessageError::Damaged { field, cause: format!("'{label}' has the wrong type") };
    let list = match inputs.swap_remove(label).ok_or_else(missing)? {
        ListEntry::InnerList(list) => list,
        ListEntry::Item(_) => return Err(wrong(SIGNATURE_INPUT)),
    };
    match signatures.swap_remove(label).ok_or_else(missing)? {
        ListEntry::Item(sfv::Item { bare_item: BareItem::ByteSequence(octets), .. }) => Ok((list, octets)),
        _ => Err(wrong(SIGNATURE)),
    }
}

/// The body's digest must be right, and covered whenever it is there.
fn check_coverage(
    message: &MessageView<'_>,
    components: &[Component],
    policy: &Policy<'_>,
) -> Result<(), HttpMessageError> {
    for required in policy.required {
        if !components.iter().any(|component| component.same_as(required)) {
            return Err(HttpMessageError::NotCovered { component: required.identifier() });
        }
    }
    if planted::is(Defect::BodyNotCovered) {
        return Ok(());
    }
    match digest::check(message.headers(), message.body())? {
        Presence::Absent if message.body().is_empty() => Ok(()),
        Presence::Absent => Err(HttpMessageError::DigestMissing),
        Presence::Fits if components.iter().any(|component| component.covers_field(CONTENT_DIGEST)) => Ok(()),
        Presence::Fits => Err(HttpMessageError::NotCovered { component: format!("\"{CONTENT_DIGEST}\"") }),
    }
}

/// The parameters of the signature, with those that we cannot do without.
struct Stated {
    created_s: i64,
    expires_s: Option<i64>,
    nonce: Option<String>,
    alg: Option<String>,
    key_id: String,
    tag: Option<String>,
}

impl Stated {
    fn read(list: &InnerList) -> Result<Stated, HttpMessageError> {
        let (mut created, mut expires) = (None, None);
        let (mut nonce, mut alg, mut key_id, mut tag) = (None, None, None, None);
        for parameter in read_parameters(list)? {
            match parameter {
                Parameter::Created(second) => created = Some(second),
                Parameter::Expires(second) => expires = Some(second),
                Parameter::Nonce(text) => nonce = Some(text),
                Parameter::Alg(text) => alg = Some(text),
                Parameter::KeyId(text) => key_id = Some(text),
                Parameter::Tag(text) => tag = Some(text),
            }
        }
        let missing =
            |name: &str| HttpMessageError::Parameter { parameter: name.to_owned(), cause: "is missing" };
        Ok(Stated {
            created_s: created.ok_or_else(|| missing("created"))?,
            expires_s: expires,
            nonce,
            alg,
            key_id: key_id.ok_or_else(|| missing("keyid"))?,
            tag,
        })
    }

    fn check_tag(&self, policy: &Policy<'_>) -> Result<(), HttpMessageError> {
        match policy.tag {
            Some(expected) if self.tag.as_deref() != Some(expected) => Err(HttpMessageError::Parameter {
                parameter: "tag".to_owned(),
                cause: "is not the one expected",
            }),
            _ => Ok(()),
        }
    }

    fn check_time(&self, policy: &Policy<'_>) -> Result<(), HttpMessageError> {
        let now_s = policy.now.timestamp();
        let (created_s, age_s_max) = (self.created_s, policy.age_s_max.min(AGE_S_MAX));
        if created_s > now_s.saturating_add(policy.skew_s.min(SKEW_S_MAX)) {
            return Err(HttpMessageError::Future { created_s, now_s });
        }
        if now_s.saturating_sub(created_s) > age_s_max {
            return Err(HttpMessageError::Stale { created_s, now_s });
        }
        let Some(expires_s) = self.expires_s else { return Ok(()) };
        if expires_s < created_s || expires_s.saturating_sub(created_s) > AGE_S_MAX {
            return Err(HttpMessageError::Parameter {
                parameter: "expires".to_owned(),
                cause: "is before created or more than five minutes after it",
            });
        }
        if now_s > expires_s {
            return Err(HttpMessageError::Expired { expires_s, now_s });
        }
        Ok(())
    }
}
