//! The central directory of a zip archive: which entries it has and where. Never their contents.

use std::io::{self, SeekFrom};

use super::{double, half, read_exactly, word};
use crate::messages::unwrap::fault::ArchiveError;
use crate::messages::unwrap::{Bounds, Seekable};

/// Bit 0 of the general purpose flags. Source: APPNOTE, section 4.4.4; bits 6 and 13 come with it only.
pub(super) const FLAG_ENCRYPTED: u16 = 1;
const FLAG_UTF_8: u16 = 1 << 11;

/// Fixed part of the end of the directory, and the longest comment behind it. Source: APPNOTE, section 4.3.16.
const END_OCTETS: u64 = 22;
const COMMENT_OCTETS_MAX: u64 = 65_535;
/// Source: APPNOTE, sections 4.3.14 and 4.3.15.
const LOCATOR_64_OCTETS: u64 = 20;
const END_64_OCTETS: usize = 56;
/// Fixed part of an entry of the directory. Source: APPNOTE, section 4.3.12.
const ENTRY_OCTETS: usize = 46;
/// Stands where the true value is in the extra field of zip64.
const SEE_64: u32 = u32::MAX;

/// An entry of the directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Name as it is shown: control characters and what is no UTF-8 are replaced. Nothing is ever written there.
    pub name: String,
    pub(super) raw_name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) checksum: u32,
    pub(super) packed_octets: u64,
    pub(super) octets: u64,
    pub(super) offset: u64,
    /// Where the next entry, or the directory, begins.
    pub(super) end_max: u64,
    is_link: bool,
    is_second: bool,
}

impl Entry {
    /// Whether it is a folder, which holds nothing of its own.
    pub fn is_folder(&self) -> bool {
        self.raw_name.ends_with(b"/") && self.octets == 0
    }

    /// Whether an entry before it has the same name.
    pub fn is_second(&self) -> bool {
        self.is_second
    }

    pub(super) fn check_readable(&self) -> Result<(), ArchiveError> {
        let entry = || self.name.clone();
        if self.flags & FLAG_ENCRYPTED != 0 {
            return Err(ArchiveError::Encrypted { entry: entry() });
        }
        if self.is_link {
            return Err(ArchiveError::Entry { entry: entry(), what: "a symbolic link" });
        }
        match method_name(self.method) {
            None => Ok(()),
            Some(method) => Err(ArchiveError::Method { entry: entry(), method }),
        }
    }
}

/// None for stored and deflated. Source: APPNOTE, section 4.4.5.
fn method_name(method: u16) -> Option<String> {
    let name = match method {
        0 | 8 => return None,
        1 => "shrinking",
        6 => "imploding",
        9 => "deflate64",
        12 => "bzip2",
        14 => "lzma",
        93 => "zstd",
        95 => "xz",
        98 => "ppmd",
        99 => "encryption",
        other => return Some(format!("method {other}")),
    };
    Some(name.to_owned())
}

/// Where the directory is.
struct Place {
    entries: u64,
    octets: u64,
    offset: u64,
    /// Where what describes it begins: it must end there.
    end: u64,
}

/// Reads the whole directory.
pub(super) fn read(input: &mut dyn Seekable, bounds: Bounds) -> io::Result<Vec<Entry>> {
    let place = find(input)?;
    for (what, value, limit) in [
        ("entries", place.entries, bounds.entries_max),
        ("octets of the directory", place.octets, bounds.directory_octets_max),
    ] {
        if value > limit {
            return Err(ArchiveError::Limit { what, limit }.into());
        }
    }
    if place.offset.checked_add(place.octets) != Some(place.end) {
        return Err(ArchiveError::damaged("the directory is not where its end says").into());
    }
    input.seek(SeekFrom::Start(place.offset))?;
    let mut octets = vec![0; usize::try_from(place.octets).unwrap_or(usize::MAX)];
    read_exactly(input, &mut octets)?;
    let mut entries = Vec::new();
    let mut rest = octets.as_slice();
    while !rest.is_empty() {
        let (entry, after) = read_entry(rest, bounds)?;
        entries.push(entry);
        rest = after;
    }
    if entries.len() as u64 != place.entries {
        return Err(ArchiveError::damaged("the directory has not as many entries as it says").into());
    }
    check_places(&mut entries, place.offset)?;
    Ok(entries)
}

/// Finds the end of the directory from behind.
fn find(input: &mut dyn Seekable) -> io::Result<Place> {
    let length = input.seek(SeekFrom::End(0))?;
    let tail_octets = length.min(END_OCTETS + COMMENT_OCTETS_MAX);
    input.seek(SeekFrom::Start(length - tail_octets))?;
    let mut tail = vec![0; usize::try_from(tail_octets).unwrap_or(0)];
    read_exactly(input, &mut tail)?;
    // The comment behind it must reach the end of the file exactly, or a comment could hold a second end.
    let fits = |at: &usize| {
        let rest = tail.get(*at..).unwrap_or(&[]);
        rest.len() >= END_OCTETS as usize && usize::from(half(rest, 20)) + END_OCTETS as usize == rest.len()
    };
    let mut ends = memchr::memmem::find_iter(&tail, b"PK\x05\x06").filter(fits);
    let Some(at) = ends.next() else { return Err(ArchiveError::Truncated.into()) };
    if ends.next().is_some() {
        return Err(ArchiveError::damaged("two ends of the directory").into());
    }
    let end = tail.get(at..).unwrap_or(&[]);
    let offset_of_end = length - tail_octets + at as u64;
    let place = Place {
        entries: u64::from(half(end, 10)),
        octets: u64::from(word(end, 12)),
        offset: u64::from(word(end, 16)),
        end: offset_of_end,
    };
    let is_64 = half(end, 10) == u16::MAX || word(end, 12) == SEE_64 || word(end, 16) == SEE_64;
    if is_64 && let Some(place) = find_64(input, offset_of_end)? {
        return Ok(place);
    }
    if half(end, 4) != 0 || half(end, 6) != 0 || half(end, 8) != half(end, 10) {
        return Err(ArchiveError::Unsupported { what: "a zip archive in several volumes" }.into());
    }
    Ok(place)
}

/// The end of the directory in the form of zip64; none where there is no such form.
fn find_64(input: &mut dyn Seekable, offset_of_end: u64) -> io::Result<Option<Place>> {
    let Some(offset) = offset_of_end.checked_sub(LOCATOR_64_OCTETS) else { return Ok(None) };
    input.seek(SeekFrom::Start(offset))?;
    let mut locator = [0; LOCATOR_64_OCTETS as usize];
    read_exactly(input, &mut locator)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    let offset = double(&locator, 8);
    let mut end = [0; END_64_OCTETS];
    if offset > offset_of_end {
        return Err(ArchiveError::damaged("the end of the directory is behind itself").into());
    }
    input.seek(SeekFrom::Start(offset))?;
    read_exactly(input, &mut end)?;
    if !end.starts_with(b"PK\x06\x06") {
        return Err(ArchiveError::damaged("no end of the directory where its locator says").into());
    }
    if word(&end, 16) != 0 || word(&end, 20) != 0 || double(&end, 24) != double(&end, 32) {
        return Err(ArchiveError::Unsupported { what: "a zip archive in several volumes" }.into());
    }
    Ok(Some(Place {
        entries: double(&end, 32),
        octets: double(&end, 40),
        offset: double(&end, 48),
        end: offset,
    }))
}

/// Reads the entry at the beginning; gives the rest back.
fn read_entry(octets: &[u8], bounds: Bounds) -> Result<(Entry, &[u8]), ArchiveError> {
    let cut = || ArchiveError::damaged("an entry of the directory is cut");
    if octets.len() < ENTRY_OCTETS || !octets.starts_with(b"PK\x01\x02") {
        return Err(cut());
    }
    let lengths = [half(octets, 28), half(octets, 30), half(octets, 32)].map(usize::from);
    let [name_octets, extra_octets, comment_octets] = lengths;
    let name_end = ENTRY_OCTETS + name_octets;
    let extra_end = name_end + extra_octets;
    let raw_name = octets.get(ENTRY_OCTETS..name_end).ok_or_else(cut)?;
    let extra = octets.get(name_end..extra_end).ok_or_else(cut)?;
    let rest = octets.get(extra_end + comment_octets..).ok_or_else(cut)?;
    if name_octets > bounds.name_octets_max {
        let limit = bounds.name_octets_max as u64;
        return Err(ArchiveError::Limit { what: "octets of the name of an entry", limit });
    }
    let mut values = Extra64::of(extra);
    let octets_unpacked = values.value(word(octets, 24))?;
    let packed_octets = values.value(word(octets, 20))?;
    let offset = values.value(word(octets, 42))?;
    // The upper octet of the version tells whose attributes follow; 3 is Unix, whose link has the type 12.
    let is_link = half(octets, 4) >> 8 == 3 && word(octets, 38) >> 28 == 0xA;
    let flags = half(octets, 8);
    let entry = Entry {
        name: shown(raw_name, flags),
        raw_name: raw_name.to_vec(),
        flags,
        method: half(octets, 10),
        checksum: word(octets, 16),
        packed_octets,
        octets: octets_unpacked,
        offset,
        end_max: 0,
        is_link,
        is_second: false,
    };
    Ok((entry, rest))
}

/// The extra field of zip64: values of eight octets, present only for those that did not fit. Source: APPNOTE, section 4.5.3.
struct Extra64<'a> {
    rest: &'a [u8],
}

impl<'a> Extra64<'a> {
    fn of(extra: &'a [u8]) -> Extra64<'a> {
        let mut rest = extra;
        while rest.len() >= 4 {
            let length = usize::from(half(rest, 2));
            let body = rest.get(4..4 + length).unwrap_or(&[]);
            if half(rest, 0) == 1 {
                return Extra64 { rest: body };
            }
            rest = rest.get(4 + length..).unwrap_or(&[]);
        }
        Extra64 { rest: &[] }
    }

    fn value(&mut self, short: u32) -> Result<u64, ArchiveError> {
        if short != SEE_64 {
            return Ok(u64::from(short));
        }
        let Some((value, rest)) = self.rest.split_first_chunk::<8>() else {
            return Err(ArchiveError::damaged("a size is missing in the directory"));
        };
        self.rest = rest;
        Ok(u64::from_le_bytes(*value))
    }
}

fn shown(raw: &[u8], flags: u16) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) if flags & FLAG_UTF_8 != 0 => String::from_utf8_lossy(raw).into_owned(),
        // Some old code page: its letters cannot be told.
        Err(_) => raw.iter().map(|octet| if octet.is_ascii() { char::from(*octet) } else { '?' }).collect(),
    };
    text.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

/// No two entries may share octets: else a small archive could name the same data ever again. Sets where each must end.
fn check_places(entries: &mut [Entry], directory: u64) -> Result<(), ArchiveError> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| entries.get(*index).map(|entry| entry.offset));
    let mut next = directory;
    for index in order.into_iter().rev() {
        let Some(entry) = entries.get_mut(index) else { continue };
        let head = 30 + entry.raw_name.len() as u64;
        let end = entry.offset.checked_add(head).and_then(|start| start.checked_add(entry.packed_octets));
        if end.is_none_or(|end| end > next) {
            return Err(ArchiveError::damaged(format!("entry {} overlaps what follows it", entry.name)));
        }
        entry.end_max = next;
        next = entry.offset;
    }
    let mut names: Vec<(&[u8], usize)> =
        entries.iter().enumerate().map(|(index, entry)| (entry.raw_name.as_slice(), index)).collect();
    names.sort_unstable();
    let pairs = names.iter().zip(names.iter().skip(1));
    let seconds: Vec<usize> =
        pairs.filter(|((name, _), (other, _))| name == other).map(|(_, (_, index))| *index).collect();
    for index in seconds {
        if let Some(entry) = entries.get_mut(index) {
            entry.is_second = true;
        }
    }
    Ok(())
}
