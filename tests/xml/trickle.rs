//! Input that arrives in small pieces. Never what they mean.

use std::io::{BufRead, Read};

/// A reader that hands out a few octets at a time, so that every token is cut everywhere.
pub struct Trickle<'a> {
    pub rest: &'a [u8],
    pub step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let some = self.fill_buf()?;
        let length = some.len().min(buffer.len());
        buffer[..length].copy_from_slice(&some[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Trickle<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        Ok(self.rest.get(..self.step).unwrap_or(self.rest))
    }

    fn consume(&mut self, amount: usize) {
        self.rest = &self.rest[amount..];
    }
}
