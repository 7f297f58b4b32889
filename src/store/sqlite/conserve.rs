//! Conservation as read from the database, in one snapshot. Sums of minor units are added in two
//! halves, so that they cannot overflow. Never writes.

use super::cells::Cells;
use super::load::all;
use super::query;
use crate::domain::currency::Currency;
use crate::domain::entry::{Direction, UnmatchedClass};
use crate::store::conservation::{Charged, Conservation, Moved, Tally, add_charge};
use rusqlite::{Connection, Result, params};
use std::collections::BTreeMap;

const DIRECTIONS: [Direction; 2] = [Direction::Debit, Direction::Credit];

/// Everything that is told of a tenant's payouts, or of all.
pub fn conservation(connection: &Connection, tenant: Option<&str>) -> Result<Conservation> {
    Ok(Conservation {
        accepted: accepted(connection, tenant)?,
        states: query::totals(connection, tenant)?,
        moved: moved(connection, tenant)?,
        charged: charged(connection, tenant)?,
    })
}

/// Counted from the payouts alone: no state has a part in it.
fn accepted(connection: &Connection, tenant: Option<&str>) -> Result<Vec<(Currency, Tally)>> {
    let sql = "SELECT currency, count(*), sum(amount_minor / 1000000000), sum(amount_minor % 1000000000) \
               FROM payout WHERE ?1 IS NULL OR tenant = ?1 GROUP BY 1 ORDER BY 1";
    all(connection, sql, params![tenant], |row| {
        let mut cells = Cells::of(row);
        let (currency, count) = (cells.currency()?, cells.count()?);
        Ok((currency, Tally { count, sum_minor: halves(&mut cells)? }))
    })
}

/// `debited` follows `Moved::add`: the payout's own booking, else the instructed amount where its
/// block was debited in one sum or where the money came back without a debit having been seen.
fn moved(connection: &Connection, tenant: Option<&str>) -> Result<Vec<Moved>> {
    let sql = "SELECT currency, \
               sum(iif(debited IS NULL, 0, amount / 1000000000)), sum(iif(debited IS NULL, 0, amount % 1000000000)), \
               coalesce(sum(debited / 1000000000), 0), coalesce(sum(debited % 1000000000), 0), \
               coalesce(sum(iif(returned IS NULL, 0, debited / 1000000000)), 0), \
               coalesce(sum(iif(returned IS NULL, 0, debited % 1000000000)), 0), \
               coalesce(sum(returned / 1000000000), 0), coalesce(sum(returned % 1000000000), 0) \
               FROM (SELECT p.currency AS currency, p.amount_minor AS amount, \
                   iif(p.returned_currency = p.currency, p.returned_minor, NULL) AS returned, \
                   coalesce(iif(p.booked_currency = p.currency, p.booked_minor, NULL), \
                       iif(b.booked = 1 OR p.returned_minor IS NOT NULL, p.amount_minor, NULL)) AS debited \
                   FROM payout p LEFT JOIN block b ON b.key = p.block WHERE ?1 IS NULL OR p.tenant = ?1) \
               GROUP BY 1 ORDER BY 1";
    all(connection, sql, params![tenant], |row| {
        let mut cells = Cells::of(row);
        let currency = cells.currency()?;
        Ok(Moved {
            currency,
            instructed_minor: halves(&mut cells)?,
            debited_minor: halves(&mut cells)?,
            debited_of_returned_minor: halves(&mut cells)?,
            returned_minor: halves(&mut cells)?,
        })
    })
}

fn charged(connection: &Connection, tenant: Option<&str>) -> Result<Vec<Charged>> {
    let sql = "SELECT currency, direction, amount FROM entry \
               WHERE class = ?2 AND (?1 IS NULL OR tenant = ?1)";
    let class = UnmatchedClass::Charge;
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![tenant, class.name()])?;
    let mut sums = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row);
        let currency = cells.currency()?;
        let direction =
            cells.checked(|name: String| DIRECTIONS.into_iter().find(|known| known.name() == name))?;
        add_charge(&mut sums, class, (currency, direction, cells.decimal()?));
    }
    Ok(sums.into_iter().map(|(currency, sum)| Charged { currency, sum }).collect())
}

fn halves(cells: &mut Cells<'_, '_>) -> Result<i128> {
    let (high, low): (i64, i64) = (cells.plain()?, cells.plain()?);
    Ok(i128::from(high) * 1_000_000_000 + i128::from(low))
}
