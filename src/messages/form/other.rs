//! The two messages about messages: head.001, business application header, where it travels alone, and admi.002, message
//! reject. Never trust: a header proves nothing about its sender.

use super::{Form, Member, boolean, many, one, text};

pub(super) const APPLICATION_HEADER: Form = Form {
    record: "application_header",
    at: ".",
    members: &[
        one("from", "Fr", END),
        one("to", "To", END),
        text("business_message_id", "BizMsgIdr"),
        text("message_definition", "MsgDefIdr"),
        text("business_service", "BizSvc"),
        text("market_practice", "MktPrctc/Id"),
        text("created", "CreDt"),
        text("processing_date", "BizPrcgDt"),
        text("copy", "CpyDplct"),
        boolean("possible_duplicate", "PssblDplct"),
        text("priority", "Prty"),
        many("related", "Rltd", RELATED),
    ],
    inside: &[],
};

/// `Fr` or `To`: an organisation or an institution.
const END: &[Member] = &[
    text("name", "OrgId/Nm|FIId/FinInstnId/Nm"),
    text("bic", "OrgId/Id/OrgId/AnyBIC|FIId/FinInstnId/BICFI"),
    text("lei", "OrgId/Id/OrgId/LEI|FIId/FinInstnId/LEI"),
    text("id", "OrgId/Id/OrgId/Othr/Id|OrgId/Id/PrvtId/Othr/Id|FIId/FinInstnId/Othr/Id"),
    text("member_id", "FIId/FinInstnId/ClrSysMmbId/MmbId"),
];

const RELATED: &[Member] = &[
    one("from", "Fr", END),
    one("to", "To", END),
    text("business_message_id", "BizMsgIdr"),
    text("message_definition", "MsgDefIdr"),
    text("business_service", "BizSvc"),
    text("created", "CreDt"),
    text("copy", "CpyDplct"),
];

/// No definition of it is shipped: ISO 20022 keeps admi.002 apart from the payments messages, and there is one version.
pub(super) const MESSAGE_REJECT: Form = Form {
    record: "message_reject",
    at: ".",
    members: &[
        text("related_reference", "RltdRef/Ref"),
        text("reason", "Rsn/RjctgPtyRsn"),
        text("rejected_at", "Rsn/RjctnDtTm"),
        text("error_location", "Rsn/ErrLctn"),
        text("description", "Rsn/RsnDesc"),
        text("additional_text", "Rsn/AddtlData"),
    ],
    inside: &[],
};
