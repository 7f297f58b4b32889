//! The bank as one thing: its books behind a lock, its keys, and the signals that wake those who wait.
//! Never HTTP, and never what is decided.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::watch;

use super::books::{Books, BooksError};
use super::config::Config;
use super::envelope::{Envelope, EnvelopeError};
use super::postings::OPENING;
use super::record::{Kind, PostingLine, Record};
use super::reports::{Letterhead, ReportError};
use crate::domain::calendar::Calendar;
use crate::domain::currency::Currency;
use crate::net::client::ClientError;
use crate::net::tls::TlsError;
use crate::signing::http_message::HttpMessageError;

/// Why the bank cannot open, or had to stop. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// Certificates or the signing key.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// TLS files.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A callback address.
    #[error("client '{client}': {cause}")]
    Callback {
        /// The client.
        client: String,
        /// What is wrong.
        cause: ClientError,
    },
    /// The address to listen on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// As configured.
        address: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// An answer or callback could not be signed.
    #[error("cannot sign: {0}")]
    Sign(#[from] HttpMessageError),
    /// A thread of the bank died, or a lock it held is no longer trusted.
    #[error("a part of the bank died: {part}")]
    Died {
        /// Which.
        part: &'static str,
    },
}

impl SandboxError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SandboxError::Books(cause) => cause.code(),
            SandboxError::Envelope(cause) => cause.code(),
            SandboxError::Tls(cause) => cause.code(),
            SandboxError::Callback { cause, .. } => cause.code(),
            SandboxError::Listen { .. } => "sandbox.listen",
            SandboxError::Report(cause) => cause.code(),
            SandboxError::Sign(cause) => cause.code(),
            SandboxError::Died { .. } => "sandbox.died",
        }
    }
}

/// The bank.
pub struct Bank {
    /// Its configuration.
    pub config: Arc<Config>,
    /// Name and identifiers in reports.
    pub letterhead: Letterhead,
    /// Who may call, and how the bank signs.
    pub envelope: Envelope,
    /// Address that clients call and sign.
    pub public_url: String,
    books: Mutex<Books>,
    booking: Mutex<()>,
    changed: watch::Sender<u64>,
    stopping: AtomicBool,
}

impl Bank {
    /// Opens the books, and the accounts of a new bank. `today` is its first business day where the
    /// configuration names none.
    pub fn open(config: Config, public_url: String, today: NaiveDate) -> Result<Bank, SandboxError> {
        let config = Arc::new(config);
        let section = &config.bank;
        let letterhead =
            Letterhead { id: section.id.clone(), name: section.name.clone(), bic: section.bic.clone() };
        let mut books = Books::open(config.clone())?;
        let now = Utc::now();
        if books.day.is_none() {
            let first = section.business_date.as_deref().and_then(|date| date.parse().ok());
            let first = first.unwrap_or_else(|| Calendar::Target.roll_forward(today));
            let opened = Record::Opened {
                bank: section.id.as_str().into(),
                at: now.timestamp_micros(),
                day: first.to_string().into(),
            };
            books.commit(&[opened])?;
        }
        open_accounts(&mut books, &config)?;
        let known = books.behaviour_of(books.behaviour_number());
        let wanted = super::behaviour::Behaviour::parse(&config.behaviour_text);
        if books.behaviour_number() == 0 || wanted.is_ok_and(|wanted| wanted != *known) {
            books.commit(&[behaviour_record(&books, &config.behaviour_text, now)])?;
        }
        Ok(Bank {
            envelope: Envelope::open(&config)?,
            letterhead,
            public_url,
            books: Mutex::new(books),
            booking: Mutex::new(()),
            changed: watch::Sender::new(0),
            stopping: AtomicBool::new(false),
            config,
        })
    }

    /// The books, for as long as the guard lives.
    pub fn books(&self) -> Result<MutexGuard<'_, Books>, SandboxError> {
        self.books.lock().map_err(|_| SandboxError::Died { part: "the books" })
    }

    /// The right to book and to make reports: one at a time, so that numbers follow each other.
    pub fn booking(&self) -> Result<MutexGuard<'_, ()>, SandboxError> {
        self.booking.lock().map_err(|_| SandboxError::Died { part: "the back office" })
    }

    /// Tells everybody who waits that something is new.
    pub fn announce(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// A receiver of such news.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Ends the bank's own work as soon as what is under way is done.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.announce();
    }

    /// Whether it was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Puts a behaviour script in force.
    pub fn behave(&self, text: &str) -> Result<u32, SandboxError> {
        let mut books = self.books()?;
        let record = behaviour_record(&books, text, Utc::now());
        books.commit(&[record])?;
        Ok(books.behaviour_number())
    }
}

fn behaviour_record<'a>(books: &Books, text: &'a str, now: DateTime<Utc>) -> Record<'a> {
    Record::Behaviour { number: books.behaviour_number() + 1, at: now.timestamp_micros(), text: text.into() }
}

/// Opens the accounts that the configuration has and the ledger has not.
fn open_accounts(books: &mut Books, config: &Config) -> Result<(), BooksError> {
    let day = books.day.map(|day| day.to_string()).unwrap_or_default();
    for section in &config.account {
        let Ok(currency) = Currency::parse(&section.currency) else { continue };
        if books.ledger.account(section.id(), currency).is_some() {
            continue;
        }
        let posting = Record::Posting(PostingLine {
            number: books.ledger.posting_next(),
            entry: None,
            debit: OPENING.into(),
            credit: section.id().into(),
            amount: section.opening_balance.as_str().into(),
            currency: currency.code().into(),
            kind: Kind::Opening,
            day: day.as_str().into(),
            order: None,
            line: None,
            end_to_end_id: None,
        });
        books.commit(&[posting])?;
    }
    Ok(())
}

/// Writes a file whole, under its name only when it is whole, and brings it and its folder to the disk.
pub fn write_durably(path: &Path, octets: &[u8]) -> Result<(), BooksError> {
    use std::io::Write as _;
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let disk = |cause| BooksError::Disk { path: path.to_owned(), cause };
    let write = WRITES.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{}-{write}.part", std::process::id()));
    let mut file = std::fs::File::create(&unfinished).map_err(disk)?;
    file.write_all(octets).and_then(|()| file.sync_all()).map_err(disk)?;
    std::fs::rename(&unfinished, path).map_err(disk)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)
}
