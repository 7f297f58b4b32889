//! `girogate ingest FILE… --bank ID`: bank messages fetched by hand, through the same pipeline as any other. The
//! operator, known by the certificate, answers for where they came from.

use super::frame::{Exit, Failure, Means, Output};
use crate::faces::api::DOCUMENT_OCTETS_MAX;
use crate::faces::client::path;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What may be asked.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Files as the bank made them; - is standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The bank that they came from, by its id in the configuration
    #[arg(long)]
    pub bank: String,
}

/// Brings each file.
pub async fn run(args: &Args, means: &Means, out: &mut Output) -> Result<Exit, Failure> {
    let api = means.api()?;
    let route = path(&["v1", "documents", &args.bank]);
    let mut exit = Exit::Done;
    for file in &args.files {
        let octets = read(file)?;
        // The document is known by its digest: brought twice, it is stored once.
        let answered = api.post(&route, "application/octet-stream", octets.into()).await?;
        if !answered.is_success() {
            let failure: Failure = super::source::AskError::Refused(answered).into();
            exit = exit.max(out.fail(&failure));
            continue;
        }
        let (document, known) = (answered.body["document"].as_str().unwrap_or_default(), &answered.body["known"]);
        if out.is_json() {
            out.record(&json!({ "file": file.display().to_string(), "document": document, "known": known }));
        } else {
            let news = if *known == true { "known already" } else { "stored, will be read" };
            out.line(&format!("{}: {document} {news}", file.display()));
        }
    }
    Ok(exit)
}

/// The octets of a file, or of standard input where the name is `-`.
pub fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |cause: std::io::Error| Failure::file(file, &cause);
    let mut octets = Vec::new();
    // One more than is taken, so that a longer one is noticed.
    let most = DOCUMENT_OCTETS_MAX as u64 + 1;
    if file == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut octets).map_err(failed)?;
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut octets)).map_err(failed)?;
    }
    if octets.len() > DOCUMENT_OCTETS_MAX {
        let text = format!("{}: more than {DOCUMENT_OCTETS_MAX} octets", file.display());
        return Err(Failure::finding("file.too_large", text));
    }
    Ok(octets)
}
