//! What an order or a payment waits for: the check of its payees, a second signature, money, another day.
//! The rest of a plan is `plan`'s.

use chrono::NaiveDate;

use super::config::Level;
use super::order::{Code, Line};
use super::plan::{
    ACSC, ACSP, ACWC, Act, LineStatus, PATC, PDNG, Planner, RCVC, RCVD, RJCT, RVCM, RVNC, Sorted,
    StatusReport, Step, by_block, group,
};
use super::scenarios::{self, Effect, Release};
use crate::domain::calendar::Calendar;

impl Planner<'_> {
    /// What comes before the order may be carried out: the check of its payees, or the wait for a signature.
    pub(super) fn release(&mut self) {
        let (first, release) = match self.message {
            Effect::Payee(code, release) => (self.payees_checked(Code::of(code)), release),
            Effect::Signature(release) => (vec![group(RCVD, None), group(PATC, None)], release),
            _ => return,
        };
        let (today, at_ms) = (self.order.day, self.processing.acceptance_ms);
        let step = |day, after_ms, act| Step { day, after_ms, act, quiet: false, since: None };
        let mut steps: Vec<Step> = (0u64..).zip(first).map(|(n, act)| step(today, at_ms + n, act)).collect();
        match release {
            Release::Given => {
                steps.append(&mut self.steps.split_off(0).into_iter().map(later_by(steps.len())).collect())
            }
            Release::Missing => {
                let days = 0..self.processing.release_days;
                let due = days.fold(today, |day, _| Calendar::Target.next_business_day(day));
                steps.push(step(due, at_ms, group(RJCT, Some(Code::of("DS0A")))));
            }
        }
        self.steps = steps;
    }

    /// The check of payees: running, then done, with this result for the payments that ask for it.
    fn payees_checked(&self, result: Code) -> Vec<Act> {
        let is_asked = |line: &Line| matches!(scenarios::at(line.scenario).effect, Effect::Payee(..));
        let results = (0u32..).zip(&self.order.lines).map(|(position, line)| {
            LineStatus::of(position, if is_asked(line) { result } else { RCVC }, None)
        });
        let results: Vec<LineStatus> = results.collect();
        let whole = if result == RCVC { RCVC } else { RVCM };
        let blocks = if result == RCVC { Vec::new() } else { by_block(self.order, &results) };
        let done = StatusReport { group: Some((whole, None)), blocks, identification_of: None };
        vec![group(RVNC, None), Act::Report(done)]
    }

    /// What waits for money: it comes, or the day ends without it.
    pub(super) fn unfunded(&mut self, day: NaiveDate, sorted: &Sorted) {
        let late_ms = self.processing.late_ms;
        let missing = Code::of("AM04");
        for (lines, comes) in
            [(&sorted.funded_late, Release::Given), (&sorted.never_funded, Release::Missing)]
        {
            if lines.is_empty() {
                continue;
            }
            let waiting: Vec<LineStatus> =
                lines.iter().map(|line| LineStatus::of(*line, PDNG, Some(missing))).collect();
            let blocks = by_block(self.order, &waiting);
            let report = StatusReport { blocks, ..StatusReport::default() };
            self.push(day, self.processing.booking_ms, Act::Report(report));
            if comes == Release::Missing {
                let refused: Vec<LineStatus> =
                    lines.iter().map(|line| LineStatus::of(*line, RJCT, Some(missing))).collect();
                let report = self.rejection(&refused);
                self.push(day, late_ms, Act::Report(report));
                continue;
            }
            let report = self.spoken(lines, ACSP, Level::Transaction);
            self.push(day, late_ms, Act::Report(report));
            self.book(day, late_ms + 1, Act::Debit { lines: lines.clone() });
            let report = self.spoken(lines, ACSC, Level::Transaction);
            self.push(day, late_ms + 2, Act::Report(report));
        }
    }

    /// What came too late for its day: accepted for the next, with the new date.
    pub(super) fn moved(&mut self, day: NaiveDate, sorted: &Sorted) {
        if sorted.moved.is_empty() {
            return;
        }
        let next = Calendar::Target.next_business_day(day);
        let (reason, times) = (Some(Code::of("DT06")), self.processing);
        let moved: Vec<LineStatus> = sorted
            .moved
            .iter()
            .map(|line| LineStatus { date: Some(next), ..LineStatus::of(*line, ACWC, reason) })
            .collect();
        let report = StatusReport { blocks: by_block(self.order, &moved), ..StatusReport::default() };
        self.push(day, times.booking_ms, Act::Report(report));
        self.book(next, times.booking_ms, Act::Debit { lines: sorted.moved.clone() });
        let report = self.spoken(&sorted.moved, ACSC, Level::Transaction);
        self.push(next, times.completion_ms, Act::Report(report));
    }
}

/// A step that stands so many places later; the steps that it names do too.
fn later_by(places: usize) -> impl Fn(Step) -> Step {
    let places = places as u32;
    move |step| {
        let act = match step.act {
            Act::Notify { step } => Act::Notify { step: step + places },
            Act::ReportAgain { step } => Act::ReportAgain { step: step + places },
            act => act,
        };
        Step { act, ..step }
    }
}
