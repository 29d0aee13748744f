//! The sandbox's BigQuery storage: GoogleSQL on SQLite.
//!
//! A table `dataset.table` is an SQLite table of that whole name; the declared type of a column begins
//! with BigQuery's (`TIMESTAMP INT`), which is how types find their way back into results. It speaks
//! no HTTP; that is `sandbox/bigquery.rs`. Statements go through `warehouse/token.rs`,
//! `warehouse/rewrite.rs` (or `warehouse/ddl.rs`) and come back typed by `warehouse/kind.rs`.

mod ddl;
mod error;
mod function;
pub(super) mod kind;
mod load;
mod rewrite;
mod token;

#[cfg(test)]
mod tests;

pub use error::SqlError;

use crate::sandbox::value::{Column, ColumnType, Value};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, ToSql};
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use token::Token;

/// The storage; calls block.
pub struct Warehouse {
    connection: Mutex<Connection>,
    project: String,
    location: String,
}

/// What a statement is run with.
#[derive(Clone, Debug, Default)]
pub struct QuerySettings {
    /// The dataset of names that have none.
    pub default_dataset: Option<String>,
    /// Values of `@name`, or of `?` in order with empty names.
    pub parameters: Vec<(String, Value)>,
    /// Check only.
    pub dry_run: bool,
}

/// What a statement did.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryOutcome {
    /// `SELECT`, `INSERT`, `TRUNCATE_TABLE`, `CREATE_TABLE` …
    pub statement_type: &'static str,
    /// The columns of its result; empty for anything but a SELECT.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
    /// Rows inserted, changed or deleted.
    pub affected_rows: Option<u64>,
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
}

impl fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warehouse")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Opens `warehouse.db` in a folder, or a storage that ends with the process.
    pub fn open(folder: Option<&Path>, project: &str, location: &str) -> rusqlite::Result<Self> {
        let connection = match folder {
            Some(folder) => Connection::open(folder.join("warehouse.db"))?,
            None => Connection::open_in_memory()?,
        };
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        function::register(&connection)?;
        connection.execute_batch("CREATE TABLE IF NOT EXISTS __datasets (name TEXT PRIMARY KEY)")?;
        Ok(Self {
            connection: Mutex::new(connection),
            project: project.into(),
            location: location.into(),
        })
    }

    /// The project that owns everything here.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Where it lies: `US`.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The tables, views and configuration rows that a fresh sandbox has; does nothing on a used one.
    pub fn seed(&self) -> Result<(), SqlError> {
        if !self.datasets()?.is_empty() {
            return Ok(());
        }
        let script = include_str!("../../assets/sandbox/warehouse.sql").replace("PROJECT", &self.project);
        for statement in script.split(";\n").filter(|text| !text.trim().is_empty()) {
            self.query(statement, &QuerySettings::default())?;
        }
        Ok(())
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// What BigQuery would answer, or `… is not supported by the sandbox`.
    pub fn query(&self, sql: &str, settings: &QuerySettings) -> Result<QueryOutcome, SqlError> {
        let mut tokens = token::tokens(sql)?;
        if tokens.last().is_some_and(|t| t.is_symbol(";")) {
            tokens.pop();
        }
        let Some(first) = tokens.first() else {
            return Err(SqlError::invalid("Syntax error: Unexpected end of statement"));
        };
        let statement = Statement {
            warehouse: self,
            sql,
            tokens: &tokens,
            settings,
        };
        match first.text.to_ascii_uppercase().as_str() {
            "SELECT" | "WITH" => statement.select(),
            "INSERT" => statement.change("INSERT"),
            "UPDATE" => statement.change("UPDATE"),
            "DELETE" => statement.change("DELETE"),
            "TRUNCATE" => statement.truncate(),
            "CREATE" => statement.create(),
            "DROP" => statement.drop_object(),
            "MERGE" | "ALTER" | "BEGIN" | "DECLARE" | "CALL" | "EXPORT" | "LOAD" | "GRANT" | "EXECUTE" => {
                Err(SqlError::unsupported(
                    sql,
                    first.at,
                    &first.text.to_ascii_uppercase(),
                ))
            }
            _ => Err(SqlError::syntax(
                sql,
                first.at,
                &format!("Unexpected \"{}\"", first.text),
            )),
        }
    }

    /// The datasets.
    pub fn datasets(&self) -> Result<Vec<String>, SqlError> {
        self.names("SELECT name FROM __datasets ORDER BY name", &[])
    }

    /// The tables and views of a dataset.
    pub fn tables(&self, dataset: &str) -> Result<Vec<String>, SqlError> {
        let prefix = format!("{dataset}.");
        let all = self.names(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name",
            &[],
        )?;
        Ok(all
            .iter()
            .filter_map(|name| name.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect())
    }

    fn names(&self, sql: &str, parameters: &[&dyn ToSql]) -> Result<Vec<String>, SqlError> {
        let connection = self.lock();
        let mut statement = connection.prepare(sql).map_err(internal)?;
        let rows = statement
            .query_map(parameters, |row| row.get(0))
            .map_err(internal)?;
        rows.collect::<Result<_, _>>().map_err(internal)
    }

    /// A table or view, if there is one of this name.
    pub fn table(&self, dataset: &str, table: &str) -> Result<Option<TableDescription>, SqlError> {
        let connection = self.lock();
        let full = format!("{dataset}.{table}");
        let find = "SELECT type FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')";
        let Ok(found) = connection.query_row(find, [&full], |row| row.get::<_, String>(0)) else {
            return Ok(None);
        };
        let is_view = found == "view";
        let columns = columns_of(&connection, &full)?;
        let count = format!("SELECT COUNT(*) FROM {}", rewrite::quote(&full));
        let rows: i64 = if is_view {
            0
        } else {
            connection
                .query_row(&count, [], |row| row.get(0))
                .map_err(internal)?
        };
        Ok(Some(TableDescription {
            dataset: dataset.into(),
            name: table.into(),
            columns,
            is_view,
            rows: rows.unsigned_abs(),
        }))
    }

    fn not_found(&self, name: &str) -> SqlError {
        let (dataset, _) = name.split_once('.').unwrap_or((name, ""));
        let known = self.datasets().is_ok_and(|all| all.iter().any(|d| d == dataset));
        let (project, location) = (&self.project, &self.location);
        SqlError::not_found(if known {
            format!("Not found: Table {project}:{name} was not found in location {location}")
        } else {
            format!("Not found: Dataset {project}:{dataset} was not found in location {location}")
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was held cannot leave a half-done change: SQLite rolls back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SQLite's complaint in BigQuery's words.
    fn translate(&self, sql: &str, error: &rusqlite::Error) -> SqlError {
        let text = error.to_string();
        let after = |lead: &str| {
            text.split_once(lead)
                .map(|(_, rest)| rest.split(" in ").next().unwrap_or(rest).to_owned())
        };
        if let Some(name) = after("no such table: ") {
            return self.not_found(&name);
        }
        if let Some(name) = after("no such column: ") {
            let bare = name.rsplit('.').next().unwrap_or(&name).trim_matches('"');
            let at = sql.find(bare).unwrap_or(0);
            return SqlError::invalid(format!("Unrecognized name: {bare} at {}", error::place(sql, at)));
        }
        if let Some(name) = after("NOT NULL constraint failed: ") {
            let column = name.rsplit('.').next().unwrap_or(&name).to_owned();
            return SqlError::invalid(format!("Required field {column} cannot be null"));
        }
        if let Some(rest) = after("near \"") {
            let word = rest.split('"').next().unwrap_or_default().to_owned();
            let at = sql.find(&word).unwrap_or(0);
            return SqlError::syntax(sql, at, &format!("Unexpected \"{word}\""));
        }
        SqlError::invalid(text)
    }
}

fn internal(error: rusqlite::Error) -> SqlError {
    SqlError {
        reason: "internalError",
        message: format!("The sandbox's storage failed: {error}"),
    }
}

/// The columns of a table or view, by their declared types.
fn columns_of(connection: &Connection, full: &str) -> Result<Vec<Column>, SqlError> {
    let mut statement = connection
        .prepare("SELECT name, type, \"notnull\" FROM pragma_table_info(?1)")
        .map_err(internal)?;
    let rows = statement.query_map([full], |row| {
        Ok(Column {
            name: row.get(0)?,
            kind: kind::declared(&row.get::<_, String>(1)?).unwrap_or(ColumnType::String),
            nullable: !row.get::<_, bool>(2)?,
            description: None,
        })
    });
    let columns: Vec<Column> = rows.and_then(Iterator::collect).map_err(internal)?;
    Ok(columns
        .into_iter()
        .filter(|column| column.name != rewrite::QUALIFY)
        .collect())
}

/// A statement on its way.
struct Statement<'a> {
    warehouse: &'a Warehouse,
    sql: &'a str,
    tokens: &'a [Token],
    settings: &'a QuerySettings,
}

impl<'a> Statement<'a> {
    fn names(&self) -> rewrite::Names<'a> {
        rewrite::Names {
            sql: self.sql,
            project: &self.warehouse.project,
            dataset: self.settings.default_dataset.as_deref(),
        }
    }

    fn select(&self) -> Result<QueryOutcome, SqlError> {
        let sql = rewrite::rewrite(self.names(), self.tokens)?;
        let connection = self.warehouse.lock();
        let result = self.run_select(&connection, &sql);
        drop(connection);
        result.map_err(|error| self.warehouse.translate(self.sql, &error))
    }

    fn run_select(&self, connection: &Connection, sql: &str) -> rusqlite::Result<QueryOutcome> {
        let mut statement = connection.prepare(sql)?;
        self.bind(&mut statement)?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let declared: Vec<_> = statement
            .columns()
            .map(|c| c.decl_type().and_then(kind::declared))
            .collect();
        let width = names.len();
        let mut cells: Vec<Vec<Cell>> = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if self.settings.dry_run {
                break;
            }
            cells.push((0..width).map(|i| row.get(i)).collect::<Result<_, _>>()?);
        }
        drop(rows);
        let inferred = kind::select_items(connection, self.tokens, &self.warehouse.project);
        let kinds: Vec<ColumnType> = (0..width)
            .map(|i| {
                let guessed = inferred
                    .get(i)
                    .copied()
                    .flatten()
                    .filter(|_| inferred.len() == width);
                declared[i]
                    .or(guessed)
                    .unwrap_or_else(|| kind::of_cells(cells.iter().map(|row| &row[i])))
            })
            .collect();
        let shown: Vec<usize> = (0..width).filter(|i| names[*i] != rewrite::QUALIFY).collect();
        let column = |(place, i): (usize, &usize)| {
            // An item without a name gets one, as at Google: f0_, f1_ …
            let plain = !names[*i].contains([' ', '(', '\'']);
            let name = if plain {
                names[*i].clone()
            } else {
                format!("f{place}_")
            };
            Column::nullable(name, kinds[*i])
        };
        Ok(QueryOutcome {
            statement_type: "SELECT",
            columns: shown.iter().enumerate().map(column).collect(),
            rows: cells
                .into_iter()
                .map(|row| {
                    shown
                        .iter()
                        .map(|&i| kind::value(row[i].clone(), kinds[i]))
                        .collect()
                })
                .collect(),
            affected_rows: None,
        })
    }

    fn change(&self, statement_type: &'static str) -> Result<QueryOutcome, SqlError> {
        let sql = rewrite::rewrite(self.names(), self.tokens)?;
        let connection = self.warehouse.lock();
        let run = || {
            let mut statement = connection.prepare(&sql)?;
            self.bind(&mut statement)?;
            if self.settings.dry_run {
                Ok(0)
            } else {
                statement.raw_execute()
            }
        };
        let result: rusqlite::Result<usize> = run();
        drop(connection);
        let count = result.map_err(|error| self.warehouse.translate(self.sql, &error))?;
        Ok(done(statement_type, Some(count)))
    }

    fn bind(&self, statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<()> {
        for (index, (name, value)) in self.settings.parameters.iter().enumerate() {
            let place = if name.is_empty() {
                Some(index + 1)
            } else {
                statement.parameter_index(&format!("@{name}"))?
            };
            if let Some(place) = place {
                statement.raw_bind_parameter(place, kind::cell(value))?;
            }
        }
        Ok(())
    }
}

fn done(statement_type: &'static str, count: Option<usize>) -> QueryOutcome {
    QueryOutcome {
        statement_type,
        columns: Vec::new(),
        rows: Vec::new(),
        affected_rows: count.map(|count| u64::try_from(count).unwrap_or(u64::MAX)),
    }
}
