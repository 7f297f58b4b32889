//! Callers without a certificate of our authority: neither the bank nor the gateway lets them in.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use girogate::signing::dev_pki;

use crate::process::Line;

/// What comes back to a plain request over `openssl s_client` with these certificates.
fn knock(address: &str, pki: &Path, identity: Option<(&Path, &str)>) -> String {
    let mut caller = Command::new("openssl");
    caller.args(["s_client", "-connect", address, "-quiet", "-CAfile"]).arg(pki.join("ca-cert.pem"));
    if let Some((folder, role)) = identity {
        caller.arg("-cert").arg(folder.join(format!("{role}-cert.pem")));
        caller.arg("-key").arg(folder.join(format!("{role}-key.pem")));
    }
    let child = caller.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.unwrap();
    let request = format!("GET /v1/totals HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    // A refused caller may find the line closed already.
    drop(child.stdin.as_mut().unwrap().write_all(request.as_bytes()));
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_get_nowhere() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED: openssl is not installed; nobody knocked");
        return;
    }
    let line = Line::start("", "").await;
    let foreign = line.setup.dir.join("foreign");
    dev_pki::write(&foreign, chrono::Utc::now()).unwrap();
    let pki = &line.setup.pki;
    for (url, role) in [(&line.setup.bank_url, "gateway-tls"), (&line.setup.api_url, "treasury-tls")] {
        let address = url.strip_prefix("https://").unwrap();
        assert!(knock(address, pki, Some((pki, role))).starts_with("HTTP/1.1 "), "the right one is heard");
        assert_eq!(knock(address, pki, None), "", "{address}: without a certificate");
        assert_eq!(knock(address, pki, Some((&foreign, role))), "", "{address}: with a foreign one");
    }
}
