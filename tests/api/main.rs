//! The API over real mutual TLS, its description, and the commands that call it. No bank answers here.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod calls;
mod commands;
mod description;
mod gateway;
mod hostile;
mod json;
mod raw;
mod reading;
mod settings;
mod twice;
