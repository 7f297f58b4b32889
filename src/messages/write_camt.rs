//! Writes camt.052, camt.053 and camt.054 (.001.08) as a bank does: for the bank across the street and for recorded
//! exchanges. Never what was booked or what a balance is.

use std::io;

use chrono::{DateTime, NaiveDate, Utc};

use super::emit::{Emitter, Money, WriteError};
use super::kind::{Definition, Kind};
use super::record::{AccountId, BankTransactionCode, RemittanceInformation, TransactionParty};
use crate::domain::entry::Direction;
use crate::domain::payout::Code;

/// Version of all three reports.
const VERSION: u8 = 8;

/// Which report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// camt.052: the running day.
    Intraday,
    /// camt.053: the day's statement.
    Statement,
    /// camt.054: single movements, without balances.
    Notification,
}

impl ReportKind {
    /// The definition of such documents.
    pub fn definition(self) -> Definition {
        let kind = match self {
            ReportKind::Intraday => Kind::Camt052,
            ReportKind::Statement => Kind::Camt053,
            ReportKind::Notification => Kind::Camt054,
        };
        Definition { kind, version: VERSION }
    }
}

/// `GrpHdr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `MsgId`.
    pub message_id: String,
    /// `CreDtTm`.
    pub created: DateTime<Utc>,
    /// `MsgRcpt/Nm`.
    pub recipient: Option<String>,
    /// `MsgPgntn`.
    pub page: Option<Page>,
}

/// `MsgPgntn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// `PgNb`.
    pub number: u64,
    /// `LastPgInd`.
    pub last: bool,
}

/// `Rpt`, `Stmt` or `Ntfctn` up to its entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountReport {
    /// `Id`.
    pub id: String,
    /// `ElctrncSeqNb`.
    pub sequence: Option<u64>,
    /// `LglSeqNb`.
    pub legal_sequence: Option<u64>,
    /// `CreDtTm`.
    pub created: Option<DateTime<Utc>>,
    /// `FrToDt`.
    pub period: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// `CpyDplctInd`: `COPY`, `DUPL` or `CODU`.
    pub copy: Option<String>,
    /// `Acct/Id`.
    pub account: AccountId,
    /// `Acct/Ccy`.
    pub currency: Option<String>,
    /// `Acct/Ownr/Nm`.
    pub owner: Option<String>,
    /// `Acct/Svcr`: BIC of the bank.
    pub servicer: Option<String>,
    /// `Bal`. A notification has none and gets none; a statement must have one.
    pub balances: Vec<Balance>,
}

/// `Bal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// `Tp/CdOrPrtry/Cd`, like `OPBD`, `CLBD`, `ITBD`.
    pub code: String,
    /// `Amt`, never negative.
    pub amount: Money,
    /// `CdtDbtInd`: debit for an overdrawn account.
    pub direction: Direction,
    /// `Dt/Dt`.
    pub date: NaiveDate,
}

/// `Ntry` up to its transactions.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `NtryRef`.
    pub reference: Option<String>,
    /// `Amt`, never negative.
    pub amount: Money,
    /// `CdtDbtInd`.
    pub direction: Direction,
    /// `RvslInd`.
    pub reversal: Option<bool>,
    /// `Sts/Cd`: `BOOK`, `PDNG`, `INFO`, `FUTR`.
    pub status: String,
    /// `BookgDt/Dt`.
    pub booking_date: Option<NaiveDate>,
    /// `ValDt/Dt`.
    pub value_date: Option<NaiveDate>,
    /// `AcctSvcrRef`.
    pub account_servicer_reference: Option<String>,
    /// `BkTxCd`.
    pub bank_transaction_code: BankTransactionCode,
    /// `Chrgs/Rcrd`.
    pub charges: Vec<Charge>,
    /// `NtryDtls/Btch`: says that the entry is one booking for many payments.
    pub batch: Option<Batch>,
    /// `AddtlNtryInf`.
    pub additional_text: Option<String>,
}

/// `NtryDtls/Btch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// `MsgId`.
    pub message_id: Option<String>,
    /// `PmtInfId`.
    pub payment_information_id: Option<String>,
    /// `NbOfTxs`.
    pub count: Option<u64>,
    /// `TtlAmt`, with its direction.
    pub total: Option<(Money, Direction)>,
}

/// `Chrgs/Rcrd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// `Amt`.
    pub amount: Money,
    /// `CdtDbtInd`.
    pub direction: Option<Direction>,
    /// `ChrgInclInd`.
    pub included: Option<bool>,
    /// `Tp/Cd`.
    pub code: Option<String>,
}

/// `TxDtls`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// `Refs`.
    pub references: References,
    /// `Amt` and `CdtDbtInd`.
    pub amount: Option<(Money, Direction)>,
    /// `AmtDtls/InstdAmt/Amt`.
    pub instructed: Option<Money>,
    /// `BkTxCd`.
    pub bank_transaction_code: Option<BankTransactionCode>,
    /// `Chrgs/Rcrd`.
    pub charges: Vec<Charge>,
    /// `RltdPties`.
    pub parties: Parties,
    /// `Purp`.
    pub purpose: Option<Code>,
    /// `RmtInf`.
    pub remittance: Option<RemittanceInformation>,
    /// `RltdDts/AccptncDtTm`.
    pub acceptance: Option<DateTime<Utc>>,
    /// `RtrInf`: its presence says that money came back.
    pub returned: Option<Returned>,
    /// `AddtlTxInf`.
    pub additional_text: Option<String>,
}

/// `Refs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// `MsgId`.
    pub message_id: Option<String>,
    /// `AcctSvcrRef`.
    pub account_servicer_reference: Option<String>,
    /// `PmtInfId`.
    pub payment_information_id: Option<String>,
    /// `InstrId`.
    pub instruction_id: Option<String>,
    /// `EndToEndId`.
    pub end_to_end_id: Option<String>,
    /// `UETR`.
    pub uetr: Option<String>,
    /// `TxId`.
    pub transaction_id: Option<String>,
    /// `ClrSysRef`.
    pub clearing_system_reference: Option<String>,
}

/// `RltdPties`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parties {
    /// `Dbtr` and `DbtrAcct`.
    pub debtor: TransactionParty,
    /// `UltmtDbtr` name.
    pub ultimate_debtor: Option<String>,
    /// `Cdtr` and `CdtrAcct`.
    pub creditor: TransactionParty,
    /// `UltmtCdtr` name.
    pub ultimate_creditor: Option<String>,
}

/// `RtrInf`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Returned {
    /// `OrgnlBkTxCd`.
    pub original_code: Option<BankTransactionCode>,
    /// `Orgtr/Nm`.
    pub originator: Option<String>,
    /// `Rsn`.
    pub reason: Option<Code>,
    /// `AddtlInf`, at most 105 characters each.
    pub text: Vec<String>,
}

/// Writes one report message. Gives its length in octets.
pub fn write<R, E, T>(
    out: &mut dyn io::Write,
    kind: ReportKind,
    header: &Header,
    reports: R,
) -> Result<u64, WriteError>
where
    R: IntoIterator<Item = (AccountReport, E)>,
    E: IntoIterator<Item = (Entry, T)>,
    T: IntoIterator<Item = Transaction>,
{
    let definition = kind.definition();
    let mut emitter = Emitter::begin(out, definition);
    write_header(&mut emitter, header);
    for (report, entries) in reports {
        emitter.open(definition.kind.body());
        write_report(&mut emitter, kind, &report);
        for (entry, transactions) in entries {
            emitter.open("Ntry");
            write_entry(&mut emitter, &entry);
            write_details(&mut emitter, entry.batch.as_ref(), transactions)?;
            emitter.optional("AddtlNtryInf", entry.additional_text.as_deref());
            emitter.close("Ntry");
            emitter.check()?;
        }
        emitter.close(definition.kind.body());
    }
    emitter.finish()
}

fn write_header(emitter: &mut Emitter<'_>, header: &Header) {
    emitter.open("GrpHdr");
    emitter.text("MsgId", &header.message_id);
    emitter.moment("CreDtTm", header.created);
    if let Some(name) = &header.recipient {
        emitter.nested("MsgRcpt", "Nm", name);
    }
    if let Some(page) = header.page {
        emitter.open("MsgPgntn");
        emitter.count("PgNb", page.number);
        emitter.indicator("LastPgInd", page.last);
        emitter.close("MsgPgntn");
    }
    emitter.close("GrpHdr");
}

fn write_report(emitter: &mut Emitter<'_>, kind: ReportKind, report: &AccountReport) {
    emitter.text("Id", &report.id);
    if let Some(sequence) = report.sequence {
        emitter.count("ElctrncSeqNb", sequence);
    }
    if let Some(sequence) = report.legal_sequence {
        emitter.count("LglSeqNb", sequence);
    }
    if let Some(created) = report.created {
        emitter.moment("CreDtTm", created);
    }
    if let Some((from, to)) = report.period {
        emitter.open("FrToDt");
        emitter.moment("FrDtTm", from);
        emitter.moment("ToDtTm", to);
        emitter.close("FrToDt");
    }
    emitter.optional("CpyDplctInd", report.copy.as_deref());
    emitter.open("Acct");
    emitter.account_id(&report.account);
    emitter.optional("Ccy", report.currency.as_deref());
    if let Some(name) = &report.owner {
        emitter.nested("Ownr", "Nm", name);
    }
    if let Some(bic) = &report.servicer {
        emitter.agent("Svcr", bic);
    }
    emitter.close("Acct");
    if kind != ReportKind::Notification {
        report.balances.iter().for_each(|balance| write_balance(emitter, balance));
    }
}

fn write_balance(emitter: &mut Emitter<'_>, balance: &Balance) {
    emitter.open("Bal");
    emitter.open("Tp");
    emitter.nested("CdOrPrtry", "Cd", &balance.code);
    emitter.close("Tp");
    emitter.money("Amt", &balance.amount);
    emitter.text("CdtDbtInd", indicator(balance.direction));
    write_day(emitter, "Dt", Some(balance.date));
    emitter.close("Bal");
}

fn write_entry(emitter: &mut Emitter<'_>, entry: &Entry) {
    emitter.optional("NtryRef", entry.reference.as_deref());
    emitter.money("Amt", &entry.amount);
    emitter.text("CdtDbtInd", indicator(entry.direction));
    if let Some(reversal) = entry.reversal {
        emitter.indicator("RvslInd", reversal);
    }
    emitter.nested("Sts", "Cd", &entry.status);
    write_day(emitter, "BookgDt", entry.booking_date);
    write_day(emitter, "ValDt", entry.value_date);
    emitter.optional("AcctSvcrRef", entry.account_servicer_reference.as_deref());
    write_bank_transaction_code(emitter, "BkTxCd", &entry.bank_transaction_code);
    write_charges(emitter, &entry.charges);
}

/// `NtryDtls`, where there is a batch or a transaction.
fn write_details<T>(
    emitter: &mut Emitter<'_>,
    batch: Option<&Batch>,
    transactions: T,
) -> Result<(), WriteError>
where
    T: IntoIterator<Item = Transaction>,
{
    let mut transactions = transactions.into_iter().peekable();
    if batch.is_none() && transactions.peek().is_none() {
        return Ok(());
    }
    emitter.open("NtryDtls");
    if let Some(batch) = batch {
        write_batch(emitter, batch);
    }
    for transaction in transactions {
        write_transaction(emitter, &transaction);
        emitter.check()?;
    }
    emitter.close("NtryDtls");
    Ok(())
}

fn write_batch(emitter: &mut Emitter<'_>, batch: &Batch) {
    emitter.open("Btch");
    emitter.optional("MsgId", batch.message_id.as_deref());
    emitter.optional("PmtInfId", batch.payment_information_id.as_deref());
    if let Some(count) = batch.count {
        emitter.count("NbOfTxs", count);
    }
    if let Some((total, direction)) = &batch.total {
        emitter.money("TtlAmt", total);
        emitter.text("CdtDbtInd", indicator(*direction));
    }
    emitter.close("Btch");
}

fn write_transaction(emitter: &mut Emitter<'_>, transaction: &Transaction) {
    emitter.open("TxDtls");
    write_references(emitter, &transaction.references);
    if let Some((amount, direction)) = &transaction.amount {
        emitter.money("Amt", amount);
        emitter.text("CdtDbtInd", indicator(*direction));
    }
    if let Some(instructed) = &transaction.instructed {
        emitter.open("AmtDtls");
        emitter.open("InstdAmt");
        emitter.money("Amt", instructed);
        emitter.close("InstdAmt");
        emitter.close("AmtDtls");
    }
    if let Some(code) = &transaction.bank_transaction_code {
        write_bank_transaction_code(emitter, "BkTxCd", code);
    }
    write_charges(emitter, &transaction.charges);
    write_parties(emitter, &transaction.parties);
    emitter.code("Purp", transaction.purpose.as_ref());
    if let Some(remittance) = &transaction.remittance {
        write_remittance(emitter, remittance);
    }
    if let Some(acceptance) = transaction.acceptance {
        emitter.open("RltdDts");
        emitter.moment("AccptncDtTm", acceptance);
        emitter.close("RltdDts");
    }
    if let Some(returned) = &transaction.returned {
        write_returned(emitter, returned);
    }
    emitter.optional("AddtlTxInf", transaction.additional_text.as_deref());
    emitter.close("TxDtls");
}

fn write_references(emitter: &mut Emitter<'_>, references: &References) {
    if *references == References::default() {
        return;
    }
    emitter.open("Refs");
    emitter.optional("MsgId", references.message_id.as_deref());
    emitter.optional("AcctSvcrRef", references.account_servicer_reference.as_deref());
    emitter.optional("PmtInfId", references.payment_information_id.as_deref());
    emitter.optional("InstrId", references.instruction_id.as_deref());
    emitter.optional("EndToEndId", references.end_to_end_id.as_deref());
    emitter.optional("UETR", references.uetr.as_deref());
    emitter.optional("TxId", references.transaction_id.as_deref());
    emitter.optional("ClrSysRef", references.clearing_system_reference.as_deref());
    emitter.close("Refs");
}

fn write_bank_transaction_code(emitter: &mut Emitter<'_>, name: &'static str, code: &BankTransactionCode) {
    emitter.open(name);
    if let Some(domain) = &code.domain {
        emitter.open("Domn");
        emitter.text("Cd", domain);
        emitter.open("Fmly");
        emitter.text("Cd", code.family.as_deref().unwrap_or_default());
        emitter.text("SubFmlyCd", code.sub_family.as_deref().unwrap_or_default());
        emitter.close("Fmly");
        emitter.close("Domn");
    }
    if let Some(proprietary) = &code.proprietary {
        emitter.open("Prtry");
        emitter.text("Cd", proprietary);
        emitter.optional("Issr", code.issuer.as_deref());
        emitter.close("Prtry");
    }
    emitter.close(name);
}

fn write_charges(emitter: &mut Emitter<'_>, charges: &[Charge]) {
    if charges.is_empty() {
        return;
    }
    emitter.open("Chrgs");
    for charge in charges {
        emitter.open("Rcrd");
        emitter.money("Amt", &charge.amount);
        emitter.optional("CdtDbtInd", charge.direction.map(indicator));
        if let Some(included) = charge.included {
            emitter.indicator("ChrgInclInd", included);
        }
        if let Some(code) = &charge.code {
            emitter.nested("Tp", "Cd", code);
        }
        emitter.close("Rcrd");
    }
    emitter.close("Chrgs");
}

fn write_parties(emitter: &mut Emitter<'_>, parties: &Parties) {
    if *parties == Parties::default() {
        return;
    }
    emitter.open("RltdPties");
    write_party(emitter, "Dbtr", parties.debtor.name.as_deref());
    write_account(emitter, "DbtrAcct", parties.debtor.account.as_ref());
    write_party(emitter, "UltmtDbtr", parties.ultimate_debtor.as_deref());
    write_party(emitter, "Cdtr", parties.creditor.name.as_deref());
    write_account(emitter, "CdtrAcct", parties.creditor.account.as_ref());
    write_party(emitter, "UltmtCdtr", parties.ultimate_creditor.as_deref());
    emitter.close("RltdPties");
}

fn write_party(emitter: &mut Emitter<'_>, name: &'static str, party: Option<&str>) {
    if let Some(text) = party {
        emitter.open(name);
        emitter.nested("Pty", "Nm", text);
        emitter.close(name);
    }
}

fn write_account(emitter: &mut Emitter<'_>, name: &'static str, account: Option<&AccountId>) {
    if let Some(account) = account {
        emitter.open(name);
        emitter.account_id(account);
        emitter.close(name);
    }
}

fn write_remittance(emitter: &mut Emitter<'_>, remittance: &RemittanceInformation) {
    emitter.open("RmtInf");
    remittance.unstructured.iter().for_each(|text| emitter.text("Ustrd", text));
    for reference in &remittance.references {
        emitter.open("Strd");
        emitter.nested("CdtrRefInf", "Ref", reference);
        emitter.close("Strd");
    }
    emitter.close("RmtInf");
}

fn write_returned(emitter: &mut Emitter<'_>, returned: &Returned) {
    emitter.open("RtrInf");
    if let Some(code) = &returned.original_code {
        write_bank_transaction_code(emitter, "OrgnlBkTxCd", code);
    }
    if let Some(name) = &returned.originator {
        emitter.nested("Orgtr", "Nm", name);
    }
    emitter.code("Rsn", returned.reason.as_ref());
    returned.text.iter().for_each(|text| emitter.text("AddtlInf", text));
    emitter.close("RtrInf");
}

fn write_day(emitter: &mut Emitter<'_>, name: &'static str, date: Option<NaiveDate>) {
    if let Some(date) = date {
        emitter.open(name);
        emitter.date("Dt", date);
        emitter.close(name);
    }
}

fn indicator(direction: Direction) -> &'static str {
    match direction {
        Direction::Debit => "DBIT",
        Direction::Credit => "CRDT",
    }
}
