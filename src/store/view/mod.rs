//! The view: the rows that one turn works on, and `apply`, the only writer of rows.
//! Pure: no database, no clock.

pub mod apply;
mod cancellation;

use super::lookup::Lookup;
use crate::domain::entry::Digest;
use crate::domain::fact::Recorded;
use crate::domain::lifecycle::{self, State};
use crate::domain::reference::PayoutToken;
use crate::domain::row::{
    BlockRow, DocumentRow, EntryRow, ExceptionRow, Key, MessageRow, PayoutRow, StatementRow,
};
use std::collections::{BTreeMap, BTreeSet};

/// References of the bank's kept per payout. Chosen by us; reports carry up to four.
pub const BANK_REFERENCES_MAX: usize = 8;

/// An answered API request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Digest of the request's body.
    pub body: Digest,
    /// HTTP status of the answer.
    pub status: u16,
    /// Digest of the answer's body.
    pub answer: Digest,
}

/// The next key of each table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Payouts.
    pub payout: Key,
    /// Messages.
    pub message: Key,
    /// Blocks.
    pub block: Key,
    /// Documents.
    pub document: Key,
    /// Unmatched entries.
    pub entry: Key,
    /// Statements.
    pub statement: Key,
    /// Exception items.
    pub exception: Key,
}

impl Default for Counters {
    fn default() -> Self {
        Counters { payout: 1, message: 1, block: 1, document: 1, entry: 1, statement: 1, exception: 1 }
    }
}

/// Rows that differ from the store: key and the version the store holds (0 for a new row).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    /// Payouts.
    pub payouts: BTreeMap<Key, i64>,
    /// Messages.
    pub messages: BTreeMap<Key, i64>,
    /// Blocks.
    pub blocks: BTreeMap<Key, i64>,
    /// Documents.
    pub documents: BTreeMap<Key, i64>,
    /// Unmatched entries (no version: identity is unique).
    pub entries: BTreeSet<Key>,
    /// Statements, new only.
    pub statements: BTreeSet<Key>,
    /// Exception items, new only.
    pub exceptions: BTreeSet<Key>,
    /// Answered requests, new only.
    pub requests: BTreeSet<String>,
    /// Cursors.
    pub cursors: BTreeSet<String>,
}

/// The rows that a turn works on.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Payouts by key.
    pub payouts: BTreeMap<Key, PayoutRow>,
    /// Messages by key.
    pub messages: BTreeMap<Key, MessageRow>,
    /// Blocks by key.
    pub blocks: BTreeMap<Key, BlockRow>,
    /// Documents by key.
    pub documents: BTreeMap<Key, DocumentRow>,
    /// Unmatched entries by key.
    pub entries: BTreeMap<Key, EntryRow>,
    /// Statements by key.
    pub statements: BTreeMap<Key, StatementRow>,
    /// Exception items raised in this turn.
    pub exceptions: BTreeMap<Key, ExceptionRow>,
    /// Answered requests by idempotency key.
    pub requests: BTreeMap<String, RequestRow>,
    /// Cursors by bank.
    pub cursors: BTreeMap<String, String>,
    /// Next keys.
    pub counters: Counters,
    /// What differs from the store.
    pub dirty: Dirty,
    loaded: BTreeSet<Lookup>,
    tokens: BTreeMap<PayoutToken, Key>,
    end_to_end: BTreeMap<(String, String), Key>,
    bank_references: BTreeMap<String, BTreeSet<Key>>,
    likenesses: BTreeMap<u64, BTreeSet<Key>>,
    message_ids: BTreeMap<String, Key>,
    payment_information_ids: BTreeMap<String, Key>,
    document_digests: BTreeMap<Digest, Key>,
    entry_identities: BTreeMap<String, Key>,
    statement_identities: BTreeMap<String, Key>,
}

impl View {
    /// An empty view that knows the next keys.
    pub fn new(counters: Counters) -> View {
        View { counters, ..View::default() }
    }

    /// Remembers that a lookup was answered, whether or not a row was found.
    pub fn mark_loaded(&mut self, lookup: Lookup) {
        self.loaded.insert(lookup);
    }

    /// Whether a lookup was answered.
    pub fn has(&self, lookup: &Lookup) -> bool {
        self.loaded.contains(lookup)
    }

    /// The lookups among these that were not answered yet, each once.
    pub fn missing(&self, lookups: impl IntoIterator<Item = Lookup>) -> Vec<Lookup> {
        let wanted: BTreeSet<Lookup> = lookups.into_iter().filter(|lookup| !self.has(lookup)).collect();
        wanted.into_iter().collect()
    }

    /// Takes a payout from the store; a row that this turn already changed stays.
    pub fn put_payout(&mut self, row: PayoutRow) {
        if self.payouts.contains_key(&row.key) {
            return;
        }
        self.index_payout(&row);
        self.payouts.insert(row.key, row);
    }

    /// Takes a block from the store.
    pub fn put_block(&mut self, row: BlockRow) {
        self.payment_information_ids.insert(row.payment_information_id.clone(), row.key);
        self.blocks.entry(row.key).or_insert(row);
    }

    /// Takes a message from the store.
    pub fn put_message(&mut self, row: MessageRow) {
        self.message_ids.insert(row.message_id.clone(), row.key);
        self.messages.entry(row.key).or_insert(row);
    }

    /// Takes a document from the store.
    pub fn put_document(&mut self, row: DocumentRow) {
        self.document_digests.insert(row.digest, row.key);
        self.documents.entry(row.key).or_insert(row);
    }

    /// Takes an unmatched entry from the store.
    pub fn put_entry(&mut self, row: EntryRow) {
        self.entry_identities.insert(row.identity.clone(), row.key);
        self.entries.entry(row.key).or_insert(row);
    }

    /// Takes a statement from the store.
    pub fn put_statement(&mut self, row: StatementRow) {
        self.statement_identities.insert(row.identity.clone(), row.key);
        self.statements.entry(row.key).or_insert(row);
    }

    /// The payout of a token.
    pub fn by_token(&self, token: PayoutToken) -> Option<&PayoutRow> {
        self.tokens.get(&token).and_then(|key| self.payouts.get(key))
    }

    /// The payout of an end-to-end id on an account; `key` in upper case.
    pub fn by_end_to_end(&self, account_ref: &str, key: &str) -> Option<&PayoutRow> {
        let found = self.end_to_end.get(&(account_ref.to_owned(), key.to_owned()))?;
        self.payouts.get(found)
    }

    /// The payouts that carry a bank reference.
    pub fn by_bank_reference(&self, reference: &str) -> impl Iterator<Item = &PayoutRow> {
        self.bank_references.get(reference).into_iter().flatten().filter_map(|key| self.payouts.get(key))
    }

    /// The payouts that look alike.
    pub fn by_likeness(&self, likeness: u64) -> impl Iterator<Item = &PayoutRow> {
        self.likenesses.get(&likeness).into_iter().flatten().filter_map(|key| self.payouts.get(key))
    }

    /// The message of a `MsgId`.
    pub fn by_message_id(&self, message_id: &str) -> Option<&MessageRow> {
        self.message_ids.get(message_id).and_then(|key| self.messages.get(key))
    }

    /// The block of a `PmtInfId`.
    pub fn by_payment_information_id(&self, id: &str) -> Option<&BlockRow> {
        self.payment_information_ids.get(id).and_then(|key| self.blocks.get(key))
    }

    /// The document of a digest.
    pub fn by_digest(&self, digest: &Digest) -> Option<&DocumentRow> {
        self.document_digests.get(digest).and_then(|key| self.documents.get(key))
    }

    /// The unmatched entry of an identity.
    pub fn by_entry_identity(&self, identity: &str) -> Option<&EntryRow> {
        self.entry_identities.get(identity).and_then(|key| self.entries.get(key))
    }

    /// The statement of an identity.
    pub fn by_statement_identity(&self, identity: &str) -> Option<&StatementRow> {
        self.statement_identities.get(identity).and_then(|key| self.statements.get(key))
    }

    /// The payouts of a block that are loaded.
    pub fn members_of(&self, block: Key) -> impl Iterator<Item = &PayoutRow> {
        self.payouts.values().filter(move |payout| payout.block == Some(block))
    }

    /// The block of a payout.
    pub fn block_of(&self, payout: &PayoutRow) -> Option<&BlockRow> {
        payout.block.and_then(|key| self.blocks.get(&key))
    }

    /// The message of a payout.
    pub fn message_of(&self, payout: &PayoutRow) -> Option<&MessageRow> {
        self.block_of(payout).and_then(|block| self.messages.get(&block.message))
    }

    /// The state shown for a payout of this view.
    pub fn state_of(&self, payout: &PayoutRow) -> State {
        lifecycle::effective(payout, self.block_of(payout), self.message_of(payout))
    }

    pub(super) fn index_payout(&mut self, row: &PayoutRow) {
        self.tokens.insert(row.token, row.key);
        self.end_to_end
            .insert((row.debtor_account_ref.clone(), row.end_to_end_id.to_ascii_uppercase()), row.key);
        for reference in &row.bank_references {
            self.bank_references.entry(reference.clone()).or_default().insert(row.key);
        }
        self.likenesses.entry(row.likeness).or_default().insert(row.key);
    }

    pub(super) fn payout_mut(&mut self, key: Key, recorded: &Recorded) -> Option<&mut PayoutRow> {
        let row = self.payouts.get_mut(&key)?;
        self.dirty.payouts.entry(key).or_insert(row.version);
        row.version += 1;
        row.changed_at = recorded.at;
        Some(row)
    }

    /// Remembers a reference of the bank's; more than eight are noise, not keys.
    pub(super) fn learn_reference(&mut self, key: Key, reference: String) {
        let Some(row) = self.payouts.get_mut(&key) else { return };
        if let Err(place) = row.bank_references.binary_search(&reference)
            && row.bank_references.len() < BANK_REFERENCES_MAX
        {
            row.bank_references.insert(place, reference.clone());
            self.bank_references.entry(reference).or_default().insert(key);
        }
    }

    pub(super) fn message_mut(&mut self, key: Key) -> Option<&mut MessageRow> {
        let row = self.messages.get_mut(&key)?;
        self.dirty.messages.entry(key).or_insert(row.version);
        row.version += 1;
        Some(row)
    }

    pub(super) fn block_mut(&mut self, key: Key) -> Option<&mut BlockRow> {
        let row = self.blocks.get_mut(&key)?;
        self.dirty.blocks.entry(key).or_insert(row.version);
        row.version += 1;
        Some(row)
    }

    pub(super) fn document_mut(&mut self, key: Key) -> Option<&mut DocumentRow> {
        let row = self.documents.get_mut(&key)?;
        self.dirty.documents.entry(key).or_insert(row.version);
        row.version += 1;
        Some(row)
    }
}
