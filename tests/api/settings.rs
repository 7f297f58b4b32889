//! Configurations that the gateway does not start with: each case of `fixtures/hostile/config.ndjson` changes the text of a
//! good configuration, or a file that it names, and says the code and the key that the operator is told.

use super::gateway::{TREASURY, text};
use super::hostile::cases;
use girogate::faces::config::{self, ConfigError};
use girogate::faces::serve::{self, ServeError};
use girogate::signing::dev_pki;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::sync::watch;

/// The kind of error, its code, and the key where there is one.
fn words(error: &ServeError) -> String {
    match error {
        ServeError::Config(ConfigError::Value { key, .. }) => format!("config.value {key}"),
        ServeError::Config(cause) => cause.code().to_owned(),
        ServeError::Profile { .. } => "profile".to_owned(),
        ServeError::Link { cause, .. } => cause.code().to_owned(),
        ServeError::Client(cause) => cause.code().to_owned(),
        ServeError::Tls(cause) => cause.code().to_owned(),
        ServeError::Key(cause) => cause.code().to_owned(),
        ServeError::IdKey { .. } => "id key".to_owned(),
        ServeError::Certificate(cause) => cause.code().to_owned(),
        ServeError::Listen { .. } => "listen".to_owned(),
        ServeError::Recording(_) => "recording".to_owned(),
        ServeError::Store(cause) => cause.code().to_owned(),
        ServeError::Turn(_) => "turn".to_owned(),
    }
}

/// Starts with a stop that has been asked for already.
async fn start(path: &Path) -> String {
    let (stop, stopped) = watch::channel(true);
    let started = match config::load(path) {
        Ok(config) => serve::run(&config, path, |_| {}, stopped).await,
        Err(cause) => Err(cause.into()),
    };
    drop(stop);
    started.map_or_else(|error| words(&error), |()| "starts".to_owned())
}

/// Changes a file: its mode, its content, or whether it is there.
fn change(dir: &Path, file: &serde_json::Value) {
    let path = dir.join(file["name"].as_str().unwrap());
    if let Some(mode) = file["mode"].as_str() {
        let mode = u32::from_str_radix(mode, 8).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    if let Some(text) = file["text"].as_str() {
        std::fs::write(&path, text).unwrap();
    }
    if let Some(other) = file["copy_of"].as_str() {
        std::fs::copy(dir.join(other), &path).unwrap();
    }
    if file["absent"] == true {
        std::fs::remove_file(&path).unwrap();
    }
    if file["folder"] == true {
        drop(std::fs::remove_file(&path));
        std::fs::create_dir(&path).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_its_key() {
    let keys = tempfile::tempdir().unwrap();
    dev_pki::write(&keys.path().join("pki"), chrono::Utc::now()).unwrap();
    let good = text(keys.path(), &[TREASURY], 1);
    let (mut wrong, cases) = (Vec::new(), cases("config.ndjson"));
    for case in &cases {
        let dir = tempfile::tempdir().unwrap();
        copy(&keys.path().join("pki"), &dir.path().join("pki"));
        std::fs::write(dir.path().join("id.key"), "0123456789abcdef0123456789abcdef").unwrap();
        change(dir.path(), &serde_json::json!({ "name": "id.key", "mode": "600" }));
        let mut text = good.clone();
        for pair in case["change"].as_array().into_iter().flatten() {
            let (from, to) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            assert!(text.contains(from), "{case}");
            text = text.replacen(from, to, 1);
        }
        let path = dir.path().join("gateway.toml");
        std::fs::write(&path, text).unwrap();
        for file in case["files"].as_array().into_iter().flatten() {
            change(dir.path(), file);
        }
        let said = start(&path).await;
        if case["expect"] != said {
            wrong.push(format!("{}\t{said}", case["name"].as_str().unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} otherwise:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 120, "{}", cases.len());
}
