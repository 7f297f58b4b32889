//! What the bank pushes to us: proves the sender of a callback. Storing and reading come later;
//! an unproved document is kept as evidence and never applied.

use super::profile::Profile;
use crate::planted::{self, Defect};
use crate::signing::http_message::component::Component;
use crate::signing::http_message::verify::{Policy, TrustedKey, verify};
use crate::signing::http_message::{MessageView, RequestView};
use chrono::{DateTime, Utc};

/// A callback as it was received.
pub struct Callback<'a> {
    /// Method.
    pub method: &'a str,
    /// Our public address and the path received.
    pub target_uri: &'a str,
    /// Fields in order, names in lower case.
    pub headers: &'a [(String, String)],
    /// The octets.
    pub body: &'a [u8],
}

/// The door for one bank.
pub struct Inbox {
    label: String,
    tag: String,
    required: Vec<Component>,
    age_s_max: i64,
    skew_s: i64,
    keys: Vec<TrustedKey>,
}

impl Inbox {
    /// A door as the profile describes it; `None` where the bank pushes nothing.
    pub fn new(profile: &Profile, keys: Vec<TrustedKey>) -> Option<Inbox> {
        let signature = profile.signatures.get("callback").filter(|_| profile.callback.enabled)?;
        let required: Vec<Component> =
            signature.components.iter().map(|text| Component::parse(text)).collect::<Result<_, _>>().ok()?;
        Some(Inbox {
            label: signature.label.clone(),
            tag: signature.tag.clone(),
            required,
            age_s_max: i64::from(signature.expires_s),
            skew_s: i64::from(signature.clock_skew_s),
            keys,
        })
    }

    /// Proves the sender, the digest and the time of a callback; else says why not.
    pub fn authenticate(&self, callback: &Callback<'_>, now: DateTime<Utc>) -> Result<String, String> {
        let view = MessageView::Request(RequestView {
            method: callback.method,
            target_uri: callback.target_uri,
            headers: callback.headers,
            body: callback.body,
        });
        let policy = Policy {
            label: &self.label,
            tag: Some(&self.tag),
            required: &self.required,
            age_s_max: self.age_s_max,
            skew_s: self.skew_s,
            now: if planted::is(Defect::StaleCallback) { signed_at(callback).unwrap_or(now) } else { now },
            keys: &self.keys,
        };
        verify(&view, &policy)
            .map(|verified| format!("signed by {}", verified.key_id))
            .map_err(|cause| format!("{}: {cause}", cause.code()))
    }
}

/// When a callback says that it was signed.
fn signed_at(callback: &Callback<'_>) -> Option<DateTime<Utc>> {
    let (_, input) = callback.headers.iter().find(|(name, _)| name == "signature-input")?;
    let (_, after) = input.split_once(";created=")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    DateTime::from_timestamp(digits.parse().ok()?, 0)
}
