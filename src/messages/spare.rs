//! The memory of texts whose record has been read, for the records that follow: most fields of a report come again in the next
//! entry. Never what the texts said.

use crate::messages::record::{
    AccountId, BankTransactionCode, Echo, Entry, Reason, Status, Transaction, TransactionParty,
};

/// Most texts kept. Chosen by us: more than the fields of an entry with its transaction.
const TEXTS_MAX: usize = 128;

/// Longest text kept, in octets. Chosen by us: longer ones are rare, and would hold their memory for nothing.
const TEXT_BYTES_MAX: usize = 1024;

/// Texts that nobody needs any longer.
#[derive(Default)]
pub struct Spare {
    texts: Vec<String>,
}

impl Spare {
    /// A text of its own.
    #[inline]
    pub fn own(&mut self, text: &str) -> String {
        let mut own = self.texts.pop().unwrap_or_default();
        own.push_str(text);
        own
    }

    /// The first value stays: a second one breaks the schema, and the walk says so.
    #[inline]
    pub fn keep(&mut self, slot: &mut Option<String>, text: &str) {
        if slot.is_none() {
            *slot = Some(self.own(text));
        }
    }

    #[inline]
    fn take(&mut self, field: &mut Option<String>) {
        if let Some(text) = field.take() {
            self.take_text(text);
        }
    }

    #[inline]
    fn take_text(&mut self, mut text: String) {
        if self.texts.len() < TEXTS_MAX && text.capacity() <= TEXT_BYTES_MAX {
            text.clear();
            self.texts.push(text);
        }
    }

    /// Empties an entry.
    pub fn empty_entry(&mut self, entry: &mut Entry) {
        for field in [
            &mut entry.reference,
            &mut entry.amount,
            &mut entry.currency,
            &mut entry.direction,
            &mut entry.status,
            &mut entry.booking_date,
            &mut entry.value_date,
            &mut entry.account_servicer_reference,
            &mut entry.additional_text,
        ] {
            self.take(field);
        }
        self.take_code(&mut entry.bank_transaction_code);
        *entry = Entry::default();
    }

    /// Empties a transaction.
    pub fn empty_transaction(&mut self, transaction: &mut Transaction) {
        for field in [
            &mut transaction.end_to_end_id,
            &mut transaction.instruction_id,
            &mut transaction.uetr,
            &mut transaction.transaction_id,
            &mut transaction.payment_information_id,
            &mut transaction.message_id,
            &mut transaction.account_servicer_reference,
            &mut transaction.amount,
            &mut transaction.currency,
            &mut transaction.direction,
            &mut transaction.instructed_amount,
            &mut transaction.instructed_currency,
        ] {
            self.take(field);
        }
        for party in [&mut transaction.debtor, &mut transaction.creditor] {
            self.take_party(party);
        }
        if let Some(remittance) = transaction.remittance.take() {
            remittance.unstructured.into_iter().for_each(|text| self.take_text(text));
        }
        self.take_code(&mut transaction.bank_transaction_code);
        *transaction = Transaction::default();
    }

    fn take_party(&mut self, party: &mut Option<TransactionParty>) {
        let Some(party) = party else { return };
        self.take(&mut party.name);
        if let Some(AccountId { iban, other }) = &mut party.account {
            self.take(iban);
            self.take(other);
        }
    }

    fn take_code(&mut self, code: &mut Option<BankTransactionCode>) {
        let Some(code) = code else { return };
        for field in [&mut code.domain, &mut code.family, &mut code.sub_family, &mut code.proprietary] {
            self.take(field);
        }
    }

    /// Empties a status.
    pub fn empty_status(&mut self, status: &mut Status) {
        for field in [
            &mut status.status_id,
            &mut status.original_instruction_id,
            &mut status.original_end_to_end_id,
            &mut status.original_transaction_id,
            &mut status.original_uetr,
            &mut status.status,
            &mut status.acceptance,
            &mut status.account_servicer_reference,
        ] {
            self.take(field);
        }
        if let Some(Echo { amount, currency, date, creditor }) = &mut status.echo {
            for field in [amount, currency, date, creditor] {
                self.take(field);
            }
        }
        for Reason { code, proprietary, .. } in &mut status.reasons {
            self.take(code);
            self.take(proprietary);
        }
        *status = Status::default();
    }
}
