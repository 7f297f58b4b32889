//! What the loop does after the facts are durable: answers, and actions for the runtime.

use crate::domain::entry::Digest;
use crate::domain::lifecycle::State;
use crate::domain::row::{CancelStage, Key};
use crate::domain::unknown::Decision;
use crate::engine::input::Problem;

/// What follows a decision, once its facts are durable.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The answer to whoever waits.
    pub answer: Answer,
    /// What the runtime does next.
    pub actions: Vec<Action>,
}

/// An act of the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Hand the prepared request of this message to the bank: its attempt is durable.
    Deliver {
        /// Message.
        message: Key,
        /// Number of the attempt.
        attempt: u32,
    },
    /// Ask the bank about a message of unknown outcome.
    Inquire {
        /// Message.
        message: Key,
    },
    /// Prepare the identical octets of a message once more.
    Resend {
        /// Message.
        message: Key,
    },
    /// The prepared request must not leave: forget it.
    Forget {
        /// Message.
        message: Key,
    },
}

/// The answer to an input.
#[derive(Clone, Debug, Default)]
pub enum Answer {
    /// Nobody waits for one.
    #[default]
    None,
    /// Payouts were recorded or refused, item by item.
    Submitted(Submitted),
    /// The same request was answered before: replay that answer.
    Replay {
        /// HTTP status of the stored answer.
        status: u16,
        /// Digest of the stored body.
        body: Digest,
    },
    /// The idempotency key was used with another body.
    Mismatch,
    /// An operation was carried out or refused.
    Operated(Operated),
    /// What a person said about an unknown outcome was taken or not.
    Decided(Decided),
    /// A document is durable (or was already).
    Stored {
        /// Its octets were known before.
        known: bool,
    },
    /// The facts of a part are durable, or the part was known.
    Applied,
}

/// The answer to a request for payouts.
#[derive(Clone, Debug, Default)]
pub struct Submitted {
    /// Item by item.
    pub items: Vec<ItemAnswer>,
    /// HTTP status.
    pub status: u16,
    /// The rendered answer as it is stored and replayed.
    pub body: Vec<u8>,
}

/// What became of one item.
#[derive(Clone, Debug)]
pub enum ItemAnswer {
    /// Recorded in this turn.
    Accepted {
        /// The client's key.
        external_id: String,
        /// Our id (base32 of the token).
        id: String,
        /// The end-to-end id that goes out.
        end_to_end_id: String,
        /// State it starts in.
        state: State,
        /// Why it is held, if it is.
        held: Option<String>,
        /// What was changed or moved.
        warnings: Vec<Problem>,
    },
    /// The same instruction was recorded before.
    Known {
        /// The client's key.
        external_id: String,
        /// Our id.
        id: String,
        /// Where it is.
        state: State,
    },
    /// Refused; nothing was stored.
    Refused {
        /// The client's key, if it was readable.
        external_id: Option<String>,
        /// Why, all at once.
        problems: Vec<Problem>,
    },
}

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operated {
    /// No payout of that id.
    NotFound,
    /// Cancelled here; it was in no message.
    CancelledHere,
    /// Cancelled here; nothing of its message had left, and the others are batched anew.
    CancelledFromBatch {
        /// The message that was dissolved.
        message_id: String,
        /// How many others are batched anew.
        others: usize,
    },
    /// It may be at the bank, which is asked by message: the outcome is the bank's.
    AskedOfBank {
        /// Where it is.
        state: State,
        /// How far the request got.
        stage: CancelStage,
    },
    /// It may be at the bank, which takes no such requests by message: the wish is recorded, a person must ask.
    NotedOnly {
        /// Where it is.
        state: State,
    },
    /// It has its end: there is nothing to cancel.
    TooLate {
        /// Where it is.
        state: State,
    },
    /// Held.
    Held,
    /// Released.
    Released,
    /// Not possible in this state.
    NotPossible {
        /// Where it is.
        state: State,
    },
}

/// What became of a person's word about an unknown outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// No message of that id.
    NotFound,
    /// It does not wait for people: not yet, or not any more.
    NotWaiting,
    /// Recorded; another person has to confirm it.
    Proposed {
        /// The other proposal that it takes the place of, and whose that was.
        instead_of: Option<(Decision, String)>,
    },
    /// The same person has proposed it: one person is not two.
    SamePerson,
    /// What would replace the payouts was made of an older state: ask again.
    Stale,
    /// Two people agree: it is done.
    Confirmed {
        /// What.
        decision: Decision,
        /// The payouts issued anew.
        replaced: Vec<Replaced>,
    },
}

/// A payout that was issued anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// `external_id` of the old one.
    pub old: String,
    /// `external_id` of the new one.
    pub external_id: String,
    /// Id of the new one.
    pub id: String,
}
