//! Code lists that we look things up in: a code and what it means in our own words; never what follows from it.
//!
//! Code sets grow every quarter: a code that is missing here is unknown to us, not wrong.

use std::sync::LazyLock;

/// One list: code and meaning, sorted by code.
type CodeList = LazyLock<Vec<(&'static str, &'static str)>>;

static COUNTRY: CodeList = LazyLock::new(|| parse(include_str!("../../schemas/codes/country.tsv")));
static PURPOSE: CodeList = LazyLock::new(|| parse(include_str!("../../schemas/codes/purpose.tsv")));
static CATEGORY_PURPOSE: CodeList =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/category_purpose.tsv")));
static STATUS_REASON: CodeList =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/status_reason.tsv")));
static RETURN_REASON: CodeList =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/return_reason.tsv")));
static TRANSACTION_STATUS: CodeList =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/payment_transaction_status.tsv")));
static GROUP_STATUS: CodeList =
    LazyLock::new(|| parse(include_str!("../../schemas/codes/payment_group_status.tsv")));

/// The code and usual English name of a country (ISO 3166-1 alpha-2, and `XK`).
pub fn country(code: &str) -> Option<(&'static str, &'static str)> {
    find(&COUNTRY, code)
}

/// Is it a purpose code (`ExternalPurpose1Code`, May 2025)?
pub fn purpose_known(code: &str) -> bool {
    find(&PURPOSE, code).is_some()
}

/// Is it a category purpose code (`ExternalCategoryPurpose1Code`, May 2025)?
pub fn category_purpose_known(code: &str) -> bool {
    find(&CATEGORY_PURPOSE, code).is_some()
}

/// What a reason in a status report means (`ExternalStatusReason1Code`, May 2025). Not every one is a failure.
pub fn status_reason(code: &str) -> Option<&'static str> {
    find(&STATUS_REASON, code).map(|(_, meaning)| meaning)
}

/// What the reason of a return means (`ExternalReturnReason1Code`, May 2025).
pub fn return_reason(code: &str) -> Option<&'static str> {
    find(&RETURN_REASON, code).map(|(_, meaning)| meaning)
}

/// What a transaction's status means (`ExternalPaymentTransactionStatus1Code`, May 2025).
pub fn transaction_status(code: &str) -> Option<&'static str> {
    find(&TRANSACTION_STATUS, code).map(|(_, meaning)| meaning)
}

/// What a group's or block's status means (`ExternalPaymentGroupStatus1Code`, May 2025).
pub fn group_status(code: &str) -> Option<&'static str> {
    find(&GROUP_STATUS, code).map(|(_, meaning)| meaning)
}

fn find(list: &[(&'static str, &'static str)], code: &str) -> Option<(&'static str, &'static str)> {
    list.binary_search_by(|row| row.0.cmp(code)).ok().and_then(|at| list.get(at)).copied()
}

fn parse(table: &'static str) -> Vec<(&'static str, &'static str)> {
    table.lines().skip(1).filter_map(|line| line.split_once('\t')).collect()
}
