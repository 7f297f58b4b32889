//! ISO 20022 messages: streaming writers and readers. No network, store or banks.

pub mod anonymise;
pub mod assignment;
pub mod camt;
pub mod compare;
pub mod definitions;
pub mod emit;
pub mod form;
pub mod head_001;
pub mod kind;
pub mod migrate;
pub mod own;
pub mod pacs_002;
pub mod pain_001;
pub mod pain_002;
pub mod prove;
pub mod read_pain_001;
pub mod reading;
pub mod record;
pub mod spare;
pub mod unwrap;
pub mod validate;
pub mod write_camt;
pub mod write_camt_029;
pub mod write_camt_055;
pub mod write_camt_060;
pub mod write_status;
