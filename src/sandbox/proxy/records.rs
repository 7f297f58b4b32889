//! Finds in the octets of a TLS client where its handshake ends and its request begins, by the heads of
//! the records alone. Never decrypts.

/// Octets of a record's head. Source: RFC 8446, section 5.1.
const HEAD_OCTETS: usize = 5;
/// `ContentType` of a record. Source: RFC 8446, section 5.1.
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;

/// A client's octets so far.
///
/// Under TLS 1.3 the client's last flight is encrypted and looks like a request. Our clients send that flight
/// in one record (measured with rustls 0.23), so the first such record is the handshake's and the second the
/// request's. Under TLS 1.2 the flight is still marked as handshake. What does not begin like TLS is all request.
#[derive(Debug, Default)]
pub struct Records {
    head: Vec<u8>,
    left: usize,
    began: bool,
    plain: bool,
    ciphers_changed: bool,
    flight_passed: bool,
    in_request: bool,
}

impl Records {
    /// Takes further octets. The position in them from which they belong to requests, if any do.
    pub fn request_begins(&mut self, octets: &[u8]) -> Option<usize> {
        if !self.began {
            self.began = !octets.is_empty();
            self.plain = octets.first().is_some_and(|first| *first != HANDSHAKE);
        }
        if self.in_request || self.plain {
            return (!octets.is_empty()).then_some(0);
        }
        let mut position = 0;
        while let Some(octet) = octets.get(position) {
            if self.left > 0 {
                let step = self.left.min(octets.len() - position);
                self.left -= step;
                position += step;
                continue;
            }
            let start = position.saturating_sub(self.head.len());
            self.head.push(*octet);
            position += 1;
            if self.head.len() == 1 && self.is_request(*octet) {
                self.in_request = true;
                return Some(start);
            }
            if let [_, _, _, high, low] = self.head.as_slice() {
                self.left = usize::from(*high) << 8 | usize::from(*low);
                self.head.clear();
            }
        }
        debug_assert!(self.head.len() < HEAD_OCTETS);
        None
    }

    /// Whether a record of this type carries a request.
    fn is_request(&mut self, kind: u8) -> bool {
        match kind {
            CHANGE_CIPHER_SPEC => self.ciphers_changed = true,
            HANDSHAKE if self.ciphers_changed => self.flight_passed = true,
            APPLICATION if self.flight_passed => return true,
            APPLICATION => self.flight_passed = true,
            _ => {}
        }
        false
    }
}
