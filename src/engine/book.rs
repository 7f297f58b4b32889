//! The book of one decision: facts are written into it and folded into the view at once, so that
//! what follows in the same turn sees them. Never reads a clock; the time came with the input.

use crate::domain::entry::Evidence;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::row::{Key, Subject};
use crate::engine::input::Envelope;
use crate::store::documents::NewDocument;
use crate::store::view::View;
use crate::store::view::apply::apply;

/// Facts and documents of a turn, over the view they are folded into.
pub struct Book<'v> {
    /// The rows as they are after the facts so far.
    pub view: &'v mut View,
    /// Facts in their order.
    pub facts: Vec<Recorded>,
    /// Octets to be stored with them.
    pub documents: Vec<NewDocument>,
}

impl<'v> Book<'v> {
    /// An empty book over a view.
    pub fn new(view: &'v mut View) -> Book<'v> {
        Book { view, facts: Vec::new(), documents: Vec::new() }
    }

    /// Writes a fact and folds it.
    pub fn write(&mut self, circumstances: &Envelope, fact: Fact) {
        let recorded = recorded(circumstances, fact);
        apply(self.view, &recorded);
        self.facts.push(recorded);
    }

    /// Raises an exception item. A payout gets each code once: repeated evidence adds no second item.
    pub fn raise(&mut self, circumstances: &Envelope, exception: Exception) {
        if let Subject::Payout(key) = exception.subject {
            let known = self
                .view
                .payouts
                .get(&key)
                .is_some_and(|row| row.exceptions.contains(&exception.code.to_owned()));
            if known {
                return;
            }
        }
        let key: Key = self.view.counters.exception;
        let Exception { subject, code, text, evidence } = exception;
        self.write(
            circumstances,
            Fact::ExceptionRaised { key, subject, code: code.to_owned(), text, evidence },
        );
    }
}

/// A fact with the circumstances of the input that led to it.
pub fn recorded(circumstances: &Envelope, fact: Fact) -> Recorded {
    Recorded {
        at: circumstances.at,
        tenant: circumstances.tenant.clone(),
        actor: circumstances.actor.clone(),
        cause: circumstances.cause.clone(),
        fact,
    }
}

/// An exception item to be raised.
pub struct Exception {
    /// What it is about.
    pub subject: Subject,
    /// Stable code.
    pub code: &'static str,
    /// In words, with ids and amounts, without names or accounts.
    pub text: String,
    /// What says so.
    pub evidence: Option<Evidence>,
}
