//! What every command is given and gives back: where it writes, what the configuration offers, how it ends.
//! Never what a command does.

use super::source::{AskError, Source};
use crate::faces::client::{ApiClient, CallError, Settings};
use crate::faces::config::{self, Config, ConfigError};
use crate::faces::serve::ServeError;
use crate::net::tls::TlsFiles;
use crate::store::sqlite::{Places, SqliteStore};
use crate::store::{Store, StoreError};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How a command ended. Of several ends the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// A finding about the input or its fate.
    Finding = 1,
    /// Wrong use or configuration.
    Usage = 2,
    /// The outside failed: store, bank, gateway, disk.
    Outside = 3,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// How answers are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Where a command writes: answers to one side, remarks and failures to the other.
pub struct Output {
    /// How.
    pub format: Format,
    answers: Box<dyn Write + Send>,
    remarks: Box<dyn Write + Send>,
}

impl Output {
    /// On standard output and standard error.
    pub fn standard(format: Format) -> Output {
        Output::on(format, Box::new(std::io::stdout()), Box::new(std::io::stderr()))
    }

    /// On any two sides.
    pub fn on(format: Format, answers: Box<dyn Write + Send>, remarks: Box<dyn Write + Send>) -> Output {
        Output { format, answers, remarks }
    }

    /// Whether answers are JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// A line for people. What banks and clients wrote cannot move the cursor.
    pub fn line(&mut self, text: &str) {
        let text: String = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
        self.raw(format!("{text}\n").as_bytes());
    }

    /// A JSON object on a line.
    pub fn record(&mut self, value: &Value) {
        self.raw(format!("{value}\n").as_bytes());
    }

    /// Octets as they are.
    pub fn raw(&mut self, octets: &[u8]) {
        // A reader that went away, such as `head`, wants no more; the command's end does not change by that.
        drop(self.answers.write_all(octets));
    }

    /// A remark beside the answer.
    pub fn remark(&mut self, text: &str) {
        let text: String = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
        drop(writeln!(self.remarks, "{text}"));
    }

    /// A failure: a remark, and in JSON an object as well.
    pub fn fail(&mut self, failure: &Failure) -> Exit {
        if self.is_json() {
            self.record(&json!({ "record": "failure", "code": failure.code, "text": failure.text }));
        }
        self.remark(&format!("{}: {}", failure.code, failure.text));
        failure.exit
    }
}

/// Why a command could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable code.
    pub code: String,
    /// In words.
    pub text: String,
    /// How the command ends by it.
    pub exit: Exit,
}

impl Failure {
    /// Wrong use.
    pub fn usage(code: &str, text: impl Into<String>) -> Failure {
        Failure { code: code.to_owned(), text: text.into(), exit: Exit::Usage }
    }

    /// A finding.
    pub fn finding(code: &str, text: impl Into<String>) -> Failure {
        Failure { code: code.to_owned(), text: text.into(), exit: Exit::Finding }
    }

    /// A file that cannot be read or written.
    pub fn file(path: &Path, cause: &std::io::Error) -> Failure {
        Failure {
            code: "file.unusable".to_owned(),
            text: format!("{}: {cause}", path.display()),
            exit: Exit::Outside,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(cause: ConfigError) -> Failure {
        Failure::usage(cause.code(), cause.to_string())
    }
}

impl From<ServeError> for Failure {
    fn from(cause: ServeError) -> Failure {
        let exit = if cause.is_configuration() { Exit::Usage } else { Exit::Outside };
        Failure { code: "config.unusable".to_owned(), text: cause.to_string(), exit }
    }
}

impl From<StoreError> for Failure {
    fn from(cause: StoreError) -> Failure {
        Failure { code: cause.code().to_owned(), text: cause.to_string(), exit: Exit::Outside }
    }
}

impl From<CallError> for Failure {
    fn from(cause: CallError) -> Failure {
        let exit = if cause.is_configuration() { Exit::Usage } else { Exit::Outside };
        Failure { code: cause.code().to_owned(), text: cause.to_string(), exit }
    }
}

impl From<AskError> for Failure {
    fn from(cause: AskError) -> Failure {
        match cause {
            AskError::Call(cause) => cause.into(),
            AskError::Store(cause) => cause.into(),
            AskError::Refused(answered) => {
                let code = answered.body["code"].as_str().unwrap_or("gateway.refused").to_owned();
                let exit = match answered.status {
                    404 | 409 | 422 => Exit::Finding,
                    400..500 => Exit::Usage,
                    _ => Exit::Outside,
                };
                Failure { code, text: answered.problem(), exit }
            }
        }
    }
}

/// What the configuration offers to commands.
#[derive(Clone, Debug)]
pub struct Means {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub config: Config,
}

/// Whom reading commands ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub struct Asking {
    /// Read the store in data_dir directly; no gateway needs to run
    #[arg(long)]
    pub offline: bool,
}

impl Means {
    /// Reads a configuration file.
    pub fn load(path: &Path) -> Result<Means, Failure> {
        Ok(Means { path: path.to_owned(), config: config::load(path)? })
    }

    /// A client of the running gateway, by the section `[client]`.
    pub fn api(&self) -> Result<ApiClient, Failure> {
        let Some(section) = &self.config.client else {
            let text = format!("{}: the section [client] is missing", self.path.display());
            return Err(Failure::usage("config.client", text));
        };
        let tls = TlsFiles {
            certificate: section.certificate.clone(),
            key: section.key.clone(),
            ca: section.ca.clone(),
        };
        Ok(ApiClient::new(&Settings { url: section.url.clone(), tls })?)
    }

    /// The store, for reading; a running gateway is not disturbed.
    pub fn store(&self) -> Result<Store, Failure> {
        let places = Places::within(&self.config.gateway.data_dir);
        Ok(Store::Sqlite(SqliteStore::open_read_only(&places)?))
    }

    /// Whom to ask.
    pub fn source(&self, asking: Asking) -> Result<Source, Failure> {
        if asking.offline {
            let tenant = self.config.gateway.tenant.clone();
            Ok(Source::Store { store: self.store()?, tenant })
        } else {
            Ok(Source::Gateway(self.api()?))
        }
    }
}

/// Tells how a command ended.
pub fn ended(outcome: Result<Exit, Failure>, out: &mut Output) -> Exit {
    outcome.unwrap_or_else(|failure| out.fail(&failure))
}
