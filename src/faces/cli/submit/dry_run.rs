//! What a submission would come to: refusals, warnings, messages with counts and sums, money needed per account.
//! Stores nothing and asks nobody; what the store already knows is not seen here.

use super::super::frame::{Means, tell};
use super::super::screen::Screen;
use super::super::{Exit, Failure};
use super::told::Told;
use crate::domain::currency::Currency;
use crate::domain::payout::Payout;
use crate::engine::batching::{PlannedBlock, plan};
use crate::engine::convert::{Format, Taken, take};
use crate::engine::demonstration;
use crate::faces::api::Checks;
use crate::faces::serve::banks;
use chrono::{NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the configuration has instructions checked. No id is shown, so that any id key does, and the gateway's own may
/// stay where it is.
pub fn checks(means: &Means) -> Result<Checks, Failure> {
    let config = &means.config;
    Ok(Checks {
        accounts: config.accounts(&means.path)?,
        banks: banks(config, &means.path)?.banks,
        id_key: Arc::new(demonstration::id_key()),
        default_speed: config.default_speed(&means.path)?,
        text_policy: config.text_policy(&means.path)?,
        duplicate_window_days: config.gateway.duplicate_window_days,
    })
}

/// Tries one file; returns how many rows would be accepted and refused.
pub fn run(
    (name, octets, format): (&str, &[u8], Format),
    checks: &Checks,
    tenant: &str,
    screen: &mut Screen,
) -> Result<(Exit, u64, u64), Failure> {
    let context = checks.context(tenant, Utc::now());
    let taken = take(octets, format, &context);
    for finding in taken.refused.iter().flatten() {
        Told::of_finding(finding).show(name, screen);
    }
    for finding in taken.accepted.iter().flat_map(|checked| &checked.warnings) {
        Told::of_finding(finding).show(name, screen);
    }
    show_batches(checks, &taken, screen);
    show_funding(&taken, screen)?;
    let (accepted, refused) = (taken.accepted.len() as u64, taken.refused.len() as u64);
    Ok((if refused == 0 { Exit::Done } else { Exit::Finding }, accepted, refused))
}

fn show_batches(checks: &Checks, taken: &Taken, screen: &mut Screen) {
    for bank in &checks.banks {
        let ours = |payout: &&Payout| payout.bank == bank.id;
        let payouts: Vec<&Payout> =
            taken.accepted.iter().map(|checked| &checked.payout).filter(ours).collect();
        for (number, message) in (1u64..).zip(plan(bank, &payouts, &checks.id_key)) {
            for block in &message.blocks {
                show_block((&bank.id, number), block, screen);
            }
        }
    }
}

fn show_block((bank, message): (&str, u64), block: &PlannedBlock, screen: &mut Screen) {
    let key = &block.key;
    let (currency, rail, date) = (key.currency.code(), key.rail.name(), key.execution_date);
    if screen.is_json() {
        screen.record(&json!({
            "record": "batch", "bank": bank, "message": message, "account": key.debtor_account_ref, "rail": rail,
            "execution_date": date.to_string(), "count": block.count, "sum": block.sum.to_string(),
            "currency": currency,
        }));
        return;
    }
    tell(
        screen,
        &format!(
            "batch: {bank} message {message}, {}, {rail} on {date}: {} payouts, {} {currency}",
            key.debtor_account_ref, block.count, block.sum
        ),
    );
}

/// Money that each account must hold on each day.
fn show_funding(taken: &Taken, screen: &mut Screen) -> Result<(), Failure> {
    let mut needed: BTreeMap<(String, NaiveDate, Currency), Decimal> = BTreeMap::new();
    for checked in &taken.accepted {
        let (payout, amount) = (&checked.payout, &checked.payout.instruction.amount);
        let key = (payout.instruction.debtor_account_ref.clone(), payout.execution_date, amount.currency());
        let sum = needed.entry(key).or_default();
        let beyond = || Failure::finding("amount.sum", "the amounts add up to more than can be counted");
        *sum = sum.checked_add(amount.value()).ok_or_else(beyond)?;
    }
    for ((account, date, currency), sum) in needed {
        if screen.is_json() {
            screen.record(&json!({
                "record": "funding", "account": account, "date": date.to_string(), "sum": sum.to_string(),
                "currency": currency.code(),
            }));
        } else {
            tell(screen, &format!("funding: {account} needs {sum} {} on {date}", currency.code()));
        }
    }
    Ok(())
}
