//! Plays a recording event by event: each becomes the input that the running gateway would have
//! made of it, and goes through the same turn. Never decides what an input means.

use super::recording::{Event, Expected, Recording, RecordingError, Reply, octets_of};
use super::{Difference, Line, Replayed, SHIPPED_PROFILE, definition_file, ending};
use crate::bank::answers::{Asked, judge_inquiry_reply, judge_reply};
use crate::bank::delivery::{BankReply, Delivery, Inquiry};
use crate::bank::profile::{Profile, REFERENCE_PROFILE};
use crate::domain::charset::Policy;
use crate::domain::entry::Digest;
use crate::domain::fact::Cause;
use crate::domain::payout::Speed;
use crate::domain::row::{Channel, Key, MessageRow, SendPhase};
use crate::domain::unknown::Decision;
use crate::engine::action::{Action, Outcome};
use crate::engine::decide::{Standing, call_cause};
use crate::engine::input::{Act, Arrived, Draft, Due, Envelope, Input, Judgement, Operation, SendReady};
use crate::engine::intake::csv;
use crate::engine::intake::draft::Draft as Instruction;
use crate::engine::intake::ids::IdKey;
use crate::engine::reconcile::Accounts;
use crate::engine::reissue::Office;
use crate::engine::routing::Bank;
use crate::engine::runtime::cancelling::Pen;
use crate::engine::runtime::freezing::{Press, due};
use crate::engine::runtime::reading::split;
use crate::engine::runtime::sending::{Attempt, delivered, inquired, seen};
use crate::engine::turn::turn;
use crate::faces::api::Checks;
use crate::faces::api::payouts::checked;
use crate::faces::unknown::judgement;
use crate::store::Store;
use crate::store::documents::NewDocument;
use crate::store::listing::WorkLimits;
use crate::store::lookup::Lookup;
use crate::store::memory::MemoryStore;
use chrono::{DateTime, Duration, Utc};
use hyper::body::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

/// Facts taken into the timeline at a time.
const FACTS_MAX: usize = 1_000;

/// Plays a recording whose files lie in a folder.
pub async fn play(folder: &Path, recording: &Recording) -> Result<Replayed, RecordingError> {
    let mut player = Player::new(folder, recording)?;
    player.epoch = player.store.next_epoch().await.map_err(store)?;
    for (index, event) in recording.event.iter().enumerate() {
        player.place = format!("event[{index}]");
        player.now = player.at(event.at_ms())?;
        player.event(event).await?;
        player.read_documents().await?;
        player.keep_facts(event.at_ms()).await?;
    }
    player.place = "end".to_owned();
    for draft in std::mem::take(&mut player.drafts) {
        player.differs("a message", "none", &draft.message_id);
    }
    player.compare(recording).await
}

fn store(cause: impl std::fmt::Display) -> RecordingError {
    RecordingError::Store(cause.to_string())
}

fn value(key: &str, cause: impl std::fmt::Display) -> RecordingError {
    RecordingError::Value { key: key.to_owned(), cause: cause.to_string() }
}

struct Player<'a> {
    folder: &'a Path,
    tenant: &'a str,
    started_at: DateTime<Utc>,
    store: Store,
    standing: Standing,
    profiles: BTreeMap<String, Digest>,
    checks: Checks,
    now: DateTime<Utc>,
    epoch: i64,
    place: String,
    /// Written at the same moment and not yet met in the recording.
    drafts: VecDeque<Draft>,
    messages: BTreeMap<&'a str, Key>,
    seq: i64,
    played: Replayed,
}

fn banks(
    folder: &Path,
    recording: &Recording,
) -> Result<(Vec<Bank>, BTreeMap<String, Digest>), RecordingError> {
    let (mut banks, mut digests) = (Vec::new(), BTreeMap::new());
    for section in &recording.bank {
        let text = match section.profile.as_str() {
            SHIPPED_PROFILE => REFERENCE_PROFILE.to_owned(),
            name => String::from_utf8(octets_of(folder, name)?).map_err(|cause| value(name, cause))?,
        };
        let fetch = |_: &str, file: &str| {
            octets_of(folder, &definition_file(&section.id, file)).map_err(|cause| cause.to_string())
        };
        let profile = Profile::load(&text, &fetch).map_err(|cause| value(&section.profile, cause))?;
        digests.insert(section.id.clone(), NewDocument::of(text.into_bytes()).digest());
        banks.push(Bank { id: section.id.clone(), profile });
    }
    Ok((banks, digests))
}

fn id_key(hex: &str) -> Result<IdKey, RecordingError> {
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let octets: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(octet).collect();
    octets.map(|octets| IdKey::new(&octets)).ok_or_else(|| value("id_key_hex", "not hexadecimal"))
}

fn checks(recording: &Recording, banks: Vec<Bank>) -> Result<Checks, RecordingError> {
    let account = |section: &crate::faces::config::AccountSection| {
        section.configured().map_err(|(key, cause)| value(&format!("account.{key}"), cause))
    };
    let text_policy = match recording.characters.as_str() {
        "transliterate" => Policy::Transliterate,
        "refuse" => Policy::Refuse,
        _ => return Err(value("characters", "transliterate or refuse")),
    };
    Ok(Checks {
        accounts: recording.account.iter().map(account).collect::<Result<_, _>>()?,
        banks,
        id_key: Arc::new(id_key(&recording.id_key_hex)?),
        default_speed: Speed::parse(&recording.default_speed)
            .ok_or_else(|| value("default_speed", "no such speed"))?,
        text_policy,
        duplicate_window_days: recording.duplicate_window_days,
    })
}

impl<'a> Player<'a> {
    fn new(folder: &'a Path, recording: &'a Recording) -> Result<Player<'a>, RecordingError> {
        let started_at = DateTime::parse_from_rfc3339(&recording.started_at)
            .map_err(|cause| value("started_at", cause))?
            .with_timezone(&Utc);
        let (banks, profiles) = banks(folder, recording)?;
        let checks = checks(recording, banks)?;
        Ok(Player {
            folder,
            tenant: &recording.tenant,
            started_at,
            store: Store::Memory(MemoryStore::new()),
            standing: Standing::new(Accounts(checks.accounts.clone()), &checks.banks),
            profiles,
            checks,
            now: started_at,
            epoch: 0,
            place: String::new(),
            drafts: VecDeque::new(),
            messages: BTreeMap::new(),
            seq: 0,
            played: Replayed::default(),
        })
    }

    fn at(&self, at_ms: i64) -> Result<DateTime<Utc>, RecordingError> {
        let offset = Duration::try_milliseconds(at_ms);
        offset
            .and_then(|offset| self.started_at.checked_add_signed(offset))
            .ok_or_else(|| value(&self.place, "no such time"))
    }

    fn differs(&mut self, what: &str, expected: impl Into<String>, found: impl Into<String>) {
        self.played.differences.push(Difference {
            place: self.place.clone(),
            what: what.to_owned(),
            expected: expected.into(),
            found: found.into(),
        });
    }

    async fn put(&self, actor: &str, cause: Cause, input: Input) -> Result<Outcome, RecordingError> {
        self.put_for((self.tenant, actor), cause, input).await
    }

    async fn put_for(
        &self,
        (tenant, actor): (&str, &str),
        cause: Cause,
        input: Input,
    ) -> Result<Outcome, RecordingError> {
        let (tenant, actor) = (tenant.to_owned(), actor.to_owned());
        let envelope = Envelope { at: self.now, tenant, actor, cause, input };
        let outcomes = turn(&self.store, &self.standing, &[envelope]).await.map_err(store)?;
        Ok(outcomes.into_iter().next().unwrap_or_default())
    }

    async fn event(&mut self, event: &'a Event) -> Result<(), RecordingError> {
        match event {
            Event::Instructions { file, actor, tenant, .. } => {
                let caller = (tenant.as_deref().unwrap_or(self.tenant), actor.as_str());
                self.instructions(file, caller).await
            }
            Event::Frozen { bank, file, .. } => self.frozen(bank, file).await,
            Event::Requested { bank, file, .. } => self.requested(bank, file).await,
            Event::Sent { message, attempt, .. } => self.sent(message, *attempt).await,
            Event::Answer { message, reply, .. } => self.answer(message, reply).await,
            Event::Inquiry { message, reply, .. } => self.inquiry(message, reply).await,
            Event::Due { message, .. } => self.due(message).await,
            Event::Judged { message, decision, reason, actor, .. } => {
                self.judged(message, (decision, reason), actor).await
            }
            Event::Document { bank, channel, file, unproved, .. } => {
                let channel = Channel::parse(channel).ok_or_else(|| value(&self.place, "no such channel"))?;
                let octets = octets_of(self.folder, file)?;
                self.document(bank, channel, (octets, unproved.clone())).await
            }
            Event::Operation { act, payout, reason, actor, tenant, .. } => {
                let caller = (tenant.as_deref().unwrap_or(self.tenant), actor.as_str());
                self.operation((act, payout), reason, caller).await
            }
        }
    }

    async fn instructions(&mut self, file: &str, caller: (&str, &str)) -> Result<(), RecordingError> {
        let octets = octets_of(self.folder, file)?;
        let body = if file.ends_with(".csv") { of_csv(file, &octets)? } else { octets };
        match checked(&self.checks, (caller.0, self.now), &Bytes::from(body), None) {
            Ok(submit) => {
                let cause = Cause::Request(submit.body.hex());
                self.put_for(caller, cause, Input::Submit(Arc::new(submit))).await.map(|_| ())
            }
            Err(problem) => {
                self.differs("instructions", "readable ones", format!("{problem:?}"));
                Ok(())
            }
        }
    }

    /// Freezes what is due at this moment, unless that was done for an earlier event of it.
    async fn frozen(&mut self, bank: &str, file: &'a str) -> Result<(), RecordingError> {
        if self.drafts.is_empty() {
            self.write_due(bank).await?;
        }
        let expected = NewDocument::of(octets_of(self.folder, file)?);
        let Some(draft) = self.drafts.pop_front() else {
            self.differs("a message", file, "nothing was due");
            return Ok(());
        };
        if draft.document.digest() != expected.digest() {
            let found = first_difference(expected.octets(), draft.document.octets());
            self.differs(&format!("octets of {file}"), found.0, found.1);
        }
        let message_id = draft.message_id.clone();
        self.put("gateway", Cause::Timer, Input::Frozen(Arc::new(draft))).await?;
        let found = self.store.find(None, &message_id).await.map_err(store)?;
        match found.messages.first() {
            Some(row) => drop(self.messages.insert(file, row.key)),
            None => self.differs("a message", file, "its payouts were not free"),
        }
        Ok(())
    }

    async fn write_due(&mut self, bank: &str) -> Result<(), RecordingError> {
        let work = self.store.work(WorkLimits::default(), self.now).await.map_err(store)?;
        let Some(bank) = self.checks.banks.iter().find(|known| known.id == bank) else {
            return Err(value(&self.place, "no such bank"));
        };
        let batch = work.unbatched.into_iter().find(|batch| batch.bank == bank.id);
        let rows = batch.map(|batch| due(&bank.profile, batch, self.now)).unwrap_or_default();
        let keys = rows.iter().map(|row| row.key).collect();
        let bodies = self.store.payout_bodies(keys).await.map_err(store)?;
        let press = Press {
            bank,
            accounts: &self.checks.accounts,
            tenant: self.tenant,
            id_key: &self.checks.id_key,
            profile: self.profiles.get(&bank.id).copied().unwrap_or(Digest([0; 32])),
        };
        let written: Result<_, _> = press.drafts(&rows, &bodies, self.now).collect();
        self.drafts = written.map_err(|cause| value(&self.place, cause))?;
        Ok(())
    }

    /// Writes the request that the recording has here.
    async fn requested(&mut self, bank: &str, file: &'a str) -> Result<(), RecordingError> {
        let work = self.store.work(WorkLimits::default(), self.now).await.map_err(store)?;
        let expected = NewDocument::of(octets_of(self.folder, file)?);
        let pen = Pen {
            banks: &self.checks.banks,
            accounts: &self.checks.accounts,
            id_key: &self.checks.id_key,
            profile: self.profiles.get(bank).copied().unwrap_or(Digest([0; 32])),
        };
        let mut written = Vec::new();
        for row in work.cancellations.iter().filter(|row| row.bank == bank) {
            written.push(
                pen.draft(&self.store, row, self.now).await.map_err(|cause| value(&self.place, cause))?,
            );
        }
        let same = written.iter().position(|draft| draft.document.digest() == expected.digest());
        if written.is_empty() {
            self.differs("a request", file, "none was wanted");
            return Ok(());
        }
        let draft = written.swap_remove(same.unwrap_or(0));
        if same.is_none() {
            let found = first_difference(expected.octets(), draft.document.octets());
            self.differs(&format!("octets of {file}"), found.0, found.1);
        }
        let message_id = draft.message_id.clone();
        self.put("gateway", Cause::Timer, Input::CancellationWritten(Box::new(draft))).await?;
        let found = self.store.find(None, &message_id).await.map_err(store)?;
        if let Some(row) = found.messages.first() {
            self.messages.insert(file, row.key);
        }
        Ok(())
    }

    /// The row of a message by its file, and its bank's profile.
    async fn message(&mut self, file: &str) -> Result<Option<(MessageRow, Profile)>, RecordingError> {
        let Some(key) = self.messages.get(file).copied() else {
            self.differs("a message", file, "never frozen");
            return Ok(None);
        };
        let mut view = self.store.load(vec![Lookup::Message(key)]).await.map_err(store)?;
        let row = view.messages.remove(&key);
        let profile = row.as_ref().and_then(|row| self.checks.banks.iter().find(|bank| bank.id == row.bank));
        Ok(profile.map(|bank| bank.profile.clone()).and_then(|profile| Some((row?, profile))))
    }

    async fn sent(&mut self, file: &str, attempt: u32) -> Result<(), RecordingError> {
        let Some((row, profile)) = self.message(file).await? else { return Ok(()) };
        let resend = row.phase == SendPhase::Unknown;
        let ready = SendReady {
            message: row.key,
            step: step(&profile),
            epoch: self.epoch,
            head: NewDocument::of(format!("replayed: {} attempt {attempt}", row.message_id).into_bytes()),
            resend,
        };
        let cause = call_cause(&row.message_id, row.attempt + 1);
        let outcome = self.put("gateway", cause, Input::SendReady(ready)).await?;
        let started = outcome.actions.iter().find_map(|action| match action {
            Action::Deliver { attempt, .. } => Some(*attempt),
            Action::Forget { .. } | Action::Inquire { .. } | Action::Resend { .. } => None,
        });
        if started != Some(attempt) {
            let found = started.map_or("nothing may leave".to_owned(), |number| number.to_string());
            self.differs(&format!("attempt for {file}"), attempt.to_string(), found);
        }
        Ok(())
    }

    fn bank_reply(&self, status: u16, reply: &Reply) -> Result<BankReply, RecordingError> {
        let body = match &reply.file {
            Some(file) => octets_of(self.folder, file)?,
            None => Vec::new(),
        };
        Ok(BankReply {
            status,
            head: format!("HTTP {status}\n"),
            content_type: reply.content_type.clone(),
            body: Bytes::from(body),
            authenticated: reply.unproved.clone().map_or(Ok(()), Err),
        })
    }

    async fn answer(&mut self, file: &str, reply: &Reply) -> Result<(), RecordingError> {
        let Some((row, profile)) = self.message(file).await? else { return Ok(()) };
        let delivery = match (reply.status, &reply.not_sent, &reply.broken) {
            (Some(status), None, None) => {
                let asked = Asked {
                    message_id: &row.message_id,
                    body_octets: reply.octets_left.unwrap_or(0),
                    retry_after_s: reply.retry_after_s,
                };
                judge_reply(&profile, asked, self.bank_reply(status, reply)?)
            }
            (None, Some(cause), None) => {
                Delivery::NotSent { cause: cause.clone(), reply: None, retry_after_s: reply.retry_after_s }
            }
            (None, None, Some(cause)) => {
                let bytes_left = reply.octets_left.unwrap_or(0);
                Delivery::Unknown { cause: cause.clone(), bytes_left, reply: None, oddity: None }
            }
            _ => return Err(value(&self.place, "exactly one of status, not_sent and broken")),
        };
        let step = step(&profile);
        let attempt = Attempt { row: &row, attempt: row.attempt, step: &step };
        let ended = delivered(attempt, delivery, self.now);
        let cause = call_cause(&row.message_id, row.attempt);
        self.put(&row.bank, cause, Input::Delivered(ended)).await.map(|_| ())
    }

    async fn inquiry(&mut self, file: &str, reply: &Reply) -> Result<(), RecordingError> {
        let Some((row, profile)) = self.message(file).await? else { return Ok(()) };
        let inquiry = match (reply.status, &reply.broken, reply.not_asked) {
            (Some(status), None, None) => judge_inquiry_reply(&profile, self.bank_reply(status, reply)?),
            (None, Some(cause), None) => Inquiry::Failed { cause: cause.clone() },
            // The bank had spoken: that resolves an unknown outcome by itself.
            (None, None, Some(true)) => return Ok(()),
            _ => return Err(value(&self.place, "exactly one of status, broken and not_asked")),
        };
        let ended = inquired(&row, inquiry);
        let cause = call_cause(&row.message_id, row.attempt);
        self.put(&row.bank, cause, Input::Inquired(ended)).await.map(|_| ())
    }

    async fn due(&mut self, file: &str) -> Result<(), RecordingError> {
        let Some((row, profile)) = self.message(file).await? else { return Ok(()) };
        let seen = seen(&self.store, &profile, &row, self.now).await.map_err(store)?;
        let cause = call_cause(&row.message_id, row.attempt);
        self.put("gateway", cause, Input::Due(Due { message: row.key, seen })).await.map(|_| ())
    }

    async fn judged(
        &mut self,
        file: &str,
        (decision, reason): (&str, &str),
        actor: &str,
    ) -> Result<(), RecordingError> {
        let Some((row, _)) = self.message(file).await? else { return Ok(()) };
        let decision = Decision::parse(decision).ok_or_else(|| value(&self.place, "sent or not-sent"))?;
        let office = Office { banks: &self.checks.banks, id_key: &self.checks.id_key, now: self.now };
        let prepared = judgement(&self.store, &office, &row, decision).await.map_err(store)?;
        let input = Input::Judged(Arc::new(Judgement { reason: reason.to_owned(), ..prepared }));
        self.put(actor, Cause::Request(format!("decide:{}", row.message_id)), input).await.map(|_| ())
    }

    async fn document(
        &mut self,
        bank: &str,
        channel: Channel,
        (octets, unproved): (Vec<u8>, Option<String>),
    ) -> Result<(), RecordingError> {
        let document = NewDocument::of(octets);
        let cause = Cause::Document(document.digest(), 0);
        let authenticated = unproved.is_none();
        let note = unproved.unwrap_or_else(|| "proved when it was recorded".to_owned());
        let arrived = Arrived { bank: bank.to_owned(), channel, document, authenticated, note };
        self.put(bank, cause, Input::Arrived(arrived)).await.map(|_| ())
    }

    async fn operation(
        &mut self,
        (act, payout): (&str, &str),
        reason: &str,
        caller: (&str, &str),
    ) -> Result<(), RecordingError> {
        let act = match act {
            "cancel" => Act::Cancel,
            "hold" => Act::Hold,
            "release" => Act::Release,
            _ => return Err(value(&self.place, "cancel, hold or release")),
        };
        let found = self.store.find(None, payout).await.map_err(store)?;
        let Some(item) = found.payouts.first() else {
            self.differs("a payout", payout, "none of that id");
            return Ok(());
        };
        let operation = Operation { token: item.row.token, act, reason: reason.to_owned() };
        let cause = Cause::Request(format!("operate:{payout}"));
        self.put_for(caller, cause, Input::Operate(operation)).await.map(|_| ())
    }

    /// Reads what lies there, part by part, as the gateway's readers do.
    async fn read_documents(&mut self) -> Result<(), RecordingError> {
        loop {
            let work = self.store.work(WorkLimits::default(), self.now).await.map_err(store)?;
            let Some(row) = work.unread.into_iter().next() else { return Ok(()) };
            let octets = self.store.document(row.digest).await.map_err(store)?.unwrap_or_default();
            let mut chunks = Vec::new();
            let bank = self.checks.banks.iter().find(|bank| bank.id == row.bank);
            let chosen = bank.map(|bank| bank.profile.chosen.clone()).unwrap_or_default();
            split(&octets, &chosen, &mut |chunk| {
                chunks.push(chunk);
                true
            });
            for (number, chunk) in (0u32..).zip(chunks) {
                let input = Input::Part(Arc::new(chunk.part(&row, number)));
                self.put(&row.bank, Cause::Document(row.digest, number), input).await?;
            }
        }
    }

    async fn keep_facts(&mut self, at_ms: i64) -> Result<(), RecordingError> {
        loop {
            let facts = self.store.facts_after(self.seq, FACTS_MAX).await.map_err(store)?;
            let Some(last) = facts.last() else { return Ok(()) };
            self.seq = last.seq;
            self.played.timeline.extend(facts.into_iter().map(|stored| Line { at_ms, stored }));
        }
    }

    async fn compare(mut self, recording: &Recording) -> Result<Replayed, RecordingError> {
        let payouts = ending::payouts(&self.store).await.map_err(store)?;
        let end = ending::besides(&self.store).await.map_err(store)?;
        for expected in &recording.expect {
            self.place = format!("payout {}", expected.external_id);
            match payouts.iter().find(|found| found.external_id == expected.external_id) {
                Some(found) => self.compare_payout(expected, found),
                None => self.differs("state", expected.state.clone(), "no such payout"),
            }
        }
        if !recording.expect.is_empty() {
            let listed = |id: &str| recording.expect.iter().any(|expected| expected.external_id == id);
            for found in payouts.iter().filter(|found| !listed(&found.external_id)) {
                self.place = format!("payout {}", found.external_id);
                self.differs("state", "no such payout", found.state.clone());
            }
        }
        if let Some(expected) = &recording.end {
            self.place = "end".to_owned();
            self.compare_lists("exceptions", &expected.exceptions, &end.exceptions);
            self.compare_lists("unmatched entries", &expected.unmatched, &end.unmatched);
        }
        Ok(Replayed { payouts, end, ..self.played })
    }

    fn compare_payout(&mut self, expected: &Expected, found: &Expected) {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        if expected.state != found.state {
            self.differs("state", expected.state.clone(), found.state.clone());
        }
        let members = [
            ("reason", &expected.reason, &found.reason),
            ("booked", &expected.booked, &found.booked),
            ("returned", &expected.returned, &found.returned),
        ];
        for (what, expected, found) in members {
            if expected != found {
                self.differs(what, text(expected), text(found));
            }
        }
        self.compare_lists("exceptions", &expected.exceptions, &found.exceptions);
    }

    fn compare_lists(&mut self, what: &str, expected: &[String], found: &[String]) {
        if expected != found {
            let shown = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
            self.differs(what, shown(expected), shown(found));
        }
    }
}

fn step(profile: &Profile) -> String {
    profile.steps.first().map_or_else(String::new, |step| step.name.clone())
}

/// A CSV file as the body that the command line makes of it.
fn of_csv(file: &str, octets: &[u8]) -> Result<Vec<u8>, RecordingError> {
    let wrong = |cause: String| RecordingError::Value { key: file.to_owned(), cause };
    let reader =
        csv::Reader::new(octets, csv::Separator::Comma).map_err(|findings| wrong(format!("{findings:?}")))?;
    let rows: Vec<Instruction> =
        reader.collect::<Result<_, _>>().map_err(|findings| wrong(format!("{findings:?}")))?;
    let payouts: Vec<serde_json::Value> = rows.iter().map(Instruction::to_json).collect();
    Ok(serde_json::json!({ "mode": "per_item", "payouts": payouts }).to_string().into_bytes())
}

/// Where two texts part: line and column with what stands there, on both sides.
fn first_difference(expected: &[u8], found: &[u8]) -> (String, String) {
    let same = expected.iter().zip(found).take_while(|(left, right)| left == right).count();
    let before = expected.get(..same).unwrap_or_default();
    let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|octet| **octet != b'\n').count() + 1;
    let shown = |octets: &[u8]| {
        let rest = octets.get(same..).unwrap_or_default();
        let part = rest.get(..24).unwrap_or(rest);
        format!("{:?} at {line}:{column}", String::from_utf8_lossy(part))
    };
    (shown(expected), shown(found))
}
