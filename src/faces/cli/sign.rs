//! `girogate sign`: puts an enveloped XML signature into a document.

use super::screen::Screen;
use super::{Exit, Failure, file};
use crate::signing::certificate::{Certificate, CertificateError};
use crate::signing::key::Signer;
use crate::signing::xmldsig::SignError;
use crate::signing::xmldsig::sign::{Place, sign};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Ways to sign a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scheme {
    /// XML Signature, enveloped, exclusive canonicalisation, SHA-256.
    Xmldsig,
}

/// `girogate sign`
#[derive(Args)]
pub struct Sign {
    /// How to sign.
    #[arg(long, value_enum)]
    scheme: Scheme,
    /// Private key, PKCS#8 in PEM, closed to group and others.
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    /// Its certificate.
    #[arg(long, value_name = "PEM")]
    cert: PathBuf,
    /// Element whose last child the signature becomes, like `/Document/CstmrCdtTrfInitn`; the root by default.
    #[arg(long, value_name = "XPATH")]
    place: Option<String>,
    /// The document; `-` is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where to write; standard output by default.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

impl Sign {
    /// Writes the signed document.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let Scheme::Xmldsig = self.scheme;
        let signer = Signer::read_file(&self.key).map_err(|error| Failure::usage(error.code(), error))?;
        let certificate = certificate(&self.cert)?;
        let place = match &self.place {
            Some(text) => Place::parse(text).map_err(|error| Failure::usage(error.code(), error))?,
            None => Place::Root,
        };
        let document = file::read(&self.input)?;
        let signed = sign(&document, &signer, &certificate, &place).map_err(|error| self.blame(&error))?;
        file::write(self.output.as_deref(), &signed.pieces(), screen)?;
        Ok(Exit::Done)
    }

    fn blame(&self, error: &SignError) -> Failure {
        match error {
            SignError::Certificate(_) | SignError::KeyMismatch { .. } | SignError::Key(_) => {
                Failure::usage(error.code(), error)
            }
            _ => Failure::finding(error.code(), format!("{}: {error}", file::shown(&self.input))),
        }
    }
}

/// A certificate named on the command line.
pub fn certificate(path: &Path) -> Result<Certificate, Failure> {
    Certificate::read_file(path).map_err(|error: CertificateError| Failure::usage(error.code(), error))
}
