//! The private engine of a conformance run: sends the payments of each row and keeps what the bank
//! answers and reports. Never judges a row.

use super::control::moment;
use super::row::Row;
use super::seen::{self, Mine};
use super::{ConformError, channel};
use crate::bank::link::Link;
use crate::bank::profile::Profile;
use crate::domain::currency::Currency;
use crate::domain::entry::Digest;
use crate::domain::fact::Cause;
use crate::domain::payout::Payout;
use crate::domain::row::{Channel, ConfiguredAccount, Key};
use crate::engine::action::{Answer, ItemAnswer};
use crate::engine::input::{Asked, Envelope, Input, Submit};
use crate::engine::routing::Bank;
use crate::engine::runtime::recording::{Note, Tap};
use crate::engine::runtime::{self, Engine, Parts, World};
use crate::faces::api::Checks;
use crate::faces::api::payouts::checked;
use crate::faces::config::Config;
use crate::faces::serve;
use crate::net::client::Outcome;
use crate::sandbox::scenarios::{Needs, Scenario, TRIGGER_WORD};
use crate::store::documents::NewDocument;
use crate::store::listing::{Filter, PAGE_ITEMS_MAX, PayoutListed};
use chrono::Utc;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// How long a message may take to be frozen, in milliseconds. Chosen by us: far more than the wait for company.
const FROZEN_MS_MAX: u64 = 15_000;
/// Codes of exceptions that say that a document is not in order.
const DAMAGES: &[&str] = &["details_do_not_add_up", "statement_does_not_foot", "document_deviates"];
/// Payee of all payments: an account number from the standard's own examples.
const PAYEE_IBAN: &str = "FR1420041010050500013M02606";

/// What came from the bank, in order.
#[derive(Debug, Default)]
pub struct Heard {
    /// Answers to messages of the engine.
    pub answers: Vec<(Key, String)>,
    /// Reports of the bank's list.
    pub documents: Vec<NewDocument>,
}

/// A row that was sent.
struct Sent {
    scenario: &'static Scenario,
    external_id: String,
    began: Instant,
    ended: Mutex<Option<Duration>>,
}

/// The engine with its bank.
pub struct Stage {
    engine: Engine,
    stop: watch::Sender<bool>,
    link: Arc<Link>,
    bank: Bank,
    checks: Checks,
    account: ConfiguredAccount,
    server_ca: PathBuf,
    base_url: String,
    run: String,
    folder: PathBuf,
    heard: Arc<Mutex<Heard>>,
    sent: Vec<Sent>,
}

fn wrong(cause: impl std::fmt::Display) -> ConformError {
    ConformError::Use { cause: cause.to_string() }
}

fn failed(cause: impl std::fmt::Display) -> ConformError {
    ConformError::Run { cause: cause.to_string() }
}

impl Stage {
    /// Opens an engine that knows this bank only, with a store of its own.
    pub async fn open(
        config: &Config,
        path: &Path,
        (id, folder): (&str, &Path),
    ) -> Result<Stage, ConformError> {
        let mut own = config.clone();
        own.bank.retain(|bank| bank.id == id);
        own.account.retain(|account| account.bank == id);
        let run = Utc::now().format("%y%m%d%H%M%S").to_string();
        let folder = folder.join(format!("store-{run}"));
        own.gateway.data_dir.clone_from(&folder);
        let section =
            own.bank.first().cloned().ok_or_else(|| wrong(format!("no bank {id} is configured")))?;
        let built = serve::build(&own, path).await?;
        let bank =
            built.parts.banks.first().cloned().ok_or_else(|| wrong(format!("no bank {id} is configured")))?;
        let link =
            built.parts.links.get(id).cloned().ok_or_else(|| wrong(format!("no bank {id} is configured")))?;
        let euro = Currency::parse("EUR").map_err(wrong)?;
        let account = built.checks.accounts.iter().find(|account| account.currency == euro).cloned();
        let account = account.ok_or_else(|| wrong(format!("no euro account at {id} is configured")))?;
        let (tap, notes) = Tap::open();
        let heard = Arc::new(Mutex::new(Heard::default()));
        tokio::spawn(listen(notes, Arc::clone(&heard)));
        let (stop, stopped) = watch::channel(false);
        let parts = Parts { tap: Some(tap), ..built.parts };
        let engine = runtime::start(parts, stopped).await.map_err(serve::ServeError::from)?;
        Ok(Stage {
            engine,
            stop,
            link,
            bank,
            checks: built.checks,
            account,
            server_ca: section.server_ca,
            base_url: section.base_url,
            run,
            folder,
            heard,
            sent: Vec::new(),
        })
    }

    /// Ends the engine; its store stays.
    pub async fn close(self) {
        if self.stop.send(true).is_err() {
            tracing::warn!("the private engine had ended by itself");
        }
        drop(tokio::time::timeout(Duration::from_secs(10), self.engine.ended).await);
    }

    /// The bank's profile.
    pub fn profile(&self) -> &Profile {
        &self.bank.profile
    }

    /// The link to it.
    pub fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// The bank.
    pub fn bank(&self) -> &Bank {
        &self.bank
    }

    /// How instructions are checked.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// Whose payments they are.
    pub fn tenant(&self) -> &str {
        &self.engine.world.tenant
    }

    /// Folder of the private store.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Authority of the bank's TLS certificate.
    pub fn server_ca(&self) -> &Path {
        &self.server_ca
    }

    /// Where the bank answers.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Digits that belong to this run.
    pub fn run(&self) -> &str {
        &self.run
    }

    fn world(&self) -> &World {
        &self.engine.world
    }

    /// What came from the bank so far.
    pub fn heard<T>(&self, look: impl FnOnce(&Heard) -> T) -> T {
        look(&self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How much came so far.
    pub fn news(&self) -> usize {
        self.heard(|heard| heard.answers.len() + heard.documents.len())
    }

    /// Whether the bank can be reached at all.
    pub async fn reach(&self) -> Result<(), ConformError> {
        let prepared = moment()
            .and_then(|moment| self.link.prepare_collect("", moment).map_err(|cause| cause.to_string()));
        match self.link.call(&prepared.map_err(failed)?).await {
            Outcome::Replied(_) => Ok(()),
            Outcome::NotSent { cause } | Outcome::Broken { cause, .. } => {
                Err(ConformError::Unreachable { cause })
            }
        }
    }

    /// An instruction for a payee of that name.
    pub fn instruction(&self, external_id: &str, name: &str, needs: Needs) -> Value {
        let mut value = json!({
            "external_id": external_id,
            "debtor": { "account_ref": self.account.account_ref },
            "amount": { "value": "1.01", "currency": "EUR" },
            "speed": if needs == Needs::Instant { "instant_required" } else { "standard" },
            "creditor": { "name": name, "address": { "town": "Paris", "country": "FR" } },
            "creditor_account": { "iban": PAYEE_IBAN },
            "remittance": { "unstructured": format!("Conformance {external_id}") },
        });
        if needs == Needs::BatchBooking {
            value["batch_booking"] = json!(true);
        }
        value
    }

    /// Checks instructions as the API does.
    pub fn checked(&self, instructions: &[Value]) -> Result<Submit, ConformError> {
        let body = json!({ "mode": "atomic", "payouts": instructions }).to_string();
        let submit = checked(&self.checks, (self.tenant(), Utc::now()), &Bytes::from(body), None);
        submit.map_err(|problem| failed(format!("{problem:?}")))
    }

    /// The payouts of instructions, without a store.
    pub fn payouts(&self, instructions: &[Value]) -> Result<Vec<Payout>, ConformError> {
        let payout = |asked: Asked| match asked {
            Asked::Good(candidate) => Ok(candidate.payout),
            Asked::Refused { problems, .. } => Err(failed(format!("{problems:?}"))),
        };
        self.checked(instructions)?.items.into_iter().map(payout).collect()
    }

    /// Sends the payments of a scenario, in a message of their own.
    pub async fn send(&mut self, scenario: &'static Scenario) -> Result<(), ConformError> {
        let id = |what: &str| format!("CT{}-{}-{what}", self.run, scenario.code);
        let name = format!("Anna Muster {TRIGGER_WORD} {}", scenario.code);
        let external_id = id("M");
        let instructions = [
            self.instruction(&external_id, &name, scenario.needs),
            self.instruction(&id("P"), "Bert Beispiel", scenario.needs),
        ];
        let submit = self.checked(&instructions)?;
        let envelope = Envelope {
            at: Utc::now(),
            tenant: self.tenant().to_owned(),
            actor: "conformance".to_owned(),
            cause: Cause::Request(submit.body.hex()),
            input: Input::Submit(Arc::new(submit)),
        };
        let began = Instant::now();
        let outcome = self.world().desk.put(envelope).await.map_err(failed)?;
        let Answer::Submitted(submitted) = outcome.answer else { return Err(failed("no answer")) };
        if let Some(refused) =
            submitted.items.iter().find(|item| !matches!(item, ItemAnswer::Accepted { .. }))
        {
            return Err(wrong(format!("row {}: {refused:?}", scenario.code)));
        }
        self.frozen(&external_id).await?;
        self.sent.push(Sent { scenario, external_id, began, ended: Mutex::new(None) });
        Ok(())
    }

    /// Waits until a payout is in a message, so that the next row gets one of its own.
    async fn frozen(&self, external_id: &str) -> Result<(), ConformError> {
        let end = Instant::now() + Duration::from_millis(FROZEN_MS_MAX);
        while self.payout(external_id).await?.message_id.is_none() {
            if Instant::now() > end {
                return Err(failed(format!("{external_id} was not put into a message")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn payout(&self, external_id: &str) -> Result<PayoutListed, ConformError> {
        let found = self.world().store.find(None, external_id).await.map_err(failed)?;
        found.payouts.into_iter().next().ok_or_else(|| failed(format!("{external_id} is lost")))
    }

    /// The rows as they are at this moment.
    pub async fn rows(&self) -> Result<Vec<Row>, ConformError> {
        let damaged = self.damaged().await?;
        let mut rows = Vec::new();
        for sent in &self.sent {
            rows.push(self.row(sent, &damaged).await?);
        }
        Ok(rows)
    }

    /// Documents that are not in order, each with the code of what is wrong.
    async fn damaged(&self) -> Result<Vec<(Digest, String)>, ConformError> {
        let page =
            self.world().store.exceptions(Filter::default(), None, PAGE_ITEMS_MAX).await.map_err(failed)?;
        let wrong = page.items.into_iter().filter(|item| DAMAGES.contains(&item.row.code.as_str()));
        Ok(wrong.filter_map(|item| Some((item.row.evidence?.document, item.row.code))).collect())
    }

    async fn row(&self, sent: &Sent, damaged: &[(Digest, String)]) -> Result<Row, ConformError> {
        let item = self.payout(&sent.external_id).await?;
        let message_id = item.message_id.clone().unwrap_or_default();
        let messages = self.world().store.find(None, &message_id).await.map_err(failed)?.messages;
        let message = messages.first().map(|row| row.key);
        let mut mine = Mine {
            message_id,
            payment_information_id: item.payment_information_id.clone().unwrap_or_default(),
            end_to_end_id: item.row.end_to_end_id.clone(),
            transaction_id: None,
        };
        let (seen, mut unexpected) = self.heard(|heard| {
            let mine_answers = heard.answers.iter().filter(|(key, _)| Some(*key) == message);
            let mut words: Vec<String> = mine_answers.map(|(_, word)| word.clone()).collect();
            let mut found = Vec::new();
            for document in &heard.documents {
                let said = seen::document(&mut mine, document.octets());
                let about =
                    damaged.iter().filter(|(digest, _)| !said.is_empty() && *digest == document.digest());
                found.extend(about.map(|(_, code)| code.clone()));
                words.extend(said);
            }
            (words, found)
        });
        if sent.scenario.exception.is_empty() {
            unexpected.extend(item.row.exceptions);
        }
        let scenario = sent.scenario;
        let mut row = Row {
            code: scenario.code.to_owned(),
            name: scenario.name.to_owned(),
            expected: scenario.sequence.iter().map(|word| (*word).to_owned()).collect(),
            seen,
            expected_state: scenario.end_state.to_owned(),
            state: item.state.name().to_owned(),
            remark: format!("{} in message {}", sent.external_id, mine.message_id),
            unexpected,
            took_ms: 0,
        };
        let mut ended = sent.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if row.has_passed() && ended.is_none() {
            *ended = Some(sent.began.elapsed());
        }
        let took = ended.unwrap_or_else(|| sent.began.elapsed()).as_millis();
        row.took_ms = u64::try_from(took).unwrap_or(u64::MAX);
        Ok(row)
    }

    /// What the reports say of a payment that the engine does not know.
    pub fn said_of(&self, mine: &channel::Foreign) -> Vec<String> {
        let mut mine = Mine {
            message_id: mine.message_id.clone(),
            payment_information_id: mine.payment_information_id.clone(),
            end_to_end_id: mine.end_to_end_id.clone(),
            transaction_id: None,
        };
        self.heard(|heard| {
            heard.documents.iter().flat_map(|document| seen::document(&mut mine, document.octets())).collect()
        })
    }
}

/// Keeps what comes from the bank.
async fn listen(mut notes: mpsc::Receiver<Note>, heard: Arc<Mutex<Heard>>) {
    while let Some(note) = notes.recv().await {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        match note {
            Note::Answered { message, delivery } => heard.answers.push((message, seen::answer(&delivery))),
            Note::Decided { envelope, .. } => {
                if let Input::Arrived(arrived) = &envelope.input
                    && arrived.channel == Channel::Poll
                {
                    heard.documents.push(arrived.document.clone());
                }
            }
            _ => {}
        }
    }
}
