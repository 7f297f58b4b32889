//! `girogate anonymise`: copies of documents that name nobody, for test data and for questions to others. It chooses
//! the key and the places of the copies; what is replaced, and how, is `messages::anonymise`'s.

use super::screen::Screen;
use super::spool::Spool;
use super::{Exit, Failure, file};
use crate::messages::anonymise::{AnonymiseError, Keyed, Replaced, anonymise};
use clap::Args;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Shortest key file, in octets. Chosen by us: 128 bits.
const KEY_OCTETS_MIN: usize = 16;

/// `girogate anonymise`
#[derive(Args)]
pub struct Anonymise {
    /// Documents; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where to write: a file, or a folder for several documents, which are numbered there. Standard output by default.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// A secret; under the same one the same text always becomes the same. Random by default, and then not kept.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl Anonymise {
    /// Copies each document, whatever became of the one before.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let key = self.secret()?;
        let keyed = |message: &[u8]| -> [u8; 32] {
            let mut context = key.clone();
            context.update(message);
            let mut taken = [0; 32];
            taken.iter_mut().zip(context.finish().as_ref()).for_each(|(slot, octet)| *slot = *octet);
            taken
        };
        let folder = match &self.output {
            Some(path) if path.is_dir() => Some(path.clone()),
            Some(path) if self.files.len() > 1 => {
                let made = std::fs::create_dir_all(path);
                made.map_err(|error| {
                    Failure::outside("output.write", format!("{}: {error}", path.display()))
                })?;
                Some(path.clone())
            }
            None if self.files.len() > 1 => {
                return Err(Failure::usage("output.folder", "several documents need a folder: -o DIR"));
            }
            _ => None,
        };
        let mut exit = Exit::Done;
        for (index, path) in self.files.iter().enumerate() {
            // Names of files name people and banks too.
            let numbered =
                folder.as_ref().map(|folder| folder.join(format!("document-{:04}.xml", index + 1)));
            let output = numbered.or_else(|| self.output.clone());
            exit = exit.max(match copy(path, output.as_deref(), &keyed, screen) {
                Ok(()) => Exit::Done,
                Err(failure) => {
                    screen.failure(failure.code, &failure.text);
                    failure.exit
                }
            });
        }
        Ok(exit)
    }

    /// The beginning of a digest under the key, a block of it, so that nobody without the key can repeat what follows.
    fn secret(&self) -> Result<Context, Failure> {
        let secret = match &self.key {
            Some(path) => file::read(path)?,
            None => {
                let mut secret = vec![0; 64];
                let drawn = SystemRandom::new().fill(&mut secret);
                drawn.map_err(|_| Failure::outside("key.random", "the system gives no random numbers"))?;
                secret
            }
        };
        if secret.len() < KEY_OCTETS_MIN {
            return Err(Failure::usage(
                "key.short",
                format!("the key has fewer than {KEY_OCTETS_MIN} octets"),
            ));
        }
        let mut block = ring::digest::digest(&SHA256, &secret).as_ref().to_vec();
        block.resize(64, 0);
        let mut context = Context::new(&SHA256);
        context.update(&block);
        Ok(context)
    }
}

fn copy(path: &Path, output: Option<&Path>, keyed: Keyed<'_>, screen: &mut Screen) -> Result<(), Failure> {
    let mut input = file::open(path)?;
    let mut spool = Spool::new(output)?;
    let replaced = anonymise(&mut input, &mut spool, keyed).map_err(|error| refused(path, &error))?;
    spool.keep(screen)?;
    show(path, output, replaced, screen);
    Ok(())
}

fn refused(path: &Path, error: &AnonymiseError) -> Failure {
    match error {
        AnonymiseError::Input(source) => file::refused(path, source),
        AnonymiseError::Output(source) => Failure::outside("output.write", source),
        _ => Failure::finding(error.code(), format!("{}: {error}", path.display())),
    }
}

fn show(path: &Path, output: Option<&Path>, Replaced { replaced, kept }: Replaced, screen: &mut Screen) {
    let (name, place) = (file::shown(path), output.map(file::shown));
    let line = if screen.is_json() {
        json!({ "record": "anonymised", "file": name, "output": place, "replaced": replaced, "kept": kept })
            .to_string()
    } else {
        let place = place.map_or(String::new(), |place| format!(" -> {place}"));
        format!("{name}{place}: {replaced} texts replaced, {kept} kept")
    };
    screen.remark(&line);
}
