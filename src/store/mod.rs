//! Facts, views, documents and the send journal. Knows no banks, XML or HTTP.
//!
//! One turn of the engine is one transaction here: the facts, linked into the chain, and the rows
//! that follow from them. Any failure of a write leaves the outcome unknown: the store refuses
//! every further write until it is opened again, because a failed commit may come back.

pub mod audit;
pub mod backup;
pub mod chain;
pub mod conservation;
pub mod documents;
pub mod facts;
pub mod listing;
pub mod lookup;
pub mod memory;
pub mod send_journal;
pub mod sqlite;
pub mod view;

use crate::domain::entry::Digest;
use crate::domain::fact::Recorded;
use crate::domain::payout::Payout;
use crate::domain::row::{BlockRow, Key, MessageRow, Subject};
use audit::AuditReport;
use chain::{Head, Proof};
use chrono::{DateTime, NaiveDate, Utc};
use conservation::Conservation;
use documents::NewDocument;
use listing::{
    Cursor, EntryListed, ExceptionListed, Filter, Found, Page, PayoutListed, StatementListed, TotalsRow,
    Work, WorkLimits,
};
use lookup::Lookup;
use memory::MemoryStore;
use send_journal::JournalLine;
use sqlite::SqliteStore;
use std::path::PathBuf;
use thiserror::Error;
use view::View;

/// What one turn of the engine decided: facts in order, the view after them, documents they name.
#[derive(Debug)]
pub struct Turn {
    /// Facts in the order in which they were decided.
    pub facts: Vec<Recorded>,
    /// The view after all of them; knows which rows differ from the store.
    pub view: View,
    /// Documents that the facts name and that are not kept yet.
    pub documents: Vec<NewDocument>,
}

/// What became of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Durable.
    Done {
        /// Number of the last fact.
        seq: i64,
    },
    /// A row changed since the view was loaded: nothing was written; load and decide again.
    Conflict,
    /// Nobody knows whether it is durable: stop sending, open the store again, read, then decide.
    Unknown {
        /// Why, for the log.
        cause: String,
    },
}

/// A fact with its place in the lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Number within the lane, from 1.
    pub seq: i64,
    /// The fact.
    pub recorded: Recorded,
}

/// What went wrong with the store. The operator must act, unless the variant says otherwise.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process owns the data directory.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// There is no store to read.
    #[error("no store at {}", path.display())]
    Absent {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file is no database, or another program's. It was not touched.
    #[error("{} is not a store of this program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote the store.
    #[error("the store has version {found}, this program knows versions up to {known}")]
    Newer {
        /// Version of the store.
        found: i64,
        /// Highest version that this program knows.
        known: i64,
    },
    /// The store was made by other steps than those this program knows under the same number.
    #[error("step {version} of the store's layout was made by another text than ours")]
    Migration {
        /// Number of the step.
        version: i64,
    },
    /// SQLite does not work the way durability needs.
    #[error("SQLite setting {name} is {found}, it must be {wanted}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The send journal witnessed facts that the database does not hold: it was emptied, cut or
    /// restored from a copy. Sending now could pay twice.
    #[error(
        "the send journal names fact {witnessed} with another hash than the store, which ends at fact {head}"
    )]
    Behind {
        /// Fact that the journal's last line names.
        witnessed: i64,
        /// Last fact of the store.
        head: i64,
    },
    /// A copy is never made over something, nor laid back over something.
    #[error("{} is there already", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A copy is not what its manifest says, or was not laid back to its end.
    #[error("{}: {cause}", path.display())]
    CopyNotWhole {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A file or folder failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The database failed.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A file of the store was moved, deleted or replaced while it was open.
    #[error("{} is no longer the file that was opened", path.display())]
    Replaced {
        /// Where it should be.
        path: PathBuf,
    },
    /// A stored fact does not read.
    #[error("fact {seq}: {source}")]
    Fact {
        /// Its number.
        seq: i64,
        /// Why.
        source: facts::FactError,
    },
    /// Octets that do not have their digest.
    #[error("document {} is damaged", digest.hex())]
    DocumentDamaged {
        /// The digest it should have.
        digest: Digest,
    },
    /// An earlier write failed: the store must be opened again.
    #[error("the store stopped after a failed write: {cause}")]
    Stopped {
        /// The first failure.
        cause: String,
    },
    /// Opened for reading only.
    #[error("the store was opened for reading only")]
    ReadOnly,
}

impl StoreError {
    /// Stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Locked { .. } => "store.locked",
            StoreError::Absent { .. } => "store.absent",
            StoreError::Foreign { .. } => "store.foreign",
            StoreError::Newer { .. } => "store.newer",
            StoreError::Migration { .. } => "store.migration",
            StoreError::Setting { .. } => "store.setting",
            StoreError::Behind { .. } => "store.behind",
            StoreError::Exists { .. } => "store.exists",
            StoreError::CopyNotWhole { .. } => "store.copy_not_whole",
            StoreError::Io { .. } => "store.io",
            StoreError::Database { .. } => "store.database",
            StoreError::Replaced { .. } => "store.replaced",
            StoreError::Fact { source, .. } => source.code(),
            StoreError::DocumentDamaged { .. } => "store.document_damaged",
            StoreError::Stopped { .. } => "store.stopped",
            StoreError::ReadOnly => "store.read_only",
        }
    }
}

/// Where the facts are kept. Handles are cheap to clone and speak to the same store.
#[derive(Clone, Debug)]
pub enum Store {
    /// A data directory of this machine.
    Sqlite(SqliteStore),
    /// Memory, for replay and simulation: nothing outlives the process.
    Memory(MemoryStore),
}

impl Store {
    /// The rows that the lookups name, and the next keys.
    pub async fn load(&self, lookups: Vec<Lookup>) -> Result<View, StoreError> {
        match self {
            Store::Sqlite(store) => store.load(None, lookups).await,
            Store::Memory(store) => store.load(None, lookups),
        }
    }

    /// Adds rows to a view that may already hold changes; changed rows stay as they are.
    pub async fn load_more(&self, view: View, lookups: Vec<Lookup>) -> Result<View, StoreError> {
        match self {
            Store::Sqlite(store) => store.load(Some(view), lookups).await,
            Store::Memory(store) => store.load(Some(view), lookups),
        }
    }

    /// Makes a turn durable: journal lines for attempts first, then facts, rows and documents in one transaction.
    pub async fn append(&self, turn: Turn) -> Appended {
        match self {
            Store::Sqlite(store) => store.append(turn).await,
            Store::Memory(store) => store.append(turn),
        }
    }

    /// Keeps a document before the facts that name it.
    pub async fn put_document(&self, document: NewDocument) -> Result<(), StoreError> {
        match self {
            Store::Sqlite(store) => store.put_document(document).await,
            Store::Memory(store) => store.put_document(document),
        }
    }

    /// The octets of a document, verified.
    pub async fn document(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Store::Sqlite(store) => store.document(digest).await,
            Store::Memory(store) => store.document(digest),
        }
    }

    /// The payouts of these keys in this order; unknown keys are left out.
    pub async fn payout_bodies(&self, keys: Vec<Key>) -> Result<Vec<Payout>, StoreError> {
        match self {
            Store::Sqlite(store) => store.payout_bodies(keys).await,
            Store::Memory(store) => store.payout_bodies(&keys),
        }
    }

    /// The payouts of these keys in this order, as lists show them; unknown keys are left out.
    pub async fn payouts(&self, keys: Vec<Key>) -> Result<Vec<PayoutListed>, StoreError> {
        match self {
            Store::Sqlite(store) => store.payouts(keys).await,
            Store::Memory(store) => store.payouts(&keys),
        }
    }

    /// What there is to do at `now`.
    pub async fn work(&self, limits: WorkLimits, now: DateTime<Utc>) -> Result<Work, StoreError> {
        match self {
            Store::Sqlite(store) => store.work(limits, now).await,
            Store::Memory(store) => store.work(limits, now),
        }
    }

    /// Payouts that fit the filter, newest first.
    pub async fn list(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<PayoutListed>, StoreError> {
        match self {
            Store::Sqlite(store) => store.list(filter, cursor, limit).await,
            Store::Memory(store) => store.list(&filter, cursor, limit),
        }
    }

    /// Everything that carries an id, whatever kind of id it is.
    pub async fn find(&self, tenant: Option<&str>, id: &str) -> Result<Found, StoreError> {
        match self {
            Store::Sqlite(store) => store.find(tenant, id).await,
            Store::Memory(store) => store.find(tenant, id),
        }
    }

    /// All facts of a subject in order.
    pub async fn history(&self, subject: Subject) -> Result<Vec<Stored>, StoreError> {
        match self {
            Store::Sqlite(store) => store.history(subject).await,
            Store::Memory(store) => store.history(subject),
        }
    }

    /// Facts after a number, in order.
    pub async fn facts_after(&self, seq: i64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        match self {
            Store::Sqlite(store) => store.facts_after(seq, limit).await,
            Store::Memory(store) => store.facts_after(seq, limit),
        }
    }

    /// Count and sum of payouts per currency and state: together they are all that was accepted.
    pub async fn totals(&self, tenant: Option<&str>) -> Result<Vec<TotalsRow>, StoreError> {
        match self {
            Store::Sqlite(store) => store.totals(tenant).await,
            Store::Memory(store) => store.totals(tenant),
        }
    }

    /// What was accepted, where it counts and what was moved, all at one moment.
    pub async fn conservation(&self, tenant: Option<&str>) -> Result<Conservation, StoreError> {
        match self {
            Store::Sqlite(store) => store.conservation(tenant).await,
            Store::Memory(store) => store.conservation(tenant),
        }
    }

    /// Exception items, newest first.
    pub async fn exceptions(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<ExceptionListed>, StoreError> {
        match self {
            Store::Sqlite(store) => store.exceptions(filter, cursor, limit).await,
            Store::Memory(store) => store.exceptions(&filter, cursor, limit),
        }
    }

    /// Entries that are no payout's, newest first.
    pub async fn entries(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<EntryListed>, StoreError> {
        match self {
            Store::Sqlite(store) => store.entries(filter, cursor, limit).await,
            Store::Memory(store) => store.entries(&filter, cursor, limit),
        }
    }

    /// Statements and reports of accounts, newest first.
    pub async fn statements(
        &self,
        filter: Filter,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<StatementListed>, StoreError> {
        match self {
            Store::Sqlite(store) => store.statements(filter, cursor, limit).await,
            Store::Memory(store) => store.statements(&filter, cursor, limit),
        }
    }

    /// The payouts of a block or message, oldest first.
    pub async fn members(
        &self,
        of: Subject,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Page<PayoutListed>, StoreError> {
        match self {
            Store::Sqlite(store) => store.members(of, cursor, limit).await,
            Store::Memory(store) => store.members(of, cursor, limit),
        }
    }

    /// The blocks of a message in order.
    pub async fn blocks(&self, message: Key) -> Result<Vec<BlockRow>, StoreError> {
        match self {
            Store::Sqlite(store) => store.blocks(message).await,
            Store::Memory(store) => store.blocks(message),
        }
    }

    /// Messages whose outcome is unknown and undecided, longest first, at most so many.
    pub async fn unknown(&self, tenant: Option<&str>, limit: usize) -> Result<Vec<MessageRow>, StoreError> {
        match self {
            Store::Sqlite(store) => store.unknown(tenant, limit).await,
            Store::Memory(store) => store.unknown(tenant, limit),
        }
    }

    /// Blocks whose collective debit was booked on that day, oldest first.
    pub async fn blocks_booked(
        &self,
        tenant: Option<&str>,
        date: NaiveDate,
    ) -> Result<Vec<BlockRow>, StoreError> {
        match self {
            Store::Sqlite(store) => store.blocks_booked(tenant, date).await,
            Store::Memory(store) => store.blocks_booked(tenant, date),
        }
    }

    /// Draws the next epoch, durably: what an older epoch sends is refused.
    pub async fn next_epoch(&self) -> Result<i64, StoreError> {
        match self {
            Store::Sqlite(store) => store.next_epoch().await,
            Store::Memory(store) => store.next_epoch(),
        }
    }

    /// The last fact and its hash.
    pub async fn head(&self) -> Result<Head, StoreError> {
        match self {
            Store::Sqlite(store) => store.head().await,
            Store::Memory(store) => store.head(),
        }
    }

    /// Proves that a fact stands in the chain; `None` while its section is not full.
    pub async fn prove(&self, seq: i64) -> Result<Option<Proof>, StoreError> {
        match self {
            Store::Sqlite(store) => store.prove(seq).await,
            Store::Memory(store) => store.prove(seq),
        }
    }

    /// Attempts that the journal announced and no fact confirms: a crash between the two, or a
    /// database that lost a commit. Either way the attempt's outcome counts as unknown.
    pub async fn unconfirmed_attempts(&self) -> Result<Vec<JournalLine>, StoreError> {
        match self {
            Store::Sqlite(store) => store.unconfirmed_attempts().await,
            Store::Memory(_) => Ok(Vec::new()),
        }
    }

    /// Why writing ended, if it did: nothing may be sent, and the process leaves with code 3 to open the store again.
    pub fn stopped(&self) -> Option<String> {
        match self {
            Store::Sqlite(store) => store.stopped().map(str::to_owned),
            Store::Memory(_) => None,
        }
    }

    /// Verifies chain, heads, roots, documents and that the views are what the facts say.
    pub async fn audit(&self) -> Result<AuditReport, StoreError> {
        match self {
            Store::Sqlite(store) => store.audit().await,
            Store::Memory(store) => store.audit(),
        }
    }
}
