//! Writes camt.055, the customer's request to cancel payments, versions .01 to .13: a whole message, whole blocks or
//! single transactions. Never whether a payment can still be cancelled.
//!
//! What a version has no room for is refused by name. Only the UETR is left out where a version has none: it is a
//! second name of a payment that the request names anyway.

use std::io;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::assignment::{Assignment, Case, write_assignment, write_case};
use super::emit::{Emitter, Money, Root, WriteError};
use super::write_status::Reason;
use crate::domain::payout::Code;

/// Versions that are written.
pub const VERSIONS: RangeInclusive<u8> = 1..=13;

/// The one child of `Document`.
const CHILD: &str = "CstmrPmtCxlReq";

/// What differs between the versions, as far as we write them; a row holds until the next one.
struct Shape {
    since: u8,
    /// Tag of a bank's BIC.
    agent_bic: &'static str,
    /// Codes of a reason; empty where the list is external.
    reasons: &'static [&'static str],
    execution_date: ExecutionDate,
    uetr: Uetr,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ExecutionDate {
    Bare,
    Choice,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Uetr {
    Absent,
    Present,
}

const FIRST: Shape = Shape {
    since: 1,
    agent_bic: "BIC",
    reasons: &["CUST", "DUPL", "AGNT", "CURR", "UPAY", "CUTA"],
    execution_date: ExecutionDate::Bare,
    uetr: Uetr::Absent,
};
const OF_2013: Shape = Shape {
    since: 2,
    agent_bic: "BICFI",
    reasons: &["DUPL", "AGNT", "CURR", "CUST", "UPAY", "CUTA", "TECH", "FRAD"],
    ..FIRST
};
const OF_2017: Shape = Shape { since: 6, reasons: &[], execution_date: ExecutionDate::Choice, ..OF_2013 };

/// Source: the schemas camt.055.001.01 to .13.
const SHAPES: &[Shape] = &[FIRST, OF_2013, OF_2017, Shape { since: 8, uetr: Uetr::Present, ..OF_2017 }];

/// What stands at the head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version to write.
    pub version: u8,
    /// `Assgnmt`.
    pub assignment: Assignment,
    /// `Case`.
    pub case: Option<Case>,
    /// `CtrlData/NbOfTxs`: how many transactions the request lists.
    pub count: Option<u64>,
    /// `CtrlData/CtrlSum`; stands only beside a count.
    pub sum: Option<Decimal>,
}

/// How much is to be cancelled at a level of the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Nothing is said; what is listed below counts.
    #[default]
    Unsaid,
    /// Everything (`GrpCxl`, `PmtInfCxl` true).
    Whole,
    /// What is listed below (`GrpCxl`, `PmtInfCxl` false).
    Listed,
}

/// `OrgnlGrpInfAndCxl`: the message that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCancellation {
    /// `GrpCxlId`.
    pub cancellation_id: Option<String>,
    /// `OrgnlMsgId`.
    pub message_id: String,
    /// `OrgnlMsgNmId`, like `pain.001.001.09`.
    pub message_name: String,
    /// `OrgnlCreDtTm`, as it stood in the original.
    pub created: Option<String>,
    /// `NbOfTxs`.
    pub count: Option<u64>,
    /// `CtrlSum`.
    pub sum: Option<Decimal>,
    /// `GrpCxl`.
    pub extent: Extent,
    /// `CxlRsnInf`.
    pub reasons: Vec<Reason>,
}

/// `OrgnlPmtInfAndCxl` up to its transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockCancellation {
    /// `PmtCxlId`.
    pub cancellation_id: Option<String>,
    /// `OrgnlPmtInfId`.
    pub payment_information_id: String,
    /// `OrgnlGrpInf`: id and name of the message, where the group does not say them.
    pub original_message: Option<(String, String)>,
    /// `NbOfTxs`.
    pub count: Option<u64>,
    /// `CtrlSum`.
    pub sum: Option<Decimal>,
    /// `PmtInfCxl`.
    pub extent: Extent,
    /// `CxlRsnInf`.
    pub reasons: Vec<Reason>,
}

/// `TxInf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionCancellation {
    /// `CxlId`.
    pub cancellation_id: Option<String>,
    /// `OrgnlInstrId`.
    pub instruction_id: Option<String>,
    /// `OrgnlEndToEndId`.
    pub end_to_end_id: Option<String>,
    /// `OrgnlUETR`.
    pub uetr: Option<String>,
    /// `OrgnlInstdAmt`.
    pub amount: Option<Money>,
    /// `OrgnlReqdExctnDt`.
    pub execution_date: Option<NaiveDate>,
    /// `CxlRsnInf`.
    pub reasons: Vec<Reason>,
}

/// A request under way.
struct Request<'a> {
    emitter: Emitter<'a>,
    definition: String,
    shape: &'static Shape,
    id: &'a str,
}

/// Writes a request about one message that was sent. Gives its length in octets.
pub fn write<B, T>(
    out: &mut dyn io::Write,
    header: &Header,
    group: Option<&GroupCancellation>,
    blocks: B,
) -> Result<u64, WriteError>
where
    B: IntoIterator<Item = (BlockCancellation, T)>,
    T: IntoIterator<Item = TransactionCancellation>,
{
    let mut request = Request::begin(out, header)?;
    request.header(header);
    request.emitter.open("Undrlyg");
    if let Some(group) = group {
        request.group(group);
    }
    for (block, transactions) in blocks {
        request.emitter.open("OrgnlPmtInfAndCxl");
        request.block(&block);
        for transaction in transactions {
            request.transaction(&transaction);
            request.emitter.check()?;
        }
        request.emitter.close("OrgnlPmtInfAndCxl");
    }
    request.emitter.close("Undrlyg");
    request.emitter.finish()
}

impl<'a> Request<'a> {
    fn begin(out: &'a mut dyn io::Write, header: &'a Header) -> Result<Request<'a>, WriteError> {
        let definition = format!("camt.055.001.{:02}", header.version);
        let shape = SHAPES.iter().rev().find(|shape| shape.since <= header.version);
        let Some(shape) = shape.filter(|_| VERSIONS.contains(&header.version)) else {
            return Err(WriteError::Version { definition });
        };
        let emitter = Emitter::begin_at(out, Root::of(&definition, CHILD));
        Ok(Request { emitter, definition, shape, id: &header.assignment.id })
    }

    fn refuse(&mut self, member: &'static str, why: &'static str) {
        let (id, definition) = (self.id.to_owned(), self.definition.clone());
        self.emitter.fail(WriteError::Unfit { level: "request", id, member, definition, why });
    }

    fn header(&mut self, header: &Header) {
        let of_bic = self.shape.agent_bic;
        if header.sum.is_some() && header.count.is_none() {
            self.refuse("sum", "it stands beside a count only");
        }
        let emitter = &mut self.emitter;
        write_assignment(emitter, of_bic, &header.assignment);
        write_case(emitter, "Case", of_bic, header.case.as_ref());
        if let Some(count) = header.count {
            emitter.open("CtrlData");
            self.totals(Some(count), header.sum);
            self.emitter.close("CtrlData");
        }
    }

    fn group(&mut self, group: &GroupCancellation) {
        self.emitter.open("OrgnlGrpInfAndCxl");
        self.emitter.optional("GrpCxlId", group.cancellation_id.as_deref());
        self.emitter.text("OrgnlMsgId", &group.message_id);
        self.emitter.text("OrgnlMsgNmId", &group.message_name);
        self.emitter.optional("OrgnlCreDtTm", group.created.as_deref());
        self.totals(group.count, group.sum);
        self.extent("GrpCxl", group.extent);
        self.reasons(&group.reasons);
        self.emitter.close("OrgnlGrpInfAndCxl");
    }

    fn block(&mut self, block: &BlockCancellation) {
        self.emitter.optional("PmtCxlId", block.cancellation_id.as_deref());
        self.emitter.text("OrgnlPmtInfId", &block.payment_information_id);
        if let Some((id, name)) = &block.original_message {
            self.emitter.open("OrgnlGrpInf");
            self.emitter.text("OrgnlMsgId", id);
            self.emitter.text("OrgnlMsgNmId", name);
            self.emitter.close("OrgnlGrpInf");
        }
        self.totals(block.count, block.sum);
        self.extent("PmtInfCxl", block.extent);
        self.reasons(&block.reasons);
    }

    fn transaction(&mut self, transaction: &TransactionCancellation) {
        let emitter = &mut self.emitter;
        emitter.open("TxInf");
        emitter.optional("CxlId", transaction.cancellation_id.as_deref());
        emitter.optional("OrgnlInstrId", transaction.instruction_id.as_deref());
        emitter.optional("OrgnlEndToEndId", transaction.end_to_end_id.as_deref());
        if self.shape.uetr == Uetr::Present {
            emitter.optional("OrgnlUETR", transaction.uetr.as_deref());
        }
        if let Some(amount) = &transaction.amount {
            emitter.money("OrgnlInstdAmt", amount);
        }
        match (transaction.execution_date, self.shape.execution_date) {
            (Some(date), ExecutionDate::Bare) => emitter.date("OrgnlReqdExctnDt", date),
            (Some(date), ExecutionDate::Choice) => emitter.day("OrgnlReqdExctnDt", date),
            (None, _) => {}
        }
        self.reasons(&transaction.reasons);
        self.emitter.close("TxInf");
    }

    fn totals(&mut self, count: Option<u64>, sum: Option<Decimal>) {
        if let Some(count) = count {
            self.emitter.count("NbOfTxs", count);
        }
        if let Some(sum) = sum {
            self.emitter.sum("CtrlSum", sum);
        }
    }

    fn extent(&mut self, name: &'static str, extent: Extent) {
        match extent {
            Extent::Unsaid => {}
            Extent::Whole => self.emitter.text(name, "true"),
            Extent::Listed => self.emitter.text(name, "false"),
        }
    }

    fn reasons(&mut self, reasons: &[Reason]) {
        let known = self.shape.reasons;
        let later = |reason: &Reason| match &reason.code {
            Some(Code::Listed(code)) => !known.is_empty() && !known.contains(&code.as_str()),
            _ => false,
        };
        if reasons.iter().any(later) {
            self.refuse("reason", "the code is of a later version");
        }
        reasons.iter().for_each(|reason| reason.write(&mut self.emitter, "CxlRsnInf"));
    }
}
