//! What there is: datasets, tables, views, their columns and times. It runs nobody's SQL.

use super::kind::quote;
use super::{SqlError, Warehouse, internal, kind, syntax};
use crate::value::{Column, ColumnType};
use chrono::Utc;
use rusqlite::{Connection, OptionalExtension};

/// What SQLite's own catalogue does not know. Times in milliseconds since 1970.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS __datasets (name TEXT PRIMARY KEY, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS __tables (name TEXT PRIMARY KEY, created INTEGER NOT NULL, modified INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS __columns (name TEXT, column TEXT, description TEXT, PRIMARY KEY (name, column));
CREATE TABLE IF NOT EXISTS __defaults (name TEXT, column TEXT, expression TEXT NOT NULL, PRIMARY KEY (name, column));
CREATE TABLE IF NOT EXISTS __views (name TEXT PRIMARY KEY, query TEXT NOT NULL, dataset TEXT, columns TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS __descriptions (name TEXT PRIMARY KEY, description TEXT NOT NULL);
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
    /// The query of a view; a table has none.
    pub view: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// How many rows it has; 0 for a view.
    pub rows: u64,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
    /// When it or its rows last changed, in milliseconds since 1970.
    pub modified: i64,
}

/// A view.
pub(super) struct View {
    /// GoogleSQL.
    pub query: String,
    /// Where its bare names belong.
    pub dataset: Option<String>,
}

impl Warehouse {
    /// The datasets' names.
    pub fn datasets(&self) -> Result<Vec<String>, SqlError> {
        let all = self.connections.read(datasets)?;
        Ok(all.into_iter().map(|dataset| dataset.name).collect())
    }

    /// A dataset, if there is one of this name.
    pub fn dataset(&self, name: &str) -> Result<Option<DatasetDescription>, SqlError> {
        let all = self.connections.read(datasets)?;
        Ok(all.into_iter().find(|dataset| dataset.name == name))
    }

    /// The tables and views of a dataset.
    pub fn tables(&self, dataset: &str) -> Result<Vec<String>, SqlError> {
        self.connections.read(|connection| tables(connection, dataset))
    }

    /// A table or view, if there is one of this name.
    pub fn table(&self, dataset: &str, table: &str) -> Result<Option<TableDescription>, SqlError> {
        self.connections
            .read(|connection| describe_table(connection, dataset, table))
    }
}

/// A table or view, if there is one of this name.
pub(super) fn describe_table(
    connection: &Connection,
    dataset: &str,
    table: &str,
) -> Result<Option<TableDescription>, SqlError> {
    let full = format!("{dataset}.{table}");
    let view = view(connection, &full)?;
    if view.is_none() && !exists(connection, &full)? {
        return Ok(None);
    }
    let rows: i64 = if view.is_some() {
        0
    } else {
        let count = format!("SELECT COUNT(*) FROM {}", quote(&full));
        connection
            .query_row(&count, [], |row| row.get(0))
            .map_err(internal)?
    };
    let (created, modified) = times(connection, &full)?;
    let sql = "SELECT description FROM __descriptions WHERE name = ?1";
    let description = connection
        .query_row(sql, [&full], |row| row.get(0))
        .optional()
        .map_err(internal)?;
    Ok(Some(TableDescription {
        dataset: dataset.into(),
        name: table.into(),
        columns: columns_of(connection, &full)?,
        view: view.map(|view| view.query),
        description,
        rows: rows.unsigned_abs(),
        created,
        modified,
    }))
}

/// All datasets.
pub(super) fn datasets(connection: &Connection) -> Result<Vec<DatasetDescription>, SqlError> {
    let sql = "SELECT name, created FROM __datasets ORDER BY name";
    let mut statement = connection.prepare(sql).map_err(internal)?;
    let rows = statement.query_map([], |row| {
        Ok(DatasetDescription {
            name: row.get(0)?,
            created: row.get(1)?,
        })
    });
    rows.and_then(Iterator::collect).map_err(internal)
}

/// The names of a dataset's tables and views.
pub(super) fn tables(connection: &Connection, dataset: &str) -> Result<Vec<String>, SqlError> {
    let prefix = format!("{dataset}.");
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' UNION SELECT name FROM __views ORDER BY name";
    let mut statement = connection.prepare(sql).map_err(internal)?;
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(internal)?;
    let all: Vec<String> = rows.collect::<Result<_, _>>().map_err(internal)?;
    Ok(all
        .iter()
        .filter_map(|name| name.strip_prefix(&prefix))
        .map(str::to_owned)
        .collect())
}

/// Whether there is a table of this name; a view is none.
pub(super) fn exists(connection: &Connection, full: &str) -> Result<bool, SqlError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1 AND type = 'table')";
    connection
        .query_row(sql, [full], |row| row.get(0))
        .map_err(internal)
}

/// The view of this name, if there is one.
pub(super) fn view(connection: &Connection, full: &str) -> Result<Option<View>, SqlError> {
    let sql = "SELECT query, dataset FROM __views WHERE name = ?1";
    let read = connection.query_row(sql, [full], |row| {
        Ok(View {
            query: row.get(0)?,
            dataset: row.get(1)?,
        })
    });
    read.optional().map_err(internal)
}

/// Takes away the views that an older sandbox kept in SQLite's own words; whether there were any.
pub(super) fn drop_foreign_views(connection: &Connection) -> Result<bool, SqlError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'view'";
    let mut statement = connection.prepare(sql).map_err(internal)?;
    let names = statement.query_map([], |row| row.get(0)).map_err(internal)?;
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(internal)?;
    for name in &names {
        let sql = format!("DROP VIEW {}", quote(name));
        connection.execute(&sql, []).map_err(internal)?;
    }
    Ok(!names.is_empty())
}

/// When a table was made and changed, in milliseconds since 1970.
pub(super) fn times(connection: &Connection, full: &str) -> Result<(i64, i64), SqlError> {
    let times = "SELECT created, modified FROM __tables WHERE name = ?1";
    let found = connection.query_row(times, [full], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional().map_err(internal)?.unwrap_or_default())
}

/// The default expressions of a table's columns.
pub(super) fn defaults(connection: &Connection, full: &str) -> Result<Vec<(String, String)>, SqlError> {
    let sql = "SELECT column, expression FROM __defaults WHERE name = ?1";
    let mut statement = connection.prepare(sql).map_err(internal)?;
    let rows = statement
        .query_map([full], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(internal)?;
    rows.collect::<Result<_, _>>().map_err(internal)
}

/// What BigQuery says of a table that is not there.
pub(super) fn not_found(connection: &Connection, project: &str, location: &str, full: &str) -> SqlError {
    let (dataset, _) = full.split_once('.').unwrap_or((full, ""));
    let known = datasets(connection).is_ok_and(|all| all.iter().any(|known| known.name == dataset));
    SqlError::not_found(if known {
        format!("Not found: Table {project}:{full} was not found in location {location}")
    } else {
        format!("Not found: Dataset {project}:{dataset} was not found in location {location}")
    })
}

/// Notes that a table was made or changed now.
pub(super) fn touch(connection: &Connection, full: &str) -> Result<(), SqlError> {
    let sql = "INSERT INTO __tables VALUES (?1, ?2, ?2) ON CONFLICT (name) DO UPDATE SET modified = ?2";
    connection
        .execute(sql, (full, Utc::now().timestamp_millis()))
        .map_err(internal)?;
    Ok(())
}

/// Takes a table or view away, and all that was noted of it.
pub(super) fn remove(connection: &Connection, full: &str) -> Result<(), SqlError> {
    if view(connection, full)?.is_none() {
        connection
            .execute(&format!("DROP TABLE {}", quote(full)), [])
            .map_err(internal)?;
    }
    for table in ["__tables", "__columns", "__defaults", "__views", "__descriptions"] {
        connection
            .execute(&format!("DELETE FROM {table} WHERE name = ?1"), [full])
            .map_err(internal)?;
    }
    Ok(())
}

/// Makes a table; what its columns are for is noted too.
pub(super) fn create(connection: &Connection, full: &str, columns: &[Column]) -> Result<(), SqlError> {
    let definitions: Vec<_> = columns.iter().map(kind::definition).collect();
    let sql = format!("CREATE TABLE {} ({})", quote(full), definitions.join(", "));
    connection.execute(&sql, []).map_err(internal)?;
    for column in columns {
        if let Some(description) = &column.description {
            describe(connection, full, &column.name, description)?;
        }
    }
    touch(connection, full)
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

/// The columns of a table or view.
pub(super) fn columns_of(connection: &Connection, full: &str) -> Result<Vec<Column>, SqlError> {
    let sql = "SELECT columns FROM __views WHERE name = ?1";
    let of_view: Option<String> = connection
        .query_row(sql, [full], |row| row.get(0))
        .optional()
        .map_err(internal)?;
    if let Some(text) = of_view {
        return Ok(match syntax::kind(&text) {
            Ok(ColumnType::Struct(columns)) => columns,
            _ => Vec::new(),
        });
    }
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
    rows.and_then(Iterator::collect).map_err(internal)
}
