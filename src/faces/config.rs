//! The gateway's configuration file: read once, checked whole, paths joined to its folder.
//! Unknown keys are refused with line and column. Never keys themselves; it names their files.

pub mod places;

use crate::domain::account::{
    AbaRouting, Account, BankCode, Bic, Iban, OtherAccountNumber, OtherAgent, SortCode, UkAccountNumber,
    UsAccountKind, UsAccountNumber,
};
use crate::domain::charset::Policy;
use crate::domain::country::Country;
use crate::domain::currency::Currency;
use crate::domain::payout::Speed;
use crate::domain::row::ConfiguredAccount;
use crate::faces::api::Role;
use crate::store::sqlite::Places as StorePlaces;
use places::{Places, line_and_column};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of the file that this program reads.
pub const VERSION: i64 = 1;
/// Prefix of the environment variables that overlay single keys: `GIROGATE__API__LISTEN`.
pub const OVERLAY_PREFIX: &str = "GIROGATE__";

/// Why a configuration cannot be used. The operator must correct the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
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
    #[error("{}:{line}:{column}: {key}: {cause}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Of the key, or of what is around it; from 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The key, like `account[2].currency`.
        key: String,
        /// What is wrong.
        cause: String,
    },
}

impl ConfigError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::Unreadable { .. } => "config.unreadable",
            ConfigError::Shape { .. } => "config.shape",
            ConfigError::Value { .. } => "config.value",
        }
    }
}

/// The whole file, paths joined.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Always [`VERSION`].
    pub version: i64,
    /// The gateway itself.
    pub gateway: GatewaySection,
    /// The API's listener.
    pub api: ApiSection,
    /// The listener for the banks' callbacks; without it reports are only fetched.
    pub callback: Option<CallbackSection>,
    /// The loopback listener for health and metrics.
    #[serde(default)]
    pub metrics: MetricsSection,
    /// The banks.
    #[serde(default)]
    pub bank: Vec<BankSection>,
    /// The accounts that may be debited.
    #[serde(default)]
    pub account: Vec<AccountSection>,
    /// How the command line reaches the API.
    pub client: Option<ClientSection>,
    /// Where the keys stand in the file.
    #[serde(skip)]
    pub places: Places,
}

/// `[gateway]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySection {
    /// Folder of store, send journal and documents.
    pub data_dir: PathBuf,
    /// The send journal, best on another disk than the data directory; `send.journal` in there if not said.
    pub send_journal: Option<PathBuf>,
    /// Whose gateway it is.
    pub tenant: String,
    /// File with the key that ids are derived with; at least 16 octets, closed to group and others.
    pub id_key: PathBuf,
    /// Speed of an instruction that names none.
    #[serde(default = "speed_default")]
    pub default_speed: String,
    /// `transliterate` (with a warning) or `refuse` what a rail does not carry.
    #[serde(default = "policy_default")]
    pub characters: String,
    /// How far back a like payout is a suspected duplicate, in days.
    #[serde(default = "window_default")]
    pub duplicate_window_days: i64,
}

fn speed_default() -> String {
    Speed::InstantPreferred.name().to_owned()
}

fn policy_default() -> String {
    "transliterate".to_owned()
}

fn window_default() -> i64 {
    10
}

/// `[api]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSection {
    /// Address and port; 0 takes a free one.
    pub listen: String,
    /// Certificate shown to clients.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Authority of the clients' certificates.
    pub client_ca: PathBuf,
    /// Who may call.
    pub clients: Vec<ApiClient>,
}

/// A client of the API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiClient {
    /// Name in every fact.
    pub name: String,
    /// SHA-256 of its public key, lower-case hexadecimal.
    pub spki_sha256: String,
    /// Whose payouts it sees and makes.
    pub tenant: String,
    /// `submit`, `read`, `operate`, `decide`.
    pub roles: Vec<String>,
}

/// `[callback]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackSection {
    /// Address and port; 0 takes a free one.
    pub listen: String,
    /// Certificate shown to the banks.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Authority of the banks' TLS certificates.
    pub client_ca: PathBuf,
    /// Address that the banks call and sign; without it `https://` and the bound address.
    pub public_url: Option<String>,
}

/// `[metrics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSection {
    /// Address and port, loopback only.
    pub listen: String,
}

impl Default for MetricsSection {
    fn default() -> Self {
        MetricsSection { listen: "127.0.0.1:9464".to_owned() }
    }
}

/// `[[bank]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankSection {
    /// Id in accounts and facts.
    pub id: String,
    /// Name of a shipped profile, or a file.
    pub profile: String,
    /// Where the bank answers.
    pub base_url: String,
    /// Authority of the bank's TLS certificate.
    pub server_ca: PathBuf,
    /// Our keys towards it, and its own.
    pub keys: BankKeys,
}

/// `[bank.keys]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankKeys {
    /// What we show in TLS.
    pub tls: KeyPair,
    /// What we sign with.
    pub signing: KeyPair,
    /// Certificate of the bank's signing key.
    pub bank_signing: PathBuf,
}

/// A certificate with its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// PEM certificate.
    pub certificate: PathBuf,
    /// PEM key, closed to group and others.
    pub key: PathBuf,
}

/// `[[account]]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSection {
    /// Name in instructions and facts.
    #[serde(rename = "ref")]
    pub account_ref: String,
    /// Bank id.
    pub bank: String,
    /// International account number …
    pub iban: Option<String>,
    /// … or sort code and account …
    pub uk: Option<UkForm>,
    /// … or routing number and account …
    pub us: Option<UsForm>,
    /// … or country, bank and account.
    pub other: Option<OtherForm>,
    /// ISO 4217 code.
    pub currency: String,
    /// Debtor name as it goes out.
    pub name: String,
    /// The bank's BIC.
    pub bic: Option<String>,
}

/// `uk = { … }`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UkForm {
    sort_code: String,
    account: String,
}

/// `us = { … }`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UsForm {
    routing: String,
    account: String,
    account_type: String,
}

/// `other = { … }`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OtherForm {
    country: String,
    bank_code: Option<String>,
    bic: Option<String>,
    account: String,
}

/// `[client]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSection {
    /// Where the API answers.
    pub url: String,
    /// Certificate shown to it.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Authority of the API's certificate.
    pub ca: PathBuf,
}

/// Reads a configuration file with the overlay of the environment.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause })?;
    let overlay = std::env::vars().filter(|(name, _)| name.starts_with(OVERLAY_PREFIX)).collect();
    parse(&text, path, overlay)
}

/// Parses the text of a configuration file; `path` is for messages and for joining.
pub fn parse(text: &str, path: &Path, overlay: Vec<(String, String)>) -> Result<Config, ConfigError> {
    let shape = |cause: &toml::de::Error| {
        let (line, column) = line_and_column(text, cause.span().map_or(0, |span| span.start));
        ConfigError::Shape { path: path.to_owned(), line, column, cause: cause.message().to_owned() }
    };
    // Parsed by itself first, so that a wrong line is named as it stands in the file.
    let plain: Config = toml::from_str(text).map_err(|cause| shape(&cause))?;
    let mut config = if overlay.is_empty() { plain } else { overlaid(text, path, overlay)? };
    config.places = Places::of(text);
    if config.version != VERSION {
        return Err(config.wrong(path, "version", format!("this program reads version {VERSION}")));
    }
    join_paths(&mut config, path.parent().unwrap_or(Path::new("")));
    Ok(config)
}

fn overlaid(text: &str, path: &Path, overlay: Vec<(String, String)>) -> Result<Config, ConfigError> {
    // A variable has no place in the file, but what it overlays has.
    let places = Places::of(text);
    let value = |key: &str, cause: String| {
        let (line, column) =
            places.find(&key.trim_start_matches(OVERLAY_PREFIX).to_ascii_lowercase().replace("__", "."));
        ConfigError::Value { path: path.to_owned(), line, column, key: key.to_owned(), cause }
    };
    let mut table: toml::Table = toml::from_str(text).map_err(|cause| value("", cause.to_string()))?;
    for (name, text) in overlay {
        let keys: Vec<String> =
            name.trim_start_matches(OVERLAY_PREFIX).split("__").map(str::to_ascii_lowercase).collect();
        let [section, key] = keys.as_slice() else {
            return Err(value(&name, "wanted: GIROGATE__SECTION__KEY".to_owned()));
        };
        let Some(toml::Value::Table(section)) = table.get_mut(section) else {
            return Err(value(&name, "no such section in the file".to_owned()));
        };
        let new = match section.get(key) {
            Some(toml::Value::Integer(_)) => text
                .parse()
                .map(toml::Value::Integer)
                .map_err(|_| value(&name, "not a whole number".to_owned()))?,
            _ => toml::Value::String(text),
        };
        section.insert(key.clone(), new);
    }
    table.try_into().map_err(|cause: toml::de::Error| value("environment", cause.message().to_owned()))
}

fn join_paths(config: &mut Config, folder: &Path) {
    let mut paths = vec![&mut config.gateway.data_dir, &mut config.gateway.id_key];
    paths.extend(config.gateway.send_journal.as_mut());
    paths.extend([&mut config.api.certificate, &mut config.api.key, &mut config.api.client_ca]);
    if let Some(callback) = &mut config.callback {
        paths.extend([&mut callback.certificate, &mut callback.key, &mut callback.client_ca]);
    }
    for bank in &mut config.bank {
        let keys = &mut bank.keys;
        paths.extend([&mut bank.server_ca, &mut keys.bank_signing]);
        paths.extend([&mut keys.tls.certificate, &mut keys.tls.key]);
        paths.extend([&mut keys.signing.certificate, &mut keys.signing.key]);
    }
    if let Some(client) = &mut config.client {
        paths.extend([&mut client.certificate, &mut client.key, &mut client.ca]);
    }
    for path in paths {
        *path = folder.join(&*path);
    }
}

impl Config {
    /// Where the store keeps its files.
    pub fn places(&self) -> StorePlaces {
        let within = StorePlaces::within(&self.gateway.data_dir);
        match &self.gateway.send_journal {
            Some(path) => StorePlaces { send_journal: path.clone(), ..within },
            None => within,
        }
    }

    /// A value that cannot be, with its place.
    fn wrong(&self, path: &Path, key: &str, cause: String) -> ConfigError {
        let (line, column) = self.places.find(key);
        ConfigError::Value { path: path.to_owned(), line, column, key: key.to_owned(), cause }
    }

    /// The accounts as values.
    pub fn accounts(&self, path: &Path) -> Result<Vec<ConfiguredAccount>, ConfigError> {
        let mut accounts = Vec::new();
        for (index, section) in self.account.iter().enumerate() {
            let value =
                |key: &str, cause: String| self.wrong(path, &format!("account[{index}].{key}"), cause);
            if !self.bank.iter().any(|bank| bank.id == section.bank) {
                return Err(value("bank", "no bank of that id".to_owned()));
            }
            accounts.push(section.configured().map_err(|(key, cause)| value(key, cause))?);
        }
        Ok(accounts)
    }

    /// The speed of an instruction that names none.
    pub fn default_speed(&self, path: &Path) -> Result<Speed, ConfigError> {
        Speed::parse(&self.gateway.default_speed)
            .ok_or_else(|| self.wrong(path, "gateway.default_speed", "no such speed".to_owned()))
    }

    /// What to do with characters that a rail does not carry.
    pub fn text_policy(&self, path: &Path) -> Result<Policy, ConfigError> {
        match self.gateway.characters.as_str() {
            "transliterate" => Ok(Policy::Transliterate),
            "refuse" => Ok(Policy::Refuse),
            _ => Err(self.wrong(path, "gateway.characters", "transliterate or refuse".to_owned())),
        }
    }

    /// The roles of a client.
    pub fn roles(&self, client: &ApiClient, path: &Path) -> Result<Vec<Role>, ConfigError> {
        let index = self.api.clients.iter().position(|known| known.name == client.name).unwrap_or(0);
        let wrong = |name: &String| {
            self.wrong(path, &format!("api.clients[{index}].roles"), format!("no role {name}"))
        };
        client.roles.iter().map(|name| Role::parse(name).ok_or_else(|| wrong(name))).collect()
    }
}

impl AccountSection {
    /// The account as a value; else the key that is wrong, and why.
    pub fn configured(&self) -> Result<ConfiguredAccount, (&'static str, String)> {
        Ok(ConfiguredAccount {
            account_ref: self.account_ref.clone(),
            bank: self.bank.clone(),
            account: self.form()?,
            currency: Currency::parse(&self.currency).map_err(|cause| ("currency", cause.to_string()))?,
            name: self.name.clone(),
            bic: self
                .bic
                .as_deref()
                .map(Bic::parse)
                .transpose()
                .map_err(|cause| ("bic", cause.to_string()))?,
        })
    }

    /// Exactly one form.
    fn form(&self) -> Result<Account, (&'static str, String)> {
        match (&self.iban, &self.uk, &self.us, &self.other) {
            (Some(iban), None, None, None) => {
                Iban::parse(iban).map(Account::Iban).map_err(|cause| ("iban", cause.to_string()))
            }
            (None, Some(uk), None, None) => uk.account().map_err(|cause| ("uk", cause)),
            (None, None, Some(us), None) => us.account().map_err(|cause| ("us", cause)),
            (None, None, None, Some(other)) => other.account().map_err(|cause| ("other", cause)),
            _ => Err(("iban", "exactly one of iban, uk, us and other".to_owned())),
        }
    }
}

impl UkForm {
    fn account(&self) -> Result<Account, String> {
        Ok(Account::Uk {
            sort_code: SortCode::parse(&self.sort_code).map_err(|cause| cause.to_string())?,
            account: UkAccountNumber::parse(&self.account).map_err(|cause| cause.to_string())?,
            secondary_reference: None,
        })
    }
}

impl UsForm {
    fn account(&self) -> Result<Account, String> {
        Ok(Account::Us {
            routing: AbaRouting::parse(&self.routing).map_err(|cause| cause.to_string())?,
            account: UsAccountNumber::parse(&self.account).map_err(|cause| cause.to_string())?,
            kind: UsAccountKind::parse(&self.account_type).map_err(|cause| cause.to_string())?,
        })
    }
}

impl OtherForm {
    fn account(&self) -> Result<Account, String> {
        let agent = match (&self.bank_code, &self.bic) {
            (Some(code), None) => BankCode::parse(code).map(OtherAgent::BankCode),
            (None, Some(bic)) => Bic::parse(bic).map(OtherAgent::Bic),
            _ => return Err("exactly one of bank_code and bic".to_owned()),
        };
        Ok(Account::Other {
            country: Country::parse(&self.country).map_err(|cause| cause.to_string())?,
            agent: agent.map_err(|cause| cause.to_string())?,
            account: OtherAccountNumber::parse(&self.account).map_err(|cause| cause.to_string())?,
        })
    }
}
