//! camt.060, request for account reports: what each version holds. Never whether a report is due.

use super::parts::{ACCOUNT, AGENT, PARTY};
use super::{Form, Member, amount, direction, many, one, text, texts};

pub(super) const FORM: Form = Form {
    record: "group_header",
    at: ".",
    members: &[
        text("message_id", "GrpHdr/MsgId"),
        text("created", "GrpHdr/CreDtTm"),
        one("message_sender", "GrpHdr/MsgSndr", PARTY),
    ],
    inside: &[REPORTING_REQUEST],
};

const REPORTING_REQUEST: Form = Form {
    record: "reporting_request",
    at: "RptgReq",
    members: &[
        text("id", "Id"),
        text("requested_message", "ReqdMsgNmId"),
        one("account", "Acct", ACCOUNT),
        text("currency", "Acct/Ccy"),
        one("account_owner", "AcctOwnr", PARTY),
        one("account_servicer", "AcctSvcr", AGENT),
        text("from_date", "RptgPrd/FrToDt/FrDt"),
        text("to_date", "RptgPrd/FrToDt/ToDt"),
        text("from_time", "RptgPrd/FrToTm/FrTm"),
        text("to_time", "RptgPrd/FrToTm/ToTm"),
        text("period_type", "RptgPrd/Tp"),
        text("from_sequence", "RptgSeq/FrSeq"),
        text("to_sequence", "RptgSeq/ToSeq"),
        many("sequence_ranges", "RptgSeq/FrToSeq", RANGE),
        texts("sequences", "RptgSeq/EQSeq"),
        texts("sequences_excluded", "RptgSeq/NEQSeq"),
        text("transaction_status", "ReqdTxTp/Sts|ReqdTxTp/Sts/Cd|ReqdTxTp/Sts/Prtry"),
        direction("direction", "ReqdTxTp/CdtDbtInd"),
        many("floor_limits", "ReqdTxTp/FlrLmt", FLOOR),
        texts("balance_types", "ReqdBalTp/CdOrPrtry/Cd|ReqdBalTp/CdOrPrtry/Prtry"),
    ],
    inside: &[],
};

const RANGE: &[Member] = &[text("from", "FrSeq"), text("to", "ToSeq")];
const FLOOR: &[Member] = &[amount("amount", "currency", "Amt"), direction("direction", "CdtDbtInd")];
