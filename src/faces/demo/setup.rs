//! Prepares the folder of a run: development keys, configurations of gateway and bank. A folder
//! that exists is taken as it is, so that a run can be resumed.

use super::{DemoError, Options};
use crate::engine::demonstration;
use crate::signing::certificate::Certificate;
use crate::signing::dev_pki;
use chrono::Utc;
use ring::rand::{SecureRandom, SystemRandom};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Folder of all runs, beneath the current one.
pub const RUNS: &str = "girogate-demo";

/// A prepared run.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Folder of the run.
    pub dir: PathBuf,
    /// Folder of the gateway's store.
    pub data_dir: PathBuf,
    /// Configuration of the gateway.
    pub gateway_config: PathBuf,
    /// Configuration of the bank.
    pub bank_config: PathBuf,
    /// Where the API answers.
    pub api_url: String,
    /// Where the bank answers.
    pub bank_url: String,
    /// Folder of keys and certificates.
    pub pki: PathBuf,
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> DemoError {
    let path = path.to_owned();
    move |cause| DemoError::File { path, cause }
}

/// Prepares a run, or finds the one to be resumed.
pub fn prepare(options: &Options) -> Result<Setup, DemoError> {
    let dir = match &options.dir {
        Some(dir) => dir.clone(),
        None => next_run(Path::new(RUNS))?,
    };
    std::fs::create_dir_all(&dir).map_err(file_error(&dir))?;
    let dir = dir.canonicalize().map_err(file_error(&dir))?;
    let urls = dir.join("urls");
    if !urls.exists() {
        fresh(&dir, options)?;
    }
    let text = std::fs::read_to_string(&urls).map_err(file_error(&urls))?;
    let mut lines = text.lines().map(str::to_owned);
    let (Some(api_url), Some(bank_url)) = (lines.next(), lines.next()) else {
        return Err(DemoError::Child(format!("{} is not the folder of a run", dir.display())));
    };
    Ok(Setup {
        data_dir: dir.join("gateway"),
        gateway_config: dir.join("gateway.toml"),
        bank_config: dir.join("bank.toml"),
        pki: dir.join("pki"),
        api_url,
        bank_url,
        dir,
    })
}

/// The next free number; `latest` points to it.
fn next_run(runs: &Path) -> Result<PathBuf, DemoError> {
    std::fs::create_dir_all(runs).map_err(file_error(runs))?;
    let taken = std::fs::read_dir(runs)
        .map_err(file_error(runs))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok())
        .max()
        .unwrap_or(0);
    let name = (taken + 1).to_string();
    let latest = runs.join("latest");
    // Only a convenience: a run goes on without the link.
    drop(std::fs::remove_file(&latest));
    drop(std::os::unix::fs::symlink(&name, &latest));
    Ok(runs.join(name))
}

fn fresh(dir: &Path, options: &Options) -> Result<(), DemoError> {
    let pki = dir.join("pki");
    dev_pki::write(&pki, Utc::now()).map_err(|cause| DemoError::Keys(cause.to_string()))?;
    write_id_key(&dir.join("id.key"))?;
    let ports = free_ports()?;
    let [api, callback, metrics, bank] = ports;
    let treasury = spki(&pki.join("treasury-tls-cert.pem"))?;
    write_text(&dir.join("gateway.toml"), &gateway_toml([api, callback, metrics, bank], &treasury))?;
    write_text(&dir.join("bank.toml"), &bank_toml(bank, callback))?;
    write_text(&dir.join("behaviour.toml"), if options.faults { FAULTS } else { ORDINARY })?;
    write_text(&dir.join("urls"), &format!("https://127.0.0.1:{api}\nhttps://127.0.0.1:{bank}\n"))
}

/// A bad day at the bank: the sandbox's own preset.
const FAULTS: &str = "# What the bank does wrong in this run.\nversion = 1\nseed = 20\npreset = \"faults\"\n";
/// An ordinary day: a few payments are refused, a few come back.
const ORDINARY: &str = r#"# An ordinary day at the bank.
version = 1
seed = 20

[[rule]]
does = "reject"
per_mille = 5
code = "AC04"

[[rule]]
does = "return"
per_mille = 5
code = "AC01"
"#;

fn write_text(path: &Path, text: &str) -> Result<(), DemoError> {
    std::fs::write(path, text).map_err(file_error(path))
}

fn write_id_key(path: &Path) -> Result<(), DemoError> {
    let mut octets = [0u8; 32];
    SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| DemoError::Keys("the system gives no random octets".to_owned()))?;
    let text: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(file_error(path))?;
    file.write_all(text.as_bytes()).map_err(file_error(path))
}

fn spki(path: &Path) -> Result<String, DemoError> {
    Certificate::read_file(path)
        .map(|certificate| certificate.spki_sha256())
        .map_err(|cause| DemoError::Keys(cause.to_string()))
}

/// First port tried, and how many there are. Below the range from which systems take the ports of outgoing
/// connections (32768 on Linux, 49152 by RFC 6335), so that none of those sits on a port while its owner restarts.
const PORTS: (u16, u16) = (20_000, 12_000);

/// Four ports that are free at this moment. Both configurations name them, so they are chosen here, from a random
/// place on, because runs may begin at the same time.
fn free_ports() -> Result<[u16; 4], DemoError> {
    let mut octets = [0u8; 2];
    SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| DemoError::Keys("the system gives no random octets".to_owned()))?;
    let (first, count) = PORTS;
    let start = u16::from_be_bytes(octets) % count;
    let candidates = (0..count).map(|number| first + (start + number) % count);
    let mut free = candidates.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    let mut next = || free.next().ok_or_else(|| DemoError::Child("no free port".to_owned()));
    Ok([next()?, next()?, next()?, next()?])
}

fn gateway_toml([api, callback, metrics, bank]: [u16; 4], treasury: &str) -> String {
    let accounts: String = demonstration::ACCOUNTS_TEXT
        .lines()
        .filter(|line| !line.starts_with("version") && !line.starts_with('#'))
        .fold(String::new(), |text, line| text + line + "\n");
    format!(
        r#"# The gateway of a demonstration run.
version = 1

[gateway]
data_dir = "gateway"
tenant = "demo"
id_key = "id.key"

[api]
listen = "127.0.0.1:{api}"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
clients = [{{ name = "treasury", spki_sha256 = "{treasury}", tenant = "demo", roles = ["submit", "read", "operate"] }}]

[callback]
listen = "127.0.0.1:{callback}"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
public_url = "https://127.0.0.1:{callback}"

[metrics]
listen = "127.0.0.1:{metrics}"

[[bank]]
id = "{bank_id}"
profile = "reference-rfc9421"
base_url = "https://127.0.0.1:{bank}"
server_ca = "pki/ca-cert.pem"

[bank.keys]
tls = {{ certificate = "pki/gateway-tls-cert.pem", key = "pki/gateway-tls-key.pem" }}
signing = {{ certificate = "pki/gateway-signing-cert.pem", key = "pki/gateway-signing-key.pem" }}
bank_signing = "pki/bank-signing-cert.pem"

[client]
url = "https://127.0.0.1:{api}"
certificate = "pki/treasury-tls-cert.pem"
key = "pki/treasury-tls-key.pem"
ca = "pki/ca-cert.pem"
{accounts}"#,
        bank_id = demonstration::BANK,
    )
}

fn bank_toml(bank: u16, callback: u16) -> String {
    let accounts: String = demonstration::accounts()
        .iter()
        .map(|account| {
            let id = crate::engine::reconcile::number_of(&account.account);
            let form = if matches!(account.account, crate::domain::account::Account::Iban(_)) { "iban" } else { "other" };
            format!(
                "\n[[account]]\nclient = \"gateway\"\n{form} = \"{id}\"\ncurrency = \"{}\"\nname = \"{}\"\nopening_balance = \"1000000000.00\"\n",
                account.currency.code(),
                account.name,
            )
        })
        .collect();
    format!(
        r#"# The bank of a demonstration run.
version = 1

[bank]
id = "DEMO"
name = "Reference bank"
bic = "DEMODEFFXXX"
listen = "127.0.0.1:{bank}"
public_url = "https://127.0.0.1:{bank}"
data_dir = "bank"
behaviour = "behaviour.toml"

[keys]
tls_certificate = "pki/bank-tls-cert.pem"
tls_key = "pki/bank-tls-key.pem"
signing_key = "pki/bank-signing-key.pem"
client_ca = "pki/ca-cert.pem"

[[client]]
name = "gateway"
tls_certificate = "pki/gateway-tls-cert.pem"
signing_certificate = "pki/gateway-signing-cert.pem"
callback_url = "https://127.0.0.1:{callback}/v1/callbacks/{bank_id}"
callback_ca = "pki/ca-cert.pem"
{accounts}"#,
        bank_id = demonstration::BANK,
    )
}
