//! pacs.028, request for the status of a payment: what each version holds. Never the answer.

use super::parts::{AGENT, ORIGINAL_TRANSACTION};
use super::{Form, one, text};

pub(super) const FORM: Form = Form {
    record: "group_header",
    at: ".",
    members: &[
        text("message_id", "GrpHdr/MsgId"),
        text("created", "GrpHdr/CreDtTm"),
        one("instructing_agent", "GrpHdr/InstgAgt", AGENT),
        one("instructed_agent", "GrpHdr/InstdAgt", AGENT),
    ],
    inside: &[GROUP_STATUS_REQUEST, STATUS_REQUEST],
};

const GROUP_STATUS_REQUEST: Form = Form {
    record: "group_status_request",
    at: "OrgnlGrpInf",
    members: &[
        text("original_message_id", "OrgnlMsgId"),
        text("original_message_name", "OrgnlMsgNmId"),
        text("original_created", "OrgnlCreDtTm"),
        text("original_count", "OrgnlNbOfTxs"),
        text("original_sum", "OrgnlCtrlSum"),
    ],
    inside: &[],
};

const STATUS_REQUEST: Form = Form {
    record: "status_request",
    at: "TxInf",
    members: &[
        text("status_request_id", "StsReqId"),
        text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
        text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
        text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
        text("original_instruction_id", "OrgnlInstrId"),
        text("original_end_to_end_id", "OrgnlEndToEndId"),
        text("original_transaction_id", "OrgnlTxId"),
        text("original_uetr", "OrgnlUETR"),
        text("acceptance", "AccptncDtTm"),
        text("clearing_system_reference", "ClrSysRef"),
        one("instructing_agent", "InstgAgt", AGENT),
        one("instructed_agent", "InstdAgt", AGENT),
        one("original_transaction", "OrgnlTxRef", ORIGINAL_TRANSACTION),
    ],
    inside: &[],
};
