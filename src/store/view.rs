//! The view: the rows that one turn works on, and `apply`, the only writer of rows.
//! Pure: no database, no clock.

use super::lookup::Lookup;
use crate::domain::entry::{Booking, Digest, Mark};
use crate::domain::fact::{AttemptEnd, Fact, FrozenMessage, InquiryEnd, Recorded};
use crate::domain::lifecycle::{self, State};
use crate::domain::payout::Payout;
use crate::domain::reference::PayoutToken;
use crate::domain::row::{
    BlockRow, DocumentRow, EntryRow, ExceptionRow, Key, MessageRow, PayoutRow, SendPhase, StatementRow,
    Subject,
};
use crate::domain::status::{self, StatusNews};
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

    fn index_payout(&mut self, row: &PayoutRow) {
        self.tokens.insert(row.token, row.key);
        self.end_to_end
            .insert((row.debtor_account_ref.clone(), row.end_to_end_id.to_ascii_uppercase()), row.key);
        for reference in &row.bank_references {
            self.bank_references.entry(reference.clone()).or_default().insert(row.key);
        }
        self.likenesses.entry(row.likeness).or_default().insert(row.key);
    }

    fn payout_mut(&mut self, key: Key, recorded: &Recorded) -> Option<&mut PayoutRow> {
        let row = self.payouts.get_mut(&key)?;
        self.dirty.payouts.entry(key).or_insert(row.version);
        row.version += 1;
        row.changed_at = recorded.at;
        Some(row)
    }

    /// Remembers a reference of the bank's; more than eight are noise, not keys.
    fn learn_reference(&mut self, key: Key, reference: String) {
        let Some(row) = self.payouts.get_mut(&key) else { return };
        if let Err(place) = row.bank_references.binary_search(&reference)
            && row.bank_references.len() < BANK_REFERENCES_MAX
        {
            row.bank_references.insert(place, reference.clone());
            self.bank_references.entry(reference).or_default().insert(key);
        }
    }

    fn message_mut(&mut self, key: Key) -> Option<&mut MessageRow> {
        let row = self.messages.get_mut(&key)?;
        self.dirty.messages.entry(key).or_insert(row.version);
        row.version += 1;
        Some(row)
    }

    fn block_mut(&mut self, key: Key) -> Option<&mut BlockRow> {
        let row = self.blocks.get_mut(&key)?;
        self.dirty.blocks.entry(key).or_insert(row.version);
        row.version += 1;
        Some(row)
    }

    fn document_mut(&mut self, key: Key) -> Option<&mut DocumentRow> {
        let row = self.documents.get_mut(&key)?;
        self.dirty.documents.entry(key).or_insert(row.version);
        row.version += 1;
        Some(row)
    }
}

/// Folds a fact into the view. A fact about a row that is not loaded changes nothing here;
/// decisions load what they write about.
pub fn apply(view: &mut View, recorded: &Recorded) {
    match &recorded.fact {
        Fact::PayoutRecorded { key, payout, held, likeness, content, replaces } => {
            let mut row = new_payout(*key, payout, recorded);
            row.held = held.clone();
            row.likeness = *likeness;
            row.content = *content;
            view.index_payout(&row);
            view.dirty.payouts.insert(*key, 0);
            view.payouts.insert(*key, row);
            view.counters.payout = view.counters.payout.max(key + 1);
            if let Some(old) = replaces.and_then(|old| view.payout_mut(old, recorded)) {
                old.replaced_by = Some(*key);
            }
        }
        Fact::MessageFrozen(message) => apply_frozen(view, message, recorded),
        Fact::MessageDissolved { key, .. } => apply_dissolved(view, *key, recorded),
        Fact::PayoutHeld { .. }
        | Fact::PayoutReleased { .. }
        | Fact::PayoutCancelled { .. }
        | Fact::CancelRequested { .. }
        | Fact::PayoutStatus { .. }
        | Fact::InterbankStatus { .. }
        | Fact::EntryBooked { .. }
        | Fact::EntryReturned { .. } => apply_to_payout(view, recorded),
        Fact::StepStarted { .. }
        | Fact::StepEnded { .. }
        | Fact::InquiryEnded { .. }
        | Fact::MessageStatus { .. } => apply_to_message(view, recorded),
        Fact::BlockStatus { .. } | Fact::BlockBooked { .. } => apply_to_block(view, recorded),
        Fact::DocumentReceived { .. } | Fact::DocumentRead { .. } => apply_to_document(view, recorded),
        Fact::EntryUnmatched { .. } | Fact::StatementRead { .. } | Fact::ExceptionRaised { .. } => {
            apply_to_account(view, recorded);
        }
        Fact::RequestAnswered { request, body, status, answer } => {
            let row = RequestRow { body: *body, status: *status, answer: *answer };
            view.requests.insert(request.clone(), row);
            view.dirty.requests.insert(request.clone());
        }
        Fact::CollectedUpTo { bank, cursor } => {
            view.cursors.insert(bank.clone(), cursor.clone());
            view.dirty.cursors.insert(bank.clone());
        }
    }
}

fn new_payout(key: Key, payout: &Payout, recorded: &Recorded) -> PayoutRow {
    PayoutRow {
        key,
        version: 1,
        tenant: payout.tenant.clone(),
        token: payout.token,
        external_id: payout.instruction.external_id.as_str().to_owned(),
        end_to_end_id: payout.end_to_end_id.as_str().to_owned(),
        batch_id: payout.instruction.batch_id.clone(),
        debtor_account_ref: payout.instruction.debtor_account_ref.clone(),
        bank: payout.bank.clone(),
        rail: payout.rail,
        amount: payout.instruction.amount,
        execution_date: payout.execution_date,
        replaced_by: None,
        likeness: 0,
        content: 0,
        recorded_at: recorded.at,
        changed_at: recorded.at,
        held: None,
        cancelled: false,
        cancel_requested: false,
        block: None,
        status: None,
        status_evidence: None,
        bank_references: Vec::new(),
        exceptions: Vec::new(),
        booking: None,
        returned: None,
    }
}

fn apply_frozen(view: &mut View, frozen: &FrozenMessage, recorded: &Recorded) {
    view.message_ids.insert(frozen.message_id.clone(), frozen.key);
    view.messages.insert(
        frozen.key,
        MessageRow {
            key: frozen.key,
            version: 1,
            tenant: recorded.tenant.clone(),
            message_id: frozen.message_id.clone(),
            bank: frozen.bank.clone(),
            document: frozen.document,
            count: frozen.count,
            sum: frozen.sum,
            phase: SendPhase::Frozen,
            attempt: 0,
            maybe_sent: false,
            first_attempt_at: None,
            last_attempt_ended_at: None,
            inquiries: 0,
            due_at: Some(recorded.at),
            bank_reference: None,
            status: None,
            status_evidence: None,
            last_code: None,
            dissolved: false,
            frozen_at: recorded.at,
        },
    );
    view.dirty.messages.insert(frozen.key, 0);
    view.counters.message = view.counters.message.max(frozen.key + 1);
    for block in &frozen.blocks {
        view.payment_information_ids.insert(block.payment_information_id.clone(), block.key);
        view.blocks.insert(
            block.key,
            BlockRow {
                key: block.key,
                version: 1,
                message: frozen.key,
                payment_information_id: block.payment_information_id.clone(),
                debtor_account_ref: block.debtor_account_ref.clone(),
                currency: block.currency,
                execution_date: block.execution_date,
                count: block.members.len() as u64,
                sum: block.sum,
                status: None,
                status_evidence: None,
                last_code: None,
                booked: false,
                booking: None,
            },
        );
        view.dirty.blocks.insert(block.key, 0);
        view.counters.block = view.counters.block.max(block.key + 1);
        for member in &block.members {
            if let Some(payout) = view.payout_mut(*member, recorded) {
                payout.block = Some(block.key);
            }
        }
    }
}

fn apply_dissolved(view: &mut View, key: Key, recorded: &Recorded) {
    if let Some(message) = view.message_mut(key) {
        message.dissolved = true;
        message.due_at = None;
    }
    let blocks: BTreeSet<Key> =
        view.blocks.values().filter(|block| block.message == key).map(|block| block.key).collect();
    let members: Vec<Key> = view
        .payouts
        .values()
        .filter(|payout| payout.block.is_some_and(|block| blocks.contains(&block)))
        .map(|payout| payout.key)
        .collect();
    for member in members {
        if let Some(payout) = view.payout_mut(member, recorded) {
            payout.block = None;
        }
    }
}

fn apply_to_payout(view: &mut View, recorded: &Recorded) {
    let Subject::Payout(key) = recorded.fact.subject() else { return };
    let Some(row) = view.payout_mut(key, recorded) else { return };
    let mut references: Vec<String> = Vec::new();
    match &recorded.fact {
        Fact::PayoutHeld { hold, .. } => row.held = Some(hold.clone()),
        Fact::PayoutReleased { .. } => row.held = None,
        Fact::PayoutCancelled { .. } => row.cancelled = true,
        Fact::CancelRequested { .. } => row.cancel_requested = true,
        Fact::PayoutStatus { news, bank_references, evidence, .. } => {
            if take_news(&mut row.status, news) {
                row.status_evidence = Some(*evidence);
            }
            references.clone_from(bank_references);
        }
        Fact::InterbankStatus { bank_references, .. } => references.clone_from(bank_references),
        Fact::EntryBooked { booking, bank_references, mark, .. } => {
            take_booking(&mut row.booking, booking, *mark);
            references.clone_from(bank_references);
            references.extend(booking.account_servicer_reference.clone());
        }
        Fact::EntryReturned { returned, .. } => {
            row.returned.get_or_insert_with(|| (**returned).clone());
        }
        _ => {}
    }
    for reference in references {
        view.learn_reference(key, reference);
    }
}

fn apply_to_message(view: &mut View, recorded: &Recorded) {
    let Subject::Message(key) = recorded.fact.subject() else { return };
    let Some(row) = view.message_mut(key) else { return };
    match &recorded.fact {
        Fact::StepStarted { attempt, .. } => {
            row.phase = SendPhase::Open;
            row.attempt = *attempt;
            row.first_attempt_at.get_or_insert(recorded.at);
            row.due_at = None;
        }
        Fact::StepEnded { end, due_at, .. } => {
            row.last_attempt_ended_at = Some(recorded.at);
            row.due_at = *due_at;
            apply_end(row, end);
        }
        Fact::InquiryEnded { end, due_at, .. } => {
            row.inquiries += 1;
            row.due_at = *due_at;
            if *end == InquiryEnd::Found && row.phase != SendPhase::Refused {
                row.phase = SendPhase::Received;
            }
        }
        Fact::MessageStatus { news, evidence, .. } => {
            row.last_code = Some(news.code.clone());
            if take_news(&mut row.status, news) {
                row.status_evidence = Some(*evidence);
            }
        }
        _ => {}
    }
}

/// An outcome never takes back what an earlier answer proved.
fn apply_end(row: &mut MessageRow, end: &AttemptEnd) {
    row.phase = match end {
        AttemptEnd::Received { bank_reference, .. } => {
            learn(&mut row.bank_reference, bank_reference.as_ref());
            SendPhase::Received
        }
        AttemptEnd::Refused { .. } => SendPhase::Refused,
        // That this attempt sent nothing does not prove that the earlier ones sent nothing.
        AttemptEnd::NotSent { .. } if row.maybe_sent => SendPhase::Unknown,
        AttemptEnd::NotSent { .. } => SendPhase::NotSent,
        AttemptEnd::Unknown { .. } => {
            row.maybe_sent = true;
            SendPhase::Unknown
        }
    };
}

fn apply_to_block(view: &mut View, recorded: &Recorded) {
    let Subject::Block(key) = recorded.fact.subject() else { return };
    let Some(row) = view.block_mut(key) else { return };
    match &recorded.fact {
        Fact::BlockStatus { news, evidence, .. } => {
            row.last_code = Some(news.code.clone());
            if take_news(&mut row.status, news) {
                row.status_evidence = Some(*evidence);
            }
        }
        Fact::BlockBooked { booking, mark, .. } => {
            row.booked = true;
            take_booking(&mut row.booking, booking, *mark);
        }
        _ => {}
    }
}

fn apply_to_document(view: &mut View, recorded: &Recorded) {
    match &recorded.fact {
        Fact::DocumentReceived { key, digest, bank, channel, authenticated, size, .. } => {
            view.document_digests.insert(*digest, *key);
            view.documents.insert(
                *key,
                DocumentRow {
                    key: *key,
                    version: 1,
                    digest: *digest,
                    bank: bank.clone(),
                    channel: *channel,
                    authenticated: *authenticated,
                    size: *size,
                    parts_read: 0,
                    finished: !*authenticated,
                    message_id: None,
                    received_at: recorded.at,
                },
            );
            view.dirty.documents.insert(*key, 0);
            view.counters.document = view.counters.document.max(key + 1);
        }
        Fact::DocumentRead { key, part, message_id, finished, .. } => {
            if let Some(row) = view.document_mut(*key) {
                row.parts_read = row.parts_read.max(part + 1);
                row.finished |= *finished;
                if message_id.is_some() {
                    row.message_id.clone_from(message_id);
                }
            }
        }
        _ => {}
    }
}

fn apply_to_account(view: &mut View, recorded: &Recorded) {
    match &recorded.fact {
        Fact::EntryUnmatched { key, identity, mark, evidence, .. } => {
            if !view.entries.contains_key(key)
                && let Some(row) = new_entry(&recorded.fact)
            {
                view.entry_identities.insert(identity.clone(), *key);
                view.entries.insert(*key, row);
                view.counters.entry = view.counters.entry.max(key + 1);
            }
            if let Some(row) = view.entries.get_mut(key) {
                row.mark(*mark, *evidence);
            }
            view.dirty.entries.insert(*key);
        }
        Fact::StatementRead { key, identity, .. } => {
            if let Some(row) = new_statement(&recorded.fact) {
                view.statement_identities.insert(identity.clone(), *key);
                view.statements.insert(*key, row);
                view.dirty.statements.insert(*key);
                view.counters.statement = view.counters.statement.max(key + 1);
            }
        }
        Fact::ExceptionRaised { key, subject, code, text, evidence } => {
            view.exceptions.insert(
                *key,
                ExceptionRow {
                    key: *key,
                    subject: *subject,
                    code: code.clone(),
                    text: text.clone(),
                    evidence: *evidence,
                    raised_at: recorded.at,
                },
            );
            view.dirty.exceptions.insert(*key);
            view.counters.exception = view.counters.exception.max(key + 1);
            if let Subject::Payout(payout) = subject
                && let Some(row) = view.payout_mut(*payout, recorded)
                && !row.exceptions.contains(code)
            {
                row.exceptions.push(code.clone());
            }
        }
        _ => {}
    }
}

fn new_entry(fact: &Fact) -> Option<EntryRow> {
    let Fact::EntryUnmatched {
        key,
        identity,
        account_ref,
        class,
        direction,
        amount,
        currency,
        booking_date,
        transaction_code,
        account_servicer_reference,
        ..
    } = fact
    else {
        return None;
    };
    Some(EntryRow {
        key: *key,
        identity: identity.clone(),
        account_ref: account_ref.clone(),
        class: *class,
        direction: *direction,
        amount: *amount,
        currency: *currency,
        booking_date: *booking_date,
        transaction_code: transaction_code.clone(),
        account_servicer_reference: account_servicer_reference.clone(),
        notified: None,
        on_statement: None,
    })
}

fn new_statement(fact: &Fact) -> Option<StatementRow> {
    let Fact::StatementRead {
        key,
        identity,
        account_ref,
        id,
        kind,
        sequence,
        date,
        opening,
        closing,
        currency,
        movement,
        document,
    } = fact
    else {
        return None;
    };
    Some(StatementRow {
        key: *key,
        identity: identity.clone(),
        account_ref: account_ref.clone(),
        id: id.clone(),
        kind: kind.clone(),
        sequence: sequence.clone(),
        date: *date,
        opening: *opening,
        closing: *closing,
        currency: *currency,
        movement: *movement,
        document: *document,
    })
}

fn take_news(known: &mut Option<StatusNews>, news: &StatusNews) -> bool {
    let (_, wins) = status::merge(known.as_ref(), news);
    if wins {
        *known = Some(news.clone());
    }
    wins
}

/// The first booking stands; a later sight of it adds its mark and what the first one lacked.
fn take_booking(known: &mut Option<Booking>, news: &Booking, mark: Mark) {
    let booking = known.get_or_insert_with(|| news.clone());
    match mark {
        Mark::Notified => booking.notified = booking.notified.or(news.notified),
        Mark::OnStatement => booking.on_statement = booking.on_statement.or(news.on_statement),
    }
    learn(&mut booking.account_servicer_reference, news.account_servicer_reference.as_ref());
    booking.booking_date = booking.booking_date.or(news.booking_date);
    booking.value_date = booking.value_date.or(news.value_date);
}

fn learn(known: &mut Option<String>, news: Option<&String>) {
    if known.is_none() {
        *known = news.cloned();
    }
}
