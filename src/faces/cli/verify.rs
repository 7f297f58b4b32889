//! `girogate verify`: whether a document carries the signature of a pinned certificate. Exit 0 valid, 1 not.

use super::screen::{Screen, Tone};
use super::sign::{Scheme, certificate};
use super::{Exit, Failure, file};
use crate::signing::certificate::Certificate;
use crate::signing::xmldsig::verify::verify;
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// `girogate verify`
#[derive(Args)]
pub struct Verify {
    /// How it is signed.
    #[arg(long, value_enum)]
    scheme: Scheme,
    /// Certificates that are trusted; may be given several times.
    #[arg(long, value_name = "PEM", required = true)]
    cert: Vec<PathBuf>,
    /// The moment at which the certificate must hold, RFC 3339; the present by default.
    #[arg(long, value_name = "T")]
    as_of: Option<DateTime<Utc>>,
    /// The document; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Verify {
    /// Says whether and by whom it is signed.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let Scheme::Xmldsig = self.scheme;
        let pinned: Vec<Certificate> =
            self.cert.iter().map(|path| certificate(path)).collect::<Result<_, _>>()?;
        let document = file::read(&self.file)?;
        let name = file::shown(&self.file);
        match verify(&document, &pinned, self.as_of.unwrap_or_else(Utc::now)) {
            Ok(verified) if screen.is_json() => screen.record(&json!({
                "file": name, "valid": true, "signed": verified.signed_path, "digest": verified.digest,
                "algorithm": verified.algorithm.http_name(), "certificate": verified.certificate_subject,
                "certificate_sha256": verified.certificate_fingerprint,
            })),
            Ok(verified) => {
                let word = screen.word(Tone::Good, "valid");
                let (what, whose) = (&verified.signed_path, &verified.certificate_subject);
                screen.line(&format!(
                    "{name}: {word}: {what} signed by {whose} (certificate {})",
                    verified.certificate_fingerprint
                ));
            }
            Err(error) => {
                if screen.is_json() {
                    screen.record(&json!({ "file": name, "valid": false, "code": error.code(), "text": error.to_string() }));
                } else {
                    let word = screen.word(Tone::Bad, "not valid");
                    screen.line(&format!("{name}: {word}: {}: {error}", error.code()));
                }
                return Ok(Exit::Finding);
            }
        }
        Ok(Exit::Done)
    }
}
