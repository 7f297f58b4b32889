//! After a restore: what the node's send journal names and the store does not hold becomes unknown, never sent again
//! blindly; what cannot be re-created is shown to a person; and only a person opens the gate.
//! Source: faults and threats, sections 2.3 and 2.7.

use super::World;
use super::gate::{Reason, RecoveryReport};
use crate::domain::fact::Cause;
use crate::domain::lifecycle::State;
use crate::engine::decide::call_cause;
use crate::engine::input::{Act, Envelope, GateOpening, Input, Operation, Witnessed};
use crate::engine::turn::TurnError;
use crate::store::listing::{Cursor, Filter, PAGE_ITEMS_MAX};
use crate::store::lookup::Lookup;
use crate::store::send_journal::JournalLine;
use std::collections::{BTreeMap, BTreeSet};

/// Code of the exception item about a message that the restored store does not hold.
pub const MISSING_CODE: &str = "recovery_message_missing";

/// Audits the send journal against the restored store. May be done again: what is known stays as it is.
pub async fn audit(world: &World) -> Result<(), TurnError> {
    let mut last: BTreeMap<String, JournalLine> = BTreeMap::new();
    for line in world.store.unconfirmed_attempts().await? {
        last.insert(line.message_id.clone(), line);
    }
    let mut report = RecoveryReport::default();
    for (message_id, line) in last {
        let view = world.store.load(vec![Lookup::MessageId(message_id.clone())]).await?;
        match view.by_message_id(&message_id).filter(|row| !row.dissolved) {
            Some(row) => {
                let due_at = Some(world.clock.now());
                let witnessed = Witnessed { message: row.key, line: line.clone(), due_at };
                let cause = call_cause(&message_id, line.attempt);
                world.desk.put(world.envelope("gateway", cause, Input::Witnessed(witnessed))).await?;
                report.witnessed.push((message_id, line.attempt));
            }
            None => report.missing.push(message_id),
        }
    }
    tell_of_missing(world, &report.missing).await?;
    if !report.missing.is_empty() {
        report.held = hold_what_may_have_been_sent(world).await?;
    }
    tracing::warn!(
        witnessed = report.witnessed.len(),
        missing = report.missing.len(),
        held = report.held,
        code = "gateway.recovery",
        "restored from a copy: nothing is sent until a person opens the gate"
    );
    world.gate.keep_report(report);
    Ok(())
}

/// One exception item for each message that cannot be re-created.
async fn tell_of_missing(world: &World, missing: &[String]) -> Result<(), TurnError> {
    let mut known = BTreeSet::new();
    let mut cursor: Cursor = None;
    loop {
        let page = world.store.exceptions(Filter::default(), cursor, PAGE_ITEMS_MAX).await?;
        known.extend(
            page.items.into_iter().filter(|item| item.row.code == MISSING_CODE).map(|item| item.row.text),
        );
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    for message_id in missing {
        let text = format!(
            "message {message_id} was sent and is not in the restored store: its payouts may be at the bank; \
             payouts submitted again get the same ids"
        );
        if !known.contains(&text) {
            let alarm = Input::Alarm { code: MISSING_CODE, text };
            world.desk.put(world.envelope("gateway", Cause::Timer, alarm)).await?;
        }
    }
    Ok(())
}

/// A payout that was recorded and in no message when the copy was made may stand in a message that is missing. It would
/// go out in a new one: that is for a person to decide. Answers how many wait.
async fn hold_what_may_have_been_sent(world: &World) -> Result<u64, TurnError> {
    let filter = Filter { state: Some(State::Recorded), ..Filter::default() };
    loop {
        let page = world.store.list(filter.clone(), None, PAGE_ITEMS_MAX).await?;
        for item in &page.items {
            let reason = "restored from a copy: it may stand in a message that the copy does not hold";
            let operation = Operation { token: item.row.token, act: Act::Hold, reason: reason.to_owned() };
            let envelope = Envelope {
                at: world.clock.now(),
                tenant: item.row.tenant.clone(),
                actor: "gateway".to_owned(),
                cause: Cause::Timer,
                input: Input::Operate(operation),
            };
            world.desk.put(envelope).await?;
        }
        if page.items.is_empty() {
            break;
        }
    }
    let held = world.store.totals(None).await?;
    Ok(held.iter().filter(|row| row.state == State::Held).map(|row| row.count).sum())
}

/// Opens the gate in a person's name: the fact first, then the mark of the data directory goes, then sending begins.
pub async fn open(world: &World, envelope: Envelope) -> Result<(), TurnError> {
    world.desk.put(envelope).await?;
    world.store.take_mark_away()?;
    world.gate.open(Reason::Recovery);
    world.desk.bell.notify_one();
    Ok(())
}

/// What a person says when opening the gate, with what the audit found.
pub fn opening(world: &World, reason: String) -> Input {
    let report = world.gate.report();
    Input::GateOpening(GateOpening {
        reason,
        witnessed: report.witnessed.len() as u64,
        missing: report.missing.len() as u64,
        held: report.held,
    })
}
