//! What there is: datasets, tables, views, their columns and times. It runs nobody's SQL.

use super::{SqlError, Warehouse, internal, kind, rewrite};
use crate::sandbox::value::{Column, ColumnType};
use chrono::Utc;
use rusqlite::{Connection, OptionalExtension};

/// What SQLite's own catalogue does not know. Times in milliseconds since 1970.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS __datasets (name TEXT PRIMARY KEY, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS __tables (name TEXT PRIMARY KEY, created INTEGER NOT NULL, modified INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS __columns (name TEXT, column TEXT, description TEXT, PRIMARY KEY (name, column));
";

/// A dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetDescription {
    /// Its name.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
}

/// A table or view.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDescription {
    /// Its dataset.
    pub dataset: String,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Whether it is a view.
    pub is_view: bool,
    /// How many rows it has; 0 for a view.
    pub rows: u64,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
    /// When it or its rows last changed, in milliseconds since 1970.
    pub modified: i64,
}

impl Warehouse {
    /// The datasets' names.
    pub fn datasets(&self) -> Result<Vec<String>, SqlError> {
        let connection = self.lock();
        strings(&connection, "SELECT name FROM __datasets ORDER BY name")
    }

    /// A dataset, if there is one of this name.
    pub fn dataset(&self, name: &str) -> Result<Option<DatasetDescription>, SqlError> {
        let sql = "SELECT created FROM __datasets WHERE name = ?1";
        let created = self
            .lock()
            .query_row(sql, [name], |row| row.get(0))
            .optional()
            .map_err(internal)?;
        Ok(created.map(|created| DatasetDescription {
            name: name.into(),
            created,
        }))
    }

    /// The tables and views of a dataset.
    pub fn tables(&self, dataset: &str) -> Result<Vec<String>, SqlError> {
        let prefix = format!("{dataset}.");
        let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name";
        let all = strings(&self.lock(), sql)?;
        Ok(all
            .iter()
            .filter_map(|name| name.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect())
    }

    /// A table or view, if there is one of this name.
    pub fn table(&self, dataset: &str, table: &str) -> Result<Option<TableDescription>, SqlError> {
        let connection = self.lock();
        let full = format!("{dataset}.{table}");
        let Some(is_view) = is_view(&connection, &full)? else {
            return Ok(None);
        };
        let rows: i64 = if is_view {
            0
        } else {
            let count = format!("SELECT COUNT(*) FROM {}", rewrite::quote(&full));
            connection
                .query_row(&count, [], |row| row.get(0))
                .map_err(internal)?
        };
        let times = "SELECT created, modified FROM __tables WHERE name = ?1";
        let (created, modified) = connection
            .query_row(times, [&full], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(internal)?
            .unwrap_or_default();
        Ok(Some(TableDescription {
            dataset: dataset.into(),
            name: table.into(),
            columns: columns_of(&connection, &full)?,
            is_view,
            rows: rows.unsigned_abs(),
            created,
            modified,
        }))
    }
}

/// Whether there is such a table (`false`) or view (`true`).
pub(super) fn is_view(connection: &Connection, full: &str) -> Result<Option<bool>, SqlError> {
    let sql = "SELECT type = 'view' FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')";
    connection
        .query_row(sql, [full], |row| row.get(0))
        .optional()
        .map_err(internal)
}

/// Notes that a table was made or changed now.
pub(super) fn touch(connection: &Connection, full: &str) -> Result<(), SqlError> {
    let sql = "INSERT INTO __tables VALUES (?1, ?2, ?2) ON CONFLICT (name) DO UPDATE SET modified = ?2";
    connection
        .execute(sql, (full, Utc::now().timestamp_millis()))
        .map_err(internal)?;
    Ok(())
}

/// Notes that a table is gone.
pub(super) fn forget(connection: &Connection, full: &str) -> Result<(), SqlError> {
    for table in ["__tables", "__columns"] {
        connection
            .execute(&format!("DELETE FROM {table} WHERE name = ?1"), [full])
            .map_err(internal)?;
    }
    Ok(())
}

/// Notes what a column is for.
pub(super) fn describe(
    connection: &Connection,
    full: &str,
    column: &str,
    description: &str,
) -> Result<(), SqlError> {
    connection
        .execute(
            "INSERT OR REPLACE INTO __columns VALUES (?1, ?2, ?3)",
            (full, column, description),
        )
        .map_err(internal)?;
    Ok(())
}

/// The columns of a table or view, by their declared types.
pub(super) fn columns_of(connection: &Connection, full: &str) -> Result<Vec<Column>, SqlError> {
    let sql = "SELECT i.name, i.type, i.\"notnull\", c.description FROM pragma_table_info(?1) i
               LEFT JOIN __columns c ON c.name = ?1 AND c.column = i.name ORDER BY i.cid";
    let mut statement = connection.prepare(sql).map_err(internal)?;
    let rows = statement.query_map([full], |row| {
        Ok(Column {
            name: row.get(0)?,
            kind: kind::declared(&row.get::<_, String>(1)?).unwrap_or(ColumnType::String),
            nullable: !row.get::<_, bool>(2)?,
            description: row.get(3)?,
        })
    });
    let columns: Vec<Column> = rows.and_then(Iterator::collect).map_err(internal)?;
    Ok(columns
        .into_iter()
        .filter(|column| column.name != rewrite::QUALIFY)
        .collect())
}

fn strings(connection: &Connection, sql: &str) -> Result<Vec<String>, SqlError> {
    let mut statement = connection.prepare(sql).map_err(internal)?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(internal)?;
    rows.collect::<Result<_, _>>().map_err(internal)
}
