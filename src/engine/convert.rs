//! A payout file straight to pain.001, one document a bank: pure but for reading its input.
//! Nothing is stored and nothing sent; the same input, configuration and time give the same octets.

use super::batching::plan;
use super::intake::check::{Checked, Context, Seen};
use super::intake::csv::{self, Separator};
use super::intake::draft::Draft;
use super::intake::finding::{Finding, Origin};
use super::intake::payouts::{LineReader, Reader};
use super::outgoing::{OutgoingError, Sender, octets};
use super::routing::Bank;
use crate::domain::amount::Sums;
use crate::domain::payout::Payout;
use crate::messages::own;
use crate::messages::pain_001::Version;
use std::io::BufRead;

/// How payouts are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV with a header.
    Csv(Separator),
    /// One JSON text: an instruction, a list, or an object with `payouts`.
    Json,
    /// One JSON object a line.
    NdJson,
}

impl Format {
    /// By the ending of a file's name: `csv`, `json`, `ndjson` or `jsonl`.
    pub fn of_name(name: &str) -> Option<Format> {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("csv") => Some(Format::Csv(Separator::Comma)),
            Some("json") => Some(Format::Json),
            Some("ndjson" | "jsonl") => Some(Format::NdJson),
            _ => None,
        }
    }
}

/// What a payout file came to.
#[derive(Debug, Default)]
pub struct Taken {
    /// Accepted, in the order of the file.
    pub accepted: Vec<Checked>,
    /// Refused rows with all their findings, warnings of theirs included.
    pub refused: Vec<Vec<Finding>>,
}

/// A document for a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Bank id in the configuration.
    pub bank: String,
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// Number of transactions.
    pub count: u64,
    /// The XML.
    pub octets: Vec<u8>,
}

/// Reads and checks a whole file.
pub fn take(input: impl BufRead, format: Format, context: &Context<'_>) -> Taken {
    let mut taken = Taken::default();
    match format {
        Format::Csv(separator) => match csv::Reader::new(input, separator) {
            Ok(rows) => take_rows(rows, context, &mut taken),
            Err(findings) => taken.refused.push(findings),
        },
        Format::NdJson => take_rows(LineReader::new(input), context, &mut taken),
        Format::Json => take_json(input, context, &mut taken),
    }
    taken
}

/// An envelope may say what is expected, and that all must be good or none is taken.
fn take_json(input: impl BufRead, context: &Context<'_>, taken: &mut Taken) {
    let mut reader = Reader::new(input);
    take_rows(&mut reader, context, taken);
    let mut sums = Sums::default();
    let mut findings = Vec::new();
    for checked in &taken.accepted {
        if let Err(error) = sums.add(&checked.payout.instruction.amount) {
            findings.push(Finding::error(Origin::Whole, "expected_sum", "batch.sum", error));
        }
    }
    // Refused rows have no amount to add, and the client hears of them anyway.
    if taken.refused.is_empty() {
        findings.extend(reader.envelope().check(taken.accepted.len() as u64, &sums));
    }
    if !findings.is_empty() {
        taken.refused.push(findings);
        taken.accepted.clear();
    }
    if reader.envelope().atomic && !taken.refused.is_empty() {
        taken.accepted.clear();
    }
}

fn take_rows(
    rows: impl Iterator<Item = Result<Draft, Vec<Finding>>>,
    context: &Context<'_>,
    taken: &mut Taken,
) {
    let mut seen = Seen::default();
    for row in rows {
        match row.and_then(|draft| seen.check(&draft, context)) {
            Ok(checked) => taken.accepted.push(checked),
            Err(findings) => taken.refused.push(findings),
        }
    }
}

/// The accepted payouts as one document for each bank that has any, in the order of the configuration.
pub fn convert(
    accepted: &[Checked],
    version: Version,
    context: &Context<'_>,
) -> Result<Vec<Document>, OutgoingError> {
    let mut documents = Vec::new();
    for bank in context.banks {
        let payouts: Vec<&Payout> =
            accepted.iter().map(|checked| &checked.payout).filter(|payout| payout.bank == bank.id).collect();
        // A file is converted to one document, however long: the limits of a message are for sending.
        let mut unlimited: Bank = bank.clone();
        unlimited.profile.limits.payments_per_message = u32::MAX;
        let sender = Sender {
            bank: &unlimited,
            accounts: context.accounts,
            tenant: context.tenant,
            created: context.now,
        };
        for message in plan(&unlimited, &payouts, context.id_key) {
            let octets = octets(&sender, version, &message, &payouts)?;
            own::check(&octets, version.id())
                .and_then(|()| match version.id() == bank.profile.message.definition {
                    true => bank.profile.chosen.check_written(&octets),
                    false => Ok(()),
                })
                .map_err(|cause| OutgoingError::Refused { message_id: message.message_id.clone(), cause })?;
            documents.push(Document {
                bank: bank.id.clone(),
                octets,
                count: message.count,
                message_id: message.message_id,
            });
        }
    }
    Ok(documents)
}
