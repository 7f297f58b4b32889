//! The day per account. Reads only.

use crate::store::{Store, StoreError};
use chrono::NaiveDate;
use serde_json::Value;

/// What is asked.
pub struct Wanted {
    /// Whose.
    pub tenant: Option<String>,
    /// One account, or all.
    pub account_ref: Option<String>,
    /// The day.
    pub date: NaiveDate,
}

/// The report.
pub async fn report(_store: &Store, _wanted: &Wanted) -> Result<Value, StoreError> {
    Ok(Value::Null)
}
