//! What commands about payouts have in common: the configuration, whom they ask, how its errors end them.
//! Never what a command does.

use super::Failure;
use super::screen::Screen;
use super::source::{AskError, Source};
use crate::faces::client::{ApiClient, CallError, Settings};
use crate::faces::config::{self, Config, ConfigError};
use crate::faces::serve::ServeError;
use crate::net::tls::TlsFiles;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};
use std::path::PathBuf;

/// Where the configuration is.
#[derive(Clone, Debug, clap::Args)]
pub struct Configured {
    /// Configuration of the gateway; its section [client] says how to reach it.
    #[arg(short = 'c', long, value_name = "FILE", default_value = "girogate.toml")]
    pub config: PathBuf,
}

/// Whom reading commands ask.
#[derive(Clone, Debug, clap::Args)]
pub struct Asking {
    #[command(flatten)]
    pub configured: Configured,
    /// Read the store in data_dir directly; no gateway needs to run.
    #[arg(long)]
    pub offline: bool,
}

/// What the configuration offers to commands.
#[derive(Clone, Debug)]
pub struct Means {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub config: Config,
}

impl Configured {
    /// Reads the configuration.
    pub fn means(&self) -> Result<Means, Failure> {
        Ok(Means { path: self.config.clone(), config: config::load(&self.config)? })
    }
}

impl Asking {
    /// Whom to ask.
    pub fn source(&self) -> Result<Source, Failure> {
        let means = self.configured.means()?;
        if self.offline {
            let tenant = means.config.gateway.tenant.clone();
            Ok(Source::Store { store: means.store()?, tenant })
        } else {
            Ok(Source::Gateway(Box::new(means.api()?)))
        }
    }
}

impl Means {
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
        Ok(Store::Sqlite(SqliteStore::open_read_only(&self.config.places())?))
    }
}

/// Runs a command that waits for others.
pub fn wait_for<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|cause| Failure::outside("process.threads", cause))?.block_on(work)
}

/// A line for people. What banks and clients wrote cannot move the cursor.
pub fn tell(screen: &mut Screen, text: &str) {
    let plain: String = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    screen.line(plain.trim_end());
}

impl From<ConfigError> for Failure {
    fn from(cause: ConfigError) -> Failure {
        Failure::usage(cause.code(), cause)
    }
}

impl From<ServeError> for Failure {
    fn from(cause: ServeError) -> Failure {
        let code = "config.unusable";
        if cause.is_configuration() { Failure::usage(code, cause) } else { Failure::outside(code, cause) }
    }
}

impl From<StoreError> for Failure {
    fn from(cause: StoreError) -> Failure {
        Failure::outside(cause.code(), cause)
    }
}

impl From<CallError> for Failure {
    fn from(cause: CallError) -> Failure {
        let code = cause.code();
        if cause.is_configuration() { Failure::usage(code, cause) } else { Failure::outside(code, cause) }
    }
}

impl From<AskError> for Failure {
    fn from(cause: AskError) -> Failure {
        let code = "gateway.refused";
        match cause {
            AskError::Call(cause) => cause.into(),
            AskError::Store(cause) => cause.into(),
            AskError::Refused(answered) => match answered.status {
                404 | 409 | 422 => Failure::finding(code, answered.problem()),
                400..500 => Failure::usage(code, answered.problem()),
                _ => Failure::outside(code, answered.problem()),
            },
        }
    }
}
