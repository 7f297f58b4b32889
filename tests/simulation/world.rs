//! One history: an event queue on virtual time, and everything that lives in it. Who does what is in
//! the neighbours' files.

use super::bank::{Bank, Doing};
use super::client::Clients;
use super::disk::Disk;
use super::gateway::{Gateway, Job, Wire};
use super::options::{FAULTS, Fault, Options};
use super::random::Stream;
use super::sometimes::Reached;
use super::watch::Watch;
use chrono::{DateTime, Duration, TimeZone, Utc};
use std::collections::{BTreeMap, VecDeque};

/// Events of one history at most: more is a history that does not come to rest.
const EVENTS_MAX: u64 = 20_000;
/// Lines of the trace that a violation shows.
const TRACE_LINES: usize = 60;
/// Faults end this many seconds after the start.
const FAULTS_END_S: i64 = 1_200;
/// Hours until the history must have come to rest: the bank's last statement closes the fourth day.
pub const REST_HOURS: i64 = 100;

/// A broken promise.
#[derive(Clone, Debug)]
pub struct Violation {
    /// `I1` to `I17`, or `engine` where a step failed that cannot fail.
    pub invariant: &'static str,
    /// What was seen.
    pub text: String,
    /// The last events.
    pub trace: Vec<String>,
}

/// What may happen.
#[derive(Debug)]
pub enum Event {
    /// A client sends a request, for so manyth time.
    Submit(usize, u32),
    /// A client uses the key of a request for something else.
    OtherBody(usize),
    /// An operator acts.
    Operate(usize),
    /// The gateway of this life takes what waits at the desk.
    Turn(u64),
    /// The gateway of this life looks for work.
    Dispatch(u64),
    /// A request reaches the bank.
    AtBank(Wire),
    /// The end of a call reaches the gateway.
    Ended(Wire, super::gateway::Ending),
    /// The bank goes on.
    Bank(Doing),
    /// A report reaches the gateway's door, for so manyth time.
    Callback(usize, u32),
    /// The gateway of this life fetches reports.
    Poll(u64),
    /// A person looks at a message that waits for people.
    People(girogate::domain::row::Key, usize),
    /// A new process starts.
    Restart,
    /// The gateway's clock goes off by so many seconds.
    Jump(i64),
}

/// A history under way.
pub struct World {
    pub seed: u64,
    pub options: Options,
    /// The bank's and the world's time.
    pub now: DateTime<Utc>,
    /// How far the gateway's clock is off.
    pub skew: Duration,
    pub gateway: Gateway,
    pub disk: Disk,
    pub bank: Bank,
    pub clients: Clients,
    pub watch: Watch,
    pub reached: Reached,
    pub events: u64,
    trace: VecDeque<String>,
    queue: BTreeMap<(DateTime<Utc>, u64), Event>,
    sequence: u64,
    draws: BTreeMap<Fault, Stream>,
    delays: Stream,
    left: u64,
    started: DateTime<Utc>,
}

/// What a history came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub events: u64,
    pub payouts: u64,
    pub debits: u64,
    pub unknowns: u64,
    pub reached: Reached,
    /// Name of the payout and of its state at the end.
    #[allow(dead_code)] // for comparisons of whole runs, which print it
    pub states: BTreeMap<String, &'static str>,
}

/// The moment at which every history starts: a Monday morning.
pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).single().expect("a time that exists")
}

impl World {
    pub fn new(seed: u64, options: Options) -> World {
        let draws = FAULTS.iter().map(|(fault, name, _)| (*fault, Stream::of(seed, name, 1))).collect();
        let mut world = World {
            seed,
            now: start(),
            skew: Duration::zero(),
            gateway: Gateway::new(&options),
            disk: Disk::new(),
            bank: Bank::new(seed, &options),
            clients: Clients::plan(seed, &options),
            watch: Watch::default(),
            reached: Reached::new(),
            events: 0,
            trace: VecDeque::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            draws,
            delays: Stream::of(seed, "delays", 0),
            left: options.budget,
            started: start(),
            options,
        };
        world.at(0, Event::Restart);
        super::client::schedule(&mut world);
        for day in 0..4 {
            world.at(10 * 3_600_000 + day * 86_400_000, Event::Bank(Doing::CloseDay));
        }
        world
    }

    /// Schedules an event so many milliseconds from now.
    pub fn at(&mut self, in_ms: i64, event: Event) {
        let when = self.now + Duration::milliseconds(in_ms);
        self.sequence += 1;
        self.queue.insert((when, self.sequence), event);
    }

    /// A delay in milliseconds.
    pub fn delay(&mut self, low: u64, high: u64) -> i64 {
        self.delays.range(low, high) as i64
    }

    /// The gateway's clock.
    pub fn gateway_now(&self) -> DateTime<Utc> {
        self.now + self.skew
    }

    /// Whether faults may still happen.
    pub fn faulty(&self) -> bool {
        self.left > 0 && self.now - self.started < Duration::seconds(FAULTS_END_S)
    }

    /// Whether a fault happens here.
    pub fn fault(&mut self, fault: Fault, percent: u64) -> bool {
        if !self.options.faults.contains(&fault) || !self.faulty() {
            return false;
        }
        let happens = self.draws.get_mut(&fault).is_some_and(|stream| stream.percent(percent));
        if happens {
            self.left -= 1;
            self.note(format!("FAULT {fault:?}"));
        }
        happens
    }

    /// A number that belongs to a fault.
    pub fn drawn(&mut self, fault: Fault, low: u64, high: u64) -> u64 {
        self.draws.get_mut(&fault).map_or(low, |stream| stream.range(low, high))
    }

    pub fn reach(&mut self, name: &'static str) {
        *self.reached.entry(name).or_default() += 1;
    }

    pub fn note(&mut self, text: String) {
        if self.trace.len() == TRACE_LINES {
            self.trace.pop_front();
        }
        let after = self.now - self.started;
        self.trace.push_back(format!("{:>11} ms {text}", after.num_milliseconds()));
    }

    /// Plays to the end.
    pub fn run(&mut self) -> Result<Summary, Violation> {
        let end = self.started + Duration::hours(REST_HOURS);
        while let Some(((when, _), event)) = self.queue.pop_first() {
            if when > end {
                break;
            }
            self.now = when;
            self.events += 1;
            if self.events > EVENTS_MAX {
                return Err(self.violation("I17", "the history does not come to rest".to_owned()));
            }
            self.one(event)?;
            if self.gateway.up && self.fault(Fault::Crash, 2) {
                self.reach("crash between events");
                self.die("between two events");
            }
        }
        super::watch::at_the_end(self)?;
        Ok(self.summary())
    }

    fn one(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Submit(request, count) => super::client::submit(self, request, count),
            Event::OtherBody(request) => super::client::other_body(self, request),
            Event::Operate(act) => super::client::operate(self, act),
            Event::Turn(life) => self.turn(life),
            Event::Dispatch(life) => self.dispatch(life),
            Event::AtBank(wire) => super::network::at_bank(self, wire),
            Event::Ended(wire, ending) => self.ended(wire, ending),
            Event::Bank(doing) => super::bank::go_on(self, doing),
            Event::Callback(report, count) => self.callback(report, count),
            Event::Poll(life) => self.poll(life),
            Event::People(message, person) => super::people::decide(self, message, person),
            Event::Restart => self.restart(),
            Event::Jump(seconds) => {
                self.skew = Duration::seconds(seconds);
                self.note(format!("the gateway's clock is off by {seconds} s"));
                Ok(())
            }
        }
    }

    pub fn violation(&self, invariant: &'static str, text: String) -> Violation {
        Violation { invariant, text, trace: self.trace.iter().cloned().collect() }
    }

    /// Hands an input to the desk.
    pub fn put(&mut self, job: Job) {
        self.gateway.jobs.push_back(job);
        if !self.gateway.turn_waits {
            self.gateway.turn_waits = true;
            let (life, delay) = (self.gateway.life, self.delay(0, 6));
            self.at(delay, Event::Turn(life));
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            events: self.events,
            payouts: self.watch.states().count() as u64,
            debits: self.bank.debits() as u64,
            unknowns: self.watch.unknowns,
            reached: self.reached.clone(),
            states: self.watch.states().map(|(id, state)| (id.to_owned(), state.name())).collect(),
        }
    }
}

/// Plays the history of a seed.
pub fn run(seed: u64, options: Options) -> Result<Summary, Violation> {
    World::new(seed, options).run()
}
