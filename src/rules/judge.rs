//! Applies rule sets to every document of an input, in the same pass as the schema walk. Never how findings are shown.

use std::io::BufRead;
use std::rc::Rc;

use chrono::NaiveDate;

use crate::messages::unwrap::Source;
use crate::messages::validate::{
    Judge as By, Judged as ByFile, Parsed, Seen, Validated, together, validate_watched,
};
use crate::schema::model::Schema;

use super::check::{Found, Repeated, Running, Scene};
use super::duplicates::{REMEMBERED_MAX, Remembered};
use super::gather::{Gather, Part};
use super::settlement::{self, Speed};
use super::unit::{Level, Unit};
use super::{Rule, RuleSet, Severity, parties};
use crate::domain::calendar::Calendar;
use crate::domain::exact::Exact;
use crate::domain::reference::END_TO_END_ID_ABSENT;

/// Findings of each severity that are kept; all are counted. Chosen by us.
pub const FINDINGS_KEPT_MAX: usize = 1_000;

/// A rule that is broken, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The set that was asked for.
    pub set: &'static str,
    /// The file that holds it, with the entry of an archive or the place of packed text behind the input's name.
    pub file: Rc<str>,
    /// From 1.
    pub line: u64,
    /// Characters since the last line feed, plus 1.
    pub column: u64,
    /// With indexes.
    pub path: String,
    /// What is wrong.
    pub text: String,
    /// The day for which the rule was judged.
    pub tested: NaiveDate,
}

/// What the rules found in a file.
#[derive(Debug, Default)]
pub struct Judged {
    /// In order of place; of each severity the first [`FINDINGS_KEPT_MAX`].
    pub findings: Vec<Finding>,
    /// Findings of rules that refuse, kept or not.
    pub errors: u64,
    /// Findings of rules that warn, kept or not.
    pub warnings: u64,
    /// Documents whose parts are known, so that rules could be judged.
    pub documents: u64,
}

/// What is asked of the rules: which sets, and the day that stands for today.
#[derive(Clone, Copy)]
pub struct Asked<'s> {
    /// Each once.
    pub sets: &'s [&'static RuleSet],
    /// `--as-of`.
    pub today: NaiveDate,
}

/// The schema's verdict on each document in the input and what these rule sets say, as of that day.
pub fn judge(
    input: impl BufRead,
    schema: Option<&Schema>,
    sets: &[&'static RuleSet],
    today: NaiveDate,
) -> (Validated, Judged) {
    let mut input = input;
    let by = schema.map_or(By::Shipped, By::One);
    let (files, judged) = judge_source(Source::Stream(&mut input), None, by, Asked { sets, today });
    (together(files), judged)
}

/// The same for an input that may hold several files, one verdict of the schema for each.
pub fn judge_source(
    source: Source<'_>,
    file_name: Option<&str>,
    by: By<'_>,
    asked: Asked<'_>,
) -> ((Vec<ByFile>, Parsed), Judged) {
    let mut judge = Judge::new(asked.sets, asked.today);
    let files = validate_watched(source, file_name, by, &mut |seen| judge.see(seen));
    (files, judge.done())
}

/// Rules of one set that look at one level.
struct Assigned {
    set: &'static RuleSet,
    level: Level,
    rules: Vec<&'static Rule>,
}

struct Judge {
    today: NaiveDate,
    assigned: Vec<Assigned>,
    gathered: Gather,
    batch: Running,
    message: Running,
    /// Message, payment information, instruction and end-to-end ids.
    remembered: [Remembered; 4],
    repeated_message_id: Option<u32>,
    /// The message's id was compared.
    id_seen: bool,
    /// The message has ended as it should, so that counts and sums can be told.
    complete: bool,
    judged: Judged,
    found: Vec<Found>,
    /// The file that holds the document.
    file: Rc<str>,
}

impl Judge {
    fn new(sets: &[&'static RuleSet], today: NaiveDate) -> Judge {
        let mut assigned = Vec::new();
        for set in sets {
            for level in [Level::Group, Level::Batch, Level::Transaction] {
                let looks = |rule: &&'static Rule| rule.check.levels().contains(&level);
                assigned.push(Assigned { set, level, rules: set.rules.iter().filter(looks).collect() });
            }
        }
        Judge {
            today,
            assigned,
            gathered: Gather::default(),
            batch: Running::default(),
            message: Running::default(),
            remembered: std::array::from_fn(|_| Remembered::up_to(REMEMBERED_MAX)),
            repeated_message_id: None,
            id_seen: false,
            complete: false,
            judged: Judged::default(),
            found: Vec::new(),
            file: Rc::from(""),
        }
    }

    fn done(mut self) -> Judged {
        self.close_message();
        // Files in the order in which they were read, and the places of each in their own.
        for of_file in self.judged.findings.chunk_by_mut(|one, other| one.file == other.file) {
            of_file.sort_by_key(|finding| (finding.line, finding.column));
        }
        self.judged
    }

    fn see(&mut self, seen: Seen<'_>) {
        if let Seen::Opened { file, .. } = &seen {
            self.close_message();
            self.begin_file(file);
        }
        match self.gathered.see(seen) {
            None => {}
            Some(Part::Document) => self.begin_message(),
            // A status report has two parts of this kind and one id.
            Some(Part::Group) if std::mem::replace(&mut self.id_seen, true) => {}
            Some(Part::Group) => {
                let id = self.gathered.group.one("MsgId").filter(|leaf| !leaf.text.is_empty());
                let remembered = &mut self.remembered[0];
                let scope = [self.gathered.message];
                self.repeated_message_id = id.and_then(|id| remembered.see(&scope, id.text, id.place.line));
            }
            Some(Part::Transaction) => self.transaction(),
            Some(Part::Batch) => self.batch(),
            Some(Part::Message) => {
                self.complete = true;
                self.group();
            }
        }
    }

    /// Where the input broke off, what stands in the header is judged still, but not what it counts.
    fn close_message(&mut self) {
        if self.gathered.message.is_empty() {
            return;
        }
        if !self.complete {
            self.group();
        }
        self.judged.documents += 1;
    }

    /// What is unique in a file need not be so in all files of an archive.
    fn begin_file(&mut self, file: &str) {
        // A text of a file that packs a document is part of that file.
        let entry = |file: &str| file.split("!/").next().unwrap_or_default().to_owned();
        if entry(&self.file) != entry(file) {
            self.remembered.iter_mut().for_each(Remembered::forget);
        }
        if *self.file != *file {
            self.file = Rc::from(file);
        }
    }

    fn begin_message(&mut self) {
        self.batch = Running::default();
        self.message = Running::default();
        self.repeated_message_id = None;
        self.id_seen = false;
        self.complete = false;
        // A payment information id is unique in its message; the others are looked for in the whole file.
        self.remembered[1].forget();
    }

    fn transaction(&mut self) {
        let repeated = self.remember_transaction();
        let transaction = &self.gathered.transaction;
        let amount = parties::amount(transaction).and_then(|leaf| Exact::parse(leaf.text));
        for running in [&mut self.batch, &mut self.message] {
            running.count += 1;
            running.total.add(amount);
            let side = match transaction.text("CdtDbtInd") {
                Some("CRDT") => &mut running.credits,
                Some("DBIT") => &mut running.debits,
                _ => continue,
            };
            side.0 += 1;
            side.1.add(amount);
        }
        self.apply(Level::Transaction, repeated, self.batch);
    }

    fn remember_transaction(&mut self) -> Repeated {
        if self.gathered.message != "pain.001" {
            return Repeated::default();
        }
        let Gather { transaction, batch, .. } = &self.gathered;
        let id = |path| transaction.one(path).filter(|leaf| !leaf.text.is_empty());
        let account = debtor_account(batch);
        let start = batch.place.line.to_string();
        let column = batch.place.column.to_string();
        let [_, _, instructions, ends] = &mut self.remembered;
        let instruction = id("PmtId/InstrId");
        let end = id("PmtId/EndToEndId").filter(|leaf| leaf.text != END_TO_END_ID_ABSENT);
        Repeated {
            // Within its batch, hence the batch's place.
            instruction_id: instruction
                .and_then(|leaf| instructions.see(&[&start, &column], leaf.text, leaf.place.line)),
            end_to_end_id: end.and_then(|leaf| ends.see(&[account], leaf.text, leaf.place.line)),
            ..Repeated::default()
        }
    }

    fn batch(&mut self) {
        let running = std::mem::take(&mut self.batch);
        let id = self.gathered.batch.one("PmtInfId").filter(|leaf| !leaf.text.is_empty());
        let remembered = &mut self.remembered[1];
        let repeated = Repeated {
            payment_information_id: id.and_then(|id| remembered.see(&[], id.text, id.place.line)),
            ..Repeated::default()
        };
        self.apply(Level::Batch, repeated, running);
    }

    fn group(&mut self) {
        let repeated = Repeated { message_id: self.repeated_message_id, ..Repeated::default() };
        let running = self.message;
        self.apply(Level::Group, repeated, running);
    }

    /// Applies every rule that looks at this level to the part that is complete.
    fn apply(&mut self, level: Level, repeated: Repeated, running: Running) {
        let assigned = std::mem::take(&mut self.assigned);
        for Assigned { set, rules, .. } in assigned.iter().filter(|assigned| assigned.level == level) {
            let (days, tested) = self.settlement(set, level);
            for rule in rules.iter().filter(|rule| rule.holds_on(tested)) {
                let scene = Scene {
                    level,
                    gathered: &self.gathered,
                    today: self.today,
                    tested,
                    days,
                    repeated,
                    running,
                    remembered: &self.remembered,
                };
                let judgeable = level != Level::Group || !rule.when.needs_transaction();
                let counts = level != Level::Group || self.complete || !rule.check.counts();
                if judgeable && counts && rule.when.applies(&scene) {
                    rule.check.find(&scene, &mut self.found);
                }
                let found = std::mem::take(&mut self.found);
                found.into_iter().for_each(|found| self.report((set, rule), tested, found));
            }
        }
        self.assigned = assigned;
    }

    /// Calendar of the part that is judged, and the day that decides.
    fn settlement(&self, set: &RuleSet, level: Level) -> (Calendar, NaiveDate) {
        let Gather { transaction, batch, .. } = &self.gathered;
        let currency = match level {
            Level::Group => None,
            _ => parties::currency(transaction),
        };
        let instant = [settlement::speed(batch), settlement::speed(transaction)];
        let speed = match level {
            Level::Group => Speed::Ordinary,
            Level::Batch => instant[0],
            Level::Transaction if instant.contains(&Speed::Instant) => Speed::Instant,
            Level::Transaction => Speed::Ordinary,
        };
        let days = settlement::days(set.rail, currency, speed);
        match level {
            Level::Group => (days, days.roll_forward(self.today)),
            _ => (days, settlement::tested_date(&self.gathered, days, self.today)),
        }
    }

    fn report(&mut self, (set, rule): (&'static RuleSet, &'static Rule), tested: NaiveDate, found: Found) {
        let counted = match rule.severity {
            Severity::Error => &mut self.judged.errors,
            Severity::Warning => &mut self.judged.warnings,
        };
        *counted += 1;
        if *counted <= FINDINGS_KEPT_MAX as u64 {
            let Found { place, path, text } = found;
            let text = match rule.certainty {
                super::Certainty::Certain => text,
                super::Certainty::Uncertain => format!("{text}; the rule is uncertain"),
            };
            let (line, column) = (place.line, place.column);
            let file = Rc::clone(&self.file);
            self.judged.findings.push(Finding {
                rule,
                set: &set.name,
                file,
                line,
                column,
                path,
                text,
                tested,
            });
        }
    }
}

/// What tells one debtor account from another.
fn debtor_account(batch: &Unit) -> &str {
    let paths = ["DbtrAcct/Id/IBAN", "DbtrAcct/Id/Othr/Id"];
    paths.iter().find_map(|path| batch.text(path)).unwrap_or_default()
}
