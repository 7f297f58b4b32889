//! Configurations that are refused before anything is connected.

use girogate::faces::config::places::Places;
use girogate::net::client::Client;
use girogate::net::tls::{TlsFiles, client_config, server_config};

use crate::{LIMITS, TIMEOUTS, files, pki};

#[test]
fn unusable_files_are_named() {
    let dir = pki();
    let code = |files: &TlsFiles| client_config(files).unwrap_err().code();
    let good = files(dir.path(), "gateway-tls");
    assert_eq!(code(&TlsFiles { ca: dir.path().join("absent.pem"), ..good.clone() }), "pem.unreadable");
    assert_eq!(code(&TlsFiles { ca: dir.path().join("bank-tls-cert.pem"), ..good.clone() }), "tls.authority");
    assert_eq!(code(&TlsFiles { key: dir.path().join("bank-tls-key.pem"), ..good.clone() }), "tls.identity");
    assert_eq!(code(&TlsFiles { certificate: dir.path().join("ca-key.pem"), ..good.clone() }), "pem.missing");
    let open = dir.path().join("open-key.pem");
    std::fs::copy(&good.key, &open).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(code(&TlsFiles { key: open, ..good.clone() }), "pem.permissions");
    let shown =
        server_config(&TlsFiles { ca: dir.path().join("absent.pem"), ..good }).unwrap_err().to_string();
    assert!(shown.contains("absent.pem"), "{shown}");
}

#[test]
fn base_urls_that_are_not_plain_https_are_refused() {
    let dir = pki();
    let config = client_config(&files(dir.path(), "gateway-tls")).unwrap();
    let refused =
        ["http://bank", "bank:443", "https://u:p@bank", "https://bank?x=1", "https://", "https://bank:99999"];
    for url in refused {
        assert!(Client::new(url, config.clone(), TIMEOUTS, LIMITS).is_err(), "{url}");
    }
    let client = Client::new("https://Bank.example:443/api/", config, TIMEOUTS, LIMITS).unwrap();
    assert_eq!(client.target_uri("/v1/payments?a=1"), "https://bank.example/api/v1/payments?a=1");
}

#[test]
fn keys_rows_and_what_is_around_them_are_found() {
    let text = "a = 1\n[b]\n  \"é\" = 'x'\n\n[[c]]\nd = { e = 2 }\n[[c]]\nf = [ 3,\n 4 ]\n";
    let places = Places::of(text);
    let found =
        ["a", "b", "b.é", "c[0].d.e", "c[1].f[1]", "c[1].missing", "nothing"].map(|key| places.find(key));
    assert_eq!(found, [(1, 5), (2, 2), (3, 9), (6, 11), (9, 2), (7, 1), (1, 1)]);
    assert_eq!(Places::of("= broken").find("a"), (1, 1));
}
