//! The command line. Each command is a file: what may be asked, and how the answer is shown.

pub mod audit;
pub mod export;
pub mod frame;
pub mod ingest;
pub mod list;
pub mod operate;
pub mod report;
pub mod source;
pub mod status;
pub mod submit;
pub mod totals;
