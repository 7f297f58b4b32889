//! `girogate audit verify`: chain, heads, documents, and views = fold(facts), read from the store directly.

use super::frame::{Configured, tell, wait_for};
use super::screen::Screen;
use super::{Exit, Failure};
use crate::domain::entry::Digest;
use crate::store::audit::AuditReport;
use serde_json::json;

/// `girogate audit`
#[derive(Clone, Debug, clap::Args)]
pub struct Audit {
    #[command(subcommand)]
    what: What,
}

/// The audits.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum What {
    /// Check that nothing was changed, removed or lost: chain of facts, send journal, documents, views.
    Verify(Configured),
}

impl Audit {
    /// Audits; findings exit with 1.
    pub fn run(&self, screen: &mut Screen) -> Result<Exit, Failure> {
        let What::Verify(configured) = &self.what;
        wait_for(verify(configured, screen))
    }
}

async fn verify(configured: &Configured, screen: &mut Screen) -> Result<Exit, Failure> {
    let report = configured.means()?.store()?.audit().await?;
    Ok(show(&report, screen))
}

/// Shows what an audit found; a finding is an exit of its own.
pub fn show(report: &AuditReport, screen: &mut Screen) -> Exit {
    let head = Digest(report.head.hash).hex();
    if screen.is_json() {
        for finding in &report.findings {
            screen.record(&json!({
                "record": "finding", "code": finding.code, "place": finding.place, "text": finding.text,
            }));
        }
        screen.record(&json!({
            "record": "audit", "passed": report.passed(), "head": { "seq": report.head.seq, "hash": head },
            "facts": report.facts, "sections": report.sections, "documents": report.documents,
            "journal_lines": report.journal_lines, "rows": report.rows, "remarks": report.remarks,
        }));
    } else {
        for finding in &report.findings {
            tell(screen, &format!("{}: {}: {}", finding.place, finding.code, finding.text));
        }
        report.remarks.iter().for_each(|remark| screen.remark(remark));
        tell(
            screen,
            &format!(
                "{} facts, {} documents, {} journal lines, {} rows of the views",
                report.facts, report.documents, report.journal_lines, report.rows
            ),
        );
        tell(screen, &format!("head {} {head}", report.head.seq));
        tell(screen, if report.passed() { "passed" } else { "failed" });
    }
    if report.passed() { Exit::Done } else { Exit::Finding }
}
