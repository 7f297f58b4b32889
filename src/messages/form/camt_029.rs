//! camt.029, resolution of an investigation: what each version holds. Never what an answer means for a payout.

use super::parts::{AGENT, CASE, CHARGE, COUNT, ORIGINAL_TRANSACTION, PARTY, REASON};
use super::{Form, Member, amount, boolean, many, one, text, texts};

pub(super) const FORM: Form = Form {
    record: "resolution",
    at: ".",
    members: &[
        text("assignment_id", "Assgnmt/Id"),
        one("assigner", "Assgnmt/Assgnr", PARTY),
        one("assignee", "Assgnmt/Assgne", PARTY),
        text("created", "Assgnmt/CreDtTm"),
        one("case", "RslvdCase", CASE),
        text("status", "Sts/Conf"),
        texts("rejected_modifications", "Sts/RjctdMod|Sts/RjctdMod/Cd|Sts/RjctdMod/Prtry"),
        // Only version 01 says here why a cancellation was refused.
        text("rejected_cancellation_code", "Sts/RjctdCxl/RsnCd"),
        text("rejected_cancellation_text", "Sts/RjctdCxl/Rsn"),
        one("duplicate_of", "Sts/DplctOf", CASE),
        boolean("assignment_cancelled", "Sts/AssgnmtCxlConf"),
    ],
    inside: &[GROUP, BATCH, TRANSACTION, MODIFICATION, CLAIM, STATEMENT, CORRECTION, RELATED],
};

const GROUP: Form = Form {
    record: "group_cancellation_status",
    at: "CxlDtls/OrgnlGrpInfAndSts",
    members: &[
        text("cancellation_id", "OrgnlGrpCxlId"),
        one("case", "RslvdCase", CASE),
        text("original_message_id", "OrgnlMsgId"),
        text("original_message_name", "OrgnlMsgNmId"),
        text("original_created", "OrgnlCreDtTm"),
        text("original_count", "OrgnlNbOfTxs"),
        text("original_sum", "OrgnlCtrlSum"),
        text("status", "GrpCxlSts"),
        REASONS,
        COUNTS,
    ],
    inside: &[],
};

const BATCH: Form = Form {
    record: "batch_cancellation_status",
    at: "CxlDtls/OrgnlPmtInfAndSts",
    members: &[
        text("cancellation_id", "OrgnlPmtInfCxlId"),
        one("case", "RslvdCase", CASE),
        text("original_payment_information_id", "OrgnlPmtInfId"),
        text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
        text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
        text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
        text("original_count", "OrgnlNbOfTxs"),
        text("original_sum", "OrgnlCtrlSum"),
        text("status", "PmtInfCxlSts"),
        REASONS,
        COUNTS,
    ],
    inside: &[Form { record: "cancellation_status", at: "TxInfAndSts", members: STATUS, inside: &[] }],
};

const TRANSACTION: Form =
    Form { record: "cancellation_status", at: "CxlDtls/TxInfAndSts", members: STATUS, inside: &[] };

const STATUS: &[Member] = &[
    text("cancellation_status_id", "CxlStsId"),
    one("case", "RslvdCase", CASE),
    text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
    text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
    text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
    text("original_instruction_id", "OrgnlInstrId"),
    text("original_end_to_end_id", "OrgnlEndToEndId"),
    text("original_transaction_id", "OrgnlTxId"),
    // Below a payment information version 09 and later leave the word "original" out.
    text("original_uetr", "OrgnlUETR|UETR"),
    text("original_clearing_system_reference", "OrgnlClrSysRef"),
    text("status", "TxCxlSts"),
    REASONS,
    one("resolution", "RsltnRltdInf", RESOLUTION),
    amount("original_amount", "original_currency", "OrgnlInstdAmt|OrgnlIntrBkSttlmAmt"),
    text("original_execution_date", "OrgnlReqdExctnDt|OrgnlReqdExctnDt/Dt|OrgnlReqdExctnDt/DtTm"),
    text("original_collection_date", "OrgnlReqdColltnDt"),
    text("original_settlement_date", "OrgnlIntrBkSttlmDt"),
    one("assigner", "Assgnr", PARTY),
    one("assignee", "Assgne", PARTY),
    one("original_transaction", "OrgnlTxRef", ORIGINAL_TRANSACTION),
];

const MODIFICATION: Form = Form {
    record: "modification_status",
    at: "ModDtls",
    members: &[
        text("modification_status_id", "ModStsId"),
        one("case", "RslvdCase", CASE),
        text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
        text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
        text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
        text("original_payment_information_id", "OrgnlPmtInfId"),
        text("original_instruction_id", "OrgnlInstrId"),
        text("original_end_to_end_id", "OrgnlEndToEndId"),
        text("original_transaction_id", "OrgnlTxId"),
        text("original_uetr", "OrgnlUETR"),
        text("original_clearing_system_reference", "OrgnlClrSysRef"),
        many("reasons", "ModStsRsnInf", REASON),
        one("resolution", "RsltnRltdInf", RESOLUTION),
        amount("original_amount", "original_currency", "OrgnlIntrBkSttlmAmt"),
        text("original_settlement_date", "OrgnlIntrBkSttlmDt"),
        one("original_transaction", "OrgnlTxRef", ORIGINAL_TRANSACTION),
    ],
    inside: &[],
};

const CLAIM: Form = Form {
    record: "claim_of_non_receipt",
    at: "ClmNonRctDtls",
    members: &[
        text("date_processed", "Accptd/DtPrcd"),
        one("original_next_agent", "Accptd/OrgnlNxtAgt", AGENT),
        text("rejected", "Rjctd/Cd|Rjctd/Prtry"),
    ],
    inside: &[],
};

const STATEMENT: Form = Form {
    record: "statement_correction",
    at: "StmtDtls",
    members: &[
        text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
        text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
        text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
        text("original_statement_id", "OrgnlStmtId"),
        text("uetr", "UETR"),
        text("account_servicer_reference", "AcctSvcrRef"),
        amount("amount", "currency", "CrrctdAmt"),
        text("purpose", "Purp/Cd|Purp/Prtry"),
    ],
    inside: &[],
};

const CORRECTION: Form = Form {
    record: "correction",
    at: "CrrctnTx",
    members: &[
        text("message_id", "Initn/GrpHdr/MsgId|IntrBk/GrpHdr/MsgId"),
        text("message_name", "Initn/GrpHdr/MsgNmId|IntrBk/GrpHdr/MsgNmId"),
        text("payment_information_id", "Initn/PmtInfId"),
        text("instruction_id", "Initn/InstrId|IntrBk/InstrId|AssgnrInstrId"),
        text("assignee_instruction_id", "AssgneInstrId"),
        text("end_to_end_id", "Initn/EndToEndId|IntrBk/EndToEndId"),
        text("transaction_id", "IntrBk/TxId"),
        text("uetr", "Initn/UETR|IntrBk/UETR"),
        amount("amount", "currency", "Initn/InstdAmt|IntrBk/IntrBkSttlmAmt|CcyAmt"),
        text("execution_date", "Initn/ReqdExctnDt|Initn/ReqdExctnDt/Dt|Initn/ReqdExctnDt/DtTm"),
        text("collection_date", "Initn/ReqdColltnDt"),
        text("settlement_date", "IntrBk/IntrBkSttlmDt"),
        text("value_date", "ValDt"),
    ],
    inside: &[],
};

const RELATED: Form =
    Form { record: "resolution_information", at: "RsltnRltdInf", members: RESOLUTION, inside: &[] };

/// `RsltnRltdInf`: how money comes back.
const RESOLUTION: &[Member] = &[
    text("end_to_end_id", "EndToEndId"),
    text("transaction_id", "TxId"),
    text("uetr", "UETR"),
    amount("amount", "currency", "IntrBkSttlmAmt"),
    text("settlement_date", "IntrBkSttlmDt"),
    text("clearing_channel", "ClrChanl"),
    amount("compensation_amount", "compensation_currency", "Compstn/Amt"),
    many("charges", "Chrgs|ChrgsInf", CHARGE),
];

const REASONS: Member = many("reasons", "CxlStsRsnInf", REASON);
const COUNTS: Member = many("counts", "NbOfTxsPerCxlSts", COUNT);
