//! Answers lookups from a view that holds everything, and finds what a turn collides with.
//! Never changes what is kept.

use crate::domain::row::{Key, PayoutRow, StatementRow};
use crate::store::lookup::Lookup;
use crate::store::view::View;

/// Rows that look alike which a lookup answers with, newest first. Source: `Lookup::Likeness`.
const ALIKE_MAX: usize = 20;
/// Statements of an account that a lookup answers with, newest first. Source: `Lookup::Statements`.
const STATEMENTS_MAX: usize = 40;

/// Copies the rows that a lookup names.
pub fn answer(all: &View, view: &mut View, lookup: &Lookup) {
    match lookup {
        Lookup::Token(token) => payouts(all, view, all.by_token(*token)),
        Lookup::Payout(key) => payouts(all, view, all.payouts.get(key)),
        Lookup::EndToEnd { account_ref, key } => payouts(all, view, all.by_end_to_end(account_ref, key)),
        Lookup::BankReference(reference) => payouts(all, view, all.by_bank_reference(reference)),
        Lookup::Likeness(likeness) => {
            let alike: Vec<&PayoutRow> = all.by_likeness(*likeness).collect();
            payouts(all, view, alike.into_iter().rev().take(ALIKE_MAX));
        }
        Lookup::Message(key) => message(all, view, *key),
        Lookup::MessageId(id) => {
            let namesakes = all.messages.values().filter(|row| row.message_id == *id);
            if let Some(row) = namesakes.min_by_key(|row| (row.dissolved, -row.key)) {
                message(all, view, row.key);
            }
        }
        Lookup::Block(key) => block(all, view, *key),
        Lookup::PaymentInformationId(id) => {
            if let Some(row) = all.by_payment_information_id(id) {
                block(all, view, row.key);
            }
        }
        Lookup::BlockMembers(key) => {
            block(all, view, *key);
            payouts(all, view, all.members_of(*key));
        }
        Lookup::MessageMembers(key) => {
            message(all, view, *key);
            for of in all.blocks.values().filter(|block| block.message == *key) {
                block(all, view, of.key);
                payouts(all, view, all.members_of(of.key));
            }
        }
        other => single(all, view, other),
    }
}

fn single(all: &View, view: &mut View, lookup: &Lookup) {
    match lookup {
        Lookup::Document(digest) => {
            let copies = all.documents.values().filter(|row| row.digest == *digest);
            if let Some(row) = copies.min_by_key(|row| (!row.authenticated, row.key)) {
                view.put_document(row.clone());
            }
        }
        Lookup::DocumentKey(key) => {
            all.documents.get(key).into_iter().for_each(|row| view.put_document(row.clone()));
        }
        Lookup::DocumentMessageId(bank, id) => {
            let named = |bank_of: &str, message_id: Option<&str>| bank_of == bank && message_id == Some(id);
            let rows = all.documents.values().filter(|row| named(&row.bank, row.message_id.as_deref()));
            rows.for_each(|row| view.put_document(row.clone()));
        }
        Lookup::Entry(identity) => {
            all.by_entry_identity(identity).into_iter().for_each(|row| view.put_entry(row.clone()));
        }
        Lookup::Statement(identity) => {
            all.by_statement_identity(identity).into_iter().for_each(|row| view.put_statement(row.clone()));
        }
        Lookup::Statements(account_ref) => {
            let of = |row: &&StatementRow| row.account_ref == *account_ref && row.kind == "camt.053";
            all.statements
                .values()
                .rev()
                .filter(of)
                .take(STATEMENTS_MAX)
                .for_each(|row| view.put_statement(row.clone()));
        }
        Lookup::Request(request) => {
            if let Some(row) = all.requests.get(request) {
                view.requests.entry(request.clone()).or_insert_with(|| row.clone());
            }
        }
        Lookup::Cursor(bank) => {
            if let Some(cursor) = all.cursors.get(bank) {
                view.cursors.entry(bank.clone()).or_insert_with(|| cursor.clone());
            }
        }
        _ => {}
    }
}

fn payouts<'v>(all: &'v View, view: &mut View, rows: impl IntoIterator<Item = &'v PayoutRow>) {
    for row in rows {
        view.put_payout(row.clone());
        if let Some(key) = row.block {
            block(all, view, key);
        }
    }
}

fn block(all: &View, view: &mut View, key: Key) {
    if let Some(row) = all.blocks.get(&key) {
        view.put_block(row.clone());
        message(all, view, row.message);
    }
}

fn message(all: &View, view: &mut View, key: Key) {
    all.messages.get(&key).into_iter().for_each(|row| view.put_message(row.clone()));
}

/// Whether a row that the turn changed has another version than it was decided on, or its key or
/// identity is taken.
pub fn conflicts(all: &View, turn: &View) -> bool {
    let (next, stored) = (&turn.counters, &all.counters);
    let went_back = next.payout < stored.payout
        || next.message < stored.message
        || next.block < stored.block
        || next.document < stored.document
        || next.entry < stored.entry
        || next.statement < stored.statement
        || next.exception < stored.exception;
    let dirty = &turn.dirty;
    went_back
        || dirty
            .payouts
            .iter()
            .any(|(key, version)| all.payouts.get(key).map_or(0, |row| row.version) != *version)
        || dirty
            .messages
            .iter()
            .any(|(key, version)| all.messages.get(key).map_or(0, |row| row.version) != *version)
        || dirty
            .blocks
            .iter()
            .any(|(key, version)| all.blocks.get(key).map_or(0, |row| row.version) != *version)
        || dirty
            .documents
            .iter()
            .any(|(key, version)| all.documents.get(key).map_or(0, |row| row.version) != *version)
        || dirty.statements.iter().any(|key| all.statements.contains_key(key))
        || dirty.exceptions.iter().any(|key| all.exceptions.contains_key(key))
        || dirty.requests.iter().any(|request| all.requests.contains_key(request))
        || identity_taken(all, turn)
}

fn identity_taken(all: &View, turn: &View) -> bool {
    let new = turn.dirty.payouts.iter().filter(|(_, version)| **version == 0);
    let payouts = new.filter_map(|(key, _)| turn.payouts.get(key)).any(|row| {
        all.by_token(row.token).is_some()
            || all.by_end_to_end(&row.debtor_account_ref, &row.end_to_end_id.to_ascii_uppercase()).is_some()
    });
    let entries = turn
        .dirty
        .entries
        .iter()
        .filter_map(|key| turn.entries.get(key))
        .any(|row| all.by_entry_identity(&row.identity).is_some_and(|known| known.key != row.key));
    let statements = turn.dirty.statements.iter().filter_map(|key| turn.statements.get(key));
    payouts || entries || statements.into_iter().any(|row| all.by_statement_identity(&row.identity).is_some())
}
