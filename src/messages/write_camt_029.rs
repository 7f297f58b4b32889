//! Writes camt.029, the answer to a request for cancellation, versions .03 to .14, as a bank does. Never what the answer
//! should be.
//!
//! What a version has no room for is refused by name. Only the UETR is left out where a version has none: it is a
//! second name of a payment that the answer names anyway.

use std::io;
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::assignment::{Assignment, Case, write_assignment, write_case};
use super::emit::{Emitter, Money, Root, WriteError};
use super::write_status::Reason;
use crate::domain::payout::Code;

/// Versions that are written.
pub const VERSIONS: RangeInclusive<u8> = 3..=14;

/// The one child of `Document`.
const CHILD: &str = "RsltnOfInvstgtn";

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
    since: 3,
    agent_bic: "BIC",
    reasons: &["LEGL", "AGNT", "CUST"],
    execution_date: ExecutionDate::Bare,
    uetr: Uetr::Absent,
};
const OF_2013: Shape = Shape {
    since: 4,
    agent_bic: "BICFI",
    reasons: &["LEGL", "AGNT", "CUST", "ARDT", "NOAS", "NOOR", "AC04", "AM04"],
    ..FIRST
};
const OF_2017: Shape = Shape { since: 7, execution_date: ExecutionDate::Choice, ..OF_2013 };
const OF_2018: Shape = Shape { since: 8, reasons: &[], ..OF_2017 };

/// Source: the schemas camt.029.001.03 to .14.
const SHAPES: &[Shape] =
    &[FIRST, OF_2013, OF_2017, OF_2018, Shape { since: 9, uetr: Uetr::Present, ..OF_2018 }];

/// What a bank says to a request for cancellation, as a whole or of one transaction.
/// Source: `CancellationIndividualStatus1Code`; `Sts/Conf` has codes of its own for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The payment is cancelled (`ACCR`, `CNCL`).
    Accepted,
    /// It is not (`RJCR`).
    Rejected,
    /// It is not known yet (`PDCR`).
    Pending,
}

/// What a bank says of a message or block (`GroupCancellationStatus1Code`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupAnswer {
    /// The same of every transaction.
    All(Answer),
    /// Some are cancelled, some are not (`PACR`).
    Partly,
}

impl Answer {
    fn status(self) -> &'static str {
        match self {
            Answer::Accepted => "ACCR",
            Answer::Rejected => "RJCR",
            Answer::Pending => "PDCR",
        }
    }

    fn confirmation(self) -> &'static str {
        match self {
            Answer::Accepted => "CNCL",
            other => other.status(),
        }
    }
}

impl GroupAnswer {
    fn status(self) -> &'static str {
        match self {
            GroupAnswer::All(answer) => answer.status(),
            GroupAnswer::Partly => "PACR",
        }
    }

    fn confirmation(self) -> &'static str {
        match self {
            GroupAnswer::All(answer) => answer.confirmation(),
            GroupAnswer::Partly => "PECR",
        }
    }
}

/// What stands at the head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version to write.
    pub version: u8,
    /// `Assgnmt`.
    pub assignment: Assignment,
    /// `RslvdCase`.
    pub resolved_case: Option<Case>,
    /// `Sts/Conf`.
    pub answer: GroupAnswer,
}

/// `OrgnlGrpInfAndSts`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupResolution {
    /// `OrgnlGrpCxlId`.
    pub cancellation_id: Option<String>,
    /// `OrgnlMsgId`.
    pub message_id: String,
    /// `OrgnlMsgNmId`, like `pain.001.001.09`.
    pub message_name: String,
    /// `OrgnlCreDtTm`, as it stood in the original.
    pub created: Option<String>,
    /// `GrpCxlSts`.
    pub answer: Option<GroupAnswer>,
    /// `CxlStsRsnInf`.
    pub reasons: Vec<Reason>,
}

/// `OrgnlPmtInfAndSts` up to its transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockResolution {
    /// `OrgnlPmtInfCxlId`.
    pub cancellation_id: Option<String>,
    /// `OrgnlPmtInfId`.
    pub payment_information_id: String,
    /// `OrgnlGrpInf`: id and name of the message, where the group does not say them.
    pub original_message: Option<(String, String)>,
    /// `PmtInfCxlSts`.
    pub answer: Option<GroupAnswer>,
    /// `CxlStsRsnInf`.
    pub reasons: Vec<Reason>,
}

/// `TxInfAndSts`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionResolution {
    /// `CxlStsId`.
    pub status_id: Option<String>,
    /// `OrgnlInstrId`.
    pub instruction_id: Option<String>,
    /// `OrgnlEndToEndId`.
    pub end_to_end_id: Option<String>,
    /// `UETR`.
    pub uetr: Option<String>,
    /// `TxCxlSts`.
    pub answer: Option<Answer>,
    /// `CxlStsRsnInf`.
    pub reasons: Vec<Reason>,
    /// `OrgnlInstdAmt`.
    pub amount: Option<Money>,
    /// `OrgnlReqdExctnDt`.
    pub execution_date: Option<NaiveDate>,
}

/// An answer under way.
struct Resolution<'a> {
    emitter: Emitter<'a>,
    definition: String,
    shape: &'static Shape,
    id: &'a str,
}

/// Writes an answer about one message. Gives its length in octets.
pub fn write<B, T>(
    out: &mut dyn io::Write,
    header: &Header,
    group: Option<&GroupResolution>,
    blocks: B,
) -> Result<u64, WriteError>
where
    B: IntoIterator<Item = (BlockResolution, T)>,
    T: IntoIterator<Item = TransactionResolution>,
{
    let mut resolution = Resolution::begin(out, header)?;
    resolution.header(header);
    let mut blocks = blocks.into_iter().peekable();
    if group.is_none() && blocks.peek().is_none() {
        return resolution.emitter.finish();
    }
    resolution.emitter.open("CxlDtls");
    if let Some(group) = group {
        resolution.group(group);
    }
    for (block, transactions) in blocks {
        resolution.emitter.open("OrgnlPmtInfAndSts");
        resolution.block(&block);
        for transaction in transactions {
            resolution.transaction(&transaction);
            resolution.emitter.check()?;
        }
        resolution.emitter.close("OrgnlPmtInfAndSts");
    }
    resolution.emitter.close("CxlDtls");
    resolution.emitter.finish()
}

impl<'a> Resolution<'a> {
    fn begin(out: &'a mut dyn io::Write, header: &'a Header) -> Result<Resolution<'a>, WriteError> {
        let definition = format!("camt.029.001.{:02}", header.version);
        let shape = SHAPES.iter().rev().find(|shape| shape.since <= header.version);
        let Some(shape) = shape.filter(|_| VERSIONS.contains(&header.version)) else {
            return Err(WriteError::Version { definition });
        };
        let emitter = Emitter::begin_at(out, Root::of(&definition, CHILD));
        Ok(Resolution { emitter, definition, shape, id: &header.assignment.id })
    }

    fn header(&mut self, header: &Header) {
        let (emitter, of_bic) = (&mut self.emitter, self.shape.agent_bic);
        write_assignment(emitter, of_bic, &header.assignment);
        write_case(emitter, "RslvdCase", of_bic, header.resolved_case.as_ref());
        emitter.nested("Sts", "Conf", header.answer.confirmation());
    }

    fn group(&mut self, group: &GroupResolution) {
        let emitter = &mut self.emitter;
        emitter.open("OrgnlGrpInfAndSts");
        emitter.optional("OrgnlGrpCxlId", group.cancellation_id.as_deref());
        emitter.text("OrgnlMsgId", &group.message_id);
        emitter.text("OrgnlMsgNmId", &group.message_name);
        emitter.optional("OrgnlCreDtTm", group.created.as_deref());
        emitter.optional("GrpCxlSts", group.answer.map(GroupAnswer::status));
        self.reasons(&group.reasons);
        self.emitter.close("OrgnlGrpInfAndSts");
    }

    fn block(&mut self, block: &BlockResolution) {
        let emitter = &mut self.emitter;
        emitter.optional("OrgnlPmtInfCxlId", block.cancellation_id.as_deref());
        emitter.text("OrgnlPmtInfId", &block.payment_information_id);
        if let Some((id, name)) = &block.original_message {
            emitter.open("OrgnlGrpInf");
            emitter.text("OrgnlMsgId", id);
            emitter.text("OrgnlMsgNmId", name);
            emitter.close("OrgnlGrpInf");
        }
        emitter.optional("PmtInfCxlSts", block.answer.map(GroupAnswer::status));
        self.reasons(&block.reasons);
    }

    fn transaction(&mut self, transaction: &TransactionResolution) {
        let emitter = &mut self.emitter;
        emitter.open("TxInfAndSts");
        emitter.optional("CxlStsId", transaction.status_id.as_deref());
        emitter.optional("OrgnlInstrId", transaction.instruction_id.as_deref());
        emitter.optional("OrgnlEndToEndId", transaction.end_to_end_id.as_deref());
        if self.shape.uetr == Uetr::Present {
            emitter.optional("UETR", transaction.uetr.as_deref());
        }
        emitter.optional("TxCxlSts", transaction.answer.map(Answer::status));
        self.reasons(&transaction.reasons);
        let emitter = &mut self.emitter;
        if let Some(amount) = &transaction.amount {
            emitter.money("OrgnlInstdAmt", amount);
        }
        match (transaction.execution_date, self.shape.execution_date) {
            (Some(date), ExecutionDate::Bare) => emitter.date("OrgnlReqdExctnDt", date),
            (Some(date), ExecutionDate::Choice) => emitter.day("OrgnlReqdExctnDt", date),
            (None, _) => {}
        }
        emitter.close("TxInfAndSts");
    }

    fn reasons(&mut self, reasons: &[Reason]) {
        let known = self.shape.reasons;
        let later = |reason: &Reason| match &reason.code {
            Some(Code::Listed(code)) => !known.is_empty() && !known.contains(&code.as_str()),
            _ => false,
        };
        if reasons.iter().any(later) {
            let (id, definition) = (self.id.to_owned(), self.definition.clone());
            let why = "the code is of a later version";
            self.emitter.fail(WriteError::Unfit { level: "answer", id, member: "reason", definition, why });
        }
        reasons.iter().for_each(|reason| reason.write(&mut self.emitter, "CxlStsRsnInf"));
    }
}
