//! Keys, certificates and signatures. No payments, no HTTP client.

pub mod c14n;
pub mod certificate;
pub mod dev_pki;
pub mod http_message;
pub mod key;
pub mod pem;
pub mod xmldsig;
