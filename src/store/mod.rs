//! Facts, views, documents and the send journal. Knows no banks, XML or HTTP.

pub mod chain;
pub mod documents;
pub mod facts;
pub mod lookup;
pub mod memory;
pub mod send_journal;
pub mod sqlite;
pub mod view;
