//! `girogate anonymise`: copies of documents that name nobody, for test data and for questions to others. It chooses
//! the key and the places of the copies; what is replaced, and how, is `messages::anonymise`'s.

use super::file::Opened;
use super::screen::Screen;
use super::spool::Spool;
use super::{Exit, Failure, file, spool};
use crate::messages::anonymise::{AnonymiseError, Keyed, Replaced, Tokens, anonymise, gather};
use clap::Args;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek as _};
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
    /// A secret; under the same one the same text becomes the same, in all documents of a call and, but for the rare word that would
    /// become one of the document's own, in all calls. Random by default, and then not kept.
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
        let sources: Vec<Result<Source<'_>, Failure>> =
            self.files.iter().map(|path| Source::new(path)).collect();
        let octets = sources.iter().flatten().map(|source| source.octets).fold(0, u64::saturating_add);
        let tokens = Tokens::of_octets(octets);
        // The words of all documents are known before the first is copied.
        let gathered: Vec<Result<Source<'_>, Failure>> = sources
            .into_iter()
            .map(|source| source.and_then(|source| source.gather(&tokens).map(|()| source)))
            .collect();
        let mut exit = Exit::Done;
        for (index, source) in gathered.into_iter().enumerate() {
            // Names of files name people and banks too.
            let numbered =
                folder.as_ref().map(|folder| folder.join(format!("document-{:04}.xml", index + 1)));
            let output = numbered.or_else(|| self.output.clone());
            let copied = source.and_then(|source| source.copy(output.as_deref(), (&keyed, &tokens), screen));
            exit = exit.max(match copied {
                Ok(exit) => exit,
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

/// A document that is read twice.
struct Source<'p> {
    path: &'p Path,
    /// What came from front to back is kept aside.
    aside: Option<File>,
    octets: u64,
}

impl<'p> Source<'p> {
    fn new(path: &'p Path) -> Result<Source<'p>, Failure> {
        if let Opened::File(opened) = file::open_source(path)? {
            let metadata = opened.get_ref().metadata().map_err(|error| file::refused(path, &error))?;
            return Ok(Source { path, aside: None, octets: metadata.len() });
        }
        let outside = |error| Failure::outside("output.write", error);
        let mut aside = spool::unnamed().map_err(outside)?;
        let octets = std::io::copy(&mut file::open(path)?, &mut aside).map_err(outside)?;
        Ok(Source { path, aside: Some(aside), octets })
    }

    /// From its start.
    fn open(&self) -> Result<Box<dyn BufRead>, Failure> {
        let Some(aside) = &self.aside else { return file::open(self.path) };
        let rewound = aside.try_clone().and_then(|mut aside| aside.rewind().map(|()| aside));
        let aside = rewound.map_err(|error| file::refused(self.path, &error))?;
        Ok(Box::new(BufReader::new(aside)))
    }

    fn gather(&self, tokens: &Tokens) -> Result<(), Failure> {
        gather(&mut self.open()?, tokens).map_err(|error| refused(self.path, &error))
    }

    /// Copies it; a finding where a word could not be avoided.
    fn copy(
        &self,
        output: Option<&Path>,
        (keyed, tokens): (Keyed<'_>, &Tokens),
        screen: &mut Screen,
    ) -> Result<Exit, Failure> {
        let mut spool = Spool::new(output)?;
        let replaced = anonymise(&mut self.open()?, &mut spool, keyed, tokens)
            .map_err(|error| refused(self.path, &error))?;
        spool.keep(screen)?;
        show(self.path, output, replaced, screen);
        Ok(if replaced.coinciding == 0 { Exit::Done } else { Exit::Finding })
    }
}

fn refused(path: &Path, error: &AnonymiseError) -> Failure {
    match error {
        AnonymiseError::Input(source) => file::refused(path, source),
        AnonymiseError::Output(source) => Failure::outside("output.write", source),
        _ => Failure::finding(error.code(), format!("{}: {error}", path.display())),
    }
}

fn show(path: &Path, output: Option<&Path>, done: Replaced, screen: &mut Screen) {
    let Replaced { replaced, kept, coinciding } = done;
    let (name, place) = (file::shown(path), output.map(file::shown));
    let line = if screen.is_json() {
        json!({
            "record": "anonymised", "file": name, "output": place,
            "replaced": replaced, "kept": kept, "coinciding": coinciding,
        })
        .to_string()
    } else {
        let place = place.map_or(String::new(), |place| format!(" -> {place}"));
        let unavoided = match coinciding {
            0 => String::new(),
            _ => format!(
                "; {coinciding} words became another word of the documents, which have nearly all words of their form"
            ),
        };
        format!("{name}{place}: {replaced} texts replaced, {kept} kept{unavoided}")
    };
    screen.remark(&line);
}
