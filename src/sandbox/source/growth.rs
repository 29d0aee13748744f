//! How the tables fill: a history before the first start, then a row every few seconds.
//!
//! Nothing runs in the background: rows arrive when somebody looks. The rows that came up to a look are
//! all there after it, and later ones lie behind it, so a passed window never changes.

use super::dice::Dice;
use super::table::{Row, SCHEMAS, TABLES, Table};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, params, params_from_iter};

/// How long before the first start the history begins.
const HISTORY: TimeDelta = TimeDelta::days(6);
/// How long before the first start it ends.
const MARGIN: TimeDelta = TimeDelta::seconds(90);
/// The most rows of one table that a look lets arrive, about; a longer absence thins them.
const MOST: i64 = 300;
/// The mean gap between two rows, in seconds.
const MEAN_GAP: i64 = 3;
/// The longest gap: the newest row is never further back, unless rows were thinned.
const LONGEST_GAP: i64 = 5;

/// Makes the tables and their history, unless they are there.
pub(super) fn fill(connection: &mut Connection, seed: u64, now: DateTime<Utc>) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for schema in SCHEMAS {
        // Until when the rows are complete, in seconds since 1970; no table that MySQL would show.
        transaction.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {schema}.__arrived (name TEXT PRIMARY KEY, until INTEGER NOT NULL)"
        ))?;
    }
    for table in &TABLES {
        let (schema, name, columns) = (table.schema, table.name, table.columns);
        transaction.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {schema}.{name} (id BIGINT PRIMARY KEY, {columns}, updated_at TIMESTAMP NOT NULL);
             CREATE INDEX IF NOT EXISTS {schema}.ix_{name}_updated_at ON {name} (updated_at);"
        ))?;
        if until(&transaction, table)?.is_none() {
            write_history(&transaction, table, seed, now)?;
        }
    }
    transaction.commit()
}

fn write_history(
    transaction: &Transaction<'_>,
    table: &Table,
    seed: u64,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let begin = (now - HISTORY).timestamp();
    let step = (HISTORY - MARGIN).num_seconds() / i64::from(table.history);
    for id in 1..=i64::from(table.history) {
        let jitter =
            Dice::new(seed, &format!("{} history", table.full_name()), id).below(step.unsigned_abs());
        let at = begin + (id - 1) * step + i64::try_from(jitter).unwrap_or_default();
        insert(transaction, table, seed, id, at)?;
    }
    set_until(transaction, table, now.timestamp())
}

/// Lets the rows arrive that came since the last look.
pub(super) fn arrive(connection: &mut Connection, seed: u64, now: DateTime<Utc>) -> rusqlite::Result<u64> {
    let transaction = connection.transaction()?;
    let mut arrived = 0;
    for table in TABLES.iter().filter(|table| table.grows) {
        arrived += arrive_in(&transaction, table, seed, now.timestamp())?;
    }
    transaction.commit()?;
    Ok(arrived)
}

fn arrive_in(transaction: &Transaction<'_>, table: &Table, seed: u64, now: i64) -> rusqlite::Result<u64> {
    let until = until(transaction, table)?.unwrap_or(now);
    if now <= until {
        return Ok(0);
    }
    let newest = format!(
        "SELECT MAX(id), unixepoch(MAX(updated_at)) FROM {}",
        table.full_name()
    );
    let (mut id, mut last): (i64, i64) = transaction.query_row(&newest, [], |row| {
        Ok((
            row.get::<_, Option<i64>>(0)?.unwrap_or(0),
            row.get::<_, Option<i64>>(1)?.unwrap_or(until),
        ))
    })?;
    // The history's last row may be old, and so may be one of a thinned absence.
    last = last.max(until - LONGEST_GAP);
    let stretch = ((now - until) / (MOST * MEAN_GAP)).max(1);
    let mut arrived = 0;
    loop {
        let gap = 2 + i64::try_from(Dice::new(seed, &table.full_name(), -id).below(4)).unwrap_or_default();
        let at = (last + gap * stretch).max(until + 1);
        if at > now {
            break;
        }
        id += 1;
        insert(transaction, table, seed, id, at)?;
        last = at;
        arrived += 1;
    }
    set_until(transaction, table, now)?;
    Ok(arrived)
}

fn insert(transaction: &Transaction<'_>, table: &Table, seed: u64, id: i64, at: i64) -> rusqlite::Result<()> {
    let at = DateTime::from_timestamp(at, 0).unwrap_or_default();
    let mut cells = vec![id.into()];
    cells.extend((table.cells)(
        &mut Dice::new(seed, &table.full_name(), id),
        &Row { id, at },
    ));
    cells.push(at.format("%Y-%m-%d %H:%M:%S").to_string().into());
    let places = vec!["?"; cells.len()].join(",");
    let sql = format!("INSERT INTO {} VALUES ({places})", table.full_name());
    transaction
        .prepare_cached(&sql)?
        .execute(params_from_iter(cells))?;
    Ok(())
}

fn until(transaction: &Transaction<'_>, table: &Table) -> rusqlite::Result<Option<i64>> {
    let sql = format!("SELECT until FROM {}.__arrived WHERE name = ?1", table.schema);
    transaction
        .query_row(&sql, [table.name], |row| row.get(0))
        .optional()
}

fn set_until(transaction: &Transaction<'_>, table: &Table, until: i64) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO {}.__arrived VALUES (?1, ?2)",
        table.schema
    );
    transaction.execute(&sql, params![table.name, until])?;
    Ok(())
}
