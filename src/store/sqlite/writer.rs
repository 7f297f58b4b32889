//! The one thread that writes: a turn is a transaction, the send journal is synced before it
//! commits, and the first failure ends all writing until the store is opened again.

use super::load::counters;
use super::persist::{self, Refused};
use super::schema::failed;
use crate::domain::entry::Digest;
use crate::domain::fact::{Fact, Recorded};
use crate::planted::{self, Defect};
use crate::store::chain::{self, Head, SECTION_FACTS};
use crate::store::documents::NewDocument;
use crate::store::facts::{encode, subject_parts};
use crate::store::send_journal::{JournalLine, SendJournal};
use crate::store::view::Counters;
use crate::store::{Appended, StoreError, Turn};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::sync::{mpsc, oneshot};

/// The first failure of a write, once there was one.
pub type Stopped = Arc<OnceLock<String>>;

/// What the writer is asked to do.
pub enum Command {
    /// Append a turn.
    Append(Box<Turn>, Encoded, oneshot::Sender<Appended>),
    /// Keep a document that fits a row by itself.
    Document(NewDocument, oneshot::Sender<Result<(), StoreError>>),
    /// Draw the next epoch.
    Epoch(oneshot::Sender<Result<i64, StoreError>>),
}

/// The octets of a turn's facts, one after the other: made before the writer is asked, so that
/// it does not wait behind work that others can do.
pub struct Encoded {
    octets: Vec<u8>,
    ends: Vec<usize>,
}

impl Encoded {
    /// Encodes facts.
    pub fn of(facts: &[Recorded]) -> Encoded {
        // A recorded payout takes about 1,000 octets, most other facts half of it.
        let mut encoded =
            Encoded { octets: Vec::with_capacity(facts.len() * 768), ends: Vec::with_capacity(facts.len()) };
        for fact in facts {
            encode(fact, &mut encoded.octets);
            encoded.ends.push(encoded.octets.len());
        }
        encoded
    }

    /// The octets of each fact.
    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| self.octets.get(begin..*end).unwrap_or_default())
    }
}

/// What the writer owns.
pub struct Writer {
    /// The one connection that writes.
    pub connection: Connection,
    /// Files that must stay what they were when they were opened: database, its log, journal.
    pub files: Vec<PathBuf>,
    /// The witness beside it.
    pub journal: SendJournal,
    /// Held as long as the writer lives.
    pub lock: File,
    /// Told to everybody.
    pub stopped: Stopped,
}

/// Where the chain stands: the head and the hashes of the section that is filling.
struct Tail {
    head: Head,
    section: Vec<chain::Hash>,
}

/// Runs until nobody can ask any more.
pub fn run(mut writer: Writer, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut tail = match read_tail(&writer.connection) {
        Ok(tail) => tail,
        Err(error) => {
            let _ = writer.stopped.set(error.to_string());
            Tail { head: Head::GENESIS, section: Vec::new() }
        }
    };
    let identities: Vec<Identity> = writer.files.iter().map(|path| file_identity(path)).collect();
    while let Some(command) = commands.blocking_recv() {
        let usable = writer.check(&identities);
        // An asker who went away does not undo what was asked.
        match command {
            Command::Append(turn, encoded, reply) => {
                let answer = match usable {
                    Ok(()) => writer.append(&turn, &encoded, &mut tail),
                    Err(error) => Appended::Unknown { cause: error.to_string() },
                };
                let _ = reply.send(answer);
            }
            Command::Document(document, reply) => {
                let _ = reply.send(usable.and_then(|()| writer.keep(&document)));
            }
            Command::Epoch(reply) => {
                let _ = reply.send(usable.and_then(|()| writer.next_epoch()));
            }
        }
    }
    // The lock is let go only after the connection has closed.
    let Writer { connection, lock, stopped, .. } = writer;
    if stopped.get().is_some() {
        // An orderly close would move the log into the database and delete it. After a failure nothing more is
        // written: what the log holds is read again when the store is opened.
        let kept = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        if kept.is_err() {
            std::mem::forget(connection);
            std::mem::forget(lock);
            return;
        }
    }
    drop(connection);
    drop(lock);
}

impl Writer {
    /// Refuses to go on after a failure, or when the file is no longer the one that was opened.
    fn check(&self, identities: &[Identity]) -> Result<(), StoreError> {
        if let Some(cause) = self.stopped.get() {
            return Err(StoreError::Stopped { cause: cause.clone() });
        }
        for (path, identity) in self.files.iter().zip(identities) {
            if identity.is_none() || file_identity(path) != *identity {
                return Err(self.stop(StoreError::Replaced { path: path.clone() }));
            }
        }
        Ok(())
    }

    fn stop(&self, error: StoreError) -> StoreError {
        let _ = self.stopped.set(error.to_string());
        error
    }

    fn append(&mut self, turn: &Turn, encoded: &Encoded, tail: &mut Tail) -> Appended {
        let before = tail.section.len();
        match self.write(turn, encoded, tail) {
            Ok(head) => {
                tail.head = head;
                Appended::Done { seq: head.seq }
            }
            Err(Refusal::Conflict) => {
                tail.section.truncate(before);
                Appended::Conflict
            }
            Err(Refusal::Failed(error)) => Appended::Unknown { cause: self.stop(error).to_string() },
        }
    }

    /// Rows first, because only they can conflict; then documents and facts; then the journal is
    /// synced; then the transaction commits.
    fn write(&mut self, turn: &Turn, encoded: &Encoded, tail: &mut Tail) -> Result<Head, Refusal> {
        let begin = failed("beginning a transaction");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(begin)?;
        if counters_went_back(&transaction, &turn.view.counters)? {
            return Err(Refusal::Conflict);
        }
        let first = tail.head.seq + 1;
        persist::rows(&transaction, &turn.view, &turn.facts, first).map_err(|refused| match refused {
            Refused::Conflict => Refusal::Conflict,
            Refused::Failed(error) => Refusal::Failed(failed("writing rows")(error)),
        })?;
        for document in turn.documents.iter().filter(|document| !document.is_large()) {
            keep_row(&transaction, document)?;
        }
        let head = link(&transaction, &turn.facts, encoded, tail).map_err(failed("appending facts"))?;
        let lines = journal_lines(turn, &tail.head);
        if !lines.is_empty() {
            self.journal.append(&lines)?;
        }
        transaction.commit().map_err(failed("committing"))?;
        Ok(head)
    }

    fn keep(&mut self, document: &NewDocument) -> Result<(), StoreError> {
        let kept = keep_row(&self.connection, document);
        kept.map_err(|error| self.stop(error))
    }

    fn next_epoch(&mut self) -> Result<i64, StoreError> {
        let drawn = draw_epoch(&mut self.connection);
        drawn.map_err(|error| self.stop(failed("drawing an epoch")(error)))
    }
}

/// A commit of its own: with `RETURNING` alone, an error of the commit would go unnoticed.
fn draw_epoch(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE meta SET epoch = epoch + 1", [])?;
    let epoch = transaction.query_row("SELECT epoch FROM meta", [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(epoch)
}

enum Refusal {
    Conflict,
    Failed(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Refusal::Failed(error)
    }
}

/// Appends the facts and moves the chain on, closing sections that fill up.
fn link(
    transaction: &Transaction<'_>,
    facts: &[Recorded],
    encoded: &Encoded,
    tail: &mut Tail,
) -> rusqlite::Result<Head> {
    let mut head = tail.head;
    let sql =
        "INSERT INTO facts (seq, subject_kind, subject_key, at, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = transaction.prepare_cached(sql)?;
    for (recorded, octets) in facts.iter().zip(encoded.each()) {
        head = head.after(octets);
        let (kind, key) = subject_parts(recorded.fact.subject());
        let body = ToSqlOutput::Borrowed(ValueRef::Text(octets));
        statement.execute(params![head.seq, kind, key, recorded.at.timestamp_micros(), body, head.hash])?;
        tail.section.push(head.hash);
        if head.seq % SECTION_FACTS == 0 {
            transaction.prepare_cached("INSERT INTO merkle VALUES (?1, ?2, ?3)")?.execute(params![
                chain::section_of(head.seq),
                head.seq,
                chain::root(&tail.section)
            ])?;
            tail.section.clear();
        }
    }
    transaction
        .prepare_cached("UPDATE meta SET head_seq = ?1, head_hash = ?2")?
        .execute(params![head.seq, head.hash])?;
    Ok(head)
}

/// Keys are drawn by the engine from the counters it loaded; a view older than the store's
/// counters may have drawn keys that are taken in tables whose rows it does not insert.
fn counters_went_back(transaction: &Transaction<'_>, next: &Counters) -> Result<bool, StoreError> {
    let stored = counters(transaction).map_err(failed("reading the next keys"))?;
    Ok(next.payout < stored.payout
        || next.message < stored.message
        || next.block < stored.block
        || next.document < stored.document
        || next.entry < stored.entry
        || next.statement < stored.statement
        || next.exception < stored.exception)
}

fn journal_lines(turn: &Turn, head: &Head) -> Vec<JournalLine> {
    let line = |recorded: &Recorded| match &recorded.fact {
        // The witness comes too late: when the attempt has ended.
        Fact::StepEnded { key, attempt, .. } if planted::is(Defect::JournalAfterSend) => {
            let row = turn.view.messages.get(key)?;
            Some(JournalLine {
                message_id: row.message_id.clone(),
                digest: row.document,
                epoch: 1,
                attempt: *attempt,
                at: recorded.at,
                head: *head,
            })
        }
        Fact::StepStarted { .. } if planted::is(Defect::JournalAfterSend) => None,
        Fact::StepStarted { key, attempt, epoch, document, .. } => Some(JournalLine {
            message_id: turn.view.messages.get(key).map(|row| row.message_id.clone()).unwrap_or_default(),
            digest: *document,
            epoch: *epoch,
            attempt: *attempt,
            at: recorded.at,
            head: *head,
        }),
        Fact::GateOpened { .. } => Some(JournalLine::gate(0, recorded.at, *head)),
        _ => None,
    };
    turn.facts.iter().filter_map(line).collect()
}

fn keep_row(connection: &Connection, document: &NewDocument) -> Result<(), StoreError> {
    let Digest(digest) = document.digest();
    let octets: &[u8] = document.octets();
    connection
        .prepare_cached("INSERT OR IGNORE INTO document_body VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute(params![digest, octets]))
        .map_err(failed("keeping a document"))?;
    Ok(())
}

fn read_tail(connection: &Connection) -> Result<Tail, StoreError> {
    let reading = failed("reading the head of the chain");
    let mut head = read_head(connection).map_err(&reading)?;
    if planted::is(Defect::ChainRestarts) {
        head.hash = Head::GENESIS.hash;
    }
    let from = head.seq - head.seq % SECTION_FACTS;
    let section = connection
        .prepare("SELECT hash FROM facts WHERE seq > ?1 ORDER BY seq")
        .and_then(|mut statement| statement.query_map([from], |row| row.get(0))?.collect())
        .map_err(&reading)?;
    Ok(Tail { head, section })
}

/// The head as the store remembers it beside the facts.
pub fn read_head(connection: &Connection) -> rusqlite::Result<Head> {
    connection.query_row("SELECT head_seq, head_hash FROM meta", [], |row| {
        Ok(Head { seq: row.get(0)?, hash: row.get(1)? })
    })
}

/// Device and inode of a file; `None` when it is not there.
type Identity = Option<(u64, u64)>;

fn file_identity(path: &std::path::Path) -> Identity {
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
