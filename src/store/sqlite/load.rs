//! Answers lookups: reads the rows that a decision names. Never scans, never writes.

use super::rows::{
    BLOCK, DOCUMENT, ENTRY, MESSAGE, PAYOUT, STATEMENT, read_block, read_document, read_entry, read_message,
    read_payout, read_request, read_statement,
};
use crate::domain::row::{BlockRow, DocumentRow, Key, MessageRow, PayoutRow};
use crate::store::lookup::Lookup;
use crate::store::view::{Counters, View};
use rusqlite::{Connection, OptionalExtension, Result, Row, ToSql, params};

/// Rows that look alike which a lookup answers with, newest first. Source: `Lookup::Likeness`.
pub const ALIKE_MAX: usize = 20;

/// The next key of each table.
pub fn counters(connection: &Connection) -> Result<Counters> {
    connection
        .prepare_cached(
            "SELECT next_payout, next_message, next_block, next_document, next_entry, next_statement, next_exception \
             FROM meta",
        )?
        .query_row([], |row| {
            Ok(Counters {
                payout: row.get(0)?,
                message: row.get(1)?,
                block: row.get(2)?,
                document: row.get(3)?,
                entry: row.get(4)?,
                statement: row.get(5)?,
                exception: row.get(6)?,
            })
        })
}

/// Adds the rows that the lookups name to the view.
pub fn fill(connection: &Connection, view: &mut View, lookups: Vec<Lookup>) -> Result<()> {
    for lookup in lookups {
        if !view.has(&lookup) {
            answer(connection, view, &lookup)?;
            view.mark_loaded(lookup);
        }
    }
    Ok(())
}

fn answer(connection: &Connection, view: &mut View, lookup: &Lookup) -> Result<()> {
    match lookup {
        Lookup::Token(token) => payouts(connection, view, "token = ?1", params![token.octets()])?,
        Lookup::Payout(key) => payouts(connection, view, "key = ?1", params![key])?,
        Lookup::EndToEnd { account_ref, key } => {
            let place = "debtor_account_ref = ?1 AND upper(end_to_end_id) = ?2";
            payouts(connection, view, place, params![account_ref, key])?;
        }
        Lookup::BankReference(reference) => {
            let place = "key IN (SELECT payout FROM bank_reference WHERE reference = ?1)";
            payouts(connection, view, place, params![reference])?;
        }
        Lookup::Likeness(likeness) => {
            let place = "likeness = ?1 ORDER BY key DESC LIMIT ?2";
            payouts(connection, view, place, params![likeness.cast_signed(), ALIKE_MAX as i64])?;
        }
        Lookup::Message(key) => message(connection, view, *key)?,
        Lookup::MessageId(id) => {
            // A dissolved message may have a living namesake: that one counts.
            let found =
                messages(connection, "message_id = ?1 ORDER BY dissolved, key DESC LIMIT 1", params![id])?;
            found.into_iter().for_each(|row| view.put_message(row));
        }
        Lookup::Block(key) => block(connection, view, *key)?,
        Lookup::PaymentInformationId(id) => {
            let place = "payment_information_id = ?1 ORDER BY key DESC LIMIT 1";
            take_blocks(connection, view, place, params![id])?;
        }
        Lookup::BlockMembers(key) => {
            block(connection, view, *key)?;
            payouts(connection, view, "block = ?1 ORDER BY key", params![key])?;
        }
        Lookup::MessageMembers(key) => {
            take_blocks(connection, view, "message = ?1 ORDER BY key", params![key])?;
            message(connection, view, *key)?;
            let place = "block IN (SELECT key FROM block WHERE message = ?1) ORDER BY key";
            payouts(connection, view, place, params![key])?;
        }
        Lookup::Document(_) | Lookup::DocumentKey(_) | Lookup::DocumentMessageId(..) => {
            document(connection, view, lookup)?;
        }
        Lookup::Entry(_)
        | Lookup::Statement(_)
        | Lookup::Statements(_)
        | Lookup::Request(_)
        | Lookup::Cursor(_) => {
            single(connection, view, lookup)?;
        }
    }
    Ok(())
}

fn document(connection: &Connection, view: &mut View, lookup: &Lookup) -> Result<()> {
    let found = match lookup {
        // The copy with proof counts, then the first one.
        Lookup::Document(digest) => {
            documents(connection, "digest = ?1 ORDER BY authenticated DESC, key LIMIT 1", params![digest.0])?
        }
        Lookup::DocumentKey(key) => documents(connection, "key = ?1", params![key])?,
        Lookup::DocumentMessageId(bank, id) => {
            documents(connection, "bank = ?1 AND message_id = ?2 ORDER BY key", params![bank, id])?
        }
        _ => Vec::new(),
    };
    found.into_iter().for_each(|row| view.put_document(row));
    Ok(())
}

fn single(connection: &Connection, view: &mut View, lookup: &Lookup) -> Result<()> {
    match lookup {
        Lookup::Entry(identity) => {
            let sql = format!("SELECT {ENTRY} FROM entry WHERE identity = ?1");
            let found = all(connection, &sql, params![identity], read_entry)?;
            found.into_iter().for_each(|listed| view.put_entry(listed.row));
        }
        Lookup::Statement(identity) => {
            let sql = format!("SELECT {STATEMENT} FROM statement WHERE identity = ?1");
            let found = all(connection, &sql, params![identity], read_statement)?;
            found.into_iter().for_each(|listed| view.put_statement(listed.row));
        }
        Lookup::Statements(account_ref) => {
            let sql = format!(
                "SELECT {STATEMENT} FROM statement WHERE account_ref = ?1 AND kind = 'camt.053' \
                 ORDER BY key DESC LIMIT 40"
            );
            let found = all(connection, &sql, params![account_ref], read_statement)?;
            found.into_iter().for_each(|listed| view.put_statement(listed.row));
        }
        Lookup::Request(request) if !view.requests.contains_key(request) => {
            let sql = "SELECT body, status, answer FROM request WHERE request = ?1";
            let found = all(connection, sql, params![request], read_request)?;
            view.requests.extend(found.into_iter().map(|row| (request.clone(), row)));
        }
        Lookup::Cursor(bank) if !view.cursors.contains_key(bank) => {
            let found = connection
                .prepare_cached("SELECT cursor FROM cursor WHERE bank = ?1")?
                .query_row([bank], |row| row.get(0))
                .optional()?;
            view.cursors.extend(found.map(|cursor: String| (bank.clone(), cursor)));
        }
        _ => {}
    }
    Ok(())
}

/// Takes payouts with their blocks and messages.
fn payouts(connection: &Connection, view: &mut View, place: &str, params: &[&dyn ToSql]) -> Result<()> {
    for row in payout_rows(connection, place, params)? {
        let of = row.block;
        view.put_payout(row);
        if let Some(key) = of {
            block(connection, view, key)?;
        }
    }
    Ok(())
}

fn block(connection: &Connection, view: &mut View, key: Key) -> Result<()> {
    match view.blocks.get(&key).map(|block| block.message) {
        Some(of) => message(connection, view, of),
        None => take_blocks(connection, view, "key = ?1", params![key]),
    }
}

fn take_blocks(connection: &Connection, view: &mut View, place: &str, params: &[&dyn ToSql]) -> Result<()> {
    for row in blocks(connection, place, params)? {
        let of = row.message;
        view.put_block(row);
        message(connection, view, of)?;
    }
    Ok(())
}

fn message(connection: &Connection, view: &mut View, key: Key) -> Result<()> {
    if !view.messages.contains_key(&key) {
        messages(connection, "key = ?1", params![key])?.into_iter().for_each(|row| view.put_message(row));
    }
    Ok(())
}

/// Payouts where `place` holds.
pub fn payout_rows(connection: &Connection, place: &str, params: &[&dyn ToSql]) -> Result<Vec<PayoutRow>> {
    all(connection, &format!("SELECT {PAYOUT} FROM payout p WHERE {place}"), params, read_payout)
}

/// Messages where `place` holds.
pub fn messages(connection: &Connection, place: &str, params: &[&dyn ToSql]) -> Result<Vec<MessageRow>> {
    all(connection, &format!("SELECT {MESSAGE} FROM message WHERE {place}"), params, read_message)
}

/// Blocks where `place` holds.
pub fn blocks(connection: &Connection, place: &str, params: &[&dyn ToSql]) -> Result<Vec<BlockRow>> {
    all(connection, &format!("SELECT {BLOCK} FROM block WHERE {place}"), params, read_block)
}

/// Documents where `place` holds.
pub fn documents(connection: &Connection, place: &str, params: &[&dyn ToSql]) -> Result<Vec<DocumentRow>> {
    all(connection, &format!("SELECT {DOCUMENT} FROM document WHERE {place}"), params, read_document)
}

/// Every row of a statement that is kept prepared.
pub fn all<T>(
    connection: &Connection,
    sql: &str,
    params: &[&dyn ToSql],
    read: fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(params, read)?.collect()
}
