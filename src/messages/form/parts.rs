//! What messages share: parties, agents, accounts, cases, reasons, the echo of the original order. Never a whole record.
//!
//! Where two versions name an element differently both names stand. Source: the published definitions, all versions.

use super::{Member, amount, boolean, many, one, text, texts};

/// `PartyIdentification` or, where a choice lets it in, an institution.
pub(super) const PARTY: &[Member] = &[
    text("name", "Nm|Pty/Nm|Agt/FinInstnId/Nm|FinInstnId/Nm|FinInstnId/NmAndAdr/Nm|FinInstnId/CmbndId/Nm"),
    text(
        "bic",
        "Id/OrgId/AnyBIC|Id/OrgId/BICOrBEI|Id/OrgId/BIC|Id/OrgId/BEI|Pty/Id/OrgId/AnyBIC|Pty/Id/OrgId/BICOrBEI|Agt/FinInstnId/BICFI|Agt/FinInstnId/BIC|FinInstnId/BICFI|FinInstnId/BIC|FinInstnId/CmbndId/BIC|.",
    ),
    text("lei", "Id/OrgId/LEI|Pty/Id/OrgId/LEI|Agt/FinInstnId/LEI|FinInstnId/LEI"),
    text(
        "id",
        "Id/OrgId/Othr/Id|Id/PrvtId/Othr/Id|Pty/Id/OrgId/Othr/Id|Pty/Id/PrvtId/Othr/Id|Id/OrgId/PrtryId/Id|Id/PrvtId/OthrId/Id",
    ),
    text("member_id", "Agt/FinInstnId/ClrSysMmbId/MmbId|FinInstnId/ClrSysMmbId/MmbId"),
];

/// `BranchAndFinancialInstitutionIdentification`.
pub(super) const AGENT: &[Member] = &[
    text("bic", "FinInstnId/BICFI|FinInstnId/BIC|FinInstnId/CmbndId/BIC"),
    text("clearing_system", "FinInstnId/ClrSysMmbId/ClrSysId/Cd|FinInstnId/ClrSysMmbId/ClrSysId/Prtry"),
    text(
        "member_id",
        "FinInstnId/ClrSysMmbId/MmbId|FinInstnId/ClrSysMmbId/Id|FinInstnId/ClrSysMmbId/Prtry|FinInstnId/CmbndId/ClrSysMmbId/Id|FinInstnId/CmbndId/ClrSysMmbId/Prtry",
    ),
    text("lei", "FinInstnId/LEI"),
    text("name", "FinInstnId/Nm|FinInstnId/NmAndAdr/Nm|FinInstnId/CmbndId/Nm"),
    text("other", "FinInstnId/Othr/Id|FinInstnId/PrtryId/Id|FinInstnId/CmbndId/PrtryId/Id"),
];

/// `CashAccount`.
pub(super) const ACCOUNT: &[Member] =
    &[text("iban", "Id/IBAN"), text("other", "Id/Othr/Id|Id/PrtryAcct/Id|Id/BBAN|Id/UPIC")];

/// The debtor with account and agent, from the element that holds all three. Younger versions put `Pty` or `Agt`
/// between the party and its name.
pub(super) const DEBTOR: &[Member] = &[
    text("name", "Dbtr/Nm|Dbtr/Pty/Nm|Dbtr/Agt/FinInstnId/Nm"),
    one("account", "DbtrAcct", ACCOUNT),
    one("agent", "DbtrAgt", AGENT),
];

/// The same of the creditor.
pub(super) const CREDITOR: &[Member] = &[
    text("name", "Cdtr/Nm|Cdtr/Pty/Nm|Cdtr/Agt/FinInstnId/Nm"),
    one("account", "CdtrAcct", ACCOUNT),
    one("agent", "CdtrAgt", AGENT),
];

pub(super) const ULTIMATE_DEBTOR: &str = "UltmtDbtr/Nm|UltmtDbtr/Pty/Nm|UltmtDbtr/Agt/FinInstnId/Nm";
pub(super) const ULTIMATE_CREDITOR: &str = "UltmtCdtr/Nm|UltmtCdtr/Pty/Nm|UltmtCdtr/Agt/FinInstnId/Nm";

/// `RmtInf`.
pub(super) const REMITTANCE: &[Member] =
    &[texts("unstructured", "Ustrd"), texts("references", "Strd/CdtrRefInf/Ref|Strd/CdtrRefInf/CdtrRef")];

/// `PmtTpInf`.
pub(super) const PAYMENT_TYPE: &[Member] = &[
    text("instruction_priority", "InstrPrty"),
    texts("service_levels", "SvcLvl/Cd|SvcLvl/Prtry"),
    text("local_instrument", "LclInstrm/Cd|LclInstrm/Prtry"),
    text("category_purpose", "CtgyPurp/Cd|CtgyPurp/Prtry|CtgyPurp"),
    text("clearing_channel", "ClrChanl"),
    text("sequence_type", "SeqTp"),
];

/// A reason: for a return, a cancellation request or the answer to one.
pub(super) const REASON: &[Member] = &[
    text("code", "Rsn/Cd|RtrRsn/Cd|Rsn"),
    text("proprietary", "Rsn/Prtry|RtrRsn/Prtry"),
    text(
        "originator",
        "Orgtr/Nm|RtrOrgtr/Nm|Orgtr/Id/OrgId/AnyBIC|Orgtr/Id/OrgId/BICOrBEI|RtrOrgtr/Id/OrgId/BIC|RtrOrgtr/Id/OrgId/BEI",
    ),
    texts("text", "AddtlInf|AddtlRtrRsnInf"),
];

/// Number and sum of transactions of one status.
pub(super) const COUNT: &[Member] =
    &[text("status", "DtldSts"), text("count", "DtldNbOfTxs"), text("sum", "DtldCtrlSum")];

/// A charge: up to version 01 of the interbank messages under other names.
pub(super) const CHARGE: &[Member] = &[
    amount("amount", "currency", "Amt|ChrgsAmt"),
    one("agent", "Agt|Pty|ChrgsPty", AGENT),
    text("type", "Tp/Cd|Tp/Prtry/Id"),
];

/// `Case`.
pub(super) const CASE: &[Member] =
    &[text("id", "Id"), one("creator", "Cretr", PARTY), boolean("reopened", "ReopCaseIndctn")];

/// `OrgnlTxRef`: what a message echoes of the order.
pub(super) const ORIGINAL_TRANSACTION: &[Member] = &[
    amount("amount", "currency", "Amt/InstdAmt|Amt/EqvtAmt/Amt"),
    amount("settlement_amount", "settlement_currency", "IntrBkSttlmAmt"),
    text("settlement_date", "IntrBkSttlmDt"),
    text("execution_date", "ReqdExctnDt|ReqdExctnDt/Dt|ReqdExctnDt/DtTm"),
    text("collection_date", "ReqdColltnDt"),
    one("payment_type", "PmtTpInf", PAYMENT_TYPE),
    text("payment_method", "PmtMtd"),
    text("ultimate_debtor", ULTIMATE_DEBTOR),
    one("debtor", ".", DEBTOR),
    one("creditor", ".", CREDITOR),
    text("ultimate_creditor", ULTIMATE_CREDITOR),
    text("purpose", "Purp/Cd|Purp/Prtry"),
    one("remittance", "RmtInf", REMITTANCE),
];

/// `SttlmInf`.
pub(super) const SETTLEMENT: &[Member] = &[
    text("method", "SttlmMtd"),
    one("account", "SttlmAcct", ACCOUNT),
    text("clearing_system", "ClrSys/Cd|ClrSys/ClrSysId|ClrSys/Prtry"),
];

/// Reasons of a return.
pub(super) const RETURN_REASONS: Member = many("reasons", "RtrRsnInf", REASON);
