//! Clients and operators: what they ask for, what they were told, and that they ask again when nobody
//! answered. Never what the gateway should do.

use super::gateway::{Job, Then};
use super::options::{Fault, Options};
use super::random::Stream;
use super::world::{Event, Violation, World};
use girogate::domain::entry::Digest;
use girogate::domain::fact::Cause;
use girogate::domain::reference::PayoutToken;
use girogate::engine::action::{Answer, ItemAnswer, Operated};
use girogate::engine::demonstration::TENANT;
use girogate::engine::input::{Act, Input, Operation};
use girogate::faces::api::payouts::checked;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Documentation accounts of payees.
const PAYEES: &[(&str, &str)] = &[
    ("DE89370400440532013000", "DE"),
    ("FR1420041010050500013M02606", "FR"),
    ("NL91ABNA0417164300", "NL"),
    ("ES9121000418450200051332", "ES"),
];

/// A payout as a client asks for it.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub external_id: String,
    pub minor: i64,
    pub currency: &'static str,
    pub payee: &'static str,
    pub debtor: &'static str,
    body: Value,
}

/// A request, and what was answered.
#[derive(Clone, Debug)]
pub struct Request {
    pub key: String,
    pub members: Vec<usize>,
    pub body: Vec<u8>,
    /// Answered: external id to our id.
    pub answer: Option<BTreeMap<String, String>>,
    pub tries: u32,
    after_s: i64,
}

/// Everybody who calls.
pub struct Clients {
    pub wanted: Vec<Wanted>,
    pub requests: Vec<Request>,
    pub acts: Vec<(Act, usize)>,
    /// Payouts cancelled here, as the operator was told.
    pub cancelled: BTreeSet<String>,
    /// What was told: external id to our id.
    pub accepted: BTreeMap<String, String>,
}

impl Clients {
    /// What a seed's clients want.
    pub fn plan(seed: u64, options: &Options) -> Clients {
        let chosen = (0..options.payouts).filter(|number| !options.without.contains(number));
        let wanted: Vec<Wanted> = chosen.map(|number| wanted(seed, number)).collect();
        let mut stream = Stream::of(seed, "requests", 0);
        let mut requests = Vec::new();
        let mut first = 0;
        while first < wanted.len() {
            let size = stream.range(1, 5) as usize;
            let members: Vec<usize> = (first..wanted.len().min(first + size)).collect();
            first += size;
            let body = body_of(&wanted, &members, None);
            let (key, after_s) = (format!("request-{}", requests.len()), stream.range(1, 200) as i64);
            requests.push(Request { key, members, body, answer: None, tries: 0, after_s });
        }
        let acts = Vec::new();
        let (cancelled, accepted) = (BTreeSet::new(), BTreeMap::new());
        Clients { wanted, requests, acts, cancelled, accepted }
    }

    /// The payout that was asked for under an external id.
    pub fn wanted(&self, external_id: &str) -> Option<&Wanted> {
        // What is issued anew carries the id of the old one with its version behind.
        let own = external_id.split(':').next();
        self.wanted.iter().find(|wanted| Some(wanted.external_id.as_str()) == own)
    }
}

fn wanted(seed: u64, number: u64) -> Wanted {
    let mut stream = Stream::of(seed, "payout", number);
    // No two are alike, so that none is suspected of being the other.
    let minor = (number as i64 + 1) * 100_000 + stream.range(1, 99_999) as i64;
    let (payee, country) = *stream.pick(PAYEES);
    let external_id = format!("P-{number}");
    let body = json!({
        "external_id": external_id,
        "debtor": { "account_ref": "demo-eur" },
        "amount": { "value": format!("{}.{:02}", minor / 100, minor % 100), "currency": "EUR" },
        "creditor": { "name": format!("Payee {number}"), "address": {
            "street": "Main Street", "building": "1", "postcode": "10115", "town": "Town", "country": country } },
        "creditor_account": { "iban": payee },
        "rail_preference": ["sepa_sct"],
        "remittance": { "unstructured": format!("Invoice {number}") },
    });
    Wanted { external_id, minor, currency: "EUR", payee, debtor: super::telling::ACCOUNT, body }
}

fn body_of(all: &[Wanted], members: &[usize], note: Option<&str>) -> Vec<u8> {
    let mut payouts: Vec<Value> = members.iter().map(|member| all[*member].body.clone()).collect();
    if let (Some(note), Some(first)) = (note, payouts.first_mut()) {
        first["remittance"] = json!({ "unstructured": note });
    }
    json!({ "mode": "per_item", "payouts": payouts }).to_string().into_bytes()
}

/// Schedules what they do.
pub fn schedule(world: &mut World) {
    let mut stream = Stream::of(world.seed, "clients", 0);
    for request in 0..world.clients.requests.len() {
        let at = world.clients.requests[request].after_s * 1_000;
        world.at(at, Event::Submit(request, 0));
        if world.options.faults.contains(&Fault::ClientParallel) && stream.percent(50) {
            world.reach("client: parallel requests, one payout");
            for _ in 0..stream.range(1, 6) {
                world.at(at + stream.range(0, 3) as i64, Event::Submit(request, 0));
            }
        }
        if world.options.faults.contains(&Fault::ClientAgain) && stream.percent(50) {
            world.at(at + stream.range(1, 900_000) as i64, Event::Submit(request, 1));
        }
        if world.options.faults.contains(&Fault::ClientOtherBody) && stream.percent(50) {
            world.at(at + stream.range(60_000, 900_000) as i64, Event::OtherBody(request));
        }
    }
    if world.options.faults.contains(&Fault::Operator) {
        for member in 0..world.clients.wanted.len() {
            if stream.percent(40) {
                let act = *stream.pick(&[Act::Hold, Act::Cancel, Act::Cancel]);
                // Half of the acts meet a payout that has just come.
                let asked = world.clients.requests.iter().find(|request| request.members.contains(&member));
                let asked = asked.map_or(0, |request| request.after_s * 1_000);
                let soon = asked + stream.range(5, 1_000) as i64;
                let late = asked + stream.range(1_000, 320_000) as i64;
                let at = if stream.percent(60) { soon } else { late };
                plan_act(world, (act, member), at);
            }
        }
    }
    if world.options.faults.contains(&Fault::ClockJump) {
        world.reach("clock jumped");
        let jump = *stream.pick(&[-7_200i64, -60, 60, 7_200, 172_800]);
        let (from, to) = (stream.range(1_000, 300_000) as i64, stream.range(300_000, 1_000_000) as i64);
        world.at(from, Event::Jump(jump));
        world.at(to, Event::Jump(0));
    }
}

fn plan_act(world: &mut World, act: (Act, usize), in_ms: i64) {
    world.clients.acts.push(act);
    let index = world.clients.acts.len() - 1;
    world.at(in_ms, Event::Operate(index));
}

/// Sends a request.
pub fn submit(world: &mut World, request: usize, count: u32) -> Result<(), Violation> {
    if world.clients.requests[request].answer.is_some() && count > 1 {
        return Ok(());
    }
    world.clients.requests[request].tries += 1;
    // Nobody knows whether an answer will come: ask again later, until one has come.
    let delay = world.delay(5_000, 60_000);
    if world.clients.requests[request].answer.is_none() {
        world.at(delay, Event::Submit(request, count.max(1) + 1));
    }
    if !world.gateway.up {
        return Ok(());
    }
    let body = world.clients.requests[request].body.clone();
    hand_in(world, request, body, Then::Client(request))
}

/// Sends something else under the key of a request.
pub fn other_body(world: &mut World, request: usize) -> Result<(), Violation> {
    if !world.gateway.up || world.clients.requests[request].answer.is_none() {
        return Ok(());
    }
    let members = world.clients.requests[request].members.clone();
    let body = body_of(&world.clients.wanted, &members, Some("something else"));
    hand_in(world, request, body, Then::OtherBody(request))
}

fn hand_in(world: &mut World, request: usize, body: Vec<u8>, then: Then) -> Result<(), Violation> {
    let key = format!("POST /v1/payouts {}", world.clients.requests[request].key);
    let now = world.gateway_now();
    let submit = checked(&world.gateway.checks, (TENANT, now), &Bytes::from(body), Some(key.clone()));
    let submit = submit.map_err(|problem| world.violation("engine", format!("refused: {problem:?}")))?;
    let envelope = world.envelope("treasury", Cause::Request(key), Input::Submit(Arc::new(submit)));
    world.put(Job { envelope, then });
    Ok(())
}

/// A client gets its answer.
pub fn answered(world: &mut World, request: usize, answer: &Answer) -> Result<(), Violation> {
    let told = match answer {
        Answer::Submitted(submitted) => submitted.items.iter().filter_map(accepted).collect(),
        Answer::Replay { body, .. } => replayed(world, *body)?,
        other => {
            return Err(world.violation("I12", format!("request {request} is answered with {other:?}")));
        }
    };
    let expected = world.clients.requests[request].members.len();
    if told.len() != expected {
        let text = format!("request {request}: {} of {expected} accepted: {answer:?}", told.len());
        return Err(world.violation("I12", text));
    }
    world.note(format!("request {request} is answered: {told:?}"));
    match world.clients.requests[request].answer.clone() {
        Some(earlier) if earlier != told => {
            let text = format!("request {request} was answered {earlier:?} and is answered {told:?}");
            return Err(world.violation("I12", text));
        }
        Some(_) => world.reach("client: same key, same answer"),
        None => world.clients.requests[request].answer = Some(told.clone()),
    }
    for (external_id, id) in told {
        let earlier = world.clients.accepted.insert(external_id.clone(), id.clone());
        if earlier.as_ref().is_some_and(|earlier| *earlier != id) {
            return Err(world.violation("I12", format!("{external_id} has two ids: {earlier:?} and {id}")));
        }
    }
    Ok(())
}

fn accepted(item: &ItemAnswer) -> Option<(String, String)> {
    match item {
        ItemAnswer::Accepted { external_id, id, .. } | ItemAnswer::Known { external_id, id, .. } => {
            Some((external_id.clone(), id.clone()))
        }
        ItemAnswer::Refused { .. } => None,
    }
}

fn replayed(world: &World, body: Digest) -> Result<BTreeMap<String, String>, Violation> {
    let octets = world.disk.document(body);
    let octets = octets.ok_or_else(|| world.violation("I12", "a stored answer is gone".to_owned()))?;
    let value: Value = serde_json::from_slice(&octets)
        .map_err(|cause| world.violation("I12", format!("a stored answer does not read: {cause}")))?;
    let text = |item: &Value, name: &str| item[name].as_str().map(str::to_owned);
    let items = value["items"].as_array().cloned().unwrap_or_default();
    Ok(items.iter().filter_map(|item| Some((text(item, "external_id")?, text(item, "id")?))).collect())
}

/// The answer to another body under a used key.
pub fn other_answered(world: &mut World, request: usize, answer: &Answer) -> Result<(), Violation> {
    match answer {
        Answer::Mismatch => {
            world.reach("client: same key, other body refused");
            Ok(())
        }
        other => {
            let text = format!("another body under the key of request {request} is answered with {other:?}");
            Err(world.violation("I12", text))
        }
    }
}

/// An operator acts, once the payout is known; else tries later.
pub fn operate(world: &mut World, index: usize) -> Result<(), Violation> {
    let (act, member) = world.clients.acts[index];
    let external_id = world.clients.wanted[member].external_id.clone();
    let id = world.clients.accepted.get(&external_id).cloned();
    let token = id.and_then(|id| PayoutToken::parse_base32(&id).ok());
    let (Some(token), true) = (token, world.gateway.up) else {
        if world.faulty() || act == Act::Release {
            let delay = world.delay(1_000, 30_000);
            world.at(delay, Event::Operate(index));
        }
        return Ok(());
    };
    world.note(format!("an operator: {act:?} {external_id}"));
    let operation = Operation { token, act, reason: "asked for".to_owned() };
    let cause = Cause::Request(format!("operate-{index}"));
    let envelope = world.envelope("operator", cause, Input::Operate(operation));
    world.put(Job { envelope, then: Then::Operator(index) });
    if act == Act::Hold {
        // Whoever holds releases, even if no answer came.
        let delay = world.delay(5_000, 600_000);
        plan_act(world, (Act::Release, member), delay);
    }
    Ok(())
}

/// An operator gets an answer.
pub fn operated(world: &mut World, index: usize, answer: &Answer) -> Result<(), Violation> {
    let (act, member) = world.clients.acts[index];
    let external_id = world.clients.wanted[member].external_id.clone();
    let Answer::Operated(operated) = answer else {
        return Err(world.violation("engine", format!("an act is answered with {answer:?}")));
    };
    world.note(format!("the operator is told: {operated:?}"));
    match operated {
        Operated::CancelledHere => world.reach("cancelled here"),
        Operated::CancelledFromBatch { .. } => world.reach("cancelled from a batch"),
        Operated::AskedOfBank { .. } | Operated::NotedOnly { .. } => world.reach("cancel asked of the bank"),
        Operated::TooLate { .. } => world.reach("cancel came too late"),
        Operated::Released => world.reach("held and released"),
        Operated::NotFound => {
            return Err(world.violation("I1", format!("{external_id} was accepted and is not found")));
        }
        Operated::Held | Operated::NotPossible { .. } => {}
    }
    if act == Act::Cancel && matches!(operated, Operated::CancelledHere | Operated::CancelledFromBatch { .. })
    {
        world.clients.cancelled.insert(external_id);
    }
    Ok(())
}
