//! What a bank's answers and documents say about one payment, in the words of the scenario table.
//! Never whether that is right.

use crate::bank::answers::reason_of;
use crate::bank::delivery::{BankReply, Delivery};
use crate::messages::record::{BatchStatus, Entry, Reason, Record, Report, Status, Transaction};
use crate::messages::validate;
use serde_json::Value;

/// A payment, as the bank knows it.
#[derive(Clone, Debug, Default)]
pub struct Mine {
    /// `MsgId` of its message.
    pub message_id: String,
    /// `PmtInfId` of its block.
    pub payment_information_id: String,
    /// Its end-to-end id.
    pub end_to_end_id: String,
    /// The bank's transaction id, learnt from the first entry.
    pub transaction_id: Option<String>,
}

/// The word for an answer to a submission.
pub fn answer(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Received { reply, .. } | Delivery::Refused { reply, .. } => replied(reply),
        Delivery::NotSent { reply: Some(reply), .. } | Delivery::Unknown { reply: Some(reply), .. } => {
            replied(reply)
        }
        Delivery::NotSent { reply: None, .. } => "not sent".to_owned(),
        Delivery::Unknown { reply: None, .. } => "answer cut".to_owned(),
    }
}

fn replied(reply: &BankReply) -> String {
    if reply.authenticated.is_err() {
        return format!("answer {} not proved", reply.status);
    }
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = body.get("code").and_then(Value::as_str).map_or_else(String::new, |code| format!(" {code}"));
    // A problem without a code still says what it is about.
    let title = if code.is_empty() && reply.status >= 400 { reason_of(reply) } else { String::new() };
    format!("answer {}{code}{}{title}", reply.status, if title.is_empty() { "" } else { " " })
}

/// What a document says about the payment.
pub fn document(mine: &mut Mine, octets: &[u8]) -> Vec<String> {
    let mut reading = Reading { mine, report: None, words: Vec::new(), block: None, entry: None };
    validate::parse(octets, None, &mut |record, _| reading.take(record));
    reading.close_report();
    reading.words
}

struct Reading<'a> {
    mine: &'a mut Mine,
    report: Option<Said>,
    block: Option<BatchStatus>,
    entry: Option<(String, Box<Entry>)>,
    words: Vec<String>,
}

/// The most exact word of a status report about the payment.
struct Said {
    report: Report,
    block: Option<String>,
    transaction: Option<String>,
}

fn reason(reasons: &[Reason]) -> String {
    let code = reasons.first().and_then(|reason| reason.code.as_deref());
    code.map_or_else(String::new, |code| format!(" {code}"))
}

impl Reading<'_> {
    fn take(&mut self, record: Record) {
        match record {
            Record::Report(report) => {
                self.close_report();
                self.report = Some(Said { report: *report, block: None, transaction: None });
                self.block = None;
            }
            Record::BatchStatus(block) => self.take_block(*block),
            Record::Status(status) => self.take_status(&status),
            Record::AccountReport(report) => {
                let kind = report.message.get(..8).unwrap_or_default().to_owned();
                self.entry = Some((kind, Box::default()));
            }
            Record::Entry(entry) => self.take_entry(entry),
            Record::Transaction(transaction) => self.take_transaction(&transaction),
            Record::Verdict(verdict) if !verdict.valid => self.words.push("not valid".to_owned()),
            _ => {}
        }
    }

    fn close_report(&mut self) {
        let Some(said) = self.report.take() else { return };
        let is_mine = said.report.original_message_id.as_deref() == Some(self.mine.message_id.as_str());
        if !is_mine {
            return;
        }
        let kind = said.report.message.get(..8).unwrap_or_default();
        let group = said.report.group_status.as_deref().filter(|status| *status != "PART");
        let group = group.map(|status| format!("group {status}{}", reason(&said.report.reasons)));
        if let Some(words) = said.transaction.or(said.block).or(group) {
            self.words.push(format!("{kind} {words}"));
        }
    }

    fn take_block(&mut self, block: BatchStatus) {
        let is_mine =
            block.original_payment_information_id.as_deref() == Some(&self.mine.payment_information_id);
        if let (true, Some(said)) = (is_mine, &mut self.report) {
            let status = block.status.as_deref().filter(|status| *status != "PART");
            said.block = status.map(|status| format!("block {status}{}", reason(&block.reasons)));
        }
        self.block = Some(block);
    }

    fn take_status(&mut self, status: &Status) {
        let is_mine = status.original_end_to_end_id.as_deref() == Some(&self.mine.end_to_end_id);
        if let (true, Some(said)) = (is_mine, &mut self.report) {
            let code = status.status.as_deref().unwrap_or_default();
            said.transaction = Some(format!("transaction {code}{}", reason(&status.reasons)));
        }
    }

    fn take_entry(&mut self, entry: Box<Entry>) {
        let Some((kind, open)) = &mut self.entry else { return };
        let batch = entry.batch.as_ref().and_then(|batch| batch.payment_information_id.as_deref());
        if batch == Some(self.mine.payment_information_id.as_str()) && entry.transactions == 0 {
            self.words.push(format!("{kind} batch"));
        }
        *open = entry;
    }

    fn take_transaction(&mut self, transaction: &Transaction) {
        let Some((kind, entry)) = &self.entry else { return };
        let is_named = transaction.end_to_end_id.as_deref() == Some(&self.mine.end_to_end_id);
        let known = &transaction.transaction_id;
        if is_named && self.mine.transaction_id.is_none() {
            self.mine.transaction_id.clone_from(known);
        }
        let by_bank_id = !is_named && known.is_some() && *known == self.mine.transaction_id;
        let direction = entry.direction.as_deref().unwrap_or_default();
        let code = entry.bank_transaction_code.as_ref().and_then(|code| code.sub_family.as_deref());
        let is_batch = entry.batch.as_ref().is_some_and(|batch| batch.payment_information_id.is_some());
        let words = match (is_named, by_bank_id) {
            (true, _) if code == Some("CHRG") => format!("{kind} charge"),
            (true, _) if is_batch => format!("{kind} batch {direction}"),
            (true, _) => format!("{kind} {direction}"),
            (false, true) => format!("{kind} {direction} without ids"),
            (false, false) => return,
        };
        self.words.push(words);
    }
}
