//! The store in one SQLite database of this machine: one thread writes, a few connections read.
//! Never holds a connection across an await.

mod audit;
mod cells;
mod conserve;
mod load;
mod persist;
mod query;
mod rows;
mod schema;
pub mod upkeep;
mod writer;

use super::audit::AuditReport;
use super::backup;
use super::chain::{self, Head, Proof, SECTION_FACTS};
use super::conservation::Conservation;
use super::documents::{DocumentFiles, NewDocument, create_folder, sync_folder, verified};
use super::facts;
use super::listing::{
    Cursor, EntryListed, ExceptionListed, Filter, Found, Page, PayoutListed, StatementListed, TotalsRow,
    Work, WorkLimits,
};
use super::lookup::Lookup;
use super::send_journal::{self, JournalLine, SendJournal};
use super::view::View;
use super::{Appended, StoreError, Stored, Turn};
use crate::domain::entry::Digest;
use crate::domain::payout::Payout;
use crate::domain::row::{BlockRow, Key, MessageRow, Subject};
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use schema::failed;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{Semaphore, mpsc, oneshot};
use writer::{Command, Encoded, Stopped, Writer};

/// Connections that read. Chosen by us: lookups of the loop, faces, and one long reader.
const READERS: usize = 3;

/// Where a store keeps its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The send journal; best on another disk than the database.
    pub send_journal: PathBuf,
}

impl Places {
    /// Everything in one data directory.
    pub fn within(data_dir: &Path) -> Places {
        Places { data_dir: data_dir.to_path_buf(), send_journal: data_dir.join("send.journal") }
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("store.sqlite3")
    }

    /// The log beside the database, which holds what was committed last.
    pub fn log(&self) -> PathBuf {
        self.data_dir.join("store.sqlite3-wal")
    }

    fn lock(&self) -> PathBuf {
        self.data_dir.join("girogate.lock")
    }

    /// The folder of large documents.
    pub fn documents(&self) -> PathBuf {
        self.data_dir.join("documents")
    }
}

/// A handle to the store of a data directory.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    places: Places,
    files: DocumentFiles,
    readers: Mutex<Vec<Connection>>,
    free: Semaphore,
    stopped: Stopped,
    /// `None` when opened for reading only.
    commands: Option<mpsc::UnboundedSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Inner {
    /// Waits for the writer, so that the data directory is free when the last handle is gone.
    fn drop(&mut self) {
        // Readers first: the writer's connection is the last one and leaves a whole database behind.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the writer was told to whoever waited for it.
            let _ = thread.join();
        }
    }
}

impl SqliteStore {
    /// Opens a data directory, creating it if need be. One process owns it: a second one is refused.
    pub fn open(places: &Places) -> Result<SqliteStore, StoreError> {
        create_folder(&places.data_dir)?;
        let restored = backup::is_restored(&places.data_dir)?;
        let lock = take_lock(&places.lock())?;
        let path = places.database();
        let connection = schema::open_writer(&path)?;
        // SQLite does not notice when the names of its files are not durable.
        sync_folder(&places.data_dir)?;
        // A restored store is behind its journal by nature: the audit at the start takes care of that.
        if !restored {
            check_witness(&connection, &places.send_journal)?;
        }
        let journal = SendJournal::open(&places.send_journal)?;
        let readers = open_readers(&path)?;
        let stopped: Stopped = Arc::new(OnceLock::new());
        let files = vec![path, places.log(), places.send_journal.clone()];
        let writer = Writer { connection, files, journal, lock, stopped: stopped.clone() };
        let (commands, asked) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::run(writer, asked))
            .map_err(|source| StoreError::Io { path: places.data_dir.clone(), source })?;
        Ok(SqliteStore {
            inner: Arc::new(Inner {
                places: places.clone(),
                files: DocumentFiles::at(places.documents()),
                free: Semaphore::new(readers.len()),
                readers: Mutex::new(readers),
                stopped,
                commands: Some(commands),
                thread: Some(thread),
            }),
        })
    }

    /// Opens a data directory for reading, whether or not another process owns it.
    pub fn open_read_only(places: &Places) -> Result<SqliteStore, StoreError> {
        let path = places.database();
        if !path.is_file() {
            return Err(StoreError::Absent { path });
        }
        let readers = open_readers(&path)?;
        readers.iter().try_for_each(schema::check_version)?;
        Ok(SqliteStore {
            inner: Arc::new(Inner {
                places: places.clone(),
                files: DocumentFiles::at(places.documents()),
                free: Semaphore::new(readers.len()),
                readers: Mutex::new(readers),
                stopped: Arc::new(OnceLock::new()),
                commands: None,
                thread: None,
            }),
        })
    }

    /// Why writing ended, if it did: the process must stop sending and leave with code 3.
    pub fn stopped(&self) -> Option<&str> {
        self.inner.stopped.get().map(String::as_str)
    }

    /// Runs a reading on a thread that may block, within one snapshot of the database.
    async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read_with(move |connection, _| read(connection).map_err(failed(doing))).await
    }

    async fn read_with<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection, &Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.inner.free.acquire().await;
        let inner = self.inner.clone();
        let done = tokio::task::spawn_blocking(move || {
            let connection = inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = connection else {
                return Err(StoreError::Stopped { cause: "a reading panicked".to_owned() });
            };
            let answer = snapshot(&connection, |connection| read(connection, &inner));
            if let Err(StoreError::Database { source, .. }) = &answer
                && is_failure_of_the_disk(source)
            {
                // The first failure is the one that is told.
                let _ = inner.stopped.set(source.to_string());
            }
            inner.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            answer
        })
        .await;
        drop(permit);
        done.unwrap_or_else(|error| Err(StoreError::Stopped { cause: error.to_string() }))
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, StoreError> {
        let commands = self.inner.commands.as_ref().ok_or(StoreError::ReadOnly)?;
        let (reply, answer) = oneshot::channel();
        let gone = || StoreError::Stopped { cause: "the writer is gone".to_owned() };
        commands.send(command(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// See [`super::Store::load`].
    pub async fn load(&self, view: Option<View>, lookups: Vec<Lookup>) -> Result<View, StoreError> {
        self.read("loading rows", move |connection| {
            let mut view = match view {
                Some(view) => view,
                None => View::new(load::counters(connection)?),
            };
            load::fill(connection, &mut view, lookups)?;
            Ok(view)
        })
        .await
    }

    /// See [`super::Store::append`].
    pub async fn append(&self, turn: Turn) -> Appended {
        let encoded = Encoded::of(&turn.facts);
        for document in turn.documents.iter().filter(|document| document.is_large()) {
            if let Err(error) = self.put_file(document.clone()).await {
                return Appended::Unknown { cause: error.to_string() };
            }
        }
        match self.ask(|reply| Command::Append(Box::new(turn), encoded, reply)).await {
            Ok(appended) => appended,
            Err(error) => Appended::Unknown { cause: error.to_string() },
        }
    }

    /// See [`super::Store::put_document`].
    pub async fn put_document(&self, document: NewDocument) -> Result<(), StoreError> {
        if document.is_large() {
            return self.put_file(document).await;
        }
        self.ask(|reply| Command::Document(document, reply)).await?
    }

    /// Large documents are written beside the writer, which must not wait for them.
    async fn put_file(&self, document: NewDocument) -> Result<(), StoreError> {
        if self.inner.commands.is_none() {
            return Err(StoreError::ReadOnly);
        }
        if let Some(cause) = self.stopped() {
            return Err(StoreError::Stopped { cause: cause.to_owned() });
        }
        let files = self.inner.files.clone();
        let written = tokio::task::spawn_blocking(move || files.write(&document)).await;
        let written = written.unwrap_or_else(|error| Err(StoreError::Stopped { cause: error.to_string() }));
        written.inspect_err(|error| drop(self.inner.stopped.set(error.to_string())))
    }

    /// See [`super::Store::document`].
    pub async fn document(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_with(move |connection, inner| {
            let row = connection
                .prepare_cached("SELECT octets FROM document_body WHERE digest = ?1")
                .and_then(|mut statement| statement.query_row([digest.0], |row| row.get(0)).optional())
                .map_err(failed("reading a document"))?;
            match row {
                Some(octets) => verified(digest, octets).map(Some),
                None => inner.files.read(digest),
            }
        })
        .await
    }

    /// See [`super::Store::payout_bodies`].
    pub async fn payout_bodies(&self, keys: Vec<Key>) -> Result<Vec<Payout>, StoreError> {
        let bodies = self.read("reading payouts", move |connection| query::bodies(connection, &keys)).await?;
        let decode = |(seq, octets): (i64, Vec<u8>)| {
            facts::decode_payout(&octets).map_err(|source| StoreError::Fact { seq, source })
        };
        bodies.into_iter().map(decode).collect()
    }

    /// See [`super::Store::payouts`].
    pub async fn payouts(&self, keys: Vec<Key>) -> Result<Vec<PayoutListed>, StoreError> {
        self.read("reading payouts", move |connection| query::payouts(connection, &keys)).await
    }

    /// See [`super::Store::work`].
    pub async fn work(&self, limits: WorkLimits, now: DateTime<Utc>) -> Result<Work, StoreError> {
        self.read("looking for work", move |connection| query::work(connection, limits, now)).await
    }

    /// See [`super::Store::list`].
    pub async fn list(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<PayoutListed>, StoreError> {
        self.read("listing payouts", move |connection| query::list(connection, &filter, cursor, limit)).await
    }

    /// See [`super::Store::find`].
    pub async fn find(&self, tenant: Option<&str>, id: &str) -> Result<Found, StoreError> {
        let (tenant, id) = (tenant.map(str::to_owned), id.to_owned());
        self.read("looking for an id", move |connection| query::find(connection, tenant.as_deref(), &id))
            .await
    }

    /// See [`super::Store::history`].
    pub async fn history(&self, subject: Subject) -> Result<Vec<Stored>, StoreError> {
        let (kind, key) = facts::subject_parts(subject);
        let sql = "SELECT seq, body FROM facts WHERE subject_kind = ?1 AND subject_key = ?2 ORDER BY seq";
        self.read_with(move |connection, _| stored(connection, sql, [i64::from(kind), key])).await
    }

    /// See [`super::Store::facts_after`].
    pub async fn facts_after(&self, seq: i64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT seq, body FROM facts WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.read_with(move |connection, _| stored(connection, sql, [seq, limit])).await
    }

    /// See [`super::Store::totals`].
    pub async fn totals(&self, tenant: Option<&str>) -> Result<Vec<TotalsRow>, StoreError> {
        let tenant = tenant.map(str::to_owned);
        self.read("adding up", move |connection| query::totals(connection, tenant.as_deref())).await
    }

    /// See [`super::Store::conservation`].
    pub async fn conservation(&self, tenant: Option<&str>) -> Result<Conservation, StoreError> {
        let tenant = tenant.map(str::to_owned);
        self.read("adding up", move |connection| conserve::conservation(connection, tenant.as_deref())).await
    }

    /// See [`super::Store::exceptions`].
    pub async fn exceptions(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<ExceptionListed>, StoreError> {
        self.read("listing exceptions", move |connection| {
            query::exceptions(connection, &filter, cursor, limit)
        })
        .await
    }

    /// See [`super::Store::entries`].
    pub async fn entries(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<EntryListed>, StoreError> {
        self.read("listing entries", move |connection| query::entries(connection, &filter, cursor, limit))
            .await
    }

    /// See [`super::Store::statements`].
    pub async fn statements(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<StatementListed>, StoreError> {
        self.read("listing statements", move |connection| {
            query::statements(connection, &filter, cursor, limit)
        })
        .await
    }

    /// See [`super::Store::members`].
    pub async fn members(
        &self,
        of: Subject,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<PayoutListed>, StoreError> {
        self.read("listing members", move |connection| query::members(connection, of, cursor, limit)).await
    }

    /// See [`super::Store::blocks`].
    pub async fn blocks(&self, message: Key) -> Result<Vec<BlockRow>, StoreError> {
        let place = "message = ?1 ORDER BY key";
        self.read("reading blocks", move |connection| load::blocks(connection, place, params![message])).await
    }

    /// See [`super::Store::unknown`].
    pub async fn unknown(&self, tenant: Option<&str>, limit: usize) -> Result<Vec<MessageRow>, StoreError> {
        let (tenant, most) = (tenant.map(str::to_owned), i64::try_from(limit).unwrap_or(i64::MAX));
        let place = "phase = 'unknown' AND dissolved = 0 AND decision IS NULL AND (?1 IS NULL OR tenant = ?1) \
                     ORDER BY unknown_since, key LIMIT ?2";
        self.read("reading unknown outcomes", move |connection| {
            load::messages(connection, place, params![tenant, most])
        })
        .await
    }

    /// See [`super::Store::blocks_booked`].
    pub async fn blocks_booked(
        &self,
        tenant: Option<&str>,
        date: NaiveDate,
    ) -> Result<Vec<BlockRow>, StoreError> {
        let tenant = tenant.map(str::to_owned);
        self.read("reading booked blocks", move |connection| {
            query::blocks_booked(connection, tenant.as_deref(), date)
        })
        .await
    }

    /// See [`super::Store::next_epoch`].
    pub async fn next_epoch(&self) -> Result<i64, StoreError> {
        self.ask(Command::Epoch).await?
    }

    /// See [`super::Store::head`].
    pub async fn head(&self) -> Result<Head, StoreError> {
        self.read("reading the head", writer::read_head).await
    }

    /// See [`super::Store::prove`].
    pub async fn prove(&self, seq: i64) -> Result<Option<Proof>, StoreError> {
        self.read("proving a fact", move |connection| {
            let first = chain::section_of(seq) * SECTION_FACTS + 1;
            let mut statement = connection
                .prepare_cached("SELECT hash FROM facts WHERE seq >= ?1 AND seq < ?2 ORDER BY seq")?;
            let hashes = statement
                .query_map([first, first + SECTION_FACTS], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<chain::Hash>>>()?;
            let before: Option<chain::Hash> = connection
                .query_row("SELECT hash FROM facts WHERE seq = ?1", [first - 1], |row| row.get(0))
                .optional()?;
            if seq < 1 || hashes.len() as i64 != SECTION_FACTS {
                return Ok(None);
            }
            let index = usize::try_from(seq - first).unwrap_or(usize::MAX);
            Ok(chain::prove(&before.unwrap_or(Head::GENESIS.hash), &hashes, index, first))
        })
        .await
    }

    /// See [`super::Store::unconfirmed_attempts`].
    pub async fn unconfirmed_attempts(&self) -> Result<Vec<JournalLine>, StoreError> {
        self.read_with(|connection, inner| {
            let mut lines = upkeep::since_the_gate(send_journal::read_all(&inner.places.send_journal)?.lines);
            let mut statement = connection
                .prepare_cached("SELECT max(attempt) FROM message WHERE message_id = ?1")
                .map_err(failed("reading attempts"))?;
            let mut unconfirmed = Vec::new();
            for line in lines.drain(..) {
                let known: Option<u32> = statement
                    .query_row([&line.message_id], |row| row.get(0))
                    .map_err(failed("reading attempts"))?;
                if known.is_none_or(|attempt| attempt < line.attempt) {
                    unconfirmed.push(line);
                }
            }
            Ok(unconfirmed)
        })
        .await
    }

    /// See [`super::Store::audit`].
    pub async fn audit(&self) -> Result<AuditReport, StoreError> {
        self.read_with(|connection, inner| audit::audit(connection, &inner.places, &inner.files)).await
    }
}

fn stored(connection: &Connection, sql: &str, values: [i64; 2]) -> Result<Vec<Stored>, StoreError> {
    let reading = failed("reading facts");
    let mut statement = connection.prepare_cached(sql).map_err(&reading)?;
    let mut rows = statement.query(values).map_err(&reading)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(&reading)? {
        let seq = row.get(0).map_err(&reading)?;
        let octets = row.get_ref(1).map_err(&reading)?.as_bytes().map_err(|error| reading(error.into()))?;
        let recorded = facts::decode(octets).map_err(|source| StoreError::Fact { seq, source })?;
        found.push(Stored { seq, recorded });
    }
    Ok(found)
}

/// Whether nothing that the database says can be relied on until it is opened again.
fn is_failure_of_the_disk(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::NotADatabase
        )
    )
}

/// Everything that is read within sees one state of the database.
fn snapshot<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction().map_err(failed("beginning to read"))?;
    let answer = read(&transaction);
    transaction.finish().map_err(failed("ending to read"))?;
    answer
}

fn open_readers(path: &Path) -> Result<Vec<Connection>, StoreError> {
    (0..READERS).map(|_| schema::open_reader(path)).collect()
}

/// What the journal saw last is in the chain: an emptied or restored database must not be sent from.
fn check_witness(connection: &Connection, journal: &Path) -> Result<(), StoreError> {
    let Some(line) = send_journal::read_all(journal)?.lines.pop() else { return Ok(()) };
    let reading = failed("reading the head of the chain");
    let hash: Option<chain::Hash> = connection
        .query_row("SELECT hash FROM facts WHERE seq = ?1", [line.head.seq], |row| row.get(0))
        .optional()
        .map_err(&reading)?;
    if hash.unwrap_or(Head::GENESIS.hash) == line.head.hash {
        return Ok(());
    }
    let head = writer::read_head(connection).map_err(&reading)?.seq;
    Err(StoreError::Behind { witnessed: line.head.seq, head })
}

fn take_lock(path: &Path) -> Result<File, StoreError> {
    let io = |source| StoreError::Io { path: path.to_path_buf(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_path_buf() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}
