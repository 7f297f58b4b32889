//! The bank's configuration file: whom it serves, which accounts it keeps, how it processes.
//! Never keys themselves, and never how the bank misbehaves: that is a `behaviour` script.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;

use super::behaviour::{Behaviour, BehaviourError};
use crate::domain::currency::Currency;

/// Version of the configuration file that this program reads.
pub const CONFIG_VERSION: i64 = 1;

/// Why a configuration cannot be used. The operator must correct the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// Not TOML, an unknown or missing key, or a value of the wrong kind.
    #[error("{}:{line}:{column}: {cause}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        cause: String,
    },
    /// A value that cannot be.
    #[error("{}: {key}: {cause}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key, like `account[2].currency`.
        key: String,
        /// What is wrong.
        cause: String,
    },
    /// The behaviour script is wrong.
    #[error("{}: {cause}", path.display())]
    Behaviour {
        /// The script's file.
        path: PathBuf,
        /// What is wrong, with line and column.
        cause: BehaviourError,
    },
}

impl ConfigError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::Unreadable { .. } => "sandbox.config.unreadable",
            ConfigError::Shape { .. } => "sandbox.config.shape",
            ConfigError::Value { .. } => "sandbox.config.value",
            ConfigError::Behaviour { .. } => "sandbox.config.behaviour",
        }
    }
}

/// The whole configuration, paths already joined to the folder of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Always [`CONFIG_VERSION`].
    pub version: i64,
    /// Who the bank is and where it lives.
    pub bank: BankSection,
    /// Files with its keys.
    pub keys: KeysSection,
    /// Whom it serves.
    pub client: Vec<ClientSection>,
    /// Which accounts it keeps.
    pub account: Vec<AccountSection>,
    /// How it processes.
    #[serde(default)]
    pub processing: Processing,
    /// How it calls back.
    #[serde(default)]
    pub callbacks: Callbacks,
    /// The text of the behaviour script, read from `bank.behaviour`; empty for a bank without faults.
    #[serde(skip)]
    pub behaviour_text: String,
}

/// `[bank]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankSection {
    /// Identifier in references the bank makes: 1 to 8 capital letters and digits.
    pub id: String,
    /// Name in reports.
    pub name: String,
    /// Business identifier code.
    pub bic: String,
    /// Address to listen on; port 0 takes a free one.
    pub listen: String,
    /// Address that clients call and sign; without it `https://` and the bound address.
    pub public_url: Option<String>,
    /// Folder of journal and documents.
    pub data_dir: PathBuf,
    /// First business day of a new data folder; without it the day that the caller passes.
    pub business_date: Option<String>,
    /// Script of faults.
    pub behaviour: Option<PathBuf>,
}

/// `[keys]`: PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysSection {
    /// Certificate shown to clients, and to their callback servers.
    pub tls_certificate: PathBuf,
    /// Its key.
    pub tls_key: PathBuf,
    /// Key that signs answers and callbacks.
    pub signing_key: PathBuf,
    /// Authority of the clients' certificates.
    pub client_ca: PathBuf,
}

/// `[[client]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSection {
    /// Name within this file.
    pub name: String,
    /// Certificate it shows in TLS.
    pub tls_certificate: PathBuf,
    /// Certificate with the key it signs requests by.
    pub signing_certificate: PathBuf,
    /// Where reports are sent; without it the client polls.
    pub callback_url: Option<String>,
    /// Authority of the callback server's certificate.
    pub callback_ca: Option<PathBuf>,
}

/// `[[account]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSection {
    /// Whose it is.
    pub client: String,
    /// International account number …
    pub iban: Option<String>,
    /// … or another identification.
    pub other: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Name of the owner.
    pub name: String,
    /// Balance brought in when the ledger is opened, as decimal text.
    #[serde(default = "opening_default")]
    pub opening_balance: String,
}

fn opening_default() -> String {
    "0.00".to_owned()
}

impl AccountSection {
    /// IBAN or other identification.
    pub fn id(&self) -> &str {
        self.iban.as_deref().or(self.other.as_deref()).unwrap_or_default()
    }
}

/// When the answer to an order says what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A receipt; reports follow.
    Later,
    /// A pain.002 in the answer itself.
    Now,
}

/// Level at which a positive status is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not reported.
    None,
    /// For the message.
    Group,
    /// For each payment information block.
    Block,
    /// For each transaction.
    Transaction,
}

/// How debits are booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingMode {
    /// As each block asks by `BtchBookg`.
    AsOrdered,
    /// One entry per payment.
    Single,
    /// One entry per block.
    Batch,
}

/// What the duplicate check remembers, and what a repetition meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temper {
    /// Remembers nothing: everything is executed.
    None,
    /// The message identification; the same octets are executed again, others refused with DU01.
    Execute,
    /// The message identification; refused with DU01 by the answer.
    Reject,
    /// The message identification; the first answer again where the octets are the same, else DU01.
    Replay,
    /// The message identification; taken with a receipt, then refused with AM05 by a report.
    Report,
    /// Each payment's end-to-end identification; refused with DU04 by a report, payment by payment.
    EndToEndId,
    /// The idempotency key; the first answer again, or 409 where the octets differ.
    IdempotencyKey,
    /// The idempotency key; the first answer again, whatever the octets.
    BodyBlind,
    /// The payments themselves; held (PDNG AM05) until a person decides.
    Content,
}

/// What a repetition meets whose first arrival was processed and yet answered by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfError {
    /// What any repetition meets.
    Answer,
    /// The same error again.
    Replay,
    /// It was not remembered: executed again.
    Execute,
}

/// When wrong counts and sums are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// By the answer, before anything is kept.
    Now,
    /// By a report.
    Later,
}

/// `[processing]`: which reports come when. Times are chosen so that a demonstration is quick.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Processing {
    /// Whether the answer already tells.
    pub answer: Answer,
    /// Acceptance to the first report.
    pub acceptance_ms: u64,
    /// Acceptance to the debit.
    pub booking_ms: u64,
    /// Acceptance to the report that the debit is done.
    pub completion_ms: u64,
    /// Acceptance to the final word on an instant payment.
    pub instant_ms: u64,
    /// Acceptance to a late word, where a scenario asks for one.
    pub late_ms: u64,
    /// Debit to a return, refund or contradiction.
    pub return_ms: u64,
    /// How long an inquiry finds nothing, where a scenario asks for it.
    pub not_found_ms: u64,
    /// How long an order waits for its repetition, where a scenario is about that.
    pub repeat_wait_ms: u64,
    /// Business days from debit to a return.
    pub return_days: u32,
    /// Business days from a recall to its money.
    pub recall_days: u32,
    /// Business days for which a release or a second signature is waited for.
    pub release_days: u32,
    /// Level of `ACTC`.
    pub acceptance_level: Level,
    /// Level of `ACSP`.
    pub in_process_level: Level,
    /// Level of `ACSC`.
    pub completion_level: Level,
    /// Whether the interbank status (pacs.002) of instant payments is passed on.
    pub relay_pacs_002: bool,
    /// How debits are booked.
    pub booking: BookingMode,
    /// What the duplicate check remembers, and what a repetition meets.
    pub duplicate: Temper,
    /// How long it remembers; absent for ever.
    pub duplicate_window_ms: Option<u64>,
    /// What a repetition meets whose first arrival was answered by an error.
    pub duplicate_of_error: OfError,
    /// Whether the same payments under another message identification wait for a person.
    pub same_content_held: bool,
    /// When wrong counts and sums are refused.
    pub wrong_sums: Refusal,
    /// Largest body of an order, in octets.
    pub order_octets_max: usize,
}

impl Default for Processing {
    fn default() -> Processing {
        Processing {
            answer: Answer::Later,
            acceptance_ms: 20,
            booking_ms: 150,
            completion_ms: 200,
            instant_ms: 60,
            late_ms: 1_500,
            return_ms: 200,
            not_found_ms: 1_500,
            repeat_wait_ms: 15_000,
            return_days: 0,
            recall_days: 10,
            release_days: 1,
            acceptance_level: Level::Group,
            in_process_level: Level::None,
            completion_level: Level::Block,
            relay_pacs_002: false,
            booking: BookingMode::AsOrdered,
            duplicate: Temper::Replay,
            duplicate_window_ms: None,
            duplicate_of_error: OfError::Answer,
            same_content_held: false,
            wrong_sums: Refusal::Later,
            order_octets_max: 128 << 20,
        }
    }
}

/// `[callbacks]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Callbacks {
    /// Wait after a first failure; doubled after each further one.
    pub retry_ms: u64,
    /// Longest wait between two tries.
    pub retry_ms_max: u64,
    /// Tries after which a report is left to polling.
    pub attempts_max: u32,
    /// Longest wait for the answer to one try.
    pub answer_ms_max: u64,
}

impl Default for Callbacks {
    fn default() -> Callbacks {
        Callbacks { retry_ms: 200, retry_ms_max: 5_000, attempts_max: 50, answer_ms_max: 30_000 }
    }
}

/// Reads a configuration file, its behaviour script included.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let unreadable = |path: &Path, cause| ConfigError::Unreadable { path: path.to_owned(), cause };
    let text = std::fs::read_to_string(path).map_err(|cause| unreadable(path, cause))?;
    let mut config = parse(&text, path)?;
    if let Some(script) = config.bank.behaviour.clone() {
        config.behaviour_text =
            std::fs::read_to_string(&script).map_err(|cause| unreadable(&script, cause))?;
        Behaviour::parse(&config.behaviour_text)
            .map_err(|cause| ConfigError::Behaviour { path: script, cause })?;
    }
    Ok(config)
}

/// Reads a configuration's text; `path` is the file it stands in, for messages and relative paths.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let mut config: Config = toml::from_str(text).map_err(|error| {
        let (line, column) = place_of(text, error.span().map_or(0, |span| span.start));
        ConfigError::Shape { path: path.to_owned(), line, column, cause: error.message().to_owned() }
    })?;
    check(&config).map_err(|(key, cause)| ConfigError::Value { path: path.to_owned(), key, cause })?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let join = |file: &mut PathBuf| *file = folder.join(&*file);
    join(&mut config.bank.data_dir);
    config.bank.behaviour.iter_mut().for_each(join);
    let keys = &mut config.keys;
    let files = [&mut keys.tls_certificate, &mut keys.tls_key, &mut keys.signing_key, &mut keys.client_ca];
    files.into_iter().for_each(join);
    for client in &mut config.client {
        join(&mut client.tls_certificate);
        join(&mut client.signing_certificate);
        client.callback_ca.iter_mut().for_each(join);
    }
    Ok(config)
}

/// Line and column, both from 1, of an octet position.
pub(in crate::sandbox) fn place_of(text: &str, position: usize) -> (usize, usize) {
    let before = text.get(..position).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// What the shape alone does not say; the key and the cause.
fn check(config: &Config) -> Result<(), (String, String)> {
    let wrong = |key: &str, cause: &str| Err((key.to_owned(), cause.to_owned()));
    if config.version != CONFIG_VERSION {
        return wrong("version", "only version 1 is known");
    }
    let id = &config.bank.id;
    let id_letter = |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
    if id.is_empty() || id.len() > 8 || !id.bytes().all(id_letter) {
        return wrong("bank.id", "must be 1 to 8 capital letters and digits");
    }
    if config.bank.business_date.as_ref().is_some_and(|date| date.parse::<NaiveDate>().is_err()) {
        return wrong("bank.business_date", "must be a date like 2026-11-23");
    }
    for (index, client) in config.client.iter().enumerate() {
        if client.callback_url.is_some() && client.callback_ca.is_none() {
            return wrong(&format!("client[{index}].callback_ca"), "is needed with callback_url");
        }
        if config.client.iter().take(index).any(|other| other.name == client.name) {
            return wrong(&format!("client[{index}].name"), "is used twice");
        }
    }
    for (index, account) in config.account.iter().enumerate() {
        let key = |name: &str| format!("account[{index}].{name}");
        if account.iban.is_some() == account.other.is_some() {
            return wrong(&key("iban"), "exactly one of iban and other is needed");
        }
        let Ok(currency) = Currency::parse(&account.currency) else {
            return wrong(&key("currency"), "is not a currency of ISO 4217");
        };
        if super::ledger::minor_of(&account.opening_balance, currency).is_none() {
            return wrong(&key("opening_balance"), "must be a decimal number, not below zero");
        }
        if !config.client.iter().any(|client| client.name == account.client) {
            return wrong(&key("client"), "names no client");
        }
    }
    Ok(())
}
