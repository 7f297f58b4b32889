//! The people who are asked about messages whose outcome stays unknown. They telephone with the bank, and two of
//! them say the same. Never what the gateway makes of it.

use super::gateway::{Job, Then};
use super::options::Fault;
use super::random::Stream;
use super::world::{Event, Violation, World};
use girogate::domain::fact::Cause;
use girogate::domain::row::Key;
use girogate::domain::unknown::Decision;
use girogate::engine::action::{Answer, Decided};
use girogate::engine::input::{Input, Judgement};
use girogate::engine::reissue::{Office, reissued};
use std::sync::Arc;

/// The people, in the order in which they look.
const PEOPLE: &[&str] = &["first-person", "second-person"];

/// A message waits for people: they come some minutes later, or never.
pub fn asked(world: &mut World, message: Key) {
    let cares = Stream::of(world.seed, "people", message as u64).percent(70);
    if world.options.faults.contains(&Fault::People) && cares {
        let delay = world.delay(120_000, 1_800_000);
        world.at(delay, Event::People(message, 0));
    }
}

/// A person says what the bank said on the telephone.
pub fn decide(world: &mut World, message: Key, person: usize) -> Result<(), Violation> {
    if !world.gateway.up {
        let delay = world.delay(1_000, 60_000);
        world.at(delay, Event::People(message, person));
        return Ok(());
    }
    let Some(row) = world.watch.view.messages.get(&message).cloned() else { return Ok(()) };
    let has = world.bank.held.iter().any(|held| held.order.message_id == row.message_id);
    let decision = if has { Decision::TreatAsSent } else { Decision::NotSent };
    let members = world
        .watch
        .view
        .payouts
        .values()
        .filter(|payout| world.watch.view.message_of(payout).is_some_and(|of| of.key == message));
    let keys: Vec<Key> = members.map(|payout| payout.key).collect();
    let replacements = if has { Vec::new() } else { anew(world, &keys)? };
    world.note(format!("{} says {} of {}", PEOPLE[person], decision.name(), row.message_id));
    let judgement =
        Judgement { message_id: row.message_id, decision, reason: "asked the bank".to_owned(), replacements };
    let cause = Cause::Request(format!("decide-{message}-{person}"));
    let envelope = world.envelope(PEOPLE[person], cause, Input::Judged(Arc::new(judgement)));
    world.put(Job { envelope, then: Then::Person(message, person) });
    Ok(())
}

fn anew(world: &World, keys: &[Key]) -> Result<Vec<(Key, girogate::domain::payout::Payout)>, Violation> {
    let bodies =
        super::disk::ready(world.disk.store.payout_bodies(keys.to_vec())).expect("memory has the bodies");
    let checks = &world.gateway.checks;
    let office = Office { banks: &checks.banks, id_key: &checks.id_key, now: world.gateway_now() };
    let of = |(key, old): (&Key, &girogate::domain::payout::Payout)| {
        reissued(&office, old, 2)
            .map(|payout| (*key, payout))
            .map_err(|cause| world.violation("engine", cause.to_string()))
    };
    keys.iter().zip(&bodies).map(of).collect()
}

/// A person is answered.
pub fn answered(
    world: &mut World,
    (message, person): (Key, usize),
    answer: &Answer,
) -> Result<(), Violation> {
    world.note(format!("{} is told: {answer:?}", PEOPLE[person]));
    match answer {
        Answer::Decided(Decided::Proposed { .. }) => {
            let delay = world.delay(1_000, 600_000);
            world.at(delay, Event::People(message, 1 - person));
        }
        Answer::Decided(Decided::Confirmed { decision: Decision::TreatAsSent, .. }) => {
            world.reach("two people: treat as sent");
        }
        Answer::Decided(Decided::Confirmed { decision: Decision::NotSent, .. }) => {
            world.reach("two people: not sent, issued anew");
        }
        Answer::Decided(Decided::NotWaiting) => world.reach("people came after the evidence"),
        Answer::Decided(_) => {}
        other => return Err(world.violation("engine", format!("a decision is answered with {other:?}"))),
    }
    Ok(())
}
