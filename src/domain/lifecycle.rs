//! The twelve states of a payout, the arrows between them as data, and the one rule that says
//! which state follows from what was said and booked. Nobody sets a state.

use super::row::{BlockRow, MessageRow, PayoutRow, SendPhase};
use super::status::{Class, StatusNews};

/// Where a payout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Accepted by us, durable, not yet in a message.
    Recorded,
    /// Waits for a person.
    Held,
    /// In a frozen message of which nothing was sent.
    Batched,
    /// An attempt is open, or ended without an answer that proves anything.
    Unconfirmed,
    /// The bank confirmed receipt.
    Submitted,
    /// The bank checks it.
    InReview,
    /// The bank executes it.
    InProcess,
    /// Settled by status; no entry seen yet.
    Settled,
    /// A debit entry is booked.
    Booked,
    /// The money came back.
    Returned,
    /// The bank refused it.
    Rejected,
    /// Cancelled, by us before sending or by the bank on request.
    Cancelled,
}

/// One state with its name and a line for a payments clerk.
#[derive(Debug)]
pub struct StateMeaning {
    /// The state.
    pub state: State,
    /// Stable name in API, exports and facts.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Who has to act next.
    pub waits_for: &'static str,
}

const fn state(
    state: State,
    name: &'static str,
    meaning: &'static str,
    waits_for: &'static str,
) -> StateMeaning {
    StateMeaning { state, name, meaning, waits_for }
}

/// Every state. The README's table and the console are made from it.
pub const STATES: &[StateMeaning] = &[
    state(State::Recorded, "Recorded", "accepted and durable, not yet in a message", "the gateway"),
    state(State::Held, "Held", "waits for a person", "an operator"),
    state(State::Batched, "Batched", "frozen in a message of which nothing has left", "the gateway"),
    state(
        State::Unconfirmed,
        "Unconfirmed",
        "sent or being sent; nothing proves yet what became of it",
        "the bank",
    ),
    state(State::Submitted, "Submitted", "the bank confirmed receipt", "the bank"),
    state(State::InReview, "InReview", "the bank checks it", "the bank"),
    state(State::InProcess, "InProcess", "the bank executes it", "the bank"),
    state(State::Settled, "Settled", "settled by status, no account entry seen yet", "the bank's report"),
    state(State::Booked, "Booked", "a debit entry is booked on the account", "nobody"),
    state(State::Returned, "Returned", "the money came back", "the client"),
    state(State::Rejected, "Rejected", "the bank refused it", "the client"),
    state(State::Cancelled, "Cancelled", "cancelled", "nobody"),
];

impl State {
    /// The stable name.
    pub fn name(self) -> &'static str {
        self.described().name
    }

    /// The row of the state table.
    pub fn described(self) -> &'static StateMeaning {
        STATES.iter().find(|row| row.state == self).unwrap_or(&STATES[0])
    }

    /// The state of that name, ignoring case.
    pub fn parse(name: &str) -> Option<State> {
        STATES.iter().find(|row| row.name.eq_ignore_ascii_case(name)).map(|row| row.state)
    }

    /// Whether nothing more is expected for the instruction.
    pub fn is_end(self) -> bool {
        matches!(self, State::Booked | State::Returned | State::Rejected | State::Cancelled)
    }
}

/// What can move a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A rule or a person holds it.
    Held,
    /// A person released it.
    Released,
    /// It was frozen into a message.
    Batched,
    /// Its message was dissolved before anything had left.
    Unbatched,
    /// An attempt opens: written before the first byte leaves.
    SendStarted,
    /// The attempt provably sent nothing.
    NotSent,
    /// The bank confirmed receipt, or said rank 10–17.
    Received,
    /// Rank 20–40.
    Reviewed,
    /// A person must act at the bank (`PATC`, `ACFW`, `RVCM`, `BLCK`).
    AwaitsPerson,
    /// Rank 50–55, or accepted and not yet posted.
    Processed,
    /// Rank 70 or 80.
    Settled,
    /// The bank refused.
    Rejected,
    /// Cancelled by the bank on request.
    Cancelled,
    /// Cancelled by us before anything was sent.
    CancelledHere,
    /// A booked debit entry.
    EntryBooked,
    /// A booked credit entry that brings the money back.
    EntryReturned,
}

use FactKind as K;
use State as S;

/// The arrows. Late or repeated news stays; anything unlisted that would move is a contradiction,
/// recorded as an exception item and shown, never guessed away.
pub const TRANSITIONS: &[(State, FactKind, State)] = &[
    (S::Recorded, K::Held, S::Held),
    (S::Recorded, K::Batched, S::Batched),
    (S::Recorded, K::CancelledHere, S::Cancelled),
    (S::Held, K::Released, S::Recorded),
    (S::Held, K::CancelledHere, S::Cancelled),
    (S::Batched, K::Unbatched, S::Recorded),
    (S::Batched, K::CancelledHere, S::Cancelled),
    (S::Batched, K::SendStarted, S::Unconfirmed), // written before the first byte leaves
    (S::Unconfirmed, K::NotSent, S::Batched),     // proof that no byte left: same octets again
    (S::Unconfirmed, K::Received, S::Submitted),
    (S::Unconfirmed, K::Reviewed, S::InReview),
    (S::Unconfirmed, K::AwaitsPerson, S::Held),
    (S::Unconfirmed, K::Processed, S::InProcess),
    (S::Unconfirmed, K::Settled, S::Settled),
    (S::Unconfirmed, K::Rejected, S::Rejected),
    (S::Unconfirmed, K::Cancelled, S::Cancelled),
    (S::Unconfirmed, K::EntryBooked, S::Booked), // the statement proves that it arrived
    (S::Unconfirmed, K::EntryReturned, S::Returned),
    (S::Submitted, K::Reviewed, S::InReview),
    (S::Submitted, K::AwaitsPerson, S::Held),
    (S::Submitted, K::Processed, S::InProcess),
    (S::Submitted, K::Settled, S::Settled),
    (S::Submitted, K::Rejected, S::Rejected),
    (S::Submitted, K::Cancelled, S::Cancelled),
    (S::Submitted, K::EntryBooked, S::Booked),
    (S::Submitted, K::EntryReturned, S::Returned),
    (S::Held, K::Received, S::Submitted), // people decided about an unknown outcome, or the bank has answered after all
    (S::Held, K::Reviewed, S::InReview),  // the person at the bank has acted
    (S::Held, K::Processed, S::InProcess),
    (S::Held, K::Settled, S::Settled),
    (S::Held, K::Rejected, S::Rejected),
    (S::Held, K::Cancelled, S::Cancelled),
    (S::Held, K::EntryBooked, S::Booked),
    (S::Held, K::EntryReturned, S::Returned),
    (S::InReview, K::AwaitsPerson, S::Held),
    (S::InReview, K::Processed, S::InProcess),
    (S::InReview, K::Settled, S::Settled),
    (S::InReview, K::Rejected, S::Rejected),
    (S::InReview, K::Cancelled, S::Cancelled),
    (S::InReview, K::EntryBooked, S::Booked),
    (S::InReview, K::EntryReturned, S::Returned),
    (S::InProcess, K::AwaitsPerson, S::Held), // frozen at the payee's bank
    (S::InProcess, K::Settled, S::Settled),
    (S::InProcess, K::Rejected, S::Rejected),
    (S::InProcess, K::Cancelled, S::Cancelled),
    (S::InProcess, K::EntryBooked, S::Booked),
    (S::InProcess, K::EntryReturned, S::Returned),
    (S::Settled, K::AwaitsPerson, S::Held),
    (S::Settled, K::EntryBooked, S::Booked),
    (S::Settled, K::EntryReturned, S::Returned),
    (S::Booked, K::EntryReturned, S::Returned),
    (S::Rejected, K::Settled, S::Settled), // contradiction: shown as settled, exception item raised
    (S::Rejected, K::EntryBooked, S::Booked), // contradiction: money left although rejected
    (S::Rejected, K::EntryReturned, S::Returned),
    (S::Cancelled, K::Settled, S::Settled),    // contradiction
    (S::Cancelled, K::EntryBooked, S::Booked), // contradiction
    (S::Cancelled, K::EntryReturned, S::Returned),
];

/// Arrows that are drawn because money outranks words, and that always raise an exception item.
pub const CONTRADICTIONS: &[(State, FactKind)] = &[
    (S::Rejected, K::Settled),
    (S::Rejected, K::EntryBooked),
    (S::Cancelled, K::Settled),
    (S::Cancelled, K::EntryBooked),
];

/// The state after a fact, or `None` where no arrow is drawn (the state stays).
pub fn step(state: State, kind: FactKind) -> Option<State> {
    TRANSITIONS.iter().find(|(from, by, _)| *from == state && *by == kind).map(|(.., to)| *to)
}

/// The kind of fact that a bank's word amounts to; `None` for words that move nothing.
pub fn kind_of(news: &StatusNews) -> Option<FactKind> {
    Some(match news.meaning().class {
        Class::Received => K::Received,
        Class::AwaitsPerson | Class::Blocked => K::AwaitsPerson,
        Class::Review | Class::Pending => K::Reviewed,
        Class::Process | Class::AcceptedNotPosted => K::Processed,
        Class::Settled => K::Settled,
        Class::Rejected => K::Rejected,
        Class::Cancelled => K::Cancelled,
        Class::Partial | Class::Unknown => return None,
    })
}

/// The state shown for a payout: money first, then what the bank said about it, else about its
/// block, else about its message, else how far sending got. The SQL view `payout_state` says the same.
pub fn effective(payout: &PayoutRow, block: Option<&BlockRow>, message: Option<&MessageRow>) -> State {
    if payout.returned.is_some() {
        return State::Returned;
    }
    if payout.booking.is_some() || block.is_some_and(|block| block.booked) {
        return State::Booked;
    }
    if payout.cancelled {
        return State::Cancelled;
    }
    let said = payout
        .status
        .as_ref()
        .or_else(|| block.and_then(|block| block.status.as_ref()))
        .or_else(|| message.and_then(|message| message.status.as_ref()));
    if let Some(state) = said.and_then(state_of) {
        return state;
    }
    match message.map(|message| message.phase) {
        Some(SendPhase::Frozen | SendPhase::NotSent) => State::Batched,
        Some(SendPhase::Unknown) if message.is_some_and(|of| of.unknown.escalation.is_some()) => State::Held,
        Some(SendPhase::Open | SendPhase::Unknown) => State::Unconfirmed,
        Some(SendPhase::Received) => State::Submitted,
        Some(SendPhase::Refused) => State::Rejected,
        None if payout.held.is_some() => State::Held,
        None => State::Recorded,
    }
}

/// The state that a bank's word alone amounts to.
fn state_of(news: &StatusNews) -> Option<State> {
    Some(match kind_of(news)? {
        K::Received => State::Submitted,
        K::Reviewed => State::InReview,
        K::AwaitsPerson => State::Held,
        K::Processed => State::InProcess,
        K::Settled => State::Settled,
        K::Rejected => State::Rejected,
        K::Cancelled => State::Cancelled,
        _ => return None,
    })
}
