//! UTF-16 on its way through an eight-bit scan: in as UTF-8, out as it was. Refuses what is no UTF-16, which no eight-bit
//! text could carry back.

use std::io::{Error, ErrorKind, Read, Result, Write};

/// The order of the two octets of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    /// The order that the first octets of a document show.
    pub(super) fn of(octets: &[u8]) -> Option<Order> {
        match octets {
            [0xFE, 0xFF, ..] | [0x00, b'<', ..] => Some(Order::Big),
            [0xFF, 0xFE, 0x00, 0x00, ..] => None,
            [0xFF, 0xFE, ..] | [b'<', 0x00, ..] => Some(Order::Little),
            _ => None,
        }
    }

    fn unit(self, octets: [u8; 2]) -> u16 {
        match self {
            Order::Big => u16::from_be_bytes(octets),
            Order::Little => u16::from_le_bytes(octets),
        }
    }

    fn octets(self, unit: u16) -> [u8; 2] {
        match self {
            Order::Big => unit.to_be_bytes(),
            Order::Little => unit.to_le_bytes(),
        }
    }
}

/// Reads UTF-16 as UTF-8.
pub(super) struct Narrow<'r> {
    pub(super) input: &'r mut dyn Read,
    pub(super) order: Order,
    /// Octets of a character that is not whole yet.
    pub(super) cut: Vec<u8>,
    /// UTF-8 that was not asked for yet.
    pub(super) ready: Vec<u8>,
}

impl Read for Narrow<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        while self.ready.is_empty() {
            let mut chunk = [0_u8; 8192];
            let read = self.input.read(&mut chunk)?;
            if read == 0 {
                let whole = self.cut.is_empty();
                return if whole {
                    Ok(0)
                } else {
                    Err(Error::new(ErrorKind::InvalidData, "UTF-16 that ends within a character"))
                };
            }
            self.cut.extend_from_slice(chunk.get(..read).unwrap_or(&[]));
            self.decode()?;
        }
        let count = self.ready.len().min(out.len());
        let taken: Vec<u8> = self.ready.drain(..count).collect();
        out.iter_mut().zip(taken).for_each(|(slot, octet)| *slot = octet);
        Ok(count)
    }
}

impl Narrow<'_> {
    fn decode(&mut self) -> Result<()> {
        let mut units: Vec<u16> = self
            .cut
            .chunks_exact(2)
            .filter_map(<[u8]>::first_chunk::<2>)
            .map(|pair| self.order.unit(*pair))
            .collect();
        // The first half of a pair waits for the second.
        if units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit)) {
            units.pop();
        }
        self.cut.drain(..units.len() * 2);
        for character in char::decode_utf16(units) {
            let Ok(character) = character else {
                return Err(Error::new(ErrorKind::InvalidData, "octets that are no UTF-16"));
            };
            self.ready.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

/// Writes UTF-8 as UTF-16.
pub(super) struct Widen<'w> {
    pub(super) output: &'w mut dyn Write,
    pub(super) order: Order,
    /// Octets of a character that is not whole yet.
    pub(super) cut: Vec<u8>,
}

impl Write for Widen<'_> {
    fn write(&mut self, octets: &[u8]) -> Result<usize> {
        self.cut.extend_from_slice(octets);
        let whole = match std::str::from_utf8(&self.cut) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = std::str::from_utf8(self.cut.get(..whole).unwrap_or(&[])).unwrap_or("");
        let wide: Vec<u8> = text.encode_utf16().flat_map(|unit| self.order.octets(unit)).collect();
        self.output.write_all(&wide)?;
        self.cut.drain(..whole);
        Ok(octets.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.output.flush()
    }
}
