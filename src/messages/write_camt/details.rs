//! Details of an entry: `NtryDtls` with its batch and transactions, in the versions of all three reports.
//! Never the entry itself.

use super::version::{Amounts, Names, Uetr};
use super::{Batch, Entry, Parties, References, Report, Returned, Transaction, indicator};
use crate::messages::emit::{Emitter, WriteError};
use crate::messages::record::{AccountId, BankTransactionCode, RemittanceInformation};

impl Report<'_> {
    /// `NtryDtls`, where there is a batch or a transaction.
    pub(super) fn details<T>(&mut self, entry: &Entry, transactions: T) -> Result<(), WriteError>
    where
        T: IntoIterator<Item = Transaction>,
    {
        let mut transactions = transactions.into_iter().peekable();
        if entry.batch.is_none() && transactions.peek().is_none() {
            return Ok(());
        }
        self.emitter.open("NtryDtls");
        if let Some(batch) = &entry.batch {
            write_batch(&mut self.emitter, batch);
        }
        for transaction in transactions {
            self.transaction(entry, &transaction);
            self.emitter.check()?;
        }
        self.emitter.close("NtryDtls");
        Ok(())
    }

    fn transaction(&mut self, entry: &Entry, transaction: &Transaction) {
        self.emitter.open("TxDtls");
        self.references(&transaction.references);
        self.amounts(entry, transaction);
        if let Some(code) = &transaction.bank_transaction_code {
            write_bank_transaction_code(&mut self.emitter, "BkTxCd", code);
        }
        self.charges(&transaction.charges);
        self.parties(&transaction.parties);
        let emitter = &mut self.emitter;
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
            self.returned(returned);
        }
        self.emitter.optional("AddtlTxInf", transaction.additional_text.as_deref());
        self.emitter.close("TxDtls");
    }

    /// Amount, direction and `AmtDtls`. The first version states the amount as `AmtDtls/TxAmt` and no direction.
    fn amounts(&mut self, entry: &Entry, transaction: &Transaction) {
        let amount = transaction.amount.as_ref();
        let first = self.shape.amounts == Amounts::InDetails;
        if self.shape.amounts == Amounts::Mandatory && amount.is_none() {
            self.refuse("transaction.amount", "it is mandatory");
        }
        if first && amount.is_some_and(|(_, direction)| *direction != entry.direction) {
            self.refuse("transaction.amount", "its direction is that of the entry");
        }
        let emitter = &mut self.emitter;
        if let Some((amount, direction)) = amount.filter(|_| !first) {
            emitter.money("Amt", amount);
            emitter.text("CdtDbtInd", indicator(*direction));
        }
        let in_details = amount.filter(|_| first).map(|(amount, _)| amount);
        if transaction.instructed.is_none() && in_details.is_none() {
            return;
        }
        emitter.open("AmtDtls");
        for (name, amount) in [("InstdAmt", transaction.instructed.as_ref()), ("TxAmt", in_details)] {
            if let Some(amount) = amount {
                emitter.open(name);
                emitter.money("Amt", amount);
                emitter.close(name);
            }
        }
        emitter.close("AmtDtls");
    }

    fn references(&mut self, references: &References) {
        if *references == References::default() {
            return;
        }
        let emitter = &mut self.emitter;
        emitter.open("Refs");
        emitter.optional("MsgId", references.message_id.as_deref());
        emitter.optional("AcctSvcrRef", references.account_servicer_reference.as_deref());
        emitter.optional("PmtInfId", references.payment_information_id.as_deref());
        emitter.optional("InstrId", references.instruction_id.as_deref());
        emitter.optional("EndToEndId", references.end_to_end_id.as_deref());
        if self.shape.uetr == Uetr::Present {
            emitter.optional("UETR", references.uetr.as_deref());
        }
        emitter.optional("TxId", references.transaction_id.as_deref());
        emitter.optional("ClrSysRef", references.clearing_system_reference.as_deref());
        emitter.close("Refs");
    }

    fn parties(&mut self, parties: &Parties) {
        if *parties == Parties::default() {
            return;
        }
        self.emitter.open("RltdPties");
        self.party("Dbtr", parties.debtor.name.as_deref());
        write_account(&mut self.emitter, "DbtrAcct", parties.debtor.account.as_ref());
        self.party("UltmtDbtr", parties.ultimate_debtor.as_deref());
        self.party("Cdtr", parties.creditor.name.as_deref());
        write_account(&mut self.emitter, "CdtrAcct", parties.creditor.account.as_ref());
        self.party("UltmtCdtr", parties.ultimate_creditor.as_deref());
        self.emitter.close("RltdPties");
    }

    fn party(&mut self, name: &'static str, party: Option<&str>) {
        let Some(text) = party else { return };
        match self.shape.names {
            Names::Bare => self.emitter.nested(name, "Nm", text),
            Names::OfParty => {
                self.emitter.open(name);
                self.emitter.nested("Pty", "Nm", text);
                self.emitter.close(name);
            }
        }
    }

    fn returned(&mut self, returned: &Returned) {
        let emitter = &mut self.emitter;
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

pub(super) fn write_bank_transaction_code(
    emitter: &mut Emitter<'_>,
    name: &'static str,
    code: &BankTransactionCode,
) {
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
