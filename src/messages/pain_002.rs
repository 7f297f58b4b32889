//! Reads pain.002 and pacs.002 of any version into status records: one streaming reader for both, because
//! they differ only in levels. Never what a status means for a payout.
//!
//! Values stand as in the document, without the white space around them. Of a value that occurs twice where it
//! may occur once the first stays; the schema walk reports the second.

use crate::messages::reading::{
    Begun, Output, Place, Remark, Took, Trail, Value, keep, keep_amount, keep_amount_in, trimmed,
};
use crate::messages::record::{BatchStatus, Echo, Reason, Record, Report, Status, StatusCount};
use crate::messages::spare::Spare;
use crate::schema::event::Element;

/// An element that the reader knows, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Root,
    Header,
    HeaderMessageId,
    HeaderCreated,
    Group,
    GroupMessageId,
    GroupMessageName,
    GroupCount,
    GroupSum,
    GroupStatus,
    Batch,
    BatchId,
    BatchStatus,
    Transaction,
    StatusId,
    InstructionId,
    EndToEndId,
    TransactionId,
    TransactionBatchId,
    Uetr,
    OriginalGroup,
    OriginalGroupMessageId,
    TransactionStatus,
    Acceptance,
    ServicerReference,
    ClearingReference,
    Reason,
    ReasonChoice,
    ReasonCode,
    ReasonProprietary,
    ReasonText,
    Originator,
    OriginatorId,
    OriginatorOrganisation,
    OriginatorName,
    OriginatorBic,
    Count,
    CountStatus,
    CountNumber,
    CountSum,
    Echo,
    EchoAmountChoice,
    EchoEquivalent,
    EchoAmount,
    EchoSettlementAmount,
    EchoDate,
    EchoSettlementDate,
    EchoCreditor,
    EchoCreditorName,
}

/// The known child of a known element. Versions differ only here; names of version 02 stand beside the later ones.
fn child(parent: Node, name: &str) -> Option<Node> {
    Some(match (parent, name) {
        (Node::Root, "TxInfAndSts") | (Node::Batch, "TxInfAndSts") => Node::Transaction,
        (Node::Root, "OrgnlPmtInfAndSts") => Node::Batch,
        (Node::Root, "OrgnlGrpInfAndSts") => Node::Group,
        (Node::Root, "GrpHdr") => Node::Header,
        (Node::Header, "MsgId") => Node::HeaderMessageId,
        (Node::Header, "CreDtTm") => Node::HeaderCreated,
        (Node::Group, _) => return child_of_group(name),
        (Node::Batch, _) => return child_of_batch(name),
        (Node::Transaction, _) => return child_of_transaction(name),
        (Node::OriginalGroup, "OrgnlMsgId") => Node::OriginalGroupMessageId,
        (Node::Reason, "Rsn" | "StsRsn") => Node::ReasonChoice,
        (Node::Reason, "Orgtr" | "StsOrgtr") => Node::Originator,
        (Node::Reason, "AddtlInf" | "AddtlStsRsnInf") => Node::ReasonText,
        (Node::ReasonChoice, "Cd") => Node::ReasonCode,
        (Node::ReasonChoice, "Prtry") => Node::ReasonProprietary,
        (Node::Originator, "Nm") => Node::OriginatorName,
        (Node::Originator, "Id") => Node::OriginatorId,
        (Node::OriginatorId, "OrgId") => Node::OriginatorOrganisation,
        (Node::OriginatorOrganisation, "AnyBIC" | "BICOrBEI" | "BIC" | "BEI") => Node::OriginatorBic,
        (Node::Count, "DtldSts") => Node::CountStatus,
        (Node::Count, "DtldNbOfTxs") => Node::CountNumber,
        (Node::Count, "DtldCtrlSum") => Node::CountSum,
        (Node::Echo, "Amt") => Node::EchoAmountChoice,
        (Node::Echo, "IntrBkSttlmAmt") => Node::EchoSettlementAmount,
        (Node::Echo, "ReqdExctnDt") => Node::EchoDate,
        (Node::Echo, "IntrBkSttlmDt") => Node::EchoSettlementDate,
        (Node::Echo, "Cdtr") => Node::EchoCreditor,
        (Node::EchoAmountChoice, "InstdAmt") => Node::EchoAmount,
        (Node::EchoAmountChoice, "EqvtAmt") => Node::EchoEquivalent,
        (Node::EchoEquivalent, "Amt") => Node::EchoAmount,
        (Node::EchoDate, "Dt" | "DtTm") => Node::EchoDate,
        (Node::EchoCreditor, "Nm") => Node::EchoCreditorName,
        // The level that the 2019 versions put between a party and its name; an institution may stand there too.
        (Node::EchoCreditor, "Pty" | "Agt" | "FinInstnId") => Node::EchoCreditor,
        _ => return None,
    })
}

fn child_of_group(name: &str) -> Option<Node> {
    Some(match name {
        "OrgnlMsgId" => Node::GroupMessageId,
        "OrgnlMsgNmId" => Node::GroupMessageName,
        "OrgnlNbOfTxs" => Node::GroupCount,
        "OrgnlCtrlSum" => Node::GroupSum,
        "GrpSts" => Node::GroupStatus,
        "StsRsnInf" => Node::Reason,
        "NbOfTxsPerSts" => Node::Count,
        _ => return None,
    })
}

fn child_of_batch(name: &str) -> Option<Node> {
    Some(match name {
        "OrgnlPmtInfId" => Node::BatchId,
        "PmtInfSts" => Node::BatchStatus,
        "StsRsnInf" => Node::Reason,
        "NbOfTxsPerSts" => Node::Count,
        _ => return None,
    })
}

fn child_of_transaction(name: &str) -> Option<Node> {
    Some(match name {
        "StsId" => Node::StatusId,
        "OrgnlInstrId" => Node::InstructionId,
        "OrgnlEndToEndId" => Node::EndToEndId,
        "OrgnlTxId" => Node::TransactionId,
        // Only pacs.002.001.02 and pain.002.001.02 have it here.
        "OrgnlPmtInfId" => Node::TransactionBatchId,
        "OrgnlUETR" => Node::Uetr,
        "OrgnlGrpInf" => Node::OriginalGroup,
        "TxSts" => Node::TransactionStatus,
        "StsRsnInf" => Node::Reason,
        "AccptncDtTm" => Node::Acceptance,
        "AcctSvcrRef" => Node::ServicerReference,
        "ClrSysRef" => Node::ClearingReference,
        "OrgnlTxRef" => Node::Echo,
        _ => return None,
    })
}

/// Reads one status report. It keeps one record per level, never more.
pub struct StatusReader {
    trail: Trail<Node>,
    message: String,
    message_id: Option<String>,
    created: Option<String>,
    report: Report,
    batch: BatchStatus,
    status: Box<Status>,
    /// An empty one, if there is one already.
    next_status: Option<Box<Status>>,
    spare: Spare,
    /// Values of the echo that stand back if the order's own are there too.
    settlement: Echo,
    currency: String,
    report_given: bool,
    /// Where the open `OrgnlGrpInfAndSts`, `OrgnlPmtInfAndSts` and `TxInfAndSts` began.
    group_place: Option<Place>,
    batch_place: Option<Place>,
    status_place: Option<Place>,
    batch_given: bool,
    remarks: Vec<Remark>,
}

impl StatusReader {
    /// A reader that stands in the root element; `message` is the id of the definition it is read through.
    pub fn new(message: &str) -> StatusReader {
        StatusReader {
            trail: Trail::in_root(Node::Root),
            message: message.to_owned(),
            message_id: None,
            created: None,
            report: Report::default(),
            batch: BatchStatus::default(),
            status: Box::default(),
            next_status: None,
            spare: Spare::default(),
            settlement: Echo::default(),
            currency: String::new(),
            report_given: false,
            group_place: None,
            batch_place: None,
            status_place: None,
            batch_given: false,
            remarks: Vec::new(),
        }
    }

    /// An element begins.
    pub fn start<'e>(&mut self, member: Option<u16>, element: impl Fn() -> Element<'e>) -> Begun {
        match self.trail.start((member, &element), child) {
            Some(Node::Group | Node::Batch | Node::Transaction) => return Begun::Record,
            Some(Node::Reason) => self.reasons().push(Reason::default()),
            Some(Node::Count) => {
                if let Some(counts) = self.counts() {
                    counts.push(StatusCount::default());
                }
            }
            Some(Node::EchoAmount | Node::EchoSettlementAmount) => {
                self.currency.clear();
                self.currency.push_str(element().attribute("Ccy").unwrap_or(""));
            }
            _ => {}
        }
        Begun::Inside
    }

    /// An element with text and nothing else, where it is neither a record nor a group.
    #[inline]
    pub fn leaf<'e>(&mut self, member: Option<u16>, element: impl Fn() -> Element<'e>, text: &str) -> Took {
        let Some(node) = self.trail.leaf((member, &element), child) else { return Took::All };
        match node {
            Node::Group | Node::Batch | Node::Transaction | Node::Header | Node::Root => {
                return Took::Nothing;
            }
            Node::Reason | Node::Count => return Took::Nothing,
            Node::EchoAmount | Node::EchoSettlementAmount => {
                self.currency.clear();
                self.currency.push_str(element().attribute("Ccy").unwrap_or(""));
            }
            _ => {}
        }
        self.fill_text(node, trimmed(text));
        Took::All
    }

    /// The record that `start` announced begins here.
    pub fn begin(&mut self, place: Place, output: &mut Output<'_>) {
        match self.trail.here() {
            Some(Node::Group) => self.group_place = Some(place),
            Some(Node::Batch) => {
                self.give_report_once(place, output);
                self.batch_place = Some(place);
                self.batch_given = false;
            }
            Some(Node::Transaction) => {
                self.give_report_once(place, output);
                self.give_batch_once(output);
                self.status_place = Some(place);
            }
            _ => {}
        }
    }

    /// The text of the open element.
    pub fn text(&mut self, text: &str) {
        let text = trimmed(text);
        self.trail.text_seen();
        if let Some(node) = self.trail.here() {
            self.fill_text(node, text);
        }
    }

    #[inline]
    fn fill_text(&mut self, node: Node, text: &str) {
        // White space between the elements of one that may hold either text or elements.
        if !(text.is_empty() && matches!(node, Node::EchoDate | Node::ReasonChoice)) {
            self.fill(node, text);
        }
    }

    /// The open element ends.
    pub fn end(&mut self, output: &mut Output<'_>) {
        let Some(left) = self.trail.leave() else { return };
        if left.empty {
            self.fill(left.node, "");
        }
        match left.node {
            Node::Transaction => self.give_status(output),
            Node::Batch => self.end_batch(output),
            Node::Group => self.end_group(output),
            Node::Header if self.report_given => self.remark_late_header(),
            Node::Root => self.give_report_once(Place::default(), output),
            _ => {}
        }
    }

    /// The document breaks off: hands out what was begun, as far as it was read.
    pub fn break_off(&mut self, output: &mut Output<'_>) {
        if self.group_place.is_some() {
            self.end_group(output);
        }
        if self.status_place.is_some() {
            self.give_status(output);
        }
        if self.batch_place.is_some() {
            self.end_batch(output);
        }
        if self.message_id.is_some() || self.created.is_some() {
            self.give_report_once(Place::default(), output);
        }
    }

    /// Whether something did not fit into a record since the last call of `take_remarks`.
    #[inline]
    pub fn has_remarks(&self) -> bool {
        !self.remarks.is_empty()
    }

    /// What did not fit into a record since the last call.
    pub fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }

    fn fill(&mut self, node: Node, text: &str) {
        let slot = match node {
            Node::HeaderMessageId => &mut self.message_id,
            Node::HeaderCreated => &mut self.created,
            Node::GroupMessageId => &mut self.report.original_message_id,
            Node::GroupMessageName => &mut self.report.original_message_name,
            Node::GroupCount => &mut self.report.original_count,
            Node::GroupSum => &mut self.report.original_sum,
            Node::GroupStatus => &mut self.report.group_status,
            Node::BatchId => &mut self.batch.original_payment_information_id,
            Node::BatchStatus => &mut self.batch.status,
            Node::StatusId => &mut self.status.status_id,
            Node::InstructionId => &mut self.status.original_instruction_id,
            Node::EndToEndId => &mut self.status.original_end_to_end_id,
            Node::TransactionId => &mut self.status.original_transaction_id,
            Node::TransactionBatchId => &mut self.status.original_payment_information_id,
            Node::Uetr => &mut self.status.original_uetr,
            Node::OriginalGroupMessageId => &mut self.status.original_message_id,
            Node::TransactionStatus => &mut self.status.status,
            Node::Acceptance => &mut self.status.acceptance,
            Node::ServicerReference => &mut self.status.account_servicer_reference,
            Node::ClearingReference => &mut self.status.clearing_system_reference,
            Node::CountStatus | Node::CountNumber | Node::CountSum => return self.fill_count(node, text),
            Node::EchoAmount
            | Node::EchoSettlementAmount
            | Node::EchoDate
            | Node::EchoSettlementDate
            | Node::EchoCreditorName => return self.fill_echo(node, text),
            _ => return self.fill_reason(node, text),
        };
        self.spare.keep(slot, text);
    }

    fn fill_reason(&mut self, node: Node, text: &str) {
        let Some(reason) = self.reasons().last_mut() else { return };
        match node {
            // `ReasonChoice` itself: a code written without its `Cd`.
            Node::ReasonCode | Node::ReasonChoice => keep(&mut reason.code, text),
            Node::ReasonProprietary => keep(&mut reason.proprietary, text),
            Node::ReasonText => reason.text.push(text.to_owned()),
            Node::OriginatorName | Node::OriginatorBic => keep(&mut reason.originator, text),
            _ => {}
        }
    }

    fn fill_count(&mut self, node: Node, text: &str) {
        let Some(count) = self.counts().and_then(|counts| counts.last_mut()) else { return };
        match node {
            Node::CountStatus => keep(&mut count.status, text),
            Node::CountNumber => keep(&mut count.count, text),
            _ => keep(&mut count.sum, text),
        }
    }

    fn fill_echo(&mut self, node: Node, text: &str) {
        let currency = Some(self.currency.as_str()).filter(|currency| !currency.is_empty());
        let value = Value { text, currency };
        let echo = self.status.echo.get_or_insert_default();
        match node {
            Node::EchoAmount => {
                keep_amount_in(&mut self.spare, (&mut echo.amount, &mut echo.currency), value)
            }
            Node::EchoSettlementAmount => {
                keep_amount(&mut self.settlement.amount, &mut self.settlement.currency, value);
            }
            Node::EchoDate => self.spare.keep(&mut echo.date, text),
            Node::EchoSettlementDate => keep(&mut self.settlement.date, text),
            _ => self.spare.keep(&mut echo.creditor, text),
        }
    }

    /// Reasons of the innermost open level.
    fn reasons(&mut self) -> &mut Vec<Reason> {
        if self.status_place.is_some() {
            &mut self.status.reasons
        } else if self.batch_place.is_some() {
            &mut self.batch.reasons
        } else {
            &mut self.report.reasons
        }
    }

    /// Counts of the innermost open level; a transaction has none.
    fn counts(&mut self) -> Option<&mut Vec<StatusCount>> {
        if self.status_place.is_some() {
            None
        } else if self.batch_place.is_some() {
            Some(&mut self.batch.counts)
        } else {
            Some(&mut self.report.counts)
        }
    }

    fn end_group(&mut self, output: &mut Output<'_>) {
        if let Some(place) = self.group_place.take() {
            self.give_report(place, output);
        }
    }

    fn give_report(&mut self, place: Place, output: &mut Output<'_>) {
        let mut report = std::mem::take(&mut self.report);
        report.message.clone_from(&self.message);
        report.message_id.clone_from(&self.message_id);
        report.created.clone_from(&self.created);
        self.report_given = true;
        output.give(Record::Report(Box::new(report)), place);
    }

    /// A report record precedes the levels below it even where the document has no group level.
    fn give_report_once(&mut self, place: Place, output: &mut Output<'_>) {
        if !self.report_given {
            self.give_report(place, output);
        }
    }

    fn give_batch_once(&mut self, output: &mut Output<'_>) {
        if let (Some(place), false) = (self.batch_place, self.batch_given) {
            self.batch_given = true;
            output.give(Record::BatchStatus(Box::new(std::mem::take(&mut self.batch))), place);
        }
    }

    fn end_batch(&mut self, output: &mut Output<'_>) {
        self.give_batch_once(output);
        self.batch_place = None;
        let late = std::mem::take(&mut self.batch);
        if late != BatchStatus::default() {
            self.remarks.push(Remark::late("TxInfAndSts", "batch_status", &late));
        }
    }

    fn give_status(&mut self, output: &mut Output<'_>) {
        let status = &mut self.status;
        let settlement = std::mem::take(&mut self.settlement);
        if let Some(echo) = &mut status.echo {
            if echo.amount.is_none() {
                (echo.amount, echo.currency) = (settlement.amount, settlement.currency);
            }
            echo.date = echo.date.take().or(settlement.date);
        }
        if status.echo.as_ref().is_some_and(|echo| *echo == Echo::default()) {
            status.echo = None;
        }
        let Some(place) = self.status_place.take() else { return **status = Status::default() };
        let status = std::mem::replace(status, self.next_status.take().unwrap_or_default());
        let lent = output.lend(Record::Status(status), place);
        if let Some(Record::Status(mut status)) = lent {
            self.spare.empty_status(&mut status);
            self.next_status = Some(status);
        }
    }

    fn remark_late_header(&mut self) {
        let late = Report {
            message_id: self.message_id.clone(),
            created: self.created.clone(),
            ..Report::default()
        };
        self.remarks.push(Remark::late("OrgnlGrpInfAndSts", "report", &late));
    }
}
