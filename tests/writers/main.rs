//! The message writers against xmllint and the official schemas.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test stops at the first surprise")]

mod again;
mod camt;
mod cases;
mod corpus;
mod oracle;
mod pain_001;
mod payouts;
mod random;
mod records;
mod round_trip;
mod status;
mod subsets;
mod versions;
