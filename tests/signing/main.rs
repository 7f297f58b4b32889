//! Keys, certificates and signatures against vectors and programs that we did not write.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod c14n;
mod http_message;
mod http_refusals;
mod keys;
mod xmldsig;
mod xmldsig_refusals;
