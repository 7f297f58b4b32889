//! Verifies a data directory: the chain, its heads here and in the send journal, the roots, the
//! documents, and that the views are what the facts lead to. Never repairs.

use super::Places;
use super::load;
use super::persist::{self, Refused};
use super::schema::{self, failed};
use super::writer::read_head;
use crate::domain::entry::Digest;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::row::Subject;
use crate::store::StoreError;
use crate::store::audit::AuditReport;
use crate::store::chain::{self, Head, SECTION_FACTS};
use crate::store::documents::{DocumentFiles, verified};
use crate::store::facts;
use crate::store::lookup::Lookup;
use crate::store::send_journal::{self, JournalLine, JournalRead};
use crate::store::view::View;
use crate::store::view::apply::apply;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Facts folded at once. Source: parts of a report have as many records.
const FOLDED_AT_ONCE: usize = 1_000;

/// Tables that follow from the facts, each with the number of columns of its key.
const TABLES: &[(&str, usize)] = &[
    ("payout", 1),
    ("message", 1),
    ("block", 1),
    ("document", 1),
    ("entry", 1),
    ("exception", 1),
    ("statement", 1),
    ("request", 1),
    ("cursor", 1),
    ("bank_reference", 2),
];

/// Columns that name a document, with their tables.
const NAMED_DOCUMENTS: &[(&str, &str, &str)] =
    &[("message", "key", "document"), ("document", "key", "digest"), ("request", "request", "answer")];

/// Audits what the connection's snapshot shows.
pub fn audit(
    connection: &Connection,
    places: &Places,
    files: &DocumentFiles,
) -> Result<AuditReport, StoreError> {
    let mut report = AuditReport::new();
    let journal = send_journal::read_all(&places.send_journal)?;
    let whole = walk_facts(connection, &journal, &mut report)?;
    check_head(connection, &mut report)?;
    check_journal(connection, &journal, &mut report)?;
    check_documents(connection, files, &mut report)?;
    if let Some(scratch) = whole {
        for (table, keys) in TABLES {
            compare(connection, &scratch, (table, *keys), &mut report).map_err(failed("comparing views"))?;
        }
    }
    Ok(report)
}

/// Follows the chain from the first fact to the last and folds the facts on the way. Answers the
/// views they lead to, or nothing when a fact is missing or does not read: then every view differs.
fn walk_facts(
    connection: &Connection,
    journal: &JournalRead,
    report: &mut AuditReport,
) -> Result<Option<Connection>, StoreError> {
    let reading = failed("reading facts");
    let announced: BTreeSet<(&str, u32)> =
        journal.lines.iter().map(|line| (line.message_id.as_str(), line.attempt)).collect();
    let mut fold = Fold { scratch: schema::open_scratch()?, first: 1, facts: Vec::new(), announced };
    let (mut head, mut section, mut whole) = (Head::GENESIS, Vec::new(), true);
    let mut statement =
        connection.prepare("SELECT seq, body, hash FROM facts ORDER BY seq").map_err(&reading)?;
    let mut rows = statement.query([]).map_err(&reading)?;
    while let Some(row) = rows.next().map_err(&reading)? {
        let seq: i64 = row.get(0).map_err(&reading)?;
        let octets = row.get_ref(1).map_err(&reading)?.as_bytes().map_err(|error| reading(error.into()))?;
        let hash: chain::Hash = row.get(2).map_err(&reading)?;
        if seq != head.seq + 1 {
            report.find("audit.fact_missing", format!("fact {}", head.seq + 1), "the fact is not there");
            whole = false;
        } else if chain::link(&head.hash, octets) != hash {
            let text = "its octets and the hash of the fact before it do not give its hash";
            report.find("audit.chain", format!("fact {seq}"), text);
        }
        head = Head { seq, hash };
        section.push(hash);
        if seq % SECTION_FACTS == 0 {
            check_root(connection, seq, &section, report)?;
            section.clear();
        }
        match facts::decode(octets) {
            Ok(recorded) if whole => fold.take(recorded, report)?,
            Ok(_) => {}
            Err(error) => {
                report.find(error.code(), format!("fact {seq}"), error.to_string());
                whole = false;
            }
        }
        report.facts += 1;
    }
    if whole {
        fold.flush(report)?;
    }
    report.head = head;
    Ok(whole.then_some(fold.scratch))
}

fn check_root(
    connection: &Connection,
    last: i64,
    section: &[chain::Hash],
    report: &mut AuditReport,
) -> Result<(), StoreError> {
    let stored: Option<chain::Hash> = connection
        .query_row("SELECT root FROM merkle WHERE last_seq = ?1", [last], |row| row.get(0))
        .optional()
        .map_err(failed("reading a root"))?;
    report.sections += 1;
    if stored != Some(chain::root(section)) {
        let place = format!("section {}", chain::section_of(last));
        report.find("audit.root", place, "its facts do not give its root");
    }
    Ok(())
}

/// The facts since the last flush, and the views that all facts before them lead to.
struct Fold<'j> {
    scratch: Connection,
    first: i64,
    facts: Vec<Recorded>,
    announced: BTreeSet<(&'j str, u32)>,
}

impl Fold<'_> {
    fn take(&mut self, recorded: Recorded, report: &mut AuditReport) -> Result<(), StoreError> {
        self.facts.push(recorded);
        if self.facts.len() >= FOLDED_AT_ONCE { self.flush(report) } else { Ok(()) }
    }

    fn flush(&mut self, report: &mut AuditReport) -> Result<(), StoreError> {
        let folding = failed("folding facts");
        let facts = std::mem::take(&mut self.facts);
        let transaction = self.scratch.transaction().map_err(&folding)?;
        let mut view = View::new(load::counters(&transaction).map_err(&folding)?);
        let lookups = facts.iter().flat_map(|recorded| lookups(&recorded.fact)).collect();
        load::fill(&transaction, &mut view, lookups).map_err(&folding)?;
        for (seq, recorded) in (self.first..).zip(&facts) {
            apply(&mut view, recorded);
            if let Fact::StepStarted { key, attempt, .. } = &recorded.fact {
                let message_id = view.messages.get(key).map_or("", |message| &message.message_id);
                if !self.announced.contains(&(message_id, *attempt)) {
                    let text = "the send journal does not name the attempt";
                    report.find("audit.journal_line_missing", format!("fact {seq}"), text);
                }
            }
        }
        match persist::rows(&transaction, &view, &facts, self.first) {
            Ok(()) => {}
            Err(Refused::Conflict) => {
                let place = format!("facts {} to {}", self.first, self.first + facts.len() as i64 - 1);
                report.find("audit.fold", place, "they contradict the facts before them");
            }
            Err(Refused::Failed(error)) => return Err(folding(error)),
        }
        self.first += facts.len() as i64;
        transaction.commit().map_err(&folding)
    }
}

/// The rows that applying a fact changes.
fn lookups(fact: &Fact) -> Vec<Lookup> {
    match fact {
        Fact::PayoutRecorded { replaces, .. } => replaces.iter().map(|key| Lookup::Payout(*key)).collect(),
        Fact::MessageFrozen(frozen) => {
            frozen.blocks.iter().flat_map(|block| &block.members).map(|key| Lookup::Payout(*key)).collect()
        }
        Fact::MessageDissolved { key, .. } => vec![Lookup::MessageMembers(*key)],
        Fact::CancellationFrozen(request) => vec![Lookup::Payout(request.payout)],
        Fact::CancellationAnswered { key, request, .. } => {
            std::iter::once(Lookup::Payout(*key)).chain(request.map(Lookup::Message)).collect()
        }
        Fact::EntryUnmatched { identity, .. } => vec![Lookup::Entry(identity.clone())],
        Fact::DocumentReceived { .. }
        | Fact::StatementRead { .. }
        | Fact::RequestAnswered { .. }
        | Fact::GateOpened { .. }
        | Fact::CollectedUpTo { .. } => Vec::new(),
        other => match other.subject() {
            Subject::Payout(key) => vec![Lookup::Payout(key)],
            Subject::Message(key) => vec![Lookup::Message(key)],
            Subject::Block(key) => vec![Lookup::Block(key)],
            Subject::Document(key) => vec![Lookup::DocumentKey(key)],
            Subject::Entry(_) | Subject::Gateway => Vec::new(),
        },
    }
}

/// The head kept beside the facts is the last fact: a cut tail shows here.
fn check_head(connection: &Connection, report: &mut AuditReport) -> Result<(), StoreError> {
    let kept = read_head(connection).map_err(failed("reading the head"))?;
    match kept.seq.cmp(&report.head.seq) {
        Ordering::Greater => {
            let place = format!("fact {}", report.head.seq + 1);
            report.find("audit.tail", place, format!("facts up to {} are not there", kept.seq));
        }
        Ordering::Less => {
            let place = format!("fact {}", kept.seq + 1);
            report.find("audit.head", place, "the store's head does not know it");
        }
        Ordering::Equal if kept.hash != report.head.hash => {
            report.find("audit.head", format!("fact {}", kept.seq), "its hash is not the store's head");
        }
        Ordering::Equal => {}
    }
    Ok(())
}

/// Every head that the journal witnessed is in the chain.
fn check_journal(
    connection: &Connection,
    journal: &JournalRead,
    report: &mut AuditReport,
) -> Result<(), StoreError> {
    let reading = failed("reading hashes");
    report.journal_lines = journal.lines.len() as u64;
    for number in &journal.damaged {
        report.find("audit.journal", format!("send journal line {number}"), "the line does not read");
    }
    for number in &journal.torn {
        report
            .remarks
            .push(format!("send journal line {number} was cut off by a crash; nothing was sent for it"));
    }
    let mut hash_of = connection.prepare("SELECT hash FROM facts WHERE seq = ?1").map_err(&reading)?;
    let mut attempts =
        connection.prepare("SELECT max(attempt) FROM message WHERE message_id = ?1").map_err(&reading)?;
    let gate = journal.lines.iter().rposition(JournalLine::is_gate).unwrap_or(0);
    let mut elsewhere = 0usize;
    for (number, line) in journal.lines.iter().enumerate().filter(|(_, line)| !line.is_gate()) {
        let hash: Option<chain::Hash> = match line.head.seq {
            0 => Some(Head::GENESIS.hash),
            seq => hash_of.query_row([seq], |row| row.get(0)).optional().map_err(&reading)?,
        };
        if hash != Some(line.head.hash) && number < gate {
            elsewhere += 1;
            continue;
        }
        if hash != Some(line.head.hash) {
            let text = "the send journal witnessed another fact here before it announced an attempt";
            report.find("audit.witness", format!("fact {}", line.head.seq), text);
        }
        let known: Option<u32> =
            attempts.query_row([&line.message_id], |row| row.get(0)).map_err(&reading)?;
        if known.is_none_or(|attempt| attempt < line.attempt) {
            let (message, attempt) = (&line.message_id, line.attempt);
            report
                .remarks
                .push(format!("attempt {attempt} of message {message} was announced and never recorded"));
        }
    }
    if elsewhere > 0 {
        let text = "lines of the send journal name facts that were lost with a restore; the audit before the gate was opened took them in";
        report.remarks.push(format!("{elsewhere} {text}"));
    }
    Ok(())
}

/// Every document has its digest, and every document that a row names is there.
fn check_documents(
    connection: &Connection,
    files: &DocumentFiles,
    report: &mut AuditReport,
) -> Result<(), StoreError> {
    let reading = failed("reading documents");
    let mut statement = connection.prepare("SELECT digest, octets FROM document_body").map_err(&reading)?;
    let mut rows = statement.query([]).map_err(&reading)?;
    while let Some(row) = rows.next().map_err(&reading)? {
        let digest = Digest(row.get(0).map_err(&reading)?);
        report.documents += 1;
        if verified(digest, row.get(1).map_err(&reading)?).is_err() {
            report.find(
                "audit.document",
                format!("document {}", digest.hex()),
                "its octets have another digest",
            );
        }
    }
    let listed = files.list()?;
    for digest in &listed {
        report.documents += 1;
        match files.read(*digest) {
            Ok(_) => {}
            Err(error @ StoreError::DocumentDamaged { .. }) => {
                report.find("audit.document", format!("document {}", digest.hex()), error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    for (table, key, column) in NAMED_DOCUMENTS {
        let sql = format!(
            "SELECT CAST({key} AS TEXT), {column} FROM {table} t \
             WHERE NOT EXISTS (SELECT 1 FROM document_body WHERE digest = t.{column})"
        );
        let mut statement = connection.prepare(&sql).map_err(&reading)?;
        let mut rows = statement.query([]).map_err(&reading)?;
        while let Some(row) = rows.next().map_err(&reading)? {
            let (key, digest): (String, _) =
                (row.get(0).map_err(&reading)?, Digest(row.get(1).map_err(&reading)?));
            if listed.binary_search(&digest).is_err() {
                let text = format!("document {} is not there", digest.hex());
                report.find("audit.document_missing", format!("{table} {key} {column}"), text);
            }
        }
    }
    Ok(())
}

/// Walks a table here and as the facts make it, side by side in the order of the key.
fn compare(
    connection: &Connection,
    scratch: &Connection,
    table: (&str, usize),
    report: &mut AuditReport,
) -> rusqlite::Result<()> {
    let (name, keys) = table;
    let order = (1..=keys).map(|place| place.to_string()).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT * FROM {name} ORDER BY {order}");
    let (mut here, mut there) = (connection.prepare(&sql)?, scratch.prepare(&sql)?);
    let columns: Vec<String> = here.column_names().map(str::to_owned).collect();
    let (mut here, mut there) = (here.query([])?, there.query([])?);
    let (mut left, mut right) = (here.next()?, there.next()?);
    loop {
        let side = match (left, right) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => by_key(left, right, keys)?,
        };
        report.rows += 1;
        match (side, left, right) {
            (Ordering::Less, Some(row), _) => {
                report.find("audit.view", place(name, row, keys)?, "no fact leads to this row");
            }
            (Ordering::Greater, _, Some(row)) => {
                report.find(
                    "audit.view",
                    place(name, row, keys)?,
                    "the row that the facts lead to is not there",
                );
            }
            (Ordering::Equal, Some(left), Some(right)) => {
                for (number, column) in columns.iter().enumerate() {
                    if left.get_ref(number)? != right.get_ref(number)? {
                        let place = format!("{} {column}", place(name, left, keys)?);
                        report.find("audit.view", place, "the facts lead to another value");
                        break;
                    }
                }
            }
            _ => {}
        }
        if side != Ordering::Greater {
            left = here.next()?;
        }
        if side != Ordering::Less {
            right = there.next()?;
        }
    }
}

fn by_key(left: &Row<'_>, right: &Row<'_>, keys: usize) -> rusqlite::Result<Ordering> {
    for number in 0..keys {
        let order = match (left.get_ref(number)?, right.get_ref(number)?) {
            (ValueRef::Integer(one), ValueRef::Integer(other)) => one.cmp(&other),
            (one, other) => one.as_bytes().unwrap_or_default().cmp(other.as_bytes().unwrap_or_default()),
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

fn place(table: &str, row: &Row<'_>, keys: usize) -> rusqlite::Result<String> {
    let mut place = table.to_owned();
    for number in 0..keys {
        place.push(' ');
        match row.get_ref(number)? {
            ValueRef::Integer(key) => place.push_str(&key.to_string()),
            other => place.push_str(&String::from_utf8_lossy(other.as_bytes().unwrap_or_default())),
        }
    }
    Ok(place)
}
