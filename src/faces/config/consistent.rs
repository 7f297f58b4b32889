//! What a configuration must be as a whole: names that stand once, and values within their bounds. Reads no file.

use super::{Config, ConfigError};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

/// Longest look back for duplicates, in days. Chosen by us: a year and a day.
const WINDOW_DAYS_MAX: i64 = 366;
/// Longest name of a bank, account, client or tenant, in characters. Chosen by us.
const NAME_CHARS_MAX: usize = 70;

/// Compares the sections with one another.
pub fn check(config: &Config, path: &Path) -> Result<(), ConfigError> {
    let wrong = |(key, cause): (String, &str)| config.wrong(path, &key, cause.to_owned());
    names(config).map_err(wrong)?;
    values(config).map_err(wrong)
}

type Wrong = (String, &'static str);

fn names(config: &Config) -> Result<(), Wrong> {
    once("bank", "id", config.bank.iter().map(|bank| bank.id.as_str()))?;
    once("account", "ref", config.account.iter().map(|account| account.account_ref.as_str()))?;
    once("api.clients", "name", config.api.clients.iter().map(|client| client.name.as_str()))?;
    once("api.clients", "spki_sha256", config.api.clients.iter().map(|client| client.spki_sha256.as_str()))?;
    for (index, client) in config.api.clients.iter().enumerate() {
        name(&client.tenant).map_err(|cause| (format!("api.clients[{index}].tenant"), cause))?;
    }
    for (index, account) in config.account.iter().enumerate() {
        if account.name.trim().is_empty() || account.name.chars().any(char::is_control) {
            return Err((format!("account[{index}].name"), "is no name"));
        }
    }
    name(&config.gateway.tenant).map_err(|cause| ("gateway.tenant".to_owned(), cause))
}

/// Each is a name, and none stands twice, in whatever case.
fn once<'a>(section: &str, key: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Wrong> {
    let mut seen = BTreeSet::new();
    for (index, text) in names.enumerate() {
        let place = || format!("{section}[{index}].{key}");
        name(text).map_err(|cause| (place(), cause))?;
        if !seen.insert(text.to_ascii_lowercase()) {
            return Err((place(), "stands twice"));
        }
    }
    Ok(())
}

fn name(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("is empty");
    }
    if text.chars().any(char::is_control) || text.chars().count() > NAME_CHARS_MAX {
        return Err("is no name: at most 70 characters, none of control");
    }
    Ok(())
}

fn values(config: &Config) -> Result<(), Wrong> {
    for (index, client) in config.api.clients.iter().enumerate() {
        let is_digest = client.spki_sha256.len() == 64
            && client.spki_sha256.bytes().all(|octet| octet.is_ascii_hexdigit());
        if !is_digest {
            return Err((format!("api.clients[{index}].spki_sha256"), "64 hexadecimal digits"));
        }
    }
    if !(0..=WINDOW_DAYS_MAX).contains(&config.gateway.duplicate_window_days) {
        return Err(("gateway.duplicate_window_days".to_owned(), "from 0 to 366"));
    }
    if config.gateway.data_dir.as_os_str().is_empty() {
        return Err(("gateway.data_dir".to_owned(), "is empty"));
    }
    if let Some(index) = config.bank.iter().position(|bank| bank.base_url.contains('#')) {
        return Err((format!("bank[{index}].base_url"), "has a part that is never sent"));
    }
    let metrics = &config.metrics.listen;
    let address = metrics.replacen("localhost:", "127.0.0.1:", 1).parse::<SocketAddr>();
    if !address.is_ok_and(|address| address.ip().is_loopback()) {
        return Err(("metrics.listen".to_owned(), "an address of the loopback, with a port"));
    }
    let public = config.callback.as_ref().and_then(|callback| callback.public_url.as_deref());
    if public.is_some_and(|url| !url.starts_with("https://")) {
        return Err(("callback.public_url".to_owned(), "https only"));
    }
    Ok(())
}
