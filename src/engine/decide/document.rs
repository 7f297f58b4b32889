//! Making a bank document durable. Pure; what it says is read in a later turn.

use crate::domain::entry::Digest;
use crate::domain::fact::Fact;
use crate::engine::book::Book;
use crate::engine::input::{Arrived, Envelope};
use crate::planted::{self, Defect};

/// Makes a bank document durable; `true` says that its octets were known. Repetition is a no-op,
/// but octets that came unauthenticated before and authenticated now are taken.
pub(super) fn receive(book: &mut Book<'_>, envelope: &Envelope, arrived: &Arrived) -> bool {
    let digest: Digest = arrived.document.digest();
    let known = book.view.by_digest(&digest).is_some_and(|row| row.authenticated || !arrived.authenticated);
    if known && !planted::is(Defect::RepeatedDocumentStored) {
        return true;
    }
    let fact = Fact::DocumentReceived {
        key: book.view.counters.document,
        digest,
        bank: arrived.bank.clone(),
        channel: arrived.channel,
        authenticated: arrived.authenticated,
        size: arrived.document.octets().len() as u64,
        note: arrived.note.clone(),
    };
    if !planted::is(Defect::EvidenceNotKept) {
        book.documents.push(arrived.document.clone());
    }
    book.write(envelope, fact);
    false
}
