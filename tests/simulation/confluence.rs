//! The same inbound messages in another order and repeated: a fresh store, our own facts as they were,
//! the bank's documents permuted. The payouts must end in the same states (I13).

use super::bank::BANK;
use super::disk::ready;
use super::random::Stream;
use super::world::{Violation, World};
use girogate::domain::fact::{Cause, Fact, Recorded};
use girogate::domain::lifecycle::State;
use girogate::domain::row::Channel;
use girogate::engine::demonstration::TENANT;
use girogate::engine::input::{Arrived, Envelope, Input};
use girogate::engine::runtime::reading::split;
use girogate::engine::turn::turn;
use girogate::store::documents::NewDocument;
use girogate::store::listing::WorkLimits;
use girogate::store::memory::MemoryStore;
use girogate::store::view::View;
use girogate::store::{Store, Turn};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One history of so many is played again.
const SAMPLE: u64 = 5;

/// What we did ourselves, whatever the bank's documents said.
fn is_own(recorded: &Recorded) -> bool {
    matches!(
        &recorded.fact,
        Fact::PayoutRecorded { .. }
            | Fact::PayoutHeld { .. }
            | Fact::PayoutReleased { .. }
            | Fact::PayoutCancelled { .. }
            | Fact::CancelRequested { .. }
            | Fact::CancellationWanted { .. }
            | Fact::CancellationFrozen(_)
            | Fact::CancellationNeedless { .. }
            | Fact::MessageFrozen(_)
            | Fact::MessageDissolved { .. }
            | Fact::StepStarted { .. }
            | Fact::StepEnded { .. }
            | Fact::InquiryEnded { .. }
            | Fact::UnknownWaits { .. }
            | Fact::UnknownEscalated { .. }
            | Fact::DecisionProposed { .. }
            | Fact::DecisionConfirmed { .. }
    )
}

type States = BTreeMap<String, State>;

/// Plays a sample of histories again, in two orders.
pub fn check(world: &World) -> Result<(), Violation> {
    if !world.seed.is_multiple_of(SAMPLE) {
        return Ok(());
    }
    let found: States = world.watch.states().map(|(id, state)| (id.to_owned(), state)).collect();
    for round in 0..2 {
        let again = replay(world, round);
        if again != found {
            let differing = found.iter().filter(|(id, state)| again.get(*id) != Some(state));
            let text: Vec<String> =
                differing.map(|(id, state)| format!("{id}: {state:?}, then {:?}", again.get(id))).collect();
            return Err(world.violation("I13", format!("another order: {}", text.join("; "))));
        }
    }
    Ok(())
}

fn replay(world: &World, round: u64) -> States {
    let memory = MemoryStore::new();
    let store = Store::Memory(memory.clone());
    let facts = world.disk.facts_after(0);
    let own = facts.iter().map(|stored| &stored.recorded).filter(|recorded| is_own(recorded));
    let own = own.cloned().collect();
    memory.append(Turn { facts: own, view: View::default(), documents: Vec::new() });
    let mut documents: Vec<Vec<u8>> = facts
        .iter()
        .filter_map(|stored| match &stored.recorded.fact {
            Fact::DocumentReceived { digest, authenticated: true, .. } => world.disk.document(*digest),
            _ => None,
        })
        .collect();
    let mut stream = Stream::of(world.seed, "permutation", round);
    let repeated: Vec<Vec<u8>> = documents.iter().filter(|_| stream.percent(30)).cloned().collect();
    documents.extend(repeated);
    for last in (1..documents.len()).rev() {
        let other = stream.range(0, last as u64 + 1) as usize;
        documents.swap(last, other);
    }
    for octets in documents {
        let document = NewDocument::of(octets);
        let arrived = Arrived {
            bank: BANK.to_owned(),
            channel: Channel::Callback,
            document,
            authenticated: true,
            note: String::new(),
        };
        put(world, &store, Input::Arrived(arrived));
        read(world, &store);
    }
    let listed = ready(store.list(Default::default(), None, 1_000)).expect("memory lists");
    listed.items.into_iter().map(|item| (item.row.external_id, item.state)).collect()
}

fn put(world: &World, store: &Store, input: Input) {
    let envelope = Envelope {
        at: world.now,
        tenant: TENANT.to_owned(),
        actor: BANK.to_owned(),
        cause: Cause::Timer,
        input,
    };
    ready(turn(store, &world.gateway.standing, &[envelope])).expect("memory takes it");
}

fn read(world: &World, store: &Store) {
    let work = ready(store.work(WorkLimits::default(), world.now)).expect("memory answers");
    for row in work.unread {
        let octets = ready(store.document(row.digest)).expect("memory answers").expect("it was just put");
        let mut chunks = Vec::new();
        split(&octets, &world.gateway.profile.chosen, &mut |chunk| {
            chunks.push(chunk);
            true
        });
        for (number, chunk) in (0u32..).zip(chunks) {
            put(world, store, Input::Part(Arc::new(chunk.part(&row, number))));
        }
    }
}
