//! What a bank report says, record by record: the shape that `girogate parse` prints and that
//! ingest decides on. Amounts and dates stand as in the document; absent is left out.
//! Never what a record means for a payout.

use serde::Serialize;

use super::form::Plain;
use super::head_001::Header;

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// One record, in document order. `record` names the kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// Begins a document.
    Document(Document),
    /// The business application header that announces the document.
    Header(Box<Header>),
    /// Group level of a pain.002 or pacs.002.
    Report(Box<Report>),
    /// One `OrgnlPmtInfAndSts`.
    BatchStatus(Box<BatchStatus>),
    /// One `TxInfAndSts`.
    Status(Box<Status>),
    /// One `Rpt`, `Stmt` or `Ntfctn`.
    AccountReport(Box<AccountReport>),
    /// One `Ntry`.
    Entry(Box<Entry>),
    /// One `TxDtls`.
    Transaction(Box<Transaction>),
    /// Something that breaks the schema or could not be read.
    Deviation(Deviation),
    /// Ends a document.
    Verdict(Verdict),
    /// Any other record, by the form of its message.
    #[serde(untagged)]
    Plain(Box<Plain>),
}

/// Begins a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Document {
    /// File name as given, or `-`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Message id, like `pain.002.001.10`; of the definition it was read through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Namespace of `Document` as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A reason given for a status or return.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reason {
    /// `Rsn/Cd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `Rsn/Prtry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proprietary: Option<String>,
    /// `Orgtr`: name or BIC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub originator: Option<String>,
    /// `AddtlInf`, one per element.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
}

/// One `NbOfTxsPerSts`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StatusCount {
    /// `DtldSts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `DtldNbOfTxs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    /// `DtldCtrlSum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
}

/// Group level of a status report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Message id of the definition.
    pub message: String,
    /// `GrpHdr/MsgId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `GrpHdr/CreDtTm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// `OrgnlMsgId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_message_id: Option<String>,
    /// `OrgnlMsgNmId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_message_name: Option<String>,
    /// `GrpSts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_status: Option<String>,
    /// `StsRsnInf`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// `OrgnlNbOfTxs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_count: Option<String>,
    /// `OrgnlCtrlSum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_sum: Option<String>,
    /// `NbOfTxsPerSts`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<StatusCount>,
}

/// One `OrgnlPmtInfAndSts`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BatchStatus {
    /// `OrgnlPmtInfId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_payment_information_id: Option<String>,
    /// `PmtInfSts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `StsRsnInf`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// `NbOfTxsPerSts`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<StatusCount>,
}

/// What a status echoes of the order (`OrgnlTxRef`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Echo {
    /// `Amt` or `IntrBkSttlmAmt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Its `Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `ReqdExctnDt` (or the settlement date).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// `Cdtr/Nm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creditor: Option<String>,
}

/// One `TxInfAndSts`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// `StsId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_id: Option<String>,
    /// `OrgnlInstrId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_instruction_id: Option<String>,
    /// `OrgnlEndToEndId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_end_to_end_id: Option<String>,
    /// `OrgnlTxId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_transaction_id: Option<String>,
    /// `OrgnlPmtInfId` of the transaction, which version 02 has in place of a level of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_payment_information_id: Option<String>,
    /// `OrgnlUETR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_uetr: Option<String>,
    /// `OrgnlGrpInf/OrgnlMsgId` of the transaction, where it has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_message_id: Option<String>,
    /// `TxSts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `StsRsnInf`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// `OrgnlTxRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<Echo>,
    /// `AccptncDtTm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<String>,
    /// `AcctSvcrRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_servicer_reference: Option<String>,
    /// `ClrSysRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearing_system_reference: Option<String>,
}

/// An account as a report names it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccountId {
    /// `Id/IBAN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iban: Option<String>,
    /// `Id/Othr/Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// One `Bal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Balance {
    /// `Tp/CdOrPrtry/Cd` or `/Prtry`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `Tp/SubTp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<String>,
    /// `Amt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Its `Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `credit` or `debit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `Dt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// One `Rpt`, `Stmt` or `Ntfctn`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccountReport {
    /// Message id of the definition.
    pub message: String,
    /// `GrpHdr/MsgId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `Acct/Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// `Acct/Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `ElctrncSeqNb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    /// `LglSeqNb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_sequence: Option<String>,
    /// `FrToDt/FrDtTm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `FrToDt/ToDtTm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `PgNb` of the report's or the header's pagination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// `LastPgInd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_page: Option<bool>,
    /// `CpyDplctInd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// `Bal`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub balances: Vec<Balance>,
    /// `TxsSummry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<EntriesSummary>,
}

/// What a report says of its entries as a whole: `TxsSummry`. Sums have no currency and no sign.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EntriesSummary {
    /// `TtlNtries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<EntriesTotal>,
    /// `TtlCdtNtries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<EntriesTotal>,
    /// `TtlDbtNtries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debits: Option<EntriesTotal>,
    /// `TtlNtries/TtlNetNtry/Amt`: credits less debits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<String>,
    /// `credit` or `debit`: which of the two is greater.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_direction: Option<String>,
}

/// One line of `TxsSummry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EntriesTotal {
    /// `NbOfNtries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    /// `Sum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
}

/// `BkTxCd`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BankTransactionCode {
    /// `Domn/Cd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// `Domn/Fmly/Cd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// `Domn/Fmly/SubFmlyCd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_family: Option<String>,
    /// `Prtry/Cd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proprietary: Option<String>,
    /// `Prtry/Issr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// `NtryDtls/Btch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Batch {
    /// `MsgId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `PmtInfId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_information_id: Option<String>,
    /// `NbOfTxs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    /// `TtlAmt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Its `Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `credit` or `debit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
}

/// One charge record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Charge {
    /// `Amt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Its `Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `credit` or `debit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `ChrgInclInd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included: Option<bool>,
    /// `Tp`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// One `Ntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Entry {
    /// `NtryRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// `Amt`, always positive by the standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Its `Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `credit` or `debit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `RvslInd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversal: Option<bool>,
    /// `Sts`: `BOOK`, `PDNG`, `INFO`, `FUTR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `BookgDt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking_date: Option<String>,
    /// `ValDt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_date: Option<String>,
    /// `AcctSvcrRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_servicer_reference: Option<String>,
    /// `BkTxCd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_transaction_code: Option<BankTransactionCode>,
    /// `AddtlNtryInf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_text: Option<String>,
    /// First `NtryDtls/Btch`; further ones are `more_batches`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// Further `NtryDtls/Btch` of the same entry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_batches: Vec<Batch>,
    /// `Chrgs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
    /// Number of `TxDtls`.
    pub transactions: u64,
}

/// A party of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TransactionParty {
    /// `Nm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `DbtrAcct` or `CdtrAcct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
}

/// `RmtInf`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RemittanceInformation {
    /// `Ustrd`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unstructured: Vec<String>,
    /// `Strd/CdtrRefInf/Ref`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

/// One `TxDtls`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Transaction {
    /// `Refs/EndToEndId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_to_end_id: Option<String>,
    /// `Refs/InstrId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_id: Option<String>,
    /// `Refs/UETR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uetr: Option<String>,
    /// `Refs/TxId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// `Refs/PmtInfId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_information_id: Option<String>,
    /// `Refs/MsgId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `Refs/AcctSvcrRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_servicer_reference: Option<String>,
    /// `Amt` (or `AmtDtls/TxAmt`), else the entry's where it has this one detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Its `Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `CdtDbtInd`, else the entry's where it has this one detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `RltdPties/Dbtr` and `DbtrAcct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debtor: Option<TransactionParty>,
    /// `RltdPties/Cdtr` and `CdtrAcct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creditor: Option<TransactionParty>,
    /// `RltdPties/UltmtDbtr` name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ultimate_debtor: Option<String>,
    /// `RltdPties/UltmtCdtr` name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ultimate_creditor: Option<String>,
    /// `RmtInf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remittance: Option<RemittanceInformation>,
    /// `BkTxCd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_transaction_code: Option<BankTransactionCode>,
    /// `AmtDtls/InstdAmt/Amt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructed_amount: Option<String>,
    /// Its `Ccy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructed_currency: Option<String>,
    /// `AmtDtls/CntrValAmt/Amt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter_amount: Option<String>,
    /// First `CcyXchg/XchgRate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<String>,
    /// `Refs/ClrSysRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearing_system_reference: Option<String>,
    /// `Refs/Prtry/Ref`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proprietary_references: Vec<String>,
    /// `AddtlTxInf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_text: Option<String>,
    /// `RtrInf`: the presence alone says that money came back.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub returned: Option<ReturnInformation>,
    /// `Chrgs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
}

/// `RtrInf`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReturnInformation {
    /// `Rsn/Cd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `Rsn/Prtry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proprietary: Option<String>,
    /// `AddtlInf`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
}

/// Something that breaks the schema, or that could not be read as the record wants it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Deviation {
    /// From 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub line: u64,
    /// Characters since the last line feed + 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub column: u64,
    /// Like `/Document/BkToCstmrStmt/Stmt[1]/Ntry[3]/Amt`.
    pub path: String,
    /// Stable code.
    pub code: String,
    /// In words.
    pub text: String,
}

/// Ends a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// Message id whose definition judged it, or `unknown`.
    pub schema: String,
    /// Whether the document is an instance of its definition.
    pub valid: bool,
    /// Number of violations.
    pub errors: u64,
    /// Records between `document` and this, deviations aside.
    pub records: u64,
}
