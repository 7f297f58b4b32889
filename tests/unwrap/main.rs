//! Whatever stands around a document: encodings, wrappers, several documents, archives. Judged by lxml, zip and gzip.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod archives;
mod damaged;
mod encodings;
mod reading;
mod wrappers;
