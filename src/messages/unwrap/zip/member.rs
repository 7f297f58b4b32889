//! One entry of a zip archive while it is read: inflated, counted, its checksum proved at its end.

use std::io::{self, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::Entry;
use crate::messages::unwrap::fault::ArchiveError;
use crate::messages::unwrap::gzip::{Taken, check_growth};
use crate::messages::unwrap::{Bounds, Seekable};

type Packed<'a> = Taken<io::Take<&'a mut dyn Seekable>>;

enum Data<'a> {
    Stored(Packed<'a>),
    Deflated(Box<DeflateDecoder<Packed<'a>>>),
}

/// Reads the octets of an entry.
pub struct Member<'a> {
    data: Data<'a>,
    crc: Crc,
    checksum: u32,
    octets: u64,
    packed_octets: u64,
    read: u64,
    bounds: Bounds,
    /// Of the whole archive.
    inflated: &'a mut u64,
    ended: bool,
}

impl<'a> Member<'a> {
    /// Over an input that stands at the data of the entry.
    pub(super) fn new(
        input: &'a mut dyn Seekable,
        entry: &Entry,
        (bounds, inflated): (Bounds, &'a mut u64),
    ) -> Member<'a> {
        let packed = Taken::new(input.take(entry.packed_octets));
        let data = match entry.method {
            0 => Data::Stored(packed),
            _ => Data::Deflated(Box::new(DeflateDecoder::new(packed))),
        };
        Member {
            data,
            crc: Crc::new(),
            checksum: entry.checksum,
            octets: entry.octets,
            packed_octets: entry.packed_octets,
            read: 0,
            bounds,
            inflated,
            ended: false,
        }
    }

    fn packed(&self) -> &Packed<'a> {
        match &self.data {
            Data::Stored(packed) => packed,
            Data::Deflated(decoder) => decoder.get_ref(),
        }
    }

    fn check_end(&mut self) -> io::Result<()> {
        self.ended = true;
        let packed = self.packed().octets;
        if packed < self.packed_octets && matches!(self.data, Data::Stored(_)) {
            return Err(ArchiveError::Truncated.into());
        }
        if self.read != self.octets || packed != self.packed_octets {
            return Err(ArchiveError::damaged("an entry has another size than the directory says").into());
        }
        if self.crc.sum() != self.checksum {
            return Err(ArchiveError::Checksum.into());
        }
        Ok(())
    }
}

impl Read for Member<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.ended {
            return Ok(0);
        }
        let read = match &mut self.data {
            Data::Stored(packed) => packed.read(buffer),
            Data::Deflated(decoder) => decoder.read(buffer),
        };
        let read = read.map_err(|error| self.packed().fault(error))?;
        if read == 0 {
            self.check_end()?;
            return Ok(0);
        }
        self.crc.update(buffer.get(..read).unwrap_or(&[]));
        self.read += read as u64;
        *self.inflated += read as u64;
        if self.read > self.octets {
            return Err(ArchiveError::damaged("an entry has more octets than the directory says").into());
        }
        check_growth(self.bounds, self.read, self.packed().octets)?;
        check_growth(Bounds { ratio_free_octets: u64::MAX, ..self.bounds }, *self.inflated, 0)?;
        Ok(read)
    }
}
