//! Facts of cancellations that the bank is asked for, folded into payouts and messages. Pure.

use super::View;
use super::apply::new_message;
use crate::domain::entry::Evidence;
use crate::domain::fact::{Fact, FrozenCancellation, Recorded};
use crate::domain::row::{CancelStage, Cancellation, Key, PayoutRow};
use crate::domain::status::StatusNews;

/// What the bank's answer to a request says of the request itself: the bank has it.
const HAS_IT: &str = "RCVD";

pub(super) fn apply(view: &mut View, recorded: &Recorded) {
    match &recorded.fact {
        Fact::CancellationWanted { key, .. } => {
            if let Some(row) = view.payout_mut(*key, recorded) {
                row.cancel_requested = true;
                row.cancellation.get_or_insert(at(CancelStage::Wanted));
            }
        }
        Fact::CancellationNeedless { key } => {
            if let Some(row) = view.payout_mut(*key, recorded) {
                row.cancellation = Some(at(CancelStage::Needless));
            }
        }
        Fact::CancellationFrozen(request) => frozen(view, request, recorded),
        Fact::CancellationAnswered { key, request, stage, news, evidence } => {
            if let Some(row) = view.payout_mut(*key, recorded) {
                answered(row, (*stage, *request), news, *evidence);
            }
            if let Some(request) = request {
                arrived(view, *request, news, *evidence);
            }
        }
        _ => {}
    }
}

fn at(stage: CancelStage) -> Cancellation {
    Cancellation { stage, request: None, answer: None, evidence: None }
}

fn frozen(view: &mut View, request: &FrozenCancellation, recorded: &Recorded) {
    let mut row = new_message(request.key, &request.message_id, recorded);
    row.bank.clone_from(&request.bank);
    row.document = request.document;
    row.about = Some(request.payout);
    view.message_ids.insert(request.message_id.clone(), request.key);
    view.messages.insert(request.key, row);
    view.dirty.messages.insert(request.key, 0);
    view.counters.message = view.counters.message.max(request.key + 1);
    if let Some(payout) = view.payout_mut(request.payout, recorded) {
        let known = payout.cancellation.get_or_insert(at(CancelStage::Asked));
        known.stage = known.stage.max(CancelStage::Asked);
        known.request = Some(request.key);
    }
}

/// The furthest answer stays, whatever the order in which answers come.
fn answered(
    row: &mut PayoutRow,
    (stage, request): (CancelStage, Option<Key>),
    news: &StatusNews,
    evidence: Evidence,
) {
    let known = row.cancellation.get_or_insert(at(CancelStage::Wanted));
    known.request = known.request.or(request);
    if stage > known.stage {
        let reason = news.reason.as_ref();
        let reason = reason.and_then(|reason| reason.code.as_deref().or(reason.proprietary.as_deref()));
        known.stage = stage;
        known.answer = Some(format!("{} {}", news.code, reason.unwrap_or_default()).trim().to_owned());
        known.evidence = Some(evidence);
    }
}

/// An answer proves that the request arrived: an attempt whose outcome is unknown is resolved by it.
fn arrived(view: &mut View, request: Key, news: &StatusNews, evidence: Evidence) {
    let Some(row) = view.message_mut(request) else { return };
    if row.status.is_none() {
        row.status =
            Some(StatusNews { code: HAS_IT.to_owned(), reason: None, created: news.created.clone() });
        row.status_evidence = Some(evidence);
    }
}
