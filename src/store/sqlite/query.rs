//! Lists, searches, totals and work, read from the views a page at a time. Never writes.

use super::load::{all, blocks, documents, messages, payout_rows};
use super::rows::{
    ENTRY, EXCEPTION, PAYOUT, STATEMENT, read_entry, read_exception, read_listed, read_statement,
};
use crate::domain::currency::Currency;
use crate::domain::lifecycle::State;
use crate::domain::reference::PayoutToken;
use crate::domain::row::{BlockRow, Key, Subject};
use crate::store::facts::subject_parts;
use crate::store::listing::{
    Cursor, EntryListed, ExceptionListed, Filter, Found, PAGE_ITEMS_MAX, Page, PayoutListed, StatementListed,
    TotalsRow, Unbatched, Work, WorkLimits,
};
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result, ToSql, params, params_from_iter};

/// Most hits of each kind that a search shows. Chosen by us: an id has one or two.
const FOUND_MAX: i64 = 100;

/// A payout that waits to be put into a message; the words of the partial index.
const UNBATCHED: &str = "block IS NULL AND held_kind IS NULL AND cancelled = 0";

/// A cancellation that the bank can be asked for: while nobody knows whether the payout arrived, the bank could only
/// answer that it does not know it.
const CANCELLATIONS: &str = "p.cancel_stage = 'wanted' AND (p.status_code IS NOT NULL OR EXISTS ( \
    SELECT 1 FROM block b JOIN message m ON m.key = b.message WHERE b.key = p.block AND (b.booked = 1 \
    OR b.status_code IS NOT NULL OR m.status_code IS NOT NULL OR m.phase IN ('received', 'refused')))) \
    ORDER BY p.key LIMIT ?1";

/// Conditions of a query with their values.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition with one value; `?` stands for it.
    fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(&condition.replace('?', &format!("?{}", self.values.len())));
    }

    /// Adds a condition, if there is a value.
    fn and_if<T: Into<Value>>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }
}

/// Payouts that fit the filter, newest first.
pub fn list(
    connection: &Connection,
    filter: &Filter,
    cursor: Cursor,
    limit: usize,
) -> Result<Page<PayoutListed>> {
    let mut conditions = Conditions::default();
    conditions.and_if("p.key < ?", cursor);
    conditions.and_if("p.tenant = ?", filter.tenant.clone());
    conditions.and_if("p.batch_id = ?", filter.batch_id.clone());
    conditions.and_if("p.debtor_account_ref = ?", filter.account_ref.clone());
    conditions.and_if("p.bank = ?", filter.bank.clone());
    conditions.and_if("p.currency = ?", filter.currency.map(|currency| currency.code().to_owned()));
    conditions.and_if("p.execution_date >= ?", filter.date_from.map(|date| date.to_string()));
    conditions.and_if("p.execution_date <= ?", filter.date_to.map(|date| date.to_string()));
    let booked = "? IN (p.booking_date, p.return_date)";
    conditions.and_if(booked, filter.booked_on.map(|date| date.to_string()));
    conditions.and_if("p.recorded_at >= ?", filter.since.map(|time| time.timestamp_micros()));
    conditions.and_if("p.recorded_at < ?", filter.until.map(|time| time.timestamp_micros()));
    let reason = "? IN (p.reason_code, p.reason_proprietary, p.return_reason)";
    conditions.and_if(reason, filter.reason.clone());
    conditions.and_if("instr(p.external_id, ?) = 1", filter.external_id_prefix.clone());
    let state = "(SELECT state FROM payout_state WHERE payout = p.key) = ?";
    conditions.and_if(state, filter.state.map(|state| state.name().to_owned()));
    let limit = limit.clamp(1, PAGE_ITEMS_MAX);
    let sql = listed(&format!("{} ORDER BY p.key DESC LIMIT {}", conditions.sql, limit + 1));
    Ok(Page::cut(rows(connection, &sql, conditions.values, read_listed)?, limit, |item| item.row.key))
}

/// The payouts of a block or message, oldest first.
pub fn members(
    connection: &Connection,
    of: Subject,
    cursor: Cursor,
    limit: usize,
) -> Result<Page<PayoutListed>> {
    let mut conditions = Conditions::default();
    match of {
        Subject::Block(key) => conditions.and("p.block = ?", key),
        Subject::Message(key) => conditions.and("p.block IN (SELECT key FROM block WHERE message = ?)", key),
        Subject::Payout(key) => conditions.and("p.key = ?", key),
        Subject::Document(_) | Subject::Entry(_) | Subject::Gateway => {
            return Ok(Page { items: Vec::new(), next: None });
        }
    }
    conditions.and_if("p.key > ?", cursor);
    let limit = limit.clamp(1, PAGE_ITEMS_MAX);
    let sql = listed(&format!("{} ORDER BY p.key LIMIT {}", conditions.sql, limit + 1));
    Ok(Page::cut(rows(connection, &sql, conditions.values, read_listed)?, limit, |item| item.row.key))
}

/// Exception items, newest first.
pub fn exceptions(
    connection: &Connection,
    filter: &Filter,
    cursor: Cursor,
    limit: usize,
) -> Result<Page<ExceptionListed>> {
    let mut conditions = Conditions::default();
    conditions.and_if("key < ?", cursor);
    conditions.and_if("tenant = ?", filter.tenant.clone());
    conditions.and_if("code = ?", filter.reason.clone());
    conditions.and_if("raised_at >= ?", filter.since.map(|time| time.timestamp_micros()));
    conditions.and_if("raised_at < ?", filter.until.map(|time| time.timestamp_micros()));
    if let Some(subject) = filter.subject {
        let (kind, key) = subject_parts(subject);
        conditions.and("subject_kind = ?", i64::from(kind));
        conditions.and("subject_key = ?", key);
    }
    let limit = limit.clamp(1, PAGE_ITEMS_MAX);
    let sql =
        format!("SELECT {EXCEPTION} FROM exception{} ORDER BY key DESC LIMIT {}", conditions.sql, limit + 1);
    Ok(Page::cut(rows(connection, &sql, conditions.values, read_exception)?, limit, |item| item.row.key))
}

/// Entries that are no payout's, newest first.
pub fn entries(
    connection: &Connection,
    filter: &Filter,
    cursor: Cursor,
    limit: usize,
) -> Result<Page<EntryListed>> {
    let mut conditions = Conditions::default();
    conditions.and_if("key < ?", cursor);
    conditions.and_if("tenant = ?", filter.tenant.clone());
    conditions.and_if("account_ref = ?", filter.account_ref.clone());
    conditions.and_if("currency = ?", filter.currency.map(|currency| currency.code().to_owned()));
    conditions.and_if("booking_date >= ?", filter.date_from.map(|date| date.to_string()));
    conditions.and_if("booking_date <= ?", filter.date_to.map(|date| date.to_string()));
    conditions.and_if("class = ?", filter.reason.clone());
    let limit = limit.clamp(1, PAGE_ITEMS_MAX);
    let sql = format!("SELECT {ENTRY} FROM entry{} ORDER BY key DESC LIMIT {}", conditions.sql, limit + 1);
    Ok(Page::cut(rows(connection, &sql, conditions.values, read_entry)?, limit, |item| item.row.key))
}

/// Statements, newest first.
pub fn statements(
    connection: &Connection,
    filter: &Filter,
    cursor: Cursor,
    limit: usize,
) -> Result<Page<StatementListed>> {
    let mut conditions = Conditions::default();
    conditions.and_if("key < ?", cursor);
    conditions.and_if("tenant = ?", filter.tenant.clone());
    conditions.and_if("account_ref = ?", filter.account_ref.clone());
    conditions.and_if("currency = ?", filter.currency.map(|currency| currency.code().to_owned()));
    conditions.and_if("date >= ?", filter.date_from.map(|date| date.to_string()));
    conditions.and_if("date <= ?", filter.date_to.map(|date| date.to_string()));
    let limit = limit.clamp(1, PAGE_ITEMS_MAX);
    let sql =
        format!("SELECT {STATEMENT} FROM statement{} ORDER BY key DESC LIMIT {}", conditions.sql, limit + 1);
    Ok(Page::cut(rows(connection, &sql, conditions.values, read_statement)?, limit, |item| item.row.key))
}

/// Blocks whose collective debit was booked on that day, oldest first.
pub fn blocks_booked(
    connection: &Connection,
    tenant: Option<&str>,
    date: NaiveDate,
) -> Result<Vec<BlockRow>> {
    let place = "booked = 1 AND booking_date = ?1 AND (?2 IS NULL OR tenant = ?2) ORDER BY key";
    blocks(connection, place, params![date.to_string(), tenant])
}

/// Everything that carries an id.
pub fn find(connection: &Connection, tenant: Option<&str>, id: &str) -> Result<Found> {
    let token = PayoutToken::parse_base32(id).or_else(|_| PayoutToken::parse_uetr(id)).ok();
    let of = |place: &str, value: &dyn ToSql| {
        let sql = listed(&format!(
            " WHERE {place} AND (?2 IS NULL OR p.tenant = ?2) ORDER BY p.key LIMIT {FOUND_MAX}"
        ));
        all(connection, &sql, params![value, tenant], read_listed)
    };
    let mut payouts = Vec::new();
    if let Some(token) = token {
        payouts.extend(of("p.token = ?1", &token.octets())?);
    }
    payouts.extend(of(BY_END_TO_END, &id)?);
    payouts.extend(of("p.key IN (SELECT payout FROM bank_reference WHERE reference = ?1)", &id)?);
    let owned = "(?2 IS NULL OR tenant = ?2) ORDER BY key DESC LIMIT 100";
    let found_messages = messages(
        connection,
        &format!("(message_id = ?1 OR bank_reference = ?1) AND {owned}"),
        params![id, tenant],
    )?;
    let found_blocks =
        blocks(connection, &format!("payment_information_id = ?1 AND {owned}"), params![id, tenant])?;
    let sql = format!("SELECT {ENTRY} FROM entry WHERE account_servicer_reference = ?1 AND {owned}");
    let found_entries = all(connection, &sql, params![id, tenant], read_entry)?;
    let mut found = Found {
        payouts,
        messages: found_messages,
        blocks: found_blocks,
        entries: found_entries.into_iter().map(|listed| listed.row).collect(),
    };
    if found.is_empty() {
        // The client's own key has no index: the token derived from it is one. This is for readers without the id key.
        found.payouts = of("p.external_id = ?1", &id)?;
    }
    found.payouts.sort_by_key(|item| item.row.key);
    found.payouts.dedup_by_key(|item| item.row.key);
    Ok(found)
}

/// End-to-end ids are unique per account: one look into the index for each account that was ever debited.
const BY_END_TO_END: &str = "p.key IN ( \
    WITH RECURSIVE account (ref) AS ( \
        SELECT min(debtor_account_ref) FROM payout \
        UNION ALL \
        SELECT (SELECT min(debtor_account_ref) FROM payout WHERE debtor_account_ref > account.ref) \
        FROM account WHERE account.ref IS NOT NULL) \
    SELECT q.key FROM account CROSS JOIN payout q \
    WHERE q.debtor_account_ref = account.ref AND upper(q.end_to_end_id) = upper(?1))";

/// Count and sum per currency and state. Sums are added in two halves, so that they cannot overflow.
pub fn totals(connection: &Connection, tenant: Option<&str>) -> Result<Vec<TotalsRow>> {
    let sql = "SELECT p.currency, (SELECT state FROM payout_state WHERE payout = p.key) AS state, count(*), \
               sum(p.amount_minor / 1000000000), sum(p.amount_minor % 1000000000) FROM payout p \
               WHERE ?1 IS NULL OR p.tenant = ?1 GROUP BY 1, 2 ORDER BY 1, 2";
    let mut rows = all(connection, sql, params![tenant], |row| {
        let mut cells = super::cells::Cells::of(row);
        let (currency, state) = (cells.currency()?, cells.checked(|name: String| State::parse(&name))?);
        let (count, high, low) = (cells.count()?, cells.plain::<i64>()?, cells.plain::<i64>()?);
        Ok(TotalsRow {
            currency,
            state,
            count,
            sum_minor: i128::from(high) * 1_000_000_000 + i128::from(low),
        })
    })?;
    rows.sort_by_key(|row: &TotalsRow| (Currency::code(row.currency), row.state));
    Ok(rows)
}

/// What there is to do at `now`.
pub fn work(connection: &Connection, limits: WorkLimits, now: DateTime<Utc>) -> Result<Work> {
    let micros = now.timestamp_micros();
    let of = |phases: &str, due: &str| {
        let place = format!("phase IN ({phases}) AND dissolved = 0 AND {due} ORDER BY due_at, key LIMIT ?2");
        messages(connection, &place, params![micros, limits.messages as i64])
    };
    let next_due: Option<i64> = connection
        .prepare_cached(
            "SELECT min(due_at) FROM message WHERE dissolved = 0 AND due_at > ?1 \
             AND phase IN ('frozen', 'not_sent', 'unknown', 'received')",
        )?
        .query_row([micros], |row| row.get(0))?;
    Ok(Work {
        unbatched: unbatched(connection, limits.unbatched)?,
        sendable: of("'frozen', 'not_sent'", "(due_at IS NULL OR due_at <= ?1)")?,
        unknown: of("'unknown'", "due_at <= ?1")?,
        open: of("'open'", "?1 = ?1")?,
        awaiting: of("'received'", "due_at <= ?1")?,
        cancellations: payout_rows(connection, CANCELLATIONS, params![limits.messages as i64])?,
        unread: documents(
            connection,
            "finished = 0 AND authenticated = 1 ORDER BY key LIMIT ?1",
            params![limits.documents as i64],
        )?,
        next_due: next_due.and_then(DateTime::from_timestamp_micros),
    })
}

fn unbatched(connection: &Connection, limit: usize) -> Result<Vec<Unbatched>> {
    let (mut found, mut after) = (Vec::new(), String::new());
    let next = format!("SELECT bank FROM payout WHERE {UNBATCHED} AND bank > ?1 ORDER BY bank LIMIT 1");
    let place = format!("{UNBATCHED} AND bank = ?1 ORDER BY key LIMIT ?2");
    while let Some(bank) =
        connection.prepare_cached(&next)?.query_row([&after], |row| row.get::<_, String>(0)).optional()?
    {
        let most = limit.saturating_add(1).min(i64::MAX as usize) as i64;
        let mut payouts = payout_rows(connection, &place, params![bank, most])?;
        let more = payouts.len() > limit;
        payouts.truncate(limit);
        let oldest_at = payouts.first().map(|row| row.recorded_at).unwrap_or_default();
        found.push(Unbatched { bank: bank.clone(), payouts, more, oldest_at });
        after = bank;
    }
    Ok(found)
}

fn listed(rest: &str) -> String {
    format!(
        "SELECT {PAYOUT}, (SELECT state FROM payout_state WHERE payout = p.key), m.message_id, \
         b.payment_information_id FROM payout p LEFT JOIN block b ON b.key = p.block \
         LEFT JOIN message m ON m.key = b.message{rest}"
    )
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    values: Vec<Value>,
    read: fn(&rusqlite::Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(params_from_iter(values), read)?.collect()
}

/// Payouts in the order asked for.
pub fn payouts(connection: &Connection, keys: &[Key]) -> Result<Vec<PayoutListed>> {
    let mut statement = connection.prepare_cached(&listed(" WHERE p.key = ?1"))?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        found.extend(statement.query_row([key], read_listed).optional()?);
    }
    Ok(found)
}

/// The keys of payouts in the order asked for, with the octets of the facts that recorded them.
pub fn bodies(connection: &Connection, keys: &[Key]) -> Result<Vec<(i64, Vec<u8>)>> {
    let sql = "SELECT f.seq, f.body FROM payout p JOIN facts f ON f.seq = p.recorded_seq WHERE p.key = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let body = statement
            .query_row([key], |row| Ok((row.get(0)?, row.get_ref(1)?.as_bytes()?.to_vec())))
            .optional()?;
        found.extend(body);
    }
    Ok(found)
}
