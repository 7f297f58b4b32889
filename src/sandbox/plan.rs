//! What the bank does with an order, when: pure function of the order, the processing rules and the
//! behaviour script, so that a bank that was killed goes on where it was. Never does any of it.

use chrono::NaiveDate;

use super::behaviour::{Behaviour, Fault};
use super::cancellations::Stage;
use super::config::{Level, Processing};
use super::order::{Code, Line, Order};
use super::record::{Kind, Shown, Verdict};
use super::scenarios::{self, Effect, Release, Returned, Scope, Stranger};
use crate::domain::calendar::Calendar;

/// Something to do at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Business day on which it is due; today and earlier count from acceptance, later days from their opening.
    pub day: NaiveDate,
    /// Milliseconds from there.
    pub after_ms: u64,
    /// What.
    pub act: Act,
    /// The bank keeps the report to itself: an inquiry knows it, nobody is told.
    pub quiet: bool,
    /// For what follows from a later request: its business day and instant, from which the step is counted.
    pub since: Option<(NaiveDate, i64)>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A pain.002.
    Report(StatusReport),
    /// The report of an earlier step once more, octet by octet.
    ReportAgain {
        /// Position of that step.
        step: u32,
    },
    /// A pacs.002, as received from the other side.
    Relay {
        /// Payments, by position, and what is said of them.
        lines: Vec<LineStatus>,
    },
    /// Debits.
    Debit {
        /// Payments, by position, rising.
        lines: Vec<u32>,
    },
    /// Money back.
    Credit(Credit),
    /// A movement that is not the client's order.
    Stranger {
        /// The payment beside which it happens.
        line: u32,
        /// What it is.
        what: Stranger,
    },
    /// The notification (camt.054) of what an earlier step booked.
    Notify {
        /// Position of that step.
        step: u32,
    },
    /// A camt.029.
    Resolve {
        /// The request that it answers.
        cancellation: u32,
        /// How far it is.
        stage: Stage,
    },
}

/// Money that comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Credit {
    /// The payment.
    pub line: u32,
    /// Return or refund.
    pub kind: Kind,
    /// Why.
    pub reason: Code,
    /// How.
    pub how: Returned,
}

/// The content of a pain.002.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusReport {
    /// `GrpSts` and reason.
    pub group: Option<(Code, Option<Code>)>,
    /// Blocks that are spoken of.
    pub blocks: Vec<BlockStatus>,
    /// Takes the identification of the report that this step made.
    pub identification_of: Option<u32>,
}

/// One block in a pain.002.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockStatus {
    /// Position of the block.
    pub block: u32,
    /// `PmtInfSts`.
    pub status: Option<Code>,
    /// Payments that are spoken of.
    pub lines: Vec<LineStatus>,
}

/// One payment in a status report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStatus {
    /// Position of the payment.
    pub line: u32,
    /// `TxSts`.
    pub status: Code,
    /// Reason.
    pub reason: Option<Code>,
    /// The execution date that takes the place of the requested one.
    pub date: Option<NaiveDate>,
}

impl LineStatus {
    /// A status without a new date.
    pub fn of(line: u32, status: Code, reason: Option<Code>) -> LineStatus {
        LineStatus { line, status, reason, date: None }
    }
}

/// Accepted technically.
pub const ACTC: Code = Code::of("ACTC");
/// Accepted for execution.
pub const ACSP: Code = Code::of("ACSP");
/// Accepted for a later day.
pub const ACCP: Code = Code::of("ACCP");
/// Accepted with a change.
pub const ACWC: Code = Code::of("ACWC");
/// Received.
pub const RCVD: Code = Code::of("RCVD");
/// Authorised in part: a signature is missing.
pub const PATC: Code = Code::of("PATC");
/// The check of payees is running.
pub const RVNC: Code = Code::of("RVNC");
/// All payees match.
pub const RCVC: Code = Code::of("RCVC");
/// Not all payees match.
pub const RVCM: Code = Code::of("RVCM");
/// Settled on the debtor's side.
pub const ACSC: Code = Code::of("ACSC");
/// Settled on the creditor's side.
pub const ACCC: Code = Code::of("ACCC");
/// Rejected.
pub const RJCT: Code = Code::of("RJCT");
/// Some accepted, others not.
pub const PART: Code = Code::of("PART");
/// Waiting.
pub const PDNG: Code = Code::of("PDNG");

/// Charge taken in scenarios with a charge, in minor units. Chosen by us.
pub const CHARGE_MINOR: i64 = 150;

/// What happens to one payment, and which message scenario it is under.
struct Fate {
    effect: Effect,
    reason: Code,
}

/// Makes the plan of an order. The positions of its steps never change.
pub fn plan(order: &Order, processing: &Processing, behaviour: &Behaviour) -> Vec<Step> {
    let refused =
        |code: &str| vec![step_now(order, processing.acceptance_ms, group(RJCT, Some(Code::of(code))))];
    match order.verdict {
        Verdict::Processed | Verdict::ProcessedAgain => {}
        Verdict::WrongGroupCount => return refused("AM19"),
        Verdict::WrongGroupSum => return refused("AM10"),
        Verdict::WrongBlockCount => return refused("AM20"),
        Verdict::WrongBlockSum => return refused("AM17"),
        Verdict::Suspended => {
            let suspended = group(PDNG, Some(Code::of("AM05")));
            return vec![step_now(order, processing.acceptance_ms, suspended)];
        }
        Verdict::Duplicate => return refused("AM05"),
    }
    let unasked = match behaviour.befalls(Fault::Regress, &order.message_id) {
        Some(_) => Effect::Reversed,
        None => Effect::Straight,
    };
    let message = order.message_scenario().map_or(unasked, |scenario| scenario.effect);
    match message {
        Effect::RefuseLater(code) => return refused(code),
        Effect::Held => return vec![step_now(order, processing.acceptance_ms, group(PDNG, None))],
        _ => {}
    }
    let is_silent =
        message == Effect::CutThenBooked || behaviour.befalls(Fault::Silent, &order.message_id).is_some();
    let mut planner = Planner { order, processing, behaviour, message, is_silent, steps: Vec::new() };
    planner.accept();
    let mut days: Vec<NaiveDate> = order.blocks.iter().map(|block| block.date.max(order.day)).collect();
    days.sort_unstable();
    days.dedup();
    for day in days {
        planner.execute_on(day);
    }
    let wait_ms = match message {
        // A client that hears nothing asks, finds nothing and sends again: that takes its time.
        Effect::RepeatRejected | Effect::RepeatReplayed | Effect::RepeatExecuted => processing.repeat_wait_ms,
        Effect::Payee(_, Release::Given) | Effect::Signature(Release::Given) => processing.late_ms,
        _ => 0,
    };
    for step in &mut planner.steps {
        step.after_ms = step.after_ms.saturating_add(wait_ms);
    }
    planner.release();
    if order.verdict == Verdict::ProcessedAgain {
        // Behind the first one, whenever it arrived, so that the sequence is always the same.
        for step in &mut planner.steps {
            let first_done_ms = processing.completion_ms.max(processing.booking_ms);
            step.after_ms = step.after_ms.saturating_add(first_done_ms);
        }
    }
    if is_silent {
        for step in &mut planner.steps {
            step.quiet = matches!(step.act, Act::Report(_) | Act::ReportAgain { .. });
        }
    }
    planner.steps
}

pub(super) fn group(status: Code, reason: Option<Code>) -> Act {
    Act::Report(StatusReport { group: Some((status, reason)), ..StatusReport::default() })
}

fn step_now(order: &Order, after_ms: u64, act: Act) -> Step {
    Step { day: order.day, after_ms, act, quiet: false, since: None }
}

/// A plan under way.
pub(super) struct Planner<'a> {
    pub(super) order: &'a Order,
    pub(super) processing: &'a Processing,
    behaviour: &'a Behaviour,
    pub(super) message: Effect,
    is_silent: bool,
    pub(super) steps: Vec<Step>,
}

impl Planner<'_> {
    pub(super) fn push(&mut self, day: NaiveDate, after_ms: u64, act: Act) -> u32 {
        self.steps.push(Step { day, after_ms, act, quiet: false, since: None });
        self.steps.len() as u32 - 1
    }

    /// A booking and, after it, its notification. They are two steps so that a bank killed between
    /// them neither books twice nor forgets to tell.
    pub(super) fn book(&mut self, day: NaiveDate, after_ms: u64, act: Act) {
        let step = self.push(day, after_ms, act);
        self.push(day, after_ms, Act::Notify { step });
    }

    /// The first word on the whole message, and the disorder that belongs to it.
    fn accept(&mut self) {
        let day = self.order.day;
        let after_ms = match self.message {
            Effect::CallbackFirst => 0,
            _ => self.processing.acceptance_ms,
        };
        let report = match self.processing.acceptance_level {
            Level::None => return,
            _ if self.message == Effect::Dated => {
                StatusReport { group: Some((ACCP, None)), ..StatusReport::default() }
            }
            Level::Group => StatusReport { group: Some((ACTC, None)), ..StatusReport::default() },
            Level::Block | Level::Transaction => {
                let all: Vec<u32> = (0..self.order.lines.len() as u32).collect();
                self.spoken(&all, ACTC, self.processing.acceptance_level)
            }
        };
        let step = self.push(day, after_ms, Act::Report(report));
        let same_report = self.behaviour.befalls(Fault::OtherContent, &self.order.message_id).is_some();
        match self.message {
            Effect::ReportTwice => {
                self.push(day, after_ms, Act::ReportAgain { step });
            }
            _ if self.message == Effect::SameReportId || same_report => {
                let other = StatusReport {
                    group: Some((ACSP, None)),
                    identification_of: Some(step),
                    ..StatusReport::default()
                };
                self.push(day, after_ms + 1, Act::Report(other));
            }
            _ => {}
        }
    }

    /// Everything that happens to the payments of one execution day.
    fn execute_on(&mut self, day: NaiveDate) {
        let mut sorted = Sorted::default();
        for (position, line) in self.order.lines.iter().enumerate() {
            let Some(block) = self.order.block_of(line) else { continue };
            if block.date.max(self.order.day) == day {
                let fate = self.fate(line, block.instant);
                sorted.take(position as u32, &fate, block.instant);
            }
        }
        let times = self.processing;
        let first = self.steps.len();
        let checked_ms = times.acceptance_ms + times.booking_ms.saturating_sub(times.acceptance_ms) / 2;
        if !sorted.rejected.is_empty() {
            let report = self.rejection(&sorted.rejected);
            self.push(day, checked_ms, Act::Report(report));
        }
        let in_process_level = match times.in_process_level {
            Level::None if self.message == Effect::Dated => Level::Block,
            level => level,
        };
        if !sorted.completed.is_empty() && in_process_level != Level::None && self.message != Effect::Reversed
        {
            let report = self.spoken(&sorted.completed, ACSP, in_process_level);
            self.push(day, checked_ms + 1, Act::Report(report));
        }
        self.instant(day, &sorted);
        self.ordinary(day, &sorted);
        self.unfunded(day, &sorted);
        self.moved(day, &sorted);
        self.aftermath(day, &sorted);
        if self.message == Effect::Awaited {
            // A client that wants to cancel needs time to do it.
            for step in self.steps.iter_mut().skip(first) {
                step.after_ms = step.after_ms.saturating_add(times.repeat_wait_ms);
            }
        }
    }

    fn instant(&mut self, day: NaiveDate, sorted: &Sorted) {
        let rejected = (&sorted.instant_rejected, self.processing.instant_ms);
        if !rejected.0.is_empty() {
            self.relay(day, rejected.1, rejected.0.clone());
            let report = self.rejection(rejected.0);
            self.push(day, rejected.1, Act::Report(report));
        }
        for (lines, after_ms) in
            [(&sorted.instant, self.processing.instant_ms), (&sorted.late, self.processing.late_ms)]
        {
            if lines.is_empty() {
                continue;
            }
            self.book(day, after_ms, Act::Debit { lines: lines.clone() });
            let credited = lines.iter().map(|line| LineStatus::of(*line, ACCC, None));
            self.relay(day, after_ms, credited.collect());
            let report = self.spoken(lines, ACCC, Level::Transaction);
            self.push(day, after_ms, Act::Report(report));
        }
    }

    fn relay(&mut self, day: NaiveDate, after_ms: u64, lines: Vec<LineStatus>) {
        if self.processing.relay_pacs_002 {
            self.push(day, after_ms, Act::Relay { lines });
        }
    }

    fn ordinary(&mut self, day: NaiveDate, sorted: &Sorted) {
        let times = self.processing;
        if !sorted.ordinary.is_empty() {
            self.book(day, times.booking_ms, Act::Debit { lines: sorted.ordinary.clone() });
        }
        for (line, what) in &sorted.strangers {
            self.book(day, times.booking_ms, Act::Stranger { line: *line, what: *what });
        }
        if sorted.completed.is_empty() {
            return;
        }
        let level = match self.message {
            Effect::RejectAfterCompletion => Level::Group,
            _ => times.completion_level,
        };
        if level != Level::None {
            let report = self.spoken(&sorted.completed, ACSC, level);
            self.push(day, times.completion_ms, Act::Report(report));
        }
        if self.message == Effect::Reversed {
            let level =
                if times.in_process_level == Level::None { Level::Block } else { times.in_process_level };
            let report = self.spoken(&sorted.completed, ACSP, level);
            self.push(day, times.completion_ms + 1, Act::Report(report));
        }
    }

    /// Returns, refunds and contradictions after the debit.
    fn aftermath(&mut self, day: NaiveDate, sorted: &Sorted) {
        let after_ms =
            self.processing.completion_ms.max(self.processing.booking_ms) + self.processing.return_ms;
        for (line, reason) in &sorted.rejected_late {
            let report = self.rejection(&[LineStatus::of(*line, RJCT, Some(*reason))]);
            self.push(day, after_ms, Act::Report(report));
        }
        for line in &sorted.twice {
            self.book(day, after_ms, Act::Debit { lines: vec![*line] });
        }
        for (line, reason) in &sorted.refunded {
            let credit = Credit { line: *line, kind: Kind::Refund, reason: *reason, how: Returned::Full };
            self.book(day, after_ms, Act::Credit(credit));
        }
        for (line, reason, how) in &sorted.returned {
            let days = self.processing.return_days.max(u32::from(*how == Returned::AfterStatement));
            let due = (0..days).fold(day, |day, _| Calendar::Target.next_business_day(day));
            let due_ms = if days == 0 { after_ms } else { self.processing.return_ms };
            let credit = Credit { line: *line, kind: Kind::Return, reason: *reason, how: *how };
            self.book(due, due_ms, Act::Credit(credit));
            if *how == Returned::Twice {
                self.book(due, due_ms + 1, Act::Credit(credit));
            }
        }
    }

    /// What the triggers, the bank's own checks and the script say about one payment.
    fn fate(&self, line: &Line, is_instant: bool) -> Fate {
        let triggered = scenarios::at(line.scenario);
        let settles = if is_instant { Effect::InstantCredited } else { Effect::Straight };
        let fate = |effect| Fate { effect, reason: Code::of("AC04") };
        if let Some(defect) = line.defect {
            return Fate { effect: Effect::Reject(""), reason: defect };
        }
        if triggered.scope == Scope::Message {
            return match triggered.effect {
                Effect::RejectAfterCompletion => fate(triggered.effect),
                _ => fate(settles),
            };
        }
        if line.scenario != 0 {
            return match triggered.effect {
                Effect::Straight | Effect::BatchBooked => fate(settles),
                Effect::Reject(code) | Effect::RejectAndRefund(code) | Effect::InstantRejected(code) => {
                    Fate { effect: triggered.effect, reason: Code::of(code) }
                }
                effect => fate(effect),
            };
        }
        if !self.behaviour.touches_payments() {
            return fate(settles);
        }
        let subject = self.order.text(line.end_to_end_id);
        // Of a message that nothing is said about nothing is refused: the client could never know.
        let rejecting = if self.is_silent { None } else { self.behaviour.befalls(Fault::Reject, subject) };
        if let Some(rule) = rejecting {
            return Fate { effect: Effect::Reject(""), reason: Code::of(&rule.code) };
        }
        if self.behaviour.befalls(Fault::BookTwice, subject).is_some() {
            return fate(Effect::DebitTwice);
        }
        match self.behaviour.befalls(Fault::Return, subject) {
            Some(rule) => Fate { effect: Effect::Returned(Returned::Full), reason: Code::of(&rule.code) },
            None => fate(settles),
        }
    }

    /// A report with rejected payments, `PART` above them unless nothing else is there.
    pub(super) fn rejection(&self, rejected: &[LineStatus]) -> StatusReport {
        let whole = |count: usize| if count == rejected.len() { RJCT } else { PART };
        let mut blocks = by_block(self.order, rejected);
        for block in &mut blocks {
            let count = self.order.blocks.get(block.block as usize).map_or(0, |block| block.count as usize);
            block.status = Some(if count == block.lines.len() { RJCT } else { PART });
        }
        StatusReport { group: Some((whole(self.order.lines.len()), None)), blocks, identification_of: None }
    }

    /// A report with one positive status for these payments at a level, or at the transactions where the
    /// level would say too much.
    pub(super) fn spoken(&self, lines: &[u32], status: Code, level: Level) -> StatusReport {
        let all = lines.len() == self.order.lines.len();
        if level == Level::Group && (all || self.message == Effect::RejectAfterCompletion) {
            return StatusReport { group: Some((status, None)), ..StatusReport::default() };
        }
        let statuses: Vec<LineStatus> =
            lines.iter().map(|line| LineStatus::of(*line, status, None)).collect();
        let mut blocks = by_block(self.order, &statuses);
        if level != Level::Transaction {
            for block in &mut blocks {
                let count =
                    self.order.blocks.get(block.block as usize).map_or(0, |block| block.count as usize);
                if count == block.lines.len() {
                    block.status = Some(status);
                    block.lines = Vec::new();
                }
            }
        }
        StatusReport { group: None, blocks, identification_of: None }
    }
}

/// Statuses of payments, rising, under their blocks.
pub fn by_block(order: &Order, statuses: &[LineStatus]) -> Vec<BlockStatus> {
    let mut blocks: Vec<BlockStatus> = Vec::new();
    for status in statuses {
        let Some(line) = order.lines.get(status.line as usize) else { continue };
        match blocks.last_mut() {
            Some(last) if last.block == line.block => last.lines.push(*status),
            _ => blocks.push(BlockStatus { block: line.block, status: None, lines: vec![*status] }),
        }
    }
    blocks
}

/// The payments of a day, sorted by what happens to them.
#[derive(Default)]
pub(super) struct Sorted {
    /// Debited on the ordinary way.
    ordinary: Vec<u32>,
    /// Of these, reported as completed.
    completed: Vec<u32>,
    /// Debited and credited at once.
    instant: Vec<u32>,
    /// The same, late.
    late: Vec<u32>,
    rejected: Vec<LineStatus>,
    instant_rejected: Vec<LineStatus>,
    rejected_late: Vec<(u32, Code)>,
    refunded: Vec<(u32, Code)>,
    returned: Vec<(u32, Code, Returned)>,
    twice: Vec<u32>,
    strangers: Vec<(u32, Stranger)>,
    /// Waiting for money that comes.
    pub(super) funded_late: Vec<u32>,
    /// Waiting for money that does not.
    pub(super) never_funded: Vec<u32>,
    /// Executed on the next business day.
    pub(super) moved: Vec<u32>,
}

impl Sorted {
    fn take(&mut self, line: u32, fate: &Fate, is_instant: bool) {
        let rejected = LineStatus::of(line, RJCT, Some(fate.reason));
        match fate.effect {
            Effect::Reject(_) if is_instant => return self.instant_rejected.push(rejected),
            Effect::InstantRejected(_) => return self.instant_rejected.push(rejected),
            Effect::Reject(_) => return self.rejected.push(rejected),
            Effect::RejectAndRefund(_) => {
                self.rejected.push(rejected);
                self.refunded.push((line, fate.reason));
                return self.ordinary.push(line);
            }
            Effect::DebitDespiteReject => {
                self.rejected.push(rejected);
                return self.ordinary.push(line);
            }
            Effect::InstantLate => return self.late.push(line),
            Effect::FundedLate => return self.funded_late.push(line),
            Effect::NeverFunded => return self.never_funded.push(line),
            Effect::Moved => return self.moved.push(line),
            Effect::RejectDespiteDebit => self.rejected_late.push((line, fate.reason)),
            Effect::RejectAfterCompletion => {
                self.rejected_late.push((line, fate.reason));
                self.refunded.push((line, fate.reason));
            }
            Effect::Returned(how) => self.returned.push((line, fate.reason, how)),
            Effect::DebitTwice => self.twice.push(line),
            Effect::Stranger(what) => self.strangers.push((line, what)),
            _ => {}
        }
        if is_instant || fate.effect == Effect::InstantCredited {
            self.instant.push(line);
        } else {
            self.ordinary.push(line);
            self.completed.push(line);
        }
    }
}

/// How the debit of a payment looks on the account: the charge in it, and which identifiers are shown.
pub fn debit_shape(line: &Line) -> (i64, Shown) {
    match scenarios::at(line.scenario).effect {
        Effect::ChargeIncluded => (CHARGE_MINOR, Shown::All),
        Effect::Exchanged => (0, Shown::Exchanged),
        _ => (0, Shown::All),
    }
}
