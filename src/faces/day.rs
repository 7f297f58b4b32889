//! The day of each account: what the bank says it began and ended with, what we know of in between, and
//! whether the two agree. Reads only; never a name, a remittance text or an account number.
//!
//! A movement belongs to the day that the bank booked it on. States are those of the moment of asking.

use super::query::shown_minor;
use crate::domain::currency::Currency;
use crate::domain::entry::{Direction, UnmatchedClass};
use crate::domain::lifecycle::{STATES, State};
use crate::domain::row::{BlockRow, EntryRow, Key, StatementRow};
use crate::store::listing::{Cursor, Filter, PAGE_ITEMS_MAX, PayoutListed, TotalsRow};
use crate::store::{Store, StoreError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked.
pub struct Wanted {
    /// Whose.
    pub tenant: Option<String>,
    /// One account by its name in the configuration, or all that something is known of.
    pub account_ref: Option<String>,
    /// The day.
    pub date: NaiveDate,
}

impl Wanted {
    fn filter(&self) -> Filter {
        Filter { tenant: self.tenant.clone(), account_ref: self.account_ref.clone(), ..Filter::default() }
    }

    fn of_the_day(&self) -> Filter {
        Filter { date_from: Some(self.date), date_to: Some(self.date), ..self.filter() }
    }

    fn is_asked_for(&self, account_ref: &str) -> bool {
        self.account_ref.as_deref().is_none_or(|asked| asked == account_ref)
    }
}

/// Movements of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Movement {
    count: u64,
    /// Credits less debits.
    net: Decimal,
}

impl Movement {
    fn add(&mut self, count: u64, net: Decimal) {
        self.count = self.count.saturating_add(count);
        // Beyond any balance there is: such a day cannot foot, and says so.
        self.net = self.net.checked_add(net).unwrap_or(Decimal::MAX);
    }
}

/// What is known of one account's day.
#[derive(Debug, Default)]
struct Account {
    currency: Option<Currency>,
    statements: Vec<StatementRow>,
    /// Debits by `PmtInfId`.
    batches: BTreeMap<String, Movement>,
    returns: Movement,
    /// Entries that are no payout's, by the name of their class.
    entries: BTreeMap<&'static str, Movement>,
    due: Vec<TotalsRow>,
    carried_over: Vec<TotalsRow>,
}

/// Classes with the names that their sums have in the report.
const CLASSES: &[(UnmatchedClass, &str)] = &[
    (UnmatchedClass::Charge, "charges"),
    (UnmatchedClass::NotOurs, "not_ours"),
    (UnmatchedClass::PossibleReturn, "possible_returns"),
    (UnmatchedClass::Unexplained, "unexplained"),
];

/// The report. `foots` is true where each account has a statement of the day and what we know of explains it.
pub async fn report(store: &Store, wanted: &Wanted) -> Result<Value, StoreError> {
    let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
    if let Some(account_ref) = &wanted.account_ref {
        accounts.entry(account_ref.clone()).or_default();
    }
    add_statements(store, wanted, &mut accounts).await?;
    let collective = add_blocks(store, wanted, &mut accounts).await?;
    add_payouts(store, wanted, (&collective, &mut accounts)).await?;
    add_entries(store, wanted, &mut accounts).await?;
    add_states(store, wanted, &mut accounts).await?;
    let shown: Vec<Value> =
        accounts.iter().map(|(account_ref, account)| show(account_ref, account)).collect();
    let foots = shown.iter().all(|account| account["foots"] == json!(true));
    Ok(json!({ "date": wanted.date.to_string(), "foots": foots, "accounts": shown }))
}

async fn add_statements(
    store: &Store,
    wanted: &Wanted,
    accounts: &mut BTreeMap<String, Account>,
) -> Result<(), StoreError> {
    let mut cursor: Cursor = None;
    loop {
        let page = store.statements(wanted.of_the_day(), cursor, PAGE_ITEMS_MAX).await?;
        for item in page.items.into_iter().filter(|item| item.row.kind == "camt.053") {
            let account = accounts.entry(item.row.account_ref.clone()).or_default();
            account.currency = account.currency.or(item.row.currency);
            account.statements.push(item.row);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    for account in accounts.values_mut() {
        account.statements.sort_by_key(|row| (number_of(row), row.key));
    }
    Ok(())
}

fn number_of(row: &StatementRow) -> Option<u64> {
    row.sequence.as_deref().and_then(|sequence| sequence.trim().parse().ok())
}

/// Collective debits; returns the blocks, whose members are not counted a second time.
async fn add_blocks(
    store: &Store,
    wanted: &Wanted,
    accounts: &mut BTreeMap<String, Account>,
) -> Result<BTreeSet<Key>, StoreError> {
    let blocks = store.blocks_booked(wanted.tenant.as_deref(), wanted.date).await?;
    let asked = |block: &&BlockRow| wanted.is_asked_for(&block.debtor_account_ref);
    let mut keys = BTreeSet::new();
    for block in blocks.iter().filter(asked) {
        let Some(booking) = &block.booking else { continue };
        let account = accounts.entry(block.debtor_account_ref.clone()).or_default();
        account.currency = account.currency.or(Some(block.currency));
        let batch = account.batches.entry(block.payment_information_id.clone()).or_default();
        batch.add(block.count, -booking.amount.value());
        keys.insert(block.key);
    }
    Ok(keys)
}

async fn add_payouts(
    store: &Store,
    wanted: &Wanted,
    (collective, accounts): (&BTreeSet<Key>, &mut BTreeMap<String, Account>),
) -> Result<(), StoreError> {
    let filter = Filter { booked_on: Some(wanted.date), ..wanted.filter() };
    each_payout(store, filter, |item| {
        let account = accounts.entry(item.row.debtor_account_ref.clone()).or_default();
        account.currency = account.currency.or(Some(item.row.amount.currency()));
        let counted = item.row.block.is_some_and(|block| collective.contains(&block));
        add_payout(account, item, (wanted.date, counted));
    })
    .await
}

fn add_payout(account: &mut Account, item: &PayoutListed, (date, counted): (NaiveDate, bool)) {
    let on_day = |booked: Option<NaiveDate>| booked == Some(date);
    if let Some(booking) =
        item.row.booking.as_ref().filter(|booking| !counted && on_day(booking.booking_date))
    {
        let batch = item.payment_information_id.clone().unwrap_or_default();
        account.batches.entry(batch).or_default().add(1, -booking.amount.value());
    }
    if let Some(returned) = item.row.returned.as_ref().filter(|returned| on_day(returned.booking_date)) {
        account.returns.add(1, returned.amount.value());
    }
}

async fn add_entries(
    store: &Store,
    wanted: &Wanted,
    accounts: &mut BTreeMap<String, Account>,
) -> Result<(), StoreError> {
    let mut cursor: Cursor = None;
    loop {
        let page = store.entries(wanted.of_the_day(), cursor, PAGE_ITEMS_MAX).await?;
        for item in &page.items {
            let account = accounts.entry(item.row.account_ref.clone()).or_default();
            account.currency = account.currency.or(Some(item.row.currency));
            account.entries.entry(item.row.class.name()).or_default().add(1, signed(&item.row));
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn signed(row: &EntryRow) -> Decimal {
    match row.direction {
        Direction::Debit => -row.amount,
        Direction::Credit => row.amount,
    }
}

/// Payouts to be executed on the day, and earlier ones that had no end by now, per state.
async fn add_states(
    store: &Store,
    wanted: &Wanted,
    accounts: &mut BTreeMap<String, Account>,
) -> Result<(), StoreError> {
    each_payout(store, wanted.of_the_day(), |item| {
        let account = accounts.entry(item.row.debtor_account_ref.clone()).or_default();
        account.currency = account.currency.or(Some(item.row.amount.currency()));
        TotalsRow::add(&mut account.due, item.state, &item.row.amount);
    })
    .await?;
    let Some(before) = wanted.date.pred_opt() else { return Ok(()) };
    for state in STATES.iter().map(|row| row.state).filter(|state| !state.is_end()) {
        let filter = Filter { state: Some(state), date_to: Some(before), ..wanted.filter() };
        each_payout(store, filter, |item| {
            let account = accounts.entry(item.row.debtor_account_ref.clone()).or_default();
            account.currency = account.currency.or(Some(item.row.amount.currency()));
            TotalsRow::add(&mut account.carried_over, item.state, &item.row.amount);
        })
        .await?;
    }
    Ok(())
}

async fn each_payout(
    store: &Store,
    filter: Filter,
    mut take: impl FnMut(&PayoutListed),
) -> Result<(), StoreError> {
    let mut cursor: Cursor = None;
    loop {
        let page = store.list(filter.clone(), cursor, PAGE_ITEMS_MAX).await?;
        page.items.iter().for_each(&mut take);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn show(account_ref: &str, account: &Account) -> Value {
    let money = |value: Decimal| shown_decimal(value, account.currency);
    let kind = |movement: &Movement| json!({ "count": movement.count, "net": money(movement.net) });
    let mut debited = Movement::default();
    let mut batches = Vec::new();
    for (id, movement) in &account.batches {
        debited.add(movement.count, movement.net);
        let id = if id.is_empty() { Value::Null } else { json!(id) };
        batches.push(
            json!({ "payment_information_id": id, "count": movement.count, "net": money(movement.net) }),
        );
    }
    let mut known = debited;
    known.add(account.returns.count, account.returns.net);
    let mut value = json!({
        "account": account_ref,
        "currency": account.currency.map(Currency::code),
        "batches": batches,
        "returns": kind(&account.returns),
    });
    for (class, name) in CLASSES {
        let movement = account.entries.get(class.name()).copied().unwrap_or_default();
        known.add(movement.count, movement.net);
        value[*name] = kind(&movement);
    }
    value["debits"] = kind(&debited);
    value["known"] = kind(&known);
    value["payouts"] = json!({
        "due": states(&account.due, account.currency),
        "carried_over": states(&account.carried_over, account.currency),
    });
    compare(&mut value, account, known.net);
    value
}

/// Opening and what is known, against the closing balance that the bank says.
fn compare(value: &mut Value, account: &Account, known: Decimal) {
    let money = |value: Decimal| shown_decimal(value, account.currency);
    let opening = account.statements.first().and_then(|row| row.opening);
    let closing = account.statements.last().and_then(|row| row.closing);
    value["statements"] = account
        .statements
        .iter()
        .map(|row| json!({ "id": row.id, "sequence": row.sequence, "document": row.document.hex() }))
        .collect();
    value["opening"] = json!(opening.map(money));
    value["closing"] = json!(closing.map(money));
    let expected = opening.and_then(|opening| opening.checked_add(known));
    let difference = closing.zip(expected).and_then(|(closing, expected)| closing.checked_sub(expected));
    value["difference"] = json!(difference.map(money));
    value["foots"] = json!(difference == Some(Decimal::ZERO));
    let why = match (account.statements.is_empty(), difference) {
        (_, Some(difference)) if difference.is_zero() => return,
        (true, _) => "no statement of this day was read",
        (false, None) => "the statement names no opening or no closing booked balance",
        (false, Some(_)) => "the bank's closing balance is not what opening balance and known movements make",
    };
    value["why"] = json!(why);
}

fn states(rows: &[TotalsRow], currency: Option<Currency>) -> Value {
    let mut shown = Map::new();
    for state in STATES.iter().map(|row| row.state) {
        let of =
            |row: &&TotalsRow| row.state == state && currency.is_none_or(|currency| currency == row.currency);
        if let Some(row) = rows.iter().find(of) {
            let sum = shown_minor(row.sum_minor, row.currency);
            shown.insert(State::name(state).to_owned(), json!({ "count": row.count, "sum": sum }));
        }
    }
    Value::Object(shown)
}

/// With the decimals that the currency has, or more where the bank wrote more.
fn shown_decimal(value: Decimal, currency: Option<Currency>) -> String {
    let digits = currency.map_or(0, Currency::minor_units);
    let mut value = value.normalize();
    if value.scale() < digits {
        value.rescale(digits);
    }
    value.to_string()
}
