//! The tap of a recording: tells a writer outside the engine what happened, in the order in which it
//! was decided. It never waits and never fails the gateway: a writer that is too slow loses the
//! recording, not the payouts.

use crate::bank::delivery::{Delivery, Inquiry};
use crate::domain::row::Key;
use crate::engine::action::Action;
use crate::engine::input::Envelope;
use crate::store::documents::NewDocument;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// Notes that may wait for the writer. Chosen by us: some seconds of a busy gateway.
const NOTES_MAX: usize = 2_048;

/// Something that a recording keeps.
#[derive(Clone, Debug)]
pub enum Note {
    /// The body of a request for payouts; the decision about it follows and names its digest.
    Body(NewDocument),
    /// A message was written; the decision about it follows.
    Written {
        /// `GrpHdr/MsgId`.
        message_id: String,
        /// The time it carries.
        created: DateTime<Utc>,
    },
    /// A delivery ended; the decision about it follows.
    Answered {
        /// Message.
        message: Key,
        /// What we know.
        delivery: Delivery,
    },
    /// An inquiry ended; the decision about it follows. Absent where nobody had to ask.
    Inquired {
        /// Message.
        message: Key,
        /// What it told.
        inquiry: Inquiry,
    },
    /// An input was decided and is durable.
    Decided {
        /// The input with its circumstances.
        envelope: Box<Envelope>,
        /// What followed.
        actions: Vec<Action>,
    },
    /// The gateway has stopped: nothing follows.
    End,
}

/// Where notes are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tap {
    notes: mpsc::Sender<Note>,
    torn: Arc<AtomicBool>,
}

impl Tap {
    /// A tap and where its notes come out.
    pub fn open() -> (Tap, mpsc::Receiver<Note>) {
        let (notes, written) = mpsc::channel(NOTES_MAX);
        (Tap { notes, torn: Arc::new(AtomicBool::new(false)) }, written)
    }

    /// Hands in a note. After the first one that finds no room, all further ones are dropped: a
    /// recording with a hole proves nothing.
    pub fn note(&self, note: Note) {
        if !self.is_torn() && self.notes.try_send(note).is_err() {
            self.torn.store(true, Ordering::Release);
            tracing::error!("the recording is given up: its writer is too slow or gone");
        }
    }

    /// Whether notes were lost.
    pub fn is_torn(&self) -> bool {
        self.torn.load(Ordering::Acquire)
    }

    /// Hands in the last note, waiting for room.
    pub async fn end(&self) {
        if self.notes.send(Note::End).await.is_err() {
            self.torn.store(true, Ordering::Release);
        }
    }
}
