//! A gzip stream as the octets that were packed: several members one behind another, checksums proved, bounds held.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::Bounds;
use super::fault::ArchiveError;

/// Counts what is taken from an input, and remembers whether it failed.
pub(super) struct Taken<R> {
    input: R,
    pub(super) octets: u64,
    failed: bool,
}

impl<R> Taken<R> {
    pub(super) fn new(input: R) -> Taken<R> {
        Taken { input, octets: 0, failed: false }
    }

    /// What an error of inflating these octets says: the input's own, or that of the archive.
    pub(super) fn fault(&self, error: io::Error) -> io::Error {
        if self.failed { error } else { ArchiveError::of_inflating(error) }
    }
}

impl<R: BufRead> Read for Taken<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer);
        self.failed |= read.is_err();
        self.octets += *read.as_ref().unwrap_or(&0) as u64;
        read
    }
}

impl<R: BufRead> BufRead for Taken<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let filled = self.input.fill_buf();
        self.failed |= filled.is_err();
        filled
    }

    fn consume(&mut self, octets: usize) {
        self.octets += octets as u64;
        self.input.consume(octets);
    }
}

/// Refuses what grows beyond the bounds.
pub(super) fn check_growth(bounds: Bounds, inflated: u64, packed: u64) -> Result<(), ArchiveError> {
    if inflated > bounds.inflated_octets_max {
        let limit = bounds.inflated_octets_max;
        return Err(ArchiveError::Limit { what: "inflated octets", limit });
    }
    if inflated > bounds.ratio_free_octets && inflated / bounds.ratio_max > packed {
        return Err(ArchiveError::Limit {
            what: "the ratio of inflated to packed octets",
            limit: bounds.ratio_max,
        });
    }
    Ok(())
}

/// Where the reader stands.
enum State<R> {
    Member(Box<GzDecoder<Taken<R>>>),
    Between(Taken<R>),
    Ended,
}

/// Reads what a gzip stream packs.
pub struct Gzip<R> {
    state: State<R>,
    bounds: Bounds,
    inflated: u64,
}

impl<R: BufRead> Gzip<R> {
    /// A reader of a stream that begins with a gzip member.
    pub fn new(input: R, bounds: Bounds) -> Gzip<R> {
        let decoder = GzDecoder::new(Taken::new(input));
        Gzip { state: State::Member(Box::new(decoder)), bounds, inflated: 0 }
    }

    /// Behind a member: another one, zeros up to the end, or something that does not belong there.
    /// Source: RFC 1952, section 2.2; the zeros are padding of tapes and blocks, which gzip(1) passes over too.
    fn next_state(mut input: Taken<R>) -> io::Result<State<R>> {
        loop {
            let octets = input.fill_buf()?;
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            match octets.get(zeros) {
                None if zeros == 0 => return Ok(State::Ended),
                None => input.consume(zeros),
                Some(0x1F) => {
                    input.consume(zeros);
                    return Ok(State::Member(Box::new(GzDecoder::new(input))));
                }
                Some(_) => {
                    return Err(ArchiveError::damaged("octets behind the end of the gzip stream").into());
                }
            }
        }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(input) => Gzip::next_state(input)?,
                State::Member(mut decoder) => {
                    let read = decoder.read(buffer);
                    let read = read.map_err(|error| decoder.get_ref().fault(error))?;
                    if read == 0 {
                        State::Between(decoder.into_inner())
                    } else {
                        self.inflated += read as u64;
                        check_growth(self.bounds, self.inflated, decoder.get_ref().octets)?;
                        self.state = State::Member(decoder);
                        return Ok(read);
                    }
                }
            }
        }
    }
}
