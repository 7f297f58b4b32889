//! What a rule does to the octets of one connection: pure function of what passed so far. Never sockets.

use super::records::Records;
use super::script::{Deed, Rule};

/// What comes after the octets that are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The next octets.
    Go,
    /// The rest of these octets one by one, so many milliseconds apart.
    Trickle(u64),
    /// A reset towards both ends.
    Reset,
    /// An end towards both, without the farewell of TLS.
    Close,
    /// An end towards both once nothing came for so many milliseconds.
    CloseWhenQuiet(u64),
    /// Nothing more, for as long as the client stays.
    Stall,
    /// An end towards the bank only.
    HalfClose,
    /// These octets are swapped with another connection's, if one comes within so many milliseconds.
    Swap(u64),
}

/// What happens to some octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Milliseconds to wait first.
    pub wait_ms: u64,
    /// How many of them are passed on.
    pub pass: usize,
    /// Position of an octet whose lowest bit is turned.
    pub turn: Option<usize>,
    /// What then.
    pub then: Then,
}

impl Move {
    fn go(octets: &[u8]) -> Move {
        Move { wait_ms: 0, pass: octets.len(), turn: None, then: Then::Go }
    }

    fn up_to(pass: usize, then: Then) -> Move {
        Move { wait_ms: 0, pass, turn: None, then }
    }
}

/// One connection's part.
#[derive(Debug)]
pub struct Player {
    rule: Option<Rule>,
    records: Records,
    /// Octets of the request under way, or of the last one.
    request_octets: u64,
    /// Octets of its answer.
    answer_octets: u64,
    /// Requests that began.
    exchanges: u32,
    /// Whether the rule did something.
    struck: bool,
}

impl Player {
    /// A connection under a rule, or under none.
    pub fn new(rule: Option<Rule>) -> Player {
        let records = Records::default();
        Player { rule, records, request_octets: 0, answer_octets: 0, exchanges: 0, struck: false }
    }

    /// Requests that began so far.
    pub fn exchanges(&self) -> u32 {
        self.exchanges
    }

    /// Whether the rule did something.
    pub fn struck(&self) -> bool {
        self.struck
    }

    /// Octets that came from the client.
    pub fn client(&mut self, octets: &[u8]) -> Move {
        let began = self.records.request_begins(octets);
        let rule = self.rule.clone();
        let Some(start) = began else {
            return match rule.map(|rule| rule.does) {
                Some(Deed::ResetHandshake) => self.strike(Move::up_to(0, Then::Reset)),
                _ => Move::go(octets),
            };
        };
        if self.exchanges == 0 || self.answer_octets > 0 {
            self.exchanges = self.exchanges.saturating_add(1);
            (self.request_octets, self.answer_octets) = (0, 0);
        }
        let before = self.request_octets;
        let count = octets.len().saturating_sub(start);
        self.request_octets = before.saturating_add(count as u64);
        let Some(rule) = rule else { return Move::go(octets) };
        let pass = start.saturating_add(rest(rule.octets, before));
        let reached = pass < octets.len();
        match rule.does {
            Deed::ResetBefore => self.strike(Move::up_to(start, Then::Reset)),
            Deed::ResetAmid if reached => self.strike(Move::up_to(pass, Then::Reset)),
            Deed::StallRequest if reached => self.strike(Move::up_to(pass, Then::Stall)),
            Deed::HalfClose if reached || rule.octets == 0 => {
                self.strike(Move::up_to(octets.len(), Then::HalfClose))
            }
            Deed::DelayRequest if before == 0 => {
                self.strike(Move { wait_ms: rule.delay_ms, ..Move::go(octets) })
            }
            Deed::TrickleRequest => self.strike(Move::up_to(start, Then::Trickle(rule.delay_ms))),
            _ => Move::go(octets),
        }
    }

    /// Octets that came from the bank.
    pub fn bank(&mut self, octets: &[u8]) -> Move {
        if self.exchanges == 0 {
            return Move::go(octets);
        }
        let before = self.answer_octets;
        self.answer_octets = before.saturating_add(octets.len() as u64);
        let Some(rule) = self.rule.clone() else { return Move::go(octets) };
        if self.request_octets < rule.request_octets_min {
            return Move::go(octets);
        }
        let pass = rest(rule.octets, before);
        let reached = pass < octets.len();
        match rule.does {
            Deed::ResetAnswer if reached => self.strike(Move::up_to(pass, Then::Reset)),
            Deed::TruncateAnswer if reached => self.strike(Move::up_to(pass, Then::Close)),
            Deed::StallAnswer if reached => self.strike(Move::up_to(pass, Then::Stall)),
            Deed::CorruptAnswer if reached && before <= rule.octets => {
                self.strike(Move { turn: Some(pass), ..Move::go(octets) })
            }
            Deed::DelayAnswer if before == 0 => {
                self.strike(Move { wait_ms: rule.delay_ms, ..Move::go(octets) })
            }
            Deed::TrickleAnswer => self.strike(Move::up_to(0, Then::Trickle(rule.delay_ms))),
            Deed::SwapAnswers if before == 0 => self.strike(Move::up_to(0, Then::Swap(rule.delay_ms))),
            Deed::CloseQuietly => self.strike(Move::up_to(octets.len(), Then::CloseWhenQuiet(rule.delay_ms))),
            _ => Move::go(octets),
        }
    }

    fn strike(&mut self, made: Move) -> Move {
        self.struck = true;
        made
    }
}

/// How many further octets are passed before a place, given how many passed already.
fn rest(place: u64, before: u64) -> usize {
    usize::try_from(place.saturating_sub(before)).unwrap_or(usize::MAX)
}
