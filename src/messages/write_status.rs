//! Writes pain.002.001.10 and pacs.002.001.10 as a bank does: for the bank across the street and for recorded
//! exchanges. Never which status a payment deserves.

use std::io;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::emit::{Emitter, Money, WriteError};
use super::kind::{Definition, Kind};
use super::record::AccountId;
use crate::domain::payout::Code;

/// The status report to a customer that is written.
pub const PAIN_002: Definition = Definition { kind: Kind::Pain002, version: 10 };
/// The status report between banks that is written.
pub const PACS_002: Definition = Definition { kind: Kind::Pacs002, version: 10 };

/// `GrpHdr` of a status report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `MsgId`.
    pub message_id: String,
    /// `CreDtTm`.
    pub created: DateTime<Utc>,
    /// BIC of the bank that reports: `DbtrAgt` in pain.002, `InstgAgt` in pacs.002.
    pub agent: Option<String>,
}

/// `OrgnlGrpInfAndSts`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupStatus {
    /// `OrgnlMsgId`.
    pub message_id: String,
    /// `OrgnlMsgNmId`, like `pain.001.001.09`.
    pub message_name: String,
    /// `OrgnlCreDtTm`, as it stood in the original.
    pub created: Option<String>,
    /// `OrgnlNbOfTxs`.
    pub count: Option<u64>,
    /// `OrgnlCtrlSum`.
    pub sum: Option<Decimal>,
    /// `GrpSts`.
    pub status: Option<String>,
    /// `StsRsnInf`.
    pub reasons: Vec<Reason>,
    /// `NbOfTxsPerSts`.
    pub counts: Vec<StatusCount>,
}

/// `OrgnlPmtInfAndSts` up to its transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockStatus {
    /// `OrgnlPmtInfId`.
    pub payment_information_id: String,
    /// `OrgnlNbOfTxs`.
    pub count: Option<u64>,
    /// `OrgnlCtrlSum`.
    pub sum: Option<Decimal>,
    /// `PmtInfSts`.
    pub status: Option<String>,
    /// `StsRsnInf`.
    pub reasons: Vec<Reason>,
    /// `NbOfTxsPerSts`.
    pub counts: Vec<StatusCount>,
}

/// `StsRsnInf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// `Orgtr/Nm`.
    pub originator: Option<String>,
    /// `Rsn`.
    pub code: Option<Code>,
    /// `AddtlInf`, at most 105 characters each.
    pub text: Vec<String>,
}

/// `NbOfTxsPerSts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCount {
    /// `DtldSts`.
    pub status: String,
    /// `DtldNbOfTxs`.
    pub count: u64,
    /// `DtldCtrlSum`.
    pub sum: Option<Decimal>,
}

/// `TxInfAndSts`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactionStatus {
    /// `StsId`.
    pub status_id: Option<String>,
    /// `OrgnlGrpInf`: message id and name. Only pacs.002 has it.
    pub original_message: Option<(String, String)>,
    /// `OrgnlInstrId`.
    pub instruction_id: Option<String>,
    /// `OrgnlEndToEndId`.
    pub end_to_end_id: Option<String>,
    /// `OrgnlTxId`. Only pacs.002 has it.
    pub transaction_id: Option<String>,
    /// `OrgnlUETR`.
    pub uetr: Option<String>,
    /// `TxSts`.
    pub status: Option<String>,
    /// `StsRsnInf`.
    pub reasons: Vec<Reason>,
    /// `AccptncDtTm`.
    pub acceptance: Option<DateTime<Utc>>,
    /// `FctvIntrBkSttlmDt/Dt`. Only pacs.002 has it.
    pub settlement_date: Option<NaiveDate>,
    /// `AcctSvcrRef`.
    pub account_servicer_reference: Option<String>,
    /// `ClrSysRef`.
    pub clearing_system_reference: Option<String>,
    /// `OrgnlTxRef`.
    pub echo: Option<Echo>,
}

/// What the report repeats of the order (`OrgnlTxRef`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Echo {
    /// `Amt/InstdAmt` in pain.002, `IntrBkSttlmAmt` in pacs.002.
    pub amount: Option<Money>,
    /// `ReqdExctnDt/Dt` in pain.002, `IntrBkSttlmDt` in pacs.002.
    pub date: Option<NaiveDate>,
    /// `Cdtr/Pty/Nm`.
    pub creditor: Option<String>,
    /// `CdtrAcct/Id`.
    pub creditor_account: Option<AccountId>,
}

/// Writes pain.002.001.10. Gives its length in octets.
pub fn write_pain_002<B, T>(
    out: &mut dyn io::Write,
    header: &Header,
    group: &GroupStatus,
    blocks: B,
) -> Result<u64, WriteError>
where
    B: IntoIterator<Item = (BlockStatus, T)>,
    T: IntoIterator<Item = TransactionStatus>,
{
    let mut emitter = Emitter::begin(out, PAIN_002);
    write_header(&mut emitter, header, "DbtrAgt");
    write_group(&mut emitter, group);
    for (block, transactions) in blocks {
        emitter.open("OrgnlPmtInfAndSts");
        emitter.text("OrgnlPmtInfId", &block.payment_information_id);
        write_totals(&mut emitter, block.count, block.sum);
        emitter.optional("PmtInfSts", block.status.as_deref());
        write_reasons(&mut emitter, &block.reasons);
        write_counts(&mut emitter, &block.counts);
        for transaction in transactions {
            write_transaction(&mut emitter, Kind::Pain002, &transaction);
            emitter.check()?;
        }
        emitter.close("OrgnlPmtInfAndSts");
    }
    emitter.finish()
}

/// Writes pacs.002.001.10. Gives its length in octets.
pub fn write_pacs_002<T>(
    out: &mut dyn io::Write,
    header: &Header,
    groups: &[GroupStatus],
    transactions: T,
) -> Result<u64, WriteError>
where
    T: IntoIterator<Item = TransactionStatus>,
{
    let mut emitter = Emitter::begin(out, PACS_002);
    write_header(&mut emitter, header, "InstgAgt");
    groups.iter().for_each(|group| write_group(&mut emitter, group));
    for transaction in transactions {
        write_transaction(&mut emitter, Kind::Pacs002, &transaction);
        emitter.check()?;
    }
    emitter.finish()
}

fn write_header(emitter: &mut Emitter<'_>, header: &Header, agent: &'static str) {
    emitter.open("GrpHdr");
    emitter.text("MsgId", &header.message_id);
    emitter.moment("CreDtTm", header.created);
    if let Some(bic) = &header.agent {
        emitter.agent(agent, bic);
    }
    emitter.close("GrpHdr");
}

fn write_group(emitter: &mut Emitter<'_>, group: &GroupStatus) {
    emitter.open("OrgnlGrpInfAndSts");
    emitter.text("OrgnlMsgId", &group.message_id);
    emitter.text("OrgnlMsgNmId", &group.message_name);
    emitter.optional("OrgnlCreDtTm", group.created.as_deref());
    write_totals(emitter, group.count, group.sum);
    emitter.optional("GrpSts", group.status.as_deref());
    write_reasons(emitter, &group.reasons);
    write_counts(emitter, &group.counts);
    emitter.close("OrgnlGrpInfAndSts");
}

fn write_totals(emitter: &mut Emitter<'_>, count: Option<u64>, sum: Option<Decimal>) {
    if let Some(count) = count {
        emitter.count("OrgnlNbOfTxs", count);
    }
    if let Some(sum) = sum {
        emitter.sum("OrgnlCtrlSum", sum);
    }
}

fn write_reasons(emitter: &mut Emitter<'_>, reasons: &[Reason]) {
    for reason in reasons {
        emitter.open("StsRsnInf");
        if let Some(name) = &reason.originator {
            emitter.nested("Orgtr", "Nm", name);
        }
        emitter.code("Rsn", reason.code.as_ref());
        reason.text.iter().for_each(|text| emitter.text("AddtlInf", text));
        emitter.close("StsRsnInf");
    }
}

fn write_counts(emitter: &mut Emitter<'_>, counts: &[StatusCount]) {
    for count in counts {
        emitter.open("NbOfTxsPerSts");
        emitter.count("DtldNbOfTxs", count.count);
        emitter.text("DtldSts", &count.status);
        if let Some(sum) = count.sum {
            emitter.sum("DtldCtrlSum", sum);
        }
        emitter.close("NbOfTxsPerSts");
    }
}

fn write_transaction(emitter: &mut Emitter<'_>, kind: Kind, transaction: &TransactionStatus) {
    emitter.open("TxInfAndSts");
    emitter.optional("StsId", transaction.status_id.as_deref());
    if let (Some((id, name)), Kind::Pacs002) = (&transaction.original_message, kind) {
        emitter.open("OrgnlGrpInf");
        emitter.text("OrgnlMsgId", id);
        emitter.text("OrgnlMsgNmId", name);
        emitter.close("OrgnlGrpInf");
    }
    emitter.optional("OrgnlInstrId", transaction.instruction_id.as_deref());
    emitter.optional("OrgnlEndToEndId", transaction.end_to_end_id.as_deref());
    if kind == Kind::Pacs002 {
        emitter.optional("OrgnlTxId", transaction.transaction_id.as_deref());
    }
    emitter.optional("OrgnlUETR", transaction.uetr.as_deref());
    emitter.optional("TxSts", transaction.status.as_deref());
    write_reasons(emitter, &transaction.reasons);
    if let Some(acceptance) = transaction.acceptance {
        emitter.moment("AccptncDtTm", acceptance);
    }
    if let (Some(date), Kind::Pacs002) = (transaction.settlement_date, kind) {
        emitter.open("FctvIntrBkSttlmDt");
        emitter.date("Dt", date);
        emitter.close("FctvIntrBkSttlmDt");
    }
    emitter.optional("AcctSvcrRef", transaction.account_servicer_reference.as_deref());
    emitter.optional("ClrSysRef", transaction.clearing_system_reference.as_deref());
    if let Some(echo) = &transaction.echo {
        write_echo(emitter, kind, echo);
    }
    emitter.close("TxInfAndSts");
}

fn write_echo(emitter: &mut Emitter<'_>, kind: Kind, echo: &Echo) {
    emitter.open("OrgnlTxRef");
    match (&echo.amount, kind) {
        (Some(amount), Kind::Pacs002) => emitter.money("IntrBkSttlmAmt", amount),
        (Some(amount), _) => {
            emitter.open("Amt");
            emitter.money("InstdAmt", amount);
            emitter.close("Amt");
        }
        (None, _) => {}
    }
    match (echo.date, kind) {
        (Some(date), Kind::Pacs002) => emitter.date("IntrBkSttlmDt", date),
        (Some(date), _) => {
            emitter.open("ReqdExctnDt");
            emitter.date("Dt", date);
            emitter.close("ReqdExctnDt");
        }
        (None, _) => {}
    }
    if let Some(name) = &echo.creditor {
        emitter.open("Cdtr");
        emitter.nested("Pty", "Nm", name);
        emitter.close("Cdtr");
    }
    if let Some(account) = &echo.creditor_account {
        emitter.open("CdtrAcct");
        emitter.account_id(account);
        emitter.close("CdtrAcct");
    }
    emitter.close("OrgnlTxRef");
}
