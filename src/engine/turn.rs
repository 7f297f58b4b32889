//! One turn: load what the inputs need, decide them one after the other, append in one
//! transaction. On a conflict the whole turn is loaded and decided again, nothing having been
//! answered or done. Used by the runtime and by replay alike.

use crate::engine::action::Outcome;
use crate::engine::book::Book;
use crate::engine::decide::{Standing, decide, needs};
use crate::engine::input::Envelope;
use crate::store::view::View;
use crate::store::{Appended, Store, StoreError, Turn};

/// Rounds of loading per input: some rows are named only by others.
const ROUNDS_MAX: usize = 4;
/// Conflicts tolerated in a row before the turn is given up. One process writes, so that even one is rare.
const CONFLICTS_MAX: usize = 10;

/// Why a turn has no outcome. Nothing may be sent until the store was opened again.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// Nobody knows whether the facts are durable.
    #[error("the store does not say whether the facts are durable: {cause}")]
    Unknown {
        /// Why.
        cause: String,
    },
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Rows kept changing under us: another process writes.
    #[error("rows changed {CONFLICTS_MAX} times under the same turn")]
    Conflict,
    /// A decision kept asking for rows.
    #[error("an input needs rows in more than {ROUNDS_MAX} rounds")]
    Needs,
}

/// Decides as many of the inputs, from the first on, as one view can serve, and makes their facts
/// durable. Returns one outcome per decided input; the others belong to the next turn.
pub async fn turn(
    store: &Store,
    standing: &Standing,
    inputs: &[Envelope],
) -> Result<Vec<Outcome>, TurnError> {
    for _ in 0..CONFLICTS_MAX {
        let view = load(store, standing, inputs).await?;
        let (outcomes, turn) = decide_all(view, standing, inputs)?;
        if turn.facts.is_empty() && turn.documents.is_empty() {
            return Ok(outcomes);
        }
        match store.append(turn).await {
            Appended::Done { .. } => return Ok(outcomes),
            Appended::Conflict => {}
            Appended::Unknown { cause } => return Err(TurnError::Unknown { cause }),
        }
    }
    Err(TurnError::Conflict)
}

async fn load(store: &Store, standing: &Standing, inputs: &[Envelope]) -> Result<View, TurnError> {
    let mut view = store.load(Vec::new()).await?;
    for _ in 0..ROUNDS_MAX {
        let wanted = inputs.iter().flat_map(|envelope| needs(&view, standing, &envelope.input));
        let wanted = view.missing(wanted);
        if wanted.is_empty() {
            return Ok(view);
        }
        view = store.load_more(view, wanted).await?;
    }
    Ok(view)
}

fn decide_all(
    mut view: View,
    standing: &Standing,
    inputs: &[Envelope],
) -> Result<(Vec<Outcome>, Turn), TurnError> {
    let mut outcomes = Vec::with_capacity(inputs.len());
    let mut book = Book::new(&mut view);
    for envelope in inputs {
        // What an earlier input of this turn wrote may name further rows.
        if !needs(book.view, standing, &envelope.input).is_empty() {
            break;
        }
        outcomes.push(decide(&mut book, standing, envelope));
    }
    if outcomes.is_empty() && !inputs.is_empty() {
        return Err(TurnError::Needs);
    }
    let Book { facts, documents, .. } = book;
    Ok((outcomes, Turn { facts, view, documents }))
}
