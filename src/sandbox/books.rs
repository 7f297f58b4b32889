//! Everything the bank knows, folded from its journal: orders, plans and their progress, the ledger,
//! the list of reports. What is appended is applied by the same code that replays. Never decides anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use super::behaviour::{Behaviour, BehaviourError};
use super::cancellations::{self, Decision};
use super::config::{Config, Temper};
use super::duplicates::Mark;
use super::intake::{self, Parts};
use super::journal::{Batch, Journal, JournalError, hex};
use super::ledger::{Ledger, LedgerAccount, LedgerError};
use super::order::Order;
use super::plan::{Step, plan};
use super::record::{CancellationLine, Delivery, DocumentLine, OrderLine, Record, Verdict};
use super::reports::Extract;

/// Why the books cannot be opened or written. The operator must act; the bank stops.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger in the journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file of orders or documents.
    #[error("{}: {cause}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// Another bank works on this folder.
    #[error("{}: another bank has this folder open", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The octets of an accepted order are not those that were accepted.
    #[error("{}: the order is not the one that was accepted: {cause}", path.display())]
    Order {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A behaviour script in the journal is not readable any more.
    #[error("behaviour script {number} of the journal: {cause}")]
    Behaviour {
        /// Its number.
        number: u32,
        /// What is wrong.
        cause: BehaviourError,
    },
    /// A date in the journal is none.
    #[error("the journal has the day '{day}'")]
    Day {
        /// The text.
        day: String,
    },
}

impl BooksError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            BooksError::Journal(cause) => cause.code(),
            BooksError::Ledger(_) => "sandbox.books.ledger",
            BooksError::Disk { .. } => "sandbox.books.disk",
            BooksError::Locked { .. } => "sandbox.books.locked",
            BooksError::Order { .. } => "sandbox.books.order",
            BooksError::Behaviour { .. } => "sandbox.books.behaviour",
            BooksError::Day { .. } => "sandbox.books.day",
        }
    }
}

/// How far an order's plan has come.
pub struct Progress {
    /// The plan.
    pub steps: Arc<Vec<Step>>,
    /// Which steps are done.
    pub done: Vec<bool>,
    /// Entries that a step booked: first number and how many.
    pub booked: HashMap<u32, (u32, u32)>,
    /// The last report that a step made.
    pub reported: HashMap<u32, u32>,
}

/// A report as the list keeps it.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// Whose it is.
    pub client: Arc<str>,
    /// Message name.
    pub kind: Arc<str>,
    /// How it is delivered.
    pub delivery: Delivery,
    /// Number of the file with its octets.
    pub file: u32,
}

/// The books.
pub struct Books {
    /// Held as long as the books are open; the operating system lets go of it when the process dies.
    _lock: File,
    dir: PathBuf,
    journal: Option<Journal>,
    config: Arc<Config>,
    /// The ledger.
    pub ledger: Ledger,
    /// Orders by number - 1.
    pub orders: Vec<Arc<Order>>,
    /// Plans by number - 1.
    pub progress: Vec<Progress>,
    /// Behaviour scripts by number - 1.
    pub behaviours: Vec<Arc<Behaviour>>,
    /// The business day, once the books are opened.
    pub day: Option<NaiveDate>,
    /// When it began, microseconds since 1970.
    pub day_opened_at: i64,
    by_message_id: HashMap<(String, String), u32>,
    remembered: HashMap<(String, Mark), u32>,
    requests: u32,
    cancellations: Vec<CancellationLine<'static>>,
    documents: Vec<DocumentRow>,
    by_client: HashMap<Arc<str>, Vec<u32>>,
    outbox: HashMap<Arc<str>, BTreeSet<(i64, u32)>>,
    due: BTreeSet<(i64, u32, u32)>,
    names: HashMap<String, Arc<str>>,
}

impl Books {
    /// Reads the journal of a folder, making both where they are missing.
    pub fn open(config: Arc<Config>) -> Result<Books, BooksError> {
        let dir = config.bank.data_dir.clone();
        for folder in [dir.clone(), dir.join("orders"), dir.join("documents")] {
            std::fs::create_dir_all(&folder).map_err(|cause| BooksError::Disk { path: folder, cause })?;
        }
        let lock = lock(&dir)?;
        let mut books = Books {
            _lock: lock,
            journal: None,
            config,
            ledger: Ledger::default(),
            orders: Vec::new(),
            progress: Vec::new(),
            behaviours: Vec::new(),
            day: None,
            day_opened_at: 0,
            by_message_id: HashMap::new(),
            remembered: HashMap::new(),
            requests: 0,
            cancellations: Vec::new(),
            documents: Vec::new(),
            by_client: HashMap::new(),
            outbox: HashMap::new(),
            due: BTreeSet::new(),
            names: HashMap::new(),
            dir: dir.clone(),
        };
        let mut failed = None;
        let journal = Journal::open(&dir.join("journal.ndjson"), &mut |record| {
            if failed.is_none() {
                failed = books.replay(&record).err();
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        books.journal = Some(journal);
        books.queue_all();
        Ok(books)
    }

    /// Makes records durable, then applies them.
    pub fn commit(&mut self, records: &[Record<'_>]) -> Result<(), BooksError> {
        self.append(records)?;
        records.iter().try_for_each(|record| self.apply(record))
    }

    /// Writes records that may follow to the disk later, then applies them.
    pub fn note(&mut self, records: &[Record<'_>]) -> Result<(), BooksError> {
        let mut batch = Batch::default();
        records.iter().for_each(|record| batch.push(record));
        if let Some(journal) = self.journal.as_mut() {
            journal.note(batch)?;
        }
        records.iter().try_for_each(|record| self.apply(record))
    }

    /// Makes an order durable, then takes it in.
    pub fn admit(&mut self, line: &OrderLine<'_>, parts: Parts) -> Result<Arc<Order>, BooksError> {
        self.append(&[Record::Order(line.clone())])?;
        let order = self.take_in(line, parts)?;
        self.queue(order.number);
        Ok(order)
    }

    fn append(&mut self, records: &[Record<'_>]) -> Result<(), BooksError> {
        let mut batch = Batch::default();
        records.iter().for_each(|record| batch.push(record));
        if let Some(journal) = self.journal.as_mut() {
            journal.append(batch)?;
        }
        Ok(())
    }

    fn replay(&mut self, record: &Record<'_>) -> Result<(), BooksError> {
        let Record::Order(line) = record else { return self.apply(record) };
        let path = order_path(&self.dir, &line.digest);
        let octets = std::fs::read(&path).map_err(|cause| BooksError::Disk { path: path.clone(), cause })?;
        let wrong = |cause: &str| BooksError::Order { path: path.clone(), cause: cause.to_owned() };
        if hex(&intake::digest(&octets)) != line.digest {
            return Err(wrong("another digest"));
        }
        let parts = intake::read(&octets).map_err(|problem| wrong(&problem.detail))?;
        self.take_in(line, parts).map(|_| ())
    }

    fn apply(&mut self, record: &Record<'_>) -> Result<(), BooksError> {
        match record {
            Record::Opened { day, at, .. } => {
                self.day = Some(parse_day(day)?);
                self.day_opened_at = *at;
            }
            Record::Behaviour { number, text, .. } => {
                let behaviour = Behaviour::parse(text)
                    .map_err(|cause| BooksError::Behaviour { number: *number, cause })?;
                self.behaviours.push(Arc::new(behaviour));
            }
            Record::Entry(line) => {
                self.ledger.apply_entry(line)?;
                if let (Some(order), Some(step)) = (line.order, line.step)
                    && let Some(progress) = progress_mut(&mut self.progress, order)
                {
                    progress.booked.entry(step).or_insert((line.number, 0)).1 += 1;
                }
            }
            Record::Posting(line) => self.ledger.apply_posting(line)?,
            Record::Document(line) => self.apply_document(line),
            Record::Step { order, step, .. } => {
                self.due.retain(|(_, of, position)| (of, position) != (order, step));
                if let Some(progress) = progress_mut(&mut self.progress, *order)
                    && let Some(done) = progress.done.get_mut(*step as usize)
                {
                    *done = true;
                }
            }
            Record::Delivered { document, .. } => self.leave_outbox(*document),
            Record::DayClosed { next, at, .. } => {
                self.day = Some(parse_day(next)?);
                self.day_opened_at = *at;
                let config = self.config.clone();
                self.ledger.apply_day_closed(&|id| config.account.iter().any(|account| account.id() == id));
                self.queue_all();
            }
            Record::Request(line) => self.requests = line.number,
            Record::Cancellation(line) => self.apply_cancellation(line)?,
            Record::Order(_) | Record::Answered(_) | Record::Callback(_) | Record::End { .. } => {}
        }
        Ok(())
    }

    fn take_in(&mut self, line: &OrderLine<'_>, mut parts: Parts) -> Result<Arc<Order>, BooksError> {
        let content = parts.content;
        let config = self.config.clone();
        parts.check_currencies(&|id, currency| {
            config.account.iter().any(|account| account.id() == id && account.currency == currency.code())
        });
        if config.processing.duplicate == Temper::EndToEndId {
            parts.refuse_known(&|end_to_end_id| {
                let mark = Mark::EndToEndId(end_to_end_id.to_owned());
                self.recall(&line.client, &mark, line.at).is_some()
            });
        }
        let order = Arc::new(parts.into_order(line, parse_day(&line.day)?));
        let behaviour = self.behaviour_of(line.behaviour);
        let steps = plan(&order, &self.config.processing, &behaviour);
        self.progress.push(Progress {
            done: vec![false; steps.len()],
            steps: Arc::new(steps),
            booked: HashMap::new(),
            reported: HashMap::new(),
        });
        let named = (order.client.clone(), order.message_id.clone());
        self.by_message_id.entry(named).or_insert(order.number);
        self.remember(&order, content);
        self.orders.push(order.clone());
        Ok(order)
    }

    /// Keeps the marks of an order: those of its payments only where they are executed.
    fn remember(&mut self, order: &Order, content: u64) {
        if order.verdict == Verdict::Duplicate {
            return;
        }
        let mut marks = vec![Mark::MessageId(order.message_id.clone()), Mark::Key(order.key.clone())];
        if matches!(order.verdict, Verdict::Processed | Verdict::ProcessedAgain) {
            marks.push(Mark::Content(content));
        }
        if self.config.processing.duplicate == Temper::EndToEndId {
            let paid = order.lines.iter().filter(|line| line.defect.is_none());
            marks.extend(paid.map(|line| Mark::EndToEndId(order.text(line.end_to_end_id).to_owned())));
        }
        for mark in marks {
            self.remembered.insert((order.client.clone(), mark), order.number);
        }
    }

    /// Puts what follows from a cancellation behind the order's plan, and what it withdraws out of it.
    fn apply_cancellation(&mut self, line: &CancellationLine<'_>) -> Result<(), BooksError> {
        let day = parse_day(&line.day)?;
        let order = line.order.and_then(|number| self.order(number));
        if let Some(order) = order
            && let Some(progress) = progress_mut(&mut self.progress, order.number)
        {
            let granted = line.decisions.iter().filter(|(_, decision)| *decision == Decision::Granted);
            let granted: Vec<u32> = granted.map(|(line, _)| *line).collect();
            let mut steps = progress.steps.to_vec();
            cancellations::withdraw(&order, (&mut steps, &progress.done), &granted);
            let before = steps.len() as u32;
            steps.extend(cancellations::steps(&order, line, (day, before), &self.config.processing));
            progress.done.resize(steps.len(), false);
            progress.steps = Arc::new(steps);
            if self.journal.is_some() {
                self.due.retain(|(_, number, _)| *number != order.number);
                self.queue(order.number);
            }
        }
        self.cancellations.push(line.clone().into_owned());
        Ok(())
    }

    fn apply_document(&mut self, line: &DocumentLine<'_>) {
        let client = self.name(&line.client);
        let kind = self.name(&line.kind);
        self.documents.push(DocumentRow {
            client: client.clone(),
            kind,
            delivery: line.delivery,
            file: line.file,
        });
        if let (Some(order), Some(step)) = (line.order, line.step)
            && let Some(progress) = progress_mut(&mut self.progress, order)
        {
            progress.reported.insert(step, line.number);
        }
        self.by_client.entry(client.clone()).or_default().push(line.number);
        if line.delivery != Delivery::Never {
            self.outbox.entry(client).or_default().insert((line.due, line.number));
        }
    }

    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name: Arc<str> = Arc::from(text);
        self.names.insert(text.to_owned(), name.clone());
        name
    }

    /// The order that first carried this message identification.
    pub fn order_by_message_id(&self, client: &str, message_id: &str) -> Option<Arc<Order>> {
        let number = self.by_message_id.get(&(client.to_owned(), message_id.to_owned()))?;
        self.order(*number)
    }

    /// The order that was last executed under a mark, as long as the bank remembers it.
    pub fn recall(&self, client: &str, mark: &Mark, at: i64) -> Option<Arc<Order>> {
        let number = self.remembered.get(&(client.to_owned(), mark.clone()))?;
        let order = self.order(*number)?;
        let window_ms = self.config.processing.duplicate_window_ms.unwrap_or(u64::MAX);
        let age_ms = at.saturating_sub(order.at).unsigned_abs() / 1000;
        (age_ms <= window_ms).then_some(order)
    }

    /// The order of that number.
    pub fn order(&self, number: u32) -> Option<Arc<Order>> {
        self.orders.get((number as usize).wrapping_sub(1)).cloned()
    }

    /// The progress of that order.
    pub fn progress_of(&self, order: u32) -> Option<&Progress> {
        self.progress.get((order as usize).wrapping_sub(1))
    }

    /// The behaviour script of that number; none before the first.
    pub fn behaviour_of(&self, number: u32) -> Arc<Behaviour> {
        self.behaviours.get((number as usize).wrapping_sub(1)).cloned().unwrap_or_default()
    }

    /// Number of the script in force.
    pub fn behaviour_number(&self) -> u32 {
        self.behaviours.len() as u32
    }

    /// Number that the next order gets.
    pub fn order_next(&self) -> u32 {
        self.orders.len() as u32 + 1
    }

    /// Number that the next request gets.
    pub fn request_next(&self) -> u32 {
        self.requests.saturating_add(1)
    }

    /// The request for cancellation of that identification.
    pub fn cancellation(&self, client: &str, id: &str) -> Option<&CancellationLine<'static>> {
        self.cancellations.iter().find(|line| line.client == client && line.id == id)
    }

    /// The request for cancellation of that number.
    pub fn cancellation_at(&self, number: u32) -> Option<&CancellationLine<'static>> {
        self.cancellations.get((number as usize).wrapping_sub(1))
    }

    /// Number that the next request for cancellation gets.
    pub fn cancellation_next(&self) -> u32 {
        self.cancellations.len() as u32 + 1
    }

    /// Number that the next report gets.
    pub fn document_next(&self) -> u32 {
        self.documents.len() as u32 + 1
    }

    /// The report of that number.
    pub fn document(&self, number: u32) -> Option<&DocumentRow> {
        self.documents.get((number as usize).wrapping_sub(1))
    }

    /// The first report of a client after that number.
    pub fn document_after(&self, client: &str, after: u32) -> Option<u32> {
        let numbers = self.by_client.get(client)?;
        let position = numbers.partition_point(|number| *number <= after);
        numbers.get(position).copied()
    }

    /// The report that is to be called back next, and when.
    pub fn outbox_first(&self, client: &str) -> Option<(i64, u32)> {
        self.outbox.get(client)?.first().copied()
    }

    /// Takes a report out of the callbacks: it was delivered, or is left to polling.
    pub fn leave_outbox(&mut self, document: u32) {
        let Some(client) = self.document(document).map(|row| row.client.clone()) else { return };
        if let Some(waiting) = self.outbox.get_mut(&client) {
            waiting.retain(|(_, number)| *number != document);
        }
    }

    /// Whether a report still waits to be called back.
    pub fn is_in_outbox(&self, document: u32) -> bool {
        let client = self.document(document).map(|row| &row.client);
        let waiting = client.and_then(|client| self.outbox.get(client));
        waiting.is_some_and(|waiting| waiting.iter().any(|(_, number)| *number == document))
    }

    /// The step that is due first: when, order, position.
    pub fn due_first(&self) -> Option<(i64, u32, u32)> {
        self.due.first().copied()
    }

    fn queue_all(&mut self) {
        self.due.clear();
        for order in 1..self.order_next() {
            self.queue(order);
        }
    }

    /// Puts the undone steps of an order whose day has come into the queue.
    fn queue(&mut self, number: u32) {
        let (Some(order), Some(today)) = (self.order(number), self.day) else { return };
        let opened_at = self.day_opened_at;
        let Some(progress) = self.progress_of(number) else { return };
        let micros = |ms: u64| i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX);
        let mut due = Vec::new();
        for (position, step) in progress.steps.iter().enumerate() {
            if step.day > today || progress.done.get(position) != Some(&false) {
                continue;
            }
            let (first_day, at) = step.since.unwrap_or((order.day, order.at));
            let from = if step.day <= first_day { at } else { opened_at };
            due.push((from.saturating_add(micros(step.after_ms)), number, position as u32));
        }
        self.due.extend(due);
    }

    /// Copies the entries of these numbers out, account by account, with all that is needed to show them.
    pub fn extracts(&self, numbers: impl Iterator<Item = u32>) -> Vec<Extract> {
        let mut extracts: Vec<(u16, Extract)> = Vec::new();
        for number in numbers {
            let Some(entry) = self.ledger.entry(number) else { continue };
            let position = match extracts.iter().position(|(account, _)| *account == entry.account) {
                Some(position) => position,
                None => {
                    let Some(extract) = self.extract_of(entry.account) else { continue };
                    extracts.push((entry.account, extract));
                    extracts.len() - 1
                }
            };
            let Some((_, extract)) = extracts.get_mut(position) else { continue };
            let last = entry.posting_first + entry.postings;
            let postings =
                (entry.posting_first..last).filter_map(|number| self.ledger.posting(number).copied());
            extract.postings.insert(number, postings.collect());
            if let Some(order) = self.order(entry.order) {
                extract.orders.insert(entry.order, order);
            }
            extract.entries.push((number, entry.clone()));
        }
        extracts.into_iter().map(|(_, extract)| extract).collect()
    }

    /// An extract without entries of a customer's account.
    fn extract_of(&self, position: u16) -> Option<Extract> {
        let account = self.ledger.account_at(position)?;
        let section = self.config.account.iter().find(|section| section.id() == account.id)?;
        Some(Extract {
            account: LedgerAccount { entries_open: Vec::new(), ..account.clone() },
            owner: section.name.clone(),
            is_iban: section.iban.is_some(),
            entries: Vec::new(),
            postings: BTreeMap::new(),
            orders: BTreeMap::new(),
            error_minor: 0,
        })
    }

    /// The open day of each customer's account: its owner, and its entries since the last statement.
    pub fn statements_due(&self) -> Vec<(String, Extract)> {
        let mut due = Vec::new();
        for (position, account) in self.ledger.accounts().iter().enumerate() {
            let section = self.config.account.iter().find(|section| section.id() == account.id);
            let Some(section) = section else { continue };
            let extract = self.extracts(account.entries_open.iter().copied()).pop();
            if let Some(extract) = extract.or_else(|| self.extract_of(position as u16)) {
                due.push((section.client.clone(), extract));
            }
        }
        due
    }

    /// Where the octets of a report lie.
    pub fn document_path(&self, file: u32) -> PathBuf {
        self.dir.join("documents").join(format!("{file:08}.xml"))
    }

    /// Where the octets of an order are put: under their digest, so that no number must be reserved.
    pub fn order_path(&self, digest: &[u8; 32]) -> PathBuf {
        order_path(&self.dir, &hex(digest))
    }
}

/// Takes the folder for this bank alone.
fn lock(dir: &Path) -> Result<File, BooksError> {
    let path = dir.join("sandbox.lock");
    let disk = |cause| BooksError::Disk { path: path.clone(), cause };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(disk)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BooksError::Locked { path }),
        Err(TryLockError::Error(cause)) => Err(disk(cause)),
    }
}

fn order_path(dir: &Path, digest: &str) -> PathBuf {
    dir.join("orders").join(format!("{digest}.xml"))
}

fn progress_mut(progress: &mut [Progress], order: u32) -> Option<&mut Progress> {
    progress.get_mut((order as usize).wrapping_sub(1))
}

fn parse_day(day: &str) -> Result<NaiveDate, BooksError> {
    day.parse().map_err(|_| BooksError::Day { day: day.to_owned() })
}
