//! Identities derived from what a payout is: the same payout gets the same ids again. Never drawn at random.

use crate::domain::reference::{EndToEndId, PayoutToken, token_text};
use ring::{digest, hmac};
use std::fmt;

/// Version of the derivation; part of what is hashed.
const DERIVATION: &[u8] = b"girogate id 1";

/// The key that all ids are derived with. Never rotated for payouts that exist.
#[derive(Clone)]
pub struct IdKey(hmac::Key);

impl IdKey {
    /// From the octets of a key slot.
    pub fn new(octets: &[u8]) -> IdKey {
        IdKey(hmac::Key::new(hmac::HMAC_SHA256, octets))
    }

    /// Token of a tenant's payout: UETR, payout id and instruction id.
    pub fn payout_token(&self, tenant: &str, external_id: &str) -> PayoutToken {
        PayoutToken::from_digest(
            self.digest(b"payout", [tenant.as_bytes(), external_id.as_bytes()].into_iter()),
        )
    }

    /// `MsgId` of a message with these members, in their order: 32 characters `[A-Z2-7]`.
    pub fn message_id(&self, members: &[PayoutToken]) -> String {
        self.of_members(b"message", members)
    }

    /// `PmtInfId` of a block with these members, in their order: 32 characters `[A-Z2-7]`.
    pub fn payment_information_id(&self, members: &[PayoutToken]) -> String {
        self.of_members(b"block", members)
    }

    /// `Assgnmt/Id` of the request to cancel this payout: 32 characters `[A-Z2-7]`. There is one per payout.
    pub fn cancellation_id(&self, payout: PayoutToken) -> String {
        self.of_members(b"cancellation", &[payout])
    }

    fn of_members(&self, kind: &[u8], members: &[PayoutToken]) -> String {
        let octets: Vec<[u8; 16]> = members.iter().map(PayoutToken::octets).collect();
        token_text(self.digest(kind, octets.iter().map(|octets| octets.as_slice())))
    }

    /// Each part goes in with its length, so that no two lists of parts give the same octets.
    fn digest<'a>(&self, kind: &'a [u8], parts: impl Iterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [DERIVATION, kind].into_iter().chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        digest
    }
}

impl fmt::Debug for IdKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IdKey(***)")
    }
}

/// A hash of texts, each with its length, for comparisons that need no key.
pub fn hash_of<'a>(parts: impl Iterator<Item = &'a str>) -> u64 {
    let mut text = Vec::with_capacity(1024);
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part.as_bytes());
    }
    let octets = digest::digest(&digest::SHA256, &text);
    octets.as_ref().iter().take(8).fold(0, |hash, octet| hash << 8 | u64::from(*octet))
}

/// The end-to-end id of a payout without one that fits: its token, as much of it as the rail carries. On rails with
/// short references the caller checks that it is unique among live payouts.
pub fn token_end_to_end_id(token: &PayoutToken, chars_max: usize) -> EndToEndId {
    let text: String = token.base32().chars().take(chars_max.max(1)).collect();
    EndToEndId::parse(&text).expect("letters and digits of a token are a reference")
}
