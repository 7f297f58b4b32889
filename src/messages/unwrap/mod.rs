//! What files come in: gzip, zip, base64, and documents one behind another. Turns it into streams of octets, bounded and
//! in flat memory. Never what stands in them, and never a file name on a disk.

pub mod base64;
pub mod fault;
pub mod gzip;
pub mod magic;
pub mod rewinding;
pub mod zip;

use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};

use fault::ArchiveError;
use gzip::Gzip;
use magic::{Content, HEAD_OCTETS};
use zip::Archive;

/// An input that can be read from any place again.
pub trait Seekable: BufRead + Seek {}

impl<R: Read + Seek> Seekable for BufReader<R> {}

impl<T: AsRef<[u8]>> Seekable for Cursor<T> {}

/// An input as it was opened.
pub enum Source<'a> {
    /// A file on a disk, or octets in memory.
    Seekable(&'a mut dyn Seekable),
    /// A pipe: it is read once, from front to back.
    Stream(&'a mut dyn BufRead),
}

/// Bounds on what an archive may demand of us. All chosen by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Octets that one input may become when it is inflated, all entries together. Far above any statement, and read within
    /// minutes.
    pub inflated_octets_max: u64,
    /// How many times larger than its compressed octets the inflated may be. Statements come to 10 to 60, and made ones with
    /// ever the same entry to 200; a bomb comes to 1,000, the most that deflate can.
    pub ratio_max: u64,
    /// Up to so many inflated octets no ratio is asked: they cost nothing.
    pub ratio_free_octets: u64,
    /// Entries of a zip archive. Banks put a file per account and day into one.
    pub entries_max: u64,
    /// Octets of the central directory of a zip archive, which is held in memory.
    pub directory_octets_max: u64,
    /// Octets of the name of an entry.
    pub name_octets_max: usize,
    /// Octets of a zip archive that arrives through a pipe or within base64, and is held in memory: its directory stands at
    /// its end. A larger one must be a file.
    pub held_octets_max: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            inflated_octets_max: 64 << 30,
            ratio_max: 400,
            ratio_free_octets: 4 << 20,
            entries_max: 4_096,
            directory_octets_max: 4 << 20,
            name_octets_max: 512,
            held_octets_max: 16 << 20,
        }
    }
}

/// Octets inflated at once. Chosen by us.
pub const BUFFER_OCTETS: usize = 64 * 1024;

/// Lets `take` read the one file that an input is or packs. An archive of several files is refused.
pub fn read_single<T>(
    source: Source<'_>,
    bounds: Bounds,
    take: impl FnOnce(&mut dyn BufRead) -> T,
) -> io::Result<T> {
    match source {
        Source::Seekable(input) => {
            let mut head = Vec::new();
            input.take(HEAD_OCTETS as u64).read_to_end(&mut head)?;
            input.seek(SeekFrom::Start(0))?;
            match Content::of(&head) {
                Content::Zip => read_only_entry(input, bounds, take),
                content => read_unzipped(content, &mut { input }, bounds, take),
            }
        }
        Source::Stream(input) => {
            let (content, mut input) = recognise(input)?;
            match content {
                Content::Zip => read_only_entry(&mut hold(&mut input, bounds)?, bounds, take),
                content => read_unzipped(content, &mut input, bounds, take),
            }
        }
    }
}

/// What a stream is, and the stream from its beginning.
pub fn recognise<R: BufRead>(input: R) -> io::Result<(Content, impl BufRead)> {
    let mut input = input;
    let mut head = Vec::new();
    (&mut input).take(HEAD_OCTETS as u64).read_to_end(&mut head)?;
    Ok((Content::of(&head), Cursor::new(head).chain(input)))
}

/// A whole stream in memory, within the bounds: the directory of a zip archive stands at its end.
pub fn hold(input: &mut dyn BufRead, bounds: Bounds) -> io::Result<Cursor<Vec<u8>>> {
    let limit = bounds.held_octets_max;
    let mut held = Vec::new();
    input.take(limit + 1).read_to_end(&mut held)?;
    if held.len() as u64 > limit {
        return Err(ArchiveError::Limit { what: "octets of a zip archive that is no file", limit }.into());
    }
    Ok(Cursor::new(held))
}

fn read_unzipped<T>(
    content: Content,
    input: &mut dyn BufRead,
    bounds: Bounds,
    take: impl FnOnce(&mut dyn BufRead) -> T,
) -> io::Result<T> {
    match content {
        Content::Gzip => Ok(take(&mut BufReader::with_capacity(BUFFER_OCTETS, Gzip::new(input, bounds)))),
        Content::Other(what) => Err(ArchiveError::Unsupported { what }.into()),
        Content::Plain | Content::Zip => Ok(take(input)),
    }
}

fn read_only_entry<T>(
    input: &mut dyn Seekable,
    bounds: Bounds,
    take: impl FnOnce(&mut dyn BufRead) -> T,
) -> io::Result<T> {
    let mut archive = Archive::open(input, bounds)?;
    let files: Vec<_> = archive.entries().iter().filter(|entry| !entry.is_folder()).cloned().collect();
    match files.as_slice() {
        [] => Err(ArchiveError::Empty.into()),
        [entry] => {
            let member = archive.member(entry)?;
            Ok(take(&mut BufReader::with_capacity(BUFFER_OCTETS, member)))
        }
        _ => Err(ArchiveError::Unsupported { what: "an archive of several files" }.into()),
    }
}
