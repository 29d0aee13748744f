//! The sandbox's BigQuery storage: GoogleSQL on SQLite.
//!
//! A table `dataset.table` is an SQLite table of that whole name; the declared type of a column begins
//! with BigQuery's (`TIMESTAMP INT`), which is how types find their way back into results. It speaks
//! no HTTP; that is `sandbox/bigquery.rs`. Statements go through `warehouse/token.rs`,
//! `warehouse/rewrite.rs` (or `warehouse/ddl.rs`) and come back typed by `warehouse/kind.rs`.

mod catalogue;
mod ddl;
mod error;
mod function;
mod keyword;
pub(super) mod kind;
mod load;
mod rewrite;
mod statement;
mod stop;
mod token;

#[cfg(test)]
mod tests;

pub use catalogue::{DatasetDescription, TableDescription};
pub use error::SqlError;
pub(crate) use function::parse_timestamp;
pub use load::{Append, Existing};

use crate::sandbox::value::{Column, Value};
use chrono::Utc;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use statement::Statement;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The storage; calls block.
pub struct Warehouse {
    connection: Mutex<Connection>,
    /// The moment of the statement in work, in microseconds since 1970: one for all its rows.
    moment: Arc<AtomicI64>,
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
    /// Where the caller believes the data to be; any other place than the warehouse's has no tables.
    pub location: Option<String>,
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
        let mut connection = match folder {
            Some(folder) => Connection::open(private_file(folder)?)?,
            None => Connection::open_in_memory()?,
        };
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        let moment = Arc::new(AtomicI64::new(0));
        function::register(&connection, &moment)?;
        // SQLite would take a quoted name that it does not know for a text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        // GoogleSQL's LIKE minds the case.
        connection.pragma_update(None, "case_sensitive_like", true)?;
        connection.execute_batch(catalogue::SCHEMA)?;
        stop::watch(&mut connection)?;
        Ok(Self {
            connection: Mutex::new(connection),
            moment,
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
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // Never twice the same, so that "the newest row" is always one row.
        let now = Utc::now().timestamp_micros();
        let last = self.moment.load(Ordering::SeqCst);
        self.moment
            .store(now.max(last.saturating_add(1)), Ordering::SeqCst);
        connection
    }

    /// SQLite's complaint in BigQuery's words.
    fn translate(&self, sql: &str, error: &rusqlite::Error) -> SqlError {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
            return SqlError::stopped();
        }
        let text = error.to_string();
        let after = |lead: &str| {
            text.split_once(lead)
                .map(|(_, rest)| rest.split(" in ").next().unwrap_or(rest))
                // SQLite adds a guess to a quoted name.
                .map(|rest| rest.split("\" - ").next().unwrap_or(rest).to_owned())
        };
        if let Some(name) = after("no such table: ") {
            return self.not_found(&name);
        }
        if let Some(name) = after("no such column: ") {
            let bare = last_part(&name);
            let at = place_of(sql, &bare);
            return SqlError::invalid(format!("Unrecognized name: {bare} at {at}"));
        }
        if let Some(name) = after("ambiguous column name: ") {
            let bare = last_part(&name);
            let at = place_of(sql, &bare);
            return SqlError::invalid(format!("Column name {bare} is ambiguous at {at}"));
        }
        if let Some(kinds) = after("CHECK constraint failed: ") {
            let (kind, column) = kinds.split_once(' ').unwrap_or(("", &kinds));
            return SqlError::invalid(format!(
                "A value of another type cannot be inserted into column {column}, which has type {kind}"
            ));
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

/// The file, made for its owner's eyes before SQLite opens it; its siblings inherit the mode.
fn private_file(folder: &Path) -> rusqlite::Result<PathBuf> {
    let path = folder.join("warehouse.db");
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(rusqlite::Error::ToSqlConversionFailure(Box::new(error))),
    }
}

/// The column in `"t"."c"`.
fn last_part(name: &str) -> String {
    name.rsplit('.')
        .next()
        .unwrap_or(name)
        .trim_matches('"')
        .to_owned()
}

/// Where a statement first has this word.
fn place_of(sql: &str, word: &str) -> String {
    let found = token::tokens(sql).unwrap_or_default();
    let named = found.iter().find(|t| {
        t.text.eq_ignore_ascii_case(word) && matches!(t.kind, token::Kind::Word | token::Kind::Name)
    });
    error::place(sql, named.map_or(0, |t| t.at))
}
