//! The layout of the database: numbered steps, each applied once and remembered by its digest.
//! Never a query.

use crate::domain::entry::Digest;
use crate::domain::lifecycle::{self, State};
use crate::domain::status::{STATUSES, StatusNews};
use crate::planted::{self, Defect};
use crate::store::StoreError;
use crate::store::chain::sha256;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use std::path::Path;
use std::time::Duration;

/// The steps in order; step n makes `user_version` n.
const STEPS: &[&str] = &[include_str!("0001.sql"), include_str!("0002.sql"), include_str!("0003.sql")];

/// Page cache of the writer, in KiB. Source: measurements of SQLite bulk inserts.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
/// Page cache of each reader, in KiB. Chosen by us.
const READER_CACHE_KIB: i64 = 8 * 1024;
/// Pages in the log before they are moved to the database. Source: measurements of SQLite bulk inserts.
const CHECKPOINT_PAGES: i64 = 4_000;
/// Statements kept prepared per connection; more than we have.
const STATEMENTS_KEPT: usize = 160;

/// Marks a database as ours: `GIRG` in ASCII. Chosen by us; SQLite keeps it at octet 68 of the file.
const APPLICATION_ID: i64 = 0x4749_5247;
/// Longest wait for a lock of another connection, in milliseconds. Chosen by us: a reader of ours is done long before.
const BUSY_MS_MAX: u64 = 5_000;
/// Size that the log is cut back to once it was moved to the database, in octets. Chosen by us: four times
/// what lies between two checkpoints.
const LOG_OCTETS_KEPT: i64 = 64 * 1024 * 1024;

/// Opens the one connection that writes, asserts how it keeps its promises and brings the layout up to date.
pub fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(failed("opening the database"))?;
    let tune = failed("tuning the database");
    connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX)).map_err(&tune)?;
    // Before the first octet is changed: another program's database stays as it is.
    check_owner(&connection, path)?;
    check_version(&connection)?;
    pragma(&connection, "journal_mode", "WAL")?;
    pragma(&connection, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(&tune)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(&tune)?;
    pragma(&connection, "journal_size_limit", &LOG_OCTETS_KEPT.to_string())?;
    keep_statements(&connection).map_err(&tune)?;
    assert_setting(&connection, "journal_mode", "wal")?;
    if planted::is(Defect::SynchronousOff) {
        pragma(&connection, "synchronous", "OFF")?;
    } else {
        assert_setting(&connection, "synchronous", "2")?;
    }
    migrate(&mut connection)?;
    fill_meanings(&mut connection).map_err(failed("filling the table of status codes"))?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed("opening the database"))?;
    let tune = failed("tuning the database");
    connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX)).map_err(&tune)?;
    check_owner(&connection, path)?;
    // Who only reads leaves the log alone, above all after a write of somebody else has failed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(&tune)?;
    connection.pragma_update(None, "query_only", true).map_err(&tune)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB).map_err(&tune)?;
    keep_statements(&connection).map_err(&tune)?;
    Ok(connection)
}

/// Keeps statements prepared whatever values they are bound to. Without the guarantee of stable plans a statement that
/// might use a partial index is prepared anew for each value, which took most of the time of a lookup.
/// Source: SQLite, `SQLITE_DBCONFIG_ENABLE_QPSG`.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// Opens an empty database that nobody keeps, with our layout: to see what facts lead to.
pub fn open_scratch() -> Result<Connection, StoreError> {
    // An empty name is SQLite's own temporary file: bounded memory, gone when closed.
    let mut connection = Connection::open("").map_err(failed("opening a scratch database"))?;
    let tune = failed("tuning a scratch database");
    pragma(&connection, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF").map_err(&tune)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(&tune)?;
    keep_statements(&connection).map_err(&tune)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Refuses a store that a newer program wrote, or one without layout.
pub fn check_version(connection: &Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(())
}

/// Refuses a file that is no database, or another program's. Stores made before the mark was introduced have none;
/// the digests of their layout tell that they are ours.
fn check_owner(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let reading = failed("reading whose database it is");
    let foreign = || StoreError::Foreign { path: path.to_path_buf() };
    let mark: i64 = match connection.pragma_query_value(None, "application_id", |row| row.get(0)) {
        Ok(mark) => mark,
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => return Err(foreign()),
        Err(error) => return Err(reading(error)),
    };
    let count = "SELECT count(*), count(*) FILTER (WHERE name = 'layout') FROM sqlite_schema";
    let (tables, layouts): (i64, i64) =
        connection.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(&reading)?;
    let ours = match mark {
        APPLICATION_ID => true,
        0 => tables == 0 || layouts == 1,
        _ => false,
    };
    if ours { Ok(()) } else { Err(foreign()) }
}

/// A conversion of SQLite's errors that says what was being done.
pub fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Database { doing, source }
}

fn pragma(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection
        .pragma_update_and_check(None, name, value, |_| Ok(()))
        .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) })
        .map_err(failed("tuning the database"))
}

/// Reads a setting back: a build or file system that ignores it must not pass unnoticed.
fn assert_setting(
    connection: &Connection,
    name: &'static str,
    wanted: &'static str,
) -> Result<(), StoreError> {
    let found = connection
        .pragma_query_value(None, name, |row| {
            Ok(match row.get_ref(0)? {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                other => String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned(),
            })
        })
        .map_err(failed("reading a setting"))?;
    if found == wanted { Ok(()) } else { Err(StoreError::Setting { name, found, wanted }) }
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed("reading the store's version"))
}

/// Applies the steps that are missing, one transaction each; steps applied earlier must be ours.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let migrating = failed("bringing the layout up to date");
    check_version(connection)?;
    let done = version(connection)?;
    for (number, step) in (1i64..).zip(STEPS) {
        let digest = Digest(sha256(step.as_bytes())).hex();
        if number <= done {
            let kept: Option<String> = connection
                .query_row("SELECT sha256 FROM layout WHERE version = ?1", [number], |row| row.get(0))
                .optional()
                .map_err(&migrating)?;
            if kept.as_deref() != Some(&digest) {
                return Err(StoreError::Migration { version: number });
            }
            continue;
        }
        let transaction = connection.transaction().map_err(&migrating)?;
        transaction
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS layout (version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT",
            )
            .map_err(&migrating)?;
        transaction.execute_batch(step).map_err(&migrating)?;
        transaction
            .execute("INSERT INTO layout VALUES (?1, ?2)", params![number, digest])
            .map_err(&migrating)?;
        transaction.pragma_update(None, "user_version", number).map_err(&migrating)?;
        transaction.commit().map_err(&migrating)?;
    }
    let mark: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(&migrating)?;
    if mark != APPLICATION_ID {
        connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(&migrating)?;
    }
    Ok(())
}

/// The state that each status code alone amounts to, from the program's own tables.
fn fill_meanings(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM status_meaning", [])?;
    for status in STATUSES {
        let news = StatusNews { code: status.code.to_owned(), reason: None, created: String::new() };
        // Where nothing but the receipt is known, a word leads straight to its own state.
        let state = lifecycle::kind_of(&news).and_then(|kind| lifecycle::step(State::Unconfirmed, kind));
        if let Some(state) = state {
            transaction
                .execute("INSERT INTO status_meaning VALUES (?1, ?2)", params![status.code, state.name()])?;
        }
    }
    transaction.commit()
}
