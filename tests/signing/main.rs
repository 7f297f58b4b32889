//! Keys, certificates and signatures against vectors and programs that we did not write.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod http_message;
mod http_refusals;
mod keys;
