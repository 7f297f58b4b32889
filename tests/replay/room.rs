//! The real engine over a store in memory, turn by turn, with a clock that the test sets and a bank that the test plays
//! octet by octet. Never a socket.

use chrono::{DateTime, Duration, Utc};
use girogate::bank::profile::{Profile, REFERENCE_PROFILE};
use girogate::domain::charset::Policy;
use girogate::domain::entry::Digest;
use girogate::domain::fact::{AttemptEnd, Cause, Fact};
use girogate::domain::lifecycle::State;
use girogate::domain::payout::Speed;
use girogate::domain::row::{BlockRow, Channel, Key, MessageRow};
use girogate::engine::action::{Action, Answer, Operated, Outcome};
use girogate::engine::decide::Standing;
use girogate::engine::demonstration;
use girogate::engine::input::{
    Act, Arrived, CancellationDraft, Delivered, Draft, Envelope, Input, Operation, SendReady,
};
use girogate::engine::reconcile::Accounts;
use girogate::engine::routing::Bank;
use girogate::engine::runtime::cancelling::Pen;
use girogate::engine::runtime::freezing::{Press, due};
use girogate::engine::runtime::reading::split;
use girogate::engine::turn::turn;
use girogate::faces::api::Checks;
use girogate::faces::api::payouts::checked;
use girogate::store::Store;
use girogate::store::documents::NewDocument;
use girogate::store::listing::{ExceptionListed, Filter, PayoutListed, Work, WorkLimits};
use girogate::store::lookup::Lookup;
use girogate::store::memory::MemoryStore;
use hyper::body::Bytes;
use serde_json::json;
use std::sync::Arc;

pub const TENANT: &str = "demo";

/// An engine whose every input the test hands in.
pub struct Room {
    pub memory: MemoryStore,
    pub store: Store,
    pub standing: Standing,
    pub checks: Checks,
    pub now: DateTime<Utc>,
}

/// A message that was sent: its row, and its only block.
pub struct Sent {
    pub message: MessageRow,
    pub block: BlockRow,
}

impl Room {
    /// With the reference profile in which `changes` were made, on Monday, 23 November 2026, at 08:00 UTC.
    pub fn with(changes: &[(&str, &str)]) -> Room {
        let text = changes.iter().fold(REFERENCE_PROFILE.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "the profile has no {from}");
            text.replace(from, to)
        });
        let profile = Profile::parse(&text).unwrap();
        let bank = Bank { id: demonstration::BANK.to_owned(), profile };
        let accounts = demonstration::accounts();
        let memory = MemoryStore::new();
        Room {
            store: Store::Memory(memory.clone()),
            memory,
            standing: Standing::new(Accounts(accounts.clone()), std::slice::from_ref(&bank)),
            checks: Checks {
                accounts,
                banks: vec![bank],
                id_key: Arc::new(demonstration::id_key()),
                default_speed: Speed::Standard,
                text_policy: Policy::Transliterate,
                duplicate_window_days: 0,
            },
            now: "2026-11-23T08:00:00Z".parse().unwrap(),
        }
    }

    pub fn open() -> Room {
        Room::with(&[])
    }

    pub fn bank(&self) -> &Bank {
        &self.checks.banks[0]
    }

    pub fn later(&mut self, by: Duration) {
        self.now += by;
    }

    pub fn envelope(&self, cause: Cause, input: Input) -> Envelope {
        let actor = "test".to_owned();
        Envelope { at: self.now, tenant: TENANT.to_owned(), actor, cause, input }
    }

    /// Inputs in one turn each.
    pub async fn put(&self, input: Input) -> Outcome {
        self.put_together(vec![input]).await.swap_remove(0)
    }

    /// Inputs that wait at the desk together: as many turns as they need, in this order.
    pub async fn put_together(&self, inputs: Vec<Input>) -> Vec<Outcome> {
        let mut envelopes: Vec<Envelope> =
            inputs.into_iter().map(|input| self.envelope(Cause::Timer, input)).collect();
        let mut outcomes = Vec::new();
        while !envelopes.is_empty() {
            let some = turn(&self.store, &self.standing, &envelopes).await.unwrap();
            envelopes.drain(..some.len());
            outcomes.extend(some);
        }
        outcomes
    }

    /// Payouts of these amounts from `demo-eur`, named `P1`, `P2` …; `wishes` are members of each.
    pub async fn submit(&self, amounts: &[&str], wishes: serde_json::Value) {
        let payouts: Vec<_> = (1..)
            .zip(amounts)
            .map(|(number, amount)| {
                let mut payout = json!({
                    "external_id": format!("P{number}"),
                    "debtor": { "account_ref": "demo-eur" },
                    "amount": { "value": amount, "currency": "EUR" },
                    "creditor": { "name": "Anna Muster", "address": { "town": "Paris", "country": "FR" } },
                    "creditor_account": { "iban": "FR1420041010050500013M02606" },
                });
                for (key, value) in wishes.as_object().into_iter().flatten() {
                    payout[key] = value.clone();
                }
                payout
            })
            .collect();
        let body = Bytes::from(json!({ "mode": "atomic", "payouts": payouts }).to_string());
        let submit = checked(&self.checks, (TENANT, self.now), &body, None).unwrap();
        let outcome = self.put(Input::Submit(Arc::new(submit))).await;
        let Answer::Submitted(submitted) = outcome.answer else { panic!("{:?}", outcome.answer) };
        assert_eq!(submitted.status, 200, "{}", String::from_utf8_lossy(&submitted.body));
    }

    pub async fn work(&self) -> Work {
        self.store.work(WorkLimits::default(), self.now).await.unwrap()
    }

    /// Writes and freezes what waits.
    pub async fn freeze(&mut self) -> Sent {
        self.later(Duration::seconds(1));
        let batch = self.work().await.unbatched.swap_remove(0);
        let rows = due(&self.bank().profile, batch, self.now);
        let bodies = self.store.payout_bodies(rows.iter().map(|row| row.key).collect()).await.unwrap();
        let press = Press {
            bank: self.bank(),
            accounts: &self.checks.accounts,
            tenant: TENANT,
            id_key: &self.checks.id_key,
            profile: Digest([7; 32]),
        };
        let drafts: Vec<Draft> = press.drafts(&rows, &bodies, self.now).map(Result::unwrap).collect();
        let id = drafts[0].message_id.clone();
        for draft in drafts {
            self.put(Input::Frozen(Arc::new(draft))).await;
        }
        self.sent(&id).await
    }

    pub async fn sent(&self, message_id: &str) -> Sent {
        let message = self.store.find(None, message_id).await.unwrap().messages.swap_remove(0);
        let block = self.store.blocks(message.key).await.unwrap().swap_remove(0);
        Sent { message, block }
    }

    pub fn ready(&self, message: Key) -> Input {
        let head = NewDocument::of(format!("POST at {}", self.now).into_bytes());
        Input::SendReady(SendReady { message, step: "submit".to_owned(), epoch: 1, head, resend: false })
    }

    pub async fn ended(&self, message: Key, end: AttemptEnd) {
        let attempt = self.message(message).await.attempt;
        let documents = vec![NewDocument::of(b"reply".to_vec())];
        let step = "submit".to_owned();
        let delivered =
            Delivered { message, step, attempt, end, documents, report: None, due_at: None, oddity: None };
        self.put(Input::Delivered(delivered)).await;
    }

    pub fn received() -> AttemptEnd {
        AttemptEnd::Received { bank_reference: None, reply: NewDocument::of(b"reply".to_vec()).digest() }
    }

    pub fn unknown() -> AttemptEnd {
        AttemptEnd::Unknown { cause: "reset".to_owned(), bytes_left: 9, reply: None }
    }

    /// Opens an attempt and lets the bank confirm receipt.
    pub async fn deliver(&self, message: Key) {
        let outcome = self.put(self.ready(message)).await;
        assert!(matches!(outcome.actions[..], [Action::Deliver { .. }]), "{:?}", outcome.actions);
        self.ended(message, Room::received()).await;
    }

    /// Payouts of these amounts, in one message that the bank has.
    pub async fn at_the_bank(&mut self, amounts: &[&str]) -> Sent {
        self.submit(amounts, json!({})).await;
        let sent = self.freeze().await;
        self.deliver(sent.message.key).await;
        self.sent(&sent.message.message_id).await
    }

    pub async fn message(&self, key: Key) -> MessageRow {
        let mut view = self.store.load(vec![Lookup::Message(key)]).await.unwrap();
        view.messages.remove(&key).unwrap()
    }

    pub async fn payout(&self, external_id: &str) -> PayoutListed {
        self.store.find(Some(TENANT), external_id).await.unwrap().payouts.swap_remove(0)
    }

    pub async fn state(&self, external_id: &str) -> State {
        self.payout(external_id).await.state
    }

    pub async fn cancel_input(&self, external_id: &str) -> Input {
        let token = self.payout(external_id).await.row.token;
        Input::Operate(Operation { token, act: Act::Cancel, reason: "DUPL".to_owned() })
    }

    pub async fn cancel(&self, external_id: &str) -> Operated {
        let input = self.cancel_input(external_id).await;
        operated(self.put(input).await)
    }

    /// The request that the gateway writes for a payout whose cancellation is wanted, if there is one to write.
    pub async fn request(&self) -> Option<CancellationDraft> {
        let row = self.work().await.cancellations.into_iter().next()?;
        let pen = Pen {
            banks: &self.checks.banks,
            accounts: &self.checks.accounts,
            id_key: &self.checks.id_key,
            profile: Digest([7; 32]),
        };
        Some(pen.draft(&self.store, &row, self.now).await.unwrap())
    }

    /// Freezes that request and gives its message.
    pub async fn frozen_request(&self) -> MessageRow {
        let draft = self.request().await.expect("a cancellation is wanted");
        let id = draft.message_id.clone();
        self.put(Input::CancellationWritten(Box::new(draft))).await;
        self.store.find(None, &id).await.unwrap().messages.swap_remove(0)
    }

    /// A bank document arrives, with proof, and is read.
    pub async fn arrive(&self, octets: &str) {
        let document = NewDocument::of(octets.as_bytes());
        let digest = document.digest();
        let arrived = Arrived {
            bank: demonstration::BANK.to_owned(),
            channel: Channel::Callback,
            document,
            authenticated: true,
            note: "test".to_owned(),
        };
        self.put(Input::Arrived(arrived)).await;
        while let Some(row) = self.work().await.unread.into_iter().next() {
            let octets = self.store.document(row.digest).await.unwrap().unwrap();
            let mut chunks = Vec::new();
            split(&octets, &self.bank().profile.chosen, &mut |chunk| {
                chunks.push(chunk);
                true
            });
            for (number, chunk) in (0u32..).zip(chunks) {
                let input = Input::Part(Arc::new(chunk.part(&row, number)));
                let envelope = self.envelope(Cause::Document(digest, number), input);
                turn(&self.store, &self.standing, &[envelope]).await.unwrap();
            }
        }
    }

    pub async fn exceptions(&self) -> Vec<ExceptionListed> {
        let mut items = self.store.exceptions(Filter::default(), None, 1_000).await.unwrap().items;
        items.reverse();
        items
    }

    /// Codes of the exception items, oldest first.
    pub async fn codes(&self) -> Vec<String> {
        self.exceptions().await.into_iter().map(|item| item.row.code).collect()
    }

    pub async fn facts(&self) -> Vec<Fact> {
        let stored = self.store.facts_after(0, 100_000).await.unwrap();
        stored.into_iter().map(|stored| stored.recorded.fact).collect()
    }

    /// The views are what the facts lead to.
    pub async fn audited(&self) {
        let report = self.store.audit().await.unwrap();
        assert!(report.passed(), "{:?}", report.findings);
    }
}

pub fn operated(outcome: Outcome) -> Operated {
    match outcome.answer {
        Answer::Operated(operated) => operated,
        other => panic!("{other:?}"),
    }
}
