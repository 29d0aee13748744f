//! The catalog: which datasets, tables and views there are, their columns and times.
//!
//! A table is an SQLite table of the whole name `dataset.table`. What SQLite's own catalog has no room for is kept
//! in tables whose names begin with `__`.

use super::{ROW_ID, label};
use crate::cell::{self, quote};
use crate::error::SqlError;
use crate::kind;
use crate::limits::{MAX_COLUMNS, MAX_RECORD_DEPTH};
use crate::syntax;
use crate::value::{Column, ColumnType};
use chrono::Utc;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// The catalog's own tables. Times in milliseconds since 1970.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS __datasets (name TEXT PRIMARY KEY, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS __tables (name TEXT PRIMARY KEY, created INTEGER NOT NULL, modified INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS __columns (name TEXT, column TEXT, description TEXT, PRIMARY KEY (name, column));
CREATE TABLE IF NOT EXISTS __defaults (name TEXT, column TEXT, expression TEXT NOT NULL, PRIMARY KEY (name, column));
CREATE TABLE IF NOT EXISTS __views (name TEXT PRIMARY KEY, query TEXT NOT NULL, dataset TEXT, columns TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS __descriptions (name TEXT PRIMARY KEY, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS __labels (name TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (name, key));
";

/// A dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetDescription {
    /// Its name.
    pub name: String,
    /// When it was created, in milliseconds since 1970.
    pub created: i64,
}

impl DatasetDescription {
    /// Whether lists leave it out, as all whose names begin with an underscore.
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with('_')
    }
}

/// A table or view.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDescription {
    /// The name of its dataset.
    pub dataset: String,
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The query of a view; `None` for a table.
    pub view: Option<String>,
    /// The description from its OPTIONS.
    pub description: Option<String>,
    /// Its labels, by key.
    pub labels: BTreeMap<String, String>,
    /// How many rows it has; 0 for a view.
    pub rows: u64,
    /// When it was created, in milliseconds since 1970.
    pub created: i64,
    /// When its schema, its labels or its rows last changed, in milliseconds since 1970.
    pub modified: i64,
}

/// A view's definition.
pub(crate) struct View {
    /// GoogleSQL.
    pub query: String,
    /// The dataset of table names that have none.
    pub dataset: Option<String>,
}

/// All datasets, by name.
pub(crate) fn datasets(connection: &Connection) -> Result<Vec<DatasetDescription>, SqlError> {
    let sql = "SELECT name, created FROM __datasets ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(DatasetDescription {
            name: row.get(0)?,
            created: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn dataset_exists(connection: &Connection, dataset: &str) -> Result<bool, SqlError> {
    Ok(datasets(connection)?.iter().any(|known| known.name == dataset))
}

pub(crate) fn create_dataset(connection: &Connection, dataset: &str) -> Result<(), SqlError> {
    let sql = "INSERT INTO __datasets VALUES (?1, ?2)";
    connection.execute(sql, (dataset, Utc::now().timestamp_millis()))?;
    Ok(())
}

/// Drops the dataset with all tables and views in it.
pub(crate) fn drop_dataset(connection: &Connection, dataset: &str) -> Result<(), SqlError> {
    for table in tables(connection, dataset)? {
        drop_table(connection, &format!("{dataset}.{table}"))?;
    }
    connection.execute("DELETE FROM __datasets WHERE name = ?1", [dataset])?;
    Ok(())
}

/// The names of a dataset's tables and views.
pub(crate) fn tables(connection: &Connection, dataset: &str) -> Result<Vec<String>, SqlError> {
    let prefix = format!("{dataset}.");
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' UNION SELECT name FROM __views ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let all = rows.collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(all
        .iter()
        .filter_map(|name| name.strip_prefix(&prefix))
        .map(str::to_owned)
        .collect())
}

/// Whether there is a table of this name; a view is not a table.
pub(crate) fn table_exists(connection: &Connection, full: &str) -> Result<bool, SqlError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1 AND type = 'table')";
    Ok(connection.query_row(sql, [full], |row| row.get(0))?)
}

/// The view of this name, if there is one.
pub(crate) fn view(connection: &Connection, full: &str) -> Result<Option<View>, SqlError> {
    let sql = "SELECT query, dataset FROM __views WHERE name = ?1";
    let read = connection.query_row(sql, [full], |row| {
        Ok(View {
            query: row.get(0)?,
            dataset: row.get(1)?,
        })
    });
    Ok(read.optional()?)
}

/// The table or view of this name, if there is one.
pub(crate) fn describe_table(
    connection: &Connection,
    dataset: &str,
    table: &str,
) -> Result<Option<TableDescription>, SqlError> {
    let full = format!("{dataset}.{table}");
    let view = view(connection, &full)?;
    if view.is_none() && !table_exists(connection, &full)? {
        return Ok(None);
    }
    let rows: i64 = if view.is_some() {
        0
    } else {
        let count = format!("SELECT COUNT(*) FROM {}", quote(&full));
        connection.query_row(&count, [], |row| row.get(0))?
    };
    let (created, modified) = times(connection, &full)?;
    Ok(Some(TableDescription {
        dataset: dataset.into(),
        name: table.into(),
        columns: columns_of(connection, &full)?,
        view: view.map(|view| view.query),
        description: description(connection, &full)?,
        labels: label::of(connection, &full)?,
        rows: rows.unsigned_abs(),
        created,
        modified,
    }))
}

/// The columns of a table or view; empty if there is neither.
pub(crate) fn columns_of(connection: &Connection, full: &str) -> Result<Vec<Column>, SqlError> {
    let sql = "SELECT columns FROM __views WHERE name = ?1";
    let of_view: Option<String> = connection.query_row(sql, [full], |row| row.get(0)).optional()?;
    if let Some(text) = of_view {
        return Ok(match syntax::kind(&text) {
            Ok(ColumnType::Struct(columns)) => columns,
            _ => Vec::new(),
        });
    }
    let sql = "SELECT i.name, i.type, i.\"notnull\", c.description FROM pragma_table_info(?1) i
               LEFT JOIN __columns c ON c.name = ?1 AND c.column = i.name ORDER BY i.cid";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([full], |row| {
        Ok(Column {
            name: row.get(0)?,
            kind: cell::declared_type(&row.get::<_, String>(1)?).unwrap_or(ColumnType::String),
            nullable: !row.get::<_, bool>(2)?,
            description: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When a table was created and last modified, in milliseconds since 1970.
pub(crate) fn times(connection: &Connection, full: &str) -> Result<(i64, i64), SqlError> {
    let times = "SELECT created, modified FROM __tables WHERE name = ?1";
    let found = connection.query_row(times, [full], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?.unwrap_or_default())
}

/// The columns of a table that have a DEFAULT, and its expression.
pub(crate) fn defaults(connection: &Connection, full: &str) -> Result<Vec<(String, String)>, SqlError> {
    let sql = "SELECT column, expression FROM __defaults WHERE name = ?1";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([full], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The description of a table or view.
pub(crate) fn description(connection: &Connection, full: &str) -> Result<Option<String>, SqlError> {
    let sql = "SELECT description FROM __descriptions WHERE name = ?1";
    Ok(connection.query_row(sql, [full], |row| row.get(0)).optional()?)
}

/// BigQuery's error for a table that does not exist.
pub(crate) fn not_found(connection: &Connection, project: &str, location: &str, full: &str) -> SqlError {
    let (dataset, _) = full.split_once('.').unwrap_or((full, ""));
    SqlError::not_found(if dataset_exists(connection, dataset).unwrap_or(false) {
        format!("Not found: Table {project}:{full} was not found in location {location}")
    } else {
        format!("Not found: Dataset {project}:{dataset} was not found in location {location}")
    })
}

/// Creates a table with the descriptions of its columns.
pub(crate) fn create_table(connection: &Connection, full: &str, columns: &[Column]) -> Result<(), SqlError> {
    if let Some(deep) = columns.iter().find(|c| kind::depth(&c.kind) > MAX_RECORD_DEPTH) {
        return Err(too_deep(deep));
    }
    if columns.len() > MAX_COLUMNS {
        return Err(SqlError::invalid(format!(
            "Too many total leaf fields: {}, the tables of the sandbox have at most {MAX_COLUMNS} columns",
            columns.len()
        )));
    }
    // SQLite's own name of a row, and a letter that ends its statements.
    let is_illegal = |name: &str| name.eq_ignore_ascii_case(ROW_ID) || name.contains('\0');
    let names = columns.iter().map(|column| column.name.as_str());
    if let Some(name) = names.chain([full]).find(|name| is_illegal(name)) {
        return Err(SqlError::invalid(format!("Invalid name: {name:?}")));
    }
    let definitions: Vec<_> = columns.iter().map(cell::definition).collect();
    let sql = format!("CREATE TABLE {} ({})", quote(full), definitions.join(", "));
    connection.execute(&sql, [])?;
    for column in columns {
        if let Some(description) = &column.description {
            set_column_description(connection, full, &column.name, description)?;
        }
    }
    mark_modified(connection, full)
}

/// Creates a view; `columns` are those of its query.
pub(crate) fn create_view(
    connection: &Connection,
    full: &str,
    view: &View,
    columns: Vec<Column>,
) -> Result<(), SqlError> {
    // Kept as the name of a type, `STRUCT<a INT64, b STRING>`, which `columns_of` reads.
    let quoted = columns.into_iter().map(|mut column| {
        column.name = format!("`{}`", column.name);
        column
    });
    let columns = kind::name(&ColumnType::Struct(quoted.collect()));
    let sql = "INSERT INTO __views VALUES (?1, ?2, ?3, ?4)";
    connection.execute(sql, (full, &view.query, &view.dataset, columns))?;
    mark_modified(connection, full)
}

/// Drops a table or view with all that the catalog knows of it.
pub(crate) fn drop_table(connection: &Connection, full: &str) -> Result<(), SqlError> {
    if view(connection, full)?.is_none() {
        connection.execute(&format!("DROP TABLE {}", quote(full)), [])?;
    }
    for table in [
        "__tables",
        "__columns",
        "__defaults",
        "__views",
        "__descriptions",
        "__labels",
    ] {
        connection.execute(&format!("DELETE FROM {table} WHERE name = ?1"), [full])?;
    }
    Ok(())
}

/// Renames a table with all that the catalog knows of it.
pub(crate) fn rename_table(connection: &Connection, full: &str, to: &str) -> Result<(), SqlError> {
    let sql = format!("ALTER TABLE {} RENAME TO {}", quote(full), quote(to));
    connection.execute(&sql, [])?;
    for table in [
        "__tables",
        "__columns",
        "__defaults",
        "__descriptions",
        "__labels",
    ] {
        let sql = format!("UPDATE {table} SET name = ?1 WHERE name = ?2");
        connection.execute(&sql, (to, full))?;
    }
    Ok(())
}

fn too_deep(column: &Column) -> SqlError {
    let name = &column.name;
    SqlError::bad_data(format!(
        "Field {name} nests deeper than the maximum of {MAX_RECORD_DEPTH} levels"
    ))
}

/// Adds a column, whose cells are NULL in all rows.
pub(crate) fn add_column(connection: &Connection, full: &str, column: &Column) -> Result<(), SqlError> {
    if kind::depth(&column.kind) > MAX_RECORD_DEPTH {
        return Err(too_deep(column));
    }
    let added = cell::definition(column);
    connection.execute(&format!("ALTER TABLE {} ADD COLUMN {added}", quote(full)), [])?;
    Ok(())
}

/// Records that a table was created or modified now. No two changes of a table have the same time: an etag is made
/// of it.
pub(crate) fn mark_modified(connection: &Connection, full: &str) -> Result<(), SqlError> {
    let sql = "INSERT INTO __tables VALUES (?1, ?2, ?2) ON CONFLICT (name) DO UPDATE SET modified = MAX(?2, modified + 1)";
    connection.execute(sql, (full, Utc::now().timestamp_millis()))?;
    Ok(())
}

pub(crate) fn set_created(connection: &Connection, full: &str, created: i64) -> Result<(), SqlError> {
    let sql = "UPDATE __tables SET created = ?2 WHERE name = ?1";
    connection.execute(sql, (full, created))?;
    Ok(())
}

pub(crate) fn set_description(
    connection: &Connection,
    full: &str,
    description: &str,
) -> Result<(), SqlError> {
    let sql = "INSERT OR REPLACE INTO __descriptions VALUES (?1, ?2)";
    connection.execute(sql, (full, description))?;
    Ok(())
}

pub(crate) fn set_column_description(
    connection: &Connection,
    full: &str,
    column: &str,
    description: &str,
) -> Result<(), SqlError> {
    let sql = "INSERT OR REPLACE INTO __columns VALUES (?1, ?2, ?3)";
    connection.execute(sql, (full, column, description))?;
    Ok(())
}

/// Sets the expression of a column's DEFAULT, or removes it.
pub(crate) fn set_default(
    connection: &Connection,
    full: &str,
    column: &str,
    expression: Option<&str>,
) -> Result<(), SqlError> {
    match expression {
        Some(text) => connection.execute(
            "INSERT OR REPLACE INTO __defaults VALUES (?1, ?2, ?3)",
            (full, column, text),
        )?,
        None => connection.execute(
            "DELETE FROM __defaults WHERE name = ?1 AND column = ?2",
            (full, column),
        )?,
    };
    Ok(())
}

/// Drops views that an older version kept as views of SQLite; returns whether there were any.
pub(crate) fn drop_sqlite_views(connection: &Connection) -> Result<bool, SqlError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'view'";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    let names = names.collect::<rusqlite::Result<Vec<String>>>()?;
    for name in &names {
        connection.execute(&format!("DROP VIEW {}", quote(name)), [])?;
    }
    Ok(!names.is_empty())
}
