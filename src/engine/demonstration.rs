//! The built-in configuration that `convert` and `demo` use when none is named: one bank, three accounts.
//! Never anything that a real gateway may use: the id key is public.

use super::intake::ids::IdKey;
use super::routing::Bank;
use crate::bank::profile::rails::parse_toml;
use crate::bank::profile::{Profile, REFERENCE_PROFILE};
use crate::domain::account::{AbaRouting, Account, Iban, UsAccountKind, UsAccountNumber};
use crate::domain::currency::Currency;
use crate::domain::row::ConfiguredAccount;
use serde::Deserialize;

/// Id of the demonstration's bank in the configuration.
pub const BANK: &str = "demo-bank";
/// Tenant of the demonstration.
pub const TENANT: &str = "demo";
/// The accounts, as they are written.
pub const ACCOUNTS_TEXT: &str = include_str!("../../profiles/demo-accounts.toml");
/// Public, so that everybody's conversion of the same file gives the same ids.
const ID_KEY: &[u8] = b"girogate demonstration: no key at all";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    account: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "ref")]
    account_ref: String,
    bank: String,
    iban: Option<String>,
    us: Option<UsRow>,
    currency: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsRow {
    routing: String,
    account: String,
    account_type: String,
}

/// The demonstration's bank: the reference profile.
pub fn bank() -> Bank {
    let profile = Profile::parse(REFERENCE_PROFILE).expect("the embedded profile is tested");
    Bank { id: BANK.to_owned(), profile }
}

/// What ids are derived with.
pub fn id_key() -> IdKey {
    IdKey::new(ID_KEY)
}

/// The demonstration's accounts: `demo-eur`, `demo-gbp` and `demo-usd`.
pub fn accounts() -> Vec<ConfiguredAccount> {
    let file: File = parse_toml(ACCOUNTS_TEXT).expect("the embedded accounts are tested");
    debug_assert_eq!(file.version, 1, "the shape of the file that this code reads");
    file.account.into_iter().filter_map(configured).collect()
}

fn configured(row: Row) -> Option<ConfiguredAccount> {
    let by_iban = row.iban.and_then(|iban| Iban::parse(&iban).ok()).map(Account::Iban);
    let account = by_iban.or_else(|| {
        let us = row.us?;
        Some(Account::Us {
            routing: AbaRouting::parse(&us.routing).ok()?,
            account: UsAccountNumber::parse(&us.account).ok()?,
            kind: UsAccountKind::parse(&us.account_type).ok()?,
        })
    })?;
    Some(ConfiguredAccount {
        account_ref: row.account_ref,
        bank: row.bank,
        account,
        currency: Currency::parse(&row.currency).ok()?,
        name: row.name,
        bic: None,
    })
}
