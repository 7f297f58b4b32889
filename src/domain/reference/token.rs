//! The payout token, one number in two spellings (UETR and base32), and other people's UETRs; never the key it is made with.

use std::fmt;

use super::ReferenceError;

/// RFC 4648 section 6. Digits 0, 1, 8 and 9 are absent: nothing to confuse with O, I and B.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Lower-case digits of a UUID.
const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
/// Where the octets of a UUID stand in its text. Source: RFC 9562, section 4.
const UUID_PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
/// Characters of 128 bits in base32; the last one carries three bits, its low two are zero.
const TOKEN_CHARS: usize = 26;
/// Octets of a digest that become a message or batch id: 160 bits are 32 characters, within `Max35Text`.
const ID_OCTETS: usize = 20;

/// What identifies one payout everywhere: 122 bits of a keyed digest, shaped as a version 4 UUID (RFC 9562, section 5.4).
///
/// As a UUID it is the UETR; in base32 it is our payout id and the instruction id. Derived, not drawn: the same
/// payout gets the same token again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayoutToken([u8; 16]);

impl PayoutToken {
    /// Shapes the first 16 octets of a digest. The caller makes it: HMAC-SHA-256 over tenant, external id and version.
    pub fn from_digest(digest: [u8; 32]) -> PayoutToken {
        let mut octets = [0; 16];
        octets.copy_from_slice(&digest[..16]);
        octets[6] = octets[6] & 0x0F | 0x40;
        octets[8] = octets[8] & 0x3F | 0x80;
        PayoutToken(octets)
    }

    /// The 16 octets, for storage.
    pub fn octets(&self) -> [u8; 16] {
        self.0
    }

    /// From storage; refuses octets that are no version 4 UUID.
    pub fn from_octets(octets: [u8; 16]) -> Result<PayoutToken, ReferenceError> {
        let shaped = octets[6] >> 4 == 4 && octets[8] >> 6 == 0b10;
        shaped.then_some(PayoutToken(octets)).ok_or(ReferenceError::Token)
    }

    /// The UETR: lower-case UUID, 36 characters.
    pub fn uetr(&self) -> String {
        self.uetr_octets().into_iter().map(char::from).collect()
    }

    /// The octets of the UETR, for writing it without a detour.
    pub fn uetr_octets(&self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        for (octet, at) in self.0.into_iter().zip(UUID_PLACES) {
            text[at] = HEXADECIMAL[usize::from(octet >> 4)];
            text[at + 1] = HEXADECIMAL[usize::from(octet & 0x0F)];
        }
        text
    }

    /// Payout id and instruction id: 26 characters `[A-Z2-7]`.
    pub fn base32(&self) -> String {
        self.base32_octets().into_iter().map(char::from).collect()
    }

    /// The octets of the base32 form, for writing it without a detour.
    pub fn base32_octets(&self) -> [u8; TOKEN_CHARS] {
        let [first, second] = [0, 8].map(|at| {
            let octets = self.0[at..].first_chunk::<8>().expect("16 octets");
            u64::from_be_bytes(*octets)
        });
        // Twelve characters of either half; between them one of four bits and one bit, at the end three bits and two zeros.
        let middle = BASE32[((first << 1 | second >> 63) & 0x1F) as usize];
        let mut text = [middle; TOKEN_CHARS];
        text[25] = BASE32[(second << 2 & 0x1F) as usize];
        for (half, mut rest) in [(0, first >> 4), (13, second >> 3)] {
            for place in (half..half + 12).rev() {
                text[place] = BASE32[(rest & 0x1F) as usize];
                rest >>= 5;
            }
        }
        text
    }

    /// Reads our own base32 form again, in any case: some banks hand references back changed.
    pub fn parse_base32(text: &str) -> Result<PayoutToken, ReferenceError> {
        if text.len() != TOKEN_CHARS {
            return Err(ReferenceError::Token);
        }
        let digit = |byte: u8| BASE32.iter().position(|c| *c == byte.to_ascii_uppercase());
        let (head, last) = text.as_bytes().split_at(TOKEN_CHARS - 1);
        // 25 characters are 125 bits; the last character adds three, and its low two bits are padding.
        let head = head.iter().try_fold(0_u128, |value, byte| Some(value << 5 | digit(*byte)? as u128));
        let last = last.first().and_then(|byte| digit(*byte)).filter(|last| last & 0b11 == 0);
        match (head, last) {
            (Some(head), Some(last)) => {
                PayoutToken::from_octets((head << 3 | last as u128 >> 2).to_be_bytes())
            }
            _ => Err(ReferenceError::Token),
        }
    }

    /// Reads a UETR, in any case.
    pub fn parse_uetr(text: &str) -> Result<PayoutToken, ReferenceError> {
        let octets = uuid_octets(text).ok_or(ReferenceError::Uetr)?;
        PayoutToken::from_octets(octets).map_err(|_| ReferenceError::Uetr)
    }
}

impl fmt::Display for PayoutToken {
    /// The base32 form.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.base32())
    }
}

impl fmt::Debug for PayoutToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.base32())
    }
}

/// Unique end-to-end transaction reference as anybody may have made it: a version 4 UUID, kept in lower case.
/// Source: ISO 20022 `UUIDv4Identifier`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uetr(PayoutToken);

impl Uetr {
    /// Reads a version 4 UUID with its four hyphens, in any case.
    pub fn parse(text: &str) -> Result<Uetr, ReferenceError> {
        PayoutToken::parse_uetr(text).map(Uetr)
    }

    /// If it is one of ours, this is the payout's token. Only a look-up can tell.
    pub fn token(&self) -> PayoutToken {
        self.0
    }
}

impl fmt::Display for Uetr {
    /// Lower case, as the interbank network demands it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.uetr())
    }
}

impl fmt::Debug for Uetr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.uetr())
    }
}

/// A message or batch id from a digest: 32 characters `[A-Z2-7]`, its first 160 bits.
pub fn token_text(digest: [u8; 32]) -> String {
    base32(&digest[..ID_OCTETS])
}

fn base32(octets: &[u8]) -> String {
    let mut text = String::with_capacity((octets.len() * 8).div_ceil(5));
    let (mut held, mut bits) = (0_u32, 0_u32);
    for octet in octets {
        held = held << 8 | u32::from(*octet);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(BASE32[(held >> bits & 31) as usize] as char);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(BASE32[(held << (5 - bits) & 31) as usize] as char);
    }
    text
}

fn uuid_octets(text: &str) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let mut value = 0_u128;
    for (at, byte) in text.bytes().enumerate() {
        match at {
            8 | 13 | 18 | 23 if byte == b'-' => {}
            8 | 13 | 18 | 23 => return None,
            _ => value = value << 4 | u128::from(char::from(byte).to_digit(16)?),
        }
    }
    Some(value.to_be_bytes())
}
