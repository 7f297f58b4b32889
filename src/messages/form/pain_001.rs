//! pain.001, customer credit transfer initiation: what each version holds. Never whether it may be executed.

use super::parts::{
    ACCOUNT, AGENT, CREDITOR, DEBTOR, PARTY, PAYMENT_TYPE, REMITTANCE, ULTIMATE_CREDITOR, ULTIMATE_DEBTOR,
};
use super::{Form, amount, boolean, one, text, texts};

pub(super) const FORM: Form = Form {
    record: "group_header",
    at: ".",
    members: &[
        text("message_id", "GrpHdr/MsgId"),
        text("created", "GrpHdr/CreDtTm"),
        texts("authorisations", "GrpHdr/Authstn|GrpHdr/Authstn/Cd|GrpHdr/Authstn/Prtry"),
        text("count", "GrpHdr/NbOfTxs"),
        text("sum", "GrpHdr/CtrlSum"),
        // Only version 02 has these two in the header.
        boolean("batch_booking", "GrpHdr/BtchBookg"),
        text("grouping", "GrpHdr/Grpg"),
        one("initiating_party", "GrpHdr/InitgPty", PARTY),
        one("forwarding_agent", "GrpHdr/FwdgAgt", AGENT),
    ],
    inside: &[PAYMENT_INFORMATION],
};

const PAYMENT_INFORMATION: Form = Form {
    record: "payment_information",
    at: "PmtInf",
    members: &[
        text("payment_information_id", "PmtInfId"),
        text("payment_method", "PmtMtd"),
        boolean("batch_booking", "BtchBookg"),
        text("count", "NbOfTxs"),
        text("sum", "CtrlSum"),
        one("payment_type", "PmtTpInf", PAYMENT_TYPE),
        text("execution_date", "ReqdExctnDt|ReqdExctnDt/Dt|ReqdExctnDt/DtTm"),
        text("pooling_adjustment_date", "PoolgAdjstmntDt"),
        one("debtor", ".", DEBTOR),
        text("account_currency", "DbtrAcct/Ccy"),
        text("ultimate_debtor", ULTIMATE_DEBTOR),
        text("instruction_for_debtor_agent", "InstrForDbtrAgt"),
        text("charge_bearer", "ChrgBr"),
        one("charges_account", "ChrgsAcct", ACCOUNT),
    ],
    inside: &[CREDIT_TRANSFER],
};

const CREDIT_TRANSFER: Form = Form {
    record: "credit_transfer",
    at: "CdtTrfTxInf",
    members: &[
        text("instruction_id", "PmtId/InstrId"),
        text("end_to_end_id", "PmtId/EndToEndId"),
        text("uetr", "PmtId/UETR"),
        one("payment_type", "PmtTpInf", PAYMENT_TYPE),
        amount("amount", "currency", "Amt/InstdAmt|Amt/EqvtAmt/Amt"),
        // The amount is the equivalent in the debtor's currency of a transfer in this one.
        text("currency_of_transfer", "Amt/EqvtAmt/CcyOfTrf"),
        text("exchange_rate", "XchgRateInf/XchgRate"),
        text("exchange_contract", "XchgRateInf/CtrctId"),
        text("charge_bearer", "ChrgBr"),
        texts("instructions_for_debtor_agent", "InstrForDbtrAgt|InstrForDbtrAgt/Cd|InstrForDbtrAgt/InstrInf"),
        text("cheque_type", "ChqInstr/ChqTp"),
        text("ultimate_debtor", ULTIMATE_DEBTOR),
        one("intermediary_agent", "IntrmyAgt1", AGENT),
        one("creditor", ".", CREDITOR),
        text("ultimate_creditor", ULTIMATE_CREDITOR),
        text("purpose", "Purp/Cd|Purp/Prtry"),
        one("remittance", "RmtInf", REMITTANCE),
    ],
    inside: &[],
};
