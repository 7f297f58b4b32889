//! `girogate audit verify`: chain, heads, documents, and views = fold(facts), read from the store directly.

use super::frame::{Exit, Failure, Means, Output};
use crate::domain::entry::Digest;
use serde_json::json;

/// What may be asked.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub audit: Audit,
}

/// The audits.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Audit {
    /// Check that nothing was changed, removed or lost: chain of facts, send journal, documents, views
    Verify,
}

/// Audits; findings exit with 1.
pub async fn run(args: &Args, means: &Means, out: &mut Output) -> Result<Exit, Failure> {
    let Audit::Verify = args.audit;
    let report = means.store()?.audit().await?;
    let head = Digest(report.head.hash).hex();
    if out.is_json() {
        for finding in &report.findings {
            out.record(&json!({
                "record": "finding", "code": finding.code, "place": finding.place, "text": finding.text,
            }));
        }
        out.record(&json!({
            "record": "audit", "passed": report.passed(), "head": { "seq": report.head.seq, "hash": head },
            "facts": report.facts, "sections": report.sections, "documents": report.documents,
            "journal_lines": report.journal_lines, "rows": report.rows, "remarks": report.remarks,
        }));
    } else {
        for finding in &report.findings {
            out.line(&format!("{}: {}: {}", finding.place, finding.code, finding.text));
        }
        report.remarks.iter().for_each(|remark| out.remark(remark));
        out.line(&format!(
            "{} facts, {} documents, {} journal lines, {} rows of the views",
            report.facts, report.documents, report.journal_lines, report.rows
        ));
        out.line(&format!("head {} {head}", report.head.seq));
        out.line(if report.passed() { "passed" } else { "failed" });
    }
    Ok(if report.passed() { Exit::Done } else { Exit::Finding })
}
