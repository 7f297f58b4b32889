//! `serve --record`: writes an exchange as it happens into a folder that `replay` plays. Runs beside
//! the gateway and never holds it up: whatever fails here is logged and ends the recording only.

use super::config::{BankSection, Config};
use super::replay::recording::{
    BankRecorded, End, Event, Expected, FILE, Recording, RecordingError, Reply, VERSION,
};
use super::replay::{SHIPPED_PROFILE, definition_file, ending};
use super::serve::{ServeError, id_key_octets, profile_folder, profile_text, read_definition};
use crate::bank::delivery::{BankReply, Delivery, Inquiry};
use crate::bank::profile::Profile;
use crate::domain::entry::Digest;
use crate::domain::row::{Channel, Key};
use crate::engine::action::Action;
use crate::engine::input::{Act, Arrived, Envelope, Input, Operation};
use crate::engine::runtime::recording::{Note, Tap};
use crate::store::Store;
use crate::store::documents::NewDocument;
use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Documents remembered, so that one that comes again is not written again. Chosen by us.
const DOCUMENTS_MAX: usize = 10_000;

/// A recording that is being made.
pub struct Recorder {
    tap: Tap,
    writer: JoinHandle<Result<PathBuf, RecordingError>>,
}

impl Recorder {
    /// Begins a recording in a new folder.
    pub fn start(config: &Config, path: &Path, folder: &Path) -> Result<Recorder, ServeError> {
        let started_at = Utc::now().trunc_subsecs(3);
        let head = head(config, path, started_at)?;
        let mut sheet = Sheet::create(folder, started_at, &config.gateway.tenant)?;
        for (name, octets) in profiles(config, path)? {
            sheet.file(&name, &octets)?;
        }
        sheet.append(&head)?;
        let (tap, notes) = Tap::open();
        let writer = tokio::task::spawn_blocking(move || write(sheet, notes));
        Ok(Recorder { tap, writer })
    }

    /// Where the engine tells what happens.
    pub fn tap(&self) -> Tap {
        self.tap.clone()
    }

    /// Ends the recording with the states that the store holds.
    pub async fn finish(self, store: &Store) {
        self.tap.end().await;
        let folder = match self.writer.await {
            Ok(Ok(folder)) if !self.tap.is_torn() => folder,
            Ok(Err(cause)) => return tracing::error!(%cause, "the recording is not whole"),
            _ => return tracing::error!("the recording is not whole"),
        };
        let (payouts, end) = match (ending::payouts(store).await, ending::besides(store).await) {
            (Ok(payouts), Ok(end)) => (payouts, end),
            _ => return tracing::error!("the recording has no end: the store does not answer"),
        };
        let ending = Ending { expect: payouts, end };
        if let Err(cause) = append(&folder, &ending) {
            tracing::error!(%cause, "the end of the recording could not be written");
        }
    }
}

#[derive(Serialize)]
struct Ending {
    expect: Vec<Expected>,
    end: End,
}

#[derive(Serialize)]
struct OneEvent<'a> {
    event: [&'a Event; 1],
}

/// What stands before the events.
fn head(config: &Config, path: &Path, started_at: DateTime<Utc>) -> Result<Recording, ServeError> {
    let id_key = id_key_octets(&config.gateway.id_key)?;
    let mut bank = Vec::new();
    for (section, (name, _)) in config.bank.iter().zip(profile_names(config)) {
        bank.push(BankRecorded { id: section.id.clone(), profile: name });
    }
    config.accounts(path)?;
    Ok(Recording {
        version: VERSION,
        note: String::new(),
        started_at: started_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        tenant: config.gateway.tenant.clone(),
        id_key_hex: id_key.iter().map(|octet| format!("{octet:02x}")).collect(),
        default_speed: config.gateway.default_speed.clone(),
        characters: config.gateway.characters.clone(),
        duplicate_window_days: config.gateway.duplicate_window_days,
        bank,
        account: config.account.clone(),
        event: Vec::new(),
        expect: Vec::new(),
        end: None,
    })
}

/// Each bank's profile by the name it has in the recording, and by the one it has in the configuration.
fn profile_names(config: &Config) -> impl Iterator<Item = (String, &str)> {
    config.bank.iter().map(|section| {
        let shipped = section.profile == SHIPPED_PROFILE;
        let name = if shipped { section.profile.clone() } else { format!("profile-{}.toml", section.id) };
        (name, section.profile.as_str())
    })
}

fn profiles(config: &Config, path: &Path) -> Result<Vec<(String, Vec<u8>)>, ServeError> {
    let mut found = Vec::new();
    for ((name, profile), section) in profile_names(config).zip(&config.bank) {
        let text = profile_text(profile, path)
            .map_err(|cause| ServeError::Profile { bank: section.id.clone(), cause })?;
        if name == SHIPPED_PROFILE {
            continue;
        }
        let kept = definitions(path, section, &text)?;
        found.push((name, text.into_bytes()));
        found.extend(kept);
    }
    Ok(found)
}

/// The definitions that a profile names, by the names that they have in the recording.
fn definitions(
    path: &Path,
    section: &BankSection,
    profile: &str,
) -> Result<BTreeMap<String, Vec<u8>>, ServeError> {
    let kept = RefCell::new(BTreeMap::new());
    let fetch = |folder: &str, file: &str| {
        let octets = read_definition(&profile_folder(path, &section.profile).join(folder), file)?;
        kept.borrow_mut().insert(definition_file(&section.id, file), octets.clone());
        Ok(octets)
    };
    Profile::load(profile, &fetch)
        .map_err(|cause| ServeError::Profile { bank: section.id.clone(), cause: cause.to_string() })?;
    Ok(kept.into_inner())
}

/// The folder being written.
struct Sheet {
    folder: PathBuf,
    started_at: DateTime<Utc>,
    tenant: String,
    files: u32,
    /// What waits for the decision about it, which always follows.
    bodies: BTreeMap<Digest, NewDocument>,
    created: BTreeMap<String, DateTime<Utc>>,
    answers: BTreeMap<Key, Reply>,
    inquiries: BTreeMap<Key, Reply>,
    /// File of each message and document, by its digest.
    files_of: BTreeMap<Digest, String>,
    /// File of each message, by its id.
    sent: BTreeMap<String, String>,
}

fn append(folder: &Path, what: &impl Serialize) -> Result<(), RecordingError> {
    let path = folder.join(FILE);
    let shape =
        |cause: toml::ser::Error| RecordingError::Shape { path: path.clone(), cause: cause.to_string() };
    let text = toml::to_string(what).map_err(shape)?;
    let unreadable = |cause| RecordingError::Unreadable { path: path.clone(), cause };
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(unreadable)?;
    writeln!(file, "{text}").map_err(unreadable)
}

fn write(mut sheet: Sheet, mut notes: mpsc::Receiver<Note>) -> Result<PathBuf, RecordingError> {
    while let Some(note) = notes.blocking_recv() {
        if matches!(note, Note::End) {
            break;
        }
        sheet.take(note)?;
    }
    Ok(sheet.folder)
}

impl Sheet {
    fn create(folder: &Path, started_at: DateTime<Utc>, tenant: &str) -> Result<Sheet, RecordingError> {
        let unreadable = |cause| RecordingError::Unreadable { path: folder.to_owned(), cause };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unreadable)?;
        if folder.join(FILE).exists() {
            return Err(unreadable(std::io::Error::other("there is a recording already")));
        }
        Ok(Sheet {
            folder: folder.to_owned(),
            started_at,
            tenant: tenant.to_owned(),
            files: 0,
            bodies: BTreeMap::new(),
            created: BTreeMap::new(),
            answers: BTreeMap::new(),
            inquiries: BTreeMap::new(),
            files_of: BTreeMap::new(),
            sent: BTreeMap::new(),
        })
    }

    fn append(&mut self, what: &impl Serialize) -> Result<(), RecordingError> {
        append(&self.folder, what)
    }

    fn event(&mut self, event: &Event) -> Result<(), RecordingError> {
        self.append(&OneEvent { event: [event] })
    }

    fn file(&mut self, name: &str, octets: &[u8]) -> Result<(), RecordingError> {
        let path = self.folder.join(name);
        let unreadable = |cause| RecordingError::Unreadable { path: path.clone(), cause };
        let mut file = std::fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(unreadable)?;
        file.write_all(octets).map_err(unreadable)
    }

    /// Writes octets under the next number; returns the name.
    fn numbered(&mut self, name: &str, octets: &[u8]) -> Result<String, RecordingError> {
        self.files += 1;
        let name = format!("{:03}-{name}", self.files);
        self.file(&name, octets).map(|()| name)
    }

    fn since(&self, at: DateTime<Utc>) -> i64 {
        (at - self.started_at).num_milliseconds()
    }

    fn take(&mut self, note: Note) -> Result<(), RecordingError> {
        match note {
            Note::Body(body) => {
                self.bodies.insert(body.digest(), body);
            }
            Note::Written { message_id, created } => {
                self.created.insert(message_id, created);
            }
            Note::Answered { message, delivery } => {
                let reply = self.answer(delivery)?;
                self.answers.insert(message, reply);
            }
            Note::Inquired { message, inquiry } => {
                let reply = self.inquiry(inquiry)?;
                self.inquiries.insert(message, reply);
            }
            Note::Decided { envelope, actions } => self.decided(&envelope, &actions)?,
            Note::End => {}
        }
        Ok(())
    }

    fn answer(&mut self, delivery: Delivery) -> Result<Reply, RecordingError> {
        match delivery {
            Delivery::Received { reply, .. } | Delivery::Refused { reply, .. } => {
                self.reply("answer", &reply)
            }
            Delivery::NotSent { cause, reply: None, .. } => {
                Ok(Reply { not_sent: Some(cause), ..Reply::default() })
            }
            Delivery::NotSent { reply: Some(reply), retry_after_s, .. } => {
                Ok(Reply { retry_after_s, ..self.reply("answer", &reply)? })
            }
            Delivery::Unknown { cause, bytes_left, reply: None, .. } => {
                Ok(Reply { broken: Some(cause), octets_left: Some(bytes_left), ..Reply::default() })
            }
            Delivery::Unknown { bytes_left, reply: Some(reply), .. } => {
                Ok(Reply { octets_left: Some(bytes_left), ..self.reply("answer", &reply)? })
            }
        }
    }

    fn inquiry(&mut self, inquiry: Inquiry) -> Result<Reply, RecordingError> {
        match inquiry {
            Inquiry::Found(reply) | Inquiry::NotFound(reply) => self.reply("inquiry", &reply),
            Inquiry::Failed { cause } => Ok(Reply { broken: Some(cause), ..Reply::default() }),
        }
    }

    fn reply(&mut self, name: &str, reply: &BankReply) -> Result<Reply, RecordingError> {
        let extension = match reply.content_type.as_deref() {
            Some(kind) if kind.ends_with("json") => "json",
            Some(kind) if kind.ends_with("xml") => "xml",
            _ => "bin",
        };
        let file = match reply.body.is_empty() {
            true => None,
            false => Some(self.numbered(&format!("{name}.{extension}"), &reply.body)?),
        };
        Ok(Reply {
            status: Some(reply.status),
            content_type: reply.content_type.clone(),
            file,
            unproved: reply.authenticated.clone().err(),
            ..Reply::default()
        })
    }

    fn decided(&mut self, envelope: &Envelope, actions: &[Action]) -> Result<(), RecordingError> {
        let at_ms = self.since(envelope.at);
        match &envelope.input {
            Input::Submit(submit) => {
                // The same body asked for at the same time is recorded once: the others add no fact.
                let Some(body) = self.bodies.remove(&submit.body) else { return Ok(()) };
                let file = self.numbered("instructions.json", body.octets())?;
                let (actor, tenant) = (envelope.actor.clone(), self.foreign_tenant(envelope));
                self.event(&Event::Instructions { at_ms, file, actor, tenant })
            }
            Input::Frozen(draft) => {
                let written = (&draft.message_id, &draft.document, "message.xml");
                let (at_ms, file) = self.written(written, envelope.at)?;
                self.event(&Event::Frozen { at_ms, bank: draft.bank.clone(), file })
            }
            Input::CancellationWritten(draft) => {
                let written = (&draft.message_id, &draft.document, "request.xml");
                let (at_ms, file) = self.written(written, envelope.at)?;
                self.event(&Event::Requested { at_ms, bank: draft.bank.clone(), file })
            }
            Input::SendReady(_) => {
                let attempt = actions.iter().find_map(|action| match action {
                    Action::Deliver { attempt, .. } => Some(*attempt),
                    Action::Forget { .. } | Action::Inquire { .. } | Action::Resend { .. } => None,
                });
                let (Some(attempt), Some(message)) = (attempt, self.message_of(envelope)) else {
                    return Ok(());
                };
                self.event(&Event::Sent { at_ms, message, attempt })
            }
            Input::Delivered(delivered) => {
                let reply = self.answers.remove(&delivered.message);
                let (Some(reply), Some(message)) = (reply, self.message_of(envelope)) else { return Ok(()) };
                self.event(&Event::Answer { at_ms, message, reply })
            }
            Input::Inquired(inquired) => {
                let not_asked = Reply { not_asked: Some(true), ..Reply::default() };
                let reply = self.inquiries.remove(&inquired.message).unwrap_or(not_asked);
                let Some(message) = self.message_of(envelope) else { return Ok(()) };
                self.event(&Event::Inquiry { at_ms, message, reply })
            }
            Input::Judged(judgement) => {
                let Some(message) = self.sent.get(&judgement.message_id).cloned() else { return Ok(()) };
                self.event(&Event::Judged {
                    at_ms,
                    message,
                    decision: judgement.decision.name().to_owned(),
                    reason: judgement.reason.clone(),
                    actor: envelope.actor.clone(),
                })
            }
            // What it led to besides is recorded as the call that followed.
            Input::Due(_) if !actions.is_empty() => Ok(()),
            Input::Due(_) => match self.message_of(envelope) {
                Some(message) => self.event(&Event::Due { at_ms, message }),
                None => Ok(()),
            },
            Input::Arrived(arrived) => self.document(at_ms, arrived),
            Input::Operate(operation) => self.operation(at_ms, operation, envelope),
            Input::Part(_)
            | Input::Collected { .. }
            | Input::Witnessed(_)
            | Input::GateOpening(_)
            | Input::Alarm { .. } => Ok(()),
        }
    }

    /// Keeps what was written; the time that it carries, and its file.
    fn written(
        &mut self,
        (message_id, document, name): (&String, &NewDocument, &str),
        at: DateTime<Utc>,
    ) -> Result<(i64, String), RecordingError> {
        let created = self.created.remove(message_id).unwrap_or(at);
        let file = self.numbered(name, document.octets())?;
        self.files_of.insert(document.digest(), file.clone());
        self.sent.insert(message_id.clone(), file.clone());
        Ok((self.since(created), file))
    }

    /// The tenant, where it is not the gateway's own.
    fn foreign_tenant(&self, envelope: &Envelope) -> Option<String> {
        (envelope.tenant != self.tenant).then(|| envelope.tenant.clone())
    }

    /// The file of the message that a call was about.
    fn message_of(&self, envelope: &Envelope) -> Option<String> {
        match &envelope.cause {
            crate::domain::fact::Cause::Call(message_id, _) => self.sent.get(message_id).cloned(),
            _ => None,
        }
    }

    fn document(&mut self, at_ms: i64, arrived: &Arrived) -> Result<(), RecordingError> {
        if arrived.channel == Channel::Reply {
            return Ok(());
        }
        let known = self.files_of.get(&arrived.document.digest()).cloned();
        let file = match known {
            Some(file) => file,
            None => {
                let file = self.numbered("document.xml", arrived.document.octets())?;
                if self.files_of.len() < DOCUMENTS_MAX {
                    self.files_of.insert(arrived.document.digest(), file.clone());
                }
                file
            }
        };
        let unproved = (!arrived.authenticated).then(|| arrived.note.clone());
        let channel = arrived.channel.name().to_owned();
        self.event(&Event::Document { at_ms, bank: arrived.bank.clone(), channel, file, unproved })
    }

    fn operation(
        &mut self,
        at_ms: i64,
        operation: &Operation,
        envelope: &Envelope,
    ) -> Result<(), RecordingError> {
        let act = match operation.act {
            Act::Cancel => "cancel",
            Act::Hold => "hold",
            Act::Release => "release",
        };
        let event = Event::Operation {
            at_ms,
            act: act.to_owned(),
            payout: operation.token.base32(),
            reason: operation.reason.clone(),
            actor: envelope.actor.clone(),
            tenant: self.foreign_tenant(envelope),
        };
        self.event(&event)
    }
}
