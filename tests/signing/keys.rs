//! Private keys, public keys, certificates and the development PKI, checked with openssl where it is present.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use girogate::signing::certificate::{Certificate, SignatureUsage};
use girogate::signing::dev_pki;
use girogate::signing::key::{Algorithm, KeyKind, Signer, SigningKey, VerifyingKey};
use tempfile::TempDir;

/// Runs openssl; none, said loudly, where it is not installed.
pub fn openssl(dir: &Path, arguments: &[&str]) -> Option<String> {
    let output = match Command::new("openssl").args(arguments).current_dir(dir).output() {
        Ok(output) => output,
        Err(_) => {
            eprintln!("SKIPPED: openssl is not installed");
            return None;
        }
    };
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "openssl {arguments:?}: {text}");
    Some(text)
}

/// A private key made by openssl, mode 0600.
pub fn openssl_key(dir: &Path, name: &str, options: &[&str]) -> Option<PathBuf> {
    openssl(dir, &[&["genpkey", "-out", name], options].concat())?;
    let path = dir.join(name);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Some(path)
}

/// The kinds of keys that openssl makes and we take.
pub const KEY_OPTIONS: &[(&str, &[&str], KeyKind)] = &[
    ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], KeyKind::P256),
    ("ed25519", &["-algorithm", "ED25519"], KeyKind::Ed25519),
    ("rsa2048", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], KeyKind::Rsa),
    ("rsa3072", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], KeyKind::Rsa),
];

#[test]
fn keys_made_by_openssl_sign_and_their_public_halves_agree() {
    let dir = TempDir::new().unwrap();
    for (name, options, kind) in KEY_OPTIONS {
        let Some(path) = openssl_key(dir.path(), name, options) else { return };
        let signer = Signer::read_file(&path).unwrap();
        let public = openssl(dir.path(), &["pkey", "-in", name, "-pubout"]).unwrap();
        let public = VerifyingKey::parse_pem(public.as_bytes()).unwrap();
        assert_eq!(public.kind(), *kind);
        assert_eq!(public.spki_der(), signer.verifying_key().spki_der(), "{name}");
        for algorithm in Algorithm::ALL {
            let made = signer.sign_now(algorithm, b"message");
            if algorithm.key_kind() != *kind {
                assert_eq!(made.unwrap_err().code(), "key.mismatch");
                assert_eq!(public.verify(algorithm, b"message", b"").unwrap_err().code(), "key.mismatch");
                continue;
            }
            let made = made.unwrap();
            public.verify(algorithm, b"message", &made).unwrap();
            assert_eq!(public.verify(algorithm, b"massage", &made).unwrap_err().code(), "key.unverified");
            let short = made.get(1..).unwrap();
            assert_eq!(public.verify(algorithm, b"message", short).unwrap_err().code(), "key.unverified");
        }
    }
}

#[test]
fn signatures_verify_in_openssl() {
    let dir = TempDir::new().unwrap();
    let options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    let Some(path) = openssl_key(dir.path(), "rsa", &options) else { return };
    let signer = Signer::read_file(&path).unwrap();
    std::fs::write(dir.path().join("message"), b"to be signed").unwrap();
    openssl(dir.path(), &["pkey", "-in", "rsa", "-pubout", "-out", "public"]).unwrap();
    let cases: [(Algorithm, &[&str]); 2] = [
        (Algorithm::RsaV15Sha256, &["-sha256"]),
        (
            Algorithm::RsaPssSha512,
            &["-sha512", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:64"],
        ),
    ];
    for (algorithm, options) in cases {
        let made = signer.sign_now(algorithm, b"to be signed").unwrap();
        std::fs::write(dir.path().join("signature"), made).unwrap();
        let verify =
            [&["dgst"], options, &["-verify", "public", "-signature", "signature", "message"]].concat();
        assert!(openssl(dir.path(), &verify).unwrap().contains("Verified OK"), "{algorithm}");
    }
}

#[test]
fn keys_that_we_do_not_take_are_refused() {
    let dir = TempDir::new().unwrap();
    let refused: &[(&str, &[&str])] = &[
        ("rsa1024", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
        ("p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        ("x25519", &["-algorithm", "X25519"]),
    ];
    for (name, options) in refused {
        let Some(path) = openssl_key(dir.path(), name, options) else { return };
        assert_eq!(SigningKey::read_file(&path).unwrap_err().code(), "key.private", "{name}");
        let public = openssl(dir.path(), &["pkey", "-in", name, "-pubout"]).unwrap();
        assert_eq!(VerifyingKey::parse_pem(public.as_bytes()).unwrap_err().code(), "key.public", "{name}");
    }
    let Some(_) = openssl_key(dir.path(), "rsa", &["-algorithm", "RSA"]) else { return };
    openssl(dir.path(), &["pkey", "-in", "rsa", "-aes128", "-passout", "pass:x", "-out", "locked"]).unwrap();
    openssl(dir.path(), &["rsa", "-in", "rsa", "-traditional", "-out", "old"]).unwrap();
    let twice = std::fs::read(dir.path().join("rsa")).unwrap().repeat(2);
    std::fs::write(dir.path().join("twice"), twice).unwrap();
    let codes = [("locked", "pem.missing"), ("old", "pem.missing"), ("twice", "pem.ambiguous")];
    for (name, code) in codes {
        let path = dir.path().join(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(SigningKey::read_file(&path).unwrap_err().code(), code, "{name}");
    }
}

#[test]
fn key_file_open_to_others_is_refused() {
    let dir = TempDir::new().unwrap();
    dev_pki::write(dir.path(), Utc::now()).unwrap();
    let path = dir.path().join("gateway-signing-key.pem");
    for mode in [0o604, 0o640, 0o644, 0o660, 0o622, 0o610] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = SigningKey::read_file(&path).unwrap_err();
        assert_eq!(error.code(), "pem.permissions", "{mode:o}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    for mode in [0o400, 0o600] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        SigningKey::read_file(&path).unwrap();
    }
}

#[test]
fn oversized_key_file_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("big");
    std::fs::write(&path, vec![b'A'; 70_000]).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(SigningKey::read_file(&path).unwrap_err().code(), "pem.too_long");
    assert_eq!(Certificate::read_file(&path).unwrap_err().code(), "pem.too_long");
}

#[test]
fn nothing_of_a_private_key_is_shown() {
    let dir = TempDir::new().unwrap();
    dev_pki::write(dir.path(), Utc::now()).unwrap();
    let signer = Signer::read_file(&dir.path().join("bank-signing-key.pem")).unwrap();
    assert_eq!(format!("{signer:?}"), "File(SigningKey(P256, ***))");
}

#[test]
fn development_pki_is_whole_closed_and_never_overwritten() {
    let dir = TempDir::new().unwrap();
    let now: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
    let target = dir.path().join("pki");
    let written = dev_pki::write(&target, now).unwrap();
    assert_eq!(written.len(), 12);
    for path in &written {
        let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let expected = if path.to_string_lossy().ends_with("-key.pem") { 0o600 } else { 0o644 };
        assert_eq!(mode & !0o022, expected & !0o022, "{path:?}");
        assert!(expected == 0o644 || mode == 0o600, "{path:?} {mode:o}");
    }
    let read = |role: &str| Certificate::read_file(&target.join(format!("{role}-cert.pem"))).unwrap();
    let both = ["serverAuth".to_owned(), "clientAuth".to_owned()];
    assert!(read("ca").is_ca());
    assert_eq!(read("ca").signature_usage(), SignatureUsage::Forbidden);
    assert_eq!(read("gateway-tls").extended_key_usages(), both);
    assert_eq!(read("bank-tls").extended_key_usages(), both);
    assert_eq!(read("treasury-tls").extended_key_usages(), ["clientAuth".to_owned()]);
    assert_eq!(read("bank-tls").names(), ["localhost", "127.0.0.1", "::1"]);
    assert_eq!(read("gateway-signing").signature_usage(), SignatureUsage::Allowed);
    assert!(!read("gateway-signing").is_ca());
    read("gateway-signing").check_validity(now).unwrap();
    let before = now - TimeDelta::days(2);
    assert_eq!(
        read("gateway-signing").check_validity(before).unwrap_err().code(),
        "certificate.not_yet_valid"
    );
    let after = now + TimeDelta::days(dev_pki::ROLE_DAYS + 1);
    assert_eq!(read("gateway-signing").check_validity(after).unwrap_err().code(), "certificate.expired");
    let key = Signer::read_file(&target.join("bank-signing-key.pem")).unwrap();
    assert_eq!(key.verifying_key(), &read("bank-signing").verifying_key().unwrap());
    assert_eq!(key.verifying_key().spki_sha256(), read("bank-signing").spki_sha256());

    let octets = std::fs::read(&written[3]).unwrap();
    std::fs::remove_file(&written[0]).unwrap();
    let error = dev_pki::write(&target, now).unwrap_err();
    assert_eq!(error.code(), "dev_pki.exists");
    assert!(!written[0].exists(), "something was written although a file was in the way");
    assert_eq!(std::fs::read(&written[3]).unwrap(), octets);
}

#[test]
fn development_pki_verifies_in_openssl() {
    let dir = TempDir::new().unwrap();
    dev_pki::write(dir.path(), Utc::now()).unwrap();
    let cases = [
        ("gateway-tls", "sslclient"),
        ("gateway-tls", "sslserver"),
        ("bank-tls", "sslserver"),
        ("treasury-tls", "sslclient"),
        ("bank-signing", "any"),
    ];
    for (role, purpose) in cases {
        let file = format!("{role}-cert.pem");
        let arguments = ["verify", "-x509_strict", "-CAfile", "ca-cert.pem", "-purpose", purpose, &file];
        let Some(text) = openssl(dir.path(), &arguments) else { return };
        assert!(text.contains("OK"), "{role}: {text}");
        let fingerprint = openssl(dir.path(), &["x509", "-in", &file, "-noout", "-fingerprint", "-sha256"]);
        let fingerprint = fingerprint.unwrap().replace(':', "").to_ascii_lowercase();
        let ours = Certificate::read_file(&dir.path().join(&file)).unwrap().fingerprint_sha256();
        assert!(fingerprint.contains(&ours), "{fingerprint}");
    }
}

#[test]
fn damaged_certificates_are_refused() {
    let dir = TempDir::new().unwrap();
    dev_pki::write(dir.path(), Utc::now()).unwrap();
    let der = Certificate::read_file(&dir.path().join("bank-tls-cert.pem")).unwrap().der().to_vec();
    for cut in 0..der.len() {
        assert_eq!(Certificate::parse_der(&der[..cut]).unwrap_err().code(), "certificate.damaged", "{cut}");
    }
    let longer = [der.as_slice(), b"\0"].concat();
    assert_eq!(Certificate::parse_der(&longer).unwrap_err().code(), "certificate.damaged");
    assert_eq!(Certificate::parse_pem(b"-----BEGIN CERTIFICATE-----\n").unwrap_err().code(), "pem.damaged");
    assert_eq!(Certificate::parse_pem(b"").unwrap_err().code(), "pem.missing");
}
