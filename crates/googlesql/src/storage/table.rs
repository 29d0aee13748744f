//! The rows of one table in SQLite.

use super::ROW_ID;
use super::catalog::columns_of;
use crate::cancel;
use crate::cell::{self, quote};
use crate::error::SqlError;
use crate::value::{Column, Row, Value};
use rusqlite::{Connection, ErrorCode, params_from_iter};

/// What is read of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scan {
    /// `dataset.table`.
    pub full: String,
    /// The indexes of its columns, in order; all if there are none here.
    pub columns: Option<Vec<usize>>,
    /// How many rows at most.
    pub limit: Option<usize>,
    /// How many rows are left out before them.
    pub offset: usize,
}

/// Reads rows of a table, and gives each to `each`.
pub(crate) fn read(
    connection: &Connection,
    scan: &Scan,
    mut each: impl FnMut(Row) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    read_with_ids(connection, scan, |_, row| each(row))
}

/// As [`read`], with the rowid of each row.
pub(crate) fn read_with_ids(
    connection: &Connection,
    scan: &Scan,
    mut each: impl FnMut(i64, Row) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    read_while(connection, scan, |id, row| each(id, row).map(|()| true))
}

/// As [`read_with_ids`], until `each` returns false.
pub(crate) fn read_while(
    connection: &Connection,
    scan: &Scan,
    mut each: impl FnMut(i64, Row) -> Result<bool, SqlError>,
) -> Result<(), SqlError> {
    let mut columns = columns_of(connection, &scan.full)?;
    if let Some(wanted) = &scan.columns {
        columns = wanted
            .iter()
            .filter_map(|&index| columns.get(index).cloned())
            .collect();
    }
    let names = columns.iter().map(|column| quote(&column.name));
    let names: Vec<_> = std::iter::once(ROW_ID.to_owned()).chain(names).collect();
    // SQLite's numbers end where those of INT64 do, and no table has as many rows.
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let limit = scan.limit.map_or(String::new(), |limit| {
        format!(" LIMIT {} OFFSET {}", number(limit), number(scan.offset))
    });
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {ROW_ID}{limit}",
        names.join(", "),
        quote(&scan.full)
    );
    let mut statement = connection.prepare(&sql).map_err(failed)?;
    let mut found = statement.query([]).map_err(failed)?;
    while let Some(row) = found.next().map_err(failed)? {
        // With no more room than it needs: of a result that may be an error, `collect` does not know the length.
        let mut cells = Row::with_capacity(columns.len());
        for (i, column) in columns.iter().enumerate() {
            cells.push(cell::from_sqlite(row.get(i + 1)?, &column.kind));
        }
        if !each(row.get(0)?, cells)? {
            break;
        }
    }
    Ok(())
}

/// Adds rows; what a row lacks at its end is NULL.
pub(crate) fn insert(
    connection: &Connection,
    full: &str,
    columns: &[Column],
    rows: &[Row],
) -> Result<(), SqlError> {
    let names: Vec<_> = columns.iter().map(|column| quote(&column.name)).collect();
    let placeholders = vec!["?"; columns.len()].join(", ");
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({placeholders})",
        quote(full),
        names.join(", ")
    );
    let mut insert = connection.prepare(&sql)?;
    for row in rows {
        let value = |index: usize| row.get(index).unwrap_or(&Value::Null);
        let cells = columns.iter().enumerate();
        let cells = cells.map(|(i, column)| cell::to_sqlite_column(value(i), &column.kind));
        insert
            .execute(params_from_iter(cells))
            .map_err(|error| refused(error, columns))?;
    }
    Ok(())
}

/// Overwrites the row of this rowid.
pub(crate) fn update(
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
    let sql = format!(
        "UPDATE {} SET {} WHERE {ROW_ID} = ?",
        quote(full),
        sets.join(", ")
    );
    let mut update = connection.prepare_cached(&sql)?;
    let cells = row
        .iter()
        .zip(columns)
        .map(|(value, column)| cell::to_sqlite_column(value, &column.kind))
        .chain([rusqlite::types::Value::Integer(id)]);
    update
        .execute(params_from_iter(cells))
        .map_err(|error| refused(error, columns))?;
    Ok(())
}

/// Deletes the rows of these rowids.
pub(crate) fn delete(connection: &Connection, full: &str, ids: &[i64]) -> Result<(), SqlError> {
    let sql = format!("DELETE FROM {} WHERE {ROW_ID} = ?1", quote(full));
    let mut delete = connection.prepare(&sql)?;
    for id in ids {
        delete.execute([id])?;
    }
    Ok(())
}

/// Deletes all rows; returns how many.
pub(crate) fn truncate(connection: &Connection, full: &str) -> Result<usize, SqlError> {
    Ok(connection.execute(&format!("DELETE FROM {}", quote(full)), [])?)
}

/// Refuses NULLs in the arrays of a row, as Google does.
pub(crate) fn check_arrays(columns: &[Column], row: &[Value]) -> Result<(), SqlError> {
    let mut cells = row.iter().zip(columns);
    cells.try_for_each(|(value, column)| cell::check_elements(value, &column.name))
}

fn failed(error: rusqlite::Error) -> SqlError {
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) || cancel::is_cancelled() {
        return SqlError::stopped();
    }
    error.into()
}

/// SQLite's refusal of a row in BigQuery's words.
fn refused(error: rusqlite::Error, columns: &[Column]) -> SqlError {
    if !matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig)
    ) {
        return failed(error);
    }
    let text = error.to_string();
    if let Some(name) = text.strip_prefix("NOT NULL constraint failed: ") {
        // The text is `table.column`, and the table's name has dots too.
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
