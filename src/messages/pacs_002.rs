//! pacs.002: what distinguishes it from pain.002, whose reader serves both. Never what a relayed status means.
//!
//! No batch level: `TxInfAndSts` stands right below the root. From version 10 on `OrgnlGrpInfAndSts` may repeat or
//! stay out, and a transaction may carry `OrgnlGrpInf` of its own. Source: the published schemas.

use crate::messages::pain_002::StatusReader;

/// A reader that stands in the root element of a pacs.002; `message` is the id of the definition it is read through.
pub fn reader(message: &str) -> StatusReader {
    StatusReader::new(message)
}
