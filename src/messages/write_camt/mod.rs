//! Writes camt.052, camt.053 and camt.054, versions .02 to .14, as a bank does: for the bank across the street and for
//! recorded exchanges. Never what was booked or what a balance is.
//!
//! What a version has no room for is refused by name. Only the UETR is left out where a version has none: it is a
//! second name of a payment that the entry names anyway.

use std::io;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::entry::Direction;
use crate::domain::payout::Code;
use crate::messages::emit::{Emitter, Money, WriteError};
use crate::messages::kind::{Definition, Kind};
use crate::messages::record::{AccountId, BankTransactionCode, RemittanceInformation, TransactionParty};

mod details;
mod version;

use version::{Charges, Shape, Status};

/// Versions of all three reports that are written.
pub const VERSIONS: RangeInclusive<u8> = 2..=14;
/// The version that most banks write.
pub const VERSION: u8 = 8;

/// A report message under way.
struct Report<'a> {
    emitter: Emitter<'a>,
    definition: Definition,
    shape: &'static Shape,
    message_id: &'a str,
}

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
    /// The definition of such documents in a version.
    pub fn definition(self, version: u8) -> Definition {
        let kind = match self {
            ReportKind::Intraday => Kind::Camt052,
            ReportKind::Statement => Kind::Camt053,
            ReportKind::Notification => Kind::Camt054,
        };
        Definition { kind, version }
    }
}

/// `GrpHdr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version to write, like [`VERSION`].
    pub version: u8,
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
    let definition = kind.definition(header.version);
    let Some(shape) = version::shape(header.version) else {
        return Err(WriteError::Version { definition: definition.to_string() });
    };
    let emitter = Emitter::begin(out, definition);
    let mut message = Report { emitter, definition, shape, message_id: &header.message_id };
    message.header(header);
    for (report, entries) in reports {
        message.emitter.open(definition.kind.body());
        message.report(kind, &report);
        for (entry, transactions) in entries {
            message.emitter.open("Ntry");
            message.entry(&entry);
            message.details(&entry, transactions)?;
            message.emitter.optional("AddtlNtryInf", entry.additional_text.as_deref());
            message.emitter.close("Ntry");
            message.emitter.check()?;
        }
        message.emitter.close(definition.kind.body());
    }
    message.emitter.finish()
}

impl Report<'_> {
    fn refuse(&mut self, member: &'static str, why: &'static str) {
        let (id, definition) = (self.message_id.to_owned(), self.definition.to_string());
        self.emitter.fail(WriteError::Unfit { level: "report", id, member, definition, why });
    }

    fn header(&mut self, header: &Header) {
        let emitter = &mut self.emitter;
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

    fn report(&mut self, kind: ReportKind, report: &AccountReport) {
        if self.shape.status == Status::Bare {
            self.refuse_later(report);
        }
        let emitter = &mut self.emitter;
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
            emitter.agent("Svcr", self.shape.agent_bic, bic);
        }
        emitter.close("Acct");
        if kind != ReportKind::Notification {
            report.balances.iter().for_each(|balance| write_balance(emitter, balance));
        }
    }

    /// What came with the choice of status.
    fn refuse_later(&mut self, report: &AccountReport) {
        if report.created.is_none() {
            self.refuse("created", "the moment of the report is mandatory");
        }
        let known = |balance: &Balance| version::BALANCE_CODES_OF_2009.contains(&balance.code.as_str());
        if !report.balances.iter().all(known) {
            self.refuse("balance.code", "the code is of a later version");
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let emitter = &mut self.emitter;
        emitter.optional("NtryRef", entry.reference.as_deref());
        emitter.money("Amt", &entry.amount);
        emitter.text("CdtDbtInd", indicator(entry.direction));
        if let Some(reversal) = entry.reversal {
            emitter.indicator("RvslInd", reversal);
        }
        match self.shape.status {
            Status::Bare => emitter.text("Sts", &entry.status),
            Status::Choice => emitter.nested("Sts", "Cd", &entry.status),
        }
        write_day(emitter, "BookgDt", entry.booking_date);
        write_day(emitter, "ValDt", entry.value_date);
        emitter.optional("AcctSvcrRef", entry.account_servicer_reference.as_deref());
        details::write_bank_transaction_code(emitter, "BkTxCd", &entry.bank_transaction_code);
        if self.shape.status == Status::Bare && !version::STATUSES_OF_2009.contains(&entry.status.as_str()) {
            self.refuse("entry.status", "the status is of a later version");
        }
        self.charges(&entry.charges);
    }

    /// `Chrgs`, once for each charge in the first version, later once with a record for each.
    fn charges(&mut self, charges: &[Charge]) {
        if charges.is_empty() {
            return;
        }
        if self.shape.charges == Charges::Each {
            return charges.iter().for_each(|charge| self.single_charge(charge));
        }
        self.emitter.open("Chrgs");
        for charge in charges {
            if charge.included.is_some() && self.shape.charges == Charges::Records {
                self.refuse("charge.included", "there is no element for it");
            }
            let emitter = &mut self.emitter;
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
        self.emitter.close("Chrgs");
    }

    fn single_charge(&mut self, charge: &Charge) {
        if charge.direction == Some(Direction::Credit) {
            self.refuse("charge.direction", "a charge is a debit where nothing says so");
        }
        if charge.included.is_some() {
            self.refuse("charge.included", "there is no element for it");
        }
        if charge.code.as_ref().is_some_and(|code| !version::CHARGE_CODES_OF_2009.contains(&code.as_str())) {
            self.refuse("charge.code", "the code is of a later version");
        }
        self.emitter.open("Chrgs");
        self.emitter.money("Amt", &charge.amount);
        if let Some(code) = &charge.code {
            self.emitter.nested("Tp", "Cd", code);
        }
        self.emitter.close("Chrgs");
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

fn write_day(emitter: &mut Emitter<'_>, name: &'static str, date: Option<NaiveDate>) {
    if let Some(date) = date {
        emitter.day(name, date);
    }
}

fn indicator(direction: Direction) -> &'static str {
    match direction {
        Direction::Debit => "DBIT",
        Direction::Credit => "CRDT",
    }
}
