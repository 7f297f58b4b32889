//! From an input to the streams of XML in it: opens what is packed, entry by entry. Never looks at a document.

use std::io::{self, BufRead, BufReader, Read as _, SeekFrom};

use super::run::{Run, refuse};
use super::search::{Stream, read_stream};
use crate::messages::reading::Output;
use crate::messages::unwrap::fault::ArchiveError;
use crate::messages::unwrap::gzip::Gzip;
use crate::messages::unwrap::magic::{Content, HEAD_OCTETS};
use crate::messages::unwrap::zip::Archive;
use crate::messages::unwrap::{BUFFER_OCTETS, Seekable, Source, hold, recognise};

/// Reads every document of an input, whatever it is packed in.
pub(super) fn read(run: &mut Run<'_>, source: Source<'_>, output: &mut Output<'_>) {
    let done = match source {
        Source::Seekable(input) => read_seekable(run, input, output),
        Source::Stream(input) => read_once(run, input, output),
    };
    if let Err(error) = done {
        refuse(run, error, output);
    }
}

fn read_seekable(run: &mut Run<'_>, input: &mut dyn Seekable, output: &mut Output<'_>) -> io::Result<()> {
    let mut head = Vec::new();
    input.take(HEAD_OCTETS as u64).read_to_end(&mut head)?;
    input.seek(SeekFrom::Start(0))?;
    match Content::of(&head) {
        Content::Zip => read_zip(run, input, output),
        content => read_content(run, content, &mut { input }, output),
    }
}

/// From front to back. A zip archive is held in memory, if it is small enough.
fn read_once(run: &mut Run<'_>, input: &mut dyn BufRead, output: &mut Output<'_>) -> io::Result<()> {
    let (content, mut whole) = recognise(input)?;
    match content {
        Content::Zip => {
            let mut held = hold(&mut whole, run.bounds)?;
            read_zip(run, &mut held, output)
        }
        content => read_content(run, content, &mut whole, output),
    }
}

fn read_content(
    run: &mut Run<'_>,
    content: Content,
    input: &mut dyn BufRead,
    output: &mut Output<'_>,
) -> io::Result<()> {
    match content {
        Content::Gzip => {
            let mut inflated = BufReader::with_capacity(BUFFER_OCTETS, Gzip::new(input, run.bounds));
            read_unpacked(run, &mut inflated, output)
        }
        Content::Other(what) => Err(ArchiveError::Unsupported { what }.into()),
        Content::Plain | Content::Zip => {
            read_stream(run, input, Stream::default(), output);
            Ok(())
        }
    }
}

/// What came out of an archive must not be one again: depth would multiply every bound.
fn read_unpacked(run: &mut Run<'_>, input: &mut dyn BufRead, output: &mut Output<'_>) -> io::Result<()> {
    let (content, mut whole) = recognise(input)?;
    if let Some(what) = content.name() {
        return Err(ArchiveError::Nested { what }.into());
    }
    read_stream(run, &mut whole, Stream::default(), output);
    Ok(())
}

/// Each entry is read, whatever became of the one before.
fn read_zip(run: &mut Run<'_>, input: &mut dyn Seekable, output: &mut Output<'_>) -> io::Result<()> {
    let mut archive = Archive::open(input, run.bounds)?;
    let entries: Vec<_> = archive.entries().iter().filter(|entry| !entry.is_folder()).cloned().collect();
    if entries.is_empty() {
        return Err(ArchiveError::Empty.into());
    }
    let outer = run.file.clone();
    for entry in &entries {
        run.file = Some(format!("{}!{}", outer.as_deref().unwrap_or("-"), entry.name));
        run.begin_file();
        if entry.is_second() {
            refuse(run, ArchiveError::DuplicateName { entry: entry.name.clone() }.into(), output);
        }
        let read = archive.member(entry).and_then(|member| {
            let mut inflated = BufReader::with_capacity(BUFFER_OCTETS, member);
            read_unpacked(run, &mut inflated, output)
        });
        if let Err(error) = read {
            refuse(run, error, output);
        }
        if run.is_over() {
            break;
        }
    }
    run.file = outer;
    Ok(())
}
