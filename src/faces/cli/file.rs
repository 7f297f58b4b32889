//! Files named on the command line; `-` is standard input or output. Output appears whole or not at all.

use super::Failure;
use super::screen::Screen;
use crate::messages::unwrap::fault::ArchiveError;
use crate::messages::unwrap::{self, Bounds, Source};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Stdin, Write as _};
use std::path::{Path, PathBuf};

/// Octets read at once. Chosen by us: large enough that the system calls do not show.
const BUFFER_OCTETS: usize = 256 * 1024;

/// The file's name as it is shown.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// A file that is not there is wrong use; one that cannot be read to its end is the disk's fault.
pub fn refused(path: &Path, error: &io::Error) -> Failure {
    let text = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory => {
            Failure::usage("input.missing", text)
        }
        _ => Failure::outside("input.unreadable", text),
    }
}

/// An input as it can be read.
pub enum Opened {
    /// From any place.
    File(BufReader<File>),
    /// From front to back: a pipe or a device that has a name.
    Pipe(BufReader<File>),
    /// The same.
    Standard(BufReader<Stdin>),
}

impl Opened {
    /// The input for a reader that opens archives.
    pub fn source(&mut self) -> Source<'_> {
        match self {
            Opened::File(file) => Source::Seekable(file),
            Opened::Pipe(pipe) => Source::Stream(pipe),
            Opened::Standard(standard) => Source::Stream(standard),
        }
    }
}

/// Opens an input that may be an archive.
pub fn open_source(path: &Path) -> Result<Opened, Failure> {
    if is_standard(path) {
        return Ok(Opened::Standard(BufReader::with_capacity(BUFFER_OCTETS, io::stdin())));
    }
    let file = File::open(path).map_err(|error| refused(path, &error))?;
    let metadata = file.metadata().map_err(|error| refused(path, &error))?;
    if metadata.is_dir() {
        return Err(refused(path, &io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let is_file = metadata.is_file();
    let reader = BufReader::with_capacity(BUFFER_OCTETS, file);
    Ok(if is_file { Opened::File(reader) } else { Opened::Pipe(reader) })
}

/// Lets `take` read an input, or the one file that it packs.
pub fn unpacked<T>(path: &Path, take: impl FnOnce(&mut dyn BufRead) -> T) -> Result<T, Failure> {
    let mut input = open_source(path)?;
    unwrap::read_single(input.source(), Bounds::default(), take).map_err(|error| {
        match ArchiveError::of(&error) {
            Some(fault) => Failure::finding(fault.code(), format!("{}: {fault}", path.display())),
            None => refused(path, &error),
        }
    })
}

/// Opens an input as it is.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    Ok(match open_source(path)? {
        Opened::File(reader) | Opened::Pipe(reader) => Box::new(reader),
        Opened::Standard(reader) => Box::new(reader),
    })
}

/// A whole input.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    open(path)?.read_to_end(&mut octets).map_err(|error| refused(path, &error))?;
    Ok(octets)
}

/// Writes to the file, or to standard output where none is named. A file is replaced at once, never half written.
pub fn write(path: Option<&Path>, pieces: &[&[u8]], screen: &mut Screen) -> Result<(), Failure> {
    let Some(path) = path.filter(|path| !is_standard(path)) else {
        pieces.iter().for_each(|piece| screen.octets(piece));
        return Ok(());
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = write_new(&beside, pieces).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // The half-written file may not even exist.
        let _ = std::fs::remove_file(&beside);
        Failure::outside("output.write", format!("{}: {error}", path.display()))
    })
}

fn write_new(path: &Path, pieces: &[&[u8]]) -> io::Result<()> {
    let mut file = File::create(path)?;
    for piece in pieces {
        file.write_all(piece)?;
    }
    file.sync_all()
}
