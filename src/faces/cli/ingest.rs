//! `girogate ingest FILE… --bank ID`: bank messages fetched by hand, through the same pipeline as any other. The
//! operator, known by the certificate, answers for where they came from.

use super::file::read;
use super::frame::{Configured, tell, wait_for};
use super::screen::Screen;
use super::source::AskError;
use super::{Exit, Failure};
use crate::faces::client::path;
use serde_json::json;
use std::path::PathBuf;

/// `girogate ingest`
#[derive(Clone, Debug, clap::Args)]
pub struct Ingest {
    /// Files as the bank made them; - is standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The bank that they came from, by its id in the configuration
    #[arg(long)]
    pub bank: String,
    #[command(flatten)]
    pub configured: Configured,
}

impl Ingest {
    /// Brings each file.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        wait_for(bring(self, screen))
    }
}

async fn bring(args: &Ingest, screen: &mut Screen) -> Result<Exit, Failure> {
    let api = args.configured.means()?.api()?;
    let route = path(&["v1", "documents", &args.bank]);
    let mut exit = Exit::Done;
    for file in &args.files {
        let octets = read(file)?;
        // The document is known by its digest: brought twice, it is stored once.
        let answered = api.post(&route, "application/octet-stream", octets.into()).await?;
        if !answered.is_success() {
            let failure: Failure = AskError::Refused(answered).into();
            screen.failure(failure.code, &format!("{}: {}", file.display(), failure.text));
            exit = exit.max(failure.exit);
            continue;
        }
        let (document, known) =
            (answered.body["document"].as_str().unwrap_or_default(), &answered.body["known"]);
        if screen.is_json() {
            screen
                .record(&json!({ "file": file.display().to_string(), "document": document, "known": known }));
        } else {
            let news = if *known == true { "known already" } else { "stored, will be read" };
            tell(screen, &format!("{}: {document} {news}", file.display()));
        }
    }
    Ok(exit)
}
