//! The labels of tables and views: free pairs of key and value, which no statement reads.

use crate::error::SqlError;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// The labels of a table or view, by key.
pub(crate) fn of(connection: &Connection, full: &str) -> Result<BTreeMap<String, String>, SqlError> {
    let sql = "SELECT key, value FROM __labels WHERE name = ?1";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([full], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives a table or view these labels and no others.
pub(crate) fn set(
    connection: &Connection,
    full: &str,
    labels: &BTreeMap<String, String>,
) -> Result<(), SqlError> {
    connection.execute("DELETE FROM __labels WHERE name = ?1", [full])?;
    let mut insert = connection.prepare("INSERT INTO __labels VALUES (?1, ?2, ?3)")?;
    for (key, value) in labels {
        insert.execute((full, key, value))?;
    }
    Ok(())
}
