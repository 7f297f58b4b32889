//! TLS configurations in which both ends prove who they are: names, dates and purposes are checked
//! by webpki against pinned authorities. No switch here makes any of it weaker.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::signing::certificate::Certificate;
use crate::signing::pem::{self, PemError};

/// The only application protocol we speak. Source: RFC 7301, IANA registry.
const ALPN_HTTP_1_1: &[u8] = b"http/1.1";

/// Files of one end: its certificate (chain), its private key, and the authorities it trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate, followed by its chain.
    pub certificate: PathBuf,
    /// Our private key, PKCS#8, closed to group and others.
    pub key: PathBuf,
    /// One or more authority certificates; exactly these are trusted.
    pub ca: PathBuf,
}

/// Why a configuration could not be built; for the operator.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is unusable.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: PemError,
    },
    /// An authority certificate that cannot be a trust anchor.
    #[error("{}: certificate {number} is not usable as authority: {cause}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        number: usize,
        /// What is wrong.
        cause: String,
    },
    /// Certificate and key do not belong together or are of a type that TLS cannot use.
    #[error("{} with {}: {cause}", certificate.display(), key.display())]
    Identity {
        /// Certificate file.
        certificate: PathBuf,
        /// Key file.
        key: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The verifier of client certificates refused to be built.
    #[error("client verifier: {cause}")]
    Verifier {
        /// What is wrong.
        cause: String,
    },
}

impl TlsError {
    /// Stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            TlsError::File { cause, .. } => cause.code(),
            TlsError::Authority { .. } => "tls.authority",
            TlsError::Identity { .. } => "tls.identity",
            TlsError::Verifier { .. } => "tls.verifier",
        }
    }
}

/// Who is at the other end of a verified connection.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerIdentity {
    /// SHA-256 of SubjectPublicKeyInfo, 64 lower-case hexadecimal digits: what decisions rest on.
    pub spki_sha256: String,
    /// Subject as text, for people only.
    pub subject: String,
    /// The certificate, DER.
    pub certificate_der: Vec<u8>,
}

impl fmt::Debug for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerIdentity({}, {})", self.subject, self.spki_sha256)
    }
}

impl PeerIdentity {
    /// Reads the end certificate of a chain that TLS has verified; none if there is none or it is unreadable to us.
    pub fn of_chain(chain: Option<&[CertificateDer<'_>]>) -> Option<PeerIdentity> {
        let der = chain?.first()?;
        let certificate = Certificate::parse_der(der).ok()?;
        Some(PeerIdentity {
            spki_sha256: certificate.spki_sha256(),
            subject: certificate.subject().to_owned(),
            certificate_der: der.to_vec(),
        })
    }
}

/// Configuration for calling: shows our certificate, trusts only the given authorities, TLS 1.2 or 1.3.
pub fn client_config(files: &TlsFiles) -> Result<Arc<ClientConfig>, TlsError> {
    let (chain, key) = read_identity(files)?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
        .with_root_certificates(read_authorities(&files.ca)?)
        .with_client_auth_cert(chain, key)
        .map_err(|error| identity_error(files, &error))?;
    config.alpn_protocols = vec![ALPN_HTTP_1_1.to_vec()];
    // A full handshake each time: the peer's certificate is checked anew, and no early data can exist.
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    Ok(Arc::new(config))
}

/// Configuration for answering: demands a client certificate of the given authorities, TLS 1.2 or 1.3.
pub fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let (chain, key) = read_identity(files)?;
    let authorities = Arc::new(read_authorities(&files.ca)?);
    let verifier = WebPkiClientVerifier::builder_with_provider(authorities, provider())
        .build()
        .map_err(|error| TlsError::Verifier { cause: error.to_string() })?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| identity_error(files, &error))?;
    config.alpn_protocols = vec![ALPN_HTTP_1_1.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// Named here so that no process-wide default is ever relied on.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read_authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let file_error = |cause| TlsError::File { path: path.to_owned(), cause };
    let text = pem::read_public_file(path).map_err(file_error)?;
    let mut store = RootCertStore::empty();
    for (index, der) in pem::parse_certificates(&text).map_err(file_error)?.into_iter().enumerate() {
        let refused = |cause: String| TlsError::Authority { path: path.to_owned(), number: index + 1, cause };
        let parsed = Certificate::parse_der(&der).map_err(|error| refused(error.to_string()))?;
        if !parsed.is_ca() {
            // A trust anchor is taken as it is, so a plain certificate would be trusted to sign others.
            return Err(refused("it is not a certificate authority".to_owned()));
        }
        store.add(CertificateDer::from(der)).map_err(|error| refused(error.to_string()))?;
    }
    Ok(store)
}

fn read_identity(
    files: &TlsFiles,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let of = |path: &Path| {
        let path = path.to_owned();
        move |cause| TlsError::File { path, cause }
    };
    let text = pem::read_public_file(&files.certificate).map_err(of(&files.certificate))?;
    let chain = pem::parse_certificates(&text).map_err(of(&files.certificate))?;
    let text = pem::read_private_file(&files.key).map_err(of(&files.key))?;
    let key = pem::parse_private_key(&text).map_err(of(&files.key))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    Ok((chain.into_iter().map(CertificateDer::from).collect(), key))
}

fn identity_error(files: &TlsFiles, error: &rustls::Error) -> TlsError {
    TlsError::Identity {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        cause: error.to_string(),
    }
}
