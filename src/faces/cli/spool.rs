//! Output of any length that appears whole or not at all: kept beside its place until it is complete.

use super::Failure;
use super::screen::Screen;
use crate::messages::reading::Aside;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Octets copied at once.
const BUFFER_OCTETS: usize = 256 * 1024;

/// An output in the making. Dropped without `keep`, it leaves nothing behind.
pub struct Spool {
    file: BufWriter<File>,
    beside: PathBuf,
    /// `None` is standard output.
    path: Option<PathBuf>,
}

impl Spool {
    /// For a file, or for standard output where none is named.
    pub fn new(path: Option<&Path>) -> Result<Spool, Failure> {
        let path = path.filter(|path| *path != Path::new("-"));
        let mut beside = match path {
            Some(path) => path.as_os_str().to_owned(),
            None => std::env::temp_dir().join("girogate").into_os_string(),
        };
        beside.push(format!(".{}.part", std::process::id()));
        let beside = PathBuf::from(beside);
        let file = File::options().read(true).write(true).create_new(true).open(&beside);
        let file =
            file.map_err(|error| Failure::outside("output.write", format!("{}: {error}", beside.display())))?;
        let file = BufWriter::with_capacity(BUFFER_OCTETS, file);
        Ok(Spool { file, beside, path: path.map(Path::to_path_buf) })
    }

    /// What was written so far, from its start.
    pub fn reader(&mut self) -> Result<BufReader<File>, Failure> {
        let reopened = self.file.flush().and_then(|()| File::open(&self.beside));
        Ok(BufReader::with_capacity(BUFFER_OCTETS, reopened.map_err(|error| self.failed(&error))?))
    }

    /// Puts the output in its place.
    pub fn keep(mut self, screen: &mut Screen) -> Result<(), Failure> {
        let kept = match self.path.clone() {
            Some(path) => self.file.flush().and_then(|()| {
                self.file.get_ref().sync_all()?;
                std::fs::rename(&self.beside, path)
            }),
            None => self.copy(screen),
        };
        kept.map_err(|error| self.failed(&error))
    }

    fn copy(&mut self, screen: &mut Screen) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.rewind()?;
        let mut chunk = vec![0; BUFFER_OCTETS];
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 || screen.is_closed() {
                return Ok(());
            }
            screen.octets(chunk.get(..read).unwrap_or(&[]));
        }
    }

    fn failed(&self, error: &io::Error) -> Failure {
        let place = self.path.as_deref().unwrap_or(Path::new("standard output"));
        Failure::outside("output.write", format!("{}: {error}", place.display()))
    }
}

impl Write for Spool {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // After `keep` into a file there is nothing left to remove.
        let _ = std::fs::remove_file(&self.beside);
    }
}

/// A file for what is read more than once, which has no name and is gone when it is closed.
pub fn unnamed() -> io::Result<File> {
    let path = free_path();
    let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// A file that has no name and is gone when it is closed: names and accounts of a report stand in it.
pub fn nameless() -> io::Result<Aside> {
    let path = free_path();
    let writer = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
    let reader = File::open(&path);
    std::fs::remove_file(&path)?;
    Ok(Aside { writer: Box::new(writer), reader: Box::new(reader?) })
}

fn free_path() -> PathBuf {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("girogate.{}.{number}.aside", std::process::id()))
}
