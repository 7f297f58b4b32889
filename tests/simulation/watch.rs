//! The promises, checked at every step against what only the model knows: the bank's ledger, the
//! clients' answers, what really arrived. Folds the facts once more for itself. Never the engine's opinion.

use super::bank::Bank;
use super::disk::ready;
use super::gateway::{Call, Wire, key_of};
use super::order::Order;
use super::world::{Violation, World};
use girogate::domain::entry::{Digest, Mark};
use girogate::domain::fact::{AttemptEnd, Fact, InquiryEnd, Recorded};
use girogate::domain::lifecycle::{State, TRANSITIONS};
use girogate::domain::row::{Channel, Key, PayoutRow, SendPhase, Subject};
use girogate::store::documents::NewDocument;
use girogate::store::view::View;
use girogate::store::view::apply::apply;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the store from its facts alone, and of the line from what passed.
#[derive(Default)]
pub struct Watch {
    pub view: View,
    seq: i64,
    states: BTreeMap<Key, State>,
    /// Attempts announced: message and attempt, document and head.
    started: BTreeMap<(Key, u32), (Digest, Digest)>,
    /// Attempts that reached the bank.
    arrived: Vec<(Key, u32, Digest, Digest)>,
    /// Under which ids a payment went out: instruction id to everything else.
    identities: BTreeMap<String, Vec<String>>,
    /// Messages that were of unknown outcome once.
    unknown: BTreeSet<Key>,
    pub unknowns: u64,
    /// Messages whose octets went once more.
    resent: BTreeSet<Key>,
    /// Payouts rejected by a word of their own after their group was settled.
    denied: BTreeSet<Key>,
}

impl Watch {
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Payouts by external id.
    pub fn states(&self) -> impl Iterator<Item = (&str, State)> {
        self.view.payouts.values().map(|row| (row.external_id.as_str(), self.view.state_of(row)))
    }

    fn by_instruction(&self, id: &str) -> Option<&PayoutRow> {
        self.view.payouts.values().find(|row| row.token.base32() == id)
    }
}

/// New facts are durable: each may move a payout along one drawn arrow.
pub fn committed(world: &mut World) -> Result<(), Violation> {
    let facts = world.disk.facts_after(world.watch.seq);
    if facts.is_empty() {
        return Ok(());
    }
    for stored in facts {
        world.watch.seq = stored.seq;
        one_fact(world, &stored.recorded)?;
    }
    conservation(world)
}

fn one_fact(world: &mut World, recorded: &Recorded) -> Result<(), Violation> {
    remember(world, &recorded.fact);
    let phases: BTreeMap<Key, SendPhase> =
        world.watch.view.messages.values().map(|row| (row.key, row.phase)).collect();
    if let Some(key) = spoken_of(&world.watch.view, &recorded.fact)
        && phases.get(&key) == Some(&SendPhase::Open)
    {
        world.reach("callback before the reply");
    }
    apply(&mut world.watch.view, recorded);
    let rows: Vec<PayoutRow> = world.watch.view.payouts.values().cloned().collect();
    for row in rows {
        let state = world.watch.view.state_of(&row);
        let before = world.watch.states.insert(row.key, state);
        if before == Some(state) {
            continue;
        }
        let drawn = match before {
            None => matches!(state, State::Recorded | State::Held),
            // A word about the payment itself counts more than one about its group (status life cycle, 4.1);
            // that the two contradict each other must be said.
            Some(State::Settled) if state == State::Rejected => {
                world.watch.denied.insert(row.key);
                row.status.is_some()
            }
            Some(from) => TRANSITIONS.iter().any(|(one, _, other)| *one == from && *other == state),
        };
        world.note(format!("{} is {}", row.external_id, state.name()));
        if !drawn {
            let text =
                format!("{} went from {before:?} to {state:?} by {:?}", row.external_id, recorded.fact);
            return Err(world.violation("I8", text));
        }
        let phase = world.watch.view.block_of(&row).and_then(|block| phases.get(&block.message));
        let escalated = matches!(recorded.fact, Fact::UnknownEscalated { .. });
        if phase == Some(&SendPhase::Unknown) && escalated {
            world.reach("unknown waits for people");
        } else if phase == Some(&SendPhase::Unknown) {
            world.watch.unknowns += 1;
            resolved(world, &recorded.fact);
            if before == Some(State::Held) {
                world.reach("unknown resolved after people were asked");
            }
        }
        judge(world, &row, state)?;
    }
    Ok(())
}

/// Keeps what later checks need.
fn remember(world: &mut World, fact: &Fact) {
    match fact {
        Fact::StepStarted { key, attempt, document, head, resend, .. } => {
            world.watch.started.insert((*key, *attempt), (*document, *head));
            if *resend {
                world.watch.resent.insert(*key);
            } else if *attempt > 1 {
                world.reach("not sent, sent again");
            }
        }
        Fact::StepEnded { key, end: AttemptEnd::Unknown { .. }, .. } => {
            world.watch.unknown.insert(*key);
        }
        Fact::StepEnded { key, end: AttemptEnd::Received { .. }, .. } if world.watch.resent.contains(key) => {
            world.reach("resend accepted");
        }
        Fact::UnknownEscalated { key, .. } => super::people::asked(world, *key),
        Fact::ExceptionRaised { code, .. } if code == "duplicate_debit" => {
            world.reach("second debit raised");
        }
        _ => {}
    }
}

/// The message that the bank speaks of.
fn spoken_of(view: &View, fact: &Fact) -> Option<Key> {
    match fact {
        Fact::MessageStatus { key, .. } => Some(*key),
        Fact::PayoutStatus { key, .. } => {
            view.payouts.get(key).and_then(|row| view.message_of(row)).map(|row| row.key)
        }
        _ => None,
    }
}

/// Counts by what an unknown outcome became known.
fn resolved(world: &mut World, fact: &Fact) {
    let by_status = |world: &World, digest: &Digest| {
        world.watch.view.by_digest(digest).map(|row| row.channel) == Some(Channel::Reply)
    };
    let name = match fact {
        Fact::InquiryEnded { end: InquiryEnd::Found, .. } => "unknown resolved by inquiry",
        Fact::EntryBooked { mark: Mark::OnStatement, .. }
        | Fact::BlockBooked { mark: Mark::OnStatement, .. } => "unknown resolved by statement",
        Fact::EntryBooked { .. } | Fact::BlockBooked { .. } => "unknown resolved by notification",
        Fact::MessageStatus { evidence, .. }
        | Fact::BlockStatus { evidence, .. }
        | Fact::PayoutStatus { evidence, .. } => match by_status(world, &evidence.document) {
            true => "unknown resolved by inquiry",
            false => "unknown resolved by callback status",
        },
        Fact::StepEnded { .. } => "unknown resolved by a later attempt",
        Fact::EntryReturned { .. } => "unknown resolved by a return",
        _ => "unknown resolved otherwise",
    };
    world.reach(name);
}

fn holds(bank: &Bank, instruction_id: &str) -> bool {
    bank.held
        .iter()
        .any(|held| held.order.payments().any(|(_, payment)| payment.instruction_id == instruction_id))
}

/// A state needs evidence that the bank really gave.
fn judge(world: &World, row: &PayoutRow, state: State) -> Result<(), Violation> {
    let id = row.token.base32();
    let (debits, returns) = world.bank.booked(&id);
    let told = |codes: &[&str]| {
        world.bank.told.get(&id).is_some_and(|told| codes.iter().any(|code| told.contains(code)))
    };
    let has = holds(&world.bank, &id);
    let fails = |invariant, why: &str| {
        Err(world.violation(invariant, format!("{} is {} and {why}", row.external_id, state.name())))
    };
    match state {
        State::Submitted | State::InReview | State::InProcess if !has => fails("I5", "the bank has it not"),
        State::Settled if !told(&["ACSC", "ACCC"]) => fails("I5", "the bank never said so"),
        State::Booked if debits == 0 => fails("I5", "no debit is in the ledger"),
        State::Returned if returns == 0 => fails("I5", "nothing came back in the ledger"),
        State::Rejected if told(&["RJCT"]) => Ok(()),
        State::Rejected if has => fails("I4", "the bank has it and never rejected it"),
        State::Rejected if !world.bank.refused.contains(&id) => fails("I5", "the bank never refused it"),
        State::Cancelled if has => fails("I4", "the bank has it"),
        _ => Ok(()),
    }
}

/// A request reached the bank: its intent was durable before.
pub fn at_the_bank(world: &mut World, wire: &Wire) -> Result<(), Violation> {
    let (Call::Submit { octets, attempt, head, .. }, Some(row)) = (&wire.call, &wire.row) else {
        return Ok(());
    };
    let digest = NewDocument::of(octets.clone()).digest();
    world.watch.arrived.push((row.key, *attempt, digest, *head));
    intent(world)?;
    Ok(())
}

/// The bank takes a request up: under the ids of every earlier one, and nothing that is cancelled.
/// A request that the bank answers as not processed, as its profile says, binds nobody.
pub fn taken_up(world: &mut World, octets: &[u8], key: &str) -> Result<(), Violation> {
    let digest = NewDocument::of(octets.to_vec()).digest();
    let Some(order) = Order::read(octets) else { return Ok(()) };
    for (block, payment) in order.payments() {
        let identity = vec![
            order.message_id.clone(),
            block.id.clone(),
            payment.end_to_end_id.clone(),
            payment.uetr.clone(),
            key.to_owned(),
            digest.hex(),
        ];
        let earlier =
            world.watch.identities.entry(payment.instruction_id.clone()).or_insert_with(|| identity.clone());
        if *earlier != identity {
            let text = format!("a payment went out as {earlier:?} and as {identity:?}");
            return Err(world.violation("I7", text));
        }
        if key != key_of(digest) {
            return Err(world.violation("I7", "the header's key is not that of the octets".to_owned()));
        }
        let state =
            world.watch.by_instruction(&payment.instruction_id).map(|row| world.watch.view.state_of(row));
        if state == Some(State::Cancelled) {
            let text = format!("{} leaves although it is cancelled", payment.end_to_end_id);
            return Err(world.violation("I4", text));
        }
    }
    Ok(())
}

/// Every request that reached the bank was announced with the same digests.
fn intent(world: &World) -> Result<(), Violation> {
    for (message, attempt, digest, head) in &world.watch.arrived {
        if world.watch.started.get(&(*message, *attempt)) != Some(&(*digest, *head)) {
            let text = format!("attempt {attempt} of message {message} reached the bank without an intent");
            return Err(world.violation("I6", text));
        }
    }
    Ok(())
}

/// The bank's ledger has grown: nothing twice, nothing that nobody asked for, nothing that we called dead.
pub fn ledger(world: &World) -> Result<(), Violation> {
    for movement in world.bank.ledger.iter().filter(|movement| movement.debit) {
        for payment in &movement.payments {
            let (debits, _) = world.bank.booked(&payment.instruction_id);
            if debits > 1 && !world.bank.doubled.contains(&payment.instruction_id) {
                let text = format!("{} is debited {debits} times", payment.end_to_end_id);
                return Err(world.violation("I2", text));
            }
            let replaced =
                world.watch.by_instruction(&payment.instruction_id).and_then(|row| row.replaced_by);
            let other = replaced.and_then(|key| world.watch.view.payouts.get(&key));
            if other.is_some_and(|other| world.bank.booked(&other.token.base32()).0 > 0) {
                let text = format!("{} is debited, and what replaces it too", payment.end_to_end_id);
                return Err(world.violation("I2", text));
            }
            let Some(row) = world.watch.by_instruction(&payment.instruction_id) else {
                let text = format!("{} is debited and nobody's", payment.end_to_end_id);
                return Err(world.violation("I3", text));
            };
            let as_wanted = world.clients.wanted(&row.external_id).is_some_and(|wanted| {
                rust_decimal::Decimal::new(wanted.minor, 2) == payment.amount
                    && wanted.currency == payment.currency
                    && wanted.payee == payment.creditor
                    && wanted.debtor == movement.account
            });
            if !as_wanted {
                let text = format!("{} is debited otherwise than it was asked for", row.external_id);
                return Err(world.violation("I3", text));
            }
            judge(world, row, world.watch.view.state_of(row))?;
        }
    }
    Ok(())
}

/// A new process has opened the store.
pub fn reopened(world: &mut World) -> Result<(), Violation> {
    let head = ready(world.disk.store.head()).expect("memory has a head").seq;
    if head < world.watch.seq {
        // Only the control loses commits: what is left is folded anew and judged.
        world.note(format!("facts after {head} are gone"));
        world.watch.view = View::default();
        world.watch.started.clear();
        world.watch.states.clear();
        for stored in world.disk.facts_after(0) {
            world.watch.seq = stored.seq;
            remember(world, &stored.recorded.fact);
            apply(&mut world.watch.view, &stored.recorded);
        }
        world.watch.seq = head;
        let view = &world.watch.view;
        world.watch.states = view.payouts.values().map(|row| (row.key, view.state_of(row))).collect();
    }
    present(world)?;
    intent(world)
}

/// Everything that was answered with success is there, under the id that was told.
fn present(world: &World) -> Result<(), Violation> {
    let listed = ready(world.disk.store.list(Default::default(), None, 1_000)).expect("memory lists");
    for (external_id, id) in &world.clients.accepted {
        let same = listed
            .items
            .iter()
            .any(|item| item.row.external_id == *external_id && item.row.token.base32() == *id);
        if !same {
            return Err(world.violation("I1", format!("{external_id} was accepted and is gone")));
        }
    }
    let names: BTreeSet<&str> = listed.items.iter().map(|item| item.row.external_id.as_str()).collect();
    if names.len() != listed.items.len() {
        return Err(world.violation("I12", "two payouts under one external id".to_owned()));
    }
    Ok(())
}

/// Every payout counts in exactly one state with its instructed amount.
fn conservation(world: &World) -> Result<(), Violation> {
    let totals = ready(world.disk.store.totals(None)).expect("memory counts");
    let (mut count, mut sum) = (0u64, 0i128);
    for row in totals {
        count += row.count;
        sum += row.sum_minor;
    }
    let wanted = world
        .watch
        .view
        .payouts
        .values()
        .map(|row| world.clients.wanted(&row.external_id).map_or(0, |wanted| i128::from(wanted.minor)));
    let (expected_count, expected_sum) = (world.watch.view.payouts.len() as u64, wanted.sum::<i128>());
    if (count, sum) != (expected_count, expected_sum) {
        let text = format!("{count} payouts of {sum}, it should be {expected_count} of {expected_sum}");
        return Err(world.violation("I11", text));
    }
    Ok(())
}

/// Faults are over and time has passed: everything has come to rest where the ledger says.
pub fn at_the_end(world: &mut World) -> Result<(), Violation> {
    present(world)?;
    ledger(world)?;
    if let Some(request) = world.clients.requests.iter().find(|request| request.answer.is_none()) {
        let text = format!("{} was never answered in {} tries", request.key, request.tries);
        return Err(world.violation("I17", text));
    }
    let rows: Vec<PayoutRow> = world.watch.view.payouts.values().cloned().collect();
    for row in &rows {
        rest(world, row)?;
    }
    evidence(world)?;
    let audit = ready(world.disk.store.audit()).expect("memory is audited");
    if !audit.passed() {
        return Err(world.violation("I16", format!("{:?}", audit.findings)));
    }
    super::confluence::check(world)
}

fn rest(world: &mut World, row: &PayoutRow) -> Result<(), Violation> {
    let id = row.token.base32();
    let state = world.watch.view.state_of(row);
    let (debits, returns) = world.bank.booked(&id);
    let has = holds(&world.bank, &id);
    let refused = world.bank.refused.contains(&id);
    let message = world.watch.view.message_of(row);
    let escalated = message
        .is_some_and(|message| message.unknown.escalation.is_some() && message.unknown.decision.is_none());
    let fits = match (debits, returns) {
        (_, 1..) => state == State::Returned,
        (1.., _) => state == State::Booked,
        _ if has => state == State::Rejected,
        // Nothing proves that it did not arrive: people were asked and have not decided.
        _ if escalated => state == State::Held,
        _ => matches!(state, State::Cancelled | State::Held) || (state == State::Rejected && refused),
    };
    if !fits {
        let text = format!(
            "{} is {} at the end; at the bank: {has}, debits {debits}, returns {returns}",
            row.external_id,
            state.name()
        );
        return Err(world.violation("I17", text));
    }
    let contradicted = row.exceptions.iter().any(|code| code == "status_contradiction");
    if world.watch.denied.contains(&row.key) && !contradicted {
        let text = format!("{} was settled, then rejected, and no exception item says so", row.external_id);
        return Err(world.violation("I8", text));
    }
    if world.bank.doubled.contains(&id) && !row.exceptions.iter().any(|code| code == "duplicate_debit") {
        let text =
            format!("{} was debited twice by the bank, and no exception item says so", row.external_id);
        return Err(world.violation("I2", text));
    }
    Ok(())
}

/// Each answered report is kept as it came; each state points to evidence that is kept.
fn evidence(world: &World) -> Result<(), Violation> {
    for report in &world.bank.answered {
        let digest = NewDocument::of(world.bank.report(*report)).digest();
        let kept = world.disk.document(digest).is_some();
        if !kept || world.watch.view.by_digest(&digest).is_none() {
            return Err(world.violation("I9", format!("report {report} was answered and is not kept")));
        }
    }
    for row in world.watch.view.payouts.values() {
        let of_booking = row.booking.iter().flat_map(|booking| [booking.notified, booking.on_statement]);
        let named = row.status_evidence.into_iter().chain(of_booking.flatten());
        for evidence in named {
            if world.disk.document(evidence.document).is_none() {
                return Err(world.violation("I9", format!("the evidence of {} is gone", row.external_id)));
            }
        }
    }
    let unread = world.watch.view.documents.values().find(|row| row.authenticated && !row.finished);
    if let Some(row) = unread {
        return Err(world.violation("I17", format!("document {} was never read", row.key)));
    }
    Ok(())
}

/// The exceptions raised about a payout.
#[allow(dead_code)] // for the defects that look for one
pub fn exceptions(world: &World, payout: Key) -> Vec<String> {
    let of = |row: &&girogate::domain::row::ExceptionRow| row.subject == Subject::Payout(payout);
    world.watch.view.exceptions.values().filter(of).map(|row| row.code.clone()).collect()
}
