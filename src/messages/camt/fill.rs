//! From the values of an entry and of its transactions to their records, and what a transaction inherits from its
//! entry. Never matching.

use crate::messages::reading::{
    Value, boolean, direction, direction_word, keep, keep_amount, keep_amount_in,
};
use crate::messages::record::{
    AccountId, BankTransactionCode, Batch, Entry, Record, RemittanceInformation, ReturnInformation,
    Transaction, TransactionParty,
};
use crate::messages::spare::Spare;

use super::charges::ChargesRead;
use super::node::{Node, Whose};

/// An entry while it is read.
#[derive(Default)]
pub(super) struct EntryRead {
    entry: Option<Box<Entry>>,
    spare: Spare,
    charges: ChargesRead,
    batches: Vec<Batch>,
}

impl EntryRead {
    pub(super) fn fill(&mut self, node: Node, value: Value<'_>) {
        let entry = self.entry.get_or_insert_default();
        let slot = match node {
            Node::Amount => {
                return keep_amount_in(&mut self.spare, (&mut entry.amount, &mut entry.currency), value);
            }
            Node::Direction => {
                let word = direction_word(value.text);
                return word.into_iter().for_each(|word| self.spare.keep(&mut entry.direction, word));
            }
            Node::Reversal => return entry.reversal = entry.reversal.or(boolean(value.text)),
            Node::EntryReference => &mut entry.reference,
            Node::EntryStatus => &mut entry.status,
            Node::BookingDate => &mut entry.booking_date,
            Node::ValueDate => &mut entry.value_date,
            Node::ServicerReference => &mut entry.account_servicer_reference,
            Node::AdditionalText => &mut entry.additional_text,
            Node::Batch => return self.batches.push(Batch::default()),
            _ if fill_bank_code(&mut self.spare, &mut entry.bank_transaction_code, (node, value.text)) => {
                return;
            }
            _ if self.charges.fill(node, value) => return,
            _ => return self.fill_batch(node, value),
        };
        self.spare.keep(slot, value.text);
    }

    fn fill_batch(&mut self, node: Node, value: Value<'_>) {
        let Some(batch) = self.batches.last_mut() else { return };
        match node {
            Node::BatchMessageId => keep(&mut batch.message_id, value.text),
            Node::BatchPaymentInformationId => keep(&mut batch.payment_information_id, value.text),
            Node::BatchCount => keep(&mut batch.count, value.text),
            Node::BatchTotal => keep_amount(&mut batch.total, &mut batch.currency, value),
            Node::BatchDirection => batch.direction = direction(value.text),
            _ => {}
        }
    }

    /// The record of an entry with so many transactions.
    pub(super) fn take(&mut self, transactions: u64) -> Box<Entry> {
        let mut entry = self.entry.take().unwrap_or_default();
        entry.charges = self.charges.take();
        let mut batches = std::mem::take(&mut self.batches).into_iter();
        entry.batch = batches.next();
        entry.more_batches = batches.collect();
        entry.transactions = transactions;
        entry
    }

    /// Takes a record back that was only lent.
    pub(super) fn take_back(&mut self, record: Option<Record>) {
        if let Some(Record::Entry(mut entry)) = record {
            self.spare.empty_entry(&mut entry);
            self.entry = Some(entry);
        }
    }
}

/// Whether an entry was read to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Whole,
    /// More transactions may have followed.
    BrokenOff,
}

/// What a transaction may need of its entry.
pub(super) struct Donor {
    /// The transaction is all there is to the entry.
    only_detail: bool,
    amount: Option<String>,
    currency: Option<String>,
    direction: Option<String>,
}

/// What the transactions of an entry do not say themselves, or may not.
#[derive(Clone, Copy)]
pub(super) struct Lacking {
    amount: bool,
    direction: bool,
}

impl Lacking {
    /// Nobody has looked.
    pub(super) fn all() -> Lacking {
        Lacking { amount: true, direction: true }
    }
}

impl Donor {
    pub(super) fn of(entry: &Entry, ended: Ended, lacking: Lacking) -> Donor {
        let only_detail = ended == Ended::Whole && entry.transactions == 1;
        let only_if = |wanted: bool, text: &Option<String>| if wanted { text.clone() } else { None };
        Donor {
            only_detail,
            amount: only_if(lacking.amount, &entry.amount),
            currency: only_if(lacking.amount, &entry.currency),
            direction: only_if(lacking.direction, &entry.direction),
        }
    }
}

/// A transaction while it is read.
#[derive(Default)]
pub(super) struct TransactionRead {
    transaction: Option<Box<Transaction>>,
    spare: Spare,
    charges: ChargesRead,
    /// `AmtDtls/TxAmt`, which versions without `TxDtls/Amt` use in its place.
    transaction_amount: (Option<String>, Option<String>),
}

impl TransactionRead {
    /// What it would take from its entry.
    pub(super) fn lacking(&self) -> Lacking {
        match &self.transaction {
            Some(transaction) => Lacking {
                amount: transaction.amount.is_none() && self.transaction_amount.0.is_none(),
                direction: transaction.direction.is_none(),
            },
            None => Lacking::all(),
        }
    }

    pub(super) fn fill(&mut self, node: Node, value: Value<'_>) {
        let transaction = self.transaction.get_or_insert_default();
        let slot = match node {
            Node::EndToEndId => &mut transaction.end_to_end_id,
            Node::InstructionId => &mut transaction.instruction_id,
            Node::Uetr => &mut transaction.uetr,
            Node::TransactionId => &mut transaction.transaction_id,
            Node::PaymentInformationId => &mut transaction.payment_information_id,
            Node::MessageId => &mut transaction.message_id,
            Node::ServicerReference => &mut transaction.account_servicer_reference,
            Node::ClearingReference => &mut transaction.clearing_system_reference,
            Node::AdditionalText => &mut transaction.additional_text,
            Node::ExchangeRate => &mut transaction.exchange_rate,
            Node::PartyName(whose) => return self.fill_name(whose, value.text),
            Node::Iban(whose) | Node::OtherId(whose) => return self.fill_account(node, whose, value.text),
            Node::Amount
            | Node::Direction
            | Node::TransactionAmount
            | Node::InstructedAmount
            | Node::CounterAmount => return self.fill_amount(node, value),
            _ => return self.fill_rest(node, value),
        };
        self.spare.keep(slot, value.text);
    }

    fn fill_amount(&mut self, node: Node, value: Value<'_>) {
        let transaction = self.transaction.get_or_insert_default();
        let (amount, currency) = match node {
            Node::Amount => (&mut transaction.amount, &mut transaction.currency),
            Node::TransactionAmount => (&mut self.transaction_amount.0, &mut self.transaction_amount.1),
            Node::InstructedAmount => {
                (&mut transaction.instructed_amount, &mut transaction.instructed_currency)
            }
            Node::CounterAmount => (&mut transaction.counter_amount, &mut None),
            _ => {
                let word = direction_word(value.text);
                return word.into_iter().for_each(|word| self.spare.keep(&mut transaction.direction, word));
            }
        };
        keep_amount_in(&mut self.spare, (amount, currency), value);
    }

    fn fill_rest(&mut self, node: Node, value: Value<'_>) {
        let transaction = self.transaction.get_or_insert_default();
        match node {
            Node::Unstructured => remittance(transaction).unstructured.push(self.spare.own(value.text)),
            Node::Reference => remittance(transaction).references.push(value.text.to_owned()),
            Node::ProprietaryReference => transaction.proprietary_references.push(value.text.to_owned()),
            Node::Return => {
                transaction.returned.get_or_insert_default();
            }
            Node::ReturnReason | Node::ReturnCode => keep(&mut returned(transaction).reason, value.text),
            Node::ReturnProprietary => keep(&mut returned(transaction).proprietary, value.text),
            Node::ReturnText => returned(transaction).text.push(value.text.to_owned()),
            _ if fill_bank_code(
                &mut self.spare,
                &mut transaction.bank_transaction_code,
                (node, value.text),
            ) => {}
            _ => {
                self.charges.fill(node, value);
            }
        }
    }

    fn fill_name(&mut self, whose: Whose, text: &str) {
        let transaction = self.transaction.get_or_insert_default();
        let slot = match whose {
            Whose::UltimateDebtor => &mut transaction.ultimate_debtor,
            Whose::UltimateCreditor => &mut transaction.ultimate_creditor,
            _ => &mut party(transaction, whose).name,
        };
        self.spare.keep(slot, text);
    }

    fn fill_account(&mut self, node: Node, whose: Whose, text: &str) {
        let transaction = self.transaction.get_or_insert_default();
        let account = party(transaction, whose).account.get_or_insert_default();
        self.spare
            .keep(if matches!(node, Node::Iban(_)) { &mut account.iban } else { &mut account.other }, text);
    }

    /// The record. What it lacks it takes from its entry only where it is the entry's one detail: a collective
    /// booking may net transactions of both directions and several currencies. `InstdAmt` stands in last, where it is
    /// in the entry's currency: version 02 has no other place for the amount of one of several transactions.
    pub(super) fn take(&mut self, donor: &Donor) -> Box<Transaction> {
        let mut transaction = self.transaction.take().unwrap_or_default();
        transaction.charges = self.charges.take();
        let (amount, currency) = std::mem::take(&mut self.transaction_amount);
        if donor.only_detail && transaction.direction.is_none() {
            transaction.direction.clone_from(&donor.direction);
        }
        if transaction.amount.is_none() {
            if amount.is_some() {
                (transaction.amount, transaction.currency) = (amount, currency);
            } else if donor.only_detail {
                (transaction.amount, transaction.currency) = (donor.amount.clone(), donor.currency.clone());
            } else if transaction.instructed_currency.is_some()
                && transaction.instructed_currency == donor.currency
            {
                transaction.amount.clone_from(&transaction.instructed_amount);
                transaction.currency.clone_from(&transaction.instructed_currency);
            }
        }
        transaction
    }

    /// Takes a record back that was only lent.
    pub(super) fn take_back(&mut self, record: Option<Record>) {
        if let Some(Record::Transaction(mut transaction)) = record {
            self.spare.empty_transaction(&mut transaction);
            self.transaction = Some(transaction);
        }
    }
}

fn party(transaction: &mut Transaction, whose: Whose) -> &mut TransactionParty {
    let party = match whose {
        Whose::Creditor | Whose::UltimateCreditor => &mut transaction.creditor,
        Whose::Debtor | Whose::UltimateDebtor | Whose::Report => &mut transaction.debtor,
    };
    party.get_or_insert_default()
}

fn remittance(transaction: &mut Transaction) -> &mut RemittanceInformation {
    transaction.remittance.get_or_insert_default()
}

fn returned(transaction: &mut Transaction) -> &mut ReturnInformation {
    transaction.returned.get_or_insert_default()
}

/// An account's number, in whichever form it stands.
pub(super) fn fill_account(account: &mut Option<AccountId>, node: Node, text: &str) {
    let account = account.get_or_insert_default();
    match node {
        Node::Iban(_) => keep(&mut account.iban, text),
        _ => keep(&mut account.other, text),
    }
}

/// True if the node is one of a bank transaction code.
fn fill_bank_code(
    spare: &mut Spare,
    code: &mut Option<BankTransactionCode>,
    (node, text): (Node, &str),
) -> bool {
    if !matches!(
        node,
        Node::DomainCode
            | Node::FamilyCode
            | Node::SubFamilyCode
            | Node::Proprietary
            | Node::ProprietaryCode
            | Node::ProprietaryIssuer
    ) {
        return false;
    }
    let code = code.get_or_insert_default();
    spare.keep(
        match node {
            Node::DomainCode => &mut code.domain,
            Node::FamilyCode => &mut code.family,
            Node::SubFamilyCode => &mut code.sub_family,
            Node::ProprietaryIssuer => &mut code.issuer,
            _ => &mut code.proprietary,
        },
        text,
    );
    true
}
