//! Whether an entry is a second debit of a payout or block, or the same one told again: in another kind of report, as a
//! copy, delivered again, or once as a collection and once in parts. Pure. A second debit is told loudly, a repetition
//! never. Source: status life cycle, section 6.

use super::money::booking_reference;
use super::{Movement, statement_identity};
use crate::domain::entry::{Booking, Evidence, Mark};
use crate::domain::row::{BlockRow, PayoutRow};
use crate::engine::report::reference;
use crate::store::view::View;

/// Why a debit is a second one, if it is.
pub(super) fn second_debit(view: &View, row: &PayoutRow, movement: &Movement<'_>) -> Option<String> {
    if let Some(text) = beside_its_block(view, row, movement) {
        return Some(text);
    }
    let known = row.booking.as_ref()?;
    match (&known.account_servicer_reference, booking_reference(movement)) {
        (Some(known), Some(news)) => (*known != news && !is_learnt(row, movement))
            .then(|| format!("booked under {known} and under {news}")),
        _ => told_apart(view, known, movement)
            .then(|| "booked twice without a reference of the bank's".to_owned()),
    }
}

/// A reference of the entry that an earlier report of the same debit carried as well: reports name an entry and its
/// detail, and not every report repeats both.
fn is_learnt(row: &PayoutRow, movement: &Movement<'_>) -> bool {
    let of_detail = movement.detail.and_then(|detail| reference(detail.account_servicer_reference.as_ref()));
    let single = movement.entry.transactions <= 1;
    let of_entry = reference(movement.entry.account_servicer_reference.as_ref()).filter(|_| single);
    let known = |text: &str| row.bank_references.iter().any(|known| known == text);
    of_detail.is_some_and(known) || of_entry.is_some_and(known)
}

/// The block is booked as a collection and the payout by itself, under another reference, in one and the same document:
/// one booking is either the one or the other there.
fn beside_its_block(view: &View, row: &PayoutRow, movement: &Movement<'_>) -> Option<String> {
    let booking = view.block_of(row)?.booking.as_ref()?;
    let of_block = booking.account_servicer_reference.as_deref()?;
    let of_entry = reference(movement.entry.account_servicer_reference.as_ref())?;
    let here = seen(booking, movement.mark)?.document == movement.evidence.document;
    (here && of_block != of_entry)
        .then(|| format!("booked within the collection {of_block} and by itself under {of_entry}"))
}

/// Why a collective debit is a second one, if it is.
pub(super) fn second_collective(view: &View, block: &BlockRow, movement: &Movement<'_>) -> Option<String> {
    let news = booking_reference(movement);
    let in_parts = view.members_of(block.key).filter_map(|row| row.booking.as_ref()).find(|booking| {
        seen(booking, movement.mark).is_some_and(|seen| seen.document == movement.evidence.document)
            && booking.account_servicer_reference.is_some()
            && booking.account_servicer_reference != news
    });
    if in_parts.is_some() {
        return Some("booked in parts and as a collection in the same document".to_owned());
    }
    let known = block.booking.as_ref()?;
    match (&known.account_servicer_reference, &news) {
        (Some(known), Some(news)) => {
            (known != news).then(|| format!("block booked under {known} and under {news}"))
        }
        _ => told_apart(view, known, movement)
            .then(|| "block booked twice without a reference of the bank's".to_owned()),
    }
}

fn seen(booking: &Booking, mark: Mark) -> Option<Evidence> {
    match mark {
        Mark::Notified => booking.notified,
        Mark::OnStatement => booking.on_statement,
    }
}

/// Without a reference: two entries of one document are two, and so are entries of two statements of which the later one
/// is neither a copy nor the same one delivered again. Notifications may repeat each other; the statement will tell.
fn told_apart(view: &View, known: &Booking, movement: &Movement<'_>) -> bool {
    let Some(seen) = seen(known, movement.mark) else { return false };
    if seen.document == movement.evidence.document {
        return seen.record != movement.evidence.record;
    }
    movement.mark == Mark::OnStatement
        && movement.report.copy.is_none()
        && !is_delivered_again(view, movement)
}

/// Whether the statement was read before, from another document.
fn is_delivered_again(view: &View, movement: &Movement<'_>) -> bool {
    let identity = statement_identity(movement.account, movement.report);
    view.by_statement_identity(&identity).is_some_and(|row| row.document != movement.evidence.document)
}
