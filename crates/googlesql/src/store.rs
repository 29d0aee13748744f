//! Rows in SQLite's tables: read whole, written one by one. It knows no SQL of Google's.

use super::catalogue::columns_of;
use super::kind::{self, quote};
use super::session::Row;
use super::{SqlError, internal, stop};
use crate::value::{Column, Value};
use rusqlite::{Connection, params_from_iter};

/// All rows of a table.
pub(super) fn read(connection: &Connection, full: &str) -> Result<Vec<Row>, SqlError> {
    Ok(read_with_ids(connection, full)?
        .into_iter()
        .map(|(_, row)| row)
        .collect())
}

/// All rows of a table with what SQLite calls them by.
pub(super) fn read_with_ids(connection: &Connection, full: &str) -> Result<Vec<(i64, Row)>, SqlError> {
    let columns = columns_of(connection, full)?;
    let names: Vec<_> = columns.iter().map(|column| quote(&column.name)).collect();
    let sql = format!(
        "SELECT rowid, {} FROM {} ORDER BY rowid",
        names.join(", "),
        quote(full)
    );
    let mut statement = connection.prepare(&sql).map_err(failed)?;
    let mut found = statement.query([]).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        let cells = columns.iter().enumerate().map(|(i, column)| {
            let cell = row.get(i + 1)?;
            Ok(kind::value(cell, &column.kind))
        });
        let cells = cells.collect::<rusqlite::Result<Row>>().map_err(internal)?;
        rows.push((row.get(0).map_err(internal)?, cells));
    }
    Ok(rows)
}

/// Adds rows that have a cell for each column.
pub(super) fn insert(
    connection: &Connection,
    full: &str,
    columns: &[Column],
    rows: &[Row],
) -> Result<(), SqlError> {
    let names: Vec<_> = columns.iter().map(|column| quote(&column.name)).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({places})",
        quote(full),
        names.join(", ")
    );
    let mut insert = connection.prepare(&sql).map_err(internal)?;
    for row in rows {
        let cells = row.iter().map(kind::cell);
        insert
            .execute(params_from_iter(cells))
            .map_err(|error| refused(&error, columns))?;
    }
    Ok(())
}

/// Writes a row anew.
pub(super) fn update(
    connection: &Connection,
    full: &str,
    columns: &[Column],
    id: i64,
    row: &[Value],
) -> Result<(), SqlError> {
    let sets: Vec<_> = columns
        .iter()
        .map(|column| format!("{} = ?", quote(&column.name)))
        .collect();
    let sql = format!("UPDATE {} SET {} WHERE rowid = ?", quote(full), sets.join(", "));
    let mut update = connection.prepare_cached(&sql).map_err(internal)?;
    let cells = row
        .iter()
        .map(kind::cell)
        .chain([rusqlite::types::Value::Integer(id)]);
    update
        .execute(params_from_iter(cells))
        .map_err(|error| refused(&error, columns))?;
    Ok(())
}

/// Takes rows away.
pub(super) fn delete(connection: &Connection, full: &str, ids: &[i64]) -> Result<(), SqlError> {
    let sql = format!("DELETE FROM {} WHERE rowid = ?1", quote(full));
    let mut delete = connection.prepare(&sql).map_err(internal)?;
    for id in ids {
        delete.execute([id]).map_err(internal)?;
    }
    Ok(())
}

/// Takes all rows away; how many there were.
pub(super) fn empty(connection: &Connection, full: &str) -> Result<usize, SqlError> {
    connection
        .execute(&format!("DELETE FROM {}", quote(full)), [])
        .map_err(internal)
}

fn failed(error: rusqlite::Error) -> SqlError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) || stop::is_wished() {
        return SqlError::stopped();
    }
    internal(error)
}

/// SQLite's complaint about a row in BigQuery's words.
fn refused(error: &rusqlite::Error, columns: &[Column]) -> SqlError {
    let text = error.to_string();
    if let Some(name) = text.strip_prefix("NOT NULL constraint failed: ") {
        // A table's name has dots; the column is what comes last.
        let column = columns
            .iter()
            .map(|column| column.name.as_str())
            .filter(|column| name.ends_with(column))
            .max_by_key(|column| column.len());
        let message = format!("Required field {} cannot be null", column.unwrap_or(name));
        return SqlError {
            reason: "invalid".into(),
            message,
        };
    }
    SqlError::bad_data(format!("Error while reading data: {error}"))
}
