//! The engine in one thread over the store in memory: inputs as the runtime would hand them in, at times that the test
//! chooses. No socket, no clock.

use chrono::{DateTime, Duration, TimeZone, Utc};
use girogate::bank::delivery::{BankReply, Delivery, Inquiry};
use girogate::domain::charset::Policy;
use girogate::domain::entry::Digest;
use girogate::domain::fact::{Cause, Fact};
use girogate::domain::lifecycle::State;
use girogate::domain::payout::Speed;
use girogate::domain::row::{Channel, MessageRow};
use girogate::domain::unknown::Decision;
use girogate::engine::action::{Action, Answer, Decided, Outcome};
use girogate::engine::decide::Standing;
use girogate::engine::demonstration::{BANK, TENANT, accounts, bank, id_key};
use girogate::engine::input::{Arrived, Due, Envelope, Input, Judgement, SendReady};
use girogate::engine::reconcile::Accounts;
use girogate::engine::reissue::Office;
use girogate::engine::runtime::freezing::{Press, due};
use girogate::engine::runtime::reading::split;
use girogate::engine::runtime::sending::{Attempt, delivered, inquired, seen};
use girogate::engine::turn::turn;
use girogate::faces::api::Checks;
use girogate::faces::api::payouts::checked;
use girogate::faces::unknown::judgement;
use girogate::store::documents::NewDocument;
use girogate::store::listing::{Filter, PayoutListed, WorkLimits};
use girogate::store::lookup::Lookup;
use girogate::store::memory::MemoryStore;
use girogate::store::{Store, Stored};
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

pub struct Room {
    pub store: Store,
    pub standing: Standing,
    pub checks: Checks,
    pub now: DateTime<Utc>,
}

/// Seconds after the start: a Monday morning.
pub fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap() + Duration::seconds(seconds)
}

fn instruction(number: usize) -> Value {
    json!({
        "external_id": format!("U-{number}"),
        "debtor": { "account_ref": "demo-eur" },
        "amount": { "value": format!("{number}.50"), "currency": "EUR" },
        "speed": "standard",
        "creditor": { "name": "Anna Muster", "address": { "town": "Paris", "country": "FR" } },
        "creditor_account": { "iban": "FR1420041010050500013M02606" },
        "remittance": { "unstructured": format!("Reward {number}") },
    })
}

impl Room {
    pub fn open() -> Room {
        let banks = vec![bank()];
        let standing = Standing::new(Accounts(accounts()), &banks);
        let checks = Checks {
            accounts: accounts(),
            banks,
            id_key: Arc::new(id_key()),
            default_speed: Speed::Standard,
            text_policy: Policy::Transliterate,
            duplicate_window_days: 7,
        };
        Room { store: Store::Memory(MemoryStore::new()), standing, checks, now: at(0) }
    }

    pub async fn put(&self, actor: &str, input: Input) -> Outcome {
        let (actor, tenant) = (actor.to_owned(), TENANT.to_owned());
        let envelope = Envelope { at: self.now, tenant, actor, cause: Cause::Timer, input };
        turn(&self.store, &self.standing, &[envelope]).await.unwrap().remove(0)
    }

    /// Payouts in one frozen message.
    pub async fn frozen(count: usize) -> (Room, String) {
        let mut room = Room::open();
        let rows: Vec<Value> = (1..=count).map(instruction).collect();
        let body = Bytes::from(json!({ "mode": "atomic", "payouts": rows }).to_string());
        let submit = checked(&room.checks, (TENANT, room.now), &body, None).unwrap();
        room.put("treasury", Input::Submit(Arc::new(submit))).await;
        let ids = room.freeze().await;
        assert_eq!(ids.len(), 1);
        (room, ids[0].clone())
    }

    /// Writes and freezes whatever waits.
    pub async fn freeze(&mut self) -> Vec<String> {
        self.now += Duration::seconds(1);
        let work = self.store.work(WorkLimits::default(), self.now).await.unwrap();
        let mut ids = Vec::new();
        for batch in work.unbatched {
            let rows = due(&self.checks.banks[0].profile, batch, self.now);
            let bodies = self.store.payout_bodies(rows.iter().map(|row| row.key).collect()).await.unwrap();
            let press = Press {
                bank: &self.checks.banks[0],
                accounts: &self.checks.accounts,
                tenant: TENANT,
                id_key: &self.checks.id_key,
                profile: Digest([9; 32]),
            };
            for draft in press.drafts(&rows, &bodies, self.now) {
                let draft = draft.unwrap();
                ids.push(draft.message_id.clone());
                self.put("gateway", Input::Frozen(Arc::new(draft))).await;
            }
        }
        ids
    }

    pub async fn row(&self, id: &str) -> MessageRow {
        let view = self.store.load(vec![Lookup::MessageId(id.to_owned())]).await.unwrap();
        view.by_message_id(id).unwrap().clone()
    }

    pub async fn start(&self, id: &str, resend: bool) -> Option<u32> {
        let row = self.row(id).await;
        let ready = SendReady {
            message: row.key,
            step: "submit".into(),
            epoch: 1,
            head: NewDocument::of(b"head".to_vec()),
            resend,
        };
        let outcome = self.put("gateway", Input::SendReady(ready)).await;
        outcome.actions.iter().find_map(|action| match action {
            Action::Deliver { attempt, .. } => Some(*attempt),
            _ => None,
        })
    }

    pub async fn end(&self, id: &str, delivery: Delivery) {
        let row = self.row(id).await;
        let attempt = Attempt { row: &row, attempt: row.attempt, step: "submit" };
        self.put(BANK, Input::Delivered(delivered(attempt, delivery, self.now))).await;
    }

    pub async fn inquired(&self, id: &str, inquiry: Inquiry) {
        let row = self.row(id).await;
        self.put(BANK, Input::Inquired(inquired(&row, inquiry))).await;
    }

    pub async fn due(&self, id: &str) -> Vec<Action> {
        let row = self.row(id).await;
        let seen = seen(&self.store, &self.checks.banks[0].profile, &row, self.now).await.unwrap();
        self.put("gateway", Input::Due(Due { message: row.key, seen })).await.actions
    }

    /// A message of unknown outcome that people decide about: the bank was asked for a quarter of an hour.
    pub async fn escalated(count: usize) -> (Room, String) {
        let (mut room, id) = Room::frozen(count).await;
        assert_eq!(room.start(&id, false).await, Some(1));
        room.end(&id, broken()).await;
        room.now = at(1_000);
        assert!(matches!(room.due(&id).await[..], [Action::Inquire { .. }]));
        room.inquired(&id, Inquiry::Failed { cause: "answer 500".into() }).await;
        assert_eq!(room.due(&id).await, []);
        assert_eq!(room.states().await, vec![State::Held; count]);
        (room, id)
    }

    pub async fn says(&self, person: &str, id: &str, decision: Decision) -> Decided {
        let row = self.row(id).await;
        let office = Office { banks: &self.checks.banks, id_key: &self.checks.id_key, now: self.now };
        let prepared = judgement(&self.store, &office, &row, decision).await.unwrap();
        let said = Judgement { reason: format!("{person} is sure"), ..prepared };
        match self.put(person, Input::Judged(Arc::new(said))).await.answer {
            Answer::Decided(decided) => decided,
            other => panic!("{other:?}"),
        }
    }

    pub async fn document(&self, octets: &str) {
        let document = NewDocument::of(octets.as_bytes().to_vec());
        let (bank, note) = (BANK.to_owned(), "proved".to_owned());
        let arrived = Arrived { bank, channel: Channel::Callback, document, authenticated: true, note };
        self.put(BANK, Input::Arrived(arrived)).await;
        let work = self.store.work(WorkLimits::default(), self.now).await.unwrap();
        for row in work.unread {
            let octets = self.store.document(row.digest).await.unwrap().unwrap();
            let mut chunks = Vec::new();
            split(&octets, &self.checks.banks[0].profile.chosen, &mut |chunk| {
                chunks.push(chunk);
                true
            });
            for (number, chunk) in (0u32..).zip(chunks) {
                self.put(BANK, Input::Part(Arc::new(chunk.part(&row, number)))).await;
            }
        }
    }

    /// All payouts, oldest first.
    pub async fn payouts(&self) -> Vec<PayoutListed> {
        let mut items = self.store.list(Filter::default(), None, 1_000).await.unwrap().items;
        items.reverse();
        items
    }

    pub async fn states(&self) -> Vec<State> {
        self.payouts().await.iter().map(|item| item.state).collect()
    }

    pub async fn facts(&self) -> Vec<Stored> {
        self.store.facts_after(0, 10_000).await.unwrap()
    }

    pub async fn exceptions(&self) -> Vec<String> {
        let items = self.store.exceptions(Filter::default(), None, 1_000).await.unwrap().items;
        let mut codes: Vec<String> = items.into_iter().map(|item| item.row.code).collect();
        codes.sort();
        codes
    }

    pub async fn attempts(&self) -> usize {
        self.facts()
            .await
            .iter()
            .filter(|stored| matches!(stored.recorded.fact, Fact::StepStarted { .. }))
            .count()
    }
}

/// The line broke after the last byte.
pub fn broken() -> Delivery {
    Delivery::Unknown { cause: "reset".into(), bytes_left: 900, reply: None, oddity: None }
}

pub fn found() -> Inquiry {
    Inquiry::Found(BankReply {
        status: 200,
        head: "HTTP 200\n".into(),
        content_type: Some("application/json".into()),
        body: Bytes::from_static(b"{}"),
        authenticated: Ok(()),
    })
}

/// A status report about a message, a block or one payment of it.
pub fn report(number: u32, id: &str, told: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>R{number}</MsgId>\
         <CreDtTm>2026-11-23T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{id}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{told}</CstmrPmtStsRpt></Document>"
    )
}

/// A notification of one booked debit.
pub fn booked(end_to_end_id: &str, amount: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N</MsgId>\
         <CreDtTm>2026-11-23T10:00:00</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id><CreDtTm>2026-11-23T10:00:00</CreDtTm><Acct><Id>\
         <IBAN>{}</IBAN></Id></Acct><Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>ASR1</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls><Refs>\
         <EndToEndId>{end_to_end_id}</EndToEndId></Refs><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>\
         </NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>",
        girogate::engine::reconcile::number_of(&accounts()[0].account)
    )
}
