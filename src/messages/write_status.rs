//! Writes pain.002 and pacs.002, versions .03 to .15 and .03 to .16, as a bank does: for the bank across the street and
//! for recorded exchanges. Never which status a payment deserves.
//!
//! What a version has no room for is refused by name. Only the UETR is left out where a version has none: it is a
//! second name of a payment that the report names anyway.

use std::io;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::emit::{Emitter, Money, WriteError};
use super::kind::{Definition, Kind};
use super::record::AccountId;
use crate::domain::payout::Code;

/// Versions of pain.002 that are written.
pub const PAIN_002_VERSIONS: RangeInclusive<u8> = 3..=15;
/// Versions of pacs.002 that are written.
pub const PACS_002_VERSIONS: RangeInclusive<u8> = 3..=16;
/// The version of both that most banks write.
pub const VERSION: u8 = 10;

/// What differs between the versions, as far as we write them. The thresholds of both reports are the same.
struct Shape {
    /// First version with this row; the last row that applies counts.
    since: u8,
    /// Tag of a bank's BIC.
    agent_bic: &'static str,
    statuses: Statuses,
    /// `ReqdExctnDt` holds a choice of `Dt` and `DtTm`.
    execution_date: ExecutionDate,
    /// Names stand in a choice of party and agent.
    name: Name,
    /// What came in 2019: `OrgnlUETR` and `FctvIntrBkSttlmDt`.
    since_2019: Since2019,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Statuses {
    /// [`GROUP_STATUSES_OF_2009`] and [`STATUSES_OF_2009`].
    Of2009,
    /// Every code of four characters.
    External,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ExecutionDate {
    Bare,
    Choice,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Bare,
    OfParty,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Since2019 {
    Absent,
    Present,
}

/// Source: the schemas pain.002.001.03 to .15 and pacs.002.001.03 to .16.
const SHAPES: &[Shape] = &[
    FIRST,
    Shape { since: 4, agent_bic: "BICFI", ..FIRST },
    Shape { since: 8, statuses: Statuses::External, execution_date: ExecutionDate::Choice, ..OF_2013 },
    Shape { since: 9, name: Name::OfParty, ..OF_2018 },
    Shape { since: 10, name: Name::OfParty, since_2019: Since2019::Present, ..OF_2018 },
];
const FIRST: Shape = Shape {
    since: 3,
    agent_bic: "BIC",
    statuses: Statuses::Of2009,
    execution_date: ExecutionDate::Bare,
    name: Name::Bare,
    since_2019: Since2019::Absent,
};
const OF_2013: Shape = Shape { agent_bic: "BICFI", ..FIRST };
const OF_2018: Shape =
    Shape { statuses: Statuses::External, execution_date: ExecutionDate::Choice, ..OF_2013 };

/// First version of pacs.002 in which a transaction names its own message, so that a report may speak of several
/// messages or none. Source: the schemas pacs.002.001.05 and .06.
const SEVERAL_MESSAGES_SINCE: u8 = 6;

/// Source: `TransactionIndividualStatus3Code`.
const STATUSES_OF_2009: &[&str] = &["ACTC", "RJCT", "PDNG", "ACCP", "ACSP", "ACSC", "ACWC"];
/// What groups and blocks may have besides. Source: `TransactionGroupStatus3Code`.
const GROUP_STATUSES_OF_2009: &[&str] = &["RCVD", "PART"];

/// A report under way.
struct Report<'a> {
    emitter: Emitter<'a>,
    definition: Definition,
    shape: &'static Shape,
    message_id: &'a str,
}

/// `GrpHdr` of a status report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version to write, like [`VERSION`].
    pub version: u8,
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

/// `StsRsnInf`, `CxlRsnInf`, `CxlStsRsnInf`: why something was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// `Orgtr/Nm`.
    pub originator: Option<String>,
    /// `Rsn`.
    pub code: Option<Code>,
    /// `AddtlInf`, at most 105 characters each.
    pub text: Vec<String>,
}

impl Reason {
    /// Writes it under the name that its message has for it.
    pub(super) fn write(&self, emitter: &mut Emitter<'_>, name: &'static str) {
        emitter.open(name);
        if let Some(originator) = &self.originator {
            emitter.nested("Orgtr", "Nm", originator);
        }
        emitter.code("Rsn", self.code.as_ref());
        self.text.iter().for_each(|text| emitter.text("AddtlInf", text));
        emitter.close(name);
    }
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

/// Writes a pain.002. Gives its length in octets.
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
    let mut report = Report::begin(out, Kind::Pain002, header)?;
    report.header(header, "DbtrAgt");
    report.group(group);
    for (block, transactions) in blocks {
        report.emitter.open("OrgnlPmtInfAndSts");
        report.emitter.text("OrgnlPmtInfId", &block.payment_information_id);
        report.totals(block.count, block.sum);
        report.group_status("PmtInfSts", block.status.as_deref());
        report.reasons(&block.reasons);
        report.counts(&block.counts);
        for transaction in transactions {
            report.transaction(&transaction);
            report.emitter.check()?;
        }
        report.emitter.close("OrgnlPmtInfAndSts");
    }
    report.emitter.finish()
}

/// Writes a pacs.002. Gives its length in octets.
pub fn write_pacs_002<T>(
    out: &mut dyn io::Write,
    header: &Header,
    groups: &[GroupStatus],
    transactions: T,
) -> Result<u64, WriteError>
where
    T: IntoIterator<Item = TransactionStatus>,
{
    let mut report = Report::begin(out, Kind::Pacs002, header)?;
    report.header(header, "InstgAgt");
    if header.version < SEVERAL_MESSAGES_SINCE && groups.len() != 1 {
        report.refuse("groups", "it speaks of exactly one message");
    }
    groups.iter().for_each(|group| report.group(group));
    for transaction in transactions {
        report.original_message(groups, &transaction);
        report.transaction(&transaction);
        report.emitter.check()?;
    }
    report.emitter.finish()
}

impl<'a> Report<'a> {
    fn begin(out: &'a mut dyn io::Write, kind: Kind, header: &'a Header) -> Result<Report<'a>, WriteError> {
        let definition = Definition { kind, version: header.version };
        let written = match kind {
            Kind::Pain002 => PAIN_002_VERSIONS,
            _ => PACS_002_VERSIONS,
        };
        let shape = SHAPES.iter().rev().find(|shape| shape.since <= header.version);
        let Some(shape) = shape.filter(|_| written.contains(&header.version)) else {
            return Err(WriteError::Version { definition: definition.to_string() });
        };
        let emitter = Emitter::begin(out, definition);
        Ok(Report { emitter, definition, shape, message_id: &header.message_id })
    }

    fn refuse(&mut self, member: &'static str, why: &'static str) {
        let (id, definition) = (self.message_id.to_owned(), self.definition.to_string());
        self.emitter.fail(WriteError::Unfit { level: "report", id, member, definition, why });
    }

    fn header(&mut self, header: &Header, agent: &'static str) {
        let emitter = &mut self.emitter;
        emitter.open("GrpHdr");
        emitter.text("MsgId", &header.message_id);
        emitter.moment("CreDtTm", header.created);
        if let Some(bic) = &header.agent {
            emitter.agent(agent, self.shape.agent_bic, bic);
        }
        emitter.close("GrpHdr");
    }

    fn group(&mut self, group: &GroupStatus) {
        self.emitter.open("OrgnlGrpInfAndSts");
        self.emitter.text("OrgnlMsgId", &group.message_id);
        self.emitter.text("OrgnlMsgNmId", &group.message_name);
        self.emitter.optional("OrgnlCreDtTm", group.created.as_deref());
        self.totals(group.count, group.sum);
        self.group_status("GrpSts", group.status.as_deref());
        self.reasons(&group.reasons);
        self.counts(&group.counts);
        self.emitter.close("OrgnlGrpInfAndSts");
    }

    fn group_status(&mut self, name: &'static str, status: Option<&str>) {
        match status {
            Some(status) if GROUP_STATUSES_OF_2009.contains(&status) => self.emitter.text(name, status),
            _ => self.status(name, status),
        }
    }

    fn status(&mut self, name: &'static str, status: Option<&str>) {
        let Some(status) = status else { return };
        if self.shape.statuses == Statuses::Of2009 && !STATUSES_OF_2009.contains(&status) {
            self.refuse("status", "the status is of a later version");
        }
        self.emitter.text(name, status);
    }

    fn totals(&mut self, count: Option<u64>, sum: Option<Decimal>) {
        if let Some(count) = count {
            self.emitter.count("OrgnlNbOfTxs", count);
        }
        if let Some(sum) = sum {
            self.emitter.sum("OrgnlCtrlSum", sum);
        }
    }

    fn reasons(&mut self, reasons: &[Reason]) {
        reasons.iter().for_each(|reason| reason.write(&mut self.emitter, "StsRsnInf"));
    }

    fn counts(&mut self, counts: &[StatusCount]) {
        for count in counts {
            self.emitter.open("NbOfTxsPerSts");
            self.emitter.count("DtldNbOfTxs", count.count);
            self.status("DtldSts", Some(&count.status));
            if let Some(sum) = count.sum {
                self.emitter.sum("DtldCtrlSum", sum);
            }
            self.emitter.close("NbOfTxsPerSts");
        }
    }

    /// Before a transaction could name its own message it can be of the report's one message only.
    fn original_message(&mut self, groups: &[GroupStatus], transaction: &TransactionStatus) {
        let of_group = |(id, name): &(String, String)| {
            groups.first().is_some_and(|group| group.message_id == *id && group.message_name == *name)
        };
        let other = transaction.original_message.as_ref().is_some_and(|message| !of_group(message));
        if other && self.definition.version < SEVERAL_MESSAGES_SINCE {
            self.refuse("original_message", "a transaction is of the message that the report speaks of");
        }
    }

    fn transaction(&mut self, transaction: &TransactionStatus) {
        let between_banks = self.definition.kind == Kind::Pacs002;
        self.emitter.open("TxInfAndSts");
        self.references(transaction);
        self.status("TxSts", transaction.status.as_deref());
        self.reasons(&transaction.reasons);
        if let Some(acceptance) = transaction.acceptance {
            self.emitter.moment("AccptncDtTm", acceptance);
        }
        if let Some(date) = transaction.settlement_date.filter(|_| between_banks) {
            if self.shape.since_2019 == Since2019::Absent {
                self.refuse("settlement_date", "there is no element for it");
            }
            self.emitter.day("FctvIntrBkSttlmDt", date);
        }
        self.emitter.optional("AcctSvcrRef", transaction.account_servicer_reference.as_deref());
        self.emitter.optional("ClrSysRef", transaction.clearing_system_reference.as_deref());
        if let Some(echo) = &transaction.echo {
            self.echo(echo);
        }
        self.emitter.close("TxInfAndSts");
    }

    fn references(&mut self, transaction: &TransactionStatus) {
        let (emitter, definition) = (&mut self.emitter, self.definition);
        emitter.optional("StsId", transaction.status_id.as_deref());
        let own_message = definition.kind == Kind::Pacs002 && definition.version >= SEVERAL_MESSAGES_SINCE;
        if let Some((id, name)) = transaction.original_message.as_ref().filter(|_| own_message) {
            emitter.open("OrgnlGrpInf");
            emitter.text("OrgnlMsgId", id);
            emitter.text("OrgnlMsgNmId", name);
            emitter.close("OrgnlGrpInf");
        }
        emitter.optional("OrgnlInstrId", transaction.instruction_id.as_deref());
        emitter.optional("OrgnlEndToEndId", transaction.end_to_end_id.as_deref());
        if definition.kind == Kind::Pacs002 {
            emitter.optional("OrgnlTxId", transaction.transaction_id.as_deref());
        }
        if self.shape.since_2019 == Since2019::Present {
            emitter.optional("OrgnlUETR", transaction.uetr.as_deref());
        }
    }

    fn echo(&mut self, echo: &Echo) {
        let (emitter, shape) = (&mut self.emitter, self.shape);
        let between_banks = self.definition.kind == Kind::Pacs002;
        emitter.open("OrgnlTxRef");
        match &echo.amount {
            Some(amount) if between_banks => emitter.money("IntrBkSttlmAmt", amount),
            Some(amount) => {
                emitter.open("Amt");
                emitter.money("InstdAmt", amount);
                emitter.close("Amt");
            }
            None => {}
        }
        match echo.date {
            Some(date) if between_banks => emitter.date("IntrBkSttlmDt", date),
            Some(date) if shape.execution_date == ExecutionDate::Bare => emitter.date("ReqdExctnDt", date),
            Some(date) => emitter.day("ReqdExctnDt", date),
            None => {}
        }
        if let Some(name) = &echo.creditor {
            emitter.open("Cdtr");
            match shape.name {
                Name::Bare => emitter.text("Nm", name),
                Name::OfParty => emitter.nested("Pty", "Nm", name),
            }
            emitter.close("Cdtr");
        }
        if let Some(account) = &echo.creditor_account {
            emitter.open("CdtrAcct");
            emitter.account_id(account);
            emitter.close("CdtrAcct");
        }
        emitter.close("OrgnlTxRef");
    }
}
