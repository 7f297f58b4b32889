//! Writes the rows of a turn that differ from the store, each only over the version it was decided
//! on. Never decides, never commits.

use super::cells::Written;
use super::rows::{
    BLOCK, DOCUMENT, ENTRY, EXCEPTION, MESSAGE, PAYOUT, PAYOUT_COLUMNS, STATEMENT, write_block,
    write_cancellation, write_document, write_entry, write_exception, write_hold, write_message,
    write_payout, write_statement,
};
use crate::domain::fact::{Fact, Recorded};
use crate::domain::row::{Key, PayoutRow, Subject};
use crate::planted::{self, Defect};
use crate::store::view::View;
use rusqlite::{Connection, Error, ErrorCode, params, params_from_iter};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Why rows were not written.
#[derive(Debug)]
pub enum Refused {
    /// A row has another version, or its key or identity is taken.
    Conflict,
    /// The database failed.
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Refused::Conflict,
            _ => Refused::Failed(error),
        }
    }
}

/// What the facts of a turn say about the writing of its rows.
#[derive(Debug, Default)]
struct Reasons<'t> {
    /// Number of the fact that recorded a new payout.
    recorded: BTreeMap<Key, i64>,
    /// Payouts that were placed in a block, held, released, cancelled here or replaced.
    placed: BTreeSet<Key>,
    /// A message was dissolved: its members, whom the fact does not name, were placed, too.
    dissolved: bool,
    /// Payouts of which something was said, booked or raised.
    said: BTreeSet<Key>,
    /// Payouts that learnt references of the bank's.
    referenced: BTreeSet<Key>,
    /// Epochs of the attempts that open.
    epochs: BTreeMap<Key, i64>,
    /// Whose the new rows are that do not say it themselves.
    documents: BTreeMap<Key, &'t str>,
    entries: BTreeMap<Key, &'t str>,
    statements: BTreeMap<Key, &'t str>,
    exceptions: BTreeMap<Key, &'t str>,
    requests: BTreeMap<&'t str, &'t str>,
}

/// Writes the rows that differ; `first_seq` is the number that the first fact gets.
pub fn rows(connection: &Connection, view: &View, facts: &[Recorded], first_seq: i64) -> Result<(), Refused> {
    let reasons = reasons(facts, first_seq);
    payouts(connection, view, &reasons)?;
    messages(connection, view, &reasons)?;
    blocks(connection, view)?;
    documents(connection, view, &reasons)?;
    accounts(connection, view, &reasons)?;
    rest(connection, view, &reasons)?;
    next_keys(connection, view)?;
    Ok(())
}

fn reasons(facts: &[Recorded], first_seq: i64) -> Reasons<'_> {
    let mut reasons = Reasons::default();
    for (seq, recorded) in (first_seq..).zip(facts) {
        let tenant = recorded.tenant.as_str();
        match &recorded.fact {
            Fact::PayoutRecorded { key, replaces, .. } => {
                reasons.recorded.insert(*key, seq);
                reasons.placed.extend(replaces);
            }
            Fact::PayoutHeld { key, .. }
            | Fact::PayoutReleased { key }
            | Fact::PayoutCancelled { key, .. } => {
                reasons.placed.insert(*key);
            }
            Fact::MessageFrozen(frozen) => {
                reasons.placed.extend(frozen.blocks.iter().flat_map(|block| &block.members));
            }
            Fact::MessageDissolved { .. } => reasons.dissolved = true,
            Fact::PayoutStatus { key, .. }
            | Fact::InterbankStatus { key, .. }
            | Fact::EntryBooked { key, .. } => {
                reasons.said.insert(*key);
                reasons.referenced.insert(*key);
            }
            Fact::CancelRequested { key, .. }
            | Fact::CancellationWanted { key, .. }
            | Fact::CancellationNeedless { key }
            | Fact::CancellationAnswered { key, .. }
            | Fact::EntryReturned { key, .. } => {
                reasons.said.insert(*key);
            }
            Fact::CancellationFrozen(request) => {
                reasons.said.insert(request.payout);
            }
            Fact::StepStarted { key, epoch, .. } | Fact::AttemptWitnessed { key, epoch, .. } => {
                reasons.epochs.insert(*key, *epoch);
            }
            Fact::DocumentReceived { key, .. } => {
                reasons.documents.insert(*key, tenant);
            }
            Fact::EntryUnmatched { key, .. } => {
                reasons.entries.insert(*key, tenant);
            }
            Fact::StatementRead { key, .. } => {
                reasons.statements.insert(*key, tenant);
            }
            Fact::ExceptionRaised { key, subject, .. } => {
                reasons.exceptions.insert(*key, tenant);
                if let Subject::Payout(payout) = subject {
                    reasons.said.insert(*payout);
                }
            }
            Fact::RequestAnswered { request, .. } => {
                reasons.requests.insert(request, tenant);
            }
            _ => {}
        }
    }
    reasons
}

fn payouts(connection: &Connection, view: &View, reasons: &Reasons<'_>) -> Result<(), Refused> {
    for (key, stored) in &view.dirty.payouts {
        let Some(row) = view.payouts.get(key) else { continue };
        if *stored == 0 {
            insert_payout(connection, row, reasons.recorded.get(key).copied().unwrap_or_default())?;
        } else {
            let said = reasons.said.contains(key);
            let placed = reasons.placed.contains(key) || reasons.dissolved || !said;
            let mut stored = *stored;
            if placed {
                place_payout(connection, row, stored)?;
                stored = row.version;
            }
            if said {
                update_payout(connection, row, stored)?;
            }
        }
        if reasons.referenced.contains(key) {
            let mut statement =
                connection.prepare_cached("INSERT OR IGNORE INTO bank_reference VALUES (?1, ?2)")?;
            for reference in &row.bank_references {
                statement.execute(params![reference, key])?;
            }
        }
    }
    Ok(())
}

fn insert_payout(connection: &Connection, row: &PayoutRow, recorded_seq: i64) -> Result<(), Refused> {
    let (token, mut cells) = (row.token.octets(), Written::default());
    write_payout(row, &token, &mut cells);
    cells.number(recorded_seq);
    // The columns as they are read, without the name of the table.
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let columns = PAYOUT.replace("p.", "");
        format!("INSERT INTO payout ({columns}, recorded_seq) VALUES ({})", places(PAYOUT_COLUMNS + 1))
    });
    connection.prepare_cached(&SQL)?.execute(params_from_iter(cells.0))?;
    Ok(())
}

/// Where it is: held, cancelled, in a block, replaced. These columns are indexed, so they are left
/// alone by everything that is only said.
fn place_payout(connection: &Connection, row: &PayoutRow, stored: i64) -> Result<(), Refused> {
    let mut cells = Written::default();
    cells.number(row.key).number(stored).number(row.version).time(row.changed_at).number_if(row.replaced_by);
    write_hold(row.held.as_ref(), &mut cells);
    cells.flag(row.cancelled).number_if(row.block);
    let sql = "UPDATE payout SET version = ?3, changed_at = ?4, replaced_by = ?5, held_kind = ?6, held_text = ?7, \
               cancelled = ?8, block = ?9 WHERE key = ?1 AND version = ?2";
    one(connection.prepare_cached(sql)?.execute(params_from_iter(cells.0))?)
}

/// What was said or booked about it.
fn update_payout(connection: &Connection, row: &PayoutRow, stored: i64) -> Result<(), Refused> {
    let mut cells = Written::default();
    cells.number(row.key).number(stored).number(row.version).time(row.changed_at).flag(row.cancel_requested);
    cells.news_if(row.status.as_ref()).evidence_if(row.status_evidence.as_ref());
    cells.texts(&row.bank_references).texts(&row.exceptions);
    cells.booking_if(row.booking.as_ref()).return_if(row.returned.as_ref());
    write_cancellation(row.cancellation.as_ref(), &mut cells);
    let sql = "UPDATE payout SET version = ?3, changed_at = ?4, cancel_requested = ?5, status_code = ?6, \
               status_created = ?7, reason_code = ?8, reason_proprietary = ?9, reason_text = ?10, \
               status_evidence = ?11, bank_references = ?12, exceptions = ?13, booked_minor = ?14, \
               booked_currency = ?15, booked_reference = ?16, booking_date = ?17, value_date = ?18, notified = ?19, \
               on_statement = ?20, returned_minor = ?21, returned_currency = ?22, return_reason = ?23, \
               return_reference = ?24, return_date = ?25, return_evidence = ?26, cancel_stage = ?27, \
               cancel_request = ?28, cancel_answer = ?29, cancel_evidence = ?30 WHERE key = ?1 AND version = ?2";
    one(connection.prepare_cached(sql)?.execute(params_from_iter(cells.0))?)
}

fn messages(connection: &Connection, view: &View, reasons: &Reasons<'_>) -> Result<(), Refused> {
    for (key, stored) in &view.dirty.messages {
        let Some(row) = view.messages.get(key) else { continue };
        let mut cells = Written::default();
        write_message(row, &mut cells);
        write(connection, Table { name: "message", columns: MESSAGE, extra: "" }, cells, *stored)?;
        if let Some(epoch) = reasons.epochs.get(key) {
            // An older sender than the last one is refused here, whatever it believes.
            let sql = match planted::is(Defect::EpochUnchecked) {
                true => "UPDATE message SET epoch = ?2 WHERE key = ?1",
                false => "UPDATE message SET epoch = ?2 WHERE key = ?1 AND epoch <= ?2",
            };
            one(connection.prepare_cached(sql)?.execute(params![key, epoch])?)?;
        }
    }
    Ok(())
}

fn blocks(connection: &Connection, view: &View) -> Result<(), Refused> {
    for (key, stored) in &view.dirty.blocks {
        let Some(row) = view.blocks.get(key) else { continue };
        let mut cells = Written::default();
        write_block(row, &mut cells);
        if *stored == 0 {
            cells.text(view.messages.get(&row.message).map_or("", |message| &message.tenant));
        }
        write(connection, Table { name: "block", columns: BLOCK, extra: ", tenant" }, cells, *stored)?;
    }
    Ok(())
}

fn documents(connection: &Connection, view: &View, reasons: &Reasons<'_>) -> Result<(), Refused> {
    for (key, stored) in &view.dirty.documents {
        let Some(row) = view.documents.get(key) else { continue };
        let mut cells = Written::default();
        write_document(row, &mut cells);
        if *stored == 0 {
            cells.text(reasons.documents.get(key).copied().unwrap_or_default());
        }
        write(connection, Table { name: "document", columns: DOCUMENT, extra: ", tenant" }, cells, *stored)?;
    }
    Ok(())
}

fn accounts(connection: &Connection, view: &View, reasons: &Reasons<'_>) -> Result<(), Refused> {
    for key in &view.dirty.entries {
        let Some(row) = view.entries.get(key) else { continue };
        let mut cells = Written::default();
        write_entry(row, reasons.entries.get(key).copied().unwrap_or_default(), &mut cells);
        let sql = format!(
            "INSERT INTO entry ({ENTRY}) VALUES ({}) \
             ON CONFLICT (key) DO UPDATE SET notified = excluded.notified, on_statement = excluded.on_statement \
             WHERE identity = excluded.identity",
            places(cells.0.len())
        );
        one(connection.prepare_cached(&sql)?.execute(params_from_iter(cells.0))?)?;
    }
    for key in &view.dirty.statements {
        let Some(row) = view.statements.get(key) else { continue };
        let mut cells = Written::default();
        write_statement(row, reasons.statements.get(key).copied().unwrap_or_default(), &mut cells);
        write(connection, Table { name: "statement", columns: STATEMENT, extra: "" }, cells, 0)?;
    }
    for key in &view.dirty.exceptions {
        let Some(row) = view.exceptions.get(key) else { continue };
        let mut cells = Written::default();
        write_exception(row, reasons.exceptions.get(key).copied().unwrap_or_default(), &mut cells);
        write(connection, Table { name: "exception", columns: EXCEPTION, extra: "" }, cells, 0)?;
    }
    Ok(())
}

fn rest(connection: &Connection, view: &View, reasons: &Reasons<'_>) -> Result<(), Refused> {
    for request in &view.dirty.requests {
        let Some(row) = view.requests.get(request) else { continue };
        let tenant = reasons.requests.get(request.as_str()).copied().unwrap_or_default();
        connection.prepare_cached("INSERT INTO request VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            request,
            row.body.0,
            row.status,
            row.answer.0,
            tenant
        ])?;
    }
    for bank in &view.dirty.cursors {
        let Some(cursor) = view.cursors.get(bank) else { continue };
        connection
            .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)")?
            .execute(params![bank, cursor])?;
    }
    Ok(())
}

fn next_keys(connection: &Connection, view: &View) -> Result<(), Refused> {
    let next = &view.counters;
    let sql = "UPDATE meta SET next_payout = max(next_payout, ?1), next_message = max(next_message, ?2), \
               next_block = max(next_block, ?3), next_document = max(next_document, ?4), \
               next_entry = max(next_entry, ?5), next_statement = max(next_statement, ?6), \
               next_exception = max(next_exception, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        next.payout,
        next.message,
        next.block,
        next.document,
        next.entry,
        next.statement,
        next.exception
    ])?;
    Ok(())
}

/// A table with its columns as they are written.
struct Table {
    name: &'static str,
    /// Key first, version second, where there is one.
    columns: &'static str,
    /// Columns that only a new row gets.
    extra: &'static str,
}

/// Writes a new row, or the whole of a row over the version it was decided on.
fn write(connection: &Connection, table: Table, cells: Written<'_>, stored: i64) -> Result<(), Refused> {
    let Table { name, columns, extra } = table;
    if stored == 0 {
        let sql = format!("INSERT INTO {name} ({columns}{extra}) VALUES ({})", places(cells.0.len()));
        connection.prepare_cached(&sql)?.execute(params_from_iter(cells.0))?;
        return Ok(());
    }
    let names: Vec<&str> = columns.split(',').map(str::trim).collect();
    let sql = format!(
        "UPDATE {name} SET ({}) = ({}) WHERE key = ?1 AND version = ?{}",
        names.join(", "),
        places(names.len()),
        names.len() + 1
    );
    let mut cells = cells;
    cells.number(stored);
    one(connection.prepare_cached(&sql)?.execute(params_from_iter(cells.0))?)
}

fn one(changed: usize) -> Result<(), Refused> {
    if changed == 1 { Ok(()) } else { Err(Refused::Conflict) }
}

/// `?1, ?2, …`
fn places(count: usize) -> String {
    (1..=count).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ")
}
