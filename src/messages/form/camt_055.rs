//! camt.055 and camt.056, cancellation requests of a customer and of a bank: what each version holds. They differ in
//! their levels only, so both stand here. Never whether a request is granted.

use super::parts::{CASE, ORIGINAL_TRANSACTION, PARTY, REASON};
use super::{Form, Member, amount, boolean, many, one, text};

pub(super) const FORM: Form =
    Form { record: "assignment", at: ".", members: ASSIGNMENT, inside: &[GROUP, BATCH, TRANSACTION] };

const ASSIGNMENT: &[Member] = &[
    text("assignment_id", "Assgnmt/Id"),
    one("assigner", "Assgnmt/Assgnr", PARTY),
    one("assignee", "Assgnmt/Assgne", PARTY),
    text("created", "Assgnmt/CreDtTm"),
    one("case", "Case", CASE),
    text("count", "CtrlData/NbOfTxs"),
    text("sum", "CtrlData/CtrlSum"),
];

const GROUP: Form = Form {
    record: "group_cancellation",
    at: "Undrlyg/OrgnlGrpInfAndCxl",
    members: &[
        text("cancellation_id", "GrpCxlId"),
        one("case", "Case", CASE),
        text("original_message_id", "OrgnlMsgId"),
        text("original_message_name", "OrgnlMsgNmId"),
        text("original_created", "OrgnlCreDtTm"),
        text("count", "NbOfTxs"),
        text("sum", "CtrlSum"),
        // Whether the whole group is to be cancelled.
        boolean("whole", "GrpCxl"),
        REASONS,
    ],
    inside: &[],
};

/// Only a customer's request has this level.
const BATCH: Form = Form {
    record: "batch_cancellation",
    at: "Undrlyg/OrgnlPmtInfAndCxl",
    members: &[
        text("cancellation_id", "PmtCxlId"),
        one("case", "Case", CASE),
        text("original_payment_information_id", "OrgnlPmtInfId"),
        text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
        text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
        text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
        text("count", "NbOfTxs"),
        text("sum", "CtrlSum"),
        boolean("whole", "PmtInfCxl"),
        REASONS,
    ],
    inside: &[Form { record: "cancellation", at: "TxInf", members: CANCELLATION, inside: &[] }],
};

const TRANSACTION: Form =
    Form { record: "cancellation", at: "Undrlyg/TxInf", members: CANCELLATION, inside: &[] };

const CANCELLATION: &[Member] = &[
    text("cancellation_id", "CxlId"),
    one("case", "Case", CASE),
    text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
    text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
    text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
    text("original_instruction_id", "OrgnlInstrId"),
    text("original_end_to_end_id", "OrgnlEndToEndId"),
    text("original_transaction_id", "OrgnlTxId"),
    text("original_uetr", "OrgnlUETR"),
    text("original_clearing_system_reference", "OrgnlClrSysRef"),
    // What the customer ordered, or what the banks settled.
    amount("original_amount", "original_currency", "OrgnlInstdAmt|OrgnlIntrBkSttlmAmt"),
    text("original_execution_date", "OrgnlReqdExctnDt|OrgnlReqdExctnDt/Dt|OrgnlReqdExctnDt/DtTm"),
    text("original_collection_date", "OrgnlReqdColltnDt"),
    text("original_settlement_date", "OrgnlIntrBkSttlmDt"),
    one("assigner", "Assgnr", PARTY),
    one("assignee", "Assgne", PARTY),
    REASONS,
    one("original_transaction", "OrgnlTxRef", ORIGINAL_TRANSACTION),
];

const REASONS: Member = many("reasons", "CxlRsnInf", REASON);
