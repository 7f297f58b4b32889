//! The store in memory, for replay and simulation: the same answers as the database, in the same
//! order, and faults on demand. Nothing outlives the process.

use super::audit::AuditReport;
use super::chain::{self, Head, Proof, SECTION_FACTS};
use super::conservation::{Charged, Conservation, Moved, Tally, add_charge};
use super::documents::NewDocument;
use super::facts::{decode_payout, encode};
use super::listing::{
    Cursor, EntryListed, ExceptionListed, Filter, Found, PAGE_ITEMS_MAX, Page, PayoutListed, StatementListed,
    TotalsRow, Unbatched, Work, WorkLimits,
};
use super::lookup::Lookup;
use super::view::View;
use super::view::apply::apply;
use super::{Appended, StoreError, Stored, Turn};
use crate::domain::currency::Currency;
use crate::domain::entry::Digest;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::payout::Payout;
use crate::domain::reference::PayoutToken;
use crate::domain::row::{BlockRow, CancelStage, Key, MessageRow, PayoutRow, SendPhase, Subject};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

mod lookups;

/// A fault that the next append meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The turn is answered with a conflict and not applied.
    Conflict,
    /// The answer is lost; the turn is durable.
    UnknownApplied,
    /// The answer is lost; the turn is gone.
    UnknownLost,
}

/// A handle to a store in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    all: View,
    facts: Vec<Kept>,
    documents: BTreeMap<Digest, Arc<[u8]>>,
    tenants: BTreeMap<(Table, Key), String>,
    recorded: BTreeMap<Key, usize>,
    epoch: i64,
    faults: VecDeque<Fault>,
    stopped: Option<String>,
}

#[derive(Debug)]
struct Kept {
    recorded: Recorded,
    octets: Vec<u8>,
    hash: chain::Hash,
}

/// Tables whose rows do not say whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Table {
    Entry,
    Statement,
    Exception,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Lets the next append meet a fault, after those injected before.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// Opens the store again after it stopped: what was durable is there.
    pub fn reopen(&self) {
        self.state().stopped = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`super::Store::load`].
    pub fn load(&self, view: Option<View>, lookups: Vec<Lookup>) -> Result<View, StoreError> {
        let state = self.state();
        let mut view = view.unwrap_or_else(|| View::new(state.all.counters));
        for lookup in lookups {
            if !view.has(&lookup) {
                lookups::answer(&state.all, &mut view, &lookup);
                view.mark_loaded(lookup);
            }
        }
        Ok(view)
    }

    /// See [`super::Store::append`].
    pub fn append(&self, turn: Turn) -> Appended {
        let mut state = self.state();
        if let Some(cause) = &state.stopped {
            return Appended::Unknown { cause: cause.clone() };
        }
        if lookups::conflicts(&state.all, &turn.view) {
            return Appended::Conflict;
        }
        match state.faults.pop_front() {
            None => Appended::Done { seq: state.apply(turn) },
            Some(Fault::Conflict) => Appended::Conflict,
            Some(fault) => {
                if fault == Fault::UnknownApplied {
                    state.apply(turn);
                }
                let cause = "injected: the answer of the commit was lost".to_owned();
                state.stopped = Some(cause.clone());
                Appended::Unknown { cause }
            }
        }
    }

    /// See [`super::Store::put_document`].
    pub fn put_document(&self, document: NewDocument) -> Result<(), StoreError> {
        self.state().documents.insert(document.digest(), document.octets().clone());
        Ok(())
    }

    /// See [`super::Store::document`].
    pub fn document(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().documents.get(&digest).map(|octets| octets.to_vec()))
    }

    /// See [`super::Store::payout_bodies`].
    pub fn payout_bodies(&self, keys: &[Key]) -> Result<Vec<Payout>, StoreError> {
        let state = self.state();
        let kept = keys.iter().filter_map(|key| state.recorded.get(key).and_then(|at| state.facts.get(*at)));
        kept.map(|kept| decode_payout(&kept.octets).map_err(|source| StoreError::Fact { seq: 0, source }))
            .collect()
    }

    /// See [`super::Store::payouts`].
    pub fn payouts(&self, keys: &[Key]) -> Result<Vec<PayoutListed>, StoreError> {
        let state = self.state();
        Ok(keys.iter().filter_map(|key| state.all.payouts.get(key)).map(|row| state.listed(row)).collect())
    }

    /// See [`super::Store::work`].
    pub fn work(&self, limits: WorkLimits, now: DateTime<Utc>) -> Result<Work, StoreError> {
        let state = self.state();
        let live = || state.all.messages.values().filter(|message| !message.dissolved);
        let of = |phases: &[SendPhase], due: &dyn Fn(&MessageRow) -> bool| {
            let mut found: Vec<MessageRow> =
                live().filter(|message| phases.contains(&message.phase) && due(message)).cloned().collect();
            found.sort_by_key(|message| (message.due_at, message.key));
            found.truncate(limits.messages);
            found
        };
        let is_due = |message: &MessageRow| message.due_at.is_some_and(|due| due <= now);
        let unread = state.all.documents.values().filter(|row| row.authenticated && !row.finished);
        let waits = [SendPhase::Frozen, SendPhase::NotSent, SendPhase::Unknown, SendPhase::Received];
        let next_due =
            live().filter(|message| waits.contains(&message.phase)).filter_map(|message| message.due_at);
        Ok(Work {
            unbatched: unbatched(&state.all, limits.unbatched),
            sendable: of(&waits[..2], &|message| message.due_at.is_none_or(|due| due <= now)),
            unknown: of(&[SendPhase::Unknown], &is_due),
            open: of(&[SendPhase::Open], &|_| true),
            awaiting: of(&[SendPhase::Received], &is_due),
            cancellations: cancellations(&state.all, limits.messages),
            unread: unread.take(limits.documents).cloned().collect(),
            next_due: next_due.filter(|due| *due > now).min(),
        })
    }

    /// See [`super::Store::list`].
    pub fn list(
        &self,
        filter: &Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<PayoutListed>, StoreError> {
        let state = self.state();
        let fitting =
            state.all.payouts.values().rev().filter(|row| cursor.is_none_or(|cursor| row.key < cursor));
        let listed = fitting.map(|row| state.listed(row)).filter(|item| fits(filter, item));
        Ok(page(listed, limit, |item| item.row.key))
    }

    /// See [`super::Store::find`].
    pub fn find(&self, tenant: Option<&str>, id: &str) -> Result<Found, StoreError> {
        let state = self.state();
        let ours = |owner: &str| tenant.is_none_or(|tenant| tenant == owner);
        let token = PayoutToken::parse_base32(id).or_else(|_| PayoutToken::parse_uetr(id)).ok();
        let named = |row: &&PayoutRow| {
            Some(row.token) == token
                || row.end_to_end_id.eq_ignore_ascii_case(id)
                || row.bank_references.iter().any(|reference| reference == id)
        };
        let payouts = || state.all.payouts.values().filter(|row| ours(&row.tenant));
        let newest = |message: &&MessageRow| {
            ours(&message.tenant)
                && (message.message_id == id || message.bank_reference.as_deref() == Some(id))
        };
        let owner_of =
            |block: &BlockRow| state.all.messages.get(&block.message).map_or("", |message| &message.tenant);
        let mut found = Found {
            payouts: payouts().filter(named).map(|row| state.listed(row)).collect(),
            messages: state.all.messages.values().rev().filter(newest).cloned().collect(),
            blocks: (state.all.blocks.values().rev())
                .filter(|block| block.payment_information_id == id && ours(owner_of(block)))
                .cloned()
                .collect(),
            entries: (state.all.entries.values().rev())
                .filter(|row| row.account_servicer_reference.as_deref() == Some(id))
                .filter(|row| ours(state.tenant(Table::Entry, row.key)))
                .cloned()
                .collect(),
        };
        if found.is_empty() {
            found.payouts =
                payouts().filter(|row| row.external_id == id).map(|row| state.listed(row)).collect();
        }
        Ok(found)
    }

    /// See [`super::Store::history`].
    pub fn history(&self, subject: Subject) -> Result<Vec<Stored>, StoreError> {
        let stored = self.facts_after(0, usize::MAX)?;
        Ok(stored.into_iter().filter(|stored| stored.recorded.fact.subject() == subject).collect())
    }

    /// See [`super::Store::facts_after`].
    pub fn facts_after(&self, seq: i64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let state = self.state();
        let numbered = (1i64..).zip(&state.facts).filter(|(number, _)| *number > seq).take(limit);
        Ok(numbered.map(|(seq, kept)| Stored { seq, recorded: kept.recorded.clone() }).collect())
    }

    /// See [`super::Store::totals`].
    pub fn totals(&self, tenant: Option<&str>) -> Result<Vec<TotalsRow>, StoreError> {
        let state = self.state();
        let mut rows = Vec::new();
        for row in state.all.payouts.values().filter(|row| tenant.is_none_or(|tenant| tenant == row.tenant)) {
            TotalsRow::add(&mut rows, state.all.state_of(row), &row.amount);
        }
        rows.sort_by_key(|row| (row.currency, row.state));
        Ok(rows)
    }

    /// See [`super::Store::conservation`].
    pub fn conservation(&self, tenant: Option<&str>) -> Result<Conservation, StoreError> {
        let states = self.totals(tenant)?;
        let state = self.state();
        let ours = |owner: &str| tenant.is_none_or(|tenant| tenant == owner);
        let mut accepted: BTreeMap<Currency, Tally> = BTreeMap::new();
        let mut moved: BTreeMap<Currency, Moved> = BTreeMap::new();
        for row in state.all.payouts.values().filter(|row| ours(&row.tenant)) {
            let currency = row.amount.currency();
            let tally = accepted.entry(currency).or_default();
            tally.count += 1;
            tally.sum_minor += i128::from(row.amount.minor());
            let block = state.all.block_of(row);
            moved.entry(currency).or_insert_with(|| Moved::nothing(currency)).add(row, block);
        }
        let mut charged: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for row in state.all.entries.values().filter(|row| ours(state.tenant(Table::Entry, row.key))) {
            add_charge(&mut charged, row.class, (row.currency, row.direction, row.amount));
        }
        Ok(Conservation {
            accepted: accepted.into_iter().collect(),
            states,
            moved: moved.into_values().collect(),
            charged: charged.into_iter().map(|(currency, sum)| Charged { currency, sum }).collect(),
        })
    }

    /// See [`super::Store::exceptions`].
    pub fn exceptions(
        &self,
        filter: &Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<ExceptionListed>, StoreError> {
        let state = self.state();
        let fitting = state.all.exceptions.values().rev().filter(|row| {
            cursor.is_none_or(|cursor| row.key < cursor)
                && filter.reason.as_ref().is_none_or(|code| *code == row.code)
                && filter.subject.is_none_or(|subject| subject == row.subject)
                && filter.since.is_none_or(|since| row.raised_at >= since)
                && filter.until.is_none_or(|until| row.raised_at < until)
        });
        let listed = fitting.map(|row| ExceptionListed {
            tenant: state.tenant(Table::Exception, row.key).to_owned(),
            row: row.clone(),
        });
        let owned = listed.filter(|item| filter.tenant.as_ref().is_none_or(|tenant| *tenant == item.tenant));
        Ok(page(owned, limit, |item| item.row.key))
    }

    /// See [`super::Store::entries`].
    pub fn entries(
        &self,
        filter: &Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<EntryListed>, StoreError> {
        let state = self.state();
        let fitting = state.all.entries.values().rev().filter(|row| {
            cursor.is_none_or(|cursor| row.key < cursor)
                && filter.account_ref.as_ref().is_none_or(|account| *account == row.account_ref)
                && filter.currency.is_none_or(|currency| currency == row.currency)
                && filter.date_from.is_none_or(|from| row.booking_date.is_some_and(|date| date >= from))
                && filter.date_to.is_none_or(|to| row.booking_date.is_some_and(|date| date <= to))
                && filter.reason.as_ref().is_none_or(|class| class == row.class.name())
        });
        let listed = fitting.map(|row| EntryListed {
            tenant: state.tenant(Table::Entry, row.key).to_owned(),
            row: row.clone(),
        });
        let owned = listed.filter(|item| filter.tenant.as_ref().is_none_or(|tenant| *tenant == item.tenant));
        Ok(page(owned, limit, |item| item.row.key))
    }

    /// See [`super::Store::statements`].
    pub fn statements(
        &self,
        filter: &Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<StatementListed>, StoreError> {
        let state = self.state();
        let fitting = state.all.statements.values().rev().filter(|row| {
            cursor.is_none_or(|cursor| row.key < cursor)
                && filter.account_ref.as_ref().is_none_or(|account| *account == row.account_ref)
                && filter.currency.is_none_or(|currency| Some(currency) == row.currency)
                && filter.date_from.is_none_or(|from| row.date.is_some_and(|date| date >= from))
                && filter.date_to.is_none_or(|to| row.date.is_some_and(|date| date <= to))
        });
        let listed = fitting.map(|row| StatementListed {
            tenant: state.tenant(Table::Statement, row.key).to_owned(),
            row: row.clone(),
        });
        let owned = listed.filter(|item| filter.tenant.as_ref().is_none_or(|tenant| *tenant == item.tenant));
        Ok(page(owned, limit, |item| item.row.key))
    }

    /// See [`super::Store::members`].
    pub fn members(
        &self,
        of: Subject,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<PayoutListed>, StoreError> {
        let state = self.state();
        let is_member = |row: &PayoutRow| match of {
            Subject::Block(key) => row.block == Some(key),
            Subject::Message(key) => state.all.block_of(row).is_some_and(|block| block.message == key),
            Subject::Payout(key) => row.key == key,
            Subject::Document(_) | Subject::Entry(_) | Subject::Gateway => false,
        };
        let after = state.all.payouts.values().filter(|row| cursor.is_none_or(|cursor| row.key > cursor));
        Ok(page(after.filter(|row| is_member(row)).map(|row| state.listed(row)), limit, |item| item.row.key))
    }

    /// See [`super::Store::blocks`].
    pub fn blocks(&self, message: Key) -> Result<Vec<BlockRow>, StoreError> {
        Ok(self.state().all.blocks.values().filter(|block| block.message == message).cloned().collect())
    }

    /// See [`super::Store::unknown`].
    pub fn unknown(&self, tenant: Option<&str>, limit: usize) -> Result<Vec<MessageRow>, StoreError> {
        let state = self.state();
        let of = |row: &&MessageRow| {
            row.phase == SendPhase::Unknown
                && !row.dissolved
                && row.unknown.decision.is_none()
                && tenant.is_none_or(|tenant| tenant == row.tenant)
        };
        let mut found: Vec<MessageRow> = state.all.messages.values().filter(of).cloned().collect();
        found.sort_by_key(|row| (row.unknown.since, row.key));
        found.truncate(limit);
        Ok(found)
    }

    /// See [`super::Store::blocks_booked`].
    pub fn blocks_booked(&self, tenant: Option<&str>, date: NaiveDate) -> Result<Vec<BlockRow>, StoreError> {
        let state = self.state();
        let owner =
            |block: &BlockRow| state.all.messages.get(&block.message).map(|message| message.tenant.as_str());
        let booked = |block: &&BlockRow| {
            let on = block.booking.as_ref().and_then(|booking| booking.booking_date);
            block.booked && on == Some(date) && tenant.is_none_or(|tenant| owner(block) == Some(tenant))
        };
        Ok(state.all.blocks.values().filter(booked).cloned().collect())
    }

    /// See [`super::Store::next_epoch`].
    pub fn next_epoch(&self) -> Result<i64, StoreError> {
        let mut state = self.state();
        state.epoch += 1;
        Ok(state.epoch)
    }

    /// See [`super::Store::head`].
    pub fn head(&self) -> Result<Head, StoreError> {
        Ok(self.state().head())
    }

    /// See [`super::Store::prove`].
    pub fn prove(&self, seq: i64) -> Result<Option<Proof>, StoreError> {
        let state = self.state();
        let first = chain::section_of(seq) * SECTION_FACTS + 1;
        let hashes: Vec<chain::Hash> = (1i64..)
            .zip(&state.facts)
            .filter(|(number, _)| *number >= first && *number < first + SECTION_FACTS)
            .map(|(_, kept)| kept.hash)
            .collect();
        if seq < 1 || hashes.len() as i64 != SECTION_FACTS {
            return Ok(None);
        }
        let before = usize::try_from(first - 2).ok().and_then(|at| state.facts.get(at));
        let before = before.map_or(Head::GENESIS.hash, |kept| kept.hash);
        Ok(chain::prove(&before, &hashes, usize::try_from(seq - first).unwrap_or(usize::MAX), first))
    }

    /// See [`super::Store::audit`].
    pub fn audit(&self) -> Result<AuditReport, StoreError> {
        let state = self.state();
        let mut report = AuditReport::new();
        let mut view = View::default();
        for kept in &state.facts {
            report.head = report.head.after(&kept.octets);
            report.facts += 1;
            if report.head.hash != kept.hash {
                let text = "its octets and the hash of the fact before it do not give its hash";
                report.find("audit.chain", format!("fact {}", report.head.seq), text);
                break;
            }
            apply(&mut view, &kept.recorded);
        }
        report.rows = (view.payouts.len() + view.messages.len() + view.blocks.len()) as u64;
        if view.payouts != state.all.payouts
            || view.messages != state.all.messages
            || view.blocks != state.all.blocks
        {
            report.find("audit.view", "views".to_owned(), "the facts lead to other rows");
        }
        report.documents = state.documents.len() as u64;
        Ok(report)
    }
}

impl State {
    fn head(&self) -> Head {
        let seq = i64::try_from(self.facts.len()).unwrap_or(i64::MAX);
        self.facts.last().map_or(Head::GENESIS, |kept| Head { seq, hash: kept.hash })
    }

    fn apply(&mut self, turn: Turn) -> i64 {
        for document in turn.documents {
            self.documents.insert(document.digest(), document.octets().clone());
        }
        for recorded in turn.facts {
            apply(&mut self.all, &recorded);
            let tenant = recorded.tenant.clone();
            match &recorded.fact {
                Fact::PayoutRecorded { key, .. } => {
                    self.recorded.insert(*key, self.facts.len());
                }
                Fact::EntryUnmatched { key, .. } => {
                    self.tenants.entry((Table::Entry, *key)).or_insert(tenant);
                }
                Fact::StatementRead { key, .. } => {
                    self.tenants.entry((Table::Statement, *key)).or_insert(tenant);
                }
                Fact::ExceptionRaised { key, .. } => {
                    self.tenants.entry((Table::Exception, *key)).or_insert(tenant);
                }
                _ => {}
            }
            let mut octets = Vec::new();
            encode(&recorded, &mut octets);
            let hash = self.head().after(&octets).hash;
            self.facts.push(Kept { recorded, octets, hash });
        }
        self.all.dirty = super::view::Dirty::default();
        self.head().seq
    }

    fn tenant(&self, table: Table, key: Key) -> &str {
        self.tenants.get(&(table, key)).map_or("", String::as_str)
    }

    fn listed(&self, row: &PayoutRow) -> PayoutListed {
        PayoutListed {
            state: self.all.state_of(row),
            message_id: self.all.message_of(row).map(|message| message.message_id.clone()),
            payment_information_id: self.all.block_of(row).map(|block| block.payment_information_id.clone()),
            row: row.clone(),
        }
    }
}

fn fits(filter: &Filter, item: &PayoutListed) -> bool {
    let row = &item.row;
    let reasons = || {
        let said = row.status.as_ref().and_then(|status| status.reason.as_ref());
        let of_return = row.returned.as_ref().and_then(|returned| returned.reason.as_ref());
        [
            said.and_then(|reason| reason.code.as_ref()),
            said.and_then(|reason| reason.proprietary.as_ref()),
            of_return,
        ]
    };
    filter.tenant.as_ref().is_none_or(|tenant| *tenant == row.tenant)
        && filter.state.is_none_or(|state| state == item.state)
        && filter.batch_id.as_ref().is_none_or(|batch| Some(batch) == row.batch_id.as_ref())
        && filter.account_ref.as_ref().is_none_or(|account| *account == row.debtor_account_ref)
        && filter.bank.as_ref().is_none_or(|bank| *bank == row.bank)
        && filter.currency.is_none_or(|currency| currency == row.amount.currency())
        && filter.date_from.is_none_or(|from| row.execution_date >= from)
        && filter.date_to.is_none_or(|to| row.execution_date <= to)
        && filter.booked_on.is_none_or(|date| booked_on(row, date))
        && filter.since.is_none_or(|since| row.recorded_at >= since)
        && filter.until.is_none_or(|until| row.recorded_at < until)
        && filter.reason.as_ref().is_none_or(|reason| reasons().contains(&Some(reason)))
        && filter
            .external_id_prefix
            .as_ref()
            .is_none_or(|prefix| row.external_id.starts_with(prefix.as_str()))
}

fn booked_on(row: &PayoutRow, date: NaiveDate) -> bool {
    let booked = row.booking.as_ref().and_then(|booking| booking.booking_date);
    let returned = row.returned.as_ref().and_then(|returned| returned.booking_date);
    [booked, returned].contains(&Some(date))
}

fn unbatched(all: &View, limit: usize) -> Vec<Unbatched> {
    let mut banks: BTreeMap<&str, Vec<&PayoutRow>> = BTreeMap::new();
    for row in all.payouts.values().filter(|row| row.block.is_none() && row.held.is_none() && !row.cancelled)
    {
        banks.entry(&row.bank).or_default().push(row);
    }
    banks
        .into_iter()
        .map(|(bank, rows)| Unbatched {
            bank: bank.to_owned(),
            payouts: rows.iter().take(limit).map(|row| (*row).clone()).collect(),
            more: rows.len() > limit,
            oldest_at: rows.first().map(|row| row.recorded_at).unwrap_or_default(),
        })
        .collect()
}

/// Source: `Work::cancellations`.
fn cancellations(all: &View, limit: usize) -> Vec<PayoutRow> {
    let wanted = all
        .payouts
        .values()
        .filter(|row| row.cancellation.as_ref().is_some_and(|known| known.stage == CancelStage::Wanted));
    let can_be_asked = |row: &&PayoutRow| {
        let of_block = all.block_of(row).is_some_and(|block| block.booked || block.status.is_some());
        let of_message = all.message_of(row).is_some_and(|message| {
            message.status.is_some() || matches!(message.phase, SendPhase::Received | SendPhase::Refused)
        });
        row.status.is_some() || of_block || of_message
    };
    wanted.filter(can_be_asked).take(limit).cloned().collect()
}

fn page<T>(items: impl Iterator<Item = T>, limit: usize, key: impl Fn(&T) -> Key) -> Page<T> {
    let limit = limit.clamp(1, PAGE_ITEMS_MAX);
    Page::cut(items.take(limit + 1).collect(), limit, key)
}
