//! TLS, one HTTP request at a time, and the accept loop. Knows no payments.

pub mod client;
pub mod server;
pub mod slow;
pub mod stream;
pub mod tls;
