//! Writes pain.001, the customer credit transfer initiation, from payouts that are already routed, dated and grouped.
//! Never which payouts belong together, never what a text may contain on a rail.
//!
//! The same inputs give the same octets: no clock, no chance, no map order. What a version has no element for is
//! folded into one it has, left out where it is only a hint (`uetr`), as the items below say, or refused by name.

use std::borrow::Borrow;
use std::io;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::emit::{Emitter, WriteError};
use crate::domain::account::{Account, Bic};
use crate::domain::currency::Currency;
use crate::domain::payout::{ChargeBearer, Code, Payout, Remittance};
use crate::domain::reference::{MessageId, PaymentInformationId};

mod clearing;
mod fit;
mod party;
mod version;

pub use fit::{Unfit, unfit_payout, unfit_shared};
pub use version::Version;
use version::{BicLetters, ExecutionDate, Shape, Since2019};

/// Whether the UETR is sent. Some banks refuse it or make their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UetrUse {
    /// Not sent.
    #[default]
    Omitted,
    /// In `PmtId/UETR`, where the version has the element: .03 has none, and nothing replaces it there, because
    /// `InstrId` carries the same token.
    Sent,
}

/// How many transactions, and their sum whatever the currencies (`NbOfTxs`, `CtrlSum`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// `NbOfTxs`.
    pub count: u64,
    /// `CtrlSum`.
    pub sum: Decimal,
}

impl Totals {
    /// Counts payouts and adds their amounts.
    pub fn of<'p>(payouts: impl IntoIterator<Item = &'p Payout>) -> Result<Totals, WriteError> {
        payouts.into_iter().try_fold(Totals::default(), |totals, payout| {
            totals.plus(Totals { count: 1, sum: payout.instruction.amount.value() })
        })
    }

    /// Both together.
    pub fn plus(self, other: Totals) -> Result<Totals, WriteError> {
        let sum = self.sum.checked_add(other.sum).ok_or(WriteError::Sum { sum: self.sum })?;
        Ok(Totals { count: self.count + other.count, sum })
    }
}

/// What stands at the head of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version to write.
    pub version: Version,
    /// `MsgId`.
    pub message_id: MessageId,
    /// `CreDtTm`, in whole seconds.
    pub created: DateTime<Utc>,
    /// `InitgPty`.
    pub initiating_party: InitiatingParty,
    /// Totals of all blocks.
    pub totals: Totals,
    /// Whether UETRs are sent.
    pub uetr: UetrUse,
}

/// Who sends the message (`InitgPty`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitiatingParty {
    /// `Nm`.
    pub name: String,
    /// `Id/OrgId/Othr`: the contract or user id that a bank gave out.
    pub organisation_id: Option<OrganisationId>,
}

/// An organisation's number at somebody's who gives out such numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationId {
    /// `Id`.
    pub value: String,
    /// `SchmeNm`.
    pub scheme: Option<Code>,
}

/// What the payments of one block have in common (`PmtInf`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// `PmtInfId`.
    pub payment_information_id: PaymentInformationId,
    /// `BtchBookg`; `None` leaves it to the agreement with the bank.
    pub batch_booking: Option<bool>,
    /// Totals of this block.
    pub totals: Totals,
    /// `PmtTpInf`.
    pub coding: Coding,
    /// `ReqdExctnDt`.
    pub execution_date: NaiveDate,
    /// Whose account is debited.
    pub debtor: Debtor,
    /// `ChrgBr`.
    pub charge_bearer: Option<ChargeBearer>,
}

/// How a bank wants a rail coded (`PmtTpInf`). It stands in the block and never in a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    /// `SvcLvl`.
    pub service_level: Option<Code>,
    /// `LclInstrm`.
    pub local_instrument: Option<Code>,
    /// `CtgyPurp`.
    pub category_purpose: Option<Code>,
}

/// Whose account is debited (`Dbtr`, `DbtrAcct`, `DbtrAgt`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debtor {
    /// `Dbtr/Nm`.
    pub name: String,
    /// `DbtrAcct/Id`.
    pub account: Account,
    /// `DbtrAcct/Ccy`.
    pub currency: Option<Currency>,
    /// The debtor's bank. Without it, and where the account names no bank either, the mandatory element says
    /// `NOTPROVIDED`.
    pub agent: Option<Bic>,
}

/// Writes one message. Gives its length in octets.
///
/// The totals of header and blocks stand before what they count. They are compared with what was written, and a
/// difference is an error: the document then must not leave.
pub fn write<B, P>(out: &mut dyn io::Write, header: &Header, blocks: B) -> Result<u64, WriteError>
where
    B: IntoIterator<Item = (Block, P)>,
    P: IntoIterator<Item: Borrow<Payout>>,
{
    let version = header.version;
    let shape = version.shape();
    refuse("message", header.message_id.as_str(), version, fit::unfit_header(version, header))?;
    let mut emitter = Emitter::begin_at(out, version.root());
    write_header(&mut emitter, header);
    let mut written = Totals::default();
    for (block, payouts) in blocks {
        refuse("block", block.payment_information_id.as_str(), version, fit::unfit_block(version, &block))?;
        open_block(&mut emitter, shape, &block);
        let mut contained = Totals::default();
        for payout in payouts {
            let payout = payout.borrow();
            if shape.subset.is_some() || shape.bic_letters != BicLetters::Any {
                let id = payout.instruction.external_id.as_str();
                refuse("payout", id, version, unfit_payout(version, payout))?;
            }
            write_transaction(&mut emitter, shape, header.uetr, payout);
            contained = contained.plus(Totals { count: 1, sum: payout.instruction.amount.value() })?;
            emitter.check()?;
        }
        emitter.close("PmtInf");
        compare("block", block.payment_information_id.as_str(), block.totals, contained)?;
        written = written.plus(contained)?;
    }
    compare("message", header.message_id.as_str(), header.totals, written)?;
    emitter.finish()
}

/// What the definition cannot carry stops the message: nothing is left out.
fn refuse(level: &'static str, id: &str, version: Version, unfit: Vec<Unfit>) -> Result<(), WriteError> {
    match unfit.first() {
        None => Ok(()),
        Some(first) => Err(WriteError::Unfit {
            level,
            id: id.to_owned(),
            member: first.member,
            definition: version.id().to_owned(),
            why: first.why,
        }),
    }
}

fn compare(level: &'static str, id: &str, announced: Totals, contained: Totals) -> Result<(), WriteError> {
    if announced == contained {
        return Ok(());
    }
    let text = |totals: Totals| format!("{} transactions, sum {}", totals.count, totals.sum);
    let (announced, contained) = (text(announced), text(contained));
    Err(WriteError::Totals { level, id: id.to_owned(), announced, contained })
}

fn write_header(emitter: &mut Emitter<'_>, header: &Header) {
    emitter.open("GrpHdr");
    emitter.text("MsgId", header.message_id.as_str());
    emitter.moment("CreDtTm", header.created);
    emitter.count("NbOfTxs", header.totals.count);
    emitter.sum("CtrlSum", header.totals.sum);
    emitter.open("InitgPty");
    emitter.text("Nm", &header.initiating_party.name);
    if let Some(id) = &header.initiating_party.organisation_id {
        emitter.open("Id");
        emitter.open("OrgId");
        party::write_other_id(emitter, &id.value, id.scheme.as_ref());
        emitter.close("OrgId");
        emitter.close("Id");
    }
    emitter.close("InitgPty");
    emitter.close("GrpHdr");
}

/// Opens `PmtInf` and writes what stands before its transactions.
fn open_block(emitter: &mut Emitter<'_>, shape: &Shape, block: &Block) {
    emitter.open("PmtInf");
    emitter.text("PmtInfId", block.payment_information_id.as_str());
    emitter.text("PmtMtd", "TRF");
    if let Some(batch_booking) = block.batch_booking {
        emitter.indicator("BtchBookg", batch_booking);
    }
    emitter.count("NbOfTxs", block.totals.count);
    emitter.sum("CtrlSum", block.totals.sum);
    write_coding(emitter, &block.coding);
    match shape.execution_date {
        ExecutionDate::Bare => emitter.date("ReqdExctnDt", block.execution_date),
        ExecutionDate::Choice => emitter.day("ReqdExctnDt", block.execution_date),
    }
    emitter.nested("Dbtr", "Nm", &block.debtor.name);
    party::write_debtor_account(emitter, shape, &block.debtor);
    party::write_debtor_agent(emitter, shape, &block.debtor);
    if let Some(bearer) = block.charge_bearer {
        emitter.text("ChrgBr", bearer.code());
    }
}

fn write_coding(emitter: &mut Emitter<'_>, coding: &Coding) {
    if *coding == Coding::default() {
        return;
    }
    emitter.open("PmtTpInf");
    emitter.code("SvcLvl", coding.service_level.as_ref());
    emitter.code("LclInstrm", coding.local_instrument.as_ref());
    emitter.code("CtgyPurp", coding.category_purpose.as_ref());
    emitter.close("PmtTpInf");
}

fn write_transaction(emitter: &mut Emitter<'_>, shape: &Shape, uetr: UetrUse, payout: &Payout) {
    let instruction = &payout.instruction;
    emitter.make_room();
    emitter.markup("<CdtTrfTxInf><PmtId><InstrId>");
    emitter.plain(&payout.token.base32_octets());
    emitter.markup("</InstrId><EndToEndId>");
    emitter.characters("EndToEndId", payout.end_to_end_id.as_str());
    emitter.markup("</EndToEndId>");
    if uetr == UetrUse::Sent && shape.since_2019 == Since2019::Present {
        emitter.markup("<UETR>");
        emitter.plain(&payout.token.uetr_octets());
        emitter.markup("</UETR>");
    }
    emitter.markup("</PmtId><Amt><InstdAmt Ccy=\"");
    emitter.plain(instruction.amount.currency().code().as_bytes());
    emitter.markup("\">");
    emitter.amount_digits(&instruction.amount);
    emitter.markup("</InstdAmt></Amt>");
    if let Some(name) = &instruction.ultimate_debtor {
        emitter.nested("UltmtDbtr", "Nm", name);
    }
    party::write_creditor_agent(emitter, shape, instruction);
    party::write_creditor(emitter, shape, &instruction.creditor);
    party::write_creditor_account(emitter, shape, &instruction.creditor_account);
    if let Some(name) = &instruction.ultimate_creditor {
        emitter.nested("UltmtCdtr", "Nm", name);
    }
    emitter.code("Purp", instruction.purpose.as_ref());
    write_remittance(emitter, &instruction.creditor_account, &instruction.remittance);
    emitter.markup("</CdtTrfTxInf>");
}

/// `RmtInf`. A building society's roll number has no element of its own: UK banks take it from the reference text,
/// so it stands in an occurrence of its own before the payee's text. Chosen by us; no scheme document gives it a place.
fn write_remittance(emitter: &mut Emitter<'_>, account: &Account, remittance: &Remittance) {
    let roll_number = match account {
        Account::Uk { secondary_reference, .. } => secondary_reference.as_ref(),
        _ => None,
    };
    if roll_number.is_none() && *remittance == Remittance::None {
        return;
    }
    emitter.open("RmtInf");
    emitter.optional("Ustrd", roll_number.map(|number| number.as_str()));
    match remittance {
        Remittance::None => {}
        Remittance::Unstructured(text) => emitter.text("Ustrd", text),
        Remittance::Reference { kind, reference } => {
            emitter.open("Strd");
            emitter.open("CdtrRefInf");
            emitter.open("Tp");
            emitter.code("CdOrPrtry", Some(kind));
            emitter.close("Tp");
            emitter.text("Ref", reference);
            emitter.close("CdtrRefInf");
            emitter.close("Strd");
        }
    }
    emitter.close("RmtInf");
}
