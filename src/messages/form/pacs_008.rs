//! pacs.008, credit transfer between banks: what each version holds. Never whether it may be settled.

use super::parts::{
    AGENT, CHARGE, CREDITOR, DEBTOR, PAYMENT_TYPE, REMITTANCE, SETTLEMENT, ULTIMATE_CREDITOR, ULTIMATE_DEBTOR,
};
use super::{Form, amount, boolean, many, one, text};

pub(super) const FORM: Form = Form {
    record: "group_header",
    at: ".",
    members: &[
        text("message_id", "GrpHdr/MsgId"),
        text("created", "GrpHdr/CreDtTm"),
        text("expires", "GrpHdr/XpryDtTm"),
        boolean("batch_booking", "GrpHdr/BtchBookg"),
        text("count", "GrpHdr/NbOfTxs"),
        text("sum", "GrpHdr/CtrlSum"),
        amount("settlement_amount", "settlement_currency", "GrpHdr/TtlIntrBkSttlmAmt"),
        text("settlement_date", "GrpHdr/IntrBkSttlmDt"),
        one("settlement", "GrpHdr/SttlmInf", SETTLEMENT),
        one("payment_type", "GrpHdr/PmtTpInf", PAYMENT_TYPE),
        one("instructing_agent", "GrpHdr/InstgAgt", AGENT),
        one("instructed_agent", "GrpHdr/InstdAgt", AGENT),
    ],
    inside: &[CREDIT_TRANSFER],
};

const CREDIT_TRANSFER: Form = Form {
    record: "credit_transfer",
    at: "CdtTrfTxInf",
    members: &[
        text("instruction_id", "PmtId/InstrId"),
        text("end_to_end_id", "PmtId/EndToEndId"),
        text("transaction_id", "PmtId/TxId"),
        text("uetr", "PmtId/UETR"),
        text("clearing_system_reference", "PmtId/ClrSysRef"),
        one("payment_type", "PmtTpInf", PAYMENT_TYPE),
        amount("amount", "currency", "IntrBkSttlmAmt"),
        text("settlement_date", "IntrBkSttlmDt"),
        text("settlement_priority", "SttlmPrty"),
        amount("instructed_amount", "instructed_currency", "InstdAmt"),
        text("exchange_rate", "XchgRate"),
        text("charge_bearer", "ChrgBr"),
        many("charges", "ChrgsInf", CHARGE),
        // Version 13 gathers the further times under one element.
        text("acceptance", "AccptncDtTm|AddtlDtTm/AccptncDtTm"),
        one("previous_instructing_agent", "PrvsInstgAgt1|PrvsInstgAgt", AGENT),
        one("instructing_agent", "InstgAgt", AGENT),
        one("instructed_agent", "InstdAgt", AGENT),
        one("intermediary_agent", "IntrmyAgt1", AGENT),
        text("ultimate_debtor", ULTIMATE_DEBTOR),
        text("initiating_party", "InitgPty/Nm"),
        one("debtor", ".", DEBTOR),
        one("creditor", ".", CREDITOR),
        text("ultimate_creditor", ULTIMATE_CREDITOR),
        text("purpose", "Purp/Cd|Purp/Prtry"),
        one("remittance", "RmtInf", REMITTANCE),
    ],
    inside: &[],
};
