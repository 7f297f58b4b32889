//! A zip archive as its entries, one after another: by the directory at its end, proved against the heads in front of the
//! entries. Source: PKWARE APPNOTE 6.3.10. Never a name as a path.

mod directory;
mod member;

use std::io::{self, Read, SeekFrom};

use super::fault::ArchiveError;
use super::{Bounds, Seekable};

pub use directory::Entry;
pub use member::Member;

/// An open archive.
pub struct Archive<'a> {
    input: &'a mut dyn Seekable,
    entries: Vec<Entry>,
    bounds: Bounds,
    /// Inflated so far, over all entries.
    inflated: u64,
}

impl<'a> Archive<'a> {
    /// Reads the directory. What is wrong with a single entry is told when that is opened.
    pub fn open(input: &'a mut dyn Seekable, bounds: Bounds) -> io::Result<Archive<'a>> {
        let entries = directory::read(input, bounds)?;
        Ok(Archive { input, entries, bounds, inflated: 0 })
    }

    /// The entries in the order of the directory, folders included.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The octets that an entry packs. They are proved while they are read: an error may come as late as at their end.
    pub fn member(&mut self, entry: &Entry) -> io::Result<Member<'_>> {
        entry.check_readable()?;
        let data = self.data_of(entry)?;
        self.input.seek(SeekFrom::Start(data))?;
        Ok(Member::new(&mut *self.input, entry, (self.bounds, &mut self.inflated)))
    }

    /// Where the data of an entry begin, behind its own head, which must say the same as the directory.
    fn data_of(&mut self, entry: &Entry) -> io::Result<u64> {
        self.input.seek(SeekFrom::Start(entry.offset))?;
        let mut head = [0; 30];
        read_exactly(self.input, &mut head)?;
        let (name_octets, extra_octets) = (u64::from(half(&head, 26)), u64::from(half(&head, 28)));
        let mut name = Vec::new();
        (&mut *self.input).take(name_octets).read_to_end(&mut name)?;
        let same = head.starts_with(b"PK\x03\x04")
            && name == entry.raw_name
            && half(&head, 8) == entry.method
            && (half(&head, 6) ^ entry.flags) & directory::FLAG_ENCRYPTED == 0;
        let data = entry.offset + 30 + name_octets + extra_octets;
        if !same || data.saturating_add(entry.packed_octets) > entry.end_max {
            return Err(ArchiveError::damaged(format!(
                "entry {} is not where the directory says",
                entry.name
            ))
            .into());
        }
        Ok(data)
    }
}

fn read_exactly(input: &mut dyn Seekable, octets: &mut [u8]) -> io::Result<()> {
    input.read_exact(octets).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Truncated.into(),
        _ => error,
    })
}

/// A number of two octets, the least first; 0 where there are none, which no caller asks for.
fn half(octets: &[u8], at: usize) -> u16 {
    octets.get(at..at + 2).and_then(<[u8]>::first_chunk).map_or(0, |pair| u16::from_le_bytes(*pair))
}

fn word(octets: &[u8], at: usize) -> u32 {
    octets.get(at..at + 4).and_then(<[u8]>::first_chunk).map_or(0, |four| u32::from_le_bytes(*four))
}

fn double(octets: &[u8], at: usize) -> u64 {
    octets.get(at..at + 8).and_then(<[u8]>::first_chunk).map_or(0, |eight| u64::from_le_bytes(*eight))
}
