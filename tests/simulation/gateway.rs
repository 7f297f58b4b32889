//! The process of the gateway: the order of steps of the runtime with the engine's own pure pieces.
//! What it knows is lost when it dies; what the disk holds is not.

use super::bank::{BANK, profile_text};
use super::options::{Fault, Options};
use super::world::{Event, Violation, World};
use chrono::{DateTime, Duration, Utc};
use girogate::bank::delivery::Inquiry;
use girogate::bank::profile::Profile;
use girogate::domain::entry::Digest;
use girogate::domain::fact::Cause;
use girogate::domain::row::{Channel, DocumentRow, Key, MessageRow, SendPhase};
use girogate::engine::action::{Action, Outcome};
use girogate::engine::decide::{Standing, call_cause};
use girogate::engine::demonstration::{TENANT, accounts, id_key};
use girogate::engine::input::{Arrived, Draft, Due, Envelope, Input, SendReady};
use girogate::engine::reconcile::Accounts;
use girogate::engine::routing::Bank as Known;
use girogate::engine::runtime::crash::POINTS;
use girogate::engine::runtime::freezing::{Press, due};
use girogate::engine::runtime::reading::{Chunk, split};
use girogate::engine::runtime::sending::{Attempt, Resend, delivered, inquired, seen};
use girogate::engine::runtime::{dispatch::Task, lost_attempt};
use girogate::engine::turn::TurnError;
use girogate::faces::api::Checks;
use girogate::store::documents::NewDocument;
use girogate::store::lookup::Lookup;
use girogate::store::memory::Fault as StoreFault;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

pub use super::network::{Call, Ending, Wire};

/// Inputs of one turn at most, as the desk takes them.
const TURN_INPUTS_MAX: u64 = 64;

/// An input at the desk, and what follows once its facts are durable.
pub struct Job {
    pub envelope: Envelope,
    pub then: Then,
}

/// What follows a decision.
pub enum Then {
    /// Nothing.
    Nothing,
    /// A task is done.
    Done(Task),
    /// A client is answered: request, and whether this is its first answer's copy.
    Client(usize),
    /// Another body under the same key is answered.
    OtherBody(usize),
    /// An operator is answered.
    Operator(usize),
    /// A person is answered about a message of unknown outcome.
    Person(Key, usize),
    /// The next message of a bank is frozen.
    Freeze(VecDeque<Draft>),
    /// The request may leave.
    Opened(Box<MessageRow>, Digest),
    /// The next rung about an unknown outcome is done.
    Due(Box<MessageRow>),
    /// The next part is decided.
    Read(Box<DocumentRow>, VecDeque<(u32, Chunk)>),
    /// The bank's callback is answered.
    Stored(usize, u32),
    /// The cursor moves.
    Collected(String),
    /// The next report is fetched.
    CursorMoved,
}

/// The process.
pub struct Gateway {
    pub up: bool,
    /// Counts the processes: what was begun in an earlier one is lost.
    pub life: u64,
    pub epoch: i64,
    pub jobs: VecDeque<Job>,
    pub turn_waits: bool,
    /// When the dispatcher wakes next.
    wakes: Option<DateTime<Utc>>,
    tasks: BTreeSet<Task>,
    polling: bool,
    pub profile: Profile,
    profile_digest: Digest,
    pub standing: Standing,
    pub checks: Checks,
}

impl Gateway {
    pub fn new(options: &Options) -> Gateway {
        let text = profile_text(options);
        let profile = Profile::parse(&text).expect("the model's profile reads");
        let banks = vec![Known { id: BANK.to_owned(), profile: profile.clone() }];
        let checks = Checks {
            accounts: accounts(),
            banks,
            id_key: Arc::new(id_key()),
            default_speed: girogate::domain::payout::Speed::parse("standard").expect("a speed"),
            text_policy: girogate::domain::charset::Policy::Transliterate,
            duplicate_window_days: 7,
        };
        Gateway {
            up: false,
            life: 0,
            epoch: 0,
            jobs: VecDeque::new(),
            turn_waits: false,
            wakes: None,
            tasks: BTreeSet::new(),
            polling: false,
            profile,
            profile_digest: NewDocument::of(text.into_bytes()).digest(),
            standing: Standing::new(Accounts(checks.accounts.clone()), &checks.banks),
            checks,
        }
    }
}

/// The point that a process passes once an input's facts are durable.
fn point_of(input: &Input) -> Option<&'static str> {
    let name = match input {
        Input::Submit(_) => "after_recorded",
        Input::Frozen(_) => "after_frozen",
        Input::SendReady(_) => "after_step_started",
        Input::Delivered(_) => "after_step_ended",
        Input::Arrived(_) => "after_arrived",
        Input::Part(_) => "after_part",
        _ => return None,
    };
    POINTS.iter().find(|point| **point == name).copied()
}

/// The name under which dying at a point is counted.
fn counted(point: &'static str) -> &'static str {
    super::sometimes::REQUIRED
        .iter()
        .find(|name| name.strip_prefix("crash at ") == Some(point))
        .copied()
        .unwrap_or("crash at a point without a name")
}

impl World {
    pub fn envelope(&self, actor: &str, cause: Cause, input: Input) -> Envelope {
        let (tenant, actor) = (TENANT.to_owned(), actor.to_owned());
        Envelope { at: self.gateway_now(), tenant, actor, cause, input }
    }

    pub fn die(&mut self, why: &str) {
        self.note(format!("the gateway dies: {why}"));
        if !self.disk.work(self.gateway_now()).open.is_empty() {
            self.reach("crash with an open attempt");
        }
        let gateway = &mut self.gateway;
        gateway.up = false;
        gateway.life += 1;
        gateway.jobs.clear();
        gateway.tasks.clear();
        (gateway.turn_waits, gateway.wakes, gateway.polling) = (false, None, false);
        let delay = self.delay(200, 20_000);
        self.at(delay, Event::Restart);
    }

    /// Passes a named point, where the process may die; `true` says that it did.
    fn passes(&mut self, point: &'static str) -> bool {
        if !self.fault(Fault::CrashAtPoint, 6) {
            return false;
        }
        self.reach(counted(point));
        self.die(point);
        true
    }

    pub fn restart(&mut self) -> Result<(), Violation> {
        if self.gateway.up {
            return Ok(());
        }
        let lost = if self.gateway.life > 0 && self.options.faults.contains(&Fault::LoseAcknowledged) {
            self.drawn(Fault::LoseAcknowledged, 1, 4) as usize
        } else {
            0
        };
        self.disk.reopen(lost);
        super::watch::reopened(self)?;
        self.gateway.up = true;
        self.gateway.epoch = super::disk::ready(self.disk.store.next_epoch()).expect("memory draws epochs");
        self.note(format!("a process starts, epoch {}", self.gateway.epoch));
        let now = self.gateway_now();
        for row in self.disk.work(now).open {
            let ended = lost_attempt(&row, now);
            let cause = call_cause(&row.message_id, row.attempt);
            let envelope = self.envelope("gateway", cause, Input::Delivered(ended));
            self.put(Job { envelope, then: Then::Nothing });
        }
        self.ring();
        let life = self.gateway.life;
        self.at(500, Event::Poll(life));
        Ok(())
    }

    /// Wakes the dispatcher.
    fn ring(&mut self) {
        self.wake_in(1);
    }

    fn wake_in(&mut self, in_ms: i64) {
        let when = self.now + Duration::milliseconds(in_ms);
        if self.gateway.wakes.is_some_and(|earlier| earlier <= when) {
            return;
        }
        self.gateway.wakes = Some(when);
        let life = self.gateway.life;
        self.at(in_ms, Event::Dispatch(life));
    }

    /// One turn: some of what waits becomes durable together, then what follows is done.
    pub fn turn(&mut self, life: u64) -> Result<(), Violation> {
        if life != self.gateway.life || !self.gateway.up {
            return Ok(());
        }
        self.gateway.turn_waits = false;
        let count = self.gateway.jobs.len().min(TURN_INPUTS_MAX as usize);
        let inputs: Vec<Envelope> =
            self.gateway.jobs.iter().take(count).map(|job| job.envelope.clone()).collect();
        if inputs.is_empty() {
            return Ok(());
        }
        let fault = self.commit_fault();
        let before = self.watch.seq();
        let outcomes = match self.disk.turn(&self.gateway.standing, &inputs, fault) {
            Ok(outcomes) => outcomes,
            Err(TurnError::Unknown { .. }) => {
                super::watch::committed(self)?;
                let durable = self.watch.seq() > before;
                self.reach(if durable {
                    "commit unknown, was durable"
                } else {
                    "commit unknown, was not durable"
                });
                self.die("the store does not say whether a commit is durable");
                return Ok(());
            }
            Err(cause) => return Err(self.violation("engine", format!("a turn failed: {cause}"))),
        };
        super::watch::committed(self)?;
        let decided: Vec<Job> = self.gateway.jobs.drain(..outcomes.len()).collect();
        for (job, outcome) in decided.into_iter().zip(outcomes) {
            let point = point_of(&job.envelope.input);
            if point.is_some_and(|point| self.passes(point)) {
                return Ok(());
            }
            self.follow(job.then, outcome)?;
            if self.gateway.life != life {
                return Ok(());
            }
        }
        if !self.gateway.jobs.is_empty() && !self.gateway.turn_waits {
            self.gateway.turn_waits = true;
            self.at(0, Event::Turn(life));
        }
        self.ring();
        Ok(())
    }

    fn commit_fault(&mut self) -> Option<StoreFault> {
        if self.fault(Fault::CommitConflict, 10) {
            self.reach("commit conflict");
            return Some(StoreFault::Conflict);
        }
        if !self.fault(Fault::CommitUnknown, 5) {
            return None;
        }
        let durable = self.drawn(Fault::CommitUnknown, 0, 2) == 1;
        Some(if durable { StoreFault::UnknownApplied } else { StoreFault::UnknownLost })
    }

    fn follow(&mut self, then: Then, outcome: Outcome) -> Result<(), Violation> {
        match then {
            Then::Nothing => {}
            Then::Done(task) => self.done(&task),
            Then::Client(request) => super::client::answered(self, request, &outcome.answer)?,
            Then::OtherBody(request) => super::client::other_answered(self, request, &outcome.answer)?,
            Then::Operator(act) => super::client::operated(self, act, &outcome.answer)?,
            Then::Person(message, person) => {
                super::people::answered(self, (message, person), &outcome.answer)?;
            }
            Then::Freeze(rest) => self.freeze_next(rest),
            Then::Opened(row, head) => self.opened(*row, head, &outcome)?,
            Then::Due(row) => self.climbed(*row, &outcome)?,
            Then::Read(row, rest) => self.read_next(*row, rest),
            Then::Stored(report, count) => super::bank::callback_answered(self, report, count),
            Then::Collected(cursor) => {
                let input = Input::Collected { bank: BANK.to_owned(), cursor };
                let envelope = self.envelope(BANK, Cause::Timer, input);
                self.put(Job { envelope, then: Then::CursorMoved });
            }
            Then::CursorMoved => {
                self.gateway.polling = false;
                let life = self.gateway.life;
                self.at(1, Event::Poll(life));
            }
        }
        Ok(())
    }

    fn done(&mut self, task: &Task) {
        self.gateway.tasks.remove(task);
    }

    /// Looks for work and hands it out, as the dispatcher does.
    pub fn dispatch(&mut self, life: u64) -> Result<(), Violation> {
        if life != self.gateway.life || !self.gateway.up {
            return Ok(());
        }
        if self.gateway.wakes.is_some_and(|when| when > self.now) {
            return Ok(()); // an earlier bell was answered since
        }
        self.gateway.wakes = None;
        let now = self.gateway_now();
        let work = self.disk.work(now);
        let mut wake = work.next_due.map(|due| (due - now).num_milliseconds() + 1);
        for batch in work.unbatched {
            let task = Task::Freeze(batch.bank.clone());
            let due = due(&self.gateway.profile, batch, now);
            if due.is_empty() {
                wake = Some(wake.unwrap_or(i64::MAX).min(100));
            } else if self.gateway.tasks.insert(task) {
                self.freeze(&due)?;
            }
        }
        let parallel = self.gateway.profile.limits.calls_in_parallel as usize;
        for row in work.sendable.into_iter().chain(work.unknown).chain(work.awaiting) {
            let busy = self.gateway.tasks.iter().filter(|task| matches!(task, Task::Message(..))).count();
            if busy < parallel && self.gateway.tasks.insert(Task::Message(row.bank.clone(), row.key)) {
                match row.phase {
                    SendPhase::Unknown | SendPhase::Received => self.climb(row),
                    _ => self.send(row, Resend::No)?,
                }
                if self.gateway.life != life {
                    return Ok(());
                }
            }
        }
        for row in work.unread {
            if self.gateway.tasks.insert(Task::Document(row.key)) {
                self.read(row)?;
            }
        }
        if let Some(wake) = wake {
            self.wake_in(wake.max(2));
        }
        Ok(())
    }

    fn freeze(&mut self, rows: &[girogate::domain::row::PayoutRow]) -> Result<(), Violation> {
        let keys: Vec<Key> = rows.iter().map(|row| row.key).collect();
        let bodies = super::disk::ready(self.disk.store.payout_bodies(keys)).expect("memory has the bodies");
        let press = Press {
            bank: &self.gateway.checks.banks[0],
            accounts: &self.gateway.checks.accounts,
            tenant: TENANT,
            id_key: &self.gateway.checks.id_key,
            profile: self.gateway.profile_digest,
        };
        let drafts: Result<VecDeque<Draft>, _> = press.drafts(rows, &bodies, self.gateway_now()).collect();
        let drafts = drafts.map_err(|cause| self.violation("engine", format!("freezing failed: {cause}")))?;
        self.freeze_next(drafts);
        Ok(())
    }

    fn freeze_next(&mut self, mut drafts: VecDeque<Draft>) {
        let Some(draft) = drafts.pop_front() else {
            return self.done(&Task::Freeze(BANK.to_owned()));
        };
        self.note(format!("{} is written with {} payouts", draft.message_id, draft.count));
        let envelope = self.envelope("gateway", Cause::Timer, Input::Frozen(Arc::new(draft)));
        self.put(Job { envelope, then: Then::Freeze(drafts) });
    }

    /// Prepares a request and asks whether it may leave.
    fn send(&mut self, row: MessageRow, resend: Resend) -> Result<(), Violation> {
        if self.passes("after_prepared") {
            return Ok(());
        }
        let head = format!("POST /v1/payments\nidempotency-key: \"{}\"\n", key_of(row.document));
        let head = NewDocument::of(head.into_bytes());
        let digest = head.digest();
        let ready = SendReady {
            message: row.key,
            step: "submit".to_owned(),
            epoch: self.gateway.epoch,
            head,
            resend: resend == Resend::Yes,
        };
        if resend == Resend::Yes {
            self.note(format!("{} may go once more", row.message_id));
        }
        let cause = call_cause(&row.message_id, row.attempt + 1);
        let envelope = self.envelope("gateway", cause, Input::SendReady(ready));
        self.put(Job { envelope, then: Then::Opened(Box::new(row), digest) });
        Ok(())
    }

    fn opened(&mut self, row: MessageRow, head: Digest, outcome: &Outcome) -> Result<(), Violation> {
        let attempt = outcome.actions.iter().find_map(|action| match action {
            Action::Deliver { message, attempt } if *message == row.key => Some(*attempt),
            _ => None,
        });
        let task = Task::Message(row.bank.clone(), row.key);
        let Some(attempt) = attempt else {
            self.done(&task);
            return Ok(());
        };
        let octets = self.disk.document(row.document);
        let octets = octets.ok_or_else(|| self.violation("I1", "the frozen octets are gone".to_owned()))?;
        let key = key_of(row.document);
        self.note(format!("{} leaves, attempt {attempt}", row.message_id));
        let call = Call::Submit { octets, key, attempt, head };
        super::network::leave(self, Wire { life: self.gateway.life, call, row: Some(Box::new(row)) });
        Ok(())
    }

    /// Asks what is due about a message of unknown outcome.
    fn climb(&mut self, row: MessageRow) {
        let now = self.gateway_now();
        let seen = seen(&self.disk.store, &self.gateway.profile, &row, now);
        let seen = super::disk::ready(seen).expect("memory answers");
        let due = Due { message: row.key, seen };
        let cause = call_cause(&row.message_id, row.attempt);
        let envelope = self.envelope("gateway", cause, Input::Due(due));
        self.put(Job { envelope, then: Then::Due(Box::new(row)) });
    }

    /// Does what was decided: asks, sends once more, or nothing.
    fn climbed(&mut self, row: MessageRow, outcome: &Outcome) -> Result<(), Violation> {
        for action in &outcome.actions {
            match action {
                Action::Inquire { .. } => {
                    self.inquire(row);
                    return Ok(());
                }
                Action::Resend { .. } => return self.send(row, Resend::Yes),
                Action::Deliver { .. } | Action::Forget { .. } => {}
            }
        }
        self.done(&Task::Message(row.bank.clone(), row.key));
        Ok(())
    }

    fn inquire(&mut self, row: MessageRow) {
        if self.gateway.profile.unknown.inquiry_path.is_none() {
            let none = Inquiry::Failed { cause: "the bank answers no inquiries".to_owned() };
            return self.asked(&row, none);
        }
        let wire = Wire { life: self.gateway.life, call: Call::Inquiry, row: Some(Box::new(row)) };
        super::network::leave(self, wire);
    }

    fn asked(&mut self, row: &MessageRow, inquiry: Inquiry) {
        let cause = call_cause(&row.message_id, row.attempt);
        let envelope = self.envelope(BANK, cause, Input::Inquired(inquired(row, inquiry)));
        let task = Task::Message(row.bank.clone(), row.key);
        self.put(Job { envelope, then: Then::Done(task) });
    }

    /// The end of a call.
    pub fn ended(&mut self, wire: Wire, ending: Ending) -> Result<(), Violation> {
        if wire.life != self.gateway.life || !self.gateway.up {
            return Ok(());
        }
        let now = self.gateway_now();
        match (wire.call, wire.row) {
            (Call::Submit { attempt, octets, .. }, Some(row)) => {
                if self.passes("after_delivered") {
                    return Ok(());
                }
                let delivery = ending.delivery(&self.gateway.profile, &row, octets.len() as u64);
                self.note(format!(
                    "{} attempt {attempt} ended: {}",
                    row.message_id,
                    super::network::name(&delivery)
                ));
                let of = Attempt { row: &row, attempt, step: "submit" };
                let ended = delivered(of, delivery, now);
                let cause = call_cause(&row.message_id, attempt);
                let envelope = self.envelope(BANK, cause, Input::Delivered(ended));
                let task = Task::Message(row.bank.clone(), row.key);
                self.put(Job { envelope, then: Then::Done(task) });
                Ok(())
            }
            (Call::Inquiry, Some(row)) => {
                let inquiry = ending.inquiry(&self.gateway.profile);
                self.note(format!("inquiry about {}: {}", row.message_id, super::network::told(&inquiry)));
                self.asked(&row, inquiry);
                Ok(())
            }
            (Call::Collect(_), _) => {
                self.collected(ending);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read(&mut self, row: DocumentRow) -> Result<(), Violation> {
        let octets = self.disk.document(row.digest);
        let octets =
            octets.ok_or_else(|| self.violation("I9", "the octets of a document are gone".to_owned()))?;
        let mut chunks = VecDeque::new();
        split(&octets, &self.gateway.profile.chosen, &mut |chunk| {
            chunks.push_back(chunk);
            true
        });
        let parts = (0u32..).zip(chunks).filter(|(number, _)| *number >= row.parts_read).collect();
        self.read_next(row, parts);
        Ok(())
    }

    fn read_next(&mut self, row: DocumentRow, mut parts: VecDeque<(u32, Chunk)>) {
        let Some((number, chunk)) = parts.pop_front() else {
            return self.done(&Task::Document(row.key));
        };
        let input = Input::Part(Arc::new(chunk.part(&row, number)));
        let envelope = self.envelope(&row.bank, Cause::Document(row.digest, number), input);
        self.put(Job { envelope, then: Then::Read(Box::new(row), parts) });
    }

    /// A report at the gateway's door.
    pub fn callback(&mut self, report: usize, count: u32) -> Result<(), Violation> {
        if !self.gateway.up {
            super::bank::callback_unanswered(self, report, count);
            return Ok(());
        }
        let authenticated = !self.fault(Fault::CallbackUnsigned, 30);
        let octets = self.bank.report(report);
        if !authenticated {
            self.reach("callback unproved, kept, not applied");
        }
        let note = if authenticated { "signed by the bank" } else { "the signature does not hold" };
        self.note(format!("callback {report} comes, authenticated {authenticated}"));
        let arrived = arrived(Channel::Callback, octets, (authenticated, note));
        let cause = Cause::Document(arrived.document.digest(), 0);
        let envelope = self.envelope(BANK, cause, Input::Arrived(arrived));
        if authenticated {
            self.put(Job { envelope, then: Then::Stored(report, count) });
        } else {
            self.put(Job { envelope, then: Then::Nothing });
            super::bank::callback_unanswered(self, report, count);
        }
        Ok(())
    }

    pub fn poll(&mut self, life: u64) -> Result<(), Violation> {
        if life != self.gateway.life || !self.gateway.up || self.gateway.polling {
            return Ok(());
        }
        self.gateway.polling = true;
        let view = self.disk.view(vec![Lookup::Cursor(BANK.to_owned())]);
        let cursor = view.cursors.get(BANK).cloned().unwrap_or_default();
        super::network::leave(self, Wire { life, call: Call::Collect(cursor), row: None });
        Ok(())
    }

    fn collected(&mut self, ending: Ending) {
        self.gateway.polling = false;
        match ending {
            Ending::Report { octets, next } => {
                self.gateway.polling = true;
                let arrived = arrived(Channel::Poll, octets, (true, "signed answer to a call of ours"));
                let envelope = self.envelope(BANK, Cause::Timer, Input::Arrived(arrived));
                self.put(Job { envelope, then: Then::Collected(next) });
            }
            Ending::NothingMore => {}
            _ => {
                let life = self.gateway.life;
                self.at(2_000, Event::Poll(life));
            }
        }
    }
}

fn arrived(channel: Channel, octets: Vec<u8>, (authenticated, note): (bool, &str)) -> Arrived {
    let document = NewDocument::of(octets);
    Arrived { bank: BANK.to_owned(), channel, document, authenticated, note: note.to_owned() }
}

/// The key in the header, as the reference profile makes it: a function of the frozen octets.
pub fn key_of(document: Digest) -> String {
    document.hex().chars().take(36).collect()
}
