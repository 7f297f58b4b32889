//! ISO 20022 messages: streaming writers and readers. No network, store or banks.

pub mod camt;
pub mod emit;
pub mod form;
pub mod head_001;
pub mod kind;
pub mod own;
pub mod pacs_002;
pub mod pain_001;
pub mod pain_002;
pub mod read_pain_001;
pub mod reading;
pub mod record;
pub mod validate;
pub mod write_camt;
pub mod write_status;
