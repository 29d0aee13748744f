//! The sandbox's BigQuery storage: GoogleSQL on rows that SQLite keeps.
//!
//! A table `dataset.table` is an SQLite table of that whole name; the declared type of a column begins
//! with BigQuery's, in quotes. SQLite stores and nothing else: statements are read, typed and run here, so
//! that types, errors and NULLs are BigQuery's. It speaks no HTTP; that is `sandbox/bigquery.rs`.
//!
//! ```text
//! text → syntax → analysis → rows           (a query)
//!                          → change, merge  (rows written)
//!                          → definition     (tables, views, datasets)
//! ```

mod alter;
mod analysis;
mod cast;
mod catalogue;
mod change;
mod compare;
mod connection;
mod definition;
mod error;
mod function;
pub mod kind;
mod load;
mod merge;
mod moment;
mod numeric;
pub mod private;
mod session;
mod stop;
mod store;
mod syntax;
pub mod value;

#[cfg(test)]
mod tests;

pub use cast::cast;
pub use catalogue::{DatasetDescription, TableDescription};
pub use error::SqlError;
pub use load::{Append, Existing};
pub use moment::parse_timestamp;

use crate::value::{Column, ColumnType, Value};
use analysis::Analyst;
use analysis::scope::Scope;
use chrono::Utc;
use connection::Connections;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use session::{Frame, Session};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use syntax::tree::Statement;

/// The storage; calls block.
pub struct Warehouse {
    connections: Connections,
    /// The moment of the newest statement, in microseconds since 1970.
    moment: AtomicI64,
    project: String,
    location: String,
}

/// What a statement is run with.
#[derive(Clone, Debug, Default)]
pub struct QuerySettings {
    /// The dataset of names that have none.
    pub default_dataset: Option<String>,
    /// Values of `@name`, or of `?` in order with empty names.
    pub parameters: Vec<Parameter>,
    /// Check only.
    pub dry_run: bool,
    /// Where the caller believes the data to be; any other place than the warehouse's has no tables.
    pub location: Option<String>,
}

/// A value that a statement asks for by name or place.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Empty for one that is asked for by its place.
    pub name: String,
    /// Its type: NULL has one too.
    pub kind: ColumnType,
    /// Its value.
    pub value: Value,
}

/// What a statement did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryOutcome {
    /// `SELECT`, `INSERT`, `TRUNCATE_TABLE`, `CREATE_TABLE` …
    pub statement_type: Cow<'static, str>,
    /// The columns of its result; empty for anything but a SELECT.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
    /// The rows that it changed, if it is one that changes rows.
    pub changes: Option<RowChanges>,
    /// The table that it made, changed or took away, and how.
    pub definition: Option<Definition>,
}

/// How many rows a statement changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChanges {
    /// New ones.
    pub inserted: u64,
    /// Changed ones.
    pub updated: u64,
    /// Those that are gone.
    pub deleted: u64,
}

/// What a statement did to a table or view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// `CREATE`, `REPLACE`, `SKIP`, `DROP` or `ALTER`.
    pub operation: Cow<'static, str>,
    /// Its dataset.
    pub dataset: String,
    /// Its name.
    pub table: String,
}

impl RowChanges {
    /// All of them together.
    pub const fn total(&self) -> u64 {
        self.inserted + self.updated + self.deleted
    }
}

impl QueryOutcome {
    /// INSERT, UPDATE, DELETE or TRUNCATE of so many rows.
    fn changed(statement_type: &'static str, count: usize) -> Self {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let mut changes = RowChanges::default();
        match statement_type {
            "INSERT" => changes.inserted = count,
            "UPDATE" => changes.updated = count,
            _ => changes.deleted = count,
        }
        Self {
            changes: Some(changes),
            ..Self::plain(statement_type)
        }
    }

    fn defined(statement_type: &'static str, operation: &'static str, full: &str) -> Self {
        let (dataset, table) = full.split_once('.').unwrap_or((full, ""));
        Self {
            definition: Some(Definition {
                operation: operation.into(),
                dataset: dataset.into(),
                table: table.into(),
            }),
            ..Self::plain(statement_type)
        }
    }

    const fn plain(statement_type: &'static str) -> Self {
        Self {
            statement_type: Cow::Borrowed(statement_type),
            columns: Vec::new(),
            rows: Vec::new(),
            changes: None,
            definition: None,
        }
    }
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
        Ok(Self {
            connections: Connections::open(folder)?,
            moment: AtomicI64::new(0),
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
        let is_used = !self.datasets()?.is_empty();
        if is_used && !self.connections.write(catalogue::drop_foreign_views)? {
            return Ok(());
        }
        let script = include_str!("../assets/warehouse.sql").replace("PROJECT", &self.project);
        let all = script.split(";\n").filter(|text| !text.trim().is_empty());
        for statement in all.filter(|text| !is_used || text.contains("CREATE OR REPLACE VIEW")) {
            self.query(statement, &QuerySettings::default())?;
        }
        Ok(())
    }

    /// Runs one statement: all of it or nothing.
    ///
    /// # Errors
    /// What BigQuery would answer, or `… is not supported by the sandbox`.
    pub fn query(&self, sql: &str, settings: &QuerySettings) -> Result<QueryOutcome, SqlError> {
        stop::on_a_thread_of_its_own(|| self.query_here(sql, settings))
    }

    fn query_here(&self, sql: &str, settings: &QuerySettings) -> Result<QueryOutcome, SqlError> {
        let statement = syntax::statement(sql)?;
        let run = |connection: &Connection| {
            let now = self.moment();
            let session = Session::new(connection, &self.project, &self.location, settings, now);
            let analyst = Analyst {
                session: &session,
                sql,
                dataset: settings.default_dataset.as_deref(),
                depth: 0,
            };
            perform(&analyst, &statement)
        };
        if matches!(statement, Statement::Query(_)) {
            self.connections.read(run)
        } else {
            self.connections.write(run)
        }
    }

    /// Now, and never twice the same, so that "the newest row" is always one row.
    fn moment(&self) -> i64 {
        let now = Utc::now().timestamp_micros();
        let next = |last: i64| now.max(last.saturating_add(1));
        let last = self
            .moment
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
        last.map_or(now, next)
    }
}

fn perform(analyst: &Analyst<'_>, statement: &Statement) -> Result<QueryOutcome, SqlError> {
    match statement {
        Statement::Query(query) => {
            let relation = analyst.query(&Scope::EMPTY, query)?;
            let rows = if analyst.session.settings.dry_run {
                Vec::new()
            } else {
                (relation.rows)(&Frame::root(analyst.session))?.to_vec()
            };
            Ok(QueryOutcome {
                columns: relation.columns,
                rows,
                ..QueryOutcome::plain("SELECT")
            })
        }
        Statement::Insert(insert) => analyst.insert(insert),
        Statement::Update(update) => analyst.update(update),
        Statement::Delete(delete) => analyst.delete(delete),
        Statement::Merge(merge) => analyst.merge(merge),
        Statement::Truncate(path) => analyst.truncate(path),
        Statement::CreateSchema { path, calm } => analyst.create_schema(path, *calm),
        Statement::CreateTable(table) => analyst.create_table(table),
        Statement::CreateView {
            path,
            calm,
            replace,
            from,
            query,
        } => analyst.create_view(path, *calm, *replace, *from, query),
        Statement::Drop {
            what,
            path,
            calm,
            cascade,
        } => analyst.drop_object(*what, path, *calm, *cascade),
        Statement::AlterTable { path, calm, changes } => analyst.alter_table(path, *calm, changes),
    }
}

fn internal(error: rusqlite::Error) -> SqlError {
    SqlError {
        reason: "internalError".into(),
        message: format!("The sandbox's storage failed: {error}"),
    }
}
