//! What keeps a data directory in order: its sizes, its integrity as SQLite sees it, copies, and the mark of a restored
//! one. Never reads or writes a payment.

use super::{Places, SqliteStore, schema, writer};
use crate::store::audit::AuditReport;
use crate::store::backup;
use crate::store::chain::Head;
use crate::store::send_journal::{self, JournalLine};
use crate::store::{Store, StoreError};
use rusqlite::Connection;
use schema::failed;
use std::path::Path;

/// Findings of SQLite's own check that are told. Chosen by us.
const INTEGRITY_FINDINGS_MAX: usize = 20;

/// Sizes of the files of a data directory, in octets; 0 for what is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The database.
    pub database: u64,
    /// Its log: grows while a long reader keeps it from being moved into the database.
    pub log: u64,
    /// The send journal.
    pub journal: u64,
}

impl SqliteStore {
    /// Sizes of the files.
    pub fn sizes(&self) -> Sizes {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let places = &self.inner.places;
        Sizes {
            database: size(&places.database()),
            log: size(&places.log()),
            journal: size(&places.send_journal),
        }
    }

    /// Whether the data directory came from a copy and no person has opened its gate.
    pub fn is_restored(&self) -> bool {
        backup::is_restored(&self.inner.places.data_dir).unwrap_or(true)
    }

    /// Takes the mark of a restored data directory away.
    pub fn take_mark_away(&self) -> Result<(), StoreError> {
        backup::take_mark_away(&self.inner.places.data_dir)
    }

    /// The audit, and before it what SQLite finds in its own file.
    pub async fn check(&self) -> Result<AuditReport, StoreError> {
        let integrity = self
            .read("checking the database", |connection| {
                let sql = format!("PRAGMA integrity_check({INTEGRITY_FINDINGS_MAX})");
                connection
                    .prepare(&sql)?
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<Vec<String>>>()
            })
            .await?;
        let mut report = self.audit().await?;
        for text in integrity.into_iter().filter(|text| text != "ok") {
            report.find("audit.integrity", "database".to_owned(), text);
        }
        Ok(report)
    }

    /// Writes the database, as it is at one moment, into a new file; answers where its chain ends.
    pub(in crate::store) fn copy_database(places: &Places, to: &Path) -> Result<Head, StoreError> {
        let path = places.database();
        if !path.is_file() {
            return Err(StoreError::Absent { path });
        }
        let connection = schema::open_reader(&path)?;
        schema::check_version(&connection)?;
        // The copy is another file: the one that is read stays as it is.
        connection.pragma_update(None, "query_only", false).map_err(failed("copying the database"))?;
        let target = to.to_string_lossy();
        connection.execute("VACUUM INTO ?1", [&*target]).map_err(failed("copying the database"))?;
        let copied = Connection::open(to).map_err(failed("opening the copy"))?;
        writer::read_head(&copied).map_err(failed("reading the copy's head"))
    }

    /// The greatest epoch that the send journal names.
    pub(in crate::store) async fn witnessed_epoch(&self) -> Result<i64, StoreError> {
        self.read_with(|_, inner| {
            let lines = send_journal::read_all(&inner.places.send_journal)?.lines;
            Ok(lines.iter().map(|line| line.epoch).max().unwrap_or(0))
        })
        .await
    }
}

/// Lines of the journal since the gate of a restored store was opened last; what stands before was audited then.
pub fn since_the_gate(mut lines: Vec<JournalLine>) -> Vec<JournalLine> {
    match lines.iter().rposition(JournalLine::is_gate) {
        Some(gate) => lines.split_off(gate + 1),
        None => lines,
    }
}

impl Store {
    /// Whether the data directory came from a copy and no person has opened its gate.
    pub fn is_restored(&self) -> bool {
        match self {
            Store::Sqlite(store) => store.is_restored(),
            Store::Memory(_) => false,
        }
    }

    /// Takes the mark of a restored data directory away, after the fact that says so is durable.
    pub fn take_mark_away(&self) -> Result<(), StoreError> {
        match self {
            Store::Sqlite(store) => store.take_mark_away(),
            Store::Memory(_) => Ok(()),
        }
    }

    /// The greatest epoch that the send journal names.
    pub async fn witnessed_epoch(&self) -> Result<i64, StoreError> {
        match self {
            Store::Sqlite(store) => store.witnessed_epoch().await,
            Store::Memory(_) => Ok(0),
        }
    }

    /// Sizes of the files, where there are any.
    pub fn sizes(&self) -> Sizes {
        match self {
            Store::Sqlite(store) => store.sizes(),
            Store::Memory(_) => Sizes::default(),
        }
    }
}
