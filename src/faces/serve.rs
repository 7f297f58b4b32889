//! `girogate serve`: the gateway as a process. Joins configuration, store, links, engine and
//! listeners; prints one JSON line when ready; ends when told to or when the store does not answer.

use super::api::callbacks::{self, Door};
use super::api::{self, Api, Checks, Client as ApiClient, metrics};
use super::config::{Config, ConfigError};
use super::record::Recorder;
use super::replay::recording::RecordingError;
use crate::bank::inbox::Inbox;
use crate::bank::link::{Link, LinkError, Parts as LinkParts, algorithm_of};
use crate::bank::profile::{self, Profile};
use crate::domain::entry::Digest;
use crate::engine::decide::Standing;
use crate::engine::intake::ids::IdKey;
use crate::engine::reconcile::Accounts;
use crate::engine::routing::Bank;
use crate::engine::runtime::clock::Clock;
use crate::engine::runtime::gate::Reason;
use crate::engine::runtime::{self, Engine, Parts};
use crate::engine::turn::TurnError;
use crate::net::client::{Client, ClientError, Limits as ClientLimits, Timeouts};
use crate::net::server::{Limits as ServerLimits, Service, serve as serve_tls};
use crate::net::tls::{TlsError, TlsFiles, client_config, server_config};
use crate::signing::certificate::{Certificate, CertificateError};
use crate::signing::http_message::verify::TrustedKey;
use crate::signing::key::{KeyError, Signer};
use crate::signing::pem::{PemError, read_private_file};
use crate::store::documents::NewDocument;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// Connections kept open to a bank between calls. Chosen by us.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// Longest wait for open attempts when the gateway is told to end, in milliseconds. Chosen by us: the total
/// deadline of a call in the reference profile.
const DRAIN_MS_MAX: u64 = 30_000;
/// Longest wait for answers to leave after the store has failed, in milliseconds. Chosen by us.
const LAST_WORDS_MS_MAX: u64 = 2_000;
/// Shortest key that ids may be derived with, in octets. Chosen by us: 128 bits.
const ID_KEY_OCTETS_MIN: usize = 16;
/// Longest file of a definition, in octets. Chosen by us: the longest that is known has a twentieth of it.
const DEFINITION_OCTETS_MAX: u64 = 4 * 1024 * 1024;

/// Why the gateway did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A profile.
    #[error("bank {bank}: {cause}")]
    Profile {
        /// Bank id.
        bank: String,
        /// What is wrong.
        cause: String,
    },
    /// A link to a bank.
    #[error("bank {bank}: {cause}")]
    Link {
        /// Bank id.
        bank: String,
        /// What is wrong.
        cause: LinkError,
    },
    /// A bank's address.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// TLS files.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key file.
    #[error("{}: {cause}", path.display())]
    IdKey {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A listener.
    #[error("{address}: {cause}")]
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A recording.
    #[error("recording: {0}")]
    Recording(#[from] RecordingError),
    /// The store did not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store stopped answering.
    #[error(transparent)]
    Turn(#[from] TurnError),
}

impl ServeError {
    /// Whether the operator's configuration is at fault, or the world outside.
    pub fn is_configuration(&self) -> bool {
        !matches!(self, ServeError::Store(_) | ServeError::Turn(_) | ServeError::Listen { .. })
    }
}

/// Where the listeners are bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The API.
    pub api: SocketAddr,
    /// Callbacks, if any.
    pub callback: Option<SocketAddr>,
    /// Health and metrics.
    pub metrics: SocketAddr,
}

impl Bound {
    /// The line that says that the gateway is ready.
    pub fn line(&self) -> String {
        serde_json::json!({
            "ready": true,
            "api": format!("https://{}", self.api),
            "callback": self.callback.map(|address| format!("https://{address}")),
            "metrics": format!("http://{}", self.metrics),
        })
        .to_string()
    }
}

/// The banks as the engine and the checks know them.
pub struct Banks {
    /// With their profiles.
    pub banks: Vec<Bank>,
    /// Digest of each profile's octets.
    pub profiles: BTreeMap<String, NewDocument>,
}

/// Reads the profiles of a configuration.
pub fn banks(config: &Config, path: &Path) -> Result<Banks, ServeError> {
    let mut found = Banks { banks: Vec::new(), profiles: BTreeMap::new() };
    for section in &config.bank {
        let text = profile_text(&section.profile, path)
            .map_err(|cause| ServeError::Profile { bank: section.id.clone(), cause })?;
        let folder = profile_folder(path, &section.profile);
        let profile =
            Profile::load(&text, &|definitions, file| read_definition(&folder.join(definitions), file))
                .map_err(|cause| ServeError::Profile {
                    bank: section.id.clone(),
                    cause: cause.to_string(),
                })?;
        found.profiles.insert(section.id.clone(), NewDocument::of(text.into_bytes()));
        found.banks.push(Bank { id: section.id.clone(), profile });
    }
    Ok(found)
}

/// A shipped profile by its name, or a file relative to the configuration.
pub fn profile_text(name: &str, path: &Path) -> Result<String, String> {
    if name == "reference-rfc9421" {
        return Ok(profile::REFERENCE_PROFILE.to_owned());
    }
    let file = path.parent().unwrap_or(Path::new("")).join(name);
    std::fs::read_to_string(&file).map_err(|cause| format!("{}: {cause}", file.display()))
}

/// The folder that a profile's own paths are relative to.
pub fn profile_folder(config: &Path, profile: &str) -> PathBuf {
    let file = config.parent().unwrap_or(Path::new("")).join(profile);
    file.parent().unwrap_or(Path::new("")).to_owned()
}

/// The octets of a definition's file.
pub fn read_definition(folder: &Path, file: &str) -> Result<Vec<u8>, String> {
    let path = folder.join(file);
    let wrong = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
    let size = std::fs::metadata(&path).map_err(|cause| wrong(&cause))?.len();
    if size > DEFINITION_OCTETS_MAX {
        return Err(wrong(&format_args!("longer than {DEFINITION_OCTETS_MAX} octets")));
    }
    std::fs::read(&path).map_err(|cause| wrong(&cause))
}

/// Reads the key that ids are derived with.
pub fn id_key(path: &Path) -> Result<IdKey, ServeError> {
    id_key_octets(path).map(|octets| IdKey::new(&octets))
}

/// The octets of the key that ids are derived with.
pub fn id_key_octets(path: &Path) -> Result<Zeroizing<Vec<u8>>, ServeError> {
    let wrong = |cause: String| ServeError::IdKey { path: path.to_owned(), cause };
    let octets = read_private_file(path).map_err(|cause: PemError| wrong(cause.to_string()))?;
    if octets.len() < ID_KEY_OCTETS_MIN {
        return Err(wrong(format!("shorter than {ID_KEY_OCTETS_MIN} octets")));
    }
    Ok(octets)
}

/// What the gateway is started with.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Its file.
    pub path: &'a Path,
    /// Folder that a recording is made in, if one is wanted.
    pub record: Option<&'a Path>,
}

/// Runs the gateway until `stop`; calls `ready` once the listeners are bound.
pub async fn run(
    config: &Config,
    path: &Path,
    ready: impl FnOnce(&Bound),
    stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    run_source(Source { config, path, record: None }, ready, stop).await
}

/// Runs the gateway, recorded or not, until `stop`.
pub async fn run_source(
    source: Source<'_>,
    ready: impl FnOnce(&Bound),
    stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let Source { config, path, record } = source;
    let Built { parts, checks, inboxes } = build(config, path).await?;
    if record.is_some() && parts.store.head().await?.seq > 0 {
        let cause = "a recording begins with an empty data directory, else it could not be played".to_owned();
        return Err(RecordingError::Value { key: "record".to_owned(), cause }.into());
    }
    let recorder = match record {
        Some(folder) => Some(Recorder::start(config, path, folder)?),
        None => None,
    };
    let store = parts.store.clone();
    let parts = Parts { tap: recorder.as_ref().map(Recorder::tap), ..parts };
    let engine = runtime::start(parts, stop.clone()).await?;
    let clients = clients(config, path)?;
    let api = Api { world: engine.world.clone(), clients: Arc::new(clients), checks: Arc::new(checks) };
    let served = listen(config, (engine, api, inboxes), ready, stop).await;
    if let Some(recorder) = recorder {
        recorder.finish(&store).await;
    }
    served
}

/// Everything that a configuration is made into.
pub struct Built {
    /// For the engine; its store is open.
    pub parts: Parts,
    /// For instructions.
    pub checks: Checks,
    /// For callbacks.
    pub inboxes: BTreeMap<String, Inbox>,
}

/// Builds the engine's parts on the configuration's data directory.
pub async fn build(config: &Config, path: &Path) -> Result<Built, ServeError> {
    let accounts = config.accounts(path)?;
    let Banks { banks, profiles } = banks(config, path)?;
    let (links, inboxes) = links(config, &banks)?;
    let store = Store::Sqlite(SqliteStore::open(&config.places())?);
    for document in profiles.values() {
        store.put_document(document.clone()).await?;
    }
    let checks = Checks {
        accounts: accounts.clone(),
        banks: banks.clone(),
        id_key: Arc::new(id_key(&config.gateway.id_key)?),
        default_speed: config.default_speed(path)?,
        text_policy: config.text_policy(path)?,
        duplicate_window_days: config.gateway.duplicate_window_days,
    };
    let parts = Parts {
        store,
        standing: Standing::new(Accounts(accounts), &banks),
        banks,
        profiles: profiles
            .iter()
            .map(|(id, document)| (id.clone(), document.digest()))
            .collect::<BTreeMap<String, Digest>>(),
        links,
        id_key: id_key(&config.gateway.id_key)?,
        tenant: config.gateway.tenant.clone(),
        clock: Clock::System,
        tap: None,
    };
    Ok(Built { parts, checks, inboxes })
}

fn clients(config: &Config, path: &Path) -> Result<Vec<ApiClient>, ConfigError> {
    let client = |section: &super::config::ApiClient| {
        Ok(ApiClient {
            name: section.name.clone(),
            spki_sha256: section.spki_sha256.to_ascii_lowercase(),
            tenant: section.tenant.clone(),
            roles: config.roles(section, path)?,
        })
    };
    config.api.clients.iter().map(client).collect()
}

/// Links by bank id.
pub type Links = BTreeMap<String, Arc<Link>>;
/// Doors by bank id.
pub type Inboxes = BTreeMap<String, Inbox>;

/// The links to the banks, and the doors for their callbacks.
pub fn links(config: &Config, banks: &[Bank]) -> Result<(Links, Inboxes), ServeError> {
    let (mut links, mut inboxes) = (Links::new(), Inboxes::new());
    for (section, bank) in config.bank.iter().zip(banks) {
        let certificate = Certificate::read_file(&section.keys.bank_signing)?;
        let key = certificate.verifying_key()?;
        let bank_keys =
            vec![TrustedKey { key_id: key.spki_sha256(), algorithm: algorithm_of(key.kind()), key }];
        let http = &bank.profile.http;
        let tls = client_config(&TlsFiles {
            certificate: section.keys.tls.certificate.clone(),
            key: section.keys.tls.key.clone(),
            ca: section.server_ca.clone(),
        })?;
        let timeouts = Timeouts {
            connect_ms: http.connect_ms,
            handshake_ms: http.handshake_ms,
            first_byte_ms: http.first_byte_ms,
            total_ms: http.total_ms,
        };
        let limits = ClientLimits {
            reply_octets_max: usize::try_from(http.reply_octets_max).unwrap_or(usize::MAX),
            idle_connections_max: IDLE_CONNECTIONS_MAX,
            keep_alive_ms: http.keep_alive_ms,
        };
        let client = Client::new(&section.base_url, tls, timeouts, limits)?;
        if let Some(inbox) = Inbox::new(&bank.profile, bank_keys.clone()) {
            inboxes.insert(section.id.clone(), inbox);
        }
        let signer = Signer::read_file(&section.keys.signing.key)?;
        let shown = Certificate::read_file(&section.keys.signing.certificate)?;
        if shown.spki_sha256() != signer.verifying_key().spki_sha256() {
            let cause = "the signing key is not that of the signing certificate".to_owned();
            return Err(ServeError::Profile { bank: section.id.clone(), cause });
        }
        let parts =
            LinkParts { bank: section.id.clone(), profile: bank.profile.clone(), client, signer, bank_keys };
        let link = Link::new(parts).map_err(|cause| ServeError::Link { bank: section.id.clone(), cause })?;
        links.insert(section.id.clone(), Arc::new(link));
    }
    Ok((links, inboxes))
}

async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let wrong = |cause| ServeError::Listen { address: address.to_owned(), cause };
    let listener = TcpListener::bind(address).await.map_err(wrong)?;
    let bound = listener.local_addr().map_err(wrong)?;
    Ok((listener, bound))
}

async fn listen(
    config: &Config,
    (engine, api, inboxes): (Engine, Api, Inboxes),
    ready: impl FnOnce(&Bound),
    stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let world = engine.world.clone();
    let (halt, halted) = watch::channel(false);
    let (api_listener, api_address) = bind(&config.api.listen).await?;
    let (metrics_listener, metrics_address) = bind(&config.metrics.listen).await?;
    let mut bound = Bound { api: api_address, callback: None, metrics: metrics_address };
    let api_tls = server_config(&TlsFiles {
        certificate: config.api.certificate.clone(),
        key: config.api.key.clone(),
        ca: config.api.client_ca.clone(),
    })?;
    let service = Service { tls: api_tls, router: api::router(api), limits: ServerLimits::default() };
    let mut servers = vec![tokio::spawn(serve_tls(api_listener, service, halted.clone()))];
    if let Some(section) = &config.callback {
        let (listener, address) = bind(&section.listen).await?;
        bound.callback = Some(address);
        let tls = server_config(&TlsFiles {
            certificate: section.certificate.clone(),
            key: section.key.clone(),
            ca: section.client_ca.clone(),
        })?;
        let public_url = section.public_url.clone().unwrap_or_else(|| format!("https://{address}"));
        let door = Door { world: world.clone(), inboxes: Arc::new(inboxes), public_url };
        let service = Service { tls, router: callbacks::router(door), limits: ServerLimits::default() };
        servers.push(tokio::spawn(serve_tls(listener, service, halted.clone())));
    }
    servers.push(tokio::spawn(serve_figures(metrics_listener, world, halted)));
    ready(&bound);
    serve_until_the_end(engine, (servers, halt), stop).await
}

/// Serves until the engine ends by itself or the process is told to end; then in order.
async fn serve_until_the_end(
    engine: Engine,
    (servers, halt): (Vec<JoinHandle<()>>, watch::Sender<bool>),
    mut stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let Engine { world, mut ended } = engine;
    let ended_early = tokio::select! {
        ended = &mut ended => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    if let Some(ended) = ended_early {
        // Whoever waits for an answer is told that the outcome is unknown, before the process leaves.
        halt.send_replace(true);
        let told = async {
            for server in servers {
                drop(server.await);
            }
        };
        drop(tokio::time::timeout(Duration::from_millis(LAST_WORDS_MS_MAX), told).await);
        return end_of(ended);
    }
    // Who wants to bring payouts is sent away for a while; the banks' callbacks are still taken.
    world.gate.close(Reason::Ending);
    // Attempts that are open end by themselves; what is cut off here is unknown at the next start.
    let drained = tokio::time::timeout(Duration::from_millis(DRAIN_MS_MAX), ended).await;
    halt.send_replace(true);
    for server in servers {
        if server.await.is_err() {
            tracing::error!("a listener ended badly");
        }
    }
    match drained {
        Ok(ended) => end_of(ended),
        Err(_) => {
            tracing::warn!(
                code = "gateway.drain",
                "attempts cut off at the end of the drain time are unknown"
            );
            Ok(())
        }
    }
}

/// Figures until the end; who reads them slowly, or never, does not hold it up.
async fn serve_figures(listener: TcpListener, world: runtime::World, mut halted: watch::Receiver<bool>) {
    let served = tokio::select! {
        served = async { axum::serve(listener, metrics::router(world)).await } => served,
        _ = halted.wait_for(|stop| *stop) => Ok(()),
    };
    if let Err(cause) = served {
        tracing::error!(%cause, "the metrics listener ended");
    }
}

fn end_of(ended: Result<Result<(), TurnError>, tokio::task::JoinError>) -> Result<(), ServeError> {
    let panicked = || Err(TurnError::Unknown { cause: "the engine panicked".to_owned() });
    ended.unwrap_or_else(|_| panicked()).map_err(Into::into)
}
