//! What two people decide about a message whose outcome stays unknown: one proposes, another confirms. Pure.

use super::unknown::{members_of, proof_of};
use crate::domain::fact::Fact;
use crate::domain::payout::Payout;
use crate::domain::row::{Key, MessageRow, PayoutRow, SendPhase};
use crate::domain::unknown::Decision;
use crate::engine::action::{Answer, Decided, Outcome, Replaced};
use crate::engine::book::Book;
use crate::engine::input::{Envelope, Judgement};
use crate::store::lookup::Lookup;
use crate::store::view::View;

/// Reason kept with a payout that people decided was never sent.
const NEVER_SENT: &str = "two people decided that it was never sent";

/// The lookups of a decision.
pub(super) fn needs(view: &View, judgement: &Judgement, wanted: &mut Vec<Lookup>) {
    wanted.push(Lookup::MessageId(judgement.message_id.clone()));
    wanted.extend(view.by_message_id(&judgement.message_id).map(|row| Lookup::MessageMembers(row.key)));
    for (_, payout) in &judgement.replacements {
        let account_ref = payout.instruction.debtor_account_ref.clone();
        wanted.push(Lookup::Token(payout.token));
        wanted.push(Lookup::EndToEnd { account_ref, key: payout.end_to_end_id.key() });
    }
}

/// Takes what a person says about a message that waits for people. A different word of a second person confirms
/// nothing: it takes the place of the first.
pub(super) fn judge(book: &mut Book<'_>, envelope: &Envelope, judgement: &Judgement) -> Outcome {
    let answer = |decided: Decided| Outcome { answer: Answer::Decided(decided), actions: Vec::new() };
    let row = book.view.by_message_id(&judgement.message_id).filter(|row| row.tenant == envelope.tenant);
    let Some(row) = row.cloned() else { return answer(Decided::NotFound) };
    if !waits_for_people(book.view, &row) {
        return answer(Decided::NotWaiting);
    }
    let (key, decision, reason) = (row.key, judgement.decision, judgement.reason.clone());
    let proposed = row.unknown.proposal.as_ref().filter(|proposal| proposal.decision == decision);
    let Some(proposal) = proposed else {
        book.write(envelope, Fact::DecisionProposed { key, decision, reason });
        let instead_of = row.unknown.proposal.map(|proposal| (proposal.decision, proposal.by));
        return answer(Decided::Proposed { instead_of });
    };
    if proposal.by == envelope.actor {
        return answer(Decided::SamePerson);
    }
    let members: Vec<PayoutRow> = members_of(book.view, key).cloned().collect();
    let pairs = match decision {
        Decision::TreatAsSent => Vec::new(),
        Decision::NotSent => match pairs(book.view, &members, judgement) {
            Some(pairs) => pairs,
            None => return answer(Decided::Stale),
        },
    };
    let proposed_by = proposal.by.clone();
    book.write(envelope, Fact::DecisionConfirmed { key, decision, proposed_by, reason });
    let replaced = issue_anew(book, envelope, pairs);
    answer(Decided::Confirmed { decision, replaced })
}

/// Unknown, escalated, undecided, and nothing came since.
fn waits_for_people(view: &View, row: &MessageRow) -> bool {
    row.phase == SendPhase::Unknown
        && !row.dissolved
        && row.unknown.escalation.is_some()
        && row.unknown.decision.is_none()
        && proof_of(view, row.key).is_none()
}

type Pair<'j> = (PayoutRow, Option<&'j Payout>);

/// Every member with what replaces it; `None` where a replacement is missing or its ids are taken. What the client
/// wanted cancelled is cancelled and not issued anew.
fn pairs<'j>(view: &View, members: &[PayoutRow], judgement: &'j Judgement) -> Option<Vec<Pair<'j>>> {
    let mut pairs = Vec::with_capacity(members.len());
    for row in members {
        if row.cancel_requested {
            pairs.push((row.clone(), None));
            continue;
        }
        let (_, payout) = judgement.replacements.iter().find(|(old, _)| *old == row.key)?;
        let taken = view.by_token(payout.token).is_some()
            || view
                .by_end_to_end(&payout.instruction.debtor_account_ref, &payout.end_to_end_id.key())
                .is_some();
        if taken || row.replaced_by.is_some() {
            return None;
        }
        pairs.push((row.clone(), Some(payout)));
    }
    Some(pairs)
}

/// The old payouts end here; each new one is recorded like any other and names what it replaces.
fn issue_anew(book: &mut Book<'_>, envelope: &Envelope, pairs: Vec<Pair<'_>>) -> Vec<Replaced> {
    let mut replaced = Vec::with_capacity(pairs.len());
    for (old, payout) in pairs {
        book.write(envelope, Fact::PayoutCancelled { key: old.key, reason: NEVER_SENT.to_owned() });
        let Some(payout) = payout else { continue };
        let key: Key = book.view.counters.payout;
        replaced.push(Replaced {
            old: old.external_id,
            external_id: payout.instruction.external_id.as_str().to_owned(),
            id: payout.token.base32(),
        });
        let fact = Fact::PayoutRecorded {
            key,
            payout: Box::new(payout.clone()),
            held: None,
            likeness: old.likeness,
            content: old.content,
            replaces: Some(old.key),
        };
        book.write(envelope, fact);
    }
    replaced
}
