//! pacs.004, payment return between banks: what each version holds. Never what a return means for a payout.

use super::parts::{
    AGENT, CHARGE, CREDITOR, DEBTOR, ORIGINAL_TRANSACTION, PAYMENT_TYPE, REASON, RETURN_REASONS, SETTLEMENT,
    ULTIMATE_CREDITOR, ULTIMATE_DEBTOR,
};
use super::{Form, Member, amount, boolean, many, one, text};

pub(super) const FORM: Form = Form {
    record: "group_header",
    at: ".",
    members: &[
        text("message_id", "GrpHdr/MsgId"),
        text("created", "GrpHdr/CreDtTm"),
        boolean("batch_booking", "GrpHdr/BtchBookg"),
        text("count", "GrpHdr/NbOfTxs"),
        text("sum", "GrpHdr/CtrlSum"),
        boolean("group_return", "GrpHdr/GrpRtr"),
        amount("settlement_amount", "settlement_currency", "GrpHdr/TtlRtrdIntrBkSttlmAmt"),
        text("settlement_date", "GrpHdr/IntrBkSttlmDt"),
        one("settlement", "GrpHdr/SttlmInf", SETTLEMENT),
        one("payment_type", "GrpHdr/PmtTpInf", PAYMENT_TYPE),
        one("instructing_agent", "GrpHdr/InstgAgt", AGENT),
        one("instructed_agent", "GrpHdr/InstdAgt", AGENT),
        text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
        text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
        text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
        many("reasons", "OrgnlGrpInf/RtrRsnInf", REASON),
    ],
    inside: &[PAYMENT_RETURN],
};

const PAYMENT_RETURN: Form = Form {
    record: "payment_return",
    at: "TxInf",
    members: &[
        text("return_id", "RtrId"),
        text("original_message_id", "OrgnlGrpInf/OrgnlMsgId"),
        text("original_message_name", "OrgnlGrpInf/OrgnlMsgNmId"),
        text("original_created", "OrgnlGrpInf/OrgnlCreDtTm"),
        text("original_instruction_id", "OrgnlInstrId"),
        text("original_end_to_end_id", "OrgnlEndToEndId"),
        text("original_transaction_id", "OrgnlTxId"),
        text("original_uetr", "OrgnlUETR"),
        text("original_clearing_system_reference", "OrgnlClrSysRef"),
        amount("original_amount", "original_currency", "OrgnlIntrBkSttlmAmt"),
        text("original_settlement_date", "OrgnlIntrBkSttlmDt"),
        one("payment_type", "PmtTpInf", PAYMENT_TYPE),
        amount("amount", "currency", "RtrdIntrBkSttlmAmt"),
        text("settlement_date", "IntrBkSttlmDt"),
        text("settlement_priority", "SttlmPrty"),
        amount("instructed_amount", "instructed_currency", "RtrdInstdAmt"),
        text("exchange_rate", "XchgRate"),
        amount("compensation_amount", "compensation_currency", "CompstnAmt"),
        text("charge_bearer", "ChrgBr"),
        many("charges", "ChrgsInf", CHARGE),
        text("clearing_system_reference", "ClrSysRef"),
        one("instructing_agent", "InstgAgt", AGENT),
        one("instructed_agent", "InstdAgt", AGENT),
        one("return_chain", "RtrChain", RETURN_CHAIN),
        RETURN_REASONS,
        one("original_transaction", "OrgnlTxRef", ORIGINAL_TRANSACTION),
    ],
    inside: &[],
};

/// `RtrChain`: who pays whom on the way back.
const RETURN_CHAIN: &[Member] = &[
    text("ultimate_debtor", ULTIMATE_DEBTOR),
    one("debtor", ".", DEBTOR),
    one("creditor", ".", CREDITOR),
    text("ultimate_creditor", ULTIMATE_CREDITOR),
];
